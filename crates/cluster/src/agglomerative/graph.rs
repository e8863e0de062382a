//! Joins of neighbours alone, from a heap of their pairs.

use super::model::{Roots, Tree};
use super::{AgglomerativeClustering, Linkage, NAME};
use crate::kmeans::points::Points;
use estimand_core::{Csr, Float, Records, Result, Samples, Target};
use estimand_index::{Metric, pairwise};
use estimand_kernels as kernels;
use ndarray::{Array2, Axis};
use std::cmp::{Ordering, Reverse};
use std::collections::{BTreeMap, BinaryHeap};

/// Two clusters and how far apart they are; in order of that, and of their numbers.
#[derive(Clone, Copy, Debug)]
struct Pair {
    distance: f64,
    clusters: [usize; 2],
}
impl Ord for Pair {
    fn cmp(&self, other: &Self) -> Ordering {
        self.distance.total_cmp(&other.distance).then(self.clusters.cmp(&other.clusters))
    }
}
impl PartialOrd for Pair {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
impl PartialEq for Pair {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}
impl Eq for Pair {}

/// How far apart some of the rows are.
struct Rows<'a, F: Float> {
    x: Records<'a, F>,
    /// None where the records are the distances.
    metric: Option<&'a Metric>,
}

impl<F: Float> Rows<'_, F> {
    /// Of each row in `a` from each in `b`.
    fn distances(&self, a: &[usize], b: &[usize]) -> Result<Array2<F>> {
        let x = self.x.dense(NAME)?;
        match self.metric {
            Some(metric) => pairwise(&x.select(Axis(0), a), &x.select(Axis(0), b), metric),
            None => {
                Ok(Array2::from_shape_fn((a.len(), b.len()), |(i, j)| x[[a[i].min(b[j]), a[i].max(b[j])]]))
            }
        }
    }
}

/// The neighbours of each row, with how far they are, both ways round; and the number of parts that were not connected.
fn neighbours<F: Float>(
    rows: &Rows<'_, F>,
    pattern: &Csr<f64>,
) -> Result<(Vec<BTreeMap<usize, f64>>, usize)> {
    let pattern = pattern.view();
    let n = pattern.nrows();
    let mut neighbours: Vec<BTreeMap<usize, f64>> = vec![BTreeMap::new(); n];
    let mut roots = Roots::new(n);
    let mut connect = |a: usize, b: usize, distance: f64| {
        neighbours[a].insert(b, distance);
        neighbours[b].insert(a, distance);
        let (a, b) = (roots.of(a), roots.of(b));
        roots.join(a, b);
    };
    for i in 0..n {
        let others: Vec<usize> = pattern.row(i).iter().map(|(j, _)| j).filter(|j| *j != i).collect();
        if !others.is_empty() {
            let distances = rows.distances(&[i], &others)?;
            others.iter().zip(&distances).for_each(|(j, d)| connect(i, *j, d.f64()));
        }
    }
    let mut parts: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    (0..n).for_each(|i| parts.entry(roots.of(i)).or_default().push(i));
    let parts: Vec<Vec<usize>> = parts.into_values().collect();
    for (k, b) in parts.iter().enumerate() {
        for a in &parts[..k] {
            let distances = rows.distances(a, b)?;
            let nearer = |best: (usize, f64), (place, d): (usize, &F)| {
                if d.f64() < best.1 { (place, d.f64()) } else { best }
            };
            let (place, distance) = distances.iter().enumerate().fold((0, f64::INFINITY), nearer);
            let (a, b) = (a[place / b.len()], b[place % b.len()]);
            neighbours[a].insert(b, distance);
            neighbours[b].insert(a, distance);
        }
    }
    Ok((neighbours, parts.len()))
}

/// Means and weights of clusters.
struct Means {
    means: Vec<Vec<f64>>,
    sizes: Vec<f64>,
}

