//! Trees against a brute-force search over all splits of every node, written from the definitions.

use super::*;
use crate::tree::Test;
use crate::walk;
use estimand_core::Stream;
use estimand_core::random::below;
use ndarray::Array2;
use proptest::prelude::*;

/// A training set: rows, targets (classes as numbers), weights.
#[derive(Clone, Debug)]
struct Data {
    x: Array2<f64>,
    y: Vec<f64>,
    width: usize,
    w: Vec<f64>,
}

impl Data {
    fn codes(&self) -> Vec<u32> {
        self.y.iter().map(|y| *y as u32).collect()
    }

    fn grow(&self, growth: &Growth, categorical: &[usize], way: Way, seed: u64) -> Tree {
        let x = (&self.x).into();
        let columns = match way {
            Way::Best => Columns::ranked(x, categorical),
            Way::Drawn => Columns::raw(x, categorical),
            Way::BestOfBins => Columns::binned(x, Some(&self.w), categorical, false),
            Way::DrawnOfBins => Columns::binned(x, Some(&self.w), categorical, true),
        }
        .unwrap();
        let codes = self.codes();
        let classes = matches!(growth.criterion, Criterion::Gini | Criterion::Entropy);
        let response = match classes {
            true => Response::Classes(&codes, classes_of(self)),
            false => Response::Numbers(&self.y, self.width),
        };
        grow(&columns, response, Some(&self.w), growth, Seed(seed))
    }
}

/// Where thresholds come from.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Way {
    Best,
    Drawn,
    BestOfBins,
    DrawnOfBins,
}
impl Way {
    const ALL: [Self; 4] = [Self::Best, Self::Drawn, Self::BestOfBins, Self::DrawnOfBins];
}

fn classes_of(data: &Data) -> usize {
    data.y.iter().fold(1, |k, y| k.max(*y as usize + 1)).max(2)
}

/// W · impurity of some rows.
fn cost(data: &Data, rows: &[usize], criterion: Criterion) -> f64 {
    let weight: f64 = rows.iter().map(|i| data.w[*i]).sum();
    if weight == 0.0 {
        return 0.0;
    }
    let targets = |t: usize| rows.iter().map(move |i| (data.y[i * data.width + t], data.w[*i]));
    let quantile = |level: f64| {
        let values: Vec<f64> = targets(0).map(|(y, _)| y).collect();
        let loss = |q: f64| -> f64 {
            targets(0).map(|(y, w)| w * if y > q { level * (y - q) } else { (1.0 - level) * (q - y) }).sum()
        };
        values.iter().map(|q| loss(*q)).fold(f64::INFINITY, f64::min)
    };
    match criterion {
        Criterion::Gini | Criterion::Entropy => {
            let share =
                |c: usize| targets(0).filter(|(y, _)| *y as usize == c).map(|(_, w)| w).sum::<f64>() / weight;
            let shares = (0..classes_of(data)).map(share);
            let part = |p: f64| match criterion {
                Criterion::Gini => p * (1.0 - p),
                _ if p > 0.0 => -p * p.log2(),
                _ => 0.0,
            };
            weight * shares.map(part).sum::<f64>()
        }
        Criterion::SquaredError => {
            let one = |t: usize| {
                let mean = targets(t).map(|(y, w)| w * y).sum::<f64>() / weight;
                targets(t).map(|(y, w)| w * (y - mean).powi(2)).sum::<f64>()
            };
            (0..data.width).map(one).sum::<f64>() / data.width as f64
        }
        Criterion::AbsoluteError => 2.0 * quantile(0.5),
        Criterion::Quantile(level) => quantile(level),
        Criterion::Poisson => {
            let mean = targets(0).map(|(y, w)| w * y).sum::<f64>() / weight;
            if mean == 0.0 {
                return f64::INFINITY;
            }
            targets(0).map(|(y, w)| w * (if y > 0.0 { y * (y / mean).ln() } else { 0.0 } - y + mean)).sum()
        }
    }
}

