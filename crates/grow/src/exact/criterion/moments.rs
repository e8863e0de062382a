//! Squared error of one target, and Gini's impurity of two classes.
//!
//! A row contributes its weight ω and ωy, where y is centred at the middle of the node's values and scaled to at most 1;
//! classes are 0 and 1 as they are. With W and S the sums over the node, a split with W_L and S_L to the left lowers
//! Σ ω (y − ȳ)² by d² W / W_L W_R, d = S_L − W_L S / W.

use super::{Criterion, Limits, Rounding, Score, Seen, Walk, gather, power_above, select};
use estimand_kernels as kernels;
use std::borrow::Cow;

/// See [the module](self).
pub(crate) struct Moments<'a> {
    y: Cow<'a, [f64]>,
    weights: Option<Cow<'a, [f64]>>,
    /// y is 0 or 1.
    two_classes: bool,
    centre: f64,
    scale: f64,
    weight: f64,
    sum: f64,
    mean: f64,
    /// ω of the node's rows; empty where all are 1.
    weights_here: Vec<f64>,
    /// ωy of the node's rows.
    terms: Vec<f64>,
    /// Weights and terms by rank; the third is the number of rows.
    tally: Vec<[f64; 4]>,
}

impl<'a> Moments<'a> {
    pub(crate) fn new(y: Cow<'a, [f64]>, weights: Option<Cow<'a, [f64]>>, two_classes: bool) -> Self {
        Self {
            y,
            weights,
            two_classes,
            centre: 0.0,
            scale: 1.0,
            weight: 0.0,
            sum: 0.0,
            mean: 0.0,
            weights_here: Vec::new(),
            terms: Vec::new(),
            tally: Vec::new(),
        }
    }

    fn value_of(&self, weight: f64, sum: f64) -> f64 {
        self.centre + self.scale * (sum / weight)
    }

    #[inline(always)]
    fn score(&self, left: f64, sum: f64) -> Score {
        let right = self.weight - left;
        // Seen from the lighter side, so that a split and its mirror image are found to be equally good.
        let (weight, sum) = if left <= right { (left, sum) } else { (right, self.sum - sum) };
        let d = sum - weight * self.mean;
        Score { above: d * d, below: left * right }
    }

    #[inline(always)]
    fn allows(&self, limits: &Limits, left: f64, sum: f64) -> bool {
        let right = self.weight - left;
        limits.allow(left, right, || [self.value_of(left, sum), self.value_of(right, self.sum - sum)])
    }

    /// Centres, scales and rounds the targets in `terms`, and weighs them; gives whether all were equal.
    fn prepare(&mut self) -> bool {
        let [low, high] = kernels::extent(&self.terms);
        (self.centre, self.scale) = (low / 2.0 + high / 2.0, power_above(high / 2.0 - low / 2.0));
        if low == high {
            (self.centre, self.scale) = (low, 1.0);
            self.terms.fill(0.0);
            return true;
        }
        let (centre, factor, rounding) = (self.centre, self.scale.recip(), Rounding::new(self.weight));
        self.terms.iter_mut().for_each(|y| *y = rounding.round((*y - centre) * factor));
        if self.weights.is_some() {
            self.terms.iter_mut().zip(&self.weights_here).for_each(|(y, w)| *y = rounding.round(w * *y));
        }
        false
    }
}

