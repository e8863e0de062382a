//! Scorers: what judges a fitted model on test data, the larger the better.
//!
//! | scorer | what it judges |
//! |---|---|
//! | a function `f(truth, predicted)`, as [`accuracy`](crate::accuracy) or [`r2`](crate::r2) | predictions |
//! | [`lower_is_better`]`(f)` | the same for a loss, as [`mean_squared_error`](crate::mean_squared_error) |
//! | [`weighted`]`(f)`, with `f(truth, predicted, weights)` | predictions, with the sample weights of the test data |
//! | [`on_probabilities`]`(f)`, with `f(truth, probabilities, classes)` | class probabilities |
//! | [`on_decision`]`(f)`, with `f(truth, decision values, classes)` | decision values |
//! | [`scorers`]`::…` | ready-made ones: ROC AUC, log loss, averaged F₁, … |
//!
//! Closures are functions too; their arguments need types: `|t: &ArrayRef1<f64>, p: &ArrayRef1<f64>| …`.
//!
//! A loss taken for a score would make a search return its worst candidate. So the value is compared with
//! that of perfect predictions: where these come out worse, the scorer is refused.

use estimand_core::{Classes, Decide, Error, Float, Label, Predict, PredictProba, Result, Samples, Target};
use ndarray::{Array1, Array2, ArrayRef1, ArrayRef2, ArrayView1};

/// The share by which rounding may put perfect predictions below others.
const ROUNDING: f64 = 1e-9;

/// Judges a fitted model of type `M`: the larger the better.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot score models of type `{M}` on targets of type `{Y}`",
    note = "give a metric with `.scoring(…)`: `accuracy` for labels, `r2` for numbers, `lower_is_better(mean_squared_error)` for losses",
    note = "a closure needs the types of its arguments: `|t: &ArrayRef1<f64>, p: &ArrayRef1<f64>| …`"
)]
pub trait Scorer<F: Float, Y: Target, M>: Sync {
    /// Measures the model.
    fn measure(&self, model: &M, test: Samples<'_, F, Y>) -> Result<Measured>;

    /// What the tables call it.
    fn name(&self) -> String;

    /// Measures the model, and refuses a measure by which perfect predictions are worse.
    fn score(&self, model: &M, test: Samples<'_, F, Y>) -> Result<f64> {
        let Measured { value, perfect } = self.measure(model, test)?;
        if value.is_nan() {
            return Err(Error::numerical(format!("{} is not a number", self.name())));
        }
        match perfect {
            Some(perfect) if perfect + ROUNDING * perfect.abs() < value => Err(Error::parameter(
                "scoring",
                self.name(),
                "larger for better predictions: wrap a loss in `lower_is_better(…)`, and leave a score as it is",
            )),
            _ => Ok(value),
        }
    }
}

/// What a scorer measured.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Measured {
    /// Of the model's predictions.
    pub value: f64,
    /// Of perfect predictions, where that is known.
    pub perfect: Option<f64>,
}

impl Measured {
    /// The measure of the model, and of perfect predictions if it is defined for them.
    fn new(value: Result<f64>, perfect: Result<f64>) -> Result<Self> {
        Ok(Self { value: value?, perfect: perfect.ok() })
    }
}

/// The name of a function: the last part of its path. Closures and pointers have none.
fn function_name<T>() -> String {
    let path = std::any::type_name::<T>();
    let path = path.split('<').next().unwrap_or(path);
    match path.rsplit_once("::") {
        Some((_, name)) if !path.contains(['{', '&', '(']) => name.into(),
        _ => "score".into(),
    }
}

macro_rules! function_scorer {
    ($array:ident, $reference:ident) => {
        #[diagnostic::do_not_recommend]
        impl<F, T, M, S> Scorer<F, $array<T>, M> for S
        where
            F: Float,
            T: Clone + Send + Sync + 'static,
            M: Predict<F, Output = $array<T>>,
            S: Fn(&$reference<T>, &$reference<T>) -> Result<f64> + Sync,
        {
            fn measure(&self, model: &M, test: Samples<'_, F, $array<T>>) -> Result<Measured> {
                let predicted = model.predict_records(test.x)?;
                Measured::new(self(&test.y, &predicted), self(&test.y, &test.y))
            }
            fn name(&self) -> String {
                function_name::<S>()
            }
        }

        impl<F, T, M, S> Scorer<F, $array<T>, M> for Weighted<S>
        where
            F: Float,
            T: Clone + Send + Sync + 'static,
            M: Predict<F, Output = $array<T>>,
            S: Fn(&$reference<T>, &$reference<T>, &ArrayRef1<F>) -> Result<f64> + Sync,
        {
            fn measure(&self, model: &M, test: Samples<'_, F, $array<T>>) -> Result<Measured> {
                let predicted = model.predict_records(test.x)?;
                let ones = Array1::ones(if test.weights.is_some() { 0 } else { test.nrows() });
                let weights = test.weights.unwrap_or(ones.view());
                Measured::new((self.0)(&test.y, &predicted, &weights), (self.0)(&test.y, &test.y, &weights))
            }
            fn name(&self) -> String {
                format!("weighted {}", function_name::<S>())
            }
        }
    };
}
function_scorer!(Array1, ArrayRef1);
function_scorer!(Array2, ArrayRef2);

