use super::laplace::Task;
use super::model::integral;
use crate::covariance::{Covariance, Program, Smoothness, Table};
use crate::{GaussianProcessClassifier, Hyperparameter};
use estimand_core::{Fit, Predict, PredictOne, PredictProba, Samples, Scratch};
use ndarray::{Array1, Array2, Axis};

fn problem(n: usize) -> (Array2<f64>, Vec<bool>) {
    let x = Array2::from_shape_fn((n, 2), |(i, j)| ((i * 5 + j * 3 + 1) as f64 * 0.7).sin() * 2.0);
    let y =
        x.rows().into_iter().enumerate().map(|(i, r)| r[0] + 0.6 * (i as f64 * 1.7).cos() > 0.1).collect();
    (x, y)
}

#[test]
fn at_the_mode_the_pull_of_labels_and_prior_are_one() {
    let (x, positive) = problem(50);
    let table = Table::all(x.view());
    let weights: Vec<f64> = (0..50).map(|i| [1.0, 2.5, 0.3][i % 3]).collect();
    for scale in [0.01, 1.0, 100.0, 1e6] {
        let task = Task { table: &table, weights: &weights, positive: positive.clone(), steps: 100 };
        let covariance = scale * Covariance::rbf(1.0) + Covariance::white(0.1);
        let (mode, settled) = task.mode(&covariance).unwrap();
        assert!(settled);
        // K⁻¹f̂ = g, where f̂ = Kg again.
        let k = crate::regression::prior(&Program::new(&covariance, 2), &table);
        let f = k.dot(&mode.pull);
        let largest = mode.pull.iter().fold(0.0_f64, |m, v| m.max(v.abs()));
        for i in 0..50 {
            let pi = 1.0 / (1.0 + (-f[i]).exp());
            let own = weights[i] * (f64::from(u8::from(positive[i])) - pi);
            assert!((own - mode.pull[i]).abs() < 1e-4 * largest, "{scale} {i}: {own} {}", mode.pull[i]);
        }
    }
}

#[test]
fn the_gradient_is_that_of_finite_differences() {
    let (x, positive) = problem(40);
    let table = Table::all(x.view());
    for weights in [vec![1.0; 40], (0..40).map(|i| [1.0, 2.5, 0.3][i % 3]).collect()] {
        let task = Task { table: &table, weights: &weights, positive: positive.clone(), steps: 100 };
        for covariance in [
            2.0 * Covariance::rbf([0.8, 2.0]),
            3.0 * Covariance::matern(1.0, Smoothness::FiveHalves) + Covariance::white(0.3),
            Covariance::dot_product(1.0) + Covariance::rbf(Hyperparameter::new(1.0).fixed()),
        ] {
            let learnt = covariance.learnt();
            let (_, all) = task.evidence(&covariance).unwrap();
            let gradient: Vec<f64> =
                all.into_iter().zip(learnt).filter(|(_, l)| *l).map(|(g, _)| g).collect();
            let theta = covariance.theta();
            for j in 0..theta.len() {
                let value = |step: f64| {
                    let mut theta = theta.clone();
                    theta[j] += step;
                    task.evidence(&covariance.with_theta(&theta).unwrap()).unwrap().0
                };
                let slope = (8.0 * (value(1e-3) - value(-1e-3)) - (value(2e-3) - value(-2e-3))) / 12e-3;
                // The mode is known to half the digits of Ψ.
                assert!(
                    (slope - gradient[j]).abs() < 1e-6 * slope.abs().max(1.0),
                    "{covariance} {j}: {slope} {gradient:?}"
                );
            }
        }
    }
}

#[test]
fn the_integral_is_exact() {
    for (mean, deviation) in
        [(0.0, 3.0), (1.0, 0.0), (1.5, 0.3), (-4.0, 2.0), (30.0, 1.0), (5.0, 40.0), (0.3, 300.0)]
    {
        let sigmoid = |f: f64| 1.0 / (1.0 + (-f).exp());
        let (h, mut sum, mut total) = (1e-4, 0.0, 0.0);
        for k in -90_000..=90_000 {
            let z = f64::from(k) * h;
            let w = (-0.5 * z * z).exp();
            sum += w * sigmoid(mean + deviation * z);
            total += w;
        }
        let [p, q] = integral(mean, deviation * deviation);
        assert!((p - sum / total).abs() < 1e-9 && (p + q - 1.0).abs() < 1e-14, "{mean} {deviation}: {p}");
    }
    assert_eq!(integral(0.0, 5.0), [0.5, 0.5]);
    assert!((integral(40.0, 1.0)[1].ln() + 39.5).abs() < 1e-9);
}

