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
//! A model keeps its tree: [`partial_fit`](estimand_core::PartialFit::partial_fit) lets further rows down, and clusters the small
//! ones anew. Rows in batches are rows one after another.
//!
//! Costs O(n p b log m) for branching factor b; memory O(m p). Means are taken about the mean of all rows, or of the first batch.
//!
//! **When not.** The tree follows the order of the rows. Where n is not too large for it,
//! [`AgglomerativeClustering`] of the rows themselves is the better tree. Sample weights are refused: where the tree puts a row
//! twice depends on what comes between, so that no sum of weights is the same.
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
    Describe, Error, Features, Fit, Float, Matrix, PartialFit, Predict, PredictOne, Records, Report, Result,
    Samples, Scratch, Target, Transform, TransformOne,
};
use ndarray::{Array1, Array2};
use serde::{Deserialize, Serialize};
use tree::Tree;

estimand_core::params! {
    /// BIRCH; see [the module](crate::birch).
    ///
    /// ```
    /// use estimand_cluster::Birch;
    /// use estimand_core::{Fit, PartialFit, Predict};
    /// use ndarray::array;
    ///
    /// let x = array![[0.0, 1.0], [0.3, 1.0], [-0.3, 1.0], [0.0, -1.0], [0.3, -1.0], [-0.3, -1.0]];
    /// let mut model = Birch::new().n_clusters(None).fit(&x)?;
    /// assert_eq!(model.labels().to_vec(), [0, 0, 0, 1, 1, 1]);
    /// assert_eq!(model.predict(&array![[5.0, -3.0]])?.to_vec(), [1]);
    /// model.partial_fit(&array![[9.0, 9.0]])?;
    /// assert_eq!(model.n_clusters(), 3);
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

/// Dense rows without weights.
fn check<F: Float, Y: Target>(samples: &Samples<'_, F, Y>) -> Result<()> {
    samples.check()?;
    if samples.weights.is_some() {
        return Err(Error::unsupported(NAME, "sample weights; repeat the rows"));
    }
    samples.x.dense(NAME).map(|_| ())
}

impl<F: Float, Y: Target> Fit<F, Y> for Birch {
    type Model = BirchModel<F>;

    fn fit_samples(&self, samples: Samples<'_, F, Y>) -> Result<BirchModel<F>> {
        self.check()?;
        check(&samples)?;
        let (points, _) = Points::new(samples.x, None)?;
        let mut tree = Tree::new(self.threshold, self.branching_factor);
        tree.grow(&points);
        self.read_off(tree, &points, Features::of(samples.x))
    }
}

impl Birch {
    /// The clusters of a tree, to which the last rows came.
    fn read_off<F: Float>(
        &self,
        tree: Tree,
        points: &Points<'_, F>,
        features: Features,
    ) -> Result<BirchModel<F>> {
        let (about, p) = (tree.centers(), points.origin().len());
        let about = Array2::from_shape_vec((about.len() / p, p), about)
            .map_err(|e| Error::numerical(e.to_string()))?;
        let m = about.nrows();
        let centers = Array2::from_shape_fn((m, p), |(c, j)| F::of(about[[c, j]] + points.origin()[j]));
        let mut report = Report::direct("a tree of small clusters").note(format!("{m} small clusters"));
        let clusters = match self.n_clusters {
            Some(k) if k < m => AgglomerativeClustering::new(k).fit(&about)?.labels().to_vec(),
            Some(k) if k > m => {
                report = report
                    .note(format!("fewer than the {k} clusters that were asked for; lower `threshold`"));
                (0..m).collect()
            }
            _ => (0..m).collect(),
        };
        let stored = Centres::new(centers.iter().map(|c| c.f64()).collect(), points.origin());
        let nearest = KMeansModel::around(centers, points, &stored, features, report);
        let labels = nearest.labels().map(|c| clusters[*c]);
        Ok(BirchModel { settings: self.clone(), tree, labels, nearest, clusters })
    }
}

/// A fitted [`Birch`]. After [`partial_fit`](PartialFit::partial_fit), labels are those of the last batch.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(bound(serialize = "F: Float", deserialize = "F: Float"))]
pub struct BirchModel<F: Float> {
    settings: Birch,
    tree: Tree,
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

impl<F: Float> PartialFit<F, ()> for BirchModel<F> {
    /// Lets these rows down the tree too.
    fn partial_fit_samples(&mut self, batch: Samples<'_, F, ()>) -> Result<()> {
        check(&batch)?;
        let points = self.nearest.points(batch.x)?;
        let mut tree = self.tree.clone();
        tree.grow(&points);
        *self = self.settings.read_off(tree, &points, self.features().clone())?;
        Ok(())
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
    let is_usable = model.clusters.iter().chain(&model.labels).all(|c| *c < m)
        && model.tree.is_sound(m, model.features().count());
    match is_usable {
        true => Ok(()),
        false => Err(Error::Persist { what: "clusters or a tree that cannot be".into() }),
    }
});
