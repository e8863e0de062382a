use super::*;
use estimand_core::{ClassWeight, Fit, Persist, Predict, PredictOne, PredictProba, Samples, Scratch};
use estimand_grow::settings::{ClassCriterion, Rows};
use estimand_grow::{Tree, walk};
use estimand_par as par;
use ndarray::{Array1, Array2, array};

/// Waves over a plane, one column that says nothing, and some noise.
fn waves(n: usize) -> (Array2<f64>, Array1<f64>) {
    let x = Array2::from_shape_fn((n, 3), |(i, j)| ((i * (17 + 31 * j) + j) % 97) as f64 / 10.0);
    let y = Array1::from_shape_fn(n, |i| x[[i, 0]].sin() * 3.0 + x[[i, 1]] + ((i * 7919) % 13) as f64 / 13.0);
    (x, y)
}

fn value(tree: &Tree, row: &[f64]) -> f64 {
    tree.value(walk::leaf(tree, row))[0]
}

#[test]
fn a_forest_is_the_mean_of_its_trees() {
    let (x, y) = waves(300);
    for bootstrap in [false, true] {
        let model = RandomForestRegressor::new().n_trees(21).bootstrap(bootstrap).fit((&x, &y)).unwrap();
        let all = model.predict(&x).unwrap();
        let leaves = model.apply(&x).unwrap();
        for i in 0..300 {
            let row = x.row(i).to_vec();
            let mean = model.trees().iter().map(|tree| value(tree, &row)).sum::<f64>() / 21.0;
            assert!((all[i] - mean).abs() < 1e-12);
            assert_eq!(model.predict_one(&row, &mut Scratch::new()).unwrap(), all[i]);
            for (t, tree) in model.trees().iter().enumerate() {
                assert_eq!(leaves[[i, t]], walk::leaf(tree, &row));
            }
        }
    }
    // Trees that draw nothing are all alike; those that draw rows are not.
    let whole = RandomForestRegressor::new().n_trees(3).bootstrap(false).fit((&x, &y)).unwrap();
    assert_eq!(whole.trees()[0], whole.trees()[2]);
    let drawn = RandomForestRegressor::new().n_trees(3).fit((&x, &y)).unwrap();
    assert_ne!(drawn.trees()[0], drawn.trees()[2]);
}

/// Each row's out-of-bag prediction from the rows that each tree drew.
#[test]
fn rows_are_judged_by_the_trees_that_have_not_seen_them() {
    let (x, y) = waves(120);
    let settings =
        RandomForestRegressor::new().n_trees(9).oob_score(true).max_samples(Some(Rows::Share(0.7)));
    let model = settings.fit((&x, &y)).unwrap();
    let targets = y.to_vec();
    let response = estimand_grow::exact::Response::Numbers(&targets, 1);
    let seen: Vec<Vec<f64>> =
        (0..9).map(|t| settings.forest(false).weights_of(t, 120, response, None)).collect();
    assert!(seen.iter().all(|w| w.iter().sum::<f64>() == 84.0));
    let oob = model.out_of_bag().unwrap();
    let (mut left, mut whole, mut known) = (0.0, 0.0, Vec::new());
    for i in 0..120 {
        let row = x.row(i).to_vec();
        let unseen: Vec<f64> =
            (0..9).filter(|t| seen[*t][i] == 0.0).map(|t| value(&model.trees()[t], &row)).collect();
        if unseen.is_empty() {
            assert!(oob.prediction()[[i, 0]].is_nan());
            continue;
        }
        let mean = unseen.iter().sum::<f64>() / unseen.len() as f64;
        assert!((oob.prediction()[[i, 0]] - mean).abs() < 1e-12);
        known.push((y[i], mean));
    }
    let middle = known.iter().map(|(y, _)| y).sum::<f64>() / known.len() as f64;
    for (y, mean) in &known {
        left += (y - mean).powi(2);
        whole += (y - middle).powi(2);
    }
    assert!((oob.score() - (1.0 - left / whole)).abs() < 1e-12);
    // An honest estimate: below what the forest reaches on the rows it knows by heart.
    let codes: Vec<usize> = y.iter().map(|y| usize::from(*y > 5.0)).collect();
    let classes = RandomForestClassifier::new().n_trees(40).oob_score(true).fit((&x, &codes)).unwrap();
    let right = classes.predict(&x).unwrap().iter().zip(&codes).filter(|(a, b)| a == b).count();
    let score = classes.out_of_bag().unwrap().score();
    assert!(score > 0.75 && score < right as f64 / 120.0, "{score} {right}");
}

