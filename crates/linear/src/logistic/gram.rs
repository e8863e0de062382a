//! Σ dᵢ aᵢaᵢᵀ over blocks of rows, a = (x − c, 1): the part of a Hessian that belongs to one class.

use crate::scores::by_rows;
use estimand_kernels::{self as kernels, PANEL};
use ndarray::Array2;

/// The sums, in tiles of 8 × 8 on and below the diagonal.
pub(crate) struct Gram {
    width: usize,
    tiles: Vec<f64>,
}

/// Rows √dᵢ aᵢ in panels of eight columns, which are what tiles are made of.
#[derive(Default)]
pub(crate) struct Panels {
    width: usize,
    values: Vec<f64>,
    factors: Vec<f64>,
}

/// Rows that are packed together: eight columns of them take 16 kB.
const ROWS: usize = 256;

impl Gram {
    /// No rows yet of q columns.
    pub(crate) fn new(width: usize) -> Self {
        let strips = width.div_ceil(PANEL);
        Self { width, tiles: vec![0.0; strips * (strips + 1) / 2 * PANEL * PANEL] }
    }

    pub(crate) fn clear(&mut self) {
        self.tiles.fill(0.0);
    }

    /// Adds dᵢ aᵢaᵢᵀ for rows xᵢ as wide as `shift`, which is c; the 1 is appended where there is room for it.
    pub(crate) fn add(&mut self, x: &[f64], shift: &[f64], d: &[f64], panels: &mut Panels) {
        for (x, d) in x.chunks(ROWS * shift.len()).zip(d.chunks(ROWS)) {
            panels.pack(x, shift, d, self.width);
            self.add_panels(panels, d.len());
        }
    }

    fn add_panels(&mut self, panels: &Panels, count: usize) {
        let panel = |c: usize| &panels.values[c * PANEL * ROWS..][..count * PANEL];
        let mut tiles = self.tiles.chunks_exact_mut(PANEL * PANEL);
        for c in 0..self.width.div_ceil(PANEL) {
            for d in 0..=c {
                if let Some(tile) = tiles.next() {
                    kernels::add_tile(
                        panel(c),
                        panel(d),
                        tile,
                        (self.width - c * PANEL).min(PANEL),
                        &[] as &[f64],
                    );
                }
            }
        }
    }

    /// Adds the sums of other rows.
    pub(crate) fn add_sums(&mut self, other: &Self) {
        self.tiles.iter_mut().zip(&other.tiles).for_each(|(a, b)| *a += b);
    }

    /// `scale` times the sums, both triangles.
    pub(crate) fn matrix(&self, scale: f64) -> Array2<f64> {
        Array2::from_shape_fn((self.width, self.width), |(i, j)| {
            let (i, j) = (i.max(j), i.min(j));
            let (c, d) = (i / PANEL, j / PANEL);
            scale * self.tiles[(c * (c + 1) / 2 + d) * PANEL * PANEL + i % PANEL * PANEL + j % PANEL]
        })
    }
}

impl Panels {
    /// Packs at most [`ROWS`] rows into `width` columns.
    fn pack(&mut self, x: &[f64], shift: &[f64], d: &[f64], width: usize) {
        if self.width != width {
            // Lanes beyond the last column are never written, and must be 0.
            self.width = width;
            self.values.clear();
            self.values.resize(width.div_ceil(PANEL) * PANEL * ROWS, 0.0);
        }
        let Self { values, factors, .. } = self;
        factors.clear();
        factors.extend(d.iter().map(|d| d.sqrt()));
        by_rows(x, shift.len(), |at, rows| {
            kernels::pack_rows(rows, shift, &factors[at.clone()], &mut values[at.start * PANEL..], ROWS);
        });
        if width > shift.len() {
            let last = &mut values[shift.len() / PANEL * PANEL * ROWS + shift.len() % PANEL..];
            last.iter_mut().step_by(PANEL).zip(factors).for_each(|(lane, factor)| *lane = *factor);
        }
    }
}
