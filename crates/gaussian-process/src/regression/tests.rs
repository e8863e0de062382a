use crate::{Covariance, GaussianProcessRegressor, Hyperparameter, RowNoise, Smoothness};
use estimand_core::{Fit, Predict, Samples};
use ndarray::{Array1, Array2, Axis, array, concatenate};

/// x sin x at six places: scikit-learn's tests, which compare with GPy.
fn few() -> (Array2<f64>, Array1<f64>) {
    let x = array![[1.0], [3.0], [5.0], [6.0], [7.0], [8.0]];
    let y = x.column(0).mapv(|x: f64| x * x.sin());
    (x, y)
}

fn fixed() -> GaussianProcessRegressor {
    GaussianProcessRegressor::new().optimize(false)
}

#[test]
fn gpy_says_the_same() {
    let (x, y) = few();
    let new = array![[2.0], [4.0], [5.5], [6.5], [7.5]];
    let settings = GaussianProcessRegressor::new().kernel(Covariance::rbf(1.0)).normalize_y(true);
    let (mean, deviation) = settings.fit((&x, &(&y * 10.0))).unwrap().predict_std(&new).unwrap();
    // GPy learns a noise too; scikit-learn allows 7 % and 15 % for that.
    let means = [15.16918303, -27.98707845, -39.31636019, 14.52605515, 69.18503589];
    let deviations = [7.78860962, 3.83179178, 0.63149951, 0.52745188, 0.86170042];
    for i in 0..5 {
        assert!((mean[i] / means[i] - 1.0).abs() < 0.07, "{mean}");
        assert!((deviation[i] / deviations[i] - 1.0).abs() < 0.15, "{deviation}");
    }
}

fn problem(n: usize) -> (Array2<f64>, Array1<f64>) {
    let x = Array2::from_shape_fn((n, 2), |(i, j)| ((i * 5 + j * 3 + 1) as f64 * 0.7).sin() * 2.0);
    let y =
        x.rows().into_iter().enumerate().map(|(i, r)| r[0].sin() + r[1] * 0.5 + 0.1 * (i as f64 * 1.7).cos());
    let y = y.collect();
    (x, y)
}

#[test]
fn without_noise_the_rows_are_met_and_nothing_is_uncertain_there() {
    let (x, y) = few();
    let kernel = Covariance::constant(9.0) * Covariance::matern(1.5, Smoothness::FiveHalves);
    let model = fixed().kernel(kernel).fit((&x, &y)).unwrap();
    let (mean, deviation) = model.predict_std(&x).unwrap();
    for i in 0..6 {
        // alpha is 1e-10.
        assert!((mean[i] - y[i]).abs() < 1e-8 && deviation[i] < 1e-4, "{mean} {deviation}");
    }
    // Far away the prior is all there is.
    let (mean, deviation) = model.predict_std(&array![[1e4]]).unwrap();
    assert!(mean[0].abs() < 1e-12 && (deviation[0] - 3.0).abs() < 1e-12);
    let (_, all) = model.predict_cov(&array![[2.0], [4.0], [9.0]]).unwrap();
    let (_, deviation) = model.predict_std(&array![[2.0], [4.0], [9.0]]).unwrap();
    for i in 0..3 {
        assert!((all[[i, i]].sqrt() - deviation[i]).abs() < 1e-9);
        assert!((all[[i, 0]] - all[[0, i]]).abs() < 1e-12);
    }
}

/// The evidence from the definition of the normal density, by elimination.
fn density(k: &Array2<f64>, y: &Array1<f64>) -> f64 {
    let (n, mut a, mut b) = (y.len(), k.clone(), y.clone());
    let mut log = 0.0;
    for p in 0..n {
        log += a[[p, p]].ln();
        for i in p + 1..n {
            let f = a[[i, p]] / a[[p, p]];
            for j in p..n {
                a[[i, j]] -= f * a[[p, j]];
            }
            b[i] -= f * b[p];
        }
    }
    let mut quadratic = 0.0;
    for p in 0..n {
        quadratic += b[p] * b[p] / a[[p, p]];
    }
    -0.5 * (quadratic + log + n as f64 * std::f64::consts::TAU.ln())
}

