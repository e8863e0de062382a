//! L1 penalties and elastic nets: optimality, limits, agreement with the smooth solvers, where a fit begins.

use super::*;
use estimand_core::{Csr, Error, Samples};

/// The largest violation of the optimality conditions of (1) / (C ω), from their definition.
fn violation(
    x: &Array2<f64>,
    y: &Array1<usize>,
    w: Option<&Array1<f64>>,
    model: &LogisticModel<f64>,
    settings: &LogisticRegression,
) -> f64 {
    let mut r = probabilities(x, model.coef(), model.intercept());
    y.iter().zip(r.rows_mut()).for_each(|(y, mut row)| row[*y] -= 1.0);
    let total = w.map_or(y.len() as f64, |w| w.sum());
    if let Some(w) = w {
        r.rows_mut().into_iter().zip(w).for_each(|(mut row, w)| row *= *w);
    }
    let r = r.slice(ndarray::s![.., usize::from(model.coef().nrows() == 1)..]);
    let (l1, l2) = (settings.l1_ratio / settings.c, (1.0 - settings.l1_ratio) / settings.c);
    let of = |(g, w): (&f64, &f64)| {
        if *w == 0.0 { (g.abs() - l1).max(0.0) } else { (g + l2 * w + l1 * w.signum()).abs() }
    };
    let coefficients = r.t().dot(x).iter().zip(model.coef()).map(of).fold(0.0, f64::max);
    let intercepts = r.sum_axis(ndarray::Axis(0)).iter().fold(0.0_f64, |max, g| max.max(g.abs()));
    coefficients.max(if settings.fit_intercept { intercepts } else { 0.0 }) / total
}

fn value(
    x: &Array2<f64>,
    y: &Array1<usize>,
    model: &LogisticModel<f64>,
    settings: &LogisticRegression,
) -> f64 {
    let p = probabilities(x, model.coef(), model.intercept());
    let losses: f64 = y.iter().zip(p.rows()).map(|(y, row)| -row[*y].ln()).sum();
    let (l1, l2) = (settings.l1_ratio, 1.0 - settings.l1_ratio);
    settings.c * losses + model.coef().mapv(|w| l1 * w.abs() + 0.5 * l2 * w * w).sum()
}

fn gap(model: &LogisticModel<f64>) -> f64 {
    let note = model.report().notes.iter().find(|note| note.starts_with("duality gap")).unwrap();
    note.split(' ').nth(2).unwrap().parse().unwrap()
}

#[test]
fn optimality_conditions_hold_for_every_penalty() {
    // The last is wider than the first working set.
    for (n, p, k) in [(80, 3, 2), (80, 3, 4), (400, 40, 2), (300, 30, 3), (30, 200, 2), (40, 1_500, 2)] {
        let (x, y) = draw(n, p, k, 11);
        let x = x + 1.5;
        let csr = Csr::from_dense(x.view());
        let weights = Array1::from_shape_fn(n, |i| 0.25 + (i % 5) as f64);
        for (c, l1_ratio, intercept, weighted) in [
            (1.0, 1.0, true, false),
            (1.0, 0.5, true, true),
            (0.1, 1.0, false, false),
            (30.0, 0.9, false, true),
            (30.0, 1.0, true, false),
            (2.0, 0.0, true, false),
        ] {
            let tol = 1e-9;
            let settings = LogisticRegression::new()
                .c(c)
                .l1_ratio(l1_ratio)
                .tol(tol)
                .max_iter(1_000)
                .fit_intercept(intercept)
                .solver(LogisticSolver::ProximalNewton);
            let w = weighted.then_some(&weights);
            for records in [Records::from(&x), Records::from(&csr)] {
                let mut samples = Samples::<f64, Array1<usize>>::new(records, y.view());
                samples.weights = w.map(|w| w.view());
                let model: Fitted = settings.fit_samples(samples).unwrap();
                let report = model.report();
                let at = format!("{n} × {p}, {k} classes, C {c}, ρ {l1_ratio}: {report}");
                assert!(report.converged, "{at}");
                let off = violation(&x, &y, w, &model, &settings);
                // Sums over n rows in another order; columns far from 0 carry an intercept's rounding.
                assert!(off <= tol + 1e-13, "{off:e}, {at}");
                // ρ = 0 has a gap, too; 0.1 tol is asked for.
                assert!(gap(&model) <= 0.1 * tol, "{at}");
                if w.is_none() {
                    let value = value(&x, &y, &model, &settings);
                    assert_relative_eq!(report.objective.unwrap(), value, max_relative = 1e-12);
                }
            }
        }
    }
}

