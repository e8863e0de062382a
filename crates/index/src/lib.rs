//! Exact search for neighbours, in any metric.
//!
//! ```text
//! nearest(q, k)     the k rows with the least d(q, xᵢ), nearest first, of equals the lowest i
//! within(q, r)      all rows with d(q, xᵢ) ≤ r
//! ```
//!
//! | page | what it holds |
//! |---|---|
//! | [`metric`] | [`Metric`]: those that there are, and the user's own |
//! | [`index`] | [`Index`]: rows, ready to be searched; [`Algorithm`]: how |
//! | [`pairwise()`] | distances of all pairs |
//! | `prepare`, `gauge` | how few gauges serve all metrics |
//! | `points`, `tree` | points in eights, trees with eight children |
//! | `filter` | all rows, by matrix products in single precision, without its errors |
//! | `search`, `best` | many queries at once, and what is found |
//!
//! A distance is one chain of sums in `f64`, in the order of the columns, whichever way the rows are searched: trees, all
//! rows, and products give the same neighbours and the same bits, on any number of threads. Ties are told by the row's
//! number. Values of `f32` are read as they are.

mod best;
mod filter;
mod gauge;
pub mod index;
pub mod metric;
mod pairwise;
mod points;
mod prepare;
mod search;
mod tree;

pub use best::Neighbor;
pub use index::{Algorithm, Index, Nearest, Queries, Reach};
pub use metric::{Metric, OwnMetric};
pub use pairwise::pairwise;

#[cfg(test)]
mod tests;
