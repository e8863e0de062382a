//! Metrics of scores that rank rows, the greater of two labels being the one they speak for.
//!
//! Notation: with the `P` positive and `N` negative rows (or their weights) in falling order of their scores,
//! `tp(s)` and `fp(s)` are those with a score of at least `s`; rows with equal scores count at once.
//!
//! ```text
//! ROC curve         fp/N → tp/P                  area   Σ Δfp · (tp + tp₋)/2 / PN = share of pairs in order,
//!                                                       ties counting half (Mann–Whitney U / PN)
//! precision–recall  tp/P → tp/(tp + fp)          average precision   Σ Δtp · tp/(tp + fp) / P
//! ```
//!
//! Positive and negative rows are sorted apart, on whole numbers in the order of the scores, and merged. Cost:
//! O(n log n) once; a [`Ranking`] keeps the order for several metrics.
//!
//! Differs from scikit-learn: truth of one class is an error, not NaN.
//! Reference of the one-versus-one average: [Hand and Till 2001].

mod multiclass;

#[cfg(test)]
mod tests;

pub use multiclass::{Multiclass, roc_auc_multiclass};

use crate::faces::faces;
use crate::input::{Weights, check_rows, find_not_finite};
use estimand_core::{Error, Float, Label, Result, order};
use estimand_par as par;
use ndarray::{ArrayRef1, Axis};
use serde::{Deserialize, Serialize};

/// The faces with sample weights of every metric here.
pub(crate) mod all_weighted {
    pub use super::multiclass::weighted::*;
    pub use super::weighted::*;
}

faces! {
    /// Area under the ROC curve: the probability that a row of the greater label has a higher score than one
    /// of the other, ties counting half.
    ///
    /// ```
    /// use estimand_metrics::roc_auc;
    /// use ndarray::array;
    ///
    /// assert_eq!(roc_auc(&array![0, 0, 1, 1], &array![0.1, 0.4, 0.35, 0.8])?, 0.75);
    /// # Ok::<(), estimand_core::Error>(())
    /// ```
    fn roc_auc<L: Label, F: Float>(truth: &ArrayRef1<L>, scores: &ArrayRef1<F>) -> f64 = area;

    /// Mean precision over the thresholds, each weighted with the recall it adds.
    fn average_precision<L: Label, F: Float>(truth: &ArrayRef1<L>, scores: &ArrayRef1<F>) -> f64 = precision_on_average;

    /// The ROC curve, without the points that lie on a line between their neighbours.
    fn roc_curve<L: Label, F: Float>(truth: &ArrayRef1<L>, scores: &ArrayRef1<F>) -> RocCurve = curve;

    /// Precision and recall at every threshold.
    fn precision_recall_curve<L: Label, F: Float>(truth: &ArrayRef1<L>, scores: &ArrayRef1<F>) -> PrecisionRecallCurve = precision_recall;

    /// Sorts the rows once, for several metrics.
    fn ranking<L: Label, F: Float>(truth: &ArrayRef1<L>, scores: &ArrayRef1<F>) -> Ranking = Ranking::sort;
}

/// Rates of false and of true positives as the threshold falls.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RocCurve {
    /// Share of the negative rows with a score of at least the threshold; from 0 to 1.
    pub false_positive_rate: Vec<f64>,
    /// Share of the positive rows with a score of at least the threshold; from 0 to 1.
    pub true_positive_rate: Vec<f64>,
    /// Falling; the first is infinite, so that the curve begins at the origin.
    pub thresholds: Vec<f64>,
}

impl RocCurve {
    /// The area under the curve.
    pub fn area(&self) -> f64 {
        let (x, y) = (self.false_positive_rate.windows(2), self.true_positive_rate.windows(2));
        x.zip(y).map(|(x, y)| (x[1] - x[0]) * (y[0] + y[1]) / 2.0).sum()
    }
}

/// Precision and recall as the threshold rises.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PrecisionRecallCurve {
    /// Share of positive rows among those with a score of at least the threshold; one entry more than
    /// thresholds: the last is 1.
    pub precision: Vec<f64>,
    /// Share of the positive rows with a score of at least the threshold; the last, beyond all, is 0.
    pub recall: Vec<f64>,
    /// Rising: the distinct scores.
    pub thresholds: Vec<f64>,
}

/// Rows of two classes in the order of their scores; made by [`ranking()`].
#[derive(Clone, Debug)]
pub struct Ranking {
    rows: Rows,
}

#[derive(Clone, Debug)]
enum Rows {
    Plain(Sides<u64>),
    Weighted(Sides<(u64, f64)>),
}

/// Keys of the positive and of the negative rows, rising (scores falling).
#[derive(Clone, Debug)]
struct Sides<K> {
    positive: Vec<K>,
    negative: Vec<K>,
}

