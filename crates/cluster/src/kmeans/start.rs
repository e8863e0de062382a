//! Where the centres begin.
//!
//! k-means++ draws each further centre with a probability in proportion to ωᵢ D²ᵢ, where Dᵢ is the distance of row i to
//! the nearest centre so far; of 2 + ⌊ln k⌋ such draws it keeps the one that leaves the least Σ ωᵢ D²ᵢ \[Arthur07\].
//! Distances to all draws of a round come from one pass over the rows.

use super::points::Points;
use estimand_core::Float;
use estimand_core::random::{Seed, Stream};
use estimand_kernels as kernels;
use estimand_par as par;
use rand::Rng;

/// Draws that share a pass.
const LANES: usize = 8;

/// The rows that k-means++ begins with.
pub(crate) fn plus_plus<F: Float>(
    points: &Points<'_, F>,
    weights: &[f64],
    k: usize,
    seed: Seed,
) -> Vec<usize> {
    let (n, stream) = (points.count(), &mut seed.stream(0));
    let draws = (2 + (k as f64).ln() as usize).min(LANES);
    let mut chosen = Vec::with_capacity(k);
    let mut nearest = Sums::new(weights.to_vec(), n);
    chosen.push(nearest.draw(stream));
    let mut distances = vec![[0.0; LANES]; n];
    // ωᵢ D²ᵢ for the first centre alone.
    squared_distances(points, &chosen, &mut distances);
    nearest.lower(|i, _| weights[i] * distances[i][0]);
    while chosen.len() < k {
        let drawn: Vec<usize> = (0..draws).map(|_| nearest.draw(stream)).collect();
        squared_distances(points, &drawn, &mut distances);
        let left = nearest.left(weights, &distances);
        let best = (0..draws).fold(0, |best, l| if left[l] < left[best] { l } else { best });
        nearest.lower(|i, now| now.min(weights[i] * distances[i][best]));
        chosen.push(drawn[best]);
    }
    chosen
}

/// k rows drawn without replacement, each with a probability in proportion to its weight: those with the largest
/// u^(1/ω) for u uniform in (0, 1) \[Efraimidis06\].
pub(crate) fn random(weights: &[f64], k: usize, seed: Seed) -> Vec<usize> {
    let mut stream = seed.stream(0);
    let mut keys: Vec<(f64, usize)> = weights
        .iter()
        .enumerate()
        .map(|(i, w)| (stream.random::<f64>().max(f64::MIN_POSITIVE).ln() / w, i))
        .filter(|(key, _)| *key > f64::NEG_INFINITY)
        .collect();
    keys.sort_unstable_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    keys.truncate(k);
    keys.into_iter().map(|(_, i)| i).collect()
}

/// ‖xᵢ − x_d‖² for each of the rows d, at most eight.
fn squared_distances<F: Float>(points: &Points<'_, F>, drawn: &[usize], out: &mut [[f64; LANES]]) {
    let p = points.origin().len();
    let mut centres = vec![[0.0; LANES]; p];
    for (l, d) in drawn.iter().enumerate() {
        points.given(*d).iter().zip(&mut centres).for_each(|(x, centre)| centre[l] = *x);
    }
    let ones = vec![[1.0; LANES]; p];
    let mut norms = [0.0; LANES];
    centres.iter().for_each(|c| (0..LANES).for_each(|l| norms[l] += c[l] * c[l]));
    par::for_each_chunk_mut(out, par::chunk_len(out.len(), LANES * p), |first, out| match points {
        Points::Dense { rows, origin } => {
            let rows: Vec<&[F]> = (first..first + out.len()).map(|i| Points::row(rows, origin, i)).collect();
            out.fill([0.0; LANES]);
            kernels::gaussian_eight(&rows, &centres, &ones, out);
        }
        Points::Sparse { rows, .. } => {
            for (i, out) in out.iter_mut().enumerate() {
                *out = norms;
                for (j, x) in rows.row(first + i).iter() {
                    let (x, c) = (x.f64(), &centres[j]);
                    (0..LANES).for_each(|l| out[l] += x * (x - 2.0 * c[l]));
                }
                out.iter_mut().for_each(|d| *d = d.max(0.0));
            }
        }
    });
}

/// Numbers that are not negative, and their sums by chunk: for draws in proportion to them.
struct Sums {
    values: Vec<f64>,
    chunk: usize,
    sums: Vec<f64>,
}

impl Sums {
    fn new(values: Vec<f64>, n: usize) -> Self {
        let chunk = par::chunk_len(n, 4).min(1 << 14);
        let sums = values.chunks(chunk).map(|part| part.iter().sum()).collect();
        Self { values, chunk, sums }
    }

    /// A place, with a probability in proportion to its value; where all values are zero, any place.
    fn draw(&self, stream: &mut Stream) -> usize {
        let total: f64 = self.sums.iter().sum();
        let u: f64 = stream.random();
        if total <= 0.0 {
            return (u * self.values.len() as f64) as usize;
        }
        let mut rest = u * total;
        let mut last = 0;
        for (k, sum) in self.sums.iter().enumerate() {
            if rest < *sum || k + 1 == self.sums.len() {
                let first = k * self.chunk;
                for (i, value) in
                    self.values[first..].iter().take(self.chunk).enumerate().filter(|(_, v)| **v > 0.0)
                {
                    last = first + i;
                    if rest < *value {
                        return last;
                    }
                    rest -= value;
                }
                // Rounding alone leads past the last value.
                if *sum > 0.0 {
                    return last;
                }
            }
            if *sum > 0.0 {
                rest -= sum;
            }
        }
        self.values.iter().rposition(|v| *v > 0.0).unwrap_or(last)
    }

    /// Σ min(value, ωᵢ dᵢₗ) for each draw l.
    fn left(&self, weights: &[f64], distances: &[[f64; LANES]]) -> [f64; LANES] {
        let add = |mut a: [f64; LANES], b: [f64; LANES]| {
            (0..LANES).for_each(|l| a[l] += b[l]);
            a
        };
        let part = |rows: std::ops::Range<usize>| {
            let mut sums = [0.0; LANES];
            for i in rows {
                let (value, weight, d) = (self.values[i], weights[i], &distances[i]);
                (0..LANES).for_each(|l| sums[l] += value.min(weight * d[l]));
            }
            sums
        };
        par::reduce(self.values.len(), self.chunk, part, add).unwrap_or_default()
    }

    /// Replaces every value.
    fn lower(&mut self, f: impl Fn(usize, f64) -> f64 + Sync) {
        let chunk = self.chunk;
        self.sums = par::map_rows_mut(&mut self.values, 1, chunk, |first, values| {
            values.iter_mut().enumerate().for_each(|(i, v)| *v = f(first + i, *v));
            values.iter().sum()
        });
    }
}
