//! Isolation forest: rows that are quickly set apart are outliers.
//!
//! ```text
//! s(x) = 2^(− E h(x) / c(ψ))                                                                             (1)
//! h(x) = depth of the leaf of x + c(rows of that leaf)
//! c(m) = 2 H(m − 1) − 2 (m − 1) / m,      H(i) = Σ_{j ≤ i} 1/j                                           (2)
//! ```
//!
//! | symbol | meaning |
//! |---|---|
//! | ψ | rows of each tree, `max_samples` |
//! | E | the mean over trees |
//! | c(m) | the mean depth in a tree of m rows grown out: that of an unsuccessful search |
//!
//! 1. For each tree draw ψ rows, without replacement.
//! 2. Split them by a column drawn at random, at a threshold drawn between its smallest and largest value, down to depth
//!    log₂ ψ ([`isolate`]).
//! 3. Score by (1): near 1 for outliers, below ½ for ordinary rows.
//! 4. The threshold of the decision is ½, or such that a given share of the training rows are outliers.
//!
//! Costs O(T ψ log ψ) to fit, whatever the number of rows, and a look at all values for infinities; O(T log ψ) a row to
//! score. Missing values are sent to a side that is drawn.
//!
//! **Weights** are numbers of repetitions: whole numbers, out of which rows are drawn as if they stood there so often.
//!
//! **Differs from scikit-learn.** H is summed and not approximated by ln i + 0.5772, which matters for leaves of few rows;
//! other weights than whole numbers are refused, where scikit-learn draws by them.
//!
//! **References.** \[LiuTingZhou08\].

#[cfg(test)]
mod tests;

use estimand_core::describe::{above_to, at_least};
use estimand_core::random::{below, sample};
use estimand_core::{
    Describe, Error, Features, Fit, Float, Predict, PredictOne, Records, Report, Result, Samples, Scratch,
    Seed, order,
};
use estimand_grow::exact::{Columns, isolate};
use estimand_grow::settings::{MaxFeatures, Rows};
use estimand_grow::{Tree, walk};
use estimand_par as par;
use ndarray::Array1;
use serde::{Deserialize, Serialize};
use std::marker::PhantomData;

estimand_core::params! {
    /// Finds outliers by how quickly random splits set them apart; see [the module](crate::isolation).
    ///
    /// ```
    /// use estimand_core::{Fit, Predict};
    /// use estimand_ensemble::IsolationForest;
    /// use ndarray::Array2;
    ///
    /// let mut x = Array2::from_shape_fn((200, 2), |(i, j)| (((i * (7 + 4 * j)) % 31) as f64).sin());
    /// x.row_mut(17).fill(9.0);
    /// let model = IsolationForest::new().contamination(Some(0.005)).fit(&x)?;
    /// let outliers = model.predict(&x)?.iter().enumerate().filter(|(_, v)| **v < 0).map(|(i, _)| i).collect::<Vec<_>>();
    /// assert_eq!(outliers, [17]);
    /// # Ok::<(), estimand_core::Error>(())
    /// ```
    pub struct IsolationForest {
        /// Number of trees.
        n_trees: usize = 100, at_least(1.0);
        /// Rows of each tree, at most all: a number, or a share.
        max_samples => Rows = 256;
        /// The share of outliers in the training rows; without one, rows that score above ½ are outliers.
        contamination: Option<f64> = None, above_to(0.0, 0.5);
        /// Columns of each tree, drawn without replacement.
        max_features => MaxFeatures = MaxFeatures::All;
        /// Whether rows are drawn with replacement.
        bootstrap: bool = false;
        /// Of rows, columns and thresholds drawn; each tree has a stream of its own.
        seed: u64 = 0;
    }
    accepts: sparse, weights, missing;
}

/// A fitted [`IsolationForest`].
///
/// It predicts 1 for ordinary rows and −1 for outliers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(bound(serialize = "F: Float", deserialize = "F: Float"))]
pub struct IsolationForestModel<F> {
    /// Values of leaves are h.
    trees: Vec<Tree>,
    max_samples: usize,
    offset: f64,
    features: Features,
    scalar: PhantomData<F>,
}

/// Depths are multiples of 1 / `UNIT`, so that their sums over trees are exact: rows that are as ordinary as can be score ½
/// and not a rounding more.
const UNIT: f64 = (1_u64 << 36) as f64;

/// (2)
fn mean_depth(rows: usize) -> f64 {
    match rows {
        0 | 1 => 0.0,
        _ => {
            let m = rows as f64;
            ((2.0 * harmonic(rows - 1) - 2.0 * (m - 1.0) / m) * UNIT).round() / UNIT
        }
    }
}

fn harmonic(i: usize) -> f64 {
    if i < 256 {
        return (1..=i).rev().map(|j| 1.0 / j as f64).sum();
    }
    // Euler–Maclaurin, to the last bit from here on.
    const EULER: f64 = 0.577_215_664_901_532_9;
    let i = i as f64;
    i.ln() + EULER + 1.0 / (2.0 * i) - 1.0 / (12.0 * i * i) + 1.0 / (120.0 * i.powi(4))
}

