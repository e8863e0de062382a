//! Counts by hand, published values, scikit-learn 1.9.1 on the formulae of `data`, and slow twins.

use super::*;
use crate::data::{binary, close, predicted, probabilities, truth, weights};
use crate::weighted;
use ndarray::{Array1, Array2, array};
use proptest::prelude::*;

#[test]
fn agrees_with_scikit_learn() {
    let (t, p, w) = (truth(), predicted(), weights());
    let both = |plain: Result<f64>, with_weights: Result<f64>, expected: [f64; 2]| {
        close(plain.unwrap(), expected[0]);
        close(with_weights.unwrap(), expected[1]);
    };
    both(accuracy(&t, &p), weighted::accuracy(&t, &p, &w), [0.7666666666666667, 0.7966101694915254]);
    both(
        zero_one_loss(&t, &p),
        weighted::zero_one_loss(&t, &p, &w),
        [0.23333333333333328, 0.203_389_830_508_474_6],
    );
    both(
        balanced_accuracy(&t, &p),
        weighted::balanced_accuracy(&t, &p, &w),
        [0.7658730158730158, 0.7957609746867378],
    );
    both(
        matthews_correlation(&t, &p),
        weighted::matthews_correlation(&t, &p, &w),
        [0.6875244695599485, 0.7306103251372352],
    );
    both(cohen_kappa(&t, &p), weighted::cohen_kappa(&t, &p, &w), [0.6872673119880863, 0.7285854240320313]);
    for (cost, expected) in [
        (Disagreement::Linear, [0.6914132379248659, 0.7196339225102457]),
        (Disagreement::Quadratic, [0.6838565022421526, 0.6999665928409695]),
    ] {
        both(cohen_kappa_ordinal(&t, &p, cost), weighted::cohen_kappa_ordinal(&t, &p, cost, &w), expected);
    }
    let of2 = Average::Binary { positive: 2 };
    for (average, expected) in [
        (
            Average::Macro,
            [
                [0.7628878474466709, 0.8002136752136753],
                [0.7658730158730158, 0.7957609746867378],
                [0.7639285714285715, 0.7946854979615608],
                [0.6190563725490196, 0.6622931658539122],
                [0.7631981935215947, 0.7971878007248275],
            ],
        ),
        (
            Average::Micro,
            [
                [0.7666666666666667, 0.7966101694915254],
                [0.7666666666666667, 0.7966101694915254],
                [0.7666666666666667, 0.7966101694915254],
                [0.6216216216216216, 0.6619718309859155],
                [0.7666666666666667, 0.7966101694915254],
            ],
        ),
        (
            Average::Weighted,
            [
                [0.7688536953242835, 0.8023564633734126],
                [0.7666666666666667, 0.7966101694915254],
                [0.7673333333333333, 0.7961071053694174],
                [0.6234803921568627, 0.6642957224384854],
                [0.7681443798449613, 0.7990232364530694],
            ],
        ),
        (
            of2,
            [
                [0.75, 0.75],
                [0.75, 0.6818181818181818],
                [0.75, 0.7142857142857143],
                [0.6, 0.5555555555555556],
                [0.75, 0.7352941176470589],
            ],
        ),
    ] {
        both(precision(&t, &p, average), weighted::precision(&t, &p, average, &w), expected[0]);
        both(recall(&t, &p, average), weighted::recall(&t, &p, average, &w), expected[1]);
        both(f1(&t, &p, average), weighted::f1(&t, &p, average, &w), expected[2]);
        both(jaccard(&t, &p, average), weighted::jaccard(&t, &p, average, &w), expected[3]);
        both(fbeta(&t, &p, 0.5, average), weighted::fbeta(&t, &p, 0.5, average, &w), expected[4]);
    }
    let (classes, proba) = ([0, 1, 2, 3], probabilities());
    both(
        log_loss(&t, &proba, &classes),
        weighted::log_loss(&t, &proba, &classes, &w),
        [1.5266251816508836, 1.5368107217029379],
    );
    both(
        brier_score(&t, &proba, &classes),
        weighted::brier_score(&t, &proba, &classes, &w),
        [0.8022925869779017, 0.8034974988838922],
    );
    let mut two = proba.slice(s![.., ..2]).to_owned();
    two.rows_mut().into_iter().for_each(|mut row| row /= row.sum());
    let classes = [false, true];
    both(
        brier_score(&binary(), &two, &classes),
        weighted::brier_score(&binary(), &two, &classes, &w),
        [0.2525941358024692, 0.2636983852967845],
    );
}

