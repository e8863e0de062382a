//! Sums of kernels at support vectors: what every kernel machine fits.
//!
//! ```text
//! s_cr(x) = Σ_{v in class c} β_rv K(x, xᵥ)        β: m × n_sv        support vectors by class, then in the order of rows
//! ```
//!
//! Regression has one class and m = 1; with k classes, m = k − 1. For a linear kernel the sums are products with k · m
//! vectors Σ β_rv xᵥ, and the support vectors are not needed.
//!
//! Records are taken in groups of eight, support vectors in ranges that fit the nearest cache. A row has the same bits
//! alone and among others. Costs n_sv (p + m) for each row.

use crate::kernel::{Function, GROUP, Kernel, Rows};
use estimand_core::persist::check_len;
use estimand_core::{Error, Features, Float, Matrix, MatrixView, Records, Result, Samples, Target};
use estimand_kernels as kernels;
use estimand_linalg::matmul_into;
use estimand_par as par;
use ndarray::{Array2, ArrayView1, ArrayView2, s};
use serde::{Deserialize, Serialize};

/// Support vectors that are taken together: eight rows of kernel values for them stay in the nearest cache.
const RANGE: usize = 256;
/// Rows that are packed together.
const BATCH: usize = 64;
/// Rows whose products with many coefficients are taken together: enough for the product to run at its full speed.
const TOGETHER: usize = 512;

/// Support vectors, their coefficients, and the kernel.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "State<F>", into = "State<F>", bound(serialize = "F: Float", deserialize = "F: Float"))]
pub struct Expansion<F: Float> {
    state: State<F>,
    /// Support vectors, or for a linear kernel the vectors that stand for them.
    packed: Rows,
}

/// What is learnt, and what a file holds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(bound(serialize = "F: Float", deserialize = "F: Float"))]
struct State<F> {
    function: Function,
    features: Features,
    support: Vec<usize>,
    /// Empty where kernel values are given.
    vectors: Matrix<F>,
    shift: Vec<f64>,
    /// Where the vectors of each class begin, and the end.
    bounds: Vec<usize>,
    dual_coef: Array2<f64>,
}

impl<F: Float> TryFrom<State<F>> for Expansion<F> {
    type Error = Error;
    fn try_from(state: State<F>) -> Result<Self> {
        let (count, p) = (state.support.len(), state.features.count());
        let given = state.function.kernel == Kernel::Precomputed;
        state.features.check_loaded()?;
        check_len("columns of dual_coef", count, state.dual_coef.ncols())?;
        check_len("rows of vectors", if given { 0 } else { count }, state.vectors.records().nrows())?;
        check_len("shift", p, state.shift.len())?;
        let damaged = |what: &str| Err(Error::Persist { what: what.into() });
        if !given && count > 0 && state.vectors.records().ncols() != p {
            return damaged("support vectors are not as wide as the records");
        }
        if given && state.support.iter().any(|v| *v >= p) {
            return damaged("a support vector is beyond the kernel values");
        }
        if state.bounds.len() < 2
            || state.bounds[0] != 0
            || state.bounds.last() != Some(&count)
            || !state.bounds.windows(2).all(|pair| pair[0] <= pair[1])
        {
            return damaged("classes of support vectors do not cover them");
        }
        state.vectors.records().check_finite().map_err(|e| Error::Persist { what: e.to_string() })?;
        if !state.dual_coef.iter().chain(&state.shift).all(|v| v.is_finite()) {
            return damaged("coefficients are not finite");
        }
        let Function { gamma, coef0, .. } = state.function;
        if !(gamma > 0.0 && gamma.is_finite() && coef0.is_finite()) {
            return damaged("kernel parameters are out of range");
        }
        Ok(Self { packed: pack(&state), state })
    }
}
impl<F: Float> From<Expansion<F>> for State<F> {
    fn from(expansion: Expansion<F>) -> Self {
        expansion.state
    }
}

fn pack<F: Float>(state: &State<F>) -> Rows {
    match state.function.kernel {
        Kernel::Precomputed => Rows::given(state.support.clone(), state.features.count(), state.function),
        Kernel::Linear => Rows::planes(&planes(state), state.function, state.shift.clone()),
        _ => Rows::shifted(state.vectors.records(), state.function, state.shift.clone()),
    }
}

/// Σ β_rv (xᵥ − shift) for each class and each r, in this order; sparse records have no shift.
fn planes<F: Float>(state: &State<F>) -> Array2<f64> {
    let (m, p) = (state.dual_coef.nrows(), state.features.count());
    let classes = state.bounds.len() - 1;
    let mut planes = Array2::zeros((classes * m, p));
    for (c, at) in state.bounds.windows(2).enumerate() {
        for r in 0..m {
            let mut plane = planes.row_mut(c * m + r);
            for v in at[0]..at[1] {
                let beta = state.dual_coef[[r, v]];
                match state.vectors.records().values() {
                    MatrixView::Dense(x) => plane
                        .iter_mut()
                        .zip(x.row(v))
                        .zip(&state.shift)
                        .for_each(|((sum, x), shift)| *sum += beta * (x.f64() - shift)),
                    MatrixView::Sparse(x) => x.row(v).iter().for_each(|(j, x)| plane[j] += beta * x.f64()),
                }
            }
        }
    }
    planes
}

