//! k-means: k centres, each the mean of the rows nearest to it.
//!
//! ```text
//! minimise over centres c₁ … c_k     Σᵢ ωᵢ min_c ‖xᵢ − c‖²                                             (1)
//! ```
//!
//! | symbol | variable | shape |
//! |---|---|---|
//! | X, ω | `points`, `weights` | n × p, n |
//! | c | [`centers`](KMeansModel::centers) | k × p |
//! | arg min of (1) | [`labels`](KMeansModel::labels) | n |
//! | (1) | [`inertia`](KMeansModel::inertia) | |
//!
//! 1. Check; the origin of products and the scale of `tol` are means and variances of the columns.
//! 2. Begin: k-means++ with several draws for each centre, rows at random, or given centres.
//! 3. Lloyd's iteration \[Lloyd82\]: each row to its nearest centre, each centre to the mean of its rows; a centre without rows goes to
//!    the row farthest from its own. Until no row changes, or the centres' squared moves sum to at most `tol` × the mean variance
//!    of the columns.
//! 4. The best of several starts by (1).
//!
//! (1) has many local minima: a further start, or a further seed, may find a lower one. The nearest centre is found with
//! distances of all pairs, or with bounds that make most of them unnecessary \[Ding15, Hamerly10\]; both give the same rows
//! to the same centres.
//!
//! Costs O(nkp) an iteration, with bounds often a tenth of it after the first few; memory O(n + kp), with bounds up to n k / 8
//! numbers of four bytes. k-means++ costs O(nkp).
//!
//! **When not.** Clusters are round and of like size by assumption, and every row belongs to one: for other shapes and for noise
//! take a density. Columns count by their scale: standardise them first, unless their units agree.
//!
//! **Differs from scikit-learn.** Several starts are on request only (`n_init`). Stopping at `max_iter` is reported. Labels are those of the centres as they are
//! stored, so `predict` repeats them, also in single precision. `f32` and `f64` may be mixed between fitting and predicting by converting the records.
//!
//! **References.** \[Lloyd82\], \[Arthur07\], \[Hamerly10\], \[Ding15\].

mod assign;
pub mod bisecting;
mod lloyd;
pub mod minibatch;
mod model;
pub(crate) mod points;
pub(crate) mod start;
#[cfg(test)]
mod tests;

pub use model::KMeansModel;

use estimand_core::describe::at_least;
use estimand_core::random::Seed;
use estimand_core::{Error, Features, Fit, Float, Report, Result, Samples, Target};
use lloyd::{Outcome, Plan};
use ndarray::{Array2, ArrayView2};
use points::{Centres, Points};
use serde::{Deserialize, Serialize};

estimand_core::params! {
    /// k-means clustering; see [the module](crate::kmeans).
    ///
    /// ```
    /// use estimand_cluster::KMeans;
    /// use estimand_core::{Fit, Predict};
    /// use ndarray::array;
    ///
    /// let x = array![[1.0, 2.0], [1.5, 1.8], [8.0, 8.0], [9.0, 11.0]];
    /// let model = KMeans::new(2).seed(1).fit(&x)?;
    /// let labels = model.labels();
    /// assert!(labels[0] == labels[1] && labels[2] == labels[3] && labels[0] != labels[2]);
    /// assert_eq!(model.predict(&array![[0.0, 0.0]])?[0], labels[0]);
    /// # Ok::<(), estimand_core::Error>(())
    /// ```
    pub struct KMeans(n_clusters: usize) {
        /// Number of clusters k; at most the number of rows.
        n_clusters: usize = 8, at_least(1.0);
        /// Where the centres begin.
        init => KMeansInit = KMeansInit::PlusPlus;
        /// Starts, of which the best counts; `None` means 1, but 10 for [`KMeansInit::Random`].
        n_init: Option<usize> = None, at_least(1.0);
        /// Largest number of iterations of one start.
        max_iter: usize = 300, at_least(1.0);
        /// Stop when Σ ‖move of a centre‖² is at most this share of the mean variance of the columns.
        tol: f64 = 1e-4, at_least(0.0);
        /// Which distances are computed; the result is the same.
        algorithm: KMeansAlgorithm = KMeansAlgorithm::Auto;
        /// Seed of the draws.
        seed: u64 = 0;
    }
    accepts: sparse, weights;
}

/// Where the centres of [`KMeans`] begin.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum KMeansInit {
    /// Greedy k-means++: rows far from one another, by chance.
    PlusPlus,
    /// Different rows, by chance.
    Random,
    /// These centres, k × p: one start.
    Given(Array2<f64>),
}
impl<F: Float> From<&Array2<F>> for KMeansInit {
    fn from(centers: &Array2<F>) -> Self {
        centers.view().into()
    }
}
impl<F: Float> From<ArrayView2<'_, F>> for KMeansInit {
    fn from(centers: ArrayView2<'_, F>) -> Self {
        Self::Given(centers.mapv(F::f64))
    }
}
impl<F: Float> From<Array2<F>> for KMeansInit {
    fn from(centers: Array2<F>) -> Self {
        centers.view().into()
    }
}

