//! Equations (2) and (3).

use crate::covariance::{Covariance, Program, Table};
use crate::learn::Evidence;
use estimand_core::{Error, Result};
use estimand_linalg::Cholesky;
use ndarray::Array2;
use std::f64::consts::TAU;

/// What the evidence is of.
pub(crate) struct Data {
    pub(crate) table: Table,
    pub(crate) weights: Vec<f64>,
    pub(crate) alpha: Vec<f64>,
    /// n × t
    pub(crate) y: Array2<f64>,
}

/// L, a and (2).
pub(crate) struct Posterior {
    pub(crate) factor: Cholesky<f64>,
    /// t × n, row by row
    pub(crate) dual: Array2<f64>,
    pub(crate) evidence: f64,
    noise: Vec<f64>,
}

pub(crate) fn indefinite() -> Error {
    Error::numerical("covariances of the rows are not positive definite; raise `alpha`, or add white noise")
}

/// nᵢ: `alpha`, and the white noise of the covariance.
pub(crate) fn noise(program: &Program, table: &Table, alpha: &[f64]) -> (Vec<f64>, Vec<f64>) {
    let equal = program.diagonal(table, false);
    let same = program.diagonal(table, true);
    let noise =
        same.iter().zip(&equal).zip(alpha).map(|((same, equal), alpha)| same - equal + alpha).collect();
    (equal, noise)
}

/// −½ Σ [(ωᵢ − 1) ln 2πnᵢ + ln ωᵢ]: what repeated rows have beside one row of less noise.
///
/// # Errors
/// For a weight of a row without noise: repeated, it would have no density.
pub(crate) fn repetitions(weights: &[f64], noise: &[f64]) -> Result<f64> {
    let mut sum = 0.0;
    for (w, n) in weights.iter().zip(noise).filter(|(w, _)| **w != 1.0) {
        if *n <= 0.0 {
            return Err(Error::parameter("alpha", 0, "above 0 where rows have weights"));
        }
        sum -= 0.5 * ((w - 1.0) * (TAU * n).ln() + w.ln());
    }
    Ok(sum)
}

impl Data {
    /// L and a.
    ///
    /// # Errors
    /// Where A is not positive definite.
    pub(crate) fn posterior(&self, program: &Program) -> Result<Posterior> {
        let (n, outputs) = self.y.dim();
        let (equal, noise) = noise(program, &self.table, &self.alpha);
        let repeated = repetitions(&self.weights, &noise)?;
        let diagonal: Vec<f64> =
            equal.iter().zip(&noise).zip(&self.weights).map(|((k, n), w)| k + n / w).collect();
        let factor = Cholesky::of(program.lower(&self.table, &diagonal)).map_err(|_| indefinite())?;
        let dual = factor.solve(self.y.view());
        let fit: f64 = self.y.iter().zip(&dual).map(|(y, a)| y * a).sum();
        let each = 0.5 * factor.log_det() + 0.5 * n as f64 * TAU.ln() - repeated;
        let evidence = -0.5 * fit - outputs as f64 * each;
        match evidence.is_finite() {
            true => {
                Ok(Posterior { factor, dual: dual.t().as_standard_layout().into_owned(), evidence, noise })
            }
            false => Err(indefinite()),
        }
    }

    /// (2) and (3)
    pub(crate) fn evidence(&self, covariance: &Covariance) -> Evidence {
        let program = Program::new(covariance, self.table.width());
        let posterior = self.posterior(&program).ok()?;
        let (n, outputs) = (self.table.len(), self.y.ncols() as f64);
        let inverse = posterior.factor.inverse_lower().reversed_axes();
        let (inverse, dual) = (inverse.as_slice()?, posterior.dual.as_slice()?);
        // Each pair stands twice in (3).
        let pair = |i: usize, c: std::ops::Range<usize>, a: &mut [f64]| {
            let column = &inverse[i * n + c.start..i * n + c.end];
            a.iter_mut().zip(column).for_each(|(a, v)| *a = -outputs * v);
            for dual in dual.chunks_exact(n) {
                let own = dual[i];
                a.iter_mut().zip(&dual[c.clone()]).for_each(|(a, other)| *a += own * other);
            }
        };
        let mut gradient = program.gradient(&self.table, pair);
        let (mut equal, mut same) = (vec![0.0; n], vec![0.0; n]);
        for i in 0..n {
            let squares: f64 = dual.iter().skip(i).step_by(n).map(|a| a * a).sum();
            let own = 0.5 * (squares - outputs * inverse[i * n + i]);
            let w = self.weights[i];
            let more = if w == 1.0 { 0.0 } else { 0.5 * outputs * (w - 1.0) / posterior.noise[i] };
            (equal[i], same[i]) = (own * (1.0 - 1.0 / w) + more, own / w - more);
        }
        for part in [
            program.diagonal_gradient(&self.table, false, &equal),
            program.diagonal_gradient(&self.table, true, &same),
        ] {
            gradient.iter_mut().zip(part).for_each(|(g, part)| *g += part);
        }
        Some((posterior.evidence, gradient))
    }
}
