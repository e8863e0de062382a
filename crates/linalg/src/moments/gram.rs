//! AᵀA of A = √W [X − 1sᵀ | 1 | Y − 1sᵀ], tile by tile.

use crate::lines::{Lines, for_each_block, is_by_columns};
use estimand_core::Float;
use estimand_kernels::{self as kernels, PANEL};
use estimand_par as par;
use ndarray::{Array1, ArrayView1, ArrayView2, s};
use std::ops::Range;

/// Rows that are packed together: panels of 8 kB.
pub(crate) const ROWS: usize = 128;
/// Rows, at least, whose mean is the shift: few enough to cost nothing. Should all the others lie elsewhere, the
/// shift is still no further from the mean than √(n / 64) deviations.
pub(crate) const SAMPLE: usize = 64;
/// Panels that are packed together: at most 256 columns, 256 kB.
const GROUP: usize = 32;
const TILE: usize = PANEL * PANEL;

/// The matrix A, never written out.
pub(super) struct Design<'a, F> {
    x: ArrayView2<'a, F>,
    y: ArrayView2<'a, F>,
    weights: Option<ArrayView1<'a, F>>,
    /// s, of X and then of Y
    pub(super) shift: Vec<f64>,
    /// Whether the squares of some column vanish.
    pub(super) tiny: bool,
}

/// The lower triangle of a q × q matrix in tiles; tiles among targets are left out off the diagonal.
pub(crate) struct Tiles {
    layout: Layout,
    /// One vector for each pair of groups.
    values: Vec<Vec<f64>>,
}

/// How q columns, of which the last t + 1 are ones and targets, are cut into tiles and tiles into groups.
#[derive(Clone, Copy)]
pub(crate) struct Layout {
    pub(crate) p: usize,
    pub(crate) q: usize,
}

impl Layout {
    fn panels(self) -> usize {
        self.q.div_ceil(PANEL)
    }

    /// Pairs of groups of panels on and below the diagonal.
    fn group_pairs(self) -> Vec<(Range<usize>, Range<usize>)> {
        let group = |g: usize| g * GROUP..((g + 1) * GROUP).min(self.panels());
        let count = self.panels().div_ceil(GROUP);
        (0..count).flat_map(|a| (0..=a).map(move |b| (group(a), group(b)))).collect()
    }

    /// Pairs of panels in a pair of groups, in the order in which their tiles are kept.
    fn pairs(self, a: Range<usize>, b: Range<usize>) -> impl Iterator<Item = (usize, usize)> {
        let ones = self.p / PANEL;
        a.flat_map(move |c| b.clone().map(move |d| (c, d)))
            .filter(move |(c, d)| d == c || (d < c && *d <= ones))
    }

    /// Values in all tiles.
    fn len(self) -> usize {
        self.panels() * (self.panels() + 1) / 2 * TILE
    }
}

impl Tiles {
    /// Calls `f(i, j, value)` on each value with j ≤ i.
    pub(crate) fn for_each(&self, mut f: impl FnMut(usize, usize, f64)) {
        let q = self.layout.q;
        for ((a, b), values) in self.layout.group_pairs().into_iter().zip(&self.values) {
            for ((c, d), tile) in self.layout.pairs(a, b).zip(values.chunks_exact(TILE)) {
                for (k, row) in tile.chunks_exact(PANEL).enumerate() {
                    let i = c * PANEL + k;
                    row.iter().enumerate().map(|(l, value)| (d * PANEL + l, value)).for_each(|(j, value)| {
                        if i < q && j <= i {
                            f(i, j, *value);
                        }
                    });
                }
            }
        }
    }
}

/// Sums the tiles over parts of `n` rows: `part(rows, first group, second group, tiles)` adds its rows to
/// the tiles of a pair of groups.
pub(crate) fn sum_tiles(
    layout: Layout,
    n: usize,
    part: impl Fn(Range<usize>, Range<usize>, Range<usize>, &mut [f64]) + Sync,
) -> Tiles {
    let groups = layout.group_pairs();
    // Enough parts for many threads, as long as their tiles stay below 64 MB.
    let parts = ((1 << 23) / layout.len().max(1)).clamp(1, 64 / groups.len().min(64));
    // Large tiles want many rows, or clearing and adding them takes longer than filling them.
    let least = (layout.len() >> 14).clamp(1, 8) * ROWS;
    let rows =
        par::chunk_len_at_most(n, layout.len() / (8 * groups.len()), parts).max(least).next_multiple_of(ROWS);
    let count = n.div_ceil(rows).max(1);
    let mut values = par::map(count * groups.len(), |item| {
        let (a, b) = groups[item % groups.len()].clone();
        let mut tiles = vec![0.0; layout.pairs(a.clone(), b.clone()).count() * TILE];
        let first = item / groups.len() * rows;
        part(first..n.min(first + rows), a, b, &mut tiles);
        tiles
    });
    let rest = values.split_off(groups.len());
    for (item, tiles) in rest.into_iter().enumerate() {
        let total = &mut values[item % groups.len()];
        total.iter_mut().zip(&tiles).for_each(|(total, value)| *total += value);
    }
    Tiles { layout, values }
}

/// Adds the products of packed panels to the tiles of a pair of groups. `ahead(k, count)` are values to
/// bring near during tile k of `count`.
pub(crate) fn add_products<'a, F: Float>(
    layout: Layout,
    (a, b): (Range<usize>, Range<usize>),
    (left, right): (&[f64], &[f64]),
    rows: usize,
    tiles: &mut [f64],
    ahead: impl Fn(usize, usize) -> &'a [F],
) {
    let panel = |k: usize| k * ROWS * PANEL..(k * ROWS + rows) * PANEL;
    let (first_a, first_b, count) = (a.start, b.start, tiles.len() / TILE);
    for (k, ((c, d), tile)) in layout.pairs(a, b).zip(tiles.chunks_exact_mut(TILE)).enumerate() {
        let (left, right) = (&left[panel(c - first_a)], &right[panel(d - first_b)]);
        kernels::add_tile(left, right, tile, layout.q - c * PANEL, ahead(k, count));
    }
}

