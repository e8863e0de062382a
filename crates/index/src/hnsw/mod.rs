//! Approximate search for neighbours: a graph in layers, walked from the sparse to the dense \[Malkov20\].
//!
//! ```text
//! a row is in the layers 0 … l        l = ⌊−ln U / ln m⌋        so that each layer has an m-th of the rows below it
//! links of a row in a layer           near ones in different directions: at most m, in layer 0 at most 2m
//! ```
//!
//! | symbol | variable | |
//! |---|---|---|
//! | m | `m` | links |
//! | e | `effort` | rows that a search keeps in view: the more, the surer and the slower |
//!
//! 1. A search goes from the top layer down, to the nearest row by links; from there in layer 0 it follows the links of the
//!    nearest row whose links have not been looked at, until none of the e nearest is left.
//! 2. A new row searches itself in each of its layers, and links to those that are nearer to it than to one another.
//!    These link back, and keep the best of their links.
//! 3. Rows come in batches: all of a batch search the same graph, and one another; then links are made, each row's by itself.
//!    So the graph is the same for any number of threads.
//!
//! A search costs about O(e m p log n), building n of these with e = `effort_build`; memory O(n (p + 2m)). What is found is
//! near; whether it is nearest is told by [`recall`](Hnsw::recall), measured against all rows.
//!
//! Rows are held in the precision in which they are given.

mod build;
#[cfg(test)]
mod tests;

use crate::gauge::Gauge;
use crate::index::{Nearest, Queries};
use crate::metric::Metric;
use crate::points::EIGHT;
use crate::prepare::{Plan, Prepare};
use estimand_core::persist::check_len;
use estimand_core::random::permutation;
use estimand_core::{Error, Float, Records, Result, Seed};
use estimand_kernels as kernels;
use estimand_par as par;
use ndarray::{Array2, CowArray};
use serde::{Deserialize, Serialize};
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// What errors call the search.
const SEARCH: &str = "an approximate search for neighbours";
/// In the place of a link.
const NOBODY: u32 = u32::MAX;
/// Queries that share their marks.
const PIECE: usize = 64;

/// How a graph is built.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GraphRules {
    /// Links of a row in a layer, 2 or more.
    pub m: usize,
    /// Rows that are kept in view while a row is linked.
    pub effort_build: usize,
    /// Draws the layers.
    pub seed: u64,
}

/// Rows in a graph that leads to those near a query.
///
/// ```
/// use estimand_index::{GraphRules, Hnsw, Metric};
/// use ndarray::Array2;
///
/// let x = Array2::from_shape_fn((500, 2), |(i, j)| ((i * (j + 3)) % 97) as f64);
/// let graph = Hnsw::new(&x, &Metric::Euclidean, GraphRules { m: 8, effort_build: 50, seed: 0 })?;
/// let found = graph.nearest(&x, 1, 20)?;
/// assert!(found.distances.iter().filter(|d| **d == 0.0).count() > 490);
/// assert!(graph.recall(5, 20, 100, 1)? > 0.9);
/// # Ok::<(), estimand_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "State<F>", into = "State<F>", bound(serialize = "F: Float", deserialize = "F: Float"))]
pub struct Hnsw<F: Float> {
    state: State<F>,
    plan: Plan,
    /// Where the links of each row above layer 0 begin.
    start: Vec<usize>,
}

/// What a file holds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(bound(serialize = "F: Float", deserialize = "F: Float"))]
struct State<F: Float> {
    metric: Metric,
    prepare: Prepare,
    columns: usize,
    m: usize,
    /// Rows as they are searched.
    rows: Array2<F>,
    /// The highest layer of each row.
    levels: Vec<u8>,
    /// Links in layer 0: 2m for each row, `NOBODY` behind the last.
    base: Vec<u32>,
    /// Links in the layers above: m for each row and layer.
    above: Vec<u32>,
    /// A row of the top layer, where searches begin.
    entry: u32,
}

/// A distance that sorts as a number, and a row.
type Far = (u64, u32);