/// The lowest cost of both sides together over all splits that keep the limits; infinite where there is none.
fn best_cost(data: &Data, rows: &[usize], growth: &Growth, categorical: &[usize]) -> f64 {
    let mut best = f64::INFINITY;
    for j in 0..data.x.ncols() {
        let mut values: Vec<f64> = rows.iter().map(|i| data.x[[*i, j]]).filter(|v| !v.is_nan()).collect();
        values.sort_by(f64::total_cmp);
        values.dedup();
        let mut consider = |inside: &dyn Fn(f64) -> bool| {
            for missing_left in [false, true] {
                let goes = |i: &usize| {
                    let v = data.x[[*i, j]];
                    if v.is_nan() { missing_left } else { inside(v) }
                };
                let (left, right): (Vec<usize>, Vec<usize>) = rows.iter().partition(|i| goes(i));
                let weight = |rows: &[usize]| rows.iter().map(|i| data.w[*i]).sum::<f64>();
                let fine = |side: &[usize]| {
                    !side.is_empty()
                        && side.len() >= growth.min_samples_leaf
                        && weight(side) >= growth.min_weight_leaf
                };
                if fine(&left) && fine(&right) {
                    best =
                        best.min(cost(data, &left, growth.criterion) + cost(data, &right, growth.criterion));
                }
            }
        };
        if categorical.contains(&j) {
            for set in 0..1_usize << values.len() {
                consider(&|v| values.iter().position(|c| *c == v).is_some_and(|at| set >> at & 1 == 1));
            }
        } else {
            values.iter().for_each(|t| consider(&|v| v <= *t));
        }
    }
    best
}

/// Every node of a tree: its split is among the best, or there is none to make.
fn check(data: &Data, tree: &Tree, growth: &Growth, categorical: &[usize], best: bool) {
    let all: Vec<usize> = (0..data.x.nrows()).filter(|i| data.w[*i] > 0.0).collect();
    let scale = 1e-9 * cost(data, &all, growth.criterion).max(f64::MIN_POSITIVE);
    let mut waiting = vec![(0, all, 0)];
    while let Some((node, rows, depth)) = waiting.pop() {
        let here = cost(data, &rows, growth.criterion);
        let stat = tree.stat(node);
        let weight: f64 = rows.iter().map(|i| data.w[*i]).sum();
        assert_eq!(stat.rows as usize, rows.len());
        assert!((stat.weight - weight).abs() <= 1e-12 * weight);
        if here.is_finite() {
            assert!((stat.impurity * weight - here).abs() <= scale, "{} {here}", stat.impurity * weight);
        }
        let Some([left, right]) = tree.children(node) else {
            let allowed = rows.len() >= growth.min_samples_split
                && growth.max_depth.is_none_or(|d| depth < d)
                && growth.max_leaf_nodes.is_none();
            if best && allowed && here > scale {
                let found = best_cost(data, &rows, growth, categorical);
                assert!(found == f64::INFINITY, "a leaf of cost {here} could be split to {found}");
            }
            continue;
        };
        let sides = rows
            .iter()
            .partition::<Vec<usize>, _>(|i| tree.next(node, data.x.row(**i).as_slice().unwrap()) == left);
        assert!(!sides.0.is_empty() && !sides.1.is_empty());
        if best {
            let made: f64 = [&sides.0, &sides.1].iter().map(|s| cost(data, s, growth.criterion)).sum();
            let lowest = best_cost(data, &rows, growth, categorical);
            assert!(
                made <= lowest + scale,
                "a split to {made} where {lowest} is possible: {:?}",
                tree.test(node)
            );
        }
        waiting.extend([(left, sides.0, depth + 1), (right, sides.1, depth + 1)]);
    }
}

/// Trees grown in all ways; of rows so few, each value has a bin of its own.
fn check_all(data: &Data, growth: &Growth, categorical: &[usize], seed: u64, best: bool) {
    for way in Way::ALL {
        let searched = matches!(way, Way::Best | Way::BestOfBins);
        check(data, &data.grow(growth, categorical, way, seed), growth, categorical, best && searched);
    }
}

/// Rows of ties, gaps and steps of very different size, with targets of a few kinds.
fn data(n: usize, p: usize, width: usize, kind: u64, seed: u64) -> Data {
    let mut stream = Seed(seed).stream(kind);
    let draw = |k: usize, stream: &mut Stream| below(k, stream) as f64;
    let scales = [1e-6, 1.0, 1e6];
    let x = Array2::from_shape_fn((n, p), |(_, j)| match (j as u64 + kind) % 5 {
        0 => draw(3, &mut stream),
        1 => draw(1 << 30, &mut stream) * scales[j % 3],
        2 if below(4, &mut stream) == 0 => f64::NAN,
        3 => 7.0 + draw(2, &mut stream) * f64::from(u8::from(kind.is_multiple_of(2))),
        _ => (draw(12, &mut stream) - 6.0) * scales[(j + 1) % 3],
    });
    let scale = scales[(kind % 3) as usize];
    let y = (0..n * width).map(|_| draw(4 + 20 * (kind as usize % 2), &mut stream) * scale).collect();
    let w = (0..n).map(|_| if kind % 4 == 3 { 0.25 * draw(5, &mut stream) } else { 1.0 }).collect();
    Data { x, y, width, w }
}

