//! The inverse of AᵀΩA, where A = (1, X).
//!
//! ```text
//! √Ω (X − 1m) = QR            m = XᵀΩ1 / n        R D⁻¹ = U S Vᵀ          D: lengths of the columns of R
//! C = D⁻¹ V S⁺² Vᵀ D⁻¹        of X                Var b = 1/n + mᵀCm      Cov (b, w) = −Cm
//! ```
//!
//! With columns of one length, rank does not depend on units: singular values below max(n, p)·ε of the largest count as 0. A coefficient is
//! determined if no combination of columns that is 0 in every row has a part in it.

use estimand_core::records::MatrixView;
use estimand_core::{Records, Result, stats};
use estimand_linalg::qr::compress;
use estimand_linalg::{Moments, Svd, SymmetricEigen};
use ndarray::{Array1, Array2, ArrayView1, Axis, concatenate, s};

/// (AᵀΩA)⁻¹ and what was seen on the way. The intercept, if any, comes first.
pub(super) struct Inverse {
    /// q × q; a generalised inverse where A has not full rank.
    pub(super) matrix: Array2<f64>,
    pub(super) rank: usize,
    /// Whether the data say what each coefficient is.
    pub(super) determined: Vec<bool>,
    /// Columns of X that are constant where there is an intercept.
    pub(super) constant: Vec<usize>,
    /// Ratio of the largest singular value of √Ω A to the smallest.
    pub(super) condition: f64,
}

/// Part of a unit vector that counts as none: between rounding, 1e-12 or so, and what collinear columns have.
const NOTHING: f64 = 1e-7;

impl Inverse {
    pub(super) fn new(
        x: Records<'_, f64>,
        weights: Option<ArrayView1<'_, f64>>,
        intercept: bool,
    ) -> Result<Self> {
        let (n, p) = (x.nrows(), x.ncols());
        let total = weights.map_or(n as f64, |w| w.sum());
        let mut mean = Array1::zeros(p);
        if intercept {
            let mut moments = stats::Moments::new(p);
            moments.insert(x, weights)?;
            mean = moments.mean().iter().copied().collect();
        }
        let r = triangle(x, weights, &mean, intercept)?;
        let mut lengths: Array1<f64> = r.columns().into_iter().map(|c| c.dot(&c).sqrt()).collect();
        let constant: Vec<usize> = (0..p)
            .filter(|j| intercept && lengths[*j] <= 4.0 * f64::EPSILON * (total.sqrt() * mean[*j].abs()))
            .collect();
        constant.iter().for_each(|j| lengths[*j] = 0.0);
        let inverse_length = lengths.mapv(|d| if d > 0.0 { d.recip() } else { 0.0 });

        let Svd { s: sigma, vt, .. } = Svd::thin(square(&r * &inverse_length).view())?;
        let cutoff = n.max(p) as f64 * f64::EPSILON * sigma.first().copied().unwrap_or(0.0);
        let rank = sigma.iter().filter(|s| **s > cutoff).count();
        let (seen, unseen) = (vt.slice(s![..rank, ..]), vt.slice(s![rank.., ..]));
        let half = &seen / &sigma.slice(s![..rank]).insert_axis(Axis(1)) * &inverse_length;
        let c = half.t().dot(&half);
        let nothing = |v: &Array1<f64>| unseen.dot(v).mapv(f64::abs).sum() <= NOTHING * v.dot(v).sqrt();
        let unit = |j: usize| Array1::from_shape_fn(p, |i| f64::from(u8::from(i == j)));
        let mut determined: Vec<bool> = (0..p).map(|j| lengths[j] > 0.0 && nothing(&unit(j))).collect();

        let mut this = Self {
            condition: condition(&r, &mean, total, intercept)?,
            matrix: c,
            rank,
            determined: vec![],
            constant,
        };
        if intercept {
            let (cm, c) = (this.matrix.dot(&mean), &this.matrix);
            let mut matrix = Array2::zeros((p + 1, p + 1));
            matrix[[0, 0]] = total.recip() + mean.dot(&cm);
            matrix.slice_mut(s![0, 1..]).assign(&-&cm);
            matrix.slice_mut(s![1.., 0]).assign(&-&cm);
            matrix.slice_mut(s![1.., 1..]).assign(c);
            determined.insert(0, nothing(&(&mean * &inverse_length)));
            (this.matrix, this.rank) = (matrix, rank + 1);
        }
        this.determined = determined;
        Ok(this)
    }
}

/// R with RᵀR = (X − 1m)ᵀ Ω (X − 1m); of sparse records, from their Gram matrix.
fn triangle(
    x: Records<'_, f64>,
    weights: Option<ArrayView1<'_, f64>>,
    mean: &Array1<f64>,
    intercept: bool,
) -> Result<Array2<f64>> {
    let nothing = Array2::zeros((x.nrows(), 1));
    match x.values() {
        MatrixView::Dense(x) => {
            let zero = Array1::zeros(1);
            Ok(compress(x, nothing.view(), weights, Some((mean.view(), zero.view()))).r)
        }
        MatrixView::Sparse(x) => {
            let moments = Moments::of_sparse(x, nothing.view(), weights);
            let moments = if intercept { moments } else { moments.uncentred() };
            let lengths = moments.gram.diag().mapv(f64::sqrt);
            let inverse = lengths.mapv(|d| if d > 0.0 { d.recip() } else { 0.0 });
            let scaled = &moments.gram * &inverse * &inverse.insert_axis(Axis(1));
            let SymmetricEigen { values, vectors } = SymmetricEigen::new(scaled.view())?;
            let roots = values.mapv(|v| v.max(0.0).sqrt()).insert_axis(Axis(1));
            Ok(&vectors.t() * &roots * &lengths)
        }
    }
}

/// With rows of zeros, where there are fewer rows than columns: the thin decomposition then has all p directions.
fn square(r: Array2<f64>) -> Array2<f64> {
    let (n, p) = r.dim();
    if n >= p {
        return r;
    }
    concatenate(Axis(0), &[r.view(), Array2::zeros((p - n, p)).view()]).unwrap_or(r)
}

/// The condition of √Ω A, whose triangle is (√n, √n m; 0, R).
fn condition(r: &Array2<f64>, mean: &Array1<f64>, total: f64, intercept: bool) -> Result<f64> {
    let mut whole = Array2::zeros((r.nrows() + 1, r.ncols() + 1));
    whole[[0, 0]] = total.sqrt();
    whole.slice_mut(s![0, 1..]).assign(&(mean * total.sqrt()));
    whole.slice_mut(s![1.., 1..]).assign(r);
    let s = Svd::values(if intercept { whole.view() } else { r.view() })?;
    Ok(s.first().copied().unwrap_or(0.0) / s.last().copied().unwrap_or(0.0))
}