/// Most rows of one tree, where weights make more of them than there are: each takes memory as if it stood there.
pub(crate) const MOST_REPETITIONS: usize = 1 << 24;

/// Rows that trees draw from: each as often as it weighs.
enum Pool {
    Rows(usize),
    Repetitions(Vec<usize>),
}
impl Pool {
    fn new<F: Float>(samples: Samples<'_, F, ()>) -> Result<Self> {
        let Some(weights) = samples.weights else { return Ok(Self::Rows(samples.nrows())) };
        let mut sum = 0.0;
        let sums = weights.iter().map(|w| {
            sum += w.f64();
            (w.f64().fract() == 0.0 && sum < 9e15).then_some(sum as usize)
        });
        sums.collect::<Option<_>>().map(Self::Repetitions).ok_or_else(|| {
            let what = "sample weights that are not whole numbers; they are repetitions to draw from";
            Error::unsupported("IsolationForest", what)
        })
    }

    fn len(&self) -> usize {
        match self {
            Self::Rows(n) => *n,
            Self::Repetitions(sums) => sums.last().copied().unwrap_or(0),
        }
    }

    fn row(&self, draw: usize) -> usize {
        match self {
            Self::Rows(_) => draw,
            Self::Repetitions(sums) => sums.partition_point(|sum| *sum <= draw),
        }
    }
}

impl IsolationForest {
    fn tree<F: Float>(&self, x: Records<'_, F>, pool: &Pool, size: usize, seed: Seed) -> Result<Tree> {
        let mut stream = seed.stream(0);
        let draws = match self.bootstrap {
            true => (0..size).map(|_| below(pool.len(), &mut stream)).collect(),
            false => sample(pool.len(), size, &mut stream),
        };
        let rows: Vec<usize> = draws.into_iter().map(|draw| pool.row(draw)).collect();
        let drawn = x.select(&rows);
        let depth = size.max(2).next_power_of_two().ilog2() as usize;
        let (p, all) = (x.ncols(), (0..size as u32).collect());
        let wanted = self.max_features.of(p);
        let mut tree = match wanted < p {
            false => isolate(&Columns::raw(drawn.records(), &[])?, all, depth, 1, seed.child(0)),
            true => {
                let columns = sample(p, wanted, &mut stream);
                let part = drawn.into_dense().select(ndarray::Axis(1), &columns);
                isolate(&Columns::raw((&part).into(), &[])?, all, depth, 1, seed.child(0))
                    .with_columns(|j| columns[j])
            }
        };
        let mut depths = vec![0; tree.n_nodes()];
        for node in 0..tree.n_nodes() {
            tree.children(node).into_iter().flatten().for_each(|child| depths[child] = depths[node] + 1);
            let rows = tree.stat(node).rows as usize;
            tree.value_mut(node)[0] = f64::from(depths[node]) + mean_depth(rows);
        }
        Ok(tree)
    }
}

impl<F: Float> Fit<F, ()> for IsolationForest {
    type Model = IsolationForestModel<F>;

    fn fit_samples(&self, samples: Samples<'_, F, ()>) -> Result<Self::Model> {
        self.check()?;
        self.max_features.check()?;
        samples.check()?;
        let x = samples.x;
        x.check_finite_or_missing()?;
        let pool = Pool::new(samples)?;
        let size = match self.max_samples {
            Rows::Count(count) if count > 0 => count,
            Rows::Share(share) if share > 0.0 && share <= 1.0 => {
                ((share * pool.len() as f64) as usize).max(1)
            }
            other => {
                let allowed = "a number of rows, at least 1, or a share in (0, 1]";
                return Err(Error::parameter("max_samples", format!("{other:?}"), allowed));
            }
        };
        let size = size.min(pool.len());
        if size > x.nrows().max(MOST_REPETITIONS) {
            let allowed = format!("at most {MOST_REPETITIONS} of the rows that weights stand for");
            return Err(Error::parameter("max_samples", size, allowed));
        }
        let trees =
            par::try_map(self.n_trees, |t| self.tree(x, &pool, size, Seed(self.seed).child(t as u64)))?;
        let features = Features::of(x);
        let mut model =
            IsolationForestModel { trees, max_samples: size, offset: -0.5, features, scalar: PhantomData };
        if let Some(share) = self.contamination {
            let scores = model.scores(x)?;
            let weights = samples.weights.map(|w| w.iter().map(|w| w.f64()).collect::<Vec<_>>());
            model.offset = quantile(&scores, weights.as_deref(), share);
        }
        Ok(model)
    }
}

