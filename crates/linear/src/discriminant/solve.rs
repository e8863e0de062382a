//! The three ways to solve a linear discriminant analysis; symbols as in its [page](super::linear).

use super::covariance::{ByClass, Shrinkage, Whitening, rescale, whiten, whitened};
use super::linear::LinearDiscriminantAnalysis;
use estimand_core::{Error, Float, Report, Result};
use estimand_linalg::triangular::{Triangle, solve_triangular};
use estimand_linalg::{Cholesky, Svd, SymmetricEigen};
use ndarray::{Array1, Array2, Axis, s};

/// Below this `tol`, the data are decomposed and not their covariance.
const RESOLVED: f64 = 1e-5;
/// A covariance worse conditioned than this is not positive definite for `Eigen`.
const SINGULAR: f64 = 1e-13;

/// w, V, the shares of the spread along V, Σ, and words on the way there.
pub(super) struct Solution {
    /// k × p
    pub(super) slopes: Array2<f64>,
    pub(super) scalings: Option<Array2<f64>>,
    pub(super) ratio: Vec<f64>,
    pub(super) covariance: Option<Array2<f64>>,
    pub(super) report: Report,
}

/// What the solvers work on.
pub(super) struct Problem<'s, 'a, F> {
    pub(super) settings: &'s LinearDiscriminantAnalysis,
    pub(super) classes: ByClass<'a, F>,
    pub(super) priors: Vec<f64>,
    /// m − x̄, k × p
    pub(super) centred: Array2<f64>,
    /// Deviations of the columns within classes; 0 for constant ones.
    pub(super) scale: Array1<f64>,
}

impl<F: Float> Problem<'_, '_, F> {
    /// √π_c (m_c − x̄)
    fn between(&self) -> Array2<f64> {
        let roots: Array1<f64> = self.priors.iter().map(|p| p.sqrt()).collect();
        &self.centred * &roots.insert_axis(Axis(1))
    }

    fn report(&self, solver: &str) -> Report {
        let shrunk = self.settings.shrinkage != Shrinkage::None;
        let constant = self.scale.iter().enumerate().filter(|(_, s)| **s == 0.0 && !shrunk);
        constant.fold(Report::direct(solver), |report, (j, _)| {
            report.note(format!("column {j} is constant within the classes and left out"))
        })
    }

    /// Shares of the classes in Σ for `Svd`: those of their rows.
    fn shares(&self) -> Vec<f64> {
        let total = self.classes.moments.weight.sum();
        self.classes.moments.weight.iter().map(|w| w / total).collect()
    }

    /// AᵀΣA = I, √π (m − x̄) A = U S Qᵀ, V = AQ, w = VVᵀ(m − x̄)
    pub(super) fn svd(&self) -> Result<Solution> {
        let tol = self.settings.tol;
        let (n, p) = self.classes.x.dim();
        let by_rows = n < p || tol < RESOLVED;
        let shares = self.shares();
        let stored = self.settings.store_covariance || !by_rows;
        let covariance = if stored { Some(self.classes.pooled(&shares)?) } else { None };
        let whitening = match &covariance {
            Some(covariance) if !by_rows => whiten(covariance.clone(), &self.scale, tol)?,
            _ => self.whiten_rows()?,
        };
        let directions = spread_out(whitening)?;
        let Svd { s, vt, .. } = Svd::thin(self.between().dot(&directions).view())?;
        let largest = s.first().copied().unwrap_or(0.0);
        let q = s.iter().filter(|v| **v > tol * largest).count();
        let scalings = directions.dot(&vt.slice(s![..q, ..]).t());
        let slopes = self.centred.dot(&scalings).dot(&scalings.t());
        let report = self.report(if by_rows {
            "singular values of the rows"
        } else {
            "eigenvalues of the covariance"
        });
        let report = report.note(format!("rank {} of {p}", directions.ncols()));
        let ratio = shares_of(&s.slice(s![..q]).mapv(|v| v * v));
        let covariance = covariance.filter(|_| self.settings.store_covariance);
        Ok(Solution { slopes, scalings: Some(scalings), ratio, covariance, report })
    }

