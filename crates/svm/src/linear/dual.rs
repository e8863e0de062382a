//! The dual, one variable at a time: (2) for losses that are not squared. Of squared ones it is
//!
//! ```text
//! minimise  ½ ‖Xᵀβ‖² + ½ s² (Σ β)² − yᵀβ + ε ‖β‖₁ + Σ βᵢ² / 4Cωᵢ      βᵢ of the sign of the label, or free
//! ```
//!
//! whose first rounds take long steps where rows share few columns.

use super::{Found, Task};
use estimand_core::random::{Stream, shuffle};
use estimand_core::{CsrView, Float, MatrixView, Seed};
use estimand_kernels as kernels;

/// Rows of either storage, in `f64` where they are dense.
pub(super) enum Rows<'a, F> {
    Dense(Vec<f64>, usize),
    Sparse(CsrView<'a, F>),
}

impl<'a, F: Float> Rows<'a, F> {
    pub(super) fn of(x: MatrixView<'a, F>) -> Self {
        match x {
            MatrixView::Dense(x) => Self::Dense(x.iter().map(|v| v.f64()).collect(), x.ncols()),
            MatrixView::Sparse(x) => Self::Sparse(x),
        }
    }

    pub(super) fn dot(&self, i: usize, w: &[f64]) -> f64 {
        match self {
            Self::Dense(x, p) => kernels::dot(&x[i * p..(i + 1) * p], w),
            Self::Sparse(x) => kernels::sparse_dot(x.row(i).indices, x.row(i).values, w),
        }
    }

    pub(super) fn add(&self, i: usize, by: f64, w: &mut [f64]) {
        match self {
            Self::Dense(x, p) => kernels::axpy(by, &x[i * p..(i + 1) * p], w),
            Self::Sparse(x) => kernels::sparse_axpy(by, x.row(i).indices, x.row(i).values, w),
        }
    }

    pub(super) fn square(&self, i: usize) -> f64 {
        match self {
            Self::Dense(x, p) => kernels::sum_squares(&x[i * p..(i + 1) * p]),
            Self::Sparse(x) => kernels::sum_squares(x.row(i).values),
        }
    }
}

/// A run under way.
pub(super) struct Descent<'a, 'x, F> {
    task: &'a Task<'x, F>,
    squared: bool,
    rows: Rows<'x, F>,
    curvature: Vec<f64>,
    beta: Vec<f64>,
    pub(super) w: Vec<f64>,
    pub(super) b: f64,
    /// Rows that can move anything, and those of them that are not left out for now.
    all: Vec<usize>,
    active: Vec<usize>,
    /// The largest violation of the last round.
    bound: f64,
    stream: Stream,
}

impl<'a, 'x, F: Float> Descent<'a, 'x, F> {
    /// Begins at 0; s is finite.
    pub(super) fn new(task: &'a Task<'x, F>, squared: bool) -> Self {
        let (n, rows, s2) = (task.y.len(), Rows::of(task.x.values()), task.plan.scale * task.plan.scale);
        let lengths: Vec<f64> = (0..n).map(|i| rows.square(i) + s2).collect();
        // A row without values and without an intercept can move nothing.
        let all: Vec<usize> = (0..n).filter(|i| task.cost[*i] > 0.0 && lengths[*i] > 0.0).collect();
        let (w, beta, active) = (vec![0.0; task.x.ncols()], vec![0.0; n], all.clone());
        let stream = Seed(task.plan.seed).stream(0);
        let mut this = Self {
            task,
            squared,
            rows,
            curvature: lengths,
            beta,
            w,
            b: 0.0,
            all,
            active,
            bound: f64::INFINITY,
            stream,
        };
        (0..n).for_each(|i| this.curvature[i] += this.own(i));
        this
    }

    /// 1 / 2Cω of squared losses.
    fn own(&self, i: usize) -> f64 {
        if self.squared { 0.5 / self.task.cost[i] } else { 0.0 }
    }

    /// Bounds of βᵢ.
    fn bounds(&self, i: usize) -> (f64, f64) {
        let most = if self.squared { f64::INFINITY } else { self.task.cost[i] };
        let (labels, y) = (self.task.labels, self.task.y[i]);
        (if labels && y > 0.0 { 0.0 } else { -most }, if labels && y < 0.0 { 0.0 } else { most })
    }

    /// One round over the active rows; whether the optimality conditions of all rows hold.
    pub(super) fn round(&mut self) -> bool {
        let (task, s2) = (self.task, self.task.plan.scale * self.task.plan.scale);
        let mut active = std::mem::take(&mut self.active);
        let whole = active.len() == self.all.len();
        shuffle(&mut active, &mut self.stream);
        let (mut violation, mut kept) = (0.0_f64, Vec::with_capacity(active.len()));
        for i in active {
            let (q, (l, h), old) = (self.curvature[i], self.bounds(i), self.beta[i]);
            let g = self.rows.dot(i, &self.w) + self.b - task.y[i] + self.own(i) * old;
            // At a bound, and pressed against it harder than anything moved in the last round.
            if (old == h && g + task.epsilon < -self.bound) || (old == l && g - task.epsilon > self.bound) {
                continue;
            }
            kept.push(i);
            let (aim, step) = (old - g / q, task.epsilon / q);
            let soft = if aim > step {
                aim - step
            } else if aim < -step {
                aim + step
            } else {
                0.0
            };
            let new = soft.clamp(l, h);
            let change = new - old;
            violation = violation.max(change.abs() * q);
            if change != 0.0 {
                self.beta[i] = new;
                self.rows.add(i, change, &mut self.w);
                self.b += s2 * change;
            }
        }
        let still = violation <= task.plan.tol;
        let converged = still && whole && kept.len() == self.all.len();
        (self.active, self.bound) = if still { (self.all.clone(), f64::INFINITY) } else { (kept, violation) };
        converged
    }
}

pub(super) fn solve<F: Float>(task: &Task<'_, F>) -> Found {
    let (n, s2) = (task.y.len(), task.plan.scale * task.plan.scale);
    let mut run = Descent::new(task, false);
    let (mut iterations, mut converged) = (0, false);
    while !converged && iterations < task.plan.max_iter {
        iterations += 1;
        converged = run.round();
    }
    let Descent { rows, w, b, .. } = run;
    let loss: f64 = (0..n)
        .map(|i| {
            let z = rows.dot(i, &w) + b;
            let error = if task.labels { 1.0 - task.y[i] * z } else { (task.y[i] - z).abs() - task.epsilon };
            task.cost[i] * error.max(0.0)
        })
        .sum();
    let own = if s2 > 0.0 { b * b / s2 } else { 0.0 };
    let solver = "dual coordinate descent";
    Found { solver, objective: (kernels::sum_squares(&w) + own) / 2.0 + loss, w, b, iterations, converged }
}
