//! Features of kernels of counts and histograms; see [the module](crate::approximation).

use super::{by_rows, check_range, check_waves, cosines, names, one, refuse_weights};
use estimand_core::describe::{above, at_least, between};
use estimand_core::records::{AsGiven, Dense};
use estimand_core::{
    Csr, Describe, Error, Features, Fit, Float, Matrix, MatrixView, Records, Report, Result, Samples,
    Scratch, Seed, Target, Transform, TransformOne,
};
use estimand_kernels as kernels;
use estimand_linalg::rows;
use ndarray::{Array1, Array2};
use rand::Rng;
use serde::{Deserialize, Serialize};
use std::f64::consts::{FRAC_PI_2, PI, TAU};

estimand_core::params! {
    /// Features of the additive χ² kernel Σ 2xⱼzⱼ / (xⱼ + zⱼ) of records that are not negative; equation (3) of
    /// [the module](crate::approximation).
    ///
    /// ```
    /// use estimand_core::{Fit, Transform};
    /// use estimand_svm::AdditiveChi2Sampler;
    /// use ndarray::array;
    ///
    /// let x = array![[0.2, 0.8], [0.6, 0.4]];
    /// let z = AdditiveChi2Sampler::new().sample_steps(3).fit(&x)?.transform(&x)?;
    /// let truth: f64 = 2.0 * (0.2 * 0.6 / 0.8 + 0.8 * 0.4 / 1.2);
    /// assert!((z.row(0).dot(&z.row(1)) - truth).abs() < 0.02);
    /// # Ok::<(), estimand_core::Error>(())
    /// ```
    pub struct AdditiveChi2Sampler {
        /// Frequencies: each column becomes 2s − 1 columns.
        sample_steps: usize = 2, between(1.0, 1000.0);
        /// Distance L of the frequencies; 0.8, 0.5, 0.4 for 1, 2, 3 of them unless set, and needed for more.
        sample_interval: Option<f64> = None, above(0.0);
    }
    accepts: sparse;
}

estimand_core::params! {
    /// Random features of the skewed χ² kernel Π 2√(xⱼ + c) √(zⱼ + c) / (xⱼ + zⱼ + 2c) of records above −c; equation (4) of
    /// [the module](crate::approximation).
    ///
    /// ```
    /// use estimand_core::{Fit, Transform};
    /// use estimand_svm::SkewedChi2Sampler;
    /// use ndarray::array;
    ///
    /// let x = array![[0.0, 1.0], [1.0, 0.0]];
    /// let z = SkewedChi2Sampler::new().n_components(5000).fit(&x)?.transform(&x)?;
    /// assert!((z.row(0).dot(&z.row(1)) - 8.0_f64 / 9.0).abs() < 0.05);
    /// # Ok::<(), estimand_core::Error>(())
    /// ```
    pub struct SkewedChi2Sampler {
        /// c
        skewedness: f64 = 1.0, above(0.0);
        /// Columns m of the result.
        n_components: usize = 100, at_least(1.0);
        /// Seed of the numbers that are drawn.
        seed: u64 = 0;
    }
    accepts: ;
}

/// A fitted [`AdditiveChi2Sampler`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(bound(serialize = "F: Float", deserialize = "F: Float"))]
pub struct AdditiveChi2SamplerModel<F> {
    interval: F,
    /// √(2L / cosh(πjL)), after √L
    factors: Array1<F>,
    features: Features,
}

/// A fitted [`SkewedChi2Sampler`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(bound(serialize = "F: Float", deserialize = "F: Float"))]
pub struct SkewedChi2SamplerModel<F> {
    skewedness: F,
    /// p × m
    weights: Array2<F>,
    offsets: Array1<F>,
    features: Features,
}

impl<F: Float, Y: Target> Fit<F, Y> for AdditiveChi2Sampler {
    type Model = AdditiveChi2SamplerModel<F>;

