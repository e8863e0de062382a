//! k-medoids: k of the rows, such that all rows are near to one of them, in any metric.
//!
//! ```text
//! minimise over rows m₁ … m_k     Σᵢ ωᵢ min_m d(xᵢ, m)                                                (1)
//! ```
//!
//! | symbol | variable | shape |
//! |---|---|---|
//! | d | `distances` | n × n |
//! | m | [`medoids`](KMedoidsModel::medoids) | k row numbers |
//! | (1) | [`inertia`](KMedoidsModel::inertia) | |
//!
//! 1. All distances.
//! 2. Begin: one row after another that lowers (1) most \[Kaufman90\], rows by chance, or given ones.
//! 3. Each row in turn is tried in place of each of the k medoids, all k in one pass over the rows: what is lost without a
//!    medoid is known, and what the row gives is the same for all but the medoid that it replaces. The best of the k exchanges
//!    is made at once if it lowers (1). Until no row has one \[Schubert21\].
//!
//! At the end no exchange of one medoid for one row lowers (1). Costs O(n²p) for the distances, O(n²k) to begin with the best rows,
//! and O(n²) for a round of exchanges, of which there are few; memory n² numbers.
//!
//! **When not.** For Euclidean distances and many rows [`KMeans`](crate::KMeans) is faster by far. Medoids are worth it for other metrics,
//! for outliers (distances count, not squares), and where a centre has to be a row.
//!
//! **References.** \[Kaufman90\], \[Schubert21\].

#[cfg(test)]
mod tests;

use crate::kmeans::points::least;
use crate::kmeans::start;
use crate::metric;
use estimand_core::describe::at_least;
use estimand_core::persist::check_len;
use estimand_core::random::Seed;
use estimand_core::records::Dense;
use estimand_core::{
    Describe, Error, Features, Fit, Float, Matrix, Predict, PredictOne, Records, Report, Result, Samples,
    Scratch, Target, Transform, TransformOne,
};
use estimand_index::{Metric, pairwise};
use estimand_par as par;
use ndarray::{Array1, Array2, ArrayView2, Axis};
use serde::{Deserialize, Serialize};

estimand_core::params! {
    /// k-medoids clustering; see [the module](crate::kmedoids).
    ///
    /// ```
    /// use estimand_cluster::{KMedoids, Metric};
    /// use estimand_core::{Fit, Predict};
    /// use ndarray::array;
    ///
    /// let x = array![[1.0, 2.0], [1.0, 3.0], [1.0, 4.0], [9.0, 9.0], [9.0, 8.0], [9.0, 20.0]];
    /// let model = KMedoids::new(2).metric(Metric::Manhattan).fit(&x)?;
    /// assert_eq!(model.medoids(), [1, 3]);
    /// assert_eq!(model.predict(&array![[0.0, 0.0], [9.0, 20.0]])?.to_vec(), [0, 1]);
    /// # Ok::<(), estimand_core::Error>(())
    /// ```
    pub struct KMedoids(n_clusters: usize) {
        /// Number of clusters k; at most the number of rows.
        n_clusters: usize = 8, at_least(1.0);
        /// The distance d.
        metric: Metric = Metric::Euclidean;
        /// The records are the distances from the training rows, n × n for fitting.
        precomputed: bool = false;
        /// Which rows are medoids to begin with.
        init: KMedoidsInit = KMedoidsInit::Build;
        /// Largest number of rounds over all rows.
        max_iter: usize = 300, at_least(1.0);
        /// Seed of the draws.
        seed: u64 = 0;
    }
    accepts: weights;
}

/// Which rows are medoids of [`KMedoids`] to begin with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum KMedoidsInit {
    /// One after another the row that lowers (1) most.
    Build,
    /// Different rows, by chance: sooner there, and then more exchanges.
    Random,
    /// These rows, k different ones.
    Given(Vec<usize>),
}

const NAME: &str = "KMedoids";

/// The medoids of a row: the nearest and the one after it, by their places, and how far they are.
#[derive(Clone, Copy)]
struct Near {
    first: usize,
    to_first: f64,
    to_second: f64,
}

