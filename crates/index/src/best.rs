//! What a search looks for, and what it finds.

use std::cmp::Ordering;

/// A row, and how far away it is: in the gauge's units while searching, in the metric's when found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Neighbor {
    /// The distance.
    pub distance: f64,
    /// The number of the row.
    pub row: u32,
}

impl Neighbor {
    /// Nearer first, then the lower row. Distances are not NaN.
    pub(crate) fn order(&self, other: &Self) -> Ordering {
        self.distance.total_cmp(&other.distance).then(self.row.cmp(&other.row))
    }

    #[inline]
    fn is_before(&self, other: &Self) -> bool {
        self.distance < other.distance || (self.distance == other.distance && self.row < other.row)
    }
}

/// What a search looks for. Distances are those of the gauge; places are those of the points.
pub(crate) trait Seek {
    /// No point farther than this is of interest.
    fn bound(&self) -> f64;

    /// Whether points at a distance of `near` or more could be of interest, none of which has a row below `least`.
    #[inline]
    fn wants(&self, near: f64, least: u32) -> bool {
        let _ = least;
        near <= self.bound()
    }

    /// How many more points there must be before there is a bound; 0 where that is unknown.
    #[inline]
    fn lacks(&self) -> usize {
        0
    }

    /// Takes notice of a point no farther than [`bound`](Self::bound).
    fn offer(&mut self, distance: f64, row: u32);
}

/// Where what is found is kept.
pub(crate) trait Find: Seek + Clone + Sync {
    /// Starts over, for a query that is itself a row, or none.
    fn begin(&mut self, except: Option<u32>);
    /// What has been found, in order.
    fn found(&mut self) -> &mut [Neighbor];
}

/// The k nearest, the lowest rows among equals.
#[derive(Clone, Debug)]
pub(crate) struct Best {
    k: usize,
    /// A row that does not count: the query itself.
    except: Option<u32>,
    /// Sorted while k is small; up to 2k of them in any order otherwise.
    found: Vec<Neighbor>,
    /// The k-th, once there are k.
    last: Neighbor,
}

/// Up to here, found ones are kept sorted: moving them costs less than sorting later.
const SORTED: usize = 96;
const NONE: Neighbor = Neighbor { distance: f64::INFINITY, row: u32::MAX };

impl Best {
    pub(crate) fn new(k: usize) -> Self {
        Self {
            k,
            except: None,
            found: Vec::with_capacity(if k > SORTED { 2 * k } else { k + 1 }),
            last: NONE,
        }
    }

    /// Looks for another number, from the start.
    pub(crate) fn resize(&mut self, k: usize) {
        self.k = k;
        self.begin(None);
    }

    fn shrink(&mut self) {
        if self.found.len() >= self.k {
            self.found.select_nth_unstable_by(self.k - 1, Neighbor::order);
            self.found.truncate(self.k);
            self.last = self.found[self.k - 1];
        }
    }
}

impl Find for Best {
    fn begin(&mut self, except: Option<u32>) {
        self.except = except;
        self.found.clear();
        self.last = NONE;
    }

    fn found(&mut self) -> &mut [Neighbor] {
        if self.k > SORTED {
            self.shrink();
            self.found.sort_unstable_by(Neighbor::order);
        }
        &mut self.found
    }
}

impl Seek for Best {
    #[inline]
    fn bound(&self) -> f64 {
        self.last.distance
    }

    #[inline]
    fn wants(&self, near: f64, least: u32) -> bool {
        near < self.last.distance || (near == self.last.distance && least < self.last.row)
    }

    #[inline]
    fn lacks(&self) -> usize {
        (self.k + usize::from(self.except.is_some())).saturating_sub(self.found.len())
    }

    #[inline]
    fn offer(&mut self, distance: f64, row: u32) {
        let new = Neighbor { distance, row };
        if !new.is_before(&self.last) || self.except == Some(row) {
            return;
        }
        if self.k > SORTED {
            self.found.push(new);
            if self.found.len() == 2 * self.k {
                self.shrink();
            }
            return;
        }
        if self.found.len() < self.k {
            self.found.push(new);
        }
        // The last one, if there are k already, gives way.
        let mut at = self.found.len() - 1;
        while at > 0 && new.is_before(&self.found[at - 1]) {
            self.found[at] = self.found[at - 1];
            at -= 1;
        }
        self.found[at] = new;
        if self.found.len() == self.k {
            self.last = self.found[self.k - 1];
        }
    }
}

/// All within a distance.
#[derive(Clone, Debug)]
pub(crate) struct Within {
    pub(crate) bound: f64,
    except: Option<u32>,
    found: Vec<Neighbor>,
}
impl Within {
    pub(crate) fn new(bound: f64) -> Self {
        Self { bound, except: None, found: Vec::new() }
    }
}
impl Find for Within {
    fn begin(&mut self, except: Option<u32>) {
        self.except = except;
        self.found.clear();
    }
    fn found(&mut self) -> &mut [Neighbor] {
        self.found.sort_unstable_by(Neighbor::order);
        &mut self.found
    }
}
impl Seek for Within {
    #[inline]
    fn bound(&self) -> f64 {
        self.bound
    }
    #[inline]
    fn offer(&mut self, distance: f64, row: u32) {
        if self.except != Some(row) {
            self.found.push(Neighbor { distance, row });
        }
    }
}
