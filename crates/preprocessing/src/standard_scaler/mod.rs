//! Standardisation: every column to mean 0 and variance 1.
//!
//! ```text
//! zᵢⱼ = (xᵢⱼ − mⱼ) / sⱼ        mⱼ = Σᵢ wᵢ xᵢⱼ / Wⱼ        sⱼ² = Σᵢ wᵢ (xᵢⱼ − mⱼ)² / Wⱼ        Wⱼ = Σᵢ wᵢ
//! ```
//!
//! | symbol | variable | shape |
//! |---|---|---|
//! | W, m, s² | [`Moments`] `moments` | p each, `f64` |
//! | what is subtracted, and divided by | `centre`, `scale` | p each, `f64` |
//!
//! Fitting: 1 check, 2 gather W, m and s² in one pass over the records ([`stats`](estimand_core::stats)),
//! 3 choose centre and scale. Cost: O(np), one read of X to fit, one read and one write to transform.
//! Sums run over the values that are not missing; a missing value stays missing.
//!
//! A constant column is centred and not scaled (s = 1), so that it becomes 0. Constant is a column whose
//! deviations are rounding errors: sⱼ ≤ 10 ε |mⱼ|, or sⱼ² below the smallest normal number.
//!
//! Differs from scikit-learn in three points: the limit for constant columns does not grow with the number of
//! rows (there, a million rows of 10⁹ ± 0.1 count as constant); a column without any value is left as it is,
//! where scikit-learn makes every later value NaN; a variance beyond 10³⁰⁸ is an error instead of zeros.
//!
//! Not for data with gross outliers, which decide mean and variance between them.
//!
//! References: the module on statistics, \[Chan83\].

#[cfg(test)]
mod tests;

use crate::columns::{gather, map, map_one};
use estimand_core::persist::check_len;
use estimand_core::records::{AsGiven, MatrixView};
use estimand_core::stats::Moments;
use estimand_core::{
    Describe, Error, Features, Fit, Float, InverseTransform, Matrix, PartialFit, Records, Result, Samples,
    Scratch, Target, Transform, TransformOne,
};
use ndarray::{Array1, ArrayView1};
use serde::{Deserialize, Serialize};
use std::marker::PhantomData;

estimand_core::params! {
    /// Brings every column to mean 0 and variance 1; see [the module](crate::standard_scaler).
    ///
    /// ```
    /// use estimand_core::{Fit, Transform};
    /// use estimand_preprocessing::StandardScaler;
    /// use ndarray::array;
    ///
    /// let x = array![[1.0, 10.0], [3.0, 10.0]];
    /// let scaler = StandardScaler::new().fit(&x)?;
    /// assert_eq!(scaler.transform(&x)?, array![[-1.0, 0.0], [1.0, 0.0]]);
    /// # Ok::<(), estimand_core::Error>(())
    /// ```
    pub struct StandardScaler {
        /// Whether to subtract the mean. Sparse records cannot be centred and need `false`.
        with_mean: bool = true;
        /// Whether to divide by the standard deviation.
        with_std: bool = true;
    }
    accepts: sparse, weights, missing;
}

/// A fitted [`StandardScaler`]. Its statistics are `f64` whatever the records are, so that `f32` columns far
/// from zero are centred without loss.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StandardScalerModel<F> {
    with_mean: bool,
    with_std: bool,
    features: Features,
    moments: Moments,
    centre: Vec<f64>,
    scale: Vec<f64>,
    scalar: PhantomData<F>,
}
estimand_core::persist!(StandardScalerModel<F>, StandardScalerModel::check_loaded);

impl<F: Float, Y: Target> Fit<F, Y> for StandardScaler {
    type Model = StandardScalerModel<F>;

    fn fit_samples(&self, samples: Samples<'_, F, Y>) -> Result<StandardScalerModel<F>> {
        self.check()?;
        samples.check()?;
        let p = samples.x.ncols();
        let mut model = StandardScalerModel {
            with_mean: self.with_mean,
            with_std: self.with_std,
            features: Features::of(samples.x),
            moments: Moments::new(p),
            centre: vec![0.0; p],
            scale: vec![1.0; p],
            scalar: PhantomData,
        };
        model.learn(samples.x, samples.weights)?;
        Ok(model)
    }
}

impl<F: Float, Y: Target> PartialFit<F, Y> for StandardScalerModel<F> {
    /// Batches in turn give what all rows at once would, up to rounding.
    fn partial_fit_samples(&mut self, batch: Samples<'_, F, Y>) -> Result<()> {
        batch.check()?;
        self.features.check(batch.x)?;
        self.learn(batch.x, batch.weights)
    }
}

