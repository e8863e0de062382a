//! Truth and predictions, read block by block.

use crate::input::{Weights, check_rows, find_not_finite};
use estimand_core::{Error, Float, Result};
use estimand_par as par;
use ndarray::{ArrayRef, ArrayView1, ArrayView2, Axis, Dimension, Ix2, s};
use std::ops::Range;

/// Rows of a block: truth, prediction and weight of it fit the first-level cache.
const BLOCK: usize = 1024;
/// Partial sums side by side, so that they neither wait for one another nor depend on the machine.
const LANES: usize = 8;

/// Truth and predictions as tables of one column per output.
pub(super) struct Pairs<'a, F, W> {
    pub(super) truth: ArrayView2<'a, F>,
    predicted: ArrayView2<'a, F>,
    weights: Option<ArrayView1<'a, W>>,
    /// What each output is multiplied by on reading: powers of two, usually 1.
    scales: Vec<f64>,
}

/// Some rows of one output.
pub(super) struct Block<'b> {
    truth: &'b [f64],
    predicted: &'b [f64],
    weights: Option<&'b [f64]>,
}

impl<'a, F: Float, W: Float> Pairs<'a, F, W> {
    pub(super) fn new<D: Dimension>(
        truth: &'a ArrayRef<F, D>,
        predicted: &'a ArrayRef<F, D>,
        weights: Weights<'a, W>,
    ) -> Result<Self> {
        let (truth, predicted) = (table(truth)?, table(predicted)?);
        check_rows(truth.nrows(), predicted.nrows(), "predicted", weights)?;
        if truth.ncols() != predicted.ncols() {
            return Err(Error::shape("columns of predicted", truth.ncols(), predicted.ncols()));
        }
        if truth.ncols() == 0 {
            return Err(Error::EmptyInput { what: "truth".into() });
        }
        Ok(Self { truth, predicted, weights: weights.map(|w| w.view()), scales: vec![1.0; truth.ncols()] })
    }

    /// The same with each output brought near 1 by a power of two, so that squares of its values neither vanish
    /// nor overflow.
    fn scaled(&self) -> Self {
        let largest = self.fold(
            |block| {
                block
                    .rows()
                    .filter(|(.., w)| *w > 0.0)
                    .fold(0.0_f64, |a, (y, p, _)| a.max(y.abs()).max(p.abs()))
            },
            f64::max,
        );
        // Clamped so that the scale is a normal number where the values are not.
        let scale =
            |v: f64| if v > 0.0 { 2_f64.powi((-v.log2()).clamp(-1000.0, 1000.0) as i32) } else { 1.0 };
        Self { scales: largest.into_iter().map(scale).collect(), ..*self }
    }

    /// Sums of squares by output, from one pass over the data, or from a pass over scaled data where the first one
    /// gave something outside the range in which squares keep their digits; `of` tells the sum that matters. With
    /// them, what the data were multiplied by.
    pub(super) fn squares<T>(
        &self,
        sums: impl Fn(&Self) -> Vec<T>,
        of: impl Fn(&T) -> f64,
    ) -> impl Iterator<Item = (T, f64)> {
        let first = sums(self);
        let (sums, scales) = if first.iter().all(|sum| (1e-280..f64::INFINITY).contains(&of(sum))) {
            (first, self.scales.clone())
        } else {
            let scaled = self.scaled();
            (sums(&scaled), scaled.scales)
        };
        sums.into_iter().zip(scales)
    }

    /// Refuses a single row, whose spread is undefined.
    pub(super) fn at_least_two(&self, what: &str) -> Result<()> {
        match self.truth.nrows() {
            0 | 1 => Err(Error::shape(format!("rows for {what}"), "at least 2", self.truth.nrows())),
            _ => Ok(()),
        }
    }

