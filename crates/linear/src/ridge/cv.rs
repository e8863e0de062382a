//! Ridge regression that chooses the strength of its penalty by cross-validation.
//!
//! ```text
//! α* = argmax over α of the score that fits on some rows reach on others; then Ridge with α* on all rows
//! ```
//!
//! | `cv` | score of α | cost |
//! |---|---|---|
//! | `LeaveOneOut` | −Σ ωᵢẽᵢ² / Σω, where ẽᵢ is the error on row i of the fit without it | one decomposition for all α, see below |
//! | other [`Folds`] | mean over folds of R² on the rows left out | one factorisation per fold for all α |
//!
//! Nothing is fitted n times for leave-one-out: the errors follow from one eigendecomposition, of the p × p Gram matrix
//! for n > p and of the n × n one otherwise, and one more pass over X. Of equal scores the first α wins. With several
//! targets the score is their mean, or, with `alpha_per_target`, each target has its own α.
//!
//! Leaving out a row leaves out all of its weight; rows, not units of weight, are what folds are made of. A row of
//! weight 2 is therefore not the same as two rows here, of which one could help to predict the other.
//!
//! **Differs from scikit-learn**, whose leave-one-out score is divided by n and not by Σω, and whose scores on folds
//! ignore the weights.
//!
//! **References.** \[Golub79\]; for n < p with weights and intercept, \[RifkinLippert07\].

use super::RidgeSolver;
use super::leave_one_out::{Errors, by_columns, by_rows};
use super::problem::{Method, Problem, Solution};
use crate::cv::over_folds_with_weight;
use crate::model::{Outputs, delegate};
use estimand_core::split::LeaveOneOut;
use estimand_core::{Describe, Error, Fit, Float, Folds, Persist, Report, Result, Samples};
use estimand_linalg::Moments;
use ndarray::{Array1, Array2, Array3, ArrayView2, Axis};
use serde::{Deserialize, Serialize};

estimand_core::params! {
    /// [`Ridge`](crate::Ridge) that chooses `alpha` by cross-validation, by default leaving out each row.
    ///
    /// ```
    /// use estimand_core::{Fit, Predict};
    /// use estimand_linear::RidgeCv;
    /// use ndarray::{Array1, Array2};
    ///
    /// let x = Array2::from_shape_fn((30, 2), |(i, j)| ((i * (j + 2)) % 7) as f64);
    /// let y: Array1<f64> = x.rows().into_iter().map(|x| 3.0 * x[0] - x[1] + 1.0).collect();
    /// let model = RidgeCv::new().alphas(vec![0.01, 1.0, 100.0]).fit((&x, &y))?;
    /// assert_eq!(model.alpha().to_vec(), [0.01]); // there is no noise to shrink away
    /// assert!((model.coef()[0] - 3.0).abs() < 1e-3);
    /// # Ok::<(), estimand_core::Error>(())
    /// ```
    pub struct RidgeCv {
        /// Strengths to choose from, each above 0.
        alphas: Vec<f64> = vec![0.1, 1.0, 10.0];
        /// Whether to fit an intercept, which is not penalised. Without one, data are taken as centred.
        fit_intercept: bool = true;
        /// Which rows are left out together.
        cv => Folds = LeaveOneOut;
        /// Whether each target chooses for itself; with `LeaveOneOut` only.
        alpha_per_target: bool = false;
        /// Whether to keep the squared error of each row, target and α: n·t·a numbers; with `LeaveOneOut` only.
        store_cv_values: bool = false;
    }
    accepts: sparse, weights;
}

/// A fitted [`RidgeCv`]: the model of the chosen α, and how the others fared.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RidgeCvModel<M> {
    model: M,
    choice: Choice,
}

/// What was chosen from, by which scores.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Choice {
    /// One, or one per target.
    alpha: Array1<f64>,
    best: Array1<f64>,
    /// a × 1, or a × t
    scores: Array2<f64>,
    values: Option<Array3<f64>>,
}

impl<M> RidgeCvModel<M> {
    /// The model itself.
    pub fn model(&self) -> &M {
        &self.model
    }

    /// The chosen α: one, or with `alpha_per_target` one per target.
    pub fn alpha(&self) -> &Array1<f64> {
        &self.choice.alpha
    }

    /// The score of each chosen α.
    pub fn best_score(&self) -> &Array1<f64> {
        &self.choice.best
    }

