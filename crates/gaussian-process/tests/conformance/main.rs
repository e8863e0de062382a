//! Every Gaussian process under the conformance suite.

#![cfg(test)]

use estimand_gaussian_process::{
    Covariance, GaussianProcessClassifier, GaussianProcessRegressor, Smoothness,
    SparseGaussianProcessRegressor,
};
use estimand_testkit::{classifier, regressor};

const SQUARES: &str = "beside products of such values, noise of 0.1 is below rounding";
const SHRUNK: &str = "noise is expected, and a constant is taken for some of it";
const JITTER: &str = "what is added to the variances of the points is as much as tells the rows apart";

/// Rows that are cut into several chunks.
const ROWS: usize = 600;

#[test]
fn regression() {
    let linear = Covariance::dot_product(1.0) + 2.0 * Covariance::rbf(3.0) + Covariance::white(0.1);
    regressor(GaussianProcessRegressor::new().kernel(linear).optimize(false))
        .rows(ROWS)
        .saved()
        .one_row()
        .multi_output()
        .except("columns_of_very_different_scales_are_learnt", SQUARES)
        .except("columns_far_from_zero_are_learnt", SQUARES)
        .except("a_constant_target_is_predicted", SHRUNK)
        .run();
}

#[test]
fn regression_normalised() {
    let rough = 4.0 * Covariance::matern(10.0, Smoothness::FiveHalves);
    regressor(GaussianProcessRegressor::new().kernel(rough).alpha(0.01).normalize_y(true).optimize(false))
        .rows(ROWS)
        .saved()
        .one_row()
        .multi_output()
        .run();
}

#[test]
fn regression_learnt() {
    let kernel = Covariance::dot_product(1.0) + Covariance::white(0.1);
    regressor(GaussianProcessRegressor::new().kernel(kernel).tol(1e-14))
        .rows(200)
        .saved()
        .one_row()
        .except("columns_of_very_different_scales_are_learnt", SQUARES)
        .except("columns_far_from_zero_are_learnt", SQUARES)
        .except("a_linear_signal_is_found_far_from_zero", SQUARES)
        .run();
}

#[test]
fn classification() {
    let kernel = 4.0 * Covariance::rbf(3.0);
    classifier(GaussianProcessClassifier::new().kernel(kernel).optimize(false))
        .rows(ROWS)
        .saved()
        .one_row()
        .probabilities()
        .class_weights(GaussianProcessClassifier::class_weight)
        .run();
}

#[test]
fn sparse() {
    let linear = Covariance::dot_product(1.0) + 2.0 * Covariance::rbf(3.0) + Covariance::white(0.1);
    regressor(SparseGaussianProcessRegressor::new().kernel(linear).inducing(30).optimize(false))
        .rows(ROWS)
        .saved()
        .one_row()
        .except("a_linear_signal_is_found_far_from_zero", JITTER)
        .except("a_constant_target_is_predicted", SHRUNK)
        .run();
}
