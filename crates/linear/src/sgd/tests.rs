use super::learn::{Split, Task, learn, with_rows};
use super::*;
use crate::testing::{apart, normal, regression, weights};
use crate::{LogisticRegression, Ridge};
use estimand_core::{
    ClassWeight, Classifier, Csr, Decide, Error, Features, Fit, FitBatches, FitClasses, PartialFit, Persist,
    Predict, PredictProba, Records, Result, Samples,
};
use ndarray::{Array1, Array2, Axis, array, concatenate, s};

type Fitted = Classifier<SgdModel<f64>, usize>;

const RATES: [LearningRate; 4] =
    [LearningRate::Constant, LearningRate::Optimal, LearningRate::InvScaling, LearningRate::Adaptive];
const PENALTIES: [SgdPenalty; 4] = [SgdPenalty::L2, SgdPenalty::L1, SgdPenalty::ElasticNet, SgdPenalty::None];

/// Overlapping classes 0 … k − 1 in p columns.
fn draw(n: usize, p: usize, k: usize, seed: u64) -> (Array2<f64>, Array1<usize>) {
    let y = Array1::from_shape_fn(n, |i| i * 7 % k);
    let mut x = normal(n, p, seed);
    x.rows_mut().into_iter().zip(&y).for_each(|(mut row, c)| row[c % p] += 1.5);
    (x, y)
}

/// The settings of steps by hand: η = 0.1, rows in order, once.
fn by_hand() -> SgdRegressor {
    SgdRegressor::new()
        .learning_rate(LearningRate::Constant)
        .eta0(0.1)
        .alpha(0.0)
        .shuffle(false)
        .max_iter(1)
        .tol(None)
}

fn two_rows() -> (Array2<f64>, Array1<f64>) {
    (array![[1.0, 2.0], [3.0, -1.0]], array![1.0, 2.0])
}

fn answer(settings: &SgdRegressor) -> [f64; 3] {
    let (x, y) = two_rows();
    let model = settings.fit((&x, &y)).unwrap();
    [model.coef()[0], model.coef()[1], model.intercept()]
}

#[test]
fn two_steps_by_hand() {
    // z = 0, r = −1: w = 0.1 (1, 2), b = 0.1. Then z = 0.3 − 0.2 + 0.1, r = −1.8: w += 0.18 (3, −1), b += 0.18.
    assert!(apart(&[0.64, 0.02, 0.28], &answer(&by_hand())) < 1e-15);
    // Before the second step, w shrinks by 1 − 0.1 · 0.5.
    assert!(apart(&[0.635, 0.01, 0.28], &answer(&by_hand().alpha(0.5))) < 1e-15);
    // The mean of (0.1, 0.2; 0.1) and (0.64, 0.02; 0.28) [Xu11]; from step 2 on, the latter.
    assert!(apart(&[0.37, 0.11, 0.19], &answer(&by_hand().average(1))) < 1e-15);
    assert!(apart(&[0.64, 0.02, 0.28], &answer(&by_hand().average(2))) < 1e-15);
    assert!(apart(&[0.64, 0.02, 0.28], &answer(&by_hand().average(3))) < 1e-15);
    // z = 0.3 − 0.2 without the intercept: r = −1.9.
    assert!(apart(&[0.67, 0.01, 0.0], &answer(&by_hand().fit_intercept(false))) < 1e-15);
}

#[test]
fn cumulative_penalties_by_hand() {
    // [Tsuruoka09]: u = 0.03 takes (0.1, 0.2) to (0.07, 0.17). z = 0.21 − 0.17 + 0.1, r = −1.86: (0.628, −0.016).
    // Then u = 0.06, of which 0.03 is received: 0.598; and −0.016, which has 0.06 + 0.03 to receive, is cut to zero.
    let found = answer(&by_hand().penalty(SgdPenalty::L1).alpha(0.3));
    assert!(apart(&[0.598, 0.0, 0.286], &found) < 1e-15 && found[1] == 0.0, "{found:?}");
    // A quarter of it L1: shrinking by 1 − 0.0225 comes first.
    let first = [0.1 - 0.0075, 0.2 - 0.0075];
    let step = 0.1 * (2.0 - (3.0 * first[0] - first[1] + 0.1));
    // The second coefficient is down to 0.0067 and has 0.0075 to receive.
    let second = [0.9775 * first[0] + 3.0 * step - 0.0075, 0.0, 0.1 + step];
    let found = answer(&by_hand().penalty(SgdPenalty::ElasticNet).alpha(0.3).l1_ratio(0.25));
    assert!(apart(&second, &found) < 1e-14, "{found:?}");
}

