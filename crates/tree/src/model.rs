//! Fitted trees.

use estimand_core::{
    Csr, Error, Features, Float, Predict, PredictOne, Probabilities, Records, Report, Result, Scores,
    Scratch, Seed, persist::check_len,
};
use estimand_grow::exact::Response;
use estimand_grow::export::Export;
use estimand_grow::prune::{self, PruningPath};
use estimand_grow::settings::Plan;
use estimand_grow::{Tree, importance, walk};
use ndarray::{Array1, Array2, ArrayView1};
use serde::{Deserialize, Serialize};
use std::marker::PhantomData;

/// A tree and the columns it was fitted on: what all fitted trees have in common.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(bound(serialize = "F: Float", deserialize = "F: Float"))]
pub struct TreeModel<F> {
    tree: Tree,
    features: Features,
    scalar: PhantomData<F>,
}

impl<F: Float> TreeModel<F> {
    pub(crate) fn fit(
        plan: &Plan,
        x: Records<'_, F>,
        response: Response<'_>,
        weights: Option<ArrayView1<'_, F>>,
        seed: Seed,
    ) -> Result<Self> {
        plan.check(x.ncols(), response)?;
        let columns = plan.columns(x)?;
        let weights: Option<Vec<f64>> = weights.map(|w| w.iter().map(|w| w.f64()).collect());
        let tree = plan.grow(&columns, response, weights.as_deref(), seed)?;
        Ok(Self { tree, features: Features::of(x), scalar: PhantomData })
    }

    /// The nodes: tests, values, and what was seen in training.
    pub fn tree(&self) -> &Tree {
        &self.tree
    }

    /// The columns the model was fitted on.
    pub fn features(&self) -> &Features {
        &self.features
    }

    /// How the fit went.
    pub fn report(&self) -> Report {
        let (leaves, depth) = (self.n_leaves(), self.depth());
        Report::direct("exact splits").note(format!("{leaves} leaves, {depth} levels deep"))
    }

    /// Steps from the root to the deepest leaf.
    pub fn depth(&self) -> usize {
        self.tree.depth()
    }

    /// Number of leaves.
    pub fn n_leaves(&self) -> usize {
        self.tree.n_leaves()
    }

    /// How much each column lowered the impurity, as shares that sum to one
    /// ([`importances`](importance::importances)), p.
    pub fn feature_importances(&self) -> Array1<f64> {
        importance::importances(&self.tree, self.features.count()).into()
    }

    /// The leaf of each row, as a node of [`tree`](Self::tree).
    ///
    /// # Errors
    /// For other columns than those fitted, and infinite values.
    pub fn apply<'a>(&self, x: impl Into<Records<'a, F>>) -> Result<Array1<usize>>
    where
        F: 'a,
    {
        self.leaves(x.into(), 1, |leaf, out| out.fill(leaf)).map(Array1::from)
    }

    /// The nodes that each row passes, from the root to its leaf: ones in a sparse n × nodes matrix.
    ///
    /// # Errors
    /// As [`apply`](Self::apply).
    pub fn decision_path<'a>(&self, x: impl Into<Records<'a, F>>) -> Result<Csr<F>>
    where
        F: 'a,
    {
        let leaves = self.apply(x)?;
        let n = self.tree.n_nodes();
        let mut parents = vec![0; n];
        for node in 0..n {
            self.tree.children(node).into_iter().flatten().for_each(|child| parents[child] = node);
        }
        let path =
            |leaf: usize| std::iter::successors(Some(leaf), |node| (*node > 0).then(|| parents[*node]));
        let ones = leaves.iter().enumerate().flat_map(|(i, leaf)| path(*leaf).map(move |j| (i, j, F::one())));
        Csr::from_triplets(leaves.len(), n, ones)
    }

    /// The values of `ccp_alpha` at which this tree loses leaves, and the impurity it then has. Fit without pruning and
    /// take one of these by cross-validation; [`pruned`](Self::pruned) cuts back without another fit.
    pub fn cost_complexity_pruning_path(&self) -> PruningPath {
        prune::path(&self.tree)
    }

    /// The tree cut back as fitting with this `ccp_alpha` would.
    #[must_use]
    pub fn pruned(&self, ccp_alpha: f64) -> Self {
        Self { tree: prune::pruned(&self.tree, ccp_alpha), ..self.clone() }
    }

    /// The tree as text, for Graphviz, or as a picture; see [`Export`]. For classes, name them:
    /// `model.export().class_names(model.classes())`.
    pub fn export(&self) -> Export<'_> {
        Export::of(&self.tree, &self.features)
    }

    fn check(&self, x: Records<'_, F>) -> Result<()> {
        self.features.check(x)?;
        x.check_shape()?;
        x.check_finite_or_missing()
    }

    /// Fills `width` values for each row from its leaf.
    fn leaves<T: Copy + Default + Send>(
        &self,
        x: Records<'_, F>,
        width: usize,
        fill: impl Fn(usize, &mut [T]) + Sync,
    ) -> Result<Vec<T>> {
        self.check(x)?;
        let mut out = vec![T::default(); x.nrows() * width];
        let cost = x.ncols() + 8 * self.depth();
        walk::for_each_block(x, &mut out, width, cost, |_, rows, out| {
            let mut leaves = vec![0; out.len() / width];
            walk::leaves(&self.tree, rows, x.ncols(), &mut leaves);
            leaves.iter().zip(out.chunks_exact_mut(width)).for_each(|(leaf, out)| fill(*leaf as usize, out));
        });
        Ok(out)
    }

    /// Values of the leaf of each row, n × width.
    fn values(&self, x: Records<'_, F>) -> Result<Array2<F>> {
        let width = self.tree.width();
        let values = self.leaves(x, width, |leaf, out: &mut [F]| {
            out.iter_mut().zip(self.tree.value(leaf)).for_each(|(out, value)| *out = F::of(*value));
        })?;
        Array2::from_shape_vec((x.nrows(), width), values).map_err(|e| Error::numerical(e.to_string()))
    }

    /// Values of the leaf of one row.
    fn value_of(&self, row: &[F]) -> Result<&[f64]> {
        self.features.check_width(row.len())?;
        match row.iter().position(|v| v.is_infinite()) {
            None => Ok(self.tree.value(walk::leaf(&self.tree, row))),
            Some(column) => {
                Err(Error::NonFinite { what: "x".into(), value: row[column].to_string(), row: 0, column })
            }
        }
    }

    fn check_contents(&self) -> Result<()> {
        self.features.check_loaded()?;
        self.tree.check_loaded(self.features.count(), self.tree.width())
    }
}

