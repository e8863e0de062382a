//! Arrays and data sets keep their values in both directions, and their buffers where the layout allows.

use estimand_core::{Csr, Dataset, Error, Samples};
use estimand_linfa::{IntoEstimand, IntoLinfa, ndarray_linfa as theirs};
use ndarray::{Array1, Array2, Axis, ShapeBuilder, array, s};

fn table(n: usize, p: usize) -> Array2<f64> {
    Array2::from_shape_fn((n, p), |(i, j)| (10 * i + j) as f64)
}

fn agree(ours: ndarray::ArrayView2<'_, f64>, theirs: theirs::ArrayView2<'_, f64>) {
    assert_eq!(ours.dim(), theirs.dim());
    assert!(ours.iter().eq(theirs.iter()), "{ours} and {theirs}");
}

#[test]
fn views_in_either_order_are_not_copied() {
    let c = table(5, 3);
    let f = Array2::from_shape_fn((5, 3).f(), |(i, j)| (i * j) as f64);
    let single = table(1, 4);
    for x in
        [c.view(), c.slice(s![1..4, ..]), f.view(), f.slice(s![.., 1..]), f.t(), single.view(), single.t()]
    {
        let there = x.into_linfa();
        agree(x, there.view());
        assert!(there.is_view() && there.as_ptr() == x.as_ptr());
        let back = there.view().into_estimand();
        assert_eq!(back, x);
        assert!(back.is_view() && back.as_ptr() == x.as_ptr());
    }
}

#[test]
fn other_views_are_copied() {
    let c = table(6, 4);
    let mut reversed = c.view();
    reversed.invert_axis(Axis(0));
    for x in [c.slice(s![..;2, ..]), c.slice(s![.., 1..3]), reversed, c.slice(s![.., ..;-1])] {
        let there = x.into_linfa();
        agree(x, there.view());
        assert!(!there.is_view());
        assert_eq!(there.view().into_estimand(), x);
    }
}

#[test]
fn empty_views_keep_their_shape() {
    for shape in [(0, 3), (3, 0), (0, 0)] {
        let x: Array2<f64> = Array2::zeros(shape);
        assert_eq!(x.view().into_linfa().dim(), shape);
        assert_eq!(x.into_linfa().into_estimand().dim(), shape);
    }
}

#[test]
fn owned_arrays_move() {
    for x in [table(4, 3), table(4, 3).reversed_axes(), table(1, 3)] {
        let (copy, place) = (x.clone(), x.as_ptr());
        let there = x.into_linfa();
        agree(copy.view(), there.view());
        assert_eq!(there.as_ptr(), place);
        let back = there.into_estimand();
        assert_eq!((&back, back.as_ptr()), (&copy, place));
    }
}

#[test]
fn owned_arrays_that_were_cut_keep_their_values() {
    let cuts: [fn(Array2<f64>) -> Array2<f64>; 4] = [
        |x| x.slice_move(s![1..3, ..]),
        |x| x.slice_move(s![.., 1..]),
        |x| x.slice_move(s![..;-1, ..]),
        |x| x.reversed_axes().slice_move(s![.., 2..]),
    ];
    for cut in cuts {
        let x = cut(table(5, 4));
        let there = x.clone().into_linfa();
        agree(x.view(), there.view());
        assert_eq!(there.into_estimand(), x);
    }
    let y = Array1::from_iter(0..9).slice_move(s![2..7]);
    assert_eq!(y.clone().into_linfa().into_estimand(), y);
    let y = y.slice_move(s![..;-2]);
    assert_eq!(y.clone().into_linfa().into_estimand(), y);
}

#[test]
fn targets_of_any_kind_cross() {
    let words: Array1<String> = array!["a", "b"].mapv(String::from);
    assert_eq!(words.clone().into_linfa().into_estimand(), words);
    assert_eq!(array![true, false].view().into_linfa().to_vec(), [true, false]);
}

#[test]
fn data_sets_move_there_and_back() {
    let mut data = Dataset::new(table(4, 2), array![0_usize, 1, 0, 1]).with_names(["height", "width"]);
    data = data
        .with_weights(array![1.0, 2.0, 0.5, 0.0])
        .with_target_names(["no", "yes"])
        .with_groups(array![0, 0, 1, 1]);
    let place = data.x.as_ptr();

    let there = data.clone().into_linfa().unwrap();
    assert_eq!(there.feature_names(), ["height", "width"]);
    assert_eq!(there.weights(), Some([1.0_f32, 2.0, 0.5, 0.0].as_slice()));
    assert!(there.target_names().is_empty(), "linfa names outputs, not classes");

    let back = there.into_estimand();
    assert_eq!((&back.x, &back.y, &back.weights), (&data.x, &data.y, &data.weights));
    assert_eq!(back.feature_names, data.feature_names);
    assert!(back.groups.is_none());
    assert_eq!(data.into_linfa().unwrap().into_estimand().x.as_ptr(), place);
}

#[test]
fn names_of_outputs_cross() {
    let data = Dataset::new(table(3, 2), table(3, 2)).with_target_names(["chins", "jumps"]);
    let there = data.into_linfa().unwrap();
    assert_eq!(there.target_names(), ["chins", "jumps"]);
    assert_eq!(there.into_estimand().target_names, ["chins", "jumps"]);
}

#[test]
fn samples_and_data_sets_are_borrowed() {
    let data = Dataset::new(table(4, 2), array![1.0, 2.0, 3.0, 4.0]).with_weights(array![1.0, 2.0, 3.0, 4.0]);
    let there = data.samples().into_linfa().unwrap();
    assert!(there.records.is_view() && there.targets.is_view());

    let linfa = data.clone().into_linfa().unwrap().with_feature_names(vec!["a", "b"]);
    let borrowed = (&linfa).into_estimand();
    let samples: Samples<'_, f64, Array1<f64>> = (&borrowed).into();
    assert_eq!(samples.x.names().unwrap(), ["a", "b"]);
    assert_eq!(samples.x.dense("test").unwrap().as_ptr(), linfa.records.as_ptr());
    assert_eq!((samples.y, samples.weights.unwrap()), (data.y.view(), data.weights.as_ref().unwrap().view()));
}

#[test]
fn what_cannot_cross_is_refused() {
    let heavy = Dataset::new(table(2, 2), array![1.0, 2.0]).with_weights(array![1.0, 1e300]);
    assert!(matches!(heavy.samples().into_linfa(), Err(Error::Weights { .. })));
    assert!(matches!(heavy.into_linfa(), Err(Error::Weights { .. })));

    let uneven = Dataset::new(table(2, 2), array![1.0]);
    assert!(matches!(uneven.into_linfa(), Err(Error::Shape { .. })));

    let unnamed = Dataset::new(table(2, 2), array![1.0, 2.0]).with_names(["one"]);
    assert!(matches!(unnamed.into_linfa(), Err(Error::FeatureNames { .. })));

    let sparse = Csr::from_dense(table(2, 2).view());
    let y = array![1.0, 2.0];
    let samples: Samples<'_, f64, Array1<f64>> = (&sparse, &y).into();
    assert!(matches!(samples.into_linfa(), Err(Error::Unsupported { .. })));
}
