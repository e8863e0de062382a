//! A grown tree: nodes, what they predict, and what was seen there in training.
//!
//! ```text
//! node      test: u64 · column: u32 · left: u32               16 bytes; the right child is left + 1
//! leaf      a node that is its own left child, with a test that every row passes to the left
//! values    nodes × width      what a row that ends here is given; inner nodes have theirs too
//! stats     nodes              rows, weight and impurity in training; apart, since walking does not read them
//! ```
//!
//! Siblings stand side by side and after their parent, so that a step is `left + (row fails the test)` without a branch; and a
//! leaf leads to itself, so that several rows can take the same number of steps together ([`walk`](crate::walk)).
//!
//! A number passes a test if it is at most the threshold; a category, if it is in a set. NaN goes where the node says.

#[cfg(test)]
mod tests;

use estimand_core::{Error, Float, Result};
use serde::{Deserialize, Serialize};

/// The column's number holds these two marks in its highest bits.
const MISSING_LEFT: u32 = 1 << 31;
const CATEGORICAL: u32 = 1 << 30;

/// Columns that a tree can tell apart.
pub const MAX_COLUMNS: usize = (CATEGORICAL - 1) as usize;

/// What sends a row to the left.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Test<'a> {
    /// The value is at most `threshold`.
    AtMost {
        /// The column tested.
        column: usize,
        /// A number, or +∞: then NaN alone can go right.
        threshold: f64,
        /// Whether NaN goes left.
        missing_left: bool,
    },
    /// The value is a category, a whole number from 0, whose bit is set: bit c mod 64 of word c / 64.
    In {
        /// The column tested.
        column: usize,
        /// The set of categories that go left.
        set: &'a [u64],
        /// Whether NaN goes left, and with it what is no category that the set has a bit for.
        missing_left: bool,
    },
}

impl Test<'_> {
    /// The column tested.
    pub fn column(&self) -> usize {
        match self {
            Self::AtMost { column, .. } | Self::In { column, .. } => *column,
        }
    }

    /// Whether NaN goes left.
    pub fn missing_left(&self) -> bool {
        match self {
            Self::AtMost { missing_left, .. } | Self::In { missing_left, .. } => *missing_left,
        }
    }
}

/// What was seen at a node in training.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Stat {
    /// Rows of positive weight.
    pub rows: u32,
    /// Their weight.
    pub weight: f64,
    /// Impurity of the rows, by the criterion that the tree was grown with; per unit of weight.
    pub impurity: f64,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Node {
    /// The bits of the threshold; or the first word and the number of words of the set.
    test: u64,
    column: u32,
    pub(crate) left: u32,
}

impl Node {
    fn leaf(own: u32) -> Self {
        Self { test: f64::INFINITY.to_bits(), column: MISSING_LEFT, left: own }
    }

    pub(crate) fn column(self) -> usize {
        (self.column & !(MISSING_LEFT | CATEGORICAL)) as usize
    }

    fn is_categorical(self) -> bool {
        self.column & CATEGORICAL != 0
    }

    fn missing_left(self) -> bool {
        self.column & MISSING_LEFT != 0
    }

    fn words(self) -> std::ops::Range<usize> {
        let first = (self.test >> 32) as usize;
        first..first + (self.test as u32) as usize
    }

    /// Where a number leads; the node must not be categorical.
    #[inline(always)]
    pub(crate) fn next(self, value: f64) -> u32 {
        let missing_left = self.missing_left() & value.is_nan();
        let passes = (value <= f64::from_bits(self.test)) | missing_left;
        self.left + u32::from(!passes)
    }
}

/// A decision tree of which every node has `width` values.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Columns", into = "Columns")]
pub struct Tree {
    pub(crate) nodes: Vec<Node>,
    values: Vec<f64>,
    stats: Vec<Stat>,
    sets: Vec<u64>,
    width: usize,
    depth: usize,
}

