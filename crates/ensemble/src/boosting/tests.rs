use super::*;
use estimand_core::random::{Seed, below};
use estimand_core::{Decide, Fit, Predict, PredictProba};
use ndarray::{Array1, Array2, array};

/// Records of `p` columns in [0, 10), and a target that some of them make.
fn data(n: usize, p: usize, seed: u64) -> (Array2<f64>, Array1<f64>) {
    let mut stream = Seed(seed).stream(0);
    let x = Array2::from_shape_simple_fn((n, p), || below(1000, &mut stream) as f64 / 100.0);
    let noise = |i: usize| ((i * 7919 % 1009) as f64 / 1009.0 - 0.5) * 0.4;
    let y = x.rows().into_iter().enumerate().map(|(i, row)| row[0].sin() * 2.0 + 0.3 * row[p - 1] + noise(i));
    (x.clone(), y.collect())
}

fn settings() -> HistGradientBoostingRegressor {
    HistGradientBoostingRegressor::new().early_stopping(EarlyStopping::Never).min_samples_leaf(1.0)
}

#[test]
fn one_round_by_hand() {
    // The mean is 5, and the best of two leaves part 1, 2 | 9, 8.
    let (x, y) = (array![[0.0], [1.0], [2.0], [3.0]], array![1.0, 2.0, 9.0, 8.0]);
    let stump = settings().max_iter(1).max_leaf_nodes(Some(2));
    let model = stump.clone().learning_rate(1.0).fit((&x, &y)).unwrap();
    assert_eq!(model.predict(&x).unwrap(), array![1.5, 1.5, 8.5, 8.5]);
    let slow = stump.clone().learning_rate(0.1).fit((&x, &y)).unwrap();
    assert_eq!(slow.predict(&x).unwrap(), array![4.65, 4.65, 5.35, 5.35]);
    // Values are −Σg / (2 + λ).
    let held_back = stump.learning_rate(1.0).l2_regularization(5.0).fit((&x, &y)).unwrap();
    assert_eq!(held_back.predict(&x).unwrap(), array![4.0, 4.0, 6.0, 6.0]);
    assert_eq!((model.history().train[0], model.history().train[1]), (6.25, 0.125));
    assert_eq!((model.constant(), model.trees().len(), model.report().iterations), (5.0, 1, 1));
}

#[test]
fn one_round_of_two_classes_by_hand() {
    let x = array![[0.0], [1.0], [2.0], [3.0]];
    let y: Array1<usize> = array![0, 0, 1, 0];
    let settings = HistGradientBoostingClassifier::new()
        .early_stopping(EarlyStopping::Never)
        .min_samples_leaf(1.0)
        .max_iter(1)
        .max_leaf_nodes(Some(2))
        .learning_rate(1.0);
    let model = settings.fit((&x, &y)).unwrap();
    // p = ¼: gradients ¼, ¼, −¾, ¼; hessians 3/16. The best stump parts the first two: ∓½ / ⅜.
    let raw = model.decision_function(&x).unwrap();
    let base = (1.0_f64 / 3.0).ln();
    for (i, step) in [-4.0 / 3.0, -4.0 / 3.0, 4.0 / 3.0, 4.0 / 3.0].into_iter().enumerate() {
        assert!((raw[[i, 0]] - (base + step)).abs() < 1e-12);
    }
}

#[test]
fn every_round_lowers_the_loss_it_is_asked_to_lower() {
    let (x, y) = data(500, 3, 1);
    let positive = y.mapv(f64::exp);
    for (loss, y) in [
        (RegressionLoss::Squared, &y),
        (RegressionLoss::Absolute, &y),
        (RegressionLoss::Huber(0.5), &y),
        (RegressionLoss::Quantile(0.8), &y),
        (RegressionLoss::Poisson, &positive),
        (RegressionLoss::Gamma, &positive),
        (RegressionLoss::Tweedie(1.5), &positive),
    ] {
        let model = settings().loss(loss).max_iter(60).min_samples_leaf(10.0).fit((&x, y)).unwrap();
        let losses = &model.history().train;
        assert_eq!(losses.len(), 61);
        // Newton's step for the gamma deviance overshoots where y lies far below the mean.
        let falls = losses.windows(2).all(|pair| pair[1] <= pair[0] + 1e-12);
        assert!(falls || loss == RegressionLoss::Gamma, "{loss:?}: {losses:?}");
        // What the constant leaves to learn is learnt for the most part; deviances have a floor above 0.
        let floor = match loss {
            RegressionLoss::Poisson => y.iter().map(|y| y - y * y.ln()).sum::<f64>() / 500.0,
            RegressionLoss::Gamma => y.iter().map(|y| 1.0 + y.ln()).sum::<f64>() / 500.0,
            RegressionLoss::Tweedie(_) => y.iter().map(|y| 4.0 * y.sqrt()).sum::<f64>() / 500.0,
            _ => 0.0,
        };
        assert!(losses[60] - floor < 0.35 * (losses[0] - floor), "{loss:?}: {} {}", losses[0], losses[60]);
    }
}

