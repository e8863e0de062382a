//! Labels and class codes: the one wrapper between them.
//!
//! A classification algorithm sees codes `0..k` and implements [`FitClasses`]; its model implements
//! [`Scores`], and [`Probabilities`] where it has them. [`Classifier`] encodes the labels once, applies
//! class weights once, keeps the sorted classes, and gives every classifier the same `predict`,
//! `predict_proba` and `decision_function`.

use crate::{
    Describe, Error, Features, Fit, Float, Label, Matrix, PartialFit, Predict, PredictOne, PredictProba,
    Records, Result, Samples, Scratch, Target, Transform, TransformOne,
    labels::{encode, encode_known},
    samples::check_weights,
};
use ndarray::{Array1, Array2, ArrayView1, Axis};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt::Display;

/// Class codes `0..k` of `n` rows: what a classification algorithm sees.
#[derive(Clone, Copy, Debug)]
pub struct Codes<'a> {
    /// One code per row.
    pub y: ArrayView1<'a, u32>,
    /// Number of classes. Every code below it occurs, but not in every batch of a model that learns in batches.
    pub k: usize,
}

/// [`Codes`] that are owned: the target of classification algorithms.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClassCodes {
    /// One code per row.
    pub y: Array1<u32>,
    /// Number of classes.
    pub k: usize,
}
impl Target for ClassCodes {
    type View<'a> = Codes<'a>;
    fn as_view(&self) -> Codes<'_> {
        Codes { y: self.y.view(), k: self.k }
    }
    fn shorten<'s, 'l: 's>(view: Codes<'l>) -> Codes<'s> {
        Codes { y: view.y, k: view.k }
    }
    fn select(view: Codes<'_>, rows: &[usize]) -> Self {
        Self { y: view.y.select(Axis(0), rows), k: view.k }
    }
    fn rows(view: Codes<'_>) -> Option<usize> {
        Some(view.y.len())
    }
}

/// How much each class counts.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub enum ClassWeight {
    /// As much as its rows do.
    #[default]
    Uniform,
    /// All classes alike: rows of class `c` get the factor `n / (k · n_c)`, in weights.
    Balanced,
    /// By label, as it prints, more than 0; classes that are not named count 1.
    ByLabel(BTreeMap<String, f64>),
}
impl ClassWeight {
    /// Weights by label: `ClassWeight::of([("spam", 2.0)])`.
    pub fn of<L: Display>(weights: impl IntoIterator<Item = (L, f64)>) -> Self {
        Self::ByLabel(weights.into_iter().map(|(l, w)| (l.to_string(), w)).collect())
    }

    /// The factor of each class, or `None` where all are 1.
    fn factors<F: Float, L: Label>(
        &self,
        classes: &[L],
        y: Codes<'_>,
        weights: Option<ArrayView1<'_, F>>,
    ) -> Result<Option<Vec<F>>> {
        match self {
            Self::Uniform => Ok(None),
            Self::Balanced => {
                let mut mass = vec![0.0; y.k];
                match weights {
                    Some(w) => y.y.iter().zip(w).for_each(|(c, w)| mass[*c as usize] += w.f64()),
                    None => y.y.iter().for_each(|c| mass[*c as usize] += 1.0),
                }
                let total: f64 = mass.iter().sum();
                Ok(Some(mass.iter().map(|m| F::of(total / (y.k as f64 * m))).collect()))
            }
            Self::ByLabel(by_label) => {
                let names: Vec<String> = classes.iter().map(ToString::to_string).collect();
                for (label, weight) in by_label {
                    if !names.contains(label) {
                        return Err(Error::UnknownLabel { label: label.clone(), known: names.join(", ") });
                    }
                    let factor = F::of(*weight);
                    if !(factor.is_finite() && factor > F::zero()) {
                        let allowed = format!("a positive number that {} can hold (class {label})", F::NAME);
                        return Err(Error::parameter("class_weight", weight, allowed));
                    }
                }
                Ok(Some(names.iter().map(|n| F::of(by_label.get(n).copied().unwrap_or(1.0))).collect()))
            }
        }
    }
}

/// A classification algorithm: settings that learn from class codes. Every such type is
/// [`Fit`] for labels of any kind.
pub trait FitClasses: Describe {
    /// The fitted algorithm, which knows codes only.
    type Model<F: Float>: Scores<F>;

