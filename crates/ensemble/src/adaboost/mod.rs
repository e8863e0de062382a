//! AdaBoost: learners one after another, each on rows weighted by how badly those before it did.
//!
//! ```text
//! SAMME, k classes     ε = Σ ω [ŷ ≠ y] / Σ ω         α = η (ln (1 − ε) / ε + ln (k − 1))                  (1)
//!                      ω ← ω exp(α [ŷ ≠ y])          score of class c: Σ_t α_t [ŷ_t = c]                   (2)
//! R2, numbers          l = L(|y − ŷ| / max |y − ŷ|)   L: itself, its square, or 1 − e^(−l)                 (3)
//!                      ε = Σ ω l / Σ ω               β = ε / (1 − ε),   ω ← ω β^(η (1 − l))                (4)
//!                      ŷ(x): the median of ŷ_t(x) with weights η ln 1 / β_t                                (5)
//! ```
//!
//! | symbol | variable | |
//! |---|---|---|
//! | ω | `weights` | of the rows; to begin with, those given |
//! | ε, α | `error`, `weight` | of a learner |
//! | η | `learning_rate` | |
//!
//! 1. Fit the estimator on the weighted rows; for numbers, on rows drawn by their weights (`bootstrap`).
//! 2. Weigh it by (1) or (4), and the rows anew by (2) or (4).
//! 3. Stop after `n_estimators`; after one without error; before one that is no better than guessing, unless it is the first.
//!
//! Any estimator will do that honours weights; small trees are usual. Costs a fit and a prediction for each round.
//!
//! **Differs from scikit-learn.** There is no default estimator, as trees are a family of their own: write
//! `AdaBoostClassifier::new(DecisionTreeClassifier::new().max_depth(Some(1)))`. Without `bootstrap`, numbers are learnt
//! from weighted rows, and nothing is random. Decision values of two classes are half of scikit-learn's; of several, shares
//! of the votes that are not centred. A first learner that is no better than guessing is kept, where SAMME fails
//! there. A weighted median that falls between two predictions is their middle.
//!
//! **References.** \[FreundSchapire97\]; \[ZhuEtAl09\] on several classes; \[Drucker97\] on numbers.

mod classifier;
mod regressor;
#[cfg(test)]
mod tests;

pub use classifier::{AdaBoostClassifier, AdaBoostClassifierModel};
pub use regressor::{AdaBoostLoss, AdaBoostRegressor, AdaBoostRegressorModel};

use estimand_core::{Describe, Error, Parameter, Result};

/// A fitted learner, how much it counts, and how much it erred.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Learner<M> {
    model: M,
    weight: f64,
    error: f64,
}

impl<M> Learner<M> {
    /// The fitted model.
    pub fn model(&self) -> &M {
        &self.model
    }

    /// How much it counts: α, or η ln 1 / β.
    pub fn weight(&self) -> f64 {
        self.weight
    }

    /// ε of the round that it was learnt in.
    pub fn error(&self) -> f64 {
        self.error
    }
}

fn needs_weights(estimator: &impl Describe) -> Result<()> {
    if estimator.capabilities().weights {
        return Ok(());
    }
    let what = "being boosted, as it takes no sample weights";
    Err(Error::unsupported(estimator.name(), what))
}

/// An estimator, as one of the parameters.
fn parameter_of(estimator: &impl Describe) -> Parameter {
    Parameter { name: "estimator".into(), value: estimator.name(), default: "", allowed: String::new() }
}

/// As `params!` of the core, for settings that hold an estimator.
macro_rules! boosted {
    (
        $(#[$doc:meta])* $name:ident;
        $($(#[$meta:meta])* $field:ident: $type:ty = $default:expr $(, $allowed:expr)?;)*
    ) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
        #[serde(default, deny_unknown_fields, bound(deserialize = "E: serde::Deserialize<'de> + Default"))]
        #[must_use = "settings do nothing until they are used"]
        #[non_exhaustive]
        pub struct $name<E> {
            /// What is boosted.
            pub estimator: E,
            $($(#[$meta])* pub $field: $type,)*
        }

        impl<E: Default> Default for $name<E> {
            fn default() -> Self {
                Self::new(E::default())
            }
        }

        impl<E> $name<E> {
            /// Default settings for an estimator.
            pub fn new(estimator: E) -> Self {
                Self { estimator, $($field: $default,)* }
            }
            $(
                $(#[$meta])*
                ///
                #[doc = concat!("Default: `", stringify!($default), "`" $(, "; allowed: `", stringify!($allowed), "`")?, ".")]
                pub fn $field(mut self, $field: $type) -> Self {
                    self.$field = $field;
                    self
                }
            )*
        }

        impl<E: estimand_core::Describe> estimand_core::Describe for $name<E> {
            fn name(&self) -> String {
                format!("{}({})", stringify!($name), self.estimator.name())
            }
            fn parameters(&self) -> Vec<estimand_core::Parameter> {
                let own = [$(estimand_core::Parameter {
                    name: stringify!($field).into(),
                    value: format!("{:?}", self.$field),
                    default: stringify!($default),
                    allowed: String::new() $(+ &$allowed.to_string())?,
                },)*];
                std::iter::once($crate::adaboost::parameter_of(&self.estimator)).chain(own).collect()
            }
            fn check(&self) -> estimand_core::Result<()> {
                $($($allowed.check(stringify!($field), &self.$field)?;)?)*
                self.estimator.check()
            }
            fn capabilities(&self) -> estimand_core::Capabilities {
                self.estimator.capabilities()
            }
        }
    };
}
use boosted;
