use super::*;
use crate::testing::{apart, gradient, normal, regression, repeated, weights};
use crate::{LinearModel, MultiLinearModel};
use estimand_core::{Csr, Error, Persist, Predict, PredictOne, Records, Scratch};
use estimand_par as par;
use ndarray::{Array1, Array2, Axis, ShapeBuilder, array, concatenate, s};
use proptest::prelude::*;

const DENSE: [RidgeSolver; 5] = [
    RidgeSolver::Auto,
    RidgeSolver::Cholesky,
    RidgeSolver::Svd,
    RidgeSolver::Dual,
    RidgeSolver::ConjugateGradient,
];

fn single(n: usize, p: usize, seed: u64) -> (Array2<f64>, Array1<f64>) {
    let (x, y) = regression(n, p, 1, seed);
    (x, y.remove_axis(Axis(1)))
}

fn fit(ridge: Ridge, x: &Array2<f64>, y: &Array1<f64>) -> LinearModel<f64> {
    ridge.fit((x, y)).unwrap()
}

/// Everything a model says, in one vector.
fn answer(model: &LinearModel<f64>) -> Vec<f64> {
    model.coef().iter().copied().chain([model.intercept()]).collect()
}

#[test]
fn one_column_by_hand() {
    // x̃ = (−1, 0, 1), ỹ = (−2, 0, 2): w = 4 / (2 + α), b = 3 − w.
    let (x, y) = (array![[0.0], [1.0], [2.0]], array![1.0, 3.0, 5.0]);
    for solver in DENSE {
        let model = fit(Ridge::new().alpha(2.0).solver(solver), &x, &y);
        assert!(apart(&[1.0, 2.0], &answer(&model)) < 1e-14, "{solver:?}: {model:?}");
        // Σ(ỹ − x̃)² + 2·1² = 1 + 0 + 1 + 2
        assert!((model.report().objective.unwrap() - 4.0).abs() < 1e-13, "{solver:?}: {}", model.report());
    }
    // Without intercept Σxy / (Σx² + α) = 13 / (5 + 2).
    let model = fit(Ridge::new().alpha(2.0).fit_intercept(false), &x, &y);
    assert!(apart(&[13.0 / 7.0, 0.0], &answer(&model)) < 1e-15, "{model:?}");
}

#[test]
fn every_solver_finds_the_zero_of_the_gradient() {
    for (n, p) in [(60, 5), (20, 20), (15, 40), (1, 3), (7, 1)] {
        for (alpha, intercept) in [(1e-3, true), (1.0, true), (100.0, false)] {
            let (x, y) = single(n, p, 1);
            let omega = if n > 1 { weights(n) } else { array![2.0] };
            let auto = Ridge::new().alpha(alpha).fit_intercept(intercept);
            let expected = auto.fit((&x, &y, &omega)).unwrap();
            for solver in DENSE {
                let model = auto.clone().solver(solver).tol(1e-12).fit((&x, &y, &omega)).unwrap();
                let residual = gradient(&x, &y, Some(&omega), model.coef(), model.intercept(), alpha);
                // ε times the condition of the n × n system, which for n > p is that of X̃X̃ᵀ over α.
                let tolerance = if solver == RidgeSolver::Dual { 1e-9 } else { 1e-11 };
                assert!(residual < tolerance, "{solver:?} {n}×{p} α={alpha}: {residual:e}");
                // The condition of S + αI is below 10⁵.
                assert!(apart(&answer(&expected), &answer(&model)) < 1e-7, "{solver:?} {n}×{p} α={alpha}");
                assert!(model.report().converged);
            }
        }
    }
}

