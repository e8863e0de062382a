//! The order of the rows in an epoch.

use estimand_core::Stream;
use estimand_core::random::{below, shuffle};

/// Up to so many values a table is near enough for rows in any order.
const NEAR: usize = 1 << 20;
/// Columns up to which several rows share a page of memory.
const NARROW: usize = 256;
/// Neighbouring rows that stay in one pool.
const BLOCK: usize = 16;
/// Blocks of a pool, whose rows are mixed: with up to a hundred columns they fit the second cache.
const POOL: usize = 64;

/// `rows` in a random order.
///
/// In a large table, most of the time of a step would be spent on finding the page of memory that a random row lies in. There,
/// blocks of neighbours are shuffled, and then the rows of 64 random blocks at a time: a page serves a dozen rows in a row.
pub(super) fn shuffled(rows: &[u32], width: usize, stream: &mut Stream, order: &mut Vec<u32>) {
    if rows.len() * width <= NEAR || width > NARROW {
        order.clear();
        order.extend_from_slice(rows);
        return shuffle(order, stream);
    }
    // Where blocks begin is random too, so that neighbours are not the same in all epochs.
    let (first, others) = rows.split_at(below(BLOCK, stream).min(rows.len()));
    let mut blocks: Vec<&[u32]> = [first].into_iter().chain(others.chunks(BLOCK)).collect();
    shuffle(&mut blocks, stream);
    order.clear();
    for pool in blocks.chunks(POOL) {
        let start = order.len();
        pool.iter().for_each(|block| order.extend_from_slice(block));
        shuffle(&mut order[start..], stream);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use estimand_core::Seed;

    fn order(n: u32, width: usize, seed: u64) -> Vec<u32> {
        let (rows, mut order) = ((0..n).map(|i| 3 * i).collect::<Vec<_>>(), vec![7]);
        shuffled(&rows, width, &mut Seed(seed).stream(0), &mut order);
        order
    }

    #[test]
    fn orders_are_permutations() {
        for (n, width) in [(0, 1), (1, 5), (1000, 4), (30_001, 50), (200_000, 7), (5_000, 300)] {
            let mut rows = order(n, width, 1);
            assert_eq!(rows, order(n, width, 1));
            assert!(n < 2 || rows != order(n, width, 2));
            rows.sort_unstable();
            assert_eq!(rows, (0..n).map(|i| 3 * i).collect::<Vec<_>>(), "{n} × {width}");
        }
    }

    #[test]
    fn rows_of_large_tables_are_mixed() {
        // Each pool of 1024 rows is a sample of all: its mean is that of 64 blocks, 0.29 n / √64 around the middle.
        let n = 100_000;
        let rows = order(n, 50, 3);
        for pool in rows.chunks_exact(1024) {
            let mean = pool.iter().map(|row| f64::from(row / 3)).sum::<f64>() / 1024.0;
            assert!((mean / f64::from(n) - 0.5).abs() < 5.0 * 0.29 / 8.0, "{mean}");
            // Fifteen of sixteen rows have their upper neighbour in the pool; next to them it is by chance, 1 in 1024.
            let together = pool.windows(2).filter(|pair| pair[1] == pair[0] + 3).count();
            assert!(together < 10, "{together} neighbours are still side by side");
        }
    }
}
