//! Sums over residuals that are near, and over those that are far.

use crate::{isa::Isa, math::Real};
use estimand_core::Float;

/// Sums of each kind, so that none waits for another.
const LANES: usize = 16;

#[inline(always)]
pub(crate) fn huber_sums<T: Real, I: Isa>(r: &[T], weights: Option<&[T]>, limit: f64) -> [f64; 3] {
    let (blocks, tail) = r.as_chunks::<LANES>();
    let mut sums = [[0.0; LANES]; 3];
    match weights.map(|w| w[..r.len()].as_chunks::<LANES>()) {
        None => {
            blocks.iter().for_each(|r| add::<T, LANES>(&mut sums, *r, [1.0; LANES], limit));
            tail.iter().for_each(|r| add::<T, 1>(&mut sums, [*r], [1.0], limit));
        }
        Some((weights, last)) => {
            let all = blocks.iter().zip(weights);
            all.for_each(|(r, w)| add::<T, LANES>(&mut sums, *r, w.map(Float::f64), limit));
            let all = tail.iter().zip(last);
            all.for_each(|(r, w)| add::<T, 1>(&mut sums, [*r], [w.f64()], limit));
        }
    }
    sums.map(|mut lanes| {
        for half in [8, 4, 2, 1] {
            (0..half).for_each(|l| lanes[l] += lanes[l + half]);
        }
        lanes[0]
    })
}

/// Adds to the first lanes. No branch, as near and far come in any order.
#[inline(always)]
fn add<T: Real, const N: usize>(sums: &mut [[f64; LANES]; 3], r: [T; N], w: [f64; N], limit: f64) {
    let mut new = *sums;
    for l in 0..N {
        let size = r[l].f64().abs();
        let near = if size <= limit { w[l] } else { 0.0 };
        let less = if size <= limit { size } else { 0.0 };
        new[0][l] += near * less * less;
        new[1][l] += (w[l] - near) * size;
        new[2][l] += w[l] - near;
    }
    *sums = new;
}

#[cfg(test)]
mod tests {
    use crate::huber_sums;

    #[test]
    fn near_and_far_are_told_apart() {
        for n in [0, 1, 15, 16, 17, 40] {
            let r: Vec<f64> = (0..n).map(|i| f64::from(i * 7 % 11) - 5.0).collect();
            let w: Vec<f64> = (0..n).map(|i| f64::from(i % 3)).collect();
            for weights in [None, Some(&w[..])] {
                let weight = |i: usize| weights.map_or(1.0, |w| w[i]);
                let mut slow = [0.0; 3];
                for (i, r) in r.iter().enumerate() {
                    match r.abs() <= 2.0 {
                        true => slow[0] += weight(i) * r * r,
                        false => {
                            slow[1] += weight(i) * r.abs();
                            slow[2] += weight(i);
                        }
                    }
                }
                // Whole numbers: nothing is rounded.
                assert_eq!(huber_sums(&r, weights, 2.0), slow);
            }
        }
        let lost = huber_sums(&[f64::NAN, 1.0], None, 2.0);
        assert!(lost[1].is_nan() && lost[0] == 1.0);
    }
}
