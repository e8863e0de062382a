//! Recall, the whole graph in view, equal rows, threads, files, errors.

use super::*;
use crate::{Algorithm, Index};
use estimand_core::random::uniform;
use ndarray::array;

const RULES: GraphRules = GraphRules { m: 12, effort_build: 80, seed: 3 };

fn noise(n: usize, p: usize, seed: u64) -> Array2<f64> {
    let mut stream = Seed(seed).stream(0);
    Array2::from_shape_simple_fn((n, p), || uniform(&mut stream))
}

#[test]
fn most_neighbours_are_found_and_measured() {
    let (x, q) = (noise(3000, 8, 1), noise(200, 8, 2));
    for metric in [Metric::Euclidean, Metric::Cosine, Metric::Manhattan, Metric::Chebyshev] {
        let graph = Hnsw::new(&x, &metric, RULES).unwrap();
        let exact = Index::new(&x, &metric, Algorithm::Brute).unwrap().nearest(&q, 10).unwrap();
        let share = |effort: usize| {
            let found = graph.nearest(&q, 10, effort).unwrap();
            for (found, truth) in found.distances.rows().into_iter().zip(exact.distances.rows()) {
                assert!(found.windows(2).into_iter().all(|pair| pair[0] <= pair[1]));
                assert!(found.iter().zip(truth).all(|(found, truth)| found >= truth));
            }
            let hits = found.distances.rows().into_iter().zip(exact.distances.rows());
            let hits = hits.map(|(found, truth)| found.iter().filter(|d| **d <= truth[9]).count());
            hits.sum::<usize>() as f64 / 2000.0
        };
        assert!(share(10) > 0.7 && share(100) > 0.98, "{metric:?}: {} {}", share(10), share(100));
        // Rows of the same kind as the queries: the measured recall is that of the queries, up to chance.
        let measured = graph.recall(10, 30, 400, 5).unwrap();
        assert!((measured - share(30)).abs() < 0.05, "{metric:?}: {measured} for {}", share(30));
    }
}

#[test]
fn with_all_rows_in_view_the_search_is_exact() {
    let x = noise(300, 3, 4);
    let graph = Hnsw::new(&x, &Metric::Euclidean, RULES).unwrap();
    let exact = Index::new(&x, &Metric::Euclidean, Algorithm::Brute).unwrap();
    for k in [1, 7, 299] {
        let found = graph.nearest(Queries::Own, k, 300).unwrap();
        assert_eq!(found, exact.nearest(Queries::Own, k).unwrap());
    }
    assert_eq!(graph.recall(5, 300, 300, 0).unwrap(), 1.0);
    assert_eq!(graph.nearest(&x, 300, 300).unwrap(), exact.nearest(&x, 300).unwrap());
}

/// More equal rows than a row has links do not cut off the rest.
#[test]
fn equal_rows_leave_a_way_out() {
    let mut x = noise(600, 2, 5);
    x.slice_mut(ndarray::s![..200, ..]).fill(0.5);
    let graph = Hnsw::new(&x, &Metric::Euclidean, RULES).unwrap();
    assert!(graph.recall(10, 60, 600, 1).unwrap() > 0.95);
    let found = graph.nearest(&array![[0.5, 0.5]], 1, 40).unwrap();
    assert_eq!(found.distances, array![[0.0]]);
    let same = Hnsw::new(&Array2::<f64>::ones((300, 2)), &Metric::Euclidean, RULES).unwrap();
    assert_eq!(same.nearest(Queries::Own, 5, 40).unwrap().distances, Array2::<f64>::zeros((300, 5)));
}

#[test]
fn threads_and_files_do_not_change_a_bit() {
    let x = noise(1500, 5, 6);
    let build = || Hnsw::new(&x, &Metric::Euclidean, RULES).unwrap();
    let one = par::with_threads(1, build).unwrap();
    let four = par::with_threads(4, build).unwrap();
    assert_eq!(one, four);
    assert!(one.layers() > 1);
    let other = Hnsw::new(&x, &Metric::Euclidean, GraphRules { seed: 4, ..RULES }).unwrap();
    assert_ne!(one.state.levels, other.state.levels);
    let singles = x.mapv(|v| v as f32);
    let narrow = Hnsw::new(&singles, &Metric::Euclidean, RULES).unwrap();
    assert!(narrow.recall(5, 60, 200, 0).unwrap() > 0.95);

    let state = State::from(one.clone());
    assert_eq!(Hnsw::try_from(state.clone()).unwrap(), one);
    let refused = |state: State<f64>| Hnsw::try_from(state).is_err();
    assert!(refused(State { entry: 9999, ..state.clone() }) && refused(State { m: 11, ..state.clone() }));
    let mut links = state.base.clone();
    links[7] = 1500;
    assert!(refused(State { base: links, ..state.clone() }));
    // A link in a layer above to a row that is not in it.
    let below = state.levels.iter().position(|level| *level == 0).unwrap() as u32;
    let mut links = state.above.clone();
    links[0] = below;
    assert!(refused(State { above: links, ..state }));
}

#[test]
fn impossible_questions_are_refused() {
    let x = noise(20, 2, 7);
    let graph = Hnsw::new(&x, &Metric::Euclidean, RULES).unwrap();
    let said = |k: usize| graph.nearest(Queries::Own, k, 10).unwrap_err().to_string();
    assert!(said(0).contains("from 1 to the 19 rows") && said(20).contains("n_neighbors"));
    assert!(graph.nearest(&noise(1, 3, 0), 1, 10).is_err());
    assert!(graph.nearest(&array![[f64::NAN, 0.0]], 1, 10).is_err());
    assert!(Hnsw::new(&x, &Metric::NanEuclidean, RULES).is_err());
    assert!(Hnsw::new(&x, &Metric::Euclidean, GraphRules { m: 1, ..RULES }).is_err());
    assert!(Hnsw::new(&Array2::<f64>::zeros((0, 2)), &Metric::Euclidean, RULES).is_err());
    let one = Hnsw::new(x.slice(ndarray::s![..1, ..]), &Metric::Euclidean, RULES).unwrap();
    assert_eq!(one.nearest(&x, 1, 1).unwrap().rows, Array2::<usize>::zeros((20, 1)));
    assert!(one.recall(1, 1, 1, 0).is_err());
}
