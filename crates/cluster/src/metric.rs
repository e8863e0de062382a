//! Metrics that a model can keep.

use estimand_core::{Error, Result};
use estimand_index::Metric;

/// Refuses a metric that takes its variances from the rows it is given: a few of them would make another one.
pub(crate) fn check_given(metric: &Metric, estimator: &str) -> Result<()> {
    match metric {
        Metric::StandardizedEuclidean(None) | Metric::Mahalanobis(None) => {
            Err(Error::unsupported(estimator, "a metric that takes its variances from the rows; give them"))
        }
        _ => Ok(()),
    }
}
