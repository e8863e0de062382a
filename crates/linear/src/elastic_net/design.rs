//! Coordinate descent on a few columns at a time, for data with many.
//!
//! ```text
//! repeat   1  𝒲 ← 𝒲 ∪ the columns of largest ‖Zⱼ‖ > a/2, twice as many as have ‖Zⱼ‖ > a, at most doubling 𝒲
//!          2  minimise over the columns in 𝒲, by their Gram matrix or, where that is larger than they are, by columns
//!          3  R = Ỹ − X̃W, Z = X̃ᵀR − bW: the one pass over X
//! until    gap ≤ tol ‖Ỹ‖²
//! ```

use super::penalty::Fit;
use super::solve::{Solved, Way};
use super::working_set::WorkingSet;
use crate::ridge::problem::{Problem, out_of_range};
use estimand_core::records::MatrixView;
use estimand_core::{Float, Result};
use estimand_linalg::products_t;
use ndarray::{Array1, Array2, ArrayView1, ArrayView2, Axis, concatenate, s};
use std::ops::Range;

/// Rounds without new columns in which the gap may still be brought down by a closer solution within 𝒲.
const CLOSER: usize = 4;

/// Data that are read pass by pass.
pub(super) struct Design<'a, F> {
    pub(super) x: MatrixView<'a, F>,
    /// Ỹ, n × t, without weights
    pub(super) y: Array2<f64>,
    /// ω
    pub(super) weights: Option<Array1<f64>>,
    /// Σω
    pub(super) weight: f64,
    pub(super) x_mean: Array1<f64>,
    y_mean: Array1<f64>,
    /// X̃ᵀỸ, p × t
    pub(super) cross: Array2<f64>,
    pub(super) fit_intercept: bool,
}

impl<'a, F: Float> Design<'a, F> {
    /// x̄, ȳ and X̃ᵀỸ in one pass.
    pub(super) fn new(problem: &Problem<'a, F>) -> Result<Self> {
        let (n, x) = (problem.x.nrows(), problem.x.values());
        let weights = problem.weights.map(|w| w.mapv(Float::f64));
        let weight = weights.as_ref().map_or(n as f64, |w| w.sum());
        let mut y = problem.y.mapv(Float::f64);
        let mut y_mean = Array1::zeros(y.ncols());
        let weigh = |y: &mut Array2<f64>| {
            if let Some(weights) = &weights {
                *y *= &weights.view().insert_axis(Axis(1));
            }
        };
        if problem.fit_intercept {
            // About the first row, so that the mean of a constant is that constant.
            y_mean.assign(&y.row(0));
            let mut from_first = &y - &y_mean;
            weigh(&mut from_first);
            y_mean += &(from_first.sum_axis(Axis(0)) / weight);
            y -= &y_mean;
        }
        let mut right = concatenate![Axis(1), Array2::ones((n, 1)), y];
        weigh(&mut right);
        let products = products_t(x, right.view());
        let mut cross = products.slice(s![.., 1..]).to_owned();
        let mut x_mean = Array1::zeros(cross.nrows());
        if problem.fit_intercept {
            x_mean.assign(&(&products.column(0) / weight));
            centre(&mut cross, &x_mean, &right.slice(s![.., 1..]).sum_axis(Axis(0)));
        }
        let finite = |values: &[f64]| values.iter().all(|v| v.is_finite());
        if !finite(products.as_slice().unwrap_or_default()) || !y.iter().all(|y| (y * y).is_finite()) {
            problem.check_finite()?;
            return Err(out_of_range());
        }
        let fit_intercept = problem.fit_intercept;
        Ok(Self { x, y, weights, weight, x_mean, y_mean, cross, fit_intercept })
    }

    /// Σω v²
    fn squares(&self, v: ArrayView2<'_, f64>, u: ArrayView2<'_, f64>) -> f64 {
        let row = |v: ArrayView1<'_, f64>, u: ArrayView1<'_, f64>| v.dot(&u);
        let products = v.rows().into_iter().zip(u.rows()).map(|(v, u)| row(v, u));
        match &self.weights {
            Some(weights) => products.zip(weights).map(|(p, w)| p * w).sum(),
            None => products.sum(),
        }
    }

    /// X̃ᵀR
    fn slopes(&self, mut residuals: Array2<f64>) -> Array2<f64> {
        if let Some(weights) = &self.weights {
            residuals *= &weights.view().insert_axis(Axis(1));
        }
        let mut z = products_t(self.x, residuals.view());
        centre(&mut z, &self.x_mean, &residuals.sum_axis(Axis(0)));
        z
    }

