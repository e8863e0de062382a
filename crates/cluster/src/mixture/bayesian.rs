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
//! | N, x̄, S | weights, means and covariances of `Sums`, as for [`GaussianMixture`] | k, k × p, by type |
//! | m, Σ | [`means`](GaussianMixtureModel::means), [`covariances`](GaussianMixtureModel::covariances) | k × p, by type |
//! | β, ν | [`mean_precision`](BayesianGaussianMixtureModel::mean_precision), [`degrees_of_freedom`](BayesianGaussianMixtureModel::degrees_of_freedom) | k |
//! | γ | [`weight_concentration`](BayesianGaussianMixtureModel::weight_concentration) | k pairs |
//!
//! 1. Begin as [`GaussianMixture`] does, or with given shares.
//! 2. (3) and (2) in turn \[Bishop06, 10.2\], in one pass over the rows each; with stick-breaking weights \[Blei06\] components
//!    count by their order.
//! 3. Until the bound on the log-likelihood of the rows changes by less than `tol`. The bound never falls, up to ε.
//!
//! Costs as [`GaussianMixture`]. Densities, and what is predicted, are (2) without the share of the rows: those of the
//! expected logarithms.
//!
//! **When not.** k is only the largest number of components, but it takes thought to choose γ: small values leave few. For the
//! number of components by comparison take [`GaussianMixture`] and its [`bic`](GaussianMixtureModel::bic), which is of no use here.
//!
//! **Differs from scikit-learn.** As [`GaussianMixture`].
//!
//! **References.** \[Bishop06\], \[Blei06\].

use super::components::{Components, Rows, Sums, sums};
use super::covariance::Density;
use super::{CovarianceType, Covariances, GaussianMixture, GaussianMixtureModel, MixtureInit};
use estimand_core::describe::{above, at_least};
use estimand_core::persist::check_len;
use estimand_core::records::Dense;
use estimand_core::stats::{digamma, ln_gamma};
use estimand_core::{
    Describe, Error, Features, Fit, Float, Matrix, Predict, PredictOne, PredictProba, Records, Report,
    Result, Samples, Scratch, Target, Transform, TransformOne,
};
use ndarray::{Array1, Array2, Axis};
use serde::{Deserialize, Serialize};
use std::ops::Deref;

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

/// The priors of (1).
struct Priors {
    concentration: f64,
    mean: Array1<f64>,
    freedom: f64,
    /// W₀: p × p, its diagonal as p × 1, or 1 × 1.
    covariance: Array2<f64>,
}

/// The distributions of what is learnt.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Posterior {
    components: Components,
    /// Of stick-breaking, the two numbers of each break; else γ_c and 0.
    concentration: Vec<[f64; 2]>,
    /// β
    precision: Vec<f64>,
    /// ν
    freedom: Vec<f64>,
    /// What stands in place of ln π in (2).
    logs: Vec<f64>,
    /// −½ ln det Σ
    half_logs: Vec<f64>,
}

struct Outcome {
    posterior: Posterior,
    bounds: Vec<f64>,
    converged: bool,
}

impl BayesianGaussianMixture {
    /// What is shared with the mixture without priors.
    fn plain(&self) -> GaussianMixture {
        GaussianMixture::new(self.n_components)
            .covariance(self.covariance)
            .reg_covar(self.reg_covar)
            .init(self.init)
            .seed(self.seed)
    }

    fn priors<F: Float>(&self, rows: &Rows<'_, F>, samples: &Samples<'_, F, ()>) -> Result<Priors> {
        let p = rows.origin.len();
        let mean = self.mean_prior.clone().unwrap_or_else(|| rows.origin.clone().into());
        if mean.len() != p || mean.iter().any(|m| !m.is_finite()) {
            return Err(Error::parameter("mean_prior", mean, format!("{p} finite numbers")));
        }
        let freedom = self.degrees_of_freedom_prior.unwrap_or(p as f64);
        if freedom <= p as f64 - 1.0 {
            let allowed = format!("more than the number of columns less one, {}", p - 1);
            return Err(Error::parameter("degrees_of_freedom_prior", freedom, allowed));
        }
        let covariance = match &self.covariance_prior {
            Some(prior) => prior_matrix(prior, self.covariance, p)?,
            None => {
                let none = Array2::default((samples.nrows(), 0));
                let x = samples.x.dense(NAME)?;
                let scatter = estimand_linalg::Moments::new(x, none.view(), samples.weights).gram;
                let scatter = scatter / (rows.total - 1.0).max(f64::MIN_POSITIVE);
                match self.covariance {
                    CovarianceType::Full | CovarianceType::Tied => scatter,
                    CovarianceType::Diag => scatter.diag().to_owned().insert_axis(Axis(1)),
                    CovarianceType::Spherical => Array2::from_elem((1, 1), scatter.diag().sum() / p as f64),
                }
            }
        };
        let concentration = self.weight_concentration_prior.unwrap_or(1.0 / self.n_components as f64);
        Ok(Priors { concentration, mean, freedom, covariance })
    }

