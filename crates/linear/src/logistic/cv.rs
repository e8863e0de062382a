//! Logistic regression that chooses C and ρ by cross-validation.
//!
//! 1. Cut the rows into folds. Rows of weight 0 count as absent.
//! 2. On the training part of every fold, for each ρ, fit all C from the smallest on, each fit from the last one's
//!    coefficients; score each model on the test part. Folds run in parallel.
//! 3. Take the pair with the best mean score, of equals the strongest penalty, and fit it to all rows.
//!
//! Costs about (folds + 1) fits for the largest C and each ρ, plus a third of that for every further C.
//!
//! **Differs from scikit-learn.** One pair is chosen for all classes. Scores weigh rows as fits do, by sample weights
//! times class weights; scikit-learn's ignore both. Balanced class weights are those of all rows, not of each fold. With
//! several folds, a row of weight 2 and the row twice are cut differently and may lead to another choice.

use super::solve::solve;
use super::{LogisticModel, LogisticRegression, LogisticSolver};
use crate::cv::{over_folds, with_weight};
use crate::scores::LinearScores;
use estimand_core::describe::{above, above_or_infinite, at_least, between};
use estimand_core::persist::check_len;
use estimand_core::split::StratifiedKFold;
use estimand_core::{
    ClassCodes, ClassFolds, ClassWeight, Codes, Error, Features, FitClasses, Float, Probabilities, Records,
    Result, Samples, Scores, Scratch,
};
use estimand_metrics::table::Table;
use estimand_metrics::{Average, weighted};
use ndarray::{Array1, Array2};
use serde::{Deserialize, Serialize};
use std::fmt;

/// What judges a candidate on the rows left out; all are the larger the better.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum LogisticScoring {
    /// Share of rows whose class is predicted.
    #[default]
    Accuracy,
    /// Mean over the classes of the share of their rows that is predicted.
    BalancedAccuracy,
    /// Mean over the classes of F₁.
    F1Macro,
    /// Minus the mean logarithmic loss of the probabilities: the finest of them, and the one that fits minimise.
    LogLoss,
    /// Area under the ROC curve; for two classes.
    RocAuc,
}

estimand_core::params! {
    /// [`LogisticRegression`] that chooses `c` and `l1_ratio` by cross-validation.
    ///
    /// ```
    /// use estimand_core::Fit;
    /// use estimand_linear::{LogisticRegressionCv, LogisticScoring};
    /// use ndarray::Array2;
    ///
    /// let x = Array2::from_shape_fn((60, 3), |(i, j)| ((i * (j + 3)) % 11) as f64);
    /// let y: Vec<bool> = x.rows().into_iter().map(|x| x[0] > x[1]).collect();
    /// let settings = LogisticRegressionCv::new().cs([0.01, 1.0]).l1_ratios([0.0, 1.0]).scoring(LogisticScoring::LogLoss);
    /// let model = settings.fit((&x, &y))?;
    /// assert_eq!((model.c(), model.candidates().len()), (1.0, 4));
    /// println!("{}", model.search()); // one line per candidate, with the score of each fold
    /// # Ok::<(), estimand_core::Error>(())
    /// ```
    pub struct LogisticRegressionCv {
        /// Values of C to choose from, each above 0; infinity is no penalty.
        cs => Vec<f64> = log_spaced(1e-4, 1e4, 10);
        /// Shares of the L1 norm in the penalty to choose from, each between 0 and 1.
        l1_ratios => Vec<f64> = [0.0];
        /// Which rows are left out together.
        cv => ClassFolds = StratifiedKFold::new(5);
        /// What judges a candidate.
        scoring: LogisticScoring = LogisticScoring::Accuracy;
        /// Whether to fit intercepts, which are not penalised.
        fit_intercept: bool = true;
        /// How much each class counts, in fits and in scores.
        class_weight: ClassWeight = ClassWeight::Uniform;
        /// How to minimise.
        solver: LogisticSolver = LogisticSolver::Auto;
        /// As in [`LogisticRegression`].
        tol: f64 = 1e-4, above(0.0);
        /// Most steps of each fit.
        max_iter: usize = 100, at_least(1.0);
    }
    accepts: sparse, weights;
}

/// `count` numbers from `low` to `high`, evenly spaced on a logarithmic scale.
fn log_spaced(low: f64, high: f64, count: usize) -> Vec<f64> {
    let step = (high / low).ln() / (count - 1) as f64;
    (0..count).map(|i| low * (step * i as f64).exp()).collect()
}

/// A setting that was tried.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct LogisticCandidate {
    /// C
    pub c: f64,
    /// Share of the L1 norm in the penalty.
    pub l1_ratio: f64,
}

/// What cross-validation found. Prints as a table.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LogisticSearch {
    scoring: LogisticScoring,
    candidates: Vec<LogisticCandidate>,
    /// candidates × folds
    scores: Array2<f64>,
    best: usize,
}

/// A fitted [`LogisticRegressionCv`] on class codes: the model of the best candidate on all rows, and how it was found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(bound(serialize = "F: Float", deserialize = "F: Float"))]
pub struct LogisticCvModel<F> {
    model: LogisticModel<F>,
    search: LogisticSearch,
}

