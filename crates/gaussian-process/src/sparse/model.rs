//! Fitted sparse processes: equation (3).

use super::NAME;
use super::bound::Posterior;
use crate::covariance::{Covariance, Program, Table};
use crate::learn::{asked, transposed};
use estimand_core::persist::check_len;
use estimand_core::{Error, Features, Float, Predict, PredictOne, Records, Report, Result, Scratch};
use estimand_kernels as kernels;
use estimand_linalg::{Triangle, rows, solve_triangular};
use estimand_par as par;
use ndarray::{Array1, Array2, ArrayView1, ArrayView2};
use serde::{Deserialize, Serialize};
use std::marker::PhantomData;

/// Rows that are asked about together where deviations are wanted.
const BLOCK: usize = 2048;

/// A fitted [`SparseGaussianProcessRegressor`](crate::SparseGaussianProcessRegressor).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(bound(serialize = "F: Float", deserialize = "F: Float"))]
pub struct SparseGaussianProcessModel<F> {
    covariance: Covariance,
    points: Table,
    /// a
    dual_coef: Array1<f64>,
    /// Lᵀ and Mᵀ
    upper: [Array2<f64>; 2],
    unit: (f64, f64),
    bound: f64,
    features: Features,
    report: Report,
    scalar: PhantomData<F>,
}

impl<F: Float> SparseGaussianProcessModel<F> {
    pub(super) fn new(
        covariance: Covariance,
        points: Table,
        posterior: Posterior,
        unit: (f64, f64),
        features: Features,
        report: Report,
    ) -> Self {
        let Posterior { l, m, dual, bound, .. } = posterior;
        let upper = [transposed(&l), transposed(&m)];
        Self {
            covariance,
            points,
            dual_coef: dual,
            upper,
            unit,
            bound,
            features,
            report,
            scalar: PhantomData,
        }
    }

    /// The covariance with the hyper-parameters that were learnt.
    pub fn kernel(&self) -> &Covariance {
        &self.covariance
    }

    /// The inducing points, one in each row.
    pub fn inducing_points(&self) -> Array2<f64> {
        let mut points = Array2::default((self.points.len(), self.points.width()));
        for (i, mut row) in points.rows_mut().into_iter().enumerate() {
            if let Some(row) = row.as_slice_mut() {
                self.points.row(i, row);
            }
        }
        points
    }

    /// a of (3), for targets in standard units.
    pub fn dual_coef(&self) -> ArrayView1<'_, f64> {
        self.dual_coef.view()
    }

    /// F of (2), at most the evidence, of targets in standard units.
    pub fn bound(&self) -> f64 {
        self.bound
    }

    /// How the fit went.
    pub fn report(&self) -> &Report {
        &self.report
    }

    /// The columns the model was fitted on.
    pub fn features(&self) -> &Features {
        &self.features
    }

    fn program(&self) -> Program {
        Program::new(&self.covariance, self.points.width())
    }

    fn mean_of(&self, values: &[f64]) -> F {
        let dual = self.dual_coef.as_slice().unwrap_or_default();
        F::of(self.unit.0 + self.unit.1 * kernels::dot(dual, values))
    }

    fn means(&self, asking: &Table) -> Array1<F> {
        let (program, m) = (self.program(), self.points.len());
        let mut out = vec![F::zero(); asking.len()];
        par::for_each_chunk_mut(&mut out, par::chunk_len(asking.len(), m * program.cost()), |first, out| {
            let (mut work, mut row, mut values) =
                (program.workspace(), vec![0.0; self.points.width()], vec![0.0; m]);
            for (k, out) in out.iter_mut().enumerate() {
                asking.row(first + k, &mut row);
                program.one(&row, &self.points, &mut work, &mut values);
                *out = self.mean_of(&values);
            }
        });
        out.into()
    }

    /// Means and standard deviations.
    ///
    /// # Errors
    /// As [`Predict::predict`].
    pub fn predict_std<'a>(&self, x: impl Into<Records<'a, F>>) -> Result<(Array1<F>, Array1<F>)>
    where
        F: 'a,
    {
        let x = x.into();
        let mean = self.predict_records(x)?;
        let (asking, program) = (asked(&self.features, x, NAME)?, self.program());
        let mut variances = program.diagonal(&asking, true);
        for from in (0..asking.len()).step_by(BLOCK) {
            let some: Vec<usize> = (from..asking.len().min(from + BLOCK)).collect();
            let mut v = program.cross(&asking.select(&some), &self.points).reversed_axes();
            for (upper, sign) in self.upper.iter().zip([-1.0, 1.0]) {
                solve_triangular(upper.t(), Triangle::Lower, v.view_mut());
                for (column, i) in v.columns().into_iter().zip(&some) {
                    variances[*i] += sign * column.dot(&column);
                }
            }
        }
        let deviation = |v: f64| F::of(self.unit.1 * v.max(0.0).sqrt());
        Ok((mean, variances.into_iter().map(deviation).collect()))
    }

    fn check(&self) -> Result<()> {
        let m = self.points.len();
        self.features.check_loaded()?;
        check_len("columns", self.features.count(), self.points.width())?;
        self.covariance.check(self.points.width())?;
        check_len("dual_coef", m, self.dual_coef.len())?;
        for upper in &self.upper {
            check_len("rows of a factor", m, upper.nrows())?;
            check_len("columns of a factor", m, upper.ncols())?;
        }
        match self.points.is_sound() && m > 0 {
            true => Ok(()),
            false => Err(Error::Persist { what: "points of a process are damaged".into() }),
        }
    }
}

impl<F: Float> Predict<F> for SparseGaussianProcessModel<F> {
    type Output = Array1<F>;

    fn predict_records(&self, x: Records<'_, F>) -> Result<Array1<F>> {
        let asking = asked(&self.features, x, NAME)?;
        let found = self.means(&asking);
        Ok(rows::checked(found.insert_axis(ndarray::Axis(1)), x)?.index_axis_move(ndarray::Axis(1), 0))
    }
}

impl<F: Float> PredictOne<F> for SparseGaussianProcessModel<F> {
    type One<'m> = F;

    fn predict_one(&self, row: &[F], _: &mut Scratch<F>) -> Result<F> {
        self.features.check_width(row.len())?;
        let view =
            ArrayView2::from_shape((1, row.len()), row).map_err(|e| Error::numerical(e.to_string()))?;
        Ok(self.predict_records(view.into())?[0])
    }
}

estimand_core::persist!(SparseGaussianProcessModel<F>, |model| model.check());
