//! Random problems and optimality measures that the tests of several models share.

use estimand_core::{Seed, random};
use ndarray::{Array1, Array2, Axis};

/// Standard normal draws, by the sum of twelve uniform ones.
pub(crate) fn normal(n: usize, p: usize, seed: u64) -> Array2<f64> {
    let mut stream = Seed(seed).stream(0);
    let mut uniform = || random::below(1 << 32, &mut stream) as f64 / (1_u64 << 32) as f64;
    Array2::from_shape_simple_fn((n, p), || (0..12).map(|_| uniform()).sum::<f64>() - 6.0)
}

/// X, Y = XW + b + noise for a W of ones and a b of threes.
pub(crate) fn regression(n: usize, p: usize, t: usize, seed: u64) -> (Array2<f64>, Array2<f64>) {
    let x = normal(n, p, seed);
    let y = normal(n, t, seed + 1) + &x.sum_axis(Axis(1)).insert_axis(Axis(1)) + 3.0;
    (x, y)
}

/// Weights 0, 1, 2, 3, 0, 1, ….
pub(crate) fn weights(n: usize) -> Array1<f64> {
    (0..n).map(|i| (i % 4) as f64).collect()
}

/// Row numbers, each as often as its weight says.
pub(crate) fn repeated(weights: &Array1<f64>) -> Vec<usize> {
    weights.iter().enumerate().flat_map(|(i, w)| std::iter::repeat_n(i, *w as usize)).collect()
}

/// The largest entry of the gradient of Σω(y − xw − b)² + α‖w‖² over w and b, each relative to the sizes of the
/// terms that cancel in it.
pub(crate) fn gradient(
    x: &Array2<f64>,
    y: &Array1<f64>,
    omega: Option<&Array1<f64>>,
    w: &Array1<f64>,
    b: f64,
    alpha: f64,
) -> f64 {
    let residual = y - &x.dot(w) - b;
    let weighted = omega.map_or(residual.clone(), |omega| &residual * omega);
    let sizes = |column: ndarray::ArrayView1<'_, f64>| {
        let scale =
            column.iter().zip(&weighted).zip(y).map(|((x, r), y)| (x * r).abs() + (x * y).abs()).sum::<f64>();
        (column.dot(&weighted), scale)
    };
    let ones = Array1::ones(y.len());
    let (g, size) = sizes(ones.view());
    let intercept = if b == 0.0 { 0.0 } else { (g / size).abs() };
    x.columns().into_iter().zip(w).fold(intercept, |max, (column, w)| {
        let (g, size) = sizes(column);
        max.max(((g - alpha * w) / size.max(f64::MIN_POSITIVE)).abs())
    })
}

/// The largest difference, relative to the largest entry of `a`.
pub(crate) fn apart<'a>(a: impl IntoIterator<Item = &'a f64>, b: impl IntoIterator<Item = &'a f64>) -> f64 {
    let (mut size, mut difference) = (0.0_f64, 0.0_f64);
    for (a, b) in a.into_iter().zip(b) {
        size = size.max(a.abs());
        // Not `max`, which would pass over NaN.
        difference = if (a - b).abs() <= difference { difference } else { (a - b).abs() };
    }
    difference / size.max(f64::MIN_POSITIVE)
}
