//! Cross-validation with several scorers at once: each fold is fitted once.

use crate::evaluate::{Fitted, FoldScore, evaluate};
use crate::validate::{CrossValidation, duration};
use estimand_core::{Fit, Float, Result, Samples, Splitter, Target};
use estimand_metrics::Scorer;
use estimand_metrics::table::Table;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Several scorers of models of type `M`: a tuple of two to eight.
pub trait Scorers<F: Float, Y: Target, M>: Sync {
    /// All of them.
    fn each(&self) -> Vec<&dyn Scorer<F, Y, M>>;
}

macro_rules! tuple {
    ($($name:ident),+) => {
        impl<F: Float, Y: Target, M, $($name: Scorer<F, Y, M>),+> Scorers<F, Y, M> for ($($name,)+) {
            #[allow(non_snake_case, reason = "each value is named as its type")]
            fn each(&self) -> Vec<&dyn Scorer<F, Y, M>> {
                let ($($name,)+) = self;
                vec![$($name),+]
            }
        }
    };
}
tuple!(S1, S2);
tuple!(S1, S2, S3);
tuple!(S1, S2, S3, S4);
tuple!(S1, S2, S3, S4, S5);
tuple!(S1, S2, S3, S4, S5, S6);
tuple!(S1, S2, S3, S4, S5, S6, S7);
tuple!(S1, S2, S3, S4, S5, S6, S7, S8);

/// The scores of one estimator on every fold by several scorers. Prints as a table of one column for each.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CrossValidations {
    /// The outcome for each scorer, in their order.
    pub each: Vec<CrossValidation>,
}

impl CrossValidations {
    /// The outcome for the scorer of this name.
    pub fn get(&self, scoring: &str) -> Option<&CrossValidation> {
        self.each.iter().find(|scores| scores.scoring == scoring)
    }
}

impl fmt::Display for CrossValidations {
    /// A precision sets the number of decimals, which is otherwise 4: `{:.2}`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let decimals = f.precision().unwrap_or(4);
        let mut table =
            Table::new(["fold".into()].into_iter().chain(self.each.iter().map(|s| s.scoring.clone())));
        let mut row = |name: String, cell: &dyn Fn(&CrossValidation) -> f64| {
            let cells = self.each.iter().map(|scores| format!("{:.decimals$}", cell(scores)));
            table.row([name].into_iter().chain(cells));
        };
        let folds = self.each.first().map_or(0, |scores| scores.folds.len());
        for fold in 0..folds {
            row((fold + 1).to_string(), &|scores| scores.folds.get(fold).map_or(f64::NAN, |f| f.score));
        }
        row("mean".into(), &CrossValidation::mean);
        row("±".into(), &CrossValidation::std);
        table.fmt(f)?;
        match self.each.first() {
            Some(first) => writeln!(f, "{folds} folds, fit {}", duration(first.fit_seconds())),
            None => Ok(()),
        }
    }
}

/// [`cross_validate`](crate::cross_validate) with several scorers: every fold is fitted once and judged by each.
///
/// ```text
/// let scores = cross_validate_scorers(&model, &data, &StratifiedKFold::new(5), (accuracy, scorers::roc_auc()))?;
/// println!("{scores}");
/// ```
pub fn cross_validate_scorers<'a, F, Y, E, C, S>(
    estimator: &E,
    samples: impl Into<Samples<'a, F, Y>>,
    cv: &C,
    scoring: S,
) -> Result<CrossValidations>
where
    F: Float,
    Y: Target,
    E: Fit<F, Y> + Sync,
    C: Splitter<F, Y> + ?Sized,
    S: Scorers<F, Y, E::Model>,
{
    let samples = samples.into();
    let folds = cv.folds(&samples)?;
    let scorers = scoring.each();
    let judge = |fitted: &Fitted<'_, F, Y, E::Model>| {
        scorers.iter().map(|scorer| fitted.score(*scorer, false)).collect::<Result<Vec<FoldScore>>>()
    };
    let outcomes = evaluate(std::slice::from_ref(estimator), samples, &folds, judge);
    let by_fold = outcomes.into_iter().flatten().collect::<Result<Vec<_>>>()?;
    let of = |(i, scorer): (usize, &&dyn Scorer<F, Y, E::Model>)| CrossValidation {
        scoring: scorer.name(),
        folds: by_fold.iter().map(|scores| scores[i]).collect(),
    };
    Ok(CrossValidations { each: scorers.iter().enumerate().map(of).collect() })
}
