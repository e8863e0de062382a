//! Functions of single rows, eight at a time: the scores of classes.
//!
//! Rows are taken in blocks, whatever the layout; each value is computed in `f64` by a chain of its own, so that a
//! row has the same bits alone, among others, and on any number of threads.

use crate::lines::{Lines, for_each_block};
use estimand_core::classify::winners;
use estimand_core::{Error, Features, Float, Records, Result};
use estimand_kernels as kernels;
use estimand_par as par;
use ndarray::{Array1, Array2, ArrayView2, s};

/// Rows that are taken together.
pub const ROWS: usize = 64;

/// k functions of a row, for instance one per class.
pub trait Forms<F: Float>: Sync {
    /// k
    fn count(&self) -> usize;

    /// Multiply-adds that one row costs.
    fn cost(&self) -> usize;

    /// The values of functions 8g … 8g + 7, as far as there are so many, of rows that have the right width.
    fn eight(&self, g: usize, rows: &[&[F]], out: &mut [[f64; 8]]);
}

/// start + (x − shift) Wᵀ: k affine functions of a row, which lose nothing far from zero.
#[derive(Clone, Debug, PartialEq)]
pub struct Affine {
    count: usize,
    shift: Vec<f64>,
    start: Vec<[f64; 8]>,
    /// p values of eight functions, then of the next eight.
    weights: Vec<[f64; 8]>,
}

impl Affine {
    /// W is k × p, `start` k, `shift` p.
    ///
    /// # Panics
    /// If the sizes do not agree.
    pub fn new(weights: ArrayView2<'_, f64>, start: &[f64], shift: Vec<f64>) -> Self {
        let (k, p) = weights.dim();
        assert_eq!((start.len(), shift.len()), (k, p), "sizes of affine functions");
        let eight = |g: usize, of: &dyn Fn(usize) -> f64| {
            std::array::from_fn(|l| if 8 * g + l < k { of(8 * g + l) } else { 0.0 })
        };
        let groups = k.div_ceil(8);
        Self {
            count: k,
            shift,
            start: (0..groups).map(|g| eight(g, &|c| start[c])).collect(),
            weights: (0..groups)
                .flat_map(|g| (0..p).map(move |j| (g, j)))
                .map(|(g, j)| eight(g, &|c| weights[[c, j]]))
                .collect(),
        }
    }
}

impl<F: Float> Forms<F> for Affine {
    fn count(&self) -> usize {
        self.count
    }

    fn cost(&self) -> usize {
        8 * self.weights.len()
    }

    fn eight(&self, g: usize, rows: &[&[F]], out: &mut [[f64; 8]]) {
        let p = self.shift.len();
        out.fill(self.start[g]);
        kernels::linear_eight(rows, &self.shift, &self.weights[g * p..(g + 1) * p], out);
    }
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
    evaluate_one(forms, row, out);
}

/// [`values`] of one row, into `out`.
pub fn values_one<F: Float>(forms: &impl Forms<F>, row: &[F], out: &mut Vec<F>) {
    out.clear();
    out.resize(forms.count(), F::zero());
    evaluate_one(forms, row, out);
}

fn evaluate_one<F: Float>(forms: &impl Forms<F>, row: &[F], out: &mut [F]) {
    let (k, mut values) = (forms.count(), [[0.0; 8]]);
    for g in 0..k.div_ceil(8) {
        forms.eight(g, &[row], &mut values);
        write(&values[0], g, k, out);
    }
}

/// Columns of scores for k classes.
pub fn columns(k: usize) -> usize {
    if k == 2 { 1 } else { k }
}

/// Writes values 8g … 8g + 7 of k where they belong; of two into one place, the second less the first.
pub fn write<F: Float>(values: &[f64; 8], g: usize, k: usize, out: &mut [F]) {
    match (k, out) {
        (2, [out]) => *out = F::of(values[1] - values[0]),
        (_, out) => out[8 * g..].iter_mut().zip(values).for_each(|(out, value)| *out = F::of(*value)),
    }
}

/// Rows of a chunk.
fn chunk<F: Float>(forms: &impl Forms<F>, n: usize) -> usize {
    par::chunk_len(n, forms.cost() / 8 + 1)
}

fn evaluate<F: Float>(forms: &impl Forms<F>, x: ArrayView2<'_, F>, width: usize) -> Array2<F> {
    let mut out = Array2::default((x.nrows(), width));
    let chunk = chunk(forms, x.nrows());
    par::map_rows_mut(out.as_slice_mut().unwrap_or_default(), width, chunk, |from, out| {
        let rows = from..from + out.len() / width.max(1);
        let (k, mut values) = (forms.count(), [[0.0; 8]; ROWS]);
        for_each_rows(x.slice(s![rows, ..]), ROWS, |first, rows| {
            let values = &mut values[..rows.len()];
            let out = &mut out[first * width..(first + rows.len()) * width];
            for g in 0..k.div_ceil(8) {
                forms.eight(g, rows, values);
                out.chunks_exact_mut(width).zip(&*values).for_each(|(out, values)| write(values, g, k, out));
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

/// The codes of the largest of [`class_scores`], which are not kept.
///
/// # Errors
/// As there.
pub fn class_codes<F: Float>(
    forms: &impl Forms<F>,
    features: &Features,
    x: Records<'_, F>,
    estimator: &str,
) -> Result<Array1<u32>> {
    features.check(x)?;
    x.check_shape()?;
    let (dense, k) = (x.dense(estimator)?, forms.count());
    let mut codes = vec![0; dense.nrows()];
    let finite = par::map_rows_mut(&mut codes, 1, chunk(forms, dense.nrows()), |from, codes| {
        let (mut finite, mut values) = (true, [[0.0; 8]; ROWS]);
        for_each_rows(dense.slice(s![from..from + codes.len(), ..]), ROWS, |first, rows| {
            let (values, codes) = (&mut values[..rows.len()], &mut codes[first..first + rows.len()]);
            let mut best = [F::neg_infinity(); ROWS];
            for g in 0..k.div_ceil(8) {
                forms.eight(g, rows, values);
                for ((code, best), values) in codes.iter_mut().zip(&mut best).zip(&*values) {
                    if columns(k) == 1 {
                        let mut score = [F::zero()];
                        write(values, g, k, &mut score);
                        finite &= score[0].is_finite();
                        *code = u32::from(score[0] > F::zero());
                        continue;
                    }
                    // Without branches, as any class may win.
                    let mut winner = (*best, *code);
                    for (class, value) in (8 * g..k).zip(values) {
                        let value = F::of(*value);
                        finite &= value.is_finite();
                        let better = value > winner.0;
                        winner.0 = if better { value } else { winner.0 };
                        winner.1 = if better { class as u32 } else { winner.1 };
                    }
                    (*best, *code) = winner;
                }
            }
        });
        finite
    });
    match finite.into_iter().all(|finite| finite) {
        true => Ok(codes.into()),
        // What is to be made of them is said in one place.
        false => Ok(winners(&checked(scores(forms, dense), x)?)),
    }
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
/// a row at −∞ are an error, and so is +∞ among those of several classes, which leaves no probabilities.
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
        let highest = row.iter().fold(F::neg_infinity(), |a, b| a.max(*b));
        row.iter().any(|z| z.is_nan()) || (row.len() > 1 && !highest.is_finite())
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
