//! Single trees and forests.

use crate::data::{labels, matrix, one_row, vector};
use estimand::core::FitClasses;
use estimand::prelude::*;
use estimand_bench_protocol::{Answer, Entry, Job, Result, forget_peak, repeated};

pub(crate) const ENTRIES: &[Entry] = &[
    ("tree_clf", "estimand", |job| classify(job, &DecisionTreeClassifier::new())),
    ("tree_reg", "estimand", |job| regress(job, &DecisionTreeRegressor::new())),
    ("rf_clf", "estimand", |job| classify(job, &RandomForestClassifier::new())),
    ("rf_reg", "estimand", |job| regress(job, &RandomForestRegressor::new().max_features(THIRD))),
    ("rf_reg_all", "estimand", |job| regress(job, &RandomForestRegressor::new())),
    ("et_clf", "estimand", |job| classify(job, &ExtraTreesClassifier::new())),
    ("et_reg", "estimand", |job| regress(job, &ExtraTreesRegressor::new().max_features(THIRD))),
];

/// Columns drawn for a split of numbers, as a share.
const THIRD: f64 = 1.0 / 3.0;

fn classify<E: FitClasses>(job: &Job, settings: &E) -> Result<Answer> {
    let (x, y, xt) = (matrix(job, "X")?, labels(job, "y")?, matrix(job, "Xt")?);
    forget_peak();
    let (model, fit) = repeated(job.reps, || Ok(settings.fit((&x, &y))?))?;
    let (predicted, predict) = repeated(job.reps, || Ok(model.predict(&xt)?))?;
    let answer = Answer::new(fit, predict);
    job.write("predict", &[], &predicted.to_vec())?;
    one_row(answer, &model, &xt)
}

fn regress<E, M>(job: &Job, settings: &E) -> Result<Answer>
where
    E: Fit<f64, Array1<f64>, Model = M>,
    M: Predict<f64, Output = Array1<f64>> + PredictOne<f64>,
{
    let (x, y, xt) = (matrix(job, "X")?, vector(job, "y")?, matrix(job, "Xt")?);
    forget_peak();
    let (model, fit) = repeated(job.reps, || Ok(settings.fit((&x, &y))?))?;
    let (predicted, predict) = repeated(job.reps, || Ok(model.predict(&xt)?))?;
    let answer = Answer::new(fit, predict);
    job.write("predict", &[], &predicted.to_vec())?;
    one_row(answer, &model, &xt)
}
