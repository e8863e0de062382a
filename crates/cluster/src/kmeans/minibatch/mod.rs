//! k-means from small batches of rows, each of which moves the centres a little \[Sculley10\].
//!
//! ```text
//! c ← c + Σ ω (x − c) / N_c        over the rows of a batch that are nearest to c;  N_c ← N_c + Σ ω first              (2)
//! ```
//!
//! 1. Begin with the best of `n_init` starts on `init_size` rows, by the inertia on as many others.
//! 2. Batches: the rows in random order, `batch_size` at a time; every row once in each epoch, and another order then.
//! 3. Now and then, centres with less than `reassignment_ratio` of the largest N_c are put on random rows of the batch.
//! 4. Stop when `max_no_improvement` batches in a row have not lowered the smoothed inertia of batches, when the squared moves of
//!    a batch sum to at most `tol` × the mean variance of the columns, or after `max_iter` epochs.
//! 5. Every row to its nearest centre.
//!
//! Costs O(nkp) an epoch, of which few are needed; a slightly larger inertia than [`KMeans`].
//!
//! **Differs from scikit-learn.** Rows of an epoch are drawn without replacement; batches that hold all rows are the same as no
//! batches. Rows of weight 0 are never drawn.
//!
//! **References.** \[Sculley10\].

mod model;
#[cfg(test)]
mod tests;

pub use model::MiniBatchKMeansModel;

use super::assign::Assignment;
use super::lloyd::inertia;
use super::model::State;
use super::points::{Centres, Points};
use super::{KMeans, KMeansInit, KMeansModel};
use estimand_core::describe::at_least;
use estimand_core::random::{Seed, Stream, below, shuffle};
use estimand_core::{Describe, Error, Features, Fit, Float, Records, Report, Result, Samples, Target};
use std::borrow::Cow;

estimand_core::params! {
    /// k-means clustering in batches; see [the module](crate::kmeans::minibatch).
    ///
    /// ```
    /// use estimand_cluster::MiniBatchKMeans;
    /// use estimand_core::{Fit, PartialFit, Predict};
    /// use ndarray::array;
    ///
    /// let x = array![[1.0, 2.0], [1.5, 1.8], [8.0, 8.0], [9.0, 11.0]];
    /// let mut model = MiniBatchKMeans::new(2).seed(1).fit(&x)?;
    /// assert_ne!(model.labels()[0], model.labels()[3]);
    /// model.partial_fit(&array![[9.0, 9.0], [8.5, 10.0]])?;
    /// assert_eq!(model.predict(&array![[0.0, 0.0], [9.0, 9.0]])?.to_vec(), model.predict(&array![[1.0, 1.0], [8.0, 9.0]])?.to_vec());
    /// # Ok::<(), estimand_core::Error>(())
    /// ```
    pub struct MiniBatchKMeans(n_clusters: usize) {
        /// Number of clusters k; at most the number of rows.
        n_clusters: usize = 8, at_least(1.0);
        /// Where the centres begin.
        init => KMeansInit = KMeansInit::PlusPlus;
        /// Starts, of which the best counts; `None` means 1, but 3 for [`KMeansInit::Random`].
        n_init: Option<usize> = None, at_least(1.0);
        /// Rows that starts are made and judged from; `None` means three batches, or 3 k rows if that is more.
        init_size: Option<usize> = None, at_least(1.0);
        /// Rows of a batch.
        batch_size: usize = 1024, at_least(1.0);
        /// Largest number of epochs.
        max_iter: usize = 100, at_least(1.0);
        /// Stop when Σ ‖move of a centre‖² of a batch is at most this share of the mean variance of the columns; 0 for never.
        tol: f64 = 0.0, at_least(0.0);
        /// Stop after so many batches without improvement; `None` for never.
        max_no_improvement: Option<usize> = Some(10), at_least(1.0);
        /// Centres with less than this share of the largest N_c are put elsewhere; 0 for never.
        reassignment_ratio: f64 = 0.01, at_least(0.0);
        /// Seed of the draws.
        seed: u64 = 0;
    }
    accepts: sparse, weights;
}

/// Centres on their way.
struct Learner {
    centres: Centres,
    /// N
    counts: Vec<f64>,
    batches: u64,
    /// Rows since centres were last put elsewhere.
    since: usize,
}

/// What one batch did.
struct Step {
    labels: Vec<u32>,
    /// Σ ω ‖x − c‖² before the step.
    inertia: f64,
    /// Σ ‖move of a centre‖²
    moved: f64,
}

