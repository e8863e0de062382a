//! What the settings of all estimators of this family come to.

use super::learn::Score;
use estimand_core::{Error, Result};
use estimand_kernels::{SgdLoss, SgdRate, SgdRule, SgdState};
use serde::{Deserialize, Serialize};

/// The penalty R.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum SgdPenalty {
    /// ½ ‖w‖²
    #[default]
    L2,
    /// ‖w‖₁, which makes coefficients zero.
    L1,
    /// (1 − ρ)/2 ‖w‖² + ρ ‖w‖₁ with ρ the `l1_ratio`.
    ElasticNet,
    /// 0
    None,
}

/// How long step t is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum LearningRate {
    /// η = η₀
    Constant,
    /// η = 1 / (α (t₁ + t − 1)) with t₁ = α^(−3/4): the first step is α^(−1/4) long, the typical size of a coefficient
    /// \[Bottou12\]. Needs a positive `alpha`.
    Optimal,
    /// η = η₀ / tᵖ with p the `power_t`.
    InvScaling,
    /// η = η₀, a fifth of it after `n_iter_no_change` epochs without progress, and so on.
    Adaptive,
    /// As far as the loss of this row asks, at most η₀ for a row of unit length: passive-aggressive learning, \[Crammer06\]'s
    /// PA-I with C = η₀. For the hinge and the ε-insensitive loss; usually without a penalty.
    Pa1,
    /// PA-II: the farther, the longer, with C = η₀.
    Pa2,
}

/// The settings that classifiers and regressors share.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    pub(super) estimator: &'static str,
    pub(super) loss: SgdLoss,
    pub(super) penalty: SgdPenalty,
    pub(super) alpha: f64,
    /// What an objective has in b itself, times b: ν of one class, else 0.
    pub(super) drift: f64,
    pub(super) l1_ratio: f64,
    pub(super) fit_intercept: bool,
    pub(super) learning_rate: LearningRate,
    pub(super) eta0: f64,
    pub(super) power_t: f64,
    pub(super) average: usize,
    pub(super) max_iter: usize,
    pub(super) tol: Option<f64>,
    pub(super) n_iter_no_change: usize,
    pub(super) early_stopping: bool,
    pub(super) validation_fraction: f64,
    pub(super) shuffle: bool,
    pub(super) seed: u64,
    pub(super) score: Score,
}

/// A [`Plan`] from settings that call their parameters as it does.
macro_rules! plan {
    ($settings:expr, $estimator:literal, $loss:expr, $score:expr) => {
        crate::sgd::plan::Plan {
            estimator: $estimator,
            loss: $loss,
            penalty: $settings.penalty,
            alpha: $settings.alpha,
            drift: 0.0,
            l1_ratio: $settings.l1_ratio,
            fit_intercept: $settings.fit_intercept,
            learning_rate: $settings.learning_rate,
            eta0: $settings.eta0,
            power_t: $settings.power_t,
            average: $settings.average,
            max_iter: $settings.max_iter,
            tol: $settings.tol,
            n_iter_no_change: $settings.n_iter_no_change,
            early_stopping: $settings.early_stopping,
            validation_fraction: $settings.validation_fraction,
            shuffle: $settings.shuffle,
            seed: $settings.seed,
            score: $score,
        }
    };
}
pub(super) use plan;

impl Plan {
    /// Refuses settings that contradict one another.
    pub(super) fn check(&self) -> Result<()> {
        use LearningRate::{Optimal, Pa1, Pa2};
        let passive = matches!(self.learning_rate, Pa1 | Pa2);
        let fits =
            matches!(self.loss, SgdLoss::Hinge { threshold: 1.0 } | SgdLoss::EpsilonInsensitive { .. });
        if passive && !fits {
            let allowed = "another one for this loss: passive-aggressive steps are those of the hinge loss in a classifier, \
                           and of the ε-insensitive loss in a regressor";
            return Err(Error::parameter("learning_rate", format!("{:?}", self.learning_rate), allowed));
        }
        if self.learning_rate == Optimal && self.alpha == 0.0 {
            return Err(Error::parameter("alpha", self.alpha, "more than 0 for the learning rate `Optimal`"));
        }
        Ok(())
    }

    /// (L2, L1): the strengths α (1 − ρ) and αρ.
    pub(super) fn strengths(&self) -> (f64, f64) {
        let ratio = match self.penalty {
            SgdPenalty::L2 => 0.0,
            SgdPenalty::L1 => 1.0,
            SgdPenalty::ElasticNet => self.l1_ratio,
            SgdPenalty::None => return (0.0, 0.0),
        };
        (self.alpha * (1.0 - ratio), self.alpha * ratio)
    }

    /// How to make a step.
    pub(super) fn rule(&self, measure: bool) -> SgdRule {
        let (shrink, cut) = self.strengths();
        let rate = match self.learning_rate {
            LearningRate::Constant | LearningRate::Adaptive => SgdRate::Fixed,
            LearningRate::Optimal => SgdRate::Optimal { strength: self.alpha, start: self.alpha.powf(-0.75) },
            LearningRate::InvScaling => SgdRate::InvScaling { first: self.eta0, power: self.power_t },
            LearningRate::Pa1 => SgdRate::Pa1,
            LearningRate::Pa2 => SgdRate::Pa2,
        };
        let average = self.average as u64;
        let (loss, intercept, drift) = (self.loss, self.fit_intercept, self.drift);
        SgdRule { loss, rate, shrink, cut, intercept, drift, average, measure }
    }

    /// Before the first step.
    pub(super) fn begin(&self, coef: Vec<f64>, intercept: f64) -> SgdState {
        let p = coef.len();
        let zeros = |wanted: bool| if wanted { vec![0.0; p] } else { Vec::new() };
        SgdState {
            coef,
            intercept,
            mean_coef: zeros(self.average > 0),
            mean_intercept: 0.0,
            steps: 0,
            rate: self.eta0,
            penalty: 0.0,
            received: zeros(self.strengths().1 > 0.0),
        }
    }

    /// The coefficients and the intercept to predict with: averages, where they have begun.
    pub(super) fn answer<'a>(&self, state: &'a SgdState) -> (&'a [f64], f64) {
        if self.average > 0 && state.steps >= self.average as u64 {
            (&state.mean_coef, state.mean_intercept)
        } else {
            (&state.coef, state.intercept)
        }
    }

    /// Refuses states that this plan cannot have reached for `p` columns.
    pub(super) fn check_loaded(&self, p: usize, state: &SgdState) -> Result<()> {
        use estimand_core::persist::check_len;
        let begun = self.begin(vec![0.0; p], 0.0);
        check_len("coefficients of a state", begun.coef.len(), state.coef.len())?;
        check_len("averages of a state", begun.mean_coef.len(), state.mean_coef.len())?;
        check_len("L1 penalties of a state", begun.received.len(), state.received.len())?;
        if super::learn::finite(state) {
            Ok(())
        } else {
            Err(Error::Persist { what: "the state of the learner is not finite".into() })
        }
    }
}
