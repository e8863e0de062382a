//! The mode (1), the evidence (2) and its gradient.
//!
//! ```text
//! b = Wf + g        a = b − √W B⁻¹ √W K b        f ← Ka                               Newton's step for (1)
//! R = √W B⁻¹ √W     C = L⁻¹√W K      s = −½ diag(K − CᵀC) ωπ(1 − π)(1 − 2π)       u = s − RKs
//! ∂ ln p / ∂θ = Σᵢⱼ Mᵢⱼ ∂Kᵢⱼ/∂θ      M = ½ (aaᵀ − R + ugᵀ + guᵀ)
//! ```

use crate::covariance::{Covariance, Program, Table};
use crate::learn::Evidence;
use estimand_core::{Error, Result};
use estimand_linalg::{Cholesky, matvec};
use ndarray::{Array1, Array2, Axis};

/// One class against the others.
pub(super) struct Task<'a> {
    pub(super) table: &'a Table,
    pub(super) weights: &'a [f64],
    pub(super) positive: Vec<bool>,
    pub(super) steps: usize,
}

/// What is known at f̂.
pub(super) struct Mode {
    pub(super) factor: Cholesky<f64>,
    /// √W
    pub(super) roots: Array1<f64>,
    /// g
    pub(super) pull: Array1<f64>,
    pub(super) evidence: f64,
    /// a = K⁻¹f̂
    a: Array1<f64>,
    /// dW / df
    turn: Array1<f64>,
}

/// Rise of Ψ that counts as none.
const RISE: f64 = 1e-10;
/// Halvings of a step.
const HALVINGS: usize = 30;

