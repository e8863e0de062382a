//! A sample of the rows, on which most of the way to the minimum is made at a small share of the cost.
//!
//! Rows are drawn from each class in equal steps through the data, at a random place within each step, so that
//! neither the order of the rows nor a period in it matters. A rare class keeps more than its share of rows,
//! and each row a weight that restores the shares. The draw is the same in every fit.

use super::problem::Problem;
use estimand_core::random::below;
use estimand_core::records::MatrixView;
use estimand_core::{Float, Records, Seed};
use ndarray::{Array1, Array2};

/// Rows copied from the data, with what makes them stand for all.
pub(super) struct Sample {
    pub(super) x: Array2<f64>,
    pub(super) codes: Array1<u32>,
    pub(super) weights: Array1<f64>,
}

/// Fewest rows worth a sample.
const FEWEST: usize = 4_000;
/// Rows of the sample for each column, where there are many columns, and where there are few.
const PER_COLUMN: (usize, usize) = (20, 200);
/// Share of the data that costs less than the passes it saves, where there are very many rows …
const SMALL_SHARE: usize = 40;
/// … and the largest share that is ever worth while.
const LARGE_SHARE: usize = 5;

/// Rows of the sample that serves `n` rows of `width` columns; `None` if the data are too few for one.
pub(crate) fn size(n: usize, width: usize) -> Option<usize> {
    let few = (PER_COLUMN.1 * width).min(n / 10);
    let m = FEWEST.max(PER_COLUMN.0 * width).max(few).max(n / SMALL_SHARE);
    (m <= n / LARGE_SHARE).then_some(m)
}

/// About `m` rows of the problem's.
pub(super) fn draw<F: Float>(x: Records<'_, F>, problem: &Problem<'_, '_, F>, m: usize) -> Sample {
    let rows = &problem.rows;
    let classes = rows.k.max(2);
    let mut counts = vec![0_usize; classes];
    rows.codes.iter().for_each(|code| counts[*code as usize] += 1);
    let share = |count: usize| (m * count).div_ceil(x.nrows()).max(m / (2 * classes)).min(count);
    let steps: Vec<f64> = counts.iter().map(|count| *count as f64 / share(*count).max(1) as f64).collect();
    let mut stream = Seed(0).stream(0);
    let mut place = |step: f64, taken: usize| {
        (step * (taken as f64 + below(1 << 32, &mut stream) as f64 / 2.0_f64.powi(32))) as usize
    };
    let mut next: Vec<usize> = steps.iter().map(|step| place(*step, 0)).collect();
    let (mut seen, mut taken) = (vec![0; classes], vec![0; classes]);
    let mut chosen = Vec::with_capacity(m + classes);
    for (i, code) in rows.codes.iter().enumerate() {
        let c = *code as usize;
        if seen[c] == next[c] {
            chosen.push(i);
            taken[c] += 1;
            next[c] = place(steps[c], taken[c]).max(seen[c] + 1);
        }
        seen[c] += 1;
    }
    let codes: Array1<u32> = chosen.iter().map(|i| rows.codes[*i]).collect();
    let weights = chosen
        .iter()
        .zip(&codes)
        .map(|(i, c)| steps[*c as usize] * rows.weights.as_ref().map_or(1.0, |w| w[*i]))
        .collect();
    let mut copy = Array2::zeros((chosen.len(), x.ncols()));
    match x.values() {
        // In the order of memory.
        MatrixView::Dense(x) if x.strides()[0].unsigned_abs() < x.strides()[1].unsigned_abs() => {
            for (mut out, x) in copy.columns_mut().into_iter().zip(x.columns()) {
                out.iter_mut().zip(&chosen).for_each(|(out, i)| *out = x[*i].f64());
            }
        }
        MatrixView::Dense(x) => {
            for (mut out, i) in copy.rows_mut().into_iter().zip(&chosen) {
                out.zip_mut_with(&x.row(*i), |out, v| *out = v.f64());
            }
        }
        MatrixView::Sparse(x) => {
            for (mut out, i) in copy.rows_mut().into_iter().zip(&chosen) {
                x.row(*i).iter().for_each(|(j, v)| out[j] = v.f64());
            }
        }
    }
    Sample { x: copy, codes, weights }
}
