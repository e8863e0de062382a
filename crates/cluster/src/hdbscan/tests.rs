//! By hand, by a walk over all thresholds, predictions, single clusters, equal rows.

use super::*;
use estimand_core::{Predict, Seed, random::below};
use ndarray::{Array1, Array2, array};

/// Rows around centres, of different spreads, and some anywhere.
fn clumps(n: usize, p: usize, seed: u64) -> Array2<f64> {
    let mut stream = Seed(seed).stream(0);
    let mut uniform = || below(1 << 30, &mut stream) as f64 / f64::from(1 << 30);
    Array2::from_shape_fn((n, p), |(i, j)| match i % 4 {
        3 => 12.0 * uniform() - 3.0,
        c => {
            3.0 * c as f64 * f64::from(u8::from(j == c % p))
                + (0.3 + 0.2 * c as f64) * (uniform() + uniform() + uniform() - 1.5)
        }
    })
}

/// The rows that hang together by mutual reachability below a distance, as sets of rows.
fn sets_at(m: &Array2<f64>, distance: f64) -> Vec<usize> {
    let n = m.nrows();
    let mut set: Vec<usize> = (0..n).collect();
    for i in 0..n {
        for j in 0..i {
            if m[[i, j]] <= distance && set[i] != set[j] {
                let (from, to) = (set[i], set[j]);
                set.iter_mut().filter(|s| **s == from).for_each(|s| *s = to);
            }
        }
    }
    set
}

/// Where each cluster of the tree comes to be, its rows hang together just inside of that, and to nothing else; but for rows
/// that leave it there, by an edge of the same length.
#[test]
fn clusters_of_the_tree_are_components() {
    let x = clumps(120, 2, 1);
    let model = Hdbscan::new().min_cluster_size(6).min_samples(4).fit(&x).unwrap();
    let d = estimand_index::pairwise(&x, &x, &Metric::Euclidean).unwrap();
    let core: Vec<f64> = (0..120)
        .map(|i| {
            let mut row = d.row(i).to_vec();
            row.sort_by(f64::total_cmp);
            row[3]
        })
        .collect();
    let m = Array2::from_shape_fn((120, 120), |(i, j)| d[[i, j]].max(core[i]).max(core[j]));
    let tree = model.condensed_tree();
    assert!(tree.clusters.len() > 4 && tree.is_sound());
    for (c, cluster) in tree.clusters.iter().enumerate().skip(1) {
        let is_in = |i: usize| {
            let mut at = tree.left[i] as usize;
            while at > c {
                at = tree.clusters[at].parent as usize;
            }
            at == c
        };
        let rows: Vec<usize> = (0..120).filter(|i| is_in(*i)).collect();
        assert_eq!(rows.len(), cluster.size);
        let sets = sets_at(&m, 1.0 / cluster.birth * (1.0 - 1e-12));
        let lasting: Vec<usize> = rows.iter().copied().filter(|i| tree.lambda[*i] > cluster.birth).collect();
        let same: Vec<usize> = (0..120).filter(|i| sets[*i] == sets[lasting[0]]).collect();
        assert_eq!(same, lasting, "cluster {c}");
        let parent = &tree.clusters[cluster.parent as usize];
        assert!(parent.size >= cluster.size && parent.birth <= cluster.birth);
        let stability: f64 = rows.iter().map(|i| tree.lambda[*i].min(cluster.death) - cluster.birth).sum();
        assert!((stability - cluster.stability).abs() < 1e-9 * cluster.stability, "{stability} {cluster:?}");
    }
}

#[test]
fn labels_by_hand() {
    // Two clusters, the second of two parts that hang together more loosely.
    let x = array![[0.0], [1.0], [2.0], [20.0], [21.0], [22.0], [26.0], [27.0], [28.0], [60.0]];
    let settings = Hdbscan::new().min_cluster_size(3).min_samples(1);
    let labels = |settings: Hdbscan| settings.fit(&x).unwrap().labels().to_vec();
    // Stability 3 (1 − 1/18) against 3 (1 − 1/4) twice and 6 (1/4 − 1/18): the parts last longer.
    assert_eq!(labels(settings.clone()), [0, 0, 0, 1, 1, 1, 2, 2, 2, -1]);
    assert_eq!(
        labels(settings.clone().cluster_selection(ClusterSelection::Leaf)),
        [0, 0, 0, 1, 1, 1, 2, 2, 2, -1]
    );
    // Distance 4 is below ε: they are one.
    assert_eq!(labels(settings.clone().cluster_selection_epsilon(5.0)), [0, 0, 0, 1, 1, 1, 1, 1, 1, -1]);
    assert_eq!(labels(settings.clone().min_cluster_size(4)), [-1; 10]);
    let model = settings.fit(&x).unwrap();
    assert_eq!(model.probabilities().to_vec(), [1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 0.0]);
    assert_eq!(model.medoids(&x).unwrap(), [1, 4, 7]);
    assert_eq!(model.centroids(&x).unwrap(), array![[1.0], [21.0], [27.0]]);
    let scores = model.outlier_scores();
    assert!(scores[9] > 0.9 && scores.iter().take(9).all(|s| *s == 0.0), "{scores}");
}

