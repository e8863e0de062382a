//! Distances from one point to points that lie side by side in eights, and to boxes around them.
//!
//! ```text
//! block of eight points (p × 8)     value (j, l):      xⱼ of point l
//! box group of eight (p × 2 × 8)    values (j, 0, l), (j, 1, l): least and greatest xⱼ in box l
//! ```
//!
//! Every distance is one chain over the columns in their order, in `f64`: it has the same bits in whatever block a
//! point stands. Rounding is monotone, so a bound of a box, the same chain over the gaps to the box, is never above the
//! distance of a point in it.

use crate::{
    isa::{Isa, Vector},
    math::Real,
};

const EIGHT: usize = 8;

/// The bits of the first 64 points whose values in `out` are at most `bound`.
#[inline(always)]
fn bits<I: Isa>(out: &[[f64; EIGHT]], bound: f64) -> u64 {
    let bound = I::Vector::splat(bound);
    let bits =
        |(b, out): (usize, &[f64; EIGHT])| u64::from(I::Vector::load(out).at_most(bound)) << (EIGHT * b);
    out.iter().take(EIGHT).enumerate().map(bits).fold(0, |all, bits| all | bits)
}

/// out ← fold of `step(sum, q − x)` over the columns, for each point.
#[inline(always)]
fn differences<T: Real, I: Isa>(
    query: &[T],
    blocks: &[T],
    bound: f64,
    out: &mut [[f64; EIGHT]],
    step: impl Fn(I::Vector, I::Vector) -> I::Vector,
) -> u64 {
    let blocks = blocks.as_chunks::<EIGHT>().0.chunks_exact(query.len().max(1));
    let (bound, mut bits) = (I::Vector::splat(bound), 0);
    for (b, (block, out)) in blocks.zip(out).enumerate() {
        let mut sum = I::Vector::zero();
        for (q, x) in query.iter().zip(block) {
            sum = step(sum, I::Vector::splat(q.f64()).sub(T::eight::<I>(x)));
        }
        sum.store(out);
        if b < EIGHT {
            bits |= u64::from(sum.at_most(bound)) << (EIGHT * b);
        }
    }
    bits
}

/// The same for what is no function of differences, lane by lane.
#[inline(always)]
fn lanes<T: Real, I: Isa, S: Copy>(
    query: &[T],
    blocks: &[T],
    bound: f64,
    out: &mut [[f64; EIGHT]],
    start: S,
    step: impl Fn(&mut S, f64, f64),
    finish: impl Fn(S) -> f64,
) -> u64 {
    for (block, out) in blocks.as_chunks::<EIGHT>().0.chunks_exact(query.len().max(1)).zip(&mut *out) {
        let mut state = [start; EIGHT];
        for (q, x) in query.iter().zip(block) {
            (0..EIGHT).for_each(|l| step(&mut state[l], q.f64(), x[l].f64()));
        }
        *out = state.map(&finish);
    }
    bits::<I>(out, bound)
}

#[inline(always)]
fn squared<I: Isa>(sum: I::Vector, gap: I::Vector) -> I::Vector {
    sum.add_product(gap, gap)
}

#[inline(always)]
fn absolute<I: Isa>(sum: I::Vector, gap: I::Vector) -> I::Vector {
    sum.add(gap.abs())
}

#[inline(always)]
fn largest<I: Isa>(sum: I::Vector, gap: I::Vector) -> I::Vector {
    sum.max(gap.abs())
}

/// sum + |gap|ᵖ. Whole powers are products, which rise with the gap in floating point too.
#[inline(always)]
fn powers<I: Isa>(sum: I::Vector, gap: I::Vector, power: f64) -> I::Vector {
    let mut lanes = [0.0; EIGHT];
    gap.abs().store(&mut lanes);
    let whole = power.fract() == 0.0 && power <= 16.0;
    lanes = lanes
        .map(|g| if whole { (1..power as i32).fold(g, |product, _| product * g) } else { g.powf(power) });
    sum.add(I::Vector::load(&lanes))
}