#[test]
fn without_l1_all_solvers_agree() {
    for k in [2, 3] {
        let (x, y) = draw(200, 12, k, 5);
        let settings = LogisticRegression::new().c(3.0).tol(1e-10);
        let smooth: Fitted = settings.fit((&x, &y)).unwrap();
        let proximal: Fitted =
            settings.solver(LogisticSolver::ProximalNewton).max_iter(300).fit((&x, &y)).unwrap();
        assert!(proximal.report().converged, "{}", proximal.report());
        // λ ≥ 1e-3 turns derivatives of 1e-10 into errors of 1e-7 at most.
        assert!(apart(smooth.coef(), proximal.coef()) < 1e-7);
    }
}

#[test]
fn the_gap_bounds_the_distance_from_the_minimum() {
    for (k, l1_ratio) in [(2, 1.0), (3, 1.0), (2, 0.3), (3, 0.3)] {
        let (x, y) = draw(150, 20, k, 17);
        let settings = LogisticRegression::new().l1_ratio(l1_ratio).c(5.0);
        let best: Fitted = settings.clone().tol(1e-12).max_iter(500).fit((&x, &y)).unwrap();
        let best = best.report().objective.unwrap();
        for tol in [1e6, 1.0, 1e-2, 1e-4] {
            let model: Fitted = settings.clone().tol(tol).fit((&x, &y)).unwrap();
            let off = 1.0 - best / model.report().objective.unwrap();
            // The gap is printed with two digits.
            assert!(off <= gap(&model) * 1.05 + 1e-12, "{k} {l1_ratio}: {off:e} {}", model.report());
        }
    }
}

#[test]
fn coefficients_are_zero_up_to_a_known_c() {
    for k in [2, 3] {
        let (x, y) = draw(120, 8, k, 23);
        let share = |class| y.iter().filter(|y| **y == class).count() as f64 / 120.0;
        let r = Array2::from_shape_fn((120, k), |(i, c)| share(c) - f64::from(u8::from(y[i] == c)));
        let largest = r.t().dot(&x).iter().fold(0.0_f64, |max, g| max.max(g.abs()));
        let at = |c: f64| -> Fitted {
            LogisticRegression::new().l1_ratio(1.0).c(c).tol(1e-9).fit((&x, &y)).unwrap()
        };
        let (below, above) = (at(0.999 / largest), at(1.001 / largest));
        assert!(below.coef().iter().all(|w| *w == 0.0) && below.report().converged, "{}", below.report());
        assert_eq!(above.coef().iter().filter(|w| **w != 0.0).count(), 1, "{}", above.report());
        // The intercepts are then those of the shares.
        let shares = probabilities(&x, below.coef(), below.intercept());
        (0..k).for_each(|c| assert_relative_eq!(shares[[0, c]], share(c), max_relative = 1e-8));
    }
}

#[test]
fn weight_two_is_the_row_twice_and_weight_zero_none() {
    for (k, l1_ratio) in [(2, 1.0), (3, 0.6)] {
        let (x, y) = draw(90, 6, k, 29);
        let weights = Array1::from_shape_fn(90, |i| (i % 3) as f64);
        let rows: Vec<usize> = (0..90).flat_map(|i| vec![i; i % 3]).collect();
        let (xr, yr) = (x.select(ndarray::Axis(0), &rows), y.select(ndarray::Axis(0), &rows));
        let settings = LogisticRegression::new().l1_ratio(l1_ratio).tol(1e-10);
        let weighted: Fitted = settings.fit((&x, &y, &weights)).unwrap();
        let repeated: Fitted = settings.fit((&xr, &yr)).unwrap();
        assert!(apart(weighted.coef(), repeated.coef()) < 1e-8);
        assert!(apart(weighted.intercept(), repeated.intercept()) < 1e-8);
    }
}

