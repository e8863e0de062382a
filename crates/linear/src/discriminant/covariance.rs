//! Means and covariances of classes, and their shrinkage.

use estimand_core::describe::between;
use estimand_core::{ClassCodes, Codes, Error, Float, Records, Result, Samples};
use estimand_linalg::{ClassMoments, SymmetricEigen};
use ndarray::{Array1, Array2, ArrayView1, ArrayView2};
use serde::{Deserialize, Serialize};

/// Whether a covariance is drawn towards a multiple of the unit matrix; see [the module](crate::discriminant).
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub enum Shrinkage {
    /// It is not.
    #[default]
    None,
    /// As far as Ledoit and Wolf found best.
    Auto,
    /// By this share, from 0 to 1.
    By(f64),
}
impl From<f64> for Shrinkage {
    fn from(share: f64) -> Self {
        Self::By(share)
    }
}
impl Shrinkage {
    pub(super) fn check(self) -> Result<()> {
        if let Self::By(share) = self { between(0.0, 1.0).check("shrinkage", &share) } else { Ok(()) }
    }
}

/// A training set and its moments by class.
pub(super) struct ByClass<'a, F> {
    pub(super) x: ArrayView2<'a, F>,
    pub(super) y: Codes<'a>,
    pub(super) weights: Option<ArrayView1<'a, F>>,
    pub(super) moments: ClassMoments,
    records: Records<'a, F>,
}

impl<'a, F: Float> ByClass<'a, F> {
    /// # Errors
    /// Of sparse records, NaN and infinities, and values whose squares leave the range of `f64`.
    pub(super) fn new(samples: Samples<'a, F, ClassCodes>, estimator: &str) -> Result<Self> {
        let Samples { x: records, y, weights, .. } = samples;
        records.check_shape()?;
        let x = records.dense(estimator)?;
        let moments = ClassMoments::new(x, y.y, y.k, weights);
        let this = Self { x, y, weights, moments, records };
        if this.moments.is_finite() { Ok(this) } else { Err(this.not_finite()) }
    }

    fn not_finite(&self) -> Error {
        let overflow = "squares of the values leave the range of f64; scale the columns first";
        self.records.check_finite().err().unwrap_or_else(|| Error::numerical(overflow))
    }

    /// Σ_c shareᶜ Sᶜ
    pub(super) fn pooled(&self, shares: &[f64]) -> Result<Array2<f64>> {
        let factors: Vec<f64> = shares.iter().zip(&self.moments.weight).map(|(share, w)| share / w).collect();
        self.finite(self.moments.gram_within(self.x, self.y.y, self.weights, &factors))
    }

    /// Sᶜ, with the divisor Wᶜ
    pub(super) fn of_class(&self, c: usize) -> Result<Array2<f64>> {
        let gram = self.moments.gram_of_class(self.x, self.y.y, self.weights, c);
        self.finite(gram / self.moments.weight[c])
    }

    fn finite(&self, gram: Array2<f64>) -> Result<Array2<f64>> {
        if gram.iter().all(|v| v.is_finite()) { Ok(gram) } else { Err(self.not_finite()) }
    }

    /// Deviations of the columns in class `c`; 1 for those that are constant there.
    fn scale(&self, c: usize) -> Array1<f64> {
        let (mean, squares) = (self.moments.mean.row(c), self.moments.squares.row(c));
        let variances = squares.mapv(|s| s / self.moments.weight[c]);
        deviations(&variances, |j| mean[j]).mapv(|s| if s > 0.0 { s } else { 1.0 })
    }

    /// s of (2) for each class, given their covariances in scaled columns.
    fn ledoit_wolf(&self, c: usize, scaled: &Array2<f64>, scale: &Array1<f64>) -> f64 {
        let (p, weight) = (scaled.nrows() as f64, self.moments.weight[c]);
        if scaled.nrows() == 1 {
            return 0.0;
        }
        let mean = self.moments.mean.row(c);
        let mut fourth = 0.0;
        for (i, row) in self.x.rows().into_iter().enumerate().filter(|(i, _)| self.y.y[*i] as usize == c) {
            let square: f64 =
                row.iter().zip(&mean).zip(scale).map(|((x, m), s)| ((x.f64() - m) / s).powi(2)).sum();
            fourth += self.weights.map_or(1.0, |w| w[i].f64()) * square * square;
        }
        let (norm, trace) = (scaled.iter().map(|v| v * v).sum::<f64>(), scaled.diag().sum());
        let beta = (fourth / weight - norm) / (p * weight);
        let delta = (norm - trace * trace / p) / p;
        let beta = beta.min(delta);
        if beta <= 0.0 { 0.0 } else { beta / delta }
    }