impl MiniBatchKMeans {
    /// (2) with these rows.
    fn step<F: Float>(&self, learner: &mut Learner, points: &Points<'_, F>, weights: &[f64]) -> Step {
        let (k, p) = (learner.centres.count(), learner.centres.width());
        let mut assignment = Assignment::new(points.count(), k, false);
        assignment.update(points, &learner.centres);
        let labels = assignment.labels;
        let inertia = inertia(points, weights, &labels, &learner.centres);
        let (mut sums, mut totals) = (vec![0.0; k * p], vec![0.0; k]);
        for (i, (label, weight)) in labels.iter().zip(weights).enumerate() {
            let c = *label as usize;
            totals[c] += weight;
            points.add(i, *weight, &mut sums[c * p..(c + 1) * p]);
        }
        let mut values = Vec::with_capacity(k * p);
        for c in 0..k {
            learner.counts[c] += totals[c];
            let share = if totals[c] > 0.0 { 1.0 / learner.counts[c] } else { 0.0 };
            let about = learner.centres.about(c).iter().zip(learner.centres.value(c));
            let steps = sums[c * p..(c + 1) * p].iter().zip(about);
            values.extend(steps.map(|(sum, (about, value))| value + share * (sum - totals[c] * about)));
        }
        learner.batches += 1;
        learner.since += labels.len();
        if learner.counts.contains(&0.0) || learner.since >= 10 * k {
            learner.since = 0;
            let mut stream = Seed(self.seed).child(1).stream(learner.batches);
            self.reassign(&mut learner.counts, &mut values, points, weights, &mut stream);
        }
        let next = Centres::new(values, points.origin());
        let moved = next.moved(&learner.centres).iter().map(|way| way * way).sum();
        learner.centres = next;
        Step { labels, inertia, moved }
    }

    /// Puts centres with few rows on rows of the batch.
    fn reassign<F: Float>(
        &self,
        counts: &mut [f64],
        values: &mut [f64],
        points: &Points<'_, F>,
        weights: &[f64],
        stream: &mut Stream,
    ) {
        let largest = counts.iter().fold(0.0_f64, |m, n| m.max(*n));
        let mut few: Vec<usize> =
            (0..counts.len()).filter(|c| counts[*c] < self.reassignment_ratio * largest).collect();
        let mut rows: Vec<usize> = (0..points.count()).filter(|i| weights[*i] > 0.0).collect();
        // Not more than half of the batch: the centres with fewest rows.
        few.sort_by(|a, b| counts[*a].total_cmp(&counts[*b]));
        few.truncate(rows.len() / 2);
        let kept = (0..counts.len()).filter(|c| !few.contains(c)).map(|c| counts[c]);
        let least = kept.fold(f64::INFINITY, f64::min);
        for (place, c) in few.into_iter().enumerate() {
            let other = place + below(rows.len() - place, stream);
            rows.swap(place, other);
            let p = points.origin().len();
            values[c * p..(c + 1) * p].copy_from_slice(&points.given(rows[place]));
            counts[c] = least;
        }
    }

    /// The best of the starts.
    fn start<F: Float>(
        &self,
        x: Records<'_, F>,
        points: &Points<'_, F>,
        weights: &[f64],
        used: &[usize],
    ) -> Result<Learner> {
        let k = self.n_clusters;
        let usual = if 3 * self.batch_size < k { 3 * k } else { 3 * self.batch_size };
        let size = self.init_size.unwrap_or(usual).max(k).min(used.len());
        let starts = match (&self.init, self.n_init) {
            (KMeansInit::Given(_), _) => 1,
            (_, Some(n)) => n,
            (KMeansInit::Random, None) => 3,
            (KMeansInit::PlusPlus, None) => 1,
        };
        let settings = KMeans::new(k).init(self.init.clone()).seed(self.seed);
        let mut best: Option<(f64, Centres)> = None;
        for start in 0..starts {
            let some =
                |role: u64| sample(used, size, &mut Seed(self.seed).child(2 + role).stream(start as u64));
            let begun = with_rows(points, x, &some(0), |points, rows| {
                settings.begin(points, &pick(weights, rows), start)
            })?;
            let left = match starts {
                1 => 0.0,
                _ => with_rows(points, x, &some(1), |points, rows| {
                    let mut assignment = Assignment::new(rows.len(), k, false);
                    assignment.update(points, &begun);
                    inertia(points, &pick(weights, rows), &assignment.labels, &begun)
                }),
            };
            if best.as_ref().is_none_or(|(least, _)| left < *least) {
                best = Some((left, begun));
            }
        }
        let (_, centres) = best.ok_or_else(|| Error::parameter("n_init", 0, "at least 1"))?;
        Ok(Learner { centres, counts: vec![0.0; k], batches: 0, since: 0 })
    }

