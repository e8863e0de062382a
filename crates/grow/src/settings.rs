//! The settings of exact trees, declared once for single trees and for forests.

use crate::exact::{Criterion, Growth};
use crate::prune;
use crate::{Tree, exact};
use estimand_core::samples::check_finite_target;
use estimand_core::{Error, Float, Records, Result, Seed};
use ndarray::ArrayView2;
use serde::{Deserialize, Serialize};

/// Columns that are drawn for each split.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub enum MaxFeatures {
    /// All of them; none is drawn.
    #[default]
    All,
    /// √p, rounded down.
    Sqrt,
    /// log₂ p, rounded down.
    Log2,
    /// So many, but no more than there are.
    Count(usize),
    /// That share of them, rounded down.
    Share(f64),
}
impl From<usize> for MaxFeatures {
    fn from(count: usize) -> Self {
        Self::Count(count)
    }
}
impl From<f64> for MaxFeatures {
    fn from(share: f64) -> Self {
        Self::Share(share)
    }
}
impl MaxFeatures {
    /// How many of `p` columns: at least one.
    pub fn of(self, p: usize) -> usize {
        let count = match self {
            Self::All => p,
            Self::Sqrt => p.isqrt(),
            Self::Log2 => p.checked_ilog2().unwrap_or(0) as usize,
            Self::Count(count) => count,
            Self::Share(share) => (share * p as f64) as usize,
        };
        count.clamp(1, p.max(1))
    }

    /// Refuses a count of none, and shares outside (0, 1].
    ///
    /// # Errors
    /// [`Error::Parameter`].
    pub fn check(self) -> Result<()> {
        match self {
            Self::Count(0) => Err(Error::parameter("max_features", 0, "a count of at least 1")),
            Self::Share(s) if !(s > 0.0 && s <= 1.0) => {
                Err(Error::parameter("max_features", s, "a share in (0, 1]"))
            }
            _ => Ok(()),
        }
    }
}

/// A number of rows, or a share of all of them.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum Rows {
    /// So many.
    Count(usize),
    /// That share of the rows, rounded up.
    Share(f64),
}
impl From<usize> for Rows {
    fn from(count: usize) -> Self {
        Self::Count(count)
    }
}
impl From<f64> for Rows {
    fn from(share: f64) -> Self {
        Self::Share(share)
    }
}
impl Rows {
    /// Of `n` rows, at least `least`; a share is rounded up.
    fn of(self, name: &str, least: usize, n: usize) -> Result<usize> {
        let allowed = format!("a number of rows, at least {least}, or a share in (0, 1]");
        match self {
            Self::Count(count) if count >= least => Ok(count),
            Self::Share(s) if s > 0.0 && s <= 1.0 => Ok(((s * n as f64).ceil() as usize).max(least)),
            Self::Count(count) => Err(Error::parameter(name, count, allowed)),
            Self::Share(s) => Err(Error::parameter(name, s, allowed)),
        }
    }
}

/// What a split of classes should lower.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum ClassCriterion {
    /// Gini's impurity 1 − Σ p_c²: how often a label drawn at random would be wrong.
    #[default]
    Gini,
    /// Entropy − Σ p_c log₂ p_c.
    Entropy,
    /// Log-loss, which is the entropy.
    LogLoss,
}
impl From<ClassCriterion> for Criterion {
    fn from(criterion: ClassCriterion) -> Self {
        match criterion {
            ClassCriterion::Gini => Self::Gini,
            ClassCriterion::Entropy | ClassCriterion::LogLoss => Self::Entropy,
        }
    }
}

/// What a split of numbers should lower, and with it what is predicted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub enum RegressionCriterion {
    /// Squared distance from the mean, which is predicted.
    #[default]
    SquaredError,
    /// Distance from the median, which is predicted.
    AbsoluteError,
    /// Pinball loss about the quantile of this level, which is predicted; the level lies in (0, 1).
    Quantile(f64),
    /// Half Poisson deviance about the mean, which is predicted; for counts and rates, none of them negative.
    Poisson,
}
impl From<RegressionCriterion> for Criterion {
    fn from(criterion: RegressionCriterion) -> Self {
        match criterion {
            RegressionCriterion::SquaredError => Self::SquaredError,
            RegressionCriterion::AbsoluteError => Self::AbsoluteError,
            RegressionCriterion::Quantile(level) => Self::Quantile(level),
            RegressionCriterion::Poisson => Self::Poisson,
        }
    }
}

/// Where thresholds come from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Splitter {
    /// The best one is searched.
    #[default]
    Best,
    /// One is drawn at random for each column; the best of those is taken.
    Random,
}

