//! Data on which fits go wrong: either the right answer, or a clear word.

use super::*;
use estimand_core::{Error, Predict};

fn fit(x: &Array2<f64>, y: &Array1<usize>, settings: &LogisticRegression) -> estimand_core::Result<Fitted> {
    settings.fit((x, y))
}

#[test]
fn separable_classes_without_a_penalty_are_said_to_be_so() {
    let (x, _) = draw(200, 3, 2, 1);
    let y: Array1<usize> = x.outer_iter().map(|row| usize::from(row[0] + row[1] > 0.0)).collect();
    let three: Array1<usize> = x
        .outer_iter()
        .map(|row| {
            if row[0].abs() < 0.5 {
                1
            } else if row[0] < 0.0 {
                0
            } else {
                2
            }
        })
        .collect();
    for solver in SOLVERS {
        let settings = LogisticRegression::new().c(f64::INFINITY).solver(solver);
        for y in [&y, &three] {
            let model = fit(&x, y, &settings).unwrap();
            let report = model.report();
            assert!(
                !report.converged && report.notes.iter().any(|note| note.contains("separate")),
                "{report}"
            );
            assert!(model.coef().iter().all(|w| w.is_finite()));
            let right = model.predict(&x).unwrap().iter().zip(y).filter(|(a, b)| a == b).count();
            assert_eq!(right, 200);
        }
        // With however small a penalty there is a minimum.
        let settings = LogisticRegression::new().c(1e8).solver(solver).tol(1e-9).max_iter(300);
        let model = fit(&x, &y, &settings).unwrap();
        assert!(model.report().converged, "{}", model.report());
        assert!(residual(&x, &y, None, &model, &settings) <= 1e-9 + 1e-14);
    }
}

#[test]
fn rows_that_a_plane_separates_are_said_to_be_so() {
    // All rows at 1 are of one class: their log odds have no limit, those at 0 have one.
    let x = Array2::from_shape_fn((8, 1), |(i, _)| if i < 5 { 0.0 } else { 1.0 });
    for y in [array![0, 0, 0, 1, 1, 1, 1, 1], array![0, 1, 2, 2, 1, 2, 2, 2]] {
        for solver in SOLVERS {
            let model = fit(&x, &y, &LogisticRegression::new().c(f64::INFINITY).solver(solver)).unwrap();
            let report = model.report();
            assert!(
                !report.converged && report.notes.iter().any(|note| note.contains("separates some")),
                "{report}"
            );
            let p = probabilities(&x, model.coef(), model.intercept());
            // What does have a limit reaches it: 2 of 5 rows of the last class.
            assert_relative_eq!(p[[0, p.ncols() - 1]], 0.4, epsilon = 1e-3);
        }
    }
}

#[test]
fn no_penalty_is_maximum_likelihood_where_classes_overlap() {
    // One column of 0 and 1: the odds in each group are those of its rows, 3 : 1 and 2 : 5.
    let x = Array2::from_shape_fn((11, 1), |(i, _)| if i < 4 { 0.0 } else { 1.0 });
    let y = array![1, 1, 1, 0, 1, 1, 0, 0, 0, 0, 0];
    for solver in SOLVERS {
        let model =
            fit(&x, &y, &LogisticRegression::new().c(f64::INFINITY).solver(solver).tol(1e-10)).unwrap();
        assert!(model.report().converged, "{}", model.report());
        assert_relative_eq!(model.intercept()[0], 3.0_f64.ln(), max_relative = 1e-8);
        assert_relative_eq!(model.coef()[[0, 0]], (2.0_f64 / 5.0).ln() - 3.0_f64.ln(), max_relative = 1e-8);
    }
}

#[test]
fn constant_and_collinear_columns_do_no_harm() {
    for k in [2, 3] {
        let (x, y) = draw(150, 2, k, 31);
        let plain = fit(&x, &y, &LogisticRegression::new().c(f64::INFINITY).tol(1e-9)).unwrap();
        // Four columns: a, b, the constant 0.1, and a + b.
        let wide = ndarray::concatenate![
            ndarray::Axis(1),
            x,
            Array2::from_elem((150, 1), 0.1),
            x.sum_axis(ndarray::Axis(1)).insert_axis(ndarray::Axis(1))
        ];
        for solver in SOLVERS {
            let settings = LogisticRegression::new().c(f64::INFINITY).tol(1e-9).solver(solver);
            let model = fit(&wide, &y, &settings).unwrap();
            assert!(model.report().converged, "{}", model.report());
            assert!(model.coef().column(2).iter().all(|w| *w == 0.0), "{}", model.coef());
            // Only the coefficients are not unique; the scores are.
            let (a, b) = (plain.decision_function(&x).unwrap(), model.decision_function(&wide).unwrap());
            assert!(apart(&a, &b) < 1e-6, "{}", model.report());
            assert!(model.coef().iter().all(|w| w.abs() < 100.0));
        }
    }
}

