//! By hand, by definition, weights, columns without values, files, errors.

use super::*;
use estimand_core::random::uniform;
use estimand_core::{Persist, Seed};
use ndarray::{Array1, array};

const NAN: f64 = f64::NAN;

fn gaps(n: usize, p: usize, seed: u64) -> Array2<f64> {
    let mut stream = Seed(seed).stream(0);
    let mut draw = || uniform(&mut stream);
    Array2::from_shape_simple_fn((n, p), || if draw() < 0.25 { NAN } else { draw() })
}

/// (1) and (2) as they stand.
fn twin(train: &Array2<f64>, x: &Array2<f64>, k: usize, by_distance: bool) -> Array2<f64> {
    Array2::from_shape_fn(x.dim(), |(q, j)| {
        if !x[[q, j]].is_nan() {
            return x[[q, j]];
        }
        let mut near: Vec<(f64, f64)> = train
            .rows()
            .into_iter()
            .filter(|row| !row[j].is_nan())
            .filter_map(|row| {
                let pairs = row.iter().zip(x.row(q)).filter(|(a, b)| !a.is_nan() && !b.is_nan());
                let squares: Vec<f64> = pairs.map(|(a, b)| (a - b).powi(2)).collect();
                let scale = x.ncols() as f64 / squares.len() as f64;
                (!squares.is_empty()).then(|| ((scale * squares.iter().sum::<f64>()).sqrt(), row[j]))
            })
            .collect();
        near.sort_by(|a, b| a.0.total_cmp(&b.0));
        near.truncate(k);
        let weight = |d: f64| if by_distance { 1.0 / d } else { 1.0 };
        near.iter().map(|(d, v)| weight(*d) * v).sum::<f64>()
            / near.iter().map(|(d, _)| weight(*d)).sum::<f64>()
    })
}

#[test]
fn values_are_their_definition() {
    let (x, new) = (gaps(300, 6, 1), gaps(40, 6, 2));
    for (weights, by_distance) in [(NeighborWeights::Uniform, false), (NeighborWeights::Distance, true)] {
        let model = KnnImputer::new().n_neighbors(7).weights(weights).fit(&x).unwrap();
        let filled = model.transform(&new).unwrap();
        approx::assert_abs_diff_eq!(filled, twin(&x, &new, 7, by_distance), epsilon = 1e-12);
        approx::assert_abs_diff_eq!(
            model.transform(&x).unwrap(),
            twin(&x, &x, 7, by_distance),
            epsilon = 1e-12
        );
        let mut one = Vec::new();
        model.transform_one(&new.row(3).to_vec(), &mut one, &mut Scratch::new()).unwrap();
        assert_eq!(one, filled.row(3).to_vec());
    }
}

#[test]
fn weights_are_repetitions() {
    let (x, new) = (gaps(80, 4, 3), gaps(20, 4, 4));
    let weights = Array1::from_shape_fn(80, |i| (i % 3) as f64);
    let rows: Vec<usize> = (0..80).flat_map(|i| std::iter::repeat_n(i, i % 3)).collect();
    let settings = KnnImputer::new().n_neighbors(4).weights(NeighborWeights::Distance);
    let weighted = settings.fit_samples(Samples::<f64, ()>::from(&x).with_weights(&weights)).unwrap();
    let repeated = settings.fit(&x.select(Axis(0), &rows)).unwrap();
    approx::assert_abs_diff_eq!(
        weighted.transform(&new).unwrap(),
        repeated.transform(&new).unwrap(),
        epsilon = 1e-12
    );
}

#[test]
fn what_no_row_can_tell_is_the_mean() {
    let x = array![[1.0, NAN], [NAN, 4.0], [NAN, 8.0]];
    let imputer = KnnImputer::new().fit(&x).unwrap();
    assert_eq!(imputer.transform(&x).unwrap(), array![[1.0, 6.0], [1.0, 4.0], [1.0, 8.0]]);
    assert_eq!(imputer.transform(&array![[NAN, NAN]]).unwrap(), array![[1.0, 6.0]]);
}

#[test]
fn columns_without_values_are_left_out_or_zero() {
    let x = array![[1.0, NAN, 2.0], [3.0, NAN, NAN]];
    let imputer = KnnImputer::new().fit(&x).unwrap();
    assert_eq!(imputer.transform(&x).unwrap(), array![[1.0, 2.0], [3.0, 2.0]]);
    let kept = KnnImputer::new().keep_empty_features(true).fit(&x).unwrap();
    assert_eq!(kept.transform(&x).unwrap(), array![[1.0, 0.0, 2.0], [3.0, 0.0, 2.0]]);
    assert!(KnnImputer::new().fit(&array![[NAN]]).is_err());
}

#[test]
fn models_are_saved_with_their_gaps() {
    let (x, new) = (gaps(60, 3, 5), gaps(10, 3, 6));
    let model = KnnImputer::new().fit(&x).unwrap();
    for loaded in [
        KnnImputerModel::from_bytes(&model.to_bytes().unwrap()).unwrap(),
        KnnImputerModel::from_json(&model.to_json().unwrap()).unwrap(),
    ] {
        assert_eq!(loaded.transform(&new).unwrap(), model.transform(&new).unwrap());
    }
    assert!(model.transform(&array![[1.0, f64::INFINITY, 2.0]]).is_err());
    let own = KnnImputer::new().weights(NeighborWeights::own(|_| -1.0)).fit(&x).unwrap();
    assert!(own.transform(&array![[NAN, 0.5, 0.5]]).unwrap_err().to_string().contains("weights"));
}