    /// Epochs until one of the stopping rules holds; epochs begun, and whether one did.
    fn run<F: Float>(
        &self,
        learner: &mut Learner,
        x: Records<'_, F>,
        (points, spread): (&Points<'_, F>, f64),
        weights: &[f64],
        mut order: Vec<usize>,
    ) -> (usize, bool) {
        let n = order.len();
        let size = self.batch_size.min(n);
        let per_epoch = n / size;
        let mut stream = Seed(self.seed).child(0).stream(0);
        // Of the later batches, a moving average, its least value, and batches since that.
        let smoothing = (2.0 * size as f64 / (n as f64 + 1.0)).min(1.0);
        let (mut average, mut least, mut waited) = (None, f64::INFINITY, 0);
        for step in 0..self.max_iter * per_epoch {
            if step % per_epoch == 0 && size < n {
                shuffle(&mut order, &mut stream);
            }
            let rows = &order[step % per_epoch * size..][..size];
            let done = with_rows(points, x, rows, |points, rows| {
                let weights = pick(weights, rows);
                let done = self.step(learner, points, &weights);
                Step { inertia: done.inertia / weights.iter().sum::<f64>(), ..done }
            });
            // The first batch tells of the start, not of the steps.
            if step == 0 {
                continue;
            }
            let now = average.map_or(done.inertia, |a: f64| a * (1.0 - smoothing) + done.inertia * smoothing);
            average = Some(now);
            (least, waited) = if now < least { (now, 0) } else { (least, waited + 1) };
            let is_still = self.tol > 0.0 && done.moved <= self.tol * spread;
            if is_still || self.max_no_improvement.is_some_and(|most| waited >= most) {
                return (step / per_epoch + 1, true);
            }
        }
        (self.max_iter, false)
    }
}

/// Calls `f` on points that are these rows alone.
pub(super) fn with_rows<F: Float, R>(
    points: &Points<'_, F>,
    x: Records<'_, F>,
    rows: &[usize],
    f: impl FnOnce(&Points<'_, F>, &[usize]) -> R,
) -> R {
    match points {
        Points::Dense { rows: values, origin } => {
            let mut some = Vec::with_capacity(rows.len() * origin.len());
            rows.iter().for_each(|i| some.extend_from_slice(Points::row(values, origin, *i)));
            f(&Points::Dense { rows: Cow::Owned(some), origin: origin.clone() }, rows)
        }
        Points::Sparse { origin, .. } => {
            let some = x.select(rows);
            f(&Points::about(some.records(), origin.clone()), rows)
        }
    }
}

pub(super) fn pick(weights: &[f64], rows: &[usize]) -> Vec<f64> {
    rows.iter().map(|i| weights[*i]).collect()
}

/// So many of these rows, all different, in their order; all of them without any draw.
fn sample(rows: &[usize], size: usize, stream: &mut Stream) -> Vec<usize> {
    let mut some = rows.to_vec();
    if size < rows.len() {
        for place in 0..size {
            let other = place + below(rows.len() - place, stream);
            some.swap(place, other);
        }
        some.truncate(size);
        some.sort_unstable();
    }
    some
}

impl<F: Float, Y: Target> Fit<F, Y> for MiniBatchKMeans {
    type Model = MiniBatchKMeansModel<F>;

    fn fit_samples(&self, samples: Samples<'_, F, Y>) -> Result<MiniBatchKMeansModel<F>> {
        self.check()?;
        samples.check()?;
        let (points, spread) = Points::new(samples.x, samples.weights)?;
        let (weights, used) = super::weights_of(&samples, self.n_clusters)?;
        let mut learner = self.start(samples.x, &points, &weights, &used)?;
        let (epochs, converged) = self.run(&mut learner, samples.x, (&points, spread), &weights, used);
        let kept = learner.centres.of::<F>();
        let kept = Centres::new(kept.iter().map(|c| c.f64()).collect(), points.origin());
        let mut assignment = Assignment::new(points.count(), self.n_clusters, false);
        assignment.update(&points, &kept);
        let inertia = inertia(&points, &weights, &assignment.labels, &kept);
        let report = Report::iterative("batches", epochs, converged)
            .objective(inertia)
            .note(format!("{} batches", learner.batches));
        let state = State {
            centers: kept.of(),
            origin: points.origin().to_vec(),
            labels: assignment.labels.iter().map(|c| *c as usize).collect(),
            inertia,
            features: Features::of(samples.x),
            report,
        };
        Ok(MiniBatchKMeansModel {
            model: KMeansModel::new(state),
            settings: self.clone(),
            counts: learner.counts,
            batches: learner.batches,
            since: learner.since,
        })
    }
}
