//! Records packed for kernels, and blocks of kernel values between them.

use super::{CustomKernel, Function, Kernel};
use estimand_core::{Float, MatrixView, Records};
use estimand_kernels as kernels;
use ndarray::{Array2, ArrayView2};
use std::ops::Range;
use std::sync::Arc;

/// Records that are taken together as queries, and in a panel.
pub(crate) const GROUP: usize = 8;

/// Records, and the kernel function between them.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Rows {
    function: Function,
    len: usize,
    width: usize,
    /// What is taken off each record before distances are measured.
    shift: Vec<f64>,
    store: Store,
    /// ‖x − shift‖², or the kernel value of a record with itself where that is given.
    squares: Vec<f64>,
}

#[derive(Clone, Debug, PartialEq)]
enum Store {
    /// Panels of eight records: feature j of record 8c + l at (c · width + j) · 8 + l; zeros fill the last one.
    Panels(Vec<f64>),
    /// indptr, indices, values
    Sparse(Vec<usize>, Vec<u32>, Vec<f64>),
    /// Records one after the other, for a function of two of them.
    Plain(CustomKernel, Vec<f64>),
    /// Values between all training rows, and which of these are the records.
    Given(Arc<Array2<f64>>, Vec<usize>),
}

/// Up to eight records at a time, against which kernel values are asked for.
pub(crate) struct Queries<'a> {
    rows: &'a Rows,
    /// One panel of a sparse group, scattered.
    table: Vec<f64>,
}

impl Rows {
    /// Training records for a kernel function. With `balanced`, coefficients sum to 0, and products may be taken of
    /// records about their mean.
    pub(crate) fn new<F: Float>(x: Records<'_, F>, function: Function, balanced: bool) -> Self {
        let shift = match (x.values(), function.kernel) {
            (MatrixView::Dense(x), Kernel::Rbf) => means(x),
            (MatrixView::Dense(x), Kernel::Linear) if balanced => means(x),
            _ => vec![0.0; x.ncols()],
        };
        Self::shifted(x, function, shift)
    }

    /// Records that will meet those with this shift.
    pub(crate) fn shifted<F: Float>(x: Records<'_, F>, function: Function, shift: Vec<f64>) -> Self {
        let (len, width) = (x.nrows(), x.ncols());
        let store = match (x.values(), function.kernel) {
            (MatrixView::Dense(x), Kernel::Precomputed) => {
                Store::Given(Arc::new(x.mapv(F::f64)), (0..len).collect())
            }
            (MatrixView::Dense(x), Kernel::Custom(custom)) => {
                Store::Plain(custom, x.iter().map(|v| v.f64()).collect())
            }
            (MatrixView::Dense(x), _) => Store::Panels(panels(x, &shift)),
            (MatrixView::Sparse(x), _) if shift.iter().any(|s| *s != 0.0) => {
                Store::Panels(panels(x.to_dense().view(), &shift))
            }
            (MatrixView::Sparse(x), _) => {
                let (indptr, indices, values) = x.to_owned().into_parts();
                Store::Sparse(indptr, indices, values.iter().map(|v| v.f64()).collect())
            }
        };
        Self { function, len, width, shift, squares: Vec::new(), store }.with_squares()
    }

    /// Vectors that meet records with this shift, in products.
    pub(crate) fn planes(planes: &Array2<f64>, function: Function, shift: Vec<f64>) -> Self {
        Self { shift, ..Self::shifted(planes.into(), function, vec![0.0; planes.ncols()]) }
    }

    /// Columns of records that are kernel values themselves: those with these numbers.
    pub(crate) fn given(numbers: Vec<usize>, width: usize, function: Function) -> Self {
        let (len, squares) = (numbers.len(), vec![0.0; numbers.len()]);
        let store = Store::Given(Arc::new(Array2::default((0, 0))), numbers);
        Self { function, len, width, shift: vec![0.0; width], store, squares }
    }

    fn with_squares(mut self) -> Self {
        self.squares = match &self.store {
            Store::Panels(panels) => panels
                .chunks_exact(self.width.max(1) * GROUP)
                .flat_map(|panel| {
                    let mut products = [0.0; GROUP * GROUP];
                    kernels::row_products::<f64>(panel, panel, GROUP, GROUP, &mut products);
                    (0..GROUP).map(move |k| products[k * (GROUP + 1)])
                })
                .collect(),
            Store::Sparse(indptr, _, values) => {
                // By the kernel of the products, to the last bit: a row is at distance 0 from itself.
                let places: Vec<u32> = (0..self.width as u32).collect();
                let square = |row: &[f64]| {
                    let mut product = [0.0];
                    let all = [0, row.len()];
                    kernels::sparse_one_row_products::<f64>(&all, &places, row, row, &mut product);
                    product[0]
                };
                indptr.windows(2).map(|at| square(&values[at[0]..at[1]])).collect()
            }
            Store::Plain(custom, rows) => {
                rows.chunks_exact(self.width.max(1)).map(|row| (custom.function)(row, row)).collect()
            }
            Store::Given(matrix, rows) => rows.iter().map(|i| matrix[[*i, *i]]).collect(),
        };
        self.squares.truncate(self.len);
        self
    }

