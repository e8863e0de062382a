//! The columns that the descent works on, and what is known of them.

use super::descent::{End, Stop, descend};
use super::design::Design;
use super::penalty::Penalty;
use super::quadratic::{Columns, Covariance, Residual};
use super::solve::Route;
use crate::ridge::problem::out_of_range;
use crate::ridge::route::drop_constant_columns;
use estimand_core::records::MatrixView;
use estimand_core::{Csr, CsrView, Float, Matrix, Result};
use estimand_linalg::{self as linalg, Moments, sparse};
use estimand_par as par;
use ndarray::{Array2, ArrayView1, ArrayView2, Axis, s};

/// Columns whose Gram matrix is kept at most: 128 MB.
const GRAM: usize = 4096;
/// Stored values per row beyond which sparse columns are taken one by one: forming their Gram matrix would cost
/// more than twenty sweeps.
const SPARSE_GRAM: usize = 40;

/// 𝒲 and what is known of its columns.
pub(super) struct WorkingSet<'d, 'a, F> {
    design: &'d Design<'a, F>,
    y: ArrayView2<'d, f64>,
    by_columns: bool,
    /// Ascending.
    columns: Vec<usize>,
    /// Which columns of X are in 𝒲.
    member: Vec<bool>,
    part: Matrix<f64>,
    moments: Option<Moments>,
    /// The columns, their ‖X̃ⱼ‖² and √ω, where there are no moments.
    alone: Option<(Columns, Vec<f64>, Vec<f64>)>,
}

impl<'d, 'a, F: Float> WorkingSet<'d, 'a, F> {
    pub(super) fn new(design: &'d Design<'a, F>, y: ArrayView2<'d, f64>, route: Route) -> Self {
        Self {
            design,
            y,
            by_columns: route == Route::Columns,
            columns: Vec::new(),
            member: vec![false; design.cross.nrows()],
            part: Array2::zeros((0, 0)).into(),
            moments: None,
            alone: None,
        }
    }

    /// Step 1; whether 𝒲 has grown.
    pub(super) fn grow(&mut self, w: &Array2<f64>, slopes: &Array2<f64>, penalty: &Penalty) -> Result<bool> {
        let p = w.nrows();
        // Outside 𝒲, W is 0 and Z the slope itself.
        let size = |j: usize| penalty.size(slopes.row(j).as_slice().unwrap_or_default());
        let outside = (0..p).filter(|j| !self.member[*j]).map(|j| (size(j), j));
        let mut near: Vec<(f64, usize)> = outside.filter(|(size, _)| *size > 0.5 * penalty.l1).collect();
        let violators = near.iter().filter(|(size, _)| *size > penalty.l1).count();
        if violators == 0 {
            return Ok(false);
        }
        near.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        // At first, as many columns as can be multiplied with one another in the time of a pass over X; then those that
        // are needed and as many that may be, so that there are few rounds.
        let room = match self.columns.len() {
            0 => (4 * (p as f64).sqrt() as usize).max(10),
            m => (2 * violators).clamp(m / 4 + 10, m + 10),
        };
        near.truncate(room);
        self.extend(near.into_iter().map(|(_, j)| j).collect())?;
        Ok(true)
    }

    pub(super) fn extend(&mut self, new: Vec<usize>) -> Result<()> {
        new.iter().for_each(|j| self.member[*j] = true);
        self.columns.extend(new);
        self.columns.sort_unstable();
        self.part = take(self.design.x, &self.columns)?;
        let m = self.columns.len();
        let dense_enough = match &self.part {
            Matrix::Dense(_) => true,
            Matrix::Sparse(x) => x.view().nnz() <= SPARSE_GRAM * x.view().nrows(),
        };
        let design = self.design;
        if self.by_columns || m > GRAM || !dense_enough {
            self.moments = None;
            self.alone = Some(self.alone()?);
        } else {
            let moments = Moments::of(self.part.records().values(), self.y, design.omega());
            let mut moments = if design.fit_intercept { moments } else { moments.uncentred() };
            drop_constant_columns(&mut moments);
            if !moments.gram.iter().chain(&moments.cross).all(|v| v.is_finite()) {
                return Err(out_of_range());
            }
            self.moments = Some(moments);
        }
        Ok(())
    }

