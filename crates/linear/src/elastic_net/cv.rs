//! α, and ρ, by cross-validation.
//!
//! ```text
//! 1  the values of α for each ρ, from all rows                                    alphas, eps
//! 2  eₐₖ = mean squared error at the a-th α on the test rows of fold k, weighted, of the path fitted on the others
//! 3  the α of least meanₖ eₐₖ; the larger of equals
//! 4  model = fitted with it on all rows
//! ```
//!
//! Paths start each α from the one before; folds run in parallel. Where the Gram matrix serves, each test part is read
//! once for its own, and sums of them are those of the training parts: one pass over the data for everything (`cv_gram`).

use super::cv_gram;
use super::path::Alphas;
use super::solve::{Solved, Source, Spec, Way};
use crate::cv::over_folds;
use crate::model::{LinearModel, Outputs};
use crate::ridge::problem::{Problem, Solution};
use estimand_core::describe::{above, at_least, inside};
use estimand_core::records::MatrixView;
use estimand_core::split::KFold;
use estimand_core::{Describe, Error, Fit, Float, Folds, Result, Samples};
use estimand_linalg::{matmul, sparse};
use ndarray::{Array1, Array2, Array3, Axis};
use serde::{Deserialize, Serialize};

/// The values of ρ to choose from: a number, or several.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Ratios(pub Vec<f64>);

impl From<f64> for Ratios {
    fn from(value: f64) -> Self {
        Self(vec![value])
    }
}
impl From<Vec<f64>> for Ratios {
    fn from(values: Vec<f64>) -> Self {
        Self(values)
    }
}
impl<const N: usize> From<[f64; N]> for Ratios {
    fn from(values: [f64; N]) -> Self {
        Self(values.to_vec())
    }
}

estimand_core::params! {
    /// [`Lasso`](super::Lasso) with α chosen by cross-validation.
    ///
    /// ```
    /// use estimand_core::Fit;
    /// use estimand_linear::LassoCv;
    /// use ndarray::Array;
    ///
    /// let x = Array::from_shape_fn((40, 3), |(i, j)| ((i * (3 * j + 2)) % 17) as f64);
    /// let y = x.column(1).mapv(|v| 2.0 * v) + Array::from_shape_fn(40, |i| (i % 3) as f64);
    /// let model = LassoCv::new().fit((&x, &y))?;
    /// assert!((model.coef()[1] - 2.0).abs() < 0.1); // the model has what a `LinearModel` has,
    /// assert_eq!(model.mse_path().dim(), (1, 100, 5)); // and how each α did on each fold
    /// assert!(model.alphas().iter().any(|a| *a == model.alpha()));
    /// # Ok::<(), estimand_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// As for [`Lasso`](super::Lasso), and those of the splitter.
    pub struct LassoCv {
        /// How many values of α to try, or the values themselves.
        alphas => Alphas = 100;
        /// The smallest α of a grid, as a share of the largest, at which all coefficients are 0.
        eps: f64 = 1e-3, inside(0.0, 1.0);
        /// How rows are split into folds.
        cv => Folds = KFold::new(5);
        /// Whether to fit an intercept.
        fit_intercept: bool = true;
        /// Whether coefficients must not be negative.
        positive: bool = false;
        /// Most sweeps over the columns, for each α.
        max_iter: usize = 1000, at_least(1.0);
        /// As in [`Lasso`](super::Lasso).
        tol: f64 = 1e-4, above(0.0);
    }
    accepts: sparse, weights;
}

estimand_core::params! {
    /// [`ElasticNet`](super::ElasticNet) with α and ρ chosen by cross-validation.
    ///
    /// # Errors
    /// As for [`ElasticNet`](super::ElasticNet), and those of the splitter.
    pub struct ElasticNetCv {
        /// The value of ρ, or several to choose from; values near 1 deserve more than values near 0.
        l1_ratio => Ratios = 0.5;
        /// How many values of α to try for each ρ, or the values themselves.
        alphas => Alphas = 100;
        /// The smallest α of a grid, as a share of the largest, at which all coefficients are 0.
        eps: f64 = 1e-3, inside(0.0, 1.0);
        /// How rows are split into folds.
        cv => Folds = KFold::new(5);
        /// Whether to fit an intercept.
        fit_intercept: bool = true;
        /// Whether coefficients must not be negative.
        positive: bool = false;
        /// Most sweeps over the columns, for each α.
        max_iter: usize = 1000, at_least(1.0);
        /// As in [`ElasticNet`](super::ElasticNet).
        tol: f64 = 1e-4, above(0.0);
    }
    accepts: sparse, weights;
}

