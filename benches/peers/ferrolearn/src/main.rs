//! ferrolearn 0.5: least squares, ridge, logistic regression, the standard scaler.

use estimand_bench_protocol::{Answer, Element, Entry, Job, Result, forget_peak, repeated};
use ferrolearn_core::{FerroError, Fit, HasCoefficients, Predict, Transform};
use ferrolearn_linear::{LinearRegression, LogisticRegression, Ridge};
use ferrolearn_preprocess::StandardScaler;
use ndarray::{Array1, Array2};
use std::process::ExitCode;

const ENTRIES: &[Entry] = &[
    ("ols", "ferrolearn", |job| regression(job, LinearRegression::new())),
    ("ridge", "ferrolearn", |job| regression(job, Ridge::new().with_alpha(1.0))),
    ("logreg_binary", "ferrolearn", logreg),
    ("logreg_multi", "ferrolearn", logreg),
    ("standard_scaler", "ferrolearn", standard_scaler),
];

fn main() -> ExitCode {
    estimand_bench_protocol::main(&[("ferrolearn", "0.5.0")], ENTRIES)
}

fn matrix(job: &Job, name: &str) -> Result<Array2<f64>> {
    let array = job.read(name)?;
    Ok(Array2::from_shape_vec(array.two_dimensional()?, array.values)?)
}

/// X, y and the test rows.
fn supervised<T: Element, L>(
    job: &Job,
    label: impl Fn(T) -> L,
) -> Result<(Array2<f64>, Array1<L>, Array2<f64>)> {
    let y = job.read("y")?.values.into_iter().map(label).collect();
    let data = (matrix(job, "X")?, y, matrix(job, "Xt")?);
    forget_peak();
    Ok(data)
}

fn regression<S, M>(job: &Job, settings: S) -> Result<Answer>
where
    S: Fit<Array2<f64>, Array1<f64>, Fitted = M, Error = FerroError>,
    M: HasCoefficients<f64> + Predict<Array2<f64>, Output = Array1<f64>, Error = FerroError>,
{
    let (x, y, xt) = supervised(job, |v: f64| v)?;
    let (model, fit) = repeated(job.reps, || Ok(settings.fit(&x, &y)?))?;
    let (predicted, predict) = repeated(job.reps, || Ok(model.predict(&xt)?))?;
    let answer = Answer::new(fit, predict);
    job.write_linear(&model.coefficients().to_vec(), &[model.intercept()], &predicted.to_vec())?;
    Ok(answer)
}

fn logreg(job: &Job) -> Result<Answer> {
    let (x, y, xt) = supervised(job, |v: i64| v as usize)?;
    let (model, fit) = repeated(job.reps, || Ok(LogisticRegression::<f64>::new().fit(&x, &y)?))?;
    let (predicted, predict) = repeated(job.reps, || Ok(model.predict(&xt)?))?;
    let answer = Answer::new(fit, predict);
    let (coef, intercept) = if model.is_binary() {
        (model.coefficients().to_vec(), vec![model.intercept()])
    } else {
        (model.weight_matrix().iter().copied().collect(), model.intercept_vec().to_vec())
    };
    job.write_linear(&coef, &intercept, &predicted.mapv(|c| c as i64).to_vec())?;
    Ok(answer)
}

fn standard_scaler(job: &Job) -> Result<Answer> {
    let x = matrix(job, "X")?;
    forget_peak();
    let ((scaler, z), fit) = repeated(job.reps, || {
        let scaler = StandardScaler::<f64>::new().fit(&x, &())?;
        let z = scaler.transform(&x)?;
        Ok((scaler, z))
    })?;
    drop(z);
    let (z, predict) = repeated(job.reps, || Ok(scaler.transform(&x)?))?;
    let answer = Answer::new(fit, predict);
    job.write_sample(&z.iter().copied().collect::<Vec<_>>(), x.ncols())?;
    Ok(answer)
}
