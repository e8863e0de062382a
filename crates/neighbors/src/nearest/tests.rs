//! Neighbours, graphs, errors.

use super::*;
use estimand_core::Persist;
use ndarray::array;

#[test]
fn graphs_are_the_neighbours() {
    let x = array![[0.0], [1.0], [3.0], [3.0]];
    let model = NearestNeighbors::new().n_neighbors(2).radius(2.0).fit(&x).unwrap();
    let graph = |edges| model.kneighbors_graph(Queries::Own, edges).unwrap().to_dense();
    let ones = array![[0.0, 1.0, 1.0, 0.0], [1.0, 0.0, 1.0, 0.0], [0.0, 1.0, 0.0, 1.0], [0.0, 1.0, 1.0, 0.0]];
    assert_eq!(graph(Edges::Ones), ones);
    let distances =
        array![[0.0, 1.0, 3.0, 0.0], [1.0, 0.0, 2.0, 0.0], [0.0, 2.0, 0.0, 0.0], [0.0, 2.0, 0.0, 0.0]];
    assert_eq!(graph(Edges::Distances), distances);
    let within = model.radius_neighbors(&array![[2.5], [9.0]]).unwrap();
    assert_eq!((within.len(), within.rows(0), within.rows(1)), (2, &[2, 3, 1][..], &[][..]));
    assert_eq!(within.distances(0), [0.5, 0.5, 1.5]);
    let graph = model.radius_neighbors_graph(&array![[2.5], [9.0]], Edges::Distances).unwrap();
    assert_eq!((graph.to_dense(), graph.view().nnz()), (array![[0.0, 1.5, 0.5, 0.5], [0.0; 4]], 3));
}

#[test]
fn bad_input_is_refused_and_models_are_saved() {
    let x = array![[0.0, 1.0], [1.0, 5.0], [3.0, 2.0]];
    let settings = NearestNeighbors::new().n_neighbors(2).metric(Metric::Cosine);
    let model = settings.fit(&x).unwrap();
    let said = |outcome: Result<Nearest<f64>>| outcome.unwrap_err().to_string();
    assert!(said(model.kneighbors(&array![[1.0]])).contains("expected 2, found 1"));
    assert!(said(model.kneighbors(&array![[1.0, f64::NAN]])).contains("column 1"));
    let weights = array![1.0, 2.0, 1.0];
    let weighted = settings.fit_samples(Samples::<f64, ()>::from(&x).with_weights(&weights));
    assert!(weighted.unwrap_err().to_string().contains("weights"));
    assert!(NearestNeighbors::new().n_neighbors(3).fit(&x).unwrap().kneighbors(Queries::Own).is_err());
    for metric in [Metric::Cosine, Metric::Mahalanobis(None), Metric::Manhattan, Metric::Jaccard] {
        let model = settings.clone().metric(metric).fit(&x).unwrap();
        let loaded = NearestNeighborsModel::from_bytes(&model.to_bytes().unwrap()).unwrap();
        assert_eq!(loaded, model);
        assert_eq!(loaded.kneighbors(&x).unwrap(), model.kneighbors(&x).unwrap());
        assert_eq!(NearestNeighborsModel::from_json(&model.to_json().unwrap()).unwrap(), model);
    }
    let own = Metric::own("own", true, |x: &[f64], y: &[f64]| (x[0] - y[0]).abs());
    let model = settings.metric(own).fit(&x).unwrap();
    assert!(model.to_bytes().unwrap_err().to_string().contains("model file"));
}
