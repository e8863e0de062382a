//! L-BFGS: quasi-Newton directions from the last few steps, optionally preconditioned.
//!
//! ```text
//! sₖ = xₖ₊₁ − xₖ     yₖ = ∇fₖ₊₁ − ∇fₖ     ρₖ = 1 / sₖᵀyₖ
//! d = −H⁻¹∇f by the two-loop recursion, started from γ M⁻¹, γ = sᵀy / yᵀM⁻¹y of the last step
//! ```
//!
//! Costs 4 · memory · n and one M⁻¹v per iteration beside the evaluations.
//!
//! References: \[Nocedal80\], \[LiuNocedal89\].

use crate::{Objective, Outcome, Reason, Run, Stop, dot};

/// Steps that are remembered.
const MEMORY: usize = 10;

/// Minimises from `x` with gradients alone.
///
/// ```
/// use estimand_optim::{Objective, Stop, lbfgs};
///
/// /// ½ ‖x − (1, 2)‖²
/// struct Distance;
/// impl Objective for Distance {
///     fn gradient(&mut self, x: &[f64], gradient: &mut [f64]) -> f64 {
///         gradient.copy_from_slice(&[x[0] - 1.0, x[1] - 2.0]);
///         gradient.iter().map(|g| 0.5 * g * g).sum()
///     }
/// }
/// let found = lbfgs(&mut Distance, vec![0.0; 2], Stop::default());
/// assert!(found.converged() && (found.x[1] - 2.0).abs() < 1e-6);
/// ```
pub fn lbfgs<O: Objective>(objective: &mut O, x: Vec<f64>, stop: Stop) -> Outcome {
    let mut memory = Memory::new(x.len());
    let mut run = Run::new(objective, x, stop);
    let value = run.objective.gradient(&run.x, &mut run.gradient);
    if let Err(reason) = run.started(value) {
        return run.end(reason);
    }
    loop {
        let preconditioned = memory.direction(&mut run);
        if run.slope() >= 0.0 && memory.count > 0 {
            // Rounding has spoilt what the steps say: begin again from here.
            memory.count = 0;
            continue;
        }
        if let Some(reason) = run.ended(-0.5 * run.slope()) {
            return run.end(reason);
        }
        // The first direction has the length of the gradient, which says nothing unless preconditioned.
        let first = if memory.count > 0 || preconditioned {
            1.0
        } else {
            (1.0 / dot(&run.gradient, &run.gradient).sqrt()).min(1.0)
        };
        if run.step(first, |objective, x, gradient, _| objective.gradient(x, gradient)) {
            memory.remember(&mut run);
        } else if memory.count > 0 {
            memory.count = 0;
        } else {
            return run.end(Reason::Precision);
        }
    }
}

/// The last steps, in a ring.
struct Memory {
    s: Vec<Vec<f64>>,
    y: Vec<Vec<f64>>,
    rho: [f64; MEMORY],
    alpha: [f64; MEMORY],
    scaled: Vec<f64>,
    gamma: f64,
    count: usize,
    next: usize,
}

impl Memory {
    fn new(n: usize) -> Self {
        let ring = || vec![vec![0.0; n]; MEMORY];
        Self {
            s: ring(),
            y: ring(),
            rho: [0.0; MEMORY],
            alpha: [0.0; MEMORY],
            scaled: vec![0.0; n],
            gamma: 1.0,
            count: 0,
            next: 0,
        }
    }

    /// The places of the remembered steps, from the oldest.
    fn places(&self) -> impl DoubleEndedIterator<Item = usize> + use<> {
        let oldest = self.next + MEMORY - self.count;
        (oldest..self.next + MEMORY).map(|i| i % MEMORY)
    }

    /// d ← −H⁻¹∇f; says whether there is a preconditioner.
    fn direction<O: Objective>(&mut self, run: &mut Run<'_, O>) -> bool {
        let d = &mut run.direction;
        d.copy_from_slice(&run.gradient);
        for i in self.places().rev() {
            self.alpha[i] = self.rho[i] * dot(&self.s[i], d);
            estimand_kernels::axpy(-self.alpha[i], &self.y[i], d);
        }
        let preconditioned = run.objective.precondition(d);
        let gamma = if self.count > 0 { self.gamma } else { 1.0 };
        d.iter_mut().for_each(|d| *d *= -gamma);
        for i in self.places() {
            let beta = self.rho[i] * dot(&self.y[i], d);
            estimand_kernels::axpy(-self.alpha[i] - beta, &self.s[i], d);
        }
        preconditioned
    }

    /// Adds the step just made: `run` still has the point before it as its trial.
    fn remember<O: Objective>(&mut self, run: &mut Run<'_, O>) {
        let i = self.next;
        difference(&run.x, &run.trial, &mut self.s[i]);
        difference(&run.gradient, &run.trial_gradient, &mut self.y[i]);
        let sy = dot(&self.s[i], &self.y[i]);
        self.scaled.copy_from_slice(&self.y[i]);
        run.objective.precondition(&mut self.scaled);
        let yy = dot(&self.y[i], &self.scaled);
        // The line search makes sᵀy positive; a step at the edge of rounding is not worth remembering.
        if sy > f64::EPSILON * yy && yy > 0.0 {
            (self.rho[i], self.gamma) = (1.0 / sy, sy / yy);
            self.next = (self.next + 1) % MEMORY;
            self.count = (self.count + 1).min(MEMORY);
        }
    }
}

fn difference(a: &[f64], b: &[f64], out: &mut [f64]) {
    out.iter_mut().zip(a).zip(b).for_each(|((out, a), b)| *out = a - b);
}
