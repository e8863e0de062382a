//! RANSAC: fits on random small subsets, and keeps the one that most rows agree with.
//!
//! ```text
//! 1  draw m rows, fit the estimator on them                                              min_samples, seed
//! 2  rᵢ = Σₜ |yᵢₜ − ŷᵢₜ|, or the squares;   row i agrees if rᵢ ≤ δ                          loss, residual_threshold
//! 3  the trial is the best so far if more weight agrees, or as much with a higher R²
//! 4  stop after max_trials, or where the best is good enough, or where with probability P some trial must have met
//!    agreeing rows alone:  trials ≥ ln(1 − P) / ln(1 − qᵐ),  q the share that agrees with the best             (1)
//! 5  fit the estimator on all rows that agree with the best
//! ```
//!
//! Without a threshold, δ is the median absolute deviation of y from its median. Trials run in parallel, each with random
//! numbers of its own, and are judged in order: the outcome does not depend on the number of threads.
//!
//! Costs a fit on m rows and a prediction of all for each trial; up to half of the rows may be arbitrarily wrong, if
//! there are trials enough.
//!
//! **Differs from scikit-learn.** Weights count: rows are drawn in proportion to them, and it is weight that agrees.
//! The rows of a subset differ, as copies say nothing new. m is p + 1 for every estimator unless it is given. A subset
//! that cannot be fitted is skipped.
//!
//! **References.** \[FischlerBolles81\]; (1): \[HartleyZisserman04, section 4.7\].

mod settings;
#[cfg(test)]
mod tests;

use crate::model::{Outputs, delegate};
use crate::subsets::Subsets;
use estimand_core::samples::check_finite_target;
use estimand_core::{Describe, Error, Fit, Float, Persist, Predict, Report, Result, Samples, Seed, order};
use estimand_par as par;
use ndarray::{Array1, ArrayView2, Axis};
use serde::{Deserialize, Serialize};
pub use settings::{RansacLoss, RansacRegressor};

/// What a [`RansacRegressor`] fits: the model of the rows that agree, and which they are.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RansacModel<M> {
    model: M,
    inliers: Array1<bool>,
    threshold: f64,
    report: Report,
}

impl<M> RansacModel<M> {
    /// The model fitted on the rows that agree.
    pub fn model(&self) -> &M {
        &self.model
    }

    /// Of each row learnt from, whether it agrees with the best trial.
    pub fn inliers(&self) -> &Array1<bool> {
        &self.inliers
    }

    /// The threshold δ.
    pub fn threshold(&self) -> f64 {
        self.threshold
    }

    /// How the search went.
    pub fn report(&self) -> &Report {
        &self.report
    }
}

/// A subset's fit, judged on all rows.
struct Trial {
    inliers: Vec<bool>,
    /// Weight that agrees.
    weight: f64,
    /// R² on the rows that agree.
    score: f64,
}

/// (1): how many trials make it certain enough that one of them met none of the rows that do not agree.
fn trials_needed(share: f64, size: usize, probability: f64) -> f64 {
    let miss = (1.0 - probability).max(f64::EPSILON);
    let spoilt = (1.0 - share.powf(size as f64)).max(f64::EPSILON);
    match (miss, spoilt) {
        (1.0, _) => 0.0,
        (_, 1.0) => f64::INFINITY,
        _ => (miss.ln() / spoilt.ln()).ceil().abs(),
    }
}

impl<F, Y, E, M> Fit<F, Y> for RansacRegressor<E>
where
    F: Float,
    Y: Outputs<F>,
    E: Fit<F, Y, Model = M> + Describe + Sync,
    M: Predict<F, Output = Y>,
{
    type Model = RansacModel<M>;

    fn fit_samples(&self, samples: Samples<'_, F, Y>) -> Result<RansacModel<M>> {
        self.check()?;
        samples.check()?;
        samples.x.check_finite()?;
        check_finite_target(Y::columns(samples.y))?;
        let size = self.size(&samples)?;
        let threshold = self.residual_threshold.unwrap_or_else(|| deviation::<F, Y>(&samples));
        let subsets = Subsets::new(samples);
        let total: f64 = samples.weights.map_or(samples.nrows() as f64, |w| w.iter().map(|w| w.f64()).sum());

        let (mut best, mut trials, mut skipped) = (None::<Trial>, 0, 0);
        let (mut most, mut done) = (self.max_trials, false);
        let mut failure = None;
        while trials < most && !done {
            let together = par::threads().min(most - trials);
            let outcomes = par::map(together, |k| {
                let rows = subsets.draw(size, &mut Seed(self.seed).stream((trials + k) as u64));
                self.attempt(&samples, &rows, threshold)
            });
            for outcome in outcomes {
                if trials >= most || done {
                    break;
                }
                trials += 1;
                let worse = |trial: &Trial, best: &Trial| {
                    trial.weight < best.weight || (trial.weight == best.weight && trial.score < best.score)
                };
                match outcome {
                    Ok(trial)
                        if trial.weight > 0.0 && best.as_ref().is_none_or(|best| !worse(&trial, best)) =>
                    {
                        let needed = trials_needed(trial.weight / total, size, self.stop_probability);
                        most = most.min(needed.min(1e18) as usize);
                        done = self.stop_n_inliers.is_some_and(|n| trial.weight >= n as f64)
                            || trial.score >= self.stop_score;
                        best = Some(trial);
                    }
                    Ok(_) => skipped += 1,
                    Err(error) => {
                        skipped += 1;
                        failure = failure.or(Some(error));
                    }
                }
                done |= self.max_skips.is_some_and(|n| skipped > n);
            }
        }
        let Some(best) = best else { return Err(self.nothing_found(trials, failure)) };

        let rows: Vec<usize> = (0..samples.nrows()).filter(|i| best.inliers[*i]).collect();
        let model = self.estimator.fit_samples(samples.select(&rows).samples())?;
        let certain =
            done || trials_needed(best.weight / total, size, self.stop_probability) <= trials as f64;
        let report = Report::iterative("random sample consensus", trials, certain).note(format!(
            "{} of {} rows agree within {threshold:e}",
            rows.len(),
            samples.nrows()
        ));
        Ok(RansacModel { model, inliers: best.inliers.into(), threshold, report })
    }
}

