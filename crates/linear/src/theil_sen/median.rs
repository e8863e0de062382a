//! The point from which the distances to given points are least.

use estimand_core::order;
use ndarray::{Array1, ArrayView2};

/// What was found.
pub(super) struct Median {
    pub(super) point: Array1<f64>,
    pub(super) iterations: usize,
    pub(super) converged: bool,
}

/// Minimises Σ ωₛ‖βₛ − β‖ by the modified Weiszfeld iteration:
///
/// ```text
/// T = Σ ωₛβₛ/dₛ / Σ ωₛ/dₛ      R = Σ ωₛ(βₛ − β)/dₛ      over the points away from β; η is the weight of those at it
/// β ← (1 − η/‖R‖) T + (η/‖R‖) β                       β is the median if ‖R‖ ≤ η
/// ```
pub(super) fn spatial_median(
    points: ArrayView2<'_, f64>,
    weights: &[f64],
    max_iter: usize,
    tol: f64,
) -> Median {
    let total: f64 = weights.iter().sum();
    let column = |j: usize| order::median(points.column(j).iter().copied().zip(weights.iter().copied()));
    let mut point: Array1<f64> = (0..points.ncols()).map(|j| column(j).unwrap_or(0.0)).collect();
    if points.ncols() == 1 {
        return Median { point, iterations: 1, converged: true };
    }
    for iterations in 1..=max_iter {
        let near = f64::EPSILON * point.dot(&point).sqrt();
        let (mut pull, mut sum, mut at) = (Array1::<f64>::zeros(point.len()), 0.0, 0.0);
        for (other, weight) in points.rows().into_iter().zip(weights) {
            let apart = &other - &point;
            let distance = apart.iter().fold(0.0, |d: f64, v| d.hypot(*v));
            if distance <= near {
                at += weight;
            } else {
                pull.scaled_add(weight / distance, &apart);
                sum += weight / distance;
            }
        }
        let strength = pull.dot(&pull).sqrt();
        if strength <= at || sum == 0.0 {
            return Median { point, iterations, converged: true };
        }
        // β + (1 − η/‖R‖)(T − β), where T − β is R over the sum.
        let step = &pull * ((1.0 - at / strength) / sum);
        point += &step;
        // The mean distance, of the harmonic kind.
        if step.dot(&step).sqrt() <= tol * (total / sum) {
            return Median { point, iterations, converged: true };
        }
    }
    Median { point, iterations: max_iter, converged: false }
}
