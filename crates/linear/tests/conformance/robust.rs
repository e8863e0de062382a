use crate::without_intercept;
use estimand_linear::{
    HuberRegressor, LinearRegression, QuantileRegressor, RansacRegressor, Ridge, TheilSenRegressor,
};
use estimand_testkit::regressor;

const RANDOM: &str = "which rows are drawn depends on their order";

#[test]
fn huber() {
    regressor(HuberRegressor::new()).saved().one_row().run();
    without_intercept(regressor(HuberRegressor::new().fit_intercept(false)).saved().one_row()).run();
}

#[test]
fn quantile() {
    for (quantile, alpha) in [(0.5, 0.1), (0.3, 0.0)] {
        let settings = QuantileRegressor::new().quantile(quantile).alpha(alpha);
        regressor(settings).saved().one_row().only_ratios_of_weights_matter().run();
    }
    without_intercept(regressor(QuantileRegressor::new().alpha(0.01).fit_intercept(false)).saved().one_row())
        .run();
}

#[test]
fn ransac() {
    regressor(RansacRegressor::new(LinearRegression::new())).saved().one_row().rows(5_000).run();
    regressor(RansacRegressor::new(Ridge::new()).min_samples(Some(8)))
        .saved()
        .one_row()
        .rows(5_000)
        .except("the_order_of_training_rows_does_not_matter", RANDOM)
        .run();
}

#[test]
fn theil_sen() {
    regressor(TheilSenRegressor::new().max_subpopulation(1_000))
        .saved()
        .one_row()
        .only_ratios_of_weights_matter()
        .rows(2_000)
        .except("the_order_of_training_rows_does_not_matter", RANDOM)
        .run();
}
