//! The rows to be grouped, dense or sparse, and the centres.

use estimand_core::records::MatrixView;
use estimand_core::stats::Moments;
use estimand_core::{CsrView, Error, Float, Records, Result};
use estimand_kernels as kernels;
use estimand_par as par;
use ndarray::{Array2, ArrayView1};
use std::borrow::Cow;

/// Rows, and the origin m that products are taken from.
pub(crate) enum Points<'a, F: Float> {
    /// Rows one after another, p values each; m is their mean.
    Dense { rows: Cow<'a, [F]>, origin: Vec<f64> },
    /// m is zero, so that nothing becomes dense.
    Sparse { rows: CsrView<'a, F>, origin: Vec<f64> },
}

fn all_equal<F: Float>(x: Records<'_, F>) -> bool {
    match x.values() {
        MatrixView::Dense(x) => x.rows().into_iter().all(|row| row == x.row(0)),
        MatrixView::Sparse(x) => {
            let row = |i| x.row(i).iter().filter(|(_, v)| *v != F::zero());
            (1..x.nrows()).all(|i| row(i).eq(row(0)))
        }
    }
}

impl<'a, F: Float> Points<'a, F> {
    /// The points, and the mean variance of their columns.
    pub(crate) fn new(x: Records<'a, F>, weights: Option<ArrayView1<'_, F>>) -> Result<(Self, f64)> {
        let p = x.ncols();
        let mut moments = Moments::new(p);
        moments.insert(x, weights)?;
        x.check_finite()?;
        let spread = (0..p).map(|j| moments.variance(j)).sum::<f64>() / p as f64;
        // The square of any distance is at most 2 n p times the mean variance of a column, far below 2⁶⁴ times it. Squares that
        // lose digits are those of rows that are different, and hardly.
        let tiny = spread < f64::MIN_POSITIVE * f64::powi(2.0, 64);
        if !(spread * f64::powi(2.0, 64)).is_finite() || (tiny && !all_equal(x)) {
            return Err(Error::numerical(
                "squared distances leave the range of f64; scale the columns first",
            ));
        }
        Ok((Self::about(x, moments.mean().to_vec()), spread))
    }

    /// The points with this origin, as far as they are dense.
    pub(crate) fn about(x: Records<'a, F>, origin: Vec<f64>) -> Self {
        match x.values() {
            MatrixView::Sparse(rows) => Self::Sparse { rows, origin: vec![0.0; origin.len()] },
            MatrixView::Dense(x) => {
                let rows =
                    x.to_slice().map_or_else(|| Cow::Owned(x.iter().copied().collect()), Cow::Borrowed);
                Self::Dense { rows, origin }
            }
        }
    }

    pub(crate) fn origin(&self) -> &[f64] {
        match self {
            Self::Dense { origin, .. } | Self::Sparse { origin, .. } => origin,
        }
    }

    /// n
    pub(crate) fn count(&self) -> usize {
        match self {
            Self::Dense { rows, origin } => rows.len() / origin.len().max(1),
            Self::Sparse { rows, .. } => rows.nrows(),
        }
    }

    /// Row i of dense points.
    pub(crate) fn row<'s>(rows: &'s [F], origin: &[f64], i: usize) -> &'s [F] {
        &rows[i * origin.len()..(i + 1) * origin.len()]
    }

    /// Asks for row i ahead of its turn.
    pub(crate) fn prefetch(&self, i: usize) {
        if let Self::Dense { rows, origin } = self {
            kernels::prefetch(Self::row(rows, origin, i));
        }
    }

    /// sums ← sums + w (xᵢ − m)
    pub(crate) fn add(&self, i: usize, weight: f64, sums: &mut [f64]) {
        match self {
            Self::Dense { rows, origin } => {
                let row = Self::row(rows, origin, i);
                for ((sum, x), m) in sums.iter_mut().zip(row).zip(origin) {
                    *sum += weight * (x.f64() - m);
                }
            }
            Self::Sparse { rows, .. } => {
                let row = rows.row(i);
                row.iter().for_each(|(j, x)| sums[j] += weight * x.f64());
            }
        }
    }

    /// Σ ωᵢ xᵢ / Σ ωᵢ of these rows.
    pub(crate) fn mean(&self, rows: &[usize], weights: &[f64]) -> Vec<f64> {
        let mut sums = vec![0.0; self.origin().len()];
        rows.iter().for_each(|i| self.add(*i, weights[*i], &mut sums));
        let total: f64 = rows.iter().map(|i| weights[*i]).sum();
        sums.iter().zip(self.origin()).map(|(sum, m)| sum / total + m).collect()
    }

    /// Row i as it was given.
    pub(crate) fn given(&self, i: usize) -> Vec<f64> {
        match self {
            Self::Dense { rows, origin } => Self::row(rows, origin, i).iter().map(|x| x.f64()).collect(),
            Self::Sparse { rows, origin } => {
                let mut out = vec![0.0; origin.len()];
                rows.row(i).iter().for_each(|(j, x)| out[j] = x.f64());
                out
            }
        }
    }

    /// ‖xᵢ − c‖ of all rows and all centres, n × k.
    pub(crate) fn to_all(&self, centres: &Centres) -> Array2<F> {
        let k = centres.count();
        let mut out = Array2::default((self.count(), k));
        let chunk = par::chunk_len(self.count(), k * centres.width());
        par::map_rows_mut(out.as_slice_mut().unwrap_or_default(), k, chunk, |first, out| {
            let own: Vec<u32> = (0..k as u32).collect();
            for (i, out) in out.chunks_exact_mut(k).enumerate() {
                let distances = self.distances(&vec![first + i; k], &own, centres);
                out.iter_mut().zip(distances).for_each(|(out, d)| *out = F::of(d.sqrt()));
            }
        });
        out
    }

    /// ‖xᵢ − c‖² of these rows, each to its own centre.
    pub(crate) fn distances(&self, which: &[usize], own: &[u32], centres: &Centres) -> Vec<f64> {
        let mut out = vec![0.0; which.len()];
        match self {
            Self::Dense { rows, origin } => {
                let rows: Vec<&[F]> = which.iter().map(|i| Self::row(rows, origin, *i)).collect();
                kernels::centre_distances(&rows, own, &centres.zeros, &centres.values, &mut out);
            }
            Self::Sparse { rows, .. } => {
                for ((out, i), own) in out.iter_mut().zip(which).zip(own) {
                    // About zero, as sparse rows are, ‖c‖² is that of the columns that a row does not have.
                    let c = centres.value(*own as usize);
                    let apart = rows.row(*i).iter().map(|(j, x)| (x.f64() - c[j]).powi(2) - c[j] * c[j]);
                    *out = (kernels::sum_squares(c) + apart.sum::<f64>()).max(0.0);
                }
            }
        }
        out
    }
}

