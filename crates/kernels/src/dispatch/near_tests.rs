//! The kernels of `near` against readable twins.

use super::tests::{cast, for_each_copy, same_sum, values};
use super::*;
use proptest::prelude::*;

/// Points as rows of `p` values, in blocks of eight; the last one is filled up with zeros.
fn blocks<T: Float>(x: &[T], p: usize) -> Vec<T> {
    let n = x.len() / p;
    let mut blocks = vec![T::zero(); n.div_ceil(8) * 8 * p];
    for (i, row) in x.chunks_exact(p).enumerate() {
        row.iter().enumerate().for_each(|(j, v)| blocks[(i / 8 * p + j) * 8 + i % 8] = *v);
    }
    blocks
}

type Near<T> = unsafe fn(&[T], &[T], f64, &mut [[f64; 8]]) -> u64;
type Boxes<T> = unsafe fn(&[T], &[T], f64, &mut [f64; 8]) -> u8;

/// A distance of `near` against its definition.
fn check<T: Float>(q: &[T], x: &[T], bound: f64, near: Near<T>, truth: impl Fn(&[f64], &[f64]) -> f64) {
    let p = q.len();
    let n = x.len() / p;
    let mut out = vec![[f64::NAN; 8]; n.div_ceil(8)];
    // SAFETY: a copy that this processor can run.
    let bits = unsafe { near(q, &blocks(x, p), bound, &mut out) };
    let wide = |v: &[T]| v.iter().map(|v| v.f64()).collect::<Vec<_>>();
    for (i, row) in x.chunks_exact(p).enumerate() {
        let (found, truth) = (out[i / 8][i % 8], truth(&wide(q), &wide(row)));
        assert!(found.is_nan() == truth.is_nan(), "{found} is not {truth}");
        assert!(
            found.is_nan() || found == truth || same_sum(found, truth, truth, p + 2),
            "{found} is not {truth}"
        );
        assert_eq!(i < 64 && found <= bound, i < 64 && bits >> i & 1 == 1);
    }
}

