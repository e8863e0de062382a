//! What a linear regressor fits: coefficients and an intercept, for one output or for several.
//!
//! ```text
//! one output     ŷ = X w + b          coef w: p       intercept b
//! t outputs      Ŷ = X Wᵀ + 1 bᵀ      coef W: t × p   intercept b: t
//! ```
//!
//! Input is not scanned for NaN: one bad value makes the prediction of its row non-finite, so the outputs
//! are looked at, and only a bad output sends the search over the input that names row and column.

use estimand_core::persist::check_len;
use estimand_core::records::MatrixView;
use estimand_core::{Error, Features, Float, Predict, PredictOne, Records, Report, Result, Scratch, Target};
use estimand_kernels as kernels;
use estimand_linalg::{self as linalg, sparse};
use ndarray::{Array1, Array2, ArrayBase, ArrayView1, ArrayView2, Axis, Data, Dimension};
use serde::{Deserialize, Serialize};

/// A fitted linear model of one output.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(bound(serialize = "F: Float", deserialize = "F: Float"))]
pub struct LinearModel<F> {
    coef: Array1<F>,
    intercept: F,
    features: Features,
    report: Report,
}

/// A fitted linear model of several outputs that share their input.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(bound(serialize = "F: Float", deserialize = "F: Float"))]
pub struct MultiLinearModel<F> {
    coef: Array2<F>,
    intercept: Array1<F>,
    features: Features,
    report: Report,
}

impl<F: Float> LinearModel<F> {
    /// Coefficients `w`, one per column.
    pub fn coef(&self) -> &Array1<F> {
        &self.coef
    }

    /// Intercept `b`; 0 where none was fitted.
    pub fn intercept(&self) -> F {
        self.intercept
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

impl<F: Float> MultiLinearModel<F> {
    /// Coefficients `W`, one row per output.
    pub fn coef(&self) -> &Array2<F> {
        &self.coef
    }

    /// Intercepts `b`, one per output; 0 where none was fitted.
    pub fn intercept(&self) -> &Array1<F> {
        &self.intercept
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

impl<F: Float> Predict<F> for LinearModel<F> {
    type Output = Array1<F>;

    fn predict_records(&self, x: Records<'_, F>) -> Result<Array1<F>> {
        self.features.check(x)?;
        x.check_shape()?;
        let product = match x.values() {
            MatrixView::Dense(x) => linalg::matvec(x, self.coef.view()),
            MatrixView::Sparse(x) => sparse::matvec(x, self.coef.view()),
        };
        finite(product + self.intercept, x)
    }
}

impl<F: Float> Predict<F> for MultiLinearModel<F> {
    type Output = Array2<F>;

    fn predict_records(&self, x: Records<'_, F>) -> Result<Array2<F>> {
        self.features.check(x)?;
        x.check_shape()?;
        let product = match x.values() {
            MatrixView::Dense(x) => linalg::matmul(x, self.coef.t()),
            MatrixView::Sparse(x) => sparse::matmul(x, self.coef.t()),
        };
        finite(product + &self.intercept, x)
    }
}

impl<F: Float> PredictOne<F> for LinearModel<F> {
    type One<'m> = F;

    fn predict_one(&self, row: &[F], _: &mut Scratch<F>) -> Result<F> {
        self.features.check_width(row.len())?;
        let y = dot(row, self.coef.view()) + self.intercept;
        if y.is_finite() { Ok(y) } else { Err(not_finite(one_row(row))) }
    }
}

impl<F: Float> PredictOne<F> for MultiLinearModel<F> {
    /// One value per output: the only memory that is allocated.
    type One<'m> = Array1<F>;

    fn predict_one(&self, row: &[F], _: &mut Scratch<F>) -> Result<Array1<F>> {
        self.features.check_width(row.len())?;
        let y: Array1<F> =
            self.coef.rows().into_iter().zip(&self.intercept).map(|(coef, b)| dot(row, coef) + *b).collect();
        if y.iter().all(|y| y.is_finite()) { Ok(y) } else { Err(not_finite(one_row(row))) }
    }
}

/// The product that `linalg::matvec` takes of a row, so that a row alone and in a batch gives the same bits.
fn dot<F: Float>(row: &[F], coef: ArrayView1<'_, F>) -> F {
    F::of(kernels::dot(row, coef.as_slice().unwrap_or_default()))
}

fn one_row<F: Float>(row: &[F]) -> Option<Records<'_, F>> {
    ArrayView2::from_shape((1, row.len()), row).map(Records::from).ok()
}

/// Predictions as they are, or the error of the value in `x` that made one of them NaN or infinite.
pub(crate) fn finite<F: Float, S: Data<Elem = F>, D: Dimension>(
    y: ArrayBase<S, D>,
    x: Records<'_, F>,
) -> Result<ArrayBase<S, D>> {
    match y.as_slice_memory_order() {
        Some(all) if kernels::all_finite(all) => Ok(y),
        _ => Err(not_finite(Some(x))),
    }
}

#[cold]
fn not_finite<F: Float>(x: Option<Records<'_, F>>) -> Error {
    let overflow = || {
        Error::numerical(format!(
            "predictions leave the range of {}; the input is far from the training data",
            F::NAME
        ))
    };
    x.and_then(|x| x.check_finite().err()).unwrap_or_else(overflow)
}

/// Models that tell more than the one in their field `model` and predict as it does: they dereference to it.
/// `delegate!(LarsCvModel<F> to LinearModel<F>)` names it, `delegate!(RidgeCvModel<M> to M)` leaves it open.
macro_rules! delegate {
    ($name:ident<F> to $inner:ty) => {
        $crate::model::delegate!($name<F> to $inner, [], []);
    };
    ($name:ident<M> to M) => {
        $crate::model::delegate!(
            $name<M> to M, [M: estimand_core::Predict<F>], [M: estimand_core::PredictOne<F>]
        );
    };
    ($name:ident<$parameter:ident> to $inner:ty, [$($predict:tt)*], [$($predict_one:tt)*]) => {
        impl<$parameter> std::ops::Deref for $name<$parameter> {
            type Target = $inner;

            fn deref(&self) -> &$inner {
                &self.model
            }
        }

        impl<F: estimand_core::Float, $($predict)*> estimand_core::Predict<F> for $name<$parameter> {
            type Output = <$inner as estimand_core::Predict<F>>::Output;

            fn predict_records(&self, x: estimand_core::Records<'_, F>) -> estimand_core::Result<Self::Output> {
                self.model.predict_records(x)
            }
        }

        impl<F: estimand_core::Float, $($predict_one)*> estimand_core::PredictOne<F> for $name<$parameter> {
            type One<'m>
                = <$inner as estimand_core::PredictOne<F>>::One<'m>
            where
                Self: 'm;

            fn predict_one<'m>(
                &'m self,
                row: &[F],
                scratch: &mut estimand_core::Scratch<F>,
            ) -> estimand_core::Result<Self::One<'m>> {
                self.model.predict_one(row, scratch)
            }
        }
    };
}
pub(crate) use delegate;

/// Targets of a regressor: `Array1<F>` is one output and gives a [`LinearModel`], `Array2<F>` several and
/// a [`MultiLinearModel`].
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the target of a linear regressor for records of `{F}`",
    note = "targets are `Array1<{F}>` for one output or `Array2<{F}>` for several"
)]
pub trait Outputs<F: Float>: Target {
    /// The fitted model.
    type Model: Predict<F, Output = Self>;

