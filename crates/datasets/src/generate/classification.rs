//! Gaussian clusters on the vertices of a hypercube, hidden among useless columns.

use super::{Role, check_size, normals, stream, uniforms};
use estimand_core::describe::{at_least, between, finite};
use estimand_core::{Dataset, Describe, Error, Result, random};
use ndarray::{Array1, Array2, Axis, concatenate, s};
use std::collections::BTreeSet;

estimand_core::params! {
    /// A random classification problem; see [`make_classification`].
    pub struct MakeClassification(n_samples: usize) {
        /// Number of rows.
        n_samples: usize = 100, at_least(1.0);
        /// Number of columns.
        n_features: usize = 20, at_least(1.0);
        /// Columns that tell the classes apart.
        n_informative: usize = 2, at_least(1.0);
        /// Columns that are linear combinations of the informative ones.
        n_redundant: usize = 2;
        /// Columns that repeat informative or redundant ones, drawn with replacement.
        n_repeated: usize = 0;
        /// Number of classes.
        n_classes: usize = 2, at_least(1.0);
        /// Clusters of each class.
        n_clusters_per_class: usize = 2, at_least(1.0);
        /// Share of each class, or of all but the last; equal shares where `None`.
        weights: Option<Vec<f64>> = None;
        /// Share of rows whose class is drawn anew.
        flip_y: f64 = 0.01, between(0.0, 1.0);
        /// Half the side of the hypercube: larger is easier.
        class_sep: f64 = 1.0, at_least(0.0);
        /// Clusters on the vertices of a hypercube; else of a random polytope.
        hypercube: bool = true;
        /// Added to every value; `None` draws one number per column from ±`class_sep`.
        shift: Option<f64> = Some(0.0), finite();
        /// Multiplies every value, after the shift; `None` draws one number per column from 1 to 101.
        scale: Option<f64> = Some(1.0), finite();
        /// Shuffle rows and columns. Otherwise rows come by cluster, and columns in the order
        /// informative, redundant, repeated, useless.
        shuffle: bool = true;
        /// Seed of all draws.
        seed: u64 = 0;
    }
    accepts: ;
}

/// A random classification problem of `n_samples` rows, after the one that made the *Madelon* data
/// (I. Guyon, *Design of experiments for the NIPS 2003 variable selection benchmark*, 2003).
///
/// 1. Every cluster gets a vertex of a hypercube with side `2·class_sep` in `n_informative` dimensions;
///    cluster `k` belongs to class `k mod n_classes`.
/// 2. Its points are standard normal, multiplied by a random matrix of its own, moved to the vertex.
/// 3. Redundant, repeated and useless columns are added, some labels are drawn anew.
///
/// ```
/// let data = estimand_datasets::make_classification(200).n_informative(5).n_classes(3).seed(1).generate()?;
/// assert_eq!(data.x.dim(), (200, 20));
/// # Ok::<(), estimand_core::Error>(())
/// ```
pub fn make_classification(n_samples: usize) -> MakeClassification {
    MakeClassification::new(n_samples)
}

impl MakeClassification {
    /// Draws the problem; targets are the codes `0..n_classes`.
    pub fn generate(&self) -> Result<Dataset<f64, Array1<usize>>> {
        self.check()?;
        check_size(self.n_samples, self.n_features)?;
        let useful = self.n_informative.saturating_add(self.n_redundant).saturating_add(self.n_repeated);
        if useful > self.n_features {
            let allowed = format!("at least n_informative + n_redundant + n_repeated = {useful}");
            return Err(Error::parameter("n_features", self.n_features, allowed));
        }
        let sizes = self.cluster_sizes()?;
        let centroids = self.centroids(sizes.len())?;

        let mut points = stream(self.seed, Role::Points);
        let mut model = stream(self.seed, Role::Model);
        let mut informative = normals(self.n_samples, self.n_informative, &mut points);
        let mut y = Array1::zeros(self.n_samples);
        let mut start = 0;
        for (k, size) in sizes.iter().enumerate() {
            let mut cluster = informative.slice_mut(s![start..start + size, ..]);
            let mixing = uniforms(self.n_informative, self.n_informative, &mut model) * 2.0 - 1.0;
            let moved = cluster.dot(&mixing) + centroids.row(k);
            cluster.assign(&moved);
            y.slice_mut(s![start..start + size]).fill(k % self.n_classes);
            start += size;
        }
        let combinations = uniforms(self.n_informative, self.n_redundant, &mut model) * 2.0 - 1.0;
        let redundant = informative.dot(&combinations);
        let told = self.n_informative + self.n_redundant;
        let repeats: Vec<usize> = (0..self.n_repeated).map(|_| random::below(told, &mut model)).collect();
        let mut x = join([&informative, &redundant])?;
        x = join([
            &x,
            &x.select(Axis(1), &repeats),
            &normals(self.n_samples, self.n_features - useful, &mut points),
        ])?;

        self.flip(&mut y);
        let mut columns = |n: usize| uniforms(1, n, &mut model);
        match self.shift {
            Some(shift) => x += shift,
            None => x += &((columns(self.n_features) * 2.0 - 1.0) * self.class_sep),
        }
        match self.scale {
            Some(scale) => x *= scale,
            None => x *= &(columns(self.n_features) * 100.0 + 1.0),
        }
        if self.shuffle {
            let mut shuffling = stream(self.seed, Role::Order);
            let order_of_rows = random::permutation(self.n_samples, &mut shuffling);
            (x, y) = (x.select(Axis(0), &order_of_rows), y.select(Axis(0), &order_of_rows));
            x = x.select(Axis(1), &random::permutation(self.n_features, &mut shuffling));
        }
        Ok(Dataset::new(x, y))
    }

