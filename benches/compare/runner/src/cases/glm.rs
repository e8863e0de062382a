//! Generalised linear models.

use crate::data::{matrix, one_row, vector};
use estimand::linear::{GlmSolver, PoissonRegressor};
use estimand::prelude::*;
use estimand_bench_protocol::{Answer, Entry, Job, Result, forget_peak, repeated};

pub(crate) const ENTRIES: &[Entry] = &[
    ("poisson", "estimand", |job| poisson(job, GlmSolver::Auto)),
    ("poisson", "estimand:newton-cholesky", |job| poisson(job, GlmSolver::NewtonCholesky)),
];

fn poisson(job: &Job, solver: GlmSolver) -> Result<Answer> {
    let (x, y, xt) = (matrix(job, "X")?, vector(job, "y")?, matrix(job, "Xt")?);
    let settings = PoissonRegressor::new().alpha(1e-4).solver(solver);
    forget_peak();
    let (model, fit) = repeated(job.reps, || Ok(settings.fit((&x, &y))?))?;
    let (predicted, predict) = repeated(job.reps, || Ok(model.predict(&xt)?))?;
    let answer = Answer::new(fit, predict);
    job.write_linear(&model.coef().to_vec(), &[model.intercept()], &predicted.to_vec())?;
    one_row(answer, &model, &xt)
}
