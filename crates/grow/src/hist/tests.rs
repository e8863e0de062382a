use super::build::{self, Rows};
use super::cell::Sums;
use super::*;
use crate::bins::{BinRules, Binned};
use crate::{Tree, walk};
use estimand_core::random::{Seed, below};
use ndarray::{Array1, Array2, Axis};
use std::ops::Range;

/// Records with ties, duplicates and missing values; gradients and hessians that follow some of them.
struct Data {
    x: Array2<f64>,
    g: Vec<f64>,
    h: Vec<f64>,
    w: Vec<f64>,
}

fn data(n: usize, p: usize, seed: u64, scale: f64) -> Data {
    let mut stream = Seed(seed).stream(0);
    let mut draw = |k: usize| below(k, &mut stream) as f64;
    let x = Array2::from_shape_simple_fn((n, p), || match draw(12) {
        0.0 => f64::NAN,
        1.0..=4.0 => draw(3),
        _ => draw(1000) / 100.0,
    }) * scale;
    let follow = |v: f64| if v.is_nan() { 1.5 } else { (v / scale).sin() };
    let g =
        x.rows().into_iter().map(|row| follow(row[0]) + 0.5 * follow(row[p - 1]) + draw(100) / 200.0 - 0.5);
    Data { g: g.collect(), h: (0..n).map(|_| draw(90) / 100.0 + 0.1).collect(), w: vec![1.0; n], x }
}

impl Data {
    fn table(&self) -> Binned {
        Binned::new((&self.x).into(), Some(&self.w), &BinRules::default()).unwrap()
    }

    fn totals(&self) -> Totals {
        let sum = |f: &dyn Fn(usize) -> f64| (0..self.w.len()).map(|i| self.w[i] * f(i)).sum::<f64>();
        Totals {
            gradient: sum(&|i| self.g[i].abs()),
            hessian: sum(&|i| self.h[i]),
            weight: sum(&|_| 1.0),
            whole: self.w.iter().all(|w| w.fract() == 0.0),
            rows: self.w.len(),
        }
    }

    fn cells<C: GradientCell>(&self) -> (Layout, Vec<C>) {
        let layout = C::layout(&self.totals());
        let cells = (0..self.w.len()).map(|i| C::stage(self.g[i], self.h[i]).packed(self.w[i], &layout));
        (layout, cells.collect())
    }

    fn grow(&self, rules: &GrowRules) -> (Tree, Vec<(usize, Range<usize>)>, Vec<u32>) {
        let table = self.table();
        let (layout, cells) = self.cells::<[u64; 2]>();
        let mut grower = Grower::new(&table);
        let grown = grower.grow(&cells, &layout, rules, None);
        (grown.tree.finished(), grown.leaves, grower.rows().to_vec())
    }

    /// G, H and weight of some rows.
    fn sums<'a>(&self, rows: impl IntoIterator<Item = &'a u32>) -> [f64; 3] {
        rows.into_iter().fold([0.0; 3], |sums, i| {
            let i = *i as usize;
            [sums[0] + self.w[i] * self.g[i], sums[1] + self.w[i] * self.h[i], sums[2] + self.w[i]]
        })
    }

    /// The largest gain of any split of some rows, by looking at all of them.
    fn best_gain(&self, rows: &[u32], rules: &GrowRules) -> f64 {
        let score = |[g, h, _]: [f64; 3]| (g.abs() - rules.l1).max(0.0).powi(2) / (h + rules.l2);
        let all = self.sums(rows);
        let mut best = 0.0_f64;
        for column in self.x.columns() {
            let value = |i: &&u32| column[**i as usize];
            let mut cuts: Vec<f64> = rows.iter().map(|i| value(&i)).filter(|v| !v.is_nan()).collect();
            cuts.sort_by(f64::total_cmp);
            for cut in cuts {
                for missing_left in [false, true] {
                    let passes = |i: &&u32| if value(i).is_nan() { missing_left } else { value(i) <= cut };
                    let left = self.sums(rows.iter().filter(passes));
                    let right = std::array::from_fn(|k| all[k] - left[k]);
                    if [left, right]
                        .iter()
                        .all(|s| s[2] >= rules.min_leaf.max(0.5) && s[1] >= rules.min_hessian)
                    {
                        best = best.max(score(left) + score(right) - score(all));
                    }
                }
            }
        }
        best
    }
}

fn rules() -> GrowRules {
    GrowRules { min_leaf: 3.0, rate: 1.0, l2: 0.1, ..GrowRules::default() }
}