    /// Number of records.
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// The kernel function.
    pub(crate) fn function(&self) -> &Function {
        &self.function
    }

    /// What is taken off every record.
    pub(crate) fn shift(&self) -> &[f64] {
        &self.shift
    }

    /// Kernel values of the records with themselves.
    pub(crate) fn diagonal(&self) -> Vec<f64> {
        let mut diagonal = self.squares.clone();
        if self.function.kernel == Kernel::Rbf {
            diagonal.fill(1.0);
        } else {
            self.function.finish(&mut diagonal, &[], 0.0);
        }
        diagonal
    }

    /// Operations that one kernel value costs.
    pub(crate) fn cost(&self) -> usize {
        match &self.store {
            Store::Panels(_) => self.width / 4 + 8,
            Store::Sparse(indptr, ..) => indptr.last().copied().unwrap_or(0) / self.len.max(1) + 8,
            Store::Plain(..) => self.width + 8,
            Store::Given(..) => 2,
        }
    }

    /// The records with these numbers, in this order.
    pub(crate) fn select(&self, rows: &[usize]) -> Self {
        let store = match &self.store {
            Store::Panels(panels) => {
                let mut chosen = vec![0.0; rows.len().div_ceil(GROUP) * self.width * GROUP];
                for (k, i) in rows.iter().enumerate() {
                    let from = panels[i / GROUP * self.width * GROUP + i % GROUP..].iter().step_by(GROUP);
                    let to = chosen[k / GROUP * self.width * GROUP + k % GROUP..].iter_mut().step_by(GROUP);
                    to.zip(from).take(self.width).for_each(|(to, from)| *to = *from);
                }
                Store::Panels(chosen)
            }
            Store::Sparse(indptr, indices, values) => {
                let mut chosen = (vec![0], Vec::new(), Vec::new());
                for i in rows {
                    let at = indptr[*i]..indptr[i + 1];
                    chosen.1.extend_from_slice(&indices[at.clone()]);
                    chosen.2.extend_from_slice(&values[at]);
                    chosen.0.push(chosen.1.len());
                }
                Store::Sparse(chosen.0, chosen.1, chosen.2)
            }
            Store::Plain(custom, all) => Store::Plain(
                *custom,
                rows.iter().flat_map(|i| &all[i * self.width..(i + 1) * self.width]).copied().collect(),
            ),
            Store::Given(matrix, numbers) => {
                Store::Given(Arc::clone(matrix), rows.iter().map(|i| numbers[*i]).collect())
            }
        };
        let squares = rows.iter().map(|i| self.squares[*i]).collect();
        Self {
            function: self.function,
            len: rows.len(),
            width: self.width,
            shift: self.shift.clone(),
            store,
            squares,
        }
    }