#[test]
fn lengths_of_steps_by_hand() {
    // α = 1e-4: the first step is α^(−1/4) = 10 long, the second 1 / (α (10³ + 1)) [Bottou12].
    let (x, y) = (array![[1.0], [-1.0]], array![1_usize, 0]);
    let settings = SgdClassifier::new().penalty(SgdPenalty::None).shuffle(false).max_iter(1).tol(None);
    let coef = |settings: &SgdClassifier| -> f64 { settings.fit((&x, &y)).unwrap().coef()[[0, 0]] };
    let second = 1.0 / (1e-4 * 1001.0);
    assert!((coef(&settings.clone().fit_intercept(false)) - 10.0).abs() < 1e-12);
    let both = settings.clone().loss(SgdLoss::Perceptron).fit_intercept(false);
    // The perceptron moves at z = 0, and not at z = 10.
    assert!((coef(&both) - 10.0).abs() < 1e-12);
    let squared = settings.loss(SgdLoss::Squared).fit_intercept(false);
    assert!((coef(&squared) - (10.0 - second * 9.0)).abs() < 1e-12);
    // η₀ / √t: 0.5 and 0.5 / √2.
    let falling = squared.learning_rate(LearningRate::InvScaling).eta0(0.5);
    assert!((coef(&falling) - (0.5 + 0.5 / 2.0_f64.sqrt() * 0.5)).abs() < 1e-15);
}

#[test]
fn passive_aggressive_steps_by_hand() {
    // ‖(3, 4)‖² = 25, and the loss of a score of 0 is 1 [Crammer06].
    let (x, y) = (array![[3.0, 4.0], [0.0, 0.0]], array![1_usize, 0]);
    let step = |rate, c: f64| -> f64 {
        let settings = SgdClassifier::new().penalty(SgdPenalty::None).learning_rate(rate).eta0(c);
        let settings = settings.shuffle(false).max_iter(1).tol(None).fit_intercept(false);
        settings.fit((&x, &y)).unwrap().coef()[[0, 0]] / 3.0
    };
    assert!((step(LearningRate::Pa1, 1.0) - 1.0 / 25.0).abs() < 1e-15);
    assert!((step(LearningRate::Pa1, 0.01) - 0.01).abs() < 1e-15);
    assert!((step(LearningRate::Pa2, 1.0) - 1.0 / 25.5).abs() < 1e-15);
    let regressor = SgdRegressor::new().loss(SgdRegressorLoss::EpsilonInsensitive).epsilon(0.5);
    let regressor = regressor.learning_rate(LearningRate::Pa1).eta0(10.0).penalty(SgdPenalty::None);
    let regressor = regressor.shuffle(false).max_iter(1).tol(None).fit_intercept(false);
    // From 0 to within ε of −3: a loss of 2.5 over 25.
    let model = regressor.fit((&x, &array![-3.0, 0.0])).unwrap();
    assert!(apart(&[-0.3, -0.4], model.coef()) < 1e-15);
}

/// Mean logistic loss + α/2 ‖w‖².
fn objective(
    x: &Array2<f64>,
    y: &Array1<usize>,
    omega: &Array1<f64>,
    w: &Array1<f64>,
    b: f64,
    alpha: f64,
) -> f64 {
    let z = x.dot(w) + b;
    let loss = |i: usize| (if y[i] == 1 { -z[i] } else { z[i] }).exp().ln_1p();
    let total: f64 = (0..y.len()).map(|i| omega[i] * loss(i)).sum();
    total / omega.sum() + 0.5 * alpha * w.dot(w)
}

