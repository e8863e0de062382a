//! Distances of all pairs.

use crate::metric::Metric;
use crate::points::{EIGHT, Points};
use crate::prepare::{Plan, Prepare};
use estimand_core::{Error, Float, Records, Result};
use estimand_par as par;
use ndarray::{Array2, ArrayView2};

/// The distance of each row of `x` (m × p) from each row of `y` (n × p), m × n.
///
/// Distances are taken of differences and not of products, so that those of rows that are nearly alike keep their digits,
/// and those of equal rows are 0. Metrics that leave variances open take them from the rows of `y`.
///
/// Costs O(mnp), on all threads.
///
/// ```
/// use estimand_index::{Metric, pairwise};
/// use ndarray::array;
///
/// let x = array![[0.0, 0.0], [3.0, 4.0]];
/// assert_eq!(pairwise(&x, &x, &Metric::Euclidean)?, array![[0.0, 5.0], [5.0, 0.0]]);
/// # Ok::<(), estimand_core::Error>(())
/// ```
///
/// # Errors
/// For records that are empty, sparse, not finite (NaN is allowed where the metric reads it) or of different widths, and
/// for a metric with parameters out of range.
pub fn pairwise<'x, 'y, F: Float>(
    x: impl Into<Records<'x, F>>,
    y: impl Into<Records<'y, F>>,
    metric: &Metric,
) -> Result<Array2<F>> {
    let (x, y) = (x.into(), y.into());
    if x.ncols() != y.ncols() {
        return Err(Error::shape("columns of y", x.ncols(), y.ncols()));
    }
    for records in [x, y] {
        records.check_shape()?;
        metric.check(records.ncols())?;
        match metric.reads_missing() {
            true => records.check_finite_or_missing()?,
            false => records.check_finite()?,
        }
    }
    let (x, y) = (x.dense("pairwise distances")?, y.dense("pairwise distances")?);
    let plan = Plan::new(metric, y)?;
    plan.check_range(x)?;
    plan.check_range(y)?;
    Ok(match plan.prepare {
        Prepare::Nothing => of_rows(x, y, &plan),
        _ => of_rows(plan.prepare.rows(x).view(), plan.prepare.rows(y).view(), &plan),
    })
}

/// [`pairwise`] of rows that have been prepared.
pub(crate) fn of_rows<T: Float, F: Float>(
    x: ArrayView2<'_, T>,
    y: ArrayView2<'_, T>,
    plan: &Plan,
) -> Array2<F> {
    let ((m, p), n) = (x.dim(), y.nrows());
    let (x, y) = (x.as_standard_layout(), y.as_standard_layout());
    let (x, y) = (x.as_slice().unwrap_or_default(), y.as_slice().unwrap_or_default());
    let points = Points::new(y, p, (0..n as u32).collect());
    let mut out = Array2::default((m, n));
    // A group of blocks stays in the first cache while several rows pass over it.
    let group = (16_384 / (EIGHT * p * size_of::<T>())).clamp(1, 64);
    let chunk = par::chunk_len(m, n * p / 8 + 1).min(64);
    par::map_rows_mut(out.as_slice_mut().unwrap_or_default(), n, chunk, |first, out| {
        let mut found = vec![[0.0; EIGHT]; group];
        for from in (0..points.count()).step_by(group) {
            let to = points.count().min(from + group);
            for (i, out) in out.chunks_exact_mut(n).enumerate() {
                let row = &x[(first + i) * p..][..p];
                plan.gauge.near(row, points.blocks(from..to), f64::NAN, &mut found[..to - from]);
                let distances = found.as_flattened().iter().map(|d| F::of(plan.reading.metric(*d)));
                out[from * EIGHT..(to * EIGHT).min(n)]
                    .iter_mut()
                    .zip(distances)
                    .for_each(|(out, d)| *out = d);
            }
        }
    });
    out
}
