//! Data of the tests: by formula, so that other languages make the same.

use ndarray::{Array1, Array2};

pub(crate) const N: usize = 60;

/// Four classes: `(i² + ⌊i/7⌋) mod 4`.
pub(crate) fn truth() -> Array1<usize> {
    (0..N).map(|i| (i * i + i / 7) % 4).collect()
}

/// Every third label is another one.
pub(crate) fn predicted() -> Array1<usize> {
    truth().into_iter().enumerate().map(|(i, t)| if i % 3 == 0 { (i + 1) % 4 } else { t }).collect()
}

/// Weights from 0 to 3, some of them 0.
pub(crate) fn weights() -> Array1<f64> {
    (0..N).map(|i| ((i * 5) % 7) as f64 / 2.0).collect()
}

/// Whether the class is one of the upper two.
pub(crate) fn binary() -> Array1<bool> {
    truth().mapv(|t| t >= 2)
}

/// Scores with ties.
pub(crate) fn scores() -> Array1<f64> {
    (0..N).map(|i| ((i * 37) % 50) as f64 / 10.0).collect()
}

/// Class probabilities.
pub(crate) fn probabilities() -> Array2<f64> {
    let mut p = Array2::from_shape_fn((N, 4), |(i, j)| 1.0 + ((i * (j + 3)) % 5) as f64);
    p.rows_mut().into_iter().for_each(|mut row| row /= row.sum());
    p
}

/// Equal but for rounding: both sides add up some hundred numbers of the size of the result.
pub(crate) fn close(found: f64, expected: f64) {
    assert!(
        (found - expected).abs() <= 1e-13 * expected.abs().max(1.0),
        "found {found}, expected {expected}"
    );
}
