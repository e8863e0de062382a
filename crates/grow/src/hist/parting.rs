//! Parting a node's rows: those that pass the test first, each side in the order it had.

use estimand_par as par;

/// Rows from which on parting them is worth more than one thread.
const TOGETHER: usize = 1 << 15;

/// Parts `rows` by the bins of a column and returns how many pass; `passes` has 1 for bins that do. `spare` has as much
/// room as `rows`.
pub fn part(rows: &mut [u32], spare: &mut [u32], bins: &[u8], passes: &[u8; 256], threads: usize) -> usize {
    let n = rows.len();
    if n < TOGETHER || threads == 1 {
        let left = part_here(rows, spare, bins, passes);
        rows[left..].copy_from_slice(&spare[..n - left]);
        return left;
    }
    let mut tasks: Vec<_> = rows
        .chunks_mut(TOGETHER / 4)
        .zip(spare[..n].chunks_mut(TOGETHER / 4))
        .map(|(rows, spare)| (rows, spare, 0))
        .collect();
    par::for_each_chunk_mut(&mut tasks, 1, |_, tasks| {
        for (rows, spare, left) in tasks {
            *left = part_here(rows, spare, bins, passes);
        }
    });
    let lefts: Vec<usize> = tasks.iter().map(|task| task.2).collect();
    let total = lefts.iter().sum();
    let mut to = 0;
    for (k, left) in lefts.iter().enumerate() {
        let from = k * (TOGETHER / 4);
        rows.copy_within(from..from + left, to);
        to += left;
    }
    for (spare, left) in spare[..n].chunks(TOGETHER / 4).zip(&lefts) {
        let right = spare.len() - left;
        rows[to..to + right].copy_from_slice(&spare[..right]);
        to += right;
    }
    total
}

/// Those that pass to the front of `rows`, the others to the front of `spare`. Without a branch: both places are
/// written, and one moves on.
fn part_here(rows: &mut [u32], spare: &mut [u32], bins: &[u8], passes: &[u8; 256]) -> usize {
    let (mut left, mut right) = (0, 0);
    for i in 0..rows.len() {
        let row = rows[i];
        let pass = passes[bins[row as usize] as usize] as usize & 1;
        rows[left] = row;
        spare[right] = row;
        left += pass;
        right += 1 - pass;
    }
    left
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_keep_their_order_on_both_sides() {
        for n in [0, 1, 1000, TOGETHER + 12345] {
            let bins: Vec<u8> = (0..n).map(|i| (i * 7919 % 251) as u8).collect();
            let all: Vec<u32> = (0..n as u32).filter(|i| i % 3 != 1).collect();
            let passes = std::array::from_fn(|b| u8::from(b % 4 == 1));
            let (mut left, right): (Vec<u32>, Vec<u32>) =
                all.iter().partition(|i| passes[bins[**i as usize] as usize] == 1);
            let count = left.len();
            left.extend(right);
            for threads in [1, 2] {
                let (mut rows, mut spare) = (all.clone(), vec![0; all.len()]);
                let parted = part(&mut rows, &mut spare, &bins, &passes, threads);
                assert!(parted == count && rows == left, "{n}");
            }
        }
    }
}
