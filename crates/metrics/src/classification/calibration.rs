//! Whether probabilities are what they say.
//!
//! ```text
//! of the rows in a bin:    mean probability said     share of rows of the class        equal, where calibrated
//! ```

use crate::faces::faces;
use crate::input::{Weights, check_rows, weight_of};
use estimand_core::{Error, Float, Label, Result};
use ndarray::ArrayRef1;

/// How the bins of [`calibration_curve`](fn@calibration_curve) are bounded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum BinStrategy {
    /// Equal widths between 0 and 1.
    #[default]
    Uniform,
    /// Equal numbers of rows.
    Quantile,
}

/// Points of a calibration curve, one for each bin that holds rows.
#[derive(Clone, Debug, PartialEq)]
pub struct CalibrationCurve {
    /// Shares of rows that are of the class.
    pub true_share: Vec<f64>,
    /// Means of the probabilities.
    pub mean_probability: Vec<f64>,
    /// Weights of the rows; without weights, their numbers.
    pub weight: Vec<f64>,
}

faces! {
    /// What is said against what is so, bin by bin: on the diagonal if probabilities are calibrated. Bins are open below
    /// and closed above, the first one closed at both ends; quantiles are between rows as NumPy's, and take no notice of weights.
    ///
    /// ```
    /// use estimand_metrics::{BinStrategy, calibration_curve};
    /// use ndarray::array;
    ///
    /// let (truth, p) = (array![0, 0, 0, 0, 1, 1, 1, 1, 1], array![0.1, 0.2, 0.3, 0.4, 0.65, 0.7, 0.8, 0.9, 1.0]);
    /// let curve = calibration_curve(&truth, &p, &1, 3, BinStrategy::Uniform)?;
    /// assert_eq!(curve.true_share, [0.0, 0.5, 1.0]);
    /// # Ok::<(), estimand_core::Error>(())
    /// ```
    fn calibration_curve<L: Label, F: Float>(truth: &ArrayRef1<L>, probabilities: &ArrayRef1<F>, positive: &L, bins: usize, strategy: BinStrategy) -> CalibrationCurve = curve;
}

fn curve<L: Label, F: Float, W: Float>(
    truth: &ArrayRef1<L>,
    probabilities: &ArrayRef1<F>,
    positive: &L,
    bins: usize,
    strategy: BinStrategy,
    weights: Weights<'_, W>,
) -> Result<CalibrationCurve> {
    check_rows(truth.len(), probabilities.len(), "probabilities", weights)?;
    if bins == 0 {
        return Err(Error::parameter("bins", bins, "at least 1"));
    }
    let p: Vec<f64> = probabilities.iter().map(|p| p.f64()).collect();
    if let Some(row) = p.iter().position(|p| !(0.0..=1.0).contains(p)) {
        return Err(Error::parameter("probabilities", format!("{} (row {row})", p[row]), "between 0 and 1"));
    }
    let even = |k: usize| k as f64 / bins as f64;
    let bounds: Vec<f64> = match strategy {
        BinStrategy::Uniform => (1..bins).map(even).collect(),
        BinStrategy::Quantile => {
            let mut sorted = p.clone();
            sorted.sort_unstable_by(f64::total_cmp);
            let at = |k: usize| {
                let place = even(k) * (sorted.len() - 1) as f64;
                let (low, share) = (place as usize, place.fract());
                sorted[low] + share * (sorted[(low + 1).min(sorted.len() - 1)] - sorted[low])
            };
            (1..bins).map(at).collect()
        }
    };
    let mut sums = vec![[0.0; 3]; bins];
    let weights = weights.map(|w| w.view());
    for (i, p) in p.iter().enumerate() {
        let (w, own) = (weight_of(weights, i), f64::from(u8::from(truth[i] == *positive)));
        let sums = &mut sums[bounds.partition_point(|bound| bound < p)];
        sums.iter_mut().zip([w * own, w * p, w]).for_each(|(sum, v)| *sum += v);
    }
    sums.retain(|sums| sums[2] > 0.0);
    let share = |part: usize| sums.iter().map(|sums| sums[part] / sums[2]).collect();
    Ok(CalibrationCurve {
        true_share: share(0),
        mean_probability: share(1),
        weight: sums.iter().map(|sums| sums[2]).collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{Array1, array};

    #[test]
    fn bins_are_those_of_scikit_learn() {
        // calibration_curve([0, 1, 0, 1, 1, 1], [.0, .25, .5, .5, .8, 1.], n_bins=4)
        let (truth, p) = (array![0, 1, 0, 1, 1, 1], array![0.0, 0.25, 0.5, 0.5, 0.8, 1.0]);
        let curve = calibration_curve(&truth, &p, &1, 4, BinStrategy::Uniform).unwrap();
        assert_eq!(curve.true_share, [0.5, 0.5, 1.0]);
        assert_eq!(curve.mean_probability, [0.125, 0.5, 0.9]);
        assert_eq!(curve.weight, [2.0, 2.0, 2.0]);
        let curve = calibration_curve(&truth, &p, &1, 2, BinStrategy::Quantile).unwrap();
        assert_eq!(curve.true_share, [0.5, 1.0]);
        assert_eq!(curve.mean_probability, [0.3125, 0.9]);
    }

    #[test]
    fn weights_are_repetitions_and_wrong_input_is_refused() {
        let (truth, p) = (array!["a", "b", "a"], array![0.2, 0.3, 0.9]);
        let twice = calibration_curve(
            &array!["a", "b", "b", "a"],
            &array![0.2, 0.3, 0.3, 0.9],
            &"b",
            2,
            BinStrategy::Uniform,
        );
        let weights = array![1.0, 2.0, 1.0];
        assert_eq!(weighted::calibration_curve(&truth, &p, &"b", 2, BinStrategy::Uniform, &weights), twice);
        for (truth, p, bins) in [
            (truth.clone(), array![0.2, 1.3, 0.9], 2),
            (truth.clone(), array![0.2, f64::NAN, 0.9], 2),
            (truth.clone(), array![0.2, 0.3], 2),
            (truth.clone(), p.clone(), 0),
            (Array1::from(Vec::<&str>::new()), array![], 2),
        ] {
            assert!(calibration_curve(&truth, &p, &"b", bins, BinStrategy::Uniform).is_err());
        }
    }
}
