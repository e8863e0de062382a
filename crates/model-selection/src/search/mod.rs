//! Search: every candidate is cross-validated, the best is fitted on all rows.
//!
//! ```text
//! 1  folds of the samples                                             cv
//! 2  sᵢⱼ = score of candidate i on fold j, fitted on the others       scoring
//! 3  best = argmaxᵢ meanⱼ sᵢⱼ, the first of equals
//! 4  model = best candidate fitted on all rows
//! ```
//!
//! A candidate that fails on a fold is recorded with its error and ranked last; if every one fails, so does
//! the search. The mean score of the best candidate is too good by the choice itself: judge the model on
//! rows that the search has not seen, or cross-validate the search.

mod model;
mod results;

pub use model::SearchModel;
pub use results::{SearchResults, Trial};

use crate::evaluate::{Fitted, evaluate};
use estimand_core::random::permutation;
use estimand_core::split::KFold;
use estimand_core::{
    Capabilities, Describe, Error, Fit, Float, Parameter, Result, Samples, Seed, Splitter, Target,
};
use estimand_metrics::Scorer;
use std::time::Instant;

/// In place of a scorer, until `.scoring(…)` gives one.
#[derive(Clone, Copy, Debug)]
pub struct NoScoring;

/// Settings of a search over candidates.
///
/// ```text
/// let candidates = grid!(LogisticRegression::new(), c: [0.1, 1.0, 10.0]);
/// let search = GridSearch::new(candidates).cv(StratifiedKFold::new(5)).scoring(accuracy).fit(&train)?;
/// println!("{}", search.results());
/// let predicted = search.predict(&test)?;
/// ```
///
/// Without `.cv(…)`, five shuffled folds are used, the same ones every time. (Unshuffled folds of rows that
/// are sorted by class would each test on classes that they have hardly learnt.)
#[derive(Clone, Debug)]
#[must_use = "settings do nothing until they are fitted"]
pub struct GridSearch<E, S = NoScoring, C = KFold> {
    candidates: Vec<E>,
    scoring: S,
    cv: C,
    train_scores: bool,
}

impl<E> GridSearch<E> {
    /// A search over these candidates; [`grid!`](crate::grid) makes them.
    pub fn new(candidates: impl IntoIterator<Item = E>) -> Self {
        let cv = KFold::new(5).shuffle(true);
        Self { candidates: candidates.into_iter().collect(), scoring: NoScoring, cv, train_scores: false }
    }
}

impl<E, S, C> GridSearch<E, S, C> {
    /// How candidates are scored: a metric such as `accuracy` or `r2`, or any other
    /// [`Scorer`].
    pub fn scoring<S2>(self, scoring: S2) -> GridSearch<E, S2, C> {
        GridSearch { scoring, candidates: self.candidates, cv: self.cv, train_scores: self.train_scores }
    }

    /// How rows are split into folds.
    pub fn cv<C2>(self, cv: C2) -> GridSearch<E, S, C2> {
        GridSearch { cv, candidates: self.candidates, scoring: self.scoring, train_scores: self.train_scores }
    }

    /// Whether models are scored on their training rows too.
    pub fn train_scores(self, train_scores: bool) -> Self {
        Self { train_scores, ..self }
    }

    /// The same search over `count` of the candidates, drawn at random (random search); over all of them if
    /// there are no more.
    pub fn sample(mut self, count: usize, seed: u64) -> Self {
        let mut drawn = permutation(self.candidates.len(), &mut Seed(seed).stream(0));
        drawn.truncate(count);
        let mut index = 0;
        self.candidates.retain(|_| {
            index += 1;
            drawn.contains(&(index - 1))
        });
        self
    }

    /// The candidates, in the order of their trials.
    pub fn candidates(&self) -> &[E] {
        &self.candidates
    }

    /// Compares the candidates without fitting the best: steps 1 to 3.
    pub fn evaluate<'a, F, Y>(&self, samples: impl Into<Samples<'a, F, Y>>) -> Result<SearchResults>
    where
        F: Float,
        Y: Target,
        E: Fit<F, Y> + Describe + Sync,
        S: Scorer<F, Y, E::Model>,
        C: Splitter<F, Y>,
    {
        self.check_candidates()?;
        let samples = samples.into();
        let folds = self.cv.folds(&samples)?;
        let (scorer, train_scores) = (&self.scoring, self.train_scores);
        let judge = |fitted: &Fitted<'_, F, Y, E::Model>| fitted.score(scorer, train_scores);
        let outcomes = evaluate(&self.candidates, samples, &folds, judge);
        SearchResults::new(self.scoring.name(), &self.candidates, outcomes)
    }

    /// Compares the candidates and fits the best. The same as [`Fit::fit`]; standing here, it lets the
    /// compiler say what a scorer or a splitter lacks.
    pub fn fit<'a, F, Y>(&self, samples: impl Into<Samples<'a, F, Y>>) -> Result<SearchModel<E::Model>>
    where
        F: Float,
        Y: Target,
        E: Fit<F, Y> + Describe + Sync,
        S: Scorer<F, Y, E::Model>,
        C: Splitter<F, Y>,
    {
        self.fit_samples(samples.into())
    }

    fn check_candidates(&self) -> Result<()> {
        if self.candidates.is_empty() {
            return Err(Error::parameter("candidates", "none", "at least one"));
        }
        Ok(())
    }
}

impl<F, Y, E, S, C> Fit<F, Y> for GridSearch<E, S, C>
where
    F: Float,
    Y: Target,
    E: Fit<F, Y> + Describe + Sync,
    S: Scorer<F, Y, E::Model>,
    C: Splitter<F, Y>,
{
    type Model = SearchModel<E::Model>;

    fn fit_samples(&self, samples: Samples<'_, F, Y>) -> Result<Self::Model> {
        let results = self.evaluate(samples)?;
        let start = Instant::now();
        let best = self.candidates[results.best_index()].fit_samples(samples)?;
        Ok(SearchModel::new(best, results, start.elapsed().as_secs_f64()))
    }
}

impl<E: Describe, S, C> Describe for GridSearch<E, S, C> {
    fn name(&self) -> String {
        "GridSearch".into()
    }

    /// The number of candidates; each has parameters of its own.
    fn parameters(&self) -> Vec<Parameter> {
        let parameter = |name: &'static str, value: String, default| Parameter {
            name: name.into(),
            value,
            default,
            allowed: String::new(),
        };
        vec![
            parameter("candidates", self.candidates.len().to_string(), ""),
            parameter("train_scores", self.train_scores.to_string(), "false"),
        ]
    }

    fn check(&self) -> Result<()> {
        self.check_candidates()
    }

    /// What every candidate can take.
    fn capabilities(&self) -> Capabilities {
        let both = |a: Capabilities, b: Capabilities| Capabilities {
            sparse: a.sparse && b.sparse,
            weights: a.weights && b.weights,
            missing: a.missing && b.missing,
        };
        self.candidates.iter().map(Describe::capabilities).reduce(both).unwrap_or_default()
    }
}
