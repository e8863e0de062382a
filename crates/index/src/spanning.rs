//! The shortest tree through all rows, where crowded rows are near one another.
//!
//! ```text
//! c(i)     distance from row i to the k-th nearest other row; 0 for k = 0
//! m(i, j)  = max(c(i), c(j), d(xᵢ, xⱼ) / α)          mutual reachability [Campello15]                       (1)
//! ```
//!
//! Where the rows are in a tree, by Borůvka's steps \[McInnes17\]: each component takes the shortest edge that leaves it.
//!
//! 1. c and the k nearest of each row. An edge among these as short as c(i) is the shortest that row i can have.
//! 2. Rows that may have the shortest edge out of their component search for one: branches that are all of the component
//!    are passed over, and so are those that are farther, or less crowded, than the shortest edge found so far in it.
//! 3. The edges join components; as long as there are several, 2 again. What a row found holds until it is joined with it,
//!    and how far it looked bounds what it can find later: most rows do not search again.
//!
//! Otherwise by Prim's, which needs each of the n² / 2 distances once. Of edges of one length any may come, always the same ones: the
//! numbers of threads and of steps do not matter.

use crate::best::{Best, Branch, Find, Seek};
use crate::gauge::Gauge;
use crate::index::{Index, Queries, Reach};
use crate::points::{EIGHT, Points};
use crate::search::{Rows, Space};
use crate::tree::Branches;
use estimand_core::{Error, Float, Result};
use estimand_par as par;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// An edge of a spanning tree.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Edge {
    /// A row.
    pub a: u32,
    /// Another one.
    pub b: u32,
    /// How far they are from one another.
    pub length: f64,
}

/// The shortest tree through all rows, by mutual reachability.
#[derive(Clone, Debug, PartialEq)]
pub struct SpanningTree {
    /// c, n
    pub core: Vec<f64>,
    /// n − 1 edges, from the shortest to the longest.
    pub edges: Vec<Edge>,
}

/// Where an edge leads to that there is not.
const NOWHERE: u32 = u32::MAX;

impl<F: Float> Index<F> {
    /// The shortest tree through all rows by (1).
    ///
    /// # Errors
    /// If there are not more than k rows; for α that is not positive; if a row has no distance from any other, as may be
    /// under a metric that reads missing values.
    pub fn spanning_tree(&self, k: usize, alpha: f64) -> Result<SpanningTree> {
        let n = self.len();
        if k >= n {
            return Err(Error::parameter("min_samples", k + 1, format!("at most {n}, the number of rows")));
        }
        if !(alpha > 0.0 && alpha.is_finite()) {
            return Err(Error::parameter("alpha", alpha, "finite and above 0"));
        }
        let lists = self.gauged_neighbours(k)?;
        // d / α against c is d against αc.
        let stretch = |g: f64| if alpha == 1.0 { g } else { self.gauge_of(self.metric_of(g) * alpha) };
        let core: Vec<f64> = match k {
            0 => vec![0.0; n],
            _ => lists.chunks_exact(k).map(|near| near[k - 1].0).collect(),
        };
        let reached: Vec<f64> = core.iter().map(|c| stretch(*c)).collect();
        let mut edges = self.with_space(Spanning { core: &reached, lists: &lists, k });
        if edges.len() + 1 < n || core.iter().any(|c| c.is_nan()) {
            return Err(Error::numerical("some rows have no values in common with any others"));
        }
        edges.iter_mut().for_each(|edge| edge.length = self.metric_of(edge.length) / alpha);
        edges.sort_unstable_by(|a, b| a.length.total_cmp(&b.length).then((a.a, a.b).cmp(&(b.a, b.b))));
        Ok(SpanningTree { core: core.iter().map(|c| self.metric_of(*c)).collect(), edges })
    }

    /// The k nearest others of each row, by the gauge: n × k; NaN where there are fewer.
    pub(crate) fn gauged_neighbours(&self, k: usize) -> Result<Vec<(f64, u32)>> {
        if k == 0 {
            return Ok(Vec::new());
        }
        self.check_queries(&Queries::Own, Reach::Nearest(k))?;
        let start = |best: &mut Best, i: usize| best.begin(Some(i as u32));
        self.seek_each(Queries::Own, &Best::new(k), start, k, |_, best, out: &mut [(f64, u32)]| {
            out.fill((f64::NAN, NOWHERE));
            out.iter_mut().zip(best.found()).for_each(|(out, found)| *out = (found.distance, found.row));
        })
    }
}

/// What to do with the space of an index, whatever its values are.
pub(crate) trait WithSpace {
    type Output;
    fn call<T: Float>(self, space: &Space<T>, gauge: &Gauge) -> Self::Output;
}

