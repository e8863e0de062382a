//! Bisecting k-means: the worst cluster is divided in two, until there are k \[Steinbach00\].
//!
//! 1. All rows are one cluster.
//! 2. Of the clusters, that with the largest Σ ω ‖x − c‖², or with the most rows, is divided by [`KMeans`] with two centres.
//! 3. Until there are k, or none can be divided: one of equal rows stays whole.
//!
//! A new row goes down the tree of divisions, each time to the nearer of two centres. Costs O(np log k) an iteration where
//! divisions are even; clusters are of more even size than those of [`KMeans`], and their inertia is larger.
//!
//! **Differs from scikit-learn.** Divisions begin with k-means++ unless told otherwise. Fewer different rows than clusters
//! are reported.
//!
//! **References.** \[Steinbach00\].

use super::lloyd::{self, Outcome, Plan, inertia};
use super::minibatch::{pick, with_rows};
use super::model::State;
use super::points::{Centres, Points};
use super::{KMeans, KMeansInit, KMeansModel};
use estimand_core::describe::at_least;
use estimand_core::persist::check_len;
use estimand_core::random::Seed;
use estimand_core::records::Dense;
use estimand_core::{
    Describe, Error, Features, Fit, Float, Matrix, Predict, PredictOne, Records, Report, Result, Samples,
    Scratch, Target, Transform, TransformOne,
};
use ndarray::{Array1, Array2, Axis};
use serde::{Deserialize, Serialize};
use std::ops::Deref;

/// Which cluster [`BisectingKMeans`] divides next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum BisectingStrategy {
    /// The one with the largest Σ ω ‖x − c‖².
    BiggestInertia,
    /// The one with the most weight.
    LargestCluster,
}

estimand_core::params! {
    /// Bisecting k-means clustering; see [the module](crate::kmeans::bisecting).
    ///
    /// ```
    /// use estimand_cluster::BisectingKMeans;
    /// use estimand_core::{Fit, Predict};
    /// use ndarray::array;
    ///
    /// let x = array![[1.0, 1.0], [1.0, 3.0], [10.0, 1.0], [10.0, 1.5], [10.0, 9.0], [10.0, 9.5]];
    /// let model = BisectingKMeans::new(3).seed(1).fit(&x)?;
    /// let labels = model.labels();
    /// assert!(labels[0] == labels[1] && labels[2] == labels[3] && labels[4] == labels[5]);
    /// assert_eq!(model.predict(&array![[12.0, 8.0]])?[0], labels[4]);
    /// # Ok::<(), estimand_core::Error>(())
    /// ```
    pub struct BisectingKMeans(n_clusters: usize) {
        /// Number of clusters k; at most the number of rows.
        n_clusters: usize = 8, at_least(1.0);
        /// Where the two centres of a division begin; they cannot be given.
        init => KMeansInit = KMeansInit::PlusPlus;
        /// Starts of each division, of which the best counts.
        n_init: usize = 1, at_least(1.0);
        /// Largest number of iterations of one start.
        max_iter: usize = 300, at_least(1.0);
        /// As for [`KMeans`]; the variance is that of all rows.
        tol: f64 = 1e-4, at_least(0.0);
        /// Which cluster is divided next.
        bisecting_strategy: BisectingStrategy = BisectingStrategy::BiggestInertia;
        /// Seed of the draws.
        seed: u64 = 0;
    }
    accepts: sparse, weights;
}

/// A fitted [`BisectingKMeans`]: a [`KMeansModel`] with the tree of its divisions, down which new rows go.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Saved<F>", into = "Saved<F>", bound(serialize = "F: Float", deserialize = "F: Float"))]
pub struct BisectingKMeansModel<F: Float> {
    model: KMeansModel<F>,
    tree: Tree,
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(bound(serialize = "F: Float", deserialize = "F: Float"))]
struct Saved<F: Float> {
    model: KMeansModel<F>,
    centers: Array2<F>,
    parts: Vec<[Part; 2]>,
}

