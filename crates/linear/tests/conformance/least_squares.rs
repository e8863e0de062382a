use crate::{DENSE_SOLVER, SINGULAR, without_intercept};
use estimand_linear::{LeastSquaresSolver, LinearRegression, Ridge, RidgeSolver};
use estimand_testkit::regressor;

#[test]
fn linear_regression() {
    regressor(LinearRegression::new()).saved().one_row().multi_output().only_ratios_of_weights_matter().run();
    without_intercept(
        regressor(LinearRegression::new().fit_intercept(false)).saved().one_row().multi_output(),
    )
    .run();
}

#[test]
fn linear_regression_solvers() {
    use LeastSquaresSolver::*;
    regressor(LinearRegression::new().solver(ConjugateGradient)).saved().one_row().multi_output().run();
    regressor(LinearRegression::new().solver(Cholesky))
        .saved()
        .one_row()
        .multi_output()
        .except("collinear_columns_are_learnt", SINGULAR)
        .run();
    regressor(LinearRegression::new().solver(Svd))
        .saved()
        .one_row()
        .multi_output()
        .except("sparse_records_agree_or_are_refused", DENSE_SOLVER)
        .run();
}

#[test]
fn ridge() {
    regressor(Ridge::new()).saved().one_row().multi_output().run();
    without_intercept(regressor(Ridge::new().fit_intercept(false)).saved().one_row().multi_output()).run();
}

#[test]
fn ridge_solvers() {
    use RidgeSolver::*;
    for solver in [Cholesky, ConjugateGradient] {
        regressor(Ridge::new().solver(solver)).saved().one_row().multi_output().run();
    }
    regressor(Ridge::new().solver(Svd))
        .saved()
        .one_row()
        .multi_output()
        .except("sparse_records_agree_or_are_refused", DENSE_SOLVER)
        .run();
    // This solver sees an n × n matrix.
    regressor(Ridge::new().solver(Dual))
        .saved()
        .one_row()
        .multi_output()
        .rows(1_000)
        .except("sparse_records_agree_or_are_refused", DENSE_SOLVER)
        .except("columns_of_very_different_scales_are_learnt", SINGULAR)
        .run();
}
