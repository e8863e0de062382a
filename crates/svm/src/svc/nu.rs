//! ν-classification: a bound on the share of errors instead of their price.
//!
//! ```text
//! minimise  ½ ‖w‖² − νρ Σω / 2 + ½ Σᵢ ωᵢ ξᵢ      yᵢ (wᵀφ(xᵢ) + b) ≥ ρ − ξᵢ,   ξᵢ ≥ 0,  ρ ≥ 0                 (4)
//! its dual  minimise  ½ aᵀKa                     0 ≤ yᵢaᵢ ≤ ωᵢ,  Σ yᵢaᵢ of either class = ½ν Σω
//! ```
//!
//! At most a share ν of the rows lies inside the margin, and at least a share ν are support vectors. The solution is
//! that of C-classification with C = 1 / ρ, and is given in its terms: coefficients and intercept are divided by ρ.
//!
//! **References.** \[Scholkopf00\].

use super::SvcModel;
use super::fit::Fitting;
use crate::kernel::{Gamma, Kernel};
use crate::training::machine;
use estimand_core::describe::{above, above_to, finite};
use estimand_core::{ClassCodes, ClassWeight, FitClasses, Float, Result, Samples};

machine! {
    /// Support vector classification that is told the share of errors; see [the module](crate::svc).
    ///
    /// Fitting fails where a class is too small for ν: it must hold at least ν / 2 of the weight of each pair.
    ///
    /// ```
    /// use estimand_core::{Fit, Predict};
    /// use estimand_svm::NuSvc;
    /// use ndarray::array;
    ///
    /// let (x, y) = (array![[-1.0, -1.0], [-2.0, -1.0], [1.0, 1.0], [2.0, 1.0]], ["a", "a", "b", "b"]);
    /// let model = NuSvc::new().nu(0.5).fit((&x, &y))?;
    /// assert_eq!(model.predict(&array![[-0.8, -1.0], [3.0, 0.5]])?.to_vec(), ["a", "b"]);
    /// # Ok::<(), estimand_core::Error>(())
    /// ```
    pub struct NuSvc {
        /// ν: at most this share of the rows lies inside the margin, at least this share are support vectors.
        nu: f64 = 0.5, above_to(0.0, 1.0);
        /// How much each class counts.
        class_weight: ClassWeight = ClassWeight::Uniform;
    }
}

impl FitClasses for NuSvc {
    type Model<F: Float> = SvcModel<F>;

    fn fit_classes<F: Float>(&self, samples: Samples<'_, F, ClassCodes>) -> Result<SvcModel<F>> {
        Fitting::new(samples, self)?.pairs("NuSvc", |pair| pair.nu_svc(self.nu))
    }

    fn class_weight(&self) -> &ClassWeight {
        &self.class_weight
    }
}
