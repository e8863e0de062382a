use super::*;
use estimand_core::{Classifier, Fit, PartialFit, Persist, Predict, PredictProba};
use ndarray::{Array1, array, s};
use proptest::prelude::*;

/// Densities one by one, from two passes over the rows of each class.
fn twin(x: &Array2<f64>, y: &[usize], w: &[f64], k: usize, smoothing: f64, ask: &Array2<f64>) -> Array2<f64> {
    let p = x.ncols();
    let moments = |j: usize, of: &dyn Fn(usize) -> bool| {
        let rows: Vec<usize> = (0..y.len()).filter(|i| of(*i)).collect();
        let total: f64 = rows.iter().map(|i| w[*i]).sum();
        let mean = rows.iter().map(|i| w[*i] * x[[*i, j]]).sum::<f64>() / total;
        (total, mean, rows.iter().map(|i| w[*i] * (x[[*i, j]] - mean).powi(2)).sum::<f64>() / total)
    };
    let epsilon = smoothing * (0..p).map(|j| moments(j, &|_| true).2).fold(0.0, f64::max);
    let total: f64 = w.iter().sum();
    Array2::from_shape_fn((ask.nrows(), k), |(i, c)| {
        (0..p).fold((moments(0, &|r| y[r] == c).0 / total).ln(), |sum, j| {
            let (_, mean, variance) = moments(j, &|r| y[r] == c);
            let v = variance + epsilon;
            sum - 0.5 * (std::f64::consts::TAU * v).ln() - (ask[[i, j]] - mean).powi(2) / (2.0 * v)
        })
    })
}

fn numbers(n: usize, p: usize, seed: u64) -> Array2<f64> {
    Array2::from_shape_fn((n, p), |(i, j)| {
        let t = (seed as f64 + 1.0) * ((i * 31 + j * 17) as f64 + 0.7);
        4.0 * (t.sin() * 43_758.545_3).fract() + (i % 3) as f64
    })
}

#[test]
fn a_case_by_hand() {
    // Class 0: mean 1, variance 1; class 1: mean 4, variance 4.
    let (x, y) = (array![[0.0], [2.0], [2.0], [6.0]], [0, 0, 1, 1]);
    let model = GaussianNb::new().var_smoothing(0.0).fit((&x, &y)).unwrap();
    assert_eq!((model.theta(), model.var()), (array![[1.0], [4.0]].view(), array![[1.0], [4.0]]));
    let joint = model.joint_log_likelihood(&array![[2.0]]).unwrap();
    let constant = 0.5_f64.ln() - 0.5 * std::f64::consts::TAU.ln();
    let truth = array![[constant - 0.5, constant - 4.0_f64.ln() / 2.0 - 0.5]];
    assert!((&joint - &truth).iter().all(|d: &f64| d.abs() < 1e-15));
    // The odds at 2 are those of the densities: e^(−½) to e^(−½) / 2.
    assert!((model.predict_proba(&array![[2.0]]).unwrap()[[0, 0]] - 2.0 / 3.0).abs() < 1e-15);
    // ε is a share of the largest variance over all rows: 25 / 4 − … = 4.75.
    let smoothed = GaussianNb::new().var_smoothing(0.1).fit((&x, &y)).unwrap();
    assert!((smoothed.epsilon() - 0.475).abs() < 1e-15 && (smoothed.var()[[0, 0]] - 1.475_f64).abs() < 1e-15);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn scores_are_those_of_the_densities(n in 12..80_usize, p in 1..12_usize, seed in 0..99_u64, weighted in any::<bool>()) {
        let (x, y): (_, Vec<usize>) = (numbers(n, p, seed) + 1e3, (0..n).map(|i| i % 3).collect());
        let w: Vec<f64> = (0..n).map(|i| if weighted { 0.5 + (i % 4) as f64 } else { 1.0 }).collect();
        let settings = GaussianNb::new().var_smoothing(0.01);
        let model = if weighted { settings.fit((&x, &y, &Array1::from(w.clone()))) } else { settings.fit((&x, &y)) };
        let found = model.unwrap().joint_log_likelihood(&x).unwrap();
        let truth = twin(&x, &y, &w, 3, 0.01, &x);
        let size = truth.iter().fold(1.0_f64, |m, v| m.max(v.abs()));
        // Means of 1e3 beside deviations of 1: three digits of 16, twice.
        prop_assert!((&found - &truth).iter().all(|d| d.abs() <= 1e-10 * size));
    }

    #[test]
    fn any_batches_are_as_all_at_once(
        n in 6..60_usize, cuts in prop::collection::vec(0.0..1.0_f64, 0..5), seed in 0..99_u64, order in any::<bool>(),
    ) {
        let (x, mut y): (_, Vec<usize>) = (numbers(n, 3, seed), (0..n).map(|i| i % 3).collect());
        if order {
            y.sort_unstable(); // batches without some classes
        }
        let mut at: Vec<usize> = cuts.iter().map(|c| (c * n as f64) as usize).chain([0, n]).collect();
        at.sort_unstable();
        at.dedup();
        let mut model = GaussianNb::new().begin(0..3_usize, Features::unnamed(3)).unwrap();
        for pair in at.windows(2) {
            let rows = s![pair[0]..pair[1], ..];
            model.partial_fit((x.slice(rows), &y[pair[0]..pair[1]])).unwrap();
        }
        let whole = GaussianNb::new().fit((&x, &y)).unwrap();
        // A few roundings for each batch.
        prop_assert!((&model.theta() - &whole.theta()).iter().all(|d| d.abs() < 1e-13));
        prop_assert!((&model.var() - &whole.var()).iter().all(|d| d.abs() < 1e-12));
        prop_assert_eq!(model.class_count(), whole.class_count());
    }
}

