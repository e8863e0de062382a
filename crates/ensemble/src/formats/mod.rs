//! Models of other libraries, for serving: read, they are models of ours, with everything that those can do.
//!
//! | library | reads | writes |
//! |---|---|---|
//! | LightGBM | [`from_lightgbm`]: its text format | `to_lightgbm` of the models: LightGBM loads it |
//! | XGBoost | [`from_xgboost`]: its JSON format | |
//!
//! ```
//! use estimand_core::{Fit, Predict};
//! use estimand_ensemble::{HistGradientBoostingRegressor, RegressionBooster, formats};
//! use ndarray::{Array1, Array2};
//!
//! let x = Array2::from_shape_fn((100, 2), |(i, j)| (i * (j + 3) % 17) as f64);
//! let y: Array1<f64> = x.column(0).mapv(|x| x * x);
//! let model = HistGradientBoostingRegressor::new().fit((&x, &y))?;
//! let text = model.to_lightgbm();
//! let again: RegressionBooster<f64> = formats::from_lightgbm(&text)?.into_regressor()?;
//! let differences = again.predict(&x)? - model.predict(&x)?;
//! assert!(differences.iter().all(|d| d.abs() < 1e-12 * 256.0));
//! # Ok::<(), estimand_core::Error>(())
//! ```
//!
//! Two classes with an output each become one output, the difference, with two trees a round.
//!
//! What such a file holds beyond trees (settings, ranges of columns) is not read. What a model of ours could not do the same
//! way is refused: linear leaves, zeros that are missing values, boosters that are no sums of trees.

mod lightgbm;
mod xgboost;

#[cfg(test)]
mod tests;

pub use lightgbm::from_lightgbm;
pub(crate) use lightgbm::{Task, write as write_lightgbm};
pub use xgboost::from_xgboost;

use crate::boosting::trees::Trees;
use crate::boosting::{ClassBooster, RegressionBooster};
use estimand_core::{Classifier, Error, Features, Float, Label, Result};
use estimand_grow::{Stat, Test, Tree};
use estimand_loss::Link;

/// A model of another library.
#[derive(Clone, Debug, PartialEq)]
pub struct Imported {
    features: Features,
    trees: Trees,
    kind: Kind,
}

/// What raw predictions stand for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Means, through a link.
    Numbers(Link),
    /// Log-odds of the second of two classes, or logarithms of shares of more.
    Classes(usize),
}

impl Imported {
    fn new(features: Features, mut trees: Trees, kind: Kind) -> Result<Self> {
        if let (Kind::Classes(2), [first, second]) = (kind, trees.constants.as_slice()) {
            // Shares of two classes follow from the difference of their outputs.
            trees.constants = vec![second - first];
            for tree in trees.trees.iter_mut().step_by(2) {
                (0..tree.n_nodes()).for_each(|node| tree.value_mut(node)[0] *= -1.0);
            }
        }
        let outputs = match kind {
            Kind::Numbers(_) | Kind::Classes(2) => 1,
            Kind::Classes(k) => k,
        };
        estimand_core::persist::check_len("outputs", outputs, trees.outputs())?;
        trees.check_loaded(features.count())?;
        Ok(Self { features, trees, kind })
    }

    /// Number of classes; `None` for a model of numbers.
    pub fn n_classes(&self) -> Option<usize> {
        match self.kind {
            Kind::Numbers(_) => None,
            Kind::Classes(k) => Some(k),
        }
    }

    /// The columns it was fitted on.
    pub fn features(&self) -> &Features {
        &self.features
    }

    /// A model of numbers; rankers are one too.
    ///
    /// # Errors
    /// For a model of classes.
    pub fn into_regressor<F: Float>(self) -> Result<RegressionBooster<F>> {
        match self.kind {
            Kind::Numbers(link) => Ok(RegressionBooster::imported(self.features, self.trees, link)),
            Kind::Classes(_) => Err(foreign("it tells classes apart; read it with `into_classifier`")),
        }
    }