/// What a division leads to.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
enum Part {
    /// A cluster.
    Leaf(usize),
    /// A further division.
    Division(usize),
}

/// The divisions; the first is the first of all rows.
#[derive(Clone, Debug, PartialEq)]
struct Tree {
    /// The two centres of each division, one after the other.
    centres: Centres,
    parts: Vec<[Part; 2]>,
}

impl<F: Float> From<BisectingKMeansModel<F>> for Saved<F> {
    fn from(model: BisectingKMeansModel<F>) -> Self {
        Self { centers: model.tree.centres.of(), parts: model.tree.parts, model: model.model }
    }
}
impl<F: Float> TryFrom<Saved<F>> for BisectingKMeansModel<F> {
    type Error = Error;
    fn try_from(saved: Saved<F>) -> Result<Self> {
        let (k, p) = saved.model.centers().dim();
        check_len("divisions", k - 1, saved.parts.len())?;
        check_len("centres of divisions", 2 * (k - 1), saved.centers.nrows())?;
        if k > 1 {
            check_len("columns of the centres", p, saved.centers.ncols())?;
        }
        let (mut leaves, mut divisions) = (vec![false; k], vec![false; k]);
        let is_tree = saved.centers.iter().all(|c| c.is_finite())
            && saved.parts.iter().enumerate().all(|(i, pair)| {
                pair.iter().all(|part| match part {
                    Part::Leaf(c) => *c < k && !std::mem::replace(&mut leaves[*c], true),
                    Part::Division(d) => *d > i && *d < k - 1 && !std::mem::replace(&mut divisions[*d], true),
                })
            });
        match is_tree {
            true => Ok(Self { tree: Tree::new(&saved.centers, p, saved.parts), model: saved.model }),
            false => Err(Error::Persist { what: "a tree of divisions that cannot be".into() }),
        }
    }
}

/// A cluster that may still be divided.
struct Cluster {
    rows: Vec<usize>,
    center: Vec<f64>,
    /// Σ ω ‖x − c‖²
    inertia: f64,
    weight: f64,
    /// The division that it is a part of, and which.
    of: Option<(usize, usize)>,
}

impl Tree {
    fn new<F: Float>(centers: &Array2<F>, p: usize, parts: Vec<[Part; 2]>) -> Self {
        let values = centers.iter().map(|c| c.f64()).collect();
        Self { centres: Centres::new(values, &vec![0.0; p]), parts }
    }

    /// The cluster of one row, given whether it is nearer to the second than to the first centre of a division.
    fn leaf(&self, is_second: impl Fn(usize) -> bool) -> usize {
        let mut at = 0;
        while let Some(parts) = self.parts.get(at) {
            match parts[usize::from(is_second(at))] {
                Part::Leaf(c) => return c,
                Part::Division(d) => at = d,
            }
        }
        0
    }

    /// The cluster of each row: rows that are in the same division are looked at together.
    fn leaves<F: Float>(&self, points: &Points<'_, F>) -> Vec<usize> {
        let mut labels = vec![0; points.count()];
        let mut waiting: Vec<Vec<usize>> = vec![Vec::new(); self.parts.len()];
        if let Some(first) = waiting.first_mut() {
            *first = (0..labels.len()).collect();
        }
        for (d, parts) in self.parts.iter().enumerate() {
            let rows = std::mem::take(&mut waiting[d]);
            let to = |c: usize| points.distances(&rows, &vec![(2 * d + c) as u32; rows.len()], &self.centres);
            for ((row, first), second) in rows.iter().zip(to(0)).zip(to(1)) {
                match parts[usize::from(second < first)] {
                    Part::Leaf(c) => labels[*row] = c,
                    Part::Division(d) => waiting[d].push(*row),
                }
            }
        }
        labels
    }
}

