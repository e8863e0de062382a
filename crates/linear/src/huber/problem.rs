//! Steps 1 and 4, and the objective as a function of θ.

use super::HuberRegressor;
use super::scale::{Sums, scale};
use crate::double::{Double, Values};
use estimand_core::{Error, Result, order};
use estimand_linalg::{self as linalg, Cholesky, Moments, sparse};
use estimand_optim::{Objective, positive_definite};
use ndarray::{Array1, Array2, ArrayView1, Axis};

/// (1) in centred and scaled data.
pub(super) struct Problem<'a, 'd> {
    x: &'a Values<'d>,
    /// Means of the columns; 0 without an intercept.
    pub(super) means: Array1<f64>,
    /// (y − centre) / unit
    pub(super) y: Array1<f64>,
    centre: f64,
    unit: f64,
    weights: Option<&'a Array1<f64>>,
    pub(super) total: f64,
    pub(super) epsilon: f64,
    /// α in the unit of y.
    pub(super) alpha: f64,
    pub(super) intercept: bool,
    /// Moments of all rows: of X, and with y.
    pub(super) moments: Option<Moments>,
    /// Columns that are constant but for rounding; their coefficients stay 0.
    pub(super) constant: Vec<usize>,
    guess: Option<f64>,
}

/// What was found, in the units of the data.
pub(super) struct End {
    pub(super) coef: Vec<f64>,
    pub(super) intercept: f64,
    pub(super) scale: f64,
    pub(super) objective: f64,
    pub(super) outliers: usize,
}

/// A deviation below this share of the mean is rounding.
const CONSTANT: f64 = 1e-14;
/// σ is at least this much, in units of y.
const FLOOR: f64 = 1e-12;

impl<'a, 'd> Problem<'a, 'd> {
    pub(super) fn new(data: &'a Double<'d>, settings: &HuberRegressor) -> Result<Self> {
        let intercept = settings.fit_intercept;
        let pairs =
            |centre: f64| data.y.iter().enumerate().map(move |(i, y)| ((y - centre).abs(), data.weight(i)));
        let signed = data.y.iter().enumerate().map(|(i, y)| (*y, data.weight(i)));
        let centre = if intercept { order::median(signed).unwrap_or(0.0) } else { 0.0 };
        let mean = || pairs(centre).map(|(d, w)| d * (w / data.total())).sum::<f64>();
        let unit = order::median(pairs(centre)).filter(|d| *d > 0.0).unwrap_or_else(mean);
        let unit = if unit > 0.0 { unit } else { 1.0 };
        let mut problem = Self {
            means: Array1::zeros(0),
            x: &data.x,
            y: data.y.mapv(|y| (y - centre) / unit),
            centre,
            unit,
            weights: data.weights.as_ref(),
            total: data.total(),
            epsilon: settings.epsilon,
            alpha: settings.alpha * unit,
            intercept,
            moments: None,
            constant: Vec::new(),
            guess: None,
        };
        if problem.x_ncols() > super::WIDE {
            problem.means = Array1::zeros(problem.x_ncols());
            if intercept {
                problem.means = problem.x_transposed(&problem.weight_vector()) / problem.total;
            }
        } else {
            let moments = problem.moments(None);
            let spoilt = !moments.gram.iter().chain(&moments.cross).all(|v| v.is_finite());
            if spoilt || !problem.y.iter().all(|y| y.is_finite()) {
                return Err(Error::numerical("squares of the data leave the range of f64; rescale x or y"));
            }
            let rounding =
                |j: usize| moments.gram[[j, j]] <= problem.total * (CONSTANT * moments.mean[j]).powi(2);
            problem.constant = (0..moments.mean.len()).filter(|j| rounding(*j)).collect();
            problem.means = if intercept { moments.mean.clone() } else { Array1::zeros(moments.mean.len()) };
            problem.moments = Some(moments);
        }
        Ok(problem)
    }

    fn x_ncols(&self) -> usize {
        match self.x {
            Values::Dense(x) => x.ncols(),
            Values::Sparse(x) => x.view().ncols(),
        }
    }

    /// p
    pub(super) fn ncols(&self) -> usize {
        self.means.len()
    }

    /// Length of θ.
    pub(super) fn width(&self) -> usize {
        self.ncols() + usize::from(self.intercept)
    }

    fn weight_vector(&self) -> Array1<f64> {
        self.weights.cloned().unwrap_or_else(|| Array1::ones(self.y.len()))
    }

    /// ωᵢ
    pub(super) fn weight(&self, i: usize) -> f64 {
        self.weights.map_or(1.0, |w| w[i])
    }

    /// ω, where rows have weights.
    pub(super) fn weights(&self) -> Option<&[f64]> {
        self.weights.and_then(|w| w.as_slice())
    }

    /// Moments of X and y of the rows with these weights.
    pub(super) fn moments(&self, weights: Option<&Array1<f64>>) -> Moments {
        let weights = weights.or(self.weights).map(|w| w.view());
        let y = self.y.view().insert_axis(Axis(1));
        let moments = match self.x {
            Values::Dense(x) => Moments::new(x.view(), y, weights),
            Values::Sparse(x) => Moments::of_sparse(x.view(), y, weights),
        };
        if self.intercept { moments } else { moments.uncentred() }
    }

    fn x_transposed(&self, v: &Array1<f64>) -> Array1<f64> {
        match self.x {
            Values::Dense(x) => linalg::matvec_t(x.view(), v.view()),
            Values::Sparse(x) => sparse::matvec_t(x.view(), v.view()),
        }
    }

