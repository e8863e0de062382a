//! Linear models: what is predicted is a weighted sum of the columns.
//!
//! | page | what it holds |
//! |---|---|
//! | [`glm`] | [`PoissonRegressor`], [`GammaRegressor`], [`InverseGaussianRegressor`], [`TweedieRegressor`] |
//! | [`inference`] | standard errors, tests and intervals: [`RegressionSummary`], [`GlmSummary`] |
//! | [`logistic`] | [`LogisticRegression`]: two classes or more, with an L2 penalty |
//! | [`ols`] | [`LinearRegression`]: least squares |
//! | [`ridge`] | [`Ridge`]: least squares with an L2 penalty, and the solvers of both |
//! | [`scores`] | [`LinearScores`]: what every linear classifier fits |
//! | [`model`] | [`LinearModel`], [`MultiLinearModel`]: what every linear regressor fits |

pub mod glm;
pub mod inference;
pub mod logistic;
pub mod model;
pub mod ols;
pub mod ridge;
pub mod scores;
#[cfg(test)]
mod testing;

pub use glm::{
    GammaRegressor, GlmModel, GlmSolver, InverseGaussianRegressor, Link, PoissonRegressor, TweedieRegressor,
};
pub use inference::{Coefficient, GlmSummary, RegressionSummary};
pub use logistic::{LogisticModel, LogisticRegression, LogisticSolver};
pub use model::{LinearModel, MultiLinearModel};
pub use ols::{LeastSquaresSolver, LinearRegression};
pub use ridge::{Ridge, RidgeSolver};
pub use scores::LinearScores;
