//! Growing a tree on histograms.
//!
//! ```text
//! 1  the root's histogram from all rows, and its best split
//! 2  the next leaf that has a split: by gain, or by depth
//! 3  part its rows; build the histogram of the side with fewer rows; the other's is the parent's less that
//! 4  best splits of both sides; on with 2, while leaves are allowed
//! ```
//!
//! What a thread works on is a group of columns: build, subtract and scan, one after another while cells are near.
//! Where there are fewer groups than threads, rows are cut as well, and their histograms added.

use super::build::{self, Rows};
use super::cell::{GradientCell, Layout, Sums};
use super::parting;
use super::rules::{Bounds, GrowRules, Growth};
use super::scan::{Node, Passes, Scan, Split, better};
use crate::bins::{Binned, ColumnBins};
use crate::{Stat, Test, Tree};
use estimand_core::Seed;
use estimand_core::random::below;
use estimand_par as par;
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::ops::Range;

/// Sums of this many values are worth another thread.
const TOGETHER: usize = 200_000;

/// What a cell costs, beside adding a value to it: it is subtracted, and judged as a cut, of two siblings.
const CELL: usize = 8;

/// What growing leaves behind.
#[derive(Clone, Debug)]
pub struct Grown {
    /// The tree, without depth: to be [finished](Tree::finished) when its values are.
    pub tree: Tree,
    /// Each leaf's node, and its rows as a range of [`Grower::rows`].
    pub leaves: Vec<(usize, Range<usize>)>,
    /// What values of leaves may be, leaf by leaf; without monotone columns, anything.
    pub bounds: Vec<(f64, f64)>,
}

/// Grows trees, one after another, on one table; keeps its memory between them.
#[derive(Debug)]
pub struct Grower<'a, C> {
    table: &'a Binned,
    rows: Vec<u32>,
    spare: Vec<u32>,
    free: Vec<Vec<C>>,
    threads: usize,
}

/// A node that is a leaf so far.
struct Leaf<C> {
    node: usize,
    rows: Range<usize>,
    depth: usize,
    sums: Sums,
    bounds: Bounds,
    /// Columns that interactions leave; empty for all.
    columns: Vec<bool>,
    /// Columns tested above it; kept where interactions are limited.
    path: Vec<usize>,
    /// Kept while it has a split.
    histogram: Vec<C>,
    split: Option<Split>,
}

impl<'a, C: GradientCell> Grower<'a, C> {
    /// For a table.
    pub fn new(table: &'a Binned) -> Self {
        Self { table, rows: Vec::new(), spare: Vec::new(), free: Vec::new(), threads: par::threads() }
    }

    /// Whether a tree may use all threads; if not, the caller grows several at once. Trees are the same.
    pub fn share_threads(&mut self, yes: bool) {
        self.threads = if yes { par::threads() } else { 1 };
    }

    /// The rows of the last tree, leaf by leaf, ascending in each.
    pub fn rows(&self) -> &[u32] {
        &self.rows
    }

    /// Grows a tree with one value for each node. `cells` has a cell for each row of the table; `only` names the rows to
    /// use, ascending, where that is not all.
    pub fn grow(&mut self, cells: &[C], layout: &Layout, rules: &GrowRules, only: Option<&[u32]>) -> Grown {
        self.rows.clear();
        match only {
            Some(rows) => self.rows.extend_from_slice(rows),
            None => self.rows.extend(0..cells.len() as u32),
        }
        self.spare.resize(self.rows.len(), 0);
        let growing = Growing { table: self.table, cells, layout, rules, threads: self.threads };
        let mut tree = Tree::new(1);
        let root = self.root(&growing, only.is_none());
        growing.describe(&mut tree, &root);
        let (mut queue, mut leaves, mut count) = (BinaryHeap::new(), Vec::new(), 1);
        queue.extend(root.priority(rules.growth));
        leaves.push(Some(root));
        while count < rules.max_leaves
            && let Some((_, Reverse(node))) = queue.pop()
            && let Some(leaf) = leaves[node].take()
        {
            count += 1;
            for side in self.split(&growing, &mut tree, leaf, count == rules.max_leaves) {
                growing.describe(&mut tree, &side);
                queue.extend(side.priority(rules.growth));
                leaves.push(Some(side));
            }
        }
        let mut grown = Grown { tree, leaves: Vec::with_capacity(count), bounds: Vec::with_capacity(count) };
        for leaf in leaves.into_iter().flatten() {
            grown.leaves.push((leaf.node, leaf.rows));
            grown.bounds.push(leaf.bounds);
            self.give_back(leaf.histogram);
        }
        grown
    }