#[test]
fn a_fit_from_the_solution_is_short() {
    for l1_ratio in [0.0, 0.5, 1.0] {
        for k in [2, 3] {
            let (x, y) = draw(500, 10, k, 31);
            let x = x + 3.0;
            let settings = LogisticRegression::new().l1_ratio(l1_ratio).tol(1e-8);
            let cold: Fitted = settings.fit((&x, &y)).unwrap();
            let warm = settings.fit_from(&cold, (&x, &y)).unwrap();
            assert!(warm.report().converged && warm.report().iterations <= 1, "{}", warm.report());
            assert!(warm.report().solver.ends_with("started from a model"));
            assert!(apart(cold.coef(), warm.coef()) < 1e-6);
            // From elsewhere, to the same minimum.
            let other: Fitted = settings.clone().c(0.01).fit((&x, &y)).unwrap();
            let moved = settings.fit_from(&other, (&x, &y)).unwrap();
            assert!(apart(cold.coef(), moved.coef()) < 1e-5, "{}", moved.report());
            assert!(apart(cold.intercept(), moved.intercept()) < 1e-4);
        }
    }
    let (x, y) = draw(60, 3, 2, 37);
    let model: Fitted = LogisticRegression::new().fit((&x, &y)).unwrap();
    let narrow = x.slice(ndarray::s![.., ..2]);
    assert!(LogisticRegression::new().fit_from(&model, (narrow, &y)).is_err());
    let others = y.mapv(|y| y + 1);
    let error = LogisticRegression::new().fit_from(&model, (&x, &others)).unwrap_err();
    assert!(matches!(error, Error::Target { .. }), "{error}");
    let (x, three) = draw(60, 3, 3, 37);
    assert!(LogisticRegression::new().fit_from(&model, (&x, &three)).is_err());
}

#[test]
fn hard_data_are_fitted_with_l1() {
    let settings = LogisticRegression::new().l1_ratio(1.0).tol(1e-8).max_iter(300);
    for k in [2, 3] {
        let (x, y) = draw(200, 3, k, 41);
        // Collinear, duplicated, constant and empty columns.
        let sum = x.sum_axis(ndarray::Axis(1)).insert_axis(ndarray::Axis(1));
        let wide = ndarray::concatenate![
            ndarray::Axis(1),
            x,
            x,
            sum,
            Array2::from_elem((200, 1), 7.0),
            Array2::zeros((200, 1))
        ];
        let model: Fitted = settings.fit((&wide, &y)).unwrap();
        let off = violation(&wide, &y, None, &model, &settings);
        assert!(model.report().converged && off <= 1e-8 + 1e-13, "{k} classes: {off:e}, {}", model.report());
        assert!(model.coef().slice(ndarray::s![.., 7..]).iter().all(|w| *w == 0.0));
        // Far from 0, and of scales from 1e-3 to 1e3.
        let moved = &x * &array![1e-3, 1.0, 1e3] + array![1.0, 1e4, -1e5];
        let csr = Csr::from_dense(moved.view());
        let dense: Fitted = settings.fit((&moved, &y)).unwrap();
        let sparse: Fitted = settings.fit((&csr, &y)).unwrap();
        assert!(dense.report().converged && sparse.report().converged, "{}", dense.report());
        assert!(apart(dense.coef(), sparse.coef()) < 1e-6);
    }
    // A plane between the classes: the penalty keeps the minimum finite, its absence is said.
    let (x, _) = draw(100, 2, 2, 43);
    let y: Array1<usize> = x.outer_iter().map(|row| usize::from(row[0] > 0.0)).collect();
    let model: Fitted = settings.clone().c(1e4).fit((&x, &y)).unwrap();
    assert!(model.report().converged && violation(&x, &y, None, &model, &settings.clone().c(1e4)) <= 1e-8);
    let model: Fitted = settings.clone().c(f64::INFINITY).fit((&x, &y)).unwrap();
    assert!(!model.report().converged && model.report().notes.iter().any(|note| note.contains("separates")));
    // One row in ten thousand.
    let (x, _) = draw(30_000, 4, 2, 47);
    let y: Array1<usize> = (0..30_000).map(|i| usize::from(i % 10_000 == 17)).collect();
    for l1_ratio in [0.0, 1.0] {
        let settings = LogisticRegression::new().l1_ratio(l1_ratio).tol(1e-8);
        let model: Fitted = settings.fit((&x, &y)).unwrap();
        assert!(model.report().converged, "{}", model.report());
        assert!(violation(&x, &y, None, &model, &settings) <= 1e-8 + 1e-14);
        // With an intercept, the mean probability is the share of the class.
        let mean = probabilities(&x, model.coef(), model.intercept()).column(1).sum() / 30_000.0;
        assert_relative_eq!(mean, 1e-4, max_relative = 1e-3);
    }
}

