//! Precision, recall and their combinations, by class and on average.

use super::tally::{Tally, ratio};
use crate::faces::faces;
use crate::input::Weights;
use estimand_core::{Error, Float, Label, Result};
use ndarray::ArrayRef1;
use serde::{Deserialize, Serialize};

/// How one number is made of the scores of several classes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Average<L> {
    /// The score of one class; the others are its absence.
    Binary {
        /// The class in question.
        positive: L,
    },
    /// The score of all classes' counts together: the share of rows predicted, for most scores.
    Micro,
    /// The mean of the classes' scores: every class counts alike.
    Macro,
    /// The mean of the classes' scores, each counted as often as it is true.
    Weighted,
}

faces! {
    /// Share of the rows predicted to be of a class that truly are: `hᶜ/pᶜ`; 0 for a class that is never
    /// predicted.
    fn precision<L: Label>(truth: &ArrayRef1<L>, predicted: &ArrayRef1<L>, average: Average<L>) -> f64 = mean_precision;

    /// Share of the rows of a class that are predicted: `hᶜ/tᶜ`; 0 for a class that is predicted but never
    /// true.
    fn recall<L: Label>(truth: &ArrayRef1<L>, predicted: &ArrayRef1<L>, average: Average<L>) -> f64 = mean_recall;

    /// Harmonic mean of precision and recall: `2hᶜ/(tᶜ + pᶜ)`.
    ///
    /// ```
    /// use estimand_metrics::{Average, f1};
    /// use ndarray::array;
    ///
    /// let (truth, predicted) = (array!["ham", "spam", "spam"], array!["ham", "ham", "spam"]);
    /// assert_eq!(f1(&truth, &predicted, Average::Binary { positive: "spam" })?, 2.0 / 3.0);
    /// assert_eq!(f1(&truth, &predicted, Average::Macro)?, 2.0 / 3.0);
    /// # Ok::<(), estimand_core::Error>(())
    /// ```
    fn f1<L: Label>(truth: &ArrayRef1<L>, predicted: &ArrayRef1<L>, average: Average<L>) -> f64 = mean_f1;

    /// Weighted harmonic mean of precision and recall, recall counting `beta` times as much:
    /// `(1 + β²)hᶜ/(β²tᶜ + pᶜ)`.
    fn fbeta<L: Label>(truth: &ArrayRef1<L>, predicted: &ArrayRef1<L>, beta: f64, average: Average<L>) -> f64 = mean_fbeta;

    /// Rows both true and predicted to be of a class, by those that are either: `hᶜ/(tᶜ + pᶜ − hᶜ)`.
    fn jaccard<L: Label>(truth: &ArrayRef1<L>, predicted: &ArrayRef1<L>, average: Average<L>) -> f64 = mean_jaccard;

    /// Precision, recall and F₁ of every class.
    fn precision_recall_f1<L: Label>(truth: &ArrayRef1<L>, predicted: &ArrayRef1<L>) -> ClassScores<L> = class_scores;
}

/// Precision, recall and F₁ of every class.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ClassScores<L> {
    /// The classes, sorted; the scores follow this order.
    pub labels: Vec<L>,
    /// Share of the rows predicted to be of the class that are; 0 where there are none.
    pub precision: Vec<f64>,
    /// Share of the rows of the class that are predicted to be; 0 where there are none.
    pub recall: Vec<f64>,
    /// Harmonic mean of both; 0 where both are.
    pub f1: Vec<f64>,
    /// Rows of the class, or their weight.
    pub support: Vec<f64>,
}

/// A score of one class, from the weight of its rows: both, true, predicted.
type Score<'s> = &'s dyn Fn(f64, f64, f64) -> f64;

pub(super) fn precision_of(hit: f64, _: f64, predicted: f64) -> f64 {
    ratio(hit, predicted)
}
pub(super) fn recall_of(hit: f64, truth: f64, _: f64) -> f64 {
    ratio(hit, truth)
}
pub(super) fn f1_of(hit: f64, truth: f64, predicted: f64) -> f64 {
    ratio(2.0 * hit, truth + predicted)
}

impl<L: Label> Tally<L> {
    /// A score of every class.
    pub(super) fn by_class(&self, score: Score<'_>) -> Vec<f64> {
        (0..self.labels.len()).map(|c| score(self.hit[c], self.truth[c], self.predicted[c])).collect()
    }

    /// A score on average.
    pub(super) fn average(&self, average: &Average<L>, score: Score<'_>) -> Result<f64> {
        let sum = |x: &[f64]| x.iter().sum::<f64>();
        let scores = self.by_class(score);
        Ok(match average {
            Average::Binary { positive } => match self.labels.binary_search(positive) {
                Ok(c) => scores[c],
                Err(_) => {
                    let known: Vec<String> = self.labels.iter().map(ToString::to_string).collect();
                    return Err(Error::UnknownLabel { label: positive.to_string(), known: known.join(", ") });
                }
            },
            Average::Micro => score(sum(&self.hit), sum(&self.truth), sum(&self.predicted)),
            Average::Macro => sum(&scores) / scores.len() as f64,
            Average::Weighted => {
                scores.iter().zip(&self.truth).map(|(s, t)| s * t).sum::<f64>() / self.total()
            }
        })
    }
}

macro_rules! averaged {
    ($($name:ident = $score:expr;)*) => {$(
        fn $name<L: Label, W: Float>(
            truth: &ArrayRef1<L>,
            predicted: &ArrayRef1<L>,
            average: Average<L>,
            weights: Weights<'_, W>,
        ) -> Result<f64> {
            Tally::new(truth, predicted, weights)?.average(&average, &$score)
        }
    )*};
}
averaged! {
    mean_precision = precision_of;
    mean_recall = recall_of;
    mean_f1 = f1_of;
    mean_jaccard = |hit, truth, predicted| ratio(hit, truth + predicted - hit);
}

fn mean_fbeta<L: Label, W: Float>(
    truth: &ArrayRef1<L>,
    predicted: &ArrayRef1<L>,
    beta: f64,
    average: Average<L>,
    weights: Weights<'_, W>,
) -> Result<f64> {
    if !(beta.is_finite() && beta >= 0.0) {
        return Err(Error::parameter("beta", beta, "finite and not negative"));
    }
    let square = beta * beta;
    let score = |hit, truth, predicted| ratio((1.0 + square) * hit, square * truth + predicted);
    Tally::new(truth, predicted, weights)?.average(&average, &score)
}

fn class_scores<L: Label, W: Float>(
    truth: &ArrayRef1<L>,
    predicted: &ArrayRef1<L>,
    weights: Weights<'_, W>,
) -> Result<ClassScores<L>> {
    let tally = Tally::new(truth, predicted, weights)?;
    Ok(ClassScores {
        precision: tally.by_class(&precision_of),
        recall: tally.by_class(&recall_of),
        f1: tally.by_class(&f1_of),
        support: tally.truth,
        labels: tally.labels,
    })
}
