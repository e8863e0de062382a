//! Rows as the leaves that they reach in random trees: a sparse code in which near rows agree.
//!
//! ```text
//! z(x) = (e_{ℓ_1(x)}, …, e_{ℓ_T(x)})        e_ℓ: one for leaf ℓ, zero for the tree's other leaves                 (1)
//! ```
//!
//! 1. For each tree, split all rows by a column drawn at random, at a threshold drawn between its smallest and largest
//!    value in the node, down to `max_depth` ([`isolate`]).
//! 2. A column for each leaf, tree by tree, in the order of the nodes.
//!
//! The share of ones that two rows have in common is the chance that random splits leave them together: a kernel, which
//! linear models on z make use of. Costs O(T n d) for depth d, and T ones for each row.
//!
//! Missing values are sent to a side that is drawn. **Weights** are numbers of repetitions, whole numbers.
//!
//! **References.** \[MoosmannTriggsJurie07\], \[Geurts06\].

#[cfg(test)]
mod tests;

use crate::isolation::MOST_REPETITIONS;
use estimand_core::describe::at_least;
use estimand_core::records::{Matrix, Sparse};
use estimand_core::{
    Csr, Error, Features, Fit, Float, Records, Report, Result, Samples, Scratch, Seed, Target, Transform,
    TransformOne,
};
use estimand_grow::exact::{Columns, isolate};
use estimand_grow::{Tree, walk};
use estimand_par as par;
use serde::{Deserialize, Serialize};
use std::marker::PhantomData;

estimand_core::params! {
    /// Encodes rows by the leaves that they reach; see [the module](crate::embedding).
    ///
    /// ```
    /// use estimand_core::{Fit, Transform};
    /// use estimand_ensemble::RandomTreesEmbedding;
    /// use ndarray::array;
    ///
    /// let x = array![[0.0, 0.0], [0.1, 0.0], [5.0, 9.0], [4.0, 8.0]];
    /// let z = RandomTreesEmbedding::new().n_trees(50).max_depth(2).fit(&x)?.transform(&x)?.to_dense();
    /// assert_eq!(z.rows().into_iter().map(|row| row.sum()).collect::<Vec<_>>(), [50.0; 4]);
    /// assert!(z.row(0).dot(&z.row(1)) > z.row(0).dot(&z.row(2)));
    /// # Ok::<(), estimand_core::Error>(())
    /// ```
    pub struct RandomTreesEmbedding {
        /// Number of trees.
        n_trees: usize = 100, at_least(1.0);
        /// No leaf is deeper than so many splits.
        max_depth: usize = 5, at_least(1.0);
        /// Fewest rows of a leaf.
        min_samples_leaf: usize = 1, at_least(1.0);
        /// Of columns and thresholds drawn; each tree has a stream of its own.
        seed: u64 = 0;
    }
    accepts: sparse, weights, missing;
}

/// A fitted [`RandomTreesEmbedding`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(bound(serialize = "F: Float", deserialize = "F: Float"))]
pub struct RandomTreesEmbeddingModel<F> {
    trees: Vec<Tree>,
    features: Features,
    scalar: PhantomData<F>,
}

impl<F: Float, Y: Target> Fit<F, Y> for RandomTreesEmbedding {
    type Model = RandomTreesEmbeddingModel<F>;

    fn fit_samples(&self, samples: Samples<'_, F, Y>) -> Result<Self::Model> {
        use estimand_core::Describe;
        self.check()?;
        samples.check()?;
        let x = samples.x;
        let columns = Columns::raw(x, &[])?;
        let rows = repeated(samples)?;
        let trees = par::map(self.n_trees, |t| {
            let seed = Seed(self.seed).child(t as u64);
            isolate(&columns, rows.clone(), self.max_depth, self.min_samples_leaf, seed)
        });
        Ok(RandomTreesEmbeddingModel { trees, features: Features::of(x), scalar: PhantomData })
    }
}

