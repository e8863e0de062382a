//! Linear models: what is predicted is a weighted sum of the columns.
//!
//! | page | what it holds |
//! |---|---|
//! | [`logistic`] | [`LogisticRegression`]: two classes or more, with L2 and L1 penalties; [`LogisticRegressionCv`] chooses them |
//! | [`ols`] | [`LinearRegression`]: least squares |
//! | [`ridge`] | [`Ridge`]: least squares with an L2 penalty, and the solvers of both |
//! | [`scores`] | [`LinearScores`]: what every linear classifier fits |
//! | [`model`] | [`LinearModel`], [`MultiLinearModel`]: what every linear regressor fits |

mod cv;
pub mod logistic;
pub mod model;
pub mod ols;
pub mod ridge;
pub mod scores;
#[cfg(test)]
mod testing;

pub use logistic::{
    LogisticCandidate, LogisticCvModel, LogisticModel, LogisticRegression, LogisticRegressionCv,
    LogisticScoring, LogisticSearch, LogisticSolver,
};
pub use model::{LinearModel, MultiLinearModel};
pub use ols::{LeastSquaresSolver, LinearRegression};
pub use ridge::{Ridge, RidgeSolver};
pub use scores::LinearScores;
