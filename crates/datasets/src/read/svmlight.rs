//! The text format of svmlight and libsvm: `target [qid:group] column:value column:value … # comment`,
//! one row per line, columns increasing.

use super::{ParseTarget, Source, overflows, type_name};
use estimand_core::{Csr, Dataset, Error, Float, MatrixView, Result, Table};
use ndarray::Array1;
use std::fmt::Display;
use std::fs::File;
use std::io::{BufRead, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// Begins the texts of some editors, and is no part of the first target.
const BYTE_ORDER_MARK: char = '\u{feff}';

/// How a file numbers its columns.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum IndexBase {
    /// From zero if the number 0 occurs, else from one.
    #[default]
    Auto,
    /// From zero.
    Zero,
    /// From one.
    One,
}

/// Reads svmlight text; made by [`read_svmlight`] and [`parse_svmlight`].
#[derive(Clone, Debug)]
#[must_use = "nothing is read before `load`"]
pub struct SvmlightReader {
    source: Source,
    base: IndexBase,
    n_features: Option<usize>,
}

/// Reads a file in the format of svmlight into compressed sparse rows. Groups come from `qid:`.
///
/// ```no_run
/// use estimand_core::{Csr, Dataset};
/// use ndarray::Array1;
///
/// let data: Dataset<f64, Array1<i32>, Csr<f64>> = estimand_datasets::read_svmlight("a9a").n_features(123).load()?;
/// # Ok::<(), estimand_core::Error>(())
/// ```
pub fn read_svmlight(path: impl Into<PathBuf>) -> SvmlightReader {
    SvmlightReader { source: Source::File(path.into()), base: IndexBase::Auto, n_features: None }
}

/// Like [`read_svmlight`], from text in memory.
pub fn parse_svmlight(text: impl Into<String>) -> SvmlightReader {
    SvmlightReader { source: Source::Text(text.into()), base: IndexBase::Auto, n_features: None }
}

impl SvmlightReader {
    /// How the file numbers its columns.
    pub fn index_base(mut self, base: IndexBase) -> Self {
        self.base = base;
        self
    }

    /// The number of columns; where it is not set, the last one that occurs is the last.
    pub fn n_features(mut self, n_features: usize) -> Self {
        self.n_features = Some(n_features);
        self
    }

