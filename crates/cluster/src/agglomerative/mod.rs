//! Agglomerative clustering: rows, and then clusters, are joined two by two, the nearest first.
//!
//! | linkage | distance of clusters A and B |
//! |---|---|
//! | ward | √(2|A||B| / (|A| + |B|)) ‖mean A − mean B‖: by how much the sum of squares would grow |
//! | complete | the longest distance between a row of A and one of B |
//! | average | their mean |
//! | single | the shortest |
//!
//! | symbol | variable | shape |
//! |---|---|---|
//! | which clusters are joined | [`children`](AgglomerativeModel::children) | n − 1 pairs; number n + i is the i-th join |
//! | how far apart they are | [`distances`](AgglomerativeModel::distances) | n − 1 |
//! | cluster of each row | [`labels`](AgglomerativeModel::labels) | n |
//!
//! 1. Check.
//! 2. Clusters that are nearest to one another are joined \[Murtagh83, Muellner11\]: every distance above lets that be, as a join
//!    brings nothing nearer. Ward finds them by a chain in which each cluster's nearest one follows it; a table of distances has
//!    many such pairs, which are joined in rounds. Single linkage of rows takes the edges of a shortest spanning tree \[Gower69\].
//!    With a [`connectivity`](AgglomerativeClustering::connectivity) only clusters that are neighbours are joined, from a heap of
//!    the pairs of neighbours.
//! 3. Joins are sorted by distance.
//! 4. The tree is cut where `n_clusters` are left, or where joins reach `distance_threshold`. Clusters are numbered by their lowest row.
//!
//! | | time | memory |
//! |---|---|---|
//! | ward | n²p | np |
//! | single | a spanning tree: n²p at most | np |
//! | complete, average, given distances | n²p | n² numbers |
//! | with m pairs of neighbours | m p log m | m |
//!
//! Weights count rows: |A| is the weight of A, and a row of weight 2 is the same row twice, joined to itself at distance 0. They
//! matter to ward and to average linkage. The tree holds every row, so none may have weight 0.
//!
//! **When not.** Time grows with n² (beyond 50 000 rows take a tree of features, [`Birch`](crate::Birch)). Single linkage follows chains of
//! rows between clusters; ward wants round ones. There is no prediction: the tree is one of the training rows.
//!
//! **Differs from scikit-learn.** Any metric and sample weights; distances are always kept, so that the same tree can be [cut](AgglomerativeModel::cut) again.
//! Labels are the same up to their numbers. Among equal distances another pair may be joined first.
//!
//! **References.** \[Ward63\], \[Murtagh83\], \[Muellner11\], \[Gower69\].

mod chain;
mod graph;
mod model;
#[cfg(test)]
mod tests;
mod ward;

pub use model::AgglomerativeModel;
pub(crate) use model::numbered;

use estimand_core::describe::at_least;
use estimand_core::{Csr, Describe, Error, Features, Fit, Float, Report, Result, Samples, Target};
use estimand_index::{Algorithm, Edge, Index, Metric, pairwise};
use model::{Join, Tree};
use ndarray::{Array2, ArrayView2};
use serde::{Deserialize, Serialize};

/// How far apart two clusters are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Linkage {
    /// By how much the sum of squares within clusters would grow.
    Ward,
    /// As their rows that are farthest apart.
    Complete,
    /// As their rows are on the average.
    Average,
    /// As their rows that are nearest.
    Single,
}

estimand_core::params! {
    /// Agglomerative clustering; see [the module](crate::agglomerative).
    ///
    /// ```
    /// use estimand_cluster::{AgglomerativeClustering, Linkage};
    /// use estimand_core::Fit;
    /// use ndarray::array;
    ///
    /// let x = array![[1.0], [1.5], [5.0], [5.25], [9.0]];
    /// let model = AgglomerativeClustering::new(2).linkage(Linkage::Single).fit(&x)?;
    /// assert_eq!(model.children(), [[2, 3], [0, 1], [5, 6], [4, 7]]);
    /// assert_eq!(model.distances(), [0.25, 0.5, 3.5, 3.75]);
    /// assert_eq!(model.labels().to_vec(), [0, 0, 0, 0, 1]);
    /// assert_eq!(model.cut(3)?.to_vec(), [0, 0, 1, 1, 2]);
    /// # Ok::<(), estimand_core::Error>(())
    /// ```
    pub struct AgglomerativeClustering(n_clusters: usize) {
        /// Number of clusters to be left; at most the number of rows. Not looked at if there is a `distance_threshold`.
        n_clusters: usize = 2, at_least(1.0);
        /// How far apart clusters are.
        linkage: Linkage = Linkage::Ward;
        /// How far apart rows are; Euclidean for ward.
        metric: Metric = Metric::Euclidean;
        /// The records are the distances themselves, n × n, of which the upper triangle is read; not for ward.
        precomputed: bool = false;
        /// Clusters this far apart or farther are not joined.
        distance_threshold: Option<f64> = None, at_least(0.0);
        /// Which rows are neighbours, n × n: all pairs with a stored value, either way round. Only clusters with neighbours in one
        /// another are joined, and complete, average and single linkage look at the distances of neighbours only. Parts that
        /// are not connected are connected by their nearest rows.
        connectivity: Option<Csr<f64>> = None;
    }
    accepts: weights;
}

const NAME: &str = "AgglomerativeClustering";

