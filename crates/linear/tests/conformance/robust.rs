use crate::NO_INTERCEPT;
use estimand_linear::{
    HuberRegressor, LinearRegression, QuantileRegressor, RansacRegressor, Ridge, TheilSenRegressor,
};
use estimand_testkit::regressor;

const RANDOM: &str = "which rows are drawn depends on their order";

#[test]
fn huber() {
    regressor(HuberRegressor::new()).saved().one_row().run();
    regressor(HuberRegressor::new().fit_intercept(false))
        .saved()
        .one_row()
        .except("a_constant_target_is_predicted", NO_INTERCEPT)
        .except("a_linear_signal_is_found_far_from_zero", NO_INTERCEPT)
        .run();
}

#[test]
fn quantile() {
    for (quantile, alpha) in [(0.5, 0.1), (0.3, 0.0)] {
        let settings = QuantileRegressor::new().quantile(quantile).alpha(alpha);
        regressor(settings).saved().one_row().only_ratios_of_weights_matter().run();
    }
    regressor(QuantileRegressor::new().alpha(0.01).fit_intercept(false))
        .saved()
        .one_row()
        .except("a_constant_target_is_predicted", NO_INTERCEPT)
        .except("a_linear_signal_is_found_far_from_zero", NO_INTERCEPT)
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
