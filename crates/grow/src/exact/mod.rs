//! The exact splitter: trees whose thresholds are found among all values, or drawn, as scikit-learn's are.
//!
//! ```text
//! columns ──rank or copy once──▶ Columns ──┐
//! targets, weights, criterion ─────────────┼──▶ grow ──▶ Tree
//! limits ──────────────────────────────────┘      per node: draw columns, find the best split, part the rows
//! ```
//!
//! | page | what it holds |
//! |---|---|
//! | `columns`, `table` | values of all rows as ranks, or as they are; small tables for few of the rows |
//! | `criterion` | impurities, and the score of a split from running sums |
//! | `split` | splits, rows parted by them, columns drawn |
//! | `best`, `sort` | the best threshold or set of categories; rows in the order of a column |
//! | `random` | thresholds drawn at random |
//! | `builder` | nodes, depth first or best first |
//!
//! A node of m rows costs O(m) for each column that has few distinct values, and O(m log m) or less for others; nothing
//! costs what all rows of the table would. Rows of weight zero are absent.
//!
//! The tree depends on the set of rows and not on their order, as sums are exact (`criterion`), and on the seed, but
//! not on the number of threads.

mod best;
mod builder;
mod columns;
mod criterion;
mod random;
mod sort;
mod split;
mod table;
#[cfg(test)]
mod tests;

pub use columns::Columns;

use crate::tree::Tree;
use best::Best;
use builder::Task;
use columns::{Keyed, Keys};
use criterion::{Classes, Many, Measure, Moments, Pinball, Poisson, rounded_weights};
use estimand_core::Seed;
use random::Random;
use split::Splitter;
use std::borrow::Cow;
use table::Table;

/// What a split should lower.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Criterion {
    /// 1 − Σ p_c² of classes.
    Gini,
    /// − Σ p_c log₂ p_c of classes.
    Entropy,
    /// Mean squared distance from the mean.
    SquaredError,
    /// Mean distance from the median.
    AbsoluteError,
    /// Mean pinball loss about a quantile.
    Quantile(f64),
    /// Mean half Poisson deviance about the mean; targets are not negative.
    Poisson,
}

/// What trees learn to predict.
#[derive(Clone, Copy, Debug)]
pub enum Response<'a> {
    /// Codes below k; each node has k values, the shares of the classes.
    Classes(&'a [u32], usize),
    /// Rows of so many numbers, each node likewise.
    Numbers(&'a [f64], usize),
}

/// How a tree grows.
#[derive(Clone, Debug, PartialEq)]
pub struct Growth {
    /// What a split should lower.
    pub criterion: Criterion,
    /// No deeper than this.
    pub max_depth: Option<usize>,
    /// Nodes with fewer rows stay leaves.
    pub min_samples_split: usize,
    /// No side of a split has fewer rows.
    pub min_samples_leaf: usize,
    /// No side of a split has less weight.
    pub min_weight_leaf: f64,
    /// Columns drawn for each split; as many as there are, or more, for all of them in turn.
    pub max_features: usize,
    /// Best first, until there are so many leaves.
    pub max_leaf_nodes: Option<usize>,
    /// The least decrease of impurity, weighted with the node's share of the weight.
    pub min_impurity_decrease: f64,
    /// For each column, whether predictions rise with it (1), fall (−1) or do either (0). Empty where none is bound.
    pub monotone: Vec<i8>,
}

impl Growth {
    /// Grown out, all columns looked at.
    pub fn new(criterion: Criterion) -> Self {
        Self {
            criterion,
            max_depth: None,
            min_samples_split: 2,
            min_samples_leaf: 1,
            min_weight_leaf: 0.0,
            max_features: usize::MAX,
            max_leaf_nodes: None,
            min_impurity_decrease: 0.0,
            monotone: Vec::new(),
        }
    }
}

/// Grows a tree on all rows whose weight is not zero.
///
/// Without such rows it is a single leaf of zeros. Targets and weights are as many as the columns have rows, finite, and
/// weights are not negative. Directions are for one number, or two classes.
///
/// # Panics
/// If targets or weights are fewer than the rows.
pub fn grow(
    columns: &Columns,
    response: Response<'_>,
    weights: Option<&[f64]>,
    growth: &Growth,
    seed: Seed,
) -> Tree {
    let weights = weights.and_then(rounded_weights);
    let rows: Vec<u32> = match &weights {
        Some(weights) => (0..weights.len() as u32).filter(|i| weights[*i as usize] > 0.0).collect(),
        None => (0..columns.rows() as u32).collect(),
    };
    let weight = weights.as_ref().map_or(rows.len() as f64, |w| w.iter().sum());
    let width = match response {
        Response::Classes(_, k) => k,
        Response::Numbers(_, width) => width,
    };
    if rows.is_empty() {
        return Tree::new(width);
    }
    let weights = weights.map(Cow::from);
    let of = Grow { columns, growth, width, weight, rows, seed };
    match (response, growth.criterion) {
        (Response::Classes(codes, 2), Criterion::Gini) => {
            let y: Vec<f64> = codes.iter().map(|c| f64::from(*c)).collect();
            of.with(Moments::new(y.into(), weights, true))
        }
        (Response::Classes(codes, k), criterion) => {
            let measure = if criterion == Criterion::Entropy { Measure::Entropy } else { Measure::Gini };
            of.with(Classes::new(codes.into(), k, weights, measure))
        }
        (Response::Numbers(y, 1), Criterion::AbsoluteError) => {
            of.with(Pinball::new(y.into(), weights, 0.5, 2.0))
        }
        (Response::Numbers(y, 1), Criterion::Quantile(level)) => {
            of.with(Pinball::new(y.into(), weights, level, 1.0))
        }
        (Response::Numbers(y, 1), Criterion::Poisson) => of.with(Poisson::new(y.into(), weights)),
        (Response::Numbers(y, 1), _) => of.with(Moments::new(y.into(), weights, false)),
        (Response::Numbers(y, width), _) => of.with(Many::new(y.into(), width, weights)),
    }
}

/// A tree to be grown, but for its criterion.
struct Grow<'a> {
    columns: &'a Columns,
    growth: &'a Growth,
    width: usize,
    weight: f64,
    rows: Vec<u32>,
    seed: Seed,
}

impl Grow<'_> {
    fn with<C: criterion::Criterion>(self, criterion: C) -> Tree {
        match &self.columns.keys {
            Keys::Ranks(keyed) => self.on(keyed, criterion, || Best::new(&keyed.columns)),
            Keys::Values(keyed) => self.on(keyed, criterion, || Random::new(&keyed.columns)),
        }
    }

    fn on<C: criterion::Criterion, S: Splitter>(
        self,
        keyed: &Keyed<S::Key>,
        criterion: C,
        splitter: impl Fn() -> S + Sync,
    ) -> Tree {
        let small = if keyed.by_row.is_empty() { 0 } else { Table::<S::Key>::small(keyed.columns.len()) };
        let Self { growth, width, weight, rows, seed, .. } = self;
        builder::grow(&Task { growth, keyed, width, weight, small }, criterion, splitter, rows, seed)
    }
}
