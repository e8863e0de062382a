use super::*;
use estimand_core::{Csr, PartialFit, Persist, Predict};
use estimand_par as par;
use ndarray::{Array1, Array2, Axis, array, s};
use rand::Rng;

fn blobs(n: usize, p: usize, k: usize, seed: u64) -> Array2<f64> {
    let mut stream = Seed(seed).stream(0);
    let places = Array2::from_shape_simple_fn((k, p), || stream.random_range(-10.0..10.0));
    Array2::from_shape_fn((n, p), |(i, j)| places[[i % k, j]] + stream.random_range(-0.5..0.5))
}

#[test]
fn steps_are_their_definition() {
    let x = blobs(120, 3, 4, 1);
    let start = x.slice(s![..4, ..]).to_owned();
    let w = Array1::from_shape_fn(120, |i| 0.5 + (i % 3) as f64);
    // Batches of everything: the first of them by `fit`, the others from outside.
    let fit = MiniBatchKMeans::new(4).init(&start).max_iter(1).reassignment_ratio(0.0);
    let mut model = fit.fit((&x, &[(); 120], &w)).unwrap();
    let (mut centers, mut counts) = (start, [0.0; 4]);
    for round in 0..4 {
        if round > 0 {
            let part = x.slice(s![30 * (round - 1)..30 * round, ..]).to_owned();
            let weights = w.slice(s![30 * (round - 1)..30 * round]).to_owned();
            model.partial_fit(Samples::from(&part).with_weights(weights.view())).unwrap();
        }
        let rows = if round == 0 { 0..120 } else { 30 * (round - 1)..30 * round };
        let distance = |i: usize, c: ndarray::ArrayView1<'_, f64>| (&x.row(i) - &c).mapv(|d| d * d).sum();
        let labels: Vec<usize> = rows
            .clone()
            .map(|i| crate::kmeans::points::least(centers.rows().into_iter().map(|c| distance(i, c))))
            .collect();
        for c in 0..4 {
            let own: Vec<usize> =
                rows.clone().zip(&labels).filter(|(_, l)| **l == c).map(|(i, _)| i).collect();
            let before = counts[c];
            counts[c] += own.iter().map(|i| w[*i]).sum::<f64>();
            let mut sum = &centers.row(c) * before;
            own.iter().for_each(|i| sum.scaled_add(w[*i], &x.row(*i)));
            centers.row_mut(c).assign(&(sum / counts[c]));
        }
        assert!((model.centers() - &centers).iter().all(|d| d.abs() < 1e-12));
        assert!(model.counts().iter().zip(&counts).all(|(a, b)| (a - b).abs() < 1e-10));
        assert!(round == 0 || model.labels().to_vec() == labels);
    }
}

#[test]
fn batches_find_the_groups_and_threads_do_not_matter() {
    let x = blobs(6000, 4, 6, 3);
    for init in [KMeansInit::PlusPlus, KMeansInit::Random] {
        let fit = || MiniBatchKMeans::new(6).init(init.clone()).batch_size(100).seed(2).fit(&x).unwrap();
        let once = par::with_threads(1, fit).unwrap();
        assert_eq!(par::with_threads(3, fit).unwrap(), once);
        assert_eq!(&once.predict(&x).unwrap(), once.labels());
        assert_eq!(MiniBatchKMeansModel::from_bytes(&once.to_bytes().unwrap()).unwrap(), once);
    }
    let model = MiniBatchKMeans::new(6).batch_size(100).fit(&x).unwrap();
    // Uniform within ±½: each row adds a twelfth for each column, and centres are nearly means.
    assert!(model.inertia() < 6000.0 * 4.0 / 12.0 * 1.05, "{}", model.inertia());
    let sparse = MiniBatchKMeans::new(6).batch_size(100).fit(&Csr::from_dense(x.view())).unwrap();
    assert!((sparse.centers() - model.centers()).iter().all(|d| d.abs() < 1e-9));
}

#[test]
fn a_centre_without_rows_is_put_elsewhere() {
    let x = blobs(400, 2, 4, 5);
    let mut start = x.slice(s![..4, ..]).to_owned();
    start.row_mut(3).fill(1e4);
    let fit = MiniBatchKMeans::new(4).init(&start).batch_size(50);
    let kept = fit.clone().reassignment_ratio(0.0).fit(&x).unwrap();
    let moved = fit.fit(&x).unwrap();
    assert_eq!(kept.centers().row(3).to_vec(), [1e4, 1e4]);
    assert!(moved.centers().iter().all(|c| c.abs() < 11.0));
    let counts = moved.labels().iter().fold([0; 4], |mut n, l| {
        n[*l] += 1;
        n
    });
    assert!(counts.iter().all(|n| *n > 0), "{counts:?}");
}

#[test]
fn rows_of_weight_zero_are_not_there_and_bad_input_is_refused() {
    let x = blobs(300, 2, 3, 7);
    let w = Array1::from_shape_fn(300, |i| f64::from(u8::from(i % 4 != 0)));
    let used = x.select(Axis(0), &(0..300).filter(|i| i % 4 != 0).collect::<Vec<_>>());
    let fit = MiniBatchKMeans::new(3).batch_size(40).seed(4);
    let (a, b) = (fit.fit((&x, &[(); 300], &w)).unwrap(), fit.fit(&used).unwrap());
    assert!((a.centers() - b.centers()).iter().all(|d| d.abs() < 1e-12));
    assert!(fit.fit(&array![[1.0, 2.0]]).unwrap_err().to_string().contains("n_clusters"));
    assert!(fit.clone().batch_size(0).fit(&x).unwrap_err().to_string().contains("batch_size"));
    let mut model = a;
    assert!(model.partial_fit(&array![[1.0]]).is_err());
    assert!(model.partial_fit(&array![[1.0, f64::NAN]]).is_err());
}
