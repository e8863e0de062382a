//! Features of polynomial kernels; see [the module](crate::approximation).

use super::{by_rows, check_range, names, one, refuse_weights};
use estimand_core::describe::{above, at_least, between};
use estimand_core::persist::check_len;
use estimand_core::random::below;
use estimand_core::records::Dense;
use estimand_core::{
    Describe, Error, Features, Fit, Float, Matrix, MatrixView, Records, Report, Result, Samples, Scratch,
    Seed, Target, Transform, TransformOne,
};
use estimand_kernels as kernels;
use ndarray::Array2;
use serde::{Deserialize, Serialize};

estimand_core::params! {
    /// A sketch of the features of the polynomial kernel (γ xᵀz + c₀)^d; equation (5) of
    /// [the module](crate::approximation).
    ///
    /// ```
    /// use estimand_core::{Fit, Transform};
    /// use estimand_svm::PolynomialCountSketch;
    /// use ndarray::array;
    ///
    /// let x = array![[0.0, 1.0, 2.0], [1.0, 0.5, -1.0]];
    /// let z = PolynomialCountSketch::new().n_components(4000).coef0(1.0).fit(&x)?.transform(&x)?;
    /// assert!((z.row(0).dot(&z.row(1)) - 0.25_f64).abs() < 1.0);
    /// # Ok::<(), estimand_core::Error>(())
    /// ```
    pub struct PolynomialCountSketch {
        /// Factor γ of the kernel.
        gamma: f64 = 1.0, above(0.0);
        /// Degree d of the kernel.
        degree: u32 = 2, between(1.0, 64.0);
        /// Constant c₀ of the kernel.
        coef0: f64 = 0.0, at_least(0.0);
        /// Columns m of the result.
        n_components: usize = 100, at_least(1.0);
        /// Seed of the places and signs that are drawn.
        seed: u64 = 0;
    }
    accepts: sparse;
}

/// A fitted [`PolynomialCountSketch`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(bound(serialize = "F: Float", deserialize = "F: Float"))]
pub struct PolynomialCountSketchModel<F> {
    gamma: F,
    coef0: F,
    /// Places of the columns and of the constant after them, for each degree.
    places: Array2<u32>,
    /// Their signs.
    signs: Array2<F>,
    components: usize,
    features: Features,
}

impl<F: Float, Y: Target> Fit<F, Y> for PolynomialCountSketch {
    type Model = PolynomialCountSketchModel<F>;

    fn fit_samples(&self, samples: Samples<'_, F, Y>) -> Result<Self::Model> {
        self.check()?;
        refuse_weights(&samples, self.name())?;
        let shape = (self.degree as usize, samples.x.ncols() + usize::from(self.coef0 > 0.0));
        let mut stream = Seed(self.seed).stream(0);
        let places = Array2::from_shape_simple_fn(shape, || below(self.n_components, &mut stream) as u32);
        let signs = Array2::from_shape_simple_fn(shape, || {
            if below(2, &mut stream) == 0 { F::one() } else { -F::one() }
        });
        Ok(PolynomialCountSketchModel {
            gamma: F::of(self.gamma.sqrt()),
            coef0: F::of(self.coef0.sqrt()),
            places,
            signs,
            components: self.n_components,
            features: Features::of(samples.x),
        })
    }
}

impl<F: Float> PolynomialCountSketchModel<F> {
    /// Places of the columns, and of the constant if there is one, for each degree.
    pub fn index_hash(&self) -> &Array2<u32> {
        &self.places
    }

    /// Their signs.
    pub fn bit_hash(&self) -> &Array2<F> {
        &self.signs
    }

    /// How the fit went.
    pub fn report(&self) -> Report {
        Report::direct("count sketch")
    }

