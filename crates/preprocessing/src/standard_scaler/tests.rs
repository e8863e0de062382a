use super::StandardScaler;
use crate::{StandardScalerModel, columns};
use estimand_core::{
    Csr, Error, Fit, InverseTransform, PartialFit, Persist, Samples, Scratch, Transform, TransformOne,
};
use ndarray::{Array1, Array2, Axis, ShapeBuilder, array, s};

/// Columns of very different means and spreads.
fn records(n: usize) -> Array2<f64> {
    Array2::from_shape_fn((n, 4), |(i, j)| {
        let v = ((i * 37 + j * 101) % 97) as f64 - 40.0;
        [v, 1e6 + v, 1e-6 * v, 1e9 + 1e-3 * v][j]
    })
}

fn assert_close(a: &Array2<f64>, b: &Array2<f64>, max_relative: f64) {
    assert_eq!(a.dim(), b.dim());
    for (a, b) in a.iter().zip(b) {
        approx::assert_relative_eq!(a, b, max_relative = max_relative, epsilon = 1e-18);
    }
}

#[test]
fn columns_become_standard() {
    let x = records(970);
    let model = StandardScaler::new().fit(&x).unwrap();
    let z = model.transform(&x).unwrap();
    for (j, column) in z.columns().into_iter().enumerate() {
        let mean = column.sum() / 970.0;
        let var = column.mapv(|v| (v - mean).powi(2)).sum() / 970.0;
        // What is subtracted is the mean rounded to a number, which is off by up to ε · mean / scale.
        let allowed = 1e-13 + f64::EPSILON * model.mean()[j].abs() / model.scale()[j];
        assert!(mean.abs() < allowed && (var - 1.0).abs() < 1e-12, "mean {mean}, variance {var}");
    }
    let back = model.inverse_transform(&z).unwrap();
    assert_close(&back, &x, 1e-13);
}

#[test]
fn by_hand() {
    let x = array![[1.0, 5.0], [2.0, 5.0], [6.0, 5.0]];
    let model = StandardScaler::new().fit((&x, &array!["any", "target", "will do"])).unwrap();
    assert_eq!((model.mean(), model.var()), (array![3.0, 5.0].view(), array![14.0 / 3.0, 0.0]));
    assert_eq!(model.scale(), array![(14.0_f64 / 3.0).sqrt(), 1.0]);
    assert_eq!(model.n_samples_seen(), array![3.0, 3.0]);
    assert_eq!(model.transform(&x).unwrap().column(1), array![0.0, 0.0, 0.0]);
    let plain = StandardScaler::new().with_mean(false).with_std(false).fit(&x).unwrap();
    assert_eq!(plain.transform(&x).unwrap(), x);
    let centred = StandardScaler::new().with_std(false).fit(&x).unwrap();
    assert_eq!(centred.transform(&x).unwrap(), array![[-2.0, 0.0], [-1.0, 0.0], [3.0, 0.0]]);
}

#[test]
fn constant_columns_become_zero_and_small_spreads_do_not() {
    let n = 1000;
    let fill = |f: &dyn Fn(usize) -> f64| Array2::from_shape_fn((n, 1), |(i, _)| f(i));
    // A sum that should be 0.3 and is in half of the rows: one rounding error of spread.
    for constant in [fill(&|_| 1e300), fill(&|_| 0.1), fill(&|i| if i % 2 == 0 { 0.1 + 0.2 } else { 0.3 })] {
        let z = StandardScaler::new().fit(&constant).unwrap().transform(&constant).unwrap();
        assert!(z.iter().all(|v| v.abs() < 1e-15), "{}", z[[0, 0]]);
    }
    for varied in [
        fill(&|i| 1e9 + (i % 2) as f64 * 0.1),
        fill(&|i| 1e-150 * (i % 2) as f64),
        fill(&|i| 1e150 * (i % 2) as f64),
    ] {
        let z = StandardScaler::new().fit(&varied).unwrap().transform(&varied).unwrap();
        assert!(z.iter().all(|v| (v.abs() - 1.0).abs() < 1e-5), "{}", z[[0, 0]]);
    }
}

