//! Trees, node by node.
//!
//! A node owns a stretch of a list of row numbers. A split parts its stretch in two. As soon as a node has few rows, these
//! are copied into a small table that stays near the processor, on which the subtree grows by itself: nodes of large
//! tables are grown first, then the subtrees, each with a random stream of its own, on all threads.
//!
//! With a limit on the number of leaves, the leaf whose split lowers the impurity most is split next, wherever it stands;
//! then there is one table.

use super::Growth;
use super::columns::Keyed;
use super::criterion::{Criterion, Limits};
use super::split::{Drawing, Node, Split, Splitter};
use super::table::{Key, Table};
use crate::tree::{Stat, Tree};
use estimand_core::{Seed, Stream};
use estimand_par as par;
use std::cmp::Ordering;
use std::collections::BinaryHeap;
use std::ops::Range;

/// What all nodes of a tree share.
pub(crate) struct Task<'a, K> {
    pub(crate) growth: &'a Growth,
    pub(crate) keyed: &'a Keyed<K>,
    /// Values of a node.
    pub(crate) width: usize,
    /// Weight of all rows.
    pub(crate) weight: f64,
    /// Rows of small tables; 0 for none.
    pub(crate) small: usize,
}

/// A node that may be split.
#[derive(Clone, Debug)]
struct Leaf {
    node: usize,
    rows: Range<usize>,
    depth: usize,
    constants: usize,
    bounds: [f64; 2],
}

/// A subtree that is to be grown on a small table.
struct Subtree {
    leaf: Leaf,
    rows: Vec<u32>,
    drawing: Drawing,
}

/// A leaf and its split, by the decrease of the impurity; of equals the first leaf.
struct Promising<K> {
    leaf: Leaf,
    split: Split<K>,
}
impl<K> Ord for Promising<K> {
    fn cmp(&self, other: &Self) -> Ordering {
        let by_decrease = self.split.decrease.total_cmp(&other.split.decrease);
        by_decrease.then(other.leaf.node.cmp(&self.leaf.node))
    }
}
impl<K> PartialOrd for Promising<K> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
impl<K> PartialEq for Promising<K> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}
impl<K> Eq for Promising<K> {}

/// Grows a tree from these rows of the shared table. `criterion` knows the targets of all rows of the table.
pub(crate) fn grow<K: Key, C: Criterion, S: Splitter<Key = K>>(
    task: &Task<'_, K>,
    criterion: C,
    splitter: impl Fn() -> S + Sync,
    mut rows: Vec<u32>,
    seed: Seed,
) -> Tree {
    let columns = task.keyed.columns.len();
    let drawing = Drawing::new(columns, task.growth.max_features);
    let whole = Leaf {
        node: 0,
        rows: 0..rows.len(),
        depth: 0,
        constants: 0,
        bounds: [f64::NEG_INFINITY, f64::INFINITY],
    };
    let mut builder = Builder {
        task,
        table: &task.keyed.table,
        criterion,
        splitter: splitter(),
        drawing,
        stream: seed.stream(0),
        tree: Tree::new(task.width),
        learnt: Vec::new(),
        spare: Vec::new(),
        subtrees: Vec::new(),
    };
    match task.growth.max_leaf_nodes {
        Some(leaves) => builder.best_first(whole, &mut rows, leaves),
        None => builder.depth_first(whole, &mut rows, task.small),
    }
    let subtrees = std::mem::take(&mut builder.subtrees);
    let grown = par::map(subtrees.len(), |i| {
        let Subtree { leaf, rows, drawing } = &subtrees[i];
        let table = Table::of_rows(rows, &task.keyed.by_row, columns);
        let mut builder = Builder {
            task,
            table: &table,
            criterion: builder.criterion.select(rows),
            splitter: splitter(),
            drawing: drawing.clone(),
            stream: seed.stream(1 + i as u64),
            tree: Tree::new(task.width),
            learnt: Vec::new(),
            spare: Vec::new(),
            subtrees: Vec::new(),
        };
        let mut all: Vec<u32> = (0..rows.len() as u32).collect();
        builder.depth_first(Leaf { node: 0, rows: 0..rows.len(), ..leaf.clone() }, &mut all, 0);
        (builder.tree, builder.learnt)
    });
    for (Subtree { leaf, .. }, (grown, learnt)) in subtrees.iter().zip(&grown) {
        let first = builder.tree.graft(leaf.node, grown);
        builder
            .learnt
            .extend(learnt.iter().map(|node| if *node == 0 { leaf.node } else { first + node - 1 }));
    }
    builder.finish().finished()
}

/// Grows on one table.
struct Builder<'t, 'a, K, C, S> {
    task: &'t Task<'a, K>,
    table: &'t Table<K>,
    criterion: C,
    splitter: S,
    drawing: Drawing,
    stream: Stream,
    tree: Tree,
    /// Nodes that have learnt where missing values go.
    learnt: Vec<usize>,
    spare: Vec<u32>,
    subtrees: Vec<Subtree>,
}

impl<K: Key, C: Criterion, S: Splitter<Key = K>> Builder<'_, '_, K, C, S> {
    /// Splits until nothing is left to split. Nodes with at most `small` rows are put aside.
    fn depth_first(&mut self, whole: Leaf, rows: &mut [u32], small: usize) {
        let mut leaves = vec![whole];
        while let Some(leaf) = leaves.pop() {
            if leaf.rows.len() <= small {
                let rows = rows[leaf.rows.clone()].to_vec();
                self.subtrees.push(Subtree { leaf, rows, drawing: self.drawing.clone() });
                continue;
            }
            if let (Some(split), constants) = self.open(&leaf, rows) {
                let [left, right] = self.split(Leaf { constants, ..leaf }, split, rows);
                leaves.extend([right, left]);
            }
        }
    }

