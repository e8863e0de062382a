//! Support vector machines and kernel methods.

use crate::data::{labels, matrix};
use estimand::prelude::*;
use estimand::svm::{Kernel, Svc};
use estimand_bench_protocol::{Answer, Entry, Job, Result, forget_peak, repeated};

pub(crate) const ENTRIES: &[Entry] = &[
    ("svc_rbf", "estimand", |job| svc(job, Svc::new().gamma(0.02).cache_size(500.0))),
    ("svc_linear", "estimand", |job| svc(job, Svc::new().kernel(Kernel::Linear).cache_size(500.0))),
];

/// Leaves predictions, support vectors and coefficients behind.
fn write(job: &Job, predicted: &[i64], support: &[usize], dual_coef: &Array2<f64>) -> Result<()> {
    let support: Vec<i64> =
        support.iter().map(|i| i64::try_from(*i)).collect::<std::result::Result<_, _>>()?;
    job.write("predict", &[], predicted)?;
    job.write("support", &[], &support)?;
    job.write("dual_coef", &[], &dual_coef.iter().copied().collect::<Vec<_>>())
}

fn svc(job: &Job, settings: Svc) -> Result<Answer> {
    let (x, y, xt) = (matrix(job, "X")?, labels(job, "y")?, matrix(job, "Xt")?);
    forget_peak();
    let (model, fit) = repeated(job.reps, || Ok(settings.fit((&x, &y))?))?;
    let (predicted, predict) = repeated(job.reps, || Ok(model.predict(&xt)?))?;
    write(job, &predicted.to_vec(), model.support(), model.dual_coef())?;
    crate::data::one_row(Answer::new(fit, predict), &model, &xt)
}
