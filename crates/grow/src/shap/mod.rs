//! What each column adds to a tree's prediction: Shapley values, exactly, in time that is no power of the columns.
//!
//! ```text
//! v(S) = E[f(x) | x_S]        the columns of S known: at other tests both sides count, by the weight seen there in training
//! φⱼ   = Σ_{S ∌ j} |S|! (p − |S| − 1)! / p! · (v(S ∪ j) − v(S))              f(x) = v(∅) + Σⱼ φⱼ
//! φᵢⱼ  = ½ (φᵢ with j known − φᵢ with j not known),  i ≠ j                  φᵢ = Σⱼ φᵢⱼ
//! ```
//!
//! A path from the root to a leaf holds each column once, with the share of sets that pass there without knowing it
//! (`zero`: the product of shares of weight) and knowing it (`one`: 0 or 1). `share[i]` counts the sets of i known columns, and
//! a column can be taken out again: O(L D²) for each row, for L leaves and depth D; for interactions as much for each column on
//! any path. References: \[Lundberg20\], algorithm 2.

#[cfg(test)]
mod tests;

use crate::{Test, Tree};
use estimand_core::Float;

/// A column on a path.
#[derive(Clone, Copy, Debug)]
struct Step {
    /// None for the root.
    column: Option<usize>,
    zero: f64,
    one: f64,
    share: f64,
}

/// The mean prediction of the rows seen in training: v(∅).
pub fn expected(tree: &Tree, output: usize) -> f64 {
    let leaves = (0..tree.n_nodes()).filter(|node| tree.is_leaf(*node));
    let mut shares = vec![1.0; tree.n_nodes()];
    for node in 0..tree.n_nodes() {
        if let Some(children) = tree.children(node) {
            for child in children {
                shares[child] = shares[node] * share(tree, node, child);
            }
        }
    }
    leaves.map(|leaf| shares[leaf] * tree.value(leaf)[output]).sum()
}

/// Adds φ of a row, `out[j]` for column j.
///
/// # Panics
/// If the row or `out` is too short for the columns tested, or there is no such output.
pub fn add_values<F: Float>(tree: &Tree, row: &[F], output: usize, out: &mut [f64]) {
    let walk = Walk { tree, row, output, known: None };
    walk.at(0, &[Step::root()], 1.0, out);
}

/// Adds φ of all pairs of columns, row by row of a p × p matrix.
///
/// # Panics
/// As [`add_values`].
pub fn add_interactions<F: Float>(tree: &Tree, row: &[F], output: usize, out: &mut [f64]) {
    let p = row.len();
    let mut own = vec![0.0; p];
    add_values(tree, row, output, &mut own);
    let mut columns: Vec<usize> = tree.columns().collect();
    columns.sort_unstable();
    columns.dedup();
    for j in columns {
        let [mut with, mut without] = [vec![0.0; p], vec![0.0; p]];
        for (is_known, values) in [(true, &mut with), (false, &mut without)] {
            let walk = Walk { tree, row, output, known: Some((j, is_known)) };
            walk.at(0, &[Step::root()], 1.0, values);
        }
        for i in (0..p).filter(|i| *i != j) {
            let value = 0.5 * (with[i] - without[i]);
            out[i * p + j] += value;
            own[i] -= value;
        }
    }
    own.iter().enumerate().for_each(|(i, value)| out[i * p + i] += value);
}

/// The share of a node's weight that a child has; half, where nothing was seen.
fn share(tree: &Tree, node: usize, child: usize) -> f64 {
    let (here, there) = (tree.stat(node).weight, tree.stat(child).weight);
    if here > 0.0 { there / here } else { 0.5 }
}

/// A row on its way through a tree.
struct Walk<'a, F> {
    tree: &'a Tree,
    row: &'a [F],
    output: usize,
    /// A column that is taken for known, or for not known, and is no player.
    known: Option<(usize, bool)>,
}

impl Step {
    fn root() -> Self {
        Self { column: None, zero: 1.0, one: 1.0, share: 1.0 }
    }
}

impl<F: Float> Walk<'_, F> {
    /// All leaves below a node that `path` leads to; `weight` is what the column that is no player leaves.
    fn at(&self, node: usize, path: &[Step], weight: f64, out: &mut [f64]) {
        if weight == 0.0 {
            return;
        }
        let Some(children) = self.tree.children(node) else {
            let value = self.tree.value(node)[self.output] * weight;
            for (i, step) in path.iter().enumerate() {
                if let Some(column) = step.column {
                    out[column] += without(path, i) * (step.one - step.zero) * value;
                }
            }
            return;
        };
        let column = match self.tree.test(node) {
            Some(Test::AtMost { column, .. } | Test::In { column, .. }) => column,
            None => return,
        };
        let taken = self.tree.next(node, self.row);
        if let Some((known, is_known)) = self.known
            && known == column
        {
            for child in children {
                let taken = if child == taken { 1.0 } else { 0.0 };
                let part = if is_known { taken } else { share(self.tree, node, child) };
                self.at(child, path, weight * part, out);
            }
            return;
        }
        let (mut zero, mut one, mut path) = (1.0, 1.0, path.to_vec());
        if let Some(i) = path.iter().position(|step| step.column == Some(column)) {
            (zero, one) = (path[i].zero, path[i].one);
            unwind(&mut path, i);
        }
        for child in children {
            let one = if child == taken { one } else { 0.0 };
            let zero = zero * share(self.tree, node, child);
            // Where neither way of knowing leads, no set does.
            if one != 0.0 || zero != 0.0 {
                let mut path = path.clone();
                extend(&mut path, Step { column: Some(column), zero, one, share: 0.0 });
                self.at(child, &path, weight, out);
            }
        }
    }
}

/// Puts a step at the end: every set of known columns goes on with it known or not.
fn extend(path: &mut Vec<Step>, step: Step) {
    let depth = path.len();
    path.push(step);
    for i in (0..depth).rev() {
        let all = (depth + 1) as f64;
        path[i + 1].share += step.one * path[i].share * (i + 1) as f64 / all;
        path[i].share *= step.zero * (depth - i) as f64 / all;
    }
}

/// Takes a step out.
fn unwind(path: &mut Vec<Step>, at: usize) {
    let depth = path.len() - 1;
    let Step { zero, one, .. } = path[at];
    let (mut next, all) = (path[depth].share, (depth + 1) as f64);
    for i in (0..depth).rev() {
        if one != 0.0 {
            let before = path[i].share;
            path[i].share = next * all / ((i + 1) as f64 * one);
            next = before - path[i].share * zero * (depth - i) as f64 / all;
        } else {
            path[i].share *= all / (zero * (depth - i) as f64);
        }
    }
    for i in at..depth {
        path[i] = Step { share: path[i].share, ..path[i + 1] };
    }
    path.truncate(depth);
}

/// The sum of shares that is left when a step is taken out.
fn without(path: &[Step], at: usize) -> f64 {
    let depth = path.len() - 1;
    let Step { zero, one, .. } = path[at];
    let (mut next, all, mut total) = (path[depth].share, (depth + 1) as f64, 0.0);
    for i in (0..depth).rev() {
        if one != 0.0 {
            let part = next * all / ((i + 1) as f64 * one);
            total += part;
            next = path[i].share - part * zero * (depth - i) as f64 / all;
        } else if zero != 0.0 {
            total += path[i].share * all / (zero * (depth - i) as f64);
        }
    }
    total
}
