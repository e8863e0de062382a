//! XᵀV for a few columns V: X is read once, and sums stay in `f64`.
//!
//! What gradients, column means and correlations with a few targets have in common. Where [`matvec_t`](crate::matvec_t)
//! rounds to the type of X and reads it once for each vector, this does neither.

use crate::lines::{Lines, for_each_block};
use crate::product::add;
use estimand_core::{CsrView, Float, MatrixView};
use estimand_kernels as kernels;
use estimand_par as par;
use ndarray::{Array2, ArrayView2, s};
use std::ops::Range;

/// Values of X that are read for one vector after the other: 256 kB of `f64`, which the second-level cache keeps.
const KEPT: usize = 1 << 15;
/// Parts of the rows in a sum over sparse ones.
const PARTS: usize = 16;

/// XᵀV, p × k, for V of few columns.
///
/// # Panics
/// If X and V have not equally many rows.
pub fn products_t<F: Float>(x: MatrixView<'_, F>, v: ArrayView2<'_, f64>) -> Array2<f64> {
    match x {
        MatrixView::Dense(x) => dense(x, v),
        MatrixView::Sparse(x) => sparse(x, v),
    }
}

fn dense<F: Float>(x: ArrayView2<'_, F>, v: ArrayView2<'_, f64>) -> Array2<f64> {
    let ((n, p), k) = (x.dim(), v.ncols());
    assert_eq!(v.nrows(), n, "shapes of a product");
    // A number as one of the type of X, and the rest of it as another: v = high + low.
    let high = v.mapv(F::of);
    let low = (size_of::<F>() < size_of::<f64>())
        .then(|| ndarray::Zip::from(v).and(&high).map_collect(|v, high| F::of(v - high.f64())));
    let parts: Vec<(usize, Vec<F>)> = [Some(high), low]
        .iter()
        .flatten()
        .flat_map(|part| part.columns().into_iter().map(|v| v.to_vec()).enumerate().collect::<Vec<_>>())
        .collect();
    let partial = |rows: Range<usize>| {
        let mut sums = kernels::zeros::<f64>(k * p);
        for_each_block(x.slice(s![rows.clone(), ..]), (KEPT / p.max(1)).max(16), |first, lines| {
            for (l, v) in &parts {
                let (sums, v) = (&mut sums[l * p..][..p], &v[rows.start + first..]);
                match lines {
                    Lines::Rows(lines) => kernels::rows_axpy_ahead(lines, &v[..lines.len()], sums),
                    Lines::Columns(lines) => {
                        lines.iter().zip(sums).for_each(|(column, sum)| *sum += kernels::dot(column, v));
                    }
                }
            }
        });
        sums
    };
    let chunk = par::chunk_len_at_most(n, parts.len() * p / 4 + 1, 64);
    let sums = par::reduce(n, chunk, partial, add).unwrap_or_else(|| vec![0.0; k * p]);
    Array2::from_shape_fn((p, k), |(j, l)| sums[l * p + j])
}

fn sparse<F: Float>(x: CsrView<'_, F>, v: ArrayView2<'_, f64>) -> Array2<f64> {
    let (n, p, k) = (x.nrows(), x.ncols(), v.ncols());
    assert_eq!(v.nrows(), n, "shapes of a product");
    let v = v.as_standard_layout();
    let v = v.as_slice().unwrap_or_default();
    let partial = |rows: Range<usize>| {
        let mut sums = kernels::zeros::<f64>(p * k);
        let some = x.rows(rows.clone());
        let rows = some.outer_iter().zip(v[rows.start * k..].chunks_exact(k.max(1)));
        match k {
            1 => rows.for_each(|(row, v)| {
                row.indices.iter().zip(row.values).for_each(|(j, x)| sums[*j as usize] += x.f64() * v[0]);
            }),
            2 => rows.for_each(|(row, v)| {
                let sums = sums.as_chunks_mut::<2>().0;
                for (j, x) in row.indices.iter().zip(row.values) {
                    let (sums, x) = (&mut sums[*j as usize], x.f64());
                    *sums = [sums[0] + x * v[0], sums[1] + x * v[1]];
                }
            }),
            _ => rows.for_each(|(row, v)| {
                for (j, x) in row.iter() {
                    sums[j * k..].iter_mut().zip(v).for_each(|(sum, v)| *sum += x.f64() * v);
                }
            }),
        }
        sums
    };
    // Each part has sums of its own, which are worth their memory only with many values for each of them.
    let parts = (x.nnz() / (8 * p.max(1))).clamp(1, PARTS);
    let chunk = par::chunk_len_at_most(n, 2 * k * (x.nnz() / n.max(1)) + 4, parts);
    let sums = par::reduce(n, chunk, partial, add).unwrap_or_else(|| vec![0.0; p * k]);
    Array2::from_shape_vec((p, k), sums).unwrap_or_default()
}
