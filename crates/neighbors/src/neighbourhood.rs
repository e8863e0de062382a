//! What classifiers and regressors share: the rows they remember, and how much each neighbour counts.

use estimand_core::persist::check_len;
use estimand_core::{Error, Features, Float, Records, Result, Samples, Target};
use estimand_index::{Algorithm, Index, Metric, Neighbor, Reach};
use ndarray::ArrayView1;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::sync::Arc;

/// How much a neighbour counts.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub enum NeighborWeights {
    /// All alike.
    #[default]
    Uniform,
    /// By the inverse of its distance; where some are at no distance, these alone.
    Distance,
    /// By a function of its distance. It cannot be saved.
    #[serde(skip)]
    Own(OwnWeights),
}

/// A function of the distance that a user has written; see [`NeighborWeights::own`].
#[derive(Clone)]
pub struct OwnWeights(Arc<dyn Fn(f64) -> f64 + Send + Sync>);
impl fmt::Debug for OwnWeights {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a function of the user's own")
    }
}
/// The same function, not one that does the same.
impl PartialEq for OwnWeights {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl NeighborWeights {
    /// A function of the distance: finite, not negative.
    pub fn own(weight: impl Fn(f64) -> f64 + Send + Sync + 'static) -> Self {
        Self::Own(OwnWeights(Arc::new(weight)))
    }
}

/// The rows that are remembered, and which of them speak for another row.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(bound(serialize = "F: Float", deserialize = "F: Float"))]
pub(crate) struct Neighbourhood<F: Float> {
    pub(crate) features: Features,
    pub(crate) index: Index<F>,
    reach: Reach,
    weigh: NeighborWeights,
    /// How many rows each row counts as; one where there are none.
    rows: Option<Vec<f64>>,
}

/// Settings that all share.
pub(crate) struct Rules<'a> {
    pub(crate) reach: Reach,
    pub(crate) weigh: &'a NeighborWeights,
    pub(crate) metric: &'a Metric,
    pub(crate) algorithm: Algorithm,
}

/// Rows of weight 0, which are as good as absent: the numbers of the others, where there are any.
pub(crate) fn present<F: Float, Y: Target>(samples: &Samples<'_, F, Y>) -> Option<Vec<usize>> {
    let weights = samples.weights.filter(|w| w.iter().any(|w| *w == F::zero()))?;
    Some((0..weights.len()).filter(|i| weights[*i] > F::zero()).collect())
}

impl<F: Float> Neighbourhood<F> {
    /// Of rows with positive weights.
    pub(crate) fn new(
        x: Records<'_, F>,
        weights: Option<ArrayView1<'_, F>>,
        rules: &Rules<'_>,
    ) -> Result<Self> {
        let index = Index::new(x, rules.metric, rules.algorithm)?;
        let rows: Option<Vec<f64>> = weights.map(|w| w.iter().map(|w| w.f64()).collect());
        let total = rows.as_ref().map_or(index.len() as f64, |w| w.iter().sum());
        if let Reach::Nearest(k) = rules.reach
            && k as f64 > total * (1.0 + 1e-12)
        {
            let allowed = match rows {
                Some(_) => format!("at most {total}, what all rows weigh together"),
                None => format!("at most {total}, the number of rows"),
            };
            return Err(Error::parameter("n_neighbors", k, allowed));
        }
        Ok(Self { features: Features::of(x), index, reach: rules.reach, weigh: rules.weigh.clone(), rows })
    }

    /// The neighbours to search: so many that their weights reach k, whoever they are.
    fn search(&self) -> Reach {
        let (Reach::Nearest(k), Some(rows)) = (self.reach, &self.rows) else { return self.reach };
        let least = rows.iter().copied().fold(f64::INFINITY, f64::min);
        if least >= 1.0 {
            return Reach::Nearest(k.min(rows.len()));
        }
        let mut sorted = rows.clone();
        sorted.sort_unstable_by(f64::total_cmp);
        let mut sum = 0.0;
        let enough = sorted.iter().position(|w| {
            sum += w;
            sum >= k as f64
        });
        Reach::Nearest(enough.map_or(rows.len(), |i| i + 1))
    }

    /// For each row of `x`, what `f(neighbours, out)` writes into `width` values.
    pub(crate) fn for_each<R: Clone + Default + Send>(
        &self,
        x: Records<'_, F>,
        width: usize,
        f: impl Fn(&[Neighbor], &mut [R]) + Sync,
    ) -> Result<Vec<R>> {
        self.features.check(x)?;
        self.index.find_with(x, self.search(), width, |_, found, out| f(found, out))
    }

    /// What `f` makes of the neighbours of one row.
    pub(crate) fn for_one<R>(&self, row: &[F], f: impl FnOnce(&[Neighbor]) -> R) -> Result<R> {
        self.features.check_width(row.len())?;
        self.index.find_one(row, self.search(), f)
    }

    /// Calls `vote(row, weight)` for neighbours that come nearest first. A row of weight ω is as good as ω rows, of which
    /// the last may count in part.
    pub(crate) fn votes(&self, found: &[Neighbor], mut vote: impl FnMut(usize, f64)) {
        let mut left = match self.reach {
            Reach::Nearest(k) => k as f64,
            Reach::Within(_) => f64::INFINITY,
        };
        // Divided by the least distance: the inverse of a tiny one is beyond all numbers.
        let nearest = found.first().map_or(0.0, |found| found.distance);
        for Neighbor { distance, row } in found {
            let count = self.rows.as_ref().map_or(1.0, |rows| rows[*row as usize]).min(left);
            left -= count;
            let weight = match &self.weigh {
                NeighborWeights::Uniform => 1.0,
                NeighborWeights::Distance if nearest == 0.0 => f64::from(u8::from(*distance == 0.0)),
                NeighborWeights::Distance => nearest / distance,
                NeighborWeights::Own(own) => own.0(*distance),
            };
            vote(*row as usize, count * weight);
            if left <= 0.0 {
                break;
            }
        }
    }

    /// The error of a row that nothing speaks for.
    pub(crate) fn nobody(&self, row: Option<usize>) -> Error {
        let row = row.map_or("the row".into(), |row| format!("row {row}"));
        match (&self.weigh, self.reach) {
            (NeighborWeights::Own(_), _) => Error::numerical(format!(
                "the weights of the neighbours of {row} are not finite, negative, or all 0"
            )),
            (_, Reach::Within(radius)) => Error::numerical(format!(
                "{row} has no neighbours within {radius}; take a larger radius, or set `outliers`"
            )),
            _ => {
                Error::numerical(format!("{row} has no values in common with the rows that were learnt from"))
            }
        }
    }

    pub(crate) fn check_loaded(&self) -> Result<()> {
        self.features.check_loaded()?;
        check_len("columns of the index", self.features.count(), self.index.columns())?;
        match (&self.rows, self.reach) {
            (Some(rows), _) if rows.iter().any(|w| w.is_nan() || *w <= 0.0) => {
                Err(Error::Persist { what: "weights of rows are not positive".into() })
            }
            (Some(rows), _) => check_len("weights of rows", self.index.len(), rows.len()),
            (None, Reach::Nearest(k)) if k > self.index.len() => {
                Err(Error::Persist { what: "fewer rows than neighbours".into() })
            }
            _ => Ok(()),
        }
    }
}
