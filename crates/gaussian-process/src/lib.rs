//! Gaussian processes: distributions over functions, of which the data choose.
//!
//! | page | what it holds |
//! |---|---|
//! | [`covariance`] | [`Covariance`]: what is taken for alike; sums, products and powers |
//! | [`regression`] | [`GaussianProcessRegressor`]: mean, deviation, covariance and samples of the posterior |
//! | [`classification`] | [`GaussianProcessClassifier`]: the approximation of Laplace |
//! | [`sparse`] | [`SparseGaussianProcessRegressor`]: a few inducing points, for many rows |
//!
//! ```text
//! f ~ GP(0, k)        y = f(x) + noise        E f(x) = k(x, X) (K + N)⁻¹ y
//! ```
//!
//! The hyper-parameters of k are those under which the data are most probable. That costs O(n³) per trial and 16n²
//! bytes, but there is nothing to cross-validate, and every answer comes with its uncertainty. From some ten thousand
//! rows on, use the sparse regressor.

pub mod classification;
pub mod covariance;
mod learn;
pub mod regression;
pub mod sparse;

pub use classification::{GaussianProcessClassifier, GaussianProcessClassifierModel};
pub use covariance::{Covariance, Hyperparameter, LengthScale, Smoothness};
pub use regression::{GaussianProcessModel, GaussianProcessRegressor, MultiGaussianProcessModel, RowNoise};
pub use sparse::{Inducing, SparseGaussianProcessModel, SparseGaussianProcessRegressor};
