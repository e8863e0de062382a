use super::*;
use estimand_core::{Fit, PartialFit, Predict, PredictProba};
use ndarray::{array, s};
use proptest::prelude::*;

#[test]
fn a_case_by_hand() {
    // Column 0 has two categories, column 1 three.
    let (x, y) =
        (array![[0.0, 0.0], [0.0, 1.0], [1.0, 2.0], [1.0, 2.0], [1.0, 1.0]], ["a", "a", "b", "b", "b"]);
    let model = CategoricalNb::new().fit((&x, &y)).unwrap();
    assert_eq!(model.n_categories(), [2, 3]);
    assert_eq!(model.category_count(1).unwrap(), array![[1.0, 0.0], [1.0, 1.0], [0.0, 2.0]]);
    let theta = model.feature_log_prob(1).unwrap().mapv(f64::exp);
    let truth = array![[2.0 / 5.0, 2.0 / 5.0, 1.0 / 5.0], [1.0 / 6.0, 2.0 / 6.0, 3.0 / 6.0]];
    assert!((&theta - &truth).iter().all(|d| d.abs() < 1e-15));
    // At (0, 1): 2/5 · 3/4 · 2/5 against 3/5 · 1/5 · 2/6.
    let (a, b): (f64, f64) = (2.0 / 5.0 * 3.0 / 4.0 * 2.0 / 5.0, 3.0 / 5.0 * 1.0 / 5.0 * 2.0 / 6.0);
    assert!((model.predict_proba(&array![[0.0, 1.0]]).unwrap()[[0, 0]] - a / (a + b)).abs() < 1e-15);
    // A category that was not seen counts as seen zero times: 1/5 against 1/6.
    let (a, b): (f64, f64) = (2.0 / 5.0 * 3.0 / 4.0 / 5.0, 3.0 / 5.0 * 1.0 / 5.0 / 6.0);
    assert!((model.predict_proba(&array![[0.0, 9.0]]).unwrap()[[0, 0]] - a / (a + b)).abs() < 1e-15);
}

#[test]
fn columns_can_be_given_more_categories() {
    let (x, y) = (array![[0.0, 1.0], [1.0, 0.0]], [false, true]);
    let fit = |least: MinCategories| CategoricalNb::new().min_categories(least).fit((&x, &y));
    assert_eq!(fit(3.into()).unwrap().n_categories(), [3, 3]);
    assert_eq!(fit(vec![1, 4].into()).unwrap().n_categories(), [2, 4]);
    // With four categories, P(0 | true) = (1 + 1) / (1 + 4).
    let model = fit(vec![1, 4].into()).unwrap();
    assert!((model.feature_log_prob(1).unwrap()[[1, 0]] - 0.4_f64.ln()).abs() < 1e-15);
    assert!(fit(vec![1].into()).unwrap_err().to_string().contains("`min_categories`"));
    assert!(fit(usize::MAX.into()).unwrap_err().to_string().contains("`min_categories`"));
}

#[test]
fn what_is_no_category_is_said() {
    let (x, y) = (array![[0.0], [1.0], [2.0]], [0, 1, 1]);
    for bad in [0.5, -1.0, 1_048_576.0] {
        let message = CategoricalNb::new().fit((&array![[0.0], [bad], [2.0]], &y)).unwrap_err().to_string();
        assert!(message.contains(&format!("the value {bad} at row 1, column 0")), "{message}");
        let model = CategoricalNb::new().fit((&x, &y)).unwrap();
        let message = model.predict(&array![[0.0], [1.0], [bad]]).unwrap_err().to_string();
        assert!(message.contains("at row 2, column 0"), "{message}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn any_batches_are_as_all_at_once(n in 6..60_usize, cuts in prop::collection::vec(0.0..1.0_f64, 0..4), seed in 0..99_usize) {
        let x = Array2::from_shape_fn((n, 3), |(i, j)| ((i * i * 7 + j * 13 + seed) % (3 + 2 * j)) as f64);
        let y: Vec<usize> = (0..n).map(|i| 2 * i / n).collect();
        let mut at: Vec<usize> = cuts.iter().map(|c| (c * n as f64) as usize).chain([0, n]).collect();
        at.sort_unstable();
        at.dedup();
        let mut model = CategoricalNb::new().begin([0_usize, 1], Features::unnamed(3)).unwrap();
        for pair in at.windows(2) {
            model.partial_fit((x.slice(s![pair[0]..pair[1], ..]), &y[pair[0]..pair[1]])).unwrap();
        }
        // Whole numbers add up exactly.
        let whole = CategoricalNb::new().fit((&x, &y)).unwrap();
        prop_assert_eq!(model.model(), whole.model());
    }
}