#[test]
fn columns_far_from_zero_keep_their_variance() {
    let near = numbers(300, 4, 3);
    let y: Vec<usize> = (0..300).map(|i| i % 2).collect();
    // Multiples of 2⁻²⁰, so that nothing is rounded when they are moved.
    let near = near.mapv(|v| (v * 1_048_576.0).round() / 1_048_576.0);
    let (a, b) =
        (GaussianNb::new().fit((&near, &y)).unwrap(), GaussianNb::new().fit((&(&near + 1e9), &y)).unwrap());
    assert!(a.var().iter().zip(&b.var()).all(|(a, b)| (a - b).abs() < 1e-12 * a));
    let (a, b) = (a.joint_log_likelihood(&near).unwrap(), b.joint_log_likelihood(&(&near + 1e9)).unwrap());
    // The means are known to 1e-7.
    assert!((&a - &b).iter().all(|d: &f64| d.abs() < 1e-5));
}

#[test]
fn classes_that_were_not_seen_are_impossible() {
    let learner = || GaussianNb::new().begin(["a", "b", "c"], Features::unnamed(1)).unwrap();
    let mut model: Classifier<GaussianNbModel<f64>, &str> = learner();
    model.partial_fit((&array![[1.0], [2.0], [5.0], [7.0]], &["a", "a", "c", "c"])).unwrap();
    assert_eq!(model.predict(&array![[1.5], [6.0]]).unwrap().to_vec(), ["a", "c"]);
    let proba = model.predict_proba(&array![[1.5], [6.0]]).unwrap();
    assert_eq!(proba.column(1).to_vec(), [0.0, 0.0]);
    assert_eq!(model.class_prior().to_vec(), [0.5, 0.0, 0.5]);
    let saved = GaussianNbModel::<f64>::from_bytes(&model.model().to_bytes().unwrap()).unwrap();
    assert_eq!(&saved, model.model());
    // Two classes, one of them unseen: the other is certain.
    let mut two = GaussianNb::new().begin([false, true], Features::unnamed(1)).unwrap();
    two.partial_fit((&array![[1.0], [2.0]], &[true, true])).unwrap();
    assert_eq!(two.predict_proba(&array![[-50.0]]).unwrap(), array![[0.0, 1.0]]);
}

#[test]
fn what_cannot_be_learnt_is_said() {
    let (x, y) = (array![[1.0, 3.0], [2.0, 3.0], [5.0, 3.0]], [0, 0, 1]);
    let message = |settings: GaussianNb| settings.fit((&x, &y)).map(drop).unwrap_err().to_string();
    assert!(message(GaussianNb::new().var_smoothing(0.0)).contains("the variance of column x1 in class 0"));
    assert!(message(GaussianNb::new().priors([0.5, 0.6])).contains("`priors` must be 2 probabilities"));
    assert!(message(GaussianNb::new().priors([1.0])).contains("`priors`"));
    assert!(message(GaussianNb::new().var_smoothing(-1.0)).contains("`var_smoothing`"));
    // A first batch of equal rows is no mistake yet.
    let mut model = GaussianNb::new().begin([0, 1], Features::unnamed(1)).unwrap();
    model.partial_fit((&array![[1.0], [1.0]], &[0, 1])).unwrap();
    assert!(model.predict(&array![[1.0]]).unwrap_err().to_string().contains("is 0 or beyond f64"));
    model.partial_fit((&array![[2.0], [4.0]], &[0, 1])).unwrap();
    assert_eq!(model.predict(&array![[1.0], [5.0]]).unwrap().to_vec(), [0, 1]);
}

#[test]
fn class_weights_are_weights_of_rows() {
    let (x, y) = (numbers(30, 2, 8), (0..30).map(|i| usize::from(i % 3 == 0)).collect::<Vec<_>>());
    let weights: Array1<f64> = y.iter().map(|c| [1.0, 4.0][*c]).collect();
    let a = GaussianNb::new().class_weight(ClassWeight::of([(1, 4.0)])).fit((&x, &y)).unwrap();
    let b = GaussianNb::new().fit((&x, &y, &weights)).unwrap();
    assert_eq!((a.theta(), a.class_count()), (b.theta(), b.class_count()));
}
