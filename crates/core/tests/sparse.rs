//! Compressed sparse rows against their dense twins.

use estimand_core::{Csr, Error, Result};
use ndarray::{Array2, Axis, array};
use proptest::prelude::*;

/// A dense array in which about half the values are zero.
fn dense() -> impl Strategy<Value = Array2<f64>> {
    (0_usize..7, 1_usize..6).prop_flat_map(|(n, p)| {
        proptest::collection::vec(prop_oneof![Just(0.0), -5.0..5.0], n * p)
            .prop_map(move |values| Array2::from_shape_vec((n, p), values).unwrap_or_default())
    })
}

proptest! {
    #[test]
    fn round_trips_and_transposes(x in dense()) {
        let csr = Csr::from_dense(x.view());
        prop_assert_eq!(csr.to_dense(), x.clone());
        prop_assert_eq!(csr.transpose().to_dense(), x.t().to_owned());
        prop_assert_eq!(csr.transpose().transpose(), csr.clone());
        prop_assert_eq!(csr.view().nnz(), x.iter().filter(|v| **v != 0.0).count());
    }

    #[test]
    fn triplets_in_any_order_are_added(x in dense()) {
        // Each value comes as two halves, from the last to the first.
        let halves: Vec<_> = x.indexed_iter().map(|((i, j), v)| (i, j, v / 2.0)).collect();
        let triplets = halves.iter().rev().chain(&halves).copied();
        prop_assert_eq!(Csr::from_triplets(x.nrows(), x.ncols(), triplets).unwrap().to_dense(), x);
    }

    #[test]
    fn row_ranges_and_selections(x in dense(), pick in proptest::collection::vec(0_usize..7, 0..9)) {
        let csr = Csr::from_dense(x.view());
        let rows: Vec<usize> = pick.into_iter().filter(|i| *i < x.nrows()).collect();
        prop_assert_eq!(csr.view().select(&rows).to_dense(), x.select(Axis(0), &rows));
        let half = x.nrows() / 2;
        let tail = csr.view().rows(half..x.nrows());
        prop_assert_eq!(tail.to_dense(), x.slice(ndarray::s![half.., ..]).to_owned());
        prop_assert_eq!(tail.transpose().to_dense(), x.slice(ndarray::s![half.., ..]).t().to_owned());
        let copy = tail.to_owned();
        prop_assert_eq!(copy.view().data(), tail.data());
    }
}

#[test]
fn columns_are_scaled() -> Result<()> {
    let x = array![[1.0, 0.0, 2.0], [0.0, 3.0, 0.0]];
    let scaled = Csr::from_dense(x.view()).scale_columns(&[10.0, 100.0, 0.5])?;
    assert_eq!(scaled.to_dense(), array![[10.0, 0.0, 1.0], [0.0, 300.0, 0.0]]);
    assert!(scaled.scale_columns(&[1.0]).is_err());
    Ok(())
}

#[test]
fn invalid_parts_are_refused() {
    let refused = |ncols, indptr: &[usize], indices: &[u32], data: &[f64]| {
        let outcome = Csr::new(ncols, indptr.to_vec(), indices.to_vec(), data.to_vec());
        assert!(matches!(outcome, Err(Error::Shape { .. })), "{indptr:?} {indices:?}");
    };
    refused(2, &[], &[], &[]);
    refused(2, &[1, 1], &[0], &[1.0]);
    refused(2, &[0, 1], &[0, 1], &[1.0, 2.0]);
    refused(2, &[0, 2, 1, 2], &[0, 1], &[1.0, 2.0]);
    refused(2, &[0, 9, 2], &[0, 1], &[1.0, 2.0]);
    refused(2, &[0, 2], &[1, 0], &[1.0, 2.0]);
    refused(2, &[0, 2], &[0, 0], &[1.0, 2.0]);
    refused(2, &[0, 1], &[2], &[1.0]);
    refused(2, &[0, 1], &[0], &[]);
    refused(usize::MAX, &[0], &[], &[]);
    assert!(Csr::from_triplets(2, 2, [(0, 2, 1.0)]).is_err());
}

#[test]
fn a_forged_file_is_validated() {
    let forged = r#"{"ncols":2,"indptr":[0,1],"indices":[7],"data":[1.0]}"#;
    assert!(serde_json::from_str::<Csr<f64>>(forged).is_err());
    let honest = forged.replace('7', "1");
    assert_eq!(serde_json::from_str::<Csr<f64>>(&honest).unwrap().to_dense(), array![[0.0, 1.0]]);
}
