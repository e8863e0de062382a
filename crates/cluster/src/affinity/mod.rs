//! Affinity propagation: rows tell one another how well they would do as examples, until some are chosen by all.
//!
//! ```text
//! r_ik ← s_ik − max over l ≠ k of (a_il + s_il)                          how much i would like k as its example        (1)
//! a_ik ← min(0, r_kk + Σ over l ≠ i, k of max(0, r_lk))                  how much speaks for k from what others like   (2)
//! a_kk ← Σ over l ≠ k of max(0, r_lk)
//! ```
//!
//! | symbol | variable | shape |
//! |---|---|---|
//! | s | `similarities`: −‖xᵢ − x_k‖², on the diagonal the preference | n × n |
//! | r, a | `responsible`, `available` | n × n |
//!
//! 1. Similarities, and as much noise as rounding has, so that ties are told apart.
//! 2. (1) and (2), each mixed with what was before by `damping` \[Frey07\], until the rows with r_kk + a_kk > 0 have been the same for
//!    `convergence_iter` rounds.
//! 3. These are the examples. Of each cluster the row that is most like all others of it becomes its example, and rows go to the most
//!    similar example.
//!
//! The number of clusters follows from the preference: the lower, the fewer. Costs O(n²) a round, and three n × n tables.
//!
//! **When not.** Beyond some thousand rows. For a given number of examples take [`KMedoids`](crate::KMedoids), which also says what it minimises.
//! Sample weights are refused, as repeated rows are examples of one another: repeat the rows.
//!
//! **Differs from scikit-learn.** Other draws of the noise. One preference for all rows.
//!
//! **References.** \[Frey07\].

#[cfg(test)]
mod tests;

use crate::NOISE;
use crate::kmeans::points::least;
use estimand_core::describe::{at_least, at_least_below, finite};
use estimand_core::persist::check_len;
use estimand_core::random::Seed;
use estimand_core::{
    Describe, Error, Features, Fit, Float, Predict, PredictOne, Records, Report, Result, Samples, Scratch,
    Target,
};
use estimand_index::{Metric, pairwise};
use estimand_par as par;
use ndarray::{Array1, Array2, ArrayView2, Axis};
use rand::Rng;
use rand_distr::StandardNormal;
use serde::{Deserialize, Serialize};

estimand_core::params! {
    /// Affinity propagation; see [the module](crate::affinity).
    ///
    /// ```
    /// use estimand_cluster::AffinityPropagation;
    /// use estimand_core::{Fit, Predict};
    /// use ndarray::array;
    ///
    /// let x = array![[1.0, 2.0], [1.0, 4.0], [1.0, 0.0], [4.0, 2.0], [4.0, 4.0], [4.0, 0.0]];
    /// let model = AffinityPropagation::new().fit(&x)?;
    /// assert_eq!(model.labels(), array![0, 0, 0, 1, 1, 1]);
    /// assert_eq!(model.examples(), [0, 3]);
    /// assert_eq!(model.predict(&array![[0.0, 0.0], [4.0, 4.0]])?, array![0, 1]);
    /// # Ok::<(), estimand_core::Error>(())
    /// ```
    pub struct AffinityPropagation {
        /// How much of what was before stays.
        damping: f64 = 0.5, at_least_below(0.5, 1.0);
        /// s_kk: how much a row wants to be an example; `None` for the median of all similarities.
        preference: Option<f64> = None, finite();
        /// The records are the similarities s, n × n for fitting.
        precomputed: bool = false;
        /// Largest number of rounds.
        max_iter: usize = 200, at_least(1.0);
        /// Rounds without change that are the end.
        convergence_iter: usize = 15, at_least(1.0);
        /// Seed of the noise.
        seed: u64 = 0;
    }
    accepts: ;
}

const NAME: &str = "AffinityPropagation";

/// Where the rounds ended.
struct Outcome {
    examples: Vec<usize>,
    rounds: usize,
    converged: bool,
}

