//! Estimand against the golden files, a test per family.

#![cfg(test)]

mod datasets;
mod files;
mod inputs;
mod linear;
mod metrics;
mod preprocessing;
mod robust;
mod splits;
mod validation;