impl Tree {
    /// A single leaf with zeros for values, at least one.
    pub fn new(width: usize) -> Self {
        let width = width.max(1);
        Self {
            nodes: vec![Node::leaf(0)],
            values: vec![0.0; width],
            stats: vec![Stat::default()],
            sets: Vec::new(),
            width,
            depth: 0,
        }
    }

    /// Turns a leaf into a test and gives the number of its left child; the right one's is one more. Both are leaves
    /// without values or statistics.
    ///
    /// # Panics
    /// If there is no such leaf, or the column lies beyond [`MAX_COLUMNS`].
    pub fn split(&mut self, leaf: usize, test: Test<'_>) -> usize {
        assert!(self.is_leaf(leaf), "node {leaf} is split already");
        let left = self.nodes.len() as u32;
        let (bits, column, marks, missing_left) = match test {
            Test::AtMost { column, threshold, missing_left } => {
                (threshold.to_bits(), column, 0, missing_left)
            }
            Test::In { column, set, missing_left } => {
                let first = self.sets.len() as u64;
                self.sets.extend_from_slice(set);
                (first << 32 | set.len() as u64, column, CATEGORICAL, missing_left)
            }
        };
        assert!(column <= MAX_COLUMNS, "column {column} of a tree");
        let marks = marks | if missing_left { MISSING_LEFT } else { 0 };
        self.nodes[leaf] = Node { test: bits, column: column as u32 | marks, left };
        self.nodes.extend([Node::leaf(left), Node::leaf(left + 1)]);
        self.values.resize(self.nodes.len() * self.width, 0.0);
        self.stats.resize(self.nodes.len(), Stat::default());
        left as usize
    }

    /// Changes where NaN goes from a node that is split.
    ///
    /// # Panics
    /// If there is no such node.
    pub fn set_missing_left(&mut self, node: usize, left: bool) {
        let column = &mut self.nodes[node].column;
        *column = if left { *column | MISSING_LEFT } else { *column & !MISSING_LEFT };
    }

    /// Puts a tree in the place of a leaf; values are equally many. Gives the number of its second node, after which the
    /// others follow; the first has the leaf's.
    ///
    /// # Panics
    /// If there is no such leaf.
    pub fn graft(&mut self, leaf: usize, tree: &Self) -> usize {
        assert!(self.is_leaf(leaf), "node {leaf} is split already");
        let first = self.nodes.len();
        let place = |node: usize| if node == 0 { leaf } else { first + node - 1 };
        let moved: Vec<Node> = (0..tree.n_nodes())
            .map(|i| {
                let Node { test, column, left } = tree.nodes[i];
                let test = if tree.nodes[i].is_categorical() {
                    test + ((self.sets.len() as u64) << 32)
                } else {
                    test
                };
                Node { test, column, left: place(left as usize) as u32 }
            })
            .collect();
        let (root, others) = (moved[0], &moved[1..]);
        self.nodes[leaf] = root;
        self.nodes.extend_from_slice(others);
        self.value_mut(leaf).copy_from_slice(tree.value(0));
        self.stats[leaf] = tree.stats[0];
        self.values.extend_from_slice(&tree.values[tree.width..]);
        self.stats.extend_from_slice(&tree.stats[1..]);
        self.sets.extend_from_slice(&tree.sets);
        first
    }

    /// Number of nodes, leaves included.
    pub fn n_nodes(&self) -> usize {
        self.nodes.len()
    }

    /// Number of leaves.
    pub fn n_leaves(&self) -> usize {
        self.nodes.len().div_ceil(2)
    }

    /// Values of each node.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Steps from the root to the deepest leaf; 0 for a root alone.
    pub fn depth(&self) -> usize {
        self.depth
    }

    /// Whether a node is a leaf.
    pub fn is_leaf(&self, node: usize) -> bool {
        self.nodes[node].left as usize == node
    }

    /// Both children of a node; `None` for a leaf.
    pub fn children(&self, node: usize) -> Option<[usize; 2]> {
        let left = self.nodes[node].left as usize;
        (left != node).then_some([left, left + 1])
    }

