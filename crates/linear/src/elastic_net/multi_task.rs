//! The settings of (2): several targets that share their columns.

use super::cv::{cv_model, sparse_cv};
use super::path::Alphas;
use super::{Ratios, sparse_regressor};
use crate::model::{MultiLinearModel, Outputs};
use estimand_core::describe::{above, at_least, between, inside};
use estimand_core::split::KFold;
use estimand_core::{Describe, Fit, Float, Folds, Result, Samples};
use ndarray::Array2;

estimand_core::params! {
    /// Linear least squares of several targets with a penalty on whole rows of W: a column serves all targets or none.
    ///
    /// ```
    /// use estimand_core::Fit;
    /// use estimand_linear::MultiTaskLasso;
    /// use ndarray::array;
    ///
    /// let x = array![[0.0, 1.0], [1.0, 0.0], [2.0, 1.0], [3.0, 0.0]];
    /// let y = array![[0.0, 1.0], [1.0, 3.0], [2.0, 5.0], [3.0, 7.0]];
    /// let model = MultiTaskLasso::new().alpha(0.2).fit((&x, &y))?;
    /// assert!(model.coef().column(0).iter().all(|w| *w != 0.0));
    /// assert!(model.coef().column(1).iter().all(|w| *w == 0.0));
    /// # Ok::<(), estimand_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// Parameters out of range, shapes that disagree, NaN and infinities.
    pub struct MultiTaskLasso {
        /// Strength α of the penalty; 0 is least squares.
        alpha: f64 = 1.0, at_least(0.0);
        /// Whether to fit intercepts, which are not penalised. Without them, data are taken as centred.
        fit_intercept: bool = true;
        /// Most sweeps over the columns.
        max_iter: usize = 1000, at_least(1.0);
        /// The duality gap to reach, as a share of ‖Y − Ȳ‖², and the change of a sweep, as a share of the largest coefficient.
        tol: f64 = 1e-4, above(0.0);
    }
    accepts: sparse, weights;
}

estimand_core::params! {
    /// [`MultiTaskLasso`] with an additional L2 penalty.
    ///
    /// # Errors
    /// Parameters out of range, shapes that disagree, NaN and infinities.
    pub struct MultiTaskElasticNet {
        /// Strength α of the penalty; 0 is least squares.
        alpha: f64 = 1.0, at_least(0.0);
        /// Share ρ of the penalty on whole rows; 0 is ridge regression with α Σω.
        l1_ratio: f64 = 0.5, between(0.0, 1.0);
        /// Whether to fit intercepts, which are not penalised. Without them, data are taken as centred.
        fit_intercept: bool = true;
        /// Most sweeps over the columns.
        max_iter: usize = 1000, at_least(1.0);
        /// The duality gap to reach, as a share of ‖Y − Ȳ‖², and the change of a sweep, as a share of the largest coefficient.
        tol: f64 = 1e-4, above(0.0);
    }
    accepts: sparse, weights;
}

sparse_regressor!(MultiTaskLasso, |self| (1.0, false, true));
sparse_regressor!(MultiTaskElasticNet, |self| (self.l1_ratio, false, true));

estimand_core::params! {
    /// [`MultiTaskLasso`] with α chosen by cross-validation; see [`LassoCv`](super::LassoCv).
    ///
    /// # Errors
    /// As for [`MultiTaskLasso`], and those of the splitter.
    pub struct MultiTaskLassoCv {
        /// How many values of α to try, or the values themselves.
        alphas => Alphas = 100;
        /// The smallest α of a grid, as a share of the largest, at which all coefficients are 0.
        eps: f64 = 1e-3, inside(0.0, 1.0);
        /// How rows are split into folds.
        cv => Folds = KFold::new(5);
        /// Whether to fit intercepts.
        fit_intercept: bool = true;
        /// Most sweeps over the columns, for each α.
        max_iter: usize = 1000, at_least(1.0);
        /// As in [`MultiTaskLasso`].
        tol: f64 = 1e-4, above(0.0);
    }
    accepts: sparse, weights;
}

estimand_core::params! {
    /// [`MultiTaskElasticNet`] with α and ρ chosen by cross-validation; see [`ElasticNetCv`](super::ElasticNetCv).
    ///
    /// # Errors
    /// As for [`MultiTaskElasticNet`], and those of the splitter.
    pub struct MultiTaskElasticNetCv {
        /// The value of ρ, or several to choose from.
        l1_ratio => Ratios = 0.5;
        /// How many values of α to try for each ρ, or the values themselves.
        alphas => Alphas = 100;
        /// The smallest α of a grid, as a share of the largest, at which all coefficients are 0.
        eps: f64 = 1e-3, inside(0.0, 1.0);
        /// How rows are split into folds.
        cv => Folds = KFold::new(5);
        /// Whether to fit intercepts.
        fit_intercept: bool = true;
        /// Most sweeps over the columns, for each α.
        max_iter: usize = 1000, at_least(1.0);
        /// As in [`MultiTaskElasticNet`].
        tol: f64 = 1e-4, above(0.0);
    }
    accepts: sparse, weights;
}

cv_model! {
    /// A fitted [`MultiTaskLassoCv`] or [`MultiTaskElasticNetCv`]: the model of the chosen α, and how the others did.
    MultiTaskElasticNetCvModel of MultiLinearModel
}
sparse_cv!(MultiTaskLassoCv, Array2, MultiTaskElasticNetCvModel, |self| (vec![1.0], false, true));
sparse_cv!(MultiTaskElasticNetCv, Array2, MultiTaskElasticNetCvModel, |self| (
    self.l1_ratio.0.clone(),
    false,
    true
));