    /// Refuses more features than there is memory for: a file may ask for any number of them.
    fn check_room(&self, n: usize) -> Result<()> {
        let m = self.components;
        let room = n.checked_mul(m).map(|count| Vec::<F>::new().try_reserve_exact(count));
        match room {
            Some(Ok(())) => Ok(()),
            _ => Err(Error::numerical(format!("{n} × {m} features do not fit into memory"))),
        }
    }

    /// The sketches of the degrees, folded into one another: a value in place h moves the sketch so far by h.
    fn sketch(&self, values: impl Iterator<Item = (usize, F)> + Clone, out: &mut [F], before: &mut [F]) {
        let (p, m) = (self.features.count(), out.len());
        let constant = (self.places.ncols() > p).then_some((p, self.coef0));
        out.fill(F::zero());
        out[0] = F::one();
        for (places, signs) in self.places.rows().into_iter().zip(self.signs.rows()) {
            before.copy_from_slice(out);
            out.fill(F::zero());
            for (j, x) in values.clone().map(|(j, x)| (j, self.gamma * x)).chain(constant) {
                let (place, x) = (places[j] as usize, signs[j] * x);
                kernels::axpy(x, &before[..m - place], &mut out[place..]);
                kernels::axpy(x, &before[m - place..], &mut out[..place]);
            }
        }
    }
}

impl<F: Float> Transform<F> for PolynomialCountSketchModel<F> {
    type Stored = Dense;

    fn transform_records(&self, x: Records<'_, F>) -> Result<Matrix<F>> {
        self.features.check(x)?;
        x.check_shape()?;
        x.check_finite()?;
        let m = self.components;
        self.check_room(x.nrows())?;
        let cost = self.places.len() * m / 4;
        let z = by_rows(x.nrows(), m, cost, |i, out| {
            let mut before = vec![F::zero(); m];
            match x.values() {
                // Zeros add nothing.
                MatrixView::Dense(x) => {
                    let stored = x.row(i).into_iter().copied().enumerate().filter(|(_, x)| *x != F::zero());
                    self.sketch(stored, out, &mut before);
                }
                MatrixView::Sparse(x) => {
                    let row = x.row(i);
                    let stored = row.indices.iter().zip(row.values).map(|(j, x)| (*j as usize, *x));
                    self.sketch(stored, out, &mut before);
                }
            }
        });
        check_range(&z)?;
        Ok(Matrix::Dense(z))
    }

    fn feature_names_out(&self) -> Option<Vec<String>> {
        names("polynomialcountsketch", self.components)
    }
}

impl<F: Float> TransformOne<F> for PolynomialCountSketchModel<F> {
    fn transform_one(&self, row: &[F], out: &mut Vec<F>, scratch: &mut Scratch<F>) -> Result<()> {
        self.features.check_width(row.len())?;
        Records::from(one(row)?).check_finite()?;
        self.check_room(1)?;
        let mut before = scratch.take();
        for buffer in [&mut *out, &mut before] {
            buffer.clear();
            buffer.resize(self.components, F::zero());
        }
        self.sketch(row.iter().copied().enumerate().filter(|(_, x)| *x != F::zero()), out, &mut before);
        scratch.give(before);
        check_range(out.iter())
    }
}

estimand_core::persist!(PolynomialCountSketchModel<F>, |model| {
    model.features.check_loaded()?;
    let (degree, columns) = model.places.dim();
    check_len("rows of signs", degree, model.signs.nrows())?;
    check_len("columns of signs", columns, model.signs.ncols())?;
    // One more for the constant.
    let known = columns.checked_sub(model.features.count()).is_some_and(|more| more <= 1);
    // Places are drawn evenly: two and more of them all in the first millionth are none that were drawn.
    let last = model.places.iter().map(|h| *h as usize).max().unwrap_or(0);
    let even = model.places.len() < 2 || model.components >> 20 <= last;
    match known && last < model.components && model.components <= u32::MAX as usize && even {
        true => Ok(()),
        false => Err(Error::Persist { what: "places of a sketch are beyond it".into() }),
    }
});
