use super::*;
use crate::testing::{apart, normal, repeated, weights};
use DiscriminantSolver::{Eigen, Lsqr, Svd};
use estimand_core::{
    ClassWeight, Classifier, Decide, Fit, Predict, PredictProba, Priors, Scratch, Transform, TransformOne,
};
use ndarray::{Array1, Array2, Axis, array, concatenate, s};

type Linear = Classifier<LinearDiscriminantModel<f64>, usize>;

/// k classes around means of their own, one after the other.
fn classes(n: usize, p: usize, k: usize, seed: u64) -> (Array2<f64>, Array1<usize>) {
    let y = Array1::from_shape_fn(n, |i| i % k);
    let means = normal(k, p, seed + 100) * 1.5;
    let mix = normal(p, p, seed + 200) * 0.3 + Array2::<f64>::eye(p);
    let x = normal(n, p, seed).dot(&mix) + means.select(Axis(0), &y.to_vec());
    (x, y)
}

fn lda() -> LinearDiscriminantAnalysis {
    LinearDiscriminantAnalysis::new()
}

fn qda() -> QuadraticDiscriminantAnalysis {
    QuadraticDiscriminantAnalysis::new()
}

/// Mean and covariance of each class, and its share, from two passes over its rows.
fn moments(x: &Array2<f64>, y: &Array1<usize>, k: usize) -> Vec<(Array1<f64>, Array2<f64>, f64)> {
    let of_class = |c: usize| {
        let rows: Vec<usize> = (0..y.len()).filter(|i| y[*i] == c).collect();
        let x = x.select(Axis(0), &rows);
        let mean = x.mean_axis(Axis(0)).unwrap();
        let centred = &x - &mean;
        (mean, centred.t().dot(&centred) / rows.len() as f64, rows.len() as f64 / y.len() as f64)
    };
    (0..k).map(of_class).collect()
}

/// A⁻¹b and ln |det A|, by Gauss–Jordan elimination.
fn solve(a: &Array2<f64>, b: &Array1<f64>) -> (Array1<f64>, f64) {
    let p = b.len();
    let (mut a, mut b, mut log_det) = (a.clone(), b.clone(), 0.0);
    for j in 0..p {
        let pivot = (j..p).max_by(|i, k| a[[*i, j]].abs().total_cmp(&a[[*k, j]].abs())).unwrap();
        for l in 0..p {
            a.swap([j, l], [pivot, l]);
        }
        b.swap(j, pivot);
        log_det += a[[j, j]].abs().ln();
        for i in (0..p).filter(|i| *i != j) {
            let f = a[[i, j]] / a[[j, j]];
            for l in 0..p {
                a[[i, l]] -= f * a[[j, l]];
            }
            b[i] -= f * b[j];
        }
    }
    (Array1::from_shape_fn(p, |j| b[j] / a[[j, j]]), log_det)
}

/// ln π_c − ½ ln det Σ_c − ½ (x − m_c)ᵀ Σ_c⁻¹ (x − m_c)
fn densities(ask: &Array2<f64>, classes: &[(Array1<f64>, Array2<f64>, f64)]) -> Array2<f64> {
    Array2::from_shape_fn((ask.nrows(), classes.len()), |(i, c)| {
        let (mean, covariance, share) = &classes[c];
        let d = &ask.row(i) - mean;
        let (solved, log_det) = solve(covariance, &d);
        share.ln() - 0.5 * log_det - 0.5 * d.dot(&solved)
    })
}

/// Rows less their mean: what of scores is not shared by the classes.
fn contrasts(z: &Array2<f64>) -> Array2<f64> {
    z - &z.mean_axis(Axis(1)).unwrap().insert_axis(Axis(1))
}

