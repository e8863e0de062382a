//! Random numbers that are the same on every machine, for any number of threads.
//!
//! A [`Seed`] names a family of independent streams, one per item of work: the tree, the fold, the
//! restart. Work may then be done in any order, on any thread, with the same outcome. The generator
//! is xoshiro256++, which is portable and documented, unlike a generator that a library may exchange.

use rand::RngCore;
use rand::SeedableRng;
use rand_xoshiro::{SplitMix64, Xoshiro256PlusPlus};

/// One stream of random numbers; implements [`rand::RngCore`].
pub type Stream = Xoshiro256PlusPlus;

/// A family of independent random streams.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seed(pub u64);

impl Seed {
    /// The stream of item `item`.
    pub fn stream(self, item: u64) -> Stream {
        Stream::seed_from_u64(self.mix(item))
    }

    /// A seed for item `item`, from which further streams can be drawn.
    pub fn child(self, item: u64) -> Seed {
        Seed(self.mix(item).rotate_left(32))
    }

    /// Two rounds of SplitMix64, so that neighbouring seeds and items share nothing.
    fn mix(self, item: u64) -> u64 {
        let outer = SplitMix64::seed_from_u64(self.0).next_u64();
        SplitMix64::seed_from_u64(outer ^ item.wrapping_mul(0x9E37_79B9_7F4A_7C15)).next_u64()
    }
}

/// A uniformly random order of `0..n` (Fisher–Yates).
pub fn permutation(n: usize, stream: &mut Stream) -> Vec<usize> {
    let mut order: Vec<usize> = (0..n).collect();
    shuffle(&mut order, stream);
    order
}

/// Shuffles in place (Fisher–Yates).
pub fn shuffle<T>(items: &mut [T], stream: &mut Stream) {
    for i in (1..items.len()).rev() {
        items.swap(i, below(i + 1, stream));
    }
}

/// A uniform draw from `0..n`, by multiplication with rejection (Lemire 2019); 0 when `n` is 0.
pub fn below(n: usize, stream: &mut Stream) -> usize {
    let n = n as u64;
    loop {
        let product = u128::from(stream.next_u64()) * u128::from(n);
        let low = product as u64;
        // The bound 2⁶⁴ mod n is below n: the division is hardly ever needed.
        if low >= n || low >= n.wrapping_neg() % n.max(1) {
            return (product >> 64) as usize;
        }
    }
}

/// A uniform draw from [0, 1), a multiple of 2⁻⁵³.
pub fn uniform(stream: &mut Stream) -> f64 {
    (stream.next_u64() >> 11) as f64 * (0.5 * f64::EPSILON)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_repeat_and_differ() {
        let draw = |seed: u64, item: u64| Seed(seed).stream(item).next_u64();
        assert_eq!(draw(1, 2), draw(1, 2));
        assert_ne!(draw(1, 2), draw(2, 1));
        assert_ne!(draw(1, 2), draw(1, 3));
        assert_ne!(Seed(1).child(0).stream(0).next_u64(), draw(1, 0));
    }

    #[test]
    fn uniform_draws_lie_in_the_unit_interval() {
        // The mean of 4000 draws is within five standard deviations (0.0046) of one half.
        let mut stream = Seed(8).stream(0);
        let draws: Vec<f64> = (0..4000).map(|_| uniform(&mut stream)).collect();
        assert!(draws.iter().all(|u| (0.0..1.0).contains(u)));
        assert!((draws.iter().sum::<f64>() / 4000.0 - 0.5).abs() < 0.023);
    }

    #[test]
    fn permutations_are_uniform() {
        // 3! orders, 6000 draws: each count is within five standard deviations (29) of 1000.
        let mut stream = Seed(7).stream(0);
        let mut counts = std::collections::BTreeMap::new();
        for _ in 0..6000 {
            *counts.entry(permutation(3, &mut stream)).or_insert(0_i32) += 1;
        }
        assert_eq!(counts.len(), 6);
        assert!(counts.values().all(|c| (c - 1000).abs() < 145), "{counts:?}");
    }
}
