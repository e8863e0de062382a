//! Linear models.

use crate::data::{labels, matrix, one_row, vector};
use estimand::prelude::*;
use estimand_bench_protocol::{Answer, Entry, Job, Result, forget_peak, repeated};

pub(crate) const ENTRIES: &[Entry] = &[
    ("ols", "estimand", |job| regression(job, LinearRegression::new())),
    ("ridge", "estimand", |job| regression(job, Ridge::new().alpha(1.0))),
    ("logreg_binary", "estimand", logreg),
    ("logreg_multi", "estimand", logreg),
];

fn regression<S>(job: &Job, settings: S) -> Result<Answer>
where
    S: Fit<f64, Array1<f64>, Model = LinearModel<f64>>,
{
    let (x, y, xt) = (matrix(job, "X")?, vector(job, "y")?, matrix(job, "Xt")?);
    forget_peak();
    let (model, fit) = repeated(job.reps, || Ok(settings.fit((&x, &y))?))?;
    let (predicted, predict) = repeated(job.reps, || Ok(model.predict(&xt)?))?;
    let answer = Answer::new(fit, predict);
    job.write_linear(&model.coef().to_vec(), &[model.intercept()], &predicted.to_vec())?;
    one_row(answer, &model, &xt)
}

fn logreg(job: &Job) -> Result<Answer> {
    let (x, y, xt) = (matrix(job, "X")?, labels(job, "y")?, matrix(job, "Xt")?);
    forget_peak();
    let (model, fit) = repeated(job.reps, || Ok(LogisticRegression::new().c(1.0).fit((&x, &y))?))?;
    let (predicted, predict) = repeated(job.reps, || Ok(model.predict(&xt)?))?;
    let answer = Answer::new(fit, predict);
    let coef = model.model().coef().iter().copied().collect::<Vec<_>>();
    job.write_linear(&coef, &model.model().intercept().to_vec(), &predicted.to_vec())?;
    one_row(answer, &model, &xt)
}