#[test]
fn decreasing_steps_end_at_the_minimum_of_logistic_regression() {
    let ((x, y), alpha) = (draw(400, 4, 2, 3), 0.01);
    for omega in [Array1::ones(400), weights(400)] {
        let best = LogisticRegression::new().c(1.0 / (alpha * omega.sum())).tol(1e-10);
        let best = best.fit((&x, &y, &omega)).unwrap();
        let reach = |coef: &Array2<f64>, intercept: &Array1<f64>| {
            objective(&x, &y, &omega, &coef.row(0).to_owned(), intercept[0], alpha)
        };
        let least = reach(best.coef(), best.intercept());
        let settings = SgdClassifier::new().loss(SgdLoss::Log).alpha(alpha).max_iter(300).tol(None);
        for (settings, bound) in [(settings.clone(), 1e-4), (settings.average(40_000), 1e-5)] {
            let model = settings.fit((&x, &y, &omega)).unwrap();
            let excess = reach(model.coef(), model.intercept()) / least - 1.0;
            // η ≈ 1 / αt after 120 000 steps: a variance of the order of ησ².
            assert!((-1e-12..bound).contains(&excess), "{excess:e}");
        }
    }
}

#[test]
fn decreasing_steps_end_at_the_minimum_of_ridge_regression() {
    let (x, y) = regression(300, 5, 1, 4);
    let (y, omega, alpha) = (y.remove_axis(Axis(1)), weights(300), 0.05);
    let best = Ridge::new().alpha(alpha * omega.sum()).fit((&x, &y, &omega)).unwrap();
    let settings =
        SgdRegressor::new().alpha(alpha).eta0(0.1).power_t(0.5).average(30_000).max_iter(300).tol(None);
    let model = settings.fit((&x, &y, &omega)).unwrap();
    // An average of 60 000 steps around the minimum.
    assert!(apart(best.coef(), model.coef()) < 2e-3, "{} for {}", model.coef(), best.coef());
    assert!((best.intercept() - model.intercept()).abs() < 2e-3 * best.intercept());
}

#[test]
fn l1_penalties_leave_out_columns_of_noise() {
    let mut x = normal(300, 8, 5);
    let y = &x.column(0) * 2.0 - x.column(1);
    x.column_mut(7).fill(0.0);
    let alpha = 0.2;
    let settings = SgdRegressor::new().penalty(SgdPenalty::L1).alpha(alpha).eta0(0.2).power_t(0.6);
    let settings = settings.max_iter(300).tol(None);
    let model = settings.fit((&x, &y)).unwrap();
    let residual = &x.dot(model.coef()) + model.intercept() - &y;
    for (j, w) in model.coef().iter().enumerate() {
        let slope = x.column(j).dot(&residual) / 300.0;
        // The condition of the minimum: −slope = α sign w, or |slope| ≤ α where w = 0. Steps still move w at the end.
        let off = if *w == 0.0 { (slope.abs() - alpha).max(0.0) } else { (slope + alpha * w.signum()).abs() };
        assert!(off < 0.02, "column {j}: w = {w}, slope {slope}");
        assert_eq!(*w != 0.0, j < 2, "column {j}: {w}");
    }
}

#[test]
fn the_perceptron_separates_what_can_be_separated() {
    let x = normal(200, 3, 6);
    let y = Array1::from_shape_fn(200, |i| usize::from(x[[i, 0]] - 2.0 * x[[i, 1]] > 0.3));
    let model = Perceptron::new().tol(None).max_iter(1000).fit((&x, &y)).unwrap();
    assert_eq!(model.predict(&x).unwrap(), y);
}

fn classifiers() -> impl Iterator<Item = SgdClassifier> {
    RATES.into_iter().flat_map(|rate| {
        PENALTIES.into_iter().flat_map(move |penalty| {
            [0, 1, 30].map(|average| {
                let settings = SgdClassifier::new().loss(SgdLoss::Log).alpha(0.01).tol(None);
                settings.learning_rate(rate).penalty(penalty).average(average)
            })
        })
    })
}

