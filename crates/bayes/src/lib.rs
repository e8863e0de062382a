//! Naive Bayes: classifiers that take the columns of a class for independent of one another.
//!
//! ```text
//! P(c | x) ∝ π_c Πⱼ P(xⱼ | c)        scores: ln π_c + Σⱼ ln P(xⱼ | c), of two classes the second's less the first's
//! ```
//!
//! | page | columns | estimators |
//! |---|---|---|
//! | [`gaussian`] | measurements | [`GaussianNb`] |
//! | [`counts`] | counts, or yes and no | [`MultinomialNb`], [`ComplementNb`], [`BernoulliNb`] |
//! | [`categorical`] | categories 0, 1, 2, … | [`CategoricalNb`] |
//!
//! All of them learn in one pass, and in batches exactly: what they keep are sums. They are quick, need few rows, and
//! rank classes well; their probabilities are too sure of themselves wherever columns do depend on one another, so
//! calibrate these before they are used as such. Priors π are the classes' shares, equal, or given ([`Priors`]).
//!
//! [`Priors`]: estimand_core::Priors

pub mod categorical;
pub mod counts;
pub mod gaussian;

pub use categorical::{CategoricalNb, CategoricalNbModel};
pub use counts::{BernoulliNb, ComplementNb, CountNbModel, MultinomialNb};
pub use gaussian::{GaussianNb, GaussianNbModel};
