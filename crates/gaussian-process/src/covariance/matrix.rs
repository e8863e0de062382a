//! Matrices of covariances, and sums of their derivatives.

use super::Program;
use super::program::{Pairs, Workspace};
use estimand_core::Float;
use estimand_kernels as kernels;
use estimand_par as par;
use ndarray::{Array2, ArrayView2};
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// Records in `f64`, column by column.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Table {
    values: Vec<f64>,
    len: usize,
    width: usize,
}

impl Table {
    /// The rows with these numbers.
    pub(crate) fn new<F: Float>(x: ArrayView2<'_, F>, rows: &[usize]) -> Self {
        let values =
            x.columns().into_iter().flat_map(|column| rows.iter().map(move |i| column[*i].f64())).collect();
        Self { values, len: rows.len(), width: x.ncols() }
    }

    pub(crate) fn all<F: Float>(x: ArrayView2<'_, F>) -> Self {
        Self::new(x, &(0..x.nrows()).collect::<Vec<_>>())
    }

    pub(crate) fn len(&self) -> usize {
        self.len
    }

    pub(crate) fn width(&self) -> usize {
        self.width
    }

    /// Whether a loaded table holds what it says.
    pub(crate) fn is_sound(&self) -> bool {
        self.len.checked_mul(self.width) == Some(self.values.len()) && kernels::all_finite(&self.values)
    }

    pub(crate) fn row(&self, i: usize, out: &mut [f64]) {
        out.iter_mut().enumerate().for_each(|(j, out)| *out = self.values[j * self.len + i]);
    }

    pub(crate) fn select(&self, rows: &[usize]) -> Self {
        let values =
            (0..self.width).flat_map(|j| rows.iter().map(move |i| self.values[j * self.len + i])).collect();
        Self { values, len: rows.len(), width: self.width }
    }

    /// One row with these records.
    pub(crate) fn with<'a>(&'a self, row: &'a [f64], records: Range<usize>) -> Pairs<'a> {
        Pairs {
            row: Some(row),
            columns: &self.values[records.start.min(self.values.len())..],
            stride: self.len,
            len: records.len(),
            same: false,
        }
    }

    /// Records with themselves.
    pub(crate) fn selves(&self, same: bool) -> Pairs<'_> {
        Pairs { row: None, columns: &self.values, stride: self.len, len: self.len, same }
    }
}

/// An n × n matrix in column-major order, from its memory.
pub(crate) fn by_columns(n: usize, memory: Vec<f64>) -> Array2<f64> {
    Array2::from_shape_vec((n, n), memory).unwrap_or_default().reversed_axes()
}

impl Program {
    /// k(xᵢ, xᵢ) of one row, or of two that are equal.
    pub(crate) fn diagonal(&self, x: &Table, same: bool) -> Vec<f64> {
        let mut out = vec![0.0; x.len()];
        self.fill(&x.selves(same), &mut self.workspace(), &mut out);
        out
    }

    /// The lower triangle of the covariances of all records, in column-major order, with this diagonal.
    pub(crate) fn lower(&self, x: &Table, diagonal: &[f64]) -> Array2<f64> {
        let n = x.len();
        let mut memory = kernels::zeros(n * n);
        par::map_rows_mut(&mut memory, n, par::chunk_len(n, n * self.cost() / 2), |first, columns| {
            let (mut work, mut row) = (self.workspace(), vec![0.0; x.width()]);
            for (k, column) in columns.chunks_exact_mut(n).enumerate() {
                let i = first + k;
                x.row(i, &mut row);
                column[i] = diagonal[i];
                self.fill(&x.with(&row, i + 1..n), &mut work, &mut column[i + 1..]);
            }
        });
        by_columns(n, memory)
    }

    /// Covariances of the rows of `asking` with all records, row by row.
    pub(crate) fn cross(&self, asking: &Table, x: &Table) -> Array2<f64> {
        let (m, n) = (asking.len(), x.len());
        let mut memory = kernels::zeros(m * n);
        par::map_rows_mut(&mut memory, n, par::chunk_len(m, n * self.cost()), |first, rows| {
            let (mut work, mut row) = (self.workspace(), vec![0.0; x.width()]);
            for (k, out) in rows.chunks_exact_mut(n).enumerate() {
                asking.row(first + k, &mut row);
                self.fill(&x.with(&row, 0..n), &mut work, out);
            }
        });
        Array2::from_shape_vec((m, n), memory).unwrap_or_default()
    }

    /// Covariances of one row with all records.
    pub(crate) fn one(&self, row: &[f64], x: &Table, work: &mut Workspace, out: &mut [f64]) {
        self.fill(&x.with(row, 0..x.len()), work, out);
    }

    /// Σ a ∂k / ∂ ln θ over pairs of different records, each once; `adjoint(i, c, a)` writes a for record i with
    /// records c, which come after it.
    pub(crate) fn gradient(
        &self,
        x: &Table,
        adjoint: impl Fn(usize, Range<usize>, &mut [f64]) + Sync,
    ) -> Vec<f64> {
        let n = x.len();
        let partial = |rows: Range<usize>| {
            let (mut work, mut row) = (self.workspace(), vec![0.0; x.width()]);
            let mut gradient = vec![0.0; self.count()];
            for i in rows {
                x.row(i, &mut row);
                let a = |from: usize, a: &mut [f64]| {
                    let from = i + 1 + from;
                    adjoint(i, from..from + a.len(), a);
                };
                self.add_gradient(&x.with(&row, i + 1..n), &mut work, a, &mut gradient);
            }
            gradient
        };
        self.sum(n, n / 2, partial)
    }

    /// The same over all pairs of a record of `asking` and one of `x`.
    pub(crate) fn cross_gradient(
        &self,
        asking: &Table,
        x: &Table,
        adjoint: impl Fn(usize, Range<usize>, &mut [f64]) + Sync,
    ) -> Vec<f64> {
        let partial = |rows: Range<usize>| {
            let (mut work, mut row) = (self.workspace(), vec![0.0; x.width()]);
            let mut gradient = vec![0.0; self.count()];
            for i in rows {
                asking.row(i, &mut row);
                let a = |from: usize, a: &mut [f64]| adjoint(i, from..from + a.len(), a);
                self.add_gradient(&x.with(&row, 0..x.len()), &mut work, a, &mut gradient);
            }
            gradient
        };
        self.sum(asking.len(), x.len(), partial)
    }

    fn sum(&self, rows: usize, pairs: usize, partial: impl Fn(Range<usize>) -> Vec<f64> + Sync) -> Vec<f64> {
        let chunk = par::chunk_len_at_most(rows, 2 * pairs * self.cost(), 64);
        par::reduce(rows, chunk, partial, add).unwrap_or_else(|| vec![0.0; self.count()])
    }

    /// Σ aᵢ ∂k(xᵢ, xᵢ) / ∂ ln θ, of one row or of two that are equal.
    pub(crate) fn diagonal_gradient(&self, x: &Table, same: bool, adjoint: &[f64]) -> Vec<f64> {
        let mut gradient = vec![0.0; self.count()];
        let a = |from: usize, a: &mut [f64]| a.copy_from_slice(&adjoint[from..from + a.len()]);
        self.add_gradient(&x.selves(same), &mut self.workspace(), a, &mut gradient);
        gradient
    }
}

/// Element by element.
pub(crate) fn add(mut a: Vec<f64>, b: Vec<f64>) -> Vec<f64> {
    a.iter_mut().zip(&b).for_each(|(a, b)| *a += b);
    a
}
