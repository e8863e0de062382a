use super::*;
use crate::testing::{function, gram, records};
use estimand_core::{Csr, Persist};

#[test]
fn products_of_all_rows_are_the_kernel() {
    let x = records(40, 3, 3);
    for kernel in [Kernel::Linear, Kernel::Rbf, Kernel::Polynomial] {
        let settings = Nystroem::new().kernel(kernel).gamma(0.7).coef0(0.5).n_components(100);
        let model = settings.fit(&x).unwrap();
        let z = model.transform(&x).unwrap();
        let truth = gram(function(kernel), &x, &x);
        // Directions of eigenvalues near 0 are lost: their square roots are 1e-6.
        assert!((z.dot(&z.t()) - &truth).iter().all(|d| d.abs() < 1e-7), "{kernel:?}");
        let sparse = Csr::from_dense(x.view());
        let other = settings.fit(&sparse).unwrap().transform(&sparse).unwrap();
        assert!((other.dot(&other.t()) - &truth).iter().all(|d| d.abs() < 1e-7));
        assert_eq!(NystroemModel::<f64>::from_bytes(&model.to_bytes().unwrap()).unwrap(), model);
    }
}

#[test]
fn some_rows_are_exact_and_the_others_near() {
    let x = records(300, 2, 4);
    let model = Nystroem::new().gamma(0.7).n_components(60).seed(5).fit(&x).unwrap();
    let (z, truth) = (model.transform(&x).unwrap(), gram(function(Kernel::Rbf), &x, &x));
    let error = z.dot(&z.t()) - &truth;
    let chosen = model.component_indices();
    assert!(chosen.iter().all(|i| chosen.iter().all(|j| error[[*i, *j]].abs() < 1e-7)));
    assert!(error.iter().all(|d| d.abs() < 1e-3));
}

#[test]
fn fourier_features_are_right_on_average() {
    let x = records(20, 3, 6);
    let truth = gram(function(Kernel::Rbf), &x, &x);
    let model = RbfSampler::new().gamma(0.7).n_components(20_000).fit(&x).unwrap();
    let z = model.transform(&x).unwrap();
    // The error of one value has a deviation of at most 1 / √m = 0.007.
    assert!((z.dot(&z.t()) - &truth).iter().all(|d| d.abs() < 0.04));
    let mut one = Vec::new();
    model.transform_one(&x.row(3).to_vec(), &mut one, &mut Scratch::new()).unwrap();
    assert!(one.iter().zip(z.row(3)).all(|(a, b)| (a - b).abs() < 1e-12));
}
