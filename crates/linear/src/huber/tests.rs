use super::*;
use crate::testing::{apart, normal, regression, repeated, weights};
use crate::{LinearRegression, Ridge};
use estimand_core::{Csr, Persist};
use ndarray::{array, s};
use proptest::prelude::*;

/// Rows of which a share lies far off.
fn spoilt(n: usize, p: usize, share: f64, seed: u64) -> (Array2<f64>, Array1<f64>) {
    let (x, y) = regression(n, p, 1, seed);
    let mut y = y.remove_axis(Axis(1));
    let far = (n as f64 * share) as usize;
    y.slice_mut(s![..far]).mapv_inplace(|y| 50.0 - 3.0 * y);
    (x, y)
}

/// The gradient of (1) at a model, by w, b and σ, each relative to the sizes of its terms.
fn gradient(
    x: &Array2<f64>,
    y: &Array1<f64>,
    omega: &Array1<f64>,
    s: &HuberRegressor,
    m: &HuberModel<f64>,
) -> f64 {
    let (epsilon, sigma) = (s.epsilon, m.scale());
    let r = (y - &x.dot(m.coef()) - m.intercept()) / sigma;
    let psi = r.mapv(|z| z.clamp(-epsilon, epsilon)) * omega;
    let mut worst = 0.0_f64;
    let mut look = |g: f64, size: f64| worst = worst.max(g.abs() / size.max(f64::MIN_POSITIVE));
    for (column, w) in x.columns().into_iter().zip(m.coef()) {
        let size: f64 = column.iter().zip(omega).map(|(x, o)| (x * o).abs() * epsilon).sum();
        look(column.dot(&psi) - s.alpha * w, size);
    }
    if s.fit_intercept {
        look(psi.sum(), omega.sum());
    }
    let by_scale = omega.sum() - (r.mapv(|z| (z * z).min(epsilon * epsilon)) * omega).sum();
    look(by_scale, omega.sum());
    worst
}

#[test]
fn a_large_epsilon_is_least_squares() {
    let (x, y) = spoilt(60, 4, 0.1, 1);
    let model = HuberRegressor::new().epsilon(1e6).alpha(0.0).fit((&x, &y)).unwrap();
    let plain = LinearRegression::new().fit((&x, &y)).unwrap();
    assert!(apart(plain.coef(), model.coef()) < 1e-9, "{}", model.report());
    // Then (2) is the root mean square, and the objective twice W σ.
    let r = &y - &plain.predict(&x).unwrap();
    let sigma = (r.dot(&r) / 60.0).sqrt();
    assert!((model.scale() / sigma - 1.0).abs() < 1e-12);
    assert!((model.report().objective.unwrap() / (120.0 * sigma) - 1.0).abs() < 1e-12);
    assert!(model.outliers((&x, &y)).unwrap().iter().all(|far| !far));
    // With a penalty, the ridge of α σ.
    let model = HuberRegressor::new().epsilon(1e6).alpha(0.5).fit((&x, &y)).unwrap();
    let ridge = Ridge::new().alpha(0.5 * model.scale()).fit((&x, &y)).unwrap();
    assert!(apart(ridge.coef(), model.coef()) < 1e-8, "{}", model.report());
}

#[test]
fn a_third_of_the_rows_may_be_far_off() {
    let (x, y) = spoilt(600, 4, 0.3, 2);
    let model = HuberRegressor::new().fit((&x, &y)).unwrap();
    let plain = LinearRegression::new().fit((&x, &y)).unwrap();
    let error = |coef: &Array1<f64>| coef.iter().fold(0.0_f64, |m, w| m.max((w - 1.0).abs()));
    // The truth is a coefficient of 1; its standard error on 420 good rows is 0.05.
    assert!(error(model.coef()) < 0.35 && error(plain.coef()) > 0.8, "{} {}", model.coef(), plain.coef());
    let far = model.outliers((&x, &y)).unwrap();
    assert!(far.iter().take(180).filter(|far| **far).count() > 170);
    assert!(far.iter().skip(180).filter(|far| **far).count() < 100);
}

