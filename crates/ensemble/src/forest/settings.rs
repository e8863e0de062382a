//! The settings of forests.

use super::fit::Forest;
use super::model::{ClassForest, ForestModel, MultiRegressionForest, RegressionForest};
use super::quantile::QuantileForest;
use estimand_core::classify::fit_labels;
use estimand_core::describe::{at_least, between};
use estimand_core::{
    ClassCodes, ClassWeight, Classifier, Describe, Fit, FitClasses, Float, Label, Predict, Result, Samples,
    Target,
};
use estimand_grow::Tree;
use estimand_grow::exact::Response;
use estimand_grow::settings::{
    ClassCriterion, ForestSplitter, MaxFeatures, RegressionCriterion, Rows, Splitter, numbers_of,
};
use estimand_grow::tree_params;
use ndarray::{Array1, Array2, ArrayView2, Axis};

macro_rules! forest {
    (
        $(#[$meta:meta])* $name:ident, $criterion:ty = $default:expr, $splitter:expr, $features:expr, $bootstrap:expr;
        $($own:tt)*
    ) => {
        tree_params! {
            $(#[$meta])*
            pub struct $name {
                criterion: $criterion = $default;
                splitter: |_: &Self| $splitter;
                max_features: $features;
                /// Number of trees.
                n_trees: usize = 100, at_least(1.0);
                /// Whether each tree sees rows drawn with replacement.
                bootstrap: bool = $bootstrap;
                /// How many rows are drawn: a number, or a share of those drawn by default.
                max_samples: Option<Rows> = None;
                /// Whether training rows are predicted by the trees that have not seen them.
                oob_score: bool = false;
                /// Of rows, columns and thresholds drawn; each tree has a stream of its own.
                seed: u64 = 0;
                /// What thresholds are chosen from.
                splitter: ForestSplitter = ForestSplitter::Exact;
                $($own)*
            }
        }
        impl $name {
            pub(super) fn forest(&self, balanced_subsample: bool) -> Forest {
                Forest {
                    plan: self.plan(),
                    splitter: self.splitter,
                    n_trees: self.n_trees,
                    bootstrap: self.bootstrap,
                    max_samples: self.max_samples,
                    oob_score: self.oob_score,
                    balanced_subsample,
                    seed: self.seed,
                }
            }
        }
    };
}

macro_rules! classes {
    ($(#[$meta:meta])* $name:ident, $splitter:expr, $bootstrap:expr) => {
        forest! {
            $(#[$meta])* $name, ClassCriterion = ClassCriterion::Gini, $splitter, MaxFeatures::Sqrt, $bootstrap;
            /// How much each class counts.
            class_weight: ClassWeight = ClassWeight::Uniform;
            /// Whether classes are given equal weights among the rows drawn for each tree.
            balanced_subsample: bool = false;
        }

        impl $name {
            /// Keeps the trees of `start` and grows more, up to `n_trees`, on these samples.
            ///
            /// # Errors
            /// Those of `fit`; if there are more trees than `n_trees`; if the samples have other classes or columns.
            pub fn fit_from<'a, F, L>(
                &self,
                start: &Classifier<ClassForest<F>, L>,
                samples: impl Into<Samples<'a, F, Array1<L>>>,
            ) -> Result<Classifier<ClassForest<F>, L>>
            where
                F: Float + 'a,
                L: Label,
            {
                let samples = samples.into();
                start.features().check(samples.x)?;
                fit_labels(self, samples, |samples, classes| {
                    start.check_classes(classes)?;
                    self.fit_codes(samples, start.trees())
                })
            }

            fn fit_codes<F: Float>(
                &self,
                samples: Samples<'_, F, ClassCodes>,
                start: &[Tree],
            ) -> Result<ClassForest<F>> {
                let codes = samples.y.y.to_vec();
                let response = Response::Classes(&codes, samples.y.k);
                let forest = self.forest(self.balanced_subsample);
                ForestModel::fit(&forest, samples, response, start).map(ClassForest::of)
            }
        }

        impl FitClasses for $name {
            type Model<F: Float> = ClassForest<F>;

            fn fit_classes<F: Float>(&self, samples: Samples<'_, F, ClassCodes>) -> Result<ClassForest<F>> {
                self.fit_codes(samples, &[])
            }

            fn class_weight(&self) -> &ClassWeight {
                &self.class_weight
            }
        }
    };
}

macro_rules! numbers {
    ($(#[$meta:meta])* $name:ident, $splitter:expr, $bootstrap:expr) => {
        forest! {
            $(#[$meta])* $name, RegressionCriterion = RegressionCriterion::SquaredError, $splitter,
            MaxFeatures::All, $bootstrap;
        }

        impl $name {
            /// A forest that knows the targets in its leaves, to ask it for quantiles and intervals.
            ///
            /// # Errors
            /// Those of `fit`.
            pub fn fit_quantiles<'a, F: Float + 'a>(
                &self,
                samples: impl Into<Samples<'a, F, Array1<F>>>,
            ) -> Result<QuantileForest<F>> {
                self.check()?;
                QuantileForest::fit(&self.forest(false), samples.into())
            }

            /// Keeps the trees of `start` and grows more, up to `n_trees`, on these samples.
            ///
            /// # Errors
            /// Those of `fit`; if there are more trees than `n_trees`; if the samples have other columns or more targets.
            pub fn fit_from<'a, F, Y>(
                &self,
                start: &Y::Model,
                samples: impl Into<Samples<'a, F, Y>>,
            ) -> Result<Y::Model>
            where
                F: Float + 'a,
                Y: ForestTarget<F>,
            {
                self.check()?;
                let (samples, start) = (samples.into(), Y::forest(start));
                start.features().check(samples.x)?;
                fit_numbers(&self.forest(false), samples, start.trees())
            }
        }

        impl<F: Float, Y: ForestTarget<F>> Fit<F, Y> for $name {
            type Model = Y::Model;

            fn fit_samples(&self, samples: Samples<'_, F, Y>) -> Result<Y::Model> {
                self.check()?;
                fit_numbers(&self.forest(false), samples, &[])
            }
        }
    };
}

/// Targets of a forest: `Array1<F>` is one number for each row, `Array2<F>` are several.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the target of a forest for records of `{F}`",
    note = "targets are `Array1<{F}>` for one number or `Array2<{F}>` for several"
)]
pub trait ForestTarget<F: Float>: Target {
    /// The fitted model.
    type Model: Predict<F, Output = Self>;

    /// One column per target.
    fn columns<'a>(y: Self::View<'a>) -> ArrayView2<'a, F>;

    /// The model of a forest.
    fn model(forest: ForestModel<F>) -> Self::Model;

    /// The forest of a model.
    fn forest(model: &Self::Model) -> &ForestModel<F>;
}
impl<F: Float> ForestTarget<F> for Array1<F> {
    type Model = RegressionForest<F>;

    fn columns<'a>(y: Self::View<'a>) -> ArrayView2<'a, F> {
        y.insert_axis(Axis(1))
    }
    fn model(forest: ForestModel<F>) -> RegressionForest<F> {
        RegressionForest::of(forest)
    }
    fn forest(model: &RegressionForest<F>) -> &ForestModel<F> {
        model
    }
}
impl<F: Float> ForestTarget<F> for Array2<F> {
    type Model = MultiRegressionForest<F>;

