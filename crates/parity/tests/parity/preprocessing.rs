//! Scalers.

use crate::inputs::weights_of;
use estimand::prelude::*;
use estimand_parity::{Case, hold};

#[test]
fn standard_scaler() {
    hold(
        "preprocessing",
        |s| s == "StandardScaler",
        |case| {
            let option = |name: &str| case.optional_param(name).map_or(Ok(true), |v| v.read());
            let settings =
                StandardScaler::new().with_mean(option("with_mean")?).with_std(option("with_std")?);
            let (x, new, weights) = inputs(case)?;
            let samples: Samples<'_, f64, ()> = (&x).into();
            let model =
                settings.fit_samples(Samples { weights: weights.as_ref().map(|w| w.view()), ..samples })?;
            case.close("mean", model.mean());
            case.close("n_samples_seen", model.n_samples_seen());
            if case.expects("variance") {
                case.close("variance", &model.var());
                case.close("scale", model.scale());
            }
            let out = model.transform(&new)?;
            case.close("transformed", &out);
            case.close("restored", &model.inverse_transform(&out)?);
            Ok(())
        },
    );
}

#[test]
fn min_max_scaler() {
    hold(
        "preprocessing",
        |s| s == "MinMaxScaler",
        |case| {
            let range = case.optional_param("feature_range").map_or(Ok((0.0, 1.0)), |v| v.read())?;
            let clip = case.optional_param("clip").map_or(Ok(false), |v| v.read())?;
            let (x, new, _) = inputs(case)?;
            let model = MinMaxScaler::new().feature_range(range).clip(clip).fit(&x)?;
            case.close("data_min", model.data_min());
            case.close("data_max", &model.data_max());
            case.close("data_range", &(&model.data_max() - &model.data_min()));
            // What scikit-learn calls the scale and the minimum of the map x ↦ x·scale + min.
            let scale = model.range().mapv(|r| (range.1 - range.0) / r);
            case.close("min", &(range.0 - &model.data_min() * &scale));
            case.close("scale", &scale);
            let out = model.transform(&new)?;
            case.close("transformed", &out);
            case.close("restored", &model.inverse_transform(&out)?);
            Ok(())
        },
    );
}

/// What to learn from, what to transform, weights.
fn inputs(case: &Case) -> Result<(Array2<f64>, Array2<f64>, Option<Array1<f64>>), String> {
    Ok((case.input("x")?.matrix()?, case.input("new")?.matrix()?, weights_of(case)?))
}
