//! What exact decision trees ask about the rows of a node.

use crate::{isa::Isa, math::Real};

const LANES: usize = 8;

/// Keys beside one another in a comparison.
const ABREAST: usize = 16;

/// Keys that are compared each with each.
const EACH_WITH_EACH: usize = 64;

/// Fewer are put in order one by one.
const ONE_BY_ONE: usize = 8;

#[inline(always)]
pub(crate) fn sort_parts<T: Real, I: Isa>(keys: &mut [u32], ends: &[u32]) {
    let mut rest = keys;
    let mut first = 0;
    for end in ends {
        let (part, after) = rest.split_at_mut((*end - first) as usize);
        (rest, first) = (after, *end);
        if part.len() <= ONE_BY_ONE {
            one_by_one(part);
        } else if part.len() <= EACH_WITH_EACH {
            each_with_each(part);
        } else {
            part.sort_unstable();
        }
    }
}

#[inline(always)]
fn one_by_one(keys: &mut [u32]) {
    for i in 1..keys.len() {
        let key = keys[i];
        let mut at = i;
        while at > 0 && keys[at - 1] > key {
            keys[at] = keys[at - 1];
            at -= 1;
        }
        keys[at] = key;
    }
}

/// A key's place is the number of smaller ones: comparisons without a branch, sixteen at a time.
#[inline(always)]
fn each_with_each(keys: &mut [u32]) {
    let mut copy = [u32::MAX; EACH_WITH_EACH];
    let all = &mut copy[..keys.len()];
    all.copy_from_slice(keys);
    for some in copy.chunks_exact(ABREAST).take(keys.len().div_ceil(ABREAST)) {
        let mut smaller = [0_u32; ABREAST];
        for key in &copy[..keys.len()] {
            for l in 0..ABREAST {
                smaller[l] += u32::from(*key < some[l]);
            }
        }
        for (key, place) in some.iter().zip(smaller) {
            // What only fills the last group up is larger than every key, or lands on an equal one.
            if let Some(to) = keys.get_mut(place as usize) {
                *to = *key;
            }
        }
    }
}

#[inline(always)]
pub(crate) fn extent<T: Real, I: Isa>(x: &[T]) -> [T; 2] {
    let (eights, rest) = x.as_chunks::<LANES>();
    let (mut low, mut high) = ([T::infinity(); LANES], [T::neg_infinity(); LANES]);
    // One after the other: of both at once the compiler makes a detour.
    for eights in eights.chunks(NEAR) {
        eights.iter().for_each(|eight| low = lanes(eight, low, |v, low| if v < low { v } else { low }));
        eights.iter().for_each(|eight| high = lanes(eight, high, |v, high| if v > high { v } else { high }));
    }
    for (l, v) in rest.iter().enumerate() {
        low[l] = if *v < low[l] { *v } else { low[l] };
        high[l] = if *v > high[l] { *v } else { high[l] };
    }
    let low = low.iter().fold(T::infinity(), |m, v| if *v < m { *v } else { m });
    let high = high.iter().fold(T::neg_infinity(), |m, v| if *v > m { *v } else { m });
    [low, high]
}

/// Eights that are still near when they are read again.
const NEAR: usize = 256;

#[inline(always)]
fn lanes<T: Copy>(a: &[T; LANES], b: [T; LANES], f: impl Fn(T, T) -> T) -> [T; LANES] {
    std::array::from_fn(|l| f(a[l], b[l]))
}

#[inline(always)]
pub(crate) fn sum_at_most<T: Real, I: Isa>(x: &[T], threshold: T, terms: &[f64]) -> [f64; 2] {
    let n = x.len().min(terms.len());
    let ((eights, rest), (terms, terms_rest)) =
        (x[..n].as_chunks::<LANES>(), terms[..n].as_chunks::<LANES>());
    let (mut count, mut s) = ([0_u64; LANES], [0.0; LANES]);
    // Masks: of a choice between two numbers, the compiler makes a branch, which half of the time goes the other way.
    let mut add = |l: usize, x: T, term: f64| {
        let mask = u64::from(x <= threshold).wrapping_neg();
        count[l] = count[l].wrapping_sub(mask);
        s[l] += f64::from_bits(term.to_bits() & mask);
    };
    for (eight, terms) in eights.iter().zip(terms) {
        for l in 0..LANES {
            add(l, eight[l], terms[l]);
        }
    }
    for (l, (x, term)) in rest.iter().zip(terms_rest).enumerate() {
        add(l, *x, *term);
    }
    [count.iter().sum::<u64>() as f64, ((s[0] + s[4]) + (s[2] + s[6])) + ((s[1] + s[5]) + (s[3] + s[7]))]
}

#[cfg(test)]
mod tests {
    use crate::{extent, sort_parts, sum_at_most};
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn parts_are_sorted(mut keys in prop::collection::hash_set(any::<u32>(), 0..600), cut in 0..100_usize) {
            keys.insert(u32::MAX);
            let mut keys: Vec<u32> = keys.into_iter().collect();
            let cut = cut.min(keys.len());
            let mut slow = keys.clone();
            slow[..cut].sort();
            slow[cut..].sort();
            sort_parts(&mut keys, &[cut as u32, slow.len() as u32]);
            prop_assert_eq!(keys, slow);
        }

        #[test]
        fn extents_and_sums_pass_over_nan(mut x in prop::collection::vec(-9..9_i32, 0..70), nan in any::<bool>()) {
            x.push(3);
            let mut x: Vec<f64> = x.into_iter().map(f64::from).collect();
            if nan {
                x[0] = f64::NAN;
            }
            let (low, high) = x.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), v| (a.min(*v), b.max(*v)));
            prop_assert_eq!(extent(&x), [low, high]);
            let terms: Vec<f64> = (0..x.len()).map(|i| i as f64).collect();
            let inside: Vec<usize> = (0..x.len()).filter(|i| x[*i] <= 1.0).collect();
            let sums = [inside.len() as f64, inside.iter().sum::<usize>() as f64];
            prop_assert_eq!(sum_at_most(&x, 1.0, &terms), sums);
        }
    }
}