#[test]
fn both_solvers_agree() {
    let (x, y) = spoilt(80, 6, 0.2, 3);
    let settings = HuberRegressor::new().alpha(0.1);
    let samples = Samples::new((&x).into(), y.view());
    let data = Double::new(&samples).unwrap();
    let mut problem = Problem::new(&data, &settings).unwrap();
    let direct = newton::minimise(&problem, 1e-13, 100).unwrap();
    let stop = Stop { gradient: f64::INFINITY, decrease: 1e-16, iterations: 1000, ..Stop::default() };
    let start = vec![0.0; problem.width()];
    let slow = lbfgs(&mut problem, start, stop);
    assert!(apart(&direct.theta, &slow.x) < 1e-6, "{:?} {:?}", direct.theta, slow.x);
    assert!(direct.converged && direct.iterations < 15, "{}", direct.iterations);
}

#[test]
fn many_columns_go_another_way() {
    let (x, y) = spoilt(40, 1010, 0.1, 4);
    let settings = HuberRegressor::new().alpha(500.0).max_iter(1000).tol(1e-14);
    let model = settings.fit((&x, &y)).unwrap();
    assert_eq!(model.report().solver, "L-BFGS");
    assert!(
        gradient(&x, &y, &Array1::ones(40), &settings, &model) < 1e-5,
        "{} {}",
        model.scale(),
        model.report()
    );
    let sparse = settings.fit((&Csr::from_dense(x.view()), &y)).unwrap();
    assert!(apart(model.coef(), sparse.coef()) < 1e-5);
}

#[test]
fn rows_that_fit_exactly() {
    let x = normal(50, 3, 5);
    let mut y = x.dot(&array![1.0, -2.0, 0.5]) + 4.0;
    let model = HuberRegressor::new().alpha(0.0).fit((&x, &y)).unwrap();
    assert!(
        apart(&array![1.0, -2.0, 0.5], model.coef()) < 1e-12 && model.scale() < 1e-10,
        "{}",
        model.report()
    );
    // And the others far off: the scale is at its floor, and the good rows are met all the same.
    y.slice_mut(s![..15]).fill(1e4);
    let model = HuberRegressor::new().alpha(0.0).fit((&x, &y)).unwrap();
    assert!(apart(&array![1.0, -2.0, 0.5], model.coef()) < 1e-6, "{} {}", model.coef(), model.report());
}

#[test]
fn units_do_not_matter() {
    let (x, y) = spoilt(70, 3, 0.2, 6);
    let settings = HuberRegressor::new().alpha(0.0);
    let model = settings.fit((&x, &y)).unwrap();
    for (by_x, by_y) in [(1e-6, 1.0), (1e6, 1.0), (1.0, 1e-6), (1.0, 1e9), (1e30, 1e-30), (1e-100, 1e100)] {
        let scaled = settings.fit((&(&x * by_x), &(&y * by_y))).unwrap();
        assert!(
            apart(model.coef(), &(scaled.coef() * by_x / by_y)) < 1e-9,
            "{by_x} {by_y}: {}",
            scaled.report()
        );
        assert!((scaled.scale() / by_y / model.scale() - 1.0).abs() < 1e-9);
    }
    let shifted = settings.fit((&(&x + 1e6), &(&y - 1e6))).unwrap();
    assert!(apart(model.coef(), shifted.coef()) < 1e-7);
}

#[test]
fn small_and_degenerate() {
    let settings = HuberRegressor::new();
    let model = settings.fit((&array![[2.0]], &array![7.0_f64])).unwrap();
    assert!((model.predict(&array![[2.0]]).unwrap()[0] - 7.0).abs() < 1e-12);
    for value in [0.0, -3.0, 1e8] {
        let model = settings.fit((&normal(20, 2, 7), &Array1::from_elem(20, value))).unwrap();
        assert!((model.intercept() - value).abs() <= 1e-9 * (1.0 + value.abs()), "{}", model.report());
    }
    // Collinear and constant columns, and fewer rows than columns.
    let x = normal(30, 2, 8);
    let twice = ndarray::concatenate![Axis(1), x, x, Array2::from_elem((30, 1), 5.0)];
    let y = x.sum_axis(Axis(1)) + normal(30, 1, 9).column(0);
    for alpha in [0.0, 1e-4] {
        let (a, b) = (
            settings.clone().alpha(alpha).fit((&twice, &y)).unwrap(),
            settings.clone().alpha(alpha).fit((&x, &y)).unwrap(),
        );
        assert!(apart(&b.predict(&x).unwrap(), &a.predict(&twice).unwrap()) < 1e-4, "{}", a.report());
        let (x, y) = spoilt(6, 10, 0.0, 10);
        let model = settings.clone().alpha(alpha).fit((&x, &y)).unwrap();
        assert!(apart(&y, &model.predict(&x).unwrap()) < 1e-2, "{}", model.report());
    }
}

