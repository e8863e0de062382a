//! What every metric checks of its input.

use estimand_core::samples::check_weights;
use estimand_core::{Error, Float, Result};
use ndarray::{ArrayRef1, ArrayView1, ArrayView2};

/// Sample weights, where there are any.
pub(crate) type Weights<'a, W> = Option<&'a ArrayRef1<W>>;

/// Refuses no rows, numbers of rows that differ, and weights that cannot be used.
pub(crate) fn check_rows<W: Float>(
    truth: usize,
    other: usize,
    what: &str,
    weights: Weights<'_, W>,
) -> Result<()> {
    if truth == 0 {
        return Err(Error::EmptyInput { what: "truth".into() });
    }
    if other != truth {
        return Err(Error::shape(format!("rows of {what}"), truth, other));
    }
    weights.map_or(Ok(()), |w| check_weights(w.view(), truth))
}

/// The weight of row `i`, 1 where there are none.
#[inline]
pub(crate) fn weight_of<W: Float>(weights: Option<ArrayView1<'_, W>>, i: usize) -> f64 {
    weights.map_or(1.0, |w| w[i].f64())
}

/// The error that names the first NaN or infinity in one of these tables, if there is one.
pub(crate) fn find_not_finite<F: Float>(tables: &[(&str, ArrayView2<'_, F>)]) -> Option<Error> {
    tables.iter().find_map(|(what, table)| {
        let ((row, column), value) = table.indexed_iter().find(|(_, v)| !v.is_finite())?;
        Some(Error::NonFinite { what: (*what).into(), value: value.to_string(), row, column })
    })
}
