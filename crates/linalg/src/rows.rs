//! Functions of single rows, eight at a time: the scores of classes.
//!
//! Rows are taken in blocks, whatever the layout; each value is computed in `f64` by a chain of its own, so that a
//! row has the same bits alone, among others, and on any number of threads.

use crate::lines::{Lines, for_each_block};
use estimand_core::{Error, Features, Float, Records, Result};
use estimand_kernels as kernels;
use estimand_par as par;
use ndarray::{Array2, ArrayView2, s};

/// Rows that are taken together.
const ROWS: usize = 64;

/// k functions of a row, for instance one per class.
pub trait Forms<F: Float>: Sync {
    /// k
    fn count(&self) -> usize;

    /// Multiply-adds that one row costs.
    fn cost(&self) -> usize;

    /// The values of functions 8g … 8g + 7, as far as there are so many, of rows that have the right width.
    fn eight(&self, g: usize, rows: &[&[F]], out: &mut [[f64; 8]]);
}

/// The values of all functions, n × k.
pub fn values<F: Float>(forms: &impl Forms<F>, x: ArrayView2<'_, F>) -> Array2<F> {
    evaluate(forms, x, forms.count())
}

/// [`values`]; but of two functions their difference, n × 1: the second minus the first.
pub fn scores<F: Float>(forms: &impl Forms<F>, x: ArrayView2<'_, F>) -> Array2<F> {
    evaluate(forms, x, columns(forms.count()))
}

/// [`scores`] of one row, into `out`.
pub fn scores_one<F: Float>(forms: &impl Forms<F>, row: &[F], out: &mut Vec<F>) {
    out.clear();
    out.resize(columns(forms.count()), F::zero());
    let mut values = [[0.0; 8]];
    for g in 0..forms.count().div_ceil(8) {
        forms.eight(g, &[row], &mut values);
        write(&values[0], g, out);
    }
}

/// Columns of scores for k classes.
pub fn columns(k: usize) -> usize {
    if k == 2 { 1 } else { k }
}

/// Writes values 8g … 8g + 7 of a row where they belong; into a row of one place, the second less the first.
pub fn write<F: Float>(values: &[f64; 8], g: usize, out: &mut [F]) {
    match out {
        [out] => *out = F::of(values[1] - values[0]),
        out => out[8 * g..].iter_mut().zip(values).for_each(|(out, value)| *out = F::of(*value)),
    }
}

fn evaluate<F: Float>(forms: &impl Forms<F>, x: ArrayView2<'_, F>, width: usize) -> Array2<F> {
    let mut out = Array2::default((x.nrows(), width));
    let chunk = par::chunk_len(x.nrows(), forms.cost() / 8 + 1);
    par::map_rows_mut(out.as_slice_mut().unwrap_or_default(), width, chunk, |from, out| {
        let rows = from..from + out.len() / width.max(1);
        let mut values = [[0.0; 8]; ROWS];
        for_each_rows(x.slice(s![rows, ..]), ROWS, |first, rows| {
            let values = &mut values[..rows.len()];
            let out = &mut out[first * width..(first + rows.len()) * width];
            for g in 0..forms.count().div_ceil(8) {
                forms.eight(g, rows, values);
                out.chunks_exact_mut(width).zip(&*values).for_each(|(out, values)| write(values, g, out));
            }
        });
    });
    out
}

/// [`scores`] of a classifier's records, which must have the columns that it was fitted on.
///
/// # Errors
/// Of [`Features::check`] and [`checked`]; for sparse records.
pub fn class_scores<F: Float>(
    forms: &impl Forms<F>,
    features: &Features,
    x: Records<'_, F>,
    estimator: &str,
) -> Result<Array2<F>> {
    features.check(x)?;
    x.check_shape()?;
    checked(scores(forms, x.dense(estimator)?), x)
}

/// [`class_scores`] of one row, without allocating.
///
/// # Errors
/// As there.
pub fn class_scores_one<F: Float>(
    forms: &impl Forms<F>,
    features: &Features,
    row: &[F],
    out: &mut Vec<F>,
) -> Result<()> {
    features.check_width(row.len())?;
    scores_one(forms, row, out);
    if kernels::all_finite(out) {
        return Ok(());
    }
    let row = ArrayView2::from_shape((1, row.len()), row).map_err(|e| Error::numerical(e.to_string()))?;
    let found = Array2::from_shape_vec((1, out.len()), out.clone()).unwrap_or_default();
    checked(found, row.into()).map(drop)
}

/// Scores as they are, or the error of what made one of them NaN. One of −∞ is that of an impossible class; all of
/// a row at −∞ are an error.
///
/// Records are not scanned for NaN or infinities: these spoil the scores, and only then is the place looked for.
///
/// # Errors
/// [`Error::NonFinite`] with row and column; [`Error::Numerical`] where scores leave the range of the type.
pub fn checked<F: Float>(scores: Array2<F>, x: Records<'_, F>) -> Result<Array2<F>> {
    if scores.as_slice().is_some_and(kernels::all_finite) {
        return Ok(scores);
    }
    x.check_finite()?;
    let lost = |row: ndarray::ArrayView1<'_, F>| {
        row.iter().any(|z| z.is_nan()) || (row.len() > 1 && row.iter().all(|z| !z.is_finite()))
    };
    match scores.rows().into_iter().any(lost) {
        false => Ok(scores),
        true => Err(Error::numerical(format!(
            "scores leave the range of {}; the records are far from the training data",
            F::NAME
        ))),
    }
}

/// Class probabilities: of rows of scores their softmax, of one column z the pair σ(−z), σ(z), which keeps the digits
/// of a small probability that 1 − σ(z) would lose.
pub fn probabilities<F: Float>(mut scores: Array2<F>) -> Array2<F> {
    if scores.ncols() == 1 {
        let pairs: Vec<[F; 2]> = scores.iter().map(|z| [-*z, *z]).collect();
        let mut pairs = Array2::from(pairs);
        pairs.as_slice_mut().into_iter().for_each(kernels::sigmoid);
        return pairs;
    }
    let k = scores.ncols();
    scores.as_slice_mut().into_iter().for_each(|all| kernels::softmax_rows(all, k));
    scores
}

/// Calls `f(first row, rows)` on blocks of at most `size` rows, in order. Only layouts without contiguous rows are
/// copied.
pub(crate) fn for_each_rows<F: Float>(x: ArrayView2<'_, F>, size: usize, mut f: impl FnMut(usize, &[&[F]])) {
    let (p, mut copy) = (x.ncols(), Vec::new());
    for_each_block(x, size, |first, lines| match lines {
        Lines::Rows(rows) => f(first, rows),
        Lines::Columns(columns) => {
            let count = columns.first().map_or(0, |column| column.len());
            copy.resize(count * p, F::zero());
            for (j, column) in columns.iter().enumerate() {
                copy[j..].iter_mut().step_by(p).zip(*column).for_each(|(place, value)| *place = *value);
            }
            let rows: Vec<&[F]> = copy.chunks_exact(p).collect();
            f(first, &rows);
        }
    });
}
