//! Quasi-Newton within bounds, for few variables and values that are dear: BFGS with a matrix of its own.
//!
//! ```text
//! minimise f(x),   l ≤ x ≤ u
//! F = {j: xⱼ is not at a bound that −∇f pushes it against}
//! d_F = −B_FF⁻¹ ∇f_F,  0 elsewhere            x ← P(x + t d),  t by the line search along the bent path
//! B ← B + yyᵀ / sᵀy − Bs(Bs)ᵀ / sᵀBs          with y drawn towards Bs where sᵀy < 0.2 sᵀBs (Powell)
//! ```
//!
//! P takes every variable to its nearest bound. Costs n³ per iteration beside the evaluations.
//!
//! References: \[Bertsekas82\], \[NocedalWright06, ch. 18\].

use crate::{Objective, Outcome, Reason, Stop, dot, line_search, positive_definite};
use ndarray::{Array1, Array2};

/// Most that a variable goes in one step: what lies farther is not known to the model.
const STRIDE: f64 = 4.0;

/// Minimises within bounds from `x`, which is first taken into them. The run has converged when the size of the gradient
/// of the free variables, as far as bounds let them follow it, is at most [`Stop::gradient`], or one more step is
/// expected to lower f by at most [`Stop::decrease`] · max(|f|, 1) after a step that lowered it by at most a thousand times as
/// much: of directions that no step has gone, B knows nothing.
///
/// ```
/// use estimand_optim::{Objective, Stop, bounded};
///
/// /// ½ ‖x − (1, 2)‖²
/// struct Distance;
/// impl Objective for Distance {
///     fn gradient(&mut self, x: &[f64], gradient: &mut [f64]) -> f64 {
///         gradient.copy_from_slice(&[x[0] - 1.0, x[1] - 2.0]);
///         gradient.iter().map(|g| 0.5 * g * g).sum()
///     }
/// }
/// let found = bounded(&mut Distance, vec![0.0; 2], &[(-5.0, 0.5), (0.0, 9.0)], Stop::default());
/// assert_eq!(found.x[0], 0.5);
/// assert!((found.x[1] - 2.0).abs() < 1e-6);
/// ```
pub fn bounded<O: Objective>(objective: &mut O, x: Vec<f64>, bounds: &[(f64, f64)], stop: Stop) -> Outcome {
    let n = x.len();
    let clamp = |j: usize, v: f64| v.max(bounds[j].0).min(bounds[j].1);
    let mut x: Vec<f64> = x.into_iter().enumerate().map(|(j, v)| clamp(j, v)).collect();
    let (mut gradient, mut trial, mut trial_gradient) = (vec![0.0; n], x.clone(), vec![0.0; n]);
    let mut value = objective.gradient(&x, &mut gradient);
    let (mut evaluations, mut iterations, mut curvature) = (1, 0, None::<Array2<f64>>);
    let mut last = f64::INFINITY;
    let end = |x, value, gradient_norm, decrease, iterations, evaluations, reason| Outcome {
        x,
        value,
        gradient_norm,
        decrease,
        iterations,
        evaluations,
        reason,
    };
    if !(value.is_finite() && gradient.iter().all(|g| g.is_finite())) {
        return end(x, value, f64::NAN, f64::NAN, 0, 1, Reason::NonFinite);
    }
    loop {
        let norm = (0..n).map(|j| (clamp(j, x[j] - gradient[j]) - x[j]).abs()).fold(0.0, f64::max);
        let mut free: Vec<usize> = (0..n).filter(|j| clamp(*j, x[*j] - gradient[*j]) != x[*j]).collect();
        let direction =
            direction(&mut free, &gradient, curvature.as_ref(), |j, d| clamp(j, x[j] + d) != x[j]);
        let slope = dot(&direction, &gradient);
        if slope >= 0.0 && curvature.take().is_some() {
            continue;
        }
        let decrease = if curvature.is_some() || free.is_empty() { -0.5 * slope } else { f64::INFINITY };
        let negligible = stop.decrease * value.abs().max(1.0);
        let reason = if free.is_empty()
            || norm <= stop.gradient
            || (decrease <= negligible && last <= 1e3 * negligible)
        {
            Some(Reason::Converged)
        } else if value < stop.floor {
            Some(Reason::Floor)
        } else if iterations >= stop.iterations {
            Some(Reason::Iterations)
        } else {
            None
        };
        if let Some(reason) = reason {
            return end(x, value, norm, decrease, iterations, evaluations, reason);
        }
        let found = line_search::search(value, slope, 1.0, |t| {
            evaluations += 1;
            for j in 0..n {
                trial[j] = clamp(j, t.mul_add(direction[j], x[j]));
            }
            let value = objective.gradient(&trial, &mut trial_gradient);
            // A variable that has met its bound goes no farther.
            let slope = (0..n)
                .filter(|j| trial[*j] == t.mul_add(direction[*j], x[*j]))
                .map(|j| trial_gradient[j] * direction[j])
                .sum();
            (value, slope)
        });
        let Some(next) = found else {
            if curvature.take().is_some() {
                continue;
            }
            return end(x, value, norm, decrease, iterations, evaluations, Reason::Precision);
        };
        let s: Array1<f64> = trial.iter().zip(&x).map(|(a, b)| a - b).collect();
        let y: Array1<f64> = trial_gradient.iter().zip(&gradient).map(|(a, b)| a - b).collect();
        remember(&mut curvature, &s, y);
        std::mem::swap(&mut x, &mut trial);
        std::mem::swap(&mut gradient, &mut trial_gradient);
        (last, value, iterations) = (value - next, next, iterations + 1);
    }
}