    /// One state per output: those of all blocks, combined in order.
    pub(super) fn fold<S: Send>(
        &self,
        of: impl Fn(&Block<'_>) -> S + Sync,
        combine: impl Fn(S, S) -> S + Sync,
    ) -> Vec<S> {
        let rows = par::chunk_len(self.truth.nrows(), 4).next_multiple_of(BLOCK);
        let one = |j: usize| {
            let chunk = |rows: Range<usize>| {
                let mut buffer = [[0.0; BLOCK]; 3];
                let blocks =
                    (rows.start..rows.end).step_by(BLOCK).map(|start| start..(start + BLOCK).min(rows.end));
                blocks.map(|rows| of(&self.block(j, rows, &mut buffer))).reduce(&combine)
            };
            par::map_chunks(self.truth.nrows(), rows, chunk).into_iter().flatten().reduce(&combine)
        };
        (0..self.truth.ncols()).filter_map(one).collect()
    }

    fn block<'b>(&self, j: usize, rows: Range<usize>, [t, p, w]: &'b mut [[f64; BLOCK]; 3]) -> Block<'b> {
        fn copy<'b, T: Float>(from: ArrayView1<'_, T>, scale: f64, to: &'b mut [f64; BLOCK]) -> &'b [f64] {
            let to = &mut to[..from.len()];
            match from.as_slice() {
                Some(from) => to.iter_mut().zip(from).for_each(|(to, v)| *to = scale * v.f64()),
                None => to.iter_mut().zip(from).for_each(|(to, v)| *to = scale * v.f64()),
            }
            to
        }
        Block {
            truth: copy(self.truth.slice(s![rows.clone(), j]), self.scales[j], t),
            predicted: copy(self.predicted.slice(s![rows.clone(), j]), self.scales[j], p),
            weights: self.weights.map(|weights| copy(weights.slice(s![rows]), 1.0, w)),
        }
    }

    /// The weighted mean of `f(truth, predicted)`, by output.
    pub(super) fn means(&self, f: impl Fn(f64, f64) -> f64 + Sync) -> Vec<f64> {
        let sums = self.fold(|block| (block.sum(&f), block.weight()), |a, b| (a.0 + b.0, a.1 + b.1));
        sums.into_iter().map(|(sum, weight)| sum / weight).collect()
    }

    /// Every `f(truth, predicted)` and its weight, by output.
    pub(super) fn gather(&self, f: impl Fn(f64, f64) -> f64 + Sync) -> Vec<Vec<(f64, f64)>> {
        let append = |mut a: Vec<_>, mut b: Vec<_>| {
            a.append(&mut b);
            a
        };
        self.fold(|block| block.rows().map(|(y, p, w)| (f(y, p), w)).collect(), append)
    }

    /// The mean over outputs; an error that names the cause where one of them is not finite.
    pub(super) fn average(&self, outputs: &[f64]) -> Result<f64> {
        let mean = outputs.iter().sum::<f64>() / outputs.len() as f64;
        if mean.is_finite() {
            return Ok(mean);
        }
        Err(find_not_finite(&[("truth", self.truth), ("predicted", self.predicted)])
            .unwrap_or_else(|| Error::numerical("the metric overflows; rescale the target")))
    }
}

impl Block<'_> {
    /// Truth, prediction and weight of each row.
    pub(super) fn rows(&self) -> impl Iterator<Item = (f64, f64, f64)> {
        (0..self.truth.len()).map(|i| (self.truth[i], self.predicted[i], self.weights.map_or(1.0, |w| w[i])))
    }

    /// The sum of the weights.
    fn weight(&self) -> f64 {
        self.weights.map_or(self.truth.len() as f64, |w| w.iter().sum())
    }

    /// The weighted sum of `f(truth, predicted)`.
    pub(super) fn sum(&self, f: impl Fn(f64, f64) -> f64) -> f64 {
        match self.weights {
            None => lanes(self.truth, self.predicted, self.predicted, |y, p, _| f(y, p)),
            Some(w) => {
                lanes(self.truth, self.predicted, w, |y, p, w| if w > 0.0 { w * f(y, p) } else { 0.0 })
            }
        }
    }
}

