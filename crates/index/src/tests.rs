//! Every way of searching against all distances, computed by their definitions.

use super::*;
use crate::prepare::{Plan, Reading};
use estimand_core::{Csr, Error, Seed, random::below};
use estimand_par as par;
use ndarray::{Array2, Axis, array, s};
use proptest::prelude::*;

const ALGORITHMS: [Algorithm; 4] =
    [Algorithm::Auto, Algorithm::KdTree, Algorithm::BallTree, Algorithm::Brute];

/// Numbers between −1 and 1.
fn noise(n: usize, p: usize, seed: u64) -> Array2<f64> {
    let mut stream = Seed(seed).stream(0);
    Array2::from_shape_simple_fn((n, p), || below(1 << 30, &mut stream) as f64 / f64::from(1 << 29) - 1.0)
}

/// Metrics for p columns, and whether trees of boxes and of balls have them.
fn metrics(p: usize) -> Vec<(Metric, bool, bool)> {
    let weights: Vec<f64> = (0..p).map(|j| j as f64 / 2.0).collect();
    let inverse = Array2::from_shape_fn((p, p), |(i, j)| if i == j { 2.0 } else { 0.5 });
    let own = |name: &str, is_metric| {
        Metric::own(name, is_metric, |x: &[f64], y: &[f64]| {
            x.iter().zip(y).map(|(x, y)| (x - y).abs()).sum::<f64>().sqrt()
        })
    };
    let mut all = vec![
        (Metric::Euclidean, true, true),
        (Metric::SquaredEuclidean, true, true),
        (Metric::Manhattan, true, true),
        (Metric::Chebyshev, true, true),
        (Metric::Minkowski(3.0), true, true),
        (Metric::Minkowski(1.5), true, true),
        (Metric::Minkowski(0.5), true, false),
        (Metric::Minkowski(1.0), true, true),
        (Metric::Minkowski(f64::INFINITY), true, true),
        (Metric::WeightedMinkowski { p: 3.0, weights }, true, true),
        (Metric::StandardizedEuclidean(Some(vec![0.3; p])), true, true),
        (Metric::Mahalanobis(Some(inverse)), true, true),
        (Metric::Cosine, true, true),
        (Metric::Hamming, false, true),
        (Metric::Canberra, false, true),
        (Metric::BrayCurtis, false, false),
        (Metric::NanEuclidean, false, false),
        (Metric::Jaccard, false, true),
        (Metric::Dice, false, false),
        (Metric::RogersTanimoto, false, true),
        (Metric::RussellRao, false, false),
        (Metric::SokalSneath, false, true),
        (Metric::Yule, false, false),
        (own("own", true), false, true),
        (own("not a metric", false), false, false),
    ];
    if p > 1 {
        all.push((Metric::Correlation, true, true));
    }
    if p == 2 {
        all.push((Metric::Haversine, true, true));
    }
    all
}

