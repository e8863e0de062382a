//! The fitted model.

use super::{CondensedTree, Hdbscan};
use crate::NOISE;
use estimand_core::persist::check_len;
use estimand_core::{Error, Features, Float, Predict, PredictOne, Records, Report, Result, Scratch};
use estimand_index::{Index, Metric, Neighbor, Reach, pairwise};
use ndarray::{Array1, Array2, ArrayView2, Axis};
use serde::{Deserialize, Serialize};

/// A fitted [`Hdbscan`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(bound(serialize = "F: Float", deserialize = "F: Float"))]
pub struct HdbscanModel<F: Float> {
    index: Index<F>,
    core: Vec<f64>,
    tree: CondensedTree,
    /// The label of what leaves each cluster of the tree.
    label_of: Vec<i64>,
    /// The λ that what leaves the first cluster must reach to have its label.
    threshold: f64,
    min_samples: usize,
    alpha: f64,
    labels: Array1<i64>,
    probabilities: Array1<F>,
    outlier_scores: Array1<F>,
    features: Features,
    report: Report,
}

impl<F: Float> HdbscanModel<F> {
    pub(super) fn new(
        index: Index<F>,
        core: Vec<f64>,
        tree: CondensedTree,
        selected: &[bool],
        settings: &Hdbscan,
        features: Features,
        report: Report,
    ) -> Self {
        let n = index.len();
        let holders = tree.holders(selected);
        // The first cluster keeps the rows that stay in it until the last, or to ε.
        let threshold = match (selected[0], settings.cluster_selection_epsilon) {
            (false, _) => f64::INFINITY,
            (true, 0.0) => tree.clusters[0].death,
            (true, epsilon) => 1.0 / epsilon,
        };
        let is_in = |i: usize| {
            let holder = holders[tree.left[i] as usize] as usize;
            let stays = selected[0] && tree.left[i] == 0 && tree.lambda[i] >= threshold;
            (holder > 0 || stays || (selected[0] && tree.left[i] > 0)).then_some(holder)
        };
        // Numbered by their lowest row.
        let mut number = vec![NOISE; tree.clusters.len()];
        let mut count = 0;
        for holder in (0..n).filter_map(is_in) {
            if number[holder] == NOISE {
                number[holder] = count;
                count += 1;
            }
        }
        let labels = (0..n).map(|i| is_in(i).map_or(NOISE, |holder| number[holder])).collect::<Array1<i64>>();
        let probability = |i: usize| {
            let Some(holder) = is_in(i) else { return 0.0 };
            let (lambda, death) = (tree.lambda[i], tree.clusters[holder].death);
            if death == 0.0 || lambda == f64::INFINITY { 1.0 } else { (lambda / death).min(1.0) }
        };
        let deaths = tree.deaths();
        let outlier = |i: usize| {
            let (lambda, death) = (tree.lambda[i], deaths[tree.left[i] as usize]);
            if death == 0.0 || lambda == f64::INFINITY { 0.0 } else { 1.0 - lambda / death }
        };
        let noise = labels.iter().filter(|label| **label == NOISE).count();
        Self {
            probabilities: (0..n).map(|i| F::of(probability(i))).collect(),
            outlier_scores: (0..n).map(|i| F::of(outlier(i))).collect(),
            label_of: holders.iter().map(|holder| number[*holder as usize]).collect(),
            threshold,
            min_samples: settings.min_samples.unwrap_or(settings.min_cluster_size),
            alpha: settings.alpha,
            report: report.note(format!("{count} clusters, {noise} rows of noise")),
            labels,
            index,
            core,
            tree,
            features,
        }
    }

    /// The cluster of each training row, n; −1 is noise. What `predict` says of the same rows, if all are different.
    pub fn labels(&self) -> &Array1<i64> {
        &self.labels
    }

    /// How firmly each training row is in its cluster, n, from 0 to 1; 0 for noise.
    pub fn probabilities(&self) -> &Array1<F> {
        &self.probabilities
    }

    /// How far each training row lies out of what is around it, n, from 0 to 1: the global–local outlier score.
    pub fn outlier_scores(&self) -> &Array1<F> {
        &self.outlier_scores
    }

    /// Number of clusters, without noise.
    pub fn n_clusters(&self) -> usize {
        self.labels.iter().max().map_or(0, |label| (label + 1) as usize)
    }

    /// The clusters that there are to choose from.
    pub fn condensed_tree(&self) -> &CondensedTree {
        &self.tree
    }

    /// How it searched, and how many clusters there are.
    pub fn report(&self) -> &Report {
        &self.report
    }

    /// The columns the model was fitted on.
    pub fn features(&self) -> &Features {
        &self.features
    }

