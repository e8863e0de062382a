//! Minimal cost-complexity pruning.
//!
//! ```text
//! R_α(T) = Σ over leaves of W i / W₀ + α · leaves                        W₀ weight, i impurity                     (1)
//! g(t) = (R(t) − R(T_t)) / (leaves of T_t − 1)                           T_t the subtree below t                   (2)
//! ```
//!
//! The subtree that minimises (1) for some α is found by collapsing, again and again, the node whose g is least, until that
//! exceeds α. A collapse changes g of the nodes above alone, so that all of them cost O(nodes · depth · log nodes).
//!
//! **References.** \[Breiman84, ch. 3\].

use crate::Tree;
use estimand_core::order;
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// The α at which a tree loses nodes, and what is left.
#[derive(Clone, Debug, PartialEq)]
pub struct PruningPath {
    /// α of each step, never falling; the first is 0, of the whole tree.
    pub ccp_alphas: Vec<f64>,
    /// Impurity of the leaves, weighted, after each step.
    pub impurities: Vec<f64>,
}

/// Nodes that can be collapsed, by (2).
struct Pruning {
    parents: Vec<usize>,
    /// R(t), R(T_t) and the leaves of T_t.
    own: Vec<f64>,
    below: Vec<f64>,
    leaves: Vec<usize>,
    /// g as a number that sorts like it, with the node; stale ones are passed over.
    weakest: BinaryHeap<Reverse<(u64, usize)>>,
}

impl Pruning {
    fn new(tree: &Tree) -> Self {
        let n = tree.n_nodes();
        let whole = tree.stat(0).weight;
        let own: Vec<f64> = (0..n).map(|i| tree.stat(i).weight * tree.stat(i).impurity / whole).collect();
        let (mut below, mut leaves, mut parents) = (own.clone(), vec![1; n], vec![usize::MAX; n]);
        // Children come after their parents.
        for node in (0..n).rev() {
            if let Some([left, right]) = tree.children(node) {
                below[node] = below[left] + below[right];
                leaves[node] = leaves[left] + leaves[right];
                (parents[left], parents[right]) = (node, node);
            }
        }
        let mut pruning = Self { parents, own, below, leaves, weakest: BinaryHeap::new() };
        let inner = (0..n).filter(|i| pruning.leaves[*i] > 1);
        pruning.weakest = inner.map(|i| Reverse((pruning.key(i), i))).collect();
        pruning
    }

    fn g(&self, node: usize) -> f64 {
        // Rounding may leave a gain of less than nothing.
        ((self.own[node] - self.below[node]) / (self.leaves[node] - 1) as f64).max(0.0)
    }

    fn key(&self, node: usize) -> u64 {
        order::ascending(self.g(node))
    }

    /// The node whose g is least.
    fn next(&mut self) -> Option<usize> {
        while let Some(Reverse((key, node))) = self.weakest.peek().copied() {
            let gone = self.leaves[node] == 1 || self.is_below_a_leaf(node);
            if !gone && key == self.key(node) {
                return Some(node);
            }
            self.weakest.pop();
        }
        None
    }

    fn is_below_a_leaf(&self, node: usize) -> bool {
        let mut at = self.parents[node];
        while at != usize::MAX {
            if self.leaves[at] == 1 {
                return true;
            }
            at = self.parents[at];
        }
        false
    }

    fn collapse(&mut self, node: usize) {
        let (gain, lost) = (self.own[node] - self.below[node], self.leaves[node] - 1);
        (self.below[node], self.leaves[node]) = (self.own[node], 1);
        let mut at = self.parents[node];
        while at != usize::MAX {
            self.below[at] += gain;
            self.leaves[at] -= lost;
            self.weakest.push(Reverse((self.key(at), at)));
            at = self.parents[at];
        }
    }
}

