use super::*;
use crate::boosting::Importance;
use crate::{HistGradientBoostingClassifier, HistGradientBoostingRegressor, RegressionLoss};
use estimand_core::{Decide, Fit, Predict, PredictProba};
use ndarray::{Array1, Array2, array, s};
use serde_json::json;

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
    assert!(from_lightgbm("").is_err() && from_xgboost("").is_err() && from_xgboost("{}").is_err());
}

/// What numbers of a file may have become.
const LIES: [&str; 9] =
    ["", "0", "-1", "3", "1e300", "nan", "4294967295", "9223372036854775807", "-9223372036854775808"];

/// Answers of a model that was read all the same: an error or numbers, and never a panic.
fn ask(read: Result<Imported>) {
    let Ok(model) = read else { return };
    let x = data().0;
    let (x, labels) = (x.slice(s![.., ..model.features().count().min(4)]), model.n_classes());
    let _ = match labels {
        Some(k) => {
            model.into_classifier::<f64, usize>((0..k).collect()).and_then(|m| m.predict(x)).map(|_| ())
        }
        None => model.into_regressor::<f64>().and_then(|m| m.predict(x)).map(|_| ()),
    };
}

#[test]
fn lies_of_a_text_file_are_refused_or_harmless() {
    let (x, y) = data();
    let settings = HistGradientBoostingRegressor::new().max_iter(2).max_leaf_nodes(Some(4));
    let text = settings.categorical_features(vec![3]).fit((&x, &y)).unwrap().to_lightgbm();
    for cut in (0..text.len()).step_by(97) {
        ask(from_lightgbm(&text[..cut]));
    }
    for (i, line) in text.lines().enumerate() {
        let Some((key, value)) = line.split_once('=') else { continue };
        for lie in LIES {
            let rest = value.split_once(' ').map_or(String::new(), |(_, rest)| format!(" {rest}"));
            for line in [format!("{key}={lie}"), format!("{key}={lie}{rest}")] {
                let lines: Vec<&str> =
                    text.lines().enumerate().map(|(j, old)| if j == i { &line } else { old }).collect();
                ask(from_lightgbm(&lines.join("\n")));
            }
        }
    }
}

#[test]
fn lies_of_a_json_file_are_refused_or_harmless() {
    let tree = json!({
        "left_children": [1, -1, -1], "right_children": [2, -1, -1], "split_indices": [1, 0, 0],
        "split_conditions": [1.0, -0.5, 0.5], "default_left": [0, 0, 0], "base_weights": [0.0, -0.5, 0.5],
        "sum_hessian": [4.0, 2.0, 2.0], "loss_changes": [1.0, 0.0, 0.0], "split_type": [1, 0, 0], "categories": [2, 65],
        "categories_nodes": [0], "categories_segments": [0], "categories_sizes": [2],
    });
    let mut twice = tree.clone();
    twice["split_conditions"] = json!([1.0, -1.0, 1.0]);
    let file = json!({ "learner": {
        "feature_names": ["a", "b"], "objective": { "name": "multi:softprob" },
        "learner_model_param": { "base_score": "0.5", "num_class": "2", "num_feature": "2" },
        "gradient_booster": { "name": "gbtree", "model": { "tree_info": [0, 1], "trees": [tree, twice] } },
    }});
    let text = file.to_string();
    let model = from_xgboost(&text).unwrap().into_classifier::<f64, bool>(vec![false, true]).unwrap();
    // Category 2 goes right, to ½ and 1; category 3 left, to −½ and −1.
    let second = model.predict_proba(&array![[0.0, 2.0], [0.0, 3.0]]).unwrap().column(1).to_vec();
    let expected = [1.0 / (1.0 + (-0.5_f64).exp()), 1.0 / (1.0 + 0.5_f64.exp())];
    assert!(second.iter().zip(expected).all(|(p, e)| (p - e).abs() < 1e-15), "{second:?}");
    let mut numbers = 0;
    // Every number, bare or in quotes, one after another.
    for (at, _) in text.match_indices([':', '[', ',', '"']) {
        let start = at + 1;
        let len = text[start..].find(|c: char| !"0123456789.-".contains(c)).unwrap_or(0);
        if len > 0 {
            numbers += 1;
            LIES.iter().for_each(|lie| {
                ask(from_xgboost(&format!("{}{lie}{}", &text[..start], &text[start + len..])))
            });
        }
    }
    assert!(numbers > 60, "{numbers}");
}
