use super::{GammaRegressor, GlmSolver, InverseGaussianRegressor, Link, PoissonRegressor, TweedieRegressor};
use crate::testing::{apart, normal, repeated, weights};
use approx::assert_relative_eq;
use estimand_core::{Csr, Error, Fit, Predict, PredictOne, Scratch};
use estimand_loss::Tweedie;
use ndarray::{Array1, Array2, Axis, array, concatenate};

const SOLVERS: [GlmSolver; 3] = [GlmSolver::Auto, GlmSolver::NewtonCholesky, GlmSolver::Lbfgs];

/// Positive targets around exp(Xw + 0.3), w small, that some powers take as counts.
fn positive(n: usize, p: usize, seed: u64) -> (Array2<f64>, Array1<f64>) {
    let x = normal(n, p, seed);
    let noise = normal(n, 1, seed + 1);
    let z = x.sum_axis(Axis(1)) * 0.2 + 0.3 + &(noise.column(0).to_owned() * 0.5);
    (x, z.mapv(f64::exp))
}

fn tweedie(power: f64) -> TweedieRegressor {
    TweedieRegressor::new().power(power).link(Link::Log).alpha(0.0).tol(1e-9)
}

/// The largest derivative of (1), relative to the terms that cancel in it.
fn gradient(
    loss: Tweedie,
    alpha: f64,
    data: (&Array2<f64>, &Array1<f64>, &Array1<f64>),
    (w, b): (&Array1<f64>, f64),
) -> f64 {
    let (x, y, omega) = data;
    let mut r = (x.dot(w) + b).to_vec();
    loss.gradient(&mut r, y.as_slice().unwrap(), omega.as_slice());
    let r = Array1::from(r);
    let g = x.t().dot(&r) / omega.sum() + &(w * alpha);
    let scale = r.mapv(f64::abs).sum() / omega.sum();
    g.iter().chain(&[r.sum() / omega.sum()]).fold(0.0_f64, |max, g| max.max(g.abs())) / scale
}

#[test]
fn every_solver_of_every_power_finds_a_stationary_point() {
    let (x, y) = positive(200, 4, 3);
    let omega = weights(200);
    for power in [0.0, 1.0, 1.3, 2.0, 3.0] {
        for link in [Link::Log, Link::Identity] {
            // With the identity link the means of such data cross 0.
            if link == Link::Identity && power > 0.0 {
                continue;
            }
            for alpha in [0.0, 0.1] {
                for solver in SOLVERS {
                    let settings = tweedie(power).link(link).alpha(alpha).solver(solver);
                    let model = settings.fit((&x, &y, &omega)).unwrap();
                    let at = (model.coef(), model.intercept());
                    let left = gradient(Tweedie { power, link }, alpha, (&x, &y, &omega), at);
                    assert!(model.report().converged, "{settings:?}: {}", model.report());
                    assert!(left < 1e-7, "{settings:?}: {left:e}");
                }
            }
        }
    }
}

#[test]
fn groups_get_their_means_whatever_the_power() {
    // One column that says which group: the best means are those of the groups, without a penalty.
    let x = array![[0.0], [0.0], [1.0], [1.0], [1.0]];
    let y = array![1.0, 3.0, 4.0, 5.0, 9.0];
    for power in [0.0, 1.0, 1.7, 2.0, 3.0] {
        for link in [Link::Log, Link::Identity] {
            let model = tweedie(power).link(link).fit((&x, &y)).unwrap();
            let means = model.predict(&array![[0.0], [1.0]]).unwrap();
            assert!(apart(&array![2.0, 6.0], &means) < 1e-7, "power {power}, {link:?}: {means}");
        }
    }
}

