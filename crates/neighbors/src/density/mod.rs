//! Kernel density estimation.
//!
//! ```text
//! f(q) = Σ ωᵢ K(d(q, xᵢ) / h) / (Σ ωᵢ · hᵖ ∫ K)                                                            (1)
//! ```
//!
//! | kernel | K(u) | reaches to |
//! |---|---|---|
//! | Gaussian | exp(−u²/2) | everywhere |
//! | exponential | exp(−u) | everywhere |
//! | top hat | 1 | u ≤ 1 |
//! | Epanechnikov | 1 − u² | u < 1 |
//! | linear | 1 − u | u < 1 |
//! | cosine | cos(πu/2) | u < 1 |
//!
//! The rows within reach are found by the index, and all of them are summed. Kernels that reach everywhere are summed over
//! the rows whose K is not below 10⁻¹⁷/n of that of the nearest row: what is left out is less than the rounding of the sum.
//! So the result is exact to double precision, also far from all rows, and there is no tolerance to set.
//!
//! Costs one or two searches for each row that is asked about; many rows within reach cost their number.
//!
//! **Differs from scikit-learn.** Its sums are exact to `atol` and `rtol`, which are not needed here. A top hat includes its
//! border. The cosine kernel integrates to 1 in any number of columns, there in odd numbers only.
//!
//! **References.** \[Silverman86\].

#[cfg(test)]
mod tests;

use estimand_core::persist::check_len;
use estimand_core::stats::ln_gamma;
use estimand_core::{
    Describe, Error, Features, Fit, Float, Predict, PredictOne, Records, Report, Result, Samples, Scratch,
    Seed, Target,
};
use estimand_index::{Algorithm, Index, Metric, Neighbor, Reach};
use ndarray::{Array1, Array2};
use rand::Rng;
use rand_distr::StandardNormal;
use serde::{Deserialize, Serialize};
use std::f64::consts::{FRAC_PI_2, PI, TAU};

/// The shape of a kernel; see [the module](crate::density).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum DensityKernel {
    /// exp(−u²/2)
    #[default]
    Gaussian,
    /// 1 for u ≤ 1
    Tophat,
    /// 1 − u² for u < 1
    Epanechnikov,
    /// exp(−u)
    Exponential,
    /// 1 − u for u < 1
    Linear,
    /// cos(πu/2) for u < 1
    Cosine,
}

/// How wide a kernel is, h.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum Bandwidth {
    /// In the units of the columns, more than 0.
    Value(f64),
    /// (Σω)^(−1/(p + 4)), for columns of unit variance.
    Scott,
    /// (Σω (p + 2) / 4)^(−1/(p + 4)), for columns of unit variance.
    Silverman,
}
impl From<f64> for Bandwidth {
    fn from(value: f64) -> Self {
        Self::Value(value)
    }
}

estimand_core::params! {
    /// Kernel density estimation; see [the module](crate::density).
    ///
    /// ```
    /// use estimand_core::Fit;
    /// use estimand_neighbors::{DensityKernel, KernelDensity};
    /// use ndarray::array;
    ///
    /// let x = array![[0.0], [1.0], [10.0]];
    /// let model = KernelDensity::new().bandwidth(2.0).kernel(DensityKernel::Tophat).fit(&x)?;
    /// // Two of three rows, each spread over a length of 4.
    /// let ln: f64 = model.score_samples(&array![[0.5]])?[0];
    /// assert!((ln.exp() - 2.0 / 3.0 / 4.0).abs() < 1e-15);
    /// let drawn = model.sample(100, 7)?;
    /// assert!(drawn.iter().all(|v| (-2.0..3.0).contains(v) || (8.0..12.0).contains(v)));
    /// # Ok::<(), estimand_core::Error>(())
    /// ```
    pub struct KernelDensity {
        /// How wide the kernel is, h: the setting that matters.
        bandwidth => Bandwidth = Bandwidth::Value(1.0);
        /// The shape of the kernel, K.
        kernel: DensityKernel = DensityKernel::Gaussian;
        /// The distance d. The density integrates to 1 for the Euclidean one.
        metric: Metric = Metric::Euclidean;
        /// How to search. The answer is the same.
        algorithm: Algorithm = Algorithm::Auto;
    }
    accepts: weights;
}

/// A fitted [`KernelDensity`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(bound(serialize = "F: Float", deserialize = "F: Float"))]
pub struct KernelDensityModel<F: Float> {
    index: Index<F>,
    /// The training rows, which are drawn around.
    rows: Array2<F>,
    weights: Option<Vec<f64>>,
    total: f64,
    bandwidth: f64,
    kernel: DensityKernel,
    features: Features,
}

impl<F: Float, Y: Target> Fit<F, Y> for KernelDensity {
    type Model = KernelDensityModel<F>;

