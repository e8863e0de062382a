//! Lasso and elastic net: least squares with an L1 penalty, which leaves most coefficients exactly 0.
//!
//! ```text
//! minimise over w, b     1/(2Σω) Σᵢ ωᵢ (yᵢ − xᵢw − b)² + α ρ ‖w‖₁ + α (1 − ρ)/2 ‖w‖²            (1)
//! minimise over W, b     1/(2Σω) Σᵢ ωᵢ ‖yᵢ − xᵢW − b‖² + α ρ Σⱼ ‖Wⱼ‖₂ + α (1 − ρ)/2 ‖W‖²        (2)
//! ```
//!
//! (1) is [`Lasso`] for ρ = 1 and [`ElasticNet`] otherwise; with several targets, each has its own w. (2) is
//! [`MultiTaskLasso`] and [`MultiTaskElasticNet`]: a column is used by all targets or by none. For one target they are
//! the same.
//!
//! | symbol | variable | shape |
//! |---|---|---|
//! | X, Y, ω | `x`, `y`, `weights` | n × p, n × t, n; without weights ω = 1 |
//! | W, b | `coef`, `intercept` | p × t, t |
//! | α, ρ | `alpha`, `l1_ratio` | |
//! | X̃, Ỹ | | √ω(X − 1x̄), √ω(Y − 1ȳ); x̄ and ȳ are weighted means, 0 without intercept |
//! | R, Z | `state`, `slopes` | n × t, p × t: Ỹ − X̃W, X̃ᵀR − bW |
//! | G, C | `gram`, `cross` | p × p, p × t: X̃ᵀX̃, X̃ᵀỸ |
//! | a, b | `Penalty { l1, l2 }` | α ρ Σω, α (1 − ρ) Σω: (1) and (2) times Σω |
//!
//! 1. Check settings and shapes. NaN is not searched for: it spoils the sums, and only then is its place looked up.
//! 2. Centre: b = ȳ − x̄W leaves ½‖Ỹ − X̃W‖² + a Σⱼ‖Wⱼ‖ + b/2‖W‖² → min (3). Sparse X stays as it is.
//! 3. Coordinate descent, column after column, each step exact (4): `penalty`, `descent`. The step needs the slope X̃ⱼᵀR,
//!    which one of these routes provides:
//!
//!    | route | slopes from | cost | taken for |
//!    |---|---|---|---|
//!    | Gram | Q = C − GW, kept up to date | np²/2 once, p for each coefficient that moves | few columns, or n ≥ p and many α |
//!    | working sets | as above, for the columns of largest ‖Zⱼ‖; X again to check the others | two or three passes over X | the rest |
//!
//!    Working sets with many columns, or with sparse ones whose Gram matrix would be dear, keep R itself.
//! 4. Every fifth sweep the iterates are extrapolated \[Bertrand21\]; columns that are 0 at the minimum are left out as soon
//!    as the duality gap shows it \[Ndiaye17\]:
//!
//!    ```text
//!    gap = ½‖R‖² + a Σ‖Wⱼ‖ + b/2 ‖W‖² + s²/2 (‖R‖² + b‖W‖²) − s⟨R, Ỹ⟩,  s = min(1, a / maxⱼ‖Zⱼ‖)    (5)
//!    Wⱼ = 0 if  1 − ‖Zⱼ‖ / max(a, max‖Z‖)  >  √(2 gap) / a · √(‖X̃ⱼ‖² + b)                           (6)
//!    ```
//! 5. Stop at gap ≤ `tol` · ‖Ỹ‖², once no coefficient has moved by more than `tol` times the largest one. Reported are the
//!    gap and the objective in units of (1).
//!
//! Without an L1 term (α = 0 or ρ = 0) nothing asks for zeros: the problem is solved directly, as least squares or ridge
//! regression, and the report says so; with `positive`, by coordinate descent. Columns are visited in cyclic order; there is
//! no random selection.
//!
//! **Differs from scikit-learn.** A warm start is [`Lasso::fit_from`], not a switch; `lasso_path` fits an intercept; `alpha = 0`
//! gives the least squares solution of least norm instead of a warning; the Gram matrix is formed where that is faster,
//! whatever the caller thinks, so that there is no `precompute`.
//!
//! **References.** \[Friedman10\]; \[Massias18\]; \[Bertrand22\]; \[Bertrand21\]; \[Ndiaye17\]; for (2), \[Simon13\].

mod cv;
mod cv_gram;
mod descent;
mod design;
mod multi_task;
mod path;
mod penalty;
mod quadratic;
mod solve;
#[cfg(test)]
mod tests;
mod working_set;