#[test]
fn named_regressors_are_tweedie_ones() {
    let (x, y) = positive(80, 3, 5);
    let same = |power: f64, coef: &Array1<f64>| {
        let model = tweedie(power).alpha(1.0).fit((&x, &y)).unwrap();
        assert_eq!(model.coef(), coef);
    };
    same(1.0, PoissonRegressor::new().tol(1e-9).fit((&x, &y)).unwrap().coef());
    same(2.0, GammaRegressor::new().tol(1e-9).fit((&x, &y)).unwrap().coef());
    same(3.0, InverseGaussianRegressor::new().tol(1e-9).fit((&x, &y)).unwrap().coef());
}

#[test]
fn poisson_with_a_penalty_has_the_answer_of_glmnet() {
    // scikit-learn's test_poisson_glmnet: glmnet 2.0-18, lambda 1, alpha 0.
    let x = array![[-2.0, -1.0, 1.0, 2.0], [0.0, 0.0, 1.0, 1.0]].reversed_axes();
    let y = array![0.0, 1.0, 1.0, 2.0];
    let model = PoissonRegressor::new().tol(1e-9).fit((&x, &y)).unwrap();
    assert_relative_eq!(model.intercept(), -0.12889386979, max_relative = 1e-5);
    assert!(apart(&array![0.29019207995, 0.03741173122], model.coef()) < 1e-5);
}

#[test]
fn many_rows_are_started_from_a_sample_and_end_the_same() {
    let (x, y) = positive(60_000, 6, 7);
    let fit = |solver| PoissonRegressor::new().alpha(1e-3).tol(1e-9).solver(solver).fit((&x, &y)).unwrap();
    let (auto, newton) = (fit(GlmSolver::Auto), fit(GlmSolver::NewtonCholesky));
    assert!(auto.report().solver.contains("sample"), "{}", auto.report());
    assert!(apart(newton.coef(), auto.coef()) < 1e-8);
    assert_relative_eq!(
        auto.report().objective.unwrap(),
        newton.report().objective.unwrap(),
        max_relative = 1e-12
    );
}

#[test]
fn the_objective_is_half_the_mean_deviance_and_the_penalty() {
    let (x, y) = positive(50, 2, 9);
    for power in [0.0, 1.0, 1.5, 2.0, 3.0] {
        let model = tweedie(power).alpha(0.3).fit((&x, &y)).unwrap();
        let mean = model.predict(&x).unwrap();
        let loss = Tweedie { power, link: Link::Log };
        let deviance: f64 = y.iter().zip(&mean).map(|(y, m)| loss.deviance(*y, *m)).sum();
        let penalty = 0.15 * model.coef().dot(model.coef());
        assert_relative_eq!(
            model.report().objective.unwrap(),
            deviance / 100.0 + penalty,
            max_relative = 1e-10
        );
    }
}

#[test]
fn weights_are_repetitions_and_sparse_is_dense() {
    let (x, y) = positive(60, 3, 11);
    let x = x.mapv(|v| if v < 0.0 { 0.0 } else { v });
    let omega = weights(60);
    let rows = repeated(&omega);
    for power in [0.0, 1.0, 2.0] {
        let settings = tweedie(power);
        let weighted = settings.fit((&x, &y, &omega)).unwrap();
        let again = settings.fit((&x.select(Axis(0), &rows), &y.select(Axis(0), &rows))).unwrap();
        assert!(apart(weighted.coef(), again.coef()) < 1e-8);
        let sparse = settings.fit((&Csr::from_dense(x.view()), &y, &omega)).unwrap();
        assert!(apart(weighted.coef(), sparse.coef()) < 1e-8);
    }
}

#[test]
fn an_offset_is_a_column_with_coefficient_one() {
    let (x, y) = positive(100, 3, 13);
    let offset = x.column(2).mapv(|v| 0.3 * v - 0.1);
    for settings in [tweedie(1.0), tweedie(2.0), tweedie(0.0).link(Link::Identity)] {
        // Moving all of the offset into its column moves its coefficient and the intercept.
        let plain = settings.fit((&x, &y)).unwrap();
        let moved = settings.fit_with_offset((&x, &y), &offset).unwrap();
        let expected = plain.coef() - &array![0.0, 0.0, 0.3];
        assert!(apart(&expected, moved.coef()) < 1e-7, "{settings:?}");
        assert_relative_eq!(moved.intercept(), plain.intercept() + 0.1, epsilon = 1e-7);
        let means = moved.predict_with_offset(&x, &offset).unwrap();
        assert!(apart(&plain.predict(&x).unwrap(), &means) < 1e-7);
    }
}

