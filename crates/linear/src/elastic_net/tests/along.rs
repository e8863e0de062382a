//! Paths, several candidates at once, cross-validation.

use super::super::cv::{Chosen, Search};
use super::super::{
    Alphas, ElasticNetCv, LassoCv, MultiTaskElasticNetCv, MultiTaskLassoCv, PathOptions, enet_path,
    lasso_path,
};
use super::*;
use estimand_core::split::{Folds, KFold, ShuffleSplit};
use estimand_core::{Csr, Persist};

#[test]
fn a_path_is_as_many_fits() {
    for (n, p) in [(80, 10), (40, 300)] {
        let (x, y) = sparse_problem(n, p, 1, 41);
        let y = y.column(0).to_owned();
        let path = lasso_path((&x, &y), &PathOptions::new().alphas(20).tol(1e-12).max_iter(50_000)).unwrap();
        assert!(path.coefs().column(0).iter().all(|w| *w == 0.0));
        assert!((path.alphas()[19] / path.alphas()[0] - 1e-3).abs() < 1e-12);
        let squares = y.mapv(|v| (v - y.mean().unwrap()).powi(2)).mean().unwrap();
        assert!(path.dual_gaps().iter().all(|gap| *gap <= 1e-12 * squares));
        for i in [3, 10, 19] {
            let alone =
                Lasso::new().alpha(path.alphas()[i]).tol(1e-12).max_iter(50_000).fit((&x, &y)).unwrap();
            let model = path.model(i).unwrap();
            assert!(apart(alone.coef(), model.coef()) < 1e-4, "{n} × {p} {i}");
            assert!((model.intercept() - path.intercepts()[i]).abs() == 0.0);
        }
        assert!(path.model(20).is_none());
    }
}

#[test]
fn paths_take_given_alphas_in_any_order() {
    let (x, y) = sparse_problem(50, 6, 1, 43);
    let y = y.column(0).to_owned();
    let options = PathOptions::new().alphas([0.0, 1.0, 0.1]);
    let path = enet_path((&x, &y), 0.5, &options).unwrap();
    assert_eq!(path.alphas(), array![1.0, 0.1, 0.0]);
    let ols = LinearRegression::new().fit((&x, &y)).unwrap();
    assert!(apart(ols.coef(), path.coefs().column(2)) < 1e-10);
    let error = enet_path((&x, &y), 0.0, &PathOptions::new()).unwrap_err();
    assert!(matches!(&error, Error::Parameter { name, .. } if name == "l1_ratio"), "{error}");
    for alphas in [Alphas::Grid(0), Alphas::Given(vec![]), Alphas::Given(vec![-1.0])] {
        assert!(matches!(
            lasso_path((&x, &y), &PathOptions::new().alphas(alphas)),
            Err(Error::Parameter { .. })
        ));
    }
}

#[test]
fn candidates_fitted_together_are_as_alone() {
    let (x, y) = sparse_problem(60, 7, 1, 45);
    let y = y.column(0).to_owned();
    let candidates = [
        ElasticNet::new().alpha(0.5),
        ElasticNet::new().alpha(0.5).l1_ratio(0.9),
        ElasticNet::new().alpha(0.01),
        ElasticNet::new().alpha(-1.0),
        ElasticNet::new().alpha(0.0),
    ];
    let together = Fit::<f64, Array1<f64>>::fit_many(&candidates.each_ref(), (&x, &y).into());
    for (settings, model) in candidates.iter().zip(together) {
        assert_eq!(settings.fit((&x, &y)), model);
    }
}

fn search(
    route: Route,
    joint: bool,
    samples: Samples<'_, f64, Array2<f64>>,
    cv: &Folds,
    intercept: bool,
) -> Chosen {
    let base = if joint { MultiTaskLasso::new().spec() } else { Lasso::new().spec() };
    let spec = Spec { route, tol: 1e-12, max_iter: 50_000, ..base };
    let alphas = Alphas::Grid(12);
    Search { spec, fit_intercept: intercept, ratios: &[0.5, 1.0], alphas: &alphas, eps: 1e-3 }
        .run(samples, cv)
        .unwrap()
}

