use super::*;
use estimand_core::random::{Seed, below};
use estimand_core::{Csr, Persist, Predict, PredictOne, Scratch, Transform, TransformOne};
use estimand_par as par;
use ndarray::{Array1, Axis, array, s};
use rand::Rng;

/// n rows around `k` random places, some of them the same row.
fn blobs(n: usize, p: usize, k: usize, spread: f64, seed: u64) -> Array2<f64> {
    let mut stream = Seed(seed).stream(0);
    let places = Array2::from_shape_simple_fn((k, p), || stream.random_range(-10.0..10.0));
    let mut x = Array2::zeros((n, p));
    for mut row in x.rows_mut() {
        let place = places.row(below(k, &mut stream));
        row.iter_mut()
            .zip(place)
            .for_each(|(x, c)| *x = c + spread * (stream.random::<f64>() + stream.random::<f64>() - 1.0));
    }
    for i in (0..n).step_by(17) {
        let twin = x.row(i / 2).to_owned();
        x.row_mut(i).assign(&twin);
    }
    x
}

/// Lloyd's iteration as it is defined, for comparison: labels, centres, inertia, iterations.
fn twin(
    x: &Array2<f64>,
    w: &[f64],
    mut centers: Array2<f64>,
    max_iter: usize,
) -> (Vec<usize>, Array2<f64>, f64, usize) {
    let distance = |i: usize, c: ndarray::ArrayView1<'_, f64>| (&x.row(i) - &c).mapv(|d| d * d).sum();
    let nearest = |centers: &Array2<f64>| -> Vec<usize> {
        (0..x.nrows()).map(|i| points::least(centers.rows().into_iter().map(|c| distance(i, c)))).collect()
    };
    let mut labels = vec![usize::MAX; x.nrows()];
    for iteration in 1..=max_iter {
        let next = nearest(&centers);
        for (c, mut center) in centers.rows_mut().into_iter().enumerate() {
            let rows: Vec<usize> = (0..x.nrows()).filter(|i| next[*i] == c).collect();
            let total: f64 = rows.iter().map(|i| w[*i]).sum();
            assert!(total > 0.0, "the twin knows no empty clusters");
            center.fill(0.0);
            rows.iter().for_each(|i| center.scaled_add(w[*i] / total, &x.row(*i)));
        }
        if next == labels || iteration == max_iter {
            labels = nearest(&centers);
            let inertia = (0..x.nrows()).map(|i| w[i] * distance(i, centers.row(labels[i]))).sum();
            return (labels, centers, inertia, iteration);
        }
        labels = next;
    }
    unreachable!()
}

#[test]
fn four_rows_by_hand() {
    // scikit-learn's own example: [0, 0], [0.5, 0], [0.5, 1], [1, 1] from the first and the last row.
    let x = array![[0.0, 0.0], [0.5, 0.0], [0.5, 1.0], [1.0, 1.0]];
    let w = array![3.0, 1.0, 1.0, 3.0];
    let start = array![[0.0, 0.0], [1.0, 1.0]];
    for algorithm in [KMeansAlgorithm::Lloyd, KMeansAlgorithm::Bounds] {
        let model = KMeans::new(2).init(&start).algorithm(algorithm).fit((&x, &[(); 4], &w));
        let model = model.unwrap();
        assert_eq!(model.labels().to_vec(), [0, 0, 1, 1]);
        assert_eq!(model.centers(), array![[0.125, 0.0], [0.875, 1.0]]);
        assert_eq!((model.inertia(), model.report().iterations), (0.375, 2));
    }
}

#[test]
fn a_cluster_without_rows_takes_the_farthest_one() {
    // From [2] and [-10], all rows go to the first; the second takes the row farthest from it.
    let x = array![[0.0], [0.5], [1.0], [9.0]];
    let model = KMeans::new(2).init(&array![[2.0], [-30.0]]).fit(&x).unwrap();
    assert_eq!(model.centers(), array![[0.5], [9.0]]);
    assert_eq!(model.labels().to_vec(), [0, 0, 0, 1]);
    assert_eq!(model.inertia(), 0.5);
    assert!(model.report().notes[0].contains("lost its rows"));
}

