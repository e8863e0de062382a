//! Clustering: rows that belong together, found without being told which.
//!
//! | page | clusters are | estimators |
//! |---|---|---|
//! | [`kmeans`] | round, around their means | [`KMeans`], [`MiniBatchKMeans`], [`BisectingKMeans`] |
//! | [`agglomerative`] | what is nearest, joined two by two | [`AgglomerativeClustering`] |
//! | [`dbscan`] | where rows are dense | [`Dbscan`] |
//! | [`hdbscan`] | where rows are denser than around, at any density | [`Hdbscan`] |
//! | [`optics`] | the same, as an order of the rows | [`Optics`] |
//! | [`mixture`] | normal distributions, which overlap | [`GaussianMixture`] |
//!
//! Mixtures are in this crate because they begin where k-means ends.

pub mod agglomerative;
pub mod dbscan;
pub mod hdbscan;
pub mod kmeans;
pub mod mixture;
pub mod optics;

pub use agglomerative::{AgglomerativeClustering, AgglomerativeModel, Linkage};
pub use dbscan::{Dbscan, DbscanModel};
pub use estimand_index::{Algorithm, Metric};
pub use hdbscan::{ClusterSelection, CondensedCluster, CondensedTree, Hdbscan, HdbscanModel};
pub use kmeans::bisecting::{BisectingKMeans, BisectingKMeansModel, BisectingStrategy};
pub use kmeans::minibatch::{MiniBatchKMeans, MiniBatchKMeansModel};
pub use kmeans::{KMeans, KMeansAlgorithm, KMeansInit, KMeansModel};
pub use mixture::{CovarianceType, Covariances, GaussianMixture, GaussianMixtureModel, MixtureInit};
pub use optics::{Extraction, Optics, OpticsModel};

/// The label of rows that belong to no cluster.
pub const NOISE: i64 = -1;
