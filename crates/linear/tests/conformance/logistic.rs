use estimand_linear::{LogisticRegression, LogisticSolver};
use estimand_testkit::classifier;

#[test]
fn logistic_regression() {
    classifier(LogisticRegression::new())
        .saved()
        .one_row()
        .probabilities()
        .class_weights(LogisticRegression::class_weight)
        .run();
}

#[test]
fn logistic_regression_solvers() {
    use LogisticSolver::*;
    for solver in [NewtonCholesky, Lbfgs] {
        // Dense and sparse, weighted and repeated rows agree as far as the solver goes.
        classifier(LogisticRegression::new().solver(solver).tol(1e-9))
            .saved()
            .one_row()
            .probabilities()
            .run();
    }
}
