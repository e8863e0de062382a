//! Density-based clustering: what hangs together through crowded places is a cluster, whatever its shape.
//!
//! ```text
//! core        Σ ωⱼ over d(xᵢ, xⱼ) ≤ ε, i itself among them, ≥ m                                            (1)
//! cluster     core rows that hang together: through core rows, from each to the next of which d ≤ ε
//! border      rows that are no core, but within ε of one: the lowest cluster of such cores
//! noise       all others: −1
//! ```
//!
//! | symbol | variable | shape |
//! |---|---|---|
//! | ε, m | `eps`, `min_samples` | |
//! | ω | sample weights, 1 without | n |
//!
//! 1. (1) for each row; a search ends when m is reached.
//! 2. Core rows join those near them. Branches of the tree whose cores all hang together with a row already are passed over:
//!    each cluster is walked through once, not once for each of its rows.
//! 3. Clusters are numbered by their lowest core row. Border rows look for the lowest number within ε.
//!
//! No list of neighbours is kept: memory is O(n), whatever ε is. Costs O(n log n) searches in few dimensions; O(n²p) where no
//! tree helps. A new row gets the label that it would have as a border row.
//!
//! **Differs from scikit-learn.** Labels are the same. New rows can be predicted. A row of weight 0 is as good as absent: it
//! makes no cluster, and is labelled as a new row is.
//!
//! **References.** \[Ester96\]; \[Schubert17\]; joining by parts that are known to hang together is in the spirit of \[Wang20\].

#[cfg(test)]
mod tests;

use crate::NOISE;
use estimand_core::describe::{above, at_least};
use estimand_core::persist::check_len;
use estimand_core::{
    Describe, Error, Features, Fit, Float, Predict, PredictOne, Records, Report, Result, Samples, Scratch,
    Target,
};
use estimand_index::{Algorithm, Index, Metric, Reach};
use ndarray::Array1;
use serde::{Deserialize, Serialize};

estimand_core::params! {
    /// DBSCAN: clusters are what hangs together through crowded places; see [the module](crate::dbscan).
    ///
    /// ```
    /// use estimand_cluster::Dbscan;
    /// use estimand_core::{Fit, Predict};
    /// use ndarray::array;
    ///
    /// let x = array![[1.0, 2.0], [2.0, 2.0], [2.0, 3.0], [8.0, 7.0], [8.0, 8.0], [25.0, 80.0]];
    /// let model = Dbscan::new().eps(3.0).min_samples(2).fit(&x)?;
    /// assert_eq!(model.labels(), array![0, 0, 0, 1, 1, -1]);
    /// assert_eq!(model.predict(&array![[9.0, 9.0], [40.0, 0.0]])?, array![1, -1]);
    /// # Ok::<(), estimand_core::Error>(())
    /// ```
    pub struct Dbscan {
        /// How far apart neighbours are at most, ε. It has the units of the columns: the setting that matters.
        eps: f64 = 0.5, above(0.0);
        /// How many rows, or how much weight, make a crowd, m.
        min_samples: usize = 5, at_least(1.0);
        /// The distance d.
        metric: Metric = Metric::Euclidean;
        /// How to search. The answer is the same.
        algorithm: Algorithm = Algorithm::Auto;
    }
    accepts: weights;
}

/// A fitted [`Dbscan`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(bound(serialize = "F: Float", deserialize = "F: Float"))]
pub struct DbscanModel<F: Float> {
    eps: f64,
    labels: Array1<i64>,
    cores: Vec<usize>,
    /// The core rows and their clusters; none where no row is one.
    index: Option<Index<F>>,
    clusters: Vec<u32>,
    features: Features,
    report: Report,
}

impl<F: Float, Y: Target> Fit<F, Y> for Dbscan {
    type Model = DbscanModel<F>;

