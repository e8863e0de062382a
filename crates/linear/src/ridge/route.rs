//! Which equation for which data: three routes, each of which looks at the data once for all α.

use super::RidgeSolver;
use super::factor::{ACCURATE, SINGULAR, power_of_two};
use super::gradient::descend;
use super::problem::{Means, Method, Problem, Solution, out_of_range};
use super::solve::{cholesky, dual, kernel, least_norm, objective, spectral, squares};
use estimand_core::records::MatrixView;
use estimand_core::{Error, Features, Float, Report, Result};
use estimand_linalg::qr::{Compressed, compress};
use estimand_linalg::{Moments, Svd};
use ndarray::{Array1, Axis};
use std::cell::OnceCell;

/// Outside: what is wrong with the data whatever α. Inside: what failed for one α.
pub(super) type Solutions = Result<Vec<Result<Solution>>>;

/// n ≥ p: S and C from one pass; the data again only where those do not suffice.
pub(super) fn tall<F: Float>(problem: &Problem<'_, F>, alphas: &[f64], method: &Method) -> Solutions {
    let mut moments = problem.moments()?;
    let constant = drop_constant_columns(&mut moments);
    let means = Means { x: moments.mean.clone(), y: moments.target_mean.clone() };
    let triangle = OnceCell::new();
    let solve = |alpha: f64| {
        let direct = match method.solver {
            RidgeSolver::Svd => None,
            _ => cholesky(problem, &moments, alpha)?,
        };
        let (mut coef, mut report) = match (direct, problem.x.values()) {
            (Some(found), _) => found,
            (None, _) if method.solver == RidgeSolver::Cholesky => return Err(singular(method)),
            (None, MatrixView::Sparse(_)) => return fall_back(problem, alpha, method),
            (None, MatrixView::Dense(_)) => {
                let triangle = triangle.get_or_init(|| factorise(problem, &means, &constant)).as_ref();
                let (coef, rank) = least_norm(triangle.map_err(Error::clone)?, alpha, problem.cutoff)?;
                (coef, of_rank(rank, constant.len(), problem, method))
            }
        };
        constant.iter().for_each(|j| coef.row_mut(*j).fill(0.0));
        if !constant.is_empty() {
            let features = Features::of(problem.x);
            let names: Vec<_> = constant.iter().take(5).map(|j| features.name(*j)).collect();
            report = report.note(format!("{} constant, coefficient 0: {}", constant.len(), names.join(", ")));
        }
        let objective = objective(&moments, &coef, alpha);
        Ok(means.solution(coef, objective, report))
    };
    Ok(alphas.iter().map(|alpha| solve(*alpha)).collect())
}

/// n < p: X̃ is copied, and either its n × n products or its singular values serve all α.
pub(super) fn wide(problem: &Problem<'_, f64>, alphas: &[f64], method: &Method) -> Solutions {
    problem.check_finite()?;
    let (means, _) = problem.means()?;
    let mut x = problem.weigh(&problem.x.dense(method.estimator)? - &means.x);
    let y = problem.centred_y(&means.y);
    let unit = power_of_two(x.iter().fold(0.0, |max, v| v.abs().max(max)));
    x /= unit;
    if !x.iter().chain(&y).all(|v| v.is_finite()) {
        return Err(out_of_range());
    }
    let (products, svd) = (OnceCell::new(), OnceCell::new());
    let solve = |alpha: f64| {
        let alpha = alpha / unit / unit;
        let by_rows =
            |enough| dual(x.view(), &y, products.get_or_init(|| kernel(problem, x.view())), alpha, enough);
        let direct = match method.solver {
            RidgeSolver::Dual => Some(by_rows(SINGULAR).ok_or_else(|| singular(method))?),
            RidgeSolver::Auto => by_rows(ACCURATE),
            _ => None,
        };
        let (coef, report) = match direct {
            Some(found) => found,
            None => {
                let svd = svd.get_or_init(|| Svd::thin(x.view())).as_ref().map_err(Error::clone)?;
                spectral(svd, &y, alpha, problem.cutoff)
            }
        };
        let objective =
            squares(&(&y - &estimand_linalg::matmul(x.view(), coef.view()))) + alpha * squares(&coef);
        Ok(means.solution(coef / unit, objective, report))
    };
    Ok(alphas.iter().map(|alpha| solve(*alpha)).collect())
}

