//! One precision for all coefficients.

use super::spectrum::Spectrum;
use super::{BayesianModel, Posterior};
use crate::ridge::problem::{Means, Problem};
use estimand_core::describe::{above, at_least};
use estimand_core::{Describe, Fit, Float, Report, Result, Samples};
use ndarray::{Array1, Axis};

estimand_core::params! {
    /// Ridge regression whose penalty λ/α is found by the evidence, and whose predictions have a standard deviation.
    ///
    /// ```
    /// use estimand_core::Fit;
    /// use estimand_linear::BayesianRidge;
    /// use ndarray::{Array1, Array2, array};
    ///
    /// let x = Array2::from_shape_fn((40, 2), |(i, j)| ((i * (j + 2)) % 7) as f64);
    /// let y: Array1<f64> = (0..40).map(|i| 2.0 * x[[i, 0]] - x[[i, 1]] + ((i * 5) % 3) as f64).collect();
    /// let model = BayesianRidge::new().fit((&x, &y))?;
    /// let (mean, std) = model.predict_with_std(&array![[1.0, 1.0], [100.0, 1.0]])?;
    /// assert!((mean[0] - 2.0).abs() < 0.3 && std[1] > std[0]); // less is known far from the data
    /// # Ok::<(), estimand_core::Error>(())
    /// ```
    pub struct BayesianRidge {
        /// Most steps.
        max_iter: usize = 300, at_least(1.0);
        /// Steps end when the coefficients, and α, change by less than this share of their length.
        tol: f64 = 1e-3, above(0.0);
        /// Shape of the prior of the precision α of the noise.
        alpha_1: f64 = 1e-6, at_least(0.0);
        /// Rate of the prior of α.
        alpha_2: f64 = 1e-6, at_least(0.0);
        /// Shape of the prior of the precision λ of the coefficients.
        lambda_1: f64 = 1e-6, at_least(0.0);
        /// Rate of the prior of λ.
        lambda_2: f64 = 1e-6, at_least(0.0);
        /// α to start from; by default one over the variance of y.
        alpha_init: Option<f64> = None, above(0.0);
        /// λ to start from; by default 1.
        lambda_init: Option<f64> = None, above(0.0);
        /// Whether to fit an intercept, which is not penalised. Without one, data are taken as centred.
        fit_intercept: bool = true;
    }
    accepts: sparse, weights;
}

/// α, λ and what follows from them.
#[derive(Clone, Copy)]
struct State {
    alpha: f64,
    lambda: f64,
    /// ‖m‖²
    coef_squares: f64,
    /// ‖ỹ − X̃m‖²
    residual_squares: f64,
    gamma: f64,
    score: f64,
}

impl BayesianRidge {
    /// The posterior for α and λ. In the basis of V, mₖ = √s²ₖ (Uᵀỹ)ₖ / (s²ₖ + λ/α).
    fn state(&self, spectrum: &Spectrum, p: usize, alpha: f64, lambda: f64) -> State {
        let ratio = lambda / alpha;
        let (mut coef_squares, mut residual_squares, mut gamma) = (0.0, spectrum.rest, 0.0);
        let mut log_det = -((p - spectrum.squares.len()) as f64) * lambda.ln();
        for (square, along) in spectrum.squares.iter().zip(&spectrum.along) {
            let (kept, lost) = (square / (square + ratio), ratio / (square + ratio));
            coef_squares += (kept * along).powi(2) / square;
            residual_squares += (lost * along).powi(2);
            gamma += kept;
            log_det -= (lambda + alpha * square).ln();
        }
        let weight = spectrum.weight;
        let score = self.lambda_1 * lambda.ln() - self.lambda_2 * lambda + self.alpha_1 * alpha.ln()
            - self.alpha_2 * alpha
            + 0.5
                * (p as f64 * lambda.ln() + weight * alpha.ln()
                    - alpha * residual_squares
                    - lambda * coef_squares
                    + log_det
                    - weight * (2.0 * std::f64::consts::PI).ln());
        State { alpha, lambda, coef_squares, residual_squares, gamma, score }
    }

