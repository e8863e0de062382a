//! Steps 2 to 4: single linkage, the condensed tree, and what is taken of it.

use super::ClusterSelection;
use estimand_index::Edge;
use serde::{Deserialize, Serialize};

/// Clusters that come to be and end, from one of all rows on; and where each row leaves the last cluster that it is in.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CondensedTree {
    /// The clusters; the first one is of all rows, and each comes after the one that it is a part of.
    pub clusters: Vec<CondensedCluster>,
    /// The cluster that each row leaves, n.
    pub left: Vec<u32>,
    /// λ where it does, n: the inverse of a distance.
    pub lambda: Vec<f64>,
}

/// A cluster of a condensed tree.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct CondensedCluster {
    /// The cluster that it is a part of; itself for the first one.
    pub parent: u32,
    /// λ where it comes to be.
    pub birth: f64,
    /// The largest λ at which a row or a part leaves it.
    pub death: f64,
    /// Rows in it.
    pub size: usize,
    /// S of (4).
    pub stability: f64,
}

/// What is taken of a condensed tree.
pub(super) struct Rules {
    pub(super) epsilon: f64,
    pub(super) max_cluster_size: usize,
    pub(super) selection: ClusterSelection,
    pub(super) allow_single_cluster: bool,
}

/// A cluster of single linkage: two parts, rows below n and clusters n + i, and where they meet.
struct Joint {
    parts: [u32; 2],
    length: f64,
    size: usize,
}

/// Step 2, from edges that are sorted by length.
fn single_linkage(edges: &[Edge], n: usize) -> Vec<Joint> {
    let mut above: Vec<u32> = (0..n as u32).collect();
    // The cluster of each set, by the row that stands for it.
    let mut cluster: Vec<u32> = (0..n as u32).collect();
    let mut joints: Vec<Joint> = Vec::with_capacity(edges.len());
    for edge in edges {
        let [a, b] = [edge.a, edge.b].map(|mut i| {
            while above[i as usize] != i {
                above[i as usize] = above[above[i as usize] as usize];
                i = above[i as usize];
            }
            i
        });
        let size =
            |cluster: u32| joints.get((cluster as usize).wrapping_sub(n)).map_or(1, |joint| joint.size);
        let parts = [cluster[a as usize], cluster[b as usize]];
        let sizes = parts.map(size);
        // The smaller set is hung below the larger one: ways stay short.
        let (low, high) = if sizes[0] < sizes[1] { (a, b) } else { (b, a) };
        above[low as usize] = high;
        cluster[high as usize] = (n + joints.len()) as u32;
        joints.push(Joint { parts, length: edge.length, size: sizes[0] + sizes[1] });
    }
    joints
}

impl CondensedTree {
    /// Step 3, from the edges of a spanning tree that are sorted by length.
    pub(super) fn new(edges: &[Edge], n: usize, min_cluster_size: usize) -> Self {
        let joints = single_linkage(edges, n);
        let root = CondensedCluster { parent: 0, birth: 0.0, death: 0.0, size: n, stability: 0.0 };
        let mut tree = Self { clusters: vec![root], left: vec![0; n], lambda: vec![f64::INFINITY; n] };
        let size = |part: u32| joints.get((part as usize).wrapping_sub(n)).map_or(1, |joint| joint.size);
        // Parts of single linkage, and the cluster of the condensed tree that each is in.
        let mut open: Vec<(u32, u32)> =
            joints.last().map(|_| ((n + joints.len() - 1) as u32, 0)).into_iter().collect();
        let mut leaving = Vec::new();
        while let Some((part, cluster)) = open.pop() {
            let Some(joint) = joints.get((part as usize).wrapping_sub(n)) else {
                continue;
            };
            let lambda = 1.0 / joint.length;
            let is_large = joint.parts.map(|part| size(part) >= min_cluster_size);
            for (part, large) in joint.parts.into_iter().zip(is_large) {
                if is_large == [true, true] {
                    let number = tree.clusters.len() as u32;
                    let new = CondensedCluster {
                        parent: cluster,
                        birth: lambda,
                        death: 0.0,
                        size: size(part),
                        stability: 0.0,
                    };
                    tree.leave(cluster, lambda, size(part));
                    tree.clusters.push(new);
                    open.push((part, number));
                } else if large {
                    open.push((part, cluster));
                } else {
                    leaving.push(part);
                    while let Some(part) = leaving.pop() {
                        match joints.get((part as usize).wrapping_sub(n)) {
                            Some(joint) => leaving.extend(joint.parts),
                            None => {
                                (tree.left[part as usize], tree.lambda[part as usize]) = (cluster, lambda);
                                tree.leave(cluster, lambda, 1);
                            }
                        }
                    }
                }
            }
        }
        tree
    }

