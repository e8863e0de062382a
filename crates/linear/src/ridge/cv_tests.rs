//! Choosing α: errors of leave-one-out are those of fits without the row, scores those of folds, classes those of ±1.

use crate::testing::{apart, normal, regression, repeated, weights};
use crate::{
    LinearModel, MultiLinearModel, Ridge, RidgeClassifier, RidgeClassifierCv, RidgeCv, RidgeCvModel,
};
use estimand_core::split::{KFold, LeaveOneOut, Splitter, StratifiedKFold};
use estimand_core::{ClassWeight, Csr, Decide, Error, Fit, Persist, Predict, Samples};
use ndarray::{Array1, Array2, Axis, array, concatenate, s};

const ALPHAS: [f64; 3] = [0.01, 1.0, 50.0];

/// Squared errors of n fits, n × t × a.
fn brute_force(x: &Array2<f64>, y: &Array2<f64>, omega: &Array1<f64>, intercept: bool) -> Vec<f64> {
    let (n, t) = y.dim();
    let mut errors = vec![0.0; n * t * ALPHAS.len()];
    for i in 0..n {
        let rows: Vec<usize> = (0..n).filter(|r| *r != i).collect();
        let part = (x.select(Axis(0), &rows), y.select(Axis(0), &rows), omega.select(Axis(0), &rows));
        for (a, alpha) in ALPHAS.iter().enumerate() {
            let ridge = Ridge::new().alpha(*alpha).fit_intercept(intercept);
            let model: MultiLinearModel<f64> = ridge.fit((&part.0, &part.1, &part.2)).unwrap();
            let found = model.predict(x.slice(s![i..=i, ..])).unwrap();
            for k in 0..t {
                errors[(i * t + k) * ALPHAS.len() + a] = (found[[0, k]] - y[[i, k]]).powi(2);
            }
        }
    }
    errors
}

#[test]
fn leaving_out_rows_is_fitting_without_them() {
    for (n, p) in [(25, 4), (12, 12), (12, 30), (301, 3), (13, 12)] {
        for intercept in [true, false] {
            for weighted in [true, false] {
                let (x, y) = regression(n, p, 2, 7);
                let omega = if weighted { weights(n) } else { Array1::ones(n) };
                let expected = brute_force(&x, &y, &omega, intercept);
                let cv =
                    RidgeCv::new().alphas(ALPHAS.to_vec()).fit_intercept(intercept).store_cv_values(true);
                let model: RidgeCvModel<MultiLinearModel<f64>> = cv.fit((&x, &y, &omega)).unwrap();
                let values = model.cv_values().unwrap();
                for (i, (found, expected)) in values.iter().zip(&expected).enumerate() {
                    // A row of weight zero has no error of its own.
                    if omega[i / 6] > 0.0 {
                        // The condition of S + αI is below 10⁵.
                        let difference = (found - expected).abs() / expected.max(1e-3);
                        assert!(difference < 1e-9, "{n}×{p} {intercept} {weighted} {i}: {found} {expected}");
                    }
                }
                let sparse: RidgeCvModel<MultiLinearModel<f64>> =
                    cv.fit((&Csr::from_dense(x.view()), &y, &omega)).unwrap();
                assert!(apart(model.scores(), sparse.scores()) < 1e-10);
                // The score is what the errors say, and the model is ridge regression with the best.
                let total = omega.sum();
                let score = |a: usize| {
                    -(0..n)
                        .map(|i| omega[i] * (expected[i * 6 + a] + expected[i * 6 + 3 + a]) / 2.0)
                        .sum::<f64>()
                        / total
                };
                let best = (0..3).fold(0, |b, a| if score(a) > score(b) { a } else { b });
                assert_eq!(model.alpha().to_vec(), [ALPHAS[best]]);
                assert!((model.best_score()[0] / score(best) - 1.0).abs() < 1e-9);
                let ridge = Ridge::new().alpha(ALPHAS[best]).fit_intercept(intercept);
                let ridge: MultiLinearModel<f64> = ridge.fit((&x, &y, &omega)).unwrap();
                assert!(apart(ridge.coef(), model.coef()) < 1e-12);
            }
        }
    }
}

