//! Neighbours.

use crate::data::{labels, matrix, one_row};
use estimand::neighbors::Algorithm;
use estimand::prelude::*;
use estimand_bench_protocol::{Answer, Entry, Job, Result, forget_peak, repeated};

pub(crate) const ENTRIES: &[Entry] = &[
    ("knn_kd_tree", "estimand", |job| double(job, &nearest(5, Algorithm::KdTree))),
    ("knn_ball_tree", "estimand", |job| double(job, &nearest(5, Algorithm::BallTree))),
    ("knn_ball_tree", "estimand:auto", |job| double(job, &nearest(5, Algorithm::Auto))),
    ("knn_brute", "estimand", |job| double(job, &nearest(10, Algorithm::Brute))),
    ("knn_brute", "estimand:f32", |job| single(job, &nearest(10, Algorithm::Brute))),
    ("lof", "estimand", outliers),
];

fn nearest(k: usize, algorithm: Algorithm) -> KNeighborsClassifier {
    KNeighborsClassifier::new().n_neighbors(k).algorithm(algorithm)
}

fn double(job: &Job, settings: &KNeighborsClassifier) -> Result<Answer> {
    let (x, y, xt) = (matrix(job, "X")?, labels(job, "y")?, matrix(job, "Xt")?);
    forget_peak();
    let (model, fit) = repeated(job.reps, || Ok(settings.fit((&x, &y))?))?;
    let (predicted, predict) = repeated(job.reps, || Ok(model.predict(&xt)?))?;
    let answer = Answer::new(fit, predict);
    job.write("predict", &[], &predicted.to_vec())?;
    one_row(answer, &model, &xt)
}

fn single(job: &Job, settings: &KNeighborsClassifier) -> Result<Answer> {
    let narrow = |x: Array2<f64>| x.mapv(|v| v as f32);
    let (x, y, xt) = (narrow(matrix(job, "X")?), labels(job, "y")?, narrow(matrix(job, "Xt")?));
    forget_peak();
    let (model, fit) = repeated(job.reps, || Ok(settings.fit((&x, &y))?))?;
    let (predicted, predict) = repeated(job.reps, || Ok(model.predict(&xt)?))?;
    job.write("predict", &[], &predicted.to_vec())?;
    Ok(Answer::new(fit, predict))
}

fn outliers(job: &Job) -> Result<Answer> {
    let x = matrix(job, "X")?;
    forget_peak();
    let (model, fit) = repeated(job.reps, || Ok(LocalOutlierFactor::new().n_neighbors(20).fit(&x)?))?;
    job.write("labels", &[], &model.labels().mapv(i64::from).to_vec())?;
    job.write("factor", &[], &model.outlier_factors().map(|factor| -factor).to_vec())?;
    Ok(Answer::new(fit, Vec::new()))
}
