//! An estimator under examination, and the suite of checks that examines it.

use crate::checks;
use crate::data::{Problem, in_domain};
use estimand_core::{Capabilities, Describe, Records, Result};
use ndarray::{Array1, Array2, ArrayView1};
use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// What a check says: nothing, or what is wrong.
pub type Outcome = std::result::Result<(), String>;

/// What an estimator learns from; each kind of estimator takes the target it needs.
#[derive(Clone, Copy, Debug)]
pub struct Train<'a, F> {
    /// Records.
    pub x: Records<'a, F>,
    /// The numeric target.
    pub y: ArrayView1<'a, F>,
    /// The class labels.
    pub labels: ArrayView1<'a, usize>,
    /// Sample weights.
    pub weights: Option<ArrayView1<'a, F>>,
    /// Groups of rows.
    pub groups: Option<ArrayView1<'a, usize>>,
}

impl<'a> Train<'a, f64> {
    /// All of a problem, without weights.
    pub fn of(problem: &'a Problem) -> Self {
        Self {
            x: (&problem.x).into(),
            y: problem.y.view(),
            labels: problem.labels.view(),
            weights: None,
            groups: None,
        }
    }

    /// The same with other records.
    #[must_use]
    pub fn with_x(self, x: impl Into<Records<'a, f64>>) -> Self {
        Self { x: x.into(), ..self }
    }

    /// The same with weights.
    #[must_use]
    pub fn with_weights(self, weights: &'a Array1<f64>) -> Self {
        Self { weights: Some(weights.view()), ..self }
    }
}

/// Fits on the first argument and answers for the second: predictions (one column per output),
/// decision values, or transformed records.
pub type Answer<F> = Box<dyn Fn(Train<'_, F>, Records<'_, F>) -> Result<Array2<f64>> + Send + Sync>;

/// What kind of estimator it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Learns numbers.
    Regressor,
    /// Learns labels.
    Classifier,
    /// Turns records into records, whatever the target.
    Transformer,
}

/// An estimator reduced to its answers.
pub struct Subject {
    /// Its name.
    pub name: String,
    /// Its kind.
    pub kind: Kind,
    /// What it says it can take.
    pub capabilities: Capabilities,
    /// Rows of the problem on which numbers of threads are compared.
    pub rows: usize,
    /// Its answers in double precision.
    pub answer: Answer<f64>,
    /// Its answers in single precision.
    pub answer_f32: Answer<f32>,
}

impl Subject {
    /// What it answers for the records it has learnt from.
    pub fn answer_itself(&self, train: Train<'_, f64>) -> Result<Array2<f64>> {
        (self.answer)(train, train.x)
    }
}

/// A check of its own for each estimator.
type Check = Box<dyn Fn(&Subject) -> Outcome>;

/// The checks of one estimator. Built by [`regressor`](crate::regressor), [`classifier`](crate::classifier) or
/// [`transformer`](crate::transformer), extended by what it can do, and [`run`](Suite::run).
#[must_use = "a suite checks nothing until it is run"]
pub struct Suite<E> {
    pub(crate) estimator: E,
    plan: Plan,
}

/// What a suite does: compiled once, not for every estimator.
struct Plan {
    subject: Subject,
    domain: fn(f64) -> f64,
    checks: Vec<(&'static str, Check)>,
    exceptions: Vec<(&'static str, &'static str)>,
}

impl<E: Describe> Suite<E> {
    pub(crate) fn new(estimator: E, kind: Kind, answer: Answer<f64>, answer_f32: Answer<f32>) -> Self {
        let plan = Plan::new(&estimator, kind, answer, answer_f32);
        Self { estimator, plan }
    }

    pub(crate) fn add(&mut self, name: &'static str, check: impl Fn(&Subject) -> Outcome + 'static) {
        self.plan.checks.push((name, Box::new(check)));
    }

    /// Compares numbers of threads on so many rows: for estimators whose cost grows faster than the rows. There
    /// should be enough to cut every parallel step into several chunks.
    pub fn rows(mut self, rows: usize) -> Self {
        self.plan.subject.rows = rows;
        self
    }

    /// The estimator reads values of a certain kind only, such as counts: `map` makes them of any numbers. It should
    /// leave 0, NaN and infinities as they are.
    pub fn records(mut self, map: fn(f64) -> f64) -> Self {
        self.plan.domain = map;
        self
    }

    /// Declares that a check does not hold, and why.
    pub fn except(mut self, check: &'static str, reason: &'static str) -> Self {
        self.plan.exceptions.push((check, reason));
        self
    }

    /// The names of the checks that fail, with what is wrong; and exceptions that are not needed.
    pub fn failures(&self) -> Vec<(&'static str, String)> {
        self.plan.failures()
    }

    /// The names of all checks of this suite.
    pub fn names(&self) -> Vec<&'static str> {
        self.plan.checks.iter().map(|(name, _)| *name).collect()
    }

    /// Runs every check.
    ///
    /// # Panics
    /// If any fails: the suite is meant for tests.
    pub fn run(self) {
        self.plan.run(&self.estimator);
    }
}

impl Plan {
    fn new(estimator: &dyn Describe, kind: Kind, answer: Answer<f64>, answer_f32: Answer<f32>) -> Self {
        let subject = Subject {
            name: estimator.name(),
            kind,
            capabilities: estimator.capabilities(),
            rows: 20_000,
            answer,
            answer_f32,
        };
        let checks = checks::COMMON.iter().map(|(name, check)| (*name, Box::new(check) as Check)).collect();
        Self { subject, domain: |v| v, checks, exceptions: Vec::new() }
    }

    fn failures(&self) -> Vec<(&'static str, String)> {
        let mut failures = Vec::new();
        for (name, check) in &self.checks {
            let excepted = self.exceptions.iter().any(|(e, _)| e == name);
            let outcome = in_domain(self.domain, || catch_unwind(AssertUnwindSafe(|| check(&self.subject))));
            match (outcome.unwrap_or_else(|panic| Err(panicked(panic.as_ref()))), excepted) {
                (Err(what), false) => failures.push((*name, what)),
                (Ok(()), true) => failures.push((*name, "passes, though it is declared an exception".into())),
                _ => {}
            }
        }
        for (name, _) in &self.exceptions {
            if !self.checks.iter().any(|(check, _)| check == name) {
                failures.push((*name, "is an exception to a check that does not exist".into()));
            }
        }
        failures
    }

    #[allow(clippy::panic, reason = "how a test fails")]
    fn run(&self, estimator: &dyn Describe) {
        let failures = self.failures();
        if !failures.is_empty() {
            let lines: Vec<String> =
                failures.iter().map(|(name, what)| format!("  {name}: {what}")).collect();
            panic!(
                "{} fails {} of {} checks:\n{}",
                described(estimator),
                failures.len(),
                self.checks.len(),
                lines.join("\n")
            );
        }
    }
}

/// The estimator's name, and the parameters that are not at their defaults.
fn described(estimator: &dyn Describe) -> String {
    let changed = estimator.parameters().into_iter().filter(|p| !p.default.ends_with(&p.value));
    let list: Vec<String> = changed.map(|p| format!("{} = {}", p.name, p.value)).collect();
    if list.is_empty() { estimator.name() } else { format!("{}({})", estimator.name(), list.join(", ")) }
}

fn panicked(panic: &(dyn Any + Send)) -> String {
    let message = panic.downcast_ref::<&str>().map(ToString::to_string);
    let message = message.or_else(|| panic.downcast_ref::<String>().cloned());
    format!("panics: {}", message.unwrap_or_default())
}
