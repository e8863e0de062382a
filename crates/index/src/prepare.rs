//! What is done to rows before they are searched, so that few gauges serve all metrics.
//!
//! | metric | rows | gauge g | metric of g |
//! |---|---|---|---|
//! | Euclidean, its square | as they are | Σ (qⱼ − xⱼ)² | √g, g |
//! | Minkowski with weights | xⱼ wⱼ^(1/p) | as without | as without |
//! | standardised Euclidean | xⱼ / √vⱼ | squares | √g |
//! | Mahalanobis | x less a row, times V diag(√λ) Vᵀ of S⁻¹ | squares | √g |
//! | cosine, correlation | x / ‖x‖, then 0; of zeros 0 … 0, 1 | squares | g / 2 = 1 − cos, without the cancellation |
//! | haversine | the place in space | squares: the chord's | 2 asin(√g / 2) |
//! | of truth values | 1 or 0, then their sum | see [`Truth`] | g |
//!
//! What is prepared is `f64`, whatever the records are.

use crate::gauge::{Gauge, Truth};
use crate::metric::Metric;
use estimand_core::persist::check_len;
use estimand_core::{Error, Float, Result};
use estimand_linalg::{self as linalg, SymmetricEigen};
use ndarray::{Array1, Array2, ArrayView2};
use serde::{Deserialize, Serialize};

/// What is done to each row.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum Prepare {
    /// Nothing.
    Nothing,
    /// Columns times factors.
    Scale(Array1<f64>),
    /// Less a row, times a symmetric matrix. The row cancels in differences, but for their rounding.
    Rotate(Array1<f64>, Array2<f64>),
    /// Length 1, and one more column.
    Direction,
    /// The same, less the mean of the row.
    CentredDirection,
    /// A place in space.
    Sphere,
    /// Truth values, and their sum.
    Truth,
}

/// The metric of a gauge.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Reading {
    Same,
    Root,
    Half,
    Angle,
    PowerRoot(f64),
    Times(f64),
}

impl Reading {
    /// The metric's value where the gauge's is `g`.
    #[inline]
    pub(crate) fn metric(self, g: f64) -> f64 {
        match self {
            Self::Same => g,
            Self::Root => g.sqrt(),
            Self::Half => g / 2.0,
            Self::Angle => 2.0 * (g.sqrt() / 2.0).min(1.0).asin(),
            Self::PowerRoot(p) => g.powf(1.0 / p),
            Self::Times(factor) => g * factor,
        }
    }

    /// The gauge's value where the metric's is `d`.
    pub(crate) fn gauge(self, d: f64) -> f64 {
        match self {
            Self::Same => d,
            Self::Root => d * d,
            Self::Half => d * 2.0,
            Self::Angle => (2.0 * (d / 2.0).min(std::f64::consts::FRAC_PI_2).sin()).powi(2),
            Self::PowerRoot(p) => d.powf(p),
            Self::Times(factor) => d / factor,
        }
    }
}

/// A metric made ready for the rows that are searched.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Plan {
    pub(crate) prepare: Prepare,
    pub(crate) gauge: Gauge,
    pub(crate) reading: Reading,
}

impl Plan {
    /// For a metric that has been checked; `x` gives variances where the metric leaves them open.
    pub(crate) fn new<F: Float>(metric: &Metric, x: ArrayView2<'_, F>) -> Result<Self> {
        let prepare = match metric {
            Metric::WeightedMinkowski { p, weights } => {
                let root = if p.is_finite() { 1.0 / p } else { 1.0 };
                Prepare::Scale(weights.iter().map(|w| w.powf(root)).collect())
            }
            Metric::StandardizedEuclidean(Some(variances)) => {
                Prepare::Scale(variances.iter().map(|v| 1.0 / v.sqrt()).collect())
            }
            // A column without variance is the same everywhere: it counts for nothing.
            Metric::StandardizedEuclidean(None) => {
                Prepare::Scale(covariance(x)?.diag().mapv(|v| if v > 0.0 { 1.0 / v.sqrt() } else { 0.0 }))
            }
            Metric::Mahalanobis(Some(inverse)) => Prepare::rotate(x, root(inverse.view(), 0.5)?),
            Metric::Mahalanobis(None) => Prepare::rotate(x, root(covariance(x)?.view(), -0.5)?),
            Metric::Cosine => Prepare::Direction,
            Metric::Correlation => Prepare::CentredDirection,
            Metric::Haversine => Prepare::Sphere,
            _ if truth(metric).is_some() => Prepare::Truth,
            _ => Prepare::Nothing,
        };
        Ok(Self::of(metric, prepare, x.ncols()))
    }

