//! The Cholesky factor of the Gram matrix of some columns, which come and go one at a time.
//!
//! ```text
//! a column comes      ⎛ L   0 ⎞      L l = Sₐⱼ,  λ² = Sⱼⱼ − ‖l‖²
//!                     ⎝ lᵀ  λ ⎠
//! a column goes       its row is struck out; rotations of neighbouring columns make the rest triangular again
//! ```
//!
//! k²/2 multiply-adds to bring a column in or out of k, and for each half of a solve \[GillGolub74\].

use estimand_kernels as kernels;

/// L, row by row: row i has i + 1 entries.
#[derive(Clone, Debug, Default)]
pub(crate) struct ActiveFactor {
    rows: Vec<Vec<f64>>,
}

/// λ²/Sⱼⱼ below which a column counts as a combination of those that are in: the sine of its angle to them is 10⁻⁶,
/// and rounding of S alone leaves 10⁻⁸.
pub(crate) const DEPENDENT: f64 = 1e-12;

impl ActiveFactor {
    /// Brings in the column whose products with those that are in are `products`; whether it is independent of
    /// them. Where it is not, nothing changes.
    pub(crate) fn push(&mut self, products: Vec<f64>, square: f64) -> bool {
        let mut row = products;
        self.half_solve(&mut row);
        let left = square - kernels::dot(&row, &row);
        if !(left > DEPENDENT * square && left.is_finite()) {
            return false;
        }
        row.push(left.sqrt());
        self.rows.push(row);
        true
    }

    /// Takes out the column at this place.
    pub(crate) fn remove(&mut self, at: usize) {
        self.rows.remove(at);
        for k in at..self.rows.len() {
            let (a, b) = (self.rows[k][k], self.rows[k][k + 1]);
            let length = a.hypot(b);
            let (c, s) = (a / length, b / length);
            self.rows[k].truncate(k);
            self.rows[k].push(length);
            for row in &mut self.rows[k + 1..] {
                let (a, b) = (row[k], row[k + 1]);
                (row[k], row[k + 1]) = (c * a + s * b, c * b - s * a);
            }
        }
    }

    /// b ← L⁻¹b
    pub(crate) fn half_solve(&self, b: &mut [f64]) {
        for (i, row) in self.rows.iter().enumerate() {
            let (known, rest) = b.split_at_mut(i);
            rest[0] = (rest[0] - kernels::dot(&row[..i], known)) / row[i];
        }
    }

    /// b ← L⁻ᵀb
    pub(crate) fn other_half_solve(&self, b: &mut [f64]) {
        for (i, row) in self.rows.iter().enumerate().rev() {
            let (above, rest) = b.split_at_mut(i);
            rest[0] /= row[i];
            kernels::axpy(-rest[0], &row[..i], above);
        }
    }

    /// S⁻¹b
    pub(crate) fn solve(&self, mut b: Vec<f64>) -> Vec<f64> {
        self.half_solve(&mut b);
        self.other_half_solve(&mut b);
        b
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::normal;
    use ndarray::{Array1, Array2};

    #[test]
    fn columns_come_and_go() {
        let x = normal(30, 8, 1);
        let s = x.t().dot(&x);
        let mut factor = ActiveFactor::default();
        let mut active: Vec<usize> = Vec::new();
        let push = |factor: &mut ActiveFactor, active: &mut Vec<usize>, j: usize| {
            assert!(factor.push(active.iter().map(|k| s[[*k, j]]).collect(), s[[j, j]]));
            active.push(j);
        };
        (0..6).for_each(|j| push(&mut factor, &mut active, j));
        for at in [2, 4, 0] {
            factor.remove(at);
            active.remove(at);
            let b: Vec<f64> = (0..active.len()).map(|i| i as f64 - 1.0).collect();
            let found = Array1::from(factor.solve(b.clone()));
            let gram =
                Array2::from_shape_fn((active.len(), active.len()), |(i, j)| s[[active[i], active[j]]]);
            assert!((gram.dot(&found) - Array1::from(b)).iter().all(|d| d.abs() < 1e-12));
            push(&mut factor, &mut active, if at == 2 { 6 } else { 7 - at / 4 });
            active.pop();
            factor.remove(active.len());
        }
        // A column that is there already adds nothing.
        let twin = active[0];
        assert!(!factor.push(active.iter().map(|k| s[[*k, twin]]).collect(), s[[twin, twin]]));
    }
}
