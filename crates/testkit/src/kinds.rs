//! Suites for the kinds of estimators, and the options that add checks to them.

use crate::checks::{classifiers, clusterers, one_row, regressors, saved, settings, transformers, weights};
use crate::subject::{Kind, Suite, Train};
use estimand_core::persist::{settings_from_json, settings_to_json};
use estimand_core::records::Table;
use estimand_core::serde;
use estimand_core::{
    ClassWeight, Decide, Describe, Fit, FitBatches, Float, InverseTransform, Label, LearnClasses, PartialFit,
    Persist, Predict, PredictOne, PredictProba, Records, Result, Samples, Transform, TransformOne,
};
use ndarray::{Array1, Array2, Axis};
use serde_json::Value;
use std::fmt::Debug;

/// What every settings type can do.
pub trait Settings: Describe + Clone + Debug + PartialEq + Send + Sync + 'static {
    /// As JSON.
    fn to_json(&self) -> Result<Value, String>;
    /// From JSON.
    fn from_json(value: Value) -> Result<Self, String>;
}
impl<E> Settings for E
where
    E: Describe + Clone + Debug + PartialEq + Send + Sync + 'static,
    E: serde::Serialize + serde::de::DeserializeOwned,
{
    fn to_json(&self) -> Result<Value, String> {
        let text = settings_to_json(self).map_err(|e| e.to_string())?;
        serde_json::from_str(&text).map_err(|e| e.to_string())
    }
    fn from_json(value: Value) -> Result<Self, String> {
        settings_from_json(&value.to_string()).map_err(|e| e.to_string())
    }
}

fn widen<F: Float>(x: Array2<F>) -> Array2<f64> {
    x.mapv(Float::f64)
}

/// What a fit is given, with a target of type `Y`.
fn samples<'a, F: Float, Y: estimand_core::Target>(train: Train<'a, F>, y: Y::View<'a>) -> Samples<'a, F, Y> {
    Samples { weights: train.weights, groups: train.groups, ..Samples::new(train.x, y) }
}

// The models are type parameters of their own, here and below: a bound on `E::Model` makes the compiler
// normalise `Array1<F>` inside the bound on `E`, where it then no longer recognises it.
fn regress<F: Float, E, M>(estimator: &E, train: Train<'_, F>, ask: Records<'_, F>) -> Result<Array2<f64>>
where
    E: Fit<F, Array1<F>, Model = M>,
    M: Predict<F, Output = Array1<F>>,
{
    let model = estimator.fit_samples(samples(train, train.y))?;
    Ok(widen(model.predict_records(ask)?.insert_axis(Axis(1))))
}

/// The suite of a regressor.
pub fn regressor<E, Double, Single>(estimator: E) -> Suite<E>
where
    E: Settings + Fit<f64, Array1<f64>, Model = Double> + Fit<f32, Array1<f32>, Model = Single>,
    Double: Predict<f64, Output = Array1<f64>> + Send + Sync + 'static,
    Single: Predict<f32, Output = Array1<f32>> + Send + Sync + 'static,
{
    let (double, single) = (estimator.clone(), estimator.clone());
    let mut suite = Suite::new(
        estimator,
        Kind::Regressor,
        Box::new(move |train, ask| regress(&double, train, ask)),
        Box::new(move |train, ask| regress(&single, train, ask)),
    );
    for (name, check) in regressors::CHECKS {
        suite.add(name, check);
    }
    let many = suite.estimator.clone();
    suite.add("fitting_many_is_fitting_each", move |_| regressors::many(&many));
    add_settings_checks(suite, regress::<f64, E, Double>)
}

fn classify<F: Float, E, M>(estimator: &E, train: Train<'_, F>, ask: Records<'_, F>) -> Result<Array2<f64>>
where
    E: Fit<F, Array1<usize>, Model = M>,
    M: Decide<F>,
{
    let model = estimator.fit_samples(samples(train, train.labels))?;
    Ok(widen(model.decision_records(ask)?))
}

