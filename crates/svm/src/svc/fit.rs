//! From classes to pairs of classes, and from their solutions to a model.

use super::SvcModel;
use crate::expansion::Expansion;
use crate::kernel::Rows;
use crate::smo::{self, Limits, Problem, Solution};
use crate::training::{MachineSettings, Training};
use estimand_core::{ClassCodes, Error, Float, Report, Result, Samples};
use estimand_par as par;
use ndarray::Array2;

/// Pairs of classes that share the memory of the cache.
const TOGETHER: usize = 8;

/// Training rows, by class.
pub(crate) struct Fitting<'a, F: Float> {
    samples: Samples<'a, F, ClassCodes>,
    training: Training,
    /// Numbers of packed rows of each class.
    classes: Vec<Vec<usize>>,
    limits: Limits,
}

/// Two classes: the rows of the first, which is the positive one, and then those of the second.
pub(crate) struct Pair {
    pub(crate) rows: Rows,
    pub(crate) weights: Vec<f64>,
    /// How many are of the first class.
    pub(crate) split: usize,
    pub(crate) limits: Limits,
}

/// A machine for a pair: a of its rows, b, and the solution they come from.
pub(crate) struct Machine {
    pub(crate) a: Vec<f64>,
    pub(crate) intercept: f64,
    pub(crate) solution: Solution,
}

impl Pair {
    /// (2)
    pub(crate) fn c_svc(&self, c: f64) -> Result<Machine> {
        let n = self.weights.len();
        let first = |i: usize| i < self.split;
        let bound = |i: usize, of: bool| if first(i) == of { c * self.weights[i] } else { 0.0 };
        let problem = Problem {
            rows: &self.rows,
            row: (0..n).collect(),
            cost: (0..n).map(|i| if first(i) { -1.0 } else { 1.0 }).collect(),
            low: (0..n).map(|i| -bound(i, false)).collect(),
            high: (0..n).map(|i| bound(i, true)).collect(),
            start: vec![0.0; n],
            split: n,
        };
        let solution = smo::solve(&problem, self.limits)?;
        Ok(Machine { a: solution.a.clone(), intercept: -solution.level[0], solution })
    }
}

impl Pair {
    /// ν-classification: minimise ½ aᵀKa, 0 ≤ yᵢaᵢ ≤ ωᵢ, Σ yᵢaᵢ of each class ½ν Σω. Its margin ρ is not 1: everything
    /// is divided by it.
    pub(crate) fn nu_svc(&self, nu: f64) -> Result<Machine> {
        let n = self.weights.len();
        let mass = |of: &[f64]| of.iter().sum::<f64>();
        // Only ratios of weights matter, and so does `tol` only beside weights around 1.
        let mean = mass(&self.weights) / n as f64;
        let weights: Vec<f64> = self.weights.iter().map(|w| w / mean).collect();
        let (first, second) = weights.split_at(self.split);
        let half = nu * (mass(first) + mass(second)) / 2.0;
        let most = mass(first).min(mass(second));
        // Up to rounding of the sums.
        if half > most * (1.0 + 1e-12) {
            let limit = nu * most / half;
            return Err(Error::parameter("nu", nu, format!("at most {limit:.4} for classes of these sizes")));
        }
        let mut start = filled(first, half);
        start.extend(filled(second, half).iter().map(|a| -a));
        let problem = Problem {
            rows: &self.rows,
            row: (0..n).collect(),
            cost: vec![0.0; n],
            low: (0..n).map(|i| if i < self.split { 0.0 } else { -weights[i] }).collect(),
            high: (0..n).map(|i| if i < self.split { weights[i] } else { 0.0 }).collect(),
            start,
            split: self.split,
        };
        let mut solution = smo::solve(&problem, self.limits)?;
        let [plus, minus] = solution.level;
        let margin = (plus - minus) / 2.0;
        // Classes that cannot be told apart have no margin.
        let scale = if margin > 1e-12 { margin.recip() } else { 1.0 };
        let a = solution.a.iter().map(|a| a * scale).collect();
        solution.objective *= scale * scale;
        Ok(Machine { a, intercept: -scale * (plus + minus) / 2.0, solution })
    }
}

