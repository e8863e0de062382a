//! Columns as bins: each value becomes the number of the interval that it lies in, a byte.
//!
//! ```text
//! number      bin b holds  cut[b−1] < x ≤ cut[b]        at most `max_bins` bins, b = 0 … cuts
//! category    bin b holds  code[b]                      every category that occurs
//! missing     the bin after the last
//! ```
//!
//! Cuts lie halfway between neighbouring values, so that `bin ≤ b` and `x ≤ cut[b]` are the same test on all rows. A column
//! with few distinct values has a bin for each; another has bins of nearly equal weight, where a value that weighs as much
//! as a bin has one of its own. Cuts are found on all rows, or on `sample` of them, drawn with a seed.
//!
//! | page | what it holds |
//! |---|---|
//! | [`cuts`] | distinct values of a column, and where to cut them |
//! | [`table`] | the bins of all rows, twice: by rows for building histograms, by columns for parting rows |

pub mod cuts;
pub mod table;

#[cfg(test)]
mod tests;

pub use cuts::BinRules;
pub use table::{Binned, Block, Group};

/// How one column's values become bins.
#[derive(Clone, Debug, PartialEq)]
pub enum ColumnBins {
    /// Numbers, by ascending cuts.
    Numbers(Vec<f64>),
    /// Categories, whole numbers from 0, ascending.
    Categories(Vec<u32>),
}

/// Most bins of a column, without that of missing values.
pub const MAX_BINS: usize = 255;

impl ColumnBins {
    /// Number of bins, without that of missing values, which comes after them.
    pub fn count(&self) -> usize {
        match self {
            Self::Numbers(cuts) => cuts.len() + 1,
            Self::Categories(codes) => codes.len(),
        }
    }

    /// The bin of a value; for NaN, and for a category that is not known, the bin after the last.
    pub fn bin(&self, value: f64) -> usize {
        match self {
            Self::Numbers(cuts) if value.is_nan() => cuts.len() + 1,
            Self::Numbers(cuts) => cuts.partition_point(|cut| *cut < value),
            Self::Categories(codes) => {
                codes.iter().position(|code| f64::from(*code) == value).unwrap_or(codes.len())
            }
        }
    }
}
