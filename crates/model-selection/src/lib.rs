//! Choosing models: splitting, cross-validation and search.
//!
//! | function or type | what it does |
//! |---|---|
//! | [`train_test_split`], [`train_test_split_stratified`] | holds out a part of a data set |
//! | [`cross_validate`], [`cross_val_score`] | scores an estimator on every fold |
//! | [`cross_validate_scorers`] | the same with several scorers, from one fit of each fold |
//! | [`cross_val_predict`], [`cross_val_predict_proba`] | predicts every row by a model that has not seen it |
//! | [`GridSearch`], [`grid!`] | compares candidates and fits the best |
//! | [`CalibratedClassifier`] | makes probabilities of decisions |
//!
//! The splitters ([`KFold`], [`StratifiedKFold`], …) are those of [`estimand_core::split`], the scorers those of
//! [`estimand_metrics::scorer`].
//!
//! A fold's rows are copied once and shared by all candidates; candidates and folds run in parallel, with the
//! same results for any number of threads.

pub mod calibration;
mod evaluate;
mod grid;
mod holdout;
mod predict;
mod search;
mod several;
mod validate;

#[cfg(test)]
mod tests;

pub use calibration::{CalibratedClassifier, CalibratedModel, CalibrationMethod};
pub use estimand_core::split::{
    Fold, GroupKFold, GroupShuffleSplit, KFold, LeaveOneGroupOut, LeaveOneOut, Predefined, RepeatedKFold,
    RepeatedStratifiedKFold, ShuffleSplit, Splitter, StratifiedGroupKFold, StratifiedKFold,
    StratifiedShuffleSplit, TimeSeriesSplit,
};
pub use evaluate::FoldScore;
pub use holdout::{train_test_split, train_test_split_stratified};
pub use predict::{cross_val_predict, cross_val_predict_proba};
pub use search::{GridSearch, SearchModel, SearchResults, Trial};
pub use several::{CrossValidations, Scorers, cross_validate_scorers};
pub use validate::{CrossValidation, cross_val_score, cross_validate, cross_validate_with_train_scores};
