//! Means by hand, several outputs, outliers.

use super::*;
use ndarray::array;

#[test]
fn means_of_several_outputs() {
    let x = array![[0.0], [1.0], [2.0], [10.0]];
    let y = array![[0.0, 1e9], [2.0, 1e9], [4.0, 1e9], [7.0, 0.0]];
    let model = KNeighborsRegressor::new().n_neighbors(3).fit((&x, &y)).unwrap();
    let truth = array![[2.0, 1e9], [13.0 / 3.0, 2e9 / 3.0]];
    approx::assert_relative_eq!(model.predict(&array![[0.9], [11.0]]).unwrap(), truth, max_relative = 1e-15);
    let one = model.predict_one(&[0.9], &mut Scratch::new()).unwrap();
    assert_eq!(one, array![2.0, 1e9]);
}

#[test]
fn weights_of_rows_and_of_distances_multiply() {
    let (x, y, w) = (array![[1.0], [-2.0], [9.0]], array![1.0, 4.0, 100.0], array![1.0, 3.0, 1.0]);
    let settings = RadiusNeighborsRegressor::new().radius(2.0).weights(NeighborWeights::Distance);
    let model = settings.fit((&x, &y, &w)).unwrap();
    let truth: f64 = (1.0 * 1.0 + 1.5 * 4.0) / 2.5;
    assert!((truth - model.predict(&array![[0.0]]).unwrap()[0]).abs() < 1e-15);
}

#[test]
fn rows_without_neighbours_are_told() {
    let (x, y) = (array![[0.0], [1.0]], array![2.0, 6.0]);
    let radius = RadiusNeighborsRegressor::new().radius(0.5);
    let refused = radius.fit((&x, &y)).unwrap().predict(&array![[0.1], [5.0]]);
    assert!(refused.unwrap_err().to_string().contains("row 1 has no neighbours within 0.5"));
    let model = radius.outliers(Outliers::Overall).fit((&x, &y)).unwrap();
    assert_eq!(model.predict(&array![[0.1], [5.0]]).unwrap(), array![2.0, 4.0]);
}

#[test]
fn a_target_with_nan_is_refused() {
    let outcome =
        KNeighborsRegressor::new().n_neighbors(1).fit((&array![[0.0], [1.0]], &array![1.0, f64::NAN]));
    assert!(outcome.unwrap_err().to_string().contains("y contains NaN at row 1"));
}
