//! Naive Bayes for counts, and for yes and no: multinomial, complement and Bernoulli.
//!
//! ```text
//! N_cⱼ = Σ w xⱼ over the rows of class c        n_c = Σ w        N_cⱼ′ = Σ over all classes but c                (1)
//!
//! multinomial   θ_cⱼ = (N_cⱼ + α) / Σⱼ (N_cⱼ + α)         score  ln π_c + Σⱼ xⱼ ln θ_cⱼ                          (2)
//! complement    θ_cⱼ = (N_cⱼ′ + α) / Σⱼ (N_cⱼ′ + α)       score  − Σⱼ xⱼ ln θ_cⱼ, over Σⱼ −ln θ_cⱼ with `norm`   (3)
//! Bernoulli     θ_cⱼ = (N_cⱼ + α) / (n_c + 2α)            score  ln π_c + Σⱼ (bⱼ ln θ_cⱼ + (1 − bⱼ) ln(1 − θ_cⱼ)) (4)
//! ```
//!
//! | symbol | variable | shape |
//! |---|---|---|
//! | N, n | `feature_count`, `class_count` | k × p, k, `f64` |
//! | π | `priors` | k |
//! | ln θ; in (3) the factor of x | `feature_log_prob` | k × p |
//! | bⱼ | 1 where xⱼ > `binarize`, else 0; with `None` the records hold 0 and 1 themselves | |
//!
//! Fitting counts once over the records, dense or sparse; a further batch adds to the counts. Every score is linear in
//! x (or b), which is how it is computed: O(npk), or O(k) for each stored value of sparse records. In (4) ln(1 − θ)
//! is taken from the counts, so that it keeps its digits where θ is near 1.
//!
//! | use | for |
//! |---|---|
//! | [`MultinomialNb`] | counts or tf-idf weights, as of words in texts of different lengths |
//! | [`ComplementNb`] | the same where classes are of very different sizes |
//! | [`BernoulliNb`] | whether something occurs; its absence counts as well |
//!
//! **Differs from scikit-learn.** α = 0 is the limit of ever less smoothing (10⁻³⁰⁰), where scikit-learn computes with
//! ln 0: something never counted in a class all but rules it out, without NaN. `fit_prior = false` is
//! [`Priors::Uniform`], `class_prior` is [`Priors::Given`]. Negative counts, and other values than 0 and 1 for
//! `BernoulliNb` without `binarize`, are errors that name the place. There is one α for all columns. A class that
//! no batch has held yet has probability 0.
//!
//! **References.** \[Manning08\], chapter 13, on (2) and (4); \[Rennie03\] on (3).

mod model;
#[cfg(test)]
mod tests;

pub use model::CountNbModel;

use estimand_core::describe::at_least;
use estimand_core::{
    ClassCodes, ClassWeight, Features, FitBatches, FitClasses, Float, LearnClasses, Priors, Result, Samples,
};
use model::Rule;

estimand_core::params! {
    /// Multinomial naive Bayes, for counts; see [the module](crate::counts).
    ///
    /// ```
    /// use estimand_bayes::MultinomialNb;
    /// use estimand_core::{Fit, Predict};
    /// use ndarray::array;
    ///
    /// // How often each text says: prize, meeting, minutes.
    /// let x = array![[3.0, 0.0, 1.0], [2.0, 1.0, 0.0], [0.0, 2.0, 2.0], [0.0, 1.0, 1.0]];
    /// let model = MultinomialNb::new().fit((&x, &["spam", "spam", "ham", "ham"]))?;
    /// assert_eq!(model.predict(&array![[1.0, 0.0, 0.0], [0.0, 0.0, 4.0]])?.to_vec(), ["spam", "ham"]);
    /// assert_eq!(model.feature_count(), array![[0.0, 3.0, 3.0], [5.0, 1.0, 1.0]]);
    /// # Ok::<(), estimand_core::Error>(())
    /// ```
    pub struct MultinomialNb {
        /// Smoothing α: what every count gets on top. 0 is the limit of ever less.
        alpha: f64 = 1.0, at_least(0.0);
        /// Whether an α below 1e-10 is kept; otherwise it is raised to that.
        force_alpha: bool = true;
        /// How likely each class is before a record has been seen; in the order of the classes where given.
        priors => Priors = Priors::Empirical;
        /// How much each class counts.
        class_weight: ClassWeight = ClassWeight::Uniform;
    }
    accepts: sparse, weights;
}

