use super::*;
use estimand_core::{Persist, Seed, random};
use ndarray::{Array2, array};
use proptest::prelude::*;

fn fitted(
    settings: &IsotonicRegression,
    x: &Array1<f64>,
    y: &Array1<f64>,
    w: Option<&Array1<f64>>,
) -> Array1<f64> {
    settings.fit_values(x.view(), y.view(), w.map(|w| w.view())).unwrap().predict_values(x.view()).unwrap()
}

fn close(a: &Array1<f64>, b: &Array1<f64>, tolerance: f64) -> bool {
    a.iter().zip(b).all(|(a, b)| (a - b).abs() <= tolerance)
}

/// fᵢ = max over j ≤ i of min over k ≥ i of the mean of y from j to k, rows being sorted by distinct x.
fn max_min(y: &[f64], w: &[f64]) -> Vec<f64> {
    let mean = |j: usize, k: usize| {
        let total: f64 = w[j..=k].iter().sum();
        (j..=k).map(|i| w[i] * y[i]).sum::<f64>() / total
    };
    let n = y.len();
    let low = |i: usize, j: usize| (i..n).map(|k| mean(j, k)).fold(f64::INFINITY, f64::min);
    (0..n).map(|i| (0..=i).map(|j| low(i, j)).fold(f64::NEG_INFINITY, f64::max)).collect()
}

/// Pools the first violators that it meets, and begins again.
fn slow(y: &[f64], w: &[f64]) -> Vec<f64> {
    let mut blocks: Vec<(f64, f64, usize)> = y.iter().zip(w).map(|(y, w)| (*y, *w, 1)).collect();
    while let Some(i) = (1..blocks.len()).find(|i| blocks[i - 1].0 > blocks[*i].0) {
        let ((a, v, k), (b, w, l)) = (blocks[i - 1], blocks.remove(i));
        blocks[i - 1] = ((a * v + b * w) / (v + w), v + w, k + l);
    }
    blocks.into_iter().flat_map(|(mean, _, count)| std::iter::repeat_n(mean, count)).collect()
}

#[test]
fn ties_as_in_r() {
    // R isotone, gpava(pituitary$age, pituitary$size, ties = "secondary"), five decimals.
    let x = array![8.0, 8.0, 8.0, 10.0, 10.0, 10.0, 12.0, 12.0, 12.0, 14.0, 14.0];
    let y = array![21.0, 23.5, 23.0, 24.0, 21.0, 25.0, 21.5, 22.0, 19.0, 23.5, 25.0];
    let f = fitted(&IsotonicRegression::new(), &x, &y, None);
    assert!(f.iter().take(9).all(|f| (f - 22.22222).abs() < 1e-5), "{f}");
    assert!(f.iter().skip(9).all(|f| (f - 24.25).abs() < 1e-12), "{f}");
    let (x, y) = (array![0.0, 1.0, 1.0, 2.0, 3.0, 4.0], array![0.0, 0.0, 1.0, 0.0, 0.0, 1.0]);
    let f = fitted(&IsotonicRegression::new(), &x, &y, None);
    assert!(close(&f, &array![0.0, 0.25, 0.25, 0.25, 0.25, 1.0], 1e-15), "{f}");
}

#[test]
fn directions() {
    let x: Array1<f64> = (0..7).map(f64::from).collect();
    let y = array![10.0, 9.0, 10.0, 7.0, 6.0, 6.1, 5.0];
    let expected = array![10.0, 9.5, 9.5, 7.0, 6.05, 6.05, 5.0];
    for direction in [Direction::Falling, Direction::Auto] {
        let settings = IsotonicRegression::new().direction(direction);
        assert!(close(&fitted(&settings, &x, &y, None), &expected, 1e-14), "{direction:?}");
        assert!(!settings.fit_values(x.view(), y.view(), None).unwrap().rising());
    }
    let auto = IsotonicRegression::new().direction(Direction::Auto);
    assert!(auto.fit_values(x.view(), (-&y).view(), None).unwrap().rising());
    assert!(auto.fit_values(x.view(), Array1::zeros(7).view(), None).unwrap().rising());
    // Weights decide.
    let (x, y) = (array![0.0, 1.0, 2.0, 3.0], array![1.0, 0.0, 2.0, 3.0]);
    let w = array![100.0, 100.0, 0.1, 0.1];
    assert!(auto.fit_values(x.view(), y.view(), None).unwrap().rising());
    assert!(!auto.fit_values(x.view(), y.view(), Some(w.view())).unwrap().rising());
}

