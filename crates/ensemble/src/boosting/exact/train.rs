//! The rounds.
//!
//! ```text
//! 1  δ, where the loss has one; gradients and hessians of all rows at their raw predictions
//! 2  for each output, a tree of least squares on −g; the leaf of each row; values of leaves anew, by (2) of the module
//! 3  raw predictions of all rows, drawn or not
//! ```

use crate::boosting::RowSampling;
use crate::boosting::fit::{Engine, Made, Part};
use crate::boosting::objective::{Objective, Truth, quantile};
use crate::boosting::settings::Limits;
use crate::boosting::train::side_by_side;
use estimand_core::{Error, Float, Records, Result, Seed};
use estimand_grow::exact::{Columns, Response};
use estimand_grow::settings::Plan;
use estimand_grow::{Tree, walk};
use estimand_loss::{Multinomial, Robust};
use estimand_par as par;

/// Squares of larger gradients leave the range of `f64`.
const LARGEST: f64 = 1e150;

/// Settings without their estimator.
#[derive(Clone, Debug)]
pub(super) struct Exact {
    pub(super) plan: Plan,
    pub(super) rate: f64,
    pub(super) sampling: RowSampling,
    pub(super) from_zero: bool,
    /// The share of errors that lie below δ.
    pub(super) huber: Option<f64>,
    pub(super) limits: Limits,
    pub(super) seed: Seed,
}

impl Engine for Exact {
    const NAME: &'static str = "boosting of exact trees";

    fn limits(&self) -> Limits {
        self.limits
    }

    fn seed(&self) -> Seed {
        self.seed
    }

    fn constants(&self, objective: &Objective, y: Truth<'_>, weights: Option<&[f64]>) -> Vec<f64> {
        match self.from_zero {
            true => vec![0.0; objective.outputs()],
            false => objective.constants(y, weights),
        }
    }

    fn adapt(&self, objective: &mut Objective, y: Truth<'_>, weights: Option<&[f64]>, raw: &[Vec<f64>]) {
        if let (Some(share), Truth::Numbers(y)) = (self.huber, y) {
            let errors = y.iter().zip(&raw[0]).enumerate();
            let errors = errors.map(|(i, (y, z))| ((y - z).abs(), weights.map_or(1.0, |w| w[i]))).collect();
            *objective = Objective::Robust(vec![Robust::Huber(quantile(errors, share).low)]);
        }
    }

    fn run<F: Float>(
        &self,
        rows: &Part<'_, F>,
        objective: &Objective,
        before: usize,
        raw: &mut [Vec<f64>],
        mut after: impl FnMut(Made<'_>) -> bool + Send,
    ) -> Result<f64> {
        let (truth, weights, n) = (rows.y.truth(), rows.weights.as_deref(), rows.x.nrows());
        self.plan.check(rows.x.ncols(), Response::Numbers(&[], 1))?;
        let weight_of = |i: usize| weights.map_or(1.0, |w| w[i]);
        let round = Round { engine: self, x: rows.x, columns: &self.plan.columns(rows.x, None)?, truth };
        let mut objective = objective.clone();
        for number in before.. {
            self.adapt(&mut objective, truth, weights, raw);
            let (mut g, mut h) = (side_by_side(raw, 0..n), vec![1.0; n * raw.len()]);
            let mut loss = objective.gradients(&mut g, truth, None, &mut h);
            above_where_exact(&objective, truth, &raw[0], &mut g);
            if weights.is_some() {
                loss = loss_of(&objective, truth, weights, raw);
            }
            if g.iter().any(|g| g.abs() > LARGEST) {
                return Err(Error::numerical("squares of the gradients leave the range of f64; scale y"));
            }
            let sample = self.sampling.draw(n, number, self.rate, self.seed.child(2), |_| 0.0);
            let parts = sample.map(|sample| {
                let (mut drawn, mut left_out) = (vec![0.0; n], (0..n).map(weight_of).collect::<Vec<_>>());
                sample
                    .rows
                    .iter()
                    .for_each(|i| std::mem::swap(&mut drawn[*i as usize], &mut left_out[*i as usize]));
                (drawn, left_out)
            });
            let loss_left_out = |raw: &[Vec<f64>]| {
                let (_, left_out) = parts.as_ref()?;
                let weight = left_out.iter().sum::<f64>().max(f64::MIN_POSITIVE);
                Some(loss_of(&objective, truth, Some(left_out), raw) / weight)
            };
            let loss_before = loss_left_out(raw);
            let drawn = parts.as_ref().map(|(drawn, _)| drawn.as_slice()).or(weights);
            let trees = round.trees(&objective, &g, &h, drawn, raw, number)?;
            let out_of_bag = loss_before.zip(loss_left_out(raw)).map(|(before, after)| before - after);
            if !after(Made { trees, loss, out_of_bag, objective: &objective }) {
                break;
            }
        }
        Ok(loss_of(&objective, truth, weights, raw))
    }
}

/// Σ wᵢ ℓ at raw predictions.
fn loss_of(objective: &Objective, truth: Truth<'_>, weights: Option<&[f64]>, raw: &[Vec<f64>]) -> f64 {
    let mut z = side_by_side(raw, 0..raw[0].len());
    let mut h = vec![0.0; z.len()];
    objective.gradients(&mut z, truth, weights, &mut h)
}

/// Where a loss has a corner at z = y, takes its slope for the rows there from the side of y > z.
fn above_where_exact(objective: &Objective, truth: Truth<'_>, raw: &[f64], g: &mut [f64]) {
    if let (Objective::Robust(losses), Truth::Numbers(y)) = (objective, truth) {
        let (_, slope) = losses[0].at(f64::MIN_POSITIVE);
        let exact = g.iter_mut().zip(y.iter().zip(raw)).filter(|(_, (y, z))| y == z);
        exact.for_each(|(g, _)| *g = slope);
    }
}

/// What all rounds have in common.
struct Round<'a, F> {
    engine: &'a Exact,
    x: Records<'a, F>,
    columns: &'a Columns,
    truth: Truth<'a>,
}