impl Task<'_> {
    /// σ(f), with the sign of the class.
    fn signed(&self, i: usize, f: f64) -> f64 {
        if self.positive[i] { f } else { -f }
    }

    /// Ψ for f = Ka
    fn psi(&self, f: &Array1<f64>, a: &Array1<f64>) -> f64 {
        let loss = |i: usize| {
            let z = self.signed(i, f[i]);
            self.weights[i] * ((-z.abs()).exp().ln_1p() + (-z).max(0.0))
        };
        -0.5 * a.dot(f) - (0..f.len()).map(loss).sum::<f64>()
    }

    /// g, W and dW / df at f.
    fn slopes(&self, f: &Array1<f64>) -> [Array1<f64>; 3] {
        let pi = f.mapv(|f| if f >= 0.0 { 1.0 / (1.0 + (-f).exp()) } else { f.exp() / (1.0 + f.exp()) });
        let of = |g: &dyn Fn(usize, f64) -> f64| {
            Array1::from_iter(pi.iter().enumerate().map(|(i, pi)| self.weights[i] * g(i, *pi)))
        };
        let rest = |f: f64| 1.0 / (1.0 + f.exp());
        // 1 − π without cancellation.
        [
            of(&|i, pi| if self.positive[i] { rest(f[i]) } else { -pi }),
            of(&|i, pi| pi * rest(f[i])),
            of(&|i, pi| pi * rest(f[i]) * (1.0 - 2.0 * pi)),
        ]
    }

    /// B = LLᵀ
    fn factor(k: &Array2<f64>, roots: &Array1<f64>) -> Result<Cholesky<f64>> {
        let mut b = k.clone();
        for (j, mut column) in b.columns_mut().into_iter().enumerate() {
            column.iter_mut().zip(roots).for_each(|(v, root)| *v *= root * roots[j]);
            column[j] += 1.0;
        }
        Cholesky::of(b).map_err(|_| Error::numerical("covariances of the rows are not positive semidefinite"))
    }

    /// All of K.
    fn covariances(&self, program: &Program) -> Array2<f64> {
        crate::regression::prior(program, self.table)
    }

    /// The mode, and whether the steps were enough.
    pub(super) fn mode(&self, covariance: &Covariance) -> Result<(Mode, bool)> {
        let program = Program::new(covariance, self.table.width());
        self.find(&self.covariances(&program))
    }

    fn find(&self, k: &Array2<f64>) -> Result<(Mode, bool)> {
        let n = self.table.len();
        let (mut f, mut a) = (Array1::<f64>::zeros(n), Array1::<f64>::zeros(n));
        let (mut psi, mut settled) = (self.psi(&f, &a), false);
        for _ in 0..self.steps {
            let [pull, w, _] = self.slopes(&f);
            let roots = w.mapv(f64::sqrt);
            let factor = Self::factor(k, &roots)?;
            let b = &w * &f + &pull;
            let inner = &roots * &matvec(k.view(), b.view());
            let aim = &b - &(&roots * &factor.solve_vec(inner.view()));
            let (mut step, mut found) = (1.0, None);
            for _ in 0..HALVINGS {
                let next = &a + &((&aim - &a) * step);
                let there = matvec(k.view(), next.view());
                let value = self.psi(&there, &next);
                if value.is_finite() && value >= psi - RISE * psi.abs().max(1.0) {
                    found = Some((next, there, value));
                    break;
                }
                step *= 0.5;
            }
            let Some((next, there, value)) = found else {
                // Rounding hides every rise.
                settled = true;
                break;
            };
            let rise = value - psi;
            (a, f, psi) = (next, there, value);
            if rise <= RISE * psi.abs().max(1.0) {
                settled = true;
                break;
            }
        }
        let [pull, w, turn] = self.slopes(&f);
        let roots = w.mapv(f64::sqrt);
        let factor = Self::factor(k, &roots)?;
        let evidence = psi - 0.5 * factor.log_det();
        match evidence.is_finite() {
            true => Ok((Mode { factor, roots, pull, evidence, a, turn }, settled)),
            false => Err(Error::numerical("the evidence leaves the range of f64; scale the columns first")),
        }
    }

    /// (2) and its gradient.
    pub(super) fn evidence(&self, covariance: &Covariance) -> Evidence {
        let program = Program::new(covariance, self.table.width());
        let k = self.covariances(&program);
        let (mode, _) = self.find(&k).ok()?;
        let n = self.table.len();
        let Mode { factor, roots, pull, evidence, a, turn } = mode;
        // R, of which the lower triangle is kept: column i stands in row i here.
        let mut r = factor.inverse_lower().reversed_axes();
        for (i, mut row) in r.rows_mut().into_iter().enumerate() {
            row.iter_mut().zip(&roots).for_each(|(v, root)| *v *= root * roots[i]);
        }
        let mut c = &k * &roots.view().insert_axis(Axis(1));
        factor.half_solve_inplace(c.view_mut());
        let known = c.columns().into_iter().map(|column| column.dot(&column));
        let s: Array1<f64> =
            known.zip(k.diag()).zip(&turn).map(|((known, own), turn)| -0.5 * (own - known) * turn).collect();
        let ks = &roots * &matvec(k.view(), s.view());
        let u = &s - &(&roots * &factor.solve_vec(ks.view()));
        let (r, a, u, g) = (r.as_slice()?, a.as_slice()?, u.as_slice()?, pull.as_slice()?);
        let pair = |i: usize, c: std::ops::Range<usize>, out: &mut [f64]| {
            for (out, c) in out.iter_mut().zip(c) {
                *out = a[i] * a[c] - r[i * n + c] + u[i] * g[c] + g[i] * u[c];
            }
        };
        let own: Vec<f64> = (0..n).map(|i| 0.5 * (a[i] * a[i] - r[i * n + i]) + u[i] * g[i]).collect();
        let diagonal = program.diagonal_gradient(self.table, true, &own);
        let mut gradient = program.gradient(self.table, pair);
        gradient.iter_mut().zip(diagonal).for_each(|(g, part)| *g += part);
        Some((evidence, gradient))
    }
}