#[test]
fn training_rows_are_predicted_as_they_are_labelled() {
    for selection in [ClusterSelection::Eom, ClusterSelection::Leaf] {
        for epsilon in [0.0, 0.4] {
            let x = clumps(400, 3, 2);
            let settings = Hdbscan::new().min_cluster_size(10).min_samples(5).cluster_selection(selection);
            let model = settings.cluster_selection_epsilon(epsilon).fit(&x).unwrap();
            let (labels, probabilities) = model.approximate_predict(&x).unwrap();
            assert_eq!(labels, model.labels());
            assert!(model.n_clusters() > 1);
            let below = |(p, own): (&f64, &f64)| *p >= own - 1e-12;
            assert!(probabilities.iter().zip(model.probabilities()).all(below));
            assert_eq!(model.predict(&x).unwrap(), labels);
        }
    }
}

#[test]
fn all_rows_may_be_one_cluster() {
    let x = clumps(300, 2, 3).slice(ndarray::s![..;4, ..]).to_owned();
    let settings = Hdbscan::new().min_cluster_size(30).min_samples(5);
    assert_eq!(settings.fit(&x).unwrap().n_clusters(), 0);
    let model = settings.allow_single_cluster(true).cluster_selection_epsilon(0.5).fit(&x).unwrap();
    assert_eq!(model.n_clusters(), 1);
    assert!(model.labels().iter().filter(|label| **label == 0).count() > 40);
}

#[test]
fn equal_rows_are_clusters() {
    let mut x = Array2::zeros((30, 2));
    x.slice_mut(ndarray::s![10..20, ..]).fill(1.0);
    x.slice_mut(ndarray::s![20.., ..]).fill(5.0);
    let model = Hdbscan::new().min_cluster_size(5).fit(&x).unwrap();
    let labels = Array1::from_shape_fn(30, |i| i as i64 / 10);
    assert_eq!(model.labels(), labels);
    assert!(model.probabilities().iter().all(|p: &f64| *p == 1.0));
    assert_eq!(model.predict(&x).unwrap(), labels);
    let one = Hdbscan::new().min_cluster_size(5).fit(&Array2::<f64>::ones((20, 2))).unwrap();
    assert_eq!(one.n_clusters(), 0);
}

#[test]
fn large_clusters_are_cut_when_asked() {
    let x = array![[0.0], [1.0], [2.0], [20.0], [21.0], [22.0], [23.5], [24.5], [25.5]];
    let settings = Hdbscan::new().min_cluster_size(3).min_samples(1);
    assert_eq!(settings.fit(&x).unwrap().n_clusters(), 2);
    let cut = settings.max_cluster_size(5).fit(&x).unwrap();
    assert_eq!(cut.labels().to_vec(), [0, 0, 0, 1, 1, 1, 2, 2, 2]);
}

#[test]
fn impossible_settings_are_refused() {
    let x = clumps(20, 2, 4);
    assert!(Hdbscan::new().min_samples(21).fit(&x).unwrap_err().to_string().contains("at most 20"));
    assert!(
        Hdbscan::new().min_cluster_size(1).fit(&x).is_err() && Hdbscan::new().alpha(0.0).fit(&x).is_err()
    );
    let weighted = Samples::<f64, ()>::from(&x);
    let weights = Array1::ones(20);
    assert!(
        Hdbscan::new()
            .fit_samples(weighted.with_weights(&weights))
            .unwrap_err()
            .to_string()
            .contains("weights")
    );
    let model = Hdbscan::new().fit(&x).unwrap();
    assert!(model.medoids(&clumps(19, 2, 4)).is_err() && model.predict(&clumps(3, 3, 4)).is_err());
}

#[test]
fn a_file_that_asks_for_more_neighbours_than_rows_is_refused() {
    use estimand_core::Persist;
    let text = Hdbscan::new().fit(&clumps(30, 2, 1)).unwrap().to_json().unwrap();
    assert!(HdbscanModel::<f64>::from_json(&text).is_ok());
    for lie in ["0", "31", "18446744073709551615"] {
        let forged = text.replacen("\"min_samples\":5", &format!("\"min_samples\":{lie}"), 1);
        assert_ne!(forged, text);
        assert!(HdbscanModel::<f64>::from_json(&forged).is_err(), "{lie}");
    }
}
