//! Fitting and scoring several settings on several folds.

use estimand_core::{Dataset, Error, Fit, Float, Fold, Matrix, Result, Samples, Target};
use estimand_metrics::Scorer;
use estimand_par as par;
use serde::{Deserialize, Serialize};
use std::time::Instant;

/// Candidates fitted together: as many models of a fold are in memory at once.
const TOGETHER: usize = 32;

/// What one fold brought.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct FoldScore {
    /// The score on the rows held out.
    pub score: f64,
    /// The score on the rows learnt from, where it was asked for.
    pub train_score: Option<f64>,
    /// Seconds that fitting took; where candidates were fitted together, a candidate's share of them.
    pub fit_seconds: f64,
    /// Seconds that scoring took.
    pub score_seconds: f64,
}

/// Every fold's score of every candidate, by candidate.
///
/// The rows of a fold are copied when its turn comes and dropped after it, so that about as many folds
/// are in memory as there are threads.
pub(crate) fn evaluate<F, Y, E, S>(
    candidates: &[E],
    samples: Samples<'_, F, Y>,
    folds: &[Fold],
    scorer: &S,
    train_scores: bool,
) -> Vec<Vec<Result<FoldScore>>>
where
    F: Float,
    Y: Target,
    E: Fit<F, Y> + Sync,
    S: Scorer<F, Y, E::Model>,
{
    let of_fold = |f: usize| {
        let (train, test) = (samples.select(&folds[f].train), samples.select(&folds[f].test));
        let judge = |model: Result<E::Model>, fit_seconds: f64| {
            let model = model?;
            let start = Instant::now();
            let score =
                scorer.score(&model, test.samples()).map_err(|error| advise(error, &test, samples))?;
            let score_seconds = start.elapsed().as_secs_f64();
            let train_score = train_scores.then(|| scorer.score(&model, train.samples())).transpose()?;
            Ok(FoldScore { score, train_score, fit_seconds, score_seconds })
        };
        if candidates.len() > 1 && E::shares_fits() {
            let together = |candidates: &[E]| {
                let start = Instant::now();
                let mut models = E::fit_many(&candidates.iter().collect::<Vec<_>>(), train.samples());
                let share = start.elapsed().as_secs_f64() / candidates.len() as f64;
                models.resize_with(candidates.len(), || {
                    Err(Error::numerical("`fit_many` returned too few models"))
                });
                models.into_iter().map(|model| judge(model, share)).collect::<Vec<_>>()
            };
            candidates.chunks(TOGETHER).flat_map(together).collect()
        } else {
            par::map(candidates.len(), |c| {
                let start = Instant::now();
                let model = candidates[c].fit_samples(train.samples());
                judge(model, start.elapsed().as_secs_f64())
            })
        }
    };
    let by_fold = par::map(folds.len(), of_fold);
    let mut by_candidate: Vec<Vec<_>> = candidates.iter().map(|_| Vec::with_capacity(folds.len())).collect();
    for fold in by_fold {
        by_candidate.iter_mut().zip(fold).for_each(|(scores, score)| scores.push(score));
    }
    by_candidate
}

/// The error of a score, and what to do where the fold is too small for it.
fn advise<F: Float, Y: Target>(
    error: Error,
    test: &Dataset<F, Y, Matrix<F>>,
    all: Samples<'_, F, Y>,
) -> Error {
    match test.nrows() {
        1 => {
            let most = (all.nrows() / 2).max(1);
            let what = format!(
                "{error}; a fold tests on one of {} rows: use at most {most} folds, or a score of single rows",
                all.nrows()
            );
            Error::Search { what }
        }
        _ => error,
    }
}
