//! Gaussian process regression through a few inducing points, for many rows.
//!
//! ```text
//! Q = K_xz K_zz⁻¹ K_zx        S = diag(n / ω)        F(θ) = ln N(y | 0, Q + S) − ½ Σ (Kᵢᵢ − Qᵢᵢ) / Sᵢᵢ  ≤  ln p(y | θ)   (1)
//! K_zz = LLᵀ      V = L⁻¹K_zx      B = I + V S⁻¹ Vᵀ = MMᵀ      β = B⁻¹ V S⁻¹ y
//! F = −½ [n ln 2π + Σ ln Sᵢᵢ + ln |B| + yᵀS⁻¹y − (V S⁻¹ y)ᵀβ + Σ Kᵢᵢ / Sᵢᵢ − tr(B − I)]                         (2)
//! E f(x) = kᵀa,  a = L⁻ᵀβ         var f(x) = k(x, x) − ‖L⁻¹k‖² + ‖M⁻¹L⁻¹k‖²                                  (3)
//! ```
//!
//! | symbol | variable | |
//! |---|---|---|
//! | Z | [`Inducing`] | m inducing points |
//! | n | `noise` | `alpha`, and what the covariance has of white noise: above 0 |
//!
//! The inducing points are given, or rows of X, each the one about which the ones before it say least: the pivots of a
//! Cholesky factorisation of K under the hyper-parameters one begins with. θ is that of the largest (1); the points stay.
//! (1) becomes the evidence as the points become the rows, and more points never lower it: compare
//! [`bound`](SparseGaussianProcessModel::bound) for two numbers of points to see what more would bring.
//!
//! V is formed block by block of rows, twice for a trial: memory is O(m² + 4096 m) beside nm for choosing the points. Costs
//! O(nm²) for a trial, O(m (p + m)) for each row to predict. Weights are repetitions, as in
//! [`regression`](crate::regression).
//!
//! **References.** \[Titsias09\], \[Burt20\] on the pivots.

mod bound;
mod inducing;
mod model;
#[cfg(test)]
mod tests;

pub use model::SparseGaussianProcessModel;

use crate::covariance::{Covariance, Program, Table};
use crate::learn::{Rows, Search, learn};
use crate::regression::{RowNoise, Targets};
use bound::Data;
use estimand_core::describe::{above, at_least};
use estimand_core::{Describe, Error, Features, Fit, Float, Report, Result, Samples};
use ndarray::{Array1, Array2, Axis};
use serde::{Deserialize, Serialize};

/// Where the inducing points are.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Inducing {
    /// So many rows of X at most, chosen one by one; fewer where those say everything.
    Count(usize),
    /// These points, one in each row.
    Points(Array2<f64>),
}
impl From<usize> for Inducing {
    fn from(count: usize) -> Self {
        Self::Count(count)
    }
}
impl From<Array2<f64>> for Inducing {
    fn from(points: Array2<f64>) -> Self {
        Self::Points(points)
    }
}

estimand_core::params! {
    /// Gaussian process regression for many rows; see [the module](crate::sparse).
    ///
    /// ```
    /// use estimand_core::{Fit, Predict};
    /// use estimand_gaussian_process::{Covariance, SparseGaussianProcessRegressor};
    /// use ndarray::{Array1, Array2, array};
    ///
    /// let x = Array2::from_shape_fn((3000, 1), |(i, _)| i as f64 / 300.0);
    /// let y: Array1<f64> = x.column(0).mapv(|x| x.sin() + 0.01 * (100.0 * x).cos());
    /// let covariance = Covariance::rbf(1.0) + Covariance::white(1e-4);
    /// let model = SparseGaussianProcessRegressor::new().kernel(covariance).inducing(20).fit((&x, &y))?;
    /// assert!((model.predict(&array![[2.0]])?[0] - 2.0_f64.sin()).abs() < 0.02);
    /// # Ok::<(), estimand_core::Error>(())
    /// ```
    pub struct SparseGaussianProcessRegressor {
        /// The covariance, and where its hyper-parameters begin.
        kernel: Covariance = Covariance::constant(1.0) * Covariance::rbf(1.0) + Covariance::white(0.1);
        /// Inducing points.
        inducing => Inducing = Inducing::Count(100);
        /// Variance of the noise beside the white noise of the covariance, of all rows or of each.
        alpha => RowNoise = RowNoise::Same(1e-10);
        /// Whether to learn the hyper-parameters.
        optimize: bool = true;
        /// Random starts beside the given one.
        n_restarts_optimizer: usize = 0;
        /// Most steps from each start.
        max_iter: usize = 200, at_least(1.0);
        /// What one more step may still bring to the bound, relative to it, where the search ends.
        tol: f64 = 1e-9, above(0.0);
        /// Whether to take the mean off the targets and divide them by their deviation.
        normalize_y: bool = false;
        /// Seed of the random starts.
        seed: u64 = 0;
    }
    accepts: weights;
}

const NAME: &str = "SparseGaussianProcessRegressor";

impl SparseGaussianProcessRegressor {
    /// Z
    fn points(&self, rows: &Rows) -> Result<Table> {
        match &self.inducing {
            Inducing::Points(points) if points.ncols() != rows.table.width() => {
                Err(Error::shape("columns of inducing points", rows.table.width(), points.ncols()))
            }
            Inducing::Points(points) if points.is_empty() || !points.iter().all(|v| v.is_finite()) => {
                Err(Error::parameter("inducing", "points", "one finite point or more"))
            }
            Inducing::Points(points) => Ok(Table::all(points.view())),
            Inducing::Count(0) => Err(Error::parameter("inducing", 0, "at least 1")),
            Inducing::Count(count) => {
                let program = Program::new(&self.kernel, rows.table.width());
                Ok(rows.table.select(&inducing::choose(&program, &rows.table, *count)))
            }
        }
    }
}

impl<F: Float> Fit<F, Array1<F>> for SparseGaussianProcessRegressor {
    type Model = SparseGaussianProcessModel<F>;

    fn fit_samples(&self, samples: Samples<'_, F, Array1<F>>) -> Result<SparseGaussianProcessModel<F>> {
        self.check()?;
        let rows = Rows::new(&samples, &self.kernel, NAME)?;
        let targets = Targets::new(samples.y.insert_axis(Axis(1)), &rows, self.normalize_y)?;
        let alpha = self.alpha.of(samples.nrows(), &rows.numbers)?;
        let points = self.points(&rows)?;
        let data =
            Data { x: rows.table, points, weights: rows.weights, alpha, y: targets.y.column(0).to_vec() };
        let search = Search {
            restarts: self.n_restarts_optimizer,
            max_iter: self.max_iter,
            tol: self.tol,
            seed: self.seed,
        };
        let (covariance, report) = match self.optimize && !self.kernel.theta().is_empty() {
            true => learn(&self.kernel, &search, |covariance| data.evidence(covariance))?,
            false => (self.kernel.clone(), Report::direct("collapsed bound")),
        };
        let posterior = data.posterior(&Program::new(&covariance, data.x.width()))?;
        let report = report.objective(posterior.bound).warn_unless_converged(NAME, "raise `max_iter`");
        let unit = (targets.mean[0], targets.scale[0]);
        Ok(SparseGaussianProcessModel::new(
            covariance,
            data.points,
            posterior,
            unit,
            Features::of(samples.x),
            report,
        ))
    }
}
