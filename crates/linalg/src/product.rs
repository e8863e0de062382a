//! Products of dense arrays of any layout.
//!
//! Work is cut by the shape alone: a product into blocks of the result, or of the inner dimension when the
//! result is small; matrix–vector products into blocks of rows. Sums over rows are kept per block
//! and added in order, in `f64` for both scalar types.

use crate::backend::backend;
use crate::lines::{Lines, for_each_block};
use estimand_core::Float;
use estimand_kernels as kernels;
use estimand_par as par;
use ndarray::{Array1, Array2, ArrayView1, ArrayView2, ArrayViewMut1, ArrayViewMut2, Axis, CowArray, Ix1, s};
use std::ops::Range;

/// Rows that are taken together: long enough slices where columns are contiguous.
const BLOCK: usize = 4096;

/// AB
///
/// # Panics
/// If A has not as many columns as B has rows.
pub fn matmul<F: Float>(a: ArrayView2<'_, F>, b: ArrayView2<'_, F>) -> Array2<F> {
    let shape = (a.nrows(), b.ncols());
    let mut out = Array2::from_shape_vec(shape, kernels::zeros(shape.0 * shape.1)).unwrap_or_default();
    matmul_into(a, b, out.view_mut());
    out
}

/// out ← AB
///
/// # Panics
/// If the three shapes do not agree.
pub fn matmul_into<F: Float>(a: ArrayView2<'_, F>, b: ArrayView2<'_, F>, mut out: ArrayViewMut2<'_, F>) {
    if a.ncols() == 0 {
        out.fill(F::zero());
    }
    multiply(F::one(), a, b, out, false);
}

/// out ← out + αAB
///
/// # Panics
/// If the three shapes do not agree.
pub fn matmul_add<F: Float>(alpha: F, a: ArrayView2<'_, F>, b: ArrayView2<'_, F>, out: ArrayViewMut2<'_, F>) {
    multiply(alpha, a, b, out, true);
}

/// out ← αAB, added to what is there if `add`.
fn multiply<F: Float>(
    alpha: F,
    a: ArrayView2<'_, F>,
    b: ArrayView2<'_, F>,
    mut out: ArrayViewMut2<'_, F>,
    add: bool,
) {
    let ((m, k), n) = (a.dim(), b.ncols());
    assert_eq!((b.nrows(), out.dim()), (k, (m, n)), "shapes of a product");
    if m == 0 || n == 0 || k == 0 {
        return;
    }
    let product = backend::<F>().product;
    if m <= ROWS && n <= COLUMNS && k < INNER {
        return product(out, add, a, b, alpha);
    }
    if m.max(n) < ROWS && k >= INNER {
        let mut parts = par::map_chunks(k, par::chunk_len_at_most(k, m * n / 8 + 1, 16), |inner| {
            let mut part = Array2::default((m, n));
            product(part.view_mut(), false, a.slice(s![.., inner.clone()]), b.slice(s![inner, ..]), alpha);
            part
        });
        if !add {
            out.assign(&parts.remove(0));
        }
        parts.iter().for_each(|part| out += part);
        return;
    }
    let rows = par::chunk_len_at_most(m, n * k / 8 + 1, 8).max(ROWS);
    let columns = par::chunk_len_at_most(n, m * k / 8 + 1, 8).max(COLUMNS);
    par::for_each_chunk_mut(&mut cut(out, rows, columns), 1, |_, blocks| {
        for (i, j, out) in blocks {
            let (a, b) = (a.slice(s![*i..*i + out.nrows(), ..]), b.slice(s![.., *j..*j + out.ncols()]));
            product(out.view_mut(), add, a, b, alpha);
        }
    });
}

/// Least rows and columns of a block of the result: the backend copies a factor for each block, which smaller
/// ones do not pay back.
const ROWS: usize = 256;
const COLUMNS: usize = 512;
/// From this inner dimension on, a small result is summed in parts.
const INNER: usize = 4096;

/// Blocks of a matrix with their first rows and columns.
fn cut<F>(
    out: ArrayViewMut2<'_, F>,
    rows: usize,
    columns: usize,
) -> Vec<(usize, usize, ArrayViewMut2<'_, F>)> {
    let mut blocks = Vec::new();
    let (mut i, mut below) = (0, out);
    while below.nrows() > 0 {
        let height = rows.min(below.nrows());
        let (mut right, rest) = below.split_at(Axis(0), height);
        let mut j = 0;
        while right.ncols() > 0 {
            let width = columns.min(right.ncols());
            let (block, rest) = right.split_at(Axis(1), width);
            blocks.push((i, j, block));
            (j, right) = (j + width, rest);
        }
        (i, below) = (i + rows, rest);
    }
    blocks
}