/// The distance by its definition.
fn definition(metric: &Metric, x: &[f64], y: &[f64]) -> f64 {
    let p = x.len() as f64;
    let sum = |f: &dyn Fn(f64, f64) -> f64| x.iter().zip(y).map(|(x, y)| f(*x, *y)).sum::<f64>();
    let power = |p: f64, w: &dyn Fn(usize) -> f64| {
        let terms = x.iter().zip(y).enumerate().map(|(j, (x, y))| w(j) * (x - y).abs().powf(p));
        terms.sum::<f64>().powf(1.0 / p)
    };
    let largest = || x.iter().zip(y).fold(0.0, |m: f64, (x, y)| m.max((x - y).abs()));
    let count = |f: &dyn Fn(bool, bool) -> bool| sum(&|x, y| f64::from(u8::from(f(x != 0.0, y != 0.0))));
    let (both, differ) = (count(&|x, y| x && y), count(&|x, y| x != y));
    let ratio = |a: f64, b: f64| if a == 0.0 { 0.0 } else { a / b };
    let cosine = |x: &[f64], y: &[f64]| {
        let dot = |x: &[f64], y: &[f64]| x.iter().zip(y).map(|(x, y)| x * y).sum::<f64>();
        match (dot(x, x), dot(y, y)) {
            (0.0, 0.0) => 0.0,
            (0.0, _) | (_, 0.0) => 1.0,
            (xx, yy) => 1.0 - dot(x, y) / (xx * yy).sqrt(),
        }
    };
    match metric {
        Metric::SquaredEuclidean => sum(&|x, y| (x - y).powi(2)),
        Metric::Manhattan => sum(&|x, y| (x - y).abs()),
        Metric::Chebyshev => largest(),
        Metric::Minkowski(p) if p.is_infinite() => largest(),
        Metric::Minkowski(p) => power(*p, &|_| 1.0),
        Metric::WeightedMinkowski { p, weights } => power(*p, &|j| weights[j]),
        Metric::StandardizedEuclidean(v) => (sum(&|x, y| (x - y).powi(2)) / v.as_ref().unwrap()[0]).sqrt(),
        Metric::Mahalanobis(m) => {
            let d: ndarray::Array1<f64> = x.iter().zip(y).map(|(x, y)| x - y).collect();
            d.dot(&m.as_ref().unwrap().dot(&d)).sqrt()
        }
        Metric::Cosine => cosine(x, y),
        Metric::Correlation => {
            let centred = |x: &[f64]| x.iter().map(|v| v - x.iter().sum::<f64>() / p).collect::<Vec<_>>();
            cosine(&centred(x), &centred(y))
        }
        Metric::Haversine => {
            let half = |a: f64, b: f64| ((a - b) / 2.0).sin().powi(2);
            2.0 * (half(x[0], y[0]) + x[0].cos() * y[0].cos() * half(x[1], y[1])).sqrt().asin()
        }
        Metric::Hamming => sum(&|x, y| f64::from(u8::from(x != y))) / p,
        Metric::Canberra => sum(&|x, y| ratio((x - y).abs(), x.abs() + y.abs())),
        Metric::BrayCurtis => ratio(sum(&|x, y| (x - y).abs()), sum(&|x, y| (x + y).abs())),
        Metric::Jaccard => ratio(differ, both + differ),
        Metric::Dice => ratio(differ, 2.0 * both + differ),
        Metric::RogersTanimoto => 2.0 * differ / (p + differ),
        Metric::RussellRao => (p - both) / p,
        Metric::SokalSneath => ratio(2.0 * differ, both + 2.0 * differ),
        Metric::Yule => {
            let product = count(&|x, y| x && !y) * count(&|x, y| y && !x);
            ratio(2.0 * product, both * count(&|x, y| !x && !y) + product)
        }
        Metric::Own(_) => sum(&|x, y| (x - y).abs()).sqrt(),
        _ => sum(&|x, y| (x - y).powi(2)).sqrt(),
    }
}

/// Rows with ties, duplicates, a column without variance, and zeros.
fn lattice(n: usize, p: usize, seed: u64) -> Array2<f64> {
    let mut x = noise(n, p, seed).mapv(|v| (v * 2.0).round());
    if p > 2 {
        x.column_mut(1).fill(1.0);
    }
    x
}

/// All ways to search for rows of `x` near those of `y` agree with a look at all distances.
fn check(x: &Array2<f64>, y: &Array2<f64>, k: usize) {
    for (metric, boxes, balls) in metrics(x.ncols()) {
        let distances = pairwise(y, x, &metric).unwrap();
        for ((i, j), d) in distances.indexed_iter() {
            let truth = definition(&metric, &y.row(i).to_vec(), &x.row(j).to_vec());
            // Roots of what cancels: of cosines near 1, a few roundings of 1.
            let close = (d - truth).abs() <= 1e-7 * truth.abs()
                || (d * d - truth * truth).abs() < 1e-14
                || d == &truth;
            assert!(close, "{metric:?}: {d} instead of {truth}");
        }
        let mut plan = Plan::new(&metric, x.view()).unwrap();
        plan.reading = Reading::Same;
        let gauged: Array2<f64> =
            pairwise::of_rows(plan.prepare.rows(y.view()).view(), plan.prepare.rows(x.view()).view(), &plan);
        for algorithm in ALGORITHMS {
            let has = match algorithm {
                Algorithm::KdTree => boxes,
                Algorithm::BallTree => balls,
                _ => true,
            };
            let index = Index::new(x, &metric, algorithm);
            if !has {
                assert!(matches!(index, Err(Error::Unsupported { .. })), "{metric:?} {algorithm:?}");
                continue;
            }
            let index = index.unwrap();
            let found = index.nearest(y, k).unwrap();
            for i in 0..y.nrows() {
                // By the gauge: different squares may have equal roots.
                let mut truth: Vec<(f64, usize)> = gauged.row(i).iter().copied().zip(0..).collect();
                truth.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
                truth.iter_mut().for_each(|t| t.0 = distances[[i, t.1]]);
                let rows: Vec<usize> = truth[..k].iter().map(|t| t.1).collect();
                assert_eq!(found.rows.row(i).to_vec(), rows, "{metric:?} {algorithm:?}");
                assert!(found.distances.row(i).iter().zip(&truth).all(|(d, t)| *d == t.0));
                let one = index.find_one(&y.row(i).to_vec(), Reach::Nearest(k), |found| {
                    found.iter().map(|f| f.row as usize).collect::<Vec<_>>()
                });
                assert_eq!(one.unwrap(), rows, "one row: {metric:?} {algorithm:?}");
                // Up to a radius half way between two distances, so that roundings of the radius do not matter.
                let next = truth[k..].iter().find(|t| t.0 > truth[k - 1].0 * (1.0 + 1e-9) + 1e-9);
                let radius = next.map_or(1e6, |next| (truth[k - 1].0 + next.0) / 2.0);
                let all: Vec<u32> = truth.iter().filter(|t| t.0 <= radius).map(|t| t.1 as u32).collect();
                let query = y.slice(s![i..=i, ..]);
                let within = index.find_with(query, Reach::Within(radius), 1, |_, found, out| {
                    out[0] = found.iter().map(|f| f.row).collect::<Vec<_>>();
                });
                assert_eq!(within.unwrap()[0], all, "within {radius}: {metric:?} {algorithm:?}");
                let one = index.find_one(&y.row(i).to_vec(), Reach::Within(radius), |found| found.len());
                assert_eq!(one.unwrap(), all.len());
            }
        }
    }
}

