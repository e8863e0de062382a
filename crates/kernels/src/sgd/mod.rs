//! A pass of stochastic gradient steps over the rows of a linear model, in one call: for fifty columns a step takes
//! less time than a few calls would.
//!
//! Step t looks at row i, next in the order that the caller chose:
//!
//! ```text
//! z = xᵢw + b                                                                                  (1)
//! w ← max(0, 1 − η s) w − η ωᵢ ℓ′(z, yᵢ) xᵢ        b ← b − η ωᵢ ℓ′(z, yᵢ) − η d                (2)
//! u ← u + η c,  wⱼ ← wⱼ brought u + qⱼ or u − qⱼ nearer to zero, but not beyond                  (3)
//! w̄ ← w̄ + (w − w̄) / (t − t₀ + 1)                  b̄ likewise, from t = t₀ on                    (4)
//! ```
//!
//! s and c are the strengths of the L2 and of the L1 penalty, d of a penalty on b itself, for one class. In (3), \[Tsuruoka09\], u is the L1 penalty that a
//! coefficient could have received by now and qⱼ, negative for positive ones, what coefficient j has received.
//! (4) is \[Xu11\].
//!
//! | rate | η |
//! |---|---|
//! | `Fixed` | as the state says |
//! | `Optimal` | 1 / (s′ (t₁ + t − 1)), s′ the strength of the whole penalty \[Bottou12\] |
//! | `InvScaling` | η₀ / tᵖ |
//! | `Pa1` | a step of min(η₀, ℓ / ‖xᵢ‖²) towards yᵢ in place of −η ℓ′ \[Crammer06\]; η₀ in (2) and (3) |
//! | `Pa2` | likewise of ℓ / (‖xᵢ‖² + 1 / 2η₀) |
//!
//! A dense row costs O(p). A sparse row costs as much as it has values: w is kept as a multiple of a vector, and w̄ as
//! a combination of two (`store`); in (3) a column has its turn when it occurs in a row. All sums are `f64`.

mod loss;
mod store;

use crate::{
    isa::{Isa, prefetch_line},
    math::Real,
};
use estimand_core::CsrView;
use estimand_core::serde::{Deserialize, Serialize};
pub use loss::SgdLoss;
use std::mem::take;
use store::{Dense, Sparse, Store, Vectors};

/// The records of [`sgd_pass`](crate::sgd_pass).
#[derive(Clone, Copy, Debug)]
pub enum SgdRows<'a, T> {
    /// Row after row, each as wide as the coefficients.
    Dense(&'a [T]),
    /// Compressed sparse rows.
    Sparse(CsrView<'a, T>),
}

/// How long a step is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum SgdRate {
    /// η of the state.
    Fixed,
    /// η = 1 / (`strength` (`start` + t − 1))
    Optimal {
        /// Strength of the penalty.
        strength: f64,
        /// Steps that count as made.
        start: f64,
    },
    /// η = `first` / t^`power`
    InvScaling {
        /// η₀
        first: f64,
        /// The exponent.
        power: f64,
    },
    /// The first passive-aggressive rule; η of the state is the longest step.
    Pa1,
    /// The second passive-aggressive rule; η of the state is its η₀.
    Pa2,
}

/// What does not change from step to step.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SgdRule {
    /// ℓ
    pub loss: SgdLoss,
    /// η
    pub rate: SgdRate,
    /// s: strength of the L2 penalty.
    pub shrink: f64,
    /// c: strength of the L1 penalty.
    pub cut: f64,
    /// Whether b moves.
    pub intercept: bool,
    /// d: what draws b down, where it moves.
    pub drift: f64,
    /// t₀: the step from which on averages are taken; 0 for none.
    pub average: u64,
    /// Whether losses are summed up.
    pub measure: bool,
}

/// The rows of a pass, and how to learn from them.
#[derive(Clone, Copy, Debug)]
pub struct SgdPass<'a, T> {
    /// X
    pub x: SgdRows<'a, T>,
    /// Targets, one per row of X; ±1 for losses of classifiers.
    pub y: &'a [f64],
    /// Weights ω, one per row of X; 1 without.
    pub weights: Option<&'a [f64]>,
    /// Which rows, in this order.
    pub order: &'a [u32],
    /// How.
    pub rule: SgdRule,
}

