//! Kernel ridge regression: least squares with an L2 penalty in the space of a kernel.
//!
//! ```text
//! minimise  Σᵢ ωᵢ (yᵢ − wᵀφ(xᵢ))² + α ‖w‖²
//! w = Σᵢ aᵢ φ(xᵢ)       (√W K √W + αI) c = √W y,   a = √W c                                               (1)
//! ```
//!
//! | symbol | variable | shape |
//! |---|---|---|
//! | a | `dual_coef` | t × n |
//! | W | diag ω | n × n |
//!
//! There is no intercept: centre the target, or add a constant to the kernel. Every row is kept. K is written out, by
//! definition of the method: costs O(n³ / 3 + n²p) and 8n² bytes, from 2560 rows on 12n², where [`solve_definite`] factorises in
//! single precision and refines. Predicting costs O(n (p + t)) for each row. See `Svr` and [`Nystroem`](crate::Nystroem) for more rows than that allows.
//!
//! Where K + α is singular to working precision, (1) is solved by eigenvalues, of which those of rounding are left out:
//! the solution of least norm, at 9n³; the report says so.

#[cfg(test)]
mod tests;

use crate::expansion::{Expansion, with_sums};
use crate::kernel::{Gamma, Kernel};
use crate::training::{Training, function};
use estimand_core::describe::{at_least, finite};
use estimand_core::samples::check_finite_target;
use estimand_core::{
    Describe, Error, Fit, Float, Predict, PredictOne, Records, Report, Result, Samples, Scratch, Target,
};
use estimand_linalg::{SymmetricEigen, matmul, rows, solve_definite};
use ndarray::{Array1, Array2, ArrayView2, Axis};
use serde::{Deserialize, Serialize};
use std::ops::Deref;

estimand_core::params! {
    /// Kernel ridge regression; see [the module](crate::kernel_ridge).
    ///
    /// ```
    /// use estimand_core::{Fit, Predict};
    /// use estimand_svm::{Kernel, KernelRidge};
    /// use ndarray::array;
    ///
    /// let (x, y) = (array![[0.0], [1.0], [2.0]], array![0.0, 1.0, 4.0]);
    /// let model = KernelRidge::new().kernel(Kernel::Polynomial).degree(2).alpha(1e-6).fit((&x, &y))?;
    /// assert!((model.predict(&array![[3.0]])?[0] - 9.0_f64).abs() < 1e-3);
    /// # Ok::<(), estimand_core::Error>(())
    /// ```
    pub struct KernelRidge {
        /// Strength α of the penalty.
        alpha: f64 = 1.0, at_least(0.0);
        /// The kernel.
        kernel: Kernel = Kernel::Linear;
        /// Degree d of a polynomial kernel.
        degree: u32 = 3;
        /// Factor γ of the kernel.
        gamma => Gamma = Gamma::Auto;
        /// Constant c₀ of polynomial and sigmoid kernels.
        coef0: f64 = 1.0, finite();
    }
    accepts: sparse, weights;
}

/// A fitted [`KernelRidge`] of one output.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(bound(serialize = "F: Float", deserialize = "F: Float"))]
pub struct KernelRidgeModel<F: Float> {
    expansion: Expansion<F>,
    report: Report,
}

/// A fitted [`KernelRidge`] of several outputs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(bound(serialize = "F: Float", deserialize = "F: Float"))]
pub struct MultiKernelRidgeModel<F: Float> {
    expansion: Expansion<F>,
    report: Report,
}

impl KernelRidge {
    /// (1) for targets Y, n × t.
    fn solve<F: Float, Y: Target>(
        &self,
        samples: &Samples<'_, F, Y>,
        y: ArrayView2<'_, F>,
    ) -> Result<(Expansion<F>, Report)> {
        self.check()?;
        samples.check()?;
        check_finite_target(y)?;
        samples.x.check_finite()?;
        let function = function!(self, samples.x, samples.weights)?;
        let training = Training::new(samples.x, samples.weights, function, false)?;
        let roots: Vec<f64> = training.weights.iter().map(|w| w.sqrt()).collect();
        let system = || {
            // The matrix is symmetric: its rows are its columns.
            let mut gram = training.rows.square().reversed_axes();
            if samples.weights.is_some() {
                for (mut column, own) in gram.columns_mut().into_iter().zip(&roots) {
                    column.iter_mut().zip(&roots).for_each(|(k, root)| *k *= root * own);
                }
            }
            gram.diag_mut().iter_mut().for_each(|k| *k += self.alpha);
            gram
        };
        let n = roots.len();
        let targets =
            Array2::from_shape_fn((n, y.ncols()), |(i, t)| roots[i] * y[[training.numbers[i], t]].f64());
        let (mut a, report) = match solve_definite(system(), targets.view()) {
            Ok(a) => (a, Report::direct("Cholesky")),
            Err(_) => {
                let report = Report::direct("eigenvalues").note("kernel values are singular; raise `alpha`");
                (least_norm(system().view(), targets.view())?, report)
            }
        };
        a.rows_mut().into_iter().zip(&roots).for_each(|(mut row, root)| row *= *root);
        if !a.iter().all(|a| a.is_finite()) {
            return Err(Error::numerical(
                "coefficients leave the range of f64; raise `alpha`, or scale the columns",
            ));
        }
        let dual_coef = a.t().as_standard_layout().into_owned();
        let expansion =
            Expansion::new(samples, &training.rows, training.numbers.clone(), vec![0, n], dual_coef);
        Ok((expansion, report))
    }
}

