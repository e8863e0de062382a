//! smartcore 0.7: least squares, ridge, logistic regression, the standard scaler.

use estimand_bench_protocol::{Answer, Element, Entry, Job, Result, forget_peak, repeated};
use smartcore::api::{Transformer, UnsupervisedEstimator};
use smartcore::linalg::basic::arrays::Array;
use smartcore::linalg::basic::matrix::DenseMatrix;
use smartcore::linear::linear_regression::{LinearRegression, LinearRegressionParameters};
use smartcore::linear::logistic_regression::{LogisticRegression, LogisticRegressionParameters};
use smartcore::linear::ridge_regression::{RidgeRegression, RidgeRegressionParameters};
use smartcore::preprocessing::numerical::{StandardScaler, StandardScalerParameters};
use std::process::ExitCode;

const ENTRIES: &[Entry] = &[
    ("ols", "smartcore", ols),
    ("ridge", "smartcore", ridge),
    ("logreg_binary", "smartcore", logreg),
    ("logreg_multi", "smartcore", logreg),
    ("standard_scaler", "smartcore", standard_scaler),
];

fn main() -> ExitCode {
    estimand_bench_protocol::main(&[("smartcore", "0.7.0")], ENTRIES)
}

type Matrix = DenseMatrix<f64>;

fn matrix(job: &Job, name: &str) -> Result<Matrix> {
    let array = job.read(name)?;
    let (rows, columns) = array.two_dimensional()?;
    Ok(DenseMatrix::new(rows, columns, array.values, false)?)
}

/// X, y and the test rows.
fn supervised<T: Element>(job: &Job) -> Result<(Matrix, Vec<T>, Matrix)> {
    let data = (matrix(job, "X")?, job.read("y")?.values, matrix(job, "Xt")?);
    forget_peak();
    Ok(data)
}

/// The elements row by row.
fn values(m: &Matrix) -> Vec<f64> {
    m.iterator(0).copied().collect()
}

fn ols(job: &Job) -> Result<Answer> {
    let (x, y, xt) = supervised::<f64>(job)?;
    let (model, fit) =
        repeated(job.reps, || Ok(LinearRegression::fit(&x, &y, LinearRegressionParameters::default())?))?;
    let (predicted, predict) = repeated(job.reps, || Ok(model.predict(&xt)?))?;
    let answer = Answer::new(fit, predict);
    job.write_linear(&values(model.coefficients()), &[*model.intercept()], &predicted)?;
    Ok(answer)
}

/// smartcore fits an intercept only with `normalize`, which penalises the standardised coefficients instead.
fn ridge(job: &Job) -> Result<Answer> {
    let (x, y, xt) = supervised::<f64>(job)?;
    let settings = RidgeRegressionParameters::default().with_alpha(1.0).with_normalize(true);
    let (model, fit) = repeated(job.reps, || Ok(RidgeRegression::fit(&x, &y, settings.clone())?))?;
    let (predicted, predict) = repeated(job.reps, || Ok(model.predict(&xt)?))?;
    let answer = Answer::new(fit, predict);
    job.write_linear(&values(model.coefficients()), &[*model.intercept()], &predicted)?;
    Ok(answer)
}

fn logreg(job: &Job) -> Result<Answer> {
    let (x, y, xt) = supervised::<i64>(job)?;
    let settings = LogisticRegressionParameters::default().with_alpha(1.0);
    let (model, fit) = repeated(job.reps, || Ok(LogisticRegression::fit(&x, &y, settings.clone())?))?;
    let (predicted, predict) = repeated(job.reps, || Ok(model.predict(&xt)?))?;
    let answer = Answer::new(fit, predict);
    job.write_linear(&values(model.coefficients()), &values(model.intercept()), &predicted)?;
    Ok(answer)
}

fn standard_scaler(job: &Job) -> Result<Answer> {
    let x = matrix(job, "X")?;
    forget_peak();
    let ((scaler, z), fit) = repeated(job.reps, || {
        let scaler = StandardScaler::<f64>::fit(&x, StandardScalerParameters::default())?;
        let z = scaler.transform(&x)?;
        Ok((scaler, z))
    })?;
    drop(z);
    let (z, predict) = repeated(job.reps, || Ok(scaler.transform(&x)?))?;
    let answer = Answer::new(fit, predict);
    job.write_sample(&values(&z), x.shape().1)?;
    Ok(answer)
}
