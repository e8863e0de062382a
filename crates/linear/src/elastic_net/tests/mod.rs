//! Known answers, optimality, every route against a slow readable one, degenerate data.

mod along;
mod routes;

use super::solve::{Route, Solved, Spec, Way, solve};
use super::{ElasticNet, Lasso, MultiTaskElasticNet, MultiTaskLasso, Sparse};
use crate::ridge::problem::Problem;
use crate::testing::{apart, normal, regression, repeated, weights};
use crate::{LinearRegression, Ridge};
use estimand_core::{Error, Fit, Predict, Samples};
use ndarray::{Array1, Array2, Axis, array, s};

/// Sparse truth: columns 0, 3, 6, … matter.
pub(super) fn sparse_problem(n: usize, p: usize, t: usize, seed: u64) -> (Array2<f64>, Array2<f64>) {
    let mut x = normal(n, p, seed);
    for j in 1..p {
        let before = x.column(j - 1).mapv(|v| 0.5 * v);
        x.column_mut(j).scaled_add(1.0, &before);
    }
    let w = Array2::from_shape_fn((p, t), |(j, k)| if j % 3 == 0 { 1.0 + ((j + k) % 4) as f64 } else { 0.0 });
    let y = x.dot(&w) + normal(n, t, seed + 1) - 2.0;
    (x, y)
}

/// Coordinate descent as in a textbook, on centred dense data, until nothing moves.
pub(super) fn textbook(
    x: &Array2<f64>,
    y: &Array2<f64>,
    omega: Option<&Array1<f64>>,
    alpha: f64,
    spec: &Spec,
) -> Array2<f64> {
    let ones = Array1::ones(x.nrows());
    let omega = omega.unwrap_or(&ones);
    let weight = omega.sum();
    let centred = |a: &Array2<f64>| {
        let mean = (a * &omega.view().insert_axis(Axis(1))).sum_axis(Axis(0)) / weight;
        (a - &mean) * omega.mapv(f64::sqrt).insert_axis(Axis(1))
    };
    let (x, y) = (centred(x), centred(y));
    let (l1, l2) = (alpha * spec.l1_ratio * weight, alpha * (1.0 - spec.l1_ratio) * weight);
    let mut w = Array2::<f64>::zeros((x.ncols(), y.ncols()));
    for _ in 0..100_000 {
        let before = w.clone();
        for j in 0..x.ncols() {
            let column = x.column(j);
            let mut residual = &y - &x.dot(&w);
            residual += &(&column.insert_axis(Axis(1)) * &w.row(j).insert_axis(Axis(0)));
            let z = column.dot(&residual);
            // All targets together, or one by one.
            let size = if spec.joint { z.len() } else { 1 };
            for first in (0..z.len()).step_by(size) {
                let group = first..first + size;
                let z = z.slice(s![group.clone()]);
                let norm = if spec.positive { z.sum().max(0.0) } else { z.dot(&z).sqrt() };
                let shrunk = if norm > l1 { (1.0 - l1 / norm) / (column.dot(&column) + l2) } else { 0.0 };
                w.slice_mut(s![j, group]).assign(&(&z * shrunk));
            }
        }
        if apart(&w, &before) < 1e-14 {
            break;
        }
    }
    w
}

/// The largest violation of the optimality conditions, relative to a: Zⱼ = a Wⱼ/‖Wⱼ‖ where Wⱼ ≠ 0, ‖Zⱼ‖ ≤ a elsewhere.
pub(super) fn violation(
    x: &Array2<f64>,
    y: &Array1<f64>,
    w: &Array1<f64>,
    b: f64,
    alpha: f64,
    ratio: f64,
) -> f64 {
    let n = x.nrows() as f64;
    let residual = y - &x.dot(w) - b;
    let (l1, l2) = (alpha * ratio * n, alpha * (1.0 - ratio) * n);
    let of_column = |(column, w): (ndarray::ArrayView1<'_, f64>, &f64)| {
        let z = column.dot(&residual) - l2 * w;
        if *w == 0.0 { (z.abs() - l1).max(0.0) } else { (z - l1 * w.signum()).abs() }
    };
    x.columns().into_iter().zip(w).map(of_column).fold(residual.sum().abs(), f64::max) / l1
}