#[test]
fn an_exposure_is_a_rate_weighted_by_it() {
    // Amounts y with exposures e are rates y / e with weights ω e^(2 − q): of counts, with e itself.
    let ((x, y), omega) = (positive(100, 3, 15), weights(100));
    let exposure = Array1::from_shape_fn(100, |i| 0.5 + (i % 5) as f64);
    for power in [1.0, 1.5, 2.0, 3.0] {
        let weights = &omega * &exposure.mapv(|e| e.powf(2.0 - power));
        for alpha in [0.0, 0.1] {
            let settings = tweedie(power).alpha(alpha);
            let amounts = settings.fit_with_exposure((&x, &y, &omega), &exposure).unwrap();
            let settings = tweedie(power).alpha(alpha * omega.sum() / weights.sum());
            let rates = settings.fit((&x, &(&y / &exposure), &weights)).unwrap();
            assert!(apart(rates.coef(), amounts.coef()) < 1e-7, "power {power}, α {alpha}");
            let means = amounts.predict_with_exposure(&x, &exposure).unwrap();
            assert!(apart(&(amounts.predict(&x).unwrap() * &exposure), &means) < 1e-14);
        }
    }
}

#[test]
fn a_warm_start_at_the_solution_takes_no_steps() {
    let (x, y) = positive(300, 4, 17);
    let settings = PoissonRegressor::new().alpha(0.1);
    let model = settings.fit((&x, &y)).unwrap();
    let again = settings.clone().tol(1e-3).fit_from(&model, (&x, &y)).unwrap();
    assert_eq!(again.report().iterations, 0);
    assert!(apart(model.coef(), again.coef()) < 1e-12);
    let narrow = settings.fit((&x.slice(ndarray::s![.., ..2]), &y)).unwrap();
    assert!(matches!(settings.fit_from(&narrow, (&x, &y)), Err(Error::Shape { .. })));
}

#[test]
fn scale_of_the_target_and_place_of_the_columns_do_not_matter() {
    let (x, y) = positive(120, 3, 19);
    for power in [1.0, 1.5, 2.0, 3.0] {
        let model = tweedie(power).fit((&x, &y)).unwrap();
        for factor in [1e-6_f64, 1e6] {
            // The derivatives scale by that factor to the power 2 − p, and with them what `tol` means.
            let tol = 1e-9 * f64::max(1.0, factor.powf(2.0 - power));
            let scaled = tweedie(power).tol(tol).fit((&x, &(&y * factor))).unwrap();
            assert!(apart(model.coef(), scaled.coef()) < 1e-5, "power {power}, factor {factor}");
        }
        let far = concatenate![Axis(1), &x * 1e-3 + 1e4, Array2::from_elem((120, 1), 7.0)];
        let moved = tweedie(power).fit((&far, &y)).unwrap();
        // Means of 1e4 against a spread of 1e-3 cost seven digits of the columns, and as many of the gradient.
        let back = moved.coef().slice(ndarray::s![..3]).to_owned() * 1e-3;
        assert!(
            apart(model.coef(), &back) < 1e-5,
            "power {power}: {:e}, {}",
            apart(model.coef(), &back),
            moved.report()
        );
        assert_eq!(moved.coef()[3], 0.0);
        assert!(moved.report().notes.iter().any(|note| note.contains("constant")), "{}", moved.report());
    }
}

