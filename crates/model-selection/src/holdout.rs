//! Holding out a test set.

use estimand_core::{Dataset, Float, Label, Result, Table, Target};
use ndarray::Array1;

/// Shuffles with `seed` and splits into a training and a test part, the latter with the share `test` of the
/// rows, rounded up. The same as [`Dataset::split`].
pub fn train_test_split<F: Float, Y: Target, X: Table<F>>(
    data: &Dataset<F, Y, X>,
    test: f64,
    seed: u64,
) -> Result<(Dataset<F, Y, X>, Dataset<F, Y, X>)> {
    data.split(test, seed)
}

/// Like [`train_test_split`], with every class in the same proportion in both parts. The same as
/// [`Dataset::split_stratified`].
pub fn train_test_split_stratified<F: Float, L: Label, X: Table<F>>(
    data: &Dataset<F, Array1<L>, X>,
    test: f64,
    seed: u64,
) -> Result<(Dataset<F, Array1<L>, X>, Dataset<F, Array1<L>, X>)> {
    data.split_stratified(test, seed)
}
