//! Linear models: every solver gives the reference's coefficients, intercepts and predictions.

use crate::inputs::{classes_of, intercept, numbers_of, weighted, weights_of};
use estimand::core::{Fit, Label, Predict};
use estimand::linear::{LeastSquaresSolver, LinearModel, LogisticSolver, MultiLinearModel, RidgeSolver};
use estimand::prelude::*;
use estimand_parity::{Case, Outcome, hold};

#[test]
fn linear_regression() {
    for solver in [LeastSquaresSolver::Auto, LeastSquaresSolver::Cholesky, LeastSquaresSolver::Svd] {
        hold(
            "linear",
            |s| s == "LinearRegression",
            |case| {
                let settings = LinearRegression::new().fit_intercept(intercept(case)?).solver(solver);
                let outcome = least_squares(case, &settings, &settings);
                // Normal equations on demand may refuse collinear columns; they may not answer wrongly.
                let singular = ["rank_deficient", "wide"].iter().any(|s| case.name().contains(s));
                if solver == LeastSquaresSolver::Cholesky && singular && outcome.is_err() {
                    case.refused();
                    return Ok(());
                }
                outcome
            },
        );
    }
}

#[test]
fn ridge() {
    for solver in [RidgeSolver::Auto, RidgeSolver::Cholesky, RidgeSolver::Svd] {
        hold(
            "linear",
            |s| s == "Ridge",
            |case| {
                let settings = Ridge::new()
                    .alpha(case.param("alpha")?.number()?)
                    .fit_intercept(intercept(case)?)
                    .solver(solver);
                least_squares(case, &settings, &settings)
            },
        );
    }
}

/// `one` and `many` are the same settings, for one target and for several.
fn least_squares(
    case: &Case,
    one: &impl Fit<f64, Array1<f64>, Model = LinearModel<f64>>,
    many: &impl Fit<f64, Array2<f64>, Model = MultiLinearModel<f64>>,
) -> Outcome {
    let (x, y) = numbers_of(case)?;
    let weights = weights_of(case)?;
    // Of a bundled set, the first twenty predictions are kept.
    let rows = if case.optional_input("dataset").is_some() { 20 } else { x.nrows() };
    let new = x.slice(s![..rows, ..]);
    if y.ncols() == 1 {
        let y = y.column(0);
        let model = one.fit_samples(weighted((&x, y), &weights))?;
        case.close("coef", model.coef());
        case.close("intercept", [&model.intercept()]);
        case.close("predictions", &model.predict(new)?);
    } else {
        let model = many.fit_samples(weighted((&x, &y), &weights))?;
        case.close("coef", model.coef());
        case.close("intercept", model.intercept());
        case.close("predictions", &model.predict(new)?);
    }
    Ok(())
}

#[test]
fn logistic_regression() {
    for solver in [LogisticSolver::Auto, LogisticSolver::NewtonCholesky, LogisticSolver::Lbfgs] {
        hold(
            "linear",
            |s| s == "LogisticRegression",
            |case| {
                let balanced = case.optional_param("class_weight").is_some();
                let settings = LogisticRegression::new()
                    .c(case.param("C")?.number()?)
                    .fit_intercept(intercept(case)?)
                    .class_weight(if balanced { ClassWeight::Balanced } else { ClassWeight::Uniform })
                    .solver(solver)
                    .tol(1e-12)
                    .max_iter(10_000);
                let (x, y) = classes_of(case)?;
                // On scales from 1e-6 to 1e6, L-BFGS alone does not get there and has to say so.
                if solver == LogisticSolver::Lbfgs && case.name().ends_with("logistic_multi_scales") {
                    let gave_up = !settings.clone().max_iter(200).fit((&x, &y))?.report().converged;
                    case.refused();
                    return if gave_up { Ok(()) } else { Err("the report says that it converged".into()) };
                }
                logistic(case, &settings, &x, &y)
            },
        );
    }
}

fn logistic<L: Label + serde::Serialize>(
    case: &Case,
    settings: &LogisticRegression,
    x: &Array2<f64>,
    y: &Array1<L>,
) -> Outcome {
    let weights = weights_of(case)?;
    let model = settings.fit_samples(weighted::<Array1<L>>((x, y), &weights))?;
    case.same("classes", model.classes());
    case.close("coef", model.coef());
    // With three classes and more, a constant added to all intercepts changes nothing.
    let intercept = model.intercept();
    let centre = if intercept.len() > 1 { intercept.sum() / intercept.len() as f64 } else { 0.0 };
    case.close("intercept", &(intercept - centre));
    case.close("objective", &model.report().objective);
    case.close("proba", &model.predict_proba(x.slice(s![..x.nrows().min(12), ..]))?);
    Ok(())
}
