//! Kernels as features.

use estimand_svm::{AdditiveChi2Sampler, Nystroem, PolynomialCountSketch, RbfSampler, SkewedChi2Sampler};
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

/// Values that are not negative.
fn counts(v: f64) -> f64 {
    if v < 0.0 && v.is_finite() { 0.0 } else { v }
}

#[test]
fn additive_chi2() {
    transformer(AdditiveChi2Sampler::new().sample_steps(3)).records(counts).saved().one_row().run();
}

#[test]
fn skewed_chi2() {
    transformer(SkewedChi2Sampler::new().n_components(20)).records(counts).rows(3000).saved().one_row().run();
}

#[test]
fn count_sketch() {
    transformer(PolynomialCountSketch::new().n_components(20).coef0(0.5)).rows(3000).saved().one_row().run();
}