impl AffinityPropagation {
    /// Rounds of (1) and (2).
    fn run(&self, similarities: &Array2<f64>) -> Outcome {
        let n = similarities.nrows();
        let chunk = par::chunk_len(n, 8 * n);
        let mut responsible = Array2::<f64>::zeros((n, n));
        let mut available = Array2::<f64>::zeros((n, n));
        let (kept, new) = (self.damping, 1.0 - self.damping);
        // Rounds for which each row has been an example, or none.
        let (mut examples, mut since) = (vec![false; n], vec![0; n]);
        for round in 1..=self.max_iter {
            let a = available.as_slice().unwrap_or_default();
            let sums =
                par::map_rows_mut(responsible.as_slice_mut().unwrap_or_default(), n, chunk, |first, rows| {
                    let mut sums = vec![0.0; n];
                    for (i, r) in (first..).zip(rows.chunks_exact_mut(n)) {
                        let (s, a) = (similarities.row(i), &a[i * n..(i + 1) * n]);
                        let (mut best, mut second, mut place) = (f64::NEG_INFINITY, f64::NEG_INFINITY, 0);
                        for (k, (s, a)) in s.iter().zip(a).enumerate() {
                            let both = s + a;
                            if both > best {
                                (second, best, place) = (best, both, k);
                            } else if both > second {
                                second = both;
                            }
                        }
                        for (k, (r, s)) in r.iter_mut().zip(s).enumerate() {
                            let other = if k == place { second } else { best };
                            *r = kept * *r + new * (s - other);
                            sums[k] += if k == i { *r } else { r.max(0.0) };
                        }
                    }
                    sums
                });
            let total = sums.into_iter().reduce(|mut a, b| {
                a.iter_mut().zip(&b).for_each(|(a, b)| *a += b);
                a
            });
            let (total, r) = (total.unwrap_or_default(), responsible.as_slice().unwrap_or_default());
            par::map_rows_mut(available.as_slice_mut().unwrap_or_default(), n, chunk, |first, rows| {
                for (i, a) in (first..).zip(rows.chunks_exact_mut(n)) {
                    for (k, (a, r)) in a.iter_mut().zip(&r[i * n..(i + 1) * n]).enumerate() {
                        let speaks = if k == i { total[k] - r } else { (total[k] - r.max(0.0)).min(0.0) };
                        *a = kept * *a + new * speaks;
                    }
                }
            });
            for k in 0..n {
                let is_one = available[[k, k]] + responsible[[k, k]] > 0.0;
                since[k] = if is_one == examples[k] { since[k] + 1 } else { 1 };
                examples[k] = is_one;
            }
            let converged = round > self.convergence_iter
                && since.iter().all(|rounds| *rounds >= self.convergence_iter)
                && examples.contains(&true);
            if converged || round == self.max_iter {
                let examples = (0..n).filter(|k| examples[*k]).collect();
                return Outcome { examples, rounds: round, converged };
            }
        }
        Outcome { examples: Vec::new(), rounds: 0, converged: false }
    }

    fn similarities<F: Float>(&self, x: Records<'_, F>) -> Result<Array2<f64>> {
        let x = x.dense(NAME)?;
        if !self.precomputed {
            let x = x.mapv(|v| v.f64());
            return Ok(pairwise(&x, &x, &Metric::Euclidean)?.mapv(|d| -d * d));
        }
        match x.is_square() {
            true => Ok(x.mapv(|v| v.f64())),
            false => Err(Error::shape("columns of the similarities", x.nrows(), x.ncols())),
        }
    }
}

/// The median of all values.
fn median(values: &Array2<f64>) -> f64 {
    let mut values: Vec<f64> = values.iter().copied().collect();
    let (count, middle) = (values.len(), values.len() / 2);
    let (below, upper, _) = values.select_nth_unstable_by(middle, f64::total_cmp);
    let lower = below.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    if count % 2 == 0 { 0.5 * (lower + *upper) } else { *upper }
}

/// The most similar of these examples for each row; examples have themselves.
fn most_similar(similarities: &Array2<f64>, examples: &[usize]) -> Vec<usize> {
    let of = |i: usize| least(examples.iter().map(|k| -similarities[[i, *k]]));
    let mut labels: Vec<usize> = (0..similarities.nrows()).map(of).collect();
    examples.iter().enumerate().for_each(|(c, k)| labels[*k] = c);
    labels
}

/// Of each cluster, the row that is most like all of it: the examples, ascending, and the clusters of the rows.
fn refine(similarities: &Array2<f64>, mut examples: Vec<usize>) -> (Vec<usize>, Vec<usize>) {
    let labels = most_similar(similarities, &examples);
    for (c, example) in examples.iter_mut().enumerate() {
        let own: Vec<usize> = (0..labels.len()).filter(|i| labels[*i] == c).collect();
        let place = least(own.iter().map(|k| -own.iter().map(|i| similarities[[*i, *k]]).sum::<f64>()));
        *example = own[place];
    }
    examples.sort_unstable();
    let labels = most_similar(similarities, &examples);
    (examples, labels)
}

impl<F: Float, Y: Target> Fit<F, Y> for AffinityPropagation {
    type Model = AffinityPropagationModel<F>;

