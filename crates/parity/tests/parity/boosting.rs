//! Gradient boosting: the predictions of LightGBM's and scikit-learn's trees.

use crate::inputs::{classes_of, numbers_of};
use estimand::ensemble::boosting::EarlyStopping;
use estimand::ensemble::{HistGradientBoostingRanker, RegressionLoss, formats};
use estimand::prelude::*;
use estimand_parity::{Case, hold};
use std::path::Path;

fn number(case: &Case, name: &str) -> Result<f64, String> {
    case.param(name)?.number()
}

fn optional<T: for<'d> serde::Deserialize<'d>>(case: &Case, name: &str) -> Result<Option<T>, String> {
    case.optional_param(name).map(|v| v.read()).transpose()
}

macro_rules! settings {
    ($settings:ident, $case:expr) => {
        $settings::new()
            .max_iter(number($case, "rounds")? as usize)
            .learning_rate(number($case, "rate")?)
            .max_leaf_nodes(Some(number($case, "leaves")? as usize))
            .max_depth(optional($case, "depth")?)
            .min_samples_leaf(number($case, "least")?)
            .l2_regularization(number($case, "l2")?)
            .min_hessian(optional($case, "min_hessian")?.unwrap_or(0.001))
            .interaction_cst(optional($case, "interactions")?.unwrap_or_default())
            .early_stopping(EarlyStopping::Never)
    };
}

#[test]
fn trees_of_other_libraries() {
    hold(
        "boosting",
        |_| true,
        |case| {
            write_for_lightgbm(case)?;
            if case.expects("proba") {
                let (x, y) = classes_of(case)?;
                let model = settings!(HistGradientBoostingClassifier, case).fit((&x, &y))?;
                case.close("proba", &model.predict_proba(&x)?);
                return Ok(());
            }
            let (x, y) = numbers_of(case)?;
            let y = y.column(0).to_owned();
            let loss = match optional::<String>(case, "loss")?.as_deref() {
                Some("absolute_error") => RegressionLoss::Absolute,
                Some("poisson") => RegressionLoss::Poisson,
                Some("gamma") => RegressionLoss::Gamma,
                _ => RegressionLoss::Squared,
            };
            let model = settings!(HistGradientBoostingRegressor, case).loss(loss).fit((&x, &y))?;
            case.close("predict", &model.predict(&x)?);
            Ok(())
        },
    );
}

/// Models that LightGBM and XGBoost saved.
#[test]
fn models_of_other_libraries() {
    hold(
        "boosters",
        |_| true,
        |case| {
            let (text, x) = (case.input("model")?.read::<String>()?, case.input("x")?.matrix()?);
            let model = match text.starts_with('{') {
                true => formats::from_xgboost(&text)?,
                false => formats::from_lightgbm(&text)?,
            };
            match model.n_classes() {
                None => {
                    let model = model.into_regressor::<f64>()?;
                    case.close("predict", &model.predict(&x)?);
                }
                Some(k) => {
                    let model = model.into_classifier::<f64, _>((0..k).collect())?;
                    case.close("proba", &model.predict_proba(&x)?);
                }
            }
            Ok(())
        },
    );
}

/// LightGBM's ranking: the tree of one round, and the quality of many.
#[test]
fn rankings_of_lightgbm() {
    hold(
        "ranking",
        |_| true,
        |case| {
            let groups = |name: &str| Ok::<_, String>(Array1::from(case.input(name)?.read::<Vec<usize>>()?));
            let (x, y, groups_of) =
                (case.input("x")?.matrix()?, case.input("y")?.vector()?, groups("groups")?);
            let (xt, yt, groups_t) =
                (case.input("xt")?.matrix()?, case.input("yt")?.vector()?, groups("groups_t")?);
            let settings = settings!(HistGradientBoostingRanker, case);
            let model = settings.fit(Samples::from((&x, &y)).with_groups(&groups_of))?;
            let scores = model.predict(&xt)?;
            if case.expects("predict") {
                case.close("predict", &scores);
                return Ok(());
            }
            let queries = groups_t.iter().max().map_or(0, |g| g + 1);
            let ndcg: f64 = (0..queries).map(|q| ndcg(q, &groups_t, &yt, &scores)).sum::<f64>();
            case.close("ndcg", &[ndcg / queries as f64]);
            Ok(())
        },
    );
}

