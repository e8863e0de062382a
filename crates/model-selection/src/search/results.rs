//! What a search found out about each candidate.

use crate::evaluate::FoldScore;
use crate::validate::{CrossValidation, duration};
use estimand_core::{Describe, Error, Result};
use estimand_metrics::table::Table;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::fmt;

/// One candidate of a search.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Trial {
    /// The estimator's name.
    pub estimator: String,
    /// All parameters and their values, printed.
    pub parameters: Vec<(String, String)>,
    /// The scores, or the error of the first fold that failed.
    pub outcome: std::result::Result<CrossValidation, String>,
}

impl Trial {
    fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }
}

/// Every candidate of a search with its scores, and their order. Prints as a table, best first, with those
/// parameters in which the candidates differ.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SearchResults {
    scoring: String,
    trials: Vec<Trial>,
    /// Numbers of the trials, best first.
    ranking: Vec<usize>,
    best: CrossValidation,
}

impl SearchResults {
    pub(crate) fn new<E: Describe>(
        scoring: String,
        candidates: &[E],
        outcomes: Vec<Vec<Result<FoldScore>>>,
    ) -> Result<Self> {
        let trial = |(candidate, folds): (&E, Vec<Result<FoldScore>>)| Trial {
            estimator: candidate.name(),
            parameters: candidate.parameters().into_iter().map(|p| (p.name.into_owned(), p.value)).collect(),
            outcome: folds
                .into_iter()
                .collect::<Result<_>>()
                .map(|folds| CrossValidation { scoring: scoring.clone(), folds })
                .map_err(|e| e.to_string()),
        };
        let trials: Vec<Trial> = candidates.iter().zip(outcomes).map(trial).collect();
        let means: Vec<f64> = trials
            .iter()
            .map(|t| t.outcome.as_ref().map_or(f64::NEG_INFINITY, CrossValidation::mean))
            .map(|mean| if mean.is_nan() { f64::NEG_INFINITY } else { mean })
            .collect();
        let mut ranking: Vec<usize> = (0..trials.len()).collect();
        // Stable: equals stay in the order of the candidates; failures come after scores of -∞ too.
        ranking.sort_by(|a, b| {
            let failed = |t: &usize| trials[*t].outcome.is_err();
            failed(a).cmp(&failed(b)).then(means[*b].total_cmp(&means[*a]))
        });
        let failures = trials.iter().filter(|t| t.outcome.is_err()).count();
        let best = match (ranking.first().map(|t| &trials[*t].outcome), trials.first()) {
            (Some(Ok(best)), _) => best.clone(),
            (_, Some(Trial { estimator, outcome: Err(cause), .. })) => {
                let what = format!("all {failures} candidates failed; the first, {estimator}, with: {cause}");
                return Err(Error::Search { what });
            }
            _ => return Err(Error::parameter("candidates", "none", "at least one")),
        };
        if failures > 0 {
            log::warn!(
                "{failures} of {} candidates failed; the results of the search name the reasons",
                trials.len()
            );
        }
        Ok(Self { scoring, trials, ranking, best })
    }

    /// What the scorer is called.
    pub fn scoring(&self) -> &str {
        &self.scoring
    }

    /// One trial per candidate, in the order of the candidates.
    pub fn trials(&self) -> &[Trial] {
        &self.trials
    }

    /// The trials, best first.
    pub fn ranked(&self) -> impl Iterator<Item = &Trial> {
        self.ranking.iter().map(|t| &self.trials[*t])
    }

    /// The number of the best candidate.
    pub fn best_index(&self) -> usize {
        self.ranking[0]
    }

    /// The scores of the best candidate.
    pub fn best(&self) -> &CrossValidation {
        &self.best
    }

    /// The parameters in which the candidates differ, with their values in the best one.
    pub fn best_parameters(&self) -> Vec<(&str, &str)> {
        let best = &self.trials[self.best_index()];
        self.differing().into_iter().filter_map(|name| Some((name, best.parameter(name)?))).collect()
    }

    /// Refuses contents that contradict one another.
    pub(crate) fn check_loaded(&self) -> Result<()> {
        let mut numbers = self.ranking.clone();
        numbers.sort_unstable();
        if !numbers.is_empty() && numbers.into_iter().eq(0..self.trials.len()) {
            Ok(())
        } else {
            Err(Error::Persist { what: "the ranking of a search does not list every trial once".into() })
        }
    }

    /// Names of the parameters in which the candidates differ, in the order in which they declare them.
    fn differing(&self) -> Vec<&str> {
        let mut seen = BTreeSet::new();
        let names = self.trials.iter().flat_map(|t| &t.parameters).map(|(name, _)| name.as_str());
        let names: Vec<&str> = names.filter(|name| seen.insert(*name)).collect();
        let first = |name| self.trials.first().and_then(|t| t.parameter(name));
        names
            .into_iter()
            .filter(|name| self.trials.iter().any(|t| t.parameter(name) != first(name)))
            .collect()
    }
}

impl fmt::Display for SearchResults {
    /// A precision sets the number of decimals, which is otherwise 4: `{:.2}`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let decimals = f.precision().unwrap_or(4);
        let names = self.differing();
        let several = self.trials.iter().any(|t| t.estimator != self.trials[0].estimator);
        let trained = self.best.train_mean().is_some();
        let mut head = vec!["rank".to_string(), self.scoring.clone()];
        head.extend(trained.then(|| "training".into()));
        head.push("fit".into());
        head.extend(several.then(|| "estimator".into()));
        head.extend(names.iter().map(ToString::to_string));
        let mut table = Table::new(head);
        for (rank, trial) in self.ranked().enumerate() {
            let mut cells = match &trial.outcome {
                Ok(scores) => {
                    let mut cells = vec![(rank + 1).to_string(), scores.mean_and_std(decimals)];
                    cells.extend(scores.train_mean().map(|mean| format!("{mean:.decimals$}")));
                    cells.push(duration(scores.fit_seconds()));
                    cells
                }
                Err(_) => {
                    let mut cells = vec!["–".to_string(), "failed".into()];
                    cells.resize(if trained { 4 } else { 3 }, String::new());
                    cells
                }
            };
            cells.extend(several.then(|| trial.estimator.clone()));
            cells.extend(names.iter().map(|name| trial.parameter(name).unwrap_or("–").to_string()));
            table.row(cells);
        }
        table.fmt(f)?;
        match self.trials.iter().find_map(|t| t.outcome.as_ref().err()) {
            Some(cause) => writeln!(f, "first failure: {cause}"),
            None => Ok(()),
        }
    }
}
