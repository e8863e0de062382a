//! From settings to the minimum: what is solved first, with which method, and when it is done.
//!
//! 1. Where a sample of the rows is worth while, minimise its objective to within its own sampling error, which costs
//!    less than one look at all rows: L-BFGS in the metric at the constant model, and again in that of the point thus
//!    reached.
//! 2. Minimise the objective of all rows from there: L-BFGS in the sample's metric, or Newton's method.

use super::problem::{Problem, Rows, Second, widen};
use super::{Glm, GlmSolver};
use crate::logistic::metric::Metric;
use crate::logistic::rounds::{MOST, Rounds, SMALL, WIDE, WIDE_SPARSE};
use crate::logistic::sample::size;
use crate::model::{LinearModel, Outputs};
use estimand_core::random::below;
use estimand_core::records::MatrixView;
use estimand_core::samples::check_finite_target;
use estimand_core::{Error, Features, Float, Records, Report, Result, Samples, Seed};
use estimand_optim::{Objective, Outcome, Reason, Stop, lbfgs};
use ndarray::{Array1, ArrayView1, Axis};

/// Relative decrease of the deviance that may still be expected, over `tol`: 1e-9 by default.
const DECREASE: f64 = 1e-5;
/// Steps after which the metric is taken anew, at the point reached.
const ROUND: usize = 10;

