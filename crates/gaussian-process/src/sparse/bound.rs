//! Equation (2) and its gradient.
//!
//! ```text
//! J = ½ (I − B⁻¹ − ββᵀ)       H = ½ (2I − B⁻¹ − B − ββᵀ)            r = V S⁻¹ y
//! ∂F/∂K_zx = L⁻ᵀ (2JV + βyᵀ) S⁻¹                  ∂F/∂K_zz = L⁻ᵀ H L⁻¹              ∂F/∂Kᵢᵢ = −½ Sᵢᵢ⁻¹
//! ∂F/∂Sᵢᵢ⁻¹ = vᵢᵀJvᵢ + yᵢ βᵀvᵢ + ½ Sᵢᵢ − ½ yᵢ² − ½ Kᵢᵢ
//! ```

use crate::covariance::{Covariance, Program, Table};
use crate::learn::Evidence;
use crate::regression::{noise, repetitions};
use estimand_core::{Error, Result};
use estimand_linalg::{Cholesky, Triangle, matmul, matmul_add, matvec, solve_triangular};
use ndarray::{Array1, Array2, Axis};
use std::f64::consts::TAU;
use std::ops::Range;

/// Rows of X that are taken together.
const BLOCK: usize = 4096;
/// Share of its diagonal that is added to K_zz, so that points close to one another do no harm.
const JITTER: f64 = 1e-8;

pub(super) struct Data {
    pub(super) x: Table,
    pub(super) points: Table,
    pub(super) weights: Vec<f64>,
    pub(super) alpha: Vec<f64>,
    pub(super) y: Vec<f64>,
}

pub(super) struct Posterior {
    pub(super) l: Cholesky<f64>,
    pub(super) m: Cholesky<f64>,
    /// a = L⁻ᵀβ
    pub(super) dual: Array1<f64>,
    pub(super) bound: f64,
    b: Array2<f64>,
    beta: Array1<f64>,
    /// Kᵢᵢ without white noise
    own: Vec<f64>,
    noise: Vec<f64>,
    /// S⁻¹
    precision: Vec<f64>,
}

fn indefinite() -> Error {
    Error::numerical("covariances of the inducing points are not positive definite")
}

impl Data {
    fn blocks(&self) -> impl Iterator<Item = Range<usize>> + use<> {
        let n = self.x.len();
        (0..n).step_by(BLOCK).map(move |from| from..n.min(from + BLOCK))
    }

    /// V for a block of rows, m × rows, column by column.
    fn whitened(&self, program: &Program, l: &Cholesky<f64>, rows: &Range<usize>) -> Array2<f64> {
        let some = self.x.select(&rows.clone().collect::<Vec<_>>());
        let mut v = program.cross(&some, &self.points).reversed_axes();
        l.half_solve_inplace(v.view_mut());
        v
    }

    /// # Errors
    /// For rows without noise; where K_zz is not positive definite.
    pub(super) fn posterior(&self, program: &Program) -> Result<Posterior> {
        let (n, m) = (self.x.len(), self.points.len());
        let (own, noise) = noise(program, &self.x, &self.alpha);
        if noise.iter().any(|n| *n <= 0.0) {
            return Err(Error::parameter("alpha", 0, "above 0, or a kernel with white noise"));
        }
        let repeated = repetitions(&self.weights, &noise)?;
        let precision: Vec<f64> = noise.iter().zip(&self.weights).map(|(n, w)| w / n).collect();
        let diagonal: Vec<f64> =
            program.diagonal(&self.points, false).into_iter().map(|k| k * (1.0 + JITTER)).collect();
        let l = Cholesky::of(program.lower(&self.points, &diagonal)).map_err(|_| indefinite())?;
        let (mut b, mut r) = (Array2::eye(m), Array1::<f64>::zeros(m));
        for rows in self.blocks() {
            let v = self.whitened(program, &l, &rows);
            let mut weighed = v.clone();
            for (mut column, i) in weighed.columns_mut().into_iter().zip(rows.clone()) {
                column *= precision[i];
            }
            matmul_add(1.0, weighed.view(), v.t(), b.view_mut());
            r += &matvec(weighed.view(), ndarray::aview1(&self.y[rows]));
        }
        let factor = Cholesky::new(b.view()).map_err(|_| indefinite())?;
        let beta = factor.solve_vec(r.view());
        let square: f64 = self.y.iter().zip(&precision).map(|(y, s)| y * y * s).sum();
        let logs: f64 = precision.iter().map(|s| s.ln()).sum();
        let spread: f64 = own.iter().zip(&precision).map(|(k, s)| k * s).sum();
        let bound = -0.5
            * (n as f64 * TAU.ln() - logs + factor.log_det() + square - r.dot(&beta) + spread
                - (b.diag().sum() - m as f64))
            + repeated;
        if !bound.is_finite() {
            return Err(Error::numerical("the bound leaves the range of f64; scale the columns first"));
        }
        let mut dual = beta.clone();
        solve_triangular(l.factor().t(), Triangle::Upper, dual.view_mut().insert_axis(Axis(1)));
        Ok(Posterior { l, m: factor, dual, bound, b, beta, own, noise, precision })
    }