#[test]
fn limits_of_alpha() {
    let (x, y) = single(50, 4, 2);
    let least_squares = fit(Ridge::new().alpha(0.0), &x, &y);
    assert!(gradient(&x, &y, None, least_squares.coef(), least_squares.intercept(), 0.0) < 1e-13);
    // w(α) − w(0) is of order α/n.
    assert!(apart(&answer(&least_squares), &answer(&fit(Ridge::new().alpha(1e-9), &x, &y))) < 1e-9);
    for alpha in [1e20, 1e300] {
        let mean = fit(Ridge::new().alpha(alpha), &x, &y);
        assert!(mean.coef().iter().all(|w| w.abs() < 1e-17), "{mean:?}");
        assert!((mean.intercept() - y.mean().unwrap()).abs() < 1e-14);
    }
    // With more columns than rows the limit is the interpolation of least norm.
    let (x, y) = single(10, 30, 3);
    let interpolation = fit(Ridge::new().alpha(0.0), &x, &y);
    assert!(apart(&y, &interpolation.predict(&x).unwrap()) < 1e-13);
    assert!(apart(interpolation.coef(), fit(Ridge::new().alpha(1e-8), &x, &y).coef()) < 1e-8);
}

#[test]
fn weights_are_repetitions() {
    for (n, p) in [(40, 5), (12, 30)] {
        let (x, y) = single(n, p, 4);
        let omega = weights(n);
        let rows = repeated(&omega);
        let (x_long, y_long) = (x.select(Axis(0), &rows), y.select(Axis(0), &rows));
        for solver in DENSE {
            let ridge = Ridge::new().solver(solver).tol(1e-12);
            let weighted = ridge.fit((&x, &y, &omega)).unwrap();
            assert!(apart(&answer(&weighted), &answer(&fit(ridge, &x_long, &y_long))) < 1e-9, "{solver:?}");
        }
        let weighted = Ridge::new().fit((&Csr::from_dense(x.view()), &y, &omega)).unwrap();
        assert!(apart(&answer(&weighted), &answer(&fit(Ridge::new(), &x_long, &y_long))) < 1e-9, "sparse");
    }
}

#[test]
fn targets_are_fitted_column_by_column() {
    for (n, p) in [(40, 5), (10, 25)] {
        let (x, y) = regression(n, p, 3, 5);
        for solver in DENSE {
            let ridge = Ridge::new().solver(solver);
            let together: MultiLinearModel<f64> = ridge.fit((&x, &y)).unwrap();
            let predicted = together.predict(&x).unwrap();
            for k in 0..3 {
                let alone = fit(ridge.clone(), &x, &y.column(k).to_owned());
                assert!(apart(alone.coef(), together.coef().row(k)) < 1e-12, "{solver:?}");
                assert!((alone.intercept() - together.intercept()[k]).abs() < 1e-12);
                assert!(apart(&alone.predict(&x).unwrap(), predicted.column(k)) < 1e-12);
            }
        }
    }
}

#[test]
fn far_from_the_origin_and_in_any_unit() {
    let (x, y) = single(200, 4, 6);
    let near = fit(Ridge::new(), &x, &y);
    // A mean of 10⁶ costs six digits of each value before the fit begins.
    let far = fit(Ridge::new(), &(&x + 1e6), &y);
    assert!(apart(near.coef(), far.coef()) < 1e-9);
    // Without an intercept the shifted columns are nearly one and the same: κ = 10⁶.
    let raw = fit(Ridge::new().fit_intercept(false), &(&x + 1e6), &y);
    assert!(gradient(&(&x + 1e6), &y, None, raw.coef(), 0.0, 1.0) < 1e-9, "{raw:?}");
    for unit in [1e-150, 1e-6, 1e6, 1e150] {
        let scaled = fit(Ridge::new().alpha(unit * unit), &(&x * unit), &y);
        assert!(apart(near.coef(), &(scaled.coef() * unit)) < 1e-12, "{unit:e}");
        let target = fit(Ridge::new(), &x, &(&y * unit));
        assert!(apart(near.coef(), &(target.coef() / unit)) < 1e-12, "{unit:e}");
    }
    // Columns of different units, and one too many: rank does not depend on units.
    let units = array![1e-3, 1.0, 1e2, 1e3];
    let mixed = concatenate![Axis(1), &x * &units, (&x.column(1) * 2.0).insert_axis(Axis(1))];
    let model = fit(Ridge::new().alpha(0.0), &mixed, &y);
    let plain = fit(Ridge::new().alpha(0.0), &x, &y);
    assert!(apart(&plain.predict(&x).unwrap(), &model.predict(&mixed).unwrap()) < 1e-10);
    // Of w₁x + w₂·2x with w₁ + 2w₂ = c the shortest has w = c/5 · (1, 2). Rounding, 2·10⁻¹⁶, grows by the ratio of the
    // units, 10⁶, and by that of the coefficients, 5·10³.
    assert!((model.coef()[4] / model.coef()[1] - 2.0).abs() < 1e-6, "{model:?}");
    assert!(model.report().notes.iter().any(|note| note.contains("rank 4 of 5")), "{}", model.report());
}