    /// The test of a node; `None` for a leaf.
    pub fn test(&self, node: usize) -> Option<Test<'_>> {
        let at = self.nodes[node];
        let (column, missing_left) = (at.column(), at.missing_left());
        (!self.is_leaf(node)).then(|| match at.is_categorical() {
            true => Test::In { column, set: &self.sets[at.words()], missing_left },
            false => Test::AtMost { column, threshold: f64::from_bits(at.test), missing_left },
        })
    }

    /// What a row that ends at this node is given.
    pub fn value(&self, node: usize) -> &[f64] {
        &self.values[node * self.width..][..self.width]
    }

    /// [`value`](Self::value), to be written.
    pub fn value_mut(&mut self, node: usize) -> &mut [f64] {
        &mut self.values[node * self.width..][..self.width]
    }

    /// What was seen at this node in training.
    pub fn stat(&self, node: usize) -> &Stat {
        &self.stats[node]
    }

    /// [`stat`](Self::stat), to be written.
    pub fn stat_mut(&mut self, node: usize) -> &mut Stat {
        &mut self.stats[node]
    }

    /// The columns tested, each node's in turn.
    pub fn columns(&self) -> impl Iterator<Item = usize> + '_ {
        (0..self.n_nodes()).filter(|i| !self.is_leaf(*i)).map(|i| self.nodes[i].column())
    }

    /// The child that a row goes to.
    ///
    /// # Panics
    /// If the row is too short.
    #[inline(always)]
    pub fn next<F: Float>(&self, node: usize, row: &[F]) -> usize {
        let at = self.nodes[node];
        let value = row[at.column()].f64();
        let next = if at.is_categorical() { self.next_of_category(at, value) } else { at.next(value) };
        next as usize
    }

    /// Where a category leads.
    fn next_of_category(&self, at: Node, value: f64) -> u32 {
        let set = &self.sets[at.words()];
        let code = value as usize;
        let passes = match set.get(code / 64) {
            Some(word) if code as f64 == value => word >> (code % 64) & 1 == 1,
            _ => at.missing_left(),
        };
        at.left + u32::from(!passes)
    }

    /// Whether a node tests a set of categories: walking then takes a branch more.
    pub fn has_categories(&self) -> bool {
        !self.sets.is_empty()
    }

    /// Finds the depth, and gives back memory kept for growing. Called once, by whoever has grown the tree.
    #[must_use]
    pub fn finished(mut self) -> Self {
        let mut depth = vec![0_u32; self.n_nodes()];
        for node in 0..self.n_nodes() {
            for child in self.children(node).into_iter().flatten() {
                depth[child] = depth[node] + 1;
            }
        }
        self.depth = depth.into_iter().max().unwrap_or(0) as usize;
        self.nodes.shrink_to_fit();
        self.values.shrink_to_fit();
        self.stats.shrink_to_fit();
        self.sets.shrink_to_fit();
        self
    }

    /// Refuses a loaded tree that tests columns that there are not, or has another number of values.
    ///
    /// # Errors
    /// [`Error::Persist`].
    pub fn check_loaded(&self, columns: usize, width: usize) -> Result<()> {
        estimand_core::persist::check_len("values of a node", width, self.width)?;
        match self.columns().find(|j| *j >= columns) {
            Some(j) => Err(Error::Persist { what: format!("a tree tests column {j} of {columns}") }),
            None => Ok(()),
        }
    }
}

/// A tree as files hold it, to be read by people and checked by [`Tree`].
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Columns {
    width: usize,
    /// Left child of each node; 0 for leaves.
    left: Vec<u32>,
    column: Vec<u32>,
    /// Thresholds of numbers; 0 for sets and leaves.
    threshold: Vec<f64>,
    missing_left: Vec<bool>,
    /// Nodes that test sets, with their sets.
    sets: Vec<(u32, Vec<u64>)>,
    values: Vec<f64>,
    rows: Vec<u32>,
    weight: Vec<f64>,
    impurity: Vec<f64>,
}

