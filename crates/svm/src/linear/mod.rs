//! Linear support vector machines: many rows, no kernel.
//!
//! ```text
//! minimise  ½ ‖w‖² + b² / 2s² + C Σᵢ ωᵢ ℓ(xᵢw + b, yᵢ)                                                    (1)
//! ℓ:  hinge max(0, 1 − yz)      its square      ε-insensitive max(0, |y − z| − ε)      its square
//! dual of the losses that are not squared, s finite
//!     minimise  ½ ‖Xᵀβ‖² + ½ s² (Σ β)² − yᵀβ + ε ‖β‖₁      lᵢ ≤ βᵢ ≤ hᵢ      w = Xᵀβ,  b = s² Σ β          (2)
//! ```
//!
//! | symbol | variable | |
//! |---|---|---|
//! | s | `intercept_scaling` | ∞: the intercept is not penalised |
//! | l, h | | 0 and C ω, on the side of the label; −C ω and C ω in regression |
//!
//! * Squared losses have a gradient: (1) by Newton's method, whose Hessian is I + 2C Σ ωᵢ xᵢxᵢᵀ over the rows that cost
//!   something; from a thousand columns on, and for sparse records, by products with it.
//! * The others: (2) one βᵢ at a time, in random order, to its best value, which is
//!   clip(soft(βᵢ − g / q, ε / q)), g = xᵢw + b − yᵢ, q = ‖xᵢ‖² + s² \[Hsieh08\]. Rows that are at a bound and want to
//!   stay there are left out for a while.
//!
//! * An L1 penalty, ‖w‖₁ + |b| / s in the place of the squares in (1), with the squared hinge: one coefficient at a time.
//!
//! More than two classes: each against all others, or all at once with the loss of Crammer and Singer:
//!
//! ```text
//! minimise  ½ Σ_c (‖w_c‖² + b_c² / s²) + C Σᵢ ωᵢ max(0, 1 + max_{c ≠ yᵢ} z_c − z_yᵢ)       z_c = xᵢw_c + b_c     (3)
//! ```
//!
//! whose dual is solved one row at a time, for all classes of the row together. A round costs O(np), of (3) O(nkp) with
//! O(nk) numbers; the Hessian costs O(np²).
//!
//! **Differs from scikit-learn.** The loss decides the method, not `dual`, and (3) is a loss, not `multi_class`.
//! `intercept_scaling` may be infinite. The same rows in the same order give the same bits.
//!
//! **References.** \[Hsieh08\], \[Fan08\], \[Yuan10\], \[Crammer01\], \[Keerthi08\].

mod crammer_singer;
mod dual;
mod l1;
mod model;
mod primal;
mod rounds;
#[cfg(test)]
mod tests;

pub use model::{LinearSvcModel, LinearSvrModel};

use estimand_core::describe::{above, above_or_infinite, at_least};
use estimand_core::samples::check_finite_target;
use estimand_core::{
    ClassCodes, ClassWeight, Describe, Error, Features, Fit, FitClasses, Float, Records, Report, Result,
    Samples,
};
use estimand_par as par;
use model::Planes;
use ndarray::{Array1, Array2, Axis};
use serde::{Deserialize, Serialize};

/// The loss of [`LinearSvc`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum LinearSvcLoss {
    /// max(0, 1 − yz)²
    #[default]
    SquaredHinge,
    /// max(0, 1 − yz)
    Hinge,
    /// max(0, 1 + max_{c ≠ y} z_c − z_y): all classes at once, (3) of [the module](crate::linear). Of two classes it is the
    /// hinge, with a margin of 1 between their scores.
    CrammerSinger,
}

/// The penalty of [`LinearSvc`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum LinearSvcPenalty {
    /// ½ ‖w‖²
    #[default]
    L2,
    /// ‖w‖₁, under which many coefficients are 0; for the squared hinge.
    L1,
}

/// The loss of [`LinearSvr`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum LinearSvrLoss {
    /// max(0, |y − z| − ε)
    #[default]
    EpsilonInsensitive,
    /// max(0, |y − z| − ε)²
    SquaredEpsilonInsensitive,
}