/// Rows, each as often as it weighs.
fn repeated<F: Float, Y: Target>(samples: Samples<'_, F, Y>) -> Result<Vec<u32>> {
    let rows = 0..samples.nrows() as u32;
    let Some(weights) = samples.weights else { return Ok(rows.collect()) };
    let total: f64 = weights.iter().map(|w| w.f64()).sum();
    if weights.iter().any(|w| w.f64().fract() != 0.0) {
        let what = "sample weights that are not whole numbers; they are repetitions";
        return Err(Error::unsupported("RandomTreesEmbedding", what));
    }
    if total > samples.nrows().max(MOST_REPETITIONS) as f64 {
        let what = format!("they stand for {total} rows, of which each tree would hold all");
        return Err(Error::Weights { what });
    }
    Ok(rows.flat_map(|i| std::iter::repeat_n(i, weights[i as usize].f64() as usize)).collect())
}

impl<F: Float> RandomTreesEmbeddingModel<F> {
    /// The trees.
    pub fn trees(&self) -> &[Tree] {
        &self.trees
    }

    /// The columns the model was fitted on.
    pub fn features(&self) -> &Features {
        &self.features
    }

    /// How the fit went.
    pub fn report(&self) -> Report {
        Report::direct("random splits").note(format!("{} trees, {} leaves", self.trees.len(), self.width()))
    }

    /// Columns of (1): leaves of all trees.
    fn width(&self) -> usize {
        self.trees.iter().map(Tree::n_leaves).sum()
    }

    /// The leaves of a tree, ascending.
    fn leaves(tree: &Tree) -> impl Iterator<Item = usize> {
        (0..tree.n_nodes()).filter(|node| tree.is_leaf(*node))
    }

    /// For each tree the column of each leaf, by nodes.
    fn columns(&self) -> Vec<Vec<u32>> {
        let mut next = 0;
        let of = |tree: &Tree| {
            let mut columns = vec![0; tree.n_nodes()];
            Self::leaves(tree).for_each(|leaf| {
                columns[leaf] = next;
                next += 1;
            });
            columns
        };
        self.trees.iter().map(of).collect()
    }
}

impl<F: Float> Transform<F> for RandomTreesEmbeddingModel<F> {
    type Stored = Sparse;

    fn transform_records(&self, x: Records<'_, F>) -> Result<Matrix<F>> {
        self.features.check(x)?;
        x.check_shape()?;
        x.check_finite_or_missing()?;
        let (n, p, count, columns) = (x.nrows(), x.ncols(), self.trees.len(), self.columns());
        let mut indices = vec![0_u32; n * count];
        walk::for_each_block_of(&self.trees, x, &mut indices, count, |_, rows, out| {
            let mut leaves = vec![0; out.len() / count];
            for (t, (tree, columns)) in self.trees.iter().zip(&columns).enumerate() {
                walk::leaves(tree, rows, p, &mut leaves);
                let out = out[t..].iter_mut().step_by(count);
                out.zip(&leaves).for_each(|(out, leaf)| *out = columns[*leaf as usize]);
            }
        });
        let ends = (0..=n).map(|i| i * count).collect();
        Ok(Matrix::Sparse(Csr::new(self.width(), ends, indices, vec![F::one(); n * count])?))
    }

    fn feature_names_out(&self) -> Option<Vec<String>> {
        let of = |(t, tree)| Self::leaves(tree).map(move |leaf| format!("tree{t}_leaf{leaf}"));
        Some(self.trees.iter().enumerate().flat_map(of).collect())
    }
}

impl<F: Float> TransformOne<F> for RandomTreesEmbeddingModel<F> {
    fn transform_one(&self, row: &[F], out: &mut Vec<F>, _: &mut Scratch<F>) -> Result<()> {
        self.features.check_width(row.len())?;
        if let Some(column) = row.iter().position(|v| v.is_infinite()) {
            let value = row[column].to_string();
            return Err(Error::NonFinite { what: "x".into(), value, row: 0, column });
        }
        out.clear();
        for tree in &self.trees {
            let reached = walk::leaf(tree, row);
            out.extend(Self::leaves(tree).map(|leaf| if leaf == reached { F::one() } else { F::zero() }));
        }
        Ok(())
    }
}

estimand_core::persist!(RandomTreesEmbeddingModel<F>, |model| {
    model.features.check_loaded()?;
    if model.trees.is_empty() {
        return Err(Error::Persist { what: "an embedding without trees".into() });
    }
    model.trees.iter().try_for_each(|tree| tree.check_loaded(model.features.count(), 1))
});
