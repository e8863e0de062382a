//! A metric near the Hessian, in which L-BFGS sees a function that is nearly round.
//!
//! ```text
//! blocks      M = diag(Hcc)         the blocks of the Hessian that belong to one class each: k factors of q × q
//! diagonal    M = diag(Hⱼⱼ)         where q is too large for that, or the records are sparse
//! ```
//!
//! For two classes the blocks are the whole Hessian. For more, what they leave out is −pᵢpⱼ between classes;
//! as the directions along which all classes move alike are taken off, what is left of the condition number
//! is small.

use estimand_linalg::Cholesky;
use estimand_optim::positive_definite;
use ndarray::{Array1, Array2, ArrayViewMut2};

/// A positive definite matrix that is easily inverted.
pub(crate) enum Metric {
    /// One factor for each class, and a buffer of q values.
    Blocks(Vec<Cholesky<f64>>, Array1<f64>),
    /// The diagonal.
    Diagonal(Vec<f64>),
}

impl Metric {
    /// The blocks, with the penalty added on their first `p` places; `None` if they are not finite.
    pub(crate) fn blocks(blocks: impl Iterator<Item = Array2<f64>>, penalty: f64, p: usize) -> Option<Self> {
        let factor = |mut block: Array2<f64>| {
            block.diag_mut().iter_mut().take(p).for_each(|d| *d += penalty);
            positive_definite(&block)
        };
        let factors: Vec<Cholesky<f64>> = blocks.map(factor).collect::<Option<_>>()?;
        let width = factors.first()?.factor().nrows();
        Some(Self::Blocks(factors, Array1::zeros(width)))
    }

    /// The squares, with the penalty added on their first `size` places; `None` if they are not finite.
    pub(crate) fn diagonal(squares: impl Iterator<Item = f64>, penalty: f64, size: usize) -> Option<Self> {
        // A column without curvature has no gradient either; below 0 is rounding.
        let curvature = |(j, s): (usize, f64)| match s.max(0.0) + if j < size { penalty } else { 0.0 } {
            0.0 => Some(1.0),
            sum => (s.is_finite() && sum.is_finite()).then_some(sum),
        };
        Some(Self::Diagonal(squares.enumerate().map(curvature).collect::<Option<_>>()?))
    }

    /// v ← M⁻¹v
    pub(crate) fn solve(&mut self, v: &mut [f64]) {
        match self {
            Self::Diagonal(d) => v.iter_mut().zip(d).for_each(|(v, d)| *v /= *d),
            Self::Blocks(factors, column) => {
                let k = factors.len();
                take_off_mean(v, k);
                for (class, factor) in factors.iter().enumerate() {
                    column.iter_mut().zip(v[class..].iter().step_by(k)).for_each(|(c, v)| *c = *v);
                    if let Some(column) = column.as_slice_mut()
                        && let Ok(column) = ArrayViewMut2::from_shape((column.len(), 1), column)
                    {
                        factor.solve_inplace(column);
                    }
                    column.iter().zip(v[class..].iter_mut().step_by(k)).for_each(|(c, v)| *v = *c);
                }
                take_off_mean(v, k);
            }
        }
    }
}

/// Each row of k values loses its mean; a single column is left alone.
pub(crate) fn take_off_mean(v: &mut [f64], k: usize) {
    if k > 1 {
        for row in v.chunks_exact_mut(k) {
            let mean = row.iter().sum::<f64>() / k as f64;
            row.iter_mut().for_each(|v| *v -= mean);
        }
    }
}
