//! Metrics by name, and those that users write.

use estimand_core::{Error, Result};
use ndarray::Array2;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::sync::Arc;

/// How far apart two rows x and y of p columns are.
///
/// ```
/// use estimand_index::Metric;
///
/// assert_eq!(Metric::Manhattan.between(&[1.0, 2.0], &[4.0, 6.0])?, 7.0);
/// assert_eq!(Metric::Minkowski(3.0).between(&[1.0, 2.0], &[4.0, 6.0])?, 91_f64.powf(1.0 / 3.0));
///
/// // One of your own: a metric in the mathematical sense, so that ball trees may use it.
/// let city = Metric::own("city", true, |x: &[f64], y: &[f64]| (x[0] - y[0]).abs().ceil());
/// assert_eq!(city.between(&[0.2, 0.0], &[1.3, 9.0])?, 2.0);
///
/// // Distances that are known already are a metric of row numbers: the records are one column 0 … n − 1.
/// let known = ndarray::array![[0.0, 2.0], [2.0, 0.0]];
/// let given = Metric::own("given", false, move |x: &[f64], y: &[f64]| known[[x[0] as usize, y[0] as usize]]);
/// assert_eq!(given.between(&[0.0], &[1.0])?, 2.0);
/// # Ok::<(), estimand_core::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Metric {
    /// √Σ (xⱼ − yⱼ)²
    #[default]
    Euclidean,
    /// Σ (xⱼ − yⱼ)²
    SquaredEuclidean,
    /// Σ |xⱼ − yⱼ|
    Manhattan,
    /// maxⱼ |xⱼ − yⱼ|
    Chebyshev,
    /// (Σ |xⱼ − yⱼ|ᵖ)^(1/p) for p > 0; no metric in the mathematical sense where p < 1.
    Minkowski(f64),
    /// (Σ wⱼ |xⱼ − yⱼ|ᵖ)^(1/p) with a weight w ≥ 0 for each column.
    WeightedMinkowski {
        /// The power p > 0.
        p: f64,
        /// The weights w.
        weights: Vec<f64>,
    },
    /// √Σ (xⱼ − yⱼ)² / vⱼ: with the variances v > 0 of the columns, or those of the rows that are searched (divisor n − 1).
    StandardizedEuclidean(Option<Vec<f64>>),
    /// √((x − y)ᵀ S⁻¹ (x − y)): with the inverse S⁻¹ of a covariance matrix, or that of the rows that are searched.
    Mahalanobis(Option<Array2<f64>>),
    /// 1 − x·y / (‖x‖‖y‖). A row of zeros is 1 from all others, and 0 from another one.
    Cosine,
    /// [`Cosine`](Self::Cosine) of the rows less their means over the columns.
    Correlation,
    /// The angle between two places on a sphere, given by latitude and longitude in radians.
    Haversine,
    /// The share of columns in which x and y differ.
    Hamming,
    /// Σ |xⱼ − yⱼ| / (|xⱼ| + |yⱼ|), where 0/0 counts as 0.
    Canberra,
    /// Σ |xⱼ − yⱼ| / Σ |xⱼ + yⱼ|, 0 between equals. No metric in the mathematical sense.
    BrayCurtis,
    /// Euclidean over the columns in which neither value is NaN, times √(p / number of these). Rows that have none in
    /// common are not neighbours.
    NanEuclidean,
    /// Of truth values (not 0): those in which x and y differ, among those that are true in either.
    Jaccard,
    /// Of truth values: d / (d + 2t), where d differ and t are true in both. No metric in the mathematical sense.
    Dice,
    /// Of truth values: 2d / (p + d), where d differ. Sokal and Michener's is the same.
    RogersTanimoto,
    /// Of truth values: (p − t) / p, where t are true in both. No metric: a row is not at 0 from itself.
    RussellRao,
    /// Of truth values: 2d / (2d + t), where d differ and t are true in both.
    SokalSneath,
    /// Of truth values: 2bc / (tf + bc), where t are true and f false in both, b and c true in x or y alone. No metric in
    /// the mathematical sense.
    Yule,
    /// One of the user's own. It cannot be saved.
    #[serde(skip)]
    Own(OwnMetric),
}