/// Xv
///
/// Where rows are contiguous, each value is a sum of its own: a row has the same bits alone and among others.
///
/// # Panics
/// If X has not as many columns as v has values.
pub fn matvec<F: Float>(x: ArrayView2<'_, F>, v: ArrayView1<'_, F>) -> Array1<F> {
    let mut out = Array1::default(x.nrows());
    matvec_into(x, v, out.view_mut());
    out
}

/// out ← Xv
///
/// # Panics
/// If the shapes do not agree.
pub fn matvec_into<F: Float>(x: ArrayView2<'_, F>, v: ArrayView1<'_, F>, mut out: ArrayViewMut1<'_, F>) {
    assert_eq!((v.len(), out.len()), (x.ncols(), x.nrows()), "shapes of a product");
    let v = contiguous(v);
    let v = v.as_slice().unwrap_or_default();
    let chunk = par::chunk_len(x.nrows(), x.ncols() / 4 + 1);
    if let Some(out) = out.as_slice_mut() {
        par::for_each_chunk_mut(out, chunk, |first, out| {
            chunk_matvec(x.slice(s![first..first + out.len(), ..]), v, out)
        });
    } else {
        out.assign(&matvec(x, ArrayView1::from(v)));
    }
}

fn chunk_matvec<F: Float>(x: ArrayView2<'_, F>, v: &[F], out: &mut [F]) {
    let mut sums = [0.0; BLOCK];
    for_each_block(x, BLOCK, |first, lines| match lines {
        Lines::Rows(rows) => kernels::rows_dot(rows, v, &mut out[first..first + rows.len()]),
        Lines::Columns(columns) => {
            let out = &mut out[first..];
            let sums = &mut sums[..out.len().min(BLOCK)];
            sums.fill(0.0);
            columns.iter().zip(v).for_each(|(column, v)| kernels::axpy_f64(v.f64(), column, sums));
            out.iter_mut().zip(sums).for_each(|(out, sum)| *out = F::of(*sum));
        }
    });
}

/// Xᵀv
///
/// # Panics
/// If X has not as many rows as v has values.
pub fn matvec_t<F: Float>(x: ArrayView2<'_, F>, v: ArrayView1<'_, F>) -> Array1<F> {
    let mut out = Array1::default(x.ncols());
    matvec_t_into(x, v, out.view_mut());
    out
}

/// out ← Xᵀv
///
/// # Panics
/// If the shapes do not agree.
pub fn matvec_t_into<F: Float>(x: ArrayView2<'_, F>, v: ArrayView1<'_, F>, mut out: ArrayViewMut1<'_, F>) {
    let (n, p) = x.dim();
    assert_eq!((v.len(), out.len()), (n, p), "shapes of a product");
    let v = contiguous(v);
    let v = v.as_slice().unwrap_or_default();
    let partial = |rows: Range<usize>| {
        let mut sums = vec![0.0; p];
        for_each_block(x.slice(s![rows.clone(), ..]), BLOCK, |first, lines| {
            let v = &v[rows.start + first..];
            match lines {
                // Kernels want slices of one length: v reaches beyond this block.
                Lines::Rows(lines) => kernels::rows_axpy_ahead(lines, &v[..lines.len()], &mut sums),
                Lines::Columns(lines) => lines
                    .iter()
                    .zip(&mut sums)
                    .for_each(|(column, sum)| *sum += kernels::dot(column, &v[..column.len()])),
            }
        });
        sums
    };
    let sums = par::reduce(n, par::chunk_len_at_most(n, p / 4 + 1, 64), partial, add)
        .unwrap_or_else(|| vec![0.0; p]);
    out.iter_mut().zip(&sums).for_each(|(out, sum)| *out = F::of(*sum));
}

/// Element by element.
pub(crate) fn add(mut a: Vec<f64>, b: Vec<f64>) -> Vec<f64> {
    a.iter_mut().zip(&b).for_each(|(a, b)| *a += b);
    a
}

/// The same vector, in contiguous memory.
pub(crate) fn contiguous<F: Float>(v: ArrayView1<'_, F>) -> CowArray<'_, F, Ix1> {
    // `to_owned` would keep a vector that lies backwards in memory backwards.
    if v.as_slice().is_some() { v.into() } else { v.iter().copied().collect::<Array1<F>>().into() }
}
