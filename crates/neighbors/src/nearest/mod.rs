//! Who the neighbours of a row are.
//!
//! ```text
//! kneighbors(q)          the k rows with the least d(q, xᵢ), nearest first, of equals the lowest i
//! radius_neighbors(q)    all rows with d(q, xᵢ) ≤ r, nearest first
//! ```
//!
//! Asked about [`Queries::Own`], the rows that were learnt, none is its own neighbour. How it is searched, and at what cost,
//! stands at [`Algorithm`].
//!
//! **Differs from scikit-learn.** Ties go to the lowest row whatever the algorithm. Neighbours within a radius are always
//! sorted. Two rows of zeros are at distance 0 under the cosine metric.

#[cfg(test)]
mod tests;

use estimand_core::describe::at_least;
use estimand_core::{Csr, Describe, Error, Features, Fit, Float, Report, Result, Samples, Target};
use estimand_index::{Algorithm, Index, Metric, Nearest, Queries, Reach};
use serde::{Deserialize, Serialize};

estimand_core::params! {
    /// Search for neighbours; see [the module](crate::nearest).
    ///
    /// ```
    /// use estimand_core::Fit;
    /// use estimand_neighbors::{NearestNeighbors, Queries};
    /// use ndarray::array;
    ///
    /// let model = NearestNeighbors::new().n_neighbors(2).radius(5.0).fit(&array![[0.0, 0.0], [3.0, 4.0], [6.0, 8.0]])?;
    /// let found = model.kneighbors(&array![[1.0, 1.0]])?;
    /// assert_eq!(found.rows, array![[0, 1]]);
    ///
    /// let own = model.radius_neighbors(Queries::Own)?;
    /// assert_eq!((own.rows(0), own.rows(1)), (&[1][..], &[0, 2][..]));
    /// # Ok::<(), estimand_core::Error>(())
    /// ```
    pub struct NearestNeighbors {
        /// The number k of neighbours of [`kneighbors`](NearestNeighborsModel::kneighbors).
        n_neighbors: usize = 5, at_least(1.0);
        /// The radius r of [`radius_neighbors`](NearestNeighborsModel::radius_neighbors).
        radius: f64 = 1.0, at_least(0.0);
        /// The distance d.
        metric: Metric = Metric::Euclidean;
        /// How to search. The answer is the same.
        algorithm: Algorithm = Algorithm::Auto;
    }
    accepts: ;
}

/// A fitted [`NearestNeighbors`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(bound(serialize = "F: Float", deserialize = "F: Float"))]
pub struct NearestNeighborsModel<F: Float> {
    n_neighbors: usize,
    radius: f64,
    features: Features,
    index: Index<F>,
}

/// The neighbours of each query within a radius, nearest first.
#[derive(Clone, Debug, PartialEq)]
pub struct Within<F> {
    offsets: Vec<usize>,
    rows: Vec<usize>,
    distances: Vec<F>,
}

impl<F> Within<F> {
    /// Number of queries.
    pub fn len(&self) -> usize {
        self.offsets.len() - 1
    }

    /// Whether there are no queries.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Row numbers of the neighbours of query `i`.
    ///
    /// # Panics
    /// If there is no such query.
    pub fn rows(&self, i: usize) -> &[usize] {
        &self.rows[self.offsets[i]..self.offsets[i + 1]]
    }

    /// Their distances.
    ///
    /// # Panics
    /// If there is no such query.
    pub fn distances(&self, i: usize) -> &[F] {
        &self.distances[self.offsets[i]..self.offsets[i + 1]]
    }
}

/// The values of a graph.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Edges {
    /// 1 for each neighbour.
    #[default]
    Ones,
    /// Its distance. Equal rows have a stored 0.
    Distances,
}

/// Weights are refused: to be near, it does not matter how much a row counts.
impl<F: Float, Y: Target> Fit<F, Y> for NearestNeighbors {
    type Model = NearestNeighborsModel<F>;

    fn fit_samples(&self, samples: Samples<'_, F, Y>) -> Result<NearestNeighborsModel<F>> {
        self.check()?;
        samples.check()?;
        if samples.weights.is_some() {
            return Err(Error::unsupported(
                "NearestNeighbors",
                "sample weights; leave out rows that should not be found",
            ));
        }
        let index = Index::new(samples.x, &self.metric, self.algorithm)?;
        let features = Features::of(samples.x);
        Ok(NearestNeighborsModel { n_neighbors: self.n_neighbors, radius: self.radius, features, index })
    }
}

