use super::*;
use crate::testing::{apart, normal, regression, repeated, weights};
use crate::{LinearModel, LinearRegression, MultiLinearModel};
use estimand_core::split::KFold;
use estimand_core::{Csr, Error, Persist, Predict};
use ndarray::{Axis, array, concatenate};
use proptest::prelude::*;

fn single(n: usize, p: usize, seed: u64) -> (Array2<f64>, Array1<f64>) {
    let (x, y) = regression(n, p, 1, seed);
    (x, y.remove_axis(Axis(1)))
}

/// Few columns matter, and all are correlated.
fn correlated(n: usize, p: usize, seed: u64) -> (Array2<f64>, Array1<f64>) {
    let x = normal(n, p, seed) + normal(n, 1, seed + 1) * 0.7;
    let y = normal(n, 1, seed + 2).remove_axis(Axis(1)) + &x.column(0) * 2.0 - x.column(p / 2) + 4.0;
    (x, y)
}

/// X̃ᵀ(ỹ − X̃w) / Σω
fn covariances(
    x: &Array2<f64>,
    y: &Array1<f64>,
    omega: &Array1<f64>,
    w: ndarray::ArrayView1<'_, f64>,
) -> Array1<f64> {
    let total = omega.sum();
    let mean = (x * &omega.view().insert_axis(Axis(1))).sum_axis(Axis(0)) / total;
    let (x, y) = (x - &mean, y - y.dot(omega) / total);
    x.t().dot(&((&y - &x.dot(&w)) * omega)) / total
}

/// The largest violation of what makes (1) minimal: cⱼ = α sign wⱼ where wⱼ ≠ 0, |cⱼ| ≤ α elsewhere; for w ≥ 0, cⱼ ≤ α.
fn violation(c: &Array1<f64>, w: ndarray::ArrayView1<'_, f64>, alpha: f64, positive: bool) -> f64 {
    c.iter().zip(w).fold(0.0, |max: f64, (c, w)| {
        let here = match w {
            w if *w != 0.0 => (c - alpha * w.signum()).abs() + if positive && *w < 0.0 { 1.0 } else { 0.0 },
            _ => ((if positive { *c } else { c.abs() }) - alpha).max(0.0),
        };
        max.max(here)
    })
}

/// (1) by coordinate descent.
fn slow_twin(x: &Array2<f64>, y: &Array1<f64>, alpha: f64, positive: bool) -> Array1<f64> {
    let n = y.len() as f64;
    let x = x - &x.mean_axis(Axis(0)).unwrap();
    let mut residual = y - y.mean().unwrap();
    let mut w = Array1::<f64>::zeros(x.ncols());
    for _ in 0..20_000 {
        let mut change = 0.0_f64;
        for j in 0..w.len() {
            let column = x.column(j);
            let square = column.dot(&column) / n;
            let c = column.dot(&residual) / n + square * w[j];
            let shrunk =
                if positive { (c - alpha).max(0.0) } else { c.signum() * (c.abs() - alpha).max(0.0) };
            let next = shrunk / square;
            residual.scaled_add(w[j] - next, &column);
            change = change.max((next - w[j]).abs());
            w[j] = next;
        }
        if change < 1e-14 {
            break;
        }
    }
    w
}

