//! Estimand against the golden files, a test per family.

#![cfg(test)]

mod bayes;
mod boosting;
mod cluster;
mod clusterings;
mod datasets;
mod density_clusters;
mod files;
mod gaussian_process;
mod glm;
mod gradient_boosting;
mod inputs;
mod linear;
mod logistic;
mod metrics;
mod neighbors;
mod preprocessing;
mod ridge_family;
mod robust;
mod sgd;
mod sparse_linear;
mod splits;
mod svm;
mod trees;
mod validation;
