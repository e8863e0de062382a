//! Generalised linear models against scikit-learn, and what is said of their coefficients, and of those of least squares,
//! against statsmodels.

use crate::inputs::{One, numbers_of, weighted, weights_of};
use estimand::core::Fit;
use estimand::linear::{Coefficient, GlmSolver, GlmSummary, Link, RegressionSummary, TweedieRegressor};
use estimand::prelude::*;
use estimand_parity::{Case, Outcome, hold};

fn settings(case: &Case) -> Result<TweedieRegressor, String> {
    let settings = TweedieRegressor::new()
        .power(case.param("power")?.number()?)
        .fit_intercept(case.param("fit_intercept")?.read()?)
        .max_iter(1000);
    Ok(match case.param("link")?.read::<&str>()? {
        "log" => settings.link(Link::Log),
        "identity" => settings.link(Link::Identity),
        _ => settings,
    })
}

#[test]
fn penalised_models() {
    for solver in [GlmSolver::Auto, GlmSolver::NewtonCholesky, GlmSolver::Lbfgs] {
        hold(
            "glm",
            |s| s == "Tweedie",
            |case| {
                let one = One::of(case)?;
                let settings =
                    settings(case)?.alpha(case.param("alpha")?.number()?).solver(solver).tol(1e-10);
                let model = settings.fit_samples(one.samples())?;
                case.close("coef", model.coef());
                case.close("intercept", [&model.intercept()]);
                case.close("predictions", &model.predict(one.x.slice(s![..one.x.nrows().min(12), ..]))?);
                Ok(())
            },
        );
    }
}

/// The table of coefficients, whose statistics are called `statistic`.
fn coefficients(case: &Case, lines: &[Coefficient], statistic: &str, covariance: &Array2<f64>) {
    let all = |f: fn(&Coefficient) -> f64| lines.iter().map(f).collect::<Vec<_>>();
    case.close("coef", &all(|c| c.estimate));
    case.close("std_error", &all(|c| c.std_error));
    case.close(statistic, &all(|c| c.statistic));
    case.close("p", &all(|c| c.p_value));
    case.close("interval", lines.iter().flat_map(|c| [&c.interval.0, &c.interval.1]));
    case.close("covariance", covariance);
}

fn generalised(case: &Case, summary: &GlmSummary) -> Outcome {
    coefficients(case, &summary.coefficients, "z", &summary.covariance);
    case.close("interval_80", summary.intervals(0.8)?.iter().flat_map(|(low, high)| [low, high]));
    case.close("df", &[summary.df_model, summary.df_residual]);
    case.close("deviance", [&summary.deviance]);
    case.close("null_deviance", [&summary.null_deviance]);
    case.close("pearson", [&summary.pearson_chi2]);
    case.close("scale", [&summary.scale]);
    if let (Some(likelihood), Some(aic), Some(bic)) = (summary.log_likelihood, summary.aic, summary.bic) {
        case.close("log_likelihood", [&likelihood]);
        case.close("aic", [&aic]);
        case.close("bic", [&bic]);
    }
    Ok(())
}

#[test]
fn summaries_of_generalised_models() {
    hold(
        "glm",
        |s| s == "GlmSummary",
        |case| {
            let one = One::of(case)?;
            let settings = settings(case)?.alpha(0.0).tol(1e-11);
            let summary = match case.optional_input("offset") {
                Some(offset) => settings.summarize_with_offset(one.samples(), &offset.vector()?)?,
                None => settings.summarize(one.samples())?,
            };
            generalised(case, &summary)
        },
    );
}

#[test]
fn summaries_of_logistic_regression() {
    hold(
        "glm",
        |s| s == "LogisticSummary",
        |case| {
            let (x, y) = numbers_of(case)?;
            let weights = weights_of(case)?;
            let labels = y.column(0).mapv(|y| y == 1.0);
            let settings = LogisticRegression::new()
                .c(f64::INFINITY)
                .fit_intercept(case.param("fit_intercept")?.read()?)
                .tol(1e-11)
                .max_iter(1000);
            generalised(case, &settings.summarize(weighted::<Array1<bool>>((&x, &labels), &weights))?)
        },
    );
}

#[test]
fn summaries_of_least_squares() {
    hold(
        "inference",
        |s| s == "RegressionSummary",
        |case| {
            let one = One::of(case)?;
            let settings = LinearRegression::new().fit_intercept(case.param("fit_intercept")?.read()?);
            let summary: RegressionSummary = settings.summarize(one.samples())?;
            coefficients(case, &summary.coefficients, "t", &summary.covariance);
            case.close("interval_80", summary.intervals(0.8)?.iter().flat_map(|(low, high)| [low, high]));
            case.close("df", &[summary.df_model, summary.df_residual]);
            case.close("f", &[summary.f.statistic, summary.f.p_value]);
            case.close("omnibus", &[summary.omnibus.statistic, summary.omnibus.p_value]);
            case.close("jarque_bera", &[summary.jarque_bera.statistic, summary.jarque_bera.p_value]);
            for (name, value) in [
                ("scale", summary.scale),
                ("r2", summary.r2),
                ("adjusted_r2", summary.adjusted_r2),
                ("log_likelihood", summary.log_likelihood),
                ("aic", summary.aic),
                ("bic", summary.bic),
                ("durbin_watson", summary.durbin_watson),
                ("skew", summary.skew),
                ("kurtosis", summary.kurtosis),
            ] {
                case.close(name, [&value]);
            }
            if case.expects("condition_number") {
                case.close("condition_number", [&summary.condition_number]);
            }
            Ok(())
        },
    );
}