    fn columns<'a>(y: Self::View<'a>) -> ArrayView2<'a, F> {
        y
    }
    fn model(forest: ForestModel<F>) -> MultiRegressionForest<F> {
        MultiRegressionForest::of(forest)
    }
    fn forest(model: &MultiRegressionForest<F>) -> &ForestModel<F> {
        model
    }
}

fn fit_numbers<F: Float, Y: ForestTarget<F>>(
    forest: &Forest,
    samples: Samples<'_, F, Y>,
    start: &[Tree],
) -> Result<Y::Model> {
    samples.check()?;
    let y = Y::columns(samples.y);
    let numbers = numbers_of(y)?;
    ForestModel::fit(forest, samples, Response::Numbers(&numbers, y.ncols()), start).map(Y::model)
}

classes! {
    /// A random forest of classes; see [the module](crate::forest).
    ///
    /// ```
    /// use estimand_core::{Fit, Predict, PredictProba};
    /// use estimand_ensemble::RandomForestClassifier;
    /// use ndarray::{Array2, Axis};
    ///
    /// let x = Array2::from_shape_fn((90, 2), |(i, j)| ((i * (7 + 4 * j)) % 31) as f64);
    /// let y: Vec<&str> = x.rows().into_iter().map(|r| if r[0] > r[1] { "below" } else { "above" }).collect();
    /// let forest = RandomForestClassifier::new().n_trees(50).oob_score(true).seed(7);
    /// let model = forest.fit((&x, &y))?;
    /// assert_eq!(model.classes(), ["above", "below"]);
    /// assert!(model.out_of_bag().is_some_and(|oob| oob.score() > 0.85));
    ///
    /// // Twice as many trees, of which the first fifty are those above.
    /// let larger = forest.n_trees(100).fit_from(&model, (&x, &y))?;
    /// assert_eq!(larger.trees()[..50], *model.trees());
    /// # Ok::<(), estimand_core::Error>(())
    /// ```
    RandomForestClassifier, Splitter::Best, true
}
classes! {
    /// Extra trees of classes: thresholds are drawn, not searched. See [the module](crate::forest).
    ///
    /// ```
    /// use estimand_core::{Fit, Predict};
    /// use estimand_ensemble::ExtraTreesClassifier;
    /// use ndarray::array;
    ///
    /// let (x, y) = (array![[1.0], [2.0], [7.0], [9.0]], [false, false, true, true]);
    /// let model = ExtraTreesClassifier::new().n_trees(20).fit((&x, &y))?;
    /// assert_eq!(model.predict(&x)?.to_vec(), y);
    /// # Ok::<(), estimand_core::Error>(())
    /// ```
    ExtraTreesClassifier, Splitter::Random, false
}
numbers! {
    /// A random forest of numbers; see [the module](crate::forest).
    ///
    /// ```
    /// use estimand_core::{Fit, Predict};
    /// use estimand_ensemble::RandomForestRegressor;
    /// use ndarray::{Array1, Array2};
    ///
    /// let x = Array2::from_shape_fn((200, 1), |(i, _)| i as f64 / 20.0);
    /// let y = x.column(0).mapv(f64::sin);
    /// let model = RandomForestRegressor::new().n_trees(30).fit((&x, &y))?;
    /// let error = (model.predict(&x)? - &y).mapv(f64::abs).mean();
    /// assert!(error.is_some_and(|e| e < 0.02));
    /// # Ok::<(), estimand_core::Error>(())
    /// ```
    RandomForestRegressor, Splitter::Best, true
}
numbers! {
    /// Extra trees of numbers: thresholds are drawn, not searched. See [the module](crate::forest).
    ///
    /// ```
    /// use estimand_core::{Fit, Predict};
    /// use estimand_ensemble::ExtraTreesRegressor;
    /// use ndarray::array;
    ///
    /// let (x, y) = (array![[1.0], [2.0], [4.0]], array![1.0, 3.0, 5.0]);
    /// let model = ExtraTreesRegressor::new().n_trees(200).fit((&x, &y))?;
    /// assert_eq!(model.predict(&x)?, y);
    /// // Half way between two rows the trees differ, and their mean lies between.
    /// let between = model.predict(&array![[3.0]])?[0];
    /// assert!(between > 3.5 && between < 4.5);
    /// # Ok::<(), estimand_core::Error>(())
    /// ```
    ExtraTreesRegressor, Splitter::Random, false
}
