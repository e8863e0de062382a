//! Linear and quadratic discriminant analysis: each class is a normal distribution.
//!
//! ```text
//! ln P(c | x) = ln π_c − ½ ln det Σ_c − ½ (x − m_c)ᵀ Σ_c⁻¹ (x − m_c) + constant                         (1)
//! ```
//!
//! | estimator | Σ_c | scores |
//! |---|---|---|
//! | [`LinearDiscriminantAnalysis`] | one for all classes | linear: `ln π_c − ½ (m_c − x̄)ᵀw_c + (x − x̄)ᵀw_c`, `w_c = Σ⁻¹(m_c − x̄)` |
//! | [`QuadraticDiscriminantAnalysis`] | one for each class | (1) itself |
//!
//! The first also reduces dimensions: its model is a transformer, to the directions in which the means of the
//! classes lie furthest apart, measured by the spread within classes.
//!
//! Covariances come from two reads of X: means and variances by class, then Gram matrices about these means
//! ([`classes`](estimand_linalg::classes)). Nothing that lies between the classes is subtracted from what lies within them,
//! and nothing is lost far from zero. Rank is judged with columns scaled to unit variance within classes, so that units do
//! not matter.
//!
//! `Shrinkage` (of the covariance S towards a multiple of the unit matrix) helps where rows are few:
//!
//! ```text
//! By(s)    (1 − s) S + s (tr S / p) I
//! Auto     the same for columns scaled to unit variance, class by class, with s by Ledoit and Wolf:
//!          s = min(β, δ) / δ      β = (Σᵢ wᵢ ‖zᵢ‖⁴ / W − ‖R‖²) / pW      δ = ‖R − (tr R / p) I‖² / p           (2)
//! ```
//!
//! where z is a scaled row less its class's mean, R the covariance of the z and W their weight.
//!
//! **References.** \[Hastie09\], section 4.3; \[LedoitWolf04\] on (2).

mod covariance;
pub mod linear;
pub mod quadratic;
mod solve;
#[cfg(test)]
mod tests;

pub use covariance::Shrinkage;
pub use linear::{DiscriminantSolver, LinearDiscriminantAnalysis, LinearDiscriminantModel};
pub use quadratic::{QuadraticDiscriminantAnalysis, QuadraticDiscriminantModel};