#[test]
fn ill_conditioned_columns_are_refined() {
    // Columns that differ by 1e-5: κ² = 10¹⁰ of the scaled columns, so that normal equations alone keep six digits.
    let (x, _) = single(300, 3, 7);
    let x = concatenate![
        Axis(1),
        x,
        (&x.column(0) + &(normal(300, 1, 8).column(0).to_owned() * 1e-5)).insert_axis(Axis(1))
    ];
    let w = array![1.0, -2.0, 3.0, 4.0];
    let y = x.dot(&w);
    let model = fit(Ridge::new().alpha(0.0), &x, &y);
    assert!(model.report().solver.contains("refined"), "{}", model.report());
    // Rounding of y moves the solution by ε·κ = 10⁻¹¹.
    assert!(apart(&w, model.coef()) < 1e-9, "{model:?}");
    let alone = fit(Ridge::new().alpha(0.0).solver(RidgeSolver::Svd), &x, &y);
    assert!(apart(&w, alone.coef()) < 1e-9, "{alone:?}");
}

#[test]
fn collinear_columns_share_their_weight() {
    let (x, y) = single(50, 2, 9);
    let twice = concatenate![Axis(1), x, x];
    for (alpha, solvers) in [
        (0.0, vec![RidgeSolver::Auto, RidgeSolver::Svd]),
        (1e-20, vec![RidgeSolver::Auto]),
        (1.0, DENSE.to_vec()),
    ] {
        for solver in solvers {
            let model = fit(Ridge::new().alpha(alpha).solver(solver), &twice, &y);
            let half = fit(Ridge::new().alpha(alpha / 2.0), &x, &y).coef() / 2.0;
            let expected = concatenate![Axis(0), half, half];
            assert!(apart(&expected, model.coef()) < 1e-7, "{solver:?} α={alpha}: {model:?}");
        }
    }
    let error = Ridge::new().alpha(0.0).solver(RidgeSolver::Cholesky).fit((&twice, &y)).unwrap_err();
    assert!(matches!(&error, Error::Numerical { what } if what.contains("collinear")), "{error}");
    // Sparse records have no singular values, and find the same by conjugate gradients.
    let sparse = Ridge::new().alpha(0.0).fit((&Csr::from_dense(twice.view()), &y)).unwrap();
    let dense = fit(Ridge::new().alpha(0.0), &twice, &y);
    assert!(apart(dense.coef(), sparse.coef()) < 1e-7, "{sparse:?}");
}

#[test]
fn sparse_collinear_columns_share_their_weight_as_dense_ones_do() {
    let x = array![[1.0, 10.0], [2.0, 20.0], [0.0, 0.0], [4.0, 40.0]];
    let y = x.column(0).to_owned();
    let csr = Csr::from_dense(x.view());
    // Least norm: w ∝ (1, 10) with w₁ + 10 w₂ = 1.
    for model in [fit(Ridge::new().alpha(0.0), &x, &y), Ridge::new().alpha(0.0).fit((&csr, &y)).unwrap()] {
        assert!(apart(&[1.0 / 101.0, 10.0 / 101.0, 0.0], &answer(&model)) < 1e-10, "{model:?}");
    }
}

