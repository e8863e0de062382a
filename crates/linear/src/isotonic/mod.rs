//! Isotonic regression: the rising (or falling) function closest to the data.
//!
//! ```text
//! minimise over f     Σᵢ ωᵢ (yᵢ − fᵢ)²     where fᵢ ≤ fⱼ whenever xᵢ < xⱼ, and y_min ≤ fᵢ ≤ y_max            (1)
//! ```
//!
//! | symbol | variable | shape |
//! |---|---|---|
//! | x, y, ω | `x`, `y`, `weights` | n; without weights ω = 1 |
//! | blocks | [`Block`] | runs of rows that share a value: x from `first` to `last`, mean m, weight W |
//!
//! 1. Sort the rows by x, on whole numbers in the order of the floats. Rows of equal x become one row of their weight,
//!    with the mean of their y.
//! 2. Pool adjacent violators, [`pool`]: the blocks of rising means                                              (2)
//! 3. Cut the means to y_min and y_max, which solves (1) with bounds.
//! 4. Between blocks f is a straight line. The ends of the blocks are all that is kept.
//!
//! For a falling f, −y is fitted. `Auto` takes the sign of Spearman's rank correlation, rising where it is 0.
//!
//! Costs O(n log n) for sorting and O(n) for the rest. Predicting is a binary search among the ends of the blocks.
//!
//! **Differs from scikit-learn.** Rows have equal x if their x are equal, not if they differ by less than 1e-15 (1e-6 for
//! `f32`), so that the fit does not depend on the unit of x. A NaN to predict for is an error. Weights count in the
//! choice of `Auto`.
//!
//! **References.** \[BestChakravarti90\]; on (2) with bounds, \[Barlow72\].

#[cfg(test)]
mod tests;

use estimand_core::describe::finite;
use estimand_core::persist::check_len;
use estimand_core::samples::check_finite_target;
use estimand_core::{
    Describe, Error, Features, Fit, Float, Predict, PredictOne, Records, Report, Result, Samples, Scratch,
    order,
};
use estimand_optim::{Block, pool};
use estimand_par as par;
use ndarray::{Array1, ArrayView1, Axis};
use serde::{Deserialize, Serialize};

/// Which way the function goes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Direction {
    /// It never falls.
    #[default]
    Rising,
    /// It never rises.
    Falling,
    /// As Spearman's rank correlation of x and y says.
    Auto,
}

/// What is predicted outside the x that were fitted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum OutOfBounds {
    /// NaN.
    #[default]
    Nan,
    /// The value at the nearest end.
    Clip,
    /// An error.
    Raise,
}

estimand_core::params! {
    /// The monotone function closest to the data; takes records of one column.
    ///
    /// ```
    /// use estimand_core::{Fit, Predict};
    /// use estimand_linear::IsotonicRegression;
    /// use ndarray::array;
    ///
    /// let (x, y) = (array![1.0, 2.0, 3.0, 4.0], array![1.0_f64, 3.0, 2.0, 4.0]);
    /// let model = IsotonicRegression::new().fit_values(x.view(), y.view(), None)?;
    /// assert_eq!(model.predict_values(array![1.0, 1.5, 2.0, 3.0].view())?, array![1.0, 1.75, 2.5, 2.5]);
    ///
    /// // A table of one column is as good, in pipelines and searches.
    /// let table = x.insert_axis(ndarray::Axis(1));
    /// assert_eq!(IsotonicRegression::new().fit((&table, &y))?.predict(&table)?[3], 4.0);
    /// # Ok::<(), estimand_core::Error>(())
    /// ```
    pub struct IsotonicRegression {
        /// Which way the function goes.
        direction: Direction = Direction::Rising;
        /// The lowest value it may take.
        y_min: Option<f64> = None, finite();
        /// The highest value it may take.
        y_max: Option<f64> = None, finite();
        /// What is predicted outside the x that were fitted.
        out_of_bounds: OutOfBounds = OutOfBounds::Nan;
    }
    accepts: weights;
}

/// A fitted [`IsotonicRegression`]: a line through its thresholds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(bound(serialize = "F: Float", deserialize = "F: Float"))]
pub struct IsotonicModel<F> {
    x: Array1<F>,
    y: Array1<F>,
    rising: bool,
    out_of_bounds: OutOfBounds,
    features: Features,
    report: Report,
}

/// A row while it is sorted: the keys of x and y, and the weight.
trait Row: Copy + Send {
    fn new(x: f64, y: f64, weight: f64) -> Self;
    fn keys(&self) -> (u64, u64);
    fn weight(&self) -> f64;
}
impl Row for (u64, u64) {
    fn new(x: f64, y: f64, _: f64) -> Self {
        (order::ascending(x), order::ascending(y))
    }
    fn keys(&self) -> (u64, u64) {
        *self
    }
    fn weight(&self) -> f64 {
        1.0
    }
}
impl Row for (u64, u64, f64) {
    fn new(x: f64, y: f64, weight: f64) -> Self {
        (order::ascending(x), order::ascending(y), weight)
    }
    fn keys(&self) -> (u64, u64) {
        (self.0, self.1)
    }
    fn weight(&self) -> f64 {
        self.2
    }
}

