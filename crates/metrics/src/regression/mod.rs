//! Metrics of predicted numbers.
//!
//! Notation: truth `y`, prediction `ŷ`, `e = y − ŷ`, weights `w` (1 where there are none), `⟨·⟩` the
//! weighted mean over rows, `ȳ = ⟨y⟩`. Targets have one column or several; the result is the mean over
//! columns, each computed on its own.
//!
//! ```text
//! R²                  1 − ⟨e²⟩ / ⟨(y − ȳ)²⟩          mean squared error       ⟨e²⟩   and its root
//! explained variance  1 − ⟨(e − ē)²⟩ / ⟨(y − ȳ)²⟩    mean absolute error      ⟨|e|⟩
//! D², absolute        1 − ⟨|e|⟩ / ⟨|y − median y|⟩   absolute percentage      ⟨|e| / |y|⟩
//! ```
//!
//! One pass over both arrays, whatever their layout; sums are `f64`, squares are taken about the mean of
//! their block. Where the result is no square but squares on the way to it would vanish or overflow, the data are
//! scaled in two more passes. Cost: O(n), O(n log n) for weighted medians.
//!
//! Differs from scikit-learn: R² of a single row is an error, not NaN, and so is a percentage of zero.

mod blocks;

#[cfg(test)]
mod tests;

use crate::faces::faces;
use crate::input::Weights;
use blocks::{Pairs, Spread, median};
use estimand_core::{Error, Float, Result};
use ndarray::{ArrayRef, Dimension};

faces! {
    /// Coefficient of determination: the share of the truth's variance that is predicted. 1 is perfect, 0 as
    /// good as the mean of the truth; negative values are worse. Of a constant truth it is 1 if every row is
    /// met exactly, else 0.
    ///
    /// ```
    /// use estimand_metrics::r2;
    /// use ndarray::array;
    ///
    /// assert_eq!(r2(&array![1.0, 2.0, 3.0], &array![1.0, 2.0, 2.0])?, 0.5);
    /// assert_eq!(r2(&array![[1.0, 5.0], [2.0, 7.0]], &array![[1.0, 5.0], [2.0, 6.0]])?, 0.75);
    /// # Ok::<(), estimand_core::Error>(())
    /// ```
    fn r2<F: Float, D: Dimension>(truth: &ArrayRef<F, D>, predicted: &ArrayRef<F, D>) -> f64 = determination;

    /// Like [`r2`], but forgives a constant offset of the predictions.
    fn explained_variance<F: Float, D: Dimension>(truth: &ArrayRef<F, D>, predicted: &ArrayRef<F, D>) -> f64 = explained;

    /// The share of the truth's mean distance from its median that is predicted: [`r2`] with absolute in
    /// place of squared distances. Of a constant truth it is 1 if every row is met exactly, else 0.
    fn d2_absolute_error<F: Float, D: Dimension>(truth: &ArrayRef<F, D>, predicted: &ArrayRef<F, D>) -> f64 = determination_absolute;

    /// Mean of the squared errors. A loss.
    fn mean_squared_error<F: Float, D: Dimension>(truth: &ArrayRef<F, D>, predicted: &ArrayRef<F, D>) -> f64 = squared;

    /// Root of the mean of the squared errors. A loss.
    fn root_mean_squared_error<F: Float, D: Dimension>(truth: &ArrayRef<F, D>, predicted: &ArrayRef<F, D>) -> f64 = root_squared;

    /// Mean of the absolute errors. A loss.
    fn mean_absolute_error<F: Float, D: Dimension>(truth: &ArrayRef<F, D>, predicted: &ArrayRef<F, D>) -> f64 = absolute;

    /// Median of the absolute errors: outliers do not count. A loss.
    fn median_absolute_error<F: Float, D: Dimension>(truth: &ArrayRef<F, D>, predicted: &ArrayRef<F, D>) -> f64 = median_absolute;

    /// Mean of the absolute errors as shares of the truth, which must not be zero anywhere. A loss.
    fn mean_absolute_percentage_error<F: Float, D: Dimension>(truth: &ArrayRef<F, D>, predicted: &ArrayRef<F, D>) -> f64 = percentage;

    /// The largest absolute error; rows of weight zero do not count. A loss.
    fn max_error<F: Float, D: Dimension>(truth: &ArrayRef<F, D>, predicted: &ArrayRef<F, D>) -> f64 = largest;
}