impl<F> LogisticCvModel<F> {
    /// The chosen C.
    pub fn c(&self) -> f64 {
        self.search.best().c
    }

    /// The chosen share of the L1 norm.
    pub fn l1_ratio(&self) -> f64 {
        self.search.best().l1_ratio
    }

    /// All candidates, their scores on every fold, and the best one.
    pub fn search(&self) -> &LogisticSearch {
        &self.search
    }

    /// The candidates, in the order of the settings: all C for the first ratio, then for the second.
    pub fn candidates(&self) -> &[LogisticCandidate] {
        &self.search.candidates
    }

    /// The scores of all candidates, one row each, one column per fold.
    pub fn cv_scores(&self) -> &Array2<f64> {
        &self.search.scores
    }

    /// The mean score of the chosen candidate.
    pub fn best_score(&self) -> f64 {
        self.search.mean(self.search.best)
    }
}

impl<F> std::ops::Deref for LogisticCvModel<F> {
    type Target = LogisticModel<F>;
    fn deref(&self) -> &LogisticModel<F> {
        &self.model
    }
}

impl LogisticSearch {
    /// The chosen candidate.
    pub fn best(&self) -> LogisticCandidate {
        self.candidates[self.best]
    }

    fn mean(&self, candidate: usize) -> f64 {
        self.scores.row(candidate).mean().unwrap_or(f64::NAN)
    }

    /// Chooses by the mean score; of equals, the strongest penalty.
    fn new(scoring: LogisticScoring, candidates: Vec<LogisticCandidate>, scores: Array2<f64>) -> Self {
        let mut search = Self { scoring, candidates, scores, best: 0 };
        for i in 1..search.candidates.len() {
            let better = search.mean(i).total_cmp(&search.mean(search.best));
            let stronger = search.candidates[i].c < search.best().c;
            if better.is_gt() || (better.is_eq() && stronger) {
                search.best = i;
            }
        }
        search
    }

    fn check_loaded(&self) -> Result<()> {
        check_len("rows of scores", self.candidates.len(), self.scores.nrows())?;
        match self.best < self.candidates.len() {
            true => Ok(()),
            false => Err(Error::Persist { what: "the best candidate is not among the candidates".into() }),
        }
    }
}

impl fmt::Display for LogisticSearch {
    /// A precision sets the number of decimals, which is otherwise 4: `{:.2}`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let decimals = f.precision().unwrap_or(4);
        let folds = (1..=self.scores.ncols()).map(|k| format!("fold {k}"));
        let head = ["", "c", "l1_ratio", "mean"].map(String::from);
        let mut table = Table::new(head.into_iter().chain(folds));
        for (i, candidate) in self.candidates.iter().enumerate() {
            let best = if i == self.best { "best" } else { "" };
            let settings = [best.into(), Short(candidate.c).to_string(), candidate.l1_ratio.to_string()];
            let folds = self.scores.row(i);
            let scores = std::iter::once(self.mean(i)).chain(folds.iter().copied());
            table.row(settings.into_iter().chain(scores.map(|s| format!("{s:.decimals$}"))));
        }
        writeln!(f, "{:?} of {} candidates", self.scoring, self.candidates.len())?;
        table.fmt(f)
    }
}

/// A number with few digits, in whichever notation is shorter.
struct Short(f64);
impl fmt::Display for Short {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if (1e-3..1e5).contains(&self.0) {
            let digits = (3 - self.0.log10().floor() as i32).max(0) as usize;
            let text = format!("{:.digits$}", self.0);
            f.write_str(if text.contains('.') {
                text.trim_end_matches('0').trim_end_matches('.')
            } else {
                &text
            })
        } else {
            write!(f, "{:.2e}", self.0)
        }
    }
}

impl LogisticRegressionCv {
    fn check_candidates(&self) -> Result<()> {
        if self.cs.is_empty() || self.l1_ratios.is_empty() {
            let name = if self.cs.is_empty() { "cs" } else { "l1_ratios" };
            return Err(Error::parameter(name, "nothing", "at least one value"));
        }
        self.cs.iter().try_for_each(|c| above_or_infinite(0.0).check("cs", c))?;
        self.l1_ratios.iter().try_for_each(|ratio| between(0.0, 1.0).check("l1_ratios", ratio))
    }

    fn settings(&self, LogisticCandidate { c, l1_ratio }: LogisticCandidate) -> LogisticRegression {
        LogisticRegression::new()
            .c(c)
            .l1_ratio(l1_ratio)
            .fit_intercept(self.fit_intercept)
            .solver(self.solver)
            .tol(self.tol)
            .max_iter(self.max_iter)
    }