#[test]
fn a_batch_goes_on_where_the_model_stood() {
    let (x, y) = draw(60, 4, 3, 7);
    let parts = [(x.slice(s![..23, ..]), y.slice(s![..23])), (x.slice(s![23.., ..]), y.slice(s![23..]))];
    for settings in classifiers() {
        // In order: both parts, one after the other, are one epoch.
        let ordered = settings.clone().shuffle(false).max_iter(1);
        let whole = ordered.fit((&x, &y)).unwrap();
        let mut model = ordered.begin(0..3_usize, Features::unnamed(4)).unwrap();
        parts.iter().for_each(|(x, y)| model.partial_fit((x, *y)).unwrap());
        assert_eq!(whole.coef(), model.coef(), "{settings:?}");
        assert_eq!(whole.intercept(), model.intercept(), "{settings:?}");
        // The same, sparse: w is multiplied out between them, which rounds.
        let mut model = ordered.begin::<f64, _>(0..3_usize, Features::unnamed(4)).unwrap();
        for (x, y) in parts {
            model.partial_fit((&Csr::from_dense(x), y)).unwrap();
        }
        assert!(apart(whole.coef(), model.coef()) < 1e-11, "{settings:?}");
        // Shuffled: all rows as a batch are one epoch more.
        let mut model = settings.clone().max_iter(2).fit((&x, &y)).unwrap();
        model.partial_fit((&x, &y)).unwrap();
        assert_eq!(settings.max_iter(3).fit((&x, &y)).unwrap().coef(), model.coef());
    }
    let (x, y) = regression(50, 3, 1, 8);
    let y = y.remove_axis(Axis(1));
    for penalty in PENALTIES {
        let settings = SgdRegressor::new().penalty(penalty).alpha(0.02).average(20).tol(None);
        let mut model = settings.begin(Features::unnamed(3)).unwrap();
        (0..3).for_each(|_| model.partial_fit((&x, &y)).unwrap());
        assert_eq!(model.report().iterations, 3);
        assert_eq!(settings.max_iter(3).fit((&x, &y)).unwrap().coef(), model.coef());
    }
}

#[test]
fn refused_batches_leave_the_model_as_it_was() {
    let (mut x, y) = draw(30, 3, 3, 9);
    let mut model = SgdClassifier::new().begin::<f64, _>(0..3_usize, Features::unnamed(3)).unwrap();
    model.partial_fit((&x, &y)).unwrap();
    let before = model.clone();
    let refused =
        |model: &mut Fitted, x: &Array2<f64>, y: &Array1<usize>| model.partial_fit((x, y)).unwrap_err();
    assert!(matches!(refused(&mut model, &x, &y.mapv(|c| 2 * c)), Error::UnknownLabel { .. }));
    assert!(matches!(refused(&mut model, &x.slice(s![.., ..2]).to_owned(), &y), Error::Shape { .. }));
    x[[4, 1]] = f64::NAN;
    assert!(matches!(refused(&mut model, &x, &y), Error::NonFinite { row: 4, column: 1, .. }));
    x.fill(1e200);
    assert!(matches!(refused(&mut model, &x, &y), Error::Numerical { .. }));
    assert_eq!(model, before);
    let whole_sets = SgdClassifier::new().early_stopping(true).begin::<f64, _>(0..3, Features::unnamed(3));
    assert!(whole_sets.unwrap_err().to_string().contains("early stopping"));
    let balanced = SgdClassifier::new().class_weight(ClassWeight::Balanced);
    assert!(balanced.begin::<f64, _>(0..3, Features::unnamed(3)).is_err());
}

#[test]
fn class_weights_count_in_batches() {
    let (x, y) = draw(40, 3, 2, 10);
    let weight = ClassWeight::of([(0, 3.0), (1, 0.5)]);
    let omega = y.mapv(|c| if c == 0 { 3.0 } else { 0.5 });
    let settings = SgdClassifier::new();
    let mut a = settings.clone().class_weight(weight).begin(0..2_usize, Features::unnamed(3)).unwrap();
    let mut b = settings.begin(0..2_usize, Features::unnamed(3)).unwrap();
    a.partial_fit((&x, &y)).unwrap();
    b.partial_fit((&x, &y, &omega)).unwrap();
    assert_eq!(a.coef(), b.coef());
}