#[test]
fn kappas_of_artstein_and_poesio() {
    let rows = |counts: &[(usize, usize)]| -> Array1<usize> {
        counts.iter().flat_map(|(label, n)| vec![*label; *n]).collect()
    };
    let rounded = |value: f64, digits: i32| (value * 10_f64.powi(digits)).round() / 10_f64.powi(digits);
    let (a, b) = (rows(&[(0, 40), (1, 60)]), rows(&[(0, 20), (1, 20), (0, 10), (1, 50)]));
    assert_eq!(rounded(cohen_kappa(&a, &b).unwrap(), 3), 0.348);
    assert_eq!(cohen_kappa(&a, &b), cohen_kappa(&b, &a));
    assert_eq!(cohen_kappa(&a, &a), Ok(1.0));
    let (a, b) = (rows(&[(0, 46), (1, 44), (2, 10)]), rows(&[(0, 52), (1, 32), (2, 16)]));
    assert_eq!(rounded(cohen_kappa(&a, &b).unwrap(), 4), 0.8013);
    let b = rows(&[(0, 50), (1, 40), (2, 10)]);
    assert_eq!(rounded(cohen_kappa(&a, &b).unwrap(), 4), 0.9315);
    assert_eq!(rounded(cohen_kappa_ordinal(&a, &b, Disagreement::Linear).unwrap(), 4), 0.9412);
    assert_eq!(rounded(cohen_kappa_ordinal(&a, &b, Disagreement::Quadratic).unwrap(), 4), 0.9541);
}

#[test]
fn undefined_values_are_named() {
    let (t, p) = (array!["a", "a", "b"], array!["a", "c", "c"]);
    let scores = precision_recall_f1(&t, &p).unwrap();
    assert_eq!(scores.labels, ["a", "b", "c"]);
    assert_eq!(scores.precision, [1.0, 0.0, 0.0]);
    assert_eq!(scores.recall, [0.5, 0.0, 0.0]);
    assert_eq!(scores.f1, [2.0 / 3.0, 0.0, 0.0]);
    assert_eq!(scores.support, [2.0, 1.0, 0.0]);
    // "c" is never true and does not count.
    assert_eq!(balanced_accuracy(&t, &p), Ok(0.25));
    let one = array![1, 1];
    assert_eq!(matthews_correlation(&one, &one), Ok(0.0));
    assert!(matches!(cohen_kappa(&one, &one), Err(Error::Target { .. })));
    assert!(matches!(cohen_kappa_ordinal(&one, &one, Disagreement::Linear), Err(Error::Target { .. })));
    let unknown = f1(&t, &p, Average::Binary { positive: "z" });
    assert_eq!(unknown, Err(Error::UnknownLabel { label: "z".into(), known: "a, b, c".into() }));
    // A certain mistake costs the logarithm of the rounding error.
    let sure = array![[1.0, 0.0]];
    close(log_loss(&array![1], &sure, &[0, 1]).unwrap(), 36.04365338911715);
    close(
        log_loss(&array![1], &sure.mapv(|v| v as f32), &[0, 1]).unwrap(),
        f64::from(f32::EPSILON).ln().abs(),
    );
    assert_eq!(log_loss(&array![0], &sure, &[0, 1]), Ok(0.0));
    assert_eq!(brier_score(&array![1], &sure, &[0, 1]), Ok(1.0));
}

#[test]
fn bad_input_is_an_error() {
    let t = array![0, 1];
    assert!(matches!(accuracy(&Array1::<u8>::zeros(0), &Array1::zeros(0)), Err(Error::EmptyInput { .. })));
    assert!(matches!(accuracy(&t, &array![0]), Err(Error::Shape { .. })));
    for w in [array![1.0], array![1.0, -1.0], array![f64::NAN, 1.0], array![0.0, 0.0]] {
        assert!(weighted::accuracy(&t, &t, &w).is_err(), "{w}");
        assert!(weighted::f1(&t, &t, Average::Macro, &w).is_err(), "{w}");
        assert!(weighted::confusion_matrix(&t, &t, &w).is_err(), "{w}");
    }
    assert!(matches!(fbeta(&t, &t, -1.0, Average::Macro), Err(Error::Parameter { .. })));
    let p = array![[0.5, 0.5], [0.5, 0.5]];
    assert!(matches!(log_loss(&t, &p, &[0]), Err(Error::Shape { .. })));
    assert!(matches!(log_loss(&t, &p, &[0, 2]), Err(Error::UnknownLabel { .. })));
    assert!(matches!(log_loss(&t, &p, &[1, 1]), Err(Error::Parameter { .. })));
    assert!(matches!(log_loss(&t, &array![[0.5, 0.5], [0.5, 0.6]], &[0, 1]), Err(Error::Parameter { .. })));
    assert!(matches!(log_loss(&t, &array![[0.5, 0.5], [-0.5, 1.5]], &[0, 1]), Err(Error::Parameter { .. })));
    let nan = log_loss(&t, &array![[0.5, 0.5], [0.5, f64::NAN]], &[0, 1]);
    assert!(matches!(nan, Err(Error::NonFinite { row: 1, column: 1, .. })), "{nan:?}");
    let many: Array1<usize> = (0..5000).collect();
    assert!(matches!(confusion_matrix(&many, &many), Err(Error::Target { .. })));
    assert_eq!(f1(&many, &many, Average::Macro), Ok(1.0));
}

