//! Gaussian components, for eight rows at a time: a panel holds rows side by side, as `nearest` packs them.
//!
//! ```text
//! triangle_eight      yⱼₗ = Σᵢ≤ⱼ Aⱼᵢ (xᵢₗ − mᵢ)           A lower triangular, packed row by row; returns Σⱼ yⱼₗ²
//! scaled_eight        Σⱼ ((xⱼₗ − mⱼ) aⱼ)²
//! moments_eight       Fⱼₗ ← Fⱼₗ + rₗ dⱼₗ        Sⱼₗ ← Sⱼₗ + rₗ dⱼₗ²        dⱼₗ = xⱼₗ − mⱼ
//! responsibilities    s_cₗ ← exp(s_cₗ − L),  L = ln Σ_c exp s_cₗ
//! ```
//!
//! Each lane is one row, and nothing is added across lanes: a row has the same bits in any panel.

use crate::{
    isa::{Isa, Vector},
    math::Real,
};

const EIGHT: usize = 8;

#[inline(always)]
pub(crate) fn triangle_eight<T: Real, I: Isa>(
    panel: &[[f64; EIGHT]],
    shift: &[f64],
    factor: &[f64],
    y: &mut [[f64; EIGHT]],
) -> [f64; EIGHT] {
    let p = panel.len().min(shift.len()).min(y.len());
    for ((x, m), y) in panel.iter().zip(shift).zip(&mut *y) {
        I::Vector::load(x).sub(I::Vector::splat(*m)).store(y);
    }
    // From the last row of A to the first: yⱼ needs differences up to the j-th, and takes the place of that one.
    let mut squares = I::Vector::zero();
    let mut left = p;
    while left >= 4 {
        left -= 4;
        squares = strip::<I, 4>(left, factor, y, squares);
    }
    while left > 0 {
        left -= 1;
        squares = strip::<I, 1>(left, factor, y, squares);
    }
    let mut out = [0.0; EIGHT];
    squares.store(&mut out);
    out
}

/// Rows first … first + S of A.
#[inline(always)]
fn strip<I: Isa, const S: usize>(
    first: usize,
    factor: &[f64],
    y: &mut [[f64; EIGHT]],
    mut squares: I::Vector,
) -> I::Vector {
    let rows: [&[f64]; S] = std::array::from_fn(|s| {
        let j = first + s;
        &factor[j * (j + 1) / 2..][..=j]
    });
    let mut sums = [I::Vector::zero(); S];
    let (before, own) = y.split_at_mut(first);
    let heads = rows.map(|row| &row[..first]);
    for (i, d) in before.iter().enumerate() {
        let d = I::Vector::load(d);
        for s in 0..S {
            sums[s] = sums[s].add_product(I::Vector::splat(heads[s][i]), d);
        }
    }
    for s in 0..S {
        for i in 0..=s {
            sums[s] = sums[s].add_product(I::Vector::splat(rows[s][first + i]), I::Vector::load(&own[i]));
        }
    }
    for s in 0..S {
        sums[s].store(&mut own[s]);
        squares = squares.add_product(sums[s], sums[s]);
    }
    squares
}

#[inline(always)]
pub(crate) fn scaled_eight<T: Real, I: Isa>(
    panel: &[[f64; EIGHT]],
    shift: &[f64],
    factor: &[f64],
) -> [f64; EIGHT] {
    let mut squares = I::Vector::zero();
    for ((x, m), a) in panel.iter().zip(shift).zip(factor) {
        let d = I::Vector::load(x).sub(I::Vector::splat(*m));
        let scaled = I::Vector::zero().add_product(d, I::Vector::splat(*a));
        squares = squares.add_product(scaled, scaled);
    }
    let mut out = [0.0; EIGHT];
    squares.store(&mut out);
    out
}

#[inline(always)]
pub(crate) fn moments_eight<T: Real, I: Isa>(
    panel: &[[f64; EIGHT]],
    shift: &[f64],
    r: &[f64; EIGHT],
    first: &mut [[f64; EIGHT]],
    second: &mut [[f64; EIGHT]],
) {
    let r = I::Vector::load(r);
    for (((x, m), first), second) in panel.iter().zip(shift).zip(first).zip(second) {
        let d = I::Vector::load(x).sub(I::Vector::splat(*m));
        I::Vector::load(first).add_product(r, d).store(first);
        let weighted = I::Vector::zero().add_product(r, d);
        I::Vector::load(second).add_product(weighted, d).store(second);
    }
}

#[inline(always)]
pub(crate) fn responsibilities<T: Real, I: Isa>(
    scores: &mut [[f64; EIGHT]],
    k: usize,
    logs: &mut [[f64; EIGHT]],
) {
    for (scores, log) in scores.chunks_exact_mut(k.max(1)).zip(logs) {
        let mut largest = I::Vector::splat(f64::NEG_INFINITY);
        for s in &*scores {
            let s = I::Vector::load(s);
            largest = largest.if_less(s, s, largest);
        }
        let mut sum = I::Vector::zero();
        for s in &mut *scores {
            I::Vector::load(s).sub(largest).store(s);
            for l in 0..EIGHT {
                s[l] = s[l].exp_::<I>();
            }
            sum = sum.add(I::Vector::load(s));
        }
        let (mut sums, mut top) = ([0.0; EIGHT], [0.0; EIGHT]);
        sum.store(&mut sums);
        largest.store(&mut top);
        let mut share = [0.0; EIGHT];
        for l in 0..EIGHT {
            share[l] = 1.0 / sums[l];
            log[l] = top[l] + sums[l].ln_::<I>();
        }
        let share = I::Vector::load(&share);
        for s in &mut *scores {
            I::Vector::zero().add_product(I::Vector::load(s), share).store(s);
        }
    }
}
