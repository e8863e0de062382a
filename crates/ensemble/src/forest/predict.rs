//! Sums over trees.

use estimand_core::{Float, Records};
use estimand_grow::{Tree, walk};

/// Σ_t values of the leaf in tree t, for each row: n × width.
pub(crate) fn sums<F: Float>(trees: &[Tree], x: Records<'_, F>, width: usize) -> Vec<f64> {
    let mut out = vec![0.0; x.nrows() * width];
    let steps: usize = trees.iter().map(Tree::depth).sum();
    let p = x.ncols();
    walk::for_each_block(x, &mut out, width, p + 4 * steps, |_, rows, out| {
        let mut leaves = vec![0; out.len() / width];
        for tree in trees {
            walk::leaves(tree, rows, p, &mut leaves);
            for (leaf, out) in leaves.iter().zip(out.chunks_exact_mut(width)) {
                out.iter_mut().zip(tree.value(*leaf as usize)).for_each(|(out, value)| *out += value);
            }
        }
    });
    out
}

/// The same of one row, added to `out`.
pub(crate) fn add_row<F: Float>(trees: &[Tree], row: &[F], first: usize, out: &mut [f64]) {
    for tree in trees {
        let value = tree.value(walk::leaf(tree, row));
        out.iter_mut().zip(&value[first..]).for_each(|(out, value)| *out += value);
    }
}
