//! Pinball loss about a quantile, and absolute error about the median, which is twice that at one half.
//!
//! ```text
//! W i = min over q   Σ ω (α (y − q)₊ + (1 − α) (q − y)₊),        attained at the α-quantile of y
//! ```
//!
//! The rows of a side come one by one. Sums of ω and ωy by the rank of y stand in a binary indexed tree \[Fenwick94\], in
//! which a row is entered, and the quantile found with the sums below it, in O(log m) steps: O(m log m) for all splits of a
//! column.

use super::{Criterion, Limits, Rounding, Score, Seen, Walk, gather, power_above, select};
use estimand_core::order;
use estimand_kernels as kernels;
use std::borrow::Cow;

/// See [the module](self).
pub(crate) struct Pinball<'a> {
    y: Cow<'a, [f64]>,
    weights: Option<Cow<'a, [f64]>>,
    /// α
    level: f64,
    /// 2 for absolute error.
    factor: f64,
    centre: f64,
    scale: f64,
    weight: f64,
    loss: f64,
    weights_here: Vec<f64>,
    /// y of the node's rows, centred and scaled; their ranks, and the distinct values of these.
    values: Vec<f64>,
    ranks: Vec<u32>,
    distinct: Vec<f64>,
    /// The rows by y.
    sorted: Vec<u32>,
    side: Side,
    /// Loss, quantile and weight of either side, split by split.
    losses: [Vec<[f64; 3]>; 2],
}

/// Weight, and weight times y, of the rows entered: the tree and their totals.
#[derive(Default)]
struct Side {
    tree: Vec<[f64; 2]>,
    total: [f64; 2],
}

impl Side {
    fn clear(&mut self, ranks: usize) {
        self.tree.clear();
        self.tree.resize(ranks + 1, [0.0; 2]);
        self.total = [0.0; 2];
    }

    fn enter(&mut self, rank: u32, weight: f64, term: f64) {
        let mut at = rank as usize + 1;
        while let Some([w, s]) = self.tree.get_mut(at) {
            (*w, *s) = (*w + weight, *s + term);
            at += at & at.wrapping_neg();
        }
        self.total = [self.total[0] + weight, self.total[1] + term];
    }

    /// The least loss, where it is attained, and the weight.
    fn loss(&self, level: f64, distinct: &[f64]) -> [f64; 3] {
        let [weight, sum] = self.total;
        let goal = level * weight;
        let (mut at, mut below) = (0, [0.0; 2]);
        let mut step = self.tree.len().next_power_of_two() / 2;
        while step > 0 {
            if let Some([w, s]) = self.tree.get(at + step)
                && below[0] + w < goal
            {
                (at, below) = (at + step, [below[0] + w, below[1] + s]);
            }
            step /= 2;
        }
        let q = distinct.get(at).or(distinct.last()).copied().unwrap_or_default();
        [pinball(level, q, [weight, sum], below), q, weight]
    }
}

/// Σ ω (α (y − q)₊ + (1 − α) (q − y)₊), from the sums over all rows and over those below q.
fn pinball(level: f64, q: f64, [weight, sum]: [f64; 2], [w, s]: [f64; 2]) -> f64 {
    level * ((sum - s) - q * (weight - w)) + (1.0 - level) * (q * w - s)
}

impl<'a> Pinball<'a> {
    pub(crate) fn new(y: Cow<'a, [f64]>, weights: Option<Cow<'a, [f64]>>, level: f64, factor: f64) -> Self {
        Self {
            y,
            weights,
            level,
            factor,
            centre: 0.0,
            scale: 1.0,
            weight: 0.0,
            loss: 0.0,
            weights_here: Vec::new(),
            values: Vec::new(),
            ranks: Vec::new(),
            distinct: Vec::new(),
            sorted: Vec::new(),
            side: Side::default(),
            losses: [Vec::new(), Vec::new()],
        }
    }

    fn weight_of(&self, place: u32) -> f64 {
        self.weights_here.get(place as usize).copied().unwrap_or(1.0)
    }

    fn term(&self, place: u32) -> f64 {
        self.weight_of(place) * self.values[place as usize]
    }

    fn enter_side(&self, side: &mut Side, place: u32) {
        side.enter(self.ranks[place as usize], self.weight_of(place), self.term(place));
    }

    fn predictions(&self, left: f64, right: f64) -> [f64; 2] {
        [left, right].map(|q| self.centre + self.scale * q)
    }

    /// Loss and quantile of the rows that are inside.
    fn loss_where(&self, inside: impl Fn(u32) -> bool) -> [f64; 2] {
        let rows = || self.sorted.iter().copied().filter(|place| inside(*place));
        let total = rows().fold([0.0; 2], |[w, s], p| [w + self.weight_of(p), s + self.term(p)]);
        let goal = self.level * total[0];
        let mut below = [0.0; 2];
        for place in rows() {
            let with = below[0] + self.weight_of(place);
            if with >= goal {
                let q = self.values[place as usize];
                return [pinball(self.level, q, total, below), q];
            }
            below = [with, below[1] + self.term(place)];
        }
        [0.0; 2]
    }

