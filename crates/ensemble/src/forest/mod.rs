//! Forests: the mean of many trees that differ by chance.
//!
//! ```text
//! ŷ(x) = 1/T Σ_t value of the leaf of x in tree t                                                        (1)
//! ```
//!
//! Values are shares of classes, or means. One tree grown out follows the noise of its training set; the mean of trees
//! that err differently does not. Trees differ by
//!
//! | | rows of a tree | columns of a split | threshold |
//! |---|---|---|---|
//! | random forest | as many drawn, with replacement | some, drawn | the best |
//! | extra trees | all | some, drawn | the best of one drawn for each column |
//!
//! 1. The values of each column are replaced by ranks, once for all trees.
//! 2. Trees are grown ([`exact`](estimand_grow::exact)), each with a random stream of its own. Drawn rows are weights: how
//!    often each was drawn.
//! 3. With `oob_score`, each row is predicted by (1) over the trees that have not seen it: an honest estimate without other
//!    data.
//!
//! Costs O(T q n log n) to O(T q n log² n) for n rows and q columns a split; a row is predicted in T · depth steps. Trees are
//! grown, and rows predicted, on all threads, with the same result for any number of them.
//!
//! **Rows drawn and weights.** Weights that are whole numbers count rows: so many rows are drawn as they sum to, and a
//! weight of two is the row twice. Other weights are proportions by which as many rows are drawn as there are. Without
//! drawing, weights enter the trees.
//!
//! **Differs from scikit-learn.** As single trees do (crate `tree`): no rounding to `f32`, categories, quantiles, exact
//! sums. With weights that are whole numbers, as many rows are drawn as they sum to, not as there are. Out-of-bag scores
//! are weighted. Columns drawn for a split, and thresholds, come from another generator, so that forests agree in
//! distribution and not tree by tree.
//!
//! **References.** \[Breiman01\]; on extra trees, \[Geurts06\].

mod bag;
mod fit;
mod model;
mod predict;
mod settings;
#[cfg(test)]
mod tests;

pub use model::{ClassForest, ForestModel, MultiRegressionForest, OutOfBag, RegressionForest};
pub use settings::{
    ExtraTreesClassifier, ExtraTreesRegressor, ForestTarget, RandomForestClassifier, RandomForestRegressor,
};
