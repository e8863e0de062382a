//! BIRCH: one pass in which a tree of small clusters grows, and a clustering of those.
//!
//! ```text
//! (n, s, q)          number of rows, Σ x, Σ ‖x‖² of a small cluster: sums of two are those of both        [Zhang96]
//! r² = q/n − ‖s/n‖²  its radius                                                                           (1)
//! ```
//!
//! | symbol | variable | shape |
//! |---|---|---|
//! | n, s, q | `Feature` | |
//! | s/n | [`subcluster_centers`](BirchModel::subcluster_centers) | m × p |
//!
//! 1. Each row goes down the tree to the nearest small cluster, and becomes part of it if its radius stays within the threshold;
//!    else it is one of its own. A node with more than `branching_factor` of them is divided: the two that are farthest apart go
//!    different ways, the others with the nearer; and so on upwards.
//! 2. The small clusters are joined by ward linkage until `n_clusters` are left, each counting as one row.
//! 3. Rows go to the nearest small cluster, and belong to its cluster.
//!
//! Costs O(n p b log m) for branching factor b; memory O(m p). Means are taken about the mean of all rows.
//!
//! **When not.** The tree follows the order of the rows. Where n is not too large for it,
//! [`AgglomerativeClustering`] of the rows themselves is the better tree.
//!
//! **Differs from scikit-learn.** Sums are about the mean, so that columns far from zero lose no digits. Fewer small clusters
//! than `n_clusters` are reported.
//!
//! **References.** \[Zhang96\].

#[cfg(test)]
mod tests;
mod tree;

use crate::AgglomerativeClustering;
use crate::kmeans::KMeansModel;
use crate::kmeans::points::{Centres, Points};
use estimand_core::describe::{above, at_least};
use estimand_core::persist::check_len;
use estimand_core::records::Dense;
use estimand_core::{
    Describe, Error, Features, Fit, Float, Matrix, Predict, PredictOne, Records, Report, Result, Samples,
    Scratch, Target, Transform, TransformOne,
};
use ndarray::{Array1, Array2};
use serde::{Deserialize, Serialize};

estimand_core::params! {
    /// BIRCH; see [the module](crate::birch).
    ///
    /// ```
    /// use estimand_cluster::Birch;
    /// use estimand_core::{Fit, Predict};
    /// use ndarray::array;
    ///
    /// let x = array![[0.0, 1.0], [0.3, 1.0], [-0.3, 1.0], [0.0, -1.0], [0.3, -1.0], [-0.3, -1.0]];
    /// let model = Birch::new().n_clusters(None).fit(&x)?;
    /// assert_eq!(model.labels().to_vec(), [0, 0, 0, 1, 1, 1]);
    /// assert_eq!(model.predict(&array![[5.0, -3.0]])?.to_vec(), [1]);
    /// # Ok::<(), estimand_core::Error>(())
    /// ```
    pub struct Birch {
        /// Largest radius of a small cluster.
        threshold: f64 = 0.5, above(0.0);
        /// Most small clusters, or branches, of a node.
        branching_factor: usize = 50, at_least(2.0);
        /// Number of clusters; `None` for the small ones themselves.
        n_clusters: Option<usize> = Some(3), at_least(1.0);
    }
    accepts: ;
}

const NAME: &str = "Birch";

impl<F: Float, Y: Target> Fit<F, Y> for Birch {
    type Model = BirchModel<F>;

