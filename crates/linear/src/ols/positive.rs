//! Least squares with coefficients that are not negative.
//!
//! ```text
//! minimise ‖ỹ − X̃w‖² over w ≥ 0        c = X̃ᵀ(ỹ − X̃w) = C − Sw
//! at the minimum     cⱼ = 0 where wⱼ > 0,   cⱼ ≤ 0 where wⱼ = 0                                                   (1)
//! ```
//!
//! 1. Of the columns with wⱼ = 0, that of the largest cⱼ > 0 comes in.
//! 2. z = Sₐₐ⁻¹Cₐ on the columns that are in. Where z > 0, w = z and back to 1; otherwise w goes towards z until a
//!    coefficient reaches zero, whose column goes out, and 2 again.
//!
//! Each return to 1 lowers the objective, so that no set of columns comes twice.

use crate::active::ActiveFactor;
use crate::products::{Products, by_size, with_products};
use crate::ridge::problem::{Means, Problem, Solution};
use estimand_core::{Float, Report, Result};
use ndarray::Array2;

/// cⱼ over √(Sⱼⱼ ỹᵀỹ), a correlation, up to which (1) holds: rounding of C.
const SMALLEST: f64 = 1e-13;

pub(super) fn solve<F: Float>(problem: &Problem<'_, F>) -> Result<Solution> {
    with_products(problem, None, |products| {
        let (p, t) = products.cross.dim();
        let mut coef = Array2::zeros((p, t));
        let (mut steps, mut converged, mut squares) = (0, true, 0.0);
        for k in 0..t {
            let end = descend(products, k);
            end.coef.iter().for_each(|(j, w)| coef[[*j, k]] = *w);
            steps += end.steps;
            converged &= end.converged;
            squares += end.squares;
        }
        let means = Means { x: products.mean.clone(), y: products.target_mean.clone() };
        let report = Report::iterative("non-negative active sets", steps, converged)
            .warn_unless_converged("LinearRegression", "columns are nearly collinear: leave some out");
        Ok(means.solution(coef, squares, report))
    })
}

struct End {
    /// The coefficients that are not zero.
    coef: Vec<(usize, f64)>,
    squares: f64,
    steps: usize,
    converged: bool,
}

fn descend(products: &mut Products<'_>, k: usize) -> End {
    let first = products.cross.column(k).to_vec();
    let p = first.len();
    let y_square = products.target_squares[k];
    let (mut c, mut factor) = (first.clone(), ActiveFactor::default());
    let (mut active, mut w) = (Vec::<usize>::new(), Vec::<f64>::new());
    // Columns that cannot come in before something else has changed: dependent ones, and those with cⱼ of rounding.
    let mut barred = vec![false; p];
    let (mut steps, most) = (0, 10 * p + 30);
    let mut converged = false;
    while steps < most {
        let best = (0..p).filter(|j| !barred[*j] && !active.contains(j) && c[*j] > 0.0).fold(
            None,
            |best: Option<usize>, j| match best {
                Some(b) if c[b] >= c[j] => best,
                _ => Some(j),
            },
        );
        let Some(j) = best else {
            converged = true;
            break;
        };
        products.want(j, || by_size(&c, |j| c[j] <= 0.0));
        let row = products.row(j);
        let known = active.iter().map(|i| row[*i]).collect();
        if c[j] <= SMALLEST * (row[j] * y_square).sqrt() || !factor.push(known, row[j]) {
            barred[j] = true;
            continue;
        }
        active.push(j);
        w.push(0.0);
        loop {
            steps += 1;
            let z = factor.solve(active.iter().map(|j| first[*j]).collect());
            let reach = |i: usize| w[i] / (w[i] - z[i]);
            let stop = (0..z.len()).filter(|i| z[*i] <= 0.0).min_by(|a, b| reach(*a).total_cmp(&reach(*b)));
            let Some(stop) = stop else {
                w = z;
                break;
            };
            let share = reach(stop);
            w.iter_mut().zip(&z).for_each(|(w, z)| *w += share * (z - *w));
            w.remove(stop);
            factor.remove(stop);
            if active.remove(stop) == j && share == 0.0 {
                // Rounding let it in: it goes out as it came.
                barred[j] = true;
                break;
            }
        }
        let fitted = products.combine(&active, &w);
        c.iter_mut().zip(&first).zip(&fitted).for_each(|((c, first), fitted)| *c = first - fitted);
        if active.contains(&j) {
            barred.fill(false);
        }
    }
    let explained: f64 = active.iter().zip(&w).map(|(j, w)| w * (first[*j] + c[*j])).sum();
    End {
        coef: active.into_iter().zip(w).collect(),
        squares: (y_square - explained).max(0.0),
        steps,
        converged,
    }
}
