//! The dense backend, compiled for `f32` and for `f64` in this crate: generic callers reach it through a
//! table of functions, so that they are neither slow in debug builds nor compiled again by users.

use crate::bridge::{mat, mat_mut};
use estimand_core::{Error, Float, Result};
use faer::dyn_stack::{MemBuffer, MemStack, StackReq};
use faer::linalg::cholesky::llt;
use faer::linalg::evd::{self, ComputeEigenvectors};
use faer::linalg::matmul;
use faer::linalg::qr::no_pivoting as qr;
use faer::linalg::svd::{self, ComputeSvdVectors};
use faer::linalg::{householder, triangular_solve};
use faer::traits::RealField;
use faer::{Accum, Conj, Par};
use ndarray::{Array2, ArrayView2, ArrayViewMut1, ArrayViewMut2, ShapeBuilder};
use std::any::Any;

/// What faer does for one scalar type, on the calling thread.
pub(crate) struct Backend<T> {
    /// out ← αAB, or out ← out + αAB
    pub(crate) product: fn(ArrayViewMut2<'_, T>, bool, ArrayView2<'_, T>, ArrayView2<'_, T>, T),
    /// A ← L where A = LLᵀ, lower triangles; the index of the pivot that is not positive otherwise.
    pub(crate) cholesky: fn(ArrayViewMut2<'_, T>) -> std::result::Result<(), usize>,
    /// B ← T⁻¹B for triangular T
    pub(crate) solve_triangular: fn(ArrayView2<'_, T>, Triangle, ArrayViewMut2<'_, T>),
    /// A = V diag(values) Vᵀ, ascending; reads the lower triangle
    pub(crate) eigen: fn(ArrayView2<'_, T>, ArrayViewMut1<'_, T>, Option<ArrayViewMut2<'_, T>>) -> Result<()>,
    /// A = U diag(s) Vᵀ, thin, descending
    pub(crate) svd: fn(
        ArrayView2<'_, T>,
        ArrayViewMut1<'_, T>,
        Option<(ArrayViewMut2<'_, T>, ArrayViewMut2<'_, T>)>,
    ) -> Result<()>,
    /// A ← R above the diagonal and Householder vectors below; returns their block coefficients.
    pub(crate) qr: fn(ArrayViewMut2<'_, T>) -> Array2<T>,
    /// B ← QB or QᵀB, for a factor and its block coefficients
    pub(crate) apply_q: fn(ArrayView2<'_, T>, ArrayView2<'_, T>, bool, ArrayViewMut2<'_, T>),
}

/// Which triangle of a matrix is read; the other one is taken as zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Triangle {
    /// On and below the diagonal.
    Lower,
    /// On and above the diagonal.
    Upper,
}

/// The table for `T`.
pub(crate) fn backend<T: Float>() -> &'static Backend<T> {
    static SINGLE: Backend<f32> = table();
    static DOUBLE: Backend<f64> = table();
    let either = (&SINGLE as &dyn Any).downcast_ref().or_else(|| (&DOUBLE as &dyn Any).downcast_ref());
    // `Float` is sealed: `T` is one of the two.
    either.unwrap_or_else(|| unreachable!())
}

const fn table<T: Float + RealField>() -> Backend<T> {
    Backend {
        product: product::<T>,
        cholesky: cholesky::<T>,
        solve_triangular: solve_triangular::<T>,
        eigen: eigen::<T>,
        svd: svd::<T>,
        qr: qr::<T>,
        apply_q: apply_q::<T>,
    }
}

fn with_scratch<R>(need: StackReq, f: impl FnOnce(&mut MemStack) -> R) -> R {
    f(MemStack::new(&mut MemBuffer::new(need)))
}

fn product<T: Float + RealField>(
    out: ArrayViewMut2<'_, T>,
    add: bool,
    a: ArrayView2<'_, T>,
    b: ArrayView2<'_, T>,
    alpha: T,
) {
    let accum = if add { Accum::Add } else { Accum::Replace };
    matmul::matmul(mat_mut(out), accum, mat(a), mat(b), alpha, Par::Seq);
}

fn cholesky<T: Float + RealField>(mut a: ArrayViewMut2<'_, T>) -> std::result::Result<(), usize> {
    let need = llt::factor::cholesky_in_place_scratch::<T>(a.nrows(), Par::Seq, Default::default());
    let done = with_scratch(need, |stack| {
        llt::factor::cholesky_in_place(
            mat_mut(a.view_mut()),
            Default::default(),
            Par::Seq,
            stack,
            Default::default(),
        )
    });
    match done {
        Ok(_) => Ok(()),
        Err(llt::factor::LltError::NonPositivePivot { index }) => Err(index),
    }
}

fn solve_triangular<T: Float + RealField>(t: ArrayView2<'_, T>, triangle: Triangle, b: ArrayViewMut2<'_, T>) {
    match triangle {
        Triangle::Lower => triangular_solve::solve_lower_triangular_in_place(mat(t), mat_mut(b), Par::Seq),
        Triangle::Upper => triangular_solve::solve_upper_triangular_in_place(mat(t), mat_mut(b), Par::Seq),
    }
}

fn eigen<T: Float + RealField>(
    a: ArrayView2<'_, T>,
    values: ArrayViewMut1<'_, T>,
    vectors: Option<ArrayViewMut2<'_, T>>,
) -> Result<()> {
    let want = if vectors.is_some() { ComputeEigenvectors::Yes } else { ComputeEigenvectors::No };
    let need = evd::self_adjoint_evd_scratch::<T>(a.nrows(), want, Par::Seq, Default::default());
    let values = mat_mut(values.insert_axis(ndarray::Axis(1))).col_mut(0).as_diagonal_mut();
    with_scratch(need, |stack| {
        evd::self_adjoint_evd(mat(a), values, vectors.map(mat_mut), Par::Seq, stack, Default::default())
    })
    .map_err(|_| Error::numerical("the eigenvalue iteration did not converge"))
}

fn svd<T: Float + RealField>(
    a: ArrayView2<'_, T>,
    s: ArrayViewMut1<'_, T>,
    vectors: Option<(ArrayViewMut2<'_, T>, ArrayViewMut2<'_, T>)>,
) -> Result<()> {
    let want = if vectors.is_some() { ComputeSvdVectors::Thin } else { ComputeSvdVectors::No };
    let need = svd::svd_scratch::<T>(a.nrows(), a.ncols(), want, want, Par::Seq, Default::default());
    let s = mat_mut(s.insert_axis(ndarray::Axis(1))).col_mut(0).as_diagonal_mut();
    let (u, v) = vectors.map(|(u, v)| (mat_mut(u), mat_mut(v))).unzip();
    with_scratch(need, |stack| svd::svd(mat(a), s, u, v, Par::Seq, stack, Default::default()))
        .map_err(|_| Error::numerical("the singular value iteration did not converge"))
}

fn qr<T: Float + RealField>(mut a: ArrayViewMut2<'_, T>) -> Array2<T> {
    let (n, p) = a.dim();
    let block = qr::factor::recommended_block_size::<T>(n, p);
    let mut coefficients = Array2::default((block, n.min(p)).f());
    let need = qr::factor::qr_in_place_scratch::<T>(n, p, block, Par::Seq, Default::default());
    with_scratch(need, |stack| {
        qr::factor::qr_in_place(
            mat_mut(a.view_mut()),
            mat_mut(coefficients.view_mut()),
            Par::Seq,
            stack,
            Default::default(),
        );
    });
    coefficients
}

fn apply_q<T: Float + RealField>(
    factor: ArrayView2<'_, T>,
    coefficients: ArrayView2<'_, T>,
    transposed: bool,
    b: ArrayViewMut2<'_, T>,
) {
    let (n, block, columns) = (factor.nrows(), coefficients.nrows(), b.ncols());
    let factor = factor.slice_move(ndarray::s![.., ..coefficients.ncols()]);
    let (factor, coefficients, b) = (mat(factor), mat(coefficients), mat_mut(b));
    if transposed {
        let need = householder::apply_block_householder_sequence_transpose_on_the_left_in_place_scratch::<T>(
            n, block, columns,
        );
        with_scratch(need, |stack| {
            householder::apply_block_householder_sequence_transpose_on_the_left_in_place_with_conj(
                factor,
                coefficients,
                Conj::No,
                b,
                Par::Seq,
                stack,
            );
        });
    } else {
        let need = householder::apply_block_householder_sequence_on_the_left_in_place_scratch::<T>(
            n, block, columns,
        );
        with_scratch(need, |stack| {
            householder::apply_block_householder_sequence_on_the_left_in_place_with_conj(
                factor,
                coefficients,
                Conj::No,
                b,
                Par::Seq,
                stack,
            );
        });
    }
}

/// A zeroed array in column-major order, which the factorisations prefer.
pub(crate) fn columns<T: Float>(rows: usize, cols: usize) -> Array2<T> {
    Array2::from_shape_vec((rows, cols).f(), estimand_kernels::zeros(rows * cols)).unwrap_or_default()
}

/// A copy in column-major order.
pub(crate) fn to_columns<T: Float>(x: ArrayView2<'_, T>) -> Array2<T> {
    let mut copy = columns(x.nrows(), x.ncols());
    copy.assign(&x);
    copy
}
