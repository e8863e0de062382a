//! From settings to the minimum: what is solved first, with which method, and when it is done.
//!
//! 1. Where a sample of the rows is worth while (`sample`), minimise its objective, to within its own sampling error:
//!    L-BFGS in the metric of equal probabilities, and again in the metric at the point thus reached.
//! 2. Minimise the objective of all rows from there: by L-BFGS in the sample's metric, or by Newton's method.

use super::metric::{Metric, take_off_mean};
use super::problem::{Problem, Second};
use super::{LogisticRegression, LogisticSolver, sample};
use estimand_core::{Codes, Error, Float, Records, Report, Result};
use estimand_optim::{Objective, Outcome, Reason, Stop, lbfgs, newton};
use ndarray::{Array1, Array2, ArrayView1, ArrayView2};

/// Variables up to which `Auto` prefers Newton's method on data too few for a sample.
const FEW: usize = 64;
/// Variables up to which Newton's method may be asked to finish what L-BFGS could not.
const MANY: usize = 1_000;
/// Columns beyond which factors of q × q cost more than they save.
const WIDE: usize = 1_000;
/// Variables whose Hessian still fits a usual memory: 3 GB.
const MOST: usize = 20_000;
/// Iterations after which `Auto` doubts that L-BFGS will do.
const PATIENCE: usize = 30;
/// Change of a score by a Newton step that lowers the objective by next to nothing, from which on the coefficients
/// are taken to grow for ever: that step is 1 for the rows that a plane separates, however far they already are.
const ENDLESS: f64 = 0.3;
const REMEDY: &str = "without a penalty the coefficients grow for ever: give a finite C";

/// Coefficients (m × p), intercepts (m), and how they were found.
pub(super) fn solve<F: Float>(
    settings: &LogisticRegression,
    x: Records<'_, F>,
    y: Codes<'_>,
    weights: Option<ArrayView1<'_, F>>,
) -> Result<(Array2<F>, Array1<F>, Report)> {
    let k = if y.k == 2 { 1 } else { y.k };
    let new = |second| Problem::new(x, y, k, weights, settings, second);
    let size = (x.ncols() + usize::from(settings.fit_intercept)) * k;
    let drawn = sample::size(x.nrows(), x.ncols()).filter(|_| x.ncols() <= WIDE);
    let by_newton = match settings.solver {
        LogisticSolver::NewtonCholesky if size > MOST => {
            return Err(Error::unsupported(
                "LogisticRegression",
                format!("NewtonCholesky for {size} coefficients; use Lbfgs"),
            ));
        }
        LogisticSolver::NewtonCholesky => true,
        LogisticSolver::Lbfgs => false,
        LogisticSolver::Auto => size <= FEW && (drawn.is_none() || settings.c.is_infinite()),
    };
    let mut problem = new(if by_newton { Second::Full } else { Second::Blocks });
    let start = problem.start();
    let (start, metric, drawn) = warm_start(settings, x, &mut problem, drawn, start);
    let how = match (&metric, drawn) {
        (_, Some(m)) => format!(", started from a sample of {m} rows"),
        _ => String::new(),
    };
    if by_newton {
        let stop = stop(settings, &problem);
        let outcome = newton(&mut problem, start, stop);
        return finish(settings, x, problem, outcome, format!("Newton–Cholesky{how}"));
    }
    problem.metric = match metric {
        Some(metric) => Some(metric),
        None => problem.measure(
            &start,
            if x.ncols() <= WIDE && !problem.design.is_sparse() { Second::Common } else { Second::Diagonal },
        ),
    };
    let mut first = stop(settings, &problem);
    let switch = settings.solver == LogisticSolver::Auto && size <= MANY && first.iterations > PATIENCE;
    if switch {
        first.iterations = PATIENCE;
    }
    let outcome = lbfgs(&mut problem, start, first);
    let solver = format!("L-BFGS{how}");
    if !switch || outcome.reason != Reason::Iterations {
        return finish(settings, x, problem, outcome, solver);
    }
    let mut problem = new(Second::Full);
    let rest = Stop { iterations: settings.max_iter - PATIENCE, ..stop(settings, &problem) };
    let mut last = newton(&mut problem, outcome.x, rest);
    last.iterations += PATIENCE;
    finish(settings, x, problem, last, format!("{solver}, then Newton–Cholesky"))
}

