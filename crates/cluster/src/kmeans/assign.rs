//! Each row to its nearest centre, with bounds that spare most distances.
//!
//! ```text
//! upper  u ≥ ‖x − c_a‖                      a the row's centre
//! lower  l_g ≤ min ‖x − c‖                  c ≠ a in group g of the centres; l their least
//! ```
//!
//! While u < l, a is nearest and nothing is computed. When centres move, u grows by at most a's way and l_g shrinks by at most
//! the longest way in the group: ways are summed up once for each centre and group, and a bound is kept *less the way at the
//! time*, so that a row which need not be looked at is not written to. A row that must be looked at has u made exact
//! first; then groups are searched whose l_g is not above u. Eight rows are searched together, sorted by centre, so that they mostly
//! need the same groups.
//!
//! Products with rounding errors up to ε(‖x‖² + ‖c‖²) find the nearest; where a second centre is that near, differences
//! decide, and of equals the lower number. Bounds are drawn outwards by the same error. So the assignment is
//! that of a full search, bit for bit.

use super::points::{Centres, Points};
use estimand_core::Float;
use estimand_kernels::{self as kernels, Nearest};
use estimand_par as par;

/// Rows that are looked at together.
const CHUNK: usize = 2048;
/// No centre yet.
pub(super) const NONE: u32 = u32::MAX;
/// Bounds are drawn outwards by this share: far above their rounding, far below what they need to tell apart.
const MARGIN: f64 = 1e-12;
/// The same for bounds in single precision.
const SINGLE: f32 = 1e-6;

/// A row that changes its centre.
pub(super) struct Move {
    pub(super) row: usize,
    pub(super) from: u32,
    pub(super) to: u32,
}

/// Centres of one group stand together, in the order `centre`.
pub(super) struct Groups {
    /// The centre at each place.
    centre: Vec<u32>,
    /// The group of each centre.
    of: Vec<u32>,
    /// First places of the groups, and the number of centres.
    start: Vec<usize>,
}

impl Groups {
    /// Groups by the group of each centre.
    pub(super) fn new(of: Vec<u32>) -> Self {
        let count = of.iter().max().map_or(0, |g| *g as usize + 1);
        let mut start = vec![0; count + 1];
        of.iter().for_each(|g| start[*g as usize + 1] += 1);
        (0..count).for_each(|g| start[g + 1] += start[g]);
        let mut centre: Vec<u32> = (0..of.len() as u32).collect();
        centre.sort_by_key(|c| of[*c as usize]);
        Self { centre, of, start }
    }

    /// All centres in one group.
    fn one(k: usize) -> Self {
        Self::new(vec![0; k])
    }

    fn count(&self) -> usize {
        self.start.len() - 1
    }
}

/// The centre of each row, and what is known of its distances.
pub(super) struct Assignment {
    pub(super) labels: Vec<u32>,
    groups: Groups,
    /// u less the way of the centre; empty where bounds are not kept.
    upper: Vec<f64>,
    /// l plus the longest way of all.
    lower: Vec<f64>,
    /// l_g plus the way of the group, n × groups; empty for one group.
    by_group: Vec<f32>,
    ways: Ways,
}

/// How far centres have come, since the beginning.
struct Ways {
    centre: Vec<f64>,
    group: Vec<f64>,
    all: f64,
}

/// Some rows of an [`Assignment`].
struct Part<'s> {
    first: usize,
    labels: &'s mut [u32],
    upper: &'s mut [f64],
    lower: &'s mut [f64],
    by_group: &'s mut [f32],
}

impl Assignment {
    /// No row has a centre, and all centres are one group. Without bounds every row is looked at every time.
    pub(super) fn new(n: usize, k: usize, bounds: bool) -> Self {
        let kept = if bounds { n } else { 0 };
        Self {
            labels: vec![NONE; n],
            upper: vec![f64::INFINITY; kept],
            lower: vec![f64::NEG_INFINITY; kept],
            by_group: Vec::new(),
            ways: Ways { centre: vec![0.0; k], group: vec![0.0], all: 0.0 },
            groups: Groups::one(k),
        }
    }

