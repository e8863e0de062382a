//! One row without a batch.

use super::{agree, ok, refused};
use crate::data::Problem;
use crate::subject::{Outcome, Train};
use estimand_core::{Result, Scratch};
use ndarray::Array2;

/// Estimators whose models answer for one row; `Y` tells the kinds of targets apart.
pub trait OneRow<Y> {
    /// The answers for `rows` in a batch and one by one.
    fn both(&self, train: Train<'_, f64>, rows: &Array2<f64>) -> Result<Both>;
}

/// Answers in a batch, answers row by row, and what happened to rows that must be refused.
#[derive(Debug)]
pub struct Both {
    batch: Array2<f64>,
    alone: Array2<f64>,
    too_short: Result<Vec<f64>>,
    with_nan: Result<Vec<f64>>,
}

/// Answers for each row with `one`, beside the answers of the batch.
pub(crate) fn compare(
    rows: &Array2<f64>,
    batch: Array2<f64>,
    one: &dyn Fn(&[f64], &mut Scratch<f64>) -> Result<Vec<f64>>,
) -> Result<Both> {
    let mut scratch = Scratch::new();
    let mut alone = Array2::zeros(batch.raw_dim());
    for (row, mut out) in rows.rows().into_iter().zip(alone.rows_mut()) {
        let answer = one(&row.to_vec(), &mut scratch)?;
        out.iter_mut().zip(answer).for_each(|(o, a)| *o = a);
    }
    let good = rows.row(0).to_vec();
    let mut bad = good.clone();
    bad[0] = f64::INFINITY;
    Ok(Both { batch, alone, too_short: one(&good[1..], &mut scratch), with_nan: one(&bad, &mut scratch) })
}

pub(crate) fn as_in_a_batch<Y, E: OneRow<Y>>(estimator: &E) -> Outcome {
    let p = Problem::new(60, 4, 20);
    judge(estimator.both(Train::of(&p), &p.x))
}

fn judge(both: Result<Both>) -> Outcome {
    let both = ok("fitting", both)?;
    // Sums may be grouped otherwise in a batch: a few units in the last place.
    agree("rows one by one", &both.batch, &both.alone, 1e-12)?;
    refused("a row that is too short", both.too_short, &["columns", "expected 4", "found 3"])?;
    refused("a row with an infinity", both.with_nan, &["inf", "column 0"])
}
