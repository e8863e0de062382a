//! By definition, weights, where outliers begin, errors.

use super::*;
use estimand_core::{Seed, random::below};
use ndarray::{Array2, Axis, array};

fn noise(n: usize, p: usize, seed: u64) -> Array2<f64> {
    let mut stream = Seed(seed).stream(0);
    Array2::from_shape_simple_fn((n, p), || below(1 << 30, &mut stream) as f64 / f64::from(1 << 30))
}

/// (1) to (3) from all distances; the factors of training rows, and those of other rows as new ones.
fn twin(x: &Array2<f64>, new: &Array2<f64>, k: usize) -> (Vec<f64>, Vec<f64>) {
    let n = x.nrows();
    let nearest = |q: ndarray::ArrayView1<'_, f64>, except: Option<usize>| {
        let mut near: Vec<(f64, usize)> = (0..n)
            .filter(|j| Some(*j) != except)
            .map(|j| ((&q - &x.row(j)).mapv(|v| v * v).sum().sqrt(), j))
            .collect();
        near.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        near.truncate(k);
        near
    };
    let lists: Vec<_> = (0..n).map(|i| nearest(x.row(i), Some(i))).collect();
    let reach: Vec<f64> = lists.iter().map(|list| list[k - 1].0).collect();
    let density = |list: &[(f64, usize)]| {
        1.0 / (list.iter().map(|(d, o)| d.max(reach[*o])).sum::<f64>() / k as f64 + 1e-10)
    };
    let densities: Vec<f64> = lists.iter().map(|list| density(list)).collect();
    let factor = |list: &[(f64, usize)]| {
        list.iter().map(|(_, o)| densities[*o]).sum::<f64>() / k as f64 / density(list)
    };
    let own = lists.iter().map(|list| factor(list)).collect();
    (own, new.rows().into_iter().map(|q| factor(&nearest(q, None))).collect())
}

#[test]
fn factors_are_their_definition() {
    for (n, p, k) in [(120, 2, 5), (80, 12, 20), (30, 3, 29)] {
        let (mut x, new) = (noise(n, p, 1), noise(10, p, 2) * 2.0);
        x.row_mut(7).fill(3.0);
        let (own, others) = twin(&x, &new, k);
        let model = LocalOutlierFactor::new().n_neighbors(k).fit(&x).unwrap();
        approx::assert_relative_eq!(model.outlier_factors(), &Array1::from(own), max_relative = 1e-12);
        let scores = -model.score_samples(&new).unwrap();
        approx::assert_relative_eq!(scores, Array1::from(others), max_relative = 1e-12);
        assert_eq!(model.predict(&new).unwrap(), scores.mapv(|factor| if factor > 1.5 { -1 } else { 1 }));
        assert_eq!(model.limit(), 1.5);
    }
}

#[test]
fn weights_are_repetitions() {
    let x = noise(60, 2, 3);
    let weights = Array1::from_shape_fn(60, |i| (i % 4) as f64);
    let rows: Vec<usize> = (0..60).flat_map(|i| std::iter::repeat_n(i, i % 4)).collect();
    for contamination in [Contamination::Auto, Contamination::Share(0.1)] {
        let settings = LocalOutlierFactor::new().n_neighbors(7).contamination(contamination);
        let weighted = settings.fit_samples(Samples::<f64, ()>::from(&x).with_weights(&weights)).unwrap();
        let repeated = settings.fit(&x.select(Axis(0), &rows)).unwrap();
        let spread: Array1<f64> = rows.iter().map(|i| weighted.outlier_factors()[*i]).collect();
        approx::assert_relative_eq!(spread, repeated.outlier_factors(), max_relative = 1e-12);
        approx::assert_relative_eq!(weighted.limit(), repeated.limit(), max_relative = 1e-12);
        // What has no weight is judged as a new row.
        let new = repeated.score_samples(&x).unwrap();
        approx::assert_relative_eq!(weighted.outlier_factors()[8], -new[8], max_relative = 1e-12);
    }
}

#[test]
fn a_share_is_beyond_the_limit() {
    let x = noise(200, 2, 4);
    let model = LocalOutlierFactor::new().contamination(0.1).fit(&x).unwrap();
    assert_eq!(model.labels().iter().filter(|label| **label == -1).count(), 20);
}

#[test]
fn equal_rows_are_no_outliers() {
    let mut x = Array2::<f64>::ones((30, 2));
    x.row_mut(0).fill(9.0);
    let model = LocalOutlierFactor::new().n_neighbors(5).fit(&x).unwrap();
    assert!(model.outlier_factors().iter().skip(1).all(|factor| (factor - 1.0).abs() < 1e-9));
    assert_eq!(model.labels()[0], -1);
}

#[test]
fn impossible_settings_are_refused() {
    let x = array![[0.0], [1.0], [2.0]];
    let said = |settings: LocalOutlierFactor| settings.fit(&x).unwrap_err().to_string();
    assert!(said(LocalOutlierFactor::new()).contains("at most"));
    assert!(said(LocalOutlierFactor::new().n_neighbors(3)).contains("at most 2, the other rows"));
    assert!(said(LocalOutlierFactor::new().n_neighbors(1).contamination(0.6)).contains("(0, 0.5]"));
}
