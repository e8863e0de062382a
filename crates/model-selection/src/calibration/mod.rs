//! Probabilities from decisions, by rows that the classifier has not seen.
//!
//! ```text
//! sigmoid       p = 1 / (1 + exp(a s + b))           for each class; a and b of the largest likelihood of targets        (1)
//!               (W₊ + 1) / (W₊ + 2) for rows of the class and 1 / (W₋ + 2) for the others
//! isotonic      p = the rising function of s closest to the labels, with straight lines between its steps               (2)
//! temperature   p = softmax(β s), of two classes σ(2β s)                β of the largest likelihood                      (3)
//! ```
//!
//! | symbol | |
//! |---|---|
//! | s | decision value: of two classes one, else one for each class |
//! | W₊, W₋ | weights of the rows of the class, and of the others |
//!
//! With `ensemble`, each fold's model is calibrated on its test rows, and the models' probabilities are averaged. Without, one calibration
//! learns from the decisions about all test rows, and belongs to a model of all rows: quicker to predict with, and the
//! model is the one that would be fitted anyway. [`calibrate`](CalibratedModel::calibrate) takes a model that exists and
//! rows that it has not seen.
//!
//! Of more than two classes, (1) and (2) are of each class against the others, and are divided by their sum; where all are 0,
//! all classes are equally probable. (3) keeps the order of the classes, and is the one to take for many classes and few
//! rows. (2) needs a thousand rows or more; (1) fits machines whose decisions are curved like a sigmoid, such as those of support vectors.
//!
//! Costs a fit for each fold, and O(n log n).
//!
//! **Differs from scikit-learn.** `ensemble` has no `auto`; a model that exists is calibrated by a method. The search for β
//! ends at 1e-8 of the likelihood. Decision values of a calibrated model are its probabilities, of two classes the second's less the first's.
//!
//! **References.** \[Platt99\], \[Lin07\], \[Zadrozny02\], \[Guo17\].

mod maps;
mod model;
#[cfg(test)]
mod tests;

pub use model::CalibratedModel;

use estimand_core::split::StratifiedKFold;
use estimand_core::{
    Capabilities, ClassFolds, Classes, Decide, Describe, Error, Fit, Float, Label, Parameter, Records,
    Result, Samples, Splitter, Target,
};
use estimand_par as par;
use maps::Maps;
use model::Member;
use ndarray::{Array1, Array2, ArrayView1};
use serde::{Deserialize, Serialize};

/// How decisions become probabilities.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum CalibrationMethod {
    /// Platt's sigmoid (1).
    #[default]
    Sigmoid,
    /// The closest rising function (2).
    Isotonic,
    /// One factor for all decisions (3).
    Temperature,
}

/// Makes probabilities of the decisions of any classifier; see [the module](crate::calibration).
///
/// ```text
/// let machine = StandardScaler::new().then(Svc::new());
/// let model = CalibratedClassifier::new(machine).method(CalibrationMethod::Isotonic).fit(&train)?;
/// let probabilities = model.predict_proba(&test)?;
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[must_use = "settings do nothing until they are used"]
pub struct CalibratedClassifier<E> {
    /// The classifier.
    pub estimator: E,
    /// How decisions become probabilities.
    pub method: CalibrationMethod,
    /// The folds.
    pub cv: ClassFolds,
    /// Whether the models of all folds predict together.
    pub ensemble: bool,
}

impl<E> CalibratedClassifier<E> {
    /// Platt's sigmoids of five stratified folds, which predict together.
    pub fn new(estimator: E) -> Self {
        let cv = StratifiedKFold::new(5).into();
        Self { estimator, method: CalibrationMethod::Sigmoid, cv, ensemble: true }
    }

    /// How decisions become probabilities.
    pub fn method(self, method: CalibrationMethod) -> Self {
        Self { method, ..self }
    }

    /// The folds. Without `ensemble`, each row must be tested exactly once.
    pub fn cv(self, cv: impl Into<ClassFolds>) -> Self {
        Self { cv: cv.into(), ..self }
    }

    /// Whether the models of all folds predict together.
    pub fn ensemble(self, ensemble: bool) -> Self {
        Self { ensemble, ..self }
    }
}

impl<M> CalibratedModel<M> {
    /// Calibrates a fitted classifier on rows that it has not seen.
    ///
    /// # Errors
    /// For labels that the classifier does not know; of its decisions.
    pub fn calibrate<'a, F, L>(
        model: M,
        method: CalibrationMethod,
        held_out: impl Into<Samples<'a, F, Array1<L>>>,
    ) -> Result<Self>
    where
        F: Float,
        L: Label,
        M: Decide<F> + Classes<Label = L>,
    {
        let samples = held_out.into();
        samples.check()?;
        let (decisions, codes, weights) = seen(&model, &samples)?;
        let maps = Maps::new(method, &decisions, &codes, &weights, model.classes().len())?;
        Ok(Self::new(vec![Member::new(model, maps)]))
    }
}

/// Decisions of a model about rows of positive weight, their codes and their weights.
fn seen<F: Float, L: Label, M: Decide<F> + Classes<Label = L>>(
    model: &M,
    samples: &Samples<'_, F, Array1<L>>,
) -> Result<(Array2<f64>, Vec<u32>, Vec<f64>)> {
    let weight = |i: usize| samples.weights.map_or(1.0, |w| w[i].f64());
    let rows: Vec<usize> = (0..samples.nrows()).filter(|i| weight(*i) > 0.0).collect();
    let some = samples.select(&rows);
    let codes = estimand_core::labels::encode_known(some.y.view(), model.classes())?;
    let decisions = decided(model, some.records())?;
    Ok((decisions, codes.to_vec(), rows.into_iter().map(weight).collect()))
}