proptest! {
    #[test]
    fn distances_are_their_definitions(
        n in 1..70_usize, p in 1..5_usize, x in values(350), q in values(4), bound in 0.0..30.0_f64,
    ) {
        for_each_copy!(|table: Table<T>| {
            // Halves, so that equal values occur.
            let halves = |v: &[f64]| cast::<T>(&v.iter().map(|v| (2.0 * v).round() / 2.0).collect::<Vec<_>>());
            let (mut x, mut q) = (halves(&x[..n * p]), halves(&q[..p]));
            let sum = |f: fn(f64, f64) -> f64| move |q: &[f64], x: &[f64]| q.iter().zip(x).map(|(q, x)| f(*q, *x)).sum::<f64>();
            check(&q, &x, bound, table.near_squared, sum(|q, x| (q - x).powi(2)));
            check(&q, &x, bound, table.near_manhattan, sum(|q, x| (q - x).abs()));
            check(&q, &x, bound, table.near_hamming, sum(|q, x| f64::from(u8::from(q != x))));
            check(&q, &x, bound / 10.0, table.near_canberra, sum(|q, x| if q == x { 0.0 } else { (q - x).abs() / (q.abs() + x.abs()) }));
            check(&q, &x, bound, table.near_chebyshev, |q, x| q.iter().zip(x).fold(0.0, |m, (q, x)| m.max((q - x).abs())));
            check(&q, &x, bound / 30.0, table.near_bray_curtis, |q, x| {
                let (gaps, sums) = q.iter().zip(x).fold((0.0, 0.0), |(g, s), (q, x)| (g + (q - x).abs(), s + (q + x).abs()));
                if gaps == 0.0 { 0.0 } else { gaps / sums }
            });
            // Row by row, the very same bits.
            let rows: Vec<&[T]> = x.chunks_exact(p).collect();
            let (mut by_eights, mut by_rows) = (vec![[0.0; 8]; n.div_ceil(8)], vec![0.0; n]);
            // SAFETY: `candidates` yields copies that this processor can run.
            unsafe {
                (table.near_squared)(&q, &blocks(&x, p), bound, &mut by_eights);
                (table.rows_squared)(&q, &rows, &mut by_rows);
            }
            assert_eq!(by_eights.as_flattened()[..n], by_rows);
            x.iter_mut().step_by(3).for_each(|v| *v = T::NAN);
            q.iter_mut().skip(1).step_by(2).for_each(|v| *v = T::NAN);
            check(&q, &x, bound, table.near_missing, |q, x| {
                let both: Vec<f64> = q.iter().zip(x).map(|(q, x)| (q - x).powi(2)).filter(|d| !d.is_nan()).collect();
                both.iter().sum::<f64>() / both.len() as f64 * q.len() as f64
            });
        });
    }

    #[test]
    fn powers_and_common_parts_are_their_definitions(
        n in 1..30_usize, p in 1..5_usize, x in values(150), q in values(4), power in prop_oneof![Just(3.0), 1.0..4.0_f64],
    ) {
        for_each_copy!(|table: Table<T>| {
            let (x, q) = (cast::<T>(&x[..n * p]), cast::<T>(&q[..p]));
            let (mut distances, mut common) = (vec![[0.0; 8]; n.div_ceil(8)], vec![[0.0; 8]; n.div_ceil(8)]);
            // SAFETY: `candidates` yields copies that this processor can run.
            unsafe {
                (table.near_power)(&q, &blocks(&x, p), 1.0, &mut distances, power);
                (table.near_common)(&q, &blocks(&x, p), &mut common);
            }
            for (i, row) in x.chunks_exact(p).enumerate() {
                let sum = |f: &dyn Fn(f64, f64) -> f64| q.iter().zip(row).map(|(q, x)| f(q.f64(), x.f64())).sum::<f64>();
                let truth = sum(&|q, x| (q - x).abs().powf(power));
                assert!(same_sum(distances[i / 8][i % 8], truth, truth, p + 4));
                assert!(same_sum(common[i / 8][i % 8], sum(&|q, x| q * x), sum(&|q, x| (q * x).abs()), p));
            }
        });
    }

    /// No tolerance: a box never seems farther than a point in it.
    #[test]
    fn boxes_are_at_most_as_far_as_their_points(p in 1..5_usize, x in values(20), q in values(4), scale in -6..7_i32) {
        for_each_copy!(|table: Table<T>| {
            let scale = 10_f64.powi(scale);
            let scaled = |v: &[f64]| cast::<T>(&v.iter().map(|v| v * scale).collect::<Vec<_>>());
            let (x, q) = (scaled(&x[..5 * p]), scaled(&q[..p]));
            let mut boxes = vec![T::of(0.0); 16 * p];
            for j in 0..p {
                let column = || x[j..].iter().step_by(p).copied();
                boxes[16 * j..][..8].fill(column().fold(T::INFINITY, T::min));
                boxes[16 * j + 8..][..8].fill(column().fold(T::NEG_INFINITY, T::max));
            }
            let pairs: [(Near<T>, Boxes<T>); 3] = [
                (table.near_squared, table.box_squared),
                (table.near_manhattan, table.box_manhattan),
                (table.near_chebyshev, table.box_chebyshev),
            ];
            for (near, bounds) in pairs {
                let (mut distances, mut bound) = ([[0.0; 8]], [0.0; 8]);
                // SAFETY: `candidates` yields copies that this processor can run.
                unsafe { near(&q, &blocks(&x, p), 0.0, &mut distances) };
                let least = distances[0][..5].iter().copied().fold(f64::INFINITY, f64::min);
                // SAFETY: as above.
                let bits = unsafe { bounds(&q, &boxes, least, &mut bound) };
                assert!(bound[0] <= least && bits == 255 && bound.iter().all(|b| *b == bound[0]));
            }
            let (mut distances, mut bound) = ([[0.0; 8]], [0.0; 8]);
            // SAFETY: as above.
            let bits = unsafe {
                (table.near_power)(&q, &blocks(&x, p), 0.0, &mut distances, 3.0);
                (table.box_power)(&q, &boxes, f64::INFINITY, &mut bound, 3.0)
            };
            assert!(bits == 255 && distances[0][..5].iter().all(|d| bound[0] <= *d));
        });
    }

    #[test]
    fn closer_finds_all_that_are(n in 0..80_usize, a in values(80), b in values(80), bound in -9.0..9.0_f64) {
        for_each_copy!(|table: Table<T>| {
            let (a, b, bound) = (cast::<T>(&a[..n]), cast::<T>(&b[..n]), T::of(bound));
            let mut hits = vec![7];
            // SAFETY: `candidates` yields copies that this processor can run.
            unsafe { (table.closer)(&a, &b, bound, &mut hits) };
            let truth = (0..n).filter(|i| b[*i] - T::of(2.0) * a[*i] <= bound).map(|i| i as u32);
            assert_eq!(hits, [7].into_iter().chain(truth).collect::<Vec<_>>());
        });
    }
}