    fn fit_samples(&self, samples: Samples<'_, F, Y>) -> Result<AffinityPropagationModel<F>> {
        self.check()?;
        samples.check()?;
        if samples.weights.is_some() {
            return Err(Error::unsupported(NAME, "sample weights; repeat the rows"));
        }
        let x = samples.x.dense(NAME)?;
        samples.x.check_finite()?;
        let mut similarities = self.similarities(samples.x)?;
        let n = similarities.nrows();
        let preference = self.preference.unwrap_or_else(|| median(&similarities));
        let others = similarities.indexed_iter().filter(|((i, k), _)| i != k).map(|(_, s)| *s);
        let alike = others.clone().next().filter(|first| others.clone().all(|s| s == *first));
        let (outcome, labels) = match alike {
            // Nothing tells the rows apart: all are examples, or one is.
            Some(alike) if preference < alike => {
                (Outcome { examples: vec![0], rounds: 0, converged: true }, vec![0; n])
            }
            Some(_) => (Outcome { examples: (0..n).collect(), rounds: 0, converged: true }, (0..n).collect()),
            None if n == 1 => (Outcome { examples: vec![0], rounds: 0, converged: true }, vec![0]),
            None => {
                similarities.diag_mut().fill(preference);
                let mut noisy = similarities.clone();
                for (i, mut row) in noisy.rows_mut().into_iter().enumerate() {
                    let mut stream = Seed(self.seed).stream(i as u64);
                    for s in &mut row {
                        let draw: f64 = stream.sample(StandardNormal);
                        *s += (f64::EPSILON * *s + 100.0 * f64::MIN_POSITIVE) * draw;
                    }
                }
                let mut outcome = self.run(&noisy);
                let (examples, labels) = refine(&noisy, std::mem::take(&mut outcome.examples));
                outcome.examples = examples;
                (outcome, labels)
            }
        };
        let is_none = outcome.examples.is_empty();
        let report = Report::iterative("affinity propagation", outcome.rounds, outcome.converged)
            .note(format!("preference {preference}, {} clusters", outcome.examples.len()))
            .warn_unless_converged(NAME, "raise `max_iter` or `damping`");
        Ok(AffinityPropagationModel {
            centers: x.select(Axis(0), &outcome.examples),
            precomputed: self.precomputed,
            examples: outcome.examples,
            labels: labels.into_iter().map(|c| if is_none { NOISE } else { c as i64 }).collect(),
            features: Features::of(samples.x),
            report,
        })
    }
}

/// A fitted [`AffinityPropagation`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(bound(serialize = "F: Float", deserialize = "F: Float"))]
pub struct AffinityPropagationModel<F: Float> {
    centers: Array2<F>,
    precomputed: bool,
    examples: Vec<usize>,
    labels: Array1<i64>,
    features: Features,
    report: Report,
}

impl<F: Float> AffinityPropagationModel<F> {
    /// The training rows that are examples, ascending; none if no row was one at the last round.
    pub fn examples(&self) -> &[usize] {
        &self.examples
    }

    /// Their values, k × p: where similarities were given, these.
    pub fn centers(&self) -> &Array2<F> {
        &self.centers
    }

    /// The cluster of each training row, n; −1 throughout if there are no examples.
    pub fn labels(&self) -> &Array1<i64> {
        &self.labels
    }

    /// How the fit went: rounds, and whether examples were the same at last.
    pub fn report(&self) -> &Report {
        &self.report
    }

    /// The columns the model was fitted on.
    pub fn features(&self) -> &Features {
        &self.features
    }

    fn nearest(&self, x: ArrayView2<'_, F>) -> Result<Array1<i64>> {
        Records::from(x).check_finite()?;
        if self.examples.is_empty() {
            return Ok(Array1::from_elem(x.nrows(), NOISE));
        }
        let apart = match self.precomputed {
            true => x.select(Axis(1), &self.examples).mapv(|s| -s.f64()),
            false => pairwise(x, &self.centers, &Metric::Euclidean)?.mapv(|d| d.f64()),
        };
        Ok(apart.rows().into_iter().map(|row| least(row.iter().copied()) as i64).collect())
    }
}

/// The nearest example; where similarities were given, that to which a row, its similarities to all training rows, is most similar.
impl<F: Float> Predict<F> for AffinityPropagationModel<F> {
    type Output = Array1<i64>;
    fn predict_records(&self, x: Records<'_, F>) -> Result<Array1<i64>> {
        self.features.check(x)?;
        x.check_shape()?;
        self.nearest(x.dense(NAME)?)
    }
}

impl<F: Float> PredictOne<F> for AffinityPropagationModel<F> {
    type One<'m> = i64;
    fn predict_one(&self, row: &[F], _: &mut Scratch<F>) -> Result<i64> {
        self.features.check_width(row.len())?;
        let row = ArrayView2::from_shape((1, row.len()), row).map_err(|e| Error::numerical(e.to_string()))?;
        Ok(self.nearest(row)?[0])
    }
}

estimand_core::persist!(AffinityPropagationModel<F>, |model| {
    let (k, p) = model.centers.dim();
    model.features.check_loaded()?;
    check_len("columns of the examples", model.features.count(), p)?;
    check_len("examples", k, model.examples.len())?;
    let columns = if model.precomputed { p } else { usize::MAX };
    let is_usable = model.examples.iter().all(|example| *example < columns)
        && model.labels.iter().all(|label| *label >= NOISE && *label < k.max(1) as i64);
    match is_usable {
        true => Ok(()),
        false => Err(Error::Persist { what: "examples or labels that cannot be".into() }),
    }
});