#[test]
fn the_evidence_is_the_density_of_the_targets() {
    let (x, y) = problem(25);
    let settings = fixed().kernel(1.5 * Covariance::rbf(0.8) + Covariance::white(0.2)).alpha(0.05);
    let k = Array2::from_shape_fn((25, 25), |(i, j)| {
        let s: f64 = (0..2).map(|c| (x[[i, c]] - x[[j, c]]).powi(2)).sum();
        1.5 * (-s / (2.0 * 0.64)).exp() + if i == j { 0.25 } else { 0.0 }
    });
    let found = settings.fit((&x, &y)).unwrap().log_marginal_likelihood();
    assert!((found - density(&k, &y)).abs() < 1e-11 * found.abs(), "{found}");
}

#[test]
fn the_gradient_is_that_of_finite_differences() {
    let (x, y) = problem(40);
    let weights: Array1<f64> = (0..40).map(|i| [1.0, 2.5, 0.3][i % 3]).collect();
    let noise = RowNoise::Each((0..40).map(|i| 0.05 + 0.01 * i as f64).collect());
    let fixed_length = Hyperparameter::new(3.0).fixed();
    for kernel in [
        1.5 * Covariance::rbf([0.8, 2.0]) + Covariance::white(0.2),
        Covariance::matern(1.2, Smoothness::ThreeHalves)
            * (Covariance::dot_product(0.7) + Covariance::white(0.3)),
        Covariance::rational_quadratic(1.0, 0.5) + Covariance::exp_sine_squared(1.0, fixed_length),
    ] {
        let settings = GaussianProcessRegressor::new().kernel(kernel.clone()).alpha(noise.clone());
        for weighted in [false, true] {
            let at = |theta: &[f64]| {
                let samples = Samples::<f64, Array1<f64>>::from((&x, &y));
                let samples = if weighted { samples.with_weights(&weights) } else { samples };
                settings.log_marginal_likelihood(samples, theta).unwrap()
            };
            let theta = kernel.theta();
            let (_, gradient) = at(&theta);
            for j in 0..theta.len() {
                let value = |step: f64| {
                    let mut theta = theta.clone();
                    theta[j] += step;
                    at(&theta).0
                };
                let slope = (8.0 * (value(1e-3) - value(-1e-3)) - (value(2e-3) - value(-2e-3))) / 12e-3;
                assert!(
                    (slope - gradient[j]).abs() < 1e-7 * gradient[j].abs().max(1.0),
                    "{kernel} {j}: {slope} {gradient:?}"
                );
            }
        }
    }
}

#[test]
fn a_weight_is_a_repetition_in_evidence_and_posterior() {
    let (x, y) = problem(20);
    let weights: Array1<f64> = (0..20).map(|i| [1.0, 3.0, 0.0, 2.0][i % 4]).collect();
    let rows: Vec<usize> = (0..20).flat_map(|i| vec![i; weights[i] as usize]).collect();
    let (xr, yr) = (x.select(Axis(0), &rows), y.select(Axis(0), &rows));
    let settings = GaussianProcessRegressor::new()
        .kernel(Covariance::rbf(0.8) + Covariance::white(0.2) * Covariance::constant(1.3))
        .alpha(0.05);
    let weighted = Samples::<f64, Array1<f64>>::from((&x, &y)).with_weights(&weights);
    let theta = [-0.1, -1.0, 0.2];
    let (a, ga) = settings.log_marginal_likelihood(weighted, &theta).unwrap();
    let (b, gb) = settings.log_marginal_likelihood((&xr, &yr), &theta).unwrap();
    assert!((a - b).abs() < 1e-10 * a.abs(), "{a} {b}");
    ga.iter().zip(&gb).for_each(|(a, b)| assert!((a - b).abs() < 1e-9 * a.abs().max(1.0), "{ga:?} {gb:?}"));
    let (a, b) = (
        settings.clone().normalize_y(true).fit(weighted).unwrap(),
        settings.normalize_y(true).fit((&xr, &yr)).unwrap(),
    );
    let ((ma, sa), (mb, sb)) = (a.predict_std(&x).unwrap(), b.predict_std(&x).unwrap());
    for i in 0..20 {
        // Two searches stop within 1e-9 of the same evidence.
        assert!((ma[i] - mb[i]).abs() < 1e-4 && (sa[i] - sb[i]).abs() < 1e-4);
    }
    assert!((a.log_marginal_likelihood() - b.log_marginal_likelihood()).abs() < 1e-6);
    let noiseless = fixed().alpha(0.0).fit(weighted);
    assert!(noiseless.unwrap_err().to_string().contains("alpha"));
}

