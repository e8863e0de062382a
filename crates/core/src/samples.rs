//! One training set, borrowed: records, targets, weights, groups.

use crate::{Dataset, Error, Float, Matrix, Records, Result, Table};
use ndarray::{Array1, Array2, ArrayView1, ArrayView2, Axis};

/// What an estimator learns to predict: `Array1<F>`, `Array2<F>`, `Array1<L>`, or `()` for nothing.
pub trait Target: Clone + Send + Sync + 'static {
    /// The borrowed form.
    type View<'a>: Copy + Send + Sync;
    /// Borrows.
    fn as_view(&self) -> Self::View<'_>;
    /// Shortens the lifetime of a borrowed target; views of [`Samples`] are invariant in it.
    fn shorten<'s, 'l: 's>(view: Self::View<'l>) -> Self::View<'s>;
    /// The rows with these numbers, copied.
    fn select(view: Self::View<'_>, rows: &[usize]) -> Self;
    /// The number of rows, or `None` where there is no target.
    fn rows(view: Self::View<'_>) -> Option<usize>;
}

macro_rules! array_target {
    ($owned:ident, $view:ident) => {
        impl<T: Clone + Send + Sync + 'static> Target for $owned<T> {
            type View<'a> = $view<'a, T>;
            fn as_view(&self) -> $view<'_, T> {
                self.view()
            }
            fn shorten<'s, 'l: 's>(view: $view<'l, T>) -> $view<'s, T> {
                view
            }
            fn select(view: $view<'_, T>, rows: &[usize]) -> Self {
                view.select(Axis(0), rows)
            }
            fn rows(view: $view<'_, T>) -> Option<usize> {
                Some(view.len_of(Axis(0)))
            }
        }
    };
}
array_target!(Array1, ArrayView1);
array_target!(Array2, ArrayView2);

impl Target for () {
    type View<'a> = ();
    fn as_view(&self) {}
    fn shorten<'s, 'l: 's>(_: ()) {}
    fn select(_: (), _: &[usize]) {}
    fn rows(_: ()) -> Option<usize> {
        None
    }
}

/// Everything `fit` learns from. Made from a pair `(x, y)`, a triple `(x, y, weights)`, a
/// [`Dataset`], or from records alone.
#[derive(Debug)]
pub struct Samples<'a, F, Y: Target> {
    /// Records, `n × p`.
    pub x: Records<'a, F>,
    /// Targets, `n` rows.
    pub y: Y::View<'a>,
    /// Sample weights, `n`; weight 2 means the row counts as two, weight 0 as none.
    pub weights: Option<ArrayView1<'a, F>>,
    /// Group of each row, `n`: rows of one group are never split between training and test.
    pub groups: Option<ArrayView1<'a, usize>>,
}

impl<F: Float, Y: Target> Clone for Samples<'_, F, Y> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<F: Float, Y: Target> Copy for Samples<'_, F, Y> {}

impl<'a, F: Float, Y: Target> Samples<'a, F, Y> {
    /// Samples of records and targets.
    pub fn new(x: Records<'a, F>, y: Y::View<'a>) -> Self {
        Self { x, y, weights: None, groups: None }
    }

    /// Number of rows.
    pub fn nrows(&self) -> usize {
        self.x.nrows()
    }

    /// The same samples with weights.
    #[must_use]
    pub fn with_weights(self, weights: impl Into<ArrayView1<'a, F>>) -> Self {
        Self { weights: Some(weights.into()), ..self }
    }

    /// The same samples with groups.
    #[must_use]
    pub fn with_groups(self, groups: impl Into<ArrayView1<'a, usize>>) -> Self {
        Self { groups: Some(groups.into()), ..self }
    }

    /// The same samples with other records: how a pipeline hands transformed records on.
    pub fn with_x<'s>(self, x: Records<'s, F>) -> Samples<'s, F, Y>
    where
        'a: 's,
    {
        Samples { x, y: Y::shorten(self.y), weights: self.weights, groups: self.groups }
    }

    /// The same samples without their targets, for what learns from records alone.
    pub fn without_y(self) -> Samples<'a, F, ()> {
        Samples { x: self.x, y: (), weights: self.weights, groups: self.groups }
    }

    /// The rows with these numbers, copied: the training or test part of a fold.
    pub fn select(&self, rows: &[usize]) -> Dataset<F, Y, Matrix<F>> {
        let mut part = Dataset::new(self.x.select(rows), Y::select(self.y, rows));
        part.weights = self.weights.map(|w| w.select(Axis(0), rows));
        part.groups = self.groups.map(|g| g.select(Axis(0), rows));
        part.feature_names = self.x.names().map(<[String]>::to_vec).unwrap_or_default();
        part
    }

    /// Refuses what no estimator can learn from: empty records, lengths that disagree, and weights
    /// that are negative, not finite or all zero. Costs a pass over the weights, none over the records.
    pub fn check(&self) -> Result<()> {
        self.x.check_shape()?;
        let n = self.nrows();
        match Y::rows(self.y) {
            Some(rows) if rows != n => return Err(Error::shape("length of y", n, rows)),
            _ => {}
        }
        if let Some(groups) = self.groups
            && groups.len() != n
        {
            return Err(Error::shape("length of groups", n, groups.len()));
        }
        self.weights.map_or(Ok(()), |w| check_weights(w, n))
    }
}

