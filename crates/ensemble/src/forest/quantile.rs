//! Quantiles of the targets that a forest puts beside a row.
//!
//! ```text
//! F(y | x) = Σᵢ ωᵢ(x) [yᵢ ≤ y],      ωᵢ(x) = 1/T Σ_t w_ti [ℓ_t(xᵢ) = ℓ_t(x)] / Σ_j w_tj [ℓ_t(x_j) = ℓ_t(x)]         (2)
//! Q(α | x) = min { yᵢ : F(yᵢ | x) ≥ α }                                                                              (3)
//! ```
//!
//! | symbol | meaning |
//! |---|---|
//! | ℓ_t | the leaf of a row in tree t |
//! | w_ti | the weight with which tree t saw row i: how often it was drawn |
//!
//! The mean of F is what the forest predicts under squared error. Keeps twelve bytes for each row and tree; a row costs
//! a sort of all targets in its leaves, so that leaves of a few dozen rows are both better and not slow.
//!
//! **References.** \[Meinshausen06\]; rows that a tree has not drawn have no say in it, as in the forest's own mean.

use super::fit::Forest;
use super::model::{ForestModel, RegressionForest};
use estimand_core::persist::check_len;
use estimand_core::{Error, Float, Predict, PredictOne, Records, Result, Samples, Scratch, order};
use estimand_grow::exact::Response;
use estimand_grow::settings::numbers_of;
use estimand_grow::{Tree, walk};
use estimand_par as par;
use ndarray::{Array1, Array2, Axis};
use serde::{Deserialize, Serialize};

/// A forest of one number that knows the targets of the rows in its leaves.
///
/// Beside a row x every training row has a weight: the mean over the trees of its share of the leaf that x reaches, as the
/// tree saw it. Quantiles are those of the targets with these weights, and their mean is the forest's prediction under
/// squared error \[Meinshausen06\]. Leaves of a few dozen rows are better than those of one.
///
/// ```
/// use estimand_ensemble::RandomForestRegressor;
/// use ndarray::{Array1, Array2};
///
/// // Between 0 and x, each as often.
/// let x = Array2::from_shape_fn((2000, 1), |(i, _)| (i % 40) as f64);
/// let y = Array1::from_shape_fn(2000, |i| x[[i, 0]] * ((i * 7919) % 2000) as f64 / 2000.0);
/// let model = RandomForestRegressor::new().n_trees(30).min_samples_leaf(20).fit_quantiles((&x, &y))?;
/// let quantiles = model.quantiles(&ndarray::array![[10.0], [30.0]], &[0.1, 0.5, 0.9])?;
/// assert!((quantiles[[1, 0]] - 3.0).abs() < 1.5 && (quantiles[[1, 1]] - 15.0).abs() < 3.0);
/// assert!((quantiles[[0, 2]] - 9.0).abs() < 1.0);
/// # Ok::<(), estimand_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(bound(serialize = "F: Float", deserialize = "F: Float"))]
pub struct QuantileForest<F> {
    forest: RegressionForest<F>,
    /// Distinct targets, ascending.
    targets: Vec<f64>,
    leaves: Vec<Leaves>,
}

/// The targets in the leaves of a tree.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Leaves {
    /// For each node where its targets begin; and the end.
    starts: Vec<usize>,
    /// Places among the distinct targets, ascending in each leaf.
    targets: Vec<u32>,
    /// Their shares of the leaf's weight.
    shares: Vec<f64>,
}

/// Shares that miss a level by less, as sums of rounded numbers do, reach it.
const ROUNDING: f64 = 1e-12;

impl Leaves {
    fn new(tree: &Tree, leaves: &[u32], targets: &[u32], weights: &[f64]) -> Self {
        let mut rows: Vec<u32> = (0..leaves.len() as u32).filter(|i| weights[*i as usize] > 0.0).collect();
        let key = |i: &u32| (leaves[*i as usize], targets[*i as usize]);
        // By row where both are alike, so that sums are the same however rows are sorted.
        rows.sort_unstable_by_key(|i| (key(i), *i));
        let mut out = Self { starts: vec![0; tree.n_nodes() + 1], targets: Vec::new(), shares: Vec::new() };
        for equal in rows.chunk_by(|a, b| key(a) == key(b)) {
            let (leaf, target) = key(&equal[0]);
            out.targets.push(target);
            out.shares.push(equal.iter().map(|i| weights[*i as usize]).sum());
            out.starts[leaf as usize + 1] = out.targets.len();
        }
        for node in 0..tree.n_nodes() {
            out.starts[node + 1] = out.starts[node + 1].max(out.starts[node]);
            let shares = &mut out.shares[out.starts[node]..out.starts[node + 1]];
            let total: f64 = shares.iter().sum();
            shares.iter_mut().for_each(|share| *share /= total);
        }
        out
    }

    /// Targets of a leaf, and their shares.
    fn of(&self, leaf: usize) -> impl Iterator<Item = (u32, f64)> {
        let range = self.starts[leaf]..self.starts[leaf + 1];
        self.targets[range.clone()].iter().copied().zip(self.shares[range].iter().copied())
    }

    fn check_loaded(&self, tree: &Tree, targets: usize) -> Result<()> {
        check_len("starts of leaves", tree.n_nodes() + 1, self.starts.len())?;
        check_len("shares of targets", self.targets.len(), self.shares.len())?;
        let ordered = self.starts.is_sorted()
            && self.starts.first() == Some(&0)
            && self.starts.last() == Some(&self.targets.len());
        let empty = |node: usize| tree.is_leaf(node) && self.starts[node] == self.starts[node + 1];
        let known = self.targets.iter().all(|t| (*t as usize) < targets);
        match ordered && known && !(0..tree.n_nodes()).any(empty) {
            true => Ok(()),
            false => Err(Error::Persist { what: "leaves without targets, or with unknown ones".into() }),
        }
    }
}