impl<'a, F: Float> Design<'a, F> {
    pub(super) fn new(
        x: ArrayView2<'a, F>,
        y: ArrayView2<'a, F>,
        weights: Option<ArrayView1<'a, F>>,
    ) -> Self {
        let n = x.nrows();
        assert_eq!((y.nrows(), weights.map_or(n, |w| w.len())), (n, n), "rows of X, of Y and weights");
        let mut tiny = false;
        let shift = [x, y].into_iter().flat_map(|x| provisional_mean(x, weights, &mut tiny)).collect();
        Self { x, y, weights, shift, tiny }
    }

    pub(super) fn tiles(&self) -> Tiles {
        let (n, p) = self.x.dim();
        let layout = Layout { p, q: p + 1 + self.y.ncols() };
        sum_tiles(layout, n, |rows, a, b, tiles| {
            let mut panels = [
                vec![0.0; a.len() * ROWS * PANEL],
                vec![0.0; if a == b { 0 } else { b.len() * ROWS * PANEL }],
            ];
            let mut factors = [1.0; ROWS];
            for from in rows.clone().step_by(ROWS) {
                let block = from..rows.end.min(from + ROWS);
                if let Some(weights) = self.weights {
                    factors
                        .iter_mut()
                        .zip(weights.slice(s![block.clone()]))
                        .for_each(|(f, w)| *f = w.f64().sqrt());
                }
                let [left, right] = &mut panels;
                self.pack(block.clone(), a.clone(), &factors, left);
                if a != b {
                    self.pack(block.clone(), b.clone(), &factors, right);
                }
                let right = if a == b { &*left } else { &*right };
                // With more than one group the products take far longer than memory does.
                let next_rows = if layout.panels() > GROUP { 0 } else { ROWS };
                let next = self.x.slice(s![block.end..rows.end.min(block.end + next_rows), ..]);
                add_products(
                    layout,
                    (a.clone(), b.clone()),
                    (left, right),
                    block.len(),
                    tiles,
                    |k, count| piece(next, k, count),
                );
            }
        })
    }

    /// Writes rows of A into panels.
    fn pack(&self, rows: Range<usize>, panels: Range<usize>, factors: &[f64; ROWS], out: &mut [f64]) {
        let (p, q) = (self.x.ncols(), self.shift.len() + 1);
        let columns = panels.start * PANEL..q.min(panels.end * PANEL);
        let of_x = columns.start.min(p)..columns.end.min(p);
        let shift = &self.shift[of_x.clone()];
        for_each_block(self.x.slice(s![rows.clone(), of_x]), ROWS, |_, lines| match lines {
            Lines::Rows(lines) => kernels::pack_rows(lines, shift, factors, out, ROWS),
            Lines::Columns(lines) => kernels::pack_columns(lines, shift, factors, out, ROWS),
        });
        for j in columns.start.max(p)..columns.end {
            let at = j - columns.start;
            let places = out[at / PANEL * ROWS * PANEL + at % PANEL..].iter_mut().step_by(PANEL).zip(factors);
            if j == p {
                places.take(rows.len()).for_each(|(place, factor)| *place = *factor);
            } else {
                let shift = self.shift[j - 1];
                let targets = self.y.slice(s![rows.clone(), j - p - 1]);
                targets
                    .iter()
                    .zip(places)
                    .for_each(|(y, (place, factor))| *place = (y.f64() - shift) * factor);
            }
        }
    }
}

/// The mean of rows spread evenly over the data; exact for constant columns. Sets `tiny` if the squares of
/// the deviations from it vanish although these do not.
fn provisional_mean<F: Float>(
    x: ArrayView2<'_, F>,
    weights: Option<ArrayView1<'_, F>>,
    tiny: &mut bool,
) -> Vec<f64> {
    let step = (x.nrows() / SAMPLE).max(1);
    let sample = x.slice(s![..;step, ..]);
    let mut weights =
        weights.map_or_else(|| Array1::ones(sample.nrows()), |w| w.slice(s![..;step]).mapv(Float::f64));
    // None but zero weights in the sample: better an unweighted mean than none.
    let total = weights.sum();
    weights = if total > 0.0 {
        weights / total
    } else {
        Array1::from_elem(sample.nrows(), 1.0 / sample.nrows() as f64)
    };
    let mean_of = |column: ArrayView1<'_, F>| {
        let first = column.first().map_or(0.0, |v| v.f64());
        let mean = first + column.iter().zip(&weights).map(|(v, w)| w * (v.f64() - first)).sum::<f64>();
        let spread = column.iter().fold(0.0_f64, |max, v| max.max((v.f64() - mean).abs()));
        *tiny |= spread > 0.0 && spread * spread < super::SMALLEST;
        mean
    };
    sample.columns().into_iter().map(mean_of).collect()
}

/// Piece k of `count` pieces of a block; asks for it right away where it is not contiguous.
pub(crate) fn piece<F: Float>(x: ArrayView2<'_, F>, k: usize, count: usize) -> &[F] {
    let lines = if is_by_columns(x) { x.reversed_axes() } else { x };
    let piece = |n: usize| n * k / count..n * (k + 1) / count;
    if let Some(all) = lines.to_slice() {
        return &all[piece(all.len())];
    }
    piece(lines.nrows()).for_each(|i| kernels::prefetch(lines.row(i).to_slice().unwrap_or_default()));
    &[]
}
