//! linfa 0.8: least squares, elastic net with a pure L2 penalty, both logistic regressions, the linear scaler.

use estimand_bench_protocol::{Answer, Element, Entry, Job, Result, forget_peak, repeated};
use linfa::prelude::*;
use linfa_elasticnet::ElasticNet;
use linfa_linear::LinearRegression;
use linfa_logistic::{LogisticRegression, MultiLogisticRegression};
use linfa_preprocessing::linear_scaling::LinearScaler;
use ndarray::{Array1, Array2};
use std::process::ExitCode;

const ENTRIES: &[Entry] = &[
    ("ols", "linfa", ols),
    ("ridge", "linfa", ridge),
    ("logreg_binary", "linfa", logreg_binary),
    ("logreg_multi", "linfa", logreg_multi),
    ("standard_scaler", "linfa", standard_scaler),
];

fn main() -> ExitCode {
    estimand_bench_protocol::main(&[("linfa", "0.8.1")], ENTRIES)
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

fn ols(job: &Job) -> Result<Answer> {
    let (x, y, xt) = supervised(job, |v: f64| v)?;
    let data = DatasetView::from((x.view(), y.view()));
    let (model, fit) = repeated(job.reps, || Ok(LinearRegression::new().fit(&data)?))?;
    let (predicted, predict) = repeated(job.reps, || Ok(model.predict(&xt)))?;
    let answer = Answer::new(fit, predict);
    job.write_linear(&model.params().to_vec(), &[model.intercept()], &predicted.to_vec())?;
    Ok(answer)
}

/// linfa divides the squared error by 2n, so α/n stands for scikit-learn's α.
fn ridge(job: &Job) -> Result<Answer> {
    let (x, y, xt) = supervised(job, |v: f64| v)?;
    let data = DatasetView::from((x.view(), y.view()));
    let settings = ElasticNet::ridge().penalty(1.0 / x.nrows() as f64);
    let (model, fit) = repeated(job.reps, || Ok(settings.fit(&data)?))?;
    let (predicted, predict) = repeated(job.reps, || Ok(model.predict(&xt)))?;
    let answer = Answer::new(fit, predict);
    job.write_linear(&model.hyperplane().to_vec(), &[model.intercept()], &predicted.to_vec())?;
    Ok(answer)
}

fn logreg_binary(job: &Job) -> Result<Answer> {
    let (x, y, xt) = supervised(job, |v: i64| v as usize)?;
    let data = DatasetView::from((x.view(), y.view()));
    let (model, fit) =
        repeated(job.reps, || Ok(LogisticRegression::default().max_iterations(200).fit(&data)?))?;
    let (predicted, predict) = repeated(job.reps, || Ok(model.predict(&xt)))?;
    let sign = if model.labels().pos.class == 1 { 1.0 } else { -1.0 };
    let answer = Answer::new(fit, predict);
    job.write_linear(
        &(model.params() * sign).to_vec(),
        &[model.intercept() * sign],
        &predicted.mapv(|c| c as i64).to_vec(),
    )?;
    Ok(answer)
}

fn logreg_multi(job: &Job) -> Result<Answer> {
    let (x, y, xt) = supervised(job, |v: i64| v as usize)?;
    let data = DatasetView::from((x.view(), y.view()));
    let (model, fit) =
        repeated(job.reps, || Ok(MultiLogisticRegression::default().max_iterations(200).fit(&data)?))?;
    let (predicted, predict) = repeated(job.reps, || Ok(model.predict(&xt)))?;
    let answer = Answer::new(fit, predict);
    job.write_linear(
        &model.params().t().iter().copied().collect::<Vec<_>>(),
        &model.intercept().to_vec(),
        &predicted.mapv(|c| c as i64).to_vec(),
    )?;
    Ok(answer)
}

/// linfa transforms in place, so what is timed starts with a copy, as the other libraries make one.
fn standard_scaler(job: &Job) -> Result<Answer> {
    let x = matrix(job, "X")?;
    forget_peak();
    let data = DatasetBase::from(x.view());
    let ((scaler, z), fit) = repeated(job.reps, || {
        let scaler = LinearScaler::standard().fit(&data)?;
        let z = scaler.transform(x.clone());
        Ok((scaler, z))
    })?;
    drop(z);
    let (z, predict) = repeated(job.reps, || Ok(scaler.transform(x.clone())))?;
    let answer = Answer::new(fit, predict);
    job.write_sample(&z.iter().copied().collect::<Vec<_>>(), x.ncols())?;
    Ok(answer)
}
