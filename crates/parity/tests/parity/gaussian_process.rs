//! Gaussian processes: evidence and its gradient, moments of the posterior, and the evidence that learning reaches.

use crate::inputs::{classes_of, numbers_of};
use estimand::gaussian_process::{LengthScale, RowNoise, Smoothness};
use estimand::prelude::*;
use estimand_parity::{Case, hold};

/// Rows whose answers are kept.
const ROWS: usize = 12;

fn kernel(case: &Case) -> Result<Covariance, String> {
    let mut stack: Vec<Covariance> = Vec::new();
    for (name, values) in case.param("kernel")?.read::<Vec<(String, Vec<f64>)>>()? {
        let scale = || match values.as_slice() {
            [one] => LengthScale::from(*one),
            each => LengthScale::from(each.to_vec()),
        };
        let mut operand = || stack.pop().ok_or("a term is missing");
        let term = match name.as_str() {
            "sum" | "product" => {
                let (right, left) = (operand()?, operand()?);
                if name == "sum" { left + right } else { left * right }
            }
            "power" => operand()?.powf(values[0]),
            "constant" => Covariance::constant(values[0]),
            "white" => Covariance::white(values[0]),
            "dot_product" => Covariance::dot_product(values[0]),
            "rational_quadratic" => Covariance::rational_quadratic(values[0], values[1]),
            "exp_sine_squared" => Covariance::exp_sine_squared(values[0], values[1]),
            "rbf" => Covariance::rbf(scale()),
            "matern 0.5" => Covariance::matern(scale(), Smoothness::Half),
            "matern 1.5" => Covariance::matern(scale(), Smoothness::ThreeHalves),
            "matern 2.5" => Covariance::matern(scale(), Smoothness::FiveHalves),
            "matern inf" => Covariance::matern(scale(), Smoothness::Infinite),
            other => return Err(format!("no covariance is called {other}")),
        };
        stack.push(term);
    }
    stack.pop().ok_or_else(|| "no terms".into())
}

fn optimize(case: &Case) -> Result<bool, String> {
    case.param("optimize")?.read()
}

#[test]
fn of_numbers() {
    hold(
        "gaussian_process",
        |s| s == "GaussianProcessRegressor",
        |case| {
            let alpha = case.param("alpha")?;
            let alpha =
                alpha.number().map_or_else(|_| alpha.numbers().map(RowNoise::Each), |v| Ok(v.into()))?;
            let settings = GaussianProcessRegressor::new()
                .kernel(kernel(case)?)
                .alpha(alpha)
                .normalize_y(case.param("normalize_y")?.read()?)
                .optimize(optimize(case)?);
            let (x, y) = numbers_of(case)?;
            let all = settings.fit((&x, &y))?;
            case.close("evidence", &[all.log_marginal_likelihood()]);
            if !case.expects("mean") {
                return Ok(());
            }
            let new = x.slice(s![..ROWS, ..]).mapv(|v| v + 0.25);
            let (mean, deviation) = all.predict_std(&new)?;
            case.close("mean", &mean);
            case.close("deviation", &deviation);
            if y.ncols() > 1 {
                let sum = |t: usize| {
                    settings.log_marginal_likelihood((&x, y.column(t)), &settings.kernel.theta()).map(|v| v.1)
                };
                let gradient: Vec<f64> = sum(0)?.iter().zip(sum(1)?).map(|(a, b)| a + b).collect();
                case.close("gradient", &gradient);
                return Ok(());
            }
            let one = settings.fit((&x, y.column(0)))?;
            case.close("covariance", &one.predict_cov(new.slice(s![..4, ..]))?.1);
            let (_, gradient) =
                settings.log_marginal_likelihood((&x, y.column(0)), &settings.kernel.theta())?;
            case.close("gradient", &gradient);
            Ok(())
        },
    );
}

#[test]
fn of_classes() {
    hold(
        "gaussian_process",
        |s| s == "GaussianProcessClassifier",
        |case| {
            let settings = GaussianProcessClassifier::new().kernel(kernel(case)?).optimize(optimize(case)?);
            let (x, y) = classes_of(case)?;
            let model = settings.fit((&x, &y))?;
            let new = x.slice(s![..ROWS, ..]).mapv(|v| v + 0.25);
            if case.expects("proba") {
                case.close("proba", &model.predict_proba(&new)?);
                return Ok(());
            }
            case.close("evidence", &[model.log_marginal_likelihood()]);
            if case.expects("mean") {
                let (mean, variance) = model.latent_mean_and_variance(&new)?;
                case.close("mean", &mean);
                case.close("variance", &variance);
            }
            Ok(())
        },
    );
}
