//! Weight, mean and squared deviations of columns.

use super::{fold, for_each_block, width};
use crate::persist::check_len;
use crate::records::MatrixView;
use crate::{CsrView, Error, Float, Records, Result};
use ndarray::{ArrayView1, ArrayView2};
use serde::{Deserialize, Serialize};

/// Weight, mean and sum of squared deviations of every column; see [the module](crate::stats).
///
/// ```
/// use estimand_core::{Records, stats::Moments};
/// use ndarray::array;
///
/// let mut morning = Moments::new(1);
/// morning.insert(Records::from(&array![[1.0], [2.0]]), None)?;
/// let mut evening = Moments::new(1);
/// evening.insert(Records::from(&array![[6.0]]), None)?;
/// let day = morning.combine(evening);
/// assert_eq!((day.mean()[0], day.variance(0)), (3.0, 14.0 / 3.0));
/// # Ok::<(), estimand_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Moments {
    weight: Vec<f64>,
    mean: Vec<f64>,
    squares: Vec<f64>,
}

impl Moments {
    /// Nothing seen yet of `p` columns.
    pub fn new(p: usize) -> Self {
        Self { weight: vec![0.0; p], mean: vec![0.0; p], squares: vec![0.0; p] }
    }

    /// Total weight of the values of each column; without weights, their number.
    pub fn weight(&self) -> &[f64] {
        &self.weight
    }

    /// Means; 0 for a column without values.
    pub fn mean(&self) -> &[f64] {
        &self.mean
    }

    /// Variance S/W of column `j`; 0 for a column without values.
    pub fn variance(&self, j: usize) -> f64 {
        if self.weight[j] > 0.0 { self.squares[j] / self.weight[j] } else { 0.0 }
    }

    /// Adds rows. Weights are as many as rows, finite and not negative. Infinite values are refused; the
    /// state may then hold some of the rows.
    pub fn insert<F: Float>(&mut self, x: Records<'_, F>, weights: Option<ArrayView1<'_, F>>) -> Result<()> {
        if x.ncols() != self.weight.len() {
            return Err(Error::shape("columns of x", self.weight.len(), x.ncols()));
        }
        let weights: Option<Vec<f64>> = weights.map(|w| w.iter().map(|w| w.f64()).collect());
        let finite = match x.values() {
            MatrixView::Dense(x) => self.insert_dense(x, weights.as_deref()),
            MatrixView::Sparse(x) => self.insert_sparse(x, weights.as_deref()),
        };
        if finite { Ok(()) } else { x.check_finite_or_missing() }
    }

    /// The moments of both sets of rows, which are of the same columns.
    #[must_use]
    pub fn combine(mut self, other: Self) -> Self {
        for j in 0..self.weight.len().min(other.weight.len()) {
            self.absorb(j, other.weight[j], other.mean[j], other.squares[j]);
        }
        self
    }

    /// Refuses a state that no rows can have brought about.
    pub fn check_loaded(&self, p: usize) -> Result<()> {
        check_len("column weights", p, self.weight.len())?;
        check_len("column means", p, self.mean.len())?;
        check_len("column variances", p, self.squares.len())?;
        let possible = |v: &f64| v.is_finite() && *v >= 0.0;
        if self.weight.iter().all(possible)
            && self.squares.iter().all(possible)
            && self.mean.iter().all(|m| m.is_finite())
        {
            Ok(())
        } else {
            Err(Error::Persist { what: "column statistics are negative or not finite".into() })
        }
    }

    #[inline]
    fn absorb(&mut self, j: usize, weight: f64, mean: f64, squares: f64) {
        if weight <= 0.0 {
            return;
        }
        let total = self.weight[j] + weight;
        let delta = mean - self.mean[j];
        if self.weight[j] == 0.0 {
            self.mean[j] = mean;
            self.squares[j] = squares;
        } else if delta != 0.0 {
            self.mean[j] += delta * (weight / total);
            self.squares[j] += squares + delta * delta * (self.weight[j] * (weight / total));
        } else {
            self.squares[j] += squares;
        }
        self.weight[j] = total;
    }

