//! Gradient boosting: the predictions of LightGBM's and scikit-learn's trees.

use crate::inputs::{classes_of, numbers_of};
use estimand::ensemble::boosting::EarlyStopping;
use estimand::ensemble::{RegressionLoss, formats};
use estimand::prelude::*;
use estimand_parity::{Case, hold};

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
