//! Compressed sparse rows: construction, validation, slices. Products live in the algebra crate.

use crate::{Error, Float, Result, Typed};
use ndarray::{Array2, ArrayView2};
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// An owned `n × p` matrix of compressed sparse rows with 32-bit column numbers.
///
/// Row `i` has the columns `indices[indptr[i]..indptr[i + 1]]`, strictly increasing, and the values at
/// the same places of `data`. Every constructor guarantees this.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(bound(serialize = "F: Float", deserialize = "F: Float"))]
#[serde(try_from = "Parts<F>")]
pub struct Csr<F> {
    ncols: usize,
    indptr: Vec<usize>,
    indices: Vec<u32>,
    data: Vec<F>,
}

/// A borrowed matrix of compressed sparse rows: all of a [`Csr`], or a range of its rows.
#[derive(Debug)]
pub struct CsrView<'a, F> {
    ncols: usize,
    /// One entry more than rows; absolute positions in the arrays of the owner.
    indptr: &'a [usize],
    indices: &'a [u32],
    data: &'a [F],
}
impl<F> Clone for CsrView<'_, F> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<F> Copy for CsrView<'_, F> {}

/// One sparse row: column numbers, strictly increasing, and values.
#[derive(Clone, Copy, Debug)]
pub struct SparseRow<'a, F> {
    /// Column numbers.
    pub indices: &'a [u32],
    /// Values.
    pub values: &'a [F],
}
impl<'a, F: Float> SparseRow<'a, F> {
    /// Columns and values.
    pub fn iter(&self) -> impl Iterator<Item = (usize, F)> + use<'a, F> {
        self.indices.iter().zip(self.values).map(|(j, v)| (*j as usize, *v))
    }
}

/// What a file holds, before it is validated.
#[derive(Deserialize)]
#[serde(bound(deserialize = "F: Float"))]
struct Parts<F> {
    ncols: usize,
    indptr: Vec<usize>,
    indices: Vec<u32>,
    data: Vec<F>,
}
impl<F: Float> TryFrom<Parts<F>> for Csr<F> {
    type Error = Error;
    fn try_from(p: Parts<F>) -> Result<Self> {
        Csr::new(p.ncols, p.indptr, p.indices, p.data)
    }
}

impl<F> Csr<F> {
    /// Borrows all rows.
    pub fn view(&self) -> CsrView<'_, F> {
        CsrView { ncols: self.ncols, indptr: &self.indptr, indices: &self.indices, data: &self.data }
    }
}

impl<F: Float> Csr<F> {
    /// A matrix from its three arrays, which are validated: `indptr` starts at 0, never falls and ends
    /// at the number of values; column numbers are below `ncols` and strictly increasing in each row.
    pub fn new(ncols: usize, indptr: Vec<usize>, indices: Vec<u32>, data: Vec<F>) -> Result<Self> {
        let fail = |what: String| {
            Err(Error::Shape {
                what: "sparse matrix".into(),
                expected: "valid compressed rows".into(),
                found: what,
            })
        };
        if ncols > u32::MAX as usize {
            return fail(format!("{ncols} columns; at most {} are possible", u32::MAX));
        }
        if indices.len() != data.len() {
            return fail(format!("{} column numbers for {} values", indices.len(), data.len()));
        }
        if indptr.first() != Some(&0) || indptr.last() != Some(&data.len()) {
            return fail(format!("row pointers that do not run from 0 to {}", data.len()));
        }
        for (i, bounds) in indptr.windows(2).enumerate() {
            let Some(row) = indices.get(bounds[0]..bounds[1]) else {
                return fail(format!("row pointers that fall or leave the values at row {i}"));
            };
            if row.windows(2).any(|pair| pair[0] >= pair[1]) {
                return fail(format!("column numbers of row {i} that are not strictly increasing"));
            }
            if row.last().is_some_and(|j| *j as usize >= ncols) {
                return fail(format!("a column number of row {i} beyond {ncols} columns"));
            }
        }
        Ok(Self { ncols, indptr, indices, data })
    }

    /// A matrix from `(row, column, value)` triplets in any order; values at the same place are added.
    pub fn from_triplets(
        nrows: usize,
        ncols: usize,
        triplets: impl IntoIterator<Item = (usize, usize, F)>,
    ) -> Result<Self> {
        let mut entries: Vec<(usize, usize, F)> = Vec::new();
        for (i, j, v) in triplets {
            if i >= nrows || j >= ncols {
                return Err(Error::shape(
                    "triplet",
                    format!("a place inside {nrows} × {ncols}"),
                    format!("({i}, {j})"),
                ));
            }
            entries.push((i, j, v));
        }
        // Stable, so that values at one place are added in the order in which they came.
        entries.sort_by_key(|(i, j, _)| (*i, *j));
        if nrows >= isize::MAX as usize / size_of::<usize>() {
            return Err(Error::shape("rows of a sparse matrix", "few enough for the memory", nrows));
        }
        let (mut indptr, mut indices, mut data) = (vec![0; nrows + 1], Vec::new(), Vec::<F>::new());
        let mut last = None;
        for (i, j, v) in entries {
            match data.last_mut() {
                Some(sum) if last == Some((i, j)) => *sum += v,
                _ => {
                    indices.push(j as u32);
                    data.push(v);
                    indptr[i + 1] += 1;
                }
            }
            last = Some((i, j));
        }
        for i in 0..nrows {
            indptr[i + 1] += indptr[i];
        }
        Self::new(ncols, indptr, indices, data)
    }

