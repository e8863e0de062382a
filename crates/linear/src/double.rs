//! Samples in `f64`, without the rows of weight zero: what the robust regressors work on.

use estimand_core::records::MatrixView;
use estimand_core::samples::check_finite_target;
use estimand_core::{Csr, Float, Result, Samples, Typed};
use ndarray::{Array1, Array2, ArrayView1, Axis, CowArray, Ix1, Ix2};

/// Records, targets and weights in `f64`.
pub(crate) struct Double<'a> {
    pub(crate) x: Values<'a>,
    pub(crate) y: CowArray<'a, f64, Ix1>,
    /// All positive; `None` where rows count alike.
    pub(crate) weights: Option<Array1<f64>>,
    /// The number of each row in the samples, where some had no weight.
    pub(crate) kept: Option<Vec<usize>>,
}

/// Records in `f64`: dense row after row, or sparse.
pub(crate) enum Values<'a> {
    Dense(CowArray<'a, f64, Ix2>),
    Sparse(Csr<f64>),
}

impl<'a> Double<'a> {
    /// # Errors
    /// What `Samples::check` refuses, and NaN and infinities in x and y.
    pub(crate) fn new<F: Float>(samples: &Samples<'a, F, Array1<F>>) -> Result<Self> {
        samples.check()?;
        samples.x.check_finite()?;
        check_finite_target(samples.y.insert_axis(Axis(1)))?;
        let kept: Option<Vec<usize>> = samples
            .weights
            .filter(|w| w.iter().any(|w| *w == F::zero()))
            .map(|w| w.iter().enumerate().filter(|(_, w)| **w > F::zero()).map(|(i, _)| i).collect());
        let rows = kept.as_deref();
        let vector = |v: ArrayView1<'_, F>| match rows {
            None => v.mapv(Float::f64),
            Some(rows) => rows.iter().map(|i| v[*i].f64()).collect(),
        };
        let (x, y) = match (samples.x.values(), rows) {
            (MatrixView::Dense(x), None) => {
                let x = match F::typed_view(x) {
                    Typed::F64(x) if x.is_standard_layout() => x.into(),
                    // Row after row, also from columns.
                    _ => Array2::from_shape_fn(x.dim(), |at| x[at].f64()).into(),
                };
                let y = match F::typed_view(samples.y.insert_axis(Axis(1))) {
                    Typed::F64(y) => y.index_axis_move(Axis(1), 0).into(),
                    Typed::F32(_) => vector(samples.y).into(),
                };
                (Values::Dense(x), y)
            }
            (MatrixView::Dense(x), Some(rows)) => {
                let x = Array2::from_shape_fn((rows.len(), x.ncols()), |(i, j)| x[[rows[i], j]].f64());
                (Values::Dense(x.into()), vector(samples.y).into())
            }
            (MatrixView::Sparse(x), rows) => {
                let x = rows.map_or_else(|| x.to_owned(), |rows| x.select(rows));
                let (p, (indptr, indices, data)) = (x.view().ncols(), x.into_parts());
                let data = data.into_iter().map(Float::f64).collect();
                (Values::Sparse(Csr::new(p, indptr, indices, data)?), vector(samples.y).into())
            }
        };
        Ok(Self { x, y, weights: samples.weights.map(vector), kept })
    }

    /// Number of rows with weight.
    pub(crate) fn nrows(&self) -> usize {
        self.y.len()
    }

    /// ωᵢ
    pub(crate) fn weight(&self, i: usize) -> f64 {
        self.weights.as_ref().map_or(1.0, |w| w[i])
    }

    /// Σ ωᵢ
    pub(crate) fn total(&self) -> f64 {
        self.weights.as_ref().map_or(self.nrows() as f64, |w| w.sum())
    }
}
