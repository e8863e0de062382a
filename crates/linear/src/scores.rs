//! What a linear classifier fits: one row of coefficients for two classes, k rows for more.
//!
//! ```text
//! Z = X Wᵀ + 1 bᵀ      coef W: m × p      intercept b: m      m = 1 for two classes, else k
//! ```
//!
//! A row has the same scores, to the last bit, alone and among others, whichever dense layout it comes in:
//! each score is one dot product of the row with one row of coefficients. Input is not scanned for
//! NaN: a bad value makes the scores of its row non-finite, and only then is its place looked for.

use crate::model::finite;
use estimand_core::persist::check_len;
use estimand_core::records::MatrixView;
use estimand_core::{Error, Features, Float, Records, Result, Scores, Scratch};
use estimand_kernels as kernels;
use estimand_par as par;
use ndarray::{Array1, Array2, ArrayView2, s};
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// Decision values that are linear in the columns.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(bound(serialize = "F: Float", deserialize = "F: Float"))]
pub struct LinearScores<F> {
    coef: Array2<F>,
    intercept: Array1<F>,
    features: Features,
}

/// Coefficients and intercepts to start a fit from.
pub(crate) type Start = (Array2<f64>, Array1<f64>);

/// Rows that are copied together where theirs are not contiguous.
const COPIED: usize = 64;

impl<F: Float> LinearScores<F> {
    /// Coefficients m × p and intercepts m.
    pub(crate) fn new(coef: Array2<F>, intercept: Array1<F>, features: Features) -> Self {
        Self { coef: coef.as_standard_layout().into_owned(), intercept, features }
    }

    /// Coefficients `W`: one row for two classes, else one per class.
    pub fn coef(&self) -> &Array2<F> {
        &self.coef
    }

    /// Intercepts `b`, one per row of coefficients; 0 where none was fitted.
    pub fn intercept(&self) -> &Array1<F> {
        &self.intercept
    }

    /// The columns the model was fitted on.
    pub fn features(&self) -> &Features {
        &self.features
    }

    /// Refuses contents that contradict one another.
    pub(crate) fn check_loaded(&self) -> Result<()> {
        self.features.check_loaded()?;
        check_len("rows of coef", self.intercept.len(), self.coef.nrows())?;
        check_len("columns of coef", self.features.count(), self.coef.ncols())?;
        match self.coef.as_slice() {
            Some(coef) if kernels::all_finite(coef) && self.intercept.iter().all(|b| b.is_finite()) => Ok(()),
            _ => Err(Error::Persist { what: "coefficients are not finite".into() }),
        }
    }

    /// Refuses scores that are not those of `k` classes.
    pub(crate) fn check_classes(&self, k: usize) -> Result<()> {
        check_len("rows of coef", if k == 2 { 1 } else { k }, self.intercept.len())
    }

    /// out ← W x + b for one row x
    fn row(&self, row: &[F], out: &mut [F]) {
        by_rows(self.coef.as_slice().unwrap_or_default(), row.len(), |at, coef| {
            kernels::rows_dot(coef, row, &mut out[at])
        });
        self.shift(out);
    }

    /// Adds the intercepts to rows of scores.
    fn shift(&self, scores: &mut [F]) {
        scores
            .chunks_exact_mut(self.intercept.len().max(1))
            .for_each(|z| z.iter_mut().zip(&self.intercept).for_each(|(z, b)| *z += *b));
    }

    /// Rows of scores for contiguous rows of x.
    fn contiguous(&self, rows: &[F], out: &mut [F]) {
        let m = self.intercept.len().max(1);
        if m == 1 {
            let coef = self.coef.as_slice().unwrap_or_default();
            by_rows(rows, coef.len(), |at, rows| kernels::rows_dot(rows, coef, &mut out[at]));
            return self.shift(out);
        }
        rows.chunks_exact(self.coef.ncols().max(1))
            .zip(out.chunks_exact_mut(m))
            .for_each(|(row, out)| self.row(row, out));
    }

    fn dense(&self, x: ArrayView2<'_, F>, out: &mut [F]) {
        if let Some(rows) = x.as_slice() {
            return self.contiguous(rows, out);
        }
        let mut copy = Array2::default((COPIED.min(x.nrows()), x.ncols()));
        for (block, out) in x
            .axis_chunks_iter(ndarray::Axis(0), COPIED)
            .zip(out.chunks_mut(COPIED * self.intercept.len().max(1)))
        {
            let mut copy = copy.slice_mut(s![..block.nrows(), ..]);
            copy.assign(&block);
            self.contiguous(copy.as_slice().unwrap_or_default(), out);
        }
    }
}

/// Calls `f` with a few dozen rows of contiguous ones at a time, and with their numbers.
pub(crate) fn by_rows<T>(x: &[T], width: usize, mut f: impl FnMut(Range<usize>, &[&[T]])) {
    const COUNT: usize = 32;
    let (mut rows, mut at, width) = ([&x[..0]; COUNT], 0, width.max(1));
    for some in x.chunks(COUNT * width) {
        let count = some.len() / width;
        rows.iter_mut().zip(some.chunks_exact(width)).for_each(|(slot, row)| *slot = row);
        f(at..at + count, &rows[..count]);
        at += count;
    }
}

impl<F: Float> Scores<F> for LinearScores<F> {
    fn scores(&self, x: Records<'_, F>) -> Result<Array2<F>> {
        self.features.check(x)?;
        x.check_shape()?;
        let m = self.intercept.len();
        let mut out = Array2::default((x.nrows(), m));
        let cost = m * (self.coef.ncols() / 4 + 1);
        par::map_rows_mut(
            out.as_slice_mut().unwrap_or_default(),
            m,
            par::chunk_len(x.nrows(), cost),
            |first, out| match x.rows(first..first + out.len() / m.max(1)).values() {
                MatrixView::Dense(x) => self.dense(x, out),
                MatrixView::Sparse(x) => {
                    for (row, out) in x.outer_iter().zip(out.chunks_exact_mut(m.max(1))) {
                        for (z, w) in out.iter_mut().zip(self.coef.rows()) {
                            *z = F::of(row.iter().map(|(j, v)| v.f64() * w[j].f64()).sum());
                        }
                        self.shift(out);
                    }
                }
            },
        );
        finite(out, x)
    }

    fn scores_one(&self, row: &[F], out: &mut Vec<F>, _: &mut Scratch<F>) -> Result<()> {
        self.features.check_width(row.len())?;
        out.clear();
        out.resize(self.intercept.len(), F::zero());
        self.row(row, out);
        if kernels::all_finite(out) {
            return Ok(());
        }
        let row = ArrayView2::from_shape((1, row.len()), row)
            .map_err(|_| Error::shape("columns of x", self.features.count(), row.len()))?;
        finite(Array2::from_elem((1, 1), F::nan()), row.into()).map(|_| ())
    }
}