    /// Other groups of the same centres; what was known of the old ones is forgotten.
    pub(super) fn regroup(&mut self, groups: Groups) {
        let t = groups.count();
        self.by_group = vec![f32::NEG_INFINITY; if t > 1 { self.upper.len() * t } else { 0 }];
        self.ways.group = vec![0.0; t];
        self.groups = groups;
    }

    /// Tells the bounds how far each centre has moved.
    pub(super) fn moved(&mut self, ways: &[f64]) {
        let mut longest = vec![0.0_f64; self.groups.count()];
        for ((way, sum), g) in ways.iter().zip(&mut self.ways.centre).zip(&self.groups.of) {
            let way = way * (1.0 + MARGIN);
            *sum += way;
            longest[*g as usize] = longest[*g as usize].max(way);
        }
        self.ways.group.iter_mut().zip(&longest).for_each(|(sum, way)| *sum += way);
        self.ways.all += longest.into_iter().fold(0.0, f64::max);
    }

    /// Finds the nearest centre of every row; returns the rows whose centre is another one now, in order.
    pub(super) fn update<F: Float>(&mut self, points: &Points<'_, F>, centres: &Centres) -> Vec<Move> {
        let (groups, ways) = (&self.groups, &self.ways);
        let search = Search::new(points, centres, groups, ways);
        let t = self.by_group.len() / self.upper.len().max(1);
        let mut upper = self.upper.chunks_mut(CHUNK);
        let mut lower = self.lower.chunks_mut(CHUNK);
        let mut by_group = self.by_group.chunks_mut(CHUNK * t.max(1));
        let parts = self.labels.chunks_mut(CHUNK).enumerate().map(|(k, labels)| Part {
            first: k * CHUNK,
            labels,
            upper: upper.next().unwrap_or_default(),
            lower: lower.next().unwrap_or_default(),
            by_group: by_group.next().unwrap_or_default(),
        });
        let mut parts: Vec<Part<'_>> = parts.collect();
        par::map_rows_mut(&mut parts, 1, 1, |_, parts| {
            parts.iter_mut().flat_map(|part| search.part(part)).collect::<Vec<_>>()
        })
        .into_iter()
        .flatten()
        .collect()
    }
}

/// A search for nearest centres.
struct Search<'s, F: Float> {
    points: &'s Points<'s, F>,
    centres: &'s Centres,
    groups: &'s Groups,
    ways: &'s Ways,
    /// c − m and ½‖c − m‖² in the order of the groups; sparse: c, p × k.
    placed: Vec<f64>,
    half: Vec<f64>,
    /// Largest ‖c − m‖².
    largest: f64,
    /// Ways of the groups, rounded up.
    group_ways: Vec<f32>,
}

/// What a search uses again and again.
struct Desk {
    panel: Vec<[f64; 8]>,
    /// Whether eight rows need each group.
    needed: Vec<bool>,
    /// What was found in the groups that they needed.
    seen: Vec<(usize, Nearest)>,
    moves: Vec<Move>,
}

impl<'s, F: Float> Search<'s, F> {
    fn new(points: &'s Points<'s, F>, centres: &'s Centres, groups: &'s Groups, ways: &'s Ways) -> Self {
        let places = groups.centre.iter().map(|c| *c as usize);
        let placed = match points {
            Points::Dense { .. } => places.clone().flat_map(|c| centres.about(c).iter().copied()).collect(),
            Points::Sparse { .. } => {
                (0..centres.width()).flat_map(|j| places.clone().map(move |c| centres.about(c)[j])).collect()
            }
        };
        let half: Vec<f64> = places.map(|c| centres.half[c]).collect();
        let largest = half.iter().fold(0.0_f64, |m, h| m.max(2.0 * h));
        let group_ways = ways.group.iter().map(|way| (*way as f32).next_up()).collect();
        Self { points, centres, groups, ways, placed, half, largest, group_ways }
    }

