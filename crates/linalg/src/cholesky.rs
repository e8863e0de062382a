//! A = LLᵀ of a symmetric positive definite matrix. Costs n³/3; 2n² for each right-hand side.
//!
//! Large matrices go block by block, in parallel:
//!
//! ```text
//! A₁₁ = L₁₁L₁₁ᵀ        L₂₁ = A₂₁L₁₁⁻ᵀ  (rows in parallel)        A₂₂ ← A₂₂ − L₂₁L₂₁ᵀ  (columns in parallel)
//! ```

use crate::backend::{backend, columns, to_columns};
use crate::scale::largest;
use crate::triangular::{Triangle, solve_triangular};
use estimand_core::{Error, Float, Result};
use estimand_par as par;
use ndarray::{Array1, Array2, ArrayView1, ArrayView2, ArrayViewMut2, Axis, s};

/// The factor of a symmetric positive definite matrix.
#[derive(Clone, Debug)]
pub struct Cholesky<F> {
    /// L in the lower triangle; what lies above has no meaning.
    factor: Array2<F>,
    /// ‖A‖₁
    norm: F,
}

impl<F: Float> Cholesky<F> {
    /// Factorises A, of which the lower triangle is read. Nothing is added to the diagonal.
    ///
    /// # Errors
    /// [`Error::Numerical`] if A is not positive definite to working precision, or holds NaN.
    ///
    /// # Panics
    /// If A is not square.
    pub fn new(a: ArrayView2<'_, F>) -> Result<Self> {
        Self::of(to_columns(a))
    }

    /// As [`Cholesky::new`], in the memory of A if that is in column-major order.
    ///
    /// # Errors
    /// As [`Cholesky::new`].
    pub fn of(a: Array2<F>) -> Result<Self> {
        assert!(a.is_square(), "Cholesky factor of a matrix that is not square");
        let norm = norm_of_lower(a.view());
        let by_columns = a.t().is_standard_layout();
        let mut this = Self { factor: if by_columns { a } else { to_columns(a.view()) }, norm };
        match factorise(this.factor.view_mut()) {
            Ok(()) if norm.is_finite() => Ok(this),
            Ok(()) => Err(Error::numerical("the matrix to factorise holds NaN or infinite values")),
            Err(pivot) => {
                Err(Error::numerical(format!("the matrix is not positive definite (pivot {pivot})")))
            }
        }
    }

