//! Precision, recall and F₁ of all classes as one table.

use super::scores::{Average, f1_of, precision_of, recall_of};
use super::tally::Tally;
use crate::faces::faces;
use crate::input::Weights;
use crate::table::Table;
use estimand_core::{Float, Label, Result};
use ndarray::ArrayRef1;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Precision, recall and F₁ of every class and on average. Prints as a table.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ClassificationReport {
    /// Share of all rows whose label is predicted.
    pub accuracy: f64,
    /// Rows, or their weight.
    pub support: f64,
    /// One line per class, in the order of the classes.
    pub classes: Vec<ReportLine>,
    /// The mean of the lines.
    pub macro_average: ReportLine,
    /// The mean of the lines, each counted with its support.
    pub weighted_average: ReportLine,
}

/// One line of a [`ClassificationReport`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReportLine {
    /// The class, or the kind of average.
    pub name: String,
    /// Share of the rows predicted to be of the class that are; 0 where there are none.
    pub precision: f64,
    /// Share of the rows of the class that are predicted to be; 0 where there are none.
    pub recall: f64,
    /// Harmonic mean of both; 0 where both are.
    pub f1: f64,
    /// Rows of the class, or their weight.
    pub support: f64,
}

faces! {
    /// Precision, recall and F₁ of every class and on average, to be printed.
    ///
    /// ```
    /// use estimand_metrics::classification_report;
    /// use ndarray::array;
    ///
    /// let report = classification_report(&array![0, 1, 1, 1], &array![0, 0, 1, 1])?.with_names(["no", "yes"]);
    /// println!("{report}");
    /// //               precision  recall  f1-score  support
    /// //
    /// //           no       0.50    1.00      0.67        1
    /// //          yes       1.00    0.67      0.80        3
    /// //
    /// //     accuracy                          0.75        4
    /// //    macro avg       0.75    0.83      0.73        4
    /// // weighted avg       0.88    0.75      0.77        4
    /// # Ok::<(), estimand_core::Error>(())
    /// ```
    fn classification_report<L: Label>(truth: &ArrayRef1<L>, predicted: &ArrayRef1<L>) -> ClassificationReport = report;
}

fn report<L: Label, W: Float>(
    truth: &ArrayRef1<L>,
    predicted: &ArrayRef1<L>,
    weights: Weights<'_, W>,
) -> Result<ClassificationReport> {
    let tally = Tally::new(truth, predicted, weights)?;
    let support = tally.total();
    let (precision, recall, f1) =
        (tally.by_class(&precision_of), tally.by_class(&recall_of), tally.by_class(&f1_of));
    let line = |c: usize| ReportLine {
        name: tally.labels[c].to_string(),
        precision: precision[c],
        recall: recall[c],
        f1: f1[c],
        support: tally.truth[c],
    };
    let mean = |name: &str, average: Average<L>| -> Result<ReportLine> {
        Ok(ReportLine {
            name: name.into(),
            precision: tally.average(&average, &precision_of)?,
            recall: tally.average(&average, &recall_of)?,
            f1: tally.average(&average, &f1_of)?,
            support,
        })
    };
    Ok(ClassificationReport {
        accuracy: tally.hit.iter().sum::<f64>() / support,
        support,
        classes: (0..tally.labels.len()).map(line).collect(),
        macro_average: mean("macro avg", Average::Macro)?,
        weighted_average: mean("weighted avg", Average::Weighted)?,
    })
}

impl ClassificationReport {
    /// The same report with other names for the classes, in their order; classes beyond keep theirs.
    #[must_use]
    pub fn with_names<S: Into<String>>(mut self, names: impl IntoIterator<Item = S>) -> Self {
        self.classes.iter_mut().zip(names).for_each(|(line, name)| line.name = name.into());
        self
    }
}

impl fmt::Display for ClassificationReport {
    /// A precision sets the number of decimals, which is otherwise 2: `{:.3}`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let decimals = f.precision().unwrap_or(2);
        let share = |v: f64| format!("{v:.decimals$}");
        let support = |v: f64| if v.fract() == 0.0 { format!("{v}") } else { share(v) };
        let cells = |line: &ReportLine| {
            [
                line.name.clone(),
                share(line.precision),
                share(line.recall),
                share(line.f1),
                support(line.support),
            ]
        };
        let mut table = Table::new(["", "precision", "recall", "f1-score", "support"].map(String::from));
        table.row([]);
        self.classes.iter().for_each(|line| table.row(cells(line)));
        table.row([]);
        table.row([
            "accuracy".into(),
            String::new(),
            String::new(),
            share(self.accuracy),
            support(self.support),
        ]);
        table.row(cells(&self.macro_average));
        table.row(cells(&self.weighted_average));
        table.fmt(f)
    }
}