fn decided<F: Float, M: Decide<F>>(model: &M, x: Records<'_, F>) -> Result<Array2<f64>> {
    let decisions = model.decision_records(x)?;
    check_decisions(&decisions)?;
    Ok(decisions.mapv(within))
}

fn check_decisions<'a, F: Float>(decisions: impl IntoIterator<Item = &'a F>) -> Result<()> {
    match decisions.into_iter().any(|d| d.is_nan()) {
        true => Err(Error::numerical("a decision of the classifier to calibrate is NaN")),
        false => Ok(()),
    }
}

/// Only order and distance count, and neither has an end.
fn within<F: Float>(decision: F) -> f64 {
    decision.f64().clamp(-f64::MAX, f64::MAX)
}

/// Targets that are labels.
pub trait LabelTarget: Target {
    /// The type of the labels.
    type Label: Label;

    /// The labels.
    fn labels(view: Self::View<'_>) -> ArrayView1<'_, Self::Label>;
}
impl<L: Label> LabelTarget for Array1<L> {
    type Label = L;
    fn labels(view: Self::View<'_>) -> ArrayView1<'_, L> {
        view
    }
}

// Of any target, as a search is: with labels named here, the compiler would take the estimator for an algorithm on
// class codes.
impl<F, Y, E> Fit<F, Y> for CalibratedClassifier<E>
where
    F: Float,
    Y: LabelTarget,
    E: Fit<F, Y> + Describe + Sync,
    E::Model: Decide<F> + Classes<Label = Y::Label> + Send + Sync,
    ClassFolds: Splitter<F, Y>,
{
    type Model = CalibratedModel<E::Model>;

    fn fit_samples(&self, samples: Samples<'_, F, Y>) -> Result<Self::Model> {
        self.check()?;
        samples.check()?;
        if let Some(w) = samples.weights.filter(|w| w.iter().any(|w| *w == F::zero())) {
            // A row without weight is as good as absent, from the folds too.
            let rows: Vec<usize> = (0..w.len()).filter(|i| w[*i] > F::zero()).collect();
            return self.fit_samples(samples.select(&rows).samples());
        }
        // While rows still have their own numbers.
        match self.capabilities().missing {
            true => samples.x.check_finite_or_missing()?,
            false => samples.x.check_finite()?,
        }
        let (classes, _) = estimand_core::labels::encode(Y::labels(samples.y));
        let folds = self.cv.folds(&samples)?;
        if !self.ensemble {
            crate::predict::places(&folds, samples.nrows())?;
        }
        let parts = par::try_map(folds.len(), |k| {
            let model = self.estimator.fit_samples(samples.select(&folds[k].train).samples())?;
            if model.classes() != classes {
                return Err(Error::parameter(
                    "cv",
                    format!("one whose fold {k} lacks a class in training"),
                    "folds whose training rows hold all classes",
                ));
            }
            let test = samples.select(&folds[k].test);
            let test = test.samples();
            let labels = Samples { weights: test.weights, ..Samples::new(test.x, Y::labels(test.y)) };
            let seen = seen::<F, Y::Label, E::Model>(&model, &labels)?;
            Ok((model, seen))
        })?;
        let k = classes.len();
        if self.ensemble {
            let member =
                |(model, (decisions, codes, weights)): (E::Model, (Array2<f64>, Vec<u32>, Vec<f64>))| {
                    Ok(Member::new(model, Maps::new(self.method, &decisions, &codes, &weights, k)?))
                };
            return Ok(CalibratedModel::new(parts.into_iter().map(member).collect::<Result<_>>()?));
        }
        let views: Vec<_> = parts.iter().map(|(_, (decisions, ..))| decisions.view()).collect();
        let decisions = ndarray::concatenate(ndarray::Axis(0), &views)
            .map_err(|e| Error::shape("columns of decisions", "the same in each fold", e))?;
        let codes: Vec<u32> = parts.iter().flat_map(|(_, (_, codes, _))| codes).copied().collect();
        let weights: Vec<f64> = parts.iter().flat_map(|(_, (.., weights))| weights).copied().collect();
        let maps = Maps::new(self.method, &decisions, &codes, &weights, k)?;
        Ok(CalibratedModel::new(vec![Member::new(self.estimator.fit_samples(samples)?, maps)]))
    }
}

impl<E: Describe> Describe for CalibratedClassifier<E> {
    fn name(&self) -> String {
        format!("CalibratedClassifier<{}>", self.estimator.name())
    }
    fn parameters(&self) -> Vec<Parameter> {
        let own = [
            ("method", format!("{:?}", self.method), "CalibrationMethod::Sigmoid"),
            ("cv", format!("{:?}", self.cv), "StratifiedKFold::new(5)"),
            ("ensemble", self.ensemble.to_string(), "true"),
        ];
        let own = own.map(|(name, value, default)| Parameter {
            name: name.into(),
            value,
            default,
            allowed: String::new(),
        });
        let inner = self
            .estimator
            .parameters()
            .into_iter()
            .map(|parameter| Parameter { name: format!("estimator.{}", parameter.name).into(), ..parameter });
        own.into_iter().chain(inner).collect()
    }
    fn check(&self) -> Result<()> {
        self.estimator.check()
    }
    fn capabilities(&self) -> Capabilities {
        self.estimator.capabilities()
    }
}
