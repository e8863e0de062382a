//! Equations (1), (2) and (3).

use super::CalibrationMethod;
use estimand_core::{Error, Result, order};
use estimand_optim::{Block, Curved, Objective, Stop, bounded, newton, pool};
use ndarray::{Array2, ArrayViewMut2};
use serde::{Deserialize, Serialize};

/// What makes probabilities of the decisions of one model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) enum Maps {
    /// a and b for each column of decisions
    Sigmoid(Vec<(f64, f64)>),
    Isotonic(Vec<Line>),
    /// β
    Temperature(f64),
}

/// A line through points, and level beyond its ends.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Line {
    x: Vec<f64>,
    y: Vec<f64>,
}

impl Maps {
    /// From decisions about rows, one column for two classes, their codes and their weights.
    pub(super) fn new(
        method: CalibrationMethod,
        decisions: &Array2<f64>,
        codes: &[u32],
        weights: &[f64],
        classes: usize,
    ) -> Result<Self> {
        if codes.is_empty() {
            return Err(Error::EmptyInput { what: "rows to calibrate on".into() });
        }
        let columns = if classes == 2 { 1 } else { classes };
        if decisions.ncols() != columns {
            return Err(Error::shape("columns of decisions", columns, decisions.ncols()));
        }
        let column = |c: usize| {
            let own = if classes == 2 { 1 } else { c as u32 };
            let rows = decisions.column(c).to_vec().into_iter().zip(codes).zip(weights);
            rows.map(|((s, code), w)| (s, *code == own, *w)).collect::<Vec<_>>()
        };
        Ok(match method {
            CalibrationMethod::Sigmoid => Self::Sigmoid((0..columns).map(|c| sigmoid(&column(c))).collect()),
            CalibrationMethod::Isotonic => {
                Self::Isotonic((0..columns).map(|c| Line::new(column(c))).collect())
            }
            CalibrationMethod::Temperature => Self::Temperature(temperature(decisions, codes, weights)),
        })
    }

    /// Probabilities of all classes from the decisions about one row, into `out`.
    pub(super) fn apply(&self, decisions: &[f64], out: &mut [f64]) {
        match self {
            Self::Sigmoid(each) => {
                let p = each.iter().zip(decisions).map(|((a, b), s)| logistic(-(a * s + b)));
                shares(p, out);
            }
            Self::Isotonic(each) => shares(each.iter().zip(decisions).map(|(line, s)| line.at(*s)), out),
            Self::Temperature(beta) => {
                logits(decisions, out);
                softmax(out, *beta);
            }
        }
    }

    /// Whether a loaded map is of so many classes.
    pub(super) fn is_sound(&self, classes: usize) -> bool {
        let columns = if classes == 2 { 1 } else { classes };
        match self {
            Self::Sigmoid(each) => each.len() == columns,
            Self::Isotonic(each) => {
                each.len() == columns
                    && each.iter().all(|line| !line.x.is_empty() && line.x.len() == line.y.len())
            }
            Self::Temperature(beta) => *beta > 0.0,
        }
    }
}

fn logistic(z: f64) -> f64 {
    if z >= 0.0 { 1.0 / (1.0 + (-z).exp()) } else { z.exp() / (1.0 + z.exp()) }
}

/// Of two classes the second's and the rest; of more, parts of their sum.
fn shares(p: impl Iterator<Item = f64>, out: &mut [f64]) {
    if let [first, second] = out {
        *second = p.fold(0.0, |_, p| p);
        *first = 1.0 - *second;
        return;
    }
    out.iter_mut().zip(p).for_each(|(out, p)| *out = p);
    let (total, count) = (out.iter().sum::<f64>(), out.len() as f64);
    out.iter_mut().for_each(|out| *out = if total > 0.0 { *out / total } else { 1.0 / count });
}

/// The negative logarithm of (1)'s likelihood, for decisions divided by their largest.
struct Likelihood {
    /// Decision, target, weight.
    rows: Vec<(f64, f64, f64)>,
}

impl Objective for Likelihood {
    fn gradient(&mut self, x: &[f64], gradient: &mut [f64]) -> f64 {
        let mut value = 0.0;
        gradient.fill(0.0);
        for (s, target, w) in &self.rows {
            let z = -(x[0] * s + x[1]);
            value += w * (z.max(0.0) + (-z.abs()).exp().ln_1p() - target * z);
            let slope = w * (target - logistic(z));
            gradient[0] += slope * s;
            gradient[1] += slope;
        }
        value
    }
}
impl Curved for Likelihood {
    fn hessian(&mut self, x: &[f64], gradient: &mut [f64], mut hessian: ArrayViewMut2<'_, f64>) -> f64 {
        hessian.fill(0.0);
        for (s, _, w) in &self.rows {
            let p = logistic(-(x[0] * s + x[1]));
            let h = w * p * (1.0 - p);
            hessian[[0, 0]] += h * s * s;
            hessian[[1, 0]] += h * s;
            hessian[[1, 1]] += h;
        }
        self.gradient(x, gradient)
    }
}

