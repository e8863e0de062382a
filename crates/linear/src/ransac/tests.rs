use super::*;
use crate::testing::{apart, normal, repeated, weights};
use crate::{LinearModel, LinearRegression, Ridge};
use estimand_core::Csr;
use ndarray::{Array2, array, s};

/// A plane with small noise of which a share of the rows lies on another plane.
fn spoilt(n: usize, share: f64, seed: u64) -> (Array2<f64>, Array1<f64>) {
    let x = normal(n, 3, seed);
    let mut y = x.dot(&array![1.0, -2.0, 0.5]) + 4.0 + normal(n, 1, seed + 1).column(0).mapv(|e| 0.05 * e);
    let far = (n as f64 * share) as usize;
    let other = x.dot(&array![-3.0, 1.0, 0.0]) + 40.0;
    y.slice_mut(s![..far]).assign(&other.slice(s![..far]));
    (x, y)
}

#[test]
fn trials_as_hartley_and_zisserman_count_them() {
    // Table 4.3: share of good rows, size of a subset, trials for a probability of 0.99.
    let table = [
        (1.0, 2, 1.0),
        (0.95, 2, 2.0),
        (0.9, 2, 3.0),
        (0.7, 2, 7.0),
        (0.5, 2, 17.0),
        (0.95, 8, 5.0),
        (0.9, 8, 9.0),
        (0.7, 8, 78.0),
        (0.5, 8, 1177.0),
    ];
    for (share, size, trials) in table {
        assert_eq!(trials_needed(share, size, 0.99), trials, "{share} {size}");
    }
    assert_eq!(trials_needed(0.01, 10, 0.0), 0.0);
    assert_eq!(trials_needed(0.01, 10, 1.0), f64::INFINITY);
}

#[test]
fn the_good_rows_are_found() {
    for (share, trials) in [(0.0, 100), (0.3, 100), (0.45, 300)] {
        for seed in 0..10 {
            let (x, y) = spoilt(200, share, 10 * seed);
            let settings = RansacRegressor::new(LinearRegression::new())
                .residual_threshold(Some(0.5))
                .max_trials(trials)
                .seed(seed);
            let model = settings.fit((&x, &y)).unwrap();
            let far = (200.0 * share) as usize;
            let good = model.inliers().iter().skip(far).filter(|i| **i).count();
            let bad = model.inliers().iter().take(far).filter(|i| **i).count();
            // A plane through few rows is not exact, and a row of the other plane may cross it by chance.
            assert!(good + 4 >= 200 - far && bad <= 6, "{share} {seed}: {good} {bad} {}", model.report());
            assert!(apart(&array![1.0, -2.0, 0.5], model.coef()) < 0.1, "{}", model.coef());
        }
    }
}

#[test]
fn rules_to_stop() {
    let (x, y) = spoilt(100, 0.3, 3);
    let base =
        RansacRegressor::new(LinearRegression::new()).residual_threshold(Some(0.5)).stop_probability(1.0);
    let trials = |settings: RansacRegressor| settings.fit((&x, &y)).unwrap().report().iterations;
    assert_eq!(trials(base.clone()), 100);
    assert!(trials(base.clone().stop_probability(0.99)) < 40);
    assert!(trials(base.clone().stop_n_inliers(Some(60))) < 40);
    assert!(trials(base.clone().stop_score(0.9)) < 40);
    assert!(trials(base.clone().max_skips(Some(3))) < 40);
    assert_eq!(trials(base.clone().stop_n_inliers(Some(101))), 100);
}

#[test]
fn any_regressor_and_any_number_of_outputs() {
    let (x, y) = spoilt(100, 0.3, 4);
    let ridge =
        RansacRegressor::new(Ridge::new().alpha(1e-3)).residual_threshold(Some(0.5)).fit((&x, &y)).unwrap();
    let model: &LinearModel<f64> = &ridge;
    assert!(apart(&array![1.0, -2.0, 0.5], model.coef()) < 0.1);
    let both = ndarray::stack![Axis(1), y, y];
    let settings = RansacRegressor::new(LinearRegression::new()).residual_threshold(Some(1.0));
    let model = settings.fit((&x, &both)).unwrap();
    assert_eq!(model.predict(&x).unwrap().dim(), (100, 2));
    let alone = settings.clone().residual_threshold(Some(0.5)).fit((&x, &y)).unwrap();
    assert_eq!(model.inliers(), alone.inliers());
    let sparse =
        settings.clone().residual_threshold(Some(0.5)).fit((&Csr::from_dense(x.view()), &y)).unwrap();
    assert_eq!(sparse.inliers(), alone.inliers());
}

#[test]
fn weights_are_repetitions_exactly() {
    let (x, y) = spoilt(80, 0.3, 5);
    let omega = weights(80);
    let settings = RansacRegressor::new(LinearRegression::new());
    let weighted = settings.fit((&x, &y, &omega)).unwrap();
    let rows = repeated(&omega);
    let again = settings.fit((&x.select(Axis(0), &rows), &y.select(Axis(0), &rows))).unwrap();
    assert_eq!(weighted.threshold(), again.threshold());
    assert_eq!(weighted.report().iterations, again.report().iterations);
    assert!(apart(weighted.coef(), again.coef()) < 1e-12);
}

#[test]
fn the_same_bits_on_any_number_of_threads() {
    let (x, y) = spoilt(300, 0.4, 6);
    let settings = RansacRegressor::new(LinearRegression::new());
    let fit = || settings.fit((&x, &y)).unwrap();
    let once = par::with_threads(1, fit).unwrap();
    for threads in [2, 7] {
        assert_eq!(par::with_threads(threads, fit).unwrap(), once);
    }
}

#[test]
fn small_and_degenerate() {
    let settings = RansacRegressor::new(LinearRegression::new());
    for value in [0.0, -2.5, 1e8] {
        let model = settings.fit((&normal(20, 2, 7), &Array1::from_elem(20, value))).unwrap();
        assert!(model.inliers().iter().all(|i| *i));
    }
    let model = settings.fit((&array![[1.0]], &array![3.0])).unwrap();
    assert!((model.predict(&array![[1.0]]).unwrap()[0] - 3.0_f64).abs() < 1e-12);
    let copies = (Array2::from_elem((9, 2), 1.0), Array1::from_elem(9, 3.0));
    assert!(settings.fit((&copies.0, &copies.1)).unwrap().inliers().iter().all(|i| *i));
}

#[test]
fn what_cannot_be_done_is_said() {
    let (x, y) = spoilt(20, 0.0, 8);
    let base = RansacRegressor::new(LinearRegression::new());
    let error = base.clone().min_samples(Some(21)).fit((&x, &y)).unwrap_err().to_string();
    assert!(error.contains("min_samples") && error.contains("20"), "{error}");
    let error = base.clone().min_samples(Some(10)).residual_threshold(Some(0.0)).fit((&x, &y)).unwrap_err();
    assert!(error.to_string().contains("residual_threshold"), "{error}");
    assert!(base.clone().max_trials(0).fit((&x, &y)).is_err());
    let mut bad = x.clone();
    bad[[3, 1]] = f64::NAN;
    assert!(matches!(base.fit((&bad, &y)), Err(Error::NonFinite { row: 3, column: 1, .. })));
}

#[test]
fn a_saved_model_answers_the_same() {
    let (x, y) = spoilt(30, 0.1, 9);
    let model = RansacRegressor::new(LinearRegression::new()).fit((&x, &y)).unwrap();
    assert_eq!(RansacModel::<LinearModel<f64>>::from_bytes(&model.to_bytes().unwrap()).unwrap(), model);
}