    fn root(&mut self, growing: &Growing<'_, C>, is_span: bool) -> Leaf<C> {
        let rules = growing.rules;
        let columns = rules.columns_beside(self.table.columns().len(), &[]);
        let mut leaf = Leaf {
            node: 0,
            rows: 0..self.rows.len(),
            depth: 0,
            sums: [0; 3],
            bounds: (f64::NEG_INFINITY, f64::INFINITY),
            columns,
            path: Vec::new(),
            histogram: self.empty(),
            split: None,
        };
        let rows = match is_span {
            true => Rows::Span(0, self.rows.len()),
            false => Rows::List(&self.rows),
        };
        let mut histogram = std::mem::take(&mut leaf.histogram);
        growing.histograms(rows, &mut histogram, None, [None, None], &mut self.free);
        // The bins of any column add up to all rows.
        let sum = match self.table.blocks().first() {
            Some(block) => histogram[..block.stride].iter().fold(C::default(), |sum, cell| sum.plus(*cell)),
            None => self.rows.iter().fold(C::default(), |sum, i| sum.plus(growing.cells[*i as usize])),
        };
        leaf.sums = sum.sums(growing.layout);
        if growing.can_split(&leaf) {
            let columns = growing.draw(&leaf);
            leaf.split = growing.scan_all(&histogram, &leaf.as_node(&columns));
        }
        self.keep(&mut leaf, histogram);
        leaf
    }

    /// Two leaves of one; where no further split will come, they are not looked at.
    fn split(
        &mut self,
        growing: &Growing<'_, C>,
        tree: &mut Tree,
        leaf: Leaf<C>,
        is_last: bool,
    ) -> Vec<Leaf<C>> {
        let (Some(split), rules) = (&leaf.split, growing.rules) else { return Vec::new() };
        let (column, missing) = (split.column, self.table.columns()[split.column].count());
        let bins = self.table.bins_of(column);
        let passes = self.table.by_byte(column, &split.passes.table(missing));
        let rows = &mut self.rows[leaf.rows.clone()];
        let middle = leaf.rows.start + parting::part(rows, &mut self.spare, bins, &passes, self.threads);
        let node = growing.write_test(tree, leaf.node, split);
        let right = std::array::from_fn(|k| leaf.sums[k] - split.left[k]);
        let (mut path, mut columns) = (Vec::new(), leaf.columns.clone());
        if !rules.interactions.is_empty() {
            path = [leaf.path.as_slice(), &[column]].concat();
            columns = rules.columns_beside(self.table.columns().len(), &path);
        }
        let bounds = growing.bounds_of_sides(&leaf, split, right);
        let mut sides = [(0, split.left, leaf.rows.start..middle), (1, right, middle..leaf.rows.end)].map(
            |(k, sums, rows)| Leaf {
                node: node + k,
                rows,
                depth: leaf.depth + 1,
                sums,
                bounds: bounds[k],
                columns: columns.clone(),
                path: path.clone(),
                histogram: Vec::new(),
                split: None,
            },
        );
        let looked_at = [0, 1].map(|k| !is_last && growing.can_split(&sides[k]));
        if looked_at == [false, false] {
            self.give_back(leaf.histogram);
            return sides.into();
        }
        let small = usize::from(sides[1].rows.len() < sides[0].rows.len());
        let drawn = [small, 1 - small].map(|k| looked_at[k].then(|| growing.draw(&sides[k])));
        let (mut small_sums, mut large_sums) = (self.empty(), leaf.histogram);
        let splits = growing.histograms(
            Rows::List(&self.rows[sides[small].rows.clone()]),
            &mut small_sums,
            Some(&mut large_sums),
            [
                drawn[0].as_ref().map(|columns| sides[small].as_node(columns)),
                drawn[1].as_ref().map(|columns| sides[1 - small].as_node(columns)),
            ],
            &mut self.free,
        );
        [sides[small].split, sides[1 - small].split] = splits;
        self.keep(&mut sides[small], small_sums);
        self.keep(&mut sides[1 - small], large_sums);
        sides.into()
    }

