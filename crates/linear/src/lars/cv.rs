//! The place on the path that cross-validation likes best.
//!
//! On each fold the path is walked to its end. Its squared errors on the rows left out are, between breakpoints, a
//! parabola in α, of which three products of residuals tell everything; the mean over the folds is
//! compared at the breakpoints of all folds, at most `max_n_alphas` of them. The path of all rows then ends at the best
//! α, or at the smallest of equally good ones.

use super::path::{Rules, Walk, walk};
use super::solve;
use crate::model::{LinearModel, delegate};
use crate::products::with_products;
use crate::ridge::problem::Problem;
use estimand_core::describe::at_least;
use estimand_core::persist::check_len;
use estimand_core::records::MatrixView;
use estimand_core::split::KFold;
use estimand_core::{Describe, Fit, Float, Folds, Result, Samples, Splitter};
use estimand_linalg as linalg;
use estimand_par as par;
use ndarray::{Array1, Array2};
use serde::{Deserialize, Serialize};

estimand_core::params! {
    /// [`Lars`](crate::Lars) that ends where cross-validation likes it best.
    ///
    /// ```
    /// use estimand_core::Fit;
    /// use estimand_linear::LarsCv;
    /// use ndarray::{Array1, Array2};
    ///
    /// let x = Array2::from_shape_fn((60, 3), |(i, j)| ((i * (j + 2) * (j + 5)) % 17) as f64);
    /// let y: Array1<f64> = (0..60).map(|i| 2.0 * x[[i, 1]] + ((i * 7) % 5) as f64).collect();
    /// let model = LarsCv::new().fit((&x, &y))?;
    /// assert!((model.coef()[1] - 2.0).abs() < 0.2);
    /// # Ok::<(), estimand_core::Error>(())
    /// ```
    pub struct LarsCv {
        /// Whether to fit an intercept.
        fit_intercept: bool = true;
        /// Most steps.
        max_iter: usize = 500, at_least(1.0);
        /// Which rows are left out together.
        cv => Folds = KFold::new(5);
        /// Most values of α to compare.
        max_n_alphas: usize = 1000, at_least(1.0);
    }
    accepts: sparse, weights;
}

estimand_core::params! {
    /// [`LassoLars`](crate::LassoLars) with the penalty that cross-validation likes best.
    pub struct LassoLarsCv {
        /// Whether to fit an intercept, which is not penalised.
        fit_intercept: bool = true;
        /// Most steps.
        max_iter: usize = 500, at_least(1.0);
        /// Which rows are left out together.
        cv => Folds = KFold::new(5);
        /// Most values of α to compare.
        max_n_alphas: usize = 1000, at_least(1.0);
        /// Whether coefficients must not be negative.
        positive: bool = false;
    }
    accepts: sparse, weights;
}

/// A fitted [`LarsCv`] or [`LassoLarsCv`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(bound(serialize = "F: Float", deserialize = "F: Float"))]
pub struct LarsCvModel<F> {
    model: LinearModel<F>,
    alpha: f64,
    alphas: Array1<f64>,
    mse_path: Array2<f64>,
}

impl<F: Float> LarsCvModel<F> {
    /// The chosen α.
    pub fn alpha(&self) -> f64 {
        self.alpha
    }

    /// The values of α that were compared, rising.
    pub fn cv_alphas(&self) -> &Array1<f64> {
        &self.alphas
    }

    /// Mean squared errors on the rows left out, one row per α and one column per fold.
    pub fn mse_path(&self) -> &Array2<f64> {
        &self.mse_path
    }
}

delegate!(LarsCvModel<F> to LinearModel<F>);
estimand_core::persist!(LarsCvModel<F>, |model| {
    estimand_core::Persist::check_loaded(&model.model)?;
    check_len("rows of the path of errors", model.alphas.len(), model.mse_path.nrows())
});

impl<F: Float> Fit<F, Array1<F>> for LarsCv {
    type Model = LarsCvModel<F>;

    fn fit_samples(&self, samples: Samples<'_, F, Array1<F>>) -> Result<LarsCvModel<F>> {
        self.check()?;
        let rules = Rules { lasso: false, positive: false, alpha: 0.0, max_steps: self.max_iter };
        choose("LarsCv", samples, self.fit_intercept, rules, &self.cv, self.max_n_alphas)
    }
}

impl<F: Float> Fit<F, Array1<F>> for LassoLarsCv {
    type Model = LarsCvModel<F>;

