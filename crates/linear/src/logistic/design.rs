//! The records as the passes over them see them: blocks of rows that fit the cache, in `f64`, centred.
//!
//! ```text
//! aᵢ = (xᵢ − c, 1)        z = A β = X W + 1 (b − cᵀW)ᵀ        Aᵀr = (Xᵀr − c 1ᵀr, 1ᵀr)        β = (W, b): q × k
//! ```
//!
//! Centring is never done on the records: it enters as an offset and as a correction. It changes the
//! intercept by cᵀW and nothing else, and makes the Hessian well conditioned where columns are far from zero.
//! Without an intercept, c = 0 and the last column of A is missing.

use crate::scores::by_rows;
use estimand_core::records::MatrixView;
use estimand_core::{CsrView, Float, Records, Typed};
use estimand_kernels as kernels;
use estimand_linalg::product::matmul_add;
use ndarray::{ArrayView2, ArrayViewMut2, Axis, s};
use std::ops::Range;

/// Records, their centre, and whether there is an intercept.
pub(crate) struct Design<'a, F> {
    pub(super) x: MatrixView<'a, F>,
    /// c: p values, all 0 without an intercept.
    pub(crate) centre: Vec<f64>,
    pub(crate) intercept: bool,
    /// Columns that are constant where there is an intercept, and therefore say nothing.
    pub(crate) constant: Vec<usize>,
}

