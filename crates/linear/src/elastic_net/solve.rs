//! From a problem to its solutions along α: which route, which units, what is reported.

use super::descent::{Stop, descend};
use super::design::Design;
use super::penalty::Penalty;
use super::quadratic::{Covariance, Quadratic};

use crate::ridge::RidgeSolver;
use crate::ridge::problem::{Method, Problem, Solution, out_of_range};
use crate::ridge::route::drop_constant_columns;
use estimand_core::records::MatrixView;
use estimand_core::{Error, Float, Report, Result};
use estimand_linalg::Moments;
use ndarray::{Array1, Array2, ArrayView2, Axis, s};
use std::ops::Range;

/// What is asked of (1), but for α.
#[derive(Clone, Debug)]
pub(super) struct Spec {
    /// Who asks, for messages.
    pub(super) estimator: &'static str,
    /// ρ
    pub(super) l1_ratio: f64,
    pub(super) positive: bool,
    /// Whether targets share their support (2) or are independent.
    pub(super) joint: bool,
    pub(super) max_iter: usize,
    pub(super) tol: f64,
    pub(super) route: Route,
    /// Gap-safe screening and Anderson acceleration: off only where tests compare.
    pub(super) screen: bool,
    pub(super) accelerate: bool,
}

/// Where coordinate descent finds its slopes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(not(test), allow(dead_code, reason = "asked for by name only where tests compare"))]
pub(super) enum Route {
    /// By the shape of the data.
    Auto,
    /// The Gram matrix of all columns.
    Gram,
    /// Working sets, by their Gram matrices where these are small.
    WorkingSets,
    /// Working sets, by their columns.
    Columns,
}

/// The minimum for one α.
#[derive(Clone, Debug)]
pub(super) struct Solved {
    /// p × t
    pub(super) coef: Array2<f64>,
    /// t
    pub(super) intercept: Array1<f64>,
    /// x̄, p
    pub(super) centre: Array1<f64>,
    /// Both in units of (1): divided by Σω. The gap of a direct solution is 0.
    pub(super) objective: f64,
    pub(super) gap: f64,
    pub(super) sweeps: usize,
    pub(super) converged: bool,
    pub(super) solver: String,
}

/// What one group of targets needs on its way along α.
pub(super) struct Way<'a> {
    pub(super) spec: &'a Spec,
    pub(super) alphas: &'a [f64],
    /// Where to begin, p × t.
    pub(super) start: Option<ArrayView2<'a, f64>>,
    /// Whether each α begins where the one before ended.
    pub(super) warm: bool,
}

impl Way<'_> {
    /// The penalty in units of sums over rows.
    pub(super) fn penalty(&self, alpha: f64, weight: f64) -> Penalty {
        let Spec { l1_ratio, positive, .. } = *self.spec;
        Penalty { l1: alpha * l1_ratio * weight, l2: alpha * (1.0 - l1_ratio) * weight, positive }
    }

    /// Stopping as scikit-learn's: gap ≤ tol · ‖Ỹ‖², once no step exceeds tol times the largest coefficient.
    pub(super) fn stop(&self, squares: f64) -> Stop {
        let Spec { max_iter, tol, screen, accelerate, .. } = *self.spec;
        Stop { gap: tol * squares, change: tol, max_iter, screen, accelerate }
    }

    /// Columns `targets` of the start, or zeros; never negative where W ≥ 0 is asked for.
    pub(super) fn begin(&self, p: usize, targets: Range<usize>) -> Array2<f64> {
        let mut w = self.start.map_or_else(
            || Array2::zeros((p, targets.len())),
            |start| start.slice(s![.., targets.clone()]).as_standard_layout().into_owned(),
        );
        if self.spec.positive {
            w.mapv_inplace(|w| w.max(0.0));
        }
        w
    }
}

/// What the data say, by one route.
pub(super) enum Source<'a, F> {
    Gram(Moments),
    Data(Design<'a, F>),
}

/// Columns up to which the Gram matrix is formed whatever the number of rows.
const FEW: usize = 160;
/// Forming it costs about as much as one pass over X for every so many columns.
const COLUMNS_PER_PASS: usize = 44;
/// Columns of sparse records up to which it is formed.
const FEW_SPARSE: usize = 500;
/// Columns up to which it is kept: half a gigabyte.
const MOST: usize = 8000;

