use estimand_ensemble::boosting::{EarlyStopping, ExactLoss, Growth};
use estimand_ensemble::{
    GradientBoostingClassifier, GradientBoostingRegressor, HistGradientBoostingClassifier,
    HistGradientBoostingRegressor, RegressionLoss,
};
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
    let suite = |settings| {
        classifier(settings)
            .saved()
            .one_row()
            .probabilities()
            .class_weights(HistGradientBoostingClassifier::class_weight)
    };
    let settings = || HistGradientBoostingClassifier::new().max_iter(30).min_samples_leaf(2.0);
    let parted = "a hundred rounds tell the classes of training rows apart, whatever these weigh";
    suite(HistGradientBoostingClassifier::new()).except("class_weights_are_weights_of_rows", parted).run();
    for settings in [settings(), settings().l2_regularization(1.0)] {
        suite(settings).run();
    }
}

#[test]
fn exact_regressors() {
    let settings = || GradientBoostingRegressor::new().max_iter(20);
    regressor(settings()).saved().one_row().only_ratios_of_weights_matter().run();
    for loss in [ExactLoss::Absolute, ExactLoss::Huber(0.9), ExactLoss::Quantile(0.3)] {
        regressor(settings().loss(loss)).saved().one_row().run();
    }
}

#[test]
fn exact_classifiers() {
    let settings = GradientBoostingClassifier::new().max_iter(15);
    classifier(settings.clone()).saved().one_row().probabilities().run();
    // A leaf of rows of one class is certain of it, however little they weigh: here there is none.
    classifier(settings.min_weight_fraction_leaf(0.05))
        .class_weights(GradientBoostingClassifier::class_weight)
        .run();
}
