//! Factors that take numbers of any magnitude to where squares neither overflow nor vanish.

use estimand_core::Float;

/// The largest magnitude; NaN if there is one, 0 if there is nothing.
pub(crate) fn largest<'a, F: Float>(x: impl IntoIterator<Item = &'a F>) -> F {
    // Whatever is not below the maximum replaces it, NaN too; and nothing replaces NaN.
    x.into_iter().fold(F::zero(), |max, v| if v.abs() <= max || max.is_nan() { max } else { v.abs() })
}

/// A power of two that takes numbers up to `largest` near 1, if their squares or the squares of their roundings
/// would leave the range; otherwise 1.
pub(crate) fn power_of_two<F: Float>(largest: F) -> F {
    let limit = F::max_value().sqrt().sqrt();
    if largest == F::zero() || !largest.is_finite() || (largest < limit && largest > limit.recip()) {
        return F::one();
    }
    // In two steps: the factor itself may lie beyond the largest number.
    let exponent = -largest.log2().floor();
    let limit = F::max_value().log2().floor() - F::one();
    exponent.max(-limit).min(limit).exp2()
}
