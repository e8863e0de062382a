use super::*;
use crate::testing::{normal, regression, weights};
use estimand_core::{Csr, Error, Predict};
use ndarray::{Array2, Axis, array, s};
use proptest::prelude::*;

fn single(n: usize, p: usize, seed: u64) -> (Array2<f64>, Array1<f64>) {
    let (x, y) = regression(n, p, 1, seed);
    (x, y.remove_axis(Axis(1)))
}

fn exact(q: f64) -> QuantileRegressor {
    QuantileRegressor::new().quantile(q).alpha(0.0)
}

/// How far from zero the nearest subgradient of (1) is, relative to the sizes of its terms, in each direction that a
/// change of one coefficient or of the intercept makes. Rows met exactly may pull either way.
fn slope(
    x: &Array2<f64>,
    y: &Array1<f64>,
    omega: &Array1<f64>,
    s: &QuantileRegressor,
    m: &LinearModel<f64>,
) -> f64 {
    let (q, total) = (s.quantile, omega.sum());
    let r = y - &x.dot(m.coef()) - m.intercept();
    let zero = 1e-9 * (1.0 + y.fold(0.0_f64, |m, v| m.max(v.abs())));
    let directional = |column: &Array1<f64>, w: f64, alpha: f64, side: f64| {
        let (mut sum, mut size) = (0.0, 1e-300);
        for ((a, r), omega) in column.iter().zip(&r).zip(omega) {
            let rate = -side * a;
            let slope = |rising: bool| if rising { q * rate } else { (q - 1.0) * rate };
            let change = if r.abs() <= zero { slope(true).max(slope(false)) } else { slope(*r > 0.0) };
            sum += omega * change / total;
            size += (omega * change / total).abs();
        }
        let penalty = if w == 0.0 { alpha } else { alpha * side * w.signum() };
        (sum + penalty) / (size + alpha)
    };
    let mut worst = 0.0_f64;
    for side in [1.0, -1.0] {
        for (column, w) in x.columns().into_iter().zip(m.coef()) {
            worst = worst.min(directional(&column.to_owned(), *w, s.alpha, side));
        }
        if s.fit_intercept {
            worst = worst.min(directional(&Array1::ones(y.len()), 0.0, 0.0, side));
        }
    }
    -worst
}

#[test]
fn the_toy_example() {
    // scikit-learn, test_quantile.py: of three rows, two with the same x.
    let (x, y) = (array![[0.0], [1.0], [1.0]], array![1.0_f64, 2.0, 11.0]);
    for (q, alpha, intercept, slope) in
        [(0.51, 0.0, 1.0, 10.0), (0.49, 0.0, 1.0, 1.0), (0.5, 0.01, 1.0, 1.0), (0.5, 100.0, 2.0, 0.0)]
    {
        let model = exact(q).alpha(alpha).fit((&x, &y)).unwrap();
        assert!((model.intercept() - intercept).abs() < 1e-12, "{q} {alpha}: {}", model.intercept());
        assert!((model.coef()[0] - slope).abs() < 1e-12, "{q} {alpha}: {}", model.coef());
    }
    let model = exact(0.5).fit((&x, &y)).unwrap();
    assert!((model.intercept() - 1.0).abs() < 1e-12 && (model.coef()[0] - 5.5).abs() < 4.5 + 1e-12);
}

#[test]
fn without_columns_that_matter_it_is_a_quantile() {
    let y: Array1<f64> = (1..=11).map(f64::from).collect();
    let x = Array2::from_elem((11, 2), 3.0);
    for (q, expected) in [(0.5, 6.0), (0.05, 1.0), (0.95, 11.0), (0.25, 3.0)] {
        let model = exact(q).fit((&x, &y)).unwrap();
        assert!((model.intercept() - expected).abs() < 1e-13, "{q}: {}", model.intercept());
    }
    let heavy = array![0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 1.0, 1.0, 10.0];
    let model = exact(0.5).fit((&x, &y, &heavy)).unwrap();
    assert!((model.intercept() - 11.0).abs() < 1e-13);
}

#[test]
fn the_share_below_is_the_quantile() {
    let (x, y) = single(1000, 5, 3);
    for q in [0.05, 0.5, 0.9] {
        let model = exact(q).fit((&x, &y)).unwrap();
        let below = model.predict(&x).unwrap().iter().zip(&y).filter(|(f, y)| *y < *f).count();
        // Strictly below lie at most nq rows, below or on the plane at least nq, and p + 1 lie on it.
        assert!((below as f64 - 1000.0 * q).abs() <= 6.0, "{q}: {below}");
    }
}

#[test]
fn several_quantiles_are_as_one_by_one() {
    let (x, y) = single(80, 3, 4);
    let models = exact(0.5).fit_quantiles(&[0.1, 0.5, 0.9], (&x, &y)).unwrap();
    for (model, q) in models.iter().zip([0.1, 0.5, 0.9]) {
        assert_eq!(model, &exact(q).fit((&x, &y)).unwrap());
    }
    assert!(exact(0.5).fit_quantiles(&[0.5, 1.0], (&x, &y)).is_err());
}

