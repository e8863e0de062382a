use super::*;
use crate::testing::{function, gram, records};
use estimand_core::Csr;
use ndarray::array;

#[test]
fn the_normal_equations_hold() {
    let (x, y) = (records(60, 3, 3), records(60, 2, 4));
    let weights = Array1::from_shape_fn(60, |i| [1.0, 2.0, 0.5, 0.0][i % 4]);
    for kernel in [Kernel::Linear, Kernel::Rbf, Kernel::Polynomial] {
        let settings = KernelRidge::new().kernel(kernel).gamma(0.7).coef0(0.5).alpha(0.3);
        let model = settings.fit((&x, &y, &weights)).unwrap();
        let f = gram(function(kernel), &x, &x);
        let mut a = Array2::zeros((60, 2));
        for (i, column) in model.support().iter().zip(model.dual_coef().columns()) {
            a.row_mut(*i).assign(&column);
        }
        // W (K a − y) + α a = 0
        let fitted = f.dot(&a);
        let left = (&fitted - &y) * weights.view().insert_axis(Axis(1)) + &a * 0.3;
        assert!(left.iter().all(|r| r.abs() < 1e-9), "{kernel:?}");
        assert!((&model.predict(&x).unwrap() - &fitted).iter().all(|d| d.abs() < 1e-10));
        let sparse = Csr::from_dense(x.view());
        let other = settings.fit((&sparse, &y, &weights)).unwrap().predict(&sparse).unwrap();
        assert!((&other - &fitted).iter().all(|d| d.abs() < 1e-9));
    }
}

#[test]
fn a_case_by_hand() {
    // K = diag(1, 4): a = (2 / 2, 8 / 5).
    let (x, y) = (array![[1.0, 0.0], [0.0, 2.0]], array![2.0, 8.0]);
    let model = KernelRidge::new().fit((&x, &y)).unwrap();
    assert!((model.dual_coef() - &array![[1.0, 1.6]]).iter().all(|d: &f64| d.abs() < 1e-15));
    assert!((model.predict(&array![[1.0, 1.0]]).unwrap()[0] - 4.2_f64).abs() < 1e-14);
    let twice = array![[1.0, 0.0], [1.0, 0.0]];
    // Without a penalty, the same row twice: the mean of both targets, and the smallest coefficients that give it.
    let model = KernelRidge::new().alpha(0.0).fit((&twice, &y)).unwrap();
    assert!((model.dual_coef() - &array![[2.5, 2.5]]).iter().all(|d: &f64| d.abs() < 1e-12));
    assert!(!model.report().notes.is_empty());
}
