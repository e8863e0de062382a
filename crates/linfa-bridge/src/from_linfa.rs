//! linfa's estimators in Estimand: in pipelines, cross-validation and search.
//!
//! | wrapper | linfa's estimator learns from | and has |
//! |---|---|---|
//! | [`LinfaRegressor`] | numbers | `PredictInplace` |
//! | [`LinfaClassifier`] | class codes `0..k` as `usize`; labels of any kind outside | `PredictInplace` |
//! | [`LinfaTransformer`] | records alone | linfa's `Transformer` |
//!
//! What linfa leaves to its estimators is done here for all: NaN, empty records and other widths are
//! errors. Most linfa estimators ignore sample weights, so weights are refused unless
//! [`reads_weights`](LinfaRegressor::reads_weights) says otherwise. Models cannot be saved.
//!
//! `M` and `E` are the types of linfa's model and error; the compiler finds them where `fit` is called.

use crate::Float;
use crate::convert::{IntoEstimand, IntoLinfa};
use estimand_core::labels::encode;
use estimand_core::records::Dense;
use estimand_core::samples::check_finite_target;
use estimand_core::{
    Capabilities, Describe, Error, Features, Fit, Label, Matrix, Parameter, Predict, Records, Result,
    Samples, Target, Transform,
};
use linfa::traits::PredictInplace;
use ndarray::{Array1, Axis};
use ndarray_linfa::{Array1 as Vector, Array2 as Table, ArrayView1 as VectorView, ArrayView2 as TableView};
use std::fmt::{Debug, Display};
use std::marker::PhantomData;

macro_rules! settings {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[must_use = "settings do nothing until they are fitted"]
        pub struct $name<P, M, E> {
            params: P,
            reads_weights: bool,
            learns: PhantomData<fn() -> (M, E)>,
        }
        impl<P, M, E> $name<P, M, E> {
            /// linfa's parameters, behind Estimand's traits.
            pub fn new(params: P) -> Self {
                Self { params, reads_weights: false, learns: PhantomData }
            }

            /// Says that this linfa estimator reads sample weights, so that they are passed on.
            pub fn reads_weights(mut self, reads_weights: bool) -> Self {
                self.reads_weights = reads_weights;
                self
            }

            /// linfa's parameters.
            pub fn params(&self) -> &P {
                &self.params
            }
        }
        impl<P: PartialEq, M, E> PartialEq for $name<P, M, E> {
            fn eq(&self, other: &Self) -> bool {
                (&self.params, self.reads_weights) == (&other.params, other.reads_weights)
            }
        }
        impl<P: Clone, M, E> Clone for $name<P, M, E> {
            fn clone(&self) -> Self {
                Self { params: self.params.clone(), ..*self }
            }
        }
        impl<P: Debug, M, E> Debug for $name<P, M, E> {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.debug_tuple(stringify!($name)).field(&self.params).finish()
            }
        }
        impl<P: Debug, M, E> Describe for $name<P, M, E> {
            fn name(&self) -> String {
                name_of::<P>()
            }
            fn parameters(&self) -> Vec<Parameter> {
                let parameter = |name: &'static str, value, default| Parameter { name: name.into(), value, default, allowed: String::new() };
                vec![
                    parameter("params", format!("{:?}", self.params), ""),
                    parameter("reads_weights", self.reads_weights.to_string(), "false"),
                ]
            }
            fn check(&self) -> Result<()> {
                Ok(())
            }
            fn capabilities(&self) -> Capabilities {
                Capabilities { weights: self.reads_weights, ..Default::default() }
            }
        }
    };
}
settings! {
    /// A linfa regressor.
    LinfaRegressor
}
settings! {
    /// A linfa classifier.
    LinfaClassifier
}
settings! {
    /// A linfa transformer.
    LinfaTransformer
}

/// `linfa_logistic::hyperparams::LogisticRegressionParams<f64>` is called `linfa LogisticRegression`.
fn name_of<P>() -> String {
    let path = std::any::type_name::<P>();
    let path = path.split('<').next().unwrap_or(path);
    let name = path.rsplit("::").next().unwrap_or(path);
    format!("linfa {}", name.trim_end_matches("Params").trim_end_matches("Valid"))
}

/// What a linfa estimator would pass over in silence.
fn check<F: Float, Y: Target>(settings: &impl Describe, samples: &Samples<'_, F, Y>) -> Result<()> {
    samples.check()?;
    samples.x.check_finite()?;
    match samples.weights {
        Some(_) if !settings.capabilities().weights => Err(Error::unsupported(
            settings.name(),
            "sample weights, as far as the bridge knows; see `reads_weights`",
        )),
        _ => Ok(()),
    }
}

fn foreign(settings: &impl Describe, error: &impl Display) -> Error {
    Error::Foreign { estimator: settings.name(), what: error.to_string() }
}

/// A linfa model and the columns that it was fitted on.
#[derive(Clone, Debug)]
pub struct Fitted<M> {
    model: M,
    features: Features,
}
impl<M> Fitted<M> {
    /// linfa's model.
    pub fn model(&self) -> &M {
        &self.model
    }