/// The solution of least norm of a symmetric system, by eigenvalues above those of rounding.
fn least_norm(a: ArrayView2<'_, f64>, b: ArrayView2<'_, f64>) -> Result<Array2<f64>> {
    let SymmetricEigen { values, vectors } = SymmetricEigen::new(a)?;
    let least = values.iter().fold(0.0_f64, |m, v| m.max(v.abs())) * f64::EPSILON * values.len() as f64;
    let mut parts = matmul(vectors.t(), b);
    for (mut row, value) in parts.rows_mut().into_iter().zip(&values) {
        row *= if *value > least { value.recip() } else { 0.0 };
    }
    Ok(matmul(vectors.view(), parts.view()))
}

impl<F: Float> Fit<F, Array1<F>> for KernelRidge {
    type Model = KernelRidgeModel<F>;

    fn fit_samples(&self, samples: Samples<'_, F, Array1<F>>) -> Result<KernelRidgeModel<F>> {
        let (expansion, report) = self.solve(&samples, samples.y.insert_axis(Axis(1)))?;
        Ok(KernelRidgeModel { expansion, report })
    }
}

impl<F: Float> Fit<F, Array2<F>> for KernelRidge {
    type Model = MultiKernelRidgeModel<F>;

    fn fit_samples(&self, samples: Samples<'_, F, Array2<F>>) -> Result<MultiKernelRidgeModel<F>> {
        if samples.y.ncols() == 0 {
            return Err(Error::EmptyInput { what: "y".into() });
        }
        let (expansion, report) = self.solve(&samples, samples.y)?;
        Ok(MultiKernelRidgeModel { expansion, report })
    }
}

macro_rules! expands {
    ($name:ident) => {
        impl<F: Float> Deref for $name<F> {
            type Target = Expansion<F>;
            fn deref(&self) -> &Expansion<F> {
                &self.expansion
            }
        }
        impl<F: Float> $name<F> {
            /// How the fit went.
            pub fn report(&self) -> &Report {
                &self.report
            }

            fn values(&self, x: Records<'_, F>) -> Result<Array2<F>> {
                rows::checked(self.expansion.sums(x)?.mapv(F::of), x)
            }
        }
    };
}
expands!(KernelRidgeModel);
expands!(MultiKernelRidgeModel);

impl<F: Float> Predict<F> for KernelRidgeModel<F> {
    type Output = Array1<F>;

    fn predict_records(&self, x: Records<'_, F>) -> Result<Array1<F>> {
        Ok(self.values(x)?.index_axis_move(Axis(1), 0))
    }
}

impl<F: Float> Predict<F> for MultiKernelRidgeModel<F> {
    type Output = Array2<F>;

    fn predict_records(&self, x: Records<'_, F>) -> Result<Array2<F>> {
        self.values(x)
    }
}

impl<F: Float> PredictOne<F> for KernelRidgeModel<F> {
    type One<'m> = F;

    fn predict_one(&self, row: &[F], _: &mut Scratch<F>) -> Result<F> {
        with_sums(&self.expansion, row, |sums| F::of(sums[0]))
    }
}

fn one_class<F: Float>(expansion: &Expansion<F>) -> Result<()> {
    estimand_core::persist::check_len("classes of support vectors", 1, expansion.n_support().len())
}

estimand_core::persist!(KernelRidgeModel<F>, |model| {
    estimand_core::persist::check_len("rows of dual_coef", 1, model.expansion.dual_coef().nrows())?;
    one_class(&model.expansion)
});
estimand_core::persist!(MultiKernelRidgeModel<F>, |model| one_class(&model.expansion));
