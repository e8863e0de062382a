//! Every ensemble under the conformance suite.

#![cfg(test)]

mod boosting;
mod forest;
