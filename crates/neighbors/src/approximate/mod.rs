//! Who the neighbours of a row are, approximately: for very many rows in many dimensions, where no exact search is fast.
//!
//! Rows are linked to near ones in a graph of layers, which a search walks through; how, and at what cost, stands at
//! [`estimand_index::hnsw`]. What is found is near, and most of it nearest: the share that is, the recall, is measured when
//! fitting, over rows that are drawn, and stands in the report.
//!
//! | to raise the recall | costs |
//! |---|---|
//! | `ef_search` | time of each search |
//! | `m`, `ef_construction` | time to fit; `m` also memory |
//!
//! **Differs from scikit-learn**, which has no approximate search, and from other implementations of the same graph: it is
//! the same for any number of threads, and tells its recall.
//!
//! **References.** \[Malkov20\].

#[cfg(test)]
mod tests;

use estimand_core::describe::at_least;
use estimand_core::{Describe, Error, Features, Fit, Float, Report, Result, Samples, Target};
use estimand_index::{GraphRules, Hnsw, Metric, Nearest, Queries};
use serde::{Deserialize, Serialize};

estimand_core::params! {
    /// Approximate search for neighbours; see [the module](crate::approximate).
    ///
    /// ```
    /// use estimand_core::Fit;
    /// use estimand_neighbors::{ApproximateNeighbors, Queries};
    /// use ndarray::Array2;
    ///
    /// let x = Array2::from_shape_fn((400, 2), |(i, j)| ((i * (7 + j)) % 101) as f64);
    /// let model = ApproximateNeighbors::new().n_neighbors(3).fit(&x)?;
    /// assert!(model.recall().is_some_and(|recall| recall > 0.95));
    /// let found = model.kneighbors(Queries::Own)?;
    /// assert_eq!(found.rows.dim(), (400, 3));
    /// # Ok::<(), estimand_core::Error>(())
    /// ```
    pub struct ApproximateNeighbors {
        /// The number k of neighbours.
        n_neighbors: usize = 5, at_least(1.0);
        /// Links of a row.
        m: usize = 16, at_least(2.0);
        /// Rows that are kept in view while a row is linked.
        ef_construction: usize = 200, at_least(1.0);
        /// Rows that a search keeps in view; at least k are.
        ef_search: usize = 64, at_least(1.0);
        /// Rows that the recall is measured on; 0 for not at all. Each costs a look at all rows.
        recall_rows: usize = 100, at_least(0.0);
        /// The distance d; it should be a metric in the mathematical sense.
        metric: Metric = Metric::Euclidean;
        /// Draws the layers, and the rows that the recall is measured on.
        seed: u64 = 0;
    }
    accepts: ;
}

/// A fitted [`ApproximateNeighbors`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(bound(serialize = "F: Float", deserialize = "F: Float"))]
pub struct ApproximateNeighborsModel<F: Float> {
    n_neighbors: usize,
    effort: usize,
    recall: Option<f64>,
    features: Features,
    graph: Hnsw<F>,
}

impl<F: Float, Y: Target> Fit<F, Y> for ApproximateNeighbors {
    type Model = ApproximateNeighborsModel<F>;

    fn fit_samples(&self, samples: Samples<'_, F, Y>) -> Result<ApproximateNeighborsModel<F>> {
        self.check()?;
        samples.check()?;
        if samples.weights.is_some() {
            return Err(Error::unsupported(
                "ApproximateNeighbors",
                "sample weights; leave out rows that should not be found",
            ));
        }
        let rules = GraphRules { m: self.m, effort_build: self.ef_construction, seed: self.seed };
        let graph = Hnsw::new(samples.x, &self.metric, rules)?;
        let k = self.n_neighbors.min(graph.len() - 1);
        let recall = match self.recall_rows {
            rows if rows > 0 && k > 0 => Some(graph.recall(k, self.ef_search, rows, self.seed)?),
            _ => None,
        };
        let (n_neighbors, effort, features) = (self.n_neighbors, self.ef_search, Features::of(samples.x));
        Ok(ApproximateNeighborsModel { n_neighbors, effort, recall, features, graph })
    }
}

impl<F: Float> ApproximateNeighborsModel<F> {
    /// About the k nearest rows of each query, and their distances, nearest first.
    ///
    /// # Errors
    /// For queries of another width or with other names, or that are not finite; if there are fewer rows than k.
    pub fn kneighbors<'a>(&self, queries: impl Into<Queries<'a, F>>) -> Result<Nearest<F>>
    where
        F: 'a,
    {
        let queries = queries.into();
        if let Queries::Of(x) = queries {
            self.features.check(x)?;
        }
        self.graph.nearest(queries, self.n_neighbors, self.effort)
    }

    /// The share of the k nearest others that was found, over the rows that it was measured on.
    pub fn recall(&self) -> Option<f64> {
        self.recall
    }

    /// The graph, to search with other numbers and efforts.
    pub fn graph(&self) -> &Hnsw<F> {
        &self.graph
    }

    /// The columns the model was fitted on.
    pub fn features(&self) -> &Features {
        &self.features
    }

    /// How it searches, and its recall.
    pub fn report(&self) -> Report {
        let report = Report::direct(format!("a graph of {} layers", self.graph.layers()));
        match self.recall {
            Some(recall) => report.note(format!("recall {recall:.4} of {} neighbours", self.n_neighbors)),
            None => report.note("the recall was not measured"),
        }
    }
}

estimand_core::persist!(ApproximateNeighborsModel<F>, |model| {
    model.features.check_loaded()?;
    estimand_core::persist::check_len("columns of the graph", model.features.count(), model.graph.columns())
});
