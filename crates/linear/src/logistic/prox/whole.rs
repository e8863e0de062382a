//! Newton steps with the whole Hessian, for two classes and few columns.
//!
//! ```text
//! d minimises   gᵀd + ½ dᵀHd + λ₁ ‖w + d‖₁     by coordinate descent on the q × q matrix H, to working precision
//! ```
//!
//! A step costs one pass with the Hessian, n q²/2, and is as good as any number of sweeps over the columns, each of
//! which reads n q numbers up to three times. Up to a few hundred columns that is the cheaper way by far; what it
//! leaves to do is for the working set, usually nothing.

use super::{DECREASE, soft};
use crate::logistic::problem::Problem;
use estimand_core::Float;
use estimand_optim::{Curved, Objective};
use ndarray::Array2;

/// A step that promises less than this share of the objective is the last one: by quadratic convergence, what it leaves
/// is the square of that.
const LAST: f64 = 1e-7;
/// Coordinate descent ends when a sweep lowers the model by this share of what all did.
const PRECISE: f64 = 1e-8;
/// Most sweeps over H.
const SWEEPS: usize = 2_000;

/// Takes at most `steps` Newton steps from `beta`, for the penalty λ₁ ‖W‖₁ on the scale of f; returns how many.
pub(super) fn descend<F: Float>(
    problem: &mut Problem<'_, '_, F>,
    beta: &mut Vec<f64>,
    l1: f64,
    steps: usize,
) -> usize {
    let (size, p) = (beta.len(), problem.design.ncols());
    let norm = |beta: &[f64]| l1 * beta[..p].iter().map(|w| w.abs()).sum::<f64>();
    let empty = || (vec![0.0; size], Array2::zeros((size, size)));
    let ((mut gradient, mut hessian), (mut next_gradient, mut next_hessian)) = (empty(), empty());
    let mut value = problem.hessian(beta, &mut gradient, hessian.view_mut()) + norm(beta);
    for made in 0..steps {
        let d = minimise(&hessian, &gradient, beta, p, l1);
        let along = |t: f64| -> Vec<f64> { beta.iter().zip(&d).map(|(b, d)| b + t * d).collect() };
        let mut trial = along(1.0);
        let slope = estimand_kernels::dot(&gradient, &d) + norm(&trial) - norm(beta);
        // NaN ends here, too.
        if !(value.is_finite() && slope < 0.0) {
            return made;
        }
        if -slope <= LAST * value {
            *beta = trial;
            return made + 1;
        }
        let mut reached = problem.hessian(&trial, &mut next_gradient, next_hessian.view_mut()) + norm(&trial);
        let mut t = 1.0;
        // NaN is no decrease.
        let falls = |reached: f64, t: f64| reached <= value + DECREASE * t * slope;
        while !falls(reached, t) {
            t *= 0.5;
            if t < f64::EPSILON {
                return made;
            }
            trial = along(t);
            reached = problem.gradient(&trial, &mut next_gradient) + norm(&trial);
        }
        if t < 1.0 {
            problem.hessian(&trial, &mut next_gradient, next_hessian.view_mut());
        }
        (*beta, value) = (trial, reached);
        std::mem::swap(&mut gradient, &mut next_gradient);
        std::mem::swap(&mut hessian, &mut next_hessian);
    }
    steps
}

/// The step that minimises the model.
fn minimise(hessian: &Array2<f64>, gradient: &[f64], beta: &[f64], p: usize, l1: f64) -> Vec<f64> {
    let (mut d, mut v) = (vec![0.0; beta.len()], gradient.to_vec());
    let mut total = 0.0;
    for _ in 0..SWEEPS {
        let mut fall = 0.0;
        for (j, (row, d)) in hessian.rows().into_iter().zip(&mut d).enumerate() {
            let a = row[j];
            // A column without curvature has no derivative either.
            if a <= 0.0 {
                continue;
            }
            let u = beta[j] + *d;
            let new = soft(a * u - v[j], if j < p { l1 } else { 0.0 }) / a;
            let delta = new - u;
            if delta != 0.0 {
                // Exactly −β where the coefficient becomes 0.
                *d = new - beta[j];
                fall += 0.5 * a * delta * delta;
                v.iter_mut().zip(row).for_each(|(v, h)| *v += h * delta);
            }
        }
        total += fall;
        if fall <= PRECISE * total || fall.is_nan() {
            break;
        }
    }
    d
}