    /// The quantile, half way between two values where both are as good.
    fn quantile(&self) -> f64 {
        let goal = self.level * self.weight;
        let mut below = 0.0;
        for (i, place) in self.sorted.iter().enumerate() {
            below += self.weight_of(*place);
            if below >= goal {
                let here = self.values[*place as usize];
                let next = self.sorted.get(i + 1).filter(|_| below == goal);
                return next.map_or(here, |next| here / 2.0 + self.values[*next as usize] / 2.0);
            }
        }
        self.distinct.last().copied().unwrap_or_default()
    }
}

impl Criterion for Pinball<'_> {
    fn select(&self, rows: &[u32]) -> Self {
        let y = select(Some(&self.y), rows).unwrap_or_default();
        let weights = select(self.weights.as_deref(), rows).map(Cow::from);
        Self::new(y.into(), weights, self.level, self.factor)
    }

    fn enter(&mut self, rows: &[u32]) -> Seen {
        gather(&self.y, rows, &mut self.values);
        self.weight = match &self.weights {
            Some(weights) => {
                gather(weights, rows, &mut self.weights_here);
                kernels::sum(&self.weights_here)
            }
            None => rows.len() as f64,
        };
        let [low, high] = kernels::extent(&self.values);
        let pure = low == high;
        self.centre = if pure { low } else { low / 2.0 + high / 2.0 };
        self.scale = if pure { 1.0 } else { power_above(high / 2.0 - low / 2.0) };
        let (centre, factor, rounding) = (self.centre, self.scale.recip(), Rounding::new(self.weight));
        self.values.iter_mut().for_each(|y| *y = rounding.round((*y - centre) * factor));

        self.sorted.clear();
        self.sorted.extend(0..rows.len() as u32);
        let values = &self.values;
        self.sorted.sort_unstable_by_key(|place| (order::ascending(values[*place as usize]), *place));
        self.distinct.clear();
        self.ranks.clear();
        self.ranks.resize(rows.len(), 0);
        for place in &self.sorted {
            let y = self.values[*place as usize];
            if self.distinct.last() != Some(&y) {
                self.distinct.push(y);
            }
            self.ranks[*place as usize] = self.distinct.len() as u32 - 1;
        }
        self.loss = self.loss_where(|_| true)[0];
        Seen { weight: self.weight, impurity: self.factor * self.scale * self.loss / self.weight, pure }
    }

    fn value(&self, out: &mut [f64]) {
        out.fill(self.centre + self.scale * self.quantile());
    }

    fn walk(&mut self, walk: &Walk<'_>, best: &mut Score) -> Option<usize> {
        let mut side = std::mem::take(&mut self.side);
        let [mut lefts, mut rights] = std::mem::take(&mut self.losses);
        lefts.clear();
        rights.clear();
        side.clear(self.distinct.len());
        for place in walk.before.iter().chain(&walk.order[..walk.at.start]) {
            self.enter_side(&mut side, *place);
        }
        for i in walk.at.clone() {
            self.enter_side(&mut side, walk.order[i]);
            lefts.push(side.loss(self.level, &self.distinct));
        }
        side.clear(self.distinct.len());
        for place in walk.after.iter().chain(walk.order.get(walk.at.end..).unwrap_or_default()) {
            self.enter_side(&mut side, *place);
        }
        for i in walk.at.clone().rev() {
            rights.push(side.loss(self.level, &self.distinct));
            self.enter_side(&mut side, walk.order[i]);
        }
        let mut found = None;
        for (i, (l, r)) in walk.at.clone().zip(lefts.iter().zip(rights.iter().rev())) {
            let score = Score { above: -(l[0] + r[0]), below: 1.0 };
            let allowed = || walk.limits.allow(l[2], r[2], || self.predictions(l[1], r[1]));
            if score.beats(*best) && !(walk.tied)(i) && allowed() {
                (*best, found) = (score, Some(i));
            }
        }
        self.side = side;
        self.losses = [lefts, rights];
        found
    }

    fn cut(&mut self, values: &[f64], threshold: f64, limits: &Limits) -> Option<Score> {
        let inside = |place: u32| values[place as usize] <= threshold;
        let rows = (0..values.len() as u32).filter(|p| inside(*p));
        let (count, weight) = rows.fold((0, 0.0), |(n, w), p| (n + 1, w + self.weight_of(p)));
        let ([left, low], [right, high]) = (self.loss_where(inside), self.loss_where(|place| !inside(place)));
        let allowed = count >= limits.min_rows
            && values.len() - count >= limits.min_rows
            && limits.allow(weight, self.weight - weight, || self.predictions(low, high));
        allowed.then_some(Score { above: -(left + right), below: 1.0 })
    }

    fn decrease(&self, score: Score) -> f64 {
        self.factor * self.scale * (self.loss + score.value())
    }

    fn responses(&self) -> usize {
        1
    }

    fn response(&self, _: usize, place: u32) -> [f64; 2] {
        [self.weight_of(place), self.term(place)]
    }
}
