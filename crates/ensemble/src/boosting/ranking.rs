//! Ranking: rows of a query in the order of their grades.
//!
//! ```text
//! DCG = Σ_r (2^grade − 1) / log₂(2 + r) over the first T places r = 0, 1, …      NDCG = DCG / that of the best order
//! for rows i, j of a query, i of the higher grade, one of them among the first T:                                   (1)
//!     δ = |gain_i − gain_j| · |1/log₂(2 + r_i) − 1/log₂(2 + r_j)| / best DCG / (0.01 + |s_i − s_j|)
//!     p = 1 / (1 + exp(s_i − s_j))         g_i −= δ p,  g_j += δ p,  h_i, h_j += δ p (1 − p)
//! ```
//!
//! Gradients and hessians of a query are then scaled by log₂(1 + Σ) / Σ, where Σ is the sum of all |g|: no query is louder than
//! others because it has more rows. Reference: \[Burges10\], with the scalings of LightGBM.

use super::fit::{Extras, HoldOut, Target, fit};
use super::objective::Objective;
use super::regressor::RegressionBooster;
use super::settings::boosting_params;
use super::watch::Watch;
use estimand_core::samples::check_finite_target;
use estimand_core::{Describe, Error, Features, Fit, Float, Result, Samples};
use estimand_loss::Link;
use estimand_par as par;
use ndarray::{Array1, ArrayView1, Axis};
use std::collections::BTreeMap;

boosting_params! {
    /// Gradient boosting on histograms, for rankings: LambdaMART; see [the module](crate::boosting::ranking).
    ///
    /// Rows are told apart by their groups, one for each query; targets are grades from 0 to 30. What the model predicts is a
    /// score: the higher, the earlier. Losses of its history are 1 − NDCG, on average over the queries. All rows of a query
    /// have one weight.
    ///
    /// ```
    /// use estimand_core::{Fit, Predict, Samples};
    /// use estimand_ensemble::HistGradientBoostingRanker;
    /// use ndarray::{Array1, Array2};
    ///
    /// // Fifty queries of eight documents; the grade falls with the distance from 3.
    /// let x = Array2::from_shape_fn((400, 1), |(i, _)| (i * 37 % 100) as f64 / 10.0);
    /// let y: Array1<f64> = x.column(0).mapv(|x| (3.0 - (x - 3.0).abs()).max(0.0).floor());
    /// let queries: Array1<usize> = (0..400).map(|i| i / 8).collect();
    /// let samples = Samples::from((&x, &y)).with_groups(&queries);
    /// let model = HistGradientBoostingRanker::new().fit(samples)?;
    /// assert!(model.history().train.last() < Some(&0.05));
    /// let scores = model.predict(&ndarray::array![[3.0], [9.0]])?;
    /// assert!(scores[0] > scores[1]);
    /// # Ok::<(), estimand_core::Error>(())
    /// ```
    pub struct HistGradientBoostingRanker {
        /// Places T that count.
        truncation: usize = 30, estimand_core::describe::at_least(1.0);
    }
}

impl HistGradientBoostingRanker {
    /// Like [`fit`](Fit::fit), watched. Validation rows need groups of their own.
    ///
    /// # Errors
    /// Of [`fit`](Fit::fit), also for the validation rows; those of the score; and for a score without such rows.
    pub fn fit_watched<'a, F>(
        &self,
        samples: impl Into<Samples<'a, F, Array1<F>>>,
        watch: Watch<'_, F, Array1<F>>,
    ) -> Result<RegressionBooster<F>>
    where
        F: Float + 'a,
    {
        let samples = samples.into();
        if let Some(validation) = &watch.validation {
            Features::of(samples.x).check(validation.x)?;
        }
        self.fit_with(samples, watch.extras(|validation| self.target(validation))?)
    }

    fn fit_with<F: Float>(
        &self,
        samples: Samples<'_, F, Array1<F>>,
        mut extras: Extras<'_>,
    ) -> Result<RegressionBooster<F>> {
        self.check()?;
        samples.check()?;
        check_finite_target(samples.y.insert_axis(Axis(1)))?;
        let y = self.target(&samples)?;
        let rest = samples.without_y();
        let fitted = fit(&self.common(), &Objective::Ranking, rest, y, HoldOut::Groups, &mut extras)?;
        Ok(RegressionBooster::new(samples.x, fitted, Link::Identity))
    }

    fn target<F: Float>(&self, samples: &Samples<'_, F, Array1<F>>) -> Result<Target> {
        let Some(groups) = samples.groups else {
            let what = "no groups; say which rows belong to one query with `Samples::with_groups`";
            return Err(Error::target(format!("ranking: {what}")));
        };
        Queries::new(samples.y, groups, samples.weights, self.truncation).map(Target::Queries)
    }
}