    /// √ω(X − 1x̄) of 𝒲, centred for dense columns.
    fn alone(&self) -> Result<(Columns, Vec<f64>, Vec<f64>)> {
        let design = self.design;
        let root: Vec<f64> = match &design.weights {
            Some(weights) => weights.iter().map(|w| w.sqrt()).collect(),
            None => vec![1.0; design.y.nrows()],
        };
        let mean: Vec<f64> = self.columns.iter().map(|j| design.x_mean[*j]).collect();
        // A spread that is the rounding error of the mean is none.
        let curvature = |j: usize, squares: f64| {
            let rounding = 4.0 * f64::EPSILON * mean[j];
            if squares <= design.weight * rounding * rounding { 0.0 } else { squares }
        };
        let (columns, curvatures): (_, Vec<f64>) = match &self.part {
            Matrix::Dense(x) => {
                let mut values = Vec::with_capacity(x.len());
                for (column, mean) in x.columns().into_iter().zip(&mean) {
                    values.extend(column.iter().zip(&root).map(|(x, root)| root * (x - mean)));
                }
                let squares = values.chunks_exact(root.len()).map(estimand_kernels::sum_squares);
                let curvatures = squares.enumerate().map(|(j, s)| curvature(j, s)).collect();
                (Columns::Dense(values), curvatures)
            }
            Matrix::Sparse(x) => {
                let x = x.transpose().map_values(|i, x| root[i] * x);
                let squares = x.view().outer_iter().zip(&mean).map(|(column, mean)| {
                    (estimand_kernels::sum_squares(column.values) - design.weight * mean * mean).max(0.0)
                });
                let curvatures = squares.enumerate().map(|(j, s)| curvature(j, s)).collect();
                (Columns::Sparse(x, mean.clone()), curvatures)
            }
        };
        if !curvatures.iter().all(|c| c.is_finite()) {
            return Err(out_of_range());
        }
        Ok((columns, curvatures, root))
    }

    /// Step 2, written back into `w`.
    pub(super) fn descend(&self, w: &mut Array2<f64>, penalty: &Penalty, stop: &Stop) -> End {
        if self.columns.is_empty() {
            return End { sweeps: 0, gap: 0.0, converged: true };
        }
        let mut inside = w.select(Axis(0), &self.columns);
        let values = inside.as_slice_mut().unwrap_or_default();
        let end = match (&self.moments, &self.alone) {
            (Some(moments), _) => {
                let squares = moments.target_squares.sum();
                let mut problem = Covariance::new(&moments.gram, moments.cross.view(), squares, values);
                descend(&mut problem, values, penalty, stop)
            }
            (None, Some((columns, curvature, root))) => {
                let y = &self.y * &ArrayView1::from(root.as_slice()).insert_axis(Axis(1));
                let mut problem = Residual::new(columns, curvature, y.view(), root, values);
                descend(&mut problem, values, penalty, stop)
            }
            (None, None) => End { sweeps: 0, gap: 0.0, converged: true },
        };
        for (j, inside) in self.columns.iter().zip(inside.rows()) {
            w.row_mut(*j).assign(&inside);
        }
        end
    }

    /// Ỹ − X̃W, without weights.
    pub(super) fn residuals(&self, w: &Array2<f64>) -> Array2<f64> {
        let inside = w.select(Axis(0), &self.columns);
        let mean = self.design.x_mean.select(Axis(0), &self.columns).dot(&inside);
        let mut residuals = &self.y + &mean;
        for (mut residuals, w) in residuals.columns_mut().into_iter().zip(inside.columns()) {
            residuals -= &match &self.part {
                Matrix::Dense(x) => linalg::matvec(x.view(), w),
                Matrix::Sparse(x) => sparse::matvec(x.view(), w),
            };
        }
        residuals
    }
}

/// Some columns, ascending, in `f64`.
fn take<F: Float>(x: MatrixView<'_, F>, columns: &[usize]) -> Result<Matrix<f64>> {
    Ok(match x {
        MatrixView::Dense(x) => take_dense(x, columns).into(),
        MatrixView::Sparse(x) => take_sparse(x, columns)?.into(),
    })
}

fn take_dense<F: Float>(x: ArrayView2<'_, F>, columns: &[usize]) -> Array2<f64> {
    let (n, m) = (x.nrows(), columns.len());
    if x.strides()[0].unsigned_abs() < x.strides()[1].unsigned_abs() {
        let mut values = Vec::with_capacity(n * m);
        columns.iter().for_each(|j| values.extend(x.column(*j).iter().map(|v| v.f64())));
        return Array2::from_shape_vec((m, n), values).unwrap_or_default().reversed_axes();
    }
    let mut values = estimand_kernels::zeros::<f64>(n * m);
    par::map_rows_mut(&mut values, m, par::chunk_len(n, 4 * m), |first, out| {
        for (row, out) in x.slice(s![first.., ..]).rows().into_iter().zip(out.chunks_exact_mut(m.max(1))) {
            match row.as_slice() {
                Some(row) => out.iter_mut().zip(columns).for_each(|(out, j)| *out = row[*j].f64()),
                None => out.iter_mut().zip(columns).for_each(|(out, j)| *out = row[*j].f64()),
            }
        }
    });
    Array2::from_shape_vec((n, m), values).unwrap_or_default()
}

fn take_sparse<F: Float>(x: CsrView<'_, F>, columns: &[usize]) -> Result<Csr<f64>> {
    let mut place = vec![u32::MAX; x.ncols()];
    columns.iter().enumerate().for_each(|(k, j)| place[*j] = k as u32);
    let (mut indptr, mut indices, mut data) = (vec![0], Vec::new(), Vec::new());
    for row in x.outer_iter() {
        for (j, v) in row.indices.iter().zip(row.values) {
            let k = place[*j as usize];
            if k != u32::MAX {
                indices.push(k);
                data.push(v.f64());
            }
        }
        indptr.push(data.len());
    }
    Csr::new(columns.len(), indptr, indices, data)
}
