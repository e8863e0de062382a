//! Regression by the mean of the neighbours.
//!
//! ```text
//! ŷ(q) = Σ wᵢ yᵢ / Σ wᵢ          over the neighbours i of q: the k nearest, or all within r                 (1)
//! ```
//!
//! with the weights w of [classification](crate::classify), and y for one output or several. Outside the rows that were
//! learnt, the prediction is that of the border: neighbours do not extrapolate.
//!
//! Fitting costs O(np log n) for a tree, a prediction O(p log n) to O(np): see [`Algorithm`].
//!
//! **Differs from scikit-learn.** Sample weights. Rows without neighbours within the radius are an error, or have the mean of
//! all, and are never NaN.

#[cfg(test)]
mod tests;

use crate::classify::Outliers;
use crate::neighbourhood::{NeighborWeights, Neighbourhood, Rules, present};
use estimand_core::describe::at_least;
use estimand_core::persist::check_len;
use estimand_core::samples::check_finite_target;
use estimand_core::{
    Describe, Features, Fit, Float, Predict, PredictOne, Records, Report, Result, Samples, Scratch, Target,
};
use estimand_index::{Algorithm, Metric, Neighbor, Reach};
use ndarray::{Array1, Array2, ArrayView2, Axis};
use serde::{Deserialize, Serialize};

estimand_core::params! {
    /// Regression by the k nearest rows; see [the module](crate::regress).
    ///
    /// ```
    /// use estimand_core::{Fit, Predict};
    /// use estimand_neighbors::{KNeighborsRegressor, NeighborWeights};
    /// use ndarray::array;
    ///
    /// let (x, y) = (array![[0.0], [1.0], [3.0]], array![0.0, 6.0, 30.0]);
    /// let model = KNeighborsRegressor::new().n_neighbors(2).fit((&x, &y))?;
    /// assert_eq!(model.predict(&array![[0.4], [9.0]])?, array![3.0, 18.0]);
    ///
    /// let model = KNeighborsRegressor::new().n_neighbors(2).weights(NeighborWeights::Distance).fit((&x, &y))?;
    /// assert_eq!(model.predict(&array![[0.25], [1.0]])?, array![1.5, 6.0]);
    /// # Ok::<(), estimand_core::Error>(())
    /// ```
    pub struct KNeighborsRegressor {
        /// The number k of neighbours.
        n_neighbors: usize = 5, at_least(1.0);
        /// How much a neighbour counts.
        weights: NeighborWeights = NeighborWeights::Uniform;
        /// The distance d.
        metric: Metric = Metric::Euclidean;
        /// How to search. The answer is the same.
        algorithm: Algorithm = Algorithm::Auto;
    }
    accepts: weights;
}

estimand_core::params! {
    /// Regression by all rows within a radius; see [the module](crate::regress).
    pub struct RadiusNeighborsRegressor {
        /// The radius r.
        radius: f64 = 1.0, at_least(0.0);
        /// How much a neighbour counts.
        weights: NeighborWeights = NeighborWeights::Uniform;
        /// What becomes of rows without neighbours.
        outliers: Outliers = Outliers::Refuse;
        /// The distance d.
        metric: Metric = Metric::Euclidean;
        /// How to search. The answer is the same.
        algorithm: Algorithm = Algorithm::Auto;
    }
    accepts: weights;
}

/// What is remembered, for any number of outputs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(bound(serialize = "F: Float", deserialize = "F: Float"))]
pub struct Memory<F: Float> {
    neighbourhood: Neighbourhood<F>,
    /// n × t
    targets: Array2<F>,
    /// Means of all rows, for those without neighbours; none where these are refused.
    overall: Vec<F>,
}

/// A fitted [`KNeighborsRegressor`] or [`RadiusNeighborsRegressor`] of one output.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(bound(serialize = "F: Float", deserialize = "F: Float"))]
pub struct NeighborsRegressorModel<F: Float> {
    memory: Memory<F>,
}