/// A loss as a scorer; made by [`lower_is_better`].
#[derive(Clone, Copy, Debug)]
pub struct LowerIsBetter<S>(S);

/// Makes a scorer of a loss: a function, or one of the other scorers here.
pub fn lower_is_better<S>(loss: S) -> LowerIsBetter<S> {
    LowerIsBetter(loss)
}

impl<F: Float, Y: Target, M, S: Scorer<F, Y, M>> Scorer<F, Y, M> for LowerIsBetter<S> {
    fn measure(&self, model: &M, test: Samples<'_, F, Y>) -> Result<Measured> {
        let Measured { value, perfect } = self.0.measure(model, test)?;
        Ok(Measured { value: -value, perfect: perfect.map(|v| -v) })
    }
    fn name(&self) -> String {
        format!("-{}", self.0.name())
    }
}

/// A function of truth, predictions and weights; made by [`weighted`].
#[derive(Clone, Copy, Debug)]
pub struct Weighted<S>(S);

/// Makes a scorer of a function from [`weighted`](mod@crate::weighted): it gets the sample weights of the
/// test data, or ones where there are none.
pub fn weighted<S>(metric: S) -> Weighted<S> {
    Weighted(metric)
}

/// A function of truth, probabilities and classes; made by [`on_probabilities`].
#[derive(Clone, Copy, Debug)]
pub struct OnProbabilities<S>(S);

/// Makes a scorer of a function of class probabilities: `f(truth, probabilities, classes)`.
pub fn on_probabilities<S>(metric: S) -> OnProbabilities<S> {
    OnProbabilities(metric)
}

impl<F, L, M, S> Scorer<F, Array1<L>, M> for OnProbabilities<S>
where
    F: Float,
    L: Label,
    M: PredictProba<F> + Classes<Label = L>,
    S: Fn(&ArrayRef1<L>, &ArrayRef2<F>, &[L]) -> Result<f64> + Sync,
{
    fn measure(&self, model: &M, test: Samples<'_, F, Array1<L>>) -> Result<Measured> {
        let (probabilities, classes) = (model.predict_proba_records(test.x)?, model.classes());
        let perfect = certain(test.y, classes, F::zero(), classes.len());
        Measured::new((self.0)(&test.y, &probabilities, classes), (self.0)(&test.y, &perfect, classes))
    }
    fn name(&self) -> String {
        function_name::<S>()
    }
}

/// A function of truth, decision values and classes; made by [`on_decision`].
#[derive(Clone, Copy, Debug)]
pub struct OnDecision<S>(S);

/// Makes a scorer of a function of decision values: `f(truth, values, classes)`; one column for two
/// classes, else one per class.
pub fn on_decision<S>(metric: S) -> OnDecision<S> {
    OnDecision(metric)
}

impl<F, L, M, S> Scorer<F, Array1<L>, M> for OnDecision<S>
where
    F: Float,
    L: Label,
    M: Decide<F> + Classes<Label = L>,
    S: Fn(&ArrayRef1<L>, &ArrayRef2<F>, &[L]) -> Result<f64> + Sync,
{
    fn measure(&self, model: &M, test: Samples<'_, F, Array1<L>>) -> Result<Measured> {
        let (values, classes) = (model.decision_records(test.x)?, model.classes());
        let perfect = certain(test.y, classes, -F::one(), values.ncols());
        Measured::new((self.0)(&test.y, &values, classes), (self.0)(&test.y, &perfect, classes))
    }
    fn name(&self) -> String {
        function_name::<S>()
    }
}

