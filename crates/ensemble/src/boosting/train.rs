//! The rounds of boosting.
//!
//! ```text
//! 1  gradients and hessians of all rows at their raw predictions, block by block; then as whole numbers
//! 2  a tree for each output
//! 3  where the loss has a quantile for its best constant, values of leaves anew
//! 4  raw predictions of all rows, from the leaves that they are in
//! ```

use super::objective::{Objective, Truth, quantile};
use super::sampling::{RowSampling, Sample};
use estimand_grow::Tree;
use estimand_grow::bins::Binned;
use estimand_grow::hist::{GradientCell, GrowRules, Grower, Grown, Routes, Totals};
use estimand_kernels as kernels;
use estimand_par as par;
use std::sync::Mutex;

/// What there is to learn from.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Task<'a> {
    pub(crate) table: &'a Binned,
    pub(crate) truth: Truth<'a>,
    pub(crate) weights: Option<&'a [f64]>,
    pub(crate) objective: &'a Objective,
    pub(crate) rules: &'a GrowRules,
    pub(crate) sampling: RowSampling,
    /// Rounds before the first.
    pub(crate) before: usize,
}

/// Values of a block of gradients.
const BLOCK: usize = 1 << 13;

/// Rows whose raw predictions are worth another thread.
const UPDATE: usize = 1 << 14;

impl Task<'_> {
    fn totals(&self) -> Totals {
        let (rows, factor) = (self.table.nrows(), self.sampling.factor());
        let (weight, whole) = match self.weights {
            None => (rows as f64, true),
            Some(w) => (w.iter().sum(), w.iter().all(|w| w.fract() == 0.0)),
        };
        Totals { weight: weight * factor, whole: whole && factor == 1.0, rows, ..Totals::default() }
    }

    fn weight(&self, row: usize) -> f64 {
        self.weights.map_or(1.0, |w| w[row])
    }

    /// Calls `after` with the trees of each round and the loss before it, until it says stop. `raw` has the raw predictions
    /// to begin with, output by output.
    pub(crate) fn run(&self, raw: &mut [Vec<f64>], after: impl FnMut(Vec<Tree>, f64) -> bool + Send) {
        let totals = self.totals();
        par::inside(|| match self.objective.is_flat() && totals.fit_single() {
            true => Rounds::<u64>::new(self, totals).run(raw, after),
            false => Rounds::<[u64; 2]>::new(self, totals).run(raw, after),
        });
    }

    /// Σ wᵢ ℓ at raw predictions.
    pub(crate) fn loss(&self, raw: &[Vec<f64>]) -> f64 {
        let (n, k) = (self.table.nrows(), raw.len());
        let parts = par::map_chunks(n, BLOCK / k + 1, |rows| {
            let mut z = side_by_side(raw, rows.clone());
            let mut h = vec![0.0; z.len()];
            let weights = self.weights.map(|w| &w[rows.clone()]);
            self.objective.gradients(&mut z, self.truth.part(rows), weights, &mut h)
        });
        parts.into_iter().sum()
    }
}

/// Raw predictions of some rows, row by row.
fn side_by_side(raw: &[Vec<f64>], rows: std::ops::Range<usize>) -> Vec<f64> {
    match raw {
        [only] => only[rows].to_vec(),
        _ => rows.flat_map(|i| raw.iter().map(move |raw| raw[i])).collect(),
    }
}

struct Rounds<'a, C> {
    task: &'a Task<'a>,
    totals: Totals,
    /// Output by output.
    cells: Vec<Vec<C>>,
    growers: Mutex<Vec<Grower<'a, C>>>,
}

/// A block of rows whose gradients are taken, and what they add up to.
struct Block<'t, C> {
    cells: Vec<&'t mut [C]>,
    loss: f64,
    /// Σ w |g| and Σ w h of each output.
    sums: Vec<[f64; 2]>,
}

impl<'a, C: GradientCell> Rounds<'a, C> {
    fn new(task: &'a Task<'a>, totals: Totals) -> Self {
        let cells = (0..task.objective.outputs()).map(|_| kernels::zeros(task.table.nrows())).collect();
        Self { task, totals, cells, growers: Mutex::new(Vec::new()) }
    }

    fn run(mut self, raw: &mut [Vec<f64>], mut after: impl FnMut(Vec<Tree>, f64) -> bool) {
        let (task, n) = (self.task, self.task.table.nrows());
        for round in task.before.. {
            let (loss, totals) = self.stage(raw);
            let sample = task.sampling.draw(n, round, task.rules.rate, task.rules.seed.child(2), |i| {
                self.cells.iter().map(|cells| task.weight(i) * cells[i].staged().abs()).sum()
            });
            let trees = self.grow(raw, &totals, round, sample.as_ref());
            if !after(trees, loss) {
                break;
            }
        }
    }

