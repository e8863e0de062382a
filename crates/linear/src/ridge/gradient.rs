//! Least squares by products with X alone.

use super::factor::power_of_two;
use estimand_core::Records;
use estimand_core::records::MatrixView;
use estimand_linalg::{self as linalg, sparse};
use ndarray::Array1;

/// X̃ = √ω(X − 1x̄) as a linear map: sparse X stays sparse.
pub(super) struct Operator<'a> {
    x: Records<'a, f64>,
    /// √ω
    root: Option<Array1<f64>>,
    mean: Array1<f64>,
}

impl<'a> Operator<'a> {
    pub(super) fn new(x: Records<'a, f64>, root: Option<Array1<f64>>, mean: Array1<f64>) -> Self {
        Self { x, root, mean }
    }

    /// X̃v = √ω(Xv − x̄·v)
    pub(super) fn apply(&self, v: &Array1<f64>) -> Array1<f64> {
        let mut u = match self.x.values() {
            MatrixView::Dense(x) => linalg::matvec(x, v.view()),
            MatrixView::Sparse(x) => sparse::matvec(x, v.view()),
        };
        u -= self.mean.dot(v);
        self.weigh(u)
    }

    /// X̃ᵀu = Xᵀ√ωu − x̄ Σ√ωu
    pub(super) fn apply_t(&self, u: &Array1<f64>) -> Array1<f64> {
        let u = self.weigh(u.clone());
        let mut v = match self.x.values() {
            MatrixView::Dense(x) => linalg::matvec_t(x, u.view()),
            MatrixView::Sparse(x) => sparse::matvec_t(x, u.view()),
        };
        v.scaled_add(-u.sum(), &self.mean);
        v
    }

    fn weigh(&self, mut u: Array1<f64>) -> Array1<f64> {
        if let Some(root) = &self.root {
            u *= root;
        }
        u
    }
}

/// Where the descent ended.
pub(super) struct Descent {
    pub(super) w: Array1<f64>,
    /// ‖y − X̃w‖² + α‖w‖²
    pub(super) objective: f64,
    pub(super) iterations: usize,
    pub(super) converged: bool,
    /// The gradient's share of its first value, where rounding keeps it from falling to the tolerance.
    pub(super) precision: Option<f64>,
}

/// Rounding error of a computed gradient, over its bound by the length of one product: sums of many terms gather
/// more than one rounding, at random.
const GATHERED: f64 = 8.0 * f64::EPSILON;

/// minimise ‖y − X̃w‖² + α‖w‖² over w = Dv by conjugate gradients in v, from 0.
///
/// The residual r is carried along instead of X̃ᵀX̃, which keeps the accuracy of methods that do not square the
/// condition of X. Stops when ‖Dg‖ ≤ tol · ‖Dg₀‖ for the gradient g = X̃ᵀr − αw, or when ‖Dg‖ is no more than the
/// rounding errors with which it is computed: those of products of r with columns of X, whose lengths over √ω,
/// before centring and times D, have the norm `size`. With D a multiple of I and α = 0 the solution of least norm is
/// found.
pub(super) fn descend(
    x: &Operator<'_>,
    mut y: Array1<f64>,
    alpha: f64,
    d: &Array1<f64>,
    size: f64,
    max_iter: usize,
    tol: f64,
) -> Descent {
    // Squares of y neither vanish nor overflow.
    let unit = power_of_two(y.iter().fold(0.0, |max, v| v.abs().max(max)));
    y /= unit;
    let (mut w, mut r) = (Array1::zeros(d.len()), y);
    let mut s = x.apply_t(&r) * d;
    let mut direction = s.clone();
    let mut gamma = s.dot(&s);
    let first = gamma.sqrt();
    let mut iterations = 0;
    let reached = |gamma: f64| gamma.sqrt() <= tol * first;
    let rounding = |r: &Array1<f64>| GATHERED * size * r.dot(r).sqrt();
    // NaN ends the loop too.
    while gamma.sqrt() > (tol * first).max(rounding(&r)) && iterations < max_iter {
        let step = &direction * d;
        let q = x.apply(&step);
        let length = gamma / (q.dot(&q) + alpha * step.dot(&step));
        w.scaled_add(length, &step);
        r.scaled_add(-length, &q);
        s = x.apply_t(&r);
        s.scaled_add(-alpha, &w);
        s *= d;
        let next = s.dot(&s);
        direction *= next / gamma;
        direction += &s;
        gamma = next;
        iterations += 1;
    }
    let objective = (r.dot(&r) + alpha * w.dot(&w)) * unit * unit;
    let precise = gamma.sqrt() <= rounding(&r);
    Descent {
        w: w * unit,
        objective,
        iterations,
        converged: reached(gamma) || precise,
        precision: (precise && !reached(gamma)).then(|| gamma.sqrt() / first),
    }
}