/// The values of a model that is certain and right: 1 for the true class, `other` for the others. One
/// column stands for the second of two classes.
fn certain<F: Float, L: Label>(
    truth: ArrayView1<'_, L>,
    classes: &[L],
    other: F,
    columns: usize,
) -> Array2<F> {
    let offset = usize::from(columns == 1);
    Array2::from_shape_fn((truth.len(), columns), |(i, j)| {
        if classes.get(j + offset) == Some(&truth[i]) { F::one() } else { other }
    })
}

/// A scorer with a name; made by [`named`].
#[derive(Clone, Debug)]
pub struct Named<S> {
    name: String,
    scorer: S,
}

/// Gives a scorer, a closure above all, the name that the tables call it.
pub fn named<S>(name: impl Into<String>, scorer: S) -> Named<S> {
    Named { name: name.into(), scorer }
}

impl<F: Float, Y: Target, M, S: Scorer<F, Y, M>> Scorer<F, Y, M> for Named<S> {
    fn measure(&self, model: &M, test: Samples<'_, F, Y>) -> Result<Measured> {
        self.scorer.measure(model, test)
    }
    fn name(&self) -> String {
        self.name.clone()
    }
}

/// Ready-made scorers for metrics that need more than truth and predictions.
pub mod scorers {
    use super::*;
    use crate::{Average, Multiclass};

    macro_rules! on_average {
        ($($name:ident)*) => {$(
            #[doc = concat!("[`", stringify!($name), "`](crate::", stringify!($name), ") on average over the classes.")]
            pub fn $name<F, L, M>(average: Average<L>) -> impl Scorer<F, Array1<L>, M> + Clone + Send
            where
                F: Float,
                L: Label,
                M: Predict<F, Output = Array1<L>>,
            {
                let of = match &average {
                    Average::Binary { positive } => positive.to_string(),
                    Average::Micro => "micro".into(),
                    Average::Macro => "macro".into(),
                    Average::Weighted => "weighted".into(),
                };
                let metric = move |t: &ArrayRef1<L>, p: &ArrayRef1<L>| crate::$name(t, p, average.clone());
                named(format!("{} ({of})", stringify!($name)), metric)
            }
        )*};
    }
    on_average!(f1 precision recall jaccard);

    macro_rules! probability_losses {
        ($($name:ident)*) => {$(
            #[doc = concat!("Minus [`", stringify!($name), "`](crate::", stringify!($name), ") of the class probabilities.")]
            pub fn $name<F, L, M>() -> impl Scorer<F, Array1<L>, M> + Clone + Send
            where
                F: Float,
                L: Label,
                M: PredictProba<F> + Classes<Label = L>,
            {
                lower_is_better(on_probabilities(crate::$name::<L, F>))
            }
        )*};
    }
    probability_losses!(log_loss brier_score);

    macro_rules! of_two_classes {
        ($($name:ident)*) => {$(
            #[doc = concat!("[`", stringify!($name), "`](crate::", stringify!($name), ") of the decision values of two classes.")]
            pub fn $name<F, L, M>() -> impl Scorer<F, Array1<L>, M> + Clone + Send
            where
                F: Float,
                L: Label,
                M: Decide<F> + Classes<Label = L>,
            {
                let metric = |truth: &ArrayRef1<L>, values: &ArrayRef2<F>, classes: &[L]| match classes {
                    [_, second] if values.ncols() == 1 => {
                        crate::$name(&truth.map(|label| label == second), &values.column(0))
                    }
                    _ => Err(Error::unsupported(
                        concat!("scorers::", stringify!($name)),
                        format!("{} classes; use `scorers::roc_auc_multiclass`", classes.len()),
                    )),
                };
                named(stringify!($name), on_decision(metric))
            }
        )*};
    }
    of_two_classes!(roc_auc average_precision);

    /// [`roc_auc_multiclass`](crate::roc_auc_multiclass) of the class probabilities.
    pub fn roc_auc_multiclass<F, L, M>(
        compare: Multiclass,
        average: Average<L>,
    ) -> impl Scorer<F, Array1<L>, M> + Clone + Send
    where
        F: Float,
        L: Label,
        M: PredictProba<F> + Classes<Label = L>,
    {
        let metric = move |truth: &ArrayRef1<L>, probabilities: &ArrayRef2<F>, classes: &[L]| {
            crate::roc_auc_multiclass(truth, probabilities, classes, compare, average.clone())
        };
        named("roc_auc_multiclass", on_probabilities(metric))
    }
}

#[cfg(test)]
mod tests;
