//! Proximal Newton steps on a working set of columns, for penalties with an L1 part.
//!
//! ```text
//! minimise   P(W, b) = L(A (W, b)) + Ω(W)      Ω(W) = λ₁ Σ |Wⱼ| + ½ λ₂ Σ Wⱼ²      L: sums of losses, λ₁ = ρ / C, λ₂ = (1 − ρ) / C
//! step       d minimises the quadratic model of L at the present point, plus Ω(W + d), over the working set
//! sweep      dⱼ ← S(aⱼ uⱼ − vⱼ, λ₁) / (aⱼ + λ₂) − uⱼ + …      S: soft threshold, vⱼ: derivative, aⱼ: curvature, uⱼ = Wⱼ + dⱼ
//! gap        P − D(θ),   θ = s r,   s = min(1, λ₁ / max |Aᵀr|) if λ₂ = 0, else the better of that and 1
//!            D(θ) = Σ wᵢ H(y + s (p − y)) − Σ (s |Aᵀr|ⱼ − λ₁)₊² / 2λ₂        H: entropy
//! ```
//!
//! 1. Aᵀr from one pass over all records. It gives the violation of the optimality conditions,
//!    ```text
//!    max |v + λ₂W + λ₁ sign W| where W ≠ 0, (|v| − λ₁)₊ where W = 0, |∂L/∂b|
//!    ```
//!    and the duality gap: P is at most that far from its minimum. If both are small enough, this is the end.
//! 2. The columns outside that violate most join the working set (`columns`).
//! 3. Newton steps with Armijo's rule on the working set, until what a step promises is a small share of what the first
//!    one did. A step costs a few sweeps over the columns that are not 0, one or two over the working set, and
//!    some passes over n scores.
//!
//! Nothing changes in the losses when the same is added to the coefficients of all classes of a column. Coordinates
//! one by one crawl along that line, so each is taken to the best point on it at once (`common`).
//!
//! The dual point fulfils 1ᵀθ = 0 only as far as the intercepts are optimal. Until then D is taken at the present ones, D(θ) + bᵀθᵀ1,
//! and what a Newton step would change there is added to the gap.
//!
//! For two classes and few columns, Newton steps with the whole Hessian (`whole`) come first and usually leave nothing
//! to do but the first of these.
//!
//! Sweeps run on one thread, passes over all records on all.

mod certificate;
mod columns;
mod losses;
mod penalty;
mod whole;

pub(super) use penalty::Penalty;

use super::design::Design;
use super::problem::{Part, Problem};
use certificate::Certificate;
use columns::Columns;
use estimand_core::Float;
use estimand_optim::{Outcome, Reason};
use losses::{Binary, Losses, Several};
use penalty::soft;

/// When to stop, for the mean of the losses.
#[derive(Clone, Copy)]
pub(super) struct Until {
    /// Largest violation.
    pub(super) violation: f64,
    /// Largest gap, as a share of P.
    pub(super) gap: f64,
    /// Most Newton steps.
    pub(super) steps: usize,
}

/// Where the steps ended, and the gap there, as a share of P.
pub(super) struct Found {
    pub(super) outcome: Outcome,
    pub(super) gap: f64,
}

/// A Newton step on the working set ends the round if it promises at most this share of what the first one did.
const ROUND: f64 = 0.02;
/// Sweeps end when the last one lowers the model by at most this share of what all did: for two classes, and for more,
/// where a sweep bounds curvature and does less.
const FORCING: (f64, f64) = (0.01, 1e-3);
/// Most sweeps in a step.
const SWEEPS: usize = 200;
/// Share of P that the rounding of sums hides.
const ROUNDING: f64 = 1e-14;
/// Armijo's constant.
const DECREASE: f64 = 1e-4;
/// The working set grows to this many columns, or to this multiple of those that are not 0.
const SMALLEST: usize = 1_000;
const GROWTH: usize = 2;

