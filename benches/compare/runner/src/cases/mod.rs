//! The cases that Estimand runs, by the names of `harness/cases`.

mod bayes;
mod glm;
mod linear;
mod logistic;
mod metrics;
mod preprocessing;
mod ridge_family;
mod selection;
mod sparse_linear;
mod sgd;
mod startup;

use estimand_bench_protocol::Entry;

/// Every case of every family.
pub(crate) fn all() -> Vec<Entry> {
    [
        linear::ENTRIES,
        sparse_linear::ENTRIES,
        logistic::ENTRIES,
        sgd::ENTRIES,
        ridge_family::ENTRIES,
        glm::ENTRIES,
        preprocessing::ENTRIES,
        metrics::ENTRIES,
        selection::ENTRIES,
        startup::ENTRIES,
    ]
    .concat()
    [bayes::ENTRIES, linear::ENTRIES, preprocessing::ENTRIES, metrics::ENTRIES, selection::ENTRIES, startup::ENTRIES].concat()
}