    /// The scores of all candidates on one fold.
    fn fold<F: Float>(
        &self,
        candidates: &[LogisticCandidate],
        k: usize,
        train: Samples<'_, F, Array1<u32>>,
        test: Samples<'_, F, Array1<u32>>,
    ) -> Result<Vec<f64>> {
        let mut present = vec![false; k];
        train.y.iter().for_each(|code| present[*code as usize] = true);
        if !present.iter().all(|present| *present) {
            let what =
                "a class has no rows in the training part of a fold: use fewer folds, or stratified ones";
            return Err(Error::target(what));
        }
        let mut scores = vec![f64::NAN; candidates.len()];
        for first in (0..candidates.len()).step_by(self.cs.len()) {
            let mut order: Vec<usize> = (first..first + self.cs.len()).collect();
            order.sort_by(|a, b| candidates[*a].c.total_cmp(&candidates[*b].c));
            let mut last: Option<LogisticModel<F>> = None;
            for i in order {
                let start = last.as_ref().map(LogisticModel::start);
                let codes = Codes { y: train.y, k };
                let settings = self.settings(candidates[i]);
                let (coef, intercept, report) =
                    solve(&settings, train.x, codes, train.weights, start.as_ref())?;
                let scored = LinearScores::new(coef, intercept, Features::of(train.x));
                let model = LogisticModel { scores: scored, report };
                scores[i] = self.scoring.of(&model, test, k)?;
                last = Some(model);
            }
        }
        Ok(scores)
    }
}

impl LogisticScoring {
    fn of<F: Float>(
        self,
        model: &LogisticModel<F>,
        test: Samples<'_, F, Array1<u32>>,
        k: usize,
    ) -> Result<f64> {
        let ones = Array1::ones(if test.weights.is_some() { 0 } else { test.nrows() });
        let weights = test.weights.unwrap_or(ones.view());
        if self == Self::LogLoss {
            let classes: Vec<u32> = (0..k as u32).collect();
            let loss = weighted::log_loss(&test.y, &model.probabilities(test.x)?, &classes, &weights)?;
            return Ok(-loss);
        }
        let scores = model.scores(test.x)?;
        if self == Self::RocAuc {
            if k > 2 {
                return Err(Error::unsupported(
                    "LogisticScoring::RocAuc",
                    format!("{k} classes; use LogLoss"),
                ));
            }
            return weighted::roc_auc(&test.y, &scores.column(0), &weights);
        }
        let predicted: Array1<u32> =
            scores.rows().into_iter().map(|row| decide(row.iter().copied())).collect();
        match self {
            Self::BalancedAccuracy => weighted::balanced_accuracy(&test.y, &predicted, &weights),
            Self::F1Macro => weighted::f1(&test.y, &predicted, Average::Macro, &weights),
            _ => weighted::accuracy(&test.y, &predicted, &weights),
        }
    }
}

/// The class that decision values speak for; the lowest of equals.
fn decide<F: Float>(scores: impl ExactSizeIterator<Item = F>) -> u32 {
    if scores.len() == 1 {
        return scores.fold(0, |_, z| u32::from(z > F::zero()));
    }
    let best = (0, F::neg_infinity());
    scores.enumerate().fold(best, |best, (c, z)| if z > best.1 { (c as u32, z) } else { best }).0
}

impl FitClasses for LogisticRegressionCv {
    type Model<F: Float> = LogisticCvModel<F>;

    fn fit_classes<F: Float>(&self, samples: Samples<'_, F, ClassCodes>) -> Result<LogisticCvModel<F>> {
        self.check_candidates()?;
        if let Some(samples) = with_weight(&samples) {
            return self.fit_classes(samples.samples());
        }
        let Samples { x, y, weights, groups } = samples;
        let candidate = |l1_ratio: &f64| {
            let l1_ratio = *l1_ratio;
            self.cs.iter().map(move |c| LogisticCandidate { c: *c, l1_ratio })
        };
        let candidates: Vec<_> = self.l1_ratios.iter().flat_map(candidate).collect();
        let rows = Samples::<F, Array1<u32>> { x, y: y.y, weights, groups };
        let scores = over_folds(&rows, &self.cv, |train, test| self.fold(&candidates, y.k, train, test))?;
        let search = LogisticSearch::new(self.scoring, candidates, scores.reversed_axes());
        let model = self.settings(search.best()).fit_codes(samples, None)?;
        Ok(LogisticCvModel { model, search })
    }

    fn class_weight(&self) -> &ClassWeight {
        &self.class_weight
    }
}

impl<F: Float> Scores<F> for LogisticCvModel<F> {
    fn scores(&self, x: Records<'_, F>) -> Result<Array2<F>> {
        self.model.scores(x)
    }

    fn scores_one(&self, row: &[F], out: &mut Vec<F>, scratch: &mut Scratch<F>) -> Result<()> {
        self.model.scores_one(row, out, scratch)
    }
}

impl<F: Float> Probabilities<F> for LogisticCvModel<F> {
    fn probabilities(&self, x: Records<'_, F>) -> Result<Array2<F>> {
        self.model.probabilities(x)
    }
}

estimand_core::persist!(
    LogisticCvModel<F>,
    |model| {
        model.search.check_loaded()?;
        model.model.scores.check_loaded()
    },
    |model, k| model.model.scores.check_classes(k)
);