/// Variables from the first on at their bounds, until their sum is `total`.
pub(crate) fn filled(bounds: &[f64], total: f64) -> Vec<f64> {
    let mut left = total;
    bounds
        .iter()
        .map(|bound| {
            let a = bound.min(left);
            left -= a;
            a
        })
        .collect()
}

impl<'a, F: Float> Fitting<'a, F> {
    pub(crate) fn new(samples: Samples<'a, F, ClassCodes>, settings: &impl MachineSettings) -> Result<Self> {
        samples.x.check_finite()?;
        let function = settings.function(samples.x, samples.weights)?;
        let training = Training::new(samples.x, samples.weights, function, true)?;
        let mut classes = vec![Vec::new(); samples.y.k];
        for (i, row) in training.numbers.iter().enumerate() {
            classes[samples.y.y[*row] as usize].push(i);
        }
        Ok(Self { samples, training, classes, limits: settings.limits() })
    }

    /// A model of the machines of all pairs of classes. Of two classes the second is the positive one, else the first
    /// of each pair.
    pub(crate) fn pairs(
        self,
        name: &str,
        solve: impl Fn(&Pair) -> Result<Machine> + Sync,
    ) -> Result<SvcModel<F>> {
        let k = self.classes.len();
        let pairs: Vec<(usize, usize)> = match k {
            2 => vec![(1, 0)],
            _ => (0..k).flat_map(|i| (i + 1..k).map(move |j| (i, j))).collect(),
        };
        let cache_size = self.limits.cache_size / pairs.len().clamp(1, TOGETHER) as f64;
        let machines = par::try_map(pairs.len(), |m| {
            let (i, j) = pairs[m];
            let chosen = [&self.classes[i][..], &self.classes[j][..]].concat();
            solve(&Pair {
                rows: self.training.rows.select(&chosen),
                weights: chosen.iter().map(|i| self.training.weights[*i]).collect(),
                split: self.classes[i].len(),
                limits: Limits { cache_size, ..self.limits },
            })
        })?;
        // β by class, row and machine of the class: that with class c stands at c, or at c − 1 beyond its own.
        let mut beta: Vec<Array2<f64>> =
            self.classes.iter().map(|rows| Array2::zeros((k - 1, rows.len()))).collect();
        for ((i, j), machine) in pairs.iter().zip(&machines) {
            let (first, second) = machine.a.split_at(self.classes[*i].len());
            let place = |own: usize, other: usize| if other < own { other } else { other - 1 };
            beta[*i].row_mut(place(*i, *j)).iter_mut().zip(first).for_each(|(beta, a)| *beta = *a);
            beta[*j].row_mut(place(*j, *i)).iter_mut().zip(second).for_each(|(beta, a)| *beta = *a);
        }
        let (mut support, mut bounds, mut columns) = (Vec::new(), vec![0], Vec::new());
        for (rows, beta) in self.classes.iter().zip(&beta) {
            for (row, beta) in rows.iter().zip(beta.columns()) {
                if beta.iter().any(|b| *b != 0.0) {
                    support.push(self.training.numbers[*row]);
                    columns.push(beta);
                }
            }
            bounds.push(support.len());
        }
        let dual_coef = Array2::from_shape_fn((k - 1, columns.len()), |(r, v)| columns[v][r]);
        let expansion = Expansion::new(&self.samples, &self.training.rows, support, bounds, dual_coef);
        let iterations = machines.iter().map(|m| m.solution.iterations).sum();
        let converged = machines.iter().all(|m| m.solution.converged);
        let report = Report::iterative("two-level SMO", iterations, converged)
            .objective(machines.iter().map(|m| m.solution.objective).sum())
            .warn_unless_converged(name, "raise `max_iter`, scale the columns, or lower C");
        Ok(SvcModel::new(expansion, machines.iter().map(|m| m.intercept).collect(), report))
    }
}
