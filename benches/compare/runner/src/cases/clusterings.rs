//! Clusterings that label their training rows.

use crate::data::matrix;
use estimand::cluster::{Affinity, AgglomerativeClustering, Birch, Linkage, MeanShift, SpectralClustering};
use estimand::prelude::*;
use estimand_bench_protocol::{Answer, Entry, Job, Result, forget_peak, repeated};

pub(crate) const ENTRIES: &[Entry] = &[
    ("ward", "estimand", |job| tree(job, Linkage::Ward)),
    ("single", "estimand", |job| tree(job, Linkage::Single)),
    ("average", "estimand", |job| tree(job, Linkage::Average)),
    ("birch", "estimand", |job| {
        let settings = Birch::new().threshold(2.0).n_clusters(Some(50));
        labelled(job, |x| Ok(settings.fit(x)?.labels().mapv(|c| c as i64)))
    }),
    ("meanshift", "estimand", |job| {
        let settings = MeanShift::new().bandwidth(Some(2.0));
        labelled(job, |x| Ok(settings.fit(x)?.labels().clone()))
    }),
    ("spectral_rbf", "estimand", |job| spectral(job, Affinity::Rbf { gamma: 0.05 })),
    ("spectral_knn", "estimand", |job| spectral(job, Affinity::NearestNeighbors { n_neighbors: 10 })),
];

fn labelled(job: &Job, fit: impl Fn(&Array2<f64>) -> Result<Array1<i64>>) -> Result<Answer> {
    let x = matrix(job, "X")?;
    forget_peak();
    let (labels, times) = repeated(job.reps, || fit(&x))?;
    job.write("labels", &[labels.len()], &labels.to_vec())?;
    Ok(Answer::new(times, Vec::new()))
}

fn tree(job: &Job, linkage: Linkage) -> Result<Answer> {
    let settings = AgglomerativeClustering::new(12).linkage(linkage);
    labelled(job, |x| Ok(settings.fit(x)?.labels().mapv(|c| c as i64)))
}

fn spectral(job: &Job, affinity: Affinity) -> Result<Answer> {
    let settings = SpectralClustering::new(8).affinity(affinity);
    labelled(job, |x| Ok(settings.fit(x)?.labels().mapv(|c| c as i64)))
}