    /// Rows of each cluster: by the share of its class, rounded down; what is left goes round.
    fn cluster_sizes(&self) -> Result<Vec<usize>> {
        let shares = self.shares()?;
        let clusters = self.n_classes.checked_mul(self.n_clusters_per_class).filter(|k| {
            let fits = self.n_informative < usize::BITS as usize;
            !fits || *k <= 1 << self.n_informative
        });
        let Some(clusters) = clusters else {
            let allowed = format!(
                "large enough for 2^n_informative vertices to hold {} × {} clusters",
                self.n_classes, self.n_clusters_per_class
            );
            return Err(Error::parameter("n_informative", self.n_informative, allowed));
        };
        if clusters > self.n_samples {
            return Err(Error::parameter(
                "n_samples",
                self.n_samples,
                format!("at least {clusters}, one for each cluster"),
            ));
        }
        let share = |k: usize| shares.as_ref().map_or(1.0 / self.n_classes as f64, |s| s[k % self.n_classes]);
        let mut left = self.n_samples;
        let mut sizes = vec![0; clusters];
        for (k, size) in sizes.iter_mut().enumerate() {
            // Shares such as 1 − 0.9 fall short of a whole number of rows by a rounding error.
            let rows = self.n_samples as f64 * share(k) / self.n_clusters_per_class as f64 * (1.0 + 1e-12);
            *size = (rows as usize).min(left);
            left -= *size;
        }
        for i in 0..left {
            sizes[i % clusters] += 1;
        }
        Ok(sizes)
    }

    /// The share of every class.
    fn shares(&self) -> Result<Option<Vec<f64>>> {
        let Some(weights) = &self.weights else { return Ok(None) };
        let sum: f64 = weights.iter().sum();
        let fits = weights.len() == self.n_classes || weights.len() + 1 == self.n_classes;
        if !fits || weights.iter().any(|w| w.is_nan() || *w < 0.0) || sum > 1.0 + 1e-9 {
            let allowed = format!(
                "{0} shares, or all but the last of {0}, not negative and at most 1 in sum",
                self.n_classes
            );
            return Err(Error::parameter("weights", format!("{weights:?}"), allowed));
        }
        let mut shares = weights.clone();
        shares.resize(self.n_classes, (1.0 - sum).max(0.0));
        Ok(Some(shares))
    }

    /// Different vertices, one per cluster.
    fn centroids(&self, clusters: usize) -> Result<Array2<f64>> {
        let mut model = stream(self.seed, Role::Labels);
        let mut seen = BTreeSet::new();
        let mut centroids = Array2::zeros((clusters, self.n_informative));
        for mut centroid in centroids.rows_mut() {
            let vertex = loop {
                let draw: Vec<bool> =
                    (0..self.n_informative).map(|_| random::below(2, &mut model) == 1).collect();
                if seen.insert(draw.clone()) {
                    break draw;
                }
            };
            centroid
                .iter_mut()
                .zip(vertex)
                .for_each(|(c, up)| *c = if up { self.class_sep } else { -self.class_sep });
        }
        if !self.hypercube {
            centroids *= &uniforms(clusters, 1, &mut model);
            centroids *= &uniforms(1, self.n_informative, &mut model);
        }
        Ok(centroids)
    }

    /// Draws the label anew for a share `flip_y` of the rows.
    fn flip(&self, y: &mut Array1<usize>) {
        let mut noise = stream(self.seed, Role::Noise);
        let chances = uniforms(1, self.n_samples, &mut noise);
        for (label, chance) in y.iter_mut().zip(&chances) {
            if *chance < self.flip_y {
                *label = random::below(self.n_classes, &mut noise);
            }
        }
    }
}

/// Side by side; the blocks have the same number of rows.
fn join<const N: usize>(blocks: [&Array2<f64>; N]) -> Result<Array2<f64>> {
    concatenate(Axis(1), &blocks.map(|b| b.view()))
        .map_err(|e| Error::shape("columns", "blocks of the same length", e))
}
