//! Scaling into a range: the smallest value of every column to `low`, the largest to `high`.
//!
//! ```text
//! zᵢⱼ = low + (xᵢⱼ − aⱼ) / rⱼ · (high − low)        aⱼ = minᵢ xᵢⱼ        rⱼ = maxᵢ xᵢⱼ − aⱼ
//! ```
//!
//! | symbol | variable | shape |
//! |---|---|---|
//! | a, a + r | [`Extent`] `extent` | p each, `f64` |
//! | what is subtracted, and divided by | `low`, `range` | p each, `f64` |
//!
//! Fitting: 1 check, 2 gather the extremes in one pass over the records, 3 derive ranges. Cost: O(np), one
//! read of X to fit, one read and one write to transform. Missing values stay missing; weights matter only in
//! that a row of weight 0 counts as absent.
//!
//! A constant column is shifted and not scaled (r = 1), so that it becomes `low`.
//!
//! Differs from scikit-learn in three points: the formula subtracts before it scales, so that the fitted
//! minimum becomes exactly `low` however far from zero the column lies; a column counts as constant only if
//! its range is exactly 0, however small its numbers are; a column without any value counts as if its
//! extremes were 0 and 1.
//!
//! Not for data with outliers, which squeeze everything else into a corner of the range.

#[cfg(test)]
mod tests;

use crate::columns::{gather, map, map_one};
use estimand_core::persist::check_len;
use estimand_core::records::AsGiven;
use estimand_core::stats::Extent;
use estimand_core::{
    Describe, Error, Features, Fit, Float, InverseTransform, Matrix, PartialFit, Records, Result, Samples,
    Scratch, Target, Transform, TransformOne,
};
use ndarray::{Array1, ArrayView1};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::marker::PhantomData;

estimand_core::params! {
    /// Brings every column into a range; see [the module](crate::min_max_scaler).
    ///
    /// ```
    /// use estimand_core::{Fit, Transform};
    /// use estimand_preprocessing::MinMaxScaler;
    /// use ndarray::array;
    ///
    /// let scaler = MinMaxScaler::new().feature_range((-1.0, 1.0)).fit(&array![[1.0], [3.0]])?;
    /// assert_eq!(scaler.transform(&array![[2.0], [5.0]])?, array![[0.0], [3.0]]);
    /// # Ok::<(), estimand_core::Error>(())
    /// ```
    pub struct MinMaxScaler {
        /// What the smallest and the largest value of a column become.
        feature_range: (f64, f64) = (0.0, 1.0), Ascending;
        /// Whether values beyond the fitted extremes are cut off at the ends of the range.
        clip: bool = false;
    }
    accepts: weights, missing;
}

/// Two finite numbers, the first below the second.
struct Ascending;

impl Ascending {
    fn check(&self, name: &str, (low, high): &(f64, f64)) -> Result<()> {
        if low.is_finite() && high.is_finite() && low < high && (high - low).is_finite() {
            Ok(())
        } else {
            Err(Error::parameter(name, format!("({low}, {high})"), self.to_string()))
        }
    }
}
impl fmt::Display for Ascending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("two finite numbers, the first below the second")
    }
}

/// A fitted [`MinMaxScaler`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MinMaxScalerModel<F> {
    feature_range: (f64, f64),
    clip: bool,
    features: Features,
    extent: Extent,
    n_samples_seen: usize,
    low: Vec<f64>,
    range: Vec<f64>,
    scalar: PhantomData<F>,
}
estimand_core::persist!(MinMaxScalerModel<F>, MinMaxScalerModel::check_loaded);

impl<F: Float, Y: Target> Fit<F, Y> for MinMaxScaler {
    type Model = MinMaxScalerModel<F>;

    fn fit_samples(&self, samples: Samples<'_, F, Y>) -> Result<MinMaxScalerModel<F>> {
        self.check()?;
        samples.check()?;
        let p = samples.x.ncols();
        let mut model = MinMaxScalerModel {
            feature_range: self.feature_range,
            clip: self.clip,
            features: Features::of(samples.x),
            extent: Extent::new(p),
            n_samples_seen: 0,
            low: vec![0.0; p],
            range: vec![1.0; p],
            scalar: PhantomData,
        };
        model.learn(samples.x, samples.weights)?;
        Ok(model)
    }
}

impl<F: Float, Y: Target> PartialFit<F, Y> for MinMaxScalerModel<F> {
    /// Batches in turn give exactly what all rows at once would.
    fn partial_fit_samples(&mut self, batch: Samples<'_, F, Y>) -> Result<()> {
        batch.check()?;
        self.features.check(batch.x)?;
        self.learn(batch.x, batch.weights)
    }
}

