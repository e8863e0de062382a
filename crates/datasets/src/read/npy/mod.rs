//! NumPy's `.npy`: a magic, a version, a header in the notation of Python, then the bare numbers.
//!
//! The header is the dictionary `{'descr': '<f8', 'fortran_order': False, 'shape': (3, 4), }` with exactly
//! these keys. Reference: NumPy Enhancement Proposal 1 and `numpy.lib.format`.

mod element;
mod header;

pub use element::Element;

use super::open;
use estimand_core::{Error, Result};
use header::Header;
use ndarray::{Array, ArrayBase, ArrayD, Data, Dimension, IxDyn, ShapeBuilder};
use std::fs::File;
use std::io::{BufWriter, Read, Write};
use std::path::Path;

/// How every file begins.
const MAGIC: &[u8; 6] = b"\x93NUMPY";
/// Bytes that are read at a time; memory grows with what is there, not with what is claimed.
const BLOCK: usize = 1 << 16;

/// Reads an array. The type asked for may be another than that of the file: see [`Element`].
///
/// ```no_run
/// use estimand_datasets::read_npy;
/// use ndarray::{Array1, Array2};
///
/// let x: Array2<f64> = read_npy("x.npy")?;
/// let y: Array1<i32> = read_npy("y.npy")?;
/// # Ok::<(), estimand_core::Error>(())
/// ```
pub fn read_npy<T: Element, D: Dimension>(path: impl AsRef<Path>) -> Result<Array<T, D>> {
    let path = path.as_ref();
    read_array(open(path)?, &path.display().to_string())
}

/// Writes an array, in C order.
pub fn write_npy<T: Element, S: Data<Elem = T>, D: Dimension>(
    path: impl AsRef<Path>,
    array: &ArrayBase<S, D>,
) -> Result<()> {
    let path = path.as_ref();
    let write = || -> std::io::Result<()> {
        let mut file = BufWriter::new(File::create(path)?);
        let axes: String = array.shape().iter().map(|n| format!("{n}, ")).collect();
        // A tuple of one is `(3,)`, which Python also takes for longer ones.
        let mut header =
            format!("{{'descr': '{}', 'fortran_order': False, 'shape': ({}), }}", T::DESCR, axes.trim_end());
        // Numbers start at a multiple of 64, after a line break.
        let unpadded = MAGIC.len() + 4 + header.len() + 1;
        header.push_str(&" ".repeat(unpadded.next_multiple_of(64) - unpadded));
        header.push('\n');
        file.write_all(MAGIC)?;
        file.write_all(&[1, 0])?;
        file.write_all(&(header.len() as u16).to_le_bytes())?;
        file.write_all(header.as_bytes())?;
        let mut block = Vec::with_capacity(BLOCK + 8);
        for value in array {
            value.push(&mut block);
            if block.len() >= BLOCK {
                file.write_all(&block)?;
                block.clear();
            }
        }
        file.write_all(&block)?;
        file.flush()
    };
    write().map_err(|e| Error::io(path, &e))
}

/// Reads one array to the end of `reader`.
pub(super) fn read_array<T: Element, D: Dimension>(
    mut reader: impl Read,
    source: &str,
) -> Result<Array<T, D>> {
    let fail = |what: String| Error::Format { source_name: source.into(), what };
    let header = Header::read(&mut reader).map_err(fail)?;
    let count = header.shape.iter().try_fold(1_usize, |count, n| count.checked_mul(*n));
    let count = count
        .filter(|c| c.checked_mul(size_of::<T>().max(8)).is_some_and(|bytes| bytes <= isize::MAX as usize));
    let count = count.ok_or_else(|| fail(format!("shape {:?} is beyond all memory", header.shape)))?;
    let values = header.values(&mut reader, count).map_err(fail)?;
    let shape = IxDyn(&header.shape).set_f(header.fortran);
    let array = ArrayD::from_shape_vec(shape, values).map_err(|e| fail(e.to_string()))?;
    let wrong = |_| {
        Error::shape(
            format!("dimensions of {source}"),
            D::NDIM.unwrap_or_default(),
            format!("shape {:?}", header.shape),
        )
    };
    array.into_dimensionality().map_err(wrong)
}
