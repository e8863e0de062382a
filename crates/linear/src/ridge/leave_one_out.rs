//! The errors that ridge regression makes on each row when it is fitted without that row, for many α from one
//! decomposition.
//!
//! ```text
//! ẽᵢ = eᵢ / (1 − hᵢ)          e = y − ŷ of the fit on all rows, hᵢ = ωᵢ/Σω + ωᵢ x̃ᵢ(S + αI)⁻¹x̃ᵢᵀ            (1)
//! n ≥ p    S = VΛVᵀ           Z = (X − 1x̄)V:  ŷ = ȳ + Z (Λ + αI)⁻¹VᵀC,   hᵢ = ωᵢ/Σω + ωᵢ Σₖ zᵢₖ²/(λₖ + α)     (2)
//! n < p    K = QΛQᵀ           √ωᵢẽᵢ = [Q(Λ + αI)⁻¹QᵀỸ]ᵢ / (Σₖ qᵢₖ²/(λₖ + α) − ωᵢ/(Σω(c + α)))                 (3)
//! ```
//!
//! In (3), K = X̃X̃ᵀ + cuuᵀ with its null vector u = √ω/√Σω lifted to the eigenvalue c, as ridge regression itself has
//! it; the last term takes the lift out again. α, which multiplies both sides of the quotient, is left out of
//! it: what is small is divided by what is small without loss. The term 1/Σω and u belong to the intercept.
//!
//! (2) costs 9p³ for V, then n(p² + ap) in one pass over X, whatever the number of targets beside it; (3) n²p + 9n³.

use super::problem::{Problem, out_of_range};
use super::solve::{kernel, lift};
use estimand_core::records::MatrixView;
use estimand_core::{Float, Result};
use estimand_linalg::qr::compress;
use estimand_linalg::{Moments, Svd, SymmetricEigen, matmul, sparse};
use estimand_par as par;
use ndarray::{Array1, Array2, Array3, Axis, s};
use std::ops::Range;

/// Rows that are written out, centred, together.
const BLOCK: usize = 256;
/// Columns of sparse records whose products with all rows are formed together.
const COLUMNS: usize = 256;
/// Share of the largest eigenvalue below which the smallest has lost most digits.
const DROWNED: f64 = 1e-10;

/// Squared errors, for each α and target.
pub(super) struct Errors {
    /// a × t: Σ ωᵢẽᵢ² / Σω
    pub(super) mean: Array2<f64>,
    /// n × t × a: ẽᵢ², where asked for.
    pub(super) each: Option<Array3<f64>>,
}

/// What the rows of one chunk add up to.
struct Part {
    sums: Array2<f64>,
    each: Vec<f64>,
}

impl Part {
    /// Combines in the order of the rows.
    fn join(mut self, next: Self) -> Self {
        self.sums += &next.sums;
        self.each.extend(next.each);
        self
    }
}

/// (2)
pub(super) fn by_columns<F: Float>(
    problem: &Problem<'_, F>,
    moments: &Moments,
    alphas: &[f64],
    keep: bool,
) -> Result<Errors> {
    let (n, p, a, t) = (problem.x.nrows(), problem.x.ncols(), alphas.len(), problem.y.ncols());
    let SymmetricEigen { values, vectors } = spectrum(problem, moments, alphas)?;
    let shrink = shrinkage(&values, alphas);
    let rotated = matmul(vectors.t(), moments.cross.view());
    let coef = Array2::from_shape_fn((p, a * t), |(k, c)| shrink[[k, c / t]] * rotated[[k, c % t]]);
    let base = if problem.fit_intercept { moments.weight.recip() } else { 0.0 };
    let part = |rows: Range<usize>| {
        let mut part = Part { sums: Array2::zeros((a, t)), each: Vec::new() };
        for from in rows.clone().step_by(BLOCK) {
            let block = from..rows.end.min(from + BLOCK);
            let mut z = matmul(problem.centred_rows(block.clone(), &moments.mean).view(), vectors.view());
            let fitted = matmul(z.view(), coef.view());
            z.mapv_inplace(|v| v * v);
            let leverage = matmul(z.view(), shrink.view());
            for (i, row) in block.enumerate() {
                let weight = problem.weights.map_or(1.0, |w| w[row].f64());
                part.add(weight, keep, |j, k| {
                    let residual =
                        problem.y[[row, k]].f64() - moments.target_mean[k] - fitted[[i, j * t + k]];
                    // A leverage of 1 is a row that nothing but itself determines; rounding may take it above.
                    residual / (1.0 - weight * (leverage[[i, j]] + base)).max(f64::EPSILON)
                });
            }
        }
        part
    };
    let chunk = par::chunk_len(n, p * (p + 2 * a)).max(BLOCK);
    let total = par::reduce(n, chunk, part, Part::join);
    Ok(Errors::of(total, moments.weight, (n, t, a), keep))
}

