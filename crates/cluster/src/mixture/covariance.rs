//! Covariance matrices, and the densities of components.

use super::components::Components;
use estimand_core::{Error, Result};
use estimand_kernels as kernels;
use estimand_linalg::Cholesky;
use ndarray::{Array1, Array2, Array3, ArrayView2, ArrayViewD, Axis};
use serde::{Deserialize, Serialize};

/// What the covariance matrices of a mixture may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum CovarianceType {
    /// Any matrix for each component.
    Full,
    /// Any matrix, the same for all components.
    Tied,
    /// A diagonal matrix for each component.
    Diag,
    /// A multiple of the identity for each component.
    Spherical,
}

/// The covariance matrices of a mixture, or their inverses.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Covariances {
    /// A matrix for each component, k × p × p.
    Full(Array3<f64>),
    /// One matrix for all, p × p.
    Tied(Array2<f64>),
    /// The diagonal of each component's matrix, k × p.
    Diag(Array2<f64>),
    /// The factor of each component's identity, k.
    Spherical(Array1<f64>),
}

impl Covariances {
    /// Which type they are of.
    pub fn kind(&self) -> CovarianceType {
        match self {
            Self::Full(_) => CovarianceType::Full,
            Self::Tied(_) => CovarianceType::Tied,
            Self::Diag(_) => CovarianceType::Diag,
            Self::Spherical(_) => CovarianceType::Spherical,
        }
    }

    /// The matrices written out, k × p × p.
    pub fn matrices(&self, k: usize, p: usize) -> Array3<f64> {
        let diagonal = |value: &dyn Fn(usize, usize) -> f64| {
            Array3::from_shape_fn((k, p, p), |(c, i, j)| if i == j { value(c, i) } else { 0.0 })
        };
        match self {
            Self::Full(all) => all.clone(),
            Self::Tied(one) => Array3::from_shape_fn((k, p, p), |(_, i, j)| one[[i, j]]),
            Self::Diag(values) => diagonal(&|c, i| values[[c, i]]),
            Self::Spherical(values) => diagonal(&|c, _| values[c]),
        }
    }

    fn values(&self) -> ArrayViewD<'_, f64> {
        match self {
            Self::Full(all) => all.view().into_dyn(),
            Self::Tied(values) | Self::Diag(values) => values.view().into_dyn(),
            Self::Spherical(values) => values.view().into_dyn(),
        }
    }

    pub(super) fn check(&self, what: &str, kind: CovarianceType, k: usize, p: usize) -> Result<()> {
        let values = self.values();
        let expected = match kind {
            CovarianceType::Full => vec![k, p, p],
            CovarianceType::Tied => vec![p, p],
            CovarianceType::Diag => vec![k, p],
            CovarianceType::Spherical => vec![k],
        };
        let found = values.shape();
        if expected != found {
            return Err(Error::shape(
                format!("shape of {what}"),
                format!("{expected:?}"),
                format!("{found:?}"),
            ));
        }
        match values.iter().all(|v| v.is_finite()) {
            true => Ok(()),
            false => Err(Error::numerical(format!("{what} hold NaN or infinite values"))),
        }
    }

    /// The inverse of each matrix.
    pub(super) fn inverse(&self) -> Result<Self> {
        let positive = || match self.values().iter().all(|v| *v > 0.0) {
            true => Ok(()),
            false => Err(Error::numerical("a variance or precision is not positive")),
        };
        Ok(match self {
            Self::Full(all) => {
                let mut inverse = all.clone();
                for (mut out, matrix) in inverse.outer_iter_mut().zip(all.outer_iter()) {
                    out.assign(&Cholesky::new(matrix)?.inverse());
                }
                Self::Full(inverse)
            }
            Self::Tied(one) => Self::Tied(Cholesky::new(one.view())?.inverse()),
            Self::Diag(values) => {
                positive()?;
                Self::Diag(values.mapv(f64::recip))
            }
            Self::Spherical(values) => {
                positive()?;
                Self::Spherical(values.mapv(f64::recip))
            }
        })
    }

    /// Numbers that may be chosen freely, for k components in p columns.
    pub(super) fn free(&self, k: usize, p: usize) -> usize {
        match self {
            Self::Full(_) => k * p * (p + 1) / 2,
            Self::Tied(_) => p * (p + 1) / 2,
            Self::Diag(_) => k * p,
            Self::Spherical(_) => k,
        }
    }
}

/// ln π_c + ln N(x; μ_c, Σ_c) of all components, for eight rows at a time.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Density {
    pub(super) origin: Vec<f64>,
    /// μ_c − m, k × p.
    pub(super) about: Vec<f64>,
    /// ln π_c − ½ p ln 2π − ½ ln det Σ_c, k.
    constants: Vec<f64>,
    factors: Factors,
    /// p zeros and p ones.
    zeros: Vec<f64>,
    ones: Vec<f64>,
}

/// A of Σ⁻¹ = AᵀA.
#[derive(Clone, Debug, PartialEq)]
enum Factors {
    /// The lower triangle of each A, row by row.
    Full(Vec<f64>),
    /// That of the only A, and A(μ_c − m), k × p.
    Tied(Vec<f64>, Vec<f64>),
    /// The diagonal of each A, k × p.
    Diag(Vec<f64>),
}

