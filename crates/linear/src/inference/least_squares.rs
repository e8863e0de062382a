//! Least squares: equation (1).

use super::covariance::Inverse;
use super::residuals::Residuals;
use super::{Coefficient, Estimates, Test, intervals_at, notes_of, widen, with_f64};
use crate::model::LinearModel;
use crate::ols::LinearRegression;
use crate::ridge::problem::Problem;
use estimand_core::stats::Distribution;
use estimand_core::{Error, Fit, Float, Predict, Records, Result, Samples};
use ndarray::{Array1, Array2};

/// What least squares found, and how sure it is. Prints as a table.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct RegressionSummary {
    /// Intercept, if any, and coefficients, in the order of the columns.
    pub coefficients: Vec<Coefficient>,
    /// Covariance of those, in that order.
    pub covariance: Array2<f64>,
    /// Number of rows, or the sum of their weights.
    pub n: f64,
    /// Linearly independent columns beside the intercept.
    pub df_model: f64,
    /// n less all independent columns.
    pub df_residual: f64,
    /// Estimate σ̂² of the variance of the errors: the sum of squared residuals over `df_residual`.
    pub scale: f64,
    /// Share of the variance of y that the model explains; about 0 instead of the mean where there is no intercept.
    pub r2: f64,
    /// R² with variances in the place of sums of squares: a useless column does not raise it.
    pub adjusted_r2: f64,
    /// Test that all coefficients but the intercept are 0; NaN where there are none.
    pub f: Test,
    /// Log-likelihood of normal errors, at its maximum over σ².
    pub log_likelihood: f64,
    /// Akaike's criterion, −2 log-likelihood + 2 rank.
    pub aic: f64,
    /// Schwarz's criterion, −2 log-likelihood + ln n · rank.
    pub bic: f64,
    /// Between 0 and 4: 2 where residuals of neighbouring rows are unrelated, less where they are alike.
    pub durbin_watson: f64,
    /// D'Agostino's and Pearson's test that residuals are normal; NaN for n < 8.
    pub omnibus: Test,
    /// Jarque's and Bera's test of the same.
    pub jarque_bera: Test,
    /// Of the residuals: 0 for symmetric ones.
    pub skew: f64,
    /// Of the residuals: 3 for normal ones.
    pub kurtosis: f64,
    /// Largest singular value of the columns, weighted and with the intercept, over the smallest.
    pub condition_number: f64,
    /// What to be careful about: collinear columns, an ill-conditioned problem.
    pub notes: Vec<String>,
}

impl RegressionSummary {
    /// The line of this name.
    pub fn coefficient(&self, name: &str) -> Option<&Coefficient> {
        self.coefficients.iter().find(|c| c.name == name)
    }

    /// Intervals that hold each coefficient with a probability of `level`.
    ///
    /// # Errors
    /// Unless 0 < `level` < 1.
    pub fn intervals(&self, level: f64) -> Result<Vec<(f64, f64)>> {
        intervals_at(&self.coefficients, &self.covariance, Distribution::StudentT(self.df_residual), level)
    }
}

impl LinearRegression {
    /// Fits, and says how sure the coefficients are: see [the module](crate::inference).
    ///
    /// ```
    /// use estimand_linear::LinearRegression;
    /// use ndarray::array;
    ///
    /// let x = array![[1.0], [2.0], [3.0], [4.0], [5.0]];
    /// let y = array![2.1, 3.9, 6.2, 7.8, 10.1_f64];
    /// let summary = LinearRegression::new().summarize((&x, &y))?;
    /// let slope = &summary.coefficients[1];
    /// assert!((slope.estimate - 1.99).abs() < 1e-12 && slope.p_value < 1e-4);
    /// println!("{summary}");
    /// # Ok::<(), estimand_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// As `fit`, and if the rows do not outnumber the independent columns.
    pub fn summarize<'a, F: Float>(
        &self,
        samples: impl Into<Samples<'a, F, Array1<F>>>,
    ) -> Result<RegressionSummary> {
        let samples = samples.into();
        samples.check()?;
        Problem::new(&samples, self.fit_intercept).check_spread()?;
        let (y, weights) = (widen(samples.y), samples.weights.map(widen));
        with_f64(samples.x, |x| self.summarize_f64(x, &y, weights.as_ref()))
    }

    fn summarize_f64(
        &self,
        x: Records<'_, f64>,
        y: &Array1<f64>,
        weights: Option<&Array1<f64>>,
    ) -> Result<RegressionSummary> {
        let weights_view = weights.map(|w| w.view());
        let samples = Samples::<f64, Array1<f64>> { weights: weights_view, ..Samples::new(x, y.view()) };
        let model: LinearModel<f64> = self.fit_samples(samples)?;
        let inverse = Inverse::new(x, weights_view, self.fit_intercept)?;

        let weight = |i: usize| weights.map_or(1.0, |w| w[i]);
        let sum = |f: &dyn Fn(usize) -> f64| (0..y.len()).map(|i| weight(i) * f(i)).sum::<f64>();
        let n = sum(&|_| 1.0);
        let residual = y - &model.predict_records(x)?;
        let residual_squares = sum(&|i| residual[i] * residual[i]);
        let mean = if self.fit_intercept { sum(&|i| y[i]) / n } else { 0.0 };
        let total_squares = sum(&|i| (y[i] - mean) * (y[i] - mean));

        let rank = inverse.rank as f64;
        let (df_model, df_residual) = (rank - f64::from(u8::from(self.fit_intercept)), n - rank);
        if df_residual <= 0.0 {
            return Err(too_few(n, rank));
        }
        let scale = residual_squares / df_residual;
        let statistic = (total_squares - residual_squares) / df_model / scale;
        let f = if df_model > 0.0 {
            Test { statistic, p_value: Distribution::F(df_model, df_residual).sf(statistic) }
        } else {
            Test { statistic: f64::NAN, p_value: f64::NAN }
        };
        let log_likelihood = -0.5 * n * ((std::f64::consts::TAU * residual_squares / n).ln() + 1.0);
        let r2 = 1.0 - residual_squares / total_squares;

        let of = (model.coef(), self.fit_intercept.then(|| model.intercept()));
        let t = Distribution::StudentT(df_residual);
        let estimates = Estimates::new(model.features(), of, &inverse, scale, t);
        let Residuals { durbin_watson, skew, kurtosis, omnibus, jarque_bera } =
            Residuals::new(&residual, weight, n);
        Ok(RegressionSummary {
            coefficients: estimates.coefficients(),
            covariance: estimates.covariance,
            n,
            df_model,
            df_residual,
            scale,
            r2,
            adjusted_r2: 1.0 - (1.0 - r2) * (n - rank + df_model) / df_residual,
            f,
            log_likelihood,
            aic: -2.0 * log_likelihood + 2.0 * rank,
            bic: -2.0 * log_likelihood + n.ln() * rank,
            durbin_watson,
            omnibus,
            jarque_bera,
            skew,
            kurtosis,
            condition_number: inverse.condition,
            notes: notes_of(&inverse, model.features(), self.fit_intercept),
        })
    }
}

/// The error of data that any coefficients fit.
#[cold]
pub(super) fn too_few(n: f64, rank: f64) -> Error {
    let what = "rows, or their weights, for standard errors";
    Error::shape(what, format!("more than the {rank} independent columns"), n)
}
