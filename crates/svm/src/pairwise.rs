//! Matrices of kernel values, between the rows of one table and those of another.
//!
//! ```text
//! linear     xᵀz                            laplacian      exp(−γ Σ |xⱼ − zⱼ|)
//! rbf        exp(−γ ‖x − z‖²)               cosine         xᵀz / ‖x‖ ‖z‖                 0 for rows of zeros
//! polynomial (γ xᵀz + c₀)^d                 additive χ²    −Σ (xⱼ − zⱼ)² / (xⱼ + zⱼ)      terms 0 / 0 are 0
//! sigmoid    tanh(γ xᵀz + c₀)               χ²             exp(γ · additive χ²)
//! ```
//!
//! m × n numbers are written; sums are in `f64`. Costs O(mnp). Estimators do not need these: they take their kernel
//! values in blocks.
//!
//! ```
//! use estimand_svm::pairwise;
//! use ndarray::array;
//!
//! let (x, z) = (array![[0.0, 1.0], [1.0, 1.0]], array![[1.0, 0.0]]);
//! assert_eq!(pairwise::linear(&x, &z)?, array![[0.0], [1.0]]);
//! assert_eq!(pairwise::laplacian(&x, &z, 0.5)?, array![[(-1.0_f64).exp()], [(-0.5_f64).exp()]]);
//! # Ok::<(), estimand_core::Error>(())
//! ```

use estimand_core::{Error, Float, Records, Result};
use estimand_kernels as kernels;
use estimand_linalg::rows;
use estimand_par as par;
use ndarray::{Array2, ArrayRef2};

/// `f(x, z)` for all rows, which are given in `f64`, then `finish` on each row of values.
fn all<F: Float>(
    x: &ArrayRef2<F>,
    z: &ArrayRef2<F>,
    f: impl Fn(&[f64], &[f64]) -> f64 + Sync,
    finish: impl Fn(&mut [f64]) + Sync,
) -> Result<Array2<F>> {
    let (m, n, p) = (x.nrows(), z.nrows(), x.ncols());
    if z.ncols() != p {
        return Err(Error::shape("columns of z", p, z.ncols()));
    }
    if m == 0 || n == 0 || p == 0 {
        return Err(Error::EmptyInput { what: "rows or columns".into() });
    }
    Records::from(x.view()).check_finite()?;
    Records::from(z.view()).check_finite()?;
    let [a, b] = [x, z].map(|x| x.iter().map(|v| v.f64()).collect::<Vec<f64>>());
    let mut memory = kernels::zeros(m * n);
    par::map_rows_mut(&mut memory, n, par::chunk_len(m, n * (p / 4 + 8)), |first, out| {
        for (k, out) in out.chunks_exact_mut(n).enumerate() {
            let row = &a[(first + k) * p..][..p];
            out.iter_mut().zip(b.chunks_exact(p)).for_each(|(out, z)| *out = f(row, z));
            finish(out);
        }
    });
    let values = Array2::from_shape_vec((m, n), memory).unwrap_or_default();
    rows::checked(values.mapv(F::of), x.view().into())
}

fn positive(name: &str, value: f64) -> Result<()> {
    match value > 0.0 && value.is_finite() {
        true => Ok(()),
        false => Err(Error::parameter(name, value, "a finite number above 0")),
    }
}

/// xᵀz
///
/// # Errors
/// Here and below: for tables of different widths, without rows or with values that are not finite; for parameters out of range.
pub fn linear<F: Float>(x: &ArrayRef2<F>, z: &ArrayRef2<F>) -> Result<Array2<F>> {
    all(x, z, kernels::dot, |_| ())
}

/// exp(−γ ‖x − z‖²), γ above 0
///
/// # Errors
/// As [`linear`].
pub fn rbf<F: Float>(x: &ArrayRef2<F>, z: &ArrayRef2<F>, gamma: f64) -> Result<Array2<F>> {
    positive("gamma", gamma)?;
    all(x, z, |a, b| -gamma * kernels::squared_distance(a, b), kernels::exp)
}

/// exp(−γ Σ |xⱼ − zⱼ|), γ above 0
///
/// # Errors
/// As [`linear`].
pub fn laplacian<F: Float>(x: &ArrayRef2<F>, z: &ArrayRef2<F>, gamma: f64) -> Result<Array2<F>> {
    positive("gamma", gamma)?;
    let distance = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| (a - b).abs()).sum::<f64>();
    all(x, z, |a, b| -gamma * distance(a, b), kernels::exp)
}

/// (γ xᵀz + c₀)^d, γ above 0
///
/// # Errors
/// As [`linear`].
pub fn polynomial<F: Float>(
    x: &ArrayRef2<F>,
    z: &ArrayRef2<F>,
    degree: u32,
    gamma: f64,
    coef0: f64,
) -> Result<Array2<F>> {
    positive("gamma", gamma)?;
    let degree = i32::try_from(degree).unwrap_or(i32::MAX);
    all(x, z, |a, b| (gamma * kernels::dot(a, b) + coef0).powi(degree), |_| ())
}

/// tanh(γ xᵀz + c₀), γ above 0
///
/// # Errors
/// As [`linear`].
pub fn sigmoid<F: Float>(x: &ArrayRef2<F>, z: &ArrayRef2<F>, gamma: f64, coef0: f64) -> Result<Array2<F>> {
    positive("gamma", gamma)?;
    all(x, z, |a, b| gamma * kernels::dot(a, b) + coef0, kernels::tanh)
}