    /// (2) and its gradient.
    pub(super) fn evidence(&self, covariance: &Covariance) -> Evidence {
        let program = Program::new(covariance, self.x.width());
        let p = self.posterior(&program).ok()?;
        let (n, m) = (self.x.len(), self.points.len());
        let inverse = p.m.inverse();
        let outer = |i: usize, j: usize| p.beta[i] * p.beta[j];
        let eye = |i: usize, j: usize| f64::from(u8::from(i == j));
        let j = Array2::from_shape_fn((m, m), |(i, j)| 0.5 * (eye(i, j) - inverse[[i, j]] - outer(i, j)));
        let mut h = Array2::from_shape_fn((m, m), |(i, k)| {
            0.5 * (2.0 * eye(i, k) - inverse[[i, k]] - p.b[[i, k]] - outer(i, k))
        });
        let upper = p.l.factor().reversed_axes();
        // L⁻ᵀ H L⁻¹: the transposed of L⁻ᵀ H is H L⁻¹, because H is symmetric.
        solve_triangular(upper, Triangle::Upper, h.view_mut());
        let mut h = h.reversed_axes();
        solve_triangular(upper, Triangle::Upper, h.view_mut());
        let mut gradient = program.gradient(&self.points, |i, c, a| {
            a.iter_mut().zip(c).for_each(|(a, c)| *a = h[[i, c]] + h[[c, i]]);
        });
        let own: Vec<f64> = h.diag().iter().map(|v| v * (1.0 + JITTER)).collect();
        let mut add = |part: Vec<f64>| gradient.iter_mut().zip(part).for_each(|(g, part)| *g += part);
        add(program.diagonal_gradient(&self.points, false, &own));
        let (mut equal, mut same) = (vec![0.0; n], vec![0.0; n]);
        for rows in self.blocks() {
            let v = self.whitened(&program, &p.l, &rows);
            let mut pull = matmul(j.view(), v.view());
            let columns = pull.columns_mut().into_iter().zip(v.columns()).zip(rows.clone());
            for ((mut pull, v), i) in columns {
                let (y, s, w, noise) = (self.y[i], p.precision[i], self.weights[i], p.noise[i]);
                let of_precision = v.dot(&pull) + y * p.beta.dot(&v) + 0.5 / s - 0.5 * y * y - 0.5 * p.own[i];
                let of_noise = -of_precision * s / noise - 0.5 * (w - 1.0) / noise;
                (same[i], equal[i]) = (of_noise, -of_noise - 0.5 * s);
                pull.zip_mut_with(&p.beta, |pull, beta| *pull = s * (2.0 * *pull + y * beta));
            }
            solve_triangular(upper, Triangle::Upper, pull.view_mut());
            let some = self.x.select(&rows.collect::<Vec<_>>());
            add(program.cross_gradient(&some, &self.points, |i, c, a| {
                a.iter_mut().zip(c).for_each(|(a, c)| *a = pull[[c, i]]);
            }));
        }
        add(program.diagonal_gradient(&self.x, false, &equal));
        add(program.diagonal_gradient(&self.x, true, &same));
        Some((p.bound, gradient))
    }
}
