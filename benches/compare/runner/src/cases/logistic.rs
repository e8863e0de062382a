//! Logistic regression on text-like compressed sparse rows.

use crate::data::labels;
use estimand::prelude::*;
use estimand_bench_protocol::{Answer, Entry, Job, Result, forget_peak, repeated};

pub(crate) const ENTRIES: &[Entry] = &[
    ("logreg_sparse", "estimand", |job| sparse(job, LogisticRegression::new().c(10.0))),
    ("logreg_l1_sparse", "estimand", |job| sparse(job, LogisticRegression::new().l1_ratio(1.0))),
];

pub(super) fn csr(job: &Job, name: &str) -> Result<Csr<f64>> {
    let x = job.read_sparse(name)?;
    Ok(Csr::new(x.ncols, x.indptr, x.indices, x.data)?)
}

fn sparse(job: &Job, settings: LogisticRegression) -> Result<Answer> {
    let (x, y, xt) = (csr(job, "X")?, labels(job, "y")?, csr(job, "Xt")?);
    forget_peak();
    let (model, fit) = repeated(job.reps, || Ok(settings.fit((&x, &y))?))?;
    let (predicted, predict) = repeated(job.reps, || Ok(model.predict(&xt)?))?;
    let coef = model.coef().iter().copied().collect::<Vec<_>>();
    job.write_linear(&coef, &model.intercept().to_vec(), &predicted.to_vec())?;
    Ok(Answer::new(fit, predict))
}
