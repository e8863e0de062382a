//! Gradient boosting on histograms: trees that each learn what those before them left over.
//!
//! ```text
//! F₀ = the best constant        F_t(x) = F_{t−1}(x) + η f_t(x)        f_t: a tree grown on gᵢ, hᵢ             (1)
//! gᵢ = ∂ℓ(yᵢ, z)/∂z,  hᵢ = ∂²ℓ(yᵢ, z)/∂z²        at z = F_{t−1}(xᵢ)                                          (2)
//! value of a leaf        −s(Σ wᵢgᵢ) / (Σ wᵢhᵢ + λ),        s(G) = sign(G) max(|G| − α, 0)                     (3)
//! ```
//!
//! | symbol | variable |
//! |---|---|
//! | F, z | `raw`: one for each output: one, or as many as there are classes |
//! | η, α, λ | `learning_rate`, `l1_regularization`, `l2_regularization` |
//! | ℓ | [`RegressionLoss`]; of classes, the log-loss |
//!
//! 1. Values become bins ([`estimand_grow::bins`]), at most 255 for each column; missing values have one of their own.
//! 2. Rounds of (1): gradients (2), then a tree for each output, grown on histograms ([`estimand_grow::hist`]). Where the best
//!    constant is a quantile, leaves take that of what is left over instead of (3).
//! 3. With early stopping, a part of the rows is held out, and rounds end when its mean loss has not fallen by more than `tol`
//!    for `n_iter_no_change` rounds.
//!
//! Costs O(np) to bin, and for each tree O(np) for each level at most. Missing values go where they lower the loss; where a
//! column had none in training, they go with most rows. Answers are the same bits on any number of threads.
//!
//! **Differs from scikit-learn.** `min_samples_leaf` counts rows by their weights, and bins are of equal weight: a weight of 2
//! is the row twice, and 0 no row. Cuts of columns with more than `max_bins` values give heavy values a bin of their own.
//! Leaves must have `min_hessian` as in scikit-learn, but no rounding of gradients to `f32` comes in between. Multiclass constants
//! are centred. Splits under monotone columns are judged by the loss that the bounded values reach, as in LightGBM. Quantiles of
//! leaves are not interpolated. The rows held out are others.
//!
//! **References.** \[Friedman01\], \[Chen16\], \[Ke17\].

mod classifier;
mod fit;
mod objective;
mod regressor;
mod sampling;
mod settings;
mod train;
mod trees;
mod watch;

#[cfg(test)]
mod tests;

pub use classifier::{HistGradientBoostingClassifier, HistGradientBoostingClassifierModel};
pub use regressor::{HistGradientBoostingRegressor, HistGradientBoostingRegressorModel, RegressionLoss};
pub use sampling::RowSampling;
pub use settings::EarlyStopping;
pub use watch::{Round, Watch};

pub use estimand_grow::Importance;
pub use estimand_grow::hist::Growth;

use serde::{Deserialize, Serialize};

/// Mean losses, before the first round and after each.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct History {
    /// Of the rows learnt from.
    pub train: Vec<f64>,
    /// Of the rows held out; empty where none were.
    pub validation: Vec<f64>,
}
