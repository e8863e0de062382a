//! Gradient boosting with exact trees: every threshold is looked at, as in scikit-learn's `GradientBoosting…`.
//!
//! ```text
//! F₀ = the best constant        F_t(x) = F_{t−1}(x) + η f_t(x)        f_t: a tree of least squares on −gᵢ             (1)
//! value of a leaf               what the loss wants for the rows of the leaf, and not the mean of −gᵢ:                 (2)
//!     squared error             the mean of y − z
//!     absolute, quantile        the quantile of y − z: the lowest value with that much weight at or below it
//!     Huber                     m + the mean of y − z − m, clipped to ±δ; m the median of y − z
//!     log-loss, exponential     one Newton step −Σ wg / Σ wh; of K > 2 classes (K − 1)/K of it
//! ```
//!
//! | symbol | variable |
//! |---|---|
//! | z = F_{t−1}(x), g, h | `raw`; first and second derivatives of the loss there |
//! | η | `learning_rate` |
//! | δ | the quantile α of \|y − z\| over all rows, anew in each round: [`ExactLoss::Huber`] |
//!
//! For thousands of rows; for more of them, boosting on [histograms](crate::boosting) is as good and far quicker. Columns are
//! ranked once, O(np log n); a tree then costs O(np) for each of its levels or little more. With `subsample` below 1 a round
//! learns from some of the rows, drawn anew \[Friedman02\], and the others say how much it helped
//! ([`History::out_of_bag`](super::History)). Values may be missing. The same bits on any number of threads.
//!
//! **Differs from scikit-learn.** No rounding to `f32`; missing values and categories; whole numbers for weights are
//! repetitions. Losses of the history are means of the losses of (1), half as large for squared errors and two classes, the
//! first before any tree, and of all rows. Rounds end when none of the last `n_iter_no_change` was better than the loss before
//! them. With [`ClassLoss::Exponential`] decision values are log-odds: twice as large. Raw predictions to begin with are the best constants or
//! zero. Draws are others.
//!
//! **References.** \[Friedman01\], \[Friedman02\].

mod settings;
#[cfg(test)]
mod tests;
mod train;

pub use settings::{ClassLoss, ExactLoss, GradientBoostingClassifier, GradientBoostingRegressor, Init};
