//! How a tree comes about.

use super::{EIGHT, Gauge, LEAF, NO_NODE, Node, Points, SLACK, Tree};
use estimand_core::Float;
use estimand_core::order::ascending;
use estimand_par as par;
use std::ops::Range;

/// Rows whose values are brought together before they are halved on.
const LOCAL: usize = 4096;
/// Rows that the widest column of many is judged by.
const SAMPLE: usize = 1024;

/// A value that sorts as a number, the row, and where its values are.
type Item = (u64, u32, u32);

/// Rows in the order of the leaves.
pub(crate) fn order<T: Float>(x: &[T], p: usize, n: usize) -> Vec<u32> {
    let mut order: Vec<u32> = (0..n as u32).collect();
    par::inside(|| arrange(x, p, &mut order));
    order
}

/// Where a range of blocks is halved; `None` for a leaf.
fn half(blocks: &Range<usize>) -> Option<usize> {
    (blocks.len() > LEAF).then(|| blocks.start + blocks.len().div_ceil(2))
}

fn arrange<T: Float>(x: &[T], p: usize, order: &mut [u32]) {
    if order.len() <= LOCAL {
        let values: Vec<T> = order.iter().flat_map(|row| &x[*row as usize * p..][..p]).copied().collect();
        let mut items: Vec<Item> = order.iter().zip(0..).map(|(row, at)| (0, *row, at)).collect();
        halve(&values, p, &mut items);
        order.iter_mut().zip(items).for_each(|(row, item)| *row = item.1);
        return;
    }
    let mut items: Vec<Item> = order.iter().map(|row| (0, *row, *row)).collect();
    let Some(middle) = split(x, p, &mut items) else { return };
    order.iter_mut().zip(items).for_each(|(row, item)| *row = item.1);
    let (left, right) = order.split_at_mut(middle);
    par::join(|| arrange(x, p, left), || arrange(x, p, right));
}

fn halve<T: Float>(values: &[T], p: usize, items: &mut [Item]) {
    match split(values, p, items) {
        Some(middle) => {
            let (left, right) = items.split_at_mut(middle);
            halve(values, p, left);
            halve(values, p, right);
        }
        None => items.sort_unstable_by_key(|item| item.1),
    }
}

/// Brings the lower half of the widest column to the front, and returns where it ends; `None` for a leaf.
fn split<T: Float>(values: &[T], p: usize, items: &mut [Item]) -> Option<usize> {
    let middle = half(&(0..items.len().div_ceil(EIGHT)))? * EIGHT;
    let column = widest(values, p, items);
    items.iter_mut().for_each(|item| item.0 = ascending(values[item.2 as usize * p + column].f64()));
    items.select_nth_unstable(middle);
    Some(middle)
}

fn widest<T: Float>(values: &[T], p: usize, items: &[Item]) -> usize {
    let mut ends = vec![(f64::INFINITY, f64::NEG_INFINITY); p];
    for item in items.iter().step_by(items.len().div_ceil(SAMPLE)) {
        for ((low, high), v) in ends.iter_mut().zip(&values[item.2 as usize * p..][..p]) {
            (*low, *high) = (low.min(v.f64()), high.max(v.f64()));
        }
    }
    let width = |j: usize| ends[j].1 - ends[j].0;
    (1..p).fold(0, |best, j| if width(j) > width(best) { j } else { best })
}

impl<T: Float> Tree<T> {
    /// A tree over points that are in the order of its leaves: of boxes where the gauge has bounds for them, of balls where
    /// these are asked for.
    pub(crate) fn new(points: &Points<T>, gauge: &Gauge, balls: bool) -> Self {
        let mut nodes = Vec::new();
        grow(0..points.count(), points, &mut nodes);
        let boxes = if gauge.has_boxes() { boxes(points, &nodes) } else { Vec::new() };
        let (centres, radii) = if balls { self::balls(points, gauge, &nodes) } else { Default::default() };
        Self { nodes, boxes, centres, radii }
    }
}

/// Adds the node of these blocks, and those below it; returns its number.
fn grow<T: Float>(blocks: Range<usize>, points: &Points<T>, nodes: &mut Vec<Node>) -> u32 {
    let mut parts = vec![blocks];
    for _ in 0..3 {
        parts = parts
            .into_iter()
            .flat_map(|part| match half(&part) {
                Some(middle) => vec![part.start..middle, middle..part.end],
                None => vec![part],
            })
            .collect();
    }
    let number = nodes.len();
    let mut node = Node {
        count: parts.len() as u8,
        start: [0; EIGHT + 1],
        child: [NO_NODE; EIGHT],
        least: [u32::MAX; EIGHT],
    };
    for (c, part) in parts.iter().enumerate() {
        (node.start[c], node.start[c + 1]) = (part.start as u32, part.end as u32);
        let rows = &points.order[part.start * EIGHT..(part.end * EIGHT).min(points.len())];
        node.least[c] = rows.iter().copied().min().unwrap_or(u32::MAX);
    }
    nodes.push(node);
    for (c, part) in parts.into_iter().enumerate() {
        if half(&part).is_some() {
            nodes[number].child[c] = grow(part, points, nodes);
        }
    }
    number as u32
}

