//! Silhouettes: how well each row lies in its cluster, whatever found it.
//!
//! ```text
//! aᵢ = mean of d(xᵢ, x) over the other rows of its cluster        bᵢ = least mean over the rows of another one
//! sᵢ = (bᵢ − aᵢ) / max(aᵢ, bᵢ)                                    0 for a row that is a cluster of its own
//! ```

use estimand_core::{Error, Float, Records, Result};
use estimand_index::{Metric, pairwise};
use ndarray::Array1;

/// Rows whose distances are taken together.
const BLOCK: usize = 256;

/// sᵢ of each row \[Rousseeuw87\]: near 1 well inside its cluster, around 0 between two, below 0 nearer to another one.
///
/// Costs O(n²p); distances are kept for some rows at a time only.
///
/// ```
/// use estimand_cluster::{Metric, silhouette_samples, silhouette_score};
/// use ndarray::array;
///
/// let (x, labels) = (array![[0.0], [2.0], [10.0], [11.0]], array![0, 0, 1, 1]);
/// let s = silhouette_samples(&x, &labels, &Metric::Euclidean)?;
/// assert!((s[0] - 8.5 / 10.5_f64).abs() < 1e-15);
/// assert_eq!(silhouette_score(&x, &labels, &Metric::Euclidean)?, s.mean().unwrap_or_default());
/// # Ok::<(), estimand_core::Error>(())
/// ```
///
/// # Errors
/// For records that are empty, sparse or not finite; if there are not as many labels as rows; unless there are at least two
/// clusters and fewer than rows. Noise is a cluster like others: leave its rows out.
pub fn silhouette_samples<'a, F: Float, L: Ord>(
    x: impl Into<Records<'a, F>>,
    labels: &Array1<L>,
    metric: &Metric,
) -> Result<Array1<f64>> {
    let x = x.into();
    let n = x.nrows();
    if labels.len() != n {
        return Err(Error::shape("labels", n, labels.len()));
    }
    let mut classes: Vec<&L> = labels.iter().collect();
    classes.sort_unstable();
    classes.dedup();
    let k = classes.len();
    if k < 2 || k >= n {
        return Err(Error::parameter(
            "clusters",
            k,
            format!("at least 2 and fewer than the number of rows, {n}"),
        ));
    }
    let own: Vec<usize> = labels.iter().map(|label| classes.binary_search(&label).unwrap_or(0)).collect();
    let mut counts = vec![0.0; k];
    own.iter().for_each(|c| counts[*c] += 1.0);
    let mut out = Array1::zeros(n);
    for first in (0..n).step_by(BLOCK) {
        let distances = pairwise(x.rows(first..(first + BLOCK).min(n)), x, metric)?;
        for (i, row) in (first..).zip(distances.rows()) {
            let mut sums = vec![0.0; k];
            row.iter().zip(&own).for_each(|(d, c)| sums[*c] += d.f64());
            let c = own[i];
            if counts[c] == 1.0 {
                continue;
            }
            let a = sums[c] / (counts[c] - 1.0);
            let others = (0..k).filter(|other| *other != c).map(|other| sums[other] / counts[other]);
            let b = others.fold(f64::INFINITY, f64::min);
            out[i] = if a.max(b) > 0.0 { (b - a) / a.max(b) } else { 0.0 };
        }
    }
    Ok(out)
}

/// The mean of [`silhouette_samples`]: larger is better.
///
/// # Errors
/// As [`silhouette_samples`].
pub fn silhouette_score<'a, F: Float, L: Ord>(
    x: impl Into<Records<'a, F>>,
    labels: &Array1<L>,
    metric: &Metric,
) -> Result<f64> {
    Ok(silhouette_samples(x, labels, metric)?.mean().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{Array2, array};

    #[test]
    fn silhouettes_are_their_definition() {
        let x = Array2::from_shape_fn((600, 2), |(i, j)| {
            ((i * 37 + j * 13) % 101) as f64 + (i % 3) as f64 * 40.0
        });
        let labels = Array1::from_shape_fn(600, |i| i64::from(i % 3 == 1) - i64::from(i == 5) * 7);
        let d = pairwise(&x, &x, &Metric::Manhattan).unwrap();
        let s = silhouette_samples(&x, &labels, &Metric::Manhattan).unwrap();
        for i in 0..600 {
            let mean = |label: i64| {
                let rows: Vec<usize> = (0..600).filter(|j| *j != i && labels[*j] == label).collect();
                rows.iter().map(|j| d[[i, *j]]).sum::<f64>() / rows.len() as f64
            };
            let others = [-7, 0, 1].into_iter().filter(|label| *label != labels[i]).map(mean);
            let (a, b) = (mean(labels[i]), others.fold(f64::INFINITY, f64::min));
            let expected = if i == 5 { 0.0 } else { (b - a) / a.max(b) };
            assert!((s[i] - expected).abs() < 1e-12);
        }
        let same = array![[1.0], [1.0], [1.0]];
        assert_eq!(silhouette_score(&same, &array![0, 0, 1], &Metric::Euclidean).unwrap(), 0.0);
    }

    #[test]
    fn bad_input_is_refused_in_words() {
        let x = array![[1.0], [2.0], [3.0]];
        let says = |labels: Array1<usize>, words: &str| {
            let error = silhouette_samples(&x, &labels, &Metric::Euclidean).unwrap_err().to_string();
            assert!(error.contains(words), "{error}");
        };
        says(array![0, 1], "labels");
        says(array![0, 0, 0], "clusters");
        says(array![0, 1, 2], "clusters");
    }
}
