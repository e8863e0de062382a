//! Neighbours: what is near tells what a row is like.
//!
//! | page | estimators |
//! |---|---|
//! | [`nearest`] | [`NearestNeighbors`]: who they are, and graphs of them |
//! | [`classify`] | [`KNeighborsClassifier`], [`RadiusNeighborsClassifier`] |
//! | [`regress`] | [`KNeighborsRegressor`], [`RadiusNeighborsRegressor`] |
//! | [`centroid`] | [`NearestCentroid`] |
//! | [`outlier`] | [`LocalOutlierFactor`] |
//! | [`density`] | [`KernelDensity`] |
//!
//! All search exactly, in any [`Metric`], by the trees and products of [`estimand_index`]; equals come lowest row first.
//! Distances weigh all columns alike: bring these to one scale first, or choose a metric that does.

pub mod centroid;
pub mod classify;
pub mod density;
pub mod nearest;
mod neighbourhood;
pub mod outlier;
pub mod regress;

pub use centroid::{CentroidMetric, NearestCentroid, NearestCentroidModel};
pub use classify::{KNeighborsClassifier, NeighborsClassifierModel, Outliers, RadiusNeighborsClassifier};
pub use density::{Bandwidth, DensityKernel, KernelDensity, KernelDensityModel};
pub use estimand_index::{Algorithm, Metric, Queries, pairwise};
pub use nearest::{Edges, NearestNeighbors, NearestNeighborsModel, Within};
pub use neighbourhood::{NeighborWeights, OwnWeights};
pub use outlier::{Contamination, LocalOutlierFactor, LocalOutlierFactorModel};
pub use regress::{
    KNeighborsRegressor, MultiNeighborsRegressorModel, NeighborTargets, NeighborsRegressorModel,
    RadiusNeighborsRegressor,
};