/// Minimises from `beta`; with the `whole` Hessian first, which is for two classes.
pub(super) fn minimise<F: Float>(
    problem: &mut Problem<'_, '_, F>,
    mut beta: Vec<f64>,
    penalty: Penalty,
    until: Until,
    whole: bool,
) -> Found {
    let made = if whole { descend(problem, &mut beta, penalty, until.steps) } else { 0 };
    let z = problem.scores(&beta);
    let total = problem.total;
    let until = Until { steps: until.steps - made, ..until };
    let Problem { design, rows, parts, chunk, .. } = problem;
    let passes = Passes { design, parts, chunk: *chunk };
    let n = design.nrows();
    let rows = Targets { codes: rows.codes(0..n), weights: rows.weights(0..n), k: rows.k };
    let mut found = match rows.k {
        1 => Run::new(passes, rows, Binary::new(rows, design.intercept), beta, z, penalty, total).run(until),
        _ => Run::new(passes, rows, Several::new(rows, design.intercept), beta, z, penalty, total).run(until),
    };
    found.outcome.iterations += made;
    found
}

/// Newton steps with the whole Hessian; returns how many.
pub(super) fn descend<F: Float>(
    problem: &mut Problem<'_, '_, F>,
    beta: &mut Vec<f64>,
    penalty: Penalty,
    steps: usize,
) -> usize {
    let l1 = penalty.l1 / problem.total;
    whole::descend(problem, beta, l1, steps)
}

/// What is known of the rows beside the records.
#[derive(Clone, Copy)]
struct Targets<'r> {
    codes: &'r [u32],
    weights: Option<&'r [f64]>,
    /// Columns of scores.
    k: usize,
}

/// Passes over all records.
struct Passes<'r, 'a, F> {
    design: &'r Design<'a, F>,
    parts: &'r mut Vec<Part>,
    chunk: usize,
}

struct Run<'r, 'a, F, L> {
    passes: Passes<'r, 'a, F>,
    rows: Targets<'r>,
    losses: L,
    penalty: Penalty,
    total: f64,
    columns: Columns,
    /// The column of X in each slot.
    members: Vec<usize>,
    beta: Vec<f64>,
    z: Vec<f64>,
    /// L
    loss: f64,
    /// Aᵀr
    gradient: Vec<f64>,
    /// A d + 1 s
    delta: Vec<f64>,
    trial: Vec<f64>,
    /// Coefficients of the slots, moved.
    moved: Vec<f64>,
    steps: usize,
    evaluations: usize,
}

/// What became of a Newton step.
enum Step {
    /// Made; it promised to lower P by this much.
    Made(f64),
    /// Rounding hides whatever is left.
    Hidden,
    NonFinite,
}

impl<'r, 'a, F: Float, L: Losses> Run<'r, 'a, F, L> {
    fn new(
        passes: Passes<'r, 'a, F>,
        rows: Targets<'r>,
        mut losses: L,
        beta: Vec<f64>,
        z: Vec<f64>,
        penalty: Penalty,
        total: f64,
    ) -> Self {
        let loss = losses.set(&z);
        let columns = Columns::new(passes.design);
        let (n, size) = (z.len(), beta.len());
        Self {
            passes,
            rows,
            losses,
            penalty,
            total,
            columns,
            members: Vec::new(),
            beta,
            z,
            loss,
            gradient: vec![0.0; size],
            delta: vec![0.0; n],
            trial: vec![0.0; n],
            moved: Vec::new(),
            steps: 0,
            evaluations: 0,
        }
    }

    fn run(mut self, until: Until) -> Found {
        let mut best = f64::INFINITY;
        loop {
            self.passes.back(self.losses.residuals(), self.rows.k, &mut self.gradient);
            self.evaluations += 1;
            let value = self.loss + self.penalty.of(self.coefficients());
            if !(value.is_finite() && self.gradient.iter().all(|g| g.is_finite())) {
                return self.end(Reason::NonFinite, f64::NAN, f64::NAN);
            }
            let Certificate { violation, gap, violating } = self.certify(value);
            if violation <= until.violation * self.total && gap <= until.gap * value {
                return self.end(Reason::Converged, violation, gap);
            }
            if self.steps >= until.steps {
                return self.end(Reason::Iterations, violation, gap);
            }
            if self.members.is_empty() {
                self.admit(self.support());
            }
            self.admit(self.most_violating(violating));
            let mut first = None;
            while self.steps < until.steps {
                match self.step() {
                    Step::Made(promised) if promised <= ROUND * *first.get_or_insert(promised) => break,
                    Step::Made(_) => (),
                    Step::Hidden => break,
                    Step::NonFinite => return self.end(Reason::NonFinite, violation, gap),
                }
            }
            // Steps that lower P by no more than its rounding still close the gap, until rounding stops that, too.
            let left = violation / self.total / until.violation + gap / value / until.gap;
            if first.is_none() || (first.is_some_and(|first| first <= ROUNDING * value) && left >= 0.9 * best)
            {
                return self.end(Reason::Precision, violation, gap);
            }
            best = best.min(left);
        }
    }