#[test]
fn fewer_rows_than_columns_are_fitted() {
    for k in [2, 3] {
        let (x, y) = draw(15, 60, k, 37);
        for solver in SOLVERS {
            let settings = LogisticRegression::new().solver(solver).tol(1e-8);
            let model = fit(&x, &y, &settings).unwrap();
            assert!(model.report().converged && residual(&x, &y, None, &model, &settings) < 1e-8 + 1e-14);
        }
    }
}

#[test]
fn scales_and_offsets_of_columns_do_not_matter_without_a_penalty() {
    for n in [400, 24_000] {
        for k in [2, 3] {
            let (x, y) = draw(n, 3, k, 41);
            let scale = array![1e-6, 1.0, 1e6];
            let moved = &x * &scale + array![0.0, 1e4, -1e10];
            let settings = LogisticRegression::new().c(f64::INFINITY);
            let plain = fit(&x, &y, &settings.clone().tol(1e-10)).unwrap();
            for solver in SOLVERS {
                // Derivatives for a column of scale 1e6 and offset 1e10 cannot be small absolutely.
                let model = fit(&moved, &y, &settings.clone().tol(1e-4).solver(solver)).unwrap();
                let gap = model.report().objective.unwrap() / plain.report().objective.unwrap() - 1.0;
                assert!(gap.abs() < 1e-8, "{n} rows, {k} classes: {gap:e}, {}", model.report());
                // Offsets cost their digits: 1e10 / 1e6 leaves 1e-12 of x.
                assert!(apart(plain.coef(), &(model.coef() * &scale)) < 1e-3, "{}", model.report());
            }
        }
    }
}

#[test]
fn penalties_of_any_size_are_honoured() {
    for k in [2, 4] {
        let (x, y) = draw(300, 4, k, 43);
        for c in [1e-300, 1e-12, 1e-3, 1e6, 1e12, 1e300] {
            for solver in SOLVERS {
                let settings = LogisticRegression::new().c(c).solver(solver).tol(1e-8);
                let model = fit(&x, &y, &settings).unwrap();
                assert!(model.report().converged, "C {c}: {}", model.report());
                assert!(
                    residual(&x, &y, None, &model, &settings) < 1e-8 + 1e-14,
                    "C {c}: {}",
                    model.report()
                );
            }
        }
    }
}

#[test]
fn rare_classes_and_contradictions_are_fitted() {
    // One row of each class.
    let x = array![[0.0, 1.0], [1.0, 0.0], [-1.0, -1.0]];
    let model = fit(&x, &array![0, 1, 2], &LogisticRegression::new()).unwrap();
    assert!(model.report().converged);
    assert_eq!(model.predict(&x).unwrap(), array![0, 1, 2]);
    // 1 : 1000, by way of a sample.
    for k in [2, 3] {
        let (x, mut y) = draw(30_000, 3, k, 47);
        let mut seen = 0;
        y.iter_mut().filter(|y| **y == 1).for_each(|y| {
            seen += 1;
            *y = usize::from(seen % 400 == 0);
        });
        for solver in SOLVERS {
            let settings = LogisticRegression::new().solver(solver);
            let model = fit(&x, &y, &settings).unwrap();
            assert!(
                model.report().converged && residual(&x, &y, None, &model, &settings) <= 1e-4,
                "{}",
                model.report()
            );
        }
    }
    // The same rows with opposite labels: even odds.
    let (x, _) = draw(50, 2, 2, 53);
    let twice = ndarray::concatenate![ndarray::Axis(0), x, x];
    let y: Array1<usize> = (0..100).map(|i| i / 50).collect();
    let model = fit(&twice, &y, &LogisticRegression::new()).unwrap();
    assert!(model.report().converged && model.coef().iter().all(|w| w.abs() < 1e-12));
}