/// d, of which free variables that it would push beyond a bound where they are have been taken out.
fn direction(
    free: &mut Vec<usize>,
    gradient: &[f64],
    curvature: Option<&Array2<f64>>,
    moves: impl Fn(usize, f64) -> bool,
) -> Vec<f64> {
    let mut d = vec![0.0; gradient.len()];
    while !free.is_empty() {
        let mut step: Array1<f64> = free.iter().map(|j| -gradient[*j]).collect();
        let factor = curvature.map(|b| {
            positive_definite(&Array2::from_shape_fn((free.len(), free.len()), |(i, j)| {
                b[[free[i], free[j]]]
            }))
        });
        match factor {
            Some(Some(factor)) => step = factor.solve_vec(step.view()),
            _ => step /= step.iter().map(|v| v * v).sum::<f64>().sqrt().max(1.0),
        }
        let longest = step.iter().fold(0.0_f64, |m, v| m.max(v.abs()));
        step *= (STRIDE / longest).min(1.0);
        let stuck: Vec<bool> = free.iter().zip(&step).map(|(j, d)| *d != 0.0 && !moves(*j, *d)).collect();
        if !stuck.contains(&true) {
            free.iter().zip(&step).for_each(|(j, step)| d[*j] = *step);
            break;
        }
        let mut stuck = stuck.into_iter();
        free.retain(|_| stuck.next() == Some(false));
    }
    d
}

/// Adds a step to B, which begins as a multiple of the identity with the curvature of the first one.
fn remember(curvature: &mut Option<Array2<f64>>, s: &Array1<f64>, mut y: Array1<f64>) {
    let (ss, yy, mut sy) = (s.dot(s), y.dot(&y), s.dot(&y));
    if !(ss > 0.0 && yy > 0.0 && yy.is_finite()) {
        return;
    }
    let b = curvature.get_or_insert_with(|| {
        let first = if sy > 0.0 { yy / sy } else { (yy / ss).sqrt() };
        Array2::from_diag(&Array1::from_elem(s.len(), first))
    });
    let bs = b.dot(s);
    let sbs = s.dot(&bs);
    if sy < 0.2 * sbs {
        let share = 0.8 * sbs / (sbs - sy);
        y = share * y + (1.0 - share) * &bs;
        sy = s.dot(&y);
    }
    let update = Array2::from_shape_fn(b.raw_dim(), |(i, j)| y[i] * y[j] / sy - bs[i] * bs[j] / sbs);
    *b += &update;
}