/// A distance that a user has written; see [`Metric::own`].
#[derive(Clone)]
pub struct OwnMetric {
    name: String,
    is_metric: bool,
    distance: Arc<dyn Fn(&[f64], &[f64]) -> f64 + Send + Sync>,
}
impl OwnMetric {
    pub(crate) fn distance(&self, x: &[f64], y: &[f64]) -> f64 {
        (self.distance)(x, y)
    }
}
impl fmt::Debug for OwnMetric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}
/// The same function, not one that does the same.
impl PartialEq for OwnMetric {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.distance, &other.distance)
    }
}

impl Metric {
    /// A distance of the user's own: symmetric and not negative. `is_metric` promises that it obeys the triangle
    /// inequality, without which ball trees would miss neighbours; they refuse it otherwise.
    pub fn own(
        name: impl Into<String>,
        is_metric: bool,
        distance: impl Fn(&[f64], &[f64]) -> f64 + Send + Sync + 'static,
    ) -> Self {
        Self::Own(OwnMetric { name: name.into(), is_metric, distance: Arc::new(distance) })
    }

    /// The distance between two rows.
    ///
    /// # Errors
    /// If they have not the same width, one that the metric cannot read, or if the metric needs to know other rows.
    pub fn between(&self, x: &[f64], y: &[f64]) -> Result<f64> {
        if x.len() != y.len() {
            return Err(Error::shape("columns of y", x.len(), y.len()));
        }
        let rows = Array2::from_shape_vec((1, x.len()), x.to_vec()).unwrap_or_default();
        let other = Array2::from_shape_vec((1, y.len()), y.to_vec()).unwrap_or_default();
        Ok(crate::pairwise(&rows, &other, self)?[[0, 0]])
    }

    /// Whether x, y and z obey d(x, z) ≤ d(x, y) + d(y, z), up to a rising function of d.
    pub(crate) fn is_metric(&self) -> bool {
        match self {
            Self::Minkowski(p) | Self::WeightedMinkowski { p, .. } => *p >= 1.0,
            Self::BrayCurtis | Self::NanEuclidean | Self::Dice | Self::RussellRao | Self::Yule => false,
            Self::Own(own) => own.is_metric,
            _ => true,
        }
    }

    /// Whether NaN may stand among the values.
    pub fn reads_missing(&self) -> bool {
        matches!(self, Self::NanEuclidean)
    }

    /// Refuses parameters out of range, and records of a width that the metric cannot read.
    pub fn check(&self, columns: usize) -> Result<()> {
        let bad = |value: String, allowed: &str| Err(Error::parameter("metric", value, allowed));
        let lengths = |what: &str, found: usize| match found == columns {
            true => Ok(()),
            false => Err(Error::shape(format!("{what} of the metric"), columns, found)),
        };
        match self {
            Self::Minkowski(p) | Self::WeightedMinkowski { p, .. } if p.is_nan() || *p <= 0.0 => {
                bad(format!("Minkowski with p = {p}"), "of a power p above 0")
            }
            Self::WeightedMinkowski { weights, .. } => {
                lengths("weights", weights.len())?;
                match weights.iter().find(|w| !(w.is_finite() && **w >= 0.0)) {
                    Some(w) => bad(
                        format!("Minkowski with weight {w}"),
                        "of weights that are finite and not negative",
                    ),
                    None => Ok(()),
                }
            }
            Self::StandardizedEuclidean(Some(variances)) => {
                lengths("variances", variances.len())?;
                match variances.iter().find(|v| !(v.is_finite() && **v > 0.0)) {
                    Some(v) => bad(
                        format!("StandardizedEuclidean with variance {v}"),
                        "of variances that are finite and above 0",
                    ),
                    None => Ok(()),
                }
            }
            Self::Mahalanobis(Some(inverse)) => {
                lengths("rows of the matrix", inverse.nrows())?;
                lengths("columns of the matrix", inverse.ncols())?;
                match inverse.iter().find(|v| !v.is_finite()) {
                    Some(v) => {
                        bad(format!("Mahalanobis with a matrix that contains {v}"), "of a finite matrix")
                    }
                    None => Ok(()),
                }
            }
            Self::Haversine if columns != 2 => {
                Err(Error::shape("columns of x, latitude and longitude,", 2, columns))
            }
            _ => Ok(()),
        }
    }
}