    /// linfa's predictions: checked here, because linfa's trait cannot fail.
    fn predictions<F: Float, T: Clone>(&self, x: Records<'_, F>) -> Result<Array1<T>>
    where
        M: for<'a> PredictInplace<TableView<'a, F>, Vector<T>>,
    {
        self.features.check(x)?;
        x.check_finite()?;
        let x = x.dense("linfa")?.into_linfa();
        let x = x.view();
        let mut y = self.model.default_target(&x);
        self.model.predict_inplace(&x, &mut y);
        Ok(y.into_estimand())
    }
}

impl<F, P, M, E> Fit<F, Array1<F>> for LinfaRegressor<P, M, E>
where
    F: Float,
    P: Debug + for<'a> linfa::traits::Fit<TableView<'a, F>, VectorView<'a, F>, E, Object = M>,
    E: std::error::Error + From<linfa::Error>,
{
    type Model = Fitted<M>;

    fn fit_samples(&self, samples: Samples<'_, F, Array1<F>>) -> Result<Fitted<M>> {
        check(self, &samples)?;
        check_finite_target(samples.y.insert_axis(Axis(1)))?;
        let data = samples.into_linfa()?;
        let model = self.params.fit(&data.view()).map_err(|e| foreign(self, &e))?;
        Ok(Fitted { model, features: Features::of(samples.x) })
    }
}

impl<F: Float, M: for<'a> PredictInplace<TableView<'a, F>, Vector<F>>> Predict<F> for Fitted<M> {
    type Output = Array1<F>;

    fn predict_records(&self, x: Records<'_, F>) -> Result<Array1<F>> {
        self.predictions(x)
    }
}

/// A linfa classifier's model, and the labels that its codes stand for.
#[derive(Clone, Debug)]
pub struct FittedClassifier<M, L> {
    fitted: Fitted<M>,
    classes: Vec<L>,
}
impl<M, L> FittedClassifier<M, L> {
    /// The classes, sorted.
    pub fn classes(&self) -> &[L] {
        &self.classes
    }

    /// linfa's model, which knows codes only.
    pub fn model(&self) -> &M {
        &self.fitted.model
    }
}

impl<F, L, P, M, E> Fit<F, Array1<L>> for LinfaClassifier<P, M, E>
where
    F: Float,
    L: Label,
    P: Debug + for<'a> linfa::traits::Fit<TableView<'a, F>, VectorView<'a, usize>, E, Object = M>,
    E: std::error::Error + From<linfa::Error>,
{
    type Model = FittedClassifier<M, L>;

    fn fit_samples(&self, samples: Samples<'_, F, Array1<L>>) -> Result<Self::Model> {
        check(self, &samples)?;
        let (classes, codes) = encode(samples.y);
        if classes.len() < 2 {
            return Err(Error::target(format!("{} needs at least two classes", self.name())));
        }
        let codes = codes.mapv(|c| c as usize);
        let coded = Samples { x: samples.x, y: codes.view(), weights: samples.weights, groups: None };
        let data = Samples::<F, Array1<usize>>::into_linfa(coded)?;
        let model = self.params.fit(&data.view()).map_err(|e| foreign(self, &e))?;
        Ok(FittedClassifier { fitted: Fitted { model, features: Features::of(samples.x) }, classes })
    }
}

impl<F, L, M> Predict<F> for FittedClassifier<M, L>
where
    F: Float,
    L: Label,
    M: for<'a> PredictInplace<TableView<'a, F>, Vector<usize>>,
{
    type Output = Array1<L>;

    fn predict_records(&self, x: Records<'_, F>) -> Result<Array1<L>> {
        let codes: Array1<usize> = self.fitted.predictions(x)?;
        let label = |c: usize| {
            self.classes.get(c).cloned().ok_or_else(|| Error::numerical(format!("linfa predicted class {c}")))
        };
        codes.into_iter().map(label).collect()
    }
}

/// A linfa transformer's model.
#[derive(Clone, Debug)]
pub struct FittedTransformer<M>(Fitted<M>);
impl<M> FittedTransformer<M> {
    /// linfa's model.
    pub fn model(&self) -> &M {
        &self.0.model
    }
}

impl<F, Y, P, M, E> Fit<F, Y> for LinfaTransformer<P, M, E>
where
    F: Float,
    Y: Target,
    P: Debug + for<'a> linfa::traits::Fit<TableView<'a, F>, VectorView<'a, ()>, E, Object = M>,
    E: std::error::Error + From<linfa::Error>,
{
    type Model = FittedTransformer<M>;

    fn fit_samples(&self, samples: Samples<'_, F, Y>) -> Result<Self::Model> {
        check(self, &samples)?;
        let no_targets = Array1::from_elem(samples.nrows(), ());
        let blank = Samples { x: samples.x, y: no_targets.view(), weights: samples.weights, groups: None };
        let data = Samples::<F, Array1<()>>::into_linfa(blank)?;
        let model = self.params.fit(&data.view()).map_err(|e| foreign(self, &e))?;
        Ok(FittedTransformer(Fitted { model, features: Features::of(samples.x) }))
    }
}

impl<F: Float, M: linfa::traits::Transformer<Table<F>, Table<F>>> Transform<F> for FittedTransformer<M> {
    type Stored = Dense;

    fn transform_records(&self, x: Records<'_, F>) -> Result<Matrix<F>> {
        self.0.features.check(x)?;
        x.check_finite()?;
        let x = x.dense("linfa")?.into_linfa().into_owned();
        Ok(self.0.model.transform(x).into_estimand().into())
    }

    /// None: linfa's transformers do not say what their columns are called.
    fn feature_names_out(&self) -> Option<Vec<String>> {
        None
    }
}
