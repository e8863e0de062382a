use estimand_ensemble::{
    AdaBoostClassifier, AdaBoostRegressor, ExtraTreesClassifier, ExtraTreesRegressor, RandomForestClassifier,
    RandomForestRegressor,
};
use estimand_testkit::{classifier, regressor};

const DRAWN: &str = "rows are drawn by their places";

#[test]
fn classifier_of_small_trees() {
    let tree = RandomForestClassifier::new().n_trees(1).bootstrap(false).max_features(1.0).max_depth(Some(3));
    classifier(AdaBoostClassifier::new(tree).n_estimators(8))
        .rows(3000)
        .saved()
        .one_row()
        .probabilities()
        .only_ratios_of_weights_matter()
        .run();
    classifier(
        AdaBoostClassifier::new(ExtraTreesClassifier::new().n_trees(4).max_depth(Some(4))).n_estimators(25),
    )
    .rows(3000)
    .saved()
    .one_row()
    .probabilities()
    .run();
}

#[test]
fn regressor_of_small_trees() {
    let tree = RandomForestRegressor::new().n_trees(1).bootstrap(false).max_depth(Some(5));
    regressor(AdaBoostRegressor::new(tree.clone()).n_estimators(8))
        .rows(3000)
        .saved()
        .one_row()
        .except("the_order_of_training_rows_does_not_matter", DRAWN)
        .run();
    regressor(AdaBoostRegressor::new(tree).n_estimators(8).bootstrap(false))
        .rows(3000)
        .saved()
        .one_row()
        .only_ratios_of_weights_matter()
        .run();
    regressor(AdaBoostRegressor::new(ExtraTreesRegressor::new().n_trees(4)).n_estimators(3))
        .rows(3000)
        .except("the_order_of_training_rows_does_not_matter", DRAWN)
        .run();
}
