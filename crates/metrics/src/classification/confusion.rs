//! The confusion matrix.

use super::tally::{count, ratio};
use crate::faces::faces;
use crate::input::Weights;
use crate::table::Table;
use estimand_core::{Error, Float, Label, Result};
use ndarray::{Array2, ArrayRef1, Axis};
use serde::{Deserialize, Serialize};
use std::fmt;

/// More classes than anyone can look at; a table of their pairs would fill the memory.
const MOST_CLASSES: usize = 4096;

/// How often each class was predicted as each: entry `[i, j]` counts the rows of class `labels[i]` that
/// were predicted to be of class `labels[j]`. Prints as a table.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ConfusionMatrix<L> {
    labels: Vec<L>,
    counts: Array2<f64>,
}

/// What the entries of a confusion matrix are divided by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Normalise {
    /// The rows of the true class: the diagonal is recall.
    Truth,
    /// The rows predicted to be of the class: the diagonal is precision.
    Predicted,
    /// All rows: the diagonal adds up to accuracy.
    All,
}

faces! {
    /// Counts how often each class was predicted as each. Classes are those of the truth and the
    /// predictions together.
    ///
    /// ```
    /// use estimand_metrics::confusion_matrix;
    /// use ndarray::array;
    ///
    /// let matrix = confusion_matrix(&array!["cat", "cat", "dog"], &array!["cat", "dog", "dog"])?;
    /// assert_eq!(matrix.counts(), array![[1.0, 1.0], [0.0, 1.0]]);
    /// assert_eq!(matrix.to_string(), "truth \\ predicted  cat  dog\n              cat    1    1\n              dog    0    1\n");
    /// # Ok::<(), estimand_core::Error>(())
    /// ```
    fn confusion_matrix<L: Label>(truth: &ArrayRef1<L>, predicted: &ArrayRef1<L>) -> ConfusionMatrix<L> = ConfusionMatrix::count;
}

impl<L: Label> ConfusionMatrix<L> {
    pub(super) fn count<W: Float>(
        truth: &ArrayRef1<L>,
        predicted: &ArrayRef1<L>,
        weights: Weights<'_, W>,
    ) -> Result<Self> {
        let zeros = |k: usize| match k {
            0..=MOST_CLASSES => Ok(Array2::zeros((k, k))),
            _ => Err(Error::target(format!("{k} classes; a confusion matrix holds at most {MOST_CLASSES}"))),
        };
        let add = |counts: &mut Array2<f64>, t: usize, p: usize, w: f64| counts[[t, p]] += w;
        let (labels, counts) = count(truth, predicted, weights, zeros, add)?;
        Ok(Self { labels, counts })
    }

    /// The classes, sorted; rows and columns follow this order.
    pub fn labels(&self) -> &[L] {
        &self.labels
    }

    /// Rows of each true class (down) by predicted class (across), or their weight.
    pub fn counts(&self) -> &Array2<f64> {
        &self.counts
    }

    /// The same matrix with other names for the classes, in their order; classes beyond keep theirs.
    #[must_use]
    pub fn with_names<S: Into<String>>(self, names: impl IntoIterator<Item = S>) -> ConfusionMatrix<String> {
        let mut labels: Vec<String> = self.labels.iter().map(ToString::to_string).collect();
        labels.iter_mut().zip(names).for_each(|(label, name)| *label = name.into());
        ConfusionMatrix { labels, counts: self.counts }
    }

    /// The matrix as shares; 0 where there is nothing to divide by.
    #[must_use]
    pub fn normalise(&self, by: Normalise) -> Self {
        let mut counts = self.counts.clone();
        let scale = |line: &mut dyn Iterator<Item = &mut f64>, total: f64| {
            line.for_each(|c| *c = ratio(*c, total));
        };
        match by {
            Normalise::All => scale(&mut counts.iter_mut(), self.counts.sum()),
            Normalise::Truth | Normalise::Predicted => {
                let axis = Axis(usize::from(by == Normalise::Predicted));
                for mut line in counts.axis_iter_mut(axis) {
                    let total = line.sum();
                    scale(&mut line.iter_mut(), total);
                }
            }
        }
        Self { labels: self.labels.clone(), counts }
    }
}

impl<L: Label> fmt::Display for ConfusionMatrix<L> {
    /// A precision sets the number of decimals: `{:.3}`. Whole numbers are printed without any.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let whole = self.counts.iter().all(|c| c.fract() == 0.0);
        let decimals = f.precision().unwrap_or(if whole { 0 } else { 2 });
        let mut table = Table::new(
            std::iter::once("truth \\ predicted".into()).chain(self.labels.iter().map(ToString::to_string)),
        );
        for (label, counts) in self.labels.iter().zip(self.counts.rows()) {
            table.row(
                std::iter::once(label.to_string()).chain(counts.iter().map(|c| format!("{c:.decimals$}"))),
            );
        }
        table.fmt(f)
    }
}
