//! The regressor.

use super::learn::{SOLVER, Score, Split, Task, diverged, learn, learn_batch, report, with_rows};
use super::plan::{LearningRate, Plan, SgdPenalty, plan};
use crate::model::{LinearModel, Outputs, delegate};
use estimand_core::describe::{above, at_least, between, inside};
use estimand_core::samples::check_finite_target;
use estimand_core::{Describe, Error, Features, Fit, Float, PartialFit, Report, Result, Samples};
use estimand_kernels::SgdState;
use ndarray::{Array1, ArrayView1, Axis};
use serde::{Deserialize, Serialize};

/// The loss of a regressor, of a prediction z.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum SgdRegressorLoss {
    /// ½ (z − y)²: least squares.
    #[default]
    Squared,
    /// ½ (z − y)², linear beyond `epsilon`: bears outliers.
    Huber,
    /// max(0, |z − y| − `epsilon`): linear support vector regression.
    EpsilonInsensitive,
    /// max(0, |z − y| − `epsilon`)²
    SquaredEpsilonInsensitive,
}

estimand_core::params! {
    /// A linear regressor by stochastic gradient descent: by default, ridge regression.
    ///
    /// ```
    /// use estimand_core::{Features, Fit, PartialFit, Predict};
    /// use estimand_linear::SgdRegressor;
    /// use ndarray::array;
    ///
    /// let x = array![[-1.5], [-0.5], [0.5], [1.5]];
    /// let y = array![-2.0, 0.0, 2.0, 4.0];
    /// let settings = SgdRegressor::new().alpha(0.0).tol(Some(1e-9));
    /// let model = settings.fit((&x, &y))?;
    /// assert!((model.predict(&array![[2.5]])?[0] - 6.0_f64).abs() < 0.01);
    ///
    /// let mut model = settings.begin::<f64>(Features::unnamed(1))?;
    /// for _ in 0..3000 {
    ///     model.partial_fit((&x, &y))?;
    /// }
    /// assert!((model.intercept() - 1.0).abs() < 0.01);
    /// # Ok::<(), estimand_core::Error>(())
    /// ```
    pub struct SgdRegressor {
        /// The loss ℓ.
        loss: SgdRegressorLoss = SgdRegressorLoss::Squared;
        /// The penalty R.
        penalty: SgdPenalty = SgdPenalty::L2;
        /// Strength α of the penalty; it also sets the length of `Optimal` steps.
        alpha: f64 = 1e-4, at_least(0.0);
        /// Share ρ of the L1 penalty in `ElasticNet`; the other penalties do without.
        l1_ratio: f64 = 0.15, between(0.0, 1.0);
        /// ε of the losses that have one.
        epsilon: f64 = 0.1, at_least(0.0);
        /// Whether to fit an intercept, which is not penalised.
        fit_intercept: bool = true;
        /// How long a step is.
        learning_rate: LearningRate = LearningRate::InvScaling;
        /// η₀ of all learning rates but `Optimal`.
        eta0: f64 = 0.01, above(0.0);
        /// Exponent of `InvScaling`.
        power_t: f64 = 0.25, at_least(0.0);
        /// The step from which on coefficients are averaged, and the averages used: 1 for all steps, 0 for no averages.
        average: usize = 0;
        /// Most epochs.
        max_iter: usize = 1000, at_least(1.0);
        /// What an epoch has to gain to count as progress; `None` makes `max_iter` epochs.
        tol: Option<f64> = Some(1e-3), at_least(0.0);
        /// Epochs without progress before the end.
        n_iter_no_change: usize = 5, at_least(1.0);
        /// Whether to keep rows back and to judge progress by R² on them.
        early_stopping: bool = false;
        /// Share of the rows to keep back.
        validation_fraction: f64 = 0.1, inside(0.0, 1.0);
        /// Whether to shuffle the rows before each epoch.
        shuffle: bool = true;
        /// Seed of the shuffling and of the rows to keep back.
        seed: u64 = 0;
    }
    accepts: sparse, weights;
}

/// A fitted linear regressor that can learn more; for the rest, a [`LinearModel`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(bound(serialize = "F: Float", deserialize = "F: Float"))]
pub struct SgdRegressorModel<F> {
    model: LinearModel<F>,
    settings: SgdRegressor,
    state: SgdState,
}

impl<F: Float> SgdRegressorModel<F> {
    fn new(settings: &SgdRegressor, features: Features, state: SgdState, report: Report) -> Self {
        let plan = settings.plan();
        let (coef, intercept) = plan.answer(&state);
        let coef = coef.iter().map(|w| F::of(*w)).collect::<Array1<F>>().insert_axis(Axis(1));
        let intercept = Array1::from_elem(1, F::of(intercept));
        let model = <Array1<F> as Outputs<F>>::model(coef, intercept, features, report);
        Self { model, settings: settings.clone(), state }
    }
}

