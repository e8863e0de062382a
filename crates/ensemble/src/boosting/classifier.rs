//! Classes.

use super::History;
use super::fit::{Extras, Target, fit};
use super::objective::Objective;
use super::settings::boosting_params;
use super::trees::{Trees, check_records, check_row};
use super::watch::Watch;
use estimand_core::labels::{encode, encode_known};
use estimand_core::persist::check_len;
use estimand_core::{
    Capabilities, ClassCodes, ClassWeight, Classifier, Describe, Error, Features, Fit, FitClasses, Float,
    Label, Parameter, Probabilities, Records, Report, Result, Samples, Scores, Scratch,
};
use estimand_grow::{Importance, Tree};
use estimand_loss::{Loss, Multinomial};
use ndarray::{Array1, Array2, Array3, Array4, ArrayView1, Axis};
use serde::{Deserialize, Serialize};
use std::marker::PhantomData;
use std::sync::{Mutex, PoisonError};

boosting_params! {
    /// Gradient boosting on histograms, for classes: of two, one tree a round, of more, one for each class; see
    /// [the module](crate::boosting).
    ///
    /// ```
    /// use estimand_core::{Fit, Predict, PredictProba};
    /// use estimand_ensemble::HistGradientBoostingClassifier;
    /// use ndarray::{Array1, Array2};
    ///
    /// let x = Array2::from_shape_fn((300, 1), |(i, _)| i as f64);
    /// let y: Array1<&str> = (0..300).map(|i| ["low", "middle", "high"][i / 100]).collect();
    /// let model = HistGradientBoostingClassifier::new().fit((&x, &y))?;
    /// assert_eq!(model.predict(&x)?, y);
    /// assert!(model.predict_proba(&x)?[[0, 1]] > 0.99); // classes are sorted: high, low, middle
    /// # Ok::<(), estimand_core::Error>(())
    /// ```
    pub struct HistGradientBoostingClassifier {
        /// How much each class counts.
        class_weight: ClassWeight = ClassWeight::Uniform;
    }
}

/// A fitted [`HistGradientBoostingClassifier`], which knows class codes only.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(bound(serialize = "F: Float", deserialize = "F: Float"))]
pub struct HistGradientBoostingClassifierModel<F> {
    features: Features,
    trees: Trees,
    history: History,
    report: Report,
    scalar: PhantomData<F>,
}

impl<F: Float> HistGradientBoostingClassifierModel<F> {
    /// The trees, round after round: one a round for two classes, else one for each class.
    pub fn trees(&self) -> &[Tree] {
        &self.trees.trees
    }

    /// The constants that the trees are added to.
    pub fn constants(&self) -> &[f64] {
        &self.trees.constants
    }

    /// Mean losses by round.
    pub fn history(&self) -> &History {
        &self.history
    }

    /// How much each column matters, as shares of 1; all zero for a model without a split.
    pub fn feature_importances(&self, kind: Importance) -> Array1<f64> {
        kind.shares(self.trees(), self.features.count()).into()
    }

