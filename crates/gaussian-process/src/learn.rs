//! Hyper-parameters of the largest evidence, from one start and from random ones; and what all processes begin with.

use crate::covariance::{Covariance, Table};
use estimand_core::random::uniform;
use estimand_core::{Error, Float, Records, Report, Result, Samples, Seed, Target};
use estimand_linalg::Cholesky;
use estimand_optim::{Objective, Outcome, Stop, bounded};
use ndarray::{Array2, ArrayView1};

/// Evidence ln p(y | X, θ) and its derivatives by the logarithms of all hyper-parameters; `None` where it has none.
pub(crate) type Evidence = Option<(f64, Vec<f64>)>;

/// How to look for the largest evidence.
pub(crate) struct Search {
    pub(crate) restarts: usize,
    pub(crate) max_iter: usize,
    pub(crate) tol: f64,
    pub(crate) seed: u64,
}

struct Negative<'a, E> {
    covariance: &'a Covariance,
    learnt: Vec<bool>,
    evidence: E,
}

impl<E: FnMut(&Covariance) -> Evidence> Objective for Negative<'_, E> {
    fn gradient(&mut self, theta: &[f64], gradient: &mut [f64]) -> f64 {
        let found = self.covariance.with_theta(theta).ok().and_then(|c| (self.evidence)(&c));
        let Some((value, all)) = found else {
            gradient.fill(0.0);
            return f64::INFINITY;
        };
        let learnt = all.iter().zip(&self.learnt).filter(|(_, learnt)| **learnt);
        gradient.iter_mut().zip(learnt).for_each(|(g, (all, _))| *g = -all);
        -value
    }
}

/// The covariance of the largest evidence found, and how.
///
/// # Errors
/// Where no start has an evidence.
pub(crate) fn learn(
    covariance: &Covariance,
    search: &Search,
    evidence: impl FnMut(&Covariance) -> Evidence,
) -> Result<(Covariance, Report)> {
    let mut objective = Negative { covariance, learnt: covariance.learnt(), evidence };
    let (theta, bounds) = (covariance.theta(), covariance.bounds());
    let stop = Stop { gradient: 0.0, decrease: search.tol, iterations: search.max_iter, ..Stop::default() };
    let mut best: Option<Outcome> = None;
    for restart in 0..=search.restarts {
        let mut stream = Seed(search.seed).stream(restart as u64);
        let start = match restart {
            0 => theta.clone(),
            _ => bounds.iter().map(|(low, high)| low + (high - low) * uniform(&mut stream)).collect(),
        };
        let found = bounded(&mut objective, start, &bounds, stop);
        if found.value.is_finite() && best.as_ref().is_none_or(|best| found.value < best.value) {
            best = Some(found);
        }
    }
    let Some(best) = best else {
        return Err(Error::numerical(
            "covariances of the rows are not positive definite; add noise, or begin with other hyper-parameters",
        ));
    };
    // Rounding of the evidence is as near as any step can come.
    let converged = best.converged() || best.reason == estimand_optim::Reason::Precision;
    let report = Report::iterative("BFGS within bounds", best.iterations, converged).objective(-best.value);
    let at_bounds = best.x.iter().zip(&bounds).any(|(x, (low, high))| x <= low || x >= high);
    let report = if at_bounds {
        report.note("a hyper-parameter is at a bound; the bounds may be too tight")
    } else {
        report
    };
    Ok((covariance.with_theta(&best.x)?, report))
}

/// Rows of positive weight.
pub(crate) struct Rows {
    pub(crate) table: Table,
    /// Their numbers in the records.
    pub(crate) numbers: Vec<usize>,
    pub(crate) weights: Vec<f64>,
}

impl Rows {
    /// # Errors
    /// For records that are not dense and finite, and a covariance of other columns.
    pub(crate) fn new<F: Float, Y: Target>(
        samples: &Samples<'_, F, Y>,
        covariance: &Covariance,
        estimator: &str,
    ) -> Result<Self> {
        samples.check()?;
        let x = samples.x.dense(estimator)?;
        samples.x.check_finite()?;
        covariance.check(x.ncols())?;
        let weight = |w: Option<ArrayView1<'_, F>>, i: usize| w.map_or(1.0, |w| w[i].f64());
        let numbers: Vec<usize> = (0..x.nrows()).filter(|i| weight(samples.weights, *i) > 0.0).collect();
        let weights = numbers.iter().map(|i| weight(samples.weights, *i)).collect();
        Ok(Self { table: Table::new(x, &numbers), numbers, weights })
    }
}

/// Records that are asked about.
///
/// # Errors
/// For records that are not dense and finite, or have other columns.
pub(crate) fn asked<F: Float>(
    features: &estimand_core::Features,
    x: Records<'_, F>,
    estimator: &str,
) -> Result<Table> {
    features.check(x)?;
    x.check_shape()?;
    let dense = x.dense(estimator)?;
    x.check_finite()?;
    Ok(Table::all(dense))
}

/// The transposed of a factor, row by row, with zeros below its diagonal.
pub(crate) fn transposed(factor: &Cholesky<f64>) -> Array2<f64> {
    let mut upper = factor.factor().t().as_standard_layout().into_owned();
    for (i, mut row) in upper.rows_mut().into_iter().enumerate() {
        row.iter_mut().take(i).for_each(|v| *v = 0.0);
    }
    upper
}
