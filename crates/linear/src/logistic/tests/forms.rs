//! The same data in other forms, on other numbers of threads, and what a fitted model does.

use super::*;
use crate::testing::repeated;
use estimand_core::{Csr, Persist, Predict, PredictOne, PredictProba, Scratch};
use ndarray::{ArrayView2, ShapeBuilder, s};

fn coef_of(
    x: Records<'_, f64>,
    y: &Array1<usize>,
    settings: &LogisticRegression,
) -> (Array2<f64>, Array1<f64>) {
    let model: Fitted = settings.fit((x, y)).unwrap();
    (model.coef().clone(), model.intercept().clone())
}

#[test]
fn layouts_give_the_same_bits() {
    for (n, k) in [(300, 2), (300, 3), (24_000, 2), (24_000, 3)] {
        let (x, y) = draw(n, 5, k, 2);
        let settings = LogisticRegression::new();
        let expected = coef_of((&x).into(), &y, &settings);
        let mut columns = Array2::zeros((n, 5).f());
        columns.assign(&x);
        let mut wide = Array2::from_elem((2 * n, 11), f64::NAN);
        wide.slice_mut(s![..;2, 1..;2]).assign(&x);
        let mut reversed = Array2::zeros((n, 5));
        reversed.slice_mut(s![..;-1, ..;-1]).assign(&x);
        let views: [ArrayView2<'_, f64>; 3] =
            [columns.view(), wide.slice(s![..;2, 1..;2]), reversed.slice(s![..;-1, ..;-1])];
        for view in views {
            assert_eq!(coef_of(view.into(), &y, &settings), expected);
        }
    }
}

#[test]
fn threads_give_the_same_bits() {
    for (n, k) in [(3_000, 3), (40_000, 2), (40_000, 3)] {
        let (x, y) = draw(n, 6, k, 7);
        for solver in [LogisticSolver::NewtonCholesky, LogisticSolver::Lbfgs] {
            let settings = LogisticRegression::new().solver(solver);
            let fit = |threads| {
                estimand_par::with_threads(threads, || coef_of((&x).into(), &y, &settings)).unwrap()
            };
            let once = fit(1);
            assert_eq!(fit(2), once);
            assert_eq!(fit(7), once);
        }
    }
}

#[test]
fn sparse_records_are_fitted_like_dense_ones() {
    for (n, k) in [(400, 2), (400, 3), (21_000, 2), (21_000, 3)] {
        let (mut x, y) = draw(n, 5, k, 4);
        x.mapv_inplace(|v| if v < 0.3 { 0.0 } else { v });
        // A column that is far from 0 and nowhere absent.
        x.column_mut(3).mapv_inplace(|v| v + 50.0);
        let csr = Csr::from_dense(x.view());
        for solver in SOLVERS {
            let settings = LogisticRegression::new().tol(1e-10).solver(solver);
            let (dense, sparse): (Fitted, Fitted) =
                (settings.fit((&x, &y)).unwrap(), settings.fit((&csr, &y)).unwrap());
            assert!(dense.report().converged && sparse.report().converged, "{}", sparse.report());
            // λ ≥ 5e-5 turns gradients of 1e-10 into errors of 4e-6 at most.
            assert!(apart(dense.coef(), sparse.coef()) < 4e-6, "{n} rows, {k} classes: {}", sparse.report());
            let difference = &dense.decision_function(&csr).unwrap() - &dense.decision_function(&x).unwrap();
            assert!(difference.iter().all(|d| d.abs() < 1e-12));
        }
    }
}

#[test]
fn wide_records_are_fitted_in_the_metric_of_the_diagonal() {
    let (x, y) = draw(50, 1_200, 3, 1);
    let x = x * &Array1::from_shape_fn(1_200, |j| 10.0_f64.powi((j % 5) as i32 - 2)) + 3.0;
    let settings = LogisticRegression::new().c(0.01).tol(1e-7).max_iter(2_000);
    let model: Fitted = settings.fit((&x, &y)).unwrap();
    assert!(model.report().converged, "{}", model.report());
    assert!(residual(&x, &y, None, &model, &settings) < 1e-7 + 1e-12);
}

#[test]
fn single_precision_differs_by_its_rounding() {
    for (n, k) in [(500, 2), (500, 3), (25_000, 3)] {
        let (x, y) = draw(n, 4, k, 9);
        let single = x.mapv(|v| v as f32);
        let settings = LogisticRegression::new().tol(1e-8);
        let double: Fitted = settings.fit((&x, &y)).unwrap();
        let single: Classifier<LogisticModel<f32>, usize> = settings.fit((&single, &y)).unwrap();
        // Inputs are rounded by 6e-8, which the fit magnifies by the condition of the problem, and so is the result.
        assert!(apart(double.coef(), &single.coef().mapv(f64::from)) < 2e-6);
        assert_eq!(double.report().iterations, single.report().iterations);
    }
}

#[test]
fn weights_count_rows() {
    for (n, k) in [(200, 2), (200, 3), (24_000, 2)] {
        let (x, y) = draw(n, 3, k, 13);
        let weights = crate::testing::weights(n);
        let rows = repeated(&weights);
        let (x2, y2) = (x.select(ndarray::Axis(0), &rows), y.select(ndarray::Axis(0), &rows));
        for solver in [LogisticSolver::NewtonCholesky, LogisticSolver::Lbfgs] {
            let settings = LogisticRegression::new().tol(1e-11).solver(solver);
            let (weighted, plain): (Fitted, Fitted) =
                (settings.fit((&x, &y, &weights)).unwrap(), settings.fit((&x2, &y2)).unwrap());
            // As in `solvers_agree…`: the optimum is the same, and each is within 1e-7 of it.
            assert!(apart(weighted.coef(), plain.coef()) < 1e-7);
            let (a, b) = (weighted.report().objective.unwrap(), plain.report().objective.unwrap());
            assert_relative_eq!(a, b, max_relative = 1e-12);
        }
    }
}

#[test]
fn labels_are_of_any_type() {
    let (x, y) = draw(120, 3, 2, 6);
    let settings = LogisticRegression::new();
    let plain: Fitted = settings.fit((&x, &y)).unwrap();
    let words: Array1<String> = y.mapv(|y| ["no", "yes"][y].to_owned());
    let truths: Array1<bool> = y.mapv(|y| y == 1);
    let negative: Array1<i32> = y.mapv(|y| y as i32 - 5);
    let (a, b, c) = (
        settings.fit((&x, &words)).unwrap(),
        settings.fit((&x, &truths)).unwrap(),
        settings.fit((&x, &negative)).unwrap(),
    );
    assert_eq!((a.coef(), b.coef(), c.coef()), (plain.coef(), plain.coef(), plain.coef()));
    assert_eq!(a.classes(), ["no", "yes"]);
    let expected = plain.predict(&x).unwrap();
    assert_eq!(a.predict(&x).unwrap(), expected.mapv(|y| ["no", "yes"][y].to_owned()));
    assert_eq!(c.predict(&x).unwrap(), expected.mapv(|y| y as i32 - 5));
}

#[test]
fn probabilities_are_those_of_the_scores() {
    for k in [2, 3, 7] {
        let (x, y) = draw(200, 4, k, 17);
        let model: Fitted = LogisticRegression::new().fit((&x, &y)).unwrap();
        let p = model.predict_proba(&x).unwrap();
        assert_eq!(p.dim(), (200, k));
        assert!(apart(&probabilities(&x, model.coef(), model.intercept()), &p) < 1e-14);
        assert!(p.rows().into_iter().all(|row| (row.sum() - 1.0).abs() < 1e-15 * k as f64));
        let scores = model.decision_function(&x).unwrap();
        assert_eq!(scores.ncols(), if k == 2 { 1 } else { k });
        let labels = model.predict(&x).unwrap();
        for ((label, p), i) in labels.iter().zip(p.rows()).zip(0..) {
            assert!(p.iter().all(|other| *other <= p[*label]), "row {i}: {label}, {p}");
        }
    }
}

#[test]
fn a_row_alone_has_the_scores_it_has_among_others() {
    use estimand_core::Scores;
    for k in [2, 3] {
        let (x, y) = draw(150, 21, k, 19);
        let model: Fitted = LogisticRegression::new().fit((&x, &y)).unwrap();
        let (scores, labels) = (model.decision_function(&x).unwrap(), model.predict(&x).unwrap());
        let by_columns = model.decision_function(x.t().as_standard_layout().t()).unwrap();
        assert_eq!(scores, by_columns);
        let (mut scratch, mut out) = (Scratch::new(), Vec::new());
        for (i, row) in x.rows().into_iter().enumerate() {
            let row = row.as_slice().unwrap();
            model.scores_one(row, &mut out, &mut scratch).unwrap();
            assert_eq!(out, scores.row(i).to_vec());
            assert_eq!(model.predict_one(row, &mut scratch).unwrap(), &labels[i]);
        }
    }
}

#[test]
fn models_are_saved_and_forged_ones_refused() {
    for k in [2, 3] {
        let (x, y) = draw(80, 3, k, 23);
        let model: Fitted = LogisticRegression::new().fit((&x, &y)).unwrap();
        let again = Fitted::from_bytes(&model.to_bytes().unwrap()).unwrap();
        assert_eq!(again, model);
        assert_eq!(Fitted::from_json(&model.to_json().unwrap()).unwrap(), model);
        // Coefficients for another number of columns than the model says it has.
        let text = model.to_json().unwrap();
        let forged = text.replace("\"count\": 3", "\"count\": 4").replace("\"count\":3", "\"count\":4");
        assert_ne!(text, forged);
        assert!(Fitted::from_json(&forged).is_err());
    }
}
