//! The logistic and the multinomial model: loss, residuals and curvature while the margins are in cache.
//!
//! ```text
//! binary       ℓ(z, y) = max(z, 0) − y z + ln(1 + e)     e = exp(−|z|)    ℓ′ = σ(z) − y    ℓ″ = σ(z) (1 − σ(z))
//! multinomial  ℓ(z, y) = m + ln Σₖ exp(zₖ − m) − z_y     m = max z        ∂ℓ/∂zₖ = pₖ − [k = y]
//! ```

use crate::{isa::Isa, math::Real};

#[inline(always)]
pub(crate) fn loss<T: Real, I: Isa>(z: &mut [T], y: &[T], weights: Option<&[T]>) -> f64 {
    binary::<T, I>(z, y, weights, |_, _| ())
}

#[inline(always)]
pub(crate) fn loss_curvature<T: Real, I: Isa>(z: &mut [T], y: &[T], weights: Option<&[T]>, h: &mut [T]) -> f64 {
    let n = z.len().min(y.len());
    let h = &mut h[..n];
    binary::<T, I>(z, y, weights, |i, value| h[i] = value)
}

/// Values that are worked on together: their losses are summed in the lanes of one dot product.
const BLOCK: usize = 64;

#[inline(always)]
fn binary<T: Real, I: Isa>(z: &mut [T], y: &[T], weights: Option<&[T]>, mut curvature: impl FnMut(usize, T)) -> f64 {
    let n = z.len().min(y.len());
    let (z, y) = (&mut z[..n], &y[..n]);
    let (mut total, ones) = (0.0, [T::one(); BLOCK]);
    let mut at = 0;
    while at < n {
        let end = n.min(at + BLOCK);
        let (z, y) = (&mut z[at..end], &y[at..end]);
        let w = weights.map_or(&ones[..end - at], |w| &w[at..end]);
        let mut losses = [T::zero(); BLOCK];
        for i in 0..end - at {
            let (zi, yi, wi) = (z[i], y[i], w[i]);
            let e = zi.exp_neg_abs::<I>();
            let p = zi.sigmoid_from(e);
            // For y in {0, 1} the first two terms are exact, and cancel where the label is right.
            losses[i] = (zi.positive_part() - yi * zi) + e.ln_1p_unit::<I>();
            z[i] = wi * (p - yi);
            let one = T::one();
            curvature(at + i, wi * (e / ((one + e) * (one + e))));
        }
        total += crate::reduce::dot::<T, I>(&losses[..end - at], w);
        at = end;
    }
    total
}

#[inline(always)]
pub(crate) fn softmax_rows<T: Real, I: Isa>(z: &mut [T], width: usize) {
    for block in z.chunks_mut(width.max(1) * rows_per_block(width)) {
        shift_exp::<T, I>(block, width, |_, _| ());
        for row in block.chunks_exact_mut(width.max(1)) {
            let scale = row.iter().fold(T::zero(), |sum, v| sum + *v).recip();
            row.iter_mut().for_each(|v| *v *= scale);
        }
    }
}

#[inline(always)]
pub(crate) fn softmax_loss<T: Real, I: Isa>(z: &mut [T], width: usize, y: &[u32], weights: Option<&[T]>) -> f64 {
    let rows = rows_per_block(width);
    let mut total = 0.0;
    for (b, (block, y)) in z.chunks_mut(width.max(1) * rows).zip(y.chunks(rows)).enumerate() {
        let (mut margins, mut sums) = ([T::zero(); MAX_ROWS], [T::one(); MAX_ROWS]);
        shift_exp::<T, I>(block, width, |i, shifted| margins[i] = shifted.get(y[i] as usize).copied().unwrap_or_else(T::nan));
        for (row, sum) in block.chunks_exact_mut(width.max(1)).zip(&mut sums) {
            *sum = row.iter().fold(T::zero(), |sum, v| sum + *v);
            let scale = sum.recip();
            row.iter_mut().for_each(|v| *v *= scale);
        }
        crate::map::ln::<T, I>(&mut sums);
        for (i, (log_sum, margin)) in sums.iter().zip(&margins).take(y.len()).enumerate() {
            let loss = (*log_sum - *margin).f64();
            total += weights.map_or(loss, |w| loss * w[b * rows + i].f64());
        }
    }
    total
}

/// Rows that are exponentiated together, about two thousand values.
const MAX_ROWS: usize = 256;

#[inline(always)]
fn rows_per_block(width: usize) -> usize {
    (2048 / width.max(1)).clamp(1, MAX_ROWS)
}

/// Takes each row's maximum off, shows the shifted row to `see`, and exponentiates the block.
#[inline(always)]
fn shift_exp<T: Real, I: Isa>(block: &mut [T], width: usize, mut see: impl FnMut(usize, &[T])) {
    for (i, row) in block.chunks_exact_mut(width.max(1)).enumerate() {
        let max = row.iter().fold(T::neg_infinity(), |max, v| if *v > max { *v } else { max });
        row.iter_mut().for_each(|v| *v -= max);
        see(i, row);
    }
    crate::map::exp::<T, I>(block);
}
