//! The lasso at the point of its path that an information criterion likes best.
//!
//! ```text
//! AIC, BIC     W log 2πσ² + ‖ỹ − X̃w‖²/σ² + 2k, or + k log W      k coefficients that are not zero, W = Σω
//! σ²           ‖ỹ − X̃w‖² / (W − p − 1) of least squares, unless it is given
//! ```
//!
//! The number of non-zero coefficients is an unbiased estimate of the degrees of freedom of the lasso \[Zou07\], which makes
//! this as good as cross-validation where the model is right, at the price of one path.

use super::path::{Rules, walk};
use super::{residual_squares, solution};
use crate::model::{LinearModel, delegate};
use crate::ols::LinearRegression;
use crate::products::with_products;
use crate::ridge::problem::Problem;
use estimand_core::describe::{above, at_least};
use estimand_core::persist::check_len;
use estimand_core::{Describe, Error, Fit, Float, Result, Samples};
use ndarray::{Array1, Axis};
use serde::{Deserialize, Serialize};

/// What a further coefficient has to bring.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum PathCriterion {
    /// Akaike's: 2.
    #[default]
    Aic,
    /// The Bayesian one: log Σω.
    Bic,
}

estimand_core::params! {
    /// [`LassoLars`](crate::LassoLars) with the penalty that minimises AIC or BIC.
    ///
    /// ```
    /// use estimand_core::Fit;
    /// use estimand_linear::{LassoLarsIc, PathCriterion};
    /// use ndarray::{Array1, Array2};
    ///
    /// let x = Array2::from_shape_fn((50, 3), |(i, j)| ((i * (j + 2) * (j + 5)) % 17) as f64);
    /// let y: Array1<f64> = (0..50).map(|i| 2.0 * x[[i, 1]] + ((i * 7) % 5) as f64).collect();
    /// let model = LassoLarsIc::new().criterion(PathCriterion::Bic).fit((&x, &y))?;
    /// assert!((model.coef()[1] - 2.0).abs() < 0.1 && model.coef()[0] == 0.0);
    /// # Ok::<(), estimand_core::Error>(())
    /// ```
    pub struct LassoLarsIc {
        /// What a further coefficient has to bring.
        criterion: PathCriterion = PathCriterion::Aic;
        /// Whether to fit an intercept, which is not penalised.
        fit_intercept: bool = true;
        /// Most steps.
        max_iter: usize = 500, at_least(1.0);
        /// Whether coefficients must not be negative.
        positive: bool = false;
        /// The variance σ² of the noise, if it is known; must be given where Σω ≤ p + 1.
        noise_variance: Option<f64> = None, above(0.0);
    }
    accepts: sparse, weights;
}

/// A fitted [`LassoLarsIc`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(bound(serialize = "F: Float", deserialize = "F: Float"))]
pub struct LassoLarsIcModel<F> {
    model: LinearModel<F>,
    alpha: f64,
    noise_variance: f64,
    alphas: Array1<f64>,
    criterion: Array1<f64>,
}

impl<F: Float> LassoLarsIcModel<F> {
    /// The chosen α.
    pub fn alpha(&self) -> f64 {
        self.alpha
    }

    /// The variance of the noise that the criterion reckons with.
    pub fn noise_variance(&self) -> f64 {
        self.noise_variance
    }

    /// α at the breakpoints of the path.
    pub fn alphas(&self) -> &Array1<f64> {
        &self.alphas
    }

    /// The criterion at the breakpoints of the path.
    pub fn criterion(&self) -> &Array1<f64> {
        &self.criterion
    }
}

delegate!(LassoLarsIcModel<F> to LinearModel<F>);
estimand_core::persist!(LassoLarsIcModel<F>, |model| {
    estimand_core::Persist::check_loaded(&model.model)?;
    check_len("criterion", model.alphas.len(), model.criterion.len())
});

impl<F: Float> Fit<F, Array1<F>> for LassoLarsIc {
    type Model = LassoLarsIcModel<F>;

    fn fit_samples(&self, samples: Samples<'_, F, Array1<F>>) -> Result<LassoLarsIcModel<F>> {
        self.check()?;
        samples.check()?;
        let problem = Problem::new(&samples, self.fit_intercept);
        problem.check_spread()?;
        let rules = Rules { lasso: true, positive: self.positive, alpha: 0.0, max_steps: self.max_iter };
        let sigma2 = match self.noise_variance {
            Some(variance) => variance,
            None => self.estimate_noise(&samples, &problem)?,
        };
        let (solution, alphas, criterion, best) = with_products(&problem, None, |products| {
            let mut walk = walk(products, 0, rules);
            let (p, weight) = (products.mean.len(), products.weight);
            let each = if self.criterion == PathCriterion::Aic { 2.0 } else { weight.ln() };
            let alphas = walk.alphas();
            let coefs = walk.coefs(p);
            let criterion: Array1<f64> = coefs
                .columns()
                .into_iter()
                .zip(&walk.breakpoints)
                .map(|(coef, breakpoint)| {
                    weight * (2.0 * std::f64::consts::PI * sigma2).ln()
                        + residual_squares(products, 0, &coef.to_owned()) / sigma2
                        + each * breakpoint.coef.len() as f64
                })
                .collect();
            let best =
                criterion.indexed_iter().fold(0, |best, (b, v)| if *v < criterion[best] { b } else { best });
            let coef = coefs.column(best).to_owned().insert_axis(Axis(1));
            walk.breakpoints.truncate(best + 1);
            // The path was walked to its end; how far is not a matter of convergence.
            walk.arrived = true;
            let rules = Rules { alpha: alphas[best], ..rules };
            Ok((solution("LassoLarsIc", products, coef, &[walk], rules), alphas, criterion, best))
        })?;
        let model = solution.into_model::<F, Array1<F>>(samples.x)?;
        Ok(LassoLarsIcModel { model, alpha: alphas[best], noise_variance: sigma2, alphas, criterion })
    }
}

impl LassoLarsIc {
    /// σ² of least squares.
    fn estimate_noise<F: Float>(
        &self,
        samples: &Samples<'_, F, Array1<F>>,
        problem: &Problem<'_, F>,
    ) -> Result<f64> {
        let left = problem.weight() - samples.x.ncols() as f64 - f64::from(u8::from(self.fit_intercept));
        if left <= 0.0 {
            let allowed = "given where there are no more rows than columns";
            return Err(Error::parameter("noise_variance", "None", allowed));
        }
        let least_squares = LinearRegression::new().fit_intercept(self.fit_intercept).positive(self.positive);
        let model: LinearModel<F> = least_squares.fit_samples(*samples)?;
        // Noise of nothing at all is still a positive number: the criterion then goes by the squares alone.
        Ok((model.report().objective.unwrap_or(f64::NAN) / left).max(f64::MIN_POSITIVE))
    }
}
