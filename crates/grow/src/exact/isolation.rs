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

    fn cut(&mut self, values: &[f64], threshold: f64, limits: &Limits) -> Option<Score> {
        let fits = limits.min_rows <= 1 || {
            let left = values.iter().filter(|v| **v <= threshold).count();
            left >= limits.min_rows && values.len() - left >= limits.min_rows
        };
        fits.then_some(Score { above: 0.0, below: 1.0 })
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

/// Splits these rows, each of which may come several times, by a column and a threshold drawn at random, until they are
/// alone, equal, `max_depth` deep, or parted with fewer than `min_leaf` on a side. Values of nodes are zero. Of the columns
/// nothing but [`Columns::raw`] can be used; for others the tree is a single leaf.
pub fn isolate(columns: &Columns, rows: Vec<u32>, max_depth: usize, min_leaf: usize, seed: Seed) -> Tree {
    let Keys::Values(keyed) = &columns.keys else { return Tree::new(1) };
    let growth = Growth {
        max_depth: Some(max_depth),
        max_features: 1,
        min_samples_leaf: min_leaf,
        ..Growth::new(super::Criterion::SquaredError)
    };
    let n = rows.len();
    let task = builder::Task { growth: &growth, keyed, width: 1, weight: n as f64, small: 0 };
    builder::grow(&task, Apart { rows: n }, || Random::new(&keyed.columns), rows, seed)
}