impl<F: Float> Round<'_, F> {
    /// Steps 2 and 3: the trees of a round, from gradients and hessians row by row.
    fn trees(
        &self,
        objective: &Objective,
        g: &[f64],
        h: &[f64],
        weights: Option<&[f64]>,
        raw: &mut [Vec<f64>],
        round: usize,
    ) -> Result<Vec<Tree>> {
        let (engine, k, n) = (self.engine, raw.len(), self.x.nrows());
        let grown = par::try_map(k, |o| {
            let wanted: Vec<f64> = g.iter().skip(o).step_by(k).map(|g| -g).collect();
            let seed = engine.seed.child((round * k + o) as u64);
            let mut tree = engine.plan.grow(self.columns, Response::Numbers(&wanted, 1), weights, seed)?;
            let mut leaves = vec![0_u32; n];
            let cost = 4 * (tree.depth() + 1);
            walk::for_each_block(self.x, &mut leaves, 1, cost, |_, rows, out| {
                walk::leaves(&tree, rows, self.x.ncols(), out);
            });
            let values = self.values(objective, &tree, &leaves, (&wanted, h, o, k), weights, &raw[o]);
            for (node, value) in values.into_iter().enumerate() {
                let own = &mut tree.value_mut(node)[0];
                *own = engine.rate * value.unwrap_or(*own);
            }
            Ok::<_, Error>((tree, leaves))
        })?;
        for ((tree, leaves), raw) in grown.iter().zip(raw) {
            raw.iter_mut().zip(leaves).for_each(|(z, leaf)| *z += tree.value(*leaf as usize)[0]);
        }
        Ok(grown.into_iter().map(|(tree, _)| tree).collect())
    }

    /// (2) for the leaves, where that is not the mean which the tree has.
    fn values(
        &self,
        objective: &Objective,
        tree: &Tree,
        leaves: &[u32],
        (wanted, h, output, outputs): (&[f64], &[f64], usize, usize),
        weights: Option<&[f64]>,
        raw: &[f64],
    ) -> Vec<Option<f64>> {
        let weight_of = |i: usize| weights.map_or(1.0, |w| w[i]);
        let nodes = tree.n_nodes();
        let mut out = vec![None; nodes];
        match (objective, self.truth) {
            (Objective::Robust(losses), Truth::Numbers(y)) => {
                let mut left_over = vec![Vec::new(); nodes];
                for (i, leaf) in leaves.iter().enumerate().filter(|(i, _)| weight_of(*i) > 0.0) {
                    left_over[*leaf as usize].push((y[i] - raw[i], weight_of(i)));
                }
                for (out, left_over) in out.iter_mut().zip(left_over).filter(|(_, l)| !l.is_empty()) {
                    *out = Some(best_step(losses[output], left_over));
                }
            }
            (Objective::Scalar(_) | Objective::Multinomial(_), _) if !objective.is_flat() => {
                let mut sums = vec![[0.0; 2]; nodes];
                for (i, leaf) in leaves.iter().enumerate() {
                    let (w, sums) = (weight_of(i), &mut sums[*leaf as usize]);
                    sums[0] += w * wanted[i];
                    sums[1] += w * h[i * outputs + output];
                }
                let factor = match objective {
                    Objective::Multinomial(Multinomial { classes }) => 1.0 - 1.0 / *classes as f64,
                    _ => 1.0,
                };
                for (node, [wanted, h]) in sums.into_iter().enumerate().filter(|(i, _)| tree.is_leaf(*i)) {
                    // Without curvature nothing is to be gained.
                    out[node] = Some(if h < 1e-150 { 0.0 } else { factor * wanted / h });
                }
            }
            _ => (),
        }
        out
    }
}

/// The constant that is best for what is left over.
fn best_step(loss: Robust, left_over: Vec<(f64, f64)>) -> f64 {
    match loss {
        Robust::Huber(delta) => {
            let middle = quantile(left_over.clone(), 0.5).low;
            let clipped = left_over.iter().map(|(r, w)| w * (r - middle).clamp(-delta, delta)).sum::<f64>();
            middle + clipped / left_over.iter().map(|(_, w)| w).sum::<f64>()
        }
        _ => quantile(left_over, loss.level().unwrap_or(0.5)).low,
    }
}