/// The suite of a classifier.
pub fn classifier<E, Double, Single>(estimator: E) -> Suite<E>
where
    E: Settings + classifiers::LearnsAny,
    E: Fit<f64, Array1<usize>, Model = Double> + Fit<f32, Array1<usize>, Model = Single>,
    Double: Decide<f64> + Send + Sync + 'static,
    Single: Decide<f32> + Send + Sync + 'static,
{
    let (double, single) = (estimator.clone(), estimator.clone());
    let mut suite = Suite::new(
        estimator.clone(),
        Kind::Classifier,
        Box::new(move |train, ask| classify(&double, train, ask)),
        Box::new(move |train, ask| classify(&single, train, ask)),
    );
    classifiers::add(&mut suite, &estimator);
    add_settings_checks(suite, classify::<f64, E, Double>)
}

fn change<F: Float, E>(estimator: &E, train: Train<'_, F>, ask: Records<'_, F>) -> Result<Array2<f64>>
where
    E: Fit<F, ()>,
    E::Model: Transform<F>,
{
    let model = estimator.fit_samples(samples(train, ()))?;
    Ok(widen(model.transform_records(ask)?.into_dense()))
}

/// The suite of a transformer that learns from records alone.
pub fn transformer<E, Double, Single, Supervised>(estimator: E) -> Suite<E>
where
    E: Settings
        + Fit<f64, (), Model = Double>
        + Fit<f32, (), Model = Single>
        + Fit<f64, Array1<usize>, Model = Supervised>,
    Double: Transform<f64> + Send + Sync + 'static,
    Single: Transform<f32> + Send + Sync + 'static,
    Supervised: Transform<f64> + 'static,
{
    let (double, single) = (estimator.clone(), estimator.clone());
    let mut suite = Suite::new(
        estimator.clone(),
        Kind::Transformer,
        Box::new(move |train, ask| change(&double, train, ask)),
        Box::new(move |train, ask| change(&single, train, ask)),
    );
    transformers::add(&mut suite, &estimator);
    add_settings_checks(suite, change::<f64, E>)
}

/// Labels as a column of numbers.
pub(crate) fn labels_as_numbers<L: Label>(labels: &Array1<L>) -> Array2<f64> {
    labels.map(|label| label.ordinal().map_or(f64::NAN, |number| number as f64)).insert_axis(Axis(1))
}

fn group<F: Float, E, M, L>(estimator: &E, train: Train<'_, F>, ask: Records<'_, F>) -> Result<Array2<f64>>
where
    E: Fit<F, (), Model = M>,
    M: Predict<F, Output = Array1<L>>,
    L: Label,
{
    let model = estimator.fit_samples(samples(train, ()))?;
    Ok(labels_as_numbers(&model.predict_records(ask)?))
}

/// The suite of a clustering that predicts. Its clusters are numbered by the training rows, so that their order matters for
/// the numbers, and for nothing else.
pub fn clusterer<E, Double, Single, L>(estimator: E) -> Suite<E>
where
    E: Settings + Fit<f64, (), Model = Double> + Fit<f32, (), Model = Single>,
    Double: Predict<f64, Output = Array1<L>>
        + for<'m> PredictOne<f64, One<'m> = L>
        + Persist
        + Send
        + Sync
        + 'static,
    Single: Predict<f32, Output = Array1<L>> + Send + Sync + 'static,
    L: Label,
{
    let (double, single) = (estimator.clone(), estimator.clone());
    let mut suite = Suite::new(
        estimator.clone(),
        Kind::Clusterer,
        Box::new(move |train, ask| group(&double, train, ask)),
        Box::new(move |train, ask| group(&single, train, ask)),
    );
    clusterers::add(&mut suite, &estimator);
    add_settings_checks(suite, group)
}

fn add_settings_checks<E: Settings>(
    mut suite: Suite<E>,
    answer: fn(&E, Train<'_, f64>, Records<'_, f64>) -> Result<Array2<f64>>,
) -> Suite<E> {
    let (a, b) = (suite.estimator.clone(), suite.estimator.clone());
    suite.add("settings_describe_themselves", move |_| {
        settings::describe_themselves(&Tried(a.clone(), answer))
    });
    suite.add("settings_out_of_range_are_refused", move |subject| {
        settings::out_of_range(&Tried(b.clone(), answer), subject)
    });
    suite
}

/// Settings, and what an estimator answers with them.
struct Tried<E>(E, fn(&E, Train<'_, f64>, Records<'_, f64>) -> Result<Array2<f64>>);

