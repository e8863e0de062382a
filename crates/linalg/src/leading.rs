//! The largest eigenvalues of a symmetric operator and their vectors, by a block of vectors that the operator is applied to again
//! and again: Rayleigh–Ritz in the space that they span, restarted from the best when it becomes large \[Stathopoulos07\].
//!
//! ```text
//! T = V A Vᵀ      T s = θ s      A Vᵀs ≈ θ Vᵀs      next block: the residuals A Vᵀs − θ Vᵀs, less what is in V
//! ```
//!
//! Vectors are rows, so that each is contiguous. A block costs one pass over the operator, however many vectors it holds.

use crate::eigen::SymmetricEigen;
use crate::product::matmul;
use estimand_core::random::{Seed, uniform};
use estimand_core::{Error, Result};
use estimand_kernels as kernels;
use ndarray::{Array1, Array2, ArrayView2, Axis, concatenate, s};

/// The largest eigenvalues of a symmetric operator.
#[derive(Clone, Debug)]
pub struct Leading {
    /// Descending.
    pub values: Array1<f64>,
    /// Row j belongs to value j; rows are orthonormal.
    pub vectors: Array2<f64>,
    /// Vectors that the operator was applied to.
    pub products: usize,
    /// Whether all residuals are within the tolerance.
    pub converged: bool,
}

/// Vectors of a block beyond those that are asked for: eigenvalues beyond the last one no longer slow it down.
const GUARD: usize = 4;
/// Blocks that the space holds.
const BLOCKS: usize = 8;
/// Up to so many rows, all eigenvalues cost no more.
const SMALL: usize = 64;

impl Leading {
    /// The k largest eigenvalues of A, n × n and symmetric, with residuals ‖Av − λv‖ ≤ `tolerance` × the largest |λ|.
    ///
    /// `apply` gives VA for m vectors, V an m × n matrix. The vectors to begin with are drawn from `seed`. At most
    /// `max_products` vectors are multiplied.
    ///
    /// # Errors
    /// For k of 0 or above n; if `apply` gives NaN or infinite values.
    pub fn new(
        n: usize,
        k: usize,
        apply: impl Fn(ArrayView2<'_, f64>) -> Array2<f64>,
        tolerance: f64,
        max_products: usize,
        seed: u64,
    ) -> Result<Self> {
        if !(1..=n).contains(&k) {
            return Err(Error::parameter("eigenvalues", k, format!("from 1 to {n}")));
        }
        let block = (k + GUARD).min(n);
        if n <= SMALL.max(2 * block) {
            return Self::of_all(apply(Array2::eye(n).view()), k);
        }
        let mut stream = Seed(seed).stream(0);
        let start = Array2::from_shape_simple_fn((block, n), || 2.0 * uniform(&mut stream) - 1.0);
        let mut space = Array2::zeros((0, n));
        let mut next = orthonormal(space.view(), start);
        let mut image = Array2::zeros((0, n));
        let mut products = 0;
        loop {
            products += next.nrows();
            let of_next = apply(next.view());
            space = concatenate![Axis(0), space, next];
            image = concatenate![Axis(0), image, of_next];
            let ritz = SymmetricEigen::new(matmul(space.view(), image.t()).view())?;
            let m = space.nrows();
            let best = block.min(m);
            let top = ritz.vectors.slice(s![.., m - best..;-1]);
            let (vectors, images) = (matmul(top.t(), space.view()), matmul(top.t(), image.view()));
            let values: Array1<f64> = ritz.values.iter().rev().take(best).copied().collect();
            let largest = ritz.values.iter().fold(0.0_f64, |m, v| m.max(v.abs()));
            let residuals = &images - &(&vectors * &values.view().insert_axis(Axis(1)));
            let norms: Vec<f64> =
                residuals.rows().into_iter().map(|r| r.mapv(|v| v * v).sum().sqrt()).collect();
            let converged = norms[..k.min(best)].iter().all(|norm| *norm <= tolerance * largest);
            // What is left of a residual that is within rounding tells nothing.
            let open: Vec<usize> = (0..best).filter(|j| norms[*j] > 1e-14 * largest).collect();
            next = if converged || products >= max_products || open.is_empty() {
                Array2::zeros((0, n))
            } else {
                if m + open.len() > BLOCKS * block {
                    (space, image) = (vectors.clone(), images);
                }
                orthonormal(space.view(), residuals.select(Axis(0), &open))
            };
            if next.nrows() == 0 {
                return Ok(Self {
                    values: values.slice(s![..k]).to_owned(),
                    vectors: vectors.slice(s![..k, ..]).to_owned(),
                    products,
                    converged: converged || open.is_empty(),
                });
            }
        }
    }

    fn of_all(a: Array2<f64>, k: usize) -> Result<Self> {
        let n = a.nrows();
        let all = SymmetricEigen::new(a.view())?;
        let vectors = all.vectors.t().slice(s![n - k..;-1, ..]).to_owned();
        let values = all.values.slice(s![n - k..;-1]).to_owned();
        Ok(Self { values, vectors, products: n, converged: true })
    }
}

/// Rows made orthogonal to those of an orthonormal `space` and to one another, each of length 1; without those of which nothing
/// is left.
fn orthonormal(space: ArrayView2<'_, f64>, mut rows: Array2<f64>) -> Array2<f64> {
    let length = |row: &[f64]| kernels::sum_squares(row).sqrt();
    for mut row in rows.rows_mut() {
        let norm = length(row.as_slice().unwrap_or_default());
        row.mapv_inplace(|v| v / norm.max(f64::MIN_POSITIVE));
    }
    // Twice is enough.
    for _ in 0..2 {
        if space.nrows() > 0 {
            let shares = matmul(rows.view(), space.t());
            rows -= &matmul(shares.view(), space);
        }
    }
    let (mut kept, n): (Vec<f64>, usize) = (Vec::with_capacity(rows.len()), rows.ncols());
    for row in rows.rows() {
        let mut row = row.to_vec();
        for _ in 0..2 {
            for other in kept.chunks_exact(n) {
                kernels::axpy(-kernels::dot(other, &row), other, &mut row);
            }
        }
        let norm = length(&row);
        if norm > 1e-8 {
            kept.extend(row.iter().map(|v| v / norm));
        }
    }
    Array2::from_shape_vec((kept.len() / n.max(1), n), kept).unwrap_or_default()
}
