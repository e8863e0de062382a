//! One class: the steps of scikit-learn, the minimum, the share outside, batches, files.

use super::*;
use crate::testing::{apart, normal};
use estimand_core::{Csr, Features, Fit, PartialFit, Persist, Predict, PredictOne, Samples, Scratch};
use ndarray::{Array1, Array2, array, s};

/// In order, `epochs` times.
fn steps(epochs: usize) -> SgdOneClassSvm {
    SgdOneClassSvm::new().shuffle(false).tol(None).max_iter(epochs)
}

fn three_rows() -> Array2<f64> {
    array![[1.0, 2.0], [3.0, -1.0], [0.5, 0.25]]
}

/// n rows around (3, 2, 0).
fn cloud(n: usize) -> Array2<f64> {
    normal(n, 3, 5) + &array![[3.0, 2.0, 0.0]]
}

#[test]
fn the_steps_are_those_of_scikit_learn() {
    // SGDOneClassSVM of scikit-learn 1.9.1, shuffle=False, tol=None, max_iter=3.
    let constant = || steps(3).learning_rate(LearningRate::Constant).eta0(0.1);
    let decreasing = steps(3).nu(0.9).learning_rate(LearningRate::InvScaling).eta0(0.5);
    let cases = [
        (constant(), [0.3606939181289061, 0.07623346125781247, 0.15000000000000013]),
        (steps(3).nu(0.2), [0.44077323341350544, 0.8815464668270109, -0.07340995670736294]),
        (decreasing.average(2), [0.5155783106660131, 0.2616921626737534, 0.7415710158351083]),
        (constant().fit_intercept(false), [0.06634204312890622, 0.13268408625781244, 0.0]),
    ];
    for (settings, expected) in cases {
        let model = settings.fit(&three_rows()).unwrap();
        let found = [model.coef()[0], model.coef()[1], model.offset()];
        assert!(apart(&expected, &found) < 1e-14, "{found:?}");
        let scores = model.score_samples(&three_rows()).unwrap() - model.offset();
        assert!(apart(&scores, &model.decision_function(&three_rows()).unwrap()) < 1e-15);
    }
}

#[test]
fn the_minimum_is_found_and_leaves_a_share_outside() {
    let x = cloud(200);
    for nu in [0.05, 0.3, 0.8] {
        let settings = SgdOneClassSvm::new().learning_rate(LearningRate::Constant).eta0(0.02);
        let model = settings.nu(nu).tol(None).max_iter(100).average(10_000).fit(&x).unwrap();
        let objective = |w: &Array1<f64>, rho: f64| {
            let losses = x.dot(w).mapv(|z| (rho - z).max(0.0));
            0.5 * nu * w.dot(w) - nu * rho + losses.mean().unwrap()
        };
        let least = objective(model.coef(), model.offset());
        for j in 0..4 {
            for step in [-0.05, 0.05] {
                let mut w = model.coef().clone();
                w.iter_mut().skip(j).take(1).for_each(|w| *w += step);
                let rho = model.offset() + if j == 3 { step } else { 0.0 };
                assert!(objective(&w, rho) > least - 2e-3, "ν {nu}: {j} {step}");
            }
        }
        let outside = model.predict(&x).unwrap().iter().filter(|side| **side == -1).count() as f64 / 200.0;
        // Rows on the plane, as many as there are columns, fall on either side; steps of one length end near the minimum.
        assert!((outside - nu).abs() < 0.04, "ν {nu}: {outside}");
    }
}

#[test]
fn storage_layout_weights_and_batches_change_nothing() {
    let x = cloud(40);
    let settings = SgdOneClassSvm::new().nu(0.2);
    let model = settings.fit(&x).unwrap();
    let near = |other: SgdOneClassModel<f64>| {
        assert!(apart(model.coef(), other.coef()) < 1e-12 && (model.offset() - other.offset()).abs() < 1e-12);
    };
    near(settings.fit(&Csr::from_dense(x.view())).unwrap());
    near(settings.fit(x.t().as_standard_layout().t()).unwrap());
    near(settings.fit(Samples::from(&x).with_weights(&Array1::from_elem(40, 7.0))).unwrap());
    // Rows of weight 0 are absent.
    let weights = Array1::from_shape_fn(40, |i| if i < 10 { 0.0 } else { 1.0 });
    let part = steps(2).fit(x.slice(s![10.., ..])).unwrap();
    let found = steps(2).fit(Samples::from(&x).with_weights(&weights)).unwrap();
    assert!(apart(part.coef(), found.coef()) < 1e-15);
    // Two epochs are two batches.
    let mut learner = steps(1).begin(Features::unnamed(3)).unwrap();
    learner.partial_fit(&x).unwrap();
    learner.partial_fit(&x).unwrap();
    assert_eq!(learner.coef(), steps(2).fit(&x).unwrap().coef());
    let single = settings.fit(&x.mapv(|v| v as f32)).unwrap();
    assert!(single.coef().iter().zip(model.coef()).all(|(a, b)| (f64::from(*a) - b).abs() < 1e-3));
    // One row and many, before and after a file.
    let loaded = SgdOneClassModel::<f64>::from_bytes(&model.to_bytes().unwrap()).unwrap();
    assert_eq!(loaded, model);
    let sides = model.predict(&x).unwrap();
    for (row, side) in x.rows().into_iter().zip(&sides) {
        assert_eq!(loaded.predict_one(&row.to_vec(), &mut Scratch::new()).unwrap(), *side);
    }
}

#[test]
fn what_cannot_be_is_refused() {
    let x = cloud(10);
    let message = |settings: SgdOneClassSvm| settings.fit(&x).unwrap_err().to_string();
    for nu in [0.0, 1.5, f64::NAN] {
        assert!(message(SgdOneClassSvm::new().nu(nu)).contains("`nu`"));
    }
    assert!(message(SgdOneClassSvm::new().learning_rate(LearningRate::Pa1)).contains("`learning_rate`"));
    assert!(message(SgdOneClassSvm::new().max_iter(0)).contains("`max_iter`"));
    let mut spoilt = x.clone();
    spoilt[[4, 2]] = f64::NAN;
    let settings = SgdOneClassSvm::new();
    let error = settings.fit(&spoilt).unwrap_err().to_string();
    assert!(error.contains("NaN at row 4, column 2"), "{error}");
    assert!(settings.fit(&Array2::<f64>::zeros((0, 3))).unwrap_err().to_string().contains("is empty"));
    let mut model = settings.fit(&x).unwrap();
    let before = model.clone();
    assert!(model.partial_fit(&spoilt).is_err() && model.partial_fit(x.slice(s![.., ..2])).is_err());
    assert_eq!(model, before);
    assert!(model.predict(&spoilt).unwrap_err().to_string().contains("NaN at row 4"));
}