impl<F: Float> Expansion<F> {
    /// Keeps the training rows `support`, which stand by class.
    pub(crate) fn new<Y: Target>(
        samples: &Samples<'_, F, Y>,
        rows: &Rows,
        support: Vec<usize>,
        bounds: Vec<usize>,
        dual_coef: Array2<f64>,
    ) -> Self {
        let function = *rows.function();
        let given = function.kernel == Kernel::Precomputed;
        let state = State {
            function,
            features: Features::of(samples.x),
            vectors: samples.x.select(if given { &[] } else { &support }),
            support,
            shift: rows.shift().to_vec(),
            bounds,
            dual_coef,
        };
        Self { packed: pack(&state), state }
    }

    /// Numbers of the training rows that are support vectors; with classes, class by class.
    pub fn support(&self) -> &[usize] {
        &self.state.support
    }

    /// The support vectors, in the order of [`support`](Self::support); none for a precomputed kernel.
    pub fn support_vectors(&self) -> &Matrix<F> {
        &self.state.vectors
    }

    /// How many support vectors each class has; in regression one number.
    pub fn n_support(&self) -> Vec<usize> {
        self.state.bounds.windows(2).map(|at| at[1] - at[0]).collect()
    }

    /// Coefficients β, one column for each support vector.
    pub fn dual_coef(&self) -> &Array2<f64> {
        &self.state.dual_coef
    }

    /// γ of the kernel, worked out from the records where it was not a number.
    pub fn gamma(&self) -> f64 {
        self.state.function.gamma
    }

    /// The columns that records must have.
    pub fn features(&self) -> &Features {
        &self.state.features
    }

    /// Σ β_rv xᵥ for each class and each r, (k · m) × p; for a linear kernel.
    pub(crate) fn planes(&self) -> Option<Array2<f64>> {
        (self.state.function.kernel == Kernel::Linear).then(|| planes(&self.state))
    }

    /// What a product with the shift of the records takes off an intercept.
    pub(crate) fn shifted(&self, plane: ArrayView1<'_, f64>) -> f64 {
        plane.iter().zip(&self.state.shift).map(|(w, shift)| w * shift).sum()
    }

    /// Number of sums of a row.
    pub(crate) fn count(&self) -> usize {
        (self.state.bounds.len() - 1) * self.state.dual_coef.nrows()
    }

    /// K(X, V) βᵀ of all vectors together, n × m; by the kernel's function and never by planes.
    ///
    /// # Errors
    /// As [`sums`](Self::sums).
    pub(crate) fn products(&self, x: Records<'_, F>) -> Result<Array2<F>> {
        self.state.features.check(x)?;
        x.check_shape()?;
        let plain = self.packed.is_linear().then(|| {
            Rows::shifted(self.state.vectors.records(), self.state.function, self.state.shift.clone())
        });
        let packed = plain.as_ref().unwrap_or(&self.packed);
        let (m, n) = self.state.dual_coef.dim();
        let beta = self.state.dual_coef.t();
        let mut out =
            Array2::from_shape_vec((x.nrows(), m), kernels::zeros(x.nrows() * m)).unwrap_or_default();
        let chunk = par::chunk_len(x.nrows(), n * (packed.cost() + m / 4)).next_multiple_of(TOGETHER);
        let finite = par::map_rows_mut(out.as_slice_mut().unwrap_or_default(), m, chunk, |first, out| {
            let (mut values, mut found) = (Array2::zeros((TOGETHER, n)), Array2::zeros((TOGETHER, m)));
            out.chunks_mut(TOGETHER * m).enumerate().all(|(batch, out)| {
                let (from, rows) = (first + batch * TOGETHER, out.len() / m);
                let (mut values, mut found) =
                    (values.slice_mut(s![..rows, ..]), found.slice_mut(s![..rows, ..]));
                let asked =
                    Rows::shifted(x.rows(from..from + rows), self.state.function, packed.shift().to_vec());
                packed.fill_rows(&mut asked.queries(), 0, values.as_slice_mut().unwrap_or_default());
                matmul_into(values.view(), beta, found.view_mut());
                out.iter_mut().zip(&found).for_each(|(out, found)| *out = F::of(*found));
                asked.is_finite()
            })
        });
        if !finite.into_iter().all(|finite| finite) {
            x.check_finite()?;
        }
        Ok(out)
    }

