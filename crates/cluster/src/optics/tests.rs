//! By hand, extraction, errors. Orders and reachabilities are tested where they are made.

use super::*;
use estimand_core::Persist;
use ndarray::{Array2, array};

/// The example of scikit-learn's documentation.
#[test]
fn clusters_within_clusters() {
    let x = array![[1.0, 2.0], [2.0, 5.0], [3.0, 6.0], [8.0, 7.0], [8.0, 8.0], [7.0, 3.0]];
    let model = Optics::new().min_samples(2).fit(&x).unwrap();
    assert_eq!(model.hierarchy(), [(0, 2), (3, 5), (0, 5)]);
    assert_eq!(model.predecessor(), [None, Some(0), Some(1), Some(5), Some(3), Some(2)]);
    let plot: Vec<f64> = model.reachability_plot().iter().map(|r| r * r).collect();
    approx::assert_relative_eq!(plot[1..], [10.0, 2.0, 25.0, 17.0, 1.0], max_relative = 1e-15);
    assert!(plot[0].is_infinite());
    let loaded = OpticsModel::from_bytes(&model.to_bytes().unwrap()).unwrap();
    assert_eq!(loaded, model);
    assert_eq!(OpticsModel::from_json(&model.to_json().unwrap()).unwrap(), model);
}

/// Evenly spaced rows, a gap, evenly spaced rows, and one far away.
fn two_lines() -> Array2<f64> {
    let places = (0..10).map(f64::from).chain((0..10).map(|i| 30.0 + f64::from(i) / 2.0)).chain([99.0]);
    Array2::from_shape_vec((21, 1), places.collect()).unwrap()
}

#[test]
fn lines_are_told_apart() {
    let lines = |last: i64| (0..21).map(|i| [0, 1, last][i / 10]).collect::<Array1<i64>>();
    let model = Optics::new().min_samples(3).fit(&two_lines()).unwrap();
    // The last row was reached from the second line, and nothing comes after it.
    assert_eq!(model.labels(), lines(1));
    // The first row of a line is a border row that comes before the core rows near it.
    let cut = |first: std::ops::Range<usize>, second: std::ops::Range<usize>| {
        let label = |i: usize| {
            if first.contains(&i) {
                0
            } else if second.contains(&i) {
                1
            } else {
                -1
            }
        };
        (0..21).map(label).collect::<Array1<i64>>()
    };
    assert_eq!(model.extract(&Extraction::Dbscan(1.0)).unwrap(), cut(1..10, 10..20));
    // At half of that distance the rows of the first line are no neighbours.
    assert_eq!(model.extract(&Extraction::Dbscan(0.5)).unwrap(), cut(11..20, 0..0));
    let near = Optics::new().min_samples(3).max_eps(5.0).fit(&two_lines()).unwrap();
    assert_eq!(near.labels(), lines(-1));
    let dbscan = crate::Dbscan::new().eps(1.0).min_samples(3).fit(&two_lines()).unwrap();
    assert_eq!(dbscan.labels(), lines(-1));
}

#[test]
fn nothing_within_reach_is_noise() {
    let model = Optics::new().min_samples(2).max_eps(0.1).fit(&two_lines()).unwrap();
    assert!(model.labels().iter().all(|label| *label == -1));
    assert!(model.report().notes[0].contains("max_eps"));
}

#[test]
fn impossible_settings_are_refused() {
    let x = two_lines();
    let said = |settings: Optics| settings.fit(&x).unwrap_err().to_string();
    assert!(said(Optics::new().min_samples(22)).contains("the number of rows"));
    assert!(said(Optics::new().min_samples(1)).contains("at least 2"));
    assert!(said(Optics::new().max_eps(-1.0)).contains("max_eps"));
    let xi = |xi, size| Extraction::Xi { xi, min_cluster_size: size, predecessor_correction: true };
    assert!(said(Optics::new().extraction(xi(1.0, None))).contains("share inside"));
    assert!(said(Optics::new().extraction(xi(0.05, Some(1)))).contains("min_cluster_size"));
    assert!(said(Optics::new().max_eps(2.0).extraction(Extraction::Dbscan(3.0))).contains("max_eps = 2"));
}
