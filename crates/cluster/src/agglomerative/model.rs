//! The tree, and where it is cut.

use estimand_core::persist::check_len;
use estimand_core::{Error, Features, Persist, Report, Result};
use ndarray::Array1;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Two clusters that are joined, each by one of its rows, and how far apart they are.
#[derive(Clone, Copy, Debug)]
pub(super) struct Join {
    pub(super) rows: [usize; 2],
    pub(super) distance: f64,
}

/// Which clusters are joined, in order: 0 … n − 1 are the rows, and n + i is join i.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Tree {
    pub(super) n: usize,
    pub(super) children: Vec<[usize; 2]>,
    pub(super) distances: Vec<f64>,
}

impl Tree {
    /// The joins from the nearest to the farthest; of equal ones, in their order.
    pub(super) fn sorted(n: usize, mut joins: Vec<Join>) -> Self {
        joins.sort_by(|a, b| a.distance.total_cmp(&b.distance));
        let mut cluster: Vec<usize> = (0..n).collect();
        let mut roots = Roots::new(n);
        let children = joins.iter().enumerate().map(|(i, join)| {
            let [a, b] = join.rows.map(|row| roots.of(row));
            let pair = [cluster[a].min(cluster[b]), cluster[a].max(cluster[b])];
            cluster[roots.join(a, b)] = n + i;
            pair
        });
        Self { n, children: children.collect(), distances: joins.iter().map(|join| join.distance).collect() }
    }

    /// Clusters that are left when those this far apart are not joined.
    pub(super) fn left_at(&self, threshold: f64) -> usize {
        1 + self.distances.iter().filter(|d| **d >= threshold).count()
    }

    /// The cluster of each row when `left` are left, numbered by their lowest rows.
    fn labels(&self, left: usize) -> Array1<usize> {
        let joined = self.n - left;
        // From the last join down, each cluster hands on the one that it ends in.
        let mut top: Vec<usize> = (0..self.n + joined).collect();
        for (i, children) in self.children[..joined].iter().enumerate().rev() {
            children.iter().for_each(|child| top[*child] = top[self.n + i]);
        }
        numbered((0..self.n).map(|row| top[row]))
    }
}

/// Clusters numbered by their lowest rows, given any numbers of them.
pub(crate) fn numbered(clusters: impl Iterator<Item = usize>) -> Array1<usize> {
    let mut numbers: BTreeMap<usize, usize> = BTreeMap::new();
    clusters
        .map(|cluster| {
            let next = numbers.len();
            *numbers.entry(cluster).or_insert(next)
        })
        .collect()
}

/// Which rows are together.
pub(super) struct Roots(Vec<usize>);

impl Roots {
    pub(super) fn new(n: usize) -> Self {
        Self((0..n).collect())
    }

    pub(super) fn of(&mut self, mut row: usize) -> usize {
        while self.0[row] != row {
            self.0[row] = self.0[self.0[row]];
            row = self.0[row];
        }
        row
    }

    /// Puts two roots together; which of them is the root then.
    pub(super) fn join(&mut self, a: usize, b: usize) -> usize {
        self.0[a.max(b)] = a.min(b);
        a.min(b)
    }
}

/// The tree of joins, and the clusters that are left where it is cut.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AgglomerativeModel {
    tree: Tree,
    labels: Array1<usize>,
    features: Features,
    report: Report,
}

impl AgglomerativeModel {
    pub(super) fn new(tree: Tree, left: usize, features: Features, report: Report) -> Self {
        let report = report.note(format!("{left} clusters"));
        Self { labels: tree.labels(left), tree, features, report }
    }

    /// The cluster of each training row, n.
    pub fn labels(&self) -> &Array1<usize> {
        &self.labels
    }

    /// Number of clusters.
    pub fn n_clusters(&self) -> usize {
        self.labels.iter().max().map_or(0, |label| label + 1)
    }

    /// The two clusters of each join, n − 1 pairs in order: 0 … n − 1 are the rows, and n + i is the cluster that join i makes.
    pub fn children(&self) -> &[[usize; 2]] {
        &self.tree.children
    }

    /// How far apart the clusters of each join are, n − 1.
    pub fn distances(&self) -> &[f64] {
        &self.tree.distances
    }

    /// The cluster of each row where the tree is cut to leave another number of clusters.
    ///
    /// # Errors
    /// If that is 0 or more than there are rows.
    pub fn cut(&self, n_clusters: usize) -> Result<Array1<usize>> {
        if !(1..=self.tree.n).contains(&n_clusters) {
            let allowed = format!("from 1 to the number of rows, {}", self.tree.n);
            return Err(Error::parameter("n_clusters", n_clusters, allowed));
        }
        Ok(self.tree.labels(n_clusters))
    }

    /// The cluster of each row where clusters at least this far apart are not joined.
    pub fn cut_at(&self, distance_threshold: f64) -> Array1<usize> {
        self.tree.labels(self.tree.left_at(distance_threshold))
    }

    /// How the tree was found.
    pub fn report(&self) -> &Report {
        &self.report
    }

    /// The columns the model was fitted on.
    pub fn features(&self) -> &Features {
        &self.features
    }
}

impl Persist for AgglomerativeModel {
    fn type_name() -> String {
        "AgglomerativeModel".into()
    }

    fn check_loaded(&self) -> Result<()> {
        let Tree { n, children, distances } = &self.tree;
        self.features.check_loaded()?;
        check_len("labels", *n, self.labels.len())?;
        check_len("children", n.saturating_sub(1), children.len())?;
        check_len("distances", children.len(), distances.len())?;
        let mut is_free = vec![true; 2 * n];
        let is_tree = *n > 0
            && children.iter().enumerate().all(|(i, pair)| {
                pair.iter().all(|child| *child < n + i && std::mem::replace(&mut is_free[*child], false))
            });
        match is_tree && self.labels.iter().all(|label| label < n) {
            true => Ok(()),
            false => Err(Error::Persist { what: "joins or labels that cannot be".into() }),
        }
    }
}
