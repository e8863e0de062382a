//! Minimisation of smooth functions: [`lbfgs`] when there are gradients, [`newton`] when there are second
//! derivatives too, [`truncated_newton`] when these can only be multiplied with vectors, and [`bounded`] for few variables
//! within bounds.
//!
//! ```text
//! x ← x + t d      d = −H⁻¹ ∇f(x)      H: exact (Newton, or nearly so), or from the last steps (L-BFGS)      t: line search
//! ```
//!
//! An [`Objective`] gives value and gradient in one call, because both come from one pass over the data;
//! [`Curved`] adds the second derivatives to the same pass. [`Stop`] says when to stop: a bound on the
//! gradient, and one on what there is still to gain, ½ ∇f(x)ᵀH⁻¹∇f(x), which no scaling of the variables changes.
//! The [`Outcome`] says what was reached and why the run ended; nothing fails, and nothing loops for ever.
//!
//! Beside them, [`pool`] finds the closest rising steps. All methods are deterministic. Their buffers are allocated once per run, for Newton's method also one
//! matrix per factorisation.

mod bounded;
mod lbfgs;
mod line_search;
mod newton;
mod pool;
mod truncated;

pub use bounded::bounded;
pub use lbfgs::lbfgs;
pub use newton::{newton, positive_definite};
pub use pool::{Block, pool};
pub use truncated::{HessianProducts, truncated_newton};

use ndarray::ArrayViewMut2;

/// A function to be minimised.
pub trait Objective {
    /// Returns f(x) and writes ∇f(x) into `gradient`.
    fn gradient(&mut self, x: &[f64], gradient: &mut [f64]) -> f64;

    /// v ← M⁻¹v, where M is positive definite, near ∇²f up to a factor, and the same during a run.
    /// Returns false, and leaves `v`, where there is no such M.
    fn precondition(&mut self, _v: &mut [f64]) -> bool {
        false
    }

    /// The size of a gradient that [`Stop::gradient`] bounds: max |∂f/∂xⱼ|, unless the variables here are
    /// not those in which the bound is promised.
    fn gradient_norm(&self, gradient: &[f64]) -> f64 {
        max_abs(gradient)
    }
}

/// A function whose second derivatives are known.
pub trait Curved: Objective {
    /// As [`Objective::gradient`], and writes ∇²f(x) into `hessian`, of which the lower triangle is read.
    fn hessian(&mut self, x: &[f64], gradient: &mut [f64], hessian: ArrayViewMut2<'_, f64>) -> f64;
}

/// When to stop.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stop {
    /// Converged when the size of the gradient is at most this …
    pub gradient: f64,
    /// … and the expected decrease of f is at most this share of |f|.
    pub decrease: f64,
    /// The function has no minimum worth the name once it falls below this value.
    pub floor: f64,
    /// Iterations that may be made.
    pub iterations: usize,
}
impl Default for Stop {
    fn default() -> Self {
        Self { gradient: 1e-6, decrease: 1e-10, floor: f64::NEG_INFINITY, iterations: 100 }
    }
}

/// Why a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// Both bounds of [`Stop`] hold.
    Converged,
    /// No step lowers f any more in working precision, though the bounds do not hold.
    Precision,
    /// All iterations were made.
    Iterations,
    /// f fell below [`Stop::floor`].
    Floor,
    /// f or its gradient is not finite at the start.
    NonFinite,
}

/// What a run reached.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// The last point.
    pub x: Vec<f64>,
    /// f there.
    pub value: f64,
    /// The size of its gradient, as [`Objective::gradient_norm`] says.
    pub gradient_norm: f64,
    /// The decrease of f that one more step was expected to bring.
    pub decrease: f64,
    /// Steps made.
    pub iterations: usize,
    /// Values and gradients computed.
    pub evaluations: usize,
    /// Why the run ended.
    pub reason: Reason,
}
impl Outcome {
    /// Whether both bounds of [`Stop`] hold.
    pub fn converged(&self) -> bool {
        self.reason == Reason::Converged
    }
}

