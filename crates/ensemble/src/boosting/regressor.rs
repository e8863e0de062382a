//! Numbers.

use super::History;
use super::fit::{Extras, Fitted, HoldOut, Target, fit};
use super::objective::Objective;
use super::settings::boosting_params;
use super::trees::{Trees, check_records, check_row};
use super::watch::Watch;
use crate::formats;
use estimand_core::samples::check_finite_target;
use estimand_core::{
    Describe, Error, Features, Float, Predict, PredictOne, Records, Report, Result, Samples, Scratch,
};
use estimand_grow::{Importance, Tree};
use estimand_loss::{Link, Loss, Robust, Tweedie};
use ndarray::{Array1, Array2, Array3, ArrayView1, Axis};
use serde::{Deserialize, Serialize};
use std::marker::PhantomData;

/// What is made small.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub enum RegressionLoss {
    /// Half the squared error: predicts the mean.
    #[default]
    Squared,
    /// The absolute error: predicts the median.
    Absolute,
    /// Half the squared error up to δ, linear beyond.
    Huber(f64),
    /// The pinball loss: predicts that quantile, inside (0, 1).
    Quantile(f64),
    /// Half the Poisson deviance, for counts: y ≥ 0; log link.
    Poisson,
    /// Half the gamma deviance, for amounts: y > 0; log link.
    Gamma,
    /// Half the Tweedie deviance of a power inside (1, 2), for amounts that may be zero: y ≥ 0; log link.
    Tweedie(f64),
}

impl RegressionLoss {
    fn objective(self) -> Result<Objective> {
        let tweedie = |power| Objective::Tweedie(Tweedie { power, link: Link::Log });
        let refuse = |value: f64, allowed: &str| Err(Error::parameter("loss", value, allowed));
        match self {
            Self::Squared => Ok(Objective::Scalar(Loss::Squared)),
            Self::Absolute => Ok(Objective::Robust(vec![Robust::Absolute])),
            Self::Huber(delta) if !(delta > 0.0 && delta.is_finite()) => {
                refuse(delta, "Huber(δ) with δ above 0")
            }
            Self::Huber(delta) => Ok(Objective::Robust(vec![Robust::Huber(delta)])),
            Self::Quantile(q) if !(q > 0.0 && q < 1.0) => refuse(q, "Quantile(q) with q inside (0, 1)"),
            Self::Quantile(q) => Ok(Objective::Robust(vec![Robust::Quantile(q)])),
            Self::Poisson => Ok(tweedie(1.0)),
            Self::Gamma => Ok(tweedie(2.0)),
            Self::Tweedie(p) if !(p > 1.0 && p < 2.0) => refuse(p, "Tweedie(power) with power inside (1, 2)"),
            Self::Tweedie(p) => Ok(tweedie(p)),
        }
    }

    fn link(self) -> Link {
        match self {
            Self::Poisson | Self::Gamma | Self::Tweedie(_) => Link::Log,
            _ => Link::Identity,
        }
    }
}

boosting_params! {
    /// Gradient boosting on histograms, for numbers; see [the module](crate::boosting).
    ///
    /// ```
    /// use estimand_core::{Fit, Predict};
    /// use estimand_ensemble::HistGradientBoostingRegressor;
    /// use ndarray::{Array1, Array2};
    ///
    /// let x = Array2::from_shape_fn((200, 1), |(i, _)| i as f64 / 100.0);
    /// let y: Array1<f64> = x.column(0).mapv(|x| if x < 1.0 { x } else { 3.0 });
    /// let model = HistGradientBoostingRegressor::new().fit((&x, &y))?;
    /// assert!((model.predict(&x)? - y).mapv(f64::abs).mean() < Some(0.05));
    /// # Ok::<(), estimand_core::Error>(())
    /// ```
    pub struct HistGradientBoostingRegressor {
        /// What is made small.
        loss: RegressionLoss = RegressionLoss::Squared;
    }
}

/// Trees that boosting has fitted to numbers or to orders, on histograms or exactly, or that another library has.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(bound(serialize = "F: Float", deserialize = "F: Float"))]
pub struct RegressionBooster<F> {
    features: Features,
    trees: Trees,
    link: Link,
    history: History,
    report: Report,
    scalar: PhantomData<F>,
}

impl<F: Float> RegressionBooster<F> {
    /// The trees, one for each round.
    pub fn trees(&self) -> &[Tree] {
        &self.trees.trees
    }

    /// The constant that the trees are added to.
    pub fn constant(&self) -> f64 {
        self.trees.constants[0]
    }

    /// Mean losses by round.
    pub fn history(&self) -> &History {
        &self.history
    }