#[test]
fn quantiles_lie_where_they_should() {
    let (x, y) = data(2000, 2, 3);
    for q in [0.1, 0.5, 0.9] {
        let settings = settings().loss(RegressionLoss::Quantile(q)).min_samples_leaf(50.0);
        let predicted = settings.fit((&x, &y)).unwrap().predict(&x).unwrap();
        let below = y.iter().zip(&predicted).filter(|(y, p)| y <= p).count() as f64 / 2000.0;
        assert!((below - q).abs() < 0.03, "{q}: {below}");
    }
}

#[test]
fn leaves_of_quantiles_are_quantiles_by_weight() {
    use super::objective::quantile;
    let pairs = |values: &[f64], w: &[f64]| values.iter().copied().zip(w.iter().copied()).collect::<Vec<_>>();
    assert_eq!(quantile(pairs(&[3.0, 1.0, 2.0], &[1.0; 3]), 0.5), 2.0);
    assert_eq!(quantile(pairs(&[4.0, 1.0, 2.0, 3.0], &[1.0; 4]), 0.5), 2.5);
    assert_eq!(quantile(pairs(&[1.0, 2.0, 7.0], &[2.0, 0.0, 1.0]), 0.5), 1.0);
    assert_eq!(quantile(pairs(&[1.0, 1.0, 7.0], &[1.0; 3]), 0.5), 1.0);
}

#[test]
fn boosting_stops_when_held_out_rows_gain_nothing() {
    let (x, y) = data(600, 2, 5);
    // Nothing can be learnt from this column.
    let noise = x.column(1).mapv(|v| (v * 1e4).sin()).insert_axis(ndarray::Axis(1));
    let settings = settings().early_stopping(EarlyStopping::Always).n_iter_no_change(5).max_iter(500);
    let model = settings.fit((&noise, &y)).unwrap();
    let losses = &model.history().validation;
    assert!(model.trees().len() < 60 && losses.len() == model.trees().len() + 1);
    let before = losses[losses.len() - 6];
    assert!(losses[losses.len() - 5..].iter().all(|loss| *loss >= before - 1e-7));
    let again = settings.fit((&noise, &y)).unwrap();
    assert_eq!(model, again);
    assert_ne!(model, settings.seed(1).fit((&noise, &y)).unwrap());
}

#[test]
fn raw_predictions_do_not_fall_with_a_monotone_column() {
    let (x, y) = data(800, 3, 7);
    let model = settings().monotonic_cst(vec![0, 0, 1]).fit((&x, &y)).unwrap();
    for a in [1.0, 4.0, 7.7] {
        let grid = Array2::from_shape_fn((200, 3), |(i, j)| if j == 2 { i as f64 / 20.0 } else { a });
        let predicted = model.predict(&grid).unwrap();
        assert!(predicted.windows(2).into_iter().all(|pair| pair[0] <= pair[1]));
    }
}

#[test]
fn categories_need_no_order() {
    // Every third category is high: no cut of codes finds that in few splits, a set does in one.
    let x = Array2::from_shape_fn((400, 1), |(i, _)| (i * 37 % 60) as f64);
    let y = x.column(0).mapv(|c| if c % 3.0 == 0.0 { 1.0 } else { 0.0 });
    let stump = settings().max_iter(1).learning_rate(1.0).max_leaf_nodes(Some(2));
    let error = |settings: HistGradientBoostingRegressor| {
        let model = settings.fit((&x, &y)).unwrap();
        model.history().train[1]
    };
    assert!(error(stump.clone().categorical_features(vec![0])) < 1e-12);
    assert!(error(stump) > 0.05);
}