    fn fit_samples(&self, samples: Samples<'_, F, Y>) -> Result<Self::Model> {
        self.check()?;
        refuse_weights(&samples, self.name())?;
        let interval = match (self.sample_interval, self.sample_steps) {
            (Some(interval), _) => interval,
            (None, 1) => 0.8,
            (None, 2) => 0.5,
            (None, 3) => 0.4,
            (None, _) => {
                return Err(Error::parameter("sample_interval", "none", "given for more than 3 steps"));
            }
        };
        let factor = |j: usize| match j {
            0 => interval.sqrt(),
            j => (2.0 * interval / (PI * j as f64 * interval).cosh()).sqrt(),
        };
        let factors = (0..self.sample_steps).map(|j| F::of(factor(j))).collect();
        let model = AdditiveChi2SamplerModel {
            interval: F::of(interval),
            factors,
            features: Features::of(samples.x),
        };
        model.refuse_negative(samples.x)?;
        Ok(model)
    }
}

impl<F: Float> AdditiveChi2SamplerModel<F> {
    /// L
    pub fn sample_interval(&self) -> F {
        self.interval
    }

    /// How the fit went.
    pub fn report(&self) -> Report {
        Report::direct("sampled spectrum")
    }

    fn blocks(&self) -> usize {
        2 * self.factors.len() - 1
    }

    fn refuse_negative(&self, x: Records<'_, F>) -> Result<()> {
        x.check_finite()?;
        let negative = |v: &F| *v < F::zero();
        let found = match x.values() {
            MatrixView::Dense(x) => x.iter().copied().find(negative),
            MatrixView::Sparse(x) => x.data().iter().copied().find(negative),
        };
        match found {
            Some(v) => {
                Err(Error::target(format!("x holds {v}; the additive χ² kernel is of values of at least 0")))
            }
            None => Ok(()),
        }
    }

    /// What one value becomes; 0 becomes zeros.
    fn value(&self, x: F, block: usize) -> F {
        if x == F::zero() {
            return x;
        }
        let j = block.div_ceil(2);
        let amplitude = self.factors[j] * x.sqrt();
        let angle = F::of(j as f64) * self.interval * x.ln();
        match (j, block % 2) {
            (0, _) => amplitude,
            (_, 1) => amplitude * angle.cos(),
            _ => amplitude * angle.sin(),
        }
    }
}

impl<F: Float> Transform<F> for AdditiveChi2SamplerModel<F> {
    type Stored = AsGiven;

    fn transform_records(&self, x: Records<'_, F>) -> Result<Matrix<F>> {
        self.features.check(x)?;
        x.check_shape()?;
        self.refuse_negative(x)?;
        let (p, blocks) = (x.ncols(), self.blocks());
        Ok(match x.values() {
            MatrixView::Dense(x) => {
                let of = |(i, j): (usize, usize)| self.value(x[[i, j % p]], j / p);
                Matrix::Dense(Array2::from_shape_fn((x.nrows(), p * blocks), of))
            }
            MatrixView::Sparse(x) => {
                if p * blocks > u32::MAX as usize {
                    return Err(Error::unsupported("AdditiveChi2Sampler", "so many columns"));
                }
                let (mut indptr, mut indices, mut values) = (vec![0], Vec::new(), Vec::new());
                for row in x.outer_iter() {
                    for block in 0..blocks {
                        indices.extend(row.indices.iter().map(|j| j + (block * p) as u32));
                        values.extend(row.values.iter().map(|x| self.value(*x, block)));
                    }
                    indptr.push(indices.len());
                }
                Matrix::Sparse(Csr::new(p * blocks, indptr, indices, values)?)
            }
        })
    }

    fn feature_names_out(&self) -> Option<Vec<String>> {
        let of = |block: usize| {
            let suffix = match (block.div_ceil(2), block % 2) {
                (0, _) => "sqrt".to_owned(),
                (j, 1) => format!("cos{j}"),
                (j, _) => format!("sin{j}"),
            };
            (0..self.features.count()).map(move |j| (j, suffix.clone())).collect::<Vec<_>>()
        };
        Some(
            (0..self.blocks())
                .flat_map(of)
                .map(|(j, suffix)| format!("{}_{suffix}", self.features.name(j)))
                .collect(),
        )
    }
}

impl<F: Float> TransformOne<F> for AdditiveChi2SamplerModel<F> {
    fn transform_one(&self, row: &[F], out: &mut Vec<F>, _: &mut Scratch<F>) -> Result<()> {
        self.features.check_width(row.len())?;
        self.refuse_negative(one(row)?.into())?;
        out.clear();
        out.extend((0..self.blocks()).flat_map(|block| row.iter().map(move |x| self.value(*x, block))));
        Ok(())
    }
}

