//! Stochastic gradient descent.

use crate::data::{labels, matrix};
use estimand::linear::SgdLoss;
use estimand::prelude::*;
use estimand_bench_protocol::{Answer, Entry, Job, Result, forget_peak, repeated};

pub(crate) const ENTRIES: &[Entry] = &[("sgd_classifier", "estimand", classifier)];

fn classifier(job: &Job) -> Result<Answer> {
    let (x, y, xt) = (matrix(job, "X")?, labels(job, "y")?, matrix(job, "Xt")?);
    forget_peak();
    let settings = SgdClassifier::new().loss(SgdLoss::Log).max_iter(5).tol(None);
    let (model, fit) = repeated(job.reps, || Ok(settings.fit((&x, &y))?))?;
    let (predicted, predict) = repeated(job.reps, || Ok(model.predict(&xt)?))?;
    let coef = model.model().coef().iter().copied().collect::<Vec<_>>();
    job.write_linear(&coef, &model.model().intercept().to_vec(), &predicted.to_vec())?;
    Ok(Answer::new(fit, predict))
}
