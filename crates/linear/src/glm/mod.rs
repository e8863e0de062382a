//! Generalised linear models: counts, amounts and waiting times, whose spread grows with their mean.
//!
//! ```text
//! minimise over w, b     (1/2ω) Σᵢ ωᵢ d(yᵢ, μᵢ) + (α/2) ‖w‖²        g(μᵢ) = xᵢw + b + oᵢ                 (1)
//! ```
//!
//! d is the deviance of a distribution whose variance is a power p of its mean, Var y = φ μᵖ, so that (1) with α = 0
//! is maximum likelihood [`estimand_loss::Tweedie`]:
//!
//! | settings | p | y | link g | for |
//! |---|---|---|---|---|
//! | [`PoissonRegressor`] | 1 | ≥ 0 | log | counts: claims, visits, faults |
//! | [`GammaRegressor`] | 2 | > 0 | log | amounts and durations: size of a claim, time to repair |
//! | [`InverseGaussianRegressor`] | 3 | > 0 | log | the same with longer tails |
//! | [`TweedieRegressor`] | 0, or at least 1 | by p | identity for p = 0, else log | 1 < p < 2: totals that may be 0, such as the cost of all claims |
//!
//! | symbol | variable | shape |
//! |---|---|---|
//! | X, y, ω | `x`, `y`, `weights` | n × p, n, n: without weights ωᵢ = 1; ω alone is their sum |
//! | w, b | `coef`, `intercept` | p, 1: b is not penalised |
//! | o | `offset` | n: a part of g(μ) that is known; 0 without |
//! | A, β | `Design`, `beta` | n × q, q: X centred, with a column of ones; (w, b) |
//!
//! An **offset** enters with coefficient 1. Where rows were watched for different times, the count is to be proportional to the
//! time, and ln(time) is the offset; `fit_with_exposure` takes the times themselves.
//!
//! Offsets and exposures belong to one fit and not to the samples: folds, searches and pipelines do not pass them on. Weights
//! they do pass on, and with the log link rates do the same: of power q, d(y, eμ) = e^(2−q) d(y/e, μ), so that y with the
//! exposures e and y/e with the weights ω′ = ω e^(2−q) have one minimum, the latter at α Σω / Σω′.
//!
//! 1. Check the settings, and that every y can occur. NaN in X is not searched for: it makes (1) non-finite, and only
//!    then is its place looked up.
//! 2. On many rows, minimise (1) for a sample first.
//! 3. Minimise (1) for all rows. Value, gradient and, where wanted, Hessian come from one pass over the records, in
//!    blocks that stay in the cache from the scores to the gradient.
//!
//!    | solver | steps | cost of one |
//!    |---|---|---|
//!    | `Lbfgs` | quasi-Newton steps in the metric of the Hessian at an earlier point; only of its diagonal for p > 1000, and for sparse records with p > 64 | 4 n q |
//!    | `NewtonCholesky` | Newton steps | n q² + q³/3 |
//!
//!    `Auto` is `Lbfgs`, finished by `NewtonCholesky` where 20 steps do not suffice and p ≤ 300. L-BFGS was nowhere slower: as fast
//!    for p = 4, twice as fast for p = 100 (powers 1, 2 and 3, 200 ≤ n ≤ 10⁵, 4 ≤ p ≤ 200, one thread, 2026-11). Where (1) is not convex, Hessian
//!    means its expectation: Newton's method is Fisher's scoring. Both solvers stop as those of
//!    [logistic regression](crate::logistic) do: when max |∂(1)/∂wⱼ|, |∂(1)/∂b| ≤ `tol` and the decrease still to be expected is
//!    at most 1e-5 `tol` of the deviance.
//! 4. Undo the centring and report.
//!
//! Standard errors, tests and intervals: `summarize`, see [`inference`](crate::inference).
//!
//! **Differs from scikit-learn.** Offsets and exposures, sparse records without a copy, and a second stopping bound, which
//! does not depend on the scales of the columns. Negative powers, which have no distribution of practical use, are refused.
//! Targets that are all 0 are refused where the best mean would be 0.
//!
//! **References.** \[NelderWedderburn72\]; \[Jorgensen87\]; \[NocedalWright06\], chapters 3, 6 and 7.

mod model;
mod problem;
mod solve;
#[cfg(test)]
mod tests;

pub use estimand_loss::Link;
pub use model::GlmModel;

use estimand_core::describe::{above, at_least};
use estimand_core::{Describe, Error, Fit, Float, Result, Samples};
use estimand_loss::Tweedie;
use ndarray::{Array1, ArrayView1};
use serde::{Deserialize, Serialize};

