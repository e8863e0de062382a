use super::{assert_close, layouts, numbers, same_on_any_threads, weights};
use crate::Moments;
use estimand_core::Float;
use ndarray::{Array1, Array2, ArrayView1, ArrayView2, Axis, concatenate, s};
use proptest::prelude::*;

/// The definition: means first, then sums of products of deviations.
pub(super) fn two_passes<F: Float>(
    x: ArrayView2<'_, F>,
    y: ArrayView2<'_, F>,
    w: Option<ArrayView1<'_, F>>,
) -> [Array2<f64>; 3] {
    let w = w.map_or_else(|| Array1::ones(x.nrows()), |w| w.mapv(Float::f64));
    let centred = |x: ArrayView2<'_, F>| {
        let x = x.mapv(Float::f64);
        let mean = |column: ArrayView1<'_, f64>| {
            // About the first value, so that large means are exact enough.
            let first = column.first().copied().unwrap_or_default();
            if w.sum() == 0.0 { first } else { first + (&column - first).dot(&w) / w.sum() }
        };
        let means: Array1<f64> = x.columns().into_iter().map(mean).collect();
        &x - &means
    };
    let (x, y) = (centred(x), centred(y));
    let weighted = |x: &Array2<f64>| x * &w.view().insert_axis(Axis(1));
    [weighted(&x).t().dot(&x), weighted(&x).t().dot(&y), weighted(&y).t().dot(&y)]
}

fn check<F: Float>(n: usize, p: usize, t: usize) {
    let (x, y, w) = (numbers::<F>(n, p, 1), numbers::<F>(n, t, 2), weights::<F>(n, 3));
    for w in [None, Some(w.view())] {
        let [gram, cross, squares] = two_passes(x.view(), y.view(), w);
        layouts(&x, |_, x| {
            let found = Moments::new(x, y.view(), w);
            let tolerance = 4e-15 * (n as f64 + 4.0);
            assert_close(found.gram.view(), gram.view(), tolerance);
            assert_close(found.cross.view(), cross.view(), tolerance);
            assert_close(
                found.target_squares.view().insert_axis(Axis(1)),
                squares.diag().insert_axis(Axis(1)),
                tolerance,
            );
            assert_eq!(found.gram, found.gram.t());
            assert!(found.is_reliable());
        });
        layouts(&y, |_, y| {
            assert_eq!(Moments::new(x.view(), y, w), Moments::new(x.view(), y.to_owned().view(), w))
        });
    }
}

#[test]
fn moments_are_their_definition() {
    // Both sides of a panel of 8 columns and of a block of 128 rows; with and without targets.
    for n in [1, 2, 127, 129] {
        for p in [1, 7, 8, 9, 20] {
            for t in [0, 1, 11] {
                check::<f64>(n, p, t);
                check::<f32>(n, p, t);
            }
        }
    }
    // Several groups of 256 columns, and several parts of the rows.
    check::<f64>(40, 300, 2);
    check::<f64>(30, 5, 600);
    check::<f64>(20_000, 6, 1);
}

#[test]
fn no_rows_and_no_columns_are_no_failure() {
    let none = Moments::new(numbers::<f64>(0, 3, 1).view(), numbers(0, 1, 1).view(), None);
    assert_eq!((none.weight, none.gram.sum(), none.mean.sum()), (0.0, 0.0, 0.0));
    let none = Moments::new(numbers::<f64>(5, 0, 1).view(), numbers(5, 1, 1).view(), None);
    assert_eq!((none.weight, none.gram.dim(), none.cross.dim()), (5.0, (0, 0), (0, 1)));
    let zero =
        Moments::new(numbers::<f64>(5, 2, 1).view(), numbers(5, 1, 1).view(), Some(Array1::zeros(5).view()));
    assert_eq!((zero.weight, zero.gram.sum()), (0.0, 0.0));
    assert!(zero.is_reliable());
}

#[test]
fn data_far_from_zero_keep_their_digits() {
    for n in [500, 30_000] {
        let mut x = numbers::<f64>(n, 4, 1);
        // Means up to 1e9, and a trend, so that no few rows know the mean.
        x.indexed_iter_mut()
            .for_each(|((i, j), v)| *v = (*v + i as f64 / n as f64) * 10_f64.powi(j as i32) + 1e9 * j as f64);
        let [gram, ..] = two_passes(x.view(), x.view(), None);
        let found = Moments::new(x.view(), x.view(), None);
        for ((i, j), truth) in gram.indexed_iter() {
            let scale = (gram[[i, i]] * gram[[j, j]]).sqrt();
            // The twin itself rounds its means at 1e9, to 1e-7: its squares are off by 1e-14 of n.
            assert!((found.gram[[i, j]] - truth).abs() <= 1e-12 * scale, "{i} {j}");
            assert!((found.cross[[i, j]] - truth).abs() <= 1e-12 * scale, "{i} {j}");
        }
    }
}

#[test]
fn rows_of_weight_zero_leave_no_trace() {
    let (mut x, y, w) = (numbers::<f64>(1000, 3, 1), numbers::<f64>(1000, 1, 2), weights::<f64>(1000, 3));
    let kept: Vec<usize> = (0..1000).filter(|i| w[*i] > 0.0).collect();
    x.axis_iter_mut(Axis(0)).zip(&w).filter(|(_, w)| **w == 0.0).for_each(|(mut row, _)| row.fill(1e6));
    let all = Moments::new(x.view(), y.view(), Some(w.view()));
    let few = Moments::new(
        x.select(Axis(0), &kept).view(),
        y.select(Axis(0), &kept).view(),
        Some(w.select(Axis(0), &kept).view()),
    );
    assert!((all.weight - few.weight).abs() < 1e-10);
    assert_close(all.gram.view(), few.gram.view(), 1e-11);
    assert_close(all.cross.view(), few.cross.view(), 1e-11);
}