    /// How much each column matters, as shares of 1; all zero for a model without a split.
    pub fn feature_importances(&self, kind: Importance) -> Array1<f64> {
        kind.shares(self.trees(), self.features.count()).into()
    }

    /// Predictions after each round, the first round's first.
    ///
    /// # Errors
    /// Of [`predict`](Predict::predict).
    pub fn staged_predict<'a>(
        &'a self,
        x: impl Into<Records<'a, F>>,
    ) -> Result<impl Iterator<Item = Array1<F>> + 'a> {
        let x = x.into();
        check_records(&self.features, x)?;
        Ok(self.trees.staged(x).map(|mut mean| {
            self.link.mean(&mut mean);
            mean.into_iter().map(F::of).collect()
        }))
    }

    /// What each column adds to each row's raw prediction, n × p: Shapley values. Raw predictions are logarithms of means
    /// where the loss has a log link. With [`shap_base`](Self::shap_base) a row's values add up to its raw prediction.
    ///
    /// # Errors
    /// Of [`predict`](Predict::predict).
    pub fn shap_values<'a>(&self, x: impl Into<Records<'a, F>>) -> Result<Array2<f64>>
    where
        F: 'a,
    {
        let x = x.into();
        check_records(&self.features, x)?;
        Ok(self.trees.shap(x).index_axis_move(Axis(1), 0))
    }

    /// What each pair of columns adds, n × p × p; a row of the matrix adds up to the Shapley value of its column.
    ///
    /// # Errors
    /// Of [`predict`](Predict::predict).
    pub fn shap_interactions<'a>(&self, x: impl Into<Records<'a, F>>) -> Result<Array3<f64>>
    where
        F: 'a,
    {
        let x = x.into();
        check_records(&self.features, x)?;
        Ok(self.trees.shap_interactions(x).index_axis_move(Axis(1), 0))
    }

    /// The raw prediction of a row that nothing is known of: the mean over the rows learnt from.
    pub fn shap_base(&self) -> f64 {
        self.trees.expected()[0]
    }

    /// The model as text that LightGBM loads. Missing values and categories not met in training go where they go here, but
    /// that LightGBM sends missing categories to the right.
    pub fn to_lightgbm(&self) -> String {
        let task = match self.link {
            Link::Identity => formats::Task::Regression,
            Link::Log => formats::Task::Log,
        };
        formats::write_lightgbm(&self.features, &self.trees, &task)
    }

    pub(crate) fn new(x: Records<'_, F>, fitted: Fitted, link: Link) -> Self {
        let Fitted { trees, history, report } = fitted;
        Self { features: Features::of(x), trees, link, history, report, scalar: PhantomData }
    }

    /// A model that another library fitted.
    pub(crate) fn imported(features: Features, trees: Trees, link: Link) -> Self {
        let report = Report::iterative("another library's", trees.trees.len(), true);
        Self { features, trees, link, history: History::default(), report, scalar: PhantomData }
    }

    /// How the fit went.
    pub fn report(&self) -> &Report {
        &self.report
    }

    /// The columns the model was fitted on.
    pub fn features(&self) -> &Features {
        &self.features
    }
}

/// Settings that numbers are boosted by.
pub(crate) trait BoostNumbers: Describe {
    fn objective(&self) -> Result<Objective>;

    fn link(&self) -> Link;

    fn boost<F: Float>(
        &self,
        objective: &Objective,
        samples: Samples<'_, F, ()>,
        y: Target,
        extras: &mut Extras<'_>,
    ) -> Result<Fitted>;
}

impl BoostNumbers for HistGradientBoostingRegressor {
    fn objective(&self) -> Result<Objective> {
        self.loss.objective()
    }

    fn link(&self) -> Link {
        self.loss.link()
    }

    fn boost<F: Float>(
        &self,
        objective: &Objective,
        samples: Samples<'_, F, ()>,
        y: Target,
        extras: &mut Extras<'_>,
    ) -> Result<Fitted> {
        fit(&self.common(), objective, samples, y, HoldOut::Rows, extras)
    }
}

pub(crate) fn fit_from<F: Float>(
    settings: &impl BoostNumbers,
    start: &RegressionBooster<F>,
    samples: Samples<'_, F, Array1<F>>,
) -> Result<RegressionBooster<F>> {
    start.features.check(samples.x)?;
    if start.link != settings.link() {
        let allowed = "a loss with the link of the model to go on from";
        return Err(Error::parameter("loss", format!("one with {:?} link", settings.link()), allowed));
    }
    fit_with(settings, samples, Extras { start: Some(&start.trees), ..Extras::default() })
}