    /// With what was done to the rows when the plan was made.
    pub(crate) fn of(metric: &Metric, prepare: Prepare, columns: usize) -> Self {
        let (gauge, reading) = match metric {
            Metric::SquaredEuclidean => (Gauge::Squared, Reading::Same),
            Metric::Manhattan => (Gauge::Manhattan, Reading::Same),
            Metric::Chebyshev => (Gauge::Chebyshev, Reading::Same),
            Metric::Minkowski(p) | Metric::WeightedMinkowski { p, .. } => match *p {
                1.0 => (Gauge::Manhattan, Reading::Same),
                2.0 => (Gauge::Squared, Reading::Root),
                f64::INFINITY => (Gauge::Chebyshev, Reading::Same),
                p => (Gauge::Power(p), Reading::PowerRoot(p)),
            },
            Metric::Cosine | Metric::Correlation => (Gauge::Squared, Reading::Half),
            Metric::Haversine => (Gauge::Squared, Reading::Angle),
            Metric::Hamming => (Gauge::Hamming, Reading::Times(1.0 / columns as f64)),
            Metric::Canberra => (Gauge::Canberra, Reading::Same),
            Metric::BrayCurtis => (Gauge::BrayCurtis, Reading::Same),
            Metric::NanEuclidean => (Gauge::Missing, Reading::Root),
            Metric::Own(own) => (Gauge::Own(own.clone()), Reading::Same),
            _ => match truth(metric) {
                Some(truth) => (Gauge::Truth(truth), Reading::Same),
                None => (Gauge::Squared, Reading::Root),
            },
        };
        Self { prepare, gauge, reading }
    }

    /// Refuses rows whose distances leave the range of `f64`, where the gauge has powers.
    pub(crate) fn check_range<F: Float>(&self, x: ArrayView2<'_, F>) -> Result<()> {
        let power = match self.gauge {
            Gauge::Squared | Gauge::Missing => 2.0,
            Gauge::Power(p) => p.max(1.0),
            _ => return Ok(()),
        };
        let own = [Prepare::Direction, Prepare::CentredDirection, Prepare::Sphere].contains(&self.prepare);
        let largest = x.iter().fold(0.0_f64, |m, v| m.max(v.f64().abs()));
        let reach = 10_f64.powf(280.0 / power);
        if own || largest == 0.0 || (largest < reach && largest > 1.0 / reach) {
            return Ok(());
        }
        Err(Error::numerical(format!(
            "the largest value of x is {largest:e} in size, and its powers leave the range of f64; scale the columns first"
        )))
    }
}

fn truth(metric: &Metric) -> Option<Truth> {
    Some(match metric {
        Metric::Jaccard => Truth::Jaccard,
        Metric::Dice => Truth::Dice,
        Metric::RogersTanimoto => Truth::RogersTanimoto,
        Metric::RussellRao => Truth::RussellRao,
        Metric::SokalSneath => Truth::SokalSneath,
        Metric::Yule => Truth::Yule,
        _ => return None,
    })
}

impl Prepare {
    fn rotate<F: Float>(x: ArrayView2<'_, F>, matrix: Array2<f64>) -> Self {
        let shift = x.rows().into_iter().next().map(|row| row.mapv(|v| v.f64())).unwrap_or_default();
        Self::Rotate(shift, matrix)
    }

    /// Columns of rows as they are searched.
    pub(crate) fn width(&self, columns: usize) -> usize {
        match self {
            Self::Nothing | Self::Scale(_) | Self::Rotate(..) => columns,
            Self::Direction | Self::CentredDirection | Self::Truth => columns + 1,
            Self::Sphere => 3,
        }
    }

    /// Refuses sizes that do not fit the columns, which only a forged file can hold.
    pub(crate) fn check_loaded(&self, columns: usize) -> Result<()> {
        let len = |what: &str, found: usize| check_len(what, columns, found);
        match self {
            Self::Scale(factors) => len("factors of an index", factors.len()),
            Self::Rotate(shift, matrix) => {
                len("the shift of an index", shift.len())?;
                len("the matrix of an index", matrix.nrows())?;
                len("the matrix of an index", matrix.ncols())
            }
            Self::Sphere => check_len("columns of an index of places", 2, columns),
            _ => Ok(()),
        }
    }

