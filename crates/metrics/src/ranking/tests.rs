//! Tables of ties, scikit-learn 1.9.1 on the formulae of `data`, and slow twins.

use super::*;
use crate::data::{binary, close, probabilities, scores, truth, weights};
use crate::{Average, weighted};
use ndarray::{Array1, Array2, array, s};
use proptest::prelude::*;

#[test]
fn agrees_with_scikit_learn() {
    let (t, b, s, p, w) = (truth(), binary(), scores(), probabilities(), weights());
    close(roc_auc(&b, &s).unwrap(), 0.43917410714285715);
    close(weighted::roc_auc(&b, &s, &w).unwrap(), 0.3721198156682028);
    close(average_precision(&b, &s).unwrap(), 0.43696382305941706);
    close(weighted::average_precision(&b, &s, &w).unwrap(), 0.42061466669355535);
    let classes = [0, 1, 2, 3];
    for (compare, average, expected) in [
        (Multiclass::OneVersusRest, Average::Macro, [0.5055690836940837, 0.46799658765091035]),
        (Multiclass::OneVersusRest, Average::Weighted, [0.5042207792207792, 0.4675011300955136]),
        (Multiclass::OneVersusRest, Average::Micro, [0.4955555555555555, 0.48903039782097524]),
    ] {
        close(roc_auc_multiclass(&t, &p, &classes, compare, average).unwrap(), expected[0]);
        close(weighted::roc_auc_multiclass(&t, &p, &classes, compare, average, &w).unwrap(), expected[1]);
    }
    let one = |average| roc_auc_multiclass(&t, &p, &classes, Multiclass::OneVersusOne, average).unwrap();
    close(one(Average::Macro), 0.5056148037918872);
    close(one(Average::Weighted), 0.5052579365079365);
    let third =
        roc_auc_multiclass(&t, &p, &classes, Multiclass::OneVersusRest, Average::Binary { positive: 2 });
    assert_eq!(third, roc_auc(&t.mapv(|l| l == 2), &p.column(2)));
}

#[test]
fn curves_of_toy_data() {
    let curve = |t: &[usize], s: &[f64]| {
        let c = roc_curve(&Array1::from(t.to_vec()), &Array1::from(s.to_vec())).unwrap();
        (c.false_positive_rate, c.true_positive_rate, c.thresholds)
    };
    let inf = f64::INFINITY;
    assert_eq!(curve(&[0, 1], &[0.0, 1.0]), (vec![0.0, 0.0, 1.0], vec![0.0, 1.0, 1.0], vec![inf, 1.0, 0.0]));
    assert_eq!(curve(&[0, 1], &[1.0, 0.0]), (vec![0.0, 1.0, 1.0], vec![0.0, 0.0, 1.0], vec![inf, 1.0, 0.0]));
    assert_eq!(curve(&[1, 0], &[1.0, 1.0]), (vec![0.0, 1.0], vec![0.0, 1.0], vec![inf, 1.0]));
    // Ties, and points between equal steps, which are dropped.
    assert_eq!(
        curve(&[0, 1, 1, 0, 1, 0, 0, 1], &[0.1, 0.8, 0.35, 0.4, 0.35, 0.4, 0.2, 0.8]),
        (vec![0.0, 0.0, 0.5, 0.5, 1.0], vec![0.0, 0.5, 0.5, 1.0, 1.0], vec![inf, 0.8, 0.4, 0.35, 0.1])
    );
    assert_eq!(
        curve(&[0, 0, 0, 0, 1, 1], &[0.0, 0.2, 0.5, 0.6, 0.7, 1.0]),
        (vec![0.0, 0.0, 0.0, 1.0], vec![0.0, 0.5, 1.0, 1.0], vec![inf, 1.0, 0.7, 0.0])
    );
    assert_eq!(
        curve(&[0, 1, 0, 1, 1, 1, 0, 0], &[0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2]),
        (
            vec![0.0, 0.25, 0.25, 0.5, 0.5, 1.0],
            vec![0.0, 0.0, 0.25, 0.25, 1.0, 1.0],
            vec![inf, 0.9, 0.8, 0.7, 0.4, 0.2]
        )
    );
    let curve = precision_recall_curve(
        &array![0, 1, 1, 0, 1, 0, 0, 1],
        &array![0.1, 0.8, 0.35, 0.4, 0.35, 0.4, 0.2, 0.8],
    )
    .unwrap();
    assert_eq!(curve.precision, [0.5, 4.0 / 7.0, 2.0 / 3.0, 0.5, 1.0, 1.0]);
    assert_eq!(curve.recall, [1.0, 1.0, 1.0, 0.5, 0.5, 0.0]);
    assert_eq!(curve.thresholds, [0.1, 0.2, 0.35, 0.4, 0.8]);
}