#[test]
fn a_case_by_hand() {
    // Both classes have covariance I / 3; means (−2, 0) and (2, 0).
    let x = array![[-3.0, 0.0], [-1.0, 0.0], [-2.0, 1.0], [-2.0, -1.0], [-2.0, 0.0], [-2.0, 0.0]];
    let x = concatenate![Axis(0), x, &x + &array![4.0, 0.0]];
    let y: Array1<usize> = (0..12).map(|i| i / 6).collect();
    for solver in [Svd, Lsqr, Eigen] {
        let model = lda().solver(solver).fit((&x, &y)).unwrap();
        // w = Σ⁻¹(m₁ − m₀) = 3 · (4, 0); odds 1 at 0.
        assert!(apart(&model.coef(), &array![[12.0, 0.0]]) < 1e-14, "{solver:?}: {}", model.coef());
        assert!(model.intercept()[0].abs() < 1e-14);
        let model = lda().solver(solver).priors([0.2, 0.8]).fit((&x, &y)).unwrap();
        assert!((model.decision_function(&array![[0.0, 5.0]]).unwrap()[[0, 0]] - 4.0_f64.ln()).abs() < 1e-14);
    }
    let model = lda().fit((&x, &y)).unwrap();
    // Unit spread within classes along the only direction: 1 / √(1/3).
    assert!((model.scalings().unwrap()[[0, 0]].abs() - 3.0_f64.sqrt()).abs() < 1e-14);
    assert_eq!(model.explained_variance_ratio().to_vec(), [1.0]);
    assert_eq!(model.means(), array![[-2.0, 0.0], [2.0, 0.0]]);
}

#[test]
fn linear_scores_are_those_of_the_densities() {
    for (n, p, k) in [(60, 3, 2), (90, 5, 3), (400, 12, 10)] {
        let (x, y) = classes(n, p, k, n as u64);
        let mut each = moments(&x, &y, k);
        let pooled = each.iter().fold(Array2::zeros((p, p)), |sum, (_, s, share)| sum + s * *share);
        each.iter_mut().for_each(|class| class.1 = pooled.clone());
        let truth = contrasts(&densities(&x, &each));
        for solver in [Svd, Lsqr, Eigen] {
            let model = lda().solver(solver).fit((&x, &y)).unwrap();
            let found = model.decision_function(&x).unwrap();
            let found =
                if k == 2 { concatenate![Axis(1), -&found / 2.0, &found / 2.0] } else { contrasts(&found) };
            // The means of k > 2 classes do not span all of the space: `Svd` scores along them alone, by the same densities.
            assert!(apart(&truth, &found) < 1e-10, "{solver:?}, {n} × {p}: {:e}", apart(&truth, &found));
        }
    }
}

#[test]
fn the_solvers_agree() {
    let (x, y) = classes(200, 6, 4, 5);
    for x in [x.clone(), &x + 1e5, &x * &Array1::logspace(10.0, -6.0, 6.0, 6)] {
        let fit = |solver: DiscriminantSolver, tol: f64| -> Linear {
            lda().solver(solver).tol(tol).fit((&x, &y)).unwrap()
        };
        let svd = fit(Svd, 1e-4);
        let truth = svd.decision_function(&x).unwrap();
        for other in [fit(Svd, 1e-6), fit(Lsqr, 1e-4), fit(Eigen, 1e-4)] {
            // Columns around 1e5 know their means to 1e-11 of a deviation.
            assert!(apart(&truth, &other.decision_function(&x).unwrap()) < 1e-9);
        }
        let (a, b) = (svd.transform(&x).unwrap(), fit(Eigen, 1e-4).transform(&x).unwrap());
        assert_eq!(a.dim(), (200, 3));
        for (a, b) in a.columns().into_iter().zip(b.columns()) {
            let sign = a.dot(&b).signum();
            assert!(apart(&a.to_owned(), &(&b * sign)) < 1e-8);
        }
        let shares =
            (svd.explained_variance_ratio().to_vec(), fit(Eigen, 1e-4).explained_variance_ratio().to_vec());
        assert!(apart(&shares.0, &shares.1) < 1e-9);
    }
}

