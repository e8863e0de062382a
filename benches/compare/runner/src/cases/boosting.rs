//! Gradient boosting: 100 rounds of 31 leaves, rate 0.1, 255 bins.

use crate::data::{labels, matrix, one_row, vector};
use estimand::ensemble::boosting::{EarlyStopping, Growth};
use estimand::prelude::*;
use estimand_bench_protocol::{Answer, Entry, Job, Result, forget_peak, repeated};

pub(crate) const ENTRIES: &[Entry] = &[
    ("gb_binary", "estimand", |job| classify(job, Growth::LeafWise)),
    ("gb_binary", "estimand:depth5", |job| classify(job, Growth::DepthWise)),
    ("gb_reg", "estimand", |job| regress(job, Growth::LeafWise)),
    ("gb_reg", "estimand:depth5", |job| regress(job, Growth::DepthWise)),
    ("gb_multi", "estimand", |job| classify(job, Growth::LeafWise)),
    ("gb_multi", "estimand:depth5", |job| classify(job, Growth::DepthWise)),
    ("gb_small_1e3", "estimand", |job| classify(job, Growth::LeafWise)),
    ("gb_small_1e4", "estimand", |job| classify(job, Growth::LeafWise)),
];

/// 31 leaves wherever they gain most, or depth 5 throughout.
fn limits(growth: Growth) -> (Option<usize>, Option<usize>) {
    if growth == Growth::LeafWise { (Some(31), None) } else { (None, Some(5)) }
}

fn classify(job: &Job, growth: Growth) -> Result<Answer> {
    let (x, y, xt) = (matrix(job, "X")?, labels(job, "y")?, matrix(job, "Xt")?);
    let (leaves, depth) = limits(growth);
    let settings = HistGradientBoostingClassifier::new()
        .early_stopping(EarlyStopping::Never)
        .growth(growth)
        .max_leaf_nodes(leaves)
        .max_depth(depth);
    forget_peak();
    let (model, fit) = repeated(job.reps, || Ok(settings.fit((&x, &y))?))?;
    let (predicted, predict) = repeated(job.reps, || Ok(model.predict(&xt)?))?;
    let probabilities = model.predict_proba(&xt)?;
    let answer = Answer::new(fit, predict);
    job.write("predict", &[], &predicted.mapv(|label| label as f64).to_vec())?;
    job.write(
        "proba",
        &[probabilities.nrows(), probabilities.ncols()],
        &probabilities.into_raw_vec_and_offset().0,
    )?;
    one_row(answer, &model, &xt)
}

fn regress(job: &Job, growth: Growth) -> Result<Answer> {
    let (x, y, xt) = (matrix(job, "X")?, vector(job, "y")?, matrix(job, "Xt")?);
    let (leaves, depth) = limits(growth);
    let settings = HistGradientBoostingRegressor::new()
        .early_stopping(EarlyStopping::Never)
        .growth(growth)
        .max_leaf_nodes(leaves)
        .max_depth(depth);
    forget_peak();
    let (model, fit) = repeated(job.reps, || Ok(settings.fit((&x, &y))?))?;
    let (predicted, predict) = repeated(job.reps, || Ok(model.predict(&xt)?))?;
    job.write("predict", &[], &predicted.to_vec())?;
    one_row(Answer::new(fit, predict), &model, &xt)
}