/// Any shape: conjugate gradients, target by target. `many` says that without a penalty there are many
/// solutions, of which the one of least norm is wanted.
pub(super) fn iterate(problem: &Problem<'_, f64>, alphas: &[f64], method: &Method, many: bool) -> Solutions {
    problem.check_finite()?;
    let (means, variances) = problem.means()?;
    problem.check_squares(&variances)?;
    let (x, y) = (problem.operator(&means.x), problem.centred_y(&means.y));
    let weight = problem.weights.map_or(problem.x.nrows() as f64, |w| w.sum());
    let common = power_of_two(variances.iter().fold(0.0, |a, v| v.max(a)) * weight).sqrt().recip();
    let solve = |alpha: f64| {
        // Columns are brought to one length, but not where that would change which of many solutions has the
        // least norm. Constant columns stay out.
        let factor = |variance: &f64| match *variance {
            0.0 => 0.0,
            _ if many && alpha == 0.0 => common,
            variance => (weight * variance + alpha).sqrt().recip(),
        };
        let d: Array1<f64> = variances.iter().map(factor).collect();
        // Lengths of the columns before centring, the mean twice: it is taken off in a product of its own.
        let lengths =
            variances.iter().zip(&means.x).map(|(v, mean)| (weight * (v + 2.0 * mean * mean)).sqrt());
        let size = lengths.zip(&d).map(|(length, d)| (length * d).powi(2)).sum::<f64>().sqrt();
        let targets = y.columns().into_iter();
        let ends: Vec<_> = targets
            .map(|y| descend(&x, y.to_owned(), alpha, &d, size, method.max_iter, method.tol))
            .collect();
        let objective: f64 = ends.iter().map(|end| end.objective).sum();
        if !objective.is_finite() {
            return Err(out_of_range());
        }
        let iterations = ends.iter().map(|end| end.iterations).max().unwrap_or(0);
        let mut report =
            Report::iterative("conjugate gradients", iterations, ends.iter().all(|end| end.converged))
                .warn_unless_converged(method.estimator, "raise `max_iter` or `tol`, or scale the columns");
        if let Some(share) = ends.iter().filter_map(|end| end.precision).reduce(f64::max) {
            report = report.note(format!("working precision reached with {share:.1e} of the first gradient"));
        }
        let columns: Vec<_> = ends.iter().map(|end| end.w.view()).collect();
        let coef = ndarray::stack(Axis(1), &columns).map_err(|e| Error::numerical(e.to_string()))?;
        Ok(means.solution(coef, objective, report))
    };
    Ok(alphas.iter().map(|alpha| solve(*alpha)).collect())
}

/// Sparse X whose S + αI is singular: conjugate gradients find the solution of least norm.
fn fall_back<F: Float>(problem: &Problem<'_, F>, alpha: f64, method: &Method) -> Result<Solution> {
    log::warn!("{}: collinear columns; conjugate gradients replace the normal equations", method.estimator);
    let mut solution = problem.in_f64(|problem| iterate(&problem, &[alpha], method, true))?.swap_remove(0)?;
    solution.report = solution.report.note("collinear columns: the normal equations are singular");
    Ok(solution)
}

/// Takes columns whose spread is the rounding error of their mean out of S and C, and lists them.
fn drop_constant_columns(moments: &mut Moments) -> Vec<usize> {
    let spread = |j: usize| (moments.gram[[j, j]] / moments.weight).sqrt();
    let rounding = |j: usize| 4.0 * f64::EPSILON * moments.mean[j].abs();
    let constant: Vec<usize> = (0..moments.mean.len()).filter(|j| spread(*j) <= rounding(*j)).collect();
    for j in &constant {
        moments.gram.row_mut(*j).fill(0.0);
        moments.gram.column_mut(*j).fill(0.0);
        moments.cross.row_mut(*j).fill(0.0);
    }
    constant
}

/// R and Z of X̃ = QR, Z = QᵀỸ, with constant columns zero.
fn factorise<F: Float>(
    problem: &Problem<'_, F>,
    means: &Means,
    constant: &[usize],
) -> Result<Compressed<f64>> {
    problem.in_f64(|problem| {
        let centre = Some((means.x.view(), means.y.view()));
        let mut triangle = compress(problem.x.dense("Svd")?, problem.y, problem.weights, centre);
        constant.iter().for_each(|j| triangle.r.column_mut(*j).fill(0.0));
        Ok(triangle)
    })
}

/// The report of singular values; columns that are collinear, not merely constant, are worth a warning.
fn of_rank<F: Float>(rank: usize, constant: usize, problem: &Problem<'_, F>, method: &Method) -> Report {
    let (p, report) = (problem.x.ncols(), Report::direct("singular values"));
    if rank + constant >= p {
        return report;
    }
    let note = format!("rank {rank} of {p}; of the many solutions the one of least norm");
    log::warn!("{}: collinear columns, {note}", method.estimator);
    report.note(note)
}

fn singular(method: &Method) -> Error {
    Error::numerical(format!(
        "{}: {} are collinear, so that their normal equations give no accurate solution; use Auto or Svd, or a larger alpha",
        method.estimator,
        if method.solver == RidgeSolver::Dual { "rows" } else { "columns" },
    ))
}
