//! Readers of the usual files, and writers of two of them.
//!
//! | file | read | write |
//! |---|---|---|
//! | CSV with a header | [`read_csv`], [`parse_csv`] | |
//! | NumPy `.npy`, and `.npz` with the feature `npz` | [`read_npy`], `read_npz` | [`write_npy`] |
//! | svmlight, also called libsvm | [`read_svmlight`], [`parse_svmlight`] | [`write_svmlight`] |
//!
//! What a file claims is checked before it is believed: sizes that the bytes do not bear out are an
//! error and never a large allocation. Errors name the file, and the line and the column where there is one.

mod csv;
mod npy;
#[cfg(feature = "npz")]
mod npz;
mod svmlight;
#[cfg(test)]
mod tests;

pub use csv::{CsvReader, parse_csv, read_csv};
pub use npy::{Element, read_npy, write_npy};
#[cfg(feature = "npz")]
pub use npz::{Npz, read_npz};
pub use svmlight::{IndexBase, SvmlightReader, parse_svmlight, read_svmlight, write_svmlight};

use estimand_core::{Error, Result, Target};
use ndarray::{Array1, Array2};
use std::any::Any;
use std::fs::File;
use std::io::{BufRead, BufReader, Cursor};
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// Where text comes from.
#[derive(Clone, Debug)]
enum Source {
    File(PathBuf),
    Text(String),
}

impl Source {
    fn open(&self) -> Result<Box<dyn BufRead + '_>> {
        Ok(match self {
            Self::File(path) => Box::new(open(path)?),
            Self::Text(text) => Box::new(Cursor::new(text)),
        })
    }

    fn name(&self) -> String {
        match self {
            Self::File(path) => path.display().to_string(),
            Self::Text(_) => "text".into(),
        }
    }

    fn parse_error(&self, line: u64, what: impl Into<String>) -> Error {
        Error::Parse { source_name: self.name(), line: line as usize, what: what.into() }
    }
}

/// Whether `value` is an infinity although `field` is written as a number: it exceeds the largest one.
fn overflows<T: 'static>(value: &T, field: &str) -> bool {
    let value: &dyn Any = value;
    let infinite = value.downcast_ref::<f64>().is_some_and(|v| v.is_infinite())
        || value.downcast_ref::<f32>().is_some_and(|v| v.is_infinite());
    infinite && field.contains(|c: char| c.is_ascii_digit())
}

/// The last part of a type's path.
fn type_name<T>() -> &'static str {
    std::any::type_name::<T>().rsplit("::").next().unwrap_or_default()
}

fn open(path: &Path) -> Result<BufReader<File>> {
    Ok(BufReader::new(File::open(path).map_err(|e| Error::io(path, &e))?))
}

/// Targets that can be read from text: numbers or labels of any type that is [`FromStr`], one or
/// several per row, or none.
pub trait ParseTarget: Target {
    /// One value.
    type Value: FromStr + 'static;

    /// The target from its values, row by row, `outputs` of them in each of `rows` rows.
    fn collect(values: Vec<Self::Value>, rows: usize, outputs: usize) -> Result<Self>;
}

impl<T: FromStr + Clone + Send + Sync + 'static> ParseTarget for Array1<T> {
    type Value = T;
    fn collect(values: Vec<T>, _rows: usize, outputs: usize) -> Result<Self> {
        if outputs != 1 {
            return Err(Error::parameter(
                "target",
                format!("{outputs} columns"),
                "one column for a one-dimensional target",
            ));
        }
        Ok(Array1::from(values))
    }
}

impl<T: FromStr + Clone + Send + Sync + 'static> ParseTarget for Array2<T> {
    type Value = T;
    fn collect(values: Vec<T>, rows: usize, outputs: usize) -> Result<Self> {
        Array2::from_shape_vec((rows, outputs), values)
            .map_err(|e| Error::shape("targets", format!("{rows} × {outputs}"), e))
    }
}

impl ParseTarget for () {
    type Value = String;
    fn collect(_values: Vec<String>, _rows: usize, outputs: usize) -> Result<Self> {
        if outputs != 0 {
            return Err(Error::parameter(
                "target",
                format!("{outputs} columns"),
                "left out where none is asked for",
            ));
        }
        Ok(())
    }
}
