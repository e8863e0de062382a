//! A precision for each coefficient: what the data do not speak for goes.

use super::{BayesianModel, Posterior};
use crate::ridge::problem::{Means, Problem, out_of_range};
use crate::ridge::route::drop_constant_columns;
use estimand_core::describe::{above, at_least};
use estimand_core::{Describe, Fit, Float, Report, Result, Samples};
use estimand_linalg::{Cholesky, matmul};
use ndarray::{Array1, Array2, Axis, Zip};

estimand_core::params! {
    /// Automatic relevance determination: Bayesian regression with a precision for each coefficient, which leaves
    /// few of them.
    ///
    /// ```
    /// use estimand_core::Fit;
    /// use estimand_linear::ArdRegression;
    /// use ndarray::{Array1, Array2};
    ///
    /// let x = Array2::from_shape_fn((60, 3), |(i, j)| ((i * (j + 2) * (j + 5)) % 17) as f64);
    /// let y: Array1<f64> = (0..60).map(|i| 2.0 * x[[i, 1]] + ((i * 7) % 5) as f64 / 10.0).collect();
    /// let model = ArdRegression::new().fit((&x, &y))?;
    /// assert!((model.coef()[1] - 2.0).abs() < 0.02 && model.coef()[0].abs() < 0.02);
    /// # Ok::<(), estimand_core::Error>(())
    /// ```
    pub struct ArdRegression {
        /// Most steps.
        max_iter: usize = 300, at_least(1.0);
        /// Steps end when the coefficients change by less than this share of their length.
        tol: f64 = 1e-3, above(0.0);
        /// Shape of the prior of the precision α of the noise.
        alpha_1: f64 = 1e-6, at_least(0.0);
        /// Rate of the prior of α.
        alpha_2: f64 = 1e-6, at_least(0.0);
        /// Shape of the prior of the precisions λⱼ of the coefficients.
        lambda_1: f64 = 1e-6, at_least(0.0);
        /// Rate of the prior of λⱼ.
        lambda_2: f64 = 1e-6, at_least(0.0);
        /// Columns whose λⱼ reaches this are left out for good.
        threshold_lambda: f64 = 1e4, above(0.0);
        /// Whether to fit an intercept, which is not penalised. Without one, data are taken as centred.
        fit_intercept: bool = true;
    }
    accepts: sparse, weights;
}

/// The data as the steps need them: S for n ≥ p, X̃ otherwise.
enum Design {
    Gram(Array2<f64>),
    Rows(Array2<f64>),
}

struct Data {
    design: Design,
    means: Means,
    cross: Array1<f64>,
    target_square: f64,
    weight: f64,
}

impl Data {
    fn new<F: Float>(problem: &Problem<'_, F>) -> Result<Self> {
        if problem.x.nrows() >= problem.x.ncols() {
            let mut moments = problem.moments()?;
            drop_constant_columns(&mut moments);
            return Ok(Self {
                design: Design::Gram(moments.gram),
                means: Means { x: moments.mean, y: moments.target_mean },
                cross: moments.cross.column(0).to_owned(),
                target_square: moments.target_squares[0],
                weight: moments.weight,
            });
        }
        problem.in_f64(|problem| {
            problem.check_finite()?;
            let (means, _) = problem.means()?;
            let x = problem.weigh(problem.centred_rows(0..problem.x.nrows(), &means.x));
            let y = problem.centred_y(&means.y).column(0).to_owned();
            let (cross, target_square) = (x.t().dot(&y), y.dot(&y));
            if !cross.iter().chain([&target_square]).all(|v| v.is_finite()) {
                return Err(out_of_range());
            }
            Ok(Self { design: Design::Rows(x), means, cross, target_square, weight: problem.weight() })
        })
    }

