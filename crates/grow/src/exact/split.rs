//! Splits, and the columns that are looked at for one.

use super::criterion::{Criterion, Limits};
use super::table::{Key, Table};
use crate::tree::Test;
use estimand_core::Stream;
use estimand_core::random::below;

/// A split that was found.
#[derive(Clone, Debug)]
pub(crate) struct Split<K> {
    pub(crate) column: usize,
    pub(crate) side: Side<K>,
    pub(crate) missing_left: bool,
    /// Whether some value was missing, from which that side was learnt.
    pub(crate) learnt: bool,
    /// The decrease of W · impurity.
    pub(crate) decrease: f64,
}

/// Who goes left.
#[derive(Clone, Debug)]
pub(crate) enum Side<K> {
    /// Keys up to this one; values up to the threshold.
    AtMost(K, f64),
    /// Categories whose bit is set.
    In(Vec<u64>),
}

impl<K: Key> Split<K> {
    pub(crate) fn test(&self) -> Test<'_> {
        let (column, missing_left) = (self.column, self.missing_left);
        match &self.side {
            Side::AtMost(_, threshold) => Test::AtMost { column, threshold: *threshold, missing_left },
            Side::In(set) => Test::In { column, set, missing_left },
        }
    }

    /// Puts the rows that go left in front, both sides in their old order, and gives the number of those.
    pub(crate) fn part(&self, table: &Table<K>, rows: &mut [u32], spare: &mut Vec<u32>) -> usize {
        let keys = table.column(self.column);
        match &self.side {
            Side::AtMost(key, _) => {
                part(rows, spare, |row| keys[row as usize].passes(*key, self.missing_left))
            }
            Side::In(set) => part(rows, spare, |row| match keys[row as usize].category() {
                Some(category) => has(set, category),
                None => self.missing_left,
            }),
        }
    }
}

fn part(rows: &mut [u32], spare: &mut Vec<u32>, goes_left: impl Fn(u32) -> bool) -> usize {
    spare.resize(rows.len().max(spare.len()), 0);
    let (mut left, mut right) = (0, 0);
    for i in 0..rows.len() {
        let row = rows[i];
        let goes = goes_left(row);
        // Both are written; only one is kept.
        rows[left] = row;
        spare[right] = row;
        left += usize::from(goes);
        right += usize::from(!goes);
    }
    rows[left..].copy_from_slice(&spare[..right]);
    left
}

/// Whether a category is in a set.
pub(crate) fn has(set: &[u64], category: usize) -> bool {
    set.get(category / 64).is_some_and(|word| word >> (category % 64) & 1 == 1)
}

/// The set of these categories.
pub(crate) fn set_of(categories: impl IntoIterator<Item = usize>) -> Vec<u64> {
    let mut set = Vec::new();
    for category in categories {
        if set.len() <= category / 64 {
            set.resize(category / 64 + 1, 0);
        }
        set[category / 64] |= 1 << (category % 64);
    }
    set
}

/// A node that a split is looked for.
pub(crate) struct Node<'a> {
    pub(crate) rows: &'a [u32],
    /// Columns at the front of the drawing that are constant here, as was found above.
    pub(crate) constants: usize,
    pub(crate) limits: Limits,
    /// Direction of each column; empty where none has one.
    pub(crate) directions: &'a [i8],
}
impl Node<'_> {
    pub(crate) fn limits_of(&self, column: usize) -> Limits {
        Limits { direction: self.directions.get(column).copied().unwrap_or(0), ..self.limits }
    }
}

/// A way to look for splits.
pub(crate) trait Splitter {
    type Key: Key;

    /// A split of the node, and how many columns in front of the drawing are now known to be constant in it. The
    /// criterion has entered the node.
    fn split<C: Criterion>(
        &mut self,
        table: &Table<Self::Key>,
        criterion: &mut C,
        node: &Node<'_>,
        drawing: &mut Drawing,
        stream: &mut Stream,
    ) -> (Option<Split<Self::Key>>, usize);
}

/// Draws columns without replacement.
///
/// Columns found constant are moved to the front, and stay constant for all nodes below: what is in front of a node's
/// drawing is left alone until its subtree is grown.
#[derive(Clone, Debug)]
pub(crate) struct Drawing {
    columns: Vec<u32>,
    /// How many are drawn for a split.
    wanted: usize,
}

