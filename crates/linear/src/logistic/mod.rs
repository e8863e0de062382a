//! Logistic regression with an L2 penalty, an L1 penalty, both or neither, for two classes and for more.
//!
//! ```text
//! minimise over W, b     C Σᵢ wᵢ ℓ(xᵢW + b, yᵢ) + ρ Σ |W| + ½ (1 − ρ) ‖W‖²                    (1)
//!
//! two classes            ℓ(z, y) = ln(1 + eᶻ) − y z            z: logarithm of the odds of the second class
//! k classes              ℓ(z, y) = ln Σⱼ exp zⱼ − z_y          z: k scores, treated all alike
//! ```
//!
//! | symbol | variable | shape |
//! |---|---|---|
//! | X, y, w | `x`, `codes`, `weights` | n × p, n, n: sample weights times class weights; 1 without either |
//! | W, b | `coef`, `intercept` | m × p, m, where m = 1 for two classes and k for more |
//! | C, ρ | `c`, `l1_ratio` | numbers; C = ∞ is no penalty, ρ = 0 is L2 alone, ρ = 1 is L1 alone |
//! | A, β | `Design`, `beta` | n × q and q × m: X centred, with a column of ones; (W, b) transposed |
//! | f | `Problem` | the smooth part of (1) / (C ω), where ω = Σ wᵢ: the mean loss and λ (1 − ρ)/2 ‖W‖², λ = 1 / (C ω) |
//!
//! **Without an L1 part** (ρ = 0 or C = ∞):
//!
//! 1. Check the settings. NaN is not searched for: it makes f or its gradient non-finite, and only then is the
//!    place looked up.
//! 2. On many rows, minimise f for a sample first, which costs less than one look at all rows and leaves three to
//!    six of them to do (`sample`, `solve`). A fit that starts from another model begins there instead.
//! 3. Minimise f for all rows. Value, gradient and, where wanted, Hessian come from one pass over the records, in
//!    blocks that stay in the cache from the scores to the gradient (`design`, `problem`).
//!
//!    | solver | steps | cost of one |
//!    |---|---|---|
//!    | `Lbfgs` | quasi-Newton steps in a metric near the Hessian: its blocks that belong to one class each; only its diagonal for p > 1000, and for sparse records with p > 64 that are too few for a sample | 4 n q m |
//!    | `NewtonCholesky` | Newton steps with the whole Hessian | n (q m)² + (q m)³/3 |
//!    | `ProximalNewton` | Newton steps by coordinate descent on a working set of columns (`prox`); any ρ, but C < ∞ | 2 to 20 times n q m, of the working set |
//!
//!    `Auto` is `Lbfgs`, finished by `NewtonCholesky` where 60 steps do not suffice and q m ≤ 300. L-BFGS was nowhere
//!    slower: as fast at q m = 5, twice as fast for 5·10⁵ × 50 and two classes, twenty times for 10⁵ × 50 and ten
//!    (4 ≤ p ≤ 500, 200 ≤ n ≤ 5·10⁵, one thread, 2026-11); Newton's method does not mind columns of scales from 1e-6 to 1e6.
//!
//!    Both stop when max |∂f/∂Wⱼ|, |∂f/∂b| ≤ `tol` and the decrease of f that is still to be expected, ½ ∇fᵀH⁻¹∇f, is
//!    at most 1e-5 `tol` |f|. The second bound does not depend on the scales of the columns.
//! 4. Undo the centring and report.
//!
//! With C = ∞ and classes that a plane separates there is no minimum. The first point that shows this ends the
//! fit; the report says so and `converged` is false.
//!
//! **With an L1 part**, `Auto` is `ProximalNewton`. It stops when no optimality condition is violated by more than `tol`,
//! on the scale of the derivatives above, and the duality gap is at most 0.1 `tol` times the objective, which is
//! then proven to be that close to its minimum. The report names the gap.
//!
//! **Differs from scikit-learn.** All solvers reach the same optimum of the same objective, but the stopping
//! rule has a second bound, so that columns of small scale are not left unfitted and the default `tol` gives f to
//! 1e-9; scikit-learn's L-BFGS stops at the first bound. A weight of 2 is the same as the row twice. L1 penalties
//! need no choice of solver, never penalise the intercept, and work for several classes. There is no stochastic solver here.
//!
//! **References.** \[Bohning92\] on the structure of the multinomial Hessian; \[NocedalWright06\], chapters 3, 6 and 7,
//! on the smooth methods; \[Friedman10\], \[Yuan12\] on coordinate descent in Newton steps, \[Massias18\] on working
//! sets and gaps.

