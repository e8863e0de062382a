use super::bound::Data;
use crate::covariance::{Covariance, Program, Smoothness, Table};
use crate::{GaussianProcessRegressor, Inducing, SparseGaussianProcessRegressor};
use estimand_core::{Fit, Predict, Samples};
use ndarray::{Array1, Array2, Axis, s};

fn problem(n: usize) -> (Array2<f64>, Array1<f64>) {
    let x = Array2::from_shape_fn((n, 2), |(i, j)| ((i * 5 + j * 3 + 1) as f64 * 0.7).sin() * 2.0);
    let y =
        x.rows().into_iter().enumerate().map(|(i, r)| r[0].sin() + r[1] * 0.5 + 0.1 * (i as f64 * 1.7).cos());
    let y = y.collect();
    (x, y)
}

fn kernel() -> Covariance {
    1.5 * Covariance::matern(1.0, Smoothness::ThreeHalves) + Covariance::white(0.05)
}

#[test]
fn all_rows_as_points_are_the_whole_process() {
    let (x, y) = problem(60);
    let sparse = SparseGaussianProcessRegressor::new().kernel(kernel()).optimize(false).inducing(x.clone());
    let whole = GaussianProcessRegressor::new().kernel(kernel()).optimize(false);
    let (a, b) = (sparse.fit((&x, &y)).unwrap(), whole.fit((&x, &y)).unwrap());
    // 1e-8 of the variances is added to those of the points; the trace pays for it, divided by the noise.
    assert!(
        (a.bound() - b.log_marginal_likelihood()).abs() < 1e-4,
        "{} {}",
        a.bound(),
        b.log_marginal_likelihood()
    );
    let new = &x + 0.3;
    let ((ma, sa), (mb, sb)) = (a.predict_std(&new).unwrap(), b.predict_std(&new).unwrap());
    for i in 0..60 {
        assert!((ma[i] - mb[i]).abs() < 1e-5 && (sa[i] - sb[i]).abs() < 1e-5);
    }
}

#[test]
fn more_points_bring_the_bound_nearer_to_the_evidence() {
    let (x, y) = problem(80);
    let evidence = GaussianProcessRegressor::new().kernel(kernel()).optimize(false).fit((&x, &y)).unwrap();
    let mut last = f64::NEG_INFINITY;
    for m in [1, 5, 20, 50, 80] {
        let settings = SparseGaussianProcessRegressor::new().kernel(kernel()).optimize(false).inducing(m);
        let model = settings.fit((&x, &y)).unwrap();
        assert_eq!(model.inducing_points().nrows(), m);
        assert!(model.bound() >= last && model.bound() <= evidence.log_marginal_likelihood(), "{m}");
        last = model.bound();
    }
    assert!(evidence.log_marginal_likelihood() - last < 1e-4);
}

#[test]
fn the_gradient_is_that_of_finite_differences() {
    let (x, y) = problem(50);
    for weights in [vec![1.0; 50], (0..50).map(|i| [1.0, 2.5, 0.3][i % 3]).collect()] {
        let data = Data {
            x: Table::all(x.view()),
            points: Table::all(x.slice(s![..12, ..])),
            weights,
            alpha: (0..50).map(|i| 0.02 + 0.001 * i as f64).collect(),
            y: y.to_vec(),
        };
        for covariance in [
            kernel(),
            Covariance::rbf([0.8, 2.0]) * (1.0 + Covariance::white(0.2)),
            Covariance::rational_quadratic(1.0, 0.5) + Covariance::dot_product(0.5) + Covariance::white(0.3),
        ] {
            let (_, gradient) = data.evidence(&covariance).unwrap();
            let theta = covariance.theta();
            for j in 0..theta.len() {
                let value = |step: f64| {
                    let mut theta = theta.clone();
                    theta[j] += step;
                    data.evidence(&covariance.with_theta(&theta).unwrap()).unwrap().0
                };
                let slope = (8.0 * (value(1e-3) - value(-1e-3)) - (value(2e-3) - value(-2e-3))) / 12e-3;
                assert!(
                    (slope - gradient[j]).abs() < 1e-6 * slope.abs().max(1.0),
                    "{covariance} {j}: {slope} {gradient:?}"
                );
            }
        }
    }
}

#[test]
fn weights_are_repetitions_and_blocks_do_not_matter() {
    // More rows than a block.
    let (x, y) = problem(4500);
    let weights: Array1<f64> = (0..4500).map(|i| [1.0, 2.0, 0.0][i % 3]).collect();
    let rows: Vec<usize> = (0..4500).flat_map(|i| vec![i; weights[i] as usize]).collect();
    let (xr, yr) = (x.select(Axis(0), &rows), y.select(Axis(0), &rows));
    let settings = SparseGaussianProcessRegressor::new().kernel(kernel()).optimize(false).inducing(10);
    let a = settings.fit(Samples::<f64, Array1<f64>>::from((&x, &y)).with_weights(&weights)).unwrap();
    let b = settings.fit((&xr, &yr)).unwrap();
    assert_eq!(a.inducing_points(), b.inducing_points());
    assert!((a.bound() / b.bound() - 1.0).abs() < 1e-9);
    let (a, b) = (a.predict(&x).unwrap(), b.predict(&x).unwrap());
    assert!(a.iter().zip(&b).all(|(a, b)| (a - b).abs() < 1e-8));
}

#[test]
fn points_are_far_apart_and_end_where_they_say_everything() {
    let x = Array2::from_shape_fn((100, 1), |(i, _)| (i % 4) as f64);
    let program = Program::new(&Covariance::rbf(0.5), 1);
    let chosen = super::inducing::choose(&program, &Table::all(x.view()), 50);
    let mut places: Vec<usize> = chosen.iter().map(|i| i % 4).collect();
    places.sort_unstable();
    assert_eq!(places, [0, 1, 2, 3]);
}

#[test]
fn wrong_settings_are_errors() {
    let (x, y) = problem(20);
    let message = |settings: SparseGaussianProcessRegressor| settings.fit((&x, &y)).unwrap_err().to_string();
    let new = SparseGaussianProcessRegressor::new;
    assert!(message(new().inducing(0)).contains("inducing"));
    assert!(message(new().inducing(Inducing::Points(Array2::zeros((3, 5))))).contains("inducing"));
    assert!(message(new().inducing(Array2::from_elem((3, 2), f64::NAN))).contains("inducing"));
    assert!(message(new().kernel(Covariance::rbf(1.0)).alpha(0.0).optimize(false)).contains("white noise"));
}
