//! An Estimand estimator in linfa.
//!
//! [`InLinfa`] settings have linfa's `Fit`; what they learn has linfa's `PredictInplace`, and with it
//! `Predict`, for regressors, classifiers and clusterers, or `Transformer` for transformers. So they
//! work in linfa's cross-validation and beside linfa's own. Pipelines (`a.then(b)`) are estimators too.
//!
//! linfa's `Predict` and `Transformer` cannot fail: where Estimand returns an error (another width, NaN),
//! these models panic with its message, as linfa's own models do; a prediction made up in its place would be
//! worse. These are the only panics on data in Estimand. [`InLinfaModel::model`] leads to the methods that return
//! errors.

use crate::convert::{Axes, IntoEstimand, IntoLinfa, named, widen};
use crate::{Error, Float};
use estimand_core::{Fit, Predict, Samples, Target, Transform};
use linfa::DatasetBase;
use linfa::dataset::AsTargets;
use linfa::traits::{PredictInplace, Transformer};
use ndarray_linfa::{Array, Array2, ArrayBase, Data, Ix2};

/// Estimand settings with linfa's `Fit`.
#[derive(Clone, Debug, PartialEq)]
pub struct InLinfa<E>(pub E);

/// An Estimand model with linfa's `Predict` and `Transformer`.
#[derive(Clone, Debug, PartialEq)]
pub struct InLinfaModel<M> {
    model: M,
}
impl<M> InLinfaModel<M> {
    /// The model itself.
    pub fn model(&self) -> &M {
        &self.model
    }

    /// The model itself, to keep.
    pub fn into_model(self) -> M {
        self.model
    }
}

impl<F, R, T, E> linfa::traits::Fit<ArrayBase<R, Ix2>, T, Error> for InLinfa<E>
where
    F: Float,
    R: Data<Elem = F>,
    T: AsTargets,
    T::Ix: Axes<T::Elem>,
    E: Fit<F, <T::Ix as Axes<T::Elem>>::Target>,
{
    type Object = InLinfaModel<E::Model>;

    fn fit(&self, data: &DatasetBase<ArrayBase<R, Ix2>, T>) -> Result<Self::Object, Error> {
        let x = data.records.view().into_estimand();
        let weights = widen::<F>(&data.weights);
        let model = <T::Ix as Axes<T::Elem>>::seen(data.targets.as_targets(), |y| {
            let samples = Samples::new(
                named(x.view(), data.feature_names()),
                <T::Ix as Axes<T::Elem>>::Target::shorten(y),
            );
            self.0.fit_samples(weights.as_ref().map_or(samples, |w| samples.with_weights(w)))
        })?;
        Ok(InLinfaModel { model })
    }
}

impl<F, R, T, I, M> PredictInplace<ArrayBase<R, Ix2>, Array<T, I>> for InLinfaModel<M>
where
    F: Float,
    R: Data<Elem = F>,
    T: Clone,
    I: Axes<T>,
    M: Predict<F, Output = I::Target>,
{
    fn predict_inplace<'a>(&'a self, x: &'a ArrayBase<R, Ix2>, y: &mut Array<T, I>) {
        *y = self.default_target(x);
    }

    /// The predictions themselves: there is nothing better to begin with.
    #[expect(clippy::panic, reason = "linfa's trait cannot return an error")]
    fn default_target(&self, x: &ArrayBase<R, Ix2>) -> Array<T, I> {
        match self.model.predict_records(x.view().into_estimand().view().into()) {
            Ok(predictions) => I::given(predictions),
            Err(e) => panic!("{e}"),
        }
    }
}

impl<F: Float, M: Transform<F>> Transformer<Array2<F>, Array2<F>> for InLinfaModel<M> {
    #[expect(clippy::panic, reason = "linfa's trait cannot return an error")]
    fn transform(&self, x: Array2<F>) -> Array2<F> {
        match self.model.transform_records(x.view().into_estimand().view().into()) {
            Ok(z) => z.into_dense().into_linfa(),
            Err(e) => panic!("{e}"),
        }
    }
}

/// The records are transformed and their columns renamed; targets and weights stay.
impl<F, R, T, M> Transformer<DatasetBase<ArrayBase<R, Ix2>, T>, DatasetBase<Array2<F>, T>> for InLinfaModel<M>
where
    F: Float,
    R: Data<Elem = F>,
    T: AsTargets,
    M: Transform<F>,
{
    fn transform(&self, data: DatasetBase<ArrayBase<R, Ix2>, T>) -> DatasetBase<Array2<F>, T> {
        let target_names = data.target_names().to_vec();
        DatasetBase::new(self.transform(data.records.into_owned()), data.targets)
            .with_weights(data.weights)
            .with_feature_names(self.model.feature_names_out().unwrap_or_default())
            .with_target_names(target_names)
    }
}
