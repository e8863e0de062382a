//! Ridge regressions that choose for themselves or classify, Bayesian regressions, paths, and matching pursuit.

use crate::without_intercept;
use estimand_core::split::{KFold, LeaveOneOut, StratifiedKFold};
use estimand_linear::{
    ArdRegression, BayesianRidge, Lars, LarsCv, LassoLars, LassoLarsCv, LassoLarsIc, LinearRegression,
    OrthogonalMatchingPursuit, OrthogonalMatchingPursuitCv, RidgeClassifier, RidgeClassifierCv, RidgeCv,
};
use estimand_testkit::{classifier, regressor};

const TOGETHER: &str = "targets choose one α together";

#[test]
fn ridge_cv() {
    // With one α to choose there is nothing to choose: all holds. The errors of leaving out rows come to the same
    // choice here whatever the weights.
    regressor(RidgeCv::new().alphas(vec![0.5])).saved().one_row().multi_output().rows(2_000).run();
    regressor(RidgeCv::new())
        .saved()
        .one_row()
        .multi_output()
        .rows(2_000)
        .except("several_targets_are_as_one_by_one", TOGETHER)
        .run();
    regressor(RidgeCv::new().alpha_per_target(true)).saved().one_row().multi_output().rows(2_000).run();
    regressor(RidgeCv::new().cv(KFold::new(3))).saved().one_row().rows(2_000).run();
}

#[test]
fn ridge_classifiers() {
    classifier(RidgeClassifier::new()).saved().one_row().class_weights(RidgeClassifier::class_weight).run();
    classifier(RidgeClassifierCv::new().cv(LeaveOneOut))
        .saved()
        .one_row()
        .class_weights(RidgeClassifierCv::class_weight)
        .run();
    classifier(RidgeClassifierCv::new().cv(StratifiedKFold::new(3))).saved().one_row().run();
}

#[test]
fn non_negative_least_squares() {
    regressor(LinearRegression::new().positive(true))
        .saved()
        .one_row()
        .multi_output()
        .only_ratios_of_weights_matter()
        .run();
}

#[test]
fn bayesian() {
    regressor(BayesianRidge::new().tol(1e-9)).saved().one_row().run();
    regressor(ArdRegression::new().tol(1e-9)).saved().one_row().run();
    without_intercept(regressor(BayesianRidge::new().fit_intercept(false)).saved().one_row()).run();
}

#[test]
fn paths() {
    regressor(Lars::new()).saved().one_row().multi_output().only_ratios_of_weights_matter().run();
    regressor(LassoLars::new().alpha(0.01))
        .saved()
        .one_row()
        .multi_output()
        .only_ratios_of_weights_matter()
        .run();
    regressor(LassoLarsIc::new().noise_variance(Some(0.25))).saved().one_row().run();
}

#[test]
fn paths_with_folds() {
    regressor(LarsCv::new()).saved().one_row().run();
    regressor(LassoLarsCv::new()).saved().one_row().run();
}

#[test]
fn matching_pursuit() {
    regressor(OrthogonalMatchingPursuit::new().n_nonzero_coefs(Some(8)))
        .saved()
        .one_row()
        .multi_output()
        .only_ratios_of_weights_matter()
        .run();
    regressor(OrthogonalMatchingPursuitCv::new()).saved().one_row().run();
}