#[test]
fn ill_conditioned_data_are_left_out_as_accurately() {
    let (x, y) = regression(40, 3, 1, 8);
    // A fourth column that is the first but for 10⁻⁶, and scales from 10⁻³ to 10³.
    let twin = (&x.column(0) + &(&normal(40, 1, 9).column(0) * 1e-6)).insert_axis(Axis(1));
    let x = concatenate![Axis(1), x, twin] * &array![1e3, 1.0, 1e-3, 1e3] + 1e4;
    let cv = RidgeCv::new().alphas(ALPHAS.to_vec()).store_cv_values(true);
    let model: RidgeCvModel<MultiLinearModel<f64>> = cv.fit((&x, &y)).unwrap();
    let expected = brute_force(&x, &y, &Array1::ones(40), true);
    // Means of 10⁴ against spreads of 10⁻³ take seven digits, the square of the condition the rest of what is seen here.
    assert!(apart(&expected, model.cv_values().unwrap()) < 1e-5);
}

#[test]
fn each_target_may_choose_for_itself() {
    let (x, _) = regression(30, 5, 1, 10);
    let y = concatenate![Axis(1), (x.dot(&Array1::ones(5))).insert_axis(Axis(1)), normal(30, 1, 11)];
    let cv = RidgeCv::new().alphas(ALPHAS.to_vec()).alpha_per_target(true);
    let together: RidgeCvModel<MultiLinearModel<f64>> = cv.fit((&x, &y)).unwrap();
    assert_eq!(together.alpha().to_vec(), [0.01, 50.0]); // all signal, and all noise
    for k in 0..2 {
        let alone: RidgeCvModel<LinearModel<f64>> = cv.fit((&x, y.column(k))).unwrap();
        assert_eq!(alone.alpha()[0], together.alpha()[k]);
        assert!(apart(alone.coef(), together.coef().row(k)) < 1e-12);
        assert!((alone.intercept() - together.intercept()[k]).abs() < 1e-12);
    }
}

#[test]
fn folds_are_scored_by_r2() {
    let (x, y) = regression(30, 4, 1, 12);
    let y = y.column(0).to_owned();
    let model: RidgeCvModel<LinearModel<f64>> =
        RidgeCv::new().alphas(ALPHAS.to_vec()).cv(KFold::new(3)).fit((&x, &y)).unwrap();
    for (a, alpha) in ALPHAS.iter().enumerate() {
        let samples: Samples<'_, f64, Array1<f64>> = (&x, &y).into();
        let folds = KFold::new(3).folds(&samples).unwrap();
        let score: f64 = folds
            .iter()
            .map(|fold| {
                let part = samples.select(&fold.train);
                let ridge: LinearModel<f64> = Ridge::new().alpha(*alpha).fit(&part).unwrap();
                let test = y.select(Axis(0), &fold.test);
                let left = &test - &ridge.predict(&x.select(Axis(0), &fold.test)).unwrap();
                let all = &test - test.mean().unwrap();
                1.0 - left.dot(&left) / all.dot(&all)
            })
            .sum::<f64>()
            / 3.0;
        assert!((model.scores()[[a, 0]] - score).abs() < 1e-12);
    }
}

#[test]
fn what_cannot_be_chosen_is_refused() {
    let (x, y) = regression(10, 2, 1, 13);
    let y = y.column(0).to_owned();
    let fit = |cv: RidgeCv| -> Result<RidgeCvModel<LinearModel<f64>>, Error> { cv.fit((&x, &y)) };
    for alphas in [vec![], vec![1.0, 0.0], vec![f64::NAN], vec![f64::INFINITY]] {
        assert!(matches!(fit(RidgeCv::new().alphas(alphas)), Err(Error::Parameter { .. })));
    }
    let folds = RidgeCv::new().cv(KFold::new(2));
    assert!(matches!(fit(folds.clone().alpha_per_target(true)), Err(Error::Unsupported { .. })));
    assert!(matches!(fit(folds.store_cv_values(true)), Err(Error::Unsupported { .. })));
    let one: Result<RidgeCvModel<LinearModel<f64>>, _> =
        RidgeCv::new().fit((x.slice(s![..1, ..]), y.slice(s![..1])));
    assert!(matches!(one, Err(Error::Shape { .. })));
}

#[test]
fn models_survive_saving() {
    let (x, y) = regression(20, 3, 2, 14);
    let model: RidgeCvModel<MultiLinearModel<f64>> =
        RidgeCv::new().store_cv_values(true).alpha_per_target(true).fit((&x, &y)).unwrap();
    assert_eq!(RidgeCvModel::from_bytes(&model.to_bytes().unwrap()).unwrap(), model);
}

