//! Losses that are not squared: (2), one variable at a time.

use super::rounds::rounds;
use super::{Found, Task};
use estimand_core::{CsrView, Float, MatrixView};
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

pub(super) fn solve<F: Float>(task: &Task<'_, F>) -> Found {
    let (n, rows, s2) = (task.y.len(), Rows::of(task.x.values()), task.plan.scale * task.plan.scale);
    let low = |i: usize| if task.labels && task.y[i] > 0.0 { 0.0 } else { -task.cost[i] };
    let high = |i: usize| if task.labels && task.y[i] < 0.0 { 0.0 } else { task.cost[i] };
    let curvature: Vec<f64> = (0..n).map(|i| rows.square(i) + s2).collect();
    let (mut w, mut b, mut beta) = (vec![0.0; task.x.ncols()], 0.0, vec![0.0; n]);
    // A row without values and without an intercept can move nothing.
    let all: Vec<usize> = (0..n).filter(|i| task.cost[*i] > 0.0 && curvature[*i] > 0.0).collect();
    let (iterations, converged) = rounds(
        &all,
        task.plan,
        |_| task.plan.tol,
        |i, bound| {
            let (q, l, h, old) = (curvature[i], low(i), high(i), beta[i]);
            let g = rows.dot(i, &w) + b - task.y[i];
            if (old == h && g + task.epsilon < -bound) || (old == l && g - task.epsilon > bound) {
                return None;
            }
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
            if change != 0.0 {
                beta[i] = new;
                rows.add(i, change, &mut w);
                b += s2 * change;
            }
            Some(change.abs() * q)
        },
    );
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