    /// Σ of the columns `kept`, and log det Σ.
    ///
    /// ```text
    /// k ≤ n    Σ = Λ^{-½}(I + αΛ^{-½}SΛ^{-½})⁻¹Λ^{-½}
    /// k > n    Σ = Λ⁻¹ − Λ⁻¹X̃ᵀ(I/α + X̃Λ⁻¹X̃ᵀ)⁻¹X̃Λ⁻¹
    /// ```
    fn covariance(&self, kept: &[usize], alpha: f64, lambda: &Array1<f64>) -> Result<(Array2<f64>, f64)> {
        let root = lambda.select(Axis(0), kept).mapv(|l| l.sqrt().recip());
        let log_lambda = -2.0 * root.mapv(f64::ln).sum();
        let k = kept.len();
        let plus_identity = |mut a: Array2<f64>| {
            a *= alpha;
            a.diag_mut().mapv_inplace(|v| v + 1.0);
            Cholesky::new(a.view())
        };
        let by_columns = |a: Array2<f64>| -> Result<(Array2<f64>, f64)> {
            let factor = plus_identity(a)?;
            Ok((factor.inverse(), factor.log_det()))
        };
        let (inverse, log_det) = match &self.design {
            Design::Gram(gram) => by_columns(Array2::from_shape_fn((k, k), |(i, j)| {
                gram[[kept[i], kept[j]]] * root[i] * root[j]
            })),
            Design::Rows(x) => {
                let mut x = x.select(Axis(1), kept) * &root;
                if k <= x.nrows() {
                    by_columns(matmul(x.t(), x.view()))
                } else {
                    let factor = plus_identity(matmul(x.view(), x.t()))?;
                    factor.half_solve_inplace(x.view_mut());
                    let mut inverse = matmul(x.t(), x.view()) * -alpha;
                    inverse.diag_mut().mapv_inplace(|v| v + 1.0);
                    Ok((inverse, factor.log_det()))
                }
            }
        }?;
        Ok((inverse * &root * root.view().insert_axis(Axis(1)), -log_det - log_lambda))
    }

    /// ‖ỹ − X̃m‖²
    fn residual<F: Float>(&self, problem: &Problem<'_, F>, coef: &Array1<f64>) -> Result<f64> {
        let fitted = match &self.design {
            Design::Gram(gram) => coef.dot(&gram.dot(coef)),
            Design::Rows(x) => {
                let fitted = x.dot(coef);
                fitted.dot(&fitted)
            }
        };
        let squares = self.target_square - 2.0 * coef.dot(&self.cross) + fitted;
        // What is left of a difference of large numbers says nothing: look at the data.
        if squares > 1e-8 * self.target_square {
            return Ok(squares);
        }
        problem.in_f64(|problem| {
            let y = problem.centred_y(&self.means.y);
            let residual = &y.column(0) - &problem.operator(&self.means.x).apply(coef);
            Ok(residual.dot(&residual))
        })
    }
}

impl<F: Float> Fit<F, Array1<F>> for ArdRegression {
    type Model = BayesianModel<F>;

