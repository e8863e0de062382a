//! Squared losses: (1) has a gradient, and second derivatives nearly everywhere.
//!
//! ```text
//! eᵢ: 1 − yz where that is positive, or |y − z| − ε      ℓ = e²      ∂ℓ/∂z = ∓2e      ∂²ℓ/∂z² = 2 where e > 0
//! ∇f = w + Xᵀr      H = I + Xᵀ diag(h) X      and the same with a column s for the intercept, w_b = b / s
//! ```
//!
//! Products with H ask for the rows that cost something only. Conjugate gradients are preconditioned by the square root of
//! the diagonal that H has where all rows cost something: the diagonal itself would take more steps where columns are
//! correlated, and nothing more where their scales differ.

use super::{Found, Task};
use estimand_core::{Float, MatrixView};
use estimand_linalg::{self as linalg, Moments, products_t, sparse};
use estimand_optim::{Curved, HessianProducts, Objective, Outcome, Reason, Stop, newton, truncated_newton};
use ndarray::{Array1, Array2, ArrayView1, ArrayViewMut2};

/// Beyond this many columns, the Hessian costs more than products with it.
const WIDE: usize = 1000;

/// (1) with variables w and, if there is an intercept, b.
struct Loss<'a, 'x, F> {
    task: &'a Task<'x, F>,
    /// 1 / s²; 0 where the intercept is free.
    penalty: f64,
    intercept: bool,
    /// The largest gradient at 0, which bounds are relative to.
    unit: f64,
    /// h at the last point.
    curvatures: Vec<f64>,
    /// The preconditioner, where there is one.
    metric: Vec<f64>,
}

pub(super) fn solve<F: Float>(task: &Task<'_, F>) -> Found {
    let p = task.x.ncols();
    let intercept = task.plan.scale > 0.0;
    let penalty = if task.plan.scale.is_infinite() { 0.0 } else { 1.0 / (task.plan.scale * task.plan.scale) };
    let mut loss = Loss { task, penalty, intercept, unit: 1.0, curvatures: Vec::new(), metric: Vec::new() };
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
    let Outcome { x, value, iterations, reason, .. } = if quick {
        newton(&mut loss, start, stop)
    } else {
        loss.metric = loss.roots();
        truncated_newton(&mut loss, start, stop)
    };
    let converged = matches!(reason, Reason::Converged | Reason::Precision);
    let b = if intercept { x[p] } else { 0.0 };
    let solver = if quick { "Newton" } else { "truncated Newton" };
    Found { solver, w: x[..p].to_vec(), b, iterations, converged, objective: value }
}

impl<F: Float> Loss<'_, '_, F> {
    /// Xw + b
    fn scores(&self, x: &[f64]) -> Vec<f64> {
        let p = self.task.x.ncols();
        let b = if self.intercept { x[p] } else { 0.0 };
        let w: Array1<F> = x[..p].iter().map(|w| F::of(*w)).collect();
        let z = match self.task.x.values() {
            MatrixView::Dense(records) => linalg::matvec(records, w.view()),
            MatrixView::Sparse(records) => sparse::matvec(records, w.view()),
        };
        z.iter().map(|z| z.f64() + b).collect()
    }

    /// Xᵀr and, if there is an intercept, Σ r.
    fn sums(&self, r: &[f64], out: &mut [f64]) {
        let p = self.task.x.ncols();
        let sums = products_t(self.task.x.values(), ArrayView1::from(r).insert_axis(ndarray::Axis(1)));
        out.iter_mut().zip(&sums).for_each(|(out, sum)| *out = *sum);
        out[p..].fill(r.iter().sum());
    }

    /// What the penalty adds to a gradient at x, or to a product of the Hessian with it.
    fn add_penalty(&self, x: &[f64], out: &mut [f64]) {
        let p = self.task.x.ncols();
        out[..p].iter_mut().zip(x).for_each(|(out, w)| *out += w);
        out[p..].iter_mut().zip(&x[p..]).for_each(|(out, b)| *out += self.penalty * b);
    }