/// How to minimise; see [the module](crate::glm) for what each does and costs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum GlmSolver {
    /// The one that was found to be the fastest.
    #[default]
    Auto,
    /// Newton's method with the whole Hessian.
    NewtonCholesky,
    /// L-BFGS in a metric near the Hessian.
    Lbfgs,
}

/// The settings of any of the regressors here.
pub(crate) struct Glm {
    /// Who asks, for messages.
    pub(crate) name: &'static str,
    pub(crate) loss: Tweedie,
    pub(crate) alpha: f64,
    pub(crate) fit_intercept: bool,
    pub(crate) solver: GlmSolver,
    pub(crate) tol: f64,
    pub(crate) max_iter: usize,
}

impl Glm {
    /// Minimises (1).
    pub(crate) fn fit<F: Float>(
        &self,
        samples: Samples<'_, F, Array1<F>>,
        offset: Option<ArrayView1<'_, F>>,
        from: Option<&GlmModel<F>>,
    ) -> Result<GlmModel<F>> {
        samples.check()?;
        if let Some(model) = from {
            model.features().check(samples.x)?;
        }
        let from = from.map(|model| (model.coef().view(), model.intercept()));
        Ok(GlmModel::new(solve::solve(self, samples, offset, from)?, self.loss.link))
    }

    /// [`Glm::fit`] with ln(exposure) for an offset.
    fn fit_with_exposure<F: Float>(
        &self,
        samples: Samples<'_, F, Array1<F>>,
        exposure: ArrayView1<'_, F>,
    ) -> Result<GlmModel<F>> {
        samples.check()?;
        model::check_lengths("exposure", samples.nrows(), exposure.len())?;
        let offset = self.offset_of(exposure)?;
        self.fit(samples, Some(offset.view()), None)
    }

    /// The logarithms of exposures.
    pub(crate) fn offset_of<F: Float>(&self, exposure: ArrayView1<'_, F>) -> Result<Array1<F>> {
        model::offset_of(exposure, self.loss.link)
    }
}

