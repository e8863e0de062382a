use super::*;
use crate::testing::records;
use estimand_core::Persist;
use ndarray::array;

#[test]
fn six_rows_of_scikit_learn() {
    let x = array![[-2.0, -1.0], [-1.0, -1.0], [-1.0, -2.0], [1.0, 1.0], [1.0, 2.0], [2.0, 1.0]];
    let model = OneClassSvm::new().fit(&x).unwrap();
    // svm/tests/test_svm.py: all to three digits.
    assert!((model.offset() - 1.218).abs() < 5e-4);
    assert!(model.dual_coef().iter().all(|a: &f64| (a - 0.75).abs() < 5e-4));
    assert_eq!(model.predict(&array![[-1.0, -1.0], [2.0, 2.0], [3.0, 2.0]]).unwrap().to_vec(), [1, -1, -1]);
    assert_eq!(OneClassModel::<f64>::from_bytes(&model.to_bytes().unwrap()).unwrap(), model);
}

#[test]
fn nu_bounds_both_shares() {
    let x = records(1500, 3, 4);
    for nu in [0.05, 0.3, 0.8] {
        let model = OneClassSvm::new().nu(nu).tol(1e-6).fit(&x).unwrap();
        let decisions = model.decision_function(&x).unwrap();
        let outside = decisions.iter().filter(|z| **z < -1e-5).count() as f64;
        assert!(
            model.report().converged && outside <= nu * 1500.0 && model.support().len() as f64 >= nu * 1500.0
        );
        assert!((model.dual_coef().sum() - nu * 1500.0).abs() < 1e-8);
        // What lies inside is no support vector, what lies outside has all of 1.
        let mut a = Array1::<f64>::zeros(1500);
        model.support().iter().zip(model.dual_coef()).for_each(|(i, v)| a[*i] = *v);
        for (z, a) in decisions.iter().zip(&a) {
            assert!((*z < 1e-5 || *a == 0.0) && (*z > -1e-5 || *a == 1.0));
        }
        let one = model.predict_one(&x.row(3).to_vec(), &mut Scratch::new()).unwrap();
        assert_eq!(one, model.predict(&x).unwrap()[3]);
    }
}

#[test]
fn a_weight_of_two_is_the_row_twice() {
    let x = records(60, 2, 6);
    let weights = Array1::from_shape_fn(60, |i| [1.0, 2.0, 0.0][i % 3]);
    let rows: Vec<usize> = (0..60).flat_map(|i| std::iter::repeat_n(i, weights[i] as usize)).collect();
    let settings = OneClassSvm::new().nu(0.3).tol(1e-9);
    let samples = Samples::<f64, ()>::from(&x).with_weights(&weights);
    let (a, b) = (settings.fit(samples).unwrap(), settings.fit(&x.select(Axis(0), &rows)).unwrap());
    let (a, b) = (a.decision_function(&x).unwrap(), b.decision_function(&x).unwrap());
    assert!((&a - &b).iter().all(|d: &f64| d.abs() < 1e-6));
}

#[test]
fn bad_input_is_named() {
    let x = records(20, 2, 8);
    let message = |s: OneClassSvm, x: &Array2<f64>| s.fit(x).map(drop).unwrap_err().to_string();
    assert!(message(OneClassSvm::new().nu(0.0), &x).contains("`nu`"));
    let mut bad = x.clone();
    bad[[3, 1]] = f64::NAN;
    assert!(message(OneClassSvm::new(), &bad).contains("row 3"));
    let model = OneClassSvm::new().fit(&x).unwrap();
    assert!(model.predict(&bad).unwrap_err().to_string().contains("row 3"));
    assert!(model.predict(&array![[1.0]]).unwrap_err().to_string().contains("expected 2"));
    assert!(model.predict_one(&[f64::INFINITY, 0.0], &mut Scratch::new()).is_err());
}

#[test]
fn one_support_vector_is_the_row_nearest_to_zero() {
    // Products with the first row are no smaller than its own square: it is the shortest mean of all rows.
    let x = array![[2.0, 3.0], [1.0, 1.0], [5.0, 4.0], [3.0, 3.0]];
    let settings = OneClassSvm::new().kernel(Kernel::Linear).nu(0.2).tol(1e-9);
    let model = settings.fit(&x).unwrap();
    assert_eq!((model.support(), model.dual_coef()), (&[1][..], &array![[0.8]]));
    assert!((model.offset() - 1.6).abs() < 1e-9);
    let alone = settings.fit(x.slice(ndarray::s![1..2, ..])).unwrap();
    assert_eq!(
        (alone.support(), alone.predict(&array![[1.0, 1.0], [0.0, 0.5]]).unwrap().to_vec()),
        (&[0][..], vec![1, -1])
    );
}
