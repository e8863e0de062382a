//! Support vector classification.

use estimand_svm::{Kernel, Svc};
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
