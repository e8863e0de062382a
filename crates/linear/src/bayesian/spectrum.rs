//! X̃ and ỹ in the basis of the singular vectors of X̃ = U diag(s) Vᵀ.

use crate::ridge::problem::Problem;
use crate::ridge::route::drop_constant_columns;
use estimand_core::records::MatrixView;
use estimand_core::{Float, Result};
use estimand_linalg::qr::compress;
use estimand_linalg::{Moments, Svd, SymmetricEigen, matmul};
use ndarray::{Array1, Array2, s};

/// Eigenvalues of S below this share of the largest have lost digits that the singular values of X̃ still have.
const DROWNED: f64 = 1e-10;
/// A residual below this share of ỹᵀỹ has lost digits in the difference.
const CANCELLED: f64 = 1e-8;

pub(super) struct Spectrum {
    /// s², of the directions that count: r
    pub(super) squares: Array1<f64>,
    /// V, p × r
    pub(super) directions: Array2<f64>,
    /// Uᵀỹ, r
    pub(super) along: Array1<f64>,
    /// ‖ỹ − UUᵀỹ‖²: what no coefficients explain
    pub(super) rest: f64,
    pub(super) mean: Array1<f64>,
    pub(super) target_mean: f64,
    /// Σω
    pub(super) weight: f64,
    /// Σω(y − ȳ)² / Σω
    pub(super) target_variance: f64,
}

impl Spectrum {
    pub(super) fn new<F: Float>(problem: &Problem<'_, F>) -> Result<Self> {
        if problem.x.nrows() < problem.x.ncols() {
            return problem.in_f64(|problem| Self::wide(&problem));
        }
        let mut moments = problem.moments()?;
        let constant = drop_constant_columns(&mut moments);
        let eigen = SymmetricEigen::new(moments.gram.view())?;
        let (low, high) = (eigen.values.first().copied(), eigen.values.last().copied());
        let low = if constant.is_empty() { low.unwrap_or(0.0) } else { f64::INFINITY };
        match problem.x.values() {
            MatrixView::Dense(_) if low < DROWNED * high.unwrap_or(0.0) => {
                let svd = problem.in_f64(|problem| {
                    let centre = Some((moments.mean.view(), moments.target_mean.view()));
                    let x = problem.x.dense("BayesianRidge")?;
                    Svd::thin(compress(x, problem.y, problem.weights, centre).r.view())
                })?;
                Self::of(
                    problem,
                    &moments,
                    svd.s.mapv(|s| s * s),
                    svd.vt.reversed_axes(),
                    problem.cutoff.powi(2),
                )
            }
            _ => Self::of(problem, &moments, eigen.values, eigen.vectors, problem.cutoff),
        }
    }

    /// From s² and V of n ≥ p rows. Directions whose s² is at most `cutoff` of the largest are rounding.
    fn of<F: Float>(
        problem: &Problem<'_, F>,
        moments: &Moments,
        squares: Array1<f64>,
        directions: Array2<f64>,
        cutoff: f64,
    ) -> Result<Self> {
        let least = cutoff * squares.iter().fold(0.0, |max: f64, v| max.max(*v));
        let kept: Vec<usize> = (0..squares.len()).filter(|k| squares[*k] > least).collect();
        let (squares, directions) =
            (squares.select(ndarray::Axis(0), &kept), directions.select(ndarray::Axis(1), &kept));
        let along = directions.t().dot(&moments.cross.column(0)) / squares.mapv(f64::sqrt);
        let total = moments.target_squares[0];
        let mut rest = (total - along.dot(&along)).max(0.0);
        if rest < CANCELLED * total {
            let coef = directions.dot(&(&along / &squares.mapv(f64::sqrt)));
            rest = problem.in_f64(|problem| {
                let residual = &problem.centred_y(&moments.target_mean).column(0)
                    - &problem.operator(&moments.mean).apply(&coef);
                Ok(residual.dot(&residual))
            })?;
        }
        Ok(Self {
            squares,
            directions,
            along,
            rest,
            mean: moments.mean.clone(),
            target_mean: moments.target_mean[0],
            weight: moments.weight,
            target_variance: total / moments.weight,
        })
    }

    /// n < p
    fn wide(problem: &Problem<'_, f64>) -> Result<Self> {
        problem.check_finite()?;
        let (means, _) = problem.means()?;
        let x = problem.weigh(problem.centred_rows(0..problem.x.nrows(), &means.x));
        let y = problem.centred_y(&means.y).column(0).to_owned();
        let svd = Svd::thin(x.view())?;
        let least = problem.cutoff * svd.s.first().copied().unwrap_or(0.0);
        let rank = svd.s.iter().filter(|s| **s > least).count();
        let along = svd.u.slice(s![.., ..rank]).t().dot(&y);
        let left =
            &y - &matmul(svd.u.slice(s![.., ..rank]), along.view().insert_axis(ndarray::Axis(1))).column(0);
        let weight = problem.weight();
        Ok(Self {
            squares: svd.s.slice(s![..rank]).mapv(|s| s * s),
            directions: svd.vt.slice(s![..rank, ..]).t().to_owned(),
            along,
            rest: left.dot(&left),
            mean: means.x,
            target_mean: means.y[0],
            weight,
            target_variance: y.dot(&y) / weight,
        })
    }
}
