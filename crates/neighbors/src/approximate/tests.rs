//! Against the exact search, files, errors. The graph is tested where it is made.

use super::*;
use crate::NearestNeighbors;
use estimand_core::random::uniform;
use estimand_core::{Persist, Seed};
use ndarray::{Array1, Array2};

fn noise(n: usize, p: usize, seed: u64) -> Array2<f64> {
    let mut stream = Seed(seed).stream(0);
    Array2::from_shape_simple_fn((n, p), || uniform(&mut stream))
}

#[test]
fn recall_is_what_it_says() {
    let x = noise(2000, 10, 1);
    // A graph so thin that effort matters.
    let settings = ApproximateNeighbors::new().n_neighbors(10).m(4).ef_construction(30).recall_rows(2000);
    let exact = NearestNeighbors::new().n_neighbors(10).fit(&x).unwrap().kneighbors(Queries::Own).unwrap();
    let mut last = 0.0;
    for effort in [10, 40, 300] {
        let model = settings.clone().ef_search(effort).fit(&x).unwrap();
        let found = model.kneighbors(Queries::Own).unwrap();
        let hits = found.rows.rows().into_iter().zip(exact.rows.rows());
        let hits =
            hits.map(|(found, exact)| found.iter().filter(|row| exact.iter().any(|e| e == *row)).count());
        let share = hits.sum::<usize>() as f64 / 20_000.0;
        assert!((share - model.recall().unwrap()).abs() < 1e-12, "{share} {:?}", model.recall());
        assert!(share > last, "{share} after {last}");
        last = share;
        assert!(model.report().notes[0].contains(&format!("recall {share:.4} of 10")));
    }
    assert!(last > 0.9, "{last}");
}

#[test]
fn models_are_saved() {
    let x = noise(300, 3, 2);
    let model = ApproximateNeighbors::new().recall_rows(0).fit(&x).unwrap();
    assert_eq!(model.recall(), None);
    let loaded = ApproximateNeighborsModel::from_bytes(&model.to_bytes().unwrap()).unwrap();
    assert_eq!(loaded, model);
    assert_eq!(ApproximateNeighborsModel::from_json(&model.to_json().unwrap()).unwrap(), model);
    assert_eq!(loaded.kneighbors(&x).unwrap(), model.kneighbors(&x).unwrap());
}

#[test]
fn impossible_settings_are_refused() {
    let x = noise(10, 2, 3);
    let weights = Array1::<f64>::ones(10);
    let weighted = Samples::<f64, ()>::from(&x).with_weights(&weights);
    assert!(ApproximateNeighbors::new().fit_samples(weighted).unwrap_err().to_string().contains("weights"));
    assert!(ApproximateNeighbors::new().m(1).fit(&x).is_err());
    let model = ApproximateNeighbors::new().n_neighbors(10).fit(&x).unwrap();
    assert!(model.kneighbors(&x).is_ok() && model.kneighbors(Queries::Own).is_err());
    assert!(model.kneighbors(&noise(2, 3, 1)).is_err());
}