    /// (3), given N, x̄ and S.
    fn posterior(
        &self,
        found: &Components,
        total: f64,
        priors: &Priors,
        origin: &[f64],
    ) -> Result<Posterior> {
        let (k, p) = found.means.dim();
        let counts: Vec<f64> = found.weights.iter().map(|w| w * total).collect();
        let (b0, w0) = (self.mean_precision_prior, &priors.covariance);
        let precision: Vec<f64> = counts.iter().map(|n| b0 + n).collect();
        let freedom: Vec<f64> = match self.covariance {
            CovarianceType::Tied => vec![priors.freedom + total / k as f64; k],
            _ => counts.iter().map(|n| priors.freedom + n).collect(),
        };
        let apart = &found.means - &priors.mean;
        let means =
            Array2::from_shape_fn((k, p), |(c, j)| priors.mean[j] + counts[c] / precision[c] * apart[[c, j]]);
        // β₀ N_c / β_c
        let pull: Vec<f64> = counts.iter().zip(&precision).map(|(n, b)| b0 * n / b).collect();
        let covariances = match &found.covariances {
            Covariances::Full(s) => {
                let mut all = s.clone();
                for ((c, i, j), v) in all.indexed_iter_mut() {
                    *v = (w0[[i, j]] + counts[c] * *v + pull[c] * apart[[c, i]] * apart[[c, j]]) / freedom[c];
                }
                Covariances::Full(all)
            }
            Covariances::Tied(s) => {
                let between =
                    |i: usize, j: usize| (0..k).map(|c| pull[c] * apart[[c, i]] * apart[[c, j]]).sum::<f64>();
                let share = 1.0 / k as f64;
                Covariances::Tied(Array2::from_shape_fn((p, p), |(i, j)| {
                    (w0[[i, j]] + share * (total * s[[i, j]] + between(i, j))) / freedom[0]
                }))
            }
            Covariances::Diag(s) => Covariances::Diag(Array2::from_shape_fn((k, p), |(c, j)| {
                (w0[[j, 0]] + counts[c] * s[[c, j]] + pull[c] * apart[[c, j]].powi(2)) / freedom[c]
            })),
            Covariances::Spherical(s) => Covariances::Spherical(Array1::from_shape_fn(k, |c| {
                let square = apart.row(c).mapv(|d| d * d).sum() / p as f64;
                (w0[[0, 0]] + counts[c] * s[c] + pull[c] * square) / freedom[c]
            })),
        };
        let mut after = 0.0;
        let mut concentration: Vec<[f64; 2]> = vec![[0.0; 2]; k];
        for c in (0..k).rev() {
            concentration[c] = match self.weight_concentration {
                WeightConcentration::DirichletProcess => [1.0 + counts[c], priors.concentration + after],
                WeightConcentration::DirichletDistribution => [priors.concentration + counts[c], 0.0],
            };
            after += counts[c];
        }
        let weights = self.weights(&concentration);
        let components = Components { weights, means, covariances };
        let half_logs = Density::with_logs(&components, origin, &vec![0.0; k])?.half_logs();
        let expected = self.expected_logs(&concentration);
        let logs = (0..k).map(|c| {
            let spread: f64 = (0..p).map(|j| digamma(0.5 * (freedom[c] - j as f64))).sum();
            let spread = spread + p as f64 * (2.0_f64.ln() - freedom[c].ln());
            expected[c] + 0.5 * (spread - p as f64 / precision[c])
        });
        Ok(Posterior { logs: logs.collect(), half_logs, components, concentration, precision, freedom })
    }