    /// A histogram of zeros.
    fn empty(&mut self) -> Vec<C> {
        cleared(&mut self.free, self.table.cells())
    }

    /// A leaf that will be split keeps its histogram.
    fn keep(&mut self, leaf: &mut Leaf<C>, histogram: Vec<C>) {
        match leaf.split {
            Some(_) => leaf.histogram = histogram,
            None => self.give_back(histogram),
        }
    }

    fn give_back(&mut self, histogram: Vec<C>) {
        if histogram.capacity() > 0 {
            self.free.push(histogram);
        }
    }
}

fn cleared<C: GradientCell>(free: &mut Vec<Vec<C>>, cells: usize) -> Vec<C> {
    let mut histogram = free.pop().unwrap_or_default();
    histogram.clear();
    histogram.resize(cells, C::default());
    histogram
}

impl<C> Leaf<C> {
    fn as_node<'n>(&self, columns: &'n [bool]) -> Node<'n> {
        Node { sums: self.sums, bounds: self.bounds, columns }
    }

    /// Its place in the queue, if it has a split: larger comes first, and of equals the older node.
    fn priority(&self, growth: Growth) -> Option<(u64, Reverse<usize>)> {
        let split = self.split.as_ref()?;
        let key = match growth {
            // Bits of positive numbers are in their order.
            Growth::LeafWise => split.gain.to_bits(),
            Growth::DepthWise => u64::MAX - self.depth as u64,
        };
        Some((key, Reverse(self.node)))
    }
}

/// A share of the columns that are allowed, at least one of them; empty for all, in both places.
pub(super) fn share_of(allowed: &[bool], p: usize, share: f64, seed: Seed) -> Vec<bool> {
    if share >= 1.0 {
        return allowed.to_vec();
    }
    let mut from: Vec<usize> = (0..p).filter(|j| allowed.get(*j).copied().unwrap_or(true)).collect();
    let count = (share * from.len() as f64).ceil().max(1.0) as usize;
    let (mut stream, mut drawn) = (seed.stream(0), vec![false; p]);
    for k in 0..count.min(from.len()) {
        let other = k + below(from.len() - k, &mut stream);
        from.swap(k, other);
        drawn[from[k]] = true;
    }
    drawn
}

/// What one tree is grown from.
struct Growing<'g, C> {
    table: &'g Binned,
    cells: &'g [C],
    layout: &'g Layout,
    rules: &'g GrowRules,
    threads: usize,
}

/// Some blocks of the histograms of two siblings.
struct Task<'t, C> {
    /// Of the group that the blocks are in.
    group: usize,
    blocks: Range<usize>,
    small: &'t mut [C],
    /// The parent's; then the larger sibling's.
    large: Option<&'t mut [C]>,
    splits: [Option<Split>; 2],
}