/// A run under way: the point, and the one that is being tried.
struct Run<'a, O> {
    objective: &'a mut O,
    stop: Stop,
    x: Vec<f64>,
    value: f64,
    gradient: Vec<f64>,
    direction: Vec<f64>,
    trial: Vec<f64>,
    trial_gradient: Vec<f64>,
    start_value: f64,
    decrease: f64,
    iterations: usize,
    evaluations: usize,
}

impl<'a, O: Objective> Run<'a, O> {
    /// A run at its first point; the caller evaluates it.
    fn new(objective: &'a mut O, x: Vec<f64>, stop: Stop) -> Self {
        let zeros = || vec![0.0; x.len()];
        let (gradient, direction, trial, trial_gradient) = (zeros(), zeros(), zeros(), zeros());
        let nan = f64::NAN;
        Self {
            objective,
            stop,
            x,
            value: nan,
            gradient,
            direction,
            trial,
            trial_gradient,
            start_value: nan,
            decrease: nan,
            iterations: 0,
            evaluations: 0,
        }
    }

    /// Takes the value at the first point.
    fn started(&mut self, value: f64) -> Result<(), Reason> {
        (self.value, self.start_value) = (value, value);
        self.evaluations = 1;
        let finite = value.is_finite() && self.gradient.iter().all(|g| g.is_finite());
        if finite { Ok(()) } else { Err(Reason::NonFinite) }
    }

    /// ∇fᵀd
    fn slope(&self) -> f64 {
        dot(&self.gradient, &self.direction)
    }

    /// The expected decrease that counts as none; at rounding level where f itself falls to 0.
    fn negligible(&self) -> f64 {
        (self.stop.decrease * self.value.abs()).max(f64::EPSILON * self.start_value.abs())
    }

    /// Whether to end here, given that the next step is expected to lower f by `decrease`.
    fn ended(&mut self, decrease: f64) -> Option<Reason> {
        self.decrease = decrease;
        if self.value < self.stop.floor {
            Some(Reason::Floor)
        } else if decrease <= self.negligible()
            && self.objective.gradient_norm(&self.gradient) <= self.stop.gradient
        {
            Some(Reason::Converged)
        } else if self.iterations >= self.stop.iterations {
            Some(Reason::Iterations)
        } else {
            None
        }
    }

    /// Goes to a point on x + t d, t near `first`, that satisfies the Wolfe conditions; false if there is none.
    /// `evaluate` is told whether it sees the first trial.
    fn step(
        &mut self,
        first: f64,
        mut evaluate: impl FnMut(&mut O, &[f64], &mut [f64], bool) -> f64,
    ) -> bool {
        let (start, mut trials) = (self.slope(), 0);
        let found = line_search::search(self.value, start, first, |t| {
            for ((trial, x), d) in self.trial.iter_mut().zip(&self.x).zip(&self.direction) {
                *trial = t.mul_add(*d, *x);
            }
            trials += 1;
            let value = evaluate(self.objective, &self.trial, &mut self.trial_gradient, trials == 1);
            (value, dot(&self.trial_gradient, &self.direction))
        });
        self.evaluations += trials;
        let Some(value) = found else { return false };
        std::mem::swap(&mut self.x, &mut self.trial);
        std::mem::swap(&mut self.gradient, &mut self.trial_gradient);
        self.value = value;
        self.iterations += 1;
        true
    }

    fn end(self, reason: Reason) -> Outcome {
        let gradient_norm = self.objective.gradient_norm(&self.gradient);
        let Self { x, value, decrease, iterations, evaluations, .. } = self;
        Outcome { x, value, gradient_norm, decrease, iterations, evaluations, reason }
    }
}

fn max_abs(v: &[f64]) -> f64 {
    v.iter().fold(0.0, |max, v| if v.abs() <= max { max } else { v.abs() })
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    estimand_kernels::dot(a, b)
}

#[cfg(test)]
mod tests;