impl<F: Float> MinMaxScalerModel<F> {
    /// The smallest value of each column; 0 where all are missing.
    pub fn data_min(&self) -> ArrayView1<'_, f64> {
        self.low.as_slice().into()
    }

    /// The largest value of each column; 1 where all are missing.
    pub fn data_max(&self) -> Array1<f64> {
        (0..self.features.count()).map(|j| self.extent.of(j).map_or(1.0, |(_, high)| high)).collect()
    }

    /// What each column is divided by: the difference of its extremes, or 1.
    pub fn range(&self) -> ArrayView1<'_, f64> {
        self.range.as_slice().into()
    }

    /// Number of rows that were learnt from.
    pub fn n_samples_seen(&self) -> usize {
        self.n_samples_seen
    }

    /// The columns that the scaler was fitted on.
    pub fn features(&self) -> &Features {
        &self.features
    }

    fn learn(&mut self, x: Records<'_, F>, weights: Option<ArrayView1<'_, F>>) -> Result<()> {
        x.dense("MinMaxScaler")?;
        let p = self.features.count();
        let batch = gather(x, weights, || Extent::new(p), Extent::insert, Extent::combine)?;
        let extent = self.extent.clone().combine(batch);
        let columns: Vec<(f64, f64)> =
            (0..p).map(|j| self.low_and_range(&extent, j)).collect::<Result<_>>()?;
        (self.low, self.range) = columns.into_iter().unzip();
        self.extent = extent;
        self.n_samples_seen += weights.map_or(x.nrows(), |w| w.iter().filter(|w| **w > F::zero()).count());
        Ok(())
    }

    /// What is subtracted from column `j`, and what it is divided by.
    fn low_and_range(&self, extent: &Extent, j: usize) -> Result<(f64, f64)> {
        match extent.of(j) {
            None => Ok((0.0, 1.0)),
            Some((low, high)) if low == high => Ok((low, 1.0)),
            Some((low, high)) if (high - low).is_finite() => Ok((low, high - low)),
            Some(_) => Err(Error::numerical(format!(
                "the range of column `{}` exceeds the largest number; divide the column by a constant first",
                self.features.name(j)
            ))),
        }
    }

    /// z = low + (x − a)/r · (high − low)
    #[inline]
    fn scale(&self) -> impl Fn(F, f64, f64) -> F + use<F> {
        let ((low, high), clip) = (self.feature_range, self.clip);
        move |x, a, r| {
            let z = low + (x.f64() - a) / r * (high - low);
            F::of(match clip {
                true if z < low => low,
                true if z > high => high,
                _ => z,
            })
        }
    }

    /// x = a + (z − low)/(high − low) · r
    #[inline]
    fn restore(&self) -> impl Fn(F, f64, f64) -> F + use<F> {
        let (low, high) = self.feature_range;
        move |z, a, r| F::of(a + (z.f64() - low) / (high - low) * r)
    }

    fn check_input(&self, x: Records<'_, F>) -> Result<()> {
        x.check_shape()?;
        self.features.check(x)?;
        x.dense("MinMaxScaler").map(drop)
    }

    fn check_loaded(&self) -> Result<()> {
        let p = self.features.count();
        self.extent.check_loaded(p)?;
        check_len("minima", p, self.low.len())?;
        check_len("ranges", p, self.range.len())?;
        let usable =
            self.low.iter().all(|a| a.is_finite()) && self.range.iter().all(|r| r.is_finite() && *r > 0.0);
        match usable && Ascending.check("feature_range", &self.feature_range).is_ok() {
            true => Ok(()),
            false => Err(Error::Persist { what: "minimum or range of a column cannot be used".into() }),
        }
    }
}

impl<F: Float> Transform<F> for MinMaxScalerModel<F> {
    type Stored = AsGiven;

    fn transform_records(&self, x: Records<'_, F>) -> Result<Matrix<F>> {
        self.check_input(x)?;
        map(x, &self.low, &self.range, self.scale())
    }

    fn feature_names_out(&self) -> Option<Vec<String>> {
        self.features.names().map(<[String]>::to_vec)
    }
}

impl<F: Float> InverseTransform<F> for MinMaxScalerModel<F> {
    fn inverse_transform_records(&self, z: Records<'_, F>) -> Result<Matrix<F>> {
        self.check_input(z)?;
        map(z, &self.low, &self.range, self.restore())
    }
}

impl<F: Float> TransformOne<F> for MinMaxScalerModel<F> {
    fn transform_one(&self, row: &[F], out: &mut Vec<F>, _: &mut Scratch<F>) -> Result<()> {
        self.features.check_width(row.len())?;
        map_one(row, &self.low, &self.range, out, self.scale())
    }
}
