//! Products of columns, for solvers that look at few of them: S = X̃ᵀX̃ row by row, each row formed when it is wanted.
//!
//! ```text
//! n ≥ p    S at once, in one pass over X                                   np²/2
//! else     rows of S by the block:  Sⱼ = X̃ᵀ ω(xⱼ − x̄ⱼ) for 16 j at a time    16 np, one pass over X
//! ```
//!
//! With a block, the columns come that look most likely to be wanted next: reading X costs as much as multiplying
//! it by a dozen columns.

use crate::ridge::problem::{Problem, out_of_range};
use crate::ridge::route::drop_constant_columns;
use estimand_core::records::MatrixView;
use estimand_core::{Float, Records, Result};
use estimand_kernels as kernels;
use estimand_linalg::{matmul, matvec_t, sparse};
use ndarray::{Array1, Array2, ArrayView1, Axis};

/// Rows of S that are formed together.
const BLOCK: usize = 16;

/// S and what belongs to it.
pub(crate) struct Products<'a> {
    source: Source<'a>,
    /// x̄; 0 without intercept.
    pub(crate) mean: Array1<f64>,
    /// ȳ; 0 without intercept.
    pub(crate) target_mean: Array1<f64>,
    /// C = X̃ᵀỸ, p × t
    pub(crate) cross: Array2<f64>,
    /// Σω(y − ȳ)², t
    pub(crate) target_squares: Array1<f64>,
    /// Σω
    pub(crate) weight: f64,
    /// The largest number of columns that can be independent.
    pub(crate) rank: usize,
}

enum Source<'a> {
    Gram(Array2<f64>),
    Data { x: Records<'a, f64>, weights: Option<ArrayView1<'a, f64>>, rows: Vec<Option<Array1<f64>>> },
}

