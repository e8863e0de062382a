//! Which rows a round learns from.

use estimand_core::random::below;
use estimand_core::{Error, Result, Seed};
use serde::{Deserialize, Serialize};

/// Which rows a round learns from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub enum RowSampling {
    /// All.
    #[default]
    All,
    /// A share of them inside (0, 1), drawn anew for each round: stochastic gradient boosting \[Friedman02\].
    Share(f64),
    /// The share `top` of rows with the largest gradients, and a share `other` of the rest, whose weight is raised to
    /// what they stand for \[Ke17\]. The first 1/η rounds learn from all rows.
    Goss {
        /// Inside (0, 1); 0.2 is usual.
        top: f64,
        /// Inside (0, 1 − top]; 0.1 is usual.
        other: f64,
    },
}

/// Rows drawn for a round, ascending.
#[derive(Debug, PartialEq)]
pub(crate) struct Sample {
    pub(crate) rows: Vec<u32>,
    /// What weights of those that are not among the largest are multiplied by; by row number, 1 for the others.
    pub(crate) factors: Option<Vec<f64>>,
}

impl RowSampling {
    pub(crate) fn check(self) -> Result<()> {
        let is_right = match self {
            Self::All => true,
            Self::Share(share) => share > 0.0 && share < 1.0,
            Self::Goss { top, other } => top > 0.0 && top < 1.0 && other > 0.0 && top + other <= 1.0,
        };
        let allowed = "shares inside (0, 1) that add up to 1 at most";
        if is_right { Ok(()) } else { Err(Error::parameter("row_sampling", format!("{self:?}"), allowed)) }
    }

    /// The factor of the rows that stand for others.
    pub(crate) fn factor(self) -> f64 {
        match self {
            Self::Goss { top, other } => (1.0 - top) / other,
            _ => 1.0,
        }
    }

    /// The rows of a round, out of `n`; `None` for all. `size` says how large a row's gradients are.
    pub(crate) fn draw(
        self,
        n: usize,
        round: usize,
        rate: f64,
        seed: Seed,
        size: impl Fn(usize) -> f64,
    ) -> Option<Sample> {
        let mut stream = seed.stream(round as u64);
        let count = |share: f64| ((share * n as f64).round() as usize).clamp(1, n);
        // As many of some rows as are wanted, each as likely as any other.
        let mut some = |rows: Vec<u32>, wanted: usize| {
            let (mut left, mut wanted) = (rows.len(), wanted.min(rows.len()));
            let mut rows = rows;
            rows.retain(|_| {
                let take = below(left, &mut stream) < wanted;
                (left, wanted) = (left - 1, wanted - usize::from(take));
                take
            });
            rows
        };
        match self {
            Self::All => None,
            Self::Share(share) => {
                Some(Sample { rows: some((0..n as u32).collect(), count(share)), factors: None })
            }
            Self::Goss { .. } if (round as f64) < (1.0 / rate).floor() => None,
            Self::Goss { top, other } => {
                let mut order: Vec<(f64, u32)> = (0..n).map(|i| (size(i), i as u32)).collect();
                let largest = count(top);
                if largest < n {
                    order.select_nth_unstable_by(largest, |a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
                }
                let mut rest: Vec<u32> = order[largest..].iter().map(|(_, i)| *i).collect();
                rest.sort_unstable();
                let rest = some(rest, count(other));
                let mut factors = vec![1.0; n];
                rest.iter().for_each(|i| factors[*i as usize] = self.factor());
                let mut rows: Vec<u32> = order[..largest].iter().map(|(_, i)| *i).chain(rest).collect();
                rows.sort_unstable();
                Some(Sample { rows, factors: Some(factors) })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_drawn_and_the_largest_kept() {
        let size = |i: usize| (i * 37 % 100) as f64;
        let share = RowSampling::Share(0.3).draw(1000, 4, 0.1, Seed(1), size).unwrap();
        assert!(share.rows.len() == 300 && share.rows.is_sorted() && share.factors.is_none());
        assert_ne!(share, RowSampling::Share(0.3).draw(1000, 5, 0.1, Seed(1), size).unwrap());

        let goss = RowSampling::Goss { top: 0.2, other: 0.1 };
        assert_eq!(goss.draw(1000, 9, 0.1, Seed(1), size), None);
        let sample = goss.draw(1000, 10, 0.1, Seed(1), size).unwrap();
        let factors = sample.factors.unwrap();
        assert!(sample.rows.len() == 300 && sample.rows.is_sorted());
        assert!(
            (0..1000)
                .filter(|i| size(*i) >= 80.0)
                .all(|i| sample.rows.contains(&(i as u32)) && factors[i] == 1.0)
        );
        assert_eq!(factors.iter().filter(|f| **f == 8.0).count(), 100);
        assert_eq!(RowSampling::All.draw(10, 0, 0.1, Seed(1), size), None);
    }

    #[test]
    fn shares_beyond_one_are_refused() {
        let goss = |top, other| RowSampling::Goss { top, other }.check();
        assert!(goss(0.2, 0.1).is_ok() && goss(0.9, 0.2).is_err() && goss(0.0, 0.2).is_err());
        assert!(RowSampling::Share(1.0).check().is_err() && RowSampling::Share(f64::NAN).check().is_err());
    }
}
