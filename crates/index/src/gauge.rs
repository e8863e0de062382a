//! How the search measures. A *gauge* is a rising function of the metric that costs least: squares instead of roots.

use crate::metric::OwnMetric;
use estimand_core::Float;
use estimand_kernels as kernels;

/// The distance that is searched by, of rows that have been [prepared](crate::prepare).
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Gauge {
    /// Σ (qⱼ − xⱼ)²
    Squared,
    /// Σ |qⱼ − xⱼ|
    Manhattan,
    /// maxⱼ |qⱼ − xⱼ|
    Chebyshev,
    /// Σ |qⱼ − xⱼ|ᵖ
    Power(f64),
    /// Columns that differ.
    Hamming,
    /// Σ |qⱼ − xⱼ| / (|qⱼ| + |xⱼ|)
    Canberra,
    /// Σ |qⱼ − xⱼ| / Σ |qⱼ + xⱼ|
    BrayCurtis,
    /// Squares over the columns that both have.
    Missing,
    /// A function of how many truth values are true in q and in x, in both, and in all.
    Truth(Truth),
    /// A user's own.
    Own(OwnMetric),
}

/// Distances of truth values, from 1 or 0 in all columns but the last, which holds their sum.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Truth {
    Jaccard,
    Dice,
    RogersTanimoto,
    RussellRao,
    SokalSneath,
    Yule,
}

impl Truth {
    /// The distance when `a` are true in one and `b` in the other, `both` in both, of `p`.
    fn of(self, a: f64, b: f64, both: f64, p: f64) -> f64 {
        let differ = a + b - 2.0 * both;
        // Of two rows that are false throughout, 0/0: they are alike.
        let ratio = |above: f64, below: f64| if above == 0.0 { 0.0 } else { above / below };
        match self {
            Self::Jaccard => ratio(differ, both + differ),
            Self::Dice => ratio(differ, 2.0 * both + differ),
            Self::RogersTanimoto => 2.0 * differ / (p + differ),
            Self::RussellRao => (p - both) / p,
            Self::SokalSneath => ratio(2.0 * differ, both + 2.0 * differ),
            Self::Yule => {
                let product = (a - both) * (b - both);
                ratio(2.0 * product, both * (p - a - b + both) + product)
            }
        }
    }
}

/// Relative error that a distance of any gauge may have, generously: lower bounds that are computed by another route than
/// distances give way by as much.
pub(crate) const SLACK: f64 = 1e-10;

impl Gauge {
    /// Distances to points in blocks of eight, and the bits of the first 64 that are at most `bound`.
    #[inline]
    pub(crate) fn near<T: Float>(&self, query: &[T], blocks: &[T], bound: f64, out: &mut [[f64; 8]]) -> u64 {
        match self {
            Self::Squared => kernels::near_squared(query, blocks, bound, out),
            Self::Manhattan => kernels::near_manhattan(query, blocks, bound, out),
            Self::Chebyshev => kernels::near_chebyshev(query, blocks, bound, out),
            Self::Power(p) => kernels::near_power(query, blocks, bound, out, *p),
            Self::Hamming => kernels::near_hamming(query, blocks, bound, out),
            Self::Canberra => kernels::near_canberra(query, blocks, bound, out),
            Self::BrayCurtis => kernels::near_bray_curtis(query, blocks, bound, out),
            Self::Missing => kernels::near_missing(query, blocks, bound, out),
            Self::Truth(_) | Self::Own(_) => self.near_slowly(query, blocks, bound, out),
        }
    }

    /// [`near`](Self::near) of gauges that have no kernel.
    fn near_slowly<T: Float>(&self, query: &[T], blocks: &[T], bound: f64, out: &mut [[f64; 8]]) -> u64 {
        let p = query.len();
        match self {
            Self::Truth(truth) => {
                // The product of the sums is taken off the products of the columns: whole numbers, hence exact.
                kernels::near_common(query, blocks, out);
                let a = query[p - 1].f64();
                for (block, out) in blocks.chunks_exact(8 * p).zip(&mut *out) {
                    for (out, b) in out.iter_mut().zip(&block[8 * (p - 1)..]) {
                        *out = truth.of(a, b.f64(), *out - a * b.f64(), (p - 1) as f64);
                    }
                }
            }
            Self::Own(own) => {
                let query: Vec<f64> = query.iter().map(|v| v.f64()).collect();
                let mut row = vec![0.0; p];
                for (block, out) in blocks.chunks_exact(8 * p).zip(&mut *out) {
                    for (l, out) in out.iter_mut().enumerate() {
                        row.iter_mut().zip(block[l..].iter().step_by(8)).for_each(|(v, x)| *v = x.f64());
                        *out = own.distance(&query, &row);
                    }
                }
            }
            _ => {}
        }
        let near = |(i, d): (usize, &f64)| u64::from(*d <= bound) << i;
        out.iter().flatten().take(64).enumerate().map(near).fold(0, |bits, bit| bits | bit)
    }

    /// Whether [`boxes`](Self::boxes) has bounds.
    pub(crate) fn has_boxes(&self) -> bool {
        matches!(self, Self::Squared | Self::Manhattan | Self::Chebyshev | Self::Power(_))
    }

    /// Lower bounds of the distances to all points in each of eight boxes, and the bits of those at most `bound`.
    #[inline]
    pub(crate) fn boxes<T: Float>(&self, query: &[T], boxes: &[T], bound: f64, out: &mut [f64; 8]) -> u8 {
        match self {
            Self::Squared => kernels::box_squared(query, boxes, bound, out),
            Self::Manhattan => kernels::box_manhattan(query, boxes, bound, out),
            Self::Chebyshev => kernels::box_chebyshev(query, boxes, bound, out),
            Self::Power(p) => {
                kernels::box_power(query, boxes, bound, out, *p);
                out.iter_mut().for_each(|d| *d *= 1.0 - SLACK);
                out.iter().enumerate().fold(0, |bits, (l, d)| bits | u8::from(*d <= bound) << l)
            }
            _ => {
                *out = [0.0; 8];
                u8::MAX
            }
        }
    }

    /// Whether the mean of points is a good centre of a ball around them.
    pub(crate) fn has_means(&self) -> bool {
        matches!(self, Self::Squared | Self::Manhattan | Self::Chebyshev | Self::Power(_))
    }

    /// The distance in which the triangle inequality holds.
    #[inline]
    pub(crate) fn length(&self, distance: f64) -> f64 {
        match self {
            Self::Squared | Self::Missing => distance.sqrt(),
            Self::Power(p) => distance.powf(1.0 / p),
            _ => distance,
        }
    }

    /// The inverse of [`length`](Self::length).
    #[inline]
    pub(crate) fn of_length(&self, length: f64) -> f64 {
        match self {
            Self::Squared | Self::Missing => length * length,
            Self::Power(p) => length.powf(*p),
            _ => length,
        }
    }
}