    /// E ln π
    fn expected_logs(&self, concentration: &[[f64; 2]]) -> Vec<f64> {
        let total: f64 = concentration.iter().map(|[a, _]| a).sum();
        let mut left = 0.0;
        let log = |[a, b]: &[f64; 2]| match self.weight_concentration {
            WeightConcentration::DirichletProcess => {
                let both = digamma(a + b);
                let log = digamma(*a) - both + left;
                left += digamma(*b) - both;
                log
            }
            WeightConcentration::DirichletDistribution => digamma(*a) - digamma(total),
        };
        concentration.iter().map(log).collect()
    }

    /// Weights as they are expected, summing to 1.
    fn weights(&self, concentration: &[[f64; 2]]) -> Array1<f64> {
        let mut left = 1.0;
        let weight = |[a, b]: &[f64; 2]| match self.weight_concentration {
            WeightConcentration::DirichletProcess => {
                let weight = left * a / (a + b);
                left *= b / (a + b);
                weight
            }
            WeightConcentration::DirichletDistribution => *a,
        };
        let weights: Array1<f64> = concentration.iter().map(weight).collect();
        let sum = weights.sum();
        weights / sum
    }

    /// The bound without what does not change, given Σ ω r ln r of the rows.
    fn bound(&self, posterior: &Posterior, entropy: f64) -> f64 {
        let (k, p) = posterior.components.means.dim();
        let p = p as f64;
        let wishart = |c: usize| {
            let nu = posterior.freedom[c];
            let gammas: f64 = (0..p as usize).map(|j| ln_gamma(0.5 * (nu - j as f64))).sum();
            nu * (posterior.half_logs[c] - 0.5 * p * nu.ln()) + 0.5 * nu * p * 2.0_f64.ln() + gammas
        };
        let wishart: f64 = (0..k).map(wishart).sum();
        let weights: f64 = match self.weight_concentration {
            WeightConcentration::DirichletProcess => posterior
                .concentration
                .iter()
                .map(|[a, b]| ln_gamma(*a) + ln_gamma(*b) - ln_gamma(a + b))
                .sum(),
            WeightConcentration::DirichletDistribution => {
                let total: f64 = posterior.concentration.iter().map(|[a, _]| a).sum();
                posterior.concentration.iter().map(|[a, _]| ln_gamma(*a)).sum::<f64>() - ln_gamma(total)
            }
        };
        let precision: f64 = posterior.precision.iter().map(|b| b.ln()).sum();
        -entropy + wishart + weights - 0.5 * p * precision
    }

    fn run<F: Float>(&self, rows: &Rows<'_, F>, priors: &Priors, start: &Components) -> Result<Outcome> {
        let mut outcome = Outcome {
            posterior: self.posterior(start, rows.total, priors, &rows.origin)?,
            bounds: Vec::new(),
            converged: false,
        };
        while outcome.bounds.len() < self.max_iter && !outcome.converged {
            let now = &outcome.posterior;
            let density = Density::with_logs(&now.components, &rows.origin, &now.logs)?;
            let (found, entropy) = self.step(rows, &density);
            if !entropy.is_finite() {
                return Err(Error::numerical(
                    "a row is too far from all components for its density to be a number; scale the columns, or raise `reg_covar`",
                ));
            }
            let posterior = self.posterior(
                &found.components(rows, &density.about, self.reg_covar),
                rows.total,
                priors,
                &rows.origin,
            )?;
            let bound = self.bound(&posterior, entropy);
            let change = outcome.bounds.last().map_or(f64::INFINITY, |last| (bound - last).abs());
            outcome.posterior = posterior;
            outcome.bounds.push(bound);
            outcome.converged = change < self.tol;
        }
        Ok(outcome)
    }

    /// (2): the sums over the rows, and Σ ω r ln r.
    fn step<F: Float>(&self, rows: &Rows<'_, F>, density: &Density) -> (Sums, f64) {
        let k = self.n_components;
        let found = sums(rows, self.covariance, &density.about, |work, first, count| {
            work.score(density, count);
            let scores = work.scores[..count.div_ceil(8) * k].to_vec();
            work.share(k, count);
            let of_row = |i: usize| {
                let (g, l) = (i / 8, i % 8);
                let terms = scores[g * k..(g + 1) * k].iter().zip(&work.scores[g * k..(g + 1) * k]);
                // ln r = score − ln Σ ρ
                let terms =
                    terms.filter(|(_, r)| r[l] > 0.0).map(|(score, r)| r[l] * (score[l] - work.logs[g][l]));
                let weight = rows.weights.as_ref().map_or(1.0, |w| w[first + i]);
                weight * terms.sum::<f64>()
            };
            (0..count).map(of_row).sum()
        });
        let entropy = found.log_likelihood;
        (found, entropy)
    }
}

