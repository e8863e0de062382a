//! Cross-validated choice of C and ρ.

use super::*;
use crate::{LogisticCvModel, LogisticRegressionCv, LogisticScoring};
use estimand_core::split::{GroupKFold, KFold, Splitter, StratifiedKFold};
use estimand_core::{Error, Persist, Predict, PredictProba, Samples};

type Chosen = Classifier<LogisticCvModel<f64>, usize>;

#[test]
fn scores_are_those_of_fits_one_by_one() {
    for (k, scoring) in [
        (2, LogisticScoring::Accuracy),
        (2, LogisticScoring::RocAuc),
        (3, LogisticScoring::LogLoss),
        (3, LogisticScoring::BalancedAccuracy),
        (3, LogisticScoring::F1Macro),
    ] {
        let (x, y) = draw(180, 6, k, 61);
        let (cs, ratios) = ([10.0, 0.01, 0.3], [0.0, 1.0]);
        let settings = LogisticRegressionCv::new().cs(cs).l1_ratios(ratios).scoring(scoring).tol(1e-9);
        let model: Chosen = settings.fit((&x, &y)).unwrap();
        assert_eq!(model.cv_scores().dim(), (6, 5));
        let samples: Samples<'_, f64, Array1<usize>> = (&x, &y).into();
        let folds = StratifiedKFold::new(5).folds(&samples).unwrap();
        for (c, candidate) in model.candidates().iter().enumerate() {
            assert_eq!((candidate.c, candidate.l1_ratio), (cs[c % 3], ratios[c / 3]));
            for (f, fold) in folds.iter().enumerate() {
                let (train, test) = (samples.select(&fold.train), samples.select(&fold.test));
                let settings =
                    LogisticRegression::new().c(candidate.c).l1_ratio(candidate.l1_ratio).tol(1e-9);
                let alone: Fitted = settings.fit(&train).unwrap();
                let predicted = alone.predict(&test).unwrap();
                let expected = match scoring {
                    LogisticScoring::Accuracy => estimand_metrics::accuracy(&test.y, &predicted).unwrap(),
                    LogisticScoring::RocAuc => {
                        let z = alone.decision_function(&test).unwrap();
                        estimand_metrics::roc_auc(&test.y, &z.column(0)).unwrap()
                    }
                    LogisticScoring::LogLoss => {
                        let p = alone.predict_proba(&test).unwrap();
                        -estimand_metrics::log_loss(&test.y, &p, &[0, 1, 2]).unwrap()
                    }
                    LogisticScoring::BalancedAccuracy => {
                        estimand_metrics::balanced_accuracy(&test.y, &predicted).unwrap()
                    }
                    LogisticScoring::F1Macro => {
                        let average = estimand_metrics::Average::Macro;
                        estimand_metrics::f1(&test.y, &predicted, average).unwrap()
                    }
                };
                // Both stop within 1e-9 of vanishing derivatives, from different places.
                assert_relative_eq!(model.cv_scores()[[c, f]], expected, epsilon = 1e-6);
            }
        }
        let means = model.cv_scores().mean_axis(ndarray::Axis(1)).unwrap();
        assert_eq!(model.best_score(), means.fold(f64::NEG_INFINITY, |max, s| max.max(*s)));
        // The model is that of the choice, on all rows.
        let settings = LogisticRegression::new().c(model.c()).l1_ratio(model.l1_ratio()).tol(1e-9);
        let alone: Fitted = settings.fit((&x, &y)).unwrap();
        assert_eq!(model.coef(), alone.coef());
        // One line for each candidate, one of them the best.
        let table = model.search().to_string();
        assert_eq!((table.lines().count(), table.matches("best").count()), (8, 1), "{table}");
        assert_eq!(Chosen::from_bytes(&model.to_bytes().unwrap()).unwrap(), model);
    }
}

#[test]
fn groups_weights_and_ties_are_honoured() {
    let (x, y) = draw(120, 4, 2, 67);
    let groups = Array1::from_shape_fn(120, |i| i / 20);
    let samples = Samples::<f64, Array1<usize>>::from((&x, &y)).with_groups(&groups);
    let model: Chosen = LogisticRegressionCv::new().cv(GroupKFold::new(3)).fit_samples(samples).unwrap();
    assert_eq!(model.cv_scores().ncols(), 3);
    // A row of weight 0 is as good as absent, in the folds as well.
    let weights = Array1::from_shape_fn(120, |i| if i % 4 == 1 { 0.0 } else { 1.0 });
    let kept: Vec<usize> = (0..120).filter(|i| i % 4 != 1).collect();
    let (xk, yk) = (x.select(ndarray::Axis(0), &kept), y.select(ndarray::Axis(0), &kept));
    let settings = LogisticRegressionCv::new().scoring(LogisticScoring::LogLoss);
    let a: Chosen = settings.fit((&x, &y, &weights)).unwrap();
    let b: Chosen = settings.fit((&xk, &yk)).unwrap();
    assert!(apart(a.cv_scores(), b.cv_scores()) < 1e-12 && a.c() == b.c());
    // Equal scores: the strongest penalty, wherever it stands.
    let z = Array2::from_shape_fn((40, 1), |(i, _)| if i % 2 == 0 { -1.0 } else { 1.0 });
    let tied: Chosen = LogisticRegressionCv::new()
        .cs([1.0, 100.0, 0.1, 10.0])
        .fit((&z, &Array1::from_shape_fn(40, |i| i % 2)))
        .unwrap();
    assert_eq!((tied.c(), tied.best_score()), (0.1, 1.0));
}

#[test]
fn what_cannot_be_chosen_from_is_refused() {
    let (x, y) = draw(60, 3, 3, 71);
    let settings = LogisticRegressionCv::new();
    for settings in [
        settings.clone().cs([]),
        settings.clone().l1_ratios([]),
        settings.clone().cs([1.0, 0.0]),
        settings.clone().cs([f64::NAN]),
        settings.clone().l1_ratios([0.5, 2.0]),
        settings.clone().scoring(LogisticScoring::RocAuc),
    ] {
        assert!(settings.fit((&x, &y)).is_err(), "{settings:?}");
    }
    // Folds in the order of the rows leave the only rows of a class out.
    let sorted = Array1::from_shape_fn(60, |i| i / 20);
    let error = settings.cv(KFold::new(3)).fit((&x, &sorted)).unwrap_err();
    assert!(matches!(error, Error::Target { .. }), "{error}");
}