    /// Learns from records, codes and weights, all checked: lengths agree, weights are finite, not
    /// negative and not all zero, and every one of the `k ≥ 2` classes occurs with positive weight.
    /// Class weights are in the weights already. Values of `x` are **not** checked for NaN: that pass
    /// belongs to the algorithm.
    fn fit_classes<F: Float>(&self, samples: Samples<'_, F, ClassCodes>) -> Result<Self::Model<F>>;

    /// How much each class counts.
    fn class_weight(&self) -> &ClassWeight {
        &ClassWeight::Uniform
    }
}

/// A classification algorithm that can learn in batches, the first of which need not hold every class.
pub trait FitBatches: FitClasses {
    /// The algorithm before its first batch, for `k ≥ 2` classes.
    fn begin_classes<F: Float>(&self, k: usize, features: Features) -> Result<Self::Model<F>>;

    /// A classifier that has learnt nothing yet; [`PartialFit::partial_fit`] teaches it.
    ///
    /// # Errors
    /// If there are fewer than two classes, or for settings that only a whole training set can honour, such
    /// as balanced class weights.
    fn begin<F: Float, L: Label>(
        &self,
        classes: impl IntoIterator<Item = L>,
        features: Features,
    ) -> Result<Classifier<Self::Model<F>, L>>
    where
        Self: Sized,
    {
        self.check()?;
        let mut classes: Vec<L> = classes.into_iter().collect();
        classes.sort_unstable();
        classes.dedup();
        if classes.len() < 2 {
            return Err(Error::shape("number of classes", "at least 2", classes.len()));
        }
        if *self.class_weight() == ClassWeight::Balanced {
            let what = "balanced class weights in batches; name the weight of each class, or weigh the rows";
            return Err(Error::unsupported(self.name(), what));
        }
        let model = self.begin_classes(classes.len(), features)?;
        Ok(Classifier { model, classes })
    }
}

/// A fitted classification algorithm that can learn more.
pub trait LearnClasses<F: Float>: Scores<F> {
    /// Learns from a further batch. It is checked as for [`FitClasses::fit_classes`], but for classes that are
    /// missing in it; where it was refused, the model is as it was.
    fn learn_classes(&mut self, batch: Samples<'_, F, ClassCodes>) -> Result<()>;

    /// How much each class counts in batches.
    fn class_weight(&self) -> &ClassWeight {
        &ClassWeight::Uniform
    }
}

/// A fitted classification algorithm.
pub trait Scores<F: Float> {
    /// Decision values: one column for two classes (positive speaks for the second), else `k`.
    fn scores(&self, x: Records<'_, F>) -> Result<Array2<F>>;

    /// The code of each record's class: that of its largest decision value, the lowest of equals.
    fn codes(&self, x: Records<'_, F>) -> Result<Array1<u32>> {
        Ok(winners(&self.scores(x)?))
    }

    /// The decision values of one row, written into `out`; same values as [`scores`](Self::scores).
    fn scores_one(&self, row: &[F], out: &mut Vec<F>, scratch: &mut Scratch<F>) -> Result<()>;
}

/// A fitted classification algorithm that knows probabilities.
pub trait Probabilities<F: Float>: Scores<F> {
    /// Class probabilities, `n × k`.
    fn probabilities(&self, x: Records<'_, F>) -> Result<Array2<F>>;
}

/// A fitted classifier: an algorithm on codes, and the labels they stand for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Classifier<M, L> {
    model: M,
    classes: Vec<L>,
}
impl<M, L: Label> Classifier<M, L> {
    /// A fitted algorithm from elsewhere, and the labels that its codes stand for.
    ///
    /// # Errors
    /// If there are fewer than two labels, or they are not in ascending order. Whether they are as many as the algorithm has
    /// classes is for the caller to see to.
    pub fn from_parts(model: M, classes: Vec<L>) -> Result<Self> {
        if classes.len() < 2 || !classes.windows(2).all(|pair| pair[0] < pair[1]) {
            return Err(Error::shape("labels", "two or more in ascending order", classes.len()));
        }
        Ok(Self { model, classes })
    }

    /// That the classes of further samples are those of this model, which their fit starts from.
    ///
    /// # Errors
    /// If they are not.
    pub fn check_classes(&self, classes: &[L]) -> Result<()> {
        if self.classes == classes {
            return Ok(());
        }
        let known = self.classes.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        Err(Error::target(format!("the classes are not those of the model to start from: {known}")))
    }
}
impl<M, L> Classifier<M, L> {
    /// The classes, sorted; columns of scores and probabilities follow this order.
    pub fn classes(&self) -> &[L] {
        &self.classes
    }

