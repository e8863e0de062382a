//! Pipelines: steps that are fitted, applied, searched and saved as one.
//!
//! | type | what it is |
//! |---|---|
//! | [`Chain`] | two steps in a row; `a.then(b).then(c)` nests them |
//! | [`Then`] | gives every settings type its `then` |

pub mod chain;

pub use chain::{Chain, Then};
