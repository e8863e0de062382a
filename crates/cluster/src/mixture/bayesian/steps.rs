//! The equations, and the steps they are taken in.

use super::{BayesianGaussianMixture, NAME, WeightConcentration};
use crate::mixture::components::{Components, Rows, Sums, sums};
use crate::mixture::covariance::Density;
use crate::mixture::{CovarianceType, Covariances, GaussianMixture};
use estimand_core::stats::{digamma, ln_gamma};
use estimand_core::{Error, Float, Result, Samples};
use ndarray::{Array1, Array2, Axis};

/// The priors of (1).
pub(super) struct Priors {
    concentration: f64,
    mean: Array1<f64>,
    freedom: f64,
    /// W₀: p × p, its diagonal as p × 1, or 1 × 1.
    covariance: Array2<f64>,
}

/// The distributions of what is learnt.
pub(super) struct Posterior {
    pub(super) components: Components,
    /// Of stick-breaking, the two numbers of each break; else γ_c and 0.
    pub(super) concentration: Vec<[f64; 2]>,
    /// β
    pub(super) precision: Vec<f64>,
    /// ν
    pub(super) freedom: Vec<f64>,
    /// What stands in place of ln π in (2).
    pub(super) logs: Vec<f64>,
    /// −½ ln det Σ
    half_logs: Vec<f64>,
}

/// Where the steps ended.
pub(super) struct Outcome {
    pub(super) posterior: Posterior,
    pub(super) bounds: Vec<f64>,
    pub(super) converged: bool,
}

impl BayesianGaussianMixture {
    /// What is shared with the mixture without priors.
    pub(super) fn plain(&self) -> GaussianMixture {
        GaussianMixture::new(self.n_components)
            .covariance(self.covariance)
            .reg_covar(self.reg_covar)
            .init(self.init)
            .seed(self.seed)
    }

    pub(super) fn priors<F: Float>(
        &self,
        rows: &Rows<'_, F>,
        samples: &Samples<'_, F, ()>,
    ) -> Result<Priors> {
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

    pub(super) fn run<F: Float>(
        &self,
        rows: &Rows<'_, F>,
        priors: &Priors,
        start: &Components,
    ) -> Result<Outcome> {
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
