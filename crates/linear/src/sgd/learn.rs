//! Epochs, and when to stop: steps 1 to 4 of the statement.

use super::order::shuffled;
use super::plan::{LearningRate, Plan};
use estimand_core::random::shuffle;
use estimand_core::{Error, Float, MatrixView, Records, Report, Result, Seed};
use estimand_kernels::{self as kernels, SgdPass, SgdRows, SgdSeen, SgdState};
use ndarray::ArrayView1;

/// How early stopping judges: both larger for better.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Score {
    /// The share of rows whose score has the sign of the target.
    Accuracy,
    /// R²
    RSquared,
}

/// The rows that learn, those that are kept back, and the weight of each.
#[derive(Debug)]
pub(super) struct Split {
    pub(super) train: Vec<u32>,
    pub(super) held: Vec<u32>,
    weights: Option<Vec<f64>>,
}

/// Stream of the rows that are kept back; those of epochs count from 0.
const SPLIT_STREAM: u64 = u64::MAX;

impl Split {
    /// All rows of positive weight learn, with their weights as they are.
    pub(super) fn batch<F: Float>(n: usize, weights: Option<ArrayView1<'_, F>>) -> Result<Self> {
        let rows = u32::try_from(n).map_err(|_| {
            Error::unsupported(
                "stochastic gradient descent",
                "more than 4294967295 rows at once; learn in batches",
            )
        })?;
        let weights: Option<Vec<f64>> = weights.map(|w| w.iter().map(|w| w.f64()).collect());
        let train = match &weights {
            Some(w) => (0..rows).filter(|i| w[*i as usize] > 0.0).collect(),
            None => (0..rows).collect(),
        };
        Ok(Self { train, held: Vec::new(), weights })
    }

    /// Rows of positive weight, a part of each group of them kept back where the plan wants that; weights are
    /// divided by their mean.
    pub(super) fn new<F: Float>(
        plan: &Plan,
        n: usize,
        weights: Option<ArrayView1<'_, F>>,
        groups: usize,
        group: impl Fn(u32) -> usize,
    ) -> Result<Self> {
        let mut split = Self::batch(n, weights)?;
        if plan.early_stopping {
            let mut members = vec![Vec::new(); groups];
            split.train.iter().for_each(|row| members[group(*row)].push(*row));
            split.train.clear();
            let mut stream = Seed(plan.seed).stream(SPLIT_STREAM);
            for mut rows in members {
                shuffle(&mut rows, &mut stream);
                let kept = (plan.validation_fraction * rows.len() as f64).round() as usize;
                let kept = kept.clamp(1.min(rows.len() / 2), rows.len().saturating_sub(1));
                split.held.extend(rows.drain(..kept));
                split.train.extend(rows);
            }
            split.train.sort_unstable();
            if split.held.is_empty() {
                return Err(Error::target(
                    "early stopping needs at least two rows, one of them to keep back",
                ));
            }
        }
        let total = split.total();
        if let Some(w) = &mut split.weights {
            let mean = total / split.train.len() as f64;
            w.iter_mut().for_each(|w| *w /= mean);
        }
        Ok(split)
    }

    fn weight(&self, row: u32) -> f64 {
        self.weights.as_ref().map_or(1.0, |w| w[row as usize])
    }

    /// Σ ω of the rows that learn.
    fn total(&self) -> f64 {
        self.train.iter().map(|row| self.weight(*row)).sum()
    }
}

/// How the epochs of a problem went.
#[derive(Clone, Copy, Debug)]
pub(super) struct Run {
    pub(super) epochs: usize,
    pub(super) converged: bool,
    /// Whether steps grew without bound to the end.
    pub(super) steep: bool,
    /// (1) as it was met in the last epoch, where it was summed up.
    pub(super) objective: Option<f64>,
}

/// The report of all problems of a fit together.
pub(super) fn report(plan: &Plan, runs: &[Run]) -> Report {
    let steep = runs.iter().any(|run| run.steep);
    let epochs = runs.iter().map(|run| run.epochs).max().unwrap_or_default();
    let mut report = Report::iterative(SOLVER, epochs, !steep && runs.iter().all(|run| run.converged));
    report.objective = runs.iter().map(|run| run.objective).sum();
    if steep {
        report = report.note("the steps grew without bound; scale the columns, or take shorter steps");
    }
    report.warn_unless_converged(plan.estimator, "raise `max_iter` or `tol`, or scale the columns")
}

/// What reports call the method.
pub(super) const SOLVER: &str = "stochastic gradient descent";

/// Calls `f` with the rows of `x` as the kernel reads them.
pub(super) fn with_rows<F: Float, R>(x: Records<'_, F>, f: impl FnOnce(SgdRows<'_, F>) -> R) -> R {
    match x.values() {
        MatrixView::Dense(x) => {
            let x = x.as_standard_layout();
            f(SgdRows::Dense(x.as_slice().unwrap_or_default()))
        }
        MatrixView::Sparse(x) => f(SgdRows::Sparse(x)),
    }
}

/// Step 1's last resort: the value that spoilt the fit, or that steps went too far.
pub(super) fn diverged<F: Float>(plan: &Plan, x: Records<'_, F>) -> Error {
    x.check_finite().err().unwrap_or_else(|| {
        Error::numerical(format!(
            "the steps of {} left the range of numbers; scale the columns, or take shorter steps",
            plan.estimator
        ))
    })
}

