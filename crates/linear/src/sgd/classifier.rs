//! The classifier: two classes as one problem, more of them as one against the rest, each.

use super::learn::{Run, SOLVER, Score, Split, Task, diverged, learn, learn_batch, report, with_rows};
use super::plan::{LearningRate, Plan, SgdPenalty, plan};
use crate::scores::{LinearScores, Start};
use estimand_core::classify::fit_labels;
use estimand_core::describe::{above, at_least, between, inside};
use estimand_core::persist::check_len;
use estimand_core::{
    ClassCodes, ClassWeight, Classifier, Describe, Error, Features, FitBatches, FitClasses, Float, Label,
    LearnClasses, Probabilities, Records, Report, Result, Samples, Scores, Scratch,
};
use estimand_kernels::{self as kernels, SgdState};
use estimand_loss::{Loss, Multinomial};
use estimand_par as par;
use ndarray::{Array1, Array2, Zip};
use serde::{Deserialize, Serialize};

/// The loss of a classifier, of a score z and y = ±1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum SgdLoss {
    /// max(0, 1 − yz): a linear support vector machine.
    #[default]
    Hinge,
    /// max(0, 1 − yz)²
    SquaredHinge,
    /// max(0, 1 − yz)², and −4yz for yz < −1: bears outliers, and knows probabilities.
    ModifiedHuber,
    /// ln(1 + exp(−yz)): logistic regression, with probabilities.
    Log,
    /// max(0, −yz)
    Perceptron,
    /// ½ (z − y)²
    Squared,
    /// ½ (z − y)², linear beyond `epsilon`.
    Huber,
    /// max(0, |z − y| − `epsilon`)
    EpsilonInsensitive,
    /// max(0, |z − y| − `epsilon`)²
    SquaredEpsilonInsensitive,
}

estimand_core::params! {
    /// A linear classifier by stochastic gradient descent: by default, a support vector machine.
    ///
    /// ```
    /// use estimand_core::{Fit, FitBatches, Features, PartialFit, Predict, PredictProba};
    /// use estimand_linear::{SgdClassifier, SgdLoss};
    /// use ndarray::array;
    ///
    /// let x = array![[-1.0, -0.5], [-0.5, -1.0], [1.0, 0.5], [0.5, 1.0]];
    /// let y = ["low", "low", "high", "high"];
    /// let settings = SgdClassifier::new().loss(SgdLoss::Log);
    /// let model = settings.fit((&x, &y))?;
    /// assert_eq!(model.predict(&array![[-1.0, -1.0], [1.0, 1.0]])?.to_vec(), ["low", "high"]);
    /// assert!(model.predict_proba(&array![[1.0, 1.0]])?[[0, 0]] > 0.9_f64);
    ///
    /// // In batches: the classes first, as the first batch need not hold them all.
    /// let mut model = settings.begin::<f64, _>(["low", "high"], Features::unnamed(2))?;
    /// for _ in 0..10 {
    ///     model.partial_fit((&x, &y))?;
    /// }
    /// assert_eq!(model.predict(&array![[1.0, 1.0]])?.to_vec(), ["high"]);
    /// # Ok::<(), estimand_core::Error>(())
    /// ```
    pub struct SgdClassifier {
        /// The loss ℓ.
        loss: SgdLoss = SgdLoss::Hinge;
        /// The penalty R.
        penalty: SgdPenalty = SgdPenalty::L2;
        /// Strength α of the penalty; it also sets the length of `Optimal` steps.
        alpha: f64 = 1e-4, at_least(0.0);
        /// Share ρ of the L1 penalty in `ElasticNet`; the other penalties do without.
        l1_ratio: f64 = 0.15, between(0.0, 1.0);
        /// ε of the losses that have one.
        epsilon: f64 = 0.1, at_least(0.0);
        /// Whether to fit intercepts, which are not penalised.
        fit_intercept: bool = true;
        /// How much each class counts.
        class_weight: ClassWeight = ClassWeight::Uniform;
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
        /// Whether to keep rows back and to judge progress by the accuracy on them.
        early_stopping: bool = false;
        /// Share of the rows, of each class, to keep back.
        validation_fraction: f64 = 0.1, inside(0.0, 1.0);
        /// Whether to shuffle the rows before each epoch.
        shuffle: bool = true;
        /// Seed of the shuffling and of the rows to keep back.
        seed: u64 = 0;
    }
    accepts: sparse, weights;
}

/// A fitted linear classifier that can learn more, on class codes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(bound(serialize = "F: Float", deserialize = "F: Float"))]
pub struct SgdModel<F> {
    scores: LinearScores<F>,
    settings: SgdClassifier,
    /// One per row of coefficients.
    states: Vec<SgdState>,
    report: Report,
}

impl<F: Float> SgdModel<F> {
    /// Coefficients: one row for two classes, else one per class.
    pub fn coef(&self) -> &Array2<F> {
        self.scores.coef()
    }

