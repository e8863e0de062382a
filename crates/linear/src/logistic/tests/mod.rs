//! Known answers, optimality, agreement of solvers and of forms of the data.

mod choice;
mod extremes;
mod forms;
mod penalties;

use super::problem::{Problem, Second};
use super::{LogisticModel, LogisticRegression, LogisticSolver};
use crate::testing::{apart, normal};
use approx::assert_relative_eq;
use estimand_core::{ClassWeight, Classifier, Codes, Decide, Fit, Records};
use estimand_optim::{Objective, Stop, lbfgs};
use ndarray::{Array1, Array2, array};
use proptest::prelude::*;

type Fitted = Classifier<LogisticModel<f64>, usize>;

const SOLVERS: [LogisticSolver; 3] =
    [LogisticSolver::Auto, LogisticSolver::NewtonCholesky, LogisticSolver::Lbfgs];

/// Records, and classes drawn from the model with random coefficients.
fn draw(n: usize, p: usize, k: usize, seed: u64) -> (Array2<f64>, Array1<usize>) {
    let x = normal(n, p, seed);
    let z = x.dot(&normal(p, k, seed + 1)) + normal(n, k, seed + 2) * 1.5;
    let best = |row: ndarray::ArrayView1<'_, f64>| {
        (0..k).fold(0, |best, j| if row[j] > row[best] { j } else { best })
    };
    let y = z.outer_iter().map(best).collect::<Vec<usize>>();
    (x, Array1::from(y))
}

/// Rows of class probabilities, written out plainly.
fn probabilities(x: &Array2<f64>, coef: &Array2<f64>, intercept: &Array1<f64>) -> Array2<f64> {
    let mut z = x.dot(&coef.t()) + intercept;
    if z.ncols() == 1 {
        z = ndarray::concatenate![ndarray::Axis(1), Array2::zeros(z.dim()), z];
    }
    for mut row in z.rows_mut() {
        let max = row.fold(f64::NEG_INFINITY, |max, v| v.max(max));
        row.mapv_inplace(|v| (v - max).exp());
        let sum = row.sum();
        row /= sum;
    }
    z
}

/// The largest derivative of (1) / (C ω) at the coefficients of a model.
fn residual(
    x: &Array2<f64>,
    y: &Array1<usize>,
    w: Option<&Array1<f64>>,
    model: &LogisticModel<f64>,
    settings: &LogisticRegression,
) -> f64 {
    let mut r = probabilities(x, model.coef(), model.intercept());
    y.iter().zip(r.rows_mut()).for_each(|(y, mut row)| row[*y] -= 1.0);
    let total = w.map_or(y.len() as f64, |w| w.sum());
    if let Some(w) = w {
        r.rows_mut().into_iter().zip(w).for_each(|(mut row, w)| row *= *w);
    }
    let skip = if model.coef().nrows() == 1 { 1 } else { 0 };
    let r = r.slice(ndarray::s![.., skip..]);
    let gradient = r.t().dot(x) / total + model.coef() / (settings.c * total);
    let largest = |all: &mut dyn Iterator<Item = f64>| {
        all.fold(0.0, |max: f64, g| if g.abs() <= max { max } else { g.abs() })
    };
    let of_intercepts = r.sum_axis(ndarray::Axis(0)) / total;
    let of_intercepts = if settings.fit_intercept { largest(&mut of_intercepts.into_iter()) } else { 0.0 };
    largest(&mut gradient.into_iter()).max(of_intercepts)
}

/// (1), or the sum of the losses if C = ∞.
fn objective(x: &Array2<f64>, y: &Array1<usize>, model: &LogisticModel<f64>, c: f64) -> f64 {
    let p = probabilities(x, model.coef(), model.intercept());
    let losses: f64 = y.iter().zip(p.rows()).map(|(y, row)| -row[*y].ln()).sum();
    if c.is_finite() { c * losses + 0.5 * model.coef().mapv(|w| w * w).sum() } else { losses }
}

#[test]
fn glmnet_is_reproduced() {
    // R, glmnet with alpha = 0, lambda = 1, standardize = F; published with scikit-learn's tests to 10 digits.
    let x =
        array![[-4., 0.], [-3., 0.], [-2., 1.], [-1., 0.], [0., 1.], [1., 1.], [2., 1.], [3., 0.], [4., 0.]];
    for solver in SOLVERS {
        let settings = LogisticRegression::new().c(1.0 / 9.0).tol(1e-9).solver(solver);
        let two: Fitted = settings.fit((&x, &array![0, 0, 0, 1, 1, 1, 1, 1, 1])).unwrap();
        // glmnet's thresh = 1e-10 leaves errors of about 1e-8, 1e-12 in the three-class case of 1e-6.
        assert_relative_eq!(two.intercept()[0], 0.89230405539, max_relative = 1e-7);
        assert_relative_eq!(
            two.coef().as_slice().unwrap(),
            &[0.44464569182, 0.01457563448][..],
            max_relative = 1e-7
        );
        let three: Fitted = settings.fit((&x, &array![0, 0, 0, 1, 1, 1, 2, 2, 2])).unwrap();
        let intercept = [-0.12004759652, 0.2251747383, -0.1051271418];
        assert_relative_eq!(three.intercept().as_slice().unwrap(), &intercept[..], max_relative = 1e-5);
        let coef =
            [-0.38023389305, -0.01226499932, -8.164030176e-5, 0.04734548012, 0.3803155334, -0.0350804808];
        assert_relative_eq!(three.coef().as_slice().unwrap(), &coef[..], max_relative = 1e-5, epsilon = 1e-8);
    }
}

