//! Bayesian linear regression: the strength of the penalty is found by the evidence, without cross-validation.
//!
//! ```text
//! y = Xw + b + ε      ε ~ N(0, 1/(αωᵢ)),   wⱼ ~ N(0, 1/λⱼ);   α ~ Γ(α₁, α₂), λ ~ Γ(λ₁, λ₂)
//! maximise over α, λ  L = ½ [Σⱼ log λⱼ + W log α − α‖ỹ − X̃m‖² − Σⱼ λⱼmⱼ² + log det Σ − W log 2π]
//!                         + Σⱼ (λ₁ log λⱼ − λ₂λⱼ) + α₁ log α − α₂α                                         (1)
//! ```
//!
//! | symbol | variable | shape |
//! |---|---|---|
//! | α, λ | `alpha`, `lambda` | precisions of the noise and of the coefficients: one λ ([`BayesianRidge`]) or p ([`ArdRegression`]) |
//! | Σ, m | `covariance`, `coef` | p × p, p: (diag λ + αS)⁻¹ and αΣC, the posterior of w |
//! | S, C | | p × p, p: X̃ᵀX̃ and X̃ᵀỹ, weighted and centred as in [ridge](crate::ridge); W = Σω |
//! | γ | `gamma` | Σⱼ (1 − λⱼΣⱼⱼ): how many coefficients the data determine |
//!
//! From a start, MacKay's fixed point \[MacKay92\] until m stands still:
//!
//! ```text
//! λⱼ ← (γⱼ + 2λ₁) / (mⱼ² + 2λ₂)        α ← (W − γ + 2α₁) / (‖ỹ − X̃m‖² + 2α₂)                              (2)
//! ```
//!
//! [`BayesianRidge`] works in the basis of one singular or eigenvalue decomposition, where a step costs O(min(n, p)): np² +
//! 9p³ in all. Should (2) lower L, the step of expectation–maximisation replaces it, which cannot. [`ArdRegression`]
//! factorises I + αΛ^{-½}SΛ^{-½}, whose eigenvalues are at least 1 whatever the scale of the λⱼ: np² + k³ a step
//! for k columns left. Its columns with λⱼ above a threshold are out for good.
//!
//! **Differs from scikit-learn.** Both take weights. The change of m is judged relative to the size of m, not by an absolute
//! number. The scores of [`BayesianRidge`] never fall, and come at no cost.
//!
//! **References.** \[MacKay92\]; \[Tipping01\], whose eq. 36 is (1).

mod ard;
mod ridge;
mod spectrum;
#[cfg(test)]
mod tests;

pub use ard::ArdRegression;
pub use ridge::BayesianRidge;

use crate::model::{LinearModel, delegate};
use estimand_core::persist::check_len;
use estimand_core::records::MatrixView;
use estimand_core::{Float, Predict, Records, Result};
use estimand_linalg::matmul;
use ndarray::{Array1, Array2, Axis};
use serde::{Deserialize, Serialize};

/// A fitted [`BayesianRidge`] or [`ArdRegression`]: its coefficients are the posterior means.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(bound(serialize = "F: Float", deserialize = "F: Float"))]
pub struct BayesianModel<F> {
    model: LinearModel<F>,
    alpha: f64,
    lambda: Array1<f64>,
    scores: Array1<f64>,
    /// x̄
    mean: Array1<f64>,
    posterior: Posterior,
}

/// Σ = diag(rest) + Σₖ uₖuₖᵀ sₖ, with sₖ of either sign.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Posterior {
    /// p
    rest: Array1<f64>,
    /// U, p × k
    directions: Array2<f64>,
    /// s, k
    scale: Array1<f64>,
}

impl<F: Float> BayesianModel<F> {
    /// The precision of the noise: one over its variance.
    pub fn alpha(&self) -> f64 {
        self.alpha
    }

    /// The precision of the coefficients: one number, or for [`ArdRegression`] one per column.
    pub fn lambda(&self) -> &Array1<f64> {
        &self.lambda
    }

    /// The logarithm of the evidence (1) at the start and after each step.
    pub fn scores(&self) -> &Array1<f64> {
        &self.scores
    }

    /// Σ, the posterior covariance of the coefficients, p × p; zero for columns that are out.
    pub fn covariance(&self) -> Array2<f64> {
        let Posterior { rest, directions, scale } = &self.posterior;
        Array2::from_diag(rest) + matmul((directions * scale).view(), directions.t())
    }

    /// Predictions, and the standard deviation of the posterior for a new observation at each row: of the coefficients
    /// and the noise together.
    ///
    /// # Errors
    /// As `predict`.
    pub fn predict_with_std<'a>(&self, x: impl Into<Records<'a, F>>) -> Result<(Array1<F>, Array1<F>)>
    where
        F: 'a,
    {
        let x = x.into();
        let mean = self.model.predict_records(x)?;
        let centred = match x.values() {
            MatrixView::Dense(x) => x.mapv(|v| v.f64()),
            MatrixView::Sparse(x) => x.to_dense().mapv(|v| v.f64()),
        } - &self.mean;
        let Posterior { rest, directions, scale } = &self.posterior;
        let mut along = matmul(centred.view(), directions.view());
        along.mapv_inplace(|v| v * v);
        let variance = (&centred * &centred).dot(rest) + along.dot(scale);
        Ok((mean, variance.mapv(|v| F::of((v.max(0.0) + 1.0 / self.alpha).sqrt()))))
    }
}

delegate!(BayesianModel<F> to LinearModel<F>);
estimand_core::persist!(BayesianModel<F>, |model| {
    estimand_core::Persist::check_loaded(&model.model)?;
    let (p, posterior) = (model.model.coef().len(), &model.posterior);
    check_len("means", p, model.mean.len())?;
    check_len("posterior variances", p, posterior.rest.len())?;
    check_len("rows of the posterior", p, posterior.directions.nrows())?;
    check_len("scales of the posterior", posterior.directions.len_of(Axis(1)), posterior.scale.len())
});
