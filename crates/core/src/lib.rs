//! The ground floor of Estimand: the few traits and types that every estimator, transformer and tool
//! shares.
//!
//! | page | what it holds |
//! |---|---|
//! | [`traits`] | [`Fit`], [`Predict`], [`PredictProba`], [`Transform`], [`PartialFit`] and their one-row forms |
//! | [`records`] | [`Records`], the one door for inputs; [`Matrix`], what a transformer gives back |
//! | [`samples`] | [`Samples`]: records, targets, weights, groups; [`Target`] |
//! | [`dataset`] | [`Dataset`], an owned training set |
//! | [`sparse`] | [`Csr`] and [`CsrView`], compressed sparse rows |
//! | [`labels`] | [`Label`], and labels as class codes |
//! | [`classify`] | [`Classifier`], the one wrapper between labels and class codes |
//! | [`split`] | fold splitters: [`KFold`](split::KFold), [`StratifiedKFold`](split::StratifiedKFold), … |
//! | [`describe`] | parameters declared once: [`params!`](crate::params), [`Describe`] |
//! | [`features`] | [`Features`], what a model remembers of its input columns |
//! | [`report`] | [`Report`], what a person wants to know about a fit |
//! | [`mod@persist`] | [`Persist`]: save and load, binary and JSON |
//! | [`stats`] | column statistics as small mergeable states: [`Moments`](stats::Moments), [`Extent`](stats::Extent) |
//! | [`random`] | [`Seed`] and its independent streams |
//! | [`priors`] | [`Priors`] of classes |
//! | [`error`] | the one [`Error`] |

// The `params!` macro names this crate by its outside name, also when used inside.
extern crate self as estimand_core;

pub mod classify;
pub mod dataset;
pub mod describe;
pub mod error;
pub mod features;
pub mod float;
pub mod labels;
pub mod order;
pub mod persist;
pub mod priors;
pub mod random;
pub mod records;
pub mod report;
pub mod samples;
pub mod sparse;
pub mod split;
#[cfg(feature = "sprs")]
mod sprs;
pub mod stats;
pub mod traits;

pub use classify::{
    ClassCodes, ClassWeight, Classes, Classifier, Codes, Decide, DecideOne, FitBatches, FitClasses,
    LearnClasses, Probabilities, Scores,
};
pub use dataset::Dataset;
pub use describe::{Capabilities, Describe, Parameter};
pub use error::{Error, Result};
pub use features::Features;
pub use float::{Float, Typed};
pub use labels::Label;
pub use persist::Persist;
pub use priors::Priors;
pub use random::{Seed, Stream};
pub use records::{Matrix, MatrixView, Records, Storage, Table};
pub use report::Report;
pub use samples::{Samples, Target};
pub use sparse::{Csr, CsrView};
pub use split::{ClassFolds, Fold, Folds, Splitter};
pub use traits::{
    Boxed, DynFit, Fit, InverseTransform, PartialFit, Predict, PredictOne, PredictProba, Scratch, Transform,
    TransformOne,
};

#[doc(hidden)]
pub use serde;