    /// The non-zero values of a dense array.
    pub fn from_dense(x: ArrayView2<'_, F>) -> Self {
        let (mut indptr, mut indices, mut data) = (vec![0], Vec::new(), Vec::new());
        for row in x.rows() {
            for (j, v) in row.iter().enumerate().filter(|(_, v)| **v != F::zero()) {
                indices.push(j as u32);
                data.push(*v);
            }
            indptr.push(data.len());
        }
        Self { ncols: x.ncols(), indptr, indices, data }
    }

    /// The same matrix with each stored value replaced: `f(column, value)`. Zeros stay stored.
    #[must_use]
    pub fn map_values(mut self, f: impl Fn(usize, F) -> F) -> Self {
        self.indices.iter().zip(&mut self.data).for_each(|(j, v)| *v = f(*j as usize, *v));
        self
    }

    /// The same matrix with column `j` multiplied by `scale[j]`.
    pub fn scale_columns(self, scale: &[F]) -> Result<Self> {
        if scale.len() != self.ncols {
            return Err(Error::shape("column factors", self.ncols, scale.len()));
        }
        Ok(self.map_values(|j, v| v * scale[j]))
    }

    /// Written out in full.
    pub fn to_dense(&self) -> Array2<F> {
        self.view().to_dense()
    }

    /// The transpose.
    #[must_use]
    pub fn transpose(&self) -> Self {
        self.view().transpose()
    }

    /// Row pointers, column numbers and values.
    pub fn into_parts(self) -> (Vec<usize>, Vec<u32>, Vec<F>) {
        (self.indptr, self.indices, self.data)
    }
}

impl<'a, F> CsrView<'a, F> {
    /// Number of rows.
    pub fn nrows(&self) -> usize {
        self.indptr.len() - 1
    }
    /// Number of columns.
    pub fn ncols(&self) -> usize {
        self.ncols
    }
    /// The values of these rows, row by row.
    pub fn data(&self) -> &'a [F] {
        &self.data[self.span()]
    }
    /// The column numbers of these rows, row by row.
    pub fn indices(&self) -> &'a [u32] {
        &self.indices[self.span()]
    }
    /// Number of stored values.
    pub fn nnz(&self) -> usize {
        self.span().len()
    }
    fn span(&self) -> Range<usize> {
        self.indptr[0]..self.indptr[self.nrows()]
    }
    /// Row `i`.
    ///
    /// # Panics
    /// If there is no such row.
    #[inline]
    pub fn row(&self, i: usize) -> SparseRow<'a, F> {
        let at = self.indptr[i]..self.indptr[i + 1];
        SparseRow { indices: &self.indices[at.clone()], values: &self.data[at] }
    }
    /// All rows in turn.
    pub fn outer_iter(self) -> impl ExactSizeIterator<Item = SparseRow<'a, F>> {
        (0..self.nrows()).map(move |i| self.row(i))
    }
    /// Rows `range`, borrowed.
    ///
    /// # Panics
    /// If the range reaches past the last row.
    pub fn rows(&self, range: Range<usize>) -> Self {
        Self { indptr: &self.indptr[range.start..=range.end], ..*self }
    }
}

impl<'a, F: Float> CsrView<'a, F> {
    /// The view with its concrete type.
    pub fn typed(self) -> Typed<CsrView<'a, f32>, CsrView<'a, f64>> {
        let Self { ncols, indptr, indices, data } = self;
        match F::typed(data) {
            Typed::F32(data) => Typed::F32(CsrView { ncols, indptr, indices, data }),
            Typed::F64(data) => Typed::F64(CsrView { ncols, indptr, indices, data }),
        }
    }
}

impl<F: Float> CsrView<'_, F> {
    /// The rows with these numbers, copied, in this order.
    pub fn select(&self, rows: &[usize]) -> Csr<F> {
        let (mut indptr, mut indices, mut data) = (vec![0], Vec::new(), Vec::new());
        for i in rows {
            let row = self.row(*i);
            indices.extend_from_slice(row.indices);
            data.extend_from_slice(row.values);
            indptr.push(data.len());
        }
        Csr { ncols: self.ncols, indptr, indices, data }
    }

    /// Copied.
    pub fn to_owned(&self) -> Csr<F> {
        let start = self.indptr[0];
        Csr {
            ncols: self.ncols,
            indptr: self.indptr.iter().map(|at| at - start).collect(),
            indices: self.indices().to_vec(),
            data: self.data().to_vec(),
        }
    }

    /// Written out in full.
    pub fn to_dense(&self) -> Array2<F> {
        let mut dense = Array2::zeros((self.nrows(), self.ncols));
        for (i, row) in self.outer_iter().enumerate() {
            row.iter().for_each(|(j, v)| dense[[i, j]] = v);
        }
        dense
    }

    /// The transpose, by counting columns: O(nnz + n + p).
    pub fn transpose(&self) -> Csr<F> {
        let mut indptr = vec![0; self.ncols + 1];
        self.indices().iter().for_each(|j| indptr[*j as usize + 1] += 1);
        for j in 0..self.ncols {
            indptr[j + 1] += indptr[j];
        }
        let mut next = indptr.clone();
        let (mut indices, mut data) = (vec![0; self.nnz()], vec![F::zero(); self.nnz()]);
        for (i, row) in self.outer_iter().enumerate() {
            for (j, v) in row.iter() {
                indices[next[j]] = i as u32;
                data[next[j]] = v;
                next[j] += 1;
            }
        }
        Csr { ncols: self.nrows(), indptr, indices, data }
    }
}