/// (3)
pub(super) fn by_rows(problem: &Problem<'_, f64>, alphas: &[f64], keep: bool) -> Result<Errors> {
    let (n, a, t) = (problem.x.nrows(), alphas.len(), problem.y.ncols());
    problem.check_finite()?;
    let (means, _) = problem.means()?;
    let kernel = match problem.x.values() {
        MatrixView::Dense(x) => kernel(problem, problem.weigh(&x - &means.x).view()),
        MatrixView::Sparse(_) => sparse_kernel(problem, &means.x),
    };
    if !kernel.iter().all(|v| v.is_finite()) {
        return Err(out_of_range());
    }
    // The lift is the mean of the other eigenvalues, counted as n of them.
    let lift = kernel.diag().sum() / (n + 1) as f64;
    let SymmetricEigen { values, mut vectors } = SymmetricEigen::new(kernel.view())?;
    let shrink = shrinkage(&values, alphas);
    let rotated = matmul(vectors.t(), problem.centred_y(&means.y).view());
    let scaled = Array2::from_shape_fn((n, a * t), |(k, c)| shrink[[k, c / t]] * rotated[[k, c % t]]);
    let dual = matmul(vectors.view(), scaled.view());
    vectors.mapv_inplace(|v| v * v);
    let diagonal = matmul(vectors.view(), shrink.view());
    let total = problem.weight();
    let mut part = Part { sums: Array2::zeros((a, t)), each: Vec::new() };
    for i in 0..n {
        let weight = problem.weights.map_or(1.0, |w| w[i]);
        part.add(weight, keep, |j, k| {
            let lifted = if problem.fit_intercept { weight / total / (lift + alphas[j]) } else { 0.0 };
            let left = (diagonal[[i, j]] - lifted).max(f64::EPSILON * diagonal[[i, j]]);
            if weight == 0.0 { 0.0 } else { dual[[i, j * t + k]] / left / weight.sqrt() }
        });
    }
    Ok(Errors::of(Some(part), total, (n, t, a), keep))
}

impl Part {
    /// One row of this weight with `error(α, target)`.
    fn add(&mut self, weight: f64, keep: bool, error: impl Fn(usize, usize) -> f64) {
        let (a, t) = self.sums.dim();
        for j in 0..a {
            for k in 0..t {
                self.sums[[j, k]] += weight * error(j, k).powi(2);
            }
        }
        if keep {
            (0..t).for_each(|k| self.each.extend((0..a).map(|j| error(j, k).powi(2))));
        }
    }
}

impl Errors {
    fn of(total: Option<Part>, weight: f64, (n, t, a): (usize, usize, usize), keep: bool) -> Self {
        let part = total.unwrap_or(Part { sums: Array2::zeros((a, t)), each: Vec::new() });
        let each = if keep { Array3::from_shape_vec((n, t, a), part.each).ok() } else { None };
        Self { mean: part.sums / weight, each }
    }
}

/// S = VΛVᵀ; from the triangle of the data where eigenvalues near the smallest α drown in the rounding of the largest.
fn spectrum<F: Float>(
    problem: &Problem<'_, F>,
    moments: &Moments,
    alphas: &[f64],
) -> Result<SymmetricEigen<f64>> {
    let eigen = SymmetricEigen::new(moments.gram.view())?;
    let least = alphas.iter().copied().fold(f64::INFINITY, f64::min);
    let low = eigen.values.first().copied().unwrap_or(0.0) + least;
    let high = eigen.values.last().copied().unwrap_or(0.0) + least;
    match problem.x.values() {
        MatrixView::Dense(_) if low < DROWNED * high => problem.in_f64(|problem| {
            let centre = Some((moments.mean.view(), moments.target_mean.view()));
            let triangle = compress(problem.x.dense("RidgeCv")?, problem.y, problem.weights, centre);
            let svd = Svd::thin(triangle.r.view())?;
            Ok(SymmetricEigen { values: svd.s.mapv(|s| s * s), vectors: svd.vt.reversed_axes() })
        }),
        _ => Ok(eigen),
    }
}

/// 1 / (λₖ + α), one column per α. Rounding may have taken an eigenvalue below 0.
fn shrinkage(values: &Array1<f64>, alphas: &[f64]) -> Array2<f64> {
    Array2::from_shape_fn((values.len(), alphas.len()), |(k, j)| (values[k].max(0.0) + alphas[j]).recip())
}

/// As `solve::kernel`, of sparse X that stays sparse: (xᵢ − x̄)(xⱼ − x̄)ᵀ = xᵢxⱼᵀ − mᵢ − mⱼ + x̄x̄ᵀ with m = Xx̄ᵀ.
fn sparse_kernel(problem: &Problem<'_, f64>, mean: &Array1<f64>) -> Array2<f64> {
    let n = problem.x.nrows();
    let mut kernel = Array2::zeros((n, n));
    if let MatrixView::Sparse(x) = problem.x.values() {
        for from in (0..n).step_by(COLUMNS) {
            let to = n.min(from + COLUMNS);
            let block = x.rows(from..to).to_dense();
            kernel.slice_mut(s![.., from..to]).assign(&sparse::matmul(x, block.t()));
        }
        let m = sparse::matvec(x, mean.view());
        kernel -= &m.view().insert_axis(Axis(1));
        kernel -= &m;
        kernel += mean.dot(mean);
    }
    if let Some(weights) = problem.weights {
        let root = weights.mapv(f64::sqrt);
        kernel *= &root.view().insert_axis(Axis(1));
        kernel *= &root;
    }
    lift(&mut kernel, problem);
    kernel
}
