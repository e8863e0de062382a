//! What is built on least squares: the reference's choices, coefficients, paths and standard deviations.

use crate::inputs::{One, classes_of, flag, intercept, numbers_of, weighted, weights_of};
use estimand::core::Fit;
use estimand::linear::{
    ArdRegression, BayesianModel, BayesianRidge, Lars, LarsCv, LarsPath, LassoLars, LassoLarsCv, LassoLarsIc,
    LinearModel, MultiLinearModel, OrthogonalMatchingPursuit, OrthogonalMatchingPursuitCv, PathCriterion,
    RidgeClassifier, RidgeClassifierCv, RidgeCv,
};
use estimand::prelude::*;
use estimand_parity::{Case, Outcome, hold};

fn line(case: &Case, model: &LinearModel<f64>) {
    case.close("coef", model.coef());
    case.close("intercept", [&model.intercept()]);
}

fn check(subject: &'static str, f: impl Fn(&Case) -> Outcome) {
    hold("ridge_family", |s| s == subject, f);
}

#[test]
fn ridge_cv() {
    check("RidgeCV", |case| {
        let mut settings = RidgeCv::new()
            .alphas(case.param("alphas")?.numbers()?)
            .fit_intercept(intercept(case)?)
            .alpha_per_target(flag(case, "alpha_per_target", false)?);
        if let Some(folds) = case.optional_param("cv") {
            settings = settings.cv(KFold::new(folds.read()?));
        }
        let (x, y) = numbers_of(case)?;
        let weights = weights_of(case)?;
        if y.ncols() == 1 {
            let model = settings.fit_samples(One::of(case)?.samples())?;
            line(case, &model);
            case.close("alpha", model.alpha());
            case.close("best_score", model.best_score());
        } else {
            let model = settings.fit_samples(weighted::<Array2<f64>>((&x, &y), &weights))?;
            let line: &MultiLinearModel<f64> = model.model();
            case.close("coef", line.coef());
            case.close("intercept", line.intercept());
            case.close("alpha", model.alpha());
            case.close("best_score", model.best_score());
        }
        Ok(())
    });
}

#[test]
fn ridge_classifiers() {
    check("RidgeClassifier", |case| {
        let (x, y) = classes_of(case)?;
        let weights = weights_of(case)?;
        let balanced = case.optional_param("class_weight").is_some();
        let settings = RidgeClassifier::new()
            .alpha(case.optional_param("alpha").map_or(Ok(1.0), |v| v.number())?)
            .fit_intercept(intercept(case)?)
            .class_weight(if balanced { ClassWeight::Balanced } else { ClassWeight::Uniform });
        let model = settings.fit_samples(weighted::<Array1<i64>>((&x, &y), &weights))?;
        case.close("coef", model.coef());
        // Without an intercept scikit-learn says 0 once, whatever the classes.
        let intercept = if intercept(case)? { model.intercept().to_vec() } else { vec![0.0] };
        case.close("intercept", &intercept);
        case.close("decision", &model.decision_function(x.slice(s![..x.nrows().min(10), ..]))?);
        Ok(())
    });
    check("RidgeClassifierCV", |case| {
        let (x, y) = classes_of(case)?;
        let model = RidgeClassifierCv::new().alphas(case.param("alphas")?.numbers()?).fit((&x, &y))?;
        case.close("coef", model.coef());
        case.close("intercept", model.intercept());
        case.close("decision", &model.decision_function(x.slice(s![..x.nrows().min(10), ..]))?);
        case.close("alpha", [&model.alpha()]);
        Ok(())
    });
}

#[test]
fn non_negative() {
    check("NonNegative", |case| {
        let settings = LinearRegression::new().positive(true).fit_intercept(intercept(case)?);
        line(case, &settings.fit_samples(One::of(case)?.samples())?);
        Ok(())
    });
}

fn bayesian(case: &Case, model: &BayesianModel<f64>, x: &Array2<f64>) -> Outcome {
    line(case, model);
    case.close("alpha", [&model.alpha()]);
    case.close("std", &model.predict_with_std(x.slice(s![..8, ..]))?.1);
    Ok(())
}

