//! Step 3: from vertex to vertex.
//!
//! A vertex meets k rows exactly, the basis B: A_B θ = y_B, where A has k columns. An edge leaves one of them, j, so that
//! its residual moves from 0 to one side, σ = ±1, and keeps the others:
//!
//! ```text
//! M = A_B⁻¹        θ(t) = θ − tσ Mⱼ        r(t) = r + tσ A Mⱼ
//! slope            σ Σ dᵢ aᵢMⱼ + max(hⱼσ, lⱼσ)     over the rows off the vertex, dᵢ = hᵢ or lᵢ by the sign of rᵢ  (5)
//! ```
//!
//! Along an edge the slope rises by |rate| (h − l) with every row that is crossed. The row that makes it positive comes
//! into the basis: many vertices are passed in one step.

use super::design::Program;
use estimand_core::order;
use estimand_linalg::Qr;
use ndarray::{Array1, Array2};

/// The last vertex.
pub(super) struct Corner {
    pub(super) theta: Vec<f64>,
    pub(super) value: f64,
    pub(super) pivots: usize,
}

/// Residuals below this share of y are zero.
const ZERO: f64 = 1e-12;
/// A row whose part outside of the span of others is below this share of it is spanned by them.
const SPANNED: f64 = 1e-7;
/// Slopes above this share of the range of the row's dual are not negative.
const FLAT: f64 = 1e-10;

