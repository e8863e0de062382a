//! From samples to a sum of trees: hold out, bin, boost, stop.

use super::History;
use super::objective::{Objective, Truth};
use super::settings::Common;
use super::train::Task;
use super::trees::{self, Trees};
use estimand_core::records::Matrix;
use estimand_core::split::{ShuffleSplit, Splitter, StratifiedShuffleSplit};
use estimand_core::{Error, Float, Fold, Records, Report, Result, Samples};
use estimand_grow::bins::{BinRules, Binned};
use ndarray::{Array1, ArrayView1};

/// What is to be predicted, owned.
#[derive(Clone, Debug)]
pub(crate) enum Target {
    Numbers(Vec<f64>),
    Codes(Vec<u32>),
}

impl Target {
    fn truth(&self) -> Truth<'_> {
        match self {
            Self::Numbers(y) => Truth::Numbers(y),
            Self::Codes(y) => Truth::Codes(y),
        }
    }

    fn select(&self, rows: &[usize]) -> Self {
        match self {
            Self::Numbers(y) => Self::Numbers(rows.iter().map(|i| y[*i]).collect()),
            Self::Codes(y) => Self::Codes(rows.iter().map(|i| y[*i]).collect()),
        }
    }
}

/// Rows with what is to be predicted of them.
struct Part<'a, F> {
    x: Records<'a, F>,
    y: Target,
    weights: Option<Vec<f64>>,
}

/// A finished fit.
pub(crate) struct Fitted {
    pub(crate) trees: Trees,
    pub(crate) history: History,
    pub(crate) report: Report,
}

/// Boosts. `classes` are the codes that a held-out part keeps the shares of.
pub(crate) fn fit<F: Float>(
    common: &Common,
    objective: &Objective,
    x: Records<'_, F>,
    y: Target,
    weights: Option<ArrayView1<'_, F>>,
    classes: Option<ArrayView1<'_, u32>>,
) -> Result<Fitted> {
    let weights = weights.map(|w| w.iter().map(|w| w.f64()).collect::<Vec<_>>());
    let all = Part { x, y, weights };
    if !common.holds_out(x.nrows()) {
        return boost(common, objective, &all, None);
    }
    // While rows still have their own numbers.
    x.check_finite_or_missing()?;
    let fold = hold_out(common, x, classes)?;
    let (train_x, test_x): (Matrix<F>, Matrix<F>) = (x.select(&fold.train), x.select(&fold.test));
    let part = |x, rows: &[usize]| Part {
        x,
        y: all.y.select(rows),
        weights: all.weights.as_ref().map(|w| rows.iter().map(|i| w[*i]).collect()),
    };
    let (train, test) = (part(train_x.records(), &fold.train), part(test_x.records(), &fold.test));
    boost(common, objective, &train, Some(&test))
}

fn hold_out<F: Float>(
    common: &Common,
    x: Records<'_, F>,
    classes: Option<ArrayView1<'_, u32>>,
) -> Result<Fold> {
    let (share, seed) = (common.validation_fraction, common.seed.0);
    let folds = match classes {
        Some(codes) => {
            let samples: Samples<'_, F, Array1<u32>> = Samples::new(x, codes);
            StratifiedShuffleSplit::new().n_splits(1).test_share(share).seed(seed).split(&samples)?
        }
        None => {
            let samples: Samples<'_, F, ()> = Samples::new(x, ());
            ShuffleSplit::new().n_splits(1).test_share(share).seed(seed).split(&samples)?
        }
    };
    let mut fold = folds.into_iter().next().unwrap_or_default();
    fold.train.sort_unstable();
    fold.test.sort_unstable();
    fold.check(x.nrows())?;
    Ok(fold)
}

fn boost<F: Float>(
    common: &Common,
    objective: &Objective,
    train: &Part<'_, F>,
    test: Option<&Part<'_, F>>,
) -> Result<Fitted> {
    let k = objective.outputs();
    let rules = common.rules(train.x.ncols())?;
    let weights = train.weights.as_deref();
    let bins = BinRules {
        max_bins: common.max_bins,
        categorical: &common.categorical,
        seed: common.seed.child(1),
        ..BinRules::default()
    };
    let table = Binned::new(train.x, weights, &bins)?;
    let truth = train.y.truth();
    let constants = objective.constants(truth, weights);
    if !constants.iter().all(|c| c.is_finite()) {
        return Err(Error::target("the mean of y lies outside what the loss allows for a mean"));
    }
    let mut raw: Vec<Vec<f64>> = constants.iter().map(|c| vec![*c; table.nrows()]).collect();
    let mut held_out = test.map(|part| HeldOut::new(part, objective, &constants));
    let mut model = Trees { trees: Vec::with_capacity(common.rounds * k), constants };
    let mut history = History::default();
    let weight = weights.map_or(table.nrows() as f64, |w| w.iter().sum());
    history.validation.extend(held_out.as_ref().map(HeldOut::loss));
    let task = Task { table: &table, truth, weights, objective, rules: &rules };
    task.run(&mut raw, |trees, loss| {
        history.train.push(loss / weight);
        if let Some(held_out) = &mut held_out {
            trees::add(&trees, held_out.part.x, &mut held_out.raw, k);
            history.validation.push(held_out.loss());
        }
        model.trees.extend(trees);
        model.trees.len() < common.rounds * k && !common.should_stop(&history.validation)
    });
    history.train.push(task.loss(&raw) / weight);
    let loss = history.train.last().copied().unwrap_or_default();
    if !loss.is_finite() {
        return Err(Error::numerical("the loss is no longer finite; lower the learning rate, or scale y"));
    }
    let mut report = Report::iterative("histogram boosting", model.trees.len() / k, true).objective(loss);
    if let Some(last) = history.validation.last() {
        report = report.note(format!("mean loss of the held-out rows: {last:.6e}"));
    }
    Ok(Fitted { trees: model, history, report })
}

/// Rows that are predicted after each round.
struct HeldOut<'a, F> {
    part: &'a Part<'a, F>,
    objective: &'a Objective,
    /// Row by row.
    raw: Vec<f64>,
}

impl<'a, F: Float> HeldOut<'a, F> {
    fn new(part: &'a Part<'a, F>, objective: &'a Objective, constants: &[f64]) -> Self {
        Self { part, objective, raw: constants.repeat(part.x.nrows()) }
    }

    /// The mean loss.
    fn loss(&self) -> f64 {
        let (mut z, weights) = (self.raw.clone(), self.part.weights.as_deref());
        let mut h = vec![0.0; z.len()];
        let weight = weights.map_or(self.part.x.nrows() as f64, |w| w.iter().sum());
        self.objective.gradients(&mut z, self.part.y.truth(), weights, &mut h) / weight
    }
}