#[test]
fn classes_of_many_rows_are_told_apart_and_probabilities_add_up() {
    let (x, _) = data(600, 3, 9);
    let y: Array1<i64> = x.column(0).mapv(|v| v as i64 / 3);
    let model = HistGradientBoostingClassifier::new().max_iter(20).fit((&x, &y)).unwrap();
    let right = model.predict(&x).unwrap().iter().zip(&y).filter(|(a, b)| a == b).count();
    assert!(right > 590);
    let proba = model.predict_proba(&x).unwrap();
    assert!(proba.rows().into_iter().all(|row| (row.sum() - 1.0).abs() < 1e-12));
    assert_eq!(model.model().trees().len(), 20 * 4);
}

#[test]
fn what_cannot_be_honoured_is_refused() {
    let (x, y) = data(50, 2, 11);
    let refused = |settings: HistGradientBoostingRegressor, y: &Array1<f64>| {
        settings.fit((&x, y)).map(|_| ()).unwrap_err().to_string()
    };
    assert!(refused(settings().monotonic_cst(vec![1]), &y).contains("monotonic_cst"));
    assert!(refused(settings().monotonic_cst(vec![2, 0]), &y).contains("−1, 0 or 1"));
    assert!(refused(settings().interaction_cst(vec![vec![5]]), &y).contains("interaction_cst"));
    assert!(refused(settings().categorical_features(vec![2]), &y).contains("categorical_features"));
    assert!(refused(settings().loss(RegressionLoss::Quantile(1.0)), &y).contains("loss"));
    assert!(refused(settings().loss(RegressionLoss::Huber(0.0)), &y).contains("loss"));
    assert!(refused(settings().loss(RegressionLoss::Gamma), &y.mapv(|_| 0.0)).contains("above 0"));
    assert!(refused(settings().loss(RegressionLoss::Poisson), &y.mapv(|_| 0.0)).contains("mean"));
    assert!(refused(settings().loss(RegressionLoss::Poisson), &y.mapv(|_| -1.0)).contains("not negative"));
}

#[test]
fn going_on_is_as_never_having_stopped() {
    let (x, y) = data(400, 3, 13);
    let settings = settings().max_features(0.7).row_sampling(RowSampling::Share(0.6));
    let all = settings.clone().max_iter(30).fit((&x, &y)).unwrap();
    let some = settings.clone().max_iter(12).fit((&x, &y)).unwrap();
    let rest = settings.clone().max_iter(30).fit_from(&some, (&x, &y)).unwrap();
    assert_eq!(rest.trees().len(), 30);
    let (a, b) = (all.predict(&x).unwrap(), rest.predict(&x).unwrap());
    // Raw predictions are added up in the same order.
    assert_eq!(a, b);
    assert!(settings.clone().max_iter(12).fit_from(&some, (&x, &y)).is_err());
    assert!(
        settings.max_iter(30).loss(RegressionLoss::Poisson).fit_from(&some, (&x, &y.mapv(f64::exp))).is_err()
    );

    let labels = y.mapv(|y| if y > 0.0 { "up" } else { "down" });
    let settings = HistGradientBoostingClassifier::new();
    let all = settings.clone().max_iter(10).fit((&x, &labels)).unwrap();
    let some = settings.clone().max_iter(4).fit((&x, &labels)).unwrap();
    let rest = settings.clone().max_iter(10).fit_from(&some, (&x, &labels)).unwrap();
    assert_eq!(all.decision_function(&x).unwrap(), rest.decision_function(&x).unwrap());
    let others = y.mapv(|y| if y > 0.0 { "up" } else { "left" });
    assert!(settings.fit_from(&some, (&x, &others)).is_err());
}

#[test]
fn rows_given_are_watched() {
    let (x, y) = data(600, 3, 15);
    let (test_x, test_y) = data(200, 3, 16);
    let mut seen = Vec::new();
    let watch = Watch::new().validation((&test_x, &test_y)).on_round(|round| {
        seen.push(*round);
        std::ops::ControlFlow::Continue(())
    });
    let model = settings().max_iter(8).fit_watched((&x, &y), watch).unwrap();
    assert_eq!(model.history().validation.len(), 9);
    let residual = model.predict(&test_x).unwrap() - &test_y;
    let loss = residual.mapv(|r| 0.5 * r * r).mean().unwrap();
    assert!((loss - seen[7].validation_loss.unwrap()).abs() < 1e-12);
    assert_eq!((seen.len(), seen[7].number, seen[7].train_loss), (8, 8, model.history().train[7]));
    // Watching changes nothing.
    assert_eq!(model.trees(), settings().max_iter(8).fit((&x, &y)).unwrap().trees());

    // A score that never rises again stops after `n_iter_no_change` rounds.
    let watch = Watch::new().validation((&test_x, &test_y)).score(|_| Ok(1.0));
    let stopped =
        settings().early_stopping(EarlyStopping::Auto).n_iter_no_change(3).fit_watched((&x, &y), watch);
    assert_eq!(stopped.unwrap().trees().len(), 3);
    let failing =
        Watch::new().validation((&test_x, &test_y)).score(|_| Err(estimand_core::Error::target("no")));
    assert!(settings().fit_watched((&x, &y), failing).is_err());
    assert!(settings().fit_watched((&x, &y), Watch::new().score(|_| Ok(0.0))).is_err());

    let (labels, test_labels) = (y.mapv(|y| y > 0.0), test_y.mapv(|y| y > 0.0));
    let watch = Watch::new().validation((&test_x, &test_labels)).score(|proba| {
        assert_eq!(proba.dim(), (200, 2));
        Ok(proba.column(1).sum())
    });
    let model = HistGradientBoostingClassifier::new().max_iter(5).fit_watched((&x, &labels), watch).unwrap();
    assert_eq!(model.model().history().validation.len(), 6);
}