impl IsotonicRegression {
    /// Learns from the values of x and y, and weights if there are any.
    ///
    /// # Errors
    /// As `fit`.
    pub fn fit_values<F: Float>(
        &self,
        x: ArrayView1<'_, F>,
        y: ArrayView1<'_, F>,
        weights: Option<ArrayView1<'_, F>>,
    ) -> Result<IsotonicModel<F>> {
        let x = x.insert_axis(Axis(1));
        self.fit_samples(Samples { weights, ..Samples::new((&x).into(), y) })
    }

    /// (1), but for its bounds: the blocks, rising in y · sign, and the sign.
    fn blocks<R: Row>(&self, mut rows: Vec<R>) -> (Vec<Block>, f64) {
        par::sort_unstable_by_key(&mut rows, Row::keys);
        let rising = match self.direction {
            Direction::Rising => true,
            Direction::Falling => false,
            Direction::Auto => rank_covariance(&rows) >= 0.0,
        };
        let sign = if rising { 1.0 } else { -1.0 };
        let rows = rows.chunk_by(|a, b| a.keys().0 == b.keys().0).filter_map(|equal| {
            let of = |row: &R| {
                let (x, y) = row.keys();
                Block::new(order::value(x), sign * order::value(y), row.weight())
            };
            equal.iter().map(of).reduce(Block::with)
        });
        (pool(rows), sign)
    }
}

/// Σ ω (rank x − r̄)(rank y − r̄), the sign of Spearman's correlation; rows are sorted by x.
fn rank_covariance<R: Row>(rows: &[R]) -> f64 {
    let total: f64 = rows.iter().map(Row::weight).sum();
    // Ranks are weights below, and half of those at the value; r̄ is half of all.
    let mut below = 0.0;
    let mut ranked: Vec<(u64, f64, f64)> = Vec::with_capacity(rows.len());
    for equal in rows.chunk_by(|a, b| a.keys().0 == b.keys().0) {
        let weight: f64 = equal.iter().map(Row::weight).sum();
        let rank = below + (weight - total) / 2.0;
        ranked.extend(equal.iter().map(|row| (row.keys().1, rank, row.weight())));
        below += weight;
    }
    par::sort_unstable_by_key(&mut ranked, |(y, rank, _)| (*y, order::ascending(*rank)));
    let (mut below, mut sum) = (0.0, 0.0);
    for equal in ranked.chunk_by(|a, b| a.0 == b.0) {
        let weight: f64 = equal.iter().map(|(.., w)| w).sum();
        let rank = below + (weight - total) / 2.0;
        sum += rank * equal.iter().map(|(_, rank, w)| rank * w).sum::<f64>();
        below += weight;
    }
    sum
}

impl<F: Float> Fit<F, Array1<F>> for IsotonicRegression {
    type Model = IsotonicModel<F>;

    fn fit_samples(&self, samples: Samples<'_, F, Array1<F>>) -> Result<IsotonicModel<F>> {
        self.check()?;
        let (low, high) = self.bounds()?;
        samples.check()?;
        let column = one_column(samples.x)?;
        let (blocks, sign) = match samples.weights {
            None => self.blocks(rows::<F, (u64, u64)>(&samples, column)?),
            Some(_) => self.blocks(rows::<F, (u64, u64, f64)>(&samples, column)?),
        };
        // 3 and 4, where blocks that the bounds make equal become one.
        let (mut x, mut y, mut objective) = (Vec::new(), Vec::<F>::new(), 0.0);
        for block in blocks {
            let value = (sign * block.mean).clamp(low, high);
            objective += block.squares + block.weight * (sign * block.mean - value).powi(2);
            let (first, last, value) = (F::of(block.first), F::of(block.last), F::of(value));
            match y.as_slice() {
                [.., a, b] if *a == value && *b == value => {
                    x.pop();
                    y.pop();
                }
                _ => {
                    x.push(first);
                    y.push(value);
                }
            }
            if x.last() != Some(&last) {
                x.push(last);
                y.push(value);
            }
        }
        if !y.iter().all(|v| v.is_finite()) {
            return Err(Error::numerical(format!("means of y leave the range of {}; rescale y", F::NAME)));
        }
        let report = Report::direct("pool adjacent violators").objective(objective);
        Ok(IsotonicModel {
            x: x.into(),
            y: y.into(),
            rising: sign > 0.0,
            out_of_bounds: self.out_of_bounds,
            features: Features::of(samples.x),
            report,
        })
    }
}

impl IsotonicRegression {
    fn bounds(&self) -> Result<(f64, f64)> {
        let (low, high) = (self.y_min.unwrap_or(f64::NEG_INFINITY), self.y_max.unwrap_or(f64::INFINITY));
        if low > high {
            return Err(Error::parameter("y_max", high, format!("at least y_min, which is {low}")));
        }
        Ok((low, high))
    }
}

