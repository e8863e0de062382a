//! Values by hand, scikit-learn 1.9.1 on formulae, and slow twins.

use super::*;
use crate::data::{N, close, weights};
use crate::weighted;
use ndarray::{Array1, Array2, ArrayRef1, ArrayRef2, Axis, array, s, stack};
use proptest::prelude::*;

/// `10 sin i + i/3`, and `cos 3i` off it.
fn one() -> [Array1<f64>; 2] {
    let y: Array1<f64> = (0..N).map(|i| (i as f64).sin() * 10.0 + i as f64 / 3.0).collect();
    let p = Array1::from_iter(y.iter().enumerate().map(|(i, y)| y + (3.0 * i as f64).cos()));
    [y, p]
}

/// The same and its square, `sin 5i` off it.
fn two() -> [Array2<f64>; 2] {
    let [y, p] = one();
    let square = &y * &y;
    let off = Array1::from_iter(square.iter().enumerate().map(|(i, y)| y + (5.0 * i as f64).sin()));
    [stack![Axis(1), y, square], stack![Axis(1), p, off]]
}

#[test]
fn agrees_with_scikit_learn() {
    type Plain<A> = fn(&A, &A) -> Result<f64>;
    type Weighted<A> = fn(&A, &A, &ArrayRef1<f64>) -> Result<f64>;
    let ([y, p], [y2, p2], w) = (one(), two(), weights());
    let all: [(
        Plain<ArrayRef1<f64>>,
        Weighted<ArrayRef1<f64>>,
        Plain<ArrayRef2<f64>>,
        Weighted<ArrayRef2<f64>>,
        f64,
        [f64; 4],
    ); 8] = [
        (
            r2,
            weighted::r2,
            r2,
            weighted::r2,
            0.0,
            [0.9942781579850434, 0.9949095058188939, 0.9971336482069537, 0.9974490915152185],
        ),
        (
            explained_variance,
            weighted::explained_variance,
            explained_variance,
            weighted::explained_variance,
            0.0,
            [0.9942801364750665, 0.9949109405265092, 0.9971346375560978, 0.9974498122798934],
        ),
        (
            d2_absolute_error,
            weighted::d2_absolute_error,
            d2_absolute_error,
            weighted::d2_absolute_error,
            0.0,
            [0.9183992313312146, 0.9247796088156011, 0.9571791644661249, 0.9604059440846374],
        ),
        (
            mean_squared_error,
            weighted::mean_squared_error,
            mean_squared_error,
            weighted::mean_squared_error,
            0.0,
            [0.47731939631747344, 0.4773526425472362, 0.4845222945337854, 0.4965907237781282],
        ),
        (
            root_mean_squared_error,
            weighted::root_mean_squared_error,
            root_mean_squared_error,
            weighted::root_mean_squared_error,
            0.0,
            [0.6908830554569083, 0.6909071157161694, 0.6960571266220634, 0.7045596720531162],
        ),
        (
            mean_absolute_error,
            weighted::mean_absolute_error,
            mean_absolute_error,
            weighted::mean_absolute_error,
            0.0,
            [0.6155380057072347, 0.6134421368579904, 0.6220999091793393, 0.6324918927832381],
        ),
        (
            median_absolute_error,
            weighted::median_absolute_error,
            median_absolute_error,
            weighted::median_absolute_error,
            0.0,
            [0.6701701019157094, 0.6992508064783749, 0.6846195870491756, 0.7221819834788619],
        ),
        (
            mean_absolute_percentage_error,
            weighted::mean_absolute_percentage_error,
            mean_absolute_percentage_error,
            weighted::mean_absolute_percentage_error,
            1.0,
            [0.5393929636218137, 0.3448099239169099, 0.2975509439684646, 0.2004517499932765],
        ),
    ];
    for (plain, with, plain2, with2, shift, expected) in all {
        let ([y, p], [y2, p2]) = ([&y + shift, &p + shift], [&y2 + shift, &p2 + shift]);
        close(plain(&y, &p).unwrap(), expected[0]);
        close(with(&y, &p, &w).unwrap(), expected[1]);
        close(plain2(&y2, &p2).unwrap(), expected[2]);
        close(with2(&y2, &p2, &w).unwrap(), expected[3]);
        // One column is as good as none, and the layout does not matter.
        assert_eq!(plain2(&y.view().insert_axis(Axis(1)), &p.view().insert_axis(Axis(1))), plain(&y, &p));
        assert_eq!(plain2(&y2.t().as_standard_layout().t(), &p2), plain2(&y2, &p2));
    }
    close(max_error(&y, &p).unwrap(), 1.0);
    close(
        max_error(&y2, &p2).unwrap(),
        (1.0 + (0..N).map(|i| (5.0 * i as f64).sin().abs()).fold(0.0, f64::max)) / 2.0,
    );
}

