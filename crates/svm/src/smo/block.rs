//! A block of variables, two of which move at a time.

use super::Problem;
use crate::kernel::GROUP;
use estimand_kernels as kernels;

/// Stands for a curvature that is not positive.
const LEAST_CURVATURE: f64 = 1e-12;

/// The variables of a block, ascending, so that groups stay together.
#[derive(Debug)]
pub(super) struct Block {
    /// Kernel values between the records of the variables, each row `stride` long.
    gram: Vec<f64>,
    stride: usize,
    diagonal: Vec<f64>,
    a: Vec<f64>,
    low: Vec<f64>,
    high: Vec<f64>,
    /// g of variables that can rise, ∞ for others.
    rising: Vec<f64>,
    /// g of variables that can fall, −∞ for others.
    falling: Vec<f64>,
    split: usize,
}

impl Block {
    pub(super) fn new(problem: &Problem<'_>, chosen: &[usize], a: &[f64], g: &[f64]) -> Self {
        let rows: Vec<usize> = chosen.iter().map(|v| problem.row[*v]).collect();
        let packed = problem.rows.select(&rows);
        let of = |values: &[f64]| -> Vec<f64> { chosen.iter().map(|v| values[*v]).collect() };
        let mut block = Self {
            gram: packed.gram(),
            stride: rows.len().next_multiple_of(GROUP),
            diagonal: packed.diagonal(),
            a: of(a),
            low: of(&problem.low),
            high: of(&problem.high),
            rising: vec![f64::INFINITY; chosen.len()],
            falling: vec![f64::NEG_INFINITY; chosen.len()],
            split: chosen.partition_point(|v| *v < problem.split),
        };
        chosen.iter().enumerate().for_each(|(i, v)| block.sort(i, g[*v]));
        block
    }

    /// g from scratch, where the block is all there is.
    pub(super) fn restart(&mut self, cost: &[f64]) -> Vec<f64> {
        let g: Vec<f64> = (0..self.a.len()).map(|i| kernels::dot(self.row(i), &self.a) + cost[i]).collect();
        (0..g.len()).for_each(|i| self.sort(i, g[i]));
        g
    }

    /// The values of the variables.
    pub(super) fn a(&self) -> &[f64] {
        &self.a
    }

    /// Notes whether variable i, whose gradient is `g`, can rise and fall.
    fn sort(&mut self, i: usize, g: f64) {
        self.rising[i] = if self.a[i] < self.high[i] { g } else { f64::INFINITY };
        self.falling[i] = if self.a[i] > self.low[i] { g } else { f64::NEG_INFINITY };
    }

    fn row(&self, i: usize) -> &[f64] {
        &self.gram[i * self.stride..][..self.a.len()]
    }

    /// At most `steps` steps, until the violation is at most `goal`; returns how many were made.
    pub(super) fn descend(&mut self, goal: f64, steps: usize) -> usize {
        let n = self.a.len();
        let groups = [0..self.split, self.split..n].into_iter().filter(|group| !group.is_empty());
        let groups: Vec<_> = groups.collect();
        let mut first: Vec<(f64, usize)> =
            groups.iter().map(|group| least(&self.rising[group.clone()])).collect();
        for step in 0..steps {
            // The best pair of each group, and of these the better one.
            let (mut pair, mut gain, mut violation) = (None, 0.0, f64::NEG_INFINITY);
            for (group, (least, i)) in groups.iter().zip(&first) {
                if *least == f64::INFINITY {
                    continue;
                }
                let i = group.start + i;
                let (value, j, largest) = kernels::smo_partner::<f64>(
                    *least,
                    self.diagonal[i],
                    &self.row(i)[group.clone()],
                    &self.diagonal[group.clone()],
                    &self.falling[group.clone()],
                    LEAST_CURVATURE,
                );
                violation = violation.max(largest - least);
                if value > gain {
                    (pair, gain) = (Some((i, group.start + j)), value);
                }
            }
            let Some((i, j)) = pair.filter(|_| violation > goal) else { return step };
            let delta = self.step(i, j);
            let (gi, gj) = (self.rising[i], self.falling[j]);
            if delta == 0.0 {
                return step;
            }
            let (rise, fall) = (&self.gram[i * self.stride..][..n], &self.gram[j * self.stride..][..n]);
            let change = |t: usize| delta * (rise[t] - fall[t]);
            let (gi, gj) = (gi + change(i), gj + change(j));
            for (group, first) in groups.iter().zip(&mut first) {
                *first = kernels::smo_move::<f64>(
                    delta,
                    &rise[group.clone()],
                    &fall[group.clone()],
                    &mut self.rising[group.clone()],
                    &mut self.falling[group.clone()],
                );
            }
            self.sort(i, gi);
            self.sort(j, gj);
            // The two may have changed sides: where the place was theirs, or may be now.
            for (group, first) in groups.iter().zip(&mut first) {
                if group.contains(&i) {
                    for t in [i, j] {
                        let (value, place) = (self.rising[t], t - group.start);
                        if value < first.0 || (value == first.0 && place < first.1) {
                            *first = (value, place);
                        } else if place == first.1 && value > first.0 {
                            *first = least(&self.rising[group.clone()]);
                        }
                    }
                }
            }
        }
        steps
    }

    /// Moves aᵢ up and aⱼ down by (gⱼ − gᵢ) / η, as far as the bounds allow; returns how far.
    fn step(&mut self, i: usize, j: usize) -> f64 {
        let curvature = self.diagonal[i] + self.diagonal[j] - 2.0 * self.gram[i * self.stride + j];
        let wanted = (self.falling[j] - self.rising[i]) / curvature.max(LEAST_CURVATURE);
        let (up, down) = (self.high[i] - self.a[i], self.a[j] - self.low[j]);
        let delta = wanted.min(up).min(down);
        // At a bound exactly, so that rounding leaves nobody just inside.
        self.a[i] = if delta == up { self.high[i] } else { self.a[i] + delta };
        self.a[j] = if delta == down { self.low[j] } else { self.a[j] - delta };
        delta
    }
}

/// The least value and its place, the first of equals.
fn least(values: &[f64]) -> (f64, usize) {
    values
        .iter()
        .enumerate()
        .fold((f64::INFINITY, usize::MAX), |best, (i, v)| if *v < best.0 { (*v, i) } else { best })
}