/// Gains 2^grade − 1, discounted by places, of one query; as a share of what the best order has.
fn ndcg(query: usize, groups: &Array1<usize>, grades: &Array1<f64>, scores: &Array1<f64>) -> f64 {
    let rows: Vec<usize> = (0..groups.len()).filter(|i| groups[*i] == query).collect();
    let dcg = |by: &Array1<f64>| {
        let mut order = rows.clone();
        order.sort_by(|a, b| by[*b].total_cmp(&by[*a]));
        let places = order.iter().enumerate();
        places.map(|(place, i)| (grades[*i].exp2() - 1.0) / (place as f64 + 2.0).log2()).sum::<f64>()
    };
    dcg(scores) / dcg(grades)
}

/// Models that LightGBM loads: names, sources among the cases of boosting, categorical columns.
const WRITTEN: [(&str, &str, &[usize]); 4] = [
    ("missing", "missing", &[]),
    ("categories", "squared", &[2]),
    ("binary", "binary", &[]),
    ("multi", "multi", &[]),
];

/// The model of a case, with few rounds, as text and as what it predicts.
fn written(case: &Case, categories: &[usize]) -> Result<(String, Array2<f64>), Box<dyn std::error::Error>> {
    if case.expects("proba") {
        let (x, y) = classes_of(case)?;
        let settings = HistGradientBoostingClassifier::new().max_iter(4).max_leaf_nodes(Some(6));
        let model = settings.fit((&x, &y))?;
        return Ok((model.model().to_lightgbm(), model.predict_proba(&x)?));
    }
    let (x, y) = numbers_of(case)?;
    let settings = HistGradientBoostingRegressor::new().max_iter(6).max_leaf_nodes(Some(8));
    let settings = settings.min_samples_leaf(8.0).categorical_features(categories.to_vec());
    let model = settings.fit((&x, &y.column(0).to_owned()))?;
    Ok((model.to_lightgbm(), model.predict(&x)?.insert_axis(Axis(1))))
}

/// Writes those of a case where `datasets/make/written.py` asks for them.
fn write_for_lightgbm(case: &Case) -> Result<(), Box<dyn std::error::Error>> {
    let Some(folder) = std::env::var_os("ESTIMAND_WRITTEN") else { return Ok(()) };
    for (name, source, categories) in WRITTEN {
        if case.name() == format!("boosting/{source}") {
            let columns: String = categories.iter().map(|j| format!("-{j}")).collect();
            let path = Path::new(&folder).join(format!("{name}-{source}{columns}.txt"));
            std::fs::write(path, written(case, categories)?.0)?;
        }
    }
    Ok(())
}

/// What LightGBM predicts with models of ours is what they predict, and the text is the one that it has loaded.
#[test]
fn models_for_lightgbm() {
    hold(
        "written",
        |_| true,
        |case| {
            let categories: Vec<usize> = case.param("categories")?.read()?;
            let (text, predicted) = written(case, &categories)?;
            case.close(if case.expects("proba") { "proba" } else { "predict" }, &predicted);
            let before: String = case.input("model")?.read()?;
            // Exponentials are not the same to the last digit on all machines.
            let same = |a: &str, b: &str| match (a.parse::<f64>(), b.parse::<f64>()) {
                (Ok(a), Ok(b)) => (a - b).abs() <= 1e-9 * b.abs().max(1e-3),
                _ => a == b || (a.starts_with("tree_sizes") && b.starts_with("tree_sizes")),
            };
            let words = |text: &str| text.split([' ', '=', '\n']).map(String::from).collect::<Vec<_>>();
            let (now, before) = (words(&text), words(&before));
            assert!(now.len() == before.len() && now.iter().zip(&before).all(|(a, b)| same(a, b)));
            Ok(())
        },
    );
}
