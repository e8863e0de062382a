//! Gini's impurity and entropy of any number of classes.
//!
//! ```text
//! Gini        W i = W − f(p) / W,             f(c) = c²        score   f(L) / W_L + f(R) / W_R
//! entropy     W i = (W ln W − f(p)) / ln 2,   f(c) = c ln c    score   f(L) − W_L ln W_L + f(R) − W_R ln W_R
//! ```
//!
//! with f summed over the weights of the classes. A row that changes sides changes one term on each, whatever the number
//! of classes. Where weights are whole numbers, c ln c is looked up; it is rounded as targets are, so that the sums are
//! exact.

use super::{Criterion, Limits, Rounding, Score, Seen, Walk, gather, select};
use std::borrow::Cow;
use std::sync::Arc;

/// Which impurity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Measure {
    Gini,
    Entropy,
}

/// The largest total weight for which c ln c is tabled.
const TABLED: f64 = (1 << 21) as f64;

/// See [the module](self).
pub(crate) struct Classes<'a> {
    codes: Cow<'a, [u32]>,
    weights: Option<Cow<'a, [f64]>>,
    measure: Measure,
    /// c ln c of whole numbers.
    table: Option<Arc<[f64]>>,
    weight: f64,
    /// Weights of the classes in the node, and on its left side.
    totals: Vec<f64>,
    left: Vec<f64>,
    codes_here: Vec<u32>,
    weights_here: Vec<f64>,
}

impl<'a> Classes<'a> {
    pub(crate) fn new(
        codes: Cow<'a, [u32]>,
        k: usize,
        weights: Option<Cow<'a, [f64]>>,
        measure: Measure,
    ) -> Self {
        let total = weights.as_ref().map_or(codes.len() as f64, |w| w.iter().sum());
        let whole = weights.as_ref().is_none_or(|w| w.iter().all(|w| w.fract() == 0.0));
        let table = (measure == Measure::Entropy && whole && total <= TABLED).then(|| {
            // The largest entry is total · ln total; terms of two sides are summed.
            let rounding = Rounding::new(4.0 * total.max(2.0) * total.max(2.0).ln());
            (0..=total as usize).map(|c| rounding.round(c_ln_c(c as f64))).collect()
        });
        Self::with_table(codes, k, weights, measure, table)
    }

    fn with_table(
        codes: Cow<'a, [u32]>,
        k: usize,
        weights: Option<Cow<'a, [f64]>>,
        measure: Measure,
        table: Option<Arc<[f64]>>,
    ) -> Self {
        Self {
            codes,
            weights,
            measure,
            table,
            weight: 0.0,
            totals: vec![0.0; k],
            left: vec![0.0; k],
            codes_here: Vec::new(),
            weights_here: Vec::new(),
        }
    }

    #[inline(always)]
    fn f(&self, c: f64) -> f64 {
        match (self.measure, &self.table) {
            (Measure::Gini, _) => c * c,
            (_, Some(table)) => table.get(c as usize).copied().unwrap_or_default(),
            (_, None) => c_ln_c(c),
        }
    }

    #[inline(always)]
    fn weight_of(&self, place: u32) -> f64 {
        self.weights_here.get(place as usize).copied().unwrap_or(1.0)
    }

    fn sides(&self) -> Sides {
        Sides { weight: 0.0, left: 0.0, right: self.totals.iter().map(|c| self.f(*c)).sum() }
    }

    #[inline(always)]
    fn send_left(&self, place: u32, counts: &mut [f64], sides: &mut Sides) {
        let (class, w) = (self.codes_here[place as usize] as usize, self.weight_of(place));
        let (was, total) = (counts[class], self.totals[class]);
        let now = was + w;
        sides.left += self.f(now) - self.f(was);
        sides.right += self.f(total - now) - self.f(total - was);
        sides.weight += w;
        counts[class] = now;
    }

    #[inline(always)]
    fn score(&self, sides: &Sides) -> Score {
        let (l, r) = (sides.weight, self.weight - sides.weight);
        match self.measure {
            Measure::Gini => Score { above: sides.left * r + sides.right * l, below: l * r },
            Measure::Entropy => {
                Score { above: (sides.left - self.f(l)) + (sides.right - self.f(r)), below: 1.0 }
            }
        }
    }

