//! From rows to leaves.
//!
//! A single walker waits at each step for what the step before has loaded. So they walk together, rows through one tree or
//! one row through many trees: a step of each in turn, without a branch, and the node that it leads to is asked for long
//! before its turn comes. Every few steps those that stand on a leaf are sorted out. Rows are taken in blocks that stay in
//! cache while every tree looks at them; where trees are large, in blocks so large that fetching a tree costs little beside
//! walking through it. All ways make the same comparisons.

use crate::Tree;
use estimand_core::records::MatrixView;
use estimand_core::{Float, Records};
use estimand_kernels::prefetch;
use estimand_par as par;
use ndarray::{ArrayView2, s};

#[cfg(test)]
mod tests;

/// Rows, or trees, that walk together: their steps keep a processor busy for as long as memory takes to answer.
const TOGETHER: usize = 128;

/// Steps of rows from one look at who stands to the next.
const STEPS: usize = 4;

/// Values in a block of rows: half a megabyte of `f64`; and where trees are large.
const BLOCK: [usize; 2] = [1 << 16, 1 << 19];

/// Most rows of a block; and where trees are large.
const ROWS: [usize; 2] = [512, 1 << 15];

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

/// Leads walkers, at most [`TOGETHER`], from the root to where they stand: to `out`. `tree` is that of each, `next` takes a
/// step in it.
#[inline(always)]
fn walk<'t>(
    out: &mut [u32],
    steps: usize,
    tree: impl Fn(usize) -> &'t Tree,
    next: impl Fn(&Tree, usize, u32) -> u32,
) {
    let (mut at, mut who) = ([0_u32; TOGETHER], [0_u8; TOGETHER]);
    who.iter_mut().enumerate().for_each(|(k, who)| *who = k as u8);
    let mut walking = out.len();
    while walking > 0 {
        for _ in 0..steps {
            for (at, who) in at[..walking].iter_mut().zip(&who) {
                let (walker, from) = (usize::from(*who), *at);
                let tree = tree(walker);
                *at = next(tree, walker, from);
                prefetch(&tree.nodes[*at as usize..][..1]);
            }
        }
        let mut left = 0;
        for k in 0..walking {
            let (walker, place) = (who[k], at[k]);
            out[usize::from(walker)] = place;
            (who[left], at[left]) = (walker, place);
            left += usize::from(!tree(usize::from(walker)).is_leaf(place as usize));
        }
        walking = left;
    }
}

/// Calls `visit` with each tree in turn, and the leaf of a row in it.
///
/// # Panics
/// If the row is too short.
pub fn each_leaf<'t, F: Float>(trees: &'t [Tree], row: &[F], mut visit: impl FnMut(&'t Tree, usize)) {
    let mut found = [0; TOGETHER];
    for trees in trees.chunks(TOGETHER) {
        let found = &mut found[..trees.len()];
        walk(found, 1, |t| &trees[t], |tree, _, at| tree.next(at as usize, row) as u32);
        trees.iter().zip(found).for_each(|(tree, leaf)| visit(tree, *leaf as usize));
    }
}

/// The leaves of rows that stand one after another, `p` values each.
///
/// # Panics
/// If a column tested is not among the `p`.
pub fn leaves<F: Float>(tree: &Tree, rows: &[F], p: usize, out: &mut [u32]) {
    let p = p.max(1);
    for (out, rows) in out.chunks_mut(TOGETHER).zip(rows.chunks(TOGETHER * p)) {
        if tree.has_categories() {
            walk(out, STEPS, |_| tree, |tree, i, at| tree.next(at as usize, &rows[i * p..][..p]) as u32);
        } else {
            walk(
                out,
                STEPS,
                |_| tree,
                |tree, i, at| {
                    let node = tree.nodes[at as usize];
                    node.next(rows[i * p + node.column()].f64())
                },
            );
        }
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
    blocks(x, out, width, cost, false, f);
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
    blocks(x, out, width, x.ncols() + 4 * steps, large, f);
}

fn blocks<F: Float, T: Send>(
    x: Records<'_, F>,
    out: &mut [T],
    width: usize,
    cost: usize,
    large: bool,
    f: impl Fn(usize, &[F], &mut [T]) + Sync,
) {
    let (n, p, width) = (x.nrows(), x.ncols().max(1), width.max(1));
    let size = (BLOCK[usize::from(large)] / p).clamp(1, ROWS[usize::from(large)]).next_multiple_of(TOGETHER);
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
