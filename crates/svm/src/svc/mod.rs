//! Support vector classification.
//!
//! ```text
//! two classes    minimise  ½ ‖w‖² + C Σᵢ ωᵢ ξᵢ     yᵢ (wᵀφ(xᵢ) + b) ≥ 1 − ξᵢ,  ξᵢ ≥ 0                      (1)
//! its dual       minimise  ½ aᵀKa − yᵀa            0 ≤ yᵢaᵢ ≤ C ωᵢ,  Σ aᵢ = 0                              (2)
//! decision       Σᵢ aᵢ K(x, xᵢ) + b
//! k classes      one such machine for each pair of classes, which vote                                    (3)
//! ```
//!
//! | symbol | variable | shape |
//! |---|---|---|
//! | a | `dual_coef` | (k − 1) × n_sv |
//! | b | `intercept` | k (k − 1) / 2 |
//! | ω | weights of rows times those of classes | n |
//!
//! 1. Check; γ; rows of weight 0 are left out; the rest is packed for the kernel.
//! 2. (2) for each pair of classes, in parallel, by sequential minimal optimisation.
//! 3. Rows that are a support vector in any pair are kept, class by class.
//!
//! Where there are more than two classes, the score of a class is its votes plus s / 3 (|s| + 1), s the sum of its
//! decisions, which is less than half a vote: equal votes are decided by it.
//!
//! Costs O(n · n_sv · p) and more where C is large; memory is `cache_size` and O(np). Predicting costs n_sv · p for each
//! row. Kernel rows are not shared between pairs: with k classes they would be, at most, half as many values.
//!
//! **Differs from scikit-learn.** A weight of 2 is the row twice, also in `gamma = Scale`. Records are moved to their
//! mean before distances are taken, so that columns far from zero lose nothing. What is predicted is always the class
//! of the largest score, as `break_ties = True` does there; the decisions of pairs are
//! [`pair_decisions`](SvcModel::pair_decisions). The model of a linear kernel predicts with one product per pair.
//!
//! **References.** \[Cortes95\], \[Fan05\], \[Wen18\].

pub(crate) mod fit;
mod model;
mod nu;
#[cfg(test)]
mod tests;

pub use model::SvcModel;
pub use nu::NuSvc;

use crate::kernel::{Gamma, Kernel};
use crate::training::machine;
use estimand_core::describe::{above, finite};
use estimand_core::{ClassCodes, ClassWeight, FitClasses, Float, Result, Samples};

machine! {
    /// Support vector classification; see [the module](crate::svc).
    ///
    /// ```
    /// use estimand_core::{Decide, Fit, Predict};
    /// use estimand_svm::Svc;
    /// use ndarray::array;
    ///
    /// let (x, y) = (array![[-1.0, -1.0], [-2.0, -1.0], [1.0, 1.0], [2.0, 1.0]], [1, 1, 2, 2]);
    /// let model = Svc::new().fit((&x, &y))?;
    /// assert_eq!(model.predict(&array![[-0.8, -1.0], [3.0, 0.5]])?.to_vec(), [1, 2]);
    /// assert!(model.decision_function(&x)?.iter().all(|z: &f64| z.abs() <= 1.001));
    /// # Ok::<(), estimand_core::Error>(())
    /// ```
    pub struct Svc {
        /// Strength C of the loss against the norm: the larger, the fewer rows may lie on the wrong side.
        c: f64 = 1.0, above(0.0);
        /// How much each class counts: C is multiplied by it.
        class_weight: ClassWeight = ClassWeight::Uniform;
    }
}

impl FitClasses for Svc {
    type Model<F: Float> = SvcModel<F>;

    fn fit_classes<F: Float>(&self, samples: Samples<'_, F, ClassCodes>) -> Result<SvcModel<F>> {
        fit::Fitting::new(samples, self)?.pairs("Svc", |pair| pair.c_svc(self.c))
    }

    fn class_weight(&self) -> &ClassWeight {
        &self.class_weight
    }
}