#[test]
fn bounds_and_beyond() {
    let (x, y) = (array![1.0, 2.0, 3.0, 4.0, 5.0], array![-1.0, 0.2, 0.5, 2.0, 3.0]);
    let settings = IsotonicRegression::new().y_min(Some(0.0)).y_max(Some(1.0));
    let model = settings.fit_values(x.view(), y.view(), None).unwrap();
    assert_eq!(model.y_thresholds(), array![0.0, 0.2, 0.5, 1.0, 1.0]);
    assert_eq!(model.report().objective, Some(1.0 + 1.0 + 4.0));
    let outside = array![0.0, 6.0];
    assert!(model.predict_values(outside.view()).unwrap().iter().all(|v: &f64| v.is_nan()));
    let with = |o| settings.clone().out_of_bounds(o).fit_values(x.view(), y.view(), None).unwrap();
    assert_eq!(with(OutOfBounds::Clip).predict_values(outside.view()).unwrap(), array![0.0, 1.0]);
    let error = with(OutOfBounds::Raise).predict_values(outside.view()).unwrap_err().to_string();
    assert!(error.contains("row 0") && error.contains("from 1 to 5"), "{error}");
    let bad = settings.clone().y_max(Some(-1.0)).fit_values(x.view(), y.view(), None);
    assert!(matches!(bad, Err(Error::Parameter { .. })));
    assert!(settings.y_min(Some(f64::NAN)).fit_values(x.view(), y.view(), None).is_err());
}

#[test]
fn equal_thresholds_are_kept_once() {
    let (x, y) = (array![1.0, 2.0, 3.0, 4.0, 5.0, 6.0], array![0.0, 0.0, 0.0, 5.0, 7.0, 9.0]);
    let model = IsotonicRegression::new().y_max(Some(4.0)).fit_values(x.view(), y.view(), None).unwrap();
    assert_eq!(model.x_thresholds(), array![1.0, 3.0, 4.0, 6.0]);
    assert_eq!(model.y_thresholds(), array![0.0, 0.0, 4.0, 4.0]);
}

#[test]
fn the_unit_of_x_does_not_matter() {
    let y = array![1.0, 3.0, 2.0, 4.0];
    for scale in [1e-300, 1e-20, 1e-6, 1e6, 1e307] {
        let x = array![1.0, 2.0, 3.0, 4.0] * scale;
        assert_eq!(fitted(&IsotonicRegression::new(), &x, &y, None), array![1.0, 2.5, 2.5, 4.0], "{scale}");
    }
    let (x, y) = (array![-1e308, 1e308], array![-1e308, 1e308]);
    let model = IsotonicRegression::new().fit_values(x.view(), y.view(), None).unwrap();
    assert_eq!(model.predict_values(array![0.0].view()).unwrap(), array![0.0]);
}

#[test]
fn one_row_and_rows_of_one_x() {
    for x in [array![2.0], array![2.0, 2.0]] {
        let y = Array1::from_iter((0..x.len()).map(|i| i as f64));
        let model = IsotonicRegression::new().fit_values(x.view(), y.view(), None).unwrap();
        assert_eq!(
            model.predict_values(array![-9.0, 9.0].view()).unwrap(),
            Array1::from_elem(2, y.mean().unwrap())
        );
    }
}