    /// (2)
    fn fixed_point(&self, spectrum: &Spectrum, s: &State) -> (f64, f64) {
        let lambda = (s.gamma + 2.0 * self.lambda_1) / (s.coef_squares + 2.0 * self.lambda_2);
        let alpha =
            (spectrum.weight - s.gamma + 2.0 * self.alpha_1) / (s.residual_squares + 2.0 * self.alpha_2);
        (alpha, lambda)
    }

    /// The same with the expectations of ‖w‖² and ‖ỹ − X̃w‖² in place of those at the mean, and all of p and W.
    fn expectation(&self, spectrum: &Spectrum, p: usize, s: &State) -> (f64, f64) {
        let spread = (p as f64 - s.gamma) / s.lambda;
        let noise = s.gamma / s.alpha;
        let lambda = (p as f64 + 2.0 * self.lambda_1) / (s.coef_squares + spread + 2.0 * self.lambda_2);
        let alpha =
            (spectrum.weight + 2.0 * self.alpha_1) / (s.residual_squares + noise + 2.0 * self.alpha_2);
        (alpha, lambda)
    }
}

impl<F: Float> Fit<F, Array1<F>> for BayesianRidge {
    type Model = BayesianModel<F>;

    fn fit_samples(&self, samples: Samples<'_, F, Array1<F>>) -> Result<BayesianModel<F>> {
        self.check()?;
        samples.check()?;
        let spectrum = Spectrum::new(&Problem::new(&samples, self.fit_intercept))?;
        let p = samples.x.ncols();
        let start = self.alpha_init.unwrap_or(1.0 / (spectrum.target_variance + f64::EPSILON));
        let mut state = self.state(&spectrum, p, start, self.lambda_init.unwrap_or(1.0));
        let mut scores = vec![state.score];
        let coef_along = |s: &State| {
            let ratio = s.lambda / s.alpha;
            spectrum.along.iter().zip(&spectrum.squares).map(move |(a, sq)| sq.sqrt() * a / (sq + ratio))
        };
        let (mut steps, mut converged) = (0, false);
        while steps < self.max_iter && !converged {
            steps += 1;
            let last = state;
            let (alpha, lambda) = self.fixed_point(&spectrum, &last);
            state = self.state(&spectrum, p, alpha, lambda);
            if state.score < last.score || state.score.is_nan() {
                let (alpha, lambda) = self.expectation(&spectrum, p, &last);
                let other = self.state(&spectrum, p, alpha, lambda);
                // At the maximum itself rounding decides: stay.
                state = if other.score > last.score { other } else { last };
            }
            scores.push(state.score);
            let change: f64 = coef_along(&state).zip(coef_along(&last)).map(|(a, b)| (a - b).powi(2)).sum();
            converged = change.sqrt() <= self.tol * state.coef_squares.sqrt()
                && (state.alpha - last.alpha).abs() <= self.tol * state.alpha;
        }
        let along: Array1<f64> = coef_along(&state).collect();
        let coef = spectrum.directions.dot(&along).insert_axis(Axis(1));
        let report = Report::iterative("evidence in one basis", steps, converged)
            .note(format!("{:.2} of {p} coefficients determined by the data", state.gamma))
            .warn_unless_converged("BayesianRidge", "raise `max_iter` or `tol`");
        let objective = -state.score;
        let means = Means { x: spectrum.mean.clone(), y: Array1::from_elem(1, spectrum.target_mean) };
        let model = means.solution(coef, objective, report).into_model::<F, Array1<F>>(samples.x)?;
        let all = spectrum.squares.len() == p;
        let rest = if all { 0.0 } else { 1.0 / state.lambda };
        let scale = spectrum.squares.mapv(|square| 1.0 / (state.lambda + state.alpha * square) - rest);
        Ok(BayesianModel {
            model,
            alpha: state.alpha,
            lambda: Array1::from_elem(1, state.lambda),
            scores: scores.into(),
            mean: spectrum.mean,
            posterior: Posterior { rest: Array1::from_elem(p, rest), directions: spectrum.directions, scale },
        })
    }
}
