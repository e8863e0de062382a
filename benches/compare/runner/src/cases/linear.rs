//! Linear models.

use crate::data::{labels, matrix, one_row, vector};
use estimand::prelude::*;
use estimand_bench_protocol::{Answer, Entry, Job, Result, forget_peak, repeated};

pub(crate) const ENTRIES: &[Entry] = &[
    ("ols", "estimand", |job| regression(job, LinearRegression::new())),
    ("ols_summary", "estimand", ols_summary),
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

fn ols_summary(job: &Job) -> Result<Answer> {
    let (x, y, xt) = (matrix(job, "X")?, vector(job, "y")?, matrix(job, "Xt")?);
    forget_peak();
    let (summary, fit) = repeated(job.reps, || {
        let summary = LinearRegression::new().summarize((&x, &y))?;
        std::hint::black_box(summary.to_string());
        Ok(summary)
    })?;
    let params: Vec<f64> = summary.coefficients.iter().map(|line| line.estimate).collect();
    let coef = Array1::from(params[1..].to_vec());
    let (predicted, predict) = repeated(job.reps, || Ok(xt.dot(&coef) + params[0]))?;
    job.write_linear(&params[1..], &params[..1], &predicted.to_vec())?;
    Ok(Answer::new(fit, predict))
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
