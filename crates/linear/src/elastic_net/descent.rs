//! Cyclic coordinate descent with gap-safe screening and Anderson acceleration.

use super::penalty::{Gap, Penalty};
use super::quadratic::Quadratic;
use estimand_linalg::Cholesky;
use ndarray::{Array1, Array2};

/// When to stop, and which of the accelerations to use.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stop {
    /// The duality gap that is small enough, absolute.
    pub(super) gap: f64,
    /// The largest change in a sweep that is small enough, relative to the largest coefficient.
    pub(super) change: f64,
    /// Most sweeps.
    pub(super) max_iter: usize,
    /// Whether to leave out columns by the gap-safe rule.
    pub(super) screen: bool,
    /// Whether to extrapolate.
    pub(super) accelerate: bool,
}

/// Where the descent ended.
#[derive(Clone, Copy, Debug)]
pub(super) struct End {
    pub(super) sweeps: usize,
    pub(super) gap: f64,
    pub(super) converged: bool,
}

/// Minimises ½‖R‖² + penalty from W = `w` (m × t, row by row), where `problem` stands already.
pub(super) fn descend(problem: &mut impl Quadratic, w: &mut [f64], penalty: &Penalty, stop: &Stop) -> End {
    let t = problem.targets();
    let mut slopes = vec![0.0; w.len()];
    let mut active: Vec<usize> = (0..problem.columns()).filter(|j| problem.curvature(*j) > 0.0).collect();
    let mut history = History::default();
    let mut gap = gap_at(problem, w, penalty, &mut slopes);
    screen(problem, w, penalty, stop, gap, &slopes, &mut active);
    for sweeps in 1..=stop.max_iter {
        let (change, largest) = sweep(problem, w, penalty, &active);
        if change <= stop.change * largest || sweeps == stop.max_iter {
            gap = gap_at(problem, w, penalty, &mut slopes);
            // Where nothing moves any more, rounding is all that is left of the gap.
            if gap.value <= stop.gap || change == 0.0 {
                return End { sweeps, gap: gap.value, converged: true };
            }
            let before = active.len();
            screen(problem, w, penalty, stop, gap, &slopes, &mut active);
            if active.len() < before {
                // Earlier iterates may have other columns than are left.
                history.filled = 0;
            }
        }
        if stop.accelerate && history.push(w, problem.state()) {
            history.extrapolate(problem, w, penalty, t);
        }
    }
    End { sweeps: stop.max_iter, gap: gap.value, converged: false }
}

/// One step (4) for each of the columns; the largest change and the largest coefficient.
fn sweep(problem: &mut impl Quadratic, w: &mut [f64], penalty: &Penalty, active: &[usize]) -> (f64, f64) {
    let t = problem.targets();
    if t == 1 {
        return sweep_one(problem, w, penalty, active);
    }
    let (mut change, mut largest) = (0.0_f64, 0.0_f64);
    let (mut next, mut delta) = (vec![0.0; t], vec![0.0; t]);
    for &j in active {
        let (w, curvature) = (&mut w[j * t..][..t], problem.curvature(j));
        problem.slope(j, &mut next);
        next.iter_mut().zip(&*w).for_each(|(z, w)| *z += curvature * w);
        penalty.minimise(&mut next, curvature);
        delta.iter_mut().zip(&next).zip(&*w).for_each(|((delta, next), w)| *delta = next - w);
        if delta.iter().any(|delta| *delta != 0.0) {
            problem.step(j, &delta);
            w.copy_from_slice(&next);
        }
        change = delta.iter().fold(change, |max, delta| max.max(delta.abs()));
        largest = w.iter().fold(largest, |max, w| max.max(w.abs()));
    }
    (change, largest)
}

/// [`sweep`] for one target.
fn sweep_one(problem: &mut impl Quadratic, w: &mut [f64], penalty: &Penalty, active: &[usize]) -> (f64, f64) {
    let (mut change, mut largest) = (0.0_f64, 0.0_f64);
    for &j in active {
        let (before, curvature) = (w[j], problem.curvature(j));
        let mut next = [0.0];
        problem.slope(j, &mut next);
        next[0] += curvature * before;
        penalty.minimise(&mut next, curvature);
        let delta = next[0] - before;
        if delta != 0.0 {
            problem.step(j, &[delta]);
            w[j] = next[0];
            change = change.max(delta.abs());
        }
        largest = largest.max(next[0].abs());
    }
    (change, largest)
}