/// Refuses weights that are negative, not finite, all zero, without a finite sum, or not `n`.
pub fn check_weights<F: Float>(weights: ArrayView1<'_, F>, n: usize) -> Result<()> {
    if weights.len() != n {
        return Err(Error::shape("length of the sample weights", n, weights.len()));
    }
    if let Some((i, w)) = weights.iter().enumerate().find(|(_, w)| !(w.is_finite() && **w >= F::zero())) {
        return Err(Error::Weights {
            what: format!("weight {w} of row {i} must be finite and not negative"),
        });
    }
    let total: f64 = weights.iter().map(|w| w.f64()).sum();
    let what = match total {
        0.0 => "all are zero",
        f64::INFINITY => "their sum exceeds the largest number",
        _ => return Ok(()),
    };
    Err(Error::Weights { what: what.into() })
}

/// Refuses NaN and infinities in a numeric target, saying where the first one stands.
pub fn check_finite_target<F: Float>(y: ArrayView2<'_, F>) -> Result<()> {
    match y.indexed_iter().find(|(_, v)| !v.is_finite()) {
        Some(((row, column), v)) => {
            Err(Error::NonFinite { what: "y".into(), value: v.to_string(), row, column })
        }
        None => Ok(()),
    }
}

/// What can stand for the targets in `(x, y)`: arrays, views, vectors and slices.
pub trait IntoTarget<'a> {
    /// The owned target type.
    type Target: Target;
    /// Borrowed as that target's view.
    fn into_target(self) -> <Self::Target as Target>::View<'a>;
}
impl<'a, T: Clone + Send + Sync + 'static> IntoTarget<'a> for &'a Array1<T> {
    type Target = Array1<T>;
    fn into_target(self) -> ArrayView1<'a, T> {
        self.view()
    }
}
impl<'a, T: Clone + Send + Sync + 'static> IntoTarget<'a> for ArrayView1<'a, T> {
    type Target = Array1<T>;
    fn into_target(self) -> ArrayView1<'a, T> {
        self
    }
}
impl<'a, T: Clone + Send + Sync + 'static> IntoTarget<'a> for &ArrayView1<'a, T> {
    type Target = Array1<T>;
    fn into_target(self) -> ArrayView1<'a, T> {
        *self
    }
}
impl<'a, T: Clone + Send + Sync + 'static> IntoTarget<'a> for &'a Vec<T> {
    type Target = Array1<T>;
    fn into_target(self) -> ArrayView1<'a, T> {
        ArrayView1::from(self.as_slice())
    }
}
impl<'a, T: Clone + Send + Sync + 'static> IntoTarget<'a> for &'a [T] {
    type Target = Array1<T>;
    fn into_target(self) -> ArrayView1<'a, T> {
        ArrayView1::from(self)
    }
}
impl<'a, T: Clone + Send + Sync + 'static, const N: usize> IntoTarget<'a> for &'a [T; N] {
    type Target = Array1<T>;
    fn into_target(self) -> ArrayView1<'a, T> {
        ArrayView1::from(self.as_slice())
    }
}
impl<'a, T: Clone + Send + Sync + 'static> IntoTarget<'a> for &'a Array2<T> {
    type Target = Array2<T>;
    fn into_target(self) -> ArrayView2<'a, T> {
        self.view()
    }
}
impl<'a, T: Clone + Send + Sync + 'static> IntoTarget<'a> for ArrayView2<'a, T> {
    type Target = Array2<T>;
    fn into_target(self) -> ArrayView2<'a, T> {
        self
    }
}
impl<'a, T: Clone + Send + Sync + 'static> IntoTarget<'a> for &ArrayView2<'a, T> {
    type Target = Array2<T>;
    fn into_target(self) -> ArrayView2<'a, T> {
        *self
    }
}

impl<'a, F: Float, X: Into<Records<'a, F>>, V: IntoTarget<'a>> From<(X, V)> for Samples<'a, F, V::Target> {
    fn from((x, y): (X, V)) -> Self {
        Samples::new(x.into(), y.into_target())
    }
}
impl<'a, F, X, V, W> From<(X, V, W)> for Samples<'a, F, V::Target>
where
    F: Float,
    X: Into<Records<'a, F>>,
    V: IntoTarget<'a>,
    W: Into<ArrayView1<'a, F>>,
{
    fn from((x, y, weights): (X, V, W)) -> Self {
        Samples::new(x.into(), y.into_target()).with_weights(weights)
    }
}
impl<'a, F: Float, Y: Target, X: Table<F>> From<&'a Dataset<F, Y, X>> for Samples<'a, F, Y> {
    fn from(data: &'a Dataset<F, Y, X>) -> Self {
        data.samples()
    }
}
macro_rules! records_alone {
    ($($source:ty),*) => {$(
        impl<'a, F: Float> From<$source> for Samples<'a, F, ()> {
            fn from(x: $source) -> Self {
                Samples::new(x.into(), ())
            }
        }
    )*};
}
records_alone!(
    &'a Array2<F>,
    ArrayView2<'a, F>,
    &ArrayView2<'a, F>,
    &'a crate::Csr<F>,
    crate::CsrView<'a, F>,
    &'a Matrix<F>,
    Records<'a, F>
);