    fn fit_samples(&self, samples: Samples<'_, F, Y>) -> Result<DbscanModel<F>> {
        self.check()?;
        samples.check()?;
        let index = Index::new(samples.x, &self.metric, self.algorithm)?;
        let weights: Option<Vec<f64>> = samples.weights.map(|w| w.iter().map(|w| w.f64()).collect());

        let mut is_core = index.crowded(self.eps, self.min_samples as f64, weights.as_deref())?;
        if let Some(weights) = &weights {
            is_core.iter_mut().zip(weights).for_each(|(core, w)| *core &= *w > 0.0);
        }
        let lowest = index.components(self.eps, &is_core)?;
        let (clusters, count) = numbered(&lowest);
        let nearby =
            index.least_within(estimand_index::Queries::Own, self.eps, &clusters, |i| !is_core[i])?;

        let labels =
            clusters.iter().zip(nearby).map(|(own, near)| label((*own).min(near))).collect::<Array1<i64>>();
        let cores: Vec<usize> = (0..is_core.len()).filter(|i| is_core[*i]).collect();
        let noise = labels.iter().filter(|label| **label == NOISE).count();
        let report = Report::direct(index.method())
            .note(format!("{count} clusters; {} core rows, {noise} rows of noise", cores.len()));
        let clusters = cores.iter().map(|i| clusters[*i]).collect();
        let index = if cores.is_empty() { None } else { Some(index.select(&cores)?) };
        Ok(DbscanModel {
            eps: self.eps,
            labels,
            cores,
            index,
            clusters,
            features: Features::of(samples.x),
            report,
        })
    }
}

/// Clusters 0, 1, 2, … for their lowest rows in order, and how many there are; [`u32::MAX`] stays.
fn numbered(lowest: &[u32]) -> (Vec<u32>, u32) {
    let (mut number, mut count) = (vec![u32::MAX; lowest.len()], 0);
    for (i, low) in lowest.iter().enumerate() {
        if *low == i as u32 {
            number[i] = count;
            count += 1;
        }
    }
    (lowest.iter().map(|low| number.get(*low as usize).copied().unwrap_or(u32::MAX)).collect(), count)
}

fn label(cluster: u32) -> i64 {
    if cluster == u32::MAX { NOISE } else { cluster.into() }
}

impl<F: Float> DbscanModel<F> {
    /// The cluster of each training row, n; −1 is noise. What `predict` says of the same rows.
    pub fn labels(&self) -> &Array1<i64> {
        &self.labels
    }

    /// The training rows that are core rows, ascending.
    pub fn core_rows(&self) -> &[usize] {
        &self.cores
    }

    /// Number of clusters, without noise.
    pub fn n_clusters(&self) -> usize {
        self.clusters.iter().max().map_or(0, |c| *c as usize + 1)
    }

    /// How it searched, and how many rows of which kind there are.
    pub fn report(&self) -> &Report {
        &self.report
    }

    /// The columns the model was fitted on.
    pub fn features(&self) -> &Features {
        &self.features
    }
}

impl<F: Float> Predict<F> for DbscanModel<F> {
    type Output = Array1<i64>;

    /// The lowest cluster that has a core row within ε of the row.
    fn predict_records(&self, x: Records<'_, F>) -> Result<Array1<i64>> {
        self.features.check(x)?;
        x.check_shape()?;
        match &self.index {
            Some(index) => {
                let clusters = index.least_within(x, self.eps, &self.clusters, |_| true)?;
                Ok(clusters.into_iter().map(label).collect())
            }
            None => {
                x.check_finite()?;
                Ok(Array1::from_elem(x.nrows(), NOISE))
            }
        }
    }
}

impl<F: Float> PredictOne<F> for DbscanModel<F> {
    type One<'m> = i64;

    fn predict_one(&self, row: &[F], _: &mut Scratch<F>) -> Result<i64> {
        self.features.check_width(row.len())?;
        let Some(index) = &self.index else { return Ok(NOISE) };
        index.find_one(row, Reach::Within(self.eps), |found| {
            label(found.iter().map(|near| self.clusters[near.row as usize]).min().unwrap_or(u32::MAX))
        })
    }
}

estimand_core::persist!(DbscanModel<F>, |model| {
    model.features.check_loaded()?;
    let rows = model.index.as_ref().map_or(0, Index::len);
    check_len("core rows", rows, model.cores.len())?;
    check_len("clusters of core rows", rows, model.clusters.len())?;
    let columns = model.index.as_ref().map_or(model.features.count(), Index::columns);
    check_len("columns of the index", model.features.count(), columns)?;
    match model.eps.is_finite() && model.eps >= 0.0 && model.clusters.iter().all(|c| *c < u32::MAX) {
        true => Ok(()),
        false => Err(Error::Persist { what: "a radius or a cluster that cannot be".into() }),
    }
});
