//! One golden file.

use ndarray::{Array1, Array2};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// A case: what goes in, and what must come out.
#[derive(Debug, Deserialize)]
pub struct Case {
    #[serde(skip)]
    name: String,
    subject: String,
    tolerance: f64,
    reason: String,
    params: BTreeMap<String, Value>,
    inputs: BTreeMap<String, Value>,
    expected: BTreeMap<String, Value>,
    #[serde(skip)]
    compared: RefCell<BTreeSet<String>>,
    #[serde(skip)]
    failures: RefCell<Vec<String>>,
}

impl Case {
    pub(crate) fn read(path: &Path) -> Result<Self, String> {
        let text = std::fs::read_to_string(path).map_err(|e| e.to_string())?;
        let mut case: Self = serde_json::from_str(&text).map_err(|e| e.to_string())?;
        let family = path.parent().and_then(Path::file_name).unwrap_or_default();
        case.name = format!("{}/{}", family.display(), path.file_stem().unwrap_or_default().display());
        if case.reason.is_empty() {
            return Err("a tolerance needs a reason".into());
        }
        Ok(case)
    }

    /// The family and the file, for messages.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The estimator or function under test.
    pub fn subject(&self) -> &str {
        &self.subject
    }

    /// A setting, under scikit-learn's name.
    pub fn param(&self, name: &str) -> Result<Data<'_>, String> {
        self.optional_param(name).ok_or_else(|| format!("no parameter `{name}`"))
    }

    /// A setting that not every case has; `None` too where it is null.
    pub fn optional_param(&self, name: &str) -> Option<Data<'_>> {
        self.params.get(name).filter(|v| !v.is_null()).map(Data)
    }

    /// An input.
    pub fn input(&self, name: &str) -> Result<Data<'_>, String> {
        self.optional_input(name).ok_or_else(|| format!("no input `{name}`"))
    }

    /// An input that not every case has.
    pub fn optional_input(&self, name: &str) -> Option<Data<'_>> {
        self.inputs.get(name).map(Data)
    }

    /// Whether a value of this name is expected.
    pub fn expects(&self, name: &str) -> bool {
        self.expected.contains_key(name)
    }

    /// Compares numbers, in row order, with the expected ones, within the tolerance.
    pub fn close<'n>(&self, name: &str, got: impl IntoIterator<Item = &'n f64>) {
        let Some(expected) = self.take(name) else { return };
        let expected = match Data(expected).numbers() {
            Ok(expected) => expected,
            Err(what) => return self.fail(name, what),
        };
        let got: Vec<f64> = got.into_iter().copied().collect();
        if got.len() != expected.len() {
            return self.fail(name, format!("{} numbers where {} are expected", got.len(), expected.len()));
        }
        let largest = expected.iter().filter(|v| v.is_finite()).fold(0.0_f64, |m, v| m.max(v.abs()));
        let unit = if largest > 1e-12 { largest } else { 1.0 };
        let deviation = |(g, e): (&f64, &f64)| {
            if g == e || (g.is_nan() && e.is_nan()) { 0.0 } else { ((g - e).abs() / unit).min(f64::MAX) }
        };
        let far = |d: f64| d.is_nan() || d > self.tolerance;
        let deviations = got.iter().zip(&expected).map(deviation).enumerate();
        if let Some((i, d)) = deviations.filter(|(_, d)| far(*d)).max_by(|a, b| a.1.total_cmp(&b.1)) {
            let what = format!("number {i} is {} where {} is expected: off by {d:.1e}", got[i], expected[i]);
            self.fail(name, format!("{what}, allowed is {:.1e} ({})", self.tolerance, self.reason));
        }
    }

    /// Compares exactly: counts, names, row numbers.
    pub fn same(&self, name: &str, got: impl Serialize) {
        let Some(expected) = self.take(name) else { return };
        match serde_json::to_value(got) {
            Ok(got) if got == *expected => {}
            Ok(got) => self.fail(name, format!("{got} where {expected} is expected")),
            Err(error) => self.fail(name, error.to_string()),
        }
    }

    /// Compares a printed text word by word: what stands between the words is a matter of taste.
    pub fn same_words(&self, name: &str, got: &str) {
        let Some(expected) = self.take(name) else { return };
        let expected = expected.as_str().unwrap_or_default();
        if !got.split_whitespace().eq(expected.split_whitespace()) {
            self.fail(name, format!("\n{got}\nwhere this is expected:\n{expected}"));
        }
    }

    /// Lets a refusal stand for all expected values.
    pub fn refused(&self) {
        self.compared.borrow_mut().extend(self.expected.keys().cloned());
    }

    fn take(&self, name: &str) -> Option<&Value> {
        self.compared.borrow_mut().insert(name.to_owned());
        let expected = self.expected.get(name);
        if expected.is_none() {
            self.fail(name, "nothing of this name is expected".into());
        }
        expected
    }

    fn fail(&self, name: &str, what: String) {
        self.failures.borrow_mut().push(format!("{}: {name}: {what}", self.name));
    }

    pub(crate) fn into_failures(self) -> Vec<String> {
        let compared = self.compared.into_inner();
        let left = self.expected.keys().filter(|name| !compared.contains(*name));
        let left = left.map(|name| format!("{}: {name}: not compared", self.name));
        self.failures.into_inner().into_iter().chain(left).collect()
    }
}