/// The settings of a tree, whatever estimator they belong to; made by [`tree_params!`](crate::tree_params).
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// The estimator's name.
    pub name: String,
    /// See the fields of the estimators.
    pub criterion: Criterion,
    /// Where thresholds come from.
    pub splitter: Splitter,
    /// Depth limit.
    pub max_depth: Option<usize>,
    /// Fewest rows to split.
    pub min_samples_split: Rows,
    /// Fewest rows of a leaf.
    pub min_samples_leaf: Rows,
    /// Least share of the weight in a leaf.
    pub min_weight_fraction_leaf: f64,
    /// Columns drawn.
    pub max_features: MaxFeatures,
    /// Most leaves.
    pub max_leaf_nodes: Option<usize>,
    /// Least decrease.
    pub min_impurity_decrease: f64,
    /// Strength of pruning.
    pub ccp_alpha: f64,
    /// Directions.
    pub monotonic_cst: Vec<i8>,
    /// Columns with categories.
    pub categorical_features: Vec<usize>,
}

impl Plan {
    /// Refuses what ranges alone do not tell, for `p` columns and a response of `width` numbers, or classes.
    ///
    /// # Errors
    /// [`Error::Parameter`], [`Error::Shape`], [`Error::Unsupported`].
    pub fn check(&self, p: usize, response: exact::Response<'_>) -> Result<()> {
        self.max_features.check()?;
        if let Criterion::Quantile(level) = self.criterion
            && !(level > 0.0 && level < 1.0)
        {
            return Err(Error::parameter("criterion", format!("Quantile({level})"), "a level in (0, 1)"));
        }
        let several = match response {
            exact::Response::Classes(_, k) => k > 2,
            exact::Response::Numbers(_, 1) => false,
            exact::Response::Numbers(..) if self.criterion == Criterion::SquaredError => true,
            exact::Response::Numbers(..) => {
                let what =
                    "several targets with this criterion; use squared error, or fit one target at a time";
                return Err(Error::unsupported(&*self.name, what));
            }
        };
        if let (exact::Response::Numbers(y, _), Criterion::Poisson) = (response, self.criterion)
            && let Some((i, y)) = y.iter().enumerate().find(|(_, y)| **y < 0.0)
        {
            let what = format!("row {i} is {y}; the Poisson criterion is for numbers that are not negative");
            return Err(Error::target(what));
        }
        if !self.monotonic_cst.is_empty() {
            if self.monotonic_cst.len() != p {
                return Err(Error::shape("length of monotonic_cst", p, self.monotonic_cst.len()));
            }
            if let Some(direction) = self.monotonic_cst.iter().find(|d| !(-1..=1).contains(*d)) {
                return Err(Error::parameter("monotonic_cst", direction, "−1, 0 or 1 for each column"));
            }
            if several {
                let what = "monotonic_cst for more than two classes, or several targets";
                return Err(Error::unsupported(&*self.name, what));
            }
            let bound = |j: &&usize| self.monotonic_cst.get(**j).is_some_and(|d| *d != 0);
            if let Some(j) = self.categorical_features.iter().find(bound) {
                let allowed = format!("0 for column {j}, whose values are categories");
                return Err(Error::parameter("monotonic_cst", self.monotonic_cst[*j], allowed));
            }
        }
        Ok(())
    }

    /// What grows trees on `n` rows of `p` columns with this weight in all.
    ///
    /// # Errors
    /// [`Error::Parameter`] for a share that is none.
    pub fn growth(&self, n: usize, p: usize, weight: f64) -> Result<Growth> {
        Ok(Growth {
            criterion: self.criterion,
            max_depth: self.max_depth,
            min_samples_split: self.min_samples_split.of("min_samples_split", 2, n)?,
            min_samples_leaf: self.min_samples_leaf.of("min_samples_leaf", 1, n)?,
            min_weight_leaf: self.min_weight_fraction_leaf * weight,
            max_features: self.max_features.of(p),
            max_leaf_nodes: self.max_leaf_nodes,
            min_impurity_decrease: self.min_impurity_decrease,
            monotone: self.monotonic_cst.clone(),
        })
    }

    /// Columns prepared for the splitter.
    ///
    /// # Errors
    /// Of [`Columns::ranked`](exact::Columns::ranked).
    pub fn columns<F: Float>(&self, x: Records<'_, F>) -> Result<exact::Columns> {
        match self.splitter {
            Splitter::Best => exact::Columns::ranked(x, &self.categorical_features),
            Splitter::Random => exact::Columns::raw(x, &self.categorical_features),
        }
    }

