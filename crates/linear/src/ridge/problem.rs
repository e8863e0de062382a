//! Steps 2 and 4 and the choice of step 3: what least squares with and without a penalty have in common.

use super::gradient::Operator;
use super::{RidgeSolver, route};
use crate::model::Outputs;
use estimand_core::records::MatrixView;
use estimand_core::samples::check_finite_target;
use estimand_core::{Csr, Error, Features, Float, Records, Report, Result, Samples, Typed, stats};
use estimand_linalg::Moments;
use ndarray::{Array1, Array2, ArrayView1, ArrayView2, Axis, CowArray, Ix2, s};
use std::ops::Range;

/// Sparse records of at most this many columns are fitted by their p × p normal equations.
const SPARSE_GRAM: usize = 1000;

/// Mean squares below this are near the end of the range of `f64` and lose digits.
const SMALLEST_SQUARE: f64 = 1e-305;

/// Objective (1) but for its α.
#[derive(Clone, Copy)]
pub(crate) struct Problem<'a, F> {
    pub(crate) x: Records<'a, F>,
    pub(crate) y: ArrayView2<'a, F>,
    pub(crate) weights: Option<ArrayView1<'a, F>>,
    pub(crate) fit_intercept: bool,
    /// Singular values at most this share of the largest count as zero: max(n, p) · ε of the data's type.
    pub(crate) cutoff: f64,
}

/// How to solve it.
pub(crate) struct Method {
    /// Who asks, for messages.
    pub(crate) estimator: &'static str,
    pub(crate) solver: RidgeSolver,
    pub(crate) max_iter: usize,
    pub(crate) tol: f64,
}

/// W, b and how they were found.
pub(crate) struct Solution {
    /// p × t
    pub(crate) coef: Array2<f64>,
    /// t
    pub(crate) intercept: Array1<f64>,
    /// x̄
    pub(crate) centre: Array1<f64>,
    pub(crate) report: Report,
}

/// x̄ and ȳ.
pub(crate) struct Means {
    pub(crate) x: Array1<f64>,
    pub(crate) y: Array1<f64>,
}

impl<'a, F: Float> Problem<'a, F> {
    pub(crate) fn new<Y: Outputs<F>>(samples: &Samples<'a, F, Y>, fit_intercept: bool) -> Self {
        Self::of(samples.x, Y::columns(samples.y), samples.weights, fit_intercept)
    }

    /// As [`Problem::new`], from its parts.
    pub(crate) fn of(
        x: Records<'a, F>,
        y: ArrayView2<'a, F>,
        weights: Option<ArrayView1<'a, F>>,
        fit_intercept: bool,
    ) -> Self {
        let cutoff = x.nrows().max(x.ncols()) as f64 * F::epsilon().f64();
        Self { x, y, weights, fit_intercept, cutoff }
    }

    /// The solution for each α, from one look at the data.
    ///
    /// # Errors
    /// Outside: what is wrong with the data whatever α. Inside: what failed for one α.
    pub(crate) fn solve(&self, alphas: &[f64], method: &Method) -> Result<Vec<Result<Solution>>> {
        use RidgeSolver::{Auto, Cholesky, ConjugateGradient, Dual, Svd};
        let (n, p) = (self.x.nrows(), self.x.ncols());
        if self.y.ncols() == 0 {
            return Err(Error::EmptyInput { what: format!("y ({n} × 0)") });
        }
        let dense = matches!(self.x.values(), MatrixView::Dense(_));
        match method.solver {
            Svd | Dual if !dense => Err(Error::unsupported(
                method.estimator,
                format!("solver {:?} with sparse records; use ConjugateGradient", method.solver),
            )),
            ConjugateGradient => self.in_f64(|problem| route::iterate(&problem, alphas, method, n < p)),
            Auto if !dense && p > SPARSE_GRAM => {
                self.in_f64(|problem| route::iterate(&problem, alphas, method, n < p))
            }
            Dual => self.in_f64(|problem| route::wide(&problem, alphas, method)),
            Auto | Svd if dense && n < p => self.in_f64(|problem| route::wide(&problem, alphas, method)),
            Auto | Cholesky | Svd => route::tall(self, self.moments()?, alphas, method),
        }
    }

    /// As [`Problem::solve`] by the normal equations, for moments that are at hand.
    pub(crate) fn solve_from(&self, moments: Moments, alphas: &[f64], method: &Method) -> route::Solutions {
        route::tall(self, moments, alphas, method)
    }