struct Spanning<'a> {
    core: &'a [f64],
    lists: &'a [(f64, u32)],
    k: usize,
}

impl WithSpace for Spanning<'_> {
    type Output = Vec<Edge>;

    fn call<T: Float>(self, space: &Space<T>, gauge: &Gauge) -> Vec<Edge> {
        match space {
            Space::Tree(points, tree) => self.boruvka(space, gauge, points, tree),
            Space::Scan(points) => prim(points, gauge, self.core),
            Space::Filter(filter) => {
                let order = (0..space.len() as u32).collect();
                prim(&Points::new(&filter.rows, filter.p, order), gauge, self.core)
            }
        }
    }
}

/// What a row knows of the shortest edge out of its component.
#[derive(Clone, Copy, Debug)]
struct Exit {
    /// The shortest found.
    length: f64,
    /// Where it leads to.
    to: u32,
    /// Nothing is shorter than this.
    least: f64,
}
impl Default for Exit {
    fn default() -> Self {
        Self { length: f64::INFINITY, to: NOWHERE, least: 0.0 }
    }
}

impl Spanning<'_> {
    fn boruvka<T: Float>(
        &self,
        space: &Space<T>,
        gauge: &Gauge,
        points: &Points<T>,
        branches: &dyn Branches,
    ) -> Vec<Edge> {
        let n = points.len();
        let mut sets = Sets::new(n);
        let mut exits: Vec<Exit> = (0..n).map(|i| self.first(i)).collect();
        // The least c in each branch.
        let least = |values: &mut dyn Iterator<Item = f64>| values.fold(f64::INFINITY, f64::min);
        let of_rows = |rows: &[u32]| least(&mut rows.iter().map(|row| self.core[*row as usize]));
        let crowd = fold_up(branches, &points.order, f64::INFINITY, of_rows, |below| {
            least(&mut below.iter().copied())
        });
        let mut edges = Vec::with_capacity(n.saturating_sub(1));
        let mut round = Round { component: (0..n as u32).collect(), best: Vec::new(), whole: Vec::new() };
        while edges.len() + 1 < n {
            round.best = (0..n).map(|_| AtomicU64::new(f64::INFINITY.to_bits())).collect();
            for (i, exit) in exits.iter_mut().enumerate() {
                if exit.to != NOWHERE && round.component[exit.to as usize] == round.component[i] {
                    (exit.length, exit.to) = (f64::INFINITY, NOWHERE);
                }
                round.improve(round.component[i], exit.length);
            }
            let of_rows = |rows: &[u32]| common(rows.iter().map(|row| round.component[*row as usize]));
            round.whole =
                fold_up(branches, &points.order, NOWHERE, of_rows, |below| common(below.iter().copied()));
            let (own, exit, best, rests) = (0, Exit::default(), 0.0, true);
            let leave = Leave { round: &round, core: self.core, crowd: &crowd, own, exit, best, rests };
            let start = |leave: &mut Leave<'_>, i: usize| leave.start(i, exits[i]);
            exits = space.many(gauge, Rows::Own, &leave, start, 1, |_, leave, out| out[0] = leave.finish());
            let before = edges.len();
            self.join(&round, &exits, &mut sets, &mut edges);
            if edges.len() == before {
                break;
            }
            (0..n as u32).for_each(|i| round.component[i as usize] = sets.find(i));
        }
        edges
    }

    /// What the k nearest tell: an edge as short as c(i) is the shortest.
    fn first(&self, i: usize) -> Exit {
        let own = self.core[i];
        let mut exit = Exit { least: own, ..Exit::default() };
        for (distance, row) in &self.lists[i * self.k..(i + 1) * self.k] {
            let length =
                distance.max(own).max(self.core.get(*row as usize).copied().unwrap_or(f64::INFINITY));
            if length < exit.length {
                (exit.length, exit.to) = (length, *row);
            }
        }
        exit
    }

    /// Takes the shortest edge out of each component.
    fn join(&self, round: &Round, exits: &[Exit], sets: &mut Sets, edges: &mut Vec<Edge>) {
        let n = exits.len();
        let key = |i: u32, exit: &Exit| (exit.length, i.min(exit.to), i.max(exit.to));
        let mut shortest: Vec<u32> = vec![NOWHERE; n];
        for (i, exit) in exits.iter().enumerate().filter(|(_, exit)| exit.to != NOWHERE) {
            let place = &mut shortest[round.component[i] as usize];
            if *place == NOWHERE || key(i as u32, exit) < key(*place, &exits[*place as usize]) {
                *place = i as u32;
            }
        }
        for i in shortest.into_iter().filter(|i| *i != NOWHERE) {
            let exit = &exits[i as usize];
            // Edges of one length may close a ring; the last of them is left out.
            if sets.join(i, exit.to) {
                edges.push(Edge { a: i.min(exit.to), b: i.max(exit.to), length: exit.length });
            }
        }
    }
}

