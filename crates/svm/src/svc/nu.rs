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
use crate::kernel::{Function, Gamma, Kernel};
use crate::smo::Limits;
use estimand_core::describe::{above, above_to, finite};
use estimand_core::{ClassCodes, ClassWeight, FitClasses, Float, Result, Samples};

estimand_core::params! {
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
        /// The kernel.
        kernel: Kernel = Kernel::Rbf;
        /// Degree d of a polynomial kernel.
        degree: u32 = 3;
        /// Factor γ of the kernel.
        gamma => Gamma = Gamma::Scale;
        /// Constant c₀ of polynomial and sigmoid kernels.
        coef0: f64 = 0.0, finite();
        /// Largest violation of the optimality conditions.
        tol: f64 = 1e-3, above(0.0);
        /// Memory for kernel rows in MB; see [`Svc`](crate::Svc::cache_size).
        cache_size: f64 = 200.0, above(0.0);
        /// How much each class counts.
        class_weight: ClassWeight = ClassWeight::Uniform;
        /// Most steps for each pair of classes; `None` stands for 100 n, at least ten million.
        max_iter: Option<usize> = None;
    }
    accepts: sparse, weights;
}

impl FitClasses for NuSvc {
    type Model<F: Float> = SvcModel<F>;

    fn fit_classes<F: Float>(&self, samples: Samples<'_, F, ClassCodes>) -> Result<SvcModel<F>> {
        let limits = Limits { tol: self.tol, cache_size: self.cache_size, max_iter: self.max_iter };
        let function =
            |gamma| Function { kernel: self.kernel, gamma, degree: self.degree, coef0: self.coef0 };
        Fitting::new(samples, self.gamma, function, limits)?.pairs("NuSvc", |pair| pair.nu_svc(self.nu))
    }

    fn class_weight(&self) -> &ClassWeight {
        &self.class_weight
    }
}
