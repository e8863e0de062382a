//! Gaussian process regression.
//!
//! ```text
//! f ~ GP(0, k)      yᵢ = f(xᵢ) + εᵢ,   εᵢ normal with variance nᵢ / ωᵢ      A = K + diag(n / ω) = LLᵀ
//! E f(x) = kᵀa,   a = A⁻¹y                         var f(x) = k(x, x) − ‖L⁻¹k‖²                                 (1)
//! ln p(y | θ) = −½ yᵀa − Σ ln Lᵢᵢ − ½ n ln 2π − ½ Σ [(ωᵢ − 1) ln 2πnᵢ + ln ωᵢ]                                  (2)
//! ∂ ln p / ∂θ = ½ Σᵢⱼ (aᵢaⱼ − A⁻¹ᵢⱼ) ∂Aᵢⱼ/∂θ − ½ Σ (ωᵢ − 1) ∂ ln nᵢ/∂θ                                          (3)
//! ```
//!
//! | symbol | variable | |
//! |---|---|---|
//! | n | `noise` | `alpha`, and what the covariance has of white noise |
//! | a | `dual_coef` | one row for each output |
//! | θ | [`Covariance::theta`] | logarithms of hyper-parameters |
//!
//! 1. Check; standardise the targets if asked to.
//! 2. θ of the largest (2) by [`bounded`](estimand_optim::bounded) BFGS, from the given hyper-parameters and from
//!    `n_restarts_optimizer` random ones within their bounds.
//! 3. L and a for these.
//!
//! A weight ω of 2 is the same as the row twice, in (1) and in (2): its noise has half the variance. Several outputs share
//! the covariance, and (2) is the sum over them. (3) takes the sum over pairs in one pass that computes covariances
//! and their derivatives anew, row by row: no n × n matrix is formed for a hyper-parameter. Costs n³ for a trial (n³ / 3
//! for L, 2n³ / 3 for A⁻¹) and O(n²p) for the covariances; 16n² bytes, of which the model keeps half. Predicting
//! costs O(np) for a mean and O(n²) for a deviation.
//!
//! **Differs from scikit-learn.** Sample weights are read. The optimiser stops by what is left to gain, where
//! scikit-learn's stops by the last gain: evidences agree, θ as far as the evidence tells it. Draws come from other random
//! numbers.
//!
//! **References.** \[Rasmussen06, alg. 2.1, eq. 5.9\].

mod evidence;
mod model;
#[cfg(test)]
mod tests;

pub use model::{GaussianProcessModel, MultiGaussianProcessModel, Process};

use crate::covariance::{Covariance, Program, Table};
use crate::learn::{Rows, Search, learn};
use estimand_core::describe::{above, at_least};
use estimand_core::samples::check_finite_target;
use estimand_core::{Describe, Error, Features, Fit, Float, Records, Report, Result, Samples, Target};
use evidence::Data;
pub(crate) use evidence::{noise, repetitions};
use model::draw;
use ndarray::{Array1, Array2, ArrayView2, Axis};
use serde::{Deserialize, Serialize};

/// The variance of the noise of each row.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum RowNoise {
    /// The same for all rows.
    Same(f64),
    /// One for each row.
    Each(Vec<f64>),
}
impl From<f64> for RowNoise {
    fn from(value: f64) -> Self {
        Self::Same(value)
    }
}
impl From<Vec<f64>> for RowNoise {
    fn from(values: Vec<f64>) -> Self {
        Self::Each(values)
    }
}
impl RowNoise {
    /// Variances of the rows with these numbers, of n.
    pub(crate) fn of(&self, n: usize, numbers: &[usize]) -> Result<Vec<f64>> {
        let refuse = |value: &f64| Err(Error::parameter("alpha", value, "a finite number of at least 0"));
        let wrong = |value: &f64| !(*value >= 0.0 && value.is_finite());
        match self {
            Self::Same(value) if wrong(value) => refuse(value),
            Self::Same(value) => Ok(vec![*value; numbers.len()]),
            Self::Each(values) if values.len() != n => {
                Err(Error::shape("values of `alpha`", n, values.len()))
            }
            Self::Each(values) => match values.iter().find(|v| wrong(v)) {
                Some(value) => refuse(value),
                None => Ok(numbers.iter().map(|i| values[*i]).collect()),
            },
        }
    }
}

