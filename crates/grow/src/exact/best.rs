//! The best split of each column that is looked at.
//!
//! Missing values are tried on both sides; where they are alone on one, the threshold is +∞. Of splits that are equally
//! good the first is taken: by column as they are looked at, by threshold from below.
//!
//! Categories are put in order by the mean response of their rows, after which the best split is one of those between
//! neighbours: for two classes and for squared error this is the best one of all \[Fisher58, Breiman84\]. With several
//! classes, or targets, each in turn gives an order, and the best of their splits is taken: a heuristic, as there is no
//! quick way that is exact.

use super::columns::Column;
use super::criterion::{Criterion, Limits, Score, Walk};
use super::sort::Sorter;
use super::split::{Drawing, Node, Side, Split, Splitter, set_of};
use super::table::{Key, Table};
use estimand_core::{Stream, order};

/// See [the module](self).
pub(crate) struct Best<'a> {
    columns: &'a [Column],
    sorter: Sorter,
    /// Ranks of the node's rows in one column.
    ranks: Vec<u32>,
    /// Sums of weights and responses by category, and categories in order.
    sums: Vec<[f64; 2]>,
    categories: Vec<u32>,
    places: Vec<u32>,
}

/// Ranks that are this many times the rows are still counted rather than sorted.
const SPREAD: usize = 2;

/// The best split so far.
struct Found {
    score: Score,
    split: Option<Split<u32>>,
}

impl<'a> Best<'a> {
    pub(crate) fn new(columns: &'a [Column]) -> Self {
        Self {
            columns,
            sorter: Sorter::default(),
            ranks: Vec::new(),
            sums: Vec::new(),
            categories: Vec::new(),
            places: Vec::new(),
        }
    }

    /// Takes the ranks of the node's rows: the smallest, the largest, and how many are missing.
    fn take(&mut self, keys: &[u32], rows: &[u32], some_missing: bool) -> (u32, u32, usize) {
        self.ranks.clear();
        let (mut low, mut high, mut missing) = (u32::MAX, 0, 0);
        if some_missing {
            for row in rows {
                let rank = keys[*row as usize];
                self.ranks.push(rank);
                low = low.min(rank);
                // Missing ones wrap around to 0.
                high = high.max(rank.wrapping_add(1));
                missing += usize::from(rank == u32::MISSING);
            }
            high = high.saturating_sub(1);
        } else {
            self.ranks.extend(rows.iter().map(|row| {
                let rank = keys[*row as usize];
                (low, high) = (low.min(rank), high.max(rank));
                rank
            }));
        }
        (low, high, missing)
    }

    /// Looks at a column; gives whether it is not constant.
    fn look<C: Criterion>(
        &mut self,
        keys: &[u32],
        column: usize,
        criterion: &mut C,
        node: &Node<'_>,
        best: &mut Found,
    ) -> bool {
        let known = &self.columns[column];
        let (low, high, missing) = self.take(keys, node.rows, known.missing);
        let present = node.rows.len() - missing;
        if present == 0 || (low == high && missing == 0) {
            return false;
        }
        let limits = node.limits_of(column);
        let sides: &[bool] = if missing > 0 { &[false, true] } else { &[false] };
        let learnt = missing > 0;
        let split = |side, missing_left| Some(Split { column, side, missing_left, learnt, decrease: 0.0 });
        let between = |low: u32, high: Option<u32>| Side::AtMost(low, threshold(&known.values, low, high));
        if let Some(count) = known.categories {
            let found = self.look_at_categories(criterion, count, sides, &limits, &mut best.score);
            if let Some((set, missing_left)) = found {
                best.split = split(Side::In(set), missing_left);
            }
            return true;
        }
        let groups = (high - low) as usize + 1;
        if C::TALLIES && groups <= SPREAD * present {
            criterion.tally(&self.ranks, low, groups);
            for missing_left in sides {
                let found = criterion.walk_tally(groups, *missing_left, &limits, &mut best.score);
                if let Some([a, b]) = found {
                    let side = between(low + a as u32, (b < groups).then_some(low + b as u32));
                    best.split = split(side, *missing_left);
                }
            }
            return true;
        }
        let (order, absent) = self.sorter.sort(&self.ranks, low, high, missing > 0);
        let rank = |i: usize| self.ranks[order[i] as usize];
        for missing_left in sides {
            let tied = |i: usize| i + 1 < present && rank(i) == rank(i + 1);
            if let Some(i) = walk(criterion, order, absent, *missing_left, &tied, &limits, &mut best.score) {
                let side = between(rank(i), (i + 1 < present).then(|| rank(i + 1)));
                best.split = split(side, *missing_left);
            }
        }
        true
    }

