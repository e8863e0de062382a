//! The one door for inputs: dense arrays of any layout, or compressed sparse rows, with or without
//! column names.

use crate::{Csr, CsrView, Dataset, Error, Float, Result, Target};
use ndarray::{Array2, ArrayBase, ArrayView2, Axis, Ix2, ShapeBuilder, ViewRepr};
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// A borrowed matrix, dense or sparse.
#[derive(Clone, Copy, Debug)]
pub enum MatrixView<'a, F> {
    /// Dense, in any layout: C-order, F-order, sliced, reversed.
    // This is `ArrayView2<'a, F>` with its last parameter written out: left to its default, which is a
    // projection, it would make the lifetimes of everything that holds records invariant.
    Dense(ArrayBase<ViewRepr<&'a F>, Ix2, F>),
    /// Compressed sparse rows.
    Sparse(CsrView<'a, F>),
}

/// An owned matrix, dense or sparse: what a transformer gives to the next step.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(bound(serialize = "F: Float", deserialize = "F: Float"))]
pub enum Matrix<F> {
    /// Dense.
    Dense(Array2<F>),
    /// Compressed sparse rows.
    Sparse(Csr<F>),
}

/// Borrowed records: `n` rows of `p` features, and the names of the features if they have any.
#[derive(Clone, Copy, Debug)]
pub struct Records<'a, F> {
    values: MatrixView<'a, F>,
    names: Option<&'a [String]>,
}

impl<'a, F: Float> Records<'a, F> {
    /// The values, dense or sparse.
    pub fn values(&self) -> MatrixView<'a, F> {
        self.values
    }

    /// Number of rows, `n`.
    pub fn nrows(&self) -> usize {
        match &self.values {
            MatrixView::Dense(x) => x.nrows(),
            MatrixView::Sparse(x) => x.nrows(),
        }
    }

    /// Number of columns, `p`.
    pub fn ncols(&self) -> usize {
        match &self.values {
            MatrixView::Dense(x) => x.ncols(),
            MatrixView::Sparse(x) => x.ncols(),
        }
    }

    /// Column names.
    pub fn names(&self) -> Option<&'a [String]> {
        self.names
    }

    /// The same records with column names; as many as there are columns, or the fit refuses them.
    #[must_use]
    pub fn with_names(self, names: &'a [String]) -> Self {
        Self { names: Some(names), ..self }
    }

    /// The dense values, or the error of an estimator that cannot read sparse ones.
    pub fn dense(&self, estimator: &str) -> Result<ArrayView2<'a, F>> {
        match self.values {
            MatrixView::Dense(x) => Ok(x),
            MatrixView::Sparse(_) => {
                Err(Error::unsupported(estimator, "sparse records; convert them with `Csr::to_dense`"))
            }
        }
    }

    /// Rows `range` as records of their own, borrowed.
    ///
    /// # Panics
    /// If the range reaches past the last row.
    pub fn rows(&self, range: Range<usize>) -> Self {
        let values = match self.values {
            MatrixView::Dense(x) => MatrixView::Dense(x.slice_move(ndarray::s![range, ..])),
            MatrixView::Sparse(x) => MatrixView::Sparse(x.rows(range)),
        };
        Self { values, names: self.names }
    }

    /// The rows with these numbers, copied, in this order.
    pub fn select(&self, rows: &[usize]) -> Matrix<F> {
        match &self.values {
            MatrixView::Dense(x) => Matrix::Dense(select_rows(*x, rows)),
            MatrixView::Sparse(x) => Matrix::Sparse(x.select(rows)),
        }
    }

    /// Refuses empty records, and names whose number is not that of the columns.
    pub fn check_shape(&self) -> Result<()> {
        if self.nrows() == 0 || self.ncols() == 0 {
            return Err(Error::EmptyInput { what: format!("x ({} × {})", self.nrows(), self.ncols()) });
        }
        match self.names {
            Some(names) if names.len() != self.ncols() => Err(Error::FeatureNames {
                what: format!("{} names for {} columns", names.len(), self.ncols()),
            }),
            _ => Ok(()),
        }
    }

    /// Refuses NaN and infinities, saying where the first one stands. One pass over the values.
    pub fn check_finite(&self) -> Result<()> {
        self.check_values(|v| v.is_finite())
    }

    /// Refuses infinities, but lets NaN through: for estimators that read NaN as *missing*.
    pub fn check_finite_or_missing(&self) -> Result<()> {
        self.check_values(|v| !v.is_infinite())
    }

    fn check_values(&self, good: impl Fn(F) -> bool) -> Result<()> {
        let at = |row: usize, column: usize, value: F| {
            Err(Error::NonFinite { what: "x".into(), value: value.to_string(), row, column })
        };
        match &self.values {
            MatrixView::Dense(x) => {
                // In memory order the pass is vectorised; only a failure looks for the place.
                if x.as_slice_memory_order().is_some_and(|all| all_good(all, &good)) {
                    return Ok(());
                }
                for (i, row) in x.rows().into_iter().enumerate() {
                    if let Some((j, v)) = row.iter().enumerate().find(|(_, v)| !good(**v)) {
                        return at(i, j, *v);
                    }
                }
                Ok(())
            }
            MatrixView::Sparse(x) => {
                if all_good(x.data(), &good) {
                    return Ok(());
                }
                for (i, row) in x.outer_iter().enumerate() {
                    if let Some((j, v)) = row.iter().find(|(_, v)| !good(*v)) {
                        return at(i, j, v);
                    }
                }
                Ok(())
            }
        }
    }
}

