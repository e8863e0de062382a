//! Estimand against the golden files, a test per family.

#![cfg(test)]

mod bayes;
mod datasets;
mod files;
mod glm;
mod inputs;
mod linear;
mod logistic;
mod metrics;
mod preprocessing;
mod sparse_linear;
mod sgd;
mod ridge_family;
mod splits;
mod validation;
