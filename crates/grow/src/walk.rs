//! From rows to leaves.
//!
//! One row walks until it stands on a leaf. Many rows walk in groups of eight, each group as many steps as the tree is
//! deep: eight chains of loads that do not wait for one another, without a branch. Rows are taken in blocks that stay
//! in cache while every tree looks at them. Both ways make the same comparisons.

use crate::Tree;
use estimand_core::records::MatrixView;
use estimand_core::{Float, Records};
use estimand_par as par;
use ndarray::{ArrayView2, s};

#[cfg(test)]
mod tests;

/// Rows that walk together.
const GROUP: usize = 8;

/// Values in a block of rows: half a megabyte of `f64`.
const BLOCK: usize = 1 << 16;

/// The leaf of one row.
///
/// # Panics
/// If the row is too short.
#[inline]
pub fn leaf<F: Float>(tree: &Tree, row: &[F]) -> usize {
    let mut node = 0;
    while !tree.is_leaf(node) {
        node = tree.next(node, row);
    }
    node
}

/// The leaves of rows that stand one after another, `p` values each.
///
/// # Panics
/// If a column tested is not among the `p`.
pub fn leaves<F: Float>(tree: &Tree, rows: &[F], p: usize, out: &mut [u32]) {
    let p = p.max(1);
    let together = if tree.has_categories() { 0 } else { out.len() / GROUP * GROUP };
    let (grouped, rest) = out.split_at_mut(together);
    for (out, rows) in grouped.chunks_exact_mut(GROUP).zip(rows.chunks_exact(GROUP * p)) {
        let mut at = [0_u32; GROUP];
        for _ in 0..tree.depth() {
            for (at, row) in at.iter_mut().zip(rows.chunks_exact(p)) {
                let node = tree.nodes[*at as usize];
                *at = node.next(row[node.column()].f64());
            }
        }
        out.copy_from_slice(&at);
    }
    for (out, row) in rest.iter_mut().zip(rows.chunks_exact(p).skip(together)) {
        *out = leaf(tree, row) as u32;
    }
}

/// Calls `f(first row, rows one after another, their part of out)` on blocks of rows, on all threads. `out` has `width`
/// values for each row; `cost` is what a row costs, in elementary operations. What is not in row order is copied,
/// block by block, and so are sparse rows.
pub fn for_each_block<F: Float, T: Send>(
    x: Records<'_, F>,
    out: &mut [T],
    width: usize,
    cost: usize,
    f: impl Fn(usize, &[F], &mut [T]) + Sync,
) {
    let (n, p, width) = (x.nrows(), x.ncols().max(1), width.max(1));
    let size = (BLOCK / p).clamp(1, 512).next_multiple_of(GROUP);
    let chunk = par::chunk_len(n, cost).next_multiple_of(size);
    par::map_rows_mut(out, width, chunk, |from, out| {
        let mut copy = Vec::new();
        for (k, out) in out.chunks_mut(size * width).enumerate() {
            let first = from + k * size;
            let rows = first..first + out.len() / width;
            match x.values() {
                MatrixView::Dense(x) => f(first, in_row_order(x.slice(s![rows, ..]), &mut copy), out),
                MatrixView::Sparse(x) => {
                    copy.clear();
                    copy.resize(rows.len() * p, F::zero());
                    for (row, to) in x.rows(rows).outer_iter().zip(copy.chunks_exact_mut(p)) {
                        row.iter().for_each(|(j, value)| to[j] = value);
                    }
                    f(first, &copy, out);
                }
            }
        }
    });
}

fn in_row_order<'a, F: Float>(x: ArrayView2<'a, F>, copy: &'a mut Vec<F>) -> &'a [F] {
    match x.to_slice() {
        Some(rows) => rows,
        None => {
            copy.clear();
            copy.extend(x.iter());
            copy
        }
    }
}