/// Where stochastic gradient steps have arrived.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(crate = "estimand_core::serde")]
pub struct SgdState {
    /// w
    pub coef: Vec<f64>,
    /// b
    pub intercept: f64,
    /// w̄; empty where no averages are taken.
    pub mean_coef: Vec<f64>,
    /// b̄
    pub mean_intercept: f64,
    /// Steps made.
    pub steps: u64,
    /// η of rates that do not change with t.
    pub rate: f64,
    /// u
    pub penalty: f64,
    /// q; empty where there is no L1 penalty.
    pub received: Vec<f64>,
}

/// What a pass has seen.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SgdSeen {
    /// Σ ωᵢ ℓ(zᵢ, yᵢ), each before its step, where that was asked for.
    pub loss: f64,
    /// Whether every z was finite.
    pub finite: bool,
    /// Whether a slope was cut off at 1e12: steps that grow without bound.
    pub steep: bool,
}

/// Rows that are asked for ahead of their turn.
const AHEAD: usize = 8;

/// Slopes beyond this are cut off: they come from targets or scores that no step of use can follow.
const STEEPEST: f64 = 1e12;

#[inline(always)]
pub(crate) fn pass<T: Real, I: Isa>(task: &SgdPass<'_, T>, state: &mut SgdState) -> SgdSeen {
    let mut vectors = Vectors {
        coef: take(&mut state.coef),
        mean: take(&mut state.mean_coef),
        received: take(&mut state.received),
    };
    let seen = match task.x {
        SgdRows::Dense(x) => run::<T, I>(&mut Dense { x, at: &mut vectors }, task, state),
        SgdRows::Sparse(x) => run::<T, I>(&mut Sparse::new(x, &mut vectors), task, state),
    };
    Vectors { coef: state.coef, mean: state.mean_coef, received: state.received } = vectors;
    seen
}

#[inline(always)]
fn run<T: Real, I: Isa>(store: &mut impl Store, task: &SgdPass<'_, T>, state: &mut SgdState) -> SgdSeen {
    let SgdPass { y, weights, order, rule, .. } = *task;
    let (mut b, mut steps, mut u) = (state.intercept, state.steps, state.penalty);
    let mut seen = SgdSeen { loss: 0.0, finite: true, steep: false };
    for (i, row) in order.iter().enumerate() {
        if let Some(next) = order.get(i + AHEAD) {
            let next = *next as usize;
            store.ask(next);
            prefetch_line(&y[next..]);
        }
        let row = *row as usize;
        let (y, weight) = (y[row], weights.map_or(1.0, |w| w[row]));
        steps += 1;
        let t = steps as f64;
        let rate = match rule.rate {
            SgdRate::Optimal { strength, start } => (strength * (start + t - 1.0)).recip(),
            SgdRate::InvScaling { first, power } => first / raised(t, power),
            SgdRate::Fixed | SgdRate::Pa1 | SgdRate::Pa2 => state.rate,
        };
        let z = store.dot::<I>(row) + b;
        seen.finite &= z.abs() < f64::INFINITY;
        if rule.measure {
            seen.loss += weight * rule.loss.value_::<I>(z, y);
        }
        let passive = |step: f64| if z < y { step } else { -step };
        let step = match rule.rate {
            SgdRate::Pa1 => {
                let size = store.square(row);
                let step = if size > 0.0 { (rule.loss.value_::<I>(z, y) / size).min(rate) } else { 0.0 };
                passive(step)
            }
            SgdRate::Pa2 => passive(rule.loss.value_::<I>(z, y) / (store.square(row) + 0.5 / rate)),
            _ => {
                let slope = rule.loss.slope_::<I>(z, y);
                seen.steep |= slope.abs() > STEEPEST;
                -rate * slope.clamp(-STEEPEST, STEEPEST)
            }
        } * weight;
        let shrink = 1.0 - rate * rule.shrink;
        store.step::<I>(row, if shrink > 0.0 { shrink } else { 0.0 }, step);
        if rule.intercept {
            b += if rule.drift > 0.0 { step - rate * rule.drift } else { step };
        }
        if rule.cut > 0.0 {
            u += rate * rule.cut;
            store.cut(row, u);
        }
        if rule.average > 0 && steps >= rule.average {
            let share = ((steps - rule.average + 1) as f64).recip();
            store.average::<I>(share);
            state.mean_intercept += share * (b - state.mean_intercept);
        }
    }
    store.finish();
    (state.intercept, state.steps, state.penalty) = (b, steps, u);
    seen
}

/// tᵖ; roots for the exponents that are the defaults, which cost a tenth.
#[inline(always)]
fn raised(t: f64, power: f64) -> f64 {
    match power {
        0.5 => t.sqrt(),
        0.25 => t.sqrt().sqrt(),
        _ => t.powf(power),
    }
}