    /// The algorithm behind: coefficients, trees, report, ….
    pub fn model(&self) -> &M {
        &self.model
    }
}

/// A fitted classifier, or what ends in one: a pipeline, a search.
pub trait Classes {
    /// The type of its labels.
    type Label: Label;

    /// The classes, sorted; columns of scores and probabilities follow this order.
    fn classes(&self) -> &[Self::Label];
}

/// A fitted classifier, or what ends in one, that says how strongly it decides.
pub trait Decide<F: Float>: Classes {
    /// Decision values: one column for two classes (positive speaks for the second), else one per class.
    fn decision_records(&self, x: Records<'_, F>) -> Result<Array2<F>>;

    /// Decision values for an array, a sparse matrix or a data set.
    fn decision_function<'a>(&self, x: impl Into<Records<'a, F>>) -> Result<Array2<F>>
    where
        Self: Sized,
        F: 'a,
    {
        self.decision_records(x.into())
    }
}

/// A fitted classifier, or what ends in one, that decides on one row without allocating.
pub trait DecideOne<F: Float>: Decide<F> {
    /// Writes the decision values of one row into `out`, replacing what it held.
    fn decide_one(&self, row: &[F], out: &mut Vec<F>, scratch: &mut Scratch<F>) -> Result<()>;
}
impl<M, L: Label> Classes for Classifier<M, L> {
    type Label = L;
    fn classes(&self) -> &[L] {
        &self.classes
    }
}
impl<F: Float, L: Label, M: Scores<F>> Decide<F> for Classifier<M, L> {
    fn decision_records(&self, x: Records<'_, F>) -> Result<Array2<F>> {
        self.model.scores(x)
    }
}
impl<F: Float, L: Label, M: Scores<F>> DecideOne<F> for Classifier<M, L> {
    fn decide_one(&self, row: &[F], out: &mut Vec<F>, scratch: &mut Scratch<F>) -> Result<()> {
        self.model.scores_one(row, out, scratch)
    }
}

impl<M, L> std::ops::Deref for Classifier<M, L> {
    type Target = M;
    fn deref(&self) -> &M {
        &self.model
    }
}

impl<F: Float, L: Label, E: FitClasses> Fit<F, Array1<L>> for E {
    type Model = Classifier<E::Model<F>, L>;

