//! The loss of k raw predictions per row, one for each class.

use estimand_core::Float;
use estimand_kernels as kernels;

/// The negative log-likelihood of class codes `0..k` under the softmax of k raw predictions.
///
/// Raw predictions are rows of `classes` values each, row after row.
///
/// ```
/// use estimand_loss::Multinomial;
///
/// let mut z = [0.0, 0.0, 0.0, 0.0];
/// let value = Multinomial { classes: 4 }.gradient(&mut z, &[2], None);
/// assert!((value - 4.0_f64.ln()).abs() < 1e-15);
/// assert_eq!(z, [0.25, 0.25, -0.75, 0.25]);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Multinomial {
    /// Number of classes, k.
    pub classes: usize,
}

impl Multinomial {
    /// Returns Σ wᵢ ℓ(zᵢ, yᵢ) and leaves the probabilities pᵢⱼ in `z`, not weighted.
    pub fn probabilities<F: Float>(self, z: &mut [F], codes: &[u32], weights: Option<&[F]>) -> f64 {
        kernels::softmax_loss(z, self.classes, codes, weights)
    }

    /// Turns the probabilities that [`probabilities`](Self::probabilities) left into the gradients
    /// wᵢ (pᵢⱼ − \[j = yᵢ\]).
    pub fn residuals<F: Float>(self, p: &mut [F], codes: &[u32], weights: Option<&[F]>) {
        for (i, (row, code)) in p.chunks_exact_mut(self.classes.max(1)).zip(codes).enumerate() {
            if let Some(right) = row.get(*code as usize).copied() {
                row[*code as usize] = -complement(right, row);
            }
            if let Some(w) = weights.and_then(|w| w.get(i)) {
                row.iter_mut().for_each(|r| *r *= *w);
            }
        }
    }

    /// Returns Σ wᵢ ℓ(zᵢ, yᵢ) and leaves wᵢ ∂ℓ/∂zⱼ in `z`.
    pub fn gradient<F: Float>(self, z: &mut [F], codes: &[u32], weights: Option<&[F]>) -> f64 {
        let value = self.probabilities(z, codes, weights);
        self.residuals(z, codes, weights);
        value
    }

    /// Like [`gradient`](Self::gradient), and leaves the diagonal wᵢ ∂²ℓ/∂zⱼ² in `h`. Off the diagonal
    /// the curvature is −wᵢ pⱼ pₗ.
    pub fn curvature<F: Float>(self, z: &mut [F], codes: &[u32], weights: Option<&[F]>, h: &mut [F]) -> f64 {
        let k = self.classes.max(1);
        let value = self.probabilities(z, codes, weights);
        for (i, (row, h)) in z.chunks_exact(k).zip(h.chunks_exact_mut(k)).enumerate() {
            let w = weights.and_then(|w| w.get(i)).copied().unwrap_or_else(F::one);
            row.iter().zip(h).for_each(|(p, h)| *h = w * *p * complement(*p, row));
        }
        self.residuals(z, codes, weights);
        value
    }

    /// Rows of raw predictions become rows of class probabilities: the inverse link.
    pub fn mean<F: Float>(self, z: &mut [F]) {
        kernels::softmax_rows(z, self.classes);
    }

    /// The link of class shares: ln sharesⱼ less their mean, the constant raw predictions that are best for them.
    pub fn link(self, shares: &[f64]) -> Vec<f64> {
        let mean = shares.iter().map(|s| s.ln()).sum::<f64>() / self.classes as f64;
        shares.iter().map(|s| s.ln() - mean).collect()
    }
}

/// 1 − p for one probability p of a row. Where p is above ½, all others are below, and their sum keeps
/// the digits that the difference would lose.
#[inline]
fn complement<F: Float>(p: F, row: &[F]) -> F {
    let half = F::of(0.5);
    if p > half {
        row.iter().fold(F::zero(), |sum, q| if *q > half { sum } else { sum + *q })
    } else {
        F::one() - p
    }
}