#[test]
fn constant_columns_get_no_weight() {
    let (x, y) = single(40, 2, 10);
    for value in [0.0, 0.1, -1e8, 1e-300] {
        let with = concatenate![Axis(1), Array2::from_elem((40, 1), value), x];
        for (solver, alpha) in DENSE.iter().flat_map(|s| [(*s, 0.0), (*s, 1.0)]) {
            if solver == RidgeSolver::Dual && alpha == 0.0 {
                continue;
            }
            let model = fit(Ridge::new().alpha(alpha).solver(solver), &with, &y);
            assert_eq!(model.coef()[0], 0.0, "{solver:?} {value}");
            let without = fit(Ridge::new().alpha(alpha).solver(solver), &x, &y);
            assert!(apart(without.coef(), model.coef().slice(s![1..])) < 1e-7, "{solver:?} {value}");
        }
    }
    // One row: nothing varies, the intercept is all there is.
    let model = Ridge::new().alpha(0.0).fit((&array![[1.0, 2.0]], &array![5.0])).unwrap();
    assert_eq!(answer(&model), [0.0, 0.0, 5.0]);
}

#[test]
fn layouts_storages_and_types_agree() {
    let (x, y) = single(64, 6, 11);
    let expected = fit(Ridge::new(), &x, &y);
    let mut column_major = Array2::zeros((64, 6).f());
    column_major.assign(&x);
    let reversed = x.slice(s![..;-1, ..]).to_owned();
    let mut strided = Array2::zeros((128, 12));
    strided.slice_mut(s![..;2, ..;2]).assign(&x);
    let views = [column_major.view(), reversed.slice(s![..;-1, ..]), strided.slice(s![..;2, ..;2])];
    for view in views {
        let model = Ridge::new().fit((view, &y)).unwrap();
        assert!(apart(&answer(&expected), &answer(&model)) < 1e-13);
        assert!(apart(&expected.predict(&x).unwrap(), &expected.predict(view).unwrap()) < 1e-14);
    }
    let sparse = Csr::from_dense(x.view());
    for solver in [RidgeSolver::Auto, RidgeSolver::Cholesky, RidgeSolver::ConjugateGradient] {
        let model = Ridge::new().solver(solver).tol(1e-12).fit((&sparse, &y)).unwrap();
        assert!(apart(&answer(&expected), &answer(&model)) < 1e-10, "{solver:?}");
    }
    assert!(apart(&expected.predict(&x).unwrap(), &expected.predict(&sparse).unwrap()) < 1e-14);
    // Sums are in f64: what is lost is the rounding of data and coefficients, 6e-8 each.
    let (x32, y32) = (x.mapv(|v| v as f32), y.mapv(|v| v as f32));
    for solver in DENSE {
        let model = Ridge::new().solver(solver).fit((&x32, &y32)).unwrap();
        let wide: Vec<f64> = model.coef().iter().chain([&model.intercept()]).map(|v| f64::from(*v)).collect();
        assert!(apart(&answer(&expected), &wide) < 1e-6, "{solver:?}");
    }
}

#[test]
fn one_row_and_many_predict_alike() {
    let (x, y) = single(100, 7, 12);
    let model = fit(Ridge::new(), &x, &y);
    let together = model.predict(&x).unwrap();
    let mut scratch = Scratch::new();
    for (row, expected) in x.rows().into_iter().zip(&together) {
        let alone = model.predict_one(row.as_slice().unwrap(), &mut scratch).unwrap();
        assert_eq!(alone.to_bits(), expected.to_bits());
    }
    let model = Ridge::new().fit((&x, &regression(100, 7, 2, 12).1)).unwrap();
    for (row, expected) in x.rows().into_iter().zip(model.predict(&x).unwrap().rows()) {
        assert!(apart(expected, &model.predict_one(row.as_slice().unwrap(), &mut scratch).unwrap()) < 1e-14);
    }
}