impl<F: Float> NearestNeighborsModel<F> {
    /// The k nearest rows of each query, and their distances.
    ///
    /// # Errors
    /// For queries of another width or with other names, or that are not finite; if there are fewer rows than k.
    pub fn kneighbors<'a>(&self, queries: impl Into<Queries<'a, F>>) -> Result<Nearest<F>>
    where
        F: 'a,
    {
        self.index.nearest(self.checked(queries)?, self.n_neighbors)
    }

    /// All rows within the radius of each query, and their distances.
    ///
    /// # Errors
    /// For queries of another width or with other names, or that are not finite.
    pub fn radius_neighbors<'a>(&self, queries: impl Into<Queries<'a, F>>) -> Result<Within<F>>
    where
        F: 'a,
    {
        let queries = self.checked(queries)?;
        let found = self.index.find_with(queries, Reach::Within(self.radius), 1, |_, found, out| {
            out[0] = found.iter().map(|found| (found.row, F::of(found.distance))).collect::<Vec<_>>();
        })?;
        let mut within = Within { offsets: vec![0], rows: Vec::new(), distances: Vec::new() };
        for found in found {
            within.rows.extend(found.iter().map(|(row, _)| *row as usize));
            within.distances.extend(found.iter().map(|(_, distance)| *distance));
            within.offsets.push(within.rows.len());
        }
        Ok(within)
    }

    /// The k nearest rows of each query as the stored values of a sparse matrix, queries × rows.
    ///
    /// # Errors
    /// As [`kneighbors`](Self::kneighbors).
    pub fn kneighbors_graph<'a>(&self, queries: impl Into<Queries<'a, F>>, edges: Edges) -> Result<Csr<F>>
    where
        F: 'a,
    {
        let Nearest { distances, rows } = self.kneighbors(queries)?;
        let offsets = (0..=rows.nrows()).map(|i| i * rows.ncols()).collect();
        self.graph(
            offsets,
            rows.as_slice().unwrap_or_default(),
            distances.as_slice().unwrap_or_default(),
            edges,
        )
    }

    /// All rows within the radius of each query as the stored values of a sparse matrix, queries × rows.
    ///
    /// # Errors
    /// As [`radius_neighbors`](Self::radius_neighbors).
    pub fn radius_neighbors_graph<'a>(
        &self,
        queries: impl Into<Queries<'a, F>>,
        edges: Edges,
    ) -> Result<Csr<F>>
    where
        F: 'a,
    {
        let Within { offsets, rows, distances } = self.radius_neighbors(queries)?;
        self.graph(offsets, &rows, &distances, edges)
    }

    fn graph(&self, offsets: Vec<usize>, rows: &[usize], distances: &[F], edges: Edges) -> Result<Csr<F>> {
        let (mut indices, mut data) = (Vec::with_capacity(rows.len()), Vec::with_capacity(rows.len()));
        for ends in offsets.windows(2) {
            let pairs = rows[ends[0]..ends[1]].iter().zip(&distances[ends[0]..ends[1]]);
            let mut pairs: Vec<(u32, F)> = pairs.map(|(row, distance)| (*row as u32, *distance)).collect();
            pairs.sort_unstable_by_key(|(row, _)| *row);
            indices.extend(pairs.iter().map(|(row, _)| *row));
            data.extend(pairs.iter().map(|(_, d)| if edges == Edges::Ones { F::one() } else { *d }));
        }
        Csr::new(self.index.len(), offsets, indices, data)
    }

    fn checked<'a>(&self, queries: impl Into<Queries<'a, F>>) -> Result<Queries<'a, F>>
    where
        F: 'a,
    {
        let queries = queries.into();
        match queries {
            Queries::Of(x) => self.features.check(x)?,
            Queries::Own => {}
        }
        Ok(queries)
    }

    /// The index, to search with other numbers and radii.
    pub fn index(&self) -> &Index<F> {
        &self.index
    }

    /// The columns the model was fitted on.
    pub fn features(&self) -> &Features {
        &self.features
    }

    /// How it searches.
    pub fn report(&self) -> Report {
        Report::direct(self.index.method())
    }
}

estimand_core::persist!(NearestNeighborsModel<F>, |model| {
    model.features.check_loaded()?;
    estimand_core::persist::check_len("columns of the index", model.features.count(), model.index.columns())
});