/// Which distances [`KMeans`] computes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum KMeansAlgorithm {
    /// [`Bounds`](Self::Bounds).
    Auto,
    /// All of them, in every iteration.
    Lloyd,
    /// Those that bounds on the others leave open: one lower bound for up to 24 centres, else one for about eight.
    Bounds,
}

impl KMeans {
    fn starts(&self) -> usize {
        match (&self.init, self.n_init) {
            (KMeansInit::Given(_), _) => 1,
            (_, Some(n)) => n,
            (KMeansInit::Random, None) => 10,
            (KMeansInit::PlusPlus, None) => 1,
        }
    }

    /// Centres for start number `start`.
    fn begin<F: Float>(&self, points: &Points<'_, F>, weights: &[f64], start: usize) -> Result<Centres> {
        let seed = Seed(self.seed).child(start as u64);
        let rows = match &self.init {
            KMeansInit::PlusPlus => start::plus_plus(points, weights, self.n_clusters, seed),
            KMeansInit::Random => start::random(weights, self.n_clusters, seed),
            KMeansInit::Given(centers) => {
                let (expected, found) = ((self.n_clusters, points.origin().len()), centers.dim());
                if expected != found {
                    return Err(Error::shape(
                        "shape of the given centers",
                        format!("{expected:?}"),
                        format!("{found:?}"),
                    ));
                }
                crate::check_finite("the given centers", centers)?;
                return Ok(Centres::new(centers.iter().copied().collect(), points.origin()));
            }
        };
        Ok(Centres::new(rows.into_iter().flat_map(|i| points.given(i)).collect(), points.origin()))
    }
}

/// ω, ones where there are none, and the rows that have any: at least `n_clusters`.
pub(crate) fn weights_of<F: Float, Y: Target>(
    samples: &Samples<'_, F, Y>,
    n_clusters: usize,
) -> Result<(Vec<f64>, Vec<usize>)> {
    let weights: Vec<f64> = match samples.weights {
        Some(w) => w.iter().map(|w| w.f64()).collect(),
        None => vec![1.0; samples.nrows()],
    };
    let used: Vec<usize> = (0..weights.len()).filter(|i| weights[*i] > 0.0).collect();
    if used.len() < n_clusters {
        let allowed = format!("at most the number of rows with weight, {}", used.len());
        return Err(Error::parameter("n_clusters", n_clusters, allowed));
    }
    Ok((weights, used))
}

impl<F: Float, Y: Target> Fit<F, Y> for KMeans {
    type Model = KMeansModel<F>;

    fn fit_samples(&self, samples: Samples<'_, F, Y>) -> Result<KMeansModel<F>> {
        use estimand_core::Describe;
        self.check()?;
        samples.check()?;
        let (points, spread) = Points::new(samples.x, samples.weights)?;
        let (weights, _) = weights_of(&samples, self.n_clusters)?;
        let bounds = self.algorithm != KMeansAlgorithm::Lloyd;
        let plan = Plan { max_iter: self.max_iter, tol: self.tol * spread, bounds };
        let mut best: Option<Outcome> = None;
        for start in 0..self.starts() {
            let outcome = lloyd::run(&points, &weights, self.begin(&points, &weights, start)?, plan);
            if best.as_ref().is_none_or(|best| outcome.inertia < best.inertia) {
                best = Some(outcome);
            }
        }
        let best = best.ok_or_else(|| Error::parameter("n_init", 0, "at least 1"))?;
        let solver = if bounds { "Lloyd's iteration with bounds" } else { "Lloyd's iteration" };
        Ok(KMeansModel::new(model::State {
            centers: best.centres.of(),
            origin: points.origin().to_vec(),
            labels: best.labels.iter().map(|c| *c as usize).collect(),
            inertia: best.inertia,
            features: Features::of(samples.x),
            report: self.report(solver, &best),
        }))
    }
}

impl KMeans {
    fn report(&self, solver: &str, best: &Outcome) -> Report {
        let mut report = Report::iterative(solver, best.iterations, best.converged).objective(best.inertia);
        if self.starts() > 1 {
            report = report.note(format!("best of {} starts", self.starts()));
        }
        if best.relocated > 0 {
            report = report
                .note(format!("{} times a cluster had lost its rows and was given another", best.relocated));
        }
        let mut used = vec![false; self.n_clusters];
        best.labels.iter().for_each(|c| used[*c as usize] = true);
        let used = used.into_iter().filter(|u| *u).count();
        if used < self.n_clusters {
            report = report.note(format!(
                "only {used} clusters have rows: there are fewer different rows than clusters"
            ));
        }
        report.warn_unless_converged("KMeans", "raise `max_iter` or `tol`")
    }
}
