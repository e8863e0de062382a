//! Quantile regression: a plane that a given share of the rows lies below.
//!
//! ```text
//! minimise over w, b     1/W Σᵢ ωᵢ ρ(yᵢ − xᵢw − b) + α‖w‖₁      ρ(r) = q r for r ≥ 0, (q − 1) r below           (1)
//! ```
//!
//! | symbol | variable | shape |
//! |---|---|---|
//! | X, y, ω, W | `x`, `y`, `weights`, `total` | n × p, n, n, W = Σω |
//! | A | `Program::a` and rows eⱼ | columns of X, centred and scaled, a column of ones; a row eⱼ for each penalty |
//! | θ | `theta` | coefficients of A: (w, b) in other units |
//! | lᵢ, hᵢ | `low`, `high` | ωᵢ(q − 1), ωᵢq for the rows of the data; ∓αW, in the unit of column j, for the rows eⱼ |
//! | d | `dual` | one for each row of A |
//!
//! 1. Centre and scale the columns. Leave out those that are constant, those that the penalty keeps at zero whatever
//!    the rest does, and without penalty those that the others span. What is left is a linear program:
//!
//!    ```text
//!    minimise over θ   Σᵢ max(hᵢrᵢ, lᵢrᵢ)   r = y − Aθ          maximise over d   yᵀd,   Aᵀd = 0,  l ≤ d ≤ h     (2)
//!    ```
//!
//! 2. Solve (2) by an interior-point method with Mehrotra's corrector (`interior`): 15 to 30 steps, each with one p × p
//!    system AᵀQA. Both sides stay feasible, so that the distance to the optimum is known: `tol` bounds it.
//! 3. Go to a vertex (`vertex`), where as many rows are met exactly as there are columns, and from there along edges as
//!    long as the objective falls. What is returned is exact to rounding.
//! 4. Undo the scaling. The report has the objective (1) and the gap between the two sides of (2), relative to it.
//!
//! Costs np² for a step of 2 and np for one of 3. Where many planes are optimal, one vertex of them is returned.
//!
//! **Differs from scikit-learn**, whose solver takes two variables for each row: here n is a length, not a size of the
//! program. Sparse records are written out in full.
//!
//! **References.** \[KoenkerBassett78\]; on 2, \[PortnoyKoenker97\] and \[Mehrotra92\]; on 3, \[BarrodaleRoberts73\].

mod design;
mod interior;
#[cfg(test)]
mod tests;
mod vertex;

use crate::double::Double;
use crate::model::{LinearModel, Outputs};
use design::Design;
use estimand_core::describe::{above, at_least, inside};
use estimand_core::{Describe, Features, Fit, Float, Report, Result, Samples};
use estimand_par as par;
use ndarray::{Array1, Array2};

estimand_core::params! {
    /// Linear regression of a quantile, the median by default, with an L1 penalty.
    ///
    /// ```
    /// use estimand_core::Fit;
    /// use estimand_linear::QuantileRegressor;
    /// use ndarray::array;
    ///
    /// // One value that is far off does not move the median.
    /// let x = array![[0.0], [1.0], [2.0], [3.0], [4.0]];
    /// let y = array![1.0_f64, 3.0, 5.0, 7.0, 1000.0];
    /// let model = QuantileRegressor::new().alpha(0.0).fit((&x, &y))?;
    /// assert!((model.coef()[0] - 2.0).abs() < 1e-12 && (model.intercept() - 1.0).abs() < 1e-12);
    /// # Ok::<(), estimand_core::Error>(())
    /// ```
    pub struct QuantileRegressor {
        /// The quantile q.
        quantile: f64 = 0.5, inside(0.0, 1.0);
        /// Strength α of the penalty.
        alpha: f64 = 1.0, at_least(0.0);
        /// Whether to fit an intercept, which is not penalised.
        fit_intercept: bool = true;
        /// Most steps of the interior-point method.
        max_iter: usize = 100, at_least(1.0);
        /// The interior-point method stops when the objective is at most this share of itself above its minimum.
        tol: f64 = 1e-9, above(0.0);
    }
    accepts: sparse, weights;
}

/// Objectives that differ by less than this share are one but for rounding.
const SAME: f64 = 1e-11;

impl QuantileRegressor {
    /// Fits each of several quantiles, in parallel.
    ///
    /// # Errors
    /// As `fit`, of the first quantile that fails.
    pub fn fit_quantiles<'a, F: Float>(
        &self,
        quantiles: &[f64],
        samples: impl Into<Samples<'a, F, Array1<F>>>,
    ) -> Result<Vec<LinearModel<F>>> {
        let samples = samples.into();
        let settings: Vec<Self> = quantiles.iter().map(|q| self.clone().quantile(*q)).collect();
        settings.iter().try_for_each(Describe::check)?;
        let data = Double::new(&samples)?;
        let fit = |k: usize| settings[k].fit_double(&data, samples.x.ncols());
        let fitted = par::try_map(settings.len(), fit)?;
        Ok(fitted.into_iter().map(|fitted| fitted.into_model(&samples)).collect())
    }

    fn fit_double(&self, data: &Double<'_>, p: usize) -> Result<Fitted> {
        let design = Design::new(data, self)?;
        let mut report = Report::direct("weighted quantile");
        let theta = if design.a.ncols() == 0 && !self.fit_intercept {
            Vec::new()
        } else if design.a.ncols() == 0 {
            vec![design.quantile(self.quantile)]
        } else {
            let program = design.program(self);
            let inner = program.interior(self.tol, self.max_iter);
            let corner = program.vertex(&inner.theta);
            let (name, theta, value) = if corner.value <= inner.value * (1.0 + SAME) {
                ("interior point, then vertex", corner.theta, corner.value)
            } else {
                ("interior point", inner.theta.clone(), inner.value)
            };
            let gap = inner.gap(value);
            report = Report::iterative(name, inner.iterations, gap <= self.tol.max(1e-8))
                .note(format!("relative duality gap {gap:.1e}, {} pivots", corner.pivots))
                .warn_unless_converged(
                    "QuantileRegressor",
                    "allow more iterations (max_iter) or scale the data",
                );
            theta
        };
        let (coef, intercept) = design.undo(&theta, p);
        let objective = design::objective(data, &coef, intercept, self);
        Ok(Fitted { coef, intercept, report: report.objective(objective) })
    }
}

/// w, b and how they were found.
struct Fitted {
    coef: Array1<f64>,
    intercept: f64,
    report: Report,
}

impl Fitted {
    fn into_model<F: Float>(self, samples: &Samples<'_, F, Array1<F>>) -> LinearModel<F> {
        let coef = Array2::from_shape_fn((self.coef.len(), 1), |(j, _)| F::of(self.coef[j]));
        let intercept = Array1::from_elem(1, F::of(self.intercept));
        <Array1<F> as Outputs<F>>::model(coef, intercept, Features::of(samples.x), self.report)
    }
}

impl<F: Float> Fit<F, Array1<F>> for QuantileRegressor {
    type Model = LinearModel<F>;

    fn fit_samples(&self, samples: Samples<'_, F, Array1<F>>) -> Result<LinearModel<F>> {
        self.check()?;
        let data = Double::new(&samples)?;
        Ok(self.fit_double(&data, samples.x.ncols())?.into_model(&samples))
    }
}
