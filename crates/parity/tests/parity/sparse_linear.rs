//! Lasso, elastic net, their multi-task and cross-validated forms, and paths.

use crate::inputs::{One, flag, intercept, numbers_of, weighted, weights_of};
use estimand::core::{Fit, Predict};
use estimand::linear::{
    ElasticNet, ElasticNetCv, ElasticNetCvModel, Lasso, LassoCv, LinearModel, MultiLinearModel,
    MultiTaskElasticNet, MultiTaskElasticNetCv, MultiTaskElasticNetCvModel, MultiTaskLasso, MultiTaskLassoCv,
    PathOptions, enet_path,
};
use estimand::prelude::*;
use estimand_parity::{Case, Outcome, hold};

const FAMILY: &str = "sparse_linear";
/// Where coordinate descent stops for rounding alone.
const TOL: f64 = 1e-14;
const MAX_ITER: usize = 200_000;

fn ratio(case: &Case) -> Result<f64, String> {
    case.optional_param("l1_ratio").map_or(Ok(0.5), |v| v.number())
}

#[test]
fn one_target_or_several_by_themselves() {
    hold(
        FAMILY,
        |s| s == "Lasso",
        |case| {
            let settings = Lasso::new()
                .alpha(case.param("alpha")?.number()?)
                .fit_intercept(intercept(case)?)
                .positive(flag(case, "positive", false)?);
            let settings = settings.tol(TOL).max_iter(MAX_ITER);
            check(case, Some(&settings), &settings)
        },
    );
    hold(
        FAMILY,
        |s| s == "ElasticNet",
        |case| {
            let settings = ElasticNet::new()
                .alpha(case.param("alpha")?.number()?)
                .l1_ratio(ratio(case)?)
                .positive(flag(case, "positive", false)?);
            let settings = settings.tol(TOL).max_iter(MAX_ITER);
            check(case, Some(&settings), &settings)
        },
    );
}

#[test]
fn several_targets_together() {
    hold(
        FAMILY,
        |s| s == "MultiTaskLasso",
        |case| {
            let settings = MultiTaskLasso::new().alpha(case.param("alpha")?.number()?);
            check(case, None::<&Lasso>, &settings.tol(TOL).max_iter(MAX_ITER))
        },
    );
    hold(
        FAMILY,
        |s| s == "MultiTaskElasticNet",
        |case| {
            let settings =
                MultiTaskElasticNet::new().alpha(case.param("alpha")?.number()?).l1_ratio(ratio(case)?);
            check(case, None::<&Lasso>, &settings.tol(TOL).max_iter(MAX_ITER))
        },
    );
}

/// Coefficients only where they are unique.
fn check(
    case: &Case,
    one: Option<&impl Fit<f64, Array1<f64>, Model = LinearModel<f64>>>,
    many: &impl Fit<f64, Array2<f64>, Model = MultiLinearModel<f64>>,
) -> Outcome {
    let (x, y) = numbers_of(case)?;
    let weights = weights_of(case)?;
    let unique = case.expects("coef");
    match one {
        Some(one) if y.ncols() == 1 => {
            let model = one.fit_samples(weighted((&x, y.column(0)), &weights))?;
            case.close("predictions", &model.predict(&x)?);
            case.close("objective", &model.report().objective);
            if unique {
                case.close("coef", model.coef());
                case.close("intercept", [&model.intercept()]);
            }
        }
        _ => {
            let model = many.fit_samples(weighted((&x, &y), &weights))?;
            case.close("predictions", &model.predict(&x)?);
            case.close("objective", &model.report().objective);
            if unique {
                case.close("coef", model.coef());
                case.close("intercept", model.intercept());
            }
        }
    }
    Ok(())
}

#[test]
fn paths() {
    hold(
        FAMILY,
        |s| s == "path",
        |case| {
            let (x, y) = numbers_of(case)?;
            let options = PathOptions::new().alphas(8).positive(flag(case, "positive", false)?);
            let eps = case.optional_param("eps").map_or(Ok(1e-3), |v| v.number())?;
            let path =
                enet_path((&x, y.column(0)), ratio(case)?, &options.eps(eps).tol(TOL).max_iter(MAX_ITER))?;
            case.close("alphas", path.alphas());
            case.close("coefs", path.coefs());
            Ok(())
        },
    );
}

#[test]
fn cross_validated() {
    let of_one =
        |case: &Case, settings: &dyn Fit<f64, Array1<f64>, Model = ElasticNetCvModel<f64>>| -> Outcome {
            let model = settings.fit_samples(One::of(case)?.samples())?;
            case.close("alphas", model.alphas());
            case.close("mse_path", model.mse_path());
            case.close("alpha", [&model.alpha()]);
            case.close("coef", model.coef());
            Ok(())
        };
    let of_many = |case: &Case,
                   settings: &dyn Fit<f64, Array2<f64>, Model = MultiTaskElasticNetCvModel<f64>>|
     -> Outcome {
        let (x, y) = numbers_of(case)?;
        let model = settings.fit_samples((&x, &y).into())?;
        case.close("alphas", model.alphas());
        case.close("mse_path", model.mse_path());
        case.close("alpha", [&model.alpha()]);
        case.close("coef", model.coef());
        Ok(())
    };
    let alphas = |case: &Case| case.param("alphas").and_then(|v| v.read::<usize>());
    let ratios = |case: &Case| case.param("l1_ratio").and_then(|v| v.read::<Vec<f64>>());
    hold(
        FAMILY,
        |s| s == "LassoCV",
        |case| {
            let settings = LassoCv::new().alphas(alphas(case)?).fit_intercept(intercept(case)?);
            of_one(case, &settings.cv(KFold::new(4)).tol(TOL).max_iter(MAX_ITER))
        },
    );
    hold(
        FAMILY,
        |s| s == "ElasticNetCV",
        |case| {
            let settings = ElasticNetCv::new().alphas(alphas(case)?).l1_ratio(ratios(case)?);
            of_one(case, &settings.cv(KFold::new(4)).tol(TOL).max_iter(MAX_ITER))
        },
    );
    hold(
        FAMILY,
        |s| s == "MultiTaskLassoCV",
        |case| {
            let settings = MultiTaskLassoCv::new().alphas(alphas(case)?);
            of_many(case, &settings.cv(KFold::new(4)).tol(TOL).max_iter(MAX_ITER))
        },
    );
    hold(
        FAMILY,
        |s| s == "MultiTaskElasticNetCV",
        |case| {
            let settings = MultiTaskElasticNetCv::new().alphas(alphas(case)?).l1_ratio(ratios(case)?);
            of_many(case, &settings.cv(KFold::new(4)).tol(TOL).max_iter(MAX_ITER))
        },
    );
}
