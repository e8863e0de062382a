use super::*;
use estimand_core::{Csr, Persist};
use ndarray::array;

fn cloud(n: usize) -> Array2<f64> {
    let mut stream = Seed(7).stream(0);
    Array2::from_shape_fn((n, 2), |(i, j)| {
        [[0.0, 0.0], [9.0, 0.0], [0.0, 9.0]][i % 3][j] + stream.random::<f64>()
    })
}

#[test]
fn the_median_is_the_middle() {
    assert_eq!(median(&array![[3.0, 1.0], [2.0, 10.0]]), 2.5);
    assert_eq!(median(&array![[3.0, 1.0, 2.0]]), 2.0);
}

/// (1) and (2) as they are written, for a few rounds.
#[test]
fn rounds_are_their_definition() {
    let x = cloud(24);
    let settings = AffinityPropagation::new().damping(0.6).max_iter(7).preference(Some(-20.0));
    let mut s = settings.similarities((&x).into()).unwrap();
    s.diag_mut().fill(-20.0);
    let n = 24;
    let (mut r, mut a) = (Array2::<f64>::zeros((n, n)), Array2::<f64>::zeros((n, n)));
    for _ in 0..7 {
        let before = r.clone();
        for (i, k) in (0..n * n).map(|t| (t / n, t % n)) {
            let other =
                (0..n).filter(|l| *l != k).map(|l| a[[i, l]] + s[[i, l]]).fold(f64::NEG_INFINITY, f64::max);
            r[[i, k]] = 0.6 * before[[i, k]] + 0.4 * (s[[i, k]] - other);
        }
        let before = a.clone();
        for (i, k) in (0..n * n).map(|t| (t / n, t % n)) {
            let others: f64 = (0..n).filter(|l| *l != i && *l != k).map(|l| r[[l, k]].max(0.0)).sum();
            let speaks = if i == k { others } else { (r[[k, k]] + others).min(0.0) };
            a[[i, k]] = 0.6 * before[[i, k]] + 0.4 * speaks;
        }
    }
    let examples: Vec<usize> = (0..n).filter(|k| r[[*k, *k]] + a[[*k, *k]] > 0.0).collect();
    assert_eq!(settings.run(&s).examples, examples);
    assert!(!examples.is_empty() && examples.len() < n);
}

#[test]
fn groups_have_an_example_each() {
    let x = cloud(300);
    // Undamped, messages swing for ever.
    let settings = AffinityPropagation::new().damping(0.9).preference(Some(-30.0));
    let fit = || settings.fit(&x).unwrap();
    let model = par::with_threads(1, fit).unwrap();
    assert_eq!(par::with_threads(3, fit).unwrap(), model);
    assert_eq!(model.examples().len(), 3);
    assert!(model.report().converged && (0..300).all(|i| model.labels()[i] == model.labels()[i % 3]));
    assert_eq!(&model.predict(&x).unwrap(), model.labels());
    assert_eq!(AffinityPropagationModel::from_bytes(&model.to_bytes().unwrap()).unwrap(), model);
    // Each example is the row of its cluster with the least sum of squares.
    for (c, example) in model.examples().iter().enumerate() {
        let own: Vec<usize> = (0..300).filter(|i| model.labels()[*i] == c as i64).collect();
        let sum = |k: usize| own.iter().map(|i| (&x.row(*i) - &x.row(k)).mapv(|d| d * d).sum()).sum::<f64>();
        assert!(own.iter().all(|k| sum(*k) >= sum(*example)));
    }
    let given = settings.similarities((&x).into()).unwrap();
    let of_given = settings.clone().precomputed(true).fit(&given).unwrap();
    assert_eq!(of_given.labels(), model.labels());
    assert_eq!(of_given.predict(&given).unwrap(), model.predict(&x).unwrap());
}

#[test]
fn rows_that_nothing_tells_apart_and_bad_input() {
    let x = array![[1.0], [1.0], [1.0]];
    assert_eq!(AffinityPropagation::new().preference(Some(-1.0)).fit(&x).unwrap().labels(), array![0, 0, 0]);
    assert_eq!(AffinityPropagation::new().preference(Some(1.0)).fit(&x).unwrap().labels(), array![0, 1, 2]);
    let few = AffinityPropagation::new().max_iter(1).fit(&cloud(30)).unwrap();
    assert!(!few.report().converged);
    let says = |settings: AffinityPropagation, words: &str| {
        let error = settings.fit(&x).unwrap_err().to_string();
        assert!(error.contains(words), "{error}");
    };
    says(AffinityPropagation::new().damping(1.0), "damping");
    says(AffinityPropagation::new().damping(0.4), "damping");
    says(AffinityPropagation::new().precomputed(true), "similarities");
    assert!(AffinityPropagation::new().fit(&Csr::from_dense(x.view())).is_err());
    assert!(AffinityPropagation::new().fit((&x, &[(); 3], &array![1.0, 1.0, 1.0])).is_err());
}