impl Drawing {
    pub(crate) fn new(columns: usize, wanted: usize) -> Self {
        Self { columns: (0..columns as u32).collect(), wanted }
    }

    /// Calls `visit` with drawn columns, until as many were drawn as wanted, and one of them was not constant. `visit`
    /// says whether its column is not. Constant columns count as drawn. Gives the number of columns in front that are
    /// now known to be constant.
    pub(crate) fn visit(
        &mut self,
        constants: usize,
        stream: &mut Stream,
        mut visit: impl FnMut(usize, &mut Stream) -> bool,
    ) -> usize {
        let mut known = constants;
        if self.wanted >= self.columns.len() {
            // All of them, in the order of their numbers, which what was found elsewhere in the tree has disturbed.
            self.columns[constants..].sort_unstable();
            for i in constants..self.columns.len() {
                if !visit(self.columns[i] as usize, stream) {
                    self.columns[known..=i].rotate_right(1);
                    known += 1;
                }
            }
            return known;
        }
        let (mut drawn, mut varied) = (0, false);
        let (mut undrawn_constants, mut end) = (constants, self.columns.len());
        while (drawn < self.wanted || !varied) && end > known {
            drawn += 1;
            let draw = below(undrawn_constants + end - known, stream);
            if draw < undrawn_constants {
                undrawn_constants -= 1;
                continue;
            }
            let at = known + draw - undrawn_constants;
            if visit(self.columns[at] as usize, stream) {
                varied = true;
                end -= 1;
                self.columns.swap(at, end);
            } else {
                self.columns.swap(at, known);
                known += 1;
            }
        }
        known
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use estimand_core::Seed;

    #[test]
    fn columns_are_drawn_until_one_varies() {
        let mut stream = Seed(3).stream(0);
        let mut counts = [0; 6];
        for _ in 0..6000 {
            let mut seen = Vec::new();
            let mut drawing = Drawing::new(6, 2);
            let known = drawing.visit(0, &mut stream, |j, _| {
                seen.push(j);
                j >= 3
            });
            // Columns 0, 1 and 2 are constant.
            assert_eq!(known, seen.iter().filter(|j| **j < 3).count());
            assert!(seen.len() >= 2 && seen.iter().any(|j| *j >= 3));
            assert!(seen.len() == 2 || seen[..seen.len() - 1].iter().all(|j| *j < 3));
            drawing.columns[..known].iter().for_each(|j| assert!(*j < 3));
            let mut all = drawing.columns.clone();
            all.sort_unstable();
            assert_eq!(all, [0, 1, 2, 3, 4, 5]);
            seen.iter().for_each(|j| counts[*j] += 1);
        }
        // Two of six, and more where both are constant: by symmetry those of one kind are seen alike, within five
        // standard deviations.
        for kind in [&counts[..3], &counts[3..]] {
            let mean = kind.iter().sum::<usize>() / 3;
            assert!(kind.iter().all(|c| c.abs_diff(mean) < 220), "{counts:?}");
        }
    }

    #[test]
    fn known_constants_are_neither_visited_nor_moved() {
        let mut stream = Seed(5).stream(0);
        for wanted in [2, 4] {
            let mut drawing = Drawing::new(4, wanted);
            let known = drawing.visit(0, &mut stream, |j, _| j != 2);
            if known == 1 {
                for _ in 0..50 {
                    drawing.visit(1, &mut stream, |j, _| j != 2 || panic!("a known constant"));
                    assert_eq!(drawing.columns[0], 2);
                }
            }
        }
    }

    #[test]
    fn rows_are_parted_in_order() {
        let mut rows: Vec<u32> = (0..20).collect();
        let left = part(&mut rows, &mut Vec::new(), |row| row % 3 == 0);
        assert_eq!(rows[..left], [0, 3, 6, 9, 12, 15, 18]);
        assert_eq!(rows[left..], [1, 2, 4, 5, 7, 8, 10, 11, 13, 14, 16, 17, 19]);
        let set = set_of([0, 64, 70]);
        assert!([0, 64, 70].iter().all(|c| has(&set, *c)) && ![1, 63, 65, 200].iter().any(|c| has(&set, *c)));
    }
}