    /// The scores of all candidates, one row each: one column, or with `alpha_per_target` one per target.
    pub fn scores(&self) -> &Array2<f64> {
        &self.choice.scores
    }

    /// Squared errors of leave-one-out, rows × targets × candidates, where they were asked for.
    pub fn cv_values(&self) -> Option<&Array3<f64>> {
        self.choice.values.as_ref()
    }
}

delegate!(RidgeCvModel<M> to M);
impl<M: Persist> Persist for RidgeCvModel<M> {
    fn type_name() -> String {
        format!("RidgeCvModel<{}>", M::type_name())
    }
    fn check_loaded(&self) -> Result<()> {
        self.choice.check_loaded()?;
        self.model.check_loaded()
    }
}

impl<F: Float, Y: Outputs<F>> Fit<F, Y> for RidgeCv {
    type Model = RidgeCvModel<Y::Model>;

    fn fit_samples(&self, samples: Samples<'_, F, Y>) -> Result<Self::Model> {
        self.check()?;
        check_alphas(&self.alphas)?;
        samples.check()?;
        let search = Search { estimator: "RidgeCv", alphas: &self.alphas };
        let problem = Problem::new(&samples, self.fit_intercept);
        let (solution, choice) = if let Folds::LeaveOneOut(_) = self.cv {
            search.leave_one_out(&problem, self.alpha_per_target, self.store_cv_values)?
        } else {
            if self.alpha_per_target || self.store_cv_values {
                let what = "`alpha_per_target` or `store_cv_values` with folds; leave out single rows";
                return Err(Error::unsupported("RidgeCv", what));
            }
            let scores = over_folds_with_weight(&samples, &self.cv, |train, test| {
                let solutions = search.solve(&Problem::new(&train, self.fit_intercept))?;
                solutions
                    .into_iter()
                    .map(|solution| {
                        let predicted = solution.predict(test.x);
                        Ok(r2(Y::columns(test.y), predicted.view(), test.weights.map(|w| w.mapv(F::f64))))
                    })
                    .collect()
            });
            search.of_folds(&problem, scores)?
        };
        Ok(RidgeCvModel { model: solution.into_model::<F, Y>(samples.x)?, choice })
    }
}

/// What regression and classification search alike.
pub(super) struct Search<'a> {
    pub(super) estimator: &'static str,
    pub(super) alphas: &'a [f64],
}

impl Search<'_> {
    fn method(&self) -> Method {
        Method { estimator: self.estimator, solver: RidgeSolver::Auto, max_iter: 1000, tol: 1e-8 }
    }

    /// The solution for each α.
    pub(super) fn solve<F: Float>(&self, problem: &Problem<'_, F>) -> Result<Vec<Solution>> {
        problem.solve(self.alphas, &self.method())?.into_iter().collect()
    }

    /// Chooses by leaving out each row, and solves with what was chosen.
    pub(super) fn leave_one_out<F: Float>(
        &self,
        problem: &Problem<'_, F>,
        per_target: bool,
        keep: bool,
    ) -> Result<(Solution, Choice)> {
        problem.check_spread()?;
        let (n, p) = (problem.x.nrows(), problem.x.ncols());
        let rows = problem.weights.map_or(n, |w| w.iter().filter(|w| **w > F::zero()).count());
        if rows < 2 {
            return Err(Error::shape("rows to leave out one by one", "at least 2", rows));
        }
        let (errors, moments) = if n > p {
            let moments = problem.moments()?;
            (by_columns(problem, &moments, self.alphas, keep)?, Some(moments))
        } else {
            (problem.in_f64(|problem| by_rows(&problem, self.alphas, keep))?, None)
        };
        let choice = Choice::of(errors, self.alphas, per_target);
        Ok((self.refit(problem, moments, &choice.alpha)?, choice))
    }

    /// Chooses by scores, one row per fold, and solves with what was chosen.
    pub(super) fn of_folds<F: Float>(
        &self,
        problem: &Problem<'_, F>,
        scores: Result<Array2<f64>>,
    ) -> Result<(Solution, Choice)> {
        let scores = problem.blame(scores)?;
        problem.check_spread()?;
        let scores = scores.mean_axis(Axis(0)).unwrap_or_default().insert_axis(Axis(1));
        let choice = Choice::by_scores(scores, None, self.alphas);
        Ok((self.refit(problem, None, &choice.alpha)?, choice))
    }

    /// The solution with the chosen α, or with one for each target.
    fn refit<F: Float>(
        &self,
        problem: &Problem<'_, F>,
        moments: Option<Moments>,
        chosen: &Array1<f64>,
    ) -> Result<Solution> {
        let mut distinct = chosen.to_vec();
        distinct.sort_by(f64::total_cmp);
        distinct.dedup();
        let solutions = match moments {
            Some(moments) => problem.solve_from(moments, &distinct, &self.method())?,
            None => problem.solve(&distinct, &self.method())?,
        };
        let mut solutions = solutions.into_iter().collect::<Result<Vec<_>>>()?;
        if solutions.len() > 1 {
            let of = |k: usize| distinct.iter().position(|alpha| *alpha == chosen[k]).unwrap_or(0);
            let t = chosen.len();
            let coef = Array2::from_shape_fn((problem.x.ncols(), t), |(j, k)| solutions[of(k)].coef[[j, k]]);
            let intercept = Array1::from_shape_fn(t, |k| solutions[of(k)].intercept[k]);
            let first = solutions.swap_remove(0);
            let report = Report { objective: None, ..first.report };
            return Ok(Solution { coef, intercept, report, ..first });
        }
        Ok(solutions.swap_remove(0))
    }
}

