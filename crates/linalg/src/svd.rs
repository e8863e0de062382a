//! A = U diag(s) Vᵀ, thin, by bidiagonalisation and divide and conquer; tall matrices through A = QR and the
//! decomposition of R. Costs about 4np² + 20p³ for n ≥ p.

use crate::backend::{backend, columns};
use crate::qr::TallQr;
use crate::scale::{largest, power_of_two};
use estimand_core::{Error, Float, Result};
use ndarray::{Array1, Array2, ArrayView2};

/// The thin singular value decomposition of an n × p matrix; k = min(n, p).
#[derive(Clone, Debug)]
pub struct Svd<F> {
    /// n × k, orthonormal columns.
    pub u: Array2<F>,
    /// Descending.
    pub s: Array1<F>,
    /// k × p, orthonormal rows.
    pub vt: Array2<F>,
}

impl<F: Float> Svd<F> {
    /// Decomposes A, whatever the magnitude of its values.
    ///
    /// # Errors
    /// [`Error::Numerical`] if A holds NaN or infinite values, or the iteration does not converge.
    pub fn thin(a: ArrayView2<'_, F>) -> Result<Self> {
        let (n, p) = a.dim();
        if p > n {
            let Self { u, s, vt } = Self::thin(a.reversed_axes())?;
            return Ok(Self { u: vt.reversed_axes(), s, vt: u.reversed_axes() });
        }
        scaled(a, |a| {
            let (mut s, mut v) = (Array1::default(p), columns(p, p));
            let u = if is_tall(n, p) {
                let (qr, mut small) = (TallQr::new(a), columns(p, p));
                (backend::<F>().svd)(qr.r().view(), s.view_mut(), Some((small.view_mut(), v.view_mut())))?;
                qr.apply_q(small.view())
            } else {
                let mut u = columns(n, p);
                (backend::<F>().svd)(a, s.view_mut(), Some((u.view_mut(), v.view_mut())))?;
                u
            };
            Ok((s, (u, v)))
        })
        .map(|(s, (u, v))| Self { u, s, vt: v.reversed_axes() })
    }

    /// The singular values alone, descending.
    ///
    /// # Errors
    /// As [`Svd::thin`].
    pub fn values(a: ArrayView2<'_, F>) -> Result<Array1<F>> {
        let a = if a.ncols() > a.nrows() { a.reversed_axes() } else { a };
        scaled(a, |a| {
            let mut s = Array1::default(a.ncols());
            if is_tall(a.nrows(), a.ncols()) {
                (backend::<F>().svd)(TallQr::new(a).r().view(), s.view_mut(), None)?;
            } else {
                (backend::<F>().svd)(a, s.view_mut(), None)?;
            }
            Ok((s, ()))
        })
        .map(|(s, ())| s)
    }
}

/// Whether the triangle of A is so much smaller that it pays to make it first.
fn is_tall(n: usize, p: usize) -> bool {
    n >= 4 * p && n * p > 1 << 16
}

/// Decomposes A, times a power of two where its values are extreme.
fn scaled<F: Float, R>(
    a: ArrayView2<'_, F>,
    decompose: impl FnOnce(ArrayView2<'_, F>) -> Result<(Array1<F>, R)>,
) -> Result<(Array1<F>, R)> {
    let largest = largest(a);
    if !largest.is_finite() {
        return Err(Error::numerical("the matrix to decompose holds NaN or infinite values"));
    }
    let scale = power_of_two(largest);
    if scale == F::one() {
        return decompose(a);
    }
    let (mut s, rest) = decompose(a.mapv(|v| v * scale).view())?;
    s.mapv_inplace(|v| v / scale);
    Ok((s, rest))
}
