//! Charts as SVG: from arrays, knowing no estimator.
//!
//! | chart | for |
//! |---|---|
//! | [`Chart`] | lines, steps, points, bands on two axes, linear or logarithmic: paths, curves, scatter plots |
//! | [`Bars`] | one number for each name, with its error: scores, importances |
//! | [`HeatMap`] | a table in colours and numbers: confusion matrices, correlations |
//! | [`Dendrogram`] | a tree of joins: agglomerative clustering |
//! | [`Silhouette`] | how well each row lies in its cluster |
//! | [`Grid`] | several of these in one picture |
//! | [`Reachability`] | rows in order and how far each is from those before: the clusters of OPTICS |
//!
//! Each collects what to draw, and says what is wrong with it when it is drawn: `svg()` gives the picture as text,
//! `save(path)` writes it. SVG opens in every browser, stays sharp at any size and can be searched for its words.
//!
//! ```
//! use estimand_plot::Chart;
//!
//! let x = [0.0, 1.0, 2.0, 3.0];
//! let svg = Chart::new()
//!     .title("Growth")
//!     .x_label("days")
//!     .line(x, [1.0, 2.0, 4.0, 8.0], "fast")
//!     .line(x, [1.0, 1.5, 2.0, 2.5], "slow")
//!     .svg()?;
//! assert!(svg.starts_with("<svg"));
//! # Ok::<(), estimand_core::Error>(())
//! ```
//!
//! Series have the colours of Okabe and Ito, which colour-blind people can tell apart, and beyond those a dash or
//! another marker. The picture names no font file: the viewer takes its own sans-serif one. Room for words is therefore
//! reckoned from generous widths of letters, and words that still do not fit are cut with an ellipsis.

mod axes;
mod bars;
mod canvas;
mod chart;
mod dendrogram;
mod grid;
mod heat;
mod layout;
mod palette;
mod reachability;
mod scale;
mod series;
mod silhouette;
#[cfg(test)]
mod tests;

pub use bars::Bars;
pub use chart::Chart;
pub use dendrogram::Dendrogram;
pub use grid::Grid;
pub use heat::HeatMap;
pub use reachability::Reachability;
pub use scale::Scale;
pub use silhouette::Silhouette;

use estimand_core::{Error, Result};
use std::path::Path;

/// A number that can be drawn: what arrays, slices and vectors of any type of number give by value or by reference.
pub trait Number {
    /// As `f64`.
    fn number(self) -> f64;
}
macro_rules! number {
    ($($t:ty),*) => {$(
        impl Number for $t {
            fn number(self) -> f64 {
                self as f64
            }
        }
        impl Number for &$t {
            fn number(self) -> f64 {
                *self as f64
            }
        }
    )*};
}
number!(f64, f32, usize, u64, u32, i64, i32);

fn numbers<T: Number>(values: impl IntoIterator<Item = T>) -> Vec<f64> {
    values.into_iter().map(Number::number).collect()
}

/// Values larger than this leave no room for their differences.
const LARGEST: f64 = 1e300;

/// Refuses no values, NaN, infinities and what is close to them.
fn check_values(what: &str, values: &[f64]) -> Result<()> {
    if values.is_empty() {
        return Err(Error::EmptyInput { what: what.into() });
    }
    match values.iter().position(|v| v.is_nan() || v.abs() > LARGEST) {
        Some(row) => {
            Err(Error::NonFinite { what: what.into(), value: values[row].to_string(), row, column: 0 })
        }
        None => Ok(()),
    }
}

fn check_len(what: &str, expected: usize, found: usize) -> Result<()> {
    if expected == found { Ok(()) } else { Err(Error::shape(format!("length of {what}"), expected, found)) }
}

fn save(path: &Path, svg: Result<String>) -> Result<()> {
    std::fs::write(path, svg?).map_err(|e| Error::io(path, &e))
}
