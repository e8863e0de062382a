//! How much columns matter to trees.

use crate::Tree;
use serde::{Deserialize, Serialize};

/// What counts for a column.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Importance {
    /// By how much splits on it lower the impurity of the rows that they part.
    #[default]
    Gain,
    /// The number of splits on it.
    Splits,
}

impl Importance {
    /// Adds what the splits of a tree say of each column.
    ///
    /// # Panics
    /// If a column tested is not among those of `out`.
    pub fn add(self, tree: &Tree, out: &mut [f64]) {
        let impurity = |node: usize| tree.stat(node).impurity * tree.stat(node).weight;
        let inner = (0..tree.n_nodes()).filter_map(|node| tree.children(node).map(|sides| (node, sides)));
        for ((node, [left, right]), column) in inner.zip(tree.columns()) {
            out[column] += match self {
                Self::Gain => impurity(node) - impurity(left) - impurity(right),
                Self::Splits => 1.0,
            };
        }
    }

    /// Of several trees together, as shares of their sum; all zero for trees without a split.
    pub fn shares<'t>(self, trees: impl IntoIterator<Item = &'t Tree>, columns: usize) -> Vec<f64> {
        let mut out = vec![0.0; columns];
        trees.into_iter().for_each(|tree| self.add(tree, &mut out));
        normalised(out)
    }
}

/// How much the splits of each column lowered the impurity, weighted with the rows they split: shares that sum to one
/// unless there is no split \[Breiman84\].
///
/// Columns with many distinct values offer more splits, and gain from that even where they say nothing: compare with
/// the loss on other rows when a column is shuffled.
pub fn importances(tree: &Tree, columns: usize) -> Vec<f64> {
    Importance::Gain.shares([tree], columns)
}

/// The mean of the importances of several trees, of those that have splits; shares that sum to one.
pub fn mean_importances<'a>(trees: impl IntoIterator<Item = &'a Tree>, columns: usize) -> Vec<f64> {
    let mut sums = vec![0.0; columns];
    for tree in trees {
        importances(tree, columns).iter().zip(&mut sums).for_each(|(v, sum)| *sum += v);
    }
    normalised(sums)
}

/// The shares of each in the sum, where that is positive.
pub fn normalised(mut parts: Vec<f64>) -> Vec<f64> {
    let total: f64 = parts.iter().sum();
    if total > 0.0 {
        parts.iter_mut().for_each(|v| *v /= total);
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Stat, Test};

    #[test]
    fn gains_are_what_impurity_falls_by() {
        let mut tree = Tree::new(1);
        let split = |tree: &mut Tree, node, column| {
            tree.split(node, Test::AtMost { column, threshold: 0.0, missing_left: false })
        };
        let left = split(&mut tree, 0, 2);
        let inner = split(&mut tree, left, 0);
        let seen = [
            (0, 10.0, 0.5),
            (left, 6.0, 0.25),
            (left + 1, 4.0, 0.5),
            (inner, 3.0, 0.0),
            (inner + 1, 3.0, 0.25),
        ];
        for (node, weight, impurity) in seen {
            *tree.stat_mut(node) = Stat { rows: weight as u32, weight, impurity };
        }
        let tree = tree.finished();
        let mut gains = [0.0; 3];
        Importance::Gain.add(&tree, &mut gains);
        assert_eq!(gains, [0.75, 0.0, 1.5]);
        assert_eq!(Importance::Splits.shares([&tree, &tree], 3), [0.5, 0.0, 0.5]);
        assert_eq!(Importance::Gain.shares([&Tree::new(1)], 2), [0.0, 0.0]);
    }
}