/// Rows of the table at each node, by walking.
fn rows_by_node(tree: &Tree, x: &Array2<f64>) -> Vec<Vec<u32>> {
    let mut rows = vec![Vec::new(); tree.n_nodes()];
    for (i, row) in x.rows().into_iter().enumerate() {
        let (row, mut node) = (row.to_vec(), 0);
        rows[0].push(i as u32);
        while !tree.is_leaf(node) {
            node = tree.next(node, &row);
            rows[node].push(i as u32);
        }
    }
    rows
}

#[test]
fn every_split_is_the_best_of_all() {
    for (seed, scale, l1) in [(1, 1.0, 0.0), (2, 1e-6, 0.0), (3, 1e6, 0.3)] {
        // Few enough values for a bin each, so that all cuts are looked at.
        let data = data(150, 4, seed, scale);
        let rules = GrowRules { l1, ..rules() };
        let (tree, ..) = data.grow(&rules);
        assert!(tree.n_leaves() > 8);
        let rows = rows_by_node(&tree, &data.x);
        for node in 0..tree.n_nodes() {
            let best = data.best_gain(&rows[node], &rules);
            let score = |node: usize| -tree.stat(node).impurity * tree.stat(node).weight;
            let gain = match tree.children(node) {
                Some([left, right]) => score(left) + score(right) - score(node),
                None if tree.n_leaves() == rules.max_leaves => continue,
                None => 0.0,
            };
            // Rounding of gradients: 1e-12 of their sum.
            assert!((gain - best).abs() < 1e-10 * (1.0 + best), "node {node}: {gain} of {best}");
        }
    }
}

#[test]
fn rows_stand_on_the_leaves_that_walking_finds_and_values_are_those_of_the_sums() {
    let data = data(2000, 6, 5, 1.0);
    let rules = rules();
    let (tree, leaves, rows) = data.grow(&rules);
    assert_eq!(leaves.len(), tree.n_leaves());
    let table = data.table();
    let routes = Routes::new(&table, &tree);
    for (node, range) in leaves {
        assert!(tree.is_leaf(node));
        let here = &rows[range];
        assert!(here.is_sorted() && here.len() >= 3);
        for i in here {
            let row = data.x.row(*i as usize).to_vec();
            assert_eq!(walk::leaf(&tree, &row), node);
            assert_eq!(routes.leaf(*i as usize), node);
        }
        let [g, h, c] = data.sums(here);
        assert!((tree.value(node)[0] + g / (h + 0.1)).abs() < 1e-10);
        assert_eq!((tree.stat(node).rows as usize, tree.stat(node).weight), (here.len(), c));
    }
}

fn siblings_agree<C: GradientCell>() {
    let data = data(5000, 70, 7, 1.0);
    let (table, (layout, cells)) = (data.table(), data.cells::<C>());
    let some: Vec<u32> = (0..5000).filter(|i| i * i % 7 < 3).collect();
    let others: Vec<u32> = (0..5000).filter(|i| i * i % 7 >= 3).collect();
    for group in 0..table.groups().len() {
        let build = |rows: Rows<'_>| {
            let mut histogram = vec![C::default(); table.cells_of(group).len()];
            build::add(&table, group, rows, &cells, &mut histogram);
            histogram
        };
        let (parent, a, b) =
            (build(Rows::Span(0, 5000)), build(Rows::List(&some)), build(Rows::List(&others)));
        assert!(parent.iter().zip(&a).zip(&b).all(|((p, a), b)| p.minus(*a) == *b));
        // Every cell by hand.
        let (mut slow, start) = (vec![C::default(); a.len()], table.cells_of(group).start);
        for block in &table.blocks()[table.groups()[group].blocks.clone()] {
            for (k, column) in block.columns.iter().enumerate() {
                for i in &some {
                    let to =
                        block.at - start + k * block.stride + table.bins_of(*column)[*i as usize] as usize;
                    slow[to] = slow[to].plus(cells[*i as usize]);
                }
            }
        }
        assert_eq!(a, slow);
        let sums: Sums = cells.iter().fold(C::default(), |s, c| s.plus(*c)).sums(&layout);
        let first = parent[..table.blocks()[table.groups()[group].blocks.start].stride].iter();
        assert_eq!(first.fold(C::default(), |s, c| s.plus(*c)).sums(&layout), sums);
    }
}

#[test]
fn a_sibling_by_subtraction_is_the_sibling_built() {
    siblings_agree::<u64>();
    siblings_agree::<[u64; 2]>();
}