#[test]
fn more_trees_are_grown_after_those_there_are() {
    let (x, y) = waves(150);
    let settings = ExtraTreesRegressor::new().seed(5);
    let start = settings.clone().n_trees(6).fit((&x, &y)).unwrap();
    let more = settings.clone().n_trees(10).fit_from(&start, (&x, &y)).unwrap();
    assert_eq!(more, settings.clone().n_trees(10).fit((&x, &y)).unwrap());
    assert!(settings.clone().n_trees(5).fit_from(&start, (&x, &y)).is_err());
    let wide = Array2::<f64>::zeros((150, 4));
    assert!(settings.n_trees(10).fit_from(&start, (&wide, &y)).is_err());
}

#[test]
fn forests_are_the_same_on_any_number_of_threads() {
    let (x, y) = waves(700);
    let codes: Vec<usize> = y.iter().map(|y| (*y / 3.0).clamp(0.0, 4.0) as usize).collect();
    for splitter in [ForestSplitter::Exact, ForestSplitter::Histogram] {
        let numbers = RandomForestRegressor::new().n_trees(7).splitter(splitter).oob_score(true);
        let classes = ExtraTreesClassifier::new().n_trees(7).splitter(splitter);
        let fit = || {
            let (numbers, classes) = (numbers.fit((&x, &y)).unwrap(), classes.fit((&x, &codes)).unwrap());
            let score = numbers.out_of_bag().unwrap().score();
            (numbers.trees().to_vec(), score, classes)
        };
        let one = par::with_threads(1, fit).unwrap();
        for threads in [2, 5] {
            assert_eq!(par::with_threads(threads, fit).unwrap(), one);
        }
    }
}

#[test]
fn what_needs_drawn_rows_is_refused_without() {
    let (x, y) = waves(30);
    let settings = || RandomForestRegressor::new().n_trees(2);
    assert!(settings().bootstrap(false).oob_score(true).fit((&x, &y)).is_err());
    assert!(settings().bootstrap(false).max_samples(Some(Rows::Count(5))).fit((&x, &y)).is_err());
    for share in [Rows::Count(0), Rows::Share(0.0), Rows::Share(f64::NAN)] {
        assert!(settings().max_samples(Some(share)).fit((&x, &y)).is_err());
    }
    let codes: Vec<usize> = (0..30).map(|i| i % 2).collect();
    let balanced = ExtraTreesClassifier::new().balanced_subsample(true);
    assert!(balanced.fit((&x, &codes)).is_err());
}

#[test]
fn balance_makes_the_rare_class_count() {
    // Two clouds that overlap, one of them rare.
    let n = 600;
    let x = Array2::from_shape_fn((n, 1), |(i, _)| {
        ((i * 7919) % 1000) as f64 / 500.0 + if i % 12 == 0 { 1.0 } else { 0.0 }
    });
    let y: Vec<usize> = (0..n).map(|i| usize::from(i % 12 == 0)).collect();
    let settings = RandomForestClassifier::new().n_trees(60).min_samples_leaf(25);
    let found = |settings: RandomForestClassifier| {
        settings.fit((&x, &y)).unwrap().predict(&x).unwrap().iter().filter(|c| **c == 1).count()
    };
    let plain = found(settings.clone());
    let balanced = found(settings.clone().balanced_subsample(true));
    let weighted = found(settings.class_weight(ClassWeight::Balanced));
    assert!(balanced > plain + 50 && weighted > plain + 50, "{plain} {balanced} {weighted}");
}