/// Disjoint sets.
struct Sets(Vec<u32>);
impl Sets {
    fn new(n: usize) -> Self {
        Self((0..n as u32).collect())
    }
    fn find(&mut self, mut i: u32) -> u32 {
        while self.0[i as usize] != i {
            let above = self.0[self.0[i as usize] as usize];
            self.0[i as usize] = above;
            i = above;
        }
        i
    }
    /// Whether they were apart.
    fn join(&mut self, a: u32, b: u32) -> bool {
        let (a, b) = (self.find(a), self.find(b));
        self.0[a.max(b) as usize] = a.min(b);
        a != b
    }
}

/// For each branch what `fold` makes of those below it, or `leaf` of its rows.
fn fold_up<V: Copy>(
    branches: &dyn Branches,
    order: &[u32],
    start: V,
    leaf: impl Fn(&[u32]) -> V,
    fold: impl Fn(&[V]) -> V,
) -> Vec<V> {
    let mut values = vec![start; branches.count()];
    // Branches below have higher numbers; those that a node does not have stay as they are.
    for branch in
        (0..branches.count() as u32).rev().filter(|branch| !branches.rows(*branch, order).is_empty())
    {
        values[branch as usize] = match branches.below(branch) {
            Some(below) => fold(&values[below.start as usize..below.end as usize]),
            None => leaf(branches.rows(branch, order)),
        };
    }
    values
}

/// The component of all of them, or `NOWHERE`.
fn common(mut components: impl Iterator<Item = u32>) -> u32 {
    let first = components.next().unwrap_or(NOWHERE);
    if components.all(|c| c == first) { first } else { NOWHERE }
}

/// What all searches of a step know.
struct Round {
    component: Vec<u32>,
    /// For each component the length of the shortest edge so far. Bits of numbers that are not negative sort as these do.
    best: Vec<AtomicU64>,
    /// For each branch its component, if all of it is of one; else `NOWHERE`.
    whole: Vec<u32>,
}
impl Round {
    fn best(&self, component: u32) -> f64 {
        f64::from_bits(self.best[component as usize].load(Relaxed))
    }
    fn improve(&self, component: u32, length: f64) {
        self.best[component as usize].fetch_min(length.to_bits(), Relaxed);
    }
}

/// The search of a row for the shortest edge out of its component. Of several of one length, the first that it meets: what
/// other rows have found meanwhile spares it longer ones only, and does not decide among these.
#[derive(Clone)]
struct Leave<'a> {
    round: &'a Round,
    core: &'a [f64],
    crowd: &'a [f64],
    own: u32,
    exit: Exit,
    /// The shortest in the component when last looked at: what has been passed over is longer.
    best: f64,
    /// Whether there is nothing to search for.
    rests: bool,
}
impl Leave<'_> {
    fn start(&mut self, i: usize, exit: Exit) {
        (self.own, self.exit) = (i as u32, exit);
        self.best = self.round.best(self.round.component[i]);
        // What it has is known to be the shortest, or what it can have is longer than what another has.
        self.rests = exit.length <= exit.least || exit.least > self.best;
    }

    fn finish(&self) -> Exit {
        let mut exit = self.exit;
        if !self.rests {
            exit.least = exit.least.max(exit.length.min(self.best));
            self.round.improve(self.round.component[self.own as usize], exit.length);
        }
        exit
    }
}
impl Seek for Leave<'_> {
    #[inline]
    fn bound(&self) -> f64 {
        if self.rests { -1.0 } else { self.best.min(self.exit.length) }
    }

    #[inline]
    fn wants(&mut self, near: f64, branch: Branch) -> bool {
        let component = self.round.component[self.own as usize];
        if self.round.whole[branch.number as usize] == component {
            return false;
        }
        self.best = self.round.best(component);
        let length = near.max(self.crowd[branch.number as usize]).max(self.core[self.own as usize]);
        length <= self.best && length < self.exit.length
    }

    #[inline]
    fn offer(&mut self, distance: f64, row: u32) {
        let component = self.round.component[self.own as usize];
        let length = distance.max(self.core[row as usize]).max(self.core[self.own as usize]);
        let is_new = length < self.exit.length && length <= self.best;
        if is_new && self.round.component[row as usize] != component {
            (self.exit.length, self.exit.to) = (length, row);
        }
    }
}

/// Eight rows outside the tree. One that is in it, or that there is not, has an infinite c: no edge leads to it.
#[derive(Clone, Copy)]
struct Outside {
    core: [f64; EIGHT],
    /// The shortest edge to the tree, and the row in it.
    length: [f64; EIGHT],
    to: [u32; EIGHT],
}
const NO_ROWS: Outside =
    Outside { core: [f64::INFINITY; EIGHT], length: [f64::INFINITY; EIGHT], to: [NOWHERE; EIGHT] };
