//! Cross-validation and search on fixed folds.

use crate::inputs::{classes_of, numbers_of};
use estimand::core::{Splitter, Target};
use estimand::metrics::{Scorer, lower_is_better, scorers};
use estimand::model_selection::{SearchResults, Trial, cross_validate_with_train_scores};
use estimand::prelude::*;
use estimand_parity::{Case, Outcome, hold};

fn logistic(c: f64) -> LogisticRegression {
    LogisticRegression::new().c(c).tol(1e-9).max_iter(1000)
}

fn validate<Y: Target, E: Fit<f64, Y> + Sync>(
    case: &Case,
    name: &str,
    estimator: &E,
    samples: Samples<'_, f64, Y>,
    cv: &impl Splitter<f64, Y>,
    scorer: impl Scorer<f64, Y, E::Model>,
) -> Outcome {
    let scores = cross_validate_with_train_scores(estimator, samples, cv, scorer)?;
    case.close(&format!("test_{name}"), &scores.scores());
    case.close(&format!("train_{name}"), &scores.train_scores().unwrap_or_default());
    Ok(())
}

#[test]
fn cross_validation_of_regressors() {
    hold(
        "model_selection",
        |s| s == "cross_validate(Ridge)",
        |case| {
            let (x, y) = numbers_of(case)?;
            let y = y.column(0).to_owned();
            let (samples, cv) = ((&x, &y).into(), KFold::new(case.param("n_splits")?.read()?));
            let ridge = Ridge::new().alpha(case.param("alpha")?.number()?);
            validate(case, "r2", &ridge, samples, &cv, r2)?;
            validate(
                case,
                "neg_mean_squared_error",
                &ridge,
                samples,
                &cv,
                lower_is_better(mean_squared_error),
            )?;
            validate(
                case,
                "neg_mean_absolute_error",
                &ridge,
                samples,
                &cv,
                lower_is_better(mean_absolute_error),
            )
        },
    );
}

#[test]
fn cross_validation_of_classifiers() {
    hold(
        "model_selection",
        |s| s.starts_with("cross_validate(") && s.contains("Logistic"),
        |case| {
            let (x, y) = classes_of(case)?;
            let (samples, cv) = ((&x, &y).into(), StratifiedKFold::new(case.param("n_splits")?.read()?));
            let last = logistic(case.param("C")?.number()?);
            if case.subject().contains("StandardScaler") {
                let pipeline = StandardScaler::new().then(last);
                validate(case, "accuracy", &pipeline, samples, &cv, accuracy)?;
                validate(case, "neg_log_loss", &pipeline, samples, &cv, scorers::log_loss())?;
                if case.expects("test_roc_auc") {
                    validate(case, "roc_auc", &pipeline, samples, &cv, scorers::roc_auc())?;
                }
                Ok(())
            } else {
                validate(case, "accuracy", &last, samples, &cv, accuracy)?;
                validate(case, "neg_log_loss", &last, samples, &cv, scorers::log_loss())
            }
        },
    );
}

#[test]
fn search_of_regressors() {
    hold(
        "model_selection",
        |s| s == "GridSearch(Ridge)",
        |case| {
            let (x, y) = numbers_of(case)?;
            let y = y.column(0).to_owned();
            let candidates = grid!(Ridge::new(), alpha: case.param("alpha")?.numbers()?);
            let search = GridSearch::new(candidates).cv(KFold::new(case.param("n_splits")?.read()?));
            let results = match case.param("scoring")?.read()? {
                "r2" => search.scoring(r2).evaluate((&x, &y))?,
                _ => search.scoring(lower_is_better(mean_squared_error)).evaluate((&x, &y))?,
            };
            compare(case, &results)
        },
    );
}

#[test]
fn search_of_classifiers() {
    hold(
        "model_selection",
        |s| s.starts_with("GridSearch(") && s.contains("Logistic"),
        |case| {
            let (x, y) = classes_of(case)?;
            let (c, cv) =
                (case.param("C")?.numbers()?, StratifiedKFold::new(case.param("n_splits")?.read()?));
            let candidates = grid!(logistic(1.0), c: c.clone());
            let results = if case.subject().contains("StandardScaler") {
                let pipelines = grid!(StandardScaler::new().then(logistic(1.0)), last.c: c);
                GridSearch::new(pipelines).cv(cv).scoring(scorers::log_loss()).evaluate((&x, &y))?
            } else if case.param("scoring")?.read::<&str>()? == "accuracy" {
                GridSearch::new(candidates).cv(cv).scoring(accuracy).evaluate((&x, &y))?
            } else {
                GridSearch::new(candidates).cv(cv).scoring(scorers::log_loss()).evaluate((&x, &y))?
            };
            compare(case, &results)
        },
    );
}

fn compare(case: &Case, results: &SearchResults) -> Outcome {
    let scores = results.trials().iter().map(|t| t.outcome.clone()).collect::<Result<Vec<_>, _>>()?;
    let all: Vec<f64> = scores.iter().flat_map(|s| s.scores()).collect();
    case.close("split_test_scores", &all);
    case.close("mean_test_score", &scores.iter().map(|s| s.mean()).collect::<Vec<_>>());
    case.close("std_test_score", &scores.iter().map(|s| s.std()).collect::<Vec<_>>());
    let number = |trial: &Trial| results.trials().iter().position(|t| std::ptr::eq(t, trial));
    case.same("best_first", results.ranked().map(number).collect::<Vec<_>>());
    case.same("best_index", results.best_index());
    case.close("best_score", [&results.best().mean()]);
    Ok(())
}
