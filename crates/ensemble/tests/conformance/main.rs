//! Every ensemble under the conformance suite.

#![cfg(test)]

mod adaboost;
mod forest;
