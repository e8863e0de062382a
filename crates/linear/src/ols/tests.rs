use super::*;
use crate::LinearModel;
use crate::testing::{apart, gradient, regression, weights};
use estimand_core::{Csr, Error, Predict};
use ndarray::{Array1, Array2, Axis, array, s};
use proptest::prelude::*;

fn single(n: usize, p: usize, seed: u64) -> (Array2<f64>, Array1<f64>) {
    let (x, y) = regression(n, p, 1, seed);
    (x, y.remove_axis(Axis(1)))
}

const SOLVERS: [LeastSquaresSolver; 4] = [
    LeastSquaresSolver::Auto,
    LeastSquaresSolver::Cholesky,
    LeastSquaresSolver::Svd,
    LeastSquaresSolver::ConjugateGradient,
];

#[test]
fn a_plane_is_found_exactly() {
    let x = array![[0.0, 1.0], [1.0, 0.0], [2.0, 2.0], [3.0, 1.0], [-1.0, 4.0]];
    let y = array![2.0, 5.0, 5.0, 8.0, -3.0]; // 3 + 2 x₀ − x₁
    for solver in SOLVERS {
        let model = LinearRegression::new().solver(solver).fit((&x, &y)).unwrap();
        assert!(apart(&array![2.0, -1.0], model.coef()) < 1e-13, "{solver:?}");
        assert!((model.intercept() - 3.0).abs() < 1e-13, "{solver:?}");
        assert!(model.report().objective.unwrap() < 1e-13, "{solver:?}: {}", model.report());
    }
}

#[test]
fn normal_equations_serve_wide_records_too() {
    let (x, y) = single(20, 50, 3);
    let model = |solver| LinearRegression::new().solver(solver).fit((&x, &y)).unwrap();
    let (cholesky, auto) = (model(LeastSquaresSolver::Cholesky), model(LeastSquaresSolver::Auto));
    assert_eq!(cholesky.report().solver, "dual Cholesky");
    assert!(apart(auto.coef(), cholesky.coef()) < 1e-12);
    let twice = ndarray::concatenate![Axis(0), x, x.slice(s![..1, ..])];
    let y = ndarray::concatenate![Axis(0), y, y.slice(s![..1])];
    let refused = LinearRegression::new().solver(LeastSquaresSolver::Cholesky).fit((&twice, &y)).unwrap_err();
    assert!(refused.to_string().contains("rows are collinear"), "{refused}");
}

#[test]
fn longley_to_the_certified_digits() {
    // NIST StRD Longley (1967): six economic series with a condition of 10⁹ unscaled. Certified values.
    let x = array![
        [83.0_f64, 234289.0, 2356.0, 1590.0, 107608.0, 1947.0],
        [88.5, 259426.0, 2325.0, 1456.0, 108632.0, 1948.0],
        [88.2, 258054.0, 3682.0, 1616.0, 109773.0, 1949.0],
        [89.5, 284599.0, 3351.0, 1650.0, 110929.0, 1950.0],
        [96.2, 328975.0, 2099.0, 3099.0, 112075.0, 1951.0],
        [98.1, 346999.0, 1932.0, 3594.0, 113270.0, 1952.0],
        [99.0, 365385.0, 1870.0, 3547.0, 115094.0, 1953.0],
        [100.0, 363112.0, 3578.0, 3350.0, 116219.0, 1954.0],
        [101.2, 397469.0, 2904.0, 3048.0, 117388.0, 1955.0],
        [104.6, 419180.0, 2822.0, 2857.0, 118734.0, 1956.0],
        [108.4, 442769.0, 2936.0, 2798.0, 120445.0, 1957.0],
        [110.8, 444546.0, 4681.0, 2637.0, 121950.0, 1958.0],
        [112.6, 482704.0, 3813.0, 2552.0, 123366.0, 1959.0],
        [114.2, 502601.0, 3931.0, 2514.0, 125368.0, 1960.0],
        [115.7, 518173.0, 4806.0, 2572.0, 127852.0, 1961.0],
        [116.9, 554894.0, 4007.0, 2827.0, 130081.0, 1962.0],
    ];
    let y = array![
        60323.0, 61122.0, 60171.0, 61187.0, 63221.0, 63639.0, 64989.0, 63761.0, 66019.0, 67857.0, 68169.0,
        66513.0, 68655.0, 69564.0, 69331.0, 70551.0
    ];
    let certified = [
        15.0618722713733,
        -0.358191792925910e-01,
        -2.02022980381683,
        -1.03322686717359,
        -0.511041056535807e-01,
        1829.15146461355,
    ];
    for solver in [LeastSquaresSolver::Auto, LeastSquaresSolver::Cholesky, LeastSquaresSolver::Svd] {
        let model = LinearRegression::new().solver(solver).fit((&x, &y)).unwrap();
        for (w, certified) in model.coef().iter().zip(&certified) {
            // The condition of the scaled, centred columns is about 100: twelve digits are due, fifteen are certified.
            assert!((w / certified - 1.0).abs() < 1e-11, "{solver:?}: {w} {certified}");
        }
        assert!((model.intercept() / -3482258.63459582 - 1.0).abs() < 1e-11, "{solver:?}");
        // Certified residual standard deviation 304.854073561965 with 9 degrees of freedom.
        let residual = &y - &model.predict(&x).unwrap();
        assert!(((residual.dot(&residual) / 9.0).sqrt() / 304.854073561965 - 1.0).abs() < 1e-11);
    }
}