impl BisectingKMeans {
    /// The two parts of these rows: the outcome of the best start.
    fn divide<F: Float>(
        &self,
        points: &Points<'_, F>,
        weights: &[f64],
        plan: Plan,
        seed: Seed,
    ) -> Result<Outcome> {
        let two = KMeans::new(2).init(self.init.clone()).seed(seed.0);
        let mut best: Option<Outcome> = None;
        for start in 0..self.n_init {
            let outcome = lloyd::run(points, weights, two.begin(points, weights, start)?, plan);
            if best.as_ref().is_none_or(|best| outcome.inertia < best.inertia) {
                best = Some(outcome);
            }
        }
        best.ok_or_else(|| Error::parameter("n_init", 0, "at least 1"))
    }

    /// Clusters, divisions with their centres, iterations, and whether all starts that count converged.
    #[allow(clippy::type_complexity, reason = "the parts of a model")]
    fn grow<F: Float>(
        &self,
        x: Records<'_, F>,
        points: &Points<'_, F>,
        weights: &[f64],
        (used, spread): (Vec<usize>, f64),
    ) -> Result<(Vec<Cluster>, Vec<[Part; 2]>, Vec<f64>, usize, bool)> {
        let plan = Plan { max_iter: self.max_iter, tol: self.tol * spread, bounds: true };
        let center = points.mean(&used, weights);
        let whole = Centres::new(center.clone(), points.origin());
        let all = points.distances(&used, &vec![0; used.len()], &whole);
        let spread_out = all.iter().zip(&used).map(|(d, i)| d * weights[*i]).sum();
        let weight = used.iter().map(|i| weights[*i]).sum();
        let mut clusters = vec![Cluster { rows: used, center, inertia: spread_out, weight, of: None }];
        let (mut parts, mut centers) = (Vec::new(), Vec::new());
        let (mut iterations, mut converged) = (0, true);
        while clusters.len() < self.n_clusters {
            let score = |c: &Cluster| match self.bisecting_strategy {
                BisectingStrategy::BiggestInertia => c.inertia,
                BisectingStrategy::LargestCluster => c.weight,
            };
            let may =
                (0..clusters.len()).filter(|c| clusters[*c].inertia > 0.0 && clusters[*c].rows.len() > 1);
            let Some(c) = may.reduce(|a, b| if score(&clusters[b]) > score(&clusters[a]) { b } else { a })
            else {
                break;
            };
            let division = parts.len();
            let of = std::mem::take(&mut clusters[c].rows);
            let seed = Seed(self.seed).child(division as u64);
            let halves = with_rows(points, x, &of, |points, rows| -> Result<Option<[Cluster; 2]>> {
                let weights = pick(weights, rows);
                let outcome = self.divide(points, &weights, plan, seed)?;
                iterations += outcome.iterations;
                converged &= outcome.converged;
                let half = |which: u32| {
                    let (mut own, mut squares, mut total) = (Vec::new(), 0.0, 0.0);
                    let places: Vec<usize> =
                        (0..rows.len()).filter(|i| outcome.labels[*i] == which).collect();
                    let distances = points.distances(&places, &vec![which; places.len()], &outcome.centres);
                    for (i, d) in places.into_iter().zip(distances) {
                        own.push(rows[i]);
                        squares += weights[i] * d;
                        total += weights[i];
                    }
                    Cluster {
                        rows: own,
                        center: outcome.centres.value(which as usize).to_vec(),
                        inertia: squares,
                        weight: total,
                        of: Some((division, which as usize)),
                    }
                };
                let halves = [half(0), half(1)];
                Ok(halves.iter().all(|half| !half.rows.is_empty()).then_some(halves))
            })?;
            let Some([first, second]) = halves else {
                // Rows that rounding alone tells apart.
                (clusters[c].rows, clusters[c].inertia) = (of, 0.0);
                continue;
            };
            if let Some((above, which)) = clusters[c].of {
                let above: &mut [Part; 2] = &mut parts[above];
                above[which] = Part::Division(division);
            }
            parts.push([Part::Leaf(0); 2]);
            centers.extend(first.center.iter().chain(&second.center));
            clusters[c] = first;
            clusters.insert(c + 1, second);
        }
        for (c, cluster) in clusters.iter().enumerate() {
            if let Some((division, which)) = cluster.of {
                parts[division][which] = Part::Leaf(c);
            }
        }
        Ok((clusters, parts, centers, iterations, converged))
    }
}

