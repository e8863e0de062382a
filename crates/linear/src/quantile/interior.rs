//! Step 2: the interior-point method.
//!
//! ```text
//! y = Aθ + u − v,  u, v ≥ 0        uᵢ (hᵢ − dᵢ) = μ        vᵢ (dᵢ − lᵢ) = μ        Aᵀd = 0        μ → 0          (3)
//! ```
//!
//! d = 0 and any θ are feasible, and remain so but for rounding, which the steps correct. Then Σ u(h − d) + v(d − l) is
//! the gap between the two sides of (2). Newton's step on (3), for the right sides e₁, e₂ of its products:
//!
//! ```text
//! AᵀQA Δθ = AᵀQ g + Aᵀd     Q = (u/(h − d) + v/(d − l))⁻¹     g = y − Aθ − u + v − e₁/(h − d) + e₂/(d − l)     (4)
//! Δd = Q (g − AΔθ)          Δu = (e₁ + uΔd)/(h − d)           Δv = (e₂ − vΔd)/(d − l)
//! ```
//!
//! is made twice with one factor: straight for μ = 0, to see how far that leads, and then for a μ that this suggests,
//! with the products of the first step as corrections.

use super::design::Program;
use estimand_linalg::{self as linalg, Cholesky, Moments};
use estimand_optim::positive_definite;
use ndarray::{Array1, Array2, ArrayView1, s};

/// The end of the way.
pub(super) struct Inner {
    pub(super) theta: Vec<f64>,
    /// The objective of (2) there.
    pub(super) value: f64,
    /// What it cannot fall below.
    pub(super) bound: f64,
    /// The objective of θ = 0.
    pub(super) start: f64,
    pub(super) iterations: usize,
}

/// An objective below this share of that of θ = 0 is zero but for rounding.
const NOTHING: f64 = 1e-13;
/// The share of the way to the boundary that a step makes.
const NEARLY: f64 = 0.99995;

impl Inner {
    /// What is left between a value and the bound, relative to the value.
    pub(super) fn gap(&self, value: f64) -> f64 {
        if value <= NOTHING * self.start { 0.0 } else { (value - self.bound).max(0.0) / value }
    }
}

/// AᵀQA of the columns about their means, with its factor; the intercept is eliminated.
struct Normal {
    factor: Cholesky<f64>,
    mean: Array1<f64>,
    weight: f64,
}

/// Δθ, Δu, Δv, Δd.
#[derive(Clone, Default)]
struct Step {
    theta: Vec<f64>,
    u: Vec<f64>,
    v: Vec<f64>,
    d: Vec<f64>,
}

