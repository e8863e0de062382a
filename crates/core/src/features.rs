//! What a model remembers of its input columns, and the check that new records agree.

use crate::persist::check_len;
use crate::{Error, Float, Records, Result};
use serde::{Deserialize, Serialize};

/// The columns a model was fitted on: how many, and their names if they had any.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Features {
    count: usize,
    names: Option<Vec<String>>,
}

impl Features {
    /// The columns of `x`.
    pub fn of<F: Float>(x: Records<'_, F>) -> Self {
        Self { count: x.ncols(), names: x.names().map(<[String]>::to_vec) }
    }

    /// Columns without names.
    pub fn unnamed(count: usize) -> Self {
        Self { count, names: None }
    }

    /// Columns with these names.
    pub fn named(names: Vec<String>) -> Self {
        Self { count: names.len(), names: Some(names) }
    }

    /// Number of columns.
    pub fn count(&self) -> usize {
        self.count
    }

    /// Names, if the training data had any.
    pub fn names(&self) -> Option<&[String]> {
        self.names.as_deref()
    }

    /// The name of column `j`, or `x{j}` where columns have none.
    pub fn name(&self, j: usize) -> String {
        self.names.as_ref().and_then(|n| n.get(j).cloned()).unwrap_or_else(|| format!("x{j}"))
    }

    /// Refuses names whose number is not that of the columns, which only a forged file can hold.
    pub fn check_loaded(&self) -> Result<()> {
        self.names().map_or(Ok(()), |names| check_len("feature names", self.count, names.len()))
    }

    /// Refuses a row of another width.
    #[inline]
    pub fn check_width(&self, found: usize) -> Result<()> {
        if found == self.count { Ok(()) } else { Err(Error::shape("columns of x", self.count, found)) }
    }

    /// Refuses records of another width, or whose names are others or in another order. Names are
    /// compared only where both sides have them.
    pub fn check<F: Float>(&self, x: Records<'_, F>) -> Result<()> {
        self.check_width(x.ncols())?;
        match (&self.names, x.names()) {
            (Some(fitted), Some(found)) if fitted != found => {
                Err(Error::FeatureNames { what: compare(fitted, found) })
            }
            _ => Ok(()),
        }
    }
}

fn compare(fitted: &[String], found: &[String]) -> String {
    let list =
        |names: Vec<&String>| names.iter().take(5).map(|n| format!("`{n}`")).collect::<Vec<_>>().join(", ");
    let unknown: Vec<_> = found.iter().filter(|n| !fitted.contains(n)).collect();
    let missing: Vec<_> = fitted.iter().filter(|n| !found.contains(n)).collect();
    if unknown.is_empty() && missing.is_empty() {
        let at = fitted.iter().zip(found).position(|(a, b)| a != b).unwrap_or(0);
        return format!(
            "columns are in another order than when fitting: column {at} was `{}` and is now `{}`",
            fitted[at], found[at]
        );
    }
    let mut parts = Vec::new();
    if !unknown.is_empty() {
        parts.push(format!("unseen when fitting: {}", list(unknown)));
    }
    if !missing.is_empty() {
        parts.push(format!("seen when fitting, now missing: {}", list(missing)));
    }
    parts.join("; ")
}
