//! Every estimator of neighbours under the conformance suite.

#![cfg(test)]

use estimand_neighbors::{
    Algorithm, KNeighborsClassifier, KNeighborsRegressor, Metric, NeighborWeights, Outliers,
    RadiusNeighborsClassifier, RadiusNeighborsRegressor,
};
use estimand_testkit::{classifier, regressor};

#[test]
fn k_neighbours_classify() {
    for algorithm in [Algorithm::Auto, Algorithm::BallTree, Algorithm::Brute] {
        classifier(KNeighborsClassifier::new().algorithm(algorithm))
            .saved()
            .one_row()
            .probabilities()
            .rows(6_000)
            .run();
    }
    let settings = KNeighborsClassifier::new().weights(NeighborWeights::Distance).metric(Metric::Manhattan);
    classifier(settings).saved().one_row().probabilities().run();
}

#[test]
fn neighbours_within_a_radius_classify() {
    let settings = RadiusNeighborsClassifier::new().radius(4.0).outliers(Outliers::Overall);
    classifier(settings).saved().one_row().probabilities().rows(2_000).run();
}

#[test]
fn k_neighbours_regress() {
    for weights in [NeighborWeights::Uniform, NeighborWeights::Distance] {
        regressor(KNeighborsRegressor::new().weights(weights)).saved().one_row().multi_output().run();
    }
}

#[test]
fn neighbours_within_a_radius_regress() {
    let settings = RadiusNeighborsRegressor::new().radius(4.0).outliers(Outliers::Overall);
    regressor(settings).saved().one_row().multi_output().rows(2_000).run();
}