#[test]
fn fewer_different_rows_than_clusters_are_reported() {
    let x = array![[1.0], [1.0], [5.0], [5.0]];
    for init in [KMeansInit::PlusPlus, KMeansInit::Random] {
        let model = KMeans::new(3).init(init).fit(&x).unwrap();
        assert_eq!(model.inertia(), 0.0);
        assert!(
            model.report().notes.iter().any(|note| note.contains("only 2 clusters")),
            "{:?}",
            model.report()
        );
    }
    let constant = Array2::<f64>::ones((5, 2));
    assert_eq!(KMeans::new(5).fit(&constant).unwrap().labels().to_vec(), [0; 5]);
}

#[test]
fn bounds_change_nothing_but_time() {
    for (n, p, places, k, spread) in
        [(600, 3, 6, 5, 8.0), (3000, 2, 40, 40, 3.0), (1500, 7, 20, 90, 9.0), (900, 1, 9, 30, 2.0)]
    {
        for (shift, scale) in [(0.0, 1.0), (1e6, 1.0), (0.0, 1e-6), (-1e6, 1e6)] {
            let x = blobs(n, p, places, spread, k as u64) * scale + shift;
            let start = x.slice(s![..k * 3;3, ..]).to_owned();
            let settings = KMeans::new(k).init(&start).tol(0.0);
            let full = settings.clone().algorithm(KMeansAlgorithm::Lloyd).fit(&x).unwrap();
            let bounded = settings.clone().algorithm(KMeansAlgorithm::Bounds).fit(&x).unwrap();
            assert_eq!(full.labels(), bounded.labels());
            assert_eq!(full.centers(), bounded.centers());
            assert_eq!(full.report().iterations, bounded.report().iterations);
            assert_eq!(&bounded.predict(&x).unwrap(), bounded.labels());
            let mut scratch = Scratch::new();
            for (row, label) in x.rows().into_iter().zip(bounded.labels()) {
                assert_eq!(bounded.predict_one(row.to_slice().unwrap(), &mut scratch).unwrap(), *label);
            }
        }
    }
}

#[test]
fn the_iteration_is_its_definition() {
    for seed in 0..6 {
        let x = blobs(400, 4, 5, 6.0, seed);
        let mut stream = Seed(seed).stream(1);
        let w: Array1<f64> = Array1::from_shape_simple_fn(400, || stream.random_range(0.5..2.0));
        let start = x.slice(s![3..40;7, ..]).to_owned();
        for max_iter in [1, 2, 300] {
            let (labels, centers, inertia, iterations) =
                twin(&x, w.as_slice().unwrap(), start.clone(), max_iter);
            let model = KMeans::new(start.nrows())
                .init(&start)
                .tol(0.0)
                .max_iter(max_iter)
                .fit((&x, &vec![(); 400], &w))
                .unwrap();
            assert_eq!(model.labels().to_vec(), labels);
            // Means of a hundred rows, by differences to and fro.
            assert!((model.centers() - &centers).iter().all(|d| d.abs() < 1e-12));
            assert!((model.inertia() - inertia).abs() < 1e-10 * inertia);
            assert_eq!(model.report().iterations, iterations);
            assert_eq!(model.report().converged, max_iter == 300);
        }
    }
}

#[test]
fn inertia_never_rises() {
    let x = blobs(2000, 5, 12, 9.0, 3);
    let start = x.slice(s![..30, ..]).to_owned();
    let inertia =
        |rounds: usize| KMeans::new(30).init(&start).tol(0.0).max_iter(rounds).fit(&x).unwrap().inertia();
    let by_round: Vec<f64> = (1..12).map(inertia).collect();
    assert!(by_round.windows(2).all(|pair| pair[1] <= pair[0]), "{by_round:?}");
}

#[test]
fn weights_are_repetitions_and_sparse_rows_are_dense_ones() {
    let x = blobs(300, 3, 4, 5.0, 9).mapv(|v| if v.abs() < 2.0 { 0.0 } else { v });
    let w = Array1::from_shape_fn(300, |i| (i % 3) as f64);
    let rows: Vec<usize> = (0..300).flat_map(|i| vec![i; i % 3]).collect();
    let repeated = x.select(Axis(0), &rows);
    let settings = KMeans::new(4).init(x.slice(s![1..5, ..])).tol(0.0);
    let weighted = settings.fit((&x, &vec![(); 300], &w)).unwrap();
    let plain = settings.fit(&repeated).unwrap();
    assert!((weighted.centers() - plain.centers()).iter().all(|d| d.abs() < 1e-12));
    assert!((weighted.inertia() - plain.inertia()).abs() < 1e-9);

    let sparse = Csr::from_dense(x.view());
    let (dense, thin) = (settings.fit(&x).unwrap(), settings.fit(&sparse).unwrap());
    assert_eq!(dense.labels(), thin.labels());
    assert!((dense.centers() - thin.centers()).iter().all(|d| d.abs() < 1e-12));
    assert_eq!(thin.predict(&sparse).unwrap(), dense.predict(&x).unwrap());
    assert_eq!(KMeans::new(4).fit(&sparse).unwrap().labels().len(), 300);
}