    /// A model of classes. `classes` are their labels, in ascending order: that of the codes 0, 1, ….
    ///
    /// # Errors
    /// For a model of numbers, and for labels that are not as many as its classes, or not in ascending order.
    pub fn into_classifier<F: Float, L: Label>(
        self,
        classes: Vec<L>,
    ) -> Result<Classifier<ClassBooster<F>, L>> {
        match self.kind {
            Kind::Classes(k) if k == classes.len() => {
                let model = ClassBooster::imported(self.features, self.trees);
                Classifier::from_parts(model, classes)
            }
            Kind::Classes(k) => Err(Error::shape("number of labels", k, classes.len())),
            Kind::Numbers(_) => Err(foreign("it predicts numbers; read it with `into_regressor`")),
        }
    }
}

/// What is wrong with a file.
fn foreign(what: impl std::fmt::Display) -> Error {
    Error::Persist { what: format!("a model of another library: {what}") }
}

/// Refuses more outputs than trees, before anything of their number is made.
fn check_outputs(outputs: usize, trees: usize) -> Result<()> {
    match outputs <= trees {
        true => Ok(()),
        false => Err(foreign(format!("{outputs} outputs of {trees} trees"))),
    }
}

/// A node of a file.
struct Node {
    /// Its test, and which nodes of the file the left and the right child are.
    test: Option<(OwnTest, [usize; 2])>,
    value: f64,
    weight: f64,
    /// What its split gained; 0 of a leaf.
    gain: f64,
}

enum OwnTest {
    AtMost { column: usize, threshold: f64, missing_left: bool },
    In { column: usize, set: Vec<u64>, missing_left: bool },
}

/// The tree that begins with the first node of a file.
fn tree(nodes: &[Node]) -> Result<Tree> {
    let (mut tree, mut waiting, mut seen) = (Tree::new(1), vec![(0, 0)], 0);
    while let Some((from, to)) = waiting.pop() {
        let node = nodes.get(from).ok_or_else(|| foreign(format!("a tree has no node {from}")))?;
        seen += 1;
        if seen > nodes.len() {
            return Err(foreign("nodes do not form a tree"));
        }
        if !(node.value.is_finite() && node.weight.is_finite() && node.gain.is_finite()) {
            return Err(foreign(format!("node {from} of a tree holds numbers that are not finite")));
        }
        tree.value_mut(to)[0] = node.value;
        let rows = node.weight as u32;
        *tree.stat_mut(to) = Stat { rows, weight: node.weight, impurity: node.gain };
        let Some((test, [left, right])) = &node.test else { continue };
        let child = match test {
            OwnTest::AtMost { threshold, .. } if threshold.is_nan() => {
                return Err(foreign(format!("the threshold of node {from} is not a number")));
            }
            OwnTest::AtMost { column, .. } | OwnTest::In { column, .. }
                if *column > estimand_grow::tree::MAX_COLUMNS =>
            {
                return Err(foreign(format!("column {column} of node {from}")));
            }
            OwnTest::AtMost { column, threshold, missing_left } => tree.split(
                to,
                Test::AtMost { column: *column, threshold: *threshold, missing_left: *missing_left },
            ),
            OwnTest::In { column, set, missing_left } => {
                tree.split(to, Test::In { column: *column, set, missing_left: *missing_left })
            }
        };
        waiting.extend([(*left, child), (*right, child + 1)]);
    }
    // From gains to impurities that fall by them; children stand behind their parents.
    let mut below = vec![0.0; tree.n_nodes()];
    for node in (0..tree.n_nodes()).rev() {
        let children = tree.children(node).map_or(0.0, |sides| sides.iter().map(|side| below[*side]).sum());
        let stat = tree.stat_mut(node);
        below[node] = stat.impurity + children;
        stat.impurity = if stat.weight > 0.0 { below[node] / stat.weight } else { 0.0 };
    }
    Ok(tree.finished())
}