/// The rows with these numbers, row by row or column by column as the table lies in memory.
fn select_rows<F: Float>(x: ArrayView2<'_, F>, rows: &[usize]) -> Array2<F> {
    let by_column = x.strides()[0].unsigned_abs() < x.strides()[1].unsigned_abs();
    let mut values = Vec::with_capacity(rows.len() * x.ncols());
    if by_column {
        x.columns().into_iter().for_each(|column| values.extend(rows.iter().map(|i| column[*i])));
    } else {
        for i in rows {
            let row = x.row(*i);
            match row.as_slice() {
                Some(row) => values.extend_from_slice(row),
                None => values.extend(row),
            }
        }
    }
    let shape = (rows.len(), x.ncols()).set_f(by_column);
    Array2::from_shape_vec(shape, values).unwrap_or_else(|_| x.select(Axis(0), rows))
}

fn all_good<F: Float>(values: &[F], good: impl Fn(F) -> bool) -> bool {
    values.chunks(1024).all(|chunk| chunk.iter().fold(true, |ok, v| ok & good(*v)))
}

impl<'a, F> From<ArrayView2<'a, F>> for Records<'a, F> {
    fn from(x: ArrayView2<'a, F>) -> Self {
        Self { values: MatrixView::Dense(x), names: None }
    }
}
impl<'a, F> From<&ArrayView2<'a, F>> for Records<'a, F> {
    fn from(x: &ArrayView2<'a, F>) -> Self {
        Self::from(*x)
    }
}
impl<'a, F> From<&'a Array2<F>> for Records<'a, F> {
    fn from(x: &'a Array2<F>) -> Self {
        Self::from(x.view())
    }
}
impl<'a, F> From<CsrView<'a, F>> for Records<'a, F> {
    fn from(x: CsrView<'a, F>) -> Self {
        Self { values: MatrixView::Sparse(x), names: None }
    }
}
impl<'a, F> From<&'a Csr<F>> for Records<'a, F> {
    fn from(x: &'a Csr<F>) -> Self {
        Self::from(x.view())
    }
}
impl<'a, F> From<&'a Matrix<F>> for Records<'a, F> {
    fn from(x: &'a Matrix<F>) -> Self {
        match x {
            Matrix::Dense(x) => x.into(),
            Matrix::Sparse(x) => x.into(),
        }
    }
}
impl<'a, F: Float, Y: Target, X: Table<F>> From<&'a Dataset<F, Y, X>> for Records<'a, F> {
    fn from(data: &'a Dataset<F, Y, X>) -> Self {
        data.records()
    }
}

