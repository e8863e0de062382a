use crate::{MinMaxScaler, MinMaxScalerModel};
use estimand_core::{
    Csr, Error, Fit, InverseTransform, PartialFit, Persist, Scratch, Transform, TransformOne,
};
use ndarray::{Array1, Array2, array, s};
use proptest::prelude::*;

#[test]
fn by_hand() {
    let x = array![[1.0, -4.0, 7.0], [3.0, 0.0, 7.0], [2.0, 12.0, 7.0]];
    let model = MinMaxScaler::new().fit(&x).unwrap();
    assert_eq!((model.data_min(), model.data_max()), (array![1.0, -4.0, 7.0].view(), array![3.0, 12.0, 7.0]));
    assert_eq!((model.range(), model.n_samples_seen()), (array![2.0, 16.0, 1.0].view(), 3));
    assert_eq!(model.transform(&x).unwrap(), array![[0.0, 0.0, 0.0], [1.0, 0.25, 0.0], [0.5, 1.0, 0.0]]);
    let model = MinMaxScaler::new().feature_range((-2.0, 2.0)).fit(&x).unwrap();
    assert_eq!(model.transform(&x).unwrap(), array![[-2.0, -2.0, -2.0], [2.0, -1.0, -2.0], [0.0, 2.0, -2.0]]);
    assert_eq!(model.inverse_transform(&model.transform(&x).unwrap()).unwrap(), x);
}

#[test]
fn values_beyond_the_extremes_are_cut_off_on_request() {
    let x = array![[0.0], [10.0]];
    let beyond = array![[-5.0], [f64::NAN], [20.0]];
    let free = MinMaxScaler::new().fit(&x).unwrap().transform(&beyond).unwrap();
    assert_eq!((free[[0, 0]], free[[2, 0]]), (-0.5, 2.0));
    let clipped = MinMaxScaler::new().clip(true).fit(&x).unwrap().transform(&beyond).unwrap();
    assert!(clipped[[0, 0]] == 0.0 && clipped[[1, 0]].is_nan() && clipped[[2, 0]] == 1.0);
    // What is too large for the formula is cut off like the rest; what is no number at all is refused.
    let model = MinMaxScaler::new().clip(true).fit(&array![[0.0], [1e-100]]).unwrap();
    assert_eq!(model.transform(&array![[1e300]]).unwrap(), array![[1.0]]);
    assert!(matches!(model.transform(&array![[f64::INFINITY]]), Err(Error::NonFinite { .. })));
}

#[test]
fn ranges_that_cannot_be_are_refused() {
    for range in [(1.0, 0.0), (1.0, 1.0), (f64::NAN, 1.0), (0.0, f64::INFINITY), (-1e308, 1e308)] {
        let outcome = MinMaxScaler::new().feature_range(range).fit(&array![[1.0], [2.0]]);
        assert!(
            matches!(outcome, Err(Error::Parameter { name, .. }) if name == "feature_range"),
            "{range:?}"
        );
    }
    let overflow = MinMaxScaler::new().fit(&array![[-1e308], [1e308]]).unwrap_err().to_string();
    assert!(overflow.contains("column `x0`"), "{overflow}");
}

#[test]
fn missing_values_and_rows_of_no_weight_teach_nothing() {
    let x = array![[1.0, f64::NAN], [f64::NAN, f64::NAN], [3.0, f64::NAN], [99.0, 5.0]];
    let weights = array![1.0, 2.0, 0.5, 0.0];
    let model = MinMaxScaler::new().fit((&x, &Array1::<f64>::zeros(4), &weights)).unwrap();
    assert_eq!((model.data_min()[0], model.data_max()[0], model.n_samples_seen()), (1.0, 3.0, 3));
    let z = model.transform(&x).unwrap();
    assert!(z[[1, 0]].is_nan() && z[[2, 0]] == 1.0);
    // Of a column without values nothing is known: it is left as it is.
    assert_eq!(z[[3, 1]], 5.0);
    let same = MinMaxScalerModel::<f64>::from_json(&model.to_json().unwrap()).unwrap();
    assert_eq!(same, model);
}

#[test]
fn sparse_records_are_refused_by_name() {
    let sparse = Csr::from_dense(array![[0.0, 1.0]].view());
    let message = MinMaxScaler::new().fit(&sparse).unwrap_err().to_string();
    assert!(message.contains("MinMaxScaler") && message.contains("sparse"), "{message}");
    let model = MinMaxScaler::new().fit(&array![[0.0, 1.0]]).unwrap();
    assert!(model.transform(&sparse).is_err() && model.inverse_transform(&sparse).is_err());
}

proptest! {
    #[test]
    fn extremes_become_the_ends_of_the_range(
        columns in prop::collection::vec(-1e3..1e3_f64, 6..40),
        offset in prop::sample::select(vec![0.0, 1e9, -1e9]),
        factor in prop::sample::select(vec![1.0, 1e-200, 1e150]),
    ) {
        let x = Array2::from_shape_fn((columns.len() / 2, 2), |(i, j)| (columns[2 * i + j] + offset) * factor);
        let model = MinMaxScaler::new().fit(&x).unwrap();
        let z = model.transform(&x).unwrap();
        for (x, z) in x.columns().into_iter().zip(z.columns()) {
            let least = z.iter().copied().fold(f64::INFINITY, f64::min);
            let most = z.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            prop_assert!(least == 0.0);
            prop_assert!(most == 1.0 || (most == 0.0 && x.iter().all(|v| *v == x[0])));
        }
        let back = model.inverse_transform(&z).unwrap();
        for (back, x) in back.iter().zip(&x) {
            approx::assert_relative_eq!(back, x, max_relative = 1e-12, epsilon = 1e-12 * factor);
        }
    }

    #[test]
    fn batches_and_single_rows_are_as_all_at_once(columns in prop::collection::vec(-1e3..1e3_f64, 12..60), cut in 1..5_usize) {
        let x = Array2::from_shape_fn((columns.len() / 2, 2), |(i, j)| columns[2 * i + j]);
        let whole = MinMaxScaler::new().fit(&x).unwrap();
        let mut model = MinMaxScaler::new().fit(x.slice(s![..cut, ..])).unwrap();
        model.partial_fit(x.slice(s![cut.., ..])).unwrap();
        prop_assert_eq!(&model, &whole);
        let (mut out, mut scratch) = (Vec::new(), Scratch::new());
        for (row, z) in x.rows().into_iter().zip(whole.transform(&x).unwrap().rows()) {
            model.transform_one(&row.to_vec(), &mut out, &mut scratch).unwrap();
            prop_assert_eq!(z, Array1::from(out.clone()));
        }
    }
}
