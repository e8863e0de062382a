//! Blocks of rows in any layout, as slices in the direction in which memory is contiguous.

use estimand_core::Float;
use ndarray::{ArrayView2, s};

/// A block of rows.
#[derive(Clone, Copy)]
pub(crate) enum Lines<'a, F> {
    /// One slice for each row.
    Rows(&'a [&'a [F]]),
    /// One slice for each column.
    Columns(&'a [&'a [F]]),
}

/// Calls `f(first row, block)` on blocks of at most `size` rows, in order. Only layouts with gaps in both
/// directions are copied.
pub(crate) fn for_each_block<F: Float>(
    x: ArrayView2<'_, F>,
    size: usize,
    mut f: impl FnMut(usize, Lines<'_, F>),
) {
    let n = x.nrows();
    let blocks = (0..n).step_by(size).map(|first| first..n.min(first + size));
    if is_by_columns(x) {
        let columns: Vec<&[F]> = (0..x.ncols()).filter_map(|j| x.column(j).to_slice()).collect();
        let mut slices = Vec::with_capacity(columns.len());
        for rows in blocks {
            slices.clear();
            slices.extend(columns.iter().map(|column| &column[rows.clone()]));
            f(rows.start, Lines::Columns(&slices));
        }
    } else if x.ncols() <= 1 || x.strides()[1] == 1 {
        let mut slices = Vec::with_capacity(size.min(n));
        for rows in blocks {
            slices.clear();
            match x.to_slice() {
                Some(all) if x.ncols() > 0 => {
                    slices.extend(all.chunks_exact(x.ncols()).skip(rows.start).take(rows.len()))
                }
                _ => slices.extend(rows.clone().filter_map(|i| x.row(i).to_slice())),
            }
            f(rows.start, Lines::Rows(&slices));
        }
    } else {
        for rows in blocks {
            let copy = x.slice(s![rows.clone(), ..]).as_standard_layout().into_owned();
            let slices: Vec<&[F]> = copy.rows().into_iter().filter_map(|row| row.to_slice()).collect();
            f(rows.start, Lines::Rows(&slices));
        }
    }
}

/// Whether columns, and not rows, are taken as slices.
pub(crate) fn is_by_columns<F>(x: ArrayView2<'_, F>) -> bool {
    match x.ncols() {
        0 | 1 => x.strides()[0] == 1,
        _ => x.strides()[1] != 1 && (x.strides()[0] == 1 || x.nrows() <= 1),
    }
}
