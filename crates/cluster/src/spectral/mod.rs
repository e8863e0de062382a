//! Spectral clustering: groups that are similar within and not between, whatever their shape.
//!
//! ```text
//! M = D^−½ A D^−½       A similarities without their diagonal, D its row sums                               (1)
//! E = D^−½ U            U the eigenvectors of the largest eigenvalues of M                                  (2)
//! ```
//!
//! | symbol | variable | shape |
//! |---|---|---|
//! | A | `Graph` | n × n, dense or sparse |
//! | E | [`embedding`](SpectralModel::embedding) | n × c |
//! | λ of M | [`eigenvalues`](SpectralModel::eigenvalues) | c; 1 − λ are those of the normalised Laplacian |
//!
//! 1. Similarities of all rows, or of near ones.
//! 2. (1) and (2). Where rows fall into groups without any similarity between them, each group is one point of E.
//! 3. k-means of the rows of E \[Shi00, Luxburg07\].
//!
//! Costs O(n²) memory and O(n²c) for each pass of the eigenvectors with Gaussian similarities; with nearest neighbours O(n k) of both.
//!
//! **When not.** Beyond ten or twenty thousand rows with Gaussian similarities. γ, or the number of neighbours, decides what is near: if
//! the report says that eigenvectors have not converged, there is no gap after the last one, and hardly that number of groups.
//! There is no prediction. Sample weights are refused, as repeated rows are neighbours of one another: repeat the rows.
//!
//! **Differs from scikit-learn.** Labels come from k-means alone. Eigenvectors by blocks of products, not by inversion.
//!
//! **References.** \[Shi00\], \[Luxburg07\]; \[Stathopoulos07\] for the eigenvectors.

#[cfg(test)]
mod tests;

use crate::KMeans;
use estimand_core::describe::{above, at_least};
use estimand_core::persist::check_len;
use estimand_core::records::MatrixView;
use estimand_core::{
    Csr, Describe, Error, Features, Fit, Float, Persist, Records, Report, Result, Samples, Target,
};
use estimand_index::{Algorithm, Index, Metric, Queries, Reach, pairwise};
use estimand_kernels as kernels;
use estimand_linalg::{Leading, matmul, sparse};
use estimand_par as par;
use ndarray::{Array1, Array2, ArrayView2, Axis};
use serde::{Deserialize, Serialize};

/// How similar rows are.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Affinity {
    /// exp(−γ ‖x − y‖²)
    Rbf {
        /// γ, above 0.
        gamma: f64,
    },
    /// 1 between rows that are among the nearest of one another, ½ if only one of them is of the other.
    NearestNeighbors {
        /// How many are near a row, itself among them; all if there are fewer.
        n_neighbors: usize,
    },
    /// The records are the similarities, n × n, dense or sparse, none negative; A is the mean of them and their transpose.
    Precomputed,
}

estimand_core::params! {
    /// Spectral clustering; see [the module](crate::spectral).
    ///
    /// ```
    /// use estimand_cluster::{Affinity, SpectralClustering};
    /// use estimand_core::Fit;
    /// use ndarray::Array2;
    ///
    /// // Two rings, one around the other.
    /// let x = Array2::from_shape_fn((120, 2), |(i, j)| {
    ///     let (angle, radius) = (i as f64 / 10.0, if i % 2 == 0 { 1.0 } else { 4.0 });
    ///     radius * if j == 0 { angle.cos() } else { angle.sin() }
    /// });
    /// let near = Affinity::NearestNeighbors { n_neighbors: 5 };
    /// let model = SpectralClustering::new(2).affinity(near).fit(&x)?;
    /// assert!((2..120).all(|i| model.labels()[i] == model.labels()[i % 2]));
    /// # Ok::<(), estimand_core::Error>(())
    /// ```
    pub struct SpectralClustering(n_clusters: usize) {
        /// Number of clusters; at most the number of rows.
        n_clusters: usize = 8, at_least(1.0);
        /// How similar rows are.
        affinity: Affinity = Affinity::Rbf { gamma: 1.0 };
        /// Number of eigenvectors c; `None` for as many as clusters.
        n_components: Option<usize> = None, at_least(1.0);
        /// Starts of k-means, of which the best counts.
        n_init: usize = 10, at_least(1.0);
        /// Largest residual of an eigenvector.
        eigen_tol: f64 = 1e-8, above(0.0);
        /// Seed of the draws.
        seed: u64 = 0;
    }
    accepts: ;
}

const NAME: &str = "SpectralClustering";
/// Vectors that are multiplied at most, for each that is asked for.
const PRODUCTS: usize = 1000;

