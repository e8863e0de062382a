//! Support vector machines and kernel methods.

use super::logistic::csr;
use crate::data::{labels, matrix, vector};
use estimand::core::FitClasses;
use estimand::prelude::*;
use estimand::svm::SvcModel;
use estimand_bench_protocol::{Answer, Entry, Job, Result, forget_peak, repeated};

pub(crate) const ENTRIES: &[Entry] = &[
    ("svc_rbf", "estimand", |job| svc(job, Svc::new().gamma(0.02).cache_size(500.0))),
    ("svc_rbf_200k", "estimand", |job| svc(job, Svc::new().gamma(0.02).cache_size(500.0))),
    ("svc_linear", "estimand", |job| svc(job, Svc::new().kernel(Kernel::Linear).cache_size(500.0))),
    ("svr_rbf", "estimand", svr),
    ("nusvc", "estimand", |job| svc(job, NuSvc::new().nu(0.4).gamma(0.02))),
    ("oneclass_svm", "estimand", one_class),
    ("linear_svc", "estimand", linear_svc),
    ("linear_svc_sparse", "estimand", linear_svc_sparse),
    ("kernel_ridge", "estimand", kernel_ridge),
    ("nystroem", "estimand", nystroem),
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

fn linear_svc(job: &Job) -> Result<Answer> {
    let (x, y, xt) = (matrix(job, "X")?, labels(job, "y")?, matrix(job, "Xt")?);
    forget_peak();
    let (model, fit) = repeated(job.reps, || Ok(LinearSvc::new().fit((&x, &y))?))?;
    let (predicted, predict) = repeated(job.reps, || Ok(model.predict(&xt)?))?;
    let coef: Vec<f64> = model.coef().iter().copied().collect();
    job.write_linear(&coef, model.intercept(), &predicted.to_vec())?;
    crate::data::one_row(Answer::new(fit, predict), &model, &xt)
}

fn linear_svc_sparse(job: &Job) -> Result<Answer> {
    let (x, y, xt) = (csr(job, "X")?, labels(job, "y")?, csr(job, "Xt")?);
    forget_peak();
    let (model, fit) = repeated(job.reps, || Ok(LinearSvc::new().fit((&x, &y))?))?;
    let (predicted, predict) = repeated(job.reps, || Ok(model.predict(&xt)?))?;
    let coef: Vec<f64> = model.coef().iter().copied().collect();
    job.write_linear(&coef, model.intercept(), &predicted.to_vec())?;
    Ok(Answer::new(fit, predict))
}

fn kernel_ridge(job: &Job) -> Result<Answer> {
    let (x, y, xt) = (matrix(job, "X")?, vector(job, "y")?, matrix(job, "Xt")?);
    forget_peak();
    let settings = KernelRidge::new().kernel(Kernel::Rbf).gamma(0.05).alpha(0.1);
    let (model, fit) = repeated(job.reps, || Ok(settings.fit((&x, &y))?))?;
    let (predicted, predict) = repeated(job.reps, || Ok(model.predict(&xt)?))?;
    job.write("predict", &[], &predicted.to_vec())?;
    crate::data::one_row(Answer::new(fit, predict), &model, &xt)
}

fn nystroem(job: &Job) -> Result<Answer> {
    let x = matrix(job, "X")?;
    forget_peak();
    let settings = Nystroem::new().n_components(300).gamma(0.02);
    let (z, fit) = repeated(job.reps, || {
        let model: estimand::svm::NystroemModel<f64> = Fit::<f64, ()>::fit(&settings, &x)?;
        Ok(model.transform(&x)?)
    })?;
    job.write("error", &[], &[kernel_error(&x, &z)])?;
    Ok(Answer::new(fit, Vec::new()))
}

/// The mean error of products of neighbouring rows, as approximations of their kernel value.
fn kernel_error(x: &Array2<f64>, z: &Array2<f64>) -> f64 {
    let n = x.nrows().min(1000);
    let error = |i: usize| {
        let distance: f64 = x.row(i).iter().zip(x.row(i + 1)).map(|(a, b)| (a - b) * (a - b)).sum();
        (z.row(i).dot(&z.row(i + 1)) - (-0.02 * distance).exp()).abs()
    };
    (0..n - 1).map(error).sum::<f64>() / (n - 1) as f64
}
