//! Every ensemble under the conformance suite.

#![cfg(test)]

mod adaboost;
mod boosting;
mod embedding;
mod forest;