#[test]
fn early_stopping_returns_the_best_epoch() {
    let (x, y) = draw(120, 4, 2, 11);
    let signs: Vec<f64> = y.iter().map(|c| *c as f64 * 2.0 - 1.0).collect();
    // Long steps: the accuracy goes up and down.
    let settings = SgdClassifier::new().learning_rate(LearningRate::Constant).eta0(2.0).early_stopping(true);
    let settings = settings.validation_fraction(0.3).tol(None).max_iter(12);
    let plan = settings.plan();
    let split = Split::new::<f64>(&plan, 120, None, 2, |row| y[row as usize]).unwrap();
    assert_eq!((split.held.len(), split.train.len()), (36, 84));
    assert_eq!(split.held.iter().filter(|row| y[**row as usize] == 1).count(), 18);
    let right = |model: &Fitted| {
        let found = model.predict(&x).unwrap();
        split.held.iter().filter(|row| found[**row as usize] == y[**row as usize]).count()
    };
    // Without early stopping, from the same rows in the same order, each epoch's model in turn.
    let mut last = settings.plan();
    last.early_stopping = false;
    let each: Vec<usize> = (1..=12)
        .map(|epochs| {
            last.max_iter = epochs;
            let begun = last.begin(vec![0.0; 4], 0.0);
            let (state, _) = with_rows(Records::from(&x), |x| {
                learn(&Task { plan: &last, x, y: &signs, split: &split }, begun).unwrap()
            });
            let (w, b) = (Array1::from(state.coef), state.intercept);
            let score = |row: &&u32| (x.row(**row as usize).dot(&w) + b > 0.0) == (y[**row as usize] == 1);
            split.held.iter().filter(score).count()
        })
        .collect();
    let best = each.iter().max().unwrap();
    assert!(each.last() < Some(best), "the last epoch is the best, which shows nothing: {each:?}");
    assert_eq!(right(&settings.fit((&x, &y)).unwrap()), *best, "{each:?}");
    // And it stops: five epochs after the last that was better.
    let stopped = settings.tol(Some(0.0)).max_iter(1000).fit((&x, &y)).unwrap();
    assert!(stopped.report().converged && stopped.report().iterations < 1000);
}

#[test]
fn a_regressor_keeps_rows_back_too() {
    let (x, y) = regression(200, 3, 1, 12);
    let y = y.remove_axis(Axis(1));
    let model = SgdRegressor::new().early_stopping(true).fit((&x, &y)).unwrap();
    assert!(model.report().converged && (model.intercept() - 3.0).abs() < 0.3, "{model:?}");
    let one = SgdRegressor::new().early_stopping(true).fit((&x.slice(s![..1, ..]), &array![1.0]));
    assert!(matches!(one, Err(Error::Target { .. })));
}

#[test]
fn adaptive_steps_are_divided_and_the_end_is_reported() {
    let (x, y) = regression(100, 3, 1, 13);
    let y = y.remove_axis(Axis(1));
    let adaptive = SgdRegressor::new().learning_rate(LearningRate::Adaptive).eta0(0.1).tol(Some(1e-6));
    let model = adaptive.fit((&x, &y)).unwrap();
    let best = Ridge::new().alpha(1e-4 * 100.0).fit((&x, &y)).unwrap();
    // η ends below 1e-6, where nothing moves any more; on the way, epochs that gain less than 1e-6 are cut short: the square root of a
    // few of these in the coefficients.
    let off = apart(best.coef(), model.coef());
    assert!(model.report().converged && off < 1e-2, "{off:e}: {}", model.report());
    let short = SgdRegressor::new().max_iter(2).tol(Some(1e-12)).fit((&x, &y)).unwrap();
    assert!(!short.report().converged && short.report().iterations == 2);
    let fixed = SgdRegressor::new().max_iter(2).tol(None).fit((&x, &y)).unwrap();
    assert!(fixed.report().converged && fixed.coef() == short.coef());
}

#[test]
fn steps_that_grow_are_reported() {
    let (x, y) = regression(50, 3, 1, 23);
    let y = y.remove_axis(Axis(1));
    let model = SgdRegressor::new().fit((&(&x * 1e5), &y)).unwrap();
    assert!(
        !model.report().converged && model.report().notes[0].contains("scale the columns"),
        "{}",
        model.report()
    );
    let (x, y) = draw(50, 3, 3, 24);
    let settings = SgdClassifier::new().loss(SgdLoss::Squared).learning_rate(LearningRate::Constant);
    let model = settings.clone().fit((&(&x * 1e5), &y)).unwrap();
    assert!(!model.report().converged && model.report().notes.len() == 1, "{}", model.report());
    assert!(settings.fit((&x, &y)).unwrap().report().notes.is_empty());
}

