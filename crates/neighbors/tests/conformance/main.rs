//! Every estimator of neighbours under the conformance suite.

#![cfg(test)]

use estimand_core::Priors;
use estimand_neighbors::{
    Algorithm, CentroidMetric, Contamination, KNeighborsClassifier, KNeighborsRegressor, KnnImputer,
    LocalOutlierFactor, Metric, NearestCentroid, NeighborWeights, Outliers, RadiusNeighborsClassifier,
    RadiusNeighborsRegressor,
};
use estimand_testkit::{classifier, clusterer, regressor, transformer};

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

#[test]
fn the_nearest_centroid_classifies() {
    let settings = NearestCentroid::new();
    classifier(settings.clone()).saved().one_row().probabilities().only_ratios_of_weights_matter().run();
    let shrunken = settings.clone().standardize(true).shrink_threshold(0.5).priors(Priors::Empirical);
    classifier(shrunken).saved().one_row().probabilities().run();
    classifier(settings.metric(CentroidMetric::Manhattan)).saved().one_row().run();
}

#[test]
fn outliers_are_told() {
    for contamination in [Contamination::Auto, Contamination::Share(0.1)] {
        clusterer(LocalOutlierFactor::new().n_neighbors(10).contamination(contamination)).rows(6_000).run();
    }
}

#[test]
fn missing_values_are_filled() {
    for weights in [NeighborWeights::Uniform, NeighborWeights::Distance] {
        transformer(KnnImputer::new().weights(weights)).saved().one_row().rows(2_000).run();
    }
}
