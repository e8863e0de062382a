//! From rows to leaves.
//!
//! One row walks until it stands on a leaf; through many trees, through sixteen at a time. Many rows walk in groups of
//! sixteen, until all of a group stand: chains of loads that do not wait for one another, without a branch for each step.
//! Rows are taken in blocks that stay in cache while every tree looks at them, larger ones for large trees. All ways make
//! the same comparisons.

use crate::Tree;
use estimand_core::records::MatrixView;
use estimand_core::{Float, Records};
use estimand_par as par;
use ndarray::{ArrayView2, s};

#[cfg(test)]
mod tests;

/// Rows, or trees, that walk together.
const GROUP: usize = 16;

/// Steps from one look at whether all of a group stand to the next.
const STEPS: usize = 4;

/// Values in a block of rows: half a megabyte of `f64`.
const BLOCK: usize = 1 << 16;

/// Most rows of a block; and where trees are large, so that each is fetched for more rows.
const ROWS: [usize; 2] = [512, 4096];

/// Nodes of a tree that is large.
const LARGE: usize = 1 << 12;

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

/// Calls `visit` with each tree in turn, and the leaf of a row in it.
///
/// # Panics
/// If the row is too short.
pub fn each_leaf<'t, F: Float>(trees: &'t [Tree], row: &[F], mut visit: impl FnMut(&'t Tree, usize)) {
    let mut groups = trees.chunks_exact(GROUP);
    for group in &mut groups {
        let mut at = [0; GROUP];
        loop {
            let before = at;
            for (at, tree) in at.iter_mut().zip(group) {
                *at = tree.next(*at, row);
            }
            if at == before {
                break;
            }
        }
        group.iter().zip(at).for_each(|(tree, leaf)| visit(tree, leaf));
    }
    groups.remainder().iter().for_each(|tree| visit(tree, leaf(tree, row)));
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
        loop {
            let before = at;
            for _ in 0..STEPS {
                for (at, row) in at.iter_mut().zip(rows.chunks_exact(p)) {
                    let node = tree.nodes[*at as usize];
                    *at = node.next(row[node.column()].f64());
                }
            }
            // Leaves lead to themselves.
            if at == before {
                break;
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
    blocks(x, out, width, cost, ROWS[0], f);
}

/// The same in blocks that suit these trees.
pub fn for_each_block_of<F: Float, T: Send>(
    trees: &[Tree],
    x: Records<'_, F>,
    out: &mut [T],
    width: usize,
    f: impl Fn(usize, &[F], &mut [T]) + Sync,
) {
    let steps: usize = trees.iter().map(Tree::depth).sum();
    let large = trees.iter().any(|tree| tree.n_nodes() > LARGE);
    blocks(x, out, width, x.ncols() + 4 * steps, ROWS[usize::from(large)], f);
}

fn blocks<F: Float, T: Send>(
    x: Records<'_, F>,
    out: &mut [T],
    width: usize,
    cost: usize,
    most: usize,
    f: impl Fn(usize, &[F], &mut [T]) + Sync,
) {
    let (n, p, width) = (x.nrows(), x.ncols().max(1), width.max(1));
    let size = (BLOCK / p).clamp(1, most).next_multiple_of(GROUP);
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