#[test]
fn constant_columns_have_no_spread_at_all() {
    for value in [0.1, 1e300, -1e-300, 12345.678] {
        let mut x = numbers::<f64>(1000, 3, 1);
        x.column_mut(1).fill(value);
        let found = Moments::new(x.view(), x.view(), Some(weights(1000, 2).view()));
        assert!(found.gram.row(1).iter().chain(&found.cross.row(1)).all(|v| *v == 0.0));
        assert_eq!(found.mean[1], value);
    }
}

#[test]
fn magnitudes_are_carried_or_refused() {
    let (x, y) = (numbers::<f64>(300, 2, 1), numbers::<f64>(300, 1, 2));
    let truth = Moments::new(x.view(), y.view(), None);
    for scale in [1e100, 1e-100, 1e140, 1e-140] {
        let found = Moments::new((&x * scale).view(), y.view(), None);
        assert!(found.is_reliable());
        assert_close((&found.gram / scale / scale).view(), truth.gram.view(), 1e-12);
    }
    for scale in [1e160, 1e-160, 1e300, 1e-300] {
        assert!(!Moments::new((&x * scale).view(), y.view(), None).is_reliable(), "{scale:e}");
        assert!(!Moments::new(x.view(), (&y * scale).view(), None).is_reliable(), "{scale:e}");
    }
}

#[test]
fn a_value_that_is_not_finite_anywhere_is_noticed() {
    for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        for (i, j) in [(0, 0), (500, 2), (999, 4)] {
            let mut x = numbers::<f64>(1000, 5, 1);
            let y = numbers::<f64>(1000, 1, 2);
            x[[i, j]] = bad;
            assert!(!Moments::new(x.view(), y.view(), None).is_reliable());
            assert!(!Moments::new(y.view(), x.view(), None).is_reliable());
        }
    }
}

#[test]
fn moments_have_the_same_bits_on_any_threads() {
    let (x, y) = (numbers::<f64>(60_000, 12, 1), numbers::<f64>(60_000, 2, 2));
    let all = |m: Moments| {
        [m.gram.into_raw_vec_and_offset().0, m.cross.into_raw_vec_and_offset().0, m.mean.to_vec()].concat()
    };
    layouts(&x, |_, x| same_on_any_threads(|| all(Moments::new(x, y.view(), None))));
    let wide = numbers::<f64>(3_000, 300, 1);
    same_on_any_threads(|| all(Moments::new(wide.view(), y.slice(s![..3_000, ..]), None)));
}

#[test]
fn uncentred_moments_are_plain_products() {
    let (x, y) = (numbers::<f64>(50, 3, 1), numbers::<f64>(50, 2, 2));
    let found = Moments::new(x.view(), y.view(), None).uncentred();
    assert_close(found.gram.view(), x.t().dot(&x).view(), 1e-13);
    assert_close(found.cross.view(), x.t().dot(&y).view(), 1e-13);
    assert_close(
        found.target_squares.view().insert_axis(Axis(1)),
        y.t().dot(&y).diag().insert_axis(Axis(1)),
        1e-13,
    );
    assert_eq!((found.mean.sum(), found.target_mean.sum()), (0.0, 0.0));
}

proptest! {
    #[test]
    fn two_samples_combine_into_one(n in 0..60_usize, m in 0..60_usize, far in -1e4..1e4_f64) {
        let (x, y, w) = (numbers::<f64>(n + m, 3, 1) + far, numbers::<f64>(n + m, 2, 2), weights::<f64>(n + m, 3));
        let part = |rows: std::ops::Range<usize>| {
            Moments::new(x.slice(s![rows.clone(), ..]), y.slice(s![rows.clone(), ..]), Some(w.slice(s![rows])))
        };
        let (both, whole) = (part(0..n).combine(&part(n..n + m)), part(0..n + m));
        prop_assert!((both.weight - whole.weight).abs() <= 1e-12);
        if whole.weight > 0.0 {
            // Means at 1e4 carry an error of 1e-12.
            assert_close(both.gram.view(), whole.gram.view(), 1e-10);
            assert_close(both.cross.view(), whole.cross.view(), 1e-10);
            assert_close(both.mean.insert_axis(Axis(1)).view(), whole.mean.insert_axis(Axis(1)).view(), 1e-11);
        }
    }

    #[test]
    fn a_row_of_weight_two_is_the_row_twice(n in 1..40_usize) {
        let (x, y) = (numbers::<f64>(n, 4, 1), numbers::<f64>(n, 1, 2));
        let twice = |x: &Array2<f64>| concatenate![Axis(0), *x, *x];
        let (weighted, doubled) = (
            Moments::new(x.view(), y.view(), Some(Array1::from_elem(n, 2.0).view())),
            Moments::new(twice(&x).view(), twice(&y).view(), None),
        );
        assert_close(weighted.gram.view(), doubled.gram.view(), 1e-12);
        assert_close(weighted.cross.view(), doubled.cross.view(), 1e-12);
        prop_assert_eq!(weighted.weight, doubled.weight);
    }
}