    /// f, and of each row ∂ℓ/∂z and ∂²ℓ/∂z², both times C ω.
    fn rows(&self, x: &[f64]) -> (f64, Vec<f64>, Vec<f64>) {
        let (p, task) = (self.task.x.ncols(), self.task);
        let mut value = x[..p].iter().map(|w| w * w).sum::<f64>() / 2.0;
        value += x[p..].iter().map(|b| self.penalty * b * b).sum::<f64>() / 2.0;
        let z = self.scores(x);
        let (mut slopes, mut curvatures) = (vec![0.0; z.len()], vec![0.0; z.len()]);
        for (i, z) in z.into_iter().enumerate() {
            let (y, cost) = (task.y[i], task.cost[i]);
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
        self.sums(slopes, gradient);
        self.add_penalty(x, gradient);
    }

    /// √ diag H where all rows cost something; 1 where that is not in the range of numbers.
    fn roots(&self) -> Vec<f64> {
        let (p, cost) = (self.task.x.ncols(), self.task.cost);
        let mut squares = vec![0.0; p + usize::from(self.intercept)];
        squares[p..].fill(cost.iter().sum());
        let add = |square: &mut f64, x: F, cost: f64| *square += cost * x.f64() * x.f64();
        match self.task.x.values() {
            MatrixView::Sparse(records) => {
                for (row, cost) in records.outer_iter().zip(cost) {
                    row.iter().for_each(|(j, x)| add(&mut squares[j], x, *cost));
                }
            }
            MatrixView::Dense(records) if records.is_standard_layout() => {
                for (row, cost) in records.outer_iter().zip(cost) {
                    squares.iter_mut().zip(row).for_each(|(square, x)| add(square, *x, *cost));
                }
            }
            MatrixView::Dense(records) => {
                for (column, square) in records.columns().into_iter().zip(&mut squares) {
                    column.iter().zip(cost).for_each(|(x, cost)| add(square, *x, *cost));
                }
            }
        }
        squares.iter_mut().for_each(|square| *square *= 2.0);
        let ones = vec![1.0; squares.len()];
        self.add_penalty(&ones, &mut squares);
        squares.iter().map(|d| d.sqrt()).map(|d| if d > 0.0 && d.is_finite() { d } else { 1.0 }).collect()
    }
}

impl<F: Float> Objective for Loss<'_, '_, F> {
    fn gradient(&mut self, x: &[f64], gradient: &mut [f64]) -> f64 {
        let (value, slopes, curvatures) = self.rows(x);
        self.slope(x, &slopes, gradient);
        self.curvatures = curvatures;
        value
    }

    fn precondition(&mut self, v: &mut [f64]) -> bool {
        v.iter_mut().zip(&self.metric).for_each(|(v, m)| *v /= m);
        !self.metric.is_empty()
    }

    fn gradient_norm(&self, gradient: &[f64]) -> f64 {
        gradient.iter().fold(0.0_f64, |max, g| max.max(g.abs())) / self.unit
    }
}

impl<F: Float> HessianProducts for Loss<'_, '_, F> {
    fn hessian_product(&mut self, v: &[f64], out: &mut [f64]) {
        match self.task.x.values() {
            MatrixView::Sparse(records) => {
                out.copy_from_slice(&sparse::weighted_gram_vec(records, &self.curvatures, v));
            }
            MatrixView::Dense(_) => {
                let mut bent = self.scores(v);
                bent.iter_mut().zip(&self.curvatures).for_each(|(z, h)| *z *= h);
                self.sums(&bent, out);
            }
        }
        self.add_penalty(v, out);
    }

    fn least_curvature(&self) -> f64 {
        if self.intercept { self.penalty.min(1.0) } else { 1.0 }
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