    /// A tree, pruned.
    ///
    /// # Errors
    /// Of [`growth`](Self::growth).
    pub fn grow(
        &self,
        columns: &exact::Columns,
        response: exact::Response<'_>,
        weights: Option<&[f64]>,
        seed: Seed,
    ) -> Result<Tree> {
        let n = columns.rows();
        let rows = weights.map_or(n, |w| w.iter().filter(|w| **w > 0.0).count());
        let weight = weights.map_or(n as f64, |w| w.iter().sum());
        let growth = self.growth(rows, columns.count(), weight)?;
        let tree = exact::grow(columns, response, weights, &growth, seed);
        Ok(if self.ccp_alpha > 0.0 { prune::pruned(&tree, self.ccp_alpha) } else { tree })
    }
}

/// Squares of larger targets leave the range of `f64`.
const LARGEST: f64 = 1e150;

/// Targets as the splitter reads them, row by row.
///
/// # Errors
/// If there is none, one is not finite, or one is so large that squares leave the range of `f64`.
pub fn numbers_of<F: Float>(y: ArrayView2<'_, F>) -> Result<Vec<f64>> {
    check_finite_target(y)?;
    if y.ncols() == 0 {
        return Err(Error::EmptyInput { what: "y".into() });
    }
    let numbers: Vec<f64> = y.iter().map(|v| v.f64()).collect();
    if numbers.iter().any(|v| v.abs() > LARGEST) {
        return Err(Error::numerical("squares of the targets leave the range of f64; scale them first"));
    }
    Ok(numbers)
}

/// Declares settings that hold those of a tree, then their own: [`params!`](estimand_core::params) with the tree's fields
/// in front, and `plan`, which gathers these. `splitter` is a function of the settings. Wants `at_least`, `between`,
/// [`Rows`] and [`MaxFeatures`] in scope.
#[macro_export]
macro_rules! tree_params {
    (
        $(#[$meta:meta])*
        pub struct $name:ident {
            criterion: $criterion:ty = $default:expr;
            splitter: $splitter:expr;
            max_features: $max_features:expr;
            $($own:tt)*
        }
    ) => {
        estimand_core::params! {
            $(#[$meta])*
            pub struct $name {
                /// What a split should lower.
                criterion: $criterion = $default;
                /// No leaf is deeper than so many splits.
                max_depth: Option<usize> = None, at_least(1.0);
                /// Fewest rows of a node that is split: a number of at least 2, or a share of all rows.
                min_samples_split => Rows = 2;
                /// Fewest rows on either side of a split: a number of at least 1, or a share of all rows.
                min_samples_leaf => Rows = 1;
                /// Least weight on either side of a split, as a share of all weight.
                min_weight_fraction_leaf: f64 = 0.0, between(0.0, 0.5);
                /// Columns drawn for each split, without replacement and until one was drawn that is not constant.
                max_features => MaxFeatures = $max_features;
                /// The leaf whose split lowers the impurity most is split next, until there are so many leaves.
                max_leaf_nodes: Option<usize> = None, at_least(2.0);
                /// A split is made if it lowers the impurity of the whole tree by so much.
                min_impurity_decrease: f64 = 0.0, at_least(0.0);
                /// The price α of a leaf in minimal cost-complexity pruning.
                ccp_alpha: f64 = 0.0, at_least(0.0);
                /// For each column, whether predictions must rise with it (1), fall (−1) or may do either (0); none are
                /// bound where this is empty. For two classes, that of the second one's probability.
                monotonic_cst: Vec<i8> = Vec::new();
                /// Columns whose values are categories 0, 1, 2, …, split by sets of them.
                categorical_features: Vec<usize> = Vec::new();
                $($own)*
            }
            accepts: sparse, weights, missing;
        }

        impl $name {
            fn plan(&self) -> $crate::settings::Plan {
                $crate::settings::Plan {
                    name: estimand_core::Describe::name(self),
                    criterion: self.criterion.into(),
                    splitter: ($splitter)(self),
                    max_depth: self.max_depth,
                    min_samples_split: self.min_samples_split,
                    min_samples_leaf: self.min_samples_leaf,
                    min_weight_fraction_leaf: self.min_weight_fraction_leaf,
                    max_features: self.max_features,
                    max_leaf_nodes: self.max_leaf_nodes,
                    min_impurity_decrease: self.min_impurity_decrease,
                    ccp_alpha: self.ccp_alpha,
                    monotonic_cst: self.monotonic_cst.clone(),
                    categorical_features: self.categorical_features.clone(),
                }
            }
        }
    };
}
