use super::*;
use crate::testing::{apart, normal, regression, repeated, weights};
use crate::{Ridge, RidgeSolver};
use estimand_core::{Csr, Error, Fit, Persist};
use ndarray::{array, s};

fn single(n: usize, p: usize, seed: u64) -> (Array2<f64>, Array1<f64>) {
    let (x, y) = regression(n, p, 1, seed);
    (x, y.remove_axis(Axis(1)))
}

fn centred(x: &Array2<f64>) -> Array2<f64> {
    x - &x.mean_axis(Axis(0)).unwrap()
}

/// [Tipping01, eq. 36]: −½ (log |M| + yᵀM⁻¹y + n log 2π) for M = I/α + XΛ⁻¹Xᵀ.
fn evidence(x: &Array2<f64>, y: &Array1<f64>, alpha: f64, lambda: &Array1<f64>) -> f64 {
    let n = y.len();
    let m = (x / lambda).dot(&x.t()) + Array2::from_diag_elem(n, 1.0 / alpha);
    let factor = estimand_linalg::Cholesky::new(m.view()).unwrap();
    let quadratic = y.dot(&factor.solve_vec(y.view()));
    -0.5 * (factor.log_det() + quadratic + n as f64 * (2.0 * std::f64::consts::PI).ln())
}

#[test]
fn scores_are_the_evidence() {
    for (n, p) in [(40, 4), (10, 25), (9, 9)] {
        let (x, y) = single(n, p, 1);
        let raw =
            BayesianRidge::new().fit_intercept(false).alpha_1(0.1).alpha_2(0.2).lambda_1(0.3).lambda_2(0.4);
        let model = raw.fit((&x, &y)).unwrap();
        let prior =
            |alpha: f64, lambda: f64| 0.3 * lambda.ln() - 0.4 * lambda + 0.1 * alpha.ln() - 0.2 * alpha;
        // The default start: y is not centred, as the problem says it is.
        let start = 1.0 / (y.dot(&y) / n as f64);
        let first = evidence(&x, &y, start, &Array1::ones(p)) + prior(start, 1.0);
        assert!((model.scores()[0] / first - 1.0).abs() < 1e-10, "{n}×{p}: {} {first}", model.scores()[0]);
        let (alpha, lambda) = (model.alpha(), model.lambda()[0]);
        let last = evidence(&x, &y, alpha, &Array1::from_elem(p, lambda)) + prior(alpha, lambda);
        assert!((model.scores().last().unwrap() / last - 1.0).abs() < 1e-10);
    }
}

#[test]
fn the_evidence_never_falls_and_ends_where_it_is_level() {
    for (n, p) in [(60, 5), (12, 30), (200, 40)] {
        for seed in 0..10 {
            // From all signal to all noise.
            let (x, signal) = single(n, p, seed);
            let y = &signal * (seed as f64 / 9.0) + normal(n, 1, seed + 50).column(0);
            let model = BayesianRidge::new().tol(1e-10).max_iter(3000).fit((&x, &y)).unwrap();
            let scores = model.scores();
            assert!(scores.iter().zip(scores.iter().skip(1)).all(|(a, b)| b >= a), "{scores}");
            // No neighbour is better than by what is left to gain: the second order of 10⁻³.
            let x = centred(&x);
            let y = &y - y.mean().unwrap();
            let at = |alpha: f64, lambda: f64| {
                evidence(&x, &y, alpha, &Array1::from_elem(p, lambda))
                    + 1e-6 * (alpha.ln() + lambda.ln() - alpha - lambda)
            };
            let (alpha, lambda) = (model.alpha(), model.lambda()[0]);
            let best = at(alpha, lambda);
            for (a, l) in [(1.01, 1.0), (0.99, 1.0), (1.0, 1.01), (1.0, 0.99)] {
                assert!(at(alpha * a, lambda * l) < best + 1e-7, "{n}×{p} {seed} {a} {l} {}", model.report());
            }
        }
    }
}

#[test]
fn the_mean_is_ridge_regression_and_the_covariance_its_inverse() {
    for (n, p) in [(50, 4), (10, 20)] {
        let (x, y) = single(n, p, 2);
        let omega = weights(n);
        let model = BayesianRidge::new().fit((&x, &y, &omega)).unwrap();
        let ratio = model.lambda()[0] / model.alpha();
        let ridge: LinearModel<f64> =
            Ridge::new().alpha(ratio).solver(RidgeSolver::Svd).fit((&x, &y, &omega)).unwrap();
        assert!(apart(ridge.coef(), model.coef()) < 1e-10);
        assert!((ridge.intercept() - model.intercept()).abs() < 1e-10);
        let mean = (&x * &omega.view().insert_axis(Axis(1))).sum_axis(Axis(0)) / omega.sum();
        let d = &x - &mean;
        let precision = (&d * &omega.view().insert_axis(Axis(1))).t().dot(&d) * model.alpha()
            + Array2::from_diag_elem(p, model.lambda()[0]);
        // ε times the condition of the precision, which is that of a nearly noiseless fit where n < p.
        let inverse = estimand_linalg::Cholesky::new(precision.view()).unwrap().inverse();
        let off = apart(&inverse, &model.covariance());
        assert!(off < 1e-7, "{n}×{p} {off:e}");
        let (_, std) = model.predict_with_std(&x).unwrap();
        let expected: Array1<f64> = d
            .rows()
            .into_iter()
            .map(|d| (d.dot(&model.covariance().dot(&d)) + 1.0 / model.alpha()).sqrt())
            .collect();
        assert!(apart(&expected, &std) < 1e-9);
        let (_, sparse) = model.predict_with_std(&Csr::from_dense(x.view())).unwrap();
        assert!(apart(&std, &sparse) < 1e-14);
    }
}

