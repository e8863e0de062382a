//! Trees of numbers: a leaf predicts the mean of its rows' targets, or their median or another quantile.

use crate::model::{MultiRegressionTree, RegressionTree, TreeModel};
use estimand_core::describe::{at_least, between};
use estimand_core::{Describe, Fit, Float, Predict, Result, Samples, Seed, Target};
use estimand_grow::exact::Response;
use estimand_grow::settings::{MaxFeatures, Plan, RegressionCriterion, Rows, Splitter, numbers_of};
use estimand_grow::tree_params;
use ndarray::{Array1, Array2, ArrayView2, Axis};

tree_params! {
    /// A tree of numbers; see [the crate](crate).
    ///
    /// ```
    /// use estimand_core::{Fit, Predict};
    /// use estimand_tree::DecisionTreeRegressor;
    /// use ndarray::array;
    ///
    /// let (x, y) = (array![[1.0], [2.0], [3.0], [8.0]], array![1.0, 1.0, 4.0, 6.0]);
    /// let model = DecisionTreeRegressor::new().max_depth(Some(1)).fit((&x, &y))?;
    /// assert_eq!(model.predict(&array![[2.4], [2.6]])?, array![1.0, 5.0]); // x ≤ 2.5 ?
    ///
    /// // Several targets share one tree.
    /// let both = array![[1.0, 0.0], [1.0, 0.0], [4.0, 2.0], [6.0, 2.0]];
    /// assert_eq!(DecisionTreeRegressor::new().fit((&x, &both))?.predict(&x)?, both);
    /// # Ok::<(), estimand_core::Error>(())
    /// ```
    pub struct DecisionTreeRegressor {
        criterion: RegressionCriterion = RegressionCriterion::SquaredError;
        splitter: |settings: &Self| settings.splitter;
        max_features: MaxFeatures::All;
        /// Where thresholds come from.
        splitter: Splitter = Splitter::Best;
        /// Of what is drawn: columns, where not all are looked at, and thresholds.
        seed: u64 = 0;
    }
}

tree_params! {
    /// A tree of numbers with thresholds drawn at random: for ensembles, as by itself it is a poor one.
    ///
    /// ```
    /// use estimand_core::{Fit, Predict};
    /// use estimand_tree::ExtraTreeRegressor;
    /// use ndarray::array;
    ///
    /// let (x, y) = (array![[1.0], [2.0], [3.0]], array![0.5, 1.5, 7.0]);
    /// assert_eq!(ExtraTreeRegressor::new().fit((&x, &y))?.predict(&x)?, y);
    /// # Ok::<(), estimand_core::Error>(())
    /// ```
    pub struct ExtraTreeRegressor {
        criterion: RegressionCriterion = RegressionCriterion::SquaredError;
        splitter: |_: &Self| Splitter::Random;
        max_features: MaxFeatures::All;
        /// Of what is drawn: columns, where not all are looked at, and thresholds.
        seed: u64 = 0;
    }
}

/// Targets of a tree: `Array1<F>` is one number for each row, `Array2<F>` are several.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the target of a regression tree for records of `{F}`",
    note = "targets are `Array1<{F}>` for one number or `Array2<{F}>` for several"
)]
pub trait TreeTarget<F: Float>: Target {
    /// The fitted model.
    type Model: Predict<F, Output = Self>;

    /// One column per target.
    fn columns<'a>(y: Self::View<'a>) -> ArrayView2<'a, F>;

    /// The model of a tree.
    fn model(tree: TreeModel<F>) -> Self::Model;
}
impl<F: Float> TreeTarget<F> for Array1<F> {
    type Model = RegressionTree<F>;

    fn columns<'a>(y: Self::View<'a>) -> ArrayView2<'a, F> {
        y.insert_axis(Axis(1))
    }
    fn model(tree: TreeModel<F>) -> RegressionTree<F> {
        RegressionTree::of(tree)
    }
}
impl<F: Float> TreeTarget<F> for Array2<F> {
    type Model = MultiRegressionTree<F>;

    fn columns<'a>(y: Self::View<'a>) -> ArrayView2<'a, F> {
        y
    }
    fn model(tree: TreeModel<F>) -> MultiRegressionTree<F> {
        MultiRegressionTree::of(tree)
    }
}

fn fit<F: Float, Y: TreeTarget<F>>(plan: &Plan, seed: u64, samples: Samples<'_, F, Y>) -> Result<Y::Model> {
    samples.check()?;
    let y = Y::columns(samples.y);
    let numbers = numbers_of(y)?;
    let response = Response::Numbers(&numbers, y.ncols());
    TreeModel::fit(plan, samples.x, response, samples.weights, Seed(seed)).map(Y::model)
}

impl<F: Float, Y: TreeTarget<F>> Fit<F, Y> for DecisionTreeRegressor {
    type Model = Y::Model;

    fn fit_samples(&self, samples: Samples<'_, F, Y>) -> Result<Y::Model> {
        self.check()?;
        fit(&self.plan(), self.seed, samples)
    }
}

impl<F: Float, Y: TreeTarget<F>> Fit<F, Y> for ExtraTreeRegressor {
    type Model = Y::Model;

    fn fit_samples(&self, samples: Samples<'_, F, Y>) -> Result<Y::Model> {
        self.check()?;
        fit(&self.plan(), self.seed, samples)
    }
}
