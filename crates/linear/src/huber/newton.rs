//! Step 3: Newton's method on the objective with σ at its best.
//!
//! ```text
//! ½∇ = αv − Aᵀψ        ½∇² = (S − hhᵀ/C) / σ + αI       S = Σ_{s=0} ω aaᵀ    h = Σ_{s=0} ω r a    C = Σ_{s=0} ω r²     (3)
//! ```
//!
//! The second term is what the choice of σ takes away; it is missing where σ is at its floor. S, and Σ_{s≠0} ω s a, from
//! which h follows, are kept up to date by the rows that change sides. Along a direction d the residuals are
//! r − t Ad, so that a line search does not read X.

use super::problem::Problem;
use super::scale::Sums;
use crate::logistic::gram::{Gram, Panels};
use estimand_core::{Error, Result};
use estimand_linalg::Moments;
use ndarray::{Array1, Array2, Axis, s};

/// The end of the way.
pub(super) struct Found {
    pub(super) theta: Vec<f64>,
    pub(super) iterations: usize,
    pub(super) converged: bool,
}

/// If more than one row in so many changed sides, S is summed up anew.
const FEW: usize = 5;
/// The least share of a column's curvature that the choice of σ leaves.
const FLAT: f64 = 1e-12;
/// Trials along a direction.
const TRIALS: usize = 60;

/// The rows on each side, and their sums.
struct Sides {
    sides: Vec<i8>,
    /// S
    within: Array2<f64>,
    /// Σ_{s≠0} ω s a
    beyond: Array1<f64>,
}

/// A point on the way.
struct Point {
    theta: Vec<f64>,
    r: Vec<f64>,
    sigma: f64,
    sums: Sums,
    value: f64,
}

pub(super) fn minimise(problem: &Problem<'_, '_>, tol: f64, max_iter: usize) -> Result<Found> {
    let theta = problem.start();
    let r = (&problem.y - &problem.product(&theta)).to_vec();
    let (sigma, sums) = problem.scale(&r, None);
    let mut at = Point { value: problem.value((sigma, sums), &theta), theta, r, sigma, sums };
    // What rounding leaves of a sum of this size.
    let noise = f64::EPSILON * problem.total;
    let mut sides: Option<Sides> = None;
    for iterations in 0..=max_iter {
        Sides::update(&mut sides, problem, &at);
        let Some(sides) = &sides else { break };
        let gradient = problem.half_gradient(&at.theta, &problem.psi(&at.r, at.sigma));
        let Some(direction) = sides.direction(problem, &at, &gradient) else { break };
        let decrease = -gradient.dot(&direction);
        if !decrease.is_finite() {
            break;
        }
        let move_by = problem.product(direction.as_slice().unwrap_or_default()).to_vec();
        if decrease <= (tol * at.value.abs()).max(noise) {
            // The last step is for free, and squares what is left.
            let end = at.after(problem, &direction, &move_by, 1.0);
            // Values this near differ by rounding alone.
            let theta = if end.value <= at.value * (1.0 + 1e-13) { end.theta } else { at.theta };
            return Ok(Found { theta, iterations, converged: true });
        }
        if iterations == max_iter {
            break;
        }
        match at.search(problem, &direction, &move_by, -2.0 * decrease) {
            Some(next) => at = next,
            None => {
                // Nothing more to gain in working precision.
                let converged = decrease <= 1e-8 * at.value.abs();
                return Ok(Found { theta: at.theta, iterations, converged });
            }
        }
    }
    if at.value.is_finite() {
        Ok(Found { theta: at.theta, iterations: max_iter, converged: false })
    } else {
        Err(Error::numerical("the objective leaves the range of f64; rescale x or y"))
    }
}

impl Sides {
    /// Moves the rows that are on another side than before.
    fn update(this: &mut Option<Self>, problem: &Problem<'_, '_>, at: &Point) {
        let limit = problem.epsilon * at.sigma;
        let now: Vec<i8> = at.r.iter().map(|r| i8::from(*r > limit) - i8::from(*r < -limit)).collect();
        let before = this.as_mut().map(|before| {
            let both = now.iter().zip(&before.sides).enumerate();
            let changed: Vec<usize> = both.filter(|(_, (a, b))| a != b).map(|(i, _)| i).collect();
            (before, changed)
        });
        let Some((before, changed)) = before.filter(|(_, changed)| changed.len() <= now.len() / FEW) else {
            *this = Some(Self::new(problem, now));
            return;
        };
        let width = problem.width();
        let (mut a, none) = (Array1::zeros(width), vec![0.0; width]);
        // Rows that leave, and rows that join.
        let mut groups = [(-1.0, Vec::new(), Vec::new()), (1.0, Vec::new(), Vec::new())];
        for i in changed {
            problem.row(i, &mut a);
            let (old, new, weight) = (before.sides[i], now[i], problem.weight(i));
            if (old == 0) != (new == 0) {
                let (_, rows, weights) = &mut groups[usize::from(new == 0)];
                rows.extend_from_slice(a.as_slice().unwrap_or_default());
                weights.push(weight);
            }
            before.beyond.scaled_add(weight * f64::from(new - old), &a);
        }
        for (sign, rows, weights) in groups {
            let mut gram = Gram::new(width);
            gram.add(&rows, &none, &weights, &mut Panels::default());
            before.within += &gram.matrix(sign);
        }
        before.sides = now;
    }