    fn end(self, reason: Reason, violation: f64, gap: f64) -> Found {
        let value = self.loss + self.penalty.of(self.coefficients());
        let outcome = Outcome {
            x: self.beta,
            value: value / self.total,
            gradient_norm: violation / self.total,
            decrease: gap / self.total,
            iterations: self.steps,
            evaluations: self.evaluations,
            reason,
        };
        Found { outcome, gap: gap / value }
    }

    fn coefficients(&self) -> &[f64] {
        &self.beta[..self.passes.design.ncols() * self.rows.k]
    }

    /// Columns with coefficients other than 0.
    fn support(&self) -> Vec<usize> {
        let rows = self.coefficients().chunks_exact(self.rows.k).enumerate();
        rows.filter(|(_, w)| w.iter().any(|w| *w != 0.0)).map(|(j, _)| j).collect()
    }

    /// Columns join the working set, in the order of memory.
    fn admit(&mut self, mut columns: Vec<usize>) {
        columns.sort_unstable();
        self.columns.add(self.passes.design, &columns);
        self.members.extend(columns);
    }

    /// Those that join the working set.
    fn most_violating(&self, mut outside: Vec<(usize, f64)>) -> Vec<usize> {
        outside.retain(|(j, _)| !self.columns.contains(*j));
        let room = SMALLEST.max(GROWTH * self.support().len());
        if outside.len() > room {
            outside.select_nth_unstable_by(room, |a, b| b.1.total_cmp(&a.1));
            outside.truncate(room);
        }
        outside.into_iter().map(|(j, _)| j).collect()
    }

    /// A Newton step on the working set.
    fn step(&mut self) -> Step {
        let k = self.rows.k;
        if !self.losses.begin(&self.columns) {
            return Step::NonFinite;
        }
        self.moved.clear();
        self.moved.extend(self.members.iter().flat_map(|j| &self.beta[j * k..(j + 1) * k]));
        let before = self.moved.clone();
        self.sweeps();
        // What the step does to the scores.
        for row in self.delta.chunks_exact_mut(k) {
            row.copy_from_slice(self.losses.shift());
        }
        let mut change = self.losses.shift().to_vec();
        let mut by = vec![0.0; k];
        for (slot, (new, old)) in self.moved.chunks_exact(k).zip(before.chunks_exact(k)).enumerate() {
            if new == old {
                continue;
            }
            by.iter_mut().zip(new).zip(old).for_each(|((by, new), old)| *by = new - old);
            let delta = &mut self.delta;
            self.columns.get(slot).for_each(|i, a| {
                delta[i * k..(i + 1) * k].iter_mut().zip(&by).for_each(|(d, by)| *d += a * by);
            });
            let off = self.passes.design.centre[self.members[slot]] - self.columns.centre(slot);
            change.iter_mut().zip(&by).for_each(|(c, by)| *c += off * by);
        }
        // Both parts of P along the step.
        let linear: f64 = self.losses.residuals().iter().zip(&self.delta).map(|(r, d)| r * d).sum();
        let slope = linear + self.penalty.rise(&before, &self.moved);
        let promised = -(slope + 0.5 * self.losses.bend(&self.delta));
        let start = self.loss + self.penalty.of(self.coefficients());
        if slope >= 0.0 || slope.is_nan() {
            return if slope.is_nan() { Step::NonFinite } else { Step::Hidden };
        }
        let mut t = 1.0;
        while t > f64::EPSILON {
            self.trial
                .iter_mut()
                .zip(&self.z)
                .zip(&self.delta)
                .for_each(|((trial, z), d)| *trial = z + t * d);
            let loss = self.losses.set(&self.trial);
            self.evaluations += 1;
            let along: Vec<f64> = if t < 1.0 {
                before.iter().zip(&self.moved).map(|(old, new)| old + t * (new - old)).collect()
            } else {
                self.moved.clone()
            };
            let rise = (loss - self.loss) + self.penalty.rise(&before, &along);
            if rise <= DECREASE * t * slope + ROUNDING * start {
                for (j, w) in self.members.iter().zip(along.chunks_exact(k)) {
                    self.beta[j * k..(j + 1) * k].copy_from_slice(w);
                }
                let p = self.passes.design.ncols();
                self.beta[p * k..].iter_mut().zip(change).for_each(|(b, c)| *b += t * c);
                std::mem::swap(&mut self.z, &mut self.trial);
                self.loss = loss;
                self.steps += 1;
                return Step::Made(promised);
            }
            t *= 0.5;
        }
        self.loss = self.losses.set(&self.z);
        Step::Hidden
    }

