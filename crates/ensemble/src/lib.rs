//! Ensembles of trees.
//!
//! | page | estimators |
//! |---|---|
//! | [`boosting`] | [`HistGradientBoostingClassifier`], [`HistGradientBoostingRegressor`], [`HistGradientBoostingQuantiles`], [`HistGradientBoostingRanker`]: trees that each learn what those before left over |
//! | [`forest`] | [`RandomForestClassifier`], [`RandomForestRegressor`], [`ExtraTreesClassifier`], [`ExtraTreesRegressor`]: the mean of many trees that differ by chance |
//!
//! [`formats`] reads models of LightGBM and XGBoost, and writes LightGBM's.

pub mod boosting;
pub mod forest;
pub mod formats;

pub use boosting::{
    HistGradientBoostingClassifier, HistGradientBoostingClassifierModel, HistGradientBoostingQuantiles,
    HistGradientBoostingQuantilesModel, HistGradientBoostingRanker, HistGradientBoostingRegressor,
    HistGradientBoostingRegressorModel, RegressionLoss,
};
pub use forest::{
    ClassForest, ExtraTreesClassifier, ExtraTreesRegressor, ForestModel, MultiRegressionForest,
    RandomForestClassifier, RandomForestRegressor, RegressionForest,
};
