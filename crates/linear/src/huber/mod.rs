//! Huber's regression: squares for what is near the plane, distances for what is far, and a scale that says what is far.
//!
//! ```text
//! minimise over w, b, σ > 0     Σᵢ ωᵢ (σ + σ H(rᵢ / σ)) + α‖w‖²      rᵢ = yᵢ − xᵢw − b                          (1)
//!                               H(z) = z² for |z| ≤ ε,  2ε|z| − ε² beyond
//! ```
//!
//! | symbol | variable | shape |
//! |---|---|---|
//! | X, y, ω, W | `x`, `y`, `weights`, `total` | n × p, n, n, W = Σω |
//! | θ, A | `theta` | (w, b); columns of X about their means, and ones |
//! | σ | `scale` | the deviation of the rows near the plane; estimated with θ, so that ε has no unit |
//! | s | `sides` | 0 for rows within εσ of the plane, ±1 beyond, by the sign of r |
//!
//! 1. Centre and scale y, centre X; begin at the (ridge) least-squares plane.
//! 2. For given residuals the best σ has a closed form but for the choice of the rows within it (`scale`):
//!
//!    ```text
//!    σ² = Σ_{s=0} ωᵢrᵢ² / (W − ε² Σ_{s≠0} ωᵢ)                                                                 (2)
//!    ```
//!
//!    which leaves a convex function of θ alone.
//! 3. Minimise it by Newton's method (`newton`). An iteration reads X twice; the matrix of the rows within is not summed
//!    up again but corrected by the rows that changed sides. More than 1000 columns, or where Newton's method does not end: L-BFGS.
//! 4. Undo the scaling.
//!
//! Costs np² once, and about 4np for each of some five iterations.
//!
//! **Differs from scikit-learn**, which descends on (w, b, σ) together by L-BFGS and stops short of the minimum: here `tol`
//! bounds what is still to gain, relative to the objective. Where the plane fits the rows near it exactly, σ ends at
//! 1e-12 of the spread of y.
//!
//! **References.** \[Huber81\]; \[Owen07\].

mod newton;
mod problem;
mod scale;
#[cfg(test)]
mod tests;

use crate::double::Double;
use crate::model::{LinearModel, Outputs};
use estimand_core::describe::{above, at_least};
use estimand_core::samples::check_finite_target;
use estimand_core::{
    Describe, Error, Features, Fit, Float, Predict, PredictOne, Records, Report, Result, Samples, Scratch,
};
use estimand_optim::{Outcome, Stop, lbfgs};
use ndarray::{Array1, Array2, Axis};
use problem::Problem;
use serde::{Deserialize, Serialize};

/// With more columns than this, no matrix of them is formed.
const WIDE: usize = 1000;

estimand_core::params! {
    /// Linear regression that outliers do not mislead, with an L2 penalty.
    ///
    /// ```
    /// use estimand_core::Fit;
    /// use estimand_linear::HuberRegressor;
    /// use ndarray::array;
    ///
    /// let x = array![[0.0], [1.0], [2.0], [3.0], [4.0], [5.0]];
    /// let y = array![1.1_f64, 2.9, 5.1, 6.9, 9.1, 100.0]; // 1 + 2x, and one that is far off
    /// let model = HuberRegressor::new().fit((&x, &y))?;
    /// assert!((model.coef()[0] - 2.0).abs() < 0.1);
    /// let far = model.outliers((&x, &y))?;
    /// assert!(far[5] && !far[0]);
    /// # Ok::<(), estimand_core::Error>(())
    /// ```
    pub struct HuberRegressor {
        /// How many σ from the plane a row counts as far. The less, the more robust; 1.35 keeps 95 % of the efficiency
        /// of least squares on normal data.
        epsilon: f64 = 1.35, at_least(1.0);
        /// Strength α of the penalty.
        alpha: f64 = 1e-4, at_least(0.0);
        /// Whether to fit an intercept, which is not penalised.
        fit_intercept: bool = true;
        /// Most iterations.
        max_iter: usize = 100, at_least(1.0);
        /// Stop when one more step is expected to lower the objective by less than this share of it.
        tol: f64 = 1e-12, above(0.0);
    }
    accepts: sparse, weights;
}