impl SgdRegressor {
    fn plan(&self) -> Plan {
        use estimand_kernels::SgdLoss as Kernel;
        let epsilon = self.epsilon;
        let loss = match self.loss {
            SgdRegressorLoss::Squared => Kernel::Squared,
            SgdRegressorLoss::Huber => Kernel::Huber { epsilon },
            SgdRegressorLoss::EpsilonInsensitive => Kernel::EpsilonInsensitive { epsilon },
            SgdRegressorLoss::SquaredEpsilonInsensitive => Kernel::SquaredEpsilonInsensitive { epsilon },
        };
        plan!(self, "SgdRegressor", loss, Score::RSquared)
    }

    fn fit_state<F: Float>(
        &self,
        samples: Samples<'_, F, Array1<F>>,
        coef: Vec<f64>,
        intercept: f64,
    ) -> Result<SgdRegressorModel<F>> {
        let (x, plan) = (samples.x, self.plan());
        self.check()?;
        plan.check()?;
        let (y, split) = checked(&samples, |n| Split::new(&plan, n, samples.weights, 1, |_| 0))?;
        let run = with_rows(x, |rows| {
            learn(&Task { plan: &plan, x: rows, y: &y, split: &split }, plan.begin(coef, intercept))
        });
        let (state, run) = run.ok_or_else(|| diverged(&plan, x))?;
        Ok(SgdRegressorModel::new(self, Features::of(x), state, report(&plan, &[run])))
    }

    /// A model that has learnt nothing yet; [`PartialFit::partial_fit`] teaches it.
    ///
    /// # Errors
    /// For parameters out of range, and with early stopping, which is for whole training sets.
    pub fn begin<F: Float>(&self, features: Features) -> Result<SgdRegressorModel<F>> {
        let plan = self.plan();
        self.check()?;
        plan.check()?;
        if self.early_stopping {
            return Err(Error::unsupported(
                self.name(),
                "early stopping in batches; judge the model between them",
            ));
        }
        let state = plan.begin(vec![0.0; features.count()], 0.0);
        Ok(SgdRegressorModel::new(self, features, state, Report::iterative(SOLVER, 0, true)))
    }

    /// Fits with the coefficients of a model as the first ones, instead of zeros; steps are counted from the first again.
    ///
    /// # Errors
    /// Of `fit`; and if the columns are not those of the model.
    pub fn fit_from<'a, F: Float>(
        &self,
        start: &SgdRegressorModel<F>,
        samples: impl Into<Samples<'a, F, Array1<F>>>,
    ) -> Result<SgdRegressorModel<F>> {
        let samples = samples.into();
        start.features().check(samples.x)?;
        self.fit_state(samples, start.coef().iter().map(|w| w.f64()).collect(), start.intercept().f64())
    }
}

/// Targets as the kernel reads them, and the rows to learn from.
fn checked<F: Float>(
    samples: &Samples<'_, F, Array1<F>>,
    split: impl FnOnce(usize) -> Result<Split>,
) -> Result<(Vec<f64>, Split)> {
    samples.check()?;
    let y: ArrayView1<'_, F> = samples.y;
    check_finite_target(y.insert_axis(Axis(1)))?;
    Ok((y.iter().map(|y| y.f64()).collect(), split(samples.nrows())?))
}

impl<F: Float> Fit<F, Array1<F>> for SgdRegressor {
    type Model = SgdRegressorModel<F>;

    fn fit_samples(&self, samples: Samples<'_, F, Array1<F>>) -> Result<SgdRegressorModel<F>> {
        self.fit_state(samples, vec![0.0; samples.x.ncols()], 0.0)
    }
}

impl<F: Float> PartialFit<F, Array1<F>> for SgdRegressorModel<F> {
    fn partial_fit_samples(&mut self, batch: Samples<'_, F, Array1<F>>) -> Result<()> {
        let (x, plan) = (batch.x, self.settings.plan());
        self.features().check(x)?;
        let (y, split) = checked(&batch, |n| Split::batch(n, batch.weights))?;
        let epoch = self.report().iterations;
        let state = with_rows(x, |rows| {
            learn_batch(&Task { plan: &plan, x: rows, y: &y, split: &split }, &self.state, epoch)
        });
        let state = state.ok_or_else(|| diverged(&plan, x))?;
        let report = Report::iterative(SOLVER, epoch + 1, true);
        *self = Self::new(&self.settings, self.features().clone(), state, report);
        Ok(())
    }
}

delegate!(SgdRegressorModel<F> to LinearModel<F>);
estimand_core::persist!(SgdRegressorModel<F>, |model| {
    model.settings.check()?;
    model.model.check_loaded()?;
    model.settings.plan().check_loaded(model.features().count(), &model.state)
});
