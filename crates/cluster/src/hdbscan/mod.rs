//! Hierarchical density-based clustering: DBSCAN for all ε at once, and of its clusters those that last.
//!
//! ```text
//! c(i)     distance to the (m − 1)-th nearest other row                                                    (1)
//! m(i, j)  = max(c(i), c(j), d(xᵢ, xⱼ) / α)                                                                (2)
//! λ        = 1 / the length of an edge of the shortest spanning tree by m: what is cut there              (3)
//! S(C)     = Σ over rows i of C (λᵢ − λ_C)        λᵢ where i leaves C, λ_C where C comes to be             (4)
//! ```
//!
//! | symbol | variable | shape |
//! |---|---|---|
//! | m, α | `min_samples`, `alpha` | |
//! | λᵢ | `lambda` | n |
//! | λ_C | `birth` | clusters of the condensed tree |
//!
//! 1. The shortest spanning tree by (2): [`estimand_index::spanning`].
//! 2. Its edges from the shortest to the longest join rows to clusters, as single linkage does.
//! 3. From the top down, a cluster that falls into two of at least `min_cluster_size` rows ends there; smaller parts leave it
//!    row by row. What is left is the condensed tree.
//! 4. Of this, the clusters whose stability (4) exceeds that of all below them together (`Eom`), or those without any below
//!    (`Leaf`). Those that came to be at distances below `cluster_selection_epsilon` are joined with what is above them.
//! 5. A row has the label of the selected cluster that it left, or that holds the one it left; other rows are noise, −1.
//!    Its probability is λᵢ over the largest λ in the cluster; its outlier score \[Campello15\] compares λᵢ with the largest λ
//!    of all clusters below the one that it left.
//!
//! Costs O(n log n) searches in few dimensions, O(n²p) where no tree helps; memory O(n min_samples).
//!
//! A new row leaves its nearest neighbour's cluster where it would leave it: at λ = 1 / m(new, neighbour).
//!
//! **Differs from scikit-learn.** Labels are the same up to their numbers, which follow the lowest row here; edges of one
//! length may be cut in another order. New rows can be predicted, and outlier scores are there, as in the package hdbscan;
//! there, (1) does not count the row itself: its `min_samples` is one less. Rows with NaN or infinities are refused.
//!
//! **References.** \[Campello13\]; \[Campello15\]; \[McInnes17\].

mod model;
#[cfg(test)]
mod tests;
mod tree;

pub use model::HdbscanModel;
pub use tree::{CondensedCluster, CondensedTree};

use estimand_core::describe::{above, at_least};
use estimand_core::{Describe, Error, Features, Fit, Float, Report, Result, Samples, Target};
use estimand_index::{Algorithm, Index, Metric};
use serde::{Deserialize, Serialize};
use tree::Rules;

/// Which clusters of the condensed tree are taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum ClusterSelection {
    /// Those that are more stable than all below them together: the excess of mass.
    #[default]
    Eom,
    /// Those with none below them: many, and small ones.
    Leaf,
}

estimand_core::params! {
    /// HDBSCAN: clusters of any shape and of different densities; see [the module](crate::hdbscan).
    ///
    /// ```
    /// use estimand_cluster::Hdbscan;
    /// use estimand_core::{Fit, Predict};
    /// use ndarray::array;
    ///
    /// let x = array![[0.0], [0.1], [0.2], [5.0], [5.5], [6.0], [6.5], [99.0]];
    /// let model = Hdbscan::new().min_cluster_size(3).min_samples(2).fit(&x)?;
    /// assert_eq!(model.labels(), array![0, 0, 0, 1, 1, 1, 1, -1]);
    /// assert_eq!(model.predict(&array![[0.15], [5.2], [50.0]])?, array![0, 1, -1]);
    /// # Ok::<(), estimand_core::Error>(())
    /// ```
    pub struct Hdbscan {
        /// Fewest rows of a cluster: the setting that matters.
        min_cluster_size: usize = 5, at_least(2.0);
        /// How many rows, itself among them, a row counts as crowded by, m; `None` stands for `min_cluster_size`.
        min_samples => Option<usize> = None, at_least(1.0);
        /// Clusters are not cut at distances below this, ε.
        cluster_selection_epsilon: f64 = 0.0, at_least(0.0);
        /// Most rows of a cluster that `Eom` takes; what is larger is cut.
        max_cluster_size => Option<usize> = None, at_least(1.0);
        /// Distances are divided by this, α.
        alpha: f64 = 1.0, above(0.0);
        /// Which clusters are taken.
        cluster_selection: ClusterSelection = ClusterSelection::Eom;
        /// Whether all rows may be one cluster.
        allow_single_cluster: bool = false;
        /// The distance d.
        metric: Metric = Metric::Euclidean;
        /// How to search. The answer is the same, up to edges of one length.
        algorithm: Algorithm = Algorithm::Auto;
    }
    accepts: ;
}

impl<F: Float, Y: Target> Fit<F, Y> for Hdbscan {
    type Model = HdbscanModel<F>;

    fn fit_samples(&self, samples: Samples<'_, F, Y>) -> Result<HdbscanModel<F>> {
        self.check()?;
        samples.check()?;
        if samples.weights.is_some() {
            return Err(Error::unsupported("Hdbscan", "sample weights; repeat the rows"));
        }
        let min_samples = self.min_samples.unwrap_or(self.min_cluster_size);
        let index = Index::new(samples.x, &self.metric, self.algorithm)?;
        let spanning = index.spanning_tree(min_samples - 1, self.alpha)?;
        let rules = Rules {
            epsilon: self.cluster_selection_epsilon,
            max_cluster_size: self.max_cluster_size.unwrap_or(usize::MAX),
            selection: self.cluster_selection,
            allow_single_cluster: self.allow_single_cluster,
        };
        let tree = CondensedTree::new(&spanning.edges, index.len(), self.min_cluster_size);
        let selected = tree.select(&rules);
        let report = Report::direct(format!("spanning tree, {}", index.method()));
        Ok(HdbscanModel::new(index, spanning.core, tree, &selected, self, Features::of(samples.x), report))
    }
}