    /// Returns `false` if an infinite value was met.
    fn insert_dense<F: Float>(&mut self, x: ArrayView2<'_, F>, weights: Option<&[f64]>) -> bool {
        let mut work = Work::new();
        let mut finite = true;
        for_each_block(x, |first, p, row, values| {
            finite = finite && work.block(p, values, weights.map(|w| &w[row..row + values.len() / p]));
            if finite {
                (0..p).for_each(|k| self.absorb(first + k, work.weight[k], work.mean[k], work.second[k]));
            }
        });
        finite
    }

    /// The same for sparse rows: the zeros are counted, not visited.
    fn insert_sparse<F: Float>(&mut self, x: CsrView<'_, F>, weights: Option<&[f64]>) -> bool {
        let p = self.weight.len();
        let weight_of = |i: usize| weights.map_or(1.0, |w| w[i]);
        let total: f64 = (0..x.nrows()).map(weight_of).sum();
        let (mut stored, mut missing, mut mean) = (vec![0.0; p], vec![0.0; p], vec![0.0; p]);
        for (i, row) in x.outer_iter().enumerate() {
            let w = weight_of(i);
            for (j, v) in row.iter() {
                if v.is_nan() {
                    missing[j] += w;
                } else {
                    stored[j] += w;
                    mean[j] += w * v.f64();
                }
            }
        }
        if mean.iter().any(|m| !m.is_finite()) && x.data().iter().any(|v| v.is_infinite()) {
            return false;
        }
        let seen: Vec<f64> = missing.iter().map(|m| (total - m).max(0.0)).collect();
        mean.iter_mut().zip(&seen).for_each(|(m, w)| *m = if *w > 0.0 { *m / w } else { 0.0 });
        let (mut first, mut second) = (vec![0.0; p], vec![0.0; p]);
        for (i, row) in x.outer_iter().enumerate() {
            let w = weight_of(i);
            for (j, v) in row.iter().filter(|(_, v)| !v.is_nan()) {
                let d = v.f64() - mean[j];
                first[j] += w * d;
                second[j] += w * d * d;
            }
        }
        for j in 0..p {
            let zeros = (seen[j] - stored[j]).max(0.0);
            let (squares, shift) =
                corrected(first[j] - zeros * mean[j], second[j] + zeros * mean[j] * mean[j], seen[j]);
            self.absorb(j, seen[j], mean[j] + shift, squares);
        }
        true
    }
}

/// S and the correction of the mean, from Σ w d and Σ w d² about a mean with a rounding error.
fn corrected(first: f64, second: f64, weight: f64) -> (f64, f64) {
    if weight > 0.0 && first.is_finite() && second.is_finite() {
        ((second - first * (first / weight)).max(0.0), first / weight)
    } else {
        (second, 0.0)
    }
}

/// The statistics of one block and the buffers that they need. Accumulators are repeated; see [`width`].
struct Work<F> {
    weight: Vec<f64>,
    mean: Vec<f64>,
    first: Vec<f64>,
    second: Vec<f64>,
    /// The weight of each value, where rows are weighted or values are missing.
    each: Vec<f64>,
    /// The values with missing ones replaced.
    filled: Vec<F>,
}

impl<F: Float> Work<F> {
    fn new() -> Self {
        Self { weight: vec![], mean: vec![], first: vec![], second: vec![], each: vec![], filled: vec![] }
    }

    /// Weight, mean and squared deviations (in `second`) of a row-major block; `false` if a value is
    /// infinite.
    fn block(&mut self, p: usize, values: &[F], weights: Option<&[f64]>) -> bool {
        let mut each = std::mem::take(&mut self.each);
        each.clear();
        match weights {
            Some(weights) if p == 1 => each.extend_from_slice(weights),
            Some(weights) => weights.iter().for_each(|w| each.extend(std::iter::repeat_n(*w, p))),
            None => {}
        }
        let weighted = weights.map(|_| each.as_slice());
        let mut finite = true;
        if self.means(p, values, weighted) {
            self.deviations(p, values, weighted);
        } else if values.iter().any(|v| v.is_infinite()) {
            finite = false;
        } else {
            let mut filled = std::mem::take(&mut self.filled);
            fill_missing(p, values, &mut filled, &mut each);
            self.means(p, &filled, Some(&each));
            self.deviations(p, &filled, Some(&each));
            self.filled = filled;
        }
        self.each = each;
        finite
    }