#[test]
fn neighbours_are_those_of_all_distances() {
    for p in [1, 2, 3, 7] {
        check(&noise(150, p, p as u64), &noise(9, p, 50), 4);
        check(&lattice(150, p, p as u64), &lattice(9, p, 51), 7);
    }
    check(&noise(70, 20, 7), &noise(5, 20, 52), 70);
    check(&lattice(40, 14, 8), &lattice(5, 14, 53), 3);
    check(&noise(1, 2, 7), &noise(3, 2, 52), 1);
}

/// Large enough for several levels of nodes, tiles and pieces of work.
#[test]
fn many_rows_are_searched_as_few_are() {
    for (n, p, k) in [(20_000, 3, 5), (3_000, 10, 100), (2_500, 30, 7)] {
        let x = noise(n, p, 1) + &lattice(n, p, 2) * 3.0;
        let y = noise(40, p, 3);
        let truth = pairwise(&y, &x, &Metric::SquaredEuclidean).unwrap();
        let brute: Vec<Vec<usize>> = truth
            .rows()
            .into_iter()
            .map(|row| {
                let mut order: Vec<usize> = (0..n).collect();
                order.sort_by(|a, b| row[*a].total_cmp(&row[*b]).then(a.cmp(b)));
                order[..k].to_vec()
            })
            .collect();
        for algorithm in ALGORITHMS {
            let index = Index::new(&x, &Metric::Euclidean, algorithm).unwrap();
            let found = index.nearest(&y, k).unwrap().rows;
            assert!(found.rows().into_iter().zip(&brute).all(|(f, b)| f.to_vec() == *b), "{algorithm:?} {p}");
        }
    }
}

#[test]
fn extreme_scales_are_searched_alike() {
    for factor in [1e-6, 1e6, 1e-100, 1e100] {
        for p in [3, 16] {
            let (x, y) = (noise(200, p, 4) * factor, noise(10, p, 5) * factor);
            let mut mixed = x.clone();
            mixed.column_mut(1).mapv_inplace(|v| v * 1e6 + 1e7 * factor);
            for x in [x.clone(), &x + 1e3 * factor, mixed] {
                let found = ALGORITHMS
                    .map(|a| Index::new(&x, &Metric::Euclidean, a).unwrap().nearest(&y, 6).unwrap());
                assert!(found.iter().all(|f| *f == found[0]), "{factor:e}");
                let distances = pairwise(&y, &x, &Metric::Euclidean).unwrap();
                for (row, found) in distances.rows().into_iter().zip(found[0].distances.rows()) {
                    let mut row = row.to_vec();
                    row.sort_by(f64::total_cmp);
                    assert_eq!(row[..6], found.to_vec());
                }
            }
        }
    }
    for factor in [1e160, 1e-200] {
        let outcome = Index::new(&(noise(9, 2, 4) * factor), &Metric::Euclidean, Algorithm::Auto);
        assert!(matches!(outcome, Err(Error::Numerical { .. })), "{outcome:?}");
        assert!(Index::new(&(noise(9, 2, 4) * factor), &Metric::Manhattan, Algorithm::Auto).is_ok());
    }
}

