use estimand_ensemble::{
    ExtraTreesClassifier, ExtraTreesRegressor, RandomForestClassifier, RandomForestRegressor,
};
use estimand_testkit::{classifier, regressor};

const CERTAIN: &str = "a leaf that holds rows of one class is certain of it, whatever these weigh";
const DRAWN: &str = "rows are drawn by their places";

#[test]
fn random_forest_classifier() {
    classifier(RandomForestClassifier::new().n_trees(12))
        .rows(4000)
        .saved()
        .one_row()
        .probabilities()
        .class_weights(RandomForestClassifier::class_weight)
        .except("the_order_of_training_rows_does_not_matter", DRAWN)
        .run();
}

#[test]
fn extra_trees_classifier() {
    classifier(ExtraTreesClassifier::new().n_trees(12))
        .rows(4000)
        .saved()
        .one_row()
        .probabilities()
        .class_weights(ExtraTreesClassifier::class_weight)
        .except("class_weights_are_weights_of_rows", CERTAIN)
        .only_ratios_of_weights_matter()
        .run();
}

#[test]
fn random_forest_regressor() {
    regressor(RandomForestRegressor::new().n_trees(12))
        .rows(4000)
        .saved()
        .one_row()
        .except("the_order_of_training_rows_does_not_matter", DRAWN)
        .run();
}

#[test]
fn extra_trees_regressor() {
    regressor(ExtraTreesRegressor::new().n_trees(12))
        .rows(4000)
        .saved()
        .one_row()
        .only_ratios_of_weights_matter()
        .run();
}
