//! Support vector regression.
//!
//! ```text
//! minimise  ½ ‖w‖² + C Σᵢ ωᵢ max(0, |yᵢ − wᵀφ(xᵢ) − b| − ε)                                                (1)
//! its dual  minimise  ½ βᵀKβ − yᵀβ + ε ‖β‖₁        |βᵢ| ≤ C ωᵢ,   Σ βᵢ = 0                                 (2)
//! ν in place of ε   minimise  ½ βᵀKβ − yᵀβ,   and   ‖β‖₁ = C ν Σω                                          (3)
//! prediction        Σᵢ βᵢ K(x, xᵢ) + b
//! ```
//!
//! | symbol | variable | shape |
//! |---|---|---|
//! | β | `dual_coef` | 1 × n_sv |
//! | b | `intercept` | |
//! | ω | weights of rows | n |
//!
//! 1. Check; γ; rows of weight 0 are left out; the rest is packed for the kernel.
//! 2. (2) or (3) with two variables for each row, β = a⁺ + a⁻, a⁺ ≥ 0 ≥ a⁻, by sequential minimal optimisation.
//!
//! Costs O(n · n_sv · p) and more where C is large against the spread of y; memory is `cache_size` and O(np).
//!
//! **Differs from scikit-learn.** A weight of 2 is the row twice, also in `gamma = Scale`. Records are moved to their
//! mean where that changes nothing but rounding. The model of a linear kernel predicts with one product.
//!
//! **References.** \[Smola04\], \[Scholkopf00\].

mod model;
#[cfg(test)]
mod tests;

pub use model::SvrModel;

use crate::expansion::Expansion;
use crate::kernel::{Gamma, Kernel};
use crate::smo::{self, Problem};
use crate::svc::fit::filled;
use crate::training::{MachineSettings, Training, machine};
use estimand_core::describe::{above, above_to, at_least, finite};
use estimand_core::samples::check_finite_target;
use estimand_core::{Fit, Float, Report, Result, Samples};
use ndarray::{Array1, Array2, Axis};

machine! {
    /// Support vector regression; see [the module](crate::svr).
    ///
    /// ```
    /// use estimand_core::{Fit, Predict};
    /// use estimand_svm::{Kernel, Svr};
    /// use ndarray::array;
    ///
    /// let (x, y) = (array![[0.0], [1.0], [2.0], [3.0]], array![0.0, 2.0, 4.0, 6.0]);
    /// let model = Svr::new().kernel(Kernel::Linear).c(10.0).epsilon(0.01).fit((&x, &y))?;
    /// assert!((model.predict(&array![[1.5]])?[0] - 3.0_f64).abs() < 0.02);
    /// # Ok::<(), estimand_core::Error>(())
    /// ```
    pub struct Svr {
        /// Strength C of the loss against the norm.
        c: f64 = 1.0, above(0.0);
        /// Errors up to ε cost nothing.
        epsilon: f64 = 0.1, at_least(0.0);
    }
}

machine! {
    /// Support vector regression that finds ε by itself; see [the module](crate::svr).
    ///
    /// ```
    /// use estimand_core::{Fit, Predict};
    /// use estimand_svm::{Kernel, NuSvr};
    /// use ndarray::array;
    ///
    /// let (x, y) = (array![[0.0], [1.0], [2.0], [3.0]], array![0.0, 2.0, 4.0, 6.0]);
    /// let model = NuSvr::new().kernel(Kernel::Linear).c(10.0).fit((&x, &y))?;
    /// assert!((model.predict(&array![[1.5]])?[0] - 3.0_f64).abs() < 0.02);
    /// # Ok::<(), estimand_core::Error>(())
    /// ```
    pub struct NuSvr {
        /// ν: at most this share of the rows errs by more than ε, at least this share are support vectors.
        nu: f64 = 0.5, above_to(0.0, 1.0);
        /// Strength C of the loss against the norm.
        c: f64 = 1.0, above(0.0);
    }
}

/// The variables of (2) and (3): a⁺ of all rows, then a⁻.
fn problem<'a>(training: &'a Training, y: &[f64], c: f64, epsilon: f64) -> Problem<'a> {
    let n = y.len();
    let bounds = || training.weights.iter().map(|w| c * w);
    Problem {
        rows: &training.rows,
        row: (0..n).chain(0..n).collect(),
        cost: y.iter().map(|y| epsilon - y).chain(y.iter().map(|y| -epsilon - y)).collect(),
        low: std::iter::repeat_n(0.0, n).chain(bounds().map(|c| -c)).collect(),
        high: bounds().chain(std::iter::repeat_n(0.0, n)).collect(),
        start: vec![0.0; 2 * n],
        split: 2 * n,
    }
}

/// Checks, packs, solves what `state` makes of the rows, and keeps the support vectors.
fn fit<F: Float>(
    settings: &impl MachineSettings,
    samples: &Samples<'_, F, Array1<F>>,
    state: impl for<'t> FnOnce(&'t Training, &[f64]) -> Problem<'t>,
) -> Result<SvrModel<F>> {
    settings.check()?;
    samples.check()?;
    check_finite_target(samples.y.insert_axis(Axis(1)))?;
    samples.x.check_finite()?;
    let function = settings.function(samples.x, samples.weights)?;
    let training = Training::new(samples.x, samples.weights, function, true)?;
    let y: Vec<f64> = training.numbers.iter().map(|i| samples.y[*i].f64()).collect();
    let problem = state(&training, &y);
    let (n, one_group) = (y.len(), problem.split == 2 * y.len());
    let solution = smo::solve(&problem, settings.limits())?;
    let beta = |i: usize| solution.a[i] + solution.a[n + i];
    let kept: Vec<usize> = (0..n).filter(|i| beta(*i) != 0.0).collect();
    let dual_coef = Array2::from_shape_fn((1, kept.len()), |(_, v)| beta(kept[v]));
    let support: Vec<usize> = kept.iter().map(|i| training.numbers[*i]).collect();
    let bounds = vec![0, support.len()];
    let expansion = Expansion::new(samples, &training.rows, support, bounds, dual_coef);
    let report = Report::iterative("two-level SMO", solution.iterations, solution.converged)
        .objective(solution.objective)
        .warn_unless_converged(&settings.name(), "raise `max_iter`, scale the columns, or lower C");
    let [plus, minus] = solution.level;
    let level = if one_group { plus } else { (plus + minus) / 2.0 };
    Ok(SvrModel::new(expansion, -level, report))
}

impl<F: Float> Fit<F, Array1<F>> for Svr {
    type Model = SvrModel<F>;

    fn fit_samples(&self, samples: Samples<'_, F, Array1<F>>) -> Result<SvrModel<F>> {
        fit(self, &samples, |training, y| problem(training, y, self.c, self.epsilon))
    }
}

impl<F: Float> Fit<F, Array1<F>> for NuSvr {
    type Model = SvrModel<F>;

    fn fit_samples(&self, samples: Samples<'_, F, Array1<F>>) -> Result<SvrModel<F>> {
        fit(self, &samples, |training, y| {
            let mut problem = problem(training, y, self.c, 0.0);
            let n = y.len();
            let bounds = problem.high[..n].to_vec();
            let half = filled(&bounds, self.nu * bounds.iter().sum::<f64>() / 2.0);
            problem.start = half.iter().copied().chain(half.iter().map(|a| -a)).collect();
            problem.split = n;
            problem
        })
    }
}
