use estimand_core::Describe;
use estimand_linear::{
    LearningRate, Perceptron, SgdClassifier, SgdLoss, SgdPenalty, SgdRegressor, SgdRegressorLoss,
};
use estimand_testkit::{Suite, classifier, regressor};

const STEPS: &str = "a step of twice the length is not two steps: weighted and repeated rows have one minimum, not one path to it";

const ORDER: &str = "the order of the rows is the order of the steps";

const SCALES: &str =
    "one length of step serves all columns: on these, far from zero, the steps grow without bound";

const WAITS: &str =
    "on sparse records an L1 penalty reaches a column when it occurs, on dense ones at each step";

const UNTOUCHED: &str = "the heavy class is soon without loss and makes no more steps; what takes the rows of the light one from it \
                         is the penalty alone, in more epochs than the default's";

const ROUGH: &str = "it stops where an epoch gains less than a thousandth, far from six digits";

fn steps<E: Describe>(suite: Suite<E>) -> Suite<E> {
    suite.except("weights_are_repetitions", STEPS).except("the_order_of_training_rows_does_not_matter", ORDER)
}

#[test]
fn sgd_classifier() {
    let suite = classifier(SgdClassifier::new()).saved().one_row().class_weights(SgdClassifier::class_weight);
    steps(suite.only_ratios_of_weights_matter()).except("class_weights_are_weights_of_rows", UNTOUCHED).run();
    // Slopes up to 4 and first steps of `Optimal` ten long would make every rounding large.
    let settings = SgdClassifier::new().loss(SgdLoss::ModifiedHuber).learning_rate(LearningRate::InvScaling);
    steps(classifier(settings).saved().one_row().only_ratios_of_weights_matter()).run();
    let suite = classifier(SgdClassifier::new().loss(SgdLoss::Log)).saved().one_row().probabilities();
    steps(suite.only_ratios_of_weights_matter()).run();
    steps(classifier(SgdClassifier::new().loss(SgdLoss::Log).average(1)).saved().probabilities()).run();
}

#[test]
fn sgd_classifier_variants() {
    for penalty in [SgdPenalty::L1, SgdPenalty::ElasticNet] {
        steps(classifier(SgdClassifier::new().penalty(penalty)).saved())
            .except("sparse_records_agree_or_are_refused", WAITS)
            .except("weights_of_sparse_records_agree", WAITS)
            .run();
    }
    for rate in [LearningRate::Pa1, LearningRate::Pa2] {
        let settings = SgdClassifier::new().learning_rate(rate).penalty(SgdPenalty::None).eta0(1.0);
        steps(classifier(settings).saved()).run();
    }
    steps(classifier(SgdClassifier::new().early_stopping(true)).saved()).run();
}

#[test]
fn perceptron() {
    let suite = classifier(Perceptron::new()).saved().one_row().class_weights(Perceptron::class_weight);
    steps(suite).except("class_weights_are_weights_of_rows", UNTOUCHED).run();
}

#[test]
fn sgd_regressor() {
    steps(regressor(SgdRegressor::new()).saved().one_row().only_ratios_of_weights_matter())
        .except("a_linear_signal_is_found_far_from_zero", SCALES)
        .except("a_constant_target_is_predicted", ROUGH)
        .run();
    for loss in [SgdRegressorLoss::Huber, SgdRegressorLoss::EpsilonInsensitive] {
        steps(regressor(SgdRegressor::new().loss(loss)).saved())
            .except("a_linear_signal_is_found_far_from_zero", SCALES)
            .except("a_constant_target_is_predicted", ROUGH)
            .run();
    }
}
