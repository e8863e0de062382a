//! OPTICS: rows in an order that shows their clusters at all densities, and two ways to read these off.
//!
//! ```text
//! c(i)   distance to the (m − 1)-th nearest other row; ∞ beyond ε                                          (1)
//! r(j)   = min over rows i before j, d(i, j) ≤ ε, of max(c(i), d(i, j))                                    (2)
//! ```
//!
//! The next row is always the one with the least r: [`estimand_index::ordering`]. Plotted in this order, r has a valley for
//! each cluster, and valleys within valleys for clusters within clusters.
//!
//! - [`Extraction::Xi`]: a cluster is what lies between a steep way down and a steep way up, along which r falls or rises by
//!   a share ξ from row to row, or nearly always \[Ankerst99, figure 19\]. Rows at its end that were reached from outside of it
//!   are taken off \[Schubert18\].
//! - [`Extraction::Dbscan`]: the clusters of DBSCAN at a distance ε′ ≤ ε: r is no greater than ε′. Border rows that come
//!   before their core are noise.
//!
//! Costs O(n²p) with ε = ∞, and memory O(n); with a small ε O(n) searches of the neighbours within it.
//!
//! **Differs from scikit-learn.** Distances are not rounded to 15 decimals. Labels of `Xi` are the same; no share of the rows
//! stands for a number. Costs O(n) memory.
//!
//! **References.** \[Ankerst99\]; \[Schubert18\].

#[cfg(test)]
mod tests;
mod xi;

use crate::NOISE;
use estimand_core::describe::{at_least, between};
use estimand_core::persist::check_len;
use estimand_core::{Describe, Error, Features, Fit, Float, Report, Result, Samples, Target};
use estimand_index::{Algorithm, Index, Metric};
use ndarray::Array1;
use serde::{Deserialize, Serialize};

/// How clusters are read off the order.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum Extraction {
    /// By steep ways down and up.
    Xi {
        /// The share ξ by which r falls or rises, inside of 0 to 1.
        xi: f64,
        /// Fewest rows of a cluster, at least 2; `None` stands for `min_samples`.
        min_cluster_size: Option<usize>,
        /// Whether rows at the end of a cluster that were reached from outside of it are taken off.
        predecessor_correction: bool,
    },
    /// As DBSCAN at this distance, ε′.
    Dbscan(f64),
}
impl Default for Extraction {
    /// ξ = 0.05 with correction.
    fn default() -> Self {
        Self::Xi { xi: 0.05, min_cluster_size: None, predecessor_correction: true }
    }
}

estimand_core::params! {
    /// OPTICS: the density of clusters as an order of the rows; see [the module](crate::optics).
    ///
    /// ```
    /// use estimand_cluster::{Extraction, Optics};
    /// use estimand_core::Fit;
    /// use ndarray::array;
    ///
    /// let x = array![[1.0, 2.0], [2.0, 5.0], [3.0, 6.0], [8.0, 7.0], [8.0, 8.0], [7.0, 3.0]];
    /// let model = Optics::new().min_samples(2).fit(&x)?;
    /// assert_eq!(model.order(), [0, 1, 2, 5, 3, 4]);
    /// assert_eq!(model.labels(), array![0, 0, 0, 1, 1, 1]);
    /// assert_eq!(model.extract(&Extraction::Dbscan(4.5))?, array![0, 0, 0, 1, 1, 1]);
    /// # Ok::<(), estimand_core::Error>(())
    /// ```
    pub struct Optics {
        /// How many rows, itself among them, a row counts as crowded by, m.
        min_samples: usize = 5, at_least(2.0);
        /// How far apart neighbours are at most, ε; a smaller one costs less.
        max_eps: f64 = f64::INFINITY, between(0.0, f64::INFINITY);
        /// How clusters are read off.
        extraction: Extraction = Extraction::default();
        /// The distance d.
        metric: Metric = Metric::Euclidean;
        /// How to search. The answer is the same.
        algorithm: Algorithm = Algorithm::Auto;
    }
    accepts: ;
}

/// A fitted [`Optics`]. It says nothing of new rows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OpticsModel {
    min_samples: usize,
    max_eps: f64,
    order: Vec<usize>,
    reachability: Vec<f64>,
    core: Vec<f64>,
    predecessor: Vec<Option<usize>>,
    labels: Array1<i64>,
    hierarchy: Vec<(usize, usize)>,
    features: Features,
    report: Report,
}

impl<F: Float, Y: Target> Fit<F, Y> for Optics {
    type Model = OpticsModel;

    fn fit_samples(&self, samples: Samples<'_, F, Y>) -> Result<OpticsModel> {
        self.check()?;
        samples.check()?;
        if samples.weights.is_some() {
            return Err(Error::unsupported("Optics", "sample weights; repeat the rows"));
        }
        let index = Index::new(samples.x, &self.metric, self.algorithm)?;
        let walk = index.ordering(self.min_samples - 1, self.max_eps)?;
        let mut report = Report::direct(index.method());
        if walk.reachability.iter().all(|r| r.is_infinite()) {
            report = report.note("no row is within reach of another; `max_eps` is too small");
        }
        let mut model = OpticsModel {
            min_samples: self.min_samples,
            max_eps: self.max_eps,
            order: walk.order,
            reachability: walk.reachability,
            core: walk.core,
            predecessor: walk.predecessor,
            labels: Array1::default(0),
            hierarchy: Vec::new(),
            features: Features::of(samples.x),
            report,
        };
        (model.labels, model.hierarchy) = model.clusters(&self.extraction)?;
        Ok(model)
    }
}

