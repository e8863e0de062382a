//! Least angle regression and the lasso, along their whole path.
//!
//! ```text
//! lasso     minimise over w, b     1/(2Σω) Σᵢ ωᵢ (yᵢ − xᵢw − b)² + α‖w‖₁        for every α at once           (1)
//! ```
//!
//! | symbol | variable | shape |
//! |---|---|---|
//! | S, c | `products`, `c` | p × p, p: X̃ᵀX̃ and the covariances X̃ᵀ(ỹ − X̃w), X̃ weighted and centred as in [ridge](crate::ridge) |
//! | A, s | `active`, `signs` | columns in the model, signs of their covariances |
//! | C | `level` | the largest covariance, which those of A share; α = C/Σω |
//!
//! 1. Centre, and form the products of columns: S in one pass for n ≥ p, else row by row as columns come in.
//! 2. The column of the largest |cⱼ| enters. Until another catches up, w moves along d = Sₐₐ⁻¹s (2), in which
//!    direction all covariances of A fall alike: c falls by γa, a = Sd (3).
//! 3. The step γ is the smallest at which a column enters, (C − cⱼ)/(1 − aⱼ) or (C + cⱼ)/(1 + aⱼ) (4).
//! 4. For the lasso, also the smallest at which a coefficient reaches zero, −wⱼ/dⱼ (5): it leaves.
//! 5. Stop at α, or when there are as many steps as asked for. Between breakpoints the path is straight.
//!
//! Cost: np²/2 + (p + k)k per step with k active columns for n ≥ p; np per column that enters otherwise. The factor
//! of Sₐₐ is updated, never computed anew.
//!
//! **Ties and collinear columns.** Columns with equal covariances enter one after another, with steps of length
//! zero between them. A column that is a combination of active ones stays out until one of them leaves, which the
//! report says; of identical columns the first one enters. Without noise the path ends where the covariances are
//! rounding errors.
//!
//! **Differs from scikit-learn**, which has no weights and no sparse records here; skips a column that ties with the one
//! that enters; and judges collinearity by an absolute number, hence by the unit of the columns.
//!
//! **References.** \[Efron04\]; \[Zou07\] for the degrees of freedom behind [`LassoLarsIc`].

pub mod cv;
pub mod ic;
mod path;
#[cfg(test)]
mod tests;

pub use cv::{LarsCv, LarsCvModel, LassoLarsCv};
pub use ic::{LassoLarsIc, LassoLarsIcModel, PathCriterion};

use crate::model::Outputs;
use crate::products::{Products, with_products};
use crate::ridge::problem::{Means, Problem, Solution};
use estimand_core::describe::at_least;
use estimand_core::{Describe, Fit, Float, Report, Result, Samples};
use ndarray::{Array1, Array2, s};
use path::{Rules, Walk, walk};

estimand_core::params! {
    /// Least angle regression: columns enter one by one, each as soon as it is as correlated with the residual as
    /// those that are in.
    ///
    /// ```
    /// use estimand_core::Fit;
    /// use estimand_linear::Lars;
    /// use ndarray::array;
    ///
    /// let x = array![[-1.0, 1.0], [0.0, 0.0], [1.0, 1.0]];
    /// let y = array![-1.1111_f64, 0.0, -1.1111];
    /// let model = Lars::new().n_nonzero_coefs(1).fit((&x, &y))?;
    /// assert_eq!(model.coef()[0], 0.0);
    /// assert!((model.coef()[1] + 1.1111).abs() < 1e-12);
    /// # Ok::<(), estimand_core::Error>(())
    /// ```
    pub struct Lars {
        /// Most steps: as many coefficients are not zero.
        n_nonzero_coefs: usize = 500, at_least(1.0);
        /// Whether to fit an intercept. Without one, data are taken as centred.
        fit_intercept: bool = true;
    }
    accepts: sparse, weights;
}

estimand_core::params! {
    /// The lasso, by the path that leads to its penalty: exact, and fast where few coefficients are not zero.
    ///
    /// ```
    /// use estimand_core::Fit;
    /// use estimand_linear::LassoLars;
    /// use ndarray::array;
    ///
    /// let x = array![[-1.0, 1.0], [0.0, 0.0], [1.0, 1.0]];
    /// let y = array![-1.0_f64, 0.0, -1.0];
    /// let model = LassoLars::new().alpha(0.01).fit((&x, &y))?;
    /// assert!((model.coef()[1] + 0.955).abs() < 1e-12); // −1 + α · n / Σx̃²
    /// # Ok::<(), estimand_core::Error>(())
    /// ```
    pub struct LassoLars {
        /// Strength α of the penalty; 0 walks the path to its end.
        alpha: f64 = 1.0, at_least(0.0);
        /// Whether to fit an intercept, which is not penalised. Without one, data are taken as centred.
        fit_intercept: bool = true;
        /// Most steps.
        max_iter: usize = 500, at_least(1.0);
        /// Whether coefficients must not be negative.
        positive: bool = false;
    }
    accepts: sparse, weights;
}

/// A path of least angle regression or of the lasso; between breakpoints it is straight.
#[derive(Clone, Debug, PartialEq)]
pub struct LarsPath {
    /// Largest covariance over Σω at each breakpoint, falling; for the lasso, α.
    pub alphas: Array1<f64>,
    /// Coefficients, p × breakpoints.
    pub coefs: Array2<f64>,
    /// Intercepts, one per breakpoint.
    pub intercepts: Array1<f64>,
    /// The columns that are active at the end, in the order in which they came.
    pub active: Vec<usize>,
}

