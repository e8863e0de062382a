//! Clustering: rows that belong together, found without being told which.
//!
//! | page | clusters are | estimators |
//! |---|---|---|
//! | [`kmeans`] | round, around their means | [`KMeans`], [`MiniBatchKMeans`], [`BisectingKMeans`] |
//! | [`kmedoids`] | around one of their rows, in any metric | [`KMedoids`] |
//! | [`agglomerative`] | what is nearest, joined two by two | [`AgglomerativeClustering`] |
//! | [`birch`] | the same of small clusters, which one pass finds | [`Birch`] |
//! | [`dbscan`] | where rows are dense | [`Dbscan`] |
//! | [`hdbscan`] | where rows are denser than around, at any density | [`Hdbscan`] |
//! | [`optics`] | the same, as an order of the rows | [`Optics`] |
//! | [`spectral`] | similar within and not between, of any shape | [`SpectralClustering`] |
//! | [`meanshift`] | around places where rows are crowded | [`MeanShift`] |
//! | [`affinity`] | around examples that rows agree on | [`AffinityPropagation`] |
//! | [`mixture`] | normal distributions, which overlap | [`GaussianMixture`], [`BayesianGaussianMixture`] |
//!
//! [`silhouette_samples`] says how well rows lie in their clusters, whatever found them.
//!
//! Mixtures are in this crate because they begin where k-means ends.

pub mod affinity;
pub mod agglomerative;
pub mod birch;
pub mod dbscan;
pub mod hdbscan;
pub mod kmeans;
pub mod kmedoids;
pub mod meanshift;
mod metric;
pub mod mixture;
pub mod optics;
mod silhouette;
pub mod spectral;

pub use affinity::{AffinityPropagation, AffinityPropagationModel};
pub use agglomerative::{AgglomerativeClustering, AgglomerativeModel, Linkage};
pub use birch::{Birch, BirchModel};
pub use dbscan::{Dbscan, DbscanModel};
pub use estimand_index::{Algorithm, Metric};
pub use hdbscan::{ClusterSelection, CondensedCluster, CondensedTree, Hdbscan, HdbscanModel};
pub use kmeans::bisecting::{BisectingKMeans, BisectingKMeansModel, BisectingStrategy};
pub use kmeans::minibatch::{MiniBatchKMeans, MiniBatchKMeansModel};
pub use kmeans::{KMeans, KMeansAlgorithm, KMeansInit, KMeansModel};
pub use kmedoids::{KMedoids, KMedoidsInit, KMedoidsModel};
pub use meanshift::{MeanShift, MeanShiftModel, estimate_bandwidth};
pub use mixture::bayesian::{BayesianGaussianMixture, BayesianGaussianMixtureModel, WeightConcentration};
pub use mixture::{CovarianceType, Covariances, GaussianMixture, GaussianMixtureModel, MixtureInit};
pub use optics::{Extraction, Optics, OpticsModel};
pub use silhouette::{silhouette_samples, silhouette_score};
pub use spectral::{Affinity, SpectralClustering, SpectralModel};

/// The label of rows that belong to no cluster.
pub const NOISE: i64 = -1;

/// Refuses NaN and infinities in rows that stand among the settings.
fn check_finite(what: &str, rows: &ndarray::Array2<f64>) -> estimand_core::Result<()> {
    match rows.indexed_iter().find(|(_, v)| !v.is_finite()) {
        Some(((row, column), v)) => {
            let (what, value) = (what.into(), v.to_string());
            Err(estimand_core::Error::NonFinite { what, value, row, column })
        }
        None => Ok(()),
    }
}
