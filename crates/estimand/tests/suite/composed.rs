//! Estimators that hold others, under the conformance suite.

use estimand::prelude::*;
use estimand_testkit::classifier;

#[test]
fn calibrated_classifiers() {
    let settings = CalibratedClassifier::new(LogisticRegression::new()).cv(StratifiedKFold::new(3));
    for settings in [settings.clone(), settings.clone().ensemble(false)] {
        let parted = "rows are parted into folds by their numbers";
        classifier(settings)
            .saved()
            .one_row()
            .probabilities()
            .except("weights_are_repetitions", parted)
            .except("the_order_of_training_rows_does_not_matter", parted)
            .run();
    }
    // The suite's classes keep so far apart that every fold is as certain as can be.
    classifier(settings.method(CalibrationMethod::Temperature)).saved().one_row().probabilities().run();
}

#[test]
fn pipelines() {
    let called = "parameters are called by their steps";
    classifier(StandardScaler::new().with_mean(false).then(LogisticRegression::new()))
        .saved()
        .one_row()
        .probabilities()
        .except("settings_describe_themselves", called)
        .except("settings_out_of_range_are_refused", called)
        .run();
}