/// A row: its score as a whole number that falls as the score rises, and its weight.
trait Row: Copy + Send + Sync {
    fn key(&self) -> u64;
    fn weight(&self) -> f64;
}
impl Row for u64 {
    #[inline]
    fn key(&self) -> u64 {
        *self
    }
    #[inline]
    fn weight(&self) -> f64 {
        1.0
    }
}
impl Row for (u64, f64) {
    #[inline]
    fn key(&self) -> u64 {
        self.0
    }
    #[inline]
    fn weight(&self) -> f64 {
        self.1
    }
}

/// Falls as the score rises; zeros of both signs have one key.
#[inline]
fn key_of(score: f64) -> u64 {
    !order::ascending(score)
}

/// The score of a key.
fn score_of(key: u64) -> f64 {
    order::value(!key)
}

impl<K: Row> Sides<K> {
    /// Rows by side, as `is_positive` tells, and sorted.
    fn sort(n: usize, empty: K, rows: impl Iterator<Item = (bool, K)>) -> Self {
        // Written to both sides, kept on one: no branch to mispredict.
        let (mut positive, mut negative) = (vec![empty; n], vec![empty; n]);
        let (mut p, mut q) = (0, 0);
        for (is_positive, row) in rows.take(n) {
            positive[p] = row;
            negative[q] = row;
            p += usize::from(is_positive);
            q += usize::from(!is_positive);
        }
        positive.truncate(p);
        negative.truncate(q);
        par::join(|| positive.sort_unstable_by_key(Row::key), || negative.sort_unstable_by_key(Row::key));
        Self { positive, negative }
    }

    /// `f(key, tp, fp)` at every distinct score, falling.
    fn at_each_threshold(&self, mut f: impl FnMut(u64, f64, f64)) {
        let (mut positive, mut negative) = (self.positive.as_slice(), self.negative.as_slice());
        let (mut tp, mut fp) = (0.0, 0.0);
        let take = |rows: &mut &[K], key: u64, sum: &mut f64| {
            while let Some((first, rest)) = rows.split_first().filter(|(first, _)| first.key() == key) {
                *sum += first.weight();
                *rows = rest;
            }
        };
        loop {
            let key = match (positive.first(), negative.first()) {
                (Some(a), Some(b)) => a.key().min(b.key()),
                (Some(a), None) | (None, Some(a)) => a.key(),
                (None, None) => return,
            };
            take(&mut positive, key, &mut tp);
            take(&mut negative, key, &mut fp);
            f(key, tp, fp);
        }
    }
}

impl Ranking {
    fn sort<L: Label, F: Float, W: Float>(
        truth: &ArrayRef1<L>,
        scores: &ArrayRef1<F>,
        weights: Weights<'_, W>,
    ) -> Result<Self> {
        check_rows(truth.len(), scores.len(), "scores", weights)?;
        let (negative, positive) = two_labels(truth)?;
        let stray = truth.iter().find(|l| *l != negative && *l != positive);
        if let Some(stray) = stray {
            let what = format!(
                "ranking needs two classes, found {negative}, {positive} and {stray}; see `roc_auc_multiclass`"
            );
            return Err(Error::target(what));
        }
        Self::of(truth.len(), truth.iter().map(|l| l == positive), scores, weights)
    }

    /// Of rows that are positive or not. The numbers of rows agree.
    pub(crate) fn of<F: Float, W: Float>(
        n: usize,
        positive: impl Iterator<Item = bool>,
        scores: &ArrayRef1<F>,
        weights: Weights<'_, W>,
    ) -> Result<Self> {
        if let Some(error) = find_not_finite(&[("scores", scores.view().insert_axis(Axis(1)))]) {
            return Err(error);
        }
        let keys = positive.zip(scores.iter().map(|s| key_of(s.f64())));
        let rows = match weights {
            None => Rows::Plain(Sides::sort(n, 0, keys)),
            Some(weights) => {
                let rows = keys.zip(weights).filter(|(_, w)| **w > W::zero());
                Rows::Weighted(Sides::sort(n, (0, 0.0), rows.map(|((side, key), w)| (side, (key, w.f64())))))
            }
        };
        let ranking = Self { rows };
        match ranking.totals() {
            (p, q) if p > 0.0 && q > 0.0 => Ok(ranking),
            _ => Err(Error::target(
                "ranking needs rows of two classes (with positive weight), found one class only",
            )),
        }
    }

    fn at_each_threshold(&self, f: impl FnMut(u64, f64, f64)) {
        match &self.rows {
            Rows::Plain(sides) => sides.at_each_threshold(f),
            Rows::Weighted(sides) => sides.at_each_threshold(f),
        }
    }

    /// Weight of the positive and of the negative rows.
    pub(crate) fn totals(&self) -> (f64, f64) {
        fn weight<K: Row>(rows: &[K]) -> f64 {
            rows.iter().map(Row::weight).sum()
        }
        match &self.rows {
            Rows::Plain(sides) => (sides.positive.len() as f64, sides.negative.len() as f64),
            Rows::Weighted(sides) => (weight(&sides.positive), weight(&sides.negative)),
        }
    }

