//! Linear models: what is predicted is a weighted sum of the columns.
//!
//! | page | what it holds |
//! |---|---|
//! | [`ols`] | [`LinearRegression`]: least squares, also with non-negative coefficients |
//! | [`ridge`] | [`Ridge`]: least squares with an L2 penalty, and the solvers of both; [`RidgeCv`] chooses the penalty, [`RidgeClassifier`] learns classes |
//! | [`bayesian`] | [`BayesianRidge`], [`ArdRegression`]: penalties found by their evidence |
//! | [`elastic_net`] | [`Lasso`], [`ElasticNet`], their multi-task and cross-validated forms, [`lasso_path`]: least squares with an L1 penalty |
//! | [`lars`], [`omp`] | [`Lars`], [`LassoLars`], [`OrthogonalMatchingPursuit`]: columns chosen one by one, and where to stop |
//! | [`logistic`] | [`LogisticRegression`]: two classes or more, with L2 and L1 penalties; [`LogisticRegressionCv`] chooses them |
//! | [`discriminant`] | [`LinearDiscriminantAnalysis`], [`QuadraticDiscriminantAnalysis`]: classes as normal distributions |
//! | [`glm`] | [`PoissonRegressor`], [`GammaRegressor`], [`InverseGaussianRegressor`], [`TweedieRegressor`]: counts and amounts |
//! | [`sgd`] | [`SgdClassifier`], [`SgdRegressor`], [`Perceptron`], [`SgdOneClassSvm`]: stochastic gradient descent, in batches too |
//! | [`huber`], [`quantile`], [`ransac`], [`theil_sen`] | regressors that outliers do not mislead |
//! | [`isotonic`] | [`IsotonicRegression`]: the monotone function closest to the data |
//! | [`inference`] | standard errors, tests and intervals: [`RegressionSummary`], [`GlmSummary`] |
//! | [`scores`] | [`LinearScores`]: what every linear classifier fits |
//! | [`model`] | [`LinearModel`], [`MultiLinearModel`]: what every linear regressor fits |

mod active;
pub mod bayesian;
mod cv;
pub mod discriminant;
mod double;
pub mod elastic_net;
pub mod glm;
pub mod huber;
pub mod inference;
pub mod isotonic;
pub mod lars;
pub mod logistic;
pub mod model;
pub mod ols;
pub mod omp;
mod products;
pub mod quantile;
pub mod ransac;
pub mod ridge;
pub mod scores;
pub mod sgd;
mod subsets;
#[cfg(test)]
mod testing;
pub mod theil_sen;

pub use bayesian::{ArdRegression, BayesianModel, BayesianRidge};
pub use discriminant::{
    DiscriminantSolver, LinearDiscriminantAnalysis, LinearDiscriminantModel, QuadraticDiscriminantAnalysis,
    QuadraticDiscriminantModel, Shrinkage,
};
pub use elastic_net::{
    Alphas, ElasticNet, ElasticNetCv, ElasticNetCvModel, Lasso, LassoCv, MultiTaskElasticNet,
    MultiTaskElasticNetCv, MultiTaskElasticNetCvModel, MultiTaskLasso, MultiTaskLassoCv, Path, PathOptions,
    enet_path, lasso_path,
};
pub use glm::{
    GammaRegressor, GlmModel, GlmSolver, InverseGaussianRegressor, Link, PoissonRegressor, TweedieRegressor,
};
pub use huber::{HuberModel, HuberRegressor};
pub use inference::{Coefficient, GlmSummary, RegressionSummary};
pub use isotonic::{Direction, IsotonicModel, IsotonicRegression, OutOfBounds};
pub use lars::{
    Lars, LarsCv, LarsCvModel, LarsPath, LassoLars, LassoLarsCv, LassoLarsIc, LassoLarsIcModel, PathCriterion,
};
pub use logistic::{
    LogisticCandidate, LogisticCvModel, LogisticModel, LogisticRegression, LogisticRegressionCv,
    LogisticScoring, LogisticSearch, LogisticSolver,
};
pub use model::{LinearModel, MultiLinearModel};
pub use ols::{LeastSquaresSolver, LinearRegression};
pub use omp::{OrthogonalMatchingPursuit, OrthogonalMatchingPursuitCv, OrthogonalMatchingPursuitCvModel};
pub use quantile::QuantileRegressor;
pub use ransac::{RansacLoss, RansacModel, RansacRegressor};
pub use ridge::{
    Ridge, RidgeClassifier, RidgeClassifierCv, RidgeClassifierCvModel, RidgeClassifierModel, RidgeCv,
    RidgeCvModel, RidgeSolver,
};
pub use scores::LinearScores;
pub use sgd::{
    LearningRate, Perceptron, SgdClassifier, SgdLoss, SgdModel, SgdOneClassModel, SgdOneClassSvm, SgdPenalty,
    SgdRegressor, SgdRegressorLoss, SgdRegressorModel,
};
pub use theil_sen::TheilSenRegressor;