    /// Aθ
    pub(super) fn product(&self, theta: &[f64]) -> Array1<f64> {
        let (v, b) = theta.split_at(self.ncols());
        let v = ArrayView1::from(v);
        let product = match self.x {
            Values::Dense(x) => linalg::matvec(x.view(), v),
            Values::Sparse(x) => sparse::matvec(x.view(), v),
        };
        product + (b.first().copied().unwrap_or(0.0) - self.means.dot(&v))
    }

    /// Aᵀψ
    pub(super) fn transposed(&self, psi: &Array1<f64>) -> Array1<f64> {
        let sum = psi.sum();
        let mut out = self.x_transposed(psi);
        out.scaled_add(-sum, &self.means);
        if self.intercept {
            out.append(Axis(0), Array1::from_elem(1, sum).view()).ok();
        }
        out
    }

    /// Row i of A.
    pub(super) fn row(&self, i: usize, out: &mut Array1<f64>) {
        out.fill(1.0);
        let mut x = out.slice_mut(ndarray::s![..self.ncols()]);
        match self.x {
            Values::Dense(rows) => x.assign(&rows.row(i)),
            Values::Sparse(rows) => {
                x.fill(0.0);
                rows.view().row(i).iter().for_each(|(j, v)| x[j] = v);
            }
        }
        x -= &self.means;
    }

    /// (2) for given residuals.
    pub(super) fn scale(&self, r: &[f64], guess: Option<f64>) -> (f64, Sums) {
        scale(r, self.weights(), (self.epsilon, self.total, FLOOR), guess)
    }

    /// (1), from what [`Self::scale`] found.
    pub(super) fn value(&self, (sigma, sums): (f64, Sums), theta: &[f64]) -> f64 {
        let Sums { squares, distances, beyond } = sums;
        let epsilon = self.epsilon;
        sigma * (self.total - epsilon * epsilon * beyond)
            + squares / sigma
            + 2.0 * epsilon * distances
            + self.alpha * theta[..self.ncols()].iter().map(|v| v * v).sum::<f64>()
    }

    /// ψᵢ = ωᵢ rᵢ/σ within, ωᵢ ε sign rᵢ beyond: half of the derivative of the loss.
    pub(super) fn psi(&self, r: &[f64], sigma: f64) -> Array1<f64> {
        let epsilon = self.epsilon;
        match self.weights() {
            None => r.iter().map(|r| (r / sigma).clamp(-epsilon, epsilon)).collect(),
            Some(w) => r.iter().zip(w).map(|(r, w)| w * (r / sigma).clamp(-epsilon, epsilon)).collect(),
        }
    }

    /// αv − Aᵀψ: half of the gradient.
    pub(super) fn half_gradient(&self, theta: &[f64], psi: &Array1<f64>) -> Array1<f64> {
        let mut g = -self.transposed(psi);
        g.iter_mut().zip(&theta[..self.ncols()]).for_each(|(g, v)| *g += self.alpha * v);
        self.constant.iter().for_each(|j| g[*j] = 0.0);
        g
    }

    /// The factor of second derivatives, in which constant columns say nothing.
    pub(super) fn factor(&self, mut curvature: Array2<f64>) -> Option<Cholesky<f64>> {
        for j in &self.constant {
            curvature.row_mut(*j).fill(0.0);
            curvature.column_mut(*j).fill(0.0);
        }
        curvature.diag_mut().iter_mut().take(self.ncols()).for_each(|d| *d += self.alpha);
        positive_definite(&curvature)
    }

    /// Step 4.
    pub(super) fn undo(&self, theta: &[f64]) -> End {
        let r = &self.y - &self.product(theta);
        let r = r.as_slice().unwrap_or_default();
        let (sigma, sums) = self.scale(r, None);
        let coef: Vec<f64> = theta[..self.ncols()].iter().map(|v| v * self.unit).collect();
        let shift: f64 = coef.iter().zip(&self.means).map(|(w, m)| w * m).sum();
        let intercept = if self.intercept {
            self.centre + self.unit * theta.last().copied().unwrap_or_default() - shift
        } else {
            0.0
        };
        End {
            coef,
            intercept,
            scale: sigma * self.unit,
            objective: self.value((sigma, sums), theta) * self.unit,
            outliers: r.iter().filter(|r| r.abs() > self.epsilon * sigma).count(),
        }
    }

    /// The least-squares plane, with the penalty of σ = 1.
    pub(super) fn start(&self) -> Vec<f64> {
        let mut theta = vec![0.0; self.width()];
        if let Some(moments) = &self.moments
            && let Some(factor) = self.factor(moments.gram.clone())
        {
            let mut cross = moments.cross.column(0).to_owned();
            self.constant.iter().for_each(|j| cross[*j] = 0.0);
            let v = factor.solve_vec(cross.view());
            theta.iter_mut().zip(&v).for_each(|(theta, v)| *theta = *v);
            if let (true, Some(b)) = (self.intercept, theta.last_mut()) {
                *b = moments.target_mean[0];
            }
        }
        theta
    }
}

impl Objective for Problem<'_, '_> {
    fn gradient(&mut self, theta: &[f64], gradient: &mut [f64]) -> f64 {
        let r = &self.y - &self.product(theta);
        let r = r.as_slice().unwrap_or_default();
        let found = self.scale(r, self.guess);
        self.guess = Some(found.0);
        let half = self.half_gradient(theta, &self.psi(r, found.0));
        gradient.iter_mut().zip(&half).for_each(|(g, half)| *g = 2.0 * half);
        self.value(found, theta)
    }
}