#[test]
fn far_queries_and_outliers_are_exact_too() {
    // Single precision tells none of these rows apart.
    let mut x = noise(600, 16, 6);
    x.row_mut(17).fill(1e9);
    let y = noise(20, 16, 7)
        * array![[1.0], [1e10], [1e20], [1e60]].broadcast((5, 4, 1)).unwrap().to_shape((20, 1)).unwrap();
    let brute = Index::new(&x, &Metric::Euclidean, Algorithm::Brute).unwrap();
    assert_eq!(brute.method(), "all rows, by products");
    let tree = Index::new(&x, &Metric::Euclidean, Algorithm::KdTree).unwrap();
    assert_eq!(brute.nearest(&y, 9).unwrap(), tree.nearest(&y, 9).unwrap());
}

#[test]
fn equal_rows_come_lowest_first_and_cost_little() {
    let x = Array2::<f64>::ones((100_000, 3));
    for algorithm in [Algorithm::KdTree, Algorithm::BallTree] {
        let index = Index::new(&x, &Metric::Euclidean, algorithm).unwrap();
        // A search of all rows for each would take minutes.
        let found = index.nearest(&x, 3).unwrap();
        assert!(found.rows.rows().into_iter().all(|row| row.to_vec() == [0, 1, 2]));
    }
}

#[test]
fn a_row_is_not_its_own_neighbour() {
    for algorithm in ALGORITHMS {
        for p in [2, 16] {
            let x = lattice(90, p, 9);
            let index = Index::new(&x, &Metric::Euclidean, algorithm).unwrap();
            let (own, all) = (index.nearest(Queries::Own, 5).unwrap(), index.nearest(&x, 6).unwrap());
            for i in 0..90 {
                let mut others = all.rows.row(i).to_vec();
                others.retain(|j| *j != i);
                assert_eq!(own.rows.row(i).to_vec(), others[..5]);
            }
            let within = index.find_with(Queries::Own, Reach::Within(1.0), 1, |i, found, out| {
                out[0] = (i, found.iter().any(|f| f.row as usize == i));
            });
            assert!(within.unwrap().into_iter().enumerate().all(|(i, found)| found == (i, false)));
            assert!(index.nearest(Queries::Own, 90).is_err() && index.nearest(&x, 90).is_ok());
        }
    }
}

#[test]
fn single_precision_is_searched_in_double() {
    let x = noise(500, 4, 11).mapv(|v| v as f32);
    let wide = x.mapv(f64::from);
    for algorithm in ALGORITHMS {
        for (metric, ..) in metrics(4) {
            let Ok(index) = Index::new(&x, &metric, algorithm) else { continue };
            let found = index.nearest(&x, 4).unwrap();
            let truth = Index::new(&wide, &metric, algorithm).unwrap().nearest(&wide, 4).unwrap();
            assert_eq!(found.rows, truth.rows, "{metric:?}");
            assert_eq!(found.distances, truth.distances.mapv(|d| d as f32));
        }
    }
}

#[test]
fn threads_do_not_change_a_bit() {
    let (x, y) = (noise(9_000, 5, 12), noise(3_000, 5, 13));
    for algorithm in ALGORITHMS {
        let find = || Index::new(&x, &Metric::Euclidean, algorithm).unwrap().nearest(&y, 5).unwrap();
        let one = par::with_threads(1, find).unwrap();
        for threads in [2, 7] {
            assert_eq!(par::with_threads(threads, find).unwrap(), one);
        }
    }
}

#[test]
fn missing_values_are_passed_over() {
    let x = array![[0.0, f64::NAN], [f64::NAN, 1.0], [3.0, 4.0], [f64::NAN, f64::NAN]];
    let d = pairwise(&x, &x, &Metric::NanEuclidean).unwrap();
    assert!(d[[0, 1]].is_nan() && d[[3, 3]].is_nan());
    assert_eq!((d[[0, 2]], d[[1, 2]]), (18_f64.sqrt(), 18_f64.sqrt()));
    let index = Index::new(&x, &Metric::NanEuclidean, Algorithm::Auto).unwrap();
    let count = index.find_with(&x, Reach::Nearest(2), 1, |_, found, out| out[0] = found.len()).unwrap();
    assert_eq!(count, [2, 2, 2, 0]);
    assert!(index.nearest(&x, 2).unwrap_err().to_string().contains("row 3 has no values in common"));
    assert!(Index::new(&x, &Metric::Euclidean, Algorithm::Auto).is_err());
}

