//! Losses of one score z, their slopes in z, and no branch that a rounding could turn wrong.

use crate::{isa::Baseline, isa::Isa, math::Real};

/// A loss of a score z for a target y. Those of classifiers have targets ±1.
///
/// | loss | ℓ(z, y) |
/// |---|---|
/// | `Hinge` | max(0, threshold − yz): 1 for support vector machines, 0 for the perceptron |
/// | `SquaredHinge` | max(0, 1 − yz)² |
/// | `ModifiedHuber` | max(0, 1 − yz)², and −4yz for yz < −1 |
/// | `Log` | ln(1 + exp(−yz)) |
/// | `Squared` | ½ (z − y)² |
/// | `Huber` | ½ r², r = \|z − y\|, and ε (r − ½ ε) for r > ε |
/// | `EpsilonInsensitive` | max(0, \|z − y\| − ε) |
/// | `SquaredEpsilonInsensitive` | max(0, \|z − y\| − ε)² |
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum SgdLoss {
    /// Linear below a margin.
    Hinge {
        /// The margin.
        threshold: f64,
    },
    /// Quadratic below a margin of 1.
    SquaredHinge,
    /// Quadratic below a margin of 1, linear below −1.
    ModifiedHuber,
    /// The logistic loss.
    Log,
    /// Half the squared error.
    Squared,
    /// Half the squared error, linear beyond ε.
    Huber {
        /// ε
        epsilon: f64,
    },
    /// The absolute error beyond ε.
    EpsilonInsensitive {
        /// ε
        epsilon: f64,
    },
    /// The squared error beyond ε.
    SquaredEpsilonInsensitive {
        /// ε
        epsilon: f64,
    },
}

impl SgdLoss {
    /// ℓ(z, y)
    pub fn value(self, z: f64, y: f64) -> f64 {
        self.value_::<Baseline>(z, y)
    }

    /// ∂ℓ/∂z; at a kink the slope of the side that has one.
    pub fn slope(self, z: f64, y: f64) -> f64 {
        self.slope_::<Baseline>(z, y)
    }

    #[inline(always)]
    pub(super) fn value_<I: Isa>(self, z: f64, y: f64) -> f64 {
        match self {
            Self::Hinge { threshold } => (threshold - y * z).positive_part(),
            Self::SquaredHinge => squared((1.0 - y * z).positive_part()),
            Self::ModifiedHuber if y * z < -1.0 => -4.0 * y * z,
            Self::ModifiedHuber => squared((1.0 - y * z).positive_part()),
            Self::Log => (-y * z).positive_part() + z.exp_neg_abs::<I>().ln_1p_unit::<I>(),
            Self::Squared => 0.5 * squared(z - y),
            Self::Huber { epsilon } => {
                let r = (z - y).abs();
                if r > epsilon { epsilon * (r - 0.5 * epsilon) } else { 0.5 * r * r }
            }
            Self::EpsilonInsensitive { epsilon } => ((z - y).abs() - epsilon).positive_part(),
            Self::SquaredEpsilonInsensitive { epsilon } => squared(((z - y).abs() - epsilon).positive_part()),
        }
    }

    #[inline(always)]
    pub(super) fn slope_<I: Isa>(self, z: f64, y: f64) -> f64 {
        match self {
            Self::Hinge { threshold } => {
                if y * z > threshold {
                    0.0
                } else {
                    -y
                }
            }
            Self::SquaredHinge => -2.0 * y * (1.0 - y * z).positive_part(),
            Self::ModifiedHuber if y * z < -1.0 => -4.0 * y,
            Self::ModifiedHuber => -2.0 * y * (1.0 - y * z).positive_part(),
            // For y = ±1: −y σ(−yz), which keeps the digits of a small slope.
            Self::Log => -y * (-y * z).sigmoid_from(z.exp_neg_abs::<I>()),
            Self::Squared => z - y,
            Self::Huber { epsilon } => (z - y).clamp(-epsilon, epsilon),
            Self::EpsilonInsensitive { epsilon } => {
                let r = z - y;
                if r.abs() > epsilon { r.signum() } else { 0.0 }
            }
            Self::SquaredEpsilonInsensitive { epsilon } => {
                let r = z - y;
                2.0 * (r.abs() - epsilon).positive_part() * r.signum()
            }
        }
    }
}

#[inline(always)]
fn squared(v: f64) -> f64 {
    v * v
}