#[test]
fn moments_of_parts_and_folds_one_by_one_agree() {
    let (x, y) = sparse_problem(90, 8, 2, 47);
    let (x, y) = (x + 10.0, y - 50.0);
    let omega = weights(90);
    let sparse = Csr::from_dense(x.view());
    let splitters: [Folds; 3] = [
        KFold::new(5).into(),
        KFold::new(4).shuffle(true).seed(3).into(),
        ShuffleSplit::new().n_splits(3).into(),
    ];
    for cv in &splitters {
        for (joint, intercept) in [(false, true), (true, true), (true, false)] {
            let samples = Samples::new((&x).into(), y.view());
            for samples in [samples, samples.with_weights(&omega), samples.with_x((&sparse).into())] {
                let parts = search(Route::Auto, joint, samples, cv, intercept);
                let folds = search(Route::WorkingSets, joint, samples, cv, intercept);
                assert!(apart(&parts.alphas, &folds.alphas) < 1e-12);
                assert!(apart(&parts.mse_path, &folds.mse_path) < 1e-5);
                assert_eq!((parts.alpha, parts.l1_ratio), (parts.alpha, folds.l1_ratio));
                assert!(apart(&parts.solution.coef, &folds.solution.coef) < 1e-5);
            }
        }
    }
}

#[test]
fn errors_are_those_of_models_on_their_test_rows() {
    let (x, y) = sparse_problem(60, 6, 1, 49);
    let y = y.column(0).to_owned();
    let model = LassoCv::new().alphas([1.0, 0.1]).cv(KFold::new(3)).tol(1e-10).fit((&x, &y)).unwrap();
    for (i, alpha) in [1.0, 0.1].into_iter().enumerate() {
        for fold in 0..3 {
            let test: Vec<usize> = (20 * fold..20 * (fold + 1)).collect();
            let train: Vec<usize> = (0..60).filter(|i| !test.contains(i)).collect();
            let select = |rows: &[usize]| (x.select(Axis(0), rows), y.select(Axis(0), rows));
            let ((a, b), (c, d)) = (select(&train), select(&test));
            let found = Lasso::new().alpha(alpha).tol(1e-10).fit((&a, &b)).unwrap();
            let error = (found.predict(&c).unwrap() - d).mapv(|e| e * e).mean().unwrap();
            assert!((model.mse_path()[[0, i, fold]] - error).abs() < 1e-6 * error);
        }
    }
    let best = if model.mse_path().slice(s![0, 0, ..]).sum() <= model.mse_path().slice(s![0, 1, ..]).sum() {
        1.0
    } else {
        0.1
    };
    assert_eq!(model.alpha(), best);
    let again = Lasso::new().alpha(best).tol(1e-10).fit((&x, &y)).unwrap();
    assert!(apart(again.coef(), model.coef()) < 1e-7);
    assert_eq!(super::super::ElasticNetCvModel::from_bytes(&model.to_bytes().unwrap()).unwrap(), model);
}

#[test]
fn a_constant_target_leaves_nothing_to_choose() {
    let (x, _) = sparse_problem(30, 3, 1, 51);
    let model = ElasticNetCv::new().alphas(3).fit((&x, &Array1::from_elem(30, 5.0))).unwrap();
    assert_eq!(model.predict(&x).unwrap(), Array1::from_elem(30, 5.0));
    assert!(model.alphas().iter().all(|a| *a == 1e-15));
    let y = Array2::from_shape_fn((30, 2), |(_, k)| 5.0 * k as f64);
    let model = MultiTaskElasticNetCv::new().alphas(3).fit((&x, &y)).unwrap();
    assert_eq!(model.predict(&x).unwrap(), y);
    let model = MultiTaskLassoCv::new().alphas(3).fit((&x, &y)).unwrap();
    assert_eq!(model.predict(&x).unwrap(), y);
}

#[test]
fn ratios_out_of_range_are_refused() {
    let (x, y) = sparse_problem(30, 3, 1, 53);
    for ratios in [vec![], vec![0.5, 1.5], vec![f64::NAN]] {
        let error = ElasticNetCv::new().l1_ratio(ratios).fit((&x, &y.column(0))).unwrap_err();
        assert!(matches!(&error, Error::Parameter { name, .. } if name == "l1_ratio"), "{error}");
    }
}

#[test]
fn small_units_of_y_change_no_choice() {
    let (x, y) = sparse_problem(60, 8, 1, 57);
    let y = y.column(0).to_owned();
    let fit = |y: &Array1<f64>| LassoCv::new().alphas(20).fit((&x, y));
    let model = fit(&y).unwrap();
    for scale in [1e-20, 1e-100, 1e100] {
        let scaled = fit(&(&y * scale)).unwrap();
        assert!((scaled.alpha() / scale / model.alpha() - 1.0).abs() < 1e-9, "{scale}");
        assert!(apart(model.coef(), &(scaled.coef() / scale)) < 1e-6, "{scale}");
    }
    for scale in [1e-160, 1e200] {
        assert!(matches!(fit(&(&y * scale)), Err(Error::Numerical { .. })), "{scale}");
    }
}