estimand_core::params! {
    /// Complement naive Bayes, for counts: learns each class from all the others; see [the module](crate::counts).
    ///
    /// ```
    /// use estimand_bayes::ComplementNb;
    /// use estimand_core::{Fit, Predict};
    /// use ndarray::array;
    ///
    /// let x = array![[3.0, 0.0, 1.0], [2.0, 1.0, 0.0], [0.0, 2.0, 2.0]];
    /// let model = ComplementNb::new().norm(true).fit((&x, &["spam", "spam", "ham"]))?;
    /// assert_eq!(model.predict(&array![[1.0, 0.0, 0.0]])?.to_vec(), ["spam"]);
    /// # Ok::<(), estimand_core::Error>(())
    /// ```
    pub struct ComplementNb {
        /// Smoothing α: what every count gets on top. 0 is the limit of ever less.
        alpha: f64 = 1.0, at_least(0.0);
        /// Whether an α below 1e-10 is kept; otherwise it is raised to that.
        force_alpha: bool = true;
        /// Whether each class's factors are divided by their sum.
        norm: bool = false;
        /// How much each class counts: as its rows would, though no prior enters (3).
        class_weight: ClassWeight = ClassWeight::Uniform;
    }
    accepts: sparse, weights;
}

estimand_core::params! {
    /// Bernoulli naive Bayes, for what occurs or does not; see [the module](crate::counts).
    ///
    /// ```
    /// use estimand_bayes::BernoulliNb;
    /// use estimand_core::{Fit, PredictProba};
    /// use ndarray::array;
    ///
    /// let x = array![[1.0, 0.0], [1.0, 1.0], [0.0, 1.0]];
    /// let model = BernoulliNb::new().fit((&x, &[true, true, false]))?;
    /// // P(x | true) = ¾ · ½ and P(x | false) = ⅓ · ⅓, with priors ⅔ and ⅓.
    /// assert!((model.predict_proba(&array![[1.0, 0.0]])?[[0, 1]] - 27.0 / 31.0_f64).abs() < 1e-15);
    /// # Ok::<(), estimand_core::Error>(())
    /// ```
    pub struct BernoulliNb {
        /// Smoothing α: what each outcome's count gets on top. 0 is the limit of ever less.
        alpha: f64 = 1.0, at_least(0.0);
        /// Whether an α below 1e-10 is kept; otherwise it is raised to that.
        force_alpha: bool = true;
        /// Values above this count as 1, the others as 0; `None` for records of 0 and 1.
        binarize: Option<f64> = Some(0.0), at_least(0.0);
        /// How likely each class is before a record has been seen; in the order of the classes where given.
        priors => Priors = Priors::Empirical;
        /// How much each class counts.
        class_weight: ClassWeight = ClassWeight::Uniform;
    }
    accepts: sparse, weights;
}

/// α as it is used: never 0, so that logarithms stay finite.
pub(crate) fn smoothing(alpha: f64, force_alpha: bool) -> f64 {
    alpha.max(if force_alpha { 1e-300 } else { 1e-10 })
}

macro_rules! estimator {
    ($name:ident, |$settings:ident| $rule:expr, $priors:expr) => {
        impl FitClasses for $name {
            type Model<F: Float> = CountNbModel<F>;

            fn fit_classes<F: Float>(&self, samples: Samples<'_, F, ClassCodes>) -> Result<CountNbModel<F>> {
                let mut model = self.begin_classes(samples.y.k, Features::of(samples.x))?;
                model.learn_classes(samples)?;
                Ok(model)
            }

            fn class_weight(&self) -> &ClassWeight {
                &self.class_weight
            }
        }

        impl FitBatches for $name {
            fn begin_classes<F: Float>(&self, k: usize, features: Features) -> Result<CountNbModel<F>> {
                let $settings = self;
                let alpha = smoothing(self.alpha, self.force_alpha);
                CountNbModel::begin($rule, alpha, $priors, self.class_weight.clone(), k, features)
            }
        }
    };
}
estimator!(MultinomialNb, |s| Rule::Multinomial, s.priors.clone());
estimator!(ComplementNb, |s| Rule::Complement { norm: s.norm }, Priors::Empirical);
estimator!(BernoulliNb, |s| Rule::Bernoulli { binarize: s.binarize }, s.priors.clone());
