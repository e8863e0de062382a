//! What the door lets in, and what it says of the rest.

use estimand_core::describe::{above, above_or_infinite, at_least, between, inside};
use estimand_core::{ClassWeight, Csr, Dataset, Error, Features, Records, Result, Samples, labels::encode};
use ndarray::{Array1, Array2, array, s};

fn says<T: std::fmt::Debug>(outcome: Result<T>, words: &[&str]) {
    let message = outcome.map_or_else(|e| e.to_string(), |v| format!("accepted as {v:?}"));
    assert!(words.iter().all(|w| message.contains(w)), "{message:?} should speak of {words:?}");
}

#[test]
fn samples_that_contradict_themselves() {
    let (x, y) = (array![[1.0, 2.0], [3.0, 4.0]], array![0.0, 1.0]);
    let check = |x: &Array2<f64>, y: &Array1<f64>, w: &Array1<f64>| Samples::from((x, y, w)).check();
    assert!(check(&x, &y, &array![0.0, 2.0]).is_ok());
    says(check(&x, &array![0.0], &array![1.0, 1.0]), &["length of y", "expected 2", "found 1"]);
    says(check(&x, &y, &array![1.0]), &["length of the sample weights"]);
    says(check(&x, &y, &array![1.0, -1.0]), &["weight -1 of row 1"]);
    says(check(&x, &y, &array![f64::NAN, 1.0]), &["weight NaN of row 0"]);
    says(check(&x, &y, &array![0.0, 0.0]), &["all are zero"]);
    says(check(&Array2::zeros((0, 2)), &array![], &array![]), &["x (0 × 2) is empty"]);
    says(check(&Array2::zeros((2, 0)), &y, &y), &["x (2 × 0) is empty"]);
    says(Samples::from((&x, &y)).with_groups(&array![1]).check(), &["groups"]);
    let names = ["one".to_string()];
    says(Records::from(&x).with_names(&names).check_shape(), &["1 names for 2 columns"]);
}

#[test]
fn the_first_non_finite_value_is_located_in_every_layout() {
    let mut x = Array2::<f64>::zeros((40, 30));
    x[[17, 5]] = f64::NAN;
    x[[20, 0]] = f64::INFINITY;
    let place = ["x contains NaN at row 17, column 5"];
    says(Records::from(&x).check_finite(), &place);
    says(Records::from(x.t().as_standard_layout().t()).check_finite(), &place);
    says(Records::from(&Csr::from_dense(x.view())).check_finite(), &place);
    says(Records::from(x.slice(s![..;-1, ..])).check_finite(), &["x contains inf at row 19, column 0"]);
    says(Records::from(&x).check_finite_or_missing(), &["inf at row 20, column 0"]);
    assert!(Records::from(x.slice(s![..17, ..])).check_finite().is_ok());
    assert!(Records::from(x.slice(s![..20, ..])).check_finite_or_missing().is_ok());
}

#[test]
fn other_columns_than_when_fitting() {
    let x = array![[1.0, 2.0]];
    let names = |n: [&str; 2]| n.map(String::from);
    let (fitted, swapped, other) = (names(["a", "b"]), names(["b", "a"]), names(["a", "c"]));
    let features = Features::of(Records::from(&x).with_names(&fitted));
    assert!(features.check(Records::from(&x)).is_ok());
    assert!(features.check(Records::from(&x).with_names(&fitted)).is_ok());
    says(
        features.check(Records::from(&x).with_names(&swapped)),
        &["another order", "column 0 was `a` and is now `b`"],
    );
    says(
        features.check(Records::from(&x).with_names(&other)),
        &["unseen when fitting: `c`", "now missing: `b`"],
    );
    says(features.check(Records::from(&array![[1.0]])), &["columns of x", "expected 2", "found 1"]);
    assert_eq!(Features::unnamed(2).name(1), "x1");
}