impl Program<'_> {
    /// The vertex next to θ, and from there downhill.
    pub(super) fn vertex(&self, theta: &[f64]) -> Corner {
        let k = theta.len();
        let nowhere = Corner { theta: theta.to_vec(), value: f64::INFINITY, pivots: 0 };
        let Some(mut basis) = self.basis(theta) else { return nowhere };
        let square = Array2::from_shape_fn((k, k), |(i, j)| self.entry(basis[i], j));
        let mut inverse = Qr::new(square.view()).solve(Array2::eye(k).view());
        let mut best = nowhere;
        for pivots in 0..=100 + 20 * k {
            let mut theta = inverse.dot(&basis.iter().map(|i| self.y[*i]).collect::<Array1<f64>>()).to_vec();
            // What a penalty holds at zero is zero.
            let held = basis.iter().filter_map(|i| i.checked_sub(self.a.nrows()));
            held.for_each(|unit| theta[self.units[unit]] = 0.0);
            let mut r = self.residuals(&theta);
            r.iter_mut()
                .zip(&self.y)
                .for_each(|(r, y)| *r = if r.abs() <= ZERO * (1.0 + y.abs()) { 0.0 } else { *r });
            basis.iter().for_each(|i| r[*i] = 0.0);
            let value = self.value(&r);
            if value >= best.value || value.is_nan() {
                break;
            }
            best = Corner { theta, value, pivots };
            let Some((j, side, slope)) = self.steepest(&r, &basis, &inverse) else { break };
            let rates: Vec<f64> =
                self.product(&inverse.column(j).to_vec()).into_iter().map(|rate| side * rate).collect();
            let Some(enters) = self.along(&r, &rates, slope) else { break };
            let row: Array1<f64> = (0..k).map(|c| self.entry(enters, c)).collect();
            exchange(&mut inverse, &row, j);
            basis[j] = enters;
        }
        best
    }

    /// The entry of A at row i and column j.
    fn entry(&self, i: usize, j: usize) -> f64 {
        let n = self.a.nrows();
        match i.checked_sub(n) {
            Some(unit) => f64::from(u8::from(self.units[unit] == j)),
            None if j < self.a.ncols() => self.a[[i, j]],
            None => 1.0,
        }
    }

    /// Rows nearest to θ that span all columns.
    fn basis(&self, theta: &[f64]) -> Option<Vec<usize>> {
        let (k, r) = (theta.len(), self.residuals(theta));
        let mut nearest: Vec<usize> = (0..r.len()).collect();
        nearest.sort_unstable_by_key(|i| (order::ascending(r[*i].abs()), *i));
        let mut basis = Vec::with_capacity(k);
        // Each with the column in which it has its pivot, which is 1.
        let mut reduced: Vec<(usize, Vec<f64>)> = Vec::with_capacity(k);
        for i in nearest {
            let mut row: Vec<f64> = (0..k).map(|j| self.entry(i, j)).collect();
            let size = row.iter().fold(0.0_f64, |m, v| m.max(v.abs()));
            for (pivot, other) in &reduced {
                let factor = row[*pivot];
                row.iter_mut().zip(other).for_each(|(v, o)| *v -= factor * o);
            }
            let (pivot, largest) = row
                .iter()
                .enumerate()
                .fold((0, 0.0_f64), |m, (j, v)| if v.abs() > m.1.abs() { (j, *v) } else { m });
            if largest.abs() > SPANNED * size {
                row.iter_mut().for_each(|v| *v /= largest);
                reduced.push((pivot, row));
                basis.push(i);
                if basis.len() == k {
                    return Some(basis);
                }
            }
        }
        None
    }

    /// (5): the edge with the most negative slope relative to its row's range, if any is negative.
    fn steepest(&self, r: &[f64], basis: &[usize], inverse: &Array2<f64>) -> Option<(usize, f64, f64)> {
        let d: Vec<f64> = r
            .iter()
            .zip(&self.low)
            .zip(&self.high)
            .map(|((r, l), h)| {
                if *r > 0.0 {
                    *h
                } else if *r < 0.0 {
                    *l
                } else {
                    0.0
                }
            })
            .collect();
        let pull = Array1::from(self.transposed(&d)).dot(inverse);
        // Rows on the vertex beside the basis are crossed at once, whichever way it goes.
        let on: Vec<usize> = (0..r.len()).filter(|i| r[*i] == 0.0 && !basis.contains(i)).collect();
        let rates: Vec<Array1<f64>> = on
            .iter()
            .map(|i| (0..basis.len()).map(|c| self.entry(*i, c)).collect::<Array1<f64>>().dot(inverse))
            .collect();
        let mut steepest = None;
        let mut least = -FLAT;
        for (j, i) in basis.iter().enumerate() {
            for side in [1.0, -1.0] {
                let crossed: f64 = on
                    .iter()
                    .zip(&rates)
                    .map(|(i, rates)| {
                        f64::max(self.high[*i] * side * rates[j], self.low[*i] * side * rates[j])
                    })
                    .sum();
                let slope = side * pull[j] + f64::max(self.high[*i] * side, self.low[*i] * side) + crossed;
                let relative = slope / (self.high[*i] - self.low[*i]);
                if relative < least {
                    (steepest, least) = (Some((j, side, slope)), relative);
                }
            }
        }
        steepest
    }

    /// The row whose crossing ends the descent.
    fn along(&self, r: &[f64], rates: &[f64], mut slope: f64) -> Option<usize> {
        let crossing = |i: &usize| r[*i] * rates[*i] < 0.0;
        let mut ahead: Vec<(f64, usize)> =
            (0..r.len()).filter(crossing).map(|i| (-r[i] / rates[i], i)).collect();
        let rise = |i: usize| rates[i].abs() * (self.high[i] - self.low[i]);
        // The half that holds the row, again and again.
        while ahead.len() > 1 {
            let middle = ahead.len() / 2;
            ahead.select_nth_unstable_by_key(middle, |(t, i)| (order::ascending(*t), *i));
            let near: f64 = ahead[..middle].iter().map(|(_, i)| rise(*i)).sum();
            if slope + near >= 0.0 {
                ahead.truncate(middle);
            } else {
                slope += near;
                ahead.drain(..middle);
            }
        }
        ahead.first().map(|(_, i)| *i)
    }
}

/// M for A_B with its row j replaced.
fn exchange(inverse: &mut Array2<f64>, row: &Array1<f64>, j: usize) {
    let mut factors = row.dot(inverse);
    let column = &inverse.column(j) / factors[j];
    factors[j] = 0.0;
    for (l, mut other) in inverse.columns_mut().into_iter().enumerate() {
        if l == j {
            other.assign(&column);
        } else {
            other.scaled_add(-factors[l], &column);
        }
    }
}
