//! Sequential minimal optimisation on two levels: the solver of every kernel machine of this crate.
//!
//! ```text
//! minimise  ½ aᵀKa + cᵀa      lᵥ ≤ aᵥ ≤ hᵥ,   Σ aᵥ over each group stays what it is                       (1)
//! gᵥ = (Ka)ᵥ + cᵥ                                                                                        (2)
//! aᵥ can rise (a < h), a_w can fall (a > l), v and w in one group:      g_w − gᵥ ≤ tol                    (3)
//! ```
//!
//! Variables are signed, a = yα: what is at its lower bound for a negative label is a variable of full weight. Each
//! belongs to a record (two to one in regression), and K is between the records of variables. At (3) the objective is
//! at its minimum to within `tol` · Σ(h − l); it is the rule of libsvm, with the same `tol`.
//!
//! | symbol | variable | |
//! |---|---|---|
//! | a, l, h, c | `a`, `low`, `high`, `cost` | one for each variable |
//! | Ka | `f` | one for each record |
//! | q | `BLOCK` | variables that move together |
//!
//! 1. The q variables that violate (3) most, half of which can rise and half fall, with those of the last block that
//!    are inside their bounds, make a block. Its kernel values, q × q, are one product.
//! 2. Inside the block, two variables at a time: v with the least gradient, w with the largest gain (g_w − gᵥ)² / η,
//!    η = Kᵥᵥ + K_ww − 2Kᵥ_w \[Fan05\]. Where η ≤ 0, as rounding and kernels that are not positive definite make it,
//!    a tiny number stands for it: the step then ends at a bound.
//! 3. `f` of all records moves by the kernel rows of the variables that moved: at once, in chunks of records, from a
//!    cache of rows or computed on the way \[Wen18\]. For a linear kernel, by Xᵀ of the moves instead.
//! 4. Until (3) holds, no pair can move, or the limit of steps is reached.
//!
//! Memory is the cache, q² and O(n). Each step lowers the objective, and their number is bounded: the solver ends on any
//! matrix, definite or not. Chunks depend on n alone: results have the same bits on any number of threads.
//!
//! **References.** \[Platt98\], \[Fan05\], \[Wen18\].

mod block;
mod cache;
#[cfg(test)]
mod tests;

use crate::kernel::Rows;
use block::Block;
use cache::{Change, Products};
use estimand_core::order::ascending;
use estimand_core::{Error, Result};

/// Variables that move together.
const BLOCK: usize = 512;
/// Up to so many variables, and all whose kernel values fit the cache, move together from the beginning.
const WHOLE: usize = 2 * BLOCK;
/// Steps inside a block, for each of its variables, before the others are looked at again.
const STEPS: usize = 40;
/// A block is left when its violation is this share of the one that it began with.
const SHARE: f64 = 0.1;

const OVERFLOW: &str =
    "kernel values leave the range of f64; scale the columns, or lower `gamma` and `degree`";

/// A quadratic programme (1).
#[derive(Debug)]
pub(crate) struct Problem<'a> {
    /// The records, and the kernel between them.
    pub(crate) rows: &'a Rows,
    /// The record of each variable.
    pub(crate) row: Vec<usize>,
    /// c
    pub(crate) cost: Vec<f64>,
    /// l
    pub(crate) low: Vec<f64>,
    /// h
    pub(crate) high: Vec<f64>,
    /// Where a begins; its sum is the equality constraint.
    pub(crate) start: Vec<f64>,
    /// Variables from this one on are the second group.
    pub(crate) split: usize,
}

/// When to stop, and what memory may be used.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// Largest violation of (3).
    pub(crate) tol: f64,
    /// Memory of cached kernel rows, in MB.
    pub(crate) cache_size: f64,
    /// Most steps.
    pub(crate) max_iter: Option<usize>,
}

/// The minimum of (1).
#[derive(Clone, Debug)]
pub(crate) struct Solution {
    /// a
    pub(crate) a: Vec<f64>,
    /// g of variables inside their bounds, on average; of both groups. Where there are none, the middle of where it may be.
    pub(crate) level: [f64; 2],
    /// (1)
    pub(crate) objective: f64,
    /// Steps of two variables.
    pub(crate) iterations: usize,
    /// Whether (3) holds.
    pub(crate) converged: bool,
}

