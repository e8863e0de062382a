//! First and second moments of X and Y, in one pass over the data.
//!
//! ```text
//! A = √W [X − 1sᵀ | 1 | Y − 1sᵀ]      n × q, q = p + 1 + t; s is a provisional mean
//! AᵀA                                  Σw, Σw(x − s), Σw(x − s)(x − s)ᵀ, … in one matrix
//! x̄ = s + Σw(x − s) / Σw               Σw(x − x̄)(x − x̄)ᵀ = Σw(x − s)(x − s)ᵀ − Σw (x̄ − s)(x̄ − s)ᵀ
//! ```
//!
//! | symbol | variable | shape |
//! |---|---|---|
//! | X, Y, w | `x`, `y`, `weights` | n × p, n × t, n |
//! | s | `shift` | p + t |
//! | x̄, ȳ | `mean`, `target_mean` | p, t |
//!
//! 1. s is the mean of rows spread evenly over the data, so that the last line of the formulae subtracts little
//!    from much: data with mean 1e6 and deviation 1 lose nothing.
//! 2. Blocks of rows are shifted, weighted and packed into panels that stay in cache (`gram`).
//! 3. Panels are multiplied tile by tile in `f64`, also for `f32` data; only the lower triangle.
//! 4. Parts of the rows are summed in order: the same bits for any number of threads.
//!
//! Costs n q² / 2 multiply-adds and reads each value once; about 60 ms per core for 10⁶ × 50.

pub(crate) mod gram;
mod sparse;

use crate::product::contiguous;
use estimand_core::{CsrView, Float, MatrixView};
use estimand_kernels as kernels;
use gram::Design;
use ndarray::{Array1, Array2, ArrayView1, ArrayView2, Axis, s};

/// Weighted means, the centred Gram matrix and the centred cross products with targets: all that ordinary
/// and ridge regression, covariances and discriminants need to know of the data.
#[derive(Clone, Debug, PartialEq)]
pub struct Moments {
    /// Σ wᵢ; the number of rows without weights.
    pub weight: f64,
    /// x̄, p
    pub mean: Array1<f64>,
    /// Σ wᵢ (xᵢ − x̄)(xᵢ − x̄)ᵀ, p × p, both triangles
    pub gram: Array2<f64>,
    /// ȳ, t
    pub target_mean: Array1<f64>,
    /// Σ wᵢ (xᵢ − x̄)(yᵢ − ȳ)ᵀ, p × t
    pub cross: Array2<f64>,
    /// Σ wᵢ (yᵢ − ȳ)², t
    pub target_squares: Array1<f64>,
    /// Whether some column is so small that its squares underflow.
    underflow: bool,
}

/// Sums of squares below this have lost digits.
const SMALLEST: f64 = f64::MIN_POSITIVE / f64::EPSILON;

impl Moments {
    /// Reads each row of X (n × p) and Y (n × t; t may be 0) once.
    ///
    /// NaN or an infinity anywhere makes [`Moments::is_reliable`] false; look for the place only then.
    ///
    /// # Panics
    /// If the numbers of rows differ.
    pub fn new<F: Float>(
        x: ArrayView2<'_, F>,
        y: ArrayView2<'_, F>,
        weights: Option<ArrayView1<'_, F>>,
    ) -> Self {
        let design = Design::new(x, y, weights);
        let tiles = design.tiles();
        let weight = total_weight(x.nrows(), weights);
        let mut moments = Self::from_sums(|f| tiles.for_each(f), weight, &design.shift, x.ncols());
        moments.underflow |= design.tiny;
        moments
    }

    /// As [`Moments::new`] for compressed sparse rows.
    ///
    /// Matrices with few stored values per row are summed without a shift: a column that is nearly constant
    /// far from 0 in *every* row then loses digits, as it does in no other column.
    ///
    /// # Panics
    /// If the numbers of rows differ.
    pub fn of_sparse<F: Float>(
        x: CsrView<'_, F>,
        y: ArrayView2<'_, F>,
        weights: Option<ArrayView1<'_, F>>,
    ) -> Self {
        sparse::moments(x, y, weights)
    }

    /// As [`Moments::new`] or [`Moments::of_sparse`].
    ///
    /// # Panics
    /// If the numbers of rows differ.
    pub fn of<F: Float>(
        x: MatrixView<'_, F>,
        y: ArrayView2<'_, F>,
        weights: Option<ArrayView1<'_, F>>,
    ) -> Self {
        match x {
            MatrixView::Dense(x) => Self::new(x, y, weights),
            MatrixView::Sparse(x) => Self::of_sparse(x, y, weights),
        }
    }

