//! Squared error of several targets, summed.
//!
//! As for one target ([`moments`](super::moments)), with one scale for all: Σ_t d_t² W / W_L W_R, d_t = S_Lt − W_L S_t / W.

use super::{Criterion, Limits, Rounding, Score, Seen, Walk, gather, power_above, select};
use estimand_kernels as kernels;
use std::borrow::Cow;

/// See [the module](self).
pub(crate) struct Many<'a> {
    /// Rows of `width` targets.
    y: Cow<'a, [f64]>,
    width: usize,
    weights: Option<Cow<'a, [f64]>>,
    centre: Vec<f64>,
    scale: f64,
    weight: f64,
    /// S_t and S_t / W
    sums: Vec<f64>,
    means: Vec<f64>,
    /// S_Lt
    left: Vec<f64>,
    weights_here: Vec<f64>,
    /// ωy, rows of `width`.
    terms: Vec<f64>,
}

impl<'a> Many<'a> {
    pub(crate) fn new(y: Cow<'a, [f64]>, width: usize, weights: Option<Cow<'a, [f64]>>) -> Self {
        Self {
            y,
            width,
            weights,
            centre: Vec::new(),
            scale: 1.0,
            weight: 0.0,
            sums: vec![0.0; width],
            means: vec![0.0; width],
            left: vec![0.0; width],
            weights_here: Vec::new(),
            terms: Vec::new(),
        }
    }

    fn terms_of(&self, place: u32) -> &[f64] {
        &self.terms[place as usize * self.width..][..self.width]
    }

    fn weight_of(&self, place: u32) -> f64 {
        self.weights_here.get(place as usize).copied().unwrap_or(1.0)
    }

    fn score(&self, weight: f64, left: &[f64]) -> Score {
        let d = left.iter().zip(&self.means).map(|(sum, mean)| sum - weight * mean);
        Score { above: d.map(|d| d * d).sum(), below: weight * (self.weight - weight) }
    }
}

impl Criterion for Many<'_> {
    fn select(&self, rows: &[u32]) -> Self {
        let width = self.width;
        let y = rows.iter().flat_map(|row| &self.y[*row as usize * width..][..width]).copied();
        Self::new(y.collect::<Vec<_>>().into(), width, select(self.weights.as_deref(), rows).map(Cow::from))
    }

    fn enter(&mut self, rows: &[u32]) -> Seen {
        let width = self.width;
        self.weight = match &self.weights {
            Some(weights) => {
                gather(weights, rows, &mut self.weights_here);
                kernels::sum(&self.weights_here)
            }
            None => rows.len() as f64,
        };
        self.terms.clear();
        rows.iter().for_each(|row| self.terms.extend_from_slice(&self.y[*row as usize * width..][..width]));
        let extent = |t: usize| {
            let values = self.terms[t..].iter().step_by(width);
            values.fold([f64::INFINITY, f64::NEG_INFINITY], |[low, high], y| [low.min(*y), high.max(*y)])
        };
        let extents: Vec<[f64; 2]> = (0..width).map(extent).collect();
        let half = extents.iter().fold(0.0_f64, |half, [low, high]| half.max(high / 2.0 - low / 2.0));
        let pure = half == 0.0;
        self.scale = if pure { 1.0 } else { power_above(half) };
        self.centre = extents
            .iter()
            .map(|[low, high]| if low == high { *low } else { low / 2.0 + high / 2.0 })
            .collect();

        let (factor, rounding) = (self.scale.recip(), Rounding::new(self.weight));
        self.sums.fill(0.0);
        for (i, terms) in self.terms.chunks_exact_mut(width).enumerate() {
            let weight = self.weights_here.get(i);
            for ((term, centre), sum) in terms.iter_mut().zip(&self.centre).zip(&mut self.sums) {
                *term = rounding.round((*term - centre) * factor);
                if let Some(weight) = weight {
                    *term = rounding.round(weight * *term);
                }
                *sum += *term;
            }
        }
        self.means = self.sums.iter().map(|sum| sum / self.weight).collect();
        let mut squares = 0.0;
        for (i, terms) in self.terms.chunks_exact(width).enumerate() {
            let w = self.weights_here.get(i).copied().unwrap_or(1.0);
            let deviations = terms.iter().zip(&self.means).map(|(t, mean)| (t - w * mean) * (t / w - mean));
            squares += deviations.sum::<f64>();
        }
        // The mean over the targets, as it is reported; decreases are sums over them.
        let impurity = squares / self.weight * self.scale * self.scale / width as f64;
        Seen { weight: self.weight, impurity, pure }
    }

    fn value(&self, out: &mut [f64]) {
        for ((out, mean), centre) in out.iter_mut().zip(&self.means).zip(&self.centre) {
            *out = centre + self.scale * mean;
        }
    }

    fn walk(&mut self, walk: &Walk<'_>, best: &mut Score) -> Option<usize> {
        let mut left = std::mem::take(&mut self.left);
        left.fill(0.0);
        let mut weight = 0.0;
        let mut found = None;
        let mut add = |place: u32, left: &mut [f64]| {
            left.iter_mut().zip(self.terms_of(place)).for_each(|(sum, term)| *sum += term);
            weight += self.weight_of(place);
            weight
        };
        for place in walk.before.iter().chain(&walk.order[..walk.at.start]) {
            add(*place, &mut left);
        }
        for i in walk.at.clone() {
            let weight = add(walk.order[i], &mut left);
            let score = self.score(weight, &left);
            let allowed = || walk.limits.allow(weight, self.weight - weight, || [0.0; 2]);
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
        let (mut weight, mut rows) = (0.0, 0);
        for (place, _) in values.iter().enumerate().filter(|(_, v)| **v <= threshold) {
            left.iter_mut().zip(self.terms_of(place as u32)).for_each(|(sum, term)| *sum += term);
            (weight, rows) = (weight + self.weight_of(place as u32), rows + 1);
        }
        let score = self.score(weight, &left);
        self.left = left;
        let allowed = rows >= limits.min_rows
            && values.len() - rows >= limits.min_rows
            && limits.allow(weight, self.weight - weight, || [0.0; 2]);
        allowed.then_some(score)
    }

    fn decrease(&self, score: Score) -> f64 {
        score.value() * self.weight * self.scale * self.scale / self.width as f64
    }

    fn responses(&self) -> usize {
        self.width
    }

    fn response(&self, which: usize, place: u32) -> [f64; 2] {
        [self.weight_of(place), self.terms_of(place)[which]]
    }
}
