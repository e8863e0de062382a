//! Arrays, samples and data sets from one library to the other.
//!
//! Owned arrays in C or Fortran order move: their buffer is handed over. Views in either order are
//! viewed again, without a copy. Anything else (every second row, columns of a wider array, reversed
//! axes) is copied into C order.
//!
//! | Estimand | linfa | |
//! |---|---|---|
//! | `Dataset<F, Array1<T>>`, `Dataset<F, Array2<T>>` | `linfa::Dataset<F, T, Ix1>`, `…<F, T, Ix2>` | moves |
//! | `Samples<'a, F, _>` | `linfa::DatasetBase<CowArray, CowArray>` | borrows |
//! | [`Borrowed`], good for `fit` and `predict` | `&linfa::DatasetBase<ArrayBase, ArrayBase>` | borrows |
//!
//! Weights are `f32` in linfa: going there they are rounded, and refused where they overflow. Groups
//! have no place in linfa and stay behind. Target names cross where they name outputs; names of
//! classes, which linfa does not keep, stay behind. linfa's data sets are dense, so sparse samples
//! are refused.

use estimand_core::{Dataset, Float, Records, Samples, Target};
use ndarray as ours;
use ndarray_linfa as theirs;

/// Conversion to linfa's types.
pub trait IntoLinfa {
    /// What linfa uses for it.
    type Output;
    /// Converts, without a copy where the layout allows.
    fn into_linfa(self) -> Self::Output;
}

/// Conversion to Estimand's types.
pub trait IntoEstimand {
    /// What Estimand uses for it.
    type Output;
    /// Converts, without a copy where the layout allows.
    fn into_estimand(self) -> Self::Output;
}

/// What targets are made of.
pub trait Item: Clone + Send + Sync + 'static {}
impl<T: Clone + Send + Sync + 'static> Item for T {}

macro_rules! arrays {
    ($trait:ident, $method:ident, $from:ident, $to:ident) => {
        impl<'a, T: Clone> $trait for $from::ArrayView1<'a, T> {
            type Output = $to::CowArray<'a, T, $to::Ix1>;
            fn $method(self) -> Self::Output {
                match self.to_slice() {
                    Some(slice) => $to::ArrayView1::from(slice).into(),
                    None => $to::Array1::from_iter(self.iter().cloned()).into(),
                }
            }
        }
        impl<'a, T: Clone> $trait for $from::ArrayView2<'a, T> {
            type Output = $to::CowArray<'a, T, $to::Ix2>;
            fn $method(self) -> Self::Output {
                use $to::ShapeBuilder;
                let shape = self.dim();
                let same = match (self.to_slice(), self.reversed_axes().to_slice()) {
                    (Some(rows), _) => $to::ArrayView2::from_shape(shape, rows),
                    (None, Some(columns)) => $to::ArrayView2::from_shape(shape.f(), columns),
                    (None, None) => Err($to::ShapeError::from_kind($to::ErrorKind::IncompatibleLayout)),
                };
                match same {
                    Ok(view) => view.into(),
                    Err(_) => $to::Array2::from_shape_fn(shape, |at| self[at].clone()).into(),
                }
            }
        }
        impl<T: Clone> $trait for $from::Array1<T> {
            type Output = $to::Array1<T>;
            fn $method(self) -> Self::Output {
                let (len, straight) = (self.len(), self.is_standard_layout());
                match straight {
                    true => buffer(self.into_raw_vec_and_offset(), len).into(),
                    false => self.view().$method().into_owned(),
                }
            }
        }
        impl<T: Clone> $trait for $from::Array2<T> {
            type Output = $to::Array2<T>;
            #[allow(clippy::expect_used, reason = "`buffer` gives as many values as the shape has places")]
            fn $method(self) -> Self::Output {
                use $to::ShapeBuilder;
                let (shape, len) = (self.dim(), self.len());
                let (rows, columns) = (self.is_standard_layout(), self.t().is_standard_layout());
                if !(rows || columns) {
                    return self.view().$method().into_owned();
                }
                let values = buffer(self.into_raw_vec_and_offset(), len);
                let shape = if rows { $to::Ix2(shape.0, shape.1).into() } else { shape.f() };
                $to::Array2::from_shape_vec(shape, values).expect("as many values as places")
            }
        }
    };
}
arrays!(IntoLinfa, into_linfa, ours, theirs);
arrays!(IntoEstimand, into_estimand, theirs, ours);

/// The `len` values of a contiguous array from its buffer, which holds more if the array was cut.
fn buffer<T>((mut values, offset): (Vec<T>, Option<usize>), len: usize) -> Vec<T> {
    let start = offset.unwrap_or(0);
    values.truncate(start + len);
    values.drain(..start);
    values
}

/// A linfa data set seen from Estimand: `fit(&borrowed)`, `predict(&borrowed)`.
#[derive(Debug)]
pub struct Borrowed<'a, F, T, I: ours::Dimension> {
    x: ours::CowArray<'a, F, ours::Ix2>,
    y: ours::CowArray<'a, T, I>,
    weights: Option<ours::Array1<F>>,
    feature_names: &'a [String],
}
impl<F: Float, T, I: ours::Dimension> Borrowed<'_, F, T, I> {
    /// The records, with their names.
    pub fn records(&self) -> Records<'_, F> {
        named(self.x.view(), self.feature_names)
    }
}
impl<'a, F: Float, T, I: ours::Dimension> From<&'a Borrowed<'_, F, T, I>> for Records<'a, F> {
    fn from(data: &'a Borrowed<'_, F, T, I>) -> Self {
        data.records()
    }
}

