//! Estimand against the golden files, a test per family.

#![cfg(test)]

mod bayes;
mod boosting;
mod cluster;
mod datasets;
mod files;
mod gaussian_process;
mod glm;
mod inputs;
mod linear;
mod logistic;
mod metrics;
mod preprocessing;
mod ridge_family;
mod robust;
mod sgd;
mod sparse_linear;
mod splits;
mod svm;
mod validation;
