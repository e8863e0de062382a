//! Ensembles of trees.
//!
//! | page | estimators |
//! |---|---|
//! | [`adaboost`] | [`AdaBoostClassifier`], [`AdaBoostRegressor`]: any learner, on rows weighted by the errors of those before it |
//! | [`isolation`] | [`IsolationForest`]: rows that random splits set apart quickly |
//! | [`forest`] | [`RandomForestClassifier`], [`RandomForestRegressor`], [`ExtraTreesClassifier`], [`ExtraTreesRegressor`]: the mean of many trees that differ by chance |
//! | [`embedding`] | [`RandomTreesEmbedding`]: rows as the leaves they reach in random trees |
//! | [`boosting`] | [`HistGradientBoostingClassifier`], [`HistGradientBoostingRegressor`]: trees that each learn what those before left over |

pub mod adaboost;
pub mod boosting;
pub mod embedding;
pub mod forest;
pub mod isolation;

pub use adaboost::{
    AdaBoostClassifier, AdaBoostClassifierModel, AdaBoostLoss, AdaBoostRegressor, AdaBoostRegressorModel,
};
pub use boosting::{
    HistGradientBoostingClassifier, HistGradientBoostingClassifierModel, HistGradientBoostingRegressor,
    HistGradientBoostingRegressorModel, RegressionLoss,
};
pub use embedding::{RandomTreesEmbedding, RandomTreesEmbeddingModel};
pub use forest::{
    ClassForest, ExtraTreesClassifier, ExtraTreesRegressor, ForestModel, ForestSplitter,
    MultiRegressionForest, QuantileForest, RandomForestClassifier, RandomForestRegressor, RegressionForest,
};
pub use isolation::{IsolationForest, IsolationForestModel};
