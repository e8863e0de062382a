//! Prior probabilities of classes.

use crate::{Error, Result};
use serde::{Deserialize, Serialize};

/// How likely each class is before a record has been seen.
///
/// ```
/// use estimand_core::Priors;
///
/// assert_eq!(Priors::Empirical.of(&[30.0, 10.0])?, [0.75, 0.25]);
/// assert_eq!(Priors::from([0.1, 0.9]).of(&[30.0, 10.0])?, [0.1, 0.9]);
/// assert!(Priors::from([0.5, 0.6]).of(&[30.0, 10.0]).is_err());
/// # Ok::<(), estimand_core::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub enum Priors {
    /// As its share of the training rows, by weight.
    #[default]
    Empirical,
    /// As all others.
    Uniform,
    /// These probabilities, in the order of the classes.
    Given(Vec<f64>),
}

impl From<Vec<f64>> for Priors {
    fn from(priors: Vec<f64>) -> Self {
        Self::Given(priors)
    }
}
impl<const K: usize> From<[f64; K]> for Priors {
    fn from(priors: [f64; K]) -> Self {
        Self::Given(priors.to_vec())
    }
}

impl Priors {
    /// The probability of each class, given the weight of its training rows.
    ///
    /// # Errors
    /// If the given ones are not as many as classes, or are no probabilities that sum to 1 (within 1e-6).
    pub fn of(&self, mass: &[f64]) -> Result<Vec<f64>> {
        let (k, total) = (mass.len(), mass.iter().sum::<f64>());
        match self {
            Self::Empirical if total > 0.0 => Ok(mass.iter().map(|m| m / total).collect()),
            Self::Empirical | Self::Uniform => Ok(vec![1.0 / k as f64; k]),
            Self::Given(priors) => {
                let sum: f64 = priors.iter().sum();
                let sound =
                    priors.len() == k && priors.iter().all(|p| *p >= 0.0) && (sum - 1.0).abs() <= 1e-6;
                if sound {
                    return Ok(priors.iter().map(|p| p / sum).collect());
                }
                let allowed = format!("{k} probabilities that sum to 1, one for each class");
                Err(Error::parameter("priors", format!("{priors:?}"), allowed))
            }
        }
    }
}