pub(crate) fn fit_watched<F: Float>(
    settings: &impl BoostNumbers,
    samples: Samples<'_, F, Array1<F>>,
    watch: Watch<'_, F, Array1<F>>,
) -> Result<RegressionBooster<F>> {
    if let Some(validation) = &watch.validation {
        Features::of(samples.x).check(validation.x)?;
    }
    let objective = settings.objective()?;
    fit_with(settings, samples, watch.extras(|validation| target(validation.y, &objective))?)
}

pub(crate) fn fit_with<F: Float>(
    settings: &impl BoostNumbers,
    samples: Samples<'_, F, Array1<F>>,
    mut extras: Extras<'_>,
) -> Result<RegressionBooster<F>> {
    settings.check()?;
    samples.check()?;
    let objective = settings.objective()?;
    let y = target(samples.y, &objective)?;
    let fitted = settings.boost(&objective, samples.without_y(), y, &mut extras)?;
    Ok(RegressionBooster::new(samples.x, fitted, settings.link()))
}

/// The ways to fit settings that are [`BoostNumbers`].
macro_rules! fits_of_numbers {
    ($name:ident) => {
        impl $name {
            /// Like [`fit`](estimand_core::Fit::fit), going on from a model: until there are `max_iter` rounds, its own
            /// included.
            ///
            /// # Errors
            /// Of [`fit`](estimand_core::Fit::fit); for a model of other columns, or of a loss with another link, or of as
            /// many rounds already.
            pub fn fit_from<'a, F>(
                &self,
                start: &$crate::boosting::RegressionBooster<F>,
                samples: impl Into<estimand_core::Samples<'a, F, ndarray::Array1<F>>>,
            ) -> estimand_core::Result<$crate::boosting::RegressionBooster<F>>
            where
                F: estimand_core::Float + 'a,
            {
                $crate::boosting::regressor::fit_from(self, start, samples.into())
            }

            /// Like [`fit`](estimand_core::Fit::fit), watched.
            ///
            /// # Errors
            /// Of [`fit`](estimand_core::Fit::fit), also for the validation rows; those of the score; and for a score
            /// without such rows.
            pub fn fit_watched<'a, F>(
                &self,
                samples: impl Into<estimand_core::Samples<'a, F, ndarray::Array1<F>>>,
                watch: $crate::boosting::Watch<'_, F, ndarray::Array1<F>>,
            ) -> estimand_core::Result<$crate::boosting::RegressionBooster<F>>
            where
                F: estimand_core::Float + 'a,
            {
                $crate::boosting::regressor::fit_watched(self, samples.into(), watch)
            }
        }

        impl<F: estimand_core::Float> estimand_core::Fit<F, ndarray::Array1<F>> for $name {
            type Model = $crate::boosting::RegressionBooster<F>;

            fn fit_samples(
                &self,
                samples: estimand_core::Samples<'_, F, ndarray::Array1<F>>,
            ) -> estimand_core::Result<Self::Model> {
                $crate::boosting::regressor::fit_with(self, samples, Default::default())
            }
        }
    };
}
pub(crate) use fits_of_numbers;

fits_of_numbers!(HistGradientBoostingRegressor);

/// Numbers that the objective can predict.
pub(crate) fn target<F: Float>(y: ArrayView1<'_, F>, objective: &Objective) -> Result<Target> {
    check_finite_target(y.insert_axis(Axis(1)))?;
    let y: Vec<f64> = y.iter().map(|y| y.f64()).collect();
    if let Objective::Tweedie(loss) = objective
        && let Some(y) = y.iter().find(|y| !loss.allows(**y))
    {
        return Err(Error::target(format!("{y} in y, where this loss wants {}", loss.range())));
    }
    Ok(Target::Numbers(y))
}

impl<F: Float> Predict<F> for RegressionBooster<F> {
    type Output = Array1<F>;

    fn predict_records(&self, x: Records<'_, F>) -> Result<Array1<F>> {
        check_records(&self.features, x)?;
        let mut mean = self.trees.raw(x, usize::MAX).remove_axis(Axis(1));
        if let Some(mean) = mean.as_slice_mut() {
            self.link.mean(mean);
        }
        Ok(mean.mapv(F::of))
    }
}

impl<F: Float> PredictOne<F> for RegressionBooster<F> {
    type One<'m> = F;

    fn predict_one(&self, row: &[F], scratch: &mut Scratch<F>) -> Result<F> {
        check_row(&self.features, row)?;
        let mut mean = scratch.take_wide();
        self.trees.raw_row(row, &mut mean);
        self.link.mean(&mut mean);
        let out = F::of(mean[0]);
        scratch.give_wide(mean);
        Ok(out)
    }
}

estimand_core::persist!(RegressionBooster<F>, |model| {
    model.features.check_loaded()?;
    estimand_core::persist::check_len("constants", 1, model.trees.outputs())?;
    model.trees.check_loaded(model.features.count())
});