/// Consecutive rows of X: dense ones row after row, or sparse ones.
#[derive(Clone, Copy)]
pub(crate) enum Block<'b, F> {
    Dense(&'b [f64]),
    Sparse(CsrView<'b, F>),
}

/// Rows that are looked at for the centre.
const LOOKED_AT: usize = 256;

impl<'a, F: Float> Design<'a, F> {
    pub(crate) fn new(x: Records<'a, F>, intercept: bool) -> Self {
        let mut centre = vec![0.0; x.ncols()];
        let mut constant = Vec::new();
        if intercept {
            constant = match x.values() {
                MatrixView::Dense(x) => dense_centre(x, &mut centre),
                MatrixView::Sparse(x) => sparse_centre(x, &mut centre),
            };
            // What is not finite is found, and located, by the first pass.
            centre.iter_mut().filter(|c| !c.is_finite()).for_each(|c| *c = 0.0);
        }
        Self { x: x.values(), centre, intercept, constant }
    }

    pub(crate) fn nrows(&self) -> usize {
        match self.x {
            MatrixView::Dense(x) => x.nrows(),
            MatrixView::Sparse(x) => x.nrows(),
        }
    }

    /// p
    pub(crate) fn ncols(&self) -> usize {
        self.centre.len()
    }

    /// q: columns and intercept.
    pub(crate) fn width(&self) -> usize {
        self.ncols() + usize::from(self.intercept)
    }

    /// Stored values per row, on average.
    pub(crate) fn density(&self) -> usize {
        match self.x {
            MatrixView::Dense(x) => x.ncols(),
            MatrixView::Sparse(x) => x.nnz() / x.nrows().max(1) + 1,
        }
    }

    /// Rows of a block: as many as stay in the second-level cache from the scores to the gradient.
    pub(crate) fn rows_per_block(&self) -> usize {
        (CACHE / (8 * self.density())).clamp(8, 1024) / 8 * 8
    }

    /// Calls `f` with each block of the rows `range`; `buffer` holds rows that had to be copied.
    pub(crate) fn blocks(
        &self,
        range: Range<usize>,
        buffer: &mut Vec<f64>,
        mut f: impl FnMut(Range<usize>, Block<'_, F>),
    ) {
        let step = self.rows_per_block();
        for start in range.clone().step_by(step) {
            let rows = start..range.end.min(start + step);
            match self.x {
                MatrixView::Sparse(x) => f(rows.clone(), Block::Sparse(x.rows(rows))),
                MatrixView::Dense(x) => {
                    f(rows.clone(), Block::Dense(row_major(x.slice(s![rows, ..]), buffer)))
                }
            }
        }
    }

    /// b − cᵀW, the offset of every row's scores.
    pub(crate) fn offset(&self, beta: &[f64], offset: &mut [f64]) {
        let k = offset.len();
        let (w, b) = beta.split_at(self.ncols() * k);
        offset.fill(0.0);
        offset.iter_mut().zip(b).for_each(|(o, b)| *o = *b);
        for (w, c) in w.chunks_exact(k).zip(&self.centre).filter(|(_, c)| **c != 0.0) {
            offset.iter_mut().zip(w).for_each(|(o, w)| *o -= c * w);
        }
    }

    /// (Xᵀr, 1ᵀr) becomes (Xᵀr − c 1ᵀr, 1ᵀr), for k columns.
    pub(crate) fn centre_gradient(&self, gradient: &mut [f64], k: usize) {
        self.shift_gradient(gradient, k, -1.0);
        // 0 but for rounding, which a column of zero variance would magnify without limit.
        self.constant.iter().for_each(|j| gradient[j * k..(j + 1) * k].fill(0.0));
    }

    /// The inverse: the gradient with respect to the coefficients of X itself.
    pub(crate) fn raw_gradient(&self, gradient: &mut [f64], k: usize) {
        self.shift_gradient(gradient, k, 1.0);
    }

    /// Of sparse records the squares come without Σ dᵢ c², which is added here.
    pub(crate) fn centre_squares(&self, squares: &mut [f64], k: usize) {
        if matches!(self.x, MatrixView::Sparse(_)) {
            let (w, total) = squares.split_at_mut(self.ncols() * k);
            for (w, c) in w.chunks_exact_mut(k).zip(&self.centre).filter(|(_, c)| **c != 0.0) {
                w.iter_mut().zip(total.iter()).for_each(|(w, total)| *w += c * c * total);
            }
        }
    }

    fn shift_gradient(&self, gradient: &mut [f64], k: usize, sign: f64) {
        let (w, b) = gradient.split_at_mut(self.ncols() * k);
        for (w, c) in w.chunks_exact_mut(k).zip(&self.centre).filter(|(_, c)| **c != 0.0) {
            w.iter_mut().zip(b.iter()).for_each(|(w, b)| *w += sign * c * b);
        }
    }
}

/// Bytes of X in a block. Between 24 and 800 KiB the time of a fit differs by a tenth. (2026-11)
const CACHE: usize = 192 * 1024;

/// Sparse rows that are asked for ahead of their turn.
const AHEAD: usize = 8;

impl<F: Float> Block<'_, F> {
    /// Z ← X W + 1 offsetᵀ; `w` is p × k, `z` rows × k.
    pub(crate) fn scores(&self, w: &[f64], offset: &[f64], z: &mut [f64]) {
        let k = offset.len();
        match self {
            Self::Dense(x) if k == 1 => by_rows(x, w.len(), |at, rows| {
                kernels::rows_dot(rows, w, &mut z[at.clone()]);
                z[at].iter_mut().for_each(|z| *z += offset[0]);
            }),
            Self::Dense(x) => {
                z.chunks_exact_mut(k).for_each(|z| z.copy_from_slice(offset));
                add_product(rows(x, w.len() / k), rows(w, k), rows_mut(z, k));
            }
            Self::Sparse(x) if k == 1 => {
                for (i, (row, z)) in x.outer_iter().zip(z).enumerate() {
                    if i + AHEAD < x.nrows() {
                        let ahead = x.row(i + AHEAD);
                        kernels::prefetch(ahead.indices);
                        kernels::prefetch(ahead.values);
                    }
                    *z = offset[0] + kernels::sparse_dot(row.indices, row.values, w);
                }
            }
            Self::Sparse(x) => {
                for (row, z) in x.outer_iter().zip(z.chunks_exact_mut(k)) {
                    z.copy_from_slice(offset);
                    for (j, v) in row.iter() {
                        let v = v.f64();
                        z.iter_mut().zip(&w[j * k..]).for_each(|(z, w)| *z += v * w);
                    }
                }
            }
        }
    }

    /// (Xᵀr, 1ᵀr) is added to `gradient`, which is q × k; `r` is rows × k.
    pub(crate) fn add_gradient(&self, r: &[f64], k: usize, p: usize, gradient: &mut [f64]) {
        let (w, b) = gradient.split_at_mut(p * k);
        match self {
            Self::Dense(x) if k == 1 => by_rows(x, p, |at, rows| kernels::rows_axpy(rows, &r[at], w)),
            Self::Dense(x) => add_product(rows(x, p).reversed_axes(), rows(r, k), rows_mut(w, k)),
            Self::Sparse(x) if k == 1 => {
                for (row, r) in x.outer_iter().zip(r) {
                    kernels::sparse_axpy(*r, row.indices, row.values, w);
                }
            }
            Self::Sparse(x) => {
                for (row, r) in x.outer_iter().zip(r.chunks_exact(k)) {
                    for (j, v) in row.iter() {
                        let v = v.f64();
                        w[j * k..].iter_mut().zip(r).for_each(|(w, r)| *w += v * r);
                    }
                }
            }
        }
        match b {
            [] => (),
            [b] => *b += kernels::sum(r),
            b => r.chunks_exact(k).for_each(|r| b.iter_mut().zip(r).for_each(|(b, r)| *b += r)),
        }
    }

    /// The rows, dense; sparse ones are written out into `buffer`.
    pub(crate) fn dense<'c>(&'c self, p: usize, buffer: &'c mut Vec<f64>) -> &'c [f64] {
        match self {
            Self::Dense(x) => x,
            Self::Sparse(x) => {
                buffer.clear();
                buffer.resize(x.nrows() * p, 0.0);
                for (row, out) in x.outer_iter().zip(buffer.chunks_exact_mut(p)) {
                    row.iter().for_each(|(j, v)| out[j] = v.f64());
                }
                buffer
            }
        }
    }

    /// Σ dᵢc aᵢⱼ² is added to `squares`, which is q × k, but for what [`Design::centre_squares`] adds; `d` is rows × k.
    pub(crate) fn add_squares(&self, d: &[f64], k: usize, centre: &[f64], squares: &mut [f64]) {
        let p = centre.len();
        let (w, b) = squares.split_at_mut(p * k);
        let add = |w: &mut [f64], j: usize, square: f64, d: &[f64]| {
            w[j * k..].iter_mut().zip(d).for_each(|(w, d)| *w += square * d)
        };
        match self {
            Self::Dense(x) => {
                for (row, d) in x.chunks_exact(p).zip(d.chunks_exact(k)) {
                    row.iter()
                        .zip(centre)
                        .enumerate()
                        .for_each(|(j, (x, c))| add(w, j, (x - c) * (x - c), d));
                }
            }
            Self::Sparse(x) => {
                // Less c², which all rows have, stored or not: `centre_squares` adds it.
                for (row, d) in x.outer_iter().zip(d.chunks_exact(k)) {
                    match d {
                        [d] => kernels::sparse_squares(*d, row.indices, row.values, centre, w),
                        d => {
                            row.iter().for_each(|(j, x)| add(w, j, x.f64() * (x.f64() - 2.0 * centre[j]), d))
                        }
                    }
                }
            }
        }
        d.chunks_exact(k).for_each(|d| b.iter_mut().zip(d).for_each(|(b, d)| *b += d));
    }
}

fn rows(x: &[f64], width: usize) -> ArrayView2<'_, f64> {
    ArrayView2::from_shape((x.len() / width.max(1), width), x)
        .unwrap_or_else(|_| ArrayView2::from(&[[0.0; 0]; 0]))
}

