//! From settings to the minimum: what is solved first, with which method, and when it is done.
//!
//! 1. Where a sample of the rows is worth while (`sample`), minimise its objective, to within its own sampling error:
//!    L-BFGS in the metric of equal probabilities, and again in the metric at the point thus reached.
//! 2. Minimise the objective of all rows from there: by L-BFGS in the sample's metric, or by Newton's method. Where
//!    there is no sample, the metric is that of equal probabilities. What takes long gets a new one on the way.

use super::metric::{Metric, take_off_mean};
use super::problem::{Problem, Second};
use super::prox::{self, Penalty, Until};
use super::rounds::{MOST, Rounds, SMALL, WIDE, WIDE_SPARSE};
use super::sample::Sample;
use super::{LogisticRegression, LogisticSolver, sample};
use crate::scores::Start;
use estimand_core::records::MatrixView;
use estimand_core::{Codes, Error, Float, Records, Report, Result};
use estimand_optim::{Objective, Outcome, Reason, Stop, lbfgs};
use ndarray::{Array1, Array2, ArrayView1, ArrayView2};

/// Duality gap over the objective and over `tol`.
const GAP: f64 = 0.1;
/// Relative decrease of f that may still be expected, over `tol`: 1e-9 by default.
const DECREASE: f64 = 1e-5;
/// Steps after which the metric is taken anew, at the point reached.
const ROUND: usize = 30;
/// Steps that most problems need a third of: what is left after them is ill-conditioned, and Newton's method, which
/// does not mind, finishes it where its Hessian costs little.
const PATIENCE: usize = 2 * ROUND;
/// Columns up to which Newton steps with the whole Hessian are cheaper than sweeps over the columns, and of sparse records
/// in proportion to the values they store. Time of the first over that of the second, for several penalties: 3000 × 200,
/// 0.5 to 0.8; × 300, 0.7 to 1.2; × 500, 0.8 to 1.6; 5000 × 64 with 30 % of the values, 0.3 to 1; × 32 with 5 %, 2 to 3.
/// (One thread, 2026-11.)
const FEW: f64 = 300.0;
/// Rows for each column from which this holds: 0.5 to 1.1 at 5 of them, 0.9 to 3 at 2.5.
const ROWS: usize = 4;
/// Numbers in those factors of all classes: 64 MB.
const LARGE: usize = 1 << 23;
/// Change of a score by a Newton step that lowers the objective by next to nothing, from which on the coefficients
/// are taken to grow for ever: that step is 1 for the rows that a plane separates, however far they already are.
const ENDLESS: f64 = 0.3;
const REMEDY: &str = "without a penalty the coefficients grow for ever: give a finite C";

/// Coefficients (m × p), intercepts (m), and how they were found.
pub(super) type Solution<F> = (Array2<F>, Array1<F>, Report);

/// What to do, decided from the settings and the shape alone.
struct Plan {
    /// Columns of scores.
    k: usize,
    /// Rows of the sample.
    sample: Option<usize>,
    rounds: Rounds,
    /// Whether by coordinate descent in Newton steps.
    proximal: bool,
    /// Whether those begin with the whole Hessian.
    whole: bool,
    /// What metrics are made of: `Blocks`, or the `Diagonal`.
    second: Second,
}

impl Plan {
    fn new<F: Float>(settings: &LogisticRegression, x: Records<'_, F>, classes: usize) -> Result<Self> {
        let k = if classes == 2 { 1 } else { classes };
        let (n, p) = (x.nrows(), x.ncols());
        let size = (p + usize::from(settings.fit_intercept)) * k;
        let by_newton = settings.solver == LogisticSolver::NewtonCholesky;
        if by_newton && size > MOST {
            let what = format!("NewtonCholesky for {size} coefficients; use Lbfgs");
            return Err(Error::unsupported("LogisticRegression", what));
        }
        let sparse = settings.l1_ratio > 0.0 && settings.c.is_finite();
        let proximal = match settings.solver {
            LogisticSolver::Auto => sparse,
            LogisticSolver::ProximalNewton if settings.c.is_infinite() => {
                let what = "ProximalNewton without a penalty; use Auto, or give a finite c";
                return Err(Error::unsupported("LogisticRegression", what));
            }
            LogisticSolver::ProximalNewton => true,
            solver if sparse => {
                let what = format!("{solver:?} with an L1 penalty; use Auto or ProximalNewton");
                return Err(Error::unsupported("LogisticRegression", what));
            }
            _ => false,
        };
        let narrow = |limit| p <= limit && size * (p + 1) <= LARGE;
        let sample = sample::size(n, p).filter(|_| narrow(WIDE));
        let limit = if matches!(x.values(), MatrixView::Dense(_)) { WIDE } else { WIDE_SPARSE };
        let stored = match x.values() {
            MatrixView::Dense(x) => x.len(),
            MatrixView::Sparse(x) => x.nnz(),
        };
        let whole =
            proximal && k == 1 && p as f64 * (n as f64 * p as f64) <= FEW * stored as f64 && n >= ROWS * p;
        let second = if whole {
            Second::Full
        } else if proximal {
            Second::None
        } else if sample.is_some() || narrow(limit) {
            Second::Blocks
        } else {
            Second::Diagonal
        };
        let newton_finishes = settings.solver == LogisticSolver::Auto && size <= SMALL;
        let rounds = Rounds {
            by_newton,
            steps: if second == Second::Blocks { ROUND } else { usize::MAX },
            patience: if newton_finishes { PATIENCE } else { usize::MAX },
        };
        Ok(Self { k, sample, rounds, proximal, whole, second })
    }
}

