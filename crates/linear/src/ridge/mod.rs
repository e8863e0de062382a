//! Ridge regression: least squares with an L2 penalty.
//!
//! ```text
//! minimise over w, b     Σᵢ ωᵢ (yᵢ − xᵢw − b)² + α‖w‖²                                        (1)
//! ```
//!
//! | symbol | variable | shape |
//! |---|---|---|
//! | X, Y, ω | `x`, `y`, `weights` | n × p, n × t, n; without weights ω = 1 |
//! | W, b | `coef`, `intercept` | p × t, t: the t targets are independent and share all work on X |
//! | x̄, ȳ | `x_mean`, `y_mean` | p, t: weighted means; 0 without intercept |
//! | X̃, Ỹ | `operator`, `centred_y` | √ω(X − 1x̄), √ω(Y − 1ȳ); X̃ is formed for n < p only |
//! | S, C | `moments.gram`, `moments.cross` | p × p, p × t: X̃ᵀX̃, X̃ᵀỸ |
//!
//! 1. Check settings and shapes. NaN is not searched for: it makes S or C non-finite, and only then is the
//!    place looked up.
//! 2. Centre. The intercept is not penalised, hence b = ȳ − x̄W (2), which leaves ‖Ỹ − X̃W‖² + α‖W‖² → min (3).
//! 3. Solve (3) by the equation that suits the shape:
//!
//!    | solver | equation | cost | `Auto` takes it for |
//!    |---|---|---|---|
//!    | `Cholesky` | (S + αI) W = C | np² + p³/3, one pass over X | n ≥ p; sparse X with p ≤ 1000 |
//!    | `Dual` | W = X̃ᵀ(X̃X̃ᵀ + αI)⁻¹Ỹ | n²p + n³/3 | n < p |
//!    | `Svd` | W = V diag(s / (s² + α)) UᵀỸ | 2np² + O(p³), n and p swapped for n < p | what the equations above cannot do accurately |
//!    | `ConjugateGradient` | descends on (3) | two products with X an iteration | other sparse X |
//!
//!    S squares the condition number κ of X, so it is formed in `f64` for `f32` data too, scaled to unit
//!    diagonal and its condition estimated. Up to κ² = 10⁶ the solution stands. Up to 10¹³ it is refined: the
//!    gradient of (3) is computed from the data and another Newton step taken, until full accuracy \[Bjorck87\].
//!    Beyond that, and for `Dual` beyond 10⁶, `Auto` factorises the data instead (`Svd`).
//! 4. Undo the centring by (2) and report.
//!
//! Where columns are collinear and α = 0 the solution is not unique; the one of least ‖W‖ is returned. (When asked for
//! by name, `ConjugateGradient` with n ≥ p returns the one of least norm in columns scaled to one length.)
//! Singular values below max(n, p)·ε of the largest count as zero.
//!
//! **Differs from scikit-learn.** Rank is judged with columns scaled to one length where n ≥ p, so that it does
//! not depend on units; there is no stochastic solver, as the direct ones read the data once; `alpha = 0` is
//! least squares with the minimum-norm solution, not an unstable solve with a warning; a solver that cannot
//! do what is asked says so instead of giving way to another.
//!
//! **References.** \[HoerlKennard70\]; \[Bjorck96\]; on solving (3) by products with X, \[PaigeSaunders82\].

// Steps 1, 2 and 4: `problem`; the choice in 3: `route`; its equations: `solve`, `gradient`, with `factor` below.
pub mod classifier;
pub mod cv;
#[cfg(test)]
mod cv_tests;
mod factor;
mod gradient;
mod leave_one_out;
pub(crate) mod problem;
pub(crate) mod route;
mod solve;
#[cfg(test)]
mod tests;

pub use classifier::{RidgeClassifier, RidgeClassifierCv, RidgeClassifierCvModel, RidgeClassifierModel};
pub use cv::{RidgeCv, RidgeCvModel};

use crate::model::Outputs;
use estimand_core::describe::{above, at_least};
use estimand_core::{Describe, Fit, Float, Result, Samples};
use problem::{Method, Problem};
use serde::{Deserialize, Serialize};

