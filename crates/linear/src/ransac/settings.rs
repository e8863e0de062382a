//! The settings of RANSAC, which hold those of another estimator.

use crate::ols::LinearRegression;
use estimand_core::describe::{at_least, between};
use estimand_core::{Capabilities, Describe, Parameter, Result};
use serde::{Deserialize, Serialize};

/// How far a prediction is from a row.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum RansacLoss {
    /// Σ |y − ŷ| over the outputs.
    #[default]
    AbsoluteError,
    /// Σ (y − ŷ)² over the outputs.
    SquaredError,
}

// As `params!` of the core, for a struct that holds an estimator.
macro_rules! rules {
    ($($(#[$meta:meta])* $field:ident: $type:ty = $default:expr $(, $allowed:expr)?;)*) => {
        /// Robust regression with any regressor: fitted on the rows that agree with one another, whatever the others say.
        ///
        /// ```
        /// use estimand_core::Fit;
        /// use estimand_linear::{LinearRegression, RansacRegressor};
        /// use ndarray::{Array1, Array2};
        ///
        /// let x = Array2::from_shape_fn((20, 1), |(i, _)| i as f64);
        /// let y: Array1<f64> = (0..20).map(|i| if i % 3 == 0 { 500.0 } else { 1.0 + 2.0 * i as f64 }).collect();
        /// let model = RansacRegressor::new(LinearRegression::new()).residual_threshold(Some(1.0)).fit((&x, &y))?;
        /// assert!((model.coef()[0] - 2.0).abs() < 1e-12);
        /// assert!(!model.inliers()[3] && model.inliers()[4]);
        /// # Ok::<(), estimand_core::Error>(())
        /// ```
        #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
        #[serde(default, deny_unknown_fields, bound(deserialize = "E: Deserialize<'de> + Default"))]
        #[must_use = "settings do nothing until they are used"]
        #[non_exhaustive]
        pub struct RansacRegressor<E = LinearRegression> {
            /// What is fitted.
            pub estimator: E,
            $($(#[$meta])* pub $field: $type,)*
        }

        impl<E: Default> Default for RansacRegressor<E> {
            fn default() -> Self {
                Self::new(E::default())
            }
        }

        impl<E> RansacRegressor<E> {
            /// Default rules for an estimator.
            pub fn new(estimator: E) -> Self {
                Self { estimator, $($field: $default,)* }
            }
            $(
                $(#[$meta])*
                ///
                #[doc = concat!("Default: `", stringify!($default), "`" $(, "; allowed: `", stringify!($allowed), "`")?, ".")]
                pub fn $field(mut self, $field: $type) -> Self {
                    self.$field = $field;
                    self
                }
            )*
        }

        impl<E: Describe> Describe for RansacRegressor<E> {
            fn name(&self) -> String {
                format!("RansacRegressor({})", self.estimator.name())
            }
            fn parameters(&self) -> Vec<Parameter> {
                let estimator = Parameter {
                    name: "estimator".into(),
                    value: self.estimator.name(),
                    default: "",
                    allowed: String::new(),
                };
                let rules = [$(Parameter {
                    name: stringify!($field).into(),
                    value: format!("{:?}", self.$field),
                    default: stringify!($default),
                    allowed: String::new() $(+ &$allowed.to_string())?,
                },)*];
                std::iter::once(estimator).chain(rules).collect()
            }
            fn check(&self) -> Result<()> {
                $($($allowed.check(stringify!($field), &self.$field)?;)?)*
                self.estimator.check()
            }
            fn capabilities(&self) -> Capabilities {
                Capabilities { missing: false, ..self.estimator.capabilities() }
            }
        }
    };
}

rules! {
    /// Rows of a trial; one more than columns where it is `None`.
    min_samples: Option<usize> = None, at_least(1.0);
    /// How far from the prediction a row may lie and agree; the median absolute deviation of y where it is `None`.
    residual_threshold: Option<f64> = None, at_least(0.0);
    /// How far a prediction is from a row.
    loss: RansacLoss = RansacLoss::AbsoluteError;
    /// Most trials.
    max_trials: usize = 100, at_least(1.0);
    /// Stop after more trials than this that brought nothing better.
    max_skips: Option<usize> = None;
    /// Stop once as many rows, or as much weight, agree.
    stop_n_inliers: Option<usize> = None;
    /// Stop once R² on the rows that agree is as high.
    stop_score: f64 = f64::INFINITY;
    /// Stop once some trial met agreeing rows alone with this probability.
    stop_probability: f64 = 0.99, between(0.0, 1.0);
    /// Of the random numbers.
    seed: u64 = 0;
}
