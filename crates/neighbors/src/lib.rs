//! Neighbours: what is near tells what a row is like.
//!
//! | page | estimators |
//! |---|---|
//! | [`nearest`] | [`NearestNeighbors`]: who they are, and graphs of them |
//! | [`classify`] | [`KNeighborsClassifier`], [`RadiusNeighborsClassifier`] |
//! | [`regress`] | [`KNeighborsRegressor`], [`RadiusNeighborsRegressor`] |
//!
//! All search exactly, in any [`Metric`], by the trees and products of [`estimand_index`]; equals come lowest row first.
//! Distances weigh all columns alike: bring these to one scale first, or choose a metric that does.

pub mod classify;
pub mod nearest;
mod neighbourhood;
pub mod regress;

pub use classify::{KNeighborsClassifier, NeighborsClassifierModel, Outliers, RadiusNeighborsClassifier};
pub use estimand_index::{Algorithm, Metric, Queries};
pub use nearest::{NearestNeighbors, NearestNeighborsModel, Within};
pub use neighbourhood::{NeighborWeights, OwnWeights};
pub use regress::{
    KNeighborsRegressor, MultiNeighborsRegressorModel, NeighborTargets, NeighborsRegressorModel,
    RadiusNeighborsRegressor,
};
