//! From samples to a sum of trees: hold out, boost, stop.

use super::History;
use super::objective::{Objective, Truth};
use super::ranking::Queries;
use super::settings::Limits;
use super::trees::{self, Trees};
use super::watch::{OnRound, Round, Score};
use estimand_core::records::Matrix;
use estimand_core::split::{GroupShuffleSplit, ShuffleSplit, Splitter, StratifiedShuffleSplit};
use estimand_core::{Error, Float, Fold, Records, Report, Result, Samples, Seed};
use estimand_grow::Tree;
use ndarray::{Array1, ArrayView1};

/// What is to be predicted, owned.
#[derive(Clone, Debug)]
pub(crate) enum Target {
    Numbers(Vec<f64>),
    Codes(Vec<u32>),
    Queries(Queries),
}

impl Target {
    pub(crate) fn truth(&self) -> Truth<'_> {
        match self {
            Self::Numbers(y) => Truth::Numbers(y),
            Self::Codes(y) => Truth::Codes(y),
            Self::Queries(queries) => Truth::Queries(queries),
        }
    }

    fn select(&self, rows: &[usize], weights: Option<&[f64]>) -> Self {
        match self {
            Self::Queries(queries) => Self::Queries(queries.select(rows, |i| weights.map_or(1.0, |w| w[i]))),
            Self::Numbers(y) => Self::Numbers(rows.iter().map(|i| y[*i]).collect()),
            Self::Codes(y) => Self::Codes(rows.iter().map(|i| y[*i]).collect()),
        }
    }
}

/// Rows with what is to be predicted of them.
pub(crate) struct Part<'a, F> {
    pub(crate) x: Records<'a, F>,
    pub(crate) y: Target,
    pub(crate) weights: Option<Vec<f64>>,
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
    /// Raw predictions, row by row.
    fn raw(&self) -> &[f64];
    /// The mean loss.
    fn loss(&self, objective: &Objective) -> f64;
}

