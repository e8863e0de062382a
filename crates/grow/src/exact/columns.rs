//! Columns as the exact splitter reads them: made once, shared by all trees of a forest.
//!
//! Where the best threshold is searched, a value is its rank among the distinct values of its column: whole numbers are
//! quicker to sort, and half as long. Where thresholds are drawn, values stay what they are. Both are kept twice: column
//! by column, for nodes with many of the rows, and row by row, to be copied from when a node has few.

use super::table::{Key, Table};
use estimand_core::records::MatrixView;
use estimand_core::{Error, Float, Records, Result, order};
use estimand_par as par;
use ndarray::ArrayView2;

/// What is known of a column besides its keys.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Column {
    /// The distinct values, ascending; empty where keys are not ranks.
    pub(crate) values: Vec<f64>,
    /// Whether some value is missing.
    pub(crate) missing: bool,
    /// How many categories there are, where values are such: 0, 1, 2, ….
    pub(crate) categories: Option<usize>,
}

/// Columns with keys of one kind.
#[derive(Clone, Debug)]
pub(crate) struct Keyed<K> {
    pub(crate) table: Table<K>,
    /// The same row by row, if there are more rows than a small table holds.
    pub(crate) by_row: Vec<K>,
    pub(crate) columns: Vec<Column>,
}

#[derive(Clone, Debug)]
pub(crate) enum Keys {
    Ranks(Keyed<u32>),
    Values(Keyed<f64>),
}

/// The columns of a training set, prepared for growing trees on them.
#[derive(Clone, Debug)]
pub struct Columns {
    pub(crate) keys: Keys,
}

/// Columns that are prepared together: those of a cache line of `f64`.
const TOGETHER: usize = 8;

/// The largest category: sets of categories take a bit for each up to the largest.
const LARGEST_CATEGORY: f64 = 65_535.0;

impl Columns {
    /// Columns for trees that search the best threshold. The columns named in `categorical` hold categories.
    ///
    /// Costs O(np log n), and eight bytes a value while the trees grow.
    ///
    /// # Errors
    /// If a value is infinite, or a categorical one is no whole number from 0 to 65535, or such a column does not exist.
    pub fn ranked<F: Float>(x: Records<'_, F>, categorical: &[usize]) -> Result<Self> {
        let rank = |values: Vec<f64>, categories: Option<usize>| match categories {
            Some(_) => {
                let codes = values.iter().map(|v| if v.is_nan() { u32::MISSING } else { *v as u32 });
                (codes.collect(), Vec::new())
            }
            None => ranks(&values),
        };
        Ok(Self { keys: Keys::Ranks(keyed(x, categorical, rank)?) })
    }

    /// Columns for trees that draw their thresholds.
    ///
    /// # Errors
    /// As [`ranked`](Self::ranked).
    pub fn raw<F: Float>(x: Records<'_, F>, categorical: &[usize]) -> Result<Self> {
        Ok(Self { keys: Keys::Values(keyed(x, categorical, |values, _| (values, Vec::new()))?) })
    }

    /// Number of rows.
    pub fn rows(&self) -> usize {
        match &self.keys {
            Keys::Ranks(keys) => keys.table.rows(),
            Keys::Values(keys) => keys.table.rows(),
        }
    }

    /// Number of columns.
    pub fn count(&self) -> usize {
        match &self.keys {
            Keys::Ranks(keys) => keys.columns.len(),
            Keys::Values(keys) => keys.columns.len(),
        }
    }
}

fn keyed<F: Float, K: Key>(
    x: Records<'_, F>,
    categorical: &[usize],
    key: impl Fn(Vec<f64>, Option<usize>) -> (Vec<K>, Vec<f64>) + Sync,
) -> Result<Keyed<K>> {
    x.check_finite_or_missing()?;
    let (n, p) = (x.nrows(), x.ncols());
    if n >= u32::MISSING as usize {
        return Err(Error::shape("rows of x", format!("fewer than {}", u32::MISSING), n));
    }
    if let Some(j) = categorical.iter().find(|j| **j >= p) {
        return Err(Error::parameter("categorical_features", j, format!("numbers of columns, below {p}")));
    }
    // One that sparse rows give: a row for each column.
    let turned = match x.values() {
        MatrixView::Dense(_) => None,
        MatrixView::Sparse(x) => Some(x.transpose()),
    };
    let groups = par::try_map(p.div_ceil(TOGETHER), |group| {
        let columns = group * TOGETHER..((group + 1) * TOGETHER).min(p);
        let values = match (x.values(), &turned) {
            (MatrixView::Dense(x), _) => dense(x, columns.clone()),
            (_, Some(turned)) => {
                let column = |j: usize| {
                    let mut values = vec![0.0; n];
                    turned.view().row(j).iter().for_each(|(i, value)| values[i] = value.f64());
                    values
                };
                columns.clone().map(column).collect()
            }
            _ => Vec::new(),
        };
        let columns = columns.zip(values).map(|(j, values)| {
            let missing = values.iter().any(|v| v.is_nan());
            let categories = match categorical.contains(&j) {
                true => Some(categories(&values, j)?),
                false => None,
            };
            let (keys, values) = key(values, categories);
            Ok((keys, Column { values, missing, categories }))
        });
        columns.collect::<Result<Vec<_>>>()
    })?;
    let (keys, columns): (Vec<Vec<K>>, Vec<Column>) = groups.into_iter().flatten().unzip();
    let table = Table::of_columns(n, &keys);
    drop(keys);
    let by_row = if n > Table::<K>::small(p) { table.by_row() } else { Vec::new() };
    Ok(Keyed { table, by_row, columns })
}

