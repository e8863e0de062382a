//! −f and its gradient, in blocks of rows.

use estimand_linalg::{matmul, matmul_add};
use estimand_optim::Objective;
use estimand_par as par;
use ndarray::{Array1, Array2, ArrayView2, Axis, s};

/// Rows whose distances to all others are in memory together.
const BLOCK: usize = 64;
/// Most partial gradients.
const PARTS: usize = 16;

/// (1) to (3).
pub(super) struct Problem {
    x: Array2<f64>,
    codes: Array1<u32>,
    weights: Array1<f64>,
    total: f64,
    q: usize,
}

impl Problem {
    pub(super) fn new(x: Array2<f64>, codes: Array1<u32>, weights: Option<Array1<f64>>, q: usize) -> Self {
        let weights = weights.unwrap_or_else(|| Array1::ones(x.nrows()));
        let total = weights.sum();
        Self { x, codes, weights, total, q }
    }

    /// W of (3) in the place of −‖zᵢ − zⱼ‖²; returns what the row adds to f.
    fn weigh(&self, i: usize, values: &mut [f64]) -> f64 {
        let weight = |j: usize| if j == i { (self.weights[i] - 1.0).max(0.0) } else { self.weights[j] };
        let near = values.iter().enumerate().filter(|(j, _)| weight(*j) > 0.0);
        let largest = near.fold(f64::NEG_INFINITY, |largest, (_, v)| largest.max(*v));
        let (mut sum, mut same) = (0.0, 0.0);
        for (j, value) in values.iter_mut().enumerate() {
            let weight = weight(j);
            *value = if weight > 0.0 { weight * (*value - largest).exp() } else { 0.0 };
            sum += *value;
            if self.codes[j] == self.codes[i] {
                same += *value;
            }
        }
        let (share, p) = (self.weights[i] / self.total, same / sum);
        for (value, code) in values.iter_mut().zip(&self.codes) {
            *value *= share / sum * (p - f64::from(u8::from(*code == self.codes[i])));
        }
        share * p
    }
}

impl Objective for Problem {
    fn gradient(&mut self, a: &[f64], gradient: &mut [f64]) -> f64 {
        let ((n, p), q) = (self.x.dim(), self.q);
        let Ok(a) = ArrayView2::from_shape((q, p), a) else { return f64::NAN };
        let z = matmul(self.x.view(), a.t());
        let columns = z.t().as_standard_layout().into_owned();
        let this = &*self;
        let parts = par::map_chunks(n, par::chunk_len_at_most(n, n * (4 * q + 32), PARTS), |rows| {
            let (mut value, mut v, mut sums) = (0.0, Array2::zeros((n, q)), Array1::<f64>::zeros(n));
            for first in rows.clone().step_by(BLOCK) {
                let block = first..rows.end.min(first + BLOCK);
                let own = z.slice(s![block.clone(), ..]);
                let mut w = Array2::zeros((block.len(), n));
                for (i, mut row) in block.clone().zip(w.rows_mut()) {
                    // By differences: products would cancel where the map is large.
                    for column in columns.rows() {
                        row.zip_mut_with(&column, |value, z| *value -= (z - column[i]).powi(2));
                    }
                    value += this.weigh(i, row.as_slice_mut().unwrap_or_default());
                }
                sums += &w.sum_axis(Axis(0));
                matmul_add(-1.0, w.view(), z.view(), v.slice_mut(s![block, ..]));
                matmul_add(-1.0, w.t(), own, v.view_mut());
            }
            (value, v, sums)
        });
        let sum = parts.into_iter().reduce(|a, b| (a.0 + b.0, a.1 + &b.1, a.2 + &b.2));
        let Some((value, mut v, sums)) = sum else { return f64::NAN };
        // The rows of W sum to 0, its columns do not.
        v += &(z * &sums.insert_axis(Axis(1)));
        let slope = matmul(v.t(), self.x.view());
        gradient.iter_mut().zip(&slope).for_each(|(place, v)| *place = -2.0 * v);
        -value
    }
}