impl Criterion for Moments<'_> {
    fn select(&self, rows: &[u32]) -> Self {
        let y = select(Some(&self.y), rows).unwrap_or_default();
        Self::new(y.into(), select(self.weights.as_deref(), rows).map(Cow::from), self.two_classes)
    }

    fn enter(&mut self, rows: &[u32]) -> Seen {
        gather(&self.y, rows, &mut self.terms);
        self.weight = match &self.weights {
            Some(weights) => {
                gather(weights, rows, &mut self.weights_here);
                kernels::sum(&self.weights_here)
            }
            None => rows.len() as f64,
        };
        let weight = self.weight;
        let pure = if self.two_classes {
            if self.weights.is_some() {
                self.terms.iter_mut().zip(&self.weights_here).for_each(|(y, w)| *y *= w);
            }
            false
        } else {
            self.prepare()
        };
        self.sum = kernels::sum(&self.terms);
        self.mean = self.sum / weight;
        if self.two_classes {
            let pure = self.sum == 0.0 || self.sum == weight;
            return Seen { weight, impurity: 2.0 * self.mean * (1.0 - self.mean), pure };
        }
        let mean = self.mean;
        let squares: f64 = match self.weights {
            None => self.terms.iter().map(|y| (y - mean) * (y - mean)).sum(),
            Some(_) => {
                let terms = self.terms.iter().zip(&self.weights_here);
                terms.map(|(t, w)| (t - w * mean) * (t / w - mean)).sum()
            }
        };
        Seen { weight, impurity: squares / weight * self.scale * self.scale, pure }
    }

    fn value(&self, out: &mut [f64]) {
        let value = self.value_of(self.weight, self.sum);
        match out {
            [first, second] if self.two_classes => (*first, *second) = (1.0 - value, value),
            _ => out.fill(value),
        }
    }

    fn walk(&mut self, walk: &Walk<'_>, best: &mut Score) -> Option<usize> {
        match self.weights_here.as_slice() {
            [] => self.walk_weighing(walk, best, |_| 1.0),
            weights => self.walk_weighing(walk, best, |place| weights[place as usize]),
        }
    }

    const TALLIES: bool = true;

    fn tally(&mut self, ranks: &[u32], first: u32, groups: usize) {
        self.tally.clear();
        self.tally.resize(groups + 1, [0.0; 4]);
        for (place, rank) in ranks.iter().enumerate() {
            let group = (rank.wrapping_sub(first) as usize).min(groups);
            let weight = self.weights_here.get(place).copied().unwrap_or(1.0);
            let to = &mut self.tally[group];
            to[0] += weight;
            to[1] += self.terms[place];
            to[2] += 1.0;
        }
    }

    fn walk_tally(
        &mut self,
        groups: usize,
        others_left: bool,
        limits: &Limits,
        best: &mut Score,
    ) -> Option<[usize; 2]> {
        let total: f64 = self.terms.len() as f64;
        let others = self.tally[groups];
        let [mut left, mut sum, mut rows, _] = if others_left { others } else { [0.0; 4] };
        let mut found = None;
        let mut last = None;
        for (g, [w, s, r, _]) in self.tally[..groups].iter().enumerate() {
            if *r == 0.0 {
                continue;
            }
            // The split between this group and the one before it.
            if let Some(before) = last {
                self.consider(limits, [left, sum, rows, total], best, || found = Some([before, g]));
            }
            (left, sum, rows) = (left + w, sum + s, rows + r);
            last = Some(g);
        }
        if let Some(before) = last
            && !others_left
            && others[2] > 0.0
        {
            self.consider(limits, [left, sum, rows, total], best, || found = Some([before, groups]));
        }
        found
    }

    fn cut(&mut self, values: &[f64], threshold: f64, limits: &Limits) -> Option<Score> {
        let [rows, sum] = kernels::sum_at_most(values, threshold, &self.terms);
        let left = match self.weights {
            Some(_) => kernels::sum_at_most(values, threshold, &self.weights_here)[1],
            None => rows,
        };
        let least = limits.min_rows as f64;
        let allowed = rows >= least && values.len() as f64 - rows >= least && self.allows(limits, left, sum);
        allowed.then(|| self.score(left, sum))
    }

    fn decrease(&self, score: Score) -> f64 {
        let scale = if self.two_classes { 2.0 } else { self.scale * self.scale };
        score.value() * self.weight * scale
    }

    fn responses(&self) -> usize {
        1
    }

    fn response(&self, _: usize, place: u32) -> [f64; 2] {
        let place = place as usize;
        [self.weights_here.get(place).copied().unwrap_or(1.0), self.terms[place]]
    }
}

impl Moments<'_> {
    #[inline(always)]
    fn walk_weighing(&self, walk: &Walk<'_>, best: &mut Score, weight: impl Fn(u32) -> f64) -> Option<usize> {
        let (mut left, mut sum) = (0.0, 0.0);
        for place in walk.before.iter().chain(&walk.order[..walk.at.start]) {
            left += weight(*place);
            sum += self.terms[*place as usize];
        }
        let mut found = None;
        for (i, place) in walk.order[walk.at.clone()].iter().enumerate() {
            left += weight(*place);
            sum += self.terms[*place as usize];
            let (score, i) = (self.score(left, sum), walk.at.start + i);
            if score.beats(*best) && !(walk.tied)(i) && self.allows(walk.limits, left, sum) {
                (*best, found) = (score, Some(i));
            }
        }
        found
    }

    #[inline(always)]
    fn consider(
        &self,
        limits: &Limits,
        [left, sum, rows, total]: [f64; 4],
        best: &mut Score,
        found: impl FnOnce(),
    ) {
        let score = self.score(left, sum);
        let least = limits.min_rows as f64;
        if score.beats(*best) && rows >= least && total - rows >= least && self.allows(limits, left, sum) {
            *best = score;
            found();
        }
    }
}
