//! What every kernel machine begins with: its settings, γ, and the rows that count, packed for the kernel.

use crate::kernel::{Function, Kernel, Rows};
use crate::smo::Limits;
use estimand_core::{Describe, Error, Float, MatrixView, Records, Result};
use ndarray::ArrayView1;

/// Settings of a kernel machine; [`machine!`] declares them.
pub(crate) trait MachineSettings: Describe {
    /// The kernel's function, whose γ may follow from the records.
    fn function<F: Float>(&self, x: Records<'_, F>, weights: Option<ArrayView1<'_, F>>) -> Result<Function>;
    fn limits(&self) -> Limits;
}

/// The kernel's function, of settings that hold one.
macro_rules! function {
    ($settings:ident, $x:expr, $weights:expr) => {
        $settings.gamma.of($x, $weights).map(|gamma| $crate::kernel::Function {
            kernel: $settings.kernel,
            gamma,
            degree: $settings.degree,
            coef0: $settings.coef0,
        })
    };
}

/// Settings of a kernel machine: its own, and those that all have.
macro_rules! machine {
    ($(#[$doc:meta])* pub struct $name:ident { $($own:tt)* }) => {
        estimand_core::params! {
            $(#[$doc])*
            pub struct $name {
                $($own)*
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
                /// Memory for kernel rows in MB; with more than two classes it is divided among up to eight pairs that
                /// are solved together.
                cache_size: f64 = 200.0, above(0.0);
                /// Most steps, for each pair of classes; `None` stands for 100 for each row (200 in regression), at
                /// least ten million.
                max_iter: Option<usize> = None;
            }
            accepts: sparse, weights;
        }

        impl $crate::training::MachineSettings for $name {
            fn function<F: estimand_core::Float>(
                &self,
                x: estimand_core::Records<'_, F>,
                weights: Option<ndarray::ArrayView1<'_, F>>,
            ) -> estimand_core::Result<$crate::kernel::Function> {
                $crate::training::function!(self, x, weights)
            }

            fn limits(&self) -> $crate::smo::Limits {
                $crate::smo::Limits { tol: self.tol, cache_size: self.cache_size, max_iter: self.max_iter }
            }
        }
    };
}

pub(crate) use {function, machine};

/// Rows of positive weight.
pub(crate) struct Training {
    pub(crate) rows: Rows,
    /// Their numbers in the records.
    pub(crate) numbers: Vec<usize>,
    pub(crate) weights: Vec<f64>,
}

impl Training {
    /// `balanced` as for [`Rows::new`].
    ///
    /// # Errors
    /// For records that are not finite, or not what the kernel reads.
    pub(crate) fn new<F: Float>(
        x: Records<'_, F>,
        weights: Option<ArrayView1<'_, F>>,
        function: Function,
        balanced: bool,
    ) -> Result<Self> {
        match (function.kernel, x.values()) {
            (Kernel::Precomputed | Kernel::Custom(_), MatrixView::Sparse(_)) => {
                return Err(Error::unsupported(
                    "this kernel",
                    "sparse records; convert them with `Csr::to_dense`",
                ));
            }
            (Kernel::Precomputed, _) if x.nrows() != x.ncols() => {
                return Err(Error::shape("columns of precomputed kernel values", x.nrows(), x.ncols()));
            }
            _ => {}
        }
        let weight = |i: usize| weights.map_or(1.0, |w| w[i].f64());
        let numbers: Vec<usize> = (0..x.nrows()).filter(|i| weight(*i) > 0.0).collect();
        let rows = match (function.kernel, numbers.len() == x.nrows()) {
            (_, true) => Rows::new(x, function, balanced),
            (Kernel::Precomputed, false) => Rows::new(x, function, balanced).select(&numbers),
            (_, false) => Rows::new(x.select(&numbers).records(), function, balanced),
        };
        Ok(Self { rows, weights: numbers.iter().map(|i| weight(*i)).collect(), numbers })
    }
}
