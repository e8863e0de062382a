use crate::without_intercept;
use estimand_core::serde::{Deserialize, Serialize};
use estimand_core::{Describe, Fit, Float, Predict, Records, Result, Samples};
use estimand_linear::{
    GammaRegressor, GlmModel, GlmSolver, InverseGaussianRegressor, PoissonRegressor, TweedieRegressor,
};
use estimand_testkit::regressor;
use ndarray::Array1;

/// The settings of a regressor of positive numbers, asked to learn exp(y/10) for any y: the suite's targets may be
/// negative.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(crate = "estimand_core::serde", transparent)]
struct OfExponentials<E>(E);

struct LogarithmOf<F>(GlmModel<F>);

estimand_core::described_by!([E: Describe] OfExponentials<E>, 0);

impl<F: Float, E: Fit<F, Array1<F>, Model = GlmModel<F>>> Fit<F, Array1<F>> for OfExponentials<E> {
    type Model = LogarithmOf<F>;

    fn fit_samples(&self, samples: Samples<'_, F, Array1<F>>) -> Result<LogarithmOf<F>> {
        let y = samples.y.mapv(|y| (y / F::of(10.0)).exp());
        self.0.fit_samples(Samples { y: y.view(), ..samples }).map(LogarithmOf)
    }
}

impl<F: Float> Predict<F> for LogarithmOf<F> {
    type Output = Array1<F>;

    fn predict_records(&self, x: Records<'_, F>) -> Result<Array1<F>> {
        Ok(self.0.predict_records(x)?.mapv(|mean| mean.ln() * F::of(10.0)))
    }
}

const RANGE: &str =
    "targets from 1e6 to 1e8 are beyond the exponentials that the suite's targets are made into";

#[test]
fn tweedie_with_power_0() {
    let settings = TweedieRegressor::new().alpha(1e-4).tol(1e-9);
    regressor(settings.clone()).saved().one_row().only_ratios_of_weights_matter().run();
    for solver in [GlmSolver::NewtonCholesky, GlmSolver::Lbfgs] {
        regressor(settings.clone().solver(solver)).saved().one_row().run();
    }
    without_intercept(regressor(settings.fit_intercept(false))).run();
}

macro_rules! of_exponentials {
    ($settings:expr) => {
        for solver in [GlmSolver::Auto, GlmSolver::NewtonCholesky] {
            regressor(OfExponentials($settings.alpha(1e-4).tol(1e-9).solver(solver)))
                .only_ratios_of_weights_matter()
                .except("a_constant_target_is_predicted", RANGE)
                .except("a_linear_signal_is_found_far_from_zero", RANGE)
                .except("columns_far_from_zero_are_learnt", RANGE)
                .run();
        }
    };
}

#[test]
fn poisson() {
    of_exponentials!(PoissonRegressor::new());
}

#[test]
fn gamma() {
    of_exponentials!(GammaRegressor::new());
}

#[test]
fn inverse_gaussian() {
    of_exponentials!(InverseGaussianRegressor::new());
}

#[test]
fn compound_poisson() {
    of_exponentials!(TweedieRegressor::new().power(1.5));
}