estimand_core::params! {
    /// Linear support vector classification; see [the module](crate::linear).
    ///
    /// ```
    /// use estimand_core::{Fit, Predict};
    /// use estimand_svm::LinearSvc;
    /// use ndarray::array;
    ///
    /// let (x, y) = (array![[-1.0, 0.5], [-2.0, 1.0], [1.0, 0.0], [2.0, 1.5]], [false, false, true, true]);
    /// let model = LinearSvc::new().fit((&x, &y))?;
    /// assert_eq!(model.predict(&array![[-0.8, 1.0], [3.0, 0.5]])?.to_vec(), [false, true]);
    /// # Ok::<(), estimand_core::Error>(())
    /// ```
    pub struct LinearSvc {
        /// Strength C of the loss against the norm.
        c: f64 = 1.0, above(0.0);
        /// What an error costs.
        loss: LinearSvcLoss = LinearSvcLoss::SquaredHinge;
        /// What the coefficients cost.
        penalty: LinearSvcPenalty = LinearSvcPenalty::L2;
        /// Whether to fit an intercept b.
        fit_intercept: bool = true;
        /// s in (1): how little the intercept is penalised; infinite only with a squared loss.
        intercept_scaling: f64 = 1.0, above_or_infinite(0.0);
        /// Largest gradient, relative to that at 0; for the hinge, largest violation of the optimality conditions.
        tol: f64 = 1e-4, above(0.0);
        /// How much each class counts: C is multiplied by it.
        class_weight: ClassWeight = ClassWeight::Uniform;
        /// Most rounds.
        max_iter: usize = 1000, at_least(1.0);
        /// Seed of the order in which rows are taken.
        seed: u64 = 0;
    }
    accepts: sparse, weights;
}

estimand_core::params! {
    /// Linear support vector regression; see [the module](crate::linear).
    ///
    /// ```
    /// use estimand_core::{Fit, Predict};
    /// use estimand_svm::LinearSvr;
    /// use ndarray::array;
    ///
    /// let (x, y) = (array![[0.0], [1.0], [2.0], [3.0]], array![1.0, 3.0, 5.0, 7.0]);
    /// let model = LinearSvr::new().c(100.0).fit((&x, &y))?;
    /// assert!((model.predict(&array![[1.5]])?[0] - 4.0_f64).abs() < 1e-2);
    /// # Ok::<(), estimand_core::Error>(())
    /// ```
    pub struct LinearSvr {
        /// Strength C of the loss against the norm.
        c: f64 = 1.0, above(0.0);
        /// Errors up to ε cost nothing.
        epsilon: f64 = 0.0, at_least(0.0);
        /// What an error costs.
        loss: LinearSvrLoss = LinearSvrLoss::EpsilonInsensitive;
        /// Whether to fit an intercept b.
        fit_intercept: bool = true;
        /// s in (1): how little the intercept is penalised; infinite only with a squared loss.
        intercept_scaling: f64 = 1.0, above_or_infinite(0.0);
        /// Largest gradient, relative to that at 0; for the loss that is not squared, largest violation of the
        /// optimality conditions.
        tol: f64 = 1e-4, above(0.0);
        /// Most rounds.
        max_iter: usize = 1000, at_least(1.0);
        /// Seed of the order in which rows are taken.
        seed: u64 = 0;
    }
    accepts: sparse, weights;
}

/// (1) for one target.
pub(crate) struct Task<'a, F> {
    x: Records<'a, F>,
    y: Vec<f64>,
    /// C ω
    cost: &'a [f64],
    /// Of labels −1 and 1, or of numbers.
    labels: bool,
    epsilon: f64,
    plan: Plan,
}

/// How to solve it.
#[derive(Clone, Copy)]
pub(crate) struct Plan {
    /// s; 0 without an intercept.
    scale: f64,
    tol: f64,
    max_iter: usize,
    seed: u64,
}

/// w, b and how they were found.
pub(crate) struct Found {
    solver: &'static str,
    w: Vec<f64>,
    b: f64,
    iterations: usize,
    converged: bool,
    objective: f64,
}

fn check_scale(scale: f64, squared: bool, intercept: bool) -> Result<f64> {
    match (intercept, scale.is_infinite() && !squared) {
        (false, _) => Ok(0.0),
        (true, true) => Err(Error::parameter(
            "intercept_scaling",
            scale,
            "finite for a loss that is not squared; `Svc` and `Svr` with a linear kernel do not penalise the intercept",
        )),
        (true, false) => Ok(scale),
    }
}

fn costs<F: Float, Y: estimand_core::Target>(samples: &Samples<'_, F, Y>, c: f64) -> Vec<f64> {
    (0..samples.nrows()).map(|i| c * samples.weights.map_or(1.0, |w| w[i].f64())).collect()
}

