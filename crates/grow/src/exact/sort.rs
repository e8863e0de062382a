//! The rows of a node in the order of a column.
//!
//! What is sorted is the rank, less the smallest one of the node, above the row's place in the node. One pass spreads
//! the keys over buckets of about sixteen by their leading bits, then each bucket is sorted by itself
//! ([`sort_parts`](estimand_kernels::sort_parts)): a few nanoseconds a row, however many rows there are. Where ranks are
//! few, each has a bucket, and nothing is left to sort. Ranks that crowd into few buckets cost O(m log m) comparisons.

use super::table::Key;
use estimand_kernels as kernels;

/// Rows of a bucket, on average.
const BUCKET: usize = 16;

/// Rows that are sorted without buckets.
const WITHOUT: usize = 64;

/// Buffers for sorting.
#[derive(Debug, Default)]
pub(crate) struct Sorter {
    narrow: [Vec<u32>; 2],
    wide: [Vec<u64>; 2],
    ends: Vec<u32>,
    order: Vec<u32>,
    missing: Vec<u32>,
}

fn bits(x: usize) -> u32 {
    usize::BITS - x.leading_zeros()
}

impl Sorter {
    /// Sorts places by their ranks, which lie from `low` to `high` or are missing; equal ones by place. Gives those in
    /// order, and the missing ones.
    pub(crate) fn sort(
        &mut self,
        ranks: &[u32],
        low: u32,
        high: u32,
        some_missing: bool,
    ) -> (&[u32], &[u32]) {
        let (rank_bits, place_bits) = (bits((high - low) as usize), bits(ranks.len().saturating_sub(1)));
        let mask = (1_u64 << place_bits) - 1;
        self.missing.clear();
        let places = ranks.iter().enumerate();
        if rank_bits + place_bits <= u32::BITS {
            let [keys, spare] = &mut self.narrow;
            keys.clear();
            let key = |(place, rank): (usize, &u32)| ((rank - low) << place_bits) | place as u32;
            if some_missing {
                for (place, rank) in places {
                    match *rank {
                        u32::MISSING => self.missing.push(place as u32),
                        _ => keys.push(key((place, rank))),
                    }
                }
            } else {
                keys.extend(places.map(key));
            }
            let sort = |keys: &mut [u32], ends: &[u32]| kernels::sort_parts(keys, ends);
            in_order(keys, spare, &mut self.ends, [rank_bits, place_bits], |key| key as usize, sort);
            self.order.clear();
            self.order.extend(keys.iter().map(|key| key & mask as u32));
        } else {
            let [keys, spare] = &mut self.wide;
            keys.clear();
            for (place, rank) in places {
                match *rank {
                    u32::MISSING => self.missing.push(place as u32),
                    _ => keys.push(u64::from(rank - low) << place_bits | place as u64),
                }
            }
            let sort = |keys: &mut [u64], ends: &[u32]| {
                let mut first = 0;
                for end in ends {
                    keys[first..*end as usize].sort_unstable();
                    first = *end as usize;
                }
            };
            in_order(keys, spare, &mut self.ends, [rank_bits, place_bits], |key| key as usize, sort);
            self.order.clear();
            self.order.extend(keys.iter().map(|key| (key & mask) as u32));
        }
        (&self.order, &self.missing)
    }
}

/// Sorts keys whose places ascend, with a rank above.
fn in_order<K: Copy + Default>(
    keys: &mut Vec<K>,
    spare: &mut Vec<K>,
    ends: &mut Vec<u32>,
    [rank_bits, place_bits]: [u32; 2],
    number: impl Fn(K) -> usize,
    sort: impl Fn(&mut [K], &[u32]),
) {
    let m = keys.len();
    if m <= WITHOUT {
        sort(keys, &[m as u32]);
        return;
    }
    let one_each = rank_bits <= bits(m);
    let leading = if one_each { rank_bits } else { bits(m / BUCKET) };
    let shift = place_bits + rank_bits - leading;
    ends.clear();
    ends.resize(1 << leading, 0);
    keys.iter().for_each(|key| ends[number(*key) >> shift] += 1);
    let mut first = 0;
    for end in ends.iter_mut() {
        (first, *end) = (first + *end, first);
    }
    spare.resize(m, K::default());
    for key in keys.iter() {
        let at = &mut ends[number(*key) >> shift];
        spare[*at as usize] = *key;
        *at += 1;
    }
    std::mem::swap(keys, spare);
    if !one_each {
        sort(keys, ends);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn places_come_in_the_order_of_their_ranks(
            mut ranks in prop::collection::vec(any::<u32>(), 1..400),
            modulus in prop::sample::select(vec![1, 3, 40, 1000, 1 << 20, u32::MAX - 1]),
            holes in any::<bool>(),
        ) {
            ranks.iter_mut().for_each(|rank| *rank = *rank % modulus + 7_u32.min(u32::MAX - modulus - 1));
            let (low, high) = (*ranks.iter().min().unwrap(), *ranks.iter().max().unwrap());
            if holes {
                ranks.iter_mut().step_by(3).for_each(|rank| *rank = u32::MISSING);
            }
            let mut sorter = Sorter::default();
            let (order, missing) = sorter.sort(&ranks, low, high, holes);
            let mut expected: Vec<u32> = (0..ranks.len() as u32).filter(|i| ranks[*i as usize] != u32::MISSING).collect();
            expected.sort_by_key(|i| ranks[*i as usize]);
            prop_assert_eq!(order, expected);
            prop_assert!(missing.iter().all(|i| ranks[*i as usize] == u32::MISSING));
            prop_assert_eq!(missing.len() + order.len(), ranks.len());
        }
    }
}