impl<'a, F: Float> Source<'a, F> {
    /// Looks at the data once, for `count` values of α.
    pub(super) fn new(problem: &Problem<'a, F>, count: usize, spec: &Spec) -> Result<Self> {
        if problem.y.ncols() == 0 {
            return Err(Error::EmptyInput { what: format!("y ({} × 0)", problem.x.nrows()) });
        }
        match spec.route {
            Route::Auto if !Self::prefers_gram(problem, count) => Ok(Self::Data(Design::new(problem)?)),
            Route::Auto | Route::Gram => Self::of_moments(problem.moments()?),
            _ => Ok(Self::Data(Design::new(problem)?)),
        }
    }

    /// Whether one Gram matrix for `count` values of α costs less than working sets, which read X once to begin with,
    /// and at least once more for each α.
    pub(super) fn prefers_gram(problem: &Problem<'a, F>, count: usize) -> bool {
        let (n, p) = (problem.x.nrows(), problem.x.ncols());
        match problem.x.values() {
            MatrixView::Dense(_) => p <= FEW || (p <= n.min(MOST) && p <= COLUMNS_PER_PASS * (count + 2)),
            MatrixView::Sparse(_) => p <= FEW_SPARSE,
        }
    }

    /// From moments that were gathered elsewhere.
    pub(super) fn of_moments(mut moments: Moments) -> Result<Self> {
        drop_constant_columns(&mut moments);
        if !moments.target_squares.iter().all(|s| s.is_finite()) {
            return Err(out_of_range());
        }
        Ok(Self::Gram(moments))
    }

    /// X̃ᵀỸ, p × t, and Σω.
    pub(super) fn cross(&self) -> (&Array2<f64>, f64) {
        match self {
            Self::Gram(moments) => (&moments.cross, moments.weight),
            Self::Data(design) => (&design.cross, design.weight),
        }
    }

    /// The minima along α, for all targets.
    pub(super) fn along(&self, way: &Way<'_>) -> Result<Vec<Solved>> {
        let t = self.cross().0.ncols();
        let one = |targets| match self {
            Self::Gram(moments) => by_gram(moments, targets, way),
            Self::Data(design) => design.solve(targets, way),
        };
        let groups: Vec<Vec<Solved>> = if way.spec.joint {
            vec![one(0..t)?]
        } else {
            (0..t).map(|k| one(k..k + 1)).collect::<Result<_>>()?
        };
        let mut groups = groups.into_iter().map(Vec::into_iter).collect::<Vec<_>>();
        let mut next = || groups.iter_mut().map(Iterator::next).collect::<Option<Vec<_>>>();
        Ok(std::iter::from_fn(|| next().and_then(side_by_side)).collect())
    }
}

/// Independent targets as one solution.
fn side_by_side(parts: Vec<Solved>) -> Option<Solved> {
    if parts.len() == 1 {
        return parts.into_iter().next();
    }
    let coefs: Vec<_> = parts.iter().map(|s| s.coef.view()).collect();
    let intercepts: Vec<_> = parts.iter().map(|s| s.intercept.view()).collect();
    Some(Solved {
        coef: ndarray::concatenate(Axis(1), &coefs).ok()?,
        intercept: ndarray::concatenate(Axis(0), &intercepts).ok()?,
        centre: parts.first()?.centre.clone(),
        objective: parts.iter().map(|s| s.objective).sum(),
        gap: parts.iter().map(|s| s.gap).sum(),
        sweeps: parts.iter().map(|s| s.sweeps).max()?,
        converged: parts.iter().all(|s| s.converged),
        solver: parts.first()?.solver.clone(),
    })
}