impl<F: Float> Fit<F, Array1<F>> for HistGradientBoostingRanker {
    type Model = RegressionBooster<F>;

    fn fit_samples(&self, samples: Samples<'_, F, Array1<F>>) -> Result<Self::Model> {
        self.fit_with(samples, Extras::default())
    }
}

/// Rows by the query that they belong to.
#[derive(Clone, Debug)]
pub(crate) struct Queries {
    /// 2^grade − 1 of each row.
    gains: Vec<f64>,
    queries: Vec<Query>,
    groups: Vec<usize>,
    truncation: usize,
}

#[derive(Clone, Debug)]
struct Query {
    /// Row numbers, ascending.
    rows: Vec<u32>,
    weight: f64,
    /// DCG of the best order.
    best: f64,
}

/// Grades above this one would drown all others.
const MAX_GRADE: f64 = 30.0;

fn discount(place: usize) -> f64 {
    1.0 / (place as f64 + 2.0).log2()
}

impl Queries {
    fn new<F: Float>(
        y: ArrayView1<'_, F>,
        groups: ArrayView1<'_, usize>,
        weights: Option<ArrayView1<'_, F>>,
        truncation: usize,
    ) -> Result<Self> {
        if let Some(y) = y.iter().find(|y| !(0.0..=MAX_GRADE).contains(&y.f64())) {
            return Err(Error::target(format!("{y} in y, where grades from 0 to {MAX_GRADE} are wanted")));
        }
        let weight = |i: usize| weights.map_or(1.0, |w| w[i].f64());
        let gains = y.iter().map(|y| y.f64().exp2() - 1.0).collect();
        let queries = Self::of(gains, groups.to_vec(), weight, truncation);
        for query in &queries.queries {
            if let Some(other) = query.rows.iter().find(|i| weight(**i as usize) != query.weight) {
                let what = format!("row {other} has another weight than row {} of its query", query.rows[0]);
                return Err(Error::Weights { what });
            }
        }
        Ok(queries)
    }

    fn of(gains: Vec<f64>, groups: Vec<usize>, weight: impl Fn(usize) -> f64, truncation: usize) -> Self {
        let mut by_group: BTreeMap<usize, Vec<u32>> = BTreeMap::new();
        groups.iter().enumerate().for_each(|(i, g)| by_group.entry(*g).or_default().push(i as u32));
        let queries = by_group.into_values().map(|rows| {
            let mut best: Vec<f64> = rows.iter().map(|i| gains[*i as usize]).collect();
            best.sort_unstable_by(|a, b| b.total_cmp(a));
            let best = best.iter().take(truncation).enumerate().map(|(r, gain)| gain * discount(r)).sum();
            Query { weight: weight(rows[0] as usize), rows, best }
        });
        let queries = queries.collect();
        Self { gains, queries, groups, truncation }
    }

    /// The queries of some rows, which hold whole queries.
    pub(crate) fn select(&self, rows: &[usize], weight: impl Fn(usize) -> f64) -> Self {
        let gains = rows.iter().map(|i| self.gains[*i]).collect();
        let groups = rows.iter().map(|i| self.groups[*i]).collect();
        Self::of(gains, groups, |i| weight(rows[i]), self.truncation)
    }

