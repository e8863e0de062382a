//! Sums by class, and functions of a row for eight classes at a time.
//!
//! ```text
//! class_sums        Aᶜⱼ ← Aᶜⱼ + Σ wᵢ dᵢⱼ        Bᶜⱼ ← Bᶜⱼ + Σ wᵢ dᵢⱼ²        dᵢⱼ = xᵢⱼ − sᶜⱼ, over the rows of class c
//! linear_eight      zᵢₗ ← zᵢₗ + Σⱼ (xᵢⱼ − sⱼ) wⱼₗ                           l = 0 … 7
//! gaussian_eight    zᵢₗ ← zᵢₗ + Σⱼ ((xᵢⱼ − cⱼₗ) aⱼₗ)²
//! distance_eight    zᵢₗ ← zᵢₗ + Σⱼ (xᵢⱼ − cⱼₗ)²
//! ```
//!
//! Eight classes lie side by side in a vector, so that a row of any width is read once and nothing is added
//! across lanes: each z is one chain over the columns, with the same bits alone and among others. Differences are
//! taken before anything is multiplied: columns far from zero lose nothing.

use crate::{
    isa::{Isa, Vector, prefetch},
    math::Real,
};

const EIGHT: usize = 8;
/// Rows that are asked for ahead of their turn.
const AHEAD: usize = 32;
/// Columns that are shifted together.
const STRIP: usize = 64;

#[inline(always)]
pub(crate) fn class_sums<T: Real, I: Isa>(
    rows: &[&[T]],
    codes: &[u32],
    weights: Option<&[T]>,
    shift: &[f64],
    first: &mut [f64],
    second: &mut [f64],
) {
    let width = rows.first().map_or(0, |row| row.len());
    for (i, (row, code)) in rows.iter().zip(codes).enumerate() {
        if let Some(ahead) = rows.get(i + AHEAD) {
            prefetch(ahead);
        }
        let weight = weights.map_or(1.0, |w| w[i].f64());
        let at = *code as usize * width..(*code as usize + 1) * width;
        let (x, x_tail) = row[..width].as_chunks::<EIGHT>();
        let (shift, shift_tail) = shift[at.clone()].as_chunks::<EIGHT>();
        let (first, first_tail) = first[at.clone()].as_chunks_mut::<EIGHT>();
        let (second, second_tail) = second[at].as_chunks_mut::<EIGHT>();
        let factor = I::Vector::splat(weight);
        for (((x, shift), first), second) in x.iter().zip(shift).zip(first).zip(second) {
            let d = T::eight::<I>(x).sub(I::Vector::load(shift));
            let weighted = I::Vector::zero().add_product(d, factor);
            I::Vector::load(first).add(weighted).store(first);
            I::Vector::load(second).add_product(weighted, d).store(second);
        }
        for (((x, shift), first), second) in x_tail.iter().zip(shift_tail).zip(first_tail).zip(second_tail) {
            let d = x.f64() - shift;
            *first += weight * d;
            *second = (weight * d).madd::<I>(d, *second);
        }
    }
}

/// outᵢ ← step(j, xᵢⱼ − shiftⱼ, outᵢ) over the columns j, for as many rows at a time as there are registers for their
/// sums. No shift is one of 0.
#[inline(always)]
fn eight<T: Real, I: Isa>(
    rows: &[&[T]],
    width: usize,
    shift: Option<&[f64]>,
    out: &mut [[f64; EIGHT]],
    step: impl Fn(usize, I::Vector, I::Vector) -> I::Vector,
) {
    let done = match I::SUMS {
        8 => some::<T, I, 8>(rows, width, shift, out, &step),
        4 => some::<T, I, 4>(rows, width, shift, out, &step),
        _ => some::<T, I, 2>(rows, width, shift, out, &step),
    };
    some::<T, I, 1>(&rows[done..], width, shift, &mut out[done..], &step);
}

