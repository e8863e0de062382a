//! The chain of nearest neighbours by ward's distance, from means and weights alone.

use super::model::Join;
use crate::kmeans::points::Points;
use estimand_core::{Float, Records, Result};
use estimand_kernels as kernels;
use estimand_par as par;

const EIGHT: usize = 8;

/// Clusters in places 0 … `count` − 1, eight side by side.
struct Clusters {
    p: usize,
    count: usize,
    /// Means less the mean of all: p values of eight clusters, then of the next eight.
    means: Vec<f64>,
    /// Weights of the rows; NaN where there is no cluster.
    sizes: Vec<[f64; EIGHT]>,
    /// A row of each.
    rows: Vec<usize>,
}

/// The joins of all rows, in the order of the chain.
pub(super) fn joins<F: Float>(x: Records<'_, F>, weights: &[f64]) -> Result<Vec<Join>> {
    let (points, _) = Points::new(x, None)?;
    let mut clusters = Clusters::new(&points, weights);
    let n = clusters.count;
    let mut joins = Vec::with_capacity(n.saturating_sub(1));
    let mut chain: Vec<usize> = Vec::new();
    let mut room = vec![[0.0; EIGHT]; clusters.sizes.len()];
    let mut mean = vec![0.0; clusters.p];
    while clusters.count > 1 {
        if chain.is_empty() {
            chain.push(0);
        }
        let Some(&last) = chain.last() else { break };
        let before = chain.len().checked_sub(2).map(|i| chain[i]);
        let (nearest, square) = clusters.nearest(last, before, &mut mean, &mut room);
        if before != Some(nearest) {
            chain.push(nearest);
            continue;
        }
        chain.truncate(chain.len() - 2);
        joins.push(Join { rows: [clusters.rows[last], clusters.rows[nearest]], distance: square.sqrt() });
        let (from, to) = clusters.join(last, nearest);
        chain.iter_mut().filter(|place| **place == from).for_each(|place| *place = to);
    }
    Ok(joins)
}

impl Clusters {
    fn new<F: Float>(points: &Points<'_, F>, weights: &[f64]) -> Self {
        let (n, p) = (points.count(), points.origin().len());
        let blocks = n.div_ceil(EIGHT);
        let mut clusters = Self {
            p,
            count: n,
            means: vec![0.0; blocks * p * EIGHT],
            sizes: vec![[f64::NAN; EIGHT]; blocks],
            rows: (0..n).collect(),
        };
        let mut row = vec![0.0; p];
        for i in 0..n {
            row.fill(0.0);
            points.add(i, 1.0, &mut row);
            clusters.put(i, &row, weights[i]);
        }
        clusters
    }

    fn put(&mut self, place: usize, mean: &[f64], size: f64) {
        let (block, lane) = (place / EIGHT, place % EIGHT);
        let means = self.means[block * self.p * EIGHT..].iter_mut().skip(lane).step_by(EIGHT);
        means.zip(mean).for_each(|(out, m)| *out = *m);
        self.sizes[block][lane] = size;
    }

    fn mean(&self, place: usize, out: &mut [f64]) {
        let means = self.means[place / EIGHT * self.p * EIGHT..].iter().skip(place % EIGHT).step_by(EIGHT);
        out.iter_mut().zip(means).for_each(|(out, m)| *out = *m);
    }

    fn size(&self, place: usize) -> f64 {
        self.sizes[place / EIGHT][place % EIGHT]
    }

    /// The nearest cluster and the square of how far it is; of equals the one before in the chain, else the first.
    fn nearest(
        &self,
        place: usize,
        before: Option<usize>,
        mean: &mut [f64],
        room: &mut [[f64; EIGHT]],
    ) -> (usize, f64) {
        self.mean(place, mean);
        let (size, mean, width) = (self.size(place), &*mean, self.p * EIGHT);
        let blocks = self.count.div_ceil(EIGHT);
        let chunk = par::chunk_len(blocks, width / 4 + 8);
        let least = par::map_rows_mut(&mut room[..blocks], 1, chunk, |first, out| {
            kernels::near_squared(
                mean,
                &self.means[first * width..(first + out.len()) * width],
                f64::NAN,
                out,
            );
            let mut least = [f64::INFINITY; EIGHT];
            for (b, out) in out.iter_mut().enumerate() {
                let sizes = &self.sizes[first + b];
                (0..EIGHT).for_each(|l| out[l] *= 2.0 * size * sizes[l] / (size + sizes[l]));
                if (first + b) == place / EIGHT {
                    out[place % EIGHT] = f64::NAN;
                }
                // Nothing is less than NaN.
                (0..EIGHT).for_each(|l| least[l] = if out[l] < least[l] { out[l] } else { least[l] });
            }
            least.into_iter().fold(f64::INFINITY, f64::min)
        });
        let least = least.into_iter().fold(f64::INFINITY, f64::min);
        let room = room.as_flattened();
        match before {
            Some(before) if room[before] == least => (before, least),
            _ => (room.iter().position(|d| *d == least).unwrap_or(place), least),
        }
    }

    /// Joins two clusters in the lower place. The last cluster takes the other place: from where, and where to.
    fn join(&mut self, a: usize, b: usize) -> (usize, usize) {
        let (low, high) = (a.min(b), a.max(b));
        let (of_low, of_high) = (self.size(low), self.size(high));
        let (mut mean, mut other) = (vec![0.0; self.p], vec![0.0; self.p]);
        self.mean(low, &mut mean);
        self.mean(high, &mut other);
        let share = of_high / (of_low + of_high);
        mean.iter_mut().zip(&other).for_each(|(m, o)| *m += share * (o - *m));
        self.put(low, &mean, of_low + of_high);
        let last = self.count - 1;
        self.mean(last, &mut other);
        let size = self.size(last);
        self.put(high, &other, size);
        self.put(last, &mean, f64::NAN);
        self.rows[high] = self.rows[last];
        self.count = last;
        (last, high)
    }
}