    /// Rows as they are searched.
    pub(crate) fn rows<F: Float>(&self, x: ArrayView2<'_, F>) -> Array2<f64> {
        let wide = || x.mapv(|v| v.f64());
        match self {
            Self::Nothing => wide(),
            Self::Scale(factors) => wide() * factors,
            Self::Rotate(shift, matrix) => linalg::matmul((wide() - shift).view(), matrix.view()),
            Self::Direction => directions(wide()),
            Self::CentredDirection => {
                let mut x = wide();
                x.rows_mut().into_iter().for_each(|mut row| {
                    let mean = row.mean().unwrap_or(0.0);
                    row -= mean;
                });
                directions(x)
            }
            Self::Sphere => {
                let mut places = Array2::zeros((x.nrows(), 3));
                for (row, mut place) in x.rows().into_iter().zip(places.rows_mut()) {
                    let (latitude, longitude) = (row[0].f64(), row[1].f64());
                    let values =
                        [latitude.cos() * longitude.cos(), latitude.cos() * longitude.sin(), latitude.sin()];
                    place.iter_mut().zip(values).for_each(|(place, v)| *place = v);
                }
                places
            }
            Self::Truth => {
                let mut truths = Array2::zeros((x.nrows(), x.ncols() + 1));
                for (row, mut truth) in x.rows().into_iter().zip(truths.rows_mut()) {
                    for (v, t) in row.iter().zip(&mut truth) {
                        *t = f64::from(u8::from(*v != F::zero()));
                    }
                    truth[row.len()] = truth.sum();
                }
                truths
            }
        }
    }
}

/// x / ‖x‖ and 0; of zeros 0 … 0, 1, which is at a right angle to all others.
fn directions(x: Array2<f64>) -> Array2<f64> {
    let p = x.ncols();
    let mut out = Array2::zeros((x.nrows(), p + 1));
    for (row, mut out) in x.rows().into_iter().zip(out.rows_mut()) {
        // The largest value is taken out first, so that no square leaves the range.
        let largest = row.iter().fold(0.0_f64, |m, v| m.max(v.abs()));
        if largest == 0.0 {
            out[p] = 1.0;
            continue;
        }
        let norm = row.iter().map(|v| (v / largest).powi(2)).sum::<f64>().sqrt();
        row.iter().zip(&mut out).for_each(|(v, out)| *out = v / largest / norm);
    }
    out
}

/// The covariance of the columns, with divisor n − 1.
fn covariance<F: Float>(x: ArrayView2<'_, F>) -> Result<Array2<f64>> {
    if x.nrows() < 2 {
        return Err(Error::shape("rows that a covariance is taken of", "at least 2", x.nrows()));
    }
    let moments = linalg::Moments::new(x, Array2::default((x.nrows(), 0)).view(), None);
    if !moments.is_reliable() {
        return Err(Error::numerical(
            "squares of the values leave the range of f64; scale the columns first",
        ));
    }
    Ok(moments.covariance(1.0))
}

/// V diag(λᵉ) Vᵀ of a symmetric matrix V diag(λ) Vᵀ that is not negative.
fn root(matrix: ArrayView2<'_, f64>, exponent: f64) -> Result<Array2<f64>> {
    let symmetric = (&matrix + &matrix.t()) / 2.0;
    let eigen = SymmetricEigen::new(symmetric.view())?;
    let largest = eigen.values.iter().fold(0.0_f64, |m, v| m.max(v.abs()));
    let small = largest * f64::EPSILON * matrix.nrows() as f64;
    match eigen.values.iter().find(|v| **v < -small || (exponent < 0.0 && **v <= small)) {
        Some(v) if exponent < 0.0 => Err(Error::numerical(format!(
            "the covariance of the rows has the eigenvalue {v:e}, and no inverse; give the metric a matrix"
        ))),
        Some(v) => Err(Error::parameter(
            "metric",
            format!("Mahalanobis with the eigenvalue {v:e}"),
            "of a positive semi-definite matrix",
        )),
        None => {
            let scaled = &eigen.vectors * &eigen.values.mapv(|v| v.max(0.0).powf(exponent));
            Ok(linalg::matmul(scaled.view(), eigen.vectors.t()))
        }
    }
}
