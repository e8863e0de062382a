//! Support vector classification.

use estimand_svm::{Kernel, NuSvc, Svc};
use estimand_testkit::classifier;

/// Rows that are cut into several chunks, and need several blocks of variables.
const ROWS: usize = 3000;

#[test]
fn svc() {
    // Two fits agree as far as the optimality conditions are met.
    classifier(Svc::new().tol(1e-7)).rows(ROWS).saved().one_row().class_weights(Svc::class_weight).run();
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
    classifier(NuSvc::new().nu(0.1).tol(1e-8))
        .rows(ROWS)
        .saved()
        .one_row()
        .class_weights(NuSvc::class_weight)
        .except("class_weights_are_weights_of_rows", "a class with less than ν / 2 of the weight is refused")
        .only_ratios_of_weights_matter()
        .run();
}