fn one_column<'a, F: Float>(x: Records<'a, F>) -> Result<ArrayView1<'a, F>> {
    let dense = x.dense("IsotonicRegression")?;
    match dense.ncols() {
        1 => Ok(dense.index_axis_move(Axis(1), 0)),
        p => Err(Error::shape("columns of x for isotonic regression", 1, p)),
    }
}

/// The rows to sort, without those of weight zero.
fn rows<F: Float, R: Row>(samples: &Samples<'_, F, Array1<F>>, x: ArrayView1<'_, F>) -> Result<Vec<R>> {
    let mut finite = true;
    let mut pair = |x: &F, y: &F, w: f64| {
        finite &= x.is_finite() & y.is_finite();
        R::new(x.f64(), y.f64(), w)
    };
    let pairs = x.iter().zip(samples.y);
    let rows = match samples.weights {
        None => pairs.map(|(x, y)| pair(x, y, 1.0)).collect(),
        Some(weights) => {
            let weighted = pairs.zip(weights).map(|((x, y), w)| pair(x, y, w.f64()));
            weighted.filter(|row| row.weight() > 0.0).collect()
        }
    };
    if !finite {
        samples.x.check_finite()?;
        check_finite_target(samples.y.insert_axis(Axis(1)))?;
    }
    Ok(rows)
}

impl<F: Float> IsotonicModel<F> {
    /// The x at which the line bends, ascending.
    pub fn x_thresholds(&self) -> &Array1<F> {
        &self.x
    }

    /// The values there.
    pub fn y_thresholds(&self) -> &Array1<F> {
        &self.y
    }

    /// Whether the function was fitted to rise.
    pub fn rising(&self) -> bool {
        self.rising
    }

    /// How the fit went; the objective is Σ ω (y − f)².
    pub fn report(&self) -> &Report {
        &self.report
    }

    /// The column the model was fitted on.
    pub fn features(&self) -> &Features {
        &self.features
    }

    /// Predicts for values of x.
    ///
    /// # Errors
    /// As `predict`.
    pub fn predict_values(&self, x: ArrayView1<'_, F>) -> Result<Array1<F>> {
        if x.is_empty() {
            return Err(Error::EmptyInput { what: "x".into() });
        }
        x.iter().enumerate().map(|(row, x)| self.at(row, *x)).collect()
    }

    fn at(&self, row: usize, at: F) -> Result<F> {
        if !at.is_finite() {
            return Err(Error::NonFinite { what: "x".into(), value: at.to_string(), row, column: 0 });
        }
        let after = self.x.as_slice().unwrap_or_default().partition_point(|x| *x <= at);
        let (n, outside) = (self.x.len(), after == 0 || at > self.x[self.x.len() - 1]);
        match self.out_of_bounds {
            // One x says nothing of a range.
            _ if n == 1 => Ok(self.y[0]),
            OutOfBounds::Nan if outside => Ok(F::nan()),
            OutOfBounds::Raise if outside => Err(Error::target(format!(
                "x is {at} at row {row}, outside the fitted range from {} to {}; see `out_of_bounds`",
                self.x[0],
                self.x[n - 1]
            ))),
            _ if after == 0 => Ok(self.y[0]),
            _ if after == n => Ok(self.y[n - 1]),
            _ => {
                // Halved, so that no difference overflows.
                let [x0, x1, x] = [self.x[after - 1], self.x[after], at].map(|x| x.f64() / 2.0);
                let (y0, y1) = (self.y[after - 1].f64(), self.y[after].f64());
                let share = (x - x0) / (x1 - x0);
                Ok(F::of((y0 * (1.0 - share) + y1 * share).clamp(y0.min(y1), y0.max(y1))))
            }
        }
    }
}

impl<F: Float> Predict<F> for IsotonicModel<F> {
    type Output = Array1<F>;

    fn predict_records(&self, x: Records<'_, F>) -> Result<Array1<F>> {
        self.features.check(x)?;
        x.check_shape()?;
        self.predict_values(one_column(x)?)
    }
}

impl<F: Float> PredictOne<F> for IsotonicModel<F> {
    type One<'m> = F;

    fn predict_one(&self, row: &[F], _: &mut Scratch<F>) -> Result<F> {
        self.features.check_width(row.len())?;
        self.at(0, row[0])
    }
}

estimand_core::persist!(IsotonicModel<F>, |model| {
    model.features.check_loaded()?;
    check_len("features", 1, model.features.count())?;
    check_len("y thresholds", model.x.len(), model.y.len())?;
    let sorted = model.x.windows(2).into_iter().all(|pair| pair[0] < pair[1]);
    let finite = model.x.iter().chain(&model.y).all(|v| v.is_finite());
    if model.x.is_empty() || !sorted || !finite {
        return Err(Error::Persist { what: "thresholds are not finite and ascending".into() });
    }
    Ok(())
});
