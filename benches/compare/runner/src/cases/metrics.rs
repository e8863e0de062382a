//! Metrics of a million rows.

use crate::data::{labels, matrix, number, vector};
use estimand::metrics::{self, Average};
use estimand::prelude::*;
use estimand_bench_protocol::{Answer, Entry, Job, Result, forget_peak, repeated};

pub(crate) const ENTRIES: &[Entry] = &[
    ("roc_auc", "estimand", |job| of_scores(job, |y, s| Ok(roc_auc(y, s)?))),
    ("average_precision", "estimand", |job| of_scores(job, |y, s| Ok(metrics::average_precision(y, s)?))),
    ("accuracy", "estimand", |job| of_labels(job, |y, p| Ok(accuracy(y, p)?))),
    ("f1_macro", "estimand", |job| of_labels(job, |y, p| Ok(f1(y, p, Average::Macro)?))),
    ("confusion_matrix", "estimand", confusion),
    ("log_loss", "estimand", |job| {
        let p = vector(job, "proba")?;
        log_loss(
            job,
            "y",
            Array2::from_shape_fn((p.len(), 2), |(i, class)| if class == 1 { p[i] } else { 1.0 - p[i] }),
        )
    }),
    ("log_loss_10", "estimand", |job| log_loss(job, "yc", matrix(job, "P")?)),
];

fn of_scores(job: &Job, metric: impl Fn(&Array1<i64>, &Array1<f64>) -> Result<f64>) -> Result<Answer> {
    let (y, s) = (labels(job, "y")?, vector(job, "score")?);
    number(job, || metric(&y, &s))
}

fn of_labels(job: &Job, metric: impl Fn(&Array1<i64>, &Array1<i64>) -> Result<f64>) -> Result<Answer> {
    let (y, p) = (labels(job, "yc")?, labels(job, "pc")?);
    number(job, || metric(&y, &p))
}

fn confusion(job: &Job) -> Result<Answer> {
    let (y, p) = (labels(job, "yc")?, labels(job, "pc")?);
    forget_peak();
    let (matrix, fit) = repeated(job.reps, || Ok(confusion_matrix(&y, &p)?))?;
    let counts = matrix.counts();
    job.write("value", counts.shape(), &counts.iter().copied().collect::<Vec<_>>())?;
    Ok(Answer::new(fit, Vec::new()))
}

fn log_loss(job: &Job, truth: &str, probabilities: Array2<f64>) -> Result<Answer> {
    let y = labels(job, truth)?;
    let classes = (0..probabilities.ncols() as i64).collect::<Vec<_>>();
    number(job, || Ok(metrics::log_loss(&y, &probabilities, &classes)?))
}
