//! Local outlier factor: rows that are less crowded than their neighbours.
//!
//! ```text
//! k(o)       distance from row o to its k-th nearest other row                                             (1)
//! lrd(q)     = 1 / (mean over neighbours o of q of max(k(o), d(q, o)) + 10⁻¹⁰)                             (2)
//! factor(q)  = mean over neighbours o of q of lrd(o) / lrd(q)           about 1 inside of a cluster        (3)
//! ```
//!
//! | symbol | variable | shape |
//! |---|---|---|
//! | k(o), lrd | `reach`, `density` | n |
//! | ω | sample weights, 1 without: a row of weight ω is as good as ω rows | n |
//!
//! A training row is not its own neighbour, but of a row of weight ω the other ω − 1 are. Rows that are asked about later are
//! new ones: a training row among them has itself for its nearest neighbour, and looks less like an outlier.
//!
//! 1. The neighbours of all rows, and (1). 2. (2). 3. (3), and where outliers begin.
//!
//! Costs one search for neighbours per row; memory O(nk) while fitting.
//!
//! **Differs from scikit-learn.** One model tells the outliers of the training rows (`labels`) and judges new ones (`predict`):
//! there is no switch `novelty`. More neighbours than there are other rows are an error. Sample weights.
//!
//! **References.** \[Breunig00\].

#[cfg(test)]
mod tests;

use crate::neighbourhood::{NeighborWeights, Neighbourhood, Rules, present};
use estimand_core::describe::at_least;
use estimand_core::persist::check_len;
use estimand_core::{
    Describe, Error, Features, Fit, Float, Predict, PredictOne, Records, Report, Result, Samples, Scratch,
    Target,
};
use estimand_index::{Algorithm, Metric, Neighbor, Queries, Reach};
use estimand_par as par;
use ndarray::Array1;
use serde::{Deserialize, Serialize};

/// Where outliers begin.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub enum Contamination {
    /// At a factor of 1.5, as in the paper.
    #[default]
    Auto,
    /// Where this share of the training rows lies beyond, more than 0 and at most ½.
    Share(f64),
}
impl From<f64> for Contamination {
    fn from(share: f64) -> Self {
        Self::Share(share)
    }
}

estimand_core::params! {
    /// Local outlier factor; see [the module](crate::outlier).
    ///
    /// ```
    /// use estimand_core::{Fit, Predict};
    /// use estimand_neighbors::LocalOutlierFactor;
    /// use ndarray::array;
    ///
    /// let x = array![[-1.1], [0.2], [101.1], [0.3]];
    /// let model = LocalOutlierFactor::new().n_neighbors(2).fit(&x)?;
    /// assert_eq!(model.labels(), array![1, 1, -1, 1]);
    /// assert_eq!(model.predict(&array![[0.0], [50.0]])?, array![1, -1]);
    /// # Ok::<(), estimand_core::Error>(())
    /// ```
    pub struct LocalOutlierFactor {
        /// The number k of neighbours.
        n_neighbors: usize = 20, at_least(1.0);
        /// Where outliers begin.
        contamination => Contamination = Contamination::Auto;
        /// The distance d.
        metric: Metric = Metric::Euclidean;
        /// How to search. The answer is the same.
        algorithm: Algorithm = Algorithm::Auto;
    }
    accepts: weights;
}

/// A fitted [`LocalOutlierFactor`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(bound(serialize = "F: Float", deserialize = "F: Float"))]
pub struct LocalOutlierFactorModel<F: Float> {
    neighbourhood: Neighbourhood<F>,
    reach: Vec<f64>,
    density: Vec<f64>,
    /// The factor beyond which rows are outliers.
    limit: f64,
    factors: Array1<F>,
    labels: Array1<i32>,
}

/// A neighbour of a training row: how far it is, its number, and how many rows it counts as.
type Near = (f64, u32, f64);

impl<F: Float, Y: Target> Fit<F, Y> for LocalOutlierFactor {
    type Model = LocalOutlierFactorModel<F>;