/// `f` of the products of X and Y. `few` columns are expected to be wanted, which may make it not worth while to form
/// all of S.
pub(crate) fn with_products<F: Float, R>(
    problem: &Problem<'_, F>,
    few: Option<usize>,
    f: impl FnOnce(&mut Products<'_>) -> Result<R>,
) -> Result<R> {
    let (n, p) = (problem.x.nrows(), problem.x.ncols());
    let positive = problem.weights.map_or(n, |w| w.iter().filter(|w| **w > F::zero()).count());
    let rank = p.min(positive.saturating_sub(usize::from(problem.fit_intercept)));
    // A block of rows of S costs about a tenth of S where p is 16 times the block.
    let all = n >= p && few.is_none_or(|few| few.div_ceil(BLOCK) * BLOCK * 4 > p);
    if all {
        let mut moments = problem.moments()?;
        drop_constant_columns(&mut moments);
        return f(&mut Products {
            mean: moments.mean,
            target_mean: moments.target_mean,
            cross: moments.cross,
            target_squares: moments.target_squares,
            weight: moments.weight,
            rank,
            source: Source::Gram(moments.gram),
        });
    }
    problem.in_f64(|problem| {
        let weight = problem.weight();
        let ones = Array1::ones(n);
        let omega = problem.weights.unwrap_or(ones.view());
        let average = |sums: Array1<f64>| if problem.fit_intercept { sums / weight } else { sums * 0.0 };
        let mean = average(product(problem.x, omega));
        let target_mean = average(problem.y.t().dot(&omega));
        let mut y = &problem.y - &target_mean;
        let target_squares = y.columns().into_iter().map(|y| (&y * &y * omega).sum()).collect();
        y *= &omega.insert_axis(Axis(1));
        let mut cross = products(problem.x, &y);
        let sums = y.sum_axis(Axis(0));
        cross -= &matmul(mean.view().insert_axis(Axis(1)), sums.view().insert_axis(Axis(0)));
        let products = &mut Products {
            source: Source::Data { x: problem.x, weights: problem.weights, rows: vec![None; p] },
            mean,
            target_mean,
            cross,
            target_squares,
            weight,
            rank,
        };
        if !products.cross.iter().chain(&products.target_squares).all(|v| v.is_finite()) {
            problem.check_finite()?;
            return Err(out_of_range());
        }
        f(products)
    })
}

/// Xᵀv
fn product(x: Records<'_, f64>, v: ArrayView1<'_, f64>) -> Array1<f64> {
    match x.values() {
        MatrixView::Dense(x) => matvec_t(x, v),
        MatrixView::Sparse(x) => sparse::matvec_t(x, v),
    }
}

/// XᵀB
fn products(x: Records<'_, f64>, b: &Array2<f64>) -> Array2<f64> {
    match x.values() {
        MatrixView::Dense(x) => matmul(b.t(), x).reversed_axes(),
        MatrixView::Sparse(x) => sparse::matmul_t(x, b.view()),
    }
}

impl Products<'_> {
    /// Sees to it that row j is there, and with it some of those that come first in `likely`.
    pub(crate) fn want<I: IntoIterator<Item = usize>>(&mut self, j: usize, likely: impl FnOnce() -> I) {
        let Source::Data { x, weights, rows } = &mut self.source else { return };
        if rows[j].is_some() {
            return;
        }
        let others = likely().into_iter().filter(|k| *k != j && rows[*k].is_none());
        let block: Vec<usize> = std::iter::once(j).chain(others).take(BLOCK).collect();
        let mut columns = columns(*x, &block);
        for (mut column, k) in columns.columns_mut().into_iter().zip(&block) {
            column -= self.mean[*k];
            if let Some(weights) = weights {
                column *= &*weights;
            }
        }
        let sums = columns.sum_axis(Axis(0));
        let found = products(*x, &columns);
        for ((found, sum), k) in found.columns().into_iter().zip(sums).zip(block) {
            let mut row = found.to_owned();
            row.scaled_add(-sum, &self.mean);
            // A constant column has no products but those of rounding.
            if row[k] <= self.weight * (4.0 * f64::EPSILON * self.mean[k]).powi(2) {
                row.fill(0.0);
            }
            rows[k] = Some(row);
        }
    }

    /// Sⱼ, which was wanted before.
    pub(crate) fn row(&self, j: usize) -> &[f64] {
        match &self.source {
            Source::Gram(gram) => {
                let p = gram.ncols();
                gram.as_slice().map_or(&[], |all| &all[j * p..(j + 1) * p])
            }
            Source::Data { rows, .. } => rows[j].as_ref().and_then(|row| row.as_slice()).unwrap_or(&[]),
        }
    }

    /// Sⱼⱼ, if it is known.
    pub(crate) fn square(&self, j: usize) -> Option<f64> {
        self.row(j).get(j).copied()
    }

    /// Σⱼ vⱼSⱼ over columns that were wanted before.
    pub(crate) fn combine(&self, columns: &[usize], v: &[f64]) -> Vec<f64> {
        let rows: Vec<&[f64]> = columns.iter().map(|j| self.row(*j)).collect();
        let mut sums = vec![0.0; self.mean.len()];
        kernels::rows_axpy(&rows, v, &mut sums);
        sums
    }
}

/// These columns of X, dense.
fn columns(x: Records<'_, f64>, which: &[usize]) -> Array2<f64> {
    match x.values() {
        MatrixView::Dense(x) => {
            let mut out = Array2::zeros((x.nrows(), which.len()));
            for (mut out, row) in out.rows_mut().into_iter().zip(x.rows()) {
                out.iter_mut().zip(which).for_each(|(out, j)| *out = row[*j]);
            }
            out
        }
        MatrixView::Sparse(x) => {
            let mut place = vec![usize::MAX; x.ncols()];
            which.iter().enumerate().for_each(|(k, j)| place[*j] = k);
            let mut out = Array2::zeros((x.nrows(), which.len()));
            for (mut out, row) in out.rows_mut().into_iter().zip(x.outer_iter()) {
                row.iter().filter(|(j, _)| place[*j] < which.len()).for_each(|(j, v)| out[place[j]] = v);
            }
            out
        }
    }
}

/// The columns not in `out`, those with the largest |c| first.
pub(crate) fn by_size(c: &[f64], out: impl Fn(usize) -> bool) -> Vec<usize> {
    let mut order: Vec<usize> = (0..c.len()).filter(|j| !out(*j)).collect();
    let size = |j: &usize| -c[*j].abs();
    let most = 2 * BLOCK;
    if order.len() > most {
        order.select_nth_unstable_by(most, |a, b| size(a).total_cmp(&size(b)));
        order.truncate(most);
    }
    order.sort_by(|a, b| size(a).total_cmp(&size(b)));
    order
}