#[test]
fn keys_keep_the_order_of_scores() {
    let scores = [f64::MIN, -1.0, -f64::MIN_POSITIVE, 0.0, 5e-324, 1.0, f64::MAX];
    assert!(scores.windows(2).all(|pair| key_of(pair[0]) > key_of(pair[1])));
    assert!(scores.iter().all(|s| score_of(key_of(*s)) == *s));
    assert_eq!(key_of(0.0), key_of(-0.0));
    assert_eq!(roc_auc(&array![0, 1], &array![0.0, -0.0]), Ok(0.5));
}

#[test]
fn bad_input_is_an_error() {
    let s = array![0.1, 0.2, 0.3];
    let what = |outcome: Result<f64>| match outcome {
        Err(Error::Target { what }) => what,
        other => panic!("{other:?}"),
    };
    assert!(what(roc_auc(&array!["a", "a", "a"], &s)).contains("found one: a"));
    assert!(what(roc_auc(&array!["a", "b", "c"], &s)).contains("found a, b and c"));
    assert!(
        what(weighted::roc_auc(&array![0, 1, 0], &s, &array![1.0, 0.0, 1.0])).contains("positive weight")
    );
    let nan = roc_auc(&array![0, 1, 0], &array![0.1, f64::NAN, 0.2]);
    assert!(matches!(nan, Err(Error::NonFinite { row: 1, column: 0, .. })), "{nan:?}");
    assert!(matches!(roc_auc(&array![0, 1], &s), Err(Error::Shape { .. })));
    let table: Array2<f64> = Array2::zeros((3, 3));
    let of = |compare, average| roc_auc_multiclass(&array![0, 1, 1], &table, &[0, 1, 2], compare, average);
    assert!(what(of(Multiclass::OneVersusRest, Average::Macro)).starts_with("class 2"));
    assert!(what(of(Multiclass::OneVersusOne, Average::Macro)).starts_with("class 0"));
    assert!(matches!(of(Multiclass::OneVersusOne, Average::Micro), Err(Error::Parameter { .. })));
    let unknown = of(Multiclass::OneVersusRest, Average::Binary { positive: 9 });
    assert!(matches!(unknown, Err(Error::UnknownLabel { .. })));
}

/// The share of pairs in order, pair by pair; and precision at the threshold of every positive row.
fn slow(t: &[bool], s: &[f64], w: &[f64]) -> (f64, f64) {
    let (mut pairs, mut ordered, mut precision, mut positives) = (0.0, 0.0, 0.0, 0.0);
    for i in (0..t.len()).filter(|i| t[*i]) {
        let (mut above, mut hit) = (0.0, 0.0);
        for j in 0..t.len() {
            if !t[j] {
                pairs += w[i] * w[j];
                ordered +=
                    w[i] * w[j] * if s[i] > s[j] { 1.0 } else { f64::from(u8::from(s[i] == s[j])) / 2.0 };
            }
            if s[j] >= s[i] {
                above += w[j];
                hit += if t[j] { w[j] } else { 0.0 };
            }
        }
        positives += w[i];
        precision += if w[i] > 0.0 { w[i] * hit / above } else { 0.0 };
    }
    (ordered / pairs, precision / positives)
}

proptest! {
    #[test]
    fn agrees_with_the_definition(rows in prop::collection::vec((any::<bool>(), -4_i8..5, 0_u8..4), 2..50)) {
        let t: Array1<bool> = rows.iter().map(|r| r.0).collect();
        let s: Array1<f64> = rows.iter().map(|r| f64::from(r.1)).collect();
        let w: Array1<f64> = rows.iter().map(|r| f64::from(r.2)).collect();
        let ones = Array1::ones(t.len());
        for (w, plain) in [(&ones, true), (&w, false)] {
            let Ok(ranking) = weighted::ranking(&t, &s, w) else { continue };
            let (area, precision) = slow(t.as_slice().unwrap(), s.as_slice().unwrap(), w.as_slice().unwrap());
            close(ranking.roc_auc(), area);
            close(ranking.average_precision(), precision);
            close(ranking.roc_curve().area(), area);
            if plain {
                close(roc_auc(&t, &s).unwrap(), area);
                close(average_precision(&t, &s.mapv(|v| v as f32)).unwrap(), precision);
                // Falling scores speak for the other label.
                close(roc_auc(&t, &-&s).unwrap(), 1.0 - area);
                prop_assert_eq!(roc_auc(&t.slice(s![..;-1]), &s.slice(s![..;-1])).unwrap(), roc_auc(&t, &s).unwrap());
            }
        }
    }
}