    /// First pass: W and m = c + Σ w(x − c)/W. Returns whether all sums are finite; where they are not,
    /// a value is missing, infinite or too large.
    fn means(&mut self, p: usize, values: &[F], each: Option<&[f64]>) -> bool {
        let width = width(p);
        for sums in [&mut self.weight, &mut self.first, &mut self.mean] {
            sums.clear();
            sums.resize(width, 0.0);
        }
        for lane in self.mean.chunks_mut(p) {
            lane.iter_mut().zip(values).for_each(|(c, v)| *c = v.f64());
        }
        match each {
            None => {
                for rows in values.chunks(width) {
                    for ((s, c), v) in self.first.iter_mut().zip(&self.mean).zip(rows) {
                        *s += v.f64() - c;
                    }
                }
                self.weight.fill((values.len() / p) as f64);
            }
            Some(each) => {
                for (rows, weights) in values.chunks(width).zip(each.chunks(width)) {
                    let sums = self.first.iter_mut().zip(&mut self.weight);
                    for ((((s, t), c), v), w) in sums.zip(&self.mean).zip(rows).zip(weights) {
                        *s += w * (v.f64() - c);
                        *t += w;
                    }
                }
                fold(&mut self.weight, p, |a, b| a + b);
            }
        }
        fold(&mut self.first, p, |a, b| a + b);
        for j in 0..p {
            self.mean[j] =
                if self.weight[j] > 0.0 { self.mean[j] + self.first[j] / self.weight[j] } else { 0.0 };
        }
        self.first[..p].iter().all(|s| s.is_finite())
    }

    /// Second pass: S = Σ w(x − m)² − (Σ w(x − m))²/W, and m corrected by Σ w(x − m)/W.
    fn deviations(&mut self, p: usize, values: &[F], each: Option<&[f64]>) {
        let width = width(p);
        let (means, lanes) = self.mean.split_at_mut(p);
        lanes.chunks_mut(p).for_each(|lane| lane.copy_from_slice(means));
        self.first.fill(0.0);
        self.second.clear();
        self.second.resize(width, 0.0);
        match each {
            None => {
                for rows in values.chunks(width) {
                    let sums = self.first.iter_mut().zip(&mut self.second);
                    for (((s, q), m), v) in sums.zip(&self.mean).zip(rows) {
                        let d = v.f64() - m;
                        *s += d;
                        *q += d * d;
                    }
                }
            }
            Some(each) => {
                for (rows, weights) in values.chunks(width).zip(each.chunks(width)) {
                    let sums = self.first.iter_mut().zip(&mut self.second);
                    for ((((s, q), m), v), w) in sums.zip(&self.mean).zip(rows).zip(weights) {
                        let d = v.f64() - m;
                        *s += w * d;
                        *q += w * d * d;
                    }
                }
            }
        }
        fold(&mut self.first, p, |a, b| a + b);
        fold(&mut self.second, p, |a, b| a + b);
        for j in 0..p {
            let (squares, shift) = corrected(self.first[j], self.second[j], self.weight[j]);
            self.second[j] = squares;
            self.mean[j] += shift;
        }
    }
}

/// Replaces each missing value by the first of its column that is not, with weight 0.
fn fill_missing<F: Float>(p: usize, values: &[F], filled: &mut Vec<F>, each: &mut Vec<f64>) {
    if each.is_empty() {
        each.resize(values.len(), 1.0);
    }
    filled.clear();
    filled.extend_from_slice(values);
    for j in 0..p {
        let stand_in = values.iter().skip(j).step_by(p).copied().find(|v| !v.is_nan()).unwrap_or_default();
        let column = filled.iter_mut().zip(each.iter_mut()).skip(j).step_by(p);
        column.filter(|(v, _)| v.is_nan()).for_each(|(v, w)| (*v, *w) = (stand_in, 0.0));
    }
}
