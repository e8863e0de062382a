//! Votes by hand, weights, ties, outliers, errors.

use super::*;
use estimand_core::{Decide, Error, Fit, Predict, PredictProba};
use ndarray::{Array1, array};

#[test]
fn votes_are_counted() {
    let (x, y) = (array![[0.0], [1.0], [2.0], [4.0]], array![0, 1, 1, 2]);
    let proba = |settings: KNeighborsClassifier| {
        settings.fit((&x, &y)).unwrap().predict_proba(&array![[0.5]]).unwrap()
    };
    let k = KNeighborsClassifier::new();
    assert_eq!(proba(k.clone().n_neighbors(1)), array![[1.0, 0.0, 0.0]]); // of equals the lowest row
    assert_eq!(proba(k.clone().n_neighbors(3)), array![[1.0 / 3.0, 2.0 / 3.0, 0.0]]);
    let weighted = proba(k.clone().n_neighbors(3).weights(NeighborWeights::Distance));
    let total = 1.0 / 0.5 + 1.0 / 0.5 + 1.0 / 1.5;
    approx::assert_relative_eq!(
        weighted,
        array![[2.0 / total, (2.0 + 1.0 / 1.5) / total, 0.0]],
        max_relative = 1e-15
    );
    let own = NeighborWeights::own(|d| if d < 1.0 { 1.0 } else { 3.0 });
    assert_eq!(proba(k.n_neighbors(3).weights(own)), array![[0.2, 0.8, 0.0]]);
}

#[test]
fn ties_go_to_the_lowest_class() {
    let (x, y) = (array![[0.0], [1.0]], array!["b", "a"]);
    let model = KNeighborsClassifier::new().n_neighbors(2).fit((&x, &y)).unwrap();
    assert_eq!(model.predict(&array![[9.0]]).unwrap(), array!["a"]);
    assert_eq!(model.decision_function(&array![[9.0]]).unwrap(), array![[0.0]]);
}

#[test]
fn at_no_distance_only_those_count() {
    let (x, y) = (array![[0.0], [0.0], [1e-320], [1.0]], array![0, 1, 2, 2]);
    let model = KNeighborsClassifier::new().n_neighbors(4).weights(NeighborWeights::Distance);
    let model = model.metric(Metric::Manhattan).fit((&x, &y)).unwrap();
    assert_eq!(model.predict_proba(&array![[0.0]]).unwrap(), array![[0.5, 0.5, 0.0]]);
    // The inverse of the least distance is beyond all numbers.
    assert_eq!(model.predict_proba(&array![[1e-320]]).unwrap(), array![[0.0, 0.0, 1.0]]);
    let near: Array2<f64> = model.predict_proba(&array![[-1e-320]]).unwrap();
    assert!((near[[0, 0]] - 0.4).abs() < 1e-3, "{near}");
}

/// A weight of ω is ω rows, of which the k-th may be a part.
#[test]
fn weights_fill_the_neighbourhood() {
    let (x, y) = (array![[0.0], [1.0], [2.0], [3.0]], array![0, 1, 0, 1]);
    let proba = |weights: Array1<f64>, k: usize| {
        let model = KNeighborsClassifier::new().n_neighbors(k).fit((&x, &y, &weights));
        model.and_then(|model| model.predict_proba(&array![[-1.0]])).map(|p| p.into_raw_vec_and_offset().0)
    };
    assert_eq!(proba(array![2.0, 5.0, 1.0, 1.0], 3).unwrap(), [2.0 / 3.0, 1.0 / 3.0]);
    assert_eq!(proba(array![0.5, 0.25, 0.5, 8.0], 1).unwrap(), [0.75, 0.25]);
    assert_eq!(proba(array![0.0, 1.0, 1.0, 1.0], 2).unwrap(), [0.5, 0.5]);
    assert!(proba(array![0.5, 0.5, 0.5, 0.5], 3).unwrap_err().to_string().contains("weigh together"));
}

#[test]
fn rows_without_neighbours_are_told() {
    let (x, y) = (array![[0.0], [1.0], [2.0]], array!["a", "a", "b"]);
    let radius = RadiusNeighborsClassifier::new().radius(1.0);
    let model = radius.fit((&x, &y)).unwrap();
    assert_eq!(model.predict_proba(&array![[1.0]]).unwrap(), array![[2.0 / 3.0, 1.0 / 3.0]]);
    let error = model.predict(&array![[1.0], [4.0]]).unwrap_err();
    assert!(
        matches!(&error, Error::Numerical { what } if what.contains("row 1 has no neighbours within 1")),
        "{error}"
    );
    let model = radius.outliers(Outliers::Overall).fit((&x, &y)).unwrap();
    assert_eq!(model.predict_proba(&array![[4.0]]).unwrap(), array![[2.0 / 3.0, 1.0 / 3.0]]);
    assert_eq!(model.predict(&array![[4.0]]).unwrap(), array!["a"]);
}

#[test]
fn impossible_settings_are_refused() {
    let (x, y) = (array![[0.0], [1.0], [2.0]], array![0, 0, 1]);
    let said = |settings: KNeighborsClassifier| settings.fit((&x, &y)).unwrap_err().to_string();
    assert!(said(KNeighborsClassifier::new().n_neighbors(4)).contains("at most 3, the number of rows"));
    assert!(said(KNeighborsClassifier::new().n_neighbors(0)).contains("at least 1"));
    assert!(
        said(
            KNeighborsClassifier::new().n_neighbors(1).algorithm(Algorithm::KdTree).metric(Metric::Canberra)
        )
        .contains("k-d tree")
    );
    let negative = KNeighborsClassifier::new().n_neighbors(1).weights(NeighborWeights::own(|_| -1.0));
    assert!(
        negative
            .fit((&x, &y))
            .unwrap()
            .predict(&x)
            .unwrap_err()
            .to_string()
            .contains("weights of the neighbours of row 0")
    );
}
