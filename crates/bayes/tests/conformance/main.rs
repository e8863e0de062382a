//! Every naive Bayes classifier under the conformance suite.

#![cfg(test)]

use estimand_bayes::{BernoulliNb, CategoricalNb, ComplementNb, GaussianNb, MultinomialNb};
use estimand_core::Priors;
use estimand_testkit::classifier;

const LOUDER: &str = "what the columns say of a record outweighs any weight of its class";
const WHOLE: &str = "categories are whole numbers, and not too large";
const ZERO_ONE: &str = "without `binarize` nothing but 0 and 1 is read";
const ABOVE: &str = "whether a value is above 0 does not tell a large one from a small one";

#[test]
fn gaussian() {
    classifier(GaussianNb::new())
        .saved()
        .one_row()
        .probabilities()
        .class_batches()
        .class_weights(GaussianNb::class_weight)
        .except("class_weights_are_weights_of_rows", LOUDER)
        .only_ratios_of_weights_matter()
        .run();
    classifier(GaussianNb::new().var_smoothing(0.1).priors(Priors::Uniform))
        .saved()
        .one_row()
        .probabilities()
        .class_batches()
        .run();
}

/// Counts that are not negative.
fn counts(v: f64) -> f64 {
    if v < 0.0 && v.is_finite() { 0.0 } else { v }
}

#[test]
fn multinomial() {
    classifier(MultinomialNb::new())
        .records(counts)
        .saved()
        .one_row()
        .probabilities()
        .class_batches()
        .class_weights(MultinomialNb::class_weight)
        .run();
    classifier(MultinomialNb::new().alpha(0.0).priors(Priors::Uniform))
        .records(counts)
        .saved()
        .one_row()
        .probabilities()
        .class_batches()
        .only_ratios_of_weights_matter()
        .run();
}

#[test]
fn complement() {
    for norm in [false, true] {
        classifier(ComplementNb::new().norm(norm))
            .records(counts)
            .saved()
            .one_row()
            .probabilities()
            .class_batches()
            .run();
    }
}

#[test]
fn bernoulli() {
    classifier(BernoulliNb::new())
        .saved()
        .one_row()
        .probabilities()
        .class_batches()
        .class_weights(BernoulliNb::class_weight)
        .except("class_weights_are_weights_of_rows", LOUDER)
        .except("many_classes_are_told_apart", ABOVE)
        .run();
    classifier(BernoulliNb::new().binarize(None).alpha(0.5))
        .records(|v| if v.is_finite() { f64::from(u8::from(v > 0.0)) } else { v })
        .except("collinear_columns_are_learnt", ZERO_ONE)
        .except("columns_of_very_different_scales_are_learnt", ZERO_ONE)
        .except("columns_far_from_zero_are_learnt", ZERO_ONE)
        .except("many_classes_are_told_apart", ZERO_ONE)
        .saved()
        .one_row()
        .probabilities()
        .class_batches()
        .run();
}

#[test]
fn categorical() {
    classifier(CategoricalNb::new())
        .records(|v| if v.is_finite() { v.round().clamp(0.0, 5.0) } else { v })
        .saved()
        .one_row()
        .probabilities()
        .class_batches()
        .class_weights(CategoricalNb::class_weight)
        .except("class_weights_are_weights_of_rows", LOUDER)
        .except("columns_of_very_different_scales_are_learnt", WHOLE)
        .except("columns_far_from_zero_are_learnt", WHOLE)
        .run();
}
