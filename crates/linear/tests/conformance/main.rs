//! Every linear model under the conformance suite.

#![cfg(test)]

mod discriminant;
mod glm;
mod least_squares;
mod logistic;
mod ridge_family;
mod robust;
mod sgd;
mod sparse;

use estimand_core::Describe;
use estimand_testkit::Suite;

/// The suite of settings without an intercept.
fn without_intercept<E: Describe>(suite: Suite<E>) -> Suite<E> {
    let reason = "without an intercept, neither a constant nor a shift of the columns is in the model";
    suite
        .except("a_constant_target_is_predicted", reason)
        .except("a_linear_signal_is_found_far_from_zero", reason)
}

const SINGULAR: &str = "asked for by name, the solver refuses what it cannot solve accurately";

const DENSE_SOLVER: &str = "the estimator reads sparse records, this solver of it refuses them";