    /// Looks at the rows of a part that need it.
    fn part(&self, part: &mut Part<'_>) -> Vec<Move> {
        let mut desk = Desk {
            panel: vec![[0.0; 8]; self.centres.width()],
            needed: vec![true; self.groups.count()],
            seen: Vec::with_capacity(self.groups.count()),
            moves: Vec::new(),
        };
        let mut rows = self.doubtful(part);
        if !part.by_group.is_empty() {
            rows.sort_unstable_by_key(|i| (part.labels[*i], *i));
        }
        match self.points {
            Points::Dense { rows: x, origin } => {
                for (k, eight) in rows.chunks(8).enumerate() {
                    rows.iter().skip(8 * (k + 1)).take(8).for_each(|i| self.points.prefetch(part.first + i));
                    self.eight(part, eight, x, origin, &mut desk);
                }
            }
            Points::Sparse { rows: x, .. } => {
                let mut scores = vec![0.0; self.half.len()];
                for i in rows {
                    let row = x.row(part.first + i);
                    scores.copy_from_slice(&self.half);
                    let mut norm = 0.0;
                    for (j, x) in row.iter() {
                        let x = x.f64();
                        norm += x * x;
                        let k = scores.len();
                        let c = &self.placed[j * k..(j + 1) * k];
                        scores.iter_mut().zip(c).for_each(|(s, c)| *s -= x * c);
                    }
                    let mut found = Nearest::NONE;
                    for (place, s) in scores.iter().enumerate() {
                        if *s < found.first[0] {
                            (found.second[0], found.first[0], found.which[0]) =
                                (found.first[0], *s, place as f64);
                        } else {
                            found.second[0] = found.second[0].min(*s);
                        }
                    }
                    self.settle(part, i, 0, norm, &found, &[(0, found)], &mut desk.moves);
                }
            }
        }
        desk.moves.sort_unstable_by_key(|m: &Move| m.row);
        desk.moves
    }

    /// Rows of a part whose nearest centre may be another one now; their upper bounds are exact where there are several groups.
    fn doubtful(&self, part: &mut Part<'_>) -> Vec<usize> {
        let all = 0..part.labels.len();
        if part.upper.is_empty() || part.labels.first() == Some(&NONE) {
            return all.collect();
        }
        let way = |part: &Part<'_>, i: usize| self.ways.centre[part.labels[i] as usize];
        let is_open =
            |part: &Part<'_>, i: usize| part.upper[i] + way(part, i) >= part.lower[i] - self.ways.all;
        let mut rows: Vec<usize> = all.filter(|i| is_open(part, *i)).collect();
        // A search of one group costs hardly more than the distance that may spare it, and gives both bounds.
        if part.by_group.is_empty() && matches!(self.points, Points::Dense { .. }) {
            return rows;
        }
        // The longest way of all says little of the other groups; theirs are nearer at hand than the row.
        if !part.by_group.is_empty() {
            rows.retain(|i| {
                part.lower[*i] = self.ways.all + self.least(part, *i);
                is_open(part, *i)
            });
        }
        let numbers: Vec<usize> = rows.iter().map(|i| part.first + i).collect();
        let own: Vec<u32> = rows.iter().map(|i| part.labels[*i]).collect();
        let mut distances = self.points.distances(&numbers, &own, self.centres).into_iter();
        rows.retain(|i| {
            let upper = distances.next().unwrap_or(f64::INFINITY).sqrt() * (1.0 + MARGIN);
            part.upper[*i] = upper - way(part, *i);
            is_open(part, *i)
        });
        rows
    }

    /// The least l_g of a row.
    fn least(&self, part: &Part<'_>, i: usize) -> f64 {
        let t = self.group_ways.len();
        let bounds = part.by_group[i * t..(i + 1) * t].iter().zip(&self.group_ways).map(|(l, way)| l - way);
        let least = bounds.fold(f32::INFINITY, |least, l| if l < least { l } else { least });
        f64::from(least * (1.0 - SINGLE.copysign(least)))
    }

    /// Marks the groups in which one of the rows may have its nearest centre.
    fn mark(&self, part: &Part<'_>, rows: &[usize], needed: &mut [bool]) {
        if part.by_group.is_empty() || part.labels[rows[0]] == NONE {
            return;
        }
        let t = needed.len();
        needed.fill(false);
        for i in rows {
            let label = part.labels[*i] as usize;
            let upper = (part.upper[*i] + self.ways.centre[label]) as f32;
            let bounds = part.by_group[i * t..(i + 1) * t].iter().zip(&self.group_ways);
            for (needed, (l, way)) in needed.iter_mut().zip(bounds) {
                *needed |= *l <= (upper + way) * (1.0 + SINGLE);
            }
            needed[self.groups.of[label] as usize] = true;
        }
    }

