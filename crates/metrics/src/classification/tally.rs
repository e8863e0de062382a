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
        let zeros = |k: usize| Ok([(); 3].map(|()| vec![0.0; k]));
        let (labels, [truth, predicted, hit]) =
            count(truth, predicted, weights, zeros, |[truth, predicted, hit], t, p, w| {
                truth[t] += w;
                predicted[p] += w;
                hit[t] += if t == p { w } else { 0.0 };
            })?;
        Ok(Self { labels, truth, predicted, hit })
    }

    /// All weight.
    pub(crate) fn total(&self) -> f64 {
        self.truth.iter().sum()
    }
}

/// The classes of truth and predictions together, sorted, and what counting brings: `start` of their number, to
/// which `add` adds the codes and the weight of each row.
pub(super) fn count<L: Label, W: Float, S>(
    truth: &ArrayRef1<L>,
    predicted: &ArrayRef1<L>,
    weights: Weights<'_, W>,
    start: impl FnOnce(usize) -> Result<S>,
    mut add: impl FnMut(&mut S, usize, usize, f64),
) -> Result<(Vec<L>, S)> {
    check_rows(truth.len(), predicted.len(), "predicted", weights)?;
    let (labels, [t, p]) = encode_all([truth.view(), predicted.view()]);
    let mut state = start(labels.len())?;
    let weights = weights.map(|w| w.view());
    for (i, (t, p)) in t.iter().zip(&p).enumerate() {
        add(&mut state, *t as usize, *p as usize, weight_of(weights, i));
    }
    Ok((labels, state))
}

/// `a / b`, and 0 where `b` is.
pub(crate) fn ratio(a: f64, b: f64) -> f64 {
    if b == 0.0 { 0.0 } else { a / b }
}
