//! Every decision tree under the conformance suite.

#![cfg(test)]

use estimand_testkit::{classifier, regressor};
use estimand_tree::{
    ClassCriterion, DecisionTreeClassifier, DecisionTreeRegressor, ExtraTreeClassifier, ExtraTreeRegressor,
    RegressionCriterion,
};

const CERTAIN: &str = "a leaf that holds rows of one class is certain of it, whatever these weigh";

#[test]
fn decision_tree_classifier() {
    classifier(DecisionTreeClassifier::new())
        .saved()
        .one_row()
        .probabilities()
        .class_weights(DecisionTreeClassifier::class_weight)
        .except("class_weights_are_weights_of_rows", CERTAIN)
        .only_ratios_of_weights_matter()
        .run();
    classifier(DecisionTreeClassifier::new().criterion(ClassCriterion::Entropy))
        .saved()
        .one_row()
        .probabilities()
        .only_ratios_of_weights_matter()
        .run();
}

#[test]
fn extra_tree_classifier() {
    classifier(ExtraTreeClassifier::new())
        .saved()
        .one_row()
        .probabilities()
        .class_weights(ExtraTreeClassifier::class_weight)
        .except("class_weights_are_weights_of_rows", CERTAIN)
        .only_ratios_of_weights_matter()
        .run();
}

#[test]
fn decision_tree_regressor() {
    regressor(DecisionTreeRegressor::new()).saved().one_row().only_ratios_of_weights_matter().run();
    for criterion in [RegressionCriterion::AbsoluteError, RegressionCriterion::Quantile(0.5)] {
        regressor(DecisionTreeRegressor::new().criterion(criterion).max_depth(Some(7)))
            .rows(3000)
            .saved()
            .one_row()
            .run();
    }
}

#[test]
fn extra_tree_regressor() {
    regressor(ExtraTreeRegressor::new()).saved().one_row().only_ratios_of_weights_matter().run();
}