#[test]
fn the_path_of_the_r_package() {
    // R, package lars: lars(X, y, type = "lasso", intercept = FALSE, normalize = FALSE), as scikit-learn quotes it. A
    // coefficient leaves and comes back on the way, and the last steps are a million times shorter than the first.
    let y = array![-6.45006793, -3.51251449, -8.52445396, 6.12277822, -19.42109366];
    let x = array![
        [0.47299829, 0.0, 0.0, 0.0, 0.0],
        [0.08239882, 0.85784863, 0.0, 0.0, 0.0],
        [0.30114139, -0.07501577, 0.80895216, 0.0, 0.0],
        [-0.01460346, -0.1015233, 0.0407278, 0.80338378, 0.0],
        [-0.69363927, 0.06754067, 0.18064514, -0.0803561, 0.40427291],
    ];
    let r = array![
        [
            0.0,
            0.0,
            0.0,
            0.0,
            0.0,
            -79.81036280949903,
            -83.52878873278283,
            -83.77765373919071,
            -83.78415693288893,
            -84.03339059175666
        ],
        [0.0, 0.0, 0.0, 0.0, -0.476624256777266, 0.0, 0.0, 0.0, 0.0, 0.025219751009936],
        [
            0.0,
            -3.577397088285891,
            -4.702795355871871,
            -7.016748621359461,
            -7.614898471899412,
            -0.336938391359179,
            0.0,
            0.0,
            0.001213370600853,
            0.048162321585148
        ],
        [
            0.0,
            0.0,
            0.0,
            2.231558436628169,
            2.723267514525966,
            2.811549786389614,
            2.813766976061531,
            2.817462468949557,
            2.817368178703816,
            2.816221090636795
        ],
        [
            0.0,
            0.0,
            -1.218422599914637,
            -3.457726183014808,
            -4.02130452206071,
            -45.827461592423745,
            -47.776608869312305,
            -47.9115616107464,
            -47.914845922736234,
            -48.03956233426572
        ],
    ];
    let path = LassoLars::new().alpha(0.0).fit_intercept(false).path((&x.t().to_owned(), &y)).unwrap();
    assert_eq!(path.coefs.dim(), r.dim());
    assert!((&path.coefs - &r).iter().all(|d| d.abs() < 1e-11), "{}", &path.coefs - &r);
}

#[test]
fn a_path_by_hand() {
    // Orthogonal columns, Σx² = 2 each and n = 4: covariances 3 and 1 over 4. The second enters at ¼.
    let x = array![[1.0, 0.0], [-1.0, 0.0], [0.0, 1.0], [0.0, -1.0]];
    let y = array![1.5, -1.5, -0.5, 0.5];
    for path in [Lars::new().path((&x, &y)).unwrap(), LassoLars::new().alpha(0.0).path((&x, &y)).unwrap()] {
        assert!(apart(&array![0.75, 0.25, 0.0], &path.alphas) < 1e-15);
        assert!(apart(&array![[0.0, 1.0, 1.5], [0.0, 0.0, -0.5]], &path.coefs) < 1e-15);
        assert_eq!(path.active, [0, 1]);
    }
    // Half way between breakpoints, half way between coefficients.
    let model: LinearModel<f64> = LassoLars::new().alpha(0.5).fit((&x, &y)).unwrap();
    assert!(apart(&array![0.5, 0.0], model.coef()) < 1e-15);
}

#[test]
fn covariances_are_equal_at_every_breakpoint() {
    for (n, p) in [(80, 10), (15, 40), (30, 30)] {
        let (x, y) = correlated(n, p, 1);
        for omega in [Array1::ones(n), weights(n)] {
            let path = Lars::new().path((&x, &y, &omega)).unwrap();
            assert_eq!(path.alphas.len() - 1, p.min(omega.iter().filter(|w| **w > 0.0).count() - 1));
            let largest = path.alphas[0];
            for (b, (alpha, w)) in path.alphas.iter().zip(path.coefs.columns()).enumerate() {
                let c = covariances(&x, &y, &omega, w);
                for j in 0..p {
                    let active = path.active[..b].contains(&j);
                    let off = if active { (c[j].abs() - alpha).abs() } else { (c[j].abs() - alpha).max(0.0) };
                    assert!(off < 1e-9 * largest, "{n}×{p} {b} {j}: {off:e}");
                }
            }
        }
        // Where all columns are in, they are least squares.
        let end: LinearModel<f64> = Lars::new().fit((&x, &y)).unwrap();
        if n > 2 * p {
            let expected: LinearModel<f64> = LinearRegression::new().fit((&x, &y)).unwrap();
            assert!(apart(expected.coef(), end.coef()) < 1e-10);
        } else {
            assert!(apart(&y, &end.predict(&x).unwrap()) < 1e-8);
        }
    }
}

