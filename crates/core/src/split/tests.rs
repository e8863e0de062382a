//! Folds by hand, the folds of scikit-learn 1.9.1 for splitters that draw nothing, and properties.

use super::*;
use crate::Describe;
use ndarray::{Array1, Array2};
use proptest::prelude::*;

/// Digits of a string, one per row.
fn digits(text: &str) -> Array1<usize> {
    text.bytes().map(|b| usize::from(b - b'0')).collect()
}

/// The folds, checked, of rows with these labels and groups.
fn folds(cv: &impl Splitter<f64, Array1<usize>>, y: &str, groups: Option<&str>) -> Result<Vec<Fold>> {
    let (y, groups) = (digits(y), groups.map(digits));
    let x: Array2<f64> = Array2::zeros((y.len(), 1));
    let samples = Samples::from((&x, &y));
    cv.folds(&groups.as_ref().map_or(samples, |g| samples.with_groups(g)))
}

/// The test fold of each row, as digits; every row is in one test fold and trains all others.
fn assignment(folds: &[Fold], n: usize) -> String {
    let mut of = vec![b'?'; n];
    for (k, fold) in folds.iter().enumerate() {
        fold.test.iter().for_each(|i| of[*i] = b'0' + k as u8);
        let train: Vec<usize> = (0..n).filter(|i| !fold.test.contains(i)).collect();
        assert_eq!(fold.train, train, "fold {k}");
    }
    String::from_utf8(of).unwrap()
}

#[test]
fn unshuffled_folds_are_those_of_scikit_learn() {
    let check = |cv: &dyn Splitter<f64, Array1<usize>>, y: &str, g: Option<&str>, expected: &str| {
        assert_eq!(assignment(&folds(&cv, y, g).unwrap(), y.len()), expected);
    };
    check(&KFold::new(3), "0000000000", None, "0000111222");
    check(&KFold::new(4), "00000000000", None, "00011122233");
    for (k, y, expected) in [
        (3, "21100000021211221", "00000112201112122"),
        (5, "11101100110111001010", "00001112122233334444"),
        (4, "11110000222123113331232", "00110123001210231223233"),
    ] {
        check(&StratifiedKFold::new(k), y, None, expected);
    }
    for (k, g, expected) in [
        (3, "54426045532223560632", "12202021110001120210"),
        (4, "652265436328226500373722", "130013221202001311232300"),
        (2, "340031204243313", "011101011010010"),
    ] {
        check(&GroupKFold::new(k), g, Some(g), expected);
    }
    for (k, y, g, expected) in [
        (3, "01111000100001101110", "03261604462646156024", "22010121110111001201"),
        (
            4,
            "222101212120100220220111102202",
            "476343427032666881116886870170",
            "320232332323000110000110123023",
        ),
        (
            2,
            "0111111010000011111100101011010011011101",
            "5144075200614772036405213671462211711106",
            "0011010100001111010100101010101100100000",
        ),
    ] {
        check(&StratifiedGroupKFold::new(k), y, Some(g), expected);
    }
}

#[test]
fn time_series_folds_are_those_of_scikit_learn() {
    let check = |cv: TimeSeriesSplit, expected: &[(std::ops::Range<usize>, std::ops::Range<usize>)]| {
        let expected: Vec<Fold> = expected
            .iter()
            .map(|(a, b)| Fold { train: a.clone().collect(), test: b.clone().collect() })
            .collect();
        assert_eq!(folds(&cv, "0000000000000", None).unwrap(), expected);
    };
    check(TimeSeriesSplit::new(3), &[(0..4, 4..7), (0..7, 7..10), (0..10, 10..13)]);
    check(TimeSeriesSplit::new(3).max_train_size(Some(3)), &[(1..4, 4..7), (4..7, 7..10), (7..10, 10..13)]);
    check(TimeSeriesSplit::new(2).test_size(Some(3)).gap(2), &[(0..5, 7..10), (0..8, 10..13)]);
    check(
        TimeSeriesSplit::new(4).test_size(Some(2)).gap(1).max_train_size(Some(2)),
        &[(2..4, 5..7), (4..6, 7..9), (6..8, 9..11), (8..10, 11..13)],
    );
    assert!(matches!(folds(&TimeSeriesSplit::new(5).gap(9), "0000000000", None), Err(Error::Shape { .. })));
    assert!(matches!(folds(&TimeSeriesSplit::new(5), "00000", None), Err(Error::Parameter { .. })));
}

#[test]
fn leaving_out() {
    let fold = |train: &[usize], test: &[usize]| Fold { train: train.to_vec(), test: test.to_vec() };
    let expected = [fold(&[1, 2], &[0]), fold(&[0, 2], &[1]), fold(&[0, 1], &[2])];
    assert_eq!(folds(&LeaveOneOut, "000", None).unwrap(), expected);
    assert_eq!(
        folds(&LeaveOneGroupOut, "000", Some("717")).unwrap(),
        [fold(&[0, 2], &[1]), fold(&[1], &[0, 2])]
    );
    let given = Predefined::by_row(&[Some(3), None, Some(1)]);
    assert_eq!(folds(&given, "000", None).unwrap(), [fold(&[0, 1], &[2]), fold(&[1, 2], &[0])]);
}

