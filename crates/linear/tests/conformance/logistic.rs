use estimand_core::split::StratifiedKFold;
use estimand_linear::{LogisticRegression, LogisticRegressionCv, LogisticSolver};
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

#[test]
fn logistic_regression_penalties() {
    for l1_ratio in [0.5, 1.0] {
        classifier(LogisticRegression::new().l1_ratio(l1_ratio).c(10.0).tol(1e-8))
            .saved()
            .one_row()
            .probabilities()
            .class_weights(LogisticRegression::class_weight)
            .run();
    }
}

#[test]
fn logistic_regression_cv() {
    classifier(LogisticRegressionCv::new().cs([0.1, 1.0, 10.0]).tol(1e-8).cv(StratifiedKFold::new(2)))
        .saved()
        .one_row()
        .probabilities()
        .run();
}
