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

const NO_INTERCEPT: &str =
    "without an intercept, neither a constant nor a shift of the columns is in the model";

const SINGULAR: &str = "asked for by name, the solver refuses what it cannot solve accurately";

const DENSE_SOLVER: &str = "the estimator reads sparse records, this solver of it refuses them";