pub(super) fn exact(settings: &impl Sparse, route: Route) -> Spec {
    Spec { route, tol: 1e-13, max_iter: 100_000, ..settings.spec() }
}

pub(super) fn run(samples: Samples<'_, f64, Array2<f64>>, alpha: f64, spec: &Spec) -> Solved {
    let problem = Problem::new(&samples, true);
    solve(&problem, &Way { spec, alphas: &[alpha], start: None, warm: false }).unwrap().remove(0)
}

#[test]
fn a_straight_line_has_closed_forms() {
    let (x, y) = (array![[-1.0], [0.0], [1.0]], array![-1.0, 0.0, 1.0]);
    for (alpha, w) in [(1e-8, 1.0 - 1.5e-8_f64), (0.1, 0.85), (0.5, 0.25), (1.0, 0.0)] {
        let model = Lasso::new().alpha(alpha).fit((&x, &y)).unwrap();
        assert!((model.coef()[0] - w).abs() < 1e-15, "{alpha}: {}", model.coef());
    }
    for (ratio, w) in [(0.3, 0.508_196_721_311_f64), (0.5, 0.454_545_454_545)] {
        let model = ElasticNet::new().alpha(0.5).l1_ratio(ratio).fit((&x, &y)).unwrap();
        assert!((model.coef()[0] - w).abs() < 1e-12, "{ratio}: {}", model.coef());
    }
}

#[test]
fn multi_task_lasso_agrees_with_skglm() {
    // skglm 0.5, as quoted by scikit-learn's tests.
    let x = Array2::from_shape_fn((5, 4), |(i, j)| (i as f64).powi(3 - j as i32));
    let y = Array2::from_shape_fn((5, 3), |(i, k)| (3 * i + k) as f64);
    let settings = MultiTaskLasso::new().alpha(0.1).tol(1e-10).max_iter(5000);
    let model = settings.fit((&x, &y)).unwrap();
    for (k, w) in model.coef().rows().into_iter().enumerate() {
        let expected = [-0.032_075_014_794, 0.254_309_046_14, 2.447_851_529_82, 0.0];
        assert!(apart(&expected, w) < 1e-6, "{w}");
        assert!((model.intercept()[k] - (k as f64 + 0.219_942_959_407)).abs() < 1e-7);
    }
    assert!((model.report().objective.unwrap() - 0.496_599_369_254_790_2).abs() < 1e-11);
}

#[test]
fn solutions_satisfy_the_optimality_conditions() {
    for (n, p) in [(60, 20), (30, 80)] {
        let (x, y) = sparse_problem(n, p, 1, 5);
        let y = y.column(0).to_owned();
        for (alpha, ratio) in [(0.05, 1.0), (0.5, 1.0), (0.3, 0.5), (2.0, 0.9)] {
            let settings = ElasticNet::new().alpha(alpha).l1_ratio(ratio).tol(1e-13).max_iter(100_000);
            let model = settings.fit((&x, &y)).unwrap();
            // The gap bounds the square of the violation: its root, with the scale of the columns.
            let found = violation(&x, &y, model.coef(), model.intercept(), alpha, ratio);
            assert!(model.report().converged && found < 1e-5, "{n} × {p}, {alpha}, {ratio}: {found:e}");
        }
    }
}

#[test]
fn the_largest_alpha_gives_exact_zeros() {
    let (x, y) = sparse_problem(40, 12, 1, 7);
    let y = y.column(0).to_owned();
    let centred = &y - y.mean().unwrap();
    let largest = x.t().dot(&centred).iter().fold(0.0_f64, |m, c| m.max(c.abs())) / 40.0;
    for route in [1.0, 3.0] {
        let model = Lasso::new().alpha(largest * route).fit((&x, &y)).unwrap();
        assert!(model.coef().iter().all(|w| *w == 0.0));
        assert!((model.intercept() - y.mean().unwrap()).abs() < 1e-14);
    }
    let model = Lasso::new().alpha(largest * 0.999).fit((&x, &y)).unwrap();
    assert_eq!(model.coef().iter().filter(|w| **w != 0.0).count(), 1);
}

