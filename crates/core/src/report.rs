//! What a person wants to know about a fit, apart from what predicting needs.

use serde::{Deserialize, Serialize};
use std::fmt;

/// How a fit went: which solver ran, how long, and whether it reached its tolerance.
///
/// Not converging is not an error: it is said here, and logged once as a warning.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// The solver that ran, in words.
    pub solver: String,
    /// Iterations made; 1 for direct solvers.
    pub iterations: usize,
    /// Whether the stopping rule was met before the iteration limit.
    pub converged: bool,
    /// The objective at the solution, where the solver minimises one.
    pub objective: Option<f64>,
    /// Anything else worth knowing: rank deficiency, fall-backs taken, constant columns, ….
    pub notes: Vec<String>,
}

impl Report {
    /// The report of a direct solver.
    pub fn direct(solver: impl Into<String>) -> Self {
        Self { solver: solver.into(), iterations: 1, converged: true, objective: None, notes: Vec::new() }
    }

    /// The report of an iterative solver.
    pub fn iterative(solver: impl Into<String>, iterations: usize, converged: bool) -> Self {
        Self { solver: solver.into(), iterations, converged, objective: None, notes: Vec::new() }
    }

    /// The same with the objective reached.
    #[must_use]
    pub fn objective(mut self, value: f64) -> Self {
        self.objective = Some(value);
        self
    }

    /// The same with one more note.
    #[must_use]
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.notes.push(note.into());
        self
    }

    /// Logs a warning if the solver stopped early; called once, at the end of a fit.
    #[must_use]
    pub fn warn_unless_converged(self, estimator: &str, advice: &str) -> Self {
        if !self.converged {
            log::warn!(
                "{estimator} ({}) stopped after {} iterations without converging; {advice}",
                self.solver,
                self.iterations
            );
        }
        self
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = if self.converged { "converged" } else { "NOT converged" };
        write!(
            f,
            "{}: {state} after {} iteration{}",
            self.solver,
            self.iterations,
            if self.iterations == 1 { "" } else { "s" }
        )?;
        if let Some(objective) = self.objective {
            write!(f, ", objective {objective:.6e}")?;
        }
        self.notes.iter().try_for_each(|note| write!(f, "\n  {note}"))
    }
}