estimand_core::params! {
    /// Gaussian process regression; see [the module](crate::regression).
    ///
    /// ```
    /// use estimand_core::{Fit, Predict};
    /// use estimand_gaussian_process::{Covariance, GaussianProcessRegressor};
    /// use ndarray::{Array1, Array2};
    ///
    /// let x = Array2::from_shape_fn((30, 1), |(i, _)| i as f64 / 5.0);
    /// let y: Array1<f64> = x.column(0).mapv(f64::sin);
    /// let covariance = Covariance::rbf(1.0) + Covariance::white(1e-4);
    /// let model = GaussianProcessRegressor::new().kernel(covariance).fit((&x, &y))?;
    /// let (mean, deviation) = model.predict_std(&ndarray::array![[1.05], [40.0]])?;
    /// assert!((mean[0] - 1.05_f64.sin()).abs() < 0.01 && deviation[0] < 0.05);
    /// assert!(deviation[1] > 0.2); // far from all rows, little is known
    /// # Ok::<(), estimand_core::Error>(())
    /// ```
    pub struct GaussianProcessRegressor {
        /// The covariance, and where its hyper-parameters begin.
        kernel: Covariance = Covariance::constant(1.0) * Covariance::rbf(1.0);
        /// Variance of the noise, of all rows or of each; at least what rounding needs.
        alpha => RowNoise = RowNoise::Same(1e-10);
        /// Whether to learn the hyper-parameters.
        optimize: bool = true;
        /// Random starts beside the given one.
        n_restarts_optimizer: usize = 0;
        /// Most steps from each start.
        max_iter: usize = 200, at_least(1.0);
        /// The evidence that one more step may still bring, relative to it, where the search ends.
        tol: f64 = 1e-9, above(0.0);
        /// Whether to take the mean off the targets and divide them by their deviation.
        normalize_y: bool = false;
        /// Seed of the random starts.
        seed: u64 = 0;
    }
    accepts: weights;
}

const NAME: &str = "GaussianProcessRegressor";

/// Targets in standard units, with the means and deviations that make them so.
pub(crate) struct Targets {
    pub(crate) y: Array2<f64>,
    pub(crate) mean: Vec<f64>,
    pub(crate) scale: Vec<f64>,
}

impl Targets {
    pub(crate) fn new<F: Float>(y: ArrayView2<'_, F>, rows: &Rows, normalise: bool) -> Result<Self> {
        check_finite_target(y)?;
        if y.ncols() == 0 {
            return Err(Error::EmptyInput { what: "y".into() });
        }
        let mut y =
            Array2::from_shape_fn((rows.numbers.len(), y.ncols()), |(i, t)| y[[rows.numbers[i], t]].f64());
        let (mut mean, mut scale) = (vec![0.0; y.ncols()], vec![1.0; y.ncols()]);
        if normalise {
            let total: f64 = rows.weights.iter().sum();
            for (t, mut y) in y.columns_mut().into_iter().enumerate() {
                let average = |y: &ndarray::ArrayViewMut1<'_, f64>, f: &dyn Fn(f64) -> f64| {
                    y.iter().zip(&rows.weights).map(|(y, w)| w * f(*y)).sum::<f64>() / total
                };
                mean[t] = average(&y, &|y| y);
                let deviation = average(&y, &|y| (y - mean[t]) * (y - mean[t])).sqrt();
                // A constant target keeps its unit.
                if deviation > 10.0 * f64::EPSILON * mean[t].abs() {
                    scale[t] = deviation;
                }
                y.mapv_inplace(|y| (y - mean[t]) / scale[t]);
            }
        }
        Ok(Self { y, mean, scale })
    }
}

impl GaussianProcessRegressor {
    fn data<F: Float, Y: Target>(
        &self,
        samples: &Samples<'_, F, Y>,
        y: ArrayView2<'_, F>,
    ) -> Result<(Data, Targets)> {
        self.check()?;
        let rows = Rows::new(samples, &self.kernel, NAME)?;
        let targets = Targets::new(y, &rows, self.normalize_y)?;
        let alpha = self.alpha.of(samples.nrows(), &rows.numbers)?;
        Ok((Data { table: rows.table, weights: rows.weights, alpha, y: targets.y.clone() }, targets))
    }

