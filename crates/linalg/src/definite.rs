//! AX = B with symmetric positive definite A and few columns B, where no factor is kept.
//!
//! ```text
//! sᵢ = 2^k ≈ aᵢᵢ^−½       Â = SAS       M = L̂L̂ᵀ ≈ Â in single precision       x = Sx̂
//! z = M⁻¹r      d ← z + βd, β = zᵀ(r − r₋) / z₋ᵀr₋      α = rᵀz / dᵀÂd      x̂ ← x̂ + αd      r ← r − αÂd        (1)
//! until ‖Sb − Âx̂‖ ≤ ε/10 ‖Â‖ ‖x̂‖                                                                               (2)
//! ```
//!
//! The factor in single precision takes half the time of one in double precision; the digits that it lacks come back by
//! conjugate gradients, of which it is the preconditioner: a few steps, each of a product and two
//! triangular solves. S makes the diagonal about 1, so that scales do not matter. (2) is what a factor in double precision
//! leaves, by Frobenius' norm of Â. Where there is no factor in single precision, or the steps would cost more
//! than they save, the one in double precision is computed after all.
//!
//! Costs n³/3 operations in single precision, 6n² for each step and column, and 4n² bytes beside A.
//!
//! References: \[Higham02, ch. 12\]; \[GolubYe99\] on β for a preconditioner with errors.

use crate::backend::columns;
use crate::cholesky::{Cholesky, factorise};
use crate::product::matvec_into;
use crate::triangular::{Triangle, solve_triangular};
use estimand_core::{Float, Result, Typed};
use estimand_kernels as kernels;
use estimand_par as par;
use ndarray::{Array1, Array2, ArrayView1, ArrayView2, Axis};

/// Rows for which one step costs as much as it saves.
const ROWS: usize = 256;
/// Steps that a column is expected to need.
const STEPS: usize = 5;

/// A⁻¹B, with residuals as small as by [`Cholesky`], in less time where B has few columns: in double precision, a column for
/// every 2560 rows of A. Both triangles of A are read.
///
/// # Errors
/// As [`Cholesky::new`].
///
/// # Panics
/// If A is not square, or B has another number of rows.
pub fn solve_definite<F: Float>(a: Array2<F>, b: ArrayView2<'_, F>) -> Result<Array2<F>> {
    assert!(a.is_square() && a.nrows() == b.nrows(), "shapes of a positive definite system");
    let worth = a.nrows() / ROWS;
    if let (Typed::F64(a), Typed::F64(b)) = (F::typed_view(a.view()), F::typed_view(b))
        && 2 * STEPS * b.ncols() <= worth
        && let Some(x) = refined(a, b, worth)
    {
        return Ok(x.mapv(F::of));
    }
    Ok(Cholesky::of(a)?.solve(b))
}

/// By (1), in at most as many products as the budget.
pub(crate) fn refined(
    a: ArrayView2<'_, f64>,
    b: ArrayView2<'_, f64>,
    mut budget: usize,
) -> Option<Array2<f64>> {
    // Its rows are its columns.
    let a = if a.is_standard_layout() { a } else { a.reversed_axes() };
    let system = System::new(a)?;
    let mut x = columns(b.nrows(), b.ncols());
    for (b, mut x) in b.columns().into_iter().zip(x.columns_mut()) {
        x.assign(&system.solve(b, &mut budget)?);
    }
    Some(x)
}

struct System<'a> {
    a: ArrayView2<'a, f64>,
    s: Array1<f64>,
    /// L̂
    factor: Array2<f32>,
    /// ‖Â‖
    norm: f64,
}

impl<'a> System<'a> {
    fn new(a: ArrayView2<'a, f64>) -> Option<Self> {
        let n = a.nrows();
        let s = a.diag().mapv(|d| (-d.log2() / 2.0).round().exp2());
        if !s.iter().all(|s| s.is_normal()) {
            return None;
        }
        let mut factor = columns::<f32>(n, n);
        let rounded = factor.as_slice_memory_order_mut()?;
        let squares = par::map_rows_mut(rounded, n, par::chunk_len(n, n), |first, out| {
            let mut squares = 0.0;
            for (j, out) in (first..).zip(out.chunks_exact_mut(n)) {
                let row = a.row(j);
                let below = ndarray::s![j..];
                let scaled = row.slice(below).into_iter().zip(s.slice(below)).map(|(a, s_i)| a * s[j] * s_i);
                out[j..].iter_mut().zip(scaled).for_each(|(out, a)| *out = a as f32);
                squares += 2.0 * kernels::sum_squares(&out[j..]);
            }
            squares
        });
        factorise(factor.view_mut()).ok()?;
        Some(Self { a, s, factor, norm: squares.iter().sum::<f64>().sqrt() })
    }

    /// Âv
    fn product(&self, v: &Array1<f64>, out: &mut Array1<f64>) {
        matvec_into(self.a, (v * &self.s).view(), out.view_mut());
        *out *= &self.s;
    }

    /// M⁻¹r
    fn precondition(&self, r: &Array1<f64>) -> Array1<f64> {
        // Residuals get small, and single precision would lose them.
        let unit = largest(r);
        let mut z = r.mapv(|r| (r / unit) as f32).insert_axis(Axis(1));
        solve_triangular(self.factor.view(), Triangle::Lower, z.view_mut());
        solve_triangular(self.factor.t(), Triangle::Upper, z.view_mut());
        z.index_axis_move(Axis(1), 0).mapv(|z| f64::from(z) * unit)
    }

    /// A column of X; `None` where the steps of all columns together would be more than there may be.
    fn solve(&self, b: ArrayView1<'_, f64>, budget: &mut usize) -> Option<Array1<f64>> {
        let mut b = &b * &self.s;
        let unit = largest(&b);
        if unit == 0.0 {
            return Some(b);
        }
        b /= unit;
        let (mut x, mut q, mut r) = (Array1::zeros(b.len()), Array1::zeros(b.len()), b.clone());
        // The last direction, the residual that it was made of, and zᵀr there.
        let mut last: Option<(Array1<f64>, Array1<f64>, f64)> = None;
        loop {
            *budget = budget.checked_sub(1)?;
            let z = self.precondition(&r);
            let rz = dot(&r, &z);
            let d = match last.take() {
                Some((mut d, before, of_before)) => {
                    d *= (rz - dot(&before, &z)) / of_before;
                    d + &z
                }
                None => z,
            };
            self.product(&d, &mut q);
            let alpha = rz / dot(&d, &q);
            if !(alpha > 0.0 && alpha.is_finite()) {
                return None;
            }
            let before = r.clone();
            x.scaled_add(alpha, &d);
            r.scaled_add(-alpha, &q);
            last = Some((d, before, rz));
            let enough = 0.1 * f64::EPSILON * self.norm * dot(&x, &x).sqrt();
            if dot(&r, &r).sqrt() <= enough {
                // Off by the rounding of all steps, r is only a guess of the residual.
                *budget = budget.checked_sub(1)?;
                self.product(&x, &mut q);
                r = &b - &q;
                if dot(&r, &r).sqrt() <= enough {
                    return Some(x * &self.s * unit);
                }
                last = None;
            }
        }
    }
}

fn dot(a: &Array1<f64>, b: &Array1<f64>) -> f64 {
    kernels::dot(a.as_slice().unwrap_or_default(), b.as_slice().unwrap_or_default())
}

fn largest(x: &Array1<f64>) -> f64 {
    crate::scale::largest(x)
}