/// A fitted [`KNeighborsRegressor`] or [`RadiusNeighborsRegressor`] of several outputs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(bound(serialize = "F: Float", deserialize = "F: Float"))]
pub struct MultiNeighborsRegressorModel<F: Float> {
    memory: Memory<F>,
}

/// Targets of the regressors: `Array1<F>` is one output, `Array2<F>` are several.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the target of a regressor for records of `{F}`",
    note = "targets are `Array1<{F}>` for one output or `Array2<{F}>` for several"
)]
pub trait NeighborTargets<F: Float>: Target {
    /// The fitted model.
    type Model: Predict<F, Output = Self>;

    /// One column per output.
    fn columns<'a>(y: Self::View<'a>) -> ArrayView2<'a, F>;

    /// The model of what is remembered.
    fn model(memory: Memory<F>) -> Self::Model;
}
impl<F: Float> NeighborTargets<F> for Array1<F> {
    type Model = NeighborsRegressorModel<F>;

    fn columns<'a>(y: Self::View<'a>) -> ArrayView2<'a, F> {
        y.insert_axis(Axis(1))
    }

    fn model(memory: Memory<F>) -> NeighborsRegressorModel<F> {
        NeighborsRegressorModel { memory }
    }
}
impl<F: Float> NeighborTargets<F> for Array2<F> {
    type Model = MultiNeighborsRegressorModel<F>;

    fn columns<'a>(y: Self::View<'a>) -> ArrayView2<'a, F> {
        y
    }

    fn model(memory: Memory<F>) -> MultiNeighborsRegressorModel<F> {
        MultiNeighborsRegressorModel { memory }
    }
}

fn fit<F: Float, Y: NeighborTargets<F>>(
    samples: Samples<'_, F, Y>,
    rules: &Rules<'_>,
    outliers: Outliers,
) -> Result<Y::Model> {
    samples.check()?;
    if let Some(rows) = present(&samples) {
        return fit(samples.select(&rows).samples(), rules, outliers);
    }
    let y = Y::columns(samples.y);
    check_finite_target(y)?;
    let targets = y.as_standard_layout().into_owned();
    let neighbourhood = Neighbourhood::new(samples.x, samples.weights, rules)?;
    let overall = match outliers {
        Outliers::Refuse => Vec::new(),
        Outliers::Overall => {
            let weight = |i: usize| samples.weights.map_or(1.0, |w| w[i].f64());
            let all = |t: usize| mean((0..targets.nrows()).map(|i| (targets[[i, t]].f64(), weight(i))));
            (0..targets.ncols()).map(|t| F::of(all(t))).collect()
        }
    };
    Ok(Y::model(Memory { neighbourhood, targets, overall }))
}

/// (1), as what is to be added to the first value: equal values have exactly themselves for a mean.
fn mean(values: impl IntoIterator<Item = (f64, f64)>) -> f64 {
    let (mut first, mut sum, mut total) = (None, 0.0, 0.0);
    for (value, weight) in values {
        sum += weight * (value - *first.get_or_insert(value));
        total += weight;
    }
    first.unwrap_or(f64::NAN) + sum / total
}

impl<F: Float, Y: NeighborTargets<F>> Fit<F, Y> for KNeighborsRegressor {
    type Model = Y::Model;

    fn fit_samples(&self, samples: Samples<'_, F, Y>) -> Result<Y::Model> {
        self.check()?;
        let Self { n_neighbors, weights: weigh, metric, algorithm } = self;
        let reach = Reach::Nearest(*n_neighbors);
        fit(samples, &Rules { reach, weigh, metric, algorithm: *algorithm }, Outliers::Refuse)
    }
}

impl<F: Float, Y: NeighborTargets<F>> Fit<F, Y> for RadiusNeighborsRegressor {
    type Model = Y::Model;

    fn fit_samples(&self, samples: Samples<'_, F, Y>) -> Result<Y::Model> {
        self.check()?;
        let Self { radius, weights: weigh, outliers, metric, algorithm } = self;
        let reach = Reach::Within(*radius);
        fit(samples, &Rules { reach, weigh, metric, algorithm: *algorithm }, *outliers)
    }
}