    fn fit_samples(&self, samples: Samples<'_, F, Y>) -> Result<BirchModel<F>> {
        self.check()?;
        samples.check()?;
        if samples.weights.is_some() {
            return Err(Error::unsupported(NAME, "sample weights; repeat the rows"));
        }
        samples.x.dense(NAME)?;
        let (points, _) = Points::new(samples.x, None)?;
        let about = tree::centers(&points, self.threshold, self.branching_factor);
        let p = points.origin().len();
        let (m, mean) = (about.len() / p, points.origin().iter().cycle());
        let centers: Vec<F> = about.iter().zip(mean).map(|(c, m)| F::of(c + m)).collect();
        let centers = Array2::from_shape_vec((m, p), centers).map_err(|e| Error::numerical(e.to_string()))?;
        let mut report = Report::direct("a tree of small clusters").note(format!("{m} small clusters"));
        let clusters = match self.n_clusters {
            Some(k) if k < m => {
                let about =
                    Array2::from_shape_vec((m, p), about).map_err(|e| Error::numerical(e.to_string()))?;
                AgglomerativeClustering::new(k).fit(&about)?.labels().to_vec()
            }
            Some(k) if k > m => {
                report = report
                    .note(format!("fewer than the {k} clusters that were asked for; lower `threshold`"));
                (0..m).collect()
            }
            _ => (0..m).collect(),
        };
        let stored = Centres::new(centers.iter().map(|c| c.f64()).collect(), points.origin());
        let nearest = KMeansModel::around(centers, &points, &stored, Features::of(samples.x), report);
        Ok(BirchModel { labels: nearest.labels().map(|c| clusters[*c]), nearest, clusters })
    }
}

/// A fitted [`Birch`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(bound(serialize = "F: Float", deserialize = "F: Float"))]
pub struct BirchModel<F: Float> {
    /// The small clusters.
    nearest: KMeansModel<F>,
    clusters: Vec<usize>,
    labels: Array1<usize>,
}

impl<F: Float> BirchModel<F> {
    /// The cluster of each training row, n: what `predict` says of the same rows.
    pub fn labels(&self) -> &Array1<usize> {
        &self.labels
    }

    /// Number of clusters.
    pub fn n_clusters(&self) -> usize {
        self.clusters.iter().max().map_or(0, |c| c + 1)
    }

    /// The means of the small clusters, m × p.
    pub fn subcluster_centers(&self) -> &Array2<F> {
        self.nearest.centers()
    }

    /// The cluster of each small one, m.
    pub fn subcluster_labels(&self) -> &[usize] {
        &self.clusters
    }

    /// How many small clusters there are.
    pub fn report(&self) -> &Report {
        self.nearest.report()
    }

    /// The columns the model was fitted on.
    pub fn features(&self) -> &Features {
        self.nearest.features()
    }
}

impl<F: Float> Predict<F> for BirchModel<F> {
    type Output = Array1<usize>;
    fn predict_records(&self, x: Records<'_, F>) -> Result<Array1<usize>> {
        x.dense(NAME)?;
        Ok(self.nearest.predict_records(x)?.mapv(|c| self.clusters[c]))
    }
}

impl<F: Float> PredictOne<F> for BirchModel<F> {
    type One<'m> = usize;
    fn predict_one(&self, row: &[F], scratch: &mut Scratch<F>) -> Result<usize> {
        Ok(self.clusters[self.nearest.predict_one(row, scratch)?])
    }
}

/// Distances to the small clusters, n × m.
impl<F: Float> Transform<F> for BirchModel<F> {
    type Stored = Dense;
    fn transform_records(&self, x: Records<'_, F>) -> Result<Matrix<F>> {
        x.dense(NAME)?;
        self.nearest.transform_records(x)
    }
    fn feature_names_out(&self) -> Option<Vec<String>> {
        Some((0..self.clusters.len()).map(|c| format!("birch{c}")).collect())
    }
}

impl<F: Float> TransformOne<F> for BirchModel<F> {
    fn transform_one(&self, row: &[F], out: &mut Vec<F>, scratch: &mut Scratch<F>) -> Result<()> {
        self.nearest.transform_one(row, out, scratch)
    }
}

estimand_core::persist!(BirchModel<F>, |model| {
    let m = model.clusters.len();
    check_len("clusters of the small ones", model.nearest.centers().nrows(), m)?;
    check_len("labels", model.nearest.labels().len(), model.labels.len())?;
    match model.clusters.iter().chain(&model.labels).all(|c| *c < m) {
        true => Ok(()),
        false => Err(Error::Persist { what: "clusters that cannot be".into() }),
    }
});