    fn fit_samples(&self, samples: Samples<'_, F, Y>) -> Result<KernelDensityModel<F>> {
        self.check()?;
        samples.check()?;
        if let Some(rows) = crate::neighbourhood::present(&samples) {
            return self.fit_samples(samples.select(&rows).samples());
        }
        let index = Index::new(samples.x, &self.metric, self.algorithm)?;
        let weights: Option<Vec<f64>> = samples.weights.map(|w| w.iter().map(|w| w.f64()).collect());
        let total = weights.as_ref().map_or(index.len() as f64, |w| w.iter().sum());
        let p = index.columns() as f64;
        let bandwidth = match self.bandwidth {
            Bandwidth::Value(h) => h,
            Bandwidth::Scott => total.powf(-1.0 / (p + 4.0)),
            Bandwidth::Silverman => (total * (p + 2.0) / 4.0).powf(-1.0 / (p + 4.0)),
        };
        if !(bandwidth > 0.0 && bandwidth.is_finite()) {
            return Err(Error::parameter("bandwidth", bandwidth, "finite and above 0"));
        }
        let rows = samples.x.dense("KernelDensity")?.as_standard_layout().into_owned();
        let (kernel, features) = (self.kernel, Features::of(samples.x));
        Ok(KernelDensityModel { index, rows, weights, total, bandwidth, kernel, features })
    }
}

impl DensityKernel {
    /// ln K(u) for u within reach.
    fn ln(self, u: f64) -> f64 {
        match self {
            Self::Gaussian => -0.5 * u * u,
            Self::Exponential => -u,
            Self::Tophat => 0.0,
            Self::Epanechnikov => (1.0 - u * u).ln(),
            Self::Linear => (1.0 - u).ln(),
            Self::Cosine => (FRAC_PI_2 * u).cos().ln(),
        }
    }

    /// Where K is not below 10⁻¹⁷ / `n` of K(`nearest`), or not 0.
    fn reach(self, nearest: f64, n: f64) -> f64 {
        let depth = 17.0 * std::f64::consts::LN_10 + n.ln();
        match self {
            Self::Gaussian => (nearest * nearest + 2.0 * depth).sqrt(),
            Self::Exponential => nearest + depth,
            _ => 1.0,
        }
    }

    fn reaches_everywhere(self) -> bool {
        matches!(self, Self::Gaussian | Self::Exponential)
    }

    /// ln ∫ K(‖u‖) du over p dimensions.
    fn ln_integral(self, p: usize) -> f64 {
        let n = p as f64;
        // Of the unit ball, and of its surface.
        let ball = |n: f64| 0.5 * n * PI.ln() - ln_gamma(0.5 * n + 1.0);
        let surface = TAU.ln() + ball(n - 2.0);
        match self {
            Self::Gaussian => 0.5 * n * TAU.ln(),
            Self::Tophat => ball(n),
            Self::Epanechnikov => ball(n) + (2.0 / (n + 2.0)).ln(),
            Self::Exponential => surface + ln_gamma(n),
            Self::Linear => ball(n) - (n + 1.0).ln(),
            // ∫₀¹ u^(p−1) cos(πu/2) du by the series of the cosine; by parts, each step would cost digits.
            Self::Cosine => {
                let (mut sum, mut term) = (0.0, 1.0);
                for k in 0..16 {
                    let k = f64::from(2 * k);
                    sum += term / (n + k);
                    term *= -(FRAC_PI_2 * FRAC_PI_2) / ((k + 1.0) * (k + 2.0));
                }
                sum.ln() + surface
            }
        }
    }
}