impl Means {
    fn join(&mut self, [a, b]: [usize; 2]) {
        let size = self.sizes[a] + self.sizes[b];
        let share = self.sizes[b] / size;
        if !self.means.is_empty() {
            let mean = self.means[a].iter().zip(&self.means[b]).map(|(a, b)| a + share * (b - a)).collect();
            self.means.push(mean);
        }
        self.sizes.push(size);
    }

    fn ward(&self, a: usize, b: usize) -> f64 {
        let weight = 2.0 * self.sizes[a] * self.sizes[b] / (self.sizes[a] + self.sizes[b]);
        (weight * kernels::squared_distance::<f64>(&self.means[a], &self.means[b])).sqrt()
    }
}

/// The tree, and the number of parts that were not connected.
pub(super) fn tree<F: Float, Y: Target>(
    settings: &AgglomerativeClustering,
    samples: &Samples<'_, F, Y>,
    pattern: &Csr<f64>,
    sizes: Vec<f64>,
) -> Result<(Tree, usize)> {
    crate::metric::check_given(&settings.metric, NAME)?;
    let (n, linkage) = (samples.nrows(), settings.linkage);
    let rows = Rows { x: samples.x, metric: (!settings.precomputed).then_some(&settings.metric) };
    let (mut neighbours, parts) = neighbours(&rows, pattern)?;
    let mut clusters = Means { means: Vec::new(), sizes };
    if linkage == Linkage::Ward {
        let (points, _) = Points::new(samples.x, None)?;
        clusters.means = (0..n)
            .map(|i| {
                let mut row = vec![0.0; points.origin().len()];
                points.add(i, 1.0, &mut row);
                row
            })
            .collect();
        let sizes = &clusters.sizes;
        for (a, near) in neighbours.iter_mut().enumerate() {
            near.iter_mut()
                .for_each(|(b, d)| *d *= (2.0 * sizes[a] * sizes[*b] / (sizes[a] + sizes[*b])).sqrt());
        }
    }
    let pairs = neighbours.iter().enumerate().flat_map(|(a, near)| {
        near.range(a + 1..).map(move |(b, d)| Reverse(Pair { distance: *d, clusters: [a, *b] }))
    });
    let mut heap: BinaryHeap<Reverse<Pair>> = pairs.collect();
    let mut is_left = vec![true; n];
    let mut tree = Tree { n, children: Vec::with_capacity(n - 1), distances: Vec::with_capacity(n - 1) };
    while let Some(Reverse(Pair { distance, clusters: pair })) = heap.pop() {
        if !pair.iter().all(|c| is_left[*c]) {
            continue;
        }
        let [a, b] = pair;
        let joined = n + tree.children.len();
        (is_left[a], is_left[b]) = (false, false);
        is_left.push(true);
        tree.children.push(pair);
        tree.distances.push(distance);
        let [near_a, near_b] = pair.map(|c| std::mem::take(&mut neighbours[c]));
        let (of_a, of_b) = (clusters.sizes[a], clusters.sizes[b]);
        clusters.join(pair);
        let mut near: BTreeMap<usize, f64> = near_a.into_iter().filter(|(c, _)| is_left[*c]).collect();
        for (c, to_b) in near_b.into_iter().filter(|(c, _)| is_left[*c]) {
            let both = |to_a: f64| match linkage {
                Linkage::Single => to_a.min(to_b),
                Linkage::Complete => to_a.max(to_b),
                Linkage::Average | Linkage::Ward => (of_a * to_a + of_b * to_b) / (of_a + of_b),
            };
            near.entry(c).and_modify(|to_a| *to_a = both(*to_a)).or_insert(to_b);
        }
        for (c, to) in &mut near {
            if linkage == Linkage::Ward {
                *to = clusters.ward(*c, joined);
            }
            neighbours[*c].insert(joined, *to);
            heap.push(Reverse(Pair { distance: *to, clusters: [*c, joined] }));
        }
        neighbours.push(near);
    }
    Ok((tree, parts))
}