impl OpticsModel {
    /// The cluster of each training row, n; −1 is noise.
    pub fn labels(&self) -> &Array1<i64> {
        &self.labels
    }

    /// The rows in order, n.
    pub fn order(&self) -> &[usize] {
        &self.order
    }

    /// r of each row, by row number, n; ∞ for rows that nothing reaches.
    pub fn reachability(&self) -> &[f64] {
        &self.reachability
    }

    /// r of each row in their order, n: what is plotted.
    pub fn reachability_plot(&self) -> Vec<f64> {
        self.order.iter().map(|i| self.reachability[*i]).collect()
    }

    /// The cluster of each row in their order, n: the colours of the plot.
    pub fn ordered_labels(&self) -> Vec<i64> {
        self.order.iter().map(|i| self.labels[*i]).collect()
    }

    /// c of each row, by row number, n.
    pub fn core_distances(&self) -> &[f64] {
        &self.core
    }

    /// The row that each was reached from, by row number, n.
    pub fn predecessor(&self) -> &[Option<usize>] {
        &self.predecessor
    }

    /// The clusters within clusters of [`Extraction::Xi`]: first and last place in the order, the smaller ones first.
    pub fn hierarchy(&self) -> &[(usize, usize)] {
        &self.hierarchy
    }

    /// Labels by another way to read them off the same order.
    ///
    /// # Errors
    /// For settings out of their ranges.
    pub fn extract(&self, extraction: &Extraction) -> Result<Array1<i64>> {
        Ok(self.clusters(extraction)?.0)
    }

    fn clusters(&self, extraction: &Extraction) -> Result<(Array1<i64>, Vec<(usize, usize)>)> {
        match *extraction {
            Extraction::Dbscan(eps) if eps.is_nan() || eps < 0.0 || eps > self.max_eps => {
                Err(Error::parameter(
                    "extraction",
                    format!("Dbscan({eps})"),
                    format!("at a distance from 0 to max_eps = {}", self.max_eps),
                ))
            }
            Extraction::Dbscan(eps) => Ok((self.cut(eps), Vec::new())),
            Extraction::Xi { xi, .. } if !(xi > 0.0 && xi < 1.0) => {
                Err(Error::parameter("extraction", format!("Xi with xi = {xi}"), "by a share inside (0, 1)"))
            }
            Extraction::Xi { min_cluster_size: Some(size @ 0..2), .. } => {
                Err(Error::parameter("min_cluster_size", size, "at least 2"))
            }
            Extraction::Xi { xi, min_cluster_size, predecessor_correction } => {
                let plot = xi::Plot::new(self, 1.0 - xi, predecessor_correction);
                let clusters = plot.clusters(min_cluster_size.unwrap_or(self.min_samples).max(2));
                let mut labels = Array1::from_elem(self.order.len(), NOISE);
                let mut count = 0;
                for (start, end) in &clusters {
                    let rows = &self.order[*start..=*end];
                    if rows.iter().all(|i| labels[*i] == NOISE) {
                        rows.iter().for_each(|i| labels[*i] = count);
                        count += 1;
                    }
                }
                Ok((labels, clusters))
            }
        }
    }

    /// DBSCAN at a distance: a cluster begins where a core row is out of reach of those before it.
    fn cut(&self, eps: f64) -> Array1<i64> {
        let mut labels = Array1::from_elem(self.order.len(), NOISE);
        let mut label = NOISE;
        for i in &self.order {
            match (self.reachability[*i] > eps, self.core[*i] <= eps) {
                (true, true) => label += 1,
                (true, false) => continue,
                _ => {}
            }
            labels[*i] = label;
        }
        labels
    }

    /// How it searched.
    pub fn report(&self) -> &Report {
        &self.report
    }

    /// The columns the model was fitted on.
    pub fn features(&self) -> &Features {
        &self.features
    }
}

impl estimand_core::Persist for OpticsModel {
    fn type_name() -> String {
        "OpticsModel".into()
    }

    fn check_loaded(&self) -> Result<()> {
        let n = self.order.len();
        self.features.check_loaded()?;
        check_len("reachability", n, self.reachability.len())?;
        check_len("core distances", n, self.core.len())?;
        check_len("predecessors", n, self.predecessor.len())?;
        check_len("labels", n, self.labels.len())?;
        let mut seen = vec![false; n];
        self.order.iter().for_each(|i| seen.get_mut(*i).into_iter().for_each(|seen| *seen = true));
        match seen.iter().all(|seen| *seen) {
            true => Ok(()),
            false => Err(Error::Persist { what: "an order that does not have every row".into() }),
        }
    }
}