    /// The sums of each row, n × (k · m).
    ///
    /// # Errors
    /// For records of another width or with other names, and for values that are not finite.
    pub(crate) fn sums(&self, x: Records<'_, F>) -> Result<Array2<f64>> {
        self.state.features.check(x)?;
        x.check_shape()?;
        let by_rows = match (self.state.function.kernel, x.values()) {
            (Kernel::Precomputed | Kernel::Custom(_), MatrixView::Sparse(_)) => {
                return Err(Error::unsupported(
                    "this kernel",
                    "sparse records; convert them with `Csr::to_dense`",
                ));
            }
            (Kernel::Precomputed | Kernel::Custom(_), MatrixView::Dense(_)) => true,
            _ => false,
        };
        let count = self.count();
        let mut out = Array2::zeros((x.nrows(), count));
        let cost = self.packed.len() * (self.packed.cost() + self.state.dual_coef.nrows());
        let chunk = par::chunk_len(x.nrows(), cost).next_multiple_of(GROUP);
        let finite = par::map_rows_mut(out.as_slice_mut().unwrap_or_default(), count, chunk, |first, out| {
            let rows = out.len() / count;
            (0..rows).step_by(BATCH).all(|from| {
                let batch = x.rows(first + from..first + rows.min(from + BATCH));
                let out = &mut out[from * count..(from + batch.nrows()) * count];
                if by_rows { self.each(batch, out) } else { self.batch(batch, out) }
            })
        });
        if !finite.into_iter().all(|finite| finite) {
            x.check_finite()?;
        }
        Ok(out)
    }

    /// The sums of a few rows; whether their squares are finite.
    fn batch(&self, x: Records<'_, F>, out: &mut [f64]) -> bool {
        let asked = Rows::shifted(x, self.state.function, self.packed.shift().to_vec());
        let (count, mut queries) = (self.count(), asked.queries());
        let mut values = vec![0.0; GROUP * RANGE];
        for from in (0..self.packed.len()).step_by(RANGE) {
            let range = from..self.packed.len().min(from + RANGE);
            for g in 0..asked.len().div_ceil(GROUP) {
                self.packed.fill(&mut queries, g, range.clone(), RANGE, &mut values);
                let out = out[g * GROUP * count..].chunks_exact_mut(count).take(GROUP);
                for (values, out) in values.chunks_exact(RANGE).zip(out) {
                    self.take(from, &values[..range.len()], out);
                }
            }
        }
        asked.is_finite()
    }

    /// As [`batch`](Self::batch), row by row.
    fn each(&self, x: Records<'_, F>, out: &mut [f64]) -> bool {
        let MatrixView::Dense(x) = x.values() else { return false };
        let mut finite = true;
        for (row, out) in x.rows().into_iter().zip(out.chunks_exact_mut(self.count())) {
            let row = row.to_vec();
            finite &= self.one(&row, out) && kernels::all_finite(&row);
        }
        finite
    }

    /// The sums of one row; whether its square is finite.
    fn one(&self, row: &[F], out: &mut [f64]) -> bool {
        let own = self.packed.own_square(row);
        let mut values = [0.0; RANGE];
        out.fill(0.0);
        for from in (0..self.packed.len()).step_by(RANGE) {
            let range = from..self.packed.len().min(from + RANGE);
            self.packed.fill_one(row, own, range.clone(), &mut values);
            self.take(from, &values[..range.len()], out);
        }
        own.is_finite()
    }

    /// Adds what the vectors from `from` on bring to the sums, whose kernel values these are.
    fn take(&self, from: usize, values: &[f64], out: &mut [f64]) {
        if self.packed.is_linear() {
            out[from..from + values.len()].copy_from_slice(values);
            return;
        }
        let (m, n) = self.state.dual_coef.dim();
        let beta = self.state.dual_coef.as_slice().unwrap_or_default();
        for (c, at) in self.state.bounds.windows(2).enumerate() {
            let (start, end) = (at[0].max(from), at[1].min(from + values.len()));
            if start < end {
                for r in 0..m {
                    let beta = &beta[r * n + start..r * n + end];
                    out[c * m + r] += kernels::dot(beta, &values[start - from..end - from]);
                }
            }
        }
    }

    /// The sums of one row, into `out`, which is as long as [`count`](Self::count). Only a custom kernel allocates.
    ///
    /// # Errors
    /// As [`sums`](Self::sums).
    pub(crate) fn sums_one(&self, row: &[F], out: &mut [f64]) -> Result<()> {
        self.state.features.check_width(row.len())?;
        if self.one(row, out) && kernels::all_finite(out) && kernels::all_finite(row) {
            return Ok(());
        }
        let view =
            ArrayView2::from_shape((1, row.len()), row).map_err(|e| Error::numerical(e.to_string()))?;
        Records::from(view).check_finite()
    }
}

/// Calls `f` with the sums of one row; without allocating for up to eleven classes.
pub(crate) fn with_sums<F: Float, T>(
    expansion: &Expansion<F>,
    row: &[F],
    f: impl FnOnce(&[f64]) -> T,
) -> Result<T> {
    const FEW: usize = 110;
    let (count, mut few, mut many) = (expansion.count(), [0.0; FEW], Vec::new());
    let sums = if count <= FEW {
        &mut few[..count]
    } else {
        many.resize(count, 0.0);
        &mut many
    };
    expansion.sums_one(row, sums)?;
    Ok(f(sums))
}