/// All α at which nodes are lost, up to the root alone.
pub fn path(tree: &Tree) -> PruningPath {
    let mut pruning = Pruning::new(tree);
    let mut path = PruningPath { ccp_alphas: vec![0.0], impurities: vec![pruning.below[0]] };
    let mut alpha = 0.0_f64;
    while let Some(node) = pruning.next() {
        alpha = alpha.max(pruning.g(node));
        pruning.collapse(node);
        path.ccp_alphas.push(alpha);
        path.impurities.push(pruning.below[0]);
    }
    path
}

/// The smallest subtree that minimises (1).
#[must_use]
pub fn pruned(tree: &Tree, alpha: f64) -> Tree {
    let mut pruning = Pruning::new(tree);
    while let Some(node) = pruning.next()
        && pruning.g(node) <= alpha
    {
        pruning.collapse(node);
    }
    let mut kept = Tree::new(tree.width());
    let mut waiting = vec![(0, 0)];
    while let Some((from, to)) = waiting.pop() {
        kept.value_mut(to).copy_from_slice(tree.value(from));
        *kept.stat_mut(to) = *tree.stat(from);
        if let (Some([left, right]), Some(test)) = (tree.children(from), tree.test(from))
            && pruning.leaves[from] > 1
        {
            let first = kept.split(to, test);
            waiting.extend([(right, first + 1), (left, first)]);
        }
    }
    kept.finished()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exact::{Columns, Criterion, Growth, Response, grow};
    use estimand_core::Seed;
    use ndarray::Array2;

    fn grown() -> Tree {
        let x = Array2::from_shape_fn((120, 3), |(i, j)| ((i * (7 + 4 * j) + j) % 31) as f64);
        let codes: Vec<u32> = (0..120).map(|i| (x[[i, 0]] > 14.0) as u32 + u32::from(i % 7 == 0)).collect();
        let columns = Columns::ranked((&x).into(), &[]).unwrap();
        grow(&columns, Response::Classes(&codes, 3), None, &Growth::new(Criterion::Gini), Seed(0))
    }

    /// (1) of every subtree with the same root, from the definition: the least of them.
    fn least(tree: &Tree, node: usize, alpha: f64) -> f64 {
        let here = tree.stat(node).weight * tree.stat(node).impurity / tree.stat(0).weight + alpha;
        match tree.children(node) {
            Some(sides) => here.min(sides.iter().map(|side| least(tree, *side, alpha)).sum()),
            None => here,
        }
    }

    fn cost(tree: &Tree, alpha: f64) -> f64 {
        let leaves = (0..tree.n_nodes()).filter(|i| tree.is_leaf(*i));
        leaves.map(|i| tree.stat(i).weight * tree.stat(i).impurity / tree.stat(0).weight + alpha).sum()
    }

    #[test]
    fn the_pruned_tree_is_the_cheapest() {
        let tree = grown();
        let path = path(&tree);
        assert!(path.ccp_alphas.is_sorted() && path.impurities.is_sorted_by(|a, b| *a <= *b + 1e-15));
        let mut leaves = tree.n_leaves();
        for alpha in path.ccp_alphas.iter().map(|a| a * 1.000_001 + 1e-9) {
            let pruned = pruned(&tree, alpha);
            assert!((cost(&pruned, alpha) - least(&tree, 0, alpha)).abs() < 1e-12);
            assert!(pruned.n_leaves() <= leaves);
            leaves = pruned.n_leaves();
        }
        assert_eq!(leaves, 1);
        assert!((path.impurities.last().unwrap() - tree.stat(0).impurity).abs() < 1e-12);
    }

    #[test]
    fn each_step_loses_leaves() {
        let tree = grown();
        let path = path(&tree);
        for i in 1..path.ccp_alphas.len() {
            let pruned = pruned(&tree, path.ccp_alphas[i]);
            assert!(
                (cost(&pruned, 0.0)
                    - path.impurities[i..]
                        .iter()
                        .zip(&path.ccp_alphas[i..])
                        .filter(|(_, a)| **a <= path.ccp_alphas[i])
                        .map(|(r, _)| *r)
                        .fold(0.0, f64::max))
                .abs()
                    < 1e-12
            );
        }
    }
}
