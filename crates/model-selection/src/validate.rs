//! Cross-validation of one estimator.

use crate::evaluate::{FoldScore, evaluate};
use estimand_core::{Fit, Float, Result, Samples, Splitter, Target};
use estimand_metrics::Scorer;
use serde::{Deserialize, Serialize};
use std::fmt;

/// The scores of one estimator on every fold. Prints as one line.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CrossValidation {
    /// What the scorer is called.
    pub scoring: String,
    /// What each fold brought.
    pub folds: Vec<FoldScore>,
}

impl CrossValidation {
    /// The score of each fold.
    pub fn scores(&self) -> Vec<f64> {
        self.folds.iter().map(|f| f.score).collect()
    }

    /// The score of each fold on the rows learnt from, where they were asked for.
    pub fn train_scores(&self) -> Option<Vec<f64>> {
        self.folds.iter().map(|f| f.train_score).collect()
    }

    /// The mean score.
    pub fn mean(&self) -> f64 {
        mean(&self.scores())
    }

    /// The standard deviation of the scores over the folds (with the divisor `k`); infinite where a score is.
    pub fn std(&self) -> f64 {
        let (scores, mean) = (self.scores(), self.mean());
        if !mean.is_finite() {
            return f64::INFINITY;
        }
        (scores.iter().map(|s| (s - mean) * (s - mean)).sum::<f64>() / scores.len() as f64).sqrt()
    }

    /// `0.9510 ± 0.0123`, or what is infinite in how many folds.
    pub(crate) fn mean_and_std(&self, decimals: usize) -> String {
        let (scores, mean) = (self.scores(), self.mean());
        match scores.iter().filter(|s| s.is_infinite()).count() {
            0 => format!("{mean:.decimals$} ± {:.decimals$}", self.std()),
            // Infinities of both signs have no mean.
            count if mean.is_nan() => format!("infinite in {count} of {} folds", scores.len()),
            count => format!("{mean} in {count} of {} folds", scores.len()),
        }
    }

    /// The mean score on the rows learnt from, where they were asked for.
    pub fn train_mean(&self) -> Option<f64> {
        self.train_scores().map(|scores| mean(&scores))
    }

    /// Mean seconds to fit.
    pub fn fit_seconds(&self) -> f64 {
        mean(&self.folds.iter().map(|f| f.fit_seconds).collect::<Vec<_>>())
    }

    /// Mean seconds to score.
    pub fn score_seconds(&self) -> f64 {
        mean(&self.folds.iter().map(|f| f.score_seconds).collect::<Vec<_>>())
    }
}

fn mean(x: &[f64]) -> f64 {
    x.iter().sum::<f64>() / x.len() as f64
}

impl fmt::Display for CrossValidation {
    /// `accuracy 0.9510 ± 0.0123 (5 folds, fit 1.20 ms, score 0.03 ms)`; a precision sets the decimals.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let decimals = f.precision().unwrap_or(4);
        write!(f, "{} {} (", self.scoring, self.mean_and_std(decimals))?;
        if let Some(train) = self.train_mean() {
            write!(f, "training {train:.decimals$}, ")?;
        }
        write!(
            f,
            "{} folds, fit {}, score {})",
            self.folds.len(),
            duration(self.fit_seconds()),
            duration(self.score_seconds())
        )
    }
}

/// Seconds for people: three digits and a unit.
pub(crate) fn duration(seconds: f64) -> String {
    let (value, unit) = match seconds {
        s if s < 1e-3 => (s * 1e6, "µs"),
        s if s < 1.0 => (s * 1e3, "ms"),
        s => (s, "s"),
    };
    let decimals = if value < 10.0 { 2 } else { usize::from(value < 100.0) };
    format!("{value:.decimals$} {unit}")
}

/// Fits on each fold's training rows and scores on its test rows.
///
/// ```text
/// let scores = cross_validate(&model, &data, &StratifiedKFold::new(5), accuracy)?;
/// println!("{scores}");                       // accuracy 0.9510 ± 0.0123 (5 folds, …)
/// ```
pub fn cross_validate<'a, F, Y, E, C, S>(
    estimator: &E,
    samples: impl Into<Samples<'a, F, Y>>,
    cv: &C,
    scoring: S,
) -> Result<CrossValidation>
where
    F: Float,
    Y: Target,
    E: Fit<F, Y> + Sync,
    C: Splitter<F, Y> + ?Sized,
    S: Scorer<F, Y, E::Model>,
{
    validate(estimator, samples.into(), cv, &scoring, false)
}

/// [`cross_validate`] that scores the models on their training rows too: a wide gap means overfitting.
pub fn cross_validate_with_train_scores<'a, F, Y, E, C, S>(
    estimator: &E,
    samples: impl Into<Samples<'a, F, Y>>,
    cv: &C,
    scoring: S,
) -> Result<CrossValidation>
where
    F: Float,
    Y: Target,
    E: Fit<F, Y> + Sync,
    C: Splitter<F, Y> + ?Sized,
    S: Scorer<F, Y, E::Model>,
{
    validate(estimator, samples.into(), cv, &scoring, true)
}

/// The score of each fold.
pub fn cross_val_score<'a, F, Y, E, C, S>(
    estimator: &E,
    samples: impl Into<Samples<'a, F, Y>>,
    cv: &C,
    scoring: S,
) -> Result<Vec<f64>>
where
    F: Float,
    Y: Target,
    E: Fit<F, Y> + Sync,
    C: Splitter<F, Y> + ?Sized,
    S: Scorer<F, Y, E::Model>,
{
    validate(estimator, samples.into(), cv, &scoring, false).map(|outcome| outcome.scores())
}

fn validate<F, Y, E, C, S>(
    estimator: &E,
    samples: Samples<'_, F, Y>,
    cv: &C,
    scorer: &S,
    train_scores: bool,
) -> Result<CrossValidation>
where
    F: Float,
    Y: Target,
    E: Fit<F, Y> + Sync,
    C: Splitter<F, Y> + ?Sized,
    S: Scorer<F, Y, E::Model>,
{
    let folds = cv.folds(&samples)?;
    let outcomes = evaluate(std::slice::from_ref(estimator), samples, &folds, scorer, train_scores);
    Ok(CrossValidation {
        scoring: scorer.name(),
        folds: outcomes.into_iter().flatten().collect::<Result<_>>()?,
    })
}