/// Medoids on their way.
struct Search<'a, F> {
    /// d, n × n.
    distances: &'a Array2<F>,
    weights: Vec<f64>,
    medoids: Vec<usize>,
    near: Vec<Near>,
    /// By how much (1) would grow without each medoid.
    losses: Vec<f64>,
}

impl<'a, F: Float> Search<'a, F> {
    fn new(distances: &'a Array2<F>, weights: Vec<f64>, medoids: Vec<usize>) -> Self {
        let mut search = Self { distances, weights, medoids, near: Vec::new(), losses: Vec::new() };
        search.renew();
        search
    }

    /// Finds the medoids of each row again.
    fn renew(&mut self) {
        let (distances, medoids) = (self.distances, &self.medoids);
        let near = |i: usize| {
            let none = Near { first: 0, to_first: f64::INFINITY, to_second: f64::INFINITY };
            medoids.iter().enumerate().fold(none, |near, (place, m)| {
                let d = distances[[*m, i]].f64();
                if d < near.to_first {
                    Near { first: place, to_first: d, to_second: near.to_first }
                } else {
                    Near { to_second: near.to_second.min(d), ..near }
                }
            })
        };
        let n = self.weights.len();
        let chunks = par::map_chunks(n, par::chunk_len(n, 4 * medoids.len()), |rows| {
            rows.map(near).collect::<Vec<_>>()
        });
        self.near = chunks.concat();
        self.losses = vec![0.0; medoids.len()];
        for (near, weight) in self.near.iter().zip(&self.weights) {
            self.losses[near.first] += weight * (near.to_second - near.to_first);
        }
    }

    /// (1)
    fn inertia(&self) -> f64 {
        self.near.iter().zip(&self.weights).map(|(near, w)| w * near.to_first).sum()
    }

    /// The best medoid to exchange for a row, and by how much (1) changes; `room` is as long as the medoids.
    fn exchange(&self, row: usize, room: &mut Vec<f64>) -> (usize, f64) {
        room.clear();
        room.extend_from_slice(&self.losses);
        let mut common = 0.0;
        let distances = self.distances.row(row);
        for ((d, near), weight) in distances.iter().zip(&self.near).zip(&self.weights) {
            let d = d.f64();
            if d < near.to_first {
                common += weight * (d - near.to_first);
                room[near.first] += weight * (near.to_first - near.to_second);
            } else if d < near.to_second {
                room[near.first] += weight * (d - near.to_second);
            }
        }
        let place = least(room.iter().copied());
        (place, room[place] + common)
    }

    /// The best single medoid, where there is only one.
    fn only(&mut self) {
        let n = self.weights.len();
        let sum = |row: usize| {
            self.distances.row(row).iter().zip(&self.weights).map(|(d, w)| w * d.f64()).sum::<f64>()
        };
        let sums =
            par::map_chunks(n, par::chunk_len(n, n), |rows| rows.map(sum).collect::<Vec<_>>()).concat();
        self.medoids = vec![least(sums)];
        self.renew();
    }

    /// Exchanges until none is left that lowers (1): rounds, and whether that was reached.
    fn run(&mut self, max_iter: usize) -> (usize, bool) {
        let n = self.weights.len();
        if self.medoids.len() == 1 {
            self.only();
            return (1, true);
        }
        let mut is_medoid = vec![false; n];
        self.medoids.iter().for_each(|m| is_medoid[*m] = true);
        let (mut tried, mut room) = (0, Vec::new());
        // What is gained has to be more than rounding takes.
        let least_gain = 1e-12 * self.inertia();
        for step in 0..max_iter.saturating_mul(n) {
            let row = step % n;
            tried += 1;
            if !is_medoid[row] {
                let (place, change) = self.exchange(row, &mut room);
                if change < -least_gain {
                    is_medoid[self.medoids[place]] = false;
                    is_medoid[row] = true;
                    self.medoids[place] = row;
                    self.renew();
                    tried = 0;
                }
            }
            if tried >= n {
                return (step / n + 1, true);
            }
        }
        (max_iter, false)
    }
}