#[test]
fn a_saved_model_answers_the_same() {
    let (x, y) = spoilt(30, 2, 0.1, 11);
    let model = HuberRegressor::new().fit((&x, &y)).unwrap();
    assert_eq!(HuberModel::<f64>::from_bytes(&model.to_bytes().unwrap()).unwrap(), model);
}

#[test]
fn nonsense_is_refused() {
    let (x, y) = spoilt(10, 2, 0.0, 12);
    assert!(matches!(HuberRegressor::new().epsilon(0.9).fit((&x, &y)), Err(Error::Parameter { .. })));
    let mut bad = y.clone();
    bad[4] = f64::INFINITY;
    assert!(matches!(HuberRegressor::new().fit((&x, &bad)), Err(Error::NonFinite { row: 4, .. })));
    let model = HuberRegressor::new().fit((&x, &y)).unwrap();
    assert!(model.outliers((&x, &bad)).is_err());
}

proptest! {
    #[test]
    fn the_gradient_is_zero(n in 12_usize..120, p in 1_usize..6, seed in 0_u64..1000, far in 0.0..0.4_f64, epsilon in 1.1..3.0_f64, alpha in 0..3, intercept: bool, weighted: bool) {
        let (x, y) = spoilt(n, p, far, seed);
        let omega = if weighted { weights(n) } else { Array1::ones(n) };
        let settings = HuberRegressor::new().epsilon(epsilon).alpha([0.0, 1e-4, 1.0][alpha as usize]).fit_intercept(intercept);
        let model = settings.fit((&x, &y, &omega)).unwrap();
        prop_assert!(model.report().converged, "{}", model.report());
        // No step lowers the objective, also where rows are met exactly, σ is at its floor and there is no gradient.
        let value = |w: &Array1<f64>, b: f64| {
            let r = (&y - &x.dot(w) - b).to_vec();
            let total = omega.sum();
            let (sigma, sums) = scale::scale(&r, omega.as_slice(), (epsilon, total, 1e-12), None);
            sigma * (total - epsilon * epsilon * sums.beyond) + sums.squares / sigma + 2.0 * epsilon * sums.distances
                + settings.alpha * w.dot(w)
        };
        let least = value(model.coef(), model.intercept());
        for (k, step) in normal(12, p, seed + 5).rows().into_iter().enumerate() {
            let by = [1e-2, 1e-4, 1e-6][k % 3];
            prop_assert!(value(&(model.coef() + &(&step * by)), model.intercept()) >= least * (1.0 - 1e-9), "{by}: {}", model.report());
        }
        if model.scale() < 1e-6 {
            return Ok(());
        }
        prop_assert!(gradient(&x, &y, &omega, &settings, &model) < 1e-7, "{}", model.report());
        let rows = repeated(&omega);
        let twice = settings.fit((&x.select(Axis(0), &rows), &y.select(Axis(0), &rows))).unwrap();
        prop_assert!(apart(model.coef(), twice.coef()) < 1e-7);
        let sparse = settings.fit((&Csr::from_dense(x.view()), &y, &omega)).unwrap();
        prop_assert!(apart(model.coef(), sparse.coef()) < 1e-7);
    }

    #[test]
    fn the_scale_is_where_the_derivative_vanishes(r in prop::collection::vec(-10.0..10.0_f64, 1..60), epsilon in 1.0..3.0_f64, guess in 1e-3..30.0_f64) {
        let total = r.len() as f64;
        let derivative = |sigma: f64| total - r.iter().map(|r| (r / sigma).powi(2).min(epsilon * epsilon)).sum::<f64>();
        for guess in [None, Some(guess)] {
            let (sigma, _) = scale::scale(&r, None, (epsilon, total, 1e-12), guess);
            if sigma > 1e-12 {
                prop_assert!(derivative(sigma).abs() < 1e-9 * total, "{sigma}");
            } else {
                prop_assert!(derivative(1e-11) >= -1e-9 * total);
            }
        }
    }
}
