//! Distinct values of a column, and where to cut them.

use super::{ColumnBins, MAX_BINS};
use estimand_core::random::{Seed, below};
use estimand_core::records::MatrixView;
use estimand_core::{Error, Float, Records, Result};
use estimand_par as par;

/// How columns become bins.
#[derive(Clone, Copy, Debug)]
pub struct BinRules<'a> {
    /// Most bins of a column of numbers, from 2 to [`MAX_BINS`]; missing values have one more.
    pub max_bins: usize,
    /// Columns that hold categories.
    pub categorical: &'a [usize],
    /// Rows that cuts are found on, if there are more.
    pub sample: usize,
    /// Which rows these are.
    pub seed: Seed,
}

impl Default for BinRules<'_> {
    fn default() -> Self {
        Self { max_bins: MAX_BINS, categorical: &[], sample: 200_000, seed: Seed(0) }
    }
}

/// Categories beyond this one would make sets of their bits too long.
const MAX_CATEGORY: f64 = (1 << 20) as f64;

/// Columns that are copied together: as many `f64` as a cache line holds.
const TOGETHER: usize = 8;

impl BinRules<'_> {
    /// The bins of each column. Rows without weight are as good as absent.
    ///
    /// # Errors
    /// [`Error::Parameter`] for a categorical column that there is not, or that does not hold categories: whole numbers
    /// from 0 to 2²⁰, at most [`MAX_BINS`] of them.
    pub fn columns<F: Float>(&self, x: Records<'_, F>, weights: Option<&[f64]>) -> Result<Vec<ColumnBins>> {
        let p = x.ncols();
        if let Some(column) = self.categorical.iter().find(|j| **j >= p) {
            return Err(Error::parameter("categorical_features", column, format!("columns below {p}")));
        }
        let rows = self.rows(x.nrows(), weights);
        let found = par::try_map(p.div_ceil(TOGETHER), |k| {
            let columns = k * TOGETHER..((k + 1) * TOGETHER).min(p);
            let values = gather(x, &rows, columns.clone());
            columns
                .zip(values)
                .map(|(j, values)| match self.categorical.contains(&j) {
                    true => self.categories(x, j, weights),
                    false => Ok(ColumnBins::Numbers(self.numbers(values, &rows, weights))),
                })
                .collect::<Result<Vec<_>>>()
        })?;
        Ok(found.into_iter().flatten().collect())
    }

    /// The rows to look at, ascending.
    fn rows(&self, n: usize, weights: Option<&[f64]>) -> Vec<u32> {
        let mut rows: Vec<u32> =
            (0..n as u32).filter(|i| weights.is_none_or(|w| w[*i as usize] > 0.0)).collect();
        let (mut wanted, mut left) = (self.sample, rows.len());
        if left > wanted {
            let mut stream = self.seed.stream(0);
            rows.retain(|_| {
                let take = below(left, &mut stream) < wanted;
                (wanted, left) = (wanted - usize::from(take), left - 1);
                take
            });
        }
        rows
    }

    fn numbers(&self, values: Vec<f64>, rows: &[u32], weights: Option<&[f64]>) -> Vec<f64> {
        let distinct = match weights {
            None => {
                let mut values = values;
                values.retain(|v| !v.is_nan());
                values.sort_unstable_by(f64::total_cmp);
                distinct(values.into_iter().map(|v| (v, 1.0)))
            }
            Some(w) => {
                let mut pairs: Vec<(f64, f64)> =
                    values.into_iter().zip(rows).map(|(v, i)| (v, w[*i as usize])).collect();
                pairs.retain(|(v, _)| !v.is_nan());
                pairs.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
                distinct(pairs.into_iter())
            }
        };
        cuts(&distinct, self.max_bins)
    }

    /// All categories of a column, whichever rows were drawn.
    fn categories<F: Float>(
        &self,
        x: Records<'_, F>,
        j: usize,
        weights: Option<&[f64]>,
    ) -> Result<ColumnBins> {
        let every = BinRules { sample: usize::MAX, ..*self }.rows(x.nrows(), weights);
        let mut values = gather(x, &every, j..j + 1).pop().unwrap_or_default();
        values.retain(|v| !v.is_nan());
        values.sort_unstable_by(f64::total_cmp);
        values.dedup();
        let refuse = |what: String| {
            let allowed = format!(
                "columns of whole numbers from 0 to {MAX_CATEGORY}, at most {MAX_BINS} of them: {what}"
            );
            Err(Error::parameter("categorical_features", j, allowed))
        };
        if let Some(v) = values.iter().find(|v| !(v.fract() == 0.0 && (0.0..=MAX_CATEGORY).contains(*v))) {
            return refuse(format!("column {j} holds {v}"));
        }
        if values.len() > MAX_BINS {
            return refuse(format!("column {j} has {}", values.len()));
        }
        Ok(ColumnBins::Categories(values.into_iter().map(|v| v as u32).collect()))
    }
}