impl<F: Float> StandardScalerModel<F> {
    /// The mean of each column, of values that are not missing; 0 where there are none.
    pub fn mean(&self) -> ArrayView1<'_, f64> {
        self.moments.mean().into()
    }

    /// The variance of each column, with the divisor n.
    pub fn var(&self) -> Array1<f64> {
        (0..self.features.count()).map(|j| self.moments.variance(j)).collect()
    }

    /// What each column is divided by: its standard deviation, or 1.
    pub fn scale(&self) -> ArrayView1<'_, f64> {
        self.scale.as_slice().into()
    }

    /// How many values of each column were learnt from, or their total weight.
    pub fn n_samples_seen(&self) -> ArrayView1<'_, f64> {
        self.moments.weight().into()
    }

    /// The columns that the scaler was fitted on.
    pub fn features(&self) -> &Features {
        &self.features
    }

    fn learn(&mut self, x: Records<'_, F>, weights: Option<ArrayView1<'_, F>>) -> Result<()> {
        self.refuse_centring_sparse(x)?;
        let p = self.features.count();
        let batch = gather(x, weights, || Moments::new(p), Moments::insert, Moments::combine)?;
        let moments = self.moments.clone().combine(batch);
        let columns: Vec<(f64, f64)> =
            (0..p).map(|j| self.centre_and_scale(&moments, j)).collect::<Result<_>>()?;
        (self.centre, self.scale) = columns.into_iter().unzip();
        self.moments = moments;
        Ok(())
    }

    /// What is subtracted from column `j`, and what it is divided by.
    fn centre_and_scale(&self, moments: &Moments, j: usize) -> Result<(f64, f64)> {
        let (mean, variance) = (moments.mean()[j], moments.variance(j));
        let mut column = (0.0, 1.0);
        if self.with_mean {
            column.0 = mean;
        }
        if self.with_std {
            let deviation = variance.sqrt();
            let constant = variance < f64::MIN_POSITIVE || deviation <= 10.0 * f64::EPSILON * mean.abs();
            column.1 = if constant { 1.0 } else { deviation };
        }
        match column.0.is_finite() && column.1.is_finite() {
            true => Ok(column),
            false => Err(Error::numerical(format!(
                "mean or variance of column `{}` exceeds the largest number; divide the column by a constant first",
                self.features.name(j)
            ))),
        }
    }

    fn refuse_centring_sparse(&self, x: Records<'_, F>) -> Result<()> {
        match x.values() {
            MatrixView::Sparse(_) if self.with_mean => Err(Error::unsupported(
                "StandardScaler",
                "centring sparse records, which would fill them; use `with_mean(false)`, or convert them with `Csr::to_dense`",
            )),
            _ => Ok(()),
        }
    }

    fn check_input(&self, x: Records<'_, F>) -> Result<()> {
        x.check_shape()?;
        self.features.check(x)?;
        self.refuse_centring_sparse(x)
    }

    fn check_loaded(&self) -> Result<()> {
        let p = self.features.count();
        self.moments.check_loaded(p)?;
        check_len("centre", p, self.centre.len())?;
        check_len("scale", p, self.scale.len())?;
        let usable =
            self.centre.iter().all(|c| c.is_finite()) && self.scale.iter().all(|s| s.is_finite() && *s > 0.0);
        if usable {
            Ok(())
        } else {
            Err(Error::Persist { what: "centre or scale of a column cannot be used".into() })
        }
    }
}

/// z = (x − m) / s
#[inline]
fn standardise<F: Float>(x: F, centre: f64, scale: f64) -> F {
    F::of((x.f64() - centre) / scale)
}

/// x = z s + m
#[inline]
fn restore<F: Float>(z: F, centre: f64, scale: f64) -> F {
    F::of(z.f64() * scale + centre)
}

impl<F: Float> Transform<F> for StandardScalerModel<F> {
    type Stored = AsGiven;

    fn transform_records(&self, x: Records<'_, F>) -> Result<Matrix<F>> {
        self.check_input(x)?;
        map(x, &self.centre, &self.scale, standardise)
    }

    fn feature_names_out(&self) -> Option<Vec<String>> {
        self.features.names().map(<[String]>::to_vec)
    }
}

impl<F: Float> InverseTransform<F> for StandardScalerModel<F> {
    fn inverse_transform_records(&self, z: Records<'_, F>) -> Result<Matrix<F>> {
        self.check_input(z)?;
        map(z, &self.centre, &self.scale, restore)
    }
}

impl<F: Float> TransformOne<F> for StandardScalerModel<F> {
    fn transform_one(&self, row: &[F], out: &mut Vec<F>, _: &mut Scratch<F>) -> Result<()> {
        self.features.check_width(row.len())?;
        map_one(row, &self.centre, &self.scale, out, standardise)
    }
}