/// W₀ as it is needed.
fn prior_matrix(prior: &Covariances, kind: CovarianceType, p: usize) -> Result<Array2<f64>> {
    let wrong = || {
        let form = match kind {
            CovarianceType::Full | CovarianceType::Tied => {
                format!("a positive definite {p} × {p} matrix, as `Tied`")
            }
            CovarianceType::Diag => format!("{p} positive numbers, as a row of `Diag`"),
            CovarianceType::Spherical => "a positive number, as the only one of `Spherical`".into(),
        };
        Error::parameter("covariance_prior", format!("{prior:?}"), form)
    };
    let (matrix, is_of_kind) = match prior {
        Covariances::Tied(m) => {
            let fits = m.dim() == (p, p) && matches!(kind, CovarianceType::Full | CovarianceType::Tied);
            (m.clone(), fits && estimand_linalg::Cholesky::new(m.view()).is_ok())
        }
        Covariances::Diag(d) => (
            d.t().to_owned(),
            d.dim() == (1, p) && kind == CovarianceType::Diag && d.iter().all(|v| *v > 0.0),
        ),
        Covariances::Spherical(s) => {
            let fits = s.len() == 1 && kind == CovarianceType::Spherical && s.iter().all(|v| *v > 0.0);
            (s.clone().insert_axis(Axis(1)), fits)
        }
        Covariances::Full(_) => (Array2::default((0, 0)), false),
    };
    match is_of_kind && matrix.iter().all(|v| v.is_finite()) {
        true => Ok(matrix),
        false => Err(wrong()),
    }
}

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

/// A fitted [`BayesianGaussianMixture`]: a [`GaussianMixtureModel`] of the expected parameters, whose densities are those of (2).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(bound(serialize = "F: Float", deserialize = "F: Float"))]
pub struct BayesianGaussianMixtureModel<F: Float> {
    model: GaussianMixtureModel<F>,
    concentration: Vec<[f64; 2]>,
    precision: Vec<f64>,
    freedom: Vec<f64>,
}

impl<F: Float> BayesianGaussianMixtureModel<F> {
    /// γ of each component: for stick-breaking the two numbers of each break, else one and 0.
    pub fn weight_concentration(&self) -> &[[f64; 2]] {
        &self.concentration
    }

    /// β, k
    pub fn mean_precision(&self) -> &[f64] {
        &self.precision
    }

    /// ν, k; all the same for tied matrices.
    pub fn degrees_of_freedom(&self) -> &[f64] {
        &self.freedom
    }
}

impl<F: Float> Deref for BayesianGaussianMixtureModel<F> {
    type Target = GaussianMixtureModel<F>;
    fn deref(&self) -> &GaussianMixtureModel<F> {
        &self.model
    }
}

/// The component with the largest r.
impl<F: Float> Predict<F> for BayesianGaussianMixtureModel<F> {
    type Output = Array1<usize>;
    fn predict_records(&self, x: Records<'_, F>) -> Result<Array1<usize>> {
        self.model.predict_records(x)
    }
}

impl<F: Float> PredictOne<F> for BayesianGaussianMixtureModel<F> {
    type One<'m> = usize;
    fn predict_one(&self, row: &[F], scratch: &mut Scratch<F>) -> Result<usize> {
        self.model.predict_one(row, scratch)
    }
}

/// Responsibilities r, n × k.
impl<F: Float> PredictProba<F> for BayesianGaussianMixtureModel<F> {
    fn predict_proba_records(&self, x: Records<'_, F>) -> Result<Array2<F>> {
        self.model.predict_proba_records(x)
    }
}

/// Responsibilities r, n × k.
impl<F: Float> Transform<F> for BayesianGaussianMixtureModel<F> {
    type Stored = Dense;
    fn transform_records(&self, x: Records<'_, F>) -> Result<Matrix<F>> {
        self.model.transform_records(x)
    }
    fn feature_names_out(&self) -> Option<Vec<String>> {
        Some((0..self.precision.len()).map(|c| format!("bayesiangaussianmixture{c}")).collect())
    }
}

