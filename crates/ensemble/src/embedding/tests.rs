use super::*;
use estimand_core::Persist;
use ndarray::{Array1, Array2, Axis};

fn rows(n: usize) -> Array2<f64> {
    Array2::from_shape_fn((n, 3), |(i, j)| ((i * (7 + 4 * j)) % 101) as f64)
}

#[test]
fn ones_stand_for_the_leaves_that_rows_reach() {
    let x = rows(300);
    let model = RandomTreesEmbedding::new().n_trees(7).max_depth(3).fit(&x).unwrap();
    let z = model.transform(&x).unwrap();
    assert_eq!((z.view().ncols(), z.view().nnz()), (model.trees().iter().map(Tree::n_leaves).sum(), 300 * 7));
    let dense = z.to_dense();
    let mut one = Vec::new();
    for i in 0..300 {
        let mut first = 0;
        for tree in model.trees() {
            assert!(tree.depth() <= 3);
            let leaves: Vec<usize> = (0..tree.n_nodes()).filter(|node| tree.is_leaf(*node)).collect();
            let reached = walk::leaf(tree, &x.row(i).to_vec());
            let at = leaves.iter().position(|leaf| *leaf == reached).unwrap();
            assert_eq!(dense[[i, first + at]], 1.0);
            first += leaves.len();
        }
        model.transform_one(&x.row(i).to_vec(), &mut one, &mut Scratch::new()).unwrap();
        assert_eq!(one, dense.row(i).to_vec());
    }
    // Every leaf holds some row.
    assert!(dense.sum_axis(Axis(0)).iter().all(|count| *count > 0.0));
    assert_eq!(model.feature_names_out().map(|names| names.len()), Some(z.view().ncols()));
    let back = RandomTreesEmbeddingModel::<f64>::from_bytes(&model.to_bytes().unwrap()).unwrap();
    assert_eq!(back, model);
}

#[test]
fn leaves_are_as_large_as_wanted() {
    let x = rows(200);
    let settings = RandomTreesEmbedding::new().n_trees(20).max_depth(8).min_samples_leaf(9);
    let counts = settings.fit(&x).unwrap().transform(&x).unwrap().to_dense().sum_axis(Axis(0));
    assert!(counts.iter().all(|count| *count >= 9.0) && counts.iter().any(|count| *count < 18.0));
}

/// Of two rows in one column, the chance to be parted by the first threshold is their distance over the range.
#[test]
fn the_share_of_common_ones_is_the_chance_to_stay_together() {
    let x = Array2::from_shape_fn((11, 1), |(i, _)| i as f64);
    let z = RandomTreesEmbedding::new().n_trees(4000).max_depth(1).fit(&x).unwrap().transform(&x).unwrap();
    let z = z.to_dense();
    for i in 0..11 {
        let common = z.row(0).dot(&z.row(i)) / 4000.0;
        // Five standard deviations of a share of 4000.
        assert!((common - (1.0 - i as f64 / 10.0)).abs() < 0.04, "{i} {common}");
    }
}

#[test]
fn weights_are_repetitions() {
    let x = rows(90);
    let weights = Array1::from_shape_fn(90, |i| (i % 3) as f64);
    let repeated: Vec<usize> = (0..90).flat_map(|i| std::iter::repeat_n(i, i % 3)).collect();
    let settings = RandomTreesEmbedding::new().n_trees(5);
    let weighted =
        Fit::<f64, ()>::fit(&settings, Samples::new((&x).into(), ()).with_weights(&weights)).unwrap();
    assert_eq!(weighted, settings.fit(&x.select(Axis(0), &repeated)).unwrap());
    for wrong in [0.5, 1e9] {
        let wrong = Array1::from_elem(90, wrong);
        assert!(Fit::<f64, ()>::fit(&settings, Samples::new((&x).into(), ()).with_weights(&wrong)).is_err());
    }
    for threads in [1, 3] {
        let again = par::with_threads(threads, || settings.fit(&x)).unwrap().unwrap();
        assert_eq!(again, settings.fit(&x).unwrap());
    }
}
