//! Compressed sparse rows, as the harness writes them: `K_data`, `K_indices`, `K_indptr` and `K_shape`.

use crate::npy::{Array, Narrow};
use crate::{Job, Result};

/// The four parts of a sparse matrix.
#[derive(Debug)]
pub struct SparseRows {
    /// Number of columns.
    pub ncols: usize,
    /// Row pointers.
    pub indptr: Vec<usize>,
    /// Column numbers.
    pub indices: Vec<u32>,
    /// Values.
    pub data: Vec<f64>,
}

impl Job {
    /// The sparse matrix of that name.
    pub fn read_sparse(&self, name: &str) -> Result<SparseRows> {
        let shape: Array<i64> = self.read(&format!("{name}_shape"))?;
        let ncols = shape.values.get(1).copied().ok_or("a sparse matrix has two dimensions")?;
        let indptr = self.read_integers(&format!("{name}_indptr"))?;
        let indices = self.read_integers(&format!("{name}_indices"))?;
        Ok(SparseRows {
            ncols: usize::try_from(ncols)?,
            indptr: indptr.into_iter().map(usize::try_from).collect::<std::result::Result<_, _>>()?,
            indices: indices.into_iter().map(u32::try_from).collect::<std::result::Result<_, _>>()?,
            data: self.read(&format!("{name}_data"))?.values,
        })
    }

    /// Integers of four bytes or of eight, as scipy chooses.
    fn read_integers(&self, name: &str) -> Result<Vec<i64>> {
        let narrow: Result<Array<Narrow>> = self.read(name);
        match narrow {
            Ok(pairs) => Ok(pairs.values.into_iter().map(|n| i64::from(n.0)).collect()),
            Err(_) => Ok(self.read::<i64>(name)?.values),
        }
    }
}
