use super::*;
use estimand_core::{Csr, Persist};
use ndarray::array;
use rand::Rng;

fn cloud(n: usize, p: usize, seed: u64) -> Array2<f64> {
    let mut stream = Seed(seed).stream(0);
    Array2::from_shape_fn((n, p), |(i, _)| (i % 4) as f64 * 3.0 + stream.random::<f64>() * 4.0)
}

fn cost(d: &Array2<f64>, w: &[f64], medoids: &[usize]) -> f64 {
    (0..w.len()).map(|i| w[i] * medoids.iter().map(|m| d[[i, *m]]).fold(f64::INFINITY, f64::min)).sum()
}

#[test]
fn no_exchange_is_left_and_the_best_of_few_rows_is_found() {
    for (seed, metric) in
        [Metric::Euclidean, Metric::Manhattan, Metric::Cosine, Metric::Chebyshev].into_iter().enumerate()
    {
        let x = cloud(60, 3, seed as u64) + 1.0;
        let d = pairwise(&x, &x, &metric).unwrap();
        let w = Array1::from_shape_fn(60, |i| 1.0 + (i % 3) as f64);
        for init in [KMedoidsInit::Build, KMedoidsInit::Random, KMedoidsInit::Given(vec![3, 1, 2, 0])] {
            let fit =
                KMedoids::new(4).metric(metric.clone()).init(init).seed(2).fit((&x, &[(); 60], &w)).unwrap();
            let w = w.as_slice().unwrap();
            assert!((fit.inertia() - cost(&d, w, fit.medoids())).abs() < 1e-9);
            for (place, row) in (0..4).flat_map(|place| (0..60).map(move |row| (place, row))) {
                let mut other = fit.medoids().to_vec();
                other[place] = row;
                assert!(cost(&d, w, &other) >= fit.inertia() - 1e-9);
            }
        }
    }
    let x = cloud(12, 2, 9);
    let d = pairwise(&x, &x, &Metric::Euclidean).unwrap();
    let pairs = (0..12).flat_map(|a| (0..a).map(move |b| [a, b]));
    let best = pairs.map(|pair| cost(&d, &[1.0; 12], &pair)).fold(f64::INFINITY, f64::min);
    assert!((KMedoids::new(2).fit(&x).unwrap().inertia() - best).abs() < 1e-12);
    let one = (0..12).map(|a| cost(&d, &[1.0; 12], &[a])).fold(f64::INFINITY, f64::min);
    assert!((KMedoids::new(1).init(KMedoidsInit::Random).fit(&x).unwrap().inertia() - one).abs() < 1e-12);
}

#[test]
fn given_distances_threads_and_files_change_nothing() {
    let x = cloud(900, 3, 5);
    let fit = || KMedoids::new(4).fit(&x).unwrap();
    let model = par::with_threads(1, fit).unwrap();
    assert_eq!(par::with_threads(3, fit).unwrap(), model);
    let d = pairwise(&x, &x, &Metric::Euclidean).unwrap();
    let given = KMedoids::new(4).precomputed(true).fit(&d).unwrap();
    assert_eq!((given.medoids(), given.labels()), (model.medoids(), model.labels()));
    assert_eq!(given.predict(&d).unwrap(), model.predict(&x).unwrap());
    assert_eq!(KMedoidsModel::from_bytes(&model.to_bytes().unwrap()).unwrap(), model);
    assert_eq!(
        model.transform(&x).unwrap()[[7, model.labels()[7]]],
        d[[7, model.medoids()[model.labels()[7]]]]
    );
}

#[test]
fn as_many_clusters_as_rows_and_bad_input() {
    let x = array![[1.0], [1.0], [4.0]];
    let all = KMedoids::new(3).fit(&x).unwrap();
    assert_eq!((all.medoids(), all.inertia()), (&[0, 1, 2][..], 0.0));
    let says = |settings: KMedoids, words: &str| {
        let error = settings.fit(&x).unwrap_err().to_string();
        assert!(error.contains(words), "{error}");
    };
    says(KMedoids::new(4), "n_clusters");
    says(KMedoids::new(2).init(KMedoidsInit::Given(vec![1, 1])), "2 different rows");
    says(KMedoids::new(2).init(KMedoidsInit::Given(vec![1, 3])), "2 different rows");
    says(KMedoids::new(2).precomputed(true), "columns of the distances");
    says(KMedoids::new(2).metric(Metric::Mahalanobis(None)), "variances");
    assert!(KMedoids::new(1).fit(&Csr::from_dense(x.view())).is_err());
    let missing = array![[1.0, f64::NAN], [f64::NAN, 2.0], [1.0, 1.0]];
    assert!(
        KMedoids::new(1)
            .metric(Metric::NanEuclidean)
            .fit(&missing)
            .unwrap_err()
            .to_string()
            .contains("without a distance")
    );
}
