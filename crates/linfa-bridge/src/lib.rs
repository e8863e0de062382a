//! Estimand and [linfa](https://docs.rs/linfa) side by side: the estimators of each in the other, and
//! their data sets converted both ways.
//!
//! | page | what it holds |
//! |---|---|
//! | [`convert`] | [`IntoLinfa`] and [`IntoEstimand`] for arrays, samples and data sets |
//! | [`in_linfa`] | [`InLinfa`]: an Estimand estimator behind linfa's `Fit`, `Predict` and `Transformer` |
//! | [`from_linfa`] | [`LinfaRegressor`], [`LinfaClassifier`], [`LinfaTransformer`]: linfa's estimators behind Estimand's traits |
//!
//! The two use different versions of ndarray: Estimand's is `estimand::ndarray`, linfa's is
//! re-exported here as [`ndarray_linfa`].
//!
//! The README shows both directions.

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}

pub mod convert;
pub mod from_linfa;
pub mod in_linfa;

pub use convert::{Borrowed, IntoEstimand, IntoLinfa};
pub use from_linfa::{LinfaClassifier, LinfaRegressor, LinfaTransformer};
pub use in_linfa::{InLinfa, InLinfaModel};
pub use ndarray_linfa;

/// What can go wrong when both are at work: linfa's trait asks for an error that can hold its own.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Error {
    /// Estimand's.
    #[error(transparent)]
    Estimand(#[from] estimand_core::Error),
    /// linfa's.
    #[error(transparent)]
    Linfa(#[from] linfa::Error),
}

/// `f32` or `f64`, as both libraries know them.
pub trait Float: estimand_core::Float + linfa::Float {}
impl Float for f32 {}
impl Float for f64 {}
