//! Metrics and scorers of Estimand.
//!
//! A metric compares the truth with what a model says of the same rows. Each is a function of arrays or
//! views that returns a number or a printable result; its namesake in [`mod@weighted`] takes sample weights as
//! one more argument. Nothing is ever NaN: what is undefined has a value that its page names, or is an error.
//!
//! | of | metrics |
//! |---|---|
//! | labels | [`accuracy`], [`balanced_accuracy`], [`precision`], [`recall`], [`f1`], [`fbeta`], [`jaccard`], [`precision_recall_f1`], [`confusion_matrix`], [`classification_report`], [`matthews_correlation`], [`cohen_kappa`], [`zero_one_loss`] |
//! | class probabilities | [`log_loss`], [`brier_score`] |
//! | scores that rank rows | [`roc_auc`], [`roc_auc_multiclass`], [`roc_curve`], [`average_precision`], [`precision_recall_curve`]; [`ranking()`] shares the sort |
//! | numbers | [`r2`], [`explained_variance`], [`mean_squared_error`], [`root_mean_squared_error`], [`mean_absolute_error`], [`median_absolute_error`], [`max_error`], [`mean_absolute_percentage_error`], [`d2_absolute_error`] |
//!
//! A [`Scorer`] judges a fitted model on test data, larger being better: cross-validation and search take
//! any. A score such as [`accuracy`] or [`r2`] is one by itself; losses go through
//! [`lower_is_better`].

#[cfg(test)]
mod data;
mod faces;
mod input;

pub mod classification;
pub mod ranking;
pub mod regression;
pub mod scorer;
pub mod table;

pub use classification::*;
pub use ranking::*;
pub use regression::*;
pub use scorer::{
    Measured, Scorer, lower_is_better, named, on_decision, on_probabilities, scorers, weighted,
};

/// The metrics with sample weights, which are their last argument.
pub mod weighted {
    pub use crate::classification::all_weighted::*;
    pub use crate::ranking::all_weighted::*;
    pub use crate::regression::weighted::*;
}