    /// Step 1, first half; returns the loss and what gradients and hessians add up to.
    fn stage(&mut self, raw: &[Vec<f64>]) -> (f64, Vec<Totals>) {
        let (task, k) = (self.task, self.cells.len());
        let rows = BLOCK / k + 1;
        let mut parts: Vec<_> = self.cells.iter_mut().map(|cells| cells.chunks_mut(rows)).collect();
        let mut blocks: Vec<Block<'_, C>> = (0..task.table.nrows().div_ceil(rows))
            .map(|_| {
                let cells = parts.iter_mut().filter_map(Iterator::next).collect();
                Block { cells, loss: 0.0, sums: vec![[0.0; 2]; k] }
            })
            .collect();
        par::for_each_chunk_mut(&mut blocks, 1, |b, blocks| {
            for block in blocks {
                let rows = b * rows..(b * rows + block.cells[0].len());
                let (mut z, truth) = (side_by_side(raw, rows.clone()), task.truth.part(rows.clone()));
                let mut h = vec![1.0; z.len()];
                let weights = task.weights.map(|w| &w[rows]);
                if let Some(weights) = weights {
                    block.loss = task.objective.gradients(&mut z.clone(), truth, Some(weights), &mut h);
                    h.fill(1.0);
                }
                // Weights multiply what is rounded: here they are left out.
                let loss = task.objective.gradients(&mut z, truth, None, &mut h);
                block.loss = if weights.is_some() { block.loss } else { loss };
                for (o, (cells, sums)) in block.cells.iter_mut().zip(&mut block.sums).enumerate() {
                    let gradients = z.iter().skip(o).step_by(k).zip(h.iter().skip(o).step_by(k));
                    for (i, (cell, (g, h))) in cells.iter_mut().zip(gradients).enumerate() {
                        let w = weights.map_or(1.0, |w| w[i]);
                        *cell = C::stage(*g, *h);
                        sums[0] += w * g.abs();
                        sums[1] += w * h;
                    }
                }
            }
        });
        let mut totals = vec![self.totals; k];
        let mut loss = 0.0;
        for block in blocks {
            loss += block.loss;
            for (total, sums) in totals.iter_mut().zip(block.sums) {
                total.gradient += task.sampling.factor() * sums[0];
                total.hessian += task.sampling.factor() * sums[1];
            }
        }
        (loss, totals)
    }

    /// The rest of step 1, and steps 2 to 4.
    fn grow(
        &mut self,
        raw: &mut [Vec<f64>],
        totals: &[Totals],
        round: usize,
        sample: Option<&Sample>,
    ) -> Vec<Tree> {
        let (task, k) = (self.task, raw.len());
        let growers = &self.growers;
        let factor = |i: usize| sample.and_then(|s| s.factors.as_ref()).map_or(1.0, |factors| factors[i]);
        let mut outputs: Vec<_> =
            raw.iter_mut().zip(&mut self.cells).map(|(raw, cells)| (raw, cells, Tree::new(1))).collect();
        par::for_each_chunk_mut(&mut outputs, 1, |o, outputs| {
            for (raw, cells, tree) in outputs {
                let layout = C::layout(&totals[o]);
                par::for_each_chunk_mut(cells, UPDATE, |first, cells| {
                    for (i, cell) in cells.iter_mut().enumerate() {
                        *cell = cell.packed(task.weight(first + i) * factor(first + i), &layout);
                    }
                });
                let free = growers.lock().ok().and_then(|mut growers| growers.pop());
                let mut grower = free.unwrap_or_else(|| Grower::new(task.table));
                grower.share_threads(k == 1);
                let rules =
                    GrowRules { seed: task.rules.seed.child((round * k + o) as u64), ..task.rules.clone() };
                let mut grown = grower.grow(cells, &layout, &rules, sample.map(|s| s.rows.as_slice()));
                if let Some(level) = task.objective.renewal(o) {
                    renew(&mut grown, grower.rows(), raw, task, factor, level);
                }
                match sample {
                    None => update(raw, &grown, grower.rows()),
                    Some(_) => update_all(raw, &grown.tree, task.table),
                }
                *tree = grown.tree.finished();
                if let Ok(mut growers) = growers.lock() {
                    growers.push(grower);
                }
            }
        });
        outputs.into_iter().map(|(_, _, tree)| tree).collect()
    }
}

/// Step 3: a leaf's value is a quantile of what its rows have left over.
fn renew(
    grown: &mut Grown,
    rows: &[u32],
    raw: &[f64],
    task: &Task<'_>,
    factor: impl Fn(usize) -> f64 + Sync,
    level: f64,
) {
    let Truth::Numbers(y) = task.truth else { return };
    let values = par::map(grown.leaves.len(), |leaf| {
        let rows = &rows[grown.leaves[leaf].1.clone()];
        let left_over = rows.iter().map(|i| {
            let i = *i as usize;
            (y[i] - raw[i], task.weight(i) * factor(i))
        });
        let (low, high) = grown.bounds[leaf];
        quantile(left_over.collect(), level).max(low).min(high)
    });
    for ((node, _), value) in grown.leaves.iter().zip(values) {
        grown.tree.value_mut(*node)[0] = task.rules.rate * value;
    }
}

/// Step 4. The rows of a leaf are ascending, so that every block of rows finds its own among them.
fn update(raw: &mut [f64], grown: &Grown, rows: &[u32]) {
    par::for_each_chunk_mut(raw, UPDATE, |first, raw| {
        for (node, range) in &grown.leaves {
            let (rows, value) = (&rows[range.clone()], grown.tree.value(*node)[0]);
            let from = rows.partition_point(|i| (*i as usize) < first);
            let end = rows.partition_point(|i| (*i as usize) < first + raw.len());
            rows[from..end].iter().for_each(|i| raw[*i as usize - first] += value);
        }
    });
}

/// Step 4 where a tree has not seen all rows.
fn update_all(raw: &mut [f64], tree: &Tree, table: &Binned) {
    let routes = Routes::new(table, tree);
    par::for_each_chunk_mut(raw, UPDATE, |first, raw| {
        for (i, raw) in raw.iter_mut().enumerate() {
            *raw += tree.value(routes.leaf(first + i))[0];
        }
    });
}
