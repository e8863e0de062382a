//! f = Ka of all records, and the cache of kernel rows that changes of a are made with.
//!
//! Records are cut into chunks, each with its part of f and of the cached rows: a chunk is one thread's, and its sums
//! are made in the order of the changes.

use crate::kernel::{GROUP, Rows};
use estimand_kernels as kernels;
use estimand_par as par;

/// Records of a chunk: the part of a row that stays in the nearest cache.
const CHUNK: usize = 1024;
const NONE: usize = usize::MAX;

/// f, and the rows of K that were needed last.
#[derive(Debug)]
pub(super) struct Products<'a> {
    rows: &'a Rows,
    f: Vec<f64>,
    /// Of each chunk, the cached rows: place s holds the row of record `owner[s]`.
    parts: Vec<Vec<f64>>,
    place: Vec<usize>,
    owner: Vec<usize>,
    used: Vec<u64>,
    /// Places whose variable came to a bound, to stay: the first to be used again.
    idle: Vec<usize>,
    capacity: usize,
    now: u64,
}

/// That a of a record changes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Change {
    pub(super) row: usize,
    pub(super) by: f64,
    /// Whether more is to come, so that its row is worth keeping.
    pub(super) again: bool,
}

/// The rows that changes need.
struct Plan {
    /// Place and change of those that have a place, by record.
    kept: Vec<(usize, f64)>,
    /// Places of the first of those that must be computed.
    fresh: Vec<usize>,
    /// Changes of the others, which are computed and forgotten.
    passing: Vec<f64>,
}

impl<'a> Products<'a> {
    /// f = 0, with room for kernel rows of `cache_size` MB.
    pub(super) fn new(rows: &'a Rows, cache_size: f64) -> Self {
        let n = rows.len();
        let fitting = cache_size * 1e6 / (8 * n.next_multiple_of(GROUP)) as f64;
        let capacity = if rows.is_linear() { 0 } else { (fitting as usize).min(n) };
        let parts = (0..n.div_ceil(CHUNK))
            .map(|k| kernels::zeros(capacity * CHUNK.min((n - k * CHUNK).next_multiple_of(GROUP))))
            .collect();
        Self {
            rows,
            f: vec![0.0; n],
            parts,
            place: vec![NONE; n],
            owner: Vec::new(),
            used: Vec::new(),
            idle: Vec::new(),
            capacity,
            now: 0,
        }
    }

    /// f
    pub(super) fn values(&self) -> &[f64] {
        &self.f
    }

    /// f ← f + K d for changes d, by record.
    pub(super) fn add(&mut self, changes: &[Change]) {
        if changes.is_empty() {
            return;
        }
        if let Some(direction) = self.rows.combination(changes.iter().map(|c| (c.row, c.by))) {
            return self.add_linear(&direction);
        }
        let (plan, missing) = self.plan(changes);
        let (rows, asked) = (self.rows, self.rows.select(&missing));
        let mut parts: Vec<(&mut [f64], &mut Vec<f64>)> =
            self.f.chunks_mut(CHUNK).zip(&mut self.parts).collect();
        par::for_each_chunk_mut(&mut parts, 1, |k, parts| {
            for (k, (f, cached)) in (k..).zip(parts) {
                add_chunk(rows, &asked, &plan, k * CHUNK, f, cached);
            }
        });
    }

    fn add_linear(&mut self, direction: &[f64]) {
        let rows = self.rows;
        par::for_each_chunk_mut(&mut self.f, CHUNK, |first, f| {
            let mut values = [0.0; CHUNK];
            rows.fill_combination(direction, first..first + f.len(), &mut values);
            f.iter_mut().zip(&values).for_each(|(f, v)| *f += v);
        });
    }

    /// Finds places for the rows that will be needed again: those used longest ago make room, but none of these
    /// changes. Also returns the records whose rows must be computed.
    fn plan(&mut self, changes: &[Change]) -> (Plan, Vec<usize>) {
        self.now += 1;
        for place in changes.iter().map(|c| self.place[c.row]).filter(|place| *place != NONE) {
            self.used[place] = self.now;
        }
        let wanting: Vec<usize> =
            changes.iter().filter(|c| c.again && self.place[c.row] == NONE).map(|c| c.row).collect();
        let fresh = self.make_room(wanting.len());
        for (row, place) in wanting.iter().zip(&fresh) {
            if self.owner[*place] != NONE {
                self.place[self.owner[*place]] = NONE;
            }
            (self.owner[*place], self.used[*place], self.place[*row]) = (*row, self.now, *place);
        }
        let mut asked = wanting;
        asked.truncate(fresh.len());
        let (kept, rest): (Vec<&Change>, Vec<&Change>) =
            changes.iter().partition(|c| self.place[c.row] != NONE);
        asked.extend(rest.iter().map(|c| c.row));
        self.idle.retain(|place| self.used[*place] < self.now);
        self.idle.extend(kept.iter().filter(|c| !c.again).map(|c| self.place[c.row]));
        let kept = kept.iter().map(|c| (self.place[c.row], c.by)).collect();
        (Plan { kept, fresh, passing: rest.iter().map(|c| c.by).collect() }, asked)
    }

    /// Up to `count` places: of rows that are idle, then new ones, then those used longest ago.
    fn make_room(&mut self, count: usize) -> Vec<usize> {
        let (used, now) = (&self.used, self.now);
        let mut places: Vec<usize> =
            self.idle.iter().copied().filter(|place| used[*place] < now).take(count).collect();
        places.iter().for_each(|place| self.used[*place] = now);
        let (begun, wanted) = (self.owner.len(), count - places.len());
        let end = self.capacity.min(begun + wanted);
        places.extend(begun..end);
        self.owner.resize(end.max(begun), NONE);
        self.used.resize(end.max(begun), now);
        if places.len() < count {
            let mut old: Vec<(u64, usize)> =
                (0..begun).map(|s| (self.used[s], s)).filter(|(used, _)| *used < now).collect();
            let want = (count - places.len()).min(old.len());
            if want > 0 && want < old.len() {
                old.select_nth_unstable(want - 1);
            }
            places.extend(old.iter().take(want).map(|(_, s)| *s));
        }
        places
    }
}

/// The part of `f` from record `first` on.
fn add_chunk(rows: &Rows, asked: &Rows, plan: &Plan, first: usize, f: &mut [f64], cached: &mut [f64]) {
    let width = f.len().next_multiple_of(GROUP);
    let (mut queries, mut values, fresh) = (asked.queries(), vec![0.0; GROUP * width], plan.fresh.len());
    for g in 0..asked.len().div_ceil(GROUP) {
        rows.fill(&mut queries, g, first..first + f.len(), width, &mut values);
        let (at, end) = (g * GROUP, asked.len().min(g * GROUP + GROUP));
        let keep = fresh.clamp(at, end) - at;
        for (place, line) in plan.fresh[at.min(fresh)..].iter().zip(values.chunks_exact(width).take(keep)) {
            cached[place * width..][..width].copy_from_slice(line);
        }
        let lines: Vec<&[f64]> = values.chunks_exact(width).take(end - at).skip(keep).collect();
        let from = (at + keep).saturating_sub(fresh);
        kernels::rows_axpy(&lines, &plan.passing[from..from + lines.len()], f);
    }
    let (lines, changes): (Vec<&[f64]>, Vec<f64>) =
        plan.kept.iter().map(|(place, d)| (&cached[place * width..][..width], *d)).unzip();
    kernels::rows_axpy_ahead(&lines, &changes, f);
}
