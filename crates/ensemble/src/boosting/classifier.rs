//! Classes.

use super::History;
use super::fit::{Extras, Fitted, HoldOut, Target, fit};
use super::objective::Objective;
use super::settings::boosting_params;
use super::trees::{Trees, check_records, check_row};
use super::watch::Watch;
use crate::formats;
use estimand_core::classify::fit_labels;
use estimand_core::labels::encode_known;
use estimand_core::persist::check_len;
use estimand_core::{
    ClassCodes, ClassWeight, Classifier, Error, Features, FitClasses, Float, Label, Probabilities, Records,
    Report, Result, Samples, Scores, Scratch,
};
use estimand_grow::{Importance, Tree};
use estimand_loss::{Loss, Multinomial};
use ndarray::{Array1, Array2, Array3, Array4, ArrayView1};
use serde::{Deserialize, Serialize};
use std::marker::PhantomData;

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

/// Trees that boosting has fitted to classes, on histograms or exactly, or that another library has. Knows class codes only.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(bound(serialize = "F: Float", deserialize = "F: Float"))]
pub struct ClassBooster<F> {
    features: Features,
    trees: Trees,
    history: History,
    report: Report,
    scalar: PhantomData<F>,
}

impl<F: Float> ClassBooster<F> {
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

    /// The model as text that LightGBM loads, for class codes 0, 1, …. Missing values and categories not met in training go
    /// where they go here, but that LightGBM sends missing categories to the right.
    pub fn to_lightgbm(&self) -> String {
        let task = if self.trees.outputs() == 1 { formats::Task::Binary } else { formats::Task::Multiclass };
        formats::write_lightgbm(&self.features, &self.trees, &task)
    }