#[test]
fn the_order_of_rows_does_not_matter() {
    let (x, y) = draw(25_000, 4, 3, 59);
    let plain = fit(&x, &y, &LogisticRegression::new().tol(1e-9)).unwrap();
    let by = |key: &dyn Fn(usize) -> f64| {
        let mut order: Vec<usize> = (0..25_000).collect();
        order.sort_by(|a, b| key(*a).total_cmp(&key(*b)));
        order
    };
    for order in [by(&|i| y[i] as f64), by(&|i| x[[i, 0]]), by(&|i| (i % 7) as f64)] {
        let (x, y) = (x.select(ndarray::Axis(0), &order), y.select(ndarray::Axis(0), &order));
        let sorted = fit(&x, &y, &LogisticRegression::new().tol(1e-9)).unwrap();
        assert!(
            sorted.report().converged && sorted.report().iterations <= plain.report().iterations + 3,
            "{}",
            sorted.report()
        );
        assert!(apart(plain.coef(), sorted.coef()) < 1e-5);
    }
}

#[test]
fn values_that_are_not_finite_are_located() {
    for n in [100, 25_000] {
        for k in [2, 3] {
            for (value, row, column) in
                [(f64::NAN, 57, 2), (f64::INFINITY, n - 1, 0), (f64::NEG_INFINITY, 0, 1)]
            {
                let (mut x, y) = draw(n, 3, k, 61);
                x[[row, column]] = value;
                for solver in SOLVERS {
                    for c in [1.0, f64::INFINITY] {
                        let error = fit(&x, &y, &LogisticRegression::new().solver(solver).c(c)).unwrap_err();
                        let place =
                            Error::NonFinite { what: "x".into(), value: value.to_string(), row, column };
                        assert_eq!(error, place);
                    }
                }
            }
        }
    }
    let (x, y) = draw(40, 3, 2, 67);
    let model = fit(&x, &y, &LogisticRegression::new()).unwrap();
    let mut bad = x.clone();
    bad[[7, 1]] = f64::NAN;
    assert!(matches!(model.predict(&bad), Err(Error::NonFinite { row: 7, column: 1, .. })));
    assert!(model.predict(x.slice(ndarray::s![.., ..2])).is_err());
}

#[test]
fn huge_and_tiny_values_are_refused_or_fitted() {
    let (x, binary) = draw(100, 3, 2, 71);
    for size in [1e300, 1e200] {
        for solver in SOLVERS {
            let error = fit(&(&x * size), &binary, &LogisticRegression::new().solver(solver)).unwrap_err();
            assert!(matches!(error, Error::Numerical { .. }), "{error}");
        }
    }
    // In the metric of the diagonal.
    let (wide, y) = draw(20, 1_100, 3, 71);
    let error = fit(&(&wide * 1e200), &y, &LogisticRegression::new()).unwrap_err();
    assert!(matches!(error, Error::Numerical { .. }), "{error}");
    let mut holed = wide.clone();
    holed[[19, 1_000]] = f64::NAN;
    let error = fit(&holed, &y, &LogisticRegression::new()).unwrap_err();
    assert!(matches!(error, Error::NonFinite { row: 19, column: 1_000, .. }), "{error}");
    for solver in SOLVERS {
        // Coefficients near 1e300 would cost a penalty: none but 0 is worth it.
        let model = fit(&(&x * 1e-300), &binary, &LogisticRegression::new().solver(solver)).unwrap();
        assert!(model.report().converged && model.coef().iter().all(|w| w.abs() < 1e-290));
    }
}

#[test]
fn iterations_are_limited_and_settings_checked() {
    let (x, y) = draw(300, 5, 2, 73);
    for solver in SOLVERS {
        let model = fit(&x, &y, &LogisticRegression::new().solver(solver).tol(1e-12).max_iter(1)).unwrap();
        assert!(!model.report().converged && model.report().iterations == 1);
        assert!(model.coef().iter().all(|w| w.is_finite()));
    }
    for settings in [
        LogisticRegression::new().c(0.0),
        LogisticRegression::new().c(-1.0),
        LogisticRegression::new().c(f64::NAN),
        LogisticRegression::new().tol(0.0),
        LogisticRegression::new().max_iter(0),
        LogisticRegression::new().class_weight(ClassWeight::of([("three", 1.0)])),
    ] {
        assert!(fit(&x, &y, &settings).is_err(), "{settings:?}");
    }
    assert!(matches!(fit(&x, &Array1::zeros(300), &LogisticRegression::new()), Err(Error::Target { .. })));
}