    /// Intercepts, one per row of coefficients; 0 where none was fitted.
    pub fn intercept(&self) -> &Array1<F> {
        self.scores.intercept()
    }

    /// How the fit went: epochs, batches among them, of the class that took most; the objective is (1) as it was met during
    /// the last epoch, summed over the classes, where `tol` asked for it.
    pub fn report(&self) -> &Report {
        &self.report
    }

    /// The columns the model was fitted on.
    pub fn features(&self) -> &Features {
        self.scores.features()
    }

    fn new(settings: &SgdClassifier, features: Features, states: Vec<SgdState>, report: Report) -> Self {
        let plan = settings.plan();
        let mut coef = Array2::zeros((states.len(), features.count()));
        for (mut row, state) in coef.rows_mut().into_iter().zip(&states) {
            row.iter_mut().zip(plan.answer(state).0).for_each(|(coef, w)| *coef = F::of(*w));
        }
        let intercept = states.iter().map(|state| F::of(plan.answer(state).1)).collect();
        let scores = LinearScores::new(coef, intercept, features);
        Self { scores, settings: settings.clone(), states, report }
    }
}

/// Number of problems for `k` classes.
fn problems(k: usize) -> usize {
    if k == 2 { 1 } else { k }
}

/// Targets ±1 of problem `c` of `k` classes.
fn signs(codes: ndarray::ArrayView1<'_, u32>, k: usize, c: usize) -> Vec<f64> {
    let positive = if k == 2 { 1 } else { c as u32 };
    codes.iter().map(|code| if *code == positive { 1.0 } else { -1.0 }).collect()
}

impl SgdClassifier {
    pub(super) fn plan(&self) -> Plan {
        use estimand_kernels::SgdLoss as Kernel;
        let epsilon = self.epsilon;
        let loss = match self.loss {
            SgdLoss::Hinge => Kernel::Hinge { threshold: 1.0 },
            SgdLoss::SquaredHinge => Kernel::SquaredHinge,
            SgdLoss::ModifiedHuber => Kernel::ModifiedHuber,
            SgdLoss::Log => Kernel::Log,
            SgdLoss::Perceptron => Kernel::Hinge { threshold: 0.0 },
            SgdLoss::Squared => Kernel::Squared,
            SgdLoss::Huber => Kernel::Huber { epsilon },
            SgdLoss::EpsilonInsensitive => Kernel::EpsilonInsensitive { epsilon },
            SgdLoss::SquaredEpsilonInsensitive => Kernel::SquaredEpsilonInsensitive { epsilon },
        };
        plan!(self, "SgdClassifier", loss, Score::Accuracy)
    }

    /// Fits with the coefficients of a model as the first ones, instead of zeros; steps are counted from the first again.
    ///
    /// # Errors
    /// Of `fit`; and if the classes or the columns are not those of the model.
    pub fn fit_from<'a, F: Float, L: Label>(
        &self,
        start: &Classifier<SgdModel<F>, L>,
        samples: impl Into<Samples<'a, F, Array1<L>>>,
    ) -> Result<Classifier<SgdModel<F>, L>> {
        let samples = samples.into();
        start.features().check(samples.x)?;
        let from = (start.coef().mapv(F::f64), start.intercept().mapv(F::f64));
        fit_labels(self, samples, |samples, classes| {
            start.check_classes(classes)?;
            self.fit_codes(samples, Some(&from))
        })
    }

    fn fit_codes<F: Float>(
        &self,
        samples: Samples<'_, F, ClassCodes>,
        start: Option<&Start>,
    ) -> Result<SgdModel<F>> {
        let (Samples { x, y, weights, .. }, plan) = (samples, self.plan());
        plan.check()?;
        let split = Split::new(&plan, x.nrows(), weights, y.k, |row| y.y[row as usize] as usize)?;
        let runs = with_rows(x, |rows| {
            par::try_map(problems(y.k), |c| {
                let state = match start {
                    Some((coef, intercept)) => plan.begin(coef.row(c).to_vec(), intercept[c]),
                    None => plan.begin(vec![0.0; x.ncols()], 0.0),
                };
                let y = signs(y.y, y.k, c);
                learn(&Task { plan: &plan, x: rows, y: &y, split: &split }, state).ok_or(())
            })
        });
        let runs = runs.map_err(|()| diverged(&plan, x))?;
        let (states, runs): (Vec<SgdState>, Vec<Run>) = runs.into_iter().unzip();
        Ok(SgdModel::new(self, Features::of(x), states, report(&plan, &runs)))
    }
}

impl FitClasses for SgdClassifier {
    type Model<F: Float> = SgdModel<F>;

    fn fit_classes<F: Float>(&self, samples: Samples<'_, F, ClassCodes>) -> Result<SgdModel<F>> {
        self.fit_codes(samples, None)
    }

    fn class_weight(&self) -> &ClassWeight {
        &self.class_weight
    }
}

