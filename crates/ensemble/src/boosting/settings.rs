//! Settings that all boosting estimators share.

use super::sampling::RowSampling;
use estimand_core::{Error, Result, Seed};
use estimand_grow::hist::{GrowRules, Growth};
use serde::{Deserialize, Serialize};

/// Whether boosting stops when a held-out part of the data is predicted no better.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum EarlyStopping {
    /// If there are more than 10000 rows.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never: all rows are learnt from, for `max_iter` rounds.
    Never,
}

/// Declares settings: those of the estimator, then those that all share.
macro_rules! boosting_params {
    (
        $(#[$meta:meta])*
        pub struct $name:ident {
            $($own:tt)*
        }
    ) => {
        estimand_core::params! {
            $(#[$meta])*
            pub struct $name {
                $($own)*
                /// η: what each tree's values are multiplied by.
                learning_rate: f64 = 0.1, estimand_core::describe::above(0.0);
                /// Most rounds, of one tree for each output.
                max_iter: usize = 100, estimand_core::describe::at_least(1.0);
                /// Most leaves of a tree.
                max_leaf_nodes: Option<usize> = Some(31), estimand_core::describe::at_least(2.0);
                /// Most steps from a root to a leaf.
                max_depth: Option<usize> = None, estimand_core::describe::at_least(1.0);
                /// Least weight of the rows of a leaf: without weights, least number of rows.
                min_samples_leaf: f64 = 20.0, estimand_core::describe::at_least(0.0);
                /// Least sum of hessians of a leaf.
                min_hessian: f64 = 0.001, estimand_core::describe::at_least(0.0);
                /// α: how far gradients of a leaf must be out of balance for a value other than 0.
                l1_regularization: f64 = 0.0, estimand_core::describe::at_least(0.0);
                /// λ: added to the hessians of a leaf.
                l2_regularization: f64 = 0.0, estimand_core::describe::at_least(0.0);
                /// What a split must gain: twice what it lowers the loss by.
                min_gain: f64 = 0.0, estimand_core::describe::at_least(0.0);
                /// Share of columns that each split may choose from, drawn anew.
                max_features: f64 = 1.0, estimand_core::describe::above_to(0.0, 1.0);
                /// Which rows each round learns from.
                row_sampling: $crate::boosting::RowSampling = $crate::boosting::RowSampling::All;
                /// Most bins of a column; missing values have one more.
                max_bins: usize = 255, estimand_core::describe::between(2.0, 255.0);
                /// Which leaf is split next.
                growth: estimand_grow::hist::Growth = estimand_grow::hist::Growth::LeafWise;
                /// Columns that hold categories: whole numbers from 0, at most 255 of them.
                categorical_features: Vec<usize> = Vec::new();
                /// For each column 1 where raw predictions must not fall with it, −1 where they must not rise, else 0;
                /// empty for none.
                monotonic_cst: Vec<i8> = Vec::new();
                /// Sets of columns that may act together; columns of no set act alone. Empty where all may.
                interaction_cst: Vec<Vec<usize>> = Vec::new();
                /// Whether to stop when a held-out part is predicted no better.
                early_stopping: $crate::boosting::EarlyStopping = $crate::boosting::EarlyStopping::Auto;
                /// Share of the rows that is held out for that.
                validation_fraction: f64 = 0.1, estimand_core::describe::inside(0.0, 1.0);
                /// Rounds without improvement before stopping.
                n_iter_no_change: usize = 10, estimand_core::describe::at_least(1.0);
                /// What counts as an improvement of the held-out part's mean loss.
                tol: f64 = 1e-7, estimand_core::describe::at_least(0.0);
                /// Seed of the draws: rows held out, columns of a split, rows that bins are found on.
                seed: u64 = 0;
            }
            accepts: sparse, weights, missing;
        }

        impl $name {
            fn common(&self) -> $crate::boosting::settings::Common {
                $crate::boosting::settings::Common {
                    rate: self.learning_rate,
                    rounds: self.max_iter,
                    max_leaves: self.max_leaf_nodes,
                    max_depth: self.max_depth,
                    min_leaf: self.min_samples_leaf,
                    min_hessian: self.min_hessian,
                    l1: self.l1_regularization,
                    l2: self.l2_regularization,
                    min_gain: self.min_gain,
                    column_share: self.max_features,
                    row_sampling: self.row_sampling,
                    max_bins: self.max_bins,
                    growth: self.growth,
                    categorical: self.categorical_features.clone(),
                    monotone: self.monotonic_cst.clone(),
                    interactions: self.interaction_cst.clone(),
                    early_stopping: self.early_stopping,
                    validation_fraction: self.validation_fraction,
                    patience: self.n_iter_no_change,
                    tol: self.tol,
                    seed: estimand_core::Seed(self.seed),
                }
            }
        }
    };
}
pub(crate) use boosting_params;

/// The shared settings, without their estimator.
#[derive(Clone, Debug)]
pub(crate) struct Common {
    pub(crate) rate: f64,
    pub(crate) rounds: usize,
    pub(crate) max_leaves: Option<usize>,
    pub(crate) max_depth: Option<usize>,
    pub(crate) min_leaf: f64,
    pub(crate) min_hessian: f64,
    pub(crate) l1: f64,
    pub(crate) l2: f64,
    pub(crate) min_gain: f64,
    pub(crate) column_share: f64,
    pub(crate) row_sampling: RowSampling,
    pub(crate) max_bins: usize,
    pub(crate) growth: Growth,
    pub(crate) categorical: Vec<usize>,
    pub(crate) monotone: Vec<i8>,
    pub(crate) interactions: Vec<Vec<usize>>,
    pub(crate) early_stopping: EarlyStopping,
    pub(crate) validation_fraction: f64,
    pub(crate) patience: usize,
    pub(crate) tol: f64,
    pub(crate) seed: Seed,
}

impl Common {
    /// What trees on `p` columns are grown by.
    ///
    /// # Errors
    /// For constraints on columns that there are not, or that contradict one another.
    pub(crate) fn rules(&self, p: usize) -> Result<GrowRules> {
        if !(self.monotone.is_empty() || self.monotone.len() == p) {
            return Err(Error::shape("length of monotonic_cst", p, self.monotone.len()));
        }
        if let Some(direction) = self.monotone.iter().find(|m| !(-1..=1).contains(*m)) {
            return Err(Error::parameter("monotonic_cst", direction, "−1, 0 or 1"));
        }
        if let Some(column) =
            self.categorical.iter().find(|j| self.monotone.get(**j).is_some_and(|m| *m != 0))
        {
            let allowed = format!("0 for column {column}, whose categories have no order");
            return Err(Error::parameter("monotonic_cst", self.monotone[*column], allowed));
        }
        if let Some(column) = self.interactions.iter().flatten().find(|j| **j >= p) {
            return Err(Error::parameter("interaction_cst", column, format!("columns below {p}")));
        }
        self.row_sampling.check()?;
        let mut interactions = self.interactions.clone();
        if !interactions.is_empty() {
            let alone = (0..p).filter(|j| !interactions.iter().any(|set| set.contains(j)));
            interactions.extend(alone.map(|j| vec![j]).collect::<Vec<_>>());
        }
        Ok(GrowRules {
            growth: self.growth,
            max_leaves: self.max_leaves.unwrap_or(usize::MAX),
            max_depth: self.max_depth.unwrap_or(usize::MAX),
            min_leaf: self.min_leaf,
            min_hessian: self.min_hessian,
            l1: self.l1,
            l2: self.l2,
            min_gain: self.min_gain,
            rate: self.rate,
            monotone: self.monotone.clone(),
            interactions,
            columns: Vec::new(),
            column_share: self.column_share,
            seed: self.seed,
        })
    }

    /// Whether a part of `n` rows is held out.
    pub(crate) fn holds_out(&self, n: usize) -> bool {
        match self.early_stopping {
            EarlyStopping::Auto => n > 10_000,
            EarlyStopping::Always => true,
            EarlyStopping::Never => false,
        }
    }

    /// Whether none of the last rounds has lowered the loss by more than `tol`.
    pub(crate) fn should_stop(&self, losses: &[f64]) -> bool {
        match losses.len().checked_sub(self.patience + 1) {
            Some(before) => losses[before + 1..].iter().all(|loss| *loss >= losses[before] - self.tol),
            None => false,
        }
    }
}
