//! Systems with a triangular matrix. Costs n² for each right-hand side; these are taken in parallel.

pub use crate::backend::Triangle;
use crate::backend::backend;
use estimand_core::Float;
use estimand_par as par;
use ndarray::{ArrayView2, ArrayViewMut2, Axis};

/// B ← T⁻¹B, where only one triangle of T is read.
///
/// # Panics
/// If T is not square, or B has another number of rows.
pub fn solve_triangular<F: Float>(t: ArrayView2<'_, F>, triangle: Triangle, mut b: ArrayViewMut2<'_, F>) {
    let n = t.nrows();
    assert_eq!((t.ncols(), b.nrows()), (n, n), "shapes of a triangular system");
    let chunk = par::chunk_len(b.ncols(), n * n / 8 + 1).max(32);
    let mut columns: Vec<_> = b.axis_chunks_iter_mut(Axis(1), chunk).collect();
    par::for_each_chunk_mut(&mut columns, 1, |_, columns| {
        columns.iter_mut().for_each(|b| (backend::<F>().solve_triangular)(t, triangle, b.view_mut()));
    });
}
