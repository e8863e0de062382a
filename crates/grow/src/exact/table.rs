//! Keys of some rows, column by column.

use estimand_kernels as kernels;
use std::fmt::Debug;

/// What a row is compared by: the rank of its value, or the value.
pub(crate) trait Key: Copy + Default + PartialOrd + Send + Sync + Debug + 'static {
    /// That of a missing value.
    const MISSING: Self;
    /// Whether the row goes left where `threshold` does.
    fn passes(self, threshold: Self, missing_left: bool) -> bool;
    /// The category it stands for; `None` for a missing one.
    fn category(self) -> Option<usize>;
    /// The largest category: sets of categories take a bit for each up to the largest.
    const LARGEST_CATEGORY: f64 = 65_535.0;
}
impl Key for u8 {
    const MISSING: Self = u8::MAX;
    #[inline(always)]
    fn passes(self, threshold: Self, missing_left: bool) -> bool {
        let lift = u8::from(missing_left);
        self.wrapping_add(lift) <= threshold + lift
    }
    fn category(self) -> Option<usize> {
        (self != Self::MISSING).then_some(self as usize)
    }
    const LARGEST_CATEGORY: f64 = 254.0;
}
impl Key for u32 {
    const MISSING: Self = u32::MAX;
    #[inline(always)]
    fn passes(self, threshold: Self, missing_left: bool) -> bool {
        // Where the missing go left, they wrap around to the lowest.
        let lift = u32::from(missing_left);
        self.wrapping_add(lift) <= threshold + lift
    }
    fn category(self) -> Option<usize> {
        (self != Self::MISSING).then_some(self as usize)
    }
}
impl Key for f64 {
    const MISSING: Self = f64::NAN;
    #[inline(always)]
    fn passes(self, threshold: Self, missing_left: bool) -> bool {
        (self <= threshold) | (missing_left & self.is_nan())
    }
    fn category(self) -> Option<usize> {
        (!self.is_nan()).then_some(self as usize)
    }
}

/// A key that is a rank, of a value or of a bin.
pub(crate) trait Rank: Key {
    /// As a wide one; missing ones likewise.
    fn rank(self) -> u32;
    /// The key of a rank.
    fn of_rank(rank: u32) -> Self;
}
impl Rank for u8 {
    #[inline(always)]
    fn rank(self) -> u32 {
        if self == Self::MISSING { u32::MISSING } else { u32::from(self) }
    }
    fn of_rank(rank: u32) -> Self {
        rank as u8
    }
}
impl Rank for u32 {
    #[inline(always)]
    fn rank(self) -> u32 {
        self
    }
    fn of_rank(rank: u32) -> Self {
        rank
    }
}

/// Bytes of a table that stays near the processor while a subtree grows on it.
const NEAR: usize = 1 << 19;

/// Rows that are asked for ahead of their turn.
const AHEAD: usize = 8;

/// Keys column by column.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Table<K> {
    rows: usize,
    keys: Vec<K>,
}

impl<K: Key> Table<K> {
    pub(crate) fn of_columns(rows: usize, columns: &[Vec<K>]) -> Self {
        // In pages so large that reading here and there does not wait for their addresses.
        let mut keys = kernels::zeros(rows * columns.len());
        keys.chunks_exact_mut(rows.max(1)).zip(columns).for_each(|(to, column)| to.copy_from_slice(column));
        Self { rows, keys }
    }

    /// The rows with these numbers, of keys that lie row by row.
    pub(crate) fn of_rows(rows: &[u32], by_row: &[K], columns: usize) -> Self {
        let mut keys = vec![K::MISSING; rows.len() * columns];
        for (i, row) in rows.iter().enumerate() {
            // Rows lie apart, where the processor does not look by itself.
            if let Some(soon) = rows.get(i + AHEAD) {
                kernels::prefetch(&by_row[*soon as usize * columns..][..columns]);
            }
            let from = &by_row[*row as usize * columns..][..columns];
            keys[i..].iter_mut().step_by(rows.len()).zip(from).for_each(|(to, key)| *to = *key);
        }
        Self { rows: rows.len(), keys }
    }

    /// The keys row by row.
    pub(crate) fn by_row(&self) -> Vec<K> {
        let p = self.keys.len().checked_div(self.rows).unwrap_or(0);
        let mut out = kernels::zeros(self.keys.len());
        let chunk = estimand_par::chunk_len(self.rows, p);
        estimand_par::map_rows_mut(&mut out, p, chunk, |first, rows| {
            for (j, column) in self.keys.chunks_exact(self.rows).enumerate() {
                rows[j..].iter_mut().step_by(p).zip(&column[first..]).for_each(|(to, key)| *to = *key);
            }
        });
        out
    }

    /// The most rows of a table that stays near.
    pub(crate) fn small(columns: usize) -> usize {
        (NEAR / (columns * size_of::<K>()).max(1)).clamp(256, 1 << 14)
    }

    pub(crate) fn rows(&self) -> usize {
        self.rows
    }

    pub(crate) fn column(&self, j: usize) -> &[K] {
        &self.keys[j * self.rows..][..self.rows]
    }
}
