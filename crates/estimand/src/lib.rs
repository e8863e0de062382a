//! **Estimand**: classical machine learning for Rust, with scikit-learn's breadth and habits, a compiled
//! library's speed, and types that make wrong programs fail to compile.
//!
//! ```
//! use estimand::prelude::*;
//!
//! let (train, test) = datasets::breast_cancer().split(0.25, 42)?;
//! let model = StandardScaler::new().then(LogisticRegression::new().c(0.5)).fit(&train)?;
//! println!("{}", classification_report(&test.y, &model.predict(&test)?)?);
//! # assert!(accuracy(&test.y, &model.predict(&test)?)? > 0.95);
//! # Ok::<(), Error>(())
//! ```
//!
//! # Where things are
//!
//! | module | what it holds |
//! |---|---|
//! | [`prelude`] | everything a program usually needs, for `use estimand::prelude::*` |
//! | [`datasets`] | bundled data sets, generators, file readers |
//! | [`preprocessing`] | scalers |
//! | [`bayes`] | naive Bayes: Gaussian, for counts, for categories |
//! | [`linear`] | least squares, penalised, Bayesian, robust and generalised; logistic regression, discriminants, stochastic gradient descent |
//! | [`neighbors`] | neighbours: search in any metric, classification, regression, outliers, densities, missing values |
//! | [`svm`] | support vector machines and kernel methods |
//! | [`gaussian_process`] | Gaussian processes: regression, classification, many rows |
//! | [`cluster`] | clustering: around means and medoids, by density, trees, spectral; Gaussian mixtures |
//! | [`tree`] | decision trees of classes and numbers, exact or with random thresholds |
//! | [`ensemble`] | random forests, extra trees, isolation forests, AdaBoost, gradient boosting on histograms |
//! | [`compose`] | pipelines |
//! | [`model_selection`] | cross-validation and search |
//! | [`metrics`] | metrics, scorers, reports |
//! | `plot` (feature `plot`) | charts as SVG |
//! | [`core`] | the traits and types that all share; for those who write estimators |
//!
//! # The few ideas
//!
//! - Settings and fitted models are different types: `Ridge` has `fit`, the `LinearModel` it returns has
//!   `predict`. Predicting before fitting does not compile.
//! - Settings are plain values with chain setters. The data decide between `f32` and `f64`.
//! - Class labels are any ordered type; classes come out sorted.
//! - Everything that can fail returns `Result<_, `[`Error`]`>`; nothing panics on data.
//! - The same program gives the same answer, bit for bit, on any number of threads.

pub use estimand_bayes as bayes;
pub use estimand_cluster as cluster;
pub use estimand_compose as compose;
pub use estimand_core as core;
pub use estimand_datasets as datasets;
pub use estimand_ensemble as ensemble;
pub use estimand_gaussian_process as gaussian_process;
pub use estimand_linear as linear;
pub use estimand_metrics as metrics;
pub use estimand_model_selection as model_selection;
pub use estimand_neighbors as neighbors;
#[cfg(feature = "plot")]
pub use estimand_plot as plot;
pub use estimand_preprocessing as preprocessing;
pub use estimand_svm as svm;
pub use estimand_tree as tree;

pub use estimand_core::{Error, Result};
pub use estimand_model_selection::grid;
pub use ndarray;

pub mod prelude;

/// The README and the pages of `docs` are compiled and run as documentation tests.
#[cfg(doctest)]
mod pages {
    #[doc = include_str!("../../../README.md")]
    mod readme {}
    #[doc = include_str!("../../../docs/architecture.md")]
    mod architecture {}
    #[doc = include_str!("../../../docs/adding-an-estimator.md")]
    mod adding_an_estimator {}
    #[doc = include_str!("../../../docs/guide/first-steps.md")]
    mod first_steps {}
    #[doc = include_str!("../../../docs/guide/data.md")]
    mod data {}
    #[doc = include_str!("../../../docs/guide/pipelines.md")]
    mod pipelines {}
    #[doc = include_str!("../../../docs/guide/linear-models.md")]
    mod linear_models {}
    #[doc = include_str!("../../../docs/guide/trees-and-boosting.md")]
    mod trees_and_boosting {}
    #[doc = include_str!("../../../docs/guide/neighbors.md")]
    mod neighbors {}
    #[doc = include_str!("../../../docs/guide/clustering.md")]
    mod clustering {}
    #[doc = include_str!("../../../docs/guide/kernels.md")]
    mod kernels {}
    #[doc = include_str!("../../../docs/guide/model-selection.md")]
    mod model_selection {}
    #[doc = include_str!("../../../docs/guide/saving.md")]
    mod saving {}
    #[cfg(feature = "plot")]
    #[doc = include_str!("../../../docs/guide/plots.md")]
    mod plots {}
    #[doc = include_str!("../../../docs/guide/errors.md")]
    mod errors {}
    #[doc = include_str!("../../../docs/guide/weights.md")]
    mod weights {}
    #[doc = include_str!("../../../docs/guide/wrong-programs.md")]
    mod wrong_programs {}
}
