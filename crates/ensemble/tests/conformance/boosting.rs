use estimand_ensemble::boosting::{EarlyStopping, Growth};
use estimand_ensemble::{HistGradientBoostingClassifier, HistGradientBoostingRegressor, RegressionLoss};
use estimand_testkit::{classifier, regressor};

const HELD_OUT: &str = "rows are held out by their numbers";

/// Small leaves, so that the suite's small data grow trees.
fn numbers() -> HistGradientBoostingRegressor {
    HistGradientBoostingRegressor::new().max_iter(30).min_samples_leaf(2.0)
}

#[test]
fn regressors() {
    regressor(HistGradientBoostingRegressor::new()).saved().one_row().run();
    regressor(numbers()).saved().one_row().run();
    regressor(numbers().growth(Growth::DepthWise).max_depth(Some(3))).saved().one_row().run();
    for loss in [RegressionLoss::Absolute, RegressionLoss::Huber(1.0), RegressionLoss::Quantile(0.3)] {
        regressor(numbers().loss(loss)).saved().one_row().run();
    }
    let stops = numbers().early_stopping(EarlyStopping::Always);
    regressor(stops)
        .saved()
        .one_row()
        .except("the_order_of_training_rows_does_not_matter", HELD_OUT)
        .except("weights_are_repetitions", HELD_OUT)
        .except("weight_zero_is_absence", HELD_OUT)
        .run();
}

#[test]
fn classifiers() {
    let settings = || HistGradientBoostingClassifier::new().max_iter(30).min_samples_leaf(2.0);
    for settings in [HistGradientBoostingClassifier::new(), settings(), settings().l2_regularization(1.0)] {
        classifier(settings)
            .saved()
            .one_row()
            .probabilities()
            .class_weights(HistGradientBoostingClassifier::class_weight)
            .run();
    }
}