/// A linear model together with how it was chosen.
macro_rules! cv_model {
    ($(#[$doc:meta])* $name:ident of $inner:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
        #[serde(bound(serialize = "F: Float", deserialize = "F: Float"))]
        pub struct $name<F> {
            model: $inner<F>,
            alpha: f64,
            l1_ratio: f64,
            alphas: Array2<f64>,
            mse_path: ndarray::Array3<f64>,
        }

        impl<F: Float> $name<F> {
            /// The chosen α.
            pub fn alpha(&self) -> f64 {
                self.alpha
            }

            /// The chosen ρ; 1 for the lasso.
            pub fn l1_ratio(&self) -> f64 {
                self.l1_ratio
            }

            /// The values of α, descending: a row for each ρ.
            pub fn alphas(&self) -> &Array2<f64> {
                &self.alphas
            }

            /// Mean squared error on the test rows, by ρ, α and fold.
            pub fn mse_path(&self) -> &ndarray::Array3<f64> {
                &self.mse_path
            }
        }

        $crate::model::delegate!($name<F> to $inner<F>);
        estimand_core::persist!($name<F>, |model| {
            let (ratios, alphas, _) = model.mse_path.dim();
            estimand_core::persist::check_len("values of alpha", ratios * alphas, model.alphas.len())?;
            estimand_core::Persist::check_loaded(&model.model)
        });
    };
}
pub(super) use cv_model;

/// `Fit` of settings that choose; ρ, `positive` and `joint` may name a field.
macro_rules! sparse_cv {
    ($settings:ident, $target:ident, $model:ident, |$self:ident| ($ratios:expr, $positive:expr, $joint:expr)) => {
        impl<F: Float> Fit<F, $target<F>> for $settings {
            type Model = $model<F>;

            fn fit_samples(&$self, samples: Samples<'_, F, $target<F>>) -> Result<$model<F>> {
                $self.check()?;
                let spec = $crate::elastic_net::solve::Spec {
                    estimator: stringify!($settings),
                    l1_ratio: 1.0,
                    positive: $positive,
                    joint: $joint,
                    max_iter: $self.max_iter,
                    tol: $self.tol,
                    route: $crate::elastic_net::solve::Route::Auto,
                    screen: true,
                    accelerate: true,
                };
                let ratios: Vec<f64> = $ratios;
                let search = $crate::elastic_net::cv::Search {
                    spec,
                    fit_intercept: $self.fit_intercept,
                    ratios: &ratios,
                    alphas: &$self.alphas,
                    eps: $self.eps,
                };
                let chosen = search.run(samples, &$self.cv)?;
                Ok($model {
                    model: chosen.solution.into_model::<F, $target<F>>(samples.x)?,
                    alpha: chosen.alpha,
                    l1_ratio: chosen.l1_ratio,
                    alphas: chosen.alphas,
                    mse_path: chosen.mse_path,
                })
            }
        }
    };
}
pub(super) use sparse_cv;

cv_model! {
    /// A fitted [`LassoCv`] or [`ElasticNetCv`]: the model of the chosen α, and how the others did.
    ElasticNetCvModel of LinearModel
}
sparse_cv!(LassoCv, Array1, ElasticNetCvModel, |self| (vec![1.0], self.positive, false));
sparse_cv!(ElasticNetCv, Array1, ElasticNetCvModel, |self| (self.l1_ratio.0.clone(), self.positive, false));

/// What is searched.
pub(super) struct Search<'a> {
    /// But for ρ.
    pub(super) spec: Spec,
    pub(super) fit_intercept: bool,
    pub(super) ratios: &'a [f64],
    pub(super) alphas: &'a Alphas,
    pub(super) eps: f64,
}

/// What was found.
pub(super) struct Chosen {
    pub(super) solution: Solution,
    pub(super) alpha: f64,
    pub(super) l1_ratio: f64,
    pub(super) alphas: Array2<f64>,
    pub(super) mse_path: Array3<f64>,
}

