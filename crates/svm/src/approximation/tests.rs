use super::*;
use crate::testing::{function, gram, records};
use estimand_core::{Csr, Persist, Scratch};

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

#[test]
fn features_beyond_the_range_are_refused_together_and_alone() {
    let x = records(20, 3, 6);
    let model = RbfSampler::new().gamma(1e8).fit(&x).unwrap();
    let far = vec![1e307; 3];
    let together = model.transform(&ndarray::arr2(&[[1e307; 3]])).unwrap_err().to_string();
    let alone = model.transform_one(&far, &mut Vec::new(), &mut Scratch::new()).unwrap_err().to_string();
    assert!(together.contains("range of f64") && alone.contains("range of f64"), "{together}; {alone}");
    let nan = model.transform_one(&[0.0, f64::NAN, 0.0], &mut Vec::new(), &mut Scratch::new()).unwrap_err();
    assert!(nan.to_string().contains("column 1"), "{nan}");
}

#[test]
fn spectra_are_near_the_additive_kernel() {
    // Values of very different sizes, and zeros.
    let mut x = records(20, 4, 8).mapv(|v| v.abs().powi(3) + 1e-3);
    x.row_mut(2).fill(0.0);
    x[[5, 1]] = 0.0;
    let truth = |i: usize, j: usize| -> f64 {
        let term = |(a, b): (&f64, &f64)| if a + b > 0.0 { 2.0 * a * b / (a + b) } else { 0.0 };
        x.row(i).iter().zip(x.row(j)).map(term).sum()
    };
    for (steps, allowed) in [(1, 0.5), (2, 0.15), (3, 0.05)] {
        let model = AdditiveChi2Sampler::new().sample_steps(steps).fit(&x).unwrap();
        let z = model.transform(&x).unwrap();
        assert_eq!(z.dim(), (20, 4 * (2 * steps - 1)));
        for i in 0..20 {
            for j in 0..20 {
                let scale = (x.row(i).sum() * x.row(j).sum()).sqrt();
                assert!((z.row(i).dot(&z.row(j)) - truth(i, j)).abs() <= allowed * scale, "{steps} {i} {j}");
            }
        }
        let sparse = Csr::from_dense(x.view());
        assert_eq!(model.transform(&sparse).unwrap().to_dense(), z);
    }
    let names = AdditiveChi2Sampler::new().fit(&x).unwrap().feature_names_out().unwrap();
    assert!(
        names[0].ends_with("_sqrt") && names[4].ends_with("_cos1") && names[11].ends_with("_sin1"),
        "{names:?}"
    );
    assert!(AdditiveChi2Sampler::new().fit(&(&x - 1.0)).unwrap_err().to_string().contains("at least 0"));
    assert!(AdditiveChi2Sampler::new().sample_steps(4).fit(&x).is_err());
    assert!(AdditiveChi2Sampler::new().sample_steps(4).sample_interval(Some(0.3)).fit(&x).is_ok());
}

#[test]
fn random_features_are_right_on_average() {
    let x = records(15, 3, 9).mapv(f64::abs);
    let skewed = SkewedChi2Sampler::new().skewedness(0.5).n_components(20_000).fit(&x).unwrap();
    let z = skewed.transform(&x).unwrap();
    let sketch =
        PolynomialCountSketch::new().gamma(0.5).degree(3).coef0(0.7).n_components(20_000).fit(&x).unwrap();
    let s = sketch.transform(&x).unwrap();
    for i in 0..15 {
        for j in 0..15 {
            let part = |(a, b): (&f64, &f64)| 2.0 * ((a + 0.5) * (b + 0.5)).sqrt() / (a + b + 1.0);
            let truth: f64 = x.row(i).iter().zip(x.row(j)).map(part).product();
            // The error of one value has a deviation of at most 1 / √m = 0.007.
            assert!((z.row(i).dot(&z.row(j)) - truth).abs() < 0.04);
            let truth = (0.5 * x.row(i).dot(&x.row(j)) + 0.7).powi(3);
            let scale =
                ((0.5 * x.row(i).dot(&x.row(i)) + 0.7) * (0.5 * x.row(j).dot(&x.row(j)) + 0.7)).powf(1.5);
            assert!((s.row(i).dot(&s.row(j)) - truth).abs() < 0.06 * scale);
        }
    }
    assert!(SkewedChi2Sampler::new().skewedness(0.5).fit(&(&x - 1.0)).is_err());
}

/// All d-fold products of columns, added where the sum of their places falls: the sketch by its definition.
#[test]
fn a_sketch_adds_up_products() {
    let x = records(1, 3, 10);
    let model = PolynomialCountSketch::new().degree(2).coef0(4.0).n_components(7).seed(3).fit(&x).unwrap();
    let (places, signs) = (model.index_hash(), model.bit_hash());
    let values: Vec<f64> = x.iter().copied().chain([2.0]).collect();
    let mut truth = [0.0; 7];
    for a in 0..4 {
        for b in 0..4 {
            let place = (places[[0, a]] + places[[1, b]]) as usize % 7;
            truth[place] += signs[[0, a]] * signs[[1, b]] * values[a] * values[b];
        }
    }
    let found = model.transform(&x).unwrap();
    assert!(found.iter().zip(truth).all(|(a, b)| (a - b).abs() < 1e-14), "{found}");
}

#[test]
fn sketches_beyond_memory_or_numbers_are_refused() {
    let x = records(4, 3, 1);
    let sketch = PolynomialCountSketch::new().n_components(7);
    let model = sketch.fit(&x).unwrap();
    let says = |outcome: Result<()>, what: &str| {
        let message = outcome.unwrap_err().to_string();
        assert!(message.contains(what), "{message}");
    };
    let huge = &x * 1e300;
    says(model.transform(&huge).map(drop), "range");
    let (row, mut out, mut scratch) = (huge.row(0).to_vec(), Vec::new(), Scratch::new());
    says(model.transform_one(&row, &mut out, &mut scratch), "range");
    for lie in ["0", "3", "4294967295", "4503599627370496", "18446744073709551615"] {
        let text = model.to_json().unwrap().replacen("\"components\":7", &format!("\"components\":{lie}"), 1);
        assert!(PolynomialCountSketchModel::<f64>::from_json(&text).is_err(), "{lie}");
    }
}