/// A regressor: settings of its own, if it has any, before those of all; `loss` is what they come to.
macro_rules! regressor {
    (
        $(#[$doc:meta])*
        pub struct $name:ident { $($own:tt)* }
        loss: |$settings:ident| $loss:expr;
    ) => {
        estimand_core::params! {
            $(#[$doc])*
            pub struct $name {
                $($own)*
                /// Strength α of the penalty; 0 is maximum likelihood.
                alpha: f64 = 1.0, at_least(0.0);
                /// Whether to fit an intercept, which is not penalised.
                fit_intercept: bool = true;
                /// How to minimise.
                solver: GlmSolver = GlmSolver::Auto;
                /// Bound on every derivative of the objective, with which the objective is bound too: to about 1e-5 `tol` of its
                /// minimum, relatively.
                tol: f64 = 1e-4, above(0.0);
                /// Most steps of the solver over all rows.
                max_iter: usize = 100, at_least(1.0);
            }
            accepts: sparse, weights;
        }

        impl $name {
            /// What the solvers see of the settings, once they are found to be in range.
            pub(crate) fn glm(&self) -> Result<Glm> {
                self.check()?;
                let $settings = self;
                Ok(Glm {
                    name: stringify!($name),
                    loss: $loss,
                    alpha: self.alpha,
                    fit_intercept: self.fit_intercept,
                    solver: self.solver,
                    tol: self.tol,
                    max_iter: self.max_iter,
                })
            }

            /// Fits with a known part of g(μ) for each row: its coefficient is 1.
            ///
            /// # Errors
            /// As `fit`, and if the offsets are not one finite number per row.
            pub fn fit_with_offset<'a, 'o, F: Float>(
                &self,
                samples: impl Into<Samples<'a, F, Array1<F>>>,
                offset: impl Into<ArrayView1<'o, F>>,
            ) -> Result<GlmModel<F>> {
                self.glm()?.fit(samples.into(), Some(offset.into()), None)
            }

            /// Fits means that are proportional to the exposure of the row: the time it was watched, the sum it insures.
            /// [`predict`](estimand_core::Predict::predict) then gives rates, the means at exposure 1. With the log link only.
            ///
            /// # Errors
            /// As `fit`, and if the exposures are not one positive number per row.
            pub fn fit_with_exposure<'a, 'o, F: Float>(
                &self,
                samples: impl Into<Samples<'a, F, Array1<F>>>,
                exposure: impl Into<ArrayView1<'o, F>>,
            ) -> Result<GlmModel<F>> {
                self.glm()?.fit_with_exposure(samples.into(), exposure.into())
            }

            /// Fits from another model's coefficients instead of none: fewer steps where that model is near.
            ///
            /// # Errors
            /// As `fit`, and if the model has other columns.
            pub fn fit_from<'a, F: Float>(
                &self,
                start: &GlmModel<F>,
                samples: impl Into<Samples<'a, F, Array1<F>>>,
            ) -> Result<GlmModel<F>> {
                self.glm()?.fit(samples.into(), None, Some(start))
            }
        }

        impl<F: Float> Fit<F, Array1<F>> for $name {
            type Model = GlmModel<F>;

            fn fit_samples(&self, samples: Samples<'_, F, Array1<F>>) -> Result<GlmModel<F>> {
                self.glm()?.fit(samples, None, None)
            }
        }
    };
}

regressor! {
    /// Poisson regression with an L2 penalty: counts, whose logarithm of the mean is linear.
    ///
    /// ```
    /// use estimand_core::{Fit, Predict};
    /// use estimand_linear::PoissonRegressor;
    /// use ndarray::{Array1, array};
    ///
    /// let x = array![[0.0], [1.0], [2.0], [3.0]];
    /// let faults = array![1.0_f64, 2.0, 4.0, 8.0]; // doubles from row to row
    /// let model = PoissonRegressor::new().alpha(0.0).tol(1e-8).fit((&x, &faults))?;
    /// assert!((model.coef()[0] - 2.0_f64.ln()).abs() < 1e-6);
    /// assert!((model.predict(&array![[4.0]])?[0] - 16.0).abs() < 1e-4);
    ///
    /// // Watched for twice as long, half the rate.
    /// let years = Array1::from_elem(4, 2.0);
    /// let model = PoissonRegressor::new().alpha(0.0).tol(1e-8).fit_with_exposure((&x, &faults), &years)?;
    /// assert!((model.predict(&array![[4.0]])?[0] - 8.0).abs() < 1e-4);
    /// # Ok::<(), estimand_core::Error>(())
    /// ```
    pub struct PoissonRegressor {}
    loss: |_settings| Tweedie { power: 1.0, link: Link::Log };
}

regressor! {
    /// Gamma regression with an L2 penalty: amounts above 0, whose spread is proportional to their mean and whose
    /// logarithm of the mean is linear. Used as [`PoissonRegressor`] is.
    pub struct GammaRegressor {}
    loss: |_settings| Tweedie { power: 2.0, link: Link::Log };
}

regressor! {
    /// Inverse Gaussian regression with an L2 penalty: amounts above 0 with long tails, whose logarithm of the mean is
    /// linear. Used as [`PoissonRegressor`] is. The objective is not convex; far from the data it has flat parts.
    pub struct InverseGaussianRegressor {}
    loss: |_settings| Tweedie { power: 3.0, link: Link::Log };
}

regressor! {
    /// The generalised linear model of any power, with either link. Used as [`PoissonRegressor`] is.
    ///
    /// ```
    /// use estimand_core::Fit;
    /// use estimand_linear::TweedieRegressor;
    /// use ndarray::array;
    ///
    /// let x = array![[0.0], [0.0], [1.0], [1.0]];
    /// let cost = array![0.0_f64, 3.0, 0.0, 12.0];
    /// let model = TweedieRegressor::new().power(1.5).alpha(0.0).tol(1e-8).fit((&x, &cost))?;
    /// assert!((model.coef()[0].exp() - 4.0).abs() < 1e-5); // means 1.5 and 6
    /// # Ok::<(), estimand_core::Error>(())
    /// ```
    pub struct TweedieRegressor {
        /// Power p of the mean in the variance: 0 normal, 1 Poisson, between 1 and 2 sums of gamma variables that may be 0,
        /// 2 gamma, 3 inverse Gaussian. There is no distribution between 0 and 1.
        power: f64 = 0.0, at_least(0.0);
        /// Link of the mean: the identity for power 0 and the logarithm else, unless it is set.
        link => Option<Link> = None;
    }
    loss: |settings| settings.loss()?;
}

impl TweedieRegressor {
    fn loss(&self) -> Result<Tweedie> {
        if self.power > 0.0 && self.power < 1.0 {
            return Err(Error::parameter(
                "power",
                self.power,
                "0, or at least 1: no distribution lies between",
            ));
        }
        let usual = if self.power == 0.0 { Link::Identity } else { Link::Log };
        Ok(Tweedie { power: self.power, link: self.link.unwrap_or(usual) })
    }
}
