use super::*;
use crate::{ExtraTreesClassifier, RandomForestClassifier, RandomForestRegressor, RegressionForest};
use estimand_core::{Decide, Fit, FitClasses, Predict, PredictProba};
use estimand_grow::settings::MaxFeatures;
use ndarray::{Array1, Array2, array};

/// One tree that sees all rows and columns.
fn stump(depth: usize) -> RandomForestClassifier {
    RandomForestClassifier::new()
        .n_trees(1)
        .bootstrap(false)
        .max_features(MaxFeatures::All)
        .max_depth(Some(depth))
}

fn regression_stump(depth: usize) -> RandomForestRegressor {
    RandomForestRegressor::new().n_trees(1).bootstrap(false).max_depth(Some(depth))
}

#[test]
fn two_rounds_by_hand() {
    // Ten rows in a line, two of the class in the middle. The first stump splits at 5.5: rows 6 and 7 are wrong.
    let x = Array2::from_shape_fn((10, 1), |(i, _)| i as f64);
    let y = [0, 0, 0, 0, 0, 0, 1, 1, 0, 0];
    let model = AdaBoostClassifier::new(stump(1)).n_estimators(2).fit((&x, &y)).unwrap();
    let learners = model.learners();
    // The best split for Gini is x ≤ 5.5: on the right two of four are of class 1, and the lowest class wins.
    assert!((learners[0].error() - 0.2).abs() < 1e-15);
    let alpha = (0.8_f64 / 0.2).ln();
    assert!((learners[0].weight() - alpha).abs() < 1e-15);
    // Rows 6 and 7 weigh four times as much: 8/16 of the weight. x ≤ 5.5 again, now with class 1 on the right; rows 8
    // and 9 are wrong, 2/16.
    assert!((learners[1].error() - 0.125).abs() < 1e-15);
    let beta = 7.0_f64.ln();
    let decisions = model.decision_function(&x).unwrap();
    let expected = [-1.0, (beta - alpha) / (alpha + beta)];
    for i in 0..10 {
        assert!((decisions[[i, 0]] - expected[usize::from(i > 5)]).abs() < 1e-15, "{i}");
    }
    let stages = model.staged_scores(&x).unwrap();
    assert_eq!((stages.len(), &stages[1]), (2, &decisions));
    assert!(stages[0].iter().all(|d| *d == -1.0));
    let proba = model.predict_proba(&x).unwrap();
    assert!((proba[[9, 1]] - 1.0 / (1.0 + (-2.0 * expected[1]).exp())).abs() < 1e-15);
}

#[test]
fn rounds_end_where_nothing_is_left_to_learn() {
    let (x, y) = (array![[0.0], [1.0], [2.0]], ["a", "b", "b"]);
    let model = AdaBoostClassifier::new(stump(1)).fit((&x, &y)).unwrap();
    assert_eq!((model.learners().len(), model.learners()[0].error()), (1, 0.0));
    assert_eq!(model.predict(&x).unwrap().to_vec(), y);
    // Equal rows of two classes: no stump is better than guessing.
    let same = Array2::<f64>::ones((4, 1));
    let model = AdaBoostClassifier::new(stump(1)).fit((&same, &[0, 1, 0, 1])).unwrap();
    assert_eq!((model.learners().len(), model.learners()[0].error()), (1, 0.5));
    assert!(model.report().to_string().contains("stopped early"));
    let model = AdaBoostRegressor::new(regression_stump(1)).fit((&x, &array![1.0, 5.0, 5.0])).unwrap();
    assert_eq!(model.predict(&x).unwrap(), array![1.0, 5.0, 5.0]);
}

#[test]
fn several_classes_are_learnt_from_stumps() {
    let x = Array2::from_shape_fn((300, 2), |(i, j)| ((i * (7 + 4 * j)) % 100) as f64);
    let y: Vec<usize> = x.rows().into_iter().map(|r| ((r[0] + r[1]) / 67.0) as usize).collect();
    let right = |settings: AdaBoostClassifier<RandomForestClassifier>| {
        let model = settings.fit((&x, &y)).unwrap();
        model.predict(&x).unwrap().iter().zip(&y).filter(|(a, b)| a == b).count()
    };
    assert!(right(AdaBoostClassifier::new(stump(1)).n_estimators(1)) < 220);
    assert!(right(AdaBoostClassifier::new(stump(2)).n_estimators(60)) > 270);
}

/// Trees that draw nothing fit the same numbers from weights as from repeated rows.
#[test]
fn numbers_are_boosted_by_the_definition() {
    let x = Array2::from_shape_fn((40, 1), |(i, _)| i as f64);
    let y: Array1<f64> = x.column(0).mapv(|v| (v / 6.0).sin());
    for loss in [AdaBoostLoss::Linear, AdaBoostLoss::Square, AdaBoostLoss::Exponential] {
        let settings =
            AdaBoostRegressor::new(regression_stump(2)).n_estimators(3).loss(loss).bootstrap(false);
        let model: AdaBoostRegressorModel<RegressionForest<f64>> = settings.fit((&x, &y)).unwrap();
        let mut weights = Array1::from_elem(40, 1.0 / 40.0);
        for learner in model.learners() {
            let fitted = regression_stump(2).fit((&x, &y, &weights)).unwrap();
            // Weights that differ by a rounding move means by as much.
            let predicted = fitted.predict(&x).unwrap();
            let moved = (&predicted - &learner.model().predict(&x).unwrap()).mapv(f64::abs);
            assert!(moved.iter().all(|d| *d < 1e-13), "{moved}");
            let d = (predicted - &y).mapv(f64::abs);
            let largest = d.iter().copied().fold(0.0, f64::max);
            let l = d.mapv(|d| match loss {
                AdaBoostLoss::Linear => d / largest,
                AdaBoostLoss::Square => (d / largest).powi(2),
                AdaBoostLoss::Exponential => 1.0 - (-d / largest).exp(),
            });
            let error = (&l * &weights).sum();
            assert!((error - learner.error()).abs() < 1e-12);
            let beta = error / (1.0 - error);
            assert!((learner.weight() + beta.ln()).abs() < 1e-12);
            weights = &weights * &l.mapv(|l| beta.powf(1.0 - l));
            weights /= weights.sum();
        }
        let stages = model.staged_predict(&x).unwrap();
        assert_eq!(stages.last().unwrap(), &model.predict(&x).unwrap());
        assert_eq!(stages[0], model.learners()[0].model().predict(&x).unwrap());
    }
}

#[test]
fn what_takes_no_weights_is_refused() {
    #[derive(Clone, Debug)]
    struct Unweighted;
    impl Describe for Unweighted {
        fn name(&self) -> String {
            "Unweighted".into()
        }
        fn parameters(&self) -> Vec<Parameter> {
            Vec::new()
        }
        fn check(&self) -> Result<()> {
            Ok(())
        }
        fn capabilities(&self) -> estimand_core::Capabilities {
            estimand_core::Capabilities::default()
        }
    }
    impl FitClasses for Unweighted {
        type Model<F: estimand_core::Float> = crate::ClassForest<F>;
        fn fit_classes<F: estimand_core::Float>(
            &self,
            samples: estimand_core::Samples<'_, F, estimand_core::ClassCodes>,
        ) -> Result<Self::Model<F>> {
            ExtraTreesClassifier::new().fit_classes(samples)
        }
    }
    let refused = AdaBoostClassifier::new(Unweighted).fit((&array![[0.0], [1.0]], &[0, 1])).map(drop);
    assert!(refused.unwrap_err().to_string().contains("no sample weights"));
}