mod binary;
mod cv;
pub(crate) mod design;
pub(crate) mod gram;
pub(crate) mod metric;
mod multinomial;
mod problem;
mod prox;
pub(crate) mod rounds;
pub(crate) mod sample;
mod solve;
#[cfg(test)]
mod tests;

pub use cv::{LogisticCandidate, LogisticCvModel, LogisticRegressionCv, LogisticScoring, LogisticSearch};

use crate::scores::{LinearScores, Start};
use estimand_core::classify::fit_labels;
use estimand_core::describe::{above, above_or_infinite, at_least, between};
use estimand_core::{
    ClassCodes, ClassWeight, Classifier, Features, FitClasses, Float, Label, Probabilities, Records, Report,
    Result, Samples, Scores, Scratch,
};
use estimand_linalg::rows::probabilities;
use ndarray::{Array1, Array2};
use serde::{Deserialize, Serialize};

/// How to minimise; see [the module](crate::logistic) for what each does and costs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum LogisticSolver {
    /// The one that was found to be the fastest.
    #[default]
    Auto,
    /// Newton's method with the whole Hessian.
    NewtonCholesky,
    /// L-BFGS in a metric near the Hessian.
    Lbfgs,
    /// Newton's method by coordinate descent on a working set of columns: the one for L1 penalties.
    ProximalNewton,
}

estimand_core::params! {
    /// Logistic regression with an L2 penalty, an L1 penalty, both or neither, for two classes and for more.
    ///
    /// ```
    /// use estimand_core::{Fit, Predict, PredictProba};
    /// use estimand_linear::LogisticRegression;
    /// use ndarray::array;
    ///
    /// let x = array![[0.0], [1.0], [2.0], [3.0]];
    /// let y = ["low", "low", "high", "high"];
    /// let model = LogisticRegression::new().c(10.0).fit((&x, &y))?;
    /// assert_eq!(model.predict(&array![[0.4], [2.9]])?.to_vec(), ["low", "high"]);
    /// // Columns in the order of the classes, which are sorted: high, low.
    /// assert!((model.predict_proba(&array![[1.5]])?[[0, 0]] - 0.5_f64).abs() < 1e-6);
    /// assert!(model.report().converged);
    ///
    /// // With an L1 penalty, columns that say nothing get coefficient 0.
    /// let x = array![[0.0, 0.3], [1.0, -0.2], [2.0, 0.1], [3.0, 0.2]];
    /// let model = LogisticRegression::new().c(10.0).l1_ratio(1.0).fit((&x, &y))?;
    /// assert!(model.coef()[[0, 0]] < 0.0 && model.coef()[[0, 1]] == 0.0);
    /// # Ok::<(), estimand_core::Error>(())
    /// ```
    pub struct LogisticRegression {
        /// Weight of the losses against the penalty; infinity fits without a penalty.
        c: f64 = 1.0, above_or_infinite(0.0);
        /// Share ρ of the L1 norm in the penalty: 0 is L2 alone, 1 is L1 alone.
        l1_ratio: f64 = 0.0, between(0.0, 1.0);
        /// Whether to fit intercepts, which are not penalised.
        fit_intercept: bool = true;
        /// How much each class counts.
        class_weight: ClassWeight = ClassWeight::Uniform;
        /// How to minimise.
        solver: LogisticSolver = LogisticSolver::Auto;
        /// Bound on every derivative of the mean loss plus penalty, (1) / (C ω). The objective is bound with it: to
        /// about 1e-5 `tol` of its minimum, relatively; with an L1 part of the penalty, by a duality gap of 0.1 `tol`.
        tol: f64 = 1e-4, above(0.0);
        /// Most steps of the solver over all rows.
        max_iter: usize = 100, at_least(1.0);
    }
    accepts: sparse, weights;
}

