//! Moments by class, Gram matrices within classes, and scores, against their definitions.

use super::{layouts, numbers, weights};
use crate::rows::{Affine, checked, class_codes, class_scores, scores, scores_one};
use crate::{ClassMoments, Moments};
use estimand_core::classify::winners;
use estimand_core::{Features, Records};
use ndarray::{Array1, Array2, Axis, array};
use proptest::prelude::*;

fn codes(n: usize, k: usize) -> Array1<u32> {
    (0..n).map(|i| ((i * 7 + i / 3) % k) as u32).collect()
}

/// The rows of one class, and their weights.
fn of_class(x: &Array2<f64>, codes: &Array1<u32>, w: &Array1<f64>, c: usize) -> (Array2<f64>, Array1<f64>) {
    let rows: Vec<usize> = (0..codes.len()).filter(|i| codes[*i] as usize == c).collect();
    (x.select(Axis(0), &rows), w.select(Axis(0), &rows))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn moments_by_class_are_those_of_each_class(
        n in 1..700_usize, p in 1..20_usize, k in 1..5_usize, seed in 0..1000_u64, weighted in any::<bool>(),
        far in prop::sample::select(vec![0.0, 1e6]),
    ) {
        let mut x = numbers::<f64>(n, p, seed);
        x.indexed_iter_mut().for_each(|((i, _), v)| *v += far * (1.0 + codes(n, k)[i] as f64));
        let w = if weighted { weights::<f64>(n, seed) } else { Array1::ones(n) };
        let codes = codes(n, k);
        layouts(&x, |what, view| {
            let given = weighted.then(|| w.view());
            let found = ClassMoments::new(view, codes.view(), k, given);
            let mut pooled = Array2::<f64>::zeros((p, p));
            let factors: Vec<f64> = (0..k).map(|c| 0.5 + c as f64).collect();
            for c in 0..k {
                let (rows, w) = of_class(&x, &codes, &w, c);
                if w.sum() == 0.0 {
                    assert_eq!(found.weight[c], 0.0);
                    continue;
                }
                let truth = Moments::new(rows.view(), Array2::zeros((rows.nrows(), 0)).view(), Some(w.view()));
                // Roundings of sums about a mean that is near by: they grow with the rows, not with the distance.
                assert!((found.weight[c] - truth.weight).abs() <= 1e-12 * truth.weight);
                assert!((&found.mean.row(c) - &truth.mean).iter().all(|d| d.abs() <= 1e-13 * (far * 9.0 + 1.0)), "{what}");
                let size = 1e-11 * (truth.weight + 1.0);
                assert!((&found.squares.row(c) - &truth.gram.diag()).iter().all(|d| d.abs() <= size), "{what}");
                let gram = found.gram_of_class(view, codes.view(), given, c);
                assert!((&gram - &truth.gram).iter().all(|d| d.abs() <= size), "{what}: Gram matrix of class {c}");
                pooled.scaled_add(factors[c], &truth.gram);
            }
            let gram = found.gram_within(view, codes.view(), given, &factors);
            assert!((&gram - &pooled).iter().all(|d| d.abs() <= 1e-10 * n as f64), "{what}: pooled");
        });
    }

    #[test]
    fn parts_combine_to_the_whole(n in 2..200_usize, cut in 0.0..1.0_f64, seed in 0..1000_u64) {
        let (x, codes, w) = (numbers::<f64>(n, 3, seed) + 1e4, codes(n, 3), weights::<f64>(n, seed));
        let cut = (cut * n as f64) as usize;
        let part = |from: usize, to: usize| {
            let at = ndarray::s![from..to];
            ClassMoments::new(x.slice(ndarray::s![from..to, ..]), codes.slice(at), 3, Some(w.slice(at)))
        };
        let (whole, joined) = (part(0, n), part(0, cut).combine(&part(cut, n)));
        prop_assert!((&whole.weight - &joined.weight).iter().all(|d| d.abs() < 1e-11));
        prop_assert!((&whole.mean - &joined.mean).iter().all(|d| d.abs() < 1e-10));
        prop_assert!((&whole.squares - &joined.squares).iter().all(|d| d.abs() < 1e-7));
        let (mean, variance) = whole.overall();
        let truth = Moments::new(x.view(), Array2::zeros((n, 0)).view(), Some(w.view()));
        if truth.weight > 0.0 {
            prop_assert!((&mean - &truth.mean).iter().all(|d| d.abs() < 1e-10));
            prop_assert!((&variance - &truth.covariance(0.0).diag()).iter().all(|d| d.abs() < 1e-8));
        }
    }
}

