//! Fold splitters: which rows train and which rows test.
//!
//! A splitter turns samples into [`Fold`]s of row numbers. Cross-validation, search, and estimators
//! that choose a parameter by themselves all take any [`Splitter`].
//!
//! | splitter | test folds | needs |
//! |---|---|---|
//! | [`KFold`] | `k` runs of rows, or `k` random parts | |
//! | [`StratifiedKFold`] | `k` parts, each with the shares of the classes | labels |
//! | [`GroupKFold`], [`StratifiedGroupKFold`] | `k` parts that keep groups whole | groups (and labels) |
//! | [`LeaveOneOut`], [`LeaveOneGroupOut`] | each row, each group | (groups) |
//! | [`RepeatedKFold`], [`RepeatedStratifiedKFold`] | a new shuffled k-fold each time | (labels) |
//! | [`ShuffleSplit`], [`StratifiedShuffleSplit`], [`GroupShuffleSplit`] | independent random parts | (labels, groups) |
//! | [`TimeSeriesSplit`] | later and later rows; trains on earlier ones alone | rows in time's order |
//! | [`Predefined`] | given | |
//!
//! Splitters that draw nothing at random give the folds of scikit-learn, index by index. Row numbers
//! are in increasing order, except where a random part is drawn.

mod folds;
mod group;
mod kfold;
mod shuffle;
mod time;

#[cfg(test)]
mod tests;

pub use folds::{ClassFolds, Folds};
pub use group::{GroupKFold, LeaveOneGroupOut, StratifiedGroupKFold};
pub use kfold::{KFold, LeaveOneOut, RepeatedKFold, RepeatedStratifiedKFold, StratifiedKFold};
pub use shuffle::{GroupShuffleSplit, ShuffleSplit, StratifiedShuffleSplit};
pub use time::TimeSeriesSplit;

pub(crate) use shuffle::{train_test, train_test_stratified};

use crate::{Error, Float, Result, Samples, Target};
use ndarray::ArrayView1;
use serde::{Deserialize, Serialize};

/// Row numbers to train on and row numbers to test on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fold {
    /// Rows that the estimator learns from.
    pub train: Vec<usize>,
    /// Rows that it is tested on.
    pub test: Vec<usize>,
}

impl Fold {
    /// Refuses what cannot be trained or tested on: an empty part, a row beyond the `n` there are, or
    /// a row that is tested although it was learnt from.
    pub fn check(&self, n: usize) -> Result<()> {
        if self.train.is_empty() || self.test.is_empty() {
            return Err(Error::shape(
                "rows of a fold",
                "at least one to train and one to test",
                self.sizes(),
            ));
        }
        let mut trained = vec![false; n];
        let beyond = |row: &usize| Error::shape("row number of a fold", format!("less than {n}"), row);
        for row in &self.train {
            *trained.get_mut(*row).ok_or_else(|| beyond(row))? = true;
        }
        for row in &self.test {
            if *trained.get(*row).ok_or_else(|| beyond(row))? {
                let allowed = "disjoint in its training and test rows";
                return Err(Error::parameter("fold", format!("row {row} in both"), allowed));
            }
        }
        Ok(())
    }

    fn sizes(&self) -> String {
        format!("{} and {}", self.train.len(), self.test.len())
    }
}

/// Chooses the rows of each fold.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot split samples with targets of type `{Y}`",
    note = "stratified splitters need class labels (usize, i32, bool, String, …); for a float target use `KFold`"
)]
pub trait Splitter<F: Float, Y: Target> {
    /// The folds of these samples.
    fn split(&self, samples: &Samples<'_, F, Y>) -> Result<Vec<Fold>>;

    /// [`split`](Self::split) with everything checked that its user relies on: the samples, that there is
    /// a fold, and [each fold](Fold::check).
    fn folds(&self, samples: &Samples<'_, F, Y>) -> Result<Vec<Fold>> {
        samples.check()?;
        let folds = self.split(samples)?;
        if folds.is_empty() {
            return Err(Error::shape("number of folds", "at least 1", 0));
        }
        folds.iter().try_for_each(|fold| fold.check(samples.nrows()))?;
        Ok(folds)
    }
}

impl<F: Float, Y: Target, C: Splitter<F, Y> + ?Sized> Splitter<F, Y> for &C {
    fn split(&self, samples: &Samples<'_, F, Y>) -> Result<Vec<Fold>> {
        (**self).split(samples)
    }
}

impl<F: Float, Y: Target, C: Splitter<F, Y> + ?Sized> Splitter<F, Y> for Box<C> {
    fn split(&self, samples: &Samples<'_, F, Y>) -> Result<Vec<Fold>> {
        (**self).split(samples)
    }
}

/// Folds that are given.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Predefined(pub Vec<Fold>);

impl Predefined {
    /// One fold for each number that occurs: row `i` is tested in fold `test_fold[i]`, or in none, and
    /// trains all other folds.
    pub fn by_row(test_fold: &[Option<usize>]) -> Self {
        let mut numbers: Vec<usize> = test_fold.iter().flatten().copied().collect();
        numbers.sort_unstable();
        numbers.dedup();
        let fold = |k: usize| {
            let (test, train) = (0..test_fold.len()).partition(|i| test_fold[*i] == Some(k));
            Fold { train, test }
        };
        Self(numbers.into_iter().map(fold).collect())
    }
}

impl<F: Float, Y: Target> Splitter<F, Y> for Predefined {
    fn split(&self, samples: &Samples<'_, F, Y>) -> Result<Vec<Fold>> {
        self.0.iter().try_for_each(|fold| fold.check(samples.nrows()))?;
        Ok(self.0.clone())
    }
}

/// The `k` folds in which row `i` is tested in fold `fold_of[i]` and trains all others.
fn from_assignment(fold_of: &[usize], k: usize) -> Vec<Fold> {
    let mut sizes = vec![0; k];
    fold_of.iter().for_each(|f| sizes[*f] += 1);
    let room = |test: usize| Fold {
        train: Vec::with_capacity(fold_of.len() - test),
        test: Vec::with_capacity(test),
    };
    let mut folds: Vec<Fold> = sizes.into_iter().map(room).collect();
    for (f, fold) in folds.iter_mut().enumerate() {
        for (row, at) in fold_of.iter().enumerate() {
            if *at == f { &mut fold.test } else { &mut fold.train }.push(row);
        }
    }
    folds
}

/// Refuses more folds than there are rows (or groups, or members of the largest class) to fill them.
fn check_count(n_splits: usize, of: usize, what: &str) -> Result<()> {
    if n_splits > of {
        return Err(Error::parameter("n_splits", n_splits, format!("at most {of}, the number of {what}")));
    }
    Ok(())
}

/// Refuses a seed that nothing would use.
fn check_seed(shuffle: bool, seed: u64) -> Result<()> {
    if !shuffle && seed != 0 {
        return Err(Error::parameter(
            "seed",
            seed,
            "left alone where nothing is shuffled; add `.shuffle(true)`",
        ));
    }
    Ok(())
}

/// The groups, or the error of a splitter that needs them.
fn groups_of<'a, F: Float, Y: Target>(
    samples: &Samples<'a, F, Y>,
    splitter: &str,
) -> Result<ArrayView1<'a, usize>> {
    samples.check()?;
    samples
        .groups
        .ok_or_else(|| Error::unsupported(splitter, "samples without groups; add them with `with_groups`"))
}