#[test]
fn noise_is_estimated_where_there_is_hardly_any() {
    // Eight digits of signal: the residual of the moments alone would be rounding.
    let x = normal(500, 3, 3);
    let y = x.dot(&array![1.0, -2.0, 3.0]) + &normal(500, 1, 4).column(0) * 1e-8;
    let model = BayesianRidge::new().tol(1e-9).alpha_2(0.0).fit((&x, &y)).unwrap();
    assert!((model.alpha().sqrt().recip() - 1e-8).abs() < 1e-9, "{}", model.alpha());
    let model = ArdRegression::new().tol(1e-9).alpha_2(0.0).fit((&x, &y)).unwrap();
    assert!((model.alpha().sqrt().recip() - 1e-8).abs() < 1e-9, "{}", model.alpha());
}

#[test]
fn weights_are_repetitions() {
    for (n, p) in [(40, 5), (12, 30)] {
        let (x, y) = single(n, p, 5);
        let omega = weights(n);
        let rows = repeated(&omega);
        let (long, y_long) = (x.select(Axis(0), &rows), y.select(Axis(0), &rows));
        // Fixed points reached from the same start by the same steps.
        let a = BayesianRidge::new().fit((&x, &y, &omega)).unwrap();
        let b = BayesianRidge::new().fit((&long, &y_long)).unwrap();
        assert!(apart(a.coef(), b.coef()) < 1e-9 && (a.alpha() / b.alpha() - 1.0).abs() < 1e-9);
        // Each step multiplies what rounding differs where n < p and next to no noise is left: few of them.
        let few = ArdRegression::new().max_iter(3);
        let (a, b) = (few.fit((&x, &y, &omega)).unwrap(), few.fit((&long, &y_long)).unwrap());
        let off = (apart(a.coef(), b.coef()), (a.alpha() / b.alpha() - 1.0).abs());
        assert!(off.0 < 1e-5 && off.1 < 1e-5, "{n}×{p} {off:?}");
    }
}

#[test]
fn relevance_is_determined_column_by_column() {
    for (n, p) in [(100, 6), (30, 50)] {
        let x = normal(n, p, 6);
        let y = &x.column(1) * 3.0 - &x.column(4) * 2.0 + &normal(n, 1, 7).column(0) * 0.1 + 5.0;
        let model = ArdRegression::new().fit((&x, &y)).unwrap();
        // Ten standard errors of 0.1 / √n, and the noise that small λ lets through.
        assert!(
            (model.coef()[1] - 3.0).abs() < 0.15 && (model.coef()[4] + 2.0).abs() < 0.15,
            "{}",
            model.coef()
        );
        let others: f64 = model.coef().iter().map(|w| w.abs()).sum::<f64>() - 5.0;
        assert!(others < 0.4, "{others}");
        assert!(model.coef().iter().any(|w| *w == 0.0));
        // Σ = (diag λ + αS)⁻¹ on the columns that are left.
        let kept: Vec<usize> = (0..p).filter(|j| model.lambda()[*j] < 1e4).collect();
        let d = centred(&x).select(Axis(1), &kept);
        let precision =
            d.t().dot(&d) * model.alpha() + Array2::from_diag(&model.lambda().select(Axis(0), &kept));
        let sigma = model.covariance().select(Axis(0), &kept).select(Axis(1), &kept);
        assert!(apart(&Array2::eye(kept.len()), &precision.dot(&sigma)) < 1e-7);
    }
}

#[test]
fn both_forms_of_the_covariance_agree() {
    // Few steps, before anything is left out: n < p goes by rows first. One more row takes the other form.
    let (x, y) = single(20, 20, 8);
    let settings = ArdRegression::new().max_iter(3).threshold_lambda(1e300).fit_intercept(false);
    let gram = settings.fit((&x, &y)).unwrap();
    let wide = Array2::from_shape_fn((20, 21), |(i, j)| if j < 20 { x[[i, j]] } else { 0.0 });
    let rows = settings.fit((&wide, &y)).unwrap();
    assert!(apart(gram.coef(), &rows.coef().slice(s![..20]).to_owned()) < 1e-8);
    let scores = rows.scores();
    // Tipping's evidence at the start, where λ = 1.
    let alpha = 1.0 / (y.dot(&y) / 20.0);
    let prior = 1e-6 * (alpha.ln() - alpha) - 21e-6;
    assert!((scores[0] / (evidence(&wide, &y, alpha, &Array1::ones(21)) + prior) - 1.0).abs() < 1e-9);
}

#[test]
fn nonsense_is_refused_and_models_survive_saving() {
    let (x, y) = single(20, 3, 9);
    assert!(matches!(BayesianRidge::new().tol(0.0).fit((&x, &y)), Err(Error::Parameter { .. })));
    let mut bad = x.clone();
    bad[[2, 1]] = f64::NAN;
    assert!(matches!(ArdRegression::new().fit((&bad, &y)), Err(Error::NonFinite { row: 2, column: 1, .. })));
    let model = ArdRegression::new().fit((&x, &y)).unwrap();
    assert_eq!(BayesianModel::from_bytes(&model.to_bytes().unwrap()).unwrap(), model);
}
