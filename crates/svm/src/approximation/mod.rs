//! Kernels as features: records are mapped to a few columns whose products are near the kernel, so that a linear model
//! on them is near the kernel machine.
//!
//! ```text
//! Nyström          z = K(x, B) K(B, B)^(−½)                  B: rows of X, chosen at random                  (1)
//! random Fourier   zⱼ = √(2 / m) cos(wⱼᵀx + bⱼ)              w normal with variance 2γ, b uniform in [0, 2π)   (2)
//! additive χ²      √(Lx), √(2Lx / cosh πjL) (cos, sin)(jL ln x)   for j = 1 … s − 1 and each column               (3)
//! skewed χ²        zⱼ = √(2 / m) cos(wⱼᵀ ln(x + c) + bⱼ)     w of density 1 / cosh(πw)                        (4)
//! count sketch     z = s₁ ∗ … ∗ s_d, cyclic        s: √γ xⱼ with a random sign, added at a random place; and √c₀   (5)
//! ```
//!
//! | | products are | costs for each row |
//! |---|---|---|
//! | [`Nystroem`] | the kernel, between rows of B exactly | m (p + m) |
//! | [`RbfSampler`] | exp(−γ ‖x − z‖²) on average, with an error of 1 / √m | mp |
//! | [`AdditiveChi2Sampler`] | Σ 2xⱼzⱼ / (xⱼ + zⱼ), up to a share that is the same for all rows | ps |
//! | [`SkewedChi2Sampler`] | Π 2√(xⱼ + c) √(zⱼ + c) / (xⱼ + zⱼ + 2c) on average | mp |
//! | [`PolynomialCountSketch`] | (γ xᵀz + c₀)^d on average | dmp, for sparse rows dm times what is stored |
//!
//! Nyström's columns follow the data and are usually the better ones for the same m; Fourier's need no training rows,
//! and more of them cost less. Fitting costs O(m²p + 9m³) and O(mp).
//!
//! **Differs from scikit-learn.** The same seed chooses other rows and numbers. `gamma` of [`Nystroem`] is `Auto`, which
//! is what `None` means there. The sketch is folded place by place and not by Fourier transforms, which would cost
//! dp + dm ln m: the quicker way for the few hundred columns that are usual.
//!
//! **References.** \[Williams01\], \[Rahimi08\], \[Vedaldi12\], \[Li10\], \[Pham13\].

mod chi2;
mod sketch;
#[cfg(test)]
mod tests;

pub use chi2::{AdditiveChi2Sampler, AdditiveChi2SamplerModel, SkewedChi2Sampler, SkewedChi2SamplerModel};
pub use sketch::{PolynomialCountSketch, PolynomialCountSketchModel};

use crate::expansion::Expansion;
use crate::kernel::{Gamma, Kernel, Rows};
use crate::training::function;
use estimand_core::describe::{at_least, finite};
use estimand_core::persist::check_len;
use estimand_core::random::permutation;
use estimand_core::records::Dense;
use estimand_core::{
    Describe, Error, Features, Fit, Float, Matrix, MatrixView, Records, Report, Result, Samples, Scratch,
    Seed, Target, Transform, TransformOne,
};
use estimand_kernels as kernels;
use estimand_linalg::{SymmetricEigen, matmul, rows, sparse};
use ndarray::{Array1, Array2, ArrayView2, Axis};
use rand::Rng;
use rand_distr::StandardNormal;
use serde::{Deserialize, Serialize};

estimand_core::params! {
    /// A kernel's feature map by the method of Nyström; see [the module](crate::approximation).
    ///
    /// ```
    /// use estimand_core::{Fit, Transform};
    /// use estimand_svm::Nystroem;
    /// use ndarray::array;
    ///
    /// let x = array![[0.0, 1.0], [1.0, 0.0], [2.0, 2.0]];
    /// let z = Nystroem::new().n_components(3).gamma(0.5).fit(&x)?.transform(&x)?;
    /// // Products of all training rows are their kernel values.
    /// assert!((z.row(0).dot(&z.row(1)) - (-1.0_f64).exp()).abs() < 1e-12);
    /// # Ok::<(), estimand_core::Error>(())
    /// ```
    pub struct Nystroem {
        /// Columns m of the result, at most as many as there are rows.
        n_components: usize = 100, at_least(1.0);
        /// The kernel; not a precomputed one.
        kernel: Kernel = Kernel::Rbf;
        /// Degree d of a polynomial kernel.
        degree: u32 = 3;
        /// Factor γ of the kernel.
        gamma => Gamma = Gamma::Auto;
        /// Constant c₀ of polynomial and sigmoid kernels.
        coef0: f64 = 1.0, finite();
        /// Seed of the rows that are chosen.
        seed: u64 = 0;
    }
    accepts: sparse;
}

