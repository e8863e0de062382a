//! Ensembles of trees.
//!
//! | page | estimators |
//! |---|---|
//! | [`boosting`] | [`HistGradientBoostingClassifier`], [`HistGradientBoostingRegressor`], [`HistGradientBoostingQuantiles`], [`HistGradientBoostingRanker`]: trees on histograms that each learn what those before left over |
//! | [`boosting::exact`] | [`GradientBoostingClassifier`], [`GradientBoostingRegressor`]: the same with exact trees |
//! | [`forest`] | [`RandomForestClassifier`], [`RandomForestRegressor`], [`ExtraTreesClassifier`], [`ExtraTreesRegressor`]: the mean of many trees that differ by chance |
//!
//! [`formats`] reads models of LightGBM and XGBoost, and writes LightGBM's.

pub mod boosting;
pub mod forest;
pub mod formats;

pub use boosting::{
    ClassBooster, GradientBoostingClassifier, GradientBoostingRegressor, HistGradientBoostingClassifier,
    HistGradientBoostingQuantiles, HistGradientBoostingRanker, HistGradientBoostingRegressor,
    QuantileBooster, RegressionBooster, RegressionLoss,
};
pub use forest::{
    ClassForest, ExtraTreesClassifier, ExtraTreesRegressor, ForestModel, MultiRegressionForest,
    RandomForestClassifier, RandomForestRegressor, RegressionForest,
};