/// A without its diagonal, n × n and symmetric.
enum Graph {
    Dense(Array2<f64>),
    Sparse(Csr<f64>),
}

impl Graph {
    /// Row sums.
    fn degrees(&self) -> Vec<f64> {
        match self {
            Self::Dense(a) => a.rows().into_iter().map(|row| row.sum()).collect(),
            Self::Sparse(a) => a.view().outer_iter().map(|row| row.values.iter().sum()).collect(),
        }
    }

    /// (1), given D^−½.
    fn normalised(self, factors: &[f64]) -> Result<Self> {
        Ok(match self {
            Self::Dense(mut a) => {
                let n = a.ncols();
                let chunk = par::chunk_len(n, n);
                par::map_rows_mut(a.as_slice_mut().unwrap_or_default(), n, chunk, |first, rows| {
                    for (row, own) in rows.chunks_exact_mut(n).zip(&factors[first..]) {
                        row.iter_mut().zip(factors).for_each(|(a, other)| *a *= own * other);
                    }
                });
                Self::Dense(a)
            }
            Self::Sparse(a) => {
                let n = a.view().ncols();
                let (indptr, indices, mut values) = a.into_parts();
                for (i, own) in factors.iter().enumerate() {
                    let row = indptr[i]..indptr[i + 1];
                    let others = indices[row.clone()].iter().map(|j| factors[*j as usize]);
                    values[row].iter_mut().zip(others).for_each(|(a, other)| *a *= own * other);
                }
                Self::Sparse(Csr::new(n, indptr, indices, values)?)
            }
        })
    }

    /// VA for rows V.
    fn apply(&self, v: ArrayView2<'_, f64>) -> Array2<f64> {
        match self {
            Self::Dense(a) => matmul(v, a.view()),
            Self::Sparse(a) => {
                let product = sparse::matmul(a.view(), v.t().as_standard_layout().view());
                product.t().as_standard_layout().into_owned()
            }
        }
    }
}

/// Gaussian similarities of all rows.
fn gaussian<F: Float>(x: Records<'_, F>, gamma: f64) -> Result<Graph> {
    above(0.0).check("gamma", &gamma)?;
    let x = x.dense(NAME)?.mapv(|v| v.f64());
    let mut a = pairwise(&x, &x, &Metric::Euclidean)?;
    let n = a.ncols();
    par::map_rows_mut(a.as_slice_mut().unwrap_or_default(), n, par::chunk_len(n, 8 * n), |first, rows| {
        for (i, row) in (first..).zip(rows.chunks_exact_mut(n)) {
            row.iter_mut().for_each(|d| *d = -gamma * *d * *d);
            kernels::exp(row);
            row[i] = 0.0;
        }
    });
    Ok(Graph::Dense(a))
}

/// Half of C + Cᵀ, where C says which rows are near each.
fn neighbours<F: Float>(x: Records<'_, F>, n_neighbors: usize) -> Result<Graph> {
    at_least(1.0).check("n_neighbors", &n_neighbors)?;
    let index = Index::new(x, &Metric::Euclidean, Algorithm::Auto)?;
    let n = index.len();
    let others = (n_neighbors - 1).min(n - 1);
    if others == 0 {
        return Ok(Graph::Sparse(Csr::from_triplets(n, n, [])?));
    }
    let near =
        index.find_with(Queries::Own, Reach::Nearest(others), others, |_, found, out: &mut [usize]| {
            out.iter_mut().zip(found).for_each(|(out, near)| *out = near.row as usize);
        })?;
    let pairs = near.iter().enumerate().map(|(place, j)| (place / others, *j));
    let both = pairs.flat_map(|(i, j)| [(i, j, 0.5), (j, i, 0.5)]);
    Ok(Graph::Sparse(Csr::from_triplets(n, n, both)?))
}