    /// 1 − NDCG, on average over the queries; without anything to rank, a query's is 0.
    pub(crate) fn loss(&self, scores: &[f64]) -> f64 {
        let losses = par::map_chunks(self.queries.len(), 64, |range| {
            self.queries[range]
                .iter()
                .map(|query| query.weight * self.lost(query, &query.order(scores)))
                .sum::<f64>()
        });
        losses.into_iter().sum::<f64>() / self.queries.iter().map(|q| q.weight).sum::<f64>()
    }

    fn lost(&self, query: &Query, order: &[u32]) -> f64 {
        let places = order.iter().take(self.truncation).enumerate();
        let dcg: f64 = places.map(|(r, i)| self.gains[*i as usize] * discount(r)).sum();
        if query.best > 0.0 { 1.0 - dcg / query.best } else { 0.0 }
    }

    /// (1): gradients and hessians of all rows, and the loss.
    pub(crate) fn gradients(&self, scores: &[f64]) -> (Vec<f64>, Vec<f64>, f64) {
        let parts = par::map_chunks(self.queries.len(), 16, |range| {
            let queries = &self.queries[range];
            queries.iter().map(|query| self.lambdas(query, scores)).collect::<Vec<_>>()
        });
        let (mut g, mut h) = (vec![0.0; scores.len()], vec![0.0; scores.len()]);
        for (query, lambdas) in self.queries.iter().zip(parts.into_iter().flatten()) {
            for (i, [gradient, hessian]) in query.rows.iter().zip(lambdas) {
                (g[*i as usize], h[*i as usize]) = (gradient, hessian);
            }
        }
        (g, h, self.loss(scores))
    }

    /// Of the rows of a query, in its order of rows.
    fn lambdas(&self, query: &Query, scores: &[f64]) -> Vec<[f64; 2]> {
        let m = query.rows.len();
        let mut out = vec![[0.0; 2]; m];
        if query.best <= 0.0 {
            return out;
        }
        let mut order: Vec<usize> = (0..m).collect();
        let score = |k: usize| scores[query.rows[k] as usize];
        order.sort_by(|a, b| score(*b).total_cmp(&score(*a)));
        let spread = score(order[0]) != score(order[m - 1]);
        let (gain, mut sum) = (|k: usize| self.gains[query.rows[k] as usize], 0.0);
        for r in 0..self.truncation.min(m) {
            for s in r + 1..m {
                let (a, b) = (order[r], order[s]);
                if gain(a) == gain(b) {
                    continue;
                }
                let (high, low) = if gain(a) > gain(b) { (a, b) } else { (b, a) };
                let ahead = score(high) - score(low);
                let mut delta = (gain(high) - gain(low)) * (discount(r) - discount(s)) / query.best;
                if spread {
                    delta /= 0.01 + ahead.abs();
                }
                let p = 1.0 / (1.0 + ahead.exp());
                let (lambda, hessian) = (delta * p, delta * p * (1.0 - p));
                out[high] = [out[high][0] - lambda, out[high][1] + hessian];
                out[low] = [out[low][0] + lambda, out[low][1] + hessian];
                sum += 2.0 * lambda;
            }
        }
        if sum > 0.0 {
            let factor = (1.0 + sum).log2() / sum;
            out.iter_mut().flatten().for_each(|v| *v *= factor);
        }
        out
    }
}

