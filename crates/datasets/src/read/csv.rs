//! CSV with a header.

use super::{ParseTarget, Source, overflows, type_name};
use estimand_core::{Dataset, Error, Float, Result};
use ndarray::{Array1, Array2};
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::str::FromStr;

/// Reads CSV; made by [`read_csv`] and [`parse_csv`].
#[derive(Clone, Debug)]
#[must_use = "nothing is read before `load`"]
pub struct CsvReader {
    source: Source,
    delimiter: u8,
    targets: Vec<String>,
    weights: Option<String>,
    groups: Option<String>,
    dropped: Vec<String>,
    missing: Vec<String>,
}

/// Reads a CSV file whose first line names the columns. All columns that are not spoken for are
/// features and hold numbers; a missing one becomes NaN.
///
/// ```no_run
/// use estimand_core::Dataset;
/// use estimand_datasets::read_csv;
/// use ndarray::Array1;
///
/// let houses: Dataset<f64, Array1<f64>> = read_csv("houses.csv").target("price").drop("id").load()?;
/// let flowers: Dataset<f64, Array1<String>> = read_csv("iris.csv").target("species").load()?;
/// # Ok::<(), estimand_core::Error>(())
/// ```
pub fn read_csv(path: impl Into<PathBuf>) -> CsvReader {
    CsvReader::new(Source::File(path.into()))
}

/// Like [`read_csv`], from text in memory.
///
/// ```
/// use estimand_core::Dataset;
/// use ndarray::{Array1, array};
///
/// let data: Dataset<f64, Array1<String>> =
///     estimand_datasets::parse_csv("length,width,kind\n1.5,2,cat\n,4,dog\n").target("kind").load()?;
/// assert_eq!(data.feature_names, ["length", "width"]);
/// assert_eq!(data.y, array!["cat", "dog"]);
/// assert!(data.x[[1, 0]].is_nan());
/// # Ok::<(), estimand_core::Error>(())
/// ```
pub fn parse_csv(text: impl Into<String>) -> CsvReader {
    CsvReader::new(Source::Text(text.into()))
}

/// What a column is for.
#[derive(Clone, Copy, PartialEq)]
enum Role {
    Feature,
    Target(usize),
    Weight,
    Group,
    Dropped,
}

impl CsvReader {
    fn new(source: Source) -> Self {
        let missing = ["", "NA", "N/A", "NaN", "nan", "NULL", "null", "?"].map(String::from).to_vec();
        Self {
            source,
            delimiter: b',',
            targets: vec![],
            weights: None,
            groups: None,
            dropped: vec![],
            missing,
        }
    }

    /// This column is the target; called again, a further output.
    pub fn target(mut self, column: impl Into<String>) -> Self {
        self.targets.push(column.into());
        self
    }

    /// This column holds sample weights.
    pub fn weights(mut self, column: impl Into<String>) -> Self {
        self.weights = Some(column.into());
        self
    }

    /// This column names the group of each row; groups are numbered as they appear.
    pub fn groups(mut self, column: impl Into<String>) -> Self {
        self.groups = Some(column.into());
        self
    }

    /// This column is left out.
    pub fn drop(mut self, column: impl Into<String>) -> Self {
        self.dropped.push(column.into());
        self
    }

    /// The character between fields; a comma unless set.
    pub fn delimiter(mut self, delimiter: u8) -> Self {
        self.delimiter = delimiter;
        self
    }

    /// The fields that mean *missing*. Unless set: the empty field, `NA`, `N/A`, `NaN`, `nan`, `NULL`, `null`, `?`.
    pub fn missing<S: Into<String>>(mut self, fields: impl IntoIterator<Item = S>) -> Self {
        self.missing = fields.into_iter().map(Into::into).collect();
        self
    }

