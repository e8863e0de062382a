//! The sum of trees that boosting ends in.

use estimand_core::persist::check_len;
use estimand_core::{Error, Features, Float, Records, Result};
use estimand_grow::{Tree, shap, walk};
use ndarray::{Array1, Array2, Array3, Array4};
use serde::{Deserialize, Serialize};

/// Raw predictions: constants, and a sum of trees for each output.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Trees {
    /// Rounds of one tree for each output, round after round.
    pub(crate) trees: Vec<Tree>,
    /// One for each output.
    pub(crate) constants: Vec<f64>,
}

impl Trees {
    pub(crate) fn outputs(&self) -> usize {
        self.constants.len()
    }

    /// Raw predictions by the first `rounds` rounds, n × outputs.
    pub(crate) fn raw<F: Float>(&self, x: Records<'_, F>, rounds: usize) -> Array2<f64> {
        let (n, k) = (x.nrows(), self.outputs());
        let trees = &self.trees[..rounds.saturating_mul(k).min(self.trees.len())];
        let mut raw = Array2::zeros((n, k));
        if let Some(out) = raw.as_slice_mut() {
            for row in out.chunks_exact_mut(k) {
                row.copy_from_slice(&self.constants);
            }
            add(trees, x, out, k);
        }
        raw
    }

    /// Raw predictions after each round, row by row.
    pub(crate) fn staged<'a, F: Float>(&'a self, x: Records<'a, F>) -> impl Iterator<Item = Vec<f64>> + 'a {
        let k = self.outputs();
        let mut raw = self.constants.repeat(x.nrows());
        self.trees.chunks(k.max(1)).map(move |round| {
            add(round, x, &mut raw, k);
            raw.clone()
        })
    }

    /// The raw predictions of one row, instead of what `out` held.
    pub(crate) fn raw_row<F: Float>(&self, row: &[F], out: &mut Vec<f64>) {
        out.clear();
        out.extend_from_slice(&self.constants);
        let mut output = 0;
        walk::each_leaf(&self.trees, row, |tree, leaf| {
            out[output] += tree.value(leaf)[0];
            output = if output + 1 == out.len() { 0 } else { output + 1 };
        });
    }

    /// What each column adds to the raw predictions of each row: n × outputs × p.
    pub(crate) fn shap<F: Float>(&self, x: Records<'_, F>) -> Array3<f64> {
        self.explained(x, 1, |tree, row, out| shap::add_values(tree, row, 0, out))
            .into_shape_with_order((x.nrows(), self.outputs(), x.ncols()))
            .unwrap_or_default()
    }

    /// What each pair of columns adds: n × outputs × p × p.
    pub(crate) fn shap_interactions<F: Float>(&self, x: Records<'_, F>) -> Array4<f64> {
        let p = x.ncols();
        self.explained(x, p, |tree, row, out| shap::add_interactions(tree, row, 0, out))
            .into_shape_with_order((x.nrows(), self.outputs(), p, p))
            .unwrap_or_default()
    }

    /// The raw predictions that are left when nothing is known of a row.
    pub(crate) fn expected(&self) -> Vec<f64> {
        let mut out = self.constants.clone();
        for (t, tree) in self.trees.iter().enumerate() {
            out[t % self.constants.len()] += shap::expected(tree, 0);
        }
        out
    }

    /// What `add` adds for each tree, `times` values for each column.
    fn explained<F: Float>(
        &self,
        x: Records<'_, F>,
        times: usize,
        add: impl Fn(&Tree, &[F], &mut [f64]) + Sync,
    ) -> Array1<f64> {
        let (k, p) = (self.outputs(), x.ncols());
        let size = p * times;
        let mut out = vec![0.0; x.nrows() * k * size];
        let cost: usize = self.trees.iter().map(|tree| tree.n_leaves() * tree.depth().pow(2)).sum();
        walk::for_each_block(x, &mut out, k * size, 10 * cost * times, |_, rows, out| {
            for (row, out) in rows.chunks_exact(p).zip(out.chunks_exact_mut(k * size)) {
                for (t, tree) in self.trees.iter().enumerate() {
                    add(tree, row, &mut out[t % k * size..][..size]);
                }
            }
        });
        out.into()
    }

    /// Refuses what only a forged file can hold.
    pub(crate) fn check_loaded(&self, columns: usize) -> Result<()> {
        let rounds = self.trees.len() / self.outputs().max(1);
        check_len("trees", rounds * self.outputs(), self.trees.len())?;
        self.trees.iter().try_for_each(|tree| tree.check_loaded(columns, 1))?;
        // No row reaches more than this; beyond, probabilities would be NaN.
        let size = |tree: &Tree| {
            (0..tree.n_nodes()).fold(0.0, |most: f64, node| most.max(tree.value(node)[0].abs()))
        };
        let most: f64 = self.constants.iter().map(|c| c.abs()).chain(self.trees.iter().map(size)).sum();
        match most.is_finite() {
            true => Ok(()),
            false => {
                Err(Error::Persist { what: "values of trees add up beyond the range of numbers".into() })
            }
        }
    }
}

/// Adds the values of trees, which take turns among `k` outputs, to raw predictions, row by row.
pub(crate) fn add<F: Float>(trees: &[Tree], x: Records<'_, F>, raw: &mut [f64], k: usize) {
    let p = x.ncols();
    let steps: usize = trees.iter().map(|tree| tree.depth() + 2).sum();
    walk::for_each_block(x, raw, k, 4 * steps, |_, rows, out| {
        let mut leaves = vec![0_u32; out.len() / k];
        for (t, tree) in trees.iter().enumerate() {
            walk::leaves(tree, rows, p, &mut leaves);
            for (out, leaf) in out.chunks_exact_mut(k).zip(&leaves) {
                out[t % k] += tree.value(*leaf as usize)[0];
            }
        }
    });
}

/// Refuses a row of another width, or with infinities; NaN is a missing value.
pub(crate) fn check_row<F: Float>(features: &Features, row: &[F]) -> Result<()> {
    features.check_width(row.len())?;
    match row.iter().position(|v| v.is_infinite()) {
        Some(column) => {
            Err(Error::NonFinite { what: "x".into(), value: row[column].to_string(), row: 0, column })
        }
        None => Ok(()),
    }
}

/// [`check_row`] for records.
pub(crate) fn check_records<F: Float>(features: &Features, x: Records<'_, F>) -> Result<()> {
    features.check(x)?;
    x.check_shape()?;
    x.check_finite_or_missing()
}
