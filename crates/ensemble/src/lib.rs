//! Ensembles of trees.
//!
//! | page | estimators |
//! |---|---|
//! | [`forest`] | [`RandomForestClassifier`], [`RandomForestRegressor`], [`ExtraTreesClassifier`], [`ExtraTreesRegressor`]: the mean of many trees that differ by chance |
//! | [`boosting`] | [`HistGradientBoostingClassifier`], [`HistGradientBoostingRegressor`]: trees that each learn what those before left over |

pub mod boosting;
pub mod forest;

pub use boosting::{
    HistGradientBoostingClassifier, HistGradientBoostingClassifierModel, HistGradientBoostingRegressor,
    HistGradientBoostingRegressorModel, RegressionLoss,
};
pub use forest::{
    ClassForest, ExtraTreesClassifier, ExtraTreesRegressor, ForestModel, MultiRegressionForest,
    RandomForestClassifier, RandomForestRegressor, RegressionForest,
};
