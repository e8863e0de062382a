//! Every kernel machine under the conformance suite.

#![cfg(test)]

mod classifiers;
mod regressors;
mod transformers;
