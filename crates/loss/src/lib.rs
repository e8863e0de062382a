//! Losses and links, once, for every family: linear models, boosting, stochastic gradient.
//!
//! A loss compares a *raw prediction* z, which may be any number, with a target y. Its link says what
//! z means: the predicted mean is the inverse link of z. Each loss gives its value, its gradient
//! and its curvature with respect to z, all in one pass over slices, in place: the raw predictions go
//! in, the gradients come out of the same memory.
//!
//! | loss | ℓ(z, y) | ∂ℓ/∂z | ∂²ℓ/∂z² | mean of y |
//! |---|---|---|---|---|
//! | [`Loss::Squared`] | ½ (z − y)² | z − y | 1 | z |
//! | [`Loss::Binomial`] | ln(1 + eᶻ) − y z, y in {0, 1} | σ(z) − y | σ(z) (1 − σ(z)) | σ(z) = 1 / (1 + e⁻ᶻ) |
//! | [`Multinomial`] | ln Σⱼ exp zⱼ − z_y, y in {0 … k − 1} | pⱼ − \[j = y\] | pⱼ (1 − pⱼ) | pⱼ = exp zⱼ / Σᵢ exp zᵢ |
//!
//! [`Tweedie`] has the losses of counts, amounts and waiting times, with the [`Link`] to choose; [`Robust`] has those that large errors
//! do not dominate.
//!
//! A further loss of one raw prediction is one more variant of [`Loss`]: its callers need not change.
//!
//! Values are summed in `f64` and weighted; gradients and curvatures are those of the weighted loss.
//! Nothing overflows: losses of raw predictions of ±1e20 are exact, and where a probability differs from 1
//! by less than its last digit, gradient and curvature still have that difference.
//!
//! Slices that belong together must have equal lengths; the functions work as far as the shortest reaches.

mod multinomial;
mod robust;
mod scalar;
mod tweedie;

pub use multinomial::Multinomial;
pub use robust::Robust;
pub use scalar::Loss;
pub use tweedie::{Link, Tweedie};

#[cfg(test)]
mod tests;