impl<F: Float, Y: Target> Fit<F, Y> for SkewedChi2Sampler {
    type Model = SkewedChi2SamplerModel<F>;

    fn fit_samples(&self, samples: Samples<'_, F, Y>) -> Result<Self::Model> {
        self.check()?;
        samples.x.dense("SkewedChi2Sampler")?;
        refuse_weights(&samples, self.name())?;
        let (p, m) = (samples.x.ncols(), self.n_components);
        let mut stream = Seed(self.seed).stream(0);
        // The inverse of the distribution function of 1 / cosh(πw).
        let weights = Array2::from_shape_simple_fn((p, m), || {
            let u: f64 = stream.random();
            F::of((FRAC_PI_2 * u.max(f64::EPSILON)).tan().ln() / PI)
        });
        let offsets = Array1::from_shape_simple_fn(m, || F::of(TAU * stream.random::<f64>()));
        let skewedness = F::of(self.skewedness);
        let model =
            SkewedChi2SamplerModel { skewedness, weights, offsets, features: Features::of(samples.x) };
        model.logarithms(samples.x)?;
        Ok(model)
    }
}

impl<F: Float> SkewedChi2SamplerModel<F> {
    /// Weights w, p × m.
    pub fn random_weights(&self) -> &Array2<F> {
        &self.weights
    }

    /// Offsets b, m.
    pub fn random_offset(&self) -> &Array1<F> {
        &self.offsets
    }

    /// How the fit went.
    pub fn report(&self) -> Report {
        Report::direct("random features")
    }

    /// ln(x + c)
    fn logarithms(&self, x: Records<'_, F>) -> Result<Array2<F>> {
        x.check_finite()?;
        let x = x.dense("SkewedChi2Sampler")?;
        match x.iter().find(|v| **v + self.skewedness <= F::zero()) {
            Some(v) => Err(Error::target(format!("x holds {v}, which must be above −{}", self.skewedness))),
            None => Ok(x.mapv(|v| (v + self.skewedness).ln()).as_standard_layout().into_owned()),
        }
    }

    fn finish(&self, logarithms: &[F], out: &mut [F]) {
        out.fill(F::zero());
        for (x, weights) in logarithms.iter().zip(self.weights.rows()) {
            kernels::axpy(*x, weights.to_slice().unwrap_or_default(), out);
        }
        cosines(out, &self.offsets);
    }
}

impl<F: Float> Transform<F> for SkewedChi2SamplerModel<F> {
    type Stored = Dense;

    fn transform_records(&self, x: Records<'_, F>) -> Result<Matrix<F>> {
        self.features.check(x)?;
        x.check_shape()?;
        let logarithms = self.logarithms(x)?;
        let (p, m) = self.weights.dim();
        let z = by_rows(x.nrows(), m, p * m, |i, out| {
            self.finish(&logarithms.as_slice().unwrap_or_default()[i * p..(i + 1) * p], out);
        });
        Ok(Matrix::Dense(rows::checked(z, x)?))
    }

    fn feature_names_out(&self) -> Option<Vec<String>> {
        names("skewedchi2sampler", self.offsets.len())
    }
}

impl<F: Float> TransformOne<F> for SkewedChi2SamplerModel<F> {
    fn transform_one(&self, row: &[F], out: &mut Vec<F>, _: &mut Scratch<F>) -> Result<()> {
        self.features.check_width(row.len())?;
        let logarithms = self.logarithms(one(row)?.into())?;
        out.clear();
        out.resize(self.offsets.len(), F::zero());
        self.finish(logarithms.as_slice().unwrap_or_default(), out);
        check_range(out.iter())
    }
}

estimand_core::persist!(AdditiveChi2SamplerModel<F>, |model| {
    model.features.check_loaded()?;
    match model.factors.is_empty() {
        true => Err(Error::Persist { what: "factors are missing".into() }),
        false => Ok(()),
    }
});
estimand_core::persist!(SkewedChi2SamplerModel<F>, |model| {
    check_waves(&model.features, &model.weights, &model.offsets)
});
