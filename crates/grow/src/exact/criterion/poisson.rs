//! Half Poisson deviance of targets that are not negative.
//!
//! ```text
//! W i = Σ ω (y ln (y / ȳ) − y + ȳ)            score   S_L ln (S_L / W_L) + S_R ln (S_R / W_R),   S = Σ ωy
//! ```
//!
//! A side on which all targets are zero would predict a rate of zero; such splits are not made.

use super::{Criterion, Limits, Rounding, Score, Seen, Walk, gather, power_above, select};
use estimand_kernels as kernels;
use std::borrow::Cow;

/// See [the module](self).
pub(crate) struct Poisson<'a> {
    y: Cow<'a, [f64]>,
    weights: Option<Cow<'a, [f64]>>,
    scale: f64,
    weight: f64,
    sum: f64,
    weights_here: Vec<f64>,
    /// ωy / scale
    terms: Vec<f64>,
    deviance: f64,
}

impl<'a> Poisson<'a> {
    pub(crate) fn new(y: Cow<'a, [f64]>, weights: Option<Cow<'a, [f64]>>) -> Self {
        let (weights_here, terms) = (Vec::new(), Vec::new());
        Self { y, weights, scale: 1.0, weight: 0.0, sum: 0.0, weights_here, terms, deviance: 0.0 }
    }

    fn weight_of(&self, place: u32) -> f64 {
        self.weights_here.get(place as usize).copied().unwrap_or(1.0)
    }

    fn score(&self, left: f64, sum: f64) -> Score {
        let (right, other) = (self.weight - left, self.sum - sum);
        if sum > 0.0 && other > 0.0 {
            Score { above: sum * (sum / left).ln() + other * (other / right).ln(), below: 1.0 }
        } else {
            Score::NONE
        }
    }

    fn values(&self, left: f64, sum: f64) -> [f64; 2] {
        [self.scale * (sum / left), self.scale * ((self.sum - sum) / (self.weight - left))]
    }
}

impl Criterion for Poisson<'_> {
    fn select(&self, rows: &[u32]) -> Self {
        let y = select(Some(&self.y), rows).unwrap_or_default();
        Self::new(y.into(), select(self.weights.as_deref(), rows).map(Cow::from))
    }

    fn enter(&mut self, rows: &[u32]) -> Seen {
        gather(&self.y, rows, &mut self.terms);
        let [low, high] = kernels::extent(&self.terms);
        self.weight = match &self.weights {
            Some(weights) => {
                gather(weights, rows, &mut self.weights_here);
                kernels::sum(&self.weights_here)
            }
            None => rows.len() as f64,
        };
        self.scale = if high > 0.0 { power_above(high) } else { 1.0 };
        let (factor, rounding) = (self.scale.recip(), Rounding::new(self.weight));
        self.terms.iter_mut().for_each(|y| *y = rounding.round(*y * factor));
        if self.weights.is_some() {
            self.terms.iter_mut().zip(&self.weights_here).for_each(|(y, w)| *y = rounding.round(w * *y));
        }
        self.sum = kernels::sum(&self.terms);
        let mean = self.sum / self.weight;
        let loss = |(i, term): (usize, &f64)| {
            let w = self.weights_here.get(i).copied().unwrap_or(1.0);
            let logarithm = if *term > 0.0 { term * (term / (w * mean)).ln() } else { 0.0 };
            logarithm - term + w * mean
        };
        let deviance: f64 = self.terms.iter().enumerate().map(loss).sum();
        self.deviance = if low == high { 0.0 } else { deviance.max(0.0) };
        let impurity = self.deviance * self.scale / self.weight;
        Seen { weight: self.weight, impurity, pure: low == high }
    }

    fn value(&self, out: &mut [f64]) {
        out.fill(self.scale * (self.sum / self.weight));
    }

    fn walk(&mut self, walk: &Walk<'_>, best: &mut Score) -> Option<usize> {
        let (mut left, mut sum, mut found) = (0.0, 0.0, None);
        for place in walk.before.iter().chain(&walk.order[..walk.at.start]) {
            left += self.weight_of(*place);
            sum += self.terms[*place as usize];
        }
        for i in walk.at.clone() {
            left += self.weight_of(walk.order[i]);
            sum += self.terms[walk.order[i] as usize];
            if (walk.tied)(i) {
                continue;
            }
            let score = self.score(left, sum);
            let allowed = || walk.limits.allow(left, self.weight - left, || self.values(left, sum));
            if score.beats(*best) && allowed() {
                (*best, found) = (score, Some(i));
            }
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
        let score = self.score(left, sum);
        let allowed = score != Score::NONE
            && rows >= least
            && values.len() as f64 - rows >= least
            && limits.allow(left, self.weight - left, || self.values(left, sum));
        allowed.then_some(score)
    }

    fn decrease(&self, score: Score) -> f64 {
        self.scale * (score.value() - self.sum * (self.sum / self.weight).ln())
    }

    fn responses(&self) -> usize {
        1
    }

    fn response(&self, _: usize, place: u32) -> [f64; 2] {
        [self.weight_of(place), self.terms[place as usize]]
    }
}