    fn fit_samples(&self, samples: Samples<'_, F, Array1<L>>) -> Result<Self::Model> {
        fit_labels(self, samples, |samples, _| self.fit_classes(samples))
    }
}

/// Learns labels by a fit of their codes that is given more than samples, such as a model to start from. It is handed what
/// [`FitClasses::fit_classes`] is, and the classes that the codes stand for.
///
/// # Errors
/// Of the settings; for samples that do not fit together, or have one class; of the fit.
pub fn fit_labels<F: Float, L: Label, E: FitClasses, M>(
    settings: &E,
    samples: Samples<'_, F, Array1<L>>,
    fit: impl FnOnce(Samples<'_, F, ClassCodes>, &[L]) -> Result<M>,
) -> Result<Classifier<M, L>> {
    settings.check()?;
    samples.check()?;
    let (classes, codes) = encode(samples.y);
    let mut present = vec![samples.weights.is_none(); classes.len()];
    if let Some(w) = samples.weights {
        codes.iter().zip(w).for_each(|(c, w)| present[*c as usize] |= *w > F::zero());
    }
    if !present.iter().all(|p| *p) {
        // A row of weight zero is as good as absent, and so is a class that has no other rows.
        let rows: Vec<usize> = (0..codes.len()).filter(|i| present[codes[*i] as usize]).collect();
        return fit_labels(settings, samples.select(&rows).samples(), fit);
    }
    if classes.len() < 2 {
        let only = classes.first().map(ToString::to_string).unwrap_or_default();
        let what = format!("{} needs at least two classes, found one: {only}", settings.name());
        return Err(Error::target(what));
    }
    let y = Codes { y: codes.view(), k: classes.len() };
    let factors = settings.class_weight().factors(&classes, y, samples.weights)?;
    let weights = weigh(factors, y, samples.weights)?;
    let weights = weights.as_ref().map(|w| w.view()).or(samples.weights);
    let samples = Samples { x: samples.x, y, weights, groups: samples.groups };
    Ok(Classifier { model: fit(samples, &classes)?, classes })
}

/// Weights of rows times the factors of their classes, where there are any.
fn weigh<F: Float>(
    factors: Option<Vec<F>>,
    y: Codes<'_>,
    weights: Option<ArrayView1<'_, F>>,
) -> Result<Option<Array1<F>>> {
    let Some(factor) = factors else { return Ok(None) };
    let weights = match weights {
        Some(w) => Array1::from_iter(y.y.iter().zip(w).map(|(c, w)| factor[*c as usize] * *w)),
        None => y.y.mapv(|c| factor[c as usize]),
    };
    check_weights(weights.view(), weights.len())?;
    Ok(Some(weights))
}

/// The code of the largest decision value, the lowest of equals; of a single value, whether it is positive.
#[inline]
pub fn winner<F: Float>(scores: impl IntoIterator<Item = F>) -> usize {
    let mut best = (0, F::neg_infinity());
    let mut columns = 0;
    for (j, s) in scores.into_iter().enumerate() {
        columns += 1;
        if s > best.1 {
            best = (j, s);
        }
    }
    if columns == 1 { usize::from(best.1 > F::zero()) } else { best.0 }
}

/// The [`winner`] of each row of decision values.
pub fn winners<F: Float>(scores: &Array2<F>) -> Array1<u32> {
    match scores.as_slice() {
        Some(all) => {
            all.chunks_exact(scores.ncols().max(1)).map(|row| winner(row.iter().copied()) as u32).collect()
        }
        None => scores.axis_iter(Axis(0)).map(|row| winner(row.iter().copied()) as u32).collect(),
    }
}

impl<F: Float, L: Label, M: Scores<F>> Predict<F> for Classifier<M, L> {
    type Output = Array1<L>;

    fn predict_records(&self, x: Records<'_, F>) -> Result<Array1<L>> {
        Ok(self.model.codes(x)?.iter().map(|code| self.classes[*code as usize].clone()).collect())
    }
}

impl<F: Float, L: Label, M: LearnClasses<F>> PartialFit<F, Array1<L>> for Classifier<M, L> {
    /// # Errors
    /// Of [`LearnClasses::learn_classes`]; for a label that is none of [`classes`](Classifier::classes); for
    /// balanced class weights, which no batch alone can tell.
    fn partial_fit_samples(&mut self, batch: Samples<'_, F, Array1<L>>) -> Result<()> {
        batch.check()?;
        let codes = encode_known(batch.y, &self.classes)?;
        let y = Codes { y: codes.view(), k: self.classes.len() };
        let factors = match self.model.class_weight() {
            ClassWeight::Balanced => {
                let what =
                    "balanced class weights in batches; name the weight of each class, or weigh the rows";
                return Err(Error::unsupported("partial_fit", what));
            }
            weight => weight.factors(&self.classes, y, batch.weights)?,
        };
        let weights = weigh(factors, y, batch.weights)?;
        let weights = weights.as_ref().map(|w| w.view()).or(batch.weights);
        self.model.learn_classes(Samples { x: batch.x, y, weights, groups: batch.groups })
    }
}

impl<F: Float, L: Label, M: Probabilities<F>> PredictProba<F> for Classifier<M, L> {
    fn predict_proba_records(&self, x: Records<'_, F>) -> Result<Array2<F>> {
        self.model.probabilities(x)
    }
}

impl<F: Float, L: Label, M: Scores<F>> PredictOne<F> for Classifier<M, L> {
    type One<'m>
        = &'m L
    where
        M: 'm;

    fn predict_one<'m>(&'m self, row: &[F], scratch: &mut Scratch<F>) -> Result<&'m L> {
        let mut scores = scratch.take();
        let outcome = self.model.scores_one(row, &mut scores, scratch);
        let code = winner(scores.iter().copied());
        scratch.give(scores);
        outcome.map(|()| &self.classes[code])
    }
}

/// A classifier whose algorithm also transforms records, as a discriminant analysis does, is a step of a pipeline.
impl<F: Float, L: Label, M: Transform<F>> Transform<F> for Classifier<M, L> {
    type Stored = M::Stored;

    fn transform_records(&self, x: Records<'_, F>) -> Result<Matrix<F>> {
        self.model.transform_records(x)
    }

    fn feature_names_out(&self) -> Option<Vec<String>> {
        self.model.feature_names_out()
    }
}
impl<F: Float, L: Label, M: TransformOne<F>> TransformOne<F> for Classifier<M, L> {
    fn transform_one(&self, row: &[F], out: &mut Vec<F>, scratch: &mut Scratch<F>) -> Result<()> {
        self.model.transform_one(row, out, scratch)
    }
}
