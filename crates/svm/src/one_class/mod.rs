//! The support of a distribution: which records are like those seen.
//!
//! ```text
//! minimise  ½ ‖w‖² − ρ + Σᵢ ωᵢ ξᵢ / (ν Σω)      wᵀφ(xᵢ) ≥ ρ − ξᵢ,   ξᵢ ≥ 0                                (1)
//! its dual  minimise  ½ aᵀKa                    0 ≤ aᵢ ≤ ωᵢ,  Σ aᵢ = ν Σω                                  (2)
//! decision  Σᵢ aᵢ K(x, xᵢ) − ρ                  1 where it is not negative, else −1
//! ```
//!
//! | symbol | variable | shape |
//! |---|---|---|
//! | a | `dual_coef` | 1 × n_sv |
//! | ρ | `offset` | |
//!
//! At most a share ν of the training rows lies outside, and at least a share ν are support vectors. Costs
//! O(n · n_sv · p); memory is `cache_size` and O(np).
//!
//! **Differs from scikit-learn.** A weight of 2 is the row twice. Values of the decision are those of (2), scaled by νn
//! against those of (1), as there.
//!
//! **References.** \[Scholkopf01\].

#[cfg(test)]
mod tests;

use crate::expansion::{Expansion, with_sums};
use crate::kernel::{Gamma, Kernel};
use crate::smo::{self, Problem};
use crate::svc::fit::filled;
use crate::training::{MachineSettings, Training, machine};
use estimand_core::describe::{above, above_to, finite};
use estimand_core::persist::check_len;
use estimand_core::{
    Describe, Error, Fit, Float, Predict, PredictOne, Records, Report, Result, Samples, Scratch,
};
use estimand_linalg::rows;
use ndarray::{Array1, Array2, Axis};
use serde::{Deserialize, Serialize};
use std::ops::Deref;

machine! {
    /// One-class support vector machine, for outliers and novelties; see [the module](crate::one_class).
    ///
    /// ```
    /// use estimand_core::{Fit, Predict};
    /// use estimand_svm::{Gamma, OneClassSvm};
    /// use ndarray::array;
    ///
    /// let x = array![[0.0], [0.44], [0.45], [0.46], [1.0]];
    /// let model = OneClassSvm::new().gamma(Gamma::Auto).fit(&x)?;
    /// assert_eq!(model.predict(&x)?.to_vec(), [-1, 1, 1, 1, -1]);
    /// # Ok::<(), estimand_core::Error>(())
    /// ```
    pub struct OneClassSvm {
        /// ν: at most this share of the training rows lies outside, at least this share are support vectors.
        nu: f64 = 0.5, above_to(0.0, 1.0);
    }
}

/// A fitted [`OneClassSvm`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(bound(serialize = "F: Float", deserialize = "F: Float"))]
pub struct OneClassModel<F: Float> {
    expansion: Expansion<F>,
    offset: f64,
    report: Report,
}

impl<F: Float> Deref for OneClassModel<F> {
    type Target = Expansion<F>;
    fn deref(&self) -> &Expansion<F> {
        &self.expansion
    }
}

impl<F: Float> Fit<F, ()> for OneClassSvm {
    type Model = OneClassModel<F>;

    fn fit_samples(&self, samples: Samples<'_, F, ()>) -> Result<OneClassModel<F>> {
        self.check()?;
        samples.check()?;
        samples.x.check_finite()?;
        let function = self.function(samples.x, samples.weights)?;
        let training = Training::new(samples.x, samples.weights, function, false)?;
        let n = training.weights.len();
        let problem = Problem {
            rows: &training.rows,
            row: (0..n).collect(),
            cost: vec![0.0; n],
            low: vec![0.0; n],
            start: filled(&training.weights, self.nu * training.weights.iter().sum::<f64>()),
            high: training.weights.clone(),
            split: n,
        };
        let solution = smo::solve(&problem, self.limits())?;
        let kept: Vec<usize> = (0..n).filter(|i| solution.a[*i] != 0.0).collect();
        let dual_coef = Array2::from_shape_fn((1, kept.len()), |(_, v)| solution.a[kept[v]]);
        let support: Vec<usize> = kept.iter().map(|i| training.numbers[*i]).collect();
        let bounds = vec![0, support.len()];
        let expansion = Expansion::new(&samples, &training.rows, support, bounds, dual_coef);
        let report = Report::iterative("two-level SMO", solution.iterations, solution.converged)
            .objective(solution.objective)
            .warn_unless_converged("OneClassSvm", "raise `max_iter`, or scale the columns");
        Ok(OneClassModel { expansion, offset: solution.level[0], report })
    }
}

impl<F: Float> OneClassModel<F> {
    /// ρ: what a record's score must reach.
    pub fn offset(&self) -> f64 {
        self.offset
    }

    /// How the fit went; the objective is (2).
    pub fn report(&self) -> &Report {
        &self.report
    }

    /// Σᵢ aᵢ K(x, xᵢ), higher for records that are more like those seen.
    ///
    /// # Errors
    /// For records of another width or with other names, and for values that are not finite.
    pub fn score_samples<'a>(&self, x: impl Into<Records<'a, F>>) -> Result<Array1<F>>
    where
        F: 'a,
    {
        let x = x.into();
        let found = self.expansion.sums(x)?.mapv(F::of);
        Ok(rows::checked(found, x)?.index_axis_move(Axis(1), 0))
    }

    /// [`score_samples`](Self::score_samples) less ρ: negative outside.
    ///
    /// # Errors
    /// As there.
    pub fn decision_function<'a>(&self, x: impl Into<Records<'a, F>>) -> Result<Array1<F>>
    where
        F: 'a,
    {
        let x = x.into();
        let found = self.expansion.sums(x)?.mapv(|s| F::of(s - self.offset));
        Ok(rows::checked(found, x)?.index_axis_move(Axis(1), 0))
    }

    fn check_loaded(&self) -> Result<()> {
        check_len("classes of support vectors", 1, self.expansion.n_support().len())?;
        check_len("rows of dual_coef", 1, self.expansion.dual_coef().nrows())?;
        match self.offset.is_finite() {
            true => Ok(()),
            false => Err(Error::Persist { what: "the offset is not finite".into() }),
        }
    }
}

fn side(decision: f64) -> i32 {
    if decision >= 0.0 { 1 } else { -1 }
}

impl<F: Float> Predict<F> for OneClassModel<F> {
    /// 1 inside, −1 outside.
    type Output = Array1<i32>;

    fn predict_records(&self, x: Records<'_, F>) -> Result<Array1<i32>> {
        Ok(self.decision_function(x)?.mapv(|z| side(z.f64())))
    }
}

impl<F: Float> PredictOne<F> for OneClassModel<F> {
    /// 1 inside, −1 outside.
    type One<'m> = i32;

    fn predict_one(&self, row: &[F], _: &mut Scratch<F>) -> Result<i32> {
        with_sums(&self.expansion, row, |sums| side(F::of(sums[0] - self.offset).f64()))
    }
}

estimand_core::persist!(OneClassModel<F>, OneClassModel::check_loaded);