/// What solves a task.
#[derive(Clone, Copy)]
enum Solver {
    Newton,
    Dual,
    Coordinates,
}
impl From<bool> for Solver {
    fn from(squared: bool) -> Self {
        if squared { Self::Newton } else { Self::Dual }
    }
}
impl Solver {
    fn solve<F: Float>(self, task: &Task<'_, F>) -> Found {
        match self {
            Self::Newton => primal::solve(task),
            Self::Dual => dual::solve(task),
            Self::Coordinates => l1::solve(task),
        }
    }
}

/// What was found, if it is a number.
fn checked<F: Float>(found: Vec<Found>, x: Records<'_, F>) -> Result<Vec<Found>> {
    let finite = |f: &Found| f.w.iter().chain([&f.b, &f.objective]).all(|v| v.is_finite());
    if found.iter().all(finite) {
        return Ok(found);
    }
    x.check_finite()?;
    Err(Error::numerical("the objective leaves the range of f64; scale the columns first"))
}

fn planes<F: Float>(found: &[Found], x: Records<'_, F>) -> Planes<F> {
    let coef = Array2::from_shape_fn((found.len(), x.ncols()), |(r, j)| found[r].w[j]);
    Planes::new(coef, found.iter().map(|f| f.b).collect(), Features::of(x))
}

fn report(found: &[Found], name: &str) -> Report {
    let solver = found.first().map_or("", |f| f.solver);
    let iterations = found.iter().map(|f| f.iterations).max().unwrap_or(0);
    Report::iterative(solver, iterations, found.iter().all(|f| f.converged))
        .objective(found.iter().map(|f| f.objective).sum())
        .warn_unless_converged(name, "raise `max_iter`, scale the columns, or lower C")
}

impl FitClasses for LinearSvc {
    type Model<F: Float> = LinearSvcModel<F>;

    fn fit_classes<F: Float>(&self, samples: Samples<'_, F, ClassCodes>) -> Result<LinearSvcModel<F>> {
        samples.x.check_finite()?;
        let (x, y, k) = (samples.x, samples.y.y, samples.y.k);
        let squared = self.loss == LinearSvcLoss::SquaredHinge;
        let scale = check_scale(self.intercept_scaling, squared, self.fit_intercept)?;
        let plan = Plan { scale, tol: self.tol, max_iter: self.max_iter, seed: self.seed };
        let cost = &costs(&samples, self.c)[..];
        let against_others = |solver: Solver| {
            par::map(if k == 2 { 1 } else { k }, |c| {
                let own = if k == 2 { 1 } else { c as u32 };
                let y = y.iter().map(|y| if *y == own { 1.0 } else { -1.0 }).collect();
                solver.solve(&Task { x, y, cost, labels: true, epsilon: 0.0, plan })
            })
        };
        let found = match (self.penalty, self.loss) {
            (LinearSvcPenalty::L1, LinearSvcLoss::SquaredHinge) => against_others(Solver::Coordinates),
            (LinearSvcPenalty::L1, _) => {
                let what = "an L1 penalty with a loss other than the squared hinge";
                return Err(Error::unsupported(self.name(), what));
            }
            (LinearSvcPenalty::L2, LinearSvcLoss::CrammerSinger) => {
                crammer_singer::solve(x, y, k, cost, plan)
            }
            (LinearSvcPenalty::L2, _) => against_others(squared.into()),
        };
        let found = checked(found, x)?;
        Ok(LinearSvcModel::new(planes(&found, x), report(&found, "LinearSvc")))
    }

    fn class_weight(&self) -> &ClassWeight {
        &self.class_weight
    }
}

impl<F: Float> Fit<F, Array1<F>> for LinearSvr {
    type Model = LinearSvrModel<F>;

    fn fit_samples(&self, samples: Samples<'_, F, Array1<F>>) -> Result<LinearSvrModel<F>> {
        self.check()?;
        samples.check()?;
        samples.x.check_finite()?;
        check_finite_target(samples.y.insert_axis(Axis(1)))?;
        let squared = self.loss == LinearSvrLoss::SquaredEpsilonInsensitive;
        let scale = check_scale(self.intercept_scaling, squared, self.fit_intercept)?;
        let task = Task {
            x: samples.x,
            y: samples.y.iter().map(|y| y.f64()).collect(),
            cost: &costs(&samples, self.c),
            labels: false,
            epsilon: self.epsilon,
            plan: Plan { scale, tol: self.tol, max_iter: self.max_iter, seed: self.seed },
        };
        let solver = Solver::from(squared);
        let found = checked(vec![solver.solve(&task)], samples.x)?;
        Ok(LinearSvrModel::new(planes(&found, samples.x), report(&found, "LinearSvr")))
    }
}