#[test]
fn what_is_not_a_column_of_numbers_is_refused() {
    let settings = IsotonicRegression::new();
    let wide = Array2::<f64>::zeros((3, 2));
    let error = settings.fit((&wide, &array![0.0, 1.0, 2.0])).unwrap_err().to_string();
    assert!(error.contains("expected 1, found 2"), "{error}");
    let (x, bad) = (array![0.0, 1.0], array![0.0, f64::NAN]);
    for (x, y, what) in [(&x, &bad, "y"), (&bad, &x, "x")] {
        let error = settings.fit_values(x.view(), y.view(), None).unwrap_err();
        assert!(matches!(&error, Error::NonFinite { what: w, row: 1, .. } if w == what), "{error}");
    }
    let model = settings.fit_values(x.view(), x.view(), None).unwrap();
    assert!(matches!(model.predict_values(bad.view()), Err(Error::NonFinite { row: 1, .. })));
    assert!(settings.fit_values(x.view(), x.view(), Some(array![0.0, 0.0].view())).is_err());
    assert!(settings.fit_values(x.view(), array![1.0].view(), None).is_err());
}

#[test]
fn a_saved_model_answers_the_same() {
    let (x, y) = (array![0.5_f32, 1.5, 1.0], array![1.0_f32, 0.5, 2.0]);
    let model = IsotonicRegression::new().fit_values(x.view(), y.view(), None).unwrap();
    assert_eq!(IsotonicModel::<f32>::from_bytes(&model.to_bytes().unwrap()).unwrap(), model);
}

#[test]
fn the_same_bits_on_any_number_of_threads() {
    // Many ties, enough rows for a second thread.
    let n = 60_000;
    let mut stream = Seed(3).stream(0);
    let x: Array1<f64> = (0..n).map(|_| random::below(5_000, &mut stream) as f64).collect();
    let y: Array1<f64> = x.iter().map(|x| x + random::below(1 << 40, &mut stream) as f64 * 1e-9).collect();
    let w: Array1<f64> = (0..n).map(|_| random::below(4, &mut stream) as f64).collect();
    let settings = IsotonicRegression::new().direction(Direction::Auto);
    let fit = || settings.fit_values(x.view(), y.view(), Some(w.view())).unwrap();
    let once = par::with_threads(1, fit).unwrap();
    assert_eq!(par::with_threads(2, fit).unwrap(), once);
    assert!(once.y_thresholds().windows(2).into_iter().all(|pair| pair[0] <= pair[1]));
}

proptest! {
    #[test]
    fn pooling_is_the_max_min_formula(rows in prop::collection::vec((-5.0..5.0_f64, 0.1..3.0_f64), 1..40)) {
        let (y, w): (Vec<f64>, Vec<f64>) = rows.into_iter().unzip();
        let x: Array1<f64> = (0..y.len()).map(|i| i as f64).collect();
        let f = fitted(&IsotonicRegression::new(), &x, &Array1::from(y.clone()), Some(&Array1::from(w.clone())));
        for expected in [max_min(&y, &w), slow(&y, &w)] {
            prop_assert!(close(&f, &Array1::from(expected), 1e-12));
        }
    }

    #[test]
    fn weights_are_repetitions_in_any_order(rows in prop::collection::vec((0_i32..8, -3_i32..4, 0_usize..4), 1..30), direction in 0..3, shift in 0_usize..30) {
        let total: usize = rows.iter().map(|r| r.2).sum();
        prop_assume!(total > 0);
        let direction = [Direction::Rising, Direction::Falling, Direction::Auto][direction as usize];
        let settings = IsotonicRegression::new().direction(direction).out_of_bounds(OutOfBounds::Clip);
        let x: Array1<f64> = rows.iter().map(|r| f64::from(r.0)).collect();
        let y: Array1<f64> = rows.iter().map(|r| f64::from(r.1)).collect();
        let w: Array1<f64> = rows.iter().map(|r| r.2 as f64).collect();
        let mut repeated: Vec<(f64, f64)> =
            rows.iter().flat_map(|r| std::iter::repeat_n((f64::from(r.0), f64::from(r.1)), r.2)).collect();
        repeated.rotate_left(shift % total);
        let (rx, ry): (Vec<f64>, Vec<f64>) = repeated.into_iter().unzip();
        let again = settings.fit_values(Array1::from(rx).view(), Array1::from(ry).view(), None).unwrap();
        let once = settings.fit_values(x.view(), y.view(), Some(w.view())).unwrap();
        prop_assert_eq!(once.rising(), again.rising());
        let (a, b) = (once.predict_values(x.view()).unwrap(), again.predict_values(x.view()).unwrap());
        prop_assert!(close(&a, &b, 1e-12));
    }
}
