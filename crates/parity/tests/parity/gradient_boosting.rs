//! Gradient boosting with exact trees: scikit-learn's predictions after five rounds and after all, importances, losses.

use crate::inputs::{One, classes_of, weighted, weights_of};
use estimand::ensemble::boosting::{ClassLoss, ExactLoss, History, Importance, Init};
use estimand::ensemble::{GradientBoostingClassifier, GradientBoostingRegressor};
use estimand::prelude::*;
use estimand_parity::{Case, hold};

fn optional<T: for<'d> serde::Deserialize<'d>>(case: &Case, name: &str) -> Result<Option<T>, String> {
    Ok(case.optional_param(name).map(|v| v.read::<Option<T>>()).transpose()?.flatten())
}

macro_rules! settings {
    ($settings:ident, $case:expr) => {{
        let share = |name: &str| optional::<f64>($case, name);
        $settings::new()
            .max_iter($case.param("n_estimators")?.read()?)
            .learning_rate(share("learning_rate")?.unwrap_or(0.1))
            .max_depth(optional($case, "max_depth")?)
            .max_leaf_nodes(optional($case, "max_leaf_nodes")?)
            .min_samples_leaf(optional::<usize>($case, "min_samples_leaf")?.unwrap_or(1))
            .min_samples_split(optional::<usize>($case, "min_samples_split")?.unwrap_or(2))
            .min_weight_fraction_leaf(share("min_weight_fraction_leaf")?.unwrap_or(0.0))
            .min_impurity_decrease(share("min_impurity_decrease")?.unwrap_or(0.0))
            .ccp_alpha(share("ccp_alpha")?.unwrap_or(0.0))
            .init(if $case.optional_param("init").is_some() { Init::Zero } else { Init::Constant })
    }};
}

fn losses(case: &Case, history: &History) {
    if case.expects("losses") {
        case.close("losses", &history.train[1..]);
    }
}

#[test]
fn trees_of_scikit_learn() {
    hold(
        "gradient_boosting",
        |_| true,
        |case| {
            let (loss, alpha) = (optional::<String>(case, "loss")?, optional(case, "alpha")?.unwrap_or(0.9));
            if case.expects("proba") {
                let ((x, y), weights) = (classes_of(case)?, weights_of(case)?);
                let loss = if loss.is_some() { ClassLoss::Exponential } else { ClassLoss::LogLoss };
                let settings = settings!(GradientBoostingClassifier, case).loss(loss);
                let model = settings.fit(weighted::<Array1<i64>>((&x, &y), &weights))?;
                case.close("proba", &model.predict_proba(&x)?);
                let stages: Vec<Array2<f64>> = model.model().staged_probabilities(&x)?.collect();
                case.close("proba_5", &stages[4]);
                case.close("importances", &model.model().feature_importances(Importance::Gain));
                losses(case, model.model().history());
                return Ok(());
            }
            let data = One::of(case)?;
            let loss = match loss.as_deref() {
                Some("absolute_error") => ExactLoss::Absolute,
                Some("huber") => ExactLoss::Huber(alpha),
                Some("quantile") => ExactLoss::Quantile(alpha),
                _ => ExactLoss::Squared,
            };
            let model = settings!(GradientBoostingRegressor, case).loss(loss).fit(data.samples())?;
            case.close("predict", &model.predict(&data.x)?);
            let stages: Vec<Array1<f64>> = model.staged_predict(&data.x)?.collect();
            case.close("predict_5", &stages[4]);
            case.close("importances", &model.feature_importances(Importance::Gain));
            losses(case, model.history());
            Ok(())
        },
    );
}
