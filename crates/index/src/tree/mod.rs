//! Trees of boxes or of balls, eight to a node.
//!
//! ```text
//! d(q, box)  ≥ gauge of the gaps max(lowⱼ − qⱼ, qⱼ − highⱼ, 0)          [Bentley75]
//! d(q, ball) ≥ max(d(q, centre) − radius, 0)                            [Omohundro89]; with boxes too, [Katayama97]
//! ```
//!
//! 1. The rows are halved across their widest column, again and again, at multiples of eight: leaves are whole blocks
//!    of [`Points`], [`LEAF`] at most.
//! 2. Three halvings make a node: its eight children's bounds are computed together, as eight points' distances are.
//! 3. A search opens the nearest child first and passes over those that are beyond the bound; at the bound, over those
//!    that hold no lower row. So equals come lowest row first, and many equal rows cost no more than few.
//!
//! Building costs O(np log n); a search O(p log n) where the rows have few dimensions, up to O(np) where they have many.
//! Lower bounds are never above a distance as it is computed: the answer is that of a search of all rows, to the last bit.
//!
//! **Differs from scikit-learn.** Ties go to the lowest row. Balls are refused for distances without triangle
//! inequality, with which they miss neighbours.

mod build;

pub(crate) use build::order;

use crate::best::Seek;
use crate::gauge::{Gauge, SLACK};
use crate::points::{EIGHT, Points};
use estimand_core::Float;
use std::ops::Range;

/// Most blocks of a leaf.
pub(crate) const LEAF: usize = 4;
/// Blocks that fit the cache.
const NEAR: u32 = 256;
/// In the place of a child: a leaf.
const NO_NODE: u32 = u32::MAX;

/// Up to eight children, side by side in memory.
#[derive(Clone, Debug)]
struct Node {
    count: u8,
    /// Blocks of child c: `start[c]..start[c + 1]`.
    start: [u32; EIGHT + 1],
    /// The children's nodes.
    child: [u32; EIGHT],
    /// The lowest row in each.
    least: [u32; EIGHT],
}

/// A tree over points; node 0 is the root. Children lie in boxes, in balls, or in both.
#[derive(Clone, Debug)]
pub(crate) struct Tree<T> {
    nodes: Vec<Node>,
    /// For each node, for each column, eight least and eight greatest values; or nothing.
    boxes: Vec<T>,
    /// For each node, eight centres as a block; or nothing.
    centres: Vec<T>,
    /// Their radii.
    radii: Vec<[f64; EIGHT]>,
}

/// Branches that wait: a lower bound, and eight times the node plus the child.
pub(crate) type Stack = Vec<(f64, u32)>;

impl<T: Float> Tree<T> {
    /// What it is, in words.
    pub(crate) fn name(&self) -> &'static str {
        match (self.boxes.is_empty(), self.radii.is_empty()) {
            (_, true) => "a k-d tree",
            (true, _) => "a ball tree",
            _ => "a ball tree with boxes",
        }
    }

    /// Lower bounds of a node's children, and the bits of those at most `bound`.
    #[inline]
    fn bounds(&self, gauge: &Gauge, query: &[T], node: usize, bound: f64, out: &mut [f64; EIGHT]) -> u8 {
        // What stands beyond the last child means nothing.
        let mut bits = u8::MAX >> (EIGHT - usize::from(self.nodes[node].count));
        let width = 2 * EIGHT * query.len();
        match self.boxes.get(node * width..(node + 1) * width) {
            Some(boxes) => bits &= gauge.boxes(query, boxes, bound, out),
            None => *out = [0.0; EIGHT],
        }
        if bits == 0 || self.radii.is_empty() {
            return bits;
        }
        let (width, mut centres) = (EIGHT * query.len(), [[0.0; EIGHT]]);
        gauge.near(query, &self.centres[node * width..][..width], bound, &mut centres);
        for (l, (d, radius)) in centres[0].into_iter().zip(&self.radii[node]).enumerate() {
            let gap = gauge.length(d) * (1.0 - SLACK) - radius;
            if gap > 0.0 {
                out[l] = out[l].max(gauge.of_length(gap) * (1.0 - SLACK));
                bits &= !(u8::from(out[l] > bound) << l);
            }
        }
        bits
    }

    /// Offers every point that `seek` wants.
    pub(crate) fn search<S: Seek>(
        &self,
        points: &Points<T>,
        gauge: &Gauge,
        query: &[T],
        seek: &mut S,
        stack: &mut Stack,
    ) {
        stack.clear();
        self.open(gauge, query, 0, seek, stack);
        while let Some((near, branch)) = stack.pop() {
            let (node, c) = (&self.nodes[branch as usize / EIGHT], branch as usize % EIGHT);
            if !seek.wants(near, node.least[c]) {
                continue;
            }
            match node.child[c] {
                NO_NODE => {
                    scan(points, gauge, query, node.start[c] as usize..node.start[c + 1] as usize, seek)
                }
                child => self.open(gauge, query, child as usize, seek, stack),
            }
        }
    }

    /// Puts a node's children on the stack, the nearest on top.
    #[inline]
    fn open<S: Seek>(&self, gauge: &Gauge, query: &[T], node: usize, seek: &S, stack: &mut Stack) {
        let mut bounds = [0.0; EIGHT];
        let mut bits = self.bounds(gauge, query, node, seek.bound(), &mut bounds);
        let bottom = stack.len();
        while bits != 0 {
            let c = bits.trailing_zeros() as usize;
            bits &= bits - 1;
            let new = (bounds[c], (node * EIGHT + c) as u32);
            stack.push(new);
            let mut at = stack.len() - 1;
            while at > bottom && stack[at - 1].0 <= new.0 {
                stack[at] = stack[at - 1];
                at -= 1;
            }
            stack[at] = new;
        }
    }

    /// The branch of at most [`NEAR`] blocks that a greedy descent meets first, by its first block: queries that share it
    /// search the same part of the tree.
    pub(crate) fn branch(&self, gauge: &Gauge, query: &[T]) -> u32 {
        let (mut node, mut bounds) = (0, [0.0; EIGHT]);
        loop {
            let Node { count, start, child, .. } = &self.nodes[node];
            self.bounds(gauge, query, node, f64::INFINITY, &mut bounds);
            let nearest =
                (0..usize::from(*count)).fold(0, |best, c| if bounds[c] < bounds[best] { c } else { best });
            if start[nearest + 1] - start[nearest] <= NEAR || child[nearest] == NO_NODE {
                return start[nearest];
            }
            node = child[nearest] as usize;
        }
    }
}

/// Offers the points of up to eight blocks at a time.
#[inline]
pub(crate) fn scan<T: Float, S: Seek>(
    points: &Points<T>,
    gauge: &Gauge,
    query: &[T],
    blocks: Range<usize>,
    seek: &mut S,
) {
    let mut out = [[0.0; EIGHT]; EIGHT];
    for first in blocks.clone().step_by(EIGHT) {
        let last = blocks.end.min(first + EIGHT);
        let mut bits = gauge.near(query, points.blocks(first..last), seek.bound(), &mut out[..last - first]);
        // Behind the last point there is padding.
        let (from, to) = (first * EIGHT, (last * EIGHT).min(points.len()));
        bits &= u64::MAX >> (64 - (to - from));
        while bits != 0 {
            let i = bits.trailing_zeros() as usize;
            bits &= bits - 1;
            seek.offer(out[i / EIGHT][i % EIGHT], points.order[from + i]);
        }
    }
}
