//! The perceptron: steps of fixed length on rows that are on the wrong side.

use super::classifier::{SgdClassifier, SgdLoss, SgdModel};
use super::plan::{LearningRate, SgdPenalty};
use estimand_core::describe::{above, at_least, between, inside};
use estimand_core::{ClassCodes, ClassWeight, Features, FitBatches, FitClasses, Float, Result, Samples};

estimand_core::params! {
    /// The perceptron \[Rosenblatt58\]: an [`SgdClassifier`] with the perceptron loss and constant steps. Where classes can
    /// be separated, it ends with no row on the wrong side.
    ///
    /// ```
    /// use estimand_core::{Fit, Predict};
    /// use estimand_linear::Perceptron;
    /// use ndarray::array;
    ///
    /// let x = array![[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]];
    /// let and = [false, false, false, true];
    /// let model = Perceptron::new().tol(None).max_iter(20).fit((&x, &and))?;
    /// assert_eq!(model.predict(&x)?.to_vec(), and);
    /// # Ok::<(), estimand_core::Error>(())
    /// ```
    pub struct Perceptron {
        /// The penalty R.
        penalty: SgdPenalty = SgdPenalty::None;
        /// Strength α of the penalty.
        alpha: f64 = 1e-4, at_least(0.0);
        /// Share ρ of the L1 penalty in `ElasticNet`; the other penalties do without.
        l1_ratio: f64 = 0.15, between(0.0, 1.0);
        /// Whether to fit intercepts, which are not penalised.
        fit_intercept: bool = true;
        /// How much each class counts.
        class_weight: ClassWeight = ClassWeight::Uniform;
        /// Length of a step. Without a penalty it multiplies the coefficients and changes no prediction.
        eta0: f64 = 1.0, above(0.0);
        /// Most epochs.
        max_iter: usize = 1000, at_least(1.0);
        /// What an epoch has to gain to count as progress; `None` makes `max_iter` epochs.
        tol: Option<f64> = Some(1e-3), at_least(0.0);
        /// Epochs without progress before the end.
        n_iter_no_change: usize = 5, at_least(1.0);
        /// Whether to keep rows back and to judge progress by the accuracy on them.
        early_stopping: bool = false;
        /// Share of the rows, of each class, to keep back.
        validation_fraction: f64 = 0.1, inside(0.0, 1.0);
        /// Whether to shuffle the rows before each epoch.
        shuffle: bool = true;
        /// Seed of the shuffling and of the rows to keep back.
        seed: u64 = 0;
    }
    accepts: sparse, weights;
}

impl Perceptron {
    fn classifier(&self) -> SgdClassifier {
        SgdClassifier::new()
            .loss(SgdLoss::Perceptron)
            .learning_rate(LearningRate::Constant)
            .penalty(self.penalty)
            .alpha(self.alpha)
            .l1_ratio(self.l1_ratio)
            .fit_intercept(self.fit_intercept)
            .class_weight(self.class_weight.clone())
            .eta0(self.eta0)
            .max_iter(self.max_iter)
            .tol(self.tol)
            .n_iter_no_change(self.n_iter_no_change)
            .early_stopping(self.early_stopping)
            .validation_fraction(self.validation_fraction)
            .shuffle(self.shuffle)
            .seed(self.seed)
    }
}

impl FitClasses for Perceptron {
    type Model<F: Float> = SgdModel<F>;

    fn fit_classes<F: Float>(&self, samples: Samples<'_, F, ClassCodes>) -> Result<SgdModel<F>> {
        self.classifier().fit_classes(samples)
    }

    fn class_weight(&self) -> &ClassWeight {
        &self.class_weight
    }
}

impl FitBatches for Perceptron {
    fn begin_classes<F: Float>(&self, k: usize, features: Features) -> Result<SgdModel<F>> {
        self.classifier().begin_classes(k, features)
    }
}
