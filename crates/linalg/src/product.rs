//! Products of dense arrays of any layout.
//!
//! Work is cut by the shape alone: a product into blocks of its longer side, or of the inner dimension
//! when the result is small; matrix–vector products into blocks of rows. Sums over rows are kept per block
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
    matmul_add(F::one(), a, b, out.view_mut());
    out
}

/// out ← AB
///
/// # Panics
/// If the three shapes do not agree.
pub fn matmul_into<F: Float>(a: ArrayView2<'_, F>, b: ArrayView2<'_, F>, mut out: ArrayViewMut2<'_, F>) {
    out.fill(F::zero());
    matmul_add(F::one(), a, b, out);
}

/// out ← out + αAB
///
/// # Panics
/// If the three shapes do not agree.
pub fn matmul_add<F: Float>(alpha: F, a: ArrayView2<'_, F>, b: ArrayView2<'_, F>, mut out: ArrayViewMut2<'_, F>) {
    let ((m, k), n) = (a.dim(), b.ncols());
    assert_eq!((b.nrows(), out.dim()), (k, (m, n)), "shapes of a product");
    if m == 0 || n == 0 || k == 0 {
        return;
    }
    if n > m {
        // The transposed product, so that only rows need cutting.
        return matmul_add(alpha, b.reversed_axes(), a.reversed_axes(), out.reversed_axes());
    }
    if m < 256 && k >= 4096 {
        let parts = par::map_chunks(k, par::chunk_len_at_most(k, m * n / 8 + 1, 16), |inner| {
            let mut part = Array2::default((m, n));
            block_product(alpha, a.slice(s![.., inner.clone()]), b.slice(s![inner, ..]), part.view_mut());
            part
        });
        parts.iter().for_each(|part| out += part);
        return;
    }
    let chunk = par::chunk_len(m, n * k / 8 + 1).max(64);
    let mut blocks: Vec<_> = out.axis_chunks_iter_mut(Axis(0), chunk).zip(a.axis_chunks_iter(Axis(0), chunk)).collect();
    par::for_each_chunk_mut(&mut blocks, 1, |_, block| {
        block.iter_mut().for_each(|(out, a)| block_product(alpha, *a, b, out.view_mut()));
    });
}

/// As [`matmul_add`], on the calling thread.
fn block_product<F: Float>(alpha: F, a: ArrayView2<'_, F>, b: ArrayView2<'_, F>, mut out: ArrayViewMut2<'_, F>) {
    let product = backend::<F>().product;
    if a.strides()[0] != 1 || a.ncols() < 128 {
        return product(out, true, a, b, alpha);
    }
    for (a, b) in a.axis_chunks_iter(Axis(1), INNER).zip(b.axis_chunks_iter(Axis(0), INNER)) {
        product(out.view_mut(), true, a, b, alpha);
    }
}

/// Columns of A that are taken together where columns are contiguous: with many, strides that are near a power
/// of two make the backend two to three times slower.
const INNER: usize = 64;

/// Xv
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
        par::for_each_chunk_mut(out, chunk, |first, out| chunk_matvec(x.slice(s![first..first + out.len(), ..]), v, out));
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
                Lines::Rows(lines) => kernels::rows_axpy(lines, v, &mut sums),
                Lines::Columns(lines) => lines.iter().zip(&mut sums).for_each(|(column, sum)| *sum += kernels::dot(column, v)),
            }
        });
        sums
    };
    let sums = par::reduce(n, par::chunk_len_at_most(n, p / 4 + 1, 64), partial, add).unwrap_or_else(|| vec![0.0; p]);
    out.iter_mut().zip(&sums).for_each(|(out, sum)| *out = F::of(*sum));
}

/// Element by element.
pub(crate) fn add(mut a: Vec<f64>, b: Vec<f64>) -> Vec<f64> {
    a.iter_mut().zip(&b).for_each(|(a, b)| *a += b);
    a
}

/// The same vector, in contiguous memory.
pub(crate) fn contiguous<F: Float>(v: ArrayView1<'_, F>) -> CowArray<'_, F, Ix1> {
    if v.as_slice().is_some() { v.into() } else { v.to_owned().into() }
}
