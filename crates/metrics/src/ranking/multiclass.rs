//! The area under the ROC curve for more than two classes.

use super::Ranking;
use crate::classification::Average;
use crate::classification::codes_in;
use crate::faces::faces;
use crate::input::{Weights, check_rows};
use estimand_core::{Error, Float, Label, Result};
use estimand_par as par;
use ndarray::{Array1, ArrayRef1, ArrayRef2, Axis};

/// Which classes are compared with which.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Multiclass {
    /// Each class with all others together, by the scores of its column.
    OneVersusRest,
    /// Each class with each other, by the scores of both columns in turn: insensitive to class sizes when
    /// averaged as [`Average::Macro`].
    OneVersusOne,
}

faces! {
    /// Area under the ROC curve of scores or probabilities with one column per class, on average.
    ///
    /// One versus rest can be averaged in every way; `Average::Binary` gives one class's area. One versus one
    /// can be averaged as `Average::Macro`, or `Average::Weighted` with the rows of each pair. A class
    /// without rows leaves its area undefined, which is an error that names it.
    fn roc_auc_multiclass<L: Label, F: Float>(
        truth: &ArrayRef1<L>,
        scores: &ArrayRef2<F>,
        classes: &[L],
        compare: Multiclass,
        average: Average<L>,
    ) -> f64 = mean_area;
}

/// Codes, columns of scores and weights of all rows.
struct Input<'a, F, W> {
    codes: Array1<u32>,
    scores: &'a ArrayRef2<F>,
    weights: Weights<'a, W>,
}

impl<F: Float, W: Float> Input<'_, F, W> {
    /// Area of the rows of class `a` against these rows, by column `a`; and the weight of both.
    fn area(&self, a: usize, against: Option<usize>) -> Result<(f64, f64)> {
        let column = self.scores.column(a);
        let is = |code: u32| code as usize == a;
        let Some(b) = against else {
            return summary(&Ranking::of(
                column.len(),
                self.codes.iter().map(|c| is(*c)),
                &column,
                self.weights,
            )?);
        };
        let rows: Vec<usize> =
            self.codes.indexed_iter().filter(|(_, c)| is(**c) || **c as usize == b).map(|(i, _)| i).collect();
        let weights = self.weights.map(|w| w.select(Axis(0), &rows));
        let positive = rows.iter().map(|i| is(self.codes[*i]));
        summary(&Ranking::of(rows.len(), positive, &column.select(Axis(0), &rows), weights.as_deref())?)
    }

    /// Area over all pairs of rows and columns together.
    fn micro_area(&self) -> Result<f64> {
        let (n, k) = self.scores.dim();
        let all: Array1<F> = self.scores.iter().copied().collect();
        let weights = self.weights.map(|w| (0..n * k).map(|i| w[i / k]).collect::<Array1<W>>());
        let positive = (0..n * k).map(|i| self.codes[i / k] as usize == i % k);
        Ok(Ranking::of(n * k, positive, &all, weights.as_deref())?.roc_auc())
    }
}

fn summary(ranking: &Ranking) -> Result<(f64, f64)> {
    let (positive, _) = ranking.totals();
    Ok((ranking.roc_auc(), positive))
}

fn mean_area<L: Label, F: Float, W: Float>(
    truth: &ArrayRef1<L>,
    scores: &ArrayRef2<F>,
    classes: &[L],
    compare: Multiclass,
    average: Average<L>,
    weights: Weights<'_, W>,
) -> Result<f64> {
    check_rows(truth.len(), scores.nrows(), "scores", weights)?;
    let k = classes.len();
    let input = Input { codes: codes_in(truth, scores, classes)?, scores, weights };
    let named = |class: usize, area: Result<(f64, f64)>| {
        area.map_err(|e| match e {
            Error::Target { what } => Error::target(format!("class {}: {what}", classes[class])),
            other => other,
        })
    };
    let areas: Vec<(f64, f64)> = match (compare, &average) {
        (Multiclass::OneVersusRest, Average::Binary { positive }) => {
            let class = classes.iter().position(|c| c == positive).ok_or_else(|| Error::UnknownLabel {
                label: positive.to_string(),
                known: classes.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "),
            })?;
            vec![named(class, input.area(class, None))?]
        }
        (Multiclass::OneVersusRest, Average::Micro) => vec![(input.micro_area()?, 1.0)],
        (Multiclass::OneVersusRest, _) => par::try_map(k, |a| named(a, input.area(a, None)))?,
        (Multiclass::OneVersusOne, Average::Macro | Average::Weighted) => {
            let pairs: Vec<(usize, usize)> = (0..k).flat_map(|a| (a + 1..k).map(move |b| (a, b))).collect();
            par::try_map(pairs.len(), |p| {
                let (a, b) = pairs[p];
                let ((one, of_a), (other, of_b)) =
                    (named(a, input.area(a, Some(b)))?, named(b, input.area(b, Some(a)))?);
                Ok::<_, Error>(((one + other) / 2.0, of_a + of_b))
            })?
        }
        (Multiclass::OneVersusOne, _) => {
            let allowed = "`Macro` or `Weighted` where classes are compared one by one";
            return Err(Error::parameter("average", format!("{average:?}"), allowed));
        }
    };
    let share = |w: f64| if matches!(average, Average::Weighted) { w } else { 1.0 };
    let total: f64 = areas.iter().map(|(_, w)| share(*w)).sum();
    Ok(areas.iter().map(|(area, w)| area * share(*w)).sum::<f64>() / total)
}
