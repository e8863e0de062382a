//! Mixtures of normal distributions, with prior distributions of all that is learnt: components that the rows do not ask for
//! lose their weight.
//!
//! ```text
//! π ~ stick-breaking(γ), or Dirichlet(γ)        μ_c | Λ_c ~ N(m₀, (β₀ Λ_c)⁻¹)        Λ_c ~ Wishart(W₀, ν₀)     (1)
//! ln ρ_ic = E ln π_c + ½ E ln det Λ_c − ½ p ln 2π − ½ E (xᵢ − μ_c)ᵀ Λ_c (xᵢ − μ_c)          r_ic = ρ_ic / Σ_c ρ_ic (2)
//! β_c = β₀ + N_c    m_c = (β₀ m₀ + N_c x̄_c) / β_c    ν_c = ν₀ + N_c
//! ν_c Σ_c = W₀ + N_c S_c + (β₀ N_c / β_c) (x̄_c − m₀)(x̄_c − m₀)ᵀ                                                   (3)
//! ```
//!
//! | symbol | variable | shape |
//! |---|---|---|
//! | N, x̄, S | weights, means and covariances of `Sums`, as for [`GaussianMixture`](crate::GaussianMixture) | k, k × p, by type |
//! | m, Σ | [`means`](GaussianMixtureModel::means), [`covariances`](GaussianMixtureModel::covariances) | k × p, by type |
//! | β, ν | [`mean_precision`](BayesianGaussianMixtureModel::mean_precision), [`degrees_of_freedom`](BayesianGaussianMixtureModel::degrees_of_freedom) | k |
//! | γ | [`weight_concentration`](BayesianGaussianMixtureModel::weight_concentration) | k pairs |
//!
//! 1. Begin as [`GaussianMixture`](crate::GaussianMixture) does, or with given shares.
//! 2. (3) and (2) in turn \[Bishop06, 10.2\], in one pass over the rows each; with stick-breaking weights \[Blei06\] components
//!    count by their order.
//! 3. Until the bound on the log-likelihood of the rows changes by less than `tol`. The bound never falls, up to ε.
//!
//! Costs as [`GaussianMixture`](crate::GaussianMixture). Densities, and what is predicted, are (2) without the share of the rows: those of the
//! expected logarithms.
//!
//! **When not.** k is only the largest number of components, but it takes thought to choose γ: small values leave few. For the
//! number of components by comparison take [`GaussianMixture`](crate::GaussianMixture) and its [`bic`](crate::GaussianMixtureModel::bic), which is of no use here.
//!
//! **Differs from scikit-learn.** As [`GaussianMixture`](crate::GaussianMixture).
//!
//! **References.** \[Bishop06\], \[Blei06\].

mod model;
mod steps;
#[cfg(test)]
mod tests;

pub use model::BayesianGaussianMixtureModel;

use super::{CovarianceType, Covariances, GaussianMixtureModel, MixtureInit};
use estimand_core::describe::{above, at_least};
use estimand_core::{Describe, Error, Features, Fit, Float, Report, Result, Samples, Target};
use ndarray::{Array1, Array2};
use serde::{Deserialize, Serialize};
use steps::{Outcome, Posterior};

/// The prior distribution of the weights of [`BayesianGaussianMixture`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum WeightConcentration {
    /// Stick-breaking, the Dirichlet process cut off after k components: the first ones have more.
    DirichletProcess,
    /// The Dirichlet distribution: all components have the same.
    DirichletDistribution,
}

