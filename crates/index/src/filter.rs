//! All rows, by matrix products: squared distances for many columns.
//!
//! ```text
//! ‖q − x‖² = ‖q‖² − 2 q·x + ‖x‖²                                                                    (1)
//! |‖x‖² − 2 q·x − as computed| ≤ u (2 ‖x‖² + 2 (p + 6) ‖q‖ ‖x‖)     u = 2⁻²⁴, first order          (2)
//! ```
//!
//! 1. Rows less their mean, in single precision, and their squared norms.
//! 2. A tile of products of [`QUERIES`] with [`TILE`] rows, as one matrix product in single precision: half the time of
//!    double precision.
//! 3. While the tile is in cache, rows that by (1) and (2) may be within the bound are looked up, and their distances
//!    computed in double precision, in the way that all others are. No others are.
//!
//! So the answer is exact whatever (1) loses by cancellation: rows that are alike in single precision cost time, not
//! digits.

use crate::best::Seek;
use estimand_core::Float;
use estimand_kernels as kernels;
use estimand_linalg as linalg;
use ndarray::{Array2, s};

/// Queries whose products are computed together.
pub(crate) const QUERIES: usize = 256;
/// Rows whose products are computed together.
const TILE: usize = 512;
/// Half a unit in the last place of single precision.
const U: f64 = 1.0 / (1 << 24) as f64;

/// Rows, and what step 1 makes of them.
#[derive(Clone, Debug)]
pub(crate) struct Filter<T> {
    pub(crate) p: usize,
    pub(crate) rows: Vec<T>,
    mean: Vec<f64>,
    /// What brings the largest value near 1; a power of two.
    scale: f64,
    singles: Array2<f32>,
    /// ‖x‖²
    norms: Vec<f32>,
    /// The largest ‖x‖ of each tile.
    reach: Vec<f64>,
}

/// A query, and ‖q‖² of step 1.
struct About<'a, T> {
    row: &'a [T],
    norm: f64,
}

impl<T: Float> Filter<T> {
    /// Of row-major rows of p columns.
    pub(crate) fn new(rows: Vec<T>, p: usize) -> Self {
        let n = rows.len() / p;
        let mut mean = vec![0.0; p];
        for row in rows.chunks_exact(p) {
            mean.iter_mut().zip(row).for_each(|(sum, v)| *sum += v.f64());
        }
        mean.iter_mut().for_each(|sum| *sum /= n as f64);
        let size = |row: &[T]| row.iter().zip(&mean).fold(0.0_f64, |m, (v, c)| m.max((v.f64() - c).abs()));
        let largest = rows.chunks_exact(p).map(size).fold(0.0, f64::max);
        let scale = if largest > 0.0 { (-largest.log2().ceil()).exp2() } else { 1.0 };
        let mut filter = Self {
            p,
            mean,
            scale,
            singles: Array2::zeros((n, p)),
            norms: vec![0.0; n],
            reach: Vec::new(),
            rows,
        };
        let mut singles = vec![0.0; n * p];
        let mut largest = vec![0.0_f64; n.div_ceil(TILE)];
        for (i, (row, single)) in filter.rows.chunks_exact(p).zip(singles.chunks_exact_mut(p)).enumerate() {
            let norm = filter.single(row, single);
            filter.norms[i] = norm as f32;
            largest[i / TILE] = largest[i / TILE].max(norm.sqrt());
        }
        filter.reach = largest;
        filter.singles = Array2::from_shape_vec((n, p), singles).unwrap_or_default();
        filter
    }

    /// (row − mean) scale in single precision, and its squared norm in double precision.
    fn single(&self, row: &[T], out: &mut [f32]) -> f64 {
        let mut norm = 0.0;
        for ((v, mean), out) in row.iter().zip(&self.mean).zip(out) {
            let v = (v.f64() - mean) * self.scale;
            norm += v * v;
            *out = v as f32;
        }
        norm
    }

    fn row(&self, i: usize) -> &[T] {
        &self.rows[i * self.p..][..self.p]
    }