/// Blocks whose distances are computed together.
const TOGETHER: usize = 64;

/// Grows the tree from row 0, by the row that is nearest to it.
fn prim<T: Float>(points: &Points<T>, gauge: &Gauge, core: &[f64]) -> Vec<Edge> {
    let (n, p) = (points.len(), points.p);
    let mut edges = Vec::with_capacity(n.saturating_sub(1));
    let mut outside = vec![NO_ROWS; points.count()];
    core.iter().enumerate().for_each(|(i, core)| outside[i / EIGHT].core[i % EIGHT] = *core);
    let (mut held, mut row, mut at): (Option<Points<T>>, _, _) = (None, vec![T::zero(); p], 0);
    while edges.len() + 1 < n {
        let before = held.as_ref().unwrap_or(points);
        before.copy(at, &mut row);
        let (block, l) = (&mut outside[at / EIGHT], at % EIGHT);
        let last = (before.order[at], block.core[l]);
        (block.core[l], block.length[l]) = (f64::INFINITY, f64::INFINITY);
        if 8 * (n - edges.len() - 1) < 7 * before.len() {
            held = Some(without_tree(before, &mut outside));
        }
        let points = held.as_ref().unwrap_or(points);
        let (query, chunk) = (&row, par::chunk_len(points.count(), EIGHT * p));
        let near = par::map_rows_mut(&mut outside, 1, chunk, |first, outside| {
            approach(query, last, points.blocks(first..first + outside.len()), gauge, outside)
                .map(|(length, place)| (length, first * EIGHT + place))
        });
        // Of equals the first.
        let nearer = |a: (f64, usize), b: (f64, usize)| if b.0 < a.0 { b } else { a };
        let Some((length, place)) = near.into_iter().flatten().reduce(nearer) else { break };
        let (a, b) = (points.order[place], outside[place / EIGHT].to[place % EIGHT]);
        edges.push(Edge { a: a.min(b), b: a.max(b), length });
        at = place;
    }
    edges
}

/// The points that are not in the tree, in their order.
fn without_tree<T: Float>(points: &Points<T>, outside: &mut Vec<Outside>) -> Points<T> {
    let is_outside = |place: &usize| outside[place / EIGHT].core[place % EIGHT] != f64::INFINITY;
    let kept: Vec<usize> = (0..points.len()).filter(is_outside).collect();
    let mut fewer = vec![NO_ROWS; kept.len().div_ceil(EIGHT)];
    for (i, place) in kept.iter().enumerate() {
        let (new, old, l, m) = (&mut fewer[i / EIGHT], &outside[place / EIGHT], i % EIGHT, place % EIGHT);
        (new.core[l], new.length[l], new.to[l]) = (old.core[m], old.length[m], old.to[m]);
    }
    *outside = fewer;
    points.at(&kept)
}

/// Takes notice of edges to a new row of the tree, of a number and a c; the shortest of all edges to these blocks, and its
/// place.
fn approach<T: Float>(
    query: &[T],
    (last, core): (u32, f64),
    blocks: &[T],
    gauge: &Gauge,
    outside: &mut [Outside],
) -> Option<(f64, usize)> {
    let (mut near, mut least) = ([[0.0; EIGHT]; TOGETHER], [f64::INFINITY; EIGHT]);
    let groups = blocks.chunks(TOGETHER * EIGHT * query.len()).zip(outside.chunks_mut(TOGETHER));
    for (blocks, outside) in groups {
        gauge.near(query, blocks, f64::NAN, &mut near[..outside.len()]);
        for (near, outside) in near.iter().zip(outside) {
            let (mut lengths, mut is_nearer) = ([0.0; EIGHT], false);
            for l in 0..EIGHT {
                let core = if outside.core[l] > core { outside.core[l] } else { core };
                // What has no distance is not reached: NaN stays.
                lengths[l] = if near[l] <= core { core } else { near[l] };
                is_nearer |= lengths[l] < outside.length[l];
            }
            if is_nearer {
                for l in 0..EIGHT {
                    if lengths[l] < outside.length[l] {
                        (outside.length[l], outside.to[l]) = (lengths[l], last);
                    }
                }
            }
            for l in 0..EIGHT {
                least[l] = if outside.length[l] < least[l] { outside.length[l] } else { least[l] };
            }
        }
    }
    let least = least.into_iter().fold(f64::INFINITY, f64::min);
    if least == f64::INFINITY {
        return None;
    }
    let place = outside.iter().flat_map(|outside| outside.length).position(|length| length == least)?;
    Some((least, place))
}