/// A value of a golden file.
#[derive(Clone, Copy, Debug)]
pub struct Data<'a>(&'a Value);

impl<'a> Data<'a> {
    /// Anything that JSON can say.
    pub fn read<T: Deserialize<'a>>(self) -> Result<T, String> {
        T::deserialize(self.0).map_err(|e| e.to_string())
    }

    /// One number.
    pub fn number(self) -> Result<f64, String> {
        match self.0 {
            Value::Null => Ok(f64::NAN),
            Value::String(s) if s == "inf" => Ok(f64::INFINITY),
            Value::String(s) if s == "-inf" => Ok(f64::NEG_INFINITY),
            other => other.as_f64().ok_or_else(|| format!("{other} is not a number")),
        }
    }

    /// All numbers, however deep the lists.
    pub fn numbers(self) -> Result<Vec<f64>, String> {
        match self.0 {
            Value::Array(parts) => {
                Ok(parts.iter().map(|p| Data(p).numbers()).collect::<Result<Vec<_>, _>>()?.concat())
            }
            _ => Ok(vec![self.number()?]),
        }
    }

    /// A list of numbers.
    pub fn vector(self) -> Result<Array1<f64>, String> {
        Ok(Array1::from(self.numbers()?))
    }

    /// A list of lists of numbers.
    pub fn matrix(self) -> Result<Array2<f64>, String> {
        let rows = self.0.as_array().ok_or("not a list of rows")?;
        let values = self.numbers()?;
        let columns = values.len().checked_div(rows.len()).unwrap_or(0);
        Array2::from_shape_vec((rows.len(), columns), values).map_err(|e| e.to_string())
    }

    /// Whether this is a list of lists.
    pub fn is_matrix(self) -> bool {
        self.0.get(0).is_some_and(Value::is_array)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn case() -> Case {
        let text = r#"{"subject": "s", "tolerance": 1e-6, "reason": "r", "params": {"a": null, "c": "inf"}, "inputs": {},
            "expected": {"x": [[100, null], ["-inf", 1e-5]], "n": [1, 2], "t": "a  b"}}"#;
        serde_json::from_str(text).unwrap()
    }

    fn failures(check: impl Fn(&Case)) -> String {
        let case = case();
        check(&case);
        case.into_failures().join("\n")
    }

    #[test]
    fn agreement_is_silent() {
        let silent = failures(|case| {
            case.close("x", &[100.00009, f64::NAN, f64::NEG_INFINITY, -1e-5]);
            case.same("n", [1, 2]);
            case.same_words("t", " a b\n");
        });
        assert_eq!(silent, "");
        assert_eq!(case().param("c").unwrap().number().unwrap(), f64::INFINITY);
        assert!(case().optional_param("a").is_none() && case().param("b").is_err());
    }

    #[test]
    fn deviations_are_named() {
        let good = [100.0, f64::NAN, f64::NEG_INFINITY, 1e-5];
        for (i, bad) in [100.0002, 1.0, 0.0, f64::NAN].into_iter().enumerate() {
            let mut got = good;
            got[i] = bad;
            assert!(failures(|case| case.close("x", &got)).contains(&format!("x: number {i} is")), "{got:?}");
        }
        assert!(failures(|case| case.close("x", &good[..3])).contains("3 numbers where 4"));
        assert!(failures(|case| case.same("n", [1, 3])).contains("n: [1,3] where [1,2]"));
        assert!(failures(|case| case.same_words("t", "ab")).contains("t: "));
        assert!(failures(|case| case.close("y", &[])).contains("nothing of this name"));
        assert_eq!(failures(|_| ()).matches("not compared").count(), 3);
    }
}