#[test]
fn columns_may_stand_in_any_order() {
    let (t, p) = (truth(), probabilities());
    let turned = p.slice(s![.., ..;-1]);
    close(log_loss(&t, &turned, &[3, 2, 1, 0]).unwrap(), 1.5266251816508836);
    let by_column = p.t().as_standard_layout().into_owned().reversed_axes();
    close(log_loss(&t, &by_column, &[0, 1, 2, 3]).unwrap(), 1.5266251816508836);
}

#[test]
fn confusion_matrices_count_and_print() {
    let matrix = confusion_matrix(&truth(), &predicted()).unwrap();
    let expected =
        array![[14.0, 1.0, 1.0, 2.0], [1.0, 11.0, 2.0, 0.0], [1.0, 1.0, 12.0, 2.0], [1.0, 1.0, 1.0, 9.0]];
    assert_eq!(matrix.counts(), expected);
    let of_truth = matrix.normalise(Normalise::Truth);
    assert_eq!(of_truth.counts().row(0), array![14.0 / 18.0, 1.0 / 18.0, 1.0 / 18.0, 2.0 / 18.0]);
    assert_eq!(matrix.normalise(Normalise::Predicted).counts()[[0, 0]], 14.0 / 17.0);
    assert_eq!(matrix.normalise(Normalise::All).counts()[[3, 3]], 9.0 / 60.0);
    let text = "\
truth \\ predicted     0     1     2     3
                0  0.78  0.06  0.06  0.11
                1  0.07  0.79  0.14  0.00
                2  0.06  0.06  0.75  0.12
                3  0.08  0.08  0.08  0.75
";
    assert_eq!(of_truth.to_string(), text);
    assert!(format!("{of_truth:.1}").contains("0.8  0.1  0.1  0.1"));
    assert_eq!(matrix.with_names(["first", "second"]).labels(), ["first", "second", "2", "3"]);
    let empty_row = confusion_matrix(&array![0, 0], &array![0, 1]).unwrap().normalise(Normalise::Truth);
    assert_eq!(empty_row.counts(), array![[0.5, 0.5], [0.0, 0.0]]);
}

#[test]
fn reports_print_as_those_of_scikit_learn() {
    let text = "              precision  recall  f1-score  support

           0       0.82    0.78      0.80       18
           1       0.79    0.79      0.79       14
           2       0.75    0.75      0.75       16
           3       0.69    0.75      0.72       12

    accuracy                         0.77       60
   macro avg       0.76    0.77      0.76       60
weighted avg       0.77    0.77      0.77       60
";
    assert_eq!(classification_report(&truth(), &predicted()).unwrap().to_string(), text);
    let text = "              precision  recall  f1-score  support

       first      0.778   0.894     0.832   23.500
           1      0.923   0.783     0.847       23
           2      0.750   0.682     0.714       22
           3      0.750   0.825     0.786       20

    accuracy                        0.797   88.500
   macro avg      0.800   0.796     0.795   88.500
weighted avg      0.802   0.797     0.796   88.500
";
    let report = weighted::classification_report(&truth(), &predicted(), &weights()).unwrap();
    assert_eq!(format!("{:.3}", report.with_names(["first"])), text);
    let long = classification_report(&array!["a rather long label, größer", "b"], &array!["b", "b"])
        .unwrap()
        .to_string();
    let widths: Vec<usize> = long.lines().filter(|l| !l.is_empty()).map(|l| l.chars().count()).collect();
    assert!(widths.iter().all(|w| *w == widths[0]), "{long}");
}