#[test]
fn without_an_l1_term_it_is_least_squares_or_ridge() {
    let (x, y) = regression(30, 5, 2, 9);
    let ols = LinearRegression::new().fit((&x, &y)).unwrap();
    let lasso = Lasso::new().alpha(0.0).fit((&x, &y)).unwrap();
    assert!(apart(ols.coef(), lasso.coef()) < 1e-12);
    assert!(lasso.report().solver.contains("least squares"), "{}", lasso.report());
    let ridge = Ridge::new().alpha(0.4 * 30.0).fit((&x, &y)).unwrap();
    let net = ElasticNet::new().alpha(0.4).l1_ratio(0.0).fit((&x, &y)).unwrap();
    let tasks = MultiTaskElasticNet::new().alpha(0.4).l1_ratio(0.0).fit((&x, &y)).unwrap();
    assert!(apart(ridge.coef(), net.coef()) < 1e-12 && apart(ridge.coef(), tasks.coef()) < 1e-12);
}

#[test]
fn without_a_penalty_positive_is_non_negative_least_squares() {
    let (x, mut y) = sparse_problem(50, 8, 1, 11);
    y.scaled_add(-3.0, &x.slice(s![.., 1..2]));
    let y = y.column(0).to_owned();
    let model = Lasso::new().alpha(0.0).positive(true).tol(1e-12).fit((&x, &y)).unwrap();
    let residual = &y - &model.predict(&x).unwrap();
    for (column, w) in x.columns().into_iter().zip(model.coef()) {
        let z = column.dot(&residual);
        // Small beside Σ|xy|, about 200.
        assert!(*w >= 0.0 && if *w > 0.0 { z.abs() < 1e-4 } else { z < 1e-4 }, "{w} {z:e}");
    }
    assert!(model.coef().iter().any(|w| *w == 0.0) && model.report().converged);
}

#[test]
fn weights_are_repetitions_and_only_their_ratios_matter() {
    let (x, y) = sparse_problem(60, 10, 2, 13);
    let omega = weights(60);
    let rows = repeated(&omega);
    let (xr, yr) = (x.select(Axis(0), &rows), y.select(Axis(0), &rows));
    let settings = MultiTaskLasso::new().alpha(0.2).tol(1e-13);
    let weighted = settings.fit((&x, &y, &omega)).unwrap();
    assert!(apart(settings.fit((&xr, &yr)).unwrap().coef(), weighted.coef()) < 1e-8);
    let scaled = settings.fit((&x, &y, &(&omega * 1e3))).unwrap();
    assert!(apart(scaled.coef(), weighted.coef()) < 1e-8);
}

#[test]
fn degenerate_data_have_answers() {
    let (mut x, _) = sparse_problem(20, 4, 1, 15);
    x.column_mut(2).fill(0.1);
    let constant = Array1::from_elem(20, 0.3);
    let model = Lasso::new().alpha(0.01).fit((&x, &constant)).unwrap();
    assert!(model.coef().iter().all(|w| *w == 0.0) && model.intercept() == 0.3);
    assert!(model.report().converged, "{}", model.report());
    let y = x.column(0).mapv(|v| 3.0 * v);
    assert_eq!(Lasso::new().alpha(0.01).fit((&x, &y)).unwrap().coef()[2], 0.0);
    // Duplicated columns: any split is a minimum.
    let twice = ndarray::concatenate![Axis(1), x, x];
    let (one, two) = (Lasso::new().alpha(0.1).tol(1e-12), Lasso::new().alpha(0.1).tol(1e-12));
    let (one, two) = (one.fit((&x, &y)).unwrap(), two.fit((&twice, &y)).unwrap());
    let (a, b) = (one.report().objective.unwrap(), two.report().objective.unwrap());
    assert!((a - b).abs() < 1e-10 * a, "{a} {b}");
    let row = Lasso::new().fit((&x.slice(s![..1, ..]), &array![5.0])).unwrap();
    assert_eq!(row.predict(&x).unwrap(), Array1::from_elem(20, 5.0));
}

