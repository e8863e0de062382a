//! Linear models: what is predicted is a weighted sum of the columns.
//!
//! | page | what it holds |
//! |---|---|
//! | [`huber`], [`quantile`], [`ransac`], [`theil_sen`] | regressors that outliers do not mislead |
//! | [`isotonic`] | [`IsotonicRegression`]: the monotone function closest to the data |
//! | [`logistic`] | [`LogisticRegression`]: two classes or more, with an L2 penalty |
//! | [`ols`] | [`LinearRegression`]: least squares |
//! | [`ridge`] | [`Ridge`]: least squares with an L2 penalty, and the solvers of both |
//! | [`scores`] | [`LinearScores`]: what every linear classifier fits |
//! | [`model`] | [`LinearModel`], [`MultiLinearModel`]: what every linear regressor fits |

mod double;
pub mod huber;
pub mod isotonic;
pub mod logistic;
pub mod model;
pub mod ols;
pub mod quantile;
pub mod ransac;
pub mod ridge;
pub mod scores;
mod subsets;
#[cfg(test)]
mod testing;
pub mod theil_sen;

pub use huber::{HuberModel, HuberRegressor};
pub use isotonic::{Direction, IsotonicModel, IsotonicRegression, OutOfBounds};
pub use logistic::{LogisticModel, LogisticRegression, LogisticSolver};
pub use model::{LinearModel, MultiLinearModel};
pub use ols::{LeastSquaresSolver, LinearRegression};
pub use quantile::QuantileRegressor;
pub use ransac::{RansacLoss, RansacModel, RansacRegressor};
pub use ridge::{Ridge, RidgeSolver};
pub use scores::LinearScores;
pub use theil_sen::TheilSenRegressor;
