use super::*;
use estimand_core::{Classifier, Csr, Fit, PartialFit, Persist, Predict, PredictProba};
use ndarray::{Array1, Array2, array, s};
use proptest::prelude::*;

/// Beijing, Chinese, Japan, Macao, Shanghai, Tokyo, in the four texts of [Manning08, table 13.1]; classes China, Japan.
fn texts() -> (Array2<f64>, [&'static str; 4]) {
    let x = array![
        [1.0, 2.0, 0.0, 0.0, 0.0, 0.0],
        [0.0, 2.0, 0.0, 0.0, 1.0, 0.0],
        [0.0, 1.0, 0.0, 1.0, 0.0, 0.0],
        [0.0, 1.0, 1.0, 0.0, 0.0, 1.0],
    ];
    (x, ["China", "China", "China", "Japan"])
}

fn close(a: impl IntoIterator<Item = f64>, b: impl IntoIterator<Item = f64>, tolerance: f64) -> bool {
    a.into_iter().zip(b).all(|(a, b)| (a - b).abs() <= tolerance)
}

#[test]
fn the_multinomial_example_of_the_book() {
    // [Manning08, example 13.1]: P(Chinese | China) = 6/14, P(Tokyo | China) = 1/14, P(Chinese | Japan) = 2/9, …
    let (x, y) = texts();
    let model = MultinomialNb::new().fit((&x, &y)).unwrap();
    let theta = model.feature_log_prob().mapv(f64::exp);
    assert!(close(
        [theta[[0, 1]], theta[[0, 5]], theta[[1, 1]], theta[[1, 5]]],
        [6.0 / 14.0, 1.0 / 14.0, 2.0 / 9.0, 2.0 / 9.0],
        1e-15
    ));
    // Chinese Chinese Chinese Tokyo Japan: 0.0003 for China and 0.0001 for Japan.
    let test = array![[0.0, 3.0, 1.0, 0.0, 0.0, 1.0]];
    let (china, japan) = (0.75 * (3.0_f64 / 7.0).powi(3) / 14.0 / 14.0, 0.25 * (2.0_f64 / 9.0).powi(5));
    let proba = model.predict_proba(&test).unwrap();
    assert!(close(proba, [china / (china + japan), japan / (china + japan)], 1e-14));
    assert_eq!(model.predict(&test).unwrap().to_vec(), ["China"]);
}

#[test]
fn the_bernoulli_example_of_the_book() {
    // [Manning08, example 13.2]: 0.005 for China, 0.022 for Japan.
    let (x, y) = texts();
    let model = BernoulliNb::new().fit((&x, &y)).unwrap();
    let theta =
        [0.4, 0.8, 0.2, 0.4, 0.4, 0.2, 1.0 / 3.0, 2.0 / 3.0, 2.0 / 3.0, 1.0 / 3.0, 1.0 / 3.0, 2.0 / 3.0];
    assert!(close(model.feature_log_prob().mapv(f64::exp), theta, 1e-15));
    let (china, japan) = (0.75 * 0.8 * 0.2 * 0.2 * 0.6_f64.powi(3), 0.25 * (2.0_f64 / 3.0).powi(6));
    let proba = model.predict_proba(&array![[0.0, 3.0, 1.0, 0.0, 0.0, 1.0]]).unwrap();
    assert!(close(proba, [china / (china + japan), japan / (china + japan)], 1e-14));
}

#[test]
fn the_steps_of_complement_naive_bayes() {
    // [Rennie03, table 4], steps 4 to 6, on the texts with each word once.
    let (x, y) = texts();
    let x = x.mapv(|v| f64::min(v, 1.0));
    let theta =
        array![[1.0, 2.0, 2.0, 1.0, 1.0, 2.0], [2.0, 4.0, 1.0, 2.0, 2.0, 1.0]] / array![[9.0], [12.0]];
    let weights = theta.mapv(|v: f64| -v.ln());
    let model = ComplementNb::new().fit((&x, &y)).unwrap();
    assert!(close(model.feature_log_prob().to_owned(), weights.clone(), 1e-15));
    let normed = &weights / &weights.sum_axis(ndarray::Axis(1)).insert_axis(ndarray::Axis(1));
    let model = ComplementNb::new().norm(true).fit((&x, &y)).unwrap();
    assert!(close(model.feature_log_prob().to_owned(), normed, 1e-15));
}

#[test]
fn no_smoothing_is_the_limit_of_ever_less() {
    let (x, y) = texts();
    let test = array![[0.0, 3.0, 1.0, 0.0, 0.0, 1.0], [5.0, 1.0, 0.0, 0.0, 0.0, 0.0]];
    let proba = |alpha: f64, force: bool| {
        let model = MultinomialNb::new().alpha(alpha).force_alpha(force).fit((&x, &y)).unwrap();
        model.predict_proba(&test).unwrap()
    };
    // Words of Japan in the first text, of China in the second.
    assert_eq!(proba(0.0, true), array![[0.0, 1.0], [1.0, 0.0]]);
    assert!(close(proba(1e-30, true), proba(0.0, true), 1e-25));
    assert_eq!(proba(0.0, false), proba(1e-10, true));
    // What occurs in every text of a class is certain there.
    let model = BernoulliNb::new().alpha(0.0).fit((&x, &y)).unwrap();
    assert_eq!(model.predict_proba(&test).unwrap(), array![[0.0, 1.0], [1.0, 0.0]]);
}

/// All three, for the same counts.
fn each(check: impl Fn(&dyn Fn(Samples<'_, f64, Array1<usize>>) -> Classifier<CountNbModel<f64>, usize>)) {
    check(&|samples| MultinomialNb::new().alpha(0.3).fit(samples).unwrap());
    check(&|samples| ComplementNb::new().norm(true).fit(samples).unwrap());
    check(&|samples| BernoulliNb::new().binarize(Some(1.5)).fit(samples).unwrap());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn dense_sparse_and_batches_agree(
        n in 12..60_usize, p in 1..12_usize, k in 2..11_usize, seed in 0..99_usize, cut in 0.0..1.0_f64,
    ) {
        let n = n.max(k);
        let x = Array2::from_shape_fn((n, p), |(i, j)| ((i * 7 + j * 13 + seed * i * j) % 5) as f64 - ((i + j + seed) % 2) as f64);
        let (x, y) = (x.mapv(|v| v.max(0.0)), Array1::from_shape_fn(n, |i| i % k));
        let sparse = Csr::from_dense(x.view());
        each(|fit| {
            let (dense, from_sparse) = (fit((&x, &y).into()), fit((&sparse, &y).into()));
            let (a, b) = (dense.predict_proba(&x).unwrap(), from_sparse.predict_proba(&sparse).unwrap());
            // The same sums; absent values are passed over.
            assert!(close(a, b, 1e-13));
        });
        let cut = (cut * n as f64) as usize;
        let mut model = MultinomialNb::new().begin(0..k, Features::unnamed(p)).unwrap();
        for (from, to) in [(0, cut), (cut, n)] {
            if from < to {
                model.partial_fit((x.slice(s![from..to, ..]), y.slice(s![from..to]))).unwrap();
            }
        }
        let whole = MultinomialNb::new().fit((&x, &y)).unwrap();
        prop_assert_eq!(model.model(), whole.model()); // whole numbers add up exactly
        let saved = CountNbModel::<f64>::from_bytes(&model.model().to_bytes().unwrap()).unwrap();
        prop_assert_eq!(&saved, whole.model());
    }
}

#[test]
fn what_are_no_counts_is_said() {
    let (mut x, y) = texts();
    x[[2, 3]] = -1.0;
    let words = "MultinomialNb does not support the value -1 at row 2, column 3 of x";
    assert!(MultinomialNb::new().fit((&x, &y)).unwrap_err().to_string().starts_with(words));
    let sparse = Csr::from_dense(x.view());
    assert!(ComplementNb::new().fit((&sparse, &y)).unwrap_err().to_string().contains("row 2, column 3"));
    let strict = BernoulliNb::new().binarize(None);
    assert!(strict.fit((&x, &y)).unwrap_err().to_string().contains("only 0 and 1"));
    assert!(MultinomialNb::new().priors([0.2, 0.3, 0.5]).fit((&x.mapv(f64::abs), &y)).is_err());
}

#[test]
fn class_weights_are_weights_of_rows() {
    let (x, y) = texts();
    let weights = array![1.0, 1.0, 1.0, 5.0];
    let by_class = BernoulliNb::new().class_weight(ClassWeight::of([("Japan", 5.0)])).fit((&x, &y)).unwrap();
    let by_row = BernoulliNb::new().fit((&x, &y, &weights)).unwrap();
    assert_eq!(by_class.feature_log_prob(), by_row.feature_log_prob());
    assert_eq!(by_class.class_prior(), by_row.class_prior());
}