/// Totally random trees grown out have importances that can be written down [LouppeEtAl13, eq. 3]: over all sets B of the
/// other columns, what column i tells beyond B, in bits.
#[test]
fn importances_of_totally_random_trees_are_those_of_the_formula() {
    // The segments of ten digits.
    let lit = [
        0b1110111,
        0b0010010,
        0b1011101,
        0b1011011,
        0b0111010,
        0b1101011,
        0b1101111,
        0b1010010,
        0b1111111,
        0b1111011_u8,
    ];
    let p = 7;
    let segment = |digit: usize, j: usize| usize::from(lit[digit] >> (6 - j) & 1);
    // Entropy of the digit given the columns of a set, all digits alike.
    let entropy = |set: usize| -> f64 {
        let key =
            |digit: usize| (0..p).filter(|j| set >> j & 1 == 1).fold(1, |key, j| key * 2 + segment(digit, j));
        (0..10)
            .map(|d| (0..10).filter(|e| key(*e) == key(d)).count() as f64)
            .map(|same| same.log2() / 10.0)
            .sum()
    };
    let choose = |k: usize| (1..=k).fold(1.0, |c, i| c * (p + 1 - i) as f64 / i as f64);
    let exact: Vec<f64> = (0..p)
        .map(|i| {
            let others = (0..1_usize << p).filter(|set| set >> i & 1 == 0);
            let gain = |set: usize| {
                let k = set.count_ones() as usize;
                (entropy(set) - entropy(set | 1 << i)) / (choose(k) * (p - k) as f64)
            };
            others.map(gain).sum()
        })
        .collect();
    let total = 10_f64.log2();
    assert!((exact.iter().sum::<f64>() - total).abs() < 1e-12);
    let x = Array2::from_shape_fn((10, p), |(d, j)| segment(d, j) as f64);
    let y: Vec<usize> = (0..10).collect();
    let settings =
        ExtraTreesClassifier::new().criterion(ClassCriterion::Entropy).max_features(1).n_trees(3000);
    let found = settings.fit((&x, &y)).unwrap().feature_importances() * total;
    // Five standard errors: a column's importance has a deviation of about a half between trees.
    for (found, exact) in found.iter().zip(&exact) {
        assert!((found - exact).abs() < 0.05, "{found} {exact}");
    }
}

/// Bins lose little where rows are many, and the choice is told.
#[test]
fn forests_of_bins_are_about_as_good() {
    let (x, y) = waves(4000);
    let x = Array2::from_shape_fn(x.raw_dim(), |(i, j)| x[[i, j]] + (i as f64 * 0.618).fract() / 20.0);
    let (train, test) = (0..3000, 3000..4000);
    let part = |range: std::ops::Range<usize>| {
        let rows: Vec<usize> = range.collect();
        (x.select(ndarray::Axis(0), &rows), y.select(ndarray::Axis(0), &rows))
    };
    let (xa, ya) = part(train);
    let (xb, yb) = part(test);
    let error = |splitter: ForestSplitter| {
        let model = RandomForestRegressor::new().n_trees(30).splitter(splitter).fit((&xa, &ya)).unwrap();
        ((model.predict(&xb).unwrap() - &yb).mapv(|d| d * d).sum(), model.report().solver)
    };
    let (exact, binned) = (error(ForestSplitter::Exact), error(ForestSplitter::Histogram));
    assert!(binned.0 < 1.1 * exact.0, "{exact:?} {binned:?}");
    assert_eq!((exact.1.as_str(), binned.1.as_str()), ("exact splits", "splits between bins"));
    assert_eq!(error(ForestSplitter::Auto), exact);
    assert!(ForestSplitter::Auto.bins(50_000) && !ForestSplitter::Auto.bins(49_999));
}