fn rows_mut(x: &mut [f64], width: usize) -> ArrayViewMut2<'_, f64> {
    let n = x.len() / width.max(1);
    ArrayViewMut2::from_shape((n, width), x).unwrap_or_else(|_| unreachable!())
}

fn add_product(a: ArrayView2<'_, f64>, b: ArrayView2<'_, f64>, out: ArrayViewMut2<'_, f64>) {
    matmul_add(1.0, a, b, out);
}

/// The rows of a block in `f64`, row after row; borrowed where they lie so already.
fn row_major<'b, F: Float>(x: ArrayView2<'b, F>, buffer: &'b mut Vec<f64>) -> &'b [f64] {
    if let Some(Typed::F64(rows)) = x.to_slice().map(F::typed) {
        return rows;
    }
    let p = x.ncols();
    // All of it is written below.
    buffer.resize(buffer.len().max(x.len()), 0.0);
    let buffer = &mut buffer[..x.len()];
    if let Some(rows) = x.as_slice() {
        buffer.iter_mut().zip(rows).for_each(|(out, x)| *out = x.f64());
        return buffer;
    }
    // Eight columns side by side, so that every cache line of the copy is written once.
    for (block, columns) in x.axis_chunks_iter(Axis(1), 8).enumerate() {
        let slices: [Option<&[F]>; 8] =
            std::array::from_fn(|j| (j < columns.ncols()).then(|| columns.column(j).to_slice()).flatten());
        let lines = buffer.chunks_exact_mut(p).map(|row| &mut row[8 * block..]).enumerate();
        match slices {
            [Some(a), Some(b), Some(c), Some(d), Some(e), Some(f), Some(g), Some(h)] => {
                lines.for_each(|(i, out)| {
                    [a, b, c, d, e, f, g, h].iter().zip(out).for_each(|(x, out)| *out = x[i].f64())
                });
            }
            _ => lines
                .zip(columns.rows())
                .for_each(|((_, out), row)| row.iter().zip(out).for_each(|(x, out)| *out = x.f64())),
        }
    }
    buffer
}