/// 1 − `loss` / `reference`, both of the same rows.
fn relative(loss: f64, reference: f64) -> f64 {
    if reference == 0.0 && loss.is_finite() {
        f64::from(u8::from(loss == 0.0))
    } else {
        1.0 - loss / reference
    }
}

/// The sum by which to judge whether a ratio of squares keeps its digits: the divisor, if the dividend is finite. A
/// dividend that vanishes beside it is as good as zero.
fn comfortable(loss: f64, reference: f64) -> f64 {
    if loss.is_finite() { reference } else { loss }
}

macro_rules! regression {
    ($($name:ident($pairs:ident) $body:block)*) => {$(
        fn $name<F: Float, D: Dimension, W: Float>(
            truth: &ArrayRef<F, D>,
            predicted: &ArrayRef<F, D>,
            weights: Weights<'_, W>,
        ) -> Result<f64> {
            let $pairs = Pairs::new(truth, predicted, weights)?;
            let outputs: Vec<f64> = $body;
            $pairs.average(&outputs)
        }
    )*};
}
regression! {
    squared(pairs) { pairs.means(|y, p| (y - p) * (y - p)) }

    root_squared(pairs) {
        let mean = |pairs: &Pairs<'_, _, _>| pairs.means(|y, p| (y - p) * (y - p));
        pairs.squares(mean, |mean| *mean).map(|(mean, scale)| mean.sqrt() / scale).collect()
    }

    absolute(pairs) { pairs.means(|y, p| (y - p).abs()) }

    percentage(pairs) {
        let outputs = pairs.means(|y, p| (y - p).abs() / y.abs());
        if !outputs.iter().all(|v| v.is_finite())
            && let Some(((row, column), _)) = pairs.truth.indexed_iter().find(|(_, y)| **y == F::zero())
        {
            let what = format!("zero at row {row}, column {column}; a percentage of zero is undefined");
            return Err(Error::target(what));
        }
        outputs
    }

    median_absolute(pairs) { pairs.gather(|y, p| (y - p).abs()).into_iter().map(median).collect() }

    largest(pairs) {
        // NaN, once met, stays.
        let larger = |a: f64, b: f64| if b > a || b.is_nan() { b } else { a };
        let each = |y: f64, p: f64, w: f64| if w > 0.0 { (y - p).abs() } else { 0.0 };
        pairs.fold(
            |block| block.rows().fold(0.0, |most, (y, p, w)| larger(most, each(y, p, w))),
            |a, b| if a.is_nan() { a } else { larger(a, b) },
        )
    }

    determination(pairs) {
        pairs.at_least_two("R²")?;
        let sums = |pairs: &Pairs<'_, _, _>| {
            pairs.fold(
                |block| (block.sum(|y, p| (y - p) * (y - p)), Spread::of(block, |y, _| y)),
                |a, b| (a.0 + b.0, a.1.combine(b.1)),
            )
        };
        let of = |(residual, truth): &(f64, Spread)| comfortable(*residual, truth.squares);
        pairs.squares(sums, of).map(|((residual, truth), _)| relative(residual, truth.squares)).collect()
    }

    explained(pairs) {
        pairs.at_least_two("the explained variance")?;
        let sums = |pairs: &Pairs<'_, _, _>| {
            pairs.fold(
                |block| (Spread::of(block, |y, p| y - p), Spread::of(block, |y, _| y)),
                |a, b| (a.0.combine(b.0), a.1.combine(b.1)),
            )
        };
        let of = |(error, truth): &(Spread, Spread)| comfortable(error.squares, truth.squares);
        pairs.squares(sums, of).map(|((error, truth), _)| relative(error.squares, truth.squares)).collect()
    }

    determination_absolute(pairs) {
        pairs.at_least_two("D²")?;
        let errors = pairs.means(|y, p| (y - p).abs());
        let truths = pairs.gather(|y, _| y);
        errors
            .into_iter()
            .zip(truths)
            .map(|(error, values)| {
                let total: f64 = values.iter().map(|(_, w)| w).sum();
                let middle = median(values.clone());
                let distance = values.iter().map(|(y, w)| w * (y - middle).abs()).sum::<f64>() / total;
                relative(error, distance)
            })
            .collect()
    }
}
