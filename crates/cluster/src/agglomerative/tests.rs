use super::model::Join;
use super::*;
use estimand_core::Persist;
use estimand_core::random::Seed;
use estimand_par as par;
use ndarray::{Array1, Axis, array};
use rand::Rng;

const ALL: [Linkage; 4] = [Linkage::Ward, Linkage::Complete, Linkage::Average, Linkage::Single];

fn cloud(n: usize, p: usize, seed: u64) -> Array2<f64> {
    let mut stream = Seed(seed).stream(0);
    let places: Array2<f64> = Array2::from_shape_simple_fn((5, p), || stream.random_range(-5.0..5.0));
    Array2::from_shape_fn((n, p), |(i, j)| places[[i % 5, j]] + stream.random_range(-1.0..1.0))
}

/// All pairs of clusters looked through at every step, by the definition of the distance.
fn twin(x: &Array2<f64>, linkage: Linkage) -> Vec<(Vec<usize>, f64)> {
    let apart = |a: &[usize], b: &[usize]| -> f64 {
        let pairs = || a.iter().flat_map(|i| b.iter().map(move |j| (i, j)));
        let between = |(i, j): (&usize, &usize)| (&x.row(*i) - &x.row(*j)).mapv(|d| d * d).sum().sqrt();
        match linkage {
            Linkage::Single => pairs().map(between).fold(f64::INFINITY, f64::min),
            Linkage::Complete => pairs().map(between).fold(0.0, f64::max),
            Linkage::Average => pairs().map(between).sum::<f64>() / (a.len() * b.len()) as f64,
            Linkage::Ward => {
                let mean = |c: &[usize]| x.select(Axis(0), c).mean_axis(Axis(0)).unwrap();
                let (m, n) = (a.len() as f64, b.len() as f64);
                (2.0 * m * n / (m + n) * (mean(a) - mean(b)).mapv(|d| d * d).sum()).sqrt()
            }
        }
    };
    let mut clusters: Vec<Vec<usize>> = (0..x.nrows()).map(|i| vec![i]).collect();
    let mut joins = Vec::new();
    while clusters.len() > 1 {
        let mut best = (f64::INFINITY, 0, 0);
        for j in 0..clusters.len() {
            for i in 0..j {
                let d = apart(&clusters[i], &clusters[j]);
                if d < best.0 {
                    best = (d, i, j);
                }
            }
        }
        let mut joined = clusters.swap_remove(best.2);
        joined.extend(&clusters[best.1]);
        joined.sort_unstable();
        clusters[best.1] = joined.clone();
        joins.push((joined, best.0));
    }
    joins
}

/// The rows of each join, sorted, and its distance.
fn rows_of(model: &AgglomerativeModel, n: usize) -> Vec<(Vec<usize>, f64)> {
    let mut clusters: Vec<Vec<usize>> = (0..n).map(|i| vec![i]).collect();
    for pair in model.children() {
        let mut joined: Vec<usize> = pair.iter().flat_map(|c| clusters[*c].clone()).collect();
        joined.sort_unstable();
        clusters.push(joined);
    }
    clusters.split_off(n).into_iter().zip(model.distances().iter().copied()).collect()
}

fn same(a: &[(Vec<usize>, f64)], b: &[(Vec<usize>, f64)]) {
    assert_eq!(a.len(), b.len());
    for (a, b) in a.iter().zip(b) {
        assert_eq!(a.0, b.0);
        // Means and averages are summed in another order.
        assert!((a.1 - b.1).abs() <= 1e-12 * (1.0 + a.1), "{} {}", a.1, b.1);
    }
}

#[test]
fn every_linkage_is_its_definition() {
    for linkage in ALL {
        for (n, p) in [(1, 2), (2, 1), (60, 3), (41, 9)] {
            let x = cloud(n, p, n as u64);
            let model = AgglomerativeClustering::new(1).linkage(linkage).fit(&x).unwrap();
            same(&rows_of(&model, n), &twin(&x, linkage));
        }
    }
}

