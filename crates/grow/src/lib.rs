//! Decision trees: how they are kept, walked and grown. What a tree predicts, and which loss it lowers, is said by
//! the families above: single trees, forests, boosting.
//!
//! | page | what it holds |
//! |---|---|
//! | [`tree`] | [`Tree`]: nodes of sixteen bytes, what each predicts, what was seen there in training |
//! | [`bins`] | columns of numbers and categories as bytes |
//! | [`hist`] | trees grown on histograms of those |
//! | [`importance`] | how much columns matter to trees |
//! | [`shap`] | what each column adds to a prediction |
//! | [`walk`] | from a row to its leaf: one row, or blocks of rows through blocks of trees |

pub mod bins;
pub mod hist;
pub mod importance;
pub mod shap;
pub mod tree;
pub mod walk;

pub use importance::Importance;
pub use tree::{Stat, Test, Tree};
