//! Where rows are crowded, and how such places hang together: what density-based clustering asks.
//!
//! None of this keeps lists of neighbours: memory is O(n) however many there are.

use crate::best::{Branch, Seek};
use crate::index::{Index, Queries, Reach};
use crate::tree::Branches;
use estimand_core::{Float, Result};
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

impl<F: Float> Index<F> {
    /// Whether the rows within `radius` of each row, itself among them, weigh `least` together; a row weighs 1 without
    /// weights. A search ends as soon as that is known.
    ///
    /// # Errors
    /// For a radius that is negative or NaN.
    pub fn crowded(&self, radius: f64, least: f64, weights: Option<&[f64]>) -> Result<Vec<bool>> {
        self.check_queries(&Queries::Own, Reach::Within(radius))?;
        let crowd = Crowd { radius: self.gauge_of(radius), least, sum: 0.0, weights };
        self.seek_each(
            Queries::Own,
            &crowd,
            |crowd, _| crowd.sum = 0.0,
            1,
            |_, crowd, out| {
                out[0] = crowd.sum >= least;
            },
        )
    }

    /// The lowest row that each of the `members` hangs together with: through members, from each to the next of which it is
    /// no farther than `radius`. [`u32::MAX`] for rows that are no members.
    ///
    /// # Errors
    /// For a radius that is negative or NaN.
    pub fn components(&self, radius: f64, members: &[bool]) -> Result<Vec<u32>> {
        self.check_queries(&Queries::Own, Reach::Within(radius))?;
        let links = Links::new(members.len());
        let branches = self.branches();
        let marks = (0..branches.map_or(0, Branches::count)).map(|_| AtomicU32::new(UNKNOWN)).collect();
        let parts = Parts { links, members, branches, marks };
        let radius = self.gauge_of(radius);
        let join = Join { parts: &parts, radius, own: 0 };
        let start = |join: &mut Join<'_>, i: usize| {
            join.own = i as u32;
            // Nothing is nearer than 0.
            join.radius = if members[i] { radius } else { -1.0 };
        };
        self.seek_each(Queries::Own, &join, start, 1, |_, _, _: &mut [()]| ())?;
        let lowest =
            |(i, is_member): (usize, &bool)| if *is_member { parts.links.find(i as u32) } else { u32::MAX };
        Ok(members.iter().enumerate().map(lowest).collect())
    }

    /// The least value of the rows within `radius` of each query; [`u32::MAX`] where there are none, and for queries that are
    /// not `asked` about.
    ///
    /// # Errors
    /// For queries of another width or that are not finite; for a radius that is negative or NaN.
    pub fn least_within<'a>(
        &self,
        queries: impl Into<Queries<'a, F>>,
        radius: f64,
        values: &[u32],
        asked: impl Fn(usize) -> bool + Sync,
    ) -> Result<Vec<u32>>
    where
        F: 'a,
    {
        let queries = queries.into();
        self.check_queries(&queries, Reach::Within(radius))?;
        let radius = self.gauge_of(radius);
        let least = Least { radius, least: u32::MAX, values };
        let start = |least: &mut Least<'_>, i: usize| {
            least.least = u32::MAX;
            least.radius = if asked(i) { radius } else { -1.0 };
        };
        self.seek_each(queries, &least, start, 1, |_, least, out| out[0] = least.least)
    }
}

/// What rows within a radius weigh, until it is enough.
#[derive(Clone)]
struct Crowd<'a> {
    radius: f64,
    least: f64,
    sum: f64,
    weights: Option<&'a [f64]>,
}
impl Seek for Crowd<'_> {
    #[inline]
    fn bound(&self) -> f64 {
        if self.sum >= self.least { -1.0 } else { self.radius }
    }
    #[inline]
    fn offer(&mut self, _: f64, row: u32) {
        self.sum += self.weights.map_or(1.0, |weights| weights[row as usize]);
    }
}

/// The least value of rows within a radius.
#[derive(Clone)]
struct Least<'a> {
    radius: f64,
    least: u32,
    values: &'a [u32],
}
impl Seek for Least<'_> {
    #[inline]
    fn bound(&self) -> f64 {
        self.radius
    }
    #[inline]
    fn offer(&mut self, _: f64, row: u32) {
        self.least = self.least.min(self.values[row as usize]);
    }
}