    /// [`roc_auc`] of these rows.
    pub fn roc_auc(&self) -> f64 {
        // In units of powers of two, which round nothing, no product leaves the range of numbers.
        let unit = |w: f64| f64::from_bits(w.max(f64::MIN_POSITIVE).to_bits() & f64::INFINITY.to_bits());
        let (p, q) = self.totals();
        let (p, q) = (unit(p), unit(q));
        let (mut area, mut last) = (0.0, (0.0, 0.0));
        self.at_each_threshold(|_, tp, fp| {
            let (tp, fp) = (tp / p, fp / q);
            area += (fp - last.1) * (tp + last.0);
            last = (tp, fp);
        });
        // Sums of weights in another order may round beyond 1.
        f64::min(area / (2.0 * last.0 * last.1), 1.0)
    }

    /// [`average_precision`] of these rows.
    pub fn average_precision(&self) -> f64 {
        let (mut sum, mut last) = (0.0, 0.0);
        self.at_each_threshold(|_, tp, fp| {
            sum += (tp - last) * (tp / (tp + fp));
            last = tp;
        });
        sum / last
    }

    /// [`roc_curve`] of these rows.
    pub fn roc_curve(&self) -> RocCurve {
        let mut points: Vec<(u64, f64, f64)> = Vec::new();
        let mut last_step = None;
        self.at_each_threshold(|key, tp, fp| {
            let step = points.last().map(|(_, last_tp, last_fp)| (tp - last_tp, fp - last_fp));
            // A point between two equal steps says nothing.
            if step.is_some() && step == last_step {
                points.pop();
            }
            last_step = step;
            points.push((key, tp, fp));
        });
        let (p, q) = points.last().map_or((1.0, 1.0), |(_, tp, fp)| (*tp, *fp));
        let with = |first: f64, of: &dyn Fn(&(u64, f64, f64)) -> f64| {
            std::iter::once(first).chain(points.iter().map(of)).collect()
        };
        RocCurve {
            false_positive_rate: with(0.0, &|(_, _, fp)| fp / q),
            true_positive_rate: with(0.0, &|(_, tp, _)| tp / p),
            thresholds: with(f64::INFINITY, &|(key, ..)| score_of(*key)),
        }
    }

    /// [`precision_recall_curve`] of these rows.
    pub fn precision_recall_curve(&self) -> PrecisionRecallCurve {
        let (mut precision, mut recall, mut thresholds) = (vec![1.0], vec![0.0], Vec::new());
        self.at_each_threshold(|key, tp, fp| {
            precision.push(tp / (tp + fp));
            recall.push(tp);
            thresholds.push(score_of(key));
        });
        let p = recall.last().copied().unwrap_or(1.0);
        recall.iter_mut().for_each(|r| *r /= p);
        precision.reverse();
        recall.reverse();
        thresholds.reverse();
        PrecisionRecallCurve { precision, recall, thresholds }
    }
}

/// The lesser and the greater of the first two labels that differ.
fn two_labels<L: Label>(truth: &ArrayRef1<L>) -> Result<(&L, &L)> {
    let first = truth.iter().next();
    let other = truth.iter().find(|l| Some(*l) != first);
    match (first, other) {
        (Some(a), Some(b)) => Ok((a.min(b), a.max(b))),
        _ => {
            let only = first.map(ToString::to_string).unwrap_or_default();
            Err(Error::target(format!("ranking needs rows of two classes, found one: {only}")))
        }
    }
}

fn area<L: Label, F: Float, W: Float>(
    truth: &ArrayRef1<L>,
    scores: &ArrayRef1<F>,
    weights: Weights<'_, W>,
) -> Result<f64> {
    Ranking::sort(truth, scores, weights).map(|r| r.roc_auc())
}

fn precision_on_average<L: Label, F: Float, W: Float>(
    truth: &ArrayRef1<L>,
    scores: &ArrayRef1<F>,
    weights: Weights<'_, W>,
) -> Result<f64> {
    Ranking::sort(truth, scores, weights).map(|r| r.average_precision())
}

fn curve<L: Label, F: Float, W: Float>(
    truth: &ArrayRef1<L>,
    scores: &ArrayRef1<F>,
    weights: Weights<'_, W>,
) -> Result<RocCurve> {
    Ranking::sort(truth, scores, weights).map(|r| r.roc_curve())
}

fn precision_recall<L: Label, F: Float, W: Float>(
    truth: &ArrayRef1<L>,
    scores: &ArrayRef1<F>,
    weights: Weights<'_, W>,
) -> Result<PrecisionRecallCurve> {
    Ranking::sort(truth, scores, weights).map(|r| r.precision_recall_curve())
}