#[test]
fn every_vertex_of_a_small_problem() {
    // All planes through three of the rows: one of them is optimal.
    let (x, y) = single(12, 2, 5);
    let model = exact(0.3).fit((&x, &y)).unwrap();
    let value = |w: &[f64]| {
        (0..12)
            .map(|i| y[i] - w[0] - w[1] * x[[i, 0]] - w[2] * x[[i, 1]])
            .map(|r| f64::max(0.3 * r, -0.7 * r))
            .sum::<f64>()
            / 12.0
    };
    let mut least = f64::INFINITY;
    for i in 0..12 {
        for j in 0..i {
            for k in 0..j {
                let rows = [i, j, k];
                let a =
                    Array2::from_shape_fn((3, 3), |(r, c)| if c == 0 { 1.0 } else { x[[rows[r], c - 1]] });
                let b = Array2::from_shape_fn((3, 1), |(r, _)| y[rows[r]]);
                let w = estimand_linalg::Qr::new(a.view()).solve(b.view());
                least = least.min(value(&w.column(0).to_vec()));
            }
        }
    }
    assert!((model.report().objective.unwrap() - least).abs() < 1e-13, "{} {least}", model.report());
}

#[test]
fn ties_and_duplicates() {
    // Whole numbers: many rows on every plane.
    let x = normal(200, 3, 6).mapv(f64::round);
    let y = (x.sum_axis(Axis(1)) + normal(200, 1, 7).column(0)).mapv(f64::round);
    for q in [0.25, 0.5, 0.8] {
        for alpha in [0.0, 0.05] {
            let settings = exact(q).alpha(alpha);
            let model = settings.fit((&x, &y)).unwrap();
            assert!(slope(&x, &y, &Array1::ones(200), &settings, &model) < 1e-9, "{}", model.report());
            assert!(model.report().converged, "{}", model.report());
        }
    }
}

#[test]
fn a_plane_that_fits_exactly() {
    let x = normal(40, 3, 8);
    let y = x.dot(&array![1.0, -2.0, 0.5]) + 4.0;
    let model = exact(0.7).fit((&x, &y)).unwrap();
    assert!((model.intercept() - 4.0).abs() < 1e-12 && model.report().converged, "{}", model.report());
    // Fewer rows than columns: all rows are met.
    let (x, y) = (normal(5, 9, 9), normal(5, 1, 10).remove_axis(Axis(1)));
    let model = exact(0.7).fit((&x, &y)).unwrap();
    assert!((model.predict(&x).unwrap() - &y).iter().all(|r| r.abs() < 1e-10), "{}", model.report());
}

#[test]
fn scales_and_outliers() {
    let (x, mut y) = single(120, 3, 11);
    y.slice_mut(s![..40]).fill(1e9);
    let model = exact(0.4).fit((&x, &y)).unwrap();
    for factor in [1e-6, 1e6] {
        let scaled = exact(0.4).fit((&(&x * factor), &y)).unwrap();
        assert!((scaled.coef() * factor - model.coef()).iter().all(|d| d.abs() < 1e-7), "{factor}");
    }
    let shifted = exact(0.4).fit((&(&x + 1e5), &y)).unwrap();
    assert!((shifted.coef() - model.coef()).iter().all(|d| d.abs() < 1e-5));
}

#[test]
fn nonsense_is_refused() {
    let (x, y) = single(10, 2, 12);
    for q in [0.0, 1.0, f64::NAN] {
        assert!(matches!(exact(q).fit((&x, &y)), Err(Error::Parameter { .. })));
    }
    let mut bad = x.clone();
    bad[[3, 1]] = f64::NAN;
    assert!(matches!(exact(0.5).fit((&bad, &y)), Err(Error::NonFinite { row: 3, column: 1, .. })));
}
#[test]
fn a_coefficient_beyond_the_range_of_numbers_is_refused() {
    let (x, y) = single(20, 2, 8);
    let error = exact(0.5).alpha(0.0).fit((&(&x * 1e-315), &y)).unwrap_err();
    assert!(error.to_string().contains("so small"), "{error}");
    // What is constant, or penalised to 0, needs no coefficient.
    assert!(exact(0.5).alpha(0.0).fit((&(&x * 0.0), &y)).is_ok());
    assert!(exact(0.5).alpha(0.1).fit((&(&x * 1e-315), &y)).is_ok());
}

proptest! {
    #[test]
    fn no_direction_leads_down(n in 1_usize..80, p in 1_usize..6, seed in 0_u64..1000, q in 0.02..0.98_f64, penalty in 0..3, intercept: bool, weighted: bool) {
        let (x, y) = single(n, p, seed);
        let omega = if weighted && n > 4 { weights(n) } else { Array1::ones(n) };
        let settings = exact(q).alpha([0.0, 0.03, 0.3][penalty as usize]).fit_intercept(intercept);
        let model = settings.fit((&x, &y, &omega)).unwrap();
        prop_assert!(slope(&x, &y, &omega, &settings, &model) < 1e-9, "{}", model.report());
        prop_assert!(model.report().converged, "{}", model.report());
        let sparse = settings.fit((&Csr::from_dense(x.view()), &y, &omega)).unwrap();
        let (a, b) = (model.report().objective.unwrap(), sparse.report().objective.unwrap());
        prop_assert!((a - b).abs() <= 1e-12 * (1.0 + a));
    }
}