    /// Adds to (4), for so many rows.
    fn leave(&mut self, cluster: u32, lambda: f64, rows: usize) {
        let cluster = &mut self.clusters[cluster as usize];
        cluster.death = cluster.death.max(lambda);
        // Equal rows are at λ = ∞: of what comes to be there, nothing lasts.
        if lambda > cluster.birth {
            cluster.stability += (lambda - cluster.birth) * rows as f64;
        }
    }

    /// Step 4: whether each cluster is taken.
    pub(super) fn select(&self, rules: &Rules) -> Vec<bool> {
        let count = self.clusters.len();
        let mut has_parts = vec![false; count];
        self.clusters.iter().skip(1).for_each(|cluster| has_parts[cluster.parent as usize] = true);
        let mut taken = match rules.selection {
            ClusterSelection::Eom => self.most_stable(rules),
            ClusterSelection::Leaf => (0..count).map(|c| c > 0 && !has_parts[c]).collect(),
        };
        if rules.epsilon > 0.0 && count > 1 && !taken[0] {
            taken = self.not_below(&taken, rules);
        }
        taken
    }

    fn most_stable(&self, rules: &Rules) -> Vec<bool> {
        let count = self.clusters.len();
        let first = usize::from(!rules.allow_single_cluster);
        let mut taken: Vec<bool> = (0..count).map(|c| c >= first).collect();
        let (mut stability, mut below) = (vec![0.0; count], vec![0.0; count]);
        for c in (first..count).rev() {
            let cluster = &self.clusters[c];
            let is_beaten = below[c] > cluster.stability || cluster.size > rules.max_cluster_size;
            taken[c] = !is_beaten;
            stability[c] = if is_beaten { below[c] } else { cluster.stability };
            if c > 0 {
                below[cluster.parent as usize] += stability[c];
            }
        }
        // What is within a cluster that is taken is not taken itself.
        for c in 1..count {
            let mut parent = self.clusters[c].parent as usize;
            while taken[c] && !taken[parent] && parent > 0 {
                parent = self.clusters[parent].parent as usize;
            }
            taken[c] &= !taken[parent];
        }
        taken
    }

    /// In the place of clusters that come to be at distances below ε, the first above them that does not.
    fn not_below(&self, taken: &[bool], rules: &Rules) -> Vec<bool> {
        let distance = |c: usize| 1.0 / self.clusters[c].birth;
        let mut kept = vec![false; taken.len()];
        for c in (0..taken.len()).filter(|c| taken[*c]) {
            let mut place = c;
            if distance(c) < rules.epsilon {
                loop {
                    let parent = self.clusters[place].parent as usize;
                    if parent == 0 {
                        place = if rules.allow_single_cluster { 0 } else { place };
                        break;
                    }
                    place = parent;
                    if distance(parent) > rules.epsilon {
                        break;
                    }
                }
            }
            kept[place] = true;
        }
        // One that is taken takes those within it along.
        for c in 1..kept.len() {
            let mut parent = c;
            while parent > 0 {
                parent = self.clusters[parent].parent as usize;
                kept[c] &= !kept[parent];
            }
        }
        kept
    }

    /// For each cluster the selected one that it is or is in; the first one where there is none.
    pub(super) fn holders(&self, selected: &[bool]) -> Vec<u32> {
        let mut holders = vec![0; self.clusters.len()];
        for c in 1..self.clusters.len() {
            holders[c] = if selected[c] { c as u32 } else { holders[self.clusters[c].parent as usize] };
        }
        holders
    }

    /// For each cluster the largest λ in it and in those within it.
    pub(super) fn deaths(&self) -> Vec<f64> {
        let mut deaths: Vec<f64> = self.clusters.iter().map(|cluster| cluster.death).collect();
        for c in (1..deaths.len()).rev() {
            let parent = self.clusters[c].parent as usize;
            deaths[parent] = deaths[parent].max(deaths[c]);
        }
        deaths
    }

    /// Whether it could have come about.
    pub(super) fn is_sound(&self) -> bool {
        let clusters = self.clusters.iter().enumerate();
        !self.clusters.is_empty()
            && clusters.skip(1).all(|(c, cluster)| (cluster.parent as usize) < c)
            && self.left.len() == self.lambda.len()
            && self.left.iter().all(|c| (*c as usize) < self.clusters.len())
            && self.lambda.iter().all(|lambda| *lambda >= 0.0)
    }
}
