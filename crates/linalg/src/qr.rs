//! X = QR, and least squares of minimum norm.
//!
//! Tall matrices are factorised in parts of rows, in parallel, and the triangles of the parts, one below the
//! other, once more [Demmel 2012]: the same backward error as in one piece, one pass over X, and the same bits
//! for any number of threads. Costs 2np².

use crate::backend::{Triangle, backend, columns, to_columns};
use crate::scale::{largest, power_of_two};
use crate::{Svd, matmul};
use estimand_core::{Float, Result};
use estimand_par as par;
use ndarray::{Array1, Array2, ArrayView1, ArrayView2, Axis, s};
use std::ops::Range;

/// The factors of an n × p matrix; k = min(n, p).
#[derive(Clone, Debug)]
pub struct Qr<F> {
    /// R above the diagonal, Householder vectors below.
    factor: Array2<F>,
    coefficients: Array2<F>,
}

impl<F: Float> Qr<F> {
    /// Factorises X.
    pub fn new(x: ArrayView2<'_, F>) -> Self {
        Self::of(to_columns(x))
    }

    /// As [`Qr::new`], in the memory of X; fastest when X is in column-major order.
    pub fn of(mut x: Array2<F>) -> Self {
        let coefficients = (backend::<F>().qr)(x.view_mut());
        Self { factor: x, coefficients }
    }

    /// R, k × p, upper triangular.
    pub fn r(&self) -> Array2<F> {
        let mut r = to_columns(self.factor.slice(s![..self.coefficients.ncols(), ..]));
        r.indexed_iter_mut().filter(|((i, j), _)| i > j).for_each(|(_, v)| *v = F::zero());
        r
    }

    /// Q, n × k, orthonormal columns.
    pub fn q(&self) -> Array2<F> {
        let k = self.coefficients.ncols();
        self.apply_q(Array2::eye(k).view())
    }

    /// QB for B with k rows.
    pub fn apply_q(&self, b: ArrayView2<'_, F>) -> Array2<F> {
        let mut out = columns(self.factor.nrows(), b.ncols());
        out.slice_mut(s![..b.nrows(), ..]).assign(&b);
        (backend::<F>().apply_q)(self.factor.view(), self.coefficients.view(), false, out.view_mut());
        out
    }

    /// B ← QᵀB for Q in its full, square form: the first k rows belong to the columns of X, the others are
    /// what X cannot explain.
    pub fn apply_qt(&self, b: &mut Array2<F>) {
        (backend::<F>().apply_q)(self.factor.view(), self.coefficients.view(), true, b.view_mut());
    }

    /// The least-squares solution of XW = B for X of full column rank, n ≥ p.
    pub fn solve(&self, b: ArrayView2<'_, F>) -> Array2<F> {
        let (mut b, p) = (to_columns(b), self.factor.ncols());
        self.apply_qt(&mut b);
        let mut w = to_columns(b.slice(s![..p, ..]));
        (backend::<F>().solve_triangular)(self.factor.slice(s![..p, ..]), Triangle::Upper, w.view_mut());
        w
    }
}

/// The factors of a tall matrix, in parts.
pub(crate) struct TallQr<F> {
    parts: Vec<Qr<F>>,
    /// Of the triangles of the parts.
    top: Qr<F>,
}

impl<F: Float> TallQr<F> {
    /// Factorises X with n ≥ 2p.
    pub(crate) fn new(x: ArrayView2<'_, F>) -> Self {
        let (n, p) = x.dim();
        let parts = par::map_chunks(n, part_len(n, p), |rows| Qr::new(x.slice(s![rows, ..])));
        let triangles: Vec<_> = parts.iter().map(Qr::r).collect();
        Self { top: Qr::of(stacked(&triangles)), parts }
    }

    pub(crate) fn r(&self) -> Array2<F> {
        self.top.r()
    }

    /// QB for B with p rows.
    pub(crate) fn apply_q(&self, b: ArrayView2<'_, F>) -> Array2<F> {
        let b = self.top.apply_q(b);
        let p = self.top.factor.ncols();
        // All parts but the last have at least p rows.
        let parts = par::map(self.parts.len(), |i| {
            let rows = i * p..b.nrows().min((i + 1) * p);
            self.parts[i].apply_q(b.slice(s![rows, ..]))
        });
        stacked(&parts)
    }
}

/// Rows per part of a tall matrix: at least twice as many as columns, but for the last part.
fn part_len(n: usize, p: usize) -> usize {
    par::chunk_len_at_most(n, p * p / 4 + 1, 16).max(2 * p)
}

/// One below the other, in column-major order.
fn stacked<F: Float>(parts: &[Array2<F>]) -> Array2<F> {
    let mut out =
        columns(parts.iter().map(|part| part.nrows()).sum(), parts.first().map_or(0, |part| part.ncols()));
    let mut at = 0;
    for part in parts {
        out.slice_mut(s![at..at + part.nrows(), ..]).assign(part);
        at += part.nrows();
    }
    out
}