#[test]
fn the_lasso_path_is_optimal_and_that_of_coordinate_descent() {
    for (n, p) in [(60, 12), (20, 35)] {
        let (x, y) = correlated(n, p, 5);
        for positive in [false, true] {
            let lasso = LassoLars::new().alpha(0.0).positive(positive);
            let path = lasso.path((&x, &y)).unwrap();
            let largest = path.alphas[0];
            for (alpha, w) in path.alphas.iter().zip(path.coefs.columns()) {
                let c = covariances(&x, &y, &Array1::ones(n), w);
                assert!(violation(&c, w, *alpha, positive) < 1e-10 * largest);
            }
            for share in [0.9, 0.3, 0.05] {
                let alpha = share * largest;
                let model: LinearModel<f64> = lasso.clone().alpha(alpha).fit((&x, &y)).unwrap();
                // Descent stops at steps of 10⁻¹⁴ and contracts slowly.
                assert!(apart(&slow_twin(&x, &y, alpha, positive), model.coef()) < 1e-9);
                let sparse: LinearModel<f64> =
                    lasso.clone().alpha(alpha).fit((&Csr::from_dense(x.view()), &y)).unwrap();
                assert!(apart(model.coef(), sparse.coef()) < 1e-9);
                let fitted = model.predict(&x).unwrap();
                let objective = (&y - &fitted).mapv(|r| r * r).sum() / (2 * n) as f64
                    + alpha * model.coef().iter().map(|w| w.abs()).sum::<f64>();
                assert!((model.report().objective.unwrap() / objective - 1.0).abs() < 1e-10);
            }
        }
    }
}

#[test]
fn coefficients_leave_and_return() {
    // Strongly correlated columns make coefficients change their sign on the way.
    let mut left = 0;
    for seed in 0..20 {
        let x = normal(40, 15, seed).dot(&(normal(15, 15, seed + 100) + Array2::<f64>::eye(15)));
        let y = normal(40, 1, seed + 200).column(0).to_owned() + x.sum_axis(Axis(1)) * 0.1;
        let path = LassoLars::new().alpha(0.0).path((&x, &y)).unwrap();
        let sizes: Vec<usize> =
            path.coefs.columns().into_iter().map(|w| w.iter().filter(|w| **w != 0.0).count()).collect();
        left += sizes.windows(2).filter(|pair| pair[1] < pair[0]).count();
        for (alpha, w) in path.alphas.iter().zip(path.coefs.columns()) {
            let c = covariances(&x, &y, &Array1::ones(40), w);
            assert!(violation(&c, w, *alpha, false) < 1e-9 * path.alphas[0], "{seed}");
        }
    }
    assert!(left > 5, "{left}");
}

#[test]
fn ties_and_twins_do_no_harm() {
    // Two columns with one covariance, and a twin of the first.
    let x = array![[1.0, 0.0, 1.0], [-1.0, 0.0, -1.0], [0.0, 1.0, 0.0], [0.0, -1.0, 0.0]];
    let y = array![1.0, -1.0, -1.0, 1.0];
    let path = LassoLars::new().alpha(0.0).path((&x, &y)).unwrap();
    assert!(apart(&array![0.5, 0.0], &path.alphas) < 1e-15, "{path:?}");
    assert!(apart(&array![1.0, -1.0, 0.0], path.coefs.column(1)) < 1e-15);
    let model: LinearModel<f64> = LassoLars::new().alpha(0.1).fit((&x, &y)).unwrap();
    assert!(model.report().converged && model.coef()[2] == 0.0);
    // Twins, a sum of others and a constant among noise: still optimal for every α.
    let (x, y) = correlated(50, 6, 9);
    let twin = x.column(0).insert_axis(Axis(1)).to_owned();
    let sum = (&x.column(1) + &x.column(2)).insert_axis(Axis(1));
    let x = concatenate![Axis(1), twin, x, sum, Array2::from_elem((50, 1), 3.0)];
    let path = LassoLars::new().alpha(0.0).path((&x, &y)).unwrap();
    for (alpha, w) in path.alphas.iter().zip(path.coefs.columns()) {
        let c = covariances(&x, &y, &Array1::ones(50), w);
        assert!(violation(&c, w, *alpha, false) < 1e-9 * path.alphas[0]);
    }
    assert!(path.alphas.iter().zip(path.alphas.iter().skip(1)).all(|(a, b)| b <= a));
}