fn classes(mut data: Data, k: usize) -> Data {
    let scale = data.y.iter().filter(|y| **y > 0.0).fold(f64::INFINITY, |m, y| m.min(*y));
    data.y.iter_mut().for_each(|y| *y = (*y / scale).round() % k as f64);
    data
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, rng_seed: proptest::test_runner::RngSeed::Fixed(1), ..ProptestConfig::default() })]

    #[test]
    fn every_split_of_classes_is_the_best(n in 2..40_usize, p in 1..6_usize, kind in 0..60_u64, k in 2..5_usize, seed in 0..99_u64) {
        let data = classes(data(n, p, 1, kind, seed), k);
        for criterion in [Criterion::Gini, Criterion::Entropy] {
            for growth in limits(criterion, kind) {
                check_all(&data, &growth, &[], seed, true);
            }
        }
    }

    #[test]
    fn every_split_of_numbers_is_the_best(n in 2..40_usize, p in 1..6_usize, kind in 0..60_u64, seed in 0..99_u64) {
        let data = data(n, p, 1, kind, seed);
        for criterion in [
            Criterion::SquaredError, Criterion::AbsoluteError, Criterion::Quantile(0.2), Criterion::Poisson,
        ] {
            for growth in limits(criterion, kind) {
                check_all(&data, &growth, &[], seed, true);
            }
        }
    }

    #[test]
    fn every_split_of_several_targets_is_the_best(n in 2..40_usize, kind in 0..60_u64, width in 2..4_usize, seed in 0..99_u64) {
        let data = data(n, 3, width, kind, seed);
        for growth in limits(Criterion::SquaredError, kind) {
            check_all(&data, &growth, &[], seed, true);
        }
    }

    #[test]
    fn every_set_of_categories_is_the_best(n in 2..40_usize, kind in 0..60_u64, seed in 0..99_u64) {
        let mut data = data(n, 3, 1, kind, seed);
        // Six categories, some rows without.
        let mut stream = Seed(seed).stream(99);
        data.x.column_mut(1).mapv_inplace(|_| match below(7, &mut stream) { 6 => f64::NAN, c => c as f64 });
        for criterion in [Criterion::SquaredError, Criterion::Gini, Criterion::Entropy] {
            let data = if criterion == Criterion::SquaredError { data.clone() } else { classes(data.clone(), 2) };
            for growth in limits(criterion, kind) {
                // With least sizes of leaves, the best of the allowed splits need not lie between neighbours.
                let best = growth.min_samples_leaf == 1 && growth.min_weight_leaf == 0.0;
                // Nor is it known on which side of them the missing are best.
                let best = best && !data.x.column(1).iter().any(|v| v.is_nan());
                check_all(&data, &growth, &[1], seed, best);
            }
        }
    }

    #[test]
    fn the_order_of_rows_and_weights_as_repetitions_change_nothing(n in 2..60_usize, kind in 0..60_u64, seed in 0..99_u64) {
        let mut data = data(n, 4, 1, kind, seed);
        let mut stream = Seed(seed).stream(7);
        data.w = (0..n).map(|_| below(4, &mut stream) as f64).collect();
        data.w[0] = 1.0;
        let mut rows: Vec<usize> =
            (0..n).flat_map(|i| std::iter::repeat_n(i, data.w[i] as usize)).collect();
        estimand_core::random::shuffle(&mut rows, &mut stream);
        let repeated = |data: &Data| Data {
            x: data.x.select(ndarray::Axis(0), &rows),
            y: rows.iter().map(|i| data.y[*i]).collect(),
            width: 1,
            w: vec![1.0; rows.len()],
        };
        for criterion in [
            Criterion::SquaredError, Criterion::AbsoluteError, Criterion::Poisson, Criterion::Gini, Criterion::Entropy,
        ] {
            let data = match criterion {
                Criterion::Gini | Criterion::Entropy => classes(data.clone(), 2 + (kind % 2) as usize),
                _ => data.clone(),
            };
            for way in Way::ALL {
                let a = data.grow(&Growth::new(criterion), &[], way, seed);
                let b = repeated(&data).grow(&Growth::new(criterion), &[], way, seed);
                prop_assert_eq!(a.n_nodes(), b.n_nodes());
                for node in 0..a.n_nodes() {
                    prop_assert_eq!((a.test(node), a.value(node)), (b.test(node), b.value(node)));
                }
            }
        }
    }
}

