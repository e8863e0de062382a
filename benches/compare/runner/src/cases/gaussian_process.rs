//! Gaussian processes.

use crate::data::{matrix, vector};
use estimand::prelude::*;
use estimand_bench_protocol::{Answer, Entry, Job, Result, forget_peak, repeated};

pub(crate) const ENTRIES: &[Entry] = &[
    ("gpr_fixed", "estimand", |job| regression(job, false)),
    ("gpr_opt", "estimand", |job| regression(job, true)),
];

fn regression(job: &Job, optimize: bool) -> Result<Answer> {
    let (x, y, xt) = (matrix(job, "X")?, vector(job, "y")?, matrix(job, "Xt")?);
    forget_peak();
    let kernel = Covariance::rbf(1.0) + Covariance::white(0.01);
    let settings = GaussianProcessRegressor::new().kernel(kernel).optimize(optimize).normalize_y(true);
    let (model, fit) = repeated(job.reps, || Ok(settings.fit((&x, &y))?))?;
    let (predicted, predict) = repeated(job.reps, || Ok(model.predict(&xt)?))?;
    job.write("predict", &[], &predicted.to_vec())?;
    job.write("kernel", &[], &model.kernel().values())?;
    crate::data::one_row(Answer::new(fit, predict), &model, &xt)
}
