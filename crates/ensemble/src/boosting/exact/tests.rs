use super::*;
use crate::boosting::{Importance, Watch};
use estimand_core::{Decide, Fit, Predict, PredictProba};
use ndarray::{Array1, Array2, Axis, array};

/// Two columns that matter together, one that does not.
fn data(n: usize) -> (Array2<f64>, Array1<f64>) {
    let chance = |k: f64| ((k * 12.9898).sin() * 43_758.545_3).abs().fract();
    let x = Array2::from_shape_fn((n, 3), |(i, j)| 10.0 * chance((3 * i + j) as f64));
    let y = x.rows().into_iter().enumerate();
    let y = y
        .map(|(i, r)| {
            4.0 * (r[0] - 5.0).signum() + (r[0] - 5.0) * (r[1] - 5.0) / 2.0 + chance(-1.0 - i as f64)
        })
        .collect();
    (x, y)
}

fn stump() -> GradientBoostingRegressor {
    GradientBoostingRegressor::new().max_depth(Some(1)).max_iter(1).learning_rate(0.5)
}

#[test]
fn one_round_of_each_loss_by_hand() {
    let (x, y) = (array![[0.0], [1.0], [2.0], [3.0], [4.0]], array![1.0, 2.0, 9.0, 8.0, 20.0]);
    let of = |loss| stump().loss(loss).fit((&x, &y)).unwrap().predict(&x).unwrap();
    // The mean is 8; gradients part the last row, or, by signs, the first two.
    assert_eq!(of(ExactLoss::Squared), array![6.5, 6.5, 6.5, 6.5, 14.0]);
    // The median is 8; −g = −1, −1, 1, 0, 1; medians left over −7 (the lower one) and 1.
    assert_eq!(of(ExactLoss::Absolute), array![4.5, 4.5, 8.5, 8.5, 8.5]);
    // δ is the third of |r| = 7, 6, 1, 0, 12 in order, 6: −g = −6, −6, 1, 0, 6. Left: m = −7, mean of 0 and 1; right: m = 1,
    // mean of 0, −1 and 6.
    let huber = of(ExactLoss::Huber(0.6));
    let expected =
        array![8.0 - 3.25, 8.0 - 3.25, 8.0, 8.0, 8.0] + array![0.0, 0.0, 1.0, 1.0, 1.0] * (4.0 / 3.0);
    assert!((huber - expected).iter().all(|d: &f64| d.abs() < 1e-14));
    // The constant is the lowest with four fifths below it or at it, halfway to the next: 14.5; −g = −0.2 but for the last.
    assert_eq!(of(ExactLoss::Quantile(0.8)), array![11.75, 11.75, 11.75, 11.75, 17.25]);
}

#[test]
fn one_round_of_classes_by_hand() {
    let x = array![[0.0], [1.0], [2.0], [3.0]];
    let y: Array1<u8> = array![0, 0, 1, 0];
    let settings = GradientBoostingClassifier::new().max_depth(Some(1)).max_iter(1).learning_rate(1.0);
    let raw = |loss, init| {
        settings.clone().loss(loss).init(init).fit((&x, &y)).unwrap().decision_function(&x).unwrap()
    };
    // p = ¼: −g = −¼, −¼, ¾, −¼ and h = 3/16. Parted in the middle: ∓½ / ⅜.
    let base = (1.0_f64 / 3.0).ln();
    let found = raw(ClassLoss::LogLoss, Init::Constant);
    let steps = [-4.0 / 3.0, -4.0 / 3.0, 4.0 / 3.0, 4.0 / 3.0];
    assert!(found.column(0).iter().zip(steps).all(|(z, step)| (z - base - step).abs() < 1e-12));
    // From zero: −g = ∓½, h = ¼: −1 / ½ and 0.
    assert_eq!(raw(ClassLoss::LogLoss, Init::Zero).column(0), array![-2.0, -2.0, 0.0, 0.0]);
    assert_eq!(raw(ClassLoss::Exponential, Init::Zero).column(0), array![-2.0, -2.0, 0.0, 0.0]);
    let three = array![0, 0, 1, 2];
    let refused = settings.loss(ClassLoss::Exponential).fit((&x, &three));
    assert!(refused.unwrap_err().to_string().contains("two classes"));
}

#[test]
fn rows_left_out_say_how_much_a_round_helped() {
    let (x, y) = data(400);
    let settings = GradientBoostingRegressor::new().subsample(0.5).max_iter(40);
    let model = settings.fit((&x, &y)).unwrap();
    let history = model.history();
    assert_eq!((history.train.len(), history.out_of_bag.len()), (41, 40));
    assert!(history.out_of_bag.iter().sum::<f64>() > 0.5 * history.train[0]);
    assert_ne!(model, settings.clone().seed(1).fit((&x, &y)).unwrap());
    // Of noise a round learns nothing that holds for other rows.
    let noise = x.column(2).mapv(|v| (v * 1e6).sin());
    let few = x.slice(ndarray::s![.., ..2]);
    let model = settings.max_iter(5).max_depth(Some(6)).fit((few, &noise)).unwrap();
    let history = model.history();
    assert!(history.out_of_bag.iter().sum::<f64>() < 0.05 * history.train[0]);
    assert!(GradientBoostingRegressor::new().fit((&x, &y)).unwrap().history().out_of_bag.is_empty());
}