    /// Searches for eight dense rows, or as many as there are.
    fn eight(&self, part: &mut Part<'_>, rows: &[usize], x: &[F], origin: &[f64], desk: &mut Desk) {
        let Desk { panel, needed, seen, moves } = desk;
        let mut slices: [&[F]; 8] = [&[]; 8];
        for (slice, i) in slices.iter_mut().zip(rows) {
            *slice = Points::row(x, origin, part.first + i);
        }
        kernels::pack_eight(&slices[..rows.len()], origin, panel);
        let mut norm = [0.0; 8];
        for x in &*panel {
            (0..8).for_each(|l| norm[l] += x[l] * x[l]);
        }
        let p = origin.len();
        self.mark(part, rows, needed);
        seen.clear();
        let mut found = Nearest::NONE;
        for (g, _) in needed.iter().enumerate().filter(|(_, needed)| **needed) {
            let places = self.groups.start[g]..self.groups.start[g + 1];
            let centres = &self.placed[places.start * p..places.end * p];
            let (mut of_group, half) = (Nearest::NONE, &self.half[places.clone()]);
            kernels::nearest_eight::<f64>(panel, centres, half, places.start, &mut of_group);
            found.join(&of_group);
            seen.push((g, of_group));
        }
        for (l, i) in rows.iter().enumerate() {
            self.settle(part, *i, l, norm[l], &found, seen, moves);
        }
    }

    /// Gives a row its centre and its bounds, from what was found in lane l.
    #[allow(clippy::too_many_arguments, reason = "what is known of one row")]
    fn settle(
        &self,
        part: &mut Part<'_>,
        i: usize,
        l: usize,
        norm: f64,
        found: &Nearest,
        seen: &[(usize, Nearest)],
        moves: &mut Vec<Move>,
    ) {
        // Of a squared distance, 2s + ‖x‖²; the sums have p terms, and x and c are rounded where they are moved to the origin.
        let error = 4.0 * (self.centres.width() as f64 + 8.0) * f64::EPSILON * (norm + self.largest);
        let is_clear = 2.0 * (found.second[l] - found.first[l]) > 2.0 * error;
        let centre = match is_clear {
            true => self.groups.centre[found.which[l] as usize],
            false => self.nearest_by_differences(part.first + i),
        };
        let from = std::mem::replace(&mut part.labels[i], centre);
        if from != centre {
            moves.push(Move { row: part.first + i, from, to: centre });
        }
        if part.upper.is_empty() {
            return;
        }
        let own = self.groups.of[centre as usize] as usize;
        part.upper[i] = (norm + 2.0 * found.first[l] + error).max(0.0).sqrt() * (1.0 + MARGIN)
            - self.ways.centre[centre as usize];
        let t = self.groups.count();
        let bounds = seen.iter().map(|(g, of_group)| {
            let nearest = if is_clear && *g == own { of_group.second[l] } else { of_group.first[l] };
            (*g, (norm + 2.0 * nearest - error).max(0.0).sqrt() * (1.0 - MARGIN))
        });
        part.lower[i] = self.ways.all
            + if part.by_group.is_empty() {
                bounds.map(|(_, bound)| bound).fold(f64::INFINITY, f64::min)
            } else {
                let kept = &mut part.by_group[i * t..(i + 1) * t];
                bounds.for_each(|(g, bound)| kept[g] = ((bound + self.ways.group[g]) as f32).next_down());
                self.least(part, i)
            };
    }

    /// The nearest of all centres, by differences; of equals the one with the lowest number.
    #[cold]
    fn nearest_by_differences(&self, i: usize) -> u32 {
        let k = self.centres.count();
        let all: Vec<u32> = (0..k as u32).collect();
        super::points::least(self.points.distances(&vec![i; k], &all, self.centres)) as u32
    }
}