#[test]
fn fields_hold_what_was_put_in() {
    let mut data = data(4000, 1, 9, 1.0);
    for weights in [
        vec![1.0; 4000],
        (0..4000).map(|i| f64::from(i % 4)).collect(),
        (0..4000).map(|i| 0.3 + f64::from(i) / 1e4).collect(),
    ] {
        data.w = weights;
        let all: Vec<u32> = (0..4000).collect();
        let expected = data.sums(&all);
        let (layout, cells) = data.cells::<[u64; 2]>();
        let sums = GrowRules::numbers(cells.iter().fold([0; 2], |s, c| s.plus(*c)).sums(&layout), &layout);
        // Where weights are no whole numbers, hessians have 35 bits and counts 27, for 4000 rows and the root of that many errors.
        for (k, tolerance) in [1e-9, 1e-8, 1e-6].into_iter().enumerate() {
            assert!((sums[k] - expected[k]).abs() <= tolerance * expected[2], "{k}: {sums:?} {expected:?}");
        }
    }
    data.h.fill(1.0);
    data.w = (0..4000).map(|i| f64::from(i % 3)).collect();
    let expected = data.sums(&(0..4000).collect::<Vec<_>>());
    let (layout, cells) = data.cells::<u64>();
    let sums = GrowRules::numbers(cells.iter().fold(0, |s, c| s.plus(*c)).sums(&layout), &layout);
    assert!((sums[0] - expected[0]).abs() < 1e-6 && sums[1..] == [expected[2]; 2]);
}

#[test]
fn a_weight_of_two_is_the_row_twice() {
    let mut weighted = data(400, 3, 11, 1.0);
    weighted.w = (0..400).map(|i| f64::from(i % 3)).collect();
    let rows: Vec<usize> = (0..400).flat_map(|i| std::iter::repeat_n(i, i % 3)).collect();
    let repeated = Data {
        x: weighted.x.select(Axis(0), &rows),
        g: rows.iter().map(|i| weighted.g[*i]).collect(),
        h: rows.iter().map(|i| weighted.h[*i]).collect(),
        w: vec![1.0; rows.len()],
    };
    let (a, b) = (weighted.grow(&rules()).0, repeated.grow(&rules()).0);
    assert_eq!(a.n_nodes(), b.n_nodes());
    for node in 0..a.n_nodes() {
        assert_eq!(a.test(node), b.test(node));
        // Scales differ by at most the bits that more rows need.
        assert!((a.value(node)[0] - b.value(node)[0]).abs() < 1e-9);
    }
}

#[test]
fn trees_are_the_same_on_any_number_of_threads() {
    let data = data(30_000, 40, 13, 1.0);
    let grow = |threads| estimand_par::with_threads(threads, || data.grow(&rules())).unwrap();
    let (once, twice, five) = (grow(1), grow(2), grow(5));
    assert!(once.0 == twice.0 && once.2 == twice.2 && once.0 == five.0 && once.2 == five.2);
}

#[test]
fn limits_hold() {
    let data = data(1000, 3, 15, 1.0);
    let base = GrowRules { max_leaves: usize::MAX, min_leaf: 1.0, min_hessian: 0.0, ..rules() };
    let full = data.grow(&base).0;
    assert!(full.n_leaves() > 300);
    let by_level = data.grow(&GrowRules { max_depth: 3, growth: Growth::DepthWise, ..base.clone() }).0;
    assert_eq!(by_level.depth(), 3);
    assert_eq!(by_level, {
        // Without a limit of leaves the order of splitting makes no tree but another numbering.
        let by_gain = data.grow(&GrowRules { max_depth: 3, ..base.clone() }).0;
        assert_eq!(by_gain.n_leaves(), by_level.n_leaves());
        by_level.clone()
    });
    assert_eq!(data.grow(&GrowRules { max_leaves: 7, ..base.clone() }).0.n_leaves(), 7);
    assert_eq!(data.grow(&GrowRules { max_leaves: 1, ..base.clone() }).0.n_nodes(), 1);
    let heavy = data.grow(&GrowRules { min_leaf: 80.0, ..base.clone() }).0;
    assert!((0..heavy.n_nodes()).all(|i| heavy.stat(i).weight >= 80.0) && heavy.n_leaves() > 2);
    let greedy = data.grow(&GrowRules { min_gain: 2.0, ..base.clone() }).0;
    let score = |i: usize| -greedy.stat(i).impurity * greedy.stat(i).weight;
    for (i, [a, b]) in (0..greedy.n_nodes()).filter_map(|i| greedy.children(i).map(|c| (i, c))) {
        assert!(score(a) + score(b) - score(i) > 2.0 - 1e-9);
    }
    let share = data.grow(&GrowRules { column_share: 0.4, ..base.clone() }).0;
    assert_eq!(share, data.grow(&GrowRules { column_share: 0.4, ..base }).0);
    assert_ne!(share, full);
}

