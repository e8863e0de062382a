//! The estimators.

use super::train::Exact;
use crate::boosting::classifier::{BoostClasses, fits_of_classes, target as codes_of};
use crate::boosting::fit::{Extras, Fitted, HoldOut, Target, fit};
use crate::boosting::objective::Objective;
use crate::boosting::regressor::{BoostNumbers, fits_of_numbers};
use crate::boosting::settings::Limits;
use crate::boosting::{EarlyStopping, RowSampling};
use estimand_core::describe::{above, above_to, at_least, between, inside};
use estimand_core::{ClassCodes, ClassWeight, Describe, Error, Float, Result, Samples, Seed};
use estimand_grow::exact::Criterion;
use estimand_grow::settings::{MaxFeatures, Plan, Rows, Splitter};
use estimand_loss::{Link, Loss, Robust};
use serde::{Deserialize, Serialize};

/// What raw predictions begin with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Init {
    /// The best constant.
    #[default]
    Constant,
    /// Zero.
    Zero,
}

/// What is made small, of numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub enum ExactLoss {
    /// Half the squared error: predicts the mean.
    #[default]
    Squared,
    /// The absolute error: predicts the median.
    Absolute,
    /// Half the squared error up to δ, linear beyond, where a share α inside (0, 1) of the errors lies below δ; 0.9 is usual.
    Huber(f64),
    /// The pinball loss: predicts that quantile, inside (0, 1).
    Quantile(f64),
}

/// What is made small, of classes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum ClassLoss {
    /// The log-loss.
    #[default]
    LogLoss,
    /// exp(−z/2) of the class that is right, with z its log-odds: AdaBoost's, for two classes.
    Exponential,
}

macro_rules! exact_params {
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
                learning_rate: f64 = 0.1, above(0.0);
                /// Most rounds, of one tree for each output.
                max_iter: usize = 100, at_least(1.0);
                /// Share of the rows that each round learns from, drawn anew.
                subsample: f64 = 1.0, above_to(0.0, 1.0);
                /// No leaf is deeper than so many splits.
                max_depth: Option<usize> = Some(3), at_least(1.0);
                /// Fewest rows of a node that is split: a number of at least 2, or a share of all rows.
                min_samples_split => Rows = 2;
                /// Fewest rows on either side of a split: a number of at least 1, or a share of all rows.
                min_samples_leaf => Rows = 1;
                /// Least weight on either side of a split, as a share of all weight.
                min_weight_fraction_leaf: f64 = 0.0, between(0.0, 0.5);
                /// Columns drawn for each split, without replacement and until one was drawn that is not constant.
                max_features => MaxFeatures = MaxFeatures::All;
                /// The leaf whose split lowers the impurity most is split next, until there are so many leaves.
                max_leaf_nodes: Option<usize> = None, at_least(2.0);
                /// A split is made if it lowers the variance of the gradients over the whole tree by so much.
                min_impurity_decrease: f64 = 0.0, at_least(0.0);
                /// The price α of a leaf in minimal cost-complexity pruning.
                ccp_alpha: f64 = 0.0, at_least(0.0);
                /// Columns whose values are categories 0, 1, 2, …, split by sets of them.
                categorical_features: Vec<usize> = Vec::new();
                /// What raw predictions begin with.
                init: Init = Init::Constant;
                /// Rounds without improvement on rows held out before boosting stops; `None` to hold out none.
                n_iter_no_change: Option<usize> = None, at_least(1.0);
                /// Share of the rows that is held out for that.
                validation_fraction: f64 = 0.1, inside(0.0, 1.0);
                /// What counts as an improvement of their mean loss.
                tol: f64 = 1e-4, at_least(0.0);
                /// Seed of the draws: rows held out, rows of a round, columns of a split.
                seed: u64 = 0;
            }
            accepts: sparse, weights, missing;
        }

        impl $name {
            fn engine(&self, huber: Option<f64>) -> Exact {
                Exact {
                    plan: Plan {
                        name: self.name(),
                        criterion: Criterion::SquaredError,
                        splitter: Splitter::Best,
                        binned: false,
                        max_depth: self.max_depth,
                        min_samples_split: self.min_samples_split,
                        min_samples_leaf: self.min_samples_leaf,
                        min_weight_fraction_leaf: self.min_weight_fraction_leaf,
                        max_features: self.max_features,
                        max_leaf_nodes: self.max_leaf_nodes,
                        min_impurity_decrease: self.min_impurity_decrease,
                        ccp_alpha: self.ccp_alpha,
                        monotonic_cst: Vec::new(),
                        categorical_features: self.categorical_features.clone(),
                    },
                    rate: self.learning_rate,
                    sampling: match self.subsample < 1.0 {
                        true => RowSampling::Share(self.subsample),
                        false => RowSampling::All,
                    },
                    from_zero: self.init == Init::Zero,
                    huber,
                    limits: Limits {
                        rounds: self.max_iter,
                        early_stopping: match self.n_iter_no_change {
                            Some(_) => EarlyStopping::Always,
                            None => EarlyStopping::Never,
                        },
                        validation_fraction: self.validation_fraction,
                        patience: self.n_iter_no_change.unwrap_or(0),
                        tol: self.tol,
                    },
                    seed: Seed(self.seed),
                }
            }
        }
    };
}