impl<F: Float, Y: Target> Fit<F, Y> for BisectingKMeans {
    type Model = BisectingKMeansModel<F>;

    fn fit_samples(&self, samples: Samples<'_, F, Y>) -> Result<BisectingKMeansModel<F>> {
        self.check()?;
        samples.check()?;
        if matches!(self.init, KMeansInit::Given(_)) {
            return Err(Error::unsupported("BisectingKMeans", "given centers"));
        }
        let (points, spread) = Points::new(samples.x, samples.weights)?;
        let (weights, used) = super::weights_of(&samples, self.n_clusters)?;
        let (clusters, parts, centers, iterations, converged) =
            self.grow(samples.x, &points, &weights, (used, spread))?;
        let (k, p) = (clusters.len(), points.origin().len());
        let kept =
            Centres::new(clusters.iter().flat_map(|c| c.center.clone()).collect(), points.origin()).of::<F>();
        let centers =
            Array2::from_shape_vec((centers.len() / p, p), centers.into_iter().map(F::of).collect());
        let tree = Tree::new(&centers.map_err(|e| Error::numerical(e.to_string()))?, p, parts);
        let labels = tree.leaves(&points);
        let own: Vec<u32> = labels.iter().map(|c| *c as u32).collect();
        let stored = Centres::new(kept.iter().map(|c| c.f64()).collect(), points.origin());
        let inertia = inertia(&points, &weights, &own, &stored);
        let mut report = Report::iterative("bisection", iterations, converged).objective(inertia);
        if k < self.n_clusters {
            report = report.note(format!("only {k} clusters: there are fewer different rows than clusters"));
        }
        let state = State {
            centers: kept,
            origin: points.origin().to_vec(),
            labels: labels.into(),
            inertia,
            features: Features::of(samples.x),
            report: report.warn_unless_converged("BisectingKMeans", "raise `max_iter` or `tol`"),
        };
        Ok(BisectingKMeansModel { model: KMeansModel::new(state), tree })
    }
}

impl<F: Float> Deref for BisectingKMeansModel<F> {
    type Target = KMeansModel<F>;
    fn deref(&self) -> &KMeansModel<F> {
        &self.model
    }
}

/// The cluster at the end of the divisions, which need not have the nearest centre of all.
impl<F: Float> Predict<F> for BisectingKMeansModel<F> {
    type Output = Array1<usize>;
    fn predict_records(&self, x: Records<'_, F>) -> Result<Array1<usize>> {
        Ok(self.tree.leaves(&self.model.points(x)?).into())
    }
}

impl<F: Float> PredictOne<F> for BisectingKMeansModel<F> {
    type One<'m> = usize;
    fn predict_one(&self, row: &[F], _: &mut Scratch<F>) -> Result<usize> {
        self.model.check_one(row)?;
        let to = |c: usize| self.tree.centres.distance(row, c);
        Ok(self.tree.leaf(|d| to(2 * d + 1) < to(2 * d)))
    }
}

/// Distances to the centres, n × k.
impl<F: Float> Transform<F> for BisectingKMeansModel<F> {
    type Stored = Dense;
    fn transform_records(&self, x: Records<'_, F>) -> Result<Matrix<F>> {
        self.model.transform_records(x)
    }
    fn feature_names_out(&self) -> Option<Vec<String>> {
        Some((0..self.model.centers().len_of(Axis(0))).map(|c| format!("bisectingkmeans{c}")).collect())
    }
}

