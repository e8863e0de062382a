//! Products of compressed sparse rows with dense arrays.
//!
//! Costs are those of the stored values. Sums over rows are kept for at most 16 parts, in `f64`, and
//! added in order; a matrix with few stored values per column is summed in one part.

use crate::product::contiguous;
use estimand_core::{CsrView, Float};
use estimand_kernels as kernels;
use estimand_par as par;
use ndarray::{Array1, Array2, ArrayView1, ArrayView2, s};

/// Parts of the rows in a sum over them.
const PARTS: usize = 16;

/// Xv
///
/// # Panics
/// If the shapes do not agree.
pub fn matvec<F: Float>(x: CsrView<'_, F>, v: ArrayView1<'_, F>) -> Array1<F> {
    assert_eq!(v.len(), x.ncols(), "shapes of a product");
    let v = contiguous(v);
    let v = v.as_slice().unwrap_or_default();
    let mut out = Array1::default(x.nrows());
    par::for_each_chunk_mut(out.as_slice_mut().unwrap_or_default(), rows_per_chunk(x, 1), |first, out| {
        for (row, out) in x.rows(first..first + out.len()).outer_iter().zip(out) {
            *out = F::of(row_dot(row.indices, row.values, v));
        }
    });
    out
}

/// Σ valuesₖ v[indicesₖ], in four interleaved sums.
fn row_dot<F: Float, V: Float>(indices: &[u32], values: &[F], v: &[V]) -> f64 {
    let ((fours, rest), (values, values_rest)) = (indices.as_chunks::<4>(), values.as_chunks::<4>());
    let mut sums = [0.0; 4];
    for (indices, values) in fours.iter().zip(values) {
        for l in 0..4 {
            sums[l] += values[l].f64() * v[indices[l] as usize].f64();
        }
    }
    let sum = (sums[0] + sums[2]) + (sums[1] + sums[3]);
    rest.iter().zip(values_rest).fold(sum, |sum, (j, value)| sum + value.f64() * v[*j as usize].f64())
}

/// Xᵀv
///
/// # Panics
/// If the shapes do not agree.
pub fn matvec_t<F: Float>(x: CsrView<'_, F>, v: ArrayView1<'_, F>) -> Array1<F> {
    assert_eq!(v.len(), x.nrows(), "shapes of a product");
    let sums = sum_over_rows(x, x.ncols(), 1, |rows, sums| {
        for (row, v) in x.rows(rows.clone()).outer_iter().zip(v.slice(s![rows])) {
            let v = v.f64();
            row.indices.iter().zip(row.values).for_each(|(j, value)| sums[*j as usize] += value.f64() * v);
        }
    });
    sums.into_iter().map(F::of).collect()
}

/// Xᵀ diag(h) X v; with one value of v more than X has columns, those of X and a column of ones. Reads X once, and no row
/// whose h is 0.
///
/// # Panics
/// If the shapes do not agree.
pub fn weighted_gram_vec<F: Float>(x: CsrView<'_, F>, h: &[f64], v: &[f64]) -> Vec<f64> {
    let (n, p) = (x.nrows(), x.ncols());
    assert!(h.len() == n && (v.len() == p || v.len() == p + 1), "shapes of a product");
    let ones = v.get(p).copied();
    sum_over_rows(x, v.len(), 1, |rows, sums| {
        for (row, h) in x.rows(rows.clone()).outer_iter().zip(&h[rows]).filter(|(_, h)| **h != 0.0) {
            let z = h * (row_dot(row.indices, row.values, v) + ones.unwrap_or(0.0));
            row.indices.iter().zip(row.values).for_each(|(j, value)| sums[*j as usize] += value.f64() * z);
            sums[p..].iter_mut().for_each(|sum| *sum += z);
        }
    })
}

/// XB
///
/// # Panics
/// If the shapes do not agree.
pub fn matmul<F: Float>(x: CsrView<'_, F>, b: ArrayView2<'_, F>) -> Array2<F> {
    assert_eq!(b.nrows(), x.ncols(), "shapes of a product");
    let k = b.ncols();
    let mut out = Array2::default((x.nrows(), k));
    let b = b.as_standard_layout();
    let b = b.as_slice().unwrap_or_default();
    par::map_rows_mut(out.as_slice_mut().unwrap_or_default(), k, rows_per_chunk(x, k), |first, out| {
        let rows = x.rows(first..first + out.len() / k);
        rows.outer_iter()
            .zip(out.chunks_exact_mut(k))
            .for_each(|(row, out)| kernels::gather_rows(row.indices, row.values, b, out));
    });
    out
}

/// XᵀB
///
/// # Panics
/// If the shapes do not agree.
pub fn matmul_t<F: Float>(x: CsrView<'_, F>, b: ArrayView2<'_, F>) -> Array2<F> {
    assert_eq!(b.nrows(), x.nrows(), "shapes of a product");
    let k = b.ncols();
    let b = b.as_standard_layout();
    let b = b.as_slice().unwrap_or_default();
    let sums = sum_over_rows(x, x.ncols() * k, k, |rows, sums| {
        let b = b[rows.start * k..].chunks_exact(k.max(1));
        x.rows(rows)
            .outer_iter()
            .zip(b)
            .for_each(|(row, b)| kernels::scatter_rows(row.indices, row.values, b, sums));
    });
    let sums = sums.into_iter().map(F::of).collect();
    Array2::from_shape_vec((x.ncols(), k), sums).unwrap_or_default()
}

/// Adds `len` sums over the parts of the rows, where k products are taken of each value; `part(rows, sums)` adds those of
/// some rows.
fn sum_over_rows<F: Float>(
    x: CsrView<'_, F>,
    len: usize,
    k: usize,
    part: impl Fn(std::ops::Range<usize>, &mut [f64]) + Sync,
) -> Vec<f64> {
    let n = x.nrows();
    let parts = (x.nnz() / (8 * x.ncols().max(1))).clamp(1, PARTS);
    let chunk = rows_per_chunk(x, k).max(n.div_ceil(parts));
    let mut parts = par::map_chunks(n, chunk, |rows| {
        let mut sums = kernels::zeros(len);
        part(rows, &mut sums);
        sums
    });
    if parts.len() < 2 {
        return parts.pop().unwrap_or_else(|| vec![0.0; len]);
    }
    let (total, rest) = parts.split_at_mut(1);
    par::for_each_chunk_mut(&mut total[0], par::chunk_len(len, rest.len()), |first, total| {
        rest.iter().for_each(|part| total.iter_mut().zip(&part[first..]).for_each(|(total, v)| *total += v));
    });
    parts.swap_remove(0)
}

fn rows_per_chunk<F>(x: CsrView<'_, F>, k: usize) -> usize {
    par::chunk_len(x.nrows(), 2 * k * (x.nnz() / x.nrows().max(1)) + 4)
}
