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

use super::assign::Assignment;
use super::lloyd::inertia;
use super::model::State;
use super::points::{Centres, Points};
use super::{KMeans, KMeansInit, KMeansModel};
use estimand_core::describe::at_least;
use estimand_core::persist::check_len;
use estimand_core::random::{Seed, Stream, below, shuffle};
use estimand_core::records::Dense;
use estimand_core::{
    Describe, Error, Features, Fit, Float, Matrix, PartialFit, Predict, PredictOne, Records, Report, Result,
    Samples, Scratch, Target, Transform, TransformOne,
};
use ndarray::Array1;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::ops::Deref;

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

/// A fitted [`MiniBatchKMeans`]: a [`KMeansModel`] that goes on learning. After [`partial_fit`](PartialFit::partial_fit), labels and
/// inertia are those of the last batch.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(bound(serialize = "F: Float", deserialize = "F: Float"))]
pub struct MiniBatchKMeansModel<F: Float> {
    model: KMeansModel<F>,
    settings: MiniBatchKMeans,
    counts: Vec<f64>,
    batches: u64,
    since: usize,
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
fn with_rows<F: Float, R>(
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

fn pick(weights: &[f64], rows: &[usize]) -> Vec<f64> {
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

impl<F: Float> PartialFit<F, ()> for MiniBatchKMeansModel<F> {
    /// One step with these rows as a batch.
    fn partial_fit_samples(&mut self, batch: Samples<'_, F, ()>) -> Result<()> {
        batch.check()?;
        let points = self.model.points(batch.x)?;
        let (weights, _) = super::weights_of(&batch, 0)?;
        let centers = self.model.centers().iter().map(|c| c.f64()).collect();
        let mut learner = Learner {
            centres: Centres::new(centers, points.origin()),
            counts: self.counts.clone(),
            batches: self.batches,
            since: self.since,
        };
        let done = self.settings.step(&mut learner, &points, &weights);
        let mut state = State::from(self.model.clone());
        if !learner.centres.of::<F>().iter().all(|c| c.is_finite()) {
            return Err(Error::numerical(
                "squared distances leave the range of f64; scale the columns first",
            ));
        }
        state.centers = learner.centres.of();
        state.labels = done.labels.iter().map(|c| *c as usize).collect();
        state.inertia = done.inertia;
        self.model = KMeansModel::new(state);
        (self.counts, self.batches, self.since) = (learner.counts, learner.batches, learner.since);
        Ok(())
    }
}

impl<F: Float> MiniBatchKMeansModel<F> {
    /// N, the weight of the rows that each centre is the mean of, k.
    pub fn counts(&self) -> Array1<f64> {
        self.counts.clone().into()
    }
}

impl<F: Float> Deref for MiniBatchKMeansModel<F> {
    type Target = KMeansModel<F>;
    fn deref(&self) -> &KMeansModel<F> {
        &self.model
    }
}

impl<F: Float> Predict<F> for MiniBatchKMeansModel<F> {
    type Output = Array1<usize>;
    fn predict_records(&self, x: Records<'_, F>) -> Result<Array1<usize>> {
        self.model.predict_records(x)
    }
}

impl<F: Float> PredictOne<F> for MiniBatchKMeansModel<F> {
    type One<'m> = usize;
    fn predict_one(&self, row: &[F], scratch: &mut Scratch<F>) -> Result<usize> {
        self.model.predict_one(row, scratch)
    }
}

/// Distances to the centres, n × k.
impl<F: Float> Transform<F> for MiniBatchKMeansModel<F> {
    type Stored = Dense;
    fn transform_records(&self, x: Records<'_, F>) -> Result<Matrix<F>> {
        self.model.transform_records(x)
    }
    fn feature_names_out(&self) -> Option<Vec<String>> {
        Some((0..self.counts.len()).map(|c| format!("minibatchkmeans{c}")).collect())
    }
}

impl<F: Float> TransformOne<F> for MiniBatchKMeansModel<F> {
    fn transform_one(&self, row: &[F], out: &mut Vec<F>, scratch: &mut Scratch<F>) -> Result<()> {
        self.model.transform_one(row, out, scratch)
    }
}

estimand_core::persist!(MiniBatchKMeansModel<F>, |model| {
    check_len("counts", model.model.centers().nrows(), model.counts.len())?;
    match model.counts.iter().all(|n| n.is_finite() && *n >= 0.0) {
        true => Ok(()),
        false => Err(Error::Persist { what: "counts cannot be used".into() }),
    }
});

#[cfg(test)]
mod tests {
    use super::*;
    use estimand_core::{Csr, Persist};
    use estimand_par as par;
    use ndarray::{Array2, Axis, array, s};
    use rand::Rng;

    fn blobs(n: usize, p: usize, k: usize, seed: u64) -> Array2<f64> {
        let mut stream = Seed(seed).stream(0);
        let places = Array2::from_shape_simple_fn((k, p), || stream.random_range(-10.0..10.0));
        Array2::from_shape_fn((n, p), |(i, j)| places[[i % k, j]] + stream.random_range(-0.5..0.5))
    }

    #[test]
    fn steps_are_their_definition() {
        let x = blobs(120, 3, 4, 1);
        let start = x.slice(s![..4, ..]).to_owned();
        let w = Array1::from_shape_fn(120, |i| 0.5 + (i % 3) as f64);
        // Batches of everything: the first of them by `fit`, the others from outside.
        let fit = MiniBatchKMeans::new(4).init(&start).max_iter(1).reassignment_ratio(0.0);
        let mut model = fit.fit((&x, &[(); 120], &w)).unwrap();
        let (mut centers, mut counts) = (start, [0.0; 4]);
        for round in 0..4 {
            if round > 0 {
                let part = x.slice(s![30 * (round - 1)..30 * round, ..]).to_owned();
                let weights = w.slice(s![30 * (round - 1)..30 * round]).to_owned();
                model.partial_fit(Samples::from(&part).with_weights(weights.view())).unwrap();
            }
            let rows = if round == 0 { 0..120 } else { 30 * (round - 1)..30 * round };
            let distance = |i: usize, c: ndarray::ArrayView1<'_, f64>| (&x.row(i) - &c).mapv(|d| d * d).sum();
            let labels: Vec<usize> = rows
                .clone()
                .map(|i| super::super::points::least(centers.rows().into_iter().map(|c| distance(i, c))))
                .collect();
            for c in 0..4 {
                let own: Vec<usize> =
                    rows.clone().zip(&labels).filter(|(_, l)| **l == c).map(|(i, _)| i).collect();
                let before = counts[c];
                counts[c] += own.iter().map(|i| w[*i]).sum::<f64>();
                let mut sum = &centers.row(c) * before;
                own.iter().for_each(|i| sum.scaled_add(w[*i], &x.row(*i)));
                centers.row_mut(c).assign(&(sum / counts[c]));
            }
            assert!((model.centers() - &centers).iter().all(|d| d.abs() < 1e-12));
            assert!(model.counts().iter().zip(&counts).all(|(a, b)| (a - b).abs() < 1e-10));
            assert!(round == 0 || model.labels().to_vec() == labels);
        }
    }

    #[test]
    fn batches_find_the_groups_and_threads_do_not_matter() {
        let x = blobs(6000, 4, 6, 3);
        for init in [KMeansInit::PlusPlus, KMeansInit::Random] {
            let fit = || MiniBatchKMeans::new(6).init(init.clone()).batch_size(100).seed(2).fit(&x).unwrap();
            let once = par::with_threads(1, fit).unwrap();
            assert_eq!(par::with_threads(3, fit).unwrap(), once);
            assert_eq!(&once.predict(&x).unwrap(), once.labels());
            assert_eq!(MiniBatchKMeansModel::from_bytes(&once.to_bytes().unwrap()).unwrap(), once);
        }
        let model = MiniBatchKMeans::new(6).batch_size(100).fit(&x).unwrap();
        // Uniform within ±½: each row adds a twelfth for each column, and centres are nearly means.
        assert!(model.inertia() < 6000.0 * 4.0 / 12.0 * 1.05, "{}", model.inertia());
        let sparse = MiniBatchKMeans::new(6).batch_size(100).fit(&Csr::from_dense(x.view())).unwrap();
        assert!((sparse.centers() - model.centers()).iter().all(|d| d.abs() < 1e-9));
    }

    #[test]
    fn a_centre_without_rows_is_put_elsewhere() {
        let x = blobs(400, 2, 4, 5);
        let mut start = x.slice(s![..4, ..]).to_owned();
        start.row_mut(3).fill(1e4);
        let fit = MiniBatchKMeans::new(4).init(&start).batch_size(50);
        let kept = fit.clone().reassignment_ratio(0.0).fit(&x).unwrap();
        let moved = fit.fit(&x).unwrap();
        assert_eq!(kept.centers().row(3).to_vec(), [1e4, 1e4]);
        assert!(moved.centers().iter().all(|c| c.abs() < 11.0));
        let counts = moved.labels().iter().fold([0; 4], |mut n, l| {
            n[*l] += 1;
            n
        });
        assert!(counts.iter().all(|n| *n > 0), "{counts:?}");
    }

    #[test]
    fn rows_of_weight_zero_are_not_there_and_bad_input_is_refused() {
        let x = blobs(300, 2, 3, 7);
        let w = Array1::from_shape_fn(300, |i| f64::from(u8::from(i % 4 != 0)));
        let used = x.select(Axis(0), &(0..300).filter(|i| i % 4 != 0).collect::<Vec<_>>());
        let fit = MiniBatchKMeans::new(3).batch_size(40).seed(4);
        let (a, b) = (fit.fit((&x, &[(); 300], &w)).unwrap(), fit.fit(&used).unwrap());
        assert!((a.centers() - b.centers()).iter().all(|d| d.abs() < 1e-12));
        assert!(fit.fit(&array![[1.0, 2.0]]).unwrap_err().to_string().contains("n_clusters"));
        assert!(fit.clone().batch_size(0).fit(&x).unwrap_err().to_string().contains("batch_size"));
        let mut model = a;
        assert!(model.partial_fit(&array![[1.0]]).is_err());
        assert!(model.partial_fit(&array![[1.0, f64::NAN]]).is_err());
    }
}