/// What [`lstsq`] finds.
#[derive(Clone, Debug)]
pub struct LeastSquares<F> {
    /// p × t
    pub coef: Array2<F>,
    /// Number of singular values above the cut-off.
    pub rank: usize,
    /// Of X as it was weighted and centred, descending; min(n, p) of them.
    pub singular_values: Array1<F>,
}

/// A small problem with the same Gram matrix and cross products as a tall one.
#[derive(Clone, Debug)]
pub struct Compressed<F> {
    /// k × p with RᵀR = XᵀX; k = min(n, p).
    pub r: Array2<F>,
    /// k × t with Rᵀz = XᵀY
    pub z: Array2<F>,
}

/// minimise ‖√W (Y − 1ȳᵀ − (X − 1x̄ᵀ) B)‖², of minimum norm where X is rank deficient.
///
/// Singular values of at most `rcond` times the largest count as zero; by default rcond = max(n, p) · ε. `centre`
/// holds x̄ and ȳ.
///
/// # Errors
/// [`estimand_core::Error::Numerical`] for NaN or infinite values.
///
/// # Panics
/// If the shapes do not agree.
pub fn lstsq<F: Float>(
    x: ArrayView2<'_, F>,
    y: ArrayView2<'_, F>,
    weights: Option<ArrayView1<'_, F>>,
    centre: Option<(ArrayView1<'_, f64>, ArrayView1<'_, f64>)>,
    rcond: Option<f64>,
) -> Result<LeastSquares<F>> {
    let Compressed { r, z } = compress(x, y, weights, centre);
    let Svd { u, s: singular_values, vt } = Svd::thin(r.view())?;
    let epsilon = F::epsilon() * F::of(x.nrows().max(x.ncols()) as f64);
    let cutoff = rcond.map_or(epsilon, F::of) * singular_values.first().copied().unwrap_or_else(F::zero);
    let rank = singular_values.iter().filter(|s| **s > cutoff).count();
    // B = V diag(1/s) Uᵀz over the singular values that count; z near 1, so that nothing overflows on the way
    let scale = power_of_two(largest(&z));
    let mut scaled = matmul(u.slice(s![.., ..rank]).t(), z.mapv(|v| v * scale).view());
    scaled
        .axis_iter_mut(Axis(0))
        .zip(&singular_values)
        .for_each(|(mut row, s)| row.mapv_inplace(|v| v / *s / scale));
    let coef = matmul(vt.slice(s![..rank, ..]).t(), scaled.view());
    Ok(LeastSquares { coef, rank, singular_values })
}

/// Takes X and Y, weighted and centred as in [`lstsq`], to min(n, p) rows by orthogonal transformations.
///
/// # Panics
/// If the shapes do not agree.
pub fn compress<F: Float>(
    x: ArrayView2<'_, F>,
    y: ArrayView2<'_, F>,
    weights: Option<ArrayView1<'_, F>>,
    centre: Option<(ArrayView1<'_, f64>, ArrayView1<'_, f64>)>,
) -> Compressed<F> {
    let (n, p) = x.dim();
    assert_eq!((y.nrows(), weights.map_or(n, |w| w.len())), (n, n), "rows of X, of Y and weights");
    let load = |x: ArrayView2<'_, F>, mean: Option<ArrayView1<'_, f64>>, rows: Range<usize>| {
        let mut copy = to_columns(x.slice(s![rows.clone(), ..]));
        if let Some(mean) = mean {
            let columns = copy.columns_mut().into_iter().zip(mean);
            columns.for_each(|(mut column, mean)| column.mapv_inplace(|v| F::of(v.f64() - mean)));
        }
        if let Some(weights) = weights {
            let roots = weights.slice(s![rows]).mapv(F::sqrt);
            copy.columns_mut().into_iter().for_each(|mut column| column *= &roots);
        }
        copy
    };
    let load = |rows: Range<usize>| Compressed {
        r: load(x, centre.map(|c| c.0), rows.clone()),
        z: load(y, centre.map(|c| c.1), rows),
    };
    if n <= p {
        return load(0..n);
    }
    // Within a part, block after block: the triangle so far on top of rows that fit the cache.
    let block = (1 << 16) / p.max(1) + 4 * p;
    let parts = par::map_chunks(n, part_len(n, p), |rows| {
        let blocks = rows.clone().step_by(block).map(|from| load(from..rows.end.min(from + block)));
        blocks.map(triangle).reduce(|above, below| triangle(above.on(below))).unwrap_or_else(|| load(0..0))
    });
    parts.into_iter().reduce(|above, below| triangle(above.on(below))).unwrap_or_else(|| load(0..0))
}

impl<F: Float> Compressed<F> {
    fn on(self, below: Self) -> Self {
        Self { r: stacked(&[self.r, below.r]), z: stacked(&[self.z, below.z]) }
    }
}

/// At most p rows with the same products.
fn triangle<F: Float>(Compressed { r: x, mut z }: Compressed<F>) -> Compressed<F> {
    let k = x.ncols();
    if x.nrows() <= k {
        return Compressed { r: x, z };
    }
    let qr = Qr::of(x);
    qr.apply_qt(&mut z);
    Compressed { r: qr.r(), z: to_columns(z.slice(s![..k, ..])) }
}
