//! Step 3, the direct equations: one function each.

use super::factor::{ACCURATE, Factor, power_of_two};
use super::problem::Problem;
use estimand_core::{Float, Report, Result};
use estimand_linalg::qr::Compressed;
use estimand_linalg::{Moments, Qr, Svd, matmul};
use ndarray::{Array1, Array2, ArrayView2, Axis, concatenate, s};

/// W and how it was found.
pub(super) type Found = (Array2<f64>, Report);

/// (S + αI) W = C, refined on the data where that is needed; `None` where S + αI is as good as singular.
pub(super) fn cholesky<F: Float>(
    problem: &Problem<'_, F>,
    moments: &Moments,
    alpha: f64,
) -> Result<Option<Found>> {
    let Some(factor) = Factor::new(&moments.gram, alpha) else { return Ok(None) };
    let mut coef = factor.solve(moments.cross.view());
    if factor.rcond >= ACCURATE {
        return Ok(Some((coef, factor.report("Cholesky"))));
    }
    let refined = problem.in_f64(|problem| {
        let (x, y) = (problem.operator(&moments.mean), problem.centred_y(&moments.target_mean));
        let mut targets = coef.columns_mut().into_iter().zip(y.columns());
        Ok(targets.all(|(w, y)| factor.refine(w, |w| x.apply_t(&(&y - &x.apply(w))) - w * alpha)))
    })?;
    Ok(refined.then(|| (coef, factor.report("Cholesky, refined"))))
}

/// W = X̃ᵀ(K + αI)⁻¹Ỹ; `None` where the reciprocal condition of K + αI is not `enough`, for here refinement does not
/// help.
pub(super) fn dual(
    x: ArrayView2<'_, f64>,
    y: &Array2<f64>,
    kernel: &Array2<f64>,
    alpha: f64,
    enough: f64,
) -> Option<Found> {
    let factor = Factor::new(kernel, alpha).filter(|factor| factor.rcond >= enough)?;
    Some((matmul(x.t(), factor.solve(y.view()).view()), factor.report("dual Cholesky")))
}

/// K = X̃X̃ᵀ + cuuᵀ for u = √ω. Centring makes u a null vector of X̃X̃ᵀ, orthogonal to Ỹ: lifting its eigenvalue from 0
/// to the mean of the others changes no solution and spares the condition.
pub(super) fn kernel(problem: &Problem<'_, f64>, x: ArrayView2<'_, f64>) -> Array2<f64> {
    // Products of rows are moments of the transpose, of which only one triangle is computed.
    let mut kernel = Moments::new(x.t(), Array2::zeros((x.ncols(), 0)).view(), None).uncentred().gram;
    lift(&mut kernel, problem);
    kernel
}

/// K ← K + cuuᵀ for u = √ω, where c‖u‖² is the mean of the diagonal of K.
pub(super) fn lift(kernel: &mut Array2<f64>, problem: &Problem<'_, f64>) {
    if problem.fit_intercept {
        let u = problem.weigh(Array2::ones((kernel.nrows(), 1)));
        let mean = kernel.diag().sum() / kernel.nrows() as f64;
        kernel.scaled_add(mean / u.iter().map(|u| u * u).sum::<f64>(), &matmul(u.view(), u.t()));
    }
}

/// W = V diag(s / (s² + α)) UᵀỸ, without the directions whose s counts as zero.
pub(super) fn spectral(svd: &Svd<f64>, y: &Array2<f64>, alpha: f64, cutoff: f64) -> Found {
    let rank = rank(&svd.s, cutoff);
    let mut z = matmul(svd.u.slice(s![.., ..rank]).t(), y.view());
    // 1 / (s + α/s), which neither overflows nor underflows where s² would.
    z.rows_mut().into_iter().zip(&svd.s).for_each(|(mut row, s)| row /= s + alpha / s);
    let coef = matmul(svd.vt.slice(s![..rank, ..]).t(), z.view());
    (coef, Report::direct("singular values").note(format!("rank {rank}")))
}

/// W = BA where [RB; √αI] A = [Z; 0], and the rank: the columns of B are an orthonormal basis of the row space of R, in
/// which the solution of least norm lies. Rank is judged with the columns of R brought to one length.
pub(super) fn least_norm(
    triangle: &Compressed<f64>,
    alpha: f64,
    cutoff: f64,
) -> Result<(Array2<f64>, usize)> {
    let (r, z, p) = (&triangle.r, &triangle.z, triangle.r.ncols());
    let scale: Array1<f64> = r.columns().into_iter().map(|r| power_of_two(r.dot(&r).sqrt())).collect();
    let svd = Svd::thin((r / &scale).view())?;
    let rank = rank(&svd.s, cutoff);
    let basis = match rank {
        0 => return Ok((Array2::zeros((p, z.ncols())), 0)),
        _ if rank == p => Array2::eye(p),
        _ => Qr::new((&svd.vt.slice(s![..rank, ..]).t() * &scale.insert_axis(Axis(1))).view()).q(),
    };
    let left =
        concatenate![Axis(0), matmul(r.view(), basis.view()), Array2::from_diag_elem(rank, alpha.sqrt())];
    let right = concatenate![Axis(0), *z, Array2::zeros((rank, z.ncols()))];
    Ok((matmul(basis.view(), Qr::new(left.view()).solve(right.view()).view()), rank))
}

fn rank(s: &Array1<f64>, cutoff: f64) -> usize {
    let least = cutoff * s.first().copied().unwrap_or(0.0);
    s.iter().filter(|s| **s > least).count()
}

/// ‖Ỹ − X̃W‖² + α‖W‖² = Σ (Ỹ² − 2 W∘C + W∘SW) + α‖W‖²
pub(super) fn objective(moments: &Moments, coef: &Array2<f64>, alpha: f64) -> f64 {
    let linear = (coef * &(moments.gram.dot(coef) - 2.0 * &moments.cross)).sum();
    (moments.target_squares.sum() + linear).max(0.0) + alpha * squares(coef)
}

/// Σ aᵢⱼ²
pub(super) fn squares(a: &Array2<f64>) -> f64 {
    a.iter().map(|a| a * a).sum()
}
