use super::*;
use crate::testing::{apart, normal, regression, repeated, weights};
use crate::{LinearModel, LinearRegression, MultiLinearModel};
use estimand_core::{Csr, Error, Predict};
use ndarray::{Array1, Axis, array};

fn single(n: usize, p: usize, seed: u64) -> (Array2<f64>, Array1<f64>) {
    let (x, y) = regression(n, p, 1, seed);
    (x, y.remove_axis(Axis(1)))
}

fn omp(k: usize) -> OrthogonalMatchingPursuit {
    OrthogonalMatchingPursuit::new().n_nonzero_coefs(Some(k))
}

/// The statement's steps, each with a least squares fit of its own.
fn slow_twin(x: &Array2<f64>, y: &Array1<f64>, omega: &Array1<f64>, k: usize) -> (Vec<usize>, Array1<f64>) {
    let mean = (x * &omega.view().insert_axis(Axis(1))).sum_axis(Axis(0)) / omega.sum();
    let centred = x - &mean;
    let mut active = Vec::new();
    let mut residual = y - y.dot(omega) / omega.sum();
    let mut coef = Array1::zeros(x.ncols());
    for _ in 0..k {
        let c = centred.t().dot(&(&residual * omega));
        let best = (0..x.ncols())
            .filter(|j| !active.contains(j))
            .max_by(|a, b| c[*a].abs().total_cmp(&c[*b].abs()))
            .unwrap();
        active.push(best);
        let model: LinearModel<f64> =
            LinearRegression::new().fit((&x.select(Axis(1), &active), y, omega)).unwrap();
        residual = y - &model.predict(&x.select(Axis(1), &active)).unwrap();
        coef.fill(0.0);
        active.iter().zip(model.coef()).for_each(|(j, w)| coef[*j] = *w);
    }
    (active, coef)
}

#[test]
fn pursuit_is_least_squares_on_what_it_chose() {
    // S at once, row by row, and by the block of rows.
    for (n, p, k) in [(50, 10, 4), (20, 40, 6), (60, 400, 20), (2000, 300, 3)] {
        let (x, y) = single(n, p, 1);
        for omega in [Array1::ones(n), weights(n)] {
            let model: LinearModel<f64> = omp(k).fit((&x, &y, &omega)).unwrap();
            let (_, expected) = slow_twin(&x, &y, &omega, k);
            // Chosen columns are nearly orthogonal: no digits to lose but those of the sums.
            assert!(apart(&expected, model.coef()) < 1e-10, "{n}×{p}");
            let sparse: LinearModel<f64> = omp(k).fit((&Csr::from_dense(x.view()), &y, &omega)).unwrap();
            assert!(apart(&expected, sparse.coef()) < 1e-10);
            let residual = (&y - &model.predict(&x).unwrap()) * &omega;
            for j in (0..p).filter(|j| model.coef()[*j] != 0.0) {
                assert!(x.column(j).dot(&residual).abs() < 1e-9 * n as f64);
            }
        }
    }
}

#[test]
fn it_stops_where_it_is_told_to() {
    let (x, y) = single(80, 12, 2);
    let squares = |k: usize| {
        let model: LinearModel<f64> = omp(k).fit((&x, &y)).unwrap();
        model.report().objective.unwrap()
    };
    for k in 1..12 {
        assert!(squares(k + 1) < squares(k));
        let tol = (squares(k) + squares(k + 1)) / 2.0;
        let model: LinearModel<f64> = OrthogonalMatchingPursuit::new().tol(Some(tol)).fit((&x, &y)).unwrap();
        assert_eq!(model.coef().iter().filter(|w| **w != 0.0).count(), k + 1);
    }
    // All columns are least squares; a tenth of twelve is one.
    let all: LinearModel<f64> = omp(12).fit((&x, &y)).unwrap();
    let expected: LinearModel<f64> = LinearRegression::new().fit((&x, &y)).unwrap();
    assert!(apart(expected.coef(), all.coef()) < 1e-12);
    let one: LinearModel<f64> = OrthogonalMatchingPursuit::new().fit((&x, &y)).unwrap();
    assert_eq!(one.coef().iter().filter(|w| **w != 0.0).count(), 1);
}