#[test]
fn directions_whiten_the_classes_and_part_their_means() {
    let (x, y) = classes(300, 5, 4, 9);
    let x = x + 1e4;
    for solver in [Svd, Eigen] {
        let model = lda().solver(solver).fit((&x, &y)).unwrap();
        let z = model.transform(&x).unwrap();
        let within =
            moments(&z, &y, 4).into_iter().fold(Array2::zeros((3, 3)), |sum, (_, s, share)| sum + s * share);
        assert!(apart(&Array2::<f64>::eye(3), &within) < 1e-10, "{solver:?}");
        // The means have mean 0, are uncorrelated, and spread most along the first direction.
        let means: Array2<f64> = Array2::from_shape_fn((4, 3), |(c, j)| moments(&z, &y, 4)[c].0[j]);
        let between = means.t().dot(&means);
        let diagonal = Array2::from_diag(&between.diag());
        assert!(apart(&diagonal, &between) < 1e-9);
        assert!(between.diag().windows(2).into_iter().all(|pair| pair[0] > pair[1]));
        let two = lda().solver(solver).n_components(Some(2)).fit((&x, &y)).unwrap();
        assert_eq!(two.transform(&x).unwrap(), z.slice(s![.., ..2]));
        let (mut one, mut scratch) = (Vec::new(), Scratch::new());
        two.transform_one(x.row(7).as_slice().unwrap(), &mut one, &mut scratch).unwrap();
        assert_eq!(one, z.slice(s![7, ..2]).to_vec());
    }
}

#[test]
fn collinear_and_constant_columns_are_left_out() {
    let (x, y) = classes(120, 4, 3, 11);
    let spoilt = concatenate![
        Axis(1),
        x.view(),
        (&x.column(0) - &x.column(2)).insert_axis(Axis(1)),
        (&x.column(1) * 1e6).insert_axis(Axis(1)),
        Array2::from_elem((120, 1), 0.1 + 0.2)
    ];
    let truth = lda().fit((&x, &y)).unwrap().decision_function(&x).unwrap();
    for (solver, tol) in [(Svd, 1e-4), (Svd, 1e-6), (Lsqr, 1e-4)] {
        let model = lda().solver(solver).tol(tol).fit((&spoilt, &y)).unwrap();
        // Smallest deviations kept are above 1e-1, the others at 1e-8.
        let found = model.decision_function(&spoilt).unwrap();
        assert!(apart(&truth, &found) < 1e-9, "{solver:?}, {tol}: {:e}", apart(&truth, &found));
        assert!(model.report().notes.iter().any(|note| note.contains("rank 4 of 7")), "{:?}", model.report());
        assert!(model.report().notes.iter().any(|note| note.contains("column 6 is constant")));
    }
    let refused = lda().solver(Eigen).fit((&spoilt, &y)).unwrap_err().to_string();
    assert!(refused.contains("singular") && refused.contains("Svd"), "{refused}");
    lda().solver(Eigen).shrinkage(0.1).fit((&spoilt, &y)).unwrap();
}

#[test]
fn fewer_rows_than_columns_are_parted() {
    let (x, y) = classes(20, 50, 3, 13);
    let model = lda().fit((&x, &y)).unwrap();
    // 20 rows less three means. Directions without any spread within the classes are left out, though they part them.
    assert!(model.report().notes.iter().any(|note| note.contains("rank 17 of 50")), "{:?}", model.report());
    // The same from the rows, and from the covariance written out.
    let lsqr = lda().solver(Lsqr).fit((&x, &y)).unwrap();
    assert!(apart(&model.decision_function(&x).unwrap(), &lsqr.decision_function(&x).unwrap()) < 1e-8);
}

