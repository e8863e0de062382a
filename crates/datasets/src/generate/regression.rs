//! Linear problems, and matrices of low effective rank.

use super::{Role, add_noise, check_size, normals, stream, uniforms};
use estimand_core::describe::{above, at_least, between, finite};
use estimand_core::{Dataset, Describe, Result, random};
use ndarray::{Array1, Array2, ArrayViewMut1, Axis, s};

estimand_core::params! {
    /// A random linear regression problem; see [`make_regression`].
    pub struct MakeRegression(n_samples: usize) {
        /// Number of rows.
        n_samples: usize = 100, at_least(1.0);
        /// Number of columns.
        n_features: usize = 100, at_least(1.0);
        /// Columns with a coefficient other than zero; at most `n_features` count.
        n_informative: usize = 10;
        /// Intercept.
        bias: f64 = 0.0, finite();
        /// Number of singular vectors that explain most of `x`; `None` makes independent standard normal columns.
        effective_rank: Option<usize> = None, above(0.0);
        /// Weight of the fat tail of the singular values, where `effective_rank` is set.
        tail_strength: f64 = 0.5, between(0.0, 1.0);
        /// Standard deviation of the noise added to the target.
        noise: f64 = 0.0, at_least(0.0);
        /// Shuffle rows and columns; otherwise the informative columns come first.
        shuffle: bool = true;
        /// Seed of all draws.
        seed: u64 = 0;
    }
    accepts: ;
}

/// A random linear regression problem of `n_samples` rows: `y = x·coef + bias + noise`, coefficients
/// uniform on 0 to 100.
///
/// ```
/// let (data, coef) = estimand_datasets::make_regression(50).n_features(8).n_informative(3).generate_with_coef()?;
/// assert_eq!((data.x.dim(), data.y.len()), ((50, 8), 50));
/// assert_eq!(coef.iter().filter(|c| **c != 0.0).count(), 3);
/// # Ok::<(), estimand_core::Error>(())
/// ```
pub fn make_regression(n_samples: usize) -> MakeRegression {
    MakeRegression::new(n_samples)
}

impl MakeRegression {
    /// Draws the problem.
    pub fn generate(&self) -> Result<Dataset<f64, Array1<f64>>> {
        Ok(self.generate_with_coef()?.0)
    }

    /// Draws the problem and tells the coefficients behind it.
    pub fn generate_with_coef(&self) -> Result<(Dataset<f64, Array1<f64>>, Array1<f64>)> {
        let (data, coef) = self.generate_multi_target(1)?;
        let y = data.y.index_axis_move(Axis(1), 0);
        Ok((Dataset::new(data.x, y), coef.index_axis_move(Axis(1), 0)))
    }

    /// Draws a problem with several targets and tells the coefficients behind it, `n_features × n_targets`.
    pub fn generate_multi_target(
        &self,
        n_targets: usize,
    ) -> Result<(Dataset<f64, Array2<f64>>, Array2<f64>)> {
        self.check()?;
        at_least(1.0).check("n_targets", &n_targets)?;
        let (n, p) = (self.n_samples, self.n_features);
        check_size(n, p)?;
        check_size(n.max(p), n_targets)?;
        let mut x = match self.effective_rank {
            None => normals(n, p, &mut stream(self.seed, Role::Points)),
            Some(rank) => low_rank(n, p, rank, self.tail_strength, self.seed),
        };
        let told = self.n_informative.min(p);
        let mut coef = Array2::zeros((p, n_targets));
        coef.slice_mut(s![..told, ..])
            .assign(&(uniforms(told, n_targets, &mut stream(self.seed, Role::Model)) * 100.0));
        let mut y = x.dot(&coef) + self.bias;
        y.scaled_add(self.noise, &normals(n, n_targets, &mut stream(self.seed, Role::Noise)));
        if self.shuffle {
            let mut shuffling = stream(self.seed, Role::Order);
            let order_of_rows = random::permutation(n, &mut shuffling);
            let order_of_columns = random::permutation(p, &mut shuffling);
            (x, y) = (
                x.select(Axis(0), &order_of_rows).select(Axis(1), &order_of_columns),
                y.select(Axis(0), &order_of_rows),
            );
            coef = coef.select(Axis(0), &order_of_columns);
        }
        Ok((Dataset::new(x, y), coef))
    }
}