    /// Shares of the second class on both sides: what directions are about; they are refused for more classes.
    fn shares(&self, left: &[f64], sides: &Sides) -> [f64; 2] {
        let (l, r) = (sides.weight, self.weight - sides.weight);
        [left[1] / l, (self.totals[1] - left[1]) / r]
    }
}

/// Weight of the left side, and f summed over the classes of both.
struct Sides {
    weight: f64,
    left: f64,
    right: f64,
}

fn c_ln_c(c: f64) -> f64 {
    if c > 0.0 { c * c.ln() } else { 0.0 }
}

impl Criterion for Classes<'_> {
    fn select(&self, rows: &[u32]) -> Self {
        let codes = select(Some(&self.codes), rows).unwrap_or_default();
        let weights = select(self.weights.as_deref(), rows).map(Cow::from);
        Self::with_table(codes.into(), self.totals.len(), weights, self.measure, self.table.clone())
    }

    fn enter(&mut self, rows: &[u32]) -> Seen {
        gather(&self.codes, rows, &mut self.codes_here);
        if let Some(weights) = &self.weights {
            gather(weights, rows, &mut self.weights_here);
        }
        self.totals.fill(0.0);
        for place in 0..rows.len() {
            self.totals[self.codes_here[place] as usize] += self.weight_of(place as u32);
        }
        self.weight = self.totals.iter().sum();
        let weight = self.weight;
        let shares = self.totals.iter().map(|c| c / weight);
        let impurity = match self.measure {
            Measure::Gini => shares.map(|p| p * (1.0 - p)).sum(),
            Measure::Entropy => -shares.map(c_ln_c).sum::<f64>() / std::f64::consts::LN_2,
        };
        Seen { weight, impurity, pure: self.totals.contains(&weight) }
    }

    fn value(&self, out: &mut [f64]) {
        out.iter_mut().zip(&self.totals).for_each(|(out, c)| *out = c / self.weight);
    }

    fn walk(&mut self, walk: &Walk<'_>, best: &mut Score) -> Option<usize> {
        let mut left = std::mem::take(&mut self.left);
        left.fill(0.0);
        let (mut sides, mut found) = (self.sides(), None);
        for place in walk.before.iter().chain(&walk.order[..walk.at.start]) {
            self.send_left(*place, &mut left, &mut sides);
        }
        for i in walk.at.clone() {
            self.send_left(walk.order[i], &mut left, &mut sides);
            let score = self.score(&sides);
            let allowed =
                || walk.limits.allow(sides.weight, self.weight - sides.weight, || self.shares(&left, &sides));
            if score.beats(*best) && !(walk.tied)(i) && allowed() {
                (*best, found) = (score, Some(i));
            }
        }
        self.left = left;
        found
    }

    fn cut(&mut self, values: &[f64], threshold: f64, limits: &Limits) -> Option<Score> {
        let mut left = std::mem::take(&mut self.left);
        left.fill(0.0);
        let mut rows = 0;
        for (place, v) in values.iter().enumerate() {
            let inside = *v <= threshold;
            left[self.codes_here[place] as usize] += if inside { self.weight_of(place as u32) } else { 0.0 };
            rows += usize::from(inside);
        }
        let mut sides = Sides { weight: left.iter().sum(), left: 0.0, right: 0.0 };
        for (l, total) in left.iter().zip(&self.totals) {
            sides.left += self.f(*l);
            sides.right += self.f(total - l);
        }
        let allowed = rows >= limits.min_rows
            && values.len() - rows >= limits.min_rows
            && limits.allow(sides.weight, self.weight - sides.weight, || self.shares(&left, &sides));
        self.left = left;
        allowed.then(|| self.score(&sides))
    }

    fn decrease(&self, score: Score) -> f64 {
        let whole: f64 = self.totals.iter().map(|c| self.f(*c)).sum();
        match self.measure {
            Measure::Gini => score.value() - whole / self.weight,
            Measure::Entropy => (score.value() - (whole - self.f(self.weight))) / std::f64::consts::LN_2,
        }
    }

    fn responses(&self) -> usize {
        // Of two classes, one order says it all.
        if self.totals.len() == 2 { 1 } else { self.totals.len() }
    }

    fn response(&self, which: usize, place: u32) -> [f64; 2] {
        let class = if self.totals.len() == 2 { 1 } else { which };
        let weight = self.weight_of(place);
        [weight, if self.codes_here[place as usize] as usize == class { weight } else { 0.0 }]
    }
}