impl<F: Float> QuantileForest<F> {
    pub(crate) fn fit(forest: &Forest, samples: Samples<'_, F, Array1<F>>) -> Result<Self> {
        samples.check()?;
        let y = numbers_of(samples.y.insert_axis(Axis(1)))?;
        let response = Response::Numbers(&y, 1);
        let (x, n) = (samples.x, y.len());
        let weights: Option<Vec<f64>> = samples.weights.map(|w| w.iter().map(|w| w.f64()).collect());
        let model = RegressionForest::of(ForestModel::fit(forest, samples, response, &[])?);
        let mut targets = y.clone();
        targets.sort_unstable_by_key(|y| order::ascending(*y));
        targets.dedup();
        let places: Vec<u32> = y.iter().map(|y| targets.partition_point(|t| t < y) as u32).collect();
        let leaves = par::map(model.trees().len(), |t| {
            let tree = &model.trees()[t];
            let mut leaves = vec![0; n];
            walk::for_each_block_of(std::slice::from_ref(tree), x, &mut leaves, 1, |_, rows, leaves| {
                walk::leaves(tree, rows, x.ncols(), leaves);
            });
            let weights = forest.weights_of(t, n, response, weights.as_deref());
            Leaves::new(tree, &leaves, &places, &weights)
        });
        Ok(Self { forest: model, targets, leaves })
    }

    /// (3) for each row and level, n × levels.
    ///
    /// # Errors
    /// For levels outside \[0, 1\], other columns than those fitted, and infinite values.
    pub fn quantiles<'a>(&self, x: impl Into<Records<'a, F>>, levels: &[f64]) -> Result<Array2<F>>
    where
        F: 'a,
    {
        let x = x.into();
        self.forest.check(x)?;
        if let Some(level) = levels.iter().find(|level| !(0.0..=1.0).contains(*level)) {
            return Err(Error::parameter("levels", level, "numbers in [0, 1]"));
        }
        let (trees, width) = (self.forest.trees(), levels.len());
        let mut out = vec![F::zero(); x.nrows() * width];
        walk::for_each_block_of(trees, x, &mut out, width, |_, rows, out| {
            let n = out.len() / width.max(1);
            let mut leaves = vec![0; n * trees.len()];
            for (tree, leaves) in trees.iter().zip(leaves.chunks_exact_mut(n.max(1))) {
                walk::leaves(tree, rows, x.ncols(), leaves);
            }
            let mut shares = Vec::new();
            for (i, out) in out.chunks_exact_mut(width.max(1)).enumerate() {
                self.distribution(|t| leaves[t * n + i] as usize, &mut shares);
                let whole = shares.last().map_or(1.0, |last: &(u32, f64)| last.1);
                for (out, level) in out.iter_mut().zip(levels) {
                    let goal = level * whole * (1.0 - ROUNDING);
                    let at =
                        shares.partition_point(|(_, sum)| *sum < goal).min(shares.len().saturating_sub(1));
                    *out = F::of(shares.get(at).map_or(0.0, |(target, _)| self.targets[*target as usize]));
                }
            }
        });
        Array2::from_shape_vec((x.nrows(), width), out).map_err(|e| Error::numerical(e.to_string()))
    }

    /// An interval for each row that holds the given share of the targets beside it, with as many below as above: n × 2.
    ///
    /// # Errors
    /// For a share outside (0, 1), and those of [`quantiles`](Self::quantiles).
    pub fn intervals<'a>(&self, x: impl Into<Records<'a, F>>, share: f64) -> Result<Array2<F>>
    where
        F: 'a,
    {
        if !(share > 0.0 && share < 1.0) {
            return Err(Error::parameter("share", share, "a number in (0, 1)"));
        }
        self.quantiles(x, &[0.5 - share / 2.0, 0.5 + share / 2.0])
    }

    /// T F at each target beside a row, ascending.
    fn distribution(&self, leaf: impl Fn(usize) -> usize, out: &mut Vec<(u32, f64)>) {
        out.clear();
        self.leaves.iter().enumerate().for_each(|(t, leaves)| out.extend(leaves.of(leaf(t))));
        out.sort_unstable_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)));
        let mut sum = 0.0;
        for (_, share) in out {
            sum += *share;
            *share = sum;
        }
    }
}

impl<F> std::ops::Deref for QuantileForest<F> {
    type Target = RegressionForest<F>;
    fn deref(&self) -> &RegressionForest<F> {
        &self.forest
    }
}

impl<F: Float> Predict<F> for QuantileForest<F> {
    type Output = Array1<F>;

    fn predict_records(&self, x: Records<'_, F>) -> Result<Array1<F>> {
        self.forest.predict_records(x)
    }
}

impl<F: Float> PredictOne<F> for QuantileForest<F> {
    type One<'m> = F;

    fn predict_one(&self, row: &[F], scratch: &mut Scratch<F>) -> Result<F> {
        self.forest.predict_one(row, scratch)
    }
}

estimand_core::persist!(QuantileForest<F>, |model| {
    model.forest.check_contents(1)?;
    check_len("trees with leaves", model.forest.trees().len(), model.leaves.len())?;
    let mut leaves = model.leaves.iter().zip(model.forest.trees());
    leaves.try_for_each(|(leaves, tree)| leaves.check_loaded(tree, model.targets.len()))
});
