//! Fitted processes: equation (1), and draws.

use super::NAME;
use super::evidence::Posterior;
use super::prior;
use crate::covariance::{Covariance, Program, Table};
use crate::learn::{asked, transposed};
use estimand_core::persist::check_len;
use estimand_core::{Error, Features, Float, Predict, PredictOne, Records, Report, Result, Scratch, Seed};
use estimand_kernels as kernels;
use estimand_linalg::{SymmetricEigen, Triangle, matmul, matmul_add, rows, solve_triangular};
use estimand_par as par;
use ndarray::{Array1, Array2, ArrayView2, Axis};
use rand::Rng;
use rand_distr::StandardNormal;
use serde::{Deserialize, Serialize};
use std::marker::PhantomData;
use std::ops::Deref;

/// Rows that are asked about together where deviations are wanted.
const BLOCK: usize = 512;

/// What predicting needs, whatever the scalar type and the number of outputs; models are one by `Deref`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Process {
    covariance: Covariance,
    table: Table,
    /// a, t × n
    dual_coef: Array2<f64>,
    /// Lᵀ, n × n
    upper: Array2<f64>,
    mean: Vec<f64>,
    scale: Vec<f64>,
    evidence: f64,
}

impl Process {
    pub(super) fn new(
        covariance: Covariance,
        table: Table,
        posterior: Posterior,
        mean: Vec<f64>,
        scale: Vec<f64>,
    ) -> Result<Self> {
        let upper = transposed(&posterior.factor);
        let dual_coef = posterior.dual;
        match dual_coef.as_slice().is_some_and(kernels::all_finite) {
            true => {
                Ok(Self { covariance, table, dual_coef, upper, mean, scale, evidence: posterior.evidence })
            }
            false => Err(Error::numerical("coefficients leave the range of f64; raise `alpha`")),
        }
    }

    fn program(&self) -> Program {
        Program::new(&self.covariance, self.table.width())
    }

    /// Means of (1) for one row, from its covariances with the training rows.
    fn mean_of(&self, values: &[f64], out: &mut [f64]) {
        let duals = self.dual_coef.as_slice().unwrap_or_default().chunks_exact(values.len().max(1));
        for (t, (out, dual)) in out.iter_mut().zip(duals).enumerate() {
            *out = self.mean[t] + self.scale[t] * kernels::dot(dual, values);
        }
    }

    /// Means, m × t.
    fn means(&self, asking: &Table) -> Array2<f64> {
        let (program, n, outputs) = (self.program(), self.table.len(), self.mean.len());
        let mut memory = vec![0.0; asking.len() * outputs];
        let chunk = par::chunk_len(asking.len(), n * program.cost());
        par::map_rows_mut(&mut memory, outputs, chunk, |first, out| {
            let (mut work, mut row, mut values) =
                (program.workspace(), vec![0.0; self.table.width()], vec![0.0; n]);
            for (k, out) in out.chunks_exact_mut(outputs).enumerate() {
                asking.row(first + k, &mut row);
                program.one(&row, &self.table, &mut work, &mut values);
                self.mean_of(&values, out);
            }
        });
        Array2::from_shape_vec((asking.len(), outputs), memory).unwrap_or_default()
    }

    fn mean_one<F: Float>(&self, row: &[F], out: &mut [f64]) {
        let program = self.program();
        let row: Vec<f64> = row.iter().map(|v| v.f64()).collect();
        let mut values = vec![0.0; self.table.len()];
        program.one(&row, &self.table, &mut program.workspace(), &mut values);
        self.mean_of(&values, out);
    }

    /// L⁻¹k, n × m
    fn whitened(&self, program: &Program, asking: &Table) -> Array2<f64> {
        let mut cross = program.cross(asking, &self.table).reversed_axes();
        solve_triangular(self.upper.t(), Triangle::Lower, cross.view_mut());
        cross
    }

    /// Deviations in standard units, m.
    fn deviations(&self, asking: &Table) -> Vec<f64> {
        let program = self.program();
        let own = program.diagonal(asking, true);
        let mut out = Vec::with_capacity(own.len());
        for from in (0..own.len()).step_by(BLOCK) {
            let some: Vec<usize> = (from..own.len().min(from + BLOCK)).collect();
            let whitened = self.whitened(&program, &asking.select(&some));
            for (column, i) in whitened.columns().into_iter().zip(&some) {
                let known: f64 = column.iter().map(|v| v * v).sum();
                out.push((own[*i] - known).max(0.0).sqrt());
            }
        }
        out
    }

