//! From samples to a sum of trees: hold out, bin, boost, stop.

use super::History;
use super::objective::{Objective, Truth};
use super::settings::{Common, EarlyStopping};
use super::train::Task;
use super::trees::{self, Trees};
use super::watch::{OnRound, Round, Score};
use estimand_core::records::Matrix;
use estimand_core::split::{ShuffleSplit, Splitter, StratifiedShuffleSplit};
use estimand_core::{Error, Float, Fold, Records, Report, Result, Samples};
use estimand_grow::Tree;
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
pub(crate) struct Part<'a, F> {
    x: Records<'a, F>,
    y: Target,
    weights: Option<Vec<f64>>,
    /// Raw predictions, row by row, where they are kept.
    raw: Vec<f64>,
}

impl<'a, F: Float> Part<'a, F> {
    pub(crate) fn new(x: Records<'a, F>, y: Target, weights: Option<Vec<f64>>) -> Self {
        Self { x, y, weights, raw: Vec::new() }
    }
}

/// Rows that are predicted after each round, whatever they are made of.
pub(crate) trait HeldOut: Send {
    fn begin(&mut self, model: &Trees);
    fn add(&mut self, trees: &[Tree], outputs: usize);
    /// Raw predictions, row by row; what is to be predicted; weights.
    fn seen(&self) -> (&[f64], Truth<'_>, Option<&[f64]>);
}

impl<F: Float> HeldOut for Part<'_, F> {
    fn begin(&mut self, model: &Trees) {
        self.raw = model.raw(self.x, usize::MAX).into_raw_vec_and_offset().0;
    }

    fn add(&mut self, trees: &[Tree], outputs: usize) {
        trees::add(trees, self.x, &mut self.raw, outputs);
    }

    fn seen(&self) -> (&[f64], Truth<'_>, Option<&[f64]>) {
        (&self.raw, self.y.truth(), self.weights.as_deref())
    }
}

/// What a fit is given beside settings and samples.
#[derive(Default)]
pub(crate) struct Extras<'a> {
    /// Trees to go on from.
    pub(crate) start: Option<&'a Trees>,
    pub(crate) held_out: Option<Box<dyn HeldOut + 'a>>,
    pub(crate) score: Option<Score<'a>>,
    pub(crate) on_round: Option<OnRound<'a>>,
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
    samples: Samples<'_, F, ()>,
    y: Target,
    classes: Option<ArrayView1<'_, u32>>,
    extras: &mut Extras<'_>,
) -> Result<Fitted> {
    let x = samples.x;
    let weights = samples.weights.map(|w| w.iter().map(|w| w.f64()).collect::<Vec<_>>());
    let all = Part::new(x, y, weights);
    if extras.held_out.is_some() || !common.holds_out(x.nrows()) {
        return boost(common, objective, &all, extras);
    }
    // While rows still have their own numbers.
    x.check_finite_or_missing()?;
    let fold = hold_out(common, x, classes)?;
    let (train_x, test_x): (Matrix<F>, Matrix<F>) = (x.select(&fold.train), x.select(&fold.test));
    let part = |x, rows: &[usize]| {
        let weights = all.weights.as_ref().map(|w| rows.iter().map(|i| w[*i]).collect());
        Part::new(x, all.y.select(rows), weights)
    };
    let train = part(train_x.records(), &fold.train);
    let mut extras = Extras {
        start: extras.start,
        held_out: Some(Box::new(part(test_x.records(), &fold.test))),
        score: extras.score.take(),
        on_round: extras.on_round.take(),
    };
    boost(common, objective, &train, &mut extras)
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
    extras: &mut Extras<'_>,
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
    let mut model = match extras.start {
        Some(start) => start.clone(),
        None => Trees { trees: Vec::new(), constants: objective.constants(truth, weights) },
    };
    let before = model.trees.len() / k;
    if before >= common.rounds {
        let allowed = format!("above the {before} rounds of the model to go on from");
        return Err(Error::parameter("max_iter", common.rounds, allowed));
    }
    if !model.constants.iter().all(|c| c.is_finite()) {
        return Err(Error::target("the mean of y lies outside what the loss allows for a mean"));
    }
    let mut raw: Vec<Vec<f64>> = match before {
        0 => model.constants.iter().map(|c| vec![*c; table.nrows()]).collect(),
        _ => model.raw(train.x, usize::MAX).columns().into_iter().map(|c| c.to_vec()).collect(),
    };
    let weight = weights.map_or(table.nrows() as f64, |w| w.iter().sum());
    let (mut history, mut judge) = (History::default(), Judge::begin(objective, &model, extras)?);
    let task = Task {
        table: &table,
        truth,
        weights,
        objective,
        rules: &rules,
        sampling: common.row_sampling,
        before,
    };
    let mut failure = None;
    task.run(&mut raw, |trees, loss| {
        history.train.push(loss / weight);
        let judged = judge.round(objective, &trees, extras);
        model.trees.extend(trees);
        let round = |(validation_loss, score)| Round {
            number: model.trees.len() / k,
            train_loss: loss / weight,
            validation_loss,
            score,
        };
        let round = match judged.map(round) {
            Ok(round) => round,
            Err(error) => {
                failure = Some(error);
                return false;
            }
        };
        let is_ended = extras.on_round.as_mut().is_some_and(|on_round| on_round(&round).is_break());
        let may_stop = common.early_stopping != EarlyStopping::Never;
        !is_ended
            && model.trees.len() < common.rounds * k
            && !(may_stop && common.should_stop(&judge.judgements))
    });
    if let Some(error) = failure {
        return Err(error);
    }
    history.train.push(task.loss(&raw) / weight);
    history.validation = judge.losses;
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

/// What the held-out rows have said so far.
struct Judge {
    losses: Vec<f64>,
    /// What to stop by, the smaller the better: losses, or scores turned round.
    judgements: Vec<f64>,
}

impl Judge {
    fn begin(objective: &Objective, model: &Trees, extras: &mut Extras<'_>) -> Result<Self> {
        let mut judge = Self { losses: Vec::new(), judgements: Vec::new() };
        if let Some(rows) = &mut extras.held_out {
            rows.begin(model);
        }
        judge.judge(objective, extras)?;
        Ok(judge)
    }

    fn round(
        &mut self,
        objective: &Objective,
        trees: &[Tree],
        extras: &mut Extras<'_>,
    ) -> Result<(Option<f64>, Option<f64>)> {
        if let Some(rows) = &mut extras.held_out {
            rows.add(trees, objective.outputs());
        }
        self.judge(objective, extras)
    }

    /// The mean loss, and the score.
    fn judge(
        &mut self,
        objective: &Objective,
        extras: &mut Extras<'_>,
    ) -> Result<(Option<f64>, Option<f64>)> {
        let Some(rows) = &extras.held_out else { return Ok((None, None)) };
        let (raw, truth, weights) = rows.seen();
        let k = objective.outputs();
        let mut h = vec![0.0; raw.len()];
        let weight = weights.map_or((raw.len() / k) as f64, |w| w.iter().sum());
        let loss = objective.gradients(&mut raw.to_vec(), truth, weights, &mut h) / weight;
        let score = match &mut extras.score {
            Some(score) => Some(score(objective.means(raw.to_vec()).view())?),
            None => None,
        };
        self.losses.push(loss);
        self.judgements.push(score.map_or(loss, |score| -score));
        Ok((Some(loss), score))
    }
}