#[inline(always)]
pub(crate) fn near_squared<T: Real, I: Isa>(
    query: &[T],
    blocks: &[T],
    bound: f64,
    out: &mut [[f64; 8]],
) -> u64 {
    differences::<T, I>(query, blocks, bound, out, squared::<I>)
}

#[inline(always)]
pub(crate) fn near_manhattan<T: Real, I: Isa>(
    query: &[T],
    blocks: &[T],
    bound: f64,
    out: &mut [[f64; 8]],
) -> u64 {
    differences::<T, I>(query, blocks, bound, out, absolute::<I>)
}

#[inline(always)]
pub(crate) fn near_chebyshev<T: Real, I: Isa>(
    query: &[T],
    blocks: &[T],
    bound: f64,
    out: &mut [[f64; 8]],
) -> u64 {
    differences::<T, I>(query, blocks, bound, out, largest::<I>)
}

#[inline(always)]
pub(crate) fn near_power<T: Real, I: Isa>(
    query: &[T],
    blocks: &[T],
    bound: f64,
    out: &mut [[f64; 8]],
    power: f64,
) -> u64 {
    differences::<T, I>(query, blocks, bound, out, |sum, gap| powers::<I>(sum, gap, power))
}

#[inline(always)]
pub(crate) fn near_hamming<T: Real, I: Isa>(
    query: &[T],
    blocks: &[T],
    bound: f64,
    out: &mut [[f64; 8]],
) -> u64 {
    let step = |sum: &mut f64, q: f64, x: f64| *sum += f64::from(u8::from(q != x));
    lanes::<T, I, f64>(query, blocks, bound, out, 0.0, step, |sum| sum)
}

#[inline(always)]
pub(crate) fn near_canberra<T: Real, I: Isa>(
    query: &[T],
    blocks: &[T],
    bound: f64,
    out: &mut [[f64; 8]],
) -> u64 {
    // Of two zeros the quotient 0/0 counts as 0.
    let step = |sum: &mut f64, q: f64, x: f64| {
        let size = q.abs() + x.abs();
        *sum += (q - x).abs() / if size > 0.0 { size } else { 1.0 };
    };
    lanes::<T, I, f64>(query, blocks, bound, out, 0.0, step, |sum| sum)
}

#[inline(always)]
pub(crate) fn near_bray_curtis<T: Real, I: Isa>(
    query: &[T],
    blocks: &[T],
    bound: f64,
    out: &mut [[f64; 8]],
) -> u64 {
    let step = |(gaps, sums): &mut (f64, f64), q: f64, x: f64| {
        *gaps += (q - x).abs();
        *sums += (q + x).abs();
    };
    let finish = |(gaps, sums): (f64, f64)| if gaps == 0.0 { 0.0 } else { gaps / sums };
    lanes::<T, I, (f64, f64)>(query, blocks, bound, out, (0.0, 0.0), step, finish)
}

#[inline(always)]
pub(crate) fn near_missing<T: Real, I: Isa>(
    query: &[T],
    blocks: &[T],
    bound: f64,
    out: &mut [[f64; 8]],
) -> u64 {
    let step = |(sum, present): &mut (f64, f64), q: f64, x: f64| {
        let gap = q - x;
        let here = !gap.is_nan();
        *sum += if here { gap * gap } else { 0.0 };
        *present += f64::from(u8::from(here));
    };
    // Nothing in common: 0/0 is NaN.
    let columns = query.len() as f64;
    let finish = |(sum, present): (f64, f64)| sum / present * columns;
    lanes::<T, I, (f64, f64)>(query, blocks, bound, out, (0.0, 0.0), step, finish)
}

#[inline(always)]
pub(crate) fn near_common<T: Real, I: Isa>(query: &[T], blocks: &[T], out: &mut [[f64; 8]]) {
    let step = |sum: &mut f64, q: f64, x: f64| *sum += q * x;
    lanes::<T, I, f64>(query, blocks, f64::NAN, out, 0.0, step, |sum| sum);
}