    /// The same problem in `f64`, borrowed where it is so already.
    pub(crate) fn in_f64<R>(&self, f: impl FnOnce(Problem<'_, f64>) -> Result<R>) -> Result<R> {
        let y = widen(self.y);
        let weights = self.weights.map(|w| widen(w.insert_axis(Axis(1))));
        let weights = weights.as_ref().map(|w| w.column(0));
        let with = |x: Records<'_, f64>| {
            f(Problem { x, y: y.view(), weights, fit_intercept: self.fit_intercept, cutoff: self.cutoff })
        };
        match self.x.values() {
            MatrixView::Dense(x) => with((&widen(x).view()).into()),
            MatrixView::Sparse(x) => match x.typed() {
                Typed::F64(x) => with(x.into()),
                Typed::F32(x) => {
                    let (indptr, indices, data) = x.to_owned().into_parts();
                    with(
                        (&Csr::new(x.ncols(), indptr, indices, data.into_iter().map(f64::from).collect())?)
                            .into(),
                    )
                }
            },
        }
    }

    /// x̄, ȳ, S and C in one pass.
    ///
    /// # Errors
    /// Of the first NaN or infinity, or of values whose squares leave the range of `f64`.
    pub(crate) fn moments(&self) -> Result<Moments> {
        let moments = match self.x.values() {
            MatrixView::Dense(x) => Moments::new(x, self.y, self.weights),
            MatrixView::Sparse(x) => Moments::of_sparse(x, self.y, self.weights),
        };
        self.checked(moments)
    }

    /// Moments of all rows, however they were gathered: about 0 without intercept, and fit for use.
    ///
    /// # Errors
    /// As [`Problem::moments`].
    pub(crate) fn checked(&self, moments: Moments) -> Result<Moments> {
        let moments = if self.fit_intercept { moments } else { moments.uncentred() };
        if !moments.gram.iter().chain(&moments.cross).all(|v| v.is_finite()) {
            self.check_finite()?;
            return Err(out_of_range());
        }
        let mean_squares: Vec<f64> = moments.gram.diag().iter().map(|s| s / moments.weight).collect();
        self.check_squares(&mean_squares)?;
        Ok(moments)
    }

    /// Refuses targets that vary so much or so little that their squared errors overflow or vanish: whoever compares
    /// errors could not tell them apart.
    pub(crate) fn check_spread(&self) -> Result<()> {
        let first = self.y.iter().next().map_or(0.0, |y| y.f64());
        let spread = self.y.iter().fold(0.0, |max: f64, y| max.max((y.f64() - first).abs()));
        // An infinity or NaN is for others to find.
        let told_apart = spread == 0.0 || !spread.is_finite() || (1e-138..1e150).contains(&spread);
        if told_apart && self.weight().is_normal() { Ok(()) } else { Err(out_of_range()) }
    }

    /// Refuses columns whose squares overflow, or vanish although the column varies.
    pub(super) fn check_squares(&self, mean_squares: &[f64]) -> Result<()> {
        if !mean_squares.iter().all(|s| (0.0..f64::INFINITY).contains(s)) {
            return Err(out_of_range());
        }
        let tiny = mean_squares.iter().enumerate().filter(|(_, s)| **s < SMALLEST_SQUARE).map(|(j, _)| j);
        let tiny: Vec<usize> = tiny.collect();
        if tiny.is_empty() {
            return Ok(());
        }
        let extent = |x: Records<'_, F>| {
            let mut extent = stats::Extent::new(x.ncols());
            extent.insert(x, self.weights)?;
            Ok::<_, Error>(extent)
        };
        let constant = |range: Option<(f64, f64)>| {
            let (low, high) = range.unwrap_or_default();
            low == high && (self.fit_intercept || low == 0.0)
        };
        let all_constant = match self.x.values() {
            MatrixView::Dense(x) => tiny
                .iter()
                .map(|j| Ok(constant(extent(x.slice(s![.., *j..=*j]).into())?.of(0))))
                .collect::<Result<Vec<bool>>>()?
                .into_iter()
                .all(|constant| constant),
            // Of rows stored one by one, a look at one column costs as much as a look at all.
            MatrixView::Sparse(_) => {
                let extent = extent(self.x)?;
                tiny.iter().all(|j| constant(extent.of(*j)))
            }
        };
        if all_constant { Ok(()) } else { Err(out_of_range()) }
    }

    /// Σωᵢ; the number of rows without weights.
    pub(crate) fn weight(&self) -> f64 {
        self.weights.map_or(self.x.nrows() as f64, |w| w.iter().map(|w| w.f64()).sum())
    }

    /// Rows of X, dense and centred, but not weighted.
    pub(crate) fn centred_rows(&self, rows: Range<usize>, x_mean: &Array1<f64>) -> Array2<f64> {
        let mut block = match self.x.rows(rows).values() {
            MatrixView::Dense(x) => x.mapv(|v| v.f64()),
            MatrixView::Sparse(x) => x.to_dense().mapv(|v| v.f64()),
        };
        block -= x_mean;
        block
    }

    /// What fits on parts of the rows gave; an error that is due to NaN or infinities says where they stand in all.
    pub(crate) fn blame<T>(&self, outcome: Result<T>) -> Result<T> {
        outcome.map_err(|error| self.check_finite().err().unwrap_or(error))
    }

    /// Refuses NaN and infinities in X and Y, saying where the first one stands.
    pub(crate) fn check_finite(&self) -> Result<()> {
        self.x.check_finite()?;
        check_finite_target(self.y)
    }
}