fn far(distance: f64, row: u32) -> Far {
    // Bits of numbers that are not negative sort as these do.
    (distance.abs().to_bits(), row)
}

/// What a search needs room for.
struct Room {
    /// For each row the last search that came by.
    seen: Vec<u32>,
    search: u32,
    fresh: Vec<u32>,
    distances: Vec<f64>,
}
impl Room {
    fn new(n: usize) -> Self {
        Self { seen: vec![0; n], search: 0, fresh: Vec::new(), distances: Vec::new() }
    }

    /// Whether a row is met for the first time.
    fn is_new(&mut self, row: u32) -> bool {
        std::mem::replace(&mut self.seen[row as usize], self.search) != self.search
    }
}

impl<F: Float> Hnsw<F> {
    /// Number of rows.
    pub fn len(&self) -> usize {
        self.state.rows.nrows()
    }

    /// Whether there are none; there always are.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Number of columns.
    pub fn columns(&self) -> usize {
        self.state.columns
    }

    /// The metric.
    pub fn metric(&self) -> &Metric {
        &self.state.metric
    }

    /// Number of layers.
    pub fn layers(&self) -> usize {
        self.top() + 1
    }

    fn top(&self) -> usize {
        self.state.levels[self.state.entry as usize].into()
    }

    /// About the k nearest rows of each query, nearest first, with `effort` rows in view, or k if that is more.
    ///
    /// # Errors
    /// For queries of another width or that are not finite; for more neighbours than there are rows, or none.
    pub fn nearest<'a>(
        &self,
        queries: impl Into<Queries<'a, F>>,
        k: usize,
        effort: usize,
    ) -> Result<Nearest<F>>
    where
        F: 'a,
    {
        let queries = queries.into();
        let own = usize::from(matches!(queries, Queries::Own));
        if !(1..=self.len() - own).contains(&k) {
            let allowed = format!("from 1 to the {} rows that there are", self.len() - own);
            return Err(Error::parameter("n_neighbors", k, allowed));
        }
        let rows = match queries {
            Queries::Own => CowArray::from(self.state.rows.view()),
            Queries::Of(x) => {
                check(x, &self.state.metric)?;
                if x.ncols() != self.state.columns {
                    return Err(Error::shape("columns of x", self.state.columns, x.ncols()));
                }
                let x = x.dense(SEARCH)?;
                self.plan.check_range(x)?;
                prepared(&self.plan.prepare, x)
            }
        };
        let (all, p) = (rows.as_slice().unwrap_or_default(), rows.ncols());
        let mut out = vec![(F::zero(), 0); rows.nrows() * k];
        par::map_rows_mut(&mut out, k, PIECE, |first, out| {
            let mut room = Room::new(self.len());
            for (i, out) in out.chunks_exact_mut(k).enumerate() {
                let (query, except) = (&all[(first + i) * p..][..p], (first + i) as u32);
                let found = self.search(query, k + own, effort.max(k + own), &mut room);
                let found = found.into_iter().filter(|(_, row)| own == 0 || *row != except);
                let read = |(bits, row)| (F::of(self.plan.reading.metric(f64::from_bits(bits))), row);
                out.iter_mut().zip(found.map(read)).for_each(|(out, found)| *out = found);
            }
        });
        let shape = (rows.nrows(), k);
        let (distances, rows) = out.into_iter().map(|(d, row)| (d, row as usize)).unzip();
        Ok(Nearest {
            distances: Array2::from_shape_vec(shape, distances).unwrap_or_default(),
            rows: Array2::from_shape_vec(shape, rows).unwrap_or_default(),
        })
    }

    /// The share of the k nearest others that a search with this effort finds, over `sample` rows that are drawn: what is
    /// found counts if it is no farther than the k-th nearest of all rows. Costs `sample` passes over all rows.
    ///
    /// # Errors
    /// For as many neighbours as there are rows, or none.
    pub fn recall(&self, k: usize, effort: usize, sample: usize, seed: u64) -> Result<f64> {
        let n = self.len();
        if !(1..n).contains(&k) {
            return Err(Error::parameter("n_neighbors", k, format!("from 1 to {}, the other rows", n - 1)));
        }
        let mut drawn = permutation(n, &mut Seed(seed).stream(0));
        drawn.truncate(sample.max(1));
        let hits = par::map_chunks(drawn.len(), 8, |piece| {
            let mut room = Room::new(n);
            let mut hits = 0;
            for row in &drawn[piece] {
                let query = self.row(*row as u32);
                let mut all = self.all(query, &mut room);
                let found = self.search(query, k + 1, effort.max(k + 1), &mut room);
                all.retain(|far| far.1 as usize != *row);
                let last = all.select_nth_unstable(k - 1).1.0;
                hits += found.iter().filter(|far| far.1 as usize != *row && far.0 <= last).count().min(k);
            }
            hits
        });
        Ok(hits.into_iter().sum::<usize>() as f64 / (drawn.len() * k) as f64)
    }

    fn row(&self, row: u32) -> &[F] {
        let p = self.state.rows.ncols();
        &self.state.rows.as_slice().unwrap_or_default()[row as usize * p..][..p]
    }

    fn links(&self, row: u32, layer: usize) -> &[u32] {
        let m = self.state.m;
        let links = match layer {
            0 => &self.state.base[row as usize * 2 * m..][..2 * m],
            layer => &self.state.above[self.start[row as usize] + (layer - 1) * m..][..m],
        };
        &links[..links.iter().position(|link| *link == NOBODY).unwrap_or(links.len())]
    }

    /// The gauge from a query to rows.
    fn distances(&self, query: &[F], rows: &[u32], out: &mut Vec<f64>) {
        out.clear();
        let p = query.len();
        for rows in rows.chunks(EIGHT) {
            let mut near = [0.0; EIGHT];
            if self.plan.gauge == Gauge::Squared {
                let mut values = [query; EIGHT];
                values.iter_mut().zip(rows).for_each(|(place, row)| *place = self.row(*row));
                kernels::rows_squared(query, &values[..rows.len()], &mut near[..rows.len()]);
            } else {
                let mut block = vec![F::zero(); EIGHT * p];
                for (l, row) in rows.iter().enumerate() {
                    let places = block[l..].iter_mut().step_by(EIGHT);
                    places.zip(self.row(*row)).for_each(|(place, v)| *place = *v);
                }
                let mut blocks = [near];
                self.plan.gauge.near(query, &block, f64::INFINITY, &mut blocks);
                near = blocks[0];
            }
            out.extend(&near[..rows.len()]);
        }
    }

    /// Every row.
    fn all(&self, query: &[F], room: &mut Room) -> Vec<Far> {
        let rows: Vec<u32> = (0..self.len() as u32).collect();
        self.distances(query, &rows, &mut room.distances);
        rows.iter().zip(&room.distances).map(|(row, d)| far(*d, *row)).collect()
    }

    /// Step 1: k rows, nearest first. Where the graph does not lead to so many, of all rows.
    fn search(&self, query: &[F], k: usize, effort: usize, room: &mut Room) -> Vec<Far> {
        let mut from = self.descend(query, 0, room);
        from = self.search_layer(query, &from, effort, 0, room);
        if from.len() < k {
            from = self.all(query, room);
            from.sort_unstable();
        }
        from.truncate(k);
        from
    }

    /// The row that a walk by links from the top layer ends at above `layer`.
    fn descend(&self, query: &[F], layer: usize, room: &mut Room) -> Vec<Far> {
        self.distances(query, &[self.state.entry], &mut room.distances);
        let mut from = vec![far(room.distances[0], self.state.entry)];
        for layer in (layer + 1..=self.top()).rev() {
            from = self.search_layer(query, &from, 1, layer, room);
        }
        from
    }

    /// The nearest rows of a layer that links lead to from some rows, at most `effort` of them in view, nearest first.
    fn search_layer(
        &self,
        query: &[F],
        from: &[Far],
        effort: usize,
        layer: usize,
        room: &mut Room,
    ) -> Vec<Far> {
        room.search += 1;
        from.iter().for_each(|(_, row)| _ = room.is_new(*row));
        let mut view: BinaryHeap<Far> = from.iter().copied().collect();
        let mut open: BinaryHeap<Reverse<Far>> = from.iter().map(|far| Reverse(*far)).collect();
        while let Some(Reverse(next)) = open.pop() {
            if view.len() >= effort && view.peek().is_some_and(|last| next > *last) {
                break;
            }
            let mut fresh = std::mem::take(&mut room.fresh);
            fresh.clear();
            fresh.extend(self.links(next.1, layer).iter().copied().filter(|row| room.is_new(*row)));
            let mut distances = std::mem::take(&mut room.distances);
            self.distances(query, &fresh, &mut distances);
            for (row, distance) in fresh.iter().zip(&distances) {
                let new = far(*distance, *row);
                if view.len() < effort || view.peek().is_some_and(|last| new < *last) {
                    open.push(Reverse(new));
                    view.push(new);
                    if view.len() > effort {
                        view.pop();
                    }
                }
            }
            (room.fresh, room.distances) = (fresh, distances);
        }
        view.into_sorted_vec()
    }
}