impl Node {
    /// The places of child c's points.
    fn places<T: Float>(&self, c: usize, points: &Points<T>) -> Range<usize> {
        self.start[c] as usize * EIGHT..(self.start[c + 1] as usize * EIGHT).min(points.len())
    }
}

fn boxes<T: Float>(points: &Points<T>, nodes: &[Node]) -> Vec<T> {
    let p = points.p;
    let mut boxes = vec![T::zero(); nodes.len() * 2 * EIGHT * p];
    let mut row = vec![T::zero(); p];
    // Children have higher numbers than their parents.
    for (number, node) in nodes.iter().enumerate().rev() {
        for c in 0..usize::from(node.count) {
            let mut ends = vec![(T::infinity(), T::neg_infinity()); p];
            let mut insert = |j: usize, low: T, high: T| {
                let (least, greatest) = &mut ends[j];
                (*least, *greatest) = (least.min(low), greatest.max(high));
            };
            match node.child[c] {
                NO_NODE => node.places(c, points).for_each(|place| {
                    points.copy(place, &mut row);
                    row.iter().enumerate().for_each(|(j, v)| insert(j, *v, *v));
                }),
                child => {
                    let count = usize::from(nodes[child as usize].count);
                    let below = &boxes[child as usize * 2 * EIGHT * p..][..2 * EIGHT * p];
                    for (j, values) in below.chunks_exact(2 * EIGHT).enumerate() {
                        (0..count).for_each(|l| insert(j, values[l], values[EIGHT + l]));
                    }
                }
            }
            let own = &mut boxes[number * 2 * EIGHT * p..][..2 * EIGHT * p];
            for (values, (low, high)) in own.chunks_exact_mut(2 * EIGHT).zip(ends) {
                (values[c], values[EIGHT + c]) = (low, high);
            }
        }
    }
    boxes
}

fn balls<T: Float>(points: &Points<T>, gauge: &Gauge, nodes: &[Node]) -> (Vec<T>, Vec<[f64; EIGHT]>) {
    let p = points.p;
    let made = par::map_chunks(nodes.len(), 8, |numbers| {
        let mut centres = vec![T::zero(); numbers.len() * EIGHT * p];
        let mut radii = vec![[0.0; EIGHT]; numbers.len()];
        let (mut row, mut out) = (vec![T::zero(); p], Vec::new());
        for (node, (centres, radii)) in
            nodes[numbers].iter().zip(centres.chunks_exact_mut(EIGHT * p).zip(&mut radii))
        {
            for c in 0..usize::from(node.count) {
                let places = node.places(c, points);
                let centre = centre(points, gauge, places.clone(), &mut row);
                centres[c..].iter_mut().step_by(EIGHT).zip(&centre).for_each(|(place, v)| *place = *v);
                let blocks = node.start[c] as usize..node.start[c + 1] as usize;
                out.clear();
                out.resize(blocks.len(), [0.0; EIGHT]);
                gauge.near(&centre, points.blocks(blocks), f64::INFINITY, &mut out);
                let farthest = out.iter().flatten().take(places.len()).copied().fold(0.0, f64::max);
                radii[c] = gauge.length(farthest) * (1.0 + SLACK);
            }
        }
        (centres, radii)
    });
    let (centres, radii): (Vec<_>, Vec<_>) = made.into_iter().unzip();
    (centres.concat(), radii.concat())
}

/// The mean of points, or one of them where a mean means nothing.
fn centre<T: Float>(points: &Points<T>, gauge: &Gauge, places: Range<usize>, row: &mut [T]) -> Vec<T> {
    if !gauge.has_means() {
        points.copy(places.start + places.len() / 2, row);
        return row.to_vec();
    }
    let (count, mut sums) = (places.len() as f64, vec![0.0; row.len()]);
    for place in places {
        points.copy(place, row);
        sums.iter_mut().zip(&*row).for_each(|(sum, v)| *sum += v.f64());
    }
    sums.iter().map(|sum| T::of(sum / count)).collect()
}