impl<E> RansacRegressor<E> {
    /// m
    fn size<F: Float, Y: Outputs<F>>(&self, samples: &Samples<'_, F, Y>) -> Result<usize> {
        let rows = samples.weights.map_or(samples.nrows(), |w| w.iter().filter(|w| **w > F::zero()).count());
        let size = self.min_samples.unwrap_or(samples.x.ncols() + 1);
        match size <= rows {
            true => Ok(size),
            // One that was not asked for gives way.
            false if self.min_samples.is_none() => Ok(rows),
            false => {
                Err(Error::parameter("min_samples", size, format!("at most the number of rows, {rows}")))
            }
        }
    }

    /// 1 and 2
    fn attempt<F, Y, M>(&self, samples: &Samples<'_, F, Y>, rows: &[usize], threshold: f64) -> Result<Trial>
    where
        F: Float,
        Y: Outputs<F>,
        E: Fit<F, Y, Model = M>,
        M: Predict<F, Output = Y>,
    {
        let mut subset = samples.select(rows);
        // Rows were drawn by their weights, which have said all they have to.
        subset.weights = None;
        let predicted = self.estimator.fit_samples(subset.samples())?.predict_records(samples.x)?;
        let (y, predicted) = (Y::columns(samples.y), Y::columns(predicted.as_view()));
        let part = |y: &F, f: &F| {
            let r = (y.f64() - f.f64()).abs();
            if self.loss == RansacLoss::AbsoluteError { r } else { r * r }
        };
        let inliers: Vec<bool> = y
            .rows()
            .into_iter()
            .zip(predicted.rows())
            .map(|(y, f)| y.iter().zip(f).map(|(y, f)| part(y, f)).sum::<f64>() <= threshold)
            .collect();
        let weights: Vec<f64> = inliers
            .iter()
            .enumerate()
            .map(|(i, agrees)| if *agrees { samples.weights.map_or(1.0, |w| w[i].f64()) } else { 0.0 })
            .collect();
        let score = r_squared(y, predicted, &weights);
        Ok(Trial { weight: weights.iter().sum(), inliers, score })
    }

    fn nothing_found(&self, trials: usize, failure: Option<Error>) -> Error {
        let reason = failure.map(|e| format!(" (the first that failed: {e})")).unwrap_or_default();
        Error::numerical(format!(
            "no row agrees with any of {trials} trials{reason}; raise residual_threshold or max_trials"
        ))
    }
}

/// Median absolute deviation of y from its median, over all outputs; at least what rounding leaves of a prediction.
fn deviation<F: Float, Y: Outputs<F>>(samples: &Samples<'_, F, Y>) -> f64 {
    let y = Y::columns(samples.y);
    let weight = |i: usize| samples.weights.map_or(1.0, |w| w[i].f64());
    let pairs = |centre: f64| {
        y.indexed_iter().map(move |((i, _), y)| ((y.f64() - centre).abs(), weight(i))).collect::<Vec<_>>()
    };
    let values = y.indexed_iter().map(|((i, _), y)| (y.f64(), weight(i)));
    let median = order::median(values).unwrap_or(0.0);
    let rounding = 64.0 * F::epsilon().f64() * y.iter().fold(0.0, |m: f64, y| m.max(y.f64().abs()));
    order::median(pairs(median)).unwrap_or(0.0).max(rounding)
}

/// 1 − Σωr² / Σω(y − ȳ)²; 1 or 0 where y is constant.
fn r_squared<F: Float>(y: ArrayView2<'_, F>, predicted: ArrayView2<'_, F>, weights: &[f64]) -> f64 {
    let total: f64 = weights.iter().sum();
    let (mut left, mut all) = (0.0, 0.0);
    for (y, f) in y.axis_iter(Axis(1)).zip(predicted.axis_iter(Axis(1))) {
        let mean = y.iter().zip(weights).map(|(y, w)| y.f64() * w).sum::<f64>() / total;
        for ((y, f), w) in y.iter().zip(f).zip(weights).filter(|(_, w)| **w > 0.0) {
            left += w * (y.f64() - f.f64()).powi(2);
            all += w * (y.f64() - mean).powi(2);
        }
    }
    match (left == 0.0, all == 0.0) {
        (true, true) => 1.0,
        (false, true) => 0.0,
        _ => 1.0 - left / all,
    }
}

delegate!(RansacModel<M> to M);
impl<M: Persist> Persist for RansacModel<M> {
    fn type_name() -> String {
        format!("RansacModel<{}>", M::type_name())
    }
    fn check_loaded(&self) -> Result<()> {
        self.model.check_loaded()
    }
}
