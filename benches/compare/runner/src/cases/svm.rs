//! Support vector machines and kernel methods.

use crate::data::{labels, matrix, vector};
use estimand::core::FitClasses;
use estimand::prelude::*;
use estimand::svm::{Kernel, NuSvc, OneClassSvm, Svc, SvcModel, Svr};
use estimand_bench_protocol::{Answer, Entry, Job, Result, forget_peak, repeated};

pub(crate) const ENTRIES: &[Entry] = &[
    ("svc_rbf", "estimand", |job| svc(job, Svc::new().gamma(0.02).cache_size(500.0))),
    ("svc_linear", "estimand", |job| svc(job, Svc::new().kernel(Kernel::Linear).cache_size(500.0))),
    ("svr_rbf", "estimand", svr),
    ("nusvc", "estimand", |job| svc(job, NuSvc::new().nu(0.4).gamma(0.02))),
    ("oneclass_svm", "estimand", one_class),
];

/// Leaves predictions, support vectors and coefficients behind.
fn write(job: &Job, predicted: &[i64], support: &[usize], dual_coef: &Array2<f64>) -> Result<()> {
    let support: Vec<i64> =
        support.iter().map(|i| i64::try_from(*i)).collect::<std::result::Result<_, _>>()?;
    job.write("predict", &[], predicted)?;
    job.write("support", &[], &support)?;
    job.write("dual_coef", &[], &dual_coef.iter().copied().collect::<Vec<_>>())
}

fn svc<E: FitClasses<Model<f64> = SvcModel<f64>>>(job: &Job, settings: E) -> Result<Answer> {
    let (x, y, xt) = (matrix(job, "X")?, labels(job, "y")?, matrix(job, "Xt")?);
    forget_peak();
    let (model, fit) = repeated(job.reps, || Ok(settings.fit((&x, &y))?))?;
    let (predicted, predict) = repeated(job.reps, || Ok(model.predict(&xt)?))?;
    write(job, &predicted.to_vec(), model.support(), model.dual_coef())?;
    crate::data::one_row(Answer::new(fit, predict), &model, &xt)
}

fn svr(job: &Job) -> Result<Answer> {
    let (x, y, xt) = (matrix(job, "X")?, vector(job, "y")?, matrix(job, "Xt")?);
    forget_peak();
    let settings = Svr::new().gamma(0.02).cache_size(500.0);
    let (model, fit) = repeated(job.reps, || Ok(settings.fit((&x, &y))?))?;
    let (predicted, predict) = repeated(job.reps, || Ok(model.predict(&xt)?))?;
    write(job, &[], model.support(), model.dual_coef())?;
    job.write("predict", &[], &predicted.to_vec())?;
    crate::data::one_row(Answer::new(fit, predict), &model, &xt)
}

fn one_class(job: &Job) -> Result<Answer> {
    let (x, xt) = (matrix(job, "X")?, matrix(job, "Xt")?);
    forget_peak();
    let (model, fit) = repeated(job.reps, || Ok(OneClassSvm::new().nu(0.2).gamma(0.02).fit(&x)?))?;
    let (predicted, predict) = repeated(job.reps, || Ok(model.predict(&xt)?))?;
    write(job, &predicted.mapv(i64::from).to_vec(), model.support(), model.dual_coef())?;
    crate::data::one_row(Answer::new(fit, predict), &model, &xt)
}