    /// Offers each query's rows to its `seek`. At most [`QUERIES`] queries, row-major.
    pub(crate) fn search<S: Seek>(&self, queries: &[T], seeks: &mut [S]) {
        let (m, p, n) = (seeks.len(), self.p, self.norms.len());
        let mut singles = Array2::zeros((m, p));
        let about: Vec<About<'_, T>> = queries
            .chunks_exact(p)
            .zip(singles.as_slice_mut().unwrap_or_default().chunks_exact_mut(p))
            .map(|(row, single)| About { row, norm: self.single(row, single) })
            .collect();
        let mut products = Array2::<f32>::zeros((m, TILE));
        let mut hits = Vec::new();
        for (tile, first) in (0..n).step_by(TILE).enumerate() {
            let last = n.min(first + TILE);
            let mut products = products.slice_mut(s![.., ..last - first]);
            linalg::matmul_into(
                singles.view(),
                self.singles.slice(s![first..last, ..]).t(),
                products.view_mut(),
            );
            for ((about, seek), products) in about.iter().zip(&mut *seeks).zip(products.rows()) {
                self.tile(tile, about, products.as_slice().unwrap_or_default(), seek, &mut hits);
            }
        }
    }

    /// Step 3 for one query.
    fn tile<S: Seek>(
        &self,
        tile: usize,
        about: &About<'_, T>,
        products: &[f32],
        seek: &mut S,
        hits: &mut Vec<u32>,
    ) {
        let norms = &self.norms[tile * TILE..][..products.len()];
        let bound = match seek.bound() {
            f64::INFINITY => self.first_bound(tile, about, products, seek.lacks()),
            bound => bound,
        };
        hits.clear();
        match self.limit(bound, about.norm, self.reach[tile]) {
            Some(limit) => kernels::closer(products, norms, limit, hits),
            None => hits.extend(0..products.len() as u32),
        }
        self.distances(tile, about.row, hits, |row, distance| {
            if distance <= seek.bound() {
                seek.offer(distance, row);
            }
        });
    }

    /// A bound that at least `count` rows of the tile keep: they are the nearest by (1).
    fn first_bound(&self, tile: usize, about: &About<'_, T>, products: &[f32], count: usize) -> f64 {
        if count == 0 || count >= products.len() {
            return f64::INFINITY;
        }
        let value = |i: u32| self.norms[tile * TILE + i as usize] - 2.0 * products[i as usize];
        let mut nearest: Vec<u32> = (0..products.len() as u32).collect();
        nearest.select_nth_unstable_by(count - 1, |a, b| value(*a).total_cmp(&value(*b)));
        let mut bound = 0.0;
        self.distances(tile, about.row, &nearest[..count], |_, distance| bound = f64::max(bound, distance));
        bound
    }

    /// What (1) less ‖q‖² is at most, as computed, where the distance is at most `bound`; `None` where single precision does
    /// not reach as far.
    fn limit(&self, bound: f64, norm: f64, reach: f64) -> Option<f32> {
        let exact = bound * self.scale * self.scale - norm;
        let size = norm.sqrt();
        if !(size < 1e15 && exact < 1e30) {
            return None;
        }
        let error = 2.0 * reach * reach + 2.0 * (self.p as f64 + 6.0) * size * reach + 2.0 * exact.abs();
        // Roundings of `exact` and of the distances in double precision: far queries lose more than (2) by them.
        let double = 8.0 * (self.p as f64 + 8.0) * f64::EPSILON * (norm + bound * self.scale * self.scale);
        // Second order, the rounding of the limit itself, and values that are lost below 10⁻³⁸.
        Some((exact + double + 1.1 * U * error + self.p as f64 * 1e-36) as f32)
    }

    /// Calls `f(row, distance)` for rows of a tile.
    fn distances(&self, tile: usize, query: &[T], hits: &[u32], mut f: impl FnMut(u32, f64)) {
        for hits in hits.chunks(8) {
            let (mut rows, mut distances) = ([query; 8], [0.0; 8]);
            let number = |hit: u32| (tile * TILE) as u32 + hit;
            hits.iter().zip(&mut rows).for_each(|(hit, row)| *row = self.row(number(*hit) as usize));
            kernels::rows_squared(query, &rows[..hits.len()], &mut distances[..hits.len()]);
            hits.iter().zip(distances).for_each(|(hit, distance)| f(number(*hit), distance));
        }
    }
}
