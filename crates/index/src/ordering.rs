//! Rows in an order in which near ones follow one another, and how far each is from those before it.
//!
//! ```text
//! c(i)   distance from row i to the k-th nearest other row; ∞ beyond ε                                      (1)
//! r(j)   = min over rows i before j, d(i, j) ≤ ε, of max(c(i), d(i, j)); ∞ if there are none                (2)
//! ```
//!
//! The next row is the one with the least r so far, the lowest of equals \[Ankerst99\]. With ε = ∞, each step takes all
//! distances from one row: O(n²p), and memory O(n). Otherwise neighbours within ε are searched, and wait in a heap.

use crate::best::{Find, Within};
use crate::gauge::Gauge;
use crate::index::Index;
use crate::points::{EIGHT, Points};
use crate::search::Space;
use crate::spanning::WithSpace;
use crate::tree::Stack;
use estimand_core::{Error, Float, Result};
use estimand_par as par;
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// Rows in order of reachability; everything but `order` by row number.
#[derive(Clone, Debug, PartialEq)]
pub struct Ordering {
    /// Row numbers, n.
    pub order: Vec<usize>,
    /// (2), n
    pub reachability: Vec<f64>,
    /// (1), n
    pub core: Vec<f64>,
    /// The row that each was reached from, n; none where r is ∞.
    pub predecessor: Vec<Option<usize>>,
}

impl<F: Float> Index<F> {
    /// Orders the rows by reachability, with the distance to the k-th other row for (1) and ε = `radius`, which may be ∞.
    ///
    /// # Errors
    /// If there are not more than k rows, or k is 0; for a radius that is negative or NaN.
    pub fn ordering(&self, k: usize, radius: f64) -> Result<Ordering> {
        let n = self.len();
        if k == 0 || k >= n {
            return Err(Error::parameter("min_samples", k + 1, format!("from 2 to {n}, the number of rows")));
        }
        if radius.is_nan() || radius < 0.0 {
            return Err(Error::parameter("max_eps", radius, "at least 0"));
        }
        let lists = self.gauged_neighbours(k)?;
        let bound = if radius.is_finite() { self.gauge_of(radius) } else { f64::INFINITY };
        let far = |c: f64| if c <= bound { c } else { f64::INFINITY };
        let core: Vec<f64> = lists.chunks_exact(k).map(|near| far(near[k - 1].0)).collect();
        let mut walk = self.with_space(Walk { core: &core, bound });
        walk.reachability.iter_mut().for_each(|r| *r = self.metric_of(*r));
        walk.core = core.iter().map(|c| self.metric_of(*c)).collect();
        Ok(walk)
    }
}

/// The walk through the rows, by the gauge.
struct Walk<'a> {
    core: &'a [f64],
    bound: f64,
}

impl WithSpace for Walk<'_> {
    type Output = Ordering;

    fn call<T: Float>(self, space: &Space<T>, gauge: &Gauge) -> Ordering {
        match space {
            _ if self.bound.is_finite() => self.near(space, gauge),
            Space::Tree(points, _) | Space::Scan(points) => self.far(points, gauge),
            Space::Filter(filter) => {
                let order = (0..space.len() as u32).collect();
                self.far(&Points::new(&filter.rows, filter.p, order), gauge)
            }
        }
    }
}

impl Walk<'_> {
    /// With the neighbours within ε, and a heap of those that wait.
    fn near<T: Float>(&self, space: &Space<T>, gauge: &Gauge) -> Ordering {
        let n = self.core.len();
        let rows = space.rows();
        let (mut walk, mut done) = (Ordering::empty(n), vec![false; n]);
        // Bits of numbers that are not negative sort as these do.
        let mut waiting: BinaryHeap<Reverse<(u64, usize)>> = BinaryHeap::new();
        let (mut within, mut stack, mut next) = (Within::new(self.bound), Stack::new(), 0);
        while walk.order.len() < n {
            let row = match waiting.pop() {
                Some(Reverse((bits, row))) if !done[row] && walk.reachability[row].to_bits() == bits => row,
                Some(_) => continue,
                None if done[next] => {
                    next += 1;
                    continue;
                }
                None => next,
            };
            done[row] = true;
            walk.order.push(row);
            if self.core[row] == f64::INFINITY {
                continue;
            }
            within.begin(Some(row as u32));
            space.one(gauge, rows.row(row).as_slice().unwrap_or_default(), &mut within, &mut stack);
            for near in within.found().iter().filter(|near| !done[near.row as usize]) {
                let (to, length) = (near.row as usize, near.distance.max(self.core[row]));
                if length < walk.reachability[to] {
                    walk.reachability[to] = length;
                    walk.predecessor[to] = Some(row);
                    waiting.push(Reverse((length.to_bits(), to)));
                }
            }
        }
        walk
    }

    /// With all distances.
    fn far<T: Float>(&self, points: &Points<T>, gauge: &Gauge) -> Ordering {
        let n = points.len();
        let mut walk = Ordering::empty(n);
        // By place: r, and whether it is still to come.
        let (mut reach, mut waits) = (vec![f64::INFINITY; n], vec![true; n]);
        let mut from = vec![0_u32; n];
        let (mut row, mut out) = (vec![T::zero(); points.p], vec![[0.0; EIGHT]; points.count()]);
        let lowest =
            |a: (f64, u32), b: (f64, u32)| if b.0 < a.0 || (b.0 == a.0 && b.1 < a.1) { b } else { a };
        let place_of = {
            let mut place = vec![0_u32; n];
            points.order.iter().zip(0..).for_each(|(row, at)| place[*row as usize] = at);
            place
        };
        let mut next = 0;
        loop {
            let place = place_of[next as usize] as usize;
            waits[place] = false;
            walk.order.push(next as usize);
            if reach[place] < f64::INFINITY {
                walk.reachability[next as usize] = reach[place];
                walk.predecessor[next as usize] = Some(from[place] as usize);
            }
            points.copy(place, &mut row);
            let (core, query) = (self.core[next as usize], &row);
            par::for_each_chunk_mut(&mut out, par::chunk_len(points.count(), 8 * points.p), |first, out| {
                gauge.near(query, points.blocks(first..first + out.len()), f64::NAN, out);
            });
            let mut best = (f64::INFINITY, u32::MAX);
            for (place, distance) in
                out.as_flattened()[..n].iter().enumerate().filter(|(place, _)| waits[*place])
            {
                let length = distance.max(core);
                if length < reach[place] && !distance.is_nan() {
                    (reach[place], from[place]) = (length, next);
                }
                best = lowest(best, (reach[place], points.order[place]));
            }
            if best.1 == u32::MAX {
                return walk;
            }
            next = best.1;
        }
    }
}

impl Ordering {
    fn empty(n: usize) -> Self {
        Self {
            order: Vec::with_capacity(n),
            reachability: vec![f64::INFINITY; n],
            core: Vec::new(),
            predecessor: vec![None; n],
        }
    }
}