    /// The best set of categories, and the side of the missing, if that beats `best`.
    fn look_at_categories<C: Criterion>(
        &mut self,
        criterion: &mut C,
        count: usize,
        sides: &[bool],
        limits: &Limits,
        best: &mut Score,
    ) -> Option<(Vec<u64>, bool)> {
        let mut found = None;
        let known = |rank: u32| rank.category();
        for which in 0..criterion.responses() {
            self.sums.clear();
            self.sums.resize(count, [0.0; 2]);
            for (place, rank) in self.ranks.iter().enumerate() {
                if let Some(category) = known(*rank) {
                    let [w, s] = criterion.response(which, place as u32);
                    let [weight, sum] = &mut self.sums[category];
                    (*weight, *sum) = (*weight + w, *sum + s);
                }
            }
            self.categories.clear();
            self.categories.extend((0..count as u32).filter(|c| self.sums[*c as usize][0] > 0.0));
            let mean = |c: u32| self.sums[c as usize][1] / self.sums[c as usize][0];
            self.categories.sort_unstable_by_key(|c| (order::ascending(mean(*c)), *c));
            // Each category's place in that order takes the part of a rank.
            self.places.clear();
            self.places.resize(count, u32::MISSING);
            self.categories.iter().enumerate().for_each(|(i, c)| self.places[*c as usize] = i as u32);
            let ranks: Vec<u32> =
                self.ranks.iter().map(|r| known(*r).map_or(u32::MISSING, |c| self.places[c])).collect();
            let last = (self.categories.len() as u32).saturating_sub(1);
            let (order, absent) = self.sorter.sort(&ranks, 0, last, sides.len() > 1);
            let rank = |i: usize| ranks[order[i] as usize];
            let tied = |i: usize| i + 1 < order.len() && rank(i) == rank(i + 1);
            for missing_left in sides {
                if let Some(i) = walk(criterion, order, absent, *missing_left, &tied, limits, best) {
                    let left = &self.categories[..=rank(i) as usize];
                    found = Some((set_of(left.iter().map(|c| *c as usize)), *missing_left));
                }
            }
        }
        found
    }
}

/// The best split along an order, with the missing on one side.
fn walk<C: Criterion>(
    criterion: &mut C,
    order: &[u32],
    missing: &[u32],
    missing_left: bool,
    tied: &dyn Fn(usize) -> bool,
    limits: &Limits,
    best: &mut Score,
) -> Option<usize> {
    let (before, after): (&[u32], &[u32]) = if missing_left { (missing, &[]) } else { (&[], missing) };
    let rows = order.len() + missing.len();
    let least = limits.min_rows.max(1);
    // After place i, before.len() + i + 1 rows are left.
    let first = least.saturating_sub(before.len() + 1);
    let end = (rows + 1).saturating_sub(least + before.len() + 1).min(order.len());
    (first < end)
        .then(|| criterion.walk(&Walk { before, order, after, at: first..end, tied, limits }, best))?
}

impl Splitter for Best<'_> {
    type Key = u32;

    fn split<C: Criterion>(
        &mut self,
        table: &Table<u32>,
        criterion: &mut C,
        node: &Node<'_>,
        drawing: &mut Drawing,
        stream: &mut Stream,
    ) -> (Option<Split<u32>>, usize) {
        let mut best = Found { score: Score::NONE, split: None };
        let constants = drawing.visit(node.constants, stream, |column, _| {
            self.look(table.column(column), column, criterion, node, &mut best)
        });
        let Found { score, split } = best;
        (split.map(|split| Split { decrease: criterion.decrease(score).max(0.0), ..split }), constants)
    }
}

/// Half way between two values of a column; +∞ where there is none above.
fn threshold(values: &[f64], low: u32, high: Option<u32>) -> f64 {
    let Some(high) = high else { return f64::INFINITY };
    let (low, high) = (values[low as usize], values[high as usize]);
    let middle = low / 2.0 + high / 2.0;
    // Neighbouring numbers have nothing between them.
    if middle >= low && middle < high { middle } else { low }
}
