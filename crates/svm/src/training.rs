//! What every kernel machine begins with: γ, and the rows that count, packed for the kernel.

use crate::kernel::{Function, Gamma, Kernel, Rows};
use estimand_core::{Error, Float, MatrixView, Records, Result};
use ndarray::ArrayView1;

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
    /// For records that are not finite, or not what the kernel reads; of [`Gamma::of`].
    pub(crate) fn new<F: Float>(
        x: Records<'_, F>,
        weights: Option<ArrayView1<'_, F>>,
        gamma: Gamma,
        function: impl FnOnce(f64) -> Function,
        balanced: bool,
    ) -> Result<Self> {
        x.check_finite()?;
        let function = function(gamma.of(x, weights)?);
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
