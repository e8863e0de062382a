//! Clusters between steep ways down and up \[Ankerst99, section 4.3\].
//!
//! ```text
//! a place i is steep down     r(i + 1) ≤ (1 − ξ) r(i)                steep up     r(i) ≤ (1 − ξ) r(i + 1)
//! a steep area                from a steep place to another, never the other way, with no more than m places
//!                             in a row that are not steep
//! ```
//!
//! Behind the last row, r = ∞: a cluster that the order ends with has a way up, too.

use super::OpticsModel;

/// r in order, and what the walk along it needs.
pub(super) struct Plot<'a> {
    reach: Vec<f64>,
    model: &'a OpticsModel,
    /// 1 − ξ
    rest: f64,
    correct: bool,
}

/// A steep way down that a cluster may begin with.
struct Down {
    start: usize,
    end: usize,
    /// The greatest r between its end and here.
    between: f64,
}

#[derive(Clone, Copy, PartialEq)]
enum Way {
    Down,
    Up,
}

impl<'a> Plot<'a> {
    pub(super) fn new(model: &'a OpticsModel, rest: f64, correct: bool) -> Self {
        let mut reach = model.reachability_plot();
        reach.push(f64::INFINITY);
        Self { reach, model, rest, correct }
    }

    /// r(i) / r(i + 1); NaN between two rows that are out of reach, or at none.
    fn ratio(&self, i: usize) -> f64 {
        self.reach[i] / self.reach[i + 1]
    }

    fn is_steep(&self, i: usize, way: Way) -> bool {
        match way {
            Way::Down => self.ratio(i) >= 1.0 / self.rest,
            Way::Up => self.ratio(i) <= self.rest,
        }
    }

    /// The end of the steep area that begins at `start`.
    fn extend(&self, start: usize, way: Way) -> usize {
        let (mut end, mut flat) = (start, 0);
        for i in start..self.model.order.len() {
            let ratio = self.ratio(i);
            let turns = if way == Way::Down { ratio < 1.0 } else { ratio > 1.0 };
            if self.is_steep(i, way) {
                (end, flat) = (i, 0);
            } else if turns {
                break;
            } else {
                flat += 1;
                if flat > self.model.min_samples {
                    break;
                }
            }
        }
        end
    }

    /// First and last places of the clusters, in the order in which they end, the smaller ones first.
    pub(super) fn clusters(&self, min_cluster_size: usize) -> Vec<(usize, usize)> {
        let (mut clusters, mut downs) = (Vec::new(), Vec::<Down>::new());
        let (mut at, mut between) = (0, 0.0_f64);
        for i in 0..self.model.order.len() {
            let (down, up) = (self.is_steep(i, Way::Down), self.is_steep(i, Way::Up));
            if i < at || !(down || up) {
                continue;
            }
            between = self.reach[at..=i].iter().copied().fold(between, f64::max);
            // Ways down from below what lies between are of no use any more.
            downs.retain(|down| between.is_finite() && between <= self.reach[down.start] * self.rest);
            downs.iter_mut().for_each(|down| down.between = down.between.max(between));
            let end = self.extend(i, if down { Way::Down } else { Way::Up });
            at = end + 1;
            between = self.reach[at];
            if down {
                downs.push(Down { start: i, end, between: 0.0 });
            } else {
                // The later ways down, and so the smaller clusters, first.
                let ended =
                    downs.iter().rev().filter_map(|down| self.between(down, i, end, min_cluster_size));
                clusters.extend(ended);
            }
        }
        clusters
    }

    /// The cluster between a way down and a way up, if there is one [definition 11].
    fn between(
        &self,
        down: &Down,
        up_start: usize,
        up_end: usize,
        min_cluster_size: usize,
    ) -> Option<(usize, usize)> {
        let (mut start, mut end) = (down.start, up_end);
        let (top, after) = (self.reach[down.start], self.reach[up_end + 1]);
        if after * self.rest < down.between {
            return None;
        }
        if top * self.rest >= after {
            // The way down begins higher: from where it is as low as behind the end.
            while start < down.end && self.reach[start + 1] > after {
                start += 1;
            }
        } else if after * self.rest >= top {
            // The way up ends higher: to where it is as low as before the start.
            while end > up_start && self.reach[end - 1] > top {
                end -= 1;
            }
        }
        if self.correct {
            end = self.corrected(start, end)?;
        }
        (end + 1 - start >= min_cluster_size && start <= down.end && end >= up_start).then_some((start, end))
    }

    /// The last place that was reached from within, or that is nearer than the first \[Schubert18, algorithm 2\].
    fn corrected(&self, start: usize, end: usize) -> Option<usize> {
        let order = &self.model.order;
        (start + 1..=end).rev().find(|end| {
            let from = self.model.predecessor[order[*end]];
            self.reach[start] > self.reach[*end] || order[start..*end].iter().any(|row| Some(*row) == from)
        })
    }
}