    /// Splits the most promising leaf, until there are so many leaves.
    fn best_first(&mut self, whole: Leaf, rows: &mut [u32], max_leaves: usize) {
        let mut leaves = BinaryHeap::new();
        let consider = |this: &mut Self, leaf: Leaf, rows: &[u32], heap: &mut BinaryHeap<_>| {
            // Leaves are not split in the order of a walk, so that what is constant in them is found anew.
            if let (Some(split), _) = this.open(&leaf, rows) {
                heap.push(Promising { leaf, split });
            }
        };
        consider(self, whole, rows, &mut leaves);
        for _ in 1..max_leaves {
            let Some(Promising { leaf, split }) = leaves.pop() else { break };
            for child in self.split(leaf, split, rows) {
                consider(self, child, rows, &mut leaves);
            }
        }
    }

    /// Writes what a node predicts, and finds its split, unless it is to be a leaf.
    fn open(&mut self, leaf: &Leaf, rows: &[u32]) -> (Option<Split<K>>, usize) {
        let growth = self.task.growth;
        let rows = &rows[leaf.rows.clone()];
        let seen = self.criterion.enter(rows);
        *self.tree.stat_mut(leaf.node) =
            Stat { rows: rows.len() as u32, weight: seen.weight, impurity: seen.impurity };
        let value = self.tree.value_mut(leaf.node);
        self.criterion.value(value);
        let bounded = !growth.monotone.is_empty();
        if bounded {
            clip(value, leaf.bounds);
        }
        let stays = seen.pure
            || growth.max_depth.is_some_and(|depth| leaf.depth >= depth)
            || rows.len() < growth.min_samples_split.max(2)
            || rows.len() < 2 * growth.min_samples_leaf
            || seen.weight < 2.0 * growth.min_weight_leaf;
        if stays {
            return (None, leaf.constants);
        }
        let limits = Limits {
            min_rows: growth.min_samples_leaf.max(1),
            min_weight: growth.min_weight_leaf,
            direction: 0,
            bounds: bounded.then_some(leaf.bounds),
        };
        let node = Node { rows, constants: leaf.constants, limits, directions: &growth.monotone };
        let (split, constants) =
            self.splitter.split(self.table, &mut self.criterion, &node, &mut self.drawing, &mut self.stream);
        // Scikit-learn's comparison, so that a limit that a split just meets does not depend on rounding.
        let enough =
            |s: &Split<K>| s.decrease / self.task.weight + f64::EPSILON >= growth.min_impurity_decrease;
        (split.filter(enough), constants)
    }

    /// Makes a split; gives both sides, which inherit what is constant in the node.
    fn split(&mut self, leaf: Leaf, split: Split<K>, rows: &mut [u32]) -> [Leaf; 2] {
        let left = split.part(self.table, &mut rows[leaf.rows.clone()], &mut self.spare);
        let middle = leaf.rows.start + left;
        let node = self.tree.split(leaf.node, split.test());
        if split.learnt {
            self.learnt.push(leaf.node);
        }
        let direction = self.task.growth.monotone.get(split.column).copied().unwrap_or(0);
        let sides = [leaf.rows.start..middle, middle..leaf.rows.end];
        let bounds = self.bounds(&leaf, direction, &sides, rows);
        let depth = leaf.depth + 1;
        let [left, right] = sides;
        [(node, left, bounds[0]), (node + 1, right, bounds[1])].map(|(node, rows, bounds)| Leaf {
            node,
            rows,
            depth,
            constants: leaf.constants,
            bounds,
        })
    }

    /// The tree, in which missing values go where most of the weight went, unless they have been seen.
    fn finish(mut self) -> Tree {
        self.learnt.sort_unstable();
        for node in 0..self.tree.n_nodes() {
            if let Some([left, right]) = self.tree.children(node)
                && self.learnt.binary_search(&node).is_err()
            {
                let missing_left = self.tree.stat(left).weight > self.tree.stat(right).weight;
                self.tree.set_missing_left(node, missing_left);
            }
        }
        self.tree
    }

    /// Bounds of both sides: where a direction is given, nothing crosses the middle between the sides' values.
    fn bounds(
        &mut self,
        leaf: &Leaf,
        direction: i8,
        sides: &[Range<usize>; 2],
        rows: &[u32],
    ) -> [[f64; 2]; 2] {
        let [low, high] = leaf.bounds;
        if direction == 0 {
            return [leaf.bounds; 2];
        }
        let mut value = vec![0.0; self.task.width];
        let [left, right] = sides.clone().map(|side| {
            self.criterion.enter(&rows[side]);
            self.criterion.value(&mut value);
            value.last().copied().unwrap_or_default().clamp(low, high)
        });
        let middle = left / 2.0 + right / 2.0;
        match direction > 0 {
            true => [[low, middle], [middle, high]],
            false => [[middle, high], [low, middle]],
        }
    }
}

/// Keeps what a node predicts within bounds: the last value, of which others, as shares of classes, are the rest.
fn clip(value: &mut [f64], [low, high]: [f64; 2]) {
    match value {
        [value] => *value = value.clamp(low, high),
        [first, second] => {
            *second = second.clamp(low, high);
            *first = 1.0 - *second;
        }
        _ => {}
    }
}
