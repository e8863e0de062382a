//! Splitting rows that stand in the order of time.

use super::{Fold, Splitter, check_count};
use crate::describe::at_least;
use crate::{Describe, Error, Float, Result, Samples, Target};

crate::params! {
    /// Tests on later and later runs of rows, trains on what came before each: the future never teaches.
    pub struct TimeSeriesSplit(n_splits: usize) {
        /// Number of folds.
        n_splits: usize = 5, at_least(2.0);
        /// At most so many rows to train on, the latest ones; `None`: all earlier rows.
        max_train_size: Option<usize> = None, at_least(1.0);
        /// Rows of each test fold; `None`: `n / (n_splits + 1)`, rounded down.
        test_size: Option<usize> = None, at_least(1.0);
        /// Rows left out between training and test.
        gap: usize = 0;
    }
    accepts: ;
}

impl<F: Float, Y: Target> Splitter<F, Y> for TimeSeriesSplit {
    fn split(&self, samples: &Samples<'_, F, Y>) -> Result<Vec<Fold>> {
        self.check()?;
        let n = samples.nrows();
        check_count(self.n_splits, n.saturating_sub(1), "rows less one")?;
        let size = self.test_size.unwrap_or(n / (self.n_splits + 1));
        let tested = size.checked_mul(self.n_splits);
        let Some(first) = tested.and_then(|tested| n.checked_sub(tested)).filter(|first| *first > self.gap)
        else {
            let asked = format!("{} test folds of {size} after a gap of {}", self.n_splits, self.gap);
            return Err(Error::shape(
                "rows of a time series",
                format!("enough for {asked}, and one to train on"),
                n,
            ));
        };
        let fold = |start: usize| {
            let end = start - self.gap;
            let begin = self.max_train_size.map_or(0, |most| end.saturating_sub(most));
            Fold { train: (begin..end).collect(), test: (start..start + size).collect() }
        };
        Ok((0..self.n_splits).map(|i| fold(first + i * size)).collect())
    }
}