#[test]
fn columns_that_are_constant_within_classes_have_no_deviations() {
    let (codes, mut x) = (codes(1000, 3), numbers::<f64>(1000, 2, 5));
    x.column_mut(1).iter_mut().zip(&codes).for_each(|(x, c)| *x = 0.1 + f64::from(*c) / 3.0);
    let found = ClassMoments::new(x.view(), codes.view(), 3, None);
    assert_eq!(found.squares.column(1).to_vec(), [0.0; 3]);
    assert_eq!(found.mean[[2, 1]], 0.1 + 2.0 / 3.0);
    x[[7, 0]] = f64::NAN;
    assert!(!ClassMoments::new(x.view(), codes.view(), 3, None).is_finite());
}

#[test]
fn scores_are_those_of_each_row_in_any_layout() {
    for k in [1, 2, 3, 8, 11] {
        let (x, w) = (numbers::<f64>(150, 9, 3), numbers::<f64>(9, k, 4));
        let z = x.dot(&w);
        let truth = if k == 2 { (&z.column(1) - &z.column(0)).insert_axis(Axis(1)) } else { z };
        let forms = Affine::new(w.t(), &vec![0.0; k], vec![0.0; 9]);
        layouts(&x, |what, view| {
            let found = scores(&forms, view);
            // Nine products of numbers below one.
            assert!((&found - &truth).iter().all(|d| d.abs() < 1e-14), "{what}, k = {k}");
            let (records, features) = (Records::from(view), Features::of(view.into()));
            let codes = class_codes(&forms, &features, records, "test").unwrap();
            assert_eq!(codes, winners(&found), "{what}, k = {k}");
            let mut one = Vec::new();
            for (row, found) in x.rows().into_iter().zip(found.rows()) {
                scores_one(&forms, row.as_slice().unwrap(), &mut one);
                assert_eq!(one, found.to_vec(), "{what}, k = {k}");
            }
        });
    }
}

#[test]
fn scores_without_probabilities_are_errors() {
    let (x, inf) = (array![[1.0]], f64::INFINITY);
    for possible in [array![[inf]], array![[-inf]], array![[-inf, 0.0, -inf]], array![[1e308, -1e308]]] {
        assert!(checked(possible.clone(), (&x).into()).is_ok(), "{possible}");
    }
    for lost in [array![[f64::NAN]], array![[-inf, -inf]], array![[inf, 0.0, 0.0]], array![[0.0, f64::NAN]]] {
        assert!(checked(lost.clone(), (&x).into()).is_err(), "{lost}");
    }
}

#[test]
fn codes_and_scores_agree_on_what_is_not_finite() {
    let (mut x, w) = (numbers::<f64>(150, 9, 3), numbers::<f64>(3, 9, 4));
    let features = Features::of((&x).into());
    let impossible = Affine::new(w.view(), &[0.0, f64::NEG_INFINITY, 0.0], vec![0.0; 9]);
    let found = class_codes(&impossible, &features, (&x).into(), "test").unwrap();
    assert_eq!(found, winners(&class_scores(&impossible, &features, (&x).into(), "test").unwrap()));
    assert!(found.iter().all(|code| *code != 1));
    x[[70, 2]] = f64::NAN;
    let found = class_codes(&impossible, &features, (&x).into(), "test").unwrap_err();
    assert_eq!(found, class_scores(&impossible, &features, (&x).into(), "test").unwrap_err());
}