    /// Sᶜ, shrunk.
    pub(super) fn shrunk_of_class(&self, c: usize, shrinkage: Shrinkage) -> Result<Array2<f64>> {
        let mut covariance = self.of_class(c)?;
        match shrinkage {
            Shrinkage::None => {}
            Shrinkage::By(share) => shrink(&mut covariance, share),
            Shrinkage::Auto => {
                let scale = self.scale(c);
                rescale(&mut covariance, &scale.mapv(f64::recip));
                let share = self.ledoit_wolf(c, &covariance, &scale);
                shrink(&mut covariance, share);
                rescale(&mut covariance, &scale);
            }
        }
        Ok(covariance)
    }

    /// Σ_c shareᶜ Sᶜ, each shrunk.
    pub(super) fn shrunk(&self, shares: &[f64], shrinkage: Shrinkage) -> Result<Array2<f64>> {
        let p = self.x.ncols();
        match shrinkage {
            Shrinkage::None => self.pooled(shares),
            Shrinkage::By(share) => {
                let mut covariance = self.pooled(shares)?;
                shrink(&mut covariance, share);
                Ok(covariance)
            }
            Shrinkage::Auto => {
                shares.iter().enumerate().try_fold(Array2::zeros((p, p)), |mut sum, (c, share)| {
                    sum.scaled_add(*share, &self.shrunk_of_class(c, shrinkage)?);
                    Ok(sum)
                })
            }
        }
    }
}

/// S ← (1 − s) S + s (tr S / p) I
fn shrink(covariance: &mut Array2<f64>, share: f64) {
    let mean = covariance.diag().sum() / covariance.nrows() as f64;
    *covariance *= 1.0 - share;
    covariance.diag_mut().mapv_inplace(|v| v + share * mean);
}

/// Sⱼₖ ← Sⱼₖ fⱼ fₖ
pub(super) fn rescale(covariance: &mut Array2<f64>, factors: &Array1<f64>) {
    covariance.indexed_iter_mut().for_each(|((j, k), v)| *v = (*v * factors[j]) * factors[k]);
}

/// Square roots of variances; 0 where they are rounding errors beside `mean(j)`.
pub(super) fn deviations(variances: &Array1<f64>, mean: impl Fn(usize) -> f64) -> Array1<f64> {
    let deviation = |(j, v): (usize, &f64)| {
        let deviation = v.sqrt();
        if deviation <= 10.0 * f64::EPSILON * mean(j).abs() { 0.0 } else { deviation }
    };
    variances.iter().enumerate().map(deviation).collect()
}

/// The directions of a covariance in which there is spread.
pub(super) struct Whitening {
    /// A, p × r: AᵀΣA = I
    pub(super) directions: Array2<f64>,
    /// ln det Σ, where r = p.
    pub(super) log_det: f64,
}

/// A of Σ, by the eigenvalues of Σ in columns scaled to unit variance; those up to `tol`² are left out.
pub(super) fn whiten(mut covariance: Array2<f64>, scale: &Array1<f64>, tol: f64) -> Result<Whitening> {
    rescale(&mut covariance, &scale.mapv(|s| if s > 0.0 { s.recip() } else { 0.0 }));
    let SymmetricEigen { values, vectors } = SymmetricEigen::new(covariance.view())?;
    let pairs = values.iter().zip(vectors.columns()).rev().map(|(value, v)| (value.max(0.0).sqrt(), v));
    Ok(whitened(pairs, scale, tol))
}

/// A from singular values and vectors of rows in scaled columns, the largest first.
pub(super) fn whitened<'v>(
    pairs: impl Iterator<Item = (f64, ArrayView1<'v, f64>)>,
    scale: &Array1<f64>,
    tol: f64,
) -> Whitening {
    let mut log_det: f64 = 2.0 * scale.iter().map(|s| s.ln()).sum::<f64>();
    let mut directions = Array2::zeros((scale.len(), 0));
    for (s, v) in pairs.filter(|(s, _)| *s > tol) {
        let direction: Array1<f64> =
            v.iter().zip(scale).map(|(v, scale)| if *scale > 0.0 { v / scale / s } else { 0.0 }).collect();
        // A column always fits.
        let _ = directions.push_column(direction.view());
        log_det += 2.0 * s.ln();
    }
    Whitening { directions, log_det }
}
