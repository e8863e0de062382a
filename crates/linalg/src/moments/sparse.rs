//! Moments of compressed sparse rows.
//!
//! Rows with many stored values are written out in full and go the way of dense ones. Otherwise each pair of
//! stored values of a row meets once: n (s + 1 + t)² / 2 multiply-adds for s stored values per row.

use super::Moments;
use super::gram::{Layout, ROWS, SAMPLE, add_products, sum_tiles};
use crate::product::add;
use estimand_core::{CsrView, Float};
use estimand_kernels::PANEL;
use estimand_par as par;
use ndarray::{ArrayView1, ArrayView2, Axis, s};
use std::ops::Range;

/// [X | 1 | Y − 1sᵀ], weighted.
struct Design<'a, F> {
    x: CsrView<'a, F>,
    y: ArrayView2<'a, F>,
    weights: Option<ArrayView1<'a, F>>,
    shift: Vec<f64>,
    layout: Layout,
}

pub(super) fn moments<F: Float>(
    x: CsrView<'_, F>,
    y: ArrayView2<'_, F>,
    weights: Option<ArrayView1<'_, F>>,
) -> Moments {
    let (n, p, t) = (x.nrows(), x.ncols(), y.ncols());
    assert_eq!((y.nrows(), weights.map_or(n, |w| w.len())), (n, n), "rows of X, of Y and weights");
    let layout = Layout { p, q: p + 1 + t };
    let mut design = Design { x, y, weights, shift: vec![0.0; p + t], layout };
    if let Some(y) = y.mean_axis(Axis(0)) {
        design.shift[p..].iter_mut().zip(y).for_each(|(shift, mean)| *shift = mean.f64());
    }
    let weight = super::total_weight(n, weights);
    let per_row = x.nnz() / n.max(1) + 1 + t;
    // A multiply-add in a tile costs a thirtieth of one that is scattered.
    if 30 * per_row * per_row > layout.q * layout.q {
        design.shift_columns();
        let tiles = design.tiles();
        Moments::from_sums(|f| tiles.for_each(f), weight, &design.shift, p)
    } else {
        let sums = design.scattered();
        let width = layout.q;
        let each = |f: &mut dyn FnMut(usize, usize, f64)| {
            (0..width).for_each(|i| (0..=i).for_each(|j| f(i, j, sums[i * width + j])));
        };
        Moments::from_sums(each, weight, &design.shift, p)
    }
}

impl<F: Float> Design<'_, F> {
    /// s ← the mean of rows spread evenly over X
    fn shift_columns(&mut self) {
        let step = (self.x.nrows() / SAMPLE).max(1);
        let count = self.x.nrows().div_ceil(step) as f64;
        for i in (0..self.x.nrows()).step_by(step) {
            self.x.row(i).iter().for_each(|(j, v)| self.shift[j] += v.f64() / count);
        }
    }

    fn weight(&self, i: usize) -> f64 {
        self.weights.map_or(1.0, |w| w[i].f64())
    }

    /// As for dense rows: panels, tile by tile.
    fn tiles(&self) -> super::gram::Tiles {
        sum_tiles(self.layout, self.x.nrows(), |rows, a, b, tiles| {
            let mut panels = [
                vec![0.0; a.len() * ROWS * PANEL],
                vec![0.0; if a == b { 0 } else { b.len() * ROWS * PANEL }],
            ];
            for from in rows.clone().step_by(ROWS) {
                let block = from..rows.end.min(from + ROWS);
                let [left, right] = &mut panels;
                self.pack(block.clone(), a.clone(), left);
                if a != b {
                    self.pack(block.clone(), b.clone(), right);
                }
                let right = if a == b { &*left } else { &*right };
                add_products::<f64>(
                    self.layout,
                    (a.clone(), b.clone()),
                    (left, right),
                    block.len(),
                    tiles,
                    |_, _| &[],
                );
            }
        })
    }

    fn pack(&self, rows: Range<usize>, panels: Range<usize>, out: &mut [f64]) {
        let Layout { p, q } = self.layout;
        let columns = panels.start * PANEL..q.min(panels.end * PANEL);
        let place = |j: usize, k: usize| {
            (j - columns.start) / PANEL * ROWS * PANEL + k * PANEL + (j - columns.start) % PANEL
        };
        for (k, i) in rows.enumerate() {
            let factor = self.weight(i).sqrt();
            for j in columns.clone() {
                out[place(j, k)] = factor
                    * match j {
                        _ if j < p => -self.shift[j],
                        _ if j == p => 1.0,
                        _ => self.y[[i, j - p - 1]].f64() - self.shift[j - 1],
                    };
            }
            for (j, v) in self.x.row(i).iter().filter(|(j, _)| columns.contains(j)) {
                out[place(j, k)] = factor * (v.f64() - self.shift[j]);
            }
        }
    }

    /// The lower triangle of the q × q sums, row-major.
    fn scattered(&self) -> Vec<f64> {
        let (n, Layout { p, q }) = (self.x.nrows(), self.layout);
        let per_row = self.x.nnz() / n.max(1) + q - p;
        let parts = ((1 << 23) / (q * q)).clamp(1, 16);
        let sums = par::reduce(
            n,
            par::chunk_len_at_most(n, per_row * per_row / 2, parts),
            |rows| {
                let (mut sums, mut entries) = (vec![0.0; q * q], Vec::new());
                for i in rows {
                    let weight = self.weight(i);
                    entries.clear();
                    entries.extend(self.x.row(i).iter().map(|(j, v)| (j, v.f64())));
                    entries.push((p, 1.0));
                    let known = entries.len();
                    entries.extend(
                        self.y
                            .slice(s![i, ..])
                            .iter()
                            .zip(&self.shift[p..])
                            .enumerate()
                            .map(|(j, (y, s))| (p + 1 + j, y.f64() - s)),
                    );
                    for (k, (row, a)) in entries.iter().enumerate() {
                        let sums = &mut sums[row * q..][..q];
                        let scaled = weight * a;
                        entries[..known.min(k + 1)]
                            .iter()
                            .for_each(|(column, b)| sums[*column] += scaled * b);
                        if k >= known {
                            sums[*row] += scaled * a;
                        }
                    }
                }
                sums
            },
            add,
        );
        sums.unwrap_or_else(|| vec![0.0; q * q])
    }
}