#[test]
fn learning_ends_where_the_gradient_does() {
    let (x, y) = problem(60);
    let kernel = 1.0 * Covariance::rbf([1.0, 1.0]) + Covariance::white(1.0);
    let settings = GaussianProcessRegressor::new().kernel(kernel).n_restarts_optimizer(3);
    let model = settings.fit((&x, &y)).unwrap();
    assert!(model.report().converged, "{:?}", model.report());
    let (value, gradient) = settings.log_marginal_likelihood((&x, &y), &model.kernel().theta()).unwrap();
    assert!((value - model.log_marginal_likelihood()).abs() < 1e-9 * value.abs());
    let bounds = model.kernel().bounds();
    for ((g, theta), (low, high)) in gradient.iter().zip(model.kernel().theta()).zip(bounds) {
        let blocked = (theta <= low + 1e-9 && *g < 0.0) || (theta >= high - 1e-9 && *g > 0.0);
        assert!(blocked || g.abs() < 1e-2, "{gradient:?}");
    }
    let start = GaussianProcessRegressor::new().kernel(model.kernel().clone()).optimize(false);
    assert_eq!(start.fit((&x, &y)).unwrap().predict(&x).unwrap(), model.predict(&x).unwrap());
}

#[test]
fn draws_have_the_moments_of_the_posterior() {
    let (x, y) = few();
    let settings = fixed().kernel(4.0 * Covariance::rbf(1.0) + Covariance::white(0.01));
    let model = settings.fit((&x, &y)).unwrap();
    let new = array![[2.0], [4.5], [20.0]];
    let ((mean, covariance), draws) =
        (model.predict_cov(&new).unwrap(), model.sample(&new, 20_000, 7).unwrap());
    let prior = settings.sample_prior(&new, 20_000, 7).unwrap();
    for i in 0..3 {
        for j in 0..3 {
            let product = |d: &Array2<f64>, m: [f64; 2]| {
                d.row(i).iter().zip(d.row(j)).map(|(a, b)| (a - m[0]) * (b - m[1])).sum::<f64>() / 20_000.0
            };
            // Five deviations of a mean of 20 000 products of variance at most 32.
            assert!((product(&draws, [mean[i], mean[j]]) - covariance[[i, j]]).abs() < 0.2);
            let own =
                4.0 * (-(new[[i, 0]] - new[[j, 0]]).powi(2) / 2.0).exp() + f64::from(u8::from(i == j)) * 0.01;
            assert!((product(&prior, [0.0, 0.0]) - own).abs() < 0.2);
        }
    }
    assert_eq!(model.sample(&new, 3, 7).unwrap().column(2), draws.column(2));
}

#[test]
fn several_outputs_share_a_covariance() {
    let (x, y) = problem(30);
    let both = concatenate![Axis(1), y.view().insert_axis(Axis(1)), (&y * 2.0 + 1.0).insert_axis(Axis(1))];
    let settings = fixed().kernel(Covariance::rbf(1.0) + Covariance::white(0.1)).normalize_y(true);
    let (one, two) = (settings.fit((&x, &y)).unwrap(), settings.fit((&x, &both)).unwrap());
    let ((m1, s1), (m2, s2)) = (one.predict_std(&x).unwrap(), two.predict_std(&x).unwrap());
    for i in 0..30 {
        assert!((m1[i] - m2[[i, 0]]).abs() < 1e-12 && (2.0 * m1[i] + 1.0 - m2[[i, 1]]).abs() < 1e-12);
        assert!((s1[i] - s2[[i, 0]]).abs() < 1e-12 && (2.0 * s1[i] - s2[[i, 1]]).abs() < 1e-12);
    }
    assert!((2.0 * one.log_marginal_likelihood() - two.log_marginal_likelihood()).abs() < 1e-9);
    let draws = two.sample(&x, 2, 1).unwrap();
    assert_eq!((draws.len(), draws[0].dim()), (2, (30, 2)));
    assert_eq!(two.predict_cov(&x).unwrap().1.len(), 2);
}

#[test]
fn wrong_settings_and_singular_covariances_are_errors() {
    let (x, y) = few();
    let message = |settings: GaussianProcessRegressor| settings.fit((&x, &y)).unwrap_err().to_string();
    assert!(message(fixed().alpha(-1.0)).contains("alpha"));
    assert!(message(fixed().alpha(vec![0.1; 5])).contains("alpha"));
    assert!(message(fixed().kernel(Covariance::rbf([1.0, 2.0]))).contains("length scales"));
    // Two equal rows without noise.
    let twice = array![[1.0], [1.0], [2.0]];
    let singular = fixed().alpha(0.0).fit((&twice, &array![1.0, 2.0, 3.0]));
    assert!(singular.unwrap_err().to_string().contains("positive definite"));
}
