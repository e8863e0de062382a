//! Losses that large errors do not dominate, of one raw prediction per row; identity link.
//!
//! ```text
//! r = y − z
//! absolute       ℓ = |r|                                     ∂ℓ/∂z = −sign r
//! quantile q     ℓ = q r where r > 0, else (q − 1) r         ∂ℓ/∂z = −q where r > 0, 1 − q where r < 0        (0 at r = 0)
//! Huber δ        ℓ = ½ r² where |r| ≤ δ, else δ (|r| − ½ δ)     ∂ℓ/∂z = −r, clipped to ±δ
//! ```
//!
//! None has a curvature to divide by: those who need one take 1.

use estimand_core::Float;
use estimand_core::serde::{Deserialize, Serialize};

/// A loss that large errors do not dominate.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(crate = "estimand_core::serde")]
pub enum Robust {
    /// The absolute error; the best constant is the median.
    Absolute,
    /// The pinball loss of a quantile between 0 and 1; the best constant is that quantile.
    Quantile(f64),
    /// Half the squared error up to δ, and linear beyond.
    Huber(f64),
}

impl Robust {
    /// Σ wᵢ ℓ(zᵢ, yᵢ), leaving wᵢ ∂ℓ/∂z in `z`.
    pub fn gradient<F: Float>(self, z: &mut [F], y: &[F], weights: Option<&[F]>) -> f64 {
        let mut total = 0.0;
        for (i, (z, y)) in z.iter_mut().zip(y).enumerate() {
            let (r, w) = (y.f64() - z.f64(), weights.map_or(1.0, |w| w[i].f64()));
            let (loss, gradient) = self.at(r);
            total += w * loss;
            *z = F::of(w * gradient);
        }
        total
    }

    /// ℓ and ∂ℓ/∂z for the error r = y − z.
    pub fn at(self, r: f64) -> (f64, f64) {
        let (up, down) = match self {
            Self::Absolute => (1.0, 1.0),
            Self::Quantile(q) => (q, 1.0 - q),
            Self::Huber(delta) => {
                let clipped = r.clamp(-delta, delta);
                return (clipped * (r - 0.5 * clipped), -clipped);
            }
        };
        if r > 0.0 {
            (up * r, -up)
        } else if r < 0.0 {
            (-down * r, down)
        } else {
            (0.0, 0.0)
        }
    }

    /// The quantile that is the best constant, where the loss has one.
    pub fn level(self) -> Option<f64> {
        match self {
            Self::Absolute => Some(0.5),
            Self::Quantile(q) => Some(q),
            Self::Huber(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn derivatives_are_those_of_the_value() {
        for loss in [Robust::Absolute, Robust::Quantile(0.2), Robust::Quantile(0.9), Robust::Huber(0.7)] {
            for (z, y) in [(0.3, 1.4), (2.0, 0.1), (0.5, 0.9), (0.9, 0.5)] {
                let at = |z: f64| loss.gradient(&mut [z], &[y], Some(&[1.5]));
                let mut g = [z];
                loss.gradient(&mut g, &[y], Some(&[1.5]));
                // Piecewise quadratic: central differences are exact but for rounding.
                assert!((g[0] - (at(z + 1e-4) - at(z - 1e-4)) / 2e-4).abs() < 1e-10, "{loss:?}");
            }
            assert_eq!(loss.at(0.0).1, 0.0);
        }
    }

    #[test]
    fn the_best_constant_is_the_quantile() {
        let y: Vec<f64> = (0..101).map(f64::from).collect();
        let loss = |q: f64, z: f64| Robust::Quantile(q).gradient(&mut vec![z; y.len()], &y, None);
        for q in [0.1, 0.5, 0.75] {
            let best = (0..101).map(f64::from).min_by(|a, b| loss(q, *a).total_cmp(&loss(q, *b))).unwrap();
            assert_eq!(best, (100.0 * q).round());
        }
    }
}