/// Quantiles by the definition: shares of all rows, one by one.
#[test]
fn quantiles_are_those_of_the_definition() {
    let (x, y) = waves(160);
    let y = y.mapv(|v| (v * 4.0).round() / 4.0);
    let weights = Array1::from_shape_fn(160, |i| (i % 4) as f64 * 0.5);
    let levels = [0.0, 0.05, 0.5, 0.9, 1.0];
    let bagged = RandomForestRegressor::new().n_trees(11).min_samples_leaf(6);
    let whole = ExtraTreesRegressor::new().n_trees(11).min_samples_leaf(6);
    let targets = y.to_vec();
    let response = estimand_grow::exact::Response::Numbers(&targets, 1);
    for weighted in [false, true] {
        let samples = || match weighted {
            false => Samples::from((&x, &y)),
            true => Samples::from((&x, &y, &weights)),
        };
        let given = weighted.then(|| weights.to_vec());
        for (model, forest) in [
            (bagged.fit_quantiles(samples()).unwrap(), bagged.forest(false)),
            (whole.fit_quantiles(samples()).unwrap(), whole.forest(false)),
        ] {
            let found = model.quantiles(&x, &levels).unwrap();
            let means = model.predict(&x).unwrap();
            for i in (0..160).step_by(3) {
                let mut shares = [0.0; 160];
                for (t, tree) in model.trees().iter().enumerate() {
                    let w = forest.weights_of(t, 160, response, given.as_deref());
                    let leaf = |i: usize| walk::leaf(tree, &x.row(i).to_vec());
                    let together: Vec<usize> = (0..160).filter(|k| leaf(*k) == leaf(i)).collect();
                    let total: f64 = together.iter().map(|k| w[*k]).sum();
                    together.iter().for_each(|k| shares[*k] += w[*k] / total / 11.0);
                }
                // The mean of the distribution is the forest's prediction.
                let mean: f64 = shares.iter().zip(&y).map(|(s, y)| s * y).sum();
                assert!((mean - means[i]).abs() < 1e-12);
                for (level, found) in levels.iter().zip(found.row(i)) {
                    let reached = |q: f64| {
                        shares
                            .iter()
                            .zip(&y)
                            .filter(|(s, y)| **s > 0.0 && **y <= q)
                            .map(|(s, _)| s)
                            .sum::<f64>()
                    };
                    let candidates =
                        shares.iter().zip(&y).filter(|(s, y)| **s > 0.0 && reached(**y) >= level - 1e-10);
                    let expected = candidates.map(|(_, y)| *y).fold(f64::INFINITY, f64::min);
                    assert_eq!(*found, expected, "row {i}, level {level}");
                }
            }
            let band = model.intervals(&x, 0.9).unwrap();
            assert_eq!(band.column(0), found.column(1));
            let back = QuantileForest::<f64>::from_bytes(&model.to_bytes().unwrap()).unwrap();
            assert_eq!(back, model);
        }
    }
    let model = bagged.fit_quantiles((&x, &y)).unwrap();
    assert!(model.quantiles(&x, &[1.1]).is_err() && model.intervals(&x, 1.0).is_err());
    assert!(model.quantiles(&array![[0.0, f64::INFINITY, 1.0]], &[0.5]).is_err());
    assert_eq!(model.quantiles(&x, &[]).unwrap().dim(), (160, 0));
    for threads in [1, 3] {
        let again = par::with_threads(threads, || bagged.fit_quantiles((&x, &y))).unwrap().unwrap();
        assert_eq!(again, model);
    }
}

#[test]
fn shares_of_classes_are_means_of_the_trees() {
    let (x, y) = waves(90);
    let codes: Vec<usize> = y.iter().map(|y| (*y / 4.0).clamp(0.0, 2.0) as usize).collect();
    let model = RandomForestClassifier::new().n_trees(5).min_samples_leaf(4).fit((&x, &codes)).unwrap();
    let proba = model.predict_proba(&x).unwrap();
    for i in 0..90 {
        let row = x.row(i).to_vec();
        for c in 0..3 {
            let share = |tree: &Tree| tree.value(walk::leaf(tree, &row))[c];
            let mean = model.trees().iter().map(share).sum::<f64>() / 5.0;
            assert!((proba[[i, c]] - mean).abs() < 1e-14);
        }
    }
}