/// Minimises (1).
pub(super) fn solve<F: Float>(
    settings: &LogisticRegression,
    x: Records<'_, F>,
    y: Codes<'_>,
    weights: Option<ArrayView1<'_, F>>,
    start: Option<&Start>,
) -> Result<Solution<F>> {
    let plan = Plan::new(settings, x, y.k)?;
    let second = if plan.rounds.by_newton { Second::Full } else { plan.second };
    let mut problem = Problem::new(x, y, plan.k, weights, settings, second);
    // Sums of losses have the penalty 1 / C, their mean 1 / (C ω).
    let rows = if plan.proximal { problem.total.min(1.0) } else { problem.total };
    if (1.0 / (settings.c * rows)).is_infinite() {
        let allowed = format!("at least {:.1e} for these rows", 1.0 / f64::MAX / rows);
        return Err(Error::parameter("c", format!("{:e}", settings.c), allowed));
    }
    let model = start.map(|start| given(&problem, start));
    if plan.proximal {
        return proximal(settings, x, plan, problem, model);
    }
    let told = model.is_some();
    let start = model.unwrap_or_else(|| problem.start());
    let mut how = if told { ", started from a model" } else { "" };
    let (start, metric) = match plan.sample {
        None => (start, None),
        Some(m) => {
            let before = if told { problem.value(&start) } else { problem.start_value() };
            match warm_start(settings, x, &mut problem, m, &start, before) {
                Some((found, metric)) => {
                    how =
                        if told { ", started from a model and a sample" } else { ", started from a sample" };
                    (found, Some(metric))
                }
                None => (start, None),
            }
        }
    };
    problem.metric = metric;
    if problem.metric.is_none() && !plan.rounds.by_newton {
        let second = if plan.second == Second::Blocks && !told { Second::Common } else { plan.second };
        problem.metric = problem.measure(&start, second);
        if problem.metric.is_none() {
            return Err(overflow(x));
        }
    }
    let stop = stop(settings, &problem);
    let measure =
        |problem: &mut Problem<'_, '_, F>, at: &[f64]| problem.metric = problem.measure(at, plan.second);
    let (outcome, method) = plan.rounds.minimise(&mut problem, start, stop, measure);
    if outcome.reason == Reason::NonFinite {
        return Err(overflow(x));
    }
    Ok(finish(settings, &plan, problem, outcome, format!("{method}{how}")))
}

/// β of the model to start from.
fn given<F: Float>(problem: &Problem<'_, '_, F>, (coef, intercept): &Start) -> Vec<f64> {
    let design = &problem.design;
    let mut beta: Vec<f64> = coef.t().iter().copied().collect();
    if design.intercept {
        let centre = ArrayView1::from(&design.centre[..]);
        beta.extend(intercept + &coef.dot(&centre));
    }
    beta
}

/// Minimises (1) with an L1 part in the penalty.
fn proximal<F: Float>(
    settings: &LogisticRegression,
    x: Records<'_, F>,
    plan: Plan,
    mut problem: Problem<'_, '_, F>,
    start: Option<Vec<f64>>,
) -> Result<Solution<F>> {
    let how = if start.is_some() { ", started from a model" } else { "" };
    let mut start = start.unwrap_or_else(|| problem.start());
    let penalty = Penalty { l1: settings.l1_ratio / settings.c, l2: (1.0 - settings.l1_ratio) / settings.c };
    let until = Until { violation: settings.tol, gap: GAP * settings.tol, steps: settings.max_iter };
    if let (true, Some(m)) = (plan.whole, plan.sample) {
        let drawn = sample::draw(x, &problem, m);
        let mut small = of_sample(settings, &problem, &drawn, Second::Full);
        prox::descend(&mut small, &mut start, penalty, 10);
    }
    let found = prox::minimise(&mut problem, start, penalty, until, plan.whole);
    if found.outcome.reason == Reason::NonFinite {
        return Err(overflow(x));
    }
    let with = if plan.whole { "with the whole Hessian" } else { "on working sets" };
    let (coef, intercept, mut report) =
        finish(settings, &plan, problem, found.outcome, format!("proximal Newton {with}{how}"));
    report.notes.push(format!("duality gap {:.1e} of the objective", found.gap));
    Ok((coef, intercept, report))
}

/// The error of values that are not finite, or whose squares are not.
#[cold]
fn overflow<F: Float>(x: Records<'_, F>) -> Error {
    let too_large =
        || Error::numerical("sums over x overflow; scale its columns first, as StandardScaler does");
    x.check_finite().err().unwrap_or_else(too_large)
}