    /// These records as queries.
    pub(crate) fn queries(&self) -> Queries<'_> {
        let table =
            if matches!(self.store, Store::Sparse(..)) { vec![0.0; self.width * GROUP] } else { Vec::new() };
        Queries { rows: self, table }
    }

    /// Kernel values of records 8g … 8g + 7 of the queries, as far as there are so many, with the records `columns`
    /// of these, whose first number is a multiple of eight: row k of them begins at k · `stride`. The stride is at
    /// least the number of columns, rounded up to eight.
    pub(crate) fn fill(
        &self,
        queries: &mut Queries<'_>,
        g: usize,
        columns: Range<usize>,
        stride: usize,
        out: &mut [f64],
    ) {
        let asking = queries.rows;
        let count = GROUP.min(asking.len - g * GROUP);
        let squares = &self.squares[columns.clone()];
        match (&self.store, &asking.store) {
            (Store::Panels(panels), Store::Panels(asked)) => {
                let size = self.width * GROUP;
                let some = &panels[columns.start / GROUP * size..columns.end.div_ceil(GROUP) * size];
                kernels::row_products::<f64>(&asked[g * size..(g + 1) * size], some, count, stride, out);
            }
            (Store::Sparse(indptr, indices, values), _) => {
                queries.scatter(g);
                let table = match &asking.store {
                    Store::Panels(asked) => &asked[g * self.width * GROUP..(g + 1) * self.width * GROUP],
                    _ => &queries.table,
                };
                let indptr = &indptr[columns.start..=columns.end];
                kernels::sparse_row_products::<f64>(indptr, indices, values, table, count, stride, out);
                queries.clear(g);
            }
            (Store::Panels(panels), Store::Sparse(..)) => {
                queries.scatter(g);
                let size = self.width * GROUP;
                let some = &panels[columns.start / GROUP * size..columns.end.div_ceil(GROUP) * size];
                kernels::row_products::<f64>(&queries.table, some, count, stride, out);
                queries.clear(g);
            }
            (Store::Plain(custom, rows), Store::Plain(_, asked)) => {
                let row = |rows: &'_ [f64], i: usize| -> Range<usize> {
                    i * self.width..((i + 1) * self.width).min(rows.len())
                };
                for k in 0..count {
                    let asked = &asked[row(asked, g * GROUP + k)];
                    for (i, out) in columns.clone().zip(&mut out[k * stride..]) {
                        *out = (custom.function)(asked, &rows[row(rows, i)]);
                    }
                }
            }
            (Store::Given(_, numbers), Store::Given(matrix, asked)) => {
                for k in 0..count {
                    let row = matrix.row(asked[g * GROUP + k]);
                    for (number, out) in numbers[columns.clone()].iter().zip(&mut out[k * stride..]) {
                        *out = row[*number];
                    }
                }
            }
            // Estimators refuse sparse records for a kernel that is given or of their own.
            _ => out.fill(f64::NAN),
        }
        for k in 0..count {
            let row = &mut out[k * stride..][..squares.len()];
            self.function.finish(row, squares, asking.squares[g * GROUP + k]);
        }
    }

    /// Kernel values of one row with the records `columns`, as in [`fill`](Self::fill); `own` is from
    /// [`square`](Self::square).
    pub(crate) fn fill_one<F: Float>(&self, row: &[F], own: f64, columns: Range<usize>, out: &mut [f64]) {
        self.fill_shifted(row, &self.shift, own, columns, out);
    }

    /// As [`fill_one`](Self::fill_one), for a combination of records.
    pub(crate) fn fill_combination(&self, direction: &[f64], columns: Range<usize>, out: &mut [f64]) {
        self.fill_shifted(direction, &vec![0.0; self.width], 0.0, columns, out);
    }

    fn fill_shifted<F: Float>(
        &self,
        row: &[F],
        shift: &[f64],
        own: f64,
        columns: Range<usize>,
        out: &mut [f64],
    ) {
        let squares = &self.squares[columns.clone()];
        match &self.store {
            Store::Panels(panels) => {
                let size = self.width * GROUP;
                let some = &panels[columns.start / GROUP * size..columns.end.div_ceil(GROUP) * size];
                kernels::one_row_products(row, shift, some, out);
            }
            Store::Sparse(indptr, indices, values) => {
                let indptr = &indptr[columns.start..=columns.end];
                kernels::sparse_one_row_products(indptr, indices, values, row, out);
            }
            Store::Plain(custom, rows) => {
                let row: Vec<f64> = row.iter().map(|v| v.f64()).collect();
                for (i, out) in columns.zip(&mut *out) {
                    *out = (custom.function)(&row, &rows[i * self.width..(i + 1) * self.width]);
                }
            }
            Store::Given(_, numbers) => {
                numbers[columns].iter().zip(&mut *out).for_each(|(number, out)| *out = row[*number].f64());
            }
        }
        self.function.finish(&mut out[..squares.len()], squares, own);
    }

    /// ‖row − shift‖²
    pub(crate) fn own_square<F: Float>(&self, row: &[F]) -> f64 {
        kernels::shifted_square(row, &self.shift)
    }

    /// Whether all records have a finite kernel value with themselves, and a finite square.
    pub(crate) fn is_finite(&self) -> bool {
        kernels::all_finite(&self.squares) && kernels::all_finite(&self.diagonal())
    }

    /// Whether products with all records are those with one vector.
    pub(crate) fn is_linear(&self) -> bool {
        self.function.kernel == Kernel::Linear
    }

    /// Σ d x over records and factors, for a linear kernel: what [`fill_one`](Self::fill_one) then takes as a row.
    pub(crate) fn combination(&self, changes: impl Iterator<Item = (usize, f64)>) -> Option<Vec<f64>> {
        if !self.is_linear() {
            return None;
        }
        let mut sum = vec![0.0; self.width];
        for (i, d) in changes {
            match &self.store {
                Store::Panels(panels) => {
                    let row = panels[i / GROUP * self.width * GROUP + i % GROUP..].iter().step_by(GROUP);
                    sum.iter_mut().zip(row).for_each(|(sum, x)| *sum += d * x);
                }
                Store::Sparse(indptr, indices, values) => {
                    let at = indptr[i]..indptr[i + 1];
                    kernels::sparse_axpy(d, &indices[at.clone()], &values[at], &mut sum);
                }
                Store::Plain(..) | Store::Given(..) => return None,
            }
        }
        Some(sum)
    }

    /// Kernel values of the queries from group `g` on with all these records, row after row, until `out` is full.
    pub(crate) fn fill_rows(&self, queries: &mut Queries<'_>, g: usize, out: &mut [f64]) {
        let (n, stride) = (self.len, self.len.next_multiple_of(GROUP));
        let mut values = vec![0.0; GROUP * stride];
        for (g, out) in (g..).zip(out.chunks_mut(GROUP * n)) {
            self.fill(queries, g, 0..n, stride, &mut values);
            out.chunks_exact_mut(n)
                .zip(values.chunks_exact(stride))
                .for_each(|(o, v)| o.copy_from_slice(&v[..n]));
        }
    }

    /// All values of these records with one another, n × n.
    pub(crate) fn square(&self) -> Array2<f64> {
        let n = self.len;
        let mut square = Array2::from_shape_vec((n, n), kernels::zeros(n * n)).unwrap_or_default();
        let chunk = estimand_par::chunk_len(n, n * self.cost()).next_multiple_of(GROUP);
        estimand_par::map_rows_mut(square.as_slice_mut().unwrap_or_default(), n, chunk, |first, out| {
            self.fill_rows(&mut self.queries(), first / GROUP, out);
        });
        square
    }

    /// All values of these records with one another, each row padded to a multiple of eight.
    pub(crate) fn gram(&self) -> Vec<f64> {
        let (n, stride) = (self.len, self.len.next_multiple_of(GROUP));
        let mut gram = kernels::zeros(n.div_ceil(GROUP) * GROUP * stride);
        let chunk = GROUP * estimand_par::chunk_len(n.div_ceil(GROUP), GROUP * n * self.cost());
        estimand_par::map_rows_mut(&mut gram, stride, chunk, |first, out| {
            let mut queries = self.queries();
            for (g, out) in out.chunks_mut(GROUP * stride).enumerate() {
                if first + g * GROUP < n {
                    self.fill(&mut queries, first / GROUP + g, 0..n, stride, out);
                }
            }
        });
        gram
    }
}

