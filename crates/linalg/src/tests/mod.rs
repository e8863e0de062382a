//! Everything against readable twins, over shapes, layouts, magnitudes and numbers of threads.

mod classes;
mod definite;
mod factors;
mod leading;
mod least_squares;
mod moments;
mod products;
mod sparse;
mod transposed;

use estimand_core::Float;
use estimand_par as par;
use ndarray::{Array1, Array2, ArrayView2, ShapeBuilder, s};
use rand::{Rng, SeedableRng};

/// Numbers between −1 and 1.
pub(crate) fn numbers<F: Float>(n: usize, p: usize, seed: u64) -> Array2<F> {
    let mut stream = rand_xoshiro::Xoshiro256PlusPlus::seed_from_u64(seed);
    Array2::from_shape_simple_fn((n, p), || F::of(stream.random_range(-1.0..1.0)))
}

/// Weights between 0 and 2, every fifth of them 0.
pub(crate) fn weights<F: Float>(n: usize, seed: u64) -> Array1<F> {
    let random = numbers::<F>(n, 1, seed);
    Array1::from_shape_fn(n, |i| if i % 5 == 4 { F::zero() } else { F::one() + random[[i, 0]] })
}

/// Calls `f` with the same values row by row, column by column, with gaps, and backwards.
pub(crate) fn layouts<F: Float>(x: &Array2<F>, mut f: impl FnMut(&str, ArrayView2<'_, F>)) {
    let (n, p) = x.dim();
    f("rows", x.view());
    let mut columns = Array2::zeros((n, p).f());
    columns.assign(x);
    f("columns", columns.view());
    let mut wide = Array2::from_elem((n, p + 3), F::nan());
    wide.slice_mut(s![.., 1..=p]).assign(x);
    f("part of wider rows", wide.slice(s![.., 1..=p]));
    let mut tall = Array2::from_elem((n + 2, p).f(), F::nan());
    tall.slice_mut(s![1..=n, ..]).assign(x);
    f("part of longer columns", tall.slice(s![1..=n, ..]));
    let mut sparse = Array2::from_elem((2 * n, 3 * p), F::nan());
    sparse.slice_mut(s![..;2, ..;3]).assign(x);
    f("with gaps", sparse.slice(s![..;2, ..;3]));
    let mut backwards = Array2::zeros((n, p));
    backwards.slice_mut(s![..;-1, ..;-1]).assign(x);
    f("backwards", backwards.slice(s![..;-1, ..;-1]));
    let mut upside_down = Array2::zeros((n, p));
    upside_down.slice_mut(s![..;-1, ..]).assign(x);
    f("upside down", upside_down.slice(s![..;-1, ..]));
}

/// Asserts that `f` gives the same bits on 1, 2 and 7 threads.
pub(crate) fn same_on_any_threads(f: impl Fn() -> Vec<f64> + Sync + Send) {
    let bits =
        |threads| par::with_threads(threads, || f().iter().map(|v| v.to_bits()).collect::<Vec<_>>()).unwrap();
    let once = bits(1);
    assert!(once.iter().any(|v| *v != 0));
    for threads in [2, 7] {
        assert_eq!(bits(threads), once);
    }
}

/// The product by its definition, in `f64`.
pub(crate) fn slow_product<F: Float>(a: ArrayView2<'_, F>, b: ArrayView2<'_, F>) -> Array2<f64> {
    Array2::from_shape_fn((a.nrows(), b.ncols()), |(i, j)| {
        (0..a.ncols()).map(|k| a[[i, k]].f64() * b[[k, j]].f64()).sum()
    })
}

/// Asserts that all values are within `tolerance` of one another.
#[track_caller]
pub(crate) fn assert_close<F: Float>(found: ArrayView2<'_, F>, truth: ArrayView2<'_, f64>, tolerance: f64) {
    assert_eq!(found.dim(), truth.dim());
    for (at, value) in found.indexed_iter() {
        let error = (value.f64() - truth[at]).abs();
        assert!(
            error <= tolerance,
            "{value} instead of {} at {at:?}: off by {error:e}, allowed {tolerance:e}",
            truth[at]
        );
    }
}
