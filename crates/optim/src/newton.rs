//! Newton's method with a Cholesky factor of the Hessian, a line search, and Levenberg's remedy where
//! the Hessian is singular.
//!
//! ```text
//! (H + τ D) d = −∇f      D = diag H      τ = 0, or the smallest of 10⁻⁸, 10⁻⁶, … that makes the factor sound
//! λ²ₖ = −∇fᵀd            near the minimum λ²ₖ₊₁ ≈ c λ⁴ₖ
//! ```
//!
//! Value, gradient and Hessian come from one pass at each trial. Where the last two decrements say that the
//! next point will be the last, the pass leaves out the Hessian, which is most of its cost. Costs n³/3
//! per iteration beside the evaluations.

use crate::{Curved, Outcome, Reason, Run, Stop, max_abs};
use estimand_linalg::Cholesky;
use ndarray::{Array2, ArrayViewMut2, ShapeBuilder};

/// Minimises from `x` with second derivatives.
pub fn newton<O: Curved>(objective: &mut O, x: Vec<f64>, stop: Stop) -> Outcome {
    let n = x.len();
    let mut hessian = Array2::zeros((n, n).f());
    let mut run = Run::new(objective, x, stop);
    let value = run.objective.hessian(&run.x, &mut run.gradient, hessian.view_mut());
    if let Err(reason) = run.started(value) {
        return run.end(reason);
    }
    let mut factor = None;
    let (mut fresh, mut before) = (true, None::<f64>);
    loop {
        if fresh {
            factor = positive_definite(&hessian);
        }
        let Some(factor) = &factor else { return run.end(Reason::NonFinite) };
        run.direction.iter_mut().zip(&run.gradient).for_each(|(d, g)| *d = -g);
        if let Ok(d) = ArrayViewMut2::from_shape((n, 1), &mut run.direction) {
            factor.solve_inplace(d);
        }
        let decrease = -0.5 * run.slope();
        if let Some(reason) = run.ended(decrease) {
            return run.end(reason);
        }
        // A stale factor was a wrong guess that the last point would be the last one.
        let expected = before
            .filter(|_| fresh)
            .map_or(f64::INFINITY, |before| decrease / before * (decrease / before) * decrease);
        let last = expected <= 0.1 * run.negligible()
            && max_abs(&run.gradient) * (expected / decrease).sqrt() <= run.stop.gradient;
        before = fresh.then_some(decrease);
        fresh = false;
        let went = run.step(1.0, |objective, x, gradient, first| {
            fresh = first && !last;
            if fresh {
                objective.hessian(x, gradient, hessian.view_mut())
            } else {
                objective.gradient(x, gradient)
            }
        });
        if !went {
            return run.end(Reason::Precision);
        }
        if !fresh && !last {
            // The step was shortened, so that the Hessian belongs to a point that was not taken.
            run.objective.hessian(&run.x, &mut run.gradient, hessian.view_mut());
            run.evaluations += 1;
            fresh = true;
        }
    }
}

/// The factor of H + τ diag |H| for the smallest τ among 0, 10⁻⁸, 10⁻⁶, … that makes it sound: no pivot has lost all
/// digits of its diagonal. The lower triangle is read. `None` if no τ does, because H holds NaN or infinities.
pub fn positive_definite(h: &Array2<f64>) -> Option<Cholesky<f64>> {
    // Pivots are judged by their own diagonal, so that the scales of the variables do not matter.
    let lowest = 8.0 * h.nrows() as f64 * f64::EPSILON;
    let mut tau = 0.0;
    while tau < 1e12 {
        let mut damped = h.clone();
        // A variable without any curvature gets a unit of it: its gradient is 0, and so will its step be.
        damped
            .diag_mut()
            .iter_mut()
            .for_each(|d| *d = if *d == 0.0 { 1.0 + tau } else { *d + tau * d.abs() });
        let diagonal = damped.diag().to_owned();
        match Cholesky::of(damped) {
            Ok(factor) if factor.factor().diag().iter().zip(&diagonal).all(|(l, a)| l * l > lowest * a) => {
                return Some(factor);
            }
            _ => tau = if tau == 0.0 { 1e-8 } else { 100.0 * tau },
        }
    }
    None
}