impl Queries<'_> {
    /// Writes a sparse group into the table.
    fn scatter(&mut self, g: usize) {
        self.each(g, |place, value| *place = value);
    }

    fn clear(&mut self, g: usize) {
        self.each(g, |place, _| *place = 0.0);
    }

    fn each(&mut self, g: usize, f: impl Fn(&mut f64, f64)) {
        if let Store::Sparse(indptr, indices, values) = &self.rows.store {
            for (k, at) in indptr[g * GROUP..].windows(2).take(GROUP).enumerate() {
                for (j, value) in indices[at[0]..at[1]].iter().zip(&values[at[0]..at[1]]) {
                    f(&mut self.table[*j as usize * GROUP + k], *value);
                }
            }
        }
    }
}

fn means<F: Float>(x: ArrayView2<'_, F>) -> Vec<f64> {
    let n = x.nrows() as f64;
    // Means of parts first, so that large values do not overflow.
    x.columns().into_iter().map(|column| column.iter().map(|v| v.f64() / n).sum()).collect()
}

fn panels<F: Float>(x: ArrayView2<'_, F>, shift: &[f64]) -> Vec<f64> {
    let (n, p) = x.dim();
    let mut panels = kernels::zeros(n.div_ceil(GROUP) * p * GROUP);
    let chunk = estimand_par::chunk_len(n.div_ceil(GROUP), 8 * p * GROUP);
    estimand_par::map_rows_mut(&mut panels, p * GROUP, chunk, |first, out| {
        for (c, panel) in out.chunks_exact_mut(p * GROUP).enumerate() {
            let from = (first + c) * GROUP;
            for l in 0..GROUP.min(n - from) {
                for ((v, shift), to) in
                    x.row(from + l).iter().zip(shift).zip(panel[l..].iter_mut().step_by(GROUP))
                {
                    *to = v.f64() - shift;
                }
            }
        }
    });
    panels
}
