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
/// Rows whose distances are kept while they are used.
const AT_ONCE: usize = 64;

/// The rows that k-means++ begins with.
pub(crate) fn plus_plus<F: Float>(
    points: &Points<'_, F>,
    weights: &[f64],
    k: usize,
    seed: Seed,
) -> Vec<usize> {
    let (n, stream) = (points.count(), &mut seed.stream(0));
    let draws = (2 + (k as f64).ln() as usize).min(LANES);
    let mut left = Potential::new(weights.to_vec(), points.origin().len());
    let mut chosen = vec![left.draw(stream)];
    let mut tried = vec![0.0; n * draws];
    left.values.fill(f64::INFINITY);
    left.lower(points, weights, &chosen, &mut tried);
    while chosen.len() < k {
        let drawn: Vec<usize> = (0..draws).map(|_| left.draw(stream)).collect();
        let best = left.lower(points, weights, &drawn, &mut tried);
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

/// Columns of the rows d, at most eight, side by side, and their squared lengths.
fn side_by_side<F: Float>(points: &Points<'_, F>, drawn: &[usize]) -> (Vec<[f64; LANES]>, [f64; LANES]) {
    let mut centres = vec![[0.0; LANES]; points.origin().len()];
    for (l, d) in drawn.iter().enumerate() {
        points.given(*d).iter().zip(&mut centres).for_each(|(x, centre)| centre[l] = *x);
    }
    let mut norms = [0.0; LANES];
    centres.iter().for_each(|c| (0..LANES).for_each(|l| norms[l] += c[l] * c[l]));
    (centres, norms)
}

/// ωᵢ D²ᵢ of all rows and its sums by chunk: for draws in proportion to it.
struct Potential {
    values: Vec<f64>,
    chunk: usize,
    sums: Vec<f64>,
}

impl Potential {
    /// Values of rows p wide.
    fn new(values: Vec<f64>, p: usize) -> Self {
        let chunk = par::chunk_len(values.len(), LANES * p);
        let sums = values.chunks(chunk).map(|part| part.iter().sum()).collect();
        Self { values, chunk, sums }
    }

    /// A row, with a probability in proportion to its value; where all values are zero, any row.
    fn draw(&self, stream: &mut Stream) -> usize {
        let total: f64 = self.sums.iter().sum();
        let u: f64 = stream.random();
        if total <= 0.0 {
            return (u * self.values.len() as f64) as usize;
        }
        let mut rest = u * total;
        let mut last = 0;
        for (k, sum) in self.sums.iter().enumerate().filter(|(_, sum)| **sum > 0.0) {
            if rest < *sum || k + 1 == self.sums.len() {
                let first = k * self.chunk;
                let values = self.values[first..].iter().take(self.chunk).enumerate();
                for (i, value) in values.filter(|(_, v)| **v > 0.0) {
                    last = first + i;
                    if rest < *value {
                        return last;
                    }
                    rest -= value;
                }
                // Rounding alone leads past the last value.
                return last;
            }
            rest -= sum;
        }
        self.values.iter().rposition(|v| *v > 0.0).unwrap_or(last)
    }

    /// Takes the one of the rows d, at most eight, that leaves the least Σ min(value, ωᵢ ‖xᵢ − x_d‖²), and returns which
    /// it is. All come from one pass over the points; `tried` has room for the values that each would leave.
    fn lower<F: Float>(
        &mut self,
        points: &Points<'_, F>,
        weights: &[f64],
        drawn: &[usize],
        tried: &mut [f64],
    ) -> usize {
        let (n, count) = (self.values.len(), drawn.len());
        let (centres, norms) = side_by_side(points, drawn);
        let tried = &mut tried[..n * count];
        // Of each chunk, what the first draw leaves of all rows, then what the second leaves.
        let sums = par::map_rows_mut(tried, count, self.chunk, |first, tried| {
            let rows = tried.len() / count;
            let (mut sums, mut distances) = ([0.0; LANES], [[0.0; LANES]; AT_ONCE]);
            for from in (0..rows).step_by(AT_ONCE) {
                let some = from..rows.min(from + AT_ONCE);
                let distances = &mut distances[..some.len()];
                squared(points, first + from, &centres, &norms, distances);
                for (i, d) in some.zip(distances) {
                    let (value, weight) = (self.values[first + i], weights[first + i]);
                    for l in 0..count {
                        let new = weight * d[l];
                        tried[l * rows + i] = if new < value { new } else { value };
                        sums[l] += tried[l * rows + i];
                    }
                }
            }
            sums
        });
        let total = |l: usize| sums.iter().map(|sums| sums[l]).sum::<f64>();
        let best = super::points::least((0..count).map(total));
        for (values, tried) in self.values.chunks_mut(self.chunk).zip(tried.chunks(self.chunk * count)) {
            let rows = values.len();
            values.copy_from_slice(&tried[best * rows..][..rows]);
        }
        self.sums = sums.into_iter().map(|sums| sums[best]).collect();
        best
    }
}

/// ‖xᵢ − x_d‖² of rows `first` and on to rows side by side, whose squared lengths are `norms`.
fn squared<F: Float>(
    points: &Points<'_, F>,
    first: usize,
    centres: &[[f64; LANES]],
    norms: &[f64; LANES],
    out: &mut [[f64; LANES]],
) {
    match points {
        Points::Dense { rows, origin } => {
            let mut some: [&[F]; AT_ONCE] = [&[]; AT_ONCE];
            some.iter_mut()
                .zip(first..first + out.len())
                .for_each(|(row, i)| *row = Points::row(rows, origin, i));
            out.fill([0.0; LANES]);
            kernels::distance_eight(&some[..out.len()], centres, out);
        }
        Points::Sparse { rows, .. } => {
            for (i, out) in out.iter_mut().enumerate() {
                *out = *norms;
                for (j, x) in rows.row(first + i).iter() {
                    let (x, c) = (x.f64(), &centres[j]);
                    (0..LANES).for_each(|l| out[l] += x * (x - 2.0 * c[l]));
                }
                out.iter_mut().for_each(|d| *d = d.max(0.0));
            }
        }
    }
}
