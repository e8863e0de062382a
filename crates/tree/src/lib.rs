//! Decision trees: questions about single columns, one after another, until an answer is reached.
//!
//! | page | estimators |
//! |---|---|
//! | [`classifier`] | [`DecisionTreeClassifier`], [`ExtraTreeClassifier`] |
//! | [`regressor`] | [`DecisionTreeRegressor`], [`ExtraTreeRegressor`] |
//! | [`model`] | what they fit: [`ClassTree`], [`RegressionTree`], [`MultiRegressionTree`] |
//!
//! ```text
//! node      rows that answered alike so far
//! split     the question xⱼ ≤ t, or xⱼ ∈ set, that lowers the impurity of the answers most           (1)
//! leaf      the shares of the classes, or the mean, the median, … of the targets of its rows
//! ```
//!
//! 1. The values of each column are replaced by their ranks, once.
//! 2. From the root on, (1) is searched in each node, over all columns or some that are drawn
//!    ([`exact`](estimand_grow::exact)), until a node is pure or a limit is reached.
//! 3. With `ccp_alpha`, the tree is cut back ([`prune`](estimand_grow::prune)).
//!
//! Costs O(p n log n) for the ranks and O(p n) and less for each level of the tree; a row is predicted in as many steps as
//! the tree is deep. Trees grown out know every row of the training set by heart: limit the depth, ask for more rows in a
//! leaf, prune, or take a forest.
//!
//! **Missing values** (NaN) are sent to the side that turns out better; where a node had none in training, they go where
//! most rows went. **Categories** are split by sets: name their columns in `categorical_features`. **Weights** count rows:
//! a weight of two is the row twice, and zero is as if absent; `min_samples_split` and `min_samples_leaf` count rows of
//! positive weight as one each.
//!
//! **Differs from scikit-learn.** Values are not rounded to `f32`, and no two distinct ones are taken as equal. Sums are
//! exact, so that the order of rows has no influence. Of splits that are equally good the first is taken, by column and
//! then by threshold, so that without drawing there is nothing random. Missing values without an example in training go
//! by weight, not by number of rows. Categories, quantiles and several directions at once are new; classifiers learn one
//! label for each row.
//!
//! **References.** \[Breiman84\]; on random thresholds, \[Geurts06\].

pub mod classifier;
pub mod model;
pub mod regressor;
#[cfg(test)]
mod tests;

pub use classifier::{DecisionTreeClassifier, ExtraTreeClassifier};
pub use estimand_grow::export::Export;
pub use estimand_grow::prune::PruningPath;
pub use estimand_grow::settings::{ClassCriterion, MaxFeatures, RegressionCriterion, Rows, Splitter};
pub use model::{ClassTree, MultiRegressionTree, RegressionTree, TreeModel};
pub use regressor::{DecisionTreeRegressor, ExtraTreeRegressor};
