//! An L1 penalty and a squared loss: one coefficient at a time, by a step of Newton's method along it.
//!
//! ```text
//! minimise  ‖w‖₁ + |b| / s + Σ C ωᵢ max(0, 1 − yᵢzᵢ)²
//! G = ∂/∂wⱼ of the losses      H = ∂²/∂wⱼ²
//! d = −(G + 1) / H  where G + 1 ≤ H wⱼ      −(G − 1) / H  where G − 1 ≥ H wⱼ      −wⱼ  elsewhere
//! halved until the objective falls by σ (Gd + |wⱼ + d| − |wⱼ|)
//! ```
//!
//! Coefficients at 0 whose gradient is well inside [−1, 1] are left out for a while. A round costs O(np).
//!
//! References: \[Fan08\], \[Yuan10\].

use super::rounds::rounds;
use super::{Found, Task};
use estimand_core::{Float, MatrixView};

/// σ
const DECREASE: f64 = 0.01;
/// Most halvings of a step.
const HALVINGS: usize = 20;
/// Most steps of the intercept alone, before the others.
const STEPS: usize = 100;
/// H where no row costs anything.
const LEAST: f64 = 1e-12;

/// Columns: rows and values of what is stored, y times the value.
struct Columns {
    starts: Vec<usize>,
    rows: Vec<u32>,
    values: Vec<f64>,
}

impl Columns {
    /// With a last column of ones for an intercept.
    fn new<F: Float>(task: &Task<'_, F>, intercept: bool) -> Self {
        let (mut starts, mut rows, mut values) = (vec![0], Vec::new(), Vec::new());
        let mut push = |i: usize, x: f64| {
            if x != 0.0 {
                rows.push(i as u32);
                values.push(task.y[i] * x);
            }
            rows.len()
        };
        let mut ends = Vec::new();
        match task.x.values() {
            MatrixView::Dense(x) => {
                for column in x.columns() {
                    let mut end = ends.last().copied().unwrap_or(0);
                    column.iter().enumerate().for_each(|(i, x)| end = push(i, x.f64()));
                    ends.push(end);
                }
            }
            MatrixView::Sparse(x) => {
                for column in x.transpose().view().outer_iter() {
                    let mut end = ends.last().copied().unwrap_or(0);
                    column.iter().for_each(|(i, x)| end = push(i, x.f64()));
                    ends.push(end);
                }
            }
        }
        if intercept {
            let mut end = 0;
            (0..task.y.len()).for_each(|i| end = push(i, 1.0));
            ends.push(end);
        }
        starts.extend(ends);
        Self { starts, rows, values }
    }

    fn each(&self, j: usize) -> impl Iterator<Item = (usize, f64)> + '_ {
        let at = self.starts[j]..self.starts[j + 1];
        self.rows[at.clone()].iter().map(|i| *i as usize).zip(self.values[at].iter().copied())
    }
}

/// A run under way.
struct Descent<'a, 'x, F> {
    task: &'a Task<'x, F>,
    columns: Columns,
    w: Vec<f64>,
    /// 1 − yz
    errors: Vec<f64>,
}

impl<F: Float> Descent<'_, '_, F> {
    fn penalty(&self, j: usize) -> f64 {
        if j < self.task.x.ncols() { 1.0 } else { 1.0 / self.task.plan.scale }
    }

    /// Moves coefficient j; how far off its optimality condition was before, or `None` if it is at 0 and well inside
    /// its bounds.
    fn visit(&mut self, j: usize, bound: f64) -> Option<f64> {
        let (cost, own, old) = (&self.task.cost, self.penalty(j), self.w[j]);
        let (mut g, mut h) = (0.0, 0.0);
        for (i, x) in self.columns.each(j).filter(|(i, _)| self.errors[*i] > 0.0) {
            g -= 2.0 * cost[i] * x * self.errors[i];
            h += 2.0 * cost[i] * x * x;
        }
        let h = f64::max(h, LEAST);
        let off = match old {
            0.0 if g + own < 0.0 => -(g + own),
            0.0 if g - own > 0.0 => g - own,
            0.0 if g + own > bound && g - own < -bound => return None,
            0.0 => 0.0,
            old => (g + own.copysign(old)).abs(),
        };
        let d = if g + own <= h * old {
            -(g + own) / h
        } else if g - own >= h * old {
            -(g - own) / h
        } else {
            -old
        };
        if d.abs() < LEAST {
            return Some(off);
        }
        let square = |e: f64| if e > 0.0 { e * e } else { 0.0 };
        let whole = g * d + own * ((old + d).abs() - old.abs());
        let mut step = d;
        for _ in 0..HALVINGS {
            let losses =
                |(i, x): (usize, f64)| cost[i] * (square(self.errors[i] - step * x) - square(self.errors[i]));
            let change =
                self.columns.each(j).map(losses).sum::<f64>() + own * ((old + step).abs() - old.abs());
            if change <= DECREASE * whole * (step / d) {
                self.w[j] = old + step;
                let errors = &mut self.errors;
                self.columns.each(j).for_each(|(i, x)| errors[i] -= step * x);
                break;
            }
            step *= 0.5;
        }
        Some(off)
    }
}

pub(super) fn solve<F: Float>(task: &Task<'_, F>) -> Found {
    let (n, p, intercept) = (task.y.len(), task.x.ncols(), task.plan.scale > 0.0);
    let columns = Columns::new(task, intercept);
    let w = vec![0.0; p + usize::from(intercept)];
    let all: Vec<usize> = (0..w.len()).collect();
    let mut run = Descent { task, columns, w, errors: vec![1.0; n] };
    // The intercept first: beside a wrong one all coefficients would have to stand in for it.
    if intercept {
        let first = run.visit(p, f64::INFINITY);
        for _ in 0..STEPS {
            if run.visit(p, f64::INFINITY) <= first.map(|off| task.plan.tol * off) {
                break;
            }
        }
    }
    let tol = |first: f64| task.plan.tol * first.max(1.0);
    let (iterations, converged) = rounds(&all, task.plan, tol, |j, bound| run.visit(j, bound));
    let loss: f64 = run.errors.iter().zip(task.cost).map(|(e, cost)| cost * e.max(0.0) * e.max(0.0)).sum();
    let objective = loss + (0..run.w.len()).map(|j| run.penalty(j) * run.w[j].abs()).sum::<f64>();
    let b = if intercept { run.w[p] } else { 0.0 };
    run.w.truncate(p);
    Found { solver: "primal coordinate descent", w: run.w, b, iterations, converged, objective }
}
