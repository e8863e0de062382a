//! Ensembles of trees.
//!
//! | page | estimators |
//! |---|---|
//! | [`isolation`] | [`IsolationForest`]: rows that random splits set apart quickly |
//! | [`forest`] | [`RandomForestClassifier`], [`RandomForestRegressor`], [`ExtraTreesClassifier`], [`ExtraTreesRegressor`]: the mean of many trees that differ by chance |

pub mod forest;
pub mod isolation;

pub use forest::{
    ClassForest, ExtraTreesClassifier, ExtraTreesRegressor, ForestModel, MultiRegressionForest,
    RandomForestClassifier, RandomForestRegressor, RegressionForest,
};
pub use isolation::{IsolationForest, IsolationForestModel};
