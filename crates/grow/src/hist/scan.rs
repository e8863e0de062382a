//! The best split of a node: every cut of every column, from the sums of its bins.
//!
//! ```text
//! numbers       cut after each bin; missing values on the right, then on the left
//! categories    sorted by G / (H + smooth), cut after each: the best of all sets where values are free [Fisher58]
//! ```
//!
//! Without bounds on values the kernel judges all cuts of a column side by side. With them (monotone columns) every cut
//! is judged by itself, with the values that its sides would have.

use super::cell::{GradientCell, Layout, Sums};
use super::rules::{Bounds, GrowRules};
use crate::bins::bundle::Member;
use crate::bins::{Binned, Block, ColumnBins};
use estimand_kernels::{self as kernels, CutRules, LeftSums, PLACES};

/// Weight that a category must have for a say in the order of categories.
const CATEGORY_WEIGHT: f64 = 10.0;

/// What hessians of categories are raised by before they are ordered.
const CATEGORY_SMOOTH: f64 = 10.0;

/// A split of a node.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Split {
    /// What the loss falls by, twice.
    pub(crate) gain: f64,
    pub(crate) column: usize,
    /// Bins whose rows go to the left; the bin of missing values among them.
    pub(crate) passes: Passes,
    /// Sums of the rows on the left.
    pub(crate) left: Sums,
}

/// Which bins go to the left.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Passes {
    /// Those up to this one; and missing values.
    UpTo(usize, bool),
    /// Those whose bit is set.
    Set([u64; 4]),
}

impl Passes {
    /// 1 for every bin that goes left.
    pub(crate) fn table(&self, missing: usize) -> [u8; 256] {
        std::array::from_fn(|bin| match self {
            Self::UpTo(last, missing_left) => {
                u8::from(if bin == missing { *missing_left } else { bin <= *last })
            }
            Self::Set(set) => (set[bin / 64] >> (bin % 64) & 1) as u8,
        })
    }
}

/// What is known of the node to be split.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Node<'a> {
    pub(crate) sums: Sums,
    pub(crate) bounds: Bounds,
    /// Columns that may be tested; empty for all.
    pub(crate) columns: &'a [bool],
}

/// Whether a split comes before another: by its gain, then by its column.
pub(crate) fn better(split: &Split, other: &Option<Split>) -> bool {
    other.as_ref().is_none_or(|other| {
        split.gain > other.gain || (split.gain == other.gain && split.column < other.column)
    })
}

/// Works through the histograms of one layout.
pub(crate) struct Scan<'a> {
    pub(crate) table: &'a Binned,
    pub(crate) rules: &'a GrowRules,
    pub(crate) layout: &'a Layout,
    pub(crate) left: Box<LeftSums>,
}

impl<'a> Scan<'a> {
    pub(crate) fn new(table: &'a Binned, rules: &'a GrowRules, layout: &'a Layout) -> Self {
        let left = Box::new(LeftSums { g: [0; PLACES], h: [0; PLACES], c: [0; PLACES] });
        Self { table, rules, layout, left }
    }

    /// The best split by the columns of a block, if it is better than `best`.
    pub(crate) fn block<C: GradientCell>(
        &mut self,
        block: &Block,
        histogram: &[C],
        node: &Node<'_>,
        best: &mut Option<Split>,
    ) {
        for (column, cells) in block.columns.iter().zip(histogram.chunks_exact(block.stride)) {
            match self.table.bundle(*column) {
                Some(members) => {
                    let all = cells.iter().fold(C::default(), |sum, cell| sum.plus(*cell));
                    let mut own = Vec::new();
                    for (column, member) in members {
                        unbundled(&member, cells, all, &mut own);
                        self.column(column, &own, node, best);
                    }
                }
                None => self.column(*column, cells, node, best),
            }
        }
    }

    fn column<C: GradientCell>(
        &mut self,
        column: usize,
        cells: &[C],
        node: &Node<'_>,
        best: &mut Option<Split>,
    ) {
        if node.columns.get(column) == Some(&false) {
            return;
        }
        match &self.table.columns()[column] {
            ColumnBins::Numbers(cuts) => self.numbers(column, cuts.len(), cells, node, best),
            ColumnBins::Categories(codes) => self.categories(column, codes.len(), cells, node, best),
        }
    }

    fn numbers<C: GradientCell>(
        &mut self,
        column: usize,
        cuts: usize,
        cells: &[C],
        node: &Node<'_>,
        best: &mut Option<Split>,
    ) {
        // Sums over the bins up to each; cut number `cuts` parts all numbers from what is missing.
        let (mut sum, layout, LeftSums { g, h, c }) = (C::default(), *self.layout, &mut *self.left);
        for (((cell, g), h), c) in cells[..=cuts].iter().zip(g).zip(h).zip(c) {
            sum = sum.plus(*cell);
            [*g, *h, *c] = sum.sums(&layout);
        }
        let missing = cells.get(cuts + 1).map_or([0; 3], |cell| cell.sums(self.layout));
        if self.table.has_missing(column) && missing[2] > 0 {
            self.places(column, cuts + 1, [0; 3], Some(false), node, best);
            self.places(column, cuts, missing, Some(true), node, best);
        } else {
            self.places(column, cuts, [0; 3], None, node, best);
        }
    }

