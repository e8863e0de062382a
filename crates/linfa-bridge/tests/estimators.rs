//! Estimand's estimators in linfa, and linfa's in Estimand.

use approx::assert_abs_diff_eq;
use estimand::prelude::*;
use estimand_linfa::{
    InLinfa, IntoEstimand, IntoLinfa, LinfaClassifier, LinfaRegressor, LinfaTransformer,
    ndarray_linfa as theirs,
};
use linfa::DatasetBase;
use linfa::prelude::SingleTargetRegression;
use linfa::traits::{Fit as _, Predict as _, Transformer as _};
use linfa_linear::TweedieRegressor;
use linfa_preprocessing::linear_scaling::LinearScaler;

/// Both solve least squares directly; the diabetes columns have a condition number below 50, targets are near 150.
const LEAST_SQUARES: f64 = 1e-9;

#[test]
fn linfa_fits_and_predicts_with_our_regressor() {
    let ours = datasets::diabetes();
    let data = ours.clone().into_linfa().unwrap();

    let model = InLinfa(LinearRegression::new()).fit(&data).unwrap();
    let predicted: theirs::Array1<f64> = model.predict(&data);
    let expected = linfa_linear::LinearRegression::new().fit(&data).unwrap().predict(&data);
    assert_abs_diff_eq!(predicted.into_estimand(), expected.into_estimand(), epsilon = LEAST_SQUARES);

    let direct = LinearRegression::new().fit(&ours).unwrap();
    assert_eq!(model.model(), &direct, "the bridge changes nothing");
}

#[test]
fn linfa_cross_validates_our_regressors() {
    let mut data = datasets::diabetes().into_linfa().unwrap();
    let candidates = [InLinfa(Ridge::new().alpha(1e-3)), InLinfa(Ridge::new().alpha(1e3))];
    let r2 = data.cross_validate_single(4, &candidates, |p, y| p.r2(y)).unwrap();
    assert!(r2[0] > 0.4 && r2[1] < 0.1, "{r2}");
}

#[test]
fn linfa_uses_our_classifier_with_its_labels() {
    let data = datasets::iris()
        .into_linfa()
        .unwrap()
        .map_targets(|c| ["setosa", "versicolor", "virginica"][*c].to_string());
    let model = InLinfa(StandardScaler::new().then(LogisticRegression::new())).fit(&data).unwrap();
    let predicted: theirs::Array1<String> = model.predict(&data);
    let right = predicted.iter().zip(&data.targets).filter(|(p, y)| p == y).count();
    assert!(right >= 145, "{right} of 150");
}

#[test]
fn linfa_transforms_with_our_scaler() {
    let data = DatasetBase::from(datasets::wine().x.into_linfa());
    let z = InLinfa(StandardScaler::new()).fit(&data).unwrap().transform(data.records.clone());
    let expected = LinearScaler::standard().fit(&data).unwrap().transform(data.records);
    // Entries are a few units; both divide by a deviation that is good to the last bits.
    assert_abs_diff_eq!(z.into_estimand(), expected.into_estimand(), epsilon = 1e-11);
}

#[test]
fn linfa_transforms_data_sets_with_our_scaler() {
    let data = datasets::wine().into_linfa().unwrap().with_weights(theirs::Array1::ones(178));
    let scaler = InLinfa(StandardScaler::new()).fit(&data).unwrap();
    let scaled: linfa::Dataset<f64, usize, theirs::Ix1> = scaler.transform(data.clone());
    assert_eq!(scaled.records, scaler.transform(data.records.clone()));
    assert_eq!(
        (&scaled.targets, &scaled.weights, scaled.feature_names()),
        (&data.targets, &data.weights, data.feature_names())
    );
}

#[test]
fn weights_of_linfa_are_read() {
    let (x, y) = (theirs::array![[0.0], [1.0], [2.0], [2.0]], theirs::array![0.0, 1.0, 5.0, -50.0]);
    let data = linfa::Dataset::new(x, y).with_weights(theirs::array![1.0, 1.0, 1.0, 0.0]);
    let model = InLinfa(LinearRegression::new()).fit(&data).unwrap();
    assert_abs_diff_eq!(model.model().coef()[0], 2.5, epsilon = 1e-12);
}

#[test]
fn several_outputs_cross() {
    let data = datasets::linnerud().into_linfa().unwrap();
    let model = InLinfa(Ridge::new()).fit(&data).unwrap();
    let predicted: theirs::Array2<f64> = model.predict(&data);
    assert_eq!(predicted.dim(), (20, 3));
}

#[test]
fn our_errors_reach_linfa() {
    let data = linfa::Dataset::new(theirs::array![[f64::NAN], [1.0]], theirs::array![1.0, 2.0]);
    let error = InLinfa(Ridge::new()).fit(&data).unwrap_err();
    assert!(matches!(error, estimand_linfa::Error::Estimand(Error::NonFinite { row: 0, column: 0, .. })));
}