    fn fit_samples(&self, samples: Samples<'_, F, Y>) -> Result<LocalOutlierFactorModel<F>> {
        self.check()?;
        samples.check()?;
        if let Contamination::Share(share) = self.contamination
            && !(share > 0.0 && share <= 0.5)
        {
            return Err(Error::parameter("contamination", share, "Auto, or in (0, 0.5]"));
        }
        let Some(kept) = present(&samples) else { return self.fit_present(samples.without_y()) };
        // Rows of weight zero are judged as new ones.
        let mut model = self.fit_present(samples.without_y().select(&kept).samples())?;
        let mut factors = model.score_samples(samples.x)?.mapv_into(|score| -score);
        kept.iter().zip(&model.factors).for_each(|(i, factor)| factors[*i] = *factor);
        (model.labels, model.factors) = (factors.mapv(|factor| model.label(factor.f64())), factors);
        Ok(model)
    }
}

impl LocalOutlierFactor {
    fn fit_present<F: Float>(&self, samples: Samples<'_, F, ()>) -> Result<LocalOutlierFactorModel<F>> {
        let weigh = &NeighborWeights::Uniform;
        let reach = Reach::Nearest(self.n_neighbors);
        let rules = Rules { reach, weigh, metric: &self.metric, algorithm: self.algorithm };
        let neighbourhood = Neighbourhood::new(samples.x, samples.weights, &rules)?;
        let (n, k) = (neighbourhood.index.len(), self.n_neighbors as f64);
        let weight = |i: usize| samples.weights.map_or(1.0, |w| w[i].f64());
        let total: f64 = (0..n).map(weight).sum();
        if let Some(i) = (0..n).find(|i| k > (total - weight(*i).max(1.0)) * (1.0 + 1e-12)) {
            let others = total - weight(i).max(1.0);
            return Err(Error::parameter(
                "n_neighbors",
                self.n_neighbors,
                format!("at most {others}, the other rows"),
            ));
        }

        // Never more than the other rows.
        let width = match neighbourhood.search() {
            Reach::Nearest(count) => count.min(n - 1),
            Reach::Within(_) => n - 1,
        };
        let near = neighbourhood.own_neighbours(width)?;
        let lists: Vec<&[Near]> = near.chunks_exact(width + 1).collect();
        // A place without a row counts as none.
        let some = |list: &[Near]| list.iter().copied().filter(|near| near.2 > 0.0).collect::<Vec<_>>();
        let reach: Vec<f64> = lists.iter().map(|list| some(list).last().map_or(0.0, |near| near.0)).collect();
        let per_row = |f: &(dyn Fn(usize) -> f64 + Sync)| {
            par::map_chunks(n, par::chunk_len(n, 8 * width), |rows| rows.map(f).collect::<Vec<_>>()).concat()
        };
        let density = per_row(&|i| {
            let found = lists[i].iter().filter(|near| near.2 > 0.0);
            1.0 / (mean(found.map(|(d, o, count)| (d.max(reach[*o as usize]), *count))) + LEAST)
        });
        let factors = per_row(&|i| {
            let found = lists[i].iter().filter(|near| near.2 > 0.0);
            mean(found.map(|(_, o, count)| (density[*o as usize], *count))) / density[i]
        });
        let limit = match self.contamination {
            Contamination::Auto => 1.5,
            Contamination::Share(share) => {
                quantile(&factors, &(0..n).map(weight).collect::<Vec<_>>(), 1.0 - share)
            }
        };
        let factors: Array1<F> = factors.into_iter().map(F::of).collect();
        let mut model = LocalOutlierFactorModel {
            neighbourhood,
            reach,
            density,
            limit,
            labels: Array1::default(0),
            factors,
        };
        model.labels = model.factors.mapv(|factor| model.label(factor.f64()));
        Ok(model)
    }
}

/// Of (2): equal rows are as dense as can be.
const LEAST: f64 = 1e-10;

fn mean(values: impl Iterator<Item = (f64, f64)>) -> f64 {
    let (sum, total) = values.fold((0.0, 0.0), |(sum, total), (v, count)| (sum + count * v, total + count));
    sum / total
}

