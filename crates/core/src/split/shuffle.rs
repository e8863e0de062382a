//! Independent random parts: one for a held-out test set, several for repeated testing.

use super::{Fold, Splitter, groups_of};
use crate::describe::{at_least, inside};
use crate::labels::encode;
use crate::random::{permutation, shuffle};
use crate::{Describe, Error, Float, Label, Result, Samples, Seed, Stream, Target};
use ndarray::{Array1, ArrayView1};

macro_rules! shuffle_split {
    ($(#[$meta:meta])* $name:ident) => {
        crate::params! {
            $(#[$meta])*
            pub struct $name {
                /// Number of folds.
                n_splits: usize = 10, at_least(1.0);
                /// Share of the rows (of the groups, where they stay whole) that is tested, rounded up.
                test_share: f64 = 0.1, inside(0.0, 1.0);
                /// Seed of the draws.
                seed: u64 = 0;
            }
            accepts: ;
        }

        impl $name {
            /// One fold from each of the family's seeds.
            fn each(&self, draw: impl Fn(Seed) -> Result<Fold>) -> Result<Vec<Fold>> {
                self.check()?;
                (0..self.n_splits as u64).map(|i| draw(Seed(self.seed).child(i))).collect()
            }
        }
    };
}
shuffle_split! {
    /// Random parts of the rows, drawn anew for each fold.
    ShuffleSplit
}
shuffle_split! {
    /// Random parts of the rows of each class, drawn anew for each fold: both parts have every class.
    StratifiedShuffleSplit
}
shuffle_split! {
    /// Random parts of the groups, drawn anew for each fold.
    GroupShuffleSplit
}

impl<F: Float, Y: Target> Splitter<F, Y> for ShuffleSplit {
    fn split(&self, samples: &Samples<'_, F, Y>) -> Result<Vec<Fold>> {
        self.each(|seed| train_test(samples.nrows(), self.test_share, &mut seed.stream(0)))
    }
}

impl<F: Float, L: Label> Splitter<F, Array1<L>> for StratifiedShuffleSplit {
    fn split(&self, samples: &Samples<'_, F, Array1<L>>) -> Result<Vec<Fold>> {
        self.each(|seed| train_test_stratified(samples.y, self.test_share, seed))
    }
}

impl<F: Float, Y: Target> Splitter<F, Y> for GroupShuffleSplit {
    fn split(&self, samples: &Samples<'_, F, Y>) -> Result<Vec<Fold>> {
        let (groups, codes) = encode(groups_of(samples, "GroupShuffleSplit")?);
        self.each(|seed| {
            let mut tested = vec![false; groups.len()];
            train_test(groups.len(), self.test_share, &mut seed.stream(0))?
                .test
                .into_iter()
                .for_each(|g| tested[g] = true);
            let (test, train) = (0..codes.len()).partition(|i| tested[codes[*i] as usize]);
            Ok(Fold { train, test })
        })
    }
}

/// A random part of `n` rows to test on, the others to train on; both keep at least one row.
pub(crate) fn train_test(n: usize, test: f64, stream: &mut Stream) -> Result<Fold> {
    let cut = test_rows(test, n)?;
    let mut test = permutation(n, stream);
    let train = test.split_off(cut);
    Ok(Fold { train, test })
}

/// Like [`train_test`], class by class; both parts keep at least one row of each class.
pub(crate) fn train_test_stratified<L: Label>(y: ArrayView1<'_, L>, test: f64, seed: Seed) -> Result<Fold> {
    test_rows(test, y.len())?;
    let mut fold = Fold::default();
    let (classes, codes) = encode(y);
    let mut members: Vec<Vec<usize>> = vec![Vec::new(); classes.len()];
    codes.iter().enumerate().for_each(|(i, c)| members[*c as usize].push(i));
    for (class, mut rows) in members.into_iter().enumerate() {
        if rows.len() < 2 {
            let what =
                format!("class {} has one row only; a stratified split needs two of each", classes[class]);
            return Err(Error::target(what));
        }
        shuffle(&mut rows, &mut seed.stream(class as u64));
        let cut = test_rows(test, rows.len())?;
        fold.test.extend_from_slice(&rows[..cut]);
        fold.train.extend_from_slice(&rows[cut..]);
    }
    let mut stream = seed.stream(classes.len() as u64);
    shuffle(&mut fold.train, &mut stream);
    shuffle(&mut fold.test, &mut stream);
    Ok(fold)
}

/// ⌈test · n⌉, kept between 1 and n − 1.
fn test_rows(test: f64, n: usize) -> Result<usize> {
    if !(test > 0.0 && test < 1.0) {
        return Err(Error::parameter("test", test, "a share between 0 and 1, both excluded"));
    }
    if n < 2 {
        return Err(Error::shape("rows to split", "at least 2", n));
    }
    Ok(((test * n as f64).ceil() as usize).clamp(1, n - 1))
}