/// Every metric from the definition, row by row and class by class.
fn slow(t: &[i32], p: &[i32], w: &[f64]) -> [f64; 4] {
    let rows = || t.iter().zip(p).zip(w).map(|((t, p), w)| (*t, *p, *w));
    let sum = |keep: &dyn Fn(i32, i32) -> bool| {
        rows().filter(|(t, p, _)| keep(*t, *p)).map(|(.., w)| w).sum::<f64>()
    };
    let mut labels: Vec<i32> = t.iter().chain(p).copied().collect();
    labels.sort_unstable();
    labels.dedup();
    let ratio = |a: f64, b: f64| if b == 0.0 { 0.0 } else { a / b };
    let mean =
        |score: &dyn Fn(i32) -> f64| labels.iter().map(|c| score(*c)).sum::<f64>() / labels.len() as f64;
    let hit = |c| sum(&|t, p| t == c && p == c);
    [
        sum(&|t, p| t == p) / sum(&|_, _| true),
        mean(&|c| ratio(hit(c), sum(&|_, p| p == c))),
        mean(&|c| ratio(hit(c), sum(&|t, _| t == c))),
        mean(&|c| ratio(hit(c), sum(&|t, p| t == c || p == c))),
    ]
}

proptest! {
    #[test]
    fn counts_agree_with_the_definition(rows in prop::collection::vec((-3_i32..4, -3_i32..4, 0_u8..4), 1..50)) {
        let t: Array1<i32> = rows.iter().map(|r| r.0).collect();
        let p: Array1<i32> = rows.iter().map(|r| r.1).collect();
        let w: Array1<f64> = rows.iter().map(|r| f64::from(r.2)).collect();
        let ones = Array1::ones(t.len());
        let with = |w: &Array1<f64>| {
            [
                weighted::accuracy(&t, &p, w).unwrap(),
                weighted::precision(&t, &p, Average::Macro, w).unwrap(),
                weighted::recall(&t, &p, Average::Macro, w).unwrap(),
                weighted::jaccard(&t, &p, Average::Macro, w).unwrap(),
            ]
        };
        let check = |found: [f64; 4], w: &Array1<f64>| {
            let expected = slow(t.as_slice().unwrap(), p.as_slice().unwrap(), w.as_slice().unwrap());
            found.iter().zip(expected).for_each(|(f, e)| close(*f, e));
        };
        check([accuracy(&t, &p), precision(&t, &p, Average::Macro), recall(&t, &p, Average::Macro), jaccard(&t, &p, Average::Macro)].map(Result::unwrap), &ones);
        if w.sum() > 0.0 {
            check(with(&w), &w);
            // Weight 2 is the row twice: here over the counts, whose classes are the same.
            let times: Vec<usize> = (0..t.len()).flat_map(|i| vec![i; w[i] as usize]).collect();
            let (t2, p2) = (t.select(ndarray::Axis(0), &times), p.select(ndarray::Axis(0), &times));
            close(weighted::accuracy(&t, &p, &w).unwrap(), accuracy(&t2, &p2).unwrap());
        }
        // Labels are only names: strings give the same, and any layout does.
        let names = (t.mapv(|l| format!("{:02}", l + 5)), p.mapv(|l| format!("{:02}", l + 5)));
        prop_assert_eq!(f1(&names.0, &names.1, Average::Macro), f1(&t, &p, Average::Macro));
        let (back, pback) = (t.slice(s![..;-1]), p.slice(s![..;-1]));
        prop_assert_eq!(accuracy(&back, &pback), accuracy(&t, &p));
        prop_assert_eq!(confusion_matrix(&back, &pback), confusion_matrix(&t, &p));
    }
}

#[test]
fn many_rows_give_the_same_bits_for_any_number_of_threads() {
    let n = 450_000;
    let t: Array1<usize> = (0..n).map(|i| i * i % 7).collect();
    let p: Array1<usize> = (0..n).map(|i| i % 7).collect();
    let proba = Array2::from_shape_fn((n, 2), |(i, j)| {
        if j == 0 { (i % 11) as f64 / 11.0 } else { 1.0 - (i % 11) as f64 / 11.0 }
    });
    let even = t.mapv(|l| l % 2);
    let all = || {
        let values = [
            accuracy(&t, &p),
            f1(&t, &p, Average::Macro),
            log_loss(&even, &proba, &[0, 1]),
            brier_score(&even, &proba, &[0, 1]),
        ];
        values.map(|v| v.unwrap().to_bits())
    };
    let once = estimand_par::with_threads(1, all).unwrap();
    for threads in [2, 7] {
        assert_eq!(estimand_par::with_threads(threads, all).unwrap(), once);
    }
}