    /// Moments about the means from AᵀA: `each` shows its lower triangle to a function, value by value.
    fn from_sums(
        each: impl Fn(&mut dyn FnMut(usize, usize, f64)),
        weight: f64,
        shift: &[f64],
        p: usize,
    ) -> Self {
        let mut sums = vec![0.0; shift.len()];
        each(&mut |i, j, value| match (i, j) {
            _ if i == p && j < p => sums[j] = value,
            _ if i > p && j == p => sums[i - 1] = value,
            _ => {}
        });
        let offset: Vec<f64> =
            sums.iter().map(|sum| if weight == 0.0 { 0.0 } else { sum / weight }).collect();
        let t = shift.len() - p;
        let (mut gram, mut cross, mut target_squares) =
            (Array2::zeros((p, p)), Array2::zeros((p, t)), Array1::zeros(t));
        each(&mut |i, j, value| {
            // Column p of A is that of ones; targets follow it.
            let centred = |i: usize, j: usize| value - weight * offset[i] * offset[j];
            if i < p {
                let value = centred(i, j);
                (gram[[i, j]], gram[[j, i]]) = (value, value);
            } else if i > p && j < p {
                cross[[j, i - p - 1]] = centred(i - 1, j);
            } else if i > p && j == i {
                target_squares[i - p - 1] = centred(i - 1, i - 1);
            }
        });
        let squares = gram.diag_mut().into_iter().chain(&mut target_squares);
        let mut underflow = false;
        for (square, sum) in squares.zip(&sums) {
            underflow |= *square < SMALLEST && *sum != 0.0;
            // Rounding may take a sum of squares below zero.
            if *square < 0.0 {
                *square = 0.0;
            }
        }
        let mean: Array1<f64> = shift.iter().zip(&offset).map(|(s, o)| s + o).collect();
        let target_mean = mean.slice(s![p..]).to_owned();
        Self {
            weight,
            mean: mean.slice(s![..p]).to_owned(),
            gram,
            target_mean,
            cross,
            target_squares,
            underflow,
        }
    }

    /// Whether the sums can be trusted: the data hold neither NaN nor infinities, and no square has
    /// overflown or vanished (values beyond about 1e±150).
    pub fn is_reliable(&self) -> bool {
        !self.underflow
            && self.gram.iter().chain(&self.cross).chain(&self.target_squares).all(|v| v.is_finite())
    }

    /// The moments of both samples together.
    ///
    /// # Panics
    /// If the numbers of columns or of targets differ.
    #[must_use]
    pub fn combine(mut self, other: &Self) -> Self {
        let weight = self.weight + other.weight;
        if weight > 0.0 {
            let (dx, dy) = (&other.mean - &self.mean, &other.target_mean - &self.target_mean);
            let between = self.weight * (other.weight / weight);
            self.gram = self.gram + &other.gram + outer(&dx, &dx, between);
            self.cross = self.cross + &other.cross + outer(&dx, &dy, between);
            self.target_squares = self.target_squares + &other.target_squares + dy.mapv(|d| between * d * d);
            self.mean.scaled_add(other.weight / weight, &dx);
            self.target_mean.scaled_add(other.weight / weight, &dy);
        }
        self.weight = weight;
        self.underflow |= other.underflow;
        self
    }

    /// The moments about zero instead of about the means, which become 0: for fits without intercept.
    #[must_use]
    pub fn uncentred(mut self) -> Self {
        self.gram += &outer(&self.mean, &self.mean, self.weight);
        self.cross += &outer(&self.mean, &self.target_mean, self.weight);
        self.target_squares += &self.target_mean.mapv(|mean| self.weight * mean * mean);
        self.mean.fill(0.0);
        self.target_mean.fill(0.0);
        self
    }

    /// The covariance matrix: the Gram matrix over Σw − `ddof`.
    pub fn covariance(&self, ddof: f64) -> Array2<f64> {
        &self.gram / (self.weight - ddof)
    }
}

/// Σ wᵢ
fn total_weight<F: Float>(n: usize, weights: Option<ArrayView1<'_, F>>) -> f64 {
    weights.map_or(n as f64, |w| kernels::sum(contiguous(w).as_slice().unwrap_or_default()))
}

/// f · abᵀ
fn outer(a: &Array1<f64>, b: &Array1<f64>, f: f64) -> Array2<f64> {
    let column = a.mapv(|v| v * f).insert_axis(Axis(1));
    column * b
}
