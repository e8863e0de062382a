//! Scalers of Estimand.
//!
//! | transformer | what it does to a column |
//! |---|---|
//! | [`StandardScaler`] | mean 0, variance 1 |
//! | [`MinMaxScaler`] | into a range, by default \[0, 1\] |
//!
//! A transformer learns from records alone; targets are accepted and ignored, so that it can stand in any
//! pipeline. Missing values (NaN) stay missing and take no part in what is learnt.

mod columns;
pub mod min_max_scaler;
pub mod standard_scaler;

pub use min_max_scaler::{MinMaxScaler, MinMaxScalerModel};
pub use standard_scaler::{StandardScaler, StandardScalerModel};