/// xᵀz / ‖x‖ ‖z‖; 0 for rows of zeros
///
/// # Errors
/// As [`linear`].
pub fn cosine<F: Float>(x: &ArrayRef2<F>, z: &ArrayRef2<F>) -> Result<Array2<F>> {
    let unit = |x: &ArrayRef2<F>| {
        let mut unit = x.mapv(|v| v.f64());
        for mut row in unit.rows_mut() {
            let largest = row.iter().fold(0.0_f64, |m, v| m.max(v.abs()));
            if largest > 0.0 {
                row /= largest;
                let length = row.iter().map(|v| v * v).sum::<f64>().sqrt();
                row /= length;
            }
        }
        unit
    };
    Records::from(x.view()).check_finite()?;
    Records::from(z.view()).check_finite()?;
    Ok(all(&unit(x), &unit(z), kernels::dot, |_| ())?.mapv(F::of))
}

/// −Σ (xⱼ − zⱼ)² / (xⱼ + zⱼ) of values that are not negative
///
/// # Errors
/// As [`linear`]; for negative values.
pub fn additive_chi2<F: Float>(x: &ArrayRef2<F>, z: &ArrayRef2<F>) -> Result<Array2<F>> {
    refuse_negative(x, z)?;
    all(x, z, additive, |_| ())
}

/// exp(−γ Σ (xⱼ − zⱼ)² / (xⱼ + zⱼ)) of values that are not negative, γ above 0
///
/// # Errors
/// As [`additive_chi2`].
pub fn chi2<F: Float>(x: &ArrayRef2<F>, z: &ArrayRef2<F>, gamma: f64) -> Result<Array2<F>> {
    positive("gamma", gamma)?;
    refuse_negative(x, z)?;
    all(x, z, |a, b| gamma * additive(a, b), kernels::exp)
}

fn additive(a: &[f64], b: &[f64]) -> f64 {
    let term = |(a, b): (&f64, &f64)| match a + b {
        0.0 => 0.0,
        sum => (a - b) * ((a - b) / sum),
    };
    -a.iter().zip(b).map(term).sum::<f64>()
}

fn refuse_negative<F: Float>(x: &ArrayRef2<F>, z: &ArrayRef2<F>) -> Result<()> {
    match x.iter().chain(z).find(|v| **v < F::zero()) {
        Some(v) => Err(Error::target(format!("{v} is negative; χ² kernels are of values of at least 0"))),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::records;
    use ndarray::array;

    #[test]
    fn values_are_those_of_the_definition() {
        let (x, z) = (records(23, 5, 1).mapv(f64::abs), records(9, 5, 2).mapv(f64::abs));
        let sum = |i: usize, j: usize, f: &dyn Fn(f64, f64) -> f64| {
            (0..5).map(|c| f(x[[i, c]], z[[j, c]])).sum::<f64>()
        };
        let close = |found: Result<Array2<f64>>, truth: &dyn Fn(usize, usize) -> f64| {
            for ((i, j), v) in found.unwrap().indexed_iter() {
                assert!((v - truth(i, j)).abs() < 1e-13 * truth(i, j).abs().max(1.0), "{i} {j}: {v}");
            }
        };
        let dot = |i, j| sum(i, j, &|a, b| a * b);
        let chi = |i, j| -sum(i, j, &|a, b| (a - b).powi(2) / (a + b));
        close(linear(&x, &z), &dot);
        close(rbf(&x, &z, 0.7), &|i, j| (-0.7 * sum(i, j, &|a, b| (a - b).powi(2))).exp());
        close(laplacian(&x, &z, 0.7), &|i, j| (-0.7 * sum(i, j, &|a, b| (a - b).abs())).exp());
        close(polynomial(&x, &z, 3, 0.7, 1.0), &|i, j| (0.7 * dot(i, j) + 1.0).powi(3));
        close(sigmoid(&x, &z, 0.7, -0.2), &|i, j| (0.7 * dot(i, j) - 0.2).tanh());
        close(additive_chi2(&x, &z), &chi);
        close(chi2(&x, &z, 0.7), &|i, j| (0.7 * chi(i, j)).exp());
        let length = |row: ndarray::ArrayView1<'_, f64>| row.dot(&row).sqrt();
        close(cosine(&x, &z), &|i, j| dot(i, j) / length(x.row(i)) / length(z.row(j)));
    }

    #[test]
    fn zeros_are_no_trouble_and_wrong_input_is_refused() {
        let x = array![[0.0, 0.0], [0.0, 2.0]];
        assert_eq!(cosine(&x, &x).unwrap(), array![[0.0, 0.0], [0.0, 1.0]]);
        assert_eq!(additive_chi2(&x, &x).unwrap(), array![[0.0, -2.0], [-2.0, 0.0]]);
        let far = cosine(&array![[1e300, 1e300]], &array![[1e-300, 1e-300]]).unwrap()[[0, 0]];
        assert!((far - 1.0_f64).abs() < 1e-15, "{far}");
        assert!(linear(&x, &array![[1.0]]).is_err() && rbf(&x, &x, 0.0).is_err());
        assert!(chi2(&x, &array![[-1.0, 0.0]], 1.0).is_err());
        for wrong in [array![[f64::NAN, 0.0]], array![[0.0, f64::INFINITY]]] {
            assert!(rbf(&x, &wrong, 1.0).is_err() && rbf(&wrong, &x, 1.0).is_err(), "{wrong}");
            assert!(laplacian(&wrong, &x, 1.0).is_err() && cosine(&wrong, &x).is_err());
        }
    }
}
