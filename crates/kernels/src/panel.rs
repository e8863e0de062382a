//! Gram matrices from panels: eight columns side by side, row after row, so that every load is contiguous
//! whatever the number of columns.
//!
//! ```text
//! panels of X (n × q)      c = 0 … ⌈q/8⌉ − 1      panel c, row i, lane l:  x[i, 8c + l]
//! tile (c, d) of XᵀX       8 × 8                  Σᵢ panel c[i, k] · panel d[i, l]
//! ```
//!
//! A tile's eight rows of eight sums stay in registers over all rows of the panels. Every sum is one chain of
//! fused multiply-adds in the order of the rows, so all processors that have them give the same bits.

use crate::{
    isa::{Isa, Vector, lines, prefetch_line},
    math::Real,
};

/// Columns of a panel, and rows and columns of a tile.
pub const PANEL: usize = 8;

#[inline(always)]
pub(crate) fn add_tile<T: Real, I: Isa>(a: &[f64], b: &[f64], tile: &mut [f64], rows: usize, ahead: &[T]) {
    assert_eq!(tile.len(), PANEL * PANEL, "size of a tile");
    let (a, b) = (a.as_chunks::<PANEL>().0, b.as_chunks::<PANEL>().0);
    let out = tile.as_chunks_mut::<PANEL>().0;
    // Half a tile, where the last columns fill no more: half the time on most processors.
    if I::SUMS >= 8 && rows > PANEL / 2 {
        strip::<T, I, 8>(a, b, 0, out, ahead);
    } else if I::SUMS >= 4 {
        (0..rows.min(PANEL))
            .step_by(4)
            .for_each(|k| strip::<T, I, 4>(a, b, k, out, if k == 0 { ahead } else { &[] }));
    } else {
        (0..rows.min(PANEL))
            .step_by(2)
            .for_each(|k| strip::<T, I, 2>(a, b, k, out, if k == 0 { ahead } else { &[] }));
    }
}

/// Rows k … k + S of a tile. One line of `ahead` is asked for every fourth row, so that memory keeps busy
/// without making the processor wait.
#[inline(always)]
fn strip<T, I: Isa, const S: usize>(
    a: &[[f64; PANEL]],
    b: &[[f64; PANEL]],
    k: usize,
    out: &mut [[f64; PANEL]],
    ahead: &[T],
) {
    let mut sums = [I::Vector::zero(); S];
    for s in 0..S {
        sums[s] = I::Vector::load(&out[k + s]);
    }
    let mut lines = lines(ahead);
    let ((a, a_rest), (b, b_rest)) = (a.as_chunks::<4>(), b.as_chunks::<4>());
    for (a, b) in a.iter().zip(b) {
        if let Some(line) = lines.next() {
            prefetch_line(line);
        }
        for i in 0..4 {
            let b = I::Vector::load(&b[i]);
            for s in 0..S {
                sums[s] = sums[s].add_product(I::Vector::splat(a[i][k + s]), b);
            }
        }
    }
    for (a, b) in a_rest.iter().zip(b_rest) {
        let b = I::Vector::load(b);
        for s in 0..S {
            sums[s] = sums[s].add_product(I::Vector::splat(a[k + s]), b);
        }
    }
    lines.for_each(prefetch_line);
    for s in 0..S {
        sums[s].store(&mut out[k + s]);
    }
}

/// Rows that are packed panel by panel before the next ones are.
const FEW: usize = 16;

/// Where value (i, 8c + l) of panels with room for `capacity` rows lies.
#[inline(always)]
const fn place(c: usize, i: usize, capacity: usize) -> usize {
    (c * capacity + i) * PANEL
}

#[inline(always)]
pub(crate) fn pack_rows<T: Real, I: Isa>(
    rows: &[&[T]],
    shift: &[f64],
    factors: &[f64],
    panels: &mut [f64],
    capacity: usize,
) {
    let (shifts, shift_tail) = shift.as_chunks::<PANEL>();
    let panels = panels.as_chunks_mut::<PANEL>().0;
    // Few rows at a time: wide ones lie pages apart, and the processor knows only so many pages at once.
    for (k, (some, factors)) in rows.chunks(FEW).zip(factors.chunks(FEW)).enumerate() {
        for (c, (shift, out)) in shifts.iter().zip(panels.chunks_mut(capacity)).enumerate() {
            let shift = I::Vector::load(shift);
            for ((row, factor), out) in some.iter().zip(factors).zip(&mut out[k * FEW..]) {
                let Some(values) = row[c * PANEL..].first_chunk() else { return };
                let centred = T::eight::<I>(values).sub(shift);
                I::Vector::zero().add_product(centred, I::Vector::splat(*factor)).store(out);
            }
        }
    }
    if !shift_tail.is_empty() {
        let from = shifts.len() * PANEL;
        for ((row, factor), out) in rows.iter().zip(factors).zip(&mut panels[shifts.len() * capacity..]) {
            for ((value, shift), out) in row[from..].iter().zip(shift_tail).zip(out) {
                *out = (value.f64() - shift) * factor;
            }
        }
    }
}

#[inline(always)]
pub(crate) fn pack_columns<T: Real, I: Isa>(
    columns: &[&[T]],
    shift: &[f64],
    factors: &[f64],
    panels: &mut [f64],
    capacity: usize,
) {
    let (groups, tail) = columns.as_chunks::<PANEL>();
    let (shifts, shift_tail) = shift.as_chunks::<PANEL>();
    for (c, (columns, shift)) in groups.iter().zip(shifts).enumerate() {
        let n = columns[0].len().min(factors.len());
        let columns = columns.map(|column| &column[..n]);
        let out = panels[place(c, 0, capacity)..].as_chunks_mut::<PANEL>().0;
        for (i, out) in out[..n].iter_mut().enumerate() {
            for l in 0..PANEL {
                out[l] = (columns[l][i].f64() - shift[l]) * factors[i];
            }
        }
    }
    let from = place(groups.len(), 0, capacity);
    for (l, (column, shift)) in tail.iter().zip(shift_tail).enumerate() {
        let out = panels[from + l..].iter_mut().step_by(PANEL);
        for ((value, factor), out) in column.iter().zip(factors).zip(out) {
            *out = (value.f64() - shift) * factor;
        }
    }
}
