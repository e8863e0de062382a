//! Mixtures of normal distributions, by the EM algorithm.
//!
//! ```text
//! p(x) = Σ_c π_c N(x; μ_c, Σ_c)                maximise ℓ = Σᵢ ωᵢ ln p(xᵢ) / Σᵢ ωᵢ                       (1)
//! r_ic = π_c N(xᵢ; μ_c, Σ_c) / p(xᵢ)                                                                  (2)
//! N_c = Σᵢ ωᵢ r_ic     π_c = N_c / Σ ω     μ_c = Σᵢ ωᵢ r_ic xᵢ / N_c
//! Σ_c = Σᵢ ωᵢ r_ic (xᵢ − μ_c)(xᵢ − μ_c)ᵀ / N_c + ε I                                                   (3)
//! ```
//!
//! | symbol | variable | shape |
//! |---|---|---|
//! | X, ω | `rows` | n × p, n |
//! | π, μ, Σ | `components` ([`weights`](GaussianMixtureModel::weights), [`means`](GaussianMixtureModel::means), [`covariances`](GaussianMixtureModel::covariances)) | k, k × p, by type |
//! | ε | `reg_covar` | |
//! | ℓ | [`lower_bounds`](GaussianMixtureModel::lower_bounds) | one for each iteration |
//!
//! 1. Check. The origin is the mean of the rows.
//! 2. Begin: (3) of the clusters that k-means finds, of single rows, or of random shares; or what is given.
//! 3. (2) and the sums of (3) in one pass over the rows \[Dempster77\], 128 at a time: differences from the means times
//!    the inverted Cholesky factor, for eight rows side by side; a log-sum-exp; and the Gram matrices of the rows
//!    less the means as they were, from which those about the new means follow.
//! 4. Until ℓ changes by less than `tol`. The best of several starts by ℓ.
//!
//! | covariance | Σ_c | free numbers | cost of an iteration |
//! |---|---|---|---|
//! | full | any | k p (p + 1) / 2 | n k p² |
//! | tied | the same for all c; (3) summed over c | p (p + 1) / 2 | n (k p + p²) |
//! | diag | diagonal | k p | n k p |
//! | spherical | σ_c² I, the mean of the diagonal | k | n k p |
//!
//! With ε = 0, ℓ never falls; otherwise ε may take a little of it. ℓ has many maxima, and none that is finite if a component may shrink
//! to a point: ε keeps it from that. Memory beyond X: O(k p²), and n k for [`MixtureInit::Random`].
//!
//! **When not.** Components are ellipses: a bent or a heavy-tailed group takes several of them. Full matrices have
//! many numbers: in many columns take `Diag`, or reduce the columns first. [`bic`](GaussianMixtureModel::bic) chooses among types and
//! numbers of components.
//!
//! **Differs from scikit-learn.** Rows have weights. A component that loses all its rows stays where it was. Squares are taken about
//! the means, so that columns far from zero lose no digits. `f32` data are summed in `f64`. Warm starts are [`fit_from`](GaussianMixture::fit_from).
//!
//! **References.** \[Dempster77\].

mod components;
mod covariance;
mod model;
mod start;
#[cfg(test)]
mod tests;

pub use covariance::{CovarianceType, Covariances};
pub use model::GaussianMixtureModel;

use crate::kmeans::points::Points;
use components::{Components, Rows, sums};
use covariance::Density;
use estimand_core::describe::at_least;
use estimand_core::{Describe, Error, Features, Fit, Float, Report, Result, Samples, Target};
use estimand_linalg::Moments;
use ndarray::{Array1, Array2};
use serde::{Deserialize, Serialize};

estimand_core::params! {
    /// A mixture of normal distributions; see [the module](crate::mixture).
    ///
    /// ```
    /// use estimand_cluster::GaussianMixture;
    /// use estimand_core::{Fit, Predict, PredictProba};
    /// use ndarray::array;
    ///
    /// let x = array![[1.0, 2.0], [1.0, 4.0], [1.2, 0.0], [10.0, 2.0], [10.0, 4.0], [10.3, 0.0]];
    /// let model = GaussianMixture::new(2).seed(1).fit(&x)?;
    /// let labels = model.predict(&x)?;
    /// assert!(labels[0] == labels[2] && labels[3] == labels[5] && labels[0] != labels[3]);
    /// assert!(model.predict_proba(&array![[0.0, 0.0]])?[[0, labels[0]]] > 0.99);
    /// assert!((model.means()[[labels[0], 1]] - 2.0).abs() < 1e-6);
    /// # Ok::<(), estimand_core::Error>(())
    /// ```
    pub struct GaussianMixture(n_components: usize) {
        /// Number of components k; at most the number of rows.
        n_components: usize = 1, at_least(1.0);
        /// What covariance matrices may be.
        covariance: CovarianceType = CovarianceType::Full;
        /// Stop when ℓ changes by less than this.
        tol: f64 = 1e-3, at_least(0.0);
        /// ε, added to every variance.
        reg_covar: f64 = 1e-6, at_least(0.0);
        /// Largest number of iterations of one start.
        max_iter: usize = 100, at_least(1.0);
        /// Starts, of which the best counts.
        n_init: usize = 1, at_least(1.0);
        /// Where the components begin, as far as that is not given.
        init: MixtureInit = MixtureInit::KMeans;
        /// π to begin with, k.
        weights_init: Option<Array1<f64>> = None;
        /// μ to begin with, k × p.
        means_init: Option<Array2<f64>> = None;
        /// Σ⁻¹ to begin with, of the same type as `covariance`.
        precisions_init: Option<Covariances> = None;
        /// Seed of the draws.
        seed: u64 = 0;
    }
    accepts: weights;
}