#[test]
fn weights_count_rows() {
    let x = records(50);
    let weights = Array1::from_shape_fn(50, |i| (i % 4) as f64);
    let rows: Vec<usize> = (0..50).flat_map(|i| std::iter::repeat_n(i, i % 4)).collect();
    let weighted = StandardScaler::new().fit((&x, &Array1::<f64>::zeros(50), &weights)).unwrap();
    let repeated = StandardScaler::new().fit(&x.select(Axis(0), &rows)).unwrap();
    assert_eq!(weighted.n_samples_seen(), repeated.n_samples_seen());
    for j in 0..4 {
        approx::assert_relative_eq!(weighted.mean()[j], repeated.mean()[j], max_relative = 1e-14);
        approx::assert_relative_eq!(weighted.scale()[j], repeated.scale()[j], max_relative = 1e-12);
    }
}

#[test]
fn missing_values_stay_missing_and_teach_nothing() {
    let mut x = records(60);
    x.slice_mut(s![..;7, 1]).fill(f64::NAN);
    x.column_mut(2).fill(f64::NAN);
    let model = StandardScaler::new().fit(&x).unwrap();
    let seen: Vec<f64> = x.column(1).iter().copied().filter(|v| !v.is_nan()).collect();
    let mean = seen.iter().sum::<f64>() / seen.len() as f64;
    approx::assert_relative_eq!(model.mean()[1], mean, max_relative = 1e-15);
    assert_eq!(model.n_samples_seen(), array![60.0, seen.len() as f64, 0.0, 60.0]);
    let z = model.transform(&x).unwrap();
    assert!(z.iter().zip(&x).all(|(z, x)| z.is_nan() == x.is_nan()));
    // Of a column without values nothing is known: it is left as it is.
    assert_eq!(model.transform(&Array2::from_elem((1, 4), 7.0)).unwrap()[[0, 2]], 7.0);
}

#[test]
fn sparse_records_are_scaled_and_never_centred() {
    let dense = records(80).mapv(|v| if v as i64 % 3 == 0 { 0.0 } else { v });
    let sparse = Csr::from_dense(dense.view());
    let scaler = StandardScaler::new().with_mean(false);
    let (a, b) = (scaler.fit(&dense).unwrap(), scaler.fit(&sparse).unwrap());
    let (za, zb) = (a.transform(&dense).unwrap(), b.transform(&sparse).unwrap());
    assert_close(&za, &zb.to_dense(), 1e-13);
    assert_close(&b.inverse_transform(&zb).unwrap().to_dense(), &dense, 1e-15);

    let centred = StandardScaler::new().fit(&dense).unwrap();
    for refused in [StandardScaler::new().fit(&sparse).map(|_| ()), centred.transform(&sparse).map(|_| ())] {
        let message = refused.unwrap_err().to_string();
        assert!(message.contains("sparse") && message.contains("with_mean(false)"), "{message}");
    }
}

#[test]
fn batches_teach_what_all_rows_do() {
    let x = records(1000);
    let whole = StandardScaler::new().fit(&x).unwrap();
    let mut model = StandardScaler::new().fit(x.slice(s![..1, ..])).unwrap();
    for rows in [1..2, 2..500, 500..1000] {
        model.partial_fit(x.slice(s![rows, ..])).unwrap();
    }
    for j in 0..4 {
        approx::assert_relative_eq!(model.mean()[j], whole.mean()[j], max_relative = 1e-14, epsilon = 1e-20);
        // Means of batches are rounded to numbers before their difference is taken.
        let allowed = 1e-13 + f64::EPSILON * model.mean()[j].abs() / model.scale()[j];
        approx::assert_relative_eq!(model.scale()[j], whole.scale()[j], max_relative = allowed);
    }
    // A batch that is refused leaves the model as it was.
    let before = model.clone();
    assert!(model.partial_fit(&array![[1.0, 2.0, f64::INFINITY, 3.0]]).is_err());
    assert!(model.partial_fit(&array![[1.0, 2.0]]).is_err());
    assert_eq!(model, before);
}