impl Program<'_> {
    /// Rows of the data.
    fn n(&self) -> usize {
        self.a.nrows()
    }

    /// Aθ
    pub(super) fn product(&self, theta: &[f64]) -> Vec<f64> {
        let p = self.a.ncols();
        let b = if self.intercept { theta[p] } else { 0.0 };
        let mut out = linalg::matvec(self.a, ArrayView1::from(&theta[..p])).into_raw_vec_and_offset().0;
        out.iter_mut().for_each(|z| *z += b);
        out.extend(self.units.iter().map(|j| theta[*j]));
        out
    }

    /// Aᵀd
    pub(super) fn transposed(&self, d: &[f64]) -> Vec<f64> {
        let (data, units) = d.split_at(self.n());
        let mut out = linalg::matvec_t(self.a, ArrayView1::from(data)).into_raw_vec_and_offset().0;
        self.units.iter().zip(units).for_each(|(j, d)| out[*j] += d);
        if self.intercept {
            out.push(data.iter().sum());
        }
        out
    }

    /// Σ max(hr, lr)
    pub(super) fn value(&self, r: &[f64]) -> f64 {
        r.iter().zip(&self.low).zip(&self.high).map(|((r, l), h)| f64::max(h * r, l * r)).sum()
    }

    /// y − Aθ
    pub(super) fn residuals(&self, theta: &[f64]) -> Vec<f64> {
        self.product(theta).into_iter().zip(&self.y).map(|(z, y)| y - z).collect()
    }

    fn normal(&self, q: &[f64]) -> Option<Normal> {
        let (data, units) = q.split_at(self.n());
        let none = Array2::zeros((self.n(), 0));
        let moments = Moments::new(self.a, none.view(), Some(ArrayView1::from(data)));
        let moments = if self.intercept { moments } else { moments.uncentred() };
        let Moments { weight, mean, mut gram, .. } = moments;
        self.units.iter().zip(units).for_each(|(j, q)| gram[[*j, *j]] += q);
        Some(Normal { factor: positive_definite(&gram)?, mean, weight })
    }

    /// A minimum of (2), to `tol` of its value.
    pub(super) fn interior(&self, tol: f64, max_iter: usize) -> Inner {
        let rows = self.y.len();
        let width = self.a.ncols() + usize::from(self.intercept);
        let range: Vec<f64> = self.high.iter().zip(&self.low).map(|(h, l)| h - l).collect();
        // Least squares is where the way begins.
        let mut theta = vec![0.0; width];
        if let Some(normal) = self.normal(&range) {
            let weighted: Vec<f64> = range.iter().zip(&self.y).map(|(q, y)| q * y).collect();
            theta = normal.solve(self.transposed(&weighted));
        }
        let mut r = self.residuals(&theta);
        let start = self.value(&self.y);
        let far = 0.1 * r.iter().map(|r| r.abs()).sum::<f64>() / rows as f64;
        let mut u: Vec<f64> = r.iter().map(|r| r.max(0.0) + far).collect();
        let mut v: Vec<f64> = r.iter().map(|r| (-r).max(0.0) + far).collect();
        let mut d = vec![0.0; rows];
        let mut best = Inner { theta: theta.clone(), value: f64::INFINITY, bound: 0.0, start, iterations: 0 };
        let (mut q, mut e1, mut e2) = (vec![0.0; rows], vec![0.0; rows], vec![0.0; rows]);
        for iteration in 0..=max_iter {
            let value = self.value(&r);
            let bound: f64 = d.iter().zip(&r).map(|(d, r)| d * r).sum();
            if !value.is_finite() || !bound.is_finite() {
                break;
            }
            if value <= best.value {
                (best.value, best.theta) = (value, theta.clone());
            }
            (best.bound, best.iterations) = (best.bound.max(bound), iteration);
            let gap = best.value - best.bound;
            if gap <= tol * best.value || best.value <= NOTHING * start || iteration == max_iter {
                break;
            }
            (0..rows).for_each(|i| {
                let (s, x) = (self.high[i] - d[i], d[i] - self.low[i]);
                (e1[i], e2[i]) = (-u[i] * s, -v[i] * x);
                q[i] = (u[i] / s + v[i] / x).recip();
            });
            let Some(normal) = self.normal(&q) else { break };
            let drift = self.transposed(&d);
            let products = -(e1.iter().sum::<f64>() + e2.iter().sum::<f64>());
            let straight = self.step(&normal, &r, (&u, &v, &d), (&q, &e1, &e2), &drift);
            let (primal, dual) = self.room(&straight, (&u, &v, &d));
            let (primal, dual) = (primal.min(1.0), dual.min(1.0));
            let left: f64 = (0..rows)
                .map(|i| {
                    let (s, x) = (self.high[i] - d[i], d[i] - self.low[i]);
                    let (du, dv, dd) = (primal * straight.u[i], primal * straight.v[i], dual * straight.d[i]);
                    (u[i] + du) * (s - dd) + (v[i] + dv) * (x + dd)
                })
                .sum();
            let mu = products * (left / products).max(0.0).powi(3) / (2 * rows) as f64;
            (0..rows).for_each(|i| {
                e1[i] += mu + straight.u[i] * straight.d[i];
                e2[i] += mu - straight.v[i] * straight.d[i];
            });
            let step = self.step(&normal, &r, (&u, &v, &d), (&q, &e1, &e2), &drift);
            let (primal, dual) = self.room(&step, (&u, &v, &d));
            let (primal, dual) = ((NEARLY * primal).min(1.0), (NEARLY * dual).min(1.0));
            if primal.min(dual) <= 1e-10 {
                break;
            }
            let go = |x: &mut [f64], by: &[f64], t: f64| x.iter_mut().zip(by).for_each(|(x, d)| *x += t * d);
            go(&mut theta, &step.theta, primal);
            go(&mut u, &step.u, primal);
            go(&mut v, &step.v, primal);
            go(&mut d, &step.d, dual);
            r = self.residuals(&theta);
        }
        best
    }

    /// (4)
    fn step(
        &self,
        normal: &Normal,
        r: &[f64],
        (u, v, d): (&[f64], &[f64], &[f64]),
        (q, e1, e2): (&[f64], &[f64], &[f64]),
        drift: &[f64],
    ) -> Step {
        let rows = r.len();
        let slack = |i: usize| (self.high[i] - d[i], d[i] - self.low[i]);
        let g: Vec<f64> = (0..rows)
            .map(|i| {
                let (s, x) = slack(i);
                r[i] - u[i] + v[i] - e1[i] / s + e2[i] / x
            })
            .collect();
        let weighted: Vec<f64> = g.iter().zip(q).map(|(g, q)| g * q).collect();
        let mut right = self.transposed(&weighted);
        right.iter_mut().zip(drift).for_each(|(right, drift)| *right += drift);
        let theta = normal.solve(right);
        let moved = self.product(&theta);
        let mut step = Step { theta, ..Step::default() };
        (0..rows).for_each(|i| {
            let (s, x) = slack(i);
            let dd = q[i] * (g[i] - moved[i]);
            step.d.push(dd);
            step.u.push((e1[i] + u[i] * dd) / s);
            step.v.push((e2[i] - v[i] * dd) / x);
        });
        step
    }

    /// How far the step may go until a value of u or v, and until one of d, meets its bound.
    fn room(&self, step: &Step, (u, v, d): (&[f64], &[f64], &[f64])) -> (f64, f64) {
        let room = |x: f64, dx: f64| if dx < 0.0 { -x / dx } else { f64::INFINITY };
        (0..u.len()).fold((f64::INFINITY, f64::INFINITY), |(primal, dual), i| {
            let by = step.d[i];
            let primal = primal.min(room(u[i], step.u[i])).min(room(v[i], step.v[i]));
            (primal, dual.min(room(self.high[i] - d[i], -by)).min(room(d[i] - self.low[i], by)))
        })
    }
}

impl Normal {
    /// (AᵀQA)⁻¹ b
    fn solve(&self, mut b: Vec<f64>) -> Vec<f64> {
        let p = self.mean.len();
        let last = b.get(p).copied();
        let mut right = Array1::from_iter(b.drain(..p));
        if let Some(last) = last {
            right.scaled_add(-last, &self.mean);
        }
        let mut theta = self.factor.solve_vec(right.slice(s![..]));
        let intercept = last.map(|last| last / self.weight - self.mean.dot(&theta));
        theta.append(ndarray::Axis(0), Array1::from_iter(intercept).view()).ok();
        theta.into_raw_vec_and_offset().0
    }
}
