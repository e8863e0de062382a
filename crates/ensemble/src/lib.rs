//! Ensembles of trees.
//!
//! | page | estimators |
//! |---|---|
//! | [`adaboost`] | [`AdaBoostClassifier`], [`AdaBoostRegressor`]: any learner, on rows weighted by the errors of those before it |
//! | [`isolation`] | [`IsolationForest`]: rows that random splits set apart quickly |
//! | [`forest`] | [`RandomForestClassifier`], [`RandomForestRegressor`], [`ExtraTreesClassifier`], [`ExtraTreesRegressor`]: the mean of many trees that differ by chance |
//! | [`embedding`] | [`RandomTreesEmbedding`]: rows as the leaves they reach in random trees |
//! | [`boosting`] | [`HistGradientBoostingClassifier`], [`HistGradientBoostingRegressor`], [`HistGradientBoostingQuantiles`], [`HistGradientBoostingRanker`]: trees on histograms that each learn what those before left over |
//! | [`boosting::exact`] | [`GradientBoostingClassifier`], [`GradientBoostingRegressor`]: the same with exact trees |
//!
//! [`formats`] reads models of LightGBM and XGBoost, and writes LightGBM's.

pub mod adaboost;
pub mod boosting;
pub mod embedding;
pub mod forest;
pub mod formats;
pub mod isolation;

pub use adaboost::{
    AdaBoostClassifier, AdaBoostClassifierModel, AdaBoostLoss, AdaBoostRegressor, AdaBoostRegressorModel,
};
pub use boosting::{
    ClassBooster, GradientBoostingClassifier, GradientBoostingRegressor, HistGradientBoostingClassifier,
    HistGradientBoostingQuantiles, HistGradientBoostingRanker, HistGradientBoostingRegressor,
    QuantileBooster, RegressionBooster, RegressionLoss,
};
pub use embedding::{RandomTreesEmbedding, RandomTreesEmbeddingModel};
pub use forest::{
    ClassForest, ExtraTreesClassifier, ExtraTreesRegressor, ForestModel, ForestSplitter,
    MultiRegressionForest, QuantileForest, RandomForestClassifier, RandomForestRegressor, RegressionForest,
};
pub use isolation::{IsolationForest, IsolationForestModel};