#[test]
fn the_same_bits_on_any_number_of_threads() {
    for (n, p) in [(20_000, 12), (300, 500)] {
        let (x, y) = single(n, p, 13);
        for solver in [RidgeSolver::Auto, RidgeSolver::Svd, RidgeSolver::ConjugateGradient] {
            let bits = || {
                let model = fit(Ridge::new().solver(solver), &x, &y);
                (answer(&model), model.predict(&x).unwrap())
            };
            let once = par::with_threads(1, bits).unwrap();
            for threads in [2, 7] {
                assert_eq!(par::with_threads(threads, bits).unwrap(), once, "{solver:?}");
            }
        }
    }
}

#[test]
fn many_alphas_are_the_same_as_each() {
    for (n, p) in [(50, 4), (10, 20)] {
        let (x, y) = single(n, p, 14);
        let mut candidates = Vec::new();
        for alpha in [0.0, 0.1, 10.0] {
            candidates.extend([Ridge::new().alpha(alpha), Ridge::new().alpha(alpha).fit_intercept(false)]);
        }
        candidates.push(Ridge::new().alpha(-1.0));
        let together = Ridge::fit_many(&candidates.iter().collect::<Vec<_>>(), (&x, &y).into());
        for (ridge, model) in candidates.iter().zip(together) {
            assert_eq!(ridge.fit((&x, &y)), model);
        }
    }
    let bad = Ridge::fit_many(
        &[&Ridge::new(), &Ridge::new().alpha(2.0)],
        (&array![[f64::NAN]], &array![1.0]).into(),
    );
    assert!(bad.iter().all(|model| matches!(model, Err(Error::NonFinite { row: 0, column: 0, .. }))));
}

#[test]
fn bad_input_is_refused_by_name_and_place() {
    let (x, y) = single(20, 3, 15);
    let with = |row: usize, column: usize, value: f64| {
        let mut x = x.clone();
        x[[row, column]] = value;
        x
    };
    let mut bad_y = y.clone();
    bad_y[7] = f64::NEG_INFINITY;
    for solver in DENSE {
        let ridge = Ridge::new().solver(solver);
        for value in [f64::NAN, f64::INFINITY] {
            let error = ridge.fit((&with(5, 2, value), &y)).unwrap_err();
            assert!(
                matches!(&error, Error::NonFinite { what, row: 5, column: 2, .. } if what == "x"),
                "{solver:?}: {error}"
            );
        }
        let error = ridge.fit((&x, &bad_y)).unwrap_err();
        assert!(
            matches!(&error, Error::NonFinite { what, row: 7, column: 0, .. } if what == "y"),
            "{solver:?}: {error}"
        );
    }
    let sparse = Csr::from_dense(with(5, 2, f64::NAN).view());
    assert!(matches!(Ridge::new().fit((&sparse, &y)), Err(Error::NonFinite { row: 5, column: 2, .. })));
    for solver in [RidgeSolver::Svd, RidgeSolver::Dual] {
        assert!(matches!(
            Ridge::new().solver(solver).fit((&Csr::from_dense(x.view()), &y)),
            Err(Error::Unsupported { .. })
        ));
    }
    let refused = |ridge: Ridge, name: &str| {
        let error = ridge.fit((&x, &y)).unwrap_err();
        assert!(matches!(&error, Error::Parameter { name: found, .. } if found == name), "{error}");
    };
    refused(Ridge::new().alpha(-1.0), "alpha");
    refused(Ridge::new().alpha(f64::NAN), "alpha");
    refused(Ridge::new().alpha(f64::INFINITY), "alpha");
    refused(Ridge::new().max_iter(0), "max_iter");
    refused(Ridge::new().tol(0.0), "tol");
    assert!(matches!(Ridge::new().fit((&x, &array![1.0])), Err(Error::Shape { .. })));
    assert!(matches!(
        Ridge::new().fit((&Array2::<f64>::zeros((0, 3)), &Array1::zeros(0))),
        Err(Error::EmptyInput { .. })
    ));
    assert!(matches!(
        Ridge::new().fit((&Array2::zeros((3, 0)), &array![0.0, 0.0, 0.0])),
        Err(Error::EmptyInput { .. })
    ));
    for omega in
        [array![1.0, 2.0], Array1::zeros(20), Array1::from_elem(20, -1.0), Array1::from_elem(20, f64::NAN)]
    {
        assert!(matches!(
            Ridge::new().fit((&x, &y, &omega)),
            Err(Error::Weights { .. } | Error::Shape { .. })
        ));
    }
}