    /// L; only its lower triangle has meaning.
    pub fn factor(&self) -> ArrayView2<'_, F> {
        self.factor.view()
    }

    /// B ← A⁻¹B
    pub fn solve_inplace(&self, mut b: ArrayViewMut2<'_, F>) {
        self.half_solve_inplace(b.view_mut());
        solve_triangular(self.factor.t(), Triangle::Upper, b);
    }

    /// B ← L⁻¹B
    pub fn half_solve_inplace(&self, b: ArrayViewMut2<'_, F>) {
        solve_triangular(self.factor.view(), Triangle::Lower, b);
    }

    /// A⁻¹B
    pub fn solve(&self, b: ArrayView2<'_, F>) -> Array2<F> {
        let mut x = to_columns(b);
        self.solve_inplace(x.view_mut());
        x
    }

    /// A⁻¹b
    pub fn solve_vec(&self, b: ArrayView1<'_, F>) -> Array1<F> {
        let mut x = b.to_owned();
        self.solve_inplace(x.view_mut().insert_axis(Axis(1)));
        x
    }

    /// A⁻¹, exactly symmetric. Costs 2n³/3.
    pub fn inverse(&self) -> Array2<F> {
        let mut inverse = self.inverse_lower();
        for j in 0..self.factor.nrows() {
            let (left, mut right) = inverse.view_mut().split_at(Axis(1), j + 1);
            right.row_mut(j).assign(&left.slice(s![j + 1.., j]));
        }
        inverse
    }

    /// A⁻¹ in the lower triangle, in column-major order; what lies above has no meaning. By blocks of columns, in
    /// parallel:
    ///
    /// ```text
    /// X = L⁻¹, from the diagonal down        A⁻¹ = XᵀX, from the diagonal down
    /// ```
    pub fn inverse_lower(&self) -> Array2<F> {
        let (n, backend) = (self.factor.nrows(), backend::<F>());
        let (mut x, mut inverse) = (columns(n, n), columns(n, n));
        let mut blocks: Vec<_> = x.axis_chunks_iter_mut(Axis(1), BLOCK).collect();
        par::for_each_chunk_mut(&mut blocks, 1, |first, blocks| {
            for (c, block) in blocks.iter_mut().enumerate() {
                let from = (first + c) * BLOCK;
                let mut block = block.slice_mut(s![from.., ..]);
                block.diag_mut().fill(F::one());
                (backend.solve_triangular)(self.factor.slice(s![from.., from..]), Triangle::Lower, block);
            }
        });
        let mut blocks: Vec<_> = inverse.axis_chunks_iter_mut(Axis(1), BLOCK).collect();
        par::for_each_chunk_mut(&mut blocks, 1, |first, blocks| {
            for (c, block) in blocks.iter_mut().enumerate() {
                let at = (first + c) * BLOCK..((first + c) * BLOCK + block.ncols());
                for from in (at.start..n).step_by(2 * BLOCK) {
                    let to = n.min(from + 2 * BLOCK);
                    let (left, right) = (x.slice(s![from.., from..to]), x.slice(s![from.., at.clone()]));
                    (backend.product)(
                        block.slice_mut(s![from..to, ..]),
                        false,
                        left.reversed_axes(),
                        right,
                        F::one(),
                    );
                }
            }
        });
        inverse
    }

    /// ln det A
    pub fn log_det(&self) -> F {
        let half: f64 = self.factor.diag().iter().map(|v| v.f64().ln()).sum();
        F::of(2.0 * half)
    }

    /// An estimate of 1 / (‖A‖₁ ‖A⁻¹‖₁), seldom above it by more than a factor of three: Hager's method
    /// as in LAPACK's xPOCON, a few solves.
    pub fn rcond(&self) -> F {
        let n = self.factor.nrows();
        if n == 0 {
            return F::one();
        }
        let mut x = Array1::from_elem(n, F::of(1.0 / n as f64));
        let mut inverse_norm = F::zero();
        for _ in 0..5 {
            let y = self.solve_vec(x.view());
            inverse_norm = inverse_norm.max(y.iter().map(|v| v.abs()).sum());
            let z = self.solve_vec(y.mapv(F::signum).view());
            let (mut best, mut size) = (0, F::zero());
            for (i, v) in z.iter().enumerate().filter(|(_, v)| !v.is_nan()) {
                if v.abs() > size {
                    (best, size) = (i, v.abs());
                }
            }
            if size <= z.dot(&x) {
                break;
            }
            x.fill(F::zero());
            x[best] = F::one();
        }
        // The alternating vector catches the matrices on which the walk above is known to fail.
        let alternating: Array1<F> = (0..n)
            .map(|i| {
                F::of((1.0 + i as f64 / (n as f64 - 1.0).max(1.0)) * if i % 2 == 0 { 1.0 } else { -1.0 })
            })
            .collect();
        let other: F = self.solve_vec(alternating.view()).iter().map(|v| v.abs()).sum();
        inverse_norm = inverse_norm.max(other * F::of(2.0 / (3.0 * n as f64)));
        (self.norm * inverse_norm).recip()
    }
}

/// Columns of a block.
const BLOCK: usize = 128;

/// A ← L; the index of the first pivot that is not positive otherwise.
pub(crate) fn factorise<F: Float>(mut a: ArrayViewMut2<'_, F>) -> std::result::Result<(), usize> {
    let (n, backend) = (a.nrows(), backend::<F>());
    if n <= 4 * BLOCK {
        return (backend.cholesky)(a);
    }
    for k in (0..n).step_by(BLOCK) {
        let end = n.min(k + BLOCK);
        let (mut left, mut right) = a.view_mut().split_at(Axis(1), end);
        let (mut corner, mut below) = left.slice_mut(s![k.., k..]).split_at(Axis(0), end - k);
        (backend.cholesky)(corner.view_mut()).map_err(|pivot| k + pivot)?;
        let corner = corner.view();
        let mut rows: Vec<_> = below.axis_chunks_iter_mut(Axis(0), 2 * BLOCK).collect();
        par::for_each_chunk_mut(&mut rows, 1, |_, rows| {
            rows.iter_mut().for_each(|rows| {
                (backend.solve_triangular)(corner, Triangle::Lower, rows.view_mut().reversed_axes())
            });
        });
        let below = below.view();
        let mut columns: Vec<_> = right.axis_chunks_iter_mut(Axis(1), BLOCK).collect();
        par::for_each_chunk_mut(&mut columns, 1, |first, columns| {
            for (c, columns) in columns.iter_mut().enumerate() {
                let from = (first + c) * BLOCK;
                let across = below.slice(s![from..from + columns.ncols(), ..]).reversed_axes();
                (backend.product)(
                    columns.slice_mut(s![end + from.., ..]),
                    true,
                    below.slice(s![from.., ..]),
                    across,
                    -F::one(),
                );
            }
        });
    }
    Ok(())
}

/// ‖A‖₁ of a symmetric matrix from its lower triangle.
fn norm_of_lower<F: Float>(a: ArrayView2<'_, F>) -> F {
    let mut sums = vec![F::zero(); a.nrows()];
    for (j, column) in a.columns().into_iter().enumerate() {
        let mut own = column[j].abs();
        for (sum, a) in sums[j + 1..].iter_mut().zip(column.slice(s![j + 1..])) {
            *sum += a.abs();
            own += a.abs();
        }
        sums[j] += own;
    }
    largest(&sums)
}