impl<C: GradientCell> Growing<'_, C> {
    /// Builds `small` from its rows, turns `large` from the parent's histogram into the sibling's, and finds the best
    /// splits of those that are to be split.
    fn histograms(
        &self,
        rows: Rows<'_>,
        small: &mut [C],
        large: Option<&mut [C]>,
        nodes: [Option<Node<'_>>; 2],
        free: &mut Vec<Vec<C>>,
    ) -> [Option<Split>; 2] {
        let (groups, threads) = (self.table.groups(), self.threads);
        let work = rows.len() * self.table.columns().len() + CELL * small.len();
        let is_large = threads > 1 && work >= TOGETHER;
        let tasks = if !is_large || groups.len() >= threads {
            let mut tasks = self.tasks(small, large, |g| vec![groups[g].blocks.clone()]);
            let chunk = if is_large { 1 } else { tasks.len() };
            par::for_each_chunk_mut(&mut tasks, chunk, |_, tasks| {
                for task in tasks {
                    build::add(self.table, task.group, rows, self.cells, task.small);
                    self.finish(task, &nodes);
                }
            });
            tasks
        } else {
            // Each part of the rows into a histogram of its own; the first into the one that is wanted.
            let parts = threads.div_ceil(groups.len().max(1)).min(rows.len().div_ceil(4096)).max(1);
            let mut others: Vec<Vec<C>> = (1..parts).map(|_| cleared(free, small.len())).collect();
            let mut builds = Vec::with_capacity(parts * groups.len());
            let all = std::iter::once(&mut *small).chain(others.iter_mut().map(Vec::as_mut_slice));
            for (part, histogram) in all.enumerate() {
                let rows = rows.part(part * rows.len() / parts..(part + 1) * rows.len() / parts);
                builds.extend(
                    self.tasks(histogram, None, |g| vec![groups[g].blocks.clone()])
                        .into_iter()
                        .map(|t| (rows, t)),
                );
            }
            par::for_each_chunk_mut(&mut builds, 1, |_, builds| {
                for (rows, task) in builds {
                    build::add(self.table, task.group, *rows, self.cells, task.small);
                }
            });
            drop(builds);
            let mut tasks =
                self.tasks(small, large, |g| groups[g].blocks.clone().map(|b| b..b + 1).collect());
            par::for_each_chunk_mut(&mut tasks, 1, |_, tasks| {
                for task in tasks {
                    let start = self.table.blocks()[task.blocks.start].at;
                    for other in &others {
                        let other = &other[start..start + task.small.len()];
                        task.small.iter_mut().zip(other).for_each(|(a, b)| *a = a.plus(*b));
                    }
                    self.finish(task, &nodes);
                }
            });
            free.append(&mut others);
            tasks
        };
        tasks.into_iter().fold([None, None], |mut best, task| {
            for (best, split) in best.iter_mut().zip(task.splits) {
                if let Some(split) = split
                    && better(&split, best)
                {
                    *best = Some(split);
                }
            }
            best
        })
    }

    /// Histograms in pieces: those of the ranges of blocks that `pieces` has for each group.
    fn tasks<'t>(
        &self,
        mut small: &'t mut [C],
        mut large: Option<&'t mut [C]>,
        pieces: impl Fn(usize) -> Vec<Range<usize>>,
    ) -> Vec<Task<'t, C>> {
        let mut tasks = Vec::new();
        for group in 0..self.table.groups().len() {
            for blocks in pieces(group) {
                let len = self.table.blocks()[blocks.clone()].iter().map(|b| b.cells().len()).sum::<usize>();
                let (piece, rest) = std::mem::take(&mut small).split_at_mut(len);
                small = rest;
                let large_piece = large.take().map(|all| {
                    let (piece, rest) = all.split_at_mut(len);
                    large = Some(rest);
                    piece
                });
                tasks.push(Task { group, blocks, small: piece, large: large_piece, splits: [None, None] });
            }
        }
        tasks
    }

    /// large ← large − small, and the best splits of both.
    fn finish(&self, task: &mut Task<'_, C>, nodes: &[Option<Node<'_>>; 2]) {
        let mut scan = Scan::new(self.table, self.rules, self.layout);
        let start = task.blocks.clone().next().map_or(0, |b| self.table.blocks()[b].at);
        for block in &self.table.blocks()[task.blocks.clone()] {
            let cells = block.cells();
            let cells = cells.start - start..cells.end - start;
            let small = &task.small[cells.clone()];
            if let Some(large) = &mut task.large {
                let large = &mut large[cells];
                large.iter_mut().zip(small).for_each(|(a, b)| *a = a.minus(*b));
                if let Some(node) = &nodes[1] {
                    scan.block(block, large, node, &mut task.splits[1]);
                }
            }
            if let Some(node) = &nodes[0] {
                scan.block(block, small, node, &mut task.splits[0]);
            }
        }
    }

    fn scan_all(&self, histogram: &[C], node: &Node<'_>) -> Option<Split> {
        let blocks = self.table.blocks();
        let is_large = self.threads > 1 && CELL * histogram.len() >= TOGETHER;
        let chunk = blocks.len().div_ceil(if is_large { self.threads } else { 1 });
        let found = par::map_chunks(blocks.len(), chunk, |range| {
            let (mut scan, mut best) = (Scan::new(self.table, self.rules, self.layout), None);
            for block in &blocks[range] {
                scan.block(block, &histogram[block.cells()], node, &mut best);
            }
            best
        });
        let mut best = None;
        for split in found.into_iter().flatten() {
            if better(&split, &best) {
                best = Some(split);
            }
        }
        best
    }

    fn can_split(&self, leaf: &Leaf<C>) -> bool {
        let [_, h, c] = GrowRules::numbers(leaf.sums, self.layout);
        let rules = self.rules;
        leaf.depth < rules.max_depth
            && rules.max_leaves > 1
            && leaf.rows.len() >= 2
            && c >= 2.0 * rules.min_leaf
            && h >= 2.0 * rules.min_hessian
    }

    /// Columns that a node's split may test: a share of those of its level, which are a share of those that it may test
    /// at all; empty for all.
    fn draw(&self, leaf: &Leaf<C>) -> Vec<bool> {
        let (p, rules) = (self.table.columns().len(), self.rules);
        let level = rules.seed.child(leaf.depth as u64 + 1);
        let of_level = share_of(&leaf.columns, p, rules.level_share, level);
        share_of(&of_level, p, rules.column_share, rules.seed.child(0).child(leaf.node as u64))
    }

    /// The test of a split, as the tree keeps it; returns the left child.
    fn write_test(&self, tree: &mut Tree, node: usize, split: &Split) -> usize {
        let column = split.column;
        match (&self.table.columns()[column], split.passes) {
            (ColumnBins::Numbers(cuts), Passes::UpTo(last, missing_left)) => {
                let threshold = cuts.get(last).copied().unwrap_or(f64::INFINITY);
                tree.split(node, Test::AtMost { column, threshold, missing_left })
            }
            (bins, passes) => {
                let codes = match bins {
                    ColumnBins::Categories(codes) => codes.as_slice(),
                    ColumnBins::Numbers(_) => &[],
                };
                let passes = passes.table(codes.len());
                let mut set = vec![0; codes.last().map_or(1, |code| *code as usize / 64 + 1)];
                for (code, _) in codes.iter().zip(passes).filter(|(_, pass)| *pass == 1) {
                    set[*code as usize / 64] |= 1 << (code % 64);
                }
                tree.split(node, Test::In { column, set: &set, missing_left: passes[codes.len()] == 1 })
            }
        }
    }

    /// Bounds of the values on both sides: below a monotone column they part halfway between its sides' values.
    fn bounds_of_sides(&self, leaf: &Leaf<C>, split: &Split, right: Sums) -> [Bounds; 2] {
        let (low, high) = leaf.bounds;
        let [a, b] = [split.left, right]
            .map(|sums| self.rules.value(GrowRules::numbers(sums, self.layout), leaf.bounds));
        let middle = a / 2.0 + b / 2.0;
        match self.rules.monotone(split.column) {
            1 => [(low, middle), (middle, high)],
            -1 => [(middle, high), (low, middle)],
            _ => [leaf.bounds; 2],
        }
    }

    /// What the tree keeps of a node: its value and what was seen there.
    fn describe(&self, tree: &mut Tree, leaf: &Leaf<C>) {
        let numbers = GrowRules::numbers(leaf.sums, self.layout);
        let value = self.rules.value(numbers, leaf.bounds);
        tree.value_mut(leaf.node)[0] = self.rules.rate * value;
        let weight = numbers[2];
        let impurity = if weight > 0.0 { -self.rules.score(numbers, value) / weight } else { 0.0 };
        *tree.stat_mut(leaf.node) = Stat { rows: leaf.rows.len() as u32, weight, impurity };
    }
}