/// The lower triangle of L⁻¹, row by row, and ln det Σ, where Σ = LLᵀ.
fn factor(matrix: ArrayView2<'_, f64>) -> Result<(Vec<f64>, f64)> {
    let p = matrix.nrows();
    let cholesky = Cholesky::new(matrix)?;
    let mut inverse = Array2::eye(p);
    cholesky.half_solve_inplace(inverse.view_mut());
    let rows = inverse.rows().into_iter().enumerate();
    Ok((
        rows.flat_map(|(j, row)| row.iter().take(j + 1).copied().collect::<Vec<_>>()).collect(),
        cholesky.log_det(),
    ))
}

impl Density {
    /// # Errors
    /// [`Error::Numerical`] if a covariance matrix is not positive definite.
    pub(super) fn new(components: &Components, origin: &[f64]) -> Result<Self> {
        let (k, p) = components.means.dim();
        let about = components.means.rows().into_iter();
        let about: Vec<f64> =
            about.flat_map(|row| row.iter().zip(origin).map(|(c, m)| c - m).collect::<Vec<_>>()).collect();
        let singular = |c: usize| {
            Error::numerical(format!(
                "the covariance matrix of component {c} is singular; raise `reg_covar`, take fewer components, or scale the columns"
            ))
        };
        let mut determinants = vec![0.0; k];
        let mut diagonal = |value: &dyn Fn(usize, usize) -> f64| {
            let mut factors = Vec::with_capacity(k * p);
            for (c, j) in (0..k).flat_map(|c| (0..p).map(move |j| (c, j))) {
                let variance = value(c, j);
                if !(variance > 0.0 && variance.is_finite()) {
                    return Err(singular(c));
                }
                determinants[c] += variance.ln();
                factors.push(variance.sqrt().recip());
            }
            Ok(Factors::Diag(factors))
        };
        let factors = match &components.covariances {
            Covariances::Diag(values) => diagonal(&|c, j| values[[c, j]])?,
            Covariances::Spherical(values) => diagonal(&|c, _| values[c])?,
            Covariances::Full(all) => {
                let mut factors = Vec::with_capacity(k * p * (p + 1) / 2);
                for (c, matrix) in all.axis_iter(Axis(0)).enumerate() {
                    let (a, determinant) = factor(matrix).map_err(|_| singular(c))?;
                    factors.extend(a);
                    determinants[c] = determinant;
                }
                Factors::Full(factors)
            }
            Covariances::Tied(one) => {
                let (a, determinant) = factor(one.view()).map_err(|_| singular(0))?;
                determinants.fill(determinant);
                let entry = |c: usize, j: usize| -> f64 {
                    (0..=j).map(|i| a[j * (j + 1) / 2 + i] * about[c * p + i]).sum()
                };
                let centres =
                    (0..k).flat_map(|c| (0..p).map(move |j| (c, j))).map(|(c, j)| entry(c, j)).collect();
                Factors::Tied(a, centres)
            }
        };
        let normal = p as f64 * std::f64::consts::TAU.ln();
        let constants =
            components.weights.iter().zip(&determinants).map(|(w, d)| w.ln() - 0.5 * (normal + d)).collect();
        Ok(Self {
            origin: origin.to_vec(),
            about,
            constants,
            factors,
            zeros: vec![0.0; p],
            ones: vec![1.0; p],
        })
    }

    /// k
    pub(super) fn count(&self) -> usize {
        self.constants.len()
    }

    /// p
    pub(super) fn width(&self) -> usize {
        self.origin.len()
    }

    /// Scores of the eight rows of a panel, k × 8. `moved` and `y` are as long as the panel.
    pub(super) fn eight(
        &self,
        panel: &[[f64; 8]],
        moved: &mut [[f64; 8]],
        y: &mut [[f64; 8]],
        scores: &mut [[f64; 8]],
    ) {
        let (p, packed) = (panel.len(), panel.len() * (panel.len() + 1) / 2);
        if let Factors::Tied(a, _) = &self.factors {
            kernels::triangle_eight::<f64>(panel, &self.zeros, a, moved);
        }
        for (c, (score, constant)) in scores.iter_mut().zip(&self.constants).enumerate() {
            let own = c * p..(c + 1) * p;
            let squares = match &self.factors {
                Factors::Full(a) => {
                    let a = &a[c * packed..(c + 1) * packed];
                    kernels::triangle_eight::<f64>(panel, &self.about[own], a, y)
                }
                Factors::Tied(_, centres) => kernels::scaled_eight::<f64>(moved, &centres[own], &self.ones),
                Factors::Diag(a) => kernels::scaled_eight::<f64>(panel, &self.about[own.clone()], &a[own]),
            };
            (0..8).for_each(|l| score[l] = constant - 0.5 * squares[l]);
        }
    }

    /// The score of one row for component c.
    pub(super) fn one(&self, row: impl Fn(usize) -> f64, c: usize) -> f64 {
        let p = self.width();
        let d = |j: usize| row(j) - self.origin[j] - self.about[c * p + j];
        let triangle = |a: &[f64]| -> f64 {
            let y = |j: usize| (0..=j).map(|i| a[j * (j + 1) / 2 + i] * d(i)).sum::<f64>();
            (0..p).map(|j| y(j).powi(2)).sum()
        };
        let squares: f64 = match &self.factors {
            Factors::Full(a) => triangle(&a[c * (p * (p + 1) / 2)..]),
            Factors::Tied(a, _) => triangle(a),
            Factors::Diag(a) => (0..p).map(|j| (d(j) * a[c * p + j]).powi(2)).sum(),
        };
        self.constants[c] - 0.5 * squares
    }
}