pub use cv::{ElasticNetCv, ElasticNetCvModel, LassoCv, Ratios};
pub use multi_task::{
    MultiTaskElasticNet, MultiTaskElasticNetCv, MultiTaskElasticNetCvModel, MultiTaskLasso, MultiTaskLassoCv,
};
pub use path::{Alphas, Path, PathOptions, enet_path, lasso_path};

use crate::model::Outputs;
use crate::ridge::problem::Problem;
use estimand_core::describe::{above, at_least, between};
use estimand_core::{Describe, Error, Fit, Float, Result, Samples};
use solve::{Spec, Way, solve};

estimand_core::params! {
    /// Linear least squares with an L1 penalty.
    ///
    /// Coefficients of columns that help little are exactly 0. Put columns to one scale first (`StandardScaler`): the
    /// penalty treats all alike. With several targets, each is fitted by itself; [`MultiTaskLasso`] ties them together.
    ///
    /// ```
    /// use estimand_core::{Fit, Predict};
    /// use estimand_linear::Lasso;
    /// use ndarray::array;
    ///
    /// let x = array![[0.0, 0.0], [1.0, 1.0], [2.0_f64, 2.0]];
    /// let y = array![0.0, 1.0, 2.0];
    /// let model = Lasso::new().alpha(0.1).fit((&x, &y))?;
    /// assert!((model.coef()[0] - 0.85).abs() < 1e-12 && model.coef()[1] == 0.0);
    /// assert!((model.intercept() - 0.15).abs() < 1e-12);
    /// # Ok::<(), estimand_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// Parameters out of range, shapes that disagree, NaN and infinities.
    pub struct Lasso {
        /// Strength α of the penalty; 0 is least squares.
        alpha: f64 = 1.0, at_least(0.0);
        /// Whether to fit an intercept, which is not penalised. Without one, data are taken as centred.
        fit_intercept: bool = true;
        /// Whether coefficients must not be negative.
        positive: bool = false;
        /// Most sweeps over the columns.
        max_iter: usize = 1000, at_least(1.0);
        /// The duality gap to reach, as a share of ‖y − ȳ‖², and the change of a sweep, as a share of the largest coefficient.
        tol: f64 = 1e-4, above(0.0);
    }
    accepts: sparse, weights;
}

estimand_core::params! {
    /// Linear least squares with a mixture of L1 and L2 penalties.
    ///
    /// The L2 part keeps correlated columns together, where [`Lasso`] takes one of them.
    ///
    /// ```
    /// use estimand_core::Fit;
    /// use estimand_linear::ElasticNet;
    /// use ndarray::array;
    ///
    /// let (x, y) = (array![[-1.0], [0.0], [1.0_f64]], array![-1.0, 0.0, 1.0]);
    /// let model = ElasticNet::new().alpha(0.5).l1_ratio(0.3).fit((&x, &y))?;
    /// assert!((model.coef()[0] - 31.0 / 61.0).abs() < 1e-12); // (2/3 − αρ) / (2/3 + α(1 − ρ))
    /// # Ok::<(), estimand_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// Parameters out of range, shapes that disagree, NaN and infinities.
    pub struct ElasticNet {
        /// Strength α of the penalty; 0 is least squares.
        alpha: f64 = 1.0, at_least(0.0);
        /// Share ρ of the L1 penalty: 1 is the lasso, 0 ridge regression with α Σω.
        l1_ratio: f64 = 0.5, between(0.0, 1.0);
        /// Whether to fit an intercept, which is not penalised. Without one, data are taken as centred.
        fit_intercept: bool = true;
        /// Whether coefficients must not be negative.
        positive: bool = false;
        /// Most sweeps over the columns.
        max_iter: usize = 1000, at_least(1.0);
        /// The duality gap to reach, as a share of ‖y − ȳ‖², and the change of a sweep, as a share of the largest coefficient.
        tol: f64 = 1e-4, above(0.0);
    }
    accepts: sparse, weights;
}

/// Settings whose minimum coordinate descent finds.
trait Sparse: Describe + Clone + PartialEq {
    fn spec(&self) -> Spec;
    fn fit_intercept(&self) -> bool;
    fn alpha(&self) -> f64;
    /// The same settings with another α.
    fn with_alpha(&self, alpha: f64) -> Self;
}