    /// Covariances in standard units, m × m.
    fn covariances(&self, asking: &Table) -> Array2<f64> {
        let program = self.program();
        let mut all = prior(&program, asking).as_standard_layout().into_owned();
        let whitened = self.whitened(&program, asking);
        matmul_add(-1.0, whitened.t(), whitened.view(), all.view_mut());
        all
    }

    fn check(&self) -> Result<()> {
        let (n, outputs) = (self.table.len(), self.mean.len());
        self.covariance.check(self.table.width())?;
        check_len("columns of dual_coef", n, self.dual_coef.ncols())?;
        check_len("rows of dual_coef", outputs, self.dual_coef.nrows())?;
        check_len("scales", outputs, self.scale.len())?;
        check_len("rows of the factor", n, self.upper.nrows())?;
        check_len("columns of the factor", n, self.upper.ncols())?;
        match self.table.is_sound() && n > 0 {
            true => Ok(()),
            false => Err(Error::Persist { what: "records of a process are damaged".into() }),
        }
    }

    /// The covariance with the hyper-parameters that were learnt.
    pub fn kernel(&self) -> &Covariance {
        &self.covariance
    }

    /// a of (1) for targets in standard units, one row for each output.
    pub fn dual_coef(&self) -> ArrayView2<'_, f64> {
        self.dual_coef.view()
    }

    /// ln p(y | θ), equation (2), of targets in standard units.
    pub fn log_marginal_likelihood(&self) -> f64 {
        self.evidence
    }
}

/// Draws from a normal distribution, one column for each; `item` tells outputs apart.
pub(crate) fn draw(
    mean: &[f64],
    covariance: &Array2<f64>,
    draws: usize,
    seed: u64,
    item: u64,
) -> Result<Array2<f64>> {
    let SymmetricEigen { values, mut vectors } = SymmetricEigen::new(covariance.view())?;
    for (mut vector, value) in vectors.columns_mut().into_iter().zip(values) {
        // Below 0 by rounding alone.
        vector *= value.max(0.0).sqrt();
    }
    let mut stream = Seed(seed).stream(item);
    // Draw by draw, so that more draws begin with the same ones.
    let normal: Vec<f64> = (0..mean.len() * draws).map(|_| stream.sample(StandardNormal)).collect();
    let normal = Array2::from_shape_vec((draws, mean.len()), normal).unwrap_or_default();
    let mut out = matmul(vectors.view(), normal.t());
    out.rows_mut().into_iter().zip(mean).for_each(|(mut row, mean)| row += *mean);
    Ok(out)
}

/// A fitted [`GaussianProcessRegressor`](crate::GaussianProcessRegressor) of one output.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(bound(serialize = "F: Float", deserialize = "F: Float"))]
pub struct GaussianProcessModel<F> {
    process: Process,
    features: Features,
    report: Report,
    scalar: PhantomData<F>,
}

/// A fitted [`GaussianProcessRegressor`](crate::GaussianProcessRegressor) of several outputs, which share a covariance.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(bound(serialize = "F: Float", deserialize = "F: Float"))]
pub struct MultiGaussianProcessModel<F> {
    process: Process,
    features: Features,
    report: Report,
    scalar: PhantomData<F>,
}

macro_rules! process {
    ($name:ident) => {
        impl<F> Deref for $name<F> {
            type Target = Process;
            fn deref(&self) -> &Process {
                &self.process
            }
        }
        impl<F: Float> $name<F> {
            pub(super) fn new(process: Process, features: Features, report: Report) -> Self {
                Self { process, features, report, scalar: PhantomData }
            }

            /// How the fit went.
            pub fn report(&self) -> &Report {
                &self.report
            }

            /// The columns the model was fitted on.
            pub fn features(&self) -> &Features {
                &self.features
            }

            fn values(&self, x: Records<'_, F>) -> Result<Array2<F>> {
                let asking = asked(&self.features, x, NAME)?;
                rows::checked(self.process.means(&asking).mapv(F::of), x)
            }

            fn check(&self) -> Result<()> {
                self.features.check_loaded()?;
                check_len("columns", self.features.count(), self.process.table.width())?;
                self.process.check()
            }
        }
    };
}
process!(GaussianProcessModel);
process!(MultiGaussianProcessModel);