/// Where the components of [`GaussianMixture`] begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum MixtureInit {
    /// As the clusters of [`KMeans`](crate::KMeans).
    KMeans,
    /// At the rows that k-means++ chooses, each alone: with no variance but ε.
    PlusPlus,
    /// At different rows by chance, each alone: with no variance but ε.
    RandomRows,
    /// Each row belongs to all components, with random shares.
    Random,
}

/// Where one start ended.
struct Outcome {
    components: Components,
    /// ℓ by iteration.
    bounds: Vec<f64>,
    converged: bool,
}

impl GaussianMixture {
    /// Fits from where a fitted model stands, once; `init` and what is given of the start are not looked at.
    ///
    /// # Errors
    /// As `fit`; if the model has other components or columns.
    pub fn fit_from<'a, F: Float>(
        &self,
        start: &GaussianMixtureModel<F>,
        samples: impl Into<Samples<'a, F, ()>>,
    ) -> Result<GaussianMixtureModel<F>> {
        let samples = samples.into();
        start.features().check(samples.x)?;
        let rows = self.rows(samples)?;
        let components = start.components();
        let (k, p) = (self.n_components, rows.origin.len());
        if components.weights.len() != k {
            return Err(Error::parameter(
                "n_components",
                k,
                format!("{}, as the model has", components.weights.len()),
            ));
        }
        components.covariances.check("the covariances to begin with", self.covariance, k, p)?;
        let outcome = self.run(&rows, components.clone())?;
        self.finish(rows.origin, samples, outcome, 1)
    }

    fn rows<'a, F: Float>(&self, samples: Samples<'a, F, ()>) -> Result<Rows<'a, F>> {
        self.check()?;
        samples.check()?;
        let x = samples.x.dense("GaussianMixture")?;
        let (points, _) = Points::new(samples.x, samples.weights)?;
        let Points::Dense { rows: values, origin } = points else {
            return Err(Error::unsupported("GaussianMixture", "sparse records"));
        };
        let weights: Option<Vec<f64>> = samples.weights.map(|w| w.iter().map(|w| w.f64()).collect());
        let count = weights.as_ref().map_or(x.nrows(), |w| w.iter().filter(|w| **w > 0.0).count());
        if count < self.n_components {
            let allowed = format!("at most the number of rows with weight, {count}");
            return Err(Error::parameter("n_components", self.n_components, allowed));
        }
        let total = weights.as_ref().map_or(x.nrows() as f64, |w| w.iter().sum());
        let scatter = match self.covariance {
            CovarianceType::Tied => {
                let none = Array2::default((x.nrows(), 0));
                Moments::new(x, none.view(), samples.weights).gram
            }
            _ => Array2::zeros((0, 0)),
        };
        Ok(Rows { values, origin, weights, total, scatter })
    }

    /// EM from these components.
    fn run<F: Float>(&self, rows: &Rows<'_, F>, start: Components) -> Result<Outcome> {
        let mut outcome = Outcome { components: start, bounds: Vec::new(), converged: false };
        let k = self.n_components;
        while outcome.bounds.len() < self.max_iter && !outcome.converged {
            let density = Density::new(&outcome.components, &rows.origin)?;
            let sums = sums(rows, self.covariance, &density.about, |work, first, count| {
                work.score(&density, count);
                work.share(k, count);
                let logs = work.logs.iter().flatten().take(count);
                match &rows.weights {
                    None => logs.sum(),
                    Some(w) => logs.zip(&w[first..]).map(|(log, w)| w * log).sum(),
                }
            });
            let bound = sums.log_likelihood / rows.total;
            if !bound.is_finite() {
                return Err(Error::numerical(
                    "a row is too far from all components for its density to be a number; scale the columns, or raise `reg_covar`",
                ));
            }
            let change = outcome.bounds.last().map_or(f64::INFINITY, |last| (bound - last).abs());
            outcome.components = sums.components(rows, &density.about, self.reg_covar);
            outcome.bounds.push(bound);
            outcome.converged = change < self.tol;
        }
        Ok(outcome)
    }

    fn finish<F: Float>(
        &self,
        origin: Vec<f64>,
        samples: Samples<'_, F, ()>,
        best: Outcome,
        starts: usize,
    ) -> Result<GaussianMixtureModel<F>> {
        let mut report = Report::iterative("expectation–maximisation", best.bounds.len(), best.converged);
        report.objective = best.bounds.last().copied();
        if starts > 1 {
            report = report.note(format!("best of {starts} starts"));
        }
        let empty = best.components.weights.iter().filter(|w| **w == 0.0).count();
        if empty > 0 {
            report = report.note(format!("{empty} components have no rows"));
        }
        let report = report.warn_unless_converged("GaussianMixture", "raise `max_iter` or `tol`");
        GaussianMixtureModel::new(best.components, best.bounds, origin, Features::of(samples.x), report)
    }
}

impl<F: Float, Y: Target> Fit<F, Y> for GaussianMixture {
    type Model = GaussianMixtureModel<F>;

    fn fit_samples(&self, samples: Samples<'_, F, Y>) -> Result<GaussianMixtureModel<F>> {
        samples.check()?;
        let samples = samples.without_y();
        let rows = self.rows(samples)?;
        let is_given =
            self.weights_init.is_some() && self.means_init.is_some() && self.precisions_init.is_some();
        let starts = if is_given { 1 } else { self.n_init };
        let mut best: Option<Outcome> = None;
        for start in 0..starts {
            let outcome = self.run(&rows, self.begin(&rows, samples, start)?)?;
            if best.as_ref().is_none_or(|best| best.bounds.last() < outcome.bounds.last()) {
                best = Some(outcome);
            }
        }
        let best = best.ok_or_else(|| Error::parameter("n_init", 0, "at least 1"))?;
        self.finish(rows.origin, samples, best, starts)
    }
}