/// A fitted logistic regression on class codes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(bound(serialize = "F: Float", deserialize = "F: Float"))]
pub struct LogisticModel<F> {
    scores: LinearScores<F>,
    report: Report,
}

impl<F: Float> LogisticModel<F> {
    /// Coefficients: one row for two classes, else one per class.
    pub fn coef(&self) -> &Array2<F> {
        self.scores.coef()
    }

    /// Intercepts, one per row of coefficients; 0 where none was fitted.
    pub fn intercept(&self) -> &Array1<F> {
        self.scores.intercept()
    }

    /// How the fit went. Its objective is (1); without a penalty, the sum of the losses.
    pub fn report(&self) -> &Report {
        &self.report
    }

    /// The columns the model was fitted on.
    pub fn features(&self) -> &Features {
        self.scores.features()
    }

    fn start(&self) -> Start {
        (self.coef().mapv(F::f64), self.intercept().mapv(F::f64))
    }
}

impl LogisticRegression {
    /// Fits from the coefficients of `start`, which saves most of the steps where the solution is near: after a
    /// small change of the settings or of the data. The minimum does not depend on it.
    ///
    /// ```
    /// use estimand_core::Fit;
    /// use estimand_linear::LogisticRegression;
    /// use ndarray::array;
    ///
    /// let (x, y) = (array![[0.0], [1.0], [2.0], [3.0]], [0, 0, 1, 1]);
    /// let first = LogisticRegression::new().c(1.0).fit((&x, &y))?;
    /// let second = LogisticRegression::new().c(1.1).fit_from(&first, (&x, &y))?;
    /// assert!(second.coef()[[0, 0]] > first.coef()[[0, 0]]);
    /// # Ok::<(), estimand_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// Those of `fit`; if the samples have other classes or other columns than `start`.
    pub fn fit_from<'a, F, L>(
        &self,
        start: &Classifier<LogisticModel<F>, L>,
        samples: impl Into<Samples<'a, F, Array1<L>>>,
    ) -> Result<Classifier<LogisticModel<F>, L>>
    where
        F: Float + 'a,
        L: Label,
    {
        let samples = samples.into();
        start.features().check(samples.x)?;
        fit_labels(self, samples, |samples, classes| {
            start.check_classes(classes)?;
            self.fit_codes(samples, Some(&start.model().start()))
        })
    }

    fn fit_codes<F: Float>(
        &self,
        samples: Samples<'_, F, ClassCodes>,
        start: Option<&Start>,
    ) -> Result<LogisticModel<F>> {
        let Samples { x, y, weights, .. } = samples;
        let (coef, intercept, report) = solve::solve(self, x, y, weights, start)?;
        Ok(LogisticModel { scores: LinearScores::new(coef, intercept, Features::of(x)), report })
    }
}

impl FitClasses for LogisticRegression {
    type Model<F: Float> = LogisticModel<F>;

    fn fit_classes<F: Float>(&self, samples: Samples<'_, F, ClassCodes>) -> Result<LogisticModel<F>> {
        self.fit_codes(samples, None)
    }

    fn class_weight(&self) -> &ClassWeight {
        &self.class_weight
    }
}

impl<F: Float> Scores<F> for LogisticModel<F> {
    fn scores(&self, x: Records<'_, F>) -> Result<Array2<F>> {
        self.scores.scores(x)
    }

    fn scores_one(&self, row: &[F], out: &mut Vec<F>, scratch: &mut Scratch<F>) -> Result<()> {
        self.scores.scores_one(row, out, scratch)
    }
}

impl<F: Float> Probabilities<F> for LogisticModel<F> {
    fn probabilities(&self, x: Records<'_, F>) -> Result<Array2<F>> {
        Ok(probabilities(self.scores.scores(x)?))
    }
}

estimand_core::persist!(LogisticModel<F>, |model| model.scores.check_loaded(), |model, k| model
    .scores
    .check_classes(k));
