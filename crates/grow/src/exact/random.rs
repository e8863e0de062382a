//! Splits at random thresholds, of which the best is taken.
//!
//! A threshold is drawn between the smallest and the largest value of the column in the node. Missing values are sent to
//! a side that is drawn too. Of the categories in the node, each is sent to a side by the toss of a coin, until both
//! sides have one.

use super::columns::Column;
use super::criterion::{Criterion, Score};
use super::split::{Drawing, Node, Side, Split, Splitter, has, set_of};
use super::table::{Key, Table};
use estimand_core::Stream;
use estimand_core::random::{below, uniform};
use estimand_kernels as kernels;

/// See [the module](self).
pub(crate) struct Random<'a> {
    columns: &'a [Column],
    /// Values of the node's rows in one column.
    values: Vec<f64>,
    present: Vec<usize>,
}

impl<'a> Random<'a> {
    pub(crate) fn new(columns: &'a [Column]) -> Self {
        Self { columns, values: Vec::new(), present: Vec::new() }
    }

    /// Draws a split of the column; `None` if it is constant. What goes left is afterwards at most the number given,
    /// among `values`.
    fn draw(&mut self, column: usize, stream: &mut Stream) -> Option<(f64, Side<f64>, bool, bool)> {
        let known = &self.columns[column];
        let some_missing = known.missing && self.values.iter().any(|v| v.is_nan());
        let [low, high] = kernels::extent(&self.values);
        if low > high || (low == high && !some_missing) {
            return None;
        }
        let mut missing_left = some_missing && below(2, stream) == 1;
        let (at, side) = if low == high {
            // The missing on one side, all others on the other.
            missing_left = false;
            match known.categories {
                Some(_) => (0.0, Side::In(set_of([low as usize]))),
                None => (low, Side::AtMost(f64::INFINITY, f64::INFINITY)),
            }
        } else if known.categories.is_some() {
            self.present.clear();
            self.present.extend(self.values.iter().filter_map(|v| v.category()));
            self.present.sort_unstable();
            self.present.dedup();
            let set = loop {
                let set = set_of(self.present.iter().copied().filter(|_| below(2, stream) == 1));
                let left = self.present.iter().filter(|c| has(&set, **c)).count();
                if left > 0 && left < self.present.len() {
                    break set;
                }
            };
            (0.0, Side::In(set))
        } else {
            let share = uniform(stream);
            let drawn = low * (1.0 - share) + high * share;
            let threshold = if drawn >= low && drawn < high { drawn } else { low };
            (threshold, Side::AtMost(threshold, threshold))
        };
        if let Side::In(set) = &side {
            let inside = |v: f64| v.category().is_some_and(|c| has(set, c));
            self.values
                .iter_mut()
                .filter(|v| !v.is_nan())
                .for_each(|v| *v = if inside(*v) { 0.0 } else { 1.0 });
        }
        if some_missing {
            let to = if missing_left { f64::NEG_INFINITY } else { f64::INFINITY };
            self.values.iter_mut().filter(|v| v.is_nan()).for_each(|v| *v = to);
        }
        Some((at, side, missing_left, some_missing))
    }
}

impl Splitter for Random<'_> {
    type Key = f64;

    fn split<C: Criterion>(
        &mut self,
        table: &Table<f64>,
        criterion: &mut C,
        node: &Node<'_>,
        drawing: &mut Drawing,
        stream: &mut Stream,
    ) -> (Option<Split<f64>>, usize) {
        let mut best = Score::NONE;
        let mut found = None;
        let constants = drawing.visit(node.constants, stream, |column, stream| {
            let keys = table.column(column);
            self.values.clear();
            self.values.extend(node.rows.iter().map(|row| keys[*row as usize]));
            let Some((at, side, missing_left, some_missing)) = self.draw(column, stream) else {
                return false;
            };
            if let Some(score) = criterion.cut(&self.values, at, &node.limits_of(column))
                && score.beats(best)
            {
                best = score;
                found = Some(Split { column, side, missing_left, learnt: some_missing, decrease: 0.0 });
            }
            true
        });
        let split = found.map(|split| Split { decrease: criterion.decrease(best).max(0.0), ..split });
        (split, constants)
    }
}