    /// Reads everything. The type asked for decides what the target is: `Array1<f64>` for numbers,
    /// `Array1<String>`, `Array1<usize>`, … for labels, `Array2<f64>` for several outputs, `()` for none.
    pub fn load<F: Float, Y: ParseTarget>(&self) -> Result<Dataset<F, Y>> {
        let mut reader = ::csv::ReaderBuilder::new()
            .delimiter(self.delimiter)
            .trim(::csv::Trim::All)
            .from_reader(self.source.open()?);
        let header = reader.headers().map_err(|e| self.csv_error(&e))?.clone();
        let names: Vec<&str> = header.iter().collect();
        if names.is_empty() {
            return Err(self.source.parse_error(1, "nothing there; the first line must name the columns"));
        }
        let roles = self.roles(&names)?;

        let (mut x, mut y, mut weights, mut groups) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let mut group_codes: BTreeMap<String, usize> = BTreeMap::new();
        let outputs = self.targets.len();
        let mut record = ::csv::StringRecord::new();
        let mut n = 0;
        while reader.read_record(&mut record).map_err(|e| self.csv_error(&e))? {
            let line = record.position().map_or(0, ::csv::Position::line);
            // Values of several outputs come in the order in which they were asked for.
            let mut row: Vec<Option<Y::Value>> = std::iter::repeat_with(|| None).take(outputs).collect();
            for ((field, role), name) in record.iter().zip(&roles).zip(&names) {
                match role {
                    Role::Feature if self.is_missing(field) => x.push(F::nan()),
                    Role::Feature => x.push(self.number(
                        line,
                        name,
                        field,
                        "; drop the column or encode it as numbers first",
                    )?),
                    Role::Target(k) => {
                        self.present(line, name, field)?;
                        row[*k] = Some(self.parse(line, name, field, "")?);
                    }
                    Role::Weight => {
                        self.present(line, name, field)?;
                        weights.push(self.number(line, name, field, "")?);
                    }
                    Role::Group => {
                        let next = group_codes.len();
                        groups.push(*group_codes.entry(field.to_owned()).or_insert(next));
                    }
                    Role::Dropped => {}
                }
            }
            y.extend(row.into_iter().flatten());
            n += 1;
        }
        let named = |role: fn(&Role) -> bool| {
            names.iter().zip(&roles).filter(move |(_, r)| role(r)).map(|(name, _)| *name)
        };
        let features: Vec<&str> = named(|r| *r == Role::Feature).collect();
        let x = Array2::from_shape_vec((n, features.len()), x)
            .map_err(|e| Error::shape("fields", n * features.len(), e))?;
        let mut data = Dataset::new(x, Y::collect(y, n, outputs)?).with_names(features);
        data.weights = self.weights.is_some().then(|| Array1::from(weights));
        data.groups = self.groups.is_some().then(|| Array1::from(groups));
        if outputs > 1 {
            data.target_names.clone_from(&self.targets);
        }
        Ok(data)
    }

    /// The role of every column. Names must differ, and all that were asked for must be there.
    fn roles(&self, names: &[&str]) -> Result<Vec<Role>> {
        let mut roles = vec![Role::Feature; names.len()];
        let mut seen = BTreeSet::new();
        if let Some(twice) = names.iter().find(|name| !seen.insert(**name)) {
            return Err(self.source.parse_error(1, format!("two columns are called `{twice}`")));
        }
        let mut set = |option: &str, name: &String, role: Role| match names.iter().position(|n| n == name) {
            None => Err(Error::parameter(option, name, format!("one of the columns {}", names.join(", ")))),
            Some(j) if roles[j] != Role::Feature => {
                Err(Error::parameter(option, name, "a column that has no other use"))
            }
            Some(j) => {
                roles[j] = role;
                Ok(())
            }
        };
        for (k, name) in self.targets.iter().enumerate() {
            set("target", name, Role::Target(k))?;
        }
        self.weights.iter().try_for_each(|name| set("weights", name, Role::Weight))?;
        self.groups.iter().try_for_each(|name| set("groups", name, Role::Group))?;
        self.dropped.iter().try_for_each(|name| set("drop", name, Role::Dropped))?;
        Ok(roles)
    }

    fn is_missing(&self, field: &str) -> bool {
        self.missing.iter().any(|m| m == field)
    }

    fn present(&self, line: u64, name: &str, field: &str) -> Result<()> {
        match self.is_missing(field) {
            true => Err(self.refused(line, name, "the value is missing; remove such rows first")),
            false => Ok(()),
        }
    }

    fn parse<T: FromStr + 'static>(&self, line: u64, name: &str, field: &str, advice: &str) -> Result<T> {
        let what = match field.parse() {
            Ok(value) if overflows(&value, field) => "exceeds the range of",
            Ok(value) => return Ok(value),
            Err(_) => "is not a",
        };
        Err(self.refused(line, name, format!("`{field}` {what} {}{advice}", type_name::<T>())))
    }

    /// Parsed as the `f64` that it says, and rounded to the type asked for.
    fn number<F: Float>(&self, line: u64, name: &str, field: &str, advice: &str) -> Result<F> {
        let value = F::of(self.parse(line, name, field, advice)?);
        match overflows(&value, field) {
            true => Err(self.refused(line, name, format!("`{field}` exceeds the range of {}", F::NAME))),
            false => Ok(value),
        }
    }

    fn refused(&self, line: u64, name: &str, what: impl std::fmt::Display) -> Error {
        self.source.parse_error(line, format!("column `{name}`: {what}"))
    }

    fn csv_error(&self, error: &::csv::Error) -> Error {
        let line = error.position().map_or(0, ::csv::Position::line);
        match error.kind() {
            ::csv::ErrorKind::UnequalLengths { expected_len, len, .. } => {
                self.source.parse_error(line, format!("{len} fields where the header has {expected_len}"))
            }
            ::csv::ErrorKind::Utf8 { err, .. } => self.source.parse_error(line, format!("not UTF-8: {err}")),
            ::csv::ErrorKind::Io(e) => Error::io(self.source.name(), e),
            _ => self.source.parse_error(line, error.to_string()),
        }
    }
}
