//! Estimand against the golden files, a test per family.

#![cfg(test)]

mod datasets;
mod files;
mod inputs;
mod linear;
mod logistic;
mod metrics;
mod preprocessing;
mod sparse_linear;
mod splits;
mod validation;