/// Columns of a dense array, read row by row so that a cache line is fetched once.
fn dense<F: Float>(x: ArrayView2<'_, F>, columns: std::ops::Range<usize>) -> Vec<Vec<f64>> {
    let mut out: Vec<Vec<f64>> = columns.clone().map(|_| Vec::with_capacity(x.nrows())).collect();
    let part = x.slice_move(ndarray::s![.., columns]);
    for row in part.rows() {
        out.iter_mut().zip(row).for_each(|(column, v)| column.push(v.f64()));
    }
    out
}

/// One more than the largest category.
fn categories(values: &[f64], column: usize) -> Result<usize> {
    let mut count = 1;
    for (row, v) in values.iter().enumerate().filter(|(_, v)| !v.is_nan()) {
        if !(*v >= 0.0 && *v <= LARGEST_CATEGORY && v.fract() == 0.0) {
            let allowed = format!(
                "columns of whole numbers from 0 to {LARGEST_CATEGORY}; column {column} holds {v} in row {row}"
            );
            return Err(Error::parameter("categorical_features", column, allowed));
        }
        count = count.max(*v as usize + 1);
    }
    Ok(count)
}

/// The rank of each value among the distinct ones, and these.
///
/// What is sorted is the row's number beneath the leading bits of its value; the few values that agree in those are
/// looked at again.
fn ranks(x: &[f64]) -> (Vec<u32>, Vec<f64>) {
    let bits = usize::BITS - x.len().saturating_sub(1).leading_zeros();
    let row = |key: u64| (key & ((1 << bits) - 1)) as usize;
    let present = x.iter().enumerate().filter(|(_, v)| !v.is_nan());
    let mut keys: Vec<u64> = present.map(|(i, v)| order::ascending(*v) >> bits << bits | i as u64).collect();
    keys.sort_unstable();
    let (mut ranks, mut values) = (vec![u32::MISSING; x.len()], Vec::<f64>::new());
    for equal in keys.chunk_by_mut(|a, b| a >> bits == b >> bits) {
        let first = x[row(equal[0])];
        if !equal.iter().all(|key| x[row(*key)] == first) {
            equal.sort_unstable_by_key(|key| order::ascending(x[row(*key)]));
        }
        for key in equal {
            let i = row(*key);
            if values.last() != Some(&x[i]) {
                values.push(x[i]);
            }
            ranks[i] = values.len() as u32 - 1;
        }
    }
    values.shrink_to_fit();
    (ranks, values)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    #[test]
    fn ranks_are_those_of_the_distinct_values() {
        let close = 1.0 + f64::EPSILON;
        let x = [2.0, f64::NAN, -0.0, close, 0.0, 2.0, 1.0, -7.0];
        let (found, values) = ranks(&x);
        assert_eq!(values, [-7.0, 0.0, 1.0, close, 2.0]);
        assert_eq!(found, [4, u32::MISSING, 1, 3, 1, 4, 2, 0]);
    }

    #[test]
    fn sparse_columns_are_dense_ones() {
        let x = array![[0.0, 3.0, 1.0], [2.0, 0.0, 0.0], [0.0, f64::NAN, -1.0]];
        let csr = estimand_core::Csr::from_dense(x.view());
        let keys = |columns: Columns| match columns.keys {
            Keys::Ranks(keys) => (keys.table, keys.columns),
            Keys::Values(_) => unreachable!(),
        };
        let dense = keys(Columns::ranked((&x).into(), &[]).unwrap());
        assert_eq!(dense, keys(Columns::ranked((&csr).into(), &[]).unwrap()));
        assert_eq!(dense.0.column(1), [1, 0, u32::MISSING]);
    }

    #[test]
    fn categories_are_whole_numbers() {
        let x = array![[0.0, 3.0], [2.0, f64::NAN], [0.0, 0.5]];
        let Keys::Ranks(keys) = Columns::ranked((&x).into(), &[0]).unwrap().keys else { unreachable!() };
        assert_eq!((keys.table.column(0), keys.columns[0].categories), (&[0, 2, 0][..], Some(3)));
        for (columns, word) in [([1], "0.5 in row 2"), ([2], "below 2")] {
            let error = Columns::ranked((&x).into(), &columns).unwrap_err().to_string();
            assert!(error.contains(word), "{error}");
        }
    }
}