#[test]
fn more_columns_than_rows_interpolate_with_least_norm() {
    let (x, y) = single(8, 20, 1);
    for intercept in [true, false] {
        let model = LinearRegression::new().fit_intercept(intercept).fit((&x, &y)).unwrap();
        assert!(apart(&y, &model.predict(&x).unwrap()) < 1e-13);
        // The shortest solution lies in the row space: taking it apart into rows leaves nothing over.
        let rows = if intercept { &x - &x.mean_axis(Axis(0)).unwrap() } else { x.clone() };
        let back = LinearRegression::new().fit_intercept(false).fit((&rows.t(), model.coef())).unwrap();
        assert!(apart(model.coef(), &rows.t().dot(back.coef())) < 1e-12);
        let sparse =
            LinearRegression::new().fit_intercept(intercept).fit((&Csr::from_dense(x.view()), &y)).unwrap();
        assert!(apart(model.coef(), sparse.coef()) < 1e-7, "{}", sparse.report());
    }
}

#[test]
fn weights_of_zero_leave_rows_out() {
    let (x, y) = single(30, 3, 2);
    let omega: Array1<f64> = (0..30).map(|i| f64::from(i >= 10)).collect();
    let weighted = LinearRegression::new().fit((&x, &y, &omega)).unwrap();
    let (x, y) = (x.slice(s![10.., ..]), y.slice(s![10..]));
    let without = LinearRegression::new().fit((x, y)).unwrap();
    assert!(apart(without.coef(), weighted.coef()) < 1e-13);
    assert!((without.intercept() - weighted.intercept()).abs() < 1e-13);
}

#[test]
fn least_squares_is_ridge_without_penalty() {
    for (n, p) in [(50, 6), (6, 10)] {
        let (x, y) = single(n, p, 3);
        let model = LinearRegression::new().fit((&x, &y)).unwrap();
        let ridge = crate::Ridge::new().alpha(0.0).fit((&x, &y)).unwrap();
        assert_eq!((model.coef(), model.intercept()), (ridge.coef(), ridge.intercept()));
    }
}

#[test]
fn several_targets() {
    let (x, y) = regression(40, 3, 2, 4);
    let model = LinearRegression::new().fit((&x, &y)).unwrap();
    for k in 0..2 {
        let alone: LinearModel<f64> = LinearRegression::new().fit((&x, y.column(k))).unwrap();
        assert!(apart(alone.coef(), model.coef().row(k)) < 1e-13);
    }
    assert_eq!(model.predict(&x).unwrap().dim(), (40, 2));
}

#[test]
fn nothing_is_predicted_from_nonsense() {
    let (x, y) = single(10, 2, 5);
    let mut bad = x.clone();
    bad[[3, 1]] = f64::NAN;
    assert!(matches!(
        LinearRegression::new().fit((&bad, &y)),
        Err(Error::NonFinite { row: 3, column: 1, .. })
    ));
    assert!(matches!(LinearRegression::new().tol(-1.0).fit((&x, &y)), Err(Error::Parameter { .. })));
    assert!(matches!(LinearRegression::new().fit((&x, &array![1.0])), Err(Error::Shape { .. })));
}

