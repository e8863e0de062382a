//! Support vector regression.

use estimand_svm::{Kernel, KernelRidge, LinearSvr, LinearSvrLoss, NuSvr, Svr};
use estimand_testkit::regressor;

/// Rows that are cut into several chunks, and need several blocks of variables where the cache is small.
const ROWS: usize = 1200;

#[test]
fn svr() {
    // Two fits agree as far as the optimality conditions are met.
    regressor(Svr::new().c(100.0).tol(1e-7).cache_size(4.0)).rows(ROWS).saved().one_row().run();
}

#[test]
fn svr_linear() {
    // Columns of very different scales take more steps than one would wait for.
    regressor(Svr::new().kernel(Kernel::Linear).tol(1e-7).max_iter(Some(500_000)))
        .rows(ROWS)
        .saved()
        .one_row()
        .run();
}

#[test]
fn nu_svr() {
    regressor(NuSvr::new().c(10.0).tol(1e-7).cache_size(4.0)).rows(ROWS).saved().one_row().run();
}

const PENALISED: &str = "a penalised intercept does not go as far";

#[test]
fn linear_svr() {
    regressor(LinearSvr::new().tol(1e-7).max_iter(100_000))
        .rows(ROWS)
        .saved()
        .one_row()
        .except("a_linear_signal_is_found_far_from_zero", PENALISED)
        .except("a_constant_target_is_predicted", PENALISED)
        .run();
}

#[test]
fn linear_svr_squared() {
    let loss = LinearSvrLoss::SquaredEpsilonInsensitive;
    regressor(LinearSvr::new().loss(loss).intercept_scaling(f64::INFINITY).tol(1e-8)).saved().one_row().run();
}

const NO_INTERCEPT: &str = "without an intercept, a target is predicted as 0 far from the rows";

#[test]
fn kernel_ridge() {
    regressor(KernelRidge::new())
        .rows(700)
        .saved()
        .one_row()
        .multi_output()
        .except("a_linear_signal_is_found_far_from_zero", NO_INTERCEPT)
        .except("a_constant_target_is_predicted", NO_INTERCEPT)
        .run();
    regressor(KernelRidge::new().kernel(Kernel::Rbf).alpha(0.01))
        .rows(700)
        .saved()
        .one_row()
        .multi_output()
        .except("a_linear_signal_is_found_far_from_zero", NO_INTERCEPT)
        .except("a_constant_target_is_predicted", NO_INTERCEPT)
        .run();
}