#[test]
fn infinite_values_and_overflow_are_told_apart() {
    let mut x = records(30);
    x[[17, 2]] = f64::NEG_INFINITY;
    let at = Error::NonFinite { what: "x".into(), value: "-inf".into(), row: 17, column: 2 };
    assert_eq!(StandardScaler::new().fit(&x).unwrap_err(), at);
    let model = StandardScaler::new().fit(&records(30)).unwrap();
    assert_eq!(model.transform(&x).unwrap_err(), at);
    assert_eq!(model.inverse_transform(&x).unwrap_err(), at);
    assert!(matches!(StandardScaler::new().fit(&array![[1e200], [-1e200]]), Err(Error::Numerical { .. })));
    // Means alone exist where variances do not.
    assert!(StandardScaler::new().with_std(false).fit(&array![[1e200], [-1e200]]).is_ok());
    let small = StandardScaler::new().fit(&array![[0.0], [1e-100]]).unwrap();
    assert!(matches!(small.transform(&array![[1e300]]), Err(Error::Numerical { .. })));
    assert!(matches!(
        small.transform_one(&[1e300], &mut Vec::new(), &mut Scratch::new()),
        Err(Error::Numerical { .. })
    ));
}

#[test]
fn one_row_is_as_in_a_batch() {
    let x = records(200);
    let model = StandardScaler::new().fit(&x).unwrap();
    let z = model.transform(&x).unwrap();
    let (mut out, mut scratch) = (vec![9.0; 17], Scratch::new());
    for (row, expected) in x.rows().into_iter().zip(z.rows()) {
        model.transform_one(row.as_slice().unwrap(), &mut out, &mut scratch).unwrap();
        assert_eq!(expected, Array1::from(out.clone()));
    }
    assert!(matches!(model.transform_one(&[1.0], &mut out, &mut scratch), Err(Error::Shape { .. })));
    let infinite = model.transform_one(&[0.0, f64::INFINITY, 0.0, 0.0], &mut out, &mut scratch);
    assert_eq!(infinite, Err(Error::NonFinite { what: "x".into(), value: "inf".into(), row: 0, column: 1 }));
}

#[test]
fn the_layout_is_kept_and_does_not_change_the_result() {
    let x = records(3000);
    let mut fortran = Array2::zeros((3000, 4).f());
    fortran.assign(&x);
    let model = StandardScaler::new().fit(&x).unwrap();
    let z = model.transform(&x).unwrap();
    let zf = model.transform(&fortran).unwrap();
    assert!(z.is_standard_layout() && zf.t().is_standard_layout());
    assert_eq!(z, zf);
    assert_eq!(model.transform(x.slice(s![..;-1, ..])).unwrap(), z.slice(s![..;-1, ..]));
    assert!(matches!(model.transform(&Array2::zeros((0, 4))), Err(Error::EmptyInput { .. })));
}

#[test]
fn single_precision_far_from_zero_is_centred_without_loss() {
    // Steps of 1/16 at 10⁶ are exact in f32; their mean is not.
    let x = Array2::from_shape_fn((1000, 1), |(i, _)| 1e6 + (i % 7) as f32 / 16.0);
    let z = StandardScaler::new().fit(&x).unwrap().transform(&x).unwrap();
    let exact = x.mapv(f64::from);
    let exact = StandardScaler::new().fit(&exact).unwrap().transform(&exact).unwrap();
    assert!(z.iter().zip(&exact).all(|(a, b)| (f64::from(*a) - b).abs() < 1e-7));
}

#[test]
fn forged_models_are_refused() {
    let text = StandardScaler::new().fit(&records(9)).unwrap().to_json().unwrap();
    assert!(StandardScalerModel::<f64>::from_json(&text).is_ok());
    let scale = text.find("\"scale\":[").unwrap() + 9;
    let end = scale + text[scale..].find(',').unwrap();
    for forged in ["0", "-1", "\"nan\"", "\"inf\"", "1.0,1.0"] {
        let forged = format!("{}{forged}{}", &text[..scale], &text[end..]);
        assert!(
            matches!(StandardScalerModel::<f64>::from_json(&forged), Err(Error::Persist { .. })),
            "{forged}"
        );
    }
}

#[test]
fn chunks_find_the_place_of_an_infinite_value_in_the_whole() {
    let mut x = Array2::<f32>::zeros((100_000, 3));
    x[[98_765, 1]] = f32::INFINITY;
    let samples: Samples<'_, f32, ()> = (&x).into();
    let state = columns::gather(
        samples.x,
        None,
        || super::Moments::new(3),
        super::Moments::insert,
        super::Moments::combine,
    );
    assert!(matches!(state, Err(Error::NonFinite { row: 98_765, column: 1, .. })));
}