estimand_core::params! {
    /// Random Fourier features of the Gaussian kernel; see [the module](crate::approximation).
    ///
    /// ```
    /// use estimand_core::{Fit, Transform};
    /// use estimand_svm::RbfSampler;
    /// use ndarray::array;
    ///
    /// let x = array![[0.0, 1.0], [1.0, 0.0]];
    /// let z = RbfSampler::new().n_components(2000).gamma(0.5).fit(&x)?.transform(&x)?;
    /// assert!((z.row(0).dot(&z.row(1)) - (-1.0_f64).exp()).abs() < 0.1);
    /// # Ok::<(), estimand_core::Error>(())
    /// ```
    pub struct RbfSampler {
        /// Columns m of the result.
        n_components: usize = 100, at_least(1.0);
        /// γ of the kernel.
        gamma => Gamma = Gamma::Value(1.0);
        /// Seed of the numbers that are drawn.
        seed: u64 = 0;
    }
    accepts: sparse;
}

/// A fitted [`Nystroem`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(bound(serialize = "F: Float", deserialize = "F: Float"))]
pub struct NystroemModel<F: Float> {
    /// B, and K(B, B)^(−½) as coefficients.
    expansion: Expansion<F>,
}

/// A fitted [`RbfSampler`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(bound(serialize = "F: Float", deserialize = "F: Float"))]
pub struct RbfSamplerModel<F> {
    weights: Array2<F>,
    offsets: Array1<F>,
    features: Features,
}

/// Whatever stands beside the records is not looked at.
fn refuse_weights<F: Float, Y: Target>(samples: &Samples<'_, F, Y>, name: String) -> Result<()> {
    samples.check()?;
    match samples.weights {
        Some(_) => {
            Err(Error::unsupported(name, "sample weights; a random choice of rows has no place for them"))
        }
        None => samples.x.check_finite(),
    }
}

/// Eigenvalues below this share of the largest are those of rounding.
const LEAST: f64 = 1e-12;

impl<F: Float, Y: Target> Fit<F, Y> for Nystroem {
    type Model = NystroemModel<F>;

    fn fit_samples(&self, samples: Samples<'_, F, Y>) -> Result<NystroemModel<F>> {
        self.check()?;
        refuse_weights(&samples, self.name())?;
        let given = matches!(self.kernel, Kernel::Precomputed);
        if given || matches!((self.kernel, samples.x.values()), (Kernel::Custom(_), MatrixView::Sparse(_))) {
            return Err(Error::unsupported(
                self.name(),
                "a precomputed kernel, nor a custom one of sparse records",
            ));
        }
        let n = samples.nrows();
        let mut chosen = permutation(n, &mut Seed(self.seed).stream(0));
        chosen.truncate(self.n_components);
        let function = function!(self, samples.x, None)?;
        let rows = Rows::new(samples.x.select(&chosen).records(), function, false);
        let SymmetricEigen { values, vectors } = SymmetricEigen::new(rows.square().view())?;
        let largest = values.iter().fold(0.0_f64, |m, v| m.max(v.abs()));
        let scaled = Array2::from_shape_fn(vectors.raw_dim(), |(i, j)| {
            let value = values[j].max(LEAST * largest);
            if value > 0.0 { vectors[[i, j]] / value.sqrt() } else { 0.0 }
        });
        let root = matmul(scaled.view(), vectors.t());
        let bounds = vec![0, chosen.len()];
        Ok(NystroemModel { expansion: Expansion::new(&samples, &rows, chosen, bounds, root) })
    }
}

impl<F: Float> NystroemModel<F> {
    /// Numbers of the training rows that were chosen.
    pub fn component_indices(&self) -> &[usize] {
        self.expansion.support()
    }

    /// The rows that were chosen.
    pub fn components(&self) -> &Matrix<F> {
        self.expansion.support_vectors()
    }

    /// K(B, B)^(−½), m × m.
    pub fn normalization(&self) -> &Array2<f64> {
        self.expansion.dual_coef()
    }

    /// How the fit went.
    pub fn report(&self) -> Report {
        Report::direct("eigenvalues")
    }
}

fn names(prefix: &str, count: usize) -> Option<Vec<String>> {
    Some((0..count).map(|j| format!("{prefix}{j}")).collect())
}

/// z ← √(2 / m) cos(z + b)
fn cosines<F: Float>(z: &mut [F], offsets: &Array1<F>) {
    let scale = F::of((2.0 / offsets.len() as f64).sqrt());
    z.iter_mut().zip(offsets).for_each(|(z, b)| *z = scale * (*z + *b).cos());
}

/// Refuses weights and offsets of cosines that only a forged file can hold.
fn check_waves<F: Float>(features: &Features, weights: &Array2<F>, offsets: &Array1<F>) -> Result<()> {
    features.check_loaded()?;
    check_len("rows of weights", features.count(), weights.nrows())?;
    check_len("offsets", weights.ncols(), offsets.len())?;
    match weights.iter().chain(offsets).all(|v| v.is_finite()) && !offsets.is_empty() {
        true => Ok(()),
        false => Err(Error::Persist { what: "weights are missing or not finite".into() }),
    }
}