/// Disjoint sets that several threads join at once. The lowest of a set stands for it: which ones are joined does not depend
/// on the order in which they are.
pub(crate) struct Links(Vec<AtomicU32>);
impl Links {
    pub(crate) fn new(n: usize) -> Self {
        Self((0..n as u32).map(AtomicU32::new).collect())
    }

    fn above(&self, i: u32) -> u32 {
        self.0[i as usize].load(Relaxed)
    }

    /// The lowest of i's set, as far as is known.
    #[inline]
    pub(crate) fn find(&self, mut i: u32) -> u32 {
        loop {
            let above = self.above(i);
            if above == i {
                return i;
            }
            // Every way leads up; a stale one is only longer.
            let next = self.above(above);
            self.0[i as usize].store(next, Relaxed);
            i = next;
        }
    }

    /// Joins two sets.
    #[inline]
    pub(crate) fn join(&self, a: u32, b: u32) {
        loop {
            let (a, b) = (self.find(a), self.find(b));
            let (low, high) = (a.min(b), a.max(b));
            // Another thread may have joined `high` to something meanwhile.
            if low == high || self.0[high as usize].compare_exchange(high, low, Relaxed, Relaxed).is_ok() {
                return;
            }
        }
    }
}

/// Nothing is known of a branch.
const UNKNOWN: u32 = u32::MAX;
/// It has no members.
const NOBODY: u32 = u32::MAX - 1;

/// What hangs together so far.
struct Parts<'a> {
    links: Links,
    members: &'a [bool],
    branches: Option<&'a dyn Branches>,
    /// For each branch one of its members, once all of them are known to hang together.
    marks: Vec<AtomicU32>,
}

impl Parts<'_> {
    fn mark(&self, branch: u32) -> u32 {
        self.marks[branch as usize].load(Relaxed)
    }

    /// One for all members: `NOBODY` if there are none, `UNKNOWN` if they are not known to hang together.
    fn common(&self, members: impl Iterator<Item = u32>) -> u32 {
        let mut all = NOBODY;
        for member in members {
            match (all, member) {
                (_, NOBODY) => {}
                (_, UNKNOWN) => return UNKNOWN,
                (NOBODY, member) => all = self.links.find(member),
                (all, member) if self.links.find(member) != all => return UNKNOWN,
                _ => {}
            }
        }
        all
    }

    /// The mark of a branch, renewed from those below it.
    fn renewed(&self, branch: u32) -> u32 {
        let mark = self.mark(branch);
        if mark != UNKNOWN {
            return mark;
        }
        let Some(below) = self.branches.and_then(|branches| branches.below(branch)) else { return UNKNOWN };
        let mark = self.common(below.map(|branch| self.mark(branch)));
        self.marks[branch as usize].store(mark, Relaxed);
        mark
    }
}

/// Joins a row with the members that it is near to, passing over those that it hangs together with already: once a cluster is
/// one, its rows are not looked at again.
#[derive(Clone)]
struct Join<'a> {
    parts: &'a Parts<'a>,
    radius: f64,
    own: u32,
}
impl Seek for Join<'_> {
    #[inline]
    fn bound(&self) -> f64 {
        self.radius
    }

    #[inline]
    fn wants(&mut self, near: f64, branch: Branch) -> bool {
        near <= self.radius
            && match self.parts.renewed(branch.number) {
                NOBODY => false,
                UNKNOWN => true,
                member => self.parts.links.find(member) != self.parts.links.find(self.own),
            }
    }

    #[inline]
    fn offer(&mut self, _: f64, row: u32) {
        if self.parts.members[row as usize] {
            self.parts.links.join(self.own, row);
        }
    }

    fn scanned(&mut self, branch: Branch, rows: &[u32], _: u64) {
        let members = rows.iter().copied().filter(|row| self.parts.members[*row as usize]);
        self.parts.marks[branch.number as usize].store(self.parts.common(members), Relaxed);
    }
}