/// A problem: the same records for all classes, targets of its own.
#[derive(Clone, Copy)]
pub(super) struct Task<'a, F> {
    pub(super) plan: &'a Plan,
    pub(super) x: SgdRows<'a, F>,
    pub(super) y: &'a [f64],
    pub(super) split: &'a Split,
}

/// A step for each row, in an order of its own for each epoch. Nothing where a number left its range.
fn pass<F: Float>(
    task: &Task<'_, F>,
    measure: bool,
    order: &mut Vec<u32>,
    state: &mut SgdState,
    epoch: usize,
) -> Option<SgdSeen> {
    let Task { plan, x, y, split } = *task;
    let order = if plan.shuffle {
        shuffled(&split.train, state.coef.len(), &mut Seed(plan.seed).stream(epoch as u64), order);
        &order[..]
    } else {
        &split.train
    };
    let weights = split.weights.as_deref();
    let seen = kernels::sgd_pass(&SgdPass { x, y, weights, order, rule: plan.rule(measure) }, state);
    (seen.finite && finite(state)).then_some(seen)
}

/// One more epoch, on a batch.
pub(super) fn learn_batch<F: Float>(task: &Task<'_, F>, state: &SgdState, epoch: usize) -> Option<SgdState> {
    let mut state = state.clone();
    pass(task, false, &mut Vec::new(), &mut state, epoch)?;
    Some(state)
}

/// Steps 3 and 4.
pub(super) fn learn<F: Float>(task: &Task<'_, F>, mut state: SgdState) -> Option<(SgdState, Run)> {
    let Task { plan, split, .. } = *task;
    let (mut order, total) = (Vec::new(), split.total());
    let measured = plan.tol.is_some() && !plan.early_stopping;
    let (mut least, mut best, mut stale) = (f64::INFINITY, None, 0);
    // Without a tolerance there is no rule that could not be met.
    let mut run = Run { epochs: plan.max_iter, converged: plan.tol.is_none(), steep: false, objective: None };
    for epoch in 0..plan.max_iter {
        let seen = pass(task, measured, &mut order, &mut state, epoch)?;
        run.steep = seen.steep;
        let reached = if plan.early_stopping {
            -score(task, &state)?
        } else if measured {
            let reached = seen.loss / total + penalty(plan, &state);
            run.objective = Some(reached);
            reached
        } else {
            continue;
        };
        stale = if plan.tol.is_some_and(|tol| reached > least - tol) { stale + 1 } else { 0 };
        if reached < least {
            least = reached;
            best = plan.early_stopping.then(|| state.clone());
        }
        if stale >= plan.n_iter_no_change {
            if plan.learning_rate == LearningRate::Adaptive && state.rate > 1e-6 {
                state.rate /= 5.0;
                stale = 0;
            } else {
                (run.epochs, run.converged) = (epoch + 1, true);
                break;
            }
        }
    }
    Some((best.unwrap_or(state), run))
}

/// α R(w), and for one class νb; passive-aggressive steps have no such objective.
fn penalty(plan: &Plan, state: &SgdState) -> f64 {
    if matches!(plan.learning_rate, LearningRate::Pa1 | LearningRate::Pa2) {
        return 0.0;
    }
    let (l2, l1) = plan.strengths();
    let absolute: f64 = if l1 > 0.0 { state.coef.iter().map(|w| w.abs()).sum() } else { 0.0 };
    0.5 * l2 * kernels::sum_squares(&state.coef) + l1 * absolute + plan.drift * state.intercept
}

/// Whether all that learning goes on from is finite.
pub(super) fn finite(state: &SgdState) -> bool {
    let SgdState { coef, mean_coef, received, intercept, mean_intercept, rate, penalty, .. } = state;
    [coef, mean_coef, received].into_iter().all(|v| kernels::all_finite(v))
        && [intercept, mean_intercept, rate, penalty].into_iter().all(|v| v.is_finite())
}

/// The score of the rows that were kept back; nothing where one of theirs is not finite.
fn score<F: Float>(task: &Task<'_, F>, state: &SgdState) -> Option<f64> {
    let Task { plan, x, y, split } = *task;
    let (w, b) = plan.answer(state);
    let p = w.len();
    let z = |row: usize| -> f64 {
        b + match x {
            SgdRows::Dense(x) => x[row * p..][..p].iter().zip(w).map(|(x, w)| x.f64() * w).sum::<f64>(),
            SgdRows::Sparse(x) => x.row(row).iter().map(|(j, x)| x.f64() * w[j]).sum(),
        }
    };
    let (mut right, mut squares, mut total, mut mean) = (0.0, 0.0, 0.0, 0.0);
    for row in &split.held {
        let (z, y, weight) = (z(*row as usize), y[*row as usize], split.weight(*row));
        if !z.is_finite() {
            return None;
        }
        right += weight * f64::from((z > 0.0) == (y > 0.0));
        squares += weight * (z - y).powi(2);
        total += weight;
        mean += weight * y;
    }
    Some(match plan.score {
        Score::Accuracy => right / total,
        Score::RSquared => {
            let spread = |row: &u32| split.weight(*row) * (y[*row as usize] - mean / total).powi(2);
            let spread: f64 = split.held.iter().map(spread).sum();
            if spread > 0.0 { 1.0 - squares / spread } else { -squares }
        }
    })
}
