//! A = V diag(λ) Vᵀ of a symmetric matrix, by reduction to tridiagonal form and divide and conquer. Costs
//! about 9n³.

use crate::backend::{backend, columns};
use crate::scale::{largest, power_of_two};
use estimand_core::{Error, Float, Result};
use ndarray::{Array1, Array2, ArrayView2};

/// Eigenvalues and eigenvectors of a symmetric matrix.
#[derive(Clone, Debug)]
pub struct SymmetricEigen<F> {
    /// Ascending.
    pub values: Array1<F>,
    /// Column j belongs to value j; columns are orthonormal.
    pub vectors: Array2<F>,
}

impl<F: Float> SymmetricEigen<F> {
    /// Decomposes A, of which the lower triangle is read, whatever the magnitude of its values.
    ///
    /// # Errors
    /// [`Error::Numerical`] if A holds NaN or infinite values, or the iteration does not converge.
    ///
    /// # Panics
    /// If A is not square.
    pub fn new(a: ArrayView2<'_, F>) -> Result<Self> {
        let mut vectors = columns(a.nrows(), a.nrows());
        let values = decompose(a, Some(&mut vectors))?;
        Ok(Self { values, vectors })
    }

    /// The eigenvalues alone, ascending.
    ///
    /// # Errors
    /// As [`SymmetricEigen::new`].
    ///
    /// # Panics
    /// If A is not square.
    pub fn values(a: ArrayView2<'_, F>) -> Result<Array1<F>> {
        decompose(a, None)
    }
}

fn decompose<F: Float>(a: ArrayView2<'_, F>, vectors: Option<&mut Array2<F>>) -> Result<Array1<F>> {
    assert!(a.is_square(), "eigenvalues of a matrix that is not square");
    let largest = largest(a);
    if a.is_empty() {
        return Ok(Array1::default(0));
    }
    if !largest.is_finite() {
        return Err(Error::numerical("the matrix to decompose holds NaN or infinite values"));
    }
    let (scale, mut values) = (power_of_two(largest), Array1::default(a.nrows()));
    let vectors = vectors.map(|v| v.view_mut());
    if scale == F::one() {
        (backend::<F>().eigen)(a, values.view_mut(), vectors)?;
    } else {
        (backend::<F>().eigen)(a.mapv(|v| v * scale).view(), values.view_mut(), vectors)?;
        values.mapv_inplace(|v| v / scale);
    }
    Ok(values)
}