/// Settings to be tried, some of them by turns.
fn limits(criterion: Criterion, kind: u64) -> Vec<Growth> {
    let free = Growth::new(criterion);
    let other = match kind % 5 {
        0 => Growth { min_samples_leaf: 3, ..free.clone() },
        1 => Growth { min_weight_leaf: 2.5, ..free.clone() },
        2 => Growth { max_depth: Some(2), ..free.clone() },
        3 => Growth { max_leaf_nodes: Some(4), ..free.clone() },
        _ => Growth { min_samples_split: 8, ..free.clone() },
    };
    vec![free, other]
}

#[test]
fn subtrees_on_small_tables_are_those_of_the_whole() {
    // More rows than a small table holds; the same tree with and without such tables.
    let n = 20_000;
    let data = Data { w: vec![1.0; n], ..data(n, 24, 1, 2, 5) };
    let growth = Growth { min_samples_leaf: 5, ..Growth::new(Criterion::SquaredError) };
    let columns = Columns::ranked((&data.x).into(), &[]).unwrap();
    let response = Response::Numbers(&data.y, 1);
    let once = grow(&columns, response, None, &growth, Seed(1));
    let Keys::Ranks(mut keyed) = columns.clone().keys else { unreachable!() };
    assert!(Table::<u32>::small(24) < n && !keyed.by_row.is_empty());
    keyed.by_row.clear();
    let whole = grow(&Columns { keys: Keys::Ranks(keyed) }, response, None, &growth, Seed(1));
    assert_eq!((once.n_nodes(), once.depth()), (whole.n_nodes(), whole.depth()));
    let row = |i: usize| data.x.row(i).to_vec();
    for i in (0..n).step_by(7) {
        let [a, b] = [&once, &whole].map(|tree| tree.value(walk::leaf(tree, &row(i))));
        assert_eq!(a, b);
    }
    // And on any number of threads.
    for threads in [1, 3] {
        let again =
            estimand_par::with_threads(threads, || grow(&columns, response, None, &growth, Seed(1))).unwrap();
        assert_eq!(again, once);
    }
}

#[test]
fn leaves_are_as_many_as_allowed_and_the_most_promising() {
    let data = Data { w: vec![1.0; 200], ..data(200, 3, 1, 1, 3) };
    let growth = Growth { max_leaf_nodes: Some(9), ..Growth::new(Criterion::SquaredError) };
    let tree = data.grow(&growth, &[], Way::Best, 0);
    assert_eq!(tree.n_leaves(), 9);
    // The splits made lower the cost no less than any that was left for the end.
    let decrease = |tree: &Tree, node: usize| {
        let whole = |i: usize| tree.stat(i).weight * tree.stat(i).impurity;
        tree.children(node).map(|[l, r]| whole(node) - whole(l) - whole(r))
    };
    let deeper = data.grow(&Growth { max_leaf_nodes: Some(10), ..growth }, &[], Way::Best, 0);
    let made: Vec<f64> = (0..tree.n_nodes()).filter_map(|i| decrease(&tree, i)).collect();
    let next = (0..deeper.n_nodes()).filter_map(|i| decrease(&deeper, i));
    let least = made.iter().copied().fold(f64::INFINITY, f64::min);
    // A child may be more promising than its parent was; here none is.
    assert!(next.filter(|d| *d < least - 1e-9).count() <= 1);
    assert_eq!(made.len() + 1, deeper.n_leaves() - 1);
}

#[test]
fn predictions_keep_their_directions() {
    let n = 300;
    for seed in 0..5 {
        let mut data = Data { w: vec![1.0; n], ..data(n, 3, 1, 5, seed) };
        // Mostly as directed, with steps the other way.
        let mut stream = Seed(seed).stream(1);
        data.x.mapv_inplace(|_| below(50, &mut stream) as f64);
        data.y = data
            .x
            .rows()
            .into_iter()
            .map(|r| (r[0] - r[1] + 50.0 + 40.0 * (r[2] / 8.0).sin()).max(0.0))
            .collect();
        for criterion in
            [Criterion::SquaredError, Criterion::AbsoluteError, Criterion::Poisson, Criterion::Gini]
        {
            let data = if criterion == Criterion::Gini { classes(data.clone(), 2) } else { data.clone() };
            let growth = Growth { monotone: vec![1, -1, 0], min_samples_leaf: 4, ..Growth::new(criterion) };
            for way in Way::ALL {
                let tree = data.grow(&growth, &[], way, seed);
                assert!(tree.n_leaves() > 3);
                let predict = |row: &[f64]| *tree.value(walk::leaf(&tree, row)).last().unwrap();
                for i in 0..40 {
                    let mut row = data.x.row(i).to_vec();
                    for (j, sign) in [(0, 1.0), (1, -1.0)] {
                        let kept = row[j];
                        let mut values: Vec<f64> =
                            data.x.column(j).iter().copied().filter(|v| !v.is_nan()).collect();
                        values.sort_by(f64::total_cmp);
                        let along: Vec<f64> = values
                            .iter()
                            .map(|v| {
                                row[j] = *v;
                                sign * predict(&row)
                            })
                            .collect();
                        assert!(along.windows(2).all(|w| w[0] <= w[1]), "{criterion:?} column {j}");
                        row[j] = kept;
                    }
                }
            }
        }
    }
}