/// One row after another that lowers (1) most.
fn build<F: Float>(distances: &Array2<F>, weights: &[f64], k: usize) -> Vec<usize> {
    let n = weights.len();
    let mut nearest = vec![f64::INFINITY; n];
    let mut medoids: Vec<usize> = Vec::with_capacity(k);
    for _ in 0..k {
        let left = |row: usize| {
            let terms = distances.row(row).into_iter().zip(&nearest).zip(weights);
            if medoids.contains(&row) {
                return f64::INFINITY;
            }
            terms.map(|((d, near), w)| w * d.f64().min(*near)).sum::<f64>()
        };
        let left =
            par::map_chunks(n, par::chunk_len(n, n), |rows| rows.map(left).collect::<Vec<_>>()).concat();
        let row = least(left);
        medoids.push(row);
        nearest.iter_mut().zip(distances.row(row)).for_each(|(near, d)| *near = near.min(d.f64()));
    }
    medoids
}

impl KMedoids {
    /// The distances of the rows that count.
    fn distances<F: Float>(&self, x: Records<'_, F>, used: &[usize]) -> Result<Array2<F>> {
        let rows = x.dense(NAME)?;
        if !self.precomputed {
            // Of all rows, so that an error names the row that was given.
            match self.metric.reads_missing() {
                true => x.check_finite_or_missing()?,
                false => x.check_finite()?,
            }
            let rows = rows.select(Axis(0), used);
            let distances = pairwise(&rows, &rows, &self.metric)?;
            return match distances.iter().all(|d| d.is_finite()) {
                true => Ok(distances),
                false => Err(Error::numerical("rows without a distance from one another")),
            };
        }
        x.check_finite()?;
        if rows.ncols() != rows.nrows() {
            return Err(Error::shape("columns of the distances", rows.nrows(), rows.ncols()));
        }
        if let Some(((row, _), value)) = rows.indexed_iter().find(|(_, d)| d.f64() < 0.0) {
            return Err(Error::parameter(
                "x",
                value,
                format!("distances, those of row {row} too, of at least 0"),
            ));
        }
        Ok(Array2::from_shape_fn((used.len(), used.len()), |(i, j)| rows[[used[j], used[i]]]))
    }

    fn begin<F: Float>(&self, distances: &Array2<F>, weights: &[f64], used: &[usize]) -> Result<Vec<usize>> {
        let k = self.n_clusters;
        let KMedoidsInit::Given(rows) = &self.init else {
            return Ok(match self.init {
                KMedoidsInit::Random => start::random(weights, k, Seed(self.seed)),
                _ => build(distances, weights, k),
            });
        };
        let mut places: Vec<usize> = rows.iter().filter_map(|row| used.binary_search(row).ok()).collect();
        let found = places.clone();
        places.sort_unstable();
        places.dedup();
        match places.len() == k && rows.len() == k {
            true => Ok(found),
            false => {
                Err(Error::parameter("init", format!("{rows:?}"), format!("{k} different rows with weight")))
            }
        }
    }
}

impl<F: Float, Y: Target> Fit<F, Y> for KMedoids {
    type Model = KMedoidsModel<F>;

    fn fit_samples(&self, samples: Samples<'_, F, Y>) -> Result<KMedoidsModel<F>> {
        self.check()?;
        samples.check()?;
        metric::check_given(&self.metric, NAME)?;
        let (weights, used) = crate::kmeans::weights_of(&samples, self.n_clusters)?;
        let distances = self.distances(samples.x, &used)?;
        let weights: Vec<f64> = used.iter().map(|i| weights[*i]).collect();
        let start = self.begin(&distances, &weights, &used)?;
        let mut search = Search::new(&distances, weights, start);
        let (rounds, converged) = search.run(self.max_iter);
        let inertia = search.inertia();
        let mut medoids: Vec<usize> = search.medoids.iter().map(|m| used[*m]).collect();
        medoids.sort_unstable();
        let report = Report::iterative("exchanges", rounds, converged).objective(inertia);
        let mut model = KMedoidsModel {
            centers: samples.x.dense(NAME)?.select(Axis(0), &medoids),
            metric: self.metric.clone(),
            precomputed: self.precomputed,
            medoids,
            labels: Array1::default(0),
            inertia,
            features: Features::of(samples.x),
            report: report.warn_unless_converged(NAME, "raise `max_iter`"),
        };
        model.labels = model.predict_records(samples.x)?;
        Ok(model)
    }
}