    /// One column per output.
    fn columns<'a>(y: Self::View<'a>) -> ArrayView2<'a, F>;

    /// The coefficients of a model, one column per output: p × t.
    fn coef(model: &Self::Model) -> ArrayView2<'_, F>;

    /// The model with these coefficients (p × t) and intercepts (t).
    fn model(coef: Array2<F>, intercept: Array1<F>, features: Features, report: Report) -> Self::Model;
}

impl<F: Float> Outputs<F> for Array1<F> {
    type Model = LinearModel<F>;

    fn columns<'a>(y: Self::View<'a>) -> ArrayView2<'a, F> {
        y.insert_axis(Axis(1))
    }

    fn coef(model: &LinearModel<F>) -> ArrayView2<'_, F> {
        model.coef.view().insert_axis(Axis(1))
    }

    fn model(coef: Array2<F>, intercept: Array1<F>, features: Features, report: Report) -> LinearModel<F> {
        LinearModel { coef: coef.into_iter().collect(), intercept: intercept.sum(), features, report }
    }
}

impl<F: Float> Outputs<F> for Array2<F> {
    type Model = MultiLinearModel<F>;

    fn columns<'a>(y: Self::View<'a>) -> ArrayView2<'a, F> {
        y
    }

    fn coef(model: &MultiLinearModel<F>) -> ArrayView2<'_, F> {
        model.coef.t()
    }

    fn model(
        coef: Array2<F>,
        intercept: Array1<F>,
        features: Features,
        report: Report,
    ) -> MultiLinearModel<F> {
        MultiLinearModel { coef: coef.t().as_standard_layout().into_owned(), intercept, features, report }
    }
}

estimand_core::persist!(LinearModel<F>, |model| {
    model.features.check_loaded()?;
    check_len("coef", model.features.count(), model.coef.len())
});
estimand_core::persist!(MultiLinearModel<F>, |model| {
    model.features.check_loaded()?;
    check_len("columns of coef", model.features.count(), model.coef.ncols())?;
    check_len("intercept", model.coef.nrows(), model.intercept.len())
});