    /// The minima along α, for the targets in `targets` together.
    pub(super) fn solve(&self, targets: Range<usize>, way: &Way<'_>) -> Result<Vec<Solved>> {
        let y = self.y.slice(s![.., targets.clone()]);
        let squares = self.squares(y, y);
        let (p, t) = (self.cross.nrows(), targets.len());
        let stop = way.stop(squares);
        let mut set = WorkingSet::new(self, y, way.spec.route);
        // W, X̃ᵀR and ‖R‖², ⟨R, Ỹ⟩ there.
        let begin = {
            let w = way.begin(p, targets.clone());
            let zero = Fit { targets: t, residual: squares, inner: squares };
            match w.iter().all(|w| *w == 0.0) {
                true => {
                    (w, self.cross.slice(s![.., targets.clone()]).as_standard_layout().into_owned(), zero)
                }
                false => {
                    set.extend(support(&w).collect())?;
                    let residuals = set.residuals(&w);
                    let fit = self.fit(y, &residuals);
                    (w, self.slopes(residuals), fit)
                }
            }
        };
        let (mut w, mut slopes, mut fit) = begin.clone();
        let mut solved = Vec::with_capacity(way.alphas.len());
        for (k, alpha) in way.alphas.iter().enumerate() {
            if k > 0 && !way.warm {
                (w, slopes, fit) = begin.clone();
            }
            let penalty = way.penalty(*alpha, self.weight);
            let (mut inner, mut closer, mut sweeps, mut last) = (stop, 0, 0, f64::MAX);
            // A round that is not yet the last must not use up all sweeps.
            let round = (stop.max_iter / 10).max(10);
            let (gap, converged) = loop {
                let grown = set.grow(&w, &slopes, &penalty)?;
                inner.max_iter = round.min(stop.max_iter - sweeps);
                let end = set.descend(&mut w, &penalty, &inner);
                sweeps += end.sweeps;
                if end.sweeps > 0 {
                    let residuals = set.residuals(&w);
                    fit = self.fit(y, &residuals);
                    slopes = self.slopes(residuals);
                }
                let z = &slopes - &(&w * penalty.l2);
                let (values, z) = (w.as_slice().unwrap_or_default(), z.as_slice().unwrap_or_default());
                let gap = match penalty.l1 {
                    // No column outside has a reason to enter once 𝒲 no longer grows.
                    0.0 if grown => f64::MAX,
                    0.0 => end.gap,
                    _ => penalty.gap(fit, values, z, |_| 0.0).value,
                };
                if !gap.is_finite() {
                    return Err(out_of_range());
                }
                let closest = !grown && end.converged && (closer == CLOSER || gap > 0.5 * last);
                if (gap <= stop.gap && end.converged) || closest || sweeps >= stop.max_iter {
                    // Once the gap within 𝒲 was small enough and no column wanted in, what is left is rounding.
                    break (gap, (gap <= stop.gap && end.converged) || closer > 0);
                }
                if !grown && end.converged {
                    (closer, last) = (closer + 1, gap);
                    (inner.gap, inner.change) = (inner.gap / 100.0, inner.change / 10.0);
                }
            };
            let objective = 0.5 * fit.residual + penalty.value(w.as_slice().unwrap_or_default(), t);
            solved.push(Solved {
                intercept: &self.y_mean.slice(s![targets.clone()]) - &self.x_mean.dot(&w),
                coef: w.clone(),
                centre: self.x_mean.clone(),
                objective: objective / self.weight,
                gap: gap / self.weight,
                sweeps,
                converged,
                solver: "coordinate descent on working sets".into(),
            });
        }
        Ok(solved)
    }

    fn fit(&self, y: ArrayView2<'_, f64>, residuals: &Array2<f64>) -> Fit {
        let (residual, inner) =
            (self.squares(residuals.view(), residuals.view()), self.squares(residuals.view(), y));
        Fit { targets: y.ncols(), residual, inner }
    }

    /// ω
    pub(super) fn omega(&self) -> Option<ArrayView1<'_, f64>> {
        self.weights.as_ref().map(|w| w.view())
    }
}

/// Xᵀv − x̄ Σv
fn centre(products: &mut Array2<f64>, mean: &Array1<f64>, sums: &Array1<f64>) {
    for (mut products, mean) in products.rows_mut().into_iter().zip(mean) {
        products.scaled_add(-mean, sums);
    }
}

/// Columns with a coefficient that is not 0.
fn support(w: &Array2<f64>) -> impl Iterator<Item = usize> {
    w.rows().into_iter().enumerate().filter(|(_, w)| w.iter().any(|w| *w != 0.0)).map(|(j, _)| j)
}