    /// A from the singular values of √(w / W) (x − m) in scaled columns.
    fn whiten_rows(&self) -> Result<Whitening> {
        let ByClass { x, y, weights, moments, .. } = &self.classes;
        let total = moments.weight.sum();
        let factors = self.scale.mapv(|s| if s > 0.0 { s.recip() } else { 0.0 });
        let mut rows = x.mapv(Float::f64);
        for (i, mut row) in rows.rows_mut().into_iter().enumerate() {
            row -= &moments.mean.row(y.y[i] as usize);
            row *= &factors;
            row *= (weights.map_or(1.0, |w| w[i].f64()) / total).sqrt();
        }
        let Svd { s, vt, .. } = Svd::thin(rows.view())?;
        Ok(whitened(s.iter().copied().zip(vt.rows()), &self.scale, self.settings.tol))
    }

    /// AᵀΣA = I, w = AAᵀ(m − x̄)
    pub(super) fn lsqr(&self) -> Result<Solution> {
        let covariance = self.classes.shrunk(&self.priors, self.settings.shrinkage)?;
        let scale = covariance.diag().mapv(f64::sqrt);
        let directions = spread_out(whiten(covariance.clone(), &scale, self.settings.tol)?)?;
        let report =
            self.report("least squares").note(format!("rank {} of {}", directions.ncols(), scale.len()));
        let slopes = self.centred.dot(&directions).dot(&directions.t());
        Ok(Solution { slopes, scalings: None, ratio: Vec::new(), covariance: Some(covariance), report })
    }

    /// Σ_B v = λ Σ v, Σw = m − x̄
    pub(super) fn eigen(&self) -> Result<Solution> {
        let covariance = self.classes.shrunk(&self.priors, self.settings.shrinkage)?;
        let singular = || {
            Error::numerical(
                "the covariance within the classes is singular: columns are collinear or constant, or rows too few; use solver Svd, or shrinkage",
            )
        };
        let factors = covariance.diag().mapv(|v| v.sqrt().recip());
        if !factors.iter().all(|f| f.is_finite()) {
            return Err(singular());
        }
        let mut scaled = covariance.clone();
        rescale(&mut scaled, &factors);
        let cholesky = Cholesky::new(scaled.view()).map_err(|_| singular())?;
        if cholesky.rcond() < SINGULAR {
            return Err(singular());
        }
        // In scaled columns: Σ = LLᵀ, and Σ_B v = λΣv is (L⁻¹Σ_B L⁻ᵀ)u = λu with v = L⁻ᵀu.
        let mut half = (self.between() * &factors).reversed_axes().as_standard_layout().into_owned();
        cholesky.half_solve_inplace(half.view_mut());
        let SymmetricEigen { values, vectors } = SymmetricEigen::new(half.dot(&half.t()).view())?;
        let q = self.components();
        let mut scalings = Array2::zeros((factors.len(), q));
        for j in 0..q {
            scalings.column_mut(j).assign(&vectors.column(vectors.ncols() - 1 - j));
        }
        solve_triangular(cholesky.factor().t(), Triangle::Upper, scalings.view_mut());
        scalings *= &factors.view().insert_axis(Axis(1));
        let slopes = cholesky.solve((&self.centred * &factors).t()).reversed_axes() * &factors;
        let ratio = shares_of(&values.slice(s![..;-1]).slice(s![..q]).mapv(|v| v.max(0.0)));
        let report = self.report("generalised eigenvalues");
        Ok(Solution { slopes, scalings: Some(scalings), ratio, covariance: Some(covariance), report })
    }

    /// min(p, k − 1)
    pub(super) fn components(&self) -> usize {
        self.scale.len().min(self.priors.len() - 1)
    }
}

/// A, if there is any direction.
fn spread_out(whitening: Whitening) -> Result<Array2<f64>> {
    match whitening.directions.ncols() {
        0 => {
            Err(Error::numerical("no column varies within the classes: there is nothing to measure them by"))
        }
        _ => Ok(whitening.directions),
    }
}

fn shares_of(values: &Array1<f64>) -> Vec<f64> {
    let total = values.sum();
    values.iter().map(|v| if total > 0.0 { v / total } else { 0.0 }).collect()
}