    /// Reads everything. The type asked for decides what the target is: `Array1<f64>` for numbers,
    /// `Array1<i32>`, `Array1<String>`, … for labels.
    pub fn load<F: Float, T: FromStr + Clone + Send + Sync + 'static>(
        &self,
    ) -> Result<Dataset<F, Array1<T>, Csr<F>>> {
        let mut reader = self.source.open()?;
        let (mut y, mut groups) = (Vec::<T>::new(), Vec::<usize>::new());
        let (mut indptr, mut indices, mut data) = (vec![0], Vec::<u32>::new(), Vec::<F>::new());
        let mut text = String::new();
        for line in 1.. {
            let fail = |what: String| Err(self.source.parse_error(line, what));
            text.clear();
            match reader.read_line(&mut text) {
                Ok(0) => break,
                Ok(_) => {}
                Err(e) if e.kind() == std::io::ErrorKind::InvalidData => return fail("not UTF-8".into()),
                Err(e) => return Err(Error::io(self.source.name(), &e)),
            }
            let row = text.trim_start_matches(BYTE_ORDER_MARK).split('#').next().unwrap_or_default();
            let mut fields = row.split_ascii_whitespace().peekable();
            let Some(target) = fields.next() else { continue };
            match target.parse() {
                Ok(value) if overflows(&value, target) => {
                    return fail(format!("the target `{target}` exceeds the range of {}", type_name::<T>()));
                }
                Ok(value) => y.push(value),
                Err(_) => return fail(format!("the target `{target}` is not a {}", type_name::<T>())),
            }
            if let Some(group) = fields.next_if(|f| f.starts_with("qid:")) {
                match group[4..].parse() {
                    Ok(group) => groups.push(group),
                    Err(_) => return fail(format!("`{group}` is not `qid:` and a number")),
                }
            }
            if !groups.is_empty() && groups.len() != y.len() {
                return fail("some rows have a `qid:` and some have none".into());
            }
            let start = data.len();
            for field in fields {
                let pair = field
                    .split_once(':')
                    .and_then(|(j, v)| Some((j.parse::<u32>().ok()?, v, F::of(v.parse().ok()?))));
                let Some((column, text, value)) = pair else {
                    return fail(format!("`{field}` is not `column:value` with a column below {}", u32::MAX));
                };
                if indices.len() > start && indices.last().is_some_and(|last| *last >= column) {
                    return fail(format!("column {column} does not come after the one before it"));
                }
                if overflows(&value, text) {
                    return fail(format!("column {column}: `{text}` exceeds the range of {}", F::NAME));
                }
                indices.push(column);
                data.push(value);
            }
            indptr.push(data.len());
        }
        let zero_occurs = indices.contains(&0);
        let shift = match self.base {
            IndexBase::One if zero_occurs => {
                return Err(Error::parameter("index_base", "One", "Zero: column 0 occurs"));
            }
            IndexBase::Zero => 0,
            IndexBase::One => 1,
            IndexBase::Auto => u32::from(!zero_occurs),
        };
        indices.iter_mut().for_each(|j| *j -= shift);
        let occurring = indices.iter().max().map_or(0, |j| *j as usize + 1);
        let ncols = match self.n_features {
            Some(p) if p < occurring => {
                return Err(Error::parameter(
                    "n_features",
                    p,
                    format!("at least the {occurring} columns that occur"),
                ));
            }
            Some(p) => p,
            None => occurring,
        };
        let mut loaded = Dataset::new(Csr::new(ncols, indptr, indices, data)?, Array1::collect(y, 0, 1)?);
        loaded.groups = (!groups.is_empty()).then(|| Array1::from(groups));
        Ok(loaded)
    }
}

/// Writes a data set in the format of svmlight, columns numbered from one, groups as `qid:`. Numbers are
/// written with as many digits as they need to be read back exactly. The format has no place for weights
/// and names.
pub fn write_svmlight<F: Float, T: Display + Clone + Send + Sync + 'static, X: Table<F>>(
    path: impl AsRef<Path>,
    data: &Dataset<F, Array1<T>, X>,
) -> Result<()> {
    let path = path.as_ref();
    data.samples().check()?;
    if data.weights.is_some() {
        return Err(Error::unsupported(
            "svmlight format",
            "sample weights; write them to a file of their own",
        ));
    }
    let plain =
        |target: &str| !target.is_empty() && !target.contains(|c: char| c.is_whitespace() || c == '#');
    if let Some(target) = data.y.iter().map(ToString::to_string).find(|t| !plain(t)) {
        return Err(Error::target(format!(
            "`{target}` cannot be written in the svmlight format: it is empty, or has spaces or #"
        )));
    }
    let write = || -> std::io::Result<()> {
        let mut file = BufWriter::new(File::create(path)?);
        let records = data.x.records();
        for (i, target) in data.y.iter().enumerate() {
            write!(file, "{target}")?;
            if let Some(groups) = &data.groups {
                write!(file, " qid:{}", groups[i])?;
            }
            let mut put =
                |j: usize, v: F| if v == F::zero() { Ok(()) } else { write!(file, " {}:{v}", j + 1) };
            match records.values() {
                MatrixView::Dense(x) => x.row(i).iter().enumerate().try_for_each(|(j, v)| put(j, *v))?,
                MatrixView::Sparse(x) => x.row(i).iter().try_for_each(|(j, v)| put(j, v))?,
            }
            writeln!(file)?;
        }
        file.flush()
    };
    write().map_err(|e| Error::io(path, &e))
}
