//! What all scalers share: column statistics gathered in parallel, and a map of every value with two
//! numbers of its column, written once and in the layout of its input.

use estimand_core::records::MatrixView;
use estimand_core::{Error, Float, Matrix, Records, Result};
use estimand_par as par;
use ndarray::{Array2, ArrayView1, ArrayView2, ShapeBuilder, s};

/// A state of [`stats`](estimand_core::stats) over all rows: one for each chunk, combined in order.
pub(crate) fn gather<F: Float, S: Send>(
    x: Records<'_, F>,
    weights: Option<ArrayView1<'_, F>>,
    empty: impl Fn() -> S + Sync,
    insert: impl Fn(&mut S, Records<'_, F>, Option<ArrayView1<'_, F>>) -> Result<()> + Sync,
    combine: impl Fn(S, S) -> S,
) -> Result<S> {
    let (n, p) = (x.nrows(), x.ncols().max(1));
    let per_row = match x.values() {
        MatrixView::Dense(_) => p,
        MatrixView::Sparse(x) => x.nnz() / n.max(1),
    };
    // A chunk's state is a few vectors of length p; all of them together stay below a megabyte or so.
    let most = ((1 << 17) / p).clamp(1, 256);
    let parts = par::map_chunks(n, par::chunk_len_at_most(n, 4 * per_row, most), |rows| {
        let mut state = empty();
        let weights = weights.as_ref().map(|w| w.slice(s![rows.clone()]));
        insert(&mut state, x.rows(rows), weights).map(|()| state)
    });
    match parts.into_iter().collect::<Result<Vec<S>>>() {
        Ok(states) => Ok(states.into_iter().reduce(combine).unwrap_or_else(empty)),
        // A chunk counts its rows from its own beginning; the place in the whole is what matters.
        Err(error) => x.check_finite_or_missing().and(Err(error)),
    }
}

/// `f(value, aⱼ, bⱼ)` of every value; missing values stay so, infinite ones are refused. Sparse records keep
/// their zeros, which is right where `f` does.
pub(crate) fn map<F: Float>(
    x: Records<'_, F>,
    a: &[f64],
    b: &[f64],
    f: impl Fn(F, f64, f64) -> F + Sync,
) -> Result<Matrix<F>> {
    let (z, finite): (Matrix<F>, bool) = match x.values() {
        MatrixView::Dense(x) => {
            let (z, finite) = map_dense(x, a, b, f)?;
            (z.into(), finite)
        }
        MatrixView::Sparse(x) => {
            let z = x.to_owned().map_values(|j, v| f(v, a[j], b[j]));
            let finite = z.view().data().iter().chain(x.data()).all(|v| !v.is_infinite());
            (z.into(), finite)
        }
    };
    if finite { Ok(z) } else { Err(x.check_finite_or_missing().err().unwrap_or_else(overflow)) }
}

/// The same for one row, written into `out`.
pub(crate) fn map_one<F: Float>(
    row: &[F],
    a: &[f64],
    b: &[f64],
    out: &mut Vec<F>,
    f: impl Fn(F, f64, f64) -> F,
) -> Result<()> {
    out.clear();
    out.extend(row.iter().zip(a).zip(b).map(|((v, a), b)| f(*v, *a, *b)));
    if out.iter().chain(row).all(|v| !v.is_infinite()) {
        return Ok(());
    }
    let x = ArrayView2::from_shape((1, row.len()), row).map_err(|_| overflow())?;
    Err(Records::from(x).check_finite_or_missing().err().unwrap_or_else(overflow))
}

fn overflow() -> Error {
    Error::numerical("a scaled value exceeds the largest number; it lies too far from those that were fitted")
}

/// Returns also whether no result is infinite.
fn map_dense<F: Float>(
    x: ArrayView2<'_, F>,
    a: &[f64],
    b: &[f64],
    f: impl Fn(F, f64, f64) -> F + Sync,
) -> Result<(Array2<F>, bool)> {
    let (n, p) = x.dim();
    let mut z = estimand_kernels::zeros(n * p);
    let pass = |part: &mut [F], values: &[F], a: &[f64], b: &[f64]| {
        let mut infinite = false;
        for (((z, v), a), b) in part.iter_mut().zip(values).zip(a).zip(b) {
            *z = f(*v, *a, *b);
            infinite |= z.is_infinite() | v.is_infinite();
        }
        !infinite
    };
    let chunk = par::chunk_len(n, 4 * p);
    let mut shape = (n, p).set_f(false);
    let finite = if let Some(values) = x.as_slice() {
        // The numbers of the columns are repeated, so that narrow rows fill the vector registers too.
        let repeat = (64 / p.max(1)).max(1);
        let (a, b) = (a.repeat(repeat), b.repeat(repeat));
        par::map_rows_mut(&mut z, p, chunk, |first, part| {
            let rows = part.chunks_mut(a.len()).zip(values[first * p..].chunks(a.len()));
            rows.fold(true, |finite, (part, values)| finite & pass(part, values, &a, &b))
        })
    } else if let Some(values) = x.t().as_slice() {
        shape = (n, p).f();
        par::map_rows_mut(&mut z, n, par::chunk_len(p, 4 * n), |first, part| {
            let columns = part.chunks_mut(n).zip(values.chunks(n).skip(first)).enumerate();
            columns.fold(true, |finite, (k, (part, values))| {
                let mut infinite = false;
                for (z, v) in part.iter_mut().zip(values) {
                    *z = f(*v, a[first + k], b[first + k]);
                    infinite |= z.is_infinite() | v.is_infinite();
                }
                finite & !infinite
            })
        })
    } else {
        par::map_rows_mut(&mut z, p, chunk, |first, part| {
            let mut row = Vec::with_capacity(p);
            part.chunks_mut(p.max(1)).zip(x.slice(s![first.., ..]).rows()).fold(
                true,
                |finite, (part, values)| {
                    row.clear();
                    row.extend(values);
                    finite & pass(part, &row, a, b)
                },
            )
        })
    };
    let z = Array2::from_shape_vec(shape, z)
        .map_err(|e| Error::shape("scaled records", format!("{n} × {p}"), e))?;
    Ok((z, finite.into_iter().all(|f| f)))
}
