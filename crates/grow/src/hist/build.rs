//! Building histograms: the loop in which most of the time goes.
//!
//! Rows are taken in tiles. The words of a tile's rows and their cells are first copied side by side, and then every block
//! adds its bytes up in a loop of its own: the cells that it adds to (8 × 256 of 8 or 16 bytes) stay in the first cache,
//! nothing in the loop waits for memory, and bytes need no bounds to be checked. Meanwhile memory is asked for the rows
//! of the next tile, a row every few turns, so that it is never idle and never asked for too much at once.
//! Measured on 10⁶ × 28 (2 cores, 2026-11): 0.5 ns for each value of a third or a twentieth of the rows; without tiles
//! 1.3 and 8 ns. Rows that already stand side by side, as those of the root, are not copied.

use super::cell::Cell;
use crate::bins::{Binned, Block};
use estimand_kernels as kernels;
use std::ops::Range;

/// Rows of a tile.
const TILE: usize = 1024;

/// Some rows of a table.
#[derive(Clone, Copy, Debug)]
pub enum Rows<'a> {
    /// The rows from one number up to another.
    Span(usize, usize),
    /// These rows.
    List(&'a [u32]),
}

impl Rows<'_> {
    /// How many.
    pub fn len(&self) -> usize {
        match self {
            Self::Span(first, end) => end - first,
            Self::List(rows) => rows.len(),
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Some of them.
    #[must_use]
    pub fn part(&self, range: Range<usize>) -> Self {
        match self {
            Self::Span(first, _) => Self::Span(first + range.start, first + range.end),
            Self::List(rows) => Self::List(&rows[range]),
        }
    }
}

/// Adds the cells of some rows to the histogram of a group, whose blocks' cells stand one after another.
pub fn add<C: Cell>(table: &Binned, group: usize, rows: Rows<'_>, cells: &[C], histogram: &mut [C]) {
    match table.groups()[group].width() {
        1 => add_group::<C, 1>(table, group, rows, cells, histogram),
        2 => add_group::<C, 2>(table, group, rows, cells, histogram),
        3 => add_group::<C, 3>(table, group, rows, cells, histogram),
        _ => add_group::<C, 4>(table, group, rows, cells, histogram),
    }
}

fn add_group<C: Cell, const W: usize>(
    table: &Binned,
    group: usize,
    rows: Rows<'_>,
    cells: &[C],
    histogram: &mut [C],
) {
    let group = &table.groups()[group];
    let blocks = &table.blocks()[group.blocks.clone()];
    let words = group.words(table.nrows()).as_chunks::<W>().0;
    let room = rows.len().min(TILE);
    let mut near: [Vec<u64>; W] = std::array::from_fn(|_| Vec::with_capacity(room));
    match rows {
        Rows::Span(first, end) => {
            for (words, cells) in words[first..end].chunks(TILE).zip(cells[first..end].chunks(TILE)) {
                for (k, near) in near.iter_mut().enumerate() {
                    near.clear();
                    near.extend(words.iter().map(|words| words[k]));
                }
                add_tile(blocks, &near, cells, &Ahead { rows: &[], words, cells }, histogram);
            }
        }
        Rows::List(rows) => {
            let mut near_cells = Vec::with_capacity(room);
            for (t, tile) in rows.chunks(TILE).enumerate() {
                for (k, near) in near.iter_mut().enumerate() {
                    near.clear();
                    near.extend(tile.iter().map(|i| words[*i as usize][k]));
                }
                near_cells.clear();
                near_cells.extend(tile.iter().map(|i| cells[*i as usize]));
                let next = (t + 1) * TILE..((t + 2) * TILE).min(rows.len());
                let ahead = Ahead { rows: rows.get(next).unwrap_or_default(), words, cells };
                add_tile(blocks, &near, &near_cells, &ahead, histogram);
            }
        }
    }
}

/// Rows to be asked for.
struct Ahead<'a, C, const W: usize> {
    rows: &'a [u32],
    words: &'a [[u64; W]],
    cells: &'a [C],
}

impl<C, const W: usize> Ahead<'_, C, W> {
    #[inline(always)]
    fn ask(&self, row: u32) {
        let row = row as usize;
        kernels::prefetch(&self.words[row..row + 1]);
        kernels::prefetch(&self.cells[row..row + 1]);
    }
}

fn add_tile<C: Cell, const W: usize>(
    blocks: &[Block],
    words: &[Vec<u64>; W],
    cells: &[C],
    ahead: &Ahead<'_, C, W>,
    histogram: &mut [C],
) {
    let start = blocks.first().map_or(0, |b| b.at);
    for (k, (block, words)) in blocks.iter().zip(words).enumerate() {
        let range = block.cells();
        let histogram = &mut histogram[range.start - start..range.end - start];
        let rows = &ahead.rows[k * ahead.rows.len() / W..(k + 1) * ahead.rows.len() / W];
        let turns = Turns { words, cells, ahead: &Ahead { rows, ..*ahead } };
        match block.stride {
            16 => add_columns::<C, W, 16>(block.columns.len(), &turns, histogram),
            64 => add_columns::<C, W, 64>(block.columns.len(), &turns, histogram),
            _ => add_columns::<C, W, 256>(block.columns.len(), &turns, histogram),
        }
    }
}

/// What a block adds up: a word and a cell for each row; and what is asked for meanwhile.
struct Turns<'a, C, const W: usize> {
    words: &'a [u64],
    cells: &'a [C],
    ahead: &'a Ahead<'a, C, W>,
}

fn add_columns<C: Cell, const W: usize, const S: usize>(
    columns: usize,
    turns: &Turns<'_, C, W>,
    histogram: &mut [C],
) {
    let h = histogram.as_chunks_mut::<S>().0;
    match columns {
        1 => add_block::<C, W, 1, S>(turns, h),
        2 => add_block::<C, W, 2, S>(turns, h),
        3 => add_block::<C, W, 3, S>(turns, h),
        4 => add_block::<C, W, 4, S>(turns, h),
        5 => add_block::<C, W, 5, S>(turns, h),
        6 => add_block::<C, W, 6, S>(turns, h),
        7 => add_block::<C, W, 7, S>(turns, h),
        _ => add_block::<C, W, 8, S>(turns, h),
    }
}

/// Rows between two that are asked for, when every block asks for its share.
const TURNS: usize = 4;

/// B cells for each row: several sums in turn, so that a bin that comes twice in a row need not be waited for.
#[inline(never)]
fn add_block<C: Cell, const W: usize, const B: usize, const S: usize>(
    turns: &Turns<'_, C, W>,
    histogram: &mut [[C; S]],
) {
    let Some(histogram) = histogram.first_chunk_mut::<B>() else { return };
    let mut add = |word: u64, cell: C| {
        let bytes = word.to_le_bytes();
        for b in 0..B {
            let to = &mut histogram[b][bytes[b] as usize % S];
            *to = to.plus(cell);
        }
    };
    let ((words, words_rest), (cells, cells_rest)) =
        (turns.words.as_chunks::<TURNS>(), turns.cells.as_chunks::<TURNS>());
    let mut asks = turns.ahead.rows.iter();
    for (words, cells) in words.iter().zip(cells) {
        for _ in 0..TURNS.div_ceil(W) {
            if let Some(row) = asks.next() {
                turns.ahead.ask(*row);
            }
        }
        for i in 0..TURNS {
            add(words[i], cells[i]);
        }
    }
    words_rest.iter().zip(cells_rest).for_each(|(word, cell)| add(*word, *cell));
}