    /// A model that another library fitted.
    pub(crate) fn imported(features: Features, trees: Trees) -> Self {
        let rounds = trees.trees.len() / trees.outputs().max(1);
        let report = Report::iterative("another library's", rounds, true);
        Self { features, trees, history: History::default(), report, scalar: PhantomData }
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

/// Settings that classes are boosted by.
pub(crate) trait BoostClasses: FitClasses {
    fn boost<F: Float>(
        &self,
        objective: &Objective,
        samples: Samples<'_, F, ClassCodes>,
        extras: &mut Extras<'_>,
    ) -> Result<Fitted>;

    /// The loss, for two classes.
    fn two_classes(&self) -> Loss {
        Loss::Binomial
    }
}

impl BoostClasses for HistGradientBoostingClassifier {
    fn boost<F: Float>(
        &self,
        objective: &Objective,
        samples: Samples<'_, F, ClassCodes>,
        extras: &mut Extras<'_>,
    ) -> Result<Fitted> {
        let (y, rest) = (target(samples.y.y, samples.y.k), samples.without_y());
        fit(&self.common(), objective, rest, y, HoldOut::Classes(samples.y.y), extras)
    }
}

pub(crate) fn fit_codes<F: Float>(
    settings: &impl BoostClasses,
    samples: Samples<'_, F, ClassCodes>,
    extras: &mut Extras<'_>,
) -> Result<ClassBooster<F>> {
    let objective = match samples.y.k {
        2 => Objective::Scalar(settings.two_classes()),
        _ if settings.two_classes() != Loss::Binomial => {
            return Err(Error::unsupported(settings.name(), "this loss for more than two classes"));
        }
        classes => Objective::Multinomial(Multinomial { classes }),
    };
    let Fitted { trees, history, report } = settings.boost(&objective, samples, extras)?;
    Ok(ClassBooster { features: Features::of(samples.x), trees, history, report, scalar: PhantomData })
}

pub(crate) fn fit_from<F: Float, L: Label>(
    settings: &impl BoostClasses,
    start: &Classifier<ClassBooster<F>, L>,
    samples: Samples<'_, F, Array1<L>>,
) -> Result<Classifier<ClassBooster<F>, L>> {
    start.features().check(samples.x)?;
    fit_labels(settings, samples, |samples, classes| {
        start.check_classes(classes)?;
        fit_codes(settings, samples, &mut Extras { start: Some(&start.model().trees), ..Extras::default() })
    })
}

pub(crate) fn fit_watched<F: Float, L: Label>(
    settings: &impl BoostClasses,
    samples: Samples<'_, F, Array1<L>>,
    watch: Watch<'_, F, Array1<L>>,
) -> Result<Classifier<ClassBooster<F>, L>> {
    samples.check()?;
    if let Some(validation) = &watch.validation {
        Features::of(samples.x).check(validation.x)?;
    }
    fit_labels(settings, samples, |samples, classes| {
        let mut extras = watch.extras(|validation| {
            let codes = encode_known(validation.y, classes)?;
            Ok(target(codes.view(), classes.len()))
        })?;
        fit_codes(settings, samples, &mut extras)
    })
}

/// The ways to fit settings that are [`BoostClasses`].
macro_rules! fits_of_classes {
    ($name:ident) => {
        impl $name {
            /// Like [`fit`](estimand_core::Fit::fit), going on from a model: until there are `max_iter` rounds, its own
            /// included.
            ///
            /// # Errors
            /// Of [`fit`](estimand_core::Fit::fit); for a model of other columns or classes, or of as many rounds already.
            pub fn fit_from<'a, F, L: estimand_core::Label>(
                &self,
                start: &estimand_core::Classifier<$crate::boosting::ClassBooster<F>, L>,
                samples: impl Into<estimand_core::Samples<'a, F, ndarray::Array1<L>>>,
            ) -> estimand_core::Result<estimand_core::Classifier<$crate::boosting::ClassBooster<F>, L>>
            where
                F: estimand_core::Float + 'a,
            {
                $crate::boosting::classifier::fit_from(self, start, samples.into())
            }

            /// Like [`fit`](estimand_core::Fit::fit), watched. Class weights do not count for the validation rows.
            ///
            /// # Errors
            /// Of [`fit`](estimand_core::Fit::fit), also for the validation rows; for labels that only these have; those
            /// of the score; and for a score without such rows.
            pub fn fit_watched<'a, F, L: estimand_core::Label>(
                &self,
                samples: impl Into<estimand_core::Samples<'a, F, ndarray::Array1<L>>>,
                watch: $crate::boosting::Watch<'_, F, ndarray::Array1<L>>,
            ) -> estimand_core::Result<estimand_core::Classifier<$crate::boosting::ClassBooster<F>, L>>
            where
                F: estimand_core::Float + 'a,
            {
                $crate::boosting::classifier::fit_watched(self, samples.into(), watch)
            }
        }

        impl estimand_core::FitClasses for $name {
            type Model<F: estimand_core::Float> = $crate::boosting::ClassBooster<F>;

            fn fit_classes<F: estimand_core::Float>(
                &self,
                samples: estimand_core::Samples<'_, F, estimand_core::ClassCodes>,
            ) -> estimand_core::Result<Self::Model<F>> {
                let mut extras = $crate::boosting::fit::Extras::default();
                $crate::boosting::classifier::fit_codes(self, samples, &mut extras)
            }

            fn class_weight(&self) -> &estimand_core::ClassWeight {
                &self.class_weight
            }
        }
    };
}
pub(crate) use fits_of_classes;

fits_of_classes!(HistGradientBoostingClassifier);

/// Of two classes, 0 and 1 as numbers.
pub(crate) fn target(codes: ArrayView1<'_, u32>, k: usize) -> Target {
    match k {
        2 => Target::Numbers(codes.iter().map(|c| f64::from(*c)).collect()),
        _ => Target::Codes(codes.to_vec()),
    }
}

impl<F: Float> Scores<F> for ClassBooster<F> {
    fn scores(&self, x: Records<'_, F>) -> Result<Array2<F>> {
        Ok(self.raw(x)?.mapv(F::of))
    }

    fn scores_one(&self, row: &[F], out: &mut Vec<F>, scratch: &mut Scratch<F>) -> Result<()> {
        check_row(&self.features, row)?;
        let mut raw = scratch.take_wide();
        self.trees.raw_row(row, &mut raw);
        out.clear();
        out.extend(raw.iter().map(|raw| F::of(*raw)));
        scratch.give_wide(raw);
        Ok(())
    }
}

impl<F: Float> Probabilities<F> for ClassBooster<F> {
    fn probabilities(&self, x: Records<'_, F>) -> Result<Array2<F>> {
        Ok(self.objective().means(self.raw(x)?.into_raw_vec_and_offset().0).mapv(F::of))
    }
}

estimand_core::persist!(
    ClassBooster<F>,
    |model| {
        model.features.check_loaded()?;
        model.trees.check_loaded(model.features.count())
    },
    |model, k| check_len("constants", if k == 2 { 1 } else { k }, model.trees.outputs())
);