#[test]
fn every_solver_ends_where_the_gradient_vanishes() {
    // Rows beyond 20 000 are fitted by way of a sample.
    for (n, p, k) in [(60, 3, 2), (60, 3, 4), (500, 40, 2), (700, 30, 5), (22_000, 6, 2), (21_000, 4, 3)] {
        let (x, y) = draw(n, p, k, 11);
        let weights = Array1::from_shape_fn(n, |i| 0.25 + (i % 5) as f64);
        for solver in SOLVERS {
            for (c, tol, intercept, weighted) in [
                (1.0, 1e-4, true, false),
                (1.0, 1e-9, true, true),
                (1e-3, 1e-9, false, false),
                (1e3, 1e-9, true, false),
            ] {
                let settings =
                    LogisticRegression::new().c(c).tol(tol).fit_intercept(intercept).solver(solver);
                let w = weighted.then_some(&weights);
                let model: Fitted = match w {
                    Some(w) => settings.fit((&x, &y, w)),
                    None => settings.fit((&x, &y)),
                }
                .unwrap();
                let report = model.report();
                assert!(report.converged, "{n} × {p}, {k} classes, C {c}: {report}");
                let residual = residual(&x, &y, w, &model, &settings);
                // What the solver bounds and what is computed here differ by the rounding of sums over n rows.
                assert!(residual <= tol + 1e-14, "{n} × {p}, {k} classes, C {c}: {residual:e}, {report}");
                if w.is_none() {
                    assert_relative_eq!(
                        report.objective.unwrap(),
                        objective(&x, &y, &model, c),
                        max_relative = 1e-12
                    );
                }
                if k > 2 {
                    assert!(
                        model.coef().sum_axis(ndarray::Axis(0)).iter().all(|s| s.abs() < 1e-12),
                        "classes are alike"
                    );
                }
            }
        }
    }
}

#[test]
fn solvers_agree_and_the_default_tolerance_gives_the_objective_to_1e_8() {
    for (n, p, k) in [(400, 5, 2), (400, 5, 3), (30_000, 8, 2), (30_000, 8, 4)] {
        let (x, y) = draw(n, p, k, 5);
        let exact: Fitted = LogisticRegression::new().tol(1e-11).fit((&x, &y)).unwrap();
        let best = exact.report().objective.unwrap();
        for solver in SOLVERS {
            let settings = LogisticRegression::new().solver(solver);
            let tight: Fitted = settings.clone().tol(1e-11).fit((&x, &y)).unwrap();
            // λ ≥ 1e-4 turns a gradient of 1e-11 into an error of 1e-7 at most.
            assert!(apart(exact.coef(), tight.coef()) < 1e-7, "{}", tight.report());
            let usual: Fitted = settings.fit((&x, &y)).unwrap();
            let gap = usual.report().objective.unwrap() / best - 1.0;
            assert!(gap < 1e-8, "{gap:e}, {}", usual.report());
        }
    }
}

#[test]
fn two_classes_are_a_case_of_many() {
    // Two columns of scores share what one has: ½ ‖w‖² becomes ½ (‖w/2‖² + ‖w/2‖²), hence the factor 2.
    let (x, y) = draw(300, 4, 2, 3);
    let codes: Array1<u32> = y.mapv(|y| y as u32);
    let settings = LogisticRegression::new().c(0.6);
    let one: Fitted = settings.clone().c(1.2).tol(1e-10).fit((&x, &y)).unwrap();
    let codes = Codes { y: codes.view(), k: 2 };
    let mut problem = Problem::new(Records::from(&x), codes, 2, None, &settings, Second::Blocks);
    let start = problem.start();
    problem.metric = problem.measure(&start, Second::Common);
    let found = lbfgs(&mut problem, start, Stop { gradient: 1e-10, decrease: 1e-20, ..Stop::default() });
    assert!(found.converged());
    let difference: Array1<f64> = (0..4).map(|j| found.x[2 * j + 1] - found.x[2 * j]).collect();
    assert!(apart(one.coef(), &difference) < 1e-8);
}