    fn new(problem: &Problem<'_, '_>, sides: Vec<i8>) -> Self {
        let p = problem.ncols();
        let all = sides.iter().all(|s| *s == 0);
        let weights: Array1<f64> =
            sides.iter().enumerate().map(|(i, s)| if *s == 0 { problem.weight(i) } else { 0.0 }).collect();
        let sums = match &problem.moments {
            Some(moments) if all => moments.clone(),
            _ => problem.moments(Some(&weights)),
        };
        let Moments { weight, mean, gram, .. } = sums;
        let mut within = Array2::zeros((problem.width(), problem.width()));
        within.slice_mut(s![..p, ..p]).assign(&gram);
        if problem.intercept {
            let apart = &mean - &problem.means;
            let outer = apart.view().insert_axis(Axis(1)).dot(&apart.view().insert_axis(Axis(0)));
            within.slice_mut(s![..p, ..p]).scaled_add(weight, &outer);
            within.slice_mut(s![p, ..p]).assign(&(&apart * weight));
            within.slice_mut(s![..p, p]).assign(&(&apart * weight));
            within[[p, p]] = weight;
        }
        let signed = sides.iter().enumerate().map(|(i, s)| f64::from(*s) * problem.weight(i)).collect();
        let beyond = if all { Array1::zeros(problem.width()) } else { problem.transposed(&signed) };
        Self { sides, within, beyond }
    }

    /// −(½∇²)⁻¹ ½∇ of (3)
    fn direction(
        &self,
        problem: &Problem<'_, '_>,
        at: &Point,
        gradient: &Array1<f64>,
    ) -> Option<Array1<f64>> {
        let p = problem.ncols();
        // Aᵀψ = h/σ + ε Σ ω s a
        let mut h = -gradient;
        h.iter_mut().zip(&at.theta[..p]).for_each(|(h, v)| *h += problem.alpha * v);
        h.scaled_add(-problem.epsilon, &self.beyond);
        h *= at.sigma;
        let c = at.sums.squares;
        let mut curvature = self.within.clone();
        let left = problem.total - problem.epsilon * problem.epsilon * at.sums.beyond;
        // At the floor, σ is more than (2) asks for.
        if c > 0.0 && at.sigma * at.sigma * left <= c * (1.0 + 1e-9) {
            curvature.rows_mut().into_iter().zip(&h).for_each(|(mut row, hi)| row.scaled_add(-hi / c, &h));
        }
        // What rounding made of a column along the residuals.
        let diagonal = curvature.diag_mut().into_iter().zip(self.within.diag());
        diagonal.for_each(|(c, s)| *c = c.max(FLAT * s));
        curvature /= at.sigma;
        Some(problem.factor(curvature)?.solve_vec((-gradient).view()))
    }
}

impl Point {
    /// The point at θ + t d.
    fn after(&self, problem: &Problem<'_, '_>, direction: &Array1<f64>, move_by: &[f64], t: f64) -> Self {
        let theta: Vec<f64> = self.theta.iter().zip(direction).map(|(theta, d)| theta + t * d).collect();
        let r: Vec<f64> = self.r.iter().zip(move_by).map(|(r, q)| r - t * q).collect();
        let (sigma, sums) = problem.scale(&r, Some(self.sigma));
        Self { value: problem.value((sigma, sums), &theta), theta, r, sigma, sums }
    }

    /// A point on the way along d that lies lower, and where the slope is less steep. `start` is the slope here.
    fn search(
        &self,
        problem: &Problem<'_, '_>,
        direction: &Array1<f64>,
        move_by: &[f64],
        start: f64,
    ) -> Option<Self> {
        let p = problem.ncols();
        let (mut t, mut low, mut high) = (1.0, 0.0, f64::INFINITY);
        let mut lower: Option<Self> = None;
        for _ in 0..TRIALS {
            let next = self.after(problem, direction, move_by, t);
            let penalty: f64 = next.theta[..p].iter().zip(direction).map(|(v, d)| v * d).sum();
            let pull: f64 =
                problem.psi(&next.r, next.sigma).iter().zip(move_by).map(|(psi, q)| psi * q).sum();
            let slope = 2.0 * (problem.alpha * penalty - pull);
            if next.value >= self.value || next.value.is_nan() || slope > -0.5 * start {
                high = t;
            } else if slope < 0.9 * start {
                low = t;
            } else {
                return Some(next);
            }
            if next.value < lower.as_ref().map_or(self.value, |point| point.value) {
                lower = Some(next);
            }
            t = if high.is_finite() { 0.5 * (low + high) } else { 4.0 * t };
            if high - low <= 1e-9 * high {
                break;
            }
        }
        lower
    }
}