/// The least gradient of a group's variables that can rise, and the largest of those that can fall.
#[derive(Clone, Copy, Debug)]
struct Gap {
    least: f64,
    largest: f64,
}
impl Gap {
    fn violation(self) -> f64 {
        self.largest - self.least
    }
}

/// Solves (1).
///
/// # Errors
/// If kernel values are not finite.
pub(crate) fn solve(problem: &Problem<'_>, limits: Limits) -> Result<Solution> {
    let count = problem.row.len();
    if !problem.rows.is_finite() {
        return Err(Error::numerical(OVERFLOW));
    }
    let most = limits.max_iter.unwrap_or_else(|| count.saturating_mul(100).max(10_000_000));
    // Products of a linear kernel are cheap for all, and steps many: small blocks are best.
    let fitting = if problem.rows.is_linear() { 0.0 } else { (limits.cache_size * 1e6 / 8.0).sqrt() };
    if count <= WHOLE.max(fitting as usize) {
        return whole(problem, limits.tol, most);
    }
    let mut a = problem.start.clone();
    let mut products = Products::new(problem.rows, limits.cache_size);
    products.add(&changes(problem, &a, (0..count).zip(a.iter().copied())));
    let (mut iterations, mut last, mut stuck): (usize, Vec<usize>, bool) = (0, Vec::new(), false);
    loop {
        let g = gradients(problem, &products);
        if !g.iter().all(|g| g.is_finite()) {
            return Err(Error::numerical(OVERFLOW));
        }
        let gaps = gaps(problem, &a, &g);
        let violation = worst(&gaps);
        if violation <= limits.tol || stuck || iterations >= most {
            return Ok(finish(problem, a, &g, gaps, iterations, limits.tol));
        }
        let chosen = choose(problem, &a, &g, gaps, limits.tol, &last);
        let mut block = Block::new(problem, &chosen, &a, &g);
        let steps = (most - iterations).min(STEPS * chosen.len());
        let made = block.descend(limits.tol.max(SHARE * violation), steps);
        iterations += made;
        stuck = made == 0;
        let moves: Vec<(usize, f64)> = chosen
            .iter()
            .zip(block.a())
            .map(|(v, new)| (*v, new - std::mem::replace(&mut a[*v], *new)))
            .collect();
        products.add(&changes(problem, &a, moves));
        last = chosen;
    }
}

/// A problem that is a single block.
fn whole(problem: &Problem<'_>, tol: f64, most: usize) -> Result<Solution> {
    let all: Vec<usize> = (0..problem.row.len()).collect();
    let mut block = Block::new(problem, &all, &problem.start, &problem.cost);
    let (mut iterations, mut stuck) = (0, false);
    loop {
        // From scratch, so that what rounding left in a hundred thousand steps is gone.
        let g = block.restart(&problem.cost);
        if !g.iter().all(|g| g.is_finite()) {
            return Err(Error::numerical(OVERFLOW));
        }
        let gaps = gaps(problem, block.a(), &g);
        if worst(&gaps) <= tol || stuck || iterations >= most {
            return Ok(finish(problem, block.a().to_vec(), &g, gaps, iterations, tol));
        }
        let made = block.descend(tol, most - iterations);
        iterations += made;
        stuck = made == 0;
    }
}

fn finish(
    problem: &Problem<'_>,
    a: Vec<f64>,
    g: &[f64],
    gaps: [Gap; 2],
    iterations: usize,
    tol: f64,
) -> Solution {
    let objective = a.iter().zip(g).zip(&problem.cost).map(|((a, g), c)| a * (g + c)).sum::<f64>() / 2.0;
    let converged = worst(&gaps) <= tol;
    Solution { level: levels(problem, &a, g, gaps), a, objective, iterations, converged }
}

fn worst(gaps: &[Gap; 2]) -> f64 {
    gaps.iter().map(|gap| gap.violation()).fold(f64::NEG_INFINITY, f64::max)
}