#[test]
fn not_converging_is_reported() {
    let (x, y) = sparse_problem(40, 30, 1, 17);
    let model = Lasso::new().alpha(1e-4).tol(1e-14).max_iter(2).fit((&x, &y.column(0))).unwrap();
    assert!(!model.report().converged && model.report().iterations == 2, "{}", model.report());
}

#[test]
fn sweeps_are_not_spent_on_the_first_working_set() {
    // Next to interpolation, where descent is slow: too few sweeps are said to be so, and none beyond the limit is made.
    let (x, y) = sparse_problem(60, 300, 1, 21);
    let settings = Lasso::new().alpha(0.02).tol(1e-10);
    let few = settings.clone().max_iter(500).fit((&x, &y.column(0))).unwrap();
    assert!(!few.report().converged && few.report().iterations == 500, "{}", few.report());
    let more = settings.max_iter(20_000).fit((&x, &y.column(0))).unwrap();
    assert!(more.report().objective < few.report().objective, "{}\n{}", few.report(), more.report());
    assert!(more.report().iterations <= 20_000);
}

#[test]
fn bad_input_is_named() {
    // Beyond 160 columns with fewer rows, working sets are taken.
    for p in [5, 300] {
        let (mut x, y) = sparse_problem(30, p, 1, 19);
        let mut y = y.column(0).to_owned();
        x[[7, 3]] = f64::NAN;
        let error = Lasso::new().fit((&x, &y)).unwrap_err();
        assert!(matches!(&error, Error::NonFinite { what, row: 7, column: 3, .. } if what == "x"), "{error}");
        x[[7, 3]] = 1.0;
        y[9] = f64::INFINITY;
        let error = Lasso::new().fit((&x, &y)).unwrap_err();
        assert!(matches!(&error, Error::NonFinite { what, row: 9, .. } if what == "y"), "{error}");
        y[9] = 0.0;
        let error = Lasso::new().alpha(1e-3).fit((&(&x * 1e200), &y)).unwrap_err();
        assert!(matches!(error, Error::Numerical { .. }), "{error}");
    }
}

#[test]
fn a_warm_start_ends_at_the_same_minimum_sooner() {
    for (n, p, alpha) in [(80, 30, 0.02), (60, 300, 0.5)] {
        let (x, y) = sparse_problem(n, p, 1, 21);
        let y = y.column(0).to_owned();
        let settings = Lasso::new().alpha(alpha).tol(1e-10).max_iter(20_000);
        let cold = settings.fit((&x, &y)).unwrap();
        let warm = settings.fit_from(&cold, (&x, &y)).unwrap();
        assert!(cold.report().converged && warm.report().converged, "{}\n{}", cold.report(), warm.report());
        // What `tol` promises: both objectives are within 1e-10 of the mean square of y − ȳ of the minimum.
        let mean = y.mean().unwrap();
        let square = y.mapv(|v| (v - mean).powi(2)).mean().unwrap();
        let objective = |model: &crate::LinearModel<f64>| model.report().objective.unwrap();
        let apart = (objective(&cold) - objective(&warm)).abs();
        assert!(apart <= 1e-10 * square, "{apart:e} {square}\n{}\n{}", cold.report(), warm.report());
        assert!(
            warm.report().iterations < cold.report().iterations / 3,
            "{}\n{}",
            cold.report(),
            warm.report()
        );
        let error = settings.fit_from(&cold, (&x.slice(s![.., 1..]), &y)).unwrap_err();
        assert!(matches!(error, Error::Shape { .. }), "{error}");
    }
}

#[test]
fn single_precision_is_close() {
    for p in [12, 300] {
        let (x, y) = sparse_problem(80, p, 1, 23);
        let (x, y) = (x + 100.0, y.column(0).to_owned());
        let settings = Lasso::new().alpha(0.3).tol(1e-8);
        let double = settings.fit((&x, &y)).unwrap();
        let single = settings.fit((&x.mapv(|v| v as f32), &y.mapv(|v| v as f32))).unwrap();
        // Rounding of values near 100 is 4e-6 beside a spread of 1.
        let difference = apart(double.coef(), &single.coef().mapv(f64::from));
        assert!(difference < 1e-4 && single.report().converged, "{p}: {difference:e} {}", single.report());
    }
}