impl<E: Settings> settings::Trial for Tried<E> {
    fn settings(&self) -> &dyn Describe {
        &self.0
    }
    fn to_json(&self) -> Result<Value, String> {
        self.0.to_json()
    }
    fn read(&self, json: Value) -> Result<(Box<dyn settings::Trial>, bool), String> {
        let read = E::from_json(json)?;
        let same = read == self.0;
        Ok((Box::new(Self(read, self.1)), same))
    }
    fn answer(&self, train: Train<'_, f64>, ask: Records<'_, f64>) -> Result<Array2<f64>> {
        (self.1)(&self.0, train, ask)
    }
}

impl<E: Settings> Suite<E> {
    /// The model can be saved and loaded, and its answers survive bit for bit.
    pub fn saved<Y>(mut self) -> Self
    where
        E: saved::Saved<Y>,
        Y: 'static,
    {
        let estimator = self.estimator.clone();
        self.add("a_saved_model_answers_the_same", move |subject| {
            saved::answers_the_same(&estimator, subject)
        });
        self
    }

    /// The model predicts one row without a batch, with the same answer.
    pub fn one_row<Y>(mut self) -> Self
    where
        E: one_row::OneRow<Y>,
        Y: 'static,
    {
        let estimator = self.estimator.clone();
        self.add("one_row_answers_as_in_a_batch", move |_| one_row::as_in_a_batch(&estimator));
        self
    }

    /// The regressor takes several targets at once.
    pub fn multi_output<One, Many>(mut self) -> Self
    where
        E: Fit<f64, Array1<f64>, Model = One> + Fit<f64, Array2<f64>, Model = Many>,
        One: Predict<f64, Output = Array1<f64>>,
        Many: Predict<f64, Output = Array2<f64>>,
    {
        let estimator = self.estimator.clone();
        self.add("several_targets_are_as_one_by_one", move |_| regressors::several_targets(&estimator));
        self
    }

    /// The classifier gives probabilities.
    pub fn probabilities<M>(mut self) -> Self
    where
        E: Fit<f64, Array1<usize>, Model = M>,
        M: Predict<f64, Output = Array1<usize>> + PredictProba<f64> + Decide<f64>,
    {
        let estimator = self.estimator.clone();
        self.add("probabilities_agree_with_decisions", move |_| {
            classifiers::probabilities(&|train| {
                let model = estimator.fit_samples(samples(train, train.labels))?;
                Ok((
                    model.predict_records(train.x)?,
                    model.predict_proba_records(train.x)?,
                    model.decision_records(train.x)?,
                ))
            })
        });
        self
    }

    /// Classes can be given weights; `set` is the setter.
    pub fn class_weights(mut self, set: fn(E, ClassWeight) -> E) -> Self
    where
        E: classifiers::Learns<usize>,
    {
        let estimator = self.estimator.clone();
        self.add("class_weights_are_weights_of_rows", move |s| {
            classifiers::class_weights(&estimator, set, s)
        });
        self
    }

    /// Batches learnt one after the other are as all at once: for classifiers that learn in batches exactly.
    pub fn class_batches(mut self) -> Self
    where
        E: FitBatches,
        E::Model<f64>: LearnClasses<f64>,
    {
        let estimator = self.estimator.clone();
        self.add("class_batches_are_as_all_at_once", move |s| classifiers::batches(&estimator, s));
        self
    }

    /// Weights multiplied by a constant change nothing: the objective is a mean, or has no penalty.
    pub fn only_ratios_of_weights_matter(mut self) -> Self {
        self.add("only_ratios_of_weights_matter", weights::ratios);
        self
    }

    /// The transformation can be undone.
    pub fn inverse(mut self) -> Self
    where
        E: Fit<f64, ()>,
        <E as Fit<f64, ()>>::Model: Transform<f64> + InverseTransform<f64>,
    {
        let estimator = self.estimator.clone();
        self.add("the_transformation_can_be_undone", move |_| transformers::can_be_undone(&estimator));
        self
    }

    /// Batches learnt one after the other are as all at once.
    pub fn batches(mut self) -> Self
    where
        E: Fit<f64, ()>,
        <E as Fit<f64, ()>>::Model: Transform<f64> + PartialFit<f64, ()>,
    {
        let estimator = self.estimator.clone();
        self.add("batches_are_as_all_at_once", move |_| transformers::batches(&estimator));
        self
    }
}

