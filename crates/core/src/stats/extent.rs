//! Smallest and largest values of columns.

use super::{fold, for_each_block, weighted_rows, width};
use crate::persist::check_len;
use crate::records::MatrixView;
use crate::{Error, Float, Records, Result};
use ndarray::{ArrayView1, ArrayView2};
use serde::{Deserialize, Serialize};

/// Smallest and largest value of every column; see [the module](crate::stats).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Extent {
    /// +∞ for a column without values.
    min: Vec<f64>,
    /// −∞ for a column without values.
    max: Vec<f64>,
}

impl Extent {
    /// Nothing seen yet of `p` columns.
    pub fn new(p: usize) -> Self {
        Self { min: vec![f64::INFINITY; p], max: vec![f64::NEG_INFINITY; p] }
    }

    /// The smallest and the largest value of column `j`; `None` if it has no values.
    pub fn of(&self, j: usize) -> Option<(f64, f64)> {
        (self.min[j] <= self.max[j]).then_some((self.min[j], self.max[j]))
    }

    /// Adds rows; those of weight 0 count as absent. Infinite values are refused; the state may then hold
    /// some of the rows.
    pub fn insert<F: Float>(&mut self, x: Records<'_, F>, weights: Option<ArrayView1<'_, F>>) -> Result<()> {
        if x.ncols() != self.min.len() {
            return Err(Error::shape("columns of x", self.min.len(), x.ncols()));
        }
        if let Some(rows) = weighted_rows(weights) {
            x.check_finite_or_missing()?;
            return self.insert(x.select(&rows).records(), None);
        }
        match x.values() {
            MatrixView::Dense(x) => self.insert_dense(x),
            MatrixView::Sparse(x) => {
                let mut stored = vec![0; self.min.len()];
                for row in x.outer_iter() {
                    for (j, v) in row.iter() {
                        stored[j] += 1;
                        self.widen(j, v.f64(), v.f64());
                    }
                }
                (0..self.min.len()).filter(|j| stored[*j] < x.nrows()).for_each(|j| self.widen(j, 0.0, 0.0));
            }
        }
        let finite =
            self.min.iter().all(|v| *v > f64::NEG_INFINITY) && self.max.iter().all(|v| *v < f64::INFINITY);
        if finite { Ok(()) } else { x.check_finite_or_missing() }
    }

    /// The extent of both sets of rows, which are of the same columns.
    #[must_use]
    pub fn combine(mut self, other: Self) -> Self {
        for j in 0..self.min.len().min(other.min.len()) {
            self.widen(j, other.min[j], other.max[j]);
        }
        self
    }

    /// Refuses a state that no rows can have brought about.
    pub fn check_loaded(&self, p: usize) -> Result<()> {
        check_len("column minima", p, self.min.len())?;
        check_len("column maxima", p, self.max.len())?;
        let possible = |(a, b): (&f64, &f64)| {
            (a.is_finite() && b.is_finite() && a <= b) || (*a, *b) == (f64::INFINITY, f64::NEG_INFINITY)
        };
        if self.min.iter().zip(&self.max).all(possible) {
            Ok(())
        } else {
            Err(Error::Persist {
                what: "a column's minimum and maximum are not finite or the wrong way round".into(),
            })
        }
    }

    /// NaN compares as neither smaller nor larger, and is thereby left out.
    #[inline]
    fn widen(&mut self, j: usize, low: f64, high: f64) {
        if low < self.min[j] {
            self.min[j] = low;
        }
        if high > self.max[j] {
            self.max[j] = high;
        }
    }

    fn insert_dense<F: Float>(&mut self, x: ArrayView2<'_, F>) {
        let (mut min, mut max) = (Vec::new(), Vec::new());
        for_each_block(x, |first, p, _, values| {
            let width = width(p);
            for (extremes, start) in [(&mut min, F::infinity()), (&mut max, F::neg_infinity())] {
                extremes.clear();
                extremes.resize(width, start);
            }
            for rows in values.chunks(width) {
                for ((a, b), v) in min.iter_mut().zip(&mut max).zip(rows) {
                    *a = if *v < *a { *v } else { *a };
                    *b = if *v > *b { *v } else { *b };
                }
            }
            fold(&mut min, p, |a, b| if b < a { b } else { a });
            fold(&mut max, p, |a, b| if b > a { b } else { a });
            for k in 0..p {
                self.widen(first + k, min[k].f64(), max[k].f64());
            }
        });
    }
}
