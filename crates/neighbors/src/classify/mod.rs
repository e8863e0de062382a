//! Classification by vote of the neighbours.
//!
//! ```text
//! P(c | q) = Σ wᵢ [yᵢ = c] / Σ wᵢ          over the neighbours i of q: the k nearest, or all within r        (1)
//! wᵢ = ωᵢ                                  `Uniform`                                                        (2)
//! wᵢ = ωᵢ / d(q, xᵢ)                       `Distance`; where some dᵢ = 0, these alone, with wᵢ = ωᵢ
//! ```
//!
//! | symbol | variable | shape |
//! |---|---|---|
//! | x | `index` | n × p, in the order of a tree |
//! | y | `codes` | n |
//! | ω | `rows` | n: sample weights, 1 without |
//!
//! Scores are the shares (1), of two classes the second's less the first's: ties go to the lowest class. A row of weight ω is
//! as good as ω rows: the k nearest are those whose weights come to k, of which the last may count in part.
//!
//! Fitting costs O(np log n) for a tree, a prediction O(p log n) to O(np): see [`Algorithm`].
//!
//! **Differs from scikit-learn.** Sample weights. Rows without neighbours within the radius are an error, or of the most
//! frequent class, never a label of their own. One target.
//!
//! **References.** \[CoverHart67\].

#[cfg(test)]
mod tests;

use crate::neighbourhood::{NeighborWeights, Neighbourhood, Rules, present};
use estimand_core::describe::at_least;
use estimand_core::persist::check_len;
use estimand_core::{
    ClassCodes, Features, FitClasses, Float, Probabilities, Records, Report, Result, Samples, Scores, Scratch,
};
use estimand_index::{Algorithm, Metric, Neighbor, Reach};
use ndarray::Array2;
use serde::{Deserialize, Serialize};