#[test]
fn constants_are_exact() {
    let y = Array1::from_elem(5000, 0.1);
    assert_eq!(r2(&y, &y), Ok(1.0));
    assert_eq!(r2(&y, &(&y + 1.0)), Ok(0.0));
    assert_eq!(explained_variance(&y, &(&y + 1.0)), Ok(1.0));
    assert_eq!(d2_absolute_error(&y, &y), Ok(1.0));
    assert_eq!(d2_absolute_error(&y, &(&y + 1.0)), Ok(0.0));
    let large = Array1::from_iter((0..5000).map(|i| 1e9 + f64::from(i % 2)));
    // The variance is 1/4, the error 1/4 in every row: computed from squares of 1e9 nothing would be left.
    close(r2(&large, &(&large + 0.25)).unwrap(), 0.75);
}

#[test]
fn squares_outside_the_range_of_numbers_do_not_matter() {
    let (y, p) = (array![1.0, 2.0, 3.0, 5.0], array![1.5, 2.0, 2.0, 5.0]);
    let root = root_mean_squared_error(&y, &p).unwrap();
    // Powers of two, but for numbers below the normal ones, which have few digits.
    for (unit, digits) in [(2_f64.powi(-1000), 0.0), (2_f64.powi(1020), 0.0), (1e-315, 1e-8)] {
        let (y, p) = (&y * unit, &p * unit);
        let near = |found: Result<f64>, exact: f64| {
            let found = found.unwrap();
            assert!((found - exact).abs() <= digits * exact, "{unit}: {found} for {exact}");
        };
        near(r2(&y, &p), 1.0 - 1.25 / 8.75);
        near(explained_variance(&y, &p), 1.0 - (1.25 - 0.0625) / 8.75);
        near(root_mean_squared_error(&y, &p), root * unit);
        near(weighted::r2(&y, &p, &array![1.0, 1.0, 1.0, 1.0]), 1.0 - 1.25 / 8.75);
    }
    // One output far from the others.
    let (y2, p2) = (stack![Axis(1), y, &y * 1e-300], stack![Axis(1), p, &p * 1e-300]);
    close(r2(&y2, &p2).unwrap(), 1.0 - 1.25 / 8.75);
}

#[test]
fn medians_by_hand() {
    let of = |values: &[f64], weights: &[f64]| {
        let zero = Array1::zeros(values.len());
        weighted::median_absolute_error(
            &zero,
            &Array1::from(values.to_vec()),
            &Array1::from(weights.to_vec()),
        )
    };
    assert_eq!(median_absolute_error(&array![0.0, 0.0, 0.0], &array![5.0, 1.0, 2.0]), Ok(2.0));
    assert_eq!(median_absolute_error(&array![0.0, 0.0, 0.0, 0.0], &array![5.0, 1.0, 2.0, 3.0]), Ok(2.5));
    assert_eq!(of(&[5.0, 1.0, 2.0], &[1.0, 1.0, 2.0]), Ok(2.0));
    assert_eq!(of(&[5.0, 1.0, 2.0], &[1.0, 2.0, 1.0]), Ok(1.5));
    assert_eq!(of(&[5.0, 1.0, 2.0], &[1.0, 2.0, 0.0]), Ok(1.0));
}

