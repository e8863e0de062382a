//! From rows to leaves.
//!
//! One row walks until it stands on a leaf. Through many trees, or of many rows, sixteen walk abreast: chains of loads
//! that do not wait for one another, without a branch for each step. Every few steps those that stand make room for the
//! next. Rows are taken in blocks that stay in cache while every tree looks at them, larger ones for large trees. All ways
//! make the same comparisons.

use crate::Tree;
use estimand_core::records::MatrixView;
use estimand_core::{Float, Records};
use estimand_par as par;
use ndarray::{ArrayView2, s};

#[cfg(test)]
mod tests;

/// Rows, or trees, that walk together.
const GROUP: usize = 16;

/// Steps from one look at which of them stand to the next.
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

/// Trees whose leaves are gathered before any of them is visited.
const TREES: usize = 128;

/// Calls `visit` with each tree in turn, and the leaf of a row in it.
///
/// # Panics
/// If the row is too short.
pub fn each_leaf<'t, F: Float>(trees: &'t [Tree], row: &[F], mut visit: impl FnMut(&'t Tree, usize)) {
    for trees in trees.chunks(TREES) {
        let mut found = [0_u32; TREES];
        let found = &mut found[..trees.len()];
        abreast(found, 2, |t, node| trees[t].next(node as usize, row) as u32);
        trees.iter().zip(found).for_each(|(tree, leaf)| visit(tree, *leaf as usize));
    }
}

/// The leaves of rows that stand one after another, `p` values each.
///
/// # Panics
/// If a column tested is not among the `p`.
pub fn leaves<F: Float>(tree: &Tree, rows: &[F], p: usize, out: &mut [u32]) {
    let nodes = tree.nodes.as_slice();
    match tree.has_categories() {
        true => {
            let rows = rows.chunks_exact(p.max(1));
            out.iter_mut().zip(rows).for_each(|(out, row)| *out = leaf(tree, row) as u32);
        }
        false => abreast(out, STEPS, |i, node| {
            let node = nodes[node as usize];
            node.next(rows[i * p + node.column()].f64())
        }),
    }
}

/// Walks from 0 by `next(walk, node)` until a step leads nowhere else, for each place of `out`; sixteen at a time.
#[inline(always)]
fn abreast(out: &mut [u32], steps: usize, next: impl Fn(usize, u32) -> u32) {
    let Some(last) = out.len().checked_sub(1) else { return };
    // Where there are fewer, the last one is walked by all that are left over.
    let (mut walks, mut at): ([usize; GROUP], _) = (std::array::from_fn(|l| l.min(last)), [0_u32; GROUP]);
    let (mut waiting, mut moving) = (GROUP, true);
    while moving {
        moving = false;
        for _ in 1..steps {
            for (at, walk) in at.iter_mut().zip(walks) {
                *at = next(walk, *at);
            }
        }
        for (at, walk) in at.iter_mut().zip(&mut walks) {
            let to = next(*walk, *at);
            moving |= to != *at;
            if to == *at && waiting <= last {
                out[*walk] = to;
                (*walk, *at, waiting, moving) = (waiting, 0, waiting + 1, true);
            } else {
                *at = to;
            }
        }
    }
    at.into_iter().zip(walks).for_each(|(at, walk)| out[walk] = at);
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
