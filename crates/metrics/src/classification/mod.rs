//! Metrics of predicted labels.
//!
//! Notation: of all rows (or their weight) `n`, class `c` is true in `tᶜ`, predicted in `pᶜ`, and both
//! in `hᶜ`. Classes are those that occur in the truth or in the predictions.
//!
//! ```text
//! accuracy            Σ hᶜ / n                       balanced accuracy   mean of hᶜ/tᶜ over classes with tᶜ > 0
//! Cohen's κ           (n Σhᶜ − Σtᶜpᶜ) / (n² − Σtᶜpᶜ)
//! Matthews            (n Σhᶜ − Σtᶜpᶜ) / √((n² − Σtᶜ²)(n² − Σpᶜ²))
//! ```
//!
//! Everything comes from one count over the rows. Cost: O(n) for labels that are small whole numbers,
//! O(n log k) for others.

mod calibration;
mod confusion;
mod probability;
mod report;
mod scores;
mod tally;

#[cfg(test)]
mod tests;

pub use calibration::{BinStrategy, CalibrationCurve, calibration_curve};
pub use confusion::{ConfusionMatrix, Normalise, confusion_matrix};
pub(crate) use probability::codes_in;
pub use probability::{brier_score, log_loss};
pub use report::{ClassificationReport, ReportLine, classification_report};
pub use scores::{Average, ClassScores, f1, fbeta, jaccard, precision, precision_recall_f1, recall};

use crate::faces::faces;
use crate::input::{Weights, check_rows};
use estimand_core::{Error, Float, Label, Result};
use estimand_par as par;
use ndarray::{ArrayRef1, Zip, s};
use tally::{Tally, ratio};

/// Both faces of every metric here, the ones with sample weights.
pub(crate) mod all_weighted {
    pub use super::calibration::weighted::*;
    pub use super::confusion::weighted::*;
    pub use super::probability::weighted::*;
    pub use super::report::weighted::*;
    pub use super::scores::weighted::*;
    pub use super::weighted::*;
}

faces! {
    /// Share of rows whose label is predicted.
    ///
    /// ```
    /// use estimand_metrics::accuracy;
    /// use ndarray::array;
    ///
    /// assert_eq!(accuracy(&array![0, 1, 2, 2], &array![0, 1, 1, 2])?, 0.75);
    /// # Ok::<(), estimand_core::Error>(())
    /// ```
    fn accuracy<L: Label>(truth: &ArrayRef1<L>, predicted: &ArrayRef1<L>) -> f64 = share_of_equal;

    /// Share of rows whose label is not predicted: 1 − [`accuracy`]. A loss.
    fn zero_one_loss<L: Label>(truth: &ArrayRef1<L>, predicted: &ArrayRef1<L>) -> f64 = share_of_different;

    /// Mean over the classes of the share of their rows that is predicted: every class counts alike.
    fn balanced_accuracy<L: Label>(truth: &ArrayRef1<L>, predicted: &ArrayRef1<L>) -> f64 = mean_recall;

    /// Correlation of truth and prediction: 1 for perfect predictions, 0 for guesses, and 0 where it is
    /// undefined because one of the two never changes.
    fn matthews_correlation<L: Label>(truth: &ArrayRef1<L>, predicted: &ArrayRef1<L>) -> f64 = correlation;

    /// Agreement beyond chance of two raters. An error where both always give one and the same label, as
    /// chance then agrees too.
    fn cohen_kappa<L: Label>(truth: &ArrayRef1<L>, predicted: &ArrayRef1<L>) -> f64 = kappa;

    /// [`cohen_kappa`] for classes that stand in an order: near misses count as partial agreement.
    fn cohen_kappa_ordinal<L: Label>(truth: &ArrayRef1<L>, predicted: &ArrayRef1<L>, cost: Disagreement) -> f64 = kappa_ordinal;
}

/// The cost of a disagreement by `d` classes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Disagreement {
    /// `d`.
    Linear,
    /// `d²`.
    Quadratic,
}

