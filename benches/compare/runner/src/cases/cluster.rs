//! Clustering.

use crate::data::matrix;
use estimand::cluster::Covariances;
use estimand::core::Float;
use estimand::prelude::ndarray::Array3;
use estimand::prelude::*;
use estimand_bench_protocol::{Answer, Entry, Job, Result, forget_peak, repeated};

pub(crate) const ENTRIES: &[Entry] = &[
    ("kmeans_k10", "estimand", lloyd::<f64>),
    ("kmeans_k10", "estimand:f32", lloyd::<f32>),
    ("kmeans_k100", "estimand", lloyd::<f64>),
    ("kmeans_k100", "estimand:f32", lloyd::<f32>),
    ("kmeans_k1000", "estimand", lloyd::<f64>),
    ("kmeans_k1000", "estimand:f32", lloyd::<f32>),
    ("kmeans_pp_default", "estimand", drawn),
    ("dbscan_2d", "estimand", |job| dbscan(job, 0.08)),
    ("dbscan_1m", "estimand", |job| dbscan(job, 0.036)),
    ("dbscan_10d", "estimand", |job| dbscan(job, 2.5)),
    ("hdbscan", "estimand", |job| {
        // The package hdbscan does not count the row itself, scikit-learn does.
        let settings = Hdbscan::new().min_cluster_size(50).min_samples(10);
        labelled(job, &settings, |model| model.labels().to_vec())
    }),
    ("optics", "estimand", |job| {
        labelled(job, &Optics::new().min_samples(10), |model| model.labels().to_vec())
    }),
    ("minibatch_kmeans", "estimand", mini_batches),
    ("gmm_full", "estimand", mixture),
];

/// Twenty rounds from given centres.
fn lloyd<F: Float>(job: &Job) -> Result<Answer> {
    let start = matrix(job, "init")?;
    let x = matrix(job, "X")?.mapv(F::of);
    let settings = KMeans::new(start.nrows()).init(start).max_iter(20).tol(0.0);
    forget_peak();
    let (model, fit) = repeated(job.reps, || Ok(settings.fit(&x)?))?;
    write_centers(job, &model)?;
    Ok(Answer::new(fit, Vec::new()))
}

/// Five seeds one after another, of which the median by inertia is kept.
fn drawn(job: &Job) -> Result<Answer> {
    let x = matrix(job, "X")?;
    forget_peak();
    let fit = || (0..5).map(|seed| Ok(KMeans::new(100).seed(seed).fit(&x)?)).collect::<Result<Vec<_>>>();
    let (mut models, fit) = repeated(job.reps, fit)?;
    models.sort_by(|a, b| a.inertia().total_cmp(&b.inertia()));
    write_centers(job, &models[2])?;
    Ok(Answer::new(fit, Vec::new()))
}

fn write_centers<F: Float>(job: &Job, model: &KMeansModel<F>) -> Result<()> {
    let centers = model.centers();
    job.write(
        "centers",
        &[centers.nrows(), centers.ncols()],
        &centers.iter().map(|c| c.f64()).collect::<Vec<_>>(),
    )?;
    job.write("n_iter", &[], &[model.report().iterations as f64])
}

/// The labels that a clustering gives the rows it learns from.
fn labelled<E: Fit<f64, ()>>(
    job: &Job,
    settings: &E,
    labels: impl Fn(&E::Model) -> Vec<i64>,
) -> Result<Answer> {
    let x = matrix(job, "X")?;
    forget_peak();
    let (model, fit) = repeated(job.reps, || Ok(settings.fit(&x)?))?;
    job.write("labels", &[], &labels(&model))?;
    Ok(Answer::new(fit, Vec::new()))
}

fn dbscan(job: &Job, eps: f64) -> Result<Answer> {
    labelled(job, &Dbscan::new().eps(eps).min_samples(10), |model| model.labels().to_vec())
}

/// One epoch of batches of 1024 rows.
fn mini_batches(job: &Job) -> Result<Answer> {
    let x = matrix(job, "X")?;
    let settings = MiniBatchKMeans::new(10).max_iter(1).max_no_improvement(None);
    forget_peak();
    let (model, fit) = repeated(job.reps, || Ok(settings.fit(&x)?))?;
    write_centers(job, &model)?;
    Ok(Answer::new(fit, Vec::new()))
}

/// Twenty steps from given means, equal weights and the variances of the columns.
fn mixture(job: &Job) -> Result<Answer> {
    let (x, means) = (matrix(job, "X")?, matrix(job, "init")?);
    let (k, p) = means.dim();
    let variance = x.var_axis(Axis(0), 0.0);
    let precisions =
        Array3::from_shape_fn((k, p, p), |(_, i, j)| if i == j { 1.0 / variance[i] } else { 0.0 });
    let settings = GaussianMixture::new(k)
        .weights_init(Some(Array1::from_elem(k, 1.0 / k as f64)))
        .means_init(Some(means))
        .precisions_init(Some(Covariances::Full(precisions)))
        .max_iter(20)
        .tol(0.0);
    forget_peak();
    let (model, fit) = repeated(job.reps, || Ok(settings.fit(&x)?))?;
    let (_, predict) = repeated(job.reps, || Ok(model.predict(&x)?))?;
    job.write("weights", &[k], &model.weights().to_vec())?;
    job.write("means", &[k, p], &model.means().iter().copied().collect::<Vec<_>>())?;
    let covariances = model.covariances().matrices(k, p);
    job.write("covariances", &[k, p, p], &covariances.iter().copied().collect::<Vec<_>>())?;
    job.write("n_iter", &[], &[model.report().iterations as f64])?;
    Ok(Answer::new(fit, predict))
}
