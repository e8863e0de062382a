use crate::without_intercept;
use estimand_linear::{ElasticNet, ElasticNetCv, Lasso, LassoCv, MultiTaskElasticNet, MultiTaskLasso};
use estimand_testkit::regressor;

/// The default α of 1 leaves next to nothing of the small problems of the suite.
const ALPHA: f64 = 0.05;

const FOLDS: &str = "folds are made of rows by their places: other places, other folds";

#[test]
fn lasso() {
    let lasso = Lasso::new().alpha(ALPHA).tol(1e-10);
    regressor(lasso.clone()).saved().one_row().multi_output().only_ratios_of_weights_matter().run();
    regressor(lasso.clone().positive(true)).saved().one_row().multi_output().run();
    without_intercept(regressor(lasso.fit_intercept(false)).saved().one_row().multi_output()).run();
}

#[test]
fn elastic_net() {
    let net = ElasticNet::new().alpha(ALPHA).tol(1e-10);
    regressor(net.clone()).saved().one_row().multi_output().only_ratios_of_weights_matter().run();
    regressor(net.alpha(0.0)).saved().one_row().multi_output().run();
}

#[test]
fn multi_task() {
    regressor(MultiTaskLasso::new().alpha(ALPHA).tol(1e-10)).saved().one_row().run();
    regressor(MultiTaskElasticNet::new().alpha(ALPHA).tol(1e-10)).saved().one_row().run();
}

#[test]
fn cross_validated() {
    regressor(LassoCv::new().alphas(20).tol(1e-10))
        .saved()
        .one_row()
        .except("the_order_of_training_rows_does_not_matter", FOLDS)
        .run();
    regressor(ElasticNetCv::new().l1_ratio([0.5, 1.0]).alphas(10).tol(1e-10)).saved().one_row().run();
}
