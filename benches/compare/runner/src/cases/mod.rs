//! The cases that Estimand runs, by the names of `harness/cases`.

mod glm;
mod linear;
mod metrics;
mod preprocessing;
mod selection;
mod startup;

use estimand_bench_protocol::Entry;

/// Every case of every family.
pub(crate) fn all() -> Vec<Entry> {
    [
        glm::ENTRIES,
        linear::ENTRIES,
        preprocessing::ENTRIES,
        metrics::ENTRIES,
        selection::ENTRIES,
        startup::ENTRIES,
    ]
    .concat()
}
