//! Ordinary least squares.
//!
//! ```text
//! minimise over w, b     Σᵢ ωᵢ (yᵢ − xᵢw − b)²
//! ```
//!
//! This is [ridge regression](crate::ridge) with α = 0, and is solved there: notation, steps and equations are
//! those of that page. Where columns are collinear, or n < p, many solutions fit equally well, and the one of
//! least ‖w‖ is returned.
//!
//! | solver | equation | cost | `Auto` takes it for |
//! |---|---|---|---|
//! | `Cholesky` | X̃ᵀX̃ W = X̃ᵀỸ | np² + p³/3, one pass over X | n ≥ p; sparse X with p ≤ 1000 |
//! | the same, dense with n < p | W = X̃ᵀ(X̃X̃ᵀ)⁻¹Ỹ | n²p + n³/3 | dense X with n < p |
//! | `Svd` | W = V diag(1/s) UᵀỸ | 2np² + O(p³), n and p swapped for n < p | collinear columns, or rows where n < p |
//! | `ConjugateGradient` | descends on the objective | two products with X an iteration | other sparse X |
//!
//! **Differs from scikit-learn**, which always takes the singular values of X: here one pass over X serves where
//! the condition of the columns, scaled to one length, is below 10³, refinement on the data up to 3·10⁶, and only
//! what lies beyond, where digits would be lost, goes to the singular values.
//!
//! **Reference.** \[Bjorck96\].

#[cfg(test)]
mod tests;

use crate::model::Outputs;
use crate::ridge::RidgeSolver;
use crate::ridge::problem::{Method, Problem};
use estimand_core::describe::{above, at_least};
use estimand_core::records::MatrixView;
use estimand_core::{Describe, Fit, Float, Result, Samples};
use serde::{Deserialize, Serialize};

/// How to solve least squares; see [the module](crate::ols) for what each does and costs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum LeastSquaresSolver {
    /// By the shape and storage of the data, falling back where columns are collinear.
    #[default]
    Auto,
    /// Normal equations, of the rows where they are dense and n < p; an error where those are collinear.
    Cholesky,
    /// Singular values of the data: the most accurate, dense only.
    Svd,
    /// Conjugate gradients, for large sparse data: nothing but products with X.
    ConjugateGradient,
}

estimand_core::params! {
    /// Linear least squares.
    ///
    /// ```
    /// use estimand_core::{Fit, Predict};
    /// use estimand_linear::LinearRegression;
    /// use ndarray::array;
    ///
    /// let x = array![[0.0, 1.0], [1.0, 0.0], [2.0, 2.0], [3.0, 1.0]];
    /// let y = array![2.0_f64, 5.0, 5.0, 8.0]; // 3 + 2 x₀ − x₁
    /// let model = LinearRegression::new().fit((&x, &y))?;
    /// assert!((model.predict(&array![[10.0, 3.0]])?[0] - 20.0).abs() < 1e-12);
    /// println!("{}", model.report());
    /// # Ok::<(), estimand_core::Error>(())
    /// ```
    pub struct LinearRegression {
        /// Whether to fit an intercept. Without one, data are taken as centred.
        fit_intercept: bool = true;
        /// How to solve.
        solver: LeastSquaresSolver = LeastSquaresSolver::Auto;
        /// Most iterations of the conjugate gradients; direct solvers make none.
        max_iter: usize = 1000, at_least(1.0);
        /// Conjugate gradients stop when the gradient has fallen to this share of its first value.
        tol: f64 = 1e-8, above(0.0);
    }
    accepts: sparse, weights;
}

impl<F: Float, Y: Outputs<F>> Fit<F, Y> for LinearRegression {
    type Model = Y::Model;

    fn fit_samples(&self, samples: Samples<'_, F, Y>) -> Result<Y::Model> {
        self.check()?;
        samples.check()?;
        let wide = samples.nrows() < samples.x.ncols() && matches!(samples.x.values(), MatrixView::Dense(_));
        let solver = match self.solver {
            LeastSquaresSolver::Auto => RidgeSolver::Auto,
            LeastSquaresSolver::Cholesky if wide => RidgeSolver::Dual,
            LeastSquaresSolver::Cholesky => RidgeSolver::Cholesky,
            LeastSquaresSolver::Svd => RidgeSolver::Svd,
            LeastSquaresSolver::ConjugateGradient => RidgeSolver::ConjugateGradient,
        };
        let method = Method { estimator: "LinearRegression", solver, max_iter: self.max_iter, tol: self.tol };
        let problem = Problem::new(&samples, self.fit_intercept);
        problem.solve(&[0.0], &method)?.swap_remove(0)?.into_model::<F, Y>(samples.x)
    }
}
