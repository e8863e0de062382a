//! Robust and isotonic regression.

use crate::data::{matrix, vector};
use estimand::linear::{HuberRegressor, IsotonicRegression, OutOfBounds, QuantileRegressor};
use estimand::prelude::*;
use estimand_bench_protocol::{Answer, Entry, Job, Result, forget_peak, repeated};

pub(crate) const ENTRIES: &[Entry] = &[
    ("huber", "estimand", |job| plane(job, HuberRegressor::new(), |model| model)),
    ("quantile_regressor", "estimand", |job| quantile(job, 0.5, 0.0)),
    ("quantile_l1", "estimand", |job| quantile(job, 0.9, 0.01)),
    ("isotonic", "estimand", isotonic),
];

fn quantile(job: &Job, quantile: f64, alpha: f64) -> Result<Answer> {
    plane(job, QuantileRegressor::new().quantile(quantile).alpha(alpha), |model| model)
}

fn plane<S, M>(job: &Job, settings: S, linear: fn(&M) -> &LinearModel<f64>) -> Result<Answer>
where
    S: Fit<f64, Array1<f64>, Model = M>,
    M: Predict<f64, Output = Array1<f64>>,
{
    let (x, y, xt) = (matrix(job, "X")?, vector(job, "y")?, matrix(job, "Xt")?);
    forget_peak();
    let (model, fit) = repeated(job.reps, || Ok(settings.fit((&x, &y))?))?;
    let (predicted, predict) = repeated(job.reps, || Ok(model.predict(&xt)?))?;
    let plane = linear(&model);
    job.write_linear(&plane.coef().to_vec(), &[plane.intercept()], &predicted.to_vec())?;
    job.write("n_iter", &[], &[plane.report().iterations as f64])?;
    Ok(Answer::new(fit, predict))
}

fn isotonic(job: &Job) -> Result<Answer> {
    let (x, y, xt) = (matrix(job, "X")?, vector(job, "y")?, matrix(job, "Xt")?);
    forget_peak();
    let settings = IsotonicRegression::new().out_of_bounds(OutOfBounds::Clip);
    let (model, fit) = repeated(job.reps, || Ok(settings.fit((&x, &y))?))?;
    let (predicted, predict) = repeated(job.reps, || Ok(model.predict(&xt)?))?;
    job.write("predict", &[], &predicted.to_vec())?;
    job.write("fitted", &[], &model.predict(&x)?.to_vec())?;
    Ok(Answer::new(fit, predict))
}
