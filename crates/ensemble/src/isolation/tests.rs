use super::*;
use estimand_core::{Csr, Persist};
use ndarray::{Array2, Axis, array};

/// Two clouds of points, the second of few.
fn clouds(n: usize) -> Array2<f64> {
    let mut stream = Seed(3).stream(0);
    let mut normal = || (0..12).map(|_| estimand_core::random::uniform(&mut stream)).sum::<f64>() - 6.0;
    Array2::from_shape_fn((n, 2), |(i, _)| if i % 20 == 0 { 8.0 + normal() } else { normal() })
}

#[test]
fn mean_depths_are_those_of_the_definition() {
    // c(m) by the recursion of a random search tree: the split leaves 1 … m − 1 rows on the left, each as likely.
    let mut c = vec![0.0, 0.0];
    for m in 2..300 {
        let mean =
            |m: usize| (1..m).map(|l| (l as f64 * c[l] + (m - l) as f64 * c[m - l]) / m as f64).sum::<f64>();
        c.push(1.0 + mean(m) / (m - 1) as f64);
    }
    for m in [2, 3, 10, 255, 256, 257, 258, 299] {
        assert!((mean_depth(m) - c[m]).abs() < 1.0 / UNIT, "{m}: {} {}", mean_depth(m), c[m]);
    }
}

#[test]
fn the_few_are_set_apart() {
    let x = clouds(400);
    let model = IsolationForest::new().contamination(Some(0.05)).fit(&x).unwrap();
    let found = model.predict(&x).unwrap();
    let far = |i: &usize| i.is_multiple_of(20);
    let hits = (0..400).filter(|i| far(i) && found[*i] < 0).count();
    assert!(hits >= 18, "{hits} of 20");
    assert_eq!(found.iter().filter(|v| **v < 0).count(), 20);
    // The decision is the score less the offset, and rows alone are as in a batch.
    let (scores, decisions) = (model.score_samples(&x).unwrap(), model.decision_function(&x).unwrap());
    for i in 0..400 {
        assert_eq!(decisions[i], scores[i] - model.offset());
        assert_eq!(model.predict_one(&x.row(i).to_vec(), &mut Scratch::new()).unwrap(), found[i]);
    }
    // Without a share, the threshold is one half.
    let plain = IsolationForest::new().fit(&x).unwrap();
    assert_eq!((plain.offset(), plain.max_samples()), (-0.5, 256));
    assert_eq!(plain.score_samples(&x).unwrap(), scores);
    assert_eq!(IsolationForestModel::<f64>::from_bytes(&model.to_bytes().unwrap()).unwrap(), model);
}

#[test]
fn weights_are_repetitions() {
    let x = clouds(120);
    let weights = Array1::from_shape_fn(120, |i| (i % 3) as f64);
    let rows: Vec<usize> = (0..120).flat_map(|i| std::iter::repeat_n(i, i % 3)).collect();
    let repeated = x.select(Axis(0), &rows);
    for settings in [
        IsolationForest::new().max_samples(40).n_trees(20).contamination(Some(0.1)),
        IsolationForest::new().max_samples(0.5).n_trees(20).bootstrap(true).max_features(1),
    ] {
        let samples = Samples::new((&x).into(), ()).with_weights(&weights);
        let (a, b) = (settings.fit(samples).unwrap(), settings.fit(&repeated).unwrap());
        assert_eq!(a.trees(), b.trees());
        assert!((a.offset() - b.offset()).abs() < 1e-15);
    }
    let many = Array1::from_elem(120, 1e9);
    let samples = Samples::new((&x).into(), ()).with_weights(&many);
    assert!(IsolationForest::new().n_trees(2).fit_samples(samples).is_ok());
    let all = IsolationForest::new().max_samples(1.0).fit_samples(samples).unwrap_err().to_string();
    assert!(all.contains("`max_samples`"), "{all}");
    let halves = Array1::from_elem(120, 0.5);
    let samples = Samples::new((&x).into(), ()).with_weights(&halves);
    assert!(
        Fit::<f64, ()>::fit_samples(&IsolationForest::new(), samples)
            .unwrap_err()
            .to_string()
            .contains("whole")
    );
}

#[test]
fn all_kinds_of_records_and_any_number_of_threads() {
    let x = clouds(150).mapv(|v| if v < 0.0 { 0.0 } else { v });
    let model = IsolationForest::new().n_trees(30).fit(&x).unwrap();
    let csr = Csr::from_dense(x.view());
    assert_eq!(IsolationForest::new().n_trees(30).fit(&csr).unwrap(), model);
    assert_eq!(model.score_samples(&csr).unwrap(), model.score_samples(&x).unwrap());
    for threads in [1, 2, 7] {
        let again =
            par::with_threads(threads, || IsolationForest::new().n_trees(30).fit(&x)).unwrap().unwrap();
        assert_eq!(again, model);
    }
    // Missing values have a side; infinite ones are refused; one row, or equal ones, have nothing to be set apart.
    let mut gaps = x.clone();
    gaps.column_mut(1).iter_mut().step_by(3).for_each(|v| *v = f64::NAN);
    let model = IsolationForest::new().n_trees(30).fit(&gaps).unwrap();
    assert!(model.score_samples(&gaps).unwrap().iter().all(|v| v.is_finite()));
    let infinite = array![[1.0, 2.0], [f64::INFINITY, 0.0]];
    assert!(IsolationForest::new().fit(&infinite).is_err() && model.predict(&infinite).is_err());
    assert!(model.predict_one(&[1.0, f64::INFINITY], &mut Scratch::new()).is_err());
    let one = IsolationForest::new().fit(&array![[1.0, 2.0]]).unwrap();
    assert_eq!(one.score_samples(&array![[1.0, 2.0]]).unwrap(), array![-0.5]);
    let same = IsolationForest::new().fit(&Array2::ones((9, 2))).unwrap();
    assert_eq!(same.predict(&array![[1.0, 1.0]]).unwrap(), array![1]);
    assert!(IsolationForest::new().max_samples(0).fit(&x).is_err());
}