#[test]
fn magnitudes_beyond_range_are_refused_not_misread() {
    let (x, y) = single(20, 3, 16);
    for unit in [1e-300, 1e300] {
        for (column, solver) in
            (0..3).flat_map(|j| [RidgeSolver::Auto, RidgeSolver::ConjugateGradient].map(|s| (j, s)))
        {
            let mut scaled = x.clone();
            scaled.column_mut(column).mapv_inplace(|v| v * unit);
            let outcome = Ridge::new().alpha(0.0).solver(solver).fit((&scaled, &y));
            assert!(matches!(outcome, Err(Error::Numerical { .. })), "{solver:?} {unit:e}: {outcome:?}");
        }
        // Wide data are not squared.
        let (x, y) = single(5, 9, 17);
        let model = Ridge::new().alpha(0.0).fit((&(&x * 1e200), &y)).unwrap();
        assert!(apart(&y, &model.predict(&(&x * 1e200)).unwrap()) < 1e-12);
        let outcome = Ridge::new().fit((&(&x * unit), &(&y * unit)));
        assert!(
            matches!(&outcome, Ok(model) if model.coef().iter().all(|w| w.is_finite()))
                || matches!(outcome, Err(Error::Numerical { .. }))
        );
    }
    let overflow = Ridge::new().alpha(0.0).fit((&array![[1e-30_f32], [2e-30]], &array![1e10_f32, 2e10]));
    assert!(matches!(overflow, Err(Error::Numerical { .. })), "{overflow:?}");
}

#[test]
fn bad_rows_are_found_when_predicting() {
    let (x, y) = single(20, 3, 18);
    let model = fit(Ridge::new(), &x, &y);
    let mut bad = x.clone();
    bad[[4, 1]] = f64::NAN;
    assert!(matches!(model.predict(&bad), Err(Error::NonFinite { row: 4, column: 1, .. })));
    assert!(matches!(
        model.predict(&Csr::from_dense(bad.view())),
        Err(Error::NonFinite { row: 4, column: 1, .. })
    ));
    assert!(matches!(
        model.predict_one(&[0.0, f64::INFINITY, 0.0], &mut Scratch::new()),
        Err(Error::NonFinite { column: 1, .. })
    ));
    assert!(matches!(model.predict(&array![[1e308, 1e308, 1e308]]), Err(Error::Numerical { .. })));
    assert!(matches!(model.predict(&array![[1.0]]), Err(Error::Shape { .. })));
    assert!(matches!(model.predict_one(&[1.0], &mut Scratch::new()), Err(Error::Shape { .. })));
    assert!(matches!(model.predict(&Array2::zeros((0, 3))), Err(Error::EmptyInput { .. })));
    let names = |names: [&str; 3]| names.map(String::from).to_vec();
    let (fitted, other) = (names(["a", "b", "c"]), names(["a", "c", "b"]));
    let named = Ridge::new()
        .fit_samples(Samples::<_, Array1<f64>>::new(Records::from(&x).with_names(&fitted), y.view()))
        .unwrap();
    assert!(matches!(
        named.predict_records(Records::from(&x).with_names(&other)),
        Err(Error::FeatureNames { .. })
    ));
}

#[test]
fn slow_descent_is_reported() {
    let (x, y) = single(60, 8, 19);
    let model = fit(Ridge::new().solver(RidgeSolver::ConjugateGradient).max_iter(1), &x, &y);
    assert_eq!((model.report().converged, model.report().iterations), (false, 1));
}