exact_params! {
    /// Gradient boosting with exact trees, for numbers; see [the module](crate::boosting::exact).
    ///
    /// ```
    /// use estimand_core::{Fit, Predict};
    /// use estimand_ensemble::GradientBoostingRegressor;
    /// use ndarray::{Array1, Array2};
    ///
    /// let x = Array2::from_shape_fn((100, 1), |(i, _)| i as f64 / 10.0);
    /// let y: Array1<f64> = x.column(0).mapv(f64::sin);
    /// let model = GradientBoostingRegressor::new().fit((&x, &y))?;
    /// assert!((model.predict(&x)? - y).mapv(f64::abs).mean() < Some(0.02));
    /// # Ok::<(), estimand_core::Error>(())
    /// ```
    pub struct GradientBoostingRegressor {
        /// What is made small.
        loss: ExactLoss = ExactLoss::Squared;
    }
}

exact_params! {
    /// Gradient boosting with exact trees, for classes: of two, one tree a round, of more, one for each class; see
    /// [the module](crate::boosting::exact).
    ///
    /// ```
    /// use estimand_core::{Fit, Predict};
    /// use estimand_ensemble::GradientBoostingClassifier;
    /// use ndarray::{Array1, Array2};
    ///
    /// let x = Array2::from_shape_fn((120, 2), |(i, j)| (i * (7 + 4 * j) % 60) as f64);
    /// let y: Array1<&str> = x.rows().into_iter().map(|r| if r[0] > r[1] { "up" } else { "down" }).collect();
    /// let model = GradientBoostingClassifier::new().fit((&x, &y))?;
    /// assert_eq!(model.predict(&x)?, y);
    /// # Ok::<(), estimand_core::Error>(())
    /// ```
    pub struct GradientBoostingClassifier {
        /// What is made small.
        loss: ClassLoss = ClassLoss::LogLoss;
        /// How much each class counts.
        class_weight: ClassWeight = ClassWeight::Uniform;
    }
}

impl BoostNumbers for GradientBoostingRegressor {
    fn objective(&self) -> Result<Objective> {
        let inside = |share: f64, what: &str| match share > 0.0 && share < 1.0 {
            true => Ok(share),
            false => Err(Error::parameter("loss", share, format!("{what} inside (0, 1)"))),
        };
        Ok(match self.loss {
            ExactLoss::Squared => Objective::Scalar(Loss::Squared),
            ExactLoss::Absolute => Objective::Robust(vec![Robust::Absolute]),
            // δ is found in each round.
            ExactLoss::Huber(share) => {
                Objective::Robust(vec![Robust::Huber(inside(share, "Huber(α) with α")?)])
            }
            ExactLoss::Quantile(q) => {
                Objective::Robust(vec![Robust::Quantile(inside(q, "Quantile(q) with q")?)])
            }
        })
    }

    fn link(&self) -> Link {
        Link::Identity
    }

    fn boost<F: Float>(
        &self,
        objective: &Objective,
        samples: Samples<'_, F, ()>,
        y: Target,
        extras: &mut Extras<'_>,
    ) -> Result<Fitted> {
        let huber = match self.loss {
            ExactLoss::Huber(share) => Some(share),
            _ => None,
        };
        fit(&self.engine(huber), objective, samples, y, HoldOut::Rows, extras)
    }
}

impl BoostClasses for GradientBoostingClassifier {
    fn boost<F: Float>(
        &self,
        objective: &Objective,
        samples: Samples<'_, F, ClassCodes>,
        extras: &mut Extras<'_>,
    ) -> Result<Fitted> {
        let (y, rest) = (codes_of(samples.y.y, samples.y.k), samples.without_y());
        fit(&self.engine(None), objective, rest, y, HoldOut::Classes(samples.y.y), extras)
    }

    fn two_classes(&self) -> Loss {
        match self.loss {
            ClassLoss::LogLoss => Loss::Binomial,
            ClassLoss::Exponential => Loss::Exponential,
        }
    }
}

fits_of_numbers!(GradientBoostingRegressor);
fits_of_classes!(GradientBoostingClassifier);
