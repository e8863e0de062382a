//! The factor of S + αI, or of any other matrix of products, whose units do not spoil its condition.

use estimand_core::Report;
use estimand_linalg::Cholesky;
use ndarray::{Array1, Array2, ArrayView2, ArrayViewMut1, Axis};

/// Reciprocal condition down to which a solution stands as it is: a relative error of 10⁶ε.
pub(super) const ACCURATE: f64 = 1e-6;
/// Down to which refinement converges: a step leaves at most about 10¹³ε of the error.
pub(super) const SINGULAR: f64 = 1e-13;
/// Most steps of refinement.
const STEPS: usize = 5;

/// D⁻¹(A + αI)D⁻¹ = LLᵀ, where D brings the diagonal near 1 by powers of two, without rounding.
pub(super) struct Factor {
    cholesky: Cholesky<f64>,
    scale: Array1<f64>,
    /// Reciprocal condition of the scaled matrix.
    pub(super) rcond: f64,
}

impl Factor {
    /// `None` where A + αI is as good as singular. Zero rows and columns count as 1 on the diagonal.
    pub(super) fn new(a: &Array2<f64>, alpha: f64) -> Option<Self> {
        let scale = a.diag().mapv(|v| power_of_two((v + alpha).sqrt()));
        // Symmetric, so the transpose is the same matrix in the order that the factorisation likes.
        let mut a = a.t().to_owned();
        a.diag_mut().mapv_inplace(|v| v + alpha);
        a /= &scale;
        a /= &scale.view().insert_axis(Axis(1));
        a.diag_mut().mapv_inplace(|v| if v == 0.0 { 1.0 } else { v });
        let cholesky = Cholesky::of(a).ok()?;
        let rcond = cholesky.rcond();
        (rcond > SINGULAR).then_some(Self { cholesky, scale, rcond })
    }

    /// (A + αI)⁻¹B
    pub(super) fn solve(&self, b: ArrayView2<'_, f64>) -> Array2<f64> {
        let scale = self.scale.view().insert_axis(Axis(1));
        self.cholesky.solve((&b / &scale).view()) / scale
    }

    /// w ← w + (A + αI)⁻¹ residual(w) until it stands still; whether it did.
    pub(super) fn refine(
        &self,
        mut w: ArrayViewMut1<'_, f64>,
        residual: impl Fn(&Array1<f64>) -> Array1<f64>,
    ) -> bool {
        let size = |v: &Array1<f64>| (v * &self.scale).mapv(|v| v * v).sum().sqrt();
        let mut last = 1.0;
        for _ in 0..STEPS {
            let current = w.to_owned();
            let step = self.cholesky.solve_vec((residual(&current) / &self.scale).view()) / &self.scale;
            let change = size(&step) / size(&current).max(f64::MIN_POSITIVE);
            if change.is_nan() || change >= 0.1 * last {
                break;
            }
            w += &step;
            last = change;
        }
        last < 1e-8
    }

    /// The report of a solve with this factor.
    pub(super) fn report(&self, solver: &str) -> Report {
        Report::direct(solver).note(format!("condition of X about {:.1e}", self.rcond.recip().sqrt()))
    }
}

/// The power of two at or below x > 0; 1 for 0.
pub(super) fn power_of_two(x: f64) -> f64 {
    if x == 0.0 { 1.0 } else { f64::from_bits(x.to_bits() & f64::INFINITY.to_bits()) }
}
