//! Orthogonal matching pursuit with the number of columns that cross-validation likes best.
//!
//! One pursuit per fold gives the errors for every number of columns up to `max_iter`; the smallest number with the
//! lowest mean over the folds is pursued on all rows.

use super::{OrthogonalMatchingPursuit, pursue};
use crate::cv::over_folds;
use crate::model::{LinearModel, delegate};
use crate::products::with_products;
use crate::ridge::problem::{Means, Problem};
use estimand_core::describe::at_least;
use estimand_core::persist::check_len;
use estimand_core::split::KFold;
use estimand_core::{Describe, Fit, Float, Folds, Report, Result, Samples};
use ndarray::{Array1, Array2, Axis};
use serde::{Deserialize, Serialize};

estimand_core::params! {
    /// [`OrthogonalMatchingPursuit`] with the number of columns that cross-validation likes best.
    ///
    /// ```
    /// use estimand_core::Fit;
    /// use estimand_linear::OrthogonalMatchingPursuitCv;
    /// use ndarray::{Array1, Array2};
    ///
    /// let x = Array2::from_shape_fn((60, 8), |(i, j)| ((i * (j + 3) * (j + 7)) % 23) as f64);
    /// let y: Array1<f64> = (0..60).map(|i| 3.0 * x[[i, 1]] + ((i * 5) % 7) as f64 / 10.0).collect();
    /// let model = OrthogonalMatchingPursuitCv::new().fit((&x, &y))?;
    /// assert!((model.coef()[1] - 3.0).abs() < 0.1);
    /// # Ok::<(), estimand_core::Error>(())
    /// ```
    pub struct OrthogonalMatchingPursuitCv {
        /// Whether to fit an intercept.
        fit_intercept: bool = true;
        /// Most columns to try; by default a tenth of them, but at least five where there are as many.
        max_iter: Option<usize> = None, at_least(1.0);
        /// Which rows are left out together.
        cv => Folds = KFold::new(5);
    }
    accepts: sparse, weights;
}

/// A fitted [`OrthogonalMatchingPursuitCv`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(bound(serialize = "F: Float", deserialize = "F: Float"))]
pub struct OrthogonalMatchingPursuitCvModel<F> {
    model: LinearModel<F>,
    n_nonzero_coefs: usize,
    mse_path: Array2<f64>,
}

impl<F: Float> OrthogonalMatchingPursuitCvModel<F> {
    /// The chosen number of columns.
    pub fn n_nonzero_coefs(&self) -> usize {
        self.n_nonzero_coefs
    }

    /// Mean squared errors on the rows left out, one row per number of columns from 1 on, one column per fold.
    pub fn mse_path(&self) -> &Array2<f64> {
        &self.mse_path
    }
}

delegate!(OrthogonalMatchingPursuitCvModel<F> to LinearModel<F>);
estimand_core::persist!(OrthogonalMatchingPursuitCvModel<F>, |model| {
    estimand_core::Persist::check_loaded(&model.model)?;
    check_len("coefficients", model.model.features().count(), model.model.coef().len())
});

impl<F: Float> Fit<F, Array1<F>> for OrthogonalMatchingPursuitCv {
    type Model = OrthogonalMatchingPursuitCvModel<F>;

    fn fit_samples(&self, samples: Samples<'_, F, Array1<F>>) -> Result<OrthogonalMatchingPursuitCvModel<F>> {
        self.check()?;
        let p = samples.x.ncols();
        let most = self.max_iter.unwrap_or((p / 10).max(5)).min(p);
        samples.check()?;
        let problem = Problem::new(&samples, self.fit_intercept);
        problem.check_spread()?;
        let errors = over_folds(&samples, &self.cv, |train, test| {
            train.check()?;
            test.x.check_finite()?;
            with_products(&Problem::new(&train, self.fit_intercept), Some(most), |products| {
                let pursuit = pursue(products, 0, most, None, true);
                let mut coef = Array2::zeros((p, most));
                // A fold on which the pursuit ends early keeps what it has.
                let last = pursuit.coefs.len().saturating_sub(1);
                for step in 0..most {
                    let w = pursuit.coefs.get(step.min(last)).map_or(&[][..], Vec::as_slice);
                    pursuit.active.iter().zip(w).for_each(|(j, w)| coef[[*j, step]] = *w);
                }
                let means = Means { x: products.mean.clone(), y: products.target_mean.clone() };
                let steps = means.solution(coef, f64::NAN, Report::direct("matching pursuit"));
                let predicted = steps.predict(test.x);
                let weight = |i: usize| test.weights.map_or(1.0, |w| w[i].f64());
                let total: f64 = (0..test.nrows()).map(weight).sum();
                let error = |step: usize| {
                    let squares = |i: usize| weight(i) * (test.y[i].f64() - predicted[[i, step]]).powi(2);
                    (0..test.nrows()).map(squares).sum::<f64>() / if total > 0.0 { total } else { 1.0 }
                };
                Ok((0..most).map(error).collect())
            })
        });
        let errors = problem.blame(errors)?;
        let mean = errors.sum_axis(Axis(0));
        let best = mean.indexed_iter().fold(0, |best, (step, v)| if *v < mean[best] { step } else { best });
        let pursuit = OrthogonalMatchingPursuit::new()
            .n_nonzero_coefs(Some(best + 1))
            .fit_intercept(self.fit_intercept);
        Ok(OrthogonalMatchingPursuitCvModel {
            model: pursuit.fit_samples(samples)?,
            n_nonzero_coefs: best + 1,
            mse_path: errors.reversed_axes().as_standard_layout().into_owned(),
        })
    }
}
