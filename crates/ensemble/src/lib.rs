//! Ensembles of trees.
//!
//! | page | estimators |
//! |---|---|
//! | [`boosting`] | [`HistGradientBoostingClassifier`], [`HistGradientBoostingRegressor`]: trees that each learn what those before left over |

pub mod boosting;

pub use boosting::{
    HistGradientBoostingClassifier, HistGradientBoostingClassifierModel, HistGradientBoostingRegressor,
    HistGradientBoostingRegressorModel, RegressionLoss,
};