/// A fitted [`HuberRegressor`]: a [`LinearModel`] and the scale of the residuals near it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(bound(serialize = "F: Float", deserialize = "F: Float"))]
pub struct HuberModel<F> {
    linear: LinearModel<F>,
    scale: F,
    epsilon: f64,
}

impl<F: Float> HuberModel<F> {
    /// The scale σ.
    pub fn scale(&self) -> F {
        self.scale
    }

    /// Which rows lie further than εσ from the plane.
    ///
    /// # Errors
    /// As `predict`, and where x and y differ in length or y is not finite.
    pub fn outliers<'a>(&self, samples: impl Into<Samples<'a, F, Array1<F>>>) -> Result<Array1<bool>> {
        let samples = samples.into();
        samples.check()?;
        check_finite_target(samples.y.insert_axis(Axis(1)))?;
        let limit = self.epsilon * self.scale.f64();
        let predicted = self.linear.predict_records(samples.x)?;
        Ok(predicted.iter().zip(samples.y).map(|(f, y)| (y.f64() - f.f64()).abs() > limit).collect())
    }
}

impl<F> std::ops::Deref for HuberModel<F> {
    type Target = LinearModel<F>;

    fn deref(&self) -> &LinearModel<F> {
        &self.linear
    }
}

impl<F: Float> Fit<F, Array1<F>> for HuberRegressor {
    type Model = HuberModel<F>;

    fn fit_samples(&self, samples: Samples<'_, F, Array1<F>>) -> Result<HuberModel<F>> {
        self.check()?;
        let data = Double::new(&samples)?;
        let mut problem = Problem::new(&data, self)?;
        let (theta, report) = if problem.ncols() > WIDE {
            let found = descend(&mut problem, None, self);
            let report = Report::iterative("L-BFGS", found.iterations, found.converged());
            (found.x, report)
        } else {
            let found = newton::minimise(&problem, self.tol, self.max_iter)?;
            if found.converged {
                (found.theta, Report::iterative("Newton", found.iterations, true))
            } else {
                // So few rows are within the scale that they do not determine the plane: nearly no curvature, many corners.
                let end = descend(&mut problem, Some(found.theta), self);
                let iterations = found.iterations + end.iterations;
                let report = Report::iterative("Newton, then L-BFGS", iterations, end.converged());
                (end.x, report)
            }
        };
        let end = problem.undo(&theta);
        if ![end.intercept, end.scale, end.objective].iter().chain(&end.coef).all(|v| F::of(*v).is_finite()) {
            return Err(Error::numerical(format!(
                "coefficients leave the range of {}; rescale x or y",
                F::NAME
            )));
        }
        let report = report
            .objective(end.objective)
            .note(format!("{} of {} rows are outliers", end.outliers, data.nrows()))
            .warn_unless_converged("HuberRegressor", "allow more iterations (max_iter) or scale the data");
        let coef = Array2::from_shape_fn((end.coef.len(), 1), |(j, _)| F::of(end.coef[j]));
        let intercept = Array1::from_elem(1, F::of(end.intercept));
        let linear = <Array1<F> as Outputs<F>>::model(coef, intercept, Features::of(samples.x), report);
        Ok(HuberModel { linear, scale: F::of(end.scale), epsilon: self.epsilon })
    }
}

/// Step 3 without second derivatives.
fn descend(problem: &mut Problem<'_, '_>, start: Option<Vec<f64>>, settings: &HuberRegressor) -> Outcome {
    let stop = Stop {
        gradient: f64::INFINITY,
        decrease: settings.tol,
        iterations: settings.max_iter,
        ..Stop::default()
    };
    let start = start.unwrap_or_else(|| vec![0.0; problem.width()]);
    lbfgs(problem, start, stop)
}

impl<F: Float> Predict<F> for HuberModel<F> {
    type Output = Array1<F>;

    fn predict_records(&self, x: Records<'_, F>) -> Result<Array1<F>> {
        self.linear.predict_records(x)
    }
}

impl<F: Float> PredictOne<F> for HuberModel<F> {
    type One<'m> = F;

    fn predict_one(&self, row: &[F], scratch: &mut Scratch<F>) -> Result<F> {
        self.linear.predict_one(row, scratch)
    }
}

estimand_core::persist!(HuberModel<F>, |model| estimand_core::Persist::check_loaded(&model.linear));