#[test]
fn weights_are_repetitions() {
    let (x, y) = classes(80, 3, 3, 17);
    let w = weights(80);
    let rows = repeated(&w);
    let (long, labels) = (x.select(Axis(0), &rows), y.select(Axis(0), &rows));
    for solver in [Svd, Lsqr, Eigen] {
        for shrinkage in [Shrinkage::None, Shrinkage::By(0.3), Shrinkage::Auto] {
            let settings = lda().solver(solver).shrinkage(shrinkage);
            if solver == Svd && shrinkage != Shrinkage::None {
                assert!(
                    settings.fit((&x, &y)).unwrap_err().to_string().contains("shrinkage with solver Svd")
                );
                continue;
            }
            let (a, b) = (settings.fit((&x, &y, &w)).unwrap(), settings.fit((&long, &labels)).unwrap());
            assert!(apart(&a.coef(), &b.coef()) < 1e-11, "{solver:?}, {shrinkage:?}");
            assert!(apart(&a.intercept(), &b.intercept()) < 1e-11);
        }
    }
    for shrinkage in [Shrinkage::None, Shrinkage::Auto] {
        let settings = qda().shrinkage(shrinkage).reg_param(0.1);
        let (a, b) = (settings.fit((&x, &y, &w)).unwrap(), settings.fit((&long, &labels)).unwrap());
        assert!(apart(&a.decision_function(&x).unwrap(), &b.decision_function(&x).unwrap()) < 1e-11);
    }
    let by_class = lda().class_weight(ClassWeight::of([(1, 2.0)])).fit((&x, &y)).unwrap();
    let by_row = lda().fit((&x, &y, &y.mapv(|c| if c == 1 { 2.0 } else { 1.0 }))).unwrap();
    assert!(apart(&by_class.coef(), &by_row.coef()) < 1e-13);
}

#[test]
fn ledoit_and_wolf_is_its_definition() {
    // s of (2), written out for the rows of one class.
    let (x, y) = classes(40, 4, 2, 19);
    let shrunk = |x: &Array2<f64>, y: &Array1<usize>, c: usize| {
        let (mean, covariance, _) = moments(x, y, 2)[c].clone();
        let scale = covariance.diag().mapv(f64::sqrt);
        let r = Array2::from_shape_fn((4, 4), |(j, k)| covariance[[j, k]] / scale[j] / scale[k]);
        let z: Vec<Array1<f64>> =
            (0..40).filter(|i| y[*i] == c).map(|i| (&x.row(i) - &mean) / &scale).collect();
        let n = z.len() as f64;
        let unit = Array2::<f64>::eye(4);
        let delta = (&r - &unit).mapv(|v| v * v).sum() / 4.0;
        // The mean distance of zzᵀ from R, over n.
        let beta = z.iter().map(|z| {
            let outer = z.view().insert_axis(Axis(1)).dot(&z.view().insert_axis(Axis(0)));
            (outer - &r).mapv(|v| v * v).sum()
        });
        let s = (beta.sum::<f64>() / n / n / 4.0 / delta).min(1.0);
        assert!(s > 0.05 && s < 0.95, "a telling case: {s}");
        Array2::from_shape_fn((4, 4), |(j, k)| {
            ((1.0 - s) * r[[j, k]] + s * unit[[j, k]]) * scale[j] * scale[k]
        })
    };
    let truth = (shrunk(&x, &y, 0) + shrunk(&x, &y, 1)) / 2.0;
    for solver in [Lsqr, Eigen] {
        let model =
            lda().solver(solver).shrinkage(Shrinkage::Auto).store_covariance(true).fit((&x, &y)).unwrap();
        assert!(apart(&truth, &model.covariance().unwrap().to_owned()) < 1e-12);
    }
}

#[test]
fn quadratic_scores_are_those_of_the_densities() {
    for (n, p, k) in [(60, 3, 2), (200, 9, 3), (400, 4, 10)] {
        let (mut x, y) = classes(n, p, k, n as u64);
        // Every class has a covariance of its own.
        x.rows_mut().into_iter().zip(&y).for_each(|(mut row, c)| row *= 1.0 + *c as f64 / 3.0);
        let x = x + 1e3;
        let truth = densities(&x, &moments(&x, &y, k));
        let model = qda().store_covariance(true).fit((&x, &y)).unwrap();
        let found = model.decision_function(&x).unwrap();
        let truth = if k == 2 { (&truth.column(1) - &truth.column(0)).insert_axis(Axis(1)) } else { truth };
        // Covariances of condition 1e3 at most, from means of 1e3.
        assert!(apart(&truth, &found) < 1e-8, "{n} × {p}: {:e}", apart(&truth, &found));
        assert!(apart(&moments(&x, &y, k)[1].1, &model.covariance()[1]) < 1e-10);
        let units = qda().fit((&(&x * 1e-6), &y)).unwrap();
        let shift = if k == 2 { 0.0 } else { p as f64 * 6.0 * 10.0_f64.ln() };
        assert!(apart(&truth, &(units.decision_function(&(&x * 1e-6)).unwrap() - shift)) < 1e-8);
    }
}