#[test]
fn weights_are_repetitions_and_targets_independent() {
    let (x, y) = correlated(40, 8, 10);
    let omega = weights(40);
    let rows = repeated(&omega);
    let lasso = LassoLars::new().alpha(0.05);
    let weighted: LinearModel<f64> = lasso.fit((&x, &y, &omega)).unwrap();
    let long: LinearModel<f64> = lasso.fit((&x.select(Axis(0), &rows), &y.select(Axis(0), &rows))).unwrap();
    assert!(apart(weighted.coef(), long.coef()) < 1e-11);
    let both = ndarray::stack![Axis(1), y, &x.column(3) * 2.0];
    let together: MultiLinearModel<f64> = lasso.fit((&x, &both)).unwrap();
    for k in 0..2 {
        let alone: LinearModel<f64> = lasso.fit((&x, both.column(k))).unwrap();
        assert!(apart(alone.coef(), together.coef().row(k)) < 1e-13);
    }
}

#[test]
fn criteria_and_folds_choose_a_place_on_the_path() {
    let (x, y) = correlated(100, 12, 11);
    let path = LassoLars::new().alpha(0.0).path((&x, &y)).unwrap();
    for criterion in [PathCriterion::Aic, PathCriterion::Bic] {
        let model = LassoLarsIc::new().criterion(criterion).fit((&x, &y)).unwrap();
        let each = if criterion == PathCriterion::Aic { 2.0 } else { 100_f64.ln() };
        let least: LinearModel<f64> = LinearRegression::new().fit((&x, &y)).unwrap();
        let noise = (&y - &least.predict(&x).unwrap()).mapv(|r| r * r).sum() / 87.0;
        assert!((model.noise_variance() / noise - 1.0).abs() < 1e-12);
        for (b, w) in path.coefs.columns().into_iter().enumerate() {
            let squares = (&y - &(x.dot(&w) + path.intercepts[b])).mapv(|r| r * r).sum();
            let k = w.iter().filter(|w| **w != 0.0).count() as f64;
            let value = 100.0 * (2.0 * std::f64::consts::PI * noise).ln() + squares / noise + each * k;
            assert!((model.criterion()[b] / value - 1.0).abs() < 1e-10);
            assert!(
                model.criterion()[b]
                    >= model.criterion()[model.alphas().iter().position(|a| *a == model.alpha()).unwrap()]
            );
        }
        assert_eq!(LassoLarsIcModel::from_bytes(&model.to_bytes().unwrap()).unwrap(), model);
    }
    let model = LassoLarsCv::new().cv(KFold::new(4)).fit((&x, &y)).unwrap();
    // The error of a fold at some α is that of the lasso fitted there.
    let (train, test) = ((25..100).collect::<Vec<_>>(), (0..25).collect::<Vec<_>>());
    for a in (0..model.cv_alphas().len()).step_by(5) {
        let alpha = model.cv_alphas()[a];
        let part: LinearModel<f64> = LassoLars::new()
            .alpha(alpha)
            .fit((&x.select(Axis(0), &train), &y.select(Axis(0), &train)))
            .unwrap();
        let left = &y.select(Axis(0), &test) - &part.predict(&x.select(Axis(0), &test)).unwrap();
        assert!((model.mse_path()[[a, 0]] / (left.dot(&left) / 25.0) - 1.0).abs() < 1e-8);
    }
    let plain: LinearModel<f64> = LassoLars::new().alpha(model.alpha()).fit((&x, &y)).unwrap();
    assert_eq!(plain.coef(), model.coef());
    let lars = LarsCv::new().fit((&x, &y)).unwrap();
    assert!(lars.coef()[0] > 1.0 && lars.alpha() > 0.0);
    assert_eq!(LarsCvModel::from_bytes(&lars.to_bytes().unwrap()).unwrap(), lars);
}