fn share_of_equal<L: Label, W: Float>(
    truth: &ArrayRef1<L>,
    predicted: &ArrayRef1<L>,
    weights: Weights<'_, W>,
) -> Result<f64> {
    check_rows(truth.len(), predicted.len(), "predicted", weights)?;
    let n = truth.len();
    let Some(weights) = weights else {
        let equal = |r: std::ops::Range<usize>| {
            let (t, p) = (truth.slice(s![r.clone()]), predicted.slice(s![r]));
            Zip::from(t).and(p).fold(0_usize, |sum, t, p| sum + usize::from(t == p))
        };
        return Ok(par::reduce(n, par::chunk_len(n, 1), equal, |a, b| a + b).unwrap_or(0) as f64 / n as f64);
    };
    let hit = |sum: f64, t: &L, p: &L, w: &W| sum + if t == p { w.f64() } else { 0.0 };
    let hits = Zip::from(truth).and(predicted).and(weights).fold(0.0, hit);
    Ok(hits / weights.iter().map(|w| w.f64()).sum::<f64>())
}

fn share_of_different<L: Label, W: Float>(
    truth: &ArrayRef1<L>,
    predicted: &ArrayRef1<L>,
    weights: Weights<'_, W>,
) -> Result<f64> {
    share_of_equal(truth, predicted, weights).map(|share| 1.0 - share)
}

fn mean_recall<L: Label, W: Float>(
    truth: &ArrayRef1<L>,
    predicted: &ArrayRef1<L>,
    weights: Weights<'_, W>,
) -> Result<f64> {
    let tally = Tally::new(truth, predicted, weights)?;
    let recalls = tally.hit.iter().zip(&tally.truth).filter(|(_, t)| **t > 0.0).map(|(h, t)| h / t);
    let (sum, count) = recalls.fold((0.0, 0.0), |(sum, count), r| (sum + r, count + 1.0));
    Ok(sum / count)
}

/// Agreement above chance, n Σhᶜ − Σtᶜpᶜ, and what is needed to scale it: n², Σtᶜpᶜ, Σtᶜ², Σpᶜ².
fn agreement<L: Label>(tally: &Tally<L>) -> [f64; 5] {
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    let (n, hits) = (tally.total(), tally.hit.iter().sum::<f64>());
    let chance = dot(&tally.truth, &tally.predicted);
    [
        n * hits - chance,
        n * n,
        chance,
        dot(&tally.truth, &tally.truth),
        dot(&tally.predicted, &tally.predicted),
    ]
}

fn correlation<L: Label, W: Float>(
    truth: &ArrayRef1<L>,
    predicted: &ArrayRef1<L>,
    weights: Weights<'_, W>,
) -> Result<f64> {
    let [above, square, _, t, p] = agreement(&Tally::new(truth, predicted, weights)?);
    Ok(ratio(above, ((square - t).max(0.0) * (square - p).max(0.0)).sqrt()))
}

fn kappa<L: Label, W: Float>(
    truth: &ArrayRef1<L>,
    predicted: &ArrayRef1<L>,
    weights: Weights<'_, W>,
) -> Result<f64> {
    let [above, square, chance, ..] = agreement(&Tally::new(truth, predicted, weights)?);
    if square > chance { Ok(above / (square - chance)) } else { Err(one_label()) }
}

/// 1 − observed cost / cost expected by chance.
fn kappa_ordinal<L: Label, W: Float>(
    truth: &ArrayRef1<L>,
    predicted: &ArrayRef1<L>,
    cost: Disagreement,
    weights: Weights<'_, W>,
) -> Result<f64> {
    let matrix = ConfusionMatrix::count(truth, predicted, weights)?;
    let counts = matrix.counts();
    let (t, p) = (counts.sum_axis(ndarray::Axis(1)), counts.sum_axis(ndarray::Axis(0)));
    let (mut observed, mut expected) = (0.0, 0.0);
    for ((i, j), count) in counts.indexed_iter() {
        let distance = i.abs_diff(j) as f64;
        let cost = match cost {
            Disagreement::Linear => distance,
            Disagreement::Quadratic => distance * distance,
        };
        observed += cost * count;
        expected += cost * t[i] * p[j];
    }
    if expected > 0.0 { Ok(1.0 - observed * t.sum() / expected) } else { Err(one_label()) }
}

fn one_label() -> Error {
    Error::target("Cohen's kappa is undefined where both sides give one and the same label to every row")
}
