//! The cases that Estimand runs, by the names of `harness/cases`.

mod linear;
mod metrics;
mod preprocessing;
mod robust;
mod selection;
mod startup;

use estimand_bench_protocol::Entry;

/// Every case of every family.
pub(crate) fn all() -> Vec<Entry> {
    [
        linear::ENTRIES,
        robust::ENTRIES,
        preprocessing::ENTRIES,
        metrics::ENTRIES,
        selection::ENTRIES,
        startup::ENTRIES,
    ]
    .concat()
}
