//! The cases that Estimand runs, by the names of `harness/cases`.

mod bayes;
mod cluster;
mod glm;
mod linear;
mod logistic;
mod metrics;
mod preprocessing;
mod ridge_family;
mod robust;
mod selection;
mod sgd;
mod sparse_linear;
mod startup;
mod svm;

use estimand_bench_protocol::Entry;

/// Every case of every family.
pub(crate) fn all() -> Vec<Entry> {
    [
        bayes::ENTRIES,
        cluster::ENTRIES,
        glm::ENTRIES,
        linear::ENTRIES,
        logistic::ENTRIES,
        metrics::ENTRIES,
        preprocessing::ENTRIES,
        ridge_family::ENTRIES,
        robust::ENTRIES,
        selection::ENTRIES,
        sgd::ENTRIES,
        sparse_linear::ENTRIES,
        startup::ENTRIES,
        svm::ENTRIES,
    ]
    .concat()
}