impl<'a> Problem<'a, f64> {
    /// x̄ and ȳ alone, and the mean squares of the columns of X̃.
    pub(crate) fn means(&self) -> Result<(Means, Vec<f64>)> {
        let column_moments = |x: Records<'_, f64>| -> Result<stats::Moments> {
            let mut moments = stats::Moments::new(x.ncols());
            moments.insert(x, self.weights)?;
            Ok(moments)
        };
        let (x, y) = (column_moments(self.x)?, column_moments(self.y.into())?);
        let squares = (0..x.mean().len())
            .map(|j| x.variance(j) + if self.fit_intercept { 0.0 } else { x.mean()[j].powi(2) });
        let squares = squares.collect();
        let mean = |m: &stats::Moments| {
            Array1::from_iter(m.mean().iter().map(|m| if self.fit_intercept { *m } else { 0.0 }))
        };
        Ok((Means { x: mean(&x), y: mean(&y) }, squares))
    }

    /// X̃, as a linear map.
    pub(crate) fn operator(&self, x_mean: &Array1<f64>) -> Operator<'a> {
        Operator::new(self.x, self.weights.map(|w| w.mapv(f64::sqrt)), x_mean.clone())
    }

    /// √ω(Y − 1ȳ)
    pub(crate) fn centred_y(&self, y_mean: &Array1<f64>) -> Array2<f64> {
        self.weigh(&self.y - y_mean)
    }

    /// Rows multiplied by √ω.
    pub(crate) fn weigh(&self, mut rows: Array2<f64>) -> Array2<f64> {
        if let Some(weights) = self.weights {
            rows *= &weights.mapv(f64::sqrt).insert_axis(Axis(1));
        }
        rows
    }
}

impl Means {
    /// b = ȳ − x̄W  (2)
    pub(crate) fn solution(&self, coef: Array2<f64>, objective: f64, report: Report) -> Solution {
        let intercept = &self.y - &self.x.dot(&coef);
        // Squares of y may leave the range although the solution does not.
        Solution {
            coef,
            intercept,
            centre: self.x.clone(),
            report: Report { objective: Some(objective).filter(|o| o.is_finite()), ..report },
        }
    }
}

impl Solution {
    /// XW + 1bᵀ, as the model predicts it.
    pub(crate) fn predict<F: Float>(&self, x: Records<'_, F>) -> Array2<f64> {
        let (coef, intercept) = self.rounded();
        let product = match x.values() {
            MatrixView::Dense(x) => estimand_linalg::matmul(x, coef.view()),
            MatrixView::Sparse(x) => estimand_linalg::sparse::matmul(x, coef.view()),
        };
        product.mapv(F::f64) + intercept.mapv(F::f64)
    }

    /// W and b in the type of the data. What rounding the coefficients changes at the mean x̄ is made good by the
    /// intercept.
    fn rounded<F: Float>(&self) -> (Array2<F>, Array1<F>) {
        let coef = self.coef.mapv(F::of);
        let lost = &self.coef - &coef.mapv(F::f64);
        let intercept = (&self.intercept + &self.centre.dot(&lost)).mapv(F::of);
        (coef, intercept)
    }

    /// W and b in the type of the data.
    ///
    /// # Errors
    /// If a coefficient leaves the range of that type.
    pub(crate) fn in_range<F: Float>(&self) -> Result<(Array2<F>, Array1<F>)> {
        let (coef, intercept) = self.rounded();
        if !coef.iter().chain(&intercept).all(|v: &F| v.is_finite()) {
            return Err(Error::numerical(format!(
                "coefficients leave the range of {}; bring the columns to similar scales",
                F::NAME
            )));
        }
        Ok((coef, intercept))
    }

    /// The model, in the type of the data.
    ///
    /// # Errors
    /// If a coefficient leaves the range of that type.
    pub(crate) fn into_model<F: Float, Y: Outputs<F>>(self, x: Records<'_, F>) -> Result<Y::Model> {
        let (coef, intercept) = self.in_range()?;
        Ok(Y::model(coef, intercept, Features::of(x), self.report))
    }
}

/// The error of finite data whose squares are not.
pub(crate) fn out_of_range() -> Error {
    Error::numerical(
        "squares of the values leave the range of f64; multiply large or tiny columns (or y) by a power of ten first",
    )
}

/// The same values in `f64`.
fn widen<F: Float>(x: ArrayView2<'_, F>) -> CowArray<'_, f64, Ix2> {
    match F::typed_view(x) {
        Typed::F64(x) => x.into(),
        Typed::F32(x) => x.mapv(f64::from).into(),
    }
}