estimand_core::params! {
    /// A mixture of normal distributions with priors; see [the module](crate::mixture::bayesian).
    ///
    /// ```
    /// use estimand_cluster::BayesianGaussianMixture;
    /// use estimand_core::{Fit, Predict};
    /// use ndarray::array;
    ///
    /// let x = array![[1.0, 2.0], [1.2, 2.4], [0.8, 1.9], [1.1, 1.7], [9.0, 3.0], [9.2, 3.3], [8.8, 2.7], [9.1, 2.9]];
    /// let model = BayesianGaussianMixture::new(2).fit(&x)?;
    /// let labels = model.predict(&array![[1.0, 2.0], [9.0, 3.0]])?;
    /// assert_ne!(labels[0], labels[1]);
    /// # Ok::<(), estimand_core::Error>(())
    /// ```
    pub struct BayesianGaussianMixture(n_components: usize) {
        /// Largest number of components k; at most the number of rows.
        n_components: usize = 1, at_least(1.0);
        /// What covariance matrices may be.
        covariance: CovarianceType = CovarianceType::Full;
        /// Stop when the bound changes by less than this.
        tol: f64 = 1e-3, at_least(0.0);
        /// ε, added to every variance.
        reg_covar: f64 = 1e-6, at_least(0.0);
        /// Largest number of iterations of one start.
        max_iter: usize = 100, at_least(1.0);
        /// Starts, of which the best counts.
        n_init: usize = 1, at_least(1.0);
        /// Where the components begin.
        init: MixtureInit = MixtureInit::KMeans;
        /// Shares of the components in each row to begin with, n × k, instead of `init`.
        shares_init: Option<Array2<f64>> = None;
        /// The prior of the weights.
        weight_concentration: WeightConcentration = WeightConcentration::DirichletProcess;
        /// γ; `None` for 1/k.
        weight_concentration_prior: Option<f64> = None, above(0.0);
        /// β₀
        mean_precision_prior: f64 = 1.0, above(0.0);
        /// m₀, p; `None` for the mean of the rows.
        mean_prior: Option<Array1<f64>> = None;
        /// ν₀, more than p − 1; `None` for p.
        degrees_of_freedom_prior: Option<f64> = None, above(0.0);
        /// W₀ in the form of one component's Σ: p × p, p × p, 1 × p or 1; `None` for the covariance of the rows in that form.
        covariance_prior: Option<Covariances> = None;
        /// Seed of the draws.
        seed: u64 = 0;
    }
    accepts: weights;
}

const NAME: &str = "BayesianGaussianMixture";

impl<F: Float, Y: Target> Fit<F, Y> for BayesianGaussianMixture {
    type Model = BayesianGaussianMixtureModel<F>;

    fn fit_samples(&self, samples: Samples<'_, F, Y>) -> Result<BayesianGaussianMixtureModel<F>> {
        self.check()?;
        samples.check()?;
        let samples = samples.without_y();
        samples.x.dense(NAME)?;
        let plain = self.plain();
        let rows = plain.rows(samples)?;
        let priors = self.priors(&rows, &samples)?;
        let starts = if self.shares_init.is_some() { 1 } else { self.n_init };
        let mut best: Option<Outcome> = None;
        for start in 0..starts {
            let begun = match &self.shares_init {
                Some(shares) => plain.begin_with(&rows, shares)?,
                None => plain.begin(&rows, samples, start)?,
            };
            let outcome = self.run(&rows, &priors, &begun)?;
            if best.as_ref().is_none_or(|best| best.bounds.last() < outcome.bounds.last()) {
                best = Some(outcome);
            }
        }
        let best = best.ok_or_else(|| Error::parameter("n_init", 0, "at least 1"))?;
        let mut report = Report::iterative("variational inference", best.bounds.len(), best.converged);
        report.objective = best.bounds.last().copied();
        if starts > 1 {
            report = report.note(format!("best of {starts} starts"));
        }
        let report = report.warn_unless_converged(NAME, "raise `max_iter` or `tol`");
        let Posterior { components, concentration, precision, freedom, logs, .. } = best.posterior;
        let features = Features::of(samples.x);
        let model = GaussianMixtureModel::new(components, logs, best.bounds, rows.origin, features, report)?;
        Ok(BayesianGaussianMixtureModel { model, concentration, precision, freedom })
    }
}