    fn fit_samples(&self, samples: Samples<'_, F, Array1<F>>) -> Result<LarsCvModel<F>> {
        self.check()?;
        let rules = Rules { lasso: true, positive: self.positive, alpha: 0.0, max_steps: self.max_iter };
        choose("LassoLarsCv", samples, self.fit_intercept, rules, &self.cv, self.max_n_alphas)
    }
}

fn choose<F: Float>(
    estimator: &'static str,
    samples: Samples<'_, F, Array1<F>>,
    fit_intercept: bool,
    rules: Rules,
    cv: &Folds,
    most: usize,
) -> Result<LarsCvModel<F>> {
    let folds = cv.folds(&samples)?;
    let problem = Problem::new(&samples, fit_intercept);
    problem.check_spread()?;
    let curves = par::try_map(folds.len(), |k| {
        let (train, test) = (samples.select(&folds[k].train), samples.select(&folds[k].test));
        let (train, test) = (train.samples(), test.samples());
        train.check()?;
        with_products(&Problem::new(&train, fit_intercept), None, |products| {
            let walk = walk(products, 0, rules);
            let coefs = walk.coefs(products.mean.len());
            let intercepts = products.target_mean[0] - products.mean.dot(&coefs);
            Curve::new(&walk, &coefs, &intercepts, &test)
        })
    });
    let curves = problem.blame(curves)?;
    let mut alphas: Vec<f64> = curves.iter().flat_map(|curve| curve.alphas.iter().copied()).collect();
    alphas.sort_by(f64::total_cmp);
    alphas.dedup();
    let stride = (alphas.len() / most).max(1);
    let alphas: Array1<f64> = alphas.into_iter().step_by(stride).collect();
    let mse_path = Array2::from_shape_fn((alphas.len(), curves.len()), |(a, k)| curves[k].at(alphas[a]));
    let mean = mse_path.sum_axis(ndarray::Axis(1));
    let best = mean.indexed_iter().fold(0, |best, (a, v)| if *v < mean[best] { a } else { best });
    let model = solve(estimator, samples, fit_intercept, Rules { alpha: alphas[best], ..rules })?;
    Ok(LarsCvModel { model, alpha: alphas[best], alphas, mse_path })
}

/// The mean squared error on the rows left out, as a function of α.
struct Curve {
    /// Falling.
    alphas: Array1<f64>,
    /// rₖᵀrₖ / Σω at the breakpoints.
    squares: Vec<f64>,
    /// rₖᵀrₖ₊₁ / Σω of neighbours.
    products: Vec<f64>,
}

impl Curve {
    fn new<F: Float>(
        walk: &Walk,
        coefs: &Array2<f64>,
        intercepts: &Array1<f64>,
        test: &Samples<'_, F, Array1<F>>,
    ) -> Result<Self> {
        test.x.check_finite()?;
        let coefs = coefs.mapv(F::of);
        let predicted = match test.x.values() {
            MatrixView::Dense(x) => linalg::matmul(x, coefs.view()),
            MatrixView::Sparse(x) => linalg::sparse::matmul(x, coefs.view()),
        };
        let steps = intercepts.len();
        let (mut squares, mut products) = (vec![0.0; steps], vec![0.0; steps - 1]);
        let mut total = 0.0;
        for (i, row) in predicted.rows().into_iter().enumerate() {
            let weight = test.weights.map_or(1.0, |w| w[i].f64());
            total += weight;
            let mut last = 0.0;
            for (k, v) in row.iter().enumerate() {
                let r = v.f64() + intercepts[k] - test.y[i].f64();
                squares[k] += weight * r * r;
                if k > 0 {
                    products[k - 1] += weight * r * last;
                }
                last = r;
            }
        }
        // Rows left out that weigh nothing say nothing.
        let total = if total > 0.0 { total } else { 1.0 };
        squares.iter_mut().chain(&mut products).for_each(|v| *v /= total);
        Ok(Self { alphas: walk.alphas(), squares, products })
    }

    /// The error at α; beyond the ends of the path, that at its ends.
    fn at(&self, alpha: f64) -> f64 {
        let next = self.alphas.iter().position(|a| *a <= alpha).unwrap_or(self.alphas.len());
        if next == 0 || next == self.alphas.len() {
            return self.squares[next.min(self.squares.len() - 1)];
        }
        let (high, low) = (self.alphas[next - 1], self.alphas[next]);
        let t = if high > low { (high - alpha) / (high - low) } else { 1.0 };
        let (a, b) = (1.0 - t, t);
        a * a * self.squares[next - 1] + 2.0 * a * b * self.products[next - 1] + b * b * self.squares[next]
    }
}