/// Some columns of some rows, column by column. −0 is 0.
fn gather<F: Float>(x: Records<'_, F>, rows: &[u32], columns: std::ops::Range<usize>) -> Vec<Vec<f64>> {
    let mut out: Vec<Vec<f64>> = columns.clone().map(|_| Vec::with_capacity(rows.len())).collect();
    match x.values() {
        MatrixView::Dense(x) => {
            for i in rows {
                let row = x.row(*i as usize);
                columns.clone().zip(&mut out).for_each(|(j, out)| out.push(row[j].f64() + 0.0));
            }
        }
        MatrixView::Sparse(x) => {
            for (k, i) in rows.iter().enumerate() {
                out.iter_mut().for_each(|out| out.push(0.0));
                for (j, value) in x.row(*i as usize).iter().filter(|(j, _)| columns.contains(j)) {
                    out[j - columns.start][k] = value.f64() + 0.0;
                }
            }
        }
    }
    out
}

/// Ascending values and their weights, equal ones together.
fn distinct(values: impl Iterator<Item = (f64, f64)>) -> Vec<(f64, f64)> {
    let mut out: Vec<(f64, f64)> = Vec::new();
    for (value, weight) in values {
        match out.last_mut() {
            Some(last) if last.0 == value => last.1 += weight,
            _ => out.push((value, weight)),
        }
    }
    out
}

/// Where to cut distinct values into at most `max_bins` bins.
pub(super) fn cuts(distinct: &[(f64, f64)], max_bins: usize) -> Vec<f64> {
    let halfway = |i: usize| {
        let (a, b) = (distinct[i].0, distinct[i + 1].0);
        let middle = a / 2.0 + b / 2.0;
        // Between neighbouring numbers there is none: a itself parts them.
        if a <= middle && middle < b { middle } else { a }
    };
    if distinct.len() <= max_bins {
        return (1..distinct.len()).map(|i| halfway(i - 1)).collect();
    }
    let total: f64 = distinct.iter().map(|d| d.1).sum();
    let share = total / max_bins as f64;
    let is_heavy = |i: usize| distinct[i].1 >= share;
    let heavy: Vec<f64> = (0..distinct.len()).filter(|i| is_heavy(*i)).map(|i| distinct[i].1).collect();
    let (mut mass, mut bins) = (total - heavy.iter().sum::<f64>(), max_bins.saturating_sub(heavy.len()));
    let (mut target, mut here) = (mass / bins.max(1) as f64, 0.0);
    let mut out = Vec::with_capacity(max_bins - 1);
    for i in 0..distinct.len() - 1 {
        here += distinct[i].1;
        if !is_heavy(i) {
            mass -= distinct[i].1;
        }
        if is_heavy(i) || here >= target || (is_heavy(i + 1) && here >= 0.5 * target) {
            out.push(halfway(i));
            if out.len() + 1 == max_bins {
                break;
            }
            here = 0.0;
            if !is_heavy(i) {
                bins = bins.saturating_sub(1);
                target = mass / bins.max(1) as f64;
            }
        }
    }
    out
}
