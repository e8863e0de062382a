use super::*;
use crate::{Stat, walk};
use estimand_core::random::{Seed, below};

/// A tree of random tests on `p` columns, with the weights of random rows.
fn random(p: usize, splits: usize, seed: u64) -> Tree {
    let (mut tree, mut stream) = (Tree::new(1), Seed(seed).stream(0));
    for _ in 0..splits {
        let leaves: Vec<usize> = (0..tree.n_nodes()).filter(|i| tree.is_leaf(*i)).collect();
        let leaf = leaves[below(leaves.len(), &mut stream)];
        let threshold = below(10, &mut stream) as f64;
        let column = below(p, &mut stream);
        match below(4, &mut stream) {
            0 => tree.split(leaf, Test::In { column, set: &[0b1011_0110], missing_left: false }),
            _ => tree.split(leaf, Test::AtMost { column, threshold, missing_left: true }),
        };
    }
    *tree.stat_mut(0) = Stat { weight: 1000.0, ..Stat::default() };
    for node in 0..tree.n_nodes() {
        tree.value_mut(node)[0] = below(200, &mut stream) as f64 / 10.0 - 10.0;
        if let Some([left, right]) = tree.children(node) {
            let (all, part) = (tree.stat(node).weight, below(9, &mut stream) as f64 / 10.0 + 0.05);
            tree.stat_mut(left).weight = all * part;
            tree.stat_mut(right).weight = all * (1.0 - part);
        }
    }
    tree.finished()
}

/// v(S) for the columns of a set.
fn known(tree: &Tree, row: &[f64], set: usize, node: usize) -> f64 {
    let Some(children) = tree.children(node) else { return tree.value(node)[0] };
    let (Some(Test::AtMost { column, .. } | Test::In { column, .. }), taken) =
        (tree.test(node), tree.next(node, row))
    else {
        return 0.0;
    };
    match set >> column & 1 {
        1 => known(tree, row, set, taken),
        _ => children.into_iter().map(|c| share(tree, node, c) * known(tree, row, set, c)).sum(),
    }
}

/// Shapley values of players among p columns, others known as `base` says: by looking at all sets.
fn by_all_sets(tree: &Tree, row: &[f64], players: usize, base: usize) -> Vec<f64> {
    let p = row.len();
    let factorial = |n: u32| (1..=n).map(f64::from).product::<f64>();
    let n = players.count_ones();
    (0..p)
        .map(|j| {
            let sets = (0..1_usize << p).filter(|set| set & !players == 0 && set >> j & 1 == 0);
            let value = |set| {
                let size = usize::count_ones(set);
                let weight = factorial(size) * factorial(n - size - 1) / factorial(n);
                let v = |set: usize| known(tree, row, set | base, 0);
                weight * (v(set | 1 << j) - v(set))
            };
            if players >> j & 1 == 1 { sets.map(value).sum() } else { 0.0 }
        })
        .collect()
}

#[test]
fn values_are_those_of_all_sets_and_add_up() {
    for seed in 0..30 {
        let p = 5;
        let tree = random(p, 1 + seed as usize, seed);
        let mut stream = Seed(seed).stream(1);
        let row: Vec<f64> = (0..p)
            .map(|_| if below(6, &mut stream) == 0 { f64::NAN } else { below(11, &mut stream) as f64 })
            .collect();
        let mut values = vec![0.0; p];
        add_values(&tree, &row, 0, &mut values);
        let slow = by_all_sets(&tree, &row, (1 << p) - 1, 0);
        // Sums of a few dozen terms of size 10.
        assert!(values.iter().zip(&slow).all(|(a, b)| (a - b).abs() < 1e-11), "{seed}: {values:?} {slow:?}");
        let sum = expected(&tree, 0) + values.iter().sum::<f64>();
        assert!((sum - tree.value(walk::leaf(&tree, &row))[0]).abs() < 1e-11);
        assert!((expected(&tree, 0) - known(&tree, &row, 0, 0)).abs() < 1e-11);

        let mut pairs = vec![0.0; p * p];
        add_interactions(&tree, &row, 0, &mut pairs);
        for j in 0..p {
            let others = ((1 << p) - 1) & !(1 << j);
            let (with, without) =
                (by_all_sets(&tree, &row, others, 1 << j), by_all_sets(&tree, &row, others, 0));
            for i in (0..p).filter(|i| *i != j) {
                assert!((pairs[i * p + j] - 0.5 * (with[i] - without[i])).abs() < 1e-11);
                assert!((pairs[i * p + j] - pairs[j * p + i]).abs() < 1e-11);
            }
            assert!((pairs[j * p..(j + 1) * p].iter().sum::<f64>() - values[j]).abs() < 1e-11);
        }
    }
}

#[test]
fn a_root_alone_explains_nothing() {
    let mut tree = Tree::new(1);
    tree.value_mut(0)[0] = 3.0;
    let tree = tree.finished();
    let (mut values, mut pairs) = ([0.0; 2], [0.0; 4]);
    add_values(&tree, &[1.0, 2.0], 0, &mut values);
    add_interactions(&tree, &[1.0, 2.0], 0, &mut pairs);
    assert_eq!((expected(&tree, 0), values, pairs), (3.0, [0.0; 2], [0.0; 4]));
}
