//! Rows that belong, told from those that do not by a plane: a linear one-class support vector machine.
//!
//! ```text
//! minimise over w, ρ     ν/2 ‖w‖² − νρ + Σᵢ ωᵢ max(0, ρ − xᵢw) / Σᵢ ωᵢ          decision value  xw − ρ       (1)
//! ```
//!
//! (1) is ν times \[Scholkopf01\]'s ½‖w‖² − ρ + Σ max(0, ρ − xᵢw) / νn: at the minimum at most a share ν of the rows lies
//! outside. The plane cuts off the side of the origin, so that it says something of rows that are away from there; others need
//! features that make a cloud into a cone, such as those of a kernel. ρ is not penalised, and steps of `Optimal` length may be
//! spent before it is there: with rows far from the origin, take `Constant` and averages.
//!
//! With ρ = 1 − b, (1) is the hinge loss of targets of 1, an L2 penalty of strength ν, and νb: steps are those of
//! [the module](crate::sgd) that also take ην off b. The first ρ is 0. [`LearningRate::Pa1`] and `Pa2` have no ν and are refused.
//!
//! **Differs from scikit-learn** as the other estimators of the module do; epochs are judged by all of (1).

use super::learn::{SOLVER, Score, Split, Task, diverged, learn, learn_batch, report, with_rows};
use super::plan::{LearningRate, Plan, SgdPenalty};
use crate::model::{LinearModel, Outputs};
use estimand_core::describe::{above, above_to, at_least};
use estimand_core::{
    Describe, Error, Features, Fit, Float, PartialFit, Predict, PredictOne, Records, Report, Result, Samples,
    Scratch,
};
use estimand_kernels::{SgdLoss, SgdState};
use ndarray::{Array1, Axis};
use serde::{Deserialize, Serialize};

estimand_core::params! {
    /// A linear one-class support vector machine by stochastic gradient descent: finds rows that do not belong.
    ///
    /// ```
    /// use estimand_core::{Fit, Predict};
    /// use estimand_linear::SgdOneClassSvm;
    /// use ndarray::array;
    ///
    /// let x = array![[1.0, 1.1], [1.2, 0.9], [0.9, 1.0], [1.1, 1.0]];
    /// let model = SgdOneClassSvm::new().nu(0.1).fit(&x)?;
    /// assert_eq!(model.predict(&array![[1.3, 1.2], [-1.0, -1.0]])?.to_vec(), [1, -1]);
    /// # Ok::<(), estimand_core::Error>(())
    /// ```
    pub struct SgdOneClassSvm {
        /// The share ν of rows that may lie outside, at most.
        nu: f64 = 0.5, above_to(0.0, 1.0);
        /// Whether to fit ρ; else it is 0.
        fit_intercept: bool = true;
        /// How long a step is.
        learning_rate: LearningRate = LearningRate::Optimal;
        /// η₀ of all learning rates but `Optimal`.
        eta0: f64 = 0.01, above(0.0);
        /// Exponent of `InvScaling`.
        power_t: f64 = 0.5, at_least(0.0);
        /// The step from which on coefficients are averaged, and the averages used: 1 for all steps, 0 for no averages.
        average: usize = 0;
        /// Most epochs.
        max_iter: usize = 1000, at_least(1.0);
        /// What an epoch has to gain to count as progress; `None` makes `max_iter` epochs.
        tol: Option<f64> = Some(1e-3), at_least(0.0);
        /// Epochs without progress before the end.
        n_iter_no_change: usize = 5, at_least(1.0);
        /// Whether to shuffle the rows before each epoch.
        shuffle: bool = true;
        /// Seed of the shuffling.
        seed: u64 = 0;
    }
    accepts: sparse, weights;
}

/// A fitted [`SgdOneClassSvm`] that can learn more. It predicts 1 for rows that belong and −1 for others.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(bound(serialize = "F: Float", deserialize = "F: Float"))]
pub struct SgdOneClassModel<F> {
    /// xw − ρ
    model: LinearModel<F>,
    settings: SgdOneClassSvm,
    state: SgdState,
}

impl<F: Float> SgdOneClassModel<F> {
    /// Coefficients w, one per column.
    pub fn coef(&self) -> &Array1<F> {
        self.model.coef()
    }

    /// What xw has to reach, ρ.
    pub fn offset(&self) -> F {
        -self.model.intercept()
    }

    /// How the fit went.
    pub fn report(&self) -> &Report {
        self.model.report()
    }

    /// The columns the model was fitted on.
    pub fn features(&self) -> &Features {
        self.model.features()
    }

