//! Support vector regression.

use estimand_svm::{Kernel, NuSvr, Svr};
use estimand_testkit::regressor;

/// Rows that are cut into several chunks, and need several blocks of variables.
const ROWS: usize = 2000;

#[test]
fn svr() {
    // Two fits agree as far as the optimality conditions are met.
    regressor(Svr::new().c(100.0).tol(1e-7)).rows(ROWS).saved().one_row().run();
}

#[test]
fn svr_linear() {
    regressor(Svr::new().kernel(Kernel::Linear).tol(1e-7)).rows(ROWS).saved().one_row().run();
}

#[test]
fn nu_svr() {
    regressor(NuSvr::new().c(10.0).tol(1e-7)).rows(ROWS).saved().one_row().run();
}
