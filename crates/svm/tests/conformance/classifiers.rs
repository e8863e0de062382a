//! Support vector classification.

use estimand_svm::{Kernel, LinearSvc, LinearSvcLoss, LinearSvcPenalty, NuSvc, Svc};
use estimand_testkit::classifier;

/// Rows that are cut into several chunks, and need several blocks of variables where the cache is small.
const ROWS: usize = 3000;

#[test]
fn svc() {
    // Two fits agree as far as the optimality conditions are met.
    classifier(Svc::new().tol(1e-7).cache_size(20.0))
        .rows(ROWS)
        .saved()
        .one_row()
        .class_weights(Svc::class_weight)
        .run();
}

#[test]
fn svc_linear() {
    classifier(Svc::new().kernel(Kernel::Linear).tol(1e-7))
        .rows(ROWS)
        .saved()
        .one_row()
        .class_weights(Svc::class_weight)
        .run();
}

#[test]
fn svc_polynomial() {
    classifier(Svc::new().kernel(Kernel::Polynomial).coef0(1.0).tol(1e-7)).rows(ROWS).saved().one_row().run();
}

#[test]
fn nu_svc() {
    classifier(NuSvc::new().nu(0.1).tol(1e-8).cache_size(20.0))
        .rows(ROWS)
        .saved()
        .one_row()
        .class_weights(NuSvc::class_weight)
        .except("class_weights_are_weights_of_rows", "a class with less than ν / 2 of the weight is refused")
        .only_ratios_of_weights_matter()
        .run();
}

const PENALISED: &str =
    "with a penalised intercept, the plane need not leave the rows of a class that hardly counts";

#[test]
fn linear_svc() {
    // Newton's method ends far below `tol`.
    classifier(LinearSvc::new().tol(1e-8))
        .saved()
        .one_row()
        .class_weights(LinearSvc::class_weight)
        .except("class_weights_are_weights_of_rows", PENALISED)
        .run();
    classifier(LinearSvc::new().intercept_scaling(f64::INFINITY).tol(1e-8))
        .saved()
        .one_row()
        .class_weights(LinearSvc::class_weight)
        .run();
}

#[test]
fn linear_svc_hinge() {
    classifier(LinearSvc::new().loss(LinearSvcLoss::Hinge).tol(1e-7).max_iter(100_000))
        .rows(ROWS)
        .saved()
        .one_row()
        .class_weights(LinearSvc::class_weight)
        .except("class_weights_are_weights_of_rows", PENALISED)
        .run();
}

#[test]
fn linear_svc_l1() {
    classifier(LinearSvc::new().penalty(LinearSvcPenalty::L1).intercept_scaling(f64::INFINITY).tol(1e-9))
        .saved()
        .one_row()
        .class_weights(LinearSvc::class_weight)
        .run();
}

#[test]
fn linear_svc_crammer_singer() {
    classifier(LinearSvc::new().loss(LinearSvcLoss::CrammerSinger).tol(1e-7).max_iter(100_000))
        .saved()
        .one_row()
        .class_weights(LinearSvc::class_weight)
        .except("class_weights_are_weights_of_rows", PENALISED)
        .run();
}
