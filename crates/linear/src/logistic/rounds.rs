//! How a smooth objective is brought to its minimum: L-BFGS in rounds, Newton's method, or one after the other.

use estimand_optim::{Curved, Outcome, Reason, Stop, lbfgs, newton};

/// Variables up to which Newton's method finishes what is ill-conditioned: its Hessian costs little then.
pub(crate) const SMALL: usize = 300;
/// Columns beyond which factors of q × q cost more than they save; those of sparse records are formed from rows
/// written out, which costs more.
pub(crate) const WIDE: usize = 1_000;
pub(crate) const WIDE_SPARSE: usize = 64;
/// Variables whose Hessian still fits a usual memory: 3 GB.
pub(crate) const MOST: usize = 20_000;

/// Who does which steps.
pub(crate) struct Rounds {
    pub(crate) by_newton: bool,
    /// Steps of L-BFGS after which the metric is taken anew, at the point reached.
    pub(crate) steps: usize,
    /// Steps of L-BFGS after which Newton's method takes over.
    pub(crate) patience: usize,
}

impl Rounds {
    /// The minimum, from `start`, and the method in words; `measure` takes the metric at a point.
    pub(crate) fn minimise<P: Curved>(
        &self,
        problem: &mut P,
        start: Vec<f64>,
        stop: Stop,
        measure: impl Fn(&mut P, &[f64]),
    ) -> (Outcome, &'static str) {
        if self.by_newton {
            return (newton(problem, start, stop), "Newton–Cholesky");
        }
        let (mut x, mut done) = (start, 0);
        loop {
            let rest = |most: usize| Stop { iterations: most.min(stop.iterations - done), ..stop };
            let mut outcome = lbfgs(problem, x, rest(self.steps));
            outcome.iterations += done;
            if outcome.reason != Reason::Iterations || outcome.iterations >= stop.iterations {
                return (outcome, "L-BFGS");
            }
            (x, done) = (outcome.x, outcome.iterations);
            if done >= self.patience {
                let mut outcome = newton(problem, x, Stop { iterations: stop.iterations - done, ..stop });
                outcome.iterations += done;
                return (outcome, "L-BFGS, then Newton–Cholesky");
            }
            measure(problem, &x);
        }
    }
}
