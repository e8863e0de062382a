//! What linear support vector machines fit: one plane, or one for each class.

use estimand_core::persist::check_len;
use estimand_core::{
    Error, Features, Float, MatrixView, Predict, PredictOne, Records, Report, Result, Scores, Scratch,
};
use estimand_linalg::rows::{self, Affine};
use estimand_linalg::sparse;
use ndarray::{Array1, Array2, ArrayView1, ArrayView2, Axis};
use serde::{Deserialize, Serialize};
use std::marker::PhantomData;

/// m affine functions of a record.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "State", into = "State", bound(serialize = "F: Float", deserialize = "F: Float"))]
pub(super) struct Planes<F> {
    state: State,
    affine: Affine,
    scalar: PhantomData<F>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct State {
    coef: Array2<f64>,
    intercept: Vec<f64>,
    features: Features,
}

impl<F> From<Planes<F>> for State {
    fn from(planes: Planes<F>) -> Self {
        planes.state
    }
}
impl<F> TryFrom<State> for Planes<F> {
    type Error = Error;
    fn try_from(state: State) -> Result<Self> {
        state.features.check_loaded()?;
        check_len("columns of coef", state.features.count(), state.coef.ncols())?;
        check_len("intercepts", state.coef.nrows(), state.intercept.len())?;
        if !state.coef.iter().chain(&state.intercept).all(|v| v.is_finite()) {
            return Err(Error::Persist { what: "coefficients are not finite".into() });
        }
        let affine = Affine::new(state.coef.view(), &state.intercept, vec![0.0; state.features.count()]);
        Ok(Self { state, affine, scalar: PhantomData })
    }
}

impl<F: Float> Planes<F> {
    pub(super) fn new(coef: Array2<f64>, intercept: Vec<f64>, features: Features) -> Self {
        let affine = Affine::new(coef.view(), &intercept, vec![0.0; features.count()]);
        Self { state: State { coef, intercept, features }, affine, scalar: PhantomData }
    }

    fn count(&self) -> usize {
        self.state.intercept.len()
    }

    fn values(&self, x: Records<'_, F>) -> Result<Array2<F>> {
        self.state.features.check(x)?;
        x.check_shape()?;
        let values = match x.values() {
            MatrixView::Dense(x) => rows::values(&self.affine, x),
            MatrixView::Sparse(x) => {
                let coef = self.state.coef.t().mapv(F::of);
                sparse::matmul(x, coef.view())
                    + &self.state.intercept.iter().map(|b| F::of(*b)).collect::<Array1<F>>()
            }
        };
        rows::checked(values, x)
    }

    fn values_one(&self, row: &[F], out: &mut Vec<F>) -> Result<()> {
        self.state.features.check_width(row.len())?;
        rows::values_one(&self.affine, row, out);
        if out.iter().all(|v| v.is_finite()) {
            return Ok(());
        }
        let view =
            ArrayView2::from_shape((1, row.len()), row).map_err(|e| Error::numerical(e.to_string()))?;
        self.values(view.into()).map(drop)
    }
}

/// A fitted [`LinearSvc`](crate::LinearSvc): one plane for two classes, else one for each.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(bound(serialize = "F: Float", deserialize = "F: Float"))]
pub struct LinearSvcModel<F: Float> {
    planes: Planes<F>,
    report: Report,
}

/// A fitted [`LinearSvr`](crate::LinearSvr).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(bound(serialize = "F: Float", deserialize = "F: Float"))]
pub struct LinearSvrModel<F: Float> {
    planes: Planes<F>,
    report: Report,
}

macro_rules! reports {
    ($name:ident) => {
        impl<F: Float> $name<F> {
            pub(super) fn new(planes: Planes<F>, report: Report) -> Self {
                Self { planes, report }
            }

            /// How the fit went; the objective is (1) of [the module](crate::linear), summed over planes.
            pub fn report(&self) -> &Report {
                &self.report
            }

            /// The columns the model was fitted on.
            pub fn features(&self) -> &Features {
                &self.planes.state.features
            }
        }
    };
}
reports!(LinearSvcModel);
reports!(LinearSvrModel);

impl<F: Float> LinearSvcModel<F> {
    /// Coefficients W: one row for two classes, else one per class.
    pub fn coef(&self) -> &Array2<f64> {
        &self.planes.state.coef
    }

    /// Intercepts b, one per row of coefficients.
    pub fn intercept(&self) -> &[f64] {
        &self.planes.state.intercept
    }
}

impl<F: Float> LinearSvrModel<F> {
    /// Coefficients w.
    pub fn coef(&self) -> ArrayView1<'_, f64> {
        self.planes.state.coef.row(0)
    }

    /// Intercept b.
    pub fn intercept(&self) -> f64 {
        self.planes.state.intercept[0]
    }
}

impl<F: Float> Scores<F> for LinearSvcModel<F> {
    fn scores(&self, x: Records<'_, F>) -> Result<Array2<F>> {
        self.planes.values(x)
    }

    fn scores_one(&self, row: &[F], out: &mut Vec<F>, _: &mut Scratch<F>) -> Result<()> {
        self.planes.values_one(row, out)
    }
}

impl<F: Float> Predict<F> for LinearSvrModel<F> {
    type Output = Array1<F>;

    fn predict_records(&self, x: Records<'_, F>) -> Result<Array1<F>> {
        Ok(self.planes.values(x)?.index_axis_move(Axis(1), 0))
    }
}

impl<F: Float> PredictOne<F> for LinearSvrModel<F> {
    type One<'m> = F;

    fn predict_one(&self, row: &[F], scratch: &mut Scratch<F>) -> Result<F> {
        let mut out = scratch.take();
        let outcome =
            self.planes.values_one(row, &mut out).map(|()| out.first().copied().unwrap_or_default());
        scratch.give(out);
        outcome
    }
}

estimand_core::persist!(LinearSvcModel<F>, |_| Ok(()), |model, k| check_len(
    "planes",
    if k == 2 { 1 } else { k },
    model.planes.count()
));
estimand_core::persist!(LinearSvrModel<F>, |model| check_len("planes", 1, model.planes.count()));