    /// The best of the first places of `self.left`, with `extra` on the left. Where nothing was missing, missing values
    /// go where most rows go.
    fn places(
        &self,
        column: usize,
        places: usize,
        extra: Sums,
        missing_left: Option<bool>,
        node: &Node<'_>,
        best: &mut Option<Split>,
    ) {
        let monotone = self.rules.monotone(column);
        let (gain, place) = match monotone == 0 && node.is_free() {
            true => kernels::best_cut::<f64>(&self.left, places, &self.cut_rules(node, extra)),
            false => (0..places).fold((f64::NEG_INFINITY, 0), |winner, place| {
                let gain = self.bounded_gain(node, self.left_of(place, extra), monotone);
                if gain > winner.0 { (gain, place) } else { winner }
            }),
        };
        if gain.is_finite() {
            let left = self.left_of(place, extra);
            let missing_left = missing_left.unwrap_or(left[2] > node.sums[2] - left[2]);
            self.offer(gain, column, Passes::UpTo(place, missing_left), left, node, best);
        }
    }

    fn cut_rules(&self, node: &Node<'_>, extra: Sums) -> CutRules {
        CutRules {
            scales: self.layout.scales,
            totals: node.sums,
            extra,
            l1: self.rules.l1,
            l2: self.rules.l2,
            min_h: self.rules.min_hessian,
            min_c: self.rules.min_leaf,
        }
    }

    fn left_of(&self, place: usize, extra: Sums) -> Sums {
        [self.left.g[place] + extra[0], self.left.h[place] + extra[1], self.left.c[place] + extra[2]]
    }

    /// The score of both sides with the values that they may have; −∞ where the split is not allowed.
    fn bounded_gain(&self, node: &Node<'_>, left: Sums, monotone: i8) -> f64 {
        let right = std::array::from_fn(|k| node.sums[k] - left[k]);
        let [left, right] = [left, right].map(|sums| GrowRules::numbers(sums, self.layout));
        if !(self.rules.allows(left) && self.rules.allows(right)) {
            return f64::NEG_INFINITY;
        }
        let [a, b] = [left, right].map(|side| self.rules.value(side, node.bounds));
        match monotone {
            1 if a > b => f64::NEG_INFINITY,
            -1 if a < b => f64::NEG_INFINITY,
            _ => self.rules.score(left, a) + self.rules.score(right, b),
        }
    }

    /// Keeps a split if it gains enough, and more than the best one so far. `score` is that of both sides.
    fn offer(
        &self,
        score: f64,
        column: usize,
        passes: Passes,
        left: Sums,
        node: &Node<'_>,
        best: &mut Option<Split>,
    ) {
        let parent = GrowRules::numbers(node.sums, self.layout);
        let gain = score - self.rules.score(parent, self.rules.value(parent, node.bounds));
        let split = Split { gain, column, passes, left };
        // What rounding alone can make of a split that gains nothing is not a gain.
        if gain > self.rules.min_gain.max(1e-13 * score) && better(&split, best) {
            *best = Some(split);
        }
    }

    fn categories<C: GradientCell>(
        &mut self,
        column: usize,
        count: usize,
        cells: &[C],
        node: &Node<'_>,
        best: &mut Option<Split>,
    ) {
        let has_missing = self.table.has_missing(column);
        let sums = |bin: usize| cells[bin].sums(self.layout);
        let mut order: Vec<(f64, usize)> = (0..count + usize::from(has_missing))
            .filter_map(|bin| {
                let [g, h, c] = GrowRules::numbers(sums(bin), self.layout);
                (c >= CATEGORY_WEIGHT.min(self.rules.min_leaf.max(f64::MIN_POSITIVE)))
                    .then(|| (g / (h + CATEGORY_SMOOTH), bin))
            })
            .collect();
        order.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        // Categories of little weight stay on the right; so both ends of the order are tried on the left.
        for backwards in [false, true] {
            if backwards {
                order.reverse();
            }
            let (mut left, mut set) = ([0; 3], [0_u64; 4]);
            for (_, bin) in &order {
                left = std::array::from_fn(|k| left[k] + sums(*bin)[k]);
                set[bin / 64] |= 1 << (bin % 64);
                let score = self.bounded_gain(node, left, 0);
                if score.is_finite() {
                    // Where nothing was missing, what is not known goes where most rows go.
                    let mut set = set;
                    if !(has_missing && sums(count)[2] > 0) && left[2] > node.sums[2] - left[2] {
                        set[count / 64] |= 1 << (count % 64);
                    }
                    self.offer(score, column, Passes::Set(set), left, node, best);
                }
            }
        }
    }
}

/// The histogram of a member of a bundle: rows without an entry are those of the whole that no other bin has.
fn unbundled<C: GradientCell>(member: &Member, cells: &[C], all: C, own: &mut Vec<C>) {
    own.clear();
    own.extend((0..member.count()).map(|bin| match member.byte(bin) {
        0 => C::default(),
        byte => cells[usize::from(byte)],
    }));
    let rest = own.iter().fold(all, |rest, cell| rest.minus(*cell));
    own[member.bin(0)] = rest;
}

impl Node<'_> {
    fn is_free(&self) -> bool {
        self.bounds == (f64::NEG_INFINITY, f64::INFINITY)
    }
}