/// `Sparse`, `Fit` and `fit_from` of settings; ρ, `positive` and `joint` may name a field.
macro_rules! sparse_regressor {
    ($settings:ident, |$self:ident| ($l1_ratio:expr, $positive:expr, $joint:expr)) => {
        impl $crate::elastic_net::Sparse for $settings {
            fn spec(&$self) -> $crate::elastic_net::solve::Spec {
                $crate::elastic_net::solve::Spec {
                    estimator: stringify!($settings),
                    l1_ratio: $l1_ratio,
                    positive: $positive,
                    joint: $joint,
                    max_iter: $self.max_iter,
                    tol: $self.tol,
                    route: $crate::elastic_net::solve::Route::Auto,
                    screen: true,
                    accelerate: true,
                }
            }
            fn fit_intercept(&self) -> bool {
                self.fit_intercept
            }
            fn alpha(&self) -> f64 {
                self.alpha
            }
            fn with_alpha(&self, alpha: f64) -> Self {
                self.clone().alpha(alpha)
            }
        }

        impl<F: Float, Y: Outputs<F>> Fit<F, Y> for $settings {
            type Model = Y::Model;

            fn fit_samples(&self, samples: Samples<'_, F, Y>) -> Result<Y::Model> {
                self.check()?;
                $crate::elastic_net::fit_alphas(self, &[self.alpha], samples, None).swap_remove(0)
            }

            /// Settings that differ in `alpha` alone share what is learnt of the data. Each starts from 0, so that a
            /// model does not depend on the others.
            fn fit_many<'s>(candidates: &[&Self], samples: Samples<'s, F, Y>) -> Vec<Result<Y::Model>> {
                $crate::elastic_net::fit_many(candidates, samples)
            }

            fn shares_fits() -> bool {
                true
            }
        }

        impl $settings {
            /// Fits as [`Fit::fit`] does, starting from the coefficients of `start`: fewer sweeps where the minimum is near.
            ///
            /// # Errors
            /// As for [`Fit::fit`]; and if `start` has other columns or outputs.
            pub fn fit_from<'a, F: Float, Y: Outputs<F>>(
                &self,
                start: &Y::Model,
                samples: impl Into<Samples<'a, F, Y>>,
            ) -> Result<Y::Model> {
                self.check()?;
                $crate::elastic_net::fit_alphas(self, &[self.alpha], samples.into(), Some(start)).swap_remove(0)
            }
        }
    };
}
use sparse_regressor;

sparse_regressor!(Lasso, |self| (1.0, self.positive, false));
sparse_regressor!(ElasticNet, |self| (self.l1_ratio, self.positive, false));

/// Fits with each of `alphas`, from one look at the data.
fn fit_alphas<F: Float, Y: Outputs<F>, S: Sparse>(
    settings: &S,
    alphas: &[f64],
    samples: Samples<'_, F, Y>,
    start: Option<&Y::Model>,
) -> Vec<Result<Y::Model>> {
    let spec = settings.spec();
    let all = || {
        samples.check()?;
        let problem = Problem::new(&samples, settings.fit_intercept());
        let start = start.map(|model| Y::coef(model).mapv(Float::f64));
        if let Some(start) = &start {
            let wanted = (samples.x.ncols(), problem.y.ncols());
            if start.dim() != wanted {
                let shape = |(p, t): (usize, usize)| format!("{p} × {t}");
                return Err(Error::shape("coefficients to start from", shape(wanted), shape(start.dim())));
            }
        }
        solve(&problem, &Way { spec: &spec, alphas, start: start.as_ref().map(|s| s.view()), warm: false })
    };
    match all() {
        Ok(solved) => {
            solved.into_iter().map(|s| s.into_solution(&spec).into_model::<F, Y>(samples.x)).collect()
        }
        Err(error) => alphas.iter().map(|_| Err(error.clone())).collect(),
    }
}

/// Fits each of `candidates`, those that differ in α alone together.
fn fit_many<F: Float, Y: Outputs<F>, S: Sparse>(
    candidates: &[&S],
    samples: Samples<'_, F, Y>,
) -> Vec<Result<Y::Model>> {
    let mut models: Vec<_> = candidates.iter().map(|settings| settings.check().err().map(Err)).collect();
    while let Some(first) = models.iter().position(Option::is_none) {
        let rest = |settings: &S| settings.with_alpha(0.0);
        let group: Vec<usize> = (first..models.len())
            .filter(|i| models[*i].is_none() && rest(candidates[*i]) == rest(candidates[first]))
            .collect();
        let alphas: Vec<f64> = group.iter().map(|i| candidates[*i].alpha()).collect();
        for (i, model) in group.into_iter().zip(fit_alphas(candidates[first], &alphas, samples, None)) {
            models[i] = Some(model);
        }
    }
    models.into_iter().flatten().collect()
}
