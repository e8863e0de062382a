//! What is built on least squares.

use crate::data::{matrix, vector};
use estimand::linear::{BayesianRidge, Lars, LinearModel, OrthogonalMatchingPursuit, RidgeCv};
use estimand::prelude::*;
use estimand_bench_protocol::{Answer, Entry, Job, Result, forget_peak, repeated};
use std::ops::Deref;

pub(crate) const ENTRIES: &[Entry] = &[
    ("ridge_cv", "estimand", ridge_cv),
    ("bayesian_ridge", "estimand", |job| regression(job, &BayesianRidge::new())),
    ("lars", "estimand", |job| regression(job, &Line(Lars::new()))),
    ("omp", "estimand", |job| {
        regression(job, &Line(OrthogonalMatchingPursuit::new().n_nonzero_coefs(Some(100))))
    }),
];

/// Settings whose model is a plain line, behind the reference that the others have.
struct Line<S>(S);

/// What all of them fit.
trait FitLine {
    type Line: Deref<Target = LinearModel<f64>>;
    fn line(&self, x: &Array2<f64>, y: &Array1<f64>) -> Result<Self::Line>;
}

impl<S: Fit<f64, Array1<f64>, Model = LinearModel<f64>>> FitLine for Line<S> {
    type Line = Box<LinearModel<f64>>;
    fn line(&self, x: &Array2<f64>, y: &Array1<f64>) -> Result<Self::Line> {
        Ok(Box::new(self.0.fit((x, y))?))
    }
}

impl FitLine for BayesianRidge {
    type Line = estimand::linear::BayesianModel<f64>;
    fn line(&self, x: &Array2<f64>, y: &Array1<f64>) -> Result<Self::Line> {
        Ok(self.fit((x, y))?)
    }
}

impl FitLine for RidgeCv {
    type Line = estimand::linear::RidgeCvModel<LinearModel<f64>>;
    fn line(&self, x: &Array2<f64>, y: &Array1<f64>) -> Result<Self::Line> {
        Ok(self.fit((x, y))?)
    }
}

fn regression(job: &Job, settings: &impl FitLine) -> Result<Answer> {
    let (x, y, xt) = (matrix(job, "X")?, vector(job, "y")?, matrix(job, "Xt")?);
    forget_peak();
    let (model, fit) = repeated(job.reps, || settings.line(&x, &y))?;
    let (predicted, predict) = repeated(job.reps, || Ok(model.predict(&xt)?))?;
    job.write_linear(&model.coef().to_vec(), &[model.intercept()], &predicted.to_vec())?;
    Ok(Answer::new(fit, predict))
}

fn ridge_cv(job: &Job) -> Result<Answer> {
    let alphas = (0..20).map(|i| 10_f64.powf(-3.0 + 9.0 * f64::from(i) / 19.0)).collect();
    regression(job, &RidgeCv::new().alphas(alphas))
}
