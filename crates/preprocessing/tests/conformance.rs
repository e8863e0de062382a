//! Every transformer of this crate under the conformance suite.

use estimand_preprocessing::{MinMaxScaler, StandardScaler};
use estimand_testkit::transformer;

const NOT_CENTRED: &str = "sparse records are refused while they would have to be centred";

#[test]
fn standard_scaler() {
    let suite = transformer(StandardScaler::new()).saved().one_row().inverse().batches();
    suite.except("sparse_records_agree_or_are_refused", NOT_CENTRED).run();
    transformer(StandardScaler::new().with_mean(false)).saved().one_row().inverse().batches().run();
    transformer(StandardScaler::new().with_std(false))
        .saved()
        .one_row()
        .inverse()
        .batches()
        .except("sparse_records_agree_or_are_refused", NOT_CENTRED)
        .run();
}

#[test]
fn min_max_scaler() {
    transformer(MinMaxScaler::new()).saved().one_row().inverse().batches().run();
    transformer(MinMaxScaler::new().feature_range((-3.0, 2.0))).saved().one_row().inverse().batches().run();
    transformer(MinMaxScaler::new().clip(true)).saved().one_row().inverse().batches().run();
}
