//! Gradient boosting: the predictions of LightGBM's and scikit-learn's trees.

use crate::inputs::{classes_of, numbers_of};
use estimand::ensemble::RegressionLoss;
use estimand::ensemble::boosting::EarlyStopping;
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