fn check_range<'a, F: Float>(features: impl IntoIterator<Item = &'a F>) -> Result<()> {
    match features.into_iter().all(|z| z.is_finite()) {
        true => Ok(()),
        false => {
            Err(Error::numerical(format!("features leave the range of {}; scale the columns first", F::NAME)))
        }
    }
}

/// One row as a matrix.
fn one<F: Float>(row: &[F]) -> Result<ArrayView2<'_, F>> {
    ArrayView2::from_shape((1, row.len()), row).map_err(|e| Error::numerical(e.to_string()))
}

/// Rows written by `f(i, row)`, in parallel.
fn by_rows<F: Float>(n: usize, m: usize, cost: usize, f: impl Fn(usize, &mut [F]) + Sync) -> Array2<F> {
    let mut memory = kernels::zeros(n * m);
    estimand_par::map_rows_mut(&mut memory, m, estimand_par::chunk_len(n, cost), |first, rows| {
        rows.chunks_exact_mut(m).enumerate().for_each(|(k, row)| f(first + k, row));
    });
    Array2::from_shape_vec((n, m), memory).unwrap_or_default()
}

impl<F: Float> Transform<F> for NystroemModel<F> {
    type Stored = Dense;

    fn transform_records(&self, x: Records<'_, F>) -> Result<Matrix<F>> {
        Ok(Matrix::Dense(rows::checked(self.expansion.products(x)?, x)?))
    }

    fn feature_names_out(&self) -> Option<Vec<String>> {
        names("nystroem", self.normalization().nrows())
    }
}

impl<F: Float, Y: Target> Fit<F, Y> for RbfSampler {
    type Model = RbfSamplerModel<F>;

    fn fit_samples(&self, samples: Samples<'_, F, Y>) -> Result<RbfSamplerModel<F>> {
        self.check()?;
        refuse_weights(&samples, self.name())?;
        let gamma = self.gamma.of(samples.x, None)?;
        let (p, m) = (samples.x.ncols(), self.n_components);
        let mut stream = Seed(self.seed).stream(0);
        let scale = (2.0 * gamma).sqrt();
        let weights = Array2::from_shape_simple_fn((p, m), || {
            let draw: f64 = stream.sample(StandardNormal);
            F::of(scale * draw)
        });
        let offsets =
            Array1::from_shape_simple_fn(m, || F::of(std::f64::consts::TAU * stream.random::<f64>()));
        Ok(RbfSamplerModel { weights, offsets, features: Features::of(samples.x) })
    }
}

impl<F: Float> RbfSamplerModel<F> {
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
}

impl<F: Float> Transform<F> for RbfSamplerModel<F> {
    type Stored = Dense;

    fn transform_records(&self, x: Records<'_, F>) -> Result<Matrix<F>> {
        self.features.check(x)?;
        x.check_shape()?;
        let mut z = match x.values() {
            MatrixView::Dense(x) => matmul(x, self.weights.view()),
            MatrixView::Sparse(x) => sparse::matmul(x, self.weights.view()),
        };
        let m = self.offsets.len();
        let chunk = estimand_par::chunk_len(z.nrows(), 20 * m);
        estimand_par::map_rows_mut(z.as_slice_mut().unwrap_or_default(), m, chunk, |_, rows| {
            rows.chunks_exact_mut(m).for_each(|row| cosines(row, &self.offsets));
        });
        Ok(Matrix::Dense(rows::checked(z, x)?))
    }

    fn feature_names_out(&self) -> Option<Vec<String>> {
        names("rbfsampler", self.offsets.len())
    }
}

impl<F: Float> TransformOne<F> for RbfSamplerModel<F> {
    fn transform_one(&self, row: &[F], out: &mut Vec<F>, _: &mut Scratch<F>) -> Result<()> {
        self.features.check_width(row.len())?;
        out.clear();
        out.resize(self.offsets.len(), F::zero());
        for (x, weights) in row.iter().zip(self.weights.axis_iter(Axis(0))) {
            out.iter_mut().zip(weights).for_each(|(z, w)| *z += *x * *w);
        }
        cosines(out, &self.offsets);
        match check_range(out.iter()) {
            Ok(()) => Ok(()),
            lost => Records::from(one(row)?).check_finite().and(lost),
        }
    }
}

estimand_core::persist!(NystroemModel<F>, |model| {
    let (rows, columns) = model.normalization().dim();
    check_len("rows of the normalization", columns, rows)?;
    check_len("classes of support vectors", 1, model.expansion.n_support().len())
});
estimand_core::persist!(RbfSamplerModel<F>, |model| {
    check_waves(&model.features, &model.weights, &model.offsets)
});
