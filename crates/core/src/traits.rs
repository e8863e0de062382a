//! The traits of every estimator, on one page.
//!
//! Each trait has one required method, which takes the concrete view and keeps the trait object-safe,
//! and one method for users, which takes anything that converts into it.

use crate::records::{AsGiven, IntoRecords, Storage};
use crate::{Describe, Float, Matrix, Records, Result, Samples, Target};
use ndarray::Array2;

/// Settings that can learn from samples.
///
/// Settings and fitted models are different types: one value of settings can be fitted any number of
/// times, and predicting before fitting does not compile.
pub trait Fit<F: Float, Y: Target> {
    /// What fitting gives.
    type Model;

    /// Learns from borrowed samples.
    fn fit_samples(&self, samples: Samples<'_, F, Y>) -> Result<Self::Model>;

    /// Learns from `(&x, &y)`, `(&x, &y, &weights)`, a data set, or `&x` alone.
    fn fit<'a>(&self, samples: impl Into<Samples<'a, F, Y>>) -> Result<Self::Model>
    where
        Self: Sized,
        F: 'a,
    {
        self.fit_samples(samples.into())
    }

    /// Learns from the same samples with each of several settings, in order: what a search calls on
    /// each fold. Overridden where work can be shared between settings, as the Gram matrix of ridge
    /// regression can; [`shares_fits`](Self::shares_fits) then says so.
    fn fit_many<'s>(candidates: &[&Self], samples: Samples<'s, F, Y>) -> Vec<Result<Self::Model>>
    where
        Self: Sized,
    {
        candidates.iter().map(|settings| settings.fit_samples(samples)).collect()
    }

    /// Whether [`fit_many`](Self::fit_many) takes less work than fitting each in turn. If not, a search
    /// spreads the settings over threads instead.
    fn shares_fits() -> bool
    where
        Self: Sized,
    {
        false
    }
}

/// A model that predicts one output per row.
pub trait Predict<F: Float> {
    /// `Array1<F>`, `Array2<F>` or `Array1<L>`.
    type Output;

    /// Predicts for borrowed records.
    fn predict_records(&self, x: Records<'_, F>) -> Result<Self::Output>;

    /// Predicts for an array, a sparse matrix or a data set.
    fn predict<'a>(&self, x: impl Into<Records<'a, F>>) -> Result<Self::Output>
    where
        Self: Sized,
        F: 'a,
    {
        self.predict_records(x.into())
    }
}

/// A classifier that gives class probabilities.
pub trait PredictProba<F: Float> {
    /// Probabilities, `n × k`, columns in the order of the classes, rows summing to one.
    fn predict_proba_records(&self, x: Records<'_, F>) -> Result<Array2<F>>;

    /// Probabilities for an array, a sparse matrix or a data set.
    fn predict_proba<'a>(&self, x: impl Into<Records<'a, F>>) -> Result<Array2<F>>
    where
        Self: Sized,
        F: 'a,
    {
        self.predict_proba_records(x.into())
    }
}

/// A model that turns records into records.
pub trait Transform<F: Float> {
    /// How the result is stored: [`AsGiven`] (dense stays dense, sparse stays sparse),
    /// [`Dense`](crate::records::Dense) or [`Sparse`](crate::records::Sparse).
    type Stored: Storage<F>;

    /// Transforms borrowed records.
    fn transform_records(&self, x: Records<'_, F>) -> Result<Matrix<F>>;

    /// Names of the output columns, if the input columns had names or the output defines its own.
    fn feature_names_out(&self) -> Option<Vec<String>>;

    /// Transforms an array, a sparse matrix or a data set: an `Array2` in gives an `Array2` out
    /// wherever the transformer stores its result as given.
    fn transform<'a, X: IntoRecords<'a, F>>(&self, x: X) -> Result<<Self::Stored as Storage<F>>::Of<X::Owned>>
    where
        Self: Sized,
    {
        self.transform_records(x.into()).map(crate::records::Table::from_matrix)
    }
}

/// A transformer whose work can be undone.
pub trait InverseTransform<F: Float> {
    /// Undoes [`Transform::transform_records`].
    fn inverse_transform_records(&self, z: Records<'_, F>) -> Result<Matrix<F>>;

    /// Undoes `transform`.
    fn inverse_transform<'a, X: IntoRecords<'a, F>>(&self, z: X) -> Result<X::Owned>
    where
        Self: Sized,
    {
        self.inverse_transform_records(z.into()).map(crate::records::Table::from_matrix)
    }
}

/// A model that can learn more from a further batch.
pub trait PartialFit<F: Float, Y: Target> {
    /// Learns from a further batch of borrowed samples.
    fn partial_fit_samples(&mut self, batch: Samples<'_, F, Y>) -> Result<()>;

    /// Learns from a further batch, given in any of the forms of [`Fit::fit`].
    fn partial_fit<'a>(&mut self, batch: impl Into<Samples<'a, F, Y>>) -> Result<()>
    where
        Self: Sized,
        F: 'a,
    {
        self.partial_fit_samples(batch.into())
    }
}

/// Prediction for one row without allocating, for serving: a microsecond or less for linear models.
pub trait PredictOne<F: Float> {
    /// A number, or a borrowed label.
    type One<'m>
    where
        Self: 'm;