#[test]
fn weights_are_repetitions() {
    let (x, y) = problem(24);
    let y = Array1::from(y);
    let weights: Array1<f64> = (0..24).map(|i| [1.0, 3.0, 0.0, 2.0][i % 4]).collect();
    let rows: Vec<usize> = (0..24).flat_map(|i| vec![i; weights[i] as usize]).collect();
    let (xr, yr) = (x.select(Axis(0), &rows), y.select(Axis(0), &rows));
    let settings = GaussianProcessClassifier::new().kernel(3.0 * Covariance::rbf(1.0));
    let a = settings.fit(Samples::<f64, Array1<bool>>::from((&x, &y)).with_weights(&weights)).unwrap();
    let b = settings.fit((&xr, &yr)).unwrap();
    assert!((a.log_marginal_likelihood() - b.log_marginal_likelihood()).abs() < 1e-6);
    let (pa, pb) = (a.predict_proba(&x).unwrap(), b.predict_proba(&x).unwrap());
    // Two searches stop within 1e-9 of the same evidence.
    assert!(pa.iter().zip(&pb).all(|(a, b)| (a - b).abs() < 1e-4));
}

#[test]
fn several_classes_each_have_a_process() {
    let x = Array2::from_shape_fn((60, 1), |(i, _)| i as f64 / 6.0);
    let y: Array1<&str> = (0..60).map(|i| ["a", "b", "c"][i / 20]).collect();
    let settings = GaussianProcessClassifier::new().kernel(9.0 * Covariance::rbf(2.0)).optimize(false);
    let model = settings.fit((&x, &y)).unwrap();
    assert_eq!(model.kernels().len(), 3);
    let wrong = model.predict(&x).unwrap().iter().zip(&y).filter(|(a, b)| a != b).count();
    assert!(wrong <= 2, "{wrong}");
    let (mean, variance) = model.latent_mean_and_variance(&x).unwrap();
    assert_eq!((mean.dim(), variance.dim()), ((60, 3), (60, 3)));
    assert!(variance.iter().all(|v| *v >= 0.0 && *v <= 9.0));
}

#[test]
fn labels_that_contradict_one_another_end_in_the_middle() {
    let x = Array2::from_elem((10, 2), 1.0);
    let y: Array1<bool> = (0..10).map(|i| i % 2 == 0).collect();
    for scale in [1e-6, 1.0, 1e6] {
        let settings = GaussianProcessClassifier::new().kernel(scale * Covariance::rbf(1.0));
        let p = settings.fit((&x, &y)).unwrap().predict_proba(&x).unwrap();
        assert!(p.iter().all(|p: &f64| (p - 0.5).abs() < 1e-6), "{p}");
    }
}

#[test]
fn classes_of_which_none_is_likely_are_compared_all_the_same() {
    let (x, positive) = problem(30);
    let y: Array1<usize> = (0..30).map(|i| if i % 3 == 0 { 2 } else { usize::from(positive[i]) }).collect();
    let settings = GaussianProcessClassifier::new().optimize(false);
    for weight in [1e-300, 1.0, 1e250, 1e300] {
        let weights = Array1::from_elem(30, weight);
        let p = settings.fit((&x, &y, &weights)).and_then(|model| model.predict_proba(&x));
        // Weights near the ends of the range may be refused.
        assert!(weight != 1.0 || p.is_ok(), "{p:?}");
        if let Ok(p) = p {
            assert!(p.rows().into_iter().all(|row| (row.sum() - 1.0).abs() < 1e-12), "{weight}: {p}");
        }
    }
}

#[test]
fn rows_that_contradict_one_another_are_told_alike_alone_and_among_others() {
    let (x, positive) = problem(30);
    let twice = ndarray::concatenate![Axis(0), x, x];
    let opposite: Vec<bool> = positive.iter().copied().chain(positive.iter().map(|yes| !yes)).collect();
    for optimize in [false, true] {
        let settings = GaussianProcessClassifier::new().optimize(optimize).max_iter(5);
        let model = settings.fit((&twice, &opposite)).unwrap();
        let together = model.predict(&x).unwrap();
        let mut scratch = Scratch::new();
        for (row, label) in x.rows().into_iter().zip(together) {
            assert_eq!(*model.predict_one(&row.to_vec(), &mut scratch).unwrap(), label);
        }
    }
}
