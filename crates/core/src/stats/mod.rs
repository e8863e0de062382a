//! Statistics of columns as small states with `new`, `insert` and `combine`, so that fitting at once,
//! in batches, in parallel or on several machines is one algebra.
//!
//! | state | what it knows of each column | NaN |
//! |---|---|---|
//! | [`Moments`] | weight W, mean m, squared deviations S | left out of W, m and S |
//! | [`Extent`] | smallest and largest value | left out |
//!
//! Records are read once, block by block. A block stays in the cache for its two passes:
//!
//! ```text
//! c = first row          m = c + Σ w(x − c) / W          S = Σ w(x − m)² − (Σ w(x − m))² / W
//! ```
//!
//! and two disjoint sets of rows are combined by \[Chan83\]:
//!
//! ```text
//! W = Wₐ + W_b      δ = m_b − mₐ      m = mₐ + δ·W_b/W      S = Sₐ + S_b + δ²·Wₐ·W_b/W
//! ```
//!
//! [`Distribution`] has the tails and quantiles of what tests and intervals are made of.
//!
//! The shift c makes constant columns exact: their S is 0, whatever their value. All sums are `f64`.
//! Blocks depend on the shape of the records alone, so that the result is the same on every run.

mod distribution;
mod extent;
mod moments;
mod special;
#[cfg(test)]
mod tests;

pub use distribution::Distribution;
pub use extent::Extent;
pub use moments::Moments;
pub use special::{digamma, ln_gamma};

use ndarray::{ArrayView2, Axis};

/// Values in a block: 128 KiB of `f64`, which the second-level cache keeps between two passes.
const BLOCK: usize = 16 * 1024;

/// The accumulators of `p` columns are repeated for several rows, so that narrow records fill the
/// vector registers too: `width(p)` accumulators serve `width(p) / p` rows at a time.
fn width(p: usize) -> usize {
    p * (64 / p.max(1)).max(1)
}

/// Adds the accumulators of later rows to those of the first.
fn fold<T: Copy>(accumulators: &mut [T], p: usize, add: impl Fn(T, T) -> T) {
    let (sums, rest) = accumulators.split_at_mut(p.min(accumulators.len()));
    for lane in rest.chunks(p.max(1)) {
        sums.iter_mut().zip(lane).for_each(|(s, v)| *s = add(*s, *v));
    }
}

/// Cuts dense records into row-major blocks: `f(first column, columns, first row, values)`. Columns that
/// lie contiguous in memory come one by one, any other layout is copied block by block.
fn for_each_block<F: Copy>(x: ArrayView2<'_, F>, mut f: impl FnMut(usize, usize, usize, &[F])) {
    let (n, p) = x.dim();
    let rows = (BLOCK / p.max(1)).max(16);
    if let Some(values) = x.as_slice() {
        for (k, block) in values.chunks(rows * p.max(1)).enumerate() {
            f(0, p, k * rows, block);
        }
    } else if x.columns().into_iter().all(|column| column.as_slice().is_some()) {
        for (j, column) in x.columns().into_iter().enumerate() {
            for (k, block) in column.to_slice().unwrap_or_default().chunks(BLOCK).enumerate() {
                f(j, 1, k * BLOCK, block);
            }
        }
    } else {
        let mut copy = Vec::with_capacity(rows.min(n) * p);
        for (k, block) in x.axis_chunks_iter(Axis(0), rows).enumerate() {
            copy.clear();
            block.rows().into_iter().for_each(|row| copy.extend(row));
            f(0, p, k * rows, &copy);
        }
    }
}

/// The rows whose weight is not zero, or `None` if those are all.
fn weighted_rows<F: crate::Float>(weights: Option<ndarray::ArrayView1<'_, F>>) -> Option<Vec<usize>> {
    let weights = weights?;
    let rows: Vec<usize> = weights.indexed_iter().filter(|(_, w)| **w != F::zero()).map(|(i, _)| i).collect();
    (rows.len() < weights.len()).then_some(rows)
}
