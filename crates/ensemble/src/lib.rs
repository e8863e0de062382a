//! Ensembles of trees.
//!
//! | page | estimators |
//! |---|---|
//! | [`boosting`] | [`HistGradientBoostingClassifier`], [`HistGradientBoostingRegressor`], [`HistGradientBoostingQuantiles`], [`HistGradientBoostingRanker`]: trees that each learn what those before left over |
//!
//! [`formats`] reads models of LightGBM and XGBoost, and writes LightGBM's.

pub mod boosting;
pub mod formats;

pub use boosting::{
    HistGradientBoostingClassifier, HistGradientBoostingClassifierModel, HistGradientBoostingQuantiles,
    HistGradientBoostingQuantilesModel, HistGradientBoostingRanker, HistGradientBoostingRegressor,
    HistGradientBoostingRegressorModel, RegressionLoss,
};