/// The place of the least; the first of equals.
pub(crate) fn least(distances: impl IntoIterator<Item = f64>) -> usize {
    let nearer = |best: (usize, f64), (c, d): (usize, f64)| if d < best.1 { (c, d) } else { best };
    distances.into_iter().enumerate().fold((0, f64::INFINITY), nearer).0
}

/// Centres as they are given to users, and about the origin.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Centres {
    /// c, k × p.
    values: Vec<f64>,
    /// c − m, k × p.
    pub(crate) about: Vec<f64>,
    /// ½‖c − m‖², k.
    pub(crate) half: Vec<f64>,
    /// p zeros.
    zeros: Vec<f64>,
}

impl Centres {
    /// Centres c, k × p, about the origin of the points.
    pub(crate) fn new(values: Vec<f64>, origin: &[f64]) -> Self {
        let p = origin.len();
        let about: Vec<f64> =
            values.chunks_exact(p).flat_map(|c| c.iter().zip(origin).map(|(c, m)| c - m)).collect();
        let half = about.chunks_exact(p).map(|c| kernels::sum_squares(c) / 2.0).collect();
        Self { values, about, half, zeros: vec![0.0; p] }
    }

    /// k
    pub(crate) fn count(&self) -> usize {
        self.half.len()
    }

    /// p
    pub(crate) fn width(&self) -> usize {
        self.zeros.len()
    }

    /// Centre c.
    pub(crate) fn value(&self, c: usize) -> &[f64] {
        &self.values[c * self.width()..(c + 1) * self.width()]
    }

    /// Centre c about the origin.
    pub(crate) fn about(&self, c: usize) -> &[f64] {
        &self.about[c * self.width()..(c + 1) * self.width()]
    }

    /// ‖x − c‖² of one dense row, by differences.
    pub(crate) fn distance<F: Float>(&self, row: &[F], c: usize) -> f64 {
        let mut out = [0.0];
        kernels::centre_distances(&[row], &[c as u32], &self.zeros, &self.values, &mut out);
        out[0]
    }

    /// The same centres about the origin of these points.
    pub(crate) fn about_origin_of<F: Float>(&self, points: &Points<'_, F>) -> Self {
        Self::new(self.values.clone(), points.origin())
    }

    /// All centres in the type of the records.
    pub(crate) fn of<F: Float>(&self) -> Array2<F> {
        Array2::from_shape_fn((self.count(), self.width()), |(c, j)| F::of(self.value(c)[j]))
    }

    /// How far each centre lies from the same one of `other`.
    pub(crate) fn moved(&self, other: &Self) -> Vec<f64> {
        (0..self.count()).map(|c| kernels::squared_distance(self.value(c), other.value(c)).sqrt()).collect()
    }
}