/// How the sums of records change with moves of variables: by record, with whether its variable is now inside its
/// bounds. Such a one will move again; most others have come to a bound to stay.
fn changes(problem: &Problem<'_>, a: &[f64], moves: impl IntoIterator<Item = (usize, f64)>) -> Vec<Change> {
    let mut moved: Vec<Change> = moves
        .into_iter()
        .filter(|(_, by)| *by != 0.0)
        .map(|(v, by)| Change {
            row: problem.row[v],
            by,
            again: problem.low[v] < a[v] && a[v] < problem.high[v],
        })
        .collect();
    moved.sort_by_key(|change| change.row);
    moved.dedup_by(|next, kept| {
        let same = next.row == kept.row;
        if same {
            (kept.by, kept.again) = (kept.by + next.by, kept.again | next.again);
        }
        same
    });
    moved
}

/// (2)
fn gradients(problem: &Problem<'_>, products: &Products<'_>) -> Vec<f64> {
    let f = products.values();
    problem.row.iter().zip(&problem.cost).map(|(row, c)| f[*row] + c).collect()
}

fn gaps(problem: &Problem<'_>, a: &[f64], g: &[f64]) -> [Gap; 2] {
    let mut gaps = [Gap { least: f64::INFINITY, largest: f64::NEG_INFINITY }; 2];
    for v in 0..a.len() {
        let gap = &mut gaps[usize::from(v >= problem.split)];
        if a[v] < problem.high[v] && g[v] < gap.least {
            gap.least = g[v];
        }
        if a[v] > problem.low[v] && g[v] > gap.largest {
            gap.largest = g[v];
        }
    }
    gaps
}

fn levels(problem: &Problem<'_>, a: &[f64], g: &[f64], gaps: [Gap; 2]) -> [f64; 2] {
    let mut inside = [(0.0, 0.0); 2];
    for v in 0..a.len() {
        if a[v] > problem.low[v] && a[v] < problem.high[v] {
            let (sum, count) = &mut inside[usize::from(v >= problem.split)];
            (*sum, *count) = (*sum + g[v], *count + 1.0);
        }
    }
    [0, 1].map(|k| match (inside[k], gaps[k]) {
        ((sum, count), _) if count > 0.0 => sum / count,
        (_, Gap { least, largest }) if least.is_finite() && largest.is_finite() => (least + largest) / 2.0,
        (_, Gap { least, .. }) if least.is_finite() => least,
        (_, Gap { largest, .. }) if largest.is_finite() => largest,
        _ => 0.0,
    })
}

/// The next block, ascending: of each group those that violate (3) most, then variables of the last block.
fn choose(
    problem: &Problem<'_>,
    a: &[f64],
    g: &[f64],
    gaps: [Gap; 2],
    tol: f64,
    last: &[usize],
) -> Vec<usize> {
    let count = a.len();
    let groups = [0..problem.split, problem.split..count];
    let fresh = if last.is_empty() { BLOCK } else { BLOCK / 2 };
    let wanting = gaps.iter().filter(|gap| gap.violation() > tol).count().max(1);
    let mut taken = vec![false; count];
    let mut chosen = Vec::with_capacity(BLOCK);
    for (group, gap) in groups.into_iter().zip(gaps) {
        if gap.violation() <= tol {
            continue;
        }
        let share = (fresh / wanting / 2).max(1);
        let mut rising: Vec<(u64, usize)> = Vec::new();
        let mut falling: Vec<(u64, usize)> = Vec::new();
        for v in group {
            if a[v] < problem.high[v] && g[v] < gap.largest {
                rising.push((ascending(g[v]), v));
            }
            if a[v] > problem.low[v] && g[v] > gap.least {
                falling.push((ascending(-g[v]), v));
            }
        }
        for side in [&mut rising, &mut falling] {
            if side.len() > share {
                side.select_nth_unstable(share - 1);
                side.truncate(share);
            }
            for (_, v) in side.iter() {
                if !std::mem::replace(&mut taken[*v], true) {
                    chosen.push(*v);
                }
            }
        }
    }
    let inside = |v: usize| a[v] > problem.low[v] && a[v] < problem.high[v];
    for want in [true, false] {
        for v in last {
            if chosen.len() < BLOCK && inside(*v) == want && !std::mem::replace(&mut taken[*v], true) {
                chosen.push(*v);
            }
        }
    }
    chosen.sort_unstable();
    chosen
}