fn check<F: Float>(x: Records<'_, F>, metric: &Metric) -> Result<()> {
    x.check_shape()?;
    metric.check(x.ncols())?;
    x.check_finite()
}

/// Rows as they are searched, in their own precision.
fn prepared<'a, F: Float>(prepare: &Prepare, x: ndarray::ArrayView2<'a, F>) -> CowArray<'a, F, ndarray::Ix2> {
    match prepare {
        Prepare::Nothing if x.is_standard_layout() => x.into(),
        Prepare::Nothing => x.as_standard_layout().into_owned().into(),
        _ => prepare.rows(x).as_standard_layout().mapv(F::of).into(),
    }
}

/// Where the links above layer 0 begin, and how many there are.
fn starts(levels: &[u8], m: usize) -> (Vec<usize>, usize) {
    let mut end = 0;
    let start = levels.iter().map(|level| {
        let start = end;
        end += usize::from(*level) * m;
        start
    });
    (start.collect(), end)
}

impl<F: Float> From<Hnsw<F>> for State<F> {
    fn from(graph: Hnsw<F>) -> Self {
        graph.state
    }
}
impl<F: Float> TryFrom<State<F>> for Hnsw<F> {
    type Error = Error;
    fn try_from(state: State<F>) -> Result<Self> {
        let damaged = || Error::Persist { what: "a graph of neighbours that cannot be".into() };
        let n = state.rows.nrows();
        state.metric.check(state.columns)?;
        state.prepare.check_loaded(state.columns)?;
        let plan = Plan::of(&state.metric, state.prepare.clone(), state.columns);
        check_len("columns of a graph", plan.prepare.width(state.columns), state.rows.ncols())?;
        check_len("layers of a graph", n, state.levels.len())?;
        check((&state.rows).into(), &Metric::Euclidean).map_err(|_| damaged())?;
        if !(2..=usize::from(u16::MAX)).contains(&state.m) || !state.rows.is_standard_layout() {
            return Err(damaged());
        }
        let (start, end) = starts(&state.levels, state.m);
        check_len("links of a graph", n * 2 * state.m, state.base.len())?;
        check_len("links of a graph", end, state.above.len())?;
        let mut links = state.base.iter().chain(&state.above);
        let top = state.levels.iter().max().copied();
        let enters = state.levels.get(state.entry as usize).copied() == top;
        if !enters || !links.all(|link| *link == NOBODY || (*link as usize) < n) {
            return Err(damaged());
        }
        let graph = Self { state, plan, start };
        // Links of a layer lead to rows of that layer.
        let leads = |row: u32, layer: usize| {
            graph
                .links(row, layer)
                .iter()
                .all(|link| usize::from(graph.state.levels[*link as usize]) >= layer)
        };
        match (0..n as u32)
            .all(|row| (1..=usize::from(graph.state.levels[row as usize])).all(|l| leads(row, l)))
        {
            true => Ok(graph),
            false => Err(damaged()),
        }
    }
}
