//! How a graph comes about.

use super::{Far, GraphRules, Hnsw, NOBODY, PIECE, Room, SEARCH, State, check, far, prepared, starts};
use crate::metric::Metric;
use crate::prepare::Plan;
use estimand_core::random::uniform;
use estimand_core::{Error, Float, Records, Result, Seed};
use estimand_par as par;

/// Most rows that are linked together.
const BATCH: usize = 256;
/// A batch is at most this share of the rows that are there.
const SHARE: usize = 4;

/// A link that is to be made: layer, from, to.
type Link = (usize, u32, u32);

impl<F: Float> Hnsw<F> {
    /// Of dense records.
    ///
    /// # Errors
    /// For records that are empty, sparse, not finite, or 2³² rows or more; for a metric with parameters out of range, one
    /// that cannot read so many columns, or one that reads missing values; for less than two links.
    pub fn new<'a>(x: impl Into<Records<'a, F>>, metric: &Metric, rules: GraphRules) -> Result<Self>
    where
        F: 'a,
    {
        let x = x.into();
        if metric.reads_missing() {
            return Err(Error::unsupported(SEARCH, format!("the metric {metric:?}, which is none")));
        }
        if !(2..=usize::from(u16::MAX)).contains(&rules.m) {
            return Err(Error::parameter("m", rules.m, "from 2 to 65535"));
        }
        check(x, metric)?;
        let rows = x.dense(SEARCH)?;
        let n = rows.nrows();
        if u32::try_from(n).is_err() {
            return Err(Error::shape("rows of x", "less than 2³²", n));
        }
        let plan = Plan::new(metric, rows)?;
        plan.check_range(rows)?;
        let level = |row: usize| {
            // 1 − U is never 0.
            let draw =
                -(1.0 - uniform(&mut Seed(rules.seed).stream(row as u64))).ln() / (rules.m as f64).ln();
            draw.min(32.0) as u8
        };
        let levels: Vec<u8> = (0..n).map(level).collect();
        let (start, end) = starts(&levels, rules.m);
        let state = State {
            metric: metric.clone(),
            prepare: plan.prepare.clone(),
            columns: x.ncols(),
            m: rules.m,
            rows: prepared(&plan.prepare, rows).into_owned(),
            levels,
            base: vec![NOBODY; n * 2 * rules.m],
            above: vec![NOBODY; end],
            entry: 0,
        };
        let mut graph = Self { state, plan, start };
        let mut done = 1;
        while done < n {
            let batch = (done / SHARE).clamp(1, BATCH).min(n - done);
            graph.add(done as u32..(done + batch) as u32, rules.effort_build.max(rules.m));
            done += batch;
        }
        Ok(graph)
    }

    /// Steps 2 and 3 for rows whose numbers come after all that are there.
    fn add(&mut self, batch: std::ops::Range<u32>, effort: usize) {
        let (first, count) = (batch.start, batch.len());
        let this = &*self;
        let pieces = par::map_chunks(count, PIECE, |piece| {
            let mut room = Room::new(this.len());
            piece
                .flat_map(|i| this.links_of(first, first + i as u32, effort, &mut room))
                .collect::<Vec<Link>>()
        });
        let links: Vec<Link> = pieces.concat();
        // Links of the new rows, then those back to them: by themselves for each row that is led back from.
        for of_row in links.chunk_by(|a, b| (a.0, a.1) == (b.0, b.1)) {
            let to: Vec<u32> = of_row.iter().map(|link| link.2).collect();
            self.write(of_row[0].1, of_row[0].0, &to);
        }
        let mut back: Vec<Link> = links.iter().map(|(layer, from, to)| (*layer, *to, *from)).collect();
        back.sort_unstable();
        let groups: Vec<&[Link]> = back.chunk_by(|a, b| (a.0, a.1) == (b.0, b.1)).collect();
        let this = &*self;
        let renewed = par::map_chunks(groups.len(), PIECE, |range| {
            groups[range].iter().map(|group| this.renewed(group)).collect::<Vec<_>>()
        });
        for (group, links) in groups.iter().zip(renewed.into_iter().flatten()) {
            self.write(group[0].1, group[0].0, &links);
        }
        let higher =
            |row: &u32| self.state.levels[*row as usize] > self.state.levels[self.state.entry as usize];
        if let Some(row) =
            batch.filter(higher).max_by_key(|row| (self.state.levels[*row as usize], u32::MAX - row))
        {
            self.state.entry = row;
        }
    }

    /// The links of a new row, in a batch that begins with row `first`.
    fn links_of(&self, first: u32, row: u32, effort: usize, room: &mut Room) -> Vec<Link> {
        let (query, level) = (self.row(row), usize::from(self.state.levels[row as usize]));
        let mut links = Vec::new();
        let mut from = self.descend(query, level, room);
        for layer in (0..=level.min(self.top())).rev() {
            from = self.search_layer(query, &from, effort, layer, room);
            let mut near = from.clone();
            if layer == 0 {
                // Those before it in the batch, which the graph does not lead to.
                let mates: Vec<u32> = (first..row).collect();
                self.distances(query, &mates, &mut room.distances);
                near.extend(mates.iter().zip(&room.distances).map(|(mate, d)| far(*d, *mate)));
                near.sort_unstable();
                near.truncate(effort);
            }
            let chosen = self.choose(&near, self.state.m, &mut room.distances);
            links.extend(chosen.into_iter().map(|to| (layer, row, to)));
        }
        links
    }

    /// The links of a row with some more, the best of them where there is no room.
    fn renewed(&self, group: &[Link]) -> Vec<u32> {
        let (layer, row) = (group[0].0, group[0].1);
        let mut links = self.links(row, layer).to_vec();
        links.extend(group.iter().map(|link| link.2));
        let room = self.state.m * if layer == 0 { 2 } else { 1 };
        if links.len() <= room {
            return links;
        }
        let mut distances = Vec::new();
        self.distances(self.row(row), &links, &mut distances);
        let mut near: Vec<Far> = links.iter().zip(&distances).map(|(link, d)| far(*d, *link)).collect();
        near.sort_unstable();
        self.choose(&near, room, &mut distances)
    }

    /// Of rows nearest first those that are no nearer to one that is taken already than to the query, up to `count`; then the
    /// nearest of the others. Of rows that equal the query one is taken first: the rest would leave no way out.
    fn choose(&self, near: &[Far], count: usize, distances: &mut Vec<f64>) -> Vec<u32> {
        let (mut taken, mut passed): (Vec<u32>, Vec<u32>) = (Vec::with_capacity(count), Vec::new());
        for (place, (bits, row)) in near.iter().enumerate() {
            if taken.len() == count {
                break;
            }
            let own = f64::from_bits(*bits);
            let is_apart = match own == 0.0 {
                true => place == 0,
                false => taken.chunks(8).all(|some| {
                    self.distances(self.row(*row), some, distances);
                    distances.iter().all(|d| *d >= own)
                }),
            };
            if is_apart { &mut taken } else { &mut passed }.push(*row);
        }
        let room = count - taken.len();
        taken.extend(passed.into_iter().take(room));
        taken
    }

    fn write(&mut self, row: u32, layer: usize, links: &[u32]) {
        let m = self.state.m;
        let places = match layer {
            0 => &mut self.state.base[row as usize * 2 * m..][..2 * m],
            layer => &mut self.state.above[self.start[row as usize] + (layer - 1) * m..][..m],
        };
        places.fill(NOBODY);
        places.iter_mut().zip(links).for_each(|(place, link)| *place = *link);
    }
}
