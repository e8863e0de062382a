//! Decision trees: how they are kept, walked and grown. What a tree predicts, and which loss it lowers, is said by
//! the families above: single trees, forests, boosting.
//!
//! | page | what it holds |
//! |---|---|
//! | [`tree`] | [`Tree`]: nodes of sixteen bytes, what each predicts, what was seen there in training |
//! | [`walk`] | from a row to its leaf: one row, or blocks of rows through blocks of trees |

pub mod tree;
pub mod walk;

pub use tree::{Stat, Test, Tree};
