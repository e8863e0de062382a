//! Trees that set rows apart: columns and thresholds are drawn, and no target is asked.

use super::columns::{Columns, Keys};
use super::criterion::{Criterion, Limits, Score, Seen, Walk};
use super::random::Random;
use super::{Growth, builder};
use crate::Tree;
use estimand_core::Seed;

/// Whatever is drawn is as good.
struct Apart {
    rows: usize,
}

impl Criterion for Apart {
    fn select(&self, rows: &[u32]) -> Self {
        Self { rows: rows.len() }
    }

    fn enter(&mut self, rows: &[u32]) -> Seen {
        self.rows = rows.len();
        Seen { weight: self.rows as f64, impurity: 0.0, pure: false }
    }

    fn value(&self, _: &mut [f64]) {}

    fn walk(&mut self, _: &Walk<'_>, _: &mut Score) -> Option<usize> {
        None
    }

    fn cut(&mut self, _: &[f64], _: f64, _: &Limits) -> Option<Score> {
        Some(Score { above: 0.0, below: 1.0 })
    }

    fn decrease(&self, _: Score) -> f64 {
        0.0
    }

    fn responses(&self) -> usize {
        1
    }

    fn response(&self, _: usize, _: u32) -> [f64; 2] {
        [1.0, 0.0]
    }
}

/// Splits rows by a column and a threshold drawn at random, until they are alone, equal, or `max_depth` deep. Values of
/// nodes are zero. Of the columns nothing but [`Columns::raw`] can be used; for others the tree is a single leaf.
pub fn isolate(columns: &Columns, max_depth: usize, seed: Seed) -> Tree {
    let Keys::Values(keyed) = &columns.keys else { return Tree::new(1) };
    let growth =
        Growth { max_depth: Some(max_depth), max_features: 1, ..Growth::new(super::Criterion::SquaredError) };
    let n = columns.rows();
    let task = builder::Task { growth: &growth, keyed, width: 1, weight: n as f64, small: 0 };
    builder::grow(&task, Apart { rows: n }, || Random::new(&keyed.columns), (0..n as u32).collect(), seed)
}
