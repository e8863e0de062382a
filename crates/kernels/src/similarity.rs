//! Products of rows with rows, from panels of eight rows side by side, and the kernel functions that are made of them.
//!
//! ```text
//! panel of eight rows of width w      feature j, lane l:  x[l, j]       w · 8 values
//! products of two panels              8 × 8               Σⱼ a[k, j] · b[l, j]
//! ```
//!
//! Every sum is one chain of fused multiply-adds in the order of the features: two rows have the same product, to the
//! last bit, whatever rows they stand among, and in either order.

use crate::{
    isa::{Isa, Vector},
    math::Real,
    panel::PANEL,
};

#[inline(always)]
pub(crate) fn row_products<T: Real, I: Isa>(
    a: &[f64],
    b: &[f64],
    rows: usize,
    stride: usize,
    out: &mut [f64],
) {
    let (a, b) = (a.as_chunks::<PANEL>().0, b.as_chunks::<PANEL>().0);
    let rows = rows.min(PANEL);
    if I::SUMS >= 8 && rows > PANEL / 2 {
        let twice = 2 * a.len().max(1);
        for (c, pair) in b.chunks(twice).enumerate() {
            let (at, (left, right)) = (2 * c * PANEL, pair.split_at(a.len().min(pair.len())));
            if right.is_empty() {
                strip::<I, 8>(a, left, 0, rows, stride, &mut out[at..]);
            } else {
                two_panels::<I, 8>(a, left, right, rows, stride, &mut out[at..]);
            }
        }
        return;
    }
    for (c, b) in b.chunks_exact(a.len().max(1)).enumerate() {
        let out = &mut out[c * PANEL..];
        if rows == 1 {
            strip::<I, 1>(a, b, 0, rows, stride, out);
        } else if I::SUMS >= 4 {
            (0..rows).step_by(4).for_each(|k| strip::<I, 4>(a, b, k, rows, stride, out));
        } else {
            (0..rows).step_by(2).for_each(|k| strip::<I, 2>(a, b, k, rows, stride, out));
        }
    }
}

/// Rows k … k + S of the products of two panels, of which those below `rows` are written.
#[inline(always)]
fn strip<I: Isa, const S: usize>(
    a: &[[f64; PANEL]],
    b: &[[f64; PANEL]],
    k: usize,
    rows: usize,
    stride: usize,
    out: &mut [f64],
) {
    let mut sums = [I::Vector::zero(); S];
    for (a, b) in a.iter().zip(b) {
        let b = I::Vector::load(b);
        for s in 0..S {
            sums[s] = sums[s].add_product(I::Vector::splat(a[k + s]), b);
        }
    }
    for s in 0..S.min(rows - k) {
        if let Some(out) = out[(k + s) * stride..].first_chunk_mut() {
            sums[s].store(out);
        }
    }
}

/// The products of a panel with two panels: twice the sums for each value that is read.
#[inline(always)]
fn two_panels<I: Isa, const S: usize>(
    a: &[[f64; PANEL]],
    left: &[[f64; PANEL]],
    right: &[[f64; PANEL]],
    rows: usize,
    stride: usize,
    out: &mut [f64],
) {
    let (mut first, mut second) = ([I::Vector::zero(); S], [I::Vector::zero(); S]);
    for ((a, left), right) in a.iter().zip(left).zip(right) {
        let (left, right) = (I::Vector::load(left), I::Vector::load(right));
        for s in 0..S {
            let a = I::Vector::splat(a[s]);
            first[s] = first[s].add_product(a, left);
            second[s] = second[s].add_product(a, right);
        }
    }
    for s in 0..S.min(rows) {
        if let Some((one, two)) = out[s * stride..]
            .first_chunk_mut::<16>()
            .map(|out| out.split_at_mut(PANEL))
            .and_then(|(one, two)| one.first_chunk_mut().zip(two.first_chunk_mut()))
        {
            first[s].store(one);
            second[s].store(two);
        }
    }
}

#[inline(always)]
pub(crate) fn one_row_products<T: Real, I: Isa>(row: &[T], shift: &[f64], b: &[f64], out: &mut [f64]) {
    let b = b.as_chunks::<PANEL>().0;
    let n = row.len().min(shift.len());
    let (row, shift) = (&row[..n], &shift[..n]);
    for (b, out) in b.chunks_exact(n.max(1)).zip(out.as_chunks_mut::<PANEL>().0) {
        let mut sums = I::Vector::zero();
        for j in 0..n {
            sums = sums.add_product(I::Vector::splat(row[j].f64() - shift[j]), I::Vector::load(&b[j]));
        }
        sums.store(out);
    }
}

#[inline(always)]
pub(crate) fn shifted_square<T: Real, I: Isa>(row: &[T], shift: &[f64]) -> f64 {
    row.iter().zip(shift).fold(0.0_f64, |sum, (x, shift)| {
        let d = x.f64() - shift;
        d.madd::<I>(d, sum)
    })
}

#[inline(always)]
pub(crate) fn sparse_row_products<T: Real, I: Isa>(
    indptr: &[usize],
    indices: &[u32],
    values: &[f64],
    a: &[f64],
    rows: usize,
    stride: usize,
    out: &mut [f64],
) {
    let a = a.as_chunks::<PANEL>().0;
    for (i, at) in indptr.windows(2).enumerate() {
        let mut sums = I::Vector::zero();
        for (j, value) in indices[at[0]..at[1]].iter().zip(&values[at[0]..at[1]]) {
            sums = sums.add_product(I::Vector::load(&a[*j as usize]), I::Vector::splat(*value));
        }
        let mut eight = [0.0; PANEL];
        sums.store(&mut eight);
        for (k, sum) in eight.iter().enumerate().take(rows) {
            out[k * stride + i] = *sum;
        }
    }
}

#[inline(always)]
pub(crate) fn rbf<T: Real, I: Isa>(products: &mut [f64], squares: &[f64], own: f64, gamma: f64) {
    for (v, square) in products.iter_mut().zip(squares) {
        let distance = (own + square) - 2.0 * *v;
        // Written so that NaN passes through.
        let distance = if distance < 0.0 { 0.0 } else { distance };
        *v = (-gamma * distance).exp_::<I>();
    }
}
