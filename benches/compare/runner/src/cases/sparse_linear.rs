//! Lasso and elastic net.

use crate::data::{labels, matrix, vector};
use estimand::linear::{ElasticNet, Lasso, LassoCv, LinearModel, PathOptions, lasso_path};
use estimand::prelude::*;
use estimand_bench_protocol::{Answer, Entry, Job, Result, forget_peak, repeated};

pub(crate) const ENTRIES: &[Entry] = &[
    ("lasso_wide", "estimand", |job| fit(job, Lasso::new().alpha(0.1).tol(1e-6))),
    ("enet_wide", "estimand", |job| fit(job, ElasticNet::new().alpha(0.2).tol(1e-6))),
    ("lasso_tall", "estimand", |job| fit(job, Lasso::new().alpha(0.05).tol(1e-6))),
    ("enet_tall", "estimand", |job| fit(job, ElasticNet::new().alpha(0.1).tol(1e-6))),
    ("lasso_cv", "estimand", cross_validated),
    ("lasso_path", "estimand", path),
    ("lasso_sparse", "estimand", sparse),
];

fn fit<S>(job: &Job, settings: S) -> Result<Answer>
where
    S: Fit<f64, Array1<f64>, Model = LinearModel<f64>>,
{
    let (x, y, xt) = (matrix(job, "X")?, vector(job, "y")?, matrix(job, "Xt")?);
    forget_peak();
    let (model, fit) = repeated(job.reps, || Ok(settings.fit((&x, &y))?))?;
    let (predicted, predict) = repeated(job.reps, || Ok(model.predict(&xt)?))?;
    job.write_linear(&model.coef().to_vec(), &[model.intercept()], &predicted.to_vec())?;
    Ok(Answer::new(fit, predict))
}

fn cross_validated(job: &Job) -> Result<Answer> {
    let (x, y, xt) = (matrix(job, "X")?, vector(job, "y")?, matrix(job, "Xt")?);
    forget_peak();
    let (model, fit) = repeated(job.reps, || Ok(LassoCv::new().fit((&x, &y))?))?;
    let (predicted, predict) = repeated(job.reps, || Ok(model.predict(&xt)?))?;
    job.write("alpha", &[], &[model.alpha()])?;
    job.write_linear(&model.coef().to_vec(), &[model.intercept()], &predicted.to_vec())?;
    Ok(Answer::new(fit, predict))
}

fn path(job: &Job) -> Result<Answer> {
    let (x, y) = (matrix(job, "X")?, vector(job, "y")?);
    forget_peak();
    let (path, fit) = repeated(job.reps, || Ok(lasso_path((&x, &y), &PathOptions::new())?))?;
    let (p, k) = path.coefs().dim();
    job.write("path", &[p, k], &path.coefs().iter().copied().collect::<Vec<_>>())?;
    Ok(Answer::new(fit, Vec::new()))
}

/// Compressed sparse rows of the data set.
fn csr(job: &Job, name: &str) -> Result<Csr<f64>> {
    let x = job.read_sparse(name)?;
    Ok(Csr::new(x.ncols, x.indptr, x.indices, x.data)?)
}

fn sparse(job: &Job) -> Result<Answer> {
    let (x, y, xt) = (csr(job, "X")?, labels(job, "y")?.mapv(|y| y as f64), csr(job, "Xt")?);
    forget_peak();
    let settings = Lasso::new().alpha(SPARSE_ALPHA).tol(1e-6);
    let (model, fit) = repeated(job.reps, || Ok(settings.fit((&x, &y))?))?;
    let (predicted, predict) = repeated(job.reps, || Ok(model.predict(&xt)?))?;
    job.write_linear(&model.coef().to_vec(), &[model.intercept()], &predicted.to_vec())?;
    Ok(Answer::new(fit, predict))
}

/// As in `harness/cases/linear.py`.
const SPARSE_ALPHA: f64 = 5e-5;