impl AgglomerativeClustering {
    fn check_for<F: Float, Y: Target>(&self, samples: &Samples<'_, F, Y>) -> Result<()> {
        self.check()?;
        samples.check()?;
        let n = samples.nrows();
        if self.distance_threshold.is_none() && self.n_clusters > n {
            let allowed = format!("at most the number of rows, {n}");
            return Err(Error::parameter("n_clusters", self.n_clusters, allowed));
        }
        let x = samples.x.dense(NAME)?;
        samples.x.check_finite()?;
        if self.linkage == Linkage::Ward && (self.precomputed || self.metric != Metric::Euclidean) {
            return Err(Error::unsupported(
                NAME,
                "ward linkage of other than Euclidean distances between rows",
            ));
        }
        if self.precomputed {
            if x.ncols() != n {
                return Err(Error::shape("columns of the distances", n, x.ncols()));
            }
            if let Some(((row, column), value)) = x.indexed_iter().find(|(_, d)| d.f64() < 0.0) {
                return Err(Error::parameter(
                    "x",
                    value,
                    format!("distances, that of row {row} and row {column} too, of at least 0"),
                ));
            }
        }
        match &self.connectivity {
            Some(c) if (c.view().nrows(), c.view().ncols()) != (n, n) => {
                let found = format!("{:?}", (c.view().nrows(), c.view().ncols()));
                Err(Error::shape("shape of the connectivity", format!("{:?}", (n, n)), found))
            }
            _ => Ok(()),
        }
    }

    /// The distances of all rows, n × n.
    fn all_distances<F: Float, Y: Target>(&self, samples: &Samples<'_, F, Y>) -> Result<Array2<F>> {
        let above = |d: ArrayView2<'_, F>| Array2::from_shape_fn(d.dim(), |(i, j)| d[[i.min(j), i.max(j)]]);
        if self.precomputed {
            return Ok(above(samples.x.dense(NAME)?));
        }
        let distances = pairwise(samples.x, samples.x, &self.metric)?;
        if !matches!(self.metric, Metric::Own(_)) {
            return Ok(distances);
        }
        // A user's function need not be as symmetric as joins ask for, nor give numbers.
        match distances.indexed_iter().find(|(_, d)| d.is_nan()) {
            Some(((i, j), _)) => {
                Err(Error::numerical(format!("rows {i} and {j} have no distance: the metric gives NaN")))
            }
            None => Ok(above(distances.view())),
        }
    }
}

/// ω, ones where there are none, less a factor that keeps their products in the range of numbers, and the root of it: a power
/// of two.
fn weights<F: Float, Y: Target>(samples: &Samples<'_, F, Y>) -> Result<(Vec<f64>, f64)> {
    let Some(weights) = samples.weights else { return Ok((vec![1.0; samples.nrows()], 1.0)) };
    if let Some(row) = weights.iter().position(|w| *w <= F::zero()) {
        return Err(Error::unsupported(NAME, format!("a weight of 0, that of row {row}; leave the row out")));
    }
    let largest = weights.iter().fold(0.0, |largest: f64, w| largest.max(w.f64()));
    let root = match (1e-100..=1e100).contains(&largest) {
        true => 1.0,
        false => f64::powi(2.0, (largest.log2() / 2.0) as i32),
    };
    Ok((weights.iter().map(|w| w.f64() / (root * root)).collect(), root))
}

/// The edges of the shortest tree through all rows are the joins of single linkage.
fn spanning<F: Float, Y: Target>(samples: &Samples<'_, F, Y>, metric: &Metric) -> Result<Vec<Join>> {
    let tree = Index::new(samples.x, metric, Algorithm::Auto)?.spanning_tree(0, 1.0)?;
    let join = |edge: &Edge| Join { rows: [edge.a as usize, edge.b as usize], distance: edge.length };
    Ok(tree.edges.iter().map(join).collect())
}

impl<F: Float, Y: Target> Fit<F, Y> for AgglomerativeClustering {
    type Model = AgglomerativeModel;

    fn fit_samples(&self, samples: Samples<'_, F, Y>) -> Result<AgglomerativeModel> {
        self.check_for(&samples)?;
        let (weights, root) = weights(&samples)?;
        let (mut tree, report) = match &self.connectivity {
            Some(pattern) => {
                let (tree, parts) = graph::tree(self, &samples, pattern, weights)?;
                let report = Report::direct("a heap of neighbours");
                match parts {
                    1 => (tree, report),
                    _ => (
                        tree,
                        report.note(format!(
                            "the connectivity has {parts} parts, which their nearest rows connect"
                        )),
                    ),
                }
            }
            None => {
                let joins = match self.linkage {
                    Linkage::Ward => ward::joins(samples.x, &weights)?,
                    Linkage::Single if !self.precomputed => spanning(&samples, &self.metric)?,
                    linkage => chain::joins(self.all_distances(&samples)?, weights, linkage),
                };
                (Tree::sorted(samples.nrows(), joins), Report::direct("pairs of nearest neighbours"))
            }
        };
        if self.linkage == Linkage::Ward {
            tree.distances.iter_mut().for_each(|distance| *distance *= root);
        }
        let left = match self.distance_threshold {
            Some(threshold) => tree.left_at(threshold),
            None => self.n_clusters,
        };
        Ok(AgglomerativeModel::new(tree, left, Features::of(samples.x), report))
    }
}