proptest! {
    #[test]
    fn residuals_are_orthogonal_to_the_columns(n in 1_usize..60, p in 1_usize..12, seed in 0_u64..1000, intercept: bool, weighted: bool) {
        let (x, y) = single(n, p, seed);
        let omega = if weighted && n > 4 { weights(n) } else { Array1::ones(n) };
        let model = LinearRegression::new().fit_intercept(intercept).fit((&x, &y, &omega)).unwrap();
        let residual = gradient(&x, &y, Some(&omega), model.coef(), model.intercept(), 0.0);
        // ε times the condition that the cheap solvers accept without refinement, 10⁶.
        prop_assert!(residual < 1e-9, "{residual:e} {}", model.report());
    }
}

/// The largest violation of what makes w ≥ 0 minimal: no gradient where w > 0, none that would lower the objective elsewhere.
fn violation(
    x: &Array2<f64>,
    y: &Array1<f64>,
    omega: &Array1<f64>,
    model: &LinearModel<f64>,
    intercept: bool,
) -> f64 {
    let residual = (y - &x.dot(model.coef()) - model.intercept()) * omega;
    let start = if intercept { residual.sum().abs() / (y * omega).mapv(f64::abs).sum() } else { 0.0 };
    let size = y.dot(&(y * omega)).sqrt();
    x.columns().into_iter().zip(model.coef()).fold(start, |max, (column, w)| {
        let c = column.dot(&residual) / (column.dot(&(&column * omega)).sqrt() * size).max(f64::MIN_POSITIVE);
        max.max(if *w > 0.0 { c.abs() } else { c })
    })
}

#[test]
fn coefficients_are_not_negative_by_hand() {
    // Orthogonal columns: each coefficient by itself, and the negative one is 0.
    let x = array![[1.0, 0.0], [-1.0, 0.0], [0.0, 1.0], [0.0, -1.0]];
    let y = array![3.0, -1.0, -2.0, 4.0];
    let model: LinearModel<f64> = LinearRegression::new().positive(true).fit((&x, &y)).unwrap();
    assert!(
        (model.coef()[0] - 2.0).abs() < 1e-15 && model.coef()[1] == 0.0 && model.intercept() == 1.0,
        "{model:?}"
    );
    let refused: Result<LinearModel<f64>> =
        LinearRegression::new().positive(true).solver(LeastSquaresSolver::Svd).fit((&x, &y));
    assert!(matches!(refused, Err(Error::Unsupported { .. })));
}

#[test]
fn non_negative_targets_share_the_products() {
    let (x, y) = regression(40, 6, 3, 21);
    let x = &x * &array![1.0, -1.0, 1.0, 1.0, -1.0, 1.0];
    let together = LinearRegression::new().positive(true).fit((&x, &y)).unwrap();
    for k in 0..3 {
        let alone: LinearModel<f64> = LinearRegression::new().positive(true).fit((&x, y.column(k))).unwrap();
        assert!(apart(alone.coef(), together.coef().row(k)) < 1e-13);
        assert!(alone.coef()[1] == 0.0 && alone.coef()[0] > 0.5);
    }
}

proptest! {
    #[test]
    fn non_negative_coefficients_are_optimal(n in 2_usize..60, p in 1_usize..40, seed in 0_u64..1000, intercept: bool, weighted: bool, twins: bool) {
        let (x, _) = single(n, p, seed);
        let x = if twins { x.select(Axis(1), &(0..p).chain(0..p).collect::<Vec<_>>()) } else { x };
        let y = crate::testing::normal(n, 1, seed + 5).column(0).to_owned() + x.column(0);
        let omega = if weighted && n > 4 { weights(n) } else { Array1::ones(n) };
        let settings = LinearRegression::new().fit_intercept(intercept).positive(true);
        let model: LinearModel<f64> = settings.fit((&x, &y, &omega)).unwrap();
        prop_assert!(model.report().converged && model.coef().iter().all(|w| *w >= 0.0));
        // Columns in the model are at an angle of at least 10⁻⁶ to one another.
        let off = violation(&x, &y, &omega, &model, intercept);
        prop_assert!(off < 1e-9, "{off:e}");
        let sparse: LinearModel<f64> = settings.fit((&Csr::from_dense(x.view()), &y, &omega)).unwrap();
        prop_assert!(violation(&x, &y, &omega, &sparse, intercept) < 1e-9);
    }
}
