//! Naive Bayes and discriminant analysis.

use crate::data::{labels, matrix, one_row};
use estimand::core::FitClasses;
use estimand::prelude::*;
use estimand_bench_protocol::{Answer, Entry, Job, Result, forget_peak, repeated};

pub(crate) const ENTRIES: &[Entry] = &[
    ("gaussian_nb", "estimand", |job| classify(job, &GaussianNb::new())),
    ("lda", "estimand", |job| classify(job, &LinearDiscriminantAnalysis::new())),
];

fn classify<E: FitClasses>(job: &Job, settings: &E) -> Result<Answer> {
    let (x, y, xt) = (matrix(job, "X")?, labels(job, "y")?, matrix(job, "Xt")?);
    forget_peak();
    let (model, fit) = repeated(job.reps, || Ok(settings.fit((&x, &y))?))?;
    let (predicted, predict) = repeated(job.reps, || Ok(model.predict(&xt)?))?;
    let answer = Answer::new(fit, predict);
    job.write("predict", &[], &predicted.to_vec())?;
    one_row(answer, &model, &xt)
}