macro_rules! data_sets {
    ($ix:ident, $array:ident, $outputs:expr) => {
        impl<'a, F: Float, T: Item> From<&'a Borrowed<'_, F, T, ours::$ix>>
            for Samples<'a, F, ours::$array<T>>
        {
            fn from(data: &'a Borrowed<'_, F, T, ours::$ix>) -> Self {
                let samples = Samples::new(data.records(), data.y.view());
                data.weights.as_ref().map_or(samples, |w| samples.with_weights(w))
            }
        }

        impl<'a, F, T, R, S> IntoEstimand
            for &'a linfa::DatasetBase<theirs::ArrayBase<R, theirs::Ix2>, theirs::ArrayBase<S, theirs::$ix>>
        where
            F: Float,
            T: Item,
            R: theirs::Data<Elem = F>,
            S: theirs::Data<Elem = T>,
        {
            type Output = Borrowed<'a, F, T, ours::$ix>;
            fn into_estimand(self) -> Self::Output {
                Borrowed {
                    x: self.records.view().into_estimand(),
                    y: self.targets.view().into_estimand(),
                    weights: widen(&self.weights),
                    feature_names: self.feature_names(),
                }
            }
        }

        impl<F: Float, T: Item> IntoEstimand for linfa::Dataset<F, T, theirs::$ix> {
            type Output = Dataset<F, ours::$array<T>>;
            fn into_estimand(self) -> Self::Output {
                let names = (self.feature_names().to_vec(), self.target_names().to_vec());
                let mut data = Dataset::new(self.records.into_estimand(), self.targets.into_estimand());
                data.weights = widen(&self.weights);
                (data.feature_names, data.target_names) = names;
                data
            }
        }

        impl<F: Float, T: Item> IntoLinfa for Dataset<F, ours::$array<T>> {
            type Output = estimand_core::Result<linfa::Dataset<F, T, theirs::$ix>>;
            fn into_linfa(self) -> Self::Output {
                self.samples().check()?;
                let weights = narrow(self.weights.as_ref().map(|w| w.view()))?;
                let outputs: usize = $outputs(&self.y);
                let target_names =
                    if self.target_names.len() == outputs { self.target_names } else { Vec::new() };
                Ok(linfa::Dataset::new(self.x.into_linfa(), self.y.into_linfa())
                    .with_weights(weights)
                    .with_feature_names(self.feature_names)
                    .with_target_names(target_names))
            }
        }

        impl<'a, F: Float, T: Item> IntoLinfa for Samples<'a, F, ours::$array<T>> {
            type Output = estimand_core::Result<
                linfa::DatasetBase<
                    theirs::CowArray<'a, F, theirs::Ix2>,
                    theirs::CowArray<'a, T, theirs::$ix>,
                >,
            >;
            fn into_linfa(self) -> Self::Output {
                self.check()?;
                let x = self.x.dense("linfa")?;
                let weights = narrow(self.weights)?;
                Ok(linfa::DatasetBase::new(x.into_linfa(), self.y.into_linfa())
                    .with_weights(weights)
                    .with_feature_names(self.x.names().map(<[String]>::to_vec).unwrap_or_default()))
            }
        }
    };
}
data_sets!(Ix1, Array1, |_| 1);
data_sets!(Ix2, Array2, |y: &ours::Array2<T>| y.ncols());

/// Records with linfa's names of the columns; no names stand for none.
pub(crate) fn named<'a, F: Float>(x: ours::ArrayView2<'a, F>, names: &'a [String]) -> Records<'a, F> {
    if names.is_empty() { x.into() } else { Records::from(x).with_names(names) }
}

/// linfa's weights; an empty array stands for none.
pub(crate) fn widen<F: Float>(weights: &theirs::Array1<f32>) -> Option<ours::Array1<F>> {
    (!weights.is_empty()).then(|| weights.iter().map(|w| F::of(f64::from(*w))).collect())
}

/// Weights for linfa, rounded to `f32`.
fn narrow<F: Float>(weights: Option<ours::ArrayView1<'_, F>>) -> estimand_core::Result<theirs::Array1<f32>> {
    let weights =
        weights.map_or_else(|| theirs::Array1::zeros(0), |w| w.iter().map(|w| w.f64() as f32).collect());
    match weights.iter().position(|w| !w.is_finite()) {
        Some(row) => Err(estimand_core::Error::Weights {
            what: format!("that of row {row} is too large for linfa, which keeps f32"),
        }),
        None => Ok(weights),
    }
}

/// The axes that targets may have, one or two, in both versions of ndarray.
pub trait Axes<T>: linfa::dataset::TargetDim {
    /// The targets in Estimand.
    type Target: Target;
    /// Calls `f` with linfa's targets seen from Estimand.
    fn seen<R>(
        targets: theirs::ArrayView<'_, T, Self>,
        f: impl FnOnce(<Self::Target as Target>::View<'_>) -> R,
    ) -> R;
    /// Estimand's predictions for linfa.
    fn given(predictions: Self::Target) -> theirs::Array<T, Self>;
}
macro_rules! axes {
    ($ix:ident, $array:ident) => {
        impl<T: Item> Axes<T> for theirs::$ix {
            type Target = ours::$array<T>;
            fn seen<R>(
                targets: theirs::ArrayView<'_, T, Self>,
                f: impl FnOnce(<Self::Target as Target>::View<'_>) -> R,
            ) -> R {
                f(targets.into_estimand().view())
            }
            fn given(predictions: Self::Target) -> theirs::Array<T, Self> {
                predictions.into_linfa()
            }
        }
    };
}
axes!(Ix1, Array1);
axes!(Ix2, Array2);