/// The value below which a share of the weight lies, between two neighbours where it falls between them: as if each
/// value stood there as often as it weighs.
fn quantile(values: &[f64], weights: Option<&[f64]>, share: f64) -> f64 {
    let weight = |i: usize| weights.map_or(1.0, |w| w[i]);
    let mut sorted: Vec<usize> = (0..values.len()).filter(|i| weight(*i) > 0.0).collect();
    sorted.sort_unstable_by_key(|i| order::ascending(values[*i]));
    let total: f64 = sorted.iter().map(|i| weight(*i)).sum();
    let goal = share * (total - 1.0);
    let (low, part) = (goal.floor(), goal.fract());
    // The value at a place in the list with repetitions.
    let at = |place: f64| {
        let mut below = 0.0;
        let reached = sorted.iter().find(|i| {
            below += weight(**i);
            below > place
        });
        reached.or(sorted.last()).map_or(0.0, |i| values[*i])
    };
    at(low) + part * (at(low + 1.0) - at(low))
}

impl<F: Float> IsolationForestModel<F> {
    /// The trees; values of their leaves are h.
    pub fn trees(&self) -> &[Tree] {
        &self.trees
    }

    /// Rows of each tree, ψ.
    pub fn max_samples(&self) -> usize {
        self.max_samples
    }

    /// What [`decision_function`](Self::decision_function) subtracts from the scores.
    pub fn offset(&self) -> f64 {
        self.offset
    }

    /// The columns the model was fitted on.
    pub fn features(&self) -> &Features {
        &self.features
    }

    /// How the fit went.
    pub fn report(&self) -> Report {
        Report::direct("random splits").note(format!(
            "{} trees of {} rows",
            self.trees.len(),
            self.max_samples
        ))
    }

    /// −s of (1): the lower, the more of an outlier.
    ///
    /// # Errors
    /// For other columns than those fitted, and infinite values.
    pub fn score_samples<'a>(&self, x: impl Into<Records<'a, F>>) -> Result<Array1<F>>
    where
        F: 'a,
    {
        let x = x.into();
        x.check_finite_or_missing()?;
        Ok(self.scores(x)?.into_iter().map(F::of).collect())
    }

    /// −s less the offset: negative for outliers.
    ///
    /// # Errors
    /// As [`score_samples`](Self::score_samples).
    pub fn decision_function<'a>(&self, x: impl Into<Records<'a, F>>) -> Result<Array1<F>>
    where
        F: 'a,
    {
        let x = x.into();
        x.check_finite_or_missing()?;
        Ok(self.scores(x)?.into_iter().map(|score| F::of(score - self.offset)).collect())
    }

    fn scores(&self, x: Records<'_, F>) -> Result<Vec<f64>> {
        self.features.check(x)?;
        x.check_shape()?;
        let p = x.ncols();
        let mut sums = vec![0.0; x.nrows()];
        walk::for_each_block_of(&self.trees, x, &mut sums, 1, |_, rows, sums| {
            let mut leaves = vec![0; sums.len()];
            for tree in &self.trees {
                walk::leaves(tree, rows, p, &mut leaves);
                leaves.iter().zip(&mut *sums).for_each(|(leaf, sum)| *sum += tree.value(*leaf as usize)[0]);
            }
            sums.iter_mut().for_each(|sum| *sum = self.score(*sum));
        });
        Ok(sums)
    }

    /// (1) from the sum of h.
    fn score(&self, sum: f64) -> f64 {
        let whole = self.trees.len() as f64 * mean_depth(self.max_samples);
        // A single row is as ordinary as can be.
        if whole > 0.0 { -(-sum / whole).exp2() } else { -0.5 }
    }
}

impl<F: Float> Predict<F> for IsolationForestModel<F> {
    type Output = Array1<i32>;

    fn predict_records(&self, x: Records<'_, F>) -> Result<Array1<i32>> {
        x.check_finite_or_missing()?;
        Ok(self.scores(x)?.into_iter().map(|score| if score < self.offset { -1 } else { 1 }).collect())
    }
}

impl<F: Float> PredictOne<F> for IsolationForestModel<F> {
    type One<'m> = i32;

    fn predict_one(&self, row: &[F], _: &mut Scratch<F>) -> Result<i32> {
        self.features.check_width(row.len())?;
        if let Some(column) = row.iter().position(|v| v.is_infinite()) {
            let value = row[column].to_string();
            return Err(Error::NonFinite { what: "x".into(), value, row: 0, column });
        }
        let mut sum = 0.0;
        walk::each_leaf(&self.trees, row, |tree, leaf| sum += tree.value(leaf)[0]);
        Ok(if self.score(sum) < self.offset { -1 } else { 1 })
    }
}

estimand_core::persist!(IsolationForestModel<F>, |model| {
    model.features.check_loaded()?;
    if model.trees.is_empty() || !model.offset.is_finite() {
        return Err(Error::Persist { what: "no trees, or no offset".into() });
    }
    model.trees.iter().try_for_each(|tree| tree.check_loaded(model.features.count(), 1))
});