/// When the minimum is reached: see the module's statement.
fn stop<F: Float>(settings: &LogisticRegression, problem: &Problem<'_, '_, F>) -> Stop {
    // Without a penalty and with a plane between the classes there is no minimum: the losses fall to 0. Below
    // w ln 2 in all, every row is on its side of the plane.
    let separated = problem.lightest() * std::f64::consts::LN_2 / problem.total;
    let floor = if settings.c.is_infinite() { separated } else { f64::NEG_INFINITY };
    let decrease = DECREASE * settings.tol;
    Stop { gradient: settings.tol, decrease, floor, iterations: settings.max_iter }
}

/// The point and the metric that a sample of about `m` rows gives, from `start`; `None` if they do not serve: if f is
/// not below `before` there.
fn warm_start<F: Float>(
    settings: &LogisticRegression,
    x: Records<'_, F>,
    problem: &mut Problem<'_, '_, F>,
    m: usize,
    start: &[f64],
    before: f64,
) -> Option<(Vec<f64>, Metric)> {
    let drawn = sample::draw(x, problem, m);
    let mut small = of_sample(settings, problem, &drawn, Second::Blocks);
    // The minimum of the sample is off by about this share of the objective, however precisely it is computed.
    let error = small.size() as f64 / (2.0 * m as f64);
    let mut beta = start.to_vec();
    for (second, decrease) in [(Second::Common, error.max(1e-3)), (Second::Blocks, 0.1 * error)] {
        small.metric = Some(small.measure(&beta, second)?);
        let stop = Stop { gradient: f64::INFINITY, decrease, iterations: 20, floor: f64::NEG_INFINITY };
        beta = lbfgs(&mut small, beta, stop).x;
    }
    (problem.value(&beta) < before).then_some(())?;
    Some((beta, small.metric?))
}

/// The problem of a sample of its rows.
fn of_sample<'s, F: Float>(
    settings: &LogisticRegression,
    problem: &Problem<'_, '_, F>,
    drawn: &'s Sample,
    second: Second,
) -> Problem<'s, 's, f64> {
    let codes = Codes { y: drawn.codes.view(), k: problem.rows.k.max(2) };
    let (x, weights) = (Records::from(&drawn.x), Some(drawn.weights.view()));
    let mut small = Problem::new(x, codes, problem.rows.k, weights, settings, second);
    small.design.centre.copy_from_slice(&problem.design.centre);
    small
}

/// The coefficients of X as it is, and the report.
fn finish<F: Float>(
    settings: &LogisticRegression,
    plan: &Plan,
    mut problem: Problem<'_, '_, F>,
    outcome: Outcome,
    solver: String,
) -> Solution<F> {
    let unpenalised = settings.c.is_infinite();
    let objective = outcome.value * problem.total * if unpenalised { 1.0 } else { settings.c };
    let precision = || format!("working precision reached with a gradient of {:.1e}", outcome.gradient_norm);
    let (converged, note) = match outcome.reason {
        Reason::Floor => (false, Some(format!("a plane separates the classes; {REMEDY}"))),
        Reason::Converged if unpenalised && endless(&mut problem, &outcome.x, plan.second) => {
            (false, Some(format!("a plane separates some rows from the others; {REMEDY}")))
        }
        Reason::Converged => (true, None),
        // A gap that rounding keeps from closing has not been shown to be small.
        Reason::Precision => (outcome.gradient_norm <= settings.tol && !plan.proximal, Some(precision())),
        Reason::Iterations | Reason::NonFinite => (false, None),
    };
    let mut report = Report::iterative(solver, outcome.iterations, converged).objective(objective);
    report.notes.extend(note);
    match problem.design.constant.len() {
        0 => (),
        1 => report.notes.push("one column is constant and has coefficient 0".into()),
        count => report.notes.push(format!("{count} columns are constant and have coefficient 0")),
    }
    let (k, p) = (problem.rows.k, problem.design.ncols());
    let mut beta = outcome.x;
    // Classes are alike; with an L1 part of the penalty, only in their intercepts.
    if !plan.proximal {
        take_off_mean(&mut beta, k);
    }
    let mut intercept = vec![0.0; k];
    problem.design.offset(&beta, &mut intercept);
    if plan.proximal {
        take_off_mean(&mut intercept, k);
    }
    let coef = ArrayView2::from_shape((p, k), &beta[..p * k])
        .map_or_else(|_| Array2::zeros((k, p)), |w| w.t().mapv(F::of));
    let report =
        report.warn_unless_converged("LogisticRegression", "raise max_iter, scale the columns, or lower C");
    (coef, intercept.into_iter().map(F::of).collect(), report)
}

/// Whether a Newton step from what seems to be the minimum would still change scores.
fn endless<F: Float>(problem: &mut Problem<'_, '_, F>, beta: &[f64], second: Second) -> bool {
    let mut step = vec![0.0; beta.len()];
    problem.gradient(beta, &mut step);
    let Some(mut metric) = problem.measure(beta, second) else { return false };
    metric.solve(&mut step);
    problem.largest_score(&step) > ENDLESS
}
