//! Squared losses: (1) has a gradient, and second derivatives nearly everywhere.
//!
//! ```text
//! eᵢ: 1 − yz where that is positive, or |y − z| − ε      ℓ = e²      ∂ℓ/∂z = ∓2e      ∂²ℓ/∂z² = 2 where e > 0
//! ∇f = w + Xᵀr      H = I + Xᵀ diag(h) X      and the same with a column s for the intercept, w_b = b / s
//! ```

use super::{Found, Task};
use estimand_core::{Float, MatrixView};
use estimand_linalg::{self as linalg, Moments, products_t, sparse};
use estimand_optim::{Curved, Objective, Outcome, Reason, Stop, lbfgs, newton};
use ndarray::{Array1, Array2, ArrayView1, ArrayViewMut2};

/// From this many columns on, the Hessian costs more than it brings.
const WIDE: usize = 1000;

/// (1) with variables w and, if there is an intercept, b.
struct Loss<'a, 'x, F> {
    task: &'a Task<'x, F>,
    /// 1 / s²; 0 where the intercept is free.
    penalty: f64,
    intercept: bool,
    /// The largest gradient at 0, which bounds are relative to.
    unit: f64,
}

pub(super) fn solve<F: Float>(task: &Task<'_, F>) -> Found {
    let p = task.x.ncols();
    let intercept = task.plan.scale > 0.0;
    let penalty = if task.plan.scale.is_infinite() { 0.0 } else { 1.0 / (task.plan.scale * task.plan.scale) };
    let mut loss = Loss { task, penalty, intercept, unit: 1.0 };
    let start = vec![0.0; p + usize::from(intercept)];
    let mut gradient = start.clone();
    loss.gradient(&start, &mut gradient);
    loss.unit = gradient.iter().fold(0.0_f64, |max, g| max.max(g.abs()));
    if loss.unit == 0.0 {
        loss.unit = 1.0;
    }
    let stop = Stop {
        gradient: task.plan.tol,
        decrease: task.plan.tol * 1e-4,
        iterations: task.plan.max_iter,
        ..Stop::default()
    };
    let quick = p <= WIDE && matches!(task.x.values(), MatrixView::Dense(_));
    let Outcome { x, value, iterations, reason, .. } =
        if quick { newton(&mut loss, start, stop) } else { lbfgs(&mut loss, start, stop) };
    let converged = matches!(reason, Reason::Converged | Reason::Precision);
    let b = if intercept { x[p] } else { 0.0 };
    let solver = if quick { "Newton" } else { "L-BFGS" };
    Found { solver, w: x[..p].to_vec(), b, iterations, converged, objective: value }
}

impl<F: Float> Loss<'_, '_, F> {
    /// f, and of each row ∂ℓ/∂z and ∂²ℓ/∂z², both times C ω.
    fn rows(&self, x: &[f64]) -> (f64, Vec<f64>, Vec<f64>) {
        let (p, task) = (self.task.x.ncols(), self.task);
        let b = if self.intercept { x[p] } else { 0.0 };
        let w: Array1<F> = x[..p].iter().map(|w| F::of(*w)).collect();
        let z = match task.x.values() {
            MatrixView::Dense(records) => linalg::matvec(records, w.view()),
            MatrixView::Sparse(records) => sparse::matvec(records, w.view()),
        };
        let mut value = (x[..p].iter().map(|w| w * w).sum::<f64>() + self.penalty * b * b) / 2.0;
        let (mut slopes, mut curvatures) = (vec![0.0; z.len()], vec![0.0; z.len()]);
        for (i, z) in z.iter().enumerate() {
            let (z, y, cost) = (z.f64() + b, task.y[i], task.cost[i]);
            let r = if task.labels { y * (1.0 - y * z) } else { y - z };
            let error = if task.labels { y * r } else { r.abs() - task.epsilon };
            if error > 0.0 {
                value += cost * error * error;
                slopes[i] = -2.0 * cost * error * r.signum();
                curvatures[i] = 2.0 * cost;
            } else if error.is_nan() {
                value = f64::NAN;
            }
        }
        (value, slopes, curvatures)
    }

    fn slope(&self, x: &[f64], slopes: &[f64], gradient: &mut [f64]) {
        let p = self.task.x.ncols();
        let column = ArrayView1::from(slopes).insert_axis(ndarray::Axis(1));
        let sums = products_t(self.task.x.values(), column);
        for j in 0..p {
            gradient[j] = x[j] + sums[[j, 0]];
        }
        if self.intercept {
            gradient[p] = self.penalty * x[p] + slopes.iter().sum::<f64>();
        }
    }
}

impl<F: Float> Objective for Loss<'_, '_, F> {
    fn gradient(&mut self, x: &[f64], gradient: &mut [f64]) -> f64 {
        let (value, slopes, _) = self.rows(x);
        self.slope(x, &slopes, gradient);
        value
    }

    fn gradient_norm(&self, gradient: &[f64]) -> f64 {
        gradient.iter().fold(0.0_f64, |max, g| max.max(g.abs())) / self.unit
    }
}

impl<F: Float> Curved for Loss<'_, '_, F> {
    fn hessian(&mut self, x: &[f64], gradient: &mut [f64], mut hessian: ArrayViewMut2<'_, f64>) -> f64 {
        let p = self.task.x.ncols();
        let (value, slopes, curvatures) = self.rows(x);
        self.slope(x, &slopes, gradient);
        hessian.fill(0.0);
        let MatrixView::Dense(records) = self.task.x.values() else { return f64::NAN };
        let weights: Array1<F> = curvatures.iter().map(|h| F::of(*h)).collect();
        if curvatures.iter().any(|h| *h > 0.0) {
            let moments =
                Moments::new(records, Array2::default((records.nrows(), 0)).view(), Some(weights.view()));
            let Moments { weight, mean, gram, .. } = moments;
            for i in 0..p {
                for j in 0..p {
                    hessian[[i, j]] = gram[[i, j]] + weight * mean[i] * mean[j];
                }
                if self.intercept {
                    hessian[[p, i]] = weight * mean[i];
                    hessian[[i, p]] = weight * mean[i];
                }
            }
            if self.intercept {
                hessian[[p, p]] = weight;
            }
        }
        (0..p).for_each(|j| hessian[[j, j]] += 1.0);
        if self.intercept {
            hessian[[p, p]] += self.penalty;
        }
        value
    }
}
