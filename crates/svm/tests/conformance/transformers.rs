//! Kernels as features.

use estimand_svm::{Nystroem, RbfSampler};
use estimand_testkit::transformer;

const CHOICE: &str = "other rows are chosen, and their order is that of the columns";

#[test]
fn nystroem() {
    transformer(Nystroem::new().n_components(20))
        .rows(3000)
        .except("the_order_of_training_rows_does_not_matter", CHOICE)
        .saved()
        .run();
}

#[test]
fn rbf_sampler() {
    transformer(RbfSampler::new().n_components(20)).rows(3000).saved().run();
}