#[test]
fn one_row_alone_is_the_row_among_others() {
    let (x, y) = positive(40, 3, 21);
    let model = PoissonRegressor::new().fit((&x, &y)).unwrap();
    let all = model.predict(&x).unwrap();
    for (row, mean) in x.rows().into_iter().zip(&all) {
        assert_eq!(model.predict_one(row.as_slice().unwrap(), &mut Scratch::new()).unwrap(), *mean);
    }
    let z = model.linear_predictor(&x).unwrap();
    assert!(apart(&all, &z.mapv(f64::exp)) < 1e-15);
}

#[test]
fn what_cannot_be_is_refused_with_its_place() {
    let (x, mut y) = positive(20, 2, 23);
    let message = |outcome: Result<crate::GlmModel<f64>, Error>| outcome.unwrap_err().to_string();
    y[7] = -1.0;
    let text = message(PoissonRegressor::new().fit((&x, &y)));
    assert_eq!(text, "target: -1 in row 7; PoissonRegressor takes numbers that are not negative");
    y[7] = 0.0;
    assert!(
        message(GammaRegressor::new().fit((&x, &y)))
            .contains("0 in row 7; GammaRegressor takes numbers above 0")
    );
    assert!(message(PoissonRegressor::new().fit((&x, &(&y * 0.0)))).contains("all values are 0"));
    y[7] = f64::NAN;
    assert!(message(PoissonRegressor::new().fit((&x, &y))).contains("y contains NaN at row 7"));
    y[7] = 1.0;
    assert!(message(TweedieRegressor::new().power(0.5).fit((&x, &y))).contains("power"));
    assert!(TweedieRegressor::new().power(-1.0).fit((&x, &y)).is_err());
    let settings = PoissonRegressor::new();
    assert!(message(settings.fit_with_offset((&x, &y), &Array1::zeros(3))).contains("length of the offset"));
    let mut offset = Array1::zeros(20);
    offset[3] = f64::INFINITY;
    assert!(message(settings.fit_with_offset((&x, &y), &offset)).contains("offset contains inf at row 3"));
    offset[3] = 0.0;
    assert!(message(settings.fit_with_exposure((&x, &y), &offset)).contains("exposure"));
    assert!(
        message(TweedieRegressor::new().fit_with_exposure((&x, &y), &(&offset + 1.0))).contains("offset")
    );
    let bare = TweedieRegressor::new().power(1.0).link(Link::Identity).fit_intercept(false);
    assert!(message(bare.fit((&x, &y))).contains("identity link"));
}

#[test]
fn a_row_without_weight_may_have_a_mean_that_overflows() {
    let (x, y) = positive(30, 2, 31);
    let omega: Array1<f64> = (0..30).map(|i| f64::from(u8::from(i > 2))).collect();
    let mut far = x.clone();
    far.row_mut(1).fill(1e4);
    for settings in [tweedie(1.0), tweedie(2.0), tweedie(3.0)] {
        let settings = settings.alpha(0.0).tol(1e-9);
        let without = settings.fit((&x, &y, &omega)).unwrap();
        let with = settings.fit((&far, &y, &omega)).unwrap();
        assert!(apart(without.coef(), with.coef()) < 1e-6, "{} {}", without.coef(), with.report());
    }
}

#[test]
fn targets_whose_deviance_has_no_number_are_refused() {
    let (x, y) = positive(20, 2, 33);
    for (power, scale) in [(0.0, 1e-165), (3.0, 1e300), (3.0, 1e-300)] {
        let error = tweedie(power).fit((&x, &(&y * scale))).unwrap_err().to_string();
        assert!(error.contains("rescale y"), "{power}: {error}");
    }
    let summary = GammaRegressor::new().alpha(0.0).summarize((&x, &(&y * 1e-200))).unwrap();
    let same = GammaRegressor::new().alpha(0.0).summarize((&x, &y)).unwrap();
    assert_relative_eq!(summary.scale, same.scale, max_relative = 1e-6);
}
