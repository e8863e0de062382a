//! Robust and isotonic regression: objectives and predictions of the reference.

use crate::inputs::{One, intercept, weights_of};
use estimand::linear::{
    Direction, HuberRegressor, IsotonicRegression, OutOfBounds, QuantileRegressor, TheilSenRegressor,
};
use estimand::prelude::*;
use estimand_parity::hold;

#[test]
fn huber() {
    hold(
        "robust",
        |s| s == "HuberRegressor",
        |case| {
            let data = One::of(case)?;
            let settings = HuberRegressor::new()
                .epsilon(case.param("epsilon")?.number()?)
                .alpha(case.param("alpha")?.number()?)
                .fit_intercept(intercept(case)?);
            let model = settings.fit(data.samples())?;
            case.close("predictions", &model.predict(&data.x)?);
            case.close("scale", [&model.scale()]);
            case.close("objective", &model.report().objective);
            Ok(())
        },
    );
}

#[test]
fn quantile() {
    hold(
        "robust",
        |s| s == "QuantileRegressor",
        |case| {
            let data = One::of(case)?;
            let settings = QuantileRegressor::new()
                .quantile(case.param("quantile")?.number()?)
                .alpha(case.param("alpha")?.number()?)
                .fit_intercept(intercept(case)?);
            let model = settings.fit(data.samples())?;
            case.close("objective", &model.report().objective);
            if case.expects("predictions") {
                case.close("predictions", &model.predict(&data.x)?);
            }
            Ok(())
        },
    );
}

#[test]
fn theil_sen() {
    hold(
        "robust",
        |s| s == "TheilSenRegressor",
        |case| {
            let data = One::of(case)?;
            let size = case.optional_param("n_subsamples").map(|n| n.read()).transpose()?;
            let settings = TheilSenRegressor::new()
                .fit_intercept(intercept(case)?)
                .n_subsamples(size)
                .max_subpopulation(100_000)
                .max_iter(100_000)
                .tol(1e-12);
            let model = settings.fit(data.samples())?;
            case.close("coef", model.coef());
            case.close("intercept", [&model.intercept()]);
            case.close("predictions", &model.predict(&data.x)?);
            Ok(())
        },
    );
}

#[test]
fn isotonic() {
    hold(
        "robust",
        |s| s == "IsotonicRegression",
        |case| {
            let (x, weights) = (case.input("x")?.vector()?, weights_of(case)?);
            let direction = match case.param("increasing")?.read::<bool>() {
                Ok(true) => Direction::Rising,
                Ok(false) => Direction::Falling,
                Err(_) => Direction::Auto,
            };
            let bound = |name| case.optional_param(name).map(|v| v.number()).transpose();
            let settings = IsotonicRegression::new()
                .direction(direction)
                .y_min(bound("y_min")?)
                .y_max(bound("y_max")?)
                .out_of_bounds(OutOfBounds::Clip);
            let y = case.input("y")?.vector()?;
            let model = settings.fit_values(x.view(), y.view(), weights.as_ref().map(|w| w.view()))?;
            case.close("x_thresholds", model.x_thresholds());
            case.close("y_thresholds", model.y_thresholds());
            case.close("predictions", &model.predict_values(case.input("at")?.vector()?.view())?);
            Ok(())
        },
    );
}
