use super::*;
use estimand_core::random::Seed;
use estimand_core::{Csr, Persist};
use ndarray::{Axis, array};
use rand::Rng;

fn cloud(n: usize) -> Array2<f64> {
    let mut stream = Seed(3).stream(0);
    Array2::from_shape_fn((n, 3), |(i, j)| {
        [[0.0, 0.0, 0.0], [9.0, 0.0, 3.0], [0.0, 9.0, -3.0]][i % 3][j] + stream.random::<f64>()
    })
}

#[test]
fn small_clusters_hold_every_row_within_the_threshold() {
    let x = cloud(900);
    for most in [2, 3, 50] {
        let model = Birch::new().threshold(0.2).branching_factor(most).n_clusters(None).fit(&x).unwrap();
        let m = model.subcluster_centers().nrows();
        assert!((30..900).contains(&m), "{m}");
        let grouped = Birch::new().threshold(0.2).branching_factor(most).fit(&x).unwrap();
        assert!((0..900).all(|i| grouped.labels()[i] == grouped.labels()[i % 3]));
        assert_eq!((grouped.n_clusters(), &grouped.predict(&x).unwrap()), (3, grouped.labels()));
        assert_eq!(BirchModel::from_bytes(&grouped.to_bytes().unwrap()).unwrap(), grouped);
    }
}

#[test]
fn a_tree_that_cannot_be_is_not_loaded() {
    let mut model = Birch::new().threshold(0.2).branching_factor(3).fit(&cloud(90)).unwrap();
    assert!(model.tree.is_sound(model.clusters.len(), 3));
    let above = &mut model.tree.nodes[model.tree.root];
    above.features[0].below = Some(model.tree.root);
    assert!(
        BirchModel::<f64>::from_bytes(&model.to_bytes().unwrap()).unwrap_err().to_string().contains("tree")
    );
}

#[test]
fn sums_are_those_of_the_rows() {
    // Everything in one small cluster: its mean is that of all rows.
    let x = cloud(300);
    let model = Birch::new().threshold(99.0).n_clusters(None).fit(&x).unwrap();
    let mean = x.mean_axis(Axis(0)).unwrap();
    assert!((&model.subcluster_centers().row(0) - &mean).iter().all(|d| d.abs() < 1e-12));
    // Every row its own.
    let model = Birch::new().threshold(1e-9).branching_factor(3).n_clusters(None).fit(&x).unwrap();
    assert_eq!(model.subcluster_centers().nrows(), 300);
    assert!((0..300).all(|i| {
        (&model.subcluster_centers().row(model.labels()[i]) - &x.row(i)).iter().all(|d| d.abs() < 1e-12)
    }));
}

#[test]
fn the_radius_decides_by_hand() {
    // 0 and 1: mean ½, radius ½: together at 0.5; 3 would make it 1.25.
    let x: Array2<f64> = array![[0.0], [1.0], [3.0], [2.9]];
    let model = Birch::new().n_clusters(None).fit(&x).unwrap();
    assert_eq!(model.labels().to_vec(), [0, 0, 1, 1]);
    assert!((model.subcluster_centers()[[1, 0]] - 2.95).abs() < 1e-15);
    let few = Birch::new().n_clusters(Some(3)).fit(&x).unwrap();
    assert!(few.report().notes[1].contains("fewer than the 3 clusters"));
}

#[test]
fn bad_input_is_refused_in_words() {
    let x = array![[0.0, 1.0], [2.0, 3.0]];
    assert!(Birch::new().threshold(0.0).fit(&x).unwrap_err().to_string().contains("threshold"));
    assert!(Birch::new().branching_factor(1).fit(&x).unwrap_err().to_string().contains("branching_factor"));
    assert!(Birch::new().fit(&Csr::from_dense(x.view())).is_err());
    assert!(Birch::new().fit((&x, &[(); 2], &array![1.0, 1.0])).unwrap_err().to_string().contains("weights"));
}