#[test]
fn bad_input_is_an_error() {
    let y = array![1.0, 2.0];
    for nan in [array![1.0, f64::NAN], array![1.0, f64::INFINITY]] {
        type Metric = fn(&ArrayRef1<f64>, &ArrayRef1<f64>) -> Result<f64>;
        let all: [Metric; 9] = [
            r2,
            explained_variance,
            d2_absolute_error,
            mean_squared_error,
            root_mean_squared_error,
            mean_absolute_error,
            median_absolute_error,
            mean_absolute_percentage_error,
            max_error,
        ];
        for metric in all {
            let (a, b) = (metric(&y, &nan), metric(&nan, &y));
            assert!(
                matches!(&a, Err(Error::NonFinite { what, row: 1, column: 0, .. }) if what == "predicted"),
                "{a:?}"
            );
            assert!(
                matches!(&b, Err(Error::NonFinite { what, row: 1, column: 0, .. }) if what == "truth"),
                "{b:?}"
            );
        }
        // A row of weight zero is not there.
        assert_eq!(weighted::mean_squared_error(&y, &nan, &array![1.0, 0.0]), Ok(0.0));
        assert_eq!(weighted::max_error(&y, &nan, &array![1.0, 0.0]), Ok(0.0));
    }
    assert!(matches!(r2(&array![1.0], &array![1.0]), Err(Error::Shape { .. })));
    assert!(matches!(r2(&y, &array![1.0]), Err(Error::Shape { .. })));
    assert!(matches!(r2(&Array2::<f64>::zeros((2, 2)), &Array2::zeros((2, 1))), Err(Error::Shape { .. })));
    assert!(matches!(
        r2(&Array2::<f64>::zeros((2, 0)), &Array2::zeros((2, 0))),
        Err(Error::EmptyInput { .. })
    ));
    assert!(matches!(
        r2(&ndarray::Array3::<f64>::zeros((2, 1, 1)), &ndarray::Array3::zeros((2, 1, 1))),
        Err(Error::Shape { .. })
    ));
    assert!(matches!(mean_squared_error(&array![1e300, 0.0], &y), Err(Error::Numerical { .. })));
    assert_eq!(mean_absolute_error(&array![1e300, 2.0], &y), Ok(5e299));
    let zero = mean_absolute_percentage_error(&array![1.0, 0.0], &y);
    assert!(matches!(&zero, Err(Error::Target { what }) if what.contains("row 1")), "{zero:?}");
    assert!(matches!(weighted::r2(&y, &y, &array![1.0, -1.0]), Err(Error::Weights { .. })));
}

proptest! {
    #[test]
    fn agrees_with_the_definition(rows in prop::collection::vec((-9.0_f64..9.0, -9.0_f64..9.0, 0_u8..4), 2..3000)) {
        let y: Array1<f64> = rows.iter().map(|r| r.0).collect();
        let p: Array1<f64> = rows.iter().map(|r| r.1).collect();
        let w: Array1<f64> = rows.iter().map(|r| f64::from(r.2)).collect();
        prop_assume!(w.sum() > 0.0);
        let total = w.sum();
        let mean = |values: Array1<f64>| (&values * &w).sum() / total;
        let mse = mean((&y - &p).mapv(|e| e * e));
        close(weighted::mean_squared_error(&y, &p, &w).unwrap(), mse);
        close(weighted::mean_absolute_error(&y, &p, &w).unwrap(), mean((&y - &p).mapv(f64::abs)));
        let variance = mean((&y - mean(y.clone())).mapv(|e| e * e));
        if variance > 1e-6 {
            close(weighted::r2(&y, &p, &w).unwrap() * variance, variance - mse);
        }
        // Weight 2 is the row twice.
        let times: Vec<usize> = (0..y.len()).flat_map(|i| vec![i; w[i] as usize]).collect();
        if times.len() > 1 {
            let (y2, p2) = (y.select(Axis(0), &times), p.select(Axis(0), &times));
            close(weighted::median_absolute_error(&y, &p, &w).unwrap(), median_absolute_error(&y2, &p2).unwrap());
            close(weighted::max_error(&y, &p, &w).unwrap(), max_error(&y2, &p2).unwrap());
        }
        prop_assert_eq!(mean_squared_error(&y.slice(s![..;2]), &p.slice(s![..;2])), mean_squared_error(&y.slice(s![..;2]).to_owned(), &p.slice(s![..;2]).to_owned()));
    }
}

#[test]
fn many_rows_give_the_same_bits_for_any_number_of_threads() {
    let y: Array1<f32> = (0..300_000).map(|i| (i as f32).sin()).collect();
    let p: Array1<f32> = (0..300_000).map(|i| (i as f32 + 0.1).sin()).collect();
    let all = || {
        [r2(&y, &p), mean_absolute_error(&y, &p), median_absolute_error(&y, &p)].map(|v| v.unwrap().to_bits())
    };
    let once = estimand_par::with_threads(1, all).unwrap();
    for threads in [2, 7] {
        assert_eq!(estimand_par::with_threads(threads, all).unwrap(), once);
    }
}