/// The duality gap; leaves Z = X̃ᵀR − bW in `slopes`.
fn gap_at(problem: &impl Quadratic, w: &[f64], penalty: &Penalty, slopes: &mut [f64]) -> Gap {
    let t = problem.targets();
    for (j, (z, w)) in slopes.chunks_exact_mut(t).zip(w.chunks_exact(t)).enumerate() {
        problem.slope(j, z);
        z.iter_mut().zip(w).for_each(|(z, w)| *z -= penalty.l2 * w);
    }
    penalty.gap(problem.fit(w), w, slopes, |j| problem.curvature(j))
}

/// Leaves out, for good, columns that are 0 at the minimum.
fn screen(
    problem: &mut impl Quadratic,
    w: &mut [f64],
    penalty: &Penalty,
    stop: &Stop,
    gap: Gap,
    slopes: &[f64],
    active: &mut Vec<usize>,
) {
    let t = problem.targets();
    if !stop.screen {
        return;
    }
    active.retain(|&j| {
        let out = penalty.rules_out(&slopes[j * t..][..t], problem.curvature(j), gap);
        let w = &mut w[j * t..][..t];
        if out && w.iter().any(|w| *w != 0.0) {
            let back: Vec<f64> = w.iter().map(|w| -w).collect();
            problem.step(j, &back);
            w.fill(0.0);
        }
        !out
    });
}

/// Iterates between two extrapolations.
const DEPTH: usize = 5;

/// The last iterates and their states.
#[derive(Default)]
struct History {
    points: Vec<Vec<f64>>,
    states: Vec<Vec<f64>>,
    filled: usize,
}

impl History {
    /// Keeps an iterate; whether there are enough.
    fn push(&mut self, w: &[f64], state: &[f64]) -> bool {
        if self.points.len() == self.filled {
            self.points.push(w.to_vec());
            self.states.push(state.to_vec());
        } else {
            self.points[self.filled].copy_from_slice(w);
            self.states[self.filled].copy_from_slice(state);
        }
        self.filled += 1;
        self.filled > DEPTH
    }

    /// W ← Σ cᵢ Wᵢ with Σ cᵢ = 1 and ‖Σ cᵢ (Wᵢ − Wᵢ₋₁)‖ least, where that lowers the objective \[Bertrand21\].
    fn extrapolate(&mut self, problem: &mut impl Quadratic, w: &mut [f64], penalty: &Penalty, t: usize) {
        self.filled = 0;
        let Some(c) = self.coefficients() else { return };
        let combine = |of: &[Vec<f64>]| {
            let mut sum = vec![0.0; of[0].len()];
            for (c, of) in c.iter().zip(&of[1..]) {
                sum.iter_mut().zip(of).for_each(|(sum, v)| *sum += c * v);
            }
            sum
        };
        let point = combine(&self.points);
        if penalty.positive && point.iter().any(|w| *w < 0.0) {
            return;
        }
        let before = 0.5 * problem.fit(w).residual + penalty.value(w, t);
        let mut state = combine(&self.states);
        std::mem::swap(problem.state(), &mut state);
        if 0.5 * problem.fit(&point).residual + penalty.value(&point, t) < before {
            w.copy_from_slice(&point);
        } else {
            std::mem::swap(problem.state(), &mut state);
        }
    }

    fn coefficients(&self) -> Option<Array1<f64>> {
        let steps: Vec<Vec<f64>> = self
            .points
            .windows(2)
            .map(|pair| pair[1].iter().zip(&pair[0]).map(|(b, a)| b - a).collect())
            .collect();
        let dot = |a: &[f64], b: &[f64]| estimand_kernels::dot(a, b);
        let mut products = Array2::from_shape_fn((DEPTH, DEPTH), |(i, j)| dot(&steps[i], &steps[j]));
        // Steps of a linear iteration become parallel: without this the system would be singular.
        let lift = 1e-12 * products.diag().sum();
        products.diag_mut().iter_mut().for_each(|d| *d += lift);
        let c = Cholesky::of(products).ok()?.solve_vec(Array1::ones(DEPTH).view());
        let sum = c.sum();
        (sum.is_finite() && sum != 0.0).then(|| c / sum)
    }
}