estimand_core::params! {
    /// Classification by the k nearest rows; see [the module](crate::classify).
    ///
    /// ```
    /// use estimand_core::{Fit, Predict, PredictProba};
    /// use estimand_neighbors::KNeighborsClassifier;
    /// use ndarray::array;
    ///
    /// let (x, y) = (array![[0.0], [1.0], [2.0], [3.0]], ["low", "low", "high", "high"]);
    /// let model = KNeighborsClassifier::new().n_neighbors(3).fit((&x, &y))?;
    /// assert_eq!(model.predict(&array![[1.1]])?.to_vec(), ["low"]);
    /// assert_eq!(model.predict_proba(&array![[1.1]])?, array![[1.0 / 3.0, 2.0 / 3.0]]); // high, low
    /// # Ok::<(), estimand_core::Error>(())
    /// ```
    pub struct KNeighborsClassifier {
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
    /// Classification by all rows within a radius; see [the module](crate::classify).
    pub struct RadiusNeighborsClassifier {
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

/// What becomes of rows that have no neighbours within the radius.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Outliers {
    /// An error that names the first of them.
    #[default]
    Refuse,
    /// They are like all rows: classes have their shares of the weight, a target has its mean.
    Overall,
}

/// A fitted [`KNeighborsClassifier`] or [`RadiusNeighborsClassifier`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(bound(serialize = "F: Float", deserialize = "F: Float"))]
pub struct NeighborsClassifierModel<F: Float> {
    neighbourhood: Neighbourhood<F>,
    codes: Vec<u32>,
    classes: usize,
    /// Shares of the classes in all rows, for those without neighbours; none where these are refused.
    overall: Vec<f64>,
}

fn fit<F: Float>(
    samples: Samples<'_, F, ClassCodes>,
    rules: &Rules<'_>,
    outliers: Outliers,
) -> Result<NeighborsClassifierModel<F>> {
    if let Some(rows) = present(&samples) {
        return fit(samples.select(&rows).samples(), rules, outliers);
    }
    let neighbourhood = Neighbourhood::new(samples.x, samples.weights, rules)?;
    let (codes, classes) = (samples.y.y.to_vec(), samples.y.k);
    let mut overall = vec![0.0; if outliers == Outliers::Overall { classes } else { 0 }];
    if outliers == Outliers::Overall {
        let weight = |i: usize| samples.weights.map_or(1.0, |w| w[i].f64());
        codes.iter().enumerate().for_each(|(i, c)| overall[*c as usize] += weight(i));
        let total: f64 = overall.iter().sum();
        overall.iter_mut().for_each(|share| *share /= total);
    }
    Ok(NeighborsClassifierModel { neighbourhood, codes, classes, overall })
}

impl FitClasses for KNeighborsClassifier {
    type Model<F: Float> = NeighborsClassifierModel<F>;

    fn fit_classes<F: Float>(
        &self,
        samples: Samples<'_, F, ClassCodes>,
    ) -> Result<NeighborsClassifierModel<F>> {
        let Self { n_neighbors, weights: weigh, metric, algorithm } = self;
        let reach = Reach::Nearest(*n_neighbors);
        fit(samples, &Rules { reach, weigh, metric, algorithm: *algorithm }, Outliers::Refuse)
    }
}

impl FitClasses for RadiusNeighborsClassifier {
    type Model<F: Float> = NeighborsClassifierModel<F>;

    fn fit_classes<F: Float>(
        &self,
        samples: Samples<'_, F, ClassCodes>,
    ) -> Result<NeighborsClassifierModel<F>> {
        let Self { radius, weights: weigh, outliers, metric, algorithm } = self;
        let reach = Reach::Within(*radius);
        fit(samples, &Rules { reach, weigh, metric, algorithm: *algorithm }, *outliers)
    }
}

impl<F: Float> NeighborsClassifierModel<F> {
    /// (1), one share for each class; NaN where nothing speaks for any.
    fn shares(&self, found: &[Neighbor], out: &mut [F]) {
        out.fill(F::zero());
        let mut total = 0.0;
        // Sums of f32 would lose votes beyond 2²⁴ neighbours, and only there.
        self.neighbourhood.votes(found, |row, weight| {
            out[self.codes[row] as usize] += F::of(weight);
            total += weight;
        });
        match total > 0.0 && total.is_finite() {
            true => out.iter_mut().for_each(|out| *out = F::of(out.f64() / total)),
            false if found.is_empty() && !self.overall.is_empty() => {
                out.iter_mut().zip(&self.overall).for_each(|(out, share)| *out = F::of(*share));
            }
            false => out.fill(F::nan()),
        }
    }

    /// How it searches.
    pub fn report(&self) -> Report {
        Report::direct(self.neighbourhood.index.method())
    }

    /// The columns the model was fitted on.
    pub fn features(&self) -> &Features {
        &self.neighbourhood.features
    }
}

impl<F: Float> Probabilities<F> for NeighborsClassifierModel<F> {
    fn probabilities(&self, x: Records<'_, F>) -> Result<Array2<F>> {
        let shares = self.neighbourhood.for_each(x, self.classes, |found, out| self.shares(found, out))?;
        match shares.iter().position(|share| share.is_nan() || *share < F::zero()) {
            Some(i) => Err(self.neighbourhood.nobody(Some(i / self.classes))),
            None => Ok(Array2::from_shape_vec((x.nrows(), self.classes), shares).unwrap_or_default()),
        }
    }
}

impl<F: Float> Scores<F> for NeighborsClassifierModel<F> {
    fn scores(&self, x: Records<'_, F>) -> Result<Array2<F>> {
        let shares = self.probabilities(x)?;
        Ok(match self.classes {
            2 => shares.map_axis(ndarray::Axis(1), |row| row[1] - row[0]).insert_axis(ndarray::Axis(1)),
            _ => shares,
        })
    }

    fn scores_one(&self, row: &[F], out: &mut Vec<F>, _: &mut Scratch<F>) -> Result<()> {
        out.clear();
        out.resize(self.classes, F::zero());
        self.neighbourhood.for_one(row, |found| self.shares(found, out))?;
        if out.iter().any(|share| share.is_nan() || *share < F::zero()) {
            return Err(self.neighbourhood.nobody(None));
        }
        if let [first, second] = out[..] {
            out.truncate(1);
            out[0] = second - first;
        }
        Ok(())
    }
}

estimand_core::persist!(
    NeighborsClassifierModel<F>,
    |model| {
        model.neighbourhood.check_loaded()?;
        check_len("class codes", model.neighbourhood.index.len(), model.codes.len())?;
        if !model.overall.is_empty() {
            check_len("shares of the classes", model.classes, model.overall.len())?;
        }
        match model.codes.iter().find(|code| **code as usize >= model.classes) {
            Some(code) => {
                Err(estimand_core::Error::Persist { what: format!("class code {code} of {}", model.classes) })
            }
            None => Ok(()),
        }
    },
    |model, k| check_len("classes", k, model.classes)
);