    fn fit_samples(&self, samples: Samples<'_, F, Array1<F>>) -> Result<BayesianModel<F>> {
        self.check()?;
        samples.check()?;
        let problem = Problem::new(&samples, self.fit_intercept);
        let (data, p) = (Data::new(&problem)?, samples.x.ncols());
        let mut alpha = 1.0 / (data.target_square / data.weight + f64::EPSILON);
        let mut lambda = Array1::ones(p);
        let mut kept: Vec<usize> = (0..p).collect();
        let (mut coef, mut scores) = (Array1::zeros(p), Vec::new());
        let (mut steps, mut converged) = (0, false);
        while steps < self.max_iter && !converged && !kept.is_empty() {
            steps += 1;
            let last = std::mem::replace(&mut coef, Array1::zeros(p));
            let (sigma, log_det) = data.covariance(&kept, alpha, &lambda)?;
            let mean = sigma.dot(&data.cross.select(Axis(0), &kept)) * alpha;
            kept.iter().zip(&mean).for_each(|(j, m)| coef[*j] = *m);
            let squares = data.residual(&problem, &coef)?;
            scores.push(self.score(&data, &kept, alpha, &lambda, &mean, squares, log_det));
            let mut gamma = 0.0;
            for (i, (j, m)) in kept.iter().zip(&mean).enumerate() {
                let determined = (1.0 - lambda[*j] * sigma[[i, i]]).max(0.0);
                gamma += determined;
                lambda[*j] = (determined + 2.0 * self.lambda_1) / (m * m + 2.0 * self.lambda_2);
            }
            alpha = (data.weight - gamma + 2.0 * self.alpha_1) / (squares + 2.0 * self.alpha_2);
            kept.retain(|j| lambda[*j] < self.threshold_lambda);
            let mut change = 0.0;
            Zip::from(&coef).and(&last).and(&lambda).for_each(|m, l, lambda| {
                let m = if *lambda < self.threshold_lambda { *m } else { 0.0 };
                change += (m - l) * (m - l);
            });
            (0..p).filter(|j| lambda[*j] >= self.threshold_lambda).for_each(|j| coef[j] = 0.0);
            converged = steps > 1 && change.sqrt() <= self.tol * coef.dot(&coef).sqrt();
        }
        converged |= kept.is_empty();
        let (sigma, _) = if kept.is_empty() {
            (Array2::zeros((0, 0)), 0.0)
        } else {
            data.covariance(&kept, alpha, &lambda)?
        };
        coef.fill(0.0);
        let mean = sigma.dot(&data.cross.select(Axis(0), &kept)) * alpha;
        kept.iter().zip(&mean).for_each(|(j, m)| coef[*j] = *m);
        let report = Report::iterative("evidence, column by column", steps, converged)
            .note(format!("{} of {p} columns left", kept.len()))
            .warn_unless_converged("ArdRegression", "raise `max_iter` or `tol`");
        let objective = -scores.last().copied().unwrap_or(f64::NAN);
        let x_mean = data.means.x.clone();
        let solution = data.means.solution(coef.insert_axis(Axis(1)), objective, report);
        let model = solution.into_model::<F, Array1<F>>(samples.x)?;
        let posterior = Posterior::of_columns(p, &kept, &sigma)?;
        Ok(BayesianModel { model, alpha, lambda, scores: scores.into(), mean: x_mean, posterior })
    }
}

impl ArdRegression {
    /// (1), but for what the columns that are out contribute.
    #[allow(clippy::too_many_arguments, reason = "the symbols of one formula")]
    fn score(
        &self,
        data: &Data,
        kept: &[usize],
        alpha: f64,
        lambda: &Array1<f64>,
        mean: &Array1<f64>,
        squares: f64,
        log_det: f64,
    ) -> f64 {
        let mut score = self.alpha_1 * alpha.ln() - self.alpha_2 * alpha
            + 0.5
                * (data.weight * alpha.ln() - alpha * squares + log_det
                    - data.weight * (2.0 * std::f64::consts::PI).ln());
        for (j, m) in kept.iter().zip(mean) {
            let l = lambda[*j];
            score += self.lambda_1 * l.ln() - self.lambda_2 * l + 0.5 * (l.ln() - l * m * m);
        }
        score
    }
}

impl Posterior {
    /// Σ of some columns as LLᵀ.
    fn of_columns(p: usize, kept: &[usize], sigma: &Array2<f64>) -> Result<Self> {
        let k = kept.len();
        let mut directions = Array2::zeros((p, k));
        if k > 0 {
            let factor = Cholesky::new(sigma.view())?;
            for (i, j) in kept.iter().enumerate() {
                (0..=i).for_each(|c| directions[[*j, c]] = factor.factor()[[i, c]]);
            }
        }
        Ok(Self { rest: Array1::zeros(p), directions, scale: Array1::ones(k) })
    }
}
