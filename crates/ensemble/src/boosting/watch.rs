//! Watching a fit: given rows to judge it by, any score, and a callback.

use super::fit::{Extras, Part, Target};
use estimand_core::{Error, Float, Result, Samples, Target as Learnt};
use ndarray::ArrayView2;
use std::ops::ControlFlow;

/// What a callback sees of a round.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Round {
    /// Rounds made, this one included.
    pub number: usize,
    /// Mean loss of the rows learnt from, before this round.
    pub train_loss: f64,
    /// Mean loss of the rows held out or given, after it.
    pub validation_loss: Option<f64>,
    /// Score of these rows, where one was asked for.
    pub score: Option<f64>,
}

pub(crate) type Score<'a> = Box<dyn FnMut(ArrayView2<'_, f64>) -> Result<f64> + Send + 'a>;
pub(crate) type OnRound<'a> = Box<dyn FnMut(&Round) -> ControlFlow<()> + Send + 'a>;

/// What a fit is watched by: `fit_watched` of the boosting estimators takes it.
///
/// ```
/// use estimand_ensemble::HistGradientBoostingRegressor;
/// use estimand_ensemble::boosting::Watch;
/// use ndarray::{Array1, Array2, s};
/// use std::ops::ControlFlow;
///
/// let x = Array2::from_shape_fn((400, 1), |(i, _)| (i * 97 % 400) as f64);
/// let y: Array1<f64> = x.column(0).mapv(f64::sqrt);
/// let (train, test) = (s![..300, ..], s![300.., ..]);
/// let (test_x, test_y) = (x.slice(test), y.slice(s![300..]));
///
/// // Stops by the largest error on rows of our own, and says how it goes.
/// let mut rounds = 0;
/// let watch = Watch::new()
///     .validation((&test_x, &test_y))
///     .score(|predicted| Ok(-(&predicted.column(0) - &test_y).mapv(f64::abs).fold(0.0, |a: f64, b| a.max(*b))))
///     .on_round(|round| {
///         rounds = round.number;
///         if rounds < 40 { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
///     });
/// let train_y = y.slice(s![..300]);
/// let model = HistGradientBoostingRegressor::new().fit_watched((&x.slice(train), &train_y), watch)?;
/// assert!(rounds <= 40 && model.trees().len() == rounds);
/// # Ok::<(), estimand_core::Error>(())
/// ```
pub struct Watch<'a, F: Float, Y: Learnt> {
    pub(crate) validation: Option<Samples<'a, F, Y>>,
    pub(crate) score: Option<Score<'a>>,
    pub(crate) on_round: Option<OnRound<'a>>,
}

impl<'a, F: Float, Y: Learnt> Watch<'a, F, Y> {
    /// Nothing is watched yet.
    pub fn new() -> Self {
        Self { validation: None, score: None, on_round: None }
    }

    /// Rows to judge each round by, instead of a part held out. Boosting stops by them, unless early stopping is set to
    /// [`Never`](super::EarlyStopping::Never): then they are only looked at.
    #[must_use]
    pub fn validation(self, samples: impl Into<Samples<'a, F, Y>>) -> Self {
        Self { validation: Some(samples.into()), ..self }
    }

    /// What to judge them by instead of the loss, the larger the better: a function of their predictions (n × 1), or of
    /// their class probabilities (n × k), in the order of the rows given.
    #[must_use]
    pub fn score(self, score: impl FnMut(ArrayView2<'_, f64>) -> Result<f64> + Send + 'a) -> Self {
        Self { score: Some(Box::new(score)), ..self }
    }

    /// What to call after each round; it can end the fit.
    #[must_use]
    pub fn on_round(self, f: impl FnMut(&Round) -> ControlFlow<()> + Send + 'a) -> Self {
        Self { on_round: Some(Box::new(f)), ..self }
    }

    /// The same without the types of the data. `target` reads what is to be predicted.
    pub(crate) fn extras(self, target: impl FnOnce(Y::View<'a>) -> Result<Target>) -> Result<Extras<'a>> {
        if self.score.is_some() && self.validation.is_none() {
            let what = "a score without validation rows; give some with `Watch::validation`";
            return Err(Error::unsupported("Watch", what));
        }
        let held_out = match self.validation {
            Some(samples) => {
                samples.check()?;
                samples.x.check_finite_or_missing()?;
                let weights = samples.weights.map(|w| w.iter().map(|w| w.f64()).collect());
                Some(Box::new(Part::new(samples.x, target(samples.y)?, weights)) as _)
            }
            None => None,
        };
        Ok(Extras { start: None, held_out, score: self.score, on_round: self.on_round })
    }
}

impl<F: Float, Y: Learnt> Default for Watch<'_, F, Y> {
    fn default() -> Self {
        Self::new()
    }
}

impl<F: Float, Y: Learnt> std::fmt::Debug for Watch<'_, F, Y> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Watch")
            .field("validation", &self.validation.map(|s| s.nrows()))
            .finish_non_exhaustive()
    }
}