#[test]
fn probabilities_follow_the_loss() {
    let (x, y) = draw(150, 4, 3, 14);
    let model = SgdClassifier::new().loss(SgdLoss::Log).alpha(0.01).fit((&x, &y)).unwrap();
    let (proba, z): (Array2<f64>, Array2<f64>) =
        (model.predict_proba(&x).unwrap(), model.decision_function(&x).unwrap());
    let sigma = z.mapv(|z| 1.0 / (1.0 + (-z).exp()));
    let expected = &sigma / &sigma.sum_axis(Axis(1)).insert_axis(Axis(1));
    assert!(apart(&expected, &proba) < 1e-14);
    // Far away every σ is zero to the last digit; their ratios are not.
    let far = model.predict_proba(&(&x * 1e4)).unwrap();
    assert!(far.rows().into_iter().all(|row| (row.sum() - 1.0).abs() < 1e-14));

    let model = SgdClassifier::new().loss(SgdLoss::ModifiedHuber).alpha(0.01).fit((&x, &y)).unwrap();
    let (proba, z): (Array2<f64>, Array2<f64>) =
        (model.predict_proba(&x).unwrap(), model.decision_function(&x).unwrap());
    let share = z.mapv(|z| (z.clamp(-1.0, 1.0) + 1.0) / 2.0);
    for (row, share) in proba.rows().into_iter().zip(share.rows()) {
        let sum = share.sum();
        let expected = share.mapv(|s| if sum > 0.0 { s / sum } else { 1.0 / 3.0 });
        assert!(apart(&expected, row) < 1e-15);
    }
    let model = SgdClassifier::new().fit((&x, &y)).unwrap();
    let error = model.predict_proba(&x).unwrap_err().to_string();
    assert!(error.contains("Hinge") && error.contains("ModifiedHuber"), "{error}");
}

#[test]
fn a_fit_starts_from_a_model() {
    let (x, y) = draw(100, 3, 3, 15);
    let settings = SgdClassifier::new().loss(SgdLoss::Log).alpha(0.01).tol(None).max_iter(50);
    let first = settings.fit((&x, &y)).unwrap();
    // Steps that are next to nothing: the model stays.
    let still = settings.clone().learning_rate(LearningRate::Constant).eta0(1e-12).max_iter(1);
    let second = still.fit_from(&first, (&x, &y)).unwrap();
    assert!(apart(first.coef(), second.coef()) < 1e-9);
    assert!(apart(still.fit((&x, &y)).unwrap().coef(), second.coef()) > 1.0);
    let refused = |y: Array1<usize>| settings.fit_from(&first, (&x, &y)).unwrap_err();
    assert!(matches!(refused(y.mapv(|c| c.min(1))), Error::Target { .. }));
    assert!(matches!(refused(y.mapv(|c| c + 1)), Error::Target { .. }));
    assert!(settings.fit_from(&first, (&x.slice(s![.., ..2]), &y)).is_err());

    let (x, y) = regression(100, 3, 1, 16);
    let y = y.remove_axis(Axis(1));
    let first = SgdRegressor::new().fit((&x, &y)).unwrap();
    let still = SgdRegressor::new().eta0(1e-12).tol(None).max_iter(1);
    assert!(apart(first.coef(), still.fit_from(&first, (&x, &y)).unwrap().coef()) < 1e-9);
}

#[test]
fn settings_that_contradict_one_another_are_refused() {
    let (x, y) = draw(20, 2, 2, 17);
    let name = |settings: SgdClassifier| match settings.fit((&x, &y)) {
        Err(Error::Parameter { name, .. }) => name,
        other => format!("{other:?}"),
    };
    assert_eq!(name(SgdClassifier::new().alpha(0.0)), "alpha");
    assert_eq!(
        name(SgdClassifier::new().loss(SgdLoss::Log).learning_rate(LearningRate::Pa1)),
        "learning_rate"
    );
    assert_eq!(name(SgdClassifier::new().l1_ratio(1.5)), "l1_ratio");
    let y = y.mapv(|c| c as f64);
    let regressor = SgdRegressor::new().learning_rate(LearningRate::Pa2).fit((&x, &y));
    assert!(matches!(regressor, Err(Error::Parameter { .. })));
}