/// Medoids, and the rows that are near to them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(bound(serialize = "F: Float", deserialize = "F: Float"))]
pub struct KMedoidsModel<F: Float> {
    centers: Array2<F>,
    metric: Metric,
    precomputed: bool,
    medoids: Vec<usize>,
    labels: Array1<usize>,
    inertia: f64,
    features: Features,
    report: Report,
}

impl<F: Float> KMedoidsModel<F> {
    /// The training rows that are medoids, ascending.
    pub fn medoids(&self) -> &[usize] {
        &self.medoids
    }

    /// Their values, k × p: where distances were given, these.
    pub fn centers(&self) -> &Array2<F> {
        &self.centers
    }

    /// The medoid of each training row, n numbers below k: what `predict` says of the same rows.
    pub fn labels(&self) -> &Array1<usize> {
        &self.labels
    }

    /// Σ ωᵢ d(xᵢ, m) over the training rows.
    pub fn inertia(&self) -> f64 {
        self.inertia
    }

    /// How the fit went: rounds, and whether there was an exchange left; the objective is (1).
    pub fn report(&self) -> &Report {
        &self.report
    }

    /// The columns the model was fitted on.
    pub fn features(&self) -> &Features {
        &self.features
    }

    /// d from each row to each medoid.
    fn distances(&self, x: Records<'_, F>) -> Result<Array2<F>> {
        self.features.check(x)?;
        x.check_shape()?;
        if !self.precomputed {
            return pairwise(x, &self.centers, &self.metric);
        }
        x.check_finite()?;
        Ok(x.dense(NAME)?.select(Axis(1), &self.medoids))
    }

    fn one(&self, row: &[F]) -> Result<Array2<F>> {
        self.features.check_width(row.len())?;
        let row = ArrayView2::from_shape((1, row.len()), row).map_err(|e| Error::numerical(e.to_string()))?;
        let x = Records::from(row);
        match self.precomputed {
            true => {
                x.check_finite()?;
                Ok(row.select(Axis(1), &self.medoids))
            }
            false => pairwise(x, &self.centers, &self.metric),
        }
    }
}

impl<F: Float> Predict<F> for KMedoidsModel<F> {
    type Output = Array1<usize>;
    fn predict_records(&self, x: Records<'_, F>) -> Result<Array1<usize>> {
        let distances = self.distances(x)?;
        Ok(distances.rows().into_iter().map(|row| least(row.iter().map(|d| d.f64()))).collect())
    }
}

impl<F: Float> PredictOne<F> for KMedoidsModel<F> {
    type One<'m> = usize;
    fn predict_one(&self, row: &[F], _: &mut Scratch<F>) -> Result<usize> {
        Ok(least(self.one(row)?.iter().map(|d| d.f64())))
    }
}

/// Distances to the medoids, n × k.
impl<F: Float> Transform<F> for KMedoidsModel<F> {
    type Stored = Dense;
    fn transform_records(&self, x: Records<'_, F>) -> Result<Matrix<F>> {
        Ok(self.distances(x)?.into())
    }
    fn feature_names_out(&self) -> Option<Vec<String>> {
        Some((0..self.medoids.len()).map(|c| format!("kmedoids{c}")).collect())
    }
}

impl<F: Float> TransformOne<F> for KMedoidsModel<F> {
    fn transform_one(&self, row: &[F], out: &mut Vec<F>, _: &mut Scratch<F>) -> Result<()> {
        out.clear();
        out.extend(self.one(row)?);
        Ok(())
    }
}

estimand_core::persist!(KMedoidsModel<F>, |model| {
    let (k, p) = model.centers.dim();
    model.features.check_loaded()?;
    check_len("medoids", k, model.medoids.len())?;
    check_len("columns of the medoids", model.features.count(), p)?;
    model.metric.check(p)?;
    let columns = if model.precomputed { p } else { usize::MAX };
    let is_usable =
        k > 0 && model.labels.iter().all(|label| *label < k) && model.medoids.iter().all(|m| *m < columns);
    match is_usable {
        true => Ok(()),
        false => Err(Error::Persist { what: "medoids or labels that cannot be".into() }),
    }
});