#[test]
fn missing_values_without_an_example_go_where_most_rows_go() {
    let data = Data {
        x: Array2::from_shape_vec((5, 1), vec![1.0, 2.0, 3.0, 4.0, 5.0]).unwrap(),
        y: vec![0.0, 1.0, 1.0, 1.0, 1.0],
        width: 1,
        w: vec![1.0; 5],
    };
    let tree = data.grow(&Growth::new(Criterion::Gini), &[], Way::Best, 0);
    assert_eq!(tree.test(0), Some(Test::AtMost { column: 0, threshold: 1.5, missing_left: false }));
    let mut turned = data.clone();
    turned.y = vec![1.0, 1.0, 1.0, 1.0, 0.0];
    let tree = turned.grow(&Growth::new(Criterion::Gini), &[], Way::Best, 0);
    assert_eq!(tree.test(0), Some(Test::AtMost { column: 0, threshold: 4.5, missing_left: true }));
}

#[test]
fn a_split_that_gains_nothing_at_once_is_made() {
    // Exclusive or: no column says anything alone.
    let x = Array2::from_shape_vec((4, 2), vec![0.0, 0.0, 0.0, 1.0, 1.0, 0.0, 1.0, 1.0]).unwrap();
    let data = Data { x, y: vec![0.0, 1.0, 1.0, 0.0], width: 1, w: vec![1.0; 4] };
    for criterion in [Criterion::Gini, Criterion::Entropy, Criterion::SquaredError] {
        let tree = data.grow(&Growth::new(criterion), &[], Way::Best, 0);
        assert_eq!((tree.n_leaves(), tree.depth()), (4, 2));
    }
}

#[test]
fn a_tree_of_bins_is_the_exact_tree_of_their_numbers() {
    let n = 4000;
    for kind in [1, 2, 3] {
        let data = data(n, 5, 1, kind, 8);
        let bins = crate::bins::BinRules::default().columns((&data.x).into(), Some(&data.w)).unwrap();
        let number = |(i, j): (usize, usize)| match data.x[[i, j]] {
            v if v.is_nan() => v,
            v => bins[j].bin(v) as f64,
        };
        let numbers = Data { x: Array2::from_shape_fn((n, 5), number), ..data.clone() };
        let growth = Growth::new(Criterion::SquaredError);
        let binned = data.grow(&growth, &[], Way::BestOfBins, 0);
        let exact = numbers.grow(&growth, &[], Way::Best, 0);
        assert!(binned.n_leaves() > 200 && binned.n_nodes() == exact.n_nodes());
        for node in 0..exact.n_nodes() {
            assert_eq!((binned.stat(node), binned.value(node)), (exact.stat(node), exact.value(node)));
            assert_eq!(binned.children(node), exact.children(node));
        }
        // Its thresholds send the rows where their bins went.
        for i in (0..n).step_by(11).filter(|i| data.w[*i] > 0.0) {
            let rows = [&data, &numbers].map(|d| d.x.row(i).to_vec());
            assert_eq!(walk::leaf(&binned, &rows[0]), walk::leaf(&exact, &rows[1]));
        }
        // Rows without weight have no say in the bins.
        let present: Vec<usize> = (0..n).filter(|i| data.w[*i] > 0.0).collect();
        let fewer = Data {
            x: data.x.select(ndarray::Axis(0), &present),
            y: present.iter().map(|i| data.y[*i]).collect(),
            width: 1,
            w: present.iter().map(|i| data.w[*i]).collect(),
        };
        assert_eq!(fewer.grow(&growth, &[], Way::BestOfBins, 0), binned);
    }
    // A byte holds no more categories.
    let many = ndarray::array![[0.0], [255.0]];
    assert!(Columns::binned((&many).into(), None, &[0], false).unwrap_err().to_string().contains("254"));
}
