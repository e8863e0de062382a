//! Stochastic gradient descent: without shuffling, the very steps of the reference.

use crate::inputs::{classes_of, numbers_of, weighted, weights_of};
use estimand::core::{FitClasses, Report};
use estimand::linear::{LearningRate, SgdLoss, SgdModel, SgdPenalty, SgdRegressorLoss};
use estimand::prelude::*;
use estimand_parity::{Case, Outcome, hold};
use serde::Deserialize;

/// Settings under scikit-learn's names; what a run does not name has the default of both.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Run {
    loss: Option<String>,
    penalty: Option<String>,
    alpha: f64,
    l1_ratio: f64,
    eta0: f64,
    power_t: Option<f64>,
    learning_rate: Option<String>,
    average: usize,
    max_iter: usize,
    tol: Option<f64>,
    n_iter_no_change: Option<usize>,
    shuffle: bool,
    fit_intercept: Option<bool>,
    class_weight: Option<String>,
}

impl Run {
    fn penalty(&self) -> Result<SgdPenalty, String> {
        Ok(match self.penalty.as_deref() {
            None => SgdPenalty::None,
            Some("l2") => SgdPenalty::L2,
            Some("l1") => SgdPenalty::L1,
            Some("elasticnet") => SgdPenalty::ElasticNet,
            Some(other) => return Err(format!("no penalty is called {other}")),
        })
    }

    fn learning_rate(&self, default: LearningRate) -> Result<LearningRate, String> {
        Ok(match self.learning_rate.as_deref() {
            None => default,
            Some("constant") => LearningRate::Constant,
            Some("optimal") => LearningRate::Optimal,
            Some("invscaling") => LearningRate::InvScaling,
            Some("adaptive") => LearningRate::Adaptive,
            Some("pa1") => LearningRate::Pa1,
            Some("pa2") => LearningRate::Pa2,
            Some(other) => return Err(format!("no learning rate is called {other}")),
        })
    }

    fn class_weight(&self) -> ClassWeight {
        if self.class_weight.is_some() { ClassWeight::Balanced } else { ClassWeight::Uniform }
    }
}

/// The settings that both estimators call alike, put into `$settings`.
macro_rules! apply {
    ($settings:expr, $run:expr) => {
        $settings
            .penalty($run.penalty()?)
            .alpha($run.alpha)
            .l1_ratio($run.l1_ratio)
            .eta0($run.eta0)
            .average($run.average)
            .max_iter($run.max_iter)
            .tol($run.tol)
            .n_iter_no_change($run.n_iter_no_change.unwrap_or(5))
            .shuffle($run.shuffle)
            .fit_intercept($run.fit_intercept.unwrap_or(true))
    };
}

#[test]
fn classifiers() {
    hold(
        "sgd",
        |s| s == "SGDClassifier",
        |case| {
            classes(case, |run| {
                let loss = match run.loss.as_deref() {
                    None | Some("hinge") => SgdLoss::Hinge,
                    Some("squared_hinge") => SgdLoss::SquaredHinge,
                    Some("modified_huber") => SgdLoss::ModifiedHuber,
                    Some("log_loss") => SgdLoss::Log,
                    Some("perceptron") => SgdLoss::Perceptron,
                    Some("squared_error") => SgdLoss::Squared,
                    Some("huber") => SgdLoss::Huber,
                    Some("epsilon_insensitive") => SgdLoss::EpsilonInsensitive,
                    Some("squared_epsilon_insensitive") => SgdLoss::SquaredEpsilonInsensitive,
                    Some(other) => return Err(format!("no loss is called {other}")),
                };
                Ok(apply!(SgdClassifier::new(), run)
                    .loss(loss)
                    .learning_rate(run.learning_rate(LearningRate::Optimal)?)
                    .power_t(run.power_t.unwrap_or(0.5))
                    .class_weight(run.class_weight()))
            })
        },
    );
}

#[test]
fn perceptron() {
    hold(
        "sgd",
        |s| s == "Perceptron",
        |case| {
            classes(case, |run| {
                Ok(Perceptron::new()
                    .penalty(run.penalty()?)
                    .eta0(run.eta0)
                    .max_iter(run.max_iter)
                    .tol(run.tol)
                    .shuffle(run.shuffle))
            })
        },
    );
}

fn classes<E: FitClasses<Model<f64> = SgdModel<f64>>>(
    case: &Case,
    settings: impl Fn(&Run) -> Result<E, String>,
) -> Outcome {
    let (x, y) = classes_of(case)?;
    let (table, weights) = (Csr::from_dense(x.view()), weights_of(case)?);
    let records = if case.input("sparse")?.read()? { Records::from(&table) } else { Records::from(&x) };
    for (run, key) in runs(case)? {
        let samples = weighted(Samples::new(records, y.view()), &weights);
        let model = settings(&run)?.fit_samples(samples)?;
        compare(case, &key, model.coef().iter().chain(model.intercept()).copied(), model.report());
        let proba = format!("proba {key}");
        if case.expects(&proba) {
            case.close(&proba, &model.predict_proba(x.slice(s![..12, ..]))?);
        }
    }
    Ok(())
}

#[test]
fn regressors() {
    hold(
        "sgd",
        |s| s == "SGDRegressor",
        |case| {
            let (x, y) = numbers_of(case)?;
            let (table, y, weights) = (Csr::from_dense(x.view()), y.column(0), weights_of(case)?);
            let records =
                if case.input("sparse")?.read()? { Records::from(&table) } else { Records::from(&x) };
            for (run, key) in runs(case)? {
                let loss = match run.loss.as_deref() {
                    None | Some("squared_error") => SgdRegressorLoss::Squared,
                    Some("huber") => SgdRegressorLoss::Huber,
                    Some("epsilon_insensitive") => SgdRegressorLoss::EpsilonInsensitive,
                    Some("squared_epsilon_insensitive") => SgdRegressorLoss::SquaredEpsilonInsensitive,
                    Some(other) => return Err(format!("no loss is called {other}").into()),
                };
                let settings = apply!(SgdRegressor::new(), run)
                    .loss(loss)
                    .learning_rate(run.learning_rate(LearningRate::InvScaling)?)
                    .power_t(run.power_t.unwrap_or(0.25));
                let samples = weighted(Samples::new(records, y), &weights);
                let model = settings.fit_samples(samples)?;
                compare(case, &key, model.coef().iter().copied().chain([model.intercept()]), model.report());
            }
            Ok(())
        },
    );
}

fn runs(case: &Case) -> Result<impl Iterator<Item = (Run, String)>, String> {
    let keys: Vec<String> = case.input("keys")?.read()?;
    Ok(case.input("runs")?.read::<Vec<Run>>()?.into_iter().zip(keys))
}

/// The answer of a run and, where that is expected, its number of epochs.
fn compare(case: &Case, key: &str, answer: impl Iterator<Item = f64>, report: &Report) {
    case.close(key, &answer.collect::<Vec<_>>());
    let epochs = format!("epochs {key}");
    if case.expects(&epochs) {
        case.same(&epochs, report.iterations);
    }
}