impl Search<'_> {
    pub(super) fn run<F: Float, Y: Outputs<F>>(
        &self,
        samples: Samples<'_, F, Y>,
        cv: &Folds,
    ) -> Result<Chosen> {
        self.alphas.check()?;
        if self.ratios.is_empty() || !self.ratios.iter().all(|r| (0.0..=1.0).contains(r)) {
            return Err(Error::parameter("l1_ratio", format!("{:?}", self.ratios), "numbers in [0, 1]"));
        }
        samples.check()?;
        let problem = Problem::new(&samples, self.fit_intercept);
        problem.check_spread()?;
        match cv_gram::Parts::new(&problem, &samples, cv, self.count(), self.spec.route)? {
            Some(parts) => {
                let grid = self.grid(&parts.whole)?;
                let errors = parts.errors(self, &grid)?;
                self.choose(&parts.whole, grid, &errors)
            }
            None => {
                let whole = Source::new(&problem, 1, &self.spec)?;
                let grid = self.grid(&whole)?;
                let errors = over_folds(&samples, cv, |train, test| {
                    train.check()?;
                    let problem = Problem::new(&train, self.fit_intercept);
                    let source = Source::new(&problem, self.count(), &self.spec)?;
                    let paths = self.paths(&source, &grid)?;
                    paths
                        .into_iter()
                        .map(|path| test_errors(&path, &test))
                        .collect::<Result<Vec<_>>>()
                        .map(|e| e.concat())
                })?;
                self.choose(&whole, grid, &errors)
            }
        }
    }

    /// Fits on each training part.
    fn count(&self) -> usize {
        self.alphas.count() * self.ratios.len()
    }

    /// Step 1: a row for each ρ.
    fn grid<F: Float>(&self, whole: &Source<'_, F>) -> Result<Array2<f64>> {
        let (cross, weight) = whole.cross();
        let rows =
            self.ratios.iter().map(|ratio| self.alphas.values(cross, weight, &self.spec(*ratio), self.eps));
        let values = rows.collect::<Result<Vec<_>>>()?.concat();
        Array2::from_shape_vec((self.ratios.len(), self.alphas.count()), values)
            .map_err(|e| Error::numerical(e.to_string()))
    }

    fn spec(&self, l1_ratio: f64) -> Spec {
        Spec { l1_ratio, ..self.spec.clone() }
    }

    /// The paths of one training part, one for each ρ.
    pub(super) fn paths<F: Float>(
        &self,
        source: &Source<'_, F>,
        grid: &Array2<f64>,
    ) -> Result<Vec<Vec<Solved>>> {
        let path = |(ratio, alphas): (&f64, ndarray::ArrayView1<'_, f64>)| {
            let alphas = alphas.to_vec();
            source.along(&Way { spec: &self.spec(*ratio), alphas: &alphas, start: None, warm: true })
        };
        self.ratios.iter().zip(grid.rows()).map(path).collect()
    }

    /// Steps 3 and 4; `errors` has a row for each fold.
    fn choose<F: Float>(
        &self,
        whole: &Source<'_, F>,
        alphas: Array2<f64>,
        errors: &Array2<f64>,
    ) -> Result<Chosen> {
        // A fold whose test rows all have weight 0 says nothing.
        let judged: Vec<_> = errors.rows().into_iter().filter(|e| !e.iter().all(|e| e.is_nan())).collect();
        let mut best = (f64::INFINITY, None);
        for candidate in 0..alphas.len() {
            let mean = judged.iter().map(|e| e[candidate]).sum::<f64>() / judged.len() as f64;
            if mean < best.0 {
                best = (mean, Some(candidate));
            }
        }
        let best =
            best.1.ok_or_else(|| Error::numerical("no value of alpha has a finite error on the folds"))?;
        let (ratio, column) = (best / alphas.ncols(), best % alphas.ncols());
        let (alpha, l1_ratio) = (alphas[[ratio, column]], self.ratios[ratio]);
        let spec = self.spec(l1_ratio);
        let solved =
            whole.along(&Way { spec: &spec, alphas: &[alpha], start: None, warm: false })?.swap_remove(0);
        let (r, k) = alphas.dim();
        let mse_path = Array3::from_shape_fn((r, k, errors.nrows()), |(i, j, f)| errors[[f, i * k + j]]);
        Ok(Chosen { solution: solved.into_solution(&spec), alpha, l1_ratio, alphas, mse_path })
    }
}

/// Mean squared errors of a path on test rows.
fn test_errors<F: Float, Y: Outputs<F>>(path: &[Solved], test: &Samples<'_, F, Y>) -> Result<Vec<f64>> {
    let y = Y::columns(test.y);
    let t = y.ncols();
    let coefs: Vec<_> = path.iter().map(|solved| solved.coef.view()).collect();
    let coefs =
        ndarray::concatenate(Axis(1), &coefs).map_err(|e| Error::numerical(e.to_string()))?.mapv(F::of);
    let products = match test.x.values() {
        MatrixView::Dense(x) => matmul(x, coefs.view()),
        MatrixView::Sparse(x) => sparse::matmul(x, coefs.view()),
    };
    let weight = |i: usize| test.weights.map_or(1.0, |w| w[i].f64());
    let total: f64 = (0..y.nrows()).map(weight).sum();
    let error = |(k, solved): (usize, &Solved)| {
        let mut sum = 0.0;
        for ((i, l), y) in y.indexed_iter() {
            sum += weight(i) * (y.f64() - products[[i, k * t + l]].f64() - solved.intercept[l]).powi(2);
        }
        sum / (total * t as f64)
    };
    Ok(path.iter().enumerate().map(error).collect())
}