impl<F: Float> Matrix<F> {
    /// Borrowed as records.
    pub fn records(&self) -> Records<'_, F> {
        self.into()
    }

    /// As a dense array; sparse values are written out in full.
    pub fn into_dense(self) -> Array2<F> {
        match self {
            Self::Dense(x) => x,
            Self::Sparse(x) => x.to_dense(),
        }
    }

    /// As compressed sparse rows; zeros of a dense array are left out.
    pub fn into_sparse(self) -> Csr<F> {
        match self {
            Self::Dense(x) => Csr::from_dense(x.view()),
            Self::Sparse(x) => x,
        }
    }
}
impl<F> From<Array2<F>> for Matrix<F> {
    fn from(x: Array2<F>) -> Self {
        Self::Dense(x)
    }
}
impl<F> From<Csr<F>> for Matrix<F> {
    fn from(x: Csr<F>) -> Self {
        Self::Sparse(x)
    }
}

/// An owned table of records: [`Array2`], [`Csr`], or [`Matrix`], which is either.
pub trait Table<F: Float>: Clone + Send + Sync {
    /// Borrowed as records, without names.
    fn records(&self) -> Records<'_, F>;
    /// This kind of table from any matrix, converting the storage if it is the other one.
    fn from_matrix(x: Matrix<F>) -> Self;
}
impl<F: Float> Table<F> for Array2<F> {
    fn records(&self) -> Records<'_, F> {
        self.into()
    }
    fn from_matrix(x: Matrix<F>) -> Self {
        x.into_dense()
    }
}
impl<F: Float> Table<F> for Csr<F> {
    fn records(&self) -> Records<'_, F> {
        self.into()
    }
    fn from_matrix(x: Matrix<F>) -> Self {
        x.into_sparse()
    }
}
impl<F: Float> Table<F> for Matrix<F> {
    fn records(&self) -> Records<'_, F> {
        self.into()
    }
    fn from_matrix(x: Matrix<F>) -> Self {
        x
    }
}

/// Anything that can be given to `transform`, and the kind of table that it is.
pub trait IntoRecords<'a, F: Float>: Into<Records<'a, F>> {
    /// The owned table of the same storage.
    type Owned: Table<F>;
}
impl<'a, F: Float> IntoRecords<'a, F> for ArrayView2<'a, F> {
    type Owned = Array2<F>;
}
impl<'a, F: Float> IntoRecords<'a, F> for &ArrayView2<'a, F> {
    type Owned = Array2<F>;
}
impl<'a, F: Float> IntoRecords<'a, F> for &'a Array2<F> {
    type Owned = Array2<F>;
}
impl<'a, F: Float> IntoRecords<'a, F> for CsrView<'a, F> {
    type Owned = Csr<F>;
}
impl<'a, F: Float> IntoRecords<'a, F> for &'a Csr<F> {
    type Owned = Csr<F>;
}
impl<'a, F: Float> IntoRecords<'a, F> for &'a Matrix<F> {
    type Owned = Matrix<F>;
}
impl<'a, F: Float> IntoRecords<'a, F> for Records<'a, F> {
    type Owned = Matrix<F>;
}
impl<'a, F: Float, Y: Target, X: Table<F>> IntoRecords<'a, F> for &'a Dataset<F, Y, X> {
    type Owned = X;
}

/// How a transformer stores what it returns: [`AsGiven`], [`Dense`] or [`Sparse`].
pub trait Storage<F: Float> {
    /// The table type of the result, when the input was of type `Given`.
    type Of<Given: Table<F>>: Table<F>;
}
/// Dense in, dense out; sparse in, sparse out (scalers, selectors).
#[derive(Clone, Copy, Debug)]
pub enum AsGiven {}
/// Always dense (projections).
#[derive(Clone, Copy, Debug)]
pub enum Dense {}
/// Always sparse (one-hot encoders, vectorisers).
#[derive(Clone, Copy, Debug)]
pub enum Sparse {}

impl<F: Float> Storage<F> for AsGiven {
    type Of<Given: Table<F>> = Given;
}
impl<F: Float> Storage<F> for Dense {
    type Of<Given: Table<F>> = Array2<F>;
}
impl<F: Float> Storage<F> for Sparse {
    type Of<Given: Table<F>> = Csr<F>;
}
