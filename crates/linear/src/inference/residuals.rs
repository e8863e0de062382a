//! What residuals say of the model: whether they are normal, and whether neighbours are alike.

use super::Test;
use estimand_core::stats::Distribution::ChiSquared;
use ndarray::Array1;

/// Statistics of weighted residuals.
pub(super) struct Residuals {
    pub(super) durbin_watson: f64,
    pub(super) skew: f64,
    pub(super) kurtosis: f64,
    pub(super) omnibus: Test,
    pub(super) jarque_bera: Test,
}

impl Residuals {
    /// Of residuals e with frequencies ω, n in all.
    pub(super) fn new(e: &Array1<f64>, weight: impl Fn(usize) -> f64, n: f64) -> Self {
        let sum = |f: &dyn Fn(f64) -> f64| e.iter().enumerate().map(|(i, e)| weight(i) * f(*e)).sum::<f64>();
        let mean = sum(&|e| e) / n;
        let moment = |k: i32| sum(&|e| (e - mean).powi(k)) / n;
        let variance = moment(2);
        let skew = moment(3) / variance.powf(1.5);
        let kurtosis = moment(4) / (variance * variance);
        let statistic = n / 6.0 * (skew * skew + (kurtosis - 3.0) * (kurtosis - 3.0) / 4.0);
        let jarque_bera = Test { statistic, p_value: ChiSquared(2.0).sf(statistic) };
        // Of a row that counts several times, the residuals after the first are those before them.
        let there: Vec<f64> = (0..e.len()).filter(|i| weight(*i) > 0.0).map(|i| e[i]).collect();
        let steps: f64 = there.windows(2).map(|pair| (pair[1] - pair[0]) * (pair[1] - pair[0])).sum();
        Self {
            durbin_watson: steps / sum(&|e| e * e),
            skew,
            kurtosis,
            omnibus: omnibus(skew, kurtosis, n),
            jarque_bera,
        }
    }
}

/// D'Agostino's and Pearson's K²: skew and kurtosis, each made a normal variable, squared and added. NaN for n < 8.
fn omnibus(skew: f64, kurtosis: f64, n: f64) -> Test {
    if n < 8.0 {
        return Test { statistic: f64::NAN, p_value: f64::NAN };
    }
    let statistic = of_skew(skew, n).powi(2) + of_kurtosis(kurtosis, n).powi(2);
    Test { statistic, p_value: ChiSquared(2.0).sf(statistic) }
}

/// \[DAgostino73\]: a normal variable from the skew of n normal ones.
fn of_skew(skew: f64, n: f64) -> f64 {
    let y = skew * ((n + 1.0) * (n + 3.0) / (6.0 * (n - 2.0))).sqrt();
    let beta = 3.0 * (n * n + 27.0 * n - 70.0) * (n + 1.0) * (n + 3.0)
        / ((n - 2.0) * (n + 5.0) * (n + 7.0) * (n + 9.0));
    let w2 = (2.0 * (beta - 1.0)).sqrt() - 1.0;
    (y / (2.0 / (w2 - 1.0)).sqrt()).asinh() / (0.5 * w2.ln()).sqrt()
}

/// The same from the kurtosis (Anscombe and Glynn).
fn of_kurtosis(kurtosis: f64, n: f64) -> f64 {
    let expected = 3.0 * (n - 1.0) / (n + 1.0);
    let variance = 24.0 * n * (n - 2.0) * (n - 3.0) / ((n + 1.0) * (n + 1.0) * (n + 3.0) * (n + 5.0));
    let x = (kurtosis - expected) / variance.sqrt();
    let root = 6.0 * (n * n - 5.0 * n + 2.0) / ((n + 7.0) * (n + 9.0))
        * (6.0 * (n + 3.0) * (n + 5.0) / (n * (n - 2.0) * (n - 3.0))).sqrt();
    let a = 6.0 + 8.0 / root * (2.0 / root + (1.0 + 4.0 / (root * root)).sqrt());
    let cube = (1.0 - 2.0 / a) / (1.0 + x * (2.0 / (a - 4.0)).sqrt());
    (1.0 - 2.0 / (9.0 * a) - cube.cbrt()) / (2.0 / (9.0 * a)).sqrt()
}