#[test]
fn metrics_of_the_rows_are_their_own() {
    let x = noise(50, 3, 14) * array![[1.0, 10.0, 100.0]];
    let variances = x.var_axis(Axis(0), 1.0).to_vec();
    let given = Metric::StandardizedEuclidean(Some(variances));
    let found = pairwise(&x, &x, &Metric::StandardizedEuclidean(None)).unwrap();
    let truth = pairwise(&x, &x, &given).unwrap();
    assert!(found.iter().zip(&truth).all(|(a, b)| (a - b).abs() < 1e-12));
    // Mahalanobis distances do not change with the units.
    let (found, scaled) = (Metric::Mahalanobis(None), &x * array![[3.0, 0.1, 7.0]]);
    let (a, b) = (pairwise(&x, &x, &found).unwrap(), pairwise(&scaled, &scaled, &found).unwrap());
    assert!(a.iter().zip(&b).all(|(a, b)| (a - b).abs() < 1e-9));
    let mean: f64 = a.mapv(|d| d * d).sum() / (50.0 * 49.0);
    assert!((mean - 6.0).abs() < 1e-9, "the mean squared distance of pairs is 2p");
}

#[test]
fn bad_input_is_refused_in_words() {
    let x = noise(10, 3, 15);
    let said = |outcome: estimand_core::Result<Index<f64>>| outcome.unwrap_err().to_string();
    let with = |metric: Metric| said(Index::new(&x, &metric, Algorithm::Auto));
    assert!(with(Metric::Minkowski(0.0)).contains("above 0"));
    assert!(with(Metric::Minkowski(f64::NAN)).contains("above 0"));
    assert!(with(Metric::Haversine).contains("latitude"));
    assert!(with(Metric::StandardizedEuclidean(Some(vec![1.0]))).contains("expected 3, found 1"));
    assert!(with(Metric::StandardizedEuclidean(Some(vec![1.0, 0.0, 1.0]))).contains("above 0"));
    assert!(
        with(Metric::WeightedMinkowski { p: 2.0, weights: vec![1.0, -1.0, 1.0] }).contains("not negative")
    );
    assert!(with(Metric::Mahalanobis(Some(Array2::eye(2)))).contains("expected 3, found 2"));
    assert!(with(Metric::Mahalanobis(Some(-Array2::eye(3)))).contains("semi-definite"));
    assert!(
        said(Index::new(&Csr::from_dense(x.view()), &Metric::Euclidean, Algorithm::Auto)).contains("sparse")
    );
    assert!(said(Index::new(&Array2::zeros((0, 3)), &Metric::Euclidean, Algorithm::Auto)).contains("empty"));
    assert!(
        said(Index::new(&Array2::ones((9, 3)), &Metric::Mahalanobis(None), Algorithm::Auto))
            .contains("inverse")
    );
    let index = Index::new(&x, &Metric::Euclidean, Algorithm::Auto).unwrap();
    assert!(index.nearest(&x, 0).is_err() && index.nearest(&x, 11).is_err());
    assert!(index.nearest(&noise(2, 4, 1), 1).unwrap_err().to_string().contains("expected 3, found 4"));
    assert!(
        index
            .find_one(&[1.0, f64::NAN, 0.0], Reach::Nearest(1), |_| ())
            .unwrap_err()
            .to_string()
            .contains("column 1")
    );
    assert!(index.find_with(&x, Reach::Within(-1.0), 1, |_, _, _: &mut [u8]| ()).is_err());
}

proptest! {
    #[test]
    fn any_rows_in_any_order(n in 1..400_usize, p in 1..4_usize, seed in 0..1000_u64, k in 1..40_usize) {
        let x = lattice(n, p, seed) + noise(n, p, seed + 1).mapv(|v| (v * 1.4).round() * 0.25);
        let k = k.min(n);
        let found = ALGORITHMS.map(|a| Index::new(&x, &Metric::Euclidean, a).unwrap().nearest(&x, k).unwrap());
        prop_assert!(found.iter().all(|f| *f == found[3]));
    }
}