impl<F: Float> HeldOut for Part<'_, F> {
    fn begin(&mut self, model: &Trees) {
        self.raw = model.raw(self.x, usize::MAX).into_raw_vec_and_offset().0;
    }

    fn add(&mut self, trees: &[Tree], outputs: usize) {
        trees::add(trees, self.x, &mut self.raw, outputs);
    }

    fn raw(&self) -> &[f64] {
        &self.raw
    }

    fn loss(&self, objective: &Objective) -> f64 {
        if let Target::Queries(queries) = &self.y {
            return queries.loss(&self.raw);
        }
        let weights = self.weights.as_deref();
        let weight = weights.map_or(self.x.nrows() as f64, |w| w.iter().sum());
        let mut h = vec![0.0; self.raw.len()];
        objective.gradients(&mut self.raw.clone(), self.y.truth(), weights, &mut h) / weight
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

/// How a part of the rows is held out.
#[derive(Clone, Copy, Debug)]
pub(crate) enum HoldOut<'a> {
    /// Any.
    Rows,
    /// A part of the rows of each class.
    Classes(ArrayView1<'a, u32>),
    /// Whole groups.
    Groups,
}

/// What makes the trees of rounds.
pub(crate) trait Engine {
    /// What reports call it.
    const NAME: &'static str;

    fn limits(&self) -> Limits;

    fn seed(&self) -> Seed;

    /// Raw predictions to begin with.
    fn constants(&self, objective: &Objective, y: Truth<'_>, weights: Option<&[f64]>) -> Vec<f64> {
        objective.constants(y, weights)
    }

    /// Fits a loss that depends on how far off raw predictions are; `raw` has those of the rows, output by output.
    fn adapt(&self, _objective: &mut Objective, _y: Truth<'_>, _weights: Option<&[f64]>, _raw: &[Vec<f64>]) {}

    /// Makes rounds until `after` says stop, and keeps `raw` up to date; `before` rounds have been made already. Returns
    /// Σ wᵢ ℓ at the end.
    fn run<F: Float>(
        &self,
        rows: &Part<'_, F>,
        objective: &Objective,
        before: usize,
        raw: &mut [Vec<f64>],
        after: impl FnMut(Made<'_>) -> bool + Send,
    ) -> Result<f64>;
}

/// What a round has made.
pub(crate) struct Made<'a> {
    pub(crate) trees: Vec<Tree>,
    /// Σ wᵢ ℓ before.
    pub(crate) loss: f64,
    /// How much it lowered the mean loss of the rows that it was not shown, where an engine looks at them.
    pub(crate) out_of_bag: Option<f64>,
    /// The loss that it made small.
    pub(crate) objective: &'a Objective,
}

/// A finished fit.
pub(crate) struct Fitted {
    pub(crate) trees: Trees,
    pub(crate) history: History,
    pub(crate) report: Report,
}

/// Boosts.
pub(crate) fn fit<F: Float>(
    engine: &impl Engine,
    objective: &Objective,
    samples: Samples<'_, F, ()>,
    y: Target,
    by: HoldOut<'_>,
    extras: &mut Extras<'_>,
) -> Result<Fitted> {
    let x = samples.x;
    let weights = samples.weights.map(|w| w.iter().map(|w| w.f64()).collect::<Vec<_>>());
    let all = Part::new(x, y, weights);
    if extras.held_out.is_some() || !engine.limits().holds_out(x.nrows()) {
        return boost(engine, objective, &all, extras);
    }
    // While rows still have their own numbers.
    x.check_finite_or_missing()?;
    let fold = hold_out(engine, samples, by)?;
    let (train_x, test_x): (Matrix<F>, Matrix<F>) = (x.select(&fold.train), x.select(&fold.test));
    let part = |x, rows: &[usize]| {
        let weights = all.weights.as_ref().map(|w| rows.iter().map(|i| w[*i]).collect());
        Part::new(x, all.y.select(rows, all.weights.as_deref()), weights)
    };
    let train = part(train_x.records(), &fold.train);
    let mut extras = Extras {
        start: extras.start,
        held_out: Some(Box::new(part(test_x.records(), &fold.test))),
        score: extras.score.take(),
        on_round: extras.on_round.take(),
    };
    boost(engine, objective, &train, &mut extras)
}

fn hold_out<F: Float>(engine: &impl Engine, samples: Samples<'_, F, ()>, by: HoldOut<'_>) -> Result<Fold> {
    let (x, share, seed) = (samples.x, engine.limits().validation_fraction, engine.seed().0);
    let folds = match by {
        HoldOut::Classes(codes) => {
            let samples: Samples<'_, F, Array1<u32>> = Samples::new(x, codes);
            StratifiedShuffleSplit::new().n_splits(1).test_share(share).seed(seed).split(&samples)?
        }
        HoldOut::Rows => ShuffleSplit::new().n_splits(1).test_share(share).seed(seed).split(&samples)?,
        HoldOut::Groups => {
            GroupShuffleSplit::new().n_splits(1).test_share(share).seed(seed).split(&samples)?
        }
    };
    let mut fold = folds.into_iter().next().unwrap_or_default();
    fold.train.sort_unstable();
    fold.test.sort_unstable();
    fold.check(x.nrows())?;
    Ok(fold)
}

fn boost<F: Float>(
    engine: &impl Engine,
    objective: &Objective,
    train: &Part<'_, F>,
    extras: &mut Extras<'_>,
) -> Result<Fitted> {
    let (limits, k) = (engine.limits(), objective.outputs());
    let (truth, weights, n) = (train.y.truth(), train.weights.as_deref(), train.x.nrows());
    let mut model = match extras.start {
        Some(start) => start.clone(),
        None => Trees { trees: Vec::new(), constants: engine.constants(objective, truth, weights) },
    };
    let before = model.trees.len() / k;
    if before >= limits.rounds {
        let allowed = format!("above the {before} rounds of the model to go on from");
        return Err(Error::parameter("max_iter", limits.rounds, allowed));
    }
    if !model.constants.iter().all(|c| c.is_finite()) {
        return Err(Error::target("the mean of y lies outside what the loss allows for a mean"));
    }
    let mut raw: Vec<Vec<f64>> = match before {
        0 => model.constants.iter().map(|c| vec![*c; n]).collect(),
        _ => model.raw(train.x, usize::MAX).columns().into_iter().map(|c| c.to_vec()).collect(),
    };
    let mut objective = objective.clone();
    engine.adapt(&mut objective, truth, weights, &raw);
    let weight = weights.map_or(n as f64, |w| w.iter().sum());
    let (mut history, mut judge) = (History::default(), Judge::begin(&objective, &model, extras)?);
    let mut failure = None;
    let loss = engine.run(train, &objective, before, &mut raw, |made| {
        history.train.push(made.loss / weight);
        history.out_of_bag.extend(made.out_of_bag);
        let judged = judge.round(made.objective, &made.trees, extras);
        model.trees.extend(made.trees);
        let round = |(validation_loss, score)| Round {
            number: model.trees.len() / k,
            train_loss: made.loss / weight,
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
        !is_ended && model.trees.len() < limits.rounds * k && !limits.should_stop(&judge.judgements)
    })?;
    if let Some(error) = failure {
        return Err(error);
    }
    let loss = loss / weight;
    history.train.push(loss);
    history.validation = judge.losses;
    if !loss.is_finite() {
        return Err(Error::numerical("the loss is no longer finite; lower the learning rate, or scale y"));
    }
    let mut report = Report::iterative(engine_name(engine), model.trees.len() / k, true).objective(loss);
    if let Some(last) = history.validation.last() {
        report = report.note(format!("mean loss of the held-out rows: {last:.6e}"));
    }
    Ok(Fitted { trees: model, history, report })
}

fn engine_name<E: Engine>(_: &E) -> &'static str {
    E::NAME
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
        let loss = rows.loss(objective);
        let score = match &mut extras.score {
            Some(score) => Some(score(objective.means(rows.raw().to_vec()).view())?),
            None => None,
        };
        self.losses.push(loss);
        self.judgements.push(score.map_or(loss, |score| -score));
        Ok((Some(loss), score))
    }
}
