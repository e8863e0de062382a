//! Linear models by stochastic gradient descent: one row, one step.
//!
//! ```text
//! minimise over w, b     Σᵢ ωᵢ ℓ(xᵢw + b, yᵢ) / Σᵢ ωᵢ + α R(w)                                    (1)
//! R(w) = (1 − ρ)/2 ‖w‖² + ρ ‖w‖₁         ρ: 0 for L2, 1 for L1, `l1_ratio` for the elastic net
//! ```
//!
//! | symbol | variable | shape |
//! |---|---|---|
//! | X, y, ω | `x`, `y`, `weights` | n × p, n, n: sample weights times class weights; 1 without either |
//! | w, b | `SgdState` | p, 1: one such problem for a regressor and for two classes, k for k classes, each against the rest |
//! | ℓ | `SgdLoss` | the table is there: hinge, logistic, squared, … |
//! | η | `SgdRate` | length of step t |
//!
//! 1. Check settings. NaN is not searched for: it makes a score non-finite, and only then is its place looked up. Rows of
//!    weight 0 are left out; the other weights are divided by their mean.
//! 2. With early stopping, keep a part of the rows back: of each class alike, for a classifier.
//! 3. Shuffle the rows (`order`; in large tables by blocks), make one step for each (`estimand_kernels::sgd_pass`, whose page has the equations of a step and of
//!    its length), and again, until the rule of step 4 says stop.
//! 4. An epoch is *without progress* if it leaves (1), with the losses as they were met on the way, above its least value so
//!    far less `tol`; with early stopping, if the accuracy or R² on the rows kept back does not exceed its best by `tol`.
//!    After `n_iter_no_change` of these in a row, `Adaptive` divides η by 5, while it is above 1e-6; otherwise that is the end.
//!    With early stopping the best epoch's model is returned.
//!
//! An epoch costs O(np), on sparse records as many steps as there are values. The classes of several learn in
//! parallel, from the same order of rows: the same bits for any number of threads. Dense records that do not lie row after
//! row in memory are copied first.
//!
//! **Scale the columns first.** One length of step serves all columns: with columns of very different scales, or far from
//! zero, progress is slow or none, and steps can grow beyond the range of numbers, which is an error.
//! [`LogisticRegression`](crate::LogisticRegression) and [`Ridge`](crate::Ridge) find the minimum itself and are often
//! faster; this is for data that come in batches, for losses that they do not have, and for a rough answer soon.
//!
//! **Batches.** [`SgdClassifier`] begins with `FitBatches::begin`, [`SgdRegressor`] with [`SgdRegressor::begin`]; `partial_fit`
//! makes one step for each row of a batch and goes on where the model stood: its t, its averages, its L1 penalties. Weights
//! of a batch are taken as they are, as its mean is not that of all.
//!
//! **Weights.** A row of weight 2 and the row twice are the same in (1), not in the steps: one step of twice the length is
//! not two steps. A row of weight 0 is as good as absent.
//!
//! **Differs from scikit-learn.** Without shuffling, dense records give the same coefficients, to rounding, but for these:
//! weights are divided by their mean in `fit`, so that (1) is the objective of the repeated rows, and rows of weight 0 make no
//! step; with three classes and more, a class weight counts for the rows of the class in all k problems, not in the one where
//! it is the positive class; averages under an L1 penalty are those of w (scikit-learn's leave out what (3) takes off);
//! (1) is summed with weights and with the penalty at the end of the epoch, which decides when to stop; early stopping
//! returns the best epoch, not the last; the intercept of sparse records moves as that of dense ones, not at a hundredth of it;
//! `partial_fit` goes on with L1 penalties instead of starting them anew. `epsilon` is the same for both.
//! scikit-learn's passive-aggressive estimators are [`LearningRate::Pa1`] and [`LearningRate::Pa2`] here, as there since 1.8.
//!
//! **References.** \[Bottou12\]; \[Xu11\] on averages; \[Tsuruoka09\] on L1; \[Crammer06\] on passive-aggressive steps;
//! \[Zhang04\] on the losses.

mod classifier;
mod learn;
mod one_class;
#[cfg(test)]
mod one_class_tests;
mod order;
mod perceptron;
mod plan;
mod regressor;
#[cfg(test)]
mod tests;

pub use classifier::{SgdClassifier, SgdLoss, SgdModel};
pub use one_class::{SgdOneClassModel, SgdOneClassSvm};
pub use perceptron::Perceptron;
pub use plan::{LearningRate, SgdPenalty};
pub use regressor::{SgdRegressor, SgdRegressorLoss, SgdRegressorModel};
