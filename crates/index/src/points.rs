//! Points side by side in eights, as the kernels read them.

use estimand_core::Float;
use estimand_kernels as kernels;

/// Points of a block.
pub(crate) const EIGHT: usize = 8;

/// Rows in an order of their own, in blocks of eight: value (j, l) of block b is xⱼ of the point at place 8b + l.
#[derive(Clone, Debug)]
pub(crate) struct Points<T> {
    /// Columns.
    pub(crate) p: usize,
    /// The row at each place.
    pub(crate) order: Vec<u32>,
    blocks: Vec<T>,
}

impl<T: Float> Points<T> {
    /// The rows of `x`, row-major with `p` columns, in this order.
    pub(crate) fn new(x: &[T], p: usize, order: Vec<u32>) -> Self {
        let mut blocks = kernels::zeros(order.len().div_ceil(EIGHT) * EIGHT * p);
        for (block, rows) in blocks.chunks_exact_mut(EIGHT * p).zip(order.chunks(EIGHT)) {
            for (l, row) in rows.iter().enumerate() {
                let row = &x[*row as usize * p..][..p];
                block[l..].iter_mut().step_by(EIGHT).zip(row).for_each(|(place, v)| *place = *v);
            }
        }
        Self { p, order, blocks }
    }

    pub(crate) fn len(&self) -> usize {
        self.order.len()
    }

    /// Number of blocks; the last one may be partly filled.
    pub(crate) fn count(&self) -> usize {
        self.order.len().div_ceil(EIGHT)
    }

    /// Some blocks.
    #[inline]
    pub(crate) fn blocks(&self, range: std::ops::Range<usize>) -> &[T] {
        &self.blocks[range.start * EIGHT * self.p..range.end * EIGHT * self.p]
    }

    /// Writes the point at a place into `out`.
    pub(crate) fn copy(&self, place: usize, out: &mut [T]) {
        let block = self.blocks(place / EIGHT..place / EIGHT + 1);
        out.iter_mut().zip(block[place % EIGHT..].iter().step_by(EIGHT)).for_each(|(out, v)| *out = *v);
    }

    /// Those at some places.
    pub(crate) fn at(&self, places: &[usize]) -> Self {
        let mut rows = vec![T::zero(); places.len() * self.p];
        places.iter().zip(rows.chunks_exact_mut(self.p)).for_each(|(place, row)| self.copy(*place, row));
        let order = places.iter().map(|place| self.order[*place]).collect();
        Self { order, ..Self::new(&rows, self.p, (0..places.len() as u32).collect()) }
    }

    /// All rows, in the order of their numbers.
    pub(crate) fn rows(&self) -> Vec<T> {
        let mut rows = vec![T::zero(); self.len() * self.p];
        for (place, row) in self.order.iter().enumerate() {
            self.copy(place, &mut rows[*row as usize * self.p..][..self.p]);
        }
        rows
    }
}
