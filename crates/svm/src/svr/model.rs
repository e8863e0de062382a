//! What support vector regression fits.

use crate::expansion::{Expansion, with_sums};
use estimand_core::persist::check_len;
use estimand_core::{Error, Float, Predict, PredictOne, Records, Report, Result, Scratch};
use estimand_linalg::rows;
use ndarray::{Array1, Axis};
use serde::{Deserialize, Serialize};
use std::ops::Deref;

/// A fitted [`Svr`](crate::Svr) or [`NuSvr`](crate::NuSvr): support vectors, their coefficients, and an intercept.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(bound(serialize = "F: Float", deserialize = "F: Float"))]
pub struct SvrModel<F: Float> {
    expansion: Expansion<F>,
    intercept: f64,
    report: Report,
}

impl<F: Float> Deref for SvrModel<F> {
    type Target = Expansion<F>;
    fn deref(&self) -> &Expansion<F> {
        &self.expansion
    }
}

impl<F: Float> SvrModel<F> {
    pub(crate) fn new(expansion: Expansion<F>, intercept: f64, report: Report) -> Self {
        Self { expansion, intercept, report }
    }

    /// Intercept b.
    pub fn intercept(&self) -> f64 {
        self.coef().map_or(self.intercept, |w| self.intercept - self.expansion.shifted(w.view()))
    }

    /// Coefficients w, one for each column: for a linear kernel only.
    pub fn coef(&self) -> Option<Array1<f64>> {
        self.expansion.planes().map(|planes| planes.index_axis_move(Axis(0), 0))
    }

    /// How the fit went; the objective is (2) or (3) of [the module](crate::svr).
    pub fn report(&self) -> &Report {
        &self.report
    }

    fn check_loaded(&self) -> Result<()> {
        check_len("classes of support vectors", 1, self.expansion.n_support().len())?;
        check_len("rows of dual_coef", 1, self.expansion.dual_coef().nrows())?;
        match self.intercept.is_finite() {
            true => Ok(()),
            false => Err(Error::Persist { what: "the intercept is not finite".into() }),
        }
    }
}

impl<F: Float> Predict<F> for SvrModel<F> {
    type Output = Array1<F>;

    fn predict_records(&self, x: Records<'_, F>) -> Result<Array1<F>> {
        let sums = self.expansion.sums(x)?;
        let found = sums.mapv(|s| F::of(s + self.intercept));
        Ok(rows::checked(found, x)?.index_axis_move(Axis(1), 0))
    }
}

impl<F: Float> PredictOne<F> for SvrModel<F> {
    type One<'m> = F;

    fn predict_one(&self, row: &[F], _: &mut Scratch<F>) -> Result<F> {
        with_sums(&self.expansion, row, |sums| F::of(sums[0] + self.intercept))
    }
}

estimand_core::persist!(SvrModel<F>, SvrModel::check_loaded);