impl Lars {
    /// The whole path, for one target.
    ///
    /// # Errors
    /// As `fit`.
    pub fn path<'a, F: Float>(&self, samples: impl Into<Samples<'a, F, Array1<F>>>) -> Result<LarsPath> {
        self.check()?;
        lars_path(&samples.into(), self.fit_intercept, self.rules())
    }

    fn rules(&self) -> Rules {
        Rules { lasso: false, positive: false, alpha: 0.0, max_steps: self.n_nonzero_coefs }
    }
}

impl LassoLars {
    /// The path from no columns down to `alpha`, for one target.
    ///
    /// # Errors
    /// As `fit`.
    pub fn path<'a, F: Float>(&self, samples: impl Into<Samples<'a, F, Array1<F>>>) -> Result<LarsPath> {
        self.check()?;
        lars_path(&samples.into(), self.fit_intercept, self.rules())
    }

    fn rules(&self) -> Rules {
        Rules { lasso: true, positive: self.positive, alpha: self.alpha, max_steps: self.max_iter }
    }
}

fn lars_path<F: Float>(
    samples: &Samples<'_, F, Array1<F>>,
    fit_intercept: bool,
    rules: Rules,
) -> Result<LarsPath> {
    samples.check()?;
    with_products(&Problem::new(samples, fit_intercept), None, |products| {
        let walk = walk(products, 0, rules);
        let coefs = walk.coefs(products.mean.len());
        let intercepts = products.target_mean[0] - products.mean.dot(&coefs);
        Ok(LarsPath { alphas: walk.alphas(), coefs, intercepts, active: walk.active })
    })
}

/// Walks for each target and takes the coefficients where the walks end.
fn solve<F: Float, Y: Outputs<F>>(
    estimator: &'static str,
    samples: Samples<'_, F, Y>,
    fit_intercept: bool,
    rules: Rules,
) -> Result<Y::Model> {
    samples.check()?;
    let problem = Problem::new(&samples, fit_intercept);
    let few = (rules.max_steps < problem.x.ncols()).then_some(rules.max_steps);
    let solution = with_products(&problem, few, |products| {
        let (p, t) = products.cross.dim();
        let walks: Vec<Walk> = (0..t).map(|k| walk(products, k, rules)).collect();
        let mut coef = Array2::zeros((p, t));
        walks.iter().enumerate().for_each(|(k, walk)| coef.slice_mut(s![.., k]).assign(&walk.last(p)));
        Ok(solution(estimator, products, coef, &walks, rules))
    })?;
    solution.into_model::<F, Y>(samples.x)
}

/// The coefficients with their intercepts and report.
fn solution(
    estimator: &str,
    products: &Products<'_>,
    coef: Array2<f64>,
    walks: &[Walk],
    rules: Rules,
) -> Solution {
    let steps = walks.iter().map(|walk| walk.breakpoints.len() - 1).max().unwrap_or(0);
    // To be stopped by the number of coefficients is what least angle regression is asked for.
    let arrived = !rules.lasso || walks.iter().all(|walk| walk.arrived);
    let solver = if rules.lasso { "lasso path" } else { "least angle path" };
    let mut report = Report::iterative(solver, steps, arrived)
        .warn_unless_converged(estimator, "raise `max_iter` or `alpha`");
    let dependent: usize = walks.iter().map(|walk| walk.dependent).sum();
    let small: usize = walks.iter().map(|walk| walk.small).sum();
    if small > 0 {
        report = report.note(format!(
            "{small} left out, too small beside the others: bring the columns to similar scales"
        ));
    }
    if dependent > 0 {
        report = report.note(format!("{dependent} left out as combinations of columns that are in"));
    }
    let penalty = if rules.lasso { rules.alpha * coef.iter().map(|w| w.abs()).sum::<f64>() } else { 0.0 };
    let squares: f64 =
        (0..coef.ncols()).map(|k| residual_squares(products, k, &coef.column(k).to_owned())).sum();
    let means = Means { x: products.mean.clone(), y: products.target_mean.clone() };
    means.solution(coef, squares / (2.0 * products.weight) + penalty, report)
}

/// ‖ỹ − X̃w‖² = ỹᵀỹ − w·C − w·c, c = C − Sw
fn residual_squares(products: &Products<'_>, k: usize, coef: &Array1<f64>) -> f64 {
    let active: Vec<usize> = (0..coef.len()).filter(|j| coef[*j] != 0.0).collect();
    let values: Vec<f64> = active.iter().map(|j| coef[*j]).collect();
    let fitted = Array1::from(products.combine(&active, &values));
    let cross = products.cross.column(k);
    (products.target_squares[k] - 2.0 * coef.dot(&cross) + coef.dot(&fitted)).max(0.0)
}

impl<F: Float, Y: Outputs<F>> Fit<F, Y> for Lars {
    type Model = Y::Model;

    fn fit_samples(&self, samples: Samples<'_, F, Y>) -> Result<Y::Model> {
        self.check()?;
        solve("Lars", samples, self.fit_intercept, self.rules())
    }
}

impl<F: Float, Y: Outputs<F>> Fit<F, Y> for LassoLars {
    type Model = Y::Model;

    fn fit_samples(&self, samples: Samples<'_, F, Y>) -> Result<Y::Model> {
        self.check()?;
        solve("LassoLars", samples, self.fit_intercept, self.rules())
    }
}
