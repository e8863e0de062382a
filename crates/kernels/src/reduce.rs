//! Sums and products. The partial sum that a value goes to depends on its index and on the number of values,
//! never on the width of the processor's vectors.

use crate::{
    isa::{Isa, Vector, prefetch},
    math::Real,
};

/// Number of partial sums in every reduction: four vectors of eight.
pub const LANES: usize = 32;
const EIGHT: usize = 8;

/// Σ step(aᵢ, bᵢ): four vectors of sums over full strides; added, they go on as one over what these leave;
/// its lanes are added, and the last values one by one.
#[inline(always)]
fn fold<T: Real, I: Isa>(
    a: &[T],
    b: &[T],
    step: impl Fn(I::Vector, I::Vector, I::Vector) -> I::Vector,
    last: impl Fn(f64, f64, f64) -> f64,
) -> f64 {
    let n = a.len().min(b.len());
    let ((a, a_tail), (b, b_tail)) = (a[..n].as_chunks::<EIGHT>(), b[..n].as_chunks::<EIGHT>());
    let ((a, a_rest), (b, b_rest)) = (a.as_chunks::<4>(), b.as_chunks::<4>());
    let mut sums = [I::Vector::zero(); 4];
    for (a, b) in a.iter().zip(b) {
        for k in 0..4 {
            sums[k] = step(sums[k], T::eight::<I>(&a[k]), T::eight::<I>(&b[k]));
        }
    }
    let mut sum = sums[0].add(sums[2]).add(sums[1].add(sums[3]));
    for (a, b) in a_rest.iter().zip(b_rest) {
        sum = step(sum, T::eight::<I>(a), T::eight::<I>(b));
    }
    a_tail.iter().zip(b_tail).fold(sum.sum(), |sum, (a, b)| last(sum, a.f64(), b.f64()))
}

#[inline(always)]
pub(crate) fn dot<T: Real, I: Isa>(a: &[T], b: &[T]) -> f64 {
    fold::<T, I>(a, b, |sum, a, b| sum.add_product(a, b), |sum, a, b| a.madd::<I>(b, sum))
}

#[inline(always)]
pub(crate) fn sum<T: Real, I: Isa>(x: &[T]) -> f64 {
    fold::<T, I>(x, x, |sum, a, _| sum.add(a), |sum, a, _| sum + a)
}

#[inline(always)]
pub(crate) fn sum_squares<T: Real, I: Isa>(x: &[T]) -> f64 {
    dot::<T, I>(x, x)
}

#[inline(always)]
pub(crate) fn squared_distance<T: Real, I: Isa>(a: &[T], b: &[T]) -> f64 {
    let step = |sum: I::Vector, a: I::Vector, b: I::Vector| {
        let difference = a.sub(b);
        sum.add_product(difference, difference)
    };
    fold::<T, I>(a, b, step, |sum, a, b| (a - b).madd::<I>(a - b, sum))
}

#[inline(always)]
pub(crate) fn all_finite<T: Real, I: Isa>(x: &[T]) -> bool {
    // 0 · v is 0 for finite v and NaN for the others. Blocks, so that a long slice can stop early.
    x.chunks(1024).all(|block| block.iter().fold(true, |ok, v| ok & (v.abs() < T::infinity())))
}

#[inline(always)]
pub(crate) fn axpy<T: Real, I: Isa>(alpha: T, x: &[T], y: &mut [T]) {
    x.iter().zip(y).for_each(|(x, y)| *y = alpha.madd::<I>(*x, *y));
}

#[inline(always)]
pub(crate) fn axpy_f64<T: Real, I: Isa>(alpha: f64, x: &[T], y: &mut [f64]) {
    x.iter().zip(y).for_each(|(x, y)| *y = alpha.madd::<I>(x.f64(), *y));
}