    /// xw − ρ: negative for rows that do not belong.
    ///
    /// # Errors
    /// If the columns are not those of the fit, or a value is not finite.
    pub fn decision_function<'a>(&self, x: impl Into<Records<'a, F>>) -> Result<Array1<F>>
    where
        F: 'a,
    {
        self.model.predict_records(x.into())
    }

    /// xw: the decision value before ρ is taken off.
    ///
    /// # Errors
    /// Of [`decision_function`](Self::decision_function).
    pub fn score_samples<'a>(&self, x: impl Into<Records<'a, F>>) -> Result<Array1<F>>
    where
        F: 'a,
    {
        Ok(self.decision_function(x)? + self.offset())
    }

    fn new(settings: &SgdOneClassSvm, features: Features, state: SgdState, report: Report) -> Self {
        let plan = settings.plan();
        let (coef, b) = plan.answer(&state);
        let coef = coef.iter().map(|w| F::of(*w)).collect::<Array1<F>>().insert_axis(Axis(1));
        let intercept = Array1::from_elem(1, F::of(b - 1.0));
        let model = <Array1<F> as Outputs<F>>::model(coef, intercept, features, report);
        Self { model, settings: settings.clone(), state }
    }
}

impl SgdOneClassSvm {
    fn plan(&self) -> Plan {
        Plan {
            estimator: "SgdOneClassSvm",
            loss: SgdLoss::Hinge { threshold: 1.0 },
            penalty: SgdPenalty::L2,
            alpha: self.nu,
            drift: self.nu,
            l1_ratio: 0.0,
            fit_intercept: self.fit_intercept,
            learning_rate: self.learning_rate,
            eta0: self.eta0,
            power_t: self.power_t,
            average: self.average,
            max_iter: self.max_iter,
            tol: self.tol,
            n_iter_no_change: self.n_iter_no_change,
            early_stopping: false,
            validation_fraction: 0.0,
            shuffle: self.shuffle,
            seed: self.seed,
            score: Score::Accuracy,
        }
    }

    /// The settings, checked.
    fn checked(&self) -> Result<Plan> {
        self.check()?;
        if matches!(self.learning_rate, LearningRate::Pa1 | LearningRate::Pa2) {
            let allowed = "one of the others: passive-aggressive steps know no ν";
            return Err(Error::parameter("learning_rate", format!("{:?}", self.learning_rate), allowed));
        }
        Ok(self.plan())
    }

    /// A model that has learnt nothing yet; [`PartialFit::partial_fit`] teaches it.
    ///
    /// # Errors
    /// For parameters out of range.
    pub fn begin<F: Float>(&self, features: Features) -> Result<SgdOneClassModel<F>> {
        let state = self.checked()?.begin(vec![0.0; features.count()], 1.0);
        Ok(SgdOneClassModel::new(self, features, state, Report::iterative(SOLVER, 0, true)))
    }
}

impl<F: Float> Fit<F, ()> for SgdOneClassSvm {
    type Model = SgdOneClassModel<F>;

    fn fit_samples(&self, samples: Samples<'_, F, ()>) -> Result<SgdOneClassModel<F>> {
        let (x, plan) = (samples.x, self.checked()?);
        samples.check()?;
        let (n, p) = (x.nrows(), x.ncols());
        let split = Split::new(&plan, n, samples.weights, 1, |_| 0)?;
        let run = with_rows(x, |rows| {
            learn(
                &Task { plan: &plan, x: rows, y: &vec![1.0; n], split: &split },
                plan.begin(vec![0.0; p], 1.0),
            )
        });
        let (state, run) = run.ok_or_else(|| diverged(&plan, x))?;
        Ok(SgdOneClassModel::new(self, Features::of(x), state, report(&plan, &[run])))
    }
}

impl<F: Float> PartialFit<F, ()> for SgdOneClassModel<F> {
    fn partial_fit_samples(&mut self, batch: Samples<'_, F, ()>) -> Result<()> {
        let (x, plan) = (batch.x, self.settings.plan());
        self.features().check(x)?;
        batch.check()?;
        let split = Split::batch(x.nrows(), batch.weights)?;
        let epoch = self.report().iterations;
        let state = with_rows(x, |rows| {
            let y = vec![1.0; x.nrows()];
            learn_batch(&Task { plan: &plan, x: rows, y: &y, split: &split }, &self.state, epoch)
        });
        let state = state.ok_or_else(|| diverged(&plan, x))?;
        let report = Report::iterative(SOLVER, epoch + 1, true);
        *self = Self::new(&self.settings, self.features().clone(), state, report);
        Ok(())
    }
}

/// 1 for rows on the plane and beyond, −1 for others.
fn side<F: Float>(decision: F) -> i32 {
    if decision >= F::zero() { 1 } else { -1 }
}

impl<F: Float> Predict<F> for SgdOneClassModel<F> {
    type Output = Array1<i32>;

    fn predict_records(&self, x: Records<'_, F>) -> Result<Array1<i32>> {
        Ok(self.decision_function(x)?.mapv(side))
    }
}

impl<F: Float> PredictOne<F> for SgdOneClassModel<F> {
    type One<'m> = i32;

    fn predict_one(&self, row: &[F], scratch: &mut Scratch<F>) -> Result<i32> {
        self.model.predict_one(row, scratch).map(side)
    }
}

estimand_core::persist!(SgdOneClassModel<F>, |model| {
    model.settings.checked()?;
    model.model.check_loaded()?;
    model.settings.plan().check_loaded(model.features().count(), &model.state)
});