impl<F: Float> KernelDensityModel<F> {
    /// ln f of each row, n; −∞ where no kernel reaches.
    ///
    /// # Errors
    /// For records of another width or with other names, or that are not finite.
    pub fn score_samples<'a>(&self, x: impl Into<Records<'a, F>>) -> Result<Array1<F>>
    where
        F: 'a,
    {
        self.predict_records(x.into())
    }

    /// Σ ln f over the rows: larger is better, for a search of the bandwidth too.
    ///
    /// # Errors
    /// As [`score_samples`](Self::score_samples).
    pub fn score<'a>(&self, x: impl Into<Records<'a, F>>) -> Result<f64>
    where
        F: 'a,
    {
        Ok(self.score_samples(x)?.iter().map(|v| v.f64()).sum())
    }

    /// Draws rows from the density: with a Gaussian or a top hat kernel and a Euclidean metric.
    ///
    /// # Errors
    /// For other kernels or metrics.
    pub fn sample(&self, count: usize, seed: u64) -> Result<Array2<F>> {
        if *self.index.metric() != Metric::Euclidean {
            return Err(Error::unsupported(
                "KernelDensity::sample",
                format!("the metric {:?}", self.index.metric()),
            ));
        }
        let p = self.rows.ncols();
        let mut sums = Vec::with_capacity(self.rows.nrows());
        let mut sum = 0.0;
        for i in 0..self.rows.nrows() {
            sum += self.weights.as_ref().map_or(1.0, |w| w[i]);
            sums.push(sum);
        }
        let mut out = Array2::default((count, p));
        for (item, mut out) in out.rows_mut().into_iter().enumerate() {
            let mut stream = Seed(seed).stream(item as u64);
            let place = stream.random::<f64>() * sum;
            let row = self.rows.row(sums.partition_point(|s| *s <= place).min(self.rows.nrows() - 1));
            let step: Vec<f64> = (0..p).map(|_| stream.sample(StandardNormal)).collect();
            let length = step.iter().map(|v| v * v).sum::<f64>().sqrt();
            let factor = match self.kernel {
                DensityKernel::Gaussian => self.bandwidth,
                // A direction, and a distance that fills the ball evenly.
                DensityKernel::Tophat => {
                    self.bandwidth * stream.random::<f64>().powf(1.0 / p as f64) / length
                }
                kernel => {
                    return Err(Error::unsupported(
                        "KernelDensity::sample",
                        format!("the kernel {kernel:?}"),
                    ));
                }
            };
            out.iter_mut()
                .zip(row)
                .zip(step)
                .for_each(|((out, v), step)| *out = F::of(v.f64() + factor * step));
        }
        Ok(out)
    }

    /// ln f from the rows within reach, nearest first.
    fn ln_density(&self, found: &[Neighbor]) -> f64 {
        let Some(first) = found.first() else { return f64::NEG_INFINITY };
        let top = self.kernel.ln(first.distance / self.bandwidth);
        if top == f64::NEG_INFINITY {
            return top;
        }
        let term = |near: &Neighbor| {
            let weight = self.weights.as_ref().map_or(1.0, |w| w[near.row as usize]);
            weight * (self.kernel.ln(near.distance / self.bandwidth) - top).exp()
        };
        let sum: f64 = found.iter().map(term).sum();
        let p = self.rows.ncols();
        top + sum.ln() - self.total.ln() - self.kernel.ln_integral(p) - p as f64 * self.bandwidth.ln()
    }

    /// The radius of what counts for a row whose nearest is so far away.
    fn radius(&self, nearest: f64) -> f64 {
        self.bandwidth * self.kernel.reach(nearest / self.bandwidth, self.rows.nrows() as f64)
    }

    /// How it searches.
    pub fn report(&self) -> Report {
        Report::direct(self.index.method())
    }

    /// h
    pub fn bandwidth(&self) -> f64 {
        self.bandwidth
    }

    /// The columns the model was fitted on.
    pub fn features(&self) -> &Features {
        &self.features
    }
}

impl<F: Float> Predict<F> for KernelDensityModel<F> {
    type Output = Array1<F>;

    /// ln f of each row.
    fn predict_records(&self, x: Records<'_, F>) -> Result<Array1<F>> {
        self.features.check(x)?;
        let sum = |_: usize, found: &[Neighbor], out: &mut [F]| out[0] = F::of(self.ln_density(found));
        if !self.kernel.reaches_everywhere() {
            return Ok(self.index.find_with(x, Reach::Within(self.bandwidth), 1, sum)?.into());
        }
        let nearest = self.index.find_with(x, Reach::Nearest(1), 1, |_, found, out| {
            out[0] = found.first().map_or(0.0, |near| near.distance);
        })?;
        Ok(self.index.find_within_each(x, |i| self.radius(nearest[i]), 1, sum)?.into())
    }
}

impl<F: Float> PredictOne<F> for KernelDensityModel<F> {
    type One<'m> = F;

    fn predict_one(&self, row: &[F], _: &mut Scratch<F>) -> Result<F> {
        self.features.check_width(row.len())?;
        let radius = match self.kernel.reaches_everywhere() {
            true => {
                let nearest = self.index.find_one(row, Reach::Nearest(1), |found| found[0].distance)?;
                self.radius(nearest)
            }
            false => self.bandwidth,
        };
        self.index.find_one(row, Reach::Within(radius), |found| F::of(self.ln_density(found)))
    }
}

estimand_core::persist!(KernelDensityModel<F>, |model| {
    let n = model.index.len();
    model.features.check_loaded()?;
    check_len("columns of the index", model.features.count(), model.index.columns())?;
    check_len("rows to draw around", n, model.rows.nrows())?;
    check_len("columns of these", model.features.count(), model.rows.ncols())?;
    let weights = model.weights.as_ref().map_or(n, Vec::len);
    check_len("weights", n, weights)?;
    match model.bandwidth > 0.0 && model.total > 0.0 {
        true => Ok(()),
        false => Err(Error::Persist { what: "a bandwidth or a weight that cannot be".into() }),
    }
});