#[test]
#[should_panic(expected = "columns of x")]
fn predicting_another_width_in_linfa_panics_with_our_message() {
    let data = datasets::diabetes().into_linfa().unwrap();
    let model = InLinfa(Ridge::new()).fit(&data).unwrap();
    let _: theirs::Array1<f64> = model.predict(&theirs::Array2::<f64>::zeros((2, 3)));
}

#[test]
fn linfa_regressor_in_a_pipeline() {
    let data = datasets::diabetes();
    let theirs = StandardScaler::new()
        .then(LinfaRegressor::new(linfa_linear::LinearRegression::new()))
        .fit(&data)
        .unwrap();
    let ours = StandardScaler::new().then(LinearRegression::new()).fit(&data).unwrap();
    let (a, b): (Array1<f64>, Array1<f64>) = (theirs.predict(&data).unwrap(), ours.predict(&data).unwrap());
    assert_abs_diff_eq!(a, b, epsilon = LEAST_SQUARES);
}

#[test]
fn linfa_regressors_in_a_search() {
    let data = datasets::diabetes();
    let candidates: Vec<_> = [1e-3, 1.0, 1e3]
        .into_iter()
        .map(|alpha| {
            StandardScaler::new()
                .then(LinfaRegressor::new(TweedieRegressor::params().power(0.0).alpha(alpha)))
        })
        .collect();
    let search = GridSearch::new(candidates).cv(KFold::new(4)).scoring(r2).fit(&data).unwrap();
    let table = search.results().to_string();
    assert!(table.contains("alpha: 1000.0"), "{table}");
    assert!(r2(&data.y, &search.predict(&data).unwrap()).unwrap() > 0.4);
}

#[test]
fn linfa_classifier_knows_labels_of_any_kind() {
    let iris = datasets::iris();
    let species = iris.y.mapv(|c| [-1_i32, 7, 3][c]);
    let pipeline =
        StandardScaler::new().then(LinfaClassifier::new(linfa_logistic::MultiLogisticRegression::default()));
    let model = pipeline.fit((&iris.x, &species)).unwrap();
    assert_eq!(model.last().classes(), [-1, 3, 7]);
    assert!(accuracy(&species, &model.predict(&iris).unwrap()).unwrap() > 0.95);

    let scores = cross_val_score(&pipeline, (&iris.x, &species), &StratifiedKFold::new(5), accuracy).unwrap();
    assert!(scores.iter().all(|s| *s > 0.85), "{scores:?}");
}

#[test]
fn linfa_scaler_in_a_pipeline() {
    let data = datasets::wine();
    let theirs =
        LinfaTransformer::new(LinearScaler::standard()).then(LogisticRegression::new()).fit(&data).unwrap();
    let ours = StandardScaler::new().then(LogisticRegression::new()).fit(&data).unwrap();
    assert_eq!(theirs.predict(&data).unwrap(), ours.predict(&data).unwrap());
}

#[test]
fn what_linfa_passes_over_is_refused() {
    let regression = LinfaRegressor::new(linfa_linear::LinearRegression::new());
    let (x, y) = (array![[0.0], [1.0], [2.0]], array![0.0, 1.0, 5.0]);
    let model = regression.fit((&x, &y)).unwrap();
    assert!(matches!(model.predict(&array![[f64::NAN]]), Err(Error::NonFinite { .. })));
    assert!(matches!(model.predict(&array![[1.0, 2.0]]), Err(Error::Shape { .. })));
    assert!(matches!(regression.fit((&x, &y, &array![1.0, 1.0, 2.0])), Err(Error::Unsupported { .. })));
    assert!(matches!(regression.fit((&x, &array![0.0, f64::INFINITY, 1.0])), Err(Error::NonFinite { .. })));

    let one_class = array![1, 1, 1];
    let classifier = LinfaClassifier::new(linfa_logistic::LogisticRegression::default());
    assert!(matches!(classifier.fit((&x, &one_class)), Err(Error::Target { .. })));

    let refused = LinfaRegressor::new(TweedieRegressor::params().alpha(-1.0)).fit((&x, &y)).unwrap_err();
    assert!(matches!(refused, Error::Foreign { .. }), "{refused}");
}

#[test]
fn weights_are_passed_on_where_linfa_reads_them() {
    let isotonic = LinfaRegressor::new(linfa_linear::IsotonicRegression::new()).reads_weights(true);
    // The last two fall, and are pooled to their weighted mean, (4·1 + 2·3) / 4.
    let (x, y) = (array![[0.0], [1.0], [2.0]], array![1.0, 4.0, 2.0]);
    let model = isotonic.fit((&x, &y, &array![1.0, 1.0, 3.0])).unwrap();
    assert_abs_diff_eq!(model.predict(&array![[2.0]]).unwrap(), array![2.5], epsilon = 1e-12);
}
