//! Splitters that keep the rows of one group together.

use super::kfold::check_sizes;
use super::{Fold, Splitter, check_count, check_seed, from_assignment, groups_of};
use crate::describe::at_least;
use crate::labels::encode;
use crate::random::{permutation, shuffle};
use crate::{Describe, Float, Label, Result, Samples, Seed, Target};
use ndarray::{Array1, Array2, ArrayView1};
use serde::{Deserialize, Serialize};

crate::params! {
    /// `k` folds of whole groups, about equal in rows: groups, the largest first, go to the fold that has
    /// the fewest rows so far. Shuffled, the folds are about equal in groups instead.
    pub struct GroupKFold(n_splits: usize) {
        /// Number of folds.
        n_splits: usize = 5, at_least(2.0);
        /// Whether to assign groups to folds at random.
        shuffle: bool = false;
        /// Seed of the shuffle.
        seed: u64 = 0;
    }
    accepts: ;
}

impl<F: Float, Y: Target> Splitter<F, Y> for GroupKFold {
    fn split(&self, samples: &Samples<'_, F, Y>) -> Result<Vec<Fold>> {
        self.check()?;
        check_seed(self.shuffle, self.seed)?;
        let (groups, codes) = encode(groups_of(samples, "GroupKFold")?);
        let (k, count) = (self.n_splits, groups.len());
        check_count(k, count, "groups")?;
        let mut fold_of_group = vec![0; count];
        if self.shuffle {
            let order = permutation(count, &mut Seed(self.seed).stream(0));
            order.into_iter().enumerate().for_each(|(place, group)| fold_of_group[group] = place * k / count);
        } else {
            let mut size = vec![0; count];
            codes.iter().for_each(|g| size[*g as usize] += 1);
            let mut largest_first: Vec<usize> = (0..count).rev().collect();
            largest_first.sort_by_key(|g| std::cmp::Reverse(size[*g]));
            let mut filled = vec![0; k];
            for group in largest_first {
                let lightest = (0..k).min_by_key(|f| filled[*f]).unwrap_or(0);
                filled[lightest] += size[group];
                fold_of_group[group] = lightest;
            }
        }
        Ok(from_assignment(&codes.iter().map(|g| fold_of_group[*g as usize]).collect::<Vec<_>>(), k))
    }
}

crate::params! {
    /// `k` folds of whole groups, each with about the shares of the classes that the whole has. Groups, the
    /// most uneven first, go to the fold where they leave the class shares of the folds most alike.
    pub struct StratifiedGroupKFold(n_splits: usize) {
        /// Number of folds.
        n_splits: usize = 5, at_least(2.0);
        /// Whether groups that are equally uneven are taken in random order.
        shuffle: bool = false;
        /// Seed of the shuffle.
        seed: u64 = 0;
    }
    accepts: ;
}

impl<F: Float, L: Label> Splitter<F, Array1<L>> for StratifiedGroupKFold {
    fn split(&self, samples: &Samples<'_, F, Array1<L>>) -> Result<Vec<Fold>> {
        self.check()?;
        check_seed(self.shuffle, self.seed)?;
        let (groups, group_of) = encode(groups_of(samples, "StratifiedGroupKFold")?);
        let (classes, class_of) = encode(samples.y);
        let k = self.n_splits;
        check_count(k, groups.len(), "groups")?;
        let mut rows: Vec<Vec<usize>> = vec![Vec::new(); classes.len()];
        let mut members: Array2<f64> = Array2::zeros((groups.len(), classes.len()));
        for (i, (g, c)) in group_of.iter().zip(&class_of).enumerate() {
            rows[*c as usize].push(i);
            members[[*g as usize, *c as usize]] += 1.0;
        }
        check_sizes(&classes, &rows, k)?;

        let mut order: Vec<usize> = (0..groups.len()).collect();
        if self.shuffle {
            shuffle(&mut order, &mut Seed(self.seed).stream(0));
        }
        let uneven: Vec<f64> = members.rows().into_iter().map(spread).collect();
        order.sort_by(|a, b| uneven[*b].total_cmp(&uneven[*a]));

        let total: Vec<f64> = rows.iter().map(|r| r.len() as f64).collect();
        let mut filled: Array2<f64> = Array2::zeros((k, classes.len()));
        let mut fold_of_group = vec![0; groups.len()];
        for group in order {
            let mut best = (0, f64::INFINITY, f64::INFINITY);
            for fold in 0..k {
                let mut share = filled.clone();
                let mut row = share.row_mut(fold);
                row += &members.row(group);
                share.columns_mut().into_iter().zip(&total).for_each(|(mut c, t)| c /= *t);
                let uneven = share.columns().into_iter().map(spread).sum::<f64>() / total.len() as f64;
                let size = filled.row(fold).sum();
                // Of folds that are equal but for rounding, the smaller one.
                let alike = (uneven - best.1).abs() <= 1e-8 + 1e-5 * best.1;
                if uneven < best.1 || (alike && size < best.2) {
                    best = (fold, uneven, size);
                }
            }
            fold_of_group[group] = best.0;
            let mut row = filled.row_mut(best.0);
            row += &members.row(group);
        }
        Ok(from_assignment(&group_of.iter().map(|g| fold_of_group[*g as usize]).collect::<Vec<_>>(), k))
    }
}

/// The standard deviation, by two passes in order.
fn spread(x: ArrayView1<'_, f64>) -> f64 {
    let n = x.len() as f64;
    let mean = x.iter().sum::<f64>() / n;
    (x.iter().map(|v| (v - mean) * (v - mean)).sum::<f64>() / n).sqrt()
}

/// Each group in turn is the test fold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeaveOneGroupOut;

impl<F: Float, Y: Target> Splitter<F, Y> for LeaveOneGroupOut {
    fn split(&self, samples: &Samples<'_, F, Y>) -> Result<Vec<Fold>> {
        let (groups, codes) = encode(groups_of(samples, "LeaveOneGroupOut")?);
        check_count(2, groups.len(), "groups")?;
        Ok(from_assignment(&codes.iter().map(|g| *g as usize).collect::<Vec<_>>(), groups.len()))
    }
}