#[test]
fn bayesian_regressions() {
    check("BayesianRidge", |case| {
        let prior = |name: &str| case.optional_param(name).map_or(Ok(1e-6), |v| v.number());
        let settings = BayesianRidge::new()
            .tol(1e-12)
            .max_iter(20_000)
            .alpha_1(prior("alpha_1")?)
            .alpha_2(prior("alpha_2")?)
            .lambda_1(prior("lambda_1")?)
            .lambda_2(prior("lambda_2")?)
            .fit_intercept(intercept(case)?);
        let one = One::of(case)?;
        let model = settings.fit_samples(one.samples())?;
        case.close("lambda", model.lambda());
        case.close("score", model.scores().last());
        bayesian(case, &model, &one.x)
    });
    check("ARDRegression", |case| {
        let threshold = case.optional_param("threshold_lambda").map_or(Ok(1e4), |v| v.number())?;
        let settings = ArdRegression::new().tol(1e-12).max_iter(20_000).threshold_lambda(threshold);
        let one = One::of(case)?;
        bayesian(case, &settings.fit_samples(one.samples())?, &one.x)
    });
}

fn path(case: &Case, path: &LarsPath, model: &LinearModel<f64>) -> Outcome {
    line(case, model);
    case.close("alphas", &path.alphas);
    case.close("path", &path.coefs);
    Ok(())
}

#[test]
fn paths() {
    check("Lars", |case| {
        let count = case.optional_param("n_nonzero_coefs").map_or(Ok(500), |v| v.read())?;
        let (settings, one) = (Lars::new().n_nonzero_coefs(count), One::of(case)?);
        path(case, &settings.path(one.samples())?, &settings.fit_samples(one.samples())?)
    });
    check("LassoLars", |case| {
        let settings = LassoLars::new().alpha(0.0).positive(flag(case, "positive", false)?);
        let one = One::of(case)?;
        path(case, &settings.path(one.samples())?, &settings.fit_samples(one.samples())?)
    });
}

#[test]
fn places_on_paths() {
    check("LassoLarsIC", |case| {
        let bic = case.param("criterion")?.read::<&str>()? == "bic";
        let settings =
            LassoLarsIc::new().criterion(if bic { PathCriterion::Bic } else { PathCriterion::Aic });
        let model = settings.fit_samples(One::of(case)?.samples())?;
        line(case, &model);
        case.close("alpha", [&model.alpha()]);
        case.close("criterion", model.criterion());
        case.close("noise_variance", [&model.noise_variance()]);
        Ok(())
    });
    for subject in ["LarsCV", "LassoLarsCV"] {
        check(subject, |case| {
            let (cv, one) = (KFold::new(case.param("cv")?.read()?), One::of(case)?);
            let model = if subject == "LarsCV" {
                LarsCv::new().cv(cv).fit_samples(one.samples())?
            } else {
                LassoLarsCv::new().cv(cv).fit_samples(one.samples())?
            };
            line(case, &model);
            case.close("alpha", [&model.alpha()]);
            case.close("mse", &model.mse_path().mean_axis(Axis(1)).ok_or("no folds")?);
            Ok(())
        });
    }
}

#[test]
fn matching_pursuit() {
    check("OrthogonalMatchingPursuit", |case| {
        let settings = OrthogonalMatchingPursuit::new()
            .n_nonzero_coefs(case.optional_param("n_nonzero_coefs").map(|v| v.read()).transpose()?)
            .tol(case.optional_param("tol").map(|v| v.number()).transpose()?);
        line(case, &settings.fit_samples(One::of(case)?.samples())?);
        Ok(())
    });
    check("OrthogonalMatchingPursuitCV", |case| {
        let settings = OrthogonalMatchingPursuitCv::new().cv(KFold::new(case.param("cv")?.read()?));
        let model = settings.fit_samples(One::of(case)?.samples())?;
        line(case, &model);
        case.same("count", model.n_nonzero_coefs());
        Ok(())
    });
}
