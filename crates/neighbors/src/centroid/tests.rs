//! Known answers, priors, medians, errors.

use super::*;
use estimand_core::{Decide, Fit, Predict, PredictProba};
use ndarray::array;

/// Values of R's package pamr.
#[test]
fn shrunken_centroids_are_those_of_pamr() {
    let x = array![[0.0, 1.0], [1.0, 0.0], [1.0, 1.0], [2.0, 0.0], [6.0, 8.0]];
    let y = array![1, 1, 2, 2, 2];
    let model = NearestCentroid::new().shrink_threshold(0.1).fit((&x, &y)).unwrap();
    let pamr = array![[0.7787310, 0.8545292], [2.814179, 2.763647]];
    // As many digits as it prints.
    approx::assert_relative_eq!(model.centroids().to_owned(), pamr, max_relative = 1e-6);
}

#[test]
fn all_shrunken_is_the_mean_of_all() {
    let (x, y) = (array![[0.0, 1.0], [1.0, 0.0], [1.0, 1.0], [2.0, 0.0]], array![0, 0, 1, 1]);
    let model = NearestCentroid::new().shrink_threshold(100.0).fit((&x, &y)).unwrap();
    assert_eq!(model.centroids(), array![[1.0, 0.5], [1.0, 0.5]]);
    assert_eq!(model.predict(&array![[50.0, 0.0]]).unwrap(), array![0]);
}

#[test]
fn priors_move_the_border() {
    let (x, y) = (array![[-1.0], [1.0], [3.0], [5.0]], array![0, 0, 1, 1]);
    let border = |priors: Vec<f64>| {
        let model = NearestCentroid::new().standardize(true).priors(priors).fit((&x, &y)).unwrap();
        let at = |v: f64| model.decision_function(&array![[v]]).unwrap()[[0, 0]];
        -at(0.0) / (at(1.0) - at(0.0))
    };
    assert!((border(vec![0.5, 0.5]) - 2.0_f64).abs() < 1e-12);
    // s² = 2, centres 4 apart: the border moves by s² ln(π₀/π₁) / 4.
    assert!((border(vec![0.8, 0.2]) - (2.0 + 4.0_f64.ln() / 2.0)).abs() < 1e-12);
    let model = NearestCentroid::new().fit((&x, &y)).unwrap();
    let proba = model.predict_proba(&array![[2.0], [3.0]]).unwrap();
    assert_eq!(proba.row(0).to_vec(), [0.5, 0.5]);
    assert!((proba[[1, 1]] - 1.0 / (1.0 + (-4.0_f64).exp())).abs() < 1e-12);
}

#[test]
fn manhattan_centres_are_medians() {
    let (x, y) = (array![[0.0, 5.0], [1.0, 6.0], [50.0, 7.0], [9.0, 0.0]], array!["a", "a", "a", "b"]);
    let model = NearestCentroid::new().metric(CentroidMetric::Manhattan).fit((&x, &y)).unwrap();
    assert_eq!(model.centroids(), array![[1.0, 6.0], [9.0, 0.0]]);
    let scores = model.decision_function(&array![[2.0, 2.0]]).unwrap();
    assert_eq!(scores, array![[5.0 - 9.0]]);
}

#[test]
fn impossible_settings_are_refused() {
    let (x, y) = (array![[0.0], [1.0]], array![0, 1]);
    let said = |settings: NearestCentroid| settings.fit((&x, &y)).unwrap_err().to_string();
    assert!(said(NearestCentroid::new().standardize(true)).contains("more rows than classes"));
    assert!(said(NearestCentroid::new().shrink_threshold(0.0)).contains("above 0"));
    let manhattan = NearestCentroid::new().metric(CentroidMetric::Manhattan);
    assert!(said(manhattan.priors(Priors::Empirical)).contains("priors"));
}