impl FitBatches for SgdClassifier {
    /// # Errors
    /// With early stopping, which is for whole training sets.
    fn begin_classes<F: Float>(&self, k: usize, features: Features) -> Result<SgdModel<F>> {
        let plan = self.plan();
        plan.check()?;
        if self.early_stopping {
            return Err(Error::unsupported(
                self.name(),
                "early stopping in batches; judge the model between them",
            ));
        }
        let states = vec![plan.begin(vec![0.0; features.count()], 0.0); problems(k)];
        Ok(SgdModel::new(self, features, states, Report::iterative(SOLVER, 0, true)))
    }
}

impl<F: Float> LearnClasses<F> for SgdModel<F> {
    fn learn_classes(&mut self, batch: Samples<'_, F, ClassCodes>) -> Result<()> {
        let (Samples { x, y, weights, .. }, plan) = (batch, self.settings.plan());
        self.features().check(x)?;
        let split = Split::batch(x.nrows(), weights)?;
        let epoch = self.report.iterations;
        let states = with_rows(x, |rows| {
            par::try_map(self.states.len(), |c| {
                let y = signs(y.y, y.k, c);
                learn_batch(&Task { plan: &plan, x: rows, y: &y, split: &split }, &self.states[c], epoch)
                    .ok_or(())
            })
        });
        let states = states.map_err(|()| diverged(&plan, x))?;
        let report = Report::iterative(SOLVER, self.report.iterations + 1, true);
        *self = Self::new(&self.settings, self.features().clone(), states, report);
        Ok(())
    }

    fn class_weight(&self) -> &ClassWeight {
        &self.settings.class_weight
    }
}

impl<F: Float> Scores<F> for SgdModel<F> {
    fn scores(&self, x: Records<'_, F>) -> Result<Array2<F>> {
        self.scores.scores(x)
    }

    fn scores_one(&self, row: &[F], out: &mut Vec<F>, scratch: &mut Scratch<F>) -> Result<()> {
        self.scores.scores_one(row, out, scratch)
    }
}

impl<F: Float> Probabilities<F> for SgdModel<F> {
    /// Of `Log`, σ(z) of each class; of `ModifiedHuber`, (clip(z, −1, 1) + 1) / 2; for three classes and more, divided by
    /// their sum \[ZadroznyElkan02\].
    ///
    /// # Errors
    /// For the other losses, whose scores tell no probabilities.
    fn probabilities(&self, x: Records<'_, F>) -> Result<Array2<F>> {
        let z = self.scores.scores(x)?;
        match self.settings.loss {
            SgdLoss::Log => Ok(of_odds(z)),
            SgdLoss::ModifiedHuber => Ok(of_clipped(&z)),
            other => {
                let what = format!("probabilities with the loss `{other:?}`; take `Log` or `ModifiedHuber`");
                Err(Error::unsupported("SgdClassifier", what))
            }
        }
    }
}

/// (P(first), P(second)) for z and −z
fn both<F: Float>(z: &Array2<F>) -> Array2<F> {
    Array2::from_shape_fn((z.nrows(), 2), |(i, c)| if c == 0 { -z[[i, 0]] } else { z[[i, 0]] })
}

/// σ(zⱼ) / Σ σ(zₖ), by way of ln σ(z) = −ln(1 + e⁻ᶻ), which does not vanish where all σ do.
fn of_odds<F: Float>(mut z: Array2<F>) -> Array2<F> {
    if z.ncols() == 1 {
        let mut both = both(&z);
        both.as_slice_mut().map(|z| Loss::Binomial.mean(z)).unwrap_or_default();
        return both;
    }
    let classes = z.ncols();
    if let Some(z) = z.as_slice_mut() {
        z.iter_mut().for_each(|z| *z = -*z);
        kernels::log1p_exp(z);
        z.iter_mut().for_each(|z| *z = -*z);
        Multinomial { classes }.mean(z);
    }
    z
}

/// The clipped scores; all classes alike where all are at −1 or below.
fn of_clipped<F: Float>(z: &Array2<F>) -> Array2<F> {
    let one = F::one();
    let share = |z: F| (z.max(-one).min(one) + one) / (one + one);
    if z.ncols() == 1 {
        return both(z).mapv(share);
    }
    let mut shares = z.mapv(share);
    for mut row in shares.rows_mut() {
        let sum = row.sum();
        let even = one / F::of(row.len() as f64);
        Zip::from(&mut row).for_each(|p| *p = if sum > F::zero() { *p / sum } else { even });
    }
    shares
}

estimand_core::persist!(
    SgdModel<F>,
    |model| {
        model.settings.check()?;
        model.scores.check_loaded()?;
        check_len("states", model.intercept().len(), model.states.len())?;
        let plan = model.settings.plan();
        model.states.iter().try_for_each(|state| plan.check_loaded(model.features().count(), state))
    },
    |model, k| model.scores.check_classes(k)
);