#[test]
fn the_start_is_spread_out_and_the_same_for_any_number_of_threads() {
    let x = blobs(20_000, 6, 12, 0.5, 4);
    let fit = || KMeans::new(12).seed(5).fit(&x).unwrap();
    let once = par::with_threads(1, fit).unwrap();
    assert_eq!(par::with_threads(3, fit).unwrap(), once);
    // Greedy k-means++ finds all twelve places: each row lies within its own (half-width 0.5 by column).
    assert!(once.inertia() < 20_000.0 * 6.0 * 0.25, "{}", once.inertia());
    let random = KMeans::new(12).init(KMeansInit::Random).fit(&x).unwrap();
    assert!(random.report().notes[0].contains("best of 10"));
    let single = KMeans::new(12).seed(5).fit(&x.mapv(|v| v as f32)).unwrap();
    assert_eq!(single.predict(&x.mapv(|v| v as f32)).unwrap(), single.labels());
}

#[test]
fn distances_and_files() {
    let x = blobs(200, 3, 3, 2.0, 8);
    let model = KMeans::new(3).fit(&x).unwrap();
    let distances = model.transform(&x).unwrap();
    let (mut one, mut scratch) = (Vec::new(), Scratch::new());
    for (i, row) in x.rows().into_iter().enumerate() {
        model.transform_one(row.to_slice().unwrap(), &mut one, &mut scratch).unwrap();
        assert_eq!(distances.row(i).to_vec(), one);
        assert_eq!(points::least(one.iter().copied()), model.labels()[i]);
    }
    let score: f64 =
        distances.rows().into_iter().map(|row| row.fold(f64::INFINITY, |m, d| d.min(m)).powi(2)).sum();
    assert!((model.score(&x).unwrap() + score).abs() < 1e-9 && (score - model.inertia()).abs() < 1e-9);
    assert_eq!(KMeansModel::from_bytes(&model.to_bytes().unwrap()).unwrap(), model);
}

#[test]
fn bad_input_is_refused_in_words() {
    let x = array![[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]];
    let says = |outcome: Result<KMeansModel<f64>>, words: &str| {
        let error = outcome.unwrap_err().to_string();
        assert!(error.contains(words), "{error}");
    };
    says(KMeans::new(4).fit(&x), "n_clusters");
    says(KMeans::new(0).fit(&x), "n_clusters");
    says(KMeans::new(3).fit((&x, &[(); 3], &array![1.0, 1.0, 0.0])), "rows with weight, 2");
    says(KMeans::new(2).init(&array![[1.0], [2.0]]).fit(&x), "given centers");
    says(KMeans::new(2).init(&array![[1.0, f64::NAN], [2.0, 0.0]]).fit(&x), "NaN");
    says(KMeans::new(2).fit(&array![[1.0], [f64::NAN]]), "NaN");
    says(KMeans::new(2).fit(&array![[1e300], [-1e300], [0.0]]), "scale");
    says(KMeans::new(2).tol(-1.0).fit(&x), "tol");
    let model = KMeans::new(2).fit(&x).unwrap();
    assert!(model.predict(&array![[1.0]]).is_err() && model.predict(&array![[1.0, f64::INFINITY]]).is_err());
}

#[test]
fn distances_whose_squares_vanish_are_refused_and_equal_rows_are_not() {
    let x = blobs(40, 3, 3, 0.1, 1);
    for scale in [1e-165, 1e-300] {
        let tiny = &x * scale;
        let message = KMeans::new(3).fit(&tiny).unwrap_err().to_string();
        assert!(message.contains("scale the columns"), "{message}");
        assert!(KMeans::new(3).fit(&Csr::from_dense(tiny.view())).is_err());
    }
    assert_eq!(KMeans::new(1).fit(&Array2::from_elem((9, 2), 1e-165)).unwrap().inertia(), 0.0);
    assert_eq!(
        KMeans::new(3).fit(&(&x * 1e-120)).unwrap().labels(),
        KMeans::new(3).fit(&x).unwrap().labels()
    );
}