    fn solve<F: Float, Y: Target>(
        &self,
        samples: &Samples<'_, F, Y>,
        y: ArrayView2<'_, F>,
    ) -> Result<(Process, Report)> {
        let (data, targets) = self.data(samples, y)?;
        let (covariance, report) = match self.optimize && !self.kernel.theta().is_empty() {
            true => learn(&self.kernel, &self.search(), |covariance| data.evidence(covariance))?,
            false => (self.kernel.clone(), Report::direct("Cholesky")),
        };
        let posterior = data.posterior(&Program::new(&covariance, data.table.width()))?;
        let report = report.objective(posterior.evidence).warn_unless_converged(NAME, "raise `max_iter`");
        Ok((Process::new(covariance, data.table, posterior, targets.mean, targets.scale)?, report))
    }

    fn search(&self) -> Search {
        Search {
            restarts: self.n_restarts_optimizer,
            max_iter: self.max_iter,
            tol: self.tol,
            seed: self.seed,
        }
    }

    /// ln p(y | θ), equation (2), and its gradient (3), where [`Covariance::theta`] of the kernel is `theta`.
    ///
    /// # Errors
    /// For the errors of a fit; where covariances are not positive definite.
    pub fn log_marginal_likelihood<'a, F: Float>(
        &self,
        samples: impl Into<Samples<'a, F, Array1<F>>>,
        theta: &[f64],
    ) -> Result<(f64, Vec<f64>)> {
        let samples = samples.into();
        let (data, _) = self.data(&samples, samples.y.insert_axis(Axis(1)))?;
        let covariance = self.kernel.with_theta(theta)?;
        let (value, gradient) = data.evidence(&covariance).ok_or_else(evidence::indefinite)?;
        let learnt = gradient.into_iter().zip(self.kernel.learnt()).filter(|(_, learnt)| *learnt);
        Ok((value, learnt.map(|(g, _)| g).collect()))
    }

    /// Draws from the process before it has seen data, at the rows of x: one column for each draw.
    ///
    /// # Errors
    /// For records that are not dense and finite, and a covariance of other columns.
    pub fn sample_prior<'a, F>(
        &self,
        x: impl Into<Records<'a, F>>,
        draws: usize,
        seed: u64,
    ) -> Result<Array2<F>>
    where
        F: Float + 'a,
    {
        let x = x.into();
        self.kernel.check(x.ncols())?;
        let table = crate::learn::asked(&Features::of(x), x, NAME)?;
        let covariance = prior(&Program::new(&self.kernel, table.width()), &table);
        Ok(draw(&vec![0.0; table.len()], &covariance, draws, seed, 0)?.mapv(F::of))
    }
}

/// All covariances of records with one another.
pub(crate) fn prior(program: &Program, table: &Table) -> Array2<f64> {
    let mut all = program.lower(table, &program.diagonal(table, true));
    for j in 0..table.len() {
        for i in j + 1..table.len() {
            all[[j, i]] = all[[i, j]];
        }
    }
    all
}

impl<F: Float> Fit<F, Array1<F>> for GaussianProcessRegressor {
    type Model = GaussianProcessModel<F>;

    fn fit_samples(&self, samples: Samples<'_, F, Array1<F>>) -> Result<GaussianProcessModel<F>> {
        let (process, report) = self.solve(&samples, samples.y.insert_axis(Axis(1)))?;
        Ok(GaussianProcessModel::new(process, Features::of(samples.x), report))
    }
}

impl<F: Float> Fit<F, Array2<F>> for GaussianProcessRegressor {
    type Model = MultiGaussianProcessModel<F>;

    fn fit_samples(&self, samples: Samples<'_, F, Array2<F>>) -> Result<MultiGaussianProcessModel<F>> {
        let (process, report) = self.solve(&samples, samples.y)?;
        Ok(MultiGaussianProcessModel::new(process, Features::of(samples.x), report))
    }
}
