//! Clustering: rows that belong together, found without being told which.
//!
//! | page | clusters are | estimators |
//! |---|---|---|
//! | [`kmeans`] | round, around their means | [`KMeans`] |

pub mod kmeans;

pub use kmeans::{KMeans, KMeansAlgorithm, KMeansInit, KMeansModel};
