//! All classes at once: the dual of (3), one row at a time.
//!
//! ```text
//! minimise  ½ Σ_c (‖w_c‖² + b_c² / s²) + Σᵢ Σ_{c ≠ yᵢ} aᵢ_c      Σ_c aᵢ_c = 0,  aᵢ_c ≤ C ωᵢ \[c = yᵢ\]        (4)
//! w_c = Σᵢ aᵢ_c xᵢ,   b_c = s² Σᵢ aᵢ_c
//! gradient   G_c = xᵢw_c + b_c + \[c ≠ yᵢ\]
//! the best row of a       a_c = min(upper bound, (β − B_c) / q)      B = G − qa,   q = ‖xᵢ‖² + s²,   β: Σ a_c = 0
//! ```
//!
//! A row is optimal where no G exceeds those of the classes below their bounds. One that costs nothing by a margin larger
//! than anything moved in the last round is left out for a while.
//!
//! References: \[Crammer01\], \[Keerthi08\].

use super::dual::Rows;
use super::rounds::rounds;
use super::{Found, Plan};
use estimand_core::{Float, Records};
use estimand_kernels as kernels;
use ndarray::ArrayView1;

/// Rows whose violation is this share of `tol` stay as they are: what they would bring is lost beside the others.
const NEGLIGIBLE: f64 = 1e-3;

/// The a of one row that is best for B, in place of B: `own` may rise to `cost`, the others only fall.
fn best_row(b: &mut [f64], own: usize, cost: f64, q: f64, sorted: &mut Vec<f64>) {
    // Σ a falls with β, piece by piece, from one class below its bound to all of them.
    sorted.clear();
    sorted.extend(b.iter().enumerate().map(|(c, b)| if c == own { b + q * cost } else { *b }));
    sorted.sort_unstable_by(|a, b| b.total_cmp(a));
    let mut beta = -q * cost;
    let mut below = 0.0;
    for next in sorted.iter() {
        if below > 0.0 && beta >= below * next {
            break;
        }
        beta += next;
        below += 1.0;
    }
    beta /= below;
    for (c, b) in b.iter_mut().enumerate() {
        *b = f64::min(if c == own { cost } else { 0.0 }, (beta - *b) / q);
    }
}

/// One plane for each class; of two classes the difference of theirs.
pub(super) fn solve<F: Float>(
    x: Records<'_, F>,
    y: ArrayView1<'_, u32>,
    k: usize,
    cost: &[f64],
    plan: Plan,
) -> Vec<Found> {
    let (n, p, rows, s2) = (y.len(), x.ncols(), Rows::of(x.values()), plan.scale * plan.scale);
    let curvature: Vec<f64> = (0..n).map(|i| rows.square(i) + s2).collect();
    let (mut w, mut b, mut a) = (vec![vec![0.0; p]; k], vec![0.0; k], vec![0.0; n * k]);
    let (mut gradient, mut new, mut sorted) = (vec![0.0; k], vec![0.0; k], Vec::with_capacity(k));
    // A row without values and without an intercept can move nothing.
    let all: Vec<usize> = (0..n).filter(|i| cost[*i] > 0.0 && curvature[*i] > 0.0).collect();
    let (iterations, converged) = rounds(
        &all,
        plan,
        |_| plan.tol,
        |i, bound| {
            let (own, q, a) = (y[i] as usize, curvature[i], &mut a[i * k..(i + 1) * k]);
            for c in 0..k {
                gradient[c] = rows.dot(i, &w[c]) + b[c] + f64::from(u8::from(c != own));
            }
            let below = |c: usize| a[c] < if c == own { cost[i] } else { 0.0 };
            let least = (0..k).filter(|c| below(*c)).fold(f64::INFINITY, |m, c| m.min(gradient[c]));
            let most = gradient.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            let others = (0..k).filter(|c| *c != own).fold(f64::NEG_INFINITY, |m, c| m.max(gradient[c]));
            if a[own] == 0.0 && others < gradient[own] - bound {
                return None;
            }
            if most - least > NEGLIGIBLE * plan.tol {
                for c in 0..k {
                    new[c] = gradient[c] - q * a[c];
                }
                best_row(&mut new, own, cost[i], q, &mut sorted);
                for c in 0..k {
                    let change = new[c] - a[c];
                    if change != 0.0 {
                        a[c] = new[c];
                        rows.add(i, change, &mut w[c]);
                        b[c] += s2 * change;
                    }
                }
            }
            Some(most - least)
        },
    );
    let loss = |i: usize| {
        let z = |c: usize| rows.dot(i, &w[c]) + b[c];
        let others = (0..k).filter(|c| *c != y[i] as usize).map(z).fold(f64::NEG_INFINITY, f64::max);
        cost[i] * f64::max(0.0, 1.0 + others - z(y[i] as usize))
    };
    let penalty = |c: usize| {
        let intercept = if s2 > 0.0 { b[c] * b[c] / s2 } else { 0.0 };
        (kernels::sum_squares(&w[c]) + intercept) / 2.0
    };
    let objective = (0..n).map(loss).sum::<f64>() + (0..k).map(penalty).sum::<f64>();
    let solver = "sequential dual method";
    if k == 2 {
        let w = w[1].iter().zip(&w[0]).map(|(one, zero)| one - zero).collect();
        return vec![Found { solver, w, b: b[1] - b[0], iterations, converged, objective }];
    }
    // The objective is that of all planes together.
    let objective = |c| if c == 0 { objective } else { 0.0 };
    let found = w.into_iter().zip(b).enumerate();
    found.map(|(c, (w, b))| Found { solver, w, b, iterations, converged, objective: objective(c) }).collect()
}