/// Names what a helper trait is implemented for: regressors and classifiers are told apart by target.
#[derive(Debug)]
pub enum Numbers {}
/// See [`Numbers`].
#[derive(Debug)]
pub enum Labels {}
/// See [`Numbers`].
#[derive(Debug)]
pub enum Nothing {}

impl<E, M> saved::Saved<(Numbers, M)> for E
where
    E: Fit<f64, Array1<f64>, Model = M>,
    M: Predict<f64, Output = Array1<f64>> + Persist,
{
    type Model = M;
    fn fit_on(&self, train: Train<'_, f64>) -> Result<M> {
        self.fit_samples(samples(train, train.y))
    }
    fn ask(model: &M, x: Records<'_, f64>) -> Result<Array2<f64>> {
        Ok(model.predict_records(x)?.insert_axis(Axis(1)))
    }
}
impl<E, M> saved::Saved<(Labels, M)> for E
where
    E: Fit<f64, Array1<String>, Model = M>,
    M: Decide<f64> + Persist,
{
    type Model = M;
    fn fit_on(&self, train: Train<'_, f64>) -> Result<Self::Model> {
        let words = train.labels.mapv(|l| format!("class {l}"));
        self.fit_samples(Samples { weights: train.weights, ..Samples::new(train.x, words.view()) })
    }
    fn ask(model: &Self::Model, x: Records<'_, f64>) -> Result<Array2<f64>> {
        model.decision_records(x)
    }
}
impl<E> saved::Saved<Nothing> for E
where
    E: Fit<f64, ()>,
    E::Model: Transform<f64> + Persist,
{
    type Model = E::Model;
    fn fit_on(&self, train: Train<'_, f64>) -> Result<E::Model> {
        self.fit_samples(samples(train, ()))
    }
    fn ask(model: &E::Model, x: Records<'_, f64>) -> Result<Array2<f64>> {
        Ok(model.transform_records(x)?.into_dense())
    }
}

impl<E, M> one_row::OneRow<(Numbers, M)> for E
where
    E: Fit<f64, Array1<f64>, Model = M>,
    M: Predict<f64, Output = Array1<f64>> + for<'m> PredictOne<f64, One<'m> = f64> + 'static,
{
    fn both(&self, train: Train<'_, f64>, rows: &Array2<f64>) -> Result<one_row::Both> {
        let model = self.fit_samples(samples(train, train.y))?;
        let batch = model.predict_records(rows.into())?;
        one_row::compare(rows, batch.insert_axis(Axis(1)), &|row, scratch| {
            Ok(vec![model.predict_one(row, scratch)?])
        })
    }
}
impl<E, M> one_row::OneRow<(Labels, M)> for E
where
    E: Fit<f64, Array1<usize>, Model = M>,
    M: Predict<f64, Output = Array1<usize>> + for<'m> PredictOne<f64, One<'m> = &'m usize> + 'static,
{
    fn both(&self, train: Train<'_, f64>, rows: &Array2<f64>) -> Result<one_row::Both> {
        let model = self.fit_samples(samples(train, train.labels))?;
        let batch = model.predict_records(rows.into())?.mapv(|l| l as f64);
        one_row::compare(rows, batch.insert_axis(Axis(1)), &|row, scratch| {
            Ok(vec![*model.predict_one(row, scratch)? as f64])
        })
    }
}
impl<E> one_row::OneRow<Nothing> for E
where
    E: Fit<f64, ()>,
    E::Model: Transform<f64> + TransformOne<f64>,
{
    fn both(&self, train: Train<'_, f64>, rows: &Array2<f64>) -> Result<one_row::Both> {
        let model = self.fit_samples(samples(train, ()))?;
        let batch = model.transform_records(rows.into())?.into_dense();
        one_row::compare(rows, batch, &|row, scratch| {
            let mut out = Vec::new();
            model.transform_one(row, &mut out, scratch)?;
            Ok(out)
        })
    }
}

/// Transformed records whatever the storage, for transformers.
pub(crate) fn transformed<T: Transform<f64>>(model: &T, x: Records<'_, f64>) -> Result<Array2<f64>> {
    Ok(Array2::from_matrix(model.transform_records(x)?))
}