impl<F: Float> GaussianProcessModel<F> {
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
        let deviations = self.process.deviations(&asked(&self.features, x, NAME)?);
        Ok((mean, deviations.into_iter().map(|d| F::of(self.process.scale[0] * d)).collect()))
    }

    /// Means, and covariances of all rows with one another.
    ///
    /// # Errors
    /// As [`Predict::predict`].
    pub fn predict_cov<'a>(&self, x: impl Into<Records<'a, F>>) -> Result<(Array1<F>, Array2<F>)>
    where
        F: 'a,
    {
        let x = x.into();
        let mean = self.predict_records(x)?;
        let square = self.process.scale[0] * self.process.scale[0];
        let all = self.process.covariances(&asked(&self.features, x, NAME)?);
        Ok((mean, all.mapv(|v| F::of(square * v))))
    }

    /// Draws of the function at these rows, with the white noise of the covariance: one column for each draw.
    ///
    /// # Errors
    /// As [`Predict::predict`].
    pub fn sample<'a>(&self, x: impl Into<Records<'a, F>>, draws: usize, seed: u64) -> Result<Array2<F>>
    where
        F: 'a,
    {
        let asking = asked(&self.features, x.into(), NAME)?;
        Ok(self.process.draws(&asking, 0, draws, seed)?.mapv(F::of))
    }
}

impl Process {
    /// Draws of one output.
    fn draws(&self, asking: &Table, output: usize, draws: usize, seed: u64) -> Result<Array2<f64>> {
        let means = self.means(asking).column(output).to_vec();
        let square = self.scale[output] * self.scale[output];
        draw(&means, &(self.covariances(asking) * square), draws, seed, output as u64)
    }
}

impl<F: Float> MultiGaussianProcessModel<F> {
    /// Means and standard deviations, m × t.
    ///
    /// # Errors
    /// As [`Predict::predict`].
    pub fn predict_std<'a>(&self, x: impl Into<Records<'a, F>>) -> Result<(Array2<F>, Array2<F>)>
    where
        F: 'a,
    {
        let x = x.into();
        let mean = self.predict_records(x)?;
        let deviations = self.process.deviations(&asked(&self.features, x, NAME)?);
        let of = |(i, t): (usize, usize)| F::of(self.process.scale[t] * deviations[i]);
        Ok((mean.clone(), Array2::from_shape_fn(mean.raw_dim(), of)))
    }

    /// Means, and for each output the covariances of all rows with one another.
    ///
    /// # Errors
    /// As [`Predict::predict`].
    pub fn predict_cov<'a>(&self, x: impl Into<Records<'a, F>>) -> Result<(Array2<F>, Vec<Array2<F>>)>
    where
        F: 'a,
    {
        let x = x.into();
        let mean = self.predict_records(x)?;
        let all = self.process.covariances(&asked(&self.features, x, NAME)?);
        let of = |scale: &f64| all.mapv(|v| F::of(scale * scale * v));
        Ok((mean, self.process.scale.iter().map(of).collect()))
    }

    /// Draws of the functions at these rows: for each output one column for each draw.
    ///
    /// # Errors
    /// As [`Predict::predict`].
    pub fn sample<'a>(&self, x: impl Into<Records<'a, F>>, draws: usize, seed: u64) -> Result<Vec<Array2<F>>>
    where
        F: 'a,
    {
        let asking = asked(&self.features, x.into(), NAME)?;
        let of = |t: usize| Ok(self.process.draws(&asking, t, draws, seed)?.mapv(F::of));
        (0..self.process.mean.len()).map(of).collect()
    }
}

impl<F: Float> Predict<F> for GaussianProcessModel<F> {
    type Output = Array1<F>;

    fn predict_records(&self, x: Records<'_, F>) -> Result<Array1<F>> {
        Ok(self.values(x)?.index_axis_move(Axis(1), 0))
    }
}

impl<F: Float> Predict<F> for MultiGaussianProcessModel<F> {
    type Output = Array2<F>;

    fn predict_records(&self, x: Records<'_, F>) -> Result<Array2<F>> {
        self.values(x)
    }
}

impl<F: Float> PredictOne<F> for GaussianProcessModel<F> {
    type One<'m> = F;

    fn predict_one(&self, row: &[F], _: &mut Scratch<F>) -> Result<F> {
        self.features.check_width(row.len())?;
        let view =
            ArrayView2::from_shape((1, row.len()), row).map_err(|e| Error::numerical(e.to_string()))?;
        Records::from(view).check_finite()?;
        let mut out = [0.0];
        self.process.mean_one(row, &mut out);
        let found = rows::checked(Array2::from_elem((1, 1), F::of(out[0])), view.into())?;
        Ok(found[[0, 0]])
    }
}

estimand_core::persist!(GaussianProcessModel<F>, |model| {
    check_len("outputs", 1, model.process.mean.len())?;
    model.check()
});
estimand_core::persist!(MultiGaussianProcessModel<F>, |model| model.check());
