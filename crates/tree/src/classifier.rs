//! Trees of classes: a leaf predicts the shares of the classes among its rows.

use crate::model::{ClassTree, TreeModel};
use estimand_core::describe::{at_least, between};
use estimand_core::{ClassCodes, ClassWeight, FitClasses, Float, Result, Samples, Seed};
use estimand_grow::exact::Response;
use estimand_grow::settings::{ClassCriterion, MaxFeatures, Plan, Rows, Splitter};
use estimand_grow::tree_params;

tree_params! {
    /// A tree of classes; see [the crate](crate).
    ///
    /// ```
    /// use estimand_core::{Fit, Predict, PredictProba};
    /// use estimand_tree::DecisionTreeClassifier;
    /// use ndarray::array;
    ///
    /// // Length and colour of fruit; one length is not known.
    /// let x = array![[18.0, 0.0], [19.0, 1.0], [7.0, 1.0], [8.0, 2.0], [f64::NAN, 1.0]];
    /// let y = ["banana", "banana", "apple", "apple", "apple"];
    /// let model = DecisionTreeClassifier::new().categorical_features(vec![1]).fit((&x, &y))?;
    /// assert_eq!(model.predict(&array![[17.0, 2.0], [f64::NAN, 0.0]])?.to_vec(), ["banana", "apple"]);
    /// assert_eq!((model.depth(), model.n_leaves()), (1, 2));
    /// assert_eq!(model.feature_importances().to_vec(), [1.0, 0.0]);
    /// assert_eq!(model.predict_proba(&x)?.row(4).to_vec(), [1.0, 0.0]); // apple, banana
    /// # Ok::<(), estimand_core::Error>(())
    /// ```
    pub struct DecisionTreeClassifier {
        criterion: ClassCriterion = ClassCriterion::Gini;
        splitter: |settings: &Self| settings.splitter;
        max_features: MaxFeatures::All;
        /// Where thresholds come from.
        splitter: Splitter = Splitter::Best;
        /// How much each class counts.
        class_weight: ClassWeight = ClassWeight::Uniform;
        /// Of what is drawn: columns, where not all are looked at, and thresholds.
        seed: u64 = 0;
    }
}

tree_params! {
    /// A tree of classes with thresholds drawn at random: for ensembles, as by itself it is a poor one.
    ///
    /// ```
    /// use estimand_core::{Fit, Predict};
    /// use estimand_tree::ExtraTreeClassifier;
    /// use ndarray::array;
    ///
    /// let (x, y) = (array![[1.0], [2.0], [7.0], [9.0]], [false, false, true, true]);
    /// let model = ExtraTreeClassifier::new().seed(1).fit((&x, &y))?;
    /// assert_eq!(model.predict(&x)?.to_vec(), y);
    /// # Ok::<(), estimand_core::Error>(())
    /// ```
    pub struct ExtraTreeClassifier {
        criterion: ClassCriterion = ClassCriterion::Gini;
        splitter: |_: &Self| Splitter::Random;
        max_features: MaxFeatures::Sqrt;
        /// How much each class counts.
        class_weight: ClassWeight = ClassWeight::Uniform;
        /// Of what is drawn: columns and thresholds.
        seed: u64 = 0;
    }
}

fn fit<F: Float>(plan: &Plan, seed: u64, samples: Samples<'_, F, ClassCodes>) -> Result<ClassTree<F>> {
    let codes = samples.y.y.to_vec();
    let response = Response::Classes(&codes, samples.y.k);
    TreeModel::fit(plan, samples.x, response, samples.weights, Seed(seed)).map(ClassTree::of)
}

impl FitClasses for DecisionTreeClassifier {
    type Model<F: Float> = ClassTree<F>;

    fn fit_classes<F: Float>(&self, samples: Samples<'_, F, ClassCodes>) -> Result<ClassTree<F>> {
        fit(&self.plan(), self.seed, samples)
    }

    fn class_weight(&self) -> &ClassWeight {
        &self.class_weight
    }
}

impl FitClasses for ExtraTreeClassifier {
    type Model<F: Float> = ClassTree<F>;

    fn fit_classes<F: Float>(&self, samples: Samples<'_, F, ClassCodes>) -> Result<ClassTree<F>> {
        fit(&self.plan(), self.seed, samples)
    }

    fn class_weight(&self) -> &ClassWeight {
        &self.class_weight
    }
}
