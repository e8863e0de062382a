//! From and to the matrices of the `sprs` crate, with the feature `sprs`.

use crate::{Csr, CsrView, Error, Float, Result};
use ::sprs::CsMat;

impl<F: Float> TryFrom<CsMat<F>> for Csr<F> {
    type Error = Error;

    /// From compressed rows or columns; the arrays of compressed rows are kept where they fit.
    fn try_from(matrix: CsMat<F>) -> Result<Self> {
        let matrix = if matrix.is_csr() { matrix } else { matrix.to_csr() };
        let ncols = matrix.cols();
        let (indptr, indices, data) = matrix.into_raw_storage();
        let column = |j: usize| {
            u32::try_from(j).map_err(|_| {
                Error::shape("columns of a sparse matrix", format!("at most {}", u32::MAX), ncols)
            })
        };
        Csr::new(ncols, indptr, indices.into_iter().map(column).collect::<Result<_>>()?, data)
    }
}

impl<F: Float> From<CsrView<'_, F>> for CsMat<F> {
    fn from(x: CsrView<'_, F>) -> Self {
        let (n, p) = (x.nrows(), x.ncols());
        let (indptr, indices, data) = x.to_owned().into_parts();
        CsMat::new((n, p), indptr, indices.into_iter().map(|j| j as usize).collect(), data)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    #[test]
    fn there_and_back() -> Result<()> {
        let x = Csr::from_dense(array![[0.0, 1.0, 0.0], [2.0, 0.0, 3.0], [0.0, 0.0, 0.0]].view());
        let foreign = CsMat::from(x.view());
        assert_eq!((foreign.nnz(), foreign.get(1, 2)), (3, Some(&3.0)));
        assert_eq!(Csr::try_from(foreign.clone())?, x);
        assert_eq!(Csr::try_from(foreign.to_csc())?, x);
        assert_eq!(CsMat::from(x.view().rows(1..2)).to_dense(), x.view().rows(1..2).to_dense());
        Ok(())
    }
}