#[inline(always)]
pub(crate) fn rows_dot<T: Real, I: Isa>(rows: &[&[T]], v: &[T], out: &mut [T]) {
    for (i, (row, out)) in rows.iter().zip(out).enumerate() {
        if let Some(ahead) = rows.get(i + 16) {
            prefetch(ahead);
        }
        *out = T::of(dot::<T, I>(row, v));
    }
}

#[inline(always)]
pub(crate) fn rows_axpy<T: Real, I: Isa>(rows: &[&[T]], r: &[T], s: &mut [f64]) {
    add_rows::<T, I, false>(rows, r, s);
}

#[inline(always)]
pub(crate) fn rows_axpy_ahead<T: Real, I: Isa>(rows: &[&[T]], r: &[T], s: &mut [f64]) {
    add_rows::<T, I, true>(rows, r, s);
}

#[inline(always)]
fn add_rows<T: Real, I: Isa, const AHEAD: bool>(rows: &[&[T]], r: &[T], s: &mut [f64]) {
    let (width, count) = (s.len(), rows.len().min(r.len()));
    let (rows, r) = (&rows[..count], &r[..count]);
    let (s, s_tail) = s.as_chunks_mut::<EIGHT>();
    let ((fours, rest), (factors, rest_factors)) = (rows.as_chunks::<4>(), r.as_chunks::<4>());
    // Each sum is one chain in the order of the rows: the same bits as row after row.
    for (i, (rows, r)) in fours.iter().zip(factors).enumerate() {
        if let (true, Some(ahead)) = (AHEAD, fours.get(i + 4)) {
            ahead.iter().for_each(|row| prefetch(row));
        }
        let (rows, r) = (rows.map(|row| row[..width].as_chunks::<EIGHT>()), r.map(|r| r.f64()));
        for (j, s) in s.iter_mut().enumerate() {
            let mut sums = I::Vector::load(s);
            for k in 0..4 {
                sums = sums.add_product(I::Vector::splat(r[k]), T::eight::<I>(&rows[k].0[j]));
            }
            sums.store(s);
        }
        for (j, sum) in s_tail.iter_mut().enumerate() {
            for k in 0..4 {
                *sum = r[k].madd::<I>(rows[k].1[j].f64(), *sum);
            }
        }
    }
    for (row, r) in rest.iter().zip(rest_factors) {
        let (row, tail) = row[..width].as_chunks::<EIGHT>();
        axpy_f64::<T, I>(r.f64(), row.as_flattened(), s.as_flattened_mut());
        axpy_f64::<T, I>(r.f64(), tail, s_tail);
    }
}

#[inline(always)]
pub(crate) fn gather_rows<T: Real, I: Isa>(indices: &[u32], values: &[T], b: &[T], out: &mut [T]) {
    for (j, value) in indices.iter().zip(values) {
        axpy::<T, I>(*value, &b[*j as usize * out.len()..][..out.len()], out);
    }
}

#[inline(always)]
pub(crate) fn scatter_rows<T: Real, I: Isa>(indices: &[u32], values: &[T], b: &[T], sums: &mut [f64]) {
    for (j, value) in indices.iter().zip(values) {
        axpy_f64::<T, I>(value.f64(), b, &mut sums[*j as usize * b.len()..][..b.len()]);
    }
}

#[inline(always)]
pub(crate) fn standardise_rows<T: Real, I: Isa>(x: &mut [T], shift: &[T], factor: &[T]) {
    for row in x.chunks_exact_mut(shift.len().max(1)) {
        row.iter_mut().zip(shift).zip(factor).for_each(|((x, shift), factor)| *x = (*x - *shift) * *factor);
    }
}

#[inline(always)]
pub(crate) fn standardise_rows_into<T: Real, I: Isa>(x: &[T], shift: &[T], factor: &[T], out: &mut [T]) {
    let width = shift.len().max(1);
    for (row, out) in x.chunks_exact(width).zip(out.chunks_exact_mut(width)) {
        for (((out, x), shift), factor) in out.iter_mut().zip(row).zip(shift).zip(factor) {
            *out = (*x - *shift) * *factor;
        }
    }
}