/// [`eight`] for whole blocks of S rows; returns how many rows these hold.
#[inline(always)]
fn some<T: Real, I: Isa, const S: usize>(
    rows: &[&[T]],
    width: usize,
    shift: Option<&[f64]>,
    out: &mut [[f64; EIGHT]],
    step: &impl Fn(usize, I::Vector, I::Vector) -> I::Vector,
) -> usize {
    let (blocks, _) = rows.as_chunks::<S>();
    let mut x = [[0.0; STRIP]; S];
    for (k, (block, out)) in blocks.iter().zip(out.chunks_exact_mut(S)).enumerate() {
        if let Some(ahead) = blocks.get(k + AHEAD.div_ceil(S)) {
            ahead.iter().for_each(|row| prefetch(row));
        }
        let block = block.map(|row| &row[..width]);
        let mut sums = [I::Vector::zero(); S];
        for s in 0..S {
            sums[s] = I::Vector::load(&out[s]);
        }
        for from in (0..width).step_by(STRIP) {
            let columns = from..width.min(from + STRIP);
            let shift = shift.map(|shift| &shift[columns.clone()]);
            // Shifted eight at a time, then taken one by one.
            for s in 0..S {
                shifted::<T, I>(&block[s][columns.clone()], shift, &mut x[s]);
            }
            for (l, j) in columns.enumerate() {
                for s in 0..S {
                    sums[s] = step(j, I::Vector::splat(x[s][l]), sums[s]);
                }
            }
        }
        for s in 0..S {
            sums[s].store(&mut out[s]);
        }
    }
    blocks.len() * S
}

#[inline(always)]
fn shifted<T: Real, I: Isa>(x: &[T], shift: Option<&[f64]>, out: &mut [f64; STRIP]) {
    let (x, tail) = x.as_chunks::<EIGHT>();
    let (out, out_tail) = out.split_at_mut(x.len() * EIGHT);
    for (c, (x, out)) in x.iter().zip(out.as_chunks_mut::<EIGHT>().0).enumerate() {
        let x = T::eight::<I>(x);
        shift.map_or(x, |shift| x.sub(I::Vector::load(&shift.as_chunks::<EIGHT>().0[c]))).store(out);
    }
    for (l, (x, out)) in tail.iter().zip(out_tail).enumerate() {
        *out = x.f64() - shift.map_or(0.0, |shift| shift.as_chunks::<EIGHT>().1[l]);
    }
}

#[inline(always)]
pub(crate) fn linear_eight<T: Real, I: Isa>(
    rows: &[&[T]],
    shift: &[f64],
    weights: &[[f64; EIGHT]],
    out: &mut [[f64; EIGHT]],
) {
    let width = shift.len().min(weights.len());
    let (shift, weights) = (&shift[..width], &weights[..width]);
    eight::<T, I>(rows, width, Some(shift), out, |j, x, sum| {
        sum.add_product(x, I::Vector::load(&weights[j]))
    });
}

#[inline(always)]
pub(crate) fn gaussian_eight<T: Real, I: Isa>(
    rows: &[&[T]],
    centres: &[[f64; EIGHT]],
    factors: &[[f64; EIGHT]],
    out: &mut [[f64; EIGHT]],
) {
    let width = centres.len().min(factors.len());
    let (centres, factors) = (&centres[..width], &factors[..width]);
    eight::<T, I>(rows, width, None, out, |j, x, sum| {
        let difference = x.sub(I::Vector::load(&centres[j]));
        let scaled = I::Vector::zero().add_product(difference, I::Vector::load(&factors[j]));
        sum.add_product(scaled, scaled)
    });
}

#[inline(always)]
pub(crate) fn distance_eight<T: Real, I: Isa>(
    rows: &[&[T]],
    centres: &[[f64; EIGHT]],
    out: &mut [[f64; EIGHT]],
) {
    eight::<T, I>(rows, centres.len(), None, out, |j, x, sum| {
        let difference = I::Vector::load(&centres[j]).sub(x);
        sum.add_product(difference, difference)
    });
}