macro_rules! model {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
        #[serde(bound(serialize = "F: Float", deserialize = "F: Float"))]
        pub struct $name<F> {
            model: TreeModel<F>,
        }
        impl<F: Float> $name<F> {
            pub(crate) fn of(model: TreeModel<F>) -> Self {
                Self { model }
            }

            /// The tree cut back as fitting with this `ccp_alpha` would.
            #[must_use]
            pub fn pruned(&self, ccp_alpha: f64) -> Self {
                Self { model: self.model.pruned(ccp_alpha) }
            }
        }
        impl<F> std::ops::Deref for $name<F> {
            type Target = TreeModel<F>;
            fn deref(&self) -> &TreeModel<F> {
                &self.model
            }
        }
    };
}

model! {
    /// A tree of classes: leaves hold their shares.
    ///
    /// Decision values are the shares; of two classes, the second's less the first's.
    ClassTree
}
model! {
    /// A tree of one number.
    RegressionTree
}
model! {
    /// A tree of several numbers.
    MultiRegressionTree
}

/// Shares of classes as decision values, in place of those in `out`.
fn decide<F: Float>(shares: &[f64], out: &mut [F]) {
    match (shares, &mut *out) {
        ([first, second], [out]) => *out = F::of(second - first),
        _ => out.iter_mut().zip(shares).for_each(|(out, share)| *out = F::of(*share)),
    }
}

fn columns_of_scores(k: usize) -> usize {
    if k == 2 { 1 } else { k }
}

impl<F: Float> Scores<F> for ClassTree<F> {
    fn scores(&self, x: Records<'_, F>) -> Result<Array2<F>> {
        let width = columns_of_scores(self.tree.width());
        let values = self.leaves(x, width, |leaf, out: &mut [F]| decide(self.tree.value(leaf), out))?;
        Array2::from_shape_vec((x.nrows(), width), values).map_err(|e| Error::numerical(e.to_string()))
    }

    fn scores_one(&self, row: &[F], out: &mut Vec<F>, _: &mut Scratch<F>) -> Result<()> {
        let shares = self.value_of(row)?;
        out.clear();
        out.resize(columns_of_scores(shares.len()), F::zero());
        decide(shares, out);
        Ok(())
    }
}

impl<F: Float> Probabilities<F> for ClassTree<F> {
    fn probabilities(&self, x: Records<'_, F>) -> Result<Array2<F>> {
        self.values(x)
    }
}

impl<F: Float> Predict<F> for RegressionTree<F> {
    type Output = Array1<F>;

    fn predict_records(&self, x: Records<'_, F>) -> Result<Array1<F>> {
        Ok(self.values(x)?.into_iter().collect())
    }
}

impl<F: Float> PredictOne<F> for RegressionTree<F> {
    type One<'m> = F;

    fn predict_one(&self, row: &[F], _: &mut Scratch<F>) -> Result<F> {
        Ok(F::of(self.value_of(row)?[0]))
    }
}

impl<F: Float> Predict<F> for MultiRegressionTree<F> {
    type Output = Array2<F>;

    fn predict_records(&self, x: Records<'_, F>) -> Result<Array2<F>> {
        self.values(x)
    }
}

impl<F: Float> PredictOne<F> for MultiRegressionTree<F> {
    /// One value per target, as the tree holds them.
    type One<'m> = &'m [f64];

    fn predict_one<'m>(&'m self, row: &[F], _: &mut Scratch<F>) -> Result<&'m [f64]> {
        self.value_of(row)
    }
}

estimand_core::persist!(ClassTree<F>, |model| model.check_contents(), |model, k| check_len(
    "classes",
    k,
    model.tree.width()
));
estimand_core::persist!(RegressionTree<F>, |model| {
    model.check_contents()?;
    check_len("values of a node", 1, model.tree.width())
});
estimand_core::persist!(MultiRegressionTree<F>, |model| model.check_contents());
