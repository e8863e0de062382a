//! Estimand's side of `benches/compare`: each case reads the arrays that every library reads, through the
//! facade that every user has. How a case is added stands in `benches/compare/README.md`.

mod allocations;
mod cases;
mod data;

use std::process::ExitCode;

fn main() -> ExitCode {
    estimand_bench_protocol::main(&[("estimand", env!("CARGO_PKG_VERSION"))], &cases::all())
}