/// Hinge losses look away from rows far on their side, NaN and infinities among them.
#[test]
fn values_that_are_not_finite_are_located_whatever_the_loss() {
    let losses = [SgdLoss::Hinge, SgdLoss::Log, SgdLoss::Perceptron, SgdLoss::EpsilonInsensitive];
    for (loss, value) in losses.into_iter().flat_map(|l| [(l, f64::NAN), (l, f64::INFINITY)]) {
        for early in [false, true] {
            let (mut x, y) = draw(60, 3, 2, 18);
            x[[41, 2]] = value;
            let settings = SgdClassifier::new().loss(loss).early_stopping(early).validation_fraction(0.5);
            let found: Result<Fitted> = settings.fit((&x, &y));
            assert!(matches!(found, Err(Error::NonFinite { row: 41, column: 2, .. })), "{loss:?} {value}");
            let sparse = settings.fit((&Csr::from_dense(x.view()), &y));
            assert!(matches!(sparse, Err(Error::NonFinite { row: 41, column: 2, .. })), "{loss:?} {value}");
        }
    }
}

#[test]
fn layouts_and_storage_agree() {
    let (x, y) = draw(80, 5, 3, 19);
    let x = x.mapv(|v| if v.abs() < 0.4 { 0.0 } else { v });
    let both = concatenate(Axis(0), &[x.view(), x.view()]).unwrap();
    for settings in classifiers().map(|s| s.max_iter(3)) {
        let plain = settings.fit((&x, &y)).unwrap();
        let columns = x.t().as_standard_layout().into_owned();
        assert_eq!(plain.coef(), settings.fit((columns.t(), &y)).unwrap().coef());
        assert_eq!(plain.coef(), settings.fit((both.slice(s![80.., ..]), &y)).unwrap().coef());
        // On sparse records an L1 penalty waits for its column.
        if settings.plan().strengths().1 == 0.0 {
            let sparse = settings.fit((&Csr::from_dense(x.view()), &y)).unwrap();
            assert!(apart(plain.coef(), sparse.coef()) < 1e-11, "{settings:?}");
        }
    }
}

#[test]
fn rows_of_weight_zero_take_no_step() {
    let (x, y) = draw(60, 3, 2, 20);
    let omega = weights(60);
    let kept: Vec<usize> = (0..60).filter(|i| omega[*i] > 0.0).collect();
    for settings in classifiers().map(|s| s.max_iter(3).shuffle(false)) {
        let all = settings.fit((&x, &y, &omega)).unwrap();
        let samples: Samples<'_, f64, Array1<usize>> = (&x, &y, &omega).into();
        let some = settings.fit_samples(samples.select(&kept).samples()).unwrap();
        assert_eq!(all.coef(), some.coef());
    }
}

#[test]
fn forged_files_are_refused() {
    let (x, y) = draw(40, 3, 3, 21);
    let model = SgdClassifier::new().penalty(SgdPenalty::L1).average(1).fit((&x, &y)).unwrap();
    let mut loaded = Fitted::from_bytes(&model.to_bytes().unwrap()).unwrap();
    // What goes on from a file goes on as from the model.
    let mut model = model;
    model.partial_fit((&x, &y)).unwrap();
    loaded.partial_fit((&x, &y)).unwrap();
    assert_eq!(model, loaded);
    let json = model.to_json().unwrap();
    for (from, to) in [
        ("\"average\":1", "\"average\":0"),
        ("\"penalty\":\"L1\"", "\"penalty\":\"L2\""),
        ("\"alpha\":", "\"alpha\":-"),
    ] {
        assert!(json.contains(from), "{json}");
        assert!(matches!(
            Fitted::from_json(&json.replace(from, to)),
            Err(Error::Persist { .. } | Error::Parameter { .. })
        ));
    }
}

#[test]
fn classes_are_named_by_the_settings() {
    assert_eq!(*FitClasses::class_weight(&Perceptron::new()), ClassWeight::Uniform);
    let (x, y) = draw(40, 3, 3, 22);
    let mut model = Perceptron::new().begin::<f64, _>(0..3_usize, Features::unnamed(3)).unwrap();
    (0..5).for_each(|_| model.partial_fit((&x, &y)).unwrap());
    assert_eq!(model.coef().dim(), (3, 3));
}