impl Choice {
    fn of(errors: Errors, alphas: &[f64], per_target: bool) -> Self {
        let mut scores = -errors.mean;
        if !per_target {
            scores = scores.mean_axis(Axis(1)).unwrap_or_default().insert_axis(Axis(1));
        }
        Self::by_scores(scores, errors.each, alphas)
    }

    fn by_scores(scores: Array2<f64>, values: Option<Array3<f64>>, alphas: &[f64]) -> Self {
        let best: Vec<usize> = scores
            .columns()
            .into_iter()
            .map(|scores| {
                // The first of equals; NaN is never better.
                scores.indexed_iter().fold(0, |best, (j, s)| if *s > scores[best] { j } else { best })
            })
            .collect();
        let alpha = best.iter().map(|j| alphas[*j]).collect();
        let score = best.iter().enumerate().map(|(k, j)| scores[[*j, k]]).collect();
        Self { alpha, best: score, scores, values }
    }

    pub(super) fn alpha(&self) -> f64 {
        self.alpha.first().copied().unwrap_or(f64::NAN)
    }

    pub(super) fn best_score(&self) -> f64 {
        self.best.first().copied().unwrap_or(f64::NAN)
    }

    pub(super) fn scores(&self) -> &Array2<f64> {
        &self.scores
    }

    pub(super) fn check_loaded(&self) -> Result<()> {
        use estimand_core::persist::check_len;
        check_len("alpha", self.scores.ncols(), self.alpha.len())?;
        check_len("best scores", self.alpha.len(), self.best.len())
    }
}

/// Refuses an empty list of strengths and strengths that are not above 0.
pub(super) fn check_alphas(alphas: &[f64]) -> Result<()> {
    if alphas.is_empty() {
        return Err(Error::parameter("alphas", "[]", "at least one number"));
    }
    match alphas.iter().find(|alpha| !(alpha.is_finite() && **alpha > 0.0)) {
        Some(alpha) => Err(Error::parameter("alphas", alpha, "finite numbers above 0")),
        None => Ok(()),
    }
}

/// 1 − Σω(y − ŷ)² / Σω(y − ȳ)², the mean over the targets; for a constant target 1 if it is met and 0 if not.
fn r2<F: Float>(y: ArrayView2<'_, F>, predicted: ArrayView2<'_, f64>, weights: Option<Array1<f64>>) -> f64 {
    let weight = |i: usize| weights.as_ref().map_or(1.0, |w| w[i]);
    let total: f64 = (0..y.nrows()).map(weight).sum();
    let of = |k: usize| {
        let sum = |f: &dyn Fn(usize) -> f64| (0..y.nrows()).map(|i| weight(i) * f(i)).sum::<f64>();
        let mean = sum(&|i| y[[i, k]].f64()) / total;
        let left = sum(&|i| (y[[i, k]].f64() - predicted[[i, k]]).powi(2));
        let all = sum(&|i| (y[[i, k]].f64() - mean).powi(2));
        match (left, all) {
            (0.0, 0.0) => 1.0,
            (_, 0.0) => 0.0,
            _ => 1.0 - left / all,
        }
    };
    (0..y.ncols()).map(of).sum::<f64>() / y.ncols().max(1) as f64
}
