//! Clustering: rows that belong together, found without being told which.
//!
//! | page | clusters are | estimators |
//! |---|---|---|
//! | [`kmeans`] | round, around their means | [`KMeans`], [`MiniBatchKMeans`], [`BisectingKMeans`] |
//! | [`agglomerative`] | what is nearest, joined two by two | [`AgglomerativeClustering`] |
//! | [`mixture`] | normal distributions, which overlap | [`GaussianMixture`] |
//!
//! Mixtures are in this crate because they begin where k-means ends.

pub mod agglomerative;
pub mod kmeans;
pub mod mixture;

pub use agglomerative::{AgglomerativeClustering, AgglomerativeModel, Linkage};
pub use estimand_index::Metric;
pub use kmeans::bisecting::{BisectingKMeans, BisectingKMeansModel, BisectingStrategy};
pub use kmeans::minibatch::{MiniBatchKMeans, MiniBatchKMeansModel};
pub use kmeans::{KMeans, KMeansAlgorithm, KMeansInit, KMeansModel};
pub use mixture::{CovarianceType, Covariances, GaussianMixture, GaussianMixtureModel, MixtureInit};