    /// Class probabilities after each round, the first round's first.
    ///
    /// # Errors
    /// Of [`probabilities`](Probabilities::probabilities).
    pub fn staged_probabilities<'a>(
        &'a self,
        x: impl Into<Records<'a, F>>,
    ) -> Result<impl Iterator<Item = Array2<F>> + 'a> {
        let x = x.into();
        check_records(&self.features, x)?;
        Ok(self.trees.staged(x).map(|raw| self.objective().means(raw).mapv(F::of)))
    }

    /// What each column adds to each row's decision values, n × outputs × p: Shapley values. With
    /// [`shap_base`](Self::shap_base) they add up to the decision values.
    ///
    /// # Errors
    /// Of [`probabilities`](Probabilities::probabilities).
    pub fn shap_values<'a>(&self, x: impl Into<Records<'a, F>>) -> Result<Array3<f64>>
    where
        F: 'a,
    {
        let x = x.into();
        check_records(&self.features, x)?;
        Ok(self.trees.shap(x))
    }

    /// What each pair of columns adds, n × outputs × p × p.
    ///
    /// # Errors
    /// Of [`probabilities`](Probabilities::probabilities).
    pub fn shap_interactions<'a>(&self, x: impl Into<Records<'a, F>>) -> Result<Array4<f64>>
    where
        F: 'a,
    {
        let x = x.into();
        check_records(&self.features, x)?;
        Ok(self.trees.shap_interactions(x))
    }

    /// The decision values of a row that nothing is known of, one for each output.
    pub fn shap_base(&self) -> Vec<f64> {
        self.trees.expected()
    }

    fn objective(&self) -> Objective {
        match self.trees.outputs() {
            1 => Objective::Scalar(Loss::Binomial),
            classes => Objective::Multinomial(Multinomial { classes }),
        }
    }

    /// How the fit went.
    pub fn report(&self) -> &Report {
        &self.report
    }

    /// The columns the model was fitted on.
    pub fn features(&self) -> &Features {
        &self.features
    }

    /// Raw predictions.
    fn raw(&self, x: Records<'_, F>) -> Result<Array2<f64>> {
        check_records(&self.features, x)?;
        Ok(self.trees.raw(x, usize::MAX))
    }
}

impl HistGradientBoostingClassifier {
    /// Like [`fit`](estimand_core::Fit::fit), going on from a model: until there are `max_iter` rounds, its own included.
    ///
    /// # Errors
    /// Of [`fit`](estimand_core::Fit::fit); for a model of other columns or classes, or of as many rounds already.
    pub fn fit_from<'a, F, L: Label>(
        &self,
        start: &Classifier<HistGradientBoostingClassifierModel<F>, L>,
        samples: impl Into<Samples<'a, F, Array1<L>>>,
    ) -> Result<Classifier<HistGradientBoostingClassifierModel<F>, L>>
    where
        F: Float + 'a,
    {
        let samples = samples.into();
        start.features().check(samples.x)?;
        let extras = Extras { start: Some(&start.model().trees), ..Extras::default() };
        self.fit_with(samples, start.classes(), extras)
    }

    /// Like [`fit`](estimand_core::Fit::fit), watched. Class weights do not count for the validation rows.
    ///
    /// # Errors
    /// Of [`fit`](estimand_core::Fit::fit), also for the validation rows; for labels that only these have; those of the
    /// score; and for a score without such rows.
    pub fn fit_watched<'a, F, L: Label>(
        &self,
        samples: impl Into<Samples<'a, F, Array1<L>>>,
        watch: Watch<'_, F, Array1<L>>,
    ) -> Result<Classifier<HistGradientBoostingClassifierModel<F>, L>>
    where
        F: Float + 'a,
    {
        let samples = samples.into();
        samples.check()?;
        if let Some(validation) = &watch.validation {
            Features::of(samples.x).check(validation.x)?;
        }
        let weighs = |i: &usize| samples.weights.is_none_or(|w| w[*i] > F::zero());
        let rows: Vec<usize> = (0..samples.nrows()).filter(weighs).collect();
        let (classes, _) = encode(samples.y.select(Axis(0), &rows).view());
        let extras = watch.extras(|y| Ok(target(encode_known(y, &classes)?.view(), classes.len())))?;
        self.fit_with(samples, &classes, extras)
    }

    fn fit_with<F: Float, L: Label>(
        &self,
        samples: Samples<'_, F, Array1<L>>,
        classes: &[L],
        extras: Extras<'_>,
    ) -> Result<Classifier<HistGradientBoostingClassifierModel<F>, L>> {
        let with = With { settings: self, classes: classes.len(), extras: Mutex::new(extras) };
        let model = with.fit_samples(samples)?;
        if model.classes() == classes {
            return Ok(model);
        }
        Err(Error::target("the classes are not those of the model to go on from"))
    }

    fn fit_codes<F: Float>(
        &self,
        samples: Samples<'_, F, ClassCodes>,
        extras: &mut Extras<'_>,
    ) -> Result<HistGradientBoostingClassifierModel<F>> {
        let (codes, k) = (samples.y.y, samples.y.k);
        let objective = match k {
            2 => Objective::Scalar(Loss::Binomial),
            classes => Objective::Multinomial(Multinomial { classes }),
        };
        let (y, rest) = (target(codes, k), samples.without_y());
        let fitted = fit(&self.common(), &objective, rest, y, Some(codes), extras)?;
        Ok(HistGradientBoostingClassifierModel {
            features: Features::of(samples.x),
            trees: fitted.trees,
            history: fitted.history,
            report: fitted.report,
            scalar: PhantomData,
        })
    }
}

