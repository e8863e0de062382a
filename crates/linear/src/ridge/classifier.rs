//! Classification by ridge regression on targets of ±1.
//!
//! ```text
//! Yᵢc = 1 where row i is of class c, −1 elsewhere; one column for two classes, k for more
//! minimise over W, b     Σᵢ ωᵢ ‖Yᵢ − xᵢW − b‖² + α‖W‖²           class = argmax of xW + b, or its sign
//! ```
//!
//! All columns share the work on X of [`Ridge`](crate::Ridge), which makes this the cheapest linear classifier by
//! far. It has decision values but no probabilities, and rows far on the right side of the boundary count as much as
//! those on the wrong side: [`LogisticRegression`](crate::LogisticRegression) is usually the better model.
//!
//! [`RidgeClassifierCv`] chooses α like [`RidgeCv`](crate::RidgeCv): by the squared errors on ±1 where single rows are
//! left out, by the share of rows predicted rightly where folds are.

use super::RidgeSolver;
use super::cv::{Choice, Search, check_alphas};
use super::problem::{Method, Problem, Solution};
use crate::cv::over_folds_with_weight;
use crate::scores::LinearScores;
use estimand_core::describe::{above, at_least};
use estimand_core::persist::check_len;
use estimand_core::split::LeaveOneOut;
use estimand_core::{
    ClassCodes, ClassFolds, ClassWeight, Codes, Features, FitClasses, Float, Folds, Records, Report, Result,
    Samples, Scores, Scratch,
};
use ndarray::{Array1, Array2};
use serde::{Deserialize, Serialize};

estimand_core::params! {
    /// Ridge regression on the classes, coded as ±1.
    ///
    /// ```
    /// use estimand_core::{Fit, Predict};
    /// use estimand_linear::RidgeClassifier;
    /// use ndarray::array;
    ///
    /// let x = array![[0.0], [1.0], [5.0], [6.0]];
    /// let model = RidgeClassifier::new().fit((&x, &["no", "no", "yes", "yes"]))?;
    /// assert_eq!(model.predict(&array![[0.5], [5.5]])?.to_vec(), ["no", "yes"]);
    /// # Ok::<(), estimand_core::Error>(())
    /// ```
    pub struct RidgeClassifier {
        /// Strength α of the penalty.
        alpha: f64 = 1.0, at_least(0.0);
        /// Whether to fit intercepts, which are not penalised.
        fit_intercept: bool = true;
        /// How much each class counts.
        class_weight: ClassWeight = ClassWeight::Uniform;
        /// How to solve.
        solver: RidgeSolver = RidgeSolver::Auto;
        /// Most iterations of the conjugate gradients; direct solvers make none.
        max_iter: usize = 1000, at_least(1.0);
        /// Conjugate gradients stop when the gradient has fallen to this share of its first value.
        tol: f64 = 1e-8, above(0.0);
    }
    accepts: sparse, weights;
}

estimand_core::params! {
    /// [`RidgeClassifier`] that chooses `alpha` by cross-validation, by default leaving out each row.
    ///
    /// ```
    /// use estimand_core::{Fit, split::StratifiedKFold};
    /// use estimand_linear::RidgeClassifierCv;
    /// use ndarray::Array2;
    ///
    /// let x = Array2::from_shape_fn((40, 2), |(i, j)| ((i * (j + 3)) % 11) as f64);
    /// let y: Vec<bool> = x.rows().into_iter().map(|x| x[0] > x[1]).collect();
    /// let model = RidgeClassifierCv::new().alphas(vec![0.1, 10.0]).cv(StratifiedKFold::new(4)).fit((&x, &y))?;
    /// assert!(model.best_score() > 0.8);
    /// # Ok::<(), estimand_core::Error>(())
    /// ```
    pub struct RidgeClassifierCv {
        /// Strengths to choose from, each above 0.
        alphas: Vec<f64> = vec![0.1, 1.0, 10.0];
        /// Whether to fit intercepts, which are not penalised.
        fit_intercept: bool = true;
        /// How much each class counts, in fits and in scores.
        class_weight: ClassWeight = ClassWeight::Uniform;
        /// Which rows are left out together.
        cv => ClassFolds = LeaveOneOut;
    }
    accepts: sparse, weights;
}

/// A fitted [`RidgeClassifier`] on class codes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(bound(serialize = "F: Float", deserialize = "F: Float"))]
pub struct RidgeClassifierModel<F> {
    scores: LinearScores<F>,
    report: Report,
}

/// A fitted [`RidgeClassifierCv`] on class codes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(bound(serialize = "F: Float", deserialize = "F: Float"))]
pub struct RidgeClassifierCvModel<F> {
    model: RidgeClassifierModel<F>,
    choice: Choice,
}

impl<F: Float> RidgeClassifierModel<F> {
    /// Coefficients: one row for two classes, else one per class.
    pub fn coef(&self) -> &Array2<F> {
        self.scores.coef()
    }

    /// Intercepts, one per row of coefficients; 0 where none was fitted.
    pub fn intercept(&self) -> &Array1<F> {
        self.scores.intercept()
    }

    /// How the fit went.
    pub fn report(&self) -> &Report {
        &self.report
    }

    /// The columns the model was fitted on.
    pub fn features(&self) -> &Features {
        self.scores.features()
    }

    fn of(solution: Solution, x: Records<'_, F>) -> Result<Self> {
        let (coef, intercept) = solution.in_range()?;
        let scores = LinearScores::new(coef.reversed_axes(), intercept, Features::of(x));
        Ok(Self { scores, report: solution.report })
    }
}