/// Σ f(aᵢ, bᵢ, cᵢ) of slices of one length.
fn lanes(a: &[f64], b: &[f64], c: &[f64], f: impl Fn(f64, f64, f64) -> f64) -> f64 {
    let mut sums = [0.0; LANES];
    let (wide_a, rest_a) = a.as_chunks::<LANES>();
    let (wide_b, rest_b) = b.as_chunks::<LANES>();
    let (wide_c, rest_c) = c.as_chunks::<LANES>();
    for ((a, b), c) in wide_a.iter().zip(wide_b).zip(wide_c) {
        for l in 0..LANES {
            sums[l] += f(a[l], b[l], c[l]);
        }
    }
    let rest: f64 = rest_a.iter().zip(rest_b).zip(rest_c).map(|((a, b), c)| f(*a, *b, *c)).sum();
    sums.iter().sum::<f64>() + rest
}

/// Weight, mean and squared deviations of a quantity.
pub(super) struct Spread {
    weight: f64,
    mean: f64,
    pub(super) squares: f64,
}

impl Spread {
    /// Of `f(truth, predicted)` in a block, about its first value: a constant has no spread, exactly.
    pub(super) fn of(block: &Block<'_>, f: impl Fn(f64, f64) -> f64) -> Self {
        let Some((first, ..)) = block.rows().find(|(.., w)| *w > 0.0).map(|(y, p, _)| (f(y, p),)) else {
            return Self { weight: 0.0, mean: 0.0, squares: 0.0 };
        };
        let weight = block.weight();
        let mean = first + block.sum(|y, p| f(y, p) - first) / weight;
        let squares = block.sum(|y, p| (f(y, p) - mean) * (f(y, p) - mean));
        Self { weight, mean, squares }
    }

    /// Of both sets of rows [Chan, Golub and LeVeque 1983].
    pub(super) fn combine(self, other: Self) -> Self {
        let weight = self.weight + other.weight;
        if self.weight == 0.0 || other.weight == 0.0 {
            return if self.weight == 0.0 { other } else { self };
        }
        let delta = other.mean - self.mean;
        Self {
            weight,
            mean: self.mean + delta * (other.weight / weight),
            squares: self.squares + other.squares + delta * delta * (self.weight * other.weight / weight),
        }
    }
}

/// The weighted median: half of the weight lies on either side; midway where two values divide it so.
/// NaN if one of the values is.
pub(super) fn median(mut values: Vec<(f64, f64)>) -> f64 {
    values.retain(|(_, w)| *w > 0.0);
    if values.iter().any(|(v, _)| v.is_nan()) {
        return f64::NAN;
    }
    if values.iter().all(|(_, w)| *w == 1.0) {
        let n = values.len();
        let mut values: Vec<f64> = values.into_iter().map(|(v, _)| v).collect();
        let (below, middle, _) = values.select_nth_unstable_by(n / 2, f64::total_cmp);
        let lower = || below.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        return if n % 2 == 1 { *middle } else { 0.5 * (lower() + *middle) };
    }
    values.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
    let half = 0.5 * values.iter().map(|(_, w)| w).sum::<f64>();
    let mut passed = 0.0;
    for (i, (value, weight)) in values.iter().enumerate() {
        passed += weight;
        if passed >= half {
            let next = values.get(i + 1).filter(|_| passed == half).map_or(*value, |(next, _)| *next);
            return 0.5 * (value + next);
        }
    }
    values.last().map_or(f64::NAN, |(v, _)| *v)
}

/// A table of one column per output.
fn table<F: Float, D: Dimension>(a: &ArrayRef<F, D>) -> Result<ArrayView2<'_, F>> {
    let dimensions = a.ndim();
    let mut view = a.view().into_dyn();
    if dimensions == 1 {
        view = view.insert_axis(Axis(1));
    }
    view.into_dimensionality::<Ix2>()
        .map_err(|_| Error::shape("dimensions of a target", "1 or 2", dimensions))
}
