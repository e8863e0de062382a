//! Linear models: what is predicted is a weighted sum of the columns.
//!
//! | page | what it holds |
//! |---|---|
//! | [`logistic`] | [`LogisticRegression`]: two classes or more, with an L2 penalty |
//! | [`ols`] | [`LinearRegression`]: least squares |
//! | [`ridge`] | [`Ridge`]: least squares with an L2 penalty, and the solvers of both |
//! | [`scores`] | [`LinearScores`]: what every linear classifier fits |
//! | [`sgd`] | [`SgdClassifier`], [`SgdRegressor`], [`Perceptron`]: stochastic gradient descent, in batches too |
//! | [`model`] | [`LinearModel`], [`MultiLinearModel`]: what every linear regressor fits |

pub mod logistic;
pub mod model;
pub mod ols;
pub mod ridge;
pub mod scores;
pub mod sgd;
#[cfg(test)]
mod testing;

pub use logistic::{LogisticModel, LogisticRegression, LogisticSolver};
pub use model::{LinearModel, MultiLinearModel};
pub use ols::{LeastSquaresSolver, LinearRegression};
pub use ridge::{Ridge, RidgeSolver};
pub use scores::LinearScores;
pub use sgd::{
    LearningRate, Perceptron, SgdClassifier, SgdLoss, SgdModel, SgdPenalty, SgdRegressor, SgdRegressorLoss,
    SgdRegressorModel,
};