    /// Means of the clusters, k × p, of training rows `x` weighted by their probabilities.
    ///
    /// # Errors
    /// For other records than those of the fit, as far as their shape tells.
    pub fn centroids<'a>(&self, x: impl Into<Records<'a, F>>) -> Result<Array2<F>>
    where
        F: 'a,
    {
        let x = self.training(x.into())?;
        let mut centroids = Array2::zeros((self.n_clusters(), x.ncols()));
        let mut total = vec![0.0; self.n_clusters()];
        for ((row, label), weight) in x.rows().into_iter().zip(&self.labels).zip(&self.probabilities) {
            if let Ok(cluster) = usize::try_from(*label) {
                total[cluster] += weight.f64();
                centroids
                    .row_mut(cluster)
                    .iter_mut()
                    .zip(row)
                    .for_each(|(sum, v)| *sum += weight.f64() * v.f64());
            }
        }
        centroids.rows_mut().into_iter().zip(total).for_each(|(mut row, total)| row /= total);
        Ok(centroids.mapv(F::of))
    }

    /// For each cluster, k, the training row with the least sum of distances to its rows, each weighted by its probability.
    /// Costs the square of the largest cluster.
    ///
    /// # Errors
    /// For other records than those of the fit, as far as their shape tells.
    pub fn medoids<'a>(&self, x: impl Into<Records<'a, F>>) -> Result<Vec<usize>>
    where
        F: 'a,
    {
        let x = self.training(x.into())?;
        let metric = match self.index.metric() {
            // A sum of squares would make a medoid of a mean.
            Metric::SquaredEuclidean => &Metric::Euclidean,
            metric => metric,
        };
        (0..self.n_clusters() as i64)
            .map(|cluster| {
                let rows: Vec<usize> = (0..x.nrows()).filter(|i| self.labels[*i] == cluster).collect();
                let members = x.select(Axis(0), &rows);
                let mut best = (f64::INFINITY, rows[0]);
                // In blocks: never all pairs at once.
                for block in rows.chunks(256) {
                    let distances = pairwise(&x.select(Axis(0), block), &members, metric)?;
                    for (row, distances) in block.iter().zip(distances.rows()) {
                        let terms =
                            distances.iter().zip(&rows).map(|(d, i)| d.f64() * self.probabilities[*i].f64());
                        let sum = terms.sum::<f64>();
                        if sum < best.0 {
                            best = (sum, *row);
                        }
                    }
                }
                Ok(best.1)
            })
            .collect()
    }

    fn training<'a>(&self, x: Records<'a, F>) -> Result<ArrayView2<'a, F>> {
        self.features.check(x)?;
        if x.nrows() != self.index.len() {
            return Err(Error::shape("rows of x", self.index.len(), x.nrows()));
        }
        x.dense("Hdbscan")
    }

    /// Labels of new rows, and how firmly they are in their clusters.
    ///
    /// # Errors
    /// As `predict`.
    pub fn approximate_predict<'a>(&self, x: impl Into<Records<'a, F>>) -> Result<(Array1<i64>, Array1<F>)>
    where
        F: 'a,
    {
        let x = x.into();
        self.features.check(x)?;
        let found = self.index.find_with(x, self.reach(), 1, |_, found, out| out[0] = self.place(found))?;
        let (labels, probabilities): (Vec<i64>, Vec<F>) =
            found.into_iter().map(|(label, probability)| (label, F::of(probability))).unzip();
        Ok((labels.into(), probabilities.into()))
    }

    /// Twice as many neighbours as (1) takes: the one by which a row hangs on the tree may be more crowded than the nearest.
    fn reach(&self) -> Reach {
        Reach::Nearest((2 * self.min_samples).min(self.index.len()))
    }

    /// Label and probability of a row with these neighbours.
    fn place(&self, found: &[Neighbor]) -> (i64, f64) {
        let Some(own) = found.get(self.min_samples - 1).or(found.last()) else { return (NOISE, 0.0) };
        let own = own.distance;
        let length =
            |near: &Neighbor| (near.distance / self.alpha).max(own).max(self.core[near.row as usize]);
        let first = &found[0];
        let (length, near) = found[1..].iter().fold((length(first), first), |best, near| {
            if length(near) < best.0 { (length(near), near) } else { best }
        });
        let lambda = 1.0 / length;
        let mut cluster = self.tree.left[near.row as usize] as usize;
        while cluster > 0 && self.tree.clusters[cluster].birth > lambda {
            cluster = self.tree.clusters[cluster].parent as usize;
        }
        let label = self.label_of[cluster];
        if label == NOISE || (cluster == 0 && lambda < self.threshold) {
            return (NOISE, 0.0);
        }
        // The selected cluster that this one is in, or is.
        while cluster > 0 && self.label_of[self.tree.clusters[cluster].parent as usize] == label {
            cluster = self.tree.clusters[cluster].parent as usize;
        }
        let death = self.tree.clusters[cluster].death;
        (label, if death == 0.0 || lambda == f64::INFINITY { 1.0 } else { (lambda / death).min(1.0) })
    }
}

impl<F: Float> Predict<F> for HdbscanModel<F> {
    type Output = Array1<i64>;

    fn predict_records(&self, x: Records<'_, F>) -> Result<Array1<i64>> {
        Ok(self.approximate_predict(x)?.0)
    }
}

impl<F: Float> PredictOne<F> for HdbscanModel<F> {
    type One<'m> = i64;

    fn predict_one(&self, row: &[F], _: &mut Scratch<F>) -> Result<i64> {
        self.features.check_width(row.len())?;
        Ok(self.index.find_one(row, self.reach(), |found| self.place(found))?.0)
    }
}

estimand_core::persist!(HdbscanModel<F>, |model| {
    let n = model.index.len();
    model.features.check_loaded()?;
    check_len("columns of the index", model.features.count(), model.index.columns())?;
    check_len("core distances", n, model.core.len())?;
    check_len("labels", n, model.labels.len())?;
    check_len("probabilities", n, model.probabilities.len())?;
    check_len("outlier scores", n, model.outlier_scores.len())?;
    check_len("rows of the condensed tree", n, model.tree.left.len())?;
    check_len("labels of the condensed tree", model.tree.clusters.len(), model.label_of.len())?;
    match model.tree.is_sound() && (1..=n).contains(&model.min_samples) && model.alpha > 0.0 {
        true => Ok(()),
        false => Err(Error::Persist { what: "a condensed tree that cannot be".into() }),
    }
});
