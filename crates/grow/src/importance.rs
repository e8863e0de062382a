//! Which columns a tree has used, and how much they helped.

use crate::Tree;

/// How much the splits of each column lowered the impurity, weighted with the rows they split; the shares of `columns`
/// columns, which sum to one unless there is no split \[Breiman84\].
///
/// Columns with many distinct values offer more splits, and gain from that even where they say nothing: compare with
/// the loss on other rows when a column is shuffled.
pub fn importances(tree: &Tree, columns: usize) -> Vec<f64> {
    let mut sums = vec![0.0; columns];
    let whole = |node: usize| tree.stat(node).weight * tree.stat(node).impurity;
    for node in 0..tree.n_nodes() {
        if let (Some([left, right]), Some(test)) = (tree.children(node), tree.test(node))
            && let Some(sum) = sums.get_mut(test.column())
        {
            *sum += whole(node) - whole(left) - whole(right);
        }
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

/// The mean of the importances of several trees, of those that have splits; shares that sum to one.
pub fn mean_importances<'a>(trees: impl IntoIterator<Item = &'a Tree>, columns: usize) -> Vec<f64> {
    let mut sums = vec![0.0; columns];
    for tree in trees {
        importances(tree, columns).iter().zip(&mut sums).for_each(|(v, sum)| *sum += v);
    }
    normalised(sums)
}
