//! K-fold, plain, stratified and repeated, and leaving out each row.

use super::{Fold, Splitter, check_count, check_seed, from_assignment};
use crate::describe::at_least;
use crate::labels::encode;
use crate::random::{permutation, shuffle};
use crate::{Describe, Float, Label, Result, Samples, Seed, Target};
use ndarray::Array1;
use serde::{Deserialize, Serialize};

crate::params! {
    /// `k` folds of equal size: runs of consecutive rows, or random parts if shuffled. Where `n` is not a
    /// multiple of `k`, the first folds have one row more.
    ///
    /// Rows that are sorted, by class above all, must be shuffled: runs of them differ in kind.
    pub struct KFold(n_splits: usize) {
        /// Number of folds.
        n_splits: usize = 5, at_least(2.0);
        /// Whether to assign rows to folds at random.
        shuffle: bool = false;
        /// Seed of the shuffle.
        seed: u64 = 0;
    }
    accepts: ;
}

impl KFold {
    /// The folds of `n` rows.
    pub fn split_rows(&self, n: usize) -> Result<Vec<Fold>> {
        self.check()?;
        check_seed(self.shuffle, self.seed)?;
        check_count(self.n_splits, n, "rows")?;
        let (size, larger) = (n / self.n_splits, n % self.n_splits);
        let mut fold_of = vec![0; n];
        let order =
            if self.shuffle { permutation(n, &mut Seed(self.seed).stream(0)) } else { (0..n).collect() };
        for (place, row) in order.into_iter().enumerate() {
            let in_larger = larger * (size + 1);
            fold_of[row] =
                if place < in_larger { place / (size + 1) } else { larger + (place - in_larger) / size };
        }
        Ok(from_assignment(&fold_of, self.n_splits))
    }
}

impl<F: Float, Y: Target> Splitter<F, Y> for KFold {
    fn split(&self, samples: &Samples<'_, F, Y>) -> Result<Vec<Fold>> {
        self.split_rows(samples.nrows())
    }
}

crate::params! {
    /// `k` folds that each have the shares of the classes that the whole has, to within one row.
    ///
    /// A class with fewer than `k` rows is missing from some folds, which is logged as a warning; an error
    /// if that holds for every class.
    pub struct StratifiedKFold(n_splits: usize) {
        /// Number of folds.
        n_splits: usize = 5, at_least(2.0);
        /// Whether to assign the rows of each class to folds at random.
        shuffle: bool = false;
        /// Seed of the shuffle.
        seed: u64 = 0;
    }
    accepts: ;
}

impl<F: Float, L: Label> Splitter<F, Array1<L>> for StratifiedKFold {
    fn split(&self, samples: &Samples<'_, F, Array1<L>>) -> Result<Vec<Fold>> {
        self.check()?;
        check_seed(self.shuffle, self.seed)?;
        samples.check()?;
        let (classes, codes) = encode(samples.y);
        let k = self.n_splits;
        // Rows of each class, classes by first appearance: the order in which scikit-learn deals them out.
        let mut rows: Vec<Vec<usize>> = vec![Vec::new(); classes.len()];
        let mut by_appearance = Vec::with_capacity(classes.len());
        for (i, c) in codes.iter().enumerate() {
            let members = &mut rows[*c as usize];
            if members.is_empty() {
                by_appearance.push(*c as usize);
            }
            members.push(i);
        }
        check_sizes(&classes, &rows, k)?;
        // Sorted by class, row r of that order is dealt to fold r mod k; only the counts per class and
        // fold are kept, and filled with the rows of the class in their own order.
        let (mut fold_of, mut dealt) = (vec![0; codes.len()], 0);
        for class in by_appearance {
            let members = &rows[class];
            let mut folds: Vec<usize> = (dealt..dealt + members.len()).map(|r| r % k).collect();
            folds.sort_unstable();
            if self.shuffle {
                shuffle(&mut folds, &mut Seed(self.seed).stream(class as u64));
            }
            members.iter().zip(folds).for_each(|(row, fold)| fold_of[*row] = fold);
            dealt += members.len();
        }
        Ok(from_assignment(&fold_of, k))
    }
}

pub(super) fn check_sizes<L: Label>(classes: &[L], rows: &[Vec<usize>], n_splits: usize) -> Result<()> {
    let largest = rows.iter().map(Vec::len).max().unwrap_or(0);
    check_count(n_splits, largest, "rows of the largest class")?;
    if let Some((class, members)) = classes.iter().zip(rows).find(|(_, members)| members.len() < n_splits) {
        log::warn!(
            "class {class} has {} rows, fewer than the {n_splits} folds: some folds will lack it",
            members.len()
        );
    }
    Ok(())
}

/// Each row in turn is the test fold. The folds hold `n²` row numbers: for some thousand rows at most.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeaveOneOut;

impl<F: Float, Y: Target> Splitter<F, Y> for LeaveOneOut {
    fn split(&self, samples: &Samples<'_, F, Y>) -> Result<Vec<Fold>> {
        let n = samples.nrows();
        check_count(2, n, "rows")?;
        Ok((0..n).map(|i| Fold { train: (0..n).filter(|j| *j != i).collect(), test: vec![i] }).collect())
    }
}

macro_rules! repeated {
    ($(#[$meta:meta])* $name:ident of $inner:ident) => {
        crate::params! {
            $(#[$meta])*
            pub struct $name(n_splits: usize, n_repeats: usize) {
                /// Number of folds of each repetition.
                n_splits: usize = 5, at_least(2.0);
                /// Number of repetitions.
                n_repeats: usize = 10, at_least(1.0);
                /// Seed of the shuffles.
                seed: u64 = 0;
            }
            accepts: ;
        }

        impl<F: Float, Y: Target> Splitter<F, Y> for $name
        where
            $inner: Splitter<F, Y>,
        {
            fn split(&self, samples: &Samples<'_, F, Y>) -> Result<Vec<Fold>> {
                self.check()?;
                let once = |r| $inner::new(self.n_splits).shuffle(true).seed(Seed(self.seed).child(r).0).split(samples);
                let all: Result<Vec<_>> = (0..self.n_repeats as u64).map(once).collect();
                Ok(all?.concat())
            }
        }
    };
}
repeated! {
    /// Shuffled [`KFold`] again and again, each time with other folds.
    RepeatedKFold of KFold
}
repeated! {
    /// Shuffled [`StratifiedKFold`] again and again, each time with other folds.
    RepeatedStratifiedKFold of StratifiedKFold
}
