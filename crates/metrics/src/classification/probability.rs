//! Metrics of class probabilities.
//!
//! ```text
//! log loss   −(1/n) Σᵢ ln pᵢ,yᵢ            Brier   (1/n) Σᵢ Σᶜ (pᵢᶜ − 1[yᵢ = c])², halved for two classes
//! ```

use crate::faces::faces;
use crate::input::{Weights, check_rows, weight_of};
use estimand_core::labels::encode_all;
use estimand_core::{Error, Float, Label, Result};
use estimand_par as par;
use ndarray::{Array1, ArrayRef1, ArrayRef2, ArrayView1, s};

faces! {
    /// Mean negative logarithm of the probability given to the true class (cross-entropy). A loss.
    ///
    /// The columns of `probabilities` are the classes `classes`. A probability of zero counts as the
    /// rounding error of its type, so that one such row costs 36 (16 in single precision), not infinity.
    ///
    /// ```
    /// use estimand_metrics::log_loss;
    /// use ndarray::array;
    ///
    /// let loss = log_loss(&array!["a", "b"], &array![[0.5, 0.5], [0.75, 0.25]], &["a", "b"])?;
    /// assert!((loss - 8_f64.ln() / 2.0).abs() < 1e-15);
    /// # Ok::<(), estimand_core::Error>(())
    /// ```
    fn log_loss<L: Label, F: Float>(truth: &ArrayRef1<L>, probabilities: &ArrayRef2<F>, classes: &[L]) -> f64 = cross_entropy;

    /// Mean squared distance between the probabilities and the truth: from 0 to 1 for two classes (half the
    /// sum over both), from 0 to 2 for more. A loss.
    fn brier_score<L: Label, F: Float>(truth: &ArrayRef1<L>, probabilities: &ArrayRef2<F>, classes: &[L]) -> f64 = brier;
}

fn cross_entropy<L: Label, F: Float, W: Float>(
    truth: &ArrayRef1<L>,
    probabilities: &ArrayRef2<F>,
    classes: &[L],
    weights: Weights<'_, W>,
) -> Result<f64> {
    let least = F::epsilon();
    mean_loss(truth, probabilities, classes, weights, |row, code| -row[code].max(least).f64().ln())
}

fn brier<L: Label, F: Float, W: Float>(
    truth: &ArrayRef1<L>,
    probabilities: &ArrayRef2<F>,
    classes: &[L],
    weights: Weights<'_, W>,
) -> Result<f64> {
    let scale = if classes.len() == 2 { 0.5 } else { 1.0 };
    mean_loss(truth, probabilities, classes, weights, |row, code| {
        let off = |(c, p): (usize, &F)| p.f64() - f64::from(u8::from(c == code));
        scale * row.iter().enumerate().map(off).map(|d| d * d).sum::<f64>()
    })
}

/// The mean of `loss(probabilities of the row, code of its class)`, in one pass that also checks the rows.
fn mean_loss<L: Label, F: Float, W: Float>(
    truth: &ArrayRef1<L>,
    probabilities: &ArrayRef2<F>,
    classes: &[L],
    weights: Weights<'_, W>,
    loss: impl Fn(&[F], usize) -> f64 + Sync,
) -> Result<f64> {
    check_rows(truth.len(), probabilities.nrows(), "probabilities", weights)?;
    let (n, k) = (truth.len(), classes.len());
    let codes = codes_in(truth, probabilities, classes)?;
    let weights = weights.map(|w| w.view());
    let one_pass = |rows: std::ops::Range<usize>| -> Result<(f64, f64)> {
        let block = probabilities.slice(s![rows.clone(), ..]);
        let block = block.as_standard_layout();
        let (mut sum, mut total) = (0.0, 0.0);
        for (i, row) in rows.zip(block.as_slice().unwrap_or_default().chunks_exact(k)) {
            if !is_distribution(row) {
                return Err(not_distribution(i, row));
            }
            let w = weight_of(weights, i);
            sum += w * loss(row, codes[i] as usize);
            total += w;
        }
        Ok((sum, total))
    };
    let parts: Result<Vec<_>> =
        par::map_chunks(n, par::chunk_len(n, 20 + 4 * k), one_pass).into_iter().collect();
    let (sum, total) = parts?.into_iter().fold((0.0, 0.0), |a, b| (a.0 + b.0, a.1 + b.1));
    Ok(sum / total)
}

/// The column of each row's class.
pub(crate) fn codes_in<L: Label, F>(
    truth: &ArrayRef1<L>,
    columns: &ArrayRef2<F>,
    classes: &[L],
) -> Result<Array1<u32>> {
    if classes.len() != columns.ncols() || classes.is_empty() {
        return Err(Error::shape("classes for the columns", columns.ncols(), classes.len()));
    }
    let (labels, [mut codes, of_classes]) = encode_all([truth.view(), ArrayView1::from(classes)]);
    let mut column = vec![None; labels.len()];
    for (j, code) in of_classes.iter().enumerate() {
        if column[*code as usize].replace(j as u32).is_some() {
            return Err(Error::parameter("classes", &classes[j], "distinct"));
        }
    }
    for code in &mut codes {
        *code = column[*code as usize].ok_or_else(|| Error::UnknownLabel {
            label: labels[*code as usize].to_string(),
            known: classes.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "),
        })?;
    }
    Ok(codes)
}

/// Whether these are probabilities that add up to one, to half the digits of their type.
fn is_distribution<F: Float>(row: &[F]) -> bool {
    let within = row.iter().fold(true, |ok, p| ok & (*p >= F::zero()) & (*p <= F::one()));
    let sum: f64 = row.iter().map(|p| p.f64()).sum();
    within && (sum - 1.0).abs() <= F::epsilon().sqrt().f64()
}

fn not_distribution<F: Float>(i: usize, row: &[F]) -> Error {
    match row.iter().position(|p| !p.is_finite()) {
        Some(column) => {
            Error::NonFinite { what: "probabilities".into(), value: row[column].to_string(), row: i, column }
        }
        None => {
            let found = row.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
            Error::parameter(
                "probabilities",
                format!("{found} (row {i})"),
                "between 0 and 1, with a sum of 1 in each row",
            )
        }
    }
}