/// Minimises the objective, from `from` if that is given: coefficients and intercept.
pub(super) fn solve<F: Float>(
    settings: &Glm,
    samples: Samples<'_, F, Array1<F>>,
    offset: Option<ArrayView1<'_, F>>,
    from: Option<(ArrayView1<'_, F>, F)>,
) -> Result<LinearModel<F>> {
    let rows = Rows { y: widen(samples.y), weights: samples.weights.map(widen), offset: offset.map(widen) };
    check(settings, samples, &rows)?;
    let x = samples.x;
    let plan = Plan::new(settings, x)?;
    let mut problem = Problem::new(x, rows, settings, plan.second);
    let start = match from {
        Some((coef, intercept)) => {
            let mut beta: Vec<f64> = coef.iter().map(|w| w.f64()).collect();
            let centre = &problem.design.centre;
            let level = intercept.f64() + beta.iter().zip(centre).map(|(w, c)| w * c).sum::<f64>();
            beta.extend(problem.design.intercept.then_some(level));
            beta
        }
        None => problem.start(),
    };
    let warm = plan.sample.filter(|_| from.is_none()).and_then(|m| warm_start(settings, x, &mut problem, m));
    let how = if warm.is_some() { ", started from a sample" } else { "" };
    let start = match warm {
        Some((start, metric)) => {
            problem.metric = Some(metric);
            start
        }
        None => start,
    };
    if problem.metric.is_none() && !plan.rounds.by_newton {
        problem.metric = problem.measure(&start, plan.second);
    }
    let f = problem.gradient(&start, &mut vec![0.0; start.len()]);
    let deviance = (f - problem.size_of_terms) / f;
    check_scale(settings, &problem)?;
    let stop = Stop {
        gradient: settings.tol,
        decrease: DECREASE * settings.tol * deviance.clamp(0.0, 1.0),
        floor: f64::NEG_INFINITY,
        iterations: settings.max_iter,
    };
    let measure =
        |problem: &mut Problem<'_, '_, F>, at: &[f64]| problem.metric = problem.measure(at, plan.second);
    let (outcome, method) = plan.rounds.minimise(&mut problem, start, stop, measure);
    if outcome.reason == Reason::NonFinite {
        return Err(not_finite(settings, x));
    }
    finish(settings, problem, outcome, format!("{method}{how}"), Features::of(x))
}

/// Refuses targets that the loss has no place for, and offsets that are not finite.
fn check<F: Float>(settings: &Glm, samples: Samples<'_, F, Array1<F>>, rows: &Rows<'_>) -> Result<()> {
    let (name, loss) = (settings.name, settings.loss);
    // A row without weight may hold what cannot be, but not NaN.
    let right = |i: usize| loss.allows(rows.y[i]) || (rows.weight(i) == 0.0 && rows.y[i].is_finite());
    if let Some(i) = (0..rows.y.len()).find(|i| !right(*i)) {
        check_finite_target(samples.y.insert_axis(Axis(1)))?;
        let range = loss.range();
        return Err(Error::target(format!("{} in row {i}; {name} takes {range}", rows.y[i])));
    }
    if loss.power != 0.0 && (0..rows.y.len()).all(|i| rows.y[i] == 0.0 || rows.weight(i) == 0.0) {
        return Err(Error::target(format!("all values are 0; {name} needs some that are not")));
    }
    let Some(offset) = &rows.offset else { return Ok(()) };
    if offset.len() != rows.y.len() {
        return Err(Error::shape("length of the offset", rows.y.len(), offset.len()));
    }
    match offset.iter().position(|o| !o.is_finite()) {
        Some(row) => {
            let value = offset[row].to_string();
            Err(Error::NonFinite { what: "offset".into(), value, row, column: 0 })
        }
        None => Ok(()),
    }
}

/// Refuses targets of a size at which the deviance overflows or vanishes, so that all coefficients would be as good.
fn check_scale<F: Float>(settings: &Glm, problem: &Problem<'_, '_, F>) -> Result<()> {
    let (power, y) = (settings.loss.power, &problem.rows.y);
    let first = y.first().copied().unwrap_or_default();
    let spread = y.iter().fold(0.0, |max: f64, y| max.max((y - first).abs()));
    let squares = power != 0.0 || spread == 0.0 || (spread * spread).is_normal();
    // yμ⁻ᵖ dμ/dz
    let log = settings.loss.link == estimand_loss::Link::Log && problem.level.is_finite();
    let within = squares && (!log || ((1.0 - power) * problem.level).exp().is_normal());
    if within { Ok(()) } else { Err(Error::numerical("the deviance leaves the range of f64; rescale y")) }
}

/// What to do, decided from the settings and the shape alone.
struct Plan {
    /// Rows of the sample.
    sample: Option<usize>,
    rounds: Rounds,
    /// What metrics are made of.
    second: Second,
}

impl Plan {
    fn new<F: Float>(settings: &Glm, x: Records<'_, F>) -> Result<Self> {
        let (n, p) = (x.nrows(), x.ncols());
        let sample = size(n, p).filter(|_| p <= WIDE);
        let by_newton = settings.solver == GlmSolver::NewtonCholesky;
        if by_newton && p > MOST {
            let what = format!("NewtonCholesky for {p} columns; use Lbfgs");
            return Err(Error::unsupported(settings.name, what));
        }
        let limit = if matches!(x.values(), MatrixView::Dense(_)) { WIDE } else { WIDE_SPARSE };
        let full = by_newton || sample.is_some() || p <= limit;
        let newton_finishes = settings.solver == GlmSolver::Auto && p <= SMALL;
        let rounds = Rounds {
            by_newton,
            steps: if full { ROUND } else { usize::MAX },
            patience: if newton_finishes { 2 * ROUND } else { usize::MAX },
        };
        Ok(Self { sample, rounds, second: if full { Second::Full } else { Second::Diagonal } })
    }
}

/// The point and the metric that a sample of `m` rows gives; `None` if they do not serve.
fn warm_start<F: Float>(
    settings: &Glm,
    x: Records<'_, F>,
    problem: &mut Problem<'_, '_, F>,
    m: usize,
) -> Option<(Vec<f64>, Metric)> {
    let n = x.nrows();
    let step = n as f64 / m as f64;
    // One row from each of m equal stretches, at a random place, so that a period in the rows does not matter.
    let mut stream = Seed(0).stream(0);
    let mut place =
        |i: usize| (step * (i as f64 + below(1 << 32, &mut stream) as f64 / 2.0_f64.powi(32))) as usize;
    let chosen: Vec<usize> = (0..m).map(|i| place(i).min(n - 1)).collect();
    let rows = problem.rows.select(&chosen, step);
    (rows.y.iter().enumerate().any(|(i, y)| *y != 0.0 && rows.weight(i) > 0.0)).then_some(())?;
    let records = x.select(&chosen);
    let mut small = Problem::new(records.records(), rows, settings, Second::Full);
    small.design.centre.copy_from_slice(&problem.design.centre);
    // The minimum of the sample is off by about this share of the objective, however precisely it is computed.
    let error = problem.design.width() as f64 / (2.0 * m as f64);
    let (mut beta, start) = (small.start(), problem.start());
    for decrease in [error.max(1e-3), 0.1 * error] {
        small.metric = Some(small.measure(&beta, Second::Full)?);
        let stop = Stop { gradient: f64::INFINITY, decrease, iterations: 20, floor: f64::NEG_INFINITY };
        beta = lbfgs(&mut small, beta, stop).x;
    }
    let metric = small.measure(&beta, Second::Full)?;
    let value = |beta: &[f64]| problem.gradient(beta, &mut vec![0.0; beta.len()]);
    let mut value = value;
    let (before, after) = (value(&start), value(&beta));
    (after < before).then_some((beta, metric))
}

/// The error of data that do not let f be computed.
#[cold]
fn not_finite<F: Float>(settings: &Glm, x: Records<'_, F>) -> Error {
    x.check_finite().err().unwrap_or_else(|| {
        Error::numerical(match settings.loss.link {
            estimand_loss::Link::Log => "means or sums over x overflow; scale the columns first, as StandardScaler does",
            estimand_loss::Link::Identity => {
                "with the identity link the first means, which are the intercept and the offsets alone, must lie above \
                 0: fit an intercept, or use the log link"
            }
        })
    })
}

/// The coefficients of X as it is, and the report.
fn finish<F: Float>(
    settings: &Glm,
    problem: Problem<'_, '_, F>,
    outcome: Outcome,
    solver: String,
    features: Features,
) -> Result<LinearModel<F>> {
    let converged = match outcome.reason {
        Reason::Converged => true,
        Reason::Precision => outcome.gradient_norm <= settings.tol,
        _ => false,
    };
    let mut report = Report::iterative(solver, outcome.iterations, converged)
        .objective(outcome.value - problem.size_of_terms);
    if outcome.reason == Reason::Precision && !converged {
        let gradient = outcome.gradient_norm;
        report = report.note(format!("working precision reached with a gradient of {gradient:.1e}"));
    }
    match problem.design.constant.len() {
        0 => (),
        1 => report.notes.push("one column is constant and has coefficient 0".into()),
        count => report.notes.push(format!("{count} columns are constant and have coefficient 0")),
    }
    let report = report.warn_unless_converged(settings.name, "raise max_iter, or scale the columns");
    let mut intercept = [0.0];
    problem.design.offset(&outcome.x, &mut intercept);
    let coef: Array1<F> = outcome.x.iter().take(problem.design.ncols()).map(|w| F::of(*w)).collect();
    let intercept = Array1::from_elem(1, F::of(intercept[0]));
    if !coef.iter().chain(&intercept).all(|v| v.is_finite()) {
        return Err(Error::numerical(format!(
            "coefficients leave the range of {}; scale the columns",
            F::NAME
        )));
    }
    Ok(<Array1<F> as Outputs<F>>::model(coef.insert_axis(Axis(1)), intercept, features, report))
}