impl<F: Float> TransformOne<F> for BisectingKMeansModel<F> {
    fn transform_one(&self, row: &[F], out: &mut Vec<F>, scratch: &mut Scratch<F>) -> Result<()> {
        self.model.transform_one(row, out, scratch)
    }
}

estimand_core::persist!(BisectingKMeansModel<F>);

#[cfg(test)]
mod tests {
    use super::*;
    use estimand_core::{Csr, Persist};
    use ndarray::array;

    #[test]
    fn the_worst_cluster_is_divided_first() {
        // 0 1 | 10 11 | 30 36: first {0 … 11} from {30, 36}; then by inertia {0 1} from {10 11} (100.5 · …), then 30 from 36.
        let x = array![[0.0], [1.0], [10.0], [11.0], [30.0], [36.0]];
        let fit = |k: usize| BisectingKMeans::new(k).n_init(5).seed(3).fit(&x).unwrap();
        assert_eq!(fit(1).centers()[[0, 0]], 88.0 / 6.0);
        let same = |labels: &Array1<usize>, groups: [usize; 6]| {
            (0..6).all(|i| (0..6).all(|j| (labels[i] == labels[j]) == (groups[i] == groups[j])))
        };
        assert!(same(fit(2).labels(), [0, 0, 0, 0, 1, 1]));
        assert!(same(fit(3).labels(), [0, 0, 1, 1, 2, 2]));
        let four = fit(4);
        assert!(same(four.labels(), [0, 0, 1, 1, 2, 3]));
        assert!((four.inertia() - 1.0).abs() < 1e-12);
        let most = BisectingKMeans::new(4).bisecting_strategy(BisectingStrategy::LargestCluster).n_init(5);
        let weighted = most.fit((&x, &[(); 6], &array![1.0, 1.0, 5.0, 5.0, 1.0, 1.0])).unwrap();
        assert!(same(weighted.labels(), [0, 0, 1, 2, 3, 3]));
    }

    #[test]
    fn new_rows_go_down_the_tree() {
        let x =
            Array2::from_shape_fn((400, 3), |(i, j)| ((i * 37 + j * 11) % 101) as f64 + (i % 4 * 150) as f64);
        let model = BisectingKMeans::new(9).tol(0.0).fit(&x).unwrap();
        assert_eq!(&model.predict(&x).unwrap(), model.labels());
        let mut scratch = Scratch::new();
        for (row, label) in x.rows().into_iter().zip(model.labels()) {
            assert_eq!(model.predict_one(&row.to_vec(), &mut scratch).unwrap(), *label);
        }
        for (c, center) in model.centers().rows().into_iter().enumerate() {
            let own: Vec<usize> = (0..400).filter(|i| model.labels()[*i] == c).collect();
            let mean = x.select(Axis(0), &own).mean_axis(Axis(0)).unwrap();
            assert!((&mean - &center).iter().all(|d| d.abs() < 1e-9));
        }
        assert_eq!(BisectingKMeansModel::from_bytes(&model.to_bytes().unwrap()).unwrap(), model);
        let thin = BisectingKMeans::new(9).tol(0.0).fit(&Csr::from_dense(x.view())).unwrap();
        assert_eq!(thin.labels(), model.labels());
    }

    #[test]
    fn equal_rows_stay_together_and_bad_input_is_refused() {
        let x = array![[1.0], [1.0], [5.0], [5.0]];
        let model = BisectingKMeans::new(3).fit(&x).unwrap();
        assert_eq!((model.centers().nrows(), model.inertia()), (2, 0.0));
        assert!(model.report().notes[0].contains("only 2 clusters"));
        assert!(BisectingKMeans::new(5).fit(&x).unwrap_err().to_string().contains("n_clusters"));
        assert!(BisectingKMeans::new(2).init(&array![[1.0], [2.0]]).fit(&x).is_err());
    }
}
