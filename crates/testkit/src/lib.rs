//! The conformance suite: what holds for every estimator, checked for each in one line.
//!
//! ```text
//! #[test]
//! fn ridge() {
//!     testkit::regressor(Ridge::new()).saved().one_row().multi_output().run();
//! }
//! ```
//!
//! A [`Suite`] reduces an estimator to one question (see [`Subject`]): *having learnt from these samples,
//! what does it answer for these records?* The checks in [`checks`] put that question in many forms and
//! compare the answers: they are written once, for regressors, classifiers and transformers alike.
//! What only some estimators can do (be saved, predict one row, give probabilities) is opted into, and
//! each option brings its checks.
//!
//! A panic is a failure like any other, and the report names the settings that are not at their defaults.
//!
//! A deviation is declared with its reason, `.except("name", "reason")`; an exception for a check
//! that passes is itself a failure, so that the list stays true.

pub mod checks;
pub mod data;
pub mod kinds;
pub mod subject;

pub use kinds::{classifier, clusterer, regressor, transformer};
pub use subject::{Outcome, Subject, Suite, Train};
