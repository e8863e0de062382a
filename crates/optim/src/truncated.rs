//! Newton's method by products with the Hessian alone, for many variables.
//!
//! ```text
//! H d ≈ −∇f by conjugate gradients from 0, until ‖H d + ∇f‖ ≤ η ‖∇f‖ in the norm of M⁻¹        η = 1/10
//! ```
//!
//! Each step costs 200 products at most, and takes what there is to gain down to a hundredth.
//! Where H is not positive along some direction, the step is what has been found before it.
//!
//! References: \[DemboSteihaug83\]; \[Hsia18\] on M.

use crate::{Objective, Outcome, Reason, Run, Stop, dot};

/// η
const REST: f64 = 0.1;
/// Products for one step.
const PRODUCTS: usize = 200;

/// A function whose second derivatives can be multiplied with vectors.
pub trait HessianProducts: Objective {
    /// out ← ∇²f(x)v, where x is the point of the last gradient.
    fn hessian_product(&mut self, v: &[f64], out: &mut [f64]);

    /// A bound below all eigenvalues of ∇²f, anywhere; 0 where there is none. Above 0, it tells the end without another step.
    fn least_curvature(&self) -> f64 {
        0.0
    }
}

/// Minimises from `x` with products of second derivatives.
///
/// ```
/// use estimand_optim::{HessianProducts, Objective, Stop, truncated_newton};
///
/// /// ½ (x₁ − 1)² + 50 (x₂ − 2)²
/// struct Valley;
/// impl Objective for Valley {
///     fn gradient(&mut self, x: &[f64], gradient: &mut [f64]) -> f64 {
///         gradient.copy_from_slice(&[x[0] - 1.0, 100.0 * (x[1] - 2.0)]);
///         0.5 * (x[0] - 1.0).powi(2) + 50.0 * (x[1] - 2.0).powi(2)
///     }
/// }
/// impl HessianProducts for Valley {
///     fn hessian_product(&mut self, v: &[f64], out: &mut [f64]) {
///         out.copy_from_slice(&[v[0], 100.0 * v[1]]);
///     }
/// }
/// let found = truncated_newton(&mut Valley, vec![0.0; 2], Stop::default());
/// assert!(found.converged() && (found.x[1] - 2.0).abs() < 1e-6);
/// ```
pub fn truncated_newton<O: HessianProducts>(objective: &mut O, x: Vec<f64>, stop: Stop) -> Outcome {
    let mut inner = Inner::new(x.len());
    let mut run = Run::new(objective, x, stop);
    let value = run.objective.gradient(&run.x, &mut run.gradient);
    if let Err(reason) = run.started(value) {
        return run.end(reason);
    }
    loop {
        // f(x) − min f ≤ ‖∇f‖² / 2λ, where λ is below all eigenvalues.
        let bound = dot(&run.gradient, &run.gradient) / (2.0 * run.objective.least_curvature());
        if bound <= run.negligible()
            && let Some(reason) = run.ended(bound)
        {
            return run.end(reason);
        }
        inner.direction(&mut run);
        if let Some(reason) = run.ended(-0.5 * run.slope()) {
            return run.end(reason);
        }
        if !run.step(1.0, |objective, x, gradient, _| objective.gradient(x, gradient)) {
            return run.end(Reason::Precision);
        }
    }
}

/// What conjugate gradients keep.
struct Inner {
    residual: Vec<f64>,
    preconditioned: Vec<f64>,
    along: Vec<f64>,
    bent: Vec<f64>,
}

impl Inner {
    fn new(n: usize) -> Self {
        let zeros = || vec![0.0; n];
        Self { residual: zeros(), preconditioned: zeros(), along: zeros(), bent: zeros() }
    }

    /// d ≈ −H⁻¹∇f
    fn direction<O: HessianProducts>(&mut self, run: &mut Run<'_, O>) {
        let Self { residual, preconditioned, along, bent } = self;
        residual.iter_mut().zip(&run.gradient).for_each(|(r, g)| *r = -g);
        run.direction.fill(0.0);
        along.fill(0.0);
        let (mut before, mut enough) = (f64::INFINITY, 0.0);
        for product in 0..PRODUCTS {
            preconditioned.copy_from_slice(residual);
            run.objective.precondition(preconditioned);
            let size = dot(residual, preconditioned);
            if product == 0 {
                enough = REST * REST * size;
            } else if size <= enough {
                return;
            }
            let beta = size / before;
            along.iter_mut().zip(&*preconditioned).for_each(|(d, z)| *d = beta.mul_add(*d, *z));
            run.objective.hessian_product(along, bent);
            let curvature = dot(along, bent);
            if curvature <= 0.0 || curvature.is_nan() {
                if product == 0 {
                    run.direction.copy_from_slice(along);
                }
                return;
            }
            estimand_kernels::axpy(size / curvature, along, &mut run.direction);
            estimand_kernels::axpy(-size / curvature, bent, residual);
            before = size;
        }
    }
}