/// How to solve ridge regression; see [the module](crate::ridge) for what each does and costs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum RidgeSolver {
    /// By the shape and storage of the data, falling back where columns are collinear.
    #[default]
    Auto,
    /// Normal equations: one pass over the data.
    Cholesky,
    /// Singular values of the data: the most accurate, dense only.
    Svd,
    /// The n × n system of the rows, for n < p; dense only.
    Dual,
    /// Conjugate gradients, for large sparse data: nothing but products with X.
    ConjugateGradient,
}

estimand_core::params! {
    /// Linear least squares with an L2 penalty.
    ///
    /// ```
    /// use estimand_core::{Fit, Predict};
    /// use estimand_linear::Ridge;
    /// use ndarray::array;
    ///
    /// let x = array![[0.0], [1.0], [2.0]];
    /// let y = array![1.0, 3.0, 5.0];
    /// let model = Ridge::new().alpha(2.0).fit((&x, &y))?;
    /// assert_eq!(model.coef()[0], 1.0); // Σx̃y / (Σx̃² + α) = 4 / (2 + 2)
    /// assert_eq!(model.predict(&array![[1.0], [4.0]])?, array![3.0, 6.0]);
    /// # Ok::<(), estimand_core::Error>(())
    /// ```
    pub struct Ridge {
        /// Strength α of the penalty; 0 is least squares.
        alpha: f64 = 1.0, at_least(0.0);
        /// Whether to fit an intercept, which is not penalised. Without one, data are taken as centred.
        fit_intercept: bool = true;
        /// How to solve.
        solver: RidgeSolver = RidgeSolver::Auto;
        /// Most iterations of the conjugate gradients; direct solvers make none.
        max_iter: usize = 1000, at_least(1.0);
        /// Conjugate gradients stop when the gradient has fallen to this share of its first value.
        tol: f64 = 1e-8, above(0.0);
    }
    accepts: sparse, weights;
}

impl Ridge {
    /// Fits with each of `alphas` in place of this one, from one look at the data.
    fn fit_alphas<F: Float, Y: Outputs<F>>(
        &self,
        alphas: &[f64],
        samples: Samples<'_, F, Y>,
    ) -> Vec<Result<Y::Model>> {
        let method =
            Method { estimator: "Ridge", solver: self.solver, max_iter: self.max_iter, tol: self.tol };
        match samples.check().and_then(|()| Problem::new(&samples, self.fit_intercept).solve(alphas, &method))
        {
            Ok(solutions) => {
                solutions.into_iter().map(|solution| solution?.into_model::<F, Y>(samples.x)).collect()
            }
            Err(error) => alphas.iter().map(|_| Err(error.clone())).collect(),
        }
    }
}

impl<F: Float, Y: Outputs<F>> Fit<F, Y> for Ridge {
    type Model = Y::Model;

    fn fit_samples(&self, samples: Samples<'_, F, Y>) -> Result<Y::Model> {
        self.check()?;
        self.fit_alphas(&[self.alpha], samples).swap_remove(0)
    }

    /// Settings that differ in `alpha` alone share the pass over the data.
    fn fit_many<'s>(candidates: &[&Self], samples: Samples<'s, F, Y>) -> Vec<Result<Y::Model>> {
        let mut models: Vec<_> = candidates.iter().map(|ridge| ridge.check().err().map(Err)).collect();
        while let Some(first) = models.iter().position(Option::is_none) {
            let data = |ridge: &Self| ridge.clone().alpha(0.0);
            let group: Vec<usize> = (first..models.len())
                .filter(|i| models[*i].is_none() && data(candidates[*i]) == data(candidates[first]))
                .collect();
            let alphas: Vec<f64> = group.iter().map(|i| candidates[*i].alpha).collect();
            for (i, model) in group.into_iter().zip(candidates[first].fit_alphas(&alphas, samples)) {
                models[i] = Some(model);
            }
        }
        models.into_iter().flatten().collect()
    }

    fn shares_fits() -> bool {
        true
    }
}