#[test]
fn descent_ends_where_rounding_keeps_the_gradient_from_falling() {
    let (mut x, y) = single(200, 8, 21);
    for (offset, alpha, tol) in [(0.0, 0.0, 1e-200), (1e4, 0.0, 1e-15), (1e6, 3.0, 1e-170), (1e6, 0.0, 1e-15)]
    {
        x += offset;
        for weights in [None, Some(weights(200))] {
            let samples = Samples::from((&x, &y));
            let samples = weights.as_ref().map_or(samples, |w| samples.with_weights(w));
            let ridge = Ridge::new().alpha(alpha).max_iter(2000).tol(tol);
            let model = ridge.clone().solver(RidgeSolver::ConjugateGradient).fit(samples).unwrap();
            assert!(model.report().iterations < 100 && model.report().converged, "{}", model.report());
            assert!(model.report().notes[0].contains("working precision"), "{}", model.report());
            // What is lost is the rounding of the centred values, ε times the offset.
            let expected = ridge.fit(samples).unwrap();
            assert!(apart(expected.coef(), model.coef()) < 1e-13 * (100.0 + offset), "{}", model.report());
        }
        x -= offset;
    }
    let y = y * 2_f64.powi(-700);
    let model = fit(Ridge::new().alpha(0.0).solver(RidgeSolver::ConjugateGradient), &x, &y);
    assert!(apart(fit(Ridge::new().alpha(0.0), &x, &y).coef(), model.coef()) < 1e-7, "{}", model.report());
}

#[test]
fn coefficients_rounded_to_f32_predict_the_mean() {
    // Far from zero, the rounding of one coefficient moves predictions by 6e-8 of the distance; that of many adds up.
    let (x, y) = single(300, 40, 22);
    let (x, y) = ((x + 1000.0).mapv(|v| v as f32), y.mapv(|v| v as f32));
    let (wide_x, wide_y) = (x.mapv(f64::from), y.mapv(f64::from));
    let model = Ridge::new().fit((&x, &y)).unwrap();
    let exact = Ridge::new().fit((&wide_x, &wide_y)).unwrap();
    let at_mean =
        model.coef().mapv(f64::from).dot(&wide_x.mean_axis(Axis(0)).unwrap()) + f64::from(model.intercept());
    let rounding = f64::from(f32::EPSILON) * exact.intercept().abs();
    assert!((at_mean - wide_y.mean().unwrap()).abs() <= 0.5 * rounding, "{at_mean} {}", rounding);
}

#[test]
fn models_survive_saving() {
    let (x, y) = regression(20, 3, 2, 20);
    let one = fit(Ridge::new(), &x, &y.column(0).to_owned());
    assert_eq!(LinearModel::<f64>::from_bytes(&one.to_bytes().unwrap()).unwrap(), one);
    let two: MultiLinearModel<f64> = Ridge::new().fit((&x, &y)).unwrap();
    assert_eq!(MultiLinearModel::<f64>::from_json(&two.to_json().unwrap()).unwrap(), two);
    assert!(matches!(LinearModel::<f32>::from_bytes(&one.to_bytes().unwrap()), Err(Error::Persist { .. })));
    let forged = one.to_json().unwrap().replacen("\"count\":3", "\"count\":4", 1);
    assert!(matches!(LinearModel::<f64>::from_json(&forged), Err(Error::Persist { .. })));
}

proptest! {
    #[test]
    fn random_problems_are_solved(
        n in 1_usize..40, p in 1_usize..40, seed in 0_u64..1000, exponent in -6.0..6.0_f64, intercept: bool, wide_units: bool,
    ) {
        let alpha = 10_f64.powf(exponent);
        let (mut x, y) = single(n, p, seed);
        if wide_units {
            x *= &Array1::from_iter((0..p).map(|j| 10_f64.powi(j as i32 % 7 - 3)));
        }
        let model = fit(Ridge::new().alpha(alpha).fit_intercept(intercept), &x, &y);
        let residual = gradient(&x, &y, None, model.coef(), model.intercept(), alpha);
        // ε times the condition that the cheap solvers accept without refinement, 10⁶.
        prop_assert!(residual < 1e-9, "{residual:e} {}", model.report());
    }
}