impl<F: Float> TransformOne<F> for BayesianGaussianMixtureModel<F> {
    fn transform_one(&self, row: &[F], out: &mut Vec<F>, scratch: &mut Scratch<F>) -> Result<()> {
        self.model.transform_one(row, out, scratch)
    }
}

estimand_core::persist!(BayesianGaussianMixtureModel<F>, |model| {
    let k = model.model.weights().len();
    check_len("weight concentrations", k, model.concentration.len())?;
    check_len("mean precisions", k, model.precision.len())?;
    check_len("degrees of freedom", k, model.freedom.len())
});

#[cfg(test)]
mod tests {
    use super::*;
    use estimand_core::Persist;
    use estimand_core::random::Seed;
    use estimand_par as par;
    use ndarray::array;
    use rand::Rng;

    fn cloud(n: usize) -> Array2<f64> {
        let mut stream = Seed(1).stream(0);
        Array2::from_shape_fn((n, 2), |(i, j)| {
            [[0.0, 0.0], [9.0, 2.0]][i % 2][j] + stream.random_range(-1.0..1.0)
        })
    }

    const KINDS: [CovarianceType; 4] =
        [CovarianceType::Full, CovarianceType::Tied, CovarianceType::Diag, CovarianceType::Spherical];

    #[test]
    fn components_that_are_not_needed_lose_their_weight_and_the_bound_never_falls() {
        let x = cloud(400);
        for kind in KINDS {
            for prior in [WeightConcentration::DirichletProcess, WeightConcentration::DirichletDistribution] {
                let settings = BayesianGaussianMixture::new(5).covariance(kind).weight_concentration(prior);
                let settings =
                    settings.weight_concentration_prior(Some(1e-3)).reg_covar(0.0).max_iter(300).tol(1e-6);
                let fit = || settings.fit(&x).unwrap();
                let model = par::with_threads(1, fit).unwrap();
                assert_eq!(par::with_threads(3, fit).unwrap(), model);
                // Rounding, and nothing else.
                assert!(
                    model.lower_bounds().windows(2).all(|b| b[1] >= b[0] - 1e-9 * b[0].abs()),
                    "{kind:?}"
                );
                let heavy = model.weights().iter().filter(|w| **w > 0.05).count();
                assert!((2..5).contains(&heavy), "{kind:?} {prior:?} {}", model.weights());
                assert_eq!(
                    BayesianGaussianMixtureModel::from_bytes(&model.to_bytes().unwrap()).unwrap(),
                    model
                );
            }
        }
    }

    #[test]
    fn one_component_by_hand() {
        // N = 4, x̄ = 0, S = 5: β = 5, ν = 5; ν Σ = W₀ + N S with m₀ = x̄.
        let x = array![[-3.0], [-1.0], [1.0], [3.0]];
        let model = BayesianGaussianMixture::new(1)
            .reg_covar(0.0)
            .covariance_prior(Some(Covariances::Tied(array![[2.0]])))
            .fit(&x)
            .unwrap();
        let Covariances::Full(sigma) = model.covariances() else { panic!() };
        assert!((sigma[[0, 0, 0]] - 22.0 / 5.0).abs() < 1e-12);
        assert_eq!((model.mean_precision(), model.degrees_of_freedom()), (&[5.0][..], &[5.0][..]));
        assert_eq!(model.weight_concentration(), [[5.0, 1.0]]);
        let pulled = BayesianGaussianMixture::new(1).mean_prior(Some(array![10.0])).fit(&x).unwrap();
        assert!((pulled.means()[[0, 0]] - 2.0).abs() < 1e-12);
    }

    #[test]
    fn bad_input_is_refused_in_words() {
        let x = cloud(6);
        let says = |settings: BayesianGaussianMixture, words: &str| {
            let error = settings.fit(&x).unwrap_err().to_string();
            assert!(error.contains(words), "{error}");
        };
        let new = BayesianGaussianMixture::new;
        says(new(7), "n_components");
        says(new(1).mean_prior(Some(array![1.0])), "mean_prior");
        says(new(1).degrees_of_freedom_prior(Some(1.0)), "degrees_of_freedom_prior");
        says(new(1).covariance_prior(Some(Covariances::Spherical(array![1.0]))), "covariance_prior");
        says(
            new(1).covariance_prior(Some(Covariances::Tied(array![[1.0, 2.0], [2.0, 1.0]]))),
            "positive definite",
        );
        says(new(2).shares_init(Some(array![[1.0, 0.0]])), "shares");
    }
}