#[test]
fn a_table_that_shrinks_and_neighbours_all_round_change_nothing() {
    let x = cloud(300, 3, 4);
    let all = Csr::from_dense(Array2::ones((300, 300)).view());
    for linkage in ALL {
        let settings = AgglomerativeClustering::new(5).linkage(linkage);
        let fit = || settings.fit(&x).unwrap();
        let model = par::with_threads(1, fit).unwrap();
        assert_eq!(par::with_threads(3, fit).unwrap(), model);
        assert_eq!(AgglomerativeModel::from_bytes(&model.to_bytes().unwrap()).unwrap(), model);
        assert!(model.distances().windows(2).all(|pair| pair[0] <= pair[1]));
        assert!(model.labels().iter().enumerate().all(|(i, label)| *label == i % 5));
        let among = settings.connectivity(Some(all.clone())).fit(&x).unwrap();
        same(&rows_of(&among, 300), &rows_of(&model, 300));
        if linkage != Linkage::Ward {
            let given = pairwise(&x, &x, &Metric::Euclidean).unwrap();
            let of_given =
                AgglomerativeClustering::new(5).linkage(linkage).precomputed(true).fit(&given).unwrap();
            assert_eq!(of_given.children(), model.children());
        }
    }
}

#[test]
fn rows_farther_and_farther_apart_are_joined_one_by_one() {
    // A round finds one pair only, so that the chain takes the rest.
    let at = |k: usize| 2.5_f64.powi(k as i32);
    let x = Array2::from_shape_fn((300, 1), |(i, _)| at(i * 7 % 300));
    let given = pairwise(&x, &x, &Metric::Euclidean).unwrap();
    for linkage in [Linkage::Complete, Linkage::Average, Linkage::Single] {
        let settings = AgglomerativeClustering::new(2).linkage(linkage).precomputed(true);
        let model = settings.fit(&given).unwrap();
        for (distance, k) in model.distances().iter().zip(1..) {
            let truth = match linkage {
                Linkage::Complete => at(k) - at(0),
                Linkage::Single => at(k) - at(k - 1),
                _ => at(k) - (0..k).map(at).sum::<f64>() / k as f64,
            };
            assert!((distance / truth - 1.0).abs() < 1e-12, "{linkage:?} {k}: {distance} {truth}");
        }
        assert_eq!(model.labels().iter().filter(|label| **label == 1).count(), 1);
    }
}

#[test]
fn joins_that_are_not_neighbours_wait() {
    // Rows 0 and 1 are nearest, but only neighbours in the ring 0 2 1 3 are joined.
    let x = array![[0.0], [0.1], [1.0], [3.0]];
    let ring = Csr::from_triplets(4, 4, [(0, 2, 1.0), (2, 1, 1.0), (1, 3, 1.0)]).unwrap();
    let model =
        AgglomerativeClustering::new(2).linkage(Linkage::Single).connectivity(Some(ring)).fit(&x).unwrap();
    assert_eq!(model.children()[0], [1, 2]);
    assert_eq!(model.labels().to_vec(), [0, 0, 0, 1]);
    // Two parts are connected by their nearest rows.
    let parts = Csr::from_triplets(4, 4, [(0, 1, 1.0), (2, 3, 1.0)]).unwrap();
    let model = AgglomerativeClustering::new(2).connectivity(Some(parts)).fit(&x).unwrap();
    assert_eq!(model.labels().to_vec(), [0, 0, 0, 1]);
    assert!(model.report().notes[0].contains("2 parts"));
}

#[test]
fn weights_are_repetitions() {
    let x = cloud(60, 3, 8);
    let w = Array1::from_shape_fn(60, |i| 1.0 + (i % 3) as f64);
    let rows: Vec<usize> = (0..60).flat_map(|i| vec![i; 1 + i % 3]).collect();
    let repeated = x.select(Axis(0), &rows);
    // Neighbours by number, and the repetitions of a row.
    let near = |rows: &[usize]| {
        let is_near = |(i, j): (usize, usize)| f64::from(u8::from(rows[i].abs_diff(rows[j]) < 4));
        Csr::from_dense(Array2::from_shape_fn((rows.len(), rows.len()), is_near).view())
    };
    let every: Vec<usize> = (0..60).collect();
    for linkage in ALL {
        for (few, many) in [(None, None), (Some(near(&every)), Some(near(&rows)))] {
            let settings = AgglomerativeClustering::new(4).linkage(linkage);
            let weighted = settings.clone().connectivity(few).fit((&x, &[(); 60], &w)).unwrap();
            let plain = settings.connectivity(many).fit(&repeated).unwrap();
            assert_eq!(
                rows.iter().map(|i| weighted.labels()[*i]).collect::<Vec<_>>(),
                plain.labels().to_vec()
            );
            let (zero, apart) = plain.distances().split_at(60);
            assert!(zero.iter().all(|d| *d == 0.0), "{linkage:?}");
            assert!(apart.iter().zip(weighted.distances()).all(|(a, b)| (a - b).abs() < 1e-12 * a));
        }
    }
}