/// Coordinate descent on G and C.
fn by_gram(moments: &Moments, targets: Range<usize>, way: &Way<'_>) -> Result<Vec<Solved>> {
    let (p, t) = (moments.gram.nrows(), targets.len());
    let cross = moments.cross.slice(s![.., targets.clone()]);
    let squares = moments.target_squares.slice(s![targets.clone()]).sum();
    let begin = way.begin(p, targets.clone());
    let at =
        |w: &Array2<f64>| Covariance::new(&moments.gram, cross, squares, w.as_slice().unwrap_or_default());
    let (mut w, mut descent) = (begin.clone(), at(&begin));
    let mut solved = Vec::with_capacity(way.alphas.len());
    for (k, alpha) in way.alphas.iter().enumerate() {
        if k > 0 && !way.warm {
            (w, descent) = (begin.clone(), at(&begin));
        }
        let penalty = way.penalty(*alpha, moments.weight);
        let values = w.as_slice_mut().unwrap_or_default();
        let end = descend(&mut descent, values, &penalty, &way.stop(squares));
        let objective = 0.5 * descent.fit(values).residual + penalty.value(values, t);
        solved.push(Solved {
            intercept: &moments.target_mean.slice(s![targets.clone()]) - &moments.mean.dot(&w),
            coef: w.clone(),
            centre: moments.mean.clone(),
            objective: objective / moments.weight,
            gap: end.gap / moments.weight,
            sweeps: end.sweeps,
            converged: end.converged,
            solver: "coordinate descent on the Gram matrix".into(),
        });
    }
    Ok(solved)
}

/// The minima for all of `alphas`. Those without an L1 term and without W ≥ 0 are solved directly.
pub(super) fn solve<F: Float>(problem: &Problem<'_, F>, way: &Way<'_>) -> Result<Vec<Solved>> {
    let direct = |alpha: f64| alpha * way.spec.l1_ratio == 0.0 && !way.spec.positive;
    let others: Vec<f64> = way.alphas.iter().copied().filter(|alpha| !direct(*alpha)).collect();
    let mut iterated = if others.is_empty() {
        Vec::new()
    } else {
        Source::new(problem, others.len(), way.spec)?.along(&Way { alphas: &others, ..*way })?
    }
    .into_iter();
    let next = |alpha: &f64| match direct(*alpha) {
        true => least_squares(problem, *alpha, way.spec),
        false => iterated.next().ok_or_else(|| Error::numerical("a value of alpha was left out")),
    };
    way.alphas.iter().map(next).collect()
}

/// Without an L1 term, (1) is least squares or ridge regression with α Σω.
fn least_squares<F: Float>(problem: &Problem<'_, F>, alpha: f64, spec: &Spec) -> Result<Solved> {
    let weight = problem.weights.map_or(problem.x.nrows() as f64, |w| w.iter().map(|w| w.f64()).sum());
    let method =
        Method { estimator: spec.estimator, solver: RidgeSolver::Auto, max_iter: spec.max_iter, tol: 1e-8 };
    let Solution { coef, intercept, centre, report } =
        problem.solve(&[alpha * weight], &method)?.swap_remove(0)?;
    let what = if alpha == 0.0 { "least squares" } else { "ridge regression" };
    Ok(Solved {
        coef,
        intercept,
        centre,
        objective: report.objective.map_or(f64::NAN, |o| 0.5 * o / weight),
        gap: 0.0,
        sweeps: report.iterations,
        converged: report.converged,
        solver: format!("{what}, as nothing asks for zeros: {}", report.solver),
    })
}

impl Solved {
    /// What a person wants to know.
    pub(super) fn report(&self, spec: &Spec) -> Report {
        let advice = "raise `max_iter`, `tol` or `alpha`, or bring the columns to one scale";
        let zeros = self.coef.rows().into_iter().filter(|w| w.iter().all(|w| *w == 0.0)).count();
        Report {
            objective: Some(self.objective).filter(|o| o.is_finite()),
            ..Report::iterative(self.solver.clone(), self.sweeps, self.converged)
        }
        .note(format!("duality gap {:.3e}", self.gap))
        .note(format!("{} of {} coefficients not zero", self.coef.nrows() - zeros, self.coef.nrows()))
        .warn_unless_converged(spec.estimator, advice)
    }

    /// As a solution that becomes a model.
    pub(super) fn into_solution(self, spec: &Spec) -> Solution {
        let report = self.report(spec);
        Solution { coef: self.coef, intercept: self.intercept, centre: self.centre, report }
    }
}