/// The value below which a share of the weight lies, between values in proportion as if each stood there as often as it
/// weighs.
fn quantile(values: &[f64], weights: &[f64], share: f64) -> f64 {
    let mut pairs: Vec<(f64, f64)> = values.iter().copied().zip(weights.iter().copied()).collect();
    pairs.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
    let total: f64 = weights.iter().sum();
    let place = share * (total - 1.0).max(0.0);
    // The value at a whole place, counted from 0.
    let at = |place: f64| {
        let mut below = 0.0;
        let found = pairs.iter().find(|(_, weight)| {
            below += weight;
            below > place
        });
        found.or(pairs.last()).map_or(f64::NAN, |pair| pair.0)
    };
    let (low, high) = (at(place.floor()), at((place.floor() + 1.0).min(total - 1.0)));
    low + (high - low) * place.fract()
}

impl<F: Float> LocalOutlierFactorModel<F> {
    fn label(&self, factor: f64) -> i32 {
        if factor > self.limit { -1 } else { 1 }
    }

    /// (3) of a new row.
    fn factor(&self, found: &[Neighbor]) -> f64 {
        let (mut reach, mut density, mut total) = (0.0, 0.0, 0.0);
        self.neighbourhood.counted(found, |near, count| {
            let o = near.row as usize;
            reach += count * near.distance.max(self.reach[o]);
            density += count * self.density[o];
            total += count;
        });
        density / total * (reach / total + LEAST)
    }

    /// 1 for training rows that are like their neighbours, −1 for outliers, n. `predict` takes rows for new ones.
    pub fn labels(&self) -> &Array1<i32> {
        &self.labels
    }

    /// (3) of the training rows, n. Their negatives are what scikit-learn calls `negative_outlier_factor_`.
    pub fn outlier_factors(&self) -> &Array1<F> {
        &self.factors
    }

    /// The factor beyond which rows are outliers.
    pub fn limit(&self) -> f64 {
        self.limit
    }

    /// (3) of new rows, negative: the lower, the more of an outlier.
    ///
    /// # Errors
    /// As `predict`.
    pub fn score_samples<'a>(&self, x: impl Into<Records<'a, F>>) -> Result<Array1<F>>
    where
        F: 'a,
    {
        let x = x.into();
        Ok(self.neighbourhood.for_each(x, 1, |found, out| out[0] = F::of(-self.factor(found)))?.into())
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

impl<F: Float> Predict<F> for LocalOutlierFactorModel<F> {
    type Output = Array1<i32>;

    /// 1 for rows that are like the training rows, −1 for outliers.
    fn predict_records(&self, x: Records<'_, F>) -> Result<Array1<i32>> {
        Ok(self.neighbourhood.for_each(x, 1, |found, out| out[0] = self.label(self.factor(found)))?.into())
    }
}

impl<F: Float> PredictOne<F> for LocalOutlierFactorModel<F> {
    type One<'m> = i32;

    fn predict_one(&self, row: &[F], _: &mut Scratch<F>) -> Result<i32> {
        self.neighbourhood.for_one(row, |found| self.label(self.factor(found)))
    }
}

impl<F: Float> Neighbourhood<F> {
    /// For each row its other selves, if its weight is above 1, and its `width` nearest others, as far as they count:
    /// n × (width + 1).
    fn own_neighbours(&self, width: usize) -> Result<Vec<Near>> {
        self.index.find_with(Queries::Own, Reach::Nearest(width), width + 1, |i, found, out: &mut [Near]| {
            let own = Neighbor { distance: 0.0, row: i as u32 };
            let selves = (self.weight(i) - 1.0).max(0.0).min(self.most());
            out[0] = (0.0, own.row, selves);
            let mut left = self.most() - selves;
            for (out, near) in out[1..].iter_mut().zip(found) {
                let count = self.weight(near.row as usize).min(left);
                *out = (near.distance, near.row, count);
                left -= count;
            }
        })
    }
}

estimand_core::persist!(LocalOutlierFactorModel<F>, |model| {
    let n = model.neighbourhood.index.len();
    model.neighbourhood.check_loaded()?;
    check_len("reaches", n, model.reach.len())?;
    check_len("densities", n, model.density.len())?;
    check_len("labels", model.factors.len(), model.labels.len())
});