/// Three classes around corners of a triangle.
fn classes(n: usize, seed: u64) -> (Array2<f64>, Array1<usize>) {
    let y = Array1::from_shape_fn(n, |i| i % 3);
    let x = normal(n, 4, seed) + &Array2::from_shape_fn((n, 4), |(i, j)| if y[i] == j { 2.0 } else { 0.0 });
    (x, y)
}

#[test]
fn classes_are_regressed_on_signs() {
    let (x, y) = classes(60, 15);
    let signs = Array2::from_shape_fn((60, 3), |(i, c)| if y[i] == c { 1.0 } else { -1.0 });
    let model = RidgeClassifier::new().alpha(2.0).fit((&x, &y)).unwrap();
    let ridge: MultiLinearModel<f64> = Ridge::new().alpha(2.0).fit((&x, &signs)).unwrap();
    assert!(apart(ridge.coef(), model.coef()) < 1e-13);
    assert!(apart(&ridge.predict(&x).unwrap(), &model.decision_function(&x).unwrap()) < 1e-13);
    // Two classes share one column, whose sign speaks for the second.
    let two = y.mapv(|c| c == 1);
    let model = RidgeClassifier::new().alpha(2.0).fit((&x, &two)).unwrap();
    let ridge: LinearModel<f64> = Ridge::new().alpha(2.0).fit((&x, &signs.column(1).to_owned())).unwrap();
    assert_eq!(model.coef().dim(), (1, 4));
    assert!(apart(ridge.coef(), model.coef().row(0)) < 1e-13);
    assert!(model.predict(&x).unwrap().iter().zip(&two).filter(|(a, b)| a == b).count() > 50);
    // A class that counts three times is a class whose rows come three times.
    let weighted = RidgeClassifier::new().class_weight(ClassWeight::of([("true", 3.0)]));
    let omega = two.mapv(|c| if c { 3.0 } else { 1.0 });
    let rows = repeated(&omega);
    let repeated =
        RidgeClassifier::new().fit((&x.select(Axis(0), &rows), &two.select(Axis(0), &rows))).unwrap();
    assert!(apart(repeated.coef(), weighted.fit((&x, &two)).unwrap().coef()) < 1e-12);
}

#[test]
fn classifiers_choose_like_regressors_do() {
    let (x, y) = classes(45, 16);
    let signs = Array2::from_shape_fn((45, 3), |(i, c)| if y[i] == c { 1.0 } else { -1.0 });
    let model = RidgeClassifierCv::new().alphas(ALPHAS.to_vec()).fit((&x, &y)).unwrap();
    let ridge: RidgeCvModel<MultiLinearModel<f64>> =
        RidgeCv::new().alphas(ALPHAS.to_vec()).cv(LeaveOneOut).fit((&x, &signs)).unwrap();
    assert_eq!(model.alpha(), ridge.alpha()[0]);
    assert!(apart(ridge.scores(), model.cv_scores()) < 1e-13);
    // Folds are scored by the share of rows that are right, of which there are fifteen in a fold.
    let model =
        RidgeClassifierCv::new().alphas(ALPHAS.to_vec()).cv(StratifiedKFold::new(3)).fit((&x, &y)).unwrap();
    assert!(model.cv_scores().iter().all(|s| (s * 45.0 - (s * 45.0).round()).abs() < 1e-9 && *s > 0.6));
}

#[test]
fn folds_are_made_of_rows_that_count() {
    // Without weight, the first fifteen rows are a fold of nothing, whose score would be no number.
    let (x, y) = classes(45, 16);
    let omega = Array1::from_shape_fn(45, |i| if i < 15 { 0.0 } else { 1.0 });
    let (part, rest) = (x.slice(s![15.., ..]), y.slice(s![15..]).to_owned());
    let settings = RidgeClassifierCv::new().alphas(ALPHAS.to_vec()).cv(KFold::new(3));
    let (found, expected) = (settings.fit((&x, &y, &omega)).unwrap(), settings.fit((part, &rest)).unwrap());
    assert_eq!((found.cv_scores(), found.alpha()), (expected.cv_scores(), expected.alpha()));
    let (y, rest) = (y.mapv(|c| c as f64), rest.mapv(|c| c as f64));
    let settings = RidgeCv::new().alphas(ALPHAS.to_vec()).cv(KFold::new(3));
    let found: RidgeCvModel<LinearModel<f64>> = settings.fit((&x, &y, &omega)).unwrap();
    let expected: RidgeCvModel<LinearModel<f64>> = settings.fit((part, &rest)).unwrap();
    assert!(apart(expected.scores(), found.scores()) < 1e-13);
    assert_eq!(found.alpha(), expected.alpha());
}
