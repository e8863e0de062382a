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
pub(crate) fn loss_curvature<T: Real, I: Isa>(
    z: &mut [T],
    y: &[T],
    weights: Option<&[T]>,
    h: &mut [T],
) -> f64 {
    binary::<T, I>(z, y, weights, |at, values| h[at..at + values.len()].copy_from_slice(values))
}

/// Values that are worked on together.
const BLOCK: usize = 64;

/// Shows the curvatures to `see`, block by block.
#[inline(always)]
fn binary<T: Real, I: Isa>(
    z: &mut [T],
    y: &[T],
    weights: Option<&[T]>,
    mut see: impl FnMut(usize, &[T]),
) -> f64 {
    let (mut total, one, ones) = (0.0, T::one(), [T::one(); BLOCK]);
    for (k, (z, y)) in z.chunks_mut(BLOCK).zip(y.chunks(BLOCK)).enumerate() {
        let (at, n) = (k * BLOCK, z.len().min(y.len()));
        let w = weights.map_or(&ones[..n], |w| &w[at..at + n]);
        let (z, y) = (&mut z[..n], &y[..n]);
        let (mut losses, mut curvatures) = ([T::zero(); BLOCK], [T::zero(); BLOCK]);
        let (losses, curvatures) = (&mut losses[..n], &mut curvatures[..n]);
        for i in 0..n {
            let (zi, yi, wi) = (z[i], y[i], w[i]);
            let e = zi.exp_neg_abs::<I>();
            let scale = (one + e).recip();
            // σ(z) = a / (1 + e) and 1 − σ(z) = b / (1 + e), so that neither end loses digits.
            let (a, b) = if zi >= T::zero() { (one, e) } else { (e, one) };
            // For y in {0, 1} the first two terms are exact, and cancel where the label is right.
            losses[i] = (zi.positive_part() - yi * zi) + e.ln_1p_unit::<I>();
            z[i] = wi * (((one - yi) * a - yi * b) * scale);
            curvatures[i] = wi * (e * scale * scale);
        }
        total += crate::reduce::dot::<T, I>(losses, w);
        see(at, curvatures);
    }
    total
}

#[inline(always)]
pub(crate) fn softmax_rows<T: Real, I: Isa>(z: &mut [T], width: usize) {
    let width = width.max(1);
    for block in z.chunks_mut(width * rows_per_block(width)) {
        shift_exp::<T, I>(block, width, |_, _| ());
        for row in block.chunks_exact_mut(width) {
            normalise(row);
        }
    }
}

#[inline(always)]
pub(crate) fn softmax_loss<T: Real, I: Isa>(
    z: &mut [T],
    width: usize,
    y: &[u32],
    weights: Option<&[T]>,
) -> f64 {
    let width = width.max(1);
    let rows = rows_per_block(width);
    let mut total = 0.0;
    for (k, (block, y)) in z.chunks_mut(width * rows).zip(y.chunks(rows)).enumerate() {
        let (mut scores, mut sums) = ([0.0; MAX_ROWS], [1.0; MAX_ROWS]);
        shift_exp::<T, I>(block, width, |i, row| {
            scores[i] = y.get(i).and_then(|y| row.get(*y as usize)).map_or(f64::NAN, |v| v.f64());
        });
        for (row, sum) in block.chunks_exact_mut(width).zip(&mut sums) {
            *sum = normalise(row);
        }
        crate::map::ln::<f64, I>(&mut sums[..y.len()]);
        for (i, (log_sum, score)) in sums.iter().zip(&scores).take(y.len()).enumerate() {
            let loss = log_sum - score;
            total += weights.map_or(loss, |w| loss * w[k * rows + i].f64());
        }
    }
    total
}

/// Rows that are exponentiated together, about two thousand values.
const MAX_ROWS: usize = 256;

#[inline(always)]
fn rows_per_block(width: usize) -> usize {
    (2048 / width).clamp(1, MAX_ROWS)
}

/// Takes each row's maximum off, shows the shifted row to `see`, and exponentiates the block.
#[inline(always)]
fn shift_exp<T: Real, I: Isa>(block: &mut [T], width: usize, mut see: impl FnMut(usize, &[T])) {
    for (i, row) in block.chunks_exact_mut(width).enumerate() {
        let larger = |max, v| if v > max { v } else { max };
        let max = fold(row, T::neg_infinity(), larger, larger);
        row.iter_mut().for_each(|v| *v -= max);
        see(i, row);
    }
    crate::map::exp::<T, I>(block);
}

/// Divides a row by its sum, which is returned.
#[inline(always)]
fn normalise<T: Real>(row: &mut [T]) -> f64 {
    let sum = fold(row, 0.0, |sum, v| sum + v.f64(), |a, b| a + b);
    let scale = T::of(sum.recip());
    row.iter_mut().for_each(|v| *v *= scale);
    sum
}

/// Folds a row in eight lanes, the lanes, and then what is left.
#[inline(always)]
fn fold<T: Real, R: Copy>(row: &[T], start: R, take: impl Fn(R, T) -> R, join: impl Fn(R, R) -> R) -> R {
    let (eights, rest) = row.as_chunks::<8>();
    let mut result = start;
    if !eights.is_empty() {
        let mut lanes = [start; 8];
        for values in eights {
            (0..8).for_each(|l| lanes[l] = take(lanes[l], values[l]));
        }
        let four: [R; 4] = std::array::from_fn(|l| join(lanes[l], lanes[l + 4]));
        result = join(join(four[0], four[2]), join(four[1], four[3]));
    }
    rest.iter().fold(result, |result, v| take(result, *v))
}
