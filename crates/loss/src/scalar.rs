//! Losses of one raw prediction per row.

use estimand_core::Float;
use estimand_kernels as kernels;

/// A loss of one raw prediction per row.
///
/// ```
/// use estimand_loss::Loss;
///
/// let (mut z, y) = ([0.0, 2.0], [1.0, 0.0]);
/// let value = Loss::Binomial.gradient(&mut z, &y, None);
/// assert!((value - (2.0_f64.ln() + 2.0_f64.exp().ln_1p())).abs() < 1e-15);
/// assert_eq!(z[0], -0.5);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Loss {
    /// Half the squared error; identity link.
    Squared,
    /// The negative log-likelihood of y in {0, 1}; logit link.
    Binomial,
    /// exp(−z/2) for y = 1 and exp(z/2) for y = 0: AdaBoost's, of log-odds; logit link.
    Exponential,
}

/// Raw predictions that are copied at a time where the caller's must be kept.
const BLOCK: usize = 256;

impl Loss {
    /// Σ wᵢ ℓ(zᵢ, yᵢ); without weights, w = 1.
    pub fn value<F: Float>(self, z: &[F], y: &[F], weights: Option<&[F]>) -> f64 {
        let mut copy = [F::zero(); BLOCK];
        let mut total = 0.0;
        for (b, (z, y)) in z.chunks(BLOCK).zip(y.chunks(BLOCK)).enumerate() {
            let w = weights.map(|w| w.get(b * BLOCK..).unwrap_or_default());
            let copy = &mut copy[..z.len()];
            copy.copy_from_slice(z);
            total += self.gradient(copy, y, w);
        }
        total
    }

    /// Returns Σ wᵢ ℓ(zᵢ, yᵢ) and leaves wᵢ ∂ℓ/∂z in `z`.
    pub fn gradient<F: Float>(self, z: &mut [F], y: &[F], weights: Option<&[F]>) -> f64 {
        match self {
            Self::Squared => squared(z, y, weights),
            Self::Binomial => kernels::logistic_loss(z, y, weights),
            Self::Exponential => exponential(z, y, weights, &mut []),
        }
    }

    /// Like [`gradient`](Self::gradient), and leaves wᵢ ∂²ℓ/∂z² in `h`.
    pub fn curvature<F: Float>(self, z: &mut [F], y: &[F], weights: Option<&[F]>, h: &mut [F]) -> f64 {
        match self {
            Self::Squared => {
                match weights {
                    Some(w) => h.iter_mut().zip(w).for_each(|(h, w)| *h = *w),
                    None => h.fill(F::one()),
                }
                squared(z, y, weights)
            }
            Self::Binomial => kernels::logistic_loss_curvature(z, y, weights, h),
            Self::Exponential => exponential(z, y, weights, h),
        }
    }

    /// z ← the predicted mean of y: the inverse link.
    pub fn mean<F: Float>(self, z: &mut [F]) {
        match self {
            Self::Squared => (),
            Self::Binomial | Self::Exponential => kernels::sigmoid(z),
        }
    }

    /// The link of a mean of y: the constant raw prediction that is best for targets with this mean.
    pub fn link(self, mean: f64) -> f64 {
        match self {
            Self::Squared => mean,
            Self::Binomial | Self::Exponential => (mean / (1.0 - mean)).ln(),
        }
    }
}

fn squared<F: Float>(z: &mut [F], y: &[F], weights: Option<&[F]>) -> f64 {
    z.iter_mut().zip(y).for_each(|(z, y)| *z -= *y);
    let Some(w) = weights else { return 0.5 * kernels::sum_squares(z) };
    // Σ w r · r needs both r and w r; the block of r stays in registers between them.
    let mut total = 0.0;
    let mut residual = [F::zero(); BLOCK];
    for (z, w) in z.chunks_mut(BLOCK).zip(w.chunks(BLOCK)) {
        let residual = &mut residual[..z.len()];
        residual.copy_from_slice(z);
        z.iter_mut().zip(w).for_each(|(z, w)| *z *= *w);
        total += kernels::dot(residual, z);
    }
    0.5 * total
}

/// The loss e = exp(∓z/2); its gradient is ∓e/2 and its curvature e/4.
fn exponential<F: Float>(z: &mut [F], y: &[F], weights: Option<&[F]>, h: &mut [F]) -> f64 {
    let mut total = 0.0;
    for (i, (z, y)) in z.iter_mut().zip(y).enumerate() {
        let towards = if y.f64() > 0.5 { -0.5 } else { 0.5 };
        let loss = weights.map_or(1.0, |w| w[i].f64()) * (towards * z.f64()).exp();
        total += loss;
        *z = F::of(towards * loss);
        if let Some(h) = h.get_mut(i) {
            *h = F::of(0.25 * loss);
        }
    }
    total
}