impl<F: Float> RidgeClassifierCvModel<F> {
    /// The chosen α.
    pub fn alpha(&self) -> f64 {
        self.choice.alpha()
    }

    /// Its score.
    pub fn best_score(&self) -> f64 {
        self.choice.best_score()
    }

    /// The scores of all candidates, one row each.
    pub fn cv_scores(&self) -> &Array2<f64> {
        self.choice.scores()
    }
}

impl<F> std::ops::Deref for RidgeClassifierCvModel<F> {
    type Target = RidgeClassifierModel<F>;
    fn deref(&self) -> &RidgeClassifierModel<F> {
        &self.model
    }
}

/// ±1, n × k, or n × 1 for two classes.
fn signs<F: Float>(y: Codes<'_>) -> Array2<F> {
    let columns = if y.k == 2 { 1 } else { y.k };
    let positive = |k: usize| if y.k == 2 { 1 } else { k };
    Array2::from_shape_fn((y.y.len(), columns), |(i, k)| {
        if y.y[i] as usize == positive(k) { F::one() } else { -F::one() }
    })
}

impl FitClasses for RidgeClassifier {
    type Model<F: Float> = RidgeClassifierModel<F>;

    fn fit_classes<F: Float>(&self, samples: Samples<'_, F, ClassCodes>) -> Result<RidgeClassifierModel<F>> {
        let Samples { x, y, weights, .. } = samples;
        let y = signs(y);
        let method = Method {
            estimator: "RidgeClassifier",
            solver: self.solver,
            max_iter: self.max_iter,
            tol: self.tol,
        };
        let problem = Problem::of(x, y.view(), weights, self.fit_intercept);
        RidgeClassifierModel::of(problem.solve(&[self.alpha], &method)?.swap_remove(0)?, x)
    }

    fn class_weight(&self) -> &ClassWeight {
        &self.class_weight
    }
}

impl FitClasses for RidgeClassifierCv {
    type Model<F: Float> = RidgeClassifierCvModel<F>;

    fn fit_classes<F: Float>(
        &self,
        samples: Samples<'_, F, ClassCodes>,
    ) -> Result<RidgeClassifierCvModel<F>> {
        check_alphas(&self.alphas)?;
        let Samples { x, y, weights, groups } = samples;
        let search = Search { estimator: "RidgeClassifierCv", alphas: &self.alphas };
        let targets = signs(y);
        let problem = Problem::of(x, targets.view(), weights, self.fit_intercept);
        let (solution, choice) = if let ClassFolds::Folds(Folds::LeaveOneOut(_)) = self.cv {
            search.leave_one_out(&problem, false, false)?
        } else {
            let samples: Samples<'_, F, Array1<u32>> = Samples { x, y: y.y, weights, groups };
            let scores = over_folds_with_weight(&samples, &self.cv, |train, test| {
                let targets = signs(Codes { y: train.y, k: y.k });
                let problem = Problem::of(train.x, targets.view(), train.weights, self.fit_intercept);
                let solutions = search.solve(&problem)?;
                let weights = test.weights.map(|w| w.mapv(F::f64));
                let shares = solutions.iter().map(|solution| {
                    share_right(test.y.as_slice().unwrap_or_default(), &solution.predict(test.x), &weights)
                });
                Ok(shares.collect())
            });
            search.of_folds(&problem, scores)?
        };
        Ok(RidgeClassifierCvModel { model: RidgeClassifierModel::of(solution, x)?, choice })
    }

    fn class_weight(&self) -> &ClassWeight {
        &self.class_weight
    }
}

/// The share of rows, by weight, whose largest score is that of their class.
fn share_right(y: &[u32], scores: &Array2<f64>, weights: &Option<Array1<f64>>) -> f64 {
    let (mut right, mut all) = (0.0, 0.0);
    for (i, (code, row)) in y.iter().zip(scores.rows()).enumerate() {
        let weight = weights.as_ref().map_or(1.0, |w| w[i]);
        let winner = if row.len() == 1 {
            usize::from(row[0] > 0.0)
        } else {
            row.indexed_iter().fold(0, |best, (k, z)| if *z > row[best] { k } else { best })
        };
        all += weight;
        right += if winner == *code as usize { weight } else { 0.0 };
    }
    right / all
}

impl<F: Float> Scores<F> for RidgeClassifierModel<F> {
    fn scores(&self, x: Records<'_, F>) -> Result<Array2<F>> {
        self.scores.scores(x)
    }

    fn scores_one(&self, row: &[F], out: &mut Vec<F>, scratch: &mut Scratch<F>) -> Result<()> {
        self.scores.scores_one(row, out, scratch)
    }
}

impl<F: Float> Scores<F> for RidgeClassifierCvModel<F> {
    fn scores(&self, x: Records<'_, F>) -> Result<Array2<F>> {
        self.model.scores(x)
    }

    fn scores_one(&self, row: &[F], out: &mut Vec<F>, scratch: &mut Scratch<F>) -> Result<()> {
        self.model.scores_one(row, out, scratch)
    }
}

estimand_core::persist!(RidgeClassifierModel<F>, |model| model.scores.check_loaded(), |model, k| model
    .scores
    .check_classes(k));
estimand_core::persist!(
    RidgeClassifierCvModel<F>,
    |model| {
        model.choice.check_loaded()?;
        check_len("alpha", 1, model.choice.scores().ncols())?;
        model.model.scores.check_loaded()
    },
    |model, k| model.model.scores.check_classes(k)
);