#[test]
fn regularised_covariances_are_their_definition() {
    let (x, y) = classes(50, 3, 2, 23);
    let each = moments(&x, &y, 2);
    let unit = Array2::<f64>::eye(3);
    let with =
        |settings: QuadraticDiscriminantAnalysis| settings.store_covariance(true).fit((&x, &y)).unwrap();
    let truth = &each[0].1 * 0.7 + &unit * 0.3;
    assert!(apart(&truth, &with(qda().reg_param(0.3)).covariance()[0]) < 1e-13);
    let truth = &each[0].1 * 0.8 + &unit * (0.2 * each[0].1.diag().sum() / 3.0);
    assert!(apart(&truth, &with(qda().shrinkage(0.2)).covariance()[0]) < 1e-13);
    assert!(apart(&unit, &with(qda().reg_param(1.0)).covariance()[1]) < 1e-13);
}

#[test]
fn singular_classes_are_refused_by_name() {
    let (x, y) = classes(40, 3, 2, 29);
    let twice = concatenate![Axis(1), x, x];
    let refused = qda().fit((&twice, &y)).unwrap_err().to_string();
    assert!(
        refused.contains("class 0") && refused.contains("rank 3 of 6") && refused.contains("reg_param"),
        "{refused}"
    );
    assert_eq!(qda().reg_param(0.1).fit((&twice, &y)).unwrap().predict(&twice).unwrap().len(), 40);
    let (few, labels) = (x.slice(s![..5, ..]), y.slice(s![..5]));
    assert!(qda().fit((few, labels)).unwrap_err().to_string().contains("rows too few"));
    qda().shrinkage(0.2).fit((few, labels)).unwrap();
}

#[test]
fn settings_that_do_not_fit_are_refused() {
    let (x, y) = classes(30, 3, 3, 31);
    let refused =
        |settings: LinearDiscriminantAnalysis| settings.fit((&x, &y)).map(drop).unwrap_err().to_string();
    assert!(
        refused(lda().n_components(Some(3))).contains("`n_components` must be at most min(p, k − 1) = 2")
    );
    assert!(refused(lda().solver(Lsqr).shrinkage(1.5)).contains("`shrinkage`"));
    assert!(refused(lda().priors([0.5, 0.5])).contains("`priors` must be 3 probabilities"));
    let lsqr = lda().solver(Lsqr).fit((&x, &y)).unwrap();
    assert!(lsqr.transform(&x).unwrap_err().to_string().contains("use Svd or Eigen"));
    let apart = array![[1.0], [1.0], [2.0], [2.0]];
    assert!(refused_data(&apart).contains("no column varies within the classes"));
    fn refused_data(x: &Array2<f64>) -> String {
        lda().fit((x, &[0, 0, 1, 1])).map(drop).unwrap_err().to_string()
    }
    // No mean differs from another: the priors decide.
    let same = array![[1.0], [2.0], [1.0], [2.0], [1.0], [2.0]];
    let model = lda().fit((&same, &[0, 0, 1, 1, 1, 1])).unwrap();
    let proba = model.predict_proba(&array![[7.0]]).unwrap();
    assert!((proba[[0, 1]] - 2.0 / 3.0_f64).abs() < 1e-14, "{proba}");
    assert_eq!(
        lda().priors(Priors::Uniform).fit((&same, &[0, 0, 1, 1, 1, 1])).unwrap().predict(&same).unwrap()[0],
        0
    );
}