#[test]
fn the_tree_is_cut_by_number_or_by_distance() {
    let x = array![[0.0], [1.0], [10.0], [12.0], [50.0]];
    let settings = AgglomerativeClustering::new(9).linkage(Linkage::Complete);
    let model = settings.distance_threshold(Some(12.0)).fit(&x).unwrap();
    assert_eq!(model.distances(), [1.0, 2.0, 12.0, 50.0]);
    assert_eq!((model.labels().to_vec(), model.n_clusters()), (vec![0, 0, 1, 1, 2], 3));
    assert_eq!(model.cut_at(12.5).to_vec(), [0, 0, 0, 0, 1]);
    assert_eq!(model.cut(5).unwrap().to_vec(), [0, 1, 2, 3, 4]);
    assert!(model.cut(0).is_err() && model.cut(6).is_err());
    let tree =
        Tree::sorted(3, vec![Join { rows: [2, 1], distance: 4.0 }, Join { rows: [0, 1], distance: 3.0 }]);
    assert_eq!(tree.children, [[0, 1], [2, 3]]);
}

#[test]
fn bad_input_is_refused_in_words() {
    let x = array![[0.0, 1.0], [2.0, 3.0], [4.0, 9.0]];
    let says = |settings: AgglomerativeClustering, words: &str| {
        let error = settings.fit(&x).unwrap_err().to_string();
        assert!(error.contains(words), "{error}");
    };
    let new = AgglomerativeClustering::new;
    says(new(4), "n_clusters");
    says(new(2).metric(Metric::Manhattan), "ward");
    says(new(2).precomputed(true), "ward");
    says(new(2).linkage(Linkage::Single).precomputed(true), "columns of the distances");
    says(new(2).connectivity(Some(Csr::from_dense(Array2::ones((2, 2)).view()))), "connectivity");
    says(new(2).distance_threshold(Some(-1.0)), "distance_threshold");
    let error = new(1).linkage(Linkage::Single).precomputed(true).fit(&array![[0.0, -1.0], [-1.0, 0.0]]);
    assert!(error.unwrap_err().to_string().contains("row 0 and row 1"));
    let error = new(1).fit((&x, &[(); 3], &array![1.0, 0.0, 1.0])).unwrap_err().to_string();
    assert!(error.contains("that of row 1"), "{error}");
    assert!(new(1).fit(&Csr::from_dense(x.view())).is_err());
}

#[test]
fn weights_of_any_size_scale_the_distances_of_ward() {
    let x = array![[0.0], [1.0], [4.0], [9.0]];
    let chain = Csr::from_triplets(4, 4, [(0, 1, 1.0), (1, 2, 1.0), (2, 3, 1.0)]).unwrap();
    for settings in
        [AgglomerativeClustering::new(2), AgglomerativeClustering::new(2).connectivity(Some(chain.clone()))]
    {
        let plain = settings.fit(&x).unwrap();
        for power in [-1000, -500, 500, 1000] {
            let weights = Array1::from_elem(4, f64::powi(2.0, power));
            let model = settings.fit((&x, &[(); 4], &weights)).unwrap();
            let root = f64::powi(2.0, power / 2);
            assert_eq!(model.distances(), plain.distances().iter().map(|d| d * root).collect::<Vec<_>>());
            assert_eq!(model.labels(), plain.labels());
        }
    }
}

#[test]
fn distances_that_are_none_are_refused_and_those_from_above_count() {
    let x = Array2::from_shape_fn((7, 1), |(i, _)| i as f64 * if i < 4 { 1.0 } else { 1.3 });
    let none = |gap: f64| {
        Metric::own(
            "gap",
            false,
            move |a, b| if (a[0] - b[0]).abs() > gap { f64::NAN } else { (a[0] - b[0]).abs() },
        )
    };
    for linkage in [Linkage::Complete, Linkage::Average] {
        let settings = AgglomerativeClustering::new(2).linkage(linkage);
        let refused = settings.metric(none(0.5)).fit(&x).unwrap_err().to_string();
        assert!(refused.contains("rows 0 and 1 have no distance"), "{linkage:?}: {refused}");
    }
    // Round and round: each row is nearest to the one before it.
    let round = Metric::own("circle", false, |a, b| (b[0] - a[0]).rem_euclid(3.0));
    let given = Array2::from_shape_fn((7, 7), |(i, j)| (x[[i.max(j), 0]] - x[[i.min(j), 0]]).rem_euclid(3.0));
    for linkage in [Linkage::Complete, Linkage::Average] {
        let settings = AgglomerativeClustering::new(2).linkage(linkage);
        let model = settings.clone().metric(round.clone()).fit(&x).unwrap();
        assert_eq!(model.distances(), settings.precomputed(true).fit(&given).unwrap().distances());
    }
}