#[test]
fn stages_lead_to_the_prediction() {
    let (x, y) = data(200, 2, 17);
    let model = settings().loss(RegressionLoss::Poisson).max_iter(5).fit((&x, &y.mapv(f64::exp))).unwrap();
    let stages: Vec<Array1<f64>> = model.staged_predict(&x).unwrap().collect();
    assert_eq!((stages.len(), &stages[4]), (5, &model.predict(&x).unwrap()));
    let labels = x.column(0).mapv(|v| v as usize / 4);
    let model = HistGradientBoostingClassifier::new().max_iter(5).fit((&x, &labels)).unwrap();
    let last = model.model().staged_probabilities(&x).unwrap().last().unwrap();
    assert_eq!(last, model.predict_proba(&x).unwrap());
}

#[test]
fn columns_that_matter_are_told() {
    let (x, y) = data(800, 4, 19);
    let model = settings().max_iter(20).fit((&x, &y)).unwrap();
    for kind in [Importance::Gain, Importance::Splits] {
        let shares = model.feature_importances(kind);
        assert!((shares.sum() - 1.0).abs() < 1e-12);
        assert!(shares[0] > shares[1] && shares[3] > shares[2]);
    }
    assert!(model.feature_importances(Importance::Gain)[0] > 0.5);
}

#[test]
fn samples_of_rows_teach_nearly_as_much() {
    let (x, y) = data(3000, 4, 21);
    let loss = |sampling| {
        let model = settings().min_samples_leaf(20.0).row_sampling(sampling).fit((&x, &y)).unwrap();
        *model.history().train.last().unwrap()
    };
    let all = loss(RowSampling::All);
    for sampling in [RowSampling::Share(0.5), RowSampling::Goss { top: 0.2, other: 0.2 }] {
        let part = loss(sampling);
        assert!(part < 2.0 * all && part != all, "{sampling:?}: {part} {all}");
    }
    let refused = settings().row_sampling(RowSampling::Share(2.0)).fit((&x, &y)).unwrap_err();
    assert!(refused.to_string().contains("row_sampling"));
}

#[test]
fn shapley_values_add_up_to_the_raw_prediction() {
    let (x, y) = data(300, 3, 23);
    let few = x.slice(ndarray::s![..7, ..]);
    let model = settings().loss(RegressionLoss::Poisson).max_iter(10).fit((&x, &y.mapv(f64::exp))).unwrap();
    let (values, pairs) = (model.shap_values(few).unwrap(), model.shap_interactions(few).unwrap());
    let raw = model.predict(few).unwrap().mapv(f64::ln);
    for i in 0..7 {
        assert!((values.row(i).sum() + model.shap_base() - raw[i]).abs() < 1e-12);
        for j in 0..3 {
            assert!((pairs.slice(ndarray::s![i, j, ..]).sum() - values[[i, j]]).abs() < 1e-12);
        }
    }
    let labels = x.column(0).mapv(|v| v as usize / 4);
    let model = HistGradientBoostingClassifier::new().max_iter(5).fit((&x, &labels)).unwrap();
    let (values, raw) = (model.model().shap_values(few).unwrap(), model.decision_function(few).unwrap());
    assert_eq!(values.dim(), (7, 3, 3));
    for ((i, k), raw) in raw.indexed_iter() {
        let sum = values.slice(ndarray::s![i, k, ..]).sum() + model.model().shap_base()[k];
        assert!((sum - raw).abs() < 1e-12);
    }
}
