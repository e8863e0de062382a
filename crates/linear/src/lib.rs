//! Linear models: what is predicted is a weighted sum of the columns.
//!
//! | page | what it holds |
//! |---|---|
//! | [`bayesian`] | [`BayesianRidge`], [`ArdRegression`]: penalties found by their evidence |
//! | [`lars`] | [`Lars`], [`LassoLars`] and those that choose a place on their paths |
//! | [`logistic`] | [`LogisticRegression`]: two classes or more, with an L2 penalty |
//! | [`ols`] | [`LinearRegression`]: least squares, also with non-negative coefficients |
//! | [`omp`] | [`OrthogonalMatchingPursuit`]: least squares on few columns, chosen one by one |
//! | [`ridge`] | [`Ridge`]: least squares with an L2 penalty, and the solvers of both; [`RidgeCv`] chooses the penalty, [`RidgeClassifier`] learns classes |
//! | [`scores`] | [`LinearScores`]: what every linear classifier fits |
//! | [`model`] | [`LinearModel`], [`MultiLinearModel`]: what every linear regressor fits |

mod active;
pub mod bayesian;
mod cv;
pub mod lars;
pub mod logistic;
pub mod model;
pub mod ols;
pub mod omp;
mod products;
pub mod ridge;
pub mod scores;
#[cfg(test)]
mod testing;

pub use bayesian::{ArdRegression, BayesianModel, BayesianRidge};
pub use lars::{
    Lars, LarsCv, LarsCvModel, LarsPath, LassoLars, LassoLarsCv, LassoLarsIc, LassoLarsIcModel, PathCriterion,
};
pub use logistic::{LogisticModel, LogisticRegression, LogisticSolver};
pub use model::{LinearModel, MultiLinearModel};
pub use ols::{LeastSquaresSolver, LinearRegression};
pub use omp::{OrthogonalMatchingPursuit, OrthogonalMatchingPursuitCv, OrthogonalMatchingPursuitCvModel};
pub use ridge::{
    Ridge, RidgeClassifier, RidgeClassifierCv, RidgeClassifierCvModel, RidgeClassifierModel, RidgeCv,
    RidgeCvModel, RidgeSolver,
};
pub use scores::LinearScores;
