//! Decision trees: how they are kept, walked and grown. What a tree predicts, and which loss it lowers, is said by
//! the families above: single trees, forests, boosting.
//!
//! | page | what it holds |
//! |---|---|
//! | [`tree`] | [`Tree`]: nodes of sixteen bytes, what each predicts, what was seen there in training |
//! | [`walk`] | from a row to its leaf: one row, or blocks of rows through blocks of trees |
//! | [`exact`] | growing with exact or random thresholds: ranked columns, criteria, splitters |
//! | [`settings`] | the settings of exact trees, declared once for single trees and forests |
//! | [`bins`] | columns of numbers and categories as bytes |
//! | [`hist`] | growing on histograms of those |
//! | [`prune`] | minimal cost-complexity pruning |
//! | [`importance`] | how much columns matter to trees |
//! | [`shap`] | what each column adds to a prediction |
//! | [`export`] | a tree as text, for Graphviz, and as a picture |

pub mod bins;
pub mod exact;
pub mod export;
pub mod hist;
pub mod importance;
pub mod prune;
pub mod settings;
pub mod shap;
pub mod tree;
pub mod walk;

pub use importance::Importance;
pub use tree::{Stat, Test, Tree};