/// (1): a and b, from decisions, whether rows are of the class, and weights.
pub(super) fn sigmoid(rows: &[(f64, bool, f64)]) -> (f64, f64) {
    let total = |wanted: bool| rows.iter().filter(|r| r.1 == wanted).map(|r| r.2).sum::<f64>();
    let (positive, negative) = (total(true), total(false));
    let largest = rows.iter().fold(0.0_f64, |m, r| m.max(r.0.abs()));
    let unit = if largest > 0.0 { largest } else { 1.0 };
    let target = |own: bool| if own { (positive + 1.0) / (positive + 2.0) } else { 1.0 / (negative + 2.0) };
    let rows = rows.iter().map(|(s, own, w)| (s / unit, target(*own), *w)).collect();
    let start = vec![0.0, ((negative + 1.0) / (positive + 1.0)).ln()];
    let stop =
        Stop { gradient: 1e-9 * (positive + negative), decrease: 1e-14, iterations: 100, ..Stop::default() };
    let found = newton(&mut Likelihood { rows }, start, stop).x;
    (found[0] / unit, found[1])
}

impl Line {
    /// (2)
    fn new(mut rows: Vec<(f64, bool, f64)>) -> Self {
        rows.sort_unstable_by_key(|(s, own, w)| (order::ascending(*s), *own, order::ascending(*w)));
        let equal = rows.chunk_by(|a, b| a.0 == b.0).filter_map(|equal| {
            equal.iter().map(|(s, own, w)| Block::new(*s, f64::from(u8::from(*own)), *w)).reduce(Block::with)
        });
        let (mut x, mut y) = (Vec::new(), Vec::new());
        for block in pool(equal) {
            x.push(block.first);
            y.push(block.mean);
            if block.last != block.first {
                x.push(block.last);
                y.push(block.mean);
            }
        }
        Self { x, y }
    }

    fn at(&self, s: f64) -> f64 {
        let after = self.x.partition_point(|x| *x <= s);
        match after {
            0 => self.y[0],
            after if after == self.x.len() => self.y[after - 1],
            after => {
                // Halved, so that no difference overflows.
                let [x0, x1, s] = [self.x[after - 1], self.x[after], s].map(|x| x / 2.0);
                let share = (s - x0) / (x1 - x0);
                self.y[after - 1] * (1.0 - share) + self.y[after] * share
            }
        }
    }
}

/// Of one decision −s and s; of probabilities their logarithms.
fn logits(decisions: &[f64], out: &mut [f64]) {
    if let ([one], [first, second]) = (decisions, &mut *out) {
        (*first, *second) = (-one, *one);
        return;
    }
    let sum: f64 = decisions.iter().sum();
    let probable = decisions.iter().all(|p| (0.0..=1.0).contains(p)) && (sum - 1.0).abs() < 1e-5;
    let logit = |p: &f64| if probable { (p + 1e-12).ln() } else { *p };
    out.iter_mut().zip(decisions).for_each(|(out, p)| *out = logit(p));
}

fn softmax(z: &mut [f64], beta: f64) {
    let highest = z.iter().fold(f64::NEG_INFINITY, |m, z| m.max(*z));
    z.iter_mut().for_each(|z| *z = (beta * (*z - highest)).exp());
    let total: f64 = z.iter().sum();
    z.iter_mut().for_each(|z| *z /= total);
}

/// The negative logarithm of (3)'s likelihood, of ln β.
struct Heat {
    /// Logits less that of the row's class, and the weight.
    rows: Vec<(Vec<f64>, f64)>,
}

impl Objective for Heat {
    fn gradient(&mut self, x: &[f64], gradient: &mut [f64]) -> f64 {
        let beta = x[0].exp();
        let (mut value, mut slope) = (0.0, 0.0);
        for (logits, w) in &self.rows {
            let highest = logits.iter().fold(f64::NEG_INFINITY, |m, z| m.max(*z));
            let parts = logits.iter().map(|z| ((beta * (z - highest)).exp(), z));
            let (total, first) = parts.fold((0.0, 0.0), |(t, f), (e, z)| (t + e, f + e * z));
            value += w * (total.ln() + beta * highest);
            slope += w * first / total;
        }
        gradient[0] = beta * slope;
        value
    }
}

/// (3): β between e⁻¹⁰ and e¹⁰.
fn temperature(decisions: &Array2<f64>, codes: &[u32], weights: &[f64]) -> f64 {
    let rows = decisions.rows().into_iter().zip(codes).zip(weights).map(|((row, code), w)| {
        let mut z = vec![0.0; row.len().max(2)];
        logits(&row.to_vec(), &mut z);
        let own = z.get(*code as usize).copied().unwrap_or(0.0);
        z.iter_mut().for_each(|z| *z -= own);
        (z, *w)
    });
    let mut heat = Heat { rows: rows.collect() };
    let stop = Stop { gradient: 0.0, decrease: 1e-16, iterations: 200, ..Stop::default() };
    bounded(&mut heat, vec![0.0], &[(-10.0, 10.0)], stop).x[0].exp()
}