#[test]
fn what_cannot_be_split_is_an_error() {
    let name = |outcome: Result<Vec<Fold>>| match outcome {
        Err(Error::Parameter { name, .. }) => name,
        other => panic!("{other:?}"),
    };
    assert_eq!(name(folds(&KFold::new(4), "010", None)), "n_splits");
    assert_eq!(name(folds(&KFold::new(1), "010", None)), "n_splits");
    assert_eq!(name(folds(&KFold::new(2).seed(1), "010", None)), "seed");
    assert_eq!(name(folds(&StratifiedKFold::new(3), "0101", None)), "n_splits");
    assert_eq!(name(folds(&GroupKFold::new(3), "0101", Some("0101"))), "n_splits");
    assert_eq!(name(folds(&LeaveOneOut, "0", None)), "n_splits");
    assert_eq!(name(folds(&ShuffleSplit::new().test_share(1.0), "01", None)), "test_share");
    assert_eq!(name(folds(&Predefined(vec![Fold { train: vec![0], test: vec![0] }]), "01", None)), "fold");
    assert!(matches!(folds(&GroupKFold::new(2), "0101", None), Err(Error::Unsupported { .. })));
    assert!(matches!(folds(&StratifiedShuffleSplit::new(), "0001", None), Err(Error::Target { .. })));
    let beyond = Predefined(vec![Fold { train: vec![0], test: vec![2] }]);
    assert!(matches!(folds(&beyond, "01", None), Err(Error::Shape { .. })));
    assert!(matches!(folds(&Predefined(Vec::new()), "01", None), Err(Error::Shape { .. })));
    // A rare class alone is no error: it is missing from some folds.
    assert_eq!(folds(&StratifiedKFold::new(3), "0000001", None).unwrap().len(), 3);
}

#[test]
fn repetitions_and_draws_differ_and_repeat() {
    let y = "0".repeat(40);
    for cv in
        [&RepeatedKFold::new(4, 3) as &dyn Splitter<f64, Array1<usize>>, &RepeatedStratifiedKFold::new(4, 3)]
    {
        let all = folds(&cv, &y, None).unwrap();
        assert_eq!(all.len(), 12);
        assert_ne!(all[..4], all[4..8]);
        assert_eq!(all, folds(&cv, &y, None).unwrap());
    }
    let draws = folds(&ShuffleSplit::new().n_splits(2).test_share(0.2), &y, None).unwrap();
    assert_ne!(draws[0], draws[1]);
    assert_eq!((draws[0].test.len(), draws[0].train.len()), (8, 32));
    assert_ne!(draws, folds(&ShuffleSplit::new().n_splits(2).test_share(0.2).seed(1), &y, None).unwrap());
}

proptest! {
    #[test]
    fn shuffled_folds_partition_the_rows(n in 4_usize..60, k in 2_usize..5, seed in any::<u64>()) {
        let y: String = (0..n).map(|i| if i % 3 == 0 { '1' } else { '0' }).collect();
        let plain = folds(&KFold::new(k).shuffle(true).seed(seed), &y, None).unwrap();
        assignment(&plain, n);
        let sizes: Vec<usize> = plain.iter().map(|f| f.test.len()).collect();
        prop_assert!(sizes.iter().max().unwrap() - sizes.iter().min().unwrap() <= 1);

        let stratified = folds(&StratifiedKFold::new(k.min(n / 2)).shuffle(true).seed(seed), &y, None).unwrap();
        assignment(&stratified, n);
        let ones: Vec<usize> = stratified.iter().map(|f| f.test.iter().filter(|i| *i % 3 == 0).count()).collect();
        prop_assert!(ones.iter().max().unwrap() - ones.iter().min().unwrap() <= 1);
    }

    #[test]
    fn groups_stay_whole(groups in prop::collection::vec(0_usize..9, 20..60), seed in any::<u64>()) {
        let y = "01".repeat(30)[..groups.len()].to_string();
        let text: String = groups.iter().map(ToString::to_string).collect();
        let distinct = groups.iter().collect::<std::collections::BTreeSet<_>>().len();
        prop_assume!(distinct >= 3);
        for cv in [
            &GroupKFold::new(3) as &dyn Splitter<f64, Array1<usize>>,
            &GroupKFold::new(3).shuffle(true).seed(seed),
            &StratifiedGroupKFold::new(3).shuffle(true).seed(seed),
            &GroupShuffleSplit::new().seed(seed),
            &LeaveOneGroupOut,
        ] {
            // A group may be alone in a stratified fold's stead, which leaves another fold empty.
            let Ok(folds) = folds(&cv, &y, Some(&text)) else { continue };
            for fold in folds {
                prop_assert_eq!(fold.train.len() + fold.test.len(), groups.len());
                prop_assert!(fold.test.iter().all(|t| fold.train.iter().all(|r| groups[*r] != groups[*t])));
            }
        }
    }
}

#[test]
fn splitters_describe_themselves() {
    assert_eq!(KFold::new(7).name(), "KFold");
    assert_eq!(KFold::new(7).parameters()[0].value, "7");
}

#[test]
fn splitters_as_values_split_alike() -> Result<()> {
    let x = Array2::<f64>::zeros((12, 1));
    let y = Array1::from_shape_fn(12, |i| i as f64);
    let labels = Array1::from_shape_fn(12, |i| i % 2);
    let (numbers, classes) = (Samples::from((&x, &y)), Samples::from((&x, &labels)));
    let shuffled = KFold::new(3).shuffle(true).seed(4);
    assert_eq!(Folds::from(shuffled.clone()).split(&numbers)?, shuffled.split(&numbers)?);
    assert_eq!(ClassFolds::from(shuffled.clone()).split(&classes)?, shuffled.split(&classes)?);
    let stratified = StratifiedKFold::new(3);
    assert_eq!(ClassFolds::from(stratified.clone()).split(&classes)?, stratified.split(&classes)?);
    Ok(())
}