#[test]
fn hessians_are_derivatives_of_gradients() {
    use estimand_optim::Curved;
    for (k, sparse) in [(2, false), (4, false), (4, true), (2, true)] {
        let (x, y) = draw(90, 3, k, 8);
        let x = x + 2.0;
        let csr = estimand_core::Csr::from_dense(x.view());
        let records = if sparse { Records::from(&csr) } else { Records::from(&x) };
        let codes = y.mapv(|y| y as u32);
        let weights = Array1::from_shape_fn(90, |i| (i % 3) as f64);
        let settings = LogisticRegression::new();
        let columns = if k == 2 { 1 } else { k };
        let codes = Codes { y: codes.view(), k };
        let mut problem =
            Problem::new(records, codes, columns, Some(weights.view()), &settings, Second::Full);
        let n = problem.size();
        let beta: Vec<f64> = (0..n).map(|i| 0.3 * ((i * i) as f64).sin()).collect();
        let (mut gradient, mut hessian) = (vec![0.0; n], Array2::zeros((n, n)));
        problem.hessian(&beta, &mut gradient, hessian.view_mut());
        // Both diagonals that metrics are made of are this one's, less the curvature added where all classes move.
        let step = 1e-5;
        for i in 0..n {
            let mut at = |by: f64| {
                let (mut beta, mut gradient) = (beta.clone(), vec![0.0; n]);
                beta[i] += by;
                problem.gradient(&beta, &mut gradient);
                gradient
            };
            let (up, down) = (at(step), at(-step));
            for j in 0..n {
                let together = if k > 2 && i / k == j / k { added(&hessian, i / k, k) } else { 0.0 };
                // Central differences: the third derivative times 1e-10 / 6, rounding 1e-16 / 1e-5.
                assert_relative_eq!(
                    (up[j] - down[j]) / (2.0 * step),
                    hessian[[j, i]] - together,
                    epsilon = 1e-9
                );
            }
        }
    }
}

/// The curvature that was added to all k × k entries of column j: the sum of a row of the Hessian of the losses
/// and λ / k over the classes is that of the penalty alone.
fn added(hessian: &Array2<f64>, j: usize, k: usize) -> f64 {
    let block = hessian.slice(ndarray::s![j * k..(j + 1) * k, j * k..(j + 1) * k]);
    let penalty = if (j + 1) * k == hessian.nrows() { 0.0 } else { 1.0 / 90.0 };
    (block.row(0).sum() - penalty) / k as f64
}

#[test]
fn class_weights_are_weights() {
    let (x, y) = draw(300, 3, 3, 21);
    let by_hand = Array1::from_shape_fn(300, |i| [2.0, 0.5, 3.0][y[i]]);
    let settings = LogisticRegression::new().tol(1e-9);
    let expected: Fitted = settings.fit((&x, &y, &by_hand)).unwrap();
    let weights = ClassWeight::of([(0, 2.0), (1, 0.5), (2, 3.0)]);
    let found: Fitted = settings.clone().class_weight(weights).fit((&x, &y)).unwrap();
    assert_eq!(found.coef(), expected.coef());
    let counts = y.iter().fold([0.0; 3], |mut counts, y| {
        counts[*y] += 1.0;
        counts
    });
    let balanced = Array1::from_shape_fn(300, |i| 300.0 / (3.0 * counts[y[i]]));
    let expected: Fitted = settings.fit((&x, &y, &balanced)).unwrap();
    let found: Fitted = settings.class_weight(ClassWeight::Balanced).fit((&x, &y)).unwrap();
    assert!(apart(expected.coef(), found.coef()) < 1e-12);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]
    #[test]
    fn any_data_are_fitted_to_optimality(
        values in prop::collection::vec(-3.0..3.0_f64, 60),
        codes in prop::collection::vec(0..3_usize, 20),
        log_c in -3.0..3.0_f64,
        shift in -100.0..100.0_f64,
        newton: bool,
    ) {
        let x = Array2::from_shape_vec((20, 3), values).unwrap() + shift;
        // Both other classes occur, whatever was drawn.
        let mut y = Array1::from(codes);
        (y[0], y[1], y[2]) = (0, 1, 2);
        let solver = if newton { LogisticSolver::NewtonCholesky } else { LogisticSolver::Lbfgs };
        let settings = LogisticRegression::new().c(10.0_f64.powf(log_c)).solver(solver).tol(1e-6).max_iter(500);
        let model: Fitted = settings.fit((&x, &y)).unwrap();
        prop_assert!(model.report().converged, "{}", model.report());
        let residual = residual(&x, &y, None, &model, &settings);
        prop_assert!(residual <= 1e-6 + 1e-12, "{residual:e}");
    }
}