impl Query {
    /// Its rows, by falling scores; of equal ones the earlier row.
    fn order(&self, scores: &[f64]) -> Vec<u32> {
        let mut order = self.rows.clone();
        order.sort_by(|a, b| scores[*b as usize].total_cmp(&scores[*a as usize]));
        order
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use estimand_core::Predict;
    use ndarray::{Array2, array};

    #[test]
    fn two_rows_by_hand() {
        // Grades 1 and 0 in the wrong order: best DCG 1; places differ by 1 − 1/log₂ 3.
        let queries =
            Queries::new(array![0.0, 1.0].view(), array![7, 7].view(), None::<ArrayView1<'_, f64>>, 30)
                .unwrap();
        let (g, h, loss) = queries.gradients(&[0.5, 0.0]);
        let (third, p) = (1.0 / 3.0_f64.log2(), 1.0 / (1.0 + (-0.5_f64).exp()));
        let delta = (1.0 - third) / 0.51;
        let factor = (1.0 + 2.0 * delta * p).log2() / (2.0 * delta * p);
        assert!((loss - (1.0 - third)).abs() < 1e-15);
        assert!((g[0] - factor * delta * p).abs() < 1e-15 && g[1] == -g[0]);
        assert!((h[0] - factor * delta * p * (1.0 - p)).abs() < 1e-15 && h[1] == h[0]);
        assert_eq!(queries.loss(&[0.0, 0.1]), 0.0);
    }

    #[test]
    fn a_query_of_weight_two_is_the_query_twice() {
        let x = Array2::from_shape_fn((120, 2), |(i, j)| ((i + 1) * (j + 3) * 37 % 101) as f64);
        let y: Array1<f64> = x.column(0).mapv(|v| (v / 26.0).floor());
        let groups: Array1<usize> = (0..120).map(|i| i % 12).collect();
        let weights: Array1<f64> = groups.mapv(|g| (g % 3) as f64);
        let rows: Vec<(usize, usize)> =
            (0..120).flat_map(|i| (0..groups[i] % 3).map(move |copy| (i, copy))).collect();
        let pick: Vec<usize> = rows.iter().map(|row| row.0).collect();
        let x2 = x.select(Axis(0), &pick);
        let y2 = y.select(Axis(0), &pick);
        let groups2: Array1<usize> = rows.iter().map(|(i, copy)| groups[*i] + 100 * copy).collect();
        let ranker = HistGradientBoostingRanker::new().max_iter(15).min_samples_leaf(2.0);
        let a = ranker.fit(Samples::from((&x, &y, &weights)).with_groups(&groups)).unwrap();
        let b = ranker.fit(Samples::from((&x2, &y2)).with_groups(&groups2)).unwrap();
        let (a, b) = (a.predict(&x).unwrap(), b.predict(&x).unwrap());
        assert!(a.iter().zip(&b).all(|(a, b)| (a - b).abs() < 1e-9));
    }

    #[test]
    fn what_cannot_be_ranked_is_refused() {
        let (x, y) = (Array2::from_shape_fn((4, 1), |(i, _)| i as f64), array![0.0, 1.0, 2.0, 1.0]);
        let groups = array![0, 0, 1, 1];
        let fit = |samples| {
            HistGradientBoostingRanker::new().fit_samples(samples).map(|_| ()).unwrap_err().to_string()
        };
        assert!(fit(Samples::from((&x, &y))).contains("with_groups"));
        let negative = y.mapv(|y| y - 1.0);
        assert!(fit(Samples::from((&x, &negative)).with_groups(&groups)).contains("grades"));
        let weights = array![1.0, 1.0, 1.0, 2.0];
        assert!(fit(Samples::from((&x, &y, &weights)).with_groups(&groups)).contains("row 3"));
    }

    #[test]
    fn held_out_queries_end_the_rounds() {
        let x = Array2::from_shape_fn((600, 2), |(i, j)| ((i + 1) * (j + 3) * 37 % 101) as f64);
        let y: Array1<f64> = x.column(0).mapv(|v| (v / 26.0).floor());
        let groups: Array1<usize> = (0..600).map(|i| i % 50).collect();
        let samples = Samples::from((&x, &y)).with_groups(&groups);
        let ranker = HistGradientBoostingRanker::new()
            .early_stopping(crate::boosting::EarlyStopping::Always)
            .validation_fraction(0.3)
            .max_iter(300);
        let model = ranker.fit(samples).unwrap();
        let losses = &model.history().validation;
        assert!(model.trees().len() < 300 && losses.len() == model.trees().len() + 1);
        assert!(losses.last() < losses.first() && *losses.last().unwrap() < 0.05);
    }
}