/// Of two classes, 0 and 1 as numbers.
fn target(codes: ArrayView1<'_, u32>, k: usize) -> Target {
    match k {
        2 => Target::Numbers(codes.iter().map(|c| f64::from(*c)).collect()),
        _ => Target::Codes(codes.to_vec()),
    }
}

impl FitClasses for HistGradientBoostingClassifier {
    type Model<F: Float> = HistGradientBoostingClassifierModel<F>;

    fn fit_classes<F: Float>(&self, samples: Samples<'_, F, ClassCodes>) -> Result<Self::Model<F>> {
        self.fit_codes(samples, &mut Extras::default())
    }

    fn class_weight(&self) -> &ClassWeight {
        &self.class_weight
    }
}

/// Settings with what a fit is given beside them.
struct With<'a> {
    settings: &'a HistGradientBoostingClassifier,
    /// Classes that the extras know.
    classes: usize,
    extras: Mutex<Extras<'a>>,
}

impl Describe for With<'_> {
    fn name(&self) -> String {
        self.settings.name()
    }
    fn parameters(&self) -> Vec<Parameter> {
        self.settings.parameters()
    }
    fn check(&self) -> Result<()> {
        self.settings.check()
    }
    fn capabilities(&self) -> Capabilities {
        self.settings.capabilities()
    }
}

impl FitClasses for With<'_> {
    type Model<F: Float> = HistGradientBoostingClassifierModel<F>;

    fn fit_classes<F: Float>(&self, samples: Samples<'_, F, ClassCodes>) -> Result<Self::Model<F>> {
        if samples.y.k != self.classes {
            return Err(Error::target("the classes are not those of the model to go on from"));
        }
        let mut extras = self.extras.lock().unwrap_or_else(PoisonError::into_inner);
        self.settings.fit_codes(samples, &mut extras)
    }

    fn class_weight(&self) -> &ClassWeight {
        &self.settings.class_weight
    }
}

impl<F: Float> Scores<F> for HistGradientBoostingClassifierModel<F> {
    fn scores(&self, x: Records<'_, F>) -> Result<Array2<F>> {
        Ok(self.raw(x)?.mapv(F::of))
    }

    fn scores_one(&self, row: &[F], out: &mut Vec<F>, _: &mut Scratch<F>) -> Result<()> {
        check_row(&self.features, row)?;
        let k = self.trees.outputs();
        out.clear();
        for output in 0..k {
            out.push(F::of(self.trees.raw_output(row, output)));
        }
        Ok(())
    }
}

impl<F: Float> Probabilities<F> for HistGradientBoostingClassifierModel<F> {
    fn probabilities(&self, x: Records<'_, F>) -> Result<Array2<F>> {
        Ok(self.objective().means(self.raw(x)?.into_raw_vec_and_offset().0).mapv(F::of))
    }
}

estimand_core::persist!(
    HistGradientBoostingClassifierModel<F>,
    |model| {
        model.features.check_loaded()?;
        model.trees.check_loaded(model.features.count())
    },
    |model, k| check_len("constants", if k == 2 { 1 } else { k }, model.trees.outputs())
);