/// When the minimum is reached: see the module's statement.
fn stop<F: Float>(settings: &LogisticRegression, problem: &Problem<'_, '_, F>) -> Stop {
    // Without a penalty and with a plane between the classes there is no minimum: the losses fall to 0. Below
    // w ln 2 in all, every row is on its side of the plane.
    let floor = if settings.c.is_infinite() {
        problem.lightest() * std::f64::consts::LN_2 / problem.total
    } else {
        f64::NEG_INFINITY
    };
    Stop {
        gradient: settings.tol,
        decrease: 0.1 * settings.tol * settings.tol,
        floor,
        iterations: settings.max_iter,
    }
}

/// The point and the metric that a sample gives, where there is one and it serves; else the given point.
fn warm_start<F: Float>(
    settings: &LogisticRegression,
    x: Records<'_, F>,
    problem: &mut Problem<'_, '_, F>,
    rows: Option<usize>,
    start: Vec<f64>,
) -> (Vec<f64>, Option<Metric>, Option<usize>) {
    let Some(m) = rows else { return (start, None, None) };
    let drawn = sample::draw(x, problem, m);
    let codes = Codes { y: drawn.codes.view(), k: problem.rows.k.max(2) };
    let (x, weights) = (Records::from(&drawn.x), Some(drawn.weights.view()));
    let mut small = Problem::new(x, codes, problem.rows.k, weights, settings, Second::Blocks);
    small.design.centre.copy_from_slice(&problem.design.centre);
    // The minimum of the sample is off by about this share of the objective, whatever precision it is computed to.
    let error = small.size() as f64 / (2.0 * m as f64);
    let mut beta = start.clone();
    for (second, decrease) in [(Second::Common, error.max(1e-3)), (Second::Blocks, 0.1 * error)] {
        small.metric = small.measure(&beta, second);
        let outcome = lbfgs(
            &mut small,
            beta,
            Stop { gradient: f64::INFINITY, decrease, iterations: 20, floor: f64::NEG_INFINITY },
        );
        beta = outcome.x;
    }
    let mut gradient = vec![0.0; start.len()];
    let (before, after) = (problem.start_value(), problem.gradient(&beta, &mut gradient));
    if small.metric.is_some() && after < before {
        (beta, small.metric, Some(drawn.codes.len()))
    } else {
        (start, None, None)
    }
}

/// The coefficients of X as it is, and the report; or the error of values that are not finite.
fn finish<F: Float>(
    settings: &LogisticRegression,
    x: Records<'_, F>,
    problem: Problem<'_, '_, F>,
    outcome: Outcome,
    solver: String,
) -> Result<(Array2<F>, Array1<F>, Report)> {
    if outcome.reason == Reason::NonFinite {
        x.check_finite()?;
        return Err(Error::numerical(
            "sums over x overflow; scale its columns first, as StandardScaler does",
        ));
    }
    let (k, p) = (problem.rows.k, x.ncols());
    let mut beta = outcome.x;
    take_off_mean(&mut beta, k);
    let mut intercept = vec![0.0; k];
    problem.design.offset(&beta, &mut intercept);
    let w = ArrayView2::from_shape((p, k), &beta[..p * k])
        .map_err(|_| Error::numerical("coefficients of another shape"))?;
    let objective = outcome.value * problem.total * if settings.c.is_finite() { settings.c } else { 1.0 };
    let still = settings.c.is_finite() || problem.largest_score(&outcome.next) < ENDLESS;
    let (converged, note) = match outcome.reason {
        Reason::Floor => (false, Some(format!("a plane separates the classes; {REMEDY}"))),
        Reason::Converged if still => (true, None),
        Reason::Converged => (false, Some(format!("a plane separates some rows from the others; {REMEDY}"))),
        Reason::Precision => {
            let note = format!("working precision reached with a gradient of {:.1e}", outcome.gradient_norm);
            (outcome.gradient_norm <= settings.tol && still, Some(note))
        }
        _ => (false, None),
    };
    let mut report = Report::iterative(solver, outcome.iterations, converged).objective(objective);
    report.notes.extend(note);
    let advice = "raise max_iter, scale the columns, or lower C";
    Ok((
        w.t().mapv(F::of),
        intercept.into_iter().map(F::of).collect(),
        report.warn_unless_converged("LogisticRegression", advice),
    ))
}
