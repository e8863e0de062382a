use super::*;
use crate::testing::{apart, normal, repeated, weights};
use estimand_core::{Csr, Predict, order};
use ndarray::array;

fn spoilt(n: usize, share: f64, seed: u64) -> (Array2<f64>, Array1<f64>) {
    let x = normal(n, 2, seed);
    let mut y = x.dot(&array![1.0, -2.0]) + 4.0 + normal(n, 1, seed + 1).column(0).mapv(|e| 0.1 * e);
    let far = (n as f64 * share) as usize;
    y.slice_mut(s![..far]).fill(1e3);
    (x, y)
}

#[test]
fn one_slope_without_intercept_is_the_median_of_the_slopes() {
    let (x, y) = (array![[1.0], [2.0], [4.0], [5.0]], array![1.0_f64, 1.0, 6.0, 50.0]);
    let model = TheilSenRegressor::new().fit_intercept(false).fit((&x, &y)).unwrap();
    // 1, 0.5, 1.5, 10
    assert!((model.coef()[0] - 1.25).abs() < 1e-14);
    let omega = array![1.0, 1.0, 3.0, 0.0];
    let model = TheilSenRegressor::new().fit_intercept(false).fit((&x, &y, &omega)).unwrap();
    assert!((model.coef()[0] - 1.5).abs() < 1e-14);
}

#[test]
fn combinations_and_their_number() {
    assert_eq!(combinations(4, 2), [[0, 1], [0, 2], [0, 3], [1, 2], [1, 3], [2, 3]]);
    assert_eq!(combinations(3, 3), [[0, 1, 2]]);
    for (n, m) in [(1, 1), (5, 2), (9, 4), (12, 11)] {
        assert_eq!(binomial(n, m), combinations(n, m).len() as f64, "{n} {m}");
    }
    assert!(binomial(10_000, 21) > 1e60);
    // 29 % for subsets of two rows of very many.
    assert!((breakdown(1_000_000, 2) - (1.0 - 0.5_f64.sqrt())).abs() < 1e-5);
}

#[test]
fn the_spatial_median() {
    let find = |points: &Array2<f64>, w: &[f64]| spatial_median(points.view(), w, 1000, 1e-12);
    // The point in the middle of four corners; a corner that has half of the weight.
    let square = array![[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]];
    assert!(apart(&array![0.5, 0.5], &find(&square, &[1.0; 4]).point) < 1e-12);
    assert!(apart(&array![1.0, 1.0], &find(&square, &[1.0, 1.0, 1.0, 3.0]).point) < 1e-6);
    // Of a triangle with an angle of more than 120°, that corner.
    let flat = array![[-5.0, 1.0], [0.0, 0.0], [5.0, 1.0]];
    assert!(find(&flat, &[1.0; 3]).point.iter().all(|v| v.abs() < 1e-6));
    // Elsewhere the unit vectors to the points add up to nothing.
    let points = normal(40, 3, 1);
    let found = find(&points, &[1.0; 40]);
    let mut pull = Array1::<f64>::zeros(3);
    for row in points.rows() {
        let apart = &row - &found.point;
        pull += &(&apart / apart.dot(&apart).sqrt());
    }
    assert!(found.converged && pull.iter().all(|v| v.abs() < 1e-8), "{pull}");
    // One coordinate: the median.
    let line = points.slice(s![.., ..1]).to_owned();
    let median = order::median(line.iter().map(|v| (*v, 1.0))).unwrap();
    assert_eq!(find(&line, &[1.0; 40]).point[0], median);
}

#[test]
fn a_fifth_of_the_rows_may_be_far_off() {
    for seed in 0..5 {
        let (x, y) = spoilt(100, 0.18, 10 * seed);
        for limit in [200_000, 2_000] {
            let model = TheilSenRegressor::new().max_subpopulation(limit).seed(seed).fit((&x, &y)).unwrap();
            assert!(apart(&array![1.0, -2.0], model.coef()) < 0.2, "{} {}", model.coef(), model.report());
        }
    }
}

#[test]
fn weights_are_repetitions() {
    let (x, y) = spoilt(24, 0.1, 1);
    let omega = weights(24);
    let rows = repeated(&omega);
    let (rx, ry) = (x.select(Axis(0), &rows), y.select(Axis(0), &rows));
    // All subsets, and random ones: copies of a row say nothing in either.
    for limit in [10_000, 500] {
        let settings = TheilSenRegressor::new().max_subpopulation(limit).tol(1e-10);
        let (a, b) = (settings.fit((&x, &y, &omega)).unwrap(), settings.fit((&rx, &ry)).unwrap());
        assert!(apart(a.coef(), b.coef()) < 1e-7, "{limit}: {} {}", a.report(), b.report());
    }
}

#[test]
fn the_same_bits_on_any_number_of_threads() {
    let (x, y) = spoilt(200, 0.1, 2);
    let fit = || TheilSenRegressor::new().fit((&x, &y)).unwrap();
    let once = par::with_threads(1, fit).unwrap();
    assert_eq!(par::with_threads(3, fit).unwrap(), once);
}

#[test]
fn small_and_degenerate() {
    let settings = TheilSenRegressor::new();
    // One row, fewer rows than columns, a constant column, collinear columns.
    let model = settings.fit((&array![[2.0]], &array![7.0_f64])).unwrap();
    assert!((model.predict(&array![[2.0]]).unwrap()[0] - 7.0).abs() < 1e-12);
    let (x, y) = (normal(4, 7, 3), normal(4, 1, 4).remove_axis(Axis(1)));
    assert!(apart(&y, &settings.fit((&x, &y)).unwrap().predict(&x).unwrap()) < 1e-9);
    let (x, y) = spoilt(20, 0.0, 5);
    let wide = ndarray::concatenate![Axis(1), x, x, Array2::from_elem((20, 1), 3.0)];
    let model = settings.fit((&wide, &y)).unwrap();
    assert!(
        apart(&settings.fit((&x, &y)).unwrap().predict(&x).unwrap(), &model.predict(&wide).unwrap()) < 0.2
    );
}

#[test]
fn nonsense_is_refused() {
    let (x, y) = spoilt(10, 0.0, 6);
    for size in [2, 11] {
        let error = TheilSenRegressor::new().n_subsamples(Some(size)).fit((&x, &y)).unwrap_err();
        assert!(error.to_string().contains("n_subsamples"), "{error}");
    }
    let error = TheilSenRegressor::new().fit((&Csr::from_dense(x.view()), &y)).unwrap_err();
    assert!(matches!(error, Error::Unsupported { .. }));
}

#[test]
fn predictions_scale_with_y() {
    let (x, y) = spoilt(25, 0.2, 7);
    let settings = TheilSenRegressor::new().max_subpopulation(200);
    let model = settings.fit((&x, &y)).unwrap();
    for scale in [1e-300, 1e-160, 1e160, 1e300] {
        let scaled = settings.fit((&x, &(&y * scale))).unwrap();
        assert!(apart(model.coef(), &(scaled.coef() / scale)) < 1e-9, "{scale}");
    }
}
