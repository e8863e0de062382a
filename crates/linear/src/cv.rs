//! Cross-validation for estimators that choose a parameter by themselves.

use estimand_core::{Dataset, Float, Matrix, Result, Samples, Splitter, Target};
use estimand_par as par;
use ndarray::Array2;

/// The rows that have weight, if some have none: these are as good as absent, and a fold of nothing else has no score.
pub(crate) fn with_weight<F: Float, Y: Target>(
    samples: &Samples<'_, F, Y>,
) -> Option<Dataset<F, Y, Matrix<F>>> {
    let w = samples.weights.filter(|w| w.iter().any(|w| *w == F::zero()))?;
    let rows: Vec<usize> = (0..w.len()).filter(|i| w[*i] > F::zero()).collect();
    Some(samples.select(&rows))
}

/// `f(training part, test part)` of every fold, one row each, folds in parallel: the scores of the candidates, in
/// an order that is the same for all folds.
pub(crate) fn over_folds<F: Float, Y: Target, C: Splitter<F, Y>>(
    samples: &Samples<'_, F, Y>,
    cv: &C,
    f: impl Fn(Samples<'_, F, Y>, Samples<'_, F, Y>) -> Result<Vec<f64>> + Sync,
) -> Result<Array2<f64>> {
    let folds = cv.folds(samples)?;
    let rows = par::try_map(folds.len(), |k| {
        let (train, test) = (samples.select(&folds[k].train), samples.select(&folds[k].test));
        f(train.samples(), test.samples())
    })?;
    let candidates = rows.first().map_or(0, Vec::len);
    Ok(Array2::from_shape_fn((rows.len(), candidates), |(k, c)| rows[k].get(c).copied().unwrap_or(f64::NAN)))
}

/// [`over_folds`] of the rows that have weight.
pub(crate) fn over_folds_with_weight<F: Float, Y: Target, C: Splitter<F, Y>>(
    samples: &Samples<'_, F, Y>,
    cv: &C,
    f: impl Fn(Samples<'_, F, Y>, Samples<'_, F, Y>) -> Result<Vec<f64>> + Sync,
) -> Result<Array2<f64>> {
    match with_weight(samples) {
        Some(rows) => over_folds(&rows.samples(), cv, f),
        None => over_folds(samples, cv, f),
    }
}
