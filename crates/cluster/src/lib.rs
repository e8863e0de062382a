//! Clustering: rows that belong together, found without being told which.
//!
//! | page | clusters are | estimators |
//! |---|---|---|
//! | [`kmeans`] | round, around their means | [`KMeans`], [`MiniBatchKMeans`] |
//! | [`mixture`] | normal distributions, which overlap | [`GaussianMixture`] |
//!
//! Mixtures are in this crate because they begin where k-means ends.

pub mod kmeans;
pub mod mixture;

pub use kmeans::minibatch::{MiniBatchKMeans, MiniBatchKMeansModel};
pub use kmeans::{KMeans, KMeansAlgorithm, KMeansInit, KMeansModel};
pub use mixture::{CovarianceType, Covariances, GaussianMixture, GaussianMixtureModel, MixtureInit};
