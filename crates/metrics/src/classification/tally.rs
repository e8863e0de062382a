//! How often each class is true, predicted, and both: what all metrics of labels are made of.

use crate::input::{Weights, check_rows, weight_of};
use estimand_core::labels::encode_all;
use estimand_core::{Float, Label, Result};
use ndarray::ArrayRef1;

/// Weight of the rows of each class: truly so, predicted so, and both. Classes are those of truth and
/// predictions together, sorted.
pub(crate) struct Tally<L> {
    pub(crate) labels: Vec<L>,
    pub(crate) truth: Vec<f64>,
    pub(crate) predicted: Vec<f64>,
    pub(crate) hit: Vec<f64>,
}

impl<L: Label> Tally<L> {
    pub(crate) fn new<W: Float>(
        truth: &ArrayRef1<L>,
        predicted: &ArrayRef1<L>,
        weights: Weights<'_, W>,
    ) -> Result<Self> {
        check_rows(truth.len(), predicted.len(), "predicted", weights)?;
        let (labels, [t, p]) = encode_all([truth.view(), predicted.view()]);
        let k = labels.len();
        let weights = weights.map(|w| w.view());
        let mut tally = Self { labels, truth: vec![0.0; k], predicted: vec![0.0; k], hit: vec![0.0; k] };
        for (i, (t, p)) in t.iter().zip(&p).enumerate() {
            let w = weight_of(weights, i);
            tally.truth[*t as usize] += w;
            tally.predicted[*p as usize] += w;
            tally.hit[*t as usize] += if t == p { w } else { 0.0 };
        }
        Ok(tally)
    }

    /// All weight.
    pub(crate) fn total(&self) -> f64 {
        self.truth.iter().sum()
    }
}

/// `a / b`, and 0 where `b` is.
pub(crate) fn ratio(a: f64, b: f64) -> f64 {
    if b == 0.0 { 0.0 } else { a / b }
}