    /// Predicts for one row. `scratch` is kept by the caller between rows and grows once.
    fn predict_one<'m>(&'m self, row: &[F], scratch: &mut Scratch<F>) -> Result<Self::One<'m>>;
}

/// Transformation of one row without allocating.
pub trait TransformOne<F: Float> {
    /// Writes the transformed row into `out`, replacing what it held.
    fn transform_one(&self, row: &[F], out: &mut Vec<F>, scratch: &mut Scratch<F>) -> Result<()>;
}

/// Buffers that one-row prediction reuses from row to row.
#[derive(Clone, Debug, Default)]
pub struct Scratch<F> {
    free: Vec<Vec<F>>,
    wide: Vec<Vec<f64>>,
}
impl<F> Scratch<F> {
    /// No buffers yet; they come with the first row.
    pub fn new() -> Self {
        Self { free: Vec::new(), wide: Vec::new() }
    }
    /// An empty buffer, with the capacity it had when it was last given back.
    pub fn take(&mut self) -> Vec<F> {
        self.free.pop().unwrap_or_default()
    }
    /// Gives a buffer back for the next row.
    pub fn give(&mut self, mut buffer: Vec<F>) {
        buffer.clear();
        self.free.push(buffer);
    }
    /// Like [`take`](Self::take), for sums in double precision.
    pub fn take_wide(&mut self) -> Vec<f64> {
        self.wide.pop().unwrap_or_default()
    }
    /// Gives such a buffer back.
    pub fn give_wide(&mut self, mut buffer: Vec<f64>) {
        buffer.clear();
        self.wide.push(buffer);
    }
}

/// Settings behind a pointer, so that estimators of different types fit in one vector: voting,
/// stacking, a search over kinds of estimators.
///
/// ```text
/// let candidates: Vec<Boxed<f64, Array1<usize>>> = vec![Boxed::new(Knn::new()), Boxed::new(Tree::new())];
/// ```
pub struct Boxed<F: Float, Y: Target> {
    inner: Box<dyn DynFit<F, Y>>,
}

/// The object-safe form of [`Fit`] for estimators whose models predict their target's type; every
/// such estimator has it.
pub trait DynFit<F: Float, Y: Target>: Describe + Send + Sync {
    /// Fits and boxes the model.
    fn fit_boxed(&self, samples: Samples<'_, F, Y>) -> Result<Box<dyn Predict<F, Output = Y> + Send + Sync>>;
    /// A copy of the settings.
    fn clone_boxed(&self) -> Boxed<F, Y>;
}
impl<F: Float, Y: Target, E> DynFit<F, Y> for E
where
    E: Fit<F, Y> + Describe + Clone + Send + Sync + 'static,
    E::Model: Predict<F, Output = Y> + Send + Sync + 'static,
{
    fn fit_boxed(&self, samples: Samples<'_, F, Y>) -> Result<Box<dyn Predict<F, Output = Y> + Send + Sync>> {
        Ok(Box::new(self.fit_samples(samples)?))
    }
    fn clone_boxed(&self) -> Boxed<F, Y> {
        Boxed::new(self.clone())
    }
}

impl<F: Float, Y: Target> Boxed<F, Y> {
    /// Boxes settings.
    pub fn new(settings: impl DynFit<F, Y> + 'static) -> Self {
        Self { inner: Box::new(settings) }
    }
}
impl<F: Float, Y: Target> Clone for Boxed<F, Y> {
    fn clone(&self) -> Self {
        self.inner.clone_boxed()
    }
}
crate::described_by!([F: Float, Y: Target] Boxed<F, Y>, inner);
impl<F: Float, Y: Target> Fit<F, Y> for Boxed<F, Y> {
    type Model = Box<dyn Predict<F, Output = Y> + Send + Sync>;
    fn fit_samples(&self, samples: Samples<'_, F, Y>) -> Result<Self::Model> {
        self.inner.fit_boxed(samples)
    }
}
impl<F: Float, O, P: Predict<F, Output = O> + ?Sized> Predict<F> for Box<P> {
    type Output = O;
    fn predict_records(&self, x: Records<'_, F>) -> Result<O> {
        (**self).predict_records(x)
    }
}
impl<F: Float, P: Transform<F> + ?Sized> Transform<F> for Box<P> {
    type Stored = AsGiven;
    fn transform_records(&self, x: Records<'_, F>) -> Result<Matrix<F>> {
        (**self).transform_records(x)
    }
    fn feature_names_out(&self) -> Option<Vec<String>> {
        (**self).feature_names_out()
    }
}