#[test]
fn rounds_end_when_rows_held_out_gain_nothing() {
    let (x, y) = data(300);
    let noise = x.column(2).mapv(|v| (v * 1e4).sin()).insert_axis(Axis(1));
    let settings = GradientBoostingRegressor::new().n_iter_no_change(Some(4)).max_iter(300);
    let model = settings.fit((&noise, &y)).unwrap();
    assert!(model.trees().len() < 100 && model.history().validation.len() == model.trees().len() + 1);
    let labels = y.mapv(|y| y > 0.0);
    let settings = GradientBoostingClassifier::new().n_iter_no_change(Some(3)).max_iter(300);
    let model = settings.fit((&noise, &labels)).unwrap();
    assert!(model.model().trees().len() < 100);
    // Rows given are looked at, but end nothing where they need not.
    let watch = Watch::new().validation((&x, &y));
    let model = GradientBoostingRegressor::new().max_iter(15).fit_watched((&x, &y), watch).unwrap();
    let history = model.history();
    assert!(history.train.iter().zip(&history.validation).all(|(a, b)| (a - b).abs() < 1e-12 * a));
}

#[test]
fn going_on_is_as_never_having_stopped() {
    let (x, y) = data(200);
    let settings = GradientBoostingRegressor::new().subsample(0.7).loss(ExactLoss::Huber(0.8));
    let all = settings.clone().max_iter(20).fit((&x, &y)).unwrap();
    let some = settings.clone().max_iter(8).fit((&x, &y)).unwrap();
    let rest = settings.clone().max_iter(20).fit_from(&some, (&x, &y)).unwrap();
    assert_eq!(rest.predict(&x).unwrap(), all.predict(&x).unwrap());
    assert!(settings.max_iter(8).fit_from(&some, (&x, &y)).is_err());
    let labels = y.mapv(|y| (y / 10.0) as i32);
    let settings = GradientBoostingClassifier::new();
    let some = settings.clone().max_iter(3).fit((&x, &labels)).unwrap();
    let rest = settings.clone().max_iter(6).fit_from(&some, (&x, &labels)).unwrap();
    let all = settings.max_iter(6).fit((&x, &labels)).unwrap();
    assert_eq!(rest.predict_proba(&x).unwrap(), all.predict_proba(&x).unwrap());
}

#[test]
fn missing_values_and_categories_are_learnt() {
    let (mut x, y) = data(300);
    x.column_mut(2).iter_mut().enumerate().for_each(|(i, v)| *v = (i % 7) as f64);
    let high = [1.0, 4.0, 6.0];
    let y = y.mapv(|y| 0.01 * y) + x.column(2).mapv(|c| if high.contains(&c) { 5.0 } else { 0.0 });
    x.column_mut(0).iter_mut().step_by(9).for_each(|v| *v = f64::NAN);
    let settings = GradientBoostingRegressor::new().max_depth(Some(1)).max_iter(1).learning_rate(1.0);
    let loss = |settings: GradientBoostingRegressor| settings.fit((&x, &y)).unwrap().history().train[1];
    assert!(loss(settings.clone().categorical_features(vec![2])) < 0.1 * loss(settings));
}

#[test]
fn columns_that_matter_and_stages_are_told() {
    let (x, y) = data(300);
    let model = GradientBoostingRegressor::new().max_iter(30).fit((&x, &y)).unwrap();
    let shares = model.feature_importances(Importance::Gain);
    assert!((shares.sum() - 1.0).abs() < 1e-12 && shares[2] < 0.1);
    assert_eq!(model.staged_predict(&x).unwrap().last().unwrap(), model.predict(&x).unwrap());
    let values = model.shap_values(&x).unwrap();
    let raw = model.predict(&x).unwrap();
    assert!((values.sum_axis(Axis(1)) + model.shap_base() - raw).iter().all(|d| d.abs() < 1e-10));
}

#[test]
fn what_cannot_be_honoured_is_refused() {
    let (x, y) = data(30);
    let refused = |settings: GradientBoostingRegressor, y: &Array1<f64>| {
        settings.fit((&x, y)).map(|_| ()).unwrap_err().to_string()
    };
    let settings = GradientBoostingRegressor::new;
    assert!(refused(settings().loss(ExactLoss::Huber(1.0)), &y).contains("inside (0, 1)"));
    assert!(refused(settings().loss(ExactLoss::Quantile(f64::NAN)), &y).contains("inside (0, 1)"));
    assert!(refused(settings().min_samples_split(1), &y).contains("min_samples_split"));
    assert!(refused(settings().max_features(0), &y).contains("max_features"));
    assert!(refused(settings().categorical_features(vec![3]), &y).contains("categorical_features"));
    assert!(refused(settings(), &y.mapv(|y| y * 1e160)).contains("scale"));
}