#[test]
fn ranges_refuse_what_they_say() {
    assert!(at_least(0.0).contains(0.0) && !at_least(0.0).contains(f64::INFINITY));
    assert!(!above(0.0).contains(0.0) && above_or_infinite(0.0).contains(f64::INFINITY));
    assert!(between(0.0, 1.0).contains(1.0) && !inside(0.0, 1.0).contains(1.0));
    assert!(!between(0.0, 1.0).contains(f64::NAN));
    assert!(at_least(2.0).check("k", &None::<usize>).is_ok());
    says(above(0.0).check("c", &-1.0), &["parameter `c`", "a finite number above 0", "got -1"]);
    says(between(0.0, 1.0).check("share", &2.0), &["in [0, 1]"]);
    says(at_least(2.0).check("k", &Some(1_usize)), &["of at least 2"]);
}

#[test]
fn splits_keep_every_row_once() -> Result<()> {
    let n = 100;
    let x = Array2::from_shape_fn((n, 1), |(i, _)| i as f64);
    let labels = Array1::from_shape_fn(n, |i| usize::from(i < 20));
    let data = Dataset::new(x, labels).with_weights(Array1::from_shape_fn(n, |i| i as f64));
    for (train, test) in [data.split(0.25, 1)?, data.split_stratified(0.25, 1)?] {
        assert_eq!((train.nrows(), test.nrows()), (75, 25));
        let mut rows: Vec<f64> = train.x.iter().chain(&test.x).copied().collect();
        rows.sort_by(f64::total_cmp);
        assert!(rows.iter().enumerate().all(|(i, v)| *v == i as f64));
        assert_eq!(test.weights.as_ref().map(|w| w.to_vec()), Some(test.x.column(0).to_vec()));
    }
    assert_eq!(data.split_stratified(0.25, 1)?.1.y.sum(), 5);
    assert_ne!(data.split(0.25, 1)?.1.x, data.split(0.25, 2)?.1.x);
    says(data.split(1.0, 0), &["test", "between 0 and 1"]);
    says(data.split(f64::NAN, 0), &["test"]);
    says(data.select(&[7]).split(0.5, 0), &["at least 2"]);
    says(data.select(&[0, 50, 60]).split_stratified(0.5, 0), &["class 1 has one row only"]);
    Ok(())
}

#[test]
fn labels_are_encoded_in_sorted_order() {
    let (classes, codes) = encode(array!["pear", "apple", "pear", "fig"].view());
    assert_eq!(classes, ["apple", "fig", "pear"]);
    assert_eq!(codes, array![2, 0, 2, 1]);
    let (classes, codes) = encode(array![-1, 1, -1].slice(s![..;-1]));
    assert_eq!((classes, codes), (vec![-1, 1], array![0, 1, 0]));
}

#[test]
fn class_weights_name_their_classes() {
    assert_eq!(ClassWeight::of([(true, 2.0)]), ClassWeight::of([("true", 2.0)]));
}

#[test]
fn errors_can_be_compared_and_are_small() {
    assert_eq!(Error::numerical("overflow"), Error::numerical("overflow"));
    // Results travel through hot code: the error must not make them large.
    assert!(size_of::<Error>() <= 88);
}

#[test]
fn rows_are_selected_from_every_layout() {
    let x = Array2::from_shape_fn((7, 4), |(i, j)| (10 * i + j) as f64);
    let by_column = x.t().as_standard_layout().into_owned().reversed_axes();
    let rows = [6, 0, 3, 3];
    for x in [
        x.view(),
        by_column.view(),
        x.slice(s![.., 1..3]),
        x.slice(s![..;-1, ..]),
        x.slice(s![.., ..;-1]),
        x.slice(s![.., 2..3]),
        by_column.slice(s![..;-1, ..;2]),
        by_column.slice(s![.., ..0]),
    ] {
        let found = Records::from(x).select(&rows).into_dense();
        assert_eq!(found, x.select(ndarray::Axis(0), &rows));
        assert_eq!(Records::from(x).select(&[]).into_dense().dim(), (0, x.ncols()));
    }
}