/// The mean of rows spread over the records; exactly the value of a column that is constant in them. Returns the
/// columns that are constant in all rows.
fn dense_centre<F: Float>(x: ArrayView2<'_, F>, centre: &mut [f64]) -> Vec<usize> {
    let looked_at = x.slice(s![..;x.nrows().div_ceil(LOOKED_AT).max(1), ..]);
    let mut constant = Vec::new();
    for (j, (c, column)) in centre.iter_mut().zip(looked_at.columns()).enumerate() {
        let first = column.first().map_or(0.0, |v| v.f64());
        let spread: f64 = column.iter().map(|v| v.f64() - first).sum();
        *c = first + spread / column.len() as f64;
        if spread == 0.0 && x.column(j).iter().all(|v| v.f64() == first) {
            constant.push(j);
        }
    }
    constant
}

/// The mean of each column; exactly its value where it is constant. Returns those columns.
fn sparse_centre<F: Float>(x: CsrView<'_, F>, centre: &mut [f64]) -> Vec<usize> {
    /// What a column has stored; one cache line, as rows touch columns in any order.
    #[derive(Clone, Copy, Default)]
    struct Column {
        count: usize,
        first: f64,
        /// Σ (x − first)
        sum: f64,
        varies: bool,
    }
    // As for dense columns, about the first value: of a column that is nowhere absent, its first one, else 0.
    let mut columns = vec![Column::default(); centre.len()];
    for row in x.outer_iter() {
        for (j, v) in row.iter() {
            let (column, v) = (&mut columns[j], v.f64());
            if column.count == 0 {
                column.first = v;
            }
            column.count += 1;
            column.sum += v - column.first;
            column.varies |= v != column.first;
        }
    }
    let n = x.nrows() as f64;
    let mut constant = Vec::new();
    for (j, (c, Column { count, first, sum, varies })) in centre.iter_mut().zip(columns).enumerate() {
        let absent = count < x.nrows();
        *c = if absent { (sum + count as f64 * first) / n } else { first + sum / n };
        if !(varies || absent && first != 0.0) {
            constant.push(j);
        }
    }
    constant
}