estimand_core::params! {
    /// A regression problem with few useful columns; see [`make_sparse_uncorrelated`].
    pub struct MakeSparseUncorrelated(n_samples: usize) {
        /// Number of rows.
        n_samples: usize = 100, at_least(1.0);
        /// Number of columns.
        n_features: usize = 10, at_least(4.0);
        /// Seed of all draws.
        seed: u64 = 0;
    }
    accepts: ;
}

/// Standard normal columns of which four matter: `y = x₀ + 2x₁ − 2x₂ − 1.5x₃ + N(0, 1)`
/// (G. Celeux, M. El Anbari, J.-M. Marin, C. Robert, *Regularization in regression*, 2012).
pub fn make_sparse_uncorrelated(n_samples: usize) -> MakeSparseUncorrelated {
    MakeSparseUncorrelated::new(n_samples)
}

impl MakeSparseUncorrelated {
    /// Draws the problem.
    pub fn generate(&self) -> Result<Dataset<f64, Array1<f64>>> {
        self.check()?;
        check_size(self.n_samples, self.n_features)?;
        let x = normals(self.n_samples, self.n_features, &mut stream(self.seed, Role::Points));
        let mut y = x.slice(s![.., ..4]).dot(&Array1::from(vec![1.0, 2.0, -2.0, -1.5]));
        add_noise(&mut y, 1.0, self.seed);
        Ok(Dataset::new(x, y))
    }
}

estimand_core::params! {
    /// A matrix of low effective rank; see [`make_low_rank_matrix`].
    pub struct MakeLowRankMatrix(n_samples: usize) {
        /// Number of rows.
        n_samples: usize = 100, at_least(1.0);
        /// Number of columns.
        n_features: usize = 100, at_least(1.0);
        /// Number of singular vectors that explain most of the matrix.
        effective_rank: usize = 10, at_least(1.0);
        /// Weight of the fat tail of the singular values.
        tail_strength: f64 = 0.5, between(0.0, 1.0);
        /// Seed of all draws.
        seed: u64 = 0;
    }
    accepts: ;
}

/// A matrix with random singular vectors and the singular values
///
/// ```text
/// sᵢ = (1 − t) exp(−(i/r)²) + t exp(−0.1 i/r),    r = effective_rank, t = tail_strength
/// ```
///
/// a bell of width `r` on a fat tail, as pictures of faces and tables of words have it.
pub fn make_low_rank_matrix(n_samples: usize) -> MakeLowRankMatrix {
    MakeLowRankMatrix::new(n_samples)
}

impl MakeLowRankMatrix {
    /// Draws the matrix. O(n·p·min(n, p)).
    pub fn generate(&self) -> Result<Array2<f64>> {
        self.check()?;
        check_size(self.n_samples, self.n_features)?;
        Ok(low_rank(self.n_samples, self.n_features, self.effective_rank, self.tail_strength, self.seed))
    }
}

/// `x = U diag(s) Vᵀ`.
fn low_rank(n: usize, p: usize, rank: usize, tail: f64, seed: u64) -> Array2<f64> {
    let mut points = stream(seed, Role::Points);
    let k = n.min(p);
    let mut left = orthonormal_rows(normals(k, n, &mut points));
    let right = orthonormal_rows(normals(k, p, &mut points));
    for (i, mut u) in left.rows_mut().into_iter().enumerate() {
        let at = i as f64 / rank as f64;
        u *= (1.0 - tail) * (-at * at).exp() + tail * (-0.1 * at).exp();
    }
    left.t().dot(&right)
}

/// Gram–Schmidt, each row against those before it, twice: one pass leaves errors of the size of the
/// condition number, two leave those of rounding.
fn orthonormal_rows(mut a: Array2<f64>) -> Array2<f64> {
    for i in 0..a.nrows() {
        let (done, mut rest) = a.view_mut().split_at(Axis(0), i);
        let mut row: ArrayViewMut1<'_, f64> = rest.row_mut(0);
        for _ in 0..2 {
            for before in done.rows() {
                let along = before.dot(&row);
                row.scaled_add(-along, &before);
            }
        }
        let norm = row.dot(&row).sqrt();
        row /= norm;
    }
    a
}