impl From<Tree> for Columns {
    fn from(tree: Tree) -> Self {
        let tests: Vec<Option<Test<'_>>> = (0..tree.n_nodes()).map(|i| tree.test(i)).collect();
        let missing_left = |test: &Option<Test<'_>>| match test {
            Some(Test::AtMost { missing_left, .. } | Test::In { missing_left, .. }) => *missing_left,
            None => false,
        };
        let threshold = |test: &Option<Test<'_>>| match test {
            Some(Test::AtMost { threshold, .. }) => *threshold,
            _ => 0.0,
        };
        let set = |(node, test): (usize, &Option<Test<'_>>)| match test {
            Some(Test::In { set, .. }) => Some((node as u32, set.to_vec())),
            _ => None,
        };
        Self {
            width: tree.width,
            left: (0..tree.n_nodes()).map(|i| tree.children(i).map_or(0, |[left, _]| left as u32)).collect(),
            column: tree.nodes.iter().map(|node| node.column() as u32).collect(),
            threshold: tests.iter().map(threshold).collect(),
            missing_left: tests.iter().map(missing_left).collect(),
            sets: tests.iter().enumerate().filter_map(set).collect(),
            rows: tree.stats.iter().map(|s| s.rows).collect(),
            weight: tree.stats.iter().map(|s| s.weight).collect(),
            impurity: tree.stats.iter().map(|s| s.impurity).collect(),
            values: tree.values,
        }
    }
}

impl TryFrom<Columns> for Tree {
    type Error = Error;

    /// Refuses what is not a tree: children before their parents, shared or missing; lengths that disagree.
    fn try_from(file: Columns) -> Result<Self> {
        let damaged = |what: &str| Err(Error::Persist { what: format!("a tree's {what}") });
        let n = file.left.len();
        let lengths = [
            file.column.len(),
            file.threshold.len(),
            file.missing_left.len(),
            file.rows.len(),
            file.weight.len(),
            file.impurity.len(),
        ];
        if n == 0 || n > u32::MAX as usize || lengths.iter().any(|l| *l != n) {
            return damaged("columns differ in length");
        }
        if file.width == 0 || n.checked_mul(file.width) != Some(file.values.len()) {
            return damaged("values are not as many as its nodes need");
        }
        if !file.values.iter().chain(&file.weight).all(|v| v.is_finite())
            || file.threshold.iter().any(|t| t.is_nan())
        {
            return damaged("numbers are not finite");
        }
        let mut tree = Self::new(file.width);
        let mut sets = file.sets.into_iter().peekable();
        // In a file pairs of children may stand in any order after their parents; numbers are kept.
        let mut is_child = vec![false; n];
        tree.nodes = (0..n as u32).map(Node::leaf).collect();
        for node in 0..n {
            let left = file.left[node] as usize;
            if left == 0 {
                continue;
            }
            let set = sets.next_if(|(at, _)| *at as usize == node);
            if left <= node
                || left + 1 >= n
                || is_child[left]
                || is_child[left + 1]
                || file.column[node] as usize > MAX_COLUMNS
            {
                return damaged("nodes do not form a tree");
            }
            (is_child[left], is_child[left + 1]) = (true, true);
            let (test, mark) = match set {
                Some((_, words)) => {
                    let first = tree.sets.len() as u64;
                    tree.sets.extend_from_slice(&words);
                    (first << 32 | words.len() as u64, CATEGORICAL)
                }
                None => (file.threshold[node].to_bits(), 0),
            };
            let mark = mark | if file.missing_left[node] { MISSING_LEFT } else { 0 };
            tree.nodes[node] = Node { test, column: file.column[node] | mark, left: left as u32 };
        }
        if is_child[0] || !is_child[1..].iter().all(|c| *c) || sets.next().is_some() {
            return damaged("nodes do not form a tree");
        }
        tree.values = file.values;
        tree.stats = (0..n)
            .map(|i| Stat { rows: file.rows[i], weight: file.weight[i], impurity: file.impurity[i] })
            .collect();
        Ok(tree.finished())
    }
}
