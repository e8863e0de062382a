//! NumPy's `.npz`: a zip archive of `.npy` files, stored or deflated.

use super::npy::{Element, read_array};
use super::open;
use estimand_core::{Error, Result};
use ndarray::{Array, Dimension};
use std::fs::File;
use std::io::BufReader;
use std::path::Path;
use zip::ZipArchive;
use zip::result::ZipError;

/// An open archive of arrays; made by [`read_npz`].
#[derive(Debug)]
pub struct Npz {
    archive: ZipArchive<BufReader<File>>,
    source: String,
}

/// Opens an archive of arrays. Each is read when it is asked for.
///
/// ```no_run
/// use ndarray::{Array1, Array2};
///
/// let mut file = estimand_datasets::read_npz("train.npz")?;
/// let x: Array2<f32> = file.array("x")?;
/// let y: Array1<i64> = file.array("y")?;
/// # Ok::<(), estimand_core::Error>(())
/// ```
pub fn read_npz(path: impl AsRef<Path>) -> Result<Npz> {
    let path = path.as_ref();
    let source = path.display().to_string();
    match ZipArchive::new(open(path)?) {
        Ok(archive) => Ok(Npz { archive, source }),
        Err(ZipError::Io(e)) if e.kind() != std::io::ErrorKind::UnexpectedEof => Err(Error::io(path, &e)),
        Err(e) => Err(Error::Format { source_name: source, what: format!("not a zip archive: {e}") }),
    }
}

impl Npz {
    /// The names of the arrays, sorted.
    pub fn names(&self) -> Vec<String> {
        let mut names: Vec<String> =
            self.archive.file_names().map(|n| n.trim_end_matches(".npy").to_owned()).collect();
        names.sort_unstable();
        names
    }

    /// Reads the array of this name. The type asked for may be another than that of the file: see [`Element`].
    pub fn array<T: Element, D: Dimension>(&mut self, name: &str) -> Result<Array<T, D>> {
        let names = self.names();
        let source = format!("{}, array `{name}`", self.source);
        match self.archive.by_name(&format!("{name}.npy")) {
            Ok(entry) => read_array(BufReader::new(entry), &source),
            Err(ZipError::FileNotFound) => {
                Err(Error::parameter("name", name, format!("one of {}", names.join(", "))))
            }
            Err(e) => Err(Error::Format { source_name: source, what: e.to_string() }),
        }
    }
}
