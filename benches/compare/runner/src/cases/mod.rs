//! The cases that Estimand runs, by the names of `harness/cases`.

mod bayes;
mod boosting;
mod cluster;
mod clusterings;
mod gaussian_process;
mod glm;
mod linear;
mod logistic;
mod metrics;
mod neighbors;
mod preprocessing;
mod ridge_family;
mod robust;
mod selection;
mod sgd;
mod sparse_linear;
mod startup;
mod svm;
mod trees;

use estimand_bench_protocol::Entry;

/// Every case of every family.
pub(crate) fn all() -> Vec<Entry> {
    [
        bayes::ENTRIES,
        boosting::ENTRIES,
        cluster::ENTRIES,
        clusterings::ENTRIES,
        gaussian_process::ENTRIES,
        glm::ENTRIES,
        linear::ENTRIES,
        logistic::ENTRIES,
        metrics::ENTRIES,
        neighbors::ENTRIES,
        preprocessing::ENTRIES,
        ridge_family::ENTRIES,
        robust::ENTRIES,
        selection::ENTRIES,
        sgd::ENTRIES,
        sparse_linear::ENTRIES,
        startup::ENTRIES,
        svm::ENTRIES,
        trees::ENTRIES,
    ]
    .concat()
}
