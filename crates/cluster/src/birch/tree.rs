//! The tree of small clusters.

use crate::kmeans::points::Points;
use estimand_core::Float;
use estimand_kernels as kernels;
use serde::{Deserialize, Serialize};

/// Levels of a tree that can be loaded: rows go down one call within another.
const DEEPEST: usize = 1000;

/// Sums over the rows of a small cluster, or of all that are below a branch.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Feature {
    n: f64,
    /// Σ x
    sum: Vec<f64>,
    /// Σ ‖x‖²
    squares: f64,
    /// The node below; none for a small cluster.
    pub(super) below: Option<usize>,
}

impl Feature {
    fn zero(p: usize, below: Option<usize>) -> Self {
        Self { n: 0.0, sum: vec![0.0; p], squares: 0.0, below }
    }

    fn add(&mut self, other: &Self) {
        self.n += other.n;
        self.sum.iter_mut().zip(&other.sum).for_each(|(a, b)| *a += b);
        self.squares += other.squares;
    }
}

/// Up to b features, and their means side by side for the search.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Node {
    pub(super) features: Vec<Feature>,
    /// Means, one after the other.
    means: Vec<f64>,
    /// ½‖mean‖²
    half: Vec<f64>,
}

impl Node {
    fn push(&mut self, feature: Feature) {
        let mean = feature.sum.iter().map(|s| s / feature.n);
        self.means.extend(mean);
        self.half.push(0.0);
        self.features.push(feature);
        self.renew(self.features.len() - 1);
    }

    /// The mean of a feature that has changed.
    fn renew(&mut self, place: usize) {
        let feature = &self.features[place];
        let p = feature.sum.len();
        let mean = &mut self.means[place * p..(place + 1) * p];
        mean.iter_mut().zip(&feature.sum).for_each(|(m, s)| *m = s / feature.n);
        self.half[place] = 0.5 * kernels::sum_squares::<f64>(mean);
    }

    fn mean(&self, place: usize) -> &[f64] {
        let p = self.features[place].sum.len();
        &self.means[place * p..(place + 1) * p]
    }

    /// The nearest mean, the first of equals.
    fn nearest(&self, x: &[f64]) -> usize {
        let score = |(mean, half): (&[f64], &f64)| half - mean.iter().zip(x).map(|(m, x)| m * x).sum::<f64>();
        crate::kmeans::points::least(self.means.chunks_exact(x.len()).zip(&self.half).map(score))
    }
}

/// The nodes, and the rows' sums in them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Tree {
    pub(super) nodes: Vec<Node>,
    pub(super) root: usize,
    /// Square of the largest radius.
    threshold: f64,
    most: usize,
}

impl Tree {
    /// A tree without rows.
    pub(super) fn new(threshold: f64, most: usize) -> Self {
        Self { nodes: vec![Node::default()], root: 0, threshold: threshold * threshold, most }
    }

    /// Adds a row below a node; whether that has too many features then.
    fn insert(&mut self, at: usize, row: &Feature) -> bool {
        if self.nodes[at].features.is_empty() {
            self.nodes[at].push(row.clone());
            return false;
        }
        let place = self.nodes[at].nearest(&row.sum);
        if let Some(below) = self.nodes[at].features[place].below {
            if !self.insert(below, row) {
                self.nodes[at].features[place].add(row);
                self.nodes[at].renew(place);
                return false;
            }
            let (first, second) = self.divide(below);
            self.nodes[at].features[place] = first;
            self.nodes[at].renew(place);
            self.nodes[at].push(second);
        } else {
            let mut both = self.nodes[at].features[place].clone();
            both.add(row);
            // (1)
            let mean: f64 = both.sum.iter().map(|s| (s / both.n).powi(2)).sum();
            if both.squares / both.n - mean <= self.threshold {
                self.nodes[at].features[place] = both;
                self.nodes[at].renew(place);
                return false;
            }
            self.nodes[at].push(row.clone());
        }
        self.nodes[at].features.len() > self.most
    }

    /// Divides a node between the two features that are farthest apart.
    fn divide(&mut self, at: usize) -> (Feature, Feature) {
        let node = std::mem::take(&mut self.nodes[at]);
        let (count, p) = (node.features.len(), node.features[0].sum.len());
        let apart = |i: usize, j: usize| kernels::squared_distance::<f64>(node.mean(i), node.mean(j));
        let mut far = (0, 0, -1.0);
        for (i, j) in (0..count).flat_map(|i| (i + 1..count).map(move |j| (i, j))) {
            let d = apart(i, j);
            if d > far.2 {
                far = (i, j, d);
            }
        }
        let nearer: Vec<bool> = (0..count).map(|i| i == far.0 || apart(far.0, i) < apart(far.1, i)).collect();
        let other = self.nodes.len();
        self.nodes.push(Node::default());
        let mut halves = (Feature::zero(p, Some(at)), Feature::zero(p, Some(other)));
        for (feature, nearer) in node.features.into_iter().zip(nearer) {
            let (half, to) = if nearer { (&mut halves.0, at) } else { (&mut halves.1, other) };
            half.add(&feature);
            self.nodes[to].push(feature);
        }
        halves
    }

    /// Adds all rows, in their order.
    pub(super) fn grow<F: Float>(&mut self, points: &Points<'_, F>) {
        let mut row = Feature::zero(points.origin().len(), None);
        row.n = 1.0;
        for i in 0..points.count() {
            row.sum.fill(0.0);
            points.add(i, 1.0, &mut row.sum);
            row.squares = kernels::sum_squares::<f64>(&row.sum);
            if self.insert(self.root, &row) {
                let (first, second) = self.divide(self.root);
                let mut above = Node::default();
                above.push(first);
                above.push(second);
                self.root = self.nodes.len();
                self.nodes.push(above);
            }
        }
    }

    /// The nodes of small clusters, from left to right.
    fn leaves(&self) -> impl Iterator<Item = &Node> {
        let mut waiting = vec![self.root];
        std::iter::from_fn(move || {
            loop {
                let node = &self.nodes[waiting.pop()?];
                if node.features.first().is_some_and(|f| f.below.is_none()) {
                    return Some(node);
                }
                waiting.extend(node.features.iter().rev().filter_map(|f| f.below));
            }
        })
    }

    /// Means of the small clusters, about the origin, one after the other.
    pub(super) fn centers(&self) -> Vec<f64> {
        self.leaves().flat_map(|leaf| leaf.means.iter().copied()).collect()
    }

    /// Whether this is a tree with `m` small clusters of p columns.
    pub(super) fn is_sound(&self, m: usize, p: usize) -> bool {
        let mut is_new = vec![true; self.nodes.len()];
        let mut waiting = vec![(self.root, 1)];
        while let Some((at, depth)) = waiting.pop() {
            let Some(node) = self.nodes.get(at) else { return false };
            let is_leaf = node.features.first().is_some_and(|f| f.below.is_none());
            let fits = |f: &Feature| f.sum.len() == p && f.n >= 1.0 && f.below.is_none() == is_leaf;
            let count = node.features.len();
            if !std::mem::replace(&mut is_new[at], false)
                || depth > DEEPEST
                || !node.features.iter().all(fits)
                || (count == 0, node.half.len(), node.means.len()) != (false, count, count * p)
            {
                return false;
            }
            waiting.extend(node.features.iter().filter_map(|f| f.below).map(|below| (below, depth + 1)));
        }
        self.leaves().map(|leaf| leaf.features.len()).sum::<usize>() == m
    }
}