#[test]
fn what_is_explained_ends_the_pursuit() {
    let x = normal(30, 5, 3);
    let y = &x.column(2) * 4.0;
    let model: LinearModel<f64> = omp(5).fit((&x, &y)).unwrap();
    assert!((model.coef()[2] - 4.0).abs() < 1e-13);
    assert!(model.coef().iter().map(|w| w.abs()).sum::<f64>() < 4.0 + 1e-12);
    // Of two identical columns one is enough, and a constant target needs none.
    let twins = ndarray::stack![Axis(1), x.column(0), x.column(0)];
    let model: LinearModel<f64> = omp(2).fit((&twins, &(&x.column(0) * 2.0 + x.column(1)))).unwrap();
    assert_eq!(model.coef()[1], 0.0);
    assert!(model.report().notes.iter().any(|note| note.contains("orthogonal")));
    let model: LinearModel<f64> = omp(2).fit((&x, &Array1::from_elem(30, 7.0))).unwrap();
    assert_eq!((model.coef().iter().all(|w| *w == 0.0), model.intercept()), (true, 7.0));
}

#[test]
fn targets_go_their_own_ways_and_weights_are_repetitions() {
    let x = normal(40, 8, 4);
    let y = ndarray::stack![Axis(1), x.column(1).to_owned(), &x.column(5) + &x.column(6)]
        + normal(40, 2, 5) * 0.1;
    let together: MultiLinearModel<f64> = omp(2).fit((&x, &y)).unwrap();
    for k in 0..2 {
        let alone: LinearModel<f64> = omp(2).fit((&x, y.column(k))).unwrap();
        assert!(apart(alone.coef(), together.coef().row(k)) < 1e-13);
    }
    let (omega, y) = (weights(40), y.column(0).to_owned());
    let rows = repeated(&omega);
    let weighted: LinearModel<f64> = omp(3).fit((&x, &y, &omega)).unwrap();
    let long: LinearModel<f64> = omp(3).fit((&x.select(Axis(0), &rows), &y.select(Axis(0), &rows))).unwrap();
    assert!(apart(weighted.coef(), long.coef()) < 1e-12);
}

#[test]
fn cross_validation_finds_the_number_of_columns() {
    let x = normal(120, 30, 6);
    let y = &x.column(3) * 2.0 - x.column(7) + &x.column(20) * 1.5 + &normal(120, 1, 7).column(0) * 0.3;
    let model = OrthogonalMatchingPursuitCv::new().max_iter(Some(10)).fit((&x, &y)).unwrap();
    assert_eq!(model.mse_path().dim(), (10, 5));
    assert!((3..6).contains(&model.n_nonzero_coefs()), "{}", model.n_nonzero_coefs());
    let plain: LinearModel<f64> = omp(model.n_nonzero_coefs()).fit((&x, &y)).unwrap();
    assert_eq!(plain.coef(), model.coef());
    // The errors of the first fold, by hand: rows 24 and on train, the others test.
    let (train, test) = ((24..120).collect::<Vec<_>>(), (0..24).collect::<Vec<_>>());
    for k in 1..=10 {
        let part: LinearModel<f64> =
            omp(k).fit((&x.select(Axis(0), &train), &y.select(Axis(0), &train))).unwrap();
        let left = &y.select(Axis(0), &test) - &part.predict(&x.select(Axis(0), &test)).unwrap();
        assert!((model.mse_path()[[k - 1, 0]] / (left.dot(&left) / 24.0) - 1.0).abs() < 1e-10);
    }
}

#[test]
fn nonsense_is_refused() {
    let (x, y) = (array![[1.0], [2.0]], array![1.0, f64::NAN]);
    let fit = |o: OrthogonalMatchingPursuit| -> Result<LinearModel<f64>> { o.fit((&x, &y)) };
    assert!(matches!(fit(omp(0)), Err(Error::Parameter { .. })));
    assert!(matches!(fit(omp(1)), Err(Error::NonFinite { row: 1, .. })));
}
