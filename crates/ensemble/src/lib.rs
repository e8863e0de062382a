//! Ensembles of trees.
//!
//! | page | estimators |
//! |---|---|
//! | [`forest`] | [`RandomForestClassifier`], [`RandomForestRegressor`], [`ExtraTreesClassifier`], [`ExtraTreesRegressor`]: the mean of many trees that differ by chance |

pub mod forest;

pub use forest::{
    ClassForest, ExtraTreesClassifier, ExtraTreesRegressor, ForestModel, MultiRegressionForest,
    RandomForestClassifier, RandomForestRegressor, RegressionForest,
};