impl<F: Float> Memory<F> {
    /// (1) for each output; NaN where nothing speaks for any value.
    fn means(&self, found: &[Neighbor], out: &mut [F]) {
        if found.is_empty() && !self.overall.is_empty() {
            return out.copy_from_slice(&self.overall);
        }
        for (t, out) in out.iter_mut().enumerate() {
            let (mut first, mut sum, mut total) = (None, 0.0, 0.0);
            self.neighbourhood.votes(found, |row, weight| {
                let value = self.targets[[row, t]].f64();
                sum += weight * (value - *first.get_or_insert(value));
                total += weight;
            });
            *out = F::of(first.unwrap_or(f64::NAN) + sum / total);
        }
    }

    fn predict(&self, x: Records<'_, F>) -> Result<Array2<F>> {
        let width = self.targets.ncols();
        let means = self.neighbourhood.for_each(x, width, |found, out| self.means(found, out))?;
        match means.iter().position(|mean| !mean.is_finite()) {
            Some(i) => Err(self.neighbourhood.nobody(Some(i / width))),
            None => Ok(Array2::from_shape_vec((x.nrows(), width), means).unwrap_or_default()),
        }
    }

    fn predict_one(&self, row: &[F], out: &mut [F]) -> Result<()> {
        self.neighbourhood.for_one(row, |found| self.means(found, out))?;
        if out.iter().all(|mean| mean.is_finite()) { Ok(()) } else { Err(self.neighbourhood.nobody(None)) }
    }

    fn check_loaded(&self, outputs: Option<usize>) -> Result<()> {
        self.neighbourhood.check_loaded()?;
        check_len("targets", self.neighbourhood.index.len(), self.targets.nrows())?;
        check_len("outputs", outputs.unwrap_or(self.targets.ncols()), self.targets.ncols())?;
        if self.overall.is_empty() {
            Ok(())
        } else {
            check_len("means", self.targets.ncols(), self.overall.len())
        }
    }
}

macro_rules! model {
    ($model:ident) => {
        impl<F: Float> $model<F> {
            /// How it searches.
            pub fn report(&self) -> Report {
                Report::direct(self.memory.neighbourhood.index.method())
            }

            /// The columns the model was fitted on.
            pub fn features(&self) -> &Features {
                &self.memory.neighbourhood.features
            }
        }
    };
}
model!(NeighborsRegressorModel);
model!(MultiNeighborsRegressorModel);

impl<F: Float> Predict<F> for NeighborsRegressorModel<F> {
    type Output = Array1<F>;

    fn predict_records(&self, x: Records<'_, F>) -> Result<Array1<F>> {
        Ok(self.memory.predict(x)?.into_iter().collect())
    }
}

impl<F: Float> Predict<F> for MultiNeighborsRegressorModel<F> {
    type Output = Array2<F>;

    fn predict_records(&self, x: Records<'_, F>) -> Result<Array2<F>> {
        self.memory.predict(x)
    }
}

impl<F: Float> PredictOne<F> for NeighborsRegressorModel<F> {
    type One<'m> = F;

    fn predict_one(&self, row: &[F], _: &mut Scratch<F>) -> Result<F> {
        let mut out = [F::zero()];
        self.memory.predict_one(row, &mut out)?;
        Ok(out[0])
    }
}

impl<F: Float> PredictOne<F> for MultiNeighborsRegressorModel<F> {
    /// One value per output: the only memory that is allocated.
    type One<'m> = Array1<F>;

    fn predict_one(&self, row: &[F], _: &mut Scratch<F>) -> Result<Array1<F>> {
        let mut out = vec![F::zero(); self.memory.targets.ncols()];
        self.memory.predict_one(row, &mut out)?;
        Ok(out.into())
    }
}

estimand_core::persist!(NeighborsRegressorModel<F>, |model| model.memory.check_loaded(Some(1)));
estimand_core::persist!(MultiNeighborsRegressorModel<F>, |model| model.memory.check_loaded(None));