#[test]
fn monotone_columns_are_monotone_everywhere() {
    let mut data = data(2000, 3, 17, 1.0);
    // The gradient falls with column 1, and so the value rises, but for noise.
    data.g.iter_mut().zip(data.x.column(1)).for_each(|(g, v)| *g -= if v.is_nan() { 0.0 } else { 0.1 * v });
    let grid: Vec<f64> = (-2..24).map(|i| f64::from(i) / 2.0).collect();
    for direction in [1_i8, -1] {
        let rules = GrowRules { monotone: vec![0, direction, 0], max_leaves: 60, ..rules() };
        let tree = data.grow(&rules).0;
        let free = data.grow(&GrowRules { monotone: Vec::new(), ..rules }).0;
        let falls = |tree: &Tree| {
            let mut falls = 0;
            for a in grid.iter().chain([&f64::NAN]) {
                for b in grid.iter().chain([&f64::NAN]) {
                    let at = |v: f64| tree.value(walk::leaf(tree, &[*a, v, *b]))[0] * f64::from(direction);
                    falls += grid.windows(2).filter(|pair| at(pair[1]) < at(pair[0])).count();
                }
            }
            falls
        };
        assert!(falls(&tree) == 0 && falls(&free) > 0);
        assert!(direction == -1 || tree.columns().any(|j| j == 1));
    }
}

#[test]
fn columns_that_may_not_act_together_share_no_path() {
    let data = data(3000, 5, 19, 1.0);
    let sets = vec![vec![0, 1], vec![1, 2, 3], vec![4]];
    let tree = data.grow(&GrowRules { interactions: sets.clone(), ..rules() }).0;
    let mut paths = vec![Vec::new(); tree.n_nodes()];
    for node in 0..tree.n_nodes() {
        if let Some(children) = tree.children(node) {
            let column = match tree.test(node) {
                Some(crate::Test::AtMost { column, .. } | crate::Test::In { column, .. }) => column,
                None => continue,
            };
            for child in children {
                paths[child] = [paths[node].as_slice(), &[column]].concat();
            }
        }
    }
    assert!(paths.iter().any(|path| path.iter().any(|j| *j != path[0])));
    assert!(paths.iter().all(|path| sets.iter().any(|set| path.iter().all(|j| set.contains(j)))));
}

#[test]
fn categories_are_parted_into_the_best_sets() {
    // Eight categories of 20 rows: of equal weight, so that smoothing does not change their order.
    let codes: Vec<usize> = (0..160).map(|i| i % 8).collect();
    let effect = [0.3, -1.0, 0.8, -0.2, 1.1, -0.9, 0.1, -0.3];
    let x = Array2::from_shape_fn((160, 1), |(i, _)| [0.0, 3.0, 70.0, 5.0, 9.0, 128.0, 11.0, 2.0][codes[i]]);
    let g: Vec<f64> = codes.iter().enumerate().map(|(i, c)| effect[*c] + 0.01 * (i as f64).sin()).collect();
    let data = Data { x, g, h: vec![1.0; 160], w: vec![1.0; 160] };
    let rules = GrowRules { max_leaves: 2, l2: 0.0, ..rules() };
    let table =
        Binned::new((&data.x).into(), None, &BinRules { categorical: &[0], ..BinRules::default() }).unwrap();
    let (layout, cells) = data.cells::<u64>();
    let tree = Grower::new(&table).grow(&cells, &layout, &rules, None).tree.finished();
    let score = |rows: &[u32]| data.sums(rows)[0].powi(2) / data.sums(rows)[1];
    let best = (1..255_usize)
        .map(|set| {
            let (a, b): (Vec<u32>, Vec<u32>) = (0..160).partition(|i| set >> codes[*i as usize] & 1 == 1);
            score(&a) + score(&b)
        })
        .fold(0.0, f64::max);
    let rows = rows_by_node(&tree, &data.x);
    let routes = Routes::new(&table, &tree);
    let [left, right] = tree.children(0).unwrap();
    assert!(rows[left].iter().all(|i| routes.leaf(*i as usize) == left));
    assert!((score(&rows[left]) + score(&rows[right]) - best).abs() < 1e-9);
}

#[test]
fn some_rows_alone_make_the_tree_of_those_rows() {
    let data = data(3000, 4, 23, 1.0);
    let some: Vec<u32> = (0..3000).filter(|i| i % 3 != 0).collect();
    let table = data.table();
    let (layout, cells) = data.cells::<[u64; 2]>();
    let mut grower = Grower::new(&table);
    let grown = grower.grow(&cells, &layout, &rules(), Some(&some));
    let mut rows = grower.rows().to_vec();
    rows.sort_unstable();
    assert_eq!(rows, some);
    let mut without = cells.clone();
    (0..3000).filter(|i| i % 3 == 0).for_each(|i| without[i] = [0; 2]);
    let same = grower.grow(&without, &layout, &rules(), None);
    let values = |tree: &Tree| Array1::from_iter((0..tree.n_nodes()).map(|i| tree.value(i)[0]));
    assert_eq!(values(&grown.tree), values(&same.tree));
}
