use super::*;
use crate::Test;
use estimand_core::Csr;
use estimand_core::random::{Seed, below};
use ndarray::{Array2, ShapeBuilder};

/// A tree of random tests on `p` columns.
fn random(p: usize, splits: usize, seed: u64) -> Tree {
    let (mut tree, mut stream) = (Tree::new(1), Seed(seed).stream(0));
    for _ in 0..splits {
        let leaves: Vec<usize> = (0..tree.n_nodes()).filter(|i| tree.is_leaf(*i)).collect();
        let leaf = leaves[below(leaves.len(), &mut stream)];
        let threshold = below(100, &mut stream) as f64 / 10.0;
        let missing_left = below(2, &mut stream) == 1;
        tree.split(leaf, Test::AtMost { column: below(p, &mut stream), threshold, missing_left });
    }
    tree.finished()
}

#[test]
fn blocks_of_any_layout_reach_the_leaves_that_single_rows_reach() {
    let (n, p) = (1037, 5);
    let mut stream = Seed(1).stream(1);
    let x = Array2::from_shape_simple_fn((n, p), || match below(8, &mut stream) {
        0 => f64::NAN,
        1 => 0.0,
        _ => below(101, &mut stream) as f64 / 10.0,
    });
    let mut by_columns = Array2::zeros((n, p).f());
    by_columns.assign(&x);
    let sparse = Csr::from_dense(x.view());
    for seed in 0..4 {
        let tree = random(p, 40, seed);
        let expected: Vec<u32> =
            x.rows().into_iter().map(|row| leaf(&tree, row.to_slice().unwrap()) as u32).collect();
        for records in [Records::from(&x), Records::from(&by_columns), Records::from(&sparse)] {
            let mut found = vec![0; n];
            for_each_block(records, &mut found, 1, 1000, |_, rows, out| leaves(&tree, rows, p, out));
            assert_eq!(found, expected);
        }
    }
    // Through many trees, row by row and block by block.
    let trees: Vec<Tree> = (0..35).map(|seed| random(p, 30 + seed as usize % 4, seed)).collect();
    let mut sums = vec![0; n];
    for_each_block_of(&trees, Records::from(&x), &mut sums, 1, |_, rows, out| {
        let mut found = vec![0; out.len()];
        for (t, tree) in trees.iter().enumerate() {
            leaves(tree, rows, p, &mut found);
            out.iter_mut().zip(&found).for_each(|(out, leaf)| *out += (t + 1) * *leaf as usize);
        }
    });
    for (row, expected) in x.rows().into_iter().zip(sums) {
        let (row, mut next, mut sum) = (row.to_slice().unwrap(), 0, 0);
        each_leaf(&trees, row, |tree, at| {
            assert!(std::ptr::eq(tree, &trees[next]) && at == leaf(tree, row));
            next += 1;
            sum += next * at;
        });
        assert_eq!((next, sum), (trees.len(), expected));
    }
    let root = Tree::new(3);
    let mut found = [7; 9];
    leaves(&root, &[0.0; 18], 2, &mut found);
    assert_eq!(found, [0; 9]);
}