#[test]
fn nonsense_is_refused() {
    let (x, y) = single(10, 12, 12);
    assert!(matches!(LassoLarsIc::new().fit((&x, &y)), Err(Error::Parameter { .. })));
    assert!(LassoLarsIc::new().noise_variance(Some(1.0)).fit((&x, &y)).is_ok());
    let negative: Result<LinearModel<f64>> = LassoLars::new().alpha(-1.0).fit((&x, &y));
    assert!(matches!(negative, Err(Error::Parameter { .. })));
    let mut bad = x.clone();
    bad[[4, 7]] = f64::INFINITY;
    let refused: Result<LinearModel<f64>> = Lars::new().fit((&bad, &y));
    assert!(matches!(refused, Err(Error::NonFinite { row: 4, column: 7, .. })));
    // Too few steps are said to be too few.
    let (x, y) = correlated(50, 10, 13);
    let short: LinearModel<f64> = LassoLars::new().alpha(1e-6).max_iter(2).fit((&x, &y)).unwrap();
    assert!(!short.report().converged);
}
#[test]
fn columns_too_small_beside_others_are_named() {
    let (x, y) = single(30, 3, 14);
    let scaled = &x * &array![1e12, 1.0, 1e-12];
    let model: LinearModel<f64> = Lars::new().fit((&scaled, &y)).unwrap();
    assert!(model.report().notes.iter().any(|note| note.contains("too small")), "{}", model.report());
    for x in [&x, &(&x * &array![1e4, 1.0, 1e-4])] {
        let model: LinearModel<f64> = Lars::new().fit((x, &y)).unwrap();
        assert_eq!(model.report().notes, Vec::<String>::new());
    }
}

#[test]
fn the_scale_of_y_changes_no_choice() {
    let (x, y) = correlated(60, 5, 15);
    let choices = |y: &Array1<f64>| {
        let folds = LassoLarsCv::new().fit((&x, y)).map(|m| m.coef().to_owned());
        [folds, LassoLarsIc::new().fit((&x, y)).map(|m| m.coef().to_owned())]
    };
    for scale in [1e-100, 1e100] {
        for (a, b) in choices(&y).into_iter().zip(choices(&(&y * scale))) {
            assert!(apart(&a.unwrap(), &(b.unwrap() / scale)) < 1e-9);
        }
    }
    for scale in [1e-160, 1e200] {
        assert!(choices(&(&y * scale)).iter().all(|choice| matches!(choice, Err(Error::Numerical { .. }))));
    }
}

proptest! {
    #[test]
    fn every_path_is_optimal(n in 2_usize..30, p in 1_usize..20, seed in 0_u64..1000, grid: bool, positive: bool) {
        let (mut x, mut y) = single(n, p, seed);
        if grid {
            // Few distinct values: ties, twins and constant columns.
            x.mapv_inplace(|v| v.round().clamp(-1.0, 1.0));
            y.mapv_inplace(f64::round);
        }
        let path = LassoLars::new().alpha(0.0).positive(positive).path((&x, &y)).unwrap();
        let largest = path.alphas[0].max(1e-3);
        for (alpha, w) in path.alphas.iter().zip(path.coefs.columns()) {
            let c = covariances(&x, &y, &Array1::ones(n), w);
            // Nearly dependent columns, down to an angle of 10⁻⁶, cost digits of the coefficients but not of the covariances.
            prop_assert!(violation(&c, w, *alpha, positive) < 1e-7 * largest, "{} {}", alpha, w);
        }
    }
}