#[test]
fn what_is_not_finite_is_located_with_l1() {
    for sparse in [false, true] {
        let (mut x, y) = draw(50, 4, 2, 53);
        x[[31, 2]] = f64::NAN;
        let csr = Csr::from_dense(x.view());
        let records = if sparse { Records::from(&csr) } else { Records::from(&x) };
        let samples = Samples::<f64, Array1<usize>>::new(records, y.view());
        let error = LogisticRegression::new().l1_ratio(1.0).fit_samples(samples).map(|_| ()).unwrap_err();
        assert!(matches!(error, Error::NonFinite { row: 31, column: 2, .. }), "{error}");
    }
    let (x, y) = draw(50, 4, 2, 53);
    let error = LogisticRegression::new().l1_ratio(1.0).fit((&(&x * 1e200), &y)).unwrap_err();
    assert!(matches!(error, Error::Numerical { .. }), "{error}");
}

#[test]
fn what_a_solver_cannot_do_is_refused() {
    let (x, y) = draw(50, 4, 2, 59);
    let settings = LogisticRegression::new();
    for settings in [
        settings.clone().l1_ratio(0.5).solver(LogisticSolver::Lbfgs),
        settings.clone().l1_ratio(1.0).solver(LogisticSolver::NewtonCholesky),
        settings.clone().c(f64::INFINITY).solver(LogisticSolver::ProximalNewton),
    ] {
        assert!(matches!(settings.fit((&x, &y)), Err(Error::Unsupported { .. })), "{settings:?}");
    }
    for l1_ratio in [-0.1, 1.1, f64::NAN] {
        assert!(settings.clone().l1_ratio(l1_ratio).fit((&x, &y)).is_err());
    }
    let model: Fitted = settings.l1_ratio(1.0).tol(1e-12).max_iter(1).fit((&x, &y)).unwrap();
    assert!(!model.report().converged && model.report().iterations == 1);
}

#[test]
fn probabilities_and_scores_are_those_of_glmnet_and_liblinear_conventions() {
    // One column of ±1 and no intercept: 60 of 80 rows agree. C Σ ℓ + |w| has its minimum where
    // σ(w) = (60 − 1/C) / 80 by hand.
    let x = Array2::from_shape_fn((80, 1), |(i, _)| if i % 2 == 0 { 1.0 } else { -1.0 });
    let y = Array1::from_shape_fn(80, |i| if i < 60 { usize::from(i % 2 == 0) } else { i % 2 });
    for c in [0.05, 0.1, 1.0, 10.0] {
        let settings = LogisticRegression::new().l1_ratio(1.0).c(c).fit_intercept(false).tol(1e-12);
        let model: Fitted = settings.fit((&x, &y)).unwrap();
        let share: f64 = ((60.0 - 1.0 / c) / 80.0_f64).max(0.5);
        assert_relative_eq!(model.coef()[[0, 0]], (share / (1.0 - share)).ln(), epsilon = 1e-10);
    }
}

#[test]
fn threads_give_the_same_bits_with_l1() {
    // With the whole Hessian by way of a sample; on working sets, of several classes and of sparse records.
    for (n, p, k, sparse) in [(40_000, 6, 2, false), (3_000, 6, 3, false), (9_000, 80, 2, true)] {
        let (mut x, y) = draw(n, p, k, 7);
        if sparse {
            x.mapv_inplace(|v| if v < 1.0 { 0.0 } else { v });
        }
        let csr = Csr::from_dense(x.view());
        let fit = |threads| {
            let records = if sparse { Records::from(&csr) } else { Records::from(&x) };
            let samples = Samples::<f64, Array1<usize>>::new(records, y.view());
            let settings = LogisticRegression::new().l1_ratio(0.8).c(0.1);
            estimand_par::with_threads(threads, || settings.fit_samples(samples).unwrap()).unwrap()
        };
        let once: Fitted = fit(1);
        assert!(once.report().converged);
        assert_eq!(fit(2), once);
        assert_eq!(fit(7), once);
    }
}
