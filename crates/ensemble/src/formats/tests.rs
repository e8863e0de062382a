use super::*;
use crate::boosting::Importance;
use crate::{HistGradientBoostingClassifier, HistGradientBoostingRegressor, RegressionLoss};
use estimand_core::{Decide, Fit, Predict};
use ndarray::{Array1, Array2};

/// Missing values, a category of nine, and numbers.
fn data() -> (Array2<f64>, Array1<f64>) {
    let x = Array2::from_shape_fn((500, 4), |(i, j)| match j {
        3 => (i * 7 % 9) as f64,
        _ if (i * 13 + j) % 11 == 0 => f64::NAN,
        _ => (i * (j + 3) * 37 % 1009) as f64 / 100.0 - 3.0,
    });
    let number = |v: f64| if v.is_nan() { 1.0 } else { v };
    let high = |v: f64| if [1.0, 4.0, 5.0].contains(&v) { 2.0 } else { 0.0 };
    let y = x.rows().into_iter().map(|row| number(row[0]).sin() * 2.0 + high(row[3]) + 0.2 * number(row[1]));
    (x.clone(), y.collect())
}

fn close(a: &Array1<f64>, b: &Array1<f64>) {
    // The constant has been added to the leaves of the first tree: a rounding in every sum.
    assert!(a.iter().zip(b).all(|(a, b)| (a - b).abs() <= 1e-13 * (1.0 + b.abs())));
}

#[test]
fn what_is_written_is_read_back() {
    let (x, y) = data();
    let names: Vec<String> = ["a", "b", "c", "d"].map(String::from).into();
    let records = estimand_core::Records::from(&x).with_names(&names);
    for settings in [
        HistGradientBoostingRegressor::new().max_iter(12),
        HistGradientBoostingRegressor::new().max_iter(12).categorical_features(vec![3]),
    ] {
        let model = settings.fit((records, &y)).unwrap();
        let text = model.to_lightgbm();
        let again = from_lightgbm(&text).unwrap();
        assert_eq!(again.features(), model.features());
        let again = again.into_regressor::<f64>().unwrap();
        close(&again.predict(&x).unwrap(), &model.predict(&x).unwrap());
        // Gains too, up to weights of nodes, which come back as counts.
        let shares = |model: &RegressionBooster<f64>| model.feature_importances(Importance::Gain);
        assert!(shares(&again).iter().zip(shares(&model)).all(|(a, b)| (a - b).abs() < 1e-9));
        // Covers are read as well, but as counts.
        assert!((again.shap_base() - model.shap_base()).abs() < 1e-9);
    }
    let poisson = HistGradientBoostingRegressor::new().loss(RegressionLoss::Poisson).max_iter(5);
    let model = poisson.fit((&x, &y.mapv(f64::exp))).unwrap();
    let again = from_lightgbm(&model.to_lightgbm()).unwrap().into_regressor::<f64>().unwrap();
    close(&again.predict(&x).unwrap(), &model.predict(&x).unwrap());
}

#[test]
fn classes_come_back_with_labels_of_any_kind() {
    let (x, y) = data();
    for bounds in [vec![0.5], vec![-0.5, 1.5]] {
        let names = ["ant", "bee", "cat"];
        let labels = y.mapv(|y| names[bounds.iter().filter(|b| y > **b).count()]);
        let model = HistGradientBoostingClassifier::new().max_iter(6).fit((&x, &labels)).unwrap();
        let imported = from_lightgbm(&model.model().to_lightgbm()).unwrap();
        assert_eq!(imported.n_classes(), Some(bounds.len() + 1));
        assert!(imported.clone().into_regressor::<f64>().is_err());
        assert!(imported.clone().into_classifier::<f64, usize>(vec![0]).is_err());
        assert!(
            imported
                .clone()
                .into_classifier::<f64, _>(model.classes().iter().rev().copied().collect())
                .is_err()
        );
        let again = imported.into_classifier::<f64, _>(model.classes().to_vec()).unwrap();
        assert_eq!(again.predict(&x).unwrap(), model.predict(&x).unwrap());
        let (a, b) = (again.decision_function(&x).unwrap(), model.decision_function(&x).unwrap());
        assert!((a - b).iter().all(|d| d.abs() < 1e-12));
    }
}

#[test]
fn thresholds_of_single_precision_part_all_numbers_alike() {
    for t in [0.1_f32, 1.0, -2.5, 3.0e-20, 1.0e10, 0.0] {
        let threshold = xgboost::below(t);
        for x in
            [threshold, threshold.next_up(), threshold.next_down(), f64::from(t), f64::from(t).next_down()]
        {
            assert_eq!(x <= threshold, (x as f32) < t, "{x:e} {t:e}");
        }
    }
}

#[test]
fn damaged_files_are_refused() {
    let (x, y) = data();
    let settings = HistGradientBoostingRegressor::new().max_iter(2).categorical_features(vec![3]);
    let text = settings.fit((&x, &y)).unwrap().to_lightgbm();
    let damage = |from: &str, to: &str| {
        assert!(text.contains(from), "{from}");
        from_lightgbm(&text.replacen(from, to, 1)).map(|_| ()).unwrap_err().to_string()
    };
    assert!(damage("tree\n", "linear\n").contains("begin with"));
    assert!(damage("objective=regression", "objective=custom").contains("custom"));
    assert!(damage("max_feature_idx=3", "max_feature_idx=2").contains("feature_names"));
    assert!(damage("is_linear=0", "is_linear=1").contains("linear"));
    assert!(damage("num_leaves=", "num_leaves=1").contains("length"));
    assert!(damage("left_child=1", "left_child=0").contains("tree"));
    assert!(damage("split_feature=", "split_feature=7").contains("column"));
    assert!(damage("cat_boundaries=0 ", "cat_boundaries=9 ").contains("set"));
    assert!(damage("version=v4", "average_output").contains("averaged"));
    for cut in (0..text.len()).step_by(97) {
        // Never a panic, whatever is missing.
        let _ = from_lightgbm(&text[..cut]);
    }
    assert!(from_lightgbm("").is_err() && from_xgboost("").is_err() && from_xgboost("{}").is_err());
}
