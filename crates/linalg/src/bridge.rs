//! Views of ndarray as views of faer: pointer, shape and strides, without copying.

// The only unsafe of this crate: a view of one library becomes a view of the other.
#![allow(unsafe_code)]

use faer::{MatMut, MatRef};
use ndarray::{ArrayView2, ArrayViewMut2};

/// The same elements as a faer view.
pub(crate) fn mat<'a, T>(x: ArrayView2<'a, T>) -> MatRef<'a, T> {
    let (rows, cols) = x.dim();
    let [row_stride, col_stride] = [x.strides()[0], x.strides()[1]];
    // SAFETY: both libraries address element (i, j) at `pointer + i · row stride + j · column stride`, with
    // strides in elements that may be negative or 0; `x` guarantees that those of its shape are valid and
    // unchanged for 'a.
    unsafe { MatRef::from_raw_parts(x.as_ptr(), rows, cols, row_stride, col_stride) }
}

/// The same elements as a mutable faer view.
pub(crate) fn mat_mut<'a, T>(mut x: ArrayViewMut2<'a, T>) -> MatMut<'a, T> {
    let (rows, cols) = x.dim();
    let [row_stride, col_stride] = [x.strides()[0], x.strides()[1]];
    // SAFETY: as above; `x` is the only access to its elements for 'a, and a mutable ndarray view never
    // has two indices at one address.
    unsafe { MatMut::from_raw_parts_mut(x.as_mut_ptr(), rows, cols, row_stride, col_stride) }
}