/// Given similarities.
fn given<F: Float>(x: Records<'_, F>) -> Result<Graph> {
    let n = x.nrows();
    if x.ncols() != n {
        return Err(Error::shape("columns of the similarities", n, x.ncols()));
    }
    let negative = |row: usize, value: f64| {
        Error::parameter("x", value, format!("similarities, those of row {row} too, of at least 0"))
    };
    Ok(match x.values() {
        MatrixView::Dense(a) => {
            if let Some(((row, _), value)) = a.indexed_iter().find(|(_, a)| a.f64() < 0.0) {
                return Err(negative(row, value.f64()));
            }
            let mean = |(i, j): (usize, usize)| 0.5 * (a[[i, j]].f64() + a[[j, i]].f64());
            Graph::Dense(Array2::from_shape_fn((n, n), |(i, j)| if i == j { 0.0 } else { mean((i, j)) }))
        }
        MatrixView::Sparse(a) => {
            let mut both = Vec::with_capacity(2 * a.nnz());
            for (i, row) in a.outer_iter().enumerate() {
                for (j, value) in row.iter().map(|(j, v)| (j, v.f64())).filter(|(j, _)| *j != i) {
                    if value < 0.0 {
                        return Err(negative(i, value));
                    }
                    both.extend([(i, j, 0.5 * value), (j, i, 0.5 * value)]);
                }
            }
            Graph::Sparse(Csr::from_triplets(n, n, both)?)
        }
    })
}

impl<F: Float, Y: Target> Fit<F, Y> for SpectralClustering {
    type Model = SpectralModel;

    fn fit_samples(&self, samples: Samples<'_, F, Y>) -> Result<SpectralModel> {
        self.check()?;
        samples.check()?;
        let (x, n) = (samples.x, samples.nrows());
        if samples.weights.is_some() {
            return Err(Error::unsupported(NAME, "sample weights; repeat the rows"));
        }
        x.check_finite()?;
        let count = self.n_components.unwrap_or(self.n_clusters);
        for (name, value) in [("n_clusters", self.n_clusters), ("n_components", count)] {
            if value > n {
                return Err(Error::parameter(name, value, format!("at most the number of rows, {n}")));
            }
        }
        let graph = match self.affinity {
            Affinity::Rbf { gamma } => gaussian(x, gamma)?,
            Affinity::NearestNeighbors { n_neighbors } => neighbours(x, n_neighbors)?,
            Affinity::Precomputed => given(x)?,
        };
        // A row that is similar to none is a group of its own.
        let factors: Vec<f64> =
            graph.degrees().into_iter().map(|d| if d > 0.0 { d.sqrt().recip() } else { 1.0 }).collect();
        let graph = graph.normalised(&factors)?;
        let limit = PRODUCTS * count;
        let found = Leading::new(n, count, |v| graph.apply(v), self.eigen_tol, limit, self.seed)?;
        let mut embedding = found.vectors.t().as_standard_layout().into_owned();
        embedding.rows_mut().into_iter().zip(&factors).for_each(|(mut row, factor)| row *= *factor);
        for mut column in embedding.columns_mut() {
            let largest = column.iter().fold(0.0_f64, |m, v| if v.abs() > m.abs() { *v } else { m });
            column *= if largest < 0.0 { -1.0 } else { 1.0 };
        }
        let means = KMeans::new(self.n_clusters).n_init(Some(self.n_init)).seed(self.seed).fit(&embedding)?;
        let report = Report::iterative("block eigenvectors and k-means", found.products, found.converged)
            .objective(means.inertia())
            .warn_unless_converged(NAME, "take fewer clusters, or raise `eigen_tol`");
        Ok(SpectralModel {
            labels: crate::agglomerative::numbered(means.labels().iter().copied()),
            embedding,
            eigenvalues: found.values,
            features: Features::of(x),
            report,
        })
    }
}

/// A fitted [`SpectralClustering`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SpectralModel {
    labels: Array1<usize>,
    embedding: Array2<f64>,
    eigenvalues: Array1<f64>,
    features: Features,
    report: Report,
}

impl SpectralModel {
    /// The cluster of each training row, n; numbered by their lowest rows.
    pub fn labels(&self) -> &Array1<usize> {
        &self.labels
    }

    /// Where the rows are by their similarities, n × c: E.
    pub fn embedding(&self) -> &Array2<f64> {
        &self.embedding
    }

    /// The largest eigenvalues of M, c, descending. A gap after the k-th speaks for k groups.
    pub fn eigenvalues(&self) -> &Array1<f64> {
        &self.eigenvalues
    }

    /// How the fit went: vectors multiplied, and whether eigenvectors converged; the objective is that of k-means.
    pub fn report(&self) -> &Report {
        &self.report
    }

    /// The columns the model was fitted on.
    pub fn features(&self) -> &Features {
        &self.features
    }
}

impl Persist for SpectralModel {
    fn type_name() -> String {
        "SpectralModel".into()
    }

    fn check_loaded(&self) -> Result<()> {
        self.features.check_loaded()?;
        check_len("rows of the embedding", self.labels.len(), self.embedding.len_of(Axis(0)))?;
        check_len("eigenvalues", self.embedding.ncols(), self.eigenvalues.len())
    }
}