/// out ← fold of `step` over the gaps to each of eight boxes.
#[inline(always)]
fn gaps<T: Real, I: Isa>(
    query: &[T],
    boxes: &[T],
    bound: f64,
    out: &mut [f64; EIGHT],
    step: impl Fn(I::Vector, I::Vector) -> I::Vector,
) -> u8 {
    let (mut sum, zero) = (I::Vector::zero(), I::Vector::zero());
    for (q, ends) in query.iter().zip(boxes.as_chunks::<EIGHT>().0.as_chunks::<2>().0) {
        let q = I::Vector::splat(q.f64());
        let (low, high) = (T::eight::<I>(&ends[0]), T::eight::<I>(&ends[1]));
        sum = step(sum, low.sub(q).max(q.sub(high)).max(zero));
    }
    sum.store(out);
    sum.at_most(I::Vector::splat(bound))
}

#[inline(always)]
pub(crate) fn box_squared<T: Real, I: Isa>(query: &[T], boxes: &[T], bound: f64, out: &mut [f64; 8]) -> u8 {
    gaps::<T, I>(query, boxes, bound, out, squared::<I>)
}

#[inline(always)]
pub(crate) fn box_manhattan<T: Real, I: Isa>(query: &[T], boxes: &[T], bound: f64, out: &mut [f64; 8]) -> u8 {
    gaps::<T, I>(query, boxes, bound, out, absolute::<I>)
}

#[inline(always)]
pub(crate) fn box_chebyshev<T: Real, I: Isa>(query: &[T], boxes: &[T], bound: f64, out: &mut [f64; 8]) -> u8 {
    gaps::<T, I>(query, boxes, bound, out, largest::<I>)
}

#[inline(always)]
pub(crate) fn box_power<T: Real, I: Isa>(
    query: &[T],
    boxes: &[T],
    bound: f64,
    out: &mut [f64; 8],
    power: f64,
) -> u8 {
    gaps::<T, I>(query, boxes, bound, out, |sum, gap| powers::<I>(sum, gap, power))
}

#[inline(always)]
pub(crate) fn rows_squared<T: Real, I: Isa>(query: &[T], rows: &[&[T]], out: &mut [f64]) {
    // Chains of several rows at once: one alone waits for each of its sums.
    const TOGETHER: usize = 4;
    let p = query.len();
    let step = |sum: f64, q: T, x: T| (q.f64() - x.f64()).madd::<I>(q.f64() - x.f64(), sum);
    let ((fours, rest), (outs, out_rest)) = (rows.as_chunks::<TOGETHER>(), out.as_chunks_mut::<TOGETHER>());
    for (rows, out) in fours.iter().zip(outs) {
        let (rows, mut sums) = (rows.map(|row| &row[..p]), [0.0; TOGETHER]);
        for j in 0..p {
            (0..TOGETHER).for_each(|i| sums[i] = step(sums[i], query[j], rows[i][j]));
        }
        *out = sums;
    }
    for (row, out) in rest.iter().zip(out_rest) {
        *out = query.iter().zip(*row).fold(0.0, |sum, (q, x)| step(sum, *q, *x));
    }
}

/// Places where `offsets − 2 products` is at most `bound`, appended to `hits`.
#[inline(always)]
pub(crate) fn closer<T: Real, I: Isa>(products: &[T], offsets: &[T], bound: T, hits: &mut Vec<u32>) {
    const WIDTH: usize = 32;
    let two = T::one() + T::one();
    let near = |product: &T, offset: &T| *offset - two * *product <= bound;
    let (chunks, rest) = products.as_chunks::<WIDTH>();
    let (offset_chunks, offset_rest) = offsets.as_chunks::<WIDTH>();
    let mut first = 0;
    for (products, offsets) in chunks.iter().zip(offset_chunks) {
        let any = (0..WIDTH).fold(false, |any, l| any | near(&products[l], &offsets[l]));
        if any {
            hits.extend((0..WIDTH).filter(|l| near(&products[*l], &offsets[*l])).map(|l| first + l as u32));
        }
        first += WIDTH as u32;
    }
    let rest = rest.iter().zip(offset_rest).enumerate();
    hits.extend(rest.filter(|(_, (product, offset))| near(product, offset)).map(|(l, _)| first + l as u32));
}
