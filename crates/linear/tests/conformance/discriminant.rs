use crate::SINGULAR;
use estimand_linear::{
    DiscriminantSolver, LinearDiscriminantAnalysis, QuadraticDiscriminantAnalysis, Shrinkage,
};
use estimand_testkit::classifier;

const LOUDER: &str = "what the columns say of a record outweighs any weight of its class";
const WITHIN: &str = "the covariance of a class is singular: an error that names `reg_param`";

#[test]
fn linear_discriminant_analysis() {
    use DiscriminantSolver::*;
    classifier(LinearDiscriminantAnalysis::new())
        .saved()
        .one_row()
        .probabilities()
        .class_weights(LinearDiscriminantAnalysis::class_weight)
        .except("class_weights_are_weights_of_rows", LOUDER)
        .only_ratios_of_weights_matter()
        .run();
    classifier(LinearDiscriminantAnalysis::new().solver(Lsqr)).saved().one_row().probabilities().run();
    classifier(LinearDiscriminantAnalysis::new().solver(Eigen))
        .saved()
        .one_row()
        .probabilities()
        .except("constant_columns_do_no_harm", SINGULAR)
        .except("more_columns_than_rows_are_learnt", SINGULAR)
        .except("collinear_columns_are_learnt", SINGULAR)
        .run();
    for solver in [Lsqr, Eigen] {
        let settings = LinearDiscriminantAnalysis::new().solver(solver).shrinkage(Shrinkage::Auto);
        classifier(settings).saved().one_row().probabilities().run();
    }
}

#[test]
fn quadratic_discriminant_analysis() {
    classifier(QuadraticDiscriminantAnalysis::new())
        .saved()
        .one_row()
        .probabilities()
        .class_weights(QuadraticDiscriminantAnalysis::class_weight)
        .except("class_weights_are_weights_of_rows", LOUDER)
        .except("constant_columns_do_no_harm", WITHIN)
        .except("more_columns_than_rows_are_learnt", WITHIN)
        .except("collinear_columns_are_learnt", WITHIN)
        .run();
    classifier(QuadraticDiscriminantAnalysis::new().reg_param(0.1)).saved().one_row().probabilities().run();
}