    /// Sweeps over the working set, most of them over its columns that are not 0.
    fn sweeps(&mut self) {
        let k = self.rows.k;
        let forcing = if k == 1 { FORCING.0 } else { FORCING.1 };
        let all: Vec<usize> = (0..self.members.len()).collect();
        let mut total = self.sweep(&all);
        let mut count = 1;
        while count < SWEEPS {
            let at = |slot: &usize| self.moved[slot * k..(slot + 1) * k].iter().any(|w| *w != 0.0);
            let active: Vec<usize> = all.iter().copied().filter(at).collect();
            while count < SWEEPS {
                let fall = self.sweep(&active);
                (total, count) = (total + fall, count + 1);
                if fall <= forcing * total {
                    break;
                }
            }
            if active.len() == all.len() {
                break;
            }
            let fall = self.sweep(&all);
            (total, count) = (total + fall, count + 1);
            if fall <= forcing * total {
                break;
            }
        }
    }

    /// One sweep; returns by how much the model falls, at least.
    fn sweep(&mut self, slots: &[usize]) -> f64 {
        let (k, Penalty { l1, l2 }) = (self.losses.classes(), self.penalty);
        let mut fall = self.losses.step_intercepts();
        let (mut delta, mut new) = (vec![0.0; k], vec![0.0; k]);
        for slot in slots.iter().copied() {
            let column = self.columns.get(slot);
            self.losses.derivative(column, slot, &mut delta);
            let u = &mut self.moved[slot * k..(slot + 1) * k];
            for (((new, v), u), a) in
                new.iter_mut().zip(&delta).zip(u.iter()).zip(self.losses.curvature(slot))
            {
                // A column without curvature has no derivative either.
                *new = if *a + l2 > 0.0 { soft(a * u - v, l1) / (a + l2) } else { *u };
            }
            if new.iter().zip(u.iter()).all(|(new, u)| new == u) {
                continue;
            }
            let curvature = self.losses.curvature(slot);
            for (((d, new), u), a) in delta.iter_mut().zip(&new).zip(u.iter()).zip(curvature) {
                *d = new - u;
                fall += 0.5 * (a + l2) * *d * *d;
            }
            self.losses.step(column, slot, &delta);
            let common = if k > 1 { self.penalty.common(&new) } else { 0.0 };
            u.iter_mut().zip(&new).for_each(|(u, new)| *u = new - common);
        }
        fall
    }
}

impl<F: Float> Passes<'_, '_, F> {
    /// Aᵀr for residuals of rows × k.
    fn back(&mut self, r: &[f64], k: usize, gradient: &mut [f64]) {
        let (design, chunk) = (self.design, self.chunk);
        Part::sum_gradients(self.parts, design, chunk, k, gradient, |at, block, out| {
            block.add_gradient(&r[at.start * k..at.end * k], k, design.ncols(), out);
        });
        design.centre_gradient(gradient, k);
    }
}
