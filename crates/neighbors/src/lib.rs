//! Neighbours: what is near tells what a row is like.
//!
//! | page | estimators |
//! |---|---|
//! | [`nearest`] | [`NearestNeighbors`]: who they are, and graphs of them |
//! | [`approximate`] | [`ApproximateNeighbors`]: most of them, in a graph, with its recall |
//! | [`classify`] | [`KNeighborsClassifier`], [`RadiusNeighborsClassifier`] |
//! | [`regress`] | [`KNeighborsRegressor`], [`RadiusNeighborsRegressor`] |
//! | [`centroid`] | [`NearestCentroid`] |
//! | [`outlier`] | [`LocalOutlierFactor`] |
//! | [`density`] | [`KernelDensity`] |
//! | [`impute`] | [`KnnImputer`] |
//! | [`components`] | [`NeighborhoodComponentsAnalysis`] |
//!
//! All but one search exactly, in any [`Metric`], by the trees and products of [`estimand_index`]; equals come lowest row first.
//! Distances weigh all columns alike: bring these to one scale first, or choose a metric that does.

pub mod approximate;
pub mod centroid;
pub mod classify;
pub mod components;
pub mod density;
pub mod impute;
pub mod nearest;
mod neighbourhood;
pub mod outlier;
pub mod regress;

pub use approximate::{ApproximateNeighbors, ApproximateNeighborsModel};
pub use centroid::{CentroidMetric, NearestCentroid, NearestCentroidModel};
pub use classify::{KNeighborsClassifier, NeighborsClassifierModel, Outliers, RadiusNeighborsClassifier};
pub use components::{ComponentsInit, NeighborhoodComponentsAnalysis, NeighborhoodComponentsModel};
pub use density::{Bandwidth, DensityKernel, KernelDensity, KernelDensityModel};
pub use estimand_index::{Algorithm, Metric, Queries, pairwise};
pub use impute::{KnnImputer, KnnImputerModel};
pub use nearest::{Edges, NearestNeighbors, NearestNeighborsModel, Within};
pub use neighbourhood::{NeighborWeights, OwnWeights};
pub use outlier::{Contamination, LocalOutlierFactor, LocalOutlierFactorModel};
pub use regress::{
    KNeighborsRegressor, MultiNeighborsRegressorModel, NeighborTargets, NeighborsRegressorModel,
    RadiusNeighborsRegressor,
};
